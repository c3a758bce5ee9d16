//! request-scan: asks accounts to look at themselves. It may put events on the members' buses and nothing else there.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use accounts::{MemberAccess, Roles};
use handler::Handler;
use ledger::{Ledger, Tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let region = config.text("AWS_REGION")?;
    let ledger = Ledger::new(aws_sdk_dynamodb::Client::new(&aws), Tables::new(config.text("LEDGER_TABLE")?, ""), region.clone());
    // The role that it enters reads nothing: it puts events on the account's bus.
    let roles = Roles { read: config.text("REQUEST_ROLE_NAME")?, operate: String::new(), external_id: config.text("EXTERNAL_ID")? };
    let handler = Handler { ledger, access: MemberAccess::new(&aws, roles), bus: config.text("EVENT_BUS")?, region };
    lambda_shell::run_json(|input, _| handler.handle(input, lambda_shell::now())).await
}
