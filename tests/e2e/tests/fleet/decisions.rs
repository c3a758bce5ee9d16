//! Who decides about a plan, how, and until when.

use std::time::Duration;

use domain::Digest;
use serde_json::{Value, json};

use crate::world::*;

/// The body of an approval of what a plan's page shows now.
fn yes(w: &World, plan: &str) -> Value {
    let seen = w.plan(plan);
    json!({"digest": seen["digest"], "preview_hash": seen["preview_hash"], "lang": "en"})
}

fn post(w: &World, person: &str, plan: &str, what: &str, body: &Value) -> Answer {
    w.post(&format!("/v1/plans/{plan}/{what}"), person, body)
}

/// Refusals of a plan's approvals in the audit log, as `person: error`.
pub fn refusals(w: &World, plan: &str) -> Vec<String> {
    let records = w.audit_records(PROD).into_iter();
    let refused = records.filter(|r| r["event"]["plan"] == plan && r["event"]["kind"] == "approval_refused");
    refused.map(|r| format!("{} {}", r["event"]["actor"], r["event"])).collect()
}

fn count(kinds: &[String], kind: &str) -> usize {
    kinds.iter().filter(|k| *k == kind).count()
}

async fn untouched(w: &World, id: &str, plan: &str) {
    assert_eq!(w.instance_state(PROD, id).await, "running");
    let kinds = w.audit_kinds(PROD, plan);
    for kind in ["approved", "lease_taken", "effect_intended", "effect_done", "executed"] {
        assert_eq!(count(&kinds, kind), 0, "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn an_asker_who_is_also_an_approver_cannot_approve_her_own_plan() {
    let w = world();
    let (id, plan) = w.waiting("carol").await;
    let refused = w.approve("carol", &plan);
    assert_eq!((refused.status, refused.error()), (403, "Approval.AuthorRefused"), "{refused:?}");
    let code = post(w, "carol", &plan, "console-code", &json!({"digest": w.digest(&plan)}));
    assert_eq!((code.status, code.error()), (403, "Approval.AuthorRefused"), "{code:?}");
    let refusals = refusals(w, &plan);
    assert!(refusals.len() == 1 && refusals[0].contains("carol") && refusals[0].contains("Approval.AuthorRefused"), "{refusals:?}");
    assert_eq!(w.state(&plan), "awaiting_approval");
    untouched(w, &id, &plan).await;
    assert_eq!(w.approve("bob", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
}

#[tokio::test]
async fn whoever_is_no_approver_can_neither_approve_nor_reject_nor_get_a_code() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    // Their token still says approver; the directory does not.
    let (nobody, demoted) = (w.new_person(&[]).await, w.new_person(&["approver", "viewer"]).await);
    w.token(&demoted);
    w.leave_group(&demoted, "approver").await;
    let body = yes(w, &plan);
    for person in ["alice", "victor", "dave", "erin", &nobody, &demoted] {
        for (what, body) in
            [("approve", body.clone()), ("reject", json!({"digest": body["digest"]})), ("console-code", json!({"digest": body["digest"]}))]
        {
            let refused = post(w, person, &plan, what, &body);
            assert_eq!((refused.status, refused.error()), (403, "Request.Denied"), "{person} {what}: {refused:?}");
        }
    }
    let unsigned = w.call("POST", &format!("/v1/plans/{plan}/approve"), "", &body.to_string());
    assert_eq!(unsigned.status, 401, "{unsigned:?}");
    assert_eq!(refusals(w, &plan).len(), 6, "every try is in the audit log");
    assert_eq!(w.state(&plan), "awaiting_approval");
    untouched(w, &id, &plan).await;
    w.remove_person(&nobody).await;
    w.remove_person(&demoted).await;
    assert_eq!(w.reject("bob", &plan, "only a test").status, 200);
}

#[tokio::test]
async fn a_rejected_plan_ends_untouched_and_a_later_yes_is_refused() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let body = yes(w, &plan);
    let other = post(w, "bob", &plan, "reject", &json!({"digest": Digest::of_bytes(b"another").as_str()}));
    assert_eq!((other.status, other.error()), (409, "Approval.DigestConflict"), "{other:?}");
    assert_eq!(w.state(&plan), "awaiting_approval");
    let no = w.reject("bob", &plan, "not during the sale");
    assert_eq!((no.status, no.body["state"].as_str()), (200, Some("rejected")), "{no:?}");
    assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Rejected".into()));
    let late = post(w, "carol", &plan, "approve", &body);
    assert_eq!((late.status, late.error()), (409, "Approval.StateConflict"), "{late:?}");
    let ended = w.plan(&plan);
    assert_eq!((ended["state"].as_str(), ended["rule"].as_str()), (Some("rejected"), Some("person.rejected")));
    assert!(ended["reason"].as_str().unwrap().contains("not during the sale"), "{ended:#}");
    assert_eq!(ended["approvals"], json!([]));
    untouched(w, &id, &plan).await;
}

#[tokio::test]
async fn only_an_author_withdraws_and_a_withdrawn_plan_ends_untouched() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let body = yes(w, &plan);
    for person in ["bob", "carol", "erin", "victor"] {
        let refused = post(w, person, &plan, "withdraw", &json!({}));
        assert_eq!((refused.status, refused.error()), (403, "Plan.WithdrawDenied"), "{person}: {refused:?}");
    }
    assert_eq!(w.state(&plan), "awaiting_approval");
    assert_eq!(post(w, "alice", &plan, "withdraw", &json!({})).status, 200);
    assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Withdrawn".into()));
    let late = post(w, "bob", &plan, "approve", &body);
    assert_eq!((late.status, late.error()), (409, "Approval.StateConflict"), "{late:?}");
    let again = post(w, "alice", &plan, "withdraw", &json!({}));
    assert_eq!((again.status, again.error()), (409, "Approval.StateConflict"), "{again:?}");
    assert_eq!(w.state(&plan), "withdrawn");
    untouched(w, &id, &plan).await;
}

#[tokio::test]
async fn the_same_approval_twice_and_at_once_is_one_approval() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let body = yes(w, &plan);
    let at_once: Vec<_> = (0..3)
        .map(|_| {
            let (plan, body) = (plan.clone(), body.clone());
            tokio::task::spawn_blocking(move || post(world(), "bob", &plan, "approve", &body))
        })
        .collect();
    for answer in at_once {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let done = w.wait(&plan, &["succeeded", "failed", "denied"]).await;
    assert_eq!(done["state"], "succeeded", "{done:#}");
    let after = post(w, "bob", &plan, "approve", &body);
    assert_eq!(after.status, 200, "{after:?}");
    assert!(after.text().contains("approved this plan already"), "{after:?}");
    assert_eq!(w.plan(&plan)["approvals"].as_array().unwrap().len(), 1);
    let kinds = w.audit_kinds(PROD, &plan);
    assert_eq!((count(&kinds, "approval_recorded"), count(&kinds, "effect_done")), (1, 1), "{kinds:?}");
    assert_eq!(w.instance_state(PROD, &id).await, "stopped");
}

#[tokio::test]
async fn a_yes_and_a_no_at_the_same_instant_end_in_one_of_the_two_and_never_in_both() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let (body, no) = (yes(w, &plan), json!({"digest": w.digest(&plan), "reason": "at once"}));
    let approve = tokio::task::spawn_blocking({
        let plan = plan.clone();
        move || post(world(), "bob", &plan, "approve", &body)
    });
    let reject = tokio::task::spawn_blocking({
        let plan = plan.clone();
        move || post(world(), "carol", &plan, "reject", &no)
    });
    let (approve, reject) = (approve.await.unwrap(), reject.await.unwrap());
    let ended = w.wait(&plan, &["succeeded", "rejected", "failed", "denied"]).await;
    match ended["state"].as_str().unwrap() {
        "rejected" => {
            assert_eq!(reject.status, 200, "{reject:?}");
            untouched_but_approved(w, &id, &plan).await;
        }
        "succeeded" => {
            assert_eq!((approve.status, reject.status), (200, 409), "{approve:?} {reject:?}");
            assert_eq!(w.instance_state(PROD, &id).await, "stopped");
        }
        other => panic!("{other}: {ended:#}"),
    }
}

