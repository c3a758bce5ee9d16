//! `rds.reboot_instance`: RebootDBInstance, with a failover to the standby where that is asked for.
//!
//! No undo. The effect cannot be observed: RDS keeps no trace in the instance's description. Post-condition: available.

use async_trait::async_trait;
use aws_sdk_rds::{operation::RequestId, types::DbInstance};
use domain::{Facts, Params, PlannedTarget, PreviewNote, Text, Undo, Value, text::inert};

use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, code_of, effect_error, read_error},
    note::{info, unknown, warning},
    observe::ReadClients,
    operation::{Context, Difference, Direction, Effect, Observed, Operation, Proposal, Refusal, Scope, Verification},
    param,
    target::TargetShape,
};

pub(crate) struct RebootDatabase;

const DESCRIBE: &str = "rds:DescribeDBInstances";
const REBOOT: &str = "rds:RebootDBInstance";

static SHAPE: TargetShape = TargetShape {
    service: "rds",
    prefix: "db:",
    regional: true,
    expected: ("database instance identifier", "数据库实例标识"),
    id: |text| {
        let ok = (1..=63).contains(&text.len())
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !text.ends_with('-')
            && !text.contains("--");
        // RDS keeps identifiers in lower case.
        ok.then(|| text.to_ascii_lowercase())
    },
};

#[async_trait]
impl Operation for RebootDatabase {
    fn id(&self) -> &'static str {
        "rds.reboot_instance"
    }

    fn shape(&self) -> &'static TargetShape {
        &SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[DESCRIBE]
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

    fn check_params(&self, params: &Params) -> Result<Params, OperationError> {
        param::only(params, &["failover"])?;
        let failover = param::flag(params, "failover")?.unwrap_or_default();
        Ok([("failover".to_owned(), Value::Bool(failover))].into())
    }

    async fn observe(&self, clients: &ReadClients, _: &Scope, targets: &[String], _: &Params) -> Result<Vec<Observed>, OperationError> {
        let mut seen = Vec::new();
        for id in targets {
            let answer = clients.rds.describe_db_instances().db_instance_identifier(id).send().await;
            let answer = answer.map_err(|error| match code_of(&error) {
                Some("DBInstanceNotFound" | "DBInstanceNotFoundFault") => OperationError::TargetNotFound { target: id.clone() },
                _ => read_error(DESCRIBE, error),
            })?;
            let found = answer.db_instances().iter().find(|i| i.db_instance_identifier() == Some(id));
            seen.push(observed(id, found.ok_or_else(|| OperationError::TargetNotFound { target: id.clone() })?)?);
        }
        Ok(seen)
    }

    fn propose(&self, observed: &[Observed], params: &Params) -> Result<Proposal, Refusal> {
        let failover = params.get("failover").and_then(Value::as_bool).unwrap_or_default();
        let mut pairs = Vec::new();
        for one in observed {
            let status = word(one);
            if status != "available" {
                return Err(Refusal::new(
                    "wrong_state",
                    Some(&one.id),
                    format!("{} is {}; only an available database can be rebooted.", one.id, inert(status, 40)),
                    format!("{} 处于 {} 状态；只能重启可用状态的数据库。", one.id, inert(status, 40)),
                ));
            }
            let multi_az = one.facts.get("multi_az").and_then(Value::as_bool).unwrap_or_default();
            if failover && !multi_az {
                return Err(Refusal::new(
                    "no_standby",
                    Some(&one.id),
                    format!("{} is not Multi-AZ: there is no standby to fail over to.", one.id),
                    format!("{} 不是多可用区部署：没有可切换的备机。", one.id),
                ));
            }
            let planned = PlannedTarget {
                id: one.id.clone(),
                arn: one.arn.clone(),
                before: one.facts.clone(),
                after: Facts::new(),
                restores: Facts::new(),
            };
            pairs.push((planned, one.preview(Vec::new(), about(failover, multi_az))));
        }
        if pairs.is_empty() {
            return Err(Refusal::new("no_target", None, "Nothing to do: no database is named.", "无需操作：没有指定数据库。"));
        }
        let notes = vec![info(
            "effect.unobservable",
            "Whether a reboot happened cannot be seen afterwards: if its outcome is in doubt it is not repeated, and a person is asked.",
            "重启是否发生事后无法观察：结果不明时不会重复执行，而是请人判断。",
        )];
        Ok(Proposal::new(pairs, Undo::None, notes, Some(0)))
    }

    async fn execute(
        &self,
        clients: &WriteClients,
        _: &Scope,
        target: &PlannedTarget,
        params: &Params,
        _: &str,
    ) -> Result<Effect, EffectError> {
        let failover = params.get("failover").and_then(Value::as_bool).unwrap_or_default();
        let call = clients.rds.reboot_db_instance().db_instance_identifier(&target.id);
        let answer = call.set_force_failover(failover.then_some(true)).send().await.map_err(|e| effect_error(REBOOT, e))?;
        Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
    }

    async fn undo(&self, _: &WriteClients, _: &Scope, _: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        Err(EffectError::no_undo(REBOOT))
    }

    fn verify(&self, _: &PlannedTarget, now: &Observed, _: Direction) -> Verification {
        let status = word(now);
        let ended = ["failed", "stopped", "stopping", "deleting", "storage-full", "restore-error"];
        if status == "available" {
            Verification::Holds
        } else if ended.contains(&status) || status.starts_with("incompatible-") || status.starts_with("inaccessible-") {
            let difference = Difference { field: "status".into(), planned: "available".into(), now: status.into() };
            Verification::Fails { differences: vec![difference] }
        } else {
            let status = inert(status, 40);
            Verification::Pending(Text::new(format!("still {status}"), format!("当前状态为 {status}")))
        }
    }
}

