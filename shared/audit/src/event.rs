//! What happened, as a caller gives it. Entry type: [`AuditEvent`].
//!
//! Invariant: kinds are a closed list and their names on the wire never change meaning; an event names who
//! acted, a person with the roles held at that moment or one of our functions, never nobody.
//!
//! ```
//! use audit::{Actor, AuditEvent, EventKind};
//! let event = AuditEvent::new(EventKind::PlanProposed, Actor::function("plan-operation")).fact("targets", 3);
//! assert_eq!(event.kind.as_str(), "plan_proposed");
//! ```

use domain::{AccountId, Digest, Facts, PersonId, Plan, PlanId, Role, Value, wire::SignIn};
use serde::{Deserialize, Serialize};

use crate::record::Chain;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $wire:literal),+ $(,)?) => {
        /// Everything that is ever recorded.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $wire)] $name,)+
        }

        impl EventKind {
            /// Every kind, in the order of a change's life.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)+
                }
            }
        }
    };
}

kinds! {
    /// A person asked for something.
    RequestReceived = "request_received",
    /// It was refused before any plan was made.
    RequestRefused = "request_refused",
    /// A plan was made and may be decided upon.
    PlanProposed = "plan_proposed",
    /// A plan was made for reading only.
    PlanPreviewed = "plan_previewed",
    /// The rules were asked.
    Verdict = "verdict",
    /// The rules said no; the plan is closed.
    Denied = "denied",
    /// People were asked to decide.
    ApprovalRequested = "approval_requested",
    /// A person said yes, signed.
    ApprovalRecorded = "approval_recorded",
    /// A person's yes did not count (an author, the wrong digest, no role).
    ApprovalRefused = "approval_refused",
    /// The plan has the approvals it needs, or needs none.
    Approved = "approved",
    /// A person said no.
    Rejected = "rejected",
    /// An author took the plan back.
    Withdrawn = "withdrawn",
    /// Time ran out.
    Expired = "expired",
    /// An executor took the lease.
    LeaseTaken = "lease_taken",
    /// A resource is about to be changed.
    EffectIntended = "effect_intended",
    /// It was changed.
    EffectDone = "effect_done",
    /// Whether it was changed cannot be known.
    EffectUnknown = "effect_unknown",
    /// It could not be changed.
    EffectFailed = "effect_failed",
    /// It was seen to be changed already.
    EffectObserved = "effect_observed",
    /// Every effect of a plan is recorded.
    Executed = "executed",
    /// A plan ended with an effect that failed.
    Failed = "failed",
    /// A plan ended with an effect of which nothing is known.
    Unknown = "unknown",
    /// The resource had moved; the plan is void.
    Drifted = "drifted",
    /// The kill switch held the plan.
    Killed = "killed",
    /// The post-conditions hold.
    Verified = "verified",
    /// The post-conditions do not hold.
    VerificationFailed = "verification_failed",
    /// A person asked for the undo.
    UndoRequested = "undo_requested",
    /// The undo began.
    UndoStarted = "undo_started",
    /// The undo is verified.
    Undone = "undone",
    /// The undo failed.
    UndoFailed = "undo_failed",
    /// The kill switch was set.
    StopSet = "stop_set",
    /// A first administrator asked to release it.
    StopReleaseRequested = "stop_release_requested",
    /// A second one did; it is released.
    StopReleased = "stop_released",
    /// A person got a new second factor, which counts for nothing yet.
    FactorEnrolled = "factor_enrolled",
    /// Its person showed the first code; it counts from now on.
    FactorActivated = "factor_activated",
    /// A code was accepted.
    FactorAccepted = "factor_accepted",
    /// A code was refused (wrong, used before, too many wrong ones).
    FactorRefused = "factor_refused",
    /// An administrator took a lost factor away.
    FactorReset = "factor_reset",
    /// An author typed the account's name back.
    TypedBack = "typed_back",
    /// A first administrator proposed other rules (accounts made looser, a calendar, policies).
    RulesProposed = "rules_proposed",
    /// A second one confirmed them; they are in force.
    RulesChanged = "rules_changed",
    /// Accounts were registered or changed.
    AccountsRegistered = "accounts_registered",
    /// An account was taken out of the registry.
    AccountRetired = "account_retired",
    /// A single-use code for the Step Functions console was issued.
    ConsoleCodeIssued = "console_code_issued",
    /// A personal approval link was issued.
    LinkIssued = "link_issued",
    /// A link or code was used.
    TokenRedeemed = "token_redeemed",
    /// A message was sent.
    NotificationSent = "notification_sent",
    /// A trouble began that nobody had told of before.
    IncidentOpened = "incident_opened",
    /// It became graver, came back, or was over.
    IncidentChanged = "incident_changed",
    /// A signal of trouble was turned away (an unknown account, a foreign topic).
    SignalRefused = "signal_refused",
    /// What could be read about an incident was kept.
    EvidenceCollected = "evidence_collected",
    /// An incident was explained, or said to be undetermined.
    IncidentDiagnosed = "incident_diagnosed",
    /// The cause of an incident was learnt, or seen again.
    PatternLearnt = "pattern_learnt",
    /// What was learnt was confirmed or contradicted: by the outcome of a change that followed from it, or by a person.
    PatternJudged = "pattern_judged",
    /// A lost workflow was started again.
    Resumed = "resumed",
    /// A person was seen with a sign-in that was not seen before.
    SignedIn = "signed_in",
    /// The same of a person who has no role: everything they ask is refused.
    SignInRefused = "sign_in_refused",
    /// A model was asked.
    ModelCalled = "model_called",
    /// A record was found overwritten or deleted in the table.
    TamperingSeen = "tampering_seen",
}

