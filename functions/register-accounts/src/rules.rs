//! Changing the rules: accounts made looser, the calendar, policies of one's own, accepted findings.
//!
//! Invariants: what cannot be read is refused before anybody is asked, and what is in force stays; one administrator proposes and
//! another confirms exactly that digest; both are in the audit record.

use audit::{Actor, AuditEvent, EventKind};
use authority::PolicyFile;
use domain::{Account, Digest, EpochMs, Role, Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Entry, Proposal, SettingKind};
use serde::Deserialize;

use crate::handler::{Handler, check, malformed};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    kind: SettingKind,
    digest: Digest,
}

/// Exactly one of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    calendar: Option<String>,
    #[serde(default)]
    policies: Option<Vec<PolicyFile>>,
    #[serde(default)]
    exceptions: Option<String>,
    #[serde(default)]
    confirm: Option<Confirm>,
}

impl Handler {
    pub(crate) async fn rules(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: Body = call.json()?;
        let roles = self.authority.demand(&person, &[Role::Administrator]).await?;
        match body {
            Body { calendar: Some(text), policies: None, exceptions: None, confirm: None } => {
                self.judge.check(SettingKind::Calendar, &text).await?;
                self.propose(call, SettingKind::Calendar, text, roles, Vec::new(), now).await
            }
            Body { calendar: None, policies: Some(files), exceptions: None, confirm: None } => {
                let text = serde_json::to_string(&files).map_err(|e| malformed(&e.to_string(), &e.to_string()))?;
                self.judge.check(SettingKind::Policies, &text).await?;
                self.propose(call, SettingKind::Policies, text, roles, Vec::new(), now).await
            }
            Body { calendar: None, policies: None, exceptions: Some(text), confirm: None } => {
                checks::exception::read_acceptable(&text, now).map_err(|e| {
                    let why = e.to_string();
                    WireError::new(
                        "Exceptions.Refused",
                        Text::new(
                            format!("The exceptions were refused and those in force stay: {why}"),
                            format!("例外未被接受，现行例外继续有效：{why}"),
                        ),
                    )
                })?;
                self.propose(call, SettingKind::Exceptions, text, roles, Vec::new(), now).await
            }
            Body { calendar: None, policies: None, exceptions: None, confirm: Some(confirm) } => {
                self.confirm(call, &confirm, roles, now).await
            }
            _ => Err(WireError::new(
                "Request.Malformed",
                Text::new(
                    "Send exactly one of `calendar`, `policies`, `exceptions` and `confirm`.",
                    "请只提交 `calendar`、`policies`、`exceptions`、`confirm` 之一。",
                ),
            )),
        }
    }

    /// Lets a change wait for a second administrator.
    pub(crate) async fn propose(
        &self,
        call: &HttpCall,
        kind: SettingKind,
        text: String,
        roles: Vec<Role>,
        why: Vec<Text>,
        now: EpochMs,
    ) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let before = self.ledger.setting(kind).await.map_err(|e| e.wire())?.map(|s| s.digest);
        let proposal = Proposal::new(kind, text, before, person.clone(), now);
        let event = AuditEvent::new(EventKind::RulesProposed, Actor::person(person, roles).signed_in(&call.sign_in))
            .fact("kind", kind.as_str())
            .fact("digest", proposal.digest.as_str());
        self.ledger.propose_setting(&proposal, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        let list = |zh: bool| why.iter().map(|t| if zh { t.zh.as_str() } else { t.en.as_str() }).collect::<Vec<_>>();
        let (en, zh) = (list(false).join("; "), list(true).join("；"));
        let message = Text::new(
            format!("Noted, and nothing has changed yet. A second administrator must confirm the digest {}. {en}", proposal.digest.short()),
            format!("已记录，尚未更改任何内容。需另一名管理员确认摘要 {}。{zh}", proposal.digest.short()),
        );
        Ok(HttpAnswer::json(&serde_json::json!({
            "state": "waiting", "kind": kind.as_str(), "digest": proposal.digest, "message": message.in_lang(call.reader())
        })))
    }