fn word(one: &Observed) -> &str {
    one.facts.get("status").and_then(Value::as_text).unwrap_or_default()
}

fn observed(id: &str, instance: &DbInstance) -> Result<Observed, OperationError> {
    let missing = |what| OperationError::Incomplete { action: DESCRIBE, what };
    let mut facts = Facts::new();
    facts.insert("status".into(), instance.db_instance_status().ok_or_else(|| missing("a status"))?.into());
    facts.insert("multi_az".into(), instance.multi_az().unwrap_or_default().into());
    let mut around = Facts::new();
    let engine = [instance.engine(), instance.engine_version()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    around.insert("engine".into(), engine.into());
    for (name, value) in [
        ("instance_class", instance.db_instance_class()),
        ("cluster", instance.db_cluster_identifier()),
        ("replica_of", instance.read_replica_source_db_instance_identifier()),
    ] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            around.insert(name.into(), value.into());
        }
    }
    let replicas = instance.read_replica_db_instance_identifiers();
    if !replicas.is_empty() {
        around.insert("read_replicas".into(), replicas.to_vec().into());
    }
    let tags = instance.tag_list().iter().filter_map(|t| Some((t.key()?.to_owned(), t.value().unwrap_or_default().to_owned()))).collect();
    let context = Context { name: Some(id.to_owned()), tags, facts: around, notes: pending_notes(instance), ..Context::default() };
    let arn = instance.db_instance_arn().ok_or_else(|| missing("an ARN"))?.to_owned();
    Ok(Observed { id: id.to_owned(), arn, facts, context })
}

/// What the reboot brings into effect besides.
fn pending_notes(instance: &DbInstance) -> Vec<PreviewNote> {
    let mut notes = Vec::new();
    let waiting: Vec<String> = instance
        .db_parameter_groups()
        .iter()
        .filter(|g| g.parameter_apply_status() == Some("pending-reboot"))
        .map(|g| inert(g.db_parameter_group_name().unwrap_or("?"), 64))
        .collect();
    if !waiting.is_empty() {
        let names = waiting.join(", ");
        notes.push(warning(
            "pending.parameters",
            format!("Changed parameters of {names} wait for a reboot: they take effect with this one."),
            format!("参数组 {names} 有待重启生效的修改：本次重启会使其生效。"),
        ));
    }
    if let Some(pending) = instance.pending_modified_values() {
        let named = [
            ("instance class", pending.db_instance_class().is_some()),
            ("storage", pending.allocated_storage().is_some()),
            ("engine version", pending.engine_version().is_some()),
            ("Multi-AZ", pending.multi_az().is_some()),
            ("port", pending.port().is_some()),
            ("password", pending.master_user_password().is_some()),
            ("backup retention", pending.backup_retention_period().is_some()),
            ("identifier", pending.db_instance_identifier().is_some()),
            ("certificate", pending.ca_certificate_identifier().is_some()),
        ];
        let named: Vec<&str> = named.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
        if !named.is_empty() {
            notes.push(warning(
                "pending.modifications",
                format!("Other modifications are waiting ({}); some of them may take effect with a reboot.", named.join(", ")),
                format!("还有其他待生效的修改（{}）；其中一些可能随重启生效。", named.join("、")),
            ));
        }
    }
    notes
}

fn about(failover: bool, multi_az: bool) -> Vec<PreviewNote> {
    let downtime = match (failover, multi_az) {
        (true, _) => info(
            "downtime.expected",
            "Failover to the standby in another zone: usually away for one to two minutes; clients must look the name up again.",
            "切换到另一可用区的备机：通常中断一到两分钟；客户端需要重新解析域名。",
        ),
        (false, true) => info(
            "downtime.expected",
            "Multi-AZ, but without failover: away until the same host is up again, usually some minutes.",
            "多可用区部署，但不做切换：中断直到原主机恢复，通常为几分钟。",
        ),
        (false, false) => warning(
            "downtime.expected",
            "Single zone: away until it is up again, usually some minutes; longer where much has to be recovered.",
            "单可用区：中断直到重新启动完成，通常为几分钟；需要恢复的数据多时更久。",
        ),
    };
    vec![
        downtime,
        unknown(
            "connections.unread",
            "How many connections are open was not read: all of them are cut, and open transactions are rolled back.",
            "未读取当前连接数：所有连接都会断开，未提交的事务会回滚。",
        ),
    ]
}
