//! Incidents and what is known of them. Entry types: [`StoredIncident`], [`Folded`], [`Document`].
//!
//! Invariant: a signal is kept under its incident before it is counted, and only once; of several writers that fold at
//! the same time one gets through and the others look again; opening and what people are told of it is one
//! transaction with its audit record.

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    types::{AttributeValue, Put, TransactWriteItem, Update},
};
use domain::{EpochMs, ids::IncidentId};
use incidents::Incident;

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::{LedgerError, of_sdk},
    item::{Item, Row},
    keys::{ALL_INCIDENTS, Key},
    page::{Page, PageRequest},
};

/// How long signals and evidence are kept.
const KEPT_SECONDS: i64 = 90 * 86_400;

/// What is kept beside an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// What was read about it.
    Evidence,
    /// What follows from that.
    Diagnosis,
}

impl Document {
    fn sort_key(self) -> &'static str {
        match self {
            Self::Evidence => "EVIDENCE",
            Self::Diagnosis => "DIAGNOSIS",
        }
    }
}

/// An incident as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIncident {
    /// The incident, its count of signals included.
    pub incident: Incident,
    /// Raised by every change but the mere count.
    pub version: u64,
}

/// How folding a signal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// It is kept and counted.
    Yes,
    /// It was there already.
    Duplicate,
    /// Somebody else changed the incident: look again.
    Moved,
}

