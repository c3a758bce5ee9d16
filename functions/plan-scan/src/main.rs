//! plan-scan: which accounts, regions and services a scan looks at. It enters no account.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use authority::Authority;
use directory::Directory;
use handler::Handler;
use ledger::{Ledger, Tables};
use policy::Limits;
use scans::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    // Looking has no audit record.
    let tables = Tables::new(config.text("LEDGER_TABLE")?, "");
    let ledger = Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?);
    let directory = Directory::new(aws_sdk_cognitoidentityprovider::Client::new(&aws), config.text("USER_POOL_ID")?);
    // It judges no plan.
    let limits = Limits { max_targets_r1: 0, max_targets_r2: 0, max_targets_r3: 0 };
    let handler = Handler {
        authority: Authority::new(ledger.clone(), directory, None, limits),
        ledger,
        store: Store::new(aws_sdk_s3::Client::new(&aws), config.text("SCAN_BUCKET")?),
        events_from: usize::try_from(config.number("SCAN_EVENTS_FROM")?)?,
        answer_seconds: config.number("SCAN_ANSWER_SECONDS")?,
    };
    lambda_shell::run_json(|input, _| handler.handle(input, lambda_shell::now())).await
}
