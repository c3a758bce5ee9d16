//! Rules that people set: the calendar, the policies, accepted findings, and accounts made looser. Entry types: [`Setting`], [`Proposal`].
//!
//! Invariant: a proposal comes into force by the hand of a second person, under its digest, and only while what it was proposed
//! against still holds; one proposal of a kind waits at a time, and what is in force is written with the record of who proposed and who
//! confirmed it.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{Digest, EpochMs, PersonId};
use serde::{Deserialize, Serialize};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::Key,
};

/// How long a proposal waits for its second person.
pub const PROPOSAL_TTL_SECONDS: i64 = 7 * 86_400;

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Accounts whose rules become looser.
    Accounts,
    /// Change windows and freezes.
    Calendar,
    /// Rules of one's own.
    Policies,
    /// Findings of scans that somebody accepts for a while.
    Exceptions,
}

impl SettingKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Accounts, Self::Calendar, Self::Policies, Self::Exceptions];

    /// The name in keys and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Calendar => "calendar",
            Self::Policies => "policies",
            Self::Exceptions => "exceptions",
        }
    }
}

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// What it sets.
    pub kind: SettingKind,
    /// The text.
    pub text: String,
    /// SHA-256 of the text.
    pub digest: Digest,
    /// Who proposed it.
    pub author: PersonId,
    /// Who confirmed it; another person.
    pub confirmed_by: PersonId,
    /// Since when.
    pub at: EpochMs,
}

/// What waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What it sets.
    pub kind: SettingKind,
    /// The text.
    pub text: String,
    /// SHA-256 of the text.
    pub digest: Digest,
    /// Digest of what was in force when it was proposed.
    pub replaces: Option<Digest>,
    /// Who proposed it.
    pub author: PersonId,
    /// When.
    pub at: EpochMs,
}

impl Proposal {
    /// A proposal of a text.
    #[must_use]
    pub fn new(kind: SettingKind, text: String, replaces: Option<Digest>, author: PersonId, at: EpochMs) -> Self {
        Self { kind, digest: Digest::of_bytes(text.as_bytes()), text, replaces, author, at }
    }

    /// Whether it can still be confirmed.
    #[must_use]
    pub fn stands(&self, now: EpochMs) -> bool {
        now < self.at.plus_seconds(PROPOSAL_TTL_SECONDS)
    }
}

impl Ledger {
    /// What is in force, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError::Tampered`] when its text is not that of its digest; [`LedgerError`] when it cannot be read.
    pub async fn setting(&self, kind: SettingKind) -> Result<Option<Setting>, LedgerError> {
        self.get(&Key::setting(kind.as_str())).await?.map(|map| read_setting(map, kind)).transpose()
    }

    /// What waits for a second person.
    ///
    /// # Errors
    /// [`LedgerError::Tampered`] when its text is not that of its digest; [`LedgerError`] when it cannot be read.
    pub async fn proposal(&self, kind: SettingKind) -> Result<Option<Proposal>, LedgerError> {
        let Some(map) = self.get(&Key::proposal(kind.as_str())).await? else { return Ok(None) };
        let row = Row::open(map)?;
        if !row.flag("waiting")? {
            return Ok(None);
        }
        read_proposal(&row, kind).map(Some)
    }

    /// Lets a proposal wait; an earlier one of the kind is replaced.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn propose_setting(&self, proposal: &Proposal, entry: &Entry) -> Result<(), LedgerError> {
        let put = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(proposal_item(proposal, true, &self.region)?))
            .build()
            .map_err(LedgerError::unexpected)?;
        match self.commit(vec![Step::put(Slot::Other, put)], entry).await? {
            Committed::Yes => Ok(()),
            Committed::No(_) => Err(LedgerError::conflict(proposal.kind.as_str())),
        }
    }

    /// Brings a proposal into force by a second person's word.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when it is the same person; [`LedgerError::Conflict`] when the proposal, or what is in force, is no
    /// longer what the second person saw.
    pub async fn confirm_setting(&self, proposal: &Proposal, confirmed_by: &PersonId, entry: &Entry) -> Result<(), LedgerError> {
        if *confirmed_by == proposal.author {
            return Err(LedgerError::malformed("a change of the rules needs a second person"));
        }
        let setting = Setting {
            kind: proposal.kind,
            text: proposal.text.clone(),
            digest: proposal.digest.clone(),
            author: proposal.author.clone(),
            confirmed_by: confirmed_by.clone(),
            at: entry.now,
        };
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let force = Put::builder().table_name(&self.tables.ledger).set_item(Some(setting_item(&setting, &self.region)?));
        let force = match &proposal.replaces {
            None => force.condition_expression("attribute_not_exists(pk)"),
            Some(before) => force.condition_expression("digest = :before").expression_attribute_values(":before", text(before.as_str())),
        };
        let done = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(proposal_item(proposal, false, &self.region)?))
            .condition_expression("digest = :digest AND author = :author AND waiting = :true")
            .expression_attribute_values(":digest", text(proposal.digest.as_str()))
            .expression_attribute_values(":author", text(proposal.author.as_str()))
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        let steps = vec![
            Step::put(Slot::Other, force.build().map_err(LedgerError::unexpected)?),
            Step::put(Slot::Other, done.build().map_err(LedgerError::unexpected)?),
        ];
        match self.commit(steps, entry).await? {
            Committed::Yes => Ok(()),
            Committed::No(_) => Err(LedgerError::conflict(proposal.kind.as_str())),
        }
    }
}

