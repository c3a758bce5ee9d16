//! Resources that move, roles that are missing, names that only look right, functions that die, answers that get lost.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    proxy::{Act, Proxy, Rewired, blocking},
    trail::{calls, clock, outbox, paged, sent},
    world::*,
};

/// Short enough that a dead invocation's lease ends soon, long enough for a cold start on a busy machine.
const SHORT: i32 = 8;

/// A function of the test's own with a reserved concurrency.
async fn function(account: &str, concurrency: i32) -> String {
    use aws_sdk_lambda::types::{FunctionCode, Runtime};
    let name = format!("e2e-{}", &unique()[16..]);
    // An archive without files.
    let mut zip = b"PK\x05\x06".to_vec();
    zip.resize(22, 0);
    let lambda = world().lambda(account);
    let code = FunctionCode::builder().zip_file(zip.into()).build();
    let make = lambda.create_function().function_name(&name).runtime(Runtime::Python312).handler("index.handler").code(code);
    make.role(format!("arn:aws:iam::{account}:role/thumbnails")).send().await.unwrap();
    set(account, &name, concurrency).await;
    name
}

async fn set(account: &str, function: &str, concurrency: i32) {
    let lambda = world().lambda(account);
    lambda.put_function_concurrency().function_name(function).reserved_concurrent_executions(concurrency).send().await.unwrap();
}

async fn concurrency(account: &str, function: &str) -> Option<i32> {
    let lambda = world().lambda(account);
    lambda.get_function_concurrency().function_name(function).send().await.unwrap().reserved_concurrent_executions()
}

/// Has the plan approved where it waits for that, and waits for one of the states.
async fn go(plan: &str, states: &[&str]) -> Value {
    let w = world();
    if w.wait_for(plan, &[states, &["awaiting_approval"]].concat(), 90).await["state"] == "awaiting_approval" {
        let yes = w.approve("bob", plan);
        assert_eq!(yes.status, 200, "{yes:?}");
    }
    w.wait_for(plan, states, 90).await
}

/// A plan for an instance in prod that waits for its approval.
async fn waiting(text: &str) -> String {
    let plan = world().ask("alice", text);
    world().wait(&plan, &["awaiting_approval"]).await;
    plan
}

#[tokio::test]
async fn what_was_stopped_between_preview_and_approval_is_refused_with_the_difference() {
    let (w, since) = (world(), clock());
    let id = w.instance(PROD).await;
    let plan = waiting(&format!("stop {id} in prod")).await;
    w.ec2(PROD).stop_instances().instance_ids(&id).send().await.unwrap();
    assert_eq!(w.approve("bob", &plan).status, 200);
    let end = w.wait(&plan, &["drifted", "succeeded", "failed"]).await;
    assert_eq!((&end["state"], &end["rule"]), (&json!("drifted"), &json!("drift.moved")), "{end:#}");
    let why = end["reason"].as_str().unwrap();
    assert!(why.contains(&id) && why.contains("running") && why.contains("stopped"), "{why}");
    let zh = w.get(&format!("/v1/plans/{plan}?lang=zh"), "victor");
    assert!(zh.body["reason"].as_str().unwrap().contains("现为"), "{zh:?}");
    assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Drifted".into()));
    assert_eq!(end["effects"], json!([]));
    assert_eq!(sent(PROD, "StopInstances", &id, since).await, 0);
    let kinds = w.audit_kinds(PROD, &plan);
    assert!(kinds.iter().any(|k| k == "drifted") && !kinds.iter().any(|k| k == "lease_taken"), "{kinds:?}");
}

#[tokio::test]
async fn a_target_that_was_terminated_before_the_approval_is_refused() {
    let (w, since) = (world(), clock());
    let id = w.instance(PROD).await;
    let plan = waiting(&format!("stop {id} in prod")).await;
    w.ec2(PROD).terminate_instances().instance_ids(&id).send().await.unwrap();
    assert_eq!(w.approve("bob", &plan).status, 200);
    let end = w.wait(&plan, &["drifted", "succeeded", "failed"]).await;
    assert_eq!((&end["state"], &end["effects"]), (&json!("drifted"), &json!([])), "{end:#}");
    assert_eq!(w.execution_end(&plan, "execute", 1).await.1, "Change.Drifted");
    assert_eq!(sent(PROD, "StopInstances", &id, since).await, 0);
}

