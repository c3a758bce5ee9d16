//! One set of features for everything the AWS SDK crates are built on. There is no code here.
//!
//! Entry: every crate that depends on an `aws-sdk-*` crate also depends on this one. Invariant: the
//! features of the SDKs' common dependencies do not change with the package that is built, so that
//! one target directory holds each SDK once.
