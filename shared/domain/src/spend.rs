//! What a model costs. Entry type: [`Spend`].
//!
//! Invariant: money is whole micro-USD (a millionth of a US dollar) and tokens are whole; nothing here rounds down.
//!
//! ```
//! use domain::Spend;
//! let both = Spend::new(100, 250).plus(Spend::new(20, 5));
//! assert_eq!(both, Spend::new(120, 255));
//! assert_eq!(both.usd(), "0.000255");
//! ```

use serde::{Deserialize, Serialize};

/// Tokens and their price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spend {
    /// Tokens, in and out.
    pub tokens: u64,
    /// Millionths of a US dollar.
    pub micro_usd: u64,
}

impl Spend {
    /// Nothing.
    pub const NONE: Self = Self { tokens: 0, micro_usd: 0 };

    /// Tokens and micro-USD.
    #[must_use]
    pub const fn new(tokens: u64, micro_usd: u64) -> Self {
        Self { tokens, micro_usd }
    }

    /// A limit as it is configured; a negative one allows nothing.
    #[must_use]
    pub fn limit(tokens: i64, micro_usd: i64) -> Self {
        Self { tokens: u64::try_from(tokens).unwrap_or(0), micro_usd: u64::try_from(micro_usd).unwrap_or(0) }
    }

    /// Both together (saturating).
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { tokens: self.tokens.saturating_add(other.tokens), micro_usd: self.micro_usd.saturating_add(other.micro_usd) }
    }

    /// What is left of this after the other, nothing below zero.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self { tokens: self.tokens.saturating_sub(other.tokens), micro_usd: self.micro_usd.saturating_sub(other.micro_usd) }
    }

    /// Whether both fit into a limit.
    #[must_use]
    pub const fn fits(self, limit: Self) -> bool {
        self.tokens <= limit.tokens && self.micro_usd <= limit.micro_usd
    }

    /// US dollars with six digits.
    #[must_use]
    pub fn usd(self) -> String {
        format!("{}.{:06}", self.micro_usd / 1_000_000, self.micro_usd % 1_000_000)
    }
}

/// Whose daily budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpendScope {
    /// One person's.
    Person(crate::PersonId),
    /// That of the account a conversation is about.
    Account(crate::AccountId),
    /// Everybody's together.
    Fleet,
}

impl std::fmt::Display for SpendScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person:{person}"),
            Self::Account(account) => write!(f, "account:{account}"),
            Self::Fleet => f.write_str("fleet"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate_and_differences_stop_at_nothing() {
        let most = Spend::new(u64::MAX, u64::MAX);
        assert_eq!(most.plus(Spend::new(1, 1)), most);
        assert_eq!(Spend::new(1, 2).less(Spend::new(5, 1)), Spend::new(0, 1));
        assert!(
            Spend::new(1, 2).fits(Spend::new(1, 2)) && !Spend::new(2, 2).fits(Spend::new(1, 2)) && !Spend::new(1, 3).fits(Spend::new(1, 2))
        );
    }

    #[test]
    fn dollars_have_six_digits() {
        assert_eq!(Spend::new(0, 1).usd(), "0.000001");
        assert_eq!(Spend::new(0, 12_345_678).usd(), "12.345678");
    }
}
