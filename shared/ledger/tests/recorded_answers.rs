//! How the ledger takes DynamoDB's answers: what it sends, what it retries, and what it tells the caller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use audit::{Actor, AuditEvent, Chain, EventKind};
use domain::{
    AccountId, Approval, ApprovalChannel, Digest, Environment, EpochMs, Facts, Lang, OperationId, Params, PersonId, Plan, PlanId,
    PlanState, PlannedTarget, Preview, Reason, Risk, Text, Undo, Value,
    plan::PLAN_SCHEMA,
    wire::{Notification, Purpose},
};
use ledger::{
    ApprovalOutcome, Belts, Change, Effect, EffectResult, EffectState, Entry, Intended, Lease, LeaseOutcome, LeaseRefused, LeaseTerms,
    Ledger, LedgerError, NewPlan, Proposed, RequestKey, SignedApproval, StopScope, StoredPlan, Tables, TokenPurpose, TokenRefusal,
    TokenUse,
};
use serde_json::{Value as Json, json};
use testkit::{Answer, Replay, Sent};

const NOW: EpochMs = EpochMs(1_700_000_100_000);
const FAILED: &str = "ConditionalCheckFailed";

/// An operation, something that its body holds, and the answer to it.
type Expected = (&'static str, String, Answer);

/// Answers in order.
struct Script {
    ledger: Ledger,
    replay: Replay,
    left: Arc<Mutex<VecDeque<Expected>>>,
}

fn script(steps: impl IntoIterator<Item = (&'static str, &'static str, Answer)>) -> Script {
    let left: VecDeque<_> = steps.into_iter().map(|(op, part, answer)| (op, part.to_owned(), answer)).collect();
    let left = Arc::new(Mutex::new(left));
    let queue = Arc::clone(&left);
    let replay = Replay::new(move |sent: &Sent| {
        let mut queue = queue.lock().unwrap();
        let (op, part, _) = queue.front()?;
        let fits = sent.target.ends_with(&format!(".{op}")) && sent.body.contains(part.as_str());
        fits.then(|| queue.pop_front()).flatten().map(|(_, _, answer)| answer)
    });
    let client = aws_sdk_dynamodb::Client::new(&replay.sdk_config("us-east-1"));
    Script { ledger: Ledger::new(client, Tables::new("ledger", "audit"), "us-east-1"), replay, left }
}

impl Script {
    /// Every answer was asked for, and nothing else was.
    fn done(&self) {
        assert!(self.left.lock().unwrap().is_empty(), "answers left: {:?}", self.left.lock().unwrap().len());
    }

    /// The items of the nth transaction.
    fn transaction(&self, n: usize) -> Vec<Json> {
        let sent = self.replay.sent();
        let body = sent.iter().filter(|s| s.target.ends_with(".TransactWriteItems")).nth(n).unwrap().body.clone();
        serde_json::from_str::<Json>(&body).unwrap()["TransactItems"].as_array().unwrap().clone()
    }
}

fn ok() -> Answer {
    Answer::new(200, "{}")
}

fn found(item: Json) -> Answer {
    Answer::new(200, json!({ "Item": item }).to_string())
}

fn error(status: u16, kind: &str) -> Answer {
    Answer::new(status, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "said no"}).to_string())
}

fn cancelled(codes: &[&str]) -> Answer {
    let reasons: Vec<Json> = codes.iter().map(|code| json!({"Code": code})).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Answer::new(400, json!({"__type": kind, "Message": "cancelled", "CancellationReasons": reasons}).to_string())
}

fn head(chain: &str, seq: u64) -> Answer {
    found(json!({
        "pk": {"S": format!("HEAD#{chain}")}, "sk": {"S": "META"}, "v": {"N": "1"}, "seq": {"N": seq.to_string()},
        "record_hash": {"S": Digest::of_bytes(b"head").as_str()}, "at": {"N": "1"}, "gsi1pk": {"S": "HEADS"}, "gsi1sk": {"S": chain}
    }))
}

fn person(name: &str) -> PersonId {
    PersonId::parse(name).unwrap()
}

