//! "Would this be allowed?", without a plan. Entry type: [`Question`].
//!
//! Invariant: live facts (the registered account, the person's roles, stops, the calendar) except what the question itself states; no
//! plan is made and nothing is written.

use domain::{Account, EpochMs, OperationId, PersonId, Risk, WireError};
use policy::{Facts, Situation, Window};
use serde::{Deserialize, Serialize};

use crate::Authority;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The operation.
    pub operation: OperationId,
    /// Its risk, by the catalogue.
    pub risk: Risk,
    /// Whether it can be undone, by the catalogue.
    pub reversible: bool,
    /// The account as registered.
    pub account: Account,
    /// Who would ask for it.
    pub person: PersonId,
    /// How many resources.
    pub targets: u32,
    /// When.
    pub at: EpochMs,
}

impl Authority {
    /// The facts of a question.
    ///
    /// # Errors
    /// When the ledger or the directory does not answer.
    pub async fn facts_for(&self, question: &Question) -> Result<Facts, WireError> {
        let situation = Situation {
            name: String::new(),
            person: question.person.clone(),
            groups: Vec::new(),
            operation: question.operation.clone(),
            risk: question.risk,
            account: question.account.clone(),
            targets: question.targets,
            reversible: question.reversible,
            monthly_cost_cents: None,
            approvals: Vec::new(),
            stops: Vec::new(),
            window: Window::NotConfigured,
            incident_severity: None,
            account_typed: false,
            break_glass: false,
            expect: None,
        };
        let base = situation.facts(question.at);
        let live = self.facts(&base.plan, &base.digest, base.phase, question.at).await?;
        // A plan that does not exist has no approvals.
        Ok(Facts { approvals: Vec::new(), ..live })
    }
}
