//! The audit log of the deployed fleet: written by many at once, overwritten, restored, taken elsewhere and checked there.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use audit::{Actor, Anchor, AuditEvent, Chain, EventKind, FaultKind, StoredRecord, verify_chain};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{AccountId, Digest, EpochMs};
use ledger::{Entry, Ledger, LedgerError, Tables};
use serde_json::{Value, json};

use crate::{
    cli::Machine,
    privilege::{code, functions, is_denied, path_style, stolen},
    resources::{s3, short},
    world::*,
};

fn now() -> EpochMs {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    EpochMs(i64::try_from(now.as_millis()).unwrap())
}

/// A chain of the test's own: that of an account nobody has.
fn chain() -> (AccountId, Chain) {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).unwrap();
    let account = AccountId::parse(&format!("9{:011}", u64::from_be_bytes(bytes) % 100_000_000_000)).unwrap();
    (account.clone(), Chain::of_account(&account))
}

/// The ledger as a function sees it that appends to the log.
async fn ledger_of(w: &World, function: &str) -> Ledger {
    let tables = Tables::new(w.hub("LedgerTableName"), w.hub("AuditTableName"));
    Ledger::new(aws_sdk_dynamodb::Client::new(&stolen(w, function).await), tables, REGION.to_owned())
}

fn entry(account: &AccountId, n: usize) -> Entry {
    let event = AuditEvent::new(EventKind::Resumed, Actor::function("e2e")).in_account(account.clone());
    Entry::new(event.fact("n", i64::try_from(n).unwrap()), now())
}

