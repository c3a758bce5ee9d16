//! Links, codes, and everything that only looks like a decision.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Digest;
use serde_json::{Value, json};

use crate::world::*;

type Row = std::collections::HashMap<String, AttributeValue>;

fn key(pk: &str, sk: &str) -> Row {
    [("pk", pk), ("sk", sk)].into_iter().map(|(n, v)| (n.to_owned(), AttributeValue::S(v.to_owned()))).collect()
}

async fn row(w: &World, pk: &str, sk: &str) -> Option<Row> {
    w.dynamodb().get_item().table_name(w.hub("LedgerTableName")).set_key(Some(key(pk, sk))).consistent_read(true).send().await.unwrap().item
}

/// Somebody with every right on the table writes into it, past every function.
async fn write(w: &World, row: Row) {
    w.dynamodb().put_item().table_name(w.hub("LedgerTableName")).set_item(Some(row)).send().await.unwrap();
}

fn text(row: &Row, name: &str) -> String {
    row[name].as_s().unwrap().clone()
}

/// The task token that the Step Functions console shows for a plan's waiting state; another than `before`.
async fn task_token(w: &World, plan: &str, before: &str) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let sealed = row(w, &format!("PLAN#{plan}"), "TASK").await.and_then(|r| r.get("ciphertext").cloned());
        if let Some(sealed) = sealed {
            let blob = STANDARD.decode(sealed.as_s().unwrap()).unwrap();
            let opened = aws_sdk_kms::Client::new(&w.root(HUB)).decrypt().key_id(w.hub("TokenKeyArn")).ciphertext_blob(blob.into());
            let opened = opened.encryption_context("aiops:plan", plan).send().await.unwrap();
            let token = String::from_utf8(opened.plaintext().unwrap().as_ref().to_vec()).unwrap();
            if token != before {
                return token;
            }
        }
        assert!(Instant::now() < end, "{plan} does not wait again: {}", w.history(plan).await);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// "Submit" in the Step Functions console, or SendTaskSuccess by whoever may call it.
async fn answer_task(w: &World, token: &str, output: &Value) {
    w.sfn().send_task_success().task_token(token).output(output.to_string()).send().await.unwrap();
}

