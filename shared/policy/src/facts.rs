//! Everything the rules look at. Entry type: [`Request`].
//!
//! Invariant: facts of one moment, gathered by the caller; what could not be found out is an error of the caller or says so here
//! ([`Calendar::Unreadable`]), and never looks like a fact.

use domain::{Account, Digest, EpochMs, Grant, PersonId, Plan, Risk, Role};

/// How long a second factor counts before the approval it stands for, in seconds.
pub const MFA_MAX_AGE_SECONDS: i64 = 300;

/// A person as the directory knows them at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFact {
    /// Who.
    pub person: PersonId,
    /// Roles now and where they hold; empty for a disabled or unknown person.
    pub grants: Vec<Grant>,
}

impl PersonFact {
    /// A person with roles that hold everywhere.
    #[must_use]
    pub fn everywhere(person: PersonId, roles: &[Role]) -> Self {
        Self { person, grants: roles.iter().map(|role| Grant::everywhere(*role)).collect() }
    }
}

/// An approval from the ledger, with what was checked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFact {
    /// Who, with the roles of this moment.
    pub approver: PersonFact,
    /// The digest that was approved.
    pub digest: Digest,
    /// Whether its signature verifies.
    pub signature_valid: bool,
    /// When it was given.
    pub at: EpochMs,
    /// When its person proved a second factor for this digest, where they did.
    pub mfa_at: Option<EpochMs>,
}

impl ApprovalFact {
    /// Seconds from second factor to approval, if the factor was fresh then.
    #[must_use]
    pub fn fresh_mfa_age(&self) -> Option<i64> {
        let age = (self.at.0 - self.mfa_at?.0).div_euclid(1000);
        (0..=MFA_MAX_AGE_SECONDS).contains(&age).then_some(age)
    }
}

/// One pulled kill switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// `all`, `account:<id>` or `operation:<id>`.
    pub scope: String,
    /// Who pulled it.
    pub by: PersonId,
    /// Why.
    pub reason: String,
}

/// Safety belts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most targets of one plan at R1.
    pub max_targets_r1: usize,
    /// Most targets of one plan at R2.
    pub max_targets_r2: usize,
    /// Most targets of one plan at R3.
    pub max_targets_r3: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_targets_r1: 50, max_targets_r2: 10, max_targets_r3: 1 }
    }
}

impl Limits {
    /// Most targets of one plan.
    #[must_use]
    pub fn max_targets(&self, risk: Risk) -> usize {
        match risk {
            Risk::R1 => self.max_targets_r1,
            Risk::R2 => self.max_targets_r2,
            Risk::R3 => self.max_targets_r3,
        }
    }
}

/// What the change calendar says about this account, service and moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Calendar {
    /// None is configured: open, and the preview says so.
    #[default]
    NotConfigured,
    /// Inside a window.
    Open,
    /// Outside every window.
    Closed {
        /// When one opens next, where that is known.
        opens_at: Option<EpochMs>,
    },
    /// A freeze holds, which wins over every window.
    Frozen {
        /// Its name.
        name: String,
        /// When it ends, where that is known.
        until: Option<EpochMs>,
    },
    /// It cannot be read: nothing may change.
    Unreadable {
        /// Why.
        why: String,
    },
}

/// Why the rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// For a preview, for the decision to ask people, or right before execution.
    Execute,
    /// Before an undo: outside windows, belts and expiry; held by the kill switch.
    Undo,
}

/// What a plan means for its account, as far as its preview knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Impact {
    /// Monthly cost it adds, in US cents; `None` is unknown.
    pub monthly_cost_cents: Option<i64>,
    /// Resources that depend on its targets, as far as known.
    pub dependents: u32,
}

/// Everything the rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Its digest.
    pub digest: &'a Digest,
    /// The account as registered now; `None` when it is no longer registered.
    pub account: Option<&'a Account>,
    /// The plan's authors as the directory knows them now, one each.
    pub authors: &'a [PersonFact],
    /// Approvals in the ledger.
    pub approvals: &'a [ApprovalFact],
    /// Pulled kill switches of any scope.
    pub stops: &'a [Stop],
    /// Safety belts.
    pub limits: Limits,
    /// Change windows and freezes.
    pub calendar: Calendar,
    /// Severity (1 is the worst) of the open incident that the plan is linked to.
    pub incident_severity: Option<u8>,
    /// Whether an author typed the account's name back for this plan.
    pub account_typed: bool,
    /// Whether an emergency was declared for this plan.
    pub break_glass: bool,
    /// What the plan means for its account.
    pub impact: Impact,
    /// Whether this fleet can check second factors; where it cannot, what needs one is denied.
    pub step_up: bool,
    /// Now.
    pub now: EpochMs,
    /// Why the rules are asked.
    pub phase: Phase,
}

/// The same, owned: what a caller gathers, and what explanations change one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The plan.
    pub plan: Plan,
    /// Its digest.
    pub digest: Digest,
    /// The account as registered now.
    pub account: Option<Account>,
    /// The plan's authors as the directory knows them now.
    pub authors: Vec<PersonFact>,
    /// Approvals in the ledger.
    pub approvals: Vec<ApprovalFact>,
    /// Pulled kill switches of any scope.
    pub stops: Vec<Stop>,
    /// Safety belts.
    pub limits: Limits,
    /// Change windows and freezes.
    pub calendar: Calendar,
    /// Severity of the open incident that the plan is linked to.
    pub incident_severity: Option<u8>,
    /// Whether an author typed the account's name back for this plan.
    pub account_typed: bool,
    /// Whether an emergency was declared for this plan.
    pub break_glass: bool,
    /// What the plan means for its account.
    pub impact: Impact,
    /// Whether this fleet can check second factors.
    pub step_up: bool,
    /// Now.
    pub now: EpochMs,
    /// Why the rules are asked.
    pub phase: Phase,
}

impl Facts {
    /// As the rules take them.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request {
            plan: &self.plan,
            digest: &self.digest,
            account: self.account.as_ref(),
            authors: &self.authors,
            approvals: &self.approvals,
            stops: &self.stops,
            limits: self.limits,
            calendar: self.calendar.clone(),
            incident_severity: self.incident_severity,
            account_typed: self.account_typed,
            break_glass: self.break_glass,
            impact: self.impact,
            step_up: self.step_up,
            now: self.now,
            phase: self.phase,
        }
    }
}
