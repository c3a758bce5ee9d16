//! The write side. Entry functions: [`execute`], [`undo`]; entry type: [`WriteClients`].
//!
//! Only the functions `execute-operation` and `undo-operation` may name this module. Invariants: the SDK never repeats a
//! write by itself (an ambiguous attempt is the caller's to judge); a target outside the scope is refused before
//! anything is sent.

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use domain::{Params, PlannedTarget};

use crate::{
    error::EffectError,
    observe::s3_config,
    operation::{Direction, Effect, Operation, Scope},
};

/// Clients of a session that may carry out one operation on the resources of its session policy.
#[derive(Debug, Clone)]
pub struct WriteClients {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) autoscaling: aws_sdk_autoscaling::Client,
}

impl WriteClients {
    /// From the configuration of a member's operate session.
    #[must_use]
    pub fn new(member: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(Duration::from_secs(25))
            .operation_timeout(Duration::from_secs(25))
            .build();
        let config = member.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build();
        Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3_config(&config)),
            rds: aws_sdk_rds::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            autoscaling: aws_sdk_autoscaling::Client::new(&config),
        }
    }
}

/// Makes the change on one planned target.
///
/// # Errors
/// As [`Operation::execute`].
pub async fn execute(
    operation: &dyn Operation,
    clients: &WriteClients,
    scope: &Scope,
    target: &PlannedTarget,
    params: &Params,
    token: &str,
) -> Result<Effect, EffectError> {
    guard(operation, scope, target, Direction::Forward)?;
    operation.execute(clients, scope, target, params, token).await
}

/// Takes the change on one planned target back.
///
/// # Errors
/// As [`Operation::undo`].
pub async fn undo(
    operation: &dyn Operation,
    clients: &WriteClients,
    scope: &Scope,
    target: &PlannedTarget,
    params: &Params,
    token: &str,
) -> Result<Effect, EffectError> {
    if operation.actions(Direction::Back).is_empty() {
        return Err(EffectError::no_undo(first(operation)));
    }
    guard(operation, scope, target, Direction::Back)?;
    operation.undo(clients, scope, target, params, token).await
}

fn first(operation: &dyn Operation) -> &'static str {
    operation.actions(Direction::Forward).first().copied().unwrap_or("none")
}

/// The plan's target must lie in the scope of the session, and its ARN must be that of its id.
fn guard(operation: &dyn Operation, scope: &Scope, target: &PlannedTarget, direction: Direction) -> Result<(), EffectError> {
    let action = operation.actions(direction).first().copied().unwrap_or_else(|| first(operation));
    let refuse = |message: String| EffectError::refused(action, "OutOfScope", message);
    operation.policy_resources(scope, target).map_err(|error| refuse(error.to_string()))?;
    match operation.shape().resolve(scope, &target.arn) {
        Ok(id) if id == target.id => Ok(()),
        _ => Err(refuse("the target's id and ARN do not belong together".to_owned())),
    }
}
