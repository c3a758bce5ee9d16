//! What holds for every text: no panic, slots copied from the text, and nothing in front of an order or around it leaves it an order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use domain::Intent;
use language::{Context, parse};
use proptest::prelude::*;

/// The sentences of the breadth test, and those that must be asked back about.
fn sentences() -> Vec<&'static str> {
    let breadth = include_str!("paraphrases.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let harsh = include_str!("ask_back/tuning.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    breadth.filter_map(|line| line.split('\t').nth(4)).chain(harsh).collect()
}

/// Plain orders: operations that are not only previewed.
fn orders() -> Vec<&'static str> {
    sentences().into_iter().filter(|text| acts(text)).collect()
}

/// Whether a text is read as an operation that is to be carried out.
fn acts(text: &str) -> bool {
    matches!(parse(text, &Context::default()).intent, Intent::Operate(request) if !request.dry_run)
}

/// Checks what every answer must keep to.
fn sound(text: &str) {
    let parsed = parse(text, &Context::with_accounts(["dev", "prod"]));
    for (name, start, end) in &parsed.spans {
        assert!(text.get(*start..*end).is_some_and(|slice| !slice.is_empty()), "{name} {start}..{end} of {text:?}");
    }
    if let Intent::Operate(request) = parsed.intent {
        assert!(!request.targets.is_empty(), "{text:?}");
        for target in request.targets.iter().chain(&request.account).chain(&request.region) {
            assert!(text.contains(target.as_str()) || text.to_lowercase().contains(target.as_str()), "{target:?} of {text:?}");
        }
    }
}

/// One change of a text at a place.
#[derive(Debug, Clone)]
enum Change {
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, String),
    Double(prop::sample::Index),
    Splice(prop::sample::Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<prop::sample::Index>(), 1_usize..6).prop_map(|(at, n)| Change::Remove(at, n)),
        (any::<prop::sample::Index>(), "\\PC{1,3}").prop_map(|(at, text)| Change::Insert(at, text)),
        any::<prop::sample::Index>().prop_map(Change::Double),
        (any::<prop::sample::Index>(), any::<usize>()).prop_map(|(at, other)| Change::Splice(at, other)),
    ]
}

fn changed(text: &str, changes: &[Change]) -> String {
    let all = sentences();
    let mut letters: Vec<char> = text.chars().collect();
    for change in changes {
        if letters.is_empty() {
            break;
        }
        match change {
            Change::Remove(at, n) => {
                let at = at.index(letters.len());
                let end = (at + n).min(letters.len());
                letters.drain(at..end);
            }
            Change::Insert(at, text) => {
                let at = at.index(letters.len());
                letters.splice(at..at, text.chars());
            }
            Change::Double(at) => {
                let at = at.index(letters.len());
                letters.insert(at, letters[at]);
            }
            Change::Splice(at, other) => {
                let at = at.index(letters.len());
                letters.splice(at.., all[other % all.len()].chars().rev().take(12).collect::<Vec<_>>().into_iter().rev());
            }
        }
    }
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic_and_its_slots_are_its_own(text in any::<String>()) {
        sound(&text);
    }

    #[test]
    fn any_text_of_the_signs_that_mean_something_is_read(text in "[-\"'`“”「」(){}\\[\\]<>:：=/.,，。、a-c0-3停把不是的 \n\u{202e}\u{200b}]{0,200}") {
        sound(&text);
    }

    #[test]
    fn changed_sentences_are_read_without_panic_and_their_slots_are_their_own(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let all = sentences();
        sound(&changed(all[which.index(all.len())], &changes));
    }
}

#[test]
fn nothing_that_forbids_doubts_or_waits_leaves_an_order_behind_it() {
    let openers = [
        "don't ",
        "do not ",
        "please never ",
        "if it is idle, ",
        "if it is idle then ",
        "unless somebody objects, ",
        "when the batch is done, ",
        "after Bob agrees, ",
        "Bob says ",
        "the ticket says: ",
        "translate: ",
        "imagine: ",
        "maybe ",
        "we will ",
        "yesterday we had to ",
        "i don't think we should ",
        "without approval, ",
        "不要",
        "别",
        "千万不要 ",
        "如果没人用就 ",
        "假如客户同意，",
        "等备份做完再 ",
        "别人说要 ",
        "翻译：",
        "可能要 ",
        "昨天我们 ",
        "不经审批，",
        "听说要 ",
    ];
    let orders = orders();
    assert!(orders.len() > 200);
    // What stands before a sentence of several clauses may belong to the first of them alone.
    let whole = |order: &&&str| !order.contains([',', '，', ':', '：', ';', '；', '.', '。', '—', '!', '?']) && !order.contains(" so ");
    let mut acted = Vec::new();
    for opener in openers {
        acted.extend(orders.iter().filter(whole).map(|order| format!("{opener}{order}")).filter(|text| acts(text)));
    }
    assert!(acted.is_empty(), "{}:\n{}", acted.len(), acted.join("\n"));
}

#[test]
fn an_order_in_quotation_marks_is_none() {
    let mut acted = Vec::new();
    for order in orders() {
        for (open, close) in [("\"", "\""), ("“", "”"), ("「", "」"), ("`", "`"), ("『", "』"), ("«", "»")] {
            acted.extend(Some(format!("{open}{order}{close}")).filter(|text| acts(text)));
        }
    }
    assert!(acted.is_empty(), "{}:\n{}", acted.len(), acted.join("\n"));
}
