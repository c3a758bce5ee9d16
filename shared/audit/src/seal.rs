//! Seals: what the log was at one moment, signed. Entry types: [`Seal`], [`Sealer`].
//!
//! Each chain is an RFC 6962 tree over its records' hashes; a seal's tree is over one line a chain (count, head, root),
//! and its statement, which names that tree's root and the seal before, is what the key signs. Beside the lines lie the
//! hashes of the records that are new, so that the first record that differs can be named and not only its stretch
//! (docs/adr/0008-seals.md).
//!
//! Invariant: seals are numbered from 1 without a gap and name the one before; a chain never shrinks or goes away; all of
//! a seal's file is bound by the signature through the statement's root.

use std::collections::BTreeMap;

use domain::{CanonicalError, Digest, EpochMs, canonical_json};
use serde::{Deserialize, Serialize};

use crate::{
    frontier::Frontier,
    merkle::{self, Hash, leaf_hash},
    record::{Chain, StoredRecord},
    scan::{hash_of_hex, is_canonical},
    verify::{ChainFault, ChainVerifier},
};

/// The schema version inside every statement.
pub const SEAL_VERSION: u32 = 1;
/// The tag that separates what is signed here from everything else.
pub const SEAL_TAG: &str = "aiops.seal.v1";

/// What is signed: `"aiops.seal.v1" || canonical JSON`, with ECDSA P-256 over SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`SEAL_VERSION`].
    pub v: u32,
    /// Number of the seal, from 1.
    pub number: u64,
    /// When it was made.
    pub at: EpochMs,
    /// [`Seal::hash`] of the one before; [`genesis`] for the first.
    pub previous: Digest,
    /// How many chains.
    pub chains: u64,
    /// How many records over all chains.
    pub records: u64,
    /// Root over [`Line::leaf`] of every chain, by name.
    pub root: Digest,
    /// SHA-256 of the signing key's SubjectPublicKeyInfo (DER).
    pub key: Digest,
}

/// One chain at the moment of a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The chain.
    pub chain: Chain,
    /// How many records it had, which is the number of the last.
    pub count: u64,
    /// Hash of the last record.
    pub head: Digest,
    /// Root of the RFC 6962 tree over the hashes of all its records.
    pub root: Digest,
    /// Hashes of the records since the seal before, 64 digits each.
    pub hashes: String,
    /// The tree's right edge, 64 digits a hash, so that the next seal needs no old record.
    pub edge: String,
}

impl Line {
    /// The leaf in the seal's tree: canonical JSON of `chain`, `count`, `head` and `root`.
    ///
    /// # Errors
    /// [`CanonicalError`] when the count does not fit.
    pub fn leaf(&self) -> Result<Hash, CanonicalError> {
        let signed = serde_json::json!({"chain": self.chain, "count": self.count, "head": self.head, "root": self.root});
        Ok(leaf_hash(&canonical_json(&signed)?))
    }

    /// The hashes of the records since the seal before; `None` when they are not written as hashes.
    #[must_use]
    pub fn new_hashes(&self) -> Option<Vec<Hash>> {
        hashes_of(&self.hashes)
    }
}

/// A seal as it lies in the bucket and in an export: canonical JSON of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The statement's canonical JSON.
    pub statement: String,
    /// ECDSA signature (ASN.1 DER) over [`Seal::message`], base64.
    pub signature: String,
    /// Every chain, by name.
    pub lines: Vec<Line>,
}

/// Something about a seal is not as it must be.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file or statement is no seal that this version knows.
    #[error("the seal cannot be read")]
    Unreadable,
    /// The lines do not lead to the statement, or do not follow from the seal before.
    #[error("the lines of the seal do not lead to its statement")]
    Lines,
    /// A record does not follow from the seal before.
    #[error("the records do not follow from the last seal")]
    Records(#[from] ChainFault),
    /// A number does not fit.
    #[error("the seal has no canonical form")]
    Canonical(#[from] CanonicalError),
}

/// What the first seal names as the one before.
#[must_use]
pub fn genesis() -> Digest {
    Digest::of_bytes(SEAL_TAG.as_bytes())
}

impl Seal {
    /// Reads a seal's file.
    ///
    /// # Errors
    /// [`SealError::Unreadable`], also when the file is not written canonically.
    pub fn read(file: &[u8]) -> Result<(Self, Statement), SealError> {
        let seal: Self =
            Some(file).filter(|f| is_canonical(f)).and_then(|f| serde_json::from_slice(f).ok()).ok_or(SealError::Unreadable)?;
        let statement: Option<Statement> =
            Some(&seal.statement).filter(|text| is_canonical(text.as_bytes())).and_then(|text| serde_json::from_str(text).ok());
        match statement {
            Some(statement) if statement.v == SEAL_VERSION => Ok((seal, statement)),
            _ => Err(SealError::Unreadable),
        }
    }

    /// The bytes of its file.
    ///
    /// # Errors
    /// [`CanonicalError`] when a number does not fit.
    pub fn file(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical_json(self)
    }

    /// What is signed.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        message(&self.statement)
    }

    /// Its hash, which the next seal names: SHA-256 of [`Self::message`].
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of_bytes(&self.message())
    }
}

