//! Proofs that travel without the log. Entry types: [`RecordProof`], [`LineProof`], [`GrowthProof`].
//!
//! A record is in its chain ([`RecordProof`] against the chain's root), the chain's line is in a seal ([`LineProof`]
//! against the statement's root), and the chain of an earlier seal is the beginning of the one of a later seal
//! ([`GrowthProof`]). A path of a million records is 20 hashes, and its JSON is below 1 KB.
//!
//! Invariant: a proof is right only when all of it is used.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Digest;
use serde::{Deserialize, Serialize};

use crate::{
    merkle::{self, Hash, ProofError, leaf_hash},
    record::Chain,
    scan::hash_of_hex,
    seal::{Line, Statement},
};

/// Hashes of a path one after the other, base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(String);

impl Path {
    fn of(hashes: &[Hash]) -> Self {
        Self(STANDARD.encode(hashes.concat()))
    }

    /// The hashes.
    ///
    /// # Errors
    /// [`ProofError::NotAHash`].
    fn hashes(&self) -> Result<Vec<Vec<u8>>, ProofError> {
        let bytes = STANDARD.decode(&self.0).map_err(|_| ProofError::NotAHash)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if rest.is_empty() { Ok(hashes.iter().map(|h| h.to_vec()).collect()) } else { Err(ProofError::NotAHash) }
    }

    /// How many bytes its hashes have.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        STANDARD.decode(&self.0).map_or(0, |bytes| bytes.len())
    }
}

fn hash_of(digest: &Digest) -> Hash {
    hash_of_hex(digest.as_str().as_bytes()).unwrap_or_default()
}

/// The leaves of a chain's tree, from its records' hashes in order.
#[must_use]
pub fn leaves(hashes: &[Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| leaf_hash(hash)).collect()
}

/// A record is number `seq` of the first `count` of its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordProof {
    /// The chain.
    pub chain: Chain,
    /// The record's number, from 1.
    pub seq: u64,
    /// How many records the tree has.
    pub count: u64,
    /// RFC 6962 audit path.
    pub path: Path,
}

impl RecordProof {
    /// The proof for a record in a tree of leaves ([`leaves`]). `None` when there is no such record.
    #[must_use]
    pub fn make(chain: Chain, seq: u64, leaves: &[Hash]) -> Option<Self> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        let path = Path::of(&merkle::inclusion_proof(leaves, index)?);
        Some(Self { chain, seq, count: u64::try_from(leaves.len()).ok()?, path })
    }

    /// Whether the record with this hash is where the proof says, in the chain of a line.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(&self, record: &Digest, line: &SealedLine) -> Result<(), ProofError> {
        if self.chain != line.chain || self.count != line.count {
            return Err(ProofError::Range);
        }
        let index = self.seq.checked_sub(1).ok_or(ProofError::Range)?;
        merkle::verify_inclusion(&leaf_hash(&hash_of(record)), index, self.count, &self.path.hashes()?, &hash_of(&line.root))
    }
}

/// What a seal says of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedLine {
    /// The chain.
    pub chain: Chain,
    /// How many records it had.
    pub count: u64,
    /// Hash of the last.
    pub head: Digest,
    /// Root of the tree over them.
    pub root: Digest,
}

impl SealedLine {
    /// The signed part of a line.
    #[must_use]
    pub fn of(line: &Line) -> Self {
        Self { chain: line.chain.clone(), count: line.count, head: line.head.clone(), root: line.root.clone() }
    }

    fn leaf(&self) -> Option<Hash> {
        let line = Line {
            chain: self.chain.clone(),
            count: self.count,
            head: self.head.clone(),
            root: self.root.clone(),
            hashes: String::new(),
            edge: String::new(),
        };
        line.leaf().ok()
    }
}

/// A chain's line is in a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineProof {
    /// The line.
    pub line: SealedLine,
    /// Its place among the chains by name, from 0.
    pub index: u64,
    /// RFC 6962 audit path.
    pub path: Path,
}

impl LineProof {
    /// The proof for a chain among a seal's lines. `None` when it has no line, or a number has no canonical form.
    #[must_use]
    pub fn make(chain: &Chain, lines: &[Line]) -> Option<Self> {
        let leaves: Vec<Hash> = lines.iter().map(Line::leaf).collect::<Result<_, _>>().ok()?;
        let index = lines.iter().position(|line| line.chain == *chain)?;
        let path = Path::of(&merkle::inclusion_proof(&leaves, index)?);
        Some(Self { line: SealedLine::of(lines.get(index)?), index: u64::try_from(index).ok()?, path })
    }

    /// Whether the line is in the seal of a statement, whose signature is the caller's to check.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(&self, statement: &Statement) -> Result<(), ProofError> {
        let leaf = self.line.leaf().ok_or(ProofError::NotAHash)?;
        merkle::verify_inclusion(&leaf, self.index, statement.chains, &self.path.hashes()?, &hash_of(&statement.root))
    }
}