/// The no may come after the yes was counted, but before anything was done.
async fn untouched_but_approved(w: &World, id: &str, plan: &str) {
    assert_eq!(w.execution_end(plan, "execute", 1).await.1, "Change.Rejected");
    assert_eq!(w.instance_state(PROD, id).await, "running");
    assert_eq!(count(&w.audit_kinds(PROD, plan), "effect_intended"), 0);
}

#[tokio::test]
async fn an_approval_names_this_plan_and_what_was_shown_in_the_language_it_was_shown() {
    let w = world();
    let ((id, plan), (_, other)) = (w.waiting("alice").await, w.waiting("alice").await);
    let (shown, shown_other) = (w.plan(&plan), w.plan(&other));
    let shown_zh = w.get(&format!("/v1/plans/{plan}?lang=zh"), "bob").body;
    let approve = |digest: &Value, hash: &Value, lang: &str| {
        post(w, "bob", &plan, "approve", &json!({"digest": digest, "preview_hash": hash, "lang": lang}))
    };
    let wrong = approve(&shown_other["digest"], &shown["preview_hash"], "en");
    assert_eq!((wrong.status, wrong.error()), (409, "Approval.DigestConflict"), "{wrong:?}");
    for (hash, lang) in [(&shown_other["preview_hash"], "en"), (&shown_zh["preview_hash"], "en"), (&shown["preview_hash"], "zh")] {
        let wrong = approve(&shown["digest"], hash, lang);
        assert_eq!((wrong.status, wrong.error()), (409, "Approval.PreviewConflict"), "{wrong:?}");
    }
    assert_eq!(w.plan(&plan)["approvals"], json!([]));
    assert_eq!(w.state(&plan), "awaiting_approval");
    untouched(w, &id, &plan).await;
    let right = approve(&shown_zh["digest"], &shown_zh["preview_hash"], "zh");
    assert_eq!(right.status, 200, "{right:?}");
    w.wait(&plan, &["succeeded"]).await;
    assert_eq!(w.reject("bob", &other, "only a test").status, 200);
}

