//! Root-cause analysis: evidence in, ranked and cited hypotheses out, or an honest "undetermined".
//!
//! Entry types: [`Evidence`] (what was observed) and [`Diagnosis`] (what follows from it), joined by [`diagnose`].
//!
//! Invariant: pure and deterministic. The answer depends on numbers, structure and kinds only, never on the
//! spelling of a name nor on the order of the input; a cause that no evidence supports is never named.
//!
//! ```
//! use rca::{Evidence, diagnose};
//! let nothing = Evidence::default();
//! assert!(diagnose(&nothing).answer().is_none());
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod analyze;
mod attribution;
pub mod burden;
pub mod change;
pub mod diagnosis;
pub mod evidence;
pub mod explain;
pub mod graph;
pub mod recording;
pub mod robust;
pub mod symptom;
pub mod table;

pub use analyze::{diagnose, diagnose_with};
pub use burden::Tuning;
pub use diagnosis::{Diagnosis, Hypothesis, Missing, Refuted, Rung};
pub use evidence::Evidence;
pub use explain::{cause_text, explain, explain_with, metric_text};
