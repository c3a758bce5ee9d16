//! Verifying a chain. Entry types: [`verify_chain`], [`ChainVerifier`].
//!
//! Invariant: records are looked at once and none is kept, so a chain of any length is verified in constant space; the
//! first record at which the chain is not what it claims to be is named, with what is wrong there.
//!
//! What it cannot see alone: a chain of which every record from some point on was replaced together with the head.
//! For that an [`Anchor`] or head has to come from elsewhere (the stream's copy, a seal).

use domain::{Digest, Text};
use serde::{Deserialize, Serialize};

use crate::record::{Anchor, Chain, RECORD_VERSION, StoredRecord, hash_of_text, is_known_version};

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The content does not have the hash stored beside it, or is not written canonically.
    Altered,
    /// A second record under a number that was there, or one beyond the head.
    Inserted,
    /// No record has this number, though later ones are there.
    Missing,
    /// The record with this number comes later, or its content bears another number.
    Reordered,
    /// This record is whole in itself, but it is not the one that its neighbours name.
    Forked,
    /// The chain ends before its head.
    Truncated,
    /// The record belongs to another chain.
    WrongChain,
    /// The text is no record that this version knows.
    Unreadable,
}

impl FaultKind {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Inserted => "inserted",
            Self::Missing => "missing",
            Self::Reordered => "reordered",
            Self::Forked => "forked",
            Self::Truncated => "truncated",
            Self::WrongChain => "wrong_chain",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The first place at which a chain is not what it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("audit chain `{chain}` is {} at record {seq}: expected `{expected}`, found `{found}`", kind.as_str())]
pub struct ChainFault {
    /// The chain.
    pub chain: Chain,
    /// The number of the first bad record.
    pub seq: u64,
    /// What is wrong.
    pub kind: FaultKind,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl ChainFault {
    /// The sentence for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let Self { chain, seq, expected, found, .. } = self;
        let (en, zh) = match self.kind {
            FaultKind::Altered => ("was altered: its content does not have its hash", "已被篡改：内容与哈希不符"),
            FaultKind::Inserted => ("was inserted: the chain has no room for it", "是被插入的：链中没有它的位置"),
            FaultKind::Missing => ("is missing", "缺失"),
            FaultKind::Reordered => ("is not in its place", "不在其应有的位置"),
            FaultKind::Forked => ("was replaced: its neighbours name another record", "已被替换：相邻记录指向另一条记录"),
            FaultKind::Truncated => ("is missing: the chain ends before its head", "缺失：链在其头部之前结束"),
            FaultKind::WrongChain => ("belongs to another chain", "属于另一条链"),
            FaultKind::Unreadable => ("cannot be read", "无法读取"),
        };
        Text::new(
            format!("record {seq} of audit chain {chain} {en} (expected {expected}, found {found})"),
            format!("审计链 {chain} 的第 {seq} 条记录{zh}（应为 {expected}，实为 {found}）"),
        )
    }
}

/// A chain that is what it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainReport {
    /// The chain.
    pub chain: Chain,
    /// How many records were verified.
    pub records: u64,
    /// The last number; the anchor's where there was no record.
    pub last_seq: u64,
    /// The last hash; the anchor's where there was no record.
    pub last_hash: Digest,
}

/// A record that its successor does not name: which of the two is the wrong one, the next record tells.
#[derive(Debug)]
struct BrokenLink {
    /// The number of the later of the two.
    later: u64,
    named: Digest,
    found: Digest,
}

#[derive(Debug)]
enum Doubt {
    None,
    /// A number was skipped; if the record comes later, it was moved, else it is missing.
    Gap {
        missing: u64,
        came: u64,
    },
    Link(BrokenLink),
}

/// Verifies a chain record by record, for callers that get it in pages.
#[derive(Debug)]
pub struct ChainVerifier {
    chain: Chain,
    anchor_seq: u64,
    last: Anchor,
    records: u64,
    doubt: Doubt,
}

impl ChainVerifier {
    /// Begins after an anchor.
    #[must_use]
    pub fn new(chain: Chain, anchor: &Anchor) -> Self {
        Self { chain, anchor_seq: anchor.seq, last: anchor.clone(), records: 0, doubt: Doubt::None }
    }

    /// Looks at the next record.
    ///
    /// # Errors
    /// [`ChainFault`], as soon as the first bad record is known for certain. Some faults are certain only after the
    /// next record or at [`Self::finish`].
    pub fn push(&mut self, stored: &StoredRecord) -> Result<(), ChainFault> {
        match &self.doubt {
            Doubt::Gap { missing, .. } if stored.seq == *missing && stored.chain == self.chain => return Err(self.moved()),
            Doubt::Gap { .. } => return Ok(()),
            Doubt::Link(broken) => return Err(self.settle(broken, Some(stored))),
            Doubt::None => {}
        }
        let expected = self.last.seq.saturating_add(1);
        if stored.chain != self.chain {
            return Err(self.fault(expected, FaultKind::WrongChain, &self.chain, &stored.chain));
        }
        if stored.seq < expected {
            return Err(self.fault(stored.seq, FaultKind::Inserted, format!("record {expected}"), format!("record {}", stored.seq)));
        }
        if stored.seq > expected {
            self.doubt = Doubt::Gap { missing: expected, came: stored.seq };
            return Ok(());
        }
        let prev = self.content(stored)?;
        if prev != self.last.hash {
            if self.records == 0 {
                // The anchor is given from outside and not in doubt.
                return Err(self.fault(stored.seq, FaultKind::Forked, &self.last.hash, &prev));
            }
            self.doubt = Doubt::Link(BrokenLink { later: stored.seq, named: prev, found: self.last.hash.clone() });
        }
        self.last = stored.anchor();
        self.records = self.records.saturating_add(1);
        Ok(())
    }

