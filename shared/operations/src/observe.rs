//! The read side. Entry function: [`observe`]; entry type: [`ReadClients`].
//!
//! Invariant: nothing reachable from here changes anything in an account. Reads are retried by the SDK and every call
//! has a time limit.

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use domain::{Params, text::inert};

use crate::{
    error::OperationError,
    operation::{Observed, Operation, Scope},
};

/// How many times one read is tried.
const READ_ATTEMPTS: u32 = 4;

/// Clients of a session that may only read.
#[derive(Debug, Clone)]
pub struct ReadClients {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) autoscaling: aws_sdk_autoscaling::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
}

impl ReadClients {
    /// From the configuration of a member's read session.
    #[must_use]
    pub fn new(member: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(Duration::from_secs(10))
            .operation_timeout(Duration::from_secs(40))
            .build();
        let config =
            member.to_builder().retry_config(RetryConfig::standard().with_max_attempts(READ_ATTEMPTS)).timeout_config(timeouts).build();
        Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3_config(&config)),
            rds: aws_sdk_rds::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            autoscaling: aws_sdk_autoscaling::Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
        }
    }
}

/// Buckets go by path where the endpoint is not AWS's own: its host name has no sub-domains.
pub(crate) fn s3_config(config: &SdkConfig) -> aws_sdk_s3::Config {
    aws_sdk_s3::config::Builder::from(config).force_path_style(config.endpoint_url().is_some()).build()
}

/// Reads the targets of an operation as they are now.
///
/// # Errors
/// As [`Operation::observe`]; also when the service answers with a resource of another account or leaves one out.
pub async fn observe(
    operation: &dyn Operation,
    clients: &ReadClients,
    scope: &Scope,
    targets: &[String],
    params: &Params,
) -> Result<Vec<Observed>, OperationError> {
    let observed = operation.observe(clients, scope, targets, params).await?;
    for target in targets {
        if !observed.iter().any(|o| o.id == *target) {
            return Err(OperationError::TargetNotFound { target: inert(target, 80) });
        }
    }
    for seen in &observed {
        operation.shape().resolve(scope, &seen.arn)?;
    }
    Ok(observed)
}
