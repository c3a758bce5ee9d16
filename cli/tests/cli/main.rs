//! The program as people run it, against recorded answers of the endpoint and of the identity provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs, unreachable_pub)]

mod audit_log;
mod chat;
mod decide;
mod lists;
mod login;
mod support;
