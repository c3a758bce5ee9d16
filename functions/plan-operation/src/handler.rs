//! From an understood request to a plan. Entry type: [`Handler`].
//!
//! Invariants: a request delivered several times makes one plan; whatever is refused is told with an error name and recorded, and
//! nothing starts; what passes (a busy service) is an error that the workflow repeats.

use accounts::{MemberAccess, Tags};
use audit::{Actor, AuditEvent, EventKind};
use domain::{
    Account, EpochMs, Intent, OperateRequest, OperationSpec, PlanId, PlanState, Preview, PreviewNote, Role, Text, UndoSpec, Verdict,
    WireError,
    ids::IncidentId,
    preview::NoteLevel,
    wire::{ChangeInput, Planned, Purpose, Understood},
};
use judge::{Judge, Standing};
use ledger::{Entry, Ledger, NewPlan, Proposed, RequestKey, StoredPlan};
use operations::{
    Checked, Observed, Operation, Proposal, Scope,
    observe::{ReadClients, observe},
};
use planner::{AccountHint, DraftInput};

use crate::{link, reply};

/// The longest that a plan waits for its window: what was seen of the resources a week ago is no ground to act on.
const MOST_WAIT_SECONDS: i64 = 7 * 86_400;

pub(crate) struct Handler {
    pub(crate) judge: Judge,
    pub(crate) ledger: Ledger,
    pub(crate) access: MemberAccess,
    pub(crate) plan_ttl_seconds: i64,
}

/// What was found in the one region that has the targets.
struct Found {
    scope: Scope,
    checked: Checked,
    observed: Vec<Observed>,
}

impl Handler {
    pub(crate) async fn handle(&self, understood: Understood, now: EpochMs) -> Result<Planned, WireError> {
        let key = RequestKey { person: understood.input.person.clone(), request_id: understood.input.request_id.clone() };
        if let Some(earlier) = self.ledger.served(&key).await.map_err(|e| e.wire())? {
            return self.again(&understood, &earlier).await;
        }
        match self.plan(&understood, key, now).await {
            Ok(planned) => Ok(planned),
            Err(error) if error.may_retry() => Err(error),
            Err(error) => {
                let event = AuditEvent::new(EventKind::RequestRefused, Actor::person(understood.input.person.clone(), Vec::new()))
                    .because([error.name.clone()])
                    .fact("request", domain::text::defang(&redaction::for_colleagues(&understood.input.text), 300))
                    .sensitive();
                self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
                Ok(Planned { reply: reply::refused(&understood, &error), change: None })
            }
        }
    }

    async fn again(&self, understood: &Understood, id: &PlanId) -> Result<Planned, WireError> {
        let stored = self.ledger.plan(id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(id.as_str()))?;
        let preview = self.ledger.preview(id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(id.as_str()))?;
        let change = starts(stored.state).then(|| change_of(&stored));
        Ok(Planned { reply: reply::planned(understood, &preview, stored.state), change })
    }