/// What is signed for a statement: the tag and its canonical JSON.
#[must_use]
pub fn message(statement: &str) -> Vec<u8> {
    [SEAL_TAG.as_bytes(), statement.as_bytes()].concat()
}

/// Hashes written one after the other, 64 lower-case digits each.
pub(crate) fn hashes_of(text: &str) -> Option<Vec<Hash>> {
    let (digits, rest) = text.as_bytes().as_chunks::<64>();
    rest.is_empty().then(|| digits.iter().map(|d| hash_of_hex(d)).collect()).flatten()
}

fn written(hashes: &[Hash]) -> String {
    hex::encode(hashes.concat())
}

fn digest_of_hash(hash: &Hash) -> Result<Digest, CanonicalError> {
    Digest::parse(&hex::encode(hash))
}

/// A chain as the last seal left it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sealed {
    head: Digest,
    tree: Frontier,
}

/// Makes the next seal, and follows seals that others made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealer {
    number: u64,
    hash: Digest,
    chains: BTreeMap<Chain, Sealed>,
}

impl Default for Sealer {
    fn default() -> Self {
        Self { number: 0, hash: genesis(), chains: BTreeMap::new() }
    }
}

impl Sealer {
    /// Goes on after a seal whose signature the caller has checked; its lines are checked here.
    ///
    /// # Errors
    /// [`SealError`] when the lines are not what was signed.
    pub fn after(seal: &Seal, statement: &Statement) -> Result<Self, SealError> {
        let mut chains = BTreeMap::new();
        for line in &seal.lines {
            let tree = hashes_of(&line.edge).and_then(|peaks| Frontier::of(line.count, peaks)).ok_or(SealError::Lines)?;
            if digest_of_hash(&tree.root())? != line.root {
                return Err(SealError::Lines);
            }
            chains.insert(line.chain.clone(), Sealed { head: line.head.clone(), tree });
        }
        check_root(&seal.lines, statement)?;
        Ok(Self { number: statement.number, hash: seal.hash(), chains })
    }

    /// Number of the last seal; 0 before the first.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Hash of the last seal.
    #[must_use]
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    /// The place up to which a chain is sealed.
    #[must_use]
    pub fn sealed(&self, chain: &Chain) -> crate::Anchor {
        self.chains
            .get(chain)
            .map_or_else(|| crate::Anchor::genesis(chain), |sealed| crate::Anchor { seq: sealed.tree.size(), hash: sealed.head.clone() })
    }

    /// The chains that are sealed.
    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.chains.keys()
    }

    /// Begins the next seal.
    #[must_use]
    pub fn begin(&self) -> Sealing {
        Sealing { from: self.clone(), new: BTreeMap::new(), heads: BTreeMap::new() }
    }

    /// Follows a seal that was made after this one: its place, its lines, and that nothing shrank. Gives the hashes that
    /// are new by chain. The signature is the caller's to check.
    ///
    /// # Errors
    /// [`SealError::Lines`].
    pub fn follow(&mut self, seal: &Seal, statement: &Statement) -> Result<Vec<(Chain, Vec<Hash>)>, SealError> {
        let mut next = BTreeMap::new();
        let mut new = Vec::new();
        for line in &seal.lines {
            let before = self.chains.get(&line.chain);
            let mut tree = before.map(|b| b.tree.clone()).unwrap_or_default();
            let hashes = hashes_of(&line.hashes).ok_or(SealError::Lines)?;
            hashes.iter().for_each(|hash| tree.append(leaf_hash(hash)));
            let head = match (hashes.last(), before) {
                (Some(last), _) => digest_of_hash(last)?,
                (None, Some(before)) => before.head.clone(),
                (None, None) => return Err(SealError::Lines),
            };
            let holds = tree.size() == line.count
                && digest_of_hash(&tree.root())? == line.root
                && head == line.head
                && written(tree.peaks()) == line.edge
                && next.last_key_value().is_none_or(|(last, _)| *last < line.chain);
            if !holds {
                return Err(SealError::Lines);
            }
            next.insert(line.chain.clone(), Sealed { head, tree });
            new.push((line.chain.clone(), hashes));
        }
        if self.chains.keys().any(|chain| !next.contains_key(chain)) {
            return Err(SealError::Lines);
        }
        check_root(&seal.lines, statement)?;
        *self = Self { number: statement.number, hash: seal.hash(), chains: next };
        Ok(new)
    }
}

