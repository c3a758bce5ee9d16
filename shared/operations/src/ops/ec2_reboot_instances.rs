//! `ec2.reboot_instances`: RebootInstances on running instances.
//!
//! No undo. The effect cannot be observed: EC2 keeps an instance `running` through a reboot and has no idempotency token.
//! Post-condition: running, both status checks ok.

use async_trait::async_trait;
use aws_sdk_ec2::operation::RequestId;
use domain::{Facts, Params, PlannedTarget, Undo, text::inert};

use super::instance::{self, DESCRIBE_INSTANCES, DESCRIBE_STATUS, Wanted, fact, membership_notes, state};
use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, effect_error},
    note::{dry_run_not_sent, info, warning},
    observe::ReadClients,
    operation::{Direction, Effect, Observed, Operation, Proposal, Refusal, Scope, Verification},
    target::TargetShape,
    target_group::{DESCRIBE_GROUPS, DESCRIBE_HEALTH},
};

pub(crate) struct RebootInstances;

const REBOOT: &str = "ec2:RebootInstances";

#[async_trait]
impl Operation for RebootInstances {
    fn id(&self) -> &'static str {
        "ec2.reboot_instances"
    }

    fn shape(&self) -> &'static TargetShape {
        &instance::SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[DESCRIBE_STATUS, DESCRIBE_INSTANCES, DESCRIBE_GROUPS, DESCRIBE_HEALTH]
    }

    fn actions(&self, direction: Direction) -> &'static [&'static str] {
        match direction {
            Direction::Forward => &[REBOOT],
            Direction::Back => &[],
        }
    }

    fn effect_is_observable(&self) -> bool {
        false
    }

    async fn observe(&self, clients: &ReadClients, scope: &Scope, targets: &[String], _: &Params) -> Result<Vec<Observed>, OperationError> {
        instance::read(clients, scope, targets, Wanted { status_checks: true, target_groups: true, ..Wanted::default() }).await
    }

    fn propose(&self, observed: &[Observed], _: &Params) -> Result<Proposal, Refusal> {
        let mut pairs = Vec::new();
        for one in observed {
            if state(one) != "running" {
                return Err(Refusal::new(
                    "wrong_state",
                    Some(&one.id),
                    format!("{} is {}; only a running instance can be rebooted.", one.id, inert(state(one), 32)),
                    format!("{} 处于 {} 状态；只能重启运行中的实例。", one.id, inert(state(one), 32)),
                ));
            }
            let mut about = vec![info(
                "downtime.expected",
                "It is away for one to a few minutes; addresses and volumes stay.",
                "它会中断一到几分钟；地址和磁盘保持不变。",
            )];
            about.extend(membership_notes(one));
            if one.context.target_groups.iter().any(|g| g.is_healthy()) {
                about.push(warning(
                    "traffic.in_flight",
                    "Requests that are in flight on it are cut off: a reboot does not drain.",
                    "正在处理的请求会被中断：重启不会先排空连接。",
                ));
            }
            let checks = fact(&one.context.facts, "status_checks");
            if checks != "ok" {
                about.push(warning(
                    "status.not_ok",
                    format!("Its status checks are {} now.", inert(checks, 32)),
                    format!("它当前的状态检查为 {}。", inert(checks, 32)),
                ));
            }
            let planned = PlannedTarget {
                id: one.id.clone(),
                arn: one.arn.clone(),
                before: one.facts.clone(),
                after: Facts::new(),
                restores: Facts::new(),
            };
            pairs.push((planned, one.preview(Vec::new(), about)));
        }
        if pairs.is_empty() {
            return Err(Refusal::new("no_target", None, "Nothing to do: no instance is named.", "无需操作：没有指定实例。"));
        }
        let notes = vec![
            dry_run_not_sent(),
            info(
                "effect.unobservable",
                "Whether a reboot happened cannot be seen afterwards: if its outcome is in doubt it is not repeated, and a person is asked.",
                "重启是否发生事后无法观察：结果不明时不会重复执行，而是请人判断。",
            ),
        ];
        Ok(Proposal::new(pairs, Undo::None, notes, Some(0)))
    }

    async fn execute(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        let answer = clients.ec2.reboot_instances().instance_ids(&target.id).send().await.map_err(|e| effect_error(REBOOT, e))?;
        Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
    }

    async fn undo(&self, _: &WriteClients, _: &Scope, _: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        Err(EffectError::no_undo(REBOOT))
    }

    fn verify(&self, _: &PlannedTarget, now: &Observed, _: Direction) -> Verification {
        instance::verify_running_and_ok(now, false)
    }
}