#[tokio::test]
async fn chat_never_approves_it_hands_the_decision_to_the_signed_in_client() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let answer = w.chat("bob", &format!("approve {plan}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let action = &answer.body["action"];
    assert_eq!(action["path"], format!("/v1/plans/{plan}/approve"), "{answer:?}");
    assert_eq!(w.plan(&plan)["approvals"], json!([]));
    untouched(w, &id, &plan).await;
    let decided = w.call(action["method"].as_str().unwrap(), action["path"].as_str().unwrap(), "bob", &action["body"].to_string());
    assert_eq!(decided.status, 200, "{decided:?}");
    w.wait(&plan, &["succeeded"]).await;
}

/// Plans live for ten seconds here.
#[tokio::test]
async fn alone_an_expired_plan_is_closed_by_a_late_yes_or_by_the_sweep_and_nothing_happens() {
    let w = world();
    let before = w.set_variable("plan-operation", "PLAN_TTL_SECONDS", Some("10")).await;
    let body = async move {
        let ((id, plan), (swept_id, swept)) = (w.waiting("alice").await, w.waiting("alice").await);
        let (late_yes, late_for_swept) = (yes(w, &plan), yes(w, &swept));
        tokio::time::sleep(Duration::from_secs(11)).await;

        let late = post(w, "bob", &plan, "approve", &late_yes);
        assert_eq!((late.status, late.error()), (403, "Approval.ExpiredRefused"), "{late:?}");
        assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Expired".into()));
        assert_eq!(w.state(&plan), "expired");
        untouched(w, &id, &plan).await;

        let (answer, failed) = w.invoke("resume-plans", &json!({})).await;
        assert!(!failed && answer["expired"].as_array().unwrap().contains(&json!(swept)), "{answer}");
        assert_eq!(w.state(&swept), "expired");
        let late = post(w, "bob", &swept, "approve", &late_for_swept);
        assert_eq!((late.status, late.error()), (403, "Approval.ExpiredRefused"), "{late:?}");
        assert_eq!(w.execution_end(&swept, "execute", 1).await, ("FAILED".into(), "Change.Expired".into()));
        untouched(w, &swept_id, &swept).await;
        for plan in [&plan, &swept] {
            let kinds = w.audit_kinds(PROD, plan);
            assert_eq!((count(&kinds, "expired"), count(&kinds, "approval_refused"), count(&kinds, "approval_recorded")), (1, 1, 0));
        }
    };
    restoring(body, async {
        w.set_variable("plan-operation", "PLAN_TTL_SECONDS", before.as_deref()).await;
    })
    .await;
}

/// A yes is worth what its person is worth when the plan runs. The workflow is taken away first, so that there is time in between;
/// a sweep of another test would bring it back too early.
#[tokio::test]
async fn alone_an_approver_who_lost_the_role_before_execution_does_not_count() {
    let w = world();
    let person = w.new_person(&["approver"]).await;
    let (id, plan) = w.waiting("alice").await;
    let machine = w.hub("ChangeStateMachineArn").replacen(":stateMachine:", ":execution:", 1);
    w.sfn().stop_execution().execution_arn(format!("{machine}:{plan}-execute-1")).send().await.unwrap();
    let answer = w.approve(&person, &plan);
    assert_eq!(answer.status, 200, "{answer:?}");
    w.leave_group(&person, "approver").await;
    let (swept, failed) = w.invoke("resume-plans", &json!({})).await;
    assert!(!failed, "{swept}");
    for _ in 0..100 {
        if count(&w.audit_kinds(PROD, &plan), "verdict") > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(w.execution(&plan, "execute", 2).await.0, "RUNNING", "{}", w.history(&plan).await);
    assert_eq!(w.state(&plan), "awaiting_approval");
    untouched(w, &id, &plan).await;
    assert_eq!(w.approve("bob", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
    let records = w.audit_records(PROD);
    let approved = records.iter().find(|r| r["event"]["plan"] == plan.as_str() && r["event"]["kind"] == "approved").unwrap();
    assert_eq!(approved["event"]["detail"]["approvers"], json!(["bob"]), "{approved}");
    w.remove_person(&person).await;
}

/// Releases a scope by two administrators, whoever asked before.
async fn release(w: &World, scope: &Value) {
    let (first, second) = (w.new_person(&["administrator"]).await, w.new_person(&["administrator"]).await);
    for person in [&first, &second] {
        let answer = w.post("/v1/release", person, &json!({"scope": scope}));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    w.remove_person(&first).await;
    w.remove_person(&second).await;
}

#[tokio::test]
async fn alone_the_kill_switch_holds_an_approved_plan_and_two_administrators_release_it() {
    let w = world();
    let body = async move {
        let (id, plan) = w.waiting("alice").await;
        let refused = w.post("/v1/stop", "victor", &json!({"reason": "no role for this"}));
        assert_eq!((refused.status, refused.error()), (403, "Request.Denied"), "{refused:?}");
        let stop = w.post("/v1/stop", "erin", &json!({"reason": "a test"}));
        assert_eq!((stop.status, stop.body["state"].as_str()), (200, Some("stopped")), "{stop:?}");
        assert_eq!(w.approve("bob", &plan).status, 200);
        assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Killed".into()));
        assert_eq!(w.state(&plan), "killed");
        untouched(w, &id, &plan).await;

        let dev = w.instance(DEV).await;
        let during = w.chat("alice", &format!("stop {dev} in dev"));
        assert_eq!(during.status, 200, "{during:?}");
        assert!(during.text().contains("kill switch"), "{during:?}");
        assert_eq!(w.instance_state(DEV, &dev).await, "running");

        let second = w.new_person(&["administrator"]).await;
        for (person, status, state) in [("alice", 403, None), ("erin", 200, Some("waiting")), ("erin", 200, Some("waiting"))] {
            let answer = w.post("/v1/release", person, &json!({}));
            assert_eq!((answer.status, answer.body["state"].as_str()), (status, state), "{person}: {answer:?}");
        }
        let still = w.chat("alice", &format!("stop {dev} in dev"));
        assert!(still.text().contains("kill switch"), "one administrator is not enough: {still:?}");
        let released = w.post("/v1/release", &second, &json!({}));
        assert_eq!((released.status, released.body["state"].as_str()), (200, Some("released")), "{released:?}");
        w.remove_person(&second).await;
        let after = w.ask("alice", &format!("stop {dev} in dev"));
        w.wait(&after, &["succeeded"]).await;
        assert_eq!(w.state(&plan), "killed", "what was held does not come to life again");
        untouched(w, &id, &plan).await;
    };
    restoring(body, release(w, &json!({}))).await;
}

#[tokio::test]
async fn alone_a_stop_of_one_account_holds_only_that_account() {
    let w = world();
    let scope = json!({"account": "prod"});
    let stopped = scope.clone();
    let body = async move {
        let (id, plan) = w.waiting("alice").await;
        let stop = w.post("/v1/stop", "alice", &json!({"scope": stopped, "reason": "a test"}));
        assert_eq!((stop.status, stop.body["scope"].as_str()), (200, Some("account:444444444444")), "{stop:?}");
        assert_eq!(w.approve("bob", &plan).status, 200);
        let dev = w.instance(DEV).await;
        let elsewhere = w.ask("alice", &format!("stop {dev} in dev"));
        w.wait(&elsewhere, &["succeeded"]).await;
        assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Killed".into()));
        untouched(w, &id, &plan).await;
    };
    restoring(body, release(w, &scope)).await;
}
