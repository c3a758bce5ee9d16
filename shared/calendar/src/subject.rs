//! Whom a window or freeze is meant for. Entry types: [`Subject`], [`Select`].
//!
//! Invariant: an empty list means everyone; lists of different kinds must all match.

use domain::{AccountId, Environment, OperationId};
use serde::{Deserialize, Serialize};

use crate::{error::Problem, limits};

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The account.
    pub account: AccountId,
    /// Its registered name.
    pub account_name: String,
    /// Its environment.
    pub environment: Environment,
    /// The operation; its service is the part before the point.
    pub operation: OperationId,
}

impl Subject {
    /// From texts; `None` when one of them is malformed.
    #[must_use]
    pub fn parse(account: &str, name: &str, environment: &str, operation: &str) -> Option<Self> {
        Some(Self {
            account: AccountId::parse(account).ok()?,
            account_name: name.to_owned(),
            environment: environment_of(environment)?,
            operation: OperationId::parse(operation).ok()?,
        })
    }

    fn service(&self) -> &str {
        self.operation.as_str().split('.').next().unwrap_or_default()
    }
}

/// A selector; every list that is not empty must hold the subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Account names or 12-digit ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// `dev`, `staging`, `prod`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<String>,
    /// `ec2`, `rds`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// `ec2.stop_instances`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
}

impl Select {
    /// Whether the subject is meant.
    #[must_use]
    pub fn matches(&self, subject: &Subject) -> bool {
        let holds = |list: &[String], words: &[&str]| list.is_empty() || list.iter().any(|item| words.contains(&item.as_str()));
        holds(&self.accounts, &[subject.account.as_str(), &subject.account_name])
            && holds(&self.environments, &[subject.environment.as_str()])
            && holds(&self.services, &[subject.service()])
            && holds(&self.operations, &[subject.operation.as_str()])
    }

    /// Everything in it is written like what it names: a misspelt environment must not silently match nothing.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        for (field, list) in [
            ("accounts", &self.accounts),
            ("environments", &self.environments),
            ("services", &self.services),
            ("operations", &self.operations),
        ] {
            if list.len() > limits::MAX_LIST {
                return Err(Problem::TooLong(field));
            }
        }
        let bad = |item: &&String| Problem::Selector((*item).clone());
        let account = |t: &str| {
            AccountId::parse(t).is_ok()
                || (t.len() <= 39
                    && t.starts_with(|c: char| c.is_ascii_lowercase())
                    && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
        };
        if let Some(item) = self.accounts.iter().find(|t| !account(t)) {
            return Err(bad(&item));
        }
        if let Some(item) = self.environments.iter().find(|t| environment_of(t).is_none()) {
            return Err(bad(&item));
        }
        if let Some(item) = self.services.iter().find(|t| OperationId::parse(&format!("{t}.x")).is_err() || t.contains('.')) {
            return Err(bad(&item));
        }
        match self.operations.iter().find(|t| OperationId::parse(t).is_err()) {
            Some(item) => Err(bad(&item)),
            None => Ok(()),
        }
    }
}

fn environment_of(text: &str) -> Option<Environment> {
    [Environment::Dev, Environment::Staging, Environment::Prod].into_iter().find(|e| e.as_str() == text)
}
