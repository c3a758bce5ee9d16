//! judge-plan: answers what the rules say about a plan, for functions that do not hold the rule engine. It changes nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use authority::{ApprovalKey, Authority};
use directory::Directory;
use handler::Handler;
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
    let key = ApprovalKey::new(aws_sdk_kms::Client::new(&aws), config.text("APPROVAL_KEY_ID")?);
    let limits = Limits {
        max_targets_r1: usize::try_from(config.number("MAX_TARGETS_R1")?)?,
        max_targets_r2: usize::try_from(config.number("MAX_TARGETS_R2")?)?,
        max_targets_r3: usize::try_from(config.number("MAX_TARGETS_R3")?)?,
    };
    let handler = Handler { authority: Authority::new(ledger, directory, Some(key), limits) };
    lambda_shell::run_json(|ask, _| handler.handle(ask, lambda_shell::now())).await
}
