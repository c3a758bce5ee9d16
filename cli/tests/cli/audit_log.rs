//! Verification of the audit log on the auditor's own machine.

use audit::{Actor, Anchor, AuditEvent, AuditRecord, Chain, EventKind, StoredRecord};
use domain::{AccountId, EpochMs, PersonId, PlanId, Role};
use serde_json::{Value, json};

use crate::support::{Home, PLAN, Run, Server, unexpected};

const ACCOUNT: &str = "222222222222";

/// A genuine chain; `salt` makes another history of the same length.
fn chain(name: &str, length: u64, salt: &str) -> Vec<StoredRecord> {
    let chain = Chain::parse(name).unwrap();
    let mut anchor = Anchor::genesis(&chain);
    let mut records = Vec::new();
    for n in 1..=length {
        let actor = Actor::person(PersonId::parse("alice").unwrap(), [Role::Operator]);
        let mut event = AuditEvent::new(EventKind::PlanProposed, actor).fact("salt", salt);
        if let Ok(account) = AccountId::parse(name) {
            event = event.in_account(account);
        }
        if n == 2 {
            event.plan = Some(PlanId::parse(PLAN).unwrap());
        }
        let record = AuditRecord::after(&anchor, chain.clone(), EpochMs(1_700_000_000_000), event).store().unwrap();
        anchor = record.anchor();
        records.push(record);
    }
    records
}

fn head(records: &[StoredRecord]) -> (u64, String) {
    records.last().map(|r| (r.seq, r.hash.to_string())).unwrap()
}

/// An endpoint that holds these records, three a page, and states these heads.
fn holding(chains: Vec<(&'static str, Vec<StoredRecord>, (u64, String))>) -> Server {
    Server::start(move |seen| {
        if seen.is("GET", "/v1/audit/chains") {
            let heads: Vec<Value> =
                chains.iter().map(|(name, _, (seq, head))| json!({"chain": name, "seq": seq, "head": head, "later_field": 1})).collect();
            return (200, json!({"chains": heads}));
        }
        let Some((_, records, _)) = chains.iter().find(|(name, _, _)| seen.is("GET", &format!("/v1/audit/chains/{name}"))) else {
            return unexpected(seen);
        };
        let after: u64 = seen.path.split("after=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        let page: Vec<&StoredRecord> = records.iter().filter(|r| r.seq > after).take(3).collect();
        let next = page.last().map(|r| r.seq).filter(|last| records.iter().any(|r| r.seq > *last));
        let rows: Vec<Value> = page.iter().map(|r| json!({"record": r.record, "hash": r.hash, "later_field": 1})).collect();
        (200, json!({"records": rows, "next_after": next}))
    })
}

fn verify(records: Vec<StoredRecord>, head: (u64, String)) -> Run {
    Home::signed_in(&holding(vec![(ACCOUNT, records, head)])).run(&["audit", "verify"])
}

#[test]
fn sound_chains_are_verified_over_their_pages() {
    let (hub, account) = (chain("hub", 1, "a"), chain(ACCOUNT, 8, "a"));
    let (hub_head, account_head) = (head(&hub), head(&account));
    let server = holding(vec![("hub", hub, hub_head), (ACCOUNT, account, account_head.clone())]);
    let home = Home::signed_in(&server);
    let run = home.run(&["audit", "verify"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("222222222222: 8 record(s) sound, head ") && run.out.ends_with("2 chain(s), 9 record(s): no fault\n"),
        "{}",
        run.out
    );
    let again = home.run(&["audit", "verify", "--chain", ACCOUNT, "--lang", "zh"]);
    assert!(again.out.contains("上次验证的第 8 条未变"), "{}", again.out);
    let machine: Value = serde_json::from_str(&home.run(&["audit", "verify", "--json"]).out).unwrap();
    assert_eq!((&machine["sound"], &machine["records"]), (&json!(true), &json!(9)));
    assert_eq!(machine["chains"][0], json!({"chain": ACCOUNT, "sound": true, "records": 8, "seq": 8, "head": account_head.1}));
    assert_eq!(home.run(&["audit", "verify", "--chain", "333333333333"]).code, 1);
    assert_eq!(home.run(&["audit", "verify", "--chain", "../x"]).code, 1);
}

#[test]
fn an_altered_record_is_named() {
    let mut records = chain(ACCOUNT, 6, "a");
    let head = head(&records);
    records[3].record = records[3].record.replace("alice", "mallo");
    let run = verify(records, head);
    assert_eq!(run.code, 2);
    assert!(run.err.starts_with("error Audit.Fault: record 4 of audit chain 222222222222 was altered"), "{}", run.err);
}

#[test]
fn an_altered_record_with_its_hash_made_anew_is_named() {
    let mut records = chain(ACCOUNT, 6, "a");
    let head = head(&records);
    records[3] = chain(ACCOUNT, 6, "b").remove(3);
    let run = verify(records, head);
    assert_eq!(run.code, 2);
    assert!(run.err.starts_with("error Audit.Fault: record 4 of audit chain 222222222222"), "{}", run.err);
}

#[test]
fn a_removed_record_is_named() {
    let mut records = chain(ACCOUNT, 6, "a");
    let head = head(&records);
    records.remove(2);
    let run = verify(records, head);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("record 3 of audit chain 222222222222 is missing"), "{}", run.err);
}

#[test]
fn a_chain_that_ends_before_its_head_is_cut() {
    let mut records = chain(ACCOUNT, 6, "a");
    let head = head(&records);
    records.truncate(4);
    let run = verify(records, head);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("record 5 of audit chain 222222222222 is missing: the chain ends before its head"), "{}", run.err);
}

#[test]
fn a_record_beyond_the_head_was_inserted() {
    let records = chain(ACCOUNT, 6, "a");
    let head = head(&records[..5]);
    let run = verify(records, head);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("record 6 of audit chain 222222222222 was inserted"), "{}", run.err);
}

