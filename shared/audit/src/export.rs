//! Verifying an export without AWS. Entry function: [`verify_export`].
//!
//! An export is a folder: `seals/00000001.json` ([`crate::seal::Seal`]) and `chains/<chain>.log`, one record a line in
//! order from 1, `<seq> <hash> <record's canonical JSON>`. The rules are written down in docs/audit-export.md, so that
//! `tools/verify_audit.py` and others can follow them.
//!
//! Invariant: nothing in the export is believed but what follows from a signature under a key given from outside, or
//! from a pin; each part (the seals, every chain) names at most its first fault; what no seal covers is counted as
//! unproven and never as sound.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Digest, Text};
use serde::{Deserialize, Serialize};

use crate::{
    chain_walk::ChainWalk,
    merkle::Hash,
    record::Chain,
    scan::hash_of_hex,
    seal::{Seal, Sealer, genesis},
};

/// The place that seals have in a report.
pub const SEALS: &str = "seals";

/// What is wrong at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// Its content or form is not what was recorded.
    Altered,
    /// It is gone, and later ones are there.
    Deleted,
    /// It was never recorded; the one that was follows.
    Inserted,
    /// It stands elsewhere, and another in its place.
    Reordered,
    /// It and all after it are gone.
    Truncated,
    /// A whole record of another history stands in its place.
    Forked,
    /// It was recorded once, and stands here a second time.
    Replayed,
    /// The signature is not that of a key given.
    WronglySigned,
    /// Only its hash is left. No fault where the reader allows it.
    Erased,
}

impl Wrong {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Altered,
        Self::Deleted,
        Self::Inserted,
        Self::Reordered,
        Self::Truncated,
        Self::Forked,
        Self::Replayed,
        Self::WronglySigned,
        Self::Erased,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Deleted => "deleted",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::Forked => "forked",
            Self::Replayed => "replayed",
            Self::WronglySigned => "wrongly_signed",
            Self::Erased => "erased",
        }
    }
}

/// The first fault of a chain or of the seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportFault {
    /// The chain, or [`SEALS`].
    pub place: String,
    /// The line of the chain's file, which is the number of the record that belongs there; or the seal's number.
    pub line: u64,
    /// What is wrong there.
    pub kind: Wrong,
}

impl ExportFault {
    /// The sentence for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let (en, zh) = match self.kind {
            Wrong::Altered => ("was altered", "已被篡改"),
            Wrong::Deleted => ("was deleted", "已被删除"),
            Wrong::Inserted => ("was inserted", "是被插入的"),
            Wrong::Reordered => ("is not in its place", "不在其应有的位置"),
            Wrong::Truncated => ("is missing, with all after it", "及其后的全部内容缺失"),
            Wrong::Forked => ("belongs to another history", "属于另一段历史"),
            Wrong::Replayed => ("is a copy of another one", "是另一条的重放"),
            Wrong::WronglySigned => ("is not signed by a key that was given", "不是由所给密钥签名"),
            Wrong::Erased => ("was erased; only its hash is left", "内容已被清除，只留下哈希"),
        };
        let Self { place, line, .. } = self;
        if place == SEALS {
            return Text::new(format!("seal {line} {en}"), format!("第 {line} 号封印{zh}"));
        }
        Text::new(format!("record {line} of chain {place} {en}"), format!("链 {place} 的第 {line} 条记录{zh}"))
    }
}

/// What an export holds of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainState {
    /// The chain.
    pub chain: Chain,
    /// Lines that hold, from the first.
    pub records: u64,
    /// How many of them a trusted seal covers.
    pub sealed: u64,
    /// How many hold among themselves only: the tail that no trusted seal covers yet.
    pub unproven: u64,
    /// How many are only hashes.
    pub erased: u64,
    /// Hash of the last of them; the chain's genesis when there is none.
    pub head: Digest,
}

/// What an export is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReport {
    /// Whether nothing is wrong. The unproven tail is not wrong, and not proven.
    pub sound: bool,
    /// How many seals are trusted, from the first.
    pub seals: u64,
    /// Hash of the last trusted seal.
    pub seal: Digest,
    /// When it was made, in ms; 0 without one.
    pub sealed_at: i64,
    /// Every chain, by name.
    pub chains: Vec<ChainState>,
    /// The first fault of the seals, then of each chain by name.
    pub faults: Vec<ExportFault>,
}

