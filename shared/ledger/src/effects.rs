//! Effects on resources: first the intent, then what became of it. Entry type: [`EffectRecord`].
//!
//! Invariant: an intent is recorded before the call to AWS and exactly once for each target and purpose, so that
//! whoever takes over knows what may have happened.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use domain::{EpochMs, Facts, PlanId, PlanState, wire::Purpose};
use serde::{Deserialize, Serialize};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::{EFFECT, Key, plan_partition},
};

/// Which effect: of which plan, on which target, to execute or to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The plan.
    pub plan: PlanId,
    /// The target's number in the plan, from 0.
    pub target: usize,
    /// To execute or to undo.
    pub purpose: Purpose,
}

/// What is known of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// It was about to happen.
    Intended,
    /// It happened.
    Done,
    /// It did not happen.
    Failed,
    /// Whether it happened cannot be known.
    Unknown,
    /// The resource was found as it should become; nobody knows by whom.
    Observed,
}

impl EffectState {
    /// The name in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Observed => "observed",
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        [Self::Intended, Self::Done, Self::Failed, Self::Unknown, Self::Observed]
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| format!("no effect is `{text}`"))
    }
}

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectResult {
    /// Anything but `Intended`.
    pub state: EffectState,
    /// Request ids that AWS answered with.
    pub request_ids: Vec<String>,
    /// Anything else worth keeping.
    pub detail: Facts,
}

/// An effect as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRecord {
    /// The target's number in the plan, from 0.
    pub target: usize,
    /// To execute or to undo.
    pub purpose: Purpose,
    /// What is known.
    pub state: EffectState,
    /// When it was about to happen.
    pub intended_at: EpochMs,
    /// When its outcome was recorded.
    pub finished_at: Option<EpochMs>,
    /// Request ids that AWS answered with.
    pub request_ids: Vec<String>,
    /// Anything else.
    pub detail: Facts,
}

/// How recording an intent ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intended {
    /// It is recorded now: the call to AWS may be made.
    New,
    /// It was recorded before: the call may have been made.
    Already(EffectRecord),
}

impl Effect {
    fn key(&self) -> Result<Key, LedgerError> {
        if self.target >= 1000 {
            return Err(LedgerError::malformed("a plan has fewer than 1000 targets"));
        }
        // Three digits, so that effects are listed in the order of the plan's targets.
        Ok(Key::effect(&self.plan, &format!("{:03}#{}", self.target, purpose_name(self.purpose))))
    }
}

fn purpose_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Execute => "execute",
        Purpose::Undo => "undo",
    }
}

fn purpose_of(text: &str) -> Result<Purpose, String> {
    [Purpose::Execute, Purpose::Undo].into_iter().find(|p| purpose_name(*p) == text).ok_or_else(|| format!("no purpose `{text}`"))
}

impl Ledger {
    /// Records that an effect is about to happen, if `owner` still holds the plan's lease.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when the lease is not held by `owner` any more.
    pub async fn intend_effect(&self, effect: &Effect, owner: &str, entry: &Entry) -> Result<Intended, LedgerError> {
        let item = Item::new(&effect.key()?, &self.region)
            .n("target", i64::try_from(effect.target).map_err(LedgerError::unexpected)?)
            .s("purpose", purpose_name(effect.purpose))
            .s("effect", EffectState::Intended.as_str())
            .n("intended_at", entry.now.0)
            .finish()?;
        let put = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(LedgerError::unexpected)?;
        let steps = vec![Step::put(Slot::Other, put), self.lease_held(effect, owner)?];
        match self.commit(steps, entry).await? {
            Committed::Yes => Ok(Intended::New),
            Committed::No(slots) if slots.contains(&Slot::Plan) => Err(LedgerError::conflict(effect.plan.as_str())),
            Committed::No(_) => match self.effect(effect).await? {
                Some(record) => Ok(Intended::Already(record)),
                None => Err(LedgerError::conflict(effect.plan.as_str())),
            },
        }
    }

    /// Records what became of an effect. It does not ask for the lease: what happened is recorded whoever holds it.
    /// `Unknown` may become anything else later; the other results stay.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when another result is recorded, [`LedgerError::Malformed`] for `Intended`.
    pub async fn finish_effect(&self, effect: &Effect, result: &EffectResult, entry: &Entry) -> Result<(), LedgerError> {
        if result.state == EffectState::Intended {
            return Err(LedgerError::malformed("an effect does not end as intended"));
        }
        let update = Update::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(effect.key()?.attributes()))
            .update_expression("SET effect = :result, finished_at = :now, request_ids = :ids, detail = :detail")
            .condition_expression("effect = :intended OR effect = :unknown")
            .expression_attribute_values(":result", AttributeValue::S(result.state.as_str().into()))
            .expression_attribute_values(":now", AttributeValue::N(entry.now.0.to_string()))
            .expression_attribute_values(":ids", AttributeValue::S(json(&result.request_ids)?))
            .expression_attribute_values(":detail", AttributeValue::S(json(&result.detail)?))
            .expression_attribute_values(":intended", AttributeValue::S(EffectState::Intended.as_str().into()))
            .expression_attribute_values(":unknown", AttributeValue::S(EffectState::Unknown.as_str().into()))
            .build()
            .map_err(LedgerError::unexpected)?;
        let step = Step::new(Slot::Other, TransactWriteItem::builder().update(update).build());
        match self.commit(vec![step], entry).await? {
            Committed::Yes => Ok(()),
            // The answer to an earlier, identical call may have been lost.
            Committed::No(_) => match self.effect(effect).await? {
                Some(there) if there.state == result.state && there.request_ids == result.request_ids => Ok(()),
                _ => Err(LedgerError::conflict(effect.plan.as_str())),
            },
        }
    }

    /// One effect.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn effect(&self, effect: &Effect) -> Result<Option<EffectRecord>, LedgerError> {
        self.get(&effect.key()?).await?.map(read_effect).transpose()
    }

    /// Every effect of a plan, by target, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub async fn effects(&self, plan: &PlanId) -> Result<Vec<EffectRecord>, LedgerError> {
        let values = [(":pk", AttributeValue::S(plan_partition(plan))), (":prefix", AttributeValue::S(EFFECT.to_owned()))];
        let rows = self.query_all("pk = :pk AND begins_with(sk, :prefix)", values).await?;
        rows.into_iter().map(read_effect).collect()
    }

    fn lease_held(&self, effect: &Effect, owner: &str) -> Result<Step, LedgerError> {
        let state = match effect.purpose {
            Purpose::Execute => PlanState::Executing,
            Purpose::Undo => PlanState::Undoing,
        };
        let check = ConditionCheck::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::plan(&effect.plan).attributes()))
            .condition_expression("#state = :state AND lease_owner = :owner")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", AttributeValue::S(state.as_str().into()))
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(Step::check(Slot::Plan, check))
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(LedgerError::unexpected)
}

fn read_effect(map: Attributes) -> Result<EffectRecord, LedgerError> {
    let row = Row::open(map)?;
    let target = usize::try_from(row.count("target")?).map_err(LedgerError::unexpected)?;
    Ok(EffectRecord {
        target,
        purpose: row.parsed("purpose", purpose_of)?,
        state: row.parsed("effect", EffectState::parse)?,
        intended_at: row.at("intended_at")?,
        finished_at: row.opt_at("finished_at")?,
        request_ids: if row.opt_s("request_ids")?.is_some() { row.json("request_ids")? } else { Vec::new() },
        detail: if row.opt_s("detail")?.is_some() { row.json("detail")? } else { Facts::new() },
    })
}
