//! Sentences that hold an order and are none, and plain orders with reasons: what is asked back about, and what that costs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use domain::Intent;
use language::{Context, parse};

const TUNING: &str = include_str!("ask_back/tuning.txt");
const HELD_OUT: &str = include_str!("ask_back/held_out.txt");
const BENIGN: &str = include_str!("ask_back/benign.txt");

/// Plain orders that were asked back about when it was last measured.
const KNOWN_COST: usize = 3;

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// Whether a text is read as an operation that could be planned: an account that is not registered is refused by the planner.
fn operates(text: &str) -> bool {
    const ACCOUNTS: [&str; 3] = ["dev", "staging", "prod"];
    match parse(text, &Context::with_accounts(ACCOUNTS)).intent {
        Intent::Operate(request) => request.account.is_none_or(|name| ACCOUNTS.contains(&name.as_str()) || name == "生产"),
        _ => false,
    }
}

#[test]
fn what_only_holds_an_order_is_asked_back_about() {
    let read: Vec<&str> = lines(TUNING).filter(|line| operates(line)).collect();
    assert!(read.is_empty(), "{}", read.join("\n"));
}

#[test]
fn sentences_that_the_grammar_was_not_written_from_are_asked_back_about_too() {
    let read: Vec<&str> = lines(HELD_OUT).filter(|line| operates(line)).collect();
    assert!(lines(HELD_OUT).count() >= 90 && read.is_empty(), "{}", read.join("\n"));
}

#[test]
fn plain_orders_with_reasons_are_still_carried_out() {
    let asked: Vec<&str> = lines(BENIGN).filter(|line| !matches!(parse(line, &Context::default()).intent, Intent::Operate(_))).collect();
    assert!(asked.len() <= KNOWN_COST, "{}", asked.join("\n"));
}

#[test]
fn an_account_that_is_not_registered_is_never_replaced_by_another() {
    for text in [
        "stop i-0abc123def4567890 in prodd",
        "stop i-0abc123def4567890 in account prodd",
        "stop i-0abc123def4567890 in prod-2",
        "prodd: stop i-0abc123def4567890",
        "把 prodd 账户的 i-0abc123def4567890 停掉",
        "在 prodd 环境停掉 i-0abc123def4567890",
        "停掉 prodd 的 i-0abc123def4567890",
    ] {
        assert!(!operates(text), "{text}");
    }
    for text in ["stop i-0abc123def4567890 in dev", "把 dev 的 i-0abc123def4567890 停掉", "停掉生产环境的 i-0abc123def4567890"] {
        assert!(operates(text), "{text}");
    }
}
