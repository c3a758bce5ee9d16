//! Signed tokens (JWS, compact) of an identity provider.
//!
//! Entry types: [`KeySet`] (the provider's public keys, checked once), [`KeySet::verify`] with what is [`Expected`].
//!
//! Invariants: RS256, PS256 and ES256 and nothing else, whatever a token or a key says; the key decides the algorithm, never the
//! token; a token brings no key of its own; issuer, audience, use and time are all checked, and a claim that is missing is a
//! refusal. Keys that are weak, ambiguous, meant for something else or symmetric are never used. The HTTP API's authoriser
//! verifies the tokens of requests; this crate is for those that reach us by another way.
//!
//! ```
//! use token::KeySet;
//! let keys = KeySet::parse(br#"{"keys":[]}"#).unwrap();
//! assert!(keys.signed("eyJhbGciOiJub25lIn0.Zm9v.").is_err());
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod claims;
mod keys;
mod roca;
mod signature;

pub use claims::{Claims, Expected, TokenUse};
pub use keys::{Algorithm, KeySet, KeySetError};
pub use signature::{Refused, Signed};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16_384;
/// How far the provider's clock may differ, in seconds.
pub const LEEWAY_SECONDS: i64 = 30;
