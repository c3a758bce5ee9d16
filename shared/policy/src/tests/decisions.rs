//! Single decisions, one sentence each.

use domain::{Autonomy, Digest, Environment, EpochMs, Risk, Undo, Verdict};

use super::{Case, NOW, groups, id, person, plan};
use crate::{Calendar, Limits, Phase};

const APPROVER: &[&str] = &["approver"];

#[test]
fn dev_acts_alone_and_prod_asks() {
    assert!(Case::new(Risk::R2, Environment::Dev).allowed());
    assert!(matches!(Case::new(Risk::R2, Environment::Prod).verdict(), Verdict::NeedsApproval { needed: 1, have: 0, .. }));
    assert!(Case::new(Risk::R2, Environment::Prod).approve("bob", APPROVER).allowed());
}

#[test]
fn nobody_approves_their_own_plan() {
    let case = Case::new(Risk::R2, Environment::Prod).approve("alice", &["operator", "approver"]);
    let mut case = case;
    case.authors = vec![person("alice", &["operator", "approver"])];
    assert!(matches!(case.verdict(), Verdict::NeedsApproval { have: 0, .. }));
    case.plan.authors.push(id("bob"));
    case.authors.push(person("bob", &["operator", "approver"]));
    let plan = case.plan.clone();
    let case = case.with_plan(plan).approve("bob", &["operator", "approver"]);
    assert!(matches!(case.verdict(), Verdict::NeedsApproval { have: 0, .. }));
}

#[test]
fn whoever_narrowed_a_plan_need_not_be_an_operator_and_cannot_approve_it() {
    let case = Case::new(Risk::R2, Environment::Prod);
    let mut narrowed = case.plan.clone();
    narrowed.narrowed_by = vec![id("bob")];
    let by = |name: &str| case.clone().with_plan(narrowed.clone()).approve(name, APPROVER).verdict();
    assert!(matches!(by("bob"), Verdict::NeedsApproval { needed: 1, have: 0, .. }), "{:?}", by("bob"));
    assert!(matches!(by("carol"), Verdict::Allow { .. }), "{:?}", by("carol"));
}

#[test]
fn forged_demoted_or_foreign_approvals_do_not_count() {
    let mut forged = Case::new(Risk::R2, Environment::Prod).approve("bob", APPROVER);
    forged.approvals[0].signature_valid = false;
    assert!(!forged.allowed());
    assert!(!Case::new(Risk::R2, Environment::Prod).approve("bob", &["viewer"]).allowed());
    let mut other = Case::new(Risk::R2, Environment::Prod).approve("bob", APPROVER);
    other.approvals[0].digest = Digest::of_bytes(b"another plan");
    assert!(!other.allowed());
}

#[test]
fn one_person_over_two_channels_is_one_approval() {
    let case = Case::new(Risk::R3, Environment::Prod).approve_with("bob", APPROVER, Some(9)).approve_with("bob", APPROVER, Some(3));
    assert!(matches!(case.verdict(), Verdict::NeedsApproval { needed: 2, have: 1, fresh_mfa: true, .. }));
    assert_eq!(case.decision().approvers, [id("bob")]);
}

#[test]
fn roles_count_in_their_scope_only() {
    for (group, allowed) in [
        ("operator@env:dev", true),
        ("operator@account:222222222222", true),
        ("operator@service:ec2", true),
        ("operator@env:dev+operation:ec2.stop_instances", true),
        ("operator@ou:payments", true),
        ("operator@ou:payments/core+service:ec2", true),
        ("operator@ou:core", false),
        ("operator@env:prod", false),
        ("operator@account:333333333333", false),
        ("operator@service:rds", false),
        ("operator@env:dev+service:rds", false),
        ("operator@operation:ec2.start_instances", false),
    ] {
        let mut case = Case::new(Risk::R2, Environment::Dev).with_account(|a| {
            a.tags.insert("aiops:ou".into(), "payments/core".into());
        });
        case.authors = vec![person("alice", &[group])];
        assert_eq!(case.allowed(), allowed, "{group}");
        if !allowed {
            assert_eq!(case.rules(), ["author.not_operator"]);
        }
    }
    assert!(Case::new(Risk::R2, Environment::Prod).approve("bob", &["approver@env:prod"]).allowed());
    assert!(!Case::new(Risk::R2, Environment::Prod).approve("bob", &["approver@env:staging"]).allowed());
}

#[test]
fn denial_beats_approval_and_names_every_obstacle() {
    let mut case = Case::new(Risk::R2, Environment::Prod).approve("bob", APPROVER).stop("all");
    case.authors = vec![person("alice", &["viewer"])];
    case.now = case.plan.expires_at;
    assert_eq!(case.rules(), ["kill.all", "author.not_operator", "plan.expired"]);
    case.account = None;
    assert!(case.rules().contains(&"account.unknown".to_owned()));
}

