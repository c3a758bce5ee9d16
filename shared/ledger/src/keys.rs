//! The keys of every item. Entry type: [`Key`].
//!
//! Invariant: parts of a key come from types that cannot hold a `#`, or are the last part.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{AccountId, Digest, PersonId, PlanId, PlanState, ScanId, SessionId, SpendScope, ids::IncidentId, scan::ScanPlace};

/// Partition and sort key of an item in the ledger table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

const META: &str = "META";

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// As DynamoDB wants it.
    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([("pk".to_owned(), AttributeValue::S(self.pk.clone())), ("sk".to_owned(), AttributeValue::S(self.sk.clone()))])
    }

    pub(crate) fn plan(id: &PlanId) -> Self {
        Self::new(plan_partition(id), META)
    }
    pub(crate) fn preview(id: &PlanId) -> Self {
        Self::new(plan_partition(id), "PREVIEW")
    }
    /// A small item that lists the plan in the index of all plans, so that a page of it reads no plan's text.
    pub(crate) fn listed(id: &PlanId) -> Self {
        Self::new(plan_partition(id), "LISTED")
    }
    /// A small item that lists the plan among those whose undo somebody asked for.
    pub(crate) fn undo(id: &PlanId) -> Self {
        Self::new(plan_partition(id), "UNDO")
    }
    pub(crate) fn task(id: &PlanId) -> Self {
        Self::new(plan_partition(id), "TASK")
    }
    pub(crate) fn effect(id: &PlanId, suffix: &str) -> Self {
        Self::new(plan_partition(id), format!("{EFFECT}{suffix}"))
    }
    pub(crate) fn approval(plan: &PlanId, person: &PersonId) -> Self {
        Self::new(approval_partition(plan), person.as_str())
    }
    /// A person's second factor. Among the approvals, which record-approval alone may write.
    pub(crate) fn factor(person: &PersonId) -> Self {
        Self::new("APPROVAL#FACTOR".to_owned(), person.as_str())
    }
    /// That an author typed the account's name back.
    pub(crate) fn typed(plan: &PlanId) -> Self {
        Self::new("APPROVAL#TYPED".to_owned(), plan.as_str())
    }
    pub(crate) fn token(hash: &Digest) -> Self {
        Self::new(format!("TOKEN#{hash}"), META)
    }
    /// A name; the item only points to the account.
    pub(crate) fn account_name(name: &str) -> Self {
        Self::new(format!("ACCT#{name}"), META)
    }
    /// The account itself. One partition, so that all accounts can be read with strong consistency.
    pub(crate) fn account(id: &AccountId) -> Self {
        Self::new(ACCOUNTS.to_owned(), id.as_str())
    }
    pub(crate) fn session(person: &PersonId, id: &SessionId) -> Self {
        Self::new(format!("SESSION#{person}"), id.as_str())
    }
    /// What a session last spoke of; apart from the session, so that whoever reads texts cannot select an account.
    pub(crate) fn talk(person: &PersonId, id: &SessionId) -> Self {
        Self::new(format!("TALK#{person}"), id.as_str())
    }
    /// When a person last proved who they are.
    pub(crate) fn sign_in(person: &PersonId) -> Self {
        Self::new(format!("SIGNIN#{person}"), META)
    }
    pub(crate) fn stop(scope: &str) -> Self {
        Self::new(format!("KILL#{scope}"), META)
    }
    /// What is in force of one kind of rules.
    pub(crate) fn setting(kind: &str) -> Self {
        Self::new(format!("RULES#{kind}"), META)
    }
    /// What waits for a second person.
    pub(crate) fn proposal(kind: &str) -> Self {
        Self::new(format!("RULES#{kind}"), "PROPOSAL")
    }
    pub(crate) fn daily(account: &AccountId, day: &str) -> Self {
        Self::new(format!("BELT#{account}#{day}"), "COUNT")
    }
    /// What models cost on a day, for one budget.
    pub(crate) fn spend(scope: &SpendScope, day: &str) -> Self {
        Self::new(format!("SPEND#{scope}#{day}"), "COUNT")
    }
    pub(crate) fn cool_down(arn: &str) -> Self {
        Self::new(format!("COOL#{arn}"), META)
    }
    pub(crate) fn request(person: &PersonId, request_id: &str) -> Self {
        Self::new(format!("REQ#{person}#{request_id}"), META)
    }
    pub(crate) fn outbox(id: &str) -> Self {
        Self::new(format!("{OUTBOX}{id}"), "MSG")
    }
    pub(crate) fn incident(id: &IncidentId) -> Self {
        Self::new(incident_partition(id), META)
    }
    /// The incident that a fingerprint last opened.
    pub(crate) fn fingerprint(fingerprint: &str) -> Self {
        Self::new(format!("FINGER#{fingerprint}"), META)
    }
    /// A signal of an incident, by what it says.
    pub(crate) fn signal(id: &IncidentId, key: &str) -> Self {
        Self::new(incident_partition(id), format!("SIGNAL#{key}"))
    }
    /// Evidence or diagnosis of an incident.
    pub(crate) fn document(id: &IncidentId, name: &str) -> Self {
        Self::new(incident_partition(id), name)
    }
    /// What was learnt. One partition, so that all of it can be read with strong consistency.
    pub(crate) fn pattern(fingerprint: &Digest) -> Self {
        Self::new(PATTERNS.to_owned(), fingerprint.to_string())
    }
    pub(crate) fn scan(id: &ScanId) -> Self {
        Self::new(scan_partition(id), META)
    }
    pub(crate) fn scan_result(id: &ScanId) -> Self {
        Self::new(scan_partition(id), "RESULT")
    }
    pub(crate) fn scan_asked(id: &ScanId, place: &ScanPlace) -> Self {
        Self::new(scan_partition(id), format!("{ASKED}{}#{}", place.account, place.region))
    }
    /// One row for each account that answers wrongly, however often it does.
    pub(crate) fn scan_refused(id: &ScanId, by: &AccountId) -> Self {
        Self::new(scan_partition(id), format!("{REFUSED}{by}"))
    }
    pub(crate) fn scan_place(id: &ScanId, place: &ScanPlace) -> Self {
        Self::new(scan_partition(id), format!("{PLACE}{}#{}", place.account, place.region))
    }
    pub(crate) fn head(chain: &str) -> Self {
        Self::new(format!("HEAD#{chain}"), META)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.pk, self.sk)
    }
}

