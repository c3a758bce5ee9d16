//! What a reservation and its settlement send.

use domain::{AccountId, Spend, SpendScope};
use ledger::{LedgerError, SpendLimit, SpendOutcome};
use serde_json::json;

use crate::script::{FAILED, NOW, cancelled, error, found, ok, person, script};

fn limits() -> Vec<SpendLimit> {
    let account = AccountId::parse("222222222222").unwrap();
    [(SpendScope::Person(person("alice")), 1000), (SpendScope::Account(account), 2000), (SpendScope::Fleet, 9000)]
        .into_iter()
        .map(|(scope, micro)| SpendLimit { scope, most: Spend::new(50_000, micro) })
        .collect()
}

fn scopes() -> Vec<SpendScope> {
    limits().into_iter().map(|l| l.scope).collect()
}

#[tokio::test]
async fn a_reservation_raises_every_budget_under_its_own_condition() {
    let script = script([("TransactWriteItems", "", ok())]);
    let outcome = script.ledger.reserve_spend(&limits(), Spend::new(400, 300), NOW).await.unwrap();
    assert_eq!(outcome, SpendOutcome::Reserved);
    let items = script.transaction(0);
    let keys: Vec<&str> = items.iter().map(|i| i["Update"]["Key"]["pk"]["S"].as_str().unwrap()).collect();
    assert_eq!(keys, ["SPEND#person:alice#2023-11-14", "SPEND#account:222222222222#2023-11-14", "SPEND#fleet#2023-11-14"]);
    for (item, room) in items.iter().zip(["700", "1700", "8700"]) {
        let values = &item["Update"]["ExpressionAttributeValues"];
        assert_eq!((values[":micro_room"]["N"].as_str(), values[":token_room"]["N"].as_str()), (Some(room), Some("49600")));
        assert_eq!((values[":micro"]["N"].as_str(), values[":tokens"]["N"].as_str()), (Some("300"), Some("400")));
        assert!(item["Update"]["ConditionExpression"].as_str().unwrap().contains("micro_usd <= :micro_room"));
    }
    script.done();
}

#[tokio::test]
async fn the_budget_without_room_is_named_and_what_never_fits_is_not_sent() {
    let script = script([("TransactWriteItems", "", cancelled(&["None", FAILED, "None"]))]);
    let outcome = script.ledger.reserve_spend(&limits(), Spend::new(400, 300), NOW).await.unwrap();
    assert_eq!(outcome, SpendOutcome::Spent(scopes()[1].clone()));
    script.done();
    let outcome = script.ledger.reserve_spend(&limits(), Spend::new(400, 1001), NOW).await.unwrap();
    assert_eq!(outcome, SpendOutcome::Spent(scopes()[0].clone()));
    let outcome = script.ledger.reserve_spend(&limits(), Spend::new(50_001, 1), NOW).await.unwrap();
    assert_eq!(outcome, SpendOutcome::Spent(scopes()[0].clone()));
}

#[tokio::test]
async fn a_busy_or_forbidden_ledger_is_an_error_and_no_reservation() {
    let busy = script([("TransactWriteItems", "", cancelled(&["TransactionConflict", "None", "None"]))]);
    let failed = busy.ledger.reserve_spend(&limits(), Spend::new(1, 1), NOW).await.unwrap_err();
    assert!(matches!(failed, LedgerError::Unavailable(_)), "{failed}");
    let denied = script([("TransactWriteItems", "", error(400, "AccessDeniedException"))]);
    let failed = denied.ledger.reserve_spend(&limits(), Spend::new(1, 1), NOW).await.unwrap_err();
    assert!(matches!(failed, LedgerError::Denied { .. }), "{failed}");
    let failed = denied.ledger.reserve_spend(&[], Spend::new(1, 1), NOW).await.unwrap_err();
    assert!(matches!(failed, LedgerError::Malformed { .. }), "{failed}");
}

#[tokio::test]
async fn a_settlement_gives_back_the_difference_and_takes_more_where_more_was_used() {
    let script = script([("TransactWriteItems", "", ok()), ("TransactWriteItems", "", ok())]);
    script.ledger.settle_spend(&scopes(), Spend::new(400, 300), Spend::new(120, 40), NOW).await.unwrap();
    script.ledger.settle_spend(&scopes(), Spend::new(400, 300), Spend::new(450, 310), NOW).await.unwrap();
    for (n, (tokens, micro)) in [("-280", "-260"), ("50", "10")].into_iter().enumerate() {
        let items = script.transaction(n);
        assert_eq!(items.len(), 3);
        let values = &items[2]["Update"]["ExpressionAttributeValues"];
        assert_eq!((values[":tokens"]["N"].as_str(), values[":micro"]["N"].as_str()), (Some(tokens), Some(micro)));
    }
    // Nothing to give back, nothing to send.
    script.ledger.settle_spend(&scopes(), Spend::new(4, 3), Spend::new(4, 3), NOW).await.unwrap();
    script.done();
}

#[tokio::test]
async fn a_day_without_calls_has_spent_nothing() {
    let item = json!({
        "pk": {"S": "SPEND#fleet#2023-11-14"}, "sk": {"S": "COUNT"}, "v": {"N": "1"}, "tokens": {"N": "500"}, "micro_usd": {"N": "41"}, "calls": {"N": "2"}
    });
    let script = script([("GetItem", "SPEND#fleet", found(item)), ("GetItem", "SPEND#person:alice", ok())]);
    assert_eq!(script.ledger.spend_of_day(&SpendScope::Fleet, NOW).await.unwrap(), Spend::new(500, 41));
    assert_eq!(script.ledger.spend_of_day(&SpendScope::Person(person("alice")), NOW).await.unwrap(), Spend::NONE);
    script.done();
}
