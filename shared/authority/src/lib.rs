//! Gathers what the rules look at and asks them.
//!
//! Entry type: [`Authority`]. Invariants: roles are those of this moment, never those of the token or of an earlier look; an
//! approval counts only when its KMS signature verifies; a part that cannot be read is an error, and every caller stops.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod notices;
mod signature;

use directory::Directory;
use domain::{
    Account, Digest, EpochMs, PersonId, Plan, Role, Text, Verdict, WireError,
    wire::{Purpose, StepInput},
};
use ledger::{Ledger, SignedApproval, StoredPlan};
use policy::{ApprovalFact, Calendar, Limits, PersonFact, Phase, Request, Stop};

pub use signature::{ApprovalKey, SignatureError};

/// Everything that is asked about authority.
#[derive(Debug, Clone)]
pub struct Authority {
    ledger: Ledger,
    directory: Directory,
    key: Option<ApprovalKey>,
    limits: Limits,
}

/// An answer of the rules with what it was based on.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// People whose approval counted; the lease demands that their rows still stand.
    pub approvers: Vec<PersonId>,
    /// The account as registered now.
    pub account: Option<Account>,
}

impl Authority {
    /// With a key, approvals can be counted; without one (previews) there are none.
    #[must_use]
    pub fn new(ledger: Ledger, directory: Directory, key: Option<ApprovalKey>, limits: Limits) -> Self {
        Self { ledger, directory, key, limits }
    }

    /// A person's roles now.
    ///
    /// # Errors
    /// `Directory.Unavailable`.
    pub async fn roles(&self, person: &PersonId) -> Result<Vec<Role>, WireError> {
        self.directory.roles(person).await.map_err(|e| e.wire())
    }

    /// A person's roles now, if one of them is among `wanted`.
    ///
    /// # Errors
    /// `Request.Denied` without such a role; `Directory.Unavailable`.
    pub async fn demand(&self, person: &PersonId, wanted: &[Role]) -> Result<Vec<Role>, WireError> {
        let roles = self.roles(person).await?;
        need(person, &roles, wanted)?;
        Ok(roles)
    }

    /// The plan a reference means: it exists and its digest is the one the caller knows.
    ///
    /// # Errors
    /// `Plan.NotFound`, `Plan.DigestRefused`, or the ledger's.
    pub async fn plan(&self, id: &domain::PlanId, digest: &Digest) -> Result<StoredPlan, WireError> {
        find_plan(&self.ledger, id, digest).await
    }

    /// Asks the rules about a plan at this moment.
    ///
    /// # Errors
    /// When the ledger, the directory or the key does not answer: the caller stops.
    pub async fn judge(&self, plan: &Plan, digest: &Digest, phase: Phase, now: EpochMs) -> Result<Judgement, WireError> {
        let account = self.ledger.account_by_id(&plan.account).await.map_err(|e| e.wire())?;
        let mut authors = Vec::with_capacity(plan.authors.len());
        for person in &plan.authors {
            authors.push(PersonFact { person: person.clone(), roles: self.roles(person).await? });
        }
        let approvals = match &self.key {
            Some(key) => self.approval_facts(&plan.id, key).await?,
            None => Vec::new(),
        };
        let stops = self.ledger.stops().await.map_err(|e| e.wire())?;
        let stops: Vec<Stop> = stops.into_iter().map(|s| Stop { scope: s.scope.to_string(), by: s.person, reason: s.reason }).collect();
        let request = Request {
            plan,
            digest,
            account: account.as_ref(),
            authors: &authors,
            approvals: &approvals,
            stops: &stops,
            limits: self.limits,
            calendar: Calendar::NotConfigured,
            now,
            phase,
        };
        let verdict = policy::decide(&request);
        let mut approvers: Vec<PersonId> = approvals
            .iter()
            .filter(|a| policy::counted_approvals(plan, digest, std::slice::from_ref(*a)) == 1)
            .map(|a| a.approver.person.clone())
            .collect();
        approvers.sort();
        approvers.dedup();
        Ok(Judgement { verdict, approvers, account })
    }

    async fn approval_facts(&self, plan: &domain::PlanId, key: &ApprovalKey) -> Result<Vec<ApprovalFact>, WireError> {
        let signed: Vec<SignedApproval> = self.ledger.approvals(plan).await.map_err(|e| e.wire())?;
        let mut facts = Vec::with_capacity(signed.len());
        for row in signed {
            let signature_valid =
                row.approval.plan == *plan && key.verifies(&row.approval, &row.signature_b64).await.map_err(|e| e.wire())?;
            let roles = self.roles(&row.approval.person).await?;
            facts.push(ApprovalFact {
                approver: PersonFact { person: row.approval.person, roles },
                digest: row.approval.digest,
                signature_valid,
            });
        }
        Ok(facts)
    }
}

/// Whether one of the roles that a person has is among `wanted`.
///
/// # Errors
/// `Request.Denied`.
pub fn need(person: &PersonId, roles: &[Role], wanted: &[Role]) -> Result<(), WireError> {
    if roles.iter().any(|r| wanted.contains(r)) {
        return Ok(());
    }
    let names: Vec<&str> = wanted.iter().map(|r| r.as_str()).collect();
    Err(WireError::new(
        "Request.Denied",
        Text::new(
            format!("{person} needs one of these roles: {}. Nothing was done.", names.join(", ")),
            format!("{person} 需要以下角色之一：{}。没有执行任何操作。", names.join("、")),
        ),
    ))
}

/// The plan a reference means: it exists and its digest is the one the caller knows.
///
/// # Errors
/// `Plan.NotFound`, `Plan.DigestRefused`, or the ledger's.
pub async fn find_plan(ledger: &Ledger, id: &domain::PlanId, digest: &Digest) -> Result<StoredPlan, WireError> {
    let stored = ledger.plan(id).await.map_err(|e| e.wire())?.ok_or_else(|| no_such_plan(id.as_str()))?;
    if stored.digest == *digest {
        return Ok(stored);
    }
    Err(WireError::new(
        "Plan.DigestRefused",
        Text::new(
            format!("The digest {} is not that of plan {id} ({}). Nothing was done.", digest.short(), stored.digest.short()),
            format!("摘要 {} 与计划 {id} 的摘要（{}）不符。没有执行任何操作。", digest.short(), stored.digest.short()),
        ),
    ))
}

/// No plan has this id.
#[must_use]
pub fn no_such_plan(id: &str) -> WireError {
    let id = domain::text::inert(id, 64);
    WireError::new("Plan.NotFound", Text::new(format!("There is no plan `{id}`."), format!("不存在计划 `{id}`。")))
}

/// The one execution that may work on a plan for a purpose; an execution of another name was not started by the fleet.
#[must_use]
pub fn expected_execution(stored: &StoredPlan, purpose: Purpose) -> String {
    let mark = format!("-{}-", purpose.as_str());
    let attempt = stored.execution.as_ref().filter(|e| e.name.contains(&mark)).map_or(1, |e| e.attempt);
    purpose.execution_name(&stored.plan.id, attempt)
}

/// A step of an execution that the fleet did not start for this plan.
///
/// # Errors
/// `Change.ExecutionRefused`.
pub fn demand_execution(stored: &StoredPlan, input: &StepInput) -> Result<(), WireError> {
    if input.execution == expected_execution(stored, input.purpose) {
        return Ok(());
    }
    Err(WireError::new(
        "Change.ExecutionRefused",
        Text::new("This execution was not started by the fleet for this plan.", "该执行不是由平台为此计划启动的。"),
    ))
}
