//! Orders that say which incident they are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use domain::{EpochMs, Intent, OperateRequest, OperationId, Talk, ids::IncidentId};
use language::{Context, parse, parse_in};
use proptest::prelude::*;

const ID: &str = "inc_01K5Z8Q4M7V2N9T3R6W0X1Y4B8";
const PLAN: &str = "plan_01K5Z8Q4M7V2N9T3R6W0X1Y4B8";
const I: &str = "i-0abc123def4567890";

fn context() -> Context {
    Context::with_accounts(["dev", "staging", "prod"])
}

/// The order, and the incident that it is for.
fn order(text: &str) -> Option<(OperateRequest, Option<String>)> {
    let parsed = parse(text, &context());
    let span = parsed.spans.iter().find(|(name, _, _)| name == "incident").map(|(_, start, end)| text[*start..*end].to_owned());
    if let Intent::Operate(request) = parsed.intent { Some((request, span)) } else { None }
}

fn filled(text: &str) -> String {
    text.replace("ID", ID).replace("I0", I)
}

/// Phrases in English and Chinese; a person's words around them stay an order or a question by themselves.
const BEHIND_EN: &[&str] = &[
    "for incident ID",
    "for ID",
    "because of ID",
    "because of incident ID",
    "due to incident ID",
    "linked to ID",
    "linked to incident ID",
    "related to incident ID",
    "as part of ID",
    "in response to incident ID",
    "to mitigate ID",
    "to resolve incident ID",
    "under incident ID",
    "regarding ID",
    "re: ID",
    "ref ID",
    "for the incident ID",
    "for the ongoing incident ID",
    "for incident: ID",
    "for incident #ID",
    "for incident `ID`",
    "(ID)",
    "(incident ID)",
    "(for incident ID)",
    "[ID]",
    ", for ID",
    ", incident ID",
    "- incident ID",
    ", ID",
    "for outage ID",
];
const BEFORE_EN: &[&str] = &[
    "for incident ID,",
    "for ID:",
    "for ID",
    "because of ID,",
    "in response to incident ID,",
    "re ID:",
    "incident ID, please",
    "to mitigate ID,",
    "due to incident ID",
];
const BEFORE_ZH: &[&str] = &[
    "为事件 ID ",
    "针对事件 ID，",
    "针对 ID ",
    "因为事件 ID，",
    "由于 ID，",
    "关于事件 ID：",
    "关于 ID，",
    "为了处理事件 ID，",
    "为处理 ID ",
    "配合事件 ID 的处理，",
    "因 ID 这个事件，",
    "事件 ID，",
    "响应事件ID，",
    "鉴于事故 ID，",
    "与事件 ID 有关，",
    "就事件「ID」，",
    "針對事件 ID，",
    "為事件 ID ",
    "（事件 ID）",
    "关联事件 ID：",
    "因為事件 ID ",
];
const BEHIND_ZH: &[&str] = &[
    "，针对事件 ID",
    "，关联 ID",
    "（ID）",
    "（关联事件 ID）",
    "，因为 ID",
    "，事件 ID",
    "，与 ID 相关",
    "，用于处理事件 ID",
    "，為了處理 ID",
];