fn plan() -> Plan {
    let target = |n: usize| PlannedTarget {
        id: format!("i-{n}"),
        arn: format!("arn:aws:ec2:us-east-1:222222222222:instance/i-{n}"),
        before: [("state".to_owned(), Value::from("running"))].into(),
        after: [("state".to_owned(), Value::from("stopped"))].into(),
        restores: Facts::new(),
    };
    Plan {
        schema: PLAN_SCHEMA,
        id: PlanId::generate(EpochMs(1_700_000_000_000), 7),
        account: AccountId::parse("222222222222").unwrap(),
        account_name: "dev".into(),
        environment: Environment::Dev,
        region: "us-east-1".into(),
        operation: OperationId::parse("ec2.stop_instances").unwrap(),
        risk: Risk::R2,
        params: Params::new(),
        targets: vec![target(1), target(2)],
        undo: Undo::None,
        authors: vec![person("alice")],
        policy_version: "tiers.v1".into(),
        created_at: EpochMs(1_700_000_000_000),
        expires_at: EpochMs(1_700_003_600_000),
    }
}

fn preview(plan: &Plan) -> Preview {
    let text = || Text::new("x", "某");
    Preview {
        plan: plan.clone(),
        digest: plan.digest().unwrap(),
        summary: text(),
        targets: Vec::new(),
        verdict: text(),
        rollback: text(),
        post_conditions: text(),
        monthly_cost_cents: None,
        notes: Vec::new(),
        observed_at: NOW,
    }
}

fn stored(state: PlanState) -> StoredPlan {
    let plan = plan();
    StoredPlan {
        digest: plan.digest().unwrap(),
        plan,
        state,
        version: 3,
        reason: None,
        lang: Lang::En,
        execution: None,
        undo_requested_by: None,
        lease: None,
        updated_at: NOW,
        closed_at: None,
    }
}

/// The plan's item as it would lie in the table.
fn plan_item(state: &str, lease: Option<(&str, i64)>) -> Answer {
    let plan = plan();
    let text = String::from_utf8(domain::canonical_json(&plan).unwrap()).unwrap();
    let mut item = json!({
        "pk": {"S": format!("PLAN#{}", plan.id)}, "sk": {"S": "META"}, "v": {"N": "1"}, "plan": {"S": text},
        "digest": {"S": plan.digest().unwrap().as_str()}, "state": {"S": state}, "version": {"N": "4"}, "lang": {"S": "en"},
        "updated_at": {"N": "1"}
    });
    if let Some((owner, until)) = lease {
        item["lease_owner"] = json!({"S": owner});
        item["lease_until"] = json!({"N": until.to_string()});
    }
    found(item)
}

fn entry(kind: EventKind) -> Entry {
    let plan = plan();
    let digest = plan.digest().unwrap();
    Entry::new(AuditEvent::new(kind, Actor::function("execute-operation")).about(&plan, &digest), NOW)
}

fn terms() -> LeaseTerms {
    LeaseTerms {
        purpose: Purpose::Execute,
        owner: "invocation-1".into(),
        until: NOW.plus_seconds(60),
        approvals: vec![person("bob")],
        belts: Some(Belts { daily_cap: 5, cool_down_until: Some(NOW.plus_seconds(600)) }),
    }
}

const HEAD: &str = "HEAD#222222222222";

#[tokio::test]
async fn a_change_its_record_its_head_and_its_messages_are_one_transaction() {
    let script = script([("GetItem", HEAD, head("222222222222", 4)), ("TransactWriteItems", "", ok())]);
    let message = Notification {
        occasion: "plan.closed".into(),
        plan_id: None,
        digest: None,
        recipients: Vec::new(),
        subject: Text::new("closed", "已关闭"),
        body: Text::new("closed", "已关闭"),
        with_link: false,
    };
    let entry = entry(EventKind::Expired).notify(message);
    let change = Change::because(Reason { rule: "time".into(), text: Text::new("too late", "太晚") });
    let plan = plan();
    let version = script.ledger.transition(&plan.id, 3, PlanState::Proposed, PlanState::Expired, &change, &entry).await.unwrap();
    assert_eq!(version, 4);
    let items = script.transaction(0);
    assert_eq!(items.len(), 4);
    let condition = items[0]["Update"]["ConditionExpression"].as_str().unwrap();
    assert!(condition.contains("#state = :from AND #version = :version"), "{condition}");
    assert_eq!(items[1]["Put"]["Item"]["seq"]["N"], "5");
    assert_eq!(items[1]["Put"]["ExpressionAttributeValues"][":seq"]["N"], "4");
    assert_eq!(items[2]["Put"]["TableName"], "audit");
    assert_eq!(items[2]["Put"]["ConditionExpression"], "attribute_not_exists(#seq)");
    assert!(items[3]["Put"]["Item"]["pk"]["S"].as_str().unwrap().starts_with("OUTBOX#"));
    script.done();
}

