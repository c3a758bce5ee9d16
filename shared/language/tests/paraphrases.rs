//! A breadth of phrasings, written for this test: what each sentence asks for, and what must be asked back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use domain::Intent;
use language::{Context, parse};

struct Case {
    intent: &'static str,
    operation: &'static str,
    targets: Vec<&'static str>,
    account: &'static str,
    text: &'static str,
}

const BREADTH: &str = include_str!("paraphrases.tsv");

/// Sets that were written before the grammar saw them, with how many of each are still asked back about or misread.
const FRESH: [(&str, usize); 11] = [
    (include_str!("fresh/first.tsv"), 5),
    (include_str!("fresh/second.tsv"), 2),
    (include_str!("fresh/third.tsv"), 5),
    (include_str!("fresh/fourth.tsv"), 4),
    (include_str!("fresh/fifth.tsv"), 3),
    (include_str!("fresh/sixth.tsv"), 7),
    (include_str!("fresh/seventh.tsv"), 4),
    (include_str!("fresh/eighth.tsv"), 2),
    (include_str!("fresh/ninth.tsv"), 4),
    (include_str!("fresh/tenth.tsv"), 9),
    (include_str!("fresh/eleventh.tsv"), 8),
];

fn cases(text: &'static str) -> Vec<Case> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let [intent, operation, targets, account, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let targets = if targets == "-" { Vec::new() } else { targets.split(',').collect() };
            Case { intent, operation, targets, account, text }
        })
        .collect()
}

/// Intent, operation, targets and account as they were read.
fn read(text: &str) -> (String, String, Vec<String>, String) {
    let parsed = parse(text, &Context::default());
    let json = serde_json::to_value(&parsed.intent).unwrap();
    let span = |name: &str| -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for (_, start, end) in parsed.spans.iter().filter(|(n, _, _)| n == name) {
            if !found.iter().any(|known| known == &text[*start..*end]) {
                found.push(text[*start..*end].to_owned());
            }
        }
        found
    };
    let operation = match &parsed.intent {
        Intent::Operate(o) => o.operation.to_string(),
        Intent::ExplainPolicy(s) => s.operation.as_ref().map_or("-".to_owned(), ToString::to_string),
        _ => "-".to_owned(),
    };
    let account = span("account").first().cloned().unwrap_or_else(|| "-".to_owned());
    (json["intent"].as_str().unwrap().to_owned(), operation, span("targets"), account)
}

/// What was read otherwise than it is meant; those that are acted on though they must be asked back about come second.
fn misread(text: &'static str) -> (Vec<String>, Vec<&'static str>) {
    let (mut wrong, mut acted) = (Vec::new(), Vec::new());
    for case in cases(text) {
        let (intent, operation, targets, account) = read(case.text);
        // Scans name accounts in a list of their own.
        let account_right = account == case.account || case.intent == "scan";
        if case.intent == "clarify" && intent == "operate" {
            acted.push(case.text);
        }
        if intent != case.intent || operation != case.operation || targets != case.targets || !account_right {
            wrong.push(format!(
                "{}\n    meant {} {} {:?} {}\n    read  {intent} {operation} {targets:?} {account}",
                case.text, case.intent, case.operation, case.targets, case.account
            ));
        }
    }
    (wrong, acted)
}

#[test]
fn every_sentence_is_read_as_it_is_meant() {
    let (wrong, _) = misread(BREADTH);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases(BREADTH).len(), wrong.join("\n"));
}

#[test]
fn sentences_the_grammar_was_not_written_from_are_mostly_read_and_never_into_an_act() {
    for (text, known) in FRESH {
        let (wrong, acted) = misread(text);
        assert!(acted.is_empty(), "{}", acted.join("\n"));
        assert!(wrong.len() <= known, "{} of {}:\n{}", wrong.len(), cases(text).len(), wrong.join("\n"));
    }
}
