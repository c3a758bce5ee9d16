//! The operations, one file each, named after their id.

mod ingress_rule;
mod instance;

pub(crate) mod autoscaling_set_capacity;
pub(crate) mod ec2_reboot_instances;
pub(crate) mod ec2_revoke_ingress;
pub(crate) mod ec2_start_instances;
pub(crate) mod ec2_stop_instances;
mod lambda_function;
pub(crate) mod lambda_rollback_alias;
pub(crate) mod lambda_set_concurrency;
pub(crate) mod rds_reboot_instance;
pub(crate) mod s3_block_public_access;