/// Keys that the reader trusts.
pub trait SealKeys {
    /// Whether `signature` (ASN.1 DER) is that of the key with this fingerprint (SHA-256 of its SubjectPublicKeyInfo)
    /// over `message`, by ECDSA P-256 with SHA-256. A key that was not given signs nothing.
    fn signed(&self, fingerprint: &Digest, message: &[u8], signature: &[u8]) -> bool;
}

/// What the reader knows from elsewhere, and what is allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// A seal that was there: its number and hash.
    pub seal: Option<(u64, Digest)>,
    /// Records that were there: number and hash, by chain.
    pub heads: BTreeMap<Chain, (u64, Digest)>,
    /// Whether records may be erased to their hashes.
    pub erased: bool,
}

/// Where an export comes from.
pub trait Export {
    /// Why it cannot be read.
    type Error;

    /// The numbers of its seals.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn seals(&self) -> Result<Vec<u64>, Self::Error>;

    /// The file of a seal.
    ///
    /// # Errors
    /// When it cannot be read.
    fn seal(&self, number: u64) -> Result<Vec<u8>, Self::Error>;

    /// The chains of which there is a file.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn chains(&self) -> Result<Vec<Chain>, Self::Error>;

    /// Every line of a chain's file, without its end.
    ///
    /// # Errors
    /// When it cannot be read.
    fn lines(&self, chain: &Chain, each: &mut dyn FnMut(&[u8])) -> Result<(), Self::Error>;
}

/// An export in memory. Copies share the files that are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryExport {
    /// Files of seals by number.
    pub seals: BTreeMap<u64, Arc<Vec<u8>>>,
    /// Files of chains.
    pub chains: BTreeMap<Chain, Arc<Vec<u8>>>,
}

impl Export for MemoryExport {
    type Error = std::convert::Infallible;

    fn seals(&self) -> Result<Vec<u64>, Self::Error> {
        Ok(self.seals.keys().copied().collect())
    }
    fn seal(&self, number: u64) -> Result<Vec<u8>, Self::Error> {
        Ok(self.seals.get(&number).map(|file| file.to_vec()).unwrap_or_default())
    }
    fn chains(&self) -> Result<Vec<Chain>, Self::Error> {
        Ok(self.chains.keys().cloned().collect())
    }
    fn lines(&self, chain: &Chain, each: &mut dyn FnMut(&[u8])) -> Result<(), Self::Error> {
        each_line(self.chains.get(chain).map(|file| file.as_slice()).unwrap_or_default(), each);
        Ok(())
    }
}

/// Every line of a file, without its end.
pub(crate) fn each_line(mut rest: &[u8], each: &mut dyn FnMut(&[u8])) {
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        each(rest.get(..end).unwrap_or_default());
        rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
    }
}

/// Verifies an export.
///
/// # Errors
/// Only when it cannot be read; everything that is wrong with it is in the report.
pub fn verify_export<E: Export>(export: &E, keys: &impl SealKeys, expected: &Expectations) -> Result<ExportReport, E::Error> {
    let trusted = trusted_seals(export, keys, expected, 1, Trusted::default(), &mut |_, _| ())?;
    judge_chains(export, expected, trusted, &mut |mut walk, chain| {
        export.lines(chain, &mut |line| walk.push(line))?;
        Ok(walk)
    })
}

/// Every chain against what is sealed of it; `walk` takes a walk from a chain's first line to its last.
pub(crate) fn judge_chains<E: Export>(
    export: &E,
    expected: &Expectations,
    trusted: Trusted,
    walk: &mut WalkOf<'_, E::Error>,
) -> Result<ExportReport, E::Error> {
    let mut names = export.chains()?;
    names.extend(trusted.hashes.keys().cloned());
    names.extend(expected.heads.keys().cloned());
    names.sort_unstable();
    names.dedup();
    let present = export.chains()?;
    let (mut chains, mut faults) = (Vec::new(), Vec::from_iter(trusted.fault));
    for chain in names {
        let sealed = trusted.hashes.get(&chain).map(Vec::as_slice).unwrap_or_default();
        let pin = expected.heads.get(&chain).and_then(|(seq, hash)| Some((*seq, hash_of_hex(hash.as_str().as_bytes())?)));
        let mut walked = ChainWalk::new(&chain, sealed, pin, expected.erased);
        if present.contains(&chain) {
            walked = walk(walked, &chain)?;
        }
        let (state, fault) = walked.finish();
        faults.extend(fault.map(|(line, kind)| ExportFault { place: chain.to_string(), line, kind }));
        chains.push(state);
    }
    Ok(ExportReport {
        sound: faults.is_empty(),
        seals: trusted.sealer.number(),
        seal: trusted.sealer.hash().clone(),
        sealed_at: trusted.at,
        chains,
        faults,
    })
}

