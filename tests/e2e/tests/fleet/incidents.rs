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
async fn function(w: &World, name: &str) {
    let iam = aws_sdk_iam::Client::new(&w.root(DEV));
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let code = FunctionCode::builder().zip_file(Blob::new(zip_of("index.py", GOOD))).build();
    let call = w.lambda(DEV).create_function().function_name(name).runtime("python3.12".into()).handler("index.handler");
    call.role(format!("arn:aws:iam::{DEV}:role/{name}")).code(code).send().await.unwrap();
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&w.root(DEV));
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

async fn alarm(w: &World, name: &str) {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&w.root(DEV));
    let call = cloudwatch.put_metric_alarm().alarm_name(format!("{name}-errors")).namespace("AWS/Lambda").metric_name("Errors");
    call.dimensions(Dimension::builder().name("FunctionName").value(name).build())
        .statistic(Statistic::Sum)
        .period(60)
        .evaluation_periods(1)
        .threshold(1.0)
        .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
        .alarm_actions(topic(DEV))
        .send()
        .await
        .unwrap();
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
    function(w, &name).await;
    alarm(w, &name).await;
    invoke(w, &name, 3).await;
    w.lambda(DEV).update_function_code().function_name(&name).zip_file(Blob::new(zip_of("index.py", BAD))).send().await.unwrap();
    invoke(w, &name, 12).await;
    // CloudWatch looks at its alarms every minute, the local stack whenever somebody publishes a metric.
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&w.root(DEV));
    let beat = MetricDatum::builder().metric_name("Heartbeat").value(1.0).build();
    cloudwatch.put_metric_data().namespace(&name).metric_data(beat).send().await.unwrap();

    let (incident, _) = incident_of(w, &name).await;
    let id = incident["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (incident["account"].as_str(), incident["region"].as_str(), incident["status"].as_str()),
        (Some(DEV), Some(REGION), Some("open"))
    );
    let explained = explained(w, &id).await;
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
    assert_eq!(kinds, ["incident_opened", "evidence_collected", "incident_diagnosed"]);

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
