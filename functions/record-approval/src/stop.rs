//! The kill switch: pulled by one, released by two.
//!
//! Invariant: pulling needs an administrator or an operator and a reason; releasing needs two different administrators.

use audit::{AuditEvent, EventKind};
use domain::{AccountId, EpochMs, OperationId, Role, Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Entry, Release, StopScope, Stopped};
use serde::Deserialize;

use crate::door::{Door, signed_in};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeBody {
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    operation: Option<OperationId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StopBody {
    #[serde(default)]
    scope: ScopeBody,
    #[serde(default)]
    reason: Option<String>,
}

impl Door {
    pub(crate) async fn stop(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: StopBody = call.json()?;
        let roles = self.authority.demand(&person, &[Role::Administrator, Role::Operator]).await?;
        let scope = self.scope(&body.scope).await?;
        let reason = domain::text::inert(&redaction::for_colleagues(body.reason.as_deref().unwrap_or_default()), 300);
        let event = AuditEvent::new(EventKind::StopSet, signed_in(call, person.clone(), roles))
            .fact("scope", scope.to_string())
            .fact("reason", reason.as_str());
        let outcome = self.ledger.stop(&scope, &person, &reason, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        let text = match outcome {
            Stopped::New => Text::new(
                format!("Stopped: {scope}. No effect starts any more; releasing needs two administrators."),
                format!("已停止：{scope}。不再开始任何操作；恢复需要两名管理员。"),
            ),
            Stopped::Again => Text::new(format!("{scope} is stopped already."), format!("{scope} 已处于停止状态。")),
        };
        Ok(HttpAnswer::json(&serde_json::json!({"state": "stopped", "scope": scope.to_string(), "message": text.in_lang(call.reader())})))
    }

    pub(crate) async fn release(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: StopBody = call.json()?;
        let roles = self.authority.demand(&person, &[Role::Administrator]).await?;
        let scope = self.scope(&body.scope).await?;
        let event = AuditEvent::new(EventKind::StopReleased, signed_in(call, person.clone(), roles)).fact("scope", scope.to_string());
        let (state, text) = match self.ledger.request_release(&scope, &person, Entry::new(event, now)).await.map_err(|e| e.wire())? {
            Release::Waiting => (
                "waiting",
                Text::new(
                    format!("Noted. A second administrator must also release {scope}."),
                    format!("已记录。还需另一名管理员同意恢复 {scope}。"),
                ),
            ),
            Release::Released { first } => (
                "released",
                Text::new(format!("{scope} is released by {first} and {person}."), format!("{first} 与 {person} 已恢复 {scope}。")),
            ),
            Release::NotStopped => ("not_stopped", Text::new(format!("{scope} is not stopped."), format!("{scope} 并未停止。"))),
        };
        Ok(HttpAnswer::json(&serde_json::json!({"state": state, "scope": scope.to_string(), "message": text.in_lang(call.reader())})))
    }

    async fn scope(&self, body: &ScopeBody) -> Result<StopScope, WireError> {
        match (&body.account, &body.operation) {
            (None, None) => Ok(StopScope::All),
            (None, Some(operation)) => Ok(StopScope::Operation(operation.clone())),
            (Some(_), Some(_)) => Err(WireError::new(
                "Request.Malformed",
                Text::new("Name an account or an operation, not both.", "请指定账户或操作之一，不能同时指定。"),
            )),
            (Some(written), None) => {
                let found = match AccountId::parse(written) {
                    Ok(id) => self.ledger.account_by_id(&id).await,
                    Err(_) => self.ledger.account_by_name(written).await,
                };
                let account = found.map_err(|e| e.wire())?.ok_or_else(|| {
                    let name = domain::text::inert(written, 40);
                    WireError::new(
                        "Plan.AccountNotFound",
                        Text::new(format!("`{name}` is not a registered account."), format!("`{name}` 不是已登记的账户。")),
                    )
                })?;
                Ok(StopScope::Account(account.id))
            }
        }
    }
}
