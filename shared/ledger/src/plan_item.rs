//! Plans and previews as items. Entry functions: [`plan_item`], [`read_plan`].
//!
//! Invariant: a plan is stored as its canonical JSON; whoever reads it recomputes the digest, and a difference is
//! [`LedgerError::Tampered`], never a plan.

use domain::{Digest, EpochMs, Lang, PersonId, Plan, PlanId, PlanState, Preview, Reason, Text, canonical_json};

use crate::{
    Ledger,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::{ALL_PLANS, Key, UNDO_REQUESTED, state_index},
    page::{Page, PageRequest},
    plans::{Execution, Lease, NewPlan, StoredPlan},
};

/// The states in which a workflow has something left to do.
const OPEN: [PlanState; 6] =
    [PlanState::Proposed, PlanState::AwaitingApproval, PlanState::Approved, PlanState::Executing, PlanState::Executed, PlanState::Undoing];

pub(crate) fn plan_item(new: &NewPlan<'_>, digest: &Digest, now: EpochMs, region: &str) -> Result<Attributes, LedgerError> {
    let plan = new.plan;
    let item = Item::new(&Key::plan(&plan.id), region)
        .s("plan", String::from_utf8_lossy(&canonical_json(plan)?))
        .s("digest", digest.as_str())
        .s("state", new.state.as_str())
        .n("version", 1)
        .s("lang", lang_name(new.lang))
        .s("account", plan.account.as_str())
        .s("operation", plan.operation.as_str())
        .n("created_at", plan.created_at.0)
        .n("expires_at", plan.expires_at.0)
        .n("updated_at", now.0)
        .opt_s("reason_rule", new.reason.as_ref().map(|r| &r.rule))
        .opt_s("reason_en", new.reason.as_ref().map(|r| &r.text.en))
        .opt_s("reason_zh", new.reason.as_ref().map(|r| &r.text.zh))
        .listed(state_index(new.state), plan.id.as_str());
    if new.state.is_final() { item.n("closed_at", now.0).finish() } else { item.finish() }
}

pub(crate) fn preview_item(new: &NewPlan<'_>, digest: &Digest, region: &str) -> Result<Attributes, LedgerError> {
    Item::new(&Key::preview(&new.plan.id), region)
        .s("preview", String::from_utf8_lossy(&canonical_json(new.preview)?))
        .s("digest", digest.as_str())
        .finish()
}

pub(crate) fn listed_item(id: &PlanId, region: &str) -> Result<Attributes, LedgerError> {
    Item::new(&Key::listed(id), region).listed(ALL_PLANS, id.as_str()).finish()
}

pub(crate) fn read_plan(map: Attributes, id: &PlanId) -> Result<StoredPlan, LedgerError> {
    let row = Row::open(map)?;
    let plan: Plan = row.json("plan")?;
    let digest = row.parsed("digest", Digest::parse)?;
    if plan.id != *id || plan.digest()? != digest {
        return Err(row.tampered());
    }
    let state =
        row.parsed("state", |text| PlanState::ALL.into_iter().find(|s| s.as_str() == text).ok_or_else(|| format!("no state `{text}`")))?;
    let reason = match row.opt_s("reason_rule")? {
        Some(rule) => Some(Reason { rule: rule.to_owned(), text: Text::new(row.s("reason_en")?, row.s("reason_zh")?) }),
        None => None,
    };
    let execution = match row.opt_s("execution_name")? {
        Some(name) => Some(Execution {
            name: name.to_owned(),
            attempt: u32::try_from(row.count("execution_attempt")?).map_err(|_| row.unreadable("`execution_attempt` is too large"))?,
        }),
        None => None,
    };
    let lease = match row.opt_s("lease_owner")? {
        Some(owner) => Some(Lease { owner: owner.to_owned(), until: row.at("lease_until")? }),
        None => None,
    };
    Ok(StoredPlan {
        plan,
        digest,
        state,
        version: row.count("version")?,
        reason,
        lang: row.parsed("lang", lang_of)?,
        execution,
        undo_requested_by: row.opt_parsed("undo_requested_by", PersonId::parse)?,
        lease,
        updated_at: row.at("updated_at")?,
        closed_at: row.opt_at("closed_at")?,
    })
}