    async fn plan(&self, understood: &Understood, key: RequestKey, now: EpochMs) -> Result<Planned, WireError> {
        let Intent::Operate(request) = &understood.parsed.intent else {
            return Err(WireError::new("Input.Malformed", Text::new("This is no request for an operation.", "这不是操作请求。")));
        };
        let person = understood.input.person.clone();
        let Standing { roles, policy_version } = self.judge.demand(&person, &[Role::Operator]).await?;
        let spec = catalogue::find(&request.operation).ok_or_else(|| {
            WireError::new(
                "Operations.NotFound",
                Text::new(format!("`{}` is not in the catalogue.", request.operation), format!("`{}` 不在操作目录中。", request.operation)),
            )
        })?;
        let operation = operations::find(spec.id).filter(|_| spec.built).ok_or_else(|| not_built(spec))?;
        catalogue::check_params(spec, &request.params).map_err(|faults| {
            let en: Vec<String> = faults.iter().map(|f| f.text().en).collect();
            let zh: Vec<String> = faults.iter().map(|f| f.text().zh).collect();
            WireError::new("Operations.Malformed", Text::new(en.join(" "), zh.join("")))
        })?;
        if request.targets.is_empty() {
            return Err(planner::PlanError::TargetMissing.wire());
        }
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let hint =
            AccountHint { written: request.account.clone(), session: understood.session_account.clone(), targets: request.targets.clone() };
        let account = planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?.clone();
        let found = self.find(operation, request, &account, &understood.input.person).await?;
        let proposal = operation.propose(&found.observed, &found.checked.params).map_err(|refusal| refusal.wire())?;
        let id = PlanId::generate(now, lambda_shell::entropy()?);
        let incident = link::named(&understood.input.text).map_err(|refusal| refusal.wire())?;
        let draft = |ttl_seconds: i64| {
            let plan = planner::draft(DraftInput {
                id: id.clone(),
                account: account.clone(),
                region: found.scope.region.clone(),
                operation: request.operation.clone(),
                risk: spec.risk,
                params: found.checked.params.clone(),
                targets: proposal.targets.clone(),
                undo: proposal.undo.clone(),
                authors: vec![person.clone()],
                incident: incident.clone(),
                policy_version: policy_version.clone(),
                now,
                ttl_seconds,
            })
            .map_err(|e| e.wire())?;
            let digest = plan.digest().map_err(|e| {
                WireError::new(
                    "Plan.Malformed",
                    Text::new(format!("The plan cannot be written down exactly: {e}"), format!("无法精确写出计划：{e}")),
                )
            })?;
            Ok::<_, WireError>((plan, digest))
        };
        let (mut plan, mut digest) = draft(self.plan_ttl_seconds)?;
        let linked = match &plan.incident {
            Some(id) => Some(self.linked(&plan, id).await?),
            None => None,
        };
        let mut judgement = self.judge.judge(&plan, &digest, Purpose::Execute).await?;
        // A plan that has to wait for its window stands until some time after that has opened.
        if let Some(ttl_seconds) = judgement.window_opens_at.and_then(|at| waiting_ttl(now, at, self.plan_ttl_seconds)) {
            (plan, digest) = draft(ttl_seconds)?;
            judgement = self.judge.judge(&plan, &digest, Purpose::Execute).await?;
        }
        let mut preview = self.preview(plan, digest, spec, proposal, &judgement.verdict, &account, now).await?;
        preview.notes.extend(linked);
        let state = match (&judgement.verdict, request.dry_run) {
            (_, true) => PlanState::Preview,
            (Verdict::Deny { .. }, false) => PlanState::Denied,
            _ => PlanState::Proposed,
        };
        let kind = if state == PlanState::Preview { EventKind::PlanPreviewed } else { EventKind::PlanProposed };
        let rules: Vec<String> = judgement.verdict.reasons().iter().map(|r| r.rule.clone()).collect();
        let event = AuditEvent::new(kind, Actor::person(person, roles))
            .about(&preview.plan, &preview.digest)
            .shown(preview.shown_hash(understood.lang))
            .because(rules)
            .fact("operation", request.operation.as_str())
            .fact("targets", preview.plan.targets.iter().map(|t| t.arn.clone()).collect::<Vec<_>>());
        let reason = (state == PlanState::Denied).then(|| judgement.verdict.reasons().first().cloned()).flatten();
        let new = NewPlan { plan: &preview.plan, preview: &preview, state, lang: understood.lang, reason, request: Some(key) };
        match self.ledger.propose(&new, &Entry::new(event, now)).await.map_err(|e| e.wire())? {
            Proposed::Already(id) => self.again(understood, &id).await,
            Proposed::New => {
                let change = starts(state).then(|| ChangeInput {
                    plan_id: preview.plan.id.clone(),
                    digest: preview.digest.clone(),
                    purpose: Purpose::Execute,
                });
                Ok(Planned { reply: reply::planned(understood, &preview, state), change })
            }
        }
    }

    /// The incident that a request names, if it goes on and is about everything that the plan touches.
    async fn linked(&self, plan: &domain::Plan, id: &IncidentId) -> Result<PreviewNote, WireError> {
        let incident = self.ledger.incident(id).await.map_err(|e| e.wire())?.map(|stored| stored.incident);
        let incident = incident.ok_or_else(|| link::Refusal::Unknown(id.clone()).wire())?;
        if !incident.is_about(plan) {
            return Err(link::Refusal::Elsewhere(id.clone()).wire());
        }
        Ok(link::note(&incident))
    }

