//! Each scanner against resources that were made through the real APIs, with a role of exactly its permissions.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use checks::{Coverage, Gap, GapKind};
use domain::{AccountId, EpochMs};
use scanners::{Depth, Limits, Look, Scanner, ServiceReport};
use serde_json::json;

use crate::{resources::*, world::*};

/// What the stack allows by another action's name than AWS does: it takes the path `…/urls` for another call.
const NAMED_OTHERWISE: [&str; 1] = ["lambda:ListFunctionUrlConfigs"];

/// What the local stack does not have; nothing else may be missing.
const NOT_HERE: [&str; 2] = ["s3:GetAccountPublicAccessBlock", "ec2:GetEbsEncryptionByDefault"];

/// A resource of a service, and a check that it fails.
async fn resource(w: &World, account: &str, service: &str) -> (String, &'static str) {
    let config = w.root(account);
    let name = short();
    match service {
        "ec2" => {
            let made = w.ec2(account).create_volume().availability_zone("us-east-1a").size(8).send().await.unwrap();
            (made.volume_id().unwrap().to_owned(), "ec2_volume_unencrypted")
        }
        "vpc" => {
            let made = w.ec2(account).create_security_group().group_name(&name).description("canary").send().await.unwrap();
            (made.group_id().unwrap().to_owned(), "vpc_group_unused")
        }
        "s3" => {
            s3(w, account).create_bucket().bucket(&name).send().await.unwrap();
            (name, "s3_bucket_versioning_off")
        }
        "rds" => {
            let call = rds(w, account).create_db_instance().db_instance_identifier(&name).db_instance_class("db.t3.small");
            let call = call.engine("postgres").master_username("shop").master_user_password("not-a-real-database");
            call.allocated_storage(20).send().await.unwrap();
            (name, "rds_instance_deletion_protection_off")
        }
        "lambda" => {
            function(w, account, &name).await;
            (name, "lambda_function_dead_letter_missing")
        }
        "iam" => {
            let client = aws_sdk_iam::Client::new(&config);
            let everything = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
            client.create_policy().policy_name(&name).policy_document(everything.to_string()).send().await.unwrap();
            (name, "iam_policy_full_admin")
        }
        "dynamodb" => {
            use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
            let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
            let pk = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S).build().unwrap();
            let call = aws_sdk_dynamodb::Client::new(&config).create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
            call.key_schema(key).attribute_definitions(pk).send().await.unwrap();
            (name, "dynamodb_table_pitr_off")
        }
        "cloudwatch" => {
            let client = aws_sdk_cloudwatchlogs::Client::new(&config);
            client.create_log_group().log_group_name(&name).send().await.unwrap();
            (name, "cloudwatch_log_group_no_retention")
        }
        other => panic!("`{other}` is scanned and has no resource here: add one"),
    }
}

/// Credentials of a role with exactly a scanner's permissions. Root cannot assume roles, so a user does.
async fn role(w: &World, account: &str, scanner: &dyn Scanner) -> SdkConfig {
    let root = w.root(account);
    let iam = aws_sdk_iam::Client::new(&root);
    let name = format!("look-{}", scanner.service());
    let allow = |actions: &[&str]| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
    };
    iam.create_user().user_name(&name).send().await.unwrap();
    iam.put_user_policy().user_name(&name).policy_name("enter").policy_document(allow(&["sts:AssumeRole"])).send().await.unwrap();
    let made = iam.create_access_key().user_name(&name).send().await.unwrap();
    let key = made.access_key().unwrap();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "sts:AssumeRole"}]});
    let role = iam.create_role().role_name(&name).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    iam.put_role_policy().role_name(&name).policy_name("look").policy_document(allow(scanner.actions())).send().await.unwrap();
    let with = |credentials| root.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build();
    let user = with(Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "user"));
    let call = aws_sdk_sts::Client::new(&user).assume_role().role_arn(role.role().unwrap().arn()).role_session_name("look");
    let answer = call.send().await.unwrap();
    let c = answer.credentials().unwrap();
    with(Credentials::new(c.access_key_id(), c.secret_access_key(), Some(c.session_token().to_owned()), None, "role"))
}

fn gaps(report: &ServiceReport) -> Vec<Gap> {
    match &report.coverage {
        Coverage::Complete => Vec::new(),
        Coverage::Partial { why } => why.clone(),
        Coverage::Unscanned { why } => vec![why.clone()],
    }
}

#[tokio::test]
async fn each_scanner_sees_what_is_there_with_a_role_of_exactly_its_permissions() {
    let w = world();
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).unwrap();
    let account = format!("7{:011}", u64::from_be_bytes(bytes) % 100_000_000_000);
    let now = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    for scanner in scanners::all() {
        let service = scanner.service();
        let (id, check) = resource(w, &account, service).await;
        let place = checks::Place { account: AccountId::parse(&account).unwrap(), region: REGION.into(), at: EpochMs(now) };
        let limits = Limits { service: Duration::from_secs(30), ..Limits::default() };
        let look = Look::new(role(w, &account, *scanner).await, place, Depth::Full, limits);
        let report = scanner.scan(&look).await;
        let found = report.findings.iter().any(|f| f.check == check && f.arn.ends_with(&id));
        assert!(found, "{service}: {check} of {id} is not among {:#?}\n{:?}", report.findings, report.coverage);
        for gap in gaps(&report) {
            let action = gap.action.as_str();
            let known = if gap.kind == GapKind::Denied { NAMED_OTHERWISE.contains(&action) } else { NOT_HERE.contains(&action) };
            assert!(known, "{service}: {gap:?}");
        }
        // The same role sees nothing of a service that it has no permission for, and says so.
        if service == "dynamodb" {
            let other = scanners::find("rds").unwrap().scan(&look).await;
            assert!(gaps(&other).iter().any(|g| g.kind == GapKind::Denied) && other.resources.is_empty(), "{other:?}");
        }
    }
}
