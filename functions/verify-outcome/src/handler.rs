//! Whether the post-conditions hold. Entry type: [`Handler`].
//!
//! Invariant: only a look at the resources themselves makes a plan succeed; what cannot be seen is not taken for success.

use accounts::{MemberAccess, Tags};
use audit::{Actor, AuditEvent, EventKind};
use authority::notices;
use domain::{
    Account, EpochMs, PlanState, WireError,
    wire::{StepInput, StepOutcome},
};
use ledger::{Change, Entry, Ledger, StoredPlan};
use operations::{
    Direction, Scope, Verification,
    observe::{ReadClients, observe},
};

use crate::lesson;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) access: MemberAccess,
}

enum Seen {
    Holds,
    Pending,
    Fails(Vec<String>),
}

impl Handler {
    pub(crate) async fn handle(&self, input: StepInput, now: EpochMs) -> Result<StepOutcome, WireError> {
        let stored = authority::find_plan(&self.ledger, &input.plan_id, &input.digest).await?;
        authority::demand_execution(&stored, &input)?;
        let answer =
            |outcome: &str| StepOutcome { plan_id: input.plan_id.clone(), digest: input.digest.clone(), outcome: outcome.to_owned() };
        if stored.state != PlanState::Executed {
            return Ok(answer(stored.state.as_str()));
        }
        let event = |kind| AuditEvent::new(kind, Actor::function("verify-outcome")).about(&stored.plan, &stored.digest);
        match self.look(&stored).await? {
            Seen::Pending => Ok(answer("pending")),
            Seen::Holds => {
                lesson::record(&self.ledger, &stored, true, now).await?;
                let entry = Entry::new(event(EventKind::Verified), now).notify(notices::closed(
                    &stored.plan,
                    &stored.digest,
                    PlanState::Succeeded,
                    None,
                ));
                self.ledger
                    .transition(&stored.plan.id, stored.version, PlanState::Executed, PlanState::Succeeded, &Change::none(), &entry)
                    .await
                    .map_err(|e| e.wire())?;
                Ok(answer(PlanState::Succeeded.as_str()))
            }
            Seen::Fails(differences) => {
                lesson::record(&self.ledger, &stored, false, now).await?;
                let entry = Entry::new(event(EventKind::VerificationFailed).fact("differences", differences), now);
                self.ledger.append(&entry).await.map_err(|e| e.wire())?;
                Ok(answer(PlanState::Failed.as_str()))
            }
        }
    }

    async fn look(&self, stored: &StoredPlan) -> Result<Seen, WireError> {
        let plan = &stored.plan;
        let operation = operations::find(plan.operation.as_str()).ok_or_else(|| authority::no_such_plan(plan.id.as_str()))?;
        let account = self.account(stored).await?;
        let people: Vec<String> = plan.authors.iter().map(ToString::to_string).collect();
        let tags = Tags { plan: Some(plan.id.clone()), people: people.join(",") };
        let member = self.access.read(&account, &plan.region, &tags).await.map_err(|e| e.wire())?;
        let scope = Scope::new(plan.account.clone(), &plan.region);
        let ids: Vec<String> = plan.targets.iter().map(|t| t.id.clone()).collect();
        let observed = match observe(operation, &ReadClients::new(&member), &scope, &ids, &plan.params).await {
            Ok(observed) => observed,
            Err(error) if error.is_not_here() => return Ok(Seen::Fails(vec![error.to_string()])),
            Err(error) => return Err(error.wire()),
        };
        let mut pending = false;
        let mut wrong = Vec::new();
        for target in &plan.targets {
            let Some(now) = observed.iter().find(|o| o.arn == target.arn) else {
                wrong.push(format!("{}: not seen", target.id));
                continue;
            };
            match operation.verify(target, now, Direction::Forward) {
                Verification::Holds => {}
                Verification::Pending(_) => pending = true,
                Verification::Fails { differences } => {
                    wrong.extend(differences.iter().map(|d| format!("{}: {} is {}, planned {}", target.id, d.field, d.now, d.planned)));
                }
            }
        }
        Ok(match (wrong.is_empty(), pending) {
            (false, _) => Seen::Fails(wrong),
            (true, true) => Seen::Pending,
            (true, false) => Seen::Holds,
        })
    }

    async fn account(&self, stored: &StoredPlan) -> Result<Account, WireError> {
        let account = self.ledger.account_by_id(&stored.plan.account).await.map_err(|e| e.wire())?;
        account.ok_or_else(|| {
            let id = &stored.plan.account;
            WireError::new(
                "Accounts.NotFound",
                domain::Text::new(format!("Account {id} is not registered."), format!("账户 {id} 未登记。")),
            )
        })
    }
}
