//! How the ledger takes DynamoDB's answers: what it sends, what it retries, and what it tells the caller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod leases;
mod script;
mod spending;

use audit::{Chain, EventKind};
use domain::{
    Approval, ApprovalChannel, Digest, EpochMs, Facts, Lang, Plan, PlanId, PlanState, Reason, Text,
    wire::{Notification, Purpose},
};
use ledger::{
    ApprovalOutcome, Change, Effect, EffectResult, EffectState, Intended, Ledger, LedgerError, NewPlan, Proposed, RequestKey,
    SignedApproval, StopScope, Stopped, Tables, TokenPurpose, TokenRefusal, TokenUse,
};
use script::{FAILED, HEAD, NOW, cancelled, entry, error, found, head, ok, person, plan, preview, script};
use serde_json::{Value as Json, json};
use testkit::{Answer, Replay};

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
    let ledger = Ledger::new(client, Tables::new("ledger", "audit"), "us-east-1").attempts(4);
    let error = ledger.append(&entry(EventKind::Verdict)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
    assert_eq!(replay.sent().len(), 8);
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
            factor: None,
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

#[tokio::test]
async fn a_stop_is_set_even_when_others_set_it_at_the_same_instant() {
    let stop = json!({
        "scope": "all", "person": "ada", "reason": "smoke", "at": 1, "release_requested_by": null, "release_requested_at": null
    });
    let item = json!({
        "pk": {"S": "KILL#all"}, "sk": {"S": "META"}, "v": {"N": "1"}, "stop": {"S": stop.to_string()}, "in_force": {"BOOL": true},
        "revision": {"N": "1"}
    });
    let script = script([
        ("GetItem", "KILL#all", ok()),
        ("GetItem", HEAD, ok()),
        ("TransactWriteItems", "", cancelled(&[FAILED, "None", "None"])),
        ("GetItem", "KILL#all", found(item)),
        ("GetItem", HEAD, ok()),
        ("TransactWriteItems", "", ok()),
    ]);
    let outcome = script.ledger.stop(&StopScope::All, &person("bert"), "smoke", &entry(EventKind::StopSet)).await.unwrap();
    assert_eq!(outcome, Stopped::Again);
    assert_eq!(script.transaction(1)[0]["Put"]["Item"]["revision"]["N"], "2");
    script.done();
}

#[tokio::test]
async fn a_message_is_touched_only_while_it_is_unsent() {
    let refused = error(400, "ConditionalCheckFailedException");
    let script = script([("UpdateItem", "OUTBOX#01A", ok()), ("UpdateItem", "attribute_not_exists(sent_at)", refused)]);
    assert!(script.ledger.touch_unsent("01A", NOW).await.unwrap());
    assert!(!script.ledger.touch_unsent("01A", NOW).await.unwrap());
    script.done();
}
