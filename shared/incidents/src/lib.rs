//! Incidents: signals folded into one, what to read about it, who changed what, what would fix it, and what it teaches.
//!
//! Entry types: [`Incident`] with [`fold()`], [`Resource`] with its metrics, [`trail::TrailChange`], [`Remedy`], [`lesson::Recalled`].
//!
//! Invariant: pure. No signal is lost: each opens an incident, is folded into one, or is named as what it is otherwise
//! (a duplicate, a notice); what people are not told of stays visible.
//!
//! ```
//! use incidents::Resource;
//! let function = Resource::of_alarm("AWS/Lambda", &[("FunctionName".into(), "orders".into())]).unwrap();
//! assert_eq!(function.node(), "lambda:orders");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod fold;
pub mod incident;
pub mod lesson;
pub mod logs;
pub mod permissions;
pub mod remedy;
pub mod report;
pub mod resource;
pub mod trail;

pub use fold::{Announce, Context, Maintenance, Step, fold};
pub use incident::{Incident, SeverityLevel, Status};
pub use remedy::{Remedy, remedy};
pub use resource::{Ask, Resource, Service};
