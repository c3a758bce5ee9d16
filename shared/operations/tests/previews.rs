//! What each operation says before, and how it judges afterwards: pure functions over observed facts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeMap;

use domain::{Facts, Params, PreviewNote, Value, preview::NoteLevel};
use operations::{
    Direction, Observed, Operation, Proposal, Refusal, Verification, find,
    operation::{Context, Membership},
};

fn facts(pairs: &[(&str, Value)]) -> Facts {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
}

fn operation(id: &str) -> &'static dyn Operation {
    find(id).unwrap()
}

fn instance(id: &str, state: &str, around: &[(&str, Value)]) -> Observed {
    Observed {
        id: id.into(),
        arn: format!("arn:aws:ec2:us-east-1:222222222222:instance/{id}"),
        facts: facts(&[("state", state.into()), ("instance_type", "m5.large".into())]),
        context: Context { facts: facts(around), ..Context::default() },
    }
}

fn in_group(mut one: Observed, healthy: &[&str]) -> Observed {
    one.context.target_groups.push(Membership {
        group_arn: "arn:tg/web".into(),
        group_name: "web".into(),
        own_ids: vec![one.id.clone()],
        healthy: healthy.iter().map(|h| (*h).to_owned()).collect(),
    });
    one
}

fn note<'a>(proposal: &'a Proposal, code: &str) -> Option<&'a PreviewNote> {
    proposal.notes.iter().chain(proposal.previews.iter().flat_map(|p| &p.notes)).find(|n| n.code == code)
}

fn level(proposal: &Proposal, code: &str) -> Option<NoteLevel> {
    note(proposal, code).map(|n| n.level)
}

fn stop(observed: &[Observed]) -> Result<Proposal, Refusal> {
    operation("ec2.stop_instances").propose(observed, &Params::new())
}

#[test]
fn stopping_warns_of_everything_that_is_lost() {
    let one = instance(
        "i-1",
        "running",
        &[
            ("instance_store", true.into()),
            ("public_ip", "198.51.100.7".into()),
            ("auto_scaling_group", "web".into()),
            ("auto_scaling_state", "InService".into()),
            ("lifecycle", "spot".into()),
        ],
    );
    let proposal = stop(&[in_group(one, &["i-1"])]).unwrap();
    for code in
        ["data.instance_store_lost", "address.public_ip_changes", "auto_scaling.would_replace", "target_group.none_left", "lifecycle.spot"]
    {
        assert_eq!(level(&proposal, code), Some(NoteLevel::Warning), "{code}");
    }
    assert_eq!(level(&proposal, "cost.unknown"), Some(NoteLevel::Unknown));
    assert_eq!(proposal.monthly_cost_cents, None);
}

#[test]
fn an_elastic_address_a_standby_and_other_healthy_targets_are_no_warnings() {
    let one = instance(
        "i-1",
        "running",
        &[
            ("instance_store", false.into()),
            ("public_ip", "198.51.100.7".into()),
            ("elastic_ip", "198.51.100.7".into()),
            ("auto_scaling_group", "web".into()),
            ("auto_scaling_state", "Standby".into()),
        ],
    );
    let proposal = stop(&[in_group(one, &["i-1", "i-2"])]).unwrap();
    let notes = proposal.previews.iter().flat_map(|p| &p.notes);
    assert!(notes.clone().all(|n| n.level != NoteLevel::Warning), "{:?}", notes.collect::<Vec<_>>());
    assert!(note(&proposal, "target_group.healthy_left").unwrap().text.en.contains('1'));
}

#[test]
fn two_targets_of_one_plan_do_not_count_as_each_others_reserve() {
    let both = ["i-1", "i-2"].map(|id| in_group(instance(id, "running", &[]), &["i-1", "i-2"]));
    let proposal = stop(&both).unwrap();
    assert_eq!(level(&proposal, "target_group.none_left"), Some(NoteLevel::Warning));
    assert!(proposal.targets.iter().all(|t| !t.after.contains_key("target_groups_still_healthy")));
}

#[test]
fn an_unknown_instance_store_is_said_and_not_assumed_away() {
    let proposal = stop(&[instance("i-1", "running", &[("instance_store", "unknown".into())])]).unwrap();
    assert_eq!(level(&proposal, "data.instance_store_unknown"), Some(NoteLevel::Unknown));
}

