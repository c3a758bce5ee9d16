//! Where a plan goes next. Entry type: [`Handler`].
//!
//! Invariants: whatever woke the workflow counts for nothing, only the ledger, the directory and the key are asked; an execution that
//! the ledger does not know by name gets nowhere; a plan moves at most one step for each answer of the rules.

use audit::{Actor, AuditEvent, EventKind};
use authority::{Authority, notices};
use domain::{
    EpochMs, PlanState, Reason, Text, Verdict, WireError,
    wire::{Authorized, Purpose, StepInput},
};
use ledger::{Change, Entry, Ledger, LedgerError, StoredPlan};
use policy::Phase;

/// Another process may move the plan between reading and writing; then it is looked at afresh, this many times.
const FRESH_LOOKS: usize = 5;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) ledger: Ledger,
}

impl Handler {
    pub(crate) async fn handle(&self, input: StepInput, now: EpochMs) -> Result<Authorized, WireError> {
        for _ in 0..FRESH_LOOKS {
            let stored = match self.authority.plan(&input.plan_id, &input.digest).await {
                Ok(stored) => stored,
                Err(error) if error.may_retry() => return Err(error),
                Err(error) => return self.refused(&input, &error, now).await,
            };
            if let Err(error) = authority::demand_execution(&stored, &input) {
                return self.refused(&input, &error, now).await;
            }
            let next = match input.purpose {
                Purpose::Execute => self.execute(&stored, now).await,
                Purpose::Undo => self.undo(&stored, now).await,
            };
            match next {
                Ok(next) => {
                    let wait_seconds = ((stored.plan.expires_at.0 - now.0) / 1000).clamp(1, 86_400);
                    return Ok(Authorized { plan_id: input.plan_id, digest: input.digest, next, wait_seconds });
                }
                Err(LedgerOr::Ledger(LedgerError::Conflict { .. })) => {}
                Err(LedgerOr::Ledger(error)) => return Err(error.wire()),
                Err(LedgerOr::Other(error)) => return Err(error),
            }
        }
        Err(WireError::new("Ledger.Unavailable", Text::new("The plan keeps moving; try again.", "计划正在变化，请重试。")))
    }

    /// A reference that means nothing is recorded and ends its execution.
    async fn refused(&self, input: &StepInput, error: &WireError, now: EpochMs) -> Result<Authorized, WireError> {
        let event = AuditEvent::new(EventKind::RequestRefused, Actor::function("authorize-plan"))
            .because([error.name.clone()])
            .fact("plan", input.plan_id.as_str())
            .fact("execution", domain::text::defang(&input.execution, 100));
        self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
        Ok(Authorized { plan_id: input.plan_id.clone(), digest: input.digest.clone(), next: "refused".to_owned(), wait_seconds: 1 })
    }