    /// The end: settles what is in doubt and compares with the head.
    ///
    /// # Errors
    /// [`ChainFault`].
    pub fn finish(self, expected_head: Option<&(u64, Digest)>) -> Result<ChainReport, ChainFault> {
        match &self.doubt {
            Doubt::Gap { missing, came } => {
                return Err(self.fault(*missing, FaultKind::Missing, format!("record {missing}"), format!("record {came}")));
            }
            Doubt::Link(broken) => return Err(self.settle_at_end(broken, expected_head)),
            Doubt::None => {}
        }
        if let Some((seq, hash)) = expected_head {
            let last = self.last.seq;
            if last < *seq {
                let first_gone = last.saturating_add(1);
                return Err(self.fault(first_gone, FaultKind::Truncated, format!("records up to {seq}"), format!("records up to {last}")));
            }
            if last > *seq {
                // Below the anchor nothing was read, so the first record that is too much is named.
                let first_extra = seq.max(&self.anchor_seq).saturating_add(1);
                return Err(self.fault(first_extra, FaultKind::Inserted, format!("records up to {seq}"), format!("records up to {last}")));
            }
            if self.last.hash != *hash {
                return Err(self.fault(last, FaultKind::Forked, hash, &self.last.hash));
            }
        }
        Ok(ChainReport { records: self.records, last_seq: self.last.seq, last_hash: self.last.hash, chain: self.chain })
    }

    /// The record's own content; gives the hash that it names as the one before.
    fn content(&self, stored: &StoredRecord) -> Result<Digest, ChainFault> {
        let seq = stored.seq;
        let hash = hash_of_text(&stored.record);
        if hash != stored.hash {
            return Err(self.fault(seq, FaultKind::Altered, &stored.hash, hash));
        }
        let record = stored.read().map_err(|e| self.fault(seq, FaultKind::Unreadable, "a record", e))?;
        if !is_known_version(u64::from(record.v)) {
            return Err(self.fault(seq, FaultKind::Unreadable, format!("version 1 to {RECORD_VERSION}"), format!("version {}", record.v)));
        }
        if record.chain != self.chain {
            return Err(self.fault(seq, FaultKind::WrongChain, &self.chain, &record.chain));
        }
        if record.seq != seq {
            return Err(self.fault(seq, FaultKind::Reordered, format!("record {seq}"), format!("record {}", record.seq)));
        }
        match record.hash() {
            Ok(canonical) if canonical == hash => Ok(record.prev),
            Ok(canonical) => Err(self.fault(seq, FaultKind::Altered, canonical, hash)),
            Err(error) => Err(self.fault(seq, FaultKind::Unreadable, "canonical JSON", error)),
        }
    }

    /// Two neighbours contradict each other. If the next record names the later one, that is the genuine one and the
    /// earlier was replaced; else the later one was.
    fn settle(&self, broken: &BrokenLink, next: Option<&StoredRecord>) -> ChainFault {
        let named_by_next = next.filter(|n| n.seq == broken.later.saturating_add(1)).and_then(|n| self.content(n).ok());
        let later_is_genuine = named_by_next.is_none_or(|prev| prev == self.last.hash);
        self.blame(broken, later_is_genuine)
    }

    fn settle_at_end(&self, broken: &BrokenLink, head: Option<&(u64, Digest)>) -> ChainFault {
        let later_is_genuine = head.is_none_or(|(seq, hash)| *seq != broken.later || *hash == self.last.hash);
        self.blame(broken, later_is_genuine)
    }

    fn blame(&self, broken: &BrokenLink, later_is_genuine: bool) -> ChainFault {
        if later_is_genuine {
            self.fault(broken.later.saturating_sub(1), FaultKind::Forked, &broken.named, &broken.found)
        } else {
            self.fault(broken.later, FaultKind::Forked, &broken.found, &broken.named)
        }
    }

    fn moved(&self) -> ChainFault {
        match &self.doubt {
            Doubt::Gap { missing, came } => {
                self.fault(*missing, FaultKind::Reordered, format!("record {missing}"), format!("record {came}"))
            }
            _ => self.fault(self.last.seq, FaultKind::Reordered, "", ""),
        }
    }

    fn fault(&self, seq: u64, kind: FaultKind, expected: impl ToString, found: impl ToString) -> ChainFault {
        let cut = |text: String| text.chars().take(200).collect();
        ChainFault { chain: self.chain.clone(), seq, kind, expected: cut(expected.to_string()), found: cut(found.to_string()) }
    }
}

/// Verifies a chain after an anchor ([`Anchor::genesis`] for the whole), and against its head where one is given.
///
/// # Errors
/// [`ChainFault`] naming the first bad record.
pub fn verify_chain(
    chain: &Chain,
    anchor: &Anchor,
    records: impl IntoIterator<Item = StoredRecord>,
    expected_head: Option<&(u64, Digest)>,
) -> Result<ChainReport, ChainFault> {
    let mut verifier = ChainVerifier::new(chain.clone(), anchor);
    for record in records {
        verifier.push(&record)?;
    }
    verifier.finish(expected_head)
}
