//! Which account is meant. Entry type: [`resolve_account`].
//!
//! Invariant: an exact name, an id, an ARN's account, the session's account, or a word for an environment that
//! exactly one account has; everything else is an error that lists what exists. Two sources that disagree are an error.

use domain::{Account, Environment, Text, WireError, text::inert};

use crate::arn::{Arn, ArnError};

/// What the request says about the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountHint {
    /// As written in the text.
    pub written: Option<String>,
    /// Selected in the session, by name.
    pub session: Option<String>,
    /// Targets as written; ARNs among them name an account.
    pub targets: Vec<String>,
}

/// A request cannot become a plan. Refusals, not faults: nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No account is named anywhere.
    #[error("no account is named")]
    AccountMissing {
        /// Names that exist.
        known: Vec<String>,
    },
    /// The name is not in the registry.
    #[error("`{written}` is not a registered account")]
    AccountUnknown {
        /// As written, defanged.
        written: String,
        /// Names that exist.
        known: Vec<String>,
    },
    /// A word for an environment that several accounts share.
    #[error("`{written}` can mean several accounts")]
    AccountAmbiguous {
        /// As written.
        written: String,
        /// Names it can mean.
        candidates: Vec<String>,
    },
    /// The text, the targets and the session name different accounts.
    #[error("the request names `{one}` and `{other}`")]
    AccountsDisagree {
        /// One of them.
        one: String,
        /// Another one.
        other: String,
    },
    /// A target claims to be an ARN and is none.
    #[error(transparent)]
    BadArn(#[from] ArnError),
    /// No target.
    #[error("no target is named")]
    TargetMissing,
    /// The region is not one of the account's.
    #[error("`{region}` is not a region of `{account}`")]
    RegionUnknown {
        /// As written, defanged.
        region: String,
        /// The account's name.
        account: String,
        /// Its regions.
        known: Vec<String>,
    },
}

impl PlanError {
    /// The error as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        match self {
            Self::AccountMissing { known } => WireError::new(
                "Plan.AccountMissing",
                Text::new(
                    format!("Which account? Say it in the request or select one with `use account <name>`. Known: {}.", known.join(", ")),
                    format!("哪个账户？请在请求中说明，或用 `use account <名称>` 选择。已登记：{}。", known.join("、")),
                ),
            ),
            Self::AccountUnknown { written, known } => WireError::new(
                "Plan.AccountNotFound",
                Text::new(
                    format!("`{written}` is not a registered account. Known: {}.", known.join(", ")),
                    format!("`{written}` 不是已登记的账户。已登记：{}。", known.join("、")),
                ),
            ),
            Self::AccountAmbiguous { written, candidates } => WireError::new(
                "Plan.AccountAmbiguous",
                Text::new(
                    format!("`{written}` can mean {}. Which one?", candidates.join(", ")),
                    format!("`{written}` 可能指 {}，请指明是哪一个。", candidates.join("、")),
                ),
            ),
            Self::AccountsDisagree { one, other } => WireError::new(
                "Plan.AccountConflict",
                Text::new(
                    format!("The request names account `{one}` and also `{other}`. Nothing was planned; say which one."),
                    format!("请求同时涉及账户 `{one}` 和 `{other}`。没有制定任何计划，请指明是哪一个。"),
                ),
            ),
            Self::BadArn(ArnError(text)) => {
                WireError::new("Plan.ArnMalformed", Text::new(format!("`{text}` is not an ARN."), format!("`{text}` 不是有效的 ARN。")))
            }
            Self::TargetMissing => {
                WireError::new("Plan.TargetMissing", Text::new("Which resource? Name at least one id.", "是哪个资源？请至少给出一个 ID。"))
            }
            Self::RegionUnknown { region, account, known } => WireError::new(
                "Plan.RegionNotFound",
                Text::new(
                    format!("`{region}` is not a region of account `{account}` ({}).", known.join(", ")),
                    format!("`{region}` 不是账户 `{account}` 的区域（{}）。", known.join("、")),
                ),
            ),
        }
    }
}

fn environment_word(word: &str) -> Option<Environment> {
    Some(match word.to_lowercase().as_str() {
        "dev" | "development" | "开发" | "开发环境" => Environment::Dev,
        "staging" | "stage" | "预发" | "预发布" | "预生产" | "测试环境" => Environment::Staging,
        "prod" | "production" | "生产" | "生产环境" | "线上" => Environment::Prod,
        _ => return None,
    })
}