    async fn execute(&self, stored: &StoredPlan, now: EpochMs) -> Result<String, LedgerOr> {
        match stored.state {
            PlanState::Executing => return Ok("execute".to_owned()),
            PlanState::Executed => return Ok("verify".to_owned()),
            PlanState::Undoing => return Ok("undo".to_owned()),
            PlanState::Preview => return Ok("refused".to_owned()),
            state if state.is_final() => return Ok(state.as_str().to_owned()),
            _ => {}
        }
        let judgement = self.authority.judge(&stored.plan, &stored.digest, Phase::Execute, now).await?;
        let rules: Vec<String> = judgement.verdict.reasons().iter().map(|r| r.rule.clone()).collect();
        let event =
            |kind| AuditEvent::new(kind, Actor::function("authorize-plan")).about(&stored.plan, &stored.digest).because(rules.clone());
        match &judgement.verdict {
            Verdict::Allow { .. } => {
                if stored.state != PlanState::Approved {
                    let people: Vec<String> = judgement.approvers.iter().map(ToString::to_string).collect();
                    let entry = Entry::new(event(EventKind::Approved).fact("approvers", people), now);
                    self.move_to(stored, PlanState::Approved, None, entry).await?;
                }
                Ok("execute".to_owned())
            }
            Verdict::NeedsApproval { have, needed, .. } => {
                let entry = Entry::new(event(EventKind::Verdict).fact("have", i64::from(*have)).fact("needed", i64::from(*needed)), now);
                if stored.state == PlanState::Approved {
                    self.move_to(stored, PlanState::AwaitingApproval, None, entry).await?;
                } else {
                    self.ledger.append(&entry).await?;
                }
                Ok("await_approval".to_owned())
            }
            Verdict::Waits { until, .. } => {
                // Everybody has agreed; the plan stays where people can still take it back, and is judged again when it wakes.
                let mut waiting = event(EventKind::Verdict);
                if let Some(until) = until {
                    waiting = waiting.fact("waits_until", until.to_rfc3339());
                }
                let entry = Entry::new(waiting, now);
                if stored.state == PlanState::Approved {
                    self.move_to(stored, PlanState::AwaitingApproval, None, entry).await?;
                } else {
                    self.ledger.append(&entry).await?;
                }
                Ok("await_approval".to_owned())
            }
            Verdict::Deny { reasons } => {
                let (state, kind) = if reasons.iter().any(|r| r.rule.starts_with("kill.")) {
                    (PlanState::Killed, EventKind::Killed)
                } else if reasons.iter().all(|r| r.rule == "plan.expired") {
                    (PlanState::Expired, EventKind::Expired)
                } else {
                    (PlanState::Denied, EventKind::Denied)
                };
                let reason = reasons.first().cloned();
                let entry = Entry::new(event(kind), now).notify(notices::closed(&stored.plan, &stored.digest, state, reason.as_ref()));
                self.move_to(stored, state, reason, entry).await?;
                Ok(state.as_str().to_owned())
            }
        }
    }

    async fn undo(&self, stored: &StoredPlan, now: EpochMs) -> Result<String, LedgerOr> {
        if stored.state == PlanState::Undoing {
            return Ok("undo".to_owned());
        }
        if stored.undo_requested_by.is_none() || !stored.state.may_become(PlanState::Undoing) {
            return Ok(if stored.state == PlanState::Undone { "undone" } else { "refused" }.to_owned());
        }
        let judgement = self.authority.judge(&stored.plan, &stored.digest, Phase::Undo, now).await?;
        let rules: Vec<String> = judgement.verdict.reasons().iter().map(|r| r.rule.clone()).collect();
        let killed = rules.iter().any(|r| r.starts_with("kill."));
        let event = AuditEvent::new(EventKind::Verdict, Actor::function("authorize-plan"))
            .about(&stored.plan, &stored.digest)
            .because(rules)
            .fact("purpose", "undo");
        let mut entry = Entry::new(event, now);
        if killed {
            entry = entry.notify(notices::paged(
                &stored.plan,
                &stored.digest,
                Text::new(
                    format!("The kill switch holds the undo of plan {}.", stored.plan.id),
                    format!("紧急停止阻止了计划 {} 的回滚。", stored.plan.id),
                ),
            ));
        }
        self.ledger.append(&entry).await?;
        Ok(match judgement.verdict {
            Verdict::Allow { .. } => "undo",
            _ if killed => "killed",
            _ => "denied",
        }
        .to_owned())
    }

    async fn move_to(&self, stored: &StoredPlan, to: PlanState, reason: Option<Reason>, entry: Entry) -> Result<(), LedgerError> {
        let change = reason.map_or_else(Change::none, Change::because);
        self.ledger.transition(&stored.plan.id, stored.version, stored.state, to, &change, &entry).await.map(|_| ())
    }
}

/// Ledger errors are looked at for conflicts; others travel as they are.
enum LedgerOr {
    Ledger(LedgerError),
    Other(WireError),
}

impl From<LedgerError> for LedgerOr {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<WireError> for LedgerOr {
    fn from(error: WireError) -> Self {
        Self::Other(error)
    }
}
