//! notify: sends what is in the outbox. Invoked by the ledger's stream; sending twice is harmless.
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
        topic: aws_sdk_sns::Client::new(&aws),
        topic_arn: config.text("NOTIFY_TOPIC_ARN")?,
        endpoint_url: config.text("ENDPOINT_URL")?,
        link_ttl_seconds: config.number("LINK_TTL_SECONDS")?,
    };
    lambda_shell::run_json(|event, _| handler.handle(event, lambda_shell::now())).await
}
