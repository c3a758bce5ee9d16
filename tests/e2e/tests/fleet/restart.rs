//! The stack stops and starts while a plan waits.

use std::process::Command;

use serde_json::json;

use crate::{
    trail::{clock, outbox, sent},
    world::*,
};

#[tokio::test]
async fn alone_restart_a_plan_that_waited_is_taken_up_with_its_recorded_approval() {
    let w = world();
    let xtask = std::env::var("AIOPS_E2E_XTASK").expect("only `cargo xtask test` can restart its stack (AIOPS_E2E_XTASK)");
    let (early, late) = (w.instance(PROD).await, w.instance(PROD).await);
    // One plan is approved before the restart and one after it.
    let plans = [&early, &late].map(|id| w.ask("alice", &format!("stop {id} in prod")));
    for plan in &plans {
        w.wait(plan, &["awaiting_approval"]).await;
    }
    let [before, after] = plans;
    // Recorded, but the workflow that would act on it is gone.
    let arn = format!("{}:{before}-execute-1", w.hub("ChangeStateMachineArn").replacen(":stateMachine:", ":execution:", 1));
    w.sfn().stop_execution().execution_arn(arn).error("Test.Lost").send().await.unwrap();
    assert_eq!(w.approve("bob", &before).status, 200);
    let digest = w.digest(&after);

    // Said here, because a target directory that several checkouts share may hold the xtask of another one.
    let checkout = std::path::Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("nextest names the package")).join("../..");
    let checkout = checkout.canonicalize().unwrap();
    let output =
        Command::new(xtask).env("CARGO_MANIFEST_DIR", checkout.join("xtask")).arg("restart-test-stack").arg(&w.dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let since = clock();
    assert_eq!((w.state(&after), w.digest(&after)), ("awaiting_approval".to_owned(), digest));
    let (swept, failed) = w.invoke("resume-plans", &json!({})).await;
    assert!(!failed, "{swept}");
    for plan in [&before, &after] {
        assert!(swept["resumed"].to_string().contains(plan.as_str()), "{swept}");
    }
    assert_eq!(w.approve("bob", &after).status, 200);
    for (plan, id) in [(&before, &early), (&after, &late)] {
        let end = w.wait(plan, &["succeeded", "failed", "unknown", "drifted", "denied"]).await;
        assert_eq!(end["state"], "succeeded", "{end:#}\n{}", w.history(plan).await);
        let people: Vec<_> = end["approvals"].as_array().unwrap().iter().map(|a| a["person"].as_str().unwrap()).collect();
        assert_eq!(people, ["bob"]);
        assert_eq!(w.execution_end(plan, "execute", 2).await.0, "SUCCEEDED");
        assert_eq!(sent(PROD, "StopInstances", id, since).await, 1);
        assert_eq!(w.instance_state(PROD, id).await, "stopped");
        told(plan).await;
    }
}

/// Waits until the asker was told of the end: the outbox is emptied from the table's stream after a restart as well.
async fn told(plan: &str) {
    for _ in 0..100 {
        let messages = outbox(plan).await;
        if messages.iter().any(|(occasion, sent)| occasion == "plan.closed" && *sent) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("nobody was told of the end of {plan}: {:?}", outbox(plan).await);
}