fn check_root(lines: &[Line], statement: &Statement) -> Result<(), SealError> {
    let leaves: Vec<Hash> = lines.iter().map(Line::leaf).collect::<Result<_, _>>()?;
    let records = lines.iter().try_fold(0_u64, |sum, line| sum.checked_add(line.count));
    let holds = digest_of_hash(&merkle::root(&leaves))? == statement.root
        && u64::try_from(lines.len()) == Ok(statement.chains)
        && records == Some(statement.records);
    if holds { Ok(()) } else { Err(SealError::Lines) }
}

/// A seal in the making: records are added chain by chain, each chain in order.
#[derive(Debug)]
pub struct Sealing {
    from: Sealer,
    new: BTreeMap<Chain, (ChainVerifier, Vec<Hash>)>,
    heads: BTreeMap<Chain, (u64, Digest)>,
}

impl Sealing {
    /// The next record of its chain. It is verified against the last seal, so that nothing is sealed that is not sound.
    ///
    /// # Errors
    /// [`SealError::Records`] naming the first bad record.
    pub fn push(&mut self, record: &StoredRecord) -> Result<(), SealError> {
        let chain = &record.chain;
        let (verifier, hashes) =
            self.new.entry(chain.clone()).or_insert_with(|| (ChainVerifier::new(chain.clone(), &self.from.sealed(chain)), Vec::new()));
        verifier.push(record)?;
        hashes.push(hash_of_hex(record.hash.as_str().as_bytes()).ok_or(SealError::Unreadable)?);
        Ok(())
    }

    /// Where a chain must end: [`Self::finish`] refuses it otherwise.
    pub fn ends_at(&mut self, chain: &Chain, seq: u64, head: Digest) {
        self.heads.insert(chain.clone(), (seq, head));
        let from = &self.from;
        self.new.entry(chain.clone()).or_insert_with(|| (ChainVerifier::new(chain.clone(), &from.sealed(chain)), Vec::new()));
    }

    /// How many records are new.
    #[must_use]
    pub fn records(&self) -> usize {
        self.new.values().map(|(_, hashes)| hashes.len()).sum()
    }

    /// The lines and the statement to sign ([`message`] of its canonical JSON).
    ///
    /// # Errors
    /// [`SealError::Records`] when the last record of a chain does not hold.
    pub fn finish(self, at: EpochMs, key: Digest) -> Result<Unsigned, SealError> {
        let Sealer { number, hash, mut chains } = self.from;
        let mut fresh = BTreeMap::new();
        for (chain, (verifier, hashes)) in self.new {
            let report = verifier.finish(self.heads.get(&chain))?;
            let sealed =
                chains.entry(chain.clone()).or_insert_with(|| Sealed { head: report.last_hash.clone(), tree: Frontier::default() });
            hashes.iter().for_each(|hash| sealed.tree.append(leaf_hash(hash)));
            sealed.head = report.last_hash;
            fresh.insert(chain, written(&hashes));
        }
        let mut lines = Vec::new();
        for (chain, sealed) in chains {
            let hashes = fresh.remove(&chain).unwrap_or_default();
            let (count, root) = (sealed.tree.size(), digest_of_hash(&sealed.tree.root())?);
            lines.push(Line { chain, count, head: sealed.head, root, hashes, edge: written(sealed.tree.peaks()) });
        }
        let leaves: Vec<Hash> = lines.iter().map(Line::leaf).collect::<Result<_, _>>()?;
        let statement = Statement {
            v: SEAL_VERSION,
            number: number.saturating_add(1),
            at,
            previous: hash,
            chains: u64::try_from(lines.len()).unwrap_or(u64::MAX),
            records: lines.iter().fold(0, |sum: u64, line| sum.saturating_add(line.count)),
            root: digest_of_hash(&merkle::root(&leaves))?,
            key,
        };
        let text = String::from_utf8(canonical_json(&statement)?).map_err(|_| SealError::Unreadable)?;
        Ok(Unsigned { statement: text, lines })
    }
}

/// A seal without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    statement: String,
    lines: Vec<Line>,
}

impl Unsigned {
    /// What is to be signed.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        message(&self.statement)
    }

    /// With the signature (ASN.1 DER, base64).
    #[must_use]
    pub fn signed(self, signature: String) -> Seal {
        Seal { statement: self.statement, signature, lines: self.lines }
    }
}