#[tokio::test]
async fn a_moved_head_is_tried_again_from_where_it_is_now() {
    let script = script([
        ("GetItem", HEAD, head("222222222222", 4)),
        ("TransactWriteItems", "", cancelled(&[FAILED, FAILED])),
        ("GetItem", HEAD, head("222222222222", 5)),
        ("TransactWriteItems", "", cancelled(&["TransactionConflict", "None"])),
        ("GetItem", HEAD, head("222222222222", 6)),
        ("TransactWriteItems", "", ok()),
    ]);
    script.ledger.append(&entry(EventKind::Verdict)).await.unwrap();
    assert_eq!(script.transaction(2)[1]["Put"]["Item"]["seq"]["N"], "7");
    script.done();
}

#[tokio::test]
async fn a_condition_of_the_change_is_a_conflict_and_is_not_tried_again() {
    let script = script([("GetItem", HEAD, head("222222222222", 4)), ("TransactWriteItems", "", cancelled(&[FAILED, FAILED, FAILED]))]);
    let id = plan().id;
    let error = script
        .ledger
        .transition(&id, 3, PlanState::Proposed, PlanState::Expired, &Change::none(), &entry(EventKind::Expired))
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::Conflict { .. }));
    assert_eq!((error.wire().name.as_str(), error.may_retry()), ("Ledger.Conflict", false));
    script.done();
}

#[tokio::test]
async fn a_head_that_never_stands_still_ends_as_unavailable() {
    let replay =
        Replay::new(|sent| Some(if sent.target.ends_with(".GetItem") { head("222222222222", 4) } else { cancelled(&[FAILED, FAILED]) }));
    let client = aws_sdk_dynamodb::Client::new(&replay.sdk_config("us-east-1"));
    let ledger = Ledger::new(client, Tables::new("ledger", "audit"), "us-east-1");
    let error = ledger.append(&entry(EventKind::Verdict)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
    assert_eq!(replay.sent().len(), 64);
}

#[tokio::test]
async fn an_audit_row_beyond_the_head_stops_the_chain() {
    let script = script([("GetItem", HEAD, head("222222222222", 4)), ("TransactWriteItems", "", cancelled(&["None", FAILED]))]);
    let error = script.ledger.append(&entry(EventKind::Verdict)).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Tampered { what } if what == "audit 222222222222/5"), "{error}");
    script.done();
}

#[tokio::test]
async fn failures_of_the_table_have_their_names_on_the_wire() {
    for (answer, name, retry) in [
        (error(400, "ThrottlingException"), "Ledger.Throttled", true),
        (error(400, "ProvisionedThroughputExceededException"), "Ledger.Throttled", true),
        (error(500, "InternalServerError"), "Ledger.Unavailable", true),
        (Answer::timed_out(), "Ledger.Unavailable", true),
        (error(400, "AccessDeniedException"), "Ledger.Denied", false),
        (error(400, "ValidationException"), "Ledger.Internal", false),
        (error(400, "ResourceNotFoundException"), "Ledger.Internal", false),
    ] {
        let script = script([("GetItem", "PLAN#", answer)]);
        let wire = script.ledger.plan(&plan().id).await.unwrap_err().wire();
        assert_eq!((wire.name.as_str(), wire.may_retry()), (name, retry));
        assert!(!wire.text.zh.is_empty() && wire.text.zh != wire.text.en);
    }
}

#[tokio::test]
async fn a_step_that_a_plans_life_does_not_have_is_refused_before_anything_is_sent() {
    let script = script([]);
    let id = plan().id;
    let error = script
        .ledger
        .transition(&id, 3, PlanState::Rejected, PlanState::Executing, &Change::none(), &entry(EventKind::Executed))
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::Transition { from: PlanState::Rejected, to: PlanState::Executing }));
    assert!(script.replay.sent().is_empty());
}

