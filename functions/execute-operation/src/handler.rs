//! Carries out the approved plan. Entry type: [`Handler`].
//!
//! Order: authority of this moment → the resources as they are now → sessions cut to this plan → the lease (one transaction with
//! approvals, stops and belts) → for each target: stop? intent, effect, record.
//!
//! Invariants: nothing is sent before its intent is recorded; an intent without a record is looked at, never blindly repeated; whether
//! the plan may run is decided by the ledger and the rules alone; a plan whose resources moved is void.

use std::time::Duration;

use accounts::MemberAccess;
use audit::{Actor, AuditEvent, EventKind};
use authority::notices;
use domain::{
    Account, EpochMs, PlanState, Reason, Risk, Text, Verdict, WireError,
    wire::{Purpose, StepInput, StepOutcome},
};
use executor::{Look, Seen, Work};
use judge::Judge;
use lambda_shell::Invocation;
use ledger::{
    Belts, Change, Effect, EffectRecord, EffectResult, EffectState, Entry, Intended, LeaseOutcome, LeaseRefused, LeaseTerms, Ledger,
    StoredPlan,
};
use operations::{
    Direction, EffectError,
    effects::{WriteClients, execute},
};

/// After an invocation's deadline its process is gone; this is for clocks that differ.
const CLOCK_MARGIN_SECONDS: i64 = 5;
/// How often a throttled write is tried, with growing pauses.
const WRITE_ATTEMPTS: u32 = 4;

#[derive(Debug, Clone, Copy)]
pub(crate) struct BeltSettings {
    pub(crate) daily_cap: u32,
    pub(crate) cool_down_r2_seconds: i64,
    pub(crate) cool_down_r3_seconds: i64,
}

pub(crate) struct Handler {
    pub(crate) judge: Judge,
    pub(crate) ledger: Ledger,
    pub(crate) access: MemberAccess,
    pub(crate) belts: BeltSettings,
}

/// How one target ended.
enum Target {
    Done,
    Failed(Text),
    Unknown(Text),
}

impl Handler {
    pub(crate) async fn handle(&self, input: StepInput, invocation: Invocation) -> Result<StepOutcome, WireError> {
        let stored = authority::find_plan(&self.ledger, &input.plan_id, &input.digest).await?;
        authority::demand_execution(&stored, &input)?;
        let outcome = match stored.state {
            PlanState::Approved => self.first(&stored, &invocation).await?,
            PlanState::Executing => self.resume(&stored, &invocation).await?,
            // Whatever it is, authorize-plan says where it goes.
            PlanState::Proposed | PlanState::AwaitingApproval => "awaiting_approval",
            state => state.as_str(),
        };
        Ok(StepOutcome { plan_id: input.plan_id, digest: input.digest, outcome: outcome.to_owned() })
    }

