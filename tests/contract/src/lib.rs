//! What the repository says in several places, read in one: templates, state machines, permissions, events.
//!
//! Entry types: [`Repository`] (files and names), [`Template`] (a CloudFormation template with its intrinsics),
//! [`Machine`] (a state machine), [`FunctionPolicy`] (what a hub function may do) and [`permissions`] (what an
//! operation may do in a member). Invariant: everything derived from something else is written by `bless` and
//! nobody else; the tests compare and change nothing.
//!
//! ```
//! let template = contract::Template::parse("Resources: {Topic: {Type: 'AWS::SNS::Topic'}}").unwrap();
//! assert_eq!(template.resources_of("AWS::SNS::Topic"), ["Topic"]);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod actions;
pub mod bless;
pub mod blocks;
pub mod machine;
pub mod permissions;
pub mod policy;
pub mod repository;
pub mod source;
pub mod template;

pub use actions::KnownActions;
pub use iam::yaml;
pub use machine::Machine;
pub use policy::FunctionPolicy;
pub use repository::Repository;
pub use template::Template;