async fn start(w: &World, name: &str, input: &Value) -> (String, String) {
    let machine = w.hub("ChangeStateMachineArn");
    let started = w.sfn().start_execution().state_machine_arn(&machine).name(name).input(input.to_string()).send().await.unwrap();
    for _ in 0..100 {
        let seen = w.sfn().describe_execution().execution_arn(started.execution_arn()).send().await.unwrap();
        if seen.status().as_str() != "RUNNING" {
            return (seen.status().as_str().to_owned(), seen.error().unwrap_or_default().to_owned());
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    panic!("{name} still runs");
}

fn refused() -> (String, String) {
    ("FAILED".into(), "Change.Refused".into())
}

/// What the members' trail saw of writes that name a resource: the stack's own record, not ours.
async fn writes_in_trail(w: &World, account: &str, id: &str) -> Vec<String> {
    let client = aws_sdk_cloudtrail::Client::new(&w.root(account));
    let (mut seen, mut found, mut until) = (std::collections::BTreeSet::new(), Vec::new(), None);
    loop {
        let page = client.lookup_events().max_results(50).set_end_time(until).send().await.unwrap();
        let mut news = 0;
        for event in page.events() {
            if !seen.insert(event.event_id().unwrap().to_owned()) {
                continue;
            }
            news += 1;
            until = event.event_time().copied();
            let event: Value = serde_json::from_str(event.cloud_trail_event().unwrap()).unwrap();
            let parameters = &event["requestParameters"];
            let action = parameters["Action"].as_str().or_else(|| event["eventName"].as_str()).unwrap().to_owned();
            let reads = ["Describe", "Get", "List", "Head"].iter().any(|p| action.starts_with(p));
            if parameters.to_string().contains(id) && !reads {
                found.push(action);
            }
        }
        if page.events().len() < 50 || news == 0 {
            return found;
        }
    }
}

/// A plan that was attacked still waits, untouched, and an honest yes still carries it out, once.
async fn goes_on_normally(w: &World, id: &str, plan: &str) {
    assert_eq!(w.state(plan), "awaiting_approval");
    assert_eq!(w.instance_state(PROD, id).await, "running");
    assert_eq!(writes_in_trail(w, PROD, id).await, Vec::<String>::new());
    let yes = w.approve("bob", plan);
    assert_eq!(yes.status, 200, "{yes:?}");
    w.wait(plan, &["succeeded"]).await;
    assert_eq!(writes_in_trail(w, PROD, id).await, ["StopInstances"], "the positive control");
    let approvals = w.audit_kinds(PROD, plan).iter().filter(|k| *k == "approval_recorded").count();
    assert_eq!(approvals, 1);
}

fn console_code(w: &World, person: &str, plan: &str) -> String {
    let answer = w.post(&format!("/v1/plans/{plan}/console-code"), person, &json!({"digest": w.digest(plan), "lang": "en"}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body["execution_arn"].as_str().unwrap().ends_with(&format!("{plan}-execute-1")), "{answer:?}");
    answer.body["code"].as_str().unwrap().to_owned()
}

/// How often an approval was refused because of its code.
fn code_refusals(w: &World, plan: &str) -> usize {
    crate::decisions::refusals(w, plan).iter().filter(|r| r.contains("Approval.CodeRefused")).count()
}

#[tokio::test]
async fn a_console_code_pasted_into_step_functions_is_its_holders_approval_once_and_for_one_plan() {
    let w = world();
    let ((id, plan), (other_id, other)) = (w.waiting("alice").await, w.waiting("alice").await);
    let denied = w.post(&format!("/v1/plans/{plan}/console-code"), "bob", &json!({"digest": w.digest(&other)}));
    assert_eq!((denied.status, denied.error()), (409, "Approval.DigestConflict"), "{denied:?}");
    let code = console_code(w, "bob", &plan);

    let first = task_token(w, &other, "").await;
    answer_task(w, &first, &json!({"code": code})).await;
    task_token(w, &other, &first).await;
    assert_eq!((w.state(&other).as_str(), code_refusals(w, &other)), ("awaiting_approval", 1));

    answer_task(w, &task_token(w, &plan, "").await, &json!({"code": code})).await;
    let done = w.wait(&plan, &["succeeded", "failed", "denied"]).await;
    assert_eq!(done["state"], "succeeded", "{done:#}\n{}", w.history(&plan).await);
    assert_eq!((&done["approvals"][0]["person"], &done["approvals"][0]["channel"]), (&json!("bob"), &json!("console")));
    assert_eq!(w.instance_state(PROD, &id).await, "stopped");

    let again = json!({"redeem": {"code": code, "plan_id": plan, "digest": w.digest(&plan)}});
    let (answer, failed) = w.invoke("record-approval", &again).await;
    assert!(failed && answer["errorType"] == "Approval.CodeRefused", "{answer}");
    assert_eq!(code_refusals(w, &plan), 1);
    goes_on_normally(w, &other_id, &other).await;
}

#[tokio::test]
async fn an_expired_console_code_counts_for_nothing() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let code = console_code(w, "bob", &plan);
    let mut token = row(w, &format!("TOKEN#{}", Digest::of_bytes(code.as_bytes())), "META").await.expect("only its hash is stored");
    assert!(!format!("{token:?}").contains(&code));
    token.insert("expires_at".into(), AttributeValue::N("1".into()));
    write(w, token).await;
    let first = task_token(w, &plan, "").await;
    answer_task(w, &first, &json!({"code": code})).await;
    task_token(w, &plan, &first).await;
    assert_eq!(code_refusals(w, &plan), 1);
    goes_on_normally(w, &id, &plan).await;
}

#[tokio::test]
async fn a_forged_answer_to_the_waiting_task_only_makes_it_look_at_the_ledger() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let digest = w.digest(&plan);
    let mut token = String::new();
    for forged in [
        json!({"approved": true}),
        json!({"approved": true, "person": "bob", "digest": digest, "plan_id": plan, "next": "execute", "outcome": "executed"}),
        json!({"code": "en.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
        json!({"code": 5}),
        json!([{"next": "execute"}]),
        json!("execute"),
    ] {
        token = task_token(w, &plan, &token).await;
        answer_task(w, &token, &forged).await;
    }
    task_token(w, &plan, &token).await;
    assert_eq!(w.execution(&plan, "execute", 1).await.0, "RUNNING", "{}", w.history(&plan).await);
    assert_eq!(code_refusals(w, &plan), 1);
    goes_on_normally(w, &id, &plan).await;
}

#[tokio::test]
async fn alone_a_forged_failure_of_the_waiting_task_loses_the_workflow_but_no_decision() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let token = task_token(w, &plan, "").await;
    w.sfn().send_task_failure().task_token(&token).error("Change.Rejected").cause("forged").send().await.unwrap();
    assert_eq!(w.execution_end(&plan, "execute", 1).await, ("FAILED".into(), "Change.Unavailable".into()));
    assert_eq!(w.state(&plan), "awaiting_approval");
    assert_eq!(w.approve("bob", &plan).status, 200);
    assert_eq!(w.instance_state(PROD, &id).await, "running", "no workflow, no effect");
    let (swept, failed) = w.invoke("resume-plans", &json!({})).await;
    assert!(!failed, "{swept}");
    w.wait(&plan, &["succeeded"]).await;
    assert_eq!(w.execution_end(&plan, "execute", 2).await.0, "SUCCEEDED");
    assert_eq!(writes_in_trail(w, PROD, &id).await, ["StopInstances"]);
}

#[tokio::test]
async fn an_approval_written_past_record_approval_has_no_signature_and_does_not_count() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let seen = w.plan(&plan);
    for (person, signature) in [("bob", STANDARD.encode([7_u8; 70])), ("eve", String::new())] {
        let approval = json!({"plan": plan, "digest": seen["digest"], "person": person, "at": 1, "channel": "endpoint",
            "preview_hash": seen["preview_hash"], "lang": "en"});
        let mut forged = key(&format!("APPROVAL#{plan}"), person);
        for (name, value) in [("v", "1"), ("epoch", "1"), ("at", "1")] {
            forged.insert(name.into(), AttributeValue::N(value.into()));
        }
        for (name, value) in [
            ("region_home", REGION.to_owned()),
            ("approval", approval.to_string()),
            ("digest", seen["digest"].as_str().unwrap().to_owned()),
            ("signature", signature),
            ("key_id", w.hub("ApprovalKeyArn")),
        ] {
            forged.insert(name.into(), AttributeValue::S(value));
        }
        write(w, forged).await;
    }
    let first = task_token(w, &plan, "").await;
    answer_task(w, &first, &json!({})).await;
    task_token(w, &plan, &first).await;
    assert_eq!(w.state(&plan), "awaiting_approval");
    assert_eq!(writes_in_trail(w, PROD, &id).await, Vec::<String>::new());
    // Bob's own yes finds a row in his name that he never wrote: he is told, not reassured.
    let told = w.approve("bob", &plan);
    assert_eq!((told.status, told.error()), (500, "Ledger.Tampered"), "{told:?}");
    assert!(crate::decisions::refusals(w, &plan).iter().any(|r| r.contains("bob") && r.contains("Ledger.Tampered")));
    assert_eq!(w.approve("carol", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
    let records = w.audit_records(PROD);
    let approved = records.iter().find(|r| r["event"]["plan"] == plan.as_str() && r["event"]["kind"] == "approved").unwrap();
    assert_eq!(approved["event"]["detail"]["approvers"], json!(["carol"]), "{approved}");
}

#[tokio::test]
async fn a_workflow_that_the_fleet_did_not_start_is_refused() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let (digest, no_plan) = (w.digest(&plan), format!("plan_{}", unique().to_uppercase()));
    let input = |plan: &str, digest: &str, purpose: &str| json!({"plan_id": plan, "digest": digest, "purpose": purpose});
    assert_eq!(start(w, &format!("{no_plan}-execute-1"), &input(&no_plan, &digest, "execute")).await, refused(), "no ledger row");
    for (name, input) in [
        (unique(), input(&plan, &digest, "execute")),
        (format!("{plan}-execute-2"), input(&plan, &digest, "execute")),
        (format!("{plan}-execute-3"), input(&plan, Digest::of_bytes(b"another").as_str(), "execute")),
        (format!("{plan}-undo-1"), input(&plan, &digest, "undo")),
        (unique(), json!({"plan_id": plan, "digest": digest, "purpose": "execute", "approved": true, "next": "execute"})),
        (unique(), json!({"plan_id": plan, "digest": digest, "purpose": "approve"})),
        (unique(), json!({"plan_id": 5, "digest": null, "purpose": []})),
    ] {
        assert_eq!(start(w, &name, &input).await, refused(), "{name} {input}");
    }
    assert_eq!(w.execution(&plan, "execute", 1).await.0, "RUNNING");
    goes_on_normally(w, &id, &plan).await;
    for (name, purpose) in [(unique(), "execute"), (format!("{plan}-execute-4"), "execute"), (format!("{plan}-undo-2"), "undo")] {
        assert_eq!(start(w, &name, &input(&plan, &digest, purpose)).await, refused(), "finished: {name}");
    }
    assert_eq!(start(w, &format!("{plan}-undo-3"), &input(&plan, &digest, "undo")).await, refused(), "nobody asked for this undo");
    assert_eq!(w.state(&plan), "succeeded");
    assert_eq!(w.instance_state(PROD, &id).await, "stopped");
    assert_eq!(writes_in_trail(w, PROD, &id).await, ["StopInstances"]);
    let refusals = w.audit_records("hub");
    let refusals = refusals.iter().filter(|r| r["event"]["kind"] == "request_refused" && r.to_string().contains(&plan)).count();
    assert!(refusals >= 8, "{refusals} refusals are in the audit log");
}

/// RedriveExecution would repeat a failed step of an ended execution with its old input; the local stack has no RedriveExecution, so
/// the steps are invoked here with exactly what it would send them.
#[tokio::test]
async fn a_step_that_is_repeated_out_of_turn_asks_the_ledger_and_does_nothing() {
    let w = world();
    let ((waiting_id, waiting), (rejected_id, rejected), (done_id, done)) =
        (w.waiting("alice").await, w.waiting("alice").await, w.waiting("alice").await);
    assert_eq!(w.reject("bob", &rejected, "only a test").status, 200);
    assert_eq!(w.execution_end(&rejected, "execute", 1).await.1, "Change.Rejected");
    assert_eq!(w.approve("bob", &done).status, 200);
    w.wait(&done, &["succeeded"]).await;
    for (plan, state) in [(&waiting, "awaiting_approval"), (&rejected, "rejected"), (&done, "succeeded")] {
        let digest = w.digest(plan);
        for function in ["execute-operation", "undo-operation", "verify-outcome"] {
            let input =
                |execution: &str, digest: &str| json!({"plan_id": plan, "digest": digest, "purpose": "execute", "execution": execution});
            let (answer, failed) = w.invoke(function, &input(&format!("{plan}-execute-1"), &digest)).await;
            assert!(!failed && answer["outcome"] == state, "{function} {state}: {answer}");
            let (answer, failed) = w.invoke(function, &input(&format!("{plan}-execute-2"), &digest)).await;
            assert!(failed && answer["errorType"] == "Change.ExecutionRefused", "{function} {state}: {answer}");
            let (answer, failed) = w.invoke(function, &input(&format!("{plan}-execute-1"), Digest::of_bytes(b"x").as_str())).await;
            assert!(failed && answer["errorType"] == "Plan.DigestRefused", "{function} {state}: {answer}");
            let undo = json!({"plan_id": plan, "digest": digest, "purpose": "undo", "execution": format!("{plan}-undo-1")});
            let (answer, _) = w.invoke(function, &undo).await;
            assert!(answer["outcome"] == state, "{function} {state}: {answer}");
        }
        assert_eq!(w.state(plan), state);
    }
    assert_eq!(writes_in_trail(w, PROD, &waiting_id).await, Vec::<String>::new());
    assert_eq!(writes_in_trail(w, PROD, &rejected_id).await, Vec::<String>::new());
    assert_eq!(writes_in_trail(w, PROD, &done_id).await, ["StopInstances"], "the positive control");
    goes_on_normally(w, &waiting_id, &waiting).await;
}

/// A plan that does not match its digest cannot be listed either, so nobody else should be listing plans meanwhile.
#[tokio::test]
async fn alone_a_plan_altered_in_the_ledger_is_never_executed() {
    let w = world();
    let (id, plan) = w.waiting("alice").await;
    let victim = w.instance(PROD).await;
    let (digest, seen) = (w.digest(&plan), w.plan(&plan));
    let meta = row(w, &format!("PLAN#{plan}"), "META").await.unwrap();
    let mut altered = meta.clone();
    altered.insert("plan".into(), AttributeValue::S(text(&meta, "plan").replace(&id, &victim)));
    let (plan_, victim_, altered_) = (plan.clone(), victim.clone(), altered.clone());
    let body = async move {
        let (plan, victim, altered) = (plan_, victim_, altered_);
        write(w, altered.clone()).await;
        let yes = json!({"digest": seen["digest"], "preview_hash": seen["preview_hash"], "lang": "en"});
        let answer = w.post(&format!("/v1/plans/{plan}/approve"), "bob", &yes);
        assert_eq!((answer.status, answer.error()), (500, "Ledger.Tampered"), "{answer:?}");
        let input = json!({"plan_id": plan, "digest": digest, "purpose": "execute", "execution": format!("{plan}-execute-1")});
        for function in ["execute-operation", "undo-operation", "verify-outcome"] {
            let (answer, failed) = w.invoke(function, &input).await;
            assert!(failed && answer["errorType"] == "Ledger.Tampered", "{function}: {answer}");
        }
        // The same with a digest that fits what was put in: then it is not the plan that this workflow was started for.
        let other: domain::Plan = serde_json::from_str(&text(&altered, "plan")).unwrap();
        let mut fitting = altered;
        fitting.insert("digest".into(), AttributeValue::S(other.digest().unwrap().to_string()));
        write(w, fitting).await;
        for function in ["execute-operation", "undo-operation", "verify-outcome"] {
            let (answer, failed) = w.invoke(function, &input).await;
            assert!(failed && answer["errorType"] == "Plan.DigestRefused", "{function}: {answer}");
        }
        answer_task(w, &task_token(w, &plan, "").await, &json!({})).await;
        assert_eq!(w.execution_end(&plan, "execute", 1).await, refused());
        for id in [&id, &victim] {
            assert_eq!(w.instance_state(PROD, id).await, "running");
            assert_eq!(writes_in_trail(w, PROD, id).await, Vec::<String>::new());
        }
    };
    restoring(body, write(w, meta)).await;
    assert_eq!(w.reject("bob", &plan, "only a test").status, 200);
}

/// A queue of the test's own behind the fleet's topic.
struct Letters {
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    queue: String,
    subscription: String,
    /// Token by plan and person.
    links: std::collections::BTreeMap<(String, String), String>,
}

impl Letters {
    async fn subscribe(w: &World) -> Self {
        let (sqs, sns) = (aws_sdk_sqs::Client::new(&w.root(HUB)), aws_sdk_sns::Client::new(&w.root(HUB)));
        let (name, topic) = (format!("e2e-{}", unique()), w.hub("NotifyTopicArn"));
        let arn = format!("arn:aws:sqs:{REGION}:{HUB}:{name}");
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]});
        let made = sqs.create_queue().queue_name(&name);
        let made = made.attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
        let subscribed = sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(&arn).send().await.unwrap();
        let (queue, subscription) = (made.queue_url().unwrap().to_owned(), subscribed.subscription_arn().unwrap().to_owned());
        Self { sqs, sns, queue, subscription, links: Default::default() }
    }

    /// The token in the personal link to a plan.
    async fn link(&mut self, plan: &str, person: &str) -> String {
        let (wanted, end) = ((plan.to_owned(), person.to_owned()), Instant::now() + Duration::from_secs(60));
        loop {
            if let Some(token) = self.links.get(&wanted) {
                return token.clone();
            }
            assert!(Instant::now() < end, "no link for {wanted:?}");
            let got =
                self.sqs.receive_message().queue_url(&self.queue).max_number_of_messages(10).wait_time_seconds(1).send().await.unwrap();
            for message in got.messages() {
                let envelope: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                let letter: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
                if let (Some(plan), Some(person), Some(link)) =
                    (letter["plan_id"].as_str(), letter["recipient"].as_str(), letter["link"].as_str())
                {
                    let token = link.strip_prefix(&format!("{}/a/", world().api)).unwrap_or_else(|| panic!("{link}"));
                    self.links.insert((plan.to_owned(), person.to_owned()), token.to_owned());
                }
                self.sqs.delete_message().queue_url(&self.queue).receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
        }
    }

    async fn unsubscribe(self) {
        self.sns.unsubscribe().subscription_arn(&self.subscription).send().await.unwrap();
        self.sqs.delete_queue().queue_url(&self.queue).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_personal_link_takes_one_decision_of_the_person_it_was_sent_to() {
    let w = world();
    let mut letters = Letters::subscribe(w).await;
    let ((id, plan), (_, other)) = (w.waiting("alice").await, w.waiting("carol").await);
    let token = letters.link(&plan, "bob").await;
    letters.link(&plan, "carol").await;
    let token_of_other = letters.link(&other, "bob").await;
    let records = w.audit_records(PROD);
    let asked = records.iter().find(|r| r["event"]["plan"] == other.as_str() && r["event"]["kind"] == "approval_requested").unwrap();
    let asked = asked["event"]["detail"]["approvers"].to_string();
    assert!(asked.contains("\"bob\"") && !asked.contains("\"carol\""), "who asked gets no link to decide: {asked}");
    let path = format!("/v1/links/{token}");

    // Without signing in: a page without data under a strict policy, and nothing else.
    let mut page = agent().get(format!("{}/a/{}", w.api, token)).call().unwrap();
    let header = |name: &str| page.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let (policy, cached) = (header("content-security-policy"), header("cache-control"));
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains(&format!("connect-src 'self' {}", w.endpoint)), "people sign in at this stack: {policy}");
    assert!(!policy.contains("unsafe") && cached == "no-store", "{policy} {cached}");
    let body = page.body_mut().read_to_string().unwrap();
    for secret in [plan.as_str(), &id, "bob", "alice", &token, "stop_instances"] {
        assert!(!body.contains(secret), "{secret} is on the page");
    }
    for method in ["GET", "POST"] {
        assert_eq!(w.call(method, &path, "", "").status, 401);
    }

    // Forwarded to another approver, or to the asker: no vote and no look.
    let shown = w.get(&path, "bob");
    assert_eq!((shown.status, &shown.body["person"], &shown.body["plan_id"]), (200, &json!("bob"), &json!(plan)), "{shown:?}");
    assert!(shown.body["preview_text"].as_str().unwrap().contains(&id));
    let decide = |decision: &str| json!({"decision": decision, "digest": shown.body["digest"], "preview_hash": shown.body["preview_hash"], "lang": "en"});
    for person in ["carol", "alice", "victor"] {
        for answer in [w.get(&path, person), w.post(&path, person, &decide("approve")), w.post(&path, person, &decide("reject"))] {
            assert_eq!((answer.status, answer.error()), (403, "Link.Refused"), "{person}: {answer:?}");
        }
    }
    // The link of one plan, the digest of another.
    let path_of_other = format!("/v1/links/{token_of_other}");
    let wrong = w.post(&path_of_other, "bob", &decide("approve"));
    assert_eq!((wrong.status, wrong.error()), (409, "Approval.DigestConflict"), "{wrong:?}");
    let unknown = w.post(&format!("/v1/links/{}", unique()), "bob", &decide("approve"));
    assert_eq!((unknown.status, unknown.error()), (403, "Link.Refused"), "{unknown:?}");
    assert_eq!((w.state(&plan).as_str(), w.state(&other).as_str()), ("awaiting_approval", "awaiting_approval"));

    let yes = w.post(&path, "bob", &decide("approve"));
    assert_eq!(yes.status, 200, "{yes:?}");
    let done = w.wait(&plan, &["succeeded"]).await;
    assert_eq!((&done["approvals"][0]["person"], &done["approvals"][0]["channel"]), (&json!("bob"), &json!("link")));
    for answer in [w.get(&path, "bob"), w.post(&path, "bob", &decide("approve")), w.post(&path, "bob", &decide("reject"))] {
        assert_eq!((answer.status, answer.error()), (403, "Link.Refused"), "a second time: {answer:?}");
    }

    // His link to the other plan was not used up by the mistake, and takes a no as well.
    let shown = w.get(&path_of_other, "bob");
    let no = json!({"decision": "reject", "digest": shown.body["digest"], "preview_hash": shown.body["preview_hash"], "lang": "zh", "reason": "维护中"});
    assert_eq!(w.post(&path_of_other, "bob", &no).status, 200);
    assert_eq!(w.execution_end(&other, "execute", 1).await.1, "Change.Rejected");
    letters.unsubscribe().await;
}

#[tokio::test]
async fn an_expired_link_shows_and_decides_nothing() {
    let w = world();
    let mut letters = Letters::subscribe(w).await;
    let (id, plan) = w.waiting("alice").await;
    let token = letters.link(&plan, "bob").await;
    let mut stored = row(w, &format!("TOKEN#{}", Digest::of_bytes(token.as_bytes())), "META").await.expect("only its hash is stored");
    assert!(!format!("{stored:?}").contains(&token));
    stored.insert("expires_at".into(), AttributeValue::N("1".into()));
    write(w, stored).await;
    let seen = w.plan(&plan);
    let yes = json!({"decision": "approve", "digest": seen["digest"], "preview_hash": seen["preview_hash"], "lang": "en"});
    for answer in [w.get(&format!("/v1/links/{token}"), "bob"), w.post(&format!("/v1/links/{token}"), "bob", &yes)] {
        assert_eq!((answer.status, answer.error()), (403, "Link.Refused"), "{answer:?}");
        assert!(answer.text().contains("expired"), "{answer:?}");
    }
    letters.unsubscribe().await;
    goes_on_normally(w, &id, &plan).await;
}
