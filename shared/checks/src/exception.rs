//! Findings that somebody accepts for a while. Entry type: [`Exception`].
//!
//! Invariant: an exception has an owner, a reason and an end; after the end the finding counts again. It hides nothing:
//! what it covers is still listed, with the exception beside it.

use domain::{AccountId, EpochMs};
use serde::{Deserialize, Serialize};

use crate::{document::like, finding::Finding};

/// A longest time of acceptance: a year.
pub const MAX_DAYS: i64 = 366;

/// An accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The check's id.
    pub check: String,
    /// The account.
    pub account: AccountId,
    /// The resource's ARN, `*` and `?` as in IAM.
    pub resource: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires_at: EpochMs,
}

/// An exception is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionError {
    /// There is no such check.
    #[error("there is no check `{0}`")]
    UnknownCheck(String),
    /// Owner, reason or resource is empty, or too long.
    #[error("`{0}` has to be given, in at most 500 characters")]
    Missing(&'static str),
    /// It has ended already, or would last too long.
    #[error("an exception ends within {MAX_DAYS} days from now")]
    Expiry,
}

impl Exception {
    /// Whether it may be recorded now.
    ///
    /// # Errors
    /// [`ExceptionError`] naming the first thing wrong.
    pub fn check(&self, now: EpochMs) -> Result<(), ExceptionError> {
        if crate::registry::find(&self.check).is_none() {
            return Err(ExceptionError::UnknownCheck(domain::text::defang(&self.check, 80)));
        }
        for (name, text) in [("resource", &self.resource), ("owner", &self.owner), ("reason", &self.reason)] {
            if text.trim().is_empty() || text.chars().count() > 500 {
                return Err(ExceptionError::Missing(name));
            }
        }
        let latest = now.plus_seconds(MAX_DAYS.saturating_mul(86_400));
        if self.expires_at <= now || self.expires_at > latest { Err(ExceptionError::Expiry) } else { Ok(()) }
    }

    /// Whether it covers a finding now.
    #[must_use]
    pub fn covers(&self, finding: &Finding, now: EpochMs) -> bool {
        self.check == finding.check && self.account == finding.account && now < self.expires_at && like(&self.resource, &finding.arn)
    }
}
