//! The plan: exactly what would be done, named by its digest.
//!
//! Entry type: [`Plan`]. Invariants: a plan is immutable; its digest covers facts and never rendered
//! text; the undo is inside, so approving a plan approves its undo.
//!
//! ```
//! use domain::PlanState;
//! assert!(PlanState::Rejected.is_final());
//! assert!(PlanState::Proposed.may_become(PlanState::Approved));
//! assert!(!PlanState::Rejected.may_become(PlanState::Executing));
//! ```

use serde::{Deserialize, Serialize};

use crate::{
    account::{AccountId, Environment},
    canonical::{CanonicalError, Digest, digest_of},
    ids::{EpochMs, IncidentId, PlanId},
    operation::{OperationId, Risk},
    person::PersonId,
    value::{Facts, Params},
};

/// The schema version inside every plan.
pub const PLAN_SCHEMA: u32 = 1;
/// The tag that separates plan digests from all others.
pub const PLAN_DIGEST_TAG: &str = "aiops.plan.v1";

/// One resource under change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTarget {
    /// The resource as its service names it (`i-0abc…`, a bucket's name).
    pub id: String,
    /// The full ARN.
    pub arn: String,
    /// The fingerprint: facts that must still hold at execution, or the plan is void.
    pub before: Facts,
    /// Facts that must hold afterwards (post-condition). Empty where the effect cannot be observed.
    pub after: Facts,
    /// Facts that the undo brings back; empty where there is no undo.
    pub restores: Facts,
}

/// How the plan is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Undo {
    /// The operation restores `restores` of each target.
    Restores,
    /// It cannot be taken back; the reason code is stable, its words are in the catalogue.
    None,
}

/// Exactly what would be done, by whom it was asked for, and until when it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    pub schema: u32,
    /// The plan's id.
    pub id: PlanId,
    /// The member account.
    pub account: AccountId,
    /// The account's name when planned.
    pub account_name: String,
    /// The account's environment when planned; a different one at execution voids the plan.
    pub environment: Environment,
    /// Region of every target.
    pub region: String,
    /// The operation.
    pub operation: OperationId,
    /// Its risk when planned.
    pub risk: Risk,
    /// Its parameters.
    pub params: Params,
    /// The exact resources, sorted by ARN.
    pub targets: Vec<PlannedTarget>,
    /// How it is taken back.
    pub undo: Undo,
    /// Everyone who asked for it; none of them may approve.
    pub authors: Vec<PersonId>,
    /// Whoever left targets of a wider plan out. They chose as authors do and may not approve either; they need not be operators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrowed_by: Vec<PersonId>,
    /// The incident it was asked for. What that changes is judged by what the incident is at every decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Version of the rules under which it was planned.
    pub policy_version: String,
    /// When it was made.
    pub created_at: EpochMs,
    /// When it ceases to be executable.
    pub expires_at: EpochMs,
}

impl Plan {
    /// `sha256("aiops.plan.v1" || RFC 8785 canonical JSON)`.
    ///
    /// # Errors
    /// [`CanonicalError`] when a number does not fit.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        digest_of(PLAN_DIGEST_TAG, self)
    }

    /// Everyone who chose targets or parameters: the authors, and whoever narrowed the plan.
    pub fn choosers(&self) -> impl Iterator<Item = &PersonId> {
        self.authors.iter().chain(self.narrowed_by.iter().filter(|person| !self.authors.contains(person)))
    }

    /// Whether a person chose targets or parameters; whoever did may not approve.
    #[must_use]
    pub fn is_author(&self, person: &PersonId) -> bool {
        self.choosers().any(|chooser| chooser == person)
    }
}

/// Where a plan stands. The ledger holds it; every change is conditional on the state before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// A preview only; nothing may follow.
    Preview,
    /// Planned; authority not yet decided.
    Proposed,
    /// Waits for people.
    AwaitingApproval,
    /// May be executed.
    Approved,
    /// An executor holds the lease.
    Executing,
    /// All effects recorded; not yet verified.
    Executed,
    /// Post-conditions hold.
    Succeeded,
    /// Undo holds the lease.
    Undoing,
    /// The undo is verified.
    Undone,
    /// A person said no.
    Rejected,
    /// Nobody decided, or it was not executed, in time.
    Expired,
    /// An author took it back.
    Withdrawn,
    /// The rules say no.
    Denied,
    /// The resource moved after the preview.
    Drifted,
    /// The kill switch held it.
    Killed,
    /// An effect failed; what was done is recorded.
    Failed,
    /// Whether the effect happened cannot be known; a person is asked.
    Unknown,
    /// The undo failed; a person is asked.
    UndoFailed,
}

