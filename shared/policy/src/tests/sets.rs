//! Rules of one's own: what is accepted, what is refused.

use domain::{Environment, Risk, Verdict};

use super::Case;
use crate::{DEFAULTS, RuleSet, RulesError, Source};

fn with(text: &str) -> Result<RuleSet, RulesError> {
    let mut sources = DEFAULTS.to_vec();
    sources.push(Source { name: "90-own.cedar", text });
    RuleSet::load(&sources)
}

fn rule(head: &str, body: &str) -> String {
    format!("@id(\"own\") @en(\"own\") @zh(\"own\") {head} (principal, action == Action::\"execute\", resource) {body};")
}

#[test]
fn the_default_rules_are_valid_and_their_version_names_their_text() {
    let rules = RuleSet::built_in().unwrap();
    assert!(rules.len() > 25);
    assert_eq!(rules.version(), RuleSet::load(&DEFAULTS).unwrap().version());
    let own = with(&rule("forbid", "when { resource.blast_radius > 5 }")).unwrap();
    assert_ne!(own.version(), rules.version());
}

#[test]
fn what_is_misspelt_or_mistyped_is_refused_as_a_whole() {
    for body in [
        "when { resource.account.enviroment == \"prod\" }",
        "when { context.aprovals > 1 }",
        "when { resource.targets == \"3\" }",
        "when { context.incident_severity == 1 }",
        "when { resource.monthly_cost_cents > 3 }",
        "when { principal in Role::\"operator\" }",
        "when { resource.targets > 1 && false }",
        "when { resource.targets > }",
    ] {
        assert!(with(&rule("forbid", body)).is_err(), "{body}");
    }
    let action = "@id(\"own\") @en(\"x\") @zh(\"x\") permit (principal, action == Action::\"exekute\", resource);";
    assert!(matches!(with(action), Err(RulesError::Schema { .. })));
    assert!(
        matches!(with(&rule("forbid", "when { resource.account.enviroment == \"x\" }")), Err(RulesError::Schema { rule, .. }) if rule == "own")
    );
}

#[test]
fn a_rule_without_id_or_words_is_refused() {
    let scope = "(principal, action == Action::\"execute\", resource) when { resource.targets > 3 };";
    for head in [
        "forbid",
        "@id(\"own\") forbid",
        "@id(\"own\") @en(\"x\") forbid",
        "@id(\"own\") @en(\"x\") @zh(\" \") forbid",
        "@id(\"o w n\") @en(\"x\") @zh(\"x\") forbid",
        "@id(\"own\") @en(\"{nonsense}\") @zh(\"x\") forbid",
        "@id(\"own\") @en(\"x\") @zh(\"x\") @approvals(\"many\") forbid",
        "@id(\"own\") @en(\"x\") @zh(\"x\") @mfa(\"old\") forbid",
        "@id(\"own\") @en(\"x\") @zh(\"x\") @priority(\"1\") forbid",
        "@id(\"tier.dev.R1\") @en(\"x\") @zh(\"x\") forbid",
    ] {
        assert!(with(&format!("{head} {scope}")).is_err(), "{head}");
    }
    assert!(with(&format!("@id(\"own\") @en(\"x\") @zh(\"x\") forbid {scope}")).is_ok());
}

#[test]
fn a_forbid_that_waits_for_people_must_say_so() {
    let body = "unless { context.approvals >= 3 }";
    assert!(matches!(with(&rule("forbid", body)), Err(RulesError::Annotation { .. })));
    let rules = with(&rule("@approvals(\"3\") forbid", body)).unwrap();
    let case = Case::new(Risk::R1, Environment::Dev).approve("bob", &["approver"]);
    assert!(matches!(rules.decide_checked(&case.request()).verdict, Verdict::NeedsApproval { needed: 3, have: 1, .. }));
    let case = case.approve("carol", &["approver"]).approve("dan", &["approver"]);
    assert!(matches!(rules.decide_checked(&case.request()).verdict, Verdict::Allow { .. }));
}

