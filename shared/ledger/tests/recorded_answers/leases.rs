//! What a lease sends and why it is refused.

use audit::EventKind;
use domain::{AccountId, EpochMs, OperationId, PlanState, PlannedTarget, wire::Purpose};
use ledger::{Belts, Lease, LeaseOutcome, LeaseRefused, LeaseTerms, LedgerError, StopScope};
use serde_json::json;
use testkit::Answer;

use crate::script::{FAILED, HEAD, NOW, cancelled, entry, found, ok, person, plan_item, script, stored};

fn terms() -> LeaseTerms {
    LeaseTerms {
        purpose: Purpose::Execute,
        owner: "invocation-1".into(),
        until: NOW.plus_seconds(60),
        approvals: vec![person("bob")],
        belts: Some(Belts { daily_cap: 5, cool_down_until: Some(NOW.plus_seconds(600)) }),
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
