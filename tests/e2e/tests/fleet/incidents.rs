//! From an alarm to an explanation: real invocations, real metrics, a real alarm, the member's topic, the hub's queue.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, MetricDatum, Statistic};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::{primitives::Blob, types::FunctionCode};
use aws_sdk_sns::types::PublishBatchRequestEntry;
use serde_json::{Value, json};

use crate::world::*;

const GOOD: &str = "def handler(event, context):\n    return 'ok'\n";
const BAD: &str = "def handler(event, context):\n    raise RuntimeError('cannot read the new column')\n";

/// A zip file of one file, stored as it is.
fn zip_of(name: &str, text: &str) -> Vec<u8> {
    let data = text.as_bytes();
    let crc = !data
        .iter()
        .fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 }));
    let (size, length) = (data.len() as u32, name.len() as u16);
    let mut common = Vec::new();
    for part in [20_u16, 0, 0, 0, 0x21] {
        common.extend(part.to_le_bytes());
    }
    for part in [crc, size, size] {
        common.extend(part.to_le_bytes());
    }
    common.extend(length.to_le_bytes());
    common.extend(0_u16.to_le_bytes());
    let mut out = b"PK\x03\x04".to_vec();
    out.extend(&common);
    out.extend(name.as_bytes());
    out.extend(data);
    let start = out.len() as u32;
    out.extend(b"PK\x01\x02\x14\x00");
    out.extend(&common);
    out.extend([0; 6]);
    out.extend((0o644_u32 << 16).to_le_bytes());
    out.extend(0_u32.to_le_bytes());
    out.extend(name.as_bytes());
    let directory = out.len() as u32 - start;
    out.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    out.extend(directory.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

fn topic(account: &str) -> String {
    format!("arn:aws:sns:{REGION}:{account}:aiops-alarms")
}

/// A function that works, with an hour of quiet history.
async fn function(w: &World, account: &str, name: &str) {
    let iam = aws_sdk_iam::Client::new(&w.root(account));
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let code = FunctionCode::builder().zip_file(Blob::new(zip_of("index.py", GOOD))).build();
    let call = w.lambda(account).create_function().function_name(name).runtime("python3.12".into()).handler("index.handler");
    call.role(format!("arn:aws:iam::{account}:role/{name}")).code(code).send().await.unwrap();
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&w.root(account));
    let now = std::time::SystemTime::now();
    for (metric, value) in [("Invocations", 12.0), ("Errors", 0.0), ("Throttles", 0.0), ("Duration", 20.0)] {
        let data = (5..65).map(|minute| {
            let at = now - Duration::from_secs(60 * minute);
            let wobble = if value > 0.0 { (minute % 3) as f64 } else { 0.0 };
            MetricDatum::builder()
                .metric_name(metric)
                .dimensions(Dimension::builder().name("FunctionName").value(name).build())
                .timestamp(at.into())
                .value(value + wobble)
                .build()
        });
        cloudwatch.put_metric_data().namespace("AWS/Lambda").set_metric_data(Some(data.collect())).send().await.unwrap();
    }
}

async fn invoke(w: &World, name: &str, times: usize) {
    for _ in 0..times {
        w.lambda(DEV).invoke().function_name(name).payload(Blob::new("{}")).send().await.unwrap();
    }
}

async fn alarm(w: &World, account: &str, name: &str) {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&w.root(account));
    let call = cloudwatch.put_metric_alarm().alarm_name(format!("{name}-errors")).namespace("AWS/Lambda").metric_name("Errors");
    call.dimensions(Dimension::builder().name("FunctionName").value(name).build())
        .statistic(Statistic::Sum)
        .period(60)
        .evaluation_periods(1)
        .threshold(1.0)
        .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
        .alarm_actions(topic(account))
        .send()
        .await
        .unwrap();
}

/// CloudWatch looks at its alarms every minute, the local stack whenever somebody publishes a metric.
async fn beat(w: &World, account: &str, name: &str) {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&w.root(account));
    let beat = MetricDatum::builder().metric_name("Heartbeat").value(1.0).build();
    cloudwatch.put_metric_data().namespace(name).metric_data(beat).send().await.unwrap();
}

