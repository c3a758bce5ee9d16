//! What goes along with every change of the ledger. Entry type: [`Entry`].
//!
//! Invariant: the change, its audit record, its messages to people and the token that allowed it are one
//! transaction: all of them happen, or none. What a record or a message says is redacted here, on its only way in.
//!
//! ```
//! use audit::{Actor, AuditEvent, EventKind};
//! use domain::EpochMs;
//! use ledger::Entry;
//! let event = AuditEvent::new(EventKind::Expired, Actor::function("authorize-plan"));
//! let entry = Entry::new(event, EpochMs(1_700_000_000_000));
//! assert!(entry.outbox.is_empty());
//! ```

use audit::AuditEvent;
use domain::{EpochMs, Text, Value, wire::Notification};
use redaction::{Audience, Redactor};

use crate::tokens::TokenUse;

/// The audit event of a change, and what else belongs into the same transaction.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What happened; its account decides the chain.
    pub event: AuditEvent,
    /// The instant of the change.
    pub now: EpochMs,
    /// Messages to people.
    pub outbox: Vec<Notification>,
    /// A link or code that is used up by this change, and without which it does not happen.
    pub redeem: Option<TokenUse>,
}

impl Entry {
    /// Only the event.
    #[must_use]
    pub fn new(mut event: AuditEvent, now: EpochMs) -> Self {
        event.detail = event.detail.iter().map(|(name, value)| (name.clone(), redacted(name, value))).collect();
        event.resources = event.resources.iter().map(|arn| redaction::for_colleagues(arn)).collect();
        Self { event, now, outbox: Vec::new(), redeem: None }
    }

    /// With one more message to people.
    #[must_use]
    pub fn notify(mut self, mut message: Notification) -> Self {
        for text in [&mut message.subject, &mut message.body] {
            *text = Text::new(redaction::for_colleagues(&text.en), redaction::for_colleagues(&text.zh));
        }
        self.outbox.push(message);
        self
    }

    /// With messages to people.
    #[must_use]
    pub fn notify_all(self, messages: impl IntoIterator<Item = Notification>) -> Self {
        messages.into_iter().fold(self, Self::notify)
    }

    /// Only if this link or code is good, which is used up.
    #[must_use]
    pub fn redeeming(mut self, token: TokenUse) -> Self {
        self.redeem = Some(token);
        self
    }
}

/// A fact without secrets; its name is context for what it holds.
fn redacted(name: &str, value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(Redactor::shared().redact_named(Audience::Colleagues, name, text)),
        Value::List(items) => Value::List(items.iter().map(|item| redacted(name, item)).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(name, value)| (name.clone(), redacted(name, value))).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use audit::{Actor, EventKind};

    use super::*;

    #[test]
    fn secrets_reach_neither_the_record_nor_the_messages() {
        let secret = format!("AKIA{}", "QWERTZUIOP234567");
        let event = AuditEvent::new(EventKind::RequestRefused, Actor::function("plan-operation"))
            .fact("request", format!("stop {secret}"))
            .fact("targets", vec![format!("x-{secret}")])
            .on([format!("arn:aws:s3:::x-{secret}")]);
        let message = Notification {
            occasion: "plan.closed".into(),
            plan_id: None,
            digest: None,
            recipients: Vec::new(),
            subject: Text::new(format!("about {secret}"), "计划"),
            body: Text::new("no", format!("密钥 {secret}")),
            with_link: false,
        };
        let entry = Entry::new(event, EpochMs(1)).notify_all([message]);
        let written = format!("{entry:?}");
        assert!(!written.contains(&secret), "{written}");
        assert_eq!(written.matches("[redacted:aws-access-key-id]").count(), 5, "{written}");
    }
}
