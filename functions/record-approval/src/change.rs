//! What authors and operators may do with a plan: withdraw, undo, get a console code; and how workflows are woken or started.
//!
//! Invariants: only an author withdraws, and only before execution; an undo is requested in the ledger before its workflow starts, and a
//! workflow without such a request gets nowhere; a task token is decrypted here and nowhere shown.

use audit::{Actor, AuditEvent, EventKind};
use authority::notices;
use aws_sdk_kms::primitives::Blob;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use domain::{
    Digest, EpochMs, Lang, PlanId, PlanState, Reason, Role, Text, Undo, WireError,
    wire::{ChangeInput, Purpose},
};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Change, Entry, Execution, TokenPurpose, TokenRecord, UndoRequested};
use serde::Deserialize;

use crate::{
    decide::{moved, not_waiting},
    door::{Door, answer, signed_in, wrong_digest},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    digest: Digest,
    #[serde(default)]
    lang: Option<Lang>,
    /// A code of the approver's authenticator, where the plan needs a second factor; the console code then stands for it for five minutes.
    #[serde(default)]
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedBody {
    digest: Digest,
    account: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Door {
    pub(crate) async fn withdraw(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let _: Nothing = call.json()?;
        let stored = self.plan_of(call).await?;
        let roles = self.authority.roles(&person).await?;
        if !stored.plan.is_author(&person) {
            return Err(WireError::new(
                "Plan.WithdrawDenied",
                Text::new(
                    format!("Only an author of plan {} can withdraw it.", stored.plan.id),
                    format!("只有计划 {} 的发起人可以撤回。", stored.plan.id),
                ),
            ));
        }
        if !matches!(stored.state, PlanState::AwaitingApproval | PlanState::Proposed | PlanState::Approved) {
            return Err(not_waiting(&stored));
        }
        let text = Text::new(format!("Withdrawn by {person}."), format!("{person} 已撤回。"));
        let reason = Reason { rule: "person.withdrawn".to_owned(), text: text.clone() };
        let event = AuditEvent::new(EventKind::Withdrawn, signed_in(call, person, roles)).about(&stored.plan, &stored.digest);
        let entry = Entry::new(event, now).notify(notices::closed(&stored.plan, &stored.digest, PlanState::Withdrawn, Some(&reason)));
        self.ledger
            .transition(&stored.plan.id, stored.version, stored.state, PlanState::Withdrawn, &Change::because(reason), &entry)
            .await
            .map_err(moved)?;
        self.wake(&stored.plan.id).await?;
        Ok(answer(&stored.plan.id, PlanState::Withdrawn.as_str(), &text, call.reader()))
    }

    /// `POST /v1/plans/{id}/confirm`: an author types the account's name back.
    pub(crate) async fn confirm(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: TypedBody = call.json()?;
        let stored = self.plan_of(call).await?;
        let roles = self.authority.demand(&person, &[Role::Operator]).await?;
        if !stored.plan.authors.contains(&person) {
            return Err(WireError::new(
                "Plan.ConfirmDenied",
                Text::new(
                    format!("Only whoever asked for plan {} can confirm it.", stored.plan.id),
                    format!("只有计划 {} 的发起人可以确认。", stored.plan.id),
                ),
            ));
        }
        if stored.digest != body.digest {
            return Err(wrong_digest(&stored));
        }
        if stored.state.is_final() {
            return Err(not_waiting(&stored));
        }
        let event = |kind| AuditEvent::new(kind, signed_in(call, person.clone(), roles.clone())).about(&stored.plan, &stored.digest);
        if body.account != stored.plan.account_name {
            let event = event(EventKind::RequestRefused).because(["Plan.AccountConflict"]);
            self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
            let typed = domain::text::inert(&body.account, 60);
            return Err(WireError::new(
                "Plan.AccountConflict",
                Text::new(
                    format!("Plan {} is not about account `{typed}`. Nothing was confirmed; read its preview.", stored.plan.id),
                    format!("计划 {} 不涉及账户 `{typed}`。未作任何确认，请阅读其预览。", stored.plan.id),
                ),
            ));
        }
        let entry = Entry::new(event(EventKind::TypedBack), now);
        self.ledger.type_back(&stored.plan.id, &stored.digest, &person, &entry).await.map_err(|e| e.wire())?;
        self.wake(&stored.plan.id).await?;
        let text = Text::new(
            format!("Confirmed for account {}.", stored.plan.account_name),
            format!("已为账户 {} 确认。", stored.plan.account_name),
        );
        Ok(answer(&stored.plan.id, stored.state.as_str(), &text, call.reader()))
    }

    pub(crate) async fn undo(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let _: Nothing = call.json()?;
        let stored = self.plan_of(call).await?;
        let roles = self.authority.demand_here(&person, &stored.plan, &[Role::Operator, Role::Approver]).await?;
        if stored.plan.undo == Undo::None {
            return Err(WireError::new(
                "Undo.Refused",
                Text::new(
                    format!("{} cannot be undone; plan {} said so in its preview.", stored.plan.operation, stored.plan.id),
                    format!("{} 无法回滚，计划 {} 的预览中已说明。", stored.plan.operation, stored.plan.id),
                ),
            ));
        }
        let event = AuditEvent::new(EventKind::UndoRequested, signed_in(call, person.clone(), roles)).about(&stored.plan, &stored.digest);
        match self.ledger.request_undo(&stored.plan.id, &person, &Entry::new(event, now)).await.map_err(moved)? {
            UndoRequested::Recorded(_) | UndoRequested::Already(_) => {}
            UndoRequested::NotPossible(state) => {
                return Err(WireError::new(
                    "Undo.StateConflict",
                    Text::new(
                        format!("Plan {} is {}; there is nothing to undo.", stored.plan.id, state.as_str()),
                        format!("计划 {} 的状态为“{}”，没有可回滚的内容。", stored.plan.id, notices::state_zh(state)),
                    ),
                ));
            }
        }
        self.start_undo(&stored.plan.id, now).await?;
        Ok(answer(
            &stored.plan.id,
            PlanState::Undoing.as_str(),
            &Text::new("The undo that was approved with the plan has started.", "随计划一并批准的回滚已开始。"),
            call.reader(),
        ))
    }

    /// Starts the workflow of a requested undo. Its name makes starting twice harmless; an attempt that ended without an undo is followed by the next.
    async fn start_undo(&self, id: &PlanId, now: EpochMs) -> Result<(), WireError> {
        let stored = self.ledger.plan(id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(id.as_str()))?;
        let before = stored.execution.as_ref().filter(|e| e.name.contains("-undo-"));
        let attempt = match before {
            Some(execution) if self.is_running(&execution.name).await? => return Ok(()),
            Some(execution) => execution.attempt + 1,
            None => 1,
        };
        let execution = Execution { name: Purpose::Undo.execution_name(id, attempt), attempt };
        let event = AuditEvent::new(EventKind::Resumed, Actor::function("record-approval"))
            .about(&stored.plan, &stored.digest)
            .fact("execution", execution.name.as_str());
        self.ledger.set_execution(&stored, &execution, &Entry::new(event, now)).await.map_err(moved)?;
        let input = ChangeInput { plan_id: stored.plan.id.clone(), digest: stored.digest.clone(), purpose: Purpose::Undo };
        self.start(&input, &execution).await
    }

    pub(crate) async fn start(&self, input: &ChangeInput, execution: &Execution) -> Result<(), WireError> {
        let input = serde_json::to_string(input).map_err(|e| workflow_fault(&e))?;
        let started =
            self.workflows.start_execution().state_machine_arn(&self.change_machine).name(&execution.name).input(input).send().await;
        match started.map_err(aws_sdk_sfn::Error::from) {
            Ok(_) | Err(aws_sdk_sfn::Error::ExecutionAlreadyExists(_)) => Ok(()),
            Err(error) => Err(workflow_fault(&error)),
        }
    }

    async fn is_running(&self, name: &str) -> Result<bool, WireError> {
        let arn = execution_arn(&self.change_machine, name);
        match self.workflows.describe_execution().execution_arn(arn).send().await.map_err(aws_sdk_sfn::Error::from) {
            Ok(answer) => Ok(*answer.status() == aws_sdk_sfn::types::ExecutionStatus::Running),
            Err(aws_sdk_sfn::Error::ExecutionDoesNotExist(_)) => Ok(false),
            Err(error) => Err(workflow_fault(&error)),
        }
    }

    /// Wakes the workflow that waits for this plan. It looks at the ledger by itself; nothing is told.
    pub(crate) async fn wake(&self, plan: &PlanId) -> Result<(), WireError> {
        let Some(sealed) = self.ledger.task_token(plan).await.map_err(|e| e.wire())? else {
            return Ok(());
        };
        let ciphertext = STANDARD.decode(&sealed.ciphertext_b64).unwrap_or_default();
        let opened = self
            .kms
            .decrypt()
            .key_id(&self.token_key)
            .ciphertext_blob(Blob::new(ciphertext))
            .encryption_context("aiops:plan", plan.as_str())
            .send()
            .await
            .map_err(|e| workflow_fault(&e.into_service_error()))?;
        let token = opened.plaintext().map(|p| String::from_utf8_lossy(p.as_ref()).into_owned()).unwrap_or_default();
        match self.workflows.send_task_success().task_token(token).output("{}").send().await.map_err(aws_sdk_sfn::Error::from) {
            // A token that is spent or timed out: the workflow has looked at the ledger since, or the sweep starts it again.
            Ok(_)
            | Err(aws_sdk_sfn::Error::TaskTimedOut(_) | aws_sdk_sfn::Error::TaskDoesNotExist(_) | aws_sdk_sfn::Error::InvalidToken(_)) => {
                Ok(())
            }
            Err(error) => Err(workflow_fault(&error)),
        }
    }

    pub(crate) async fn console_code(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: CodeBody = call.json()?;
        let stored = self.plan_of(call).await?;
        let roles = self.authority.demand_here(&person, &stored.plan, &[Role::Approver]).await?;
        if stored.digest != body.digest {
            return Err(wrong_digest(&stored));
        }
        if stored.plan.is_author(&person) {
            return Err(WireError::new(
                "Approval.AuthorRefused",
                Text::new(format!("{person} asked for this plan and cannot approve it."), format!("{person} 是该计划的发起人，不能审批。")),
            ));
        }
        if stored.state != PlanState::AwaitingApproval {
            return Err(not_waiting(&stored));
        }
        // The code names the language in which its holder reads the preview, so that the approval can name what was shown.
        let lang = body.lang.or(call.lang).unwrap_or_default();
        let factor = match &body.code {
            Some(code) => Some(self.prove(&stored, &person, code, now).await?),
            None => None,
        };
        let prefix = if lang == Lang::Zh { "zh" } else { "en" };
        let code = format!("{prefix}.{}", URL_SAFE_NO_PAD.encode(lambda_shell::secret()?));
        // What stands for a second factor is worth as long as that is fresh.
        let ttl_seconds = if factor.is_some() { self.code_ttl_seconds.min(stepup::FRESH_SECONDS) } else { self.code_ttl_seconds };
        let expires_at = EpochMs(now.plus_seconds(ttl_seconds).0.min(stored.plan.expires_at.0));
        let record = TokenRecord {
            hash: Digest::of_bytes(code.as_bytes()),
            person: person.clone(),
            plan: stored.plan.id.clone(),
            digest: stored.digest.clone(),
            purpose: TokenPurpose::ConsoleCode,
            expires_at,
            factor,
        };
        let (preview_text, shown) = self.shown(&stored, lang).await?;
        let event =
            AuditEvent::new(EventKind::ConsoleCodeIssued, signed_in(call, person, roles)).about(&stored.plan, &stored.digest).shown(shown);
        self.ledger.put_token(&record, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        let execution =
            self.ledger.task_token(&stored.plan.id).await.map_err(|e| e.wire())?.map(|t| execution_arn(&self.change_machine, &t.execution));
        Ok(HttpAnswer::json(&serde_json::json!({
            "plan_id": stored.plan.id, "code": code, "expires_at": expires_at.to_rfc3339(), "execution_arn": execution, "preview_text": preview_text
        })))
    }
}

/// `…:stateMachine:NAME[:qualifier]` → `…:execution:NAME:EXECUTION`.
fn execution_arn(machine: &str, execution: &str) -> String {
    let parts: Vec<&str> = machine.split(':').take(7).collect();
    format!("{}:{execution}", parts.join(":").replacen(":stateMachine:", ":execution:", 1))
}

fn workflow_fault(error: &(dyn std::error::Error + 'static)) -> WireError {
    tracing::warn!(error = %error, "a workflow cannot be reached");
    WireError::new(
        "Workflow.Unavailable",
        Text::new(
            "The decision is recorded, but its workflow cannot be reached now; the sweep will start it again.",
            "决定已记录，但暂时无法唤醒工作流；定时巡检会重新启动它。",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execution_arns_drop_the_alias_of_the_machine() {
        let plain = execution_arn("arn:p:states:r:1:stateMachine:aiops-change", "x");
        assert_eq!(plain, "arn:p:states:r:1:execution:aiops-change:x");
        assert_eq!(execution_arn("arn:p:states:r:1:stateMachine:aiops-change:live", "x"), plain);
    }
}
