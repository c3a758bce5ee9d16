//! The sweep. Entry type: [`Handler`].
//!
//! Invariants: a workflow is started again only when the ledger's own execution of the plan is not running; what was approved stays
//! approved, what was executed is not repeated (the ledger decides that, not the sweep); a plan that needs too many starts is reported;
//! a plan that waits for people is closed when its time is over, whoever sleeps; a message that still lies unsent is brought before
//! its sender again.

use audit::{Actor, AuditEvent, EventKind};
use authority::notices;
use aws_sdk_sfn::types::ExecutionStatus;
use domain::{
    EpochMs, PlanState, Reason, Text, WireError,
    wire::{ChangeInput, Purpose},
};
use ledger::{Change, Entry, Execution, Ledger, LedgerError, PageRequest, StoredPlan};
use serde::Serialize;

/// Plans looked at in one page.
const PAGE: u32 = 50;
/// A plan this young may still be on its way to its first workflow.
const GRACE_SECONDS: i64 = 20;
/// A message this young may still be on its way from the table's stream.
const UNSENT_SECONDS: i64 = 120;
/// After so many starts a person is asked with every further one.
const REPORT_AFTER: u32 = 5;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) workflows: aws_sdk_sfn::Client,
    pub(crate) change_machine: String,
}

/// What the sweep did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Swept {
    looked_at: usize,
    running: usize,
    resumed: Vec<String>,
    reported: Vec<String>,
    expired: Vec<String>,
    resent: Vec<String>,
}

impl Handler {
    pub(crate) async fn sweep(&self, now: EpochMs) -> Result<Swept, WireError> {
        let mut swept = Swept::default();
        let mut page = PageRequest::first(PAGE);
        loop {
            let found = self.ledger.open_plans(&page).await.map_err(|e| e.wire())?;
            for stored in &found.items {
                swept.looked_at += 1;
                self.one(stored, now, &mut swept).await?;
            }
            match found.next {
                Some(next) => page = PageRequest::after(PAGE, next),
                None => break,
            }
        }
        self.unsent(now, &mut swept).await?;
        tracing::info!(plans.looked_at = swept.looked_at, plans.running = swept.running, plans.resumed = swept.resumed.len(), "swept");
        Ok(swept)
    }

    /// What the stream lost, or gave up. The oldest come first, so the first that is young ends it.
    async fn unsent(&self, now: EpochMs, swept: &mut Swept) -> Result<(), WireError> {
        let mut page = PageRequest::first(PAGE);
        loop {
            let found = self.ledger.unsent(&page).await.map_err(|e| e.wire())?;
            for message in &found.items {
                if now.0 - message.created_at.0 < UNSENT_SECONDS * 1000 {
                    return Ok(());
                }
                tracing::warn!(message.id = %message.id, message.created_at = message.created_at.0, "a message lies unsent");
                if self.ledger.touch_unsent(&message.id, now).await.map_err(|e| e.wire())? {
                    swept.resent.push(message.id.clone());
                }
            }
            match found.next {
                Some(next) => page = PageRequest::after(PAGE, next),
                None => return Ok(()),
            }
        }
    }