impl PlanState {
    /// All states.
    pub const ALL: [Self; 18] = [
        Self::Preview,
        Self::Proposed,
        Self::AwaitingApproval,
        Self::Approved,
        Self::Executing,
        Self::Executed,
        Self::Succeeded,
        Self::Undoing,
        Self::Undone,
        Self::Rejected,
        Self::Expired,
        Self::Withdrawn,
        Self::Denied,
        Self::Drifted,
        Self::Killed,
        Self::Failed,
        Self::Unknown,
        Self::UndoFailed,
    ];

    /// The name in the ledger and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Proposed => "proposed",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Approved => "approved",
            Self::Executing => "executing",
            Self::Executed => "executed",
            Self::Succeeded => "succeeded",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Denied => "denied",
            Self::Drifted => "drifted",
            Self::Killed => "killed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::UndoFailed => "undo_failed",
        }
    }

    /// The states a plan may go to from here.
    #[must_use]
    pub fn successors(self) -> &'static [Self] {
        match self {
            Self::Proposed => {
                &[Self::AwaitingApproval, Self::Approved, Self::Denied, Self::Expired, Self::Withdrawn, Self::Killed, Self::Rejected]
            }
            Self::AwaitingApproval => &[Self::Approved, Self::Rejected, Self::Expired, Self::Withdrawn, Self::Denied, Self::Killed],
            Self::Approved => &[
                Self::Executing,
                Self::AwaitingApproval,
                Self::Denied,
                Self::Drifted,
                Self::Killed,
                Self::Expired,
                Self::Withdrawn,
                Self::Rejected,
                Self::Failed,
            ],
            Self::Executing => &[Self::Executed, Self::Failed, Self::Unknown, Self::Killed],
            Self::Executed => &[Self::Succeeded, Self::Failed, Self::Undoing, Self::Unknown],
            Self::Succeeded | Self::Failed | Self::Killed => &[Self::Undoing],
            Self::Undoing => &[Self::Undone, Self::UndoFailed],
            Self::UndoFailed => &[Self::Undoing],
            Self::Preview
            | Self::Undone
            | Self::Rejected
            | Self::Expired
            | Self::Withdrawn
            | Self::Denied
            | Self::Drifted
            | Self::Unknown => &[],
        }
    }

    /// Whether a transition is allowed.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.successors().contains(&next)
    }

    /// Whether a workflow has nothing left to do.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Proposed | Self::AwaitingApproval | Self::Approved | Self::Executing | Self::Executed | Self::Undoing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    /// A small plan for tests.
    fn plan() -> Plan {
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
            targets: vec![PlannedTarget {
                id: "i-1".into(),
                arn: "arn:aws:ec2:us-east-1:222222222222:instance/i-1".into(),
                before: [("state".to_owned(), Value::from("running"))].into(),
                after: [("state".to_owned(), Value::from("stopped"))].into(),
                restores: [("state".to_owned(), Value::from("running"))].into(),
            }],
            undo: Undo::Restores,
            authors: vec![PersonId::parse("alice").unwrap()],
            narrowed_by: Vec::new(),
            incident: None,
            policy_version: "tiers.v1".into(),
            created_at: EpochMs(1_700_000_000_000),
            expires_at: EpochMs(1_700_003_600_000),
        }
    }

    #[test]
    fn digest_is_pinned() {
        // A change here voids every plan in flight: raise PLAN_SCHEMA and write a migration.
        assert_eq!(plan().digest().unwrap().as_str(), "236d36728e11814906daf8bde24b4d826be9f7df6a9c805f5bde10d083fac99c");
    }

    #[test]
    fn every_field_moves_the_digest() {
        let base = serde_json::to_value(plan()).unwrap();
        let original = digest_of(PLAN_DIGEST_TAG, &base).unwrap();
        for key in base.as_object().unwrap().keys() {
            let mut changed = base.clone();
            changed[key] = serde_json::json!("changed");
            assert_ne!(digest_of(PLAN_DIGEST_TAG, &changed).unwrap(), original, "{key}");
        }
    }

    #[test]
    fn no_final_state_but_a_change_that_was_made_leads_anywhere() {
        for state in PlanState::ALL.into_iter().filter(|s| s.is_final()) {
            for next in state.successors() {
                assert_eq!(*next, PlanState::Undoing, "{state:?}");
            }
        }
    }
}
