//! execute-operation: carries out exactly the approved plan, with no choices left.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use accounts::{MemberAccess, Roles};
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
    let roles = Roles {
        read: config.text("READ_ROLE_NAME")?,
        operate: config.text("OPERATE_ROLE_NAME")?,
        external_id: config.text("EXTERNAL_ID")?,
    };
    let handler = Handler {
        authority: Authority::new(ledger.clone(), directory, Some(key), limits),
        ledger,
        access: MemberAccess::new(&aws, roles),
        belts: handler::BeltSettings {
            daily_cap: u32::try_from(config.number("DAILY_CAP")?)?,
            cool_down_r2_seconds: config.number("COOL_DOWN_R2_SECONDS")?,
            cool_down_r3_seconds: config.number("COOL_DOWN_R3_SECONDS")?,
        },
    };
    lambda_shell::run_json(|input, invocation| handler.handle(input, invocation)).await
}
