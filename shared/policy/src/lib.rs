//! The rules: who may have which plan carried out, and how many people must say yes first.
//!
//! Entry type: [`decide`], the one place where a plan is allowed, held for approval or denied. It is called for
//! the preview, before approval, again right before execution and before an undo, each time with the roles,
//! stops and approvals of that moment.
//!
//! Invariants: pure (time is an argument); denial beats everything; authors never count as approvers; a
//! fact that is missing (no such person, no such account) denies.
//!
//! ```
//! use domain::{Environment, Risk};
//! let tier = policy::tier(Risk::R2, Environment::Prod);
//! assert_eq!((tier.approvals, tier.fresh_mfa, tier.window), (1, false, true));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod decide;
mod tier;

pub use decide::{ApprovalFact, Calendar, Limits, PersonFact, Phase, Request, Stop, counted_approvals, decide};
pub use tier::{Tier, tier, tier_for};

/// The version of these rules; a plan carries the one it was made under.
pub const POLICY_VERSION: &str = "tiers.v1";
