//! register-accounts: the registry of accounts and the rules themselves. One administrator adds accounts and makes them stricter; what
//! loosens an account, the calendar and the policies take two.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod explain;
mod handler;
mod rules;

use authority::Authority;
use directory::Directory;
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
    let judge = Judge::new(&aws, config.text("JUDGE_FUNCTION_ARN")?);
    let handler = Handler { authority: Authority::new(ledger.clone(), directory, None, Limits::default()), judge, ledger };
    lambda_shell::http::run_http(|call, _| handler.handle(call, lambda_shell::now())).await
}