#[tokio::test]
async fn a_request_that_was_served_gives_the_plan_it_made_then() {
    let earlier = PlanId::generate(EpochMs(1), 99);
    let request_item = json!({"pk": {"S": "REQ#alice#r1"}, "sk": {"S": "META"}, "v": {"N": "1"}, "plan_id": {"S": earlier.as_str()}});
    let script = script([
        ("GetItem", HEAD, ok()),
        ("TransactWriteItems", "", cancelled(&["None", "None", "None", FAILED, "None", "None"])),
        ("GetItem", "REQ#alice#r1", found(request_item)),
    ]);
    let plan = plan();
    let preview = preview(&plan);
    let new = NewPlan {
        plan: &plan,
        preview: &preview,
        state: PlanState::Proposed,
        lang: Lang::En,
        reason: None,
        request: Some(RequestKey { person: person("alice"), request_id: "r1".into() }),
    };
    assert_eq!(script.ledger.propose(&new, &entry(EventKind::PlanProposed)).await.unwrap(), Proposed::Already(earlier));
    let items = script.transaction(0);
    assert_eq!(items[4]["Put"]["ConditionExpression"], "attribute_not_exists(pk)");
    script.done();
}

#[tokio::test]
async fn a_plan_is_not_stored_with_anothers_preview_or_in_the_middle_of_its_life() {
    let script = script([]);
    let plan = plan();
    let other = Plan { id: PlanId::generate(EpochMs(1), 1), ..plan.clone() };
    let request = Some(RequestKey { person: person("alice"), request_id: "two words".into() });
    for (preview, state, request) in [
        (preview(&other), PlanState::Proposed, None),
        (preview(&plan), PlanState::Approved, None),
        (preview(&plan), PlanState::Proposed, request),
    ] {
        let new = NewPlan { plan: &plan, preview: &preview, state, lang: Lang::En, reason: None, request };
        let error = script.ledger.propose(&new, &entry(EventKind::PlanProposed)).await.unwrap_err();
        assert!(matches!(error, LedgerError::Malformed { .. }), "{error}");
    }
}

/// Steps of a first lease of a plan with two targets and one approval, in their order.
const LEASE: [&str; 10] = ["plan", "all", "account", "operation", "approval", "counter", "cool 1", "cool 2", "head", "audit"];

fn lease_failing(which: &[&str]) -> Answer {
    let codes: Vec<&str> = LEASE.iter().map(|step| if which.contains(step) { FAILED } else { "None" }).collect();
    cancelled(&codes)
}

async fn refused(which: &[&str], then: Option<(&'static str, &'static str, Answer)>) -> LeaseRefused {
    let mut steps = vec![("GetItem", HEAD, ok()), ("TransactWriteItems", "", lease_failing(which))];
    steps.extend(then);
    let script = script(steps);
    let outcome = script.ledger.take_lease(&stored(PlanState::Approved), &terms(), &entry(EventKind::LeaseTaken)).await.unwrap();
    assert_eq!(script.transaction(0).len(), LEASE.len());
    script.done();
    match outcome {
        LeaseOutcome::Refused(refused) => refused,
        LeaseOutcome::Taken { .. } => panic!("the lease was given"),
    }
}

#[tokio::test]
async fn a_lease_is_refused_for_exactly_the_condition_that_failed() {
    let account = AccountId::parse("222222222222").unwrap();
    let operation = OperationId::parse("ec2.stop_instances").unwrap();
    let cool = "arn:aws:ec2:us-east-1:222222222222:instance/i-2";
    let cool_item = json!({"pk": {"S": format!("COOL#{cool}")}, "sk": {"S": "META"}, "v": {"N": "1"}, "cool_until": {"N": "77"}});

    assert_eq!(refused(&["all"], None).await, LeaseRefused::Killed { scope: StopScope::All });
    assert_eq!(refused(&["account"], None).await, LeaseRefused::Killed { scope: StopScope::Account(account) });
    assert_eq!(refused(&["operation"], None).await, LeaseRefused::Killed { scope: StopScope::Operation(operation) });
    assert_eq!(refused(&["approval"], None).await, LeaseRefused::ApprovalMissing { person: person("bob") });
    assert_eq!(refused(&["counter"], None).await, LeaseRefused::DailyCap { cap: 5 });
    assert_eq!(
        refused(&["cool 2"], Some(("GetItem", "COOL#", found(cool_item)))).await,
        LeaseRefused::CoolDown { arn: cool.into(), until: EpochMs(77) }
    );
    assert_eq!(
        refused(&["plan"], Some(("GetItem", "PLAN#", plan_item("rejected", None)))).await,
        LeaseRefused::PlanMoved { state: PlanState::Rejected }
    );
    let until = NOW.plus_seconds(30);
    assert_eq!(
        refused(&["plan"], Some(("GetItem", "PLAN#", plan_item("executing", Some(("other", until.0)))))).await,
        LeaseRefused::HeldBy { owner: "other".into(), until }
    );
}

