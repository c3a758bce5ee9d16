//! The short way to a decision gives what the long way gives: the same verdict, words, order and approvers.

use domain::{Autonomy, Environment, Risk};

use super::{
    Case,
    oracle::{AUTONOMIES, ENVIRONMENTS, RISKS, case},
    person,
    table::asked,
};
use crate::{Calendar, DEFAULTS, Phase, RuleSet, Source, slices::Place};

#[test]
fn rows_of_the_table_are_decided_alike_by_the_whole_set_and_by_a_slice() {
    let rules = RuleSet::built_in().unwrap();
    let rows: Vec<_> = asked().into_iter().step_by(13).collect();
    assert!(rows.len() >= 1_500, "{}", rows.len());
    for row in rows {
        let case = case(&row);
        assert_eq!(rules.decide(&case.request()), rules.decide_checked(&case.request()), "{row:?}");
    }
}

/// Too much for a number: evaluating it fails.
const FAILS: &str = "resource.targets * 9223372036854775807 + 9223372036854775807 < 0";

fn own(head: &str, body: &str) -> RuleSet {
    let text = format!("@id(\"own\") @en(\"own\") @zh(\"own\") {head} {body};");
    let mut sources = DEFAULTS.to_vec();
    sources.push(Source { name: "90-own.cedar", text: &text });
    RuleSet::load(&sources).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn situations() -> Vec<Case> {
    let mut out = Vec::new();
    for environment in ENVIRONMENTS {
        for risk in RISKS {
            for autonomy in AUTONOMIES {
                out.push(Case::new(risk, environment).with_account(|a| a.autonomy = autonomy));
            }
        }
    }
    let tagged = |name: &str, value: &str| {
        Case::new(Risk::R2, Environment::Dev).with_account(|a| {
            a.tags.insert(name.into(), value.into());
        })
    };
    out.extend([
        tagged("pci", "yes"),
        tagged("aiops:environment", "prod"),
        tagged("aiops:min-approvals", "2"),
        tagged("aiops:freeze", "?"),
    ]);
    out.push(tagged("aiops:ou", "payments/core").stop("ou:payments").stop("operation:ec2.stop_instances"));
    out.push(Case::new(Risk::R2, Environment::Prod).approve("bob", &["approver@env:prod"]).approve("bob", &["approver@env:prod"]));
    let mut gone = Case::new(Risk::R1, Environment::Dev);
    gone.account = None;
    let mut undo = Case::new(Risk::R2, Environment::Prod);
    undo.phase = Phase::Undo;
    let mut frozen = Case::new(Risk::R2, Environment::Staging).approve("bob", &["approver"]);
    frozen.calendar = Calendar::Frozen { name: "x".into(), until: None };
    let mut elsewhere = Case::new(Risk::R1, Environment::Dev);
    elsewhere.authors = vec![person("alice", &["operator@env:prod", "viewer", "auditor"])];
    out.extend([gone, undo.clone(), undo.stop("all"), frozen, elsewhere]);
    out
}

#[test]
fn rules_of_ones_own_in_every_form_are_decided_alike() {
    let execute = "(principal, action == Action::\"execute\", resource)";
    let bodies = [
        format!("when {{ {FAILS} && resource.account.environment == \"prod\" }}"),
        format!("when {{ resource.account.environment == \"prod\" && {FAILS} }}"),
        format!("when {{ resource.account.environment == \"prod\" }} when {{ {FAILS} }}"),
        format!("when {{ resource.operation.risk >= 2 && (resource.operation.risk < 3 && {FAILS}) }}"),
        format!("unless {{ resource.account.environment == \"dev\" && {FAILS} }}"),
        format!("when {{ resource.account.autonomy == \"full\" || {FAILS} }}"),
        "when { \"prod\" == resource.account.environment }".to_owned(),
        "when { resource.operation.risk <= 1 && resource.account.environment == \"staging\" }".to_owned(),
        "unless { resource.operation.risk > 1 } unless { resource.account.autonomy == \"tiered\" }".to_owned(),
        "when { if resource.account.environment == \"prod\" then false else true }".to_owned(),
        "when { resource.scopes.contains(\"env:dev\") }".to_owned(),
        "when { resource.scopes.containsAny([\"service:ec2\"]) }".to_owned(),
        "when { [\"operation:ec2.stop_instances\"].containsAny(resource.scopes) }".to_owned(),
        "when { resource.scopes.containsAll(principal.operator) }".to_owned(),
        "when { principal.viewer.containsAny(resource.scopes) }".to_owned(),
        "when { resource.scopes.containsAny(context.stops) }".to_owned(),
        "when { principal.auditor.contains(\"*\") }".to_owned(),
        "when { resource.operation.service == \"ec2\" }".to_owned(),
        "when { resource has monthly_cost_cents }".to_owned(),
        "when { resource.blast_radius > 0 && resource.account.id == \"222222222222\" }".to_owned(),
        "when { resource.account has frozen && resource.account.frozen }".to_owned(),
        "when { [resource.account].contains(resource.account) && resource.operation.risk == 2 }".to_owned(),
        "when { resource.operation == Operation::\"ec2.stop_instances\" }".to_owned(),
        "when { Account::\"222222222222\".environment == \"prod\" }".to_owned(),
        "when { { a: resource.account }.a.frozen }".to_owned(),
        "when { resource.account.hasTag(\"pci\") && resource.account.getTag(\"pci\") like \"y*\" }".to_owned(),
        "when { principal == Person::\"alice\" && resource.account == Account::\"222222222222\" }".to_owned(),
    ];
    let mut sets: Vec<RuleSet> = bodies.iter().map(|body| own(&format!("forbid {execute}"), body)).collect();
    sets.push(own("forbid (principal == Person::\"alice\", action, resource)", "when { resource.operation.risk == 2 }"));
    sets.push(own("forbid (principal, action in [Action::\"undo\", Action::\"ask\"], resource)", ""));
    sets.push(own("forbid (principal is Person, action == Action::\"approve\", resource)", "when { principal.viewer.contains(\"*\") }"));
    sets.push(own(&format!("@approvals(\"3\") forbid {execute}"), "unless { context.approvals >= 3 }"));
    sets.push(own(&format!("permit {execute}"), &format!("when {{ resource.account.environment == \"prod\" && {FAILS} }}")));
    sets.push(own(&format!("permit {execute}"), "when { resource.account.environment == \"prod\" }"));
    let situations = situations();
    for (number, rules) in sets.iter().enumerate() {
        for (n, case) in situations.iter().enumerate() {
            let request = case.request();
            assert_eq!(rules.decide(&request), rules.decide_checked(&request), "set {number}, situation {n}");
        }
    }
}

#[test]
fn a_slice_leaves_out_the_tiers_of_other_places_and_joins_what_ends_a_plan() {
    let rules = RuleSet::built_in().unwrap();
    let whole = rules.execute.policies().count();
    let slice = rules.cut.execute.at(Place { environment: Environment::Dev, risk: Risk::R1, autonomy: Autonomy::Tiered }).unwrap();
    assert!(rules.cut.reads.only_looks_into_parts() && rules.cut.reads.scopes_are_only_met());
    let (each, joined) = (slice.each.policies().count(), slice.joined.policies().count());
    assert!(each <= whole / 2 && joined <= 4, "{whole} {each} {joined}");
    let prod = rules.cut.execute.at(Place { environment: Environment::Prod, risk: Risk::R3, autonomy: Autonomy::Tiered }).unwrap();
    let id = |rule: &str| rules.rules.values().find(|r| r.id == rule).unwrap().policy.id().clone();
    for rule in ["tier.prod.R3", "tier.prod.R3.emergency", "always.prod.R3", "kill.{stop}"] {
        assert!(prod.each.policy(&id(rule)).is_some(), "{rule}");
    }
    assert!(slice.each.policy(&id("tier.prod.R3")).is_none() && prod.each.policy(&id("tier.dev.R1")).is_none());
}
