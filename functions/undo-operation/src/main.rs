//! undo-operation: restores what a plan declared to restore, and checks that it did.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use accounts::{MemberAccess, Roles};
use handler::Handler;
use judge::Judge;
use ledger::{Ledger, Tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let tables = Tables::new(config.text("LEDGER_TABLE")?, config.text("AUDIT_TABLE")?);
    let ledger = Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?);
    let roles = Roles {
        read: config.text("READ_ROLE_NAME")?,
        operate: config.text("OPERATE_ROLE_NAME")?,
        external_id: config.text("EXTERNAL_ID")?,
    };
    let handler = Handler { judge: Judge::new(&aws, config.text("JUDGE_FUNCTION_ARN")?), ledger, access: MemberAccess::new(&aws, roles) };
    lambda_shell::run_json(|input, invocation| handler.handle(input, invocation)).await
}