#[test]
fn kill_switches_hit_only_their_scope() {
    for (scope, hit) in [
        ("all", true),
        ("account:222222222222", true),
        ("account:333333333333", false),
        ("operation:ec2.stop_instances", true),
        ("operation:rds.reboot_instance", false),
    ] {
        let case = Case::new(Risk::R2, Environment::Dev).stop(scope);
        assert_eq!(!case.allowed(), hit, "{scope}");
        if hit {
            assert_eq!(case.rules(), [format!("kill.{scope}")]);
        }
    }
}

#[test]
fn an_account_that_changed_voids_the_plan() {
    let mut case = Case::new(Risk::R2, Environment::Prod).approve("bob", APPROVER);
    case.account = Some(super::account(Environment::Dev, Autonomy::Tiered));
    assert_eq!(case.rules(), ["account.changed"]);
}

#[test]
fn shadow_never_acts_and_approval_mode_always_asks() {
    let with = |autonomy| Case::new(Risk::R1, Environment::Dev).with_account(|a| a.autonomy = autonomy);
    assert_eq!(with(Autonomy::Shadow).rules(), ["autonomy.shadow"]);
    let asked = with(Autonomy::Approval);
    assert!(matches!(asked.verdict(), Verdict::NeedsApproval { needed: 1, .. }));
    assert!(asked.approve("bob", APPROVER).allowed());
}

#[test]
fn belts_limit_the_number_of_targets() {
    let case = |n| Case::new(Risk::R2, Environment::Dev).with_plan(plan(Risk::R2, Environment::Dev, n));
    assert_eq!(case(Limits::default().max_targets_r2 + 1).rules(), ["belt.too_many_targets"]);
    assert!(case(Limits::default().max_targets_r2).allowed());
    assert_eq!(case(0).rules(), ["belt.no_target"]);
}

#[test]
fn undo_ignores_expiry_windows_and_freezes_but_not_the_kill_switch() {
    let mut case = Case::new(Risk::R2, Environment::Prod);
    case.phase = Phase::Undo;
    case.now = EpochMs(case.plan.expires_at.0 + 1);
    case.calendar = Calendar::Frozen { name: "year end".into(), until: None };
    case.authors = vec![];
    assert!(case.allowed());
    assert_eq!(case.rules(), ["undo.approved_with_plan"]);
    let mut irreversible = case.plan.clone();
    irreversible.undo = Undo::None;
    assert_eq!(case.clone().with_plan(irreversible).rules(), ["undo.not_allowed"]);
    assert_eq!(case.stop("all").rules(), ["kill.all"]);
}

#[test]
fn the_most_dangerous_changes_need_two_people_with_fresh_second_factors() {
    let case = Case::new(Risk::R3, Environment::Prod);
    assert!(matches!(case.verdict(), Verdict::NeedsApproval { needed: 2, have: 0, fresh_mfa: true, .. }));
    assert!(!case.clone().approve("bob", APPROVER).approve("carol", APPROVER).allowed());
    assert!(!case.clone().approve_with("bob", APPROVER, Some(1)).approve_with("carol", APPROVER, Some(301)).allowed());
    assert!(!case.clone().approve_with("bob", APPROVER, Some(1)).approve_with("carol", APPROVER, Some(-1)).allowed());
    assert!(case.clone().approve_with("bob", APPROVER, Some(1)).approve_with("carol", APPROVER, Some(300)).allowed());
    let mut untyped = case.clone().approve_with("bob", APPROVER, Some(1)).approve_with("carol", APPROVER, Some(1));
    untyped.account_typed = false;
    assert!(matches!(untyped.verdict(), Verdict::Waits { until: None, .. }));
    assert_eq!(untyped.rules(), ["tier.prod.R3", "always.prod.R3.typed", "window.not_configured"]);
    let mut asked = case.clone();
    asked.account_typed = false;
    assert!(asked.rules().contains(&"always.prod.R3.typed".to_owned()), "the asker is told from the beginning");
    let mut blind = case;
    blind.step_up = false;
    assert_eq!(blind.rules(), ["mfa.not_built"]);
}

#[test]
fn an_approved_plan_waits_for_its_window_and_a_freeze_ends_it() {
    let mut case = Case::new(Risk::R2, Environment::Prod).approve("bob", APPROVER);
    let opens = EpochMs(NOW.0 + 60_000);
    case.calendar = Calendar::Closed { opens_at: Some(opens) };
    assert!(matches!(case.verdict(), Verdict::Waits { until: Some(at), .. } if at == opens));
    assert_eq!(case.rules(), ["tier.prod.R2", "window.closed"]);
    case.calendar = Calendar::Open;
    assert!(case.allowed());
    case.calendar = Calendar::Frozen { name: "year end".into(), until: Some(opens) };
    assert_eq!(case.rules(), ["freeze.active"]);
    assert!(case.verdict().reasons()[0].text.en.contains("year end"));
    case.calendar = Calendar::Unreadable { why: "no such zone".into() };
    assert_eq!(case.rules(), ["window.unreadable"]);
}