#[tokio::test]
async fn the_kill_switch_is_named_before_an_approval_and_an_approval_before_a_belt() {
    assert_eq!(refused(&["counter", "approval", "account", "all"], None).await, LeaseRefused::Killed { scope: StopScope::All });
    assert_eq!(refused(&["counter", "approval"], None).await, LeaseRefused::ApprovalMissing { person: person("bob") });
}

#[tokio::test]
async fn a_lease_checks_everything_in_one_transaction() {
    let script = script([("GetItem", HEAD, ok()), ("TransactWriteItems", "", ok())]);
    let outcome = script.ledger.take_lease(&stored(PlanState::Approved), &terms(), &entry(EventKind::LeaseTaken)).await.unwrap();
    let lease = Lease { owner: "invocation-1".into(), until: NOW.plus_seconds(60) };
    assert_eq!(outcome, LeaseOutcome::Taken { version: 4, lease, takeover: false });
    let items = script.transaction(0);
    let condition = items[0]["Update"]["ConditionExpression"].as_str().unwrap();
    assert!(condition.contains("digest = :digest") && condition.contains("region_home = :region"), "{condition}");
    for (n, key) in ["KILL#all", "KILL#account:222222222222", "KILL#operation:ec2.stop_instances"].into_iter().enumerate() {
        assert_eq!(items[n + 1]["ConditionCheck"]["Key"]["pk"]["S"], key);
    }
    assert_eq!(items[4]["ConditionCheck"]["Key"]["sk"]["S"], "bob");
    assert_eq!(items[5]["Update"]["Key"]["pk"]["S"], "BELT#222222222222#2023-11-14");
    assert!(items[7]["Put"]["Item"]["pk"]["S"].as_str().unwrap().ends_with("instance/i-2"));
    script.done();
}

#[tokio::test]
async fn an_unexpired_lease_is_not_taken_over_and_an_expired_one_is_without_belts() {
    let mut held = stored(PlanState::Executing);
    held.lease = Some(Lease { owner: "other".into(), until: EpochMs(NOW.0 + 1) });
    let quiet = script([]);
    let outcome = quiet.ledger.take_lease(&held, &terms(), &entry(EventKind::LeaseTaken)).await.unwrap();
    assert_eq!(outcome, LeaseOutcome::Refused(LeaseRefused::HeldBy { owner: "other".into(), until: EpochMs(NOW.0 + 1) }));
    assert!(quiet.replay.sent().is_empty());

    held.lease = Some(Lease { owner: "other".into(), until: NOW });
    let script = script([("GetItem", HEAD, ok()), ("TransactWriteItems", "", ok())]);
    let outcome = script.ledger.take_lease(&held, &terms(), &entry(EventKind::LeaseTaken)).await.unwrap();
    assert!(matches!(outcome, LeaseOutcome::Taken { takeover: true, .. }));
    let items = script.transaction(0);
    assert_eq!(items.len(), 7);
    assert!(items[0]["Update"]["ConditionExpression"].as_str().unwrap().contains("lease_until <= :over"));
}

#[tokio::test]
async fn an_undo_is_held_by_the_kill_switch_and_by_nothing_else() {
    let script = script([("GetItem", HEAD, ok()), ("TransactWriteItems", "", ok())]);
    let undo = LeaseTerms { purpose: Purpose::Undo, approvals: Vec::new(), ..terms() };
    let outcome = script.ledger.take_lease(&stored(PlanState::Succeeded), &undo, &entry(EventKind::UndoStarted)).await.unwrap();
    assert!(matches!(outcome, LeaseOutcome::Taken { takeover: false, .. }));
    let items = script.transaction(0);
    assert_eq!(items.len(), 6);
    assert!((1..4).all(|n| items[n]["ConditionCheck"]["Key"]["pk"]["S"].as_str().unwrap().starts_with("KILL#")));
}

