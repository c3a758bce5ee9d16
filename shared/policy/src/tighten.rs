//! What an account's tags make stricter. Entry type: [`Tightened`].
//!
//! Invariant: a tag never makes a rule looser: of what is registered and what the tag says, the stricter counts, and a tag whose value
//! is unknown stops every change until somebody corrects it.

use domain::{Account, Autonomy, Environment};

/// The tags that are read, each of which can only tighten.
pub const TIGHTENING_TAGS: [&str; 4] = ["aiops:autonomy", "aiops:environment", "aiops:min-approvals", "aiops:freeze"];
/// The most approvals that a tag can demand.
const MAX_MIN_APPROVALS: u32 = 5;

/// An account as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tightened {
    /// The more important of registered and tagged.
    pub environment: Environment,
    /// The lesser of registered and tagged.
    pub autonomy: Autonomy,
    /// Approvals demanded for every change.
    pub min_approvals: u32,
    /// Whether a tag freezes the account.
    pub frozen: bool,
    /// The first tag that says something unknown.
    pub unreadable: Option<String>,
}

impl Tightened {
    /// Reads the tags of an account.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let mut out =
            Self { environment: account.environment, autonomy: account.autonomy, min_approvals: 0, frozen: false, unreadable: None };
        if account.tags.is_empty() {
            return out;
        }
        let mut unreadable = Vec::new();
        for tag in TIGHTENING_TAGS {
            let Some(value) = account.tags.get(tag) else { continue };
            if !out.apply(tag, value) {
                unreadable.push(domain::text::defang(&format!("{tag}={value}"), 80));
            }
        }
        out.unreadable = unreadable.into_iter().next();
        out
    }

    fn apply(&mut self, tag: &str, value: &str) -> bool {
        match (tag, value) {
            ("aiops:autonomy", "shadow") => self.autonomy = Autonomy::Shadow,
            ("aiops:autonomy", "approval") => self.autonomy = self.autonomy.min(Autonomy::Approval),
            ("aiops:autonomy", "tiered") => self.autonomy = self.autonomy.min(Autonomy::Tiered),
            ("aiops:autonomy", "full") | ("aiops:environment", "dev") | ("aiops:freeze", "false") => {}
            ("aiops:environment", "staging") => self.environment = self.environment.max(Environment::Staging),
            ("aiops:environment", "prod") => self.environment = Environment::Prod,
            ("aiops:freeze", "true") => self.frozen = true,
            ("aiops:min-approvals", number) => match number.parse::<u32>() {
                Ok(n) if n <= MAX_MIN_APPROVALS => self.min_approvals = n,
                _ => return false,
            },
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::AccountId;
    use proptest::prelude::*;

    use super::*;

    fn account(environment: Environment, autonomy: Autonomy, tags: &[(&str, &str)]) -> Account {
        Account {
            id: AccountId::parse("222222222222").unwrap(),
            name: "acct".into(),
            environment,
            owner: "team".into(),
            regions: vec!["us-east-1".into()],
            tags: tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            autonomy,
        }
    }

    #[test]
    fn tags_tighten() {
        let tags = [("aiops:autonomy", "approval"), ("aiops:environment", "prod"), ("aiops:min-approvals", "2"), ("aiops:freeze", "true")];
        let seen = Tightened::of(&account(Environment::Dev, Autonomy::Full, &tags));
        assert_eq!((seen.environment, seen.autonomy, seen.min_approvals, seen.frozen), (Environment::Prod, Autonomy::Approval, 2, true));
        assert_eq!(seen.unreadable, None);
    }

    #[test]
    fn what_a_tag_says_and_nobody_knows_is_named() {
        for (tag, value) in [("aiops:autonomy", "Full"), ("aiops:freeze", "yes"), ("aiops:min-approvals", "-1"), ("aiops:environment", "")]
        {
            let seen = Tightened::of(&account(Environment::Dev, Autonomy::Full, &[(tag, value)]));
            assert!(seen.unreadable.unwrap().starts_with(tag));
        }
    }

    proptest! {
        #[test]
        fn no_tags_ever_widen(
            environment in prop_oneof![Just(Environment::Dev), Just(Environment::Staging), Just(Environment::Prod)],
            autonomy in prop_oneof![Just(Autonomy::Shadow), Just(Autonomy::Approval), Just(Autonomy::Tiered), Just(Autonomy::Full)],
            tags in proptest::collection::btree_map(
                proptest::sample::select(TIGHTENING_TAGS.to_vec()).prop_map(str::to_owned),
                prop_oneof!["[a-z0-9]{0,8}", Just("full".to_owned()), Just("dev".to_owned()), Just("false".to_owned()), Just("0".to_owned())],
                0..4,
            ),
        ) {
            let tags: BTreeMap<String, String> = tags;
            let mut account = account(environment, autonomy, &[]);
            account.tags = tags;
            let seen = Tightened::of(&account);
            prop_assert!(seen.environment >= environment && seen.autonomy <= autonomy);
        }
    }
}
