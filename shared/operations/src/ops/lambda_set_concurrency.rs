//! `lambda.set_concurrency`: PutFunctionConcurrency.
//!
//! Undo: put the former value back, or delete the reservation where there was none. Post-condition: the value is set.
//!
//! GetFunction gives value, ARN and tags at one moment.

use async_trait::async_trait;
use aws_sdk_lambda::operation::RequestId;
use domain::{Params, PlannedTarget, PreviewNote, Undo, Value};

use super::lambda_function::{GET_FUNCTION, LIST_TAGS, SHAPE, read_function};
use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, effect_error, read_error},
    note::{info, unknown, unread, warning},
    observe::ReadClients,
    operation::{Direction, Effect, Observed, Operation, Proposal, Refusal, Scope},
    param,
    target::TargetShape,
};

pub(crate) struct SetConcurrency;

const GET_ACCOUNT: &str = "lambda:GetAccountSettings";
const PUT: &str = "lambda:PutFunctionConcurrency";
const DELETE: &str = "lambda:DeleteFunctionConcurrency";

/// Lambda keeps at least this many executions unreserved
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>).
const UNRESERVED_MIN: i64 = 100;

#[async_trait]
impl Operation for SetConcurrency {
    fn id(&self) -> &'static str {
        "lambda.set_concurrency"
    }

    fn shape(&self) -> &'static TargetShape {
        &SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[GET_ACCOUNT, GET_FUNCTION, LIST_TAGS]
    }

    fn actions(&self, direction: Direction) -> &'static [&'static str] {
        match direction {
            Direction::Forward => &[PUT],
            Direction::Back => &[DELETE, PUT],
        }
    }

    fn check_params(&self, params: &Params) -> Result<Params, OperationError> {
        param::only(params, &["concurrency"])?;
        let wanted = param::int(params, "concurrency", 0, 10_000)?.ok_or_else(|| param::missing("concurrency"))?;
        Ok([("concurrency".to_owned(), Value::Int(wanted))].into())
    }

    async fn observe(&self, clients: &ReadClients, _: &Scope, targets: &[String], _: &Params) -> Result<Vec<Observed>, OperationError> {
        let account = clients.lambda.get_account_settings().send().await.map_err(|e| read_error(GET_ACCOUNT, e));
        let mut seen = Vec::new();
        for name in targets {
            let (mut one, reserved) = read_function(clients, name).await?;
            let reserved = reserved.and_then(|c| c.reserved_concurrent_executions()).map(i64::from);
            one.facts.insert("concurrency".into(), reserved.into());
            match &account {
                Ok(settings) => {
                    let limit = settings.account_limit();
                    if let Some(left) = limit.and_then(|l| l.unreserved_concurrent_executions()) {
                        one.context.facts.insert("unreserved_now".into(), i64::from(left).into());
                    }
                    if let Some(limit) = limit {
                        one.context.facts.insert("account_limit".into(), i64::from(limit.concurrent_executions()).into());
                    }
                }
                Err(error) => {
                    let what = ("how much concurrency the account has left", "账户剩余的并发额度");
                    one.context.notes.push(unread("concurrency.unreserved_unread", what, error));
                }
            }
            seen.push(one);
        }
        Ok(seen)
    }

    fn propose(&self, observed: &[Observed], params: &Params) -> Result<Proposal, Refusal> {
        let wanted = params.get("concurrency").and_then(Value::as_int).unwrap_or_default();
        let mut notes = Vec::new();
        let mut changing = Vec::new();
        for one in observed {
            if one.facts.get("concurrency") == Some(&Value::Int(wanted)) {
                notes.push(info(
                    "target.left_out",
                    format!("{} has {wanted} already and is left out.", one.id),
                    format!("{} 已是 {wanted}，不在计划内。", one.id),
                ));
            } else {
                changing.push(one);
            }
        }
        if changing.is_empty() {
            return Err(Refusal::new(
                "already_set",
                None,
                format!("Nothing to do: the reserved concurrency is {wanted} already."),
                format!("无需操作：预留并发已是 {wanted}。"),
            ));
        }
        // All functions of the plan draw from the same pool.
        let taken: i64 = changing.iter().map(|one| wanted - former(one).unwrap_or_default()).sum();
        let left = changing.iter().find_map(|one| one.context.facts.get("unreserved_now")?.as_int()).map(|now| now - taken);
        if let Some(left) = left {
            if left < UNRESERVED_MIN && taken > 0 {
                return Err(Refusal::new(
                    "unreserved_exhausted",
                    None,
                    format!("Only {left} unreserved executions would be left in the account; Lambda keeps at least {UNRESERVED_MIN}."),
                    format!("账户只会剩下 {left} 个未预留的并发；Lambda 至少保留 {UNRESERVED_MIN} 个。"),
                ));
            }
            notes.push(info(
                "concurrency.unreserved_left",
                format!("{left} unreserved executions are left for all other functions of the account."),
                format!("账户内其他函数还剩 {left} 个未预留的并发。"),
            ));
        }
        let pairs = changing
            .into_iter()
            .map(|one| {
                let planned = PlannedTarget {
                    id: one.id.clone(),
                    arn: one.arn.clone(),
                    before: one.facts.clone(),
                    after: [("concurrency".to_owned(), Value::Int(wanted))].into(),
                    restores: one.facts.clone(),
                };
                let before = one.facts.get("concurrency").unwrap_or(&Value::Absent).to_string();
                (planned, one.preview(vec![("concurrency".into(), before, wanted.to_string())], about(one, wanted)))
            })
            .collect();
        Ok(Proposal::new(pairs, Undo::Restores, notes, Some(0)))
    }

    async fn execute(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        set(clients, &target.id, target.after.get("concurrency")).await
    }

    async fn undo(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        set(clients, &target.id, target.restores.get("concurrency")).await
    }
}

