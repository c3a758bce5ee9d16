//! Laws that hold for every operation in the list, on recorded answers at the HTTP edge.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod world;

use std::collections::BTreeSet;

use domain::{Facts, PlannedTarget, PreviewNote, Undo, preview::NoteLevel};
use operations::{
    Direction, EffectError, Observed, Operation, OperationError, Proposal, SESSION_POLICY_MAX_CHARS, Verification, all,
    effects::{self, WriteClients},
    find,
    observe::{ReadClients, observe},
    permission::write_actions,
    read_permissions, session_policy, write_permissions, write_statements,
};
use testkit::Answer;
use world::{ACCOUNT, INSTANCE, World, answers::fault, is_write, request, scope, world_for};

async fn look(operation: &dyn Operation, world: &World) -> Result<Vec<Observed>, OperationError> {
    let (targets, params) = request(operation);
    let checked = operation.check(&scope(), &targets, &params)?;
    observe(operation, &ReadClients::new(&world.config()), &scope(), &checked.targets, &checked.params).await
}

async fn planned(operation: &dyn Operation, world: &World) -> Proposal {
    let (targets, params) = request(operation);
    let checked = operation.check(&scope(), &targets, &params).unwrap();
    operation.propose(&look(operation, world).await.unwrap(), &checked.params).unwrap()
}

async fn act(
    operation: &dyn Operation,
    world: &World,
    direction: Direction,
    target: &PlannedTarget,
) -> Result<operations::Effect, EffectError> {
    let (targets, params) = request(operation);
    let checked = operation.check(&scope(), &targets, &params).unwrap();
    let clients = WriteClients::new(&world.config());
    match direction {
        Direction::Forward => effects::execute(operation, &clients, &scope(), target, &checked.params, "plan_1.0").await,
        Direction::Back => effects::undo(operation, &clients, &scope(), target, &checked.params, "plan_1.0").await,
    }
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
}

#[test]
fn the_list_names_every_operation_once_and_in_the_catalogue_form() {
    let ids: BTreeSet<&str> = all().iter().map(|o| o.id()).collect();
    assert_eq!(ids.len(), all().len());
    for operation in all() {
        assert!(domain::OperationId::parse(operation.id()).is_ok());
        assert!(find(operation.id()).is_some());
    }
}

#[test]
fn reading_and_writing_permissions_never_meet_and_no_write_is_granted_on_everything() {
    assert!(read_permissions().is_disjoint(&write_permissions()));
    assert!(read_permissions().iter().all(|a| !is_write(a)), "{:?}", read_permissions());
    assert!(write_permissions().iter().all(|a| is_write(a)), "{:?}", write_permissions());
    let mut sids = BTreeSet::new();
    for statement in write_statements() {
        assert!(sids.insert(statement.sid.clone()), "{} twice", statement.sid);
        assert!(statement.sid.bytes().all(|b| b.is_ascii_alphanumeric()));
        for resource in &statement.resource {
            let parts: Vec<&str> = resource.trim_start_matches("arn:${AWS::Partition}:").splitn(2, ':').collect();
            assert!(parts[0].len() >= 2 && !parts[0].contains('*') && parts[1] != "*", "{resource}");
        }
    }
}

#[tokio::test]
async fn looking_and_proposing_change_nothing() {
    for operation in all() {
        let world = world_for(*operation);
        planned(*operation, &world).await;
        assert_eq!(world.writes(), Vec::<String>::new(), "{}", operation.id());
        assert!(world.replay.sent().iter().all(|s| !s.body.contains("DryRun") && !s.uri.contains("DryRun")), "{}", operation.id());
    }
}

#[tokio::test]
async fn the_witness_catches_a_deliberate_stop() {
    let stop = find("ec2.stop_instances").unwrap();
    let world = world_for(stop);
    let proposal = planned(stop, &world).await;
    act(stop, &world, Direction::Forward, &proposal.targets[0]).await.unwrap();
    assert_eq!(world.writes(), ["ec2:StopInstances"]);
}

