//! From a request and observations to an immutable plan.
//!
//! Entry types: [`resolve_account`] (which account is meant), [`draft`] (the plan). Invariants: pure; nothing
//! is guessed: an account that is not named exactly, or an ARN of another account, is an error that says what
//! exists; targets are unique and sorted by ARN, so that equal requests make equal plans.
//!
//! ```
//! use planner::{AccountHint, resolve_account};
//! let none = resolve_account(&AccountHint::default(), &[]);
//! assert_eq!(none.unwrap_err().wire().name, "Plan.AccountMissing");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod account;
mod arn;
mod draft;

pub use account::{AccountHint, PlanError, resolve_account};
pub use arn::{Arn, ArnError};
pub use draft::{DraftInput, draft, regions_to_search};
