//! serve-api: the HTTP endpoint's reading side and chat. Decisions do not pass here: API Gateway hands them to record-approval.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod audit_pages;
mod chat;
mod handler;
mod link_page;
mod plans;

use authority::Authority;
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
    let mut workflows = aws_sdk_sfn::config::Builder::from(&aws);
    if let Some(interceptor) = lambda_shell::local::for_loopback(aws.endpoint_url()) {
        workflows = workflows.interceptor(interceptor);
    }
    let handler = Handler {
        authority: Authority::new(ledger.clone(), directory, None, Limits::default()),
        ledger,
        workflows: aws_sdk_sfn::Client::from_conf(workflows.build()),
        converse_machine: config.text("CONVERSE_STATE_MACHINE_ARN")?,
        archive: archive::Archive::reader(aws_sdk_s3::Client::new(&aws), config.text("AUDIT_BUCKET")?),
        identity_url: config.text("IDENTITY_URL")?,
        client_id: config.text("USER_POOL_CLIENT_ID")?,
    };
    lambda_shell::http::run_http(|call, _| handler.handle(call, lambda_shell::now())).await
}