#[test]
fn what_is_stopped_already_is_left_out_and_alone_refused() {
    let proposal = stop(&[instance("i-1", "stopped", &[]), instance("i-2", "running", &[])]).unwrap();
    assert_eq!(proposal.targets.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["i-2"]);
    assert!(note(&proposal, "target.left_out").unwrap().text.en.contains("i-1"));
    let refusal = stop(&[instance("i-1", "stopped", &[])]).unwrap_err();
    assert_eq!((refusal.code, refusal.wire().name.as_str()), ("already_stopped", "Operations.Conflict"));
    for state in ["pending", "shutting-down", "terminated"] {
        assert_eq!(stop(&[instance("i-1", state, &[])]).unwrap_err().code, "wrong_state");
    }
    let rooted = instance("i-1", "running", &[("root_device", "instance-store".into())]);
    assert_eq!(stop(&[rooted]).unwrap_err().code, "instance_store_root");
}

#[test]
fn targets_are_sorted_by_arn_with_their_previews() {
    let proposal = stop(&["i-3", "i-1", "i-2"].map(|id| instance(id, "running", &[]))).unwrap();
    let arns: Vec<&str> = proposal.targets.iter().map(|t| t.arn.as_str()).collect();
    assert!(arns.is_sorted());
    assert_eq!(arns, proposal.previews.iter().map(|p| p.arn.as_str()).collect::<Vec<_>>());
}

#[test]
fn a_stop_holds_only_while_the_target_group_keeps_a_healthy_target() {
    let stop = operation("ec2.stop_instances");
    let before = in_group(instance("i-1", "running", &[]), &["i-1", "i-2"]);
    let target = stop.propose(&[before], &Params::new()).unwrap().targets.remove(0);
    let judge = |now: Observed| stop.verify(&target, &now, Direction::Forward);
    assert_eq!(judge(in_group(instance("i-1", "stopped", &[]), &["i-2"])), Verification::Holds);
    assert!(matches!(judge(in_group(instance("i-1", "stopped", &[]), &[])), Verification::Fails { .. }));
    assert!(matches!(judge(instance("i-1", "stopped", &[])), Verification::Pending(_)));
    assert!(matches!(judge(instance("i-1", "stopping", &[])), Verification::Pending(_)));
    assert!(matches!(judge(instance("i-1", "terminated", &[])), Verification::Fails { .. }));
    let back = |state| stop.verify(&target, &instance("i-1", state, &[]), Direction::Back);
    assert_eq!(back("running"), Verification::Holds);
    assert!(matches!(back("pending"), Verification::Pending(_)));
}

#[test]
fn a_start_waits_for_both_status_checks_and_never_takes_unknown_for_ok() {
    let start = operation("ec2.start_instances");
    let target = start.propose(&[instance("i-1", "stopped", &[])], &Params::new()).unwrap().targets.remove(0);
    let judge =
        |state, checks: &str| start.verify(&target, &instance("i-1", state, &[("status_checks", checks.into())]), Direction::Forward);
    assert_eq!(judge("running", "ok"), Verification::Holds);
    for (state, checks) in [("pending", "initializing"), ("running", "initializing"), ("running", "unknown"), ("stopped", "ok")] {
        assert!(matches!(judge(state, checks), Verification::Pending(_)), "{state} {checks}");
    }
    assert!(matches!(judge("running", "impaired"), Verification::Fails { .. }));
    assert!(matches!(start.verify(&target, &instance("i-1", "running", &[]), Direction::Forward), Verification::Pending(_)));
}

#[test]
fn a_reboot_waits_for_impaired_checks_to_pass() {
    let reboot = operation("ec2.reboot_instances");
    let target = reboot.propose(&[instance("i-1", "running", &[])], &Params::new()).unwrap().targets.remove(0);
    let now = instance("i-1", "running", &[("status_checks", "impaired".into())]);
    assert!(matches!(reboot.verify(&target, &now, Direction::Forward), Verification::Pending(_)));
    assert_eq!(reboot.propose(&[instance("i-1", "stopped", &[])], &Params::new()).unwrap_err().code, "wrong_state");
}

fn function(name: &str, reserved: Option<i64>, unreserved: i64) -> Observed {
    Observed {
        id: name.into(),
        arn: format!("arn:aws:lambda:us-east-1:222222222222:function:{name}"),
        facts: facts(&[("concurrency", reserved.into())]),
        context: Context { facts: facts(&[("unreserved_now", unreserved.into())]), ..Context::default() },
    }
}

