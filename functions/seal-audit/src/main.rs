//! seal-audit: copies the audit log into the locked bucket and seals it. Invoked by the audit table's stream and on a schedule.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod copy;
mod seal;

use archive::{Archive, Lock};
use ledger::{Ledger, Tables};
use seal::Sealer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let tables = Tables::new(config.text("LEDGER_TABLE")?, config.text("AUDIT_TABLE")?);
    let lock =
        Lock { mode: config.text("LOCK_MODE")?, days: config.number("LOCK_DAYS")?, sensitive_days: config.number("LOCK_SENSITIVE_DAYS")? };
    let sealer = Sealer {
        ledger: Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?),
        archive: Archive::new(aws_sdk_s3::Client::new(&aws), config.text("AUDIT_BUCKET")?, lock),
        kms: aws_sdk_kms::Client::new(&aws),
        key_id: config.text("SEAL_KEY_ID")?,
    };
    lambda_shell::run_json(|event: serde_json::Value, _| sealer.handle(event, lambda_shell::now())).await
}
