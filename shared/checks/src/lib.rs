//! What the scanners look for: collected facts in, findings and honest unknowns out.
//!
//! Entry: [`registry::all`] is the list of checks; each service module has its facts and a `judge` over them. A check is a pure
//! function over facts; whatever could not be read is a [`Gap`] in the facts and an [`Unknown`] in the answer.
//!
//! Invariants: pure (time is in [`Place`]); an unknown is never a pass; every check's id is `<service>_<resource>_<condition>`
//! and never changes meaning; secrets are named, never quoted.
//!
//! ```
//! let check = checks::registry::find("ec2_instance_imdsv2_not_required").unwrap();
//! assert_eq!(check.operation, Some("ec2.require_imdsv2"));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod check;
pub mod coverage;
pub mod difference;
pub mod document;
pub mod escalation;
pub mod exception;
pub mod finding;
pub mod gap;
pub mod place;
pub mod registry;
pub mod resource;
pub mod secret;
pub mod series;
pub mod tell;

pub mod cloudwatch;
pub mod dynamodb;
pub mod ec2;
pub mod iam;
pub mod lambda;
pub mod rds;
pub mod s3;
pub mod vpc;

pub use check::{Category, Check, Confidence, Evidence, Judgement, Meta, Severity, Verdict};
pub use coverage::{Cell, Coverage};
pub use difference::Difference;
pub use exception::Exception;
pub use finding::{Finding, Unknown};
pub use gap::{Gap, GapKind, Seen};
pub use place::Place;
pub use registry::{Judged, judge};
pub use resource::Resource;
pub use series::Series;
pub use tell::Summary;
