//! Plans and their life. Entry types: [`NewPlan`], [`StoredPlan`], [`Change`].
//!
//! Invariant: a plan's text never changes; its state changes only from the state and version that the caller
//! saw, only as [`PlanState::may_become`] allows, and only together with an audit record.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use domain::{Digest, EpochMs, Lang, PersonId, Plan, PlanId, PlanState, Preview, Reason, canonical_json};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{EPOCH, Item, Row},
    keys::{Key, UNDO_REQUESTED, state_index},
    plan_item::{listed_item, plan_item, preview_item, read_plan, read_preview},
};

/// How long a served request is remembered.
const REQUEST_TTL_SECONDS: i64 = 30 * 86_400;
/// Longest request id of a client, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// A client's request: the same one twice makes one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asked.
    pub person: PersonId,
    /// The client's id of the request, 1 to 128 visible ASCII characters.
    pub request_id: String,
}

/// A plan to be stored.
#[derive(Debug, Clone)]
pub struct NewPlan<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What people read before they decide.
    pub preview: &'a Preview,
    /// `Preview`, `Proposed` or `Denied`.
    pub state: PlanState,
    /// The asker's language.
    pub lang: Lang,
    /// Why it is denied.
    pub reason: Option<Reason>,
    /// The request it answers, where it is to be served once.
    pub request: Option<RequestKey>,
}

/// How a proposal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// The plan is stored.
    New,
    /// The request was served before, with this plan; nothing was written.
    Already(PlanId),
}

/// Who holds a plan's execution or undo, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The invocation that took it.
    pub owner: String,
    /// When somebody else may take it over.
    pub until: EpochMs,
}

/// The workflow execution that carries a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its name or ARN.
    pub name: String,
    /// 1, and one more whenever a lost one was replaced.
    pub attempt: u32,
}

/// A plan as the ledger holds it. Its digest was recomputed when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlan {
    /// The plan.
    pub plan: Plan,
    /// Its digest.
    pub digest: Digest,
    /// Where it stands.
    pub state: PlanState,
    /// Raised by every change.
    pub version: u64,
    /// Why it stands there.
    pub reason: Option<Reason>,
    /// The asker's language.
    pub lang: Lang,
    /// The workflow execution that carries it.
    pub execution: Option<Execution>,
    /// Who asked for the undo.
    pub undo_requested_by: Option<PersonId>,
    /// Who executes or undoes it.
    pub lease: Option<Lease>,
    /// When it last changed.
    pub updated_at: EpochMs,
    /// When it reached a state in which no workflow has anything left to do.
    pub closed_at: Option<EpochMs>,
}

/// What changes beside the state. The lease ends whenever `Executing` or `Undoing` is left.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Why; `None` leaves the reason as it is.
    pub reason: Option<Reason>,
    /// Only if this owner still holds the lease.
    pub held_by: Option<String>,
    /// The workflow execution that carries the plan from now on.
    pub execution: Option<Execution>,
}

impl Change {
    /// Nothing but the state.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// With a reason.
    #[must_use]
    pub fn because(reason: Reason) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }

    /// Only if this owner still holds the lease.
    #[must_use]
    pub fn held_by(mut self, owner: impl Into<String>) -> Self {
        self.held_by = Some(owner.into());
        self
    }
}

/// How a request to undo ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoRequested {
    /// It is recorded; the plan's new version.
    Recorded(u64),
    /// Somebody asked before; nothing was written.
    Already(PersonId),
    /// A plan in this state cannot be undone.
    NotPossible(PlanState),
}

impl Ledger {
    /// Stores a plan with its preview. A request that was served before gives the plan it made then.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when state, digest or request id are not acceptable,
    /// [`LedgerError::Conflict`] when the plan's id is taken, [`LedgerError::TooLarge`].
    pub async fn propose(&self, new: &NewPlan<'_>, entry: &Entry) -> Result<Proposed, LedgerError> {
        let digest = check_new(new)?;
        let mut steps = vec![
            self.create(Slot::Plan, plan_item(new, &digest, entry.now, &self.region)?)?,
            self.create(Slot::Plan, preview_item(new, &digest, &self.region)?)?,
            self.create(Slot::Plan, listed_item(&new.plan.id, &self.region)?)?,
        ];
        if let Some(request) = &new.request {
            let item = Item::new(&Key::request(&request.person, &request.request_id), &self.region)
                .s("plan_id", new.plan.id.as_str())
                .s("digest", digest.as_str())
                .n("at", entry.now.0)
                .ttl(entry.now.plus_seconds(REQUEST_TTL_SECONDS))
                .finish()?;
            steps.push(self.create(Slot::Request, item)?);
        }
        match self.commit(steps, entry).await? {
            Committed::Yes => Ok(Proposed::New),
            Committed::No(slots) => match (&new.request, slots.contains(&Slot::Request)) {
                (Some(request), true) => {
                    let served = self.served(request).await?;
                    served.map(Proposed::Already).ok_or_else(|| LedgerError::conflict("request"))
                }
                _ => Err(LedgerError::conflict(new.plan.id.as_str())),
            },
        }
    }