#[test]
fn concurrency_is_refused_when_the_functions_of_a_plan_together_would_use_up_the_account() {
    let set = operation("lambda.set_concurrency");
    let wanted = facts(&[("concurrency", Value::Int(60))]);
    let one = set.propose(&[function("a", None, 200)], &wanted).unwrap();
    assert!(note(&one, "concurrency.unreserved_left").unwrap().text.en.starts_with("140 "));
    let refusal = set.propose(&[function("a", None, 200), function("b", None, 200)], &wanted).unwrap_err();
    assert_eq!(refusal.code, "unreserved_exhausted");
    assert!(set.propose(&[function("a", Some(100), 90)], &wanted).is_ok(), "giving back is always possible");
    let zero = set.propose(&[function("a", Some(5), 900)], &facts(&[("concurrency", Value::Int(0))])).unwrap();
    assert_eq!(level(&zero, "function.stopped"), Some(NoteLevel::Warning));
    assert_eq!(set.propose(&[function("a", Some(60), 900)], &wanted).unwrap_err().code, "already_set");
}

fn aliased(version: &str, shares: &[(&str, &str)], around: &[(&str, Value)]) -> Observed {
    let weights =
        if shares.is_empty() { Value::Absent } else { Value::Map(shares.iter().map(|(v, s)| ((*v).to_owned(), (*s).into())).collect()) };
    Observed {
        id: "pay".into(),
        arn: "arn:aws:lambda:us-east-1:222222222222:function:pay".into(),
        facts: facts(&[("version", version.into()), ("weights", weights)]),
        context: Context { facts: facts(around), ..Context::default() },
    }
}

#[test]
fn an_alias_goes_back_only_to_a_version_that_is_known_and_a_shared_one_only_where_the_version_is_named() {
    let roll_back = operation("lambda.rollback_alias");
    let (live, named) = (facts(&[("alias", "live".into())]), facts(&[("alias", "live".into()), ("version", "2".into())]));
    let to_2: [(&str, Value); 2] = [("to_version", "2".into()), ("same_code", false.into())];
    let plain = roll_back.propose(&[aliased("3", &[], &to_2)], &live).unwrap();
    assert_eq!(plain.targets[0].after, facts(&[("version", "2".into()), ("weights", Value::Absent)]));
    assert_eq!(plain.previews[0].changes, [("live.version".to_owned(), "3".to_owned(), "2".to_owned())]);
    assert_eq!(roll_back.propose(&[aliased("1", &[], &[])], &live).unwrap_err().code, "no_earlier_version");
    assert_eq!(roll_back.propose(&[aliased("3", &[], &[])], &named).unwrap_err().code, "no_such_version");
    assert_eq!(roll_back.propose(&[aliased("2", &[], &to_2)], &named).unwrap_err().code, "already_set");
    let shared = aliased("2", &[("3", "0.1")], &to_2);
    assert_eq!(roll_back.propose(std::slice::from_ref(&shared), &live).unwrap_err().code, "weighted");
    // To the version that it has already, without the other's share.
    let ended = roll_back.propose(&[shared], &named).unwrap();
    assert_eq!(level(&ended, "alias.weights_end"), Some(NoteLevel::Info));
    assert!(ended.targets[0].restores["weights"] != Value::Absent);
    let same = roll_back.propose(&[aliased("3", &[], &[("to_version", "2".into()), ("same_code", true.into())])], &live).unwrap();
    assert_eq!(level(&same, "alias.same_code"), Some(NoteLevel::Warning));
}

#[test]
fn the_alias_and_the_version_are_names_and_numbers() {
    let roll_back = operation("lambda.rollback_alias");
    let check = |params: &[(&str, Value)]| roll_back.check_params(&facts(params)).is_ok();
    assert!(check(&[("alias", "live".into())]) && check(&[("alias", "live".into()), ("version", "12".into())]));
    for bad in ["", "7", "a b", "live:2", "../live", "$LATEST"] {
        assert!(!check(&[("alias", bad.into())]), "{bad}");
    }
    for bad in ["$LATEST", "0", "01", "-1", "1.0", "latest", "9999999999999999999"] {
        assert!(!check(&[("alias", "live".into()), ("version", bad.into())]), "{bad}");
    }
    assert!(!check(&[("version", "1".into())]) && !check(&[("alias", "live".into()), ("weight", "1".into())]));
}

fn group(numbers: [i64; 3], in_service: i64, around: &[(&str, Value)]) -> Observed {
    let mut context = facts(&[("in_service", in_service.into()), ("protected_from_scale_in", Value::Int(0))]);
    context.extend(facts(around));
    Observed {
        id: "web".into(),
        arn: "arn:aws:autoscaling:us-east-1:222222222222:autoScalingGroup:1:autoScalingGroupName/web".into(),
        facts: facts(&[("min_size", numbers[0].into()), ("desired_capacity", numbers[1].into()), ("max_size", numbers[2].into())]),
        context: Context { facts: context, ..Context::default() },
    }
}

