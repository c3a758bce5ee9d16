//! Mutants: a policy set with one thing wrong must be caught by the decision table or by a single decision. A mutant that survives
//! would mean that nothing here protects that line.

use domain::{Environment, Risk};

use super::{
    Case,
    oracle::{case, expected},
    person,
    table::{asked, outcome},
};
use crate::{ALWAYS, Calendar, DEFAULTS, Phase, RuleSet, Source};

/// File, what is there, what is put in its place (the first occurrence).
const MUTANTS: [(&str, &str, &str); 31] = [
    // whose word counts
    ("00-always.cedar", "when { resource.authors.contains(principal) }", "when { !resource.authors.contains(principal) }"),
    ("00-always.cedar", "unless { context.signature_valid }", "unless { context.signature_valid || context.digest_matches }"),
    ("00-always.cedar", "unless { context.digest_matches }", "unless { context.digest_matches || context.signature_valid }"),
    // the kill switch
    ("00-always.cedar", "context.stops.contains(\"all\") || context.stops.containsAny(resource.scopes)", "context.stops.contains(\"all\")"),
    (
        "00-always.cedar",
        "context.stops.contains(\"all\") || context.stops.containsAny(resource.scopes)",
        "context.stops.containsAny(resource.scopes)",
    ),
    (
        "00-always.cedar",
        "forbid (principal, action in [Action::\"execute\", Action::\"undo\"], resource)\nwhen { context.stops",
        "forbid (principal, action == Action::\"execute\", resource)\nwhen { context.stops",
    ),
    // the account
    ("00-always.cedar", "unless { resource.account.registered }", "unless { resource.account.registered || resource.targets > 0 }"),
    ("00-always.cedar", "!resource.account_unchanged", "resource.account_unchanged"),
    ("00-always.cedar", "unless { resource.account.tags_readable }", "unless { resource.account.tags_readable || resource.targets > 0 }"),
    ("00-always.cedar", "autonomy == \"shadow\" }", "autonomy == \"none\" }"),
    ("00-always.cedar", "when { resource.account.autonomy == \"approval\" }", "when { resource.account.autonomy == \"tiered\" }"),
    ("00-always.cedar", "context.approvals >= resource.account.min_approvals", "context.approvals + 1 >= resource.account.min_approvals"),
    // belts, time, freezes
    ("00-always.cedar", "resource.targets < 1", "resource.targets < 0"),
    ("00-always.cedar", "resource.targets > context.max_targets", "resource.targets > context.max_targets + 1"),
    ("00-always.cedar", "context.now >= resource.expires_at", "context.now > resource.expires_at"),
    ("00-always.cedar", "context.freeze && !context.break_glass", "context.freeze && context.break_glass"),
    ("00-always.cedar", "resource.account.frozen && !context.break_glass", "resource.account.frozen && context.break_glass"),
    ("00-always.cedar", "context.window == \"unreadable\"", "context.window == \"unknown\""),
    ("00-always.cedar", "unless { context.account_typed }", "unless { context.account_typed || resource.targets > 0 }"),
    // people
    ("10-people.cedar", "principal.operator.containsAny(resource.scopes)", "principal.viewer.containsAny(resource.scopes)"),
    ("10-people.cedar", "principal.operator.containsAny(resource.scopes)", "!principal.operator.isEmpty()"),
    ("10-people.cedar", "principal.approver.containsAny(resource.scopes)", "principal.operator.containsAny(resource.scopes)"),
    // tiers
    ("20-tiers.cedar", "risk == 3 && context.approvals >= 1", "risk == 3 && context.approvals >= 0"),
    (
        "20-tiers.cedar",
        "\"staging\" && resource.operation.risk == 2 && context.approvals >= 1",
        "\"staging\" && resource.operation.risk == 2",
    ),
    ("20-tiers.cedar", "risk == 3 && context.mfa_approvals >= 1", "risk == 3 && context.approvals >= 1"),
    ("20-tiers.cedar", "\"prod\" && resource.operation.risk == 1 && context.approvals >= 1", "\"prod\" && resource.operation.risk == 1"),
    ("20-tiers.cedar", "[\"open\", \"not_configured\"]", "[\"open\", \"not_configured\", \"closed\"]"),
    ("20-tiers.cedar", "context.incident_severity <= 2 && resource.reversible", "context.incident_severity <= 2"),
    ("20-tiers.cedar", "context.incident_severity <= 2 && resource.reversible", "context.incident_severity <= 3 && resource.reversible"),
    ("20-tiers.cedar", "context.incident_severity <= 1", "context.incident_severity <= 2"),
    ("20-tiers.cedar", "resource.operation.risk < 3 }\nunless", "resource.operation.risk <= 3 }\nunless"),
];