/// A chain as the endpoint shows it.
fn records(w: &World, chain: &Chain) -> Vec<StoredRecord> {
    let (mut found, mut after) = (Vec::new(), 0_u64);
    loop {
        let page = w.get(&format!("/v1/audit/chains/{chain}?after={after}&limit=200"), "dave");
        assert_eq!(page.status, 200, "{page:?}");
        found.extend(page.body["records"].as_array().unwrap().iter().map(|row| StoredRecord {
            chain: chain.clone(),
            seq: row["seq"].as_u64().unwrap(),
            record: row["record"].as_str().unwrap().to_owned(),
            hash: Digest::parse(row["hash"].as_str().unwrap()).unwrap(),
        }));
        match page.body["next_after"].as_u64() {
            Some(next) => after = next,
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_of_one_chain_neither_fork_it_nor_lose_a_record() {
    let w = world();
    let (account, chain) = chain();
    let ledger = ledger_of(w, "resume-plans").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16_usize {
        let (ledger, account) = (ledger.clone(), account.clone());
        writers.spawn(async move {
            for n in 0..4 {
                ledger.append(&entry(&account, writer * 4 + n)).await?;
            }
            Ok::<(), LedgerError>(())
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap().unwrap();
    }
    let found = records(w, &chain);
    assert_eq!(verify_chain(&chain, &Anchor::genesis(&chain), found.clone(), None).unwrap().records, 64);
    let written: BTreeSet<String> = found.iter().map(|r| format!("{:?}", r.read().unwrap().event.detail.get("n"))).collect();
    assert_eq!(written.len(), 64, "each writer's records are there once");
}

/// An item of the audit table.
fn item(record: &StoredRecord) -> std::collections::HashMap<String, AttributeValue> {
    [
        ("chain", AttributeValue::S(record.chain.to_string())),
        ("seq", AttributeValue::N(record.seq.to_string())),
        ("record", AttributeValue::S(record.record.clone())),
        ("record_hash", AttributeValue::S(record.hash.to_string())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn alone_no_role_rewrites_the_past_unseen() {
    use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
    let w = world();
    let table = w.hub("AuditTableName");
    let (account, chain) = chain();
    let ledger = ledger_of(w, "resume-plans").await;
    for n in 0..3 {
        ledger.append(&entry(&account, n)).await.unwrap();
    }
    let before = records(w, &chain);
    let victim = &before[1];
    let forged = StoredRecord { record: victim.record.replace("\"n\":1", "\"n\":7"), ..victim.clone() };
    assert_ne!(forged, *victim);
    // What is in the bucket of it, once the stream brought it there.
    let (bucket, root) = (w.hub("AuditBucketName"), s3(w, HUB));
    let prefix = format!("records/internal/{chain}/");
    let end = Instant::now() + Duration::from_secs(60);
    let copy = loop {
        let listed = root.list_objects_v2().bucket(&bucket).prefix(&prefix).send().await.unwrap();
        if let Some(object) = listed.contents().first() {
            break object.key().unwrap().to_owned();
        }
        assert!(Instant::now() < end, "the records do not arrive in the bucket");
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let version = root.head_object().bucket(&bucket).key(&copy).send().await.unwrap().version_id().map(str::to_owned);
    let original = root.get_object().bucket(&bucket).key(&copy).send().await.unwrap().body.collect().await.unwrap().to_vec();

    let (mut overwrote, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for function in functions() {
        let thief = stolen(w, &function).await;
        let (dynamodb, objects) = (aws_sdk_dynamodb::Client::new(&thief), aws_sdk_s3::Client::from_conf(path_style(&thief)));
        let key = || {
            Some(std::collections::HashMap::from([
                ("chain".to_owned(), AttributeValue::S(chain.to_string())),
                ("seq".to_owned(), AttributeValue::N(victim.seq.to_string())),
            ]))
        };
        let update = dynamodb.update_item().table_name(&table).set_key(key()).update_expression("SET #r = :x");
        let update = update.expression_attribute_names("#r", "record").expression_attribute_values(":x", AttributeValue::S("x".into()));
        let delete = DeleteRequest::builder().set_key(key()).build().unwrap();
        let batch = dynamodb.batch_write_item().request_items(&table, vec![WriteRequest::builder().delete_request(delete).build()]);
        let partiql = format!("DELETE FROM \"{table}\" WHERE chain = '{chain}' AND seq = {}", victim.seq);
        for (what, code) in [
            ("update", code(update.send().await)),
            ("delete", code(dynamodb.delete_item().table_name(&table).set_key(key()).send().await)),
            ("batch", code(batch.send().await)),
            ("statement", code(dynamodb.execute_statement().statement(partiql).send().await)),
            ("version", code(objects.delete_object().bucket(&bucket).key(&copy).set_version_id(version.clone()).send().await)),
            ("copy", code(objects.delete_object().bucket(&bucket).key(&copy).send().await)),
        ] {
            assert!(is_denied(&code), "{function}: {what} is `{code}`");
        }
        assert_eq!(records(w, &chain), before, "{function} changed the log");
        // Who may append may put over what is there, and that is seen at once.
        match code(dynamodb.put_item().table_name(&table).set_item(Some(item(&forged))).send().await).as_str() {
            "done" => {
                let fault = verify_chain(&chain, &Anchor::genesis(&chain), records(w, &chain), None).unwrap_err();
                assert_eq!((fault.seq, fault.kind), (victim.seq, FaultKind::Altered), "{function}");
                w.dynamodb().put_item().table_name(&table).set_item(Some(item(victim))).send().await.unwrap();
                overwrote.insert(function.clone());
            }
            other => {
                assert!(is_denied(other), "{function}: put is `{other}`");
                refused.insert(function.clone());
            }
        }
        // seal-audit may put, and what it puts over a copy lies beside the original, which stays.
        let until = aws_sdk_s3::primitives::DateTime::from_secs(now().seconds() + 86_400);
        let put = objects.put_object().bucket(&bucket).key(&copy).body(b"forged".to_vec().into());
        let put = put.object_lock_mode(aws_sdk_s3::types::ObjectLockMode::Governance).object_lock_retain_until_date(until);
        let put = code(put.send().await);
        assert_eq!(put == "done", function == "seal-audit", "{function}: {put}");
        let kept = root.get_object().bucket(&bucket).key(&copy).set_version_id(version.clone()).send().await.unwrap();
        assert_eq!(kept.body.collect().await.unwrap().to_vec(), original, "{function}");
    }
    assert!(!overwrote.is_empty() && !refused.is_empty(), "overwrote: {overwrote:?}, refused: {refused:?}");
    // The stream tells of each, by the record's place.
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let told = w.audit_records("hub").into_iter().any(|r| {
            let (event, seq) = (&r["event"], victim.seq.to_string());
            event["kind"] == "tampering_seen" && event["detail"]["chain"] == chain.as_str() && event["detail"]["seq"] == seq
        });
        if told {
            break;
        }
        assert!(Instant::now() < end, "nobody was told of the overwritten record");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(records(w, &chain), before, "the log is as it was");
}

/// The public key of a signing key, as an auditor would get it once.
async fn pem(w: &World, output: &str, to: &Path) -> String {
    let answer = aws_sdk_kms::Client::new(&w.root(HUB)).get_public_key().key_id(w.hub(output)).send().await.unwrap();
    std::fs::write(to, public_key::to_pem(answer.public_key().unwrap().as_ref())).unwrap();
    to.display().to_string()
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("aiops-e2e-{}", unique()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
    fn at(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn seal(w: &World) -> Value {
    let (answer, failed) = w.invoke("seal-audit", &json!({})).await;
    assert!(!failed && answer["fault"].is_null(), "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn alone_a_copy_of_the_log_at_one_moment_is_verified_and_its_heads_are_compared() {
    let w = world();
    let (folder, dave, stranger) = (Folder::new(), Machine::of("dave"), Machine::strangers());
    let id = w.instance(DEV).await;
    let plan = w.ask("alice", &format!("stop {id} in dev"));
    w.wait(&plan, &["succeeded"]).await;
    w.execution_end(&plan, "execute", 1).await;
    seal(w).await;
    let (key, today, drill) = (pem(w, "SealKeyArn", &folder.0.join("seal.pem")).await, folder.at("today"), folder.at("drill"));
    dave.run(&["audit", "export", "--to", &today]).ok();
    let live = stranger.json(&["audit", "verify", "--export", &today, "--key", &key]);
    assert_eq!(live["sound"], true, "{live:#}");

    // The copy, by point-in-time recovery into a table of its own, read into an export with the bucket's seals.
    let (dynamodb, copy) = (w.dynamodb(), format!("aiops-audit-{}", short()));
    let restore = dynamodb.restore_table_to_point_in_time().source_table_name(w.hub("AuditTableName")).target_table_name(&copy);
    restore.use_latest_restorable_time(true).send().await.unwrap();
    let mut pages = dynamodb.scan().table_name(&copy).consistent_read(true).into_paginator().items().send();
    let mut chains: std::collections::BTreeMap<String, Vec<(u64, String)>> = std::collections::BTreeMap::new();
    while let Some(found) = pages.next().await {
        let found = found.unwrap();
        let (text, seq) = (|name: &str| found[name].as_s().unwrap().clone(), found["seq"].as_n().unwrap().parse().unwrap());
        let line = format!("{seq} {} {}\n", text("record_hash"), text("record"));
        chains.entry(text("chain")).or_default().push((seq, line));
    }
    dynamodb.delete_table().table_name(&copy).send().await.unwrap();
    for part in ["chains", "seals"] {
        std::fs::create_dir_all(folder.0.join("drill").join(part)).unwrap();
    }
    for (chain, mut lines) in chains.clone() {
        lines.sort();
        let text: String = lines.into_iter().map(|(_, line)| line).collect();
        std::fs::write(folder.0.join(format!("drill/chains/{chain}.log")), text).unwrap();
    }
    for file in std::fs::read_dir(folder.0.join("today/seals")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.0.join("drill/seals").join(file.file_name())).unwrap();
    }

    // It holds everything that the live log held, to the last record: every head of today is a pin.
    let pin = format!("{}:{}", live["seals"], live["seal"].as_str().unwrap());
    let mut asked = vec!["audit", "verify", "--export", &drill, "--key", &key, "--pin", &pin];
    let states = live["chains"].as_array().unwrap();
    let heads: Vec<String> =
        states.iter().map(|c| format!("{}:{}:{}", c["chain"].as_str().unwrap(), c["records"], c["head"].as_str().unwrap())).collect();
    heads.iter().for_each(|head| asked.extend(["--head", head.as_str()]));
    let restored = stranger.json(&asked);
    assert_eq!((&restored["sound"], &restored["faults"]), (&json!(true), &json!([])), "{restored:#}");
    assert_eq!(restored["chains"].as_array().unwrap().len(), states.len());
    let sealed = |report: &Value| report["chains"].as_array().unwrap().iter().map(|c| c["sealed"].as_u64().unwrap()).sum::<u64>();
    assert!(sealed(&restored) >= sealed(&live) && sealed(&live) > 0, "{restored:#}");

    // A copy that is older than the last seal: the loss is named, to the record.
    let state = states.iter().find(|c| c["chain"] == DEV).unwrap();
    let kept = usize::try_from(state["sealed"].as_u64().unwrap()).unwrap() - 1;
    let path = folder.0.join(format!("drill/chains/{DEV}.log"));
    let text: String = std::fs::read_to_string(&path).unwrap().split_inclusive('\n').take(kept).collect();
    std::fs::write(&path, text).unwrap();
    let short = stranger.run(&["audit", "verify", "--export", &drill, "--key", &key, "--json"]);
    assert_eq!(short.code, 2, "{short:?}");
    let report: Value = serde_json::from_str(short.out.lines().next().unwrap()).unwrap();
    assert_eq!(report["faults"], json!([{"place": DEV, "line": kept + 1, "kind": "truncated"}]), "{report:#}");
    // The second verifier, which shares no code with ours, says the same of both.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (dir, sound) in [(&today, true), (&drill, false)] {
        let ran =
            Command::new(root.join(".local/venv/bin/python")).arg(root.join("tools/verify_audit.py")).args(["--key", &key, dir]).output();
        let said: Value = serde_json::from_slice(&ran.unwrap().stdout).unwrap();
        assert_eq!(said["sound"], sound, "{said:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_plan_is_asked_for_and_its_evidence_is_checked_by_a_stranger() {
    let w = world();
    let (folder, dave, stranger) = (Folder::new(), Machine::of("dave"), Machine::strangers());
    let (id, plan) = w.waiting("alice").await;
    assert_eq!(w.approve("bob", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
    w.execution_end(&plan, "execute", 1).await;

    // Who touched this resource; what did alice do; everything of this plan: as a table and as CSV.
    let touched = dave.run(&["audit", "show", "--resource", &id, "--since", "1h"]).ok();
    for part in ["plan_proposed", "approval_recorded", "effect_done", "verified", "alice", "bob", &plan] {
        assert!(touched.out.contains(part), "{part}: {touched:?}");
    }
    let csv = dave.run(&["audit", "show", "--plan", &plan, "--csv"]).ok();
    let header = csv.out.lines().next().unwrap();
    assert!(header.contains("\"roles\"") && header.contains("\"resources\"") && csv.out.contains(&id), "{csv:?}");
    let did = dave.run(&["audit", "show", "--person", "alice", "--since", "1h", "--csv"]).ok();
    assert!(did.out.contains(&plan) && !did.out.lines().skip(1).any(|l| l.contains("\"effect_done\"")), "{did:?}");

    // Records say who by the token's own id, and which resources.
    let of_plan: Vec<Value> = w.audit_records(PROD).into_iter().filter(|r| r["event"]["plan"] == plan.as_str()).collect();
    let arn = format!("arn:aws:ec2:{REGION}:{PROD}:instance/{id}");
    let of_kind = |kind: &str| of_plan.iter().find(|r| r["event"]["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {of_plan:#?}"));
    for kind in ["plan_proposed", "approved", "effect_intended", "effect_done", "verified"] {
        assert_eq!(of_kind(kind)["event"]["resources"], json!([arn]), "{kind}");
    }
    let yes = of_kind("approval_recorded");
    assert!(yes["event"]["actor"]["subject"].as_str().is_some_and(|s| !s.is_empty()), "{yes:#}");

    // As OCSF, by the published schema.
    let ocsf = dave.run(&["audit", "ocsf", "--plan", &plan]).ok();
    let events = folder.0.join("events.jsonl");
    std::fs::write(&events, &ocsf.out).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let validator = Command::new(root.join(".local/venv/bin/python"))
        .arg(root.join("tools/validate_ocsf.py"))
        .stdin(std::fs::File::open(&events).unwrap())
        .output()
        .unwrap();
    assert!(validator.status.success() && ocsf.out.lines().count() >= of_plan.len(), "{validator:?}");

    // The bundle, made of an export, checked by somebody who has two public keys and nothing else.
    let keys = [pem(w, "SealKeyArn", &folder.0.join("seal.pem")).await, pem(w, "ApprovalKeyArn", &folder.0.join("approval.pem")).await];
    let bundle = folder.at("bundle.json");
    let check = ["audit", "verify", "--bundle", &bundle, "--key", &keys[0], "--approval-key", &keys[1]];
    let mut report = Value::Null;
    // A letter may be recorded after the seal: it is proven by the next one.
    for attempt in 0..5 {
        seal(w).await;
        let export = folder.at(&format!("export-{attempt}"));
        dave.run(&["audit", "export", "--to", &export]).ok();
        dave.run(&["audit", "bundle", &plan, "--export", &export, "--to", &bundle]).ok();
        report = stranger.json(&check);
        if report["unproven"] == 0 {
            break;
        }
    }
    assert_eq!((&report["sound"], &report["unproven"]), (&json!(true), &json!(0)), "{report:#}");
    assert!(report["proven"].as_u64() >= u64::try_from(of_plan.len()).ok(), "{report:#}");
    let change = &report["change"];
    assert_eq!((&change["requesters"], &change["approvers"]), (&json!(["alice"]), &json!(["bob"])), "{change:#}");
    assert_eq!((&change["verified"], &change["digest"]), (&json!(true), &json!(w.digest(&plan))), "{change:#}");
    assert!(!change["request_ids"].as_array().unwrap().is_empty(), "{change:#}");
    // Another instance in the evidence, and it is none.
    let text = std::fs::read_to_string(&bundle).unwrap();
    std::fs::write(&bundle, text.replace(&id, "i-0123456789abcdef0")).unwrap();
    assert_eq!(stranger.run(&check).code, 2);
}

#[tokio::test]
async fn a_sign_in_and_each_request_are_recorded_once_with_who_asked_and_without_their_secrets() {
    let w = world();
    let (viewer, nobody) = (w.new_person(&["viewer"]).await, w.new_person(&[]).await);
    let key = format!("AKIA{}", &unique().to_uppercase().replace(['0', '1', '8', '9'], "2").chars().cycle().take(16).collect::<String>());
    assert_eq!(w.chat(&viewer, "help").error(), "");
    assert_eq!(w.chat(&viewer, &format!("what is {key} good for?")).status, 200);
    assert!(w.chat(&nobody, "help").error().ends_with("Denied"));
    // A decision of the same sign-in tells nothing new.
    assert_eq!(w.post("/v1/plans/plan_01KAQ3Z8M5T9V2XW7C4RFHN6JD/withdraw", &viewer, &json!({})).status, 404);

    let records = w.audit_records("hub");
    let of = |person: &str, kind: &str| -> Vec<Value> {
        let mine = |r: &&Value| r["event"]["actor"]["person"] == person && r["event"]["kind"] == kind;
        records.iter().filter(mine).map(|r| r["event"].clone()).collect()
    };
    let signed_in = of(&viewer, "signed_in");
    assert_eq!(signed_in.len(), 1, "{signed_in:#?}");
    assert_eq!(signed_in[0]["actor"]["roles"], json!(["viewer"]));
    assert!(signed_in[0]["actor"]["subject"].as_str().is_some_and(|s| !s.is_empty()), "{signed_in:#?}");
    assert_eq!((of(&nobody, "sign_in_refused").len(), of(&nobody, "signed_in").len()), (1, 0));
    assert_eq!(of(&nobody, "request_received").len(), 1);

    let asked = of(&viewer, "request_received");
    assert_eq!(asked.len(), 2, "{asked:#?}");
    assert_eq!((&asked[0]["detail"]["text"], &asked[0]["detail"]["understood"]), (&json!("help"), &json!("help")));
    assert_eq!(asked[0]["data_class"], "sensitive");
    let text = asked[1]["detail"]["text"].as_str().unwrap();
    assert!(text.contains("[redacted:") && !text.contains(&key), "{text}");
    for person in [&viewer, &nobody] {
        w.remove_person(person).await;
    }
}