#[test]
fn tags_can_only_tighten() {
    let tag = "resource.account.hasTag(\"pci\") && resource.account.getTag(\"pci\") == \"yes\"";
    let loosening = [
        rule("permit", &format!("when {{ {tag} }}")),
        rule("permit", &format!("unless {{ {tag} }}")),
        rule("forbid", &format!("unless {{ {tag} }}")),
        rule("forbid", &format!("when {{ !({tag}) }}")),
        rule("forbid", "when { resource.account.hasTag(\"pci\") && resource.account.getTag(\"pci\") != \"yes\" }"),
        rule("forbid", "when { if resource.account.hasTag(\"pci\") then false else true }"),
        rule("forbid", "when { resource.account.hasTag(\"pci\") == false }"),
        rule("forbid", "when { false == resource.account.hasTag(\"pci\") }"),
        rule("forbid", "when { [false].contains(resource.account.hasTag(\"pci\")) }"),
        rule("forbid", "when { [resource.account.hasTag(\"pci\")].contains(false) }"),
        rule("forbid", "when { (resource.account.hasTag(\"pci\") && resource.targets > 1) == false }"),
    ];
    for text in &loosening {
        assert_eq!(with(text).unwrap_err(), RulesError::TagLoosens("own".into()), "{text}");
    }
    for tightening in [
        "resource.account.hasTag(\"pci\")",
        "resource.targets > 3 && (resource.account.hasTag(\"pci\") || resource.account.environment == \"prod\")",
        "resource.account.hasTag(\"a\") && [\"x\", \"y\"].contains(resource.account.getTag(\"a\"))",
        "resource.account.hasTag(\"a\") && resource.account.getTag(\"a\") like \"pci*\"",
        "!(resource.account.environment == \"dev\") && resource.account.hasTag(\"pci\")",
    ] {
        assert!(with(&rule("forbid", &format!("when {{ {tightening} }}"))).is_ok(), "{tightening}");
    }
    let rules = with(&rule("forbid", &format!("when {{ {tag} }}"))).unwrap();
    let tagged = Case::new(Risk::R1, Environment::Dev).with_account(|a| {
        a.tags.insert("pci".into(), "yes".into());
    });
    assert_eq!(rules.decide_checked(&tagged.request()).verdict.reasons()[0].rule, "own");
}

#[test]
fn what_always_holds_cannot_be_taken_out() {
    let open = "@id(\"open\") @en(\"x\") @zh(\"x\") permit (principal, action, resource);";
    let rules = RuleSet::load(&[Source { name: "open.cedar", text: open }]).unwrap();
    let verdict = |case: &Case| rules.decide_checked(&case.request()).verdict;
    let prod = Case::new(Risk::R3, Environment::Prod);
    assert!(matches!(verdict(&prod), Verdict::NeedsApproval { needed: 2, fresh_mfa: true, .. }));
    let mut own = prod.clone().approve_with("alice", &["operator"], Some(1)).approve_with("bob", &["approver"], Some(1));
    own.authors = vec![super::person("alice", &["operator"])];
    assert!(matches!(verdict(&own), Verdict::NeedsApproval { have: 1, .. }));
    assert!(matches!(verdict(&Case::new(Risk::R1, Environment::Dev).stop("all")), Verdict::Deny { .. }));
    // Nothing is allowed by a set that allows nothing.
    let nothing = RuleSet::load(&[]).unwrap();
    let reasons = nothing.decide_checked(&Case::new(Risk::R1, Environment::Dev).request()).verdict;
    assert_eq!(reasons.reasons()[0].rule, "author.not_operator");
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_a_denial_with_its_reason() {
    let overflow = rule("forbid", "when { resource.targets * 9223372036854775807 + 9223372036854775807 < 0 }");
    let rules = with(&overflow).unwrap();
    let verdict = rules.decide_checked(&Case::new(Risk::R1, Environment::Dev).request()).verdict;
    assert_eq!(verdict.reasons()[0].rule, "policy.error");
    assert!(matches!(verdict, Verdict::Deny { .. }));
}

#[test]
fn templates_and_huge_sets_are_refused() {
    let template = "@id(\"own\") @en(\"x\") @zh(\"x\") permit (principal == ?principal, action, resource);";
    assert!(matches!(with(template), Err(RulesError::Unreadable { .. })));
    let huge = format!("// {}\n", "x".repeat(300_000));
    assert!(matches!(with(&huge), Err(RulesError::TooLarge(_))));
}
