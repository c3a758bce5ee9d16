//! verify-outcome: looks whether the post-conditions hold. It reads; it cannot change anything in a member account.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;
mod lesson;

use accounts::{MemberAccess, Roles};
use handler::Handler;
use ledger::{Ledger, Tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let tables = Tables::new(config.text("LEDGER_TABLE")?, config.text("AUDIT_TABLE")?);
    let ledger = Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?);
    let roles = Roles { read: config.text("READ_ROLE_NAME")?, operate: String::new(), external_id: config.text("EXTERNAL_ID")? };
    let handler = Handler { ledger, access: MemberAccess::new(&aws, roles) };
    lambda_shell::run_json(|input, _| handler.handle(input, lambda_shell::now())).await
}
