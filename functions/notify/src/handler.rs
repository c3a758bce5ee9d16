//! The outbox's sender. Entry type: [`Handler`].
//!
//! Invariants: a message is marked as sent only after the topic took it, so that none is lost (and a crash in between sends it twice);
//! a personal link is made at the moment of sending, bound to its reader, and only its hash is kept.

use audit::{Actor, AuditEvent, EventKind};
use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_sdk_sns::types::MessageAttributeValue;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Digest, EpochMs, PersonId, Text, WireError, wire::Notification};
use ledger::{Entry, Ledger, OutboxMessage, TokenPurpose, TokenRecord};

/// The longest subject that SNS takes, in characters.
const SUBJECT_MAX: usize = 99;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) topic: aws_sdk_sns::Client,
    pub(crate) topic_arn: String,
    pub(crate) endpoint_url: String,
    pub(crate) link_ttl_seconds: i64,
}

impl Handler {
    /// Answers the records that have to come again.
    pub(crate) async fn handle(&self, event: Event, now: EpochMs) -> Result<serde_json::Value, WireError> {
        let mut failures = Vec::new();
        for record in &event.records {
            if let Err(error) = self.record(record, now).await {
                tracing::warn!(error.name = %error.name, error.message = %error.text.en, "a message waits for the next attempt");
                let sequence = record.change.sequence_number.clone().unwrap_or_default();
                failures.push(serde_json::json!({"itemIdentifier": sequence}));
                // The stream comes again from the first failure on.
                break;
            }
        }
        Ok(serde_json::json!({"batchItemFailures": failures}))
    }

    async fn record(&self, record: &EventRecord, now: EpochMs) -> Result<(), WireError> {
        let image = serde_json::to_value(&record.change.new_image).map_err(|e| unreadable(&e))?;
        let Some(message) = OutboxMessage::from_stream_image(&image).map_err(|e| e.wire())? else {
            return Ok(());
        };
        // The stream may be behind: the table says whether it went out already.
        let Some(message) = self.ledger.message(&message.id).await.map_err(|e| e.wire())? else {
            return Ok(());
        };
        if message.sent_at.is_some() {
            return Ok(());
        }
        let notification = &message.notification;
        if notification.recipients.is_empty() {
            self.send(notification, None, None).await?;
        }
        for recipient in &notification.recipients {
            let link = if notification.with_link { self.link(notification, recipient, now).await? } else { None };
            self.send(notification, Some(recipient), link).await?;
        }
        let event = about(AuditEvent::new(EventKind::NotificationSent, Actor::function("notify")), notification)
            .fact("occasion", notification.occasion.as_str())
            .fact("recipients", notification.recipients.iter().map(ToString::to_string).collect::<Vec<_>>());
        self.ledger.mark_sent(&message.id, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        Ok(())
    }

    /// A link that shows the plan to its reader, once signed in, and takes one decision.
    async fn link(&self, notification: &Notification, reader: &PersonId, now: EpochMs) -> Result<Option<String>, WireError> {
        let (Some(plan), Some(digest)) = (&notification.plan_id, &notification.digest) else {
            return Ok(None);
        };
        let token = URL_SAFE_NO_PAD.encode(lambda_shell::secret()?);
        let record = TokenRecord {
            hash: Digest::of_bytes(token.as_bytes()),
            person: reader.clone(),
            plan: plan.clone(),
            digest: digest.clone(),
            purpose: TokenPurpose::Link,
            expires_at: now.plus_seconds(self.link_ttl_seconds),
            factor: None,
        };
        let event = about(AuditEvent::new(EventKind::LinkIssued, Actor::function("notify")), notification).fact("reader", reader.as_str());
        self.ledger.put_token(&record, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        Ok(Some(format!("{}/a/{token}", self.endpoint_url.trim_end_matches('/'))))
    }

    async fn send(&self, notification: &Notification, recipient: Option<&PersonId>, link: Option<String>) -> Result<(), WireError> {
        let body = serde_json::json!({
            "occasion": notification.occasion, "recipient": recipient, "subject": notification.subject, "body": notification.body,
            "plan_id": notification.plan_id, "digest": notification.digest, "link": link,
        });
        let attribute =
            |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build().map_err(|e| unreadable(&e));
        let mut call = self
            .topic
            .publish()
            .topic_arn(&self.topic_arn)
            .subject(subject(&notification.subject.en))
            .message(body.to_string())
            .message_attributes("occasion", attribute(&notification.occasion)?);
        if let Some(person) = recipient {
            call = call.message_attributes("recipient", attribute(person.as_str())?);
        }
        call.send().await.map_err(|e| {
            tracing::warn!(error = %e.into_service_error(), "the topic did not take the message");
            WireError::new("Notify.Unavailable", Text::new("The notification topic does not answer.", "通知主题没有响应。"))
        })?;
        Ok(())
    }
}

/// SNS takes ASCII subjects of at most 99 characters, without line breaks.
fn subject(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(SUBJECT_MAX).collect()
}

fn about(event: AuditEvent, notification: &Notification) -> AuditEvent {
    let mut event = event;
    event.plan.clone_from(&notification.plan_id);
    event.digest.clone_from(&notification.digest);
    event
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> WireError {
    WireError::new(
        "Notify.Malformed",
        Text::new(format!("An outbox record cannot be read: {error}"), format!("无法读取待发送消息：{error}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_ascii_of_at_most_99_characters() {
        assert_eq!(subject("stop\n生产"), "stop???");
        assert_eq!(subject(&"x".repeat(300)).len(), SUBJECT_MAX);
    }
}
