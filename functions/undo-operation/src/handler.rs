//! Takes a plan back. Entry type: [`Handler`].
//!
//! Invariants: the undo was approved with the plan, so it asks for no new approval, but it is held by the kill switch, which then pages;
//! only targets whose effect happened, or may have, are touched; a resource that somebody else moved in the meantime is left alone;
//! the undo is done when the restored fields are seen, not when the calls were made.

use std::time::Duration;

use accounts::MemberAccess;
use audit::{Actor, AuditEvent, EventKind};
use authority::notices;
use domain::{
    Account, Facts, PlanState, Reason, Text, Undo, Verdict, WireError,
    wire::{Purpose, StepInput, StepOutcome},
};
use executor::{Look, Seen, Work};
use judge::Judge;
use lambda_shell::Invocation;
use ledger::{Change, Effect, EffectResult, EffectState, Entry, Intended, LeaseOutcome, LeaseRefused, LeaseTerms, Ledger, StoredPlan};
use operations::{
    Direction, EffectError,
    effects::{WriteClients, undo},
};

/// After an invocation's deadline its process is gone; this is for clocks that differ.
const CLOCK_MARGIN_SECONDS: i64 = 5;
/// Looking ends this long before the deadline, so that the last record can still be written.
const LAST_LOOK_SECONDS: i64 = 12;
/// Between two looks at the restored fields.
const LOOK_PAUSE: Duration = Duration::from_secs(2);
/// How often a throttled write is tried, with growing pauses.
const WRITE_ATTEMPTS: u32 = 4;

pub(crate) struct Handler {
    pub(crate) judge: Judge,
    pub(crate) ledger: Ledger,
    pub(crate) access: MemberAccess,
}

impl Handler {
    pub(crate) async fn handle(&self, input: StepInput, invocation: Invocation) -> Result<StepOutcome, WireError> {
        let stored = authority::find_plan(&self.ledger, &input.plan_id, &input.digest).await?;
        authority::demand_execution(&stored, &input)?;
        let outcome = self.step(&stored, &input, &invocation).await?;
        Ok(StepOutcome { plan_id: input.plan_id, digest: input.digest, outcome: outcome.to_owned() })
    }

