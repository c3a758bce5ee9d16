//! The write side of the fleet: every change it can make to a member account, one file an operation.
//!
//! Entry: [`all`] is the one list; [`find`] looks an operation up. [`observe`] reads and proposes, [`effects`] writes.
//!
//! Invariants: an operation that is not in [`all`] has no effect anywhere; looking changes nothing; the SDK never repeats
//! a write; a session policy names actions and resources, never `*`; what could not be read is said, never left out.
//!
//! ```
//! assert_eq!(operations::all().len(), 9);
//! assert!(operations::find("ec2.stop_instances").is_some());
//! assert!(operations::find("ec2.terminate_instances").is_none());
//! assert!(operations::read_permissions().contains("ec2:DescribeInstances"));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod effects;
pub mod error;
mod note;
pub mod observe;
pub mod operation;
mod ops;
mod param;
pub mod permission;
pub mod session_policy;
pub mod target;
mod target_group;

pub use error::{EffectError, OperationError};
pub use operation::{Checked, Difference, Direction, Effect, Observed, Operation, Proposal, Refusal, Scope, Verification};
pub use permission::{IamStatement, read_permissions, read_statements, write_permissions, write_statements};
pub use session_policy::{Batch, SESSION_POLICY_MAX_CHARS, session_policy};

/// Every operation with effects. Adding one is one file under `ops/` and one line here.
static ALL: &[&dyn Operation] = &[
    &ops::ec2_start_instances::StartInstances,
    &ops::ec2_stop_instances::StopInstances,
    &ops::ec2_reboot_instances::RebootInstances,
    &ops::ec2_revoke_ingress::RevokeIngress,
    &ops::s3_block_public_access::BlockPublicAccess,
    &ops::rds_reboot_instance::RebootDatabase,
    &ops::lambda_rollback_alias::RollbackAlias,
    &ops::lambda_set_concurrency::SetConcurrency,
    &ops::autoscaling_set_capacity::SetCapacity,
];

/// Every operation with effects, in catalogue order.
#[must_use]
pub fn all() -> &'static [&'static dyn Operation] {
    ALL
}

/// The operation with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Operation> {
    ALL.iter().copied().find(|operation| operation.id() == id)
}
