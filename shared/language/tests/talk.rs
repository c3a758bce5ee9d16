//! References to what was said before: resolved only where there is exactly one thing they can stand for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use domain::{Intent, OperateRequest, OperationId};
use language::{Borrowed, Context, Heard, Talk, parse, parse_in};
use proptest::prelude::*;

const ONE: &str = "i-0abc123def4567890";
const OTHER: &str = "i-0def123abc4567890";

fn context() -> Context {
    Context::with_accounts(["dev", "staging", "prod"])
}

fn talk(targets: &[&str]) -> Talk {
    Talk {
        targets: targets.iter().map(|t| (*t).to_owned()).collect(),
        operation: Some(OperationId::parse("ec2.stop_instances").unwrap()),
        account: Some("dev".into()),
        ..Talk::default()
    }
}

fn hear(text: &str, talk: &Talk) -> Heard {
    parse_in(text, &context(), talk)
}

fn operated(heard: &Heard) -> Option<&OperateRequest> {
    if let Intent::Operate(request) = &heard.parsed.intent { Some(request) } else { None }
}

#[test]
fn one_thing_is_meant_by_it_and_the_preview_is_told() {
    for (text, operation) in [
        ("reboot it", "ec2.reboot_instances"),
        ("please start that one", "ec2.start_instances"),
        ("stop it now please", "ec2.stop_instances"),
        ("turn it off", "ec2.stop_instances"),
        ("把它重启一下", "ec2.reboot_instances"),
        ("那台停掉吧", "ec2.stop_instances"),
        ("把刚才那台启动", "ec2.start_instances"),
    ] {
        let heard = hear(text, &talk(&[ONE]));
        let request = operated(&heard).unwrap_or_else(|| panic!("{text}: {heard:?}"));
        assert_eq!((request.operation.as_str(), request.targets.as_slice()), (operation, &[ONE.to_owned()][..]), "{text}");
        assert_eq!(request.account.as_deref(), Some("dev"), "{text}");
        assert_eq!(heard.borrowed, [Borrowed::Targets, Borrowed::Account], "{text}");
        for (name, start, end) in &heard.parsed.spans {
            assert!(text.get(*start..*end).is_some_and(|slice| !slice.is_empty()), "{name} of {text}");
        }
    }
}

#[test]
fn the_account_that_is_named_is_the_one_that_counts() {
    let heard = hear("stop it in prod", &talk(&[ONE]));
    assert_eq!(operated(&heard).unwrap().account.as_deref(), Some("prod"));
    assert_eq!(heard.borrowed, [Borrowed::Targets]);
}

#[test]
fn the_same_in_another_account_repeats_the_last_request_there() {
    for text in ["same in staging", "do the same in staging please", "staging 也一样"] {
        let heard = hear(text, &talk(&[ONE]));
        let request = operated(&heard).unwrap_or_else(|| panic!("{text}: {heard:?}"));
        assert_eq!((request.operation.as_str(), request.account.as_deref()), ("ec2.stop_instances", Some("staging")), "{text}");
        assert_eq!(heard.borrowed, [Borrowed::Operation, Borrowed::Targets], "{text}");
    }
}

#[test]
fn not_this_one_but_that_one_is_the_only_other_that_was_spoken_of() {
    let mut two = talk(&[ONE]);
    two.earlier = vec![OTHER.to_owned()];
    for text in ["不是这台，是那台", "not this one, that one", "no, the other one"] {
        let heard = hear(text, &two);
        assert_eq!(operated(&heard).unwrap_or_else(|| panic!("{text}: {heard:?}")).targets, [OTHER], "{text}");
        assert!(heard.borrowed.contains(&Borrowed::Targets) && heard.borrowed.contains(&Borrowed::Operation));
    }
    let mut three = two.clone();
    three.earlier.push("i-0999999999999999a".into());
    assert!(operated(&hear("不是这台，是那台", &three)).is_none());
    assert!(operated(&hear("不是这台，是那台", &talk(&[ONE]))).is_none());
}

#[test]
fn a_question_about_it_looks_at_it() {
    let heard = hear("why is it slow?", &talk(&[ONE]));
    let Intent::Investigate(scope) = &heard.parsed.intent else { panic!("{heard:?}") };
    assert_eq!(scope.targets, [ONE]);
    assert_eq!(heard.borrowed, [Borrowed::Targets, Borrowed::Account]);
}

/// What was last asked about is what "it" means, whatever was answered; as a preview's words say.
#[test]
fn what_was_asked_about_can_be_acted_on_in_the_next_line() {
    for question in [
        format!("is {ONE} healthy in dev?"),
        format!("cpu of {ONE} in dev"),
        format!("why is {ONE} slow in dev"),
        format!("dev 的 {ONE} 健康吗"),
    ] {
        let asked = parse(&question, &context());
        let talk = Talk::default().after(&asked.intent, &[]);
        for text in ["stop it", "把它停了", "那台停掉吧", "stop that one please"] {
            let heard = hear(text, &talk);
            let request = operated(&heard).unwrap_or_else(|| panic!("{question} {text}: {heard:?}"));
            assert_eq!((request.operation.as_str(), request.targets.as_slice()), ("ec2.stop_instances", &[ONE.to_owned()][..]), "{text}");
            assert_eq!(request.account.as_deref(), Some("dev"), "{question} {text}");
            assert!(heard.borrowed_text(text).is_some_and(|said| said.en.contains(ONE)), "{text}");
        }
    }
}

