//! Messages to people, written with the change they tell of. Entry type: [`OutboxMessage`].
//!
//! Invariant: a message is there exactly when its change is; it is marked once it was sent. Sending twice is
//! harmless, losing one is not.

use audit::StoredRecord;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::{EpochMs, wire::Notification};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::{LedgerError, of_sdk},
    item::{Attributes, Item, Row},
    keys::{Key, OUTBOX, UNSENT},
    page::{Page, PageRequest},
};

/// How long a message is kept after it was sent.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// A message as it lies in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Its id, a ULID.
    pub id: String,
    /// What to send.
    pub notification: Notification,
    /// When it was written.
    pub created_at: EpochMs,
    /// When it was sent.
    pub sent_at: Option<EpochMs>,
}

impl OutboxMessage {
    /// A message out of the `NewImage` of a stream record, in DynamoDB's JSON (`{"pk":{"S":"…"},…}`); `None` when
    /// the item is no message.
    ///
    /// # Errors
    /// [`LedgerError::Unreadable`] when it is a message that cannot be read.
    pub fn from_stream_image(image: &serde_json::Value) -> Result<Option<Self>, LedgerError> {
        let pk = image.get("pk").and_then(|v| v.get("S")).and_then(serde_json::Value::as_str).unwrap_or_default();
        if !pk.starts_with(OUTBOX) {
            return Ok(None);
        }
        let mut map = Attributes::new();
        for (name, value) in image.as_object().into_iter().flatten() {
            let text = |kind: &str| value.get(kind).and_then(serde_json::Value::as_str).map(str::to_owned);
            if let Some(text) = text("S") {
                map.insert(name.clone(), AttributeValue::S(text));
            } else if let Some(number) = text("N") {
                map.insert(name.clone(), AttributeValue::N(number));
            }
        }
        Self::read(map).map(Some)
    }

    fn read(map: Attributes) -> Result<Self, LedgerError> {
        let row = Row::open(map)?;
        let id = row.s("pk")?.strip_prefix(OUTBOX).ok_or_else(|| row.tampered())?.to_owned();
        Ok(Self { id, notification: row.json("message")?, created_at: row.at("created_at")?, sent_at: row.opt_at("sent_at")? })
    }
}

impl Ledger {
    /// The item of a message. Its id is made of the record's hash: the same change makes the same ids, and no
    /// randomness is needed.
    pub(crate) fn outbox_item(
        &self,
        message: &Notification,
        record: &StoredRecord,
        n: usize,
        now: EpochMs,
    ) -> Result<Attributes, LedgerError> {
        let id = message_id(record, n, now);
        Item::new(&Key::outbox(&id), &self.region).json("message", message)?.n("created_at", now.0).listed(UNSENT, id).finish()
    }

    /// A message.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn message(&self, id: &str) -> Result<Option<OutboxMessage>, LedgerError> {
        self.get(&Key::outbox(id)).await?.map(OutboxMessage::read).transpose()
    }

    /// Marks a message as sent; whether it was not marked before.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn mark_sent(&self, id: &str, entry: &Entry) -> Result<bool, LedgerError> {
        let update = Update::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::outbox(id).attributes()))
            .update_expression("SET sent_at = :now, #ttl = :ttl REMOVE gsi1pk, gsi1sk")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(sent_at)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", AttributeValue::N(entry.now.0.to_string()))
            .expression_attribute_values(":ttl", AttributeValue::N(entry.now.plus_seconds(KEPT_SECONDS).seconds().to_string()))
            .build()
            .map_err(LedgerError::unexpected)?;
        let step = Step::new(Slot::Other, TransactWriteItem::builder().update(update).build());
        Ok(self.commit(vec![step], entry).await? == Committed::Yes)
    }

    /// Messages that were not sent, the oldest first: for a sweep that finds what the stream lost.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub async fn unsent(&self, page: &PageRequest) -> Result<Page<OutboxMessage>, LedgerError> {
        let found = self.index_page(&[UNSENT.to_owned()], page, true).await?;
        let mut items = Vec::new();
        for key in found.items {
            let Some(map) = self.get(&key).await? else { continue };
            let message = OutboxMessage::read(map)?;
            if message.sent_at.is_none() {
                items.push(message);
            }
        }
        Ok(Page { items, next: found.next })
    }
}

impl Ledger {
    /// Brings a message that lies unsent before the sender again: the touch is a new record of the table's stream.
    /// Whether it was still unsent. It changes no authority and has no audit record; the sending has one.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn touch_unsent(&self, id: &str, now: EpochMs) -> Result<bool, LedgerError> {
        let asked = self
            .client
            .update_item()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::outbox(id).attributes()))
            .update_expression("SET touched_at = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(sent_at)")
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .send()
            .await;
        match asked {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(of_sdk(error)),
        }
    }
}

fn message_id(record: &StoredRecord, n: usize, now: EpochMs) -> String {
    let hash = record.hash.as_str().get(..18).and_then(|hex| u128::from_str_radix(hex, 16).ok()).unwrap_or(0);
    let low = u128::try_from(n & 0xff).unwrap_or(0);
    ulid::Ulid::from_parts(u64::try_from(now.0).unwrap_or(0), (hash << 8) | low).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit::{Actor, AuditEvent, AuditRecord, Chain, EventKind};
    use domain::Text;

    fn message() -> Notification {
        Notification {
            occasion: "approval.requested".into(),
            plan_id: None,
            digest: None,
            recipients: Vec::new(),
            subject: Text::new("please decide", "请审批"),
            body: Text::new("a plan", "一个计划"),
            with_link: true,
        }
    }

    fn record() -> StoredRecord {
        let event = AuditEvent::new(EventKind::ApprovalRequested, Actor::function("request-approval"));
        AuditRecord::first(Chain::hub(), EpochMs(7), event).store().unwrap()
    }

    #[test]
    fn the_messages_of_one_change_have_ids_of_their_own_and_the_same_ones_again() {
        let ids: Vec<String> = (0..5).map(|n| message_id(&record(), n, EpochMs(7))).collect();
        let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), 5);
        assert_eq!(ids[3], message_id(&record(), 3, EpochMs(7)));
        assert!(ids.iter().all(|id| ulid::Ulid::from_string(id).is_ok()));
    }

    #[test]
    fn a_message_is_read_out_of_the_stream_and_other_items_are_none() {
        let json = serde_json::to_string(&message()).unwrap();
        let image = serde_json::json!({
            "pk": {"S": "OUTBOX#01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "sk": {"S": "MSG"}, "v": {"N": "1"}, "epoch": {"N": "1"},
            "region_home": {"S": "us-east-1"}, "message": {"S": json}, "created_at": {"N": "7"},
            "gsi1pk": {"S": "UNSENT"}, "gsi1sk": {"S": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
        });
        let read = OutboxMessage::from_stream_image(&image).unwrap().unwrap();
        assert_eq!(read.notification, message());
        assert_eq!((read.id.as_str(), read.sent_at), ("01ARZ3NDEKTSV4RRFFQ69G5FAV", None));
        assert_eq!(OutboxMessage::from_stream_image(&serde_json::json!({"pk": {"S": "PLAN#x"}})).unwrap(), None);
        assert_eq!(OutboxMessage::from_stream_image(&serde_json::json!([])).unwrap(), None);
        assert!(OutboxMessage::from_stream_image(&serde_json::json!({"pk": {"S": "OUTBOX#x"}, "v": {"N": "9"}})).is_err());
    }
}
