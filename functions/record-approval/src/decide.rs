//! Yes and no to a waiting plan.
//!
//! Invariants: a yes that may not count is refused and recorded; a yes names the digest and the hash of the preview that was shown; the
//! approval is signed before it is written and counts only with that signature; the same yes twice is one; a row that this function
//! did not sign is told and never taken for the person's yes.

use audit::{Actor, AuditEvent, EventKind};
use authority::notices;
use domain::{
    Approval, ApprovalChannel, ApprovalFactor, Digest, EpochMs, Lang, PersonId, PlanState, Reason, Role, Text, Verdict, WireError,
    wire::{Purpose, Redeem, SignIn},
};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{ApprovalOutcome, Change, Entry, LedgerError, SignedApproval, StoredPlan, TokenPurpose, TokenUse};
use serde::Deserialize;

use crate::door::{Door, answer, signed_in, wrong_digest};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveBody {
    pub(crate) digest: Digest,
    pub(crate) preview_hash: Digest,
    pub(crate) lang: Lang,
    /// A code of the approver's authenticator, where the plan needs a second factor.
    #[serde(default)]
    pub(crate) code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectBody {
    pub(crate) digest: Digest,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// One yes, before it is checked.
pub(crate) struct Yes {
    pub(crate) person: PersonId,
    /// What the token said of the sign-in; nothing where a code stands for the person.
    pub(crate) sign_in: SignIn,
    pub(crate) digest: Digest,
    pub(crate) preview_hash: Digest,
    pub(crate) lang: Lang,
    pub(crate) channel: ApprovalChannel,
    pub(crate) redeem: Option<TokenUse>,
    pub(crate) second: Second,
}

/// The second factor that comes with a yes.
pub(crate) enum Second {
    /// None.
    Without,
    /// A code, to be checked.
    Code(String),
    /// One that was checked when a console code was issued for this digest.
    Proven(ApprovalFactor),
}

impl Second {
    pub(crate) fn of(code: Option<String>) -> Self {
        code.map_or(Self::Without, Self::Code)
    }
}

impl Door {
    pub(crate) async fn approve(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: ApproveBody = call.json()?;
        let stored = self.plan_of(call).await?;
        let yes = Yes {
            person,
            sign_in: call.sign_in.clone(),
            digest: body.digest,
            preview_hash: body.preview_hash,
            lang: body.lang,
            channel: ApprovalChannel::Endpoint,
            redeem: None,
            second: Second::of(body.code),
        };
        self.say_yes(stored, yes, now, call.lang.unwrap_or(body.lang)).await
    }

    /// Checks, signs, records and wakes.
    pub(crate) async fn say_yes(&self, stored: StoredPlan, yes: Yes, now: EpochMs, reader: Lang) -> Result<HttpAnswer, WireError> {
        let roles = self.authority.roles(&yes.person).await?;
        let denied = self.authority.demand_here(&yes.person, &stored.plan, &[Role::Approver]).await.err();
        let actor = Actor::person(yes.person.clone(), roles).signed_in(&yes.sign_in);
        let earlier = self.ledger.approval(&stored.plan.id, &yes.person).await.map_err(|e| e.wire())?;
        let forged = match &earlier {
            Some(row) => !self.key.verifies(&row.approval, &row.signature_b64).await.map_err(|e| e.wire())?,
            None => false,
        };
        let refusal = if let Some(error) = denied {
            Some(error)
        } else if stored.digest != yes.digest {
            Some(wrong_digest(&stored))
        } else if stored.plan.is_author(&yes.person) {
            Some(WireError::new(
                "Approval.AuthorRefused",
                Text::new(
                    format!("{} asked for this plan and cannot approve it; another approver must.", yes.person),
                    format!("{} 是该计划的发起人，不能审批自己的计划，需由其他审批人决定。", yes.person),
                ),
            ))
        } else if now >= stored.plan.expires_at {
            Some(WireError::new(
                "Approval.ExpiredRefused",
                Text::new(format!("Plan {} has expired.", stored.plan.id), format!("计划 {} 已过期。", stored.plan.id)),
            ))
        } else if forged {
            Some(LedgerError::Tampered { what: format!("the approval of plan {} by {}", stored.plan.id, yes.person) }.wire())
        } else {
            None
        };
        if let Some(error) = refusal {
            let event =
                AuditEvent::new(EventKind::ApprovalRefused, actor).about(&stored.plan, &stored.digest).because([error.name.clone()]);
            self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
            if error.name == "Approval.ExpiredRefused" {
                self.close_expired(&stored).await;
            }
            return Err(error);
        }
        if earlier.is_some_and(|e| e.approval.digest == stored.digest) && stored.state != PlanState::AwaitingApproval {
            return Ok(answer(
                &stored.plan.id,
                stored.state.as_str(),
                &Text::new("You have approved this plan already.", "您已批准过该计划。"),
                reader,
            ));
        }
        if stored.state != PlanState::AwaitingApproval {
            return Err(not_waiting(&stored));
        }
        let (_, shown) = self.shown(&stored, yes.lang).await?;
        if shown != yes.preview_hash {
            return Err(WireError::new(
                "Approval.PreviewConflict",
                Text::new(
                    "What you saw is not this plan's preview. Nothing was decided; look at it again.",
                    "您看到的内容不是该计划的预览。未作任何决定，请重新查看。",
                ),
            ));
        }
        let factor = self.second_factor(&stored, &yes, now).await?;
        let approval = Approval {
            plan: stored.plan.id.clone(),
            digest: stored.digest.clone(),
            person: yes.person.clone(),
            at: now,
            channel: yes.channel,
            preview_hash: shown.clone(),
            lang: yes.lang,
            factor,
        };
        let signature_b64 = self.key.sign(&approval).await.map_err(|e| e.wire())?;
        let signed = SignedApproval { approval, signature_b64, key_id: self.key.key_id().to_owned() };
        let event = AuditEvent::new(EventKind::ApprovalRecorded, actor).about(&stored.plan, &stored.digest).shown(shown);
        let mut entry = Entry::new(event, now);
        if let Some(token) = yes.redeem {
            entry = entry.redeeming(token);
        }
        let outcome = self.ledger.record_approval(&signed, stored.state, stored.version, &entry).await.map_err(|e| e.wire())?;
        self.wake(&stored.plan.id).await?;
        let message = match outcome {
            ApprovalOutcome::Recorded => {
                Text::new(format!("Approved by {}. The plan goes on.", yes.person), format!("{} 已批准，计划继续执行。", yes.person))
            }
            ApprovalOutcome::Already => Text::new("You have approved this plan already.", "您已批准过该计划。"),
        };
        Ok(answer(&stored.plan.id, stored.state.as_str(), &message, reader))
    }

    /// The second factor of a yes. A plan that asks for one takes no yes without: one that cannot count is better refused than recorded.
    async fn second_factor(&self, stored: &StoredPlan, yes: &Yes, now: EpochMs) -> Result<Option<ApprovalFactor>, WireError> {
        match &yes.second {
            Second::Proven(factor) => Ok(Some(*factor)),
            Second::Code(code) => self.prove(stored, &yes.person, code, now).await.map(Some),
            Second::Without => {
                let judgement = self.judge.judge(&stored.plan, &stored.digest, Purpose::Execute).await?;
                if !matches!(judgement.verdict, Verdict::NeedsApproval { fresh_mfa: true, .. }) {
                    return Ok(None);
                }
                let event =
                    AuditEvent::new(EventKind::ApprovalRefused, Actor::person(yes.person.clone(), Vec::new()).signed_in(&yes.sign_in))
                        .about(&stored.plan, &stored.digest)
                        .because(["Approval.FactorRefused"]);
                self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
                Err(WireError::new(
                    "Approval.FactorRefused",
                    Text::new(
                        format!(
                            "Plan {} needs a fresh second factor. Approve again with a code of your authenticator: `aiops approve {} --code 123456`. Nothing was decided.",
                            stored.plan.id, stored.plan.id
                        ),
                        format!(
                            "计划 {} 需要新的二次验证。请附上验证器的验证码重新审批：`aiops approve {} --code 123456`。未作任何决定。",
                            stored.plan.id, stored.plan.id
                        ),
                    ),
                ))
            }
        }
    }

    /// A plan that is found expired need not wait for the end of its workflow's slice of time: the workflow looks again and closes it.
    async fn close_expired(&self, stored: &StoredPlan) {
        if matches!(stored.state, PlanState::AwaitingApproval | PlanState::Expired)
            && let Err(error) = self.wake(&stored.plan.id).await
        {
            tracing::info!(error.name = %error.name, "the workflow of an expired plan could not be woken; its own limit does");
        }
    }

    pub(crate) async fn reject(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let body: RejectBody = call.json()?;
        let stored = self.plan_of(call).await?;
        self.say_no(stored, call, body, now, call.reader(), None).await
    }

    pub(crate) async fn say_no(
        &self,
        stored: StoredPlan,
        call: &HttpCall,
        body: RejectBody,
        now: EpochMs,
        reader: Lang,
        redeem: Option<TokenUse>,
    ) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let roles = self.authority.demand_here(&person, &stored.plan, &[Role::Approver]).await?;
        if stored.digest != body.digest {
            return Err(wrong_digest(&stored));
        }
        if !matches!(stored.state, PlanState::AwaitingApproval | PlanState::Proposed | PlanState::Approved) {
            return Err(not_waiting(&stored));
        }
        let why = body.reason.map(|r| domain::text::inert(&redaction::for_colleagues(&r), 300)).unwrap_or_default();
        let text = Text::new(
            format!("{person} said no: {}", if why.is_empty() { "no reason given" } else { &why }),
            format!("{person} 已拒绝：{}", if why.is_empty() { "未说明原因" } else { &why }),
        );
        let reason = Reason { rule: "person.rejected".to_owned(), text: text.clone() };
        let event = AuditEvent::new(EventKind::Rejected, signed_in(call, person, roles))
            .about(&stored.plan, &stored.digest)
            .fact("reason", why.as_str())
            .sensitive();
        let mut entry = Entry::new(event, now).notify(notices::closed(&stored.plan, &stored.digest, PlanState::Rejected, Some(&reason)));
        if let Some(token) = redeem {
            entry = entry.redeeming(token);
        }
        self.ledger
            .transition(&stored.plan.id, stored.version, stored.state, PlanState::Rejected, &Change::because(reason), &entry)
            .await
            .map_err(|e| e.wire())?;
        self.wake(&stored.plan.id).await?;
        Ok(answer(&stored.plan.id, PlanState::Rejected.as_str(), &text, reader))
    }

    /// A code pasted into a Step Functions answer becomes the approval of the person it was issued to.
    pub(crate) async fn redeem(&self, redeem: &Redeem, now: EpochMs) -> Result<(), WireError> {
        let hash = Digest::of_bytes(redeem.code.trim().as_bytes());
        let refused = |text: Text| WireError::new("Approval.CodeRefused", text);
        let stored_token = self.ledger.token(&hash).await.map_err(|e| e.wire())?;
        let stored = self.authority.plan(&redeem.plan_id, &redeem.digest).await?;
        let token_factor = stored_token.as_ref().and_then(|token| token.record.factor);
        let outcome = match stored_token {
            Some(token)
                if token.record.purpose == TokenPurpose::ConsoleCode
                    && token.record.plan == redeem.plan_id
                    && token.record.digest == redeem.digest =>
            {
                token.record.use_it().clone_checked(&token, now).map_err(refused)
            }
            _ => Err(refused(Text::new("This code is not one for this plan.", "该代码不属于此计划。"))),
        };
        match outcome {
            Ok(using) => {
                let lang = if redeem.code.trim().starts_with("zh.") { Lang::Zh } else { Lang::En };
                let (_, shown) = self.shown(&stored, lang).await?;
                let yes = Yes {
                    person: using.person.clone(),
                    sign_in: SignIn::default(),
                    digest: redeem.digest.clone(),
                    preview_hash: shown,
                    lang,
                    channel: ApprovalChannel::Console,
                    redeem: Some(using),
                    second: token_factor.map_or(Second::Without, Second::Proven),
                };
                self.say_yes(stored, yes, now, lang).await.map(|_| ())
            }
            Err(error) => {
                let event = AuditEvent::new(EventKind::ApprovalRefused, Actor::function("record-approval"))
                    .about(&stored.plan, &stored.digest)
                    .because([error.name.clone()])
                    .fact("channel", "console");
                self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
                Err(error)
            }
        }
    }
}

/// The token's use, if it is good at this moment.
trait CheckedUse {
    fn clone_checked(self, token: &ledger::StoredToken, now: EpochMs) -> Result<TokenUse, Text>;
}

impl CheckedUse for TokenUse {
    fn clone_checked(self, token: &ledger::StoredToken, now: EpochMs) -> Result<TokenUse, Text> {
        match token.check(&self, now) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(refusal.text()),
        }
    }
}

pub(crate) fn not_waiting(stored: &StoredPlan) -> WireError {
    let state = stored.state.as_str();
    WireError::new(
        "Approval.StateConflict",
        Text::new(
            format!("Plan {} is {state} and waits for no decision.", stored.plan.id),
            format!("计划 {} 的状态为“{}”，不在等待决定。", stored.plan.id, notices::state_zh(stored.state)),
        ),
    )
}

/// Conflicts are told in the words of a decision.
pub(crate) fn moved(error: LedgerError) -> WireError {
    match error {
        LedgerError::Conflict { .. } => WireError::new(
            "Approval.StateConflict",
            Text::new("The plan moved in the meantime; look at it again.", "计划状态已变化，请重新查看。"),
        ),
        other => other.wire(),
    }
}