#[test]
fn nothing_and_several_are_never_meant_by_it() {
    let texts = [
        "reboot it",
        "stop that one",
        "把它停掉",
        "那台重启",
        "stop them",
        "stop both",
        "same in staging",
        "不是这台，是那台",
        "stop it and reboot it",
        "restart the other one",
    ];
    for text in texts {
        assert!(operated(&hear(text, &Talk::default())).is_none(), "{text}");
    }
    for text in ["reboot it", "stop that one", "把它停掉", "那台重启"] {
        assert!(operated(&hear(text, &talk(&[ONE, OTHER]))).is_none(), "{text}");
    }
    for text in ["stop them", "stop both", "把它们停掉"] {
        assert!(operated(&hear(text, &talk(&[ONE]))).is_none(), "{text}");
        let heard = hear(text, &talk(&[ONE, OTHER]));
        assert_eq!(operated(&heard).unwrap_or_else(|| panic!("{text}: {heard:?}")).targets, [ONE, OTHER], "{text}");
    }
}

#[test]
fn what_holds_for_orders_holds_for_these() {
    for text in [
        "don't stop it",
        "stop it if it is idle",
        "should I stop it?",
        "terminate it",
        "stop it without approval",
        "Bob says stop it",
        "stop it tomorrow",
        "the log says \"stop it\"",
        "approve it",
        "不要停它",
        "如果没人用就把它停掉",
        "不是 same in staging",
        "not the same in staging",
        "why not the same in staging?",
        "stop it and reboot it",
    ] {
        let heard = hear(text, &talk(&[ONE]));
        assert!(!matches!(heard.parsed.intent, Intent::Operate(_) | Intent::Decide { .. }), "{text}: {heard:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn without_a_conversation_every_text_is_read_as_it_stands(text in any::<String>()) {
        prop_assert_eq!(parse_in(&text, &context(), &Talk::default()), Heard { parsed: parse(&text, &context()), borrowed: Vec::new(), replaced: None });
    }

    #[test]
    fn targets_come_from_the_text_or_all_of_them_from_the_conversation(
        words in prop::collection::vec(prop::sample::select(vec![
            "stop", "reboot", "it", "them", "both", "that one", "same", "in", "staging", "prod", "not", "don't", "if", "please", "它", "停掉", "把", "这台", "那台",
            "不是", "，", ",", "?", "i-0abc123def4567891", "and", "why", "approve", "\"", "all", "terminate",
        ]), 0..9),
        count in 0_usize..4,
    ) {
        let text = words.join(" ");
        let targets = [ONE, OTHER, "i-0777777777777777b"];
        let heard = hear(&text, &talk(&targets[..count]));
        if let Intent::Operate(request) = &heard.parsed.intent {
            let written = request.targets.iter().all(|t| text.contains(t.as_str()));
            let borrowed = request.targets == targets[..count] && heard.borrowed.contains(&Borrowed::Targets);
            prop_assert!(!request.targets.is_empty() && (written && heard.borrowed.is_empty() || borrowed), "{} {:?}", text, heard);
        }
        let decides = matches!(heard.parsed.intent, Intent::Decide { .. });
        prop_assert!(!decides || heard.borrowed.is_empty());
        for (_, start, end) in &heard.parsed.spans {
            prop_assert!(text.get(*start..*end).is_some());
        }
    }
}

#[test]
fn another_thing_of_the_kind_that_is_written_corrects_the_last_request_and_what_was_asked_before_is_said_to_stand() {
    for text in [
        format!("not {ONE}, {OTHER}"),
        format!("no, {OTHER}"),
        format!("sorry, I meant {OTHER}"),
        format!("{OTHER}, not {ONE}"),
        format!("不是 {ONE}，是 {OTHER}"),
        format!("搞错了，应该是 {OTHER}"),
    ] {
        let heard = hear(&text, &talk(&[ONE]));
        let request = operated(&heard).unwrap_or_else(|| panic!("{text}: {heard:?}"));
        assert_eq!((request.operation.as_str(), request.targets.as_slice()), ("ec2.stop_instances", &[OTHER.to_owned()][..]), "{text}");
        assert_eq!(heard.replaced.as_deref(), Some(ONE), "{text}");
        assert_eq!(heard.borrowed, [Borrowed::Operation, Borrowed::Account], "{text}");
        let told = heard.borrowed_text(&text).unwrap();
        assert!(told.en.contains(ONE) && told.en.contains("withdraw") && told.zh.contains("撤回"), "{told:?}");
    }
}

#[test]
fn a_correction_that_asks_something_else_or_names_something_else_changes_nothing() {
    for text in [
        format!("not {ONE}, {OTHER} and i-0aaa111bbb222ccc3"),
        "no, orders-db".to_owned(),
        format!("is it not {OTHER}?"),
        format!("not {OTHER}"),
        format!("不是 {OTHER}"),
        format!("{ONE}, not {OTHER}"),
        format!("no, {OTHER} in prod"),
        format!("no, terminate {OTHER}"),
    ] {
        let heard = hear(&text, &talk(&[ONE]));
        assert!(operated(&heard).is_none(), "{text}: {heard:?}");
    }
}