#[test]
fn an_incident_of_severity_two_lets_a_reversible_change_pass_at_night_with_one_approval() {
    let mut case = Case::new(Risk::R2, Environment::Prod);
    case.calendar = Calendar::Closed { opens_at: None };
    case.incident_severity = Some(2);
    assert!(matches!(case.verdict(), Verdict::NeedsApproval { needed: 1, .. }));
    let approved = case.clone().approve("bob", APPROVER);
    assert_eq!(approved.rules(), ["tier.prod.R2.incident"]);
    assert!(approved.allowed());
    let mut minor = approved.clone();
    minor.incident_severity = Some(3);
    assert!(matches!(minor.verdict(), Verdict::Waits { .. }));
    let mut irreversible = approved.plan.clone();
    irreversible.undo = Undo::None;
    let mut once = case.with_plan(irreversible).approve("bob", APPROVER);
    assert!(matches!(once.verdict(), Verdict::Waits { .. }));
    once.break_glass = true;
    assert_eq!(once.rules(), ["tier.prod.R2.emergency"]);
}

#[test]
fn a_declared_emergency_passes_windows_and_freezes_but_never_people() {
    let mut case = Case::new(Risk::R3, Environment::Prod).approve_with("bob", APPROVER, Some(1));
    case.calendar = Calendar::Frozen { name: "year end".into(), until: None };
    case.break_glass = true;
    assert!(matches!(case.verdict(), Verdict::NeedsApproval { needed: 2, have: 1, fresh_mfa: true, .. }));
    let case = case.approve_with("carol", APPROVER, Some(1));
    assert_eq!(case.rules(), ["tier.prod.R3.emergency"]);
    let killed = case.stop("all");
    assert_eq!(killed.rules(), ["kill.all"]);
}

#[test]
fn tags_of_an_account_tighten() {
    let with = |tag: &str, value: &str| {
        Case::new(Risk::R2, Environment::Dev).with_account(|a| {
            a.tags.insert(tag.into(), value.into());
        })
    };
    assert_eq!(with("aiops:autonomy", "shadow").rules(), ["autonomy.shadow"]);
    assert!(matches!(with("aiops:environment", "prod").verdict(), Verdict::NeedsApproval { needed: 1, .. }));
    let demanding = with("aiops:min-approvals", "2");
    assert!(matches!(demanding.verdict(), Verdict::NeedsApproval { needed: 2, .. }));
    assert_eq!(demanding.rules(), ["tier.dev.R2", "account.min_approvals"]);
    assert!(demanding.approve("bob", APPROVER).approve("carol", APPROVER).allowed());
    assert_eq!(with("aiops:freeze", "true").rules(), ["freeze.account"]);
    assert_eq!(with("aiops:freeze", "maybe").rules(), ["account.tag_unreadable"]);
    assert!(with("team", "prod").allowed());
}

#[test]
fn nobody_but_an_operator_asks() {
    for role in domain::Role::ALL {
        let mut case = Case::new(Risk::R1, Environment::Dev);
        case.authors = vec![person("alice", &groups(role))];
        assert_eq!(case.allowed(), role == domain::Role::Operator, "{role:?}");
    }
    let mut unknown = Case::new(Risk::R1, Environment::Dev);
    unknown.authors = vec![];
    assert_eq!(unknown.rules(), ["author.not_operator"]);
    unknown.plan.authors.clear();
    assert_eq!(unknown.rules(), ["author.none"]);
}

#[test]
fn a_person_with_two_sets_of_roles_is_refused() {
    let mut case = Case::new(Risk::R1, Environment::Dev);
    case.authors.push(person("alice", &["viewer"]));
    assert_eq!(case.rules(), ["policy.error"]);
}

#[test]
fn reasons_have_both_languages_and_no_open_braces() {
    let mut cases = vec![
        Case::new(Risk::R3, Environment::Prod),
        Case::new(Risk::R2, Environment::Prod).stop("all"),
        Case::new(Risk::R2, Environment::Dev).with_plan(plan(Risk::R2, Environment::Dev, 99)),
    ];
    cases[2].now = EpochMs(i64::MAX);
    for case in &cases {
        for reason in case.verdict().reasons() {
            for text in [&reason.text.en, &reason.text.zh, &reason.rule] {
                assert!(!text.contains('{') && !text.is_empty(), "{text}");
            }
        }
    }
    assert_eq!(
        cases[0].verdict().summary().en,
        "needs 2 approval(s) with a fresh second factor, has 0: R3 in prod needs 2 approval(s) with fresh second factors, by people other than alice; no change calendar is configured, so the window counts as open"
    );
}
