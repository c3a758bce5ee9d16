//! What an incident is. Entry type: [`Incident`].
//!
//! Invariant: an incident keeps its first signal's instant and never forgets a resource for another to fit in; its
//! severity only rises.

use std::collections::BTreeMap;

use domain::{AccountId, Environment, EpochMs, Plan, ids::IncidentId};
use serde::{Deserialize, Serialize};
use signals::{Family, Severity, State};

/// Most resources that are kept.
pub const MAX_RESOURCES: usize = 100;
/// Most subjects (alarms, findings) whose state is followed.
pub const MAX_SUBJECTS: usize = 100;

/// How grave an incident is: 1 is the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeverityLevel {
    /// Before anything else.
    S1,
    /// Now.
    S2,
    /// Soon.
    S3,
    /// Some day.
    S4,
}

impl SeverityLevel {
    /// What a signal's severity means in an environment: outside production nothing is graver than 2.
    #[must_use]
    pub fn of(severity: Severity, environment: Option<Environment>) -> Self {
        // Where nobody knows what an account is for, it may be production.
        let in_production = !matches!(environment, Some(Environment::Dev | Environment::Staging));
        match (severity, in_production) {
            (Severity::Critical, true) => Self::S1,
            (Severity::Critical, false) | (Severity::High, true) => Self::S2,
            (Severity::High, false) | (Severity::Medium, _) => Self::S3,
            (Severity::Low | Severity::Informational, _) => Self::S4,
        }
    }

    /// 1 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::S1 => 1,
            Self::S2 => 2,
            Self::S3 => 3,
            Self::S4 => 4,
        }
    }
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The trouble is there.
    Open,
    /// It comes and goes; people were told so, and are not told of each turn.
    Flapping,
    /// Everything that raised it says that it is over.
    Cleared,
    /// It happens in declared maintenance: kept, listed, nobody is called.
    Suppressed,
}

impl Status {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Flapping => "flapping",
            Self::Cleared => "cleared",
            Self::Suppressed => "suppressed",
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Open => "未恢复",
            Self::Flapping => "反复波动",
            Self::Cleared => "已恢复",
            Self::Suppressed => "维护期内静默",
        }
    }
}

/// One trouble, whatever number of signals tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The same for every signal of the same trouble.
    pub fingerprint: String,
    /// The account, where the signals tell.
    pub account: Option<AccountId>,
    /// The region, where the signals tell.
    pub region: Option<String>,
    /// How grave.
    pub severity: SeverityLevel,
    /// Where it stands.
    pub status: Status,
    /// Which service told first.
    pub family: Family,
    /// One line (untrusted text, defanged).
    pub title: String,
    /// Names or ARNs, the most telling first (untrusted text, defanged).
    pub resources: Vec<String>,
    /// Alarms, findings and the like, with what each said last.
    pub subjects: BTreeMap<String, State>,
    /// When it was opened here.
    pub opened_at: EpochMs,
    /// When the trouble was first seen.
    pub first_signal_at: EpochMs,
    /// When a signal last came.
    pub last_signal_at: EpochMs,
    /// When it was last over.
    #[serde(default)]
    pub cleared_at: Option<EpochMs>,
    /// Signals, the first included.
    pub signals: u64,
    /// How often it came back.
    pub flaps: u32,
}

impl Incident {
    /// One line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let place = self.account.as_ref().map_or("?", AccountId::as_str);
        let region = self.region.as_deref().unwrap_or("?");
        domain::text::defang(
            &format!("{} · S{} · {} · {} @ {place}/{region}", self.id, self.severity.number(), self.title, self.status.as_str()),
            300,
        )
    }

    /// Whether anything still says that the trouble is there.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.subjects.values().any(|s| *s == State::Raised)
    }

    /// Whether a plan is about this incident: it goes on, in the plan's account, and every target is among what it names.
    ///
    /// A question of a person raises nothing, and a suppressed incident is declared maintenance: neither speaks for a plan.
    #[must_use]
    pub fn is_about(&self, plan: &Plan) -> bool {
        let names = |wanted: &str| self.resources.iter().any(|resource| resource == wanted);
        let elsewhere = self.region.as_ref().is_some_and(|region| *region != plan.region);
        matches!(self.status, Status::Open | Status::Flapping)
            && self.is_raised()
            && self.account.as_ref() == Some(&plan.account)
            && !elsewhere
            && !plan.targets.is_empty()
            && plan.targets.iter().all(|target| names(&target.id) || names(&target.arn))
    }
}

#[cfg(test)]
mod tests {
    use domain::{OperationId, Params, PersonId, PlanId, PlannedTarget, Risk, Undo, plan::PLAN_SCHEMA};

    use super::*;

    fn incident() -> Incident {
        Incident {
            id: IncidentId::generate(EpochMs(1), 1),
            fingerprint: "f".into(),
            account: Some(AccountId::parse("333333333333").unwrap()),
            region: Some("us-east-1".into()),
            severity: SeverityLevel::S2,
            status: Status::Open,
            family: Family::Alarm,
            title: "t".into(),
            resources: vec!["i-1".into(), "arn:i-2".into()],
            subjects: [("alarm".to_owned(), State::Raised)].into(),
            opened_at: EpochMs(1),
            first_signal_at: EpochMs(1),
            last_signal_at: EpochMs(1),
            cleared_at: None,
            signals: 1,
            flaps: 0,
        }
    }

    fn plan(account: &str, targets: &[&str]) -> Plan {
        let target = |id: &&str| PlannedTarget {
            id: (*id).to_owned(),
            arn: format!("arn:{id}"),
            before: Default::default(),
            after: Default::default(),
            restores: Default::default(),
        };
        Plan {
            schema: PLAN_SCHEMA,
            id: PlanId::generate(EpochMs(1), 1),
            account: AccountId::parse(account).unwrap(),
            account_name: "prod".into(),
            environment: Environment::Prod,
            region: "us-east-1".into(),
            operation: OperationId::parse("ec2.stop_instances").unwrap(),
            risk: Risk::R2,
            params: Params::new(),
            targets: targets.iter().map(target).collect(),
            undo: Undo::Restores,
            authors: vec![PersonId::parse("alice").unwrap()],
            narrowed_by: Vec::new(),
            incident: None,
            policy_version: "v".into(),
            created_at: EpochMs(1),
            expires_at: EpochMs(2),
        }
    }

    #[test]
    fn an_incident_speaks_for_a_plan_that_touches_nothing_else_while_it_goes_on() {
        let (prod, both) = ("333333333333", plan("333333333333", &["i-1", "i-2"]));
        assert!(incident().is_about(&both));
        for other in [plan(prod, &[]), plan(prod, &["i-1", "i-3"]), plan("222222222222", &["i-1"])] {
            assert!(!incident().is_about(&other));
        }
        let with = |change: fn(&mut Incident)| {
            let mut incident = incident();
            change(&mut incident);
            incident.is_about(&both)
        };
        assert!(with(|i| i.status = Status::Flapping) && with(|i| i.region = None));
        assert!(!with(|i| i.status = Status::Cleared) && !with(|i| i.status = Status::Suppressed));
        assert!(!with(|i| i.subjects.clear()), "a question of a person");
        assert!(!with(|i| i.subjects = [("alarm".to_owned(), State::Cleared)].into()));
        assert!(!with(|i| i.account = None) && !with(|i| i.region = Some("eu-west-1".into())));
    }
}
