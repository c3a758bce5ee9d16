//! The short way to a decision gives what the long way gives: the same verdict, words, order and approvers.

use std::sync::LazyLock;

use cedar_policy::{Effect, PolicySet};
use domain::{Autonomy, Environment, Risk};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

use super::{
    Case,
    oracle::{AUTONOMIES, ENVIRONMENTS, RISKS, case},
    person,
    table::asked,
};
use crate::{
    Calendar, DEFAULTS, Phase, RuleSet, Source,
    attributes::Attribute,
    slices::{Place, Slices},
};

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
        "when { resource.account in [Account::\"222222222222\", Account::\"999999999999\"] }".to_owned(),
        "when { principal in resource.authors || principal in resource.account }".to_owned(),
        "when { resource.account has environment && principal has viewer && context has now }".to_owned(),
        "when { context has incident_severity && context.incident_severity + 1 > -(resource.targets) }".to_owned(),
        "when { resource has account.environment && resource.account.environment like \"*o*\" }".to_owned(),
        "when { (if principal.viewer.isEmpty() then resource.account else resource.account).frozen }".to_owned(),
        "when { resource.operation.service == resource[\"account\"][\"id\"] || context[\"now\"] > 0 }".to_owned(),
        "when { resource.account is Account && principal is Person }".to_owned(),
        "when { resource.account.hasTag(\"aiops:ou\") || resource.account.hasTag(\"tag pci\") || resource.account.hasTag(\"pci\") }"
            .to_owned(),
        "when { resource.account.hasTag(resource.account.id) }".to_owned(),
        "when { Account::\"222222222222\".hasTag(\"pci\") }".to_owned(),
        format!("when {{ resource.account.environment == \"prod\" && resource.operation.risk >= 2 }} unless {{ {FAILS} }}"),
        "unless { resource.scopes == [\"*\"] || [\"*\", \"env:dev\"].containsAll(principal.operator) }".to_owned(),
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
fn whether_a_context_has_something_is_decided_for_each_action_alike() {
    let whole = "(principal, action, resource)";
    for body in ["context has incident_severity && context.incident_severity < 3", "context has mfa_age", "!(context has stops)"] {
        // What no question can have is refused when the set is loaded; what one of them can have is not.
        let rules = own(&format!("forbid {whole}"), &format!("when {{ {body} }}"));
        for mut case in situations() {
            for severity in [None, Some(2), Some(3)] {
                case.incident_severity = severity;
                assert_eq!(rules.decide(&case.request()), rules.decide_checked(&case.request()), "{body} {severity:?}");
            }
        }
    }
}

#[test]
fn a_slice_leaves_out_the_tiers_of_other_places_and_joins_what_ends_a_plan() {
    let rules = RuleSet::built_in().unwrap();
    let whole = rules.execute.policies().count();
    let slice = rules.cut.execute.at(Place { environment: Environment::Dev, risk: Risk::R1, autonomy: Autonomy::Tiered }).unwrap();
    let read: Vec<Attribute> = slice.attributes.iter().map(|(_, attribute)| *attribute).collect();
    assert!(!slice.entities && read.contains(&Attribute::ScopesMet) && !read.contains(&Attribute::Scopes));
    let [each, joined, apart] = [&slice.each, &slice.joined, &slice.apart].map(|set| set.policies().count());
    assert!(each <= whole / 2 && joined <= 4 && apart == joined + 2, "{whole} {each} {joined} {apart}");
    let of = |slices: &Slices| slices.all().iter().map(|slice| (slice.joined.policies().count(), slice.yes.is_some())).collect::<Vec<_>>();
    assert!(of(&rules.cut.approve).iter().all(|(joined, yes)| *joined == 2 && *yes));
    let forbids = |set: &PolicySet| set.policies().filter(|policy| policy.effect() == Effect::Forbid).count();
    assert!(rules.cut.could_execute.all().iter().all(|slice| forbids(&slice.joined) == 1 && slice.yes.is_none()));
    let prod = rules.cut.execute.at(Place { environment: Environment::Prod, risk: Risk::R3, autonomy: Autonomy::Tiered }).unwrap();
    let id = |rule: &str| rules.rules.values().find(|r| r.id == rule).unwrap().policy.id().clone();
    for rule in ["tier.prod.R3", "tier.prod.R3.emergency", "always.prod.R3", "kill.{stop}"] {
        assert!(prod.each.policy(&id(rule)).is_some(), "{rule}");
    }
    assert!(slice.each.policy(&id("tier.prod.R3")).is_none() && prod.each.policy(&id("tier.dev.R1")).is_none());
}

#[test]
fn every_default_rule_is_laid_out_flat_and_so_are_rules_that_read_tags() {
    let flat = |rules: &RuleSet| {
        let cut = &rules.cut;
        let each = [&cut.ask, &cut.approve, &cut.execute, &cut.undo, &cut.could_execute];
        each.into_iter().all(|slices| slices.all().iter().all(|slice| !slice.entities))
    };
    assert!(flat(RuleSet::built_in().unwrap()));
    let execute = "forbid (principal, action == Action::\"execute\", resource)";
    assert!(flat(&own(execute, "when { resource.account.hasTag(\"pci\") && resource.account.getTag(\"pci\") == \"yes\" }")));
    assert!(flat(&own(execute, "when { resource.account == Account::\"222222222222\" && principal in [Person::\"alice\"] }")));
    assert!(!flat(&own(execute, "when { Account::\"222222222222\".frozen }")));
}

