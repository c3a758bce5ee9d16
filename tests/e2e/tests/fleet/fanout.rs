//! Scans by events over ten accounts, each with a resource of its own: the same as by AssumeRole, forged answers refused, silence named.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use aws_sdk_cloudformation::types::{Capability, Parameter};
use serde_json::{Value, json};

use crate::{carrier, resources::*, scan::*, world::*};

/// Accounts of this test alone; the hub's bus admits them (`infra/local/deploy.py`).
fn account(n: usize) -> String {
    format!("8{n:011}")
}
const ACCOUNTS: usize = 10;
/// Has no stack at all.
const DENIES: usize = 7;
/// Is asked, but its rule is switched off.
const SILENT: usize = 8;
/// Answers for itself, and for the silent one too.
const FORGES: usize = 9;

async fn stack(w: &World, account: &str, name: &str, file: &str, parameters: &[(&str, &str)]) {
    let cfn = aws_sdk_cloudformation::Client::new(&w.root(account));
    let template = std::fs::read_to_string(format!("{}/../../infra/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut create = cfn.create_stack().stack_name(name).template_body(template).capabilities(Capability::CapabilityNamedIam);
    for (key, value) in parameters {
        create = create.parameters(Parameter::builder().parameter_key(*key).parameter_value(*value).build());
    }
    create.send().await.unwrap();
    for _ in 0..200 {
        let seen = cfn.describe_stacks().stack_name(name).send().await.unwrap();
        match seen.stacks()[0].stack_status().unwrap().as_str() {
            "CREATE_COMPLETE" => return,
            "CREATE_IN_PROGRESS" => tokio::time::sleep(Duration::from_millis(200)).await,
            other => panic!("{name} of {account} is {other}: {:?}", seen.stacks()[0].stack_status_reason()),
        }
    }
    panic!("{name} of {account} does not end");
}

/// An account with a canary, and with the stacks of a member unless it denies.
async fn make(w: &'static World, n: usize) -> String {
    let id = account(n);
    let made = w.ec2(&id).create_security_group().group_name(short()).description("canary").send().await.unwrap();
    let canary = made.group_id().unwrap().to_owned();
    let range = aws_sdk_ec2::types::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let rule = aws_sdk_ec2::types::IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22).ip_ranges(range).build();
    w.ec2(&id).authorize_security_group_ingress().group_id(&canary).ip_permissions(rule).send().await.unwrap();
    if n == DENIES {
        return canary;
    }
    let private: Value = serde_json::from_str(&std::fs::read_to_string(w.dir.join("private.json")).unwrap()).unwrap();
    let external = private["external_id"].as_str().unwrap();
    let (s3, bucket) = (s3(w, &id), format!("code-{id}"));
    s3.create_bucket().bucket(&bucket).send().await.unwrap();
    let zip = std::fs::read(format!("{}/../../.local/functions/answer-scan.zip", env!("CARGO_MANIFEST_DIR"))).unwrap();
    s3.put_object().bucket(&bucket).key("r/answer-scan.zip").body(zip.into()).send().await.unwrap();
    let common = [("HubAccountId", HUB), ("Prefix", "aiops"), ("ExternalId", external)];
    stack(w, &id, "aiops-member", "member.yaml", &common).await;
    let code = [("CodeBucket", bucket.as_str()), ("CodePrefix", "r")];
    stack(w, &id, "aiops-member-events", "member-events.yaml", &[&common[..], &code[..]].concat()).await;
    canary
}

/// What a scan found in an account, without instants.
async fn findings(w: &World, scan: &str, account: &str) -> Vec<Value> {
    let key = format!("scans/{scan}/{account}/{REGION}.findings.json");
    let object = s3(w, HUB).get_object().bucket(w.hub("ScanBucketName")).key(&key).send().await.unwrap();
    let mut all: Vec<Value> = serde_json::from_slice(&object.body.collect().await.unwrap().to_vec()).unwrap();
    for finding in &mut all {
        let map = finding.as_object_mut().unwrap();
        map.remove("first_seen");
        map.remove("last_seen");
    }
    all.sort_by_key(Value::to_string);
    all
}

/// Every part of the way, taken out alone: nothing is carried any more.
fn every_part_is_needed(event: &Value, member: &carrier::Bus, hub: &carrier::Bus) {
    let reached = carrier::carry(event, member, hub);
    assert!(reached.len() == 1 && reached[0].ends_with(":function:aiops-record-scan"), "{reached:?} {member:#?} {hub:#?}");
    let answers = member.rules.iter().position(|r| r.targets.iter().any(|t| t.arn == hub.arn)).unwrap();
    let record = hub.rules.iter().position(|r| r.targets.iter().any(|t| t.arn.contains("record-scan"))).unwrap();
    type Without = (&'static str, Box<dyn Fn(&mut carrier::Bus, &mut carrier::Bus)>);
    let parts: Vec<Without> = vec![
        ("the member's rule", Box::new(move |m, _| drop(m.rules.remove(answers)))),
        ("its being enabled", Box::new(move |m, _| m.rules[answers].enabled = false)),
        ("its pattern", Box::new(move |m, _| m.rules[answers].pattern = json!({"source": ["aiops.hub"]}))),
        ("its target", Box::new(move |m, _| m.rules[answers].targets.clear())),
        ("its target's role", Box::new(move |m, _| m.rules[answers].targets[0].role = None)),
        ("the role's policies", Box::new(move |m, _| m.rules[answers].targets[0].role.as_mut().unwrap().1.clear())),
        ("the role's trust", Box::new(move |m, _| m.rules[answers].targets[0].role.as_mut().unwrap().0 = json!({"Statement": []}))),
        ("the hub bus's policy", Box::new(|_, h| h.policy = None)),
        ("the account in it", Box::new(|m, _| m.account = "899999999999".into())),
        ("the hub's rule", Box::new(move |_, h| drop(h.rules.remove(record)))),
        ("its pattern", Box::new(move |_, h| h.rules[record].pattern = json!({"source": ["aiops.hub"]}))),
        ("its target", Box::new(move |_, h| h.rules[record].targets.clear())),
        ("the function's permission", Box::new(move |_, h| h.rules[record].targets[0].permission = None)),
    ];
    for (name, without) in parts {
        let (mut m, mut h) = (member.clone(), hub.clone());
        without(&mut m, &mut h);
        assert_eq!(carrier::carry(event, &m, &h), Vec::<String>::new(), "carried without {name}");
    }
}

/// Puts an answer for the silent account on the forger's bus, with the nonce that was really sent to the silent one.
async fn forge(w: &'static World, tapped: &str) {
    let sqs = aws_sdk_sqs::Client::new(&w.root(&account(SILENT)));
    let end = Instant::now() + Duration::from_secs(60);
    let request = loop {
        let received = sqs.receive_message().queue_url(tapped).send().await.unwrap();
        if let Some(message) = received.messages().first() {
            break serde_json::from_str::<Value>(message.body().unwrap()).unwrap()["detail"].clone();
        }
        assert!(Instant::now() < end, "the silent account was not asked");
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    let report = json!({"account": account(SILENT), "region": REGION, "at": 0, "services": [], "calls": 1});
    let detail = json!({"scan_id": request["scan_id"], "place": request["place"], "nonce": request["nonce"], "part": 0, "parts": 1, "body": report.to_string()});
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .event_bus_name("aiops")
        .source("aiops.member")
        .detail_type("aiops.scan-completed.v1")
        .detail(detail.to_string())
        .build();
    let put = aws_sdk_eventbridge::Client::new(&w.root(&account(FORGES))).put_events().entries(entry).send().await.unwrap();
    assert_eq!(put.failed_entry_count(), 0);
}

#[tokio::test]
async fn alone_ten_accounts_scan_themselves_as_the_hub_would_and_forged_answers_are_refused() {
    let w = world();
    let mut making = Vec::new();
    for n in 0..ACCOUNTS {
        making.push(tokio::spawn(make(w, n)));
    }
    let mut canaries = BTreeMap::new();
    for (n, made) in making.into_iter().enumerate() {
        canaries.insert(n, made.await.unwrap());
    }
    let registered: Vec<Value> = (0..ACCOUNTS)
        .map(|n| json!({"id": account(n), "name": format!("fan-{n}"), "environment": "staging", "owner": "e2e@example.com", "regions": [REGION], "autonomy": "shadow"}))
        .collect();
    let answer = w.call("PUT", "/v1/accounts", "erin", &json!({"accounts": registered}).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
    let silent = aws_sdk_eventbridge::Client::new(&w.root(&account(SILENT)));
    silent.disable_rule().event_bus_name("aiops").name("aiops-scan-requested").send().await.unwrap();

    let hub = carrier::read(w, HUB).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut carriers = Vec::new();
    for n in (0..ACCOUNTS).filter(|n| ![DENIES, SILENT].contains(n)) {
        let member = carrier::read(w, &account(n)).await;
        if n == 0 {
            let event = json!({"source": "aiops.member", "detail-type": "aiops.scan-completed.v1", "account": account(0)});
            every_part_is_needed(&event, &member, &hub);
        }
        let queue = carrier::tap(w, &account(n)).await;
        carriers.push(tokio::spawn(carrier::run(w, queue, member, hub.clone(), stop.clone())));
    }
    let tapped = carrier::tap(w, &account(SILENT)).await;

    let before = w.set_variable("plan-scan", "SCAN_ANSWER_SECONDS", Some("25")).await;
    let restore = async {
        w.set_variable("plan-scan", "SCAN_ANSWER_SECONDS", before.as_deref()).await;
        w.set_variable("plan-scan", "SCAN_EVENTS_FROM", Some("10")).await;
    };
    restoring(
        async move {
            let forging = tokio::spawn(async move { forge(w, &tapped).await });
            let (by_events, text) = scan(w, "victor", "scan vpc in all accounts").await;
            forging.await.unwrap();
            stop.store(true, Ordering::Relaxed);
            for carrier in carriers {
                let heard = carrier.await.unwrap();
                assert!(heard.iter().any(|e| e["detail-type"] == "aiops.scan-requested.v1"), "asked by an event: {heard:?}");
                assert!(heard.iter().any(|e| e["detail-type"] == "aiops.scan-completed.v1"), "answered by an event: {heard:?}");
            }
            // What was not seen is named, with its reason; the rest is complete.
            let line = |n: usize| text.lines().find(|l| l.contains(&account(n)) && l.contains(" vpc: ")).unwrap_or_default().to_owned();
            assert!(line(DENIES).contains("sts:AssumeRole"), "{text}");
            assert!(line(SILENT).contains("did not answer in time"), "{text}");
            let refused = format!("Refused: account {} answered for account {}", account(FORGES), account(SILENT));
            assert!(text.contains(&refused) && text.contains("answers_for_another_account"), "{text}");
            let seen: Vec<usize> = (0..ACCOUNTS).filter(|n| ![DENIES, SILENT].contains(n)).collect();
            for n in &seen {
                assert_eq!(line(*n), "", "{text}");
                let body = json!(findings(w, &by_events, &account(*n)).await).to_string();
                assert!(body.contains(&canaries[n]) && body.contains("vpc_group_ssh_open"), "{n}: {body}");
                assert!(canaries.iter().all(|(other, id)| other == n || !body.contains(id)), "another account's canary in {n}: {body}");
            }
            assert_eq!(findings(w, &by_events, &account(SILENT)).await, Vec::<Value>::new());

            // The hub itself sees the same.
            w.set_variable("plan-scan", "SCAN_EVENTS_FROM", Some("1000")).await;
            let (by_hub, _) = scan(w, "victor", "scan vpc in all accounts").await;
            for n in seen {
                assert_eq!(findings(w, &by_events, &account(n)).await, findings(w, &by_hub, &account(n)).await, "{n}");
            }
            let late = findings(w, &by_hub, &account(SILENT)).await;
            assert!(json!(late).to_string().contains(&canaries[&SILENT]), "the silent account can be looked at: {late:?}");
        },
        restore,
    )
    .await;
}