pub(crate) fn read_preview(map: Attributes, id: &PlanId) -> Result<Preview, LedgerError> {
    let row = Row::open(map)?;
    let preview: Preview = row.json("preview")?;
    let digest = preview.plan.digest()?;
    if preview.plan.id != *id || preview.digest != digest || row.s("digest")? != digest.as_str() {
        return Err(row.tampered());
    }
    Ok(preview)
}

fn lang_name(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

fn lang_of(text: &str) -> Result<Lang, String> {
    [Lang::En, Lang::Zh].into_iter().find(|l| lang_name(*l) == text).ok_or_else(|| format!("no language `{text}`"))
}

impl Ledger {
    /// Plans in a state, the newest first. A page may be shorter than asked for, as plans move on.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for a page token of another list.
    pub async fn plans_by_state(&self, state: PlanState, page: &PageRequest) -> Result<Page<StoredPlan>, LedgerError> {
        let found = self.listed_plans(&[state_index(state)], page, false).await?;
        Ok(Page { items: found.items.into_iter().filter(|p| p.state == state).collect(), next: found.next })
    }

    /// All plans, the newest first.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for a page token of another list.
    pub async fn recent_plans(&self, page: &PageRequest) -> Result<Page<StoredPlan>, LedgerError> {
        self.listed_plans(&[ALL_PLANS.to_owned()], page, false).await
    }

    /// Plans for which a workflow has something left to do, an undo that was asked for included; the oldest of each
    /// state first.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for a page token of another list.
    pub async fn open_plans(&self, page: &PageRequest) -> Result<Page<StoredPlan>, LedgerError> {
        let mut lists: Vec<String> = OPEN.into_iter().map(state_index).collect();
        lists.push(UNDO_REQUESTED.to_owned());
        let found = self.listed_plans(&lists, page, true).await?;
        let open = |p: &StoredPlan| OPEN.contains(&p.state) || (p.undo_requested_by.is_some() && p.state.may_become(PlanState::Undoing));
        Ok(Page { items: found.items.into_iter().filter(open).collect(), next: found.next })
    }

    async fn listed_plans(&self, lists: &[String], page: &PageRequest, forward: bool) -> Result<Page<StoredPlan>, LedgerError> {
        let found = self.index_page(lists, page, forward).await?;
        let mut ids: Vec<PlanId> = Vec::new();
        for key in &found.items {
            let text = key.pk.strip_prefix("PLAN#").unwrap_or(&key.pk);
            let id = PlanId::parse(text).map_err(|e| LedgerError::Unreadable { what: key.to_string(), why: e.to_string() })?;
            // A plan that is executed while its undo is asked for is listed twice.
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let keys: Vec<Key> = ids.iter().map(Key::plan).collect();
        let mut items = Vec::new();
        for map in self.get_many(&keys).await? {
            let pk = map.get("pk").and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
            if let Some(id) = ids.iter().find(|id| crate::keys::plan_partition(id) == pk) {
                items.push(read_plan(map, id)?);
            }
        }
        Ok(Page { items, next: found.next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::AttributeValue;
    use domain::{AccountId, Environment, Facts, OperationId, Params, PlannedTarget, Risk, Undo, Value, plan::PLAN_SCHEMA};

    fn plan() -> Plan {
        Plan {
            schema: PLAN_SCHEMA,
            id: PlanId::generate(EpochMs(1_700_000_000_000), 7),
            account: AccountId::parse("222222222222").unwrap(),
            account_name: "dev".into(),
            environment: Environment::Dev,
            region: "us-east-1".into(),
            operation: OperationId::parse("ec2.stop_instances").unwrap(),
            risk: Risk::R2,
            params: Params::new(),
            targets: vec![PlannedTarget {
                id: "i-1".into(),
                arn: "arn:aws:ec2:us-east-1:222222222222:instance/i-1".into(),
                before: [("state".to_owned(), Value::from("running"))].into(),
                after: [("state".to_owned(), Value::from("stopped"))].into(),
                restores: Facts::new(),
            }],
            undo: Undo::None,
            authors: vec![PersonId::parse("alice").unwrap()],
            narrowed_by: Vec::new(),
            incident: None,
            policy_version: "tiers.v1".into(),
            created_at: EpochMs(1_700_000_000_000),
            expires_at: EpochMs(1_700_003_600_000),
        }
    }

    fn preview(plan: &Plan) -> Preview {
        Preview {
            plan: plan.clone(),
            digest: plan.digest().unwrap(),
            summary: Text::new("stops", "停止"),
            targets: Vec::new(),
            verdict: Text::new("allowed", "允许"),
            rollback: Text::new("none", "无"),
            post_conditions: Text::new("stopped", "已停止"),
            monthly_cost_cents: None,
            notes: Vec::new(),
            observed_at: EpochMs(1_700_000_000_000),
        }
    }

    fn items(state: PlanState) -> (Plan, Attributes, Attributes) {
        let plan = plan();
        let preview = preview(&plan);
        let reason = Reason { rule: "tier.prod".into(), text: Text::new("no", "不行") };
        let new = NewPlan { plan: &plan, preview: &preview, state, lang: Lang::Zh, reason: Some(reason), request: None };
        let digest = plan.digest().unwrap();
        let meta = plan_item(&new, &digest, EpochMs(5), "us-east-1").unwrap();
        let preview = preview_item(&new, &digest, "us-east-1").unwrap();
        (plan, meta, preview)
    }

    fn change(map: &mut Attributes, name: &str, from: &str, to: &str) {
        let text = map[name].as_s().unwrap().replace(from, to);
        assert_ne!(map[name].as_s().unwrap(), &text, "nothing was changed");
        map.insert(name.to_owned(), AttributeValue::S(text));
    }

    #[test]
    fn a_plan_and_its_preview_read_back_as_they_were_written() {
        let (plan, meta, preview_map) = items(PlanState::Proposed);
        let stored = read_plan(meta, &plan.id).unwrap();
        assert_eq!((stored.state, stored.version, stored.lang, stored.closed_at), (PlanState::Proposed, 1, Lang::Zh, None));
        assert_eq!(stored.reason.unwrap().text.zh, "不行");
        assert_eq!(read_preview(preview_map, &plan.id).unwrap(), preview(&plan));
        assert_eq!(stored.plan, plan);
        let (plan, denied, _) = items(PlanState::Denied);
        assert_eq!(read_plan(denied, &plan.id).unwrap().closed_at, Some(EpochMs(5)));
    }

    #[test]
    fn a_plan_altered_in_the_table_is_tampered_and_never_a_plan() {
        for (name, from, to) in [("plan", "i-1", "i-2"), ("plan", "alice", "mallory"), ("plan", "1700003600000", "1900003600000")] {
            let (plan, mut meta, _) = items(PlanState::Proposed);
            change(&mut meta, name, from, to);
            assert!(matches!(read_plan(meta, &plan.id), Err(LedgerError::Tampered { .. })), "{from} became {to}");
        }
        let (plan, mut meta, _) = items(PlanState::Proposed);
        meta.insert("digest".into(), AttributeValue::S(Digest::of_bytes(b"another").to_string()));
        assert!(matches!(read_plan(meta, &plan.id), Err(LedgerError::Tampered { .. })));
    }

    #[test]
    fn a_plan_copied_under_another_id_is_tampered() {
        let (_, meta, preview) = items(PlanState::Proposed);
        let other = PlanId::generate(EpochMs(1_700_000_000_000), 8);
        assert!(matches!(read_plan(meta, &other), Err(LedgerError::Tampered { .. })));
        assert!(matches!(read_preview(preview, &other), Err(LedgerError::Tampered { .. })));
    }

    #[test]
    fn a_preview_of_an_altered_plan_is_tampered() {
        let (plan, _, mut preview) = items(PlanState::Proposed);
        change(&mut preview, "preview", "i-1", "i-2");
        assert!(matches!(read_preview(preview, &plan.id), Err(LedgerError::Tampered { .. })));
    }

    #[test]
    fn a_plan_of_another_item_version_or_with_an_unknown_state_is_unreadable() {
        let (plan, meta, _) = items(PlanState::Proposed);
        for (name, value) in [
            ("v", AttributeValue::N("2".into())),
            ("v", AttributeValue::N("0".into())),
            ("state", AttributeValue::S("finished".into())),
            ("lang", AttributeValue::S("fr".into())),
            ("plan", AttributeValue::S("{}".into())),
            ("version", AttributeValue::S("one".into())),
        ] {
            let mut map = meta.clone();
            map.insert(name.to_owned(), value);
            let error = read_plan(map, &plan.id).unwrap_err();
            assert!(matches!(error, LedgerError::Unreadable { .. }), "{name}: {error}");
            assert_eq!(error.wire().name, "Ledger.Unreadable");
        }
    }
}