    async fn confirm(&self, call: &HttpCall, confirm: &Confirm, roles: Vec<Role>, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let proposal = self.ledger.proposal(confirm.kind).await.map_err(|e| e.wire())?.filter(|p| p.digest == confirm.digest);
        let proposal = proposal.filter(|p| p.stands(now)).ok_or_else(|| {
            WireError::new(
                "Rules.NotFound",
                Text::new("No change with this digest waits for a second person.", "没有使用该摘要、等待第二人确认的变更。"),
            )
        })?;
        if proposal.author == person {
            let event = AuditEvent::new(EventKind::RequestRefused, Actor::person(person.clone(), roles).signed_in(&call.sign_in))
                .because(["Rules.AuthorRefused"])
                .fact("kind", confirm.kind.as_str())
                .fact("digest", proposal.digest.as_str());
            self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
            return Err(WireError::new(
                "Rules.AuthorRefused",
                Text::new(
                    format!("{person} proposed this; another administrator must confirm it."),
                    format!("该变更由 {person} 提出，需另一名管理员确认。"),
                ),
            ));
        }
        // The author's word counts only while they are an administrator.
        self.authority.demand(&proposal.author, &[Role::Administrator]).await?;
        let event = AuditEvent::new(EventKind::RulesChanged, Actor::person(person.clone(), roles.clone()).signed_in(&call.sign_in))
            .fact("kind", confirm.kind.as_str())
            .fact("digest", proposal.digest.as_str())
            .fact("proposed_by", proposal.author.as_str());
        let entry = Entry::new(event, now);
        if confirm.kind == SettingKind::Accounts {
            let accounts: Vec<Account> = serde_json::from_str(&proposal.text).map_err(|e| malformed(&e.to_string(), &e.to_string()))?;
            let known = self.ledger.accounts().await.map_err(|e| e.wire())?;
            check(&accounts, &known)?;
            // A proposal that something else has overtaken is refused before anything is written, as the last write would refuse it.
            if self.ledger.setting(confirm.kind).await.map_err(|e| e.wire())?.map(|s| s.digest) != proposal.replaces {
                return Err(WireError::new(
                    "Ledger.Conflict",
                    Text::new("Something else came into force meanwhile; propose again.", "其间已有其他变更生效，请重新提出。"),
                ));
            }
            // First the accounts, which is harmless to repeat; the proposal is spent with the last write.
            let event = AuditEvent::new(EventKind::AccountsRegistered, Actor::person(person.clone(), roles).signed_in(&call.sign_in))
                .fact("proposed_by", proposal.author.as_str());
            self.ledger.put_accounts(&accounts, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        }
        self.ledger.confirm_setting(&proposal, &person, &entry).await.map_err(|e| e.wire())?;
        let message = Text::new(
            format!("In force: {} by {} and {person}.", confirm.kind.as_str(), proposal.author),
            format!("已生效：{}（{} 与 {person}）。", confirm.kind.as_str(), proposal.author),
        );
        Ok(HttpAnswer::json(&serde_json::json!({
            "state": "in_force", "kind": confirm.kind.as_str(), "digest": proposal.digest, "message": message.in_lang(call.reader())
        })))
    }

    /// What is in force and what waits, with the texts, so that the second person can read what they confirm.
    pub(crate) async fn show(&self, call: &HttpCall) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let policy_version = self.judge.demand(&person, &[Role::Administrator, Role::Auditor]).await?.policy_version;
        let mut rules = Vec::new();
        for kind in SettingKind::ALL {
            let in_force = self.ledger.setting(kind).await.map_err(|e| e.wire())?;
            let waiting = self.ledger.proposal(kind).await.map_err(|e| e.wire())?;
            rules.push(serde_json::json!({"kind": kind.as_str(), "in_force": in_force, "waiting": waiting}));
        }
        Ok(HttpAnswer::json(&serde_json::json!({"policy_version": policy_version, "rules": rules})))
    }
}
