//! What people say of an explanation.
//!
//! Invariant: a person has one opinion of a pattern in an environment, the latest; "helpful" raises nothing, and "wrong" only lowers
//! (`knowledge::Outcome`), so that no number of people can talk the fleet into believing something.

use audit::{AuditEvent, EventKind};
use domain::{EpochMs, Role, Text, WireError, ids::IncidentId};
use incidents::report::Explained;
use knowledge::{Outcome, PatternError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Document, Entry};
use serde::Deserialize;

use crate::door::{Door, signed_in};

/// How often a pattern is written again when others write it at the same time.
const ATTEMPTS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Opinion {
    Wrong,
    Helpful,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    incident: String,
    verdict: Opinion,
}

impl Door {
    pub(crate) async fn feedback(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: Body = call.json()?;
        // Whoever acts on explanations may say what they were worth.
        let roles = self.authority.demand(&person, &[Role::Administrator, Role::Approver, Role::Operator]).await?;
        let written = domain::text::inert(&body.incident, 64);
        let unknown = || {
            WireError::new("Incidents.NotFound", Text::new(format!("There is no incident `{written}`."), format!("没有事件 `{written}`。")))
        };
        let nothing = || {
            WireError::new(
                "Knowledge.NotFound",
                Text::new(
                    format!("Nothing was learnt from incident `{written}`, so that there is nothing to correct."),
                    format!("没有从事件 `{written}` 学到任何经验，因此无可更正。"),
                ),
            )
        };
        let id = IncidentId::parse(&body.incident).map_err(|_| unknown())?;
        let incident = self.ledger.incident(&id).await.map_err(|e| e.wire())?.ok_or_else(unknown)?.incident;
        let account = incident.account.as_ref().ok_or_else(nothing)?;
        let account = self.ledger.account_by_id(account).await.map_err(|e| e.wire())?.ok_or_else(nothing)?;
        let kept = self.ledger.document(&id, Document::Diagnosis).await.map_err(|e| e.wire())?.ok_or_else(nothing)?;
        let explained: Explained = serde_json::from_str(&kept).map_err(|_| nothing())?;
        let fingerprint = explained.pattern.ok_or_else(nothing)?;
        let noted = |state: &str, text: &Text| {
            HttpAnswer::json(
                &serde_json::json!({"state": state, "incident": id.as_str(), "pattern": fingerprint, "message": text.in_lang(call.reader())}),
            )
        };
        for _ in 0..ATTEMPTS {
            let pattern = self.ledger.pattern(&fingerprint).await.map_err(|e| e.wire())?.ok_or_else(nothing)?;
            let outcome = match body.verdict {
                Opinion::Wrong => Outcome::CalledWrong { person: person.clone() },
                Opinion::Helpful => Outcome::CalledHelpful { person: person.clone() },
            };
            let (next, set_aside) = match pattern.record(outcome, account.environment, now) {
                Ok(recorded) => recorded,
                Err(PatternError::Repeated) => {
                    return Ok(noted("unchanged", &Text::new("You said so before; it is noted.", "您已反馈过，无需重复。")));
                }
                Err(_) => return Err(nothing()),
            };
            let event = AuditEvent::new(EventKind::PatternJudged, signed_in(call, person.clone(), roles.clone()))
                .in_account(account.id.clone())
                .fact("incident", id.as_str())
                .fact("pattern", fingerprint.to_string())
                .fact("outcome", if body.verdict == Opinion::Wrong { "called_wrong" } else { "called_helpful" })
                .fact("set_aside", set_aside);
            if self.ledger.put_pattern(&next, Some(pattern.revision), &Entry::new(event, now)).await.map_err(|e| e.wire())? {
                let text = match (body.verdict, set_aside) {
                    (Opinion::Wrong, true) => Text::new(
                        "Noted: more speaks against it than for it now, and it is not recalled any more.",
                        "已记录：反对的证据已多于支持，之后不再提示该经验。",
                    ),
                    (Opinion::Wrong, false) => Text::new("Noted: it is believed less from now on.", "已记录：今后会降低该经验的可信度。"),
                    (Opinion::Helpful, _) => Text::new(
                        "Noted. Praise raises nothing: only changes whose outcome was verified do.",
                        "已记录。好评不会提高可信度：只有经验证的变更结果才会。",
                    ),
                };
                return Ok(noted("noted", &text));
            }
        }
        Err(WireError::new(
            "Ledger.Conflict",
            Text::new("Others wrote this pattern at the same moment. Send it again.", "该经验正被他人同时修改，请重新发送。"),
        ))
    }
}
