//! open-incident: signals of trouble become incidents, and each new one is investigated. Invoked by the queue of signals and,
//! for people who ask, by `converse`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod delivery;
mod handler;
mod words;

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
    let handler = Handler {
        // Nothing is planned here: the limits of plans are of no use.
        authority: Authority::new(ledger.clone(), directory, None, Limits::default()),
        ledger,
        workflows: aws_sdk_sfn::Client::new(&aws),
        investigate_arn: config.text("INVESTIGATE_STATE_MACHINE_ARN")?,
        alarm_topic_name: config.text("ALARM_TOPIC_NAME")?,
    };
    lambda_shell::run_json(|event, _| handler.handle(event, lambda_shell::now())).await
}
