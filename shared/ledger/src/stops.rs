//! The kill switch. Entry types: [`StopScope`], [`Stop`].
//!
//! Invariant: one administrator stops; two different ones release. A stop in force is read by key with strong
//! consistency wherever it decides.

use audit::EventKind;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{AccountId, EpochMs, OperationId, PersonId};
use serde::{Deserialize, Serialize};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::{Key, STOPS},
};

/// How often setting a stop is tried again when others set or release it at the same instant.
const STOP_TRIES: u32 = 20;

/// How widely a stop reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StopScope {
    /// Everything.
    All,
    /// One account.
    Account(AccountId),
    /// One operation, everywhere.
    Operation(OperationId),
}

impl StopScope {
    /// Reads `all`, `account:<12 digits>` or `operation:<service>.<verb>`.
    ///
    /// # Errors
    /// A sentence about what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "all" => Ok(Self::All),
            Some(("account", id)) => AccountId::parse(id).map(Self::Account).map_err(|e| e.to_string()),
            Some(("operation", id)) => OperationId::parse(id).map(Self::Operation).map_err(|e| e.to_string()),
            _ => Err(format!("`{}` is no scope (`all`, `account:<id>` or `operation:<id>`)", text.chars().take(64).collect::<String>())),
        }
    }

    /// The scopes that cover an operation in an account, the widest first.
    #[must_use]
    pub fn covering(account: &AccountId, operation: &OperationId) -> [Self; 3] {
        [Self::All, Self::Account(account.clone()), Self::Operation(operation.clone())]
    }
}

impl std::fmt::Display for StopScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Operation(id) => write!(f, "operation:{id}"),
        }
    }
}
impl TryFrom<String> for StopScope {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}
impl From<StopScope> for String {
    fn from(scope: StopScope) -> String {
        scope.to_string()
    }
}

/// A stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// How widely it reaches.
    pub scope: StopScope,
    /// Who set it.
    pub person: PersonId,
    /// Why, as that person wrote it; untrusted.
    pub reason: String,
    /// Since when.
    pub at: EpochMs,
    /// The first administrator who asked to release it.
    pub release_requested_by: Option<PersonId>,
    /// When that was.
    pub release_requested_at: Option<EpochMs>,
}

/// How setting a stop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It is in force.
    New,
    /// It was in force; an earlier request to release it no longer counts.
    Again,
}

/// How a request to release a stop ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// A second, different administrator has to ask, too.
    Waiting,
    /// It is released; these two asked.
    Released {
        /// Who asked first.
        first: PersonId,
    },
    /// Nothing is stopped in this scope.
    NotStopped,
}