    async fn step(&self, stored: &StoredPlan, input: &StepInput, invocation: &Invocation) -> Result<&'static str, WireError> {
        let after_verification = stored.state == PlanState::Executed && input.purpose == Purpose::Execute;
        let requested = stored.undo_requested_by.is_some()
            && stored.state != PlanState::Undoing
            && stored.state.may_become(PlanState::Undoing)
            && input.purpose == Purpose::Undo;
        if !(after_verification || requested || stored.state == PlanState::Undoing) {
            return Ok(stored.state.as_str());
        }
        if stored.plan.undo == Undo::None {
            let text = Text::new("The post-condition does not hold, and this operation has no undo.", "后置条件不成立，且该操作无法回滚。");
            return match stored.state {
                PlanState::Executed => self.close(stored, PlanState::Failed, EventKind::Failed, "undo.none", text, None).await,
                state => Ok(state.as_str()),
            };
        }
        let judgement = self.judge.judge(&stored.plan, &stored.digest, Purpose::Undo).await?;
        let (Verdict::Allow { .. }, Some(account)) = (&judgement.verdict, judgement.account) else {
            return self.held(stored, judgement.verdict.summary()).await;
        };
        let mut work = self.enter(stored, account, invocation).await?;
        let touched = self.touched(stored).await?;
        if after_verification {
            // What the plan itself is still bringing about is waited for; an undo in the middle of it would be refused or lost.
            self.settle(&mut work, &touched, invocation).await?;
        } else if stored.state != PlanState::Undoing {
            for n in &touched {
                if let (Some(text), false) = (work.drift_of(*n), matches!(work.state_of(*n), Seen::Holds)) {
                    return self.drifted(stored, text, invocation).await;
                }
            }
        }
        let writers = work.writers(&self.access).await?;
        let terms = LeaseTerms {
            purpose: Purpose::Undo,
            owner: invocation.request_id.clone(),
            until: invocation.deadline.plus_seconds(CLOCK_MARGIN_SECONDS),
            approvals: Vec::new(),
            belts: None,
        };
        let held = match self.lease(stored, &terms).await? {
            Ok(held) => held,
            Err(outcome) => return Ok(outcome),
        };
        self.run(&held, &terms.owner, &mut work, &writers, &touched, invocation).await
    }

    async fn enter(&self, stored: &StoredPlan, account: Account, invocation: &Invocation) -> Result<Work, WireError> {
        let mut work = Work::enter(&self.access, stored, account, Direction::Back).await?;
        match work.observe().await {
            Ok(()) => Ok(work),
            Err(Look::Fault(error)) => Err(error),
            Err(Look::Gone(text)) => {
                self.drifted(stored, text.clone(), invocation).await?;
                Err(WireError::new("Undo.Conflict", text))
            }
        }
    }

    /// Positions of targets whose effect happened, or may have.
    async fn touched(&self, stored: &StoredPlan) -> Result<Vec<usize>, WireError> {
        let effects = self.ledger.effects(&stored.plan.id).await.map_err(|e| e.wire())?;
        Ok(effects.into_iter().filter(|e| e.purpose == Purpose::Execute && e.state != EffectState::Failed).map(|e| e.target).collect())
    }

    /// The lease, or the outcome with which this step ends.
    async fn lease(&self, stored: &StoredPlan, terms: &LeaseTerms) -> Result<Result<StoredPlan, &'static str>, WireError> {
        let entry = Entry::new(event(EventKind::UndoStarted, stored).fact("owner", terms.owner.as_str()), lambda_shell::now());
        match self.ledger.take_lease(stored, terms, &entry).await.map_err(|e| e.wire())? {
            LeaseOutcome::Taken { version, .. } => Ok(Ok(StoredPlan { version, state: PlanState::Undoing, ..stored.clone() })),
            LeaseOutcome::Refused(LeaseRefused::Killed { scope }) => {
                let text = Text::new(format!("the kill switch `{scope}` is pulled"), format!("紧急停止 `{scope}` 已启用"));
                self.held(stored, text).await.map(Err)
            }
            LeaseOutcome::Refused(refused) => Err(WireError::new("Execute.LeaseHeld", refused.text())),
        }
    }

    async fn run(
        &self,
        held: &StoredPlan,
        owner: &str,
        work: &mut Work,
        writers: &[WriteClients],
        touched: &[usize],
        invocation: &Invocation,
    ) -> Result<&'static str, WireError> {
        let todo: Vec<(usize, &WriteClients)> = work.in_order(writers).filter(|(n, _)| touched.contains(n)).collect();
        for (n, writer) in todo {
            let stops = self.ledger.active_stops_for(&held.plan.account, &held.plan.operation).await.map_err(|e| e.wire())?;
            if let Some(stop) = stops.first() {
                let text = Text::new(format!("the kill switch `{}` is pulled", stop.scope), format!("紧急停止 `{}` 已启用", stop.scope));
                return self.held(held, text).await;
            }
            if let Some(text) = self.target(held, n, owner, work, writer).await? {
                return self.close(held, PlanState::UndoFailed, EventKind::UndoFailed, "undo.failed", text, Some(owner)).await;
            }
        }
        self.look_until_restored(held, owner, work, touched, invocation).await
    }

    /// One target back; a text when it failed for good.
    async fn target(
        &self,
        held: &StoredPlan,
        n: usize,
        owner: &str,
        work: &Work,
        writer: &WriteClients,
    ) -> Result<Option<Text>, WireError> {
        let effect = Effect { plan: held.plan.id.clone(), target: n, purpose: Purpose::Undo };
        let Some(target) = held.plan.targets.get(n) else {
            return Ok(Some(Text::new("The plan has no such target.", "计划中没有该目标。")));
        };
        let intent = Entry::new(
            event(EventKind::EffectIntended, held).on([target.arn.as_str()]).fact("target", target.arn.as_str()).fact("purpose", "undo"),
            lambda_shell::now(),
        );
        if let Intended::Already(record) = self.ledger.intend_effect(&effect, owner, &intent).await.map_err(|e| e.wire())?
            && matches!(record.state, EffectState::Done | EffectState::Observed)
        {
            return Ok(None);
        }
        // Undo effects set a state; making one twice has the effect of one.
        if matches!(work.state_of(n), Seen::Holds) {
            self.finish(held, &effect, EffectState::Observed, EventKind::EffectObserved, &target.arn, None).await?;
            return Ok(None);
        }
        let token = format!("{}-{n}-undo", held.plan.id);
        let mut pause = Duration::from_millis(500);
        for attempt in 1..=WRITE_ATTEMPTS {
            match undo(work.operation, writer, &work.scope, target, &held.plan.params, &token).await {
                Ok(done) => {
                    self.finish(held, &effect, EffectState::Done, EventKind::EffectDone, &target.arn, done.request_id).await?;
                    return Ok(None);
                }
                Err(EffectError::Throttled { .. }) if attempt < WRITE_ATTEMPTS => {
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                }
                Err(error @ EffectError::Ambiguous { .. }) => return Err(WireError::new("Execute.LeaseHeld", error.wire().text)),
                Err(error) => {
                    self.finish(held, &effect, EffectState::Failed, EventKind::EffectFailed, &target.arn, None).await?;
                    return Ok(Some(error.wire().text));
                }
            }
        }
        Err(WireError::new("Operations.Throttled", Text::new("The service asks to slow down.", "服务要求降低请求速率。")))
    }

    async fn finish(
        &self,
        held: &StoredPlan,
        effect: &Effect,
        state: EffectState,
        kind: EventKind,
        arn: &str,
        request_id: Option<String>,
    ) -> Result<(), WireError> {
        let request_ids: Vec<String> = request_id.into_iter().collect();
        let event = event(kind, held).on([arn]).fact("target", arn).fact("purpose", "undo").requests(request_ids.clone());
        let result = EffectResult { state, request_ids, detail: Facts::new() };
        self.ledger.finish_effect(effect, &result, &Entry::new(event, lambda_shell::now())).await.map_err(|e| e.wire())
    }

    /// Waits while a target is still on its way to where the plan sent it.
    async fn settle(&self, work: &mut Work, touched: &[usize], invocation: &Invocation) -> Result<(), WireError> {
        let half = invocation.deadline.plus_seconds(-60);
        while lambda_shell::now() < half && touched.iter().any(|n| matches!(work.state_of(*n), Seen::OnTheWay)) {
            tokio::time::sleep(LOOK_PAUSE).await;
            if let Err(Look::Fault(error)) = work.observe().await {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn look_until_restored(
        &self,
        held: &StoredPlan,
        owner: &str,
        work: &mut Work,
        touched: &[usize],
        invocation: &Invocation,
    ) -> Result<&'static str, WireError> {
        let last_look = invocation.deadline.plus_seconds(-LAST_LOOK_SECONDS);
        loop {
            match work.observe().await {
                Ok(()) => {}
                Err(Look::Fault(error)) => return Err(error),
                Err(Look::Gone(text)) => {
                    return self.close(held, PlanState::UndoFailed, EventKind::UndoFailed, "undo.gone", text, Some(owner)).await;
                }
            }
            if touched.iter().all(|n| matches!(work.state_of(*n), Seen::Holds)) {
                let entry = Entry::new(event(EventKind::Undone, held), lambda_shell::now()).notify(notices::closed(
                    &held.plan,
                    &held.digest,
                    PlanState::Undone,
                    None,
                ));
                self.ledger
                    .transition(&held.plan.id, held.version, PlanState::Undoing, PlanState::Undone, &Change::none().held_by(owner), &entry)
                    .await
                    .map_err(|e| e.wire())?;
                return Ok(PlanState::Undone.as_str());
            }
            if lambda_shell::now() >= last_look {
                let text = Text::new("The restored fields are not seen in time.", "未能在限定时间内看到恢复后的状态。");
                return self.close(held, PlanState::UndoFailed, EventKind::UndoFailed, "undo.not_seen", text, Some(owner)).await;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }

    /// Somebody moved the resource after the plan: it is left alone and a person is asked.
    async fn drifted(&self, stored: &StoredPlan, text: Text, invocation: &Invocation) -> Result<&'static str, WireError> {
        let terms = LeaseTerms {
            purpose: Purpose::Undo,
            owner: invocation.request_id.clone(),
            until: invocation.deadline.plus_seconds(CLOCK_MARGIN_SECONDS),
            approvals: Vec::new(),
            belts: None,
        };
        match self.lease(stored, &terms).await? {
            Ok(held) => self.close(&held, PlanState::UndoFailed, EventKind::UndoFailed, "undo.drifted", text, Some(&terms.owner)).await,
            Err(outcome) => Ok(outcome),
        }
    }

    /// The kill switch or another rule holds the undo: the plan stays where it is and people are paged.
    async fn held(&self, stored: &StoredPlan, why: Text) -> Result<&'static str, WireError> {
        let text = Text::new(
            format!("The undo of plan {} is held: {}", stored.plan.id, why.en),
            format!("计划 {} 的回滚被阻止：{}", stored.plan.id, why.zh),
        );
        let entry = Entry::new(event(EventKind::Killed, stored).fact("purpose", "undo"), lambda_shell::now()).notify(notices::paged(
            &stored.plan,
            &stored.digest,
            text,
        ));
        self.ledger.append(&entry).await.map_err(|e| e.wire())?;
        Ok(PlanState::Killed.as_str())
    }

    async fn close(
        &self,
        stored: &StoredPlan,
        state: PlanState,
        kind: EventKind,
        rule: &str,
        text: Text,
        owner: Option<&str>,
    ) -> Result<&'static str, WireError> {
        let reason = Reason { rule: rule.to_owned(), text: text.clone() };
        let mut entry = Entry::new(event(kind, stored).because([rule]).fact("why", text.en.as_str()), lambda_shell::now())
            .notify(notices::closed(&stored.plan, &stored.digest, state, Some(&reason)));
        if state == PlanState::UndoFailed {
            entry = entry.notify(notices::paged(&stored.plan, &stored.digest, text));
        }
        let mut change = Change::because(reason);
        if let Some(owner) = owner {
            change = change.held_by(owner);
        }
        self.ledger.transition(&stored.plan.id, stored.version, stored.state, state, &change, &entry).await.map_err(|e| e.wire())?;
        Ok(state.as_str())
    }
}

fn event(kind: EventKind, stored: &StoredPlan) -> AuditEvent {
    AuditEvent::new(kind, Actor::function("undo-operation")).about(&stored.plan, &stored.digest)
}
