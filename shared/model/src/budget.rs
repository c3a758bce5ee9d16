//! What a call may cost and what it cost. Entry types: [`Prices`], [`Limits`], [`reservation`], [`room`].
//!
//! Invariant: integers only, always rounded up; a reservation is never smaller than what the call can cost, and a model
//! without a price is not asked. Reserve before, settle after: what is not settled stays spent.
//!
//! ```
//! use domain::Spend;
//! use model::{Prices, reservation};
//! let price = Prices::built_in().of("us.anthropic.claude-haiku-4-5-20251001-v1:0").unwrap();
//! // 1 micro-USD a token in, 5 a token out.
//! assert_eq!(price.cost(100, 20), Spend::new(120, 200));
//! assert!(Spend::new(120, 200).fits(reservation(price, 100, 20).spend));
//! ```

use std::collections::BTreeMap;

use domain::Spend;
use serde::Deserialize;

/// Tokens that the service adds to a request with one tool: its own instructions (346 for Claude by the model's
/// documentation, as of November 2026) and framing, generously.
const OVERHEAD_TOKENS: u64 = 1024;

/// Price of one model, in micro-USD for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

impl Price {
    /// What tokens cost, rounded up.
    #[must_use]
    pub fn cost(self, input_tokens: u64, output_tokens: u64) -> Spend {
        let million = 1_000_000_u128;
        let exact = u128::from(input_tokens) * u128::from(self.input) + u128::from(output_tokens) * u128::from(self.output);
        Spend::new(input_tokens.saturating_add(output_tokens), u64::try_from(exact.div_ceil(million)).unwrap_or(u64::MAX))
    }
}

/// A table of prices with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Always `USD`.
    pub currency: String,
    /// The region they hold for.
    pub region: String,
    /// Year and month.
    pub as_of: String,
    /// Where they come from.
    pub source: String,
    #[serde(rename = "micro_usd_per_million_tokens")]
    models: BTreeMap<String, Price>,
}

/// The table of prices is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table of model prices cannot be read: {0}")]
pub struct PriceError(String);

impl Prices {
    /// Reads a table in the form of `prices.json`.
    ///
    /// # Errors
    /// [`PriceError`] for another form, another currency or an empty table.
    pub fn read(json: &str) -> Result<Self, PriceError> {
        let prices: Self = serde_json::from_str(json).map_err(|e| PriceError(e.to_string()))?;
        if prices.currency != "USD" {
            return Err(PriceError(format!("currency `{}`", prices.currency)));
        }
        if prices.models.is_empty() {
            return Err(PriceError("no model is listed".to_owned()));
        }
        Ok(prices)
    }

    /// The table this version was built with.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(include_str!("../prices.json")).unwrap_or_else(|_| Self {
            currency: "USD".into(),
            region: String::new(),
            as_of: String::new(),
            source: String::new(),
            models: BTreeMap::new(),
        })
    }

    /// The price of a model by its id, with or without the prefix of an inference profile (`us.`, `eu.`, `global.`) and the version behind
    /// it. The longest name that fits counts. An ARN is priced by what stands behind its last `/`.
    #[must_use]
    pub fn of(&self, model_id: &str) -> Option<Price> {
        let name = model_id.rsplit('/').next().unwrap_or(model_id);
        let bare = name
            .split_once('.')
            .filter(|(head, _)| matches!(*head, "us" | "eu" | "apac" | "jp" | "au" | "global" | "us-gov"))
            .map_or(name, |(_, rest)| rest);
        let fits = |known: &&String| bare.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':']));
        let longest = self.models.keys().filter(fits).max_by_key(|known| known.len())?;
        self.models.get(longest).copied()
    }
}

/// Most a day, for one person, one account and everybody together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One person.
    pub person: Spend,
    /// One account.
    pub account: Spend,
    /// The fleet.
    pub fleet: Spend,
}

/// What is set aside for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// Tokens and money.
    pub spend: Spend,
}

/// The most a call can cost: every byte of the request may be a token, and the answer may be as long as allowed.
#[must_use]
pub fn reservation(price: Price, request_bytes: usize, max_output_tokens: u32) -> Reserved {
    let input = u64::try_from(request_bytes).unwrap_or(u64::MAX).saturating_add(OVERHEAD_TOKENS);
    Reserved { spend: price.cost(input, u64::from(max_output_tokens)) }
}

/// What may be spent already so that a reservation still fits under a limit; `None` where it never fits.
#[must_use]
pub fn room(limit: Spend, wanted: Spend) -> Option<Spend> {
    wanted.fits(limit).then(|| limit.less(wanted))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn models_are_priced_with_and_without_profile_and_version_and_strangers_are_not() {
        let prices = Prices::built_in();
        let haiku = Price { input: 1_000_000, output: 5_000_000 };
        for id in [
            "anthropic.claude-haiku-4-5",
            "anthropic.claude-haiku-4-5-20251001-v1:0",
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "arn:aws:bedrock:us-east-1:111111111111:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
        ] {
            assert_eq!(prices.of(id), Some(haiku), "{id}");
        }
        for id in ["anthropic.claude-haiku-4-55", "anthropic.claude-opus-9", "", "us.", "evil/anthropic.claude"] {
            assert_eq!(prices.of(id), None, "{id}");
        }
    }

    #[test]
    fn a_table_of_another_form_or_currency_is_refused() {
        let table = |currency: &str, models: &str| {
            format!(r#"{{"currency":"{currency}","region":"r","as_of":"2026-11","source":"s","micro_usd_per_million_tokens":{models}}}"#)
        };
        assert!(Prices::read(&table("USD", r#"{"m":{"input":1,"output":2}}"#)).is_ok());
        for bad in [
            table("CNY", r#"{"m":{"input":1,"output":2}}"#),
            table("USD", "{}"),
            table("USD", r#"{"m":{"input":0.5,"output":2}}"#),
            "{}".into(),
        ] {
            assert!(Prices::read(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_call_never_costs_more_than_was_set_aside(
            input in 0_u64..2_000_000_000, output in 0_u64..2_000_000_000, bytes in 0_usize..100_000, most in 0_u32..10_000,
            tokens_in in 0_u64..100_000, tokens_out in 0_u64..10_000
        ) {
            let price = Price { input, output };
            let (tokens_in, tokens_out) = (tokens_in.min(bytes as u64 + 1024), tokens_out.min(u64::from(most)));
            prop_assert!(price.cost(tokens_in, tokens_out).fits(reservation(price, bytes, most).spend));
        }

        #[test]
        fn what_fits_into_the_room_fits_under_the_limit(
            limit in (0_u64..1000, 0_u64..1000), wanted in (0_u64..1000, 0_u64..1000), used in (0_u64..1000, 0_u64..1000)
        ) {
            let spend = |(tokens, micro)| Spend::new(tokens, micro);
            let (limit, wanted, used) = (spend(limit), spend(wanted), spend(used));
            let fits = room(limit, wanted).is_some_and(|room| used.fits(room));
            prop_assert_eq!(fits, used.plus(wanted).fits(limit));
        }

        #[test]
        fn costs_are_rounded_up(tokens in 1_u64..1_000_000, input in 1_u64..1000) {
            let cost = Price { input, output: 0 }.cost(tokens, 0);
            prop_assert!(cost.micro_usd >= 1);
        }
    }
}
