//! answer-question: answers what starts no change.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod audit_check;
mod costs;
mod handler;
mod help;
mod learnt;

use authority::Authority;
use costs::Budgets;
use directory::Directory;
use domain::Spend;
use handler::Handler;
use judge::Judge;
use ledger::{Ledger, Tables};
use policy::Limits;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = lambda_shell::aws_config().await;
    let tables = Tables::new(config.text("LEDGER_TABLE")?, config.text("AUDIT_TABLE")?);
    let ledger = Ledger::new(aws_sdk_dynamodb::Client::new(&aws), tables, config.text("AWS_REGION")?);
    let directory = Directory::new(aws_sdk_cognitoidentityprovider::Client::new(&aws), config.text("USER_POOL_ID")?);
    let budgets = Budgets {
        person: Spend::limit(config.number("MODEL_PERSON_TOKENS")?, config.number("MODEL_PERSON_MICRO_USD")?),
        account: Spend::limit(config.number("MODEL_ACCOUNT_TOKENS")?, config.number("MODEL_ACCOUNT_MICRO_USD")?),
        fleet: Spend::limit(config.number("MODEL_FLEET_TOKENS")?, config.number("MODEL_FLEET_MICRO_USD")?),
        on: config.optional("MODEL_SMALL").or(config.optional("MODEL_LARGE")).is_some(),
    };
    let judge = Judge::new(&aws, config.text("JUDGE_FUNCTION_ARN")?);
    let handler = Handler { authority: Authority::new(ledger.clone(), directory, None, Limits::default()), judge, ledger, budgets };
    lambda_shell::run_json(|input, _| handler.handle(input, lambda_shell::now())).await
}
