//! Plans and approvals, for reading.

use authority::notices;
use domain::{Lang, PersonId, PlanId, PlanState, Role, Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{MAX_PAGE, PageRequest, StoredPlan};

use crate::handler::Handler;

/// Plans in one page of the endpoint.
const PAGE: u32 = 50;

fn row(stored: &StoredPlan, lang: Lang) -> serde_json::Value {
    let plan = &stored.plan;
    let targets: Vec<&str> = plan.targets.iter().map(|t| t.id.as_str()).collect();
    serde_json::json!({
        "id": plan.id, "state": stored.state.as_str(), "operation": plan.operation, "risk": plan.risk, "account": plan.account_name,
        "account_id": plan.account, "environment": plan.environment, "region": plan.region, "targets": targets, "authors": plan.authors,
        "digest": stored.digest, "created_at": plan.created_at.to_rfc3339(), "expires_at": plan.expires_at.to_rfc3339(),
        "reason": stored.reason.as_ref().map(|r| r.text.in_lang(lang)),
    })
}

impl Handler {
    pub(crate) async fn plans(&self, call: &HttpCall) -> Result<HttpAnswer, WireError> {
        let request = match call.query.get("next") {
            Some(next) => PageRequest::after(PAGE.min(MAX_PAGE), next.as_str()),
            None => PageRequest::first(PAGE.min(MAX_PAGE)),
        };
        let page = match call.query.get("state") {
            None => self.ledger.recent_plans(&request).await,
            Some(name) => {
                let state = PlanState::ALL.into_iter().find(|s| s.as_str() == name).ok_or_else(|| {
                    let name = domain::text::inert(name, 40);
                    WireError::new(
                        "Request.Malformed",
                        Text::new(format!("`{name}` is no state of a plan."), format!("`{name}` 不是计划状态。")),
                    )
                })?;
                self.ledger.plans_by_state(state, &request).await
            }
        }
        .map_err(|e| e.wire())?;
        let rows: Vec<serde_json::Value> = page.items.iter().map(|p| row(p, call.reader())).collect();
        Ok(HttpAnswer::json(&serde_json::json!({"plans": rows, "next": page.next})))
    }

    pub(crate) async fn plan(&self, call: &HttpCall) -> Result<HttpAnswer, WireError> {
        let lang = match call.query.get("lang").map(String::as_str) {
            Some("zh") => Lang::Zh,
            Some("en") => Lang::En,
            _ => call.reader(),
        };
        let written = call.path_value("id")?;
        let id = PlanId::parse(written).map_err(|_| authority::no_such_plan(written))?;
        let stored = self.ledger.plan(&id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(written))?;
        let preview = self.ledger.preview(&id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(written))?;
        let approvals = self.ledger.approvals(&id).await.map_err(|e| e.wire())?;
        let approvals: Vec<serde_json::Value> = approvals
            .iter()
            .map(|a| serde_json::json!({"person": a.approval.person, "at": a.approval.at.to_rfc3339(), "channel": a.approval.channel}))
            .collect();
        let effects = self.ledger.effects(&id).await.map_err(|e| e.wire())?;
        let effects: Vec<serde_json::Value> = effects
            .iter()
            .map(|e| serde_json::json!({"target": e.target, "purpose": e.purpose, "state": e.state.as_str(), "request_ids": e.request_ids}))
            .collect();
        Ok(HttpAnswer::json(&serde_json::json!({
            "plan": row(&stored, lang), "state": stored.state.as_str(), "preview_text": preview.render(lang), "preview_hash": preview.shown_hash(lang),
            "digest": stored.digest, "approvals": approvals, "effects": effects, "undo_requested_by": stored.undo_requested_by,
            "reason": stored.reason.as_ref().map(|r| r.text.in_lang(lang)), "rule": stored.reason.as_ref().map(|r| r.rule.as_str()),
        })))
    }

    pub(crate) async fn approvals(&self, person: &PersonId, roles: &[Role], lang: Lang) -> Result<HttpAnswer, WireError> {
        let mut rows = Vec::new();
        let mut request = PageRequest::first(MAX_PAGE);
        loop {
            let page = self.ledger.plans_by_state(PlanState::AwaitingApproval, &request).await.map_err(|e| e.wire())?;
            for stored in &page.items {
                let why_not = if stored.plan.is_author(person) {
                    Some(Text::new("you asked for it", "您是发起人"))
                } else if !roles.contains(&Role::Approver) {
                    Some(Text::new("you are no approver", "您不是审批人"))
                } else {
                    None
                };
                if why_not.is_some() && !stored.plan.is_author(person) {
                    continue;
                }
                let mut value = row(stored, lang);
                if let Some(object) = value.as_object_mut() {
                    object.insert("may_decide".to_owned(), why_not.is_none().into());
                    object.insert("why_not".to_owned(), why_not.map(|t| t.in_lang(lang).to_owned()).into());
                    object.insert("state_text".to_owned(), state_text(stored.state, lang).into());
                }
                rows.push(value);
            }
            match page.next {
                Some(next) => request = PageRequest::after(MAX_PAGE, next),
                None => break,
            }
        }
        Ok(HttpAnswer::json(&serde_json::json!({"plans": rows})))
    }
}

fn state_text(state: PlanState, lang: Lang) -> &'static str {
    match lang {
        Lang::En => state.as_str(),
        Lang::Zh => notices::state_zh(state),
    }
}