fn by_word<'a>(written: &str, accounts: &'a [Account]) -> Result<&'a Account, PlanError> {
    let word = written.trim();
    if let Some(account) = accounts.iter().find(|a| a.id.as_str() == word || a.name == word.to_ascii_lowercase()) {
        return Ok(account);
    }
    let names = |list: &[&Account]| list.iter().map(|a| a.name.clone()).collect::<Vec<_>>();
    if let Some(environment) = environment_word(word) {
        let hits: Vec<&Account> = accounts.iter().filter(|a| a.environment == environment).collect();
        match hits.as_slice() {
            [one] => return Ok(one),
            [] => {}
            several => return Err(PlanError::AccountAmbiguous { written: inert(word, 40), candidates: names(several) }),
        }
    }
    Err(PlanError::AccountUnknown { written: inert(word, 40), known: names(&accounts.iter().collect::<Vec<_>>()) })
}

/// Finds the one account that a request means.
///
/// # Errors
/// [`PlanError`] when none, several or different accounts are meant.
pub fn resolve_account<'a>(hint: &AccountHint, accounts: &'a [Account]) -> Result<&'a Account, PlanError> {
    let mut from_arns: Option<&Account> = None;
    for target in hint.targets.iter().filter(|t| Arn::looks_like(t)) {
        let arn = Arn::parse(target)?;
        if arn.account.is_empty() {
            continue;
        }
        let account = by_word(&arn.account, accounts)?;
        match from_arns {
            Some(other) if other.id != account.id => {
                return Err(PlanError::AccountsDisagree { one: other.name.clone(), other: account.name.clone() });
            }
            _ => from_arns = Some(account),
        }
    }
    let written = hint.written.as_deref().map(|w| by_word(w, accounts)).transpose()?;
    let session = hint.session.as_deref().map(|w| by_word(w, accounts)).transpose()?;
    // The text may override the session; an ARN may not silently override either.
    let named = written.or(session);
    match (from_arns, named) {
        (Some(arn), Some(other)) if arn.id != other.id => {
            Err(PlanError::AccountsDisagree { one: arn.name.clone(), other: other.name.clone() })
        }
        (Some(account), _) | (None, Some(account)) => Ok(account),
        (None, None) => Err(PlanError::AccountMissing { known: accounts.iter().map(|a| a.name.clone()).collect() }),
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Autonomy};

    use super::*;

    fn accounts() -> Vec<Account> {
        [
            ("222222222222", "dev", Environment::Dev),
            ("444444444444", "prod", Environment::Prod),
            ("555555555555", "prod-eu", Environment::Prod),
        ]
        .into_iter()
        .map(|(id, name, environment)| Account {
            id: AccountId::parse(id).unwrap(),
            name: name.into(),
            environment,
            owner: "t".into(),
            regions: vec!["us-east-1".into()],
            tags: Default::default(),
            autonomy: Autonomy::Tiered,
        })
        .collect()
    }

    fn hint(written: Option<&str>, session: Option<&str>, targets: &[&str]) -> AccountHint {
        AccountHint {
            written: written.map(Into::into),
            session: session.map(Into::into),
            targets: targets.iter().map(|t| (*t).to_owned()).collect(),
        }
    }

    #[test]
    fn exact_names_ids_and_unique_environment_words_resolve() {
        let list = accounts();
        for (word, name) in [("dev", "dev"), ("PROD", "prod"), ("444444444444", "prod"), ("开发", "dev")] {
            assert_eq!(resolve_account(&hint(Some(word), None, &[]), &list).unwrap().name, name, "{word}");
        }
        assert!(matches!(resolve_account(&hint(Some("生产"), None, &[]), &list), Err(PlanError::AccountAmbiguous { .. })));
    }

    #[test]
    fn unknown_and_lookalike_names_are_refused() {
        for bad in ["prоd", "prod1", "prd", "dev \u{200B}", "4444444444444", ""] {
            assert!(
                matches!(resolve_account(&hint(Some(bad), Some("dev"), &[]), &accounts()), Err(PlanError::AccountUnknown { .. })),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn the_text_overrides_the_session_but_an_arn_of_another_account_is_a_conflict() {
        let list = accounts();
        assert_eq!(resolve_account(&hint(Some("prod"), Some("dev"), &[]), &list).unwrap().name, "prod");
        let arn = "arn:aws:ec2:us-east-1:444444444444:instance/i-1";
        assert!(matches!(resolve_account(&hint(None, Some("dev"), &[arn]), &list), Err(PlanError::AccountsDisagree { .. })));
        assert_eq!(resolve_account(&hint(None, None, &[arn]), &list).unwrap().name, "prod");
    }
}
