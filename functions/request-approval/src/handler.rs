//! Asks people. Entry type: [`Handler`].
//!
//! Invariants: the task token is stored encrypted under the plan's id and leaves the hub in no message; a decision that came between
//! the look at the rules and the storing of the token wakes the workflow at once, so that no decision is waited for twice.

use audit::{Actor, AuditEvent, EventKind};
use authority::{Authority, notices};
use aws_sdk_kms::primitives::Blob;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use directory::Directory;
use domain::{EpochMs, PlanState, Role, Text, Verdict, WireError, wire::WaitInput};
use ledger::{Change, Entry, Ledger, LedgerError};
use policy::Phase;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) directory: Directory,
    pub(crate) ledger: Ledger,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) token_key: String,
    pub(crate) workflows: aws_sdk_sfn::Client,
}

impl Handler {
    /// Answers nothing of worth: the workflow goes on when its token comes back.
    pub(crate) async fn handle(&self, input: WaitInput, now: EpochMs) -> Result<(), WireError> {
        let stored = self.authority.plan(&input.plan_id, &input.digest).await?;
        let sealed = self.seal(&input).await?;
        let event = AuditEvent::new(EventKind::ApprovalRequested, Actor::function("request-approval")).about(&stored.plan, &stored.digest);
        if stored.state == PlanState::Proposed {
            let judgement = self.authority.judge(&stored.plan, &stored.digest, Phase::Execute, now).await?;
            let entry = if let Verdict::Waits { until, reasons } = &judgement.verdict {
                // Nobody's approval is needed any more: only the window, or the asker's own word.
                Entry::new(event.clone(), now).notify(notices::waits(&stored.plan, &stored.digest, *until, reasons))
            } else {
                let approvers = self.directory.people_with(Role::Approver).await.map_err(|e| e.wire())?;
                let approvers: Vec<_> = approvers.into_iter().filter(|p| !stored.plan.is_author(p)).collect();
                let names: Vec<String> = approvers.iter().map(ToString::to_string).collect();
                Entry::new(event.clone().fact("approvers", names), now).notify(notices::approval_requested(
                    &stored.plan,
                    &stored.digest,
                    approvers,
                ))
            };
            let moved = self
                .ledger
                .transition(&stored.plan.id, stored.version, PlanState::Proposed, PlanState::AwaitingApproval, &Change::none(), &entry)
                .await;
            match moved {
                // A repeated invocation, or a decision that was quicker: the look below sees it.
                Ok(_) | Err(LedgerError::Conflict { .. }) => {}
                Err(error) => return Err(error.wire()),
            }
        }
        let entry = Entry::new(event.fact("execution", input.execution.as_str()), now);
        self.ledger.put_task_token(&input.plan_id, &sealed, &input.execution, &entry).await.map_err(|e| e.wire())?;
        if self.already_decided(&input, now).await? {
            self.wake(&input.task_token).await?;
        }
        Ok(())
    }

    async fn seal(&self, input: &WaitInput) -> Result<String, WireError> {
        let answer = self
            .kms
            .encrypt()
            .key_id(&self.token_key)
            .plaintext(Blob::new(input.task_token.as_bytes()))
            .encryption_context("aiops:plan", input.plan_id.as_str())
            .send()
            .await
            .map_err(|e| unavailable("KMS", &e.into_service_error()))?;
        answer
            .ciphertext_blob()
            .map(|blob| STANDARD.encode(blob))
            .ok_or_else(|| WireError::new("Approval.Unavailable", Text::new("KMS answered without a ciphertext.", "KMS 未返回密文。")))
    }

    async fn already_decided(&self, input: &WaitInput, now: EpochMs) -> Result<bool, WireError> {
        let stored = self.authority.plan(&input.plan_id, &input.digest).await?;
        if stored.state != PlanState::AwaitingApproval {
            return Ok(true);
        }
        let judgement = self.authority.judge(&stored.plan, &stored.digest, Phase::Execute, now).await?;
        Ok(!matches!(judgement.verdict, Verdict::NeedsApproval { .. } | Verdict::Waits { .. }))
    }

    async fn wake(&self, task_token: &str) -> Result<(), WireError> {
        match self.workflows.send_task_success().task_token(task_token).output("{}").send().await.map_err(aws_sdk_sfn::Error::from) {
            // Somebody else woke it, or its slice of time is over: it looks at the ledger either way.
            Ok(_) | Err(aws_sdk_sfn::Error::TaskTimedOut(_) | aws_sdk_sfn::Error::TaskDoesNotExist(_)) => Ok(()),
            Err(error) => Err(unavailable("Step Functions", &error)),
        }
    }
}

fn unavailable(who: &str, error: &(dyn std::error::Error + 'static)) -> WireError {
    tracing::warn!(error = %error, "{who} does not answer");
    WireError::new(
        "Approval.Unavailable",
        Text::new(format!("{who} does not answer. The plan goes on waiting."), format!("{who} 没有响应。计划继续等待。")),
    )
}