impl std::fmt::Display for EventKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Actor {
    /// A person, with the roles the directory named at that moment.
    Person {
        /// Who.
        person: PersonId,
        /// The roles held then.
        roles: Vec<Role>,
        /// The identity provider's own id of the person (`sub`), which outlives names. Since version 2.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        /// Whether the sign-in used a second factor; absent where nobody said. Since version 2.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mfa: Option<bool>,
    },
    /// One of our functions, by its verb-noun name.
    Function {
        /// Which.
        function: String,
    },
}

impl Actor {
    /// A person with the roles held now.
    pub fn person(person: PersonId, roles: impl Into<Vec<Role>>) -> Self {
        let mut roles = roles.into();
        roles.sort_unstable();
        roles.dedup();
        Self::Person { person, roles, subject: None, mfa: None }
    }

    /// With what the verified token said of the sign-in. One of our functions stays as it is.
    #[must_use]
    pub fn signed_in(self, by: &SignIn) -> Self {
        match self {
            Self::Person { person, roles, .. } => Self::Person { person, roles, subject: by.subject.clone(), mfa: by.mfa },
            function @ Self::Function { .. } => function,
        }
    }

    /// One of our functions.
    pub fn function(name: impl Into<String>) -> Self {
        Self::Function { function: name.into() }
    }
}