#[tokio::test]
async fn declared_read_actions_are_exactly_those_called() {
    for operation in all() {
        let world = world_for(*operation);
        look(*operation, &world).await.unwrap();
        let called: BTreeSet<String> = world.actions().into_iter().collect();
        assert_eq!(called, set(operation.read_actions().iter().copied()), "{}", operation.id());
    }
}

#[tokio::test]
async fn declared_write_actions_are_exactly_those_called_in_each_direction() {
    for operation in all() {
        let mut called = [BTreeSet::new(), BTreeSet::new()];
        // With and without a former setting: both ways back are taken.
        for bare in [false, true] {
            let world = world_for(*operation);
            if bare {
                let mut state = world.state.lock().unwrap();
                state.concurrency = None;
                state.block = None;
            }
            let proposal = planned(*operation, &world).await;
            for (direction, called) in [Direction::Forward, Direction::Back].into_iter().zip(called.iter_mut()) {
                let before = world.writes().len();
                let _ = act(*operation, &world, direction, &proposal.targets[0]).await;
                called.extend(world.writes().into_iter().skip(before));
            }
        }
        assert_eq!(called[0], set(operation.actions(Direction::Forward).iter().copied()), "{}", operation.id());
        assert_eq!(called[1], set(operation.actions(Direction::Back).iter().copied()), "{}", operation.id());
        assert_eq!(write_actions(*operation).len(), called[0].union(&called[1]).count());
    }
}

#[tokio::test]
async fn executing_twice_has_one_effect_or_the_operation_says_that_it_cannot_be_observed() {
    for operation in all() {
        let world = world_for(*operation);
        let proposal = planned(*operation, &world).await;
        let target = &proposal.targets[0];
        act(*operation, &world, Direction::Forward, target).await.unwrap();
        let once = look(*operation, &world).await.unwrap();
        let again = act(*operation, &world, Direction::Forward, target).await.unwrap();
        let twice = look(*operation, &world).await.unwrap();
        if operation.effect_is_observable() {
            assert_eq!(once[0].facts, twice[0].facts, "{}", operation.id());
            assert_eq!(operation.verify(target, &twice[0], Direction::Forward), Verification::Holds, "{}", operation.id());
            assert!(!target.after.is_empty(), "{}", operation.id());
        } else {
            assert!(target.after.is_empty() && !again.already, "{}", operation.id());
        }
    }
}

#[tokio::test]
async fn a_second_attempt_that_finds_the_work_done_says_so() {
    for id in ["ec2.stop_instances", "ec2.start_instances", "ec2.revoke_ingress"] {
        let operation = find(id).unwrap();
        let world = world_for(operation);
        let proposal = planned(operation, &world).await;
        for direction in [Direction::Forward, Direction::Back] {
            assert!(!act(operation, &world, direction, &proposal.targets[0]).await.unwrap().already, "{id} {direction:?}");
            assert!(act(operation, &world, direction, &proposal.targets[0]).await.unwrap().already, "{id} {direction:?}");
        }
    }
}

#[tokio::test]
async fn undo_restores_the_fields_that_the_plan_declares() {
    for operation in all() {
        let world = world_for(*operation);
        let proposal = planned(*operation, &world).await;
        let target = &proposal.targets[0];
        let undoable = !operation.actions(Direction::Back).is_empty();
        assert_eq!(proposal.undo == Undo::Restores, undoable, "{}", operation.id());
        assert_eq!(target.restores.is_empty(), !undoable, "{}", operation.id());
        assert!(target.restores.iter().all(|(field, value)| target.before.get(field) == Some(value)), "{}", operation.id());
        act(*operation, &world, Direction::Forward, target).await.unwrap();
        let done = look(*operation, &world).await.unwrap();
        assert_eq!(operation.verify(target, &done[0], Direction::Forward), Verification::Holds, "{}", operation.id());
        assert_eq!(operation.drift_before_undo(target, &done[0]), [], "{}", operation.id());
        let back = act(*operation, &world, Direction::Back, target).await;
        if undoable {
            back.unwrap();
            let now = look(*operation, &world).await.unwrap();
            assert_eq!(operation.verify(target, &now[0], Direction::Back), Verification::Holds, "{}", operation.id());
            let restored: Facts = now[0].facts.clone().into_iter().filter(|(k, _)| target.restores.contains_key(k)).collect();
            assert_eq!(restored, target.restores, "{}", operation.id());
        } else {
            assert_eq!(back.unwrap_err().code(), Some("NoUndo"), "{}", operation.id());
        }
    }
}

