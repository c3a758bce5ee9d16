//! Recorded answers in order, and the plan that all tests are about. Entry type: [`Script`].
//!
//! Invariant: a request that is not the next one expected is not answered.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use audit::{Actor, AuditEvent, EventKind};
use domain::{
    AccountId, Digest, Environment, EpochMs, Facts, Lang, OperationId, Params, PersonId, Plan, PlanId, PlanState, PlannedTarget, Preview,
    Risk, Text, Undo, Value, plan::PLAN_SCHEMA,
};
use ledger::{Entry, Ledger, StoredPlan, Tables};
use serde_json::{Value as Json, json};
use testkit::{Answer, Replay, Sent};

pub(crate) const NOW: EpochMs = EpochMs(1_700_000_100_000);
pub(crate) const FAILED: &str = "ConditionalCheckFailed";

/// An operation, something that its body holds, and the answer to it.
pub(crate) type Expected = (&'static str, String, Answer);

/// Answers in order.
pub(crate) struct Script {
    pub(crate) ledger: Ledger,
    pub(crate) replay: Replay,
    left: Arc<Mutex<VecDeque<Expected>>>,
}

pub(crate) fn script(steps: impl IntoIterator<Item = (&'static str, &'static str, Answer)>) -> Script {
    let left: VecDeque<_> = steps.into_iter().map(|(op, part, answer)| (op, part.to_owned(), answer)).collect();
    let left = Arc::new(Mutex::new(left));
    let queue = Arc::clone(&left);
    let replay = Replay::new(move |sent: &Sent| {
        let mut queue = queue.lock().unwrap();
        let (op, part, _) = queue.front()?;
        let fits = sent.target.ends_with(&format!(".{op}")) && sent.body.contains(part.as_str());
        fits.then(|| queue.pop_front()).flatten().map(|(_, _, answer)| answer)
    });
    let client = aws_sdk_dynamodb::Client::new(&replay.sdk_config("us-east-1"));
    Script { ledger: Ledger::new(client, Tables::new("ledger", "audit"), "us-east-1"), replay, left }
}

impl Script {
    /// Every answer was asked for, and nothing else was.
    pub(crate) fn done(&self) {
        assert!(self.left.lock().unwrap().is_empty(), "answers left: {:?}", self.left.lock().unwrap().len());
    }

    /// The items of the nth transaction.
    pub(crate) fn transaction(&self, n: usize) -> Vec<Json> {
        let sent = self.replay.sent();
        let body = sent.iter().filter(|s| s.target.ends_with(".TransactWriteItems")).nth(n).unwrap().body.clone();
        serde_json::from_str::<Json>(&body).unwrap()["TransactItems"].as_array().unwrap().clone()
    }
}

pub(crate) fn ok() -> Answer {
    Answer::new(200, "{}")
}

pub(crate) fn found(item: Json) -> Answer {
    Answer::new(200, json!({ "Item": item }).to_string())
}

pub(crate) fn error(status: u16, kind: &str) -> Answer {
    Answer::new(status, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "said no"}).to_string())
}

pub(crate) fn cancelled(codes: &[&str]) -> Answer {
    let reasons: Vec<Json> = codes.iter().map(|code| json!({"Code": code})).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Answer::new(400, json!({"__type": kind, "Message": "cancelled", "CancellationReasons": reasons}).to_string())
}

pub(crate) fn head(chain: &str, seq: u64) -> Answer {
    found(json!({
        "pk": {"S": format!("HEAD#{chain}")}, "sk": {"S": "META"}, "v": {"N": "1"}, "seq": {"N": seq.to_string()},
        "record_hash": {"S": Digest::of_bytes(b"head").as_str()}, "at": {"N": "1"}, "gsi1pk": {"S": "HEADS"}, "gsi1sk": {"S": chain}
    }))
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::parse(name).unwrap()
}

pub(crate) fn plan() -> Plan {
    let target = |n: usize| PlannedTarget {
        id: format!("i-{n}"),
        arn: format!("arn:aws:ec2:us-east-1:222222222222:instance/i-{n}"),
        before: [("state".to_owned(), Value::from("running"))].into(),
        after: [("state".to_owned(), Value::from("stopped"))].into(),
        restores: Facts::new(),
    };
    Plan {
        schema: PLAN_SCHEMA,
        id: PlanId::generate(EpochMs(1_700_000_000_000), 7),
        account: AccountId::parse("222222222222").unwrap(),
        account_name: "dev".into(),
        environment: Environment::Dev,
        region: "us-east-1".into(),
        operation: OperationId::parse("ec2.stop_instances").unwrap(),
        risk: Risk::R2,
        params: Params::new(),
        targets: vec![target(1), target(2)],
        undo: Undo::None,
        authors: vec![person("alice")],
        narrowed_by: Vec::new(),
        incident: None,
        policy_version: "tiers.v1".into(),
        created_at: EpochMs(1_700_000_000_000),
        expires_at: EpochMs(1_700_003_600_000),
    }
}

pub(crate) fn preview(plan: &Plan) -> Preview {
    let text = || Text::new("x", "某");
    Preview {
        plan: plan.clone(),
        digest: plan.digest().unwrap(),
        summary: text(),
        targets: Vec::new(),
        verdict: text(),
        rollback: text(),
        post_conditions: text(),
        monthly_cost_cents: None,
        notes: Vec::new(),
        observed_at: NOW,
    }
}

pub(crate) fn stored(state: PlanState) -> StoredPlan {
    let plan = plan();
    StoredPlan {
        digest: plan.digest().unwrap(),
        plan,
        state,
        version: 3,
        reason: None,
        lang: Lang::En,
        execution: None,
        undo_requested_by: None,
        lease: None,
        updated_at: NOW,
        closed_at: None,
    }
}

/// The plan's item as it would lie in the table.
pub(crate) fn plan_item(state: &str, lease: Option<(&str, i64)>) -> Answer {
    let plan = plan();
    let text = String::from_utf8(domain::canonical_json(&plan).unwrap()).unwrap();
    let mut item = json!({
        "pk": {"S": format!("PLAN#{}", plan.id)}, "sk": {"S": "META"}, "v": {"N": "1"}, "plan": {"S": text},
        "digest": {"S": plan.digest().unwrap().as_str()}, "state": {"S": state}, "version": {"N": "4"}, "lang": {"S": "en"},
        "updated_at": {"N": "1"}
    });
    if let Some((owner, until)) = lease {
        item["lease_owner"] = json!({"S": owner});
        item["lease_until"] = json!({"N": until.to_string()});
    }
    found(item)
}

pub(crate) fn entry(kind: EventKind) -> Entry {
    let plan = plan();
    let digest = plan.digest().unwrap();
    Entry::new(AuditEvent::new(kind, Actor::function("execute-operation")).about(&plan, &digest), NOW)
}

pub(crate) const HEAD: &str = "HEAD#222222222222";
