//! `ec2.stop_instances`: StopInstances on running instances.
//!
//! Undo: start them again. Post-condition: stopped, and every target group that keeps a healthy target by the plan still has one.

use async_trait::async_trait;
use aws_sdk_ec2::operation::RequestId;
use domain::{Params, PlannedTarget, PreviewNote, Text, Undo, Value, text::inert};

use super::{
    ec2_start_instances::start,
    instance::{
        self, DESCRIBE_ADDRESSES, DESCRIBE_ASG_INSTANCES, DESCRIBE_INSTANCES, DESCRIBE_TYPES, Wanted, address_notes, fact, state,
        state_facts,
    },
};
use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, effect_error},
    note::{dry_run_not_sent, info, unknown, warning},
    observe::ReadClients,
    operation::{Difference, Direction, Effect, Observed, Operation, Proposal, Refusal, Scope, Verification},
    target::TargetShape,
    target_group::{DESCRIBE_GROUPS, DESCRIBE_HEALTH},
};

pub(crate) struct StopInstances;

const STOP: &str = "ec2:StopInstances";
/// Fact of the post-condition: target groups that must keep a healthy target.
const SERVING: &str = "target_groups_still_healthy";

/// Stops one instance; an instance that is stopped already is left alone by EC2.
pub(super) async fn stop(clients: &WriteClients, id: &str) -> Result<Effect, EffectError> {
    let answer = clients.ec2.stop_instances().instance_ids(id).send().await.map_err(|e| effect_error(STOP, e))?;
    let already = answer
        .stopping_instances()
        .iter()
        .any(|change| change.previous_state().and_then(|s| s.name()).is_some_and(|s| matches!(s.as_str(), "stopped" | "stopping")));
    Ok(Effect { request_id: answer.request_id().map(str::to_owned), already })
}

#[async_trait]
impl Operation for StopInstances {
    fn id(&self) -> &'static str {
        "ec2.stop_instances"
    }

    fn shape(&self) -> &'static TargetShape {
        &instance::SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[DESCRIBE_ASG_INSTANCES, DESCRIBE_ADDRESSES, DESCRIBE_TYPES, DESCRIBE_INSTANCES, DESCRIBE_GROUPS, DESCRIBE_HEALTH]
    }

    fn actions(&self, direction: Direction) -> &'static [&'static str] {
        match direction {
            Direction::Forward => &[STOP],
            Direction::Back => &["ec2:StartInstances"],
        }
    }

    async fn observe(&self, clients: &ReadClients, scope: &Scope, targets: &[String], _: &Params) -> Result<Vec<Observed>, OperationError> {
        let wanted = Wanted { instance_store: true, addresses: true, auto_scaling: true, target_groups: true, ..Wanted::default() };
        instance::read(clients, scope, targets, wanted).await
    }

    fn propose(&self, observed: &[Observed], _: &Params) -> Result<Proposal, Refusal> {
        let mut notes = vec![dry_run_not_sent()];
        let mut running = Vec::new();
        for one in observed {
            match state(one) {
                "running" => running.push(one),
                "stopped" | "stopping" => notes.push(info(
                    "target.left_out",
                    format!("{} is {} already and is left out.", one.id, state(one)),
                    format!("{} 已处于 {} 状态，不在计划内。", one.id, state(one)),
                )),
                other => {
                    return Err(Refusal::new(
                        "wrong_state",
                        Some(&one.id),
                        format!("{} is {}; only a running instance can be stopped.", one.id, inert(other, 32)),
                        format!("{} 处于 {} 状态；只能停止运行中的实例。", one.id, inert(other, 32)),
                    ));
                }
            }
            if fact(&one.context.facts, "root_device") == "instance-store" {
                return Err(Refusal::new(
                    "instance_store_root",
                    Some(&one.id),
                    format!("{} boots from an instance store and cannot be stopped, only ended.", one.id),
                    format!("{} 从实例存储启动，无法停止，只能终止。", one.id),
                ));
            }
        }
        if running.is_empty() {
            return Err(Refusal::new("already_stopped", None, "Nothing to do: already stopped.", "无需操作：实例已停止。"));
        }
        // A target group may lose several targets to one plan.
        let gone: Vec<&str> =
            running.iter().flat_map(|one| &one.context.target_groups).flat_map(|g| &g.own_ids).map(String::as_str).collect();
        let pairs = running
            .into_iter()
            .map(|one| {
                let serving: Vec<String> =
                    one.context.target_groups.iter().filter(|g| g.healthy_beside(&gone) > 0).map(|g| g.group_arn.clone()).collect();
                let mut after = state_facts("stopped");
                if !serving.is_empty() {
                    after.insert(SERVING.into(), serving.into());
                }
                let planned = PlannedTarget {
                    id: one.id.clone(),
                    arn: one.arn.clone(),
                    before: one.facts.clone(),
                    after,
                    restores: state_facts("running"),
                };
                (planned, one.preview(vec![("state".into(), "running".into(), "stopped".into())], about(one, &gone)))
            })
            .collect();
        Ok(Proposal::new(pairs, Undo::Restores, notes, None))
    }

    async fn execute(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        stop(clients, &target.id).await
    }

    async fn undo(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        start(clients, &target.id).await
    }

    fn verify(&self, target: &PlannedTarget, now: &Observed, direction: Direction) -> Verification {
        match direction {
            Direction::Back => instance::verify_state("running", now),
            Direction::Forward => match instance::verify_state("stopped", now) {
                Verification::Holds => still_serving(target, now),
                other => other,
            },
        }
    }
}

