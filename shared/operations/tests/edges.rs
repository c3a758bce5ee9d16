//! Single answers of the services that have to be read rightly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod world;

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Params, Value};
use operations::{
    Direction, OperationError,
    effects::{self, WriteClients},
    find,
    observe::{ReadClients, observe},
};
use testkit::{Answer, Replay};
use world::{BUCKET, FUNCTION, GROUP, INSTANCE, World, answers::fault, field, scope};

async fn look(id: &str, replay: &Replay, target: &str, params: Params) -> Result<Vec<operations::Observed>, OperationError> {
    let clients = ReadClients::new(&replay.sdk_config("us-east-1"));
    observe(find(id).unwrap(), &clients, &scope(), &[target.to_owned()], &params).await
}

#[tokio::test]
async fn a_bucket_of_another_region_is_said_to_be_there() {
    let replay = Replay::new(|_| Some(fault("s3", 301, "PermanentRedirect").header("x-amz-bucket-region", "eu-west-1")));
    match look("s3.block_public_access", &replay, BUCKET, Params::new()).await {
        Err(error @ OperationError::Elsewhere { .. }) => {
            assert!(error.is_not_here() && error.to_string().contains("eu-west-1"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_call_about_a_bucket_names_the_account_that_must_own_it() {
    let world = World::new(|_| {});
    let block = find("s3.block_public_access").unwrap();
    let seen = look(block.id(), &world.replay, BUCKET, Params::new()).await.unwrap();
    let target = block.propose(&seen, &Params::new()).unwrap().targets.remove(0);
    let clients = WriteClients::new(&world.config());
    effects::execute(block, &clients, &scope(), &target, &Params::new(), "t").await.unwrap();
    effects::undo(block, &clients, &scope(), &target, &Params::new(), "t").await.unwrap();
    let sent = world.replay.sent();
    assert_eq!(sent.len(), 8);
    assert!(sent.iter().all(|s| s.header("x-amz-expected-bucket-owner") == Some(world::ACCOUNT)));
}

#[tokio::test]
async fn a_bucket_without_a_configuration_gets_none_back() {
    let world = World::new(|state| state.block = None);
    let block = find("s3.block_public_access").unwrap();
    let seen = look(block.id(), &world.replay, BUCKET, Params::new()).await.unwrap();
    let target = block.propose(&seen, &Params::new()).unwrap().targets.remove(0);
    assert_eq!(target.before["public_access_block"], Value::Absent);
    let clients = WriteClients::new(&world.config());
    effects::execute(block, &clients, &scope(), &target, &Params::new(), "t").await.unwrap();
    assert_eq!(world.state().block, Some([true; 4]));
    effects::undo(block, &clients, &scope(), &target, &Params::new(), "t").await.unwrap();
    assert_eq!(world.state().block, None);
}

#[tokio::test]
async fn a_security_group_that_another_account_shares_is_refused() {
    let replay = Replay::new(|sent| {
        assert_eq!(field(&sent.body, "Action").as_deref(), Some("DescribeSecurityGroups"));
        let group = format!("<item><ownerId>333333333333</ownerId><groupId>{GROUP}</groupId></item>");
        let rules = "<DescribeSecurityGroupsResponse><securityGroupInfo>";
        Some(Answer::new(200, format!("{rules}{group}</securityGroupInfo></DescribeSecurityGroupsResponse>")))
    });
    match look("ec2.revoke_ingress", &replay, GROUP, [("port".to_owned(), Value::Int(22))].into()).await {
        Err(OperationError::ForeignTarget { why, .. }) => assert!(why.en.contains("333333333333")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_about_a_resource_of_another_account_is_refused() {
    let replay = Replay::new(|sent| {
        let body = if sent.uri.contains("account-settings") {
            "{}".to_owned()
        } else {
            format!(r#"{{"Configuration":{{"FunctionArn":"arn:aws:lambda:us-east-1:333333333333:function:{FUNCTION}"}}}}"#)
        };
        Some(Answer::new(200, body))
    });
    assert!(matches!(look("lambda.set_concurrency", &replay, FUNCTION, Params::new()).await, Err(OperationError::ForeignTarget { .. })));
}

#[tokio::test]
async fn an_instance_that_was_not_asked_for_is_not_taken_for_the_one_that_was() {
    // A service that ignores the filter answers with everything it has.
    let replay = Replay::new(|_| {
        let other = "<item><instanceId>i-0abc123def4567899</instanceId><instanceState><name>running</name></instanceState></item>";
        Some(Answer::new(
            200,
            format!(
                "<DescribeInstancesResponse><reservationSet><item><instancesSet>{other}</instancesSet></item></reservationSet></DescribeInstancesResponse>"
            ),
        ))
    });
    let answer = look("ec2.stop_instances", &replay, INSTANCE, Params::new()).await;
    assert!(matches!(answer, Err(OperationError::TargetNotFound { .. })), "{answer:?}");
}

#[tokio::test]
async fn an_answer_without_a_state_is_incomplete_and_not_healthy() {
    let replay = Replay::new(|_| {
        let bare = format!("<item><instanceId>{INSTANCE}</instanceId></item>");
        Some(Answer::new(
            200,
            format!(
                "<DescribeInstancesResponse><reservationSet><item><instancesSet>{bare}</instancesSet></item></reservationSet></DescribeInstancesResponse>"
            ),
        ))
    });
    let answer = look("ec2.stop_instances", &replay, INSTANCE, Params::new()).await;
    assert!(matches!(answer, Err(OperationError::Incomplete { .. })), "{answer:?}");
}

#[tokio::test]
async fn reads_are_tried_again_and_a_lasting_fault_is_unavailable() {
    let world = World::new(|_| {});
    let count = AtomicUsize::new(0);
    let state = std::sync::Arc::clone(&world.state);
    let flaky = Replay::new(move |sent| {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            return Some(fault("rds", 500, "InternalFailure"));
        }
        Some(world::answers::answer(&mut state.lock().unwrap(), sent))
    });
    look("rds.reboot_instance", &flaky, "orders", Params::new()).await.unwrap();
    assert_eq!(flaky.sent().len(), 2);
    let down = Replay::new(|_| Some(fault("rds", 500, "InternalFailure")));
    let error = look("rds.reboot_instance", &down, "orders", Params::new()).await.unwrap_err();
    assert!(matches!(error, OperationError::Unavailable { .. }) && error.wire().may_retry(), "{error}");
}

#[tokio::test]
async fn of_several_rules_those_still_there_are_revoked_when_one_is_gone() {
    let world = World::new(|state| state.rules[1].1 = 22);
    world.state.lock().unwrap().rules[1].2 = "10.0.0.0/8".into();
    let revoke = find("ec2.revoke_ingress").unwrap();
    let params = revoke.check_params(&[("port".to_owned(), Value::Int(22))].into()).unwrap();
    let seen = look(revoke.id(), &world.replay, GROUP, params.clone()).await.unwrap();
    let target = revoke.propose(&seen, &params).unwrap().targets.remove(0);
    let clients = WriteClients::new(&world.config());
    world.state.lock().unwrap().rules.remove(0);
    let effect = effects::execute(revoke, &clients, &scope(), &target, &params, "t").await.unwrap();
    assert!(!effect.already && world.state().rules.is_empty());
    // And back: one of them is there again already.
    world.state.lock().unwrap().rules.push(("sgr-9".into(), 22, "0.0.0.0/0".into(), "office".into()));
    effects::undo(revoke, &clients, &scope(), &target, &params, "t").await.unwrap();
    let now = look(revoke.id(), &world.replay, GROUP, params).await.unwrap();
    assert_eq!(revoke.verify(&target, &now[0], Direction::Back), operations::Verification::Holds);
}

#[tokio::test]
async fn a_database_of_a_name_that_was_misread_ends_as_not_found_and_no_other_is_taken_for_it() {
    // "reboot the orders database": what stands before the noun is taken as its name, and there is none of that name.
    let absent = Replay::new(|_| Some(fault("rds", 404, "DBInstanceNotFound")));
    let other = Replay::new(|_| {
        let one =
            "<DBInstance><DBInstanceIdentifier>orders-eu</DBInstanceIdentifier><DBInstanceStatus>available</DBInstanceStatus></DBInstance>";
        Some(Answer::new(
            200,
            format!(
                "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>{one}</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
            ),
        ))
    });
    for replay in [absent, other] {
        let answer = look("rds.reboot_instance", &replay, "orders", Params::new()).await;
        assert!(matches!(answer, Err(OperationError::TargetNotFound { .. })), "{answer:?}");
    }
}