    async fn one(&self, stored: &StoredPlan, now: EpochMs, swept: &mut Swept) -> Result<(), WireError> {
        if now.0 - stored.updated_at.0 < GRACE_SECONDS * 1000 && stored.execution.is_none() && stored.state == PlanState::Proposed {
            return Ok(());
        }
        let wants_undo =
            stored.undo_requested_by.is_some() && (stored.state == PlanState::Undoing || stored.state.may_become(PlanState::Undoing));
        let undo_began = stored.execution.as_ref().is_some_and(|e| e.name.contains("-undo-"));
        let purpose = if wants_undo && (undo_began || stored.state.is_final()) { Purpose::Undo } else { Purpose::Execute };
        let expected = authority::expected_execution(stored, purpose);
        let status = self.status(&expected).await?;
        if status == Some(ExecutionStatus::Running) {
            swept.running += 1;
            if stored.state == PlanState::AwaitingApproval && now >= stored.plan.expires_at {
                self.expire(stored, now, swept).await?;
            }
            return Ok(());
        }
        let known = stored.execution.as_ref().filter(|e| e.name == expected).map_or(1, |e| e.attempt);
        // An execution that never began keeps its number; one that ended is followed by the next.
        let attempt = if status.is_none() { known } else { known.saturating_add(1) };
        let execution = Execution { name: purpose.execution_name(&stored.plan.id, attempt), attempt };
        let event = AuditEvent::new(EventKind::Resumed, Actor::function("resume-plans"))
            .about(&stored.plan, &stored.digest)
            .fact("execution", execution.name.as_str());
        let mut entry = Entry::new(event, now);
        if attempt > REPORT_AFTER {
            let text = Text::new(
                format!(
                    "Plan {} is {} and its workflow was lost {attempt} times. It is started again; please look.",
                    stored.plan.id,
                    stored.state.as_str()
                ),
                format!(
                    "计划 {} 的状态为“{}”，工作流已丢失 {attempt} 次。已再次启动，请人工查看。",
                    stored.plan.id,
                    notices::state_zh(stored.state)
                ),
            );
            entry = entry.notify(notices::paged(&stored.plan, &stored.digest, text));
            swept.reported.push(stored.plan.id.to_string());
        }
        match self.ledger.set_execution(stored, &execution, &entry).await {
            Ok(_) => {}
            // It moved while we looked: the next sweep sees where to.
            Err(LedgerError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error.wire()),
        }
        let input = ChangeInput { plan_id: stored.plan.id.clone(), digest: stored.digest.clone(), purpose };
        let input = serde_json::to_string(&input).map_err(|e| fault(&e))?;
        match self
            .workflows
            .start_execution()
            .state_machine_arn(&self.change_machine)
            .name(&execution.name)
            .input(input)
            .send()
            .await
            .map_err(aws_sdk_sfn::Error::from)
        {
            Ok(_) | Err(aws_sdk_sfn::Error::ExecutionAlreadyExists(_)) => swept.resumed.push(execution.name),
            Err(error) => return Err(fault(&error)),
        }
        Ok(())
    }

    /// Nobody decided in time. The workflow sees it in the ledger when its slice of waiting is over; people are told now.
    async fn expire(&self, stored: &StoredPlan, now: EpochMs, swept: &mut Swept) -> Result<(), WireError> {
        let until = stored.plan.expires_at.to_rfc3339();
        let reason = Reason {
            rule: "plan.expired".to_owned(),
            text: Text::new(format!("the plan expired at {until}"), format!("计划已于 {until} 过期")),
        };
        let event = AuditEvent::new(EventKind::Expired, Actor::function("resume-plans"))
            .about(&stored.plan, &stored.digest)
            .because([reason.rule.clone()]);
        let entry = Entry::new(event, now).notify(notices::closed(&stored.plan, &stored.digest, PlanState::Expired, Some(&reason)));
        let change = Change::because(reason);
        match self.ledger.transition(&stored.plan.id, stored.version, stored.state, PlanState::Expired, &change, &entry).await {
            Ok(_) => swept.expired.push(stored.plan.id.to_string()),
            // It moved while we looked: the next sweep sees where to.
            Err(LedgerError::Conflict { .. }) => {}
            Err(error) => return Err(error.wire()),
        }
        Ok(())
    }

    /// The status of an execution; `None` when there is none of this name.
    async fn status(&self, name: &str) -> Result<Option<ExecutionStatus>, WireError> {
        let parts: Vec<&str> = self.change_machine.split(':').take(7).collect();
        let arn = format!("{}:{name}", parts.join(":").replacen(":stateMachine:", ":execution:", 1));
        match self.workflows.describe_execution().execution_arn(arn).send().await.map_err(aws_sdk_sfn::Error::from) {
            Ok(answer) => Ok(Some(answer.status().clone())),
            Err(aws_sdk_sfn::Error::ExecutionDoesNotExist(_)) => Ok(None),
            Err(error) => Err(fault(&error)),
        }
    }
}

fn fault(error: &(dyn std::error::Error + 'static)) -> WireError {
    tracing::warn!(error = %error, "Step Functions cannot be reached");
    WireError::new(
        "Workflow.Unavailable",
        Text::new("Step Functions does not answer; the next sweep tries again.", "Step Functions 没有响应，下次巡检会重试。"),
    )
}
