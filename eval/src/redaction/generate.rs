//! Texts that a regular expression matches, made from its parts. Entry type: [`Generator`].
//!
//! Invariant: the same seed makes the same texts. Assertions (`\b`, `$`) are not looked at: whoever uses a text checks it
//! against the expression.

use anyhow::{Context as _, Result};
use regex_syntax::hir::{Class, Hir, HirKind};

/// A small generator of numbers (`splitmix64`).
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Less than `limit`; 0 for a limit of 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or(0)
    }

    /// `len` characters of an alphabet.
    pub(super) fn text(&mut self, len: usize, of: &str) -> String {
        let letters: Vec<char> = of.chars().collect();
        (0..len).filter_map(|_| letters.get(self.below(letters.len()))).collect()
    }
}

/// A text.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub bytes: Vec<u8>,
}

/// Makes texts for one expression.
#[derive(Debug)]
pub(super) struct Generator(Hir);

impl Generator {
    pub(super) fn new(pattern: &str) -> Result<Self> {
        let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
        Ok(Self(parser.parse(pattern).context("not an expression that is understood")?))
    }

    pub(super) fn make(&self, dice: &mut Dice) -> Made {
        let mut made = Made::default();
        write(&self.0, dice, &mut made);
        made
    }
}

fn write(hir: &Hir, dice: &mut Dice, made: &mut Made) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(text) => made.bytes.extend_from_slice(&text.0),
        HirKind::Class(class) => made.bytes.push(one_of(class, dice)),
        HirKind::Repetition(repetition) => {
            let least = repetition.min as usize;
            // Without an upper limit: as long as it must be, and a little more.
            let most = repetition.max.map_or(least + 20, |m| m as usize);
            let count = least + dice.below(most.saturating_sub(least) + 1);
            (0..count).for_each(|_| write(&repetition.sub, dice, made));
        }
        HirKind::Capture(capture) => write(&capture.sub, dice, made),
        HirKind::Concat(parts) => parts.iter().for_each(|p| write(p, dice, made)),
        HirKind::Alternation(parts) => {
            if let Some(part) = parts.get(dice.below(parts.len())) {
                write(part, dice, made);
            }
        }
    }
}

/// A byte of a class, one that can be seen where there is one.
fn one_of(class: &Class, dice: &mut Dice) -> u8 {
    let ranges: Vec<(u8, u8)> = match class {
        Class::Bytes(class) => class.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        Class::Unicode(class) => {
            class.ranges().iter().filter_map(|r| Some((u8::try_from(r.start()).ok()?, u8::try_from(r.end()).unwrap_or(0x7e)))).collect()
        }
    };
    let visible: Vec<u8> = ranges.iter().flat_map(|(from, to)| *from..=*to).filter(|b| (0x20..0x7f).contains(b)).collect();
    let any: Vec<u8> = if visible.is_empty() { ranges.iter().flat_map(|(from, to)| *from..=*to).collect() } else { visible };
    any.get(dice.below(any.len())).copied().unwrap_or(b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_matches() {
        let pattern = r"(?i)\b(ab[c-e]{2,4}|[0-9]{3})(?:x|\d)?\.[[:alnum:]]+";
        let generator = Generator::new(pattern).unwrap();
        let regex = regex::bytes::Regex::new(pattern).unwrap();
        let mut dice = Dice::new(1);
        for _ in 0..200 {
            let made = generator.make(&mut dice);
            assert!(regex.is_match(&made.bytes), "{:?}", String::from_utf8_lossy(&made.bytes));
        }
        assert_eq!(generator.make(&mut Dice::new(7)).bytes, generator.make(&mut Dice::new(7)).bytes);
    }
}
