//! Gathers what the rules look at and asks them.
//!
//! Entry type: [`Authority`]. Invariants: roles are those of this moment, never those of the token or of an earlier look; an
//! approval counts only when its KMS signature verifies; a part that cannot be read is an error, and every caller stops.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod notices;
mod question;
mod rules;
mod signature;

use directory::Directory;
use domain::{
    Account, Digest, EpochMs, PersonId, Plan, Reason, Role, Text, Verdict, WireError,
    wire::{Purpose, StepInput},
};
use ledger::{Ledger, SignedApproval, StoredPlan};
use policy::{ApprovalFact, Calendar, Facts, Impact, Limits, PersonFact, Phase, Stop};
use serde::{Deserialize, Serialize};

pub use question::Question;
pub use rules::{InForce, PolicyFile, Rules, parse_calendar, parse_policies};
pub use signature::{ApprovalKey, SignatureError};

/// Everything that is asked about authority.
#[derive(Debug, Clone)]
pub struct Authority {
    ledger: Ledger,
    directory: Directory,
    key: Option<ApprovalKey>,
    limits: Limits,
    rules: Rules,
}

/// An answer of the rules with what it was based on. It travels from judge-plan to its askers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// People whose approval counted; the lease demands that their rows still stand.
    pub approvers: Vec<PersonId>,
    /// The account as registered now.
    pub account: Option<Account>,
    /// When the change window opens, where the plan needs one that is closed.
    pub window_opens_at: Option<EpochMs>,
}

