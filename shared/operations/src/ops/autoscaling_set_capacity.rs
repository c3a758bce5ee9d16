//! `autoscaling.set_capacity`: UpdateAutoScalingGroup with the three numbers.
//!
//! Undo: the former three numbers. Post-condition: the numbers are set and as many instances are in service as desired.

use async_trait::async_trait;
use aws_sdk_autoscaling::{operation::RequestId, types::AutoScalingGroup};
use domain::{Facts, Params, PlannedTarget, PreviewNote, Text, Undo, Value, text::inert};

use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, effect_error, read_error},
    note::{info, unknown, warning},
    observe::ReadClients,
    operation::{Context, Direction, Effect, Observed, Operation, Proposal, Refusal, Scope, Verification, settled},
    param,
    target::{TargetShape, within},
};

pub(crate) struct SetCapacity;

const DESCRIBE: &str = "autoscaling:DescribeAutoScalingGroups";
const UPDATE: &str = "autoscaling:UpdateAutoScalingGroup";

const MIN: &str = "min_size";
const DESIRED: &str = "desired_capacity";
const MAX: &str = "max_size";
/// Largest size the catalogue allows to ask for.
const SIZE_LIMIT: i64 = 1000;

static SHAPE: TargetShape = TargetShape {
    service: "autoscaling",
    prefix: "autoScalingGroup:*:autoScalingGroupName/",
    regional: true,
    expected: ("Auto Scaling group name", "伸缩组名称"),
    id: |text| {
        // A name may hold almost anything; what has a meaning in a policy is refused, so that a session is never widened.
        let ok = (1..=255).contains(&text.len())
            && text.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"*?$\"\\:".contains(&b))
            && text.trim() == text;
        ok.then(|| text.to_owned())
    },
};

