//! Would it be allowed, and what would make it so?
//!
//! Invariant: everybody with a role may ask about themselves; about others, who already answers for others (approver, administrator,
//! auditor). Nothing is written but the answer.

use authority::Question;
use domain::{EpochMs, OperationId, PersonId, Role, Text, UndoSpec, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use serde::Deserialize;

use crate::handler::Handler;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    operation: OperationId,
    account: String,
    #[serde(default, rename = "as")]
    person: Option<PersonId>,
    #[serde(default)]
    at: Option<EpochMs>,
    #[serde(default)]
    targets: Option<u32>,
}

impl Handler {
    pub(crate) async fn explain(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let caller = call.caller()?.clone();
        let body: Body = call.json()?;
        let person = body.person.unwrap_or_else(|| caller.clone());
        let wanted: &[Role] = if person == caller { &Role::ALL } else { &[Role::Approver, Role::Administrator, Role::Auditor] };
        self.authority.demand(&caller, wanted).await?;
        let spec = catalogue::find(&body.operation).ok_or_else(|| {
            let id = &body.operation;
            WireError::new("Operations.NotFound", Text::new(format!("`{id}` is not in the catalogue."), format!("`{id}` 不在操作目录中。")))
        })?;
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let named = accounts.into_iter().find(|a| a.name == body.account || a.id.as_str() == body.account);
        let account = named.ok_or_else(|| {
            let name = domain::text::defang(&body.account, 40);
            WireError::new(
                "Plan.AccountNotFound",
                Text::new(format!("`{name}` is not a registered account."), format!("`{name}` 不是已登记的账户。")),
            )
        })?;
        let question = Question {
            operation: body.operation,
            risk: spec.risk,
            reversible: !matches!(spec.undo, UndoSpec::None(..)),
            account,
            person,
            targets: body.targets.unwrap_or(1).clamp(1, 1_000),
            at: body.at.unwrap_or(now),
        };
        let (text, explanation) = self.judge.explain(&question).await?;
        Ok(HttpAnswer::json(&serde_json::json!({"text": text.in_lang(call.reader()), "explanation": explanation})))
    }
}
