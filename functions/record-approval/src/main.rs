//! record-approval: the only function that can write decisions. API Gateway invokes it directly, so that no other function stands
//! between a person's verified token and the ledger; the workflow invokes it to redeem a console code.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod change;
mod decide;
mod door;
mod factor;
mod feedback;
mod link;
mod narrow;
mod stop;

use authority::{ApprovalKey, Authority};
use directory::Directory;
use door::Door;
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
    let kms = aws_sdk_kms::Client::new(&aws);
    let key = ApprovalKey::new(kms.clone(), config.text("APPROVAL_KEY_ID")?);
    let door = Door {
        authority: Authority::new(ledger.clone(), directory, Some(key.clone()), Limits::default()),
        judge: Judge::new(&aws, config.text("JUDGE_FUNCTION_ARN")?),
        ledger,
        key,
        kms,
        token_key: config.text("TOKEN_KEY_ID")?,
        workflows: aws_sdk_sfn::Client::new(&aws),
        change_machine: config.text("CHANGE_STATE_MACHINE_ARN")?,
        code_ttl_seconds: config.number("CODE_TTL_SECONDS")?,
    };
    lambda_shell::run_json(|payload: serde_json::Value, _| async { door.open(payload, lambda_shell::now()).await }).await
}
