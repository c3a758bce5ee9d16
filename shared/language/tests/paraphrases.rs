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

fn cases() -> Vec<Case> {
    include_str!("paraphrases.tsv")
        .lines()
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

#[test]
fn every_sentence_is_read_as_it_is_meant() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (intent, operation, targets, account) = read(case.text);
        // Scans name accounts in a list of their own.
        let account_right = account == case.account || case.intent == "scan";
        if intent != case.intent || operation != case.operation || targets != case.targets || !account_right {
            wrong.push(format!(
                "{}\n    meant {} {} {:?} {}\n    read  {intent} {operation} {targets:?} {account}",
                case.text, case.intent, case.operation, case.targets, case.account
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases().len(), wrong.join("\n"));
}
