//! Explanations and simulations.

use domain::{Autonomy, Environment, EpochMs, Lang, Risk};

use super::{Case, NOW, person};
use crate::{Answer, Calendar, DEFAULTS, Facts, RuleSet, Situation, Source, compare, explain, simulate};

fn facts(case: &Case) -> Facts {
    Facts {
        plan: case.plan.clone(),
        digest: case.digest.clone(),
        account: case.account.clone(),
        authors: case.authors.clone(),
        approvals: case.approvals.clone(),
        stops: case.stops.clone(),
        limits: crate::Limits::default(),
        calendar: case.calendar.clone(),
        incident_severity: case.incident_severity,
        account_typed: case.account_typed,
        break_glass: case.break_glass,
        impact: crate::Impact::default(),
        step_up: case.step_up,
        now: case.now,
        phase: case.phase,
    }
}

fn ways(case: &Case) -> Vec<Vec<String>> {
    let explanation = explain(RuleSet::built_in().unwrap(), &facts(case));
    explanation.ways.into_iter().map(|way| way.into_iter().map(|text| text.en).collect()).collect()
}

#[test]
fn the_shortest_ways_to_a_yes_are_named() {
    let prod = Case::new(Risk::R2, Environment::Prod);
    assert_eq!(ways(&prod)[0], ["one more approval by another person"]);
    let mut night = prod.clone();
    night.calendar = Calendar::Closed { opens_at: Some(EpochMs(NOW.0 + 60_000)) };
    assert!(ways(&night)[0].contains(&"one more approval by another person".to_owned()));
    assert_eq!(ways(&night)[0].len(), 2);
    let mut viewer = Case::new(Risk::R1, Environment::Dev);
    viewer.authors = vec![person("alice", &["viewer"])];
    assert_eq!(ways(&viewer), [["the operator role here for alice"]]);
    let shadow = Case::new(Risk::R1, Environment::Dev).with_account(|a| a.autonomy = Autonomy::Shadow);
    assert_eq!(ways(&shadow), [["account `acct` taken out of shadow mode (two people)"]]);
    assert_eq!(ways(&Case::new(Risk::R3, Environment::Prod)), [["two more approvals with fresh second factors"]]);
    let mut untyped = Case::new(Risk::R3, Environment::Prod);
    untyped.account_typed = false;
    assert_eq!(ways(&untyped), [["two more approvals with fresh second factors", "the account's name typed back by whoever asks"]]);
    assert_eq!(ways(&Case::new(Risk::R1, Environment::Dev).stop("all")), [["the release of the kill switch by two administrators"]]);
    assert!(ways(&Case::new(Risk::R1, Environment::Dev)).is_empty());
}

#[test]
fn an_explanation_goes_rule_by_rule_in_both_languages() {
    let mut case = Case::new(Risk::R2, Environment::Prod).stop("all").approve("bob", &["viewer"]);
    case.authors = vec![person("alice", &["operator@env:prod"])];
    let explanation = explain(RuleSet::built_in().unwrap(), &facts(&case));
    let found: Vec<(&str, bool, bool)> = explanation.findings.iter().map(|f| (f.rule.as_str(), f.permits, f.applies)).collect();
    assert_eq!(found[0], ("ask.operator", true, true));
    assert!(found.contains(&("tier.prod.R2", true, false)));
    assert!(found.iter().any(|(rule, permits, applies)| rule.starts_with("kill.") && !permits && *applies));
    let (en, zh) = (explanation.render(Lang::En), explanation.render(Lang::Zh));
    assert!(en.contains("It would be allowed with:") && en.contains("release of the kill switch"), "{en}");
    assert!(zh.contains("逐条规则") && zh.contains("解除紧急停止"), "{zh}");
}

const LINES: &str = r#"
# one line each
{"name":"own hours","as":"alice","groups":["operator"],"operation":"ec2.stop_instances","risk":"R2","account":{"id":"222222222222","name":"prod","environment":"prod","owner":"t","regions":["us-east-1"]},"approvals":[{"person":"bob","groups":["approver"]}],"window":"closed","expect":"waits"}
{"as":"vic","groups":["viewer"],"operation":"ec2.stop_instances","risk":"R1","account":{"id":"222222222222","name":"dev","environment":"dev","owner":"t","regions":["us-east-1"]},"expect":"allow"}
"#;

#[test]
fn a_file_of_situations_is_decided_and_held_against_what_it_expects() {
    let situations = Situation::read_lines(LINES).unwrap();
    let outcomes = simulate(RuleSet::built_in().unwrap(), &situations, NOW);
    assert_eq!((outcomes[0].answer, outcomes[0].as_expected), (Answer::Waits, Some(true)));
    assert_eq!((outcomes[1].answer, outcomes[1].as_expected), (Answer::Deny, Some(false)));
    assert_eq!(outcomes[1].rules, ["author.not_operator"]);
}

#[test]
fn a_line_that_is_not_understood_is_named() {
    for (from, to) in [("\"as\"", "\"az\""), ("\"groups\":[\"operator\"]", "\"groups\":[\"root\"]"), ("\"risk\":\"R2\"", "\"risk\":\"R9\"")]
    {
        let error = Situation::read_lines(&LINES.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.starts_with("line 3:"), "{error}");
    }
}

#[test]
fn another_set_is_compared_with_the_live_one() {
    let live = RuleSet::built_in().unwrap();
    let mut sources = DEFAULTS.to_vec();
    let text = "@id(\"own.viewers\") @en(\"x\") @zh(\"x\") permit (principal, action == Action::\"ask\", resource);";
    sources.push(Source { name: "90-own.cedar", text });
    let other = RuleSet::load(&sources).unwrap();
    let differences = compare(live, &other, &Situation::read_lines(LINES).unwrap(), NOW);
    assert_eq!(differences.len(), 1);
    assert!(differences[0].looser && differences[0].name == "#2" && differences[0].other.answer == Answer::Allow);
}