/// How carefully a record's detail is to be treated by whoever exports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// Names of resources, states, rules.
    #[default]
    Internal,
    /// Words of people or values out of resources.
    Sensitive,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEvent {
    /// What kind of thing.
    pub kind: EventKind,
    /// Who acted.
    pub actor: Actor,
    /// The member account; decides the chain. Without one it is the hub's.
    pub account: Option<AccountId>,
    /// The plan.
    pub plan: Option<PlanId>,
    /// The plan's digest.
    pub digest: Option<Digest>,
    /// SHA-256 of the preview's text as it was shown.
    pub preview_hash: Option<Digest>,
    /// Request ids that AWS answered with.
    pub request_ids: Vec<String>,
    /// Ids of the rules that counted.
    pub reasons: Vec<String>,
    /// Version of those rules.
    pub policy_version: Option<String>,
    /// How carefully `detail` is to be treated.
    pub data_class: DataClass,
    /// Anything else worth keeping; redacted by the caller.
    pub detail: Facts,
    /// The region. Since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARNs of the resources that the event is about. Since version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The incident (`inc_…`). Since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

impl AuditEvent {
    /// An event of the hub; [`Self::about`] or [`Self::in_account`] moves it to an account.
    #[must_use]
    pub fn new(kind: EventKind, actor: Actor) -> Self {
        Self {
            kind,
            actor,
            account: None,
            plan: None,
            digest: None,
            preview_hash: None,
            request_ids: Vec::new(),
            reasons: Vec::new(),
            policy_version: None,
            data_class: DataClass::Internal,
            detail: Facts::new(),
            region: None,
            resources: Vec::new(),
            incident: None,
        }
    }

    /// The event concerns a plan: its account, region, resources, id, digest and policy version are taken over.
    #[must_use]
    pub fn about(mut self, plan: &Plan, digest: &Digest) -> Self {
        self.account = Some(plan.account.clone());
        self.plan = Some(plan.id.clone());
        self.digest = Some(digest.clone());
        self.policy_version = Some(plan.policy_version.clone());
        self.region = Some(plan.region.clone());
        if let Some(incident) = &plan.incident {
            self.incident = Some(incident.to_string());
        }
        self.on(plan.targets.iter().map(|target| target.arn.as_str()))
    }

    /// The event is about these resources, and no other.
    #[must_use]
    pub fn on(mut self, arns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.resources = arns.into_iter().map(Into::into).collect();
        self
    }

    /// The event belongs to an incident.
    #[must_use]
    pub fn of_incident(mut self, incident: impl Into<String>) -> Self {
        self.incident = Some(incident.into());
        self
    }

    /// The event concerns an account.
    #[must_use]
    pub fn in_account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// With the hash of the preview that was shown.
    #[must_use]
    pub fn shown(mut self, preview_hash: Digest) -> Self {
        self.preview_hash = Some(preview_hash);
        self
    }

    /// With request ids of AWS.
    #[must_use]
    pub fn requests(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.request_ids.extend(ids.into_iter().map(Into::into));
        self
    }

    /// With ids of the rules that counted.
    #[must_use]
    pub fn because(mut self, rules: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.reasons.extend(rules.into_iter().map(Into::into));
        self
    }

    /// With one more fact.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.detail.insert(name.into(), value.into());
        self
    }

    /// Marked as holding words of people or values out of resources.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.data_class = DataClass::Sensitive;
        self
    }

    /// The chain on which it is recorded: the account's, else the hub's.
    #[must_use]
    pub fn chain(&self) -> Chain {
        self.account.as_ref().map_or_else(Chain::hub, Chain::of_account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_snake_case_unique_and_reads_back() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in EventKind::ALL {
            let name = kind.as_str();
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert!(seen.insert(name), "{name} occurs twice");
            assert_eq!(serde_json::to_value(kind).unwrap(), serde_json::json!(name));
            assert_eq!(serde_json::from_value::<EventKind>(serde_json::json!(name)).unwrap(), *kind);
        }
        assert!(serde_json::from_str::<EventKind>("\"something_else\"").is_err());
    }

    #[test]
    fn an_event_without_account_belongs_to_the_hub() {
        let event = AuditEvent::new(EventKind::StopSet, Actor::function("record-approval"));
        assert_eq!(event.chain(), Chain::hub());
        let account = AccountId::parse("222222222222").unwrap();
        assert_eq!(event.in_account(account.clone()).chain(), Chain::of_account(&account));
    }

    #[test]
    fn roles_are_sorted_and_unique() {
        let person = PersonId::parse("alice").unwrap();
        let actor = Actor::person(person.clone(), vec![Role::Approver, Role::Viewer, Role::Approver]);
        assert_eq!(actor, Actor::Person { person, roles: vec![Role::Viewer, Role::Approver], subject: None, mfa: None });
    }
}
