//! The audit log and its heads, and how the ledger reads. Entry types: [`Head`], [`ChainPage`].
//!
//! Invariant: audit rows are only ever put, under the condition that there is none; every list is read to its end
//! or says where it goes on.

use std::collections::HashMap;

use audit::{Chain, StoredRecord};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::{Digest, EpochMs};
use serde::{Deserialize, Serialize};

use crate::{
    Ledger,
    entry::Entry,
    error::{LedgerError, of_sdk},
    item::{Attributes, Row},
    keys::{HEADS, Key},
    page::{Page, PageRequest, Place, PlaceKey},
};

/// Where a chain stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub chain: Chain,
    /// Number of its last record.
    pub seq: u64,
    /// Hash of its last record.
    pub hash: Digest,
    /// When that was recorded.
    pub at: EpochMs,
}

/// A stretch of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainPage {
    /// The records, in order.
    pub records: Vec<StoredRecord>,
    /// Where the next stretch begins (`after_seq`); absent at the end.
    pub next_after: Option<u64>,
}

impl Ledger {
    /// Records an event that changes nothing else; its number in its chain is the head's from then on.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn append(&self, entry: &Entry) -> Result<(), LedgerError> {
        self.commit(Vec::new(), entry).await?.or_conflict(self, entry, "audit log").await
    }

    /// A chain's head, with strong consistency; `None` before the first record.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn head(&self, chain: &Chain) -> Result<Option<Head>, LedgerError> {
        self.get(&Key::head(chain.as_str())).await?.map(|map| read_head(map, Some(chain))).transpose()
    }

    /// Every chain's head, by name.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub async fn chains(&self) -> Result<Vec<Head>, LedgerError> {
        self.index_all(HEADS).await?.into_iter().map(|map| read_head(map, None)).collect()
    }

    /// Records of a chain after a number, at most `limit` (1 to 1000), with strong consistency. They are as stored:
    /// [`audit::verify_chain`] is the reader's part.
    ///
    /// # Errors
    /// [`LedgerError::Unreadable`] when a row has not even the form of a record.
    pub async fn read_chain(&self, chain: &Chain, after_seq: u64, limit: u32) -> Result<ChainPage, LedgerError> {
        let limit = limit.clamp(1, 1000);
        let mut records: Vec<StoredRecord> = Vec::new();
        let mut start: Option<Attributes> = None;
        loop {
            let missing = usize::try_from(limit).unwrap_or(1000).saturating_sub(records.len());
            let answer = self
                .client
                .query()
                .table_name(&self.tables.audit)
                .consistent_read(true)
                .key_condition_expression("#chain = :chain AND #seq > :after")
                .expression_attribute_names("#chain", "chain")
                .expression_attribute_names("#seq", "seq")
                .expression_attribute_values(":chain", AttributeValue::S(chain.to_string()))
                .expression_attribute_values(":after", AttributeValue::N(after_seq.to_string()))
                .limit(i32::try_from(missing.max(1)).unwrap_or(1000))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(of_sdk)?;
            for map in answer.items.unwrap_or_default() {
                records.push(read_record(map, chain)?);
            }
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            let full = records.len() >= usize::try_from(limit).unwrap_or(1000);
            if start.is_none() || full {
                let next_after = start.and_then(|_| records.last().map(|r| r.seq));
                return Ok(ChainPage { records, next_after });
            }
        }
    }

    /// An item by its key, with strong consistency.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Attributes>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.ledger)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(of_sdk)?;
        Ok(answer.item.filter(|item| !item.is_empty()))
    }

    /// Every item of a query on the table, all pages, with strong consistency.
    pub(crate) async fn query_all<const N: usize>(
        &self,
        condition: &str,
        values: [(&str, AttributeValue); N],
    ) -> Result<Vec<Attributes>, LedgerError> {
        let values: HashMap<String, AttributeValue> = values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let mut found = Vec::new();
        let mut start: Option<Attributes> = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.tables.ledger)
                .consistent_read(true)
                .key_condition_expression(condition)
                .set_expression_attribute_values(Some(values.clone()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(of_sdk)?;
            found.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    /// Every item that the index lists in a partition: keys from the index, items from the table.
    pub(crate) async fn index_all(&self, partition: &str) -> Result<Vec<Attributes>, LedgerError> {
        let mut page = PageRequest::first(crate::page::MAX_PAGE);
        let mut found = Vec::new();
        loop {
            let keys = self.index_page(&[partition.to_owned()], &page, true).await?;
            found.extend(self.get_many(&keys.items).await?);
            match keys.next {
                Some(next) => page.next = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// A page of keys from the index, over several of its partitions one after the other.
    pub(crate) async fn index_page(&self, partitions: &[String], page: &PageRequest, forward: bool) -> Result<Page<Key>, LedgerError> {
        let mut place = page.place()?.unwrap_or(Place { list: 0, key: None });
        let mut items: Vec<Key> = Vec::new();
        let size = usize::try_from(page.size()).unwrap_or(1);
        while let Some(partition) = partitions.get(place.list) {
            let missing = i32::try_from(size.saturating_sub(items.len()).max(1)).unwrap_or(1);
            let answer = self
                .client
                .query()
                .table_name(&self.tables.ledger)
                .index_name("gsi1")
                .key_condition_expression("gsi1pk = :partition")
                .expression_attribute_values(":partition", AttributeValue::S(partition.clone()))
                .projection_expression("pk, sk, gsi1sk")
                .scan_index_forward(forward)
                .limit(missing)
                .set_exclusive_start_key(place.key.as_ref().map(|key| start_key(partition, key)))
                .send()
                .await
                .map_err(of_sdk)?;
            for map in answer.items.unwrap_or_default() {
                items.push(Key { pk: text(&map, "pk")?, sk: text(&map, "sk")? });
            }
            place = match answer.last_evaluated_key.filter(|key| !key.is_empty()) {
                Some(last) => Place {
                    list: place.list,
                    key: Some(PlaceKey { pk: text(&last, "pk")?, sk: text(&last, "sk")?, gsi1sk: text(&last, "gsi1sk")? }),
                },
                None => Place { list: place.list.saturating_add(1), key: None },
            };
            if items.len() >= size {
                break;
            }
        }
        let next = partitions.get(place.list).map(|_| place.write()).transpose()?;
        Ok(Page { items, next })
    }

    /// Items by their keys, with strong consistency, in the order of the keys; absent ones are left out.
    pub(crate) async fn get_many(&self, keys: &[Key]) -> Result<Vec<Attributes>, LedgerError> {
        let mut found: HashMap<(String, String), Attributes> = HashMap::new();
        for chunk in keys.chunks(100) {
            let mut wanted: Vec<Attributes> = chunk.iter().map(Key::attributes).collect();
            let mut rounds = 0_u32;
            while !wanted.is_empty() {
                let request =
                    KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build().map_err(LedgerError::unexpected)?;
                let answer = self.client.batch_get_item().request_items(&self.tables.ledger, request).send().await.map_err(of_sdk)?;
                for map in answer.responses.unwrap_or_default().into_values().flatten() {
                    found.insert((text(&map, "pk")?, text(&map, "sk")?), map);
                }
                wanted = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|k| k.keys).collect();
                rounds = rounds.saturating_add(1);
                if !wanted.is_empty() {
                    if rounds > 10 {
                        return Err(LedgerError::Throttled("keys stay unprocessed".into()));
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(20 << rounds.min(5))).await;
                }
            }
        }
        Ok(keys.iter().filter_map(|key| found.remove(&(key.pk.clone(), key.sk.clone()))).collect())
    }
}

fn text(map: &Attributes, name: &str) -> Result<String, LedgerError> {
    map.get(name)
        .and_then(|v| v.as_s().ok())
        .cloned()
        .ok_or_else(|| LedgerError::Unreadable { what: "an index entry".into(), why: format!("`{name}` is missing") })
}

fn start_key(partition: &str, key: &PlaceKey) -> Attributes {
    HashMap::from([
        ("gsi1pk".to_owned(), AttributeValue::S(partition.to_owned())),
        ("gsi1sk".to_owned(), AttributeValue::S(key.gsi1sk.clone())),
        ("pk".to_owned(), AttributeValue::S(key.pk.clone())),
        ("sk".to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

fn read_head(map: Attributes, expected: Option<&Chain>) -> Result<Head, LedgerError> {
    let row = Row::open(map)?;
    let chain = row.parsed("gsi1sk", Chain::parse)?;
    if row.s("pk")? != Key::head(chain.as_str()).pk || expected.is_some_and(|e| *e != chain) {
        return Err(row.tampered());
    }
    Ok(Head { chain, seq: row.count("seq")?, hash: row.parsed("record_hash", Digest::parse)?, at: row.at("at")? })
}

/// A row of the audit table. Verification, not reading, judges versions and hashes, so that the first bad record is
/// named; here only what is needed to hand a row on.
fn read_record(map: Attributes, chain: &Chain) -> Result<StoredRecord, LedgerError> {
    let what = || map.get("seq").and_then(|v| v.as_n().ok()).map_or_else(|| format!("audit {chain}"), |seq| format!("audit {chain}/{seq}"));
    let bad = |name: &str| LedgerError::Unreadable { what: what(), why: format!("`{name}` is missing or of the wrong type") };
    let s = |name: &str| map.get(name).and_then(|v| v.as_s().ok());
    let seq = map.get("seq").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok()).ok_or_else(|| bad("seq"))?;
    let hash = s("record_hash").and_then(|h| Digest::parse(h).ok()).ok_or_else(|| bad("record_hash"))?;
    let record = s("record").ok_or_else(|| bad("record"))?.clone();
    Ok(StoredRecord { chain: chain.clone(), seq, record, hash })
}