fn capacity(numbers: &[(&str, i64)]) -> Params {
    numbers.iter().map(|(k, v)| ((*k).to_owned(), Value::Int(*v))).collect()
}

#[test]
fn capacity_outside_the_bounds_is_refused_and_bounds_may_move_with_it() {
    let set = operation("autoscaling.set_capacity");
    let now = group([1, 2, 3], 2, &[]);
    let propose = |numbers: &[(&str, i64)]| set.propose(std::slice::from_ref(&now), &capacity(numbers));
    assert_eq!(propose(&[("desired_capacity", 5)]).unwrap_err().code, "out_of_bounds");
    assert_eq!(propose(&[("min_size", 3)]).unwrap_err().code, "out_of_bounds");
    assert_eq!(propose(&[("desired_capacity", 2)]).unwrap_err().code, "already_set");
    let wider = propose(&[("desired_capacity", 5), ("max_size", 6)]).unwrap();
    assert_eq!(wider.targets[0].after, group([1, 5, 6], 0, &[]).facts);
    assert_eq!(wider.targets[0].restores, now.facts);
    assert_eq!(wider.monthly_cost_cents, None);
    assert_eq!(propose(&[("max_size", 6)]).unwrap().monthly_cost_cents, Some(0));
}

#[test]
fn shrinking_says_how_many_instances_go_and_what_keeps_them() {
    let set = operation("autoscaling.set_capacity");
    let now = group([0, 3, 3], 3, &[("protected_from_scale_in", Value::Int(3)), ("suspended_processes", vec!["Terminate"].into())]);
    let proposal = set.propose(&[now], &capacity(&[("desired_capacity", 1)])).unwrap();
    assert!(note(&proposal, "instances.would_go").unwrap().text.en.starts_with("2 of 3 "));
    assert_eq!(level(&proposal, "instances.protected"), Some(NoteLevel::Warning));
    assert_eq!(level(&proposal, "processes.suspended"), Some(NoteLevel::Warning));
}

#[test]
fn capacity_holds_when_as_many_instances_serve_as_desired() {
    let set = operation("autoscaling.set_capacity");
    let target = set.propose(&[group([1, 2, 3], 2, &[])], &capacity(&[("desired_capacity", 3)])).unwrap().targets.remove(0);
    let judge = |numbers, serving| set.verify(&target, &group(numbers, serving, &[]), Direction::Forward);
    assert_eq!(judge([1, 3, 3], 3), Verification::Holds);
    assert!(matches!(judge([1, 3, 3], 2), Verification::Pending(_)));
    assert!(matches!(judge([1, 2, 3], 2), Verification::Pending(_)), "not visible yet");
    assert!(matches!(judge([1, 1, 3], 1), Verification::Fails { .. }), "somebody else moved it");
}

fn security_group(rules: Value, around: &[(&str, Value)]) -> Observed {
    Observed {
        id: "sg-0abc123def4567890".into(),
        arn: "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0abc123def4567890".into(),
        facts: facts(&[("rules", rules), ("rule_ids", vec!["sgr-1"].into())]),
        context: Context { facts: facts(around), ..Context::default() },
    }
}

fn rule(port: i64, cidr: &str) -> Value {
    let map =
        [("protocol", "tcp".into()), ("from", port.into()), ("to", port.into()), ("cidr", cidr.into()), ("description", Value::Absent)];
    Value::Map(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<BTreeMap<_, _>>())
}

#[test]
fn revoking_warns_of_the_own_way_in_and_of_rules_that_keep_the_port_open() {
    let revoke = operation("ec2.revoke_ingress");
    let params = revoke.check_params(&capacity(&[("port", 22)])).unwrap();
    let open = [("network_interfaces", Value::Int(2)), ("still_open_by", vec!["tcp 0-65535 ← 10.0.0.0/8"].into())];
    let proposal = revoke.propose(&[security_group(vec![rule(22, "0.0.0.0/0")].into(), &open)], &params).unwrap();
    assert_eq!(level(&proposal, "access.own_way_in"), Some(NoteLevel::Warning));
    assert_eq!(level(&proposal, "rule.still_open"), Some(NoteLevel::Warning));
    assert_eq!(proposal.targets[0].restores.keys().collect::<Vec<_>>(), ["rules"], "a rule that comes back has another id");
    let web = revoke.propose(&[security_group(vec![rule(80, "0.0.0.0/0")].into(), &[])], &params).unwrap();
    assert_eq!(level(&web, "access.own_way_in"), None);
    let mine = revoke.propose(&[security_group(vec![rule(80, "203.0.113.9/32")].into(), &[])], &params).unwrap();
    assert_eq!(level(&mine, "access.own_way_in"), Some(NoteLevel::Warning));
}