/// Whether the target groups that were to keep a healthy target have one.
fn still_serving(target: &PlannedTarget, now: &Observed) -> Verification {
    let Some(Value::List(planned)) = target.after.get(SERVING) else { return Verification::Holds };
    let mut serving = Vec::new();
    for arn in planned {
        let group = now.context.target_groups.iter().find(|g| Some(g.group_arn.as_str()) == arn.as_text());
        match group {
            None => {
                return Verification::Pending(Text::new(
                    "a target group of the plan cannot be seen at the moment",
                    "暂时看不到计划中的某个目标组",
                ));
            }
            Some(group) => {
                let own: Vec<&str> = group.own_ids.iter().map(String::as_str).collect();
                if group.healthy_beside(&own) > 0 {
                    serving.push(arn.clone());
                }
            }
        }
    }
    if serving == *planned {
        return Verification::Holds;
    }
    let difference = Difference { field: SERVING.into(), planned: Value::List(planned.clone()), now: Value::List(serving) };
    Verification::Fails { differences: vec![difference] }
}

/// What stopping this instance means for everything around it.
fn about(one: &Observed, gone: &[&str]) -> Vec<PreviewNote> {
    let facts = &one.context.facts;
    let mut notes = vec![info(
        "downtime.expected",
        "It serves nothing until it is started again; a start takes a minute or two.",
        "在再次启动之前它不提供任何服务；启动需要一两分钟。",
    )];
    match facts.get("instance_store") {
        Some(Value::Bool(true)) => notes.push(warning(
            "data.instance_store_lost",
            "Its instance type has an instance store: everything on those disks is lost, and undo does not bring it back.",
            "该机型带有实例存储：这些磁盘上的数据会全部丢失，回滚也无法恢复。",
        )),
        Some(Value::Text(_)) => notes.push(unknown(
            "data.instance_store_unknown",
            "It is not known whether its instance type has an instance store, whose data would be lost.",
            "无法确定该机型是否带有实例存储（其数据会丢失）。",
        )),
        _ => {}
    }
    notes.extend(address_notes(one));
    if let Some(group) = facts.get("auto_scaling_group").and_then(Value::as_text) {
        let name = inert(group, 64);
        let word = inert(fact(facts, "auto_scaling_state"), 32);
        notes.push(if word.starts_with("Standby") {
            info(
                "auto_scaling.standby",
                format!("On standby in Auto Scaling group {name}: it is not replaced."),
                format!("在伸缩组 {name} 中处于备用状态，不会被替换。"),
            )
        } else {
            warning(
                "auto_scaling.would_replace",
                format!(
                    "Member of Auto Scaling group {name} ({word}): the group takes a stopped instance for unhealthy, ends it and starts \
                     another one. Undo cannot bring an ended instance back."
                ),
                format!("属于伸缩组 {name}（{word}）：伸缩组会把停止的实例视为不健康，将其终止并启动新实例。被终止的实例无法回滚。"),
            )
        });
    }
    for group in &one.context.target_groups {
        let name = inert(&group.group_name, 64);
        let left = group.healthy_beside(gone);
        notes.push(match (group.is_healthy(), left) {
            (true, 0) => warning(
                "target_group.none_left",
                format!("Target group {name} is left without any healthy target: its load balancer answers with errors."),
                format!("目标组 {name} 将没有任何健康目标：负载均衡器会返回错误。"),
            ),
            (_, left) => info(
                "target_group.healthy_left",
                format!("Target group {name} keeps {left} healthy target(s)."),
                format!("目标组 {name} 还剩 {left} 个健康目标。"),
            ),
        });
    }
    if fact(facts, "lifecycle") == "spot" {
        notes.push(warning(
            "lifecycle.spot",
            "A Spot instance: only one of a persistent request can be stopped, and a start may find no capacity.",
            "这是竞价实例：只有持久请求的实例可以停止，再次启动时可能没有容量。",
        ));
    }
    notes.push(unknown(
        "cost.unknown",
        "A stopped instance is not charged, its volumes and Elastic IPs are; no price is known here.",
        "停止的实例不计费，但其磁盘和弹性 IP 仍计费；这里没有价格数据。",
    ));
    notes.push(info(
        "undo.not_restored",
        "Undo starts it again: memory contents, launch time and running work do not come back.",
        "回滚会再次启动它：内存内容、启动时间和正在进行的工作无法恢复。",
    ));
    notes
}
