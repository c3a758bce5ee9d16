//! Every operation, from the sentence to the resource and back.

use serde_json::json;

use crate::{cloudtrail, resources::*, world::*};

const ENDS: [&str; 6] = ["succeeded", "failed", "denied", "unknown", "drifted", "undone"];

/// Asks in dev, looks at the resource itself, and takes back what can be taken back.
async fn there_and_back(operation: &'static str, zh: bool) {
    let w = world();
    let one = Resource::make(w, operation, DEV, "dev").await;
    assert_eq!(one.look(w).await, one.before, "{one:?}");
    let since = cloudtrail::now();
    let answer = w.chat("alice", one.sentence(zh));
    assert_eq!((answer.status, answer.error()), (200, ""), "{}: {answer:?}", one.sentence(zh));
    let words = if zh {
        ["计划:", "请求人: alice", "规则:", "回滚:", "完成后检查:", "有效期至:"]
    } else {
        ["Plan:", "asked by: alice", "rules:", "undo:", "checked afterwards:", "expires:"]
    };
    for word in words {
        assert!(answer.text().contains(word), "{word} is missing in\n{}", answer.text());
    }
    let plan = answer.plan();
    let done = w.wait(&plan, &ENDS).await;
    assert_eq!(done["state"], "succeeded", "{done:#}\n{}", w.history(&plan).await);
    assert_eq!(one.look(w).await, one.after, "{one:?}");
    assert_eq!(cloudtrail::writes(w, one.account, &one.id, since).await, [one.write], "one effect, and nothing else");

    let undo = w.post(&format!("/v1/plans/{plan}/undo"), "alice", &json!({}));
    if one.has_undo {
        assert_eq!(undo.status, 200, "{undo:?}");
        let back = w.wait(&plan, &["undone", "undo_failed"]).await;
        assert_eq!(back["state"], "undone", "{back:#}\n{}", w.history(&plan).await);
        assert_eq!(one.look(w).await, one.before, "undo restores: {one:?}");
        assert_eq!(cloudtrail::writes(w, one.account, &one.id, since).await.len(), 2, "one effect there, one back");
    } else {
        assert_eq!((undo.status / 100, undo.error()), (4, "Undo.Refused"), "{undo:?}");
        assert_eq!(w.state(&plan), "succeeded");
        assert_eq!(cloudtrail::writes(w, one.account, &one.id, since).await.len(), 1);
    }
}

#[tokio::test]
async fn stopped_instances_start_and_stop_again() {
    there_and_back("ec2.start_instances", false).await;
}
#[tokio::test]
async fn stopped_instances_start_when_asked_in_chinese() {
    there_and_back("ec2.start_instances", true).await;
}
#[tokio::test]
async fn running_instances_stop_and_start_again() {
    there_and_back("ec2.stop_instances", false).await;
}
#[tokio::test]
async fn running_instances_stop_when_asked_in_chinese() {
    there_and_back("ec2.stop_instances", true).await;
}
#[tokio::test]
async fn instances_reboot_and_that_cannot_be_undone() {
    there_and_back("ec2.reboot_instances", false).await;
}
#[tokio::test]
async fn instances_reboot_when_asked_in_chinese() {
    there_and_back("ec2.reboot_instances", true).await;
}
#[tokio::test]
async fn exactly_the_named_inbound_rule_goes_and_comes_back_with_its_description() {
    there_and_back("ec2.revoke_ingress", false).await;
}
#[tokio::test]
async fn an_inbound_rule_goes_when_asked_in_chinese() {
    there_and_back("ec2.revoke_ingress", true).await;
}
#[tokio::test]
async fn a_bucket_blocks_public_access_and_undo_removes_the_block() {
    there_and_back("s3.block_public_access", false).await;
}
#[tokio::test]
async fn a_bucket_blocks_public_access_when_asked_in_chinese() {
    there_and_back("s3.block_public_access", true).await;
}
#[tokio::test]
async fn a_database_reboots_and_that_cannot_be_undone() {
    there_and_back("rds.reboot_instance", false).await;
}
#[tokio::test]
async fn a_database_reboots_when_asked_in_chinese() {
    there_and_back("rds.reboot_instance", true).await;
}
#[tokio::test]
async fn a_function_gets_reserved_concurrency_and_loses_it_again() {
    there_and_back("lambda.set_concurrency", false).await;
}
#[tokio::test]
async fn a_function_gets_reserved_concurrency_when_asked_in_chinese() {
    there_and_back("lambda.set_concurrency", true).await;
}
#[tokio::test]
async fn an_alias_goes_back_to_the_version_before_and_undo_takes_it_forward_again() {
    there_and_back("lambda.rollback_alias", false).await;
}
#[tokio::test]
async fn an_alias_goes_back_when_asked_in_chinese() {
    there_and_back("lambda.rollback_alias", true).await;
}
#[tokio::test]
async fn a_scaling_group_grows_and_shrinks_back() {
    there_and_back("autoscaling.set_capacity", false).await;
}
#[tokio::test]
async fn a_scaling_group_grows_when_asked_in_chinese() {
    there_and_back("autoscaling.set_capacity", true).await;
}

#[tokio::test]
async fn a_preview_holds_everything_a_person_needs_to_decide() {
    let w = world();
    let members = [w.instance(PROD).await, w.instance(PROD).await];
    let id = &members[0];
    let name = target_group(w, PROD, &[&members[0], &members[1]]).await;
    let tag = |key: &str, value: &str| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build();
    let tags = w.ec2(PROD).create_tags().resources(id).tags(tag("Name", "checkout")).tags(tag("owner", "shop@example.com"));
    tags.tags(tag("terraform", "true")).send().await.unwrap();
    let answer = w.chat("alice", &format!("stop {id} in prod"));
    assert_eq!((answer.status, answer.error()), (200, ""), "{answer:?}");
    let (text, plan) = (answer.text(), answer.plan());
    let digest = answer.body["digest"].as_str().unwrap();
    let digest_line = format!("digest: {digest}");
    let arn = format!("arn:aws:ec2:us-east-1:{PROD}:instance/{id}");
    // The local stack's scaling groups hold no instances of EC2; that note is held by the recorded answers of shared/operations.
    let target_line = format!("Target group {name} keeps 1 healthy target(s).");
    for part in [
        plan.as_str(),
        "[ec2.stop_instances · R2]",
        "account: prod (444444444444, prod)",
        "region: us-east-1",
        "asked by: alice",
        arn.as_str(),
        "“checkout”",
        // What others wrote is shown so that nothing in it can be clicked.
        "owner: shop@example[.]com",
        "Name=checkout",
        "managed by: Terraform",
        "state: running → stopped",
        target_line.as_str(),
        "monthly cost:",
        "rules: ",
        "needs 1 approval",
        "undo: approved together with this plan; restores state",
        &format!("checked afterwards: {id}: state = stopped"),
        "observed: 2",
        "expires: 2",
        digest_line.as_str(),
    ] {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
    let seen = w.plan(&plan);
    assert!(text.starts_with(seen["preview_text"].as_str().unwrap()), "chat and endpoint show the same preview");
    assert_eq!(seen["digest"], digest);
    assert_eq!(w.post(&format!("/v1/plans/{plan}/withdraw"), "alice", &json!({})).status, 200);
    w.wait(&plan, &["withdrawn"]).await;
    assert_eq!(w.instance_state(PROD, id).await, "running");
}