impl Authority {
    /// With a key, approvals can be counted; without one (previews) there are none.
    #[must_use]
    pub fn new(ledger: Ledger, directory: Directory, key: Option<ApprovalKey>, limits: Limits) -> Self {
        Self { rules: Rules::new(ledger.clone()), ledger, directory, key, limits }
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

    /// A person's roles now, if one of them is among `wanted` and held in a scope that covers the plan.
    ///
    /// # Errors
    /// `Request.Denied` without such a role there; `Directory.Unavailable`, or the ledger's.
    pub async fn demand_here(&self, person: &PersonId, plan: &Plan, wanted: &[Role]) -> Result<Vec<Role>, WireError> {
        let grants = self.directory.grants(person).await.map_err(|e| e.wire())?;
        let roles = domain::grant::roles_of(&grants);
        need(person, &roles, wanted)?;
        let account = self.ledger.account_by_id(&plan.account).await.map_err(|e| e.wire())?;
        // As in the rules: by what is registered, and by the plan where the account is gone.
        let environment = account.as_ref().map_or(plan.environment, |a| a.environment);
        let ou = account.as_ref().and_then(|a| a.tags.get(domain::grant::OU_TAG)).map(String::as_str);
        let scopes = domain::RoleScope::covering(&plan.account, environment, ou, &plan.operation);
        if grants.iter().any(|grant| wanted.contains(&grant.role) && scopes.iter().any(|scope| scope == grant.scope.as_str())) {
            return Ok(roles);
        }
        let names: Vec<&str> = wanted.iter().map(|r| r.as_str()).collect();
        Err(WireError::new(
            "Request.Denied",
            Text::new(
                format!("{person} holds none of these roles for this account and operation: {}. Nothing was done.", names.join(", ")),
                format!("{person} 在此账户和操作范围内没有以下角色：{}。没有执行任何操作。", names.join("、")),
            ),
        ))
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
    /// When the ledger, the directory or the key does not answer, or the rules cannot be read: the caller stops.
    pub async fn judge(&self, plan: &Plan, digest: &Digest, phase: Phase, now: EpochMs) -> Result<Judgement, WireError> {
        let facts = self.facts(plan, digest, phase, now).await?;
        let decision = match self.rules.in_force().await? {
            Ok(rules) => rules.decide(&facts.request()),
            // Rules that cannot be read allow nothing.
            Err(text) => {
                let reasons = vec![Reason { rule: "policy.unreadable".to_owned(), text }];
                policy::Decision { verdict: Verdict::Deny { reasons }, approvers: Vec::new() }
            }
        };
        let window_opens_at = match facts.calendar {
            Calendar::Closed { opens_at } if decision.verdict.reasons().iter().any(|r| r.rule == policy::WINDOW_CLOSED) => opens_at,
            _ => None,
        };
        Ok(Judgement { verdict: decision.verdict, approvers: decision.approvers, account: facts.account, window_opens_at })
    }

    /// The version of the rules in force; a plan carries the one it was made under.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn policy_version(&self) -> Result<String, WireError> {
        Ok(self.rules.in_force().await?.map_or_else(|_| "cedar.unreadable".to_owned(), |rules| rules.version().to_owned()))
    }

    /// Windows and freezes that are on or come within `days`; `None` where nobody has set a calendar.
    ///
    /// # Errors
    /// When the ledger does not answer; `Calendar.Unreadable`.
    pub async fn upcoming(&self, now: EpochMs, days: i64, most: usize) -> Result<Option<Vec<calendar::Occurrence>>, WireError> {
        self.rules.upcoming(now, days, most).await
    }

    /// Explains what the rules say about facts.
    ///
    /// # Errors
    /// When the ledger does not answer; `Policy.Refused` when the rules cannot be read.
    pub async fn explain(&self, facts: &Facts) -> Result<policy::Explanation, WireError> {
        match self.rules.in_force().await? {
            Ok(rules) => Ok(policy::explain(&rules, facts)),
            Err(text) => Err(WireError::new("Policy.Refused", text)),
        }
    }

    /// Gathers everything the rules look at.
    ///
    /// # Errors
    /// When the ledger, the directory or the key does not answer.
    pub async fn facts(&self, plan: &Plan, digest: &Digest, phase: Phase, now: EpochMs) -> Result<Facts, WireError> {
        let account = self.ledger.account_by_id(&plan.account).await.map_err(|e| e.wire())?;
        let mut authors = Vec::with_capacity(plan.authors.len());
        for person in &plan.authors {
            authors.push(self.person(person).await?);
        }
        let approvals = match &self.key {
            Some(key) => self.approval_facts(&plan.id, key, &authors).await?,
            None => Vec::new(),
        };
        let stops = self.ledger.stops().await.map_err(|e| e.wire())?;
        let account_typed = self.ledger.typed_back(&plan.id, digest).await.map_err(|e| e.wire())?;
        let calendar = self.rules.calendar(plan, account.as_ref(), now).await?;
        let incident_severity = self.incident_severity(plan).await?;
        Ok(Facts {
            plan: plan.clone(),
            digest: digest.clone(),
            account,
            authors,
            approvals,
            stops: stops.into_iter().map(|s| Stop { scope: s.scope.to_string(), by: s.person, reason: s.reason }).collect(),
            limits: self.limits,
            calendar,
            incident_severity,
            account_typed,
            break_glass: false,
            impact: Impact::default(),
            step_up: true,
            now,
            phase,
        })
    }

    /// How grave the plan's incident is now; nothing where that is over, or is not about all that the plan touches.
    async fn incident_severity(&self, plan: &Plan) -> Result<Option<u8>, WireError> {
        let Some(id) = &plan.incident else { return Ok(None) };
        let stored = self.ledger.incident(id).await.map_err(|e| e.wire())?;
        Ok(stored.filter(|stored| stored.incident.is_about(plan)).map(|stored| stored.incident.severity.number()))
    }

    async fn person(&self, person: &PersonId) -> Result<PersonFact, WireError> {
        let grants = self.directory.grants(person).await.map_err(|e| e.wire())?;
        Ok(PersonFact { person: person.clone(), grants })
    }

    async fn approval_facts(&self, plan: &domain::PlanId, key: &ApprovalKey, known: &[PersonFact]) -> Result<Vec<ApprovalFact>, WireError> {
        let signed: Vec<SignedApproval> = self.ledger.approvals(plan).await.map_err(|e| e.wire())?;
        let mut facts = Vec::with_capacity(signed.len());
        for row in signed {
            let signature_valid =
                row.approval.plan == *plan && key.verifies(&row.approval, &row.signature_b64).await.map_err(|e| e.wire())?;
            // One look at the directory for each person, so that all questions see the same roles.
            let approver = match known.iter().find(|fact| fact.person == row.approval.person) {
                Some(fact) => fact.clone(),
                None => self.person(&row.approval.person).await?,
            };
            // The factor is inside what is signed: with a signature that does not verify it counts for nothing either.
            let mfa_at = row.approval.factor.map(|factor| factor.proven_at);
            facts.push(ApprovalFact { approver, digest: row.approval.digest, signature_valid, at: row.approval.at, mfa_at });
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
