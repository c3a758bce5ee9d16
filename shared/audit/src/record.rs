//! A record and its place in a chain. Entry type: [`AuditRecord`].
//!
//! Invariant: the hash is `sha256("aiops.audit.v1" || RFC 8785 JSON of the record)`; what is stored is exactly
//! that JSON text and its hash, so that anybody can recompute it without our types.
//!
//! ```
//! use audit::Chain;
//! assert!(Chain::parse("hub").is_ok() && Chain::parse("222222222222").is_ok());
//! assert!(Chain::parse("222222222222#").is_err());
//! ```

use domain::{AccountId, CanonicalError, Digest, EpochMs, canonical::digest_of, canonical_json};
use serde::{Deserialize, Serialize};

use crate::event::AuditEvent;

/// The schema version inside every new record. Version 2 added the subject and second factor of a person, and the
/// region, resources and incident of an event; what is absent is not written, so that a record of version 1 reads and
/// hashes as it always did.
pub const RECORD_VERSION: u32 = 2;
/// Whether records of a schema version can be read here.
pub(crate) fn is_known_version(version: u64) -> bool {
    (1..=u64::from(RECORD_VERSION)).contains(&version)
}

/// The tag that separates record hashes from all others.
pub const RECORD_TAG: &str = "aiops.audit.v1";

/// The name of a chain: an account's id, or `hub`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Chain(String);

/// A text names no chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a chain (`hub` or a 12-digit account id)")]
pub struct ChainError(String);

impl Chain {
    /// The hub's own chain.
    #[must_use]
    pub fn hub() -> Self {
        Self("hub".to_owned())
    }

    /// An account's chain.
    #[must_use]
    pub fn of_account(account: &AccountId) -> Self {
        Self(account.as_str().to_owned())
    }

    /// Reads `hub` or twelve digits.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn parse(text: &str) -> Result<Self, ChainError> {
        if text == "hub" || AccountId::parse(text).is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(ChainError(text.chars().take(32).collect()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Chain {
    type Error = ChainError;
    fn try_from(text: String) -> Result<Self, ChainError> {
        Self::parse(&text)
    }
}
impl From<Chain> for String {
    fn from(chain: Chain) -> String {
        chain.0
    }
}
impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The place after which a chain goes on: a sequence number and the hash of the record there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// 0 before the first record.
    pub seq: u64,
    /// Hash of that record, or the genesis hash.
    pub hash: Digest,
}

impl Anchor {
    /// Before the first record: the digest of the tag and the chain's name, so that the first record of one
    /// chain cannot be the first of another.
    #[must_use]
    pub fn genesis(chain: &Chain) -> Self {
        let mut bytes = RECORD_TAG.as_bytes().to_vec();
        bytes.extend(chain.as_str().as_bytes());
        Self { seq: 0, hash: Digest::of_bytes(&bytes) }
    }
}

/// One event in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRecord {
    /// [`RECORD_VERSION`] when it was written.
    pub v: u32,
    /// The chain.
    pub chain: Chain,
    /// Its number there, from 1 without a gap.
    pub seq: u64,
    /// When it was recorded.
    pub at: EpochMs,
    /// What happened.
    pub event: AuditEvent,
    /// Hash of the record before, or the chain's genesis.
    pub prev: Digest,
}

impl AuditRecord {
    /// The first record of a chain.
    #[must_use]
    pub fn first(chain: Chain, at: EpochMs, event: AuditEvent) -> Self {
        let anchor = Anchor::genesis(&chain);
        Self::after(&anchor, chain, at, event)
    }

    /// The record that follows an anchor.
    #[must_use]
    pub fn after(anchor: &Anchor, chain: Chain, at: EpochMs, event: AuditEvent) -> Self {
        Self { v: RECORD_VERSION, chain, seq: anchor.seq.saturating_add(1), at, event, prev: anchor.hash.clone() }
    }

    /// The record's hash.
    ///
    /// # Errors
    /// [`CanonicalError`] when a number does not fit.
    pub fn hash(&self) -> Result<Digest, CanonicalError> {
        digest_of(RECORD_TAG, self)
    }

