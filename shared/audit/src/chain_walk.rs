//! One chain of an export, line by line. Entry type: [`ChainWalk`].
//!
//! Invariant: one pass, and of the lines nothing is kept; the first line that is not what it must be is the fault's
//! place, and the lines behind it only tell which kind it is.

use domain::Digest;
use sha2::{Digest as _, Sha256};

use crate::{
    export::{ChainState, Wrong},
    merkle::Hash,
    record::{Anchor, Chain, RECORD_TAG},
    scan::{hash_of_hex, number, place_of},
};

/// The text of a record of which only the hash is left.
const ERASED: &[u8] = b"-";

/// One line, taken apart.
struct Row<'l> {
    seq: u64,
    stated: Hash,
    text: &'l [u8],
    /// The hash of the text; of an erased one the hash that is stated.
    hash: Hash,
}

impl<'l> Row<'l> {
    fn read(line: &'l [u8]) -> Option<Self> {
        let (seq, rest) = line.split_at_checked(memchr::memchr(b' ', line)?)?;
        let (stated, text) = rest.get(1..)?.split_at_checked(64)?;
        let (stated, text) = (hash_of_hex(stated)?, text.strip_prefix(b" ")?);
        let hash =
            if text == ERASED { stated } else { Sha256::new_with_prefix(RECORD_TAG.as_bytes()).chain_update(text).finalize().into() };
        Some(Self { seq: number(seq)?, stated, text, hash })
    }
}

/// What stands at the first bad line, and what the lines behind it tell.
struct Suspect {
    line: u64,
    /// The kind, where nothing behind it matters.
    kind: Option<Wrong>,
    /// The hash found there.
    found: Option<Hash>,
    /// The hash sealed for that line, or nothing in the tail.
    wanted: Option<Hash>,
    /// Whether the record there is whole, numbered right and follows the one before.
    whole: bool,
    /// In the tail: the record there bears this number, follows or does not.
    bears: Option<u64>,
    /// The wanted record comes later.
    wanted_later: bool,
    /// The found record comes a second time.
    found_later: bool,
    /// In the tail: the line right behind names what was found as the one before.
    named: Option<bool>,
}

impl Suspect {
    /// Whether nothing that comes behind can change the kind any more.
    fn is_settled(&self) -> bool {
        let sealed = self.wanted.is_some() && self.wanted_later && (self.found.is_none() || self.found_later);
        self.kind.is_some() || (self.bears.is_none() && sealed)
    }
}

/// Where a walk is that has found no fault so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    last: Hash,
    before: Hash,
    pub(crate) lines: u64,
    erased: u64,
}

/// Walks a chain.
pub(crate) struct ChainWalk<'s> {
    chain: &'s Chain,
    sealed: &'s [Hash],
    pin: Option<(u64, Hash)>,
    allow_erased: bool,
    last: Hash,
    /// The hash before the last.
    before: Hash,
    lines: u64,
    erased: u64,
    suspect: Option<Suspect>,
}

impl<'s> ChainWalk<'s> {
    pub(crate) fn new(chain: &'s Chain, sealed: &'s [Hash], pin: Option<(u64, Hash)>, allow_erased: bool) -> Self {
        let last = hash_of_hex(Anchor::genesis(chain).hash.as_str().as_bytes()).unwrap_or_default();
        Self { chain, sealed, pin, allow_erased, last, before: last, lines: 0, erased: 0, suspect: None }
    }

    /// Where it is; `None` once there is a fault.
    pub(crate) fn place(&self) -> Option<Place> {
        let Self { last, before, lines, erased, .. } = *self;
        self.suspect.is_none().then_some(Place { last, before, lines, erased })
    }

    /// Goes on where another walk over the same lines, sealed hashes and pins was.
    pub(crate) fn at(self, place: Place) -> Self {
        let Place { last, before, lines, erased } = place;
        Self { last, before, lines, erased, suspect: None, ..self }
    }

    /// The hash sealed for a line.
    fn wanted(&self, line: u64) -> Option<Hash> {
        self.sealed.get(usize::try_from(line.checked_sub(1)?).ok()?).copied()
    }

    /// The next line.
    pub(crate) fn push(&mut self, line: &[u8]) {
        if let Some(suspect) = &mut self.suspect {
            if !suspect.is_settled() {
                look_behind(suspect, Row::read(line).as_ref());
            }
            return;
        }
        let row = Row::read(line);
        let number = self.lines.saturating_add(1);
        match self.judge(number, row.as_ref()) {
            None => {
                self.before = self.last;
                self.last = row.map_or(self.last, |row| row.hash);
                self.lines = number;
            }
            Some(suspect) => self.suspect = Some(suspect),
        }
    }