impl Ledger {
    /// Stops everything in a scope, at once.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger does not answer. That somebody else sets or releases the same stop at the same
    /// instant is no reason to fail: it is set again.
    pub async fn stop(&self, scope: &StopScope, person: &PersonId, reason: &str, entry: &Entry) -> Result<Stopped, LedgerError> {
        let stop = Stop {
            scope: scope.clone(),
            person: person.clone(),
            reason: domain::text::defang(reason, 500),
            at: entry.now,
            release_requested_by: None,
            release_requested_at: None,
        };
        let mut tries = 0_u32;
        loop {
            let before = self.stop_row(scope).await?;
            match self.put_stop(&stop, true, before.as_ref().map(|b| b.revision), entry).await {
                Ok(()) => return Ok(if before.is_some_and(|b| b.in_force) { Stopped::Again } else { Stopped::New }),
                Err(LedgerError::Conflict { .. }) if tries < STOP_TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// A person asks to release a stop. The event's kind is set here: `stop_release_requested` for the first,
    /// `stop_released` for the second, different person.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when somebody else set or released the same stop meanwhile.
    pub async fn request_release(&self, scope: &StopScope, person: &PersonId, mut entry: Entry) -> Result<Release, LedgerError> {
        let Some(row) = self.stop_row(scope).await?.filter(|r| r.in_force) else { return Ok(Release::NotStopped) };
        let revision = Some(row.revision);
        let mut stop = row.stop;
        match stop.release_requested_by.clone() {
            Some(first) if first != *person => {
                entry.event.kind = EventKind::StopReleased;
                self.put_stop(&stop, false, revision, &entry).await?;
                Ok(Release::Released { first })
            }
            Some(_) => Ok(Release::Waiting),
            None => {
                stop.release_requested_by = Some(person.clone());
                stop.release_requested_at = Some(entry.now);
                entry.event.kind = EventKind::StopReleaseRequested;
                self.put_stop(&stop, true, revision, &entry).await?;
                Ok(Release::Waiting)
            }
        }
    }

    /// Every stop in force.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub async fn stops(&self) -> Result<Vec<Stop>, LedgerError> {
        let mut found = Vec::new();
        for map in self.index_all(STOPS).await? {
            let row = StopRow::read(map)?;
            // The index follows the table with a delay: the item itself decides.
            if let Some(row) = self.stop_row(&row.stop.scope).await?.filter(|r| r.in_force) {
                found.push(row.stop);
            }
        }
        Ok(found)
    }

    /// The stops in force for an operation in an account, the widest first.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read: then nothing may be executed.
    pub async fn active_stops_for(&self, account: &AccountId, operation: &OperationId) -> Result<Vec<Stop>, LedgerError> {
        let mut found = Vec::new();
        for scope in StopScope::covering(account, operation) {
            found.extend(self.stop_row(&scope).await?.filter(|r| r.in_force).map(|r| r.stop));
        }
        Ok(found)
    }

    async fn stop_row(&self, scope: &StopScope) -> Result<Option<StopRow>, LedgerError> {
        self.get(&Key::stop(&scope.to_string())).await?.map(StopRow::read).transpose()
    }

    async fn put_stop(&self, stop: &Stop, in_force: bool, before: Option<i64>, entry: &Entry) -> Result<(), LedgerError> {
        let item = stop_item(stop, in_force, before.unwrap_or(0).saturating_add(1), &self.region)?;
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(item));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(revision) => put
                .condition_expression("revision = :revision")
                .expression_attribute_values(":revision", AttributeValue::N(revision.to_string())),
        };
        let step = Step::put(Slot::Other, put.build().map_err(LedgerError::unexpected)?);
        match self.commit(vec![step], entry).await? {
            Committed::Yes => Ok(()),
            Committed::No(_) => Err(LedgerError::conflict(format!("stop {}", stop.scope))),
        }
    }
}

struct StopRow {
    stop: Stop,
    in_force: bool,
    revision: i64,
}

fn stop_item(stop: &Stop, in_force: bool, revision: i64, region: &str) -> Result<Attributes, LedgerError> {
    let scope = stop.scope.to_string();
    let item = Item::new(&Key::stop(&scope), region).json("stop", stop)?.flag("in_force", in_force).n("revision", revision);
    if in_force { item.listed(STOPS, scope).finish() } else { item.finish() }
}

impl StopRow {
    fn read(map: Attributes) -> Result<Self, LedgerError> {
        let row = Row::open(map)?;
        let stop: Stop = row.json("stop")?;
        if row.s("pk")? != Key::stop(&stop.scope.to_string()).pk {
            return Err(row.tampered());
        }
        Ok(Self { stop, in_force: row.flag("in_force")?, revision: row.n("revision")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_and_others_are_refused() {
        for text in ["all", "account:222222222222", "operation:ec2.stop_instances"] {
            assert_eq!(StopScope::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "ALL", "account:2", "operation:x", "account", "all:all"] {
            assert!(StopScope::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stop_reads_back_and_one_moved_to_another_scope_is_tampered() {
        let stop = Stop {
            scope: StopScope::All,
            person: PersonId::parse("ada").unwrap(),
            reason: "maintenance".into(),
            at: EpochMs(1),
            release_requested_by: None,
            release_requested_at: None,
        };
        let mut map = stop_item(&stop, true, 1, "r").unwrap();
        assert_eq!(StopRow::read(map.clone()).unwrap().stop, stop);
        map.insert("pk".into(), AttributeValue::S("KILL#account:222222222222".into()));
        assert!(matches!(StopRow::read(map), Err(LedgerError::Tampered { .. })));
    }
}
