//! answer-scan: runs in a member account and looks at it, because the hub asked by an event. It reads, and answers on its own bus.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod handler;

use domain::AccountId;
use handler::Handler;
use scanners::{Limits, visit};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_shell::Fatal> {
    let config = lambda_shell::Config::new(std::env::vars());
    lambda_shell::init_logs(&config.log_level());
    let aws = visit::for_visits(&lambda_shell::aws_config().await);
    let calls = u32::try_from(config.number("SCAN_CALLS_PER_PLACE")?)?;
    let handler = Handler {
        account: AccountId::parse(&config.text("ACCOUNT_ID")?)?,
        bus: config.text("EVENT_BUS")?,
        events: aws_sdk_eventbridge::Client::new(&aws),
        local: lambda_shell::local::interceptor(aws.endpoint_url()),
        limits: Limits { calls, ..Limits::default() },
        aws,
    };
    lambda_shell::run_json(|event, _| handler.handle(event, lambda_shell::now())).await
}