#[tokio::test]
async fn a_target_that_was_deleted_before_the_approval_is_refused_by_name() {
    let w = world();
    let name = function(PROD, 3).await;
    let plan = waiting(&format!("set reserved concurrency for {name} to 5 in prod")).await;
    w.lambda(PROD).delete_function().function_name(&name).send().await.unwrap();
    assert_eq!(w.approve("bob", &plan).status, 200);
    let end = w.wait(&plan, &["drifted", "succeeded", "failed"]).await;
    assert_eq!((&end["state"], &end["rule"]), (&json!("drifted"), &json!("drift.gone")), "{end:#}");
    assert!(end["reason"].as_str().unwrap().contains(&name), "{end:#}");
    assert_eq!(w.execution_end(&plan, "execute", 1).await.1, "Change.Drifted");
}

#[tokio::test]
async fn an_undo_leaves_alone_what_somebody_moved_since_and_pages() {
    let w = world();
    let name = function(DEV, 3).await;
    let plan = w.ask("alice", &format!("set reserved concurrency for {name} to 5 in dev"));
    go(&plan, &["succeeded"]).await;
    assert_eq!(concurrency(DEV, &name).await, Some(5));
    set(DEV, &name, 9).await;
    let answer = w.post(&format!("/v1/plans/{plan}/undo"), "alice", &json!({}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let end = w.wait(&plan, &["undo_failed", "undone"]).await;
    assert_eq!((&end["state"], &end["rule"]), (&json!("undo_failed"), &json!("undo.drifted")), "{end:#}");
    let why = end["reason"].as_str().unwrap();
    assert!(why.contains('5') && why.contains('9'), "{why}");
    assert_eq!(concurrency(DEV, &name).await, Some(9), "it was left alone");
    assert_eq!(w.execution_end(&plan, "undo", 1).await.1, "Change.UndoFailed");
    assert!(paged(&plan).await, "{:?}", outbox(&plan).await);
}

/// An account that nobody else uses.
fn fresh_account() -> (String, String) {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).unwrap();
    (format!("9{:011}", u64::from_be_bytes(bytes) % 100_000_000_000), unique()[14..].to_owned())
}

fn register(id: &str, name: &str) {
    // `staging` with full autonomy: acts alone, and leaves the words for production and development to the accounts that are there.
    let account =
        json!({"id": id, "name": name, "environment": "staging", "owner": "e2e@example.com", "regions": [REGION], "autonomy": "full"});
    let answer = world().call("PUT", "/v1/accounts", "erin", &json!({"accounts": [account]}).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_member_that_lets_nobody_in_is_named_with_its_role_and_the_hub_acts_for_nobody() {
    let (w, since) = (world(), clock());
    let (id, end) = fresh_account();
    let name = format!("locked-{end}");
    register(&id, &name);
    for (text, says) in [
        (format!("stop i-0123456789abcdef0 in {name}"), "does not let the fleet in"),
        (format!("停止 {name} 的 i-0123456789abcdef0"), "不允许平台进入"),
    ] {
        let answer = w.chat("alice", &text);
        assert_eq!(answer.error(), "Accounts.Denied", "{answer:?}");
        let said = answer.body.to_string();
        assert!(said.contains(&name) && said.contains(&id) && said.contains("role/aiops-read"), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(answer.body["plan_id"].is_null(), "{answer:?}");
    }
    let seen = calls(HUB, "ec2", since).await;
    assert!(seen.is_empty(), "the hub's own credentials were used: {seen:?}");
    assert!(!calls(HUB, "sts", since).await.is_empty(), "the attempt to enter is in the hub's CloudTrail");
    assert!(calls(&id, "ec2", since).await.is_empty());
}

#[tokio::test]
async fn a_member_without_the_operating_role_ends_the_plan_and_nothing_is_done() {
    let (w, since) = (world(), clock());
    let (id, end) = fresh_account();
    let name = format!("shadow-{end}");
    let private: Value = serde_json::from_str(&std::fs::read_to_string(w.dir.join("private.json")).unwrap()).unwrap();
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/member.yaml")).unwrap();
    let cfn = aws_sdk_cloudformation::Client::new(&w.root(&id));
    let parameter =
        |key: &str, value: &str| aws_sdk_cloudformation::types::Parameter::builder().parameter_key(key).parameter_value(value).build();
    cfn.create_stack()
        .stack_name("aiops-member")
        .template_body(template)
        .capabilities(aws_sdk_cloudformation::types::Capability::CapabilityNamedIam)
        .parameters(parameter("HubAccountId", HUB))
        .parameters(parameter("Prefix", "aiops"))
        .parameters(parameter("ExternalId", private["external_id"].as_str().unwrap()))
        .parameters(parameter("Writing", "disabled"))
        .send()
        .await
        .unwrap();
    for _ in 0..100 {
        let seen = cfn.describe_stacks().stack_name("aiops-member").send().await.unwrap();
        match seen.stacks()[0].stack_status().unwrap().as_str() {
            "CREATE_COMPLETE" => break,
            "CREATE_IN_PROGRESS" => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
            other => panic!("the member stack is {other}"),
        }
    }
    register(&id, &name);
    let instance = w.instance(&id).await;
    let plan = w.ask("alice", &format!("stop {instance} in {name}"));
    let end = go(&plan, &["failed", "succeeded", "denied", "drifted"]).await;
    assert_eq!((&end["state"], &end["rule"], &end["effects"]), (&json!("failed"), &json!("Accounts.Denied"), &json!([])), "{end:#}");
    let why = end["reason"].as_str().unwrap();
    assert!(why.contains(&name) && why.contains("role/aiops-operate"), "{why}");
    assert_eq!(w.execution_end(&plan, "execute", 1).await.1, "Change.Failed");
    assert_eq!(w.instance_state(&id, &instance).await, "running");
    assert_eq!(sent(&id, "StopInstances", &instance, since).await, 0);
}

#[tokio::test]
async fn account_names_that_are_unknown_or_only_look_right_are_refused_by_name() {
    let w = world();
    let id = w.instance(PROD).await;
    // A Cyrillic о, a full-width p, one letter too many.
    for name in ["pr\u{43e}d", "\u{ff50}rod", "prod1", "prod-eu"] {
        for text in [format!("stop {id} in account {name}"), format!("停止账户 {name} 的 {id}")] {
            let answer = w.chat("alice", &text);
            assert!(answer.body["plan_id"].is_null(), "{name}: {answer:?}");
            assert_eq!((answer.status, answer.error()), (200, "Plan.AccountNotFound"), "{text}: {answer:?}");
            assert!(answer.text().contains("prod"), "the accounts that exist are listed: {answer:?}");
            let chinese = answer.text().contains("不是已登记的账户");
            assert_eq!(chinese, text.starts_with('停'), "{answer:?}");
        }
    }
    // A zero-width space makes two words of it, of which the second is not explained: asked back about, in either language.
    for text in [format!("stop {id} in account pr\u{200b}od"), format!("停止账户 pr\u{200b}od 的 {id}")] {
        let answer = w.chat("alice", &text);
        assert!(answer.body["plan_id"].is_null() && answer.status == 200, "{answer:?}");
        assert!(["Language.Doubt", "Plan.AccountNotFound"].contains(&answer.error()), "{text}: {answer:?}");
    }
    assert_eq!(w.instance_state(PROD, &id).await, "running");
}

#[tokio::test]
async fn alone_a_failed_verification_restores_the_former_value() {
    let w = world();
    let name = function(DEV, 3).await;
    let proxy = Proxy::start("execute-operation");
    let _rewired = Rewired::through(&proxy, "execute-operation", &["LAMBDA"], 120).await;
    let moved = name.clone();
    let act = Act::Meanwhile(Arc::new(move || blocking(set(DEV, &moved, 9))));
    let met = proxy.disturb(&["PUT ", &format!("/functions/{name}/concurrency")], 1, act);
    let plan = w.ask("alice", &format!("set reserved concurrency for {name} to 5 in dev"));
    let end = go(&plan, &["undone", "succeeded", "undo_failed", "failed"]).await;
    assert_eq!((met.times(), &end["state"]), (1, &json!("undone")), "{end:#}\n{}", w.history(&plan).await);
    assert_eq!(concurrency(DEV, &name).await, Some(3));
    assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Undone".into()));
    let kinds = w.audit_kinds(DEV, &plan);
    for kind in ["executed", "verification_failed", "undo_started", "undone"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind} is missing in {kinds:?}");
    }
}

/// Stops an instance in dev while `execute-operation` dies at the request that holds `texts`; it is stopped once all the same.
async fn dies(texts: &[&str], act: Act, effect: &str) {
    let (w, since) = (world(), clock());
    let id = w.instance(DEV).await;
    let proxy = Proxy::start("execute-operation");
    let _rewired = Rewired::through(&proxy, "execute-operation", &["EC2", "DYNAMODB"], SHORT).await;
    let met = proxy.disturb(&[texts, &[id.as_str()]].concat(), 1, act);
    let plan = w.ask("alice", &format!("stop {id} in dev"));
    met.wait(30).await;
    let end = go(&plan, &["succeeded", "failed", "unknown", "drifted", "killed", "denied"]).await;
    assert_eq!(end["state"], "succeeded", "{end:#}\n{}", w.history(&plan).await);
    assert_eq!((end["effects"].as_array().unwrap().len(), end["effects"][0]["state"].as_str().unwrap()), (1, effect), "{end:#}");
    assert_eq!(w.instance_state(DEV, &id).await, "stopped");
    assert_eq!(sent(DEV, "StopInstances", &id, since).await, 1);
    let kinds = w.audit_kinds(DEV, &plan);
    assert_eq!(kinds.iter().filter(|k| *k == "lease_taken").count(), 2, "{kinds:?}");
    assert_eq!(w.execution_end(&plan, "execute", 1).await.0, "SUCCEEDED");
}

#[tokio::test]
async fn alone_a_function_that_dies_before_the_effect_makes_it_once() {
    dies(&["Action=StopInstances"], Act::KillBefore, "done").await;
}

#[tokio::test]
async fn alone_a_function_that_dies_between_effect_and_record_does_not_repeat_it() {
    dies(&["Action=StopInstances"], Act::KillAfter, "observed").await;
}

#[tokio::test]
async fn alone_a_function_that_dies_after_the_record_goes_on_from_it() {
    dies(&["DynamoDB_20120810.TransactWriteItems", "effect_done"], Act::KillAfter, "done").await;
}

#[tokio::test]
async fn alone_a_reboot_whose_function_died_is_never_repeated_and_a_person_is_paged() {
    let (w, since) = (world(), clock());
    let id = w.instance(DEV).await;
    let proxy = Proxy::start("execute-operation");
    let _rewired = Rewired::through(&proxy, "execute-operation", &["EC2"], SHORT).await;
    let met = proxy.disturb(&["Action=RebootInstances", &id], 1, Act::KillAfter);
    let plan = w.ask("alice", &format!("reboot {id} in dev"));
    ends_unknown(&plan, &id, since).await;
    assert_eq!(met.times(), 1);
}

async fn ends_unknown(plan: &str, id: &str, since: f64) {
    let w = world();
    let end = go(plan, &["unknown", "succeeded", "failed", "drifted", "denied"]).await;
    assert_eq!((&end["state"], &end["rule"]), (&json!("unknown"), &json!("effect.unknown")), "{end:#}\n{}", w.history(plan).await);
    assert_eq!(w.execution_end(plan, "execute", 1).await, ("FAILED".into(), "Change.Unknown".into()));
    assert_eq!(sent(DEV, "RebootInstances", id, since).await, 1);
    assert!(paged(plan).await, "{:?}", outbox(plan).await);
    // Neither the sweep nor the asker brings it to life again.
    w.invoke("resume-plans", &json!({})).await;
    assert_eq!((w.state(plan), sent(DEV, "RebootInstances", id, since).await), ("unknown".into(), 1));
}

#[tokio::test]
async fn alone_a_write_without_an_answer_is_ambiguous_and_a_throttled_one_is_sent_again() {
    let (w, since) = (world(), clock());
    let proxy = Proxy::start("execute-operation");
    let _rewired = Rewired::through(&proxy, "execute-operation", &["EC2"], SHORT).await;
    let (lost, late, stopped, slow) = (w.instance(DEV).await, w.instance(DEV).await, w.instance(DEV).await, w.instance(DEV).await);
    proxy.disturb(&["Action=RebootInstances", &lost], 1, Act::LoseTheAnswer);
    // Longer than the function may run: it ends in the middle of the call.
    let wait = std::time::Duration::from_secs(u64::try_from(SHORT).unwrap() + 2);
    proxy.disturb(&["Action=RebootInstances", &late], 1, Act::Meanwhile(Arc::new(move || std::thread::sleep(wait))));
    proxy.disturb(&["Action=StopInstances", &stopped], 1, Act::LoseTheAnswer);
    let error = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow down</Message></Error></Errors><RequestID>r</RequestID></Response>";
    let throttled = proxy.disturb(&["Action=StopInstances", &slow], 2, Act::Answer(503, "text/xml", error.to_owned()));
    let reboots = [&lost, &late].map(|id| (w.ask("alice", &format!("reboot {id} in dev")), id));
    let stops = [&stopped, &slow].map(|id| (w.ask("alice", &format!("stop {id} in dev")), id));
    for (plan, id) in &reboots {
        ends_unknown(plan, id, since).await;
    }
    for (plan, id) in &stops {
        let end = go(plan, &["succeeded", "failed", "unknown", "drifted", "denied"]).await;
        assert_eq!(end["state"], "succeeded", "{end:#}\n{}", w.history(plan).await);
        assert_eq!(sent(DEV, "StopInstances", id, since).await, 1, "{end:#}");
        assert_eq!(w.instance_state(DEV, id).await, "stopped");
    }
    assert_eq!(throttled.times(), 2);
}

#[tokio::test]
async fn alone_an_approval_whose_function_died_is_recorded_once_and_taken_up_when_it_is_sent_again() {
    let (w, since) = (world(), clock());
    let id = w.instance(PROD).await;
    let plan = waiting(&format!("stop {id} in prod")).await;
    let proxy = Proxy::start("record-approval");
    let _rewired = Rewired::through(&proxy, "record-approval", &["DYNAMODB"], 25).await;
    let met = proxy.disturb(&["DynamoDB_20120810.TransactWriteItems", &format!("APPROVAL#{plan}")], 1, Act::KillAfter);
    let lost = w.approve("bob", &plan);
    assert_eq!((met.times(), lost.status / 100), (1, 5), "{lost:?}");
    // It counts, but nobody woke the workflow; whoever got no answer asks again.
    assert_eq!(w.plan(&plan)["approvals"].as_array().unwrap().len(), 1);
    let again = w.approve("bob", &plan);
    assert_eq!(again.status, 200, "{again:?}");
    let end = w.wait(&plan, &["succeeded", "failed", "unknown", "drifted", "denied"]).await;
    assert_eq!((&end["state"], end["approvals"].as_array().unwrap().len()), (&json!("succeeded"), 1), "{end:#}");
    assert_eq!(sent(PROD, "StopInstances", &id, since).await, 1);
    assert_eq!(w.audit_kinds(PROD, &plan).iter().filter(|k| *k == "approval_recorded").count(), 1, "{:?}", w.audit_kinds(PROD, &plan));
}
