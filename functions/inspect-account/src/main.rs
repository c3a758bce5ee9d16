//! inspect-account: lists resources and judges health while the asker waits. It reads; it cannot change anything in a member account.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use std::time::Duration;

use accounts::{MemberAccess, Roles};
use authority::Authority;
use directory::Directory;
use handler::Handler;
use ledger::{Ledger, Tables};
use policy::Limits;
use scanners::{Visitor, visit};

/// The asker waits at most half a minute for the whole answer.
const SERVICE_SECONDS: u64 = 12;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = visit::for_visits(&lambda_shell::aws_config().await);
    let ledger =
        Ledger::new(aws_sdk_dynamodb::Client::new(&aws), Tables::new(config.text("LEDGER_TABLE")?, ""), config.text("AWS_REGION")?);
    let directory = Directory::new(aws_sdk_cognitoidentityprovider::Client::new(&aws), config.text("USER_POOL_ID")?);
    let roles = Roles { read: config.text("READ_ROLE_NAME")?, operate: String::new(), external_id: config.text("EXTERNAL_ID")? };
    let calls = u32::try_from(config.number("SCAN_CALLS_PER_PLACE")?)?;
    let limits = scanners::Limits { calls, service: Duration::from_secs(SERVICE_SECONDS) };
    let handler = Handler {
        authority: Authority::new(ledger.clone(), directory, None, Limits { max_targets_r1: 0, max_targets_r2: 0, max_targets_r3: 0 }),
        ledger,
        visitor: Visitor::new(MemberAccess::new(&aws, roles), limits, lambda_shell::local::interceptor(aws.endpoint_url())),
    };
    lambda_shell::run_json(|input, _| handler.handle(input, lambda_shell::now())).await
}