    /// The form in which it is stored.
    ///
    /// # Errors
    /// [`CanonicalError`] when a number does not fit.
    pub fn store(&self) -> Result<StoredRecord, CanonicalError> {
        let text = String::from_utf8_lossy(&canonical_json(self)?).into_owned();
        let hash = hash_of_text(&text);
        Ok(StoredRecord { chain: self.chain.clone(), seq: self.seq, record: text, hash })
    }
}

/// The hash of a record's text as it is stored.
#[must_use]
pub(crate) fn hash_of_text(text: &str) -> Digest {
    let mut bytes = RECORD_TAG.as_bytes().to_vec();
    bytes.extend(text.as_bytes());
    Digest::of_bytes(&bytes)
}

/// A record as it lies in the table and travels to an auditor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRecord {
    /// The chain under which it was found.
    pub chain: Chain,
    /// The number under which it was found.
    pub seq: u64,
    /// The canonical JSON text of the [`AuditRecord`].
    pub record: String,
    /// The hash stored beside it.
    pub hash: Digest,
}

impl StoredRecord {
    /// The record, unverified.
    ///
    /// # Errors
    /// When the text is no record that this version knows.
    pub fn read(&self) -> Result<AuditRecord, serde_json::Error> {
        serde_json::from_str(&self.record)
    }

    /// The place after this record, as stored.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor { seq: self.seq, hash: self.hash.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Actor, EventKind};

    fn record() -> AuditRecord {
        let event = AuditEvent::new(EventKind::StopSet, Actor::function("record-approval"));
        AuditRecord::first(Chain::hub(), EpochMs(1_700_000_000_000), event)
    }

    #[test]
    fn the_stored_hash_is_the_records_hash() {
        let record = record();
        let stored = record.store().unwrap();
        assert_eq!(stored.hash, record.hash().unwrap());
        assert_eq!(stored.read().unwrap(), record);
    }

    #[test]
    fn the_hashes_of_every_version_are_pinned() {
        // A change here makes every chain unreadable: raise RECORD_VERSION and keep reading the old ones.
        let mut old = record();
        old.v = 1;
        assert_eq!(old.hash().unwrap().as_str(), "a99c5c6348841211224537a618f8e39b19439edefcc8819a4308e0722fe5213c");
        let person = Actor::person(domain::PersonId::parse("alice").unwrap(), vec![]).signed_in(&domain::wire::SignIn {
            subject: Some("sub-1".into()),
            mfa: Some(true),
            at: None,
        });
        let event =
            AuditEvent::new(EventKind::SignedIn, person).on(["arn:aws:ec2:eu-west-1:222222222222:instance/i-1"]).of_incident("inc_1");
        let text = AuditRecord::first(Chain::hub(), EpochMs(1_700_000_000_000), event).store().unwrap().record;
        assert_eq!(
            domain::Digest::of_bytes(text.as_bytes()).as_str(),
            "927dda38f9920131db27661f94595e4d5c4bd22f8d2b6aa004fb05652a6febd9",
            "{text}"
        );
    }

    #[test]
    fn a_record_of_version_1_is_read_and_written_as_it_was() {
        let text = r#"{"at":5,"chain":"hub","event":{"account":null,"actor":{"kind":"person","person":"alice","roles":["viewer"]},"data_class":"internal","detail":{},"digest":null,"kind":"stop_set","plan":null,"policy_version":null,"preview_hash":null,"reasons":[],"request_ids":[]},"prev":"a99c5c6348841211224537a618f8e39b19439edefcc8819a4308e0722fe5213c","seq":7,"v":1}"#;
        let record: AuditRecord = serde_json::from_str(text).unwrap();
        assert_eq!(record.store().unwrap().record, text);
    }

    #[test]
    fn chains_begin_differently() {
        assert_ne!(Anchor::genesis(&Chain::hub()), Anchor::genesis(&Chain::parse("222222222222").unwrap()));
    }
}