/// A chain as one seal has it is the beginning of the same chain as a later seal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrowthProof {
    /// The chain.
    pub chain: Chain,
    /// How many records the earlier has.
    pub from: u64,
    /// How many the later has.
    pub to: u64,
    /// RFC 6962 consistency path.
    pub path: Path,
}

impl GrowthProof {
    /// The proof from the first `from` leaves to all. `None` when there are not so many, or none.
    #[must_use]
    pub fn make(chain: Chain, from: u64, leaves: &[Hash]) -> Option<Self> {
        let path = Path::of(&merkle::consistency_proof(leaves, usize::try_from(from).ok()?)?);
        Some(Self { chain, from, to: u64::try_from(leaves.len()).ok()?, path })
    }

    /// Whether the later line has grown out of the earlier one.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(&self, earlier: &SealedLine, later: &SealedLine) -> Result<(), ProofError> {
        let same = self.chain == earlier.chain && self.chain == later.chain;
        if !same || self.from != earlier.count || self.to != later.count {
            return Err(ProofError::Range);
        }
        merkle::verify_consistency(self.from, self.to, &self.path.hashes()?, &hash_of(&earlier.root), &hash_of(&later.root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(n: u32) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    fn digest(hash: &Hash) -> Digest {
        Digest::parse(&hex::encode(hash)).unwrap()
    }

    fn line(chain: &Chain, hashes: &[Hash]) -> Line {
        let root = digest(&merkle::root(&leaves(hashes)));
        let head = digest(hashes.last().unwrap());
        let count = u64::try_from(hashes.len()).unwrap();
        Line { chain: chain.clone(), count, head, root, hashes: String::new(), edge: String::new() }
    }

    #[test]
    fn a_record_leads_to_its_line_and_the_line_to_the_statement_and_nothing_else_does() {
        let (chain, other) = (Chain::hub(), Chain::parse("222222222222").unwrap());
        let all = hashes(100);
        let lines = [line(&other, &all[..7]), line(&chain, &all)];
        let sealed = SealedLine::of(&lines[1]);
        let proof = RecordProof::make(chain.clone(), 42, &leaves(&all)).unwrap();
        assert!(proof.verify(&digest(&all[41]), &sealed).is_ok());
        assert!(proof.verify(&digest(&all[40]), &sealed).is_err());
        assert!(proof.verify(&digest(&all[41]), &SealedLine::of(&lines[0])).is_err());
        assert!(RecordProof { seq: 41, ..proof.clone() }.verify(&digest(&all[41]), &sealed).is_err());
        assert!(RecordProof { seq: 0, ..proof }.verify(&digest(&all[41]), &sealed).is_err());
        assert!(
            RecordProof::make(chain.clone(), 0, &leaves(&all)).is_none() && RecordProof::make(chain.clone(), 101, &leaves(&all)).is_none()
        );

        let tree: Vec<Hash> = lines.iter().map(|l| l.leaf().unwrap()).collect();
        let zero = Digest::of_bytes(b"");
        let root = digest(&merkle::root(&tree));
        let statement =
            Statement { v: 1, number: 1, at: domain::EpochMs(0), previous: zero.clone(), chains: 2, records: 107, root, key: zero };
        let place = LineProof::make(&chain, &lines).unwrap();
        assert!(place.verify(&statement).is_ok());
        assert!(LineProof { index: 0, ..place.clone() }.verify(&statement).is_err());
        assert!(LineProof { line: SealedLine { count: 99, ..sealed }, ..place }.verify(&statement).is_err());
        assert!(LineProof::make(&Chain::parse("333333333333").unwrap(), &lines).is_none());
    }

    #[test]
    fn growth_is_proven_and_a_rewritten_beginning_is_not() {
        let chain = Chain::hub();
        let all = hashes(90);
        let (early, late) = (SealedLine::of(&line(&chain, &all[..33])), SealedLine::of(&line(&chain, &all)));
        let proof = GrowthProof::make(chain.clone(), 33, &leaves(&all)).unwrap();
        assert!(proof.verify(&early, &late).is_ok());
        let mut rewritten = all.clone();
        rewritten[5] = [7; 32];
        assert!(
            GrowthProof::make(chain.clone(), 33, &leaves(&rewritten))
                .unwrap()
                .verify(&early, &SealedLine::of(&line(&chain, &rewritten)))
                .is_err()
        );
        assert!(GrowthProof::make(chain, 0, &leaves(&all)).is_none());
    }

    #[test]
    fn a_path_of_a_million_records_is_below_a_kilobyte_of_json() {
        // A million leaves are 20 levels; a consistency path has at most one hash more.
        let path = |n: usize| Path::of(&vec![[0xff; 32]; n]);
        let chain = Chain::parse("222222222222").unwrap();
        let record = RecordProof { chain: chain.clone(), seq: 1_000_000, count: 1_000_000, path: path(20) };
        let growth = GrowthProof { chain, from: 999_999, to: 1_000_000, path: path(21) };
        assert!(serde_json::to_string(&record).unwrap().len() <= 1024 && serde_json::to_string(&growth).unwrap().len() <= 1024);
        assert!(Path("AAAA".into()).hashes().is_err() && Path("%".into()).hashes().is_err());
    }
}