    /// The plan that a request made, if it was served before.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn served(&self, request: &RequestKey) -> Result<Option<PlanId>, LedgerError> {
        check_request(request)?;
        let Some(map) = self.get(&Key::request(&request.person, &request.request_id)).await? else { return Ok(None) };
        Row::open(map)?.parsed("plan_id", PlanId::parse).map(Some)
    }

    /// A plan, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError::Tampered`] when its text does not have its digest.
    pub async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        self.get(&Key::plan(id)).await?.map(|map| read_plan(map, id)).transpose()
    }

    /// A plan's preview, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError::Tampered`] when it is not the preview of the plan with this id.
    pub async fn preview(&self, id: &PlanId) -> Result<Option<Preview>, LedgerError> {
        self.get(&Key::preview(id)).await?.map(|map| read_preview(map, id)).transpose()
    }

    /// Moves a plan from a state and version to another state; the new version.
    ///
    /// # Errors
    /// [`LedgerError::Transition`] when the life of a plan has no such step, [`LedgerError::Conflict`] when the
    /// plan is not where the caller saw it or the lease is held by another, [`LedgerError::TokenRefused`].
    pub async fn transition(
        &self,
        id: &PlanId,
        from_version: u64,
        from: PlanState,
        to: PlanState,
        change: &Change,
        entry: &Entry,
    ) -> Result<u64, LedgerError> {
        if !from.may_become(to) {
            return Err(LedgerError::Transition { from, to });
        }
        let mut edit = PlanEdit::new(id, from_version, from, entry.now).to(to);
        if let Some(reason) = &change.reason {
            edit = edit.set_s("reason_rule", &reason.rule).set_s("reason_en", &reason.text.en).set_s("reason_zh", &reason.text.zh);
        }
        if let Some(execution) = &change.execution {
            edit = edit.execution(execution);
        }
        if let Some(owner) = &change.held_by {
            edit = edit.only_if("lease_owner = :owner", ":owner", AttributeValue::S(owner.clone()));
        }
        if matches!(from, PlanState::Executing | PlanState::Undoing) {
            edit = edit.remove("lease_owner").remove("lease_until");
        }
        let mut steps = Vec::new();
        if from == PlanState::Undoing {
            steps.push(self.unlist_undo(id)?);
            if to == PlanState::UndoFailed {
                // The request is used up: whoever wants to try again asks again.
                edit = edit.remove("undo_requested_by");
            }
        }
        steps.insert(0, edit.step(self)?);
        self.commit(steps, entry).await?.or_conflict(self, entry, id.as_str()).await?;
        Ok(from_version.saturating_add(1))
    }

    /// Records which workflow execution carries a plan; the new version.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when the plan is not where the caller saw it.
    pub async fn set_execution(&self, stored: &StoredPlan, execution: &Execution, entry: &Entry) -> Result<u64, LedgerError> {
        let id = &stored.plan.id;
        let edit = PlanEdit::new(id, stored.version, stored.state, entry.now).execution(execution);
        self.commit(vec![edit.step(self)?], entry).await?.or_conflict(self, entry, id.as_str()).await?;
        Ok(stored.version.saturating_add(1))
    }

    /// Records that a person wants a plan taken back.
    ///
    /// # Errors
    /// [`LedgerError::NotFound`], or [`LedgerError::Conflict`] when the plan changed meanwhile.
    pub async fn request_undo(&self, id: &PlanId, person: &PersonId, entry: &Entry) -> Result<UndoRequested, LedgerError> {
        let stored = self.plan(id).await?.ok_or_else(|| LedgerError::NotFound { what: id.to_string() })?;
        if !stored.state.may_become(PlanState::Undoing) {
            return Ok(UndoRequested::NotPossible(stored.state));
        }
        if let Some(by) = stored.undo_requested_by {
            return Ok(UndoRequested::Already(by));
        }
        let edit = PlanEdit::new(id, stored.version, stored.state, entry.now).set_s("undo_requested_by", person.as_str());
        let listed = Item::new(&Key::undo(id), &self.region)
            .s("person", person.as_str())
            .n("at", entry.now.0)
            .listed(UNDO_REQUESTED, id.as_str())
            .finish()?;
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(listed)).build().map_err(LedgerError::unexpected)?;
        let steps = vec![edit.step(self)?, Step::put(Slot::Other, put)];
        self.commit(steps, entry).await?.or_conflict(self, entry, id.as_str()).await?;
        Ok(UndoRequested::Recorded(stored.version.saturating_add(1)))
    }

    /// A step that creates an item, if there is none.
    pub(crate) fn create(&self, slot: Slot, item: crate::item::Attributes) -> Result<Step, LedgerError> {
        let put = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(Step::put(slot, put))
    }

    /// The undo was tried: it is no longer listed as asked for.
    fn unlist_undo(&self, id: &PlanId) -> Result<Step, LedgerError> {
        let update = Update::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::undo(id).attributes()))
            .update_expression("SET v = :v, region_home = :region, epoch = :epoch REMOVE gsi1pk, gsi1sk")
            .expression_attribute_values(":v", AttributeValue::N(crate::item::ITEM_VERSION.to_string()))
            .expression_attribute_values(":region", AttributeValue::S(self.region.clone()))
            .expression_attribute_values(":epoch", AttributeValue::N(EPOCH.to_string()))
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(Step::new(Slot::Other, TransactWriteItem::builder().update(update).build()))
    }

    /// A step that checks where a plan stands without changing it.
    pub(crate) fn plan_stands(&self, id: &PlanId, state: PlanState, version: u64) -> Result<Step, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::plan(id).attributes()))
            .condition_expression("#state = :from AND #version = :version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":from", AttributeValue::S(state.as_str().to_owned()))
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(Step::check(Slot::Plan, check))
    }
}