/// How a walk gets over the lines of a chain.
pub(crate) type WalkOf<'f, E> = dyn for<'s> FnMut(ChainWalk<'s>, &Chain) -> Result<ChainWalk<'s>, E> + 'f;

/// The seals up to the first that is not what it must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trusted {
    sealer: Sealer,
    at: i64,
    pub(crate) hashes: BTreeMap<Chain, Vec<Hash>>,
    fault: Option<ExportFault>,
}

/// From the seal `from` on, those before being trusted; `each` sees what is trusted after each sound seal.
pub(crate) fn trusted_seals<E: Export>(
    export: &E,
    keys: &impl SealKeys,
    expected: &Expectations,
    from: u64,
    mut trusted: Trusted,
    each: &mut dyn FnMut(u64, &Trusted),
) -> Result<Trusted, E::Error> {
    let numbers = export.seals()?;
    let last = numbers.iter().copied().max().unwrap_or(0);
    for number in from..=last {
        let wrong = if numbers.contains(&number) {
            let file = export.seal(number)?;
            match judge(&file, number, keys, &mut trusted) {
                // A seal of another place: whether the right one stands elsewhere tells how it came here.
                Some(Wrong::Deleted) => {
                    let mut elsewhere = false;
                    for later in numbers.iter().filter(|n| **n > number) {
                        elsewhere |= Seal::read(&export.seal(*later)?).is_ok_and(|(_, statement)| statement.number == number);
                    }
                    Some(if elsewhere { Wrong::Reordered } else { Wrong::Deleted })
                }
                other => other,
            }
        } else {
            Some(Wrong::Deleted)
        };
        let forked = || expected.seal.as_ref().is_some_and(|(n, hash)| *n == number && hash != trusted.sealer.hash());
        if let Some(kind) = wrong.or_else(|| forked().then_some(Wrong::Forked)) {
            trusted.fault = Some(ExportFault { place: SEALS.to_owned(), line: number, kind });
            return Ok(trusted);
        }
        each(number, &trusted);
    }
    // Without a single seal nothing can be proven, and that is never as it should be.
    if last < expected.seal.as_ref().map_or(1, |(n, _)| *n) {
        trusted.fault = Some(ExportFault { place: SEALS.to_owned(), line: last.saturating_add(1), kind: Wrong::Truncated });
    }
    Ok(trusted)
}

/// What is wrong with the file of a seal; when nothing is, the seal is followed.
fn judge(file: &[u8], number: u64, keys: &impl SealKeys, trusted: &mut Trusted) -> Option<Wrong> {
    let Ok((seal, statement)) = Seal::read(file) else { return Some(Wrong::Altered) };
    let Some(signature) = signature(&seal.signature) else { return Some(Wrong::WronglySigned) };
    if !keys.signed(&statement.key, &seal.message(), &signature) {
        return Some(Wrong::WronglySigned);
    }
    if statement.number != number {
        return Some(if statement.number < number { Wrong::Replayed } else { Wrong::Deleted });
    }
    let before = if number == 1 { genesis() } else { trusted.sealer.hash().clone() };
    if statement.previous != before {
        return Some(Wrong::Forked);
    }
    let Ok(new) = trusted.sealer.follow(&seal, &statement) else { return Some(Wrong::Altered) };
    for (chain, hashes) in new {
        trusted.hashes.entry(chain).or_default().extend(hashes);
    }
    trusted.at = statement.at.0;
    None
}

/// Base64 in its one canonical form.
fn signature(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text).ok()
}

/// A record's line in an export, with its end.
#[must_use]
pub fn line(record: &crate::StoredRecord) -> String {
    format!("{} {} {}\n", record.seq, record.hash, record.record)
}
