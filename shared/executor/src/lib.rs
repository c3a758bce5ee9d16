//! A plan's resources as they are now, and the sessions in which they may be changed. Entry type: [`Work`].
//!
//! Only `execute-operation` and `undo-operation` may depend on this crate: it is the one bridge to [`operations::effects`].
//! Invariant: the sessions cover this operation's actions on this plan's resources and nothing more.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use accounts::{MemberAccess, Tags};
use domain::{Account, Text, WireError};
use ledger::StoredPlan;
use operations::{
    Batch, Direction, Observed, Operation, Scope, Verification,
    effects::WriteClients,
    observe::{ReadClients, observe},
    session_policy,
};

/// Why the resources cannot be looked at.
#[derive(Debug)]
pub enum Look {
    /// A target does not exist any more.
    Gone(Text),
    /// Something else.
    Fault(WireError),
}

/// Where a target is, compared with the plan.
#[derive(Debug)]
pub enum Seen {
    /// As the plan wants it.
    Holds,
    /// As it was.
    Unchanged,
    /// Between the two.
    OnTheWay,
    /// Elsewhere.
    Other(Text),
}

/// One plan in one direction.
pub struct Work {
    /// The plan's operation.
    pub operation: &'static dyn Operation,
    /// The plan's account and region.
    pub scope: Scope,
    stored: StoredPlan,
    account: Account,
    tags: Tags,
    reader: ReadClients,
    direction: Direction,
    batches: Vec<Batch>,
    observed: Vec<Observed>,
}

impl Work {
    /// Enters the account for reading and cuts the session policies.
    ///
    /// # Errors
    /// When the account cannot be entered or a target cannot be scoped.
    pub async fn enter(access: &MemberAccess, stored: &StoredPlan, account: Account, direction: Direction) -> Result<Self, WireError> {
        let plan = &stored.plan;
        let operation = operations::find(plan.operation.as_str()).ok_or_else(|| {
            WireError::new(
                "Operations.NotBuilt",
                Text::new(format!("`{}` has no effects here.", plan.operation), format!("`{}` 在此版本中没有实现。", plan.operation)),
            )
        })?;
        let people: Vec<String> = plan.authors.iter().map(ToString::to_string).collect();
        let tags = Tags { plan: Some(plan.id.clone()), people: people.join(",") };
        let scope = Scope::new(plan.account.clone(), &plan.region);
        let batches = session_policy(operation, direction, &scope, &plan.targets).map_err(|e| e.wire())?;
        let member = access.read(&account, &plan.region, &tags).await.map_err(|e| e.wire())?;
        Ok(Self {
            operation,
            scope,
            stored: stored.clone(),
            account,
            tags,
            reader: ReadClients::new(&member),
            direction,
            batches,
            observed: Vec::new(),
        })
    }

    /// Looks at every target.
    ///
    /// # Errors
    /// [`Look`].
    pub async fn observe(&mut self) -> Result<(), Look> {
        let ids: Vec<String> = self.stored.plan.targets.iter().map(|t| t.id.clone()).collect();
        match observe(self.operation, &self.reader, &self.scope, &ids, &self.stored.plan.params).await {
            Ok(observed) => {
                self.observed = observed;
                Ok(())
            }
            Err(error) if error.is_not_here() => Err(Look::Gone(error.reason())),
            Err(error) => Err(Look::Fault(error.wire())),
        }
    }

    /// One session for each batch of the session policy.
    ///
    /// # Errors
    /// When the account cannot be entered for writing.
    pub async fn writers(&self, access: &MemberAccess) -> Result<Vec<WriteClients>, WireError> {
        let mut writers = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let member =
                access.operate(&self.account, &self.stored.plan.region, &self.tags, &batch.policy_json).await.map_err(|e| e.wire())?;
            writers.push(WriteClients::new(&member));
        }
        Ok(writers)
    }

    /// Targets in the plan's order, each with the session that covers it.
    pub fn in_order<'a>(&'a self, writers: &'a [WriteClients]) -> impl Iterator<Item = (usize, &'a WriteClients)> {
        self.batches.iter().zip(writers).flat_map(|(batch, writer)| batch.targets.iter().map(move |n| (*n, writer)))
    }

    fn seen_now(&self, n: usize) -> Option<(&domain::PlannedTarget, &Observed)> {
        let target = self.stored.plan.targets.get(n)?;
        Some((target, self.observed.iter().find(|o| o.arn == target.arn)?))
    }

    /// How a target differs from the plan's fingerprint; `None` when it does not.
    #[must_use]
    pub fn drift_of(&self, n: usize) -> Option<Text> {
        let Some((target, now)) = self.seen_now(n) else {
            return Some(Text::new(format!("target {} is not there any more", n + 1), format!("第 {} 个目标已不存在", n + 1)));
        };
        let moved = match self.direction {
            Direction::Forward => self.operation.drift(target, now),
            Direction::Back => self.operation.drift_before_undo(target, now),
        };
        if moved.is_empty() {
            return None;
        }
        let en: Vec<String> = moved.iter().map(|d| format!("{} of {} was {} and is {}", d.field, target.id, d.planned, d.now)).collect();
        let zh: Vec<String> = moved.iter().map(|d| format!("{} 的 {} 原为 {}，现为 {}", target.id, d.field, d.planned, d.now)).collect();
        Some(Text::new(domain::text::inert(&en.join("; "), 600), domain::text::inert(&zh.join("；"), 600)))
    }

    /// Every difference of every target; `None` when nothing moved.
    #[must_use]
    pub fn drift(&self) -> Option<Text> {
        let all: Vec<Text> = (0..self.stored.plan.targets.len()).filter_map(|n| self.drift_of(n)).collect();
        let en: Vec<&str> = all.iter().map(|t| t.en.as_str()).collect();
        let zh: Vec<&str> = all.iter().map(|t| t.zh.as_str()).collect();
        (!all.is_empty()).then(|| Text::new(en.join("; "), zh.join("；")))
    }

    /// Where a target is, compared with the plan.
    #[must_use]
    pub fn state_of(&self, n: usize) -> Seen {
        let Some((target, now)) = self.seen_now(n) else {
            return Seen::Other(Text::new("the target is not there any more", "目标已不存在"));
        };
        match self.operation.verify(target, now, self.direction) {
            Verification::Holds => Seen::Holds,
            _ if self.drift_of(n).is_none() => Seen::Unchanged,
            Verification::Pending(_) => Seen::OnTheWay,
            Verification::Fails { differences } => {
                let list: Vec<String> =
                    differences.iter().map(|d| format!("{}: {} is {}, planned {}", target.id, d.field, d.now, d.planned)).collect();
                Seen::Other(Text::new(list.join("; "), list.join("；")))
            }
        }
    }
}