#[async_trait]
impl Operation for SetCapacity {
    fn id(&self) -> &'static str {
        "autoscaling.set_capacity"
    }

    fn shape(&self) -> &'static TargetShape {
        &SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[DESCRIBE]
    }

    fn actions(&self, _: Direction) -> &'static [&'static str] {
        &[UPDATE]
    }

    fn check_params(&self, params: &Params) -> Result<Params, OperationError> {
        let names = [MIN, DESIRED, MAX];
        param::only(params, &names)?;
        let mut checked = Params::new();
        for name in names {
            if let Some(number) = param::int(params, name, 0, SIZE_LIMIT)? {
                checked.insert(name.to_owned(), Value::Int(number));
            }
        }
        if checked.is_empty() {
            return Err(param::missing(DESIRED));
        }
        let given: Vec<(&str, i64)> = names.iter().filter_map(|n| Some((*n, checked.get(*n)?.as_int()?))).collect();
        match given.windows(2).find_map(|pair| if let [a, b] = pair { (a.1 > b.1).then_some((a.0, b.0)) } else { None }) {
            Some((lower, upper)) => Err(param::fault(lower, format!("must not be larger than {upper}"), format!("不能大于 {upper}"))),
            None => Ok(checked),
        }
    }

    async fn observe(&self, clients: &ReadClients, _: &Scope, targets: &[String], _: &Params) -> Result<Vec<Observed>, OperationError> {
        let mut found = Vec::new();
        let mut pages =
            clients.autoscaling.describe_auto_scaling_groups().set_auto_scaling_group_names(Some(targets.to_vec())).into_paginator().send();
        while let Some(page) = pages.next().await {
            found.extend_from_slice(page.map_err(|e| read_error(DESCRIBE, e))?.auto_scaling_groups());
        }
        targets
            .iter()
            .map(|name| {
                let group = found.iter().find(|g| g.auto_scaling_group_name() == Some(name));
                observed(name, group.ok_or_else(|| OperationError::TargetNotFound { target: inert(name, 80) })?)
            })
            .collect()
    }

    fn propose(&self, observed: &[Observed], params: &Params) -> Result<Proposal, Refusal> {
        let mut notes = Vec::new();
        let mut pairs = Vec::new();
        let mut same_size = true;
        for one in observed {
            let mut after = one.facts.clone();
            after.extend(params.iter().map(|(name, value)| (name.clone(), value.clone())));
            let (min, desired, max) = numbers(&after);
            let name = inert(&one.id, 64);
            if let Some(status) = one.context.facts.get("status").and_then(Value::as_text) {
                return Err(Refusal::new(
                    "wrong_state",
                    Some(&one.id),
                    format!("{name} cannot be changed: {}.", inert(status, 64)),
                    format!("{name} 无法修改：{}。", inert(status, 64)),
                ));
            }
            if !(min <= desired && desired <= max) {
                return Err(Refusal::new(
                    "out_of_bounds",
                    Some(&one.id),
                    format!(
                        "{name} would have a desired capacity of {desired} outside its bounds {min} to {max}. Give the bounds as well."
                    ),
                    format!("{name} 的期望容量 {desired} 会超出上下限 {min} 到 {max}。请同时给出上下限。"),
                ));
            }
            if after == one.facts {
                notes.push(info(
                    "target.left_out",
                    format!("{name} has these numbers already and is left out."),
                    format!("{name} 已是这些数值，不在计划内。"),
                ));
                continue;
            }
            same_size &= after.get(DESIRED) == one.facts.get(DESIRED);
            let changes = [MIN, DESIRED, MAX]
                .into_iter()
                .filter(|field| after.get(*field) != one.facts.get(*field))
                .map(|field| (field.to_owned(), shown(&one.facts, field), shown(&after, field)))
                .collect();
            let planned =
                PlannedTarget { id: one.id.clone(), arn: one.arn.clone(), before: one.facts.clone(), after, restores: one.facts.clone() };
            pairs.push((planned, one.preview(changes, about(one, desired))));
        }
        if pairs.is_empty() {
            return Err(Refusal::new("already_set", None, "Nothing to do: the numbers are set already.", "无需操作：数值已是如此。"));
        }
        Ok(Proposal::new(pairs, Undo::Restores, notes, same_size.then_some(0)))
    }

    async fn execute(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        update(clients, &target.id, &target.after).await
    }

    async fn undo(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        update(clients, &target.id, &target.restores).await
    }

    fn verify(&self, target: &PlannedTarget, now: &Observed, direction: Direction) -> Verification {
        let (expected, former) = match direction {
            Direction::Forward => (&target.after, &target.before),
            Direction::Back => (&target.restores, &target.after),
        };
        match settled(expected, former, &now.facts) {
            Verification::Holds => {
                let (_, desired, _) = numbers(expected);
                let in_service = now.context.facts.get("in_service").and_then(Value::as_int).unwrap_or_default();
                if in_service == desired {
                    return Verification::Holds;
                }
                Verification::Pending(Text::new(
                    format!("{in_service} of {desired} instances in service"),
                    format!("{desired} 个实例中有 {in_service} 个在服务"),
                ))
            }
            other => other,
        }
    }

    /// The group's ARN holds a unique id that policies are written without; a name is unique in account and region.
    fn policy_resources(&self, scope: &Scope, target: &PlannedTarget) -> Result<Vec<String>, OperationError> {
        within(scope, &SHAPE, &target.arn)?;
        let fail = || OperationError::NotScopable { arn: inert(&target.arn, 200) };
        let name = (SHAPE.id)(&target.id).ok_or_else(fail)?;
        Ok(vec![scope.arn("autoscaling", &format!("{}{name}", SHAPE.prefix))])
    }
}

async fn update(clients: &WriteClients, name: &str, wanted: &Facts) -> Result<Effect, EffectError> {
    let number = |field: &str| {
        let value = wanted.get(field).and_then(Value::as_int).and_then(|n| i32::try_from(n).ok());
        value.ok_or_else(|| EffectError::refused(UPDATE, "Malformed", format!("the plan holds no {field}")))
    };
    let call = clients
        .autoscaling
        .update_auto_scaling_group()
        .auto_scaling_group_name(name)
        .min_size(number(MIN)?)
        .max_size(number(MAX)?)
        .desired_capacity(number(DESIRED)?);
    let answer = call.send().await.map_err(|e| effect_error(UPDATE, e))?;
    Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
}

fn numbers(facts: &Facts) -> (i64, i64, i64) {
    let number = |field: &str| facts.get(field).and_then(Value::as_int).unwrap_or_default();
    (number(MIN), number(DESIRED), number(MAX))
}

fn shown(facts: &Facts, field: &str) -> String {
    facts.get(field).unwrap_or(&Value::Absent).to_string()
}