#[tokio::test]
async fn an_expired_plan_and_terms_that_make_no_sense_take_no_lease() {
    let script = script([]);
    let mut late = entry(EventKind::LeaseTaken);
    late.now = EpochMs(1_700_003_600_000);
    let long = LeaseTerms { until: EpochMs(i64::MAX), ..terms() };
    let outcome = script.ledger.take_lease(&stored(PlanState::Approved), &long, &late).await.unwrap();
    assert_eq!(outcome, LeaseOutcome::Refused(LeaseRefused::Expired));
    let outcome = script.ledger.take_lease(&stored(PlanState::Rejected), &terms(), &entry(EventKind::LeaseTaken)).await.unwrap();
    assert_eq!(outcome, LeaseOutcome::Refused(LeaseRefused::PlanMoved { state: PlanState::Rejected }));

    let mut crowded = stored(PlanState::Approved);
    crowded.plan.targets = vec![crowded.plan.targets[0].clone(); 51];
    let twice = LeaseTerms { approvals: vec![person("bob"), person("bob")], ..terms() };
    let over = LeaseTerms { until: NOW, ..terms() };
    let nobody = LeaseTerms { owner: String::new(), ..terms() };
    let fine = stored(PlanState::Approved);
    for (plan, terms) in [(&crowded, terms()), (&fine, twice), (&fine, over), (&fine, nobody)] {
        let error = script.ledger.take_lease(plan, &terms, &entry(EventKind::LeaseTaken)).await.unwrap_err();
        assert!(matches!(error, LedgerError::Malformed { .. }), "{error}");
    }
    assert!(script.replay.sent().is_empty());
}

#[tokio::test]
async fn fifty_targets_and_twenty_approvals_fit_into_one_transaction() {
    let script = script([("GetItem", HEAD, ok()), ("TransactWriteItems", "", ok())]);
    let mut wide = stored(PlanState::Approved);
    let one = wide.plan.targets[0].clone();
    wide.plan.targets = (0..50).map(|n| PlannedTarget { arn: format!("{}-{n}", one.arn), ..one.clone() }).collect();
    let many = LeaseTerms { approvals: (0..20).map(|n| person(&format!("approver-{n}"))).collect(), ..terms() };
    let outcome = script.ledger.take_lease(&wide, &many, &entry(EventKind::LeaseTaken)).await.unwrap();
    assert!(matches!(outcome, LeaseOutcome::Taken { .. }));
    assert!(script.transaction(0).len() <= 100);
}

fn signed() -> SignedApproval {
    let plan = plan();
    SignedApproval {
        approval: Approval {
            digest: plan.digest().unwrap(),
            plan: plan.id,
            person: person("bob"),
            at: NOW,
            channel: ApprovalChannel::Console,
            preview_hash: Digest::of_bytes(b"shown"),
            lang: Lang::En,
        },
        signature_b64: "c2ln".into(),
        key_id: "key".into(),
    }
}

fn approval_item(digest: &Digest) -> Answer {
    let mut signed = signed();
    signed.approval.digest = digest.clone();
    found(json!({
        "pk": {"S": format!("APPROVAL#{}", signed.approval.plan)}, "sk": {"S": "bob"}, "v": {"N": "1"},
        "approval": {"S": serde_json::to_string(&signed.approval).unwrap()}, "digest": {"S": digest.as_str()},
        "signature": {"S": "c2ln"}, "key_id": {"S": "key"}
    }))
}

fn code() -> TokenUse {
    let plan = plan();
    TokenUse {
        hash: Digest::of_bytes(b"code"),
        person: person("bob"),
        digest: plan.digest().unwrap(),
        plan: plan.id,
        purpose: TokenPurpose::ConsoleCode,
    }
}

#[tokio::test]
async fn the_same_approval_twice_is_one_and_a_used_code_then_does_no_harm() {
    let digest = plan().digest().unwrap();
    let script = script([
        ("GetItem", HEAD, ok()),
        ("TransactWriteItems", "", cancelled(&[FAILED, "None", FAILED, "None", "None"])),
        ("GetItem", "APPROVAL#", approval_item(&digest)),
    ]);
    let entry = entry(EventKind::ApprovalRecorded).redeeming(code());
    let outcome = script.ledger.record_approval(&signed(), PlanState::AwaitingApproval, 3, &entry).await.unwrap();
    assert_eq!(outcome, ApprovalOutcome::Already);
    script.done();
}