/// Prefix of the sort keys of effects.
pub(crate) const EFFECT: &str = "EFFECT#";
/// Prefix of the partitions of messages.
pub(crate) const OUTBOX: &str = "OUTBOX#";
/// The partition of all accounts.
pub(crate) const ACCOUNTS: &str = "ACCTS";
/// The partition of everything that was learnt.
pub(crate) const PATTERNS: &str = "PATTERNS";
/// Index partition of all plans.
pub(crate) const ALL_PLANS: &str = "PLANS";
/// Index partition of plans whose undo was asked for and is not done.
pub(crate) const UNDO_REQUESTED: &str = "UNDO_REQUESTED";
/// Index partition of all incidents.
pub(crate) const ALL_INCIDENTS: &str = "INCIDENTS";
/// Index partition of messages that were not sent.
pub(crate) const UNSENT: &str = "UNSENT";
/// Index partition of stops in force.
pub(crate) const STOPS: &str = "STOPS";
/// Index partition of chain heads.
pub(crate) const HEADS: &str = "HEADS";

/// Prefix of the sort keys of the places of a scan whose accounts were asked.
pub(crate) const ASKED: &str = "ASKED#";
/// Prefix of the sort keys of answers that were not taken.
pub(crate) const REFUSED: &str = "REFUSED#";
/// Prefix of the sort keys of a scan's places.
pub(crate) const PLACE: &str = "PLACE#";

pub(crate) fn scan_partition(id: &ScanId) -> String {
    format!("SCAN#{id}")
}
pub(crate) fn plan_partition(id: &PlanId) -> String {
    format!("PLAN#{id}")
}
pub(crate) fn incident_partition(id: &IncidentId) -> String {
    format!("INC#{id}")
}
pub(crate) fn approval_partition(id: &PlanId) -> String {
    format!("APPROVAL#{id}")
}
/// Index partition of plans in a state.
pub(crate) fn state_index(state: PlanState) -> String {
    format!("STATE#{}", state.as_str())
}