#[tokio::test]
async fn the_plan_drifts_when_the_resource_moves_and_not_otherwise() {
    for operation in all() {
        let world = world_for(*operation);
        let proposal = planned(*operation, &world).await;
        let target = &proposal.targets[0];
        let same = look(*operation, &world).await.unwrap();
        assert_eq!(operation.drift(target, &same[0]), [], "{}", operation.id());
        {
            let mut state = world.state.lock().unwrap();
            state.instance = "stopping".into();
            state.rules[0].3 = "somebody else's".into();
            state.block = Some([false; 4]);
            state.database = "modifying".into();
            state.concurrency = Some(51);
            state.alias.0 = "10".into();
            state.numbers = [1, 3, 3];
        }
        let moved = look(*operation, &world).await.unwrap();
        let differences = operation.drift(target, &moved[0]);
        assert!(!differences.is_empty(), "{}", operation.id());
        assert!(differences.iter().all(|d| d.planned != d.now), "{}", operation.id());
    }
}

#[tokio::test]
async fn a_denied_read_is_an_error_or_a_note_and_never_an_empty_answer() {
    for operation in all() {
        for action in operation.read_actions().iter().filter(|a| **a != "lambda:ListTags") {
            let world = world_for(*operation);
            world.state.lock().unwrap().denied = Some((*action).to_owned());
            match look(*operation, &world).await {
                Err(OperationError::Denied { action: named, .. }) => assert_eq!(named, *action),
                Err(other) => panic!("{} without {action}: {other}", operation.id()),
                Ok(seen) => {
                    let says = |note: &PreviewNote| note.level == NoteLevel::Unknown && note.text.en.contains(action);
                    assert!(seen[0].context.notes.iter().any(says), "{} says nothing about {action}", operation.id());
                    let (_, params) = request(*operation);
                    let params = operation.check_params(&params).unwrap();
                    let shown = operation.propose(&seen, &params).unwrap();
                    assert!(shown.previews[0].notes.iter().any(says), "{} hides {action}", operation.id());
                }
            }
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    for operation in all() {
        let world = world_for(*operation);
        world.state.lock().unwrap().exists = false;
        let (targets, _) = request(*operation);
        match look(*operation, &world).await {
            Err(OperationError::TargetNotFound { target }) => assert_eq!(target, targets[0]),
            other => panic!("{}: {other:?}", operation.id()),
        }
    }
}

#[tokio::test]
async fn every_page_is_read() {
    for operation in all() {
        let world = world_for(*operation);
        let at_once = look(*operation, &world).await.unwrap();
        world.state.lock().unwrap().paged = true;
        assert_eq!(look(*operation, &world).await.unwrap(), at_once, "{}", operation.id());
    }
}

#[tokio::test]
async fn a_write_is_sent_once_whatever_comes_back_and_doubt_is_called_doubt() {
    for operation in all() {
        let service = operation.shape().service;
        for (answer, kind) in [
            (fault(service, 500, "InternalError"), "ambiguous"),
            (fault(service, 503, "ServiceUnavailable"), "ambiguous"),
            (Answer::timed_out(), "ambiguous"),
            (Answer::new(502, "<html>"), "ambiguous"),
            (fault(service, 400, "Throttling"), "throttled"),
            (fault(service, 503, "RequestLimitExceeded"), "throttled"),
            (fault(service, 403, "AccessDenied"), "refused"),
            (fault(service, 400, "ValidationError"), "refused"),
            (fault(service, 500, "InsufficientInstanceCapacity"), "refused"),
        ] {
            let world = world_for(*operation);
            let proposal = planned(*operation, &world).await;
            world.state.lock().unwrap().write_fault = Some(answer.clone());
            let error = act(*operation, &world, Direction::Forward, &proposal.targets[0]).await.unwrap_err();
            let got = match &error {
                EffectError::Ambiguous { .. } => "ambiguous",
                EffectError::Throttled { .. } => "throttled",
                EffectError::Refused { .. } => "refused",
            };
            assert_eq!(got, kind, "{} {answer:?}: {error}", operation.id());
            assert_eq!(error.may_have_happened(), kind == "ambiguous");
            assert_eq!(world.writes().len(), 1, "{} {answer:?}", operation.id());
        }
    }
}

#[tokio::test]
async fn a_target_outside_the_scope_is_refused_before_anything_is_sent() {
    for operation in all() {
        let world = world_for(*operation);
        let proposal = planned(*operation, &world).await;
        let before = world.replay.sent().len();
        let mut foreign = proposal.targets[0].clone();
        foreign.arn = foreign.arn.replace(ACCOUNT, "333333333333").replace("arn:aws:s3", "arn:aws-cn:s3");
        let mut renamed = proposal.targets[0].clone();
        renamed.id = "another".into();
        for bad in [foreign, renamed] {
            let error = act(*operation, &world, Direction::Forward, &bad).await.unwrap_err();
            assert_eq!(error.code(), Some("OutOfScope"), "{}", operation.id());
        }
        assert_eq!(world.replay.sent().len(), before, "{}", operation.id());
    }
}

/// A planned target with a long name of its own.
fn numbered(operation: &dyn Operation, n: usize) -> PlannedTarget {
    let (id, arn) = match operation.id() {
        "ec2.revoke_ingress" => {
            (format!("sg-0abc123def4567{n:03x}"), scope().arn("ec2", &format!("security-group/sg-0abc123def4567{n:03x}")))
        }
        id if id.starts_with("ec2.") => {
            (format!("i-0abc123def45678{n:02x}"), scope().arn("ec2", &format!("instance/i-0abc123def45678{n:02x}")))
        }
        "s3.block_public_access" => {
            let name = format!("{}-{n:02}", "b".repeat(60));
            (name.clone(), format!("arn:aws:s3:::{name}"))
        }
        "rds.reboot_instance" => {
            let name = format!("{}{n:02}", "d".repeat(61));
            (name.clone(), scope().arn("rds", &format!("db:{name}")))
        }
        "lambda.set_concurrency" | "lambda.rollback_alias" => {
            let name = format!("{}{n:02}", "f".repeat(62));
            (name.clone(), scope().arn("lambda", &format!("function:{name}")))
        }
        "autoscaling.set_capacity" => {
            let name = format!("{}{n:02}", "g".repeat(253));
            let unique = "0fbe5823-5fb2-429c-8d85-8ec977469b9e";
            (name.clone(), scope().arn("autoscaling", &format!("autoScalingGroup:{unique}:autoScalingGroupName/{name}")))
        }
        other => panic!("`{other}` has no targets here: add some"),
    };
    PlannedTarget { id, arn, before: Facts::new(), after: Facts::new(), restores: Facts::new() }
}

#[test]
fn session_policies_fit_at_1_15_and_50_resources_and_name_only_them() {
    for operation in all() {
        for direction in [Direction::Forward, Direction::Back] {
            for count in [1, 15, 50] {
                let targets: Vec<PlannedTarget> = (0..count).map(|n| numbered(*operation, n)).collect();
                let batches = match session_policy(*operation, direction, &scope(), &targets) {
                    Ok(batches) => batches,
                    Err(_) => {
                        assert!(operation.actions(direction).is_empty(), "{}", operation.id());
                        continue;
                    }
                };
                let covered: Vec<usize> = batches.iter().flat_map(|b| b.targets.clone()).collect();
                assert_eq!(covered, (0..count).collect::<Vec<_>>(), "{}", operation.id());
                for batch in &batches {
                    assert!(batch.policy_json.chars().count() <= SESSION_POLICY_MAX_CHARS, "{}", operation.id());
                    let policy: serde_json::Value = serde_json::from_str(&batch.policy_json).unwrap();
                    let statement = &policy["Statement"][0];
                    assert_eq!(statement["Action"], serde_json::json!(operation.actions(direction)));
                    let resources = statement["Resource"].as_array().unwrap();
                    assert_eq!(resources.len(), batch.targets.len());
                    for (resource, position) in resources.iter().zip(&batch.targets) {
                        let resource = resource.as_str().unwrap();
                        assert!(resource.starts_with("arn:aws:") && resource.ends_with(&targets[*position].id), "{resource}");
                    }
                }
                assert!(count > 1 || batches.len() == 1);
            }
        }
    }
}

#[test]
fn what_cannot_be_scoped_is_refused_and_never_widened() {
    for operation in all() {
        for bad in ["*", "arn:aws:ec2:us-east-1:222222222222:instance/*", "arn:aws:s3:::*", "arn:aws:s3:::${aws:username}", ""] {
            let mut target = numbered(*operation, 1);
            target.arn = bad.to_owned();
            let answer = session_policy(*operation, Direction::Forward, &scope(), &[target]);
            assert!(matches!(answer, Err(OperationError::NotScopable { .. })), "{} {bad}", operation.id());
        }
    }
}

#[tokio::test]
async fn what_people_read_is_in_both_languages_and_harmless() {
    for operation in all() {
        let proposal = planned(*operation, &world_for(*operation)).await;
        assert_eq!(proposal.targets.len(), proposal.previews.len());
        let notes = proposal.notes.iter().chain(proposal.previews.iter().flat_map(|p| &p.notes));
        for note in notes {
            assert!(is_chinese(&note.text.zh) && !is_chinese(&note.text.en) && !note.text.en.is_empty(), "{note:?}");
            assert!(note.code.split('.').count() == 2, "{}", note.code);
        }
        let shown = serde_json::to_string(&proposal.previews).unwrap();
        assert!(!shown.contains('\u{202E}'), "{}", operation.id());
        for preview in &proposal.previews {
            assert!(
                preview.notes.iter().any(|n| n.code == "downtime.expected" || n.code == "interfaces.in_use" || n.code == "cost.unknown")
            );
        }
    }
}

#[tokio::test]
async fn a_request_for_another_account_service_or_with_unknown_parameters_is_refused_without_a_call() {
    for operation in all() {
        let (_, params) = request(*operation);
        for bad in ["", "arn:aws:iam::222222222222:user/alice", "rm -rf /", "${jndi:ldap://x}", "i-0abc123def4567890 i-0abc123def4567891"] {
            let answer = operation.check(&scope(), &[bad.to_owned()], &params);
            if operation.id() != "autoscaling.set_capacity" || bad.contains("arn:") || bad.contains('$') || bad.is_empty() {
                assert!(answer.is_err(), "{} {bad}", operation.id());
            }
        }
        let mut extra = params.clone();
        extra.insert("shell".into(), "rm".into());
        let (targets, _) = request(*operation);
        let error = operation.check(&scope(), &targets, &extra).unwrap_err();
        assert_eq!(error.wire_name(), "Operations.Malformed");
        assert!(is_chinese(&error.wire().text.zh));
    }
}

#[tokio::test]
async fn a_repeated_target_is_planned_once() {
    let stop = find("ec2.stop_instances").unwrap();
    let arn = scope().arn("ec2", &format!("instance/{INSTANCE}"));
    let checked = stop.check(&scope(), &[INSTANCE.to_owned(), arn, INSTANCE.to_owned()], &Default::default()).unwrap();
    assert_eq!(checked.targets, [INSTANCE]);
}