/// Expectations beside the table: what it does not vary.
fn single_decisions_hold(rules: &RuleSet) -> bool {
    let allowed = |case: &Case| matches!(rules.decide(&case.request()).verdict, domain::Verdict::Allow { .. });
    let prod = Case::new(Risk::R2, Environment::Prod).approve("bob", &["approver"]);
    let mut foreign = prod.clone();
    foreign.approvals[0].digest = domain::Digest::of_bytes(b"another plan");
    let mut moved = Case::new(Risk::R2, Environment::Staging);
    moved.account = Some(super::account(Environment::Dev, domain::Autonomy::Tiered));
    let mut gone = Case::new(Risk::R1, Environment::Dev);
    gone.account = None;
    gone.phase = Phase::Undo;
    let mut undo = Case::new(Risk::R2, Environment::Prod);
    undo.phase = Phase::Undo;
    let tag = |name: &str, value: &str| {
        Case::new(Risk::R1, Environment::Dev).with_account(|a| {
            a.tags.insert(name.into(), value.into());
        })
    };
    let targets = |n| Case::new(Risk::R2, Environment::Dev).with_plan(super::plan(Risk::R2, Environment::Dev, n));
    let mut last = Case::new(Risk::R1, Environment::Dev);
    last.now = last.plan.expires_at;
    let mut unreadable = Case::new(Risk::R1, Environment::Dev);
    unreadable.calendar = Calendar::Unreadable { why: "x".into() };
    let mut elsewhere = Case::new(Risk::R1, Environment::Dev);
    elsewhere.authors = vec![person("alice", &["operator@env:prod"])];
    let mut watcher = Case::new(Risk::R1, Environment::Dev);
    watcher.authors = vec![person("alice", &["viewer"])];
    let mut untyped = Case::new(Risk::R3, Environment::Prod);
    untyped = untyped.approve_with("bob", &["approver"], Some(1)).approve_with("carol", &["approver"], Some(1));
    let typed = untyped.clone();
    untyped.account_typed = false;
    allowed(&prod)
        && allowed(&typed)
        && !allowed(&untyped)
        && allowed(&undo)
        && allowed(&targets(10))
        && !allowed(&foreign)
        && !allowed(&moved)
        && !allowed(&gone)
        && !allowed(&undo.stop("all"))
        && !allowed(&Case::new(Risk::R1, Environment::Dev).stop("all"))
        && !allowed(&tag("aiops:freeze", "perhaps"))
        && !allowed(&tag("aiops:freeze", "true"))
        && !allowed(&tag("aiops:min-approvals", "1"))
        && !allowed(&targets(0))
        && !allowed(&targets(11))
        && !allowed(&last)
        && !allowed(&unreadable)
        && !allowed(&elsewhere)
        && !allowed(&watcher)
        && !allowed(&Case::new(Risk::R1, Environment::Dev).stop("account:222222222222"))
}

/// A part of the table that reaches every rule; in steps that share no factor with its columns.
fn table_holds(rules: &RuleSet) -> bool {
    asked().into_iter().step_by(7).all(|row| outcome(rules, &case(&row).request()) == expected(&row))
}

fn with(file: &str, from: &str, to: &str) -> RuleSet {
    let sources: Vec<Source<'static>> = std::iter::once(ALWAYS).chain(DEFAULTS).collect();
    let texts: Vec<String> = sources
        .iter()
        .map(|source| {
            if source.name != file {
                return source.text.to_owned();
            }
            assert!(source.text.contains(from), "{file} no longer contains `{from}`");
            source.text.replacen(from, to, 1)
        })
        .collect();
    let mutated: Vec<Source<'_>> = sources.iter().zip(&texts).map(|(source, text)| Source { name: source.name, text }).collect();
    RuleSet::compile(&mutated).unwrap_or_else(|e| panic!("{file}: `{to}`: {e}"))
}

#[test]
fn the_rules_themselves_pass_what_catches_mutants() {
    let rules = RuleSet::built_in().unwrap();
    assert!(single_decisions_hold(rules) && table_holds(rules));
}

#[test]
fn every_mutant_is_caught() {
    let survivors: Vec<_> = MUTANTS
        .iter()
        .filter(|(file, from, to)| {
            let rules = with(file, from, to);
            single_decisions_hold(&rules) && table_holds(&rules)
        })
        .collect();
    assert!(survivors.is_empty(), "{survivors:#?}");
}
