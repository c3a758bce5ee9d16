//! Tests of the rules: single decisions, the decision table against an oracle, and mutants of the policies.

mod decisions;
mod explained;
mod mutants;
mod oracle;
mod sets;
mod slices;
mod table;

use std::{collections::BTreeMap, sync::LazyLock};

use domain::{
    Account, AccountId, Autonomy, Digest, Environment, EpochMs, Grant, OperationId, Params, PersonId, Plan, PlanId, PlannedTarget, Risk,
    Role, Undo, Verdict, plan::PLAN_SCHEMA,
};

use crate::{ApprovalFact, Calendar, Decision, Impact, Limits, PersonFact, Phase, Request, RuleSet, Stop};

pub(crate) const NOW: EpochMs = EpochMs(1_800_000_000_000);

pub(crate) fn id(name: &str) -> PersonId {
    PersonId::parse(name).unwrap()
}

/// A person with groups as the directory writes them.
pub(crate) fn person(name: &str, groups: &[&str]) -> PersonFact {
    PersonFact { person: id(name), grants: groups.iter().map(|g| Grant::of_group(g).unwrap()).collect() }
}

pub(crate) fn account(environment: Environment, autonomy: Autonomy) -> Account {
    Account {
        id: AccountId::parse("222222222222").unwrap(),
        name: "acct".into(),
        environment,
        owner: "team".into(),
        regions: vec!["us-east-1".into()],
        tags: Default::default(),
        autonomy,
    }
}

pub(crate) fn plan(risk: Risk, environment: Environment, targets: usize) -> Plan {
    Plan {
        schema: PLAN_SCHEMA,
        id: PlanId::generate(EpochMs(1), 1),
        account: AccountId::parse("222222222222").unwrap(),
        account_name: "acct".into(),
        environment,
        region: "us-east-1".into(),
        operation: OperationId::parse("ec2.stop_instances").unwrap(),
        risk,
        params: Params::new(),
        targets: (0..targets)
            .map(|n| PlannedTarget {
                id: format!("i-{n}"),
                arn: format!("arn-{n}"),
                before: Default::default(),
                after: Default::default(),
                restores: Default::default(),
            })
            .collect(),
        undo: Undo::Restores,
        authors: vec![id("alice")],
        narrowed_by: Vec::new(),
        incident: None,
        policy_version: crate::version().into(),
        created_at: EpochMs(NOW.0 - 1000),
        expires_at: EpochMs(NOW.0 + 3_600_000),
    }
}

/// One situation, owned.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) plan: Plan,
    pub(crate) digest: Digest,
    pub(crate) account: Option<Account>,
    pub(crate) authors: Vec<PersonFact>,
    pub(crate) approvals: Vec<ApprovalFact>,
    pub(crate) stops: Vec<Stop>,
    pub(crate) calendar: Calendar,
    pub(crate) incident_severity: Option<u8>,
    pub(crate) account_typed: bool,
    pub(crate) break_glass: bool,
    pub(crate) step_up: bool,
    pub(crate) now: EpochMs,
    pub(crate) phase: Phase,
}

impl Case {
    pub(crate) fn new(risk: Risk, environment: Environment) -> Self {
        // The digest of each plan is made once: the table asks for the same nine again and again.
        static MADE: LazyLock<BTreeMap<(Risk, Environment), (Plan, Digest)>> = LazyLock::new(|| {
            let each = oracle::RISKS.into_iter().flat_map(|r| oracle::ENVIRONMENTS.into_iter().map(move |e| (r, e)));
            each.map(|(r, e)| ((r, e), plan(r, e, 1))).map(|(key, plan)| (key, (plan.clone(), plan.digest().unwrap()))).collect()
        });
        let (plan, digest) = MADE[&(risk, environment)].clone();
        Self {
            digest,
            plan,
            account: Some(account(environment, Autonomy::Tiered)),
            authors: vec![person("alice", &["operator"])],
            approvals: vec![],
            stops: vec![],
            calendar: Calendar::NotConfigured,
            incident_severity: None,
            account_typed: true,
            break_glass: false,
            step_up: true,
            now: NOW,
            phase: Phase::Execute,
        }
    }

    pub(crate) fn with_plan(mut self, plan: Plan) -> Self {
        self.digest = plan.digest().unwrap();
        self.plan = plan;
        self
    }

    pub(crate) fn with_account(mut self, change: impl FnOnce(&mut Account)) -> Self {
        change(self.account.as_mut().unwrap());
        self
    }

    /// A yes with a second factor that old, if any.
    pub(crate) fn approve_with(mut self, name: &str, groups: &[&str], mfa_age_seconds: Option<i64>) -> Self {
        self.approvals.push(ApprovalFact {
            approver: person(name, groups),
            digest: self.digest.clone(),
            signature_valid: true,
            at: NOW,
            mfa_at: mfa_age_seconds.map(|age| NOW.plus_seconds(-age)),
        });
        self
    }

    pub(crate) fn approve(self, name: &str, groups: &[&str]) -> Self {
        self.approve_with(name, groups, None)
    }

    pub(crate) fn stop(mut self, scope: &str) -> Self {
        self.stops.push(Stop { scope: scope.into(), by: id("erin"), reason: "x".into() });
        self
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            plan: &self.plan,
            digest: &self.digest,
            account: self.account.as_ref(),
            authors: &self.authors,
            approvals: &self.approvals,
            stops: &self.stops,
            limits: Limits::default(),
            calendar: self.calendar.clone(),
            incident_severity: self.incident_severity,
            account_typed: self.account_typed,
            break_glass: self.break_glass,
            impact: Impact::default(),
            step_up: self.step_up,
            now: self.now,
            phase: self.phase,
        }
    }

    pub(crate) fn decision(&self) -> Decision {
        RuleSet::built_in().unwrap().decide_checked(&self.request())
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.decision().verdict
    }

    pub(crate) fn rules(&self) -> Vec<String> {
        self.verdict().reasons().iter().map(|r| r.rule.clone()).collect()
    }

    pub(crate) fn allowed(&self) -> bool {
        matches!(self.verdict(), Verdict::Allow { .. })
    }
}

/// Roles as groups.
pub(crate) fn groups(role: Role) -> Vec<&'static str> {
    vec![role.as_str()]
}