    fn judge(&mut self, line: u64, row: Option<&Row<'_>>) -> Option<Suspect> {
        let wanted = self.wanted(line);
        let suspect = |kind: Option<Wrong>| Suspect {
            line,
            kind,
            found: row.map(|r| r.hash),
            wanted,
            whole: false,
            bears: None,
            wanted_later: false,
            found_later: false,
            named: None,
        };
        let Some(row) = row else { return Some(suspect(wanted.is_none().then_some(Wrong::Altered))) };
        let stated = row.hash == row.stated && row.seq == line;
        if row.text == ERASED {
            if wanted != Some(row.hash) || !stated {
                return Some(suspect(wanted.is_none().then_some(Wrong::Altered)));
            }
            if !self.allow_erased {
                return Some(suspect(Some(Wrong::Erased)));
            }
            self.erased = self.erased.saturating_add(1);
            return None;
        }
        let place = place_of(row.text);
        let own = place.filter(|p| p.chain == self.chain.as_str().as_bytes());
        let follows = own.is_some_and(|p| p.seq == line && p.prev == self.last);
        let whole = stated && follows;
        match wanted {
            Some(hash) if whole && hash == row.hash => None,
            Some(_) => Some(Suspect { whole, ..suspect(None) }),
            None if whole => self.pinned(line, row.hash).map(|kind| suspect(Some(kind))),
            None if row.hash != row.stated || place.is_none() => Some(suspect(Some(Wrong::Altered))),
            None => match own {
                None => Some(suspect(Some(Wrong::Inserted))),
                Some(p) if p.seq < line => Some(suspect(Some(Wrong::Replayed))),
                Some(p) if p.seq == line && row.seq != line => Some(suspect(Some(Wrong::Altered))),
                Some(p) => Some(Suspect { bears: Some(p.seq), ..suspect(None) }),
            },
        }
    }

    fn pinned(&self, line: u64, hash: Hash) -> Option<Wrong> {
        self.pin.filter(|(seq, pinned)| *seq == line && *pinned != hash).map(|_| Wrong::Forked)
    }

    /// What the chain is worth, and its first fault.
    pub(crate) fn finish(self) -> (ChainState, Option<(u64, Wrong)>) {
        let sealed = u64::try_from(self.sealed.len()).unwrap_or(u64::MAX);
        let fault = match &self.suspect {
            Some(suspect) => Some(self.settle(suspect)),
            None => {
                let must = sealed.max(self.pin.map_or(0, |(seq, _)| seq));
                (self.lines < must).then(|| (self.lines.saturating_add(1), Wrong::Truncated))
            }
        };
        // In the tail it can be the record before that is wrong.
        let (held, head) = match fault {
            Some((line, _)) if line <= self.lines => (line.saturating_sub(1), self.before),
            _ => (self.lines, self.last),
        };
        let sealed = held.min(sealed);
        let state = ChainState {
            chain: self.chain.clone(),
            records: held,
            sealed,
            unproven: held.saturating_sub(sealed),
            erased: self.erased,
            head: Digest::parse(&hex::encode(head)).unwrap_or_else(|_| Anchor::genesis(self.chain).hash),
        };
        (state, fault)
    }

    fn settle(&self, s: &Suspect) -> (u64, Wrong) {
        if let Some(kind) = s.kind {
            return (s.line, kind);
        }
        if s.wanted.is_none() {
            return self.settle_in_the_tail(s);
        }
        let known = s.found.is_some_and(|hash| self.sealed.contains(&hash));
        let earlier = s.found.is_some_and(|hash| {
            let before = usize::try_from(s.line.saturating_sub(1)).unwrap_or(usize::MAX);
            self.sealed.get(..before).is_some_and(|sealed| sealed.contains(&hash))
        });
        let kind = match (s.found == s.wanted, known) {
            (true, _) => Wrong::Altered,
            (_, true) if earlier || s.found_later => Wrong::Replayed,
            (_, true) if s.wanted_later => Wrong::Reordered,
            (_, true) => Wrong::Deleted,
            _ if s.wanted_later => Wrong::Inserted,
            _ if s.whole => Wrong::Forked,
            _ => Wrong::Altered,
        };
        (s.line, kind)
    }

    /// Where no seal tells what belongs there, only the records themselves do.
    fn settle_in_the_tail(&self, s: &Suspect) -> (u64, Wrong) {
        match s.bears {
            Some(seq) if seq > s.line => (s.line, if s.wanted_later { Wrong::Reordered } else { Wrong::Deleted }),
            _ => {
                let before = s.line.saturating_sub(1);
                let before_is_free = self.wanted(before).is_none() && before > 0;
                // The two contradict each other; the line behind tells which of them is genuine.
                (if before_is_free && s.named != Some(false) { before } else { s.line }, Wrong::Forked)
            }
        }
    }
}

fn look_behind(suspect: &mut Suspect, row: Option<&Row<'_>>) {
    let hash = row.map(|r| r.hash);
    suspect.wanted_later |= suspect.wanted.is_some() && hash == suspect.wanted;
    suspect.found_later |= suspect.found.is_some() && hash == suspect.found;
    if let Some(bears) = suspect.bears {
        let place = row.and_then(|r| place_of(r.text));
        suspect.wanted_later |= bears > suspect.line && place.is_some_and(|p| p.seq == suspect.line);
        if suspect.named.is_none() {
            suspect.named = Some(place.is_some_and(|p| Some(p.prev) == suspect.found));
        }
    }
}