/// Rules of one's own that read everything that can be read, in forms that are laid out flat and in forms that are not.
static SETS: LazyLock<Vec<RuleSet>> = LazyLock::new(|| {
    let execute = "(principal, action == Action::\"execute\", resource)";
    let everything = "unless { resource.account.registered && resource.account.tags_readable && !resource.account.frozen \
        && resource.blast_radius < 9 && resource.targets < 9 && resource.operation.service != \"rds\" \
        && !(resource has monthly_cost_cents && resource.monthly_cost_cents > 500) \
        && (context.account_typed || context.break_glass || resource.reversible) }";
    let agreed = "unless { resource.account.min_approvals <= context.approvals + context.mfa_approvals \
        && (if context has mfa_age then context.mfa_age < 100 else true) }";
    let tags = "when { resource.account.hasTag(\"pci\") && [\"yes\", \"true\"].contains(resource.account.getTag(\"pci\")) }";
    let people = "when { principal.viewer.containsAny(resource.scopes) && !principal.auditor.contains(\"*\") }";
    let by_entity = "when { { of: resource.account }.of.environment == \"staging\" && context.stops.containsAny(resource.scopes) }";
    vec![
        RuleSet::load(&DEFAULTS).unwrap(),
        own(&format!("forbid {execute}"), everything),
        own(&format!("@approvals(\"2\") forbid {execute}"), agreed),
        own(&format!("forbid {execute}"), tags),
        own("forbid (principal, action, resource)", people),
        own(&format!("forbid {execute}"), by_entity),
        own(&format!("permit {execute}"), &format!("when {{ resource.operation.risk < 3 || {FAILS} }}")),
    ]
});

/// Any facts, most of them near those that make a difference.
fn any_case() -> impl Strategy<Value = Case> {
    let groups = || {
        let known = ["operator", "approver", "viewer", "auditor", "operator@env:dev", "operator@env:prod", "approver@service:ec2"];
        let more = ["operator@account:222222222222", "viewer@ou:payments", "approver@ou:payments/core+operation:ec2.stop_instances"];
        subsequence([known.as_slice(), &more].concat(), 0..5)
    };
    let voter = || (select(vec!["alice", "bob", "carol", "dan", "erin", "frank"]), groups());
    let tags = || {
        let known = [("aiops:environment", "prod"), ("aiops:autonomy", "approval"), ("aiops:min-approvals", "2"), ("aiops:freeze", "true")];
        let more = [("aiops:freeze", "perhaps"), ("aiops:ou", "payments/core"), ("pci", "yes"), ("pci", "no")];
        subsequence([known, more].concat(), 0..3)
    };
    let account = (select(ENVIRONMENTS.to_vec()), select(AUTONOMIES.to_vec()), tags(), any::<bool>());
    let plan = (select(RISKS.to_vec()), select(ENVIRONMENTS.to_vec()), 0..12_usize, any::<bool>());
    let votes = vec((voter(), any::<bool>(), any::<bool>(), proptest::option::of(0..400_i64)), 0..4);
    let scopes = vec!["all", "account:222222222222", "operation:ec2.stop_instances", "operation:rds.reboot_instance", "env:dev"];
    let calendars = vec![
        Calendar::NotConfigured,
        Calendar::Open,
        Calendar::Closed { opens_at: None },
        Calendar::Frozen { name: "x".into(), until: None },
        Calendar::Unreadable { why: "x".into() },
    ];
    let moment = (select(calendars), proptest::option::of(1..5_u8), any::<[bool; 5]>(), subsequence(scopes, 0..2));
    (account, plan, groups(), votes, moment, any::<bool>()).prop_map(|(account, plan, author, votes, moment, undo)| {
        let ((risk, planned, targets, reversible), (environment, autonomy, tags, same)) = (plan, account);
        let mut of = super::plan(risk, if same { environment } else { planned }, targets);
        of.undo = if reversible { domain::Undo::Restores } else { domain::Undo::None };
        let mut case = Case::new(risk, environment).with_plan(of).with_account(|a| {
            (a.autonomy, a.environment) = (autonomy, environment);
            a.tags.extend(tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        });
        case.authors = vec![person("alice", &author)];
        for ((name, groups), valid, matches, mfa) in votes {
            case = case.approve_with(name, &groups, mfa);
            let vote = case.approvals.last_mut().unwrap();
            vote.signature_valid = valid;
            if !matches {
                vote.digest = domain::Digest::of_bytes(b"another plan");
            }
        }
        let (calendar, severity, [typed, emergency, step_up, late, gone], stops) = moment;
        (case.calendar, case.incident_severity, case.account_typed) = (calendar, severity, typed);
        (case.break_glass, case.step_up) = (emergency, step_up);
        if late && emergency {
            case.now = case.plan.expires_at;
        }
        if gone && late {
            case.account = None;
        }
        case.phase = if undo { Phase::Undo } else { Phase::Execute };
        stops.into_iter().fold(case, |case, scope| case.stop(scope))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_facts_both_ways_decide_alike(case in any_case()) {
        for (number, rules) in SETS.iter().enumerate() {
            prop_assert_eq!(rules.decide(&case.request()), rules.decide_checked(&case.request()), "set {}", number);
        }
    }

    /// Nothing is kept from one decision to the next: facts that share every id with those decided just before are decided as new ones.
    #[test]
    fn facts_of_the_same_ids_are_read_anew_each_time(first in any_case(), second in any_case()) {
        let mut other = second;
        // The same plan id, account id and people; other roles, tags, environment, approvals.
        other.plan.id = first.plan.id.clone();
        let rules = RuleSet::built_in().unwrap();
        let alone = rules.decide_checked(&other.request());
        let _ = rules.decide(&first.request());
        prop_assert_eq!(rules.decide(&other.request()), alone);
    }
}
