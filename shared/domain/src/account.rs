//! Accounts as the registry knows them. Entry type: [`Account`].
//!
//! Invariant: names are lower-case ASCII, so that a lookalike (`prоd` with a Cyrillic letter) is never a name.
//!
//! ```
//! use domain::AccountId;
//! assert!(AccountId::parse("222222222222").is_ok());
//! assert!(AccountId::parse("22222222222").is_err());
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// An account's id or name is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not twelve digits.
    #[error("`{0}` is not a 12-digit account id")]
    Id(String),
    /// Not `[a-z][a-z0-9-]{0,38}`.
    #[error("`{0}` is not an account name (lower-case letters, digits and hyphens, at most 39)")]
    Name(String),
    /// No region.
    #[error("account `{0}` has no region")]
    NoRegion(String),
    /// A region is not written like `us-east-1`.
    #[error("`{0}` is not a region")]
    Region(String),
}

impl AccountId {
    /// Reads twelve digits.
    ///
    /// # Errors
    /// [`AccountError::Id`].
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AccountError::Id(text.chars().take(32).collect()))
        }
    }

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = AccountError;
    fn try_from(text: String) -> Result<Self, AccountError> {
        Self::parse(&text)
    }
}
impl From<AccountId> for String {
    fn from(id: AccountId) -> String {
        id.0
    }
}
impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an account is for; decides the default tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Development and test.
    Dev,
    /// Before production.
    Staging,
    /// Production.
    Prod,
}

impl Environment {
    /// `dev`, `staging` or `prod`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }
}

/// How much the fleet may do by itself in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Autonomy {
    /// Only says what it would have done.
    Shadow,
    /// Every change needs an approval.
    Approval,
    /// The tiers by risk and environment.
    #[default]
    Tiered,
    /// Acts alone wherever nothing forbids it.
    Full,
}

/// One member account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// How people call it.
    pub name: String,
    /// Decides the default tier.
    pub environment: Environment,
    /// Who is told about changes.
    pub owner: String,
    /// Regions in use; the first is the default.
    pub regions: Vec<String>,
    /// Free labels.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// How much the fleet may do by itself.
    #[serde(default)]
    pub autonomy: Autonomy,
}

impl Account {
    /// Checks name and regions.
    ///
    /// # Errors
    /// [`AccountError`] naming the first thing wrong.
    pub fn check(&self) -> Result<(), AccountError> {
        let mut name = self.name.bytes();
        let ok = name.next().is_some_and(|b| b.is_ascii_lowercase())
            && name.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && self.name.len() <= 39;
        if !ok {
            return Err(AccountError::Name(self.name.chars().take(64).collect()));
        }
        if self.regions.is_empty() {
            return Err(AccountError::NoRegion(self.name.clone()));
        }
        match self.regions.iter().find(|r| !is_region(r)) {
            Some(bad) => Err(AccountError::Region(bad.chars().take(32).collect())),
            None => Ok(()),
        }
    }
}

/// Whether a text is written like an AWS region (`us-east-1`, `cn-north-1`, `us-gov-west-1`).
#[must_use]
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lower = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
    match parts.as_slice() {
        [head @ .., last] => {
            (2..=3).contains(&head.len()) && head.iter().all(lower) && last.len() == 1 && last.bytes().all(|b| b.is_ascii_digit())
        }
        [] => false,
    }
}

/// The AWS partition of a region: `aws`, `aws-cn` or `aws-us-gov`.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> Account {
        Account {
            id: AccountId::parse("222222222222").unwrap(),
            name: name.into(),
            environment: Environment::Dev,
            owner: "team".into(),
            regions: vec!["us-east-1".into()],
            tags: BTreeMap::new(),
            autonomy: Autonomy::Tiered,
        }
    }

    #[test]
    fn lookalike_names_are_refused() {
        assert!(account("prod").check().is_ok());
        for bad in ["prоd", "Prod", "prod ", "", "1prod", "prod\u{200b}"] {
            assert!(account(bad).check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn regions_are_recognised_in_every_partition() {
        assert!(["us-east-1", "cn-north-1", "us-gov-west-1", "ap-southeast-2"].iter().all(|r| is_region(r)));
        assert!(!["us-east", "useast1", "US-EAST-1", "us-east-11", ""].iter().any(|r| is_region(r)));
        assert_eq!(partition_of("cn-north-1"), "aws-cn");
    }
}