/// Calls of the alias that fail.
async fn failing(w: &World, name: &str, times: usize) -> usize {
    let mut failed = 0;
    for _ in 0..times {
        let call = w.lambda(PROD).invoke().function_name(name).qualifier("live").payload(Blob::new("{}"));
        failed += usize::from(call.send().await.unwrap().function_error().is_some());
    }
    failed
}

/// A function in prod whose alias is moved to a version that fails, until its alarm is explained; the incident and its analysis.
async fn bad_alias(w: &World, name: &str) -> (String, Value) {
    function(w, PROD, name).await;
    let lambda = w.lambda(PROD);
    lambda.publish_version().function_name(name).send().await.unwrap();
    lambda.create_alias().function_name(name).name("live").function_version("1").send().await.unwrap();
    alarm(w, PROD, name).await;
    assert_eq!(failing(w, name, 3).await, 0);
    lambda.update_function_code().function_name(name).zip_file(Blob::new(zip_of("index.py", BAD))).send().await.unwrap();
    lambda.publish_version().function_name(name).send().await.unwrap();
    lambda.update_alias().function_name(name).name("live").function_version("2").send().await.unwrap();
    assert_eq!(failing(w, name, 12).await, 12);
    beat(w, PROD, name).await;
    let id = incident_of(w, name).await.0["id"].as_str().unwrap().to_owned();
    let explained = settled(w, &id).await;
    (id, explained)
}

