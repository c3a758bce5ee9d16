//! parse-intent: text to intent, with the session it was said in. It calls no account and starts nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;
mod models;

use directory::Directory;
use domain::Spend;
use handler::Handler;
use ledger::{Ledger, Tables};
use models::{Models, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    // It reads sessions and account names, remembers what was spoken of, keeps the models' budgets and records each request and model call.
    let tables = Tables::new(config.text("LEDGER_TABLE")?, config.text("AUDIT_TABLE")?);
    let settings = Settings {
        small: config.optional("MODEL_SMALL"),
        large: config.optional("MODEL_LARGE"),
        prices: config.optional("MODEL_PRICES"),
        timeout_ms: config.number("MODEL_TIMEOUT_MS")?,
        limits: model::Limits {
            person: Spend::limit(config.number("MODEL_PERSON_TOKENS")?, config.number("MODEL_PERSON_MICRO_USD")?),
            account: Spend::limit(config.number("MODEL_ACCOUNT_TOKENS")?, config.number("MODEL_ACCOUNT_MICRO_USD")?),
            fleet: Spend::limit(config.number("MODEL_FLEET_TOKENS")?, config.number("MODEL_FLEET_MICRO_USD")?),
        },
    };
    let handler = Handler {
        directory: Directory::new(aws_sdk_cognitoidentityprovider::Client::new(&aws), config.text("USER_POOL_ID")?),
        ledger: Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?),
        models: Models::of(settings, &aws)?,
    };
    lambda_shell::run_json(|input, _| handler.handle(input, lambda_shell::now())).await
}
