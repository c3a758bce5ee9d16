//! Classifies raw AWS events: which are signals of trouble, about what, how grave, since when.
//!
//! Entry: [`read`] (bytes as they arrived) and [`classify`] (JSON). One event can carry several signals: an SNS
//! delivery several alarms, a Security Hub event several findings.
//!
//! Invariant: hostile input is safe (bounded size, depth and count; no panic; texts are defanged) and nothing is
//! dropped in silence: what is no signal comes back as [`Reading::Unsupported`] with its kind.
//!
//! ```
//! use signals::{Reading, read};
//! let event = br#"{"source":"aws.s3","detail-type":"Object Created","detail":{}}"#;
//! assert_eq!(read(event).unwrap(), [Reading::Unsupported { kind: "aws.s3/Object Created".into() }]);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod cloudwatch;
mod compute;
mod envelope;
pub mod field;
mod health;
mod security;
mod signal;

pub use envelope::{MAX_BYTES, MAX_READINGS, MAX_WRAPPINGS, Malformed, classify, read};
pub use signal::{Family, Origin, Reading, Severity, Signal, State};