/// Sets a reservation, or deletes it where none is wanted.
async fn set(clients: &WriteClients, name: &str, wanted: Option<&Value>) -> Result<Effect, EffectError> {
    match wanted {
        Some(Value::Int(number)) => {
            let number = i32::try_from(*number).map_err(|_| EffectError::refused(PUT, "Malformed", "the number is too large"))?;
            let call = clients.lambda.put_function_concurrency().function_name(name).reserved_concurrent_executions(number);
            let answer = call.send().await.map_err(|e| effect_error(PUT, e))?;
            Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
        }
        Some(Value::Absent) => {
            let call = clients.lambda.delete_function_concurrency().function_name(name);
            let answer = call.send().await.map_err(|e| effect_error(DELETE, e))?;
            Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
        }
        _ => Err(EffectError::refused(PUT, "Malformed", "the plan holds no concurrency")),
    }
}

fn former(one: &Observed) -> Option<i64> {
    one.facts.get("concurrency").and_then(Value::as_int)
}

fn about(one: &Observed, wanted: i64) -> Vec<PreviewNote> {
    let mut notes = Vec::new();
    if wanted == 0 {
        notes.push(warning(
            "function.stopped",
            "0 stops the function: every invocation is throttled, and asynchronous events wait or go to its dead-letter target.",
            "0 会停止该函数：所有调用都会被限流，异步事件会等待或进入死信目标。",
        ));
    } else if former(one).is_none_or(|former| wanted < former) {
        notes.push(warning(
            "function.throttled",
            format!("More than {wanted} executions at the same time are throttled."),
            format!("同时执行超过 {wanted} 个时会被限流。"),
        ));
    }
    if former(one).is_none() {
        notes.push(info(
            "undo.deletes",
            "There is no reservation now: undo deletes the one that is made.",
            "目前没有预留并发：回滚会删除新建的预留。",
        ));
    }
    notes.push(unknown(
        "throttles.unread",
        "How often the function was throttled or how many executions run at the same time was not read.",
        "未读取该函数的限流次数和当前并发数。",
    ));
    notes.push(info("downtime.expected", "No interruption by the change itself.", "修改本身不会造成中断。"));
    notes
}
