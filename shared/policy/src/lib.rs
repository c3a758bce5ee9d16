//! The rules: who may have which plan carried out, when, and how many people must say yes first.
//!
//! Entry types: [`decide`] (and [`RuleSet::decide`]), the one place where a plan is allowed, held or denied; [`RuleSet::load`] for rules of
//! one's own. The rules themselves are Cedar, in `policies/`, readable from top to bottom; this crate gathers nothing and knows no
//! clock. It is asked for the preview, before approval, again right before execution and before an undo, each time with the roles,
//! stops and approvals of that moment.
//!
//! Invariants: pure (time is an argument); denial beats everything; an evaluation error, a fact that is missing, a set that cannot be
//! read is a denial with its reason; authors never count as approvers; tags of an account tighten and never widen.
//!
//! ```
//! let rules = policy::RuleSet::built_in().expect("the default rules are readable");
//! assert!(rules.version().starts_with("cedar."));
//! let typo = policy::Source { name: "mine.cedar", text: r#"
//!     @id("mine") @en("x") @zh("x")
//!     forbid (principal, action == Action::"execute", resource) when { resource.account.enviroment == "prod" };"# };
//! assert!(policy::RuleSet::load(&[typo]).is_err());
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod attributes;
mod decide;
mod entities;
mod explain;
mod facts;
mod flat;
mod rules;
mod simulate;
mod slices;
mod tighten;
mod words;

#[cfg(test)]
mod tests;

pub use decide::{Decision, WINDOW_CLOSED, decide};
pub use explain::{Explanation, Finding, explain};
pub use facts::{ApprovalFact, Calendar, Facts, Impact, Limits, MFA_MAX_AGE_SECONDS, PersonFact, Phase, Request, Stop};
pub use rules::{ALWAYS, DEFAULTS, RuleSet, RulesError, SCHEMA, Source};
pub use simulate::{Answer, Difference, Outcome, Situation, SituationError, Vote, Window, compare, simulate};
pub use tighten::{TIGHTENING_TAGS, Tightened};

/// The version of the default rules; a plan carries the one it was made under.
#[must_use]
pub fn version() -> &'static str {
    RuleSet::built_in().map_or("cedar.unreadable", RuleSet::version)
}
