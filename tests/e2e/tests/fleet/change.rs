//! From a sentence to a verified outcome, and back.

use crate::world::*;

#[tokio::test]
async fn dev_acts_alone_and_undo_on_request_starts_it_again() {
    let w = world();
    let id = w.instance(DEV).await;
    let plan = w.ask("alice", &format!("stop {id} in dev"));
    let done = w.wait(&plan, &["succeeded", "failed", "denied", "unknown", "drifted"]).await;
    assert_eq!(done["state"], "succeeded", "{done:#}\n{}", w.history(&plan).await);
    assert_eq!(w.instance_state(DEV, &id).await, "stopped");
    assert_eq!(w.execution_end(&plan, "execute", 1).await.0, "SUCCEEDED");
    let answer = w.post(&format!("/v1/plans/{plan}/undo"), "alice", &serde_json::json!({}));
    assert_eq!(answer.status, 200, "{answer:?}");
    w.wait(&plan, &["undone"]).await;
    assert_eq!(w.instance_state(DEV, &id).await, "running");
    assert_eq!(w.execution_end(&plan, "undo", 1).await.0, "SUCCEEDED");
    let kinds = w.audit_kinds(DEV, &plan);
    for kind in [
        "plan_proposed",
        "approved",
        "lease_taken",
        "effect_intended",
        "effect_done",
        "executed",
        "verified",
        "undo_requested",
        "undo_started",
        "undone",
    ] {
        assert!(kinds.iter().any(|k| k == kind), "{kind} is missing in {kinds:?}");
    }
}

#[tokio::test]
async fn prod_waits_for_another_person_in_chinese_as_well() {
    let w = world();
    let id = w.instance(PROD).await;
    let answer = w.chat("alice", &format!("停止 prod 的 {id}"));
    assert_eq!((answer.status, answer.error()), (200, ""), "{answer:?}");
    assert!(answer.text().contains("需要 1 个审批"), "{}", answer.text());
    let plan = answer.plan();
    w.wait(&plan, &["awaiting_approval"]).await;
    assert_eq!(w.instance_state(PROD, &id).await, "running");
    let yes = w.approve("bob", &plan);
    assert_eq!(yes.status, 200, "{yes:?}");
    let done = w.wait(&plan, &["succeeded", "failed", "denied", "unknown", "drifted"]).await;
    assert_eq!(done["state"], "succeeded", "{done:#}\n{}", w.history(&plan).await);
    assert_eq!(done["approvals"][0]["person"], "bob");
    assert_eq!(w.instance_state(PROD, &id).await, "stopped");
}
