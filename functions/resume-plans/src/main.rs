//! resume-plans: the sweep. Finds plans whose workflow is lost, starts it again for the same plan and digest, and reports what stands still.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use handler::Handler;
use ledger::{Ledger, Tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let tables = Tables::new(config.text("LEDGER_TABLE")?, config.text("AUDIT_TABLE")?);
    let handler = Handler {
        ledger: Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?),
        workflows: aws_sdk_sfn::Client::new(&aws),
        change_machine: config.text("CHANGE_STATE_MACHINE_ARN")?,
    };
    lambda_shell::run_json(|_event: serde_json::Value, _| handler.sweep(lambda_shell::now())).await
}