#[tokio::test]
async fn an_approval_of_another_digest_under_the_same_person_is_tampered() {
    let script = script([
        ("GetItem", HEAD, ok()),
        ("TransactWriteItems", "", cancelled(&[FAILED, "None", "None", "None"])),
        ("GetItem", "APPROVAL#", approval_item(&Digest::of_bytes(b"another plan"))),
    ]);
    let outcome = script.ledger.record_approval(&signed(), PlanState::AwaitingApproval, 3, &entry(EventKind::ApprovalRecorded)).await;
    assert!(matches!(outcome, Err(LedgerError::Tampered { .. })));
}

#[tokio::test]
async fn an_approval_of_a_plan_that_moved_is_a_conflict_and_a_bad_code_is_named() {
    let entry = entry(EventKind::ApprovalRecorded).redeeming(code());
    let moved = script([("GetItem", HEAD, ok()), ("TransactWriteItems", "", cancelled(&["None", FAILED, "None", "None", "None"]))]);
    let error = moved.ledger.record_approval(&signed(), PlanState::AwaitingApproval, 3, &entry).await.unwrap_err();
    assert!(matches!(error, LedgerError::Conflict { .. }));

    let using = code();
    let item = |person: &str, used: bool| {
        let mut item = json!({
            "pk": {"S": "TOKEN#x"}, "sk": {"S": "META"}, "v": {"N": "1"}, "token_hash": {"S": using.hash.as_str()},
            "person": {"S": person}, "plan_id": {"S": using.plan.as_str()}, "digest": {"S": using.digest.as_str()},
            "purpose": {"S": "console_code"}, "created_at": {"N": "1"}, "expires_at": {"N": NOW.plus_seconds(9).0.to_string()}
        });
        if used {
            item["used_at"] = json!({"N": "5"});
        }
        found(item)
    };
    for (answer, refusal) in [
        (ok(), TokenRefusal::NotFound),
        (item("bob", true), TokenRefusal::Used),
        (item("eve", false), TokenRefusal::OtherPerson),
        (item("bob", false), TokenRefusal::Used),
    ] {
        let script = script([
            ("GetItem", HEAD, ok()),
            ("TransactWriteItems", "", cancelled(&["None", "None", FAILED, "None", "None"])),
            ("GetItem", "TOKEN#", answer),
        ]);
        let error = script.ledger.record_approval(&signed(), PlanState::AwaitingApproval, 3, &entry).await.unwrap_err();
        assert!(matches!(&error, LedgerError::TokenRefused(r) if *r == refusal), "{error}");
        assert_eq!(error.wire().name, "Ledger.Refused");
        script.done();
    }
}

fn effect() -> Effect {
    Effect { plan: plan().id, target: 1, purpose: Purpose::Execute }
}

fn effect_item(state: &str, ids: &str) -> Answer {
    found(json!({
        "pk": {"S": "PLAN#x"}, "sk": {"S": "EFFECT#001#execute"}, "v": {"N": "1"}, "target": {"N": "1"}, "purpose": {"S": "execute"},
        "effect": {"S": state}, "intended_at": {"N": "4"}, "request_ids": {"S": ids}, "detail": {"S": "{}"}
    }))
}

#[tokio::test]
async fn an_effect_is_intended_once_and_only_by_whoever_holds_the_lease() {
    let again = script([
        ("GetItem", HEAD, ok()),
        ("TransactWriteItems", "EFFECT#001#execute", cancelled(&[FAILED, "None", "None", "None"])),
        ("GetItem", "EFFECT#001#execute", effect_item("intended", "[]")),
    ]);
    let intended = again.ledger.intend_effect(&effect(), "invocation-1", &entry(EventKind::EffectIntended)).await.unwrap();
    assert!(matches!(intended, Intended::Already(record) if record.state == EffectState::Intended && record.target == 1));
    let check = &again.transaction(0)[1]["ConditionCheck"];
    assert_eq!(check["ConditionExpression"], "#state = :state AND lease_owner = :owner");

    let lost = script([("GetItem", HEAD, ok()), ("TransactWriteItems", "", cancelled(&["None", FAILED, "None", "None"]))]);
    let error = lost.ledger.intend_effect(&effect(), "invocation-1", &entry(EventKind::EffectIntended)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Conflict { .. }));
}

