//! The words of the fleet as plain types: accounts, intents, operations, plans, approvals, verdicts.
//!
//! Entry types: [`Intent`] (what a person wants), [`Plan`] (exactly what would be done) and
//! [`Digest`] (the name under which a plan is approved, executed and audited).
//!
//! Invariant: this crate is pure. Nothing here reads a clock, randomness, the environment or the
//! network; instants and entropy are arguments.
//!
//! Glossary (the word we use, then the synonyms we rejected): incident (issue, problem), signal
//! (event, trigger), evidence (fact, proof), hypothesis (guess, theory), finding (violation), operation
//! (action, remediation), plan (change request, job), target (resource under change), approval
//! (sign-off), undo (rollback, revert), drift (mismatch), inventory (snapshot), coverage
//! (completeness), refusal (rejection by the system), rejection (a person's no).
//!
//! ```
//! use domain::{Environment, Risk};
//! assert!(Risk::R1 < Risk::R3);
//! assert_eq!(Environment::Prod.as_str(), "prod");
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod account;
pub mod approval;
pub mod canonical;
pub mod error;
pub mod grant;
pub mod ids;
pub mod intent;
pub mod operation;
pub mod person;
pub mod plan;
pub mod preview;
pub mod request;
pub mod scan;
pub mod spend;
pub mod talk;
pub mod text;
pub mod value;
pub mod verdict;
pub mod wire;

pub use account::{Account, AccountId, Autonomy, Environment};
pub use approval::{Approval, ApprovalChannel, ApprovalFactor, FactorKind};
pub use canonical::{CanonicalError, Digest, canonical_json, digest_of};
pub use error::WireError;
pub use grant::{Grant, RoleScope};
pub use ids::{EpochMs, PlanId, ScanId, SessionId};
pub use intent::{Clarify, Decision, Intent, OperateRequest, ParsedRequest};
pub use operation::{OperationId, OperationSpec, ParamKind, ParamSpec, Risk, UndoSpec};
pub use person::{PersonId, Role};
pub use plan::{Plan, PlanState, PlannedTarget, Undo};
pub use preview::{Preview, PreviewNote, TargetPreview};
pub use spend::{Spend, SpendScope};
pub use talk::Talk;
pub use text::{Lang, Text};
pub use value::{Facts, Params, Value};
pub use verdict::{Reason, Verdict};
