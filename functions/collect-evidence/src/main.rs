//! collect-evidence: reads what there is to read about an incident, in the member account, and keeps it. It changes nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod alarm;
mod changes;
mod handler;
mod logs;
mod metrics;
mod reader;
mod topology;

use accounts::{MemberAccess, Roles};
use handler::Handler;
use ledger::{Ledger, Tables};
use reader::Limits;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let tables = Tables::new(config.text("LEDGER_TABLE")?, config.text("AUDIT_TABLE")?);
    let roles = Roles { read: config.text("READ_ROLE_NAME")?, operate: String::new(), external_id: config.text("EXTERNAL_ID")? };
    let handler = Handler {
        ledger: Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?),
        access: MemberAccess::new(&aws, roles),
        limits: Limits {
            calls: u32::try_from(config.number("INVESTIGATION_MAX_CALLS")?)?,
            metrics: u32::try_from(config.number("INVESTIGATION_MAX_METRICS")?)?,
        },
    };
    lambda_shell::run_json(|input, _| handler.handle(input, lambda_shell::now())).await
}