/// The words that an explanation offers, as people see them.
fn offered(shown: &str) -> String {
    shown.split('`').find(|part| part.starts_with("roll back alias")).unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[tokio::test]
async fn an_alarm_leads_to_a_rollback_that_is_verified_and_recalled_the_next_time() {
    let w = world();
    let (first, second) = (format!("pay-{}", &unique()[16..]), format!("refund-{}", &unique()[16..]));
    let (id, explained) = bad_alias(w, &first).await;
    let cause = &explained["diagnosis"]["ranked"][0];
    assert_eq!((&cause["node"], &cause["cause"]), (&json!(format!("lambda:{first}")), &json!("deployment")), "{explained:#}");
    let pattern = explained["pattern"].as_str().unwrap_or_else(|| panic!("{explained:#}")).to_owned();
    let shown = w.chat("alice", &format!("status {id}"));
    for part in ["What happened:", "What changed:", "UpdateAlias", "Why:", "nothing was done"] {
        assert!(shown.text().contains(part), "{part}: {}", shown.text());
    }
    // The words that are shown are all that is needed; in prod somebody else has to say yes.
    let asked = w.chat("alice", &offered(shown.text()));
    assert_eq!((asked.status, asked.error()), (200, ""), "{asked:?}");
    for part in ["[lambda.rollback_alias · R2]", "for incident", &id, "live.version"] {
        assert!(asked.text().contains(part), "{part}: {}", asked.text());
    }
    let plan = asked.plan();
    w.wait(&plan, &["awaiting_approval"]).await;
    assert_eq!(failing(w, &first, 2).await, 2, "a plan is no change");
    assert_eq!(w.approve("bob", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
    assert_eq!(failing(w, &first, 3).await, 0);
    let said: Vec<Value> = w.audit_records(PROD).into_iter().filter(|r| r["event"]["detail"]["pattern"] == pattern).collect();
    let of = |kind: &str, plan: Option<&str>| {
        said.iter()
            .any(|r| r["event"]["kind"] == kind && plan.is_none_or(|plan| r["event"]["plan"] == plan || r.to_string().contains(plan)))
    };
    assert!(of("pattern_learnt", None) && of("pattern_judged", Some(&plan)), "{said:#?}");

    // Another function with the same trouble: what was verified is beside the answer, with what speaks for it.
    let (id, explained) = bad_alias(w, &second).await;
    assert_eq!(explained["diagnosis"]["ranked"][0]["cause"], "deployment", "{explained:#}");
    let recalled =
        explained["recalled"].as_array().unwrap().iter().find(|r| r["pattern"] == pattern).unwrap_or_else(|| panic!("{explained:#}"));
    assert!(recalled["verified"].as_u64().unwrap() >= 1 && recalled["runbook"] == "lambda.rollback_alias", "{recalled}");
    let shown = w.chat("alice", &format!("status {id}"));
    assert!(shown.text().contains("Seen before") && shown.text().contains("verified"), "{}", shown.text());
    let searched = w.chat("alice", "kb search alarm on errors after UpdateAlias");
    assert!(searched.error().is_empty() && searched.text().contains("lambda.rollback_alias"), "{searched:?}");
    let counted = w.chat("victor", "kb stats");
    assert!(counted.error().is_empty() && counted.text().contains("pattern(s) learnt"), "{counted:?}");
    // A plan that does something else for the incident proves nothing about it.
    let before = row_of(w, &pattern).await;
    let other = w.chat("alice", &format!("set reserved concurrency of function {second} to 5 in prod for incident {id}"));
    let plan = other.plan();
    w.wait(&plan, &["awaiting_approval"]).await;
    assert_eq!(w.approve("bob", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
    assert_eq!(row_of(w, &pattern).await["outcomes"], before["outcomes"]);

    // Chat writes nothing by itself; a person has one voice, whoever may not act has none, and praise raises nothing.
    let asked = w.chat("alice", &format!("{id} was wrong"));
    assert!(asked.body["action"].is_object() && row_of(w, &pattern).await["outcomes"] == before["outcomes"], "{asked:?}");
    let voices = |row: &Value, kind: &str| row["outcomes"].as_array().unwrap().iter().filter(|o| o["outcome"]["outcome"] == kind).count();
    for (answer, state) in [(call_wrong(w, "alice", &id).await, "noted"), (call_wrong(w, "alice", &id).await, "unchanged")] {
        assert_eq!((answer.status, answer.body["state"].as_str()), (200, Some(state)), "{answer:?}");
    }
    let row = row_of(w, &pattern).await;
    assert_eq!((voices(&row, "called_wrong"), voices(&row, "called_helpful")), (1, 0), "{row:#}");
    assert_eq!(w.post("/v1/feedback", "victor", &json!({"incident": id, "verdict": "wrong"})).status, 403);
    let helpful = w.post("/v1/feedback", "alice", &json!({"incident": id, "verdict": "helpful"}));
    assert!(helpful.status == 200 && helpful.text().contains("raises nothing"), "{helpful:?}");
    let row = row_of(w, &pattern).await;
    assert_eq!((voices(&row, "called_wrong"), voices(&row, "called_helpful")), (0, 1), "the latest opinion counts: {row:#}");
    for (body, status, error) in [
        (json!({"incident": "inc_1", "verdict": "wrong"}), 404, "Incidents.NotFound"),
        (json!({"incident": id, "verdict": "great"}), 400, "Request.Malformed"),
        (json!({"incident": id, "verdict": "wrong", "weight": 100}), 400, "Request.Malformed"),
    ] {
        let answer = w.post("/v1/feedback", "alice", &body);
        assert_eq!((answer.status, answer.error()), (status, error), "{answer:?}");
    }
}

/// A person says that an explanation was wrong, by the action that chat offers.
async fn call_wrong(w: &World, person: &str, id: &str) -> Answer {
    let asked = w.chat(person, &format!("{id} was wrong"));
    let action = &asked.body["action"];
    assert_eq!((action["method"].as_str(), action["path"].as_str()), (Some("POST"), Some("/v1/feedback")), "{asked:?}");
    assert_eq!(action["body"], json!({"incident": id, "verdict": "wrong"}), "{asked:?}");
    w.post("/v1/feedback", person, &action["body"])
}

/// What the ledger holds of a pattern.
async fn row_of(w: &World, fingerprint: &str) -> Value {
    let key = w.dynamodb().get_item().table_name(w.hub("LedgerTableName")).key("pk", AttributeValue::S("PATTERNS".into()));
    let item = key.key("sk", AttributeValue::S(fingerprint.to_owned())).consistent_read(true).send().await.unwrap().item.unwrap();
    serde_json::from_str(item["pattern"].as_s().unwrap()).unwrap()
}

/// Every incident with its count of signals, as the ledger holds them.
async fn incidents(w: &World) -> Vec<(Value, u64)> {
    let client = w.dynamodb();
    let table = w.hub("LedgerTableName");
    let mut pages = client
        .query()
        .table_name(&table)
        .index_name("gsi1")
        .key_condition_expression("gsi1pk = :all")
        .expression_attribute_values(":all", AttributeValue::S("INCIDENTS".into()))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(key) = pages.next().await {
        let key = key.unwrap();
        let item = client.get_item().table_name(&table).key("pk", key["pk"].clone()).key("sk", key["sk"].clone()).consistent_read(true);
        let item = item.send().await.unwrap().item.unwrap();
        let incident = serde_json::from_str(item["incident"].as_s().unwrap()).unwrap();
        found.push((incident, item["signals"].as_n().unwrap().parse().unwrap()));
    }
    found
}

fn names(incident: &Value, resource: &str) -> bool {
    incident["resources"].as_array().unwrap().iter().any(|r| r == resource)
}

pub async fn incident_of(w: &World, resource: &str) -> (Value, u64) {
    for _ in 0..240 {
        let mut found: Vec<_> = incidents(w).await.into_iter().filter(|(i, _)| names(i, resource)).collect();
        assert!(found.len() <= 1, "{found:?}");
        if let Some(one) = found.pop() {
            return one;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("no incident of {resource}");
}

/// The last word on an incident.
async fn settled(w: &World, id: &str) -> Value {
    for _ in 0..240 {
        let said = explained(w, id).await;
        if said["look_again_in"] == 0 {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("{id} is looked at again and again: {:#}", explained(w, id).await)
}

/// What is said of an incident so far.
async fn explained(w: &World, id: &str) -> Value {
    let (client, table) = (w.dynamodb(), w.hub("LedgerTableName"));
    for _ in 0..240 {
        let key = client.get_item().table_name(&table).key("pk", AttributeValue::S(format!("INC#{id}")));
        let item = key.key("sk", AttributeValue::S("DIAGNOSIS".into())).consistent_read(true).send().await.unwrap().item;
        if let Some(item) = item {
            return serde_json::from_str(item["text"].as_s().unwrap()).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let machine = w.hub("InvestigateStateMachineArn").replacen(":stateMachine:", ":execution:", 1);
    let seen = w.sfn().describe_execution().execution_arn(format!("{machine}:{id}-1")).send().await;
    panic!("{id} is not explained: {seen:?}");
}

/// An alarm as CloudWatch tells a topic of it.
fn told(function: &str, alarm: &str, at: &str) -> String {
    json!({"AlarmName": alarm, "AWSAccountId": DEV, "Region": REGION, "NewStateValue": "ALARM", "OldStateValue": "OK", "StateChangeTime": at,
        "Trigger": {"MetricName": "Errors", "Namespace": "AWS/Lambda", "Period": 60, "EvaluationPeriods": 1,
            "Dimensions": [{"name": "FunctionName", "value": function}]}})
    .to_string()
}

#[tokio::test]
async fn a_bad_deployment_raises_an_alarm_that_explains_itself_by_the_change() {
    let w = world();
    let name = format!("orders-{}", &unique()[16..]);
    function(w, DEV, &name).await;
    alarm(w, DEV, &name).await;
    invoke(w, &name, 3).await;
    w.lambda(DEV).update_function_code().function_name(&name).zip_file(Blob::new(zip_of("index.py", BAD))).send().await.unwrap();
    invoke(w, &name, 12).await;
    beat(w, DEV, &name).await;

    let (incident, _) = incident_of(w, &name).await;
    let id = incident["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (incident["account"].as_str(), incident["region"].as_str(), incident["status"].as_str()),
        (Some(DEV), Some(REGION), Some("open"))
    );
    let explained = settled(w, &id).await;
    let first = &explained["diagnosis"]["ranked"][0];
    assert_eq!(first["node"], format!("lambda:{name}"), "{explained:#}");
    assert_eq!(first["cause"], "deployment", "{explained:#}");
    let cites = first["cites"].as_array().unwrap();
    assert!(cites.iter().any(|c| c["evidence"]["source"] == "change"), "{explained:#}");
    assert!(cites.iter().any(|c| c["evidence"]["metric"] == "availability" || c["evidence"]["metric"] == "errors"), "{explained:#}");
    assert!(explained["changes"].as_array().unwrap().iter().any(|c| c.as_str().unwrap().contains("UpdateFunctionCode")), "{explained:#}");

    // People read it on one screen, in their language.
    let shown = w.chat("victor", &format!("status {id}"));
    assert!(
        shown.text().contains("UpdateFunctionCode") && shown.text().contains(&name) && shown.text().contains("Nothing was done"),
        "{shown:?}"
    );
    let kinds: Vec<String> = w
        .audit_records(DEV)
        .iter()
        .filter(|r| r["event"]["detail"]["incident"] == id)
        .map(|r| r["event"]["kind"].as_str().unwrap().to_owned())
        .collect();
    // A look that found no answer yet is a pair of records more.
    let looks = usize::try_from(explained["looks"].as_u64().unwrap()).unwrap() - 1;
    let earlier = ["evidence_collected", "incident_diagnosed"].repeat(looks);
    let expected = [&["incident_opened"][..], &earlier, &["evidence_collected", "pattern_learnt", "incident_diagnosed"]].concat();
    assert_eq!(kinds, expected);

    // The same alarm again, twice the same delivery among them: one incident, and each signal counts once.
    let before = incident_of(w, &name).await.1;
    let sns = aws_sdk_sns::Client::new(&w.root(DEV));
    for at in ["2026-11-22T10:00:00.000+0000", "2026-11-22T10:00:00.000+0000", "2026-11-22T10:01:00.000+0000"] {
        sns.publish().topic_arn(topic(DEV)).message(told(&name, &format!("{name}-latency"), at)).send().await.unwrap();
    }
    let mut after = before;
    for _ in 0..120 {
        after = incident_of(w, &name).await.1;
        if after >= before + 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!((after, incident_of(w, &name).await.1), (before + 2, before + 2));
}

#[tokio::test]
async fn a_person_asks_why_and_gets_an_honest_undetermined_with_what_is_missing() {
    let w = world();
    let name = format!("arn:aws:lambda:{REGION}:{DEV}:function:quiet-{}", &unique()[16..]);
    let answer = w.chat("alice", &format!("why is {name} slow in dev?"));
    assert_eq!((answer.status, answer.error()), (200, ""), "{answer:?}");
    let id = answer.text().split('`').find(|t| t.starts_with("status inc_")).unwrap_or_else(|| panic!("{answer:?}"))[7..].to_owned();
    let explained = explained(w, &id).await;
    assert!(explained["diagnosis"]["undetermined"].is_array(), "{explained:#}");
    assert_eq!(explained["look_again_in"], 0, "nothing is raised that could still change");
    let shown = w.chat("alice", &format!("status {id}"));
    assert!(shown.text().contains("Undetermined") && shown.text().contains("could not be read"), "{shown:?}");
}

#[tokio::test]
async fn a_question_with_pasted_lines_and_odd_names_is_answered_and_keeps_no_secret() {
    let w = world();
    let id = w.instance(DEV).await;
    let secret = format!("AKIA{}", unique()[10..26].to_uppercase().replace(['0', '1', '8', '9'], "Q"));
    for text in [
        format!("why is {id} failing in dev?\n> 12:00:01 ERROR login failed {secret}\n> orders-5xx in ALARM"),
        "why is function orders.v2/blue slow in dev?".to_owned(),
        "why is function `; rm -rf /` slow in dev?".to_owned(),
        "为什么 dev 的函数 ../../etc/passwd 报错？".to_owned(),
        format!("why is function {} slow in dev?", "x".repeat(300)),
    ] {
        let answer = w.chat("alice", &text);
        assert_ne!(answer.status, 503, "{text}: {answer:?}");
        assert!(!format!("{answer:?}").contains(&secret), "{answer:?}");
    }
}

#[tokio::test]
async fn a_foreign_topic_an_unregistered_account_and_a_forged_bus_event_open_nothing() {
    let w = world();
    let mark = unique();
    let record = |body: Value| json!({"messageId": unique(), "eventSource": "aws:sqs", "body": body.to_string()});
    let message = |account: &str, function: &str| {
        let text = told(function, &format!("{function}-errors"), "2026-11-22T10:00:00.000+0000").replace(DEV, account);
        json!({"Type": "Notification", "TopicArn": format!("arn:aws:sns:{REGION}:{account}:aiops-alarms"), "Message": text})
    };
    let mut foreign = message(DEV, &mark);
    foreign["TopicArn"] = json!(format!("arn:aws:sns:{REGION}:{DEV}:somebodys"));
    let mut another = message(DEV, &mark);
    another["TopicArn"] = json!(topic(PROD));
    let bus = json!({"source": "my.app", "detail-type": "CloudWatch Alarm State Change", "account": DEV, "region": REGION,
        "detail": {"alarmName": mark, "state": {"value": "ALARM"}}});
    let batch = json!({"Records": [record(foreign), record(another), record(message("999999999999", &mark)), record(bus), json!({"messageId": "broken", "body": "{"})]});
    let (answer, failed) = w.invoke("open-incident", &batch).await;
    assert!(!failed, "{answer}");
    // Only what is not even JSON comes again, to end among the dead letters.
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "broken"}]}));
    assert!(!incidents(w).await.iter().any(|(i, _)| i.to_string().contains(&mark)));
    let refused: Vec<String> = w
        .audit_records("hub")
        .iter()
        .filter(|r| r["event"]["kind"] == "signal_refused")
        .flat_map(|r| r["event"]["reasons"].as_array().unwrap().iter().map(|x| x.as_str().unwrap().to_owned()).collect::<Vec<_>>())
        .collect();
    for why in ["foreign_topic", "foreign_account", "unregistered_account", "foreign_source"] {
        assert!(refused.iter().any(|r| r == why), "{why}: {refused:?}");
    }
}

#[tokio::test]
async fn alone_a_storm_of_a_thousand_signals_from_twenty_causes_opens_twenty_incidents() {
    let w = world();
    let storm = unique()[16..].to_owned();
    let sns = aws_sdk_sns::Client::new(&w.root(DEV));
    for batch in 0..100 {
        let entries = (0..10).map(|k| {
            let n = batch * 10 + k;
            let function = format!("storm-{storm}-{:02}", n % 20);
            let alarm = format!("{function}-{}", ["errors", "latency", "throttles"][n / 20 % 3]);
            let at = format!("2026-11-22T10:{:02}:{:02}.{:03}+0000", n / 60 % 60, n % 60, n % 1000);
            PublishBatchRequestEntry::builder().id(format!("m{n}")).message(told(&function, &alarm, &at)).build().unwrap()
        });
        let sent =
            sns.publish_batch().topic_arn(topic(DEV)).set_publish_batch_request_entries(Some(entries.collect())).send().await.unwrap();
        assert!(sent.failed().is_empty(), "{sent:?}");
    }
    let mut by_function: BTreeMap<String, u64> = BTreeMap::new();
    let mut ids = Vec::new();
    for _ in 0..300 {
        let found: Vec<_> = incidents(w).await.into_iter().filter(|(i, _)| i.to_string().contains(&storm)).collect();
        ids = found.iter().map(|(i, _)| i["id"].as_str().unwrap().to_owned()).collect();
        by_function = found.iter().map(|(i, n)| (i["resources"][0].as_str().unwrap().to_owned(), *n)).collect();
        if by_function.values().sum::<u64>() >= 1000 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!((ids.len(), by_function.len(), by_function.values().sum::<u64>()), (20, 20, 1000), "{by_function:?}");
    assert!(by_function.values().all(|n| *n == 50), "{by_function:?}");
    let mut metrics = 0;
    for id in &ids {
        metrics += explained(w, id).await["metered"]["metrics"].as_u64().unwrap();
    }
    assert!(metrics <= 20 * 40, "{metrics} metrics asked for");
}