#[tokio::test]
async fn a_result_recorded_twice_is_one_and_another_result_is_a_conflict() {
    let result = EffectResult { state: EffectState::Done, request_ids: vec!["r1".into()], detail: Facts::new() };
    for (there, ok_expected) in [(effect_item("done", "[\"r1\"]"), true), (effect_item("failed", "[]"), false)] {
        let script = script([
            ("GetItem", HEAD, ok()),
            ("TransactWriteItems", "", cancelled(&[FAILED, "None", "None"])),
            ("GetItem", "EFFECT#", there),
        ]);
        let outcome = script.ledger.finish_effect(&effect(), &result, &entry(EventKind::EffectDone)).await;
        assert_eq!(outcome.is_ok(), ok_expected);
    }
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let approval = |name: &str| {
        let mut signed = signed();
        signed.approval.person = person(name);
        json!({
            "pk": {"S": "APPROVAL#x"}, "sk": {"S": name}, "v": {"N": "1"}, "signature": {"S": "s"}, "key_id": {"S": "k"},
            "approval": {"S": serde_json::to_string(&signed.approval).unwrap()}, "digest": {"S": signed.approval.digest.as_str()}
        })
    };
    let last = json!({"pk": {"S": "APPROVAL#x"}, "sk": {"S": "bob"}});
    let first_page = json!({"Items": [approval("bob")], "LastEvaluatedKey": last}).to_string();
    let second_page = json!({"Items": [approval("carol")]}).to_string();
    let script =
        script([("Query", "APPROVAL#", Answer::new(200, first_page)), ("Query", "ExclusiveStartKey", Answer::new(200, second_page))]);
    let people: Vec<String> =
        script.ledger.approvals(&plan().id).await.unwrap().into_iter().map(|s| s.approval.person.to_string()).collect();
    assert_eq!(people, ["bob", "carol"]);
    assert!(script.replay.sent().iter().all(|s| s.body.contains("\"ConsistentRead\":true")));
    script.done();
}

#[tokio::test]
async fn unprocessed_keys_are_asked_for_again() {
    let id = plan().id;
    let key = json!({"pk": {"S": format!("PLAN#{id}")}, "sk": {"S": "META"}});
    let listed = json!({"pk": {"S": format!("PLAN#{id}")}, "sk": {"S": "LISTED"}, "gsi1sk": {"S": id.as_str()}});
    let plan_json: Json = {
        let text = String::from_utf8(domain::canonical_json(&plan()).unwrap()).unwrap();
        json!({
            "pk": {"S": format!("PLAN#{id}")}, "sk": {"S": "META"}, "v": {"N": "1"}, "plan": {"S": text}, "lang": {"S": "en"},
            "digest": {"S": plan().digest().unwrap().as_str()}, "state": {"S": "proposed"}, "version": {"N": "1"}, "updated_at": {"N": "1"}
        })
    };
    let script = script([
        ("Query", "PLANS", Answer::new(200, json!({"Items": [listed]}).to_string())),
        ("BatchGetItem", "", Answer::new(200, json!({"Responses": {}, "UnprocessedKeys": {"ledger": {"Keys": [key]}}}).to_string())),
        ("BatchGetItem", "", Answer::new(200, json!({"Responses": {"ledger": [plan_json]}}).to_string())),
    ]);
    let page = script.ledger.recent_plans(&ledger::PageRequest::first(10)).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    script.done();
}

#[tokio::test]
async fn a_chain_is_handed_on_as_stored_page_by_page() {
    let row = |seq: u64| {
        let hash = Digest::of_bytes(&seq.to_be_bytes());
        json!({"chain": {"S": "hub"}, "seq": {"N": seq.to_string()}, "record": {"S": "{}"}, "record_hash": {"S": hash.as_str()}, "v": {"N": "1"}})
    };
    let last = json!({"chain": {"S": "hub"}, "seq": {"N": "2"}});
    let first = json!({"Items": [row(1), row(2)], "LastEvaluatedKey": last}).to_string();
    let script = script([("Query", "\":after\":{\"N\":\"0\"}", Answer::new(200, first))]);
    let page = script.ledger.read_chain(&Chain::hub(), 0, 2).await.unwrap();
    assert_eq!((page.records.len(), page.next_after), (2, Some(2)));
    script.done();
}
