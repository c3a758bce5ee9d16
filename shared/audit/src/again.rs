//! Verifying an export that differs a little from one that was verified. Entry type: [`Again`].
//!
//! For evaluations that change one log thousands of times: what comes before the first difference is not walked again. Every seal
//! and line from there on goes through the same code as in [`crate::verify_export`], and a test holds the two against each other.
//!
//! Invariant: what is remembered of a line depends on the lines and sealed hashes before it, on the pins and the keys, and on
//! nothing else; it is used only where all of those are the same.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use crate::{
    chain_walk::{ChainWalk, Place},
    export::{Expectations, Export as _, ExportReport, MemoryExport, SealKeys, Trusted, each_line, judge_chains, trusted_seals},
    merkle::Hash,
    record::Chain,
};

/// Lines between two places that are remembered.
const EVERY: u64 = 64;

/// A chain's file as it was, and where a walk over it was on the way.
#[derive(Debug, Default)]
struct Remembered {
    file: Arc<Vec<u8>>,
    sealed: Vec<Hash>,
    /// Byte and place behind every so many lines, as long as there was no fault.
    places: Vec<(usize, Place)>,
}

/// An export that was verified, with the keys and expectations.
#[derive(Debug)]
pub struct Again<'k, K> {
    keys: &'k K,
    expected: Expectations,
    seals: Vec<(Arc<Vec<u8>>, Trusted)>,
    chains: BTreeMap<Chain, Remembered>,
    report: ExportReport,
}

impl<'k, K: SealKeys> Again<'k, K> {
    /// Verifies an export and remembers the way.
    pub fn new(export: &MemoryExport, keys: &'k K, expected: Expectations) -> Self {
        let mut seals = Vec::new();
        let keep = &mut |number: u64, trusted: &Trusted| seals.extend(export.seals.get(&number).map(|f| (f.clone(), trusted.clone())));
        let Ok(trusted) = trusted_seals(export, keys, &expected, 1, Trusted::default(), keep);
        let sealed = trusted.hashes.clone();
        let mut chains = BTreeMap::new();
        let Ok(report) = judge_chains(export, &expected, trusted, &mut |mut walk, chain| {
            let mut places = Vec::new();
            let mut at = 0_usize;
            let Ok(()) = export.lines(chain, &mut |line| {
                walk.push(line);
                at = at.saturating_add(line.len()).saturating_add(1);
                places.extend(walk.place().filter(|p| p.lines.is_multiple_of(EVERY)).map(|p| (at, p)));
            });
            let file = export.chains.get(chain).cloned().unwrap_or_default();
            let sealed = sealed.get(chain).cloned().unwrap_or_default();
            chains.insert(chain.clone(), Remembered { file, sealed, places });
            Ok::<_, Infallible>(walk)
        });
        Self { keys, expected, seals, chains, report }
    }

    /// What the export was worth.
    #[must_use]
    pub fn report(&self) -> &ExportReport {
        &self.report
    }

    /// What another export is worth: as [`crate::verify_export`] says.
    #[must_use]
    pub fn verify(&self, export: &MemoryExport) -> ExportReport {
        let same = |(number, (file, _)): &(u64, &(Arc<Vec<u8>>, Trusted))| export.seals.get(number).is_some_and(|f| is_same(f, file));
        let (from, trusted) = (1_u64..)
            .zip(&self.seals)
            .take_while(same)
            .last()
            .map_or_else(|| (1, Trusted::default()), |(number, (_, trusted))| (number.saturating_add(1), trusted.clone()));
        let Ok(trusted) = trusted_seals(export, self.keys, &self.expected, from, trusted, &mut |_, _| ());
        let sealed = trusted.hashes.clone();
        let Ok(report) = judge_chains(export, &self.expected, trusted, &mut |walk, chain| {
            let file = export.chains.get(chain).cloned().unwrap_or_default();
            let sealed = sealed.get(chain).map(Vec::as_slice).unwrap_or_default();
            let (mut walk, from) = self.resume(walk, chain, &file, sealed);
            each_line(file.get(from..).unwrap_or_default(), &mut |line| walk.push(line));
            Ok::<_, Infallible>(walk)
        });
        report
    }

    /// A walk at the last place before anything differs, and the byte behind it.
    fn resume<'s>(&self, walk: ChainWalk<'s>, chain: &Chain, file: &Arc<Vec<u8>>, sealed: &[Hash]) -> (ChainWalk<'s>, usize) {
        let Some(known) = self.chains.get(chain) else { return (walk, 0) };
        let bytes = if Arc::ptr_eq(file, &known.file) { file.len() } else { common(file, &known.file) };
        let hashes = if sealed == known.sealed { usize::MAX } else { sealed.iter().zip(&known.sealed).take_while(|(a, b)| a == b).count() };
        let hashes = u64::try_from(hashes).unwrap_or(u64::MAX);
        let place = known.places.iter().take_while(|(at, place)| *at <= bytes && place.lines <= hashes).last();
        match place {
            Some((at, place)) => (walk.at(*place), *at),
            None => (walk, 0),
        }
    }
}

fn is_same(a: &Arc<Vec<u8>>, b: &Arc<Vec<u8>>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// How many bytes two files begin with in common.
fn common(a: &[u8], b: &[u8]) -> usize {
    // Whole blocks first: comparing them is one call.
    const BLOCK: usize = 4096;
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK)).take_while(|(a, b)| a == b).count();
    let same = blocks.saturating_mul(BLOCK);
    let (a, b) = (a.iter().skip(same), b.iter().skip(same));
    same.saturating_add(a.zip(b).take_while(|(a, b)| a == b).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_beginning_is_counted_in_bytes() {
        for (length, differs) in [(0, 0), (1, 0), (4096, 4095), (4097, 4096), (9000, 8500), (9000, 9000)] {
            let a = vec![b'a'; length];
            let mut b = a.clone();
            if let Some(byte) = b.get_mut(differs) {
                *byte = b'b';
            }
            assert_eq!(common(&a, &b), differs);
            assert_eq!(common(&a, &a[..length / 2]), length / 2);
        }
    }
}
