//! Findings that somebody accepts for a while. Entry type: [`Exception`].
//!
//! Invariant: an exception has an owner, a reason and an end; after the end the finding counts again. It hides nothing:
//! what it covers is still listed, with the exception beside it.

use domain::{AccountId, EpochMs};
use serde::{Deserialize, Serialize};

use crate::{document::like, finding::Finding};

/// The version of the file's form.
const SCHEMA: u32 = 1;
/// The most exceptions of one file.
const MOST: usize = 1_000;

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

/// A file of exceptions cannot be taken; says which one, counted from 1, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionsError {
    /// It is not of the expected form.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// One of them is not acceptable.
    #[error("exception {number}: {why}")]
    One {
        /// Which, from 1.
        number: usize,
        /// Why.
        why: ExceptionError,
    },
}

/// The file as people write it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: u32,
    exceptions: Vec<Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    check: String,
    account: AccountId,
    resource: String,
    owner: String,
    reason: String,
    /// A day (until its end, UTC), or an instant as in RFC 3339.
    expires: String,
}

/// Reads a file of exceptions:
///
/// ```
/// let text = "schema: 1\nexceptions:\n  - {check: s3_bucket_public_policy, account: '222222222222', resource: 'arn:aws:s3:::www-*', owner: web, reason: a public site, expires: 2027-03-31}\n";
/// assert_eq!(checks::exception::read(text).unwrap()[0].expires_at.to_rfc3339(), "2027-04-01T00:00:00Z");
/// ```
///
/// # Errors
/// [`ExceptionsError::Unreadable`]: another form, or an `expires` that is no day and no instant.
pub fn read(text: &str) -> Result<Vec<Exception>, ExceptionsError> {
    let unreadable = |why: &str| ExceptionsError::Unreadable(domain::text::defang(why, 300));
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_aliases: 0, max_anchors: 0, max_depth: 8, max_nodes: 20_000, max_events: 40_000, max_documents: 1 },
    };
    let document: Document = serde_saphyr::from_str_with_options(text, options).map_err(|e| unreadable(&e.to_string()))?;
    if document.schema != SCHEMA || document.exceptions.len() > MOST {
        return Err(unreadable(&format!("`schema` is {SCHEMA}, with at most {MOST} exceptions")));
    }
    let one = |written: Written| {
        let day = || EpochMs::parse_rfc3339(&format!("{}T00:00:00Z", written.expires)).map(|day| day.plus_seconds(86_400));
        let expires_at = EpochMs::parse_rfc3339(&written.expires).or_else(day);
        let expires_at = expires_at.ok_or_else(|| unreadable(&format!("`{}` is no day and no instant", written.expires)))?;
        let Written { check, account, resource, owner, reason, .. } = written;
        Ok(Exception { check, account, resource, owner, reason, expires_at })
    };
    document.exceptions.into_iter().map(one).collect()
}

/// Reads a file of exceptions that are to come into force now.
///
/// # Errors
/// As [`read`]; [`ExceptionsError::One`] for the first that is not acceptable, one that has ended already among them.
pub fn read_acceptable(text: &str, now: EpochMs) -> Result<Vec<Exception>, ExceptionsError> {
    let all = read(text)?;
    for (n, one) in all.iter().enumerate() {
        one.check(now).map_err(|why| ExceptionsError::One { number: n.saturating_add(1), why })?;
    }
    Ok(all)
}

/// A finding that counts for nothing while an exception holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// What was found.
    pub finding: Finding,
    /// By what it is accepted.
    pub by: Exception,
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
