//! What the fleet has learnt about incidents, and how it finds it again.
//!
//! Entry types: [`Pattern`] (symptoms, cause, runbook, and what came of it), [`Confidence`] (a Beta posterior over verified
//! outcomes), [`Recall`] (text and vector together), [`VectorIndex`] (brute force), [`Embedder`] (the port; [`HashedNgrams`] works
//! with no model at all).
//!
//! Invariants: only the verified outcome of a change can raise a confidence, each once, in its own environment; repeating a report
//! or writing it better raises nothing. What people call wrong and what failed lowers it. Outcomes fade. A pattern that is
//! quarantined or deleted is never recalled. Every change is in the pattern's history.
//!
//! ```
//! use domain::{Environment, EpochMs, PersonId, PlanId};
//! use knowledge::{Outcome, Pattern, Provenance, Reported};
//! let now = EpochMs(1_767_625_200_000);
//! let alice = PersonId::parse("alice").unwrap();
//! let reported = Reported {
//!     symptoms: vec!["5xx on the load balancer after a deployment".into()],
//!     cause: "the new version cannot reach its database".into(),
//!     runbook: Some("elb-5xx-spike".into()),
//!     provenance: Provenance::Person { person: alice },
//! };
//! let pattern = Pattern::learn(reported, now).unwrap();
//! let before = pattern.confidence(Environment::Prod, now).mean;
//! let outcome = Outcome::Verified { plan: PlanId::generate(now, 1) };
//! let (pattern, _) = pattern.record(outcome, Environment::Prod, now).unwrap();
//! assert!(pattern.confidence(Environment::Prod, now).mean > before);
//! assert_eq!(pattern.confidence(Environment::Dev, now).mean, before);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod confidence;
mod embed;
mod pattern;
mod recall;
mod vectors;
mod words;

pub use confidence::{Confidence, FADE_DAYS};
pub use embed::{EmbedError, Embedder, HashedNgrams, Space};
pub use pattern::{Change, HistoryLine, Outcome, OutcomeRecord, Pattern, PatternError, Provenance, Reported, Status, limits};
pub use recall::{Hit, Recall};
pub use vectors::{Match, VectorError, VectorIndex};
pub use words::words;
