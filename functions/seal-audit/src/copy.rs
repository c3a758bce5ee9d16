//! From the audit table's stream into the bucket and the log. Entry: [`Sealer::copy`].
//!
//! Invariant: a record is only ever inserted; whatever else the stream tells of one is a finding, kept with both images
//! under lock and told to people once.

use std::collections::BTreeMap;

use archive::Put;
use audit::{Actor, AuditEvent, Chain, DataClass, EventKind, StoredRecord};
use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use domain::{Digest, EpochMs, Text, WireError, wire::Notification};
use ledger::Entry;
use serde_json::Value;

use crate::seal::Sealer;

impl Sealer {
    /// Answers the records that have to come again.
    pub(crate) async fn copy(&self, event: &Event, now: EpochMs) -> Result<Value, WireError> {
        match self.copy_all(event, now).await {
            Ok(()) => Ok(serde_json::json!({"batchItemFailures": []})),
            Err(error) => {
                tracing::warn!(error.name = %error.name, error.message = %error.text.en, "records wait for the next attempt");
                // Copying twice makes the same objects, so the batch comes again from its beginning.
                let first = event.records.first().and_then(|r| r.change.sequence_number.clone()).unwrap_or_default();
                Ok(serde_json::json!({"batchItemFailures": [{"itemIdentifier": first}]}))
            }
        }
    }

    async fn copy_all(&self, event: &Event, now: EpochMs) -> Result<(), WireError> {
        let mut groups: BTreeMap<(Chain, bool), Vec<StoredRecord>> = BTreeMap::new();
        for record in &event.records {
            match (record.event_name.as_str(), inserted(record)) {
                ("INSERT", Some(stored)) => {
                    tracing::info!(audit.chain = %stored.chain, audit.seq = stored.seq, audit.hash = %stored.hash, audit.record = %stored.record, "audit");
                    let sensitive = stored.read().is_ok_and(|r| r.event.data_class == DataClass::Sensitive);
                    groups.entry((stored.chain.clone(), sensitive)).or_default().push(stored);
                }
                _ => self.found(record, now).await?,
            }
        }
        for ((chain, sensitive), records) in groups {
            let class = if sensitive { DataClass::Sensitive } else { DataClass::Internal };
            self.archive.put_records(&chain, class, &records, now).await.map_err(|e| e.wire())?;
        }
        Ok(())
    }

    /// A record was overwritten or deleted, or what was inserted is none.
    async fn found(&self, record: &EventRecord, now: EpochMs) -> Result<(), WireError> {
        let keys = serde_json::to_value(&record.change.keys).unwrap_or_default();
        let key = |name: &str, kind: &str| keys.pointer(&format!("/{name}/{kind}")).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (chain, seq) = (key("chain", "S"), key("seq", "N"));
        let body = serde_json::to_vec(record).unwrap_or_default();
        self.tell(&chain, &seq, &record.event_id, &record.event_name, body, now).await
    }

    /// Keeps a finding; the first time, records it and tells people.
    pub(crate) async fn tell(&self, chain: &str, seq: &str, id: &str, what: &str, body: Vec<u8>, now: EpochMs) -> Result<(), WireError> {
        if self.archive.put_finding(chain, seq, id, body, now).await.map_err(|e| e.wire())? == Put::Already {
            return Ok(());
        }
        tracing::error!(audit.chain = %chain, audit.seq = %seq, audit.found = %what, "the audit log was tampered with");
        let (chain, seq) = (domain::text::defang(chain, 40), domain::text::defang(seq, 24));
        let what = domain::text::defang(what, 40);
        let text = Text::new(
            format!(
                "Audit record {seq} of chain {chain} is not what it was ({what}). The original and the finding are in the locked bucket."
            ),
            format!("审计链 {chain} 的第 {seq} 条记录已不是原样（{what}）。原件和发现已保存在锁定的存储桶中。"),
        );
        let message = Notification {
            occasion: "audit.tampering".to_owned(),
            plan_id: None,
            digest: None,
            recipients: Vec::new(),
            subject: Text::new("The audit log was tampered with", "审计日志被篡改"),
            body: text,
            with_link: false,
        };
        let event = AuditEvent::new(EventKind::TamperingSeen, Actor::function("seal-audit"))
            .fact("chain", chain)
            .fact("seq", seq)
            .fact("found", what);
        self.ledger.append(&Entry::new(event, now).notify(message)).await.map_err(|e| e.wire())
    }
}

/// The record that was put into the table.
fn inserted(record: &EventRecord) -> Option<StoredRecord> {
    let image = serde_json::to_value(&record.change.new_image).ok()?;
    let field = |name: &str, kind: &str| image.pointer(&format!("/{name}/{kind}")).and_then(Value::as_str);
    Some(StoredRecord {
        chain: Chain::parse(field("chain", "S")?).ok()?,
        seq: field("seq", "N")?.parse().ok()?,
        record: field("record", "S")?.to_owned(),
        hash: Digest::parse(field("record_hash", "S")?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(file: &str) -> Event {
        let path = format!("{}/../../events/seal-audit/{file}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn a_new_record_is_read_out_of_the_stream_exactly() {
        let event = events("records-are-copied");
        let stored: Vec<StoredRecord> = event.records.iter().filter_map(inserted).collect();
        assert_eq!(stored.len(), event.records.len());
        for record in &stored {
            let inner = record.read().unwrap();
            assert_eq!((inner.seq, inner.hash().unwrap()), (record.seq, record.hash.clone()));
        }
    }
}
