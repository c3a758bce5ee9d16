//! scan-account: looks at accounts and writes what it saw. It reads; it cannot change anything in a member account.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use accounts::{MemberAccess, Roles};
use handler::Handler;
use ledger::{Ledger, Tables};
use scanners::{Limits, Visitor, visit};
use scans::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = visit::for_visits(&lambda_shell::aws_config().await);
    let ledger =
        Ledger::new(aws_sdk_dynamodb::Client::new(&aws), Tables::new(config.text("LEDGER_TABLE")?, ""), config.text("AWS_REGION")?);
    // A scan reads; the name of the role that writes is of no use here.
    let roles = Roles { read: config.text("READ_ROLE_NAME")?, operate: String::new(), external_id: config.text("EXTERNAL_ID")? };
    let limits = Limits { calls: u32::try_from(config.number("SCAN_CALLS_PER_PLACE")?)?, ..Limits::default() };
    let handler = Handler {
        ledger,
        store: Store::new(aws_sdk_s3::Client::new(&aws), config.text("SCAN_BUCKET")?),
        visitor: Visitor::new(MemberAccess::new(&aws, roles), limits, lambda_shell::local::interceptor(aws.endpoint_url())),
    };
    lambda_shell::run_json(|input, invocation| handler.handle(input, invocation.deadline)).await
}