    async fn first(&self, stored: &StoredPlan, invocation: &Invocation) -> Result<&'static str, WireError> {
        let now = lambda_shell::now();
        let judgement = self.judge.judge(&stored.plan, &stored.digest, Purpose::Execute).await?;
        let (Verdict::Allow { .. }, Some(account)) = (&judgement.verdict, judgement.account) else {
            return Ok("awaiting_approval");
        };
        let mut work = match Work::enter(&self.access, stored, account, Direction::Forward).await {
            Ok(work) => work,
            Err(error) if error.may_retry() => return Err(error),
            Err(error) => return self.close(stored, PlanState::Failed, EventKind::Failed, error.name.clone(), error.text, None).await,
        };
        match work.observe().await {
            Ok(()) => {}
            Err(Look::Gone(text)) => {
                return self.close(stored, PlanState::Drifted, EventKind::Drifted, "drift.gone".to_owned(), text, None).await;
            }
            Err(Look::Fault(error)) if error.may_retry() => return Err(error),
            Err(Look::Fault(error)) => {
                return self.close(stored, PlanState::Failed, EventKind::Failed, error.name.clone(), error.text, None).await;
            }
        }
        if let Some(text) = work.drift() {
            return self.close(stored, PlanState::Drifted, EventKind::Drifted, "drift.moved".to_owned(), text, None).await;
        }
        let writers = match work.writers(&self.access).await {
            Ok(writers) => writers,
            Err(error) if error.may_retry() => return Err(error),
            Err(error) => return self.close(stored, PlanState::Failed, EventKind::Failed, error.name.clone(), error.text, None).await,
        };
        let terms = self.terms(stored, judgement.approvers, now, invocation);
        self.lease_and_run(stored, &terms, &work, &writers).await
    }

    /// A workflow that was started again, or an invocation that came twice: the effects that are recorded are not repeated.
    async fn resume(&self, stored: &StoredPlan, invocation: &Invocation) -> Result<&'static str, WireError> {
        let now = lambda_shell::now();
        let account = self.account(stored).await?;
        let mut work = Work::enter(&self.access, stored, account, Direction::Forward).await?;
        let seen = work.observe().await;
        if let Err(Look::Fault(error)) = seen {
            return Err(error);
        }
        let writers = work.writers(&self.access).await?;
        let terms = LeaseTerms { approvals: Vec::new(), belts: None, ..self.terms(stored, Vec::new(), now, invocation) };
        self.lease_and_run(stored, &terms, &work, &writers).await
    }

    fn terms(&self, stored: &StoredPlan, approvals: Vec<domain::PersonId>, now: EpochMs, invocation: &Invocation) -> LeaseTerms {
        let cool_down_until = match stored.plan.risk {
            Risk::R1 => None,
            Risk::R2 => Some(now.plus_seconds(self.belts.cool_down_r2_seconds)),
            Risk::R3 => Some(now.plus_seconds(self.belts.cool_down_r3_seconds)),
        };
        LeaseTerms {
            purpose: Purpose::Execute,
            owner: invocation.request_id.clone(),
            until: invocation.deadline.plus_seconds(CLOCK_MARGIN_SECONDS),
            approvals,
            belts: Some(Belts { daily_cap: self.belts.daily_cap, cool_down_until }),
        }
    }

    async fn lease_and_run(
        &self,
        stored: &StoredPlan,
        terms: &LeaseTerms,
        work: &Work,
        writers: &[WriteClients],
    ) -> Result<&'static str, WireError> {
        let entry = Entry::new(event(EventKind::LeaseTaken, stored).fact("owner", terms.owner.as_str()), lambda_shell::now());
        let version = match self.ledger.take_lease(stored, terms, &entry).await.map_err(|e| e.wire())? {
            LeaseOutcome::Taken { version, .. } => version,
            LeaseOutcome::Refused(refused) => return self.no_lease(stored, refused).await,
        };
        let held = StoredPlan { version, state: PlanState::Executing, ..stored.clone() };
        self.run(&held, terms, work, writers).await
    }

    async fn no_lease(&self, stored: &StoredPlan, refused: LeaseRefused) -> Result<&'static str, WireError> {
        let (rule, text) = (refused.rule().to_owned(), refused.text());
        match refused {
            LeaseRefused::HeldBy { .. } => Err(WireError::new("Execute.LeaseHeld", text)),
            LeaseRefused::PlanMoved { state } if state == stored.state => Err(WireError::new("Execute.LeaseHeld", text)),
            LeaseRefused::PlanMoved { state } => {
                Ok(if state.is_final() || state == PlanState::Executed { state.as_str() } else { "awaiting_approval" })
            }
            LeaseRefused::Killed { .. } if stored.state == PlanState::Executing => {
                self.close(stored, PlanState::Killed, EventKind::Killed, rule, text, None).await
            }
            LeaseRefused::Expired | LeaseRefused::ApprovalMissing { .. } | LeaseRefused::Killed { .. } => Ok("awaiting_approval"),
            LeaseRefused::DailyCap { .. } | LeaseRefused::CoolDown { .. } => {
                self.close(stored, PlanState::Denied, EventKind::Denied, rule, text, None).await
            }
        }
    }

    async fn run(&self, held: &StoredPlan, terms: &LeaseTerms, work: &Work, writers: &[WriteClients]) -> Result<&'static str, WireError> {
        let owner = terms.owner.as_str();
        for (n, writer) in work.in_order(writers) {
            let stops = self.ledger.active_stops_for(&held.plan.account, &held.plan.operation).await.map_err(|e| e.wire())?;
            if let Some(stop) = stops.first() {
                let text = Text::new(
                    format!("the kill switch `{}` was pulled before target {}", stop.scope, n + 1),
                    format!("在第 {} 个目标之前启用了紧急停止 `{}`", n + 1, stop.scope),
                );
                return self.close(held, PlanState::Killed, EventKind::Killed, format!("kill.{}", stop.scope), text, Some(owner)).await;
            }
            match self.target(held, n, work, writer, owner).await? {
                Target::Done => {}
                Target::Failed(text) => {
                    return self.close(held, PlanState::Failed, EventKind::Failed, "effect.failed".to_owned(), text, Some(owner)).await;
                }
                Target::Unknown(text) => {
                    return self.close(held, PlanState::Unknown, EventKind::Unknown, "effect.unknown".to_owned(), text, Some(owner)).await;
                }
            }
        }
        let entry = Entry::new(event(EventKind::Executed, held), lambda_shell::now());
        self.ledger
            .transition(&held.plan.id, held.version, PlanState::Executing, PlanState::Executed, &Change::none().held_by(owner), &entry)
            .await
            .map_err(|e| e.wire())?;
        Ok(PlanState::Executed.as_str())
    }

    /// One target: intent, effect, record.
    async fn target(&self, held: &StoredPlan, n: usize, work: &Work, writer: &WriteClients, owner: &str) -> Result<Target, WireError> {
        let effect = Effect { plan: held.plan.id.clone(), target: n, purpose: Purpose::Execute };
        let Some(target) = held.plan.targets.get(n) else {
            return Err(WireError::new("Input.Malformed", Text::new("The plan has no such target.", "计划中没有该目标。")));
        };
        let intent = Entry::new(
            event(EventKind::EffectIntended, held).on([target.arn.as_str()]).fact("target", target.arn.as_str()),
            lambda_shell::now(),
        );
        match self.ledger.intend_effect(&effect, owner, &intent).await.map_err(|e| e.wire())? {
            Intended::Already(record) => match record.state {
                EffectState::Done | EffectState::Observed => return Ok(Target::Done),
                EffectState::Failed => return Ok(Target::Failed(told(&record))),
                EffectState::Unknown => return Ok(Target::Unknown(told(&record))),
                // An earlier invocation died between intent and record.
                EffectState::Intended if !work.operation.effect_is_observable() => return self.unknown(held, &effect, &target.arn).await,
                EffectState::Intended => match work.state_of(n) {
                    Seen::Holds => {
                        self.finish(held, &effect, EffectState::Observed, EventKind::EffectObserved, &target.arn, None, None).await?;
                        return Ok(Target::Done);
                    }
                    // As it was before: the effect did not happen, and making it now is the first time.
                    Seen::Unchanged => {}
                    Seen::OnTheWay => {
                        return Err(WireError::new(
                            "Execute.LeaseHeld",
                            Text::new("The resource is between two states; looked at again later.", "资源处于中间状态，稍后再查看。"),
                        ));
                    }
                    Seen::Other(text) => return self.unknown_because(held, &effect, &target.arn, text).await,
                },
            },
            Intended::New => {
                if let Some(text) = work.drift_of(n) {
                    self.finish(held, &effect, EffectState::Failed, EventKind::EffectFailed, &target.arn, None, Some(&text)).await?;
                    return Ok(Target::Failed(text));
                }
            }
        }
        let token = format!("{}-{n}", held.plan.id);
        let mut pause = Duration::from_millis(500);
        for attempt in 1..=WRITE_ATTEMPTS {
            match execute(work.operation, writer, &work.scope, target, &held.plan.params, &token).await {
                Ok(done) => {
                    let (state, kind) = if done.already {
                        (EffectState::Observed, EventKind::EffectObserved)
                    } else {
                        (EffectState::Done, EventKind::EffectDone)
                    };
                    self.finish(held, &effect, state, kind, &target.arn, done.request_id, None).await?;
                    return Ok(Target::Done);
                }
                Err(EffectError::Throttled { .. }) if attempt < WRITE_ATTEMPTS => {
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                }
                Err(error @ EffectError::Ambiguous { .. }) if work.operation.effect_is_observable() => {
                    tracing::warn!(error = %error, "the outcome of a write is not known; it is looked at before anything else");
                    // The intent stands without a record: the next attempt looks first.
                    return Err(WireError::new("Execute.LeaseHeld", error.wire().text));
                }
                Err(error @ EffectError::Ambiguous { .. }) => {
                    return self.unknown_because(held, &effect, &target.arn, error.wire().text).await;
                }
                Err(error) => {
                    let text = error.wire().text;
                    self.finish(held, &effect, EffectState::Failed, EventKind::EffectFailed, &target.arn, None, Some(&text)).await?;
                    return Ok(Target::Failed(text));
                }
            }
        }
        Err(WireError::new("Operations.Throttled", Text::new("The service asks to slow down.", "服务要求降低请求速率。")))
    }

    async fn unknown(&self, held: &StoredPlan, effect: &Effect, arn: &str) -> Result<Target, WireError> {
        let text = Text::new(
            format!(
                "The request for {arn} may have been sent before the function died, and this effect cannot be seen afterwards. It is not repeated; a person must look."
            ),
            format!("函数中断前对 {arn} 的请求可能已发出，且该操作的效果事后无法观察。不会重复执行，需要人工确认。"),
        );
        self.unknown_because(held, effect, arn, text).await
    }

    async fn unknown_because(&self, held: &StoredPlan, effect: &Effect, arn: &str, text: Text) -> Result<Target, WireError> {
        self.finish(held, effect, EffectState::Unknown, EventKind::EffectUnknown, arn, None, Some(&text)).await?;
        Ok(Target::Unknown(text))
    }

    #[expect(clippy::too_many_arguments, reason = "one record has this many independent parts")]
    async fn finish(
        &self,
        held: &StoredPlan,
        effect: &Effect,
        state: EffectState,
        kind: EventKind,
        arn: &str,
        request_id: Option<String>,
        text: Option<&Text>,
    ) -> Result<(), WireError> {
        let mut detail = domain::Facts::new();
        if let Some(text) = text {
            detail.insert("en".to_owned(), text.en.as_str().into());
            detail.insert("zh".to_owned(), text.zh.as_str().into());
        }
        let request_ids: Vec<String> = request_id.into_iter().collect();
        let event = event(kind, held).on([arn]).fact("target", arn).requests(request_ids.clone());
        let result = EffectResult { state, request_ids, detail };
        self.ledger.finish_effect(effect, &result, &Entry::new(event, lambda_shell::now())).await.map_err(|e| e.wire())
    }

    /// Ends the plan, with its reason, its audit record and its message in one transaction.
    async fn close(
        &self,
        stored: &StoredPlan,
        state: PlanState,
        kind: EventKind,
        rule: String,
        text: Text,
        owner: Option<&str>,
    ) -> Result<&'static str, WireError> {
        let event = event(kind, stored).because([rule.clone()]).fact("why", text.en.as_str());
        let reason = Reason { rule, text: text.clone() };
        let mut entry = Entry::new(event, lambda_shell::now()).notify(notices::closed(&stored.plan, &stored.digest, state, Some(&reason)));
        if state == PlanState::Unknown {
            entry = entry.notify(notices::paged(&stored.plan, &stored.digest, text));
        }
        let mut change = Change::because(reason);
        if let Some(owner) = owner {
            change = change.held_by(owner);
        }
        self.ledger.transition(&stored.plan.id, stored.version, stored.state, state, &change, &entry).await.map_err(|e| e.wire())?;
        Ok(state.as_str())
    }

    async fn account(&self, stored: &StoredPlan) -> Result<Account, WireError> {
        let account = self.ledger.account_by_id(&stored.plan.account).await.map_err(|e| e.wire())?;
        account.ok_or_else(|| {
            let id = &stored.plan.account;
            WireError::new("Accounts.NotFound", Text::new(format!("Account {id} is not registered."), format!("账户 {id} 未登记。")))
        })
    }
}

fn event(kind: EventKind, stored: &StoredPlan) -> AuditEvent {
    AuditEvent::new(kind, Actor::function("execute-operation")).about(&stored.plan, &stored.digest)
}

fn told(record: &EffectRecord) -> Text {
    let text = |key: &str| record.detail.get(key).map(ToString::to_string).unwrap_or_default();
    Text::new(text("en"), text("zh"))
}