#[test]
fn a_rule_that_does_not_exist_is_refused_with_those_that_do() {
    let revoke = operation("ec2.revoke_ingress");
    let others = [("other_rules", Value::from(vec!["tcp 443 ← 0.0.0.0/0"]))];
    let refusal = revoke.propose(&[security_group(Value::List(vec![]), &others)], &Params::new()).unwrap_err();
    assert_eq!(refusal.code, "no_such_rule");
    assert!(refusal.text.en.contains("tcp 443") && refusal.text.zh.contains("tcp 443"));
}

#[test]
fn revoking_fails_when_a_target_that_was_healthy_has_become_ill() {
    let revoke = operation("ec2.revoke_ingress");
    let with = |rules: Value, ids: Value, healthy: &[&str]| {
        let mut one = security_group(rules, &[]);
        one.facts.insert("rule_ids".into(), ids);
        one.context.target_groups.push(Membership {
            group_arn: "arn:tg/web".into(),
            group_name: "web".into(),
            own_ids: vec!["i-1".into()],
            healthy: healthy.iter().map(|h| (*h).to_owned()).collect(),
        });
        one
    };
    let before = with(vec![rule(80, "0.0.0.0/0")].into(), vec!["sgr-1"].into(), &["i-1"]);
    let target = revoke.propose(&[before], &Params::new()).unwrap().targets.remove(0);
    let none = || Value::List(vec![]);
    assert_eq!(revoke.verify(&target, &with(none(), none(), &["i-1"]), Direction::Forward), Verification::Holds);
    assert!(matches!(revoke.verify(&target, &with(none(), none(), &[]), Direction::Forward), Verification::Fails { .. }));
    let mut gone = with(none(), none(), &[]);
    gone.context.target_groups.clear();
    assert_eq!(revoke.verify(&target, &gone, Direction::Forward), Verification::Holds, "a target that left was not made ill by the rule");
}

#[test]
fn a_database_without_a_standby_cannot_fail_over_and_reboots_only_when_available() {
    let reboot = operation("rds.reboot_instance");
    let database = |status: &str, multi_az: bool| Observed {
        id: "orders".into(),
        arn: "arn:aws:rds:us-east-1:222222222222:db:orders".into(),
        facts: facts(&[("status", status.into()), ("multi_az", multi_az.into())]),
        context: Context::default(),
    };
    let failover = facts(&[("failover", true.into())]);
    assert_eq!(reboot.propose(&[database("available", false)], &failover).unwrap_err().code, "no_standby");
    assert_eq!(reboot.propose(&[database("modifying", true)], &failover).unwrap_err().code, "wrong_state");
    let target = reboot.propose(&[database("available", true)], &failover).unwrap().targets.remove(0);
    for (status, holds) in [("available", true), ("rebooting", false), ("failed", false), ("incompatible-parameters", false)] {
        assert_eq!(reboot.verify(&target, &database(status, true), Direction::Forward) == Verification::Holds, holds, "{status}");
    }
    assert!(matches!(reboot.verify(&target, &database("rebooting", true), Direction::Forward), Verification::Pending(_)));
    assert!(matches!(reboot.verify(&target, &database("failed", true), Direction::Forward), Verification::Fails { .. }));
}

#[test]
fn owner_and_manager_come_from_tags_and_outside_text_is_made_harmless() {
    let mut one = instance("i-1", "running", &[]);
    one.context.tags = [("Owner", "team\u{202E}a"), ("ManagedBy", "terraform"), ("note", "a\nb")].map(|(k, v)| (k.into(), v.into())).into();
    let preview = stop(&[one.clone()]).unwrap().previews.remove(0);
    assert_eq!((preview.owner.as_deref(), preview.managed_by.as_deref()), (Some("team·a"), Some("Terraform")));
    assert!(preview.tags.iter().all(|(k, v)| !k.chars().chain(v.chars()).any(char::is_control)));
    one.context.tags = (0..40).map(|n| (format!("k{n:02}"), String::new())).collect();
    one.context.tags.insert("aws:cloudformation:stack-name".into(), "shop".into());
    let preview = stop(&[one]).unwrap().previews.remove(0);
    assert_eq!((preview.tags.len(), preview.managed_by.as_deref()), (20, Some("CloudFormation stack shop")));
}
