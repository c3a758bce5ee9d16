//! Texts that come in pieces. Entry type: [`Stream`].
//!
//! Invariant: whatever the pieces, what comes out is what [`Redactor::redact`] makes of the whole. A part is held back until
//! no rule can look beyond its end, and what was let go stays in view for as far as a rule looks back.

use crate::{Redactor, marker, structured};

/// Held back: more than any rule looks forward, with what a finding may be long.
const HOLD: usize = structured::SPAN + 12 * 1024;
/// Kept in view: more than any rule looks back.
const BACK: usize = 12 * 1024;
/// Looked at in one go; larger is quicker, and needs more memory.
const WINDOW: usize = 256 * 1024;

/// A text on its way through. Needs about `WINDOW` bytes.
///
/// ```
/// let redactor = redaction::Redactor::shared();
/// let mut out = Vec::new();
/// let mut stream = redaction::Stream::new(redactor);
/// stream.push(b"PASSWORD=hun", &mut out);
/// stream.push(b"ter22\n", &mut out);
/// stream.finish(&mut out);
/// assert_eq!(out, b"PASSWORD=[redacted:password]\n");
/// ```
#[derive(Debug)]
pub struct Stream<'a> {
    redactor: &'a Redactor,
    held: Vec<u8>,
    /// How much of `held` was let go already and is only in view.
    gone: usize,
}

impl<'a> Stream<'a> {
    /// An empty text.
    #[must_use]
    pub fn new(redactor: &'a Redactor) -> Self {
        Self { redactor, held: Vec::new(), gone: 0 }
    }

    /// The next piece; what can be let go is appended to `out`.
    pub fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while !piece.is_empty() {
            let room = (BACK + WINDOW + HOLD).saturating_sub(self.held.len()).max(1).min(piece.len());
            let (now, later) = piece.split_at(room);
            self.held.extend_from_slice(now);
            piece = later;
            if self.held.len() >= BACK + WINDOW + HOLD {
                self.let_go(self.held.len() - HOLD, out);
            }
        }
    }

    /// The end of the text: the rest is appended to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.let_go(self.held.len(), out);
    }

    fn let_go(&mut self, until: usize, out: &mut Vec<u8>) {
        let found = self.redactor.find(&self.held);
        let mut kept = self.gone;
        let mut cut = until;
        for one in &found {
            if one.end <= self.gone {
                continue;
            }
            if one.start >= until {
                break;
            }
            if one.end > until {
                // It will be seen again, whole. One that began before what is held is let go as far as it is known.
                cut = if one.start > self.gone { one.start } else { one.end };
                if one.start > self.gone {
                    break;
                }
            }
            if one.start >= kept {
                out.extend_from_slice(self.held.get(kept..one.start).unwrap_or_default());
                out.extend_from_slice(marker(one.kind).as_bytes());
            }
            kept = one.end;
        }
        if kept < cut {
            out.extend_from_slice(self.held.get(kept..cut).unwrap_or_default());
        }
        let from = cut.saturating_sub(BACK);
        self.held.drain(..from);
        self.gone = cut - from;
    }
}
