//! One file a service: permissions, calls, and the mapping from the SDK's types to the facts.

pub mod cloudwatch;
pub mod dynamodb;
pub mod ec2;
pub mod iam;
pub mod lambda;
pub mod rds;
pub mod s3;
pub mod vpc;
