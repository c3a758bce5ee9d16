//! Personal links: GET shows, POST decides, and the subject is signed in.
//!
//! Invariant: a link works for the person it was made for and nobody else, once, until it expires; forwarding it gives nobody a vote.

use domain::{ApprovalChannel, Decision, Digest, EpochMs, Lang, PersonId, Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{StoredPlan, TokenPurpose, TokenUse};
use serde::Deserialize;

use crate::{
    decide::{RejectBody, Second, Yes},
    door::Door,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    decision: Decision,
    digest: Digest,
    preview_hash: Digest,
    lang: Lang,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

impl Door {
    async fn link(&self, call: &HttpCall, now: EpochMs) -> Result<(PersonId, StoredPlan, TokenUse), WireError> {
        let person = call.caller()?.clone();
        let hash = Digest::of_bytes(call.path_value("token")?.as_bytes());
        let refused = |text: Text| WireError::new("Link.Refused", text);
        let token = self.ledger.token(&hash).await.map_err(|e| e.wire())?;
        let Some(token) = token.filter(|t| t.record.purpose == TokenPurpose::Link) else {
            return Err(refused(Text::new("This link does not exist.", "该链接不存在。")));
        };
        let using = TokenUse { person: person.clone(), ..token.record.use_it() };
        token.check(&using, now).map_err(|refusal| refused(refusal.text()))?;
        let stored = self.authority.plan(&token.record.plan, &token.record.digest).await?;
        Ok((person, stored, using))
    }

    pub(crate) async fn show_link(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let (person, stored, _) = self.link(call, now).await?;
        let lang = call.reader();
        let (preview_text, preview_hash) = self.shown(&stored, lang).await?;
        Ok(HttpAnswer::json(&serde_json::json!({
            "person": person, "plan_id": stored.plan.id, "state": stored.state.as_str(), "digest": stored.digest,
            "preview_text": preview_text, "preview_hash": preview_hash, "lang": lang,
        })))
    }

    pub(crate) async fn decide_by_link(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let body: LinkBody = call.json()?;
        let (person, stored, using) = self.link(call, now).await?;
        match body.decision {
            Decision::Approve => {
                let yes = Yes {
                    person,
                    sign_in: call.sign_in.clone(),
                    digest: body.digest,
                    preview_hash: body.preview_hash,
                    lang: body.lang,
                    channel: ApprovalChannel::Link,
                    redeem: Some(using),
                    second: Second::of(body.code),
                };
                self.say_yes(stored, yes, now, body.lang).await
            }
            Decision::Reject => {
                let no = RejectBody { digest: body.digest, reason: body.reason };
                self.say_no(stored, call, no, now, body.lang, Some(using)).await
            }
        }
    }
}
