//! What an AWS principal may do.
//!
//! Entry types: [`Policy`] (a document), [`Principal`] (identity policies, boundary, session policies) with
//! [`Principal::decide`], [`template::roles`] (the roles of a CloudFormation template), [`escalation::Fleet`] (which
//! known ways to more rights a set of roles leaves open).
//!
//! Invariants: an explicit denial goes before everything; what is not allowed is denied; a form that is not understood
//! is an error, never an empty policy. Where the value of a condition's key is not known, [`Doubt`] says in whose favour
//! it counts, so that one evaluator answers both "can this be relied on?" and "could somebody abuse it?".
//!
//! Source of the rules: the IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements".
//!
//! ```
//! use iam::{Context, Decision, Doubt, Policy, Principal};
//! let allow = Policy::parse(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#).unwrap();
//! let deny = Policy::parse(r#"{"Statement":[{"Effect":"Deny","NotAction":"s3:GetObject","Resource":"*"}]}"#).unwrap();
//! let role = Principal { identity: vec![allow, deny], ..Principal::default() };
//! let decide = |action| role.decide(action, "arn:aws:s3:::b/k", &Context::default(), Doubt::Denies);
//! assert_eq!(decide("s3:GetObject"), Decision::Allowed);
//! assert_eq!(decide("s3:GetBucketAcl"), Decision::ExplicitlyDenied);
//! assert_eq!(decide("s3:PutObject"), Decision::ExplicitlyDenied);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod condition;
mod document;
pub mod escalation;
mod evaluate;
pub mod template;
mod wildcard;
pub mod yaml;

pub use condition::Context;
pub use document::{Effect, Matching, Policy, PolicyError, Principals, Statement};
pub use evaluate::{Decision, Doubt, Principal};
pub use wildcard::matches;
