//! Second factors: enrolling, showing the first code, resetting; and checking a code for one plan.
//!
//! Invariants: the state of a factor is written before what depends on it, so that a code counts once and a wrong one is counted
//! whatever follows; the secret is opened here and shown once, when its person enrols; replacing an active factor takes one of its
//! codes, and a reset another person, an administrator.

use audit::{Actor, AuditEvent, EventKind};
use aws_sdk_kms::primitives::Blob;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{ApprovalFactor, EpochMs, FactorKind, PersonId, Role, Text, WireError, wire::Notification};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Entry, FactorRow, StoredPlan};
use serde::Deserialize;
use stepup::{Factor, Guard, Refusal, Secret};

use crate::door::{Door, signed_in};

/// What an authenticator shows as the issuer.
const ISSUER: &str = "AgenticAIOps";

#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Body {
    /// A new secret; an active factor is replaced only by whoever has it.
    Enrol {
        #[serde(default)]
        code: Option<String>,
    },
    /// The first code of a new secret.
    Activate { code: String },
    /// Takes a lost factor away.
    Reset { person: PersonId },
}

impl Door {
    /// `POST /v1/factor`.
    pub(crate) async fn factor(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        match call.json()? {
            Body::Enrol { code } => self.enrol(call, person, code, now).await,
            Body::Activate { code } => self.activate(call, person, &code, now).await,
            Body::Reset { person: whose } => self.reset(call, person, whose, now).await,
        }
    }

    async fn enrol(&self, call: &HttpCall, person: PersonId, code: Option<String>, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let roles = self.authority.demand(&person, &Role::ALL).await?;
        let mut before = self.ledger.factor(&person).await.map_err(|e| e.wire())?;
        if let Some(active) = before.as_ref().filter(|row| row.active) {
            let code = code.ok_or_else(|| {
                WireError::new(
                    "StepUp.ActiveRefused",
                    Text::new(
                        "You have a second factor. Give one of its codes to replace it; an administrator can reset a lost one.",
                        "您已有二次验证。请提供其验证码以更换；如已丢失，请由管理员重置。",
                    ),
                )
            })?;
            self.try_code(active, &code, now).await?;
            before = self.ledger.factor(&person).await.map_err(|e| e.wire())?;
        }
        let entropy = lambda_shell::secret()?;
        let bytes: [u8; 20] = std::array::from_fn(|n| entropy.get(n).copied().unwrap_or_default());
        let secret = Secret::from_entropy(bytes);
        let row = FactorRow {
            person: person.clone(),
            secret_b64: self.seal(&person, &secret).await?,
            active: false,
            // Wrong codes of the former secret still count: enrolling anew is no way round a lock.
            guard: before.as_ref().map_or_else(|| "{}".to_owned(), |row| row.guard.clone()),
            enrolled_at: now,
            version: before.map_or(0, |row| row.version) + 1,
        };
        let event = AuditEvent::new(EventKind::FactorEnrolled, signed_in(call, person.clone(), roles));
        let entry = Entry::new(event, now).notify(told(&person, "enrolled", "已登记"));
        self.ledger.put_factor(&row, &entry).await.map_err(|e| e.wire())?;
        let message = Text::new(
            "Add this to your authenticator, then send its first code (`aiops factor activate CODE`). It is shown this once.",
            "请将其添加到验证器，然后提交首个验证码（`aiops factor activate CODE`）。此内容只显示一次。",
        );
        Ok(HttpAnswer::json(&serde_json::json!({
            "state": "pending", "url": secret.enrolment_url(ISSUER, &person), "message": message.in_lang(call.reader())
        })))
    }

    async fn activate(&self, call: &HttpCall, person: PersonId, code: &str, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let roles = self.authority.demand(&person, &Role::ALL).await?;
        let row = self.ledger.factor(&person).await.map_err(|e| e.wire())?.filter(|row| !row.secret_b64.is_empty()).ok_or_else(none)?;
        self.try_code(&row, code, now).await?;
        let row = self.ledger.factor(&person).await.map_err(|e| e.wire())?.ok_or_else(none)?;
        let event = AuditEvent::new(EventKind::FactorActivated, signed_in(call, person.clone(), roles));
        let entry = Entry::new(event, now).notify(told(&person, "active from now on", "现已启用"));
        let next = FactorRow { active: true, version: row.version + 1, ..row };
        self.ledger.put_factor(&next, &entry).await.map_err(|e| e.wire())?;
        let message = Text::new("Your second factor is active.", "您的二次验证已启用。");
        Ok(HttpAnswer::json(&serde_json::json!({"state": "active", "message": message.in_lang(call.reader())})))
    }

    async fn reset(&self, call: &HttpCall, person: PersonId, whose: PersonId, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let roles = self.authority.demand(&person, &[Role::Administrator]).await?;
        if person == whose {
            return Err(WireError::new(
                "StepUp.ResetDenied",
                Text::new("Your own second factor is reset by another administrator.", "您自己的二次验证需由另一名管理员重置。"),
            ));
        }
        let row = self.ledger.factor(&whose).await.map_err(|e| e.wire())?.ok_or_else(none)?;
        let next = FactorRow { secret_b64: String::new(), active: false, version: row.version + 1, ..row };
        let event = AuditEvent::new(EventKind::FactorReset, signed_in(call, person, roles)).fact("person", whose.as_str());
        let entry = Entry::new(event, now).notify(told(&whose, "reset by an administrator", "已被管理员重置"));
        self.ledger.put_factor(&next, &entry).await.map_err(|e| e.wire())?;
        let message = Text::new(format!("{whose} has no second factor now."), format!("{whose} 现在没有二次验证。"));
        Ok(HttpAnswer::json(&serde_json::json!({"state": "none", "message": message.in_lang(call.reader())})))
    }