fn check_new(new: &NewPlan<'_>) -> Result<Digest, LedgerError> {
    if !matches!(new.state, PlanState::Preview | PlanState::Proposed | PlanState::Denied) {
        return Err(LedgerError::malformed(format!("a plan does not begin as `{}`", new.state.as_str())));
    }
    let digest = new.plan.digest()?;
    if new.preview.digest != digest || new.preview.plan != *new.plan {
        return Err(LedgerError::malformed("the preview is not the preview of this plan"));
    }
    new.request.as_ref().map(check_request).transpose()?;
    // What the digest covers has to fit the canonical form, or it could not be read back.
    canonical_json(new.preview)?;
    Ok(digest)
}

fn check_request(request: &RequestKey) -> Result<(), LedgerError> {
    let id = &request.request_id;
    if id.is_empty() || id.len() > MAX_REQUEST_ID || !id.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(LedgerError::malformed(format!("a request id has 1 to {MAX_REQUEST_ID} visible ASCII characters")));
    }
    Ok(())
}

/// An update of a plan's item under the condition that it stands where the caller saw it.
pub(crate) struct PlanEdit {
    id: PlanId,
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    values: Vec<(String, AttributeValue)>,
}

impl PlanEdit {
    pub(crate) fn new(id: &PlanId, version: u64, from: PlanState, now: EpochMs) -> Self {
        Self {
            id: id.clone(),
            sets: vec!["#version = :next".into(), "updated_at = :now".into()],
            removes: Vec::new(),
            conditions: vec![
                "#state = :from".into(),
                "#version = :version".into(),
                "region_home = :region".into(),
                "epoch = :epoch".into(),
            ],
            values: vec![
                (":from".into(), AttributeValue::S(from.as_str().into())),
                (":version".into(), AttributeValue::N(version.to_string())),
                (":next".into(), AttributeValue::N(version.saturating_add(1).to_string())),
                (":now".into(), AttributeValue::N(now.0.to_string())),
                (":epoch".into(), AttributeValue::N(EPOCH.to_string())),
            ],
        }
    }

    /// The state it goes to.
    pub(crate) fn to(mut self, state: PlanState) -> Self {
        self.sets.push("#state = :to".into());
        self.values.push((":to".into(), AttributeValue::S(state.as_str().into())));
        if state.is_final() {
            self.sets.push("closed_at = :now".into());
        } else {
            self.removes.push("closed_at".into());
        }
        self.set_s("gsi1pk", state_index(state))
    }

    pub(crate) fn set(mut self, name: &str, value: AttributeValue) -> Self {
        let placeholder = format!(":{name}");
        self.sets.push(format!("{name} = {placeholder}"));
        self.values.push((placeholder, value));
        self
    }

    pub(crate) fn set_s(self, name: &str, text: impl Into<String>) -> Self {
        self.set(name, AttributeValue::S(text.into()))
    }

    pub(crate) fn execution(self, execution: &Execution) -> Self {
        self.set_s("execution_name", &execution.name).set("execution_attempt", AttributeValue::N(execution.attempt.to_string()))
    }

    pub(crate) fn remove(mut self, name: &str) -> Self {
        self.removes.push(name.to_owned());
        self
    }

    pub(crate) fn only_if(mut self, condition: &str, placeholder: &str, value: AttributeValue) -> Self {
        self.conditions.push(condition.to_owned());
        self.values.push((placeholder.to_owned(), value));
        self
    }

    pub(crate) fn step(self, ledger: &Ledger) -> Result<Step, LedgerError> {
        let mut expression = format!("SET {}", self.sets.join(", "));
        if !self.removes.is_empty() {
            expression.push_str(" REMOVE ");
            expression.push_str(&self.removes.join(", "));
        }
        let mut update = Update::builder()
            .table_name(&ledger.tables.ledger)
            .set_key(Some(Key::plan(&self.id).attributes()))
            .update_expression(expression)
            .condition_expression(self.conditions.join(" AND "))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":region", AttributeValue::S(ledger.region.clone()));
        for (placeholder, value) in self.values {
            update = update.expression_attribute_values(placeholder, value);
        }
        let update = update.build().map_err(LedgerError::unexpected)?;
        Ok(Step::new(Slot::Plan, TransactWriteItem::builder().update(update).build()))
    }
}
