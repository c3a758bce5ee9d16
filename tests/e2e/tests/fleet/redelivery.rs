//! What comes twice, or five times at once, or is lost on its way: requests, steps, events, sweeps, workflows.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::{
    proxy::{Act, Proxy, Rewired},
    trail::{clock, outbox, sent},
    world::*,
};

/// The same call five times at once.
fn five_times<T: Send>(call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let call = &call;
        let all: Vec<_> = (0..5).map(|n| scope.spawn(move || call(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// The same invocation five times at once: payload and whether it is an error.
async fn invoke_five_times(function: &str, payload: &Value) -> Vec<(Value, bool)> {
    let w = world();
    let (a, b, c, d, e) = tokio::join!(
        w.invoke(function, payload),
        w.invoke(function, payload),
        w.invoke(function, payload),
        w.invoke(function, payload),
        w.invoke(function, payload)
    );
    vec![a, b, c, d, e]
}

/// How many executions of the workflow a plan has had.
async fn executions(plan: &str) -> usize {
    let w = world();
    let mut pages = w.sfn().list_executions().state_machine_arn(w.hub("ChangeStateMachineArn")).into_paginator().items().send();
    let mut count = 0;
    while let Some(one) = pages.next().await {
        count += usize::from(one.unwrap().name().starts_with(plan));
    }
    count
}

#[tokio::test]
async fn a_request_delivered_five_times_at_once_is_one_plan_and_one_effect() {
    let (w, since) = (world(), clock());
    let id = w.instance(DEV).await;
    w.token("alice");
    let request = unique();
    let answers = five_times(|_| w.chat_as("alice", &format!("stop {id} in dev"), &request));
    let plan = answers.iter().find_map(|a| a.body["plan_id"].as_str()).unwrap_or_else(|| panic!("{answers:?}")).to_owned();
    for answer in &answers {
        assert_eq!((answer.status, answer.body["plan_id"].as_str()), (200, Some(plan.as_str())), "{answers:?}");
    }
    w.wait(&plan, &["succeeded"]).await;
    // Once more when all is done: the same plan again, and nothing starts.
    assert_eq!(w.chat_as("alice", &format!("stop {id} in dev"), &request).plan(), plan);
    // The request's id is what counts; another person's request of the same id is another request.
    assert_eq!(w.chat_as("alice", &format!("start {id} in dev"), &request).plan(), plan);
    assert_eq!(executions(&plan).await, 1);
    assert_eq!(sent(DEV, "StopInstances", &id, since).await, 1);
    assert_eq!(w.instance_state(DEV, &id).await, "stopped");
    assert_eq!(w.audit_kinds(DEV, &plan).iter().filter(|k| *k == "plan_proposed").count(), 1);
    let other = w.chat_as("carol", &format!("start {id} in dev"), &request);
    assert_ne!(other.body["plan_id"].as_str(), Some(plan.as_str()), "{other:?}");
}

#[tokio::test]
async fn a_step_invoked_five_times_at_once_has_one_effect() {
    let (w, since) = (world(), clock());
    let id = w.instance(DEV).await;
    let plan = w.ask("alice", &format!("stop {id} in dev"));
    let step = json!({"plan_id": plan, "digest": w.digest(&plan), "purpose": "execute", "execution": format!("{plan}-execute-1")});
    for _ in 0..40 {
        for (payload, failed) in invoke_five_times("execute-operation", &step).await {
            let name = payload["errorType"].as_str().unwrap_or_default();
            let held = ["Execute.LeaseHeld", "Ledger.Conflict"].contains(&name);
            assert!(!failed || held, "{payload}");
        }
        if ["executed", "succeeded"].contains(&w.state(&plan).as_str()) {
            break;
        }
    }
    let end = w.wait(&plan, &["succeeded", "failed", "unknown", "drifted"]).await;
    assert_eq!(end["state"], "succeeded", "{end:#}\n{}", w.history(&plan).await);
    assert_eq!(sent(DEV, "StopInstances", &id, since).await, 1);
    let kinds = w.audit_kinds(DEV, &plan);
    for once in ["lease_taken", "effect_intended", "effect_done", "executed", "verified"] {
        assert_eq!(kinds.iter().filter(|k| *k == once).count(), 1, "{once}: {kinds:?}");
    }
    // After the end it has nothing to do.
    for (payload, failed) in invoke_five_times("execute-operation", &step).await {
        assert_eq!((payload["outcome"].as_str(), failed), (Some("succeeded"), false), "{payload}");
    }
}

/// An inbox for everything that the fleet sends to people.
struct Inbox {
    sqs: aws_sdk_sqs::Client,
    url: String,
    subscription: String,
    received: BTreeMap<String, Vec<Value>>,
}

impl Inbox {
    async fn open() -> Self {
        let w = world();
        let (sqs, sns) = (aws_sdk_sqs::Client::new(&w.root(HUB)), aws_sdk_sns::Client::new(&w.root(HUB)));
        let name = format!("e2e-{}", unique());
        let arn = format!("arn:aws:sqs:{REGION}:{HUB}:{name}");
        let may = json!({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn});
        let policy = json!({"Version": "2012-10-17", "Statement": [may]}).to_string();
        let make = sqs.create_queue().queue_name(&name).attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, policy);
        let url = make.send().await.unwrap().queue_url().unwrap().to_owned();
        let subscribe = sns.subscribe().topic_arn(w.hub("NotifyTopicArn")).protocol("sqs").endpoint(&arn);
        let subscription = subscribe.attributes("RawMessageDelivery", "true").send().await.unwrap().subscription_arn().unwrap().to_owned();
        Self { sqs, url, subscription, received: BTreeMap::new() }
    }

    /// Everything about a plan so far.
    async fn about(&mut self, plan: &str) -> Vec<Value> {
        loop {
            let page = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10).send().await.unwrap();
            if page.messages().is_empty() {
                return self.received.get(plan).cloned().unwrap_or_default();
            }
            for message in page.messages() {
                let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                self.received.entry(body["plan_id"].as_str().unwrap_or_default().to_owned()).or_default().push(body);
                self.sqs.delete_message().queue_url(&self.url).receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
        }
    }

    async fn close(self) {
        let sns = aws_sdk_sns::Client::new(&world().root(HUB));
        sns.unsubscribe().subscription_arn(&self.subscription).send().await.unwrap();
        self.sqs.delete_queue().queue_url(&self.url).send().await.unwrap();
    }
}

/// The plan's outbox items as a table's stream would bring them, before they were sent.
async fn stream_event(plan: &str) -> Value {
    let mut pages = world()
        .dynamodb()
        .scan()
        .table_name(world().hub("LedgerTableName"))
        .filter_expression("begins_with(pk, :outbox) AND contains(message, :plan)")
        .expression_attribute_values(":outbox", AttributeValue::S("OUTBOX#".into()))
        .expression_attribute_values(":plan", AttributeValue::S(plan.into()))
        .into_paginator()
        .items()
        .send();
    let mut records = Vec::new();
    while let Some(item) = pages.next().await {
        let mut image = serde_json::Map::new();
        for (name, value) in item.unwrap() {
            let value = match value {
                AttributeValue::S(text) => json!({"S": text}),
                AttributeValue::N(number) => json!({"N": number}),
                other => panic!("{name}: {other:?}"),
            };
            if !["sent_at", "ttl"].contains(&name.as_str()) {
                image.insert(name, value);
            }
        }
        let sequence = (records.len() + 1).to_string();
        records.push(json!({
            "eventID": sequence, "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": REGION,
            "eventSourceARN": format!("arn:aws:dynamodb:{REGION}:{HUB}:table/aiops-ledger/stream/2026-01-01T00:00:00.000"),
            "dynamodb": {
                "ApproximateCreationDateTime": 1_700_000_000, "SequenceNumber": sequence, "SizeBytes": 100,
                "StreamViewType": "NEW_IMAGE", "Keys": {"pk": image["pk"], "sk": image["sk"]}, "NewImage": image
            }
        }));
    }
    json!({"Records": records})
}

#[tokio::test]
async fn a_stream_record_delivered_five_times_is_marked_once_and_then_sends_nothing_more() {
    let w = world();
    let mut inbox = Inbox::open().await;
    let id = w.instance(PROD).await;
    let plan = w.ask("alice", &format!("stop {id} in prod"));
    w.wait(&plan, &["awaiting_approval"]).await;
    let event = stream_event(&plan).await;
    assert_eq!(event["Records"].as_array().unwrap().len(), 1, "{event}");
    // While the stream's own delivery may be on its way.
    for (payload, failed) in invoke_five_times("notify", &event).await {
        assert!(!failed && payload["batchItemFailures"].is_array(), "{payload}");
    }
    for n in 0.. {
        if outbox(&plan).await.iter().all(|(_, sent)| *sent) {
            break;
        }
        assert!(n < 100, "{:?}", outbox(&plan).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Whatever was still under way has marked or seen the mark by now.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let got = inbox.about(&plan).await;
    let mut readers: BTreeMap<&str, usize> = BTreeMap::new();
    for message in &got {
        assert_eq!(message["occasion"], "approval.requested", "{message}");
        *readers.entry(message["recipient"].as_str().unwrap()).or_default() += 1;
    }
    // One for each approver; racing deliveries may each have sent it, and no more than once.
    assert_eq!(readers.keys().copied().collect::<Vec<_>>(), ["bob", "carol"], "{got:?}");
    assert!(readers.values().all(|n| *n <= 6), "{readers:?}");
    let marked = |records: &[Value]| {
        records.iter().filter(|r| r["event"]["plan"] == plan.as_str() && r["event"]["kind"] == "notification_sent").count()
    };
    assert_eq!(marked(&w.audit_records("hub")), 1);
    // Delivered again after that, it sends nothing.
    for (payload, failed) in invoke_five_times("notify", &event).await {
        assert_eq!((&payload["batchItemFailures"], failed), (&json!([]), false), "{payload}");
    }
    assert_eq!(inbox.about(&plan).await.len(), got.len());
    assert_eq!(marked(&w.audit_records("hub")), 1);
    inbox.close().await;
}

#[tokio::test]
async fn alone_a_sender_that_dies_before_it_marked_a_message_sends_it_again_and_none_is_lost() {
    let w = world();
    let mut inbox = Inbox::open().await;
    let id = w.instance(PROD).await;
    let proxy = Proxy::start("notify");
    let rewired = Rewired::through(&proxy, "notify", &["SNS"], 60).await;
    let met = proxy.disturb(&["Action=Publish", "stop_instances", &id], 1, Act::KillAfter);
    let plan = w.ask("alice", &format!("stop {id} in prod"));
    met.wait(30).await;
    for n in 0.. {
        let messages = outbox(&plan).await;
        if !messages.is_empty() && messages.iter().all(|(_, sent)| *sent) {
            break;
        }
        assert!(n < 200, "{messages:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    drop(rewired);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let got = inbox.about(&plan).await;
    let count = |person: &str| got.iter().filter(|m| m["recipient"] == person).count();
    // The one that went out before the crash twice, the other once.
    assert_eq!((got.len(), count("bob").max(count("carol")), count("bob").min(count("carol"))), (3, 2, 1), "{got:?}");
    inbox.close().await;
}

/// Switches the stream's delivery to the sender, and waits until it is so.
async fn deliver(enabled: bool) {
    let lambda = world().lambda(HUB);
    let found = lambda.list_event_source_mappings().function_name("aiops-notify").send().await.unwrap();
    let id = found.event_source_mappings()[0].uuid().unwrap().to_owned();
    lambda.update_event_source_mapping().uuid(&id).enabled(enabled).send().await.unwrap();
    for _ in 0..100 {
        let state = lambda.get_event_source_mapping().uuid(&id).send().await.unwrap();
        if state.state() == Some(if enabled { "Enabled" } else { "Disabled" }) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the stream's delivery does not become {}", if enabled { "enabled" } else { "disabled" });
}

/// The stream gives a message up after its retention. The sweep finds what lies there and brings it before the sender again.
#[tokio::test]
async fn alone_a_message_that_lies_unsent_is_found_by_the_sweep_and_sent() {
    crate::world::restoring(
        async {
            let w = world();
            let id = w.instance(PROD).await;
            deliver(false).await;
            let plan = w.ask("alice", &format!("stop {id} in prod"));
            w.wait(&plan, &["awaiting_approval"]).await;
            assert!(outbox(&plan).await.iter().any(|(_, sent)| !sent), "{:?}", outbox(&plan).await);
            let (swept, _) = w.invoke("resume-plans", &json!({})).await;
            let event = stream_event(&plan).await;
            let image = &event["Records"][0]["dynamodb"]["NewImage"];
            let message = image["pk"]["S"].as_str().unwrap().trim_start_matches("OUTBOX#").to_owned();
            assert!(!swept["resent"].to_string().contains(&message), "a young message may still be on its way: {swept}");
            // It has lain there for an hour.
            w.dynamodb()
                .update_item()
                .table_name(w.hub("LedgerTableName"))
                .key("pk", AttributeValue::S(image["pk"]["S"].as_str().unwrap().into()))
                .key("sk", AttributeValue::S(image["sk"]["S"].as_str().unwrap().into()))
                .update_expression("SET created_at = created_at - :hour")
                .expression_attribute_values(":hour", AttributeValue::N("3600000".into()))
                .send()
                .await
                .unwrap();
            let (swept, failed) = w.invoke("resume-plans", &json!({})).await;
            assert!(!failed && swept["resent"].to_string().contains(&message), "{swept}");
            let touched = stream_event(&plan).await;
            assert!(touched["Records"][0]["dynamodb"]["NewImage"]["touched_at"]["N"].is_string(), "{touched}");
            // What the touch puts into the stream is taken for the message it is.
            let (answer, failed) = w.invoke("notify", &touched).await;
            assert_eq!((&answer["batchItemFailures"], failed), (&json!([]), false), "{answer}");
            assert!(outbox(&plan).await.iter().all(|(_, sent)| *sent), "{:?}", outbox(&plan).await);
            let (swept, _) = w.invoke("resume-plans", &json!({})).await;
            assert!(!swept["resent"].to_string().contains(&message), "{swept}");
        },
        deliver(true),
    )
    .await;
}

#[tokio::test]
async fn a_lost_workflow_is_started_again_once_by_five_sweeps_and_its_plan_succeeds() {
    let (w, since) = (world(), clock());
    let id = w.instance(PROD).await;
    let plan = w.ask("alice", &format!("stop {id} in prod"));
    w.wait(&plan, &["awaiting_approval"]).await;
    let kept = w.instance(PROD).await;
    let kept = w.ask("alice", &format!("stop {kept} in prod"));
    w.wait(&kept, &["awaiting_approval"]).await;
    let arn = format!("{}:{plan}-execute-1", w.hub("ChangeStateMachineArn").replacen(":stateMachine:", ":execution:", 1));
    w.sfn().stop_execution().execution_arn(arn).error("Test.Lost").send().await.unwrap();
    assert_eq!(w.state(&plan), "awaiting_approval");
    let mut found = 0;
    for (swept, failed) in invoke_five_times("resume-plans", &json!({})).await {
        assert!(!failed, "{swept}");
        let resumed: Vec<&str> = swept["resumed"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
        assert!(!resumed.iter().any(|name| name.starts_with(&kept)), "a workflow that runs is left alone: {swept}");
        found += usize::from(resumed.contains(&format!("{plan}-execute-2").as_str()));
    }
    assert!(found >= 1, "no sweep found the lost workflow");
    assert_eq!((executions(&plan).await, executions(&kept).await), (2, 1));
    assert_eq!(w.execution(&plan, "execute", 2).await.0, "RUNNING");
    assert!(w.audit_kinds(PROD, &plan).iter().any(|k| k == "resumed"));
    // A sweep more changes nothing.
    let (again, _) = w.invoke("resume-plans", &json!({})).await;
    assert!(!again["resumed"].to_string().contains(&plan), "{again}");
    assert_eq!(w.approve("bob", &plan).status, 200);
    let end = w.wait(&plan, &["succeeded", "failed", "unknown", "drifted", "denied"]).await;
    assert_eq!(end["state"], "succeeded", "{end:#}\n{}", w.history(&plan).await);
    assert_eq!(w.execution_end(&plan, "execute", 2).await.0, "SUCCEEDED");
    assert_eq!(sent(PROD, "StopInstances", &id, since).await, 1);
    assert_eq!(w.state(&kept), "awaiting_approval");
}

/// Every plan of a list, page after page.
fn listed(query: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut next) = (Vec::new(), 0, String::new());
    loop {
        let page = world().get(&format!("/v1/plans?{query}{next}"), "victor");
        assert_eq!(page.status, 200, "{page:?}");
        pages += 1;
        ids.extend(page.body["plans"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()));
        match page.body["next"].as_str() {
            Some(token) => next = format!("&next={token}"),
            None => return (ids, pages),
        }
    }
}

#[tokio::test]
async fn more_plans_than_a_page_holds_are_each_listed_once() {
    let w = world();
    let id = w.instance(DEV).await;
    let prod = w.instance(PROD).await;
    w.token("alice");
    let mut made: Vec<String> =
        five_times(|_| (0..12).map(|_| w.ask("alice", &format!("dry run: stop {id} in dev"))).collect::<Vec<_>>()).concat();
    let (previews, pages) = listed("state=preview");
    assert!(pages >= 2, "{pages}");
    let once = |ids: &[String], wanted: &[String]| {
        for plan in wanted {
            assert_eq!(ids.iter().filter(|id| *id == plan).count(), 1, "{plan}");
        }
    };
    once(&previews, &made);
    // Approvals are one list of all that wait.
    let waiting: Vec<String> = five_times(|_| w.ask("alice", &format!("stop {prod} in prod")));
    for plan in &waiting {
        w.wait(plan, &["awaiting_approval"]).await;
    }
    let answer = w.get("/v1/approvals", "bob");
    let ids: Vec<String> = answer.body["plans"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
    once(&ids, &waiting);
    once(&listed("state=awaiting_approval").0, &waiting);
    made.extend(waiting.clone());
    let (all, pages) = listed("");
    assert!(pages >= 2, "{pages}");
    once(&all, &made);
    assert_eq!(w.instance_state(DEV, &id).await, "running", "a dry run does nothing");
    for plan in waiting {
        assert_eq!(w.post(&format!("/v1/plans/{plan}/withdraw"), "alice", &json!({})).status, 200);
    }
    let forged = w.get("/v1/plans?next=e30", "victor");
    assert_eq!((forged.status, forged.error()), (400, "Ledger.Malformed"), "{forged:?}");
}