    /// Looks in the region that is named, or in all of the account's; the targets must all be in one.
    async fn find(
        &self,
        operation: &dyn Operation,
        request: &OperateRequest,
        account: &Account,
        person: &domain::PersonId,
    ) -> Result<Found, WireError> {
        let regions = planner::regions_to_search(account, request.region.as_deref()).map_err(|e| e.wire())?;
        let tags = Tags { plan: None, people: person.to_string() };
        let mut not_here: Option<WireError> = None;
        let mut found: Vec<Found> = Vec::new();
        for region in &regions {
            let scope = Scope::new(account.id.clone(), region);
            let checked = match operation.check(&scope, &request.targets, &request.params) {
                Ok(checked) => checked,
                Err(error) if error.is_not_here() => {
                    not_here.get_or_insert(error.wire());
                    continue;
                }
                Err(error) => return Err(error.wire()),
            };
            let member = self.access.read(account, region, &tags).await.map_err(|e| e.wire())?;
            match observe(operation, &ReadClients::new(&member), &scope, &checked.targets, &checked.params).await {
                Ok(observed) => found.push(Found { scope, checked, observed }),
                Err(error) if error.is_not_here() => {
                    not_here.get_or_insert(error.wire());
                }
                Err(error) => return Err(error.wire()),
            }
        }
        let several = found.len() > 1;
        match found.pop() {
            Some(_) if several => Err(WireError::new(
                "Plan.RegionMissing",
                Text::new("The targets exist in several regions. Say which region is meant.", "目标存在于多个区域，请指明区域。"),
            )),
            Some(one) => Ok(one),
            None => Err(not_here.unwrap_or_else(|| planner::PlanError::TargetMissing.wire())),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a preview has this many independent parts")]
    async fn preview(
        &self,
        plan: domain::Plan,
        digest: domain::Digest,
        spec: &OperationSpec,
        proposal: Proposal,
        verdict: &Verdict,
        account: &Account,
        now: EpochMs,
    ) -> Result<Preview, WireError> {
        let rollback = match spec.undo {
            UndoSpec::Restores(fields) => Text::new(
                format!("approved together with this plan; restores {}", fields.join(", ")),
                format!("随本计划一并批准；恢复 {}", fields.join("、")),
            ),
            UndoSpec::None(en, zh) => Text::new(format!("none: {en}"), format!("无：{zh}")),
        };
        let post_conditions = domain::preview::post_conditions(&plan);
        let mut targets = proposal.previews;
        for target in &mut targets {
            target.owner.get_or_insert_with(|| domain::text::inert(&account.owner, 80));
        }
        let mut notes = proposal.notes;
        for target in &plan.targets {
            if let Some(until) = self.ledger.rests_until(&target.arn).await.map_err(|e| e.wire())?.filter(|until| *until > now) {
                notes.push(PreviewNote {
                    level: NoteLevel::Warning,
                    code: "belt.cool_down".to_owned(),
                    text: Text::new(
                        format!("{} was changed a moment ago and rests until {}", target.id, until.to_rfc3339()),
                        format!("{} 刚被更改过，冷却至 {}", target.id, until.to_rfc3339()),
                    ),
                });
            }
        }
        Ok(Preview {
            plan,
            digest,
            summary: Text::new(spec.summary.0, spec.summary.1),
            targets,
            verdict: verdict.summary(),
            rollback,
            post_conditions,
            monthly_cost_cents: proposal.monthly_cost_cents,
            notes,
            observed_at: now,
        })
    }
}

/// How long a plan stands that waits for a window; `None` when that opens too late for an approval of today to mean anything.
fn waiting_ttl(now: EpochMs, opens_at: EpochMs, usual_seconds: i64) -> Option<i64> {
    let wait = opens_at.seconds() - now.seconds();
    (0..=MOST_WAIT_SECONDS).contains(&wait).then(|| wait + usual_seconds)
}

fn starts(state: PlanState) -> bool {
    !state.is_final()
}

fn change_of(stored: &StoredPlan) -> ChangeInput {
    ChangeInput { plan_id: stored.plan.id.clone(), digest: stored.digest.clone(), purpose: Purpose::Execute }
}

fn not_built(spec: &OperationSpec) -> WireError {
    WireError::new(
        "Operations.NotBuilt",
        Text::new(
            format!("`{}` is in the catalogue, but this version cannot carry it out yet. Nothing was done.", spec.id),
            format!("`{}` 已列入操作目录，但当前版本尚不能执行。没有执行任何操作。", spec.id),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_waits_stands_until_after_the_window_opened_but_not_for_more_than_a_week() {
        let now = EpochMs(1_800_000_000_000);
        assert_eq!(waiting_ttl(now, now.plus_seconds(3600), 900), Some(4500));
        assert_eq!(waiting_ttl(now, now.plus_seconds(8 * 86_400), 900), None);
        assert_eq!(waiting_ttl(now, now.plus_seconds(-1), 900), None);
    }
}