fn observed(name: &str, group: &AutoScalingGroup) -> Result<Observed, OperationError> {
    let missing = |what| OperationError::Incomplete { action: DESCRIBE, what };
    let mut facts = Facts::new();
    facts.insert(MIN.into(), group.min_size().ok_or_else(|| missing("MinSize"))?.into());
    facts.insert(DESIRED.into(), group.desired_capacity().ok_or_else(|| missing("DesiredCapacity"))?.into());
    facts.insert(MAX.into(), group.max_size().ok_or_else(|| missing("MaxSize"))?.into());
    let mut around = Facts::new();
    let in_service: Vec<_> = group.instances().iter().filter(|i| i.lifecycle_state().is_some_and(|s| s.as_str() == "InService")).collect();
    around.insert("in_service".into(), count(in_service.len()).into());
    around.insert("instances".into(), count(group.instances().len()).into());
    let protected = in_service.iter().filter(|i| i.protected_from_scale_in().unwrap_or_default()).count();
    around.insert("protected_from_scale_in".into(), count(protected).into());
    let ids: Vec<String> = in_service.iter().filter_map(|i| i.instance_id()).take(20).map(str::to_owned).collect();
    around.insert("in_service_ids".into(), ids.into());
    around.insert("termination_policies".into(), group.termination_policies().to_vec().into());
    let suspended: Vec<String> = group.suspended_processes().iter().filter_map(|p| p.process_name()).map(str::to_owned).collect();
    if !suspended.is_empty() {
        around.insert("suspended_processes".into(), suspended.into());
    }
    if let Some(status) = group.status().filter(|s| !s.is_empty()) {
        around.insert("status".into(), status.into());
    }
    let tags = group.tags().iter().filter_map(|t| Some((t.key()?.to_owned(), t.value().unwrap_or_default().to_owned()))).collect();
    let context = Context { name: Some(name.to_owned()), tags, facts: around, ..Context::default() };
    let arn = group.auto_scaling_group_arn().ok_or_else(|| missing("an ARN"))?.to_owned();
    Ok(Observed { id: name.to_owned(), arn, facts, context })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn about(one: &Observed, desired: i64) -> Vec<PreviewNote> {
    let facts = &one.context.facts;
    let number = |name: &str| facts.get(name).and_then(Value::as_int).unwrap_or_default();
    let (running, protected) = (number("in_service"), number("protected_from_scale_in"));
    let mut notes = Vec::new();
    let suspended = facts.get("suspended_processes").map(ToString::to_string).unwrap_or_default();
    if desired < running {
        let going = running - desired;
        notes.push(warning(
            "instances.would_go",
            format!(
                "{going} of {running} instances end; the group chooses which by its termination policy. Undo starts new ones, what was on \
                 the ended ones is lost."
            ),
            format!("{running} 个实例中有 {going} 个会被终止，由伸缩组的终止策略决定。回滚会启动新实例，被终止实例上的数据会丢失。"),
        ));
        if running - protected < going {
            notes.push(warning(
                "instances.protected",
                format!("{protected} of them are protected from scale-in: the group cannot get down to {desired}."),
                format!("其中 {protected} 个受缩容保护：伸缩组无法缩到 {desired}。"),
            ));
        }
    } else if desired > running {
        notes.push(info(
            "instances.would_start",
            format!("{} instance(s) start.", desired - running),
            format!("将启动 {} 个实例。", desired - running),
        ));
        notes.push(unknown(
            "quota.unread",
            "The account's instance quota and the capacity of the zones were not read: a start may fail for lack of them.",
            "未读取账户的实例配额和可用区容量：额度或容量不足时启动会失败。",
        ));
    }
    if suspended.contains("Launch") || suspended.contains("Terminate") {
        let list = inert(&suspended, 120);
        notes.push(warning(
            "processes.suspended",
            format!("Processes are suspended ({list}): the numbers change, but the instances do not follow."),
            format!("部分进程已暂停（{list}）：数值会改变，但实例不会随之变化。"),
        ));
    }
    if number(DESIRED) != desired || desired != running {
        notes.push(unknown(
            "cost.unknown",
            "The cost follows the number of instances; no price is known here.",
            "费用随实例数变化；这里没有价格数据。",
        ));
    }
    notes.push(info(
        "scaling.may_override",
        "Scaling policies and scheduled actions of the group may move the desired capacity again.",
        "该组的伸缩策略和计划操作之后可能再次改变期望容量。",
    ));
    notes
}
