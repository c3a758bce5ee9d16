//! record-scan: takes what accounts answered, where they were asked. It enters no account.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use handler::Handler;
use ledger::{Ledger, Tables};
use scans::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let ledger =
        Ledger::new(aws_sdk_dynamodb::Client::new(&aws), Tables::new(config.text("LEDGER_TABLE")?, ""), config.text("AWS_REGION")?);
    let handler = Handler { ledger, store: Store::new(aws_sdk_s3::Client::new(&aws), config.text("SCAN_BUCKET")?) };
    lambda_shell::run_json(|event, _| handler.handle(event, lambda_shell::now())).await
}
