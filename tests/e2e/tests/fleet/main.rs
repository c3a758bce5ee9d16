//! End-to-end: the deployed templates, real people with real tokens, real Step Functions, IAM enforced.
//!
//! One binary, so that the SDKs are linked once. A test whose name begins with `alone_` runs while no other does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::wildcard_imports, clippy::print_stderr, missing_docs, unreachable_pub, reason = "tests")]

mod world;

mod audit_log;
mod carrier;
mod change;
mod cli;
mod cloudtrail;
mod decisions;
mod factors;
mod fanout;
mod faults;
mod forgery;
mod governance;
mod incidents;
mod input;
mod laws;
mod looks;
mod models;
mod operations;
mod privilege;
mod proxy;
mod redelivery;
mod resources;
mod restart;
mod scan;
mod secrets;
mod trail;