#[test]
fn a_chain_cut_together_with_its_head_is_seen_by_the_pinned_head() {
    let records = chain(ACCOUNT, 6, "a");
    let first = holding(vec![(ACCOUNT, records.clone(), head(&records))]);
    let url = first.url.clone();
    let home = Home::signed_in(&first);
    assert_eq!(home.run(&["audit", "verify"]).code, 0);
    drop(first);
    let cut = holding(vec![(ACCOUNT, records[..4].to_vec(), head(&records[..4]))]);
    let home = pinned_elsewhere(home, &url, &cut);
    let run = home.run(&["audit", "verify"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("record 6, verified here at ") && run.err.contains("the chain now ends at record 4"), "{}", run.err);
    assert_eq!(home.run(&["audit", "verify"]).code, 2, "a fault does not move the pin");
    let reset = home.run(&["audit", "verify", "--reset-pins"]);
    assert_eq!(reset.code, 0, "{}", reset.err);
    assert_eq!(home.run(&["audit", "verify"]).code, 0);
}

#[test]
fn a_rewritten_history_is_seen_by_the_pinned_head() {
    let records = chain(ACCOUNT, 6, "a");
    let first = holding(vec![(ACCOUNT, records.clone(), head(&records))]);
    let url = first.url.clone();
    let home = Home::signed_in(&first);
    assert_eq!(home.run(&["audit", "verify"]).code, 0);
    drop(first);
    let other = chain(ACCOUNT, 9, "b");
    let rewritten = holding(vec![(ACCOUNT, other.clone(), head(&other))]);
    let run = pinned_elsewhere(home, &url, &rewritten).run(&["audit", "verify", "--lang", "zh"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("的历史被改写：第 6 条记录"), "{}", run.err);
}

#[test]
fn a_chain_that_is_gone_altogether_is_a_fault() {
    let records = chain(ACCOUNT, 2, "a");
    let first = holding(vec![(ACCOUNT, records.clone(), head(&records))]);
    let url = first.url.clone();
    let home = Home::signed_in(&first);
    assert_eq!(home.run(&["audit", "verify"]).code, 0);
    drop(first);
    let empty = holding(vec![]);
    assert_eq!(pinned_elsewhere(home, &url, &empty).run(&["audit", "verify"]).code, 2);
}

/// The test's servers have other addresses; to the auditor they are one endpoint.
fn pinned_elsewhere(home: Home, from: &str, to: &Server) -> Home {
    let home = home.moved_to(to);
    let name = |url: &str| home.dir.join("heads").join(format!("{}.json", domain::Digest::of_bytes(url.as_bytes()).short()));
    let pins = std::fs::read_to_string(name(from)).unwrap().replace(from, &to.url);
    std::fs::write(name(&to.url), pins).unwrap();
    home.sign_in("default", "alice", "id-1", 3600);
    home
}

#[test]
fn a_log_that_grows_while_it_is_read_is_sound() {
    let records = chain(ACCOUNT, 5, "a");
    let mut asked = 0;
    let server = Server::start(move |seen| {
        if seen.is("GET", "/v1/audit/chains") {
            asked += 1;
            let (seq, head) = head(&records[..if asked == 1 { 3 } else { 5 }]);
            return (200, json!({"chains": [{"chain": ACCOUNT, "seq": seq, "head": head}]}));
        }
        let rows: Vec<Value> = records[..4].iter().map(|r| json!({"record": r.record, "hash": r.hash})).collect();
        (200, json!({"records": rows}))
    });
    let run = Home::signed_in(&server).run(&["audit", "verify"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("4 record(s) sound"), "{}", run.out);
}

#[test]
fn an_endpoint_that_does_not_answer_is_no_fault_of_the_log() {
    let records = chain(ACCOUNT, 2, "a");
    let stated = head(&records);
    let server = Server::start(move |seen| {
        if seen.is("GET", "/v1/audit/chains") {
            (200, json!({"chains": [{"chain": ACCOUNT, "seq": stated.0, "head": stated.1}]}))
        } else {
            (502, json!({}))
        }
    });
    let run = Home::signed_in(&server).run(&["audit", "verify"]);
    assert_eq!(run.code, 3, "{}", run.err);
}

#[test]
fn records_are_shown_by_plan_and_by_chain() {
    let (hub, account) = (chain("hub", 2, "a"), chain(ACCOUNT, 4, "a"));
    let (hub_head, account_head) = (head(&hub), head(&account));
    let server = holding(vec![("hub", hub, hub_head), (ACCOUNT, account, account_head)]);
    let home = Home::signed_in(&server);
    let all = home.run(&["audit", "show"]);
    assert_eq!(all.out.lines().count(), 7, "{}", all.out);
    let plan = home.run(&["audit", "show", "--plan", PLAN, "--chain", ACCOUNT]);
    assert_eq!(plan.out.lines().count(), 2, "{}", plan.out);
    for part in ["2023-11-14T22:13:20Z", "plan_proposed", "alice", PLAN, "salt=a"] {
        assert!(plan.out.contains(part), "{part}\n{}", plan.out);
    }
    let machine = home.run(&["audit", "show", "--chain", "hub", "--json"]);
    assert_eq!(machine.out.lines().count(), 2);
    assert_eq!(serde_json::from_str::<Value>(machine.out.lines().next().unwrap()).unwrap()["record"]["event"]["kind"], "plan_proposed");
}
