//! Fresh second factors for decisions that need one.
//!
//! Entry types: [`Guard`] (what is remembered of a person: the last step used, wrong codes, locks), [`Proof`] (what an accepted
//! factor is worth: one plan digest, one person, five minutes, once).
//!
//! Invariants: a code is accepted once, and none before it afterwards (RFC 6238, 5.2); guessing is throttled before it is
//! checked; a sign-in that served for one plan serves for no other; whatever cannot be checked is refused with its reason.
//! Time and entropy are arguments. The caller stores the [`Guard`] conditionally on the one it read, and before it uses the proof:
//! two requests with one code then cannot both succeed.
//!
//! ```
//! use domain::{Digest, EpochMs, PersonId};
//! use stepup::{Factor, Guard, Secret};
//! let secret = Secret::from_entropy([7; 20]);
//! let now = EpochMs(1_767_625_200_000);
//! let code = secret.code_at(now);
//! let (guard, outcome) = Guard::default().try_code(&secret, &code, now);
//! let factor = outcome.unwrap();
//! // The same code again is a replay.
//! assert!(guard.try_code(&secret, &code, now).1.is_err());
//! let (digest, alice) = (Digest::of_bytes(b"plan"), PersonId::parse("alice").unwrap());
//! let proof = factor.prove(digest.clone(), alice.clone(), now);
//! assert!(proof.check(&digest, &alice, now.plus_seconds(299)).is_ok());
//! assert!(proof.check(&digest, &alice, now.plus_seconds(300)).is_err());
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod guard;
mod proof;
mod secret;
mod signin;

pub use guard::{Guard, Refusal};
pub use proof::{Factor, Proof, ProofRefusal};
pub use secret::Secret;
pub use signin::{SignIn, methods};

/// Seconds that one TOTP code is shown (RFC 6238, 5.2).
pub const STEP_SECONDS: i64 = 30;
/// Digits of a code.
pub const DIGITS: u8 = 6;
/// Steps before and after the present one that are accepted, for clocks that differ.
pub const SKEW_STEPS: i64 = 1;
/// How long a proof is good, and how old a sign-in may be, in seconds.
pub const FRESH_SECONDS: i64 = 300;
/// Wrong codes within [`WINDOW_SECONDS`] until a lock.
pub const MAX_WRONG: u32 = 5;
/// The time over which wrong codes are counted, in seconds.
pub const WINDOW_SECONDS: i64 = 900;
/// The first lock, in seconds; each further one without a success between is twice as long, up to [`MAX_LOCK_SECONDS`].
pub const LOCK_SECONDS: i64 = 900;
/// The longest lock, in seconds: a day.
pub const MAX_LOCK_SECONDS: i64 = 86_400;
