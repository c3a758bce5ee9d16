//! `ec2.start_instances`: StartInstances on stopped instances.
//!
//! Undo: stop them again. Post-condition: running, both status checks ok.

use async_trait::async_trait;
use aws_sdk_ec2::operation::RequestId;
use domain::{Params, PlannedTarget, Undo, text::inert};

use super::{
    ec2_stop_instances::stop,
    instance::{self, DESCRIBE_ADDRESSES, DESCRIBE_INSTANCES, DESCRIBE_STATUS, Wanted, fact, state, state_facts},
};
use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, effect_error},
    note::{dry_run_not_sent, info, unknown},
    observe::ReadClients,
    operation::{Direction, Effect, Observed, Operation, Proposal, Refusal, Scope, Verification},
    target::TargetShape,
};

pub(crate) struct StartInstances;

const START: &str = "ec2:StartInstances";

/// Starts one instance; an instance that runs already is left alone by EC2.
pub(super) async fn start(clients: &WriteClients, id: &str) -> Result<Effect, EffectError> {
    let answer = clients.ec2.start_instances().instance_ids(id).send().await.map_err(|e| effect_error(START, e))?;
    let already = answer
        .starting_instances()
        .iter()
        .any(|change| change.previous_state().and_then(|s| s.name()).is_some_and(|s| matches!(s.as_str(), "running" | "pending")));
    Ok(Effect { request_id: answer.request_id().map(str::to_owned), already })
}

#[async_trait]
impl Operation for StartInstances {
    fn id(&self) -> &'static str {
        "ec2.start_instances"
    }

    fn shape(&self) -> &'static TargetShape {
        &instance::SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[DESCRIBE_ADDRESSES, DESCRIBE_STATUS, DESCRIBE_INSTANCES]
    }

    fn actions(&self, direction: Direction) -> &'static [&'static str] {
        match direction {
            Direction::Forward => &[START],
            Direction::Back => &["ec2:StopInstances"],
        }
    }

    async fn observe(&self, clients: &ReadClients, scope: &Scope, targets: &[String], _: &Params) -> Result<Vec<Observed>, OperationError> {
        instance::read(clients, scope, targets, Wanted { status_checks: true, addresses: true, ..Wanted::default() }).await
    }

    fn propose(&self, observed: &[Observed], _: &Params) -> Result<Proposal, Refusal> {
        let mut pairs = Vec::new();
        let mut notes = vec![dry_run_not_sent()];
        for one in observed {
            match state(one) {
                "stopped" => {}
                "running" | "pending" => {
                    notes.push(info(
                        "target.left_out",
                        format!("{} is {} already and is left out.", one.id, state(one)),
                        format!("{} 已处于 {} 状态，不在计划内。", one.id, state(one)),
                    ));
                    continue;
                }
                other => {
                    return Err(Refusal::new(
                        "wrong_state",
                        Some(&one.id),
                        format!("{} is {}; only a stopped instance can be started.", one.id, inert(other, 32)),
                        format!("{} 处于 {} 状态；只能启动已停止的实例。", one.id, inert(other, 32)),
                    ));
                }
            }
            let kind = inert(fact(&one.facts, "instance_type"), 40);
            let mut about = vec![unknown(
                "cost.unknown",
                format!("A running {kind} is charged by the second; no price is known here."),
                format!("运行中的 {kind} 按秒计费；这里没有价格数据。"),
            )];
            about.push(if one.context.facts.contains_key("elastic_ip") {
                info("address.elastic_ip_kept", "Its Elastic IP stays.", "弹性 IP 保持不变。")
            } else {
                info(
                    "address.public_ip_new",
                    "If its subnet gives out public addresses, it gets a new one.",
                    "如果子网会分配公网地址，它将得到一个新的地址。",
                )
            });
            about.push(info(
                "undo.not_restored",
                "Undo stops it again; what it did in between is not taken back.",
                "回滚会再次停止它；期间产生的影响不会撤销。",
            ));
            let planned = PlannedTarget {
                id: one.id.clone(),
                arn: one.arn.clone(),
                before: one.facts.clone(),
                after: state_facts("running"),
                restores: state_facts("stopped"),
            };
            pairs.push((planned, one.preview(vec![("state".into(), "stopped".into(), "running".into())], about)));
        }
        if pairs.is_empty() {
            return Err(Refusal::new("already_running", None, "Nothing to do: already running.", "无需操作：实例已在运行。"));
        }
        Ok(Proposal::new(pairs, Undo::Restores, notes, None))
    }

    async fn execute(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        start(clients, &target.id).await
    }

    async fn undo(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        stop(clients, &target.id).await
    }

    fn verify(&self, _: &PlannedTarget, now: &Observed, direction: Direction) -> Verification {
        match direction {
            Direction::Forward => instance::verify_running_and_ok(now, true),
            Direction::Back => instance::verify_state("stopped", now),
        }
    }
}