fn setting_item(setting: &Setting, region: &str) -> Result<Attributes, LedgerError> {
    Item::new(&Key::setting(setting.kind.as_str()), region)
        .s("text", setting.text.clone())
        .s("digest", setting.digest.as_str())
        .s("author", setting.author.as_str())
        .s("confirmed_by", setting.confirmed_by.as_str())
        .n("at", setting.at.0)
        .finish()
}

fn proposal_item(proposal: &Proposal, waiting: bool, region: &str) -> Result<Attributes, LedgerError> {
    Item::new(&Key::proposal(proposal.kind.as_str()), region)
        .s("text", proposal.text.clone())
        .s("digest", proposal.digest.as_str())
        .opt_s("replaces", proposal.replaces.as_ref().map(Digest::as_str))
        .s("author", proposal.author.as_str())
        .n("at", proposal.at.0)
        .flag("waiting", waiting)
        .finish()
}

fn read_text(row: &Row) -> Result<(String, Digest), LedgerError> {
    let text = row.s("text")?.to_owned();
    let digest = Digest::of_bytes(text.as_bytes());
    if row.s("digest")? != digest.as_str() {
        return Err(row.tampered());
    }
    Ok((text, digest))
}

fn read_setting(map: Attributes, kind: SettingKind) -> Result<Setting, LedgerError> {
    let row = Row::open(map)?;
    let (text, digest) = read_text(&row)?;
    let author = row.parsed("author", PersonId::parse)?;
    let confirmed_by = row.parsed("confirmed_by", PersonId::parse)?;
    if author == confirmed_by || row.s("pk")? != Key::setting(kind.as_str()).pk {
        return Err(row.tampered());
    }
    Ok(Setting { kind, text, digest, author, confirmed_by, at: row.at("at")? })
}

fn read_proposal(row: &Row, kind: SettingKind) -> Result<Proposal, LedgerError> {
    let (text, digest) = read_text(row)?;
    let replaces = row.opt_parsed("replaces", Digest::parse)?;
    Ok(Proposal { kind, text, digest, replaces, author: row.parsed("author", PersonId::parse)?, at: row.at("at")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> PersonId {
        PersonId::parse(name).unwrap()
    }

    fn proposal() -> Proposal {
        Proposal::new(SettingKind::Calendar, "schema: 1".into(), Some(Digest::of_bytes(b"before")), id("ada"), EpochMs(5))
    }

    #[test]
    fn proposals_and_settings_read_back() {
        let proposal = proposal();
        let row = Row::open(proposal_item(&proposal, true, "r").unwrap()).unwrap();
        assert_eq!(read_proposal(&row, SettingKind::Calendar).unwrap(), proposal);
        let setting = Setting {
            kind: SettingKind::Calendar,
            text: proposal.text.clone(),
            digest: proposal.digest.clone(),
            author: id("ada"),
            confirmed_by: id("bo"),
            at: EpochMs(9),
        };
        assert_eq!(read_setting(setting_item(&setting, "r").unwrap(), SettingKind::Calendar).unwrap(), setting);
    }

    #[test]
    fn a_changed_text_another_kind_or_one_person_alone_is_tampered() {
        let setting = |confirmed_by: &str| Setting {
            kind: SettingKind::Policies,
            text: "a".into(),
            digest: Digest::of_bytes(b"a"),
            author: id("ada"),
            confirmed_by: id(confirmed_by),
            at: EpochMs(9),
        };
        let mut map = setting_item(&setting("bo"), "r").unwrap();
        assert!(matches!(read_setting(map.clone(), SettingKind::Calendar), Err(LedgerError::Tampered { .. })));
        map.insert("text".into(), AttributeValue::S("b".into()));
        assert!(matches!(read_setting(map, SettingKind::Policies), Err(LedgerError::Tampered { .. })));
        let alone = setting_item(&setting("ada"), "r").unwrap();
        assert!(matches!(read_setting(alone, SettingKind::Policies), Err(LedgerError::Tampered { .. })));
    }

    #[test]
    fn a_proposal_stands_for_a_week() {
        assert!(proposal().stands(EpochMs(6)));
        assert!(!proposal().stands(EpochMs(5).plus_seconds(PROPOSAL_TTL_SECONDS)));
    }
}
