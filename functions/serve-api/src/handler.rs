//! Routes. Entry type: [`Handler`].
//!
//! Invariant: apart from the sign-in page, which holds no data, every route needs a person who has at least one role now.

use authority::Authority;
use domain::{EpochMs, Role, SessionId, Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::Ledger;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) ledger: Ledger,
    pub(crate) workflows: aws_sdk_sfn::Client,
    pub(crate) converse_machine: String,
    pub(crate) archive: archive::Archive,
    pub(crate) identity_url: String,
    pub(crate) client_id: String,
}

impl Handler {
    pub(crate) async fn handle(&self, call: HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        if call.route == "GET /a/{token}" {
            return self.link_page();
        }
        let person = call.caller()?.clone();
        match call.route.as_str() {
            // The chat's own functions check the person's roles.
            "POST /v1/chat" => return self.chat(&call, person, now).await,
            "GET /v1/whoami" => return self.whoami(&call, now).await,
            _ => {}
        }
        let roles = self.authority.demand(&person, &Role::ALL).await?;
        match call.route.as_str() {
            "GET /v1/plans" => self.plans(&call).await,
            "GET /v1/plans/{id}" => self.plan(&call).await,
            "GET /v1/plans/{id}/evidence" => self.evidence(&call).await,
            "GET /v1/approvals" => self.approvals(&person, &roles, call.reader()).await,
            "GET /v1/accounts" => {
                let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
                Ok(HttpAnswer::json(&serde_json::json!({"accounts": accounts})))
            }
            "GET /v1/audit/chains" => self.chains().await,
            "GET /v1/audit/chains/{chain}" => self.chain(&call).await,
            "GET /v1/audit/seals" => self.seals(&call).await,
            other => {
                let other = domain::text::inert(other, 80);
                Err(WireError::new("Request.NotFound", Text::new(format!("There is no `{other}`."), format!("不存在 `{other}`。"))))
            }
        }
    }

    async fn whoami(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?;
        let roles = self.authority.roles(person).await?;
        let session = match call.query.get("session").and_then(|s| SessionId::parse(s).ok()) {
            Some(id) => self.ledger.session(person, &id, now).await.map_err(|e| e.wire())?.and_then(|s| s.account),
            None => None,
        };
        Ok(HttpAnswer::json(&serde_json::json!({"person": person, "roles": roles, "session_account": session})))
    }
}