    /// Checks a code for one plan and person. The proof is for this digest alone, and is spent by the approval that carries it.
    pub(crate) async fn prove(
        &self,
        stored: &StoredPlan,
        person: &PersonId,
        code: &str,
        now: EpochMs,
    ) -> Result<ApprovalFactor, WireError> {
        let row = self.ledger.factor(person).await.map_err(|e| e.wire())?.filter(|row| row.active).ok_or_else(none)?;
        let factor = self.try_code(&row, code, now).await?;
        let proof = factor.prove(stored.digest.clone(), person.clone(), now);
        proof.check(&stored.digest, person, now).map_err(|refusal| WireError::new("StepUp.Refused", refusal.text()))?;
        Ok(ApprovalFactor { kind: FactorKind::Totp, proven_at: proof.proven_at })
    }

    /// Tries a code and stores what is to be remembered of it, whatever the outcome.
    async fn try_code(&self, row: &FactorRow, code: &str, now: EpochMs) -> Result<Factor, WireError> {
        let guard: Guard = serde_json::from_str(&row.guard).map_err(|e| unreadable(&e))?;
        let secret = self.open_secret(row).await?;
        let (guard, outcome) = guard.try_code(&secret, code, now);
        let guard = serde_json::to_string(&guard).map_err(|e| unreadable(&e))?;
        let actor = Actor::person(row.person.clone(), Vec::new());
        let event = match &outcome {
            Ok(_) => AuditEvent::new(EventKind::FactorAccepted, actor),
            Err(refusal) => AuditEvent::new(EventKind::FactorRefused, actor).because([refusal.name()]),
        };
        let mut entry = Entry::new(event, now);
        if let Err(Refusal::Locked { .. }) = outcome {
            entry = entry.notify(told(&row.person, "locked after too many wrong codes", "因错误次数过多已被锁定"));
        }
        if guard == row.guard {
            // Nothing to remember (a typing error, a lock that holds already): only the record.
            self.ledger.append(&Entry { outbox: Vec::new(), ..entry }).await.map_err(|e| e.wire())?;
        } else {
            let next = FactorRow { guard, version: row.version + 1, ..row.clone() };
            self.ledger.put_factor(&next, &entry).await.map_err(|e| e.wire())?;
        }
        outcome.map_err(|refusal| WireError::new(refusal.name(), refusal.text()))
    }

    async fn seal(&self, person: &PersonId, secret: &Secret) -> Result<String, WireError> {
        let call = self.kms.encrypt().key_id(&self.token_key).plaintext(Blob::new(secret.as_bytes()));
        let answer = call.encryption_context(CONTEXT, person.as_str()).send().await.map_err(|e| silent(&e.into_service_error()))?;
        answer.ciphertext_blob().map(|blob| STANDARD.encode(blob)).ok_or_else(|| silent(&std::io::Error::other("no ciphertext")))
    }

    async fn open_secret(&self, row: &FactorRow) -> Result<Secret, WireError> {
        let blob = Blob::new(STANDARD.decode(&row.secret_b64).unwrap_or_default());
        let call = self.kms.decrypt().key_id(&self.token_key).ciphertext_blob(blob);
        let answer = call.encryption_context(CONTEXT, row.person.as_str()).send().await.map_err(|e| silent(&e.into_service_error()))?;
        let bytes = answer.plaintext().map(|plain| plain.as_ref().to_vec()).unwrap_or_default();
        Secret::from_stored(&bytes).ok_or_else(|| unreadable(&std::io::Error::other("the secret has another length")))
    }
}

/// The name in the encryption context; its value is the person.
const CONTEXT: &str = "aiops:factor";

/// Whose factor changes is told, whoever did it.
fn told(person: &PersonId, en: &str, zh: &str) -> Notification {
    Notification {
        occasion: "factor.changed".to_owned(),
        plan_id: None,
        digest: None,
        recipients: vec![person.clone()],
        subject: Text::new("Your second factor", "您的二次验证"),
        body: Text::new(
            format!("The second factor of {person} was {en}. If that was not you, tell an administrator at once."),
            format!("{person} 的二次验证{zh}。如非本人操作，请立即告知管理员。"),
        ),
        with_link: false,
    }
}

fn none() -> WireError {
    WireError::new(
        "StepUp.NotFound",
        Text::new(
            "You have no active second factor; enrol with `aiops factor enrol`.",
            "您没有已启用的二次验证；请使用 `aiops factor enrol` 登记。",
        ),
    )
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> WireError {
    tracing::error!(error = %error, "a second factor cannot be read");
    WireError::new(
        "StepUp.Unreadable",
        Text::new("The second factor cannot be read; an administrator has to reset it.", "无法读取二次验证，需由管理员重置。"),
    )
}

fn silent(error: &(dyn std::error::Error + 'static)) -> WireError {
    tracing::warn!(error = %error, "KMS does not answer");
    WireError::new("StepUp.Unavailable", Text::new("KMS does not answer. Nothing was decided.", "KMS 没有响应。未作任何决定。"))
}