impl Ledger {
    /// An incident, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn incident(&self, id: &IncidentId) -> Result<Option<StoredIncident>, LedgerError> {
        let Some(map) = self.get(&Key::incident(id)).await? else { return Ok(None) };
        let row = Row::open(map)?;
        let mut incident: Incident = row.json("incident")?;
        if incident.id != *id {
            return Err(row.tampered());
        }
        incident.signals = row.count("signals")?;
        incident.last_signal_at = row.at("last_at")?;
        Ok(Some(StoredIncident { incident, version: row.count("version")? }))
    }

    /// The incident that a fingerprint last opened.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn incident_of(&self, fingerprint: &str) -> Result<Option<StoredIncident>, LedgerError> {
        let Some(map) = self.get(&Key::fingerprint(fingerprint)).await? else { return Ok(None) };
        let id = Row::open(map)?.parsed("incident_id", IncidentId::parse)?;
        self.incident(&id).await
    }

    /// Whether a signal was kept under an incident before.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn has_signal(&self, id: &IncidentId, key: &str) -> Result<bool, LedgerError> {
        Ok(self.get(&Key::signal(id, key)).await?.is_some())
    }

    /// Opens an incident with its first signal, in the place of the one that its fingerprint opened before.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn open_incident(
        &self,
        incident: &Incident,
        signal: (&str, &str),
        before: Option<&IncidentId>,
        entry: &Entry,
    ) -> Result<Folded, LedgerError> {
        let item = Item::new(&Key::incident(&incident.id), &self.region)
            .json("incident", incident)?
            .n("version", 1)
            .n("signals", 1)
            .n("last_at", incident.last_signal_at.0)
            .listed(ALL_INCIDENTS, incident.id.as_str())
            .finish()?;
        let pointer = Item::new(&Key::fingerprint(&incident.fingerprint), &self.region).s("incident_id", incident.id.as_str()).finish()?;
        let pointer = Put::builder().table_name(&self.tables.ledger).set_item(Some(pointer));
        let pointer = match before {
            None => pointer.condition_expression("attribute_not_exists(pk)"),
            Some(before) => pointer
                .condition_expression("incident_id = :before")
                .expression_attribute_values(":before", AttributeValue::S(before.as_str().to_owned())),
        };
        let steps = vec![
            Step::put(Slot::Incident, pointer.build().map_err(LedgerError::unexpected)?),
            self.create(Slot::Incident, item)?,
            self.create(Slot::Signal, self.signal_item(&incident.id, signal, entry.now)?)?,
        ];
        Ok(match self.commit(steps, entry).await? {
            Committed::Yes => Folded::Yes,
            Committed::No(_) => Folded::Moved,
        })
    }

    /// Keeps and counts a signal that changes nothing else. Two writers do not disturb each other.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn count_signal(&self, id: &IncidentId, signal: (&str, &str), now: EpochMs) -> Result<Folded, LedgerError> {
        let item = self.signal_item(id, signal, now)?;
        let put =
            self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        if let Err(error) = put.send().await {
            let is_there = error.as_service_error().is_some_and(|e| e.code() == Some("ConditionalCheckFailedException"));
            return if is_there { Ok(Folded::Duplicate) } else { Err(of_sdk(error)) };
        }
        self.client
            .update_item()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::incident(id).attributes()))
            .update_expression("SET last_at = :now ADD signals :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .send()
            .await
            .map_err(of_sdk)?;
        Ok(Folded::Yes)
    }

    /// Keeps a signal and what it changes about its incident, with the record of the change.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn fold_signal(
        &self,
        incident: &Incident,
        from_version: u64,
        signal: (&str, &str),
        entry: &Entry,
    ) -> Result<Folded, LedgerError> {
        let text = serde_json::to_string(incident).map_err(LedgerError::unexpected)?;
        let number = |n: u64| AttributeValue::N(n.to_string());
        let update = Update::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::incident(&incident.id).attributes()))
            .update_expression("SET incident = :incident, version = :next, last_at = :now ADD signals :one")
            .condition_expression("version = :version")
            .expression_attribute_values(":incident", AttributeValue::S(text))
            .expression_attribute_values(":next", number(from_version.saturating_add(1)))
            .expression_attribute_values(":version", number(from_version))
            .expression_attribute_values(":now", AttributeValue::N(entry.now.0.to_string()))
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(LedgerError::unexpected)?;
        let steps = vec![
            Step::new(Slot::Incident, TransactWriteItem::builder().update(update).build()),
            self.create(Slot::Signal, self.signal_item(&incident.id, signal, entry.now)?)?,
        ];
        Ok(match self.commit(steps, entry).await? {
            Committed::Yes => Folded::Yes,
            Committed::No(slots) if slots.contains(&Slot::Signal) => Folded::Duplicate,
            Committed::No(_) => Folded::Moved,
        })
    }

    /// Keeps evidence or a diagnosis, the newest in the place of an older one, with its audit record.
    ///
    /// # Errors
    /// [`LedgerError::TooLarge`] when it does not fit into an item.
    pub async fn put_document(&self, id: &IncidentId, kind: Document, text: &str, entry: &Entry) -> Result<(), LedgerError> {
        let item = Item::new(&Key::document(id, kind.sort_key()), &self.region)
            .s("text", text)
            .n("at", entry.now.0)
            .ttl(entry.now.plus_seconds(KEPT_SECONDS))
            .finish()?;
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(item)).build().map_err(LedgerError::unexpected)?;
        self.commit(vec![Step::put(Slot::Other, put)], entry).await?.or_conflict(self, entry, id.as_str()).await
    }

    /// Evidence or a diagnosis, as it was kept.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn document(&self, id: &IncidentId, kind: Document) -> Result<Option<String>, LedgerError> {
        let Some(map) = self.get(&Key::document(id, kind.sort_key())).await? else { return Ok(None) };
        Ok(Some(Row::open(map)?.s("text")?.to_owned()))
    }

    /// Incidents, the newest first.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub async fn recent_incidents(&self, page: &PageRequest) -> Result<Page<StoredIncident>, LedgerError> {
        let found = self.index_page(&[ALL_INCIDENTS.to_owned()], page, false).await?;
        let mut items = Vec::new();
        for key in found.items {
            let id = key.pk.strip_prefix("INC#").and_then(|id| IncidentId::parse(id).ok());
            if let Some(id) = id {
                items.extend(self.incident(&id).await?);
            }
        }
        Ok(Page { items, next: found.next })
    }

    fn signal_item(&self, id: &IncidentId, (key, text): (&str, &str), now: EpochMs) -> Result<crate::item::Attributes, LedgerError> {
        Item::new(&Key::signal(id, key), &self.region).s("signal", text).n("at", now.0).ttl(now.plus_seconds(KEPT_SECONDS)).finish()
    }
}
