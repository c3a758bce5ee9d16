//! Every way in: HTTP routes by API Gateway, and codes by the workflow. Entry type: [`Door`].
//!
//! Invariant: the person of an HTTP call is that of the verified token; the person of a code is the one it was issued to.

use audit::Actor;
use authority::{ApprovalKey, Authority};
use domain::{Digest, EpochMs, Lang, PersonId, PlanId, Role, Text, WireError, wire::RedeemInput};
use judge::Judge;
use lambda_shell::http::{HttpAnswer, HttpCall, answer_event};
use ledger::{Ledger, StoredPlan};

pub(crate) struct Door {
    pub(crate) authority: Authority,
    pub(crate) judge: Judge,
    pub(crate) ledger: Ledger,
    pub(crate) key: ApprovalKey,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) token_key: String,
    pub(crate) workflows: aws_sdk_sfn::Client,
    pub(crate) change_machine: String,
    pub(crate) code_ttl_seconds: i64,
}

/// A person with the roles held now and what the verified token says of the sign-in.
pub(crate) fn signed_in(call: &HttpCall, person: PersonId, roles: Vec<Role>) -> Actor {
    Actor::person(person, roles).signed_in(&call.sign_in)
}

impl Door {
    pub(crate) async fn open(&self, payload: serde_json::Value, now: EpochMs) -> Result<serde_json::Value, WireError> {
        if payload.get("redeem").is_some() {
            let RedeemInput { redeem } = lambda_shell::decode(payload)?;
            self.redeem(&redeem, now).await?;
            return Ok(serde_json::json!({"recorded": true}));
        }
        answer_event(payload, |call| self.route(call, now)).await
    }

    async fn route(&self, call: HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        if let Some(person) = &call.person {
            let roles = self.authority.roles(person).await?;
            self.ledger.see_sign_in(person, &roles, &call.sign_in, now).await.map_err(|e| e.wire())?;
        }
        match call.route.as_str() {
            "POST /v1/plans/{id}/approve" => self.approve(&call, now).await,
            "POST /v1/plans/{id}/reject" => self.reject(&call, now).await,
            "POST /v1/plans/{id}/confirm" => self.confirm(&call, now).await,
            "POST /v1/plans/{id}/narrow" => self.narrow(&call, now).await,
            "POST /v1/plans/{id}/withdraw" => self.withdraw(&call, now).await,
            "POST /v1/plans/{id}/undo" => self.undo(&call, now).await,
            "POST /v1/plans/{id}/console-code" => self.console_code(&call, now).await,
            "GET /v1/links/{token}" => self.show_link(&call, now).await,
            "POST /v1/links/{token}" => self.decide_by_link(&call, now).await,
            "POST /v1/factor" => self.factor(&call, now).await,
            "POST /v1/stop" => self.stop(&call, now).await,
            "POST /v1/release" => self.release(&call, now).await,
            "POST /v1/feedback" => self.feedback(&call, now).await,
            other => {
                let other = domain::text::inert(other, 80);
                Err(WireError::new("Request.NotFound", Text::new(format!("There is no `{other}`."), format!("不存在 `{other}`。"))))
            }
        }
    }

    /// The plan named in the path.
    pub(crate) async fn plan_of(&self, call: &HttpCall) -> Result<StoredPlan, WireError> {
        let written = call.path_value("id")?;
        let id = PlanId::parse(written).map_err(|_| authority::no_such_plan(written))?;
        self.ledger.plan(&id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(written))
    }

    /// The hash of the preview as it reads in a language.
    pub(crate) async fn shown(&self, stored: &StoredPlan, lang: Lang) -> Result<(String, Digest), WireError> {
        let preview = self
            .ledger
            .preview(&stored.plan.id)
            .await
            .map_err(|e| e.wire())?
            .ok_or_else(|| authority::no_such_plan(stored.plan.id.as_str()))?;
        let text = preview.render(lang);
        let hash = Digest::of_bytes(text.as_bytes());
        Ok((text, hash))
    }
}

/// What every decision answers.
pub(crate) fn answer(plan: &PlanId, state: &str, message: &Text, lang: Lang) -> HttpAnswer {
    HttpAnswer::json(&serde_json::json!({"plan_id": plan, "state": state, "message": message.in_lang(lang)}))
}

/// A digest that is not the plan's.
pub(crate) fn wrong_digest(stored: &StoredPlan) -> WireError {
    WireError::new(
        "Approval.DigestConflict",
        Text::new(
            format!(
                "That is not the digest of plan {} ({}). Nothing was decided; look at the preview again.",
                stored.plan.id,
                stored.digest.short()
            ),
            format!("该摘要不是计划 {}（{}）的摘要。未作任何决定，请重新查看预览。", stored.plan.id, stored.digest.short()),
        ),
    )
}