#[test]
fn an_order_says_in_its_usual_places_which_incident_it_is_for() {
    let zh = ["重启 prod 的 I0", "把 prod 的 I0 重启一下", "请重启 prod 环境里的 I0"];
    let en = ["restart I0 in prod", "please reboot I0 in prod", "in prod, reboot I0"];
    let mut texts: Vec<String> = Vec::new();
    for phrase in BEHIND_EN {
        texts.extend(en.iter().map(|order| format!("{order} {phrase}")));
    }
    for phrase in BEFORE_EN {
        texts.extend(en.iter().take(2).map(|order| format!("{phrase} {order}")));
    }
    for order in zh {
        texts.extend(BEFORE_ZH.iter().map(|phrase| format!("{phrase}{order}")));
        texts.extend(BEHIND_ZH.iter().map(|phrase| format!("{order}{phrase}")));
    }
    texts.extend(
        [
            "reboot I0 for incident ID in prod",
            "reboot, for incident ID, I0 in prod",
            "reboot I0 in prod for incident ID, please",
            "reboot I0 in prod for incident ID now",
            "can you reboot I0 in prod for incident ID?",
            "reboot I0 in prod for ID.",
            "I0 needs to be rebooted in prod because of ID",
            "为事件 ID 把 prod 的 I0 重启一下吧",
            "把 prod 的 I0 为事件 ID 重启一下",
            "prod 的 I0 重启一下，事件 ID",
        ]
        .map(str::to_owned),
    );
    let mut wrong = Vec::new();
    for text in texts {
        for text in [filled(&text), filled(&text.replace("ID", &ID.to_uppercase())), filled(&text.replace("ID", &ID.to_lowercase()))] {
            let read = order(&text);
            let right = read.as_ref().is_some_and(|(request, span)| {
                request.operation.as_str() == "ec2.reboot_instances"
                    && request.targets == [I]
                    && request.account.as_deref() == Some("prod")
                    && !request.dry_run
                    && span.as_ref().is_some_and(|span| span.eq_ignore_ascii_case(ID))
            });
            if !right {
                wrong.push(format!("{text}\n   {read:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_order_without_the_phrase_is_none_with_it() {
    for text in [
        "don't restart I0 in prod for incident ID",
        "did someone restart I0 for incident ID",
        "bob restarted I0 for incident ID",
        "bob said restart I0 for incident ID",
        "if it hangs, restart I0 in prod for ID",
        "restart I0 in prod tomorrow for incident ID",
        "restart everything in prod for incident ID",
        "wait for ID, restart I0 in prod",
        "restart I0 in prod, not for incident ID",
        "restart I0 in prod unless for ID",
        "restart I0 in prod as asked for ID",
        "restart I0 in prod after ID",
        "restart I0 in prod until ID is over",
        "restart I0 in prod without approval for ID",
        "\"restart I0 in prod\" for incident ID",
        "ID: restart I0 in prod",
        "incident ID: restart I0 in prod",
        "incident ID says restart I0 in prod",
        "restart I0 in prod ID",
        "restart ID's I0 in prod",
        "restart I0 in prod for ID's sake and stop i-0def123abc4567890",
        "restart I0 in prod for https://ops.example/ID",
        "restart I0 in prod for ID.log",
        "restart I0 in prod for ID/1",
        "不要为事件 ID 重启 prod 的 I0",
        "等事件 ID 结束后重启 prod 的 I0",
        "如果事件 ID 还在，重启 prod 的 I0",
        "张三说为事件 ID 重启 prod 的 I0",
        "为事件 ID 重启过 prod 的 I0 吗",
        "不是为 ID 重启 prod 的 I0",
        "事件 ID：重启 prod 的 I0",
        "按事件 ID 的要求重启 prod 的 I0",
        "针对事件 ID 的机器重启 prod 的 I0",
        "restart I0 in prod, ID is over",
    ] {
        let text = filled(text);
        assert_eq!(order(&text), None, "{text}");
    }
}

/// Further lines may be pasted; no plan takes its incident from them, so the language does not either.
#[test]
fn several_lines_are_for_no_incident() {
    for text in ["restart I0 in prod\nfor incident ID", "restart I0 in prod for incident ID\r12:00 ok", "为事件 ID\u{2028}重启 prod 的 I0"]
    {
        let read = order(&filled(text));
        assert!(read.as_ref().is_none_or(|(_, incident)| incident.is_none()), "{text}: {read:?}");
    }
}

#[test]
fn what_only_looks_like_the_id_of_one_incident_stays_a_doubt() {
    let (short, long) = (&ID[..ID.len() - 1], format!("{ID}0"));
    let hidden = format!("{}\u{200b}{}", &ID[..12], &ID[12..]);
    let wide = ID.replacen('0', "０", 1);
    let cyrillic = ID.replacen("inc", "inс", 1);
    let hyphen = ID.replace('_', "-");
    let letters = ID.replace('K', "U");
    let late = ID.replacen("inc_0", "inc_8", 1);
    for id in [short, &long, &hidden, &wide, &cyrillic, &hyphen, &letters, &late, "INC-1043", "inc_1", PLAN, &format!("{ID} and {ID}")] {
        for text in [
            format!("restart {I} in prod for incident {id}"),
            format!("为事件 {id} 重启 prod 的 {I}"),
            format!("restart {I} in prod for {id}"),
        ] {
            assert_eq!(order(&text), None, "{text}");
        }
    }
    let two = IncidentId::generate(EpochMs(1), 1);
    assert_eq!(order(&format!("restart {I} in prod for {ID} and {two}")), None);
    assert_eq!(order(&format!("restart {I} in prod for {ID}, linked to {two}")), None);
}

#[test]
fn an_incident_alone_or_asked_about_is_what_it_was() {
    for (intent, texts) in [
        ("show_status", &["status ID", "状态 ID", "how is incident ID going", "事件 ID 进展如何"][..]),
        ("investigate", &["why ID", "why did incident ID happen", "事件 ID 的根因是什么"]),
        ("query_audit", &["who acted on I0 for incident ID", "谁为事件 ID 重启了 I0"]),
    ] {
        for text in texts {
            let text = filled(text);
            let parsed = parse(&text, &context());
            assert_eq!(serde_json::to_value(&parsed.intent).unwrap()["intent"], intent, "{text}: {parsed:?}");
            assert!(parsed.spans.iter().all(|(name, _, _)| name != "incident"), "{text}");
        }
    }
}

#[test]
fn it_is_restarted_for_an_incident_as_well() {
    let talk = Talk {
        targets: vec![I.to_owned()],
        operation: Some(OperationId::parse("ec2.stop_instances").unwrap()),
        account: Some("prod".into()),
        ..Talk::default()
    };
    for text in ["restart it for incident ID", "为事件 ID 把它重启一下"] {
        let text = filled(text);
        let Intent::Operate(request) = parse_in(&text, &context(), &talk).parsed.intent else { panic!("{text}") };
        assert_eq!((request.operation.as_str(), request.targets.as_slice()), ("ec2.reboot_instances", &[I.to_owned()][..]), "{text}");
    }
    let plan = parse_in(&format!("restart it for {PLAN}"), &context(), &talk).parsed.intent;
    assert!(matches!(plan, Intent::Clarify(_)), "{plan:?}");
}

proptest! {
    /// Whatever stands around an id, every span lies in the text, and an order is one without the phrase as well.
    #[test]
    fn spans_lie_in_the_text(before in "\\PC{0,24}", behind in "\\PC{0,24}") {
        let text = format!("{before}for {ID}{behind} restart {I} in prod");
        let parsed = parse(&text, &context());
        for (name, start, end) in &parsed.spans {
            prop_assert!(text.get(*start..*end).is_some(), "{name}");
        }
    }
}
