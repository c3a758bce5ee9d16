//! Tables, plans and people for the proofs. Entry type: [`World`].
//!
//! Invariant: every proof works in an account of its own, so that none depends on another.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use audit::{Actor, AuditEvent, EventKind};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    },
};
use domain::{
    AccountId, Approval, ApprovalChannel, Digest, Environment, EpochMs, Facts, Lang, OperationId, Params, PersonId, Plan, PlanId,
    PlanState, PlannedTarget, Preview, Risk, Text, Undo, Value, plan::PLAN_SCHEMA,
};
use ledger::{Change, Entry, Ledger, NewPlan, RequestKey, SignedApproval, StoredPlan, Tables};

use crate::Proof;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What every proof needs.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) tables: Tables,
    pub(crate) ledger: Ledger,
    pub(crate) now: EpochMs,
    made: AtomicU32,
}

impl World {
    pub(crate) async fn new(endpoint: &str) -> Result<Self> {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::new("111111111111", "secret", None, None, "proof"))
            .build();
        let client = Client::from_conf(config);
        let ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let tables = Tables::new(format!("proof-ledger-{ms}"), format!("proof-audit-{ms}"));
        create(&client, &tables).await?;
        let ledger = Ledger::new(client.clone(), tables.clone(), "us-east-1");
        Ok(Self { client, tables, ledger, now: EpochMs(i64::try_from(ms)?), made: AtomicU32::new(0) })
    }

    /// An account that no other proof uses.
    pub(crate) fn account(&self) -> Result<AccountId> {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        Ok(AccountId::parse(&format!("2222{n:08}"))?)
    }

    /// A plan for two instances in an account.
    pub(crate) fn plan(&self, account: &AccountId) -> Result<Plan> {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let target = |i: u32| PlannedTarget {
            id: format!("i-{n}-{i}"),
            arn: format!("arn:aws:ec2:us-east-1:{account}:instance/i-{n}-{i}"),
            before: [("state".to_owned(), Value::from("running"))].into(),
            after: [("state".to_owned(), Value::from("stopped"))].into(),
            restores: Facts::new(),
        };
        Ok(Plan {
            schema: PLAN_SCHEMA,
            id: PlanId::generate(EpochMs(self.now.0 + i64::from(n)), u128::from(n)),
            account: account.clone(),
            account_name: "proof".into(),
            environment: Environment::Prod,
            region: "us-east-1".into(),
            operation: OperationId::parse("ec2.stop_instances")?,
            risk: Risk::R2,
            params: Params::new(),
            targets: vec![target(1), target(2)],
            undo: Undo::Restores,
            authors: vec![person("alice")?],
            narrowed_by: Vec::new(),
            incident: None,
            policy_version: "tiers.v1".into(),
            created_at: self.now,
            expires_at: self.now.plus_seconds(3600),
        })
    }

    pub(crate) fn entry(&self, plan: &Plan, kind: EventKind) -> Result<Entry> {
        Ok(Entry::new(AuditEvent::new(kind, Actor::function("proof")).about(plan, &plan.digest()?), self.now))
    }

    pub(crate) fn hub_entry(&self, kind: EventKind) -> Entry {
        Entry::new(AuditEvent::new(kind, Actor::function("proof")), self.now)
    }

    pub(crate) async fn propose(&self, plan: &Plan, request: Option<RequestKey>) -> Result<ledger::Proposed> {
        let preview = preview(plan, self.now)?;
        let new = NewPlan { plan, preview: &preview, state: PlanState::Proposed, lang: Lang::Zh, reason: None, request };
        Ok(self.ledger.propose(&new, &self.entry(plan, EventKind::PlanProposed)?).await?)
    }

    /// A stored plan that has walked through some states.
    pub(crate) async fn walked(&self, plan: &Plan, states: &[PlanState]) -> Result<StoredPlan> {
        self.propose(plan, None).await?;
        let (mut from, mut version) = (PlanState::Proposed, 1);
        for to in states {
            let entry = self.entry(plan, EventKind::Verdict)?;
            version = self.ledger.transition(&plan.id, version, from, *to, &Change::none(), &entry).await?;
            from = *to;
        }
        self.stored(plan).await
    }

    pub(crate) async fn stored(&self, plan: &Plan) -> Result<StoredPlan> {
        Ok(self.ledger.plan(&plan.id).await?.ok_or("the plan is not there")?)
    }

    pub(crate) fn signed(&self, plan: &Plan, who: &str) -> Result<SignedApproval> {
        Ok(SignedApproval {
            approval: Approval {
                plan: plan.id.clone(),
                digest: plan.digest()?,
                person: person(who)?,
                at: self.now,
                channel: ApprovalChannel::Endpoint,
                preview_hash: Digest::of_bytes(b"shown"),
                lang: Lang::Zh,
                factor: None,
            },
            signature_b64: "c2lnbmF0dXJl".into(),
            key_id: "key".into(),
        })
    }
}

pub(crate) fn person(name: &str) -> Result<PersonId> {
    Ok(PersonId::parse(name)?)
}

fn preview(plan: &Plan, now: EpochMs) -> Result<Preview> {
    let text = || Text::new("stops two instances", "停止两个实例");
    Ok(Preview {
        plan: plan.clone(),
        digest: plan.digest()?,
        summary: text(),
        targets: Vec::new(),
        verdict: text(),
        rollback: text(),
        post_conditions: text(),
        monthly_cost_cents: Some(-1200),
        notes: Vec::new(),
        observed_at: now,
    })
}

async fn create(client: &Client, tables: &Tables) -> Proof {
    let attribute =
        |name: &str, kind: ScalarAttributeType| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    let key = |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let index = GlobalSecondaryIndex::builder()
        .index_name("gsi1")
        .key_schema(key("gsi1pk", KeyType::Hash)?)
        .key_schema(key("gsi1sk", KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()?;
    client
        .create_table()
        .table_name(&tables.ledger)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("gsi1pk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("gsi1sk", ScalarAttributeType::S)?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(index)
        .send()
        .await?;
    client
        .create_table()
        .table_name(&tables.audit)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("chain", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("seq", ScalarAttributeType::N)?)
        .key_schema(key("chain", KeyType::Hash)?)
        .key_schema(key("seq", KeyType::Range)?)
        .send()
        .await?;
    Ok(())
}
