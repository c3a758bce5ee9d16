//! The shapes of tokens, in a notation of a few marks. Entry type: [`Pattern`].
//!
//! A pattern is text to be found as it stands, and classes with counts: `%d` digits, `%h` hexadecimal, `%a` letters and
//! digits, `%u` upper case and digits, `%w` these and `_ -`, `%q` these and `=`, `%b` base64, `%t` whatever a token is made
//! of, `%x` whatever is no space, `%y` whatever there is in a line; `{n}`, `{n,m}`, `{n,}`; `%%` is the sign itself. `<` in front: a word must begin there. `>` behind: the word must
//! end there, `>>`: a name with hyphens too. `!` in front: as written, else upper and lower case are one. `^` marks where the anchor begins if classes
//! stand before it.
//!
//! Matching is greedy and never goes back, so a class may not be followed by text of its own kind. That makes it linear,
//! and two hundred patterns cost microseconds to read where as many regular expressions cost tens of milliseconds of a
//! cold start.

use crate::chars::{
    ALNUM, BASE64, DIGIT, DOT, EQUALS, HEX, Mask, PERCENT, QUOTE, SPACE, TOKEN, UPPER, VISIBLE, WORD, WORDY, at, begins, is, run, run_back,
};

/// No token is longer.
pub(crate) const LONGEST: usize = 8192;

#[derive(Debug, Clone)]
enum Piece {
    Text(Vec<u8>),
    Class { mask: Mask, least: usize, most: usize },
}

/// What may follow a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Anything: more of the same belongs to it.
    Open,
    /// Nothing of a word.
    Word,
    /// Nothing of a word, nor a hyphen and a word.
    Name,
}

/// One shape.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    before: Vec<Piece>,
    after: Vec<Piece>,
    word_start: bool,
    end: End,
    cased: bool,
}

impl Pattern {
    /// Reads a pattern; `None` for one that is none (a test reads them all).
    pub(crate) fn read(source: &str) -> Option<Self> {
        let (cased, rest) = source.strip_prefix('!').map_or((false, source), |r| (true, r));
        let (word_start, rest) = rest.strip_prefix('<').map_or((false, rest), |r| (true, r));
        let (end, rest) = match (rest.strip_suffix(">>"), rest.strip_suffix('>')) {
            (Some(rest), _) => (End::Name, rest),
            (None, Some(rest)) => (End::Word, rest),
            (None, None) => (End::Open, rest),
        };
        let (before, after) = rest.split_once('^').unwrap_or(("", rest));
        let mut before = pieces(before)?;
        before.reverse();
        Some(Self { before, after: pieces(after)?, word_start, end, cased })
    }

    /// The text by which it is found, in lower case; empty when it begins with a class.
    pub(crate) fn anchor(&self) -> Vec<u8> {
        match self.after.first() {
            Some(Piece::Text(text)) => text.to_ascii_lowercase(),
            _ => Vec::new(),
        }
    }

    /// Start and end of the token whose anchor stands at `index`.
    pub(crate) fn matches(&self, text: &[u8], index: usize) -> Option<(usize, usize)> {
        let mut start = index;
        for piece in &self.before {
            start = match piece {
                Piece::Text(wanted) => {
                    let from = start.checked_sub(wanted.len())?;
                    self.same(text.get(from..start)?, wanted).then_some(from)?
                }
                Piece::Class { mask, least, most } => {
                    let from = run_back(text, start, *mask, *most);
                    (start - from >= *least).then_some(from)?
                }
            };
        }
        if self.word_start && !begins(text, start) {
            return None;
        }
        let mut end = index;
        let mut last = 0;
        for piece in &self.after {
            end = match piece {
                Piece::Text(wanted) => {
                    last = 0;
                    self.same(text.get(end..end + wanted.len())?, wanted).then_some(end + wanted.len())?
                }
                Piece::Class { mask, least, most } => {
                    let to = run(text, end, *mask, *most);
                    last = *mask;
                    (to - end >= *least).then_some(to)?
                }
            };
        }
        let next = at(text, end);
        if self.end != End::Open {
            let goes_on = is(next, WORD) || (self.end == End::Name && next == b'-' && is(at(text, end + 1), WORD));
            return (!goes_on).then_some((start, end));
        }
        // A token that turns out longer than its kind used to be is no less a token.
        Some((start, run(text, end, last | WORDY, LONGEST)))
    }

    fn same(&self, have: &[u8], wanted: &[u8]) -> bool {
        if self.cased { have == wanted } else { have.eq_ignore_ascii_case(wanted) }
    }
}

fn pieces(source: &str) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    let mut text = Vec::new();
    let mut rest = source.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first != b'%' {
            text.push(*first);
            rest = tail;
            continue;
        }
        let (class, tail) = tail.split_first()?;
        if *class == b'%' {
            text.push(b'%');
            rest = tail;
            continue;
        }
        if !text.is_empty() {
            found.push(Piece::Text(std::mem::take(&mut text)));
        }
        let mask = match class {
            b'd' => DIGIT,
            b'h' => HEX,
            b'a' => ALNUM,
            b'u' => UPPER | DIGIT,
            b'w' => WORDY,
            b'q' => WORDY | EQUALS,
            b'r' => WORDY | EQUALS | DOT,
            b'b' => BASE64,
            b'p' => ALNUM | PERCENT,
            b't' => TOKEN,
            b'x' => VISIBLE | QUOTE,
            b'y' => VISIBLE | QUOTE | SPACE,
            _ => return None,
        };
        let body = tail.strip_prefix(b"{")?;
        let close = body.iter().position(|b| *b == b'}')?;
        let counts = std::str::from_utf8(body.get(..close)?).ok()?;
        let (least, most) = match counts.split_once(',') {
            None => (counts.parse().ok()?, counts.parse().ok()?),
            Some((least, "")) => (least.parse().ok()?, LONGEST),
            Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
        };
        found.push(Piece::Class { mask, least, most });
        rest = body.get(close + 1..)?;
    }
    if !text.is_empty() {
        found.push(Piece::Text(text));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Option<(usize, usize)> {
        let pattern = Pattern::read(pattern).unwrap();
        let anchor = String::from_utf8(pattern.anchor()).unwrap();
        let index = text.to_ascii_lowercase().find(&anchor)?;
        pattern.matches(text.as_bytes(), index)
    }

    #[test]
    fn classes_have_counts_and_text_stands_for_itself() {
        assert_eq!(found("ab_%d{3}", "x ab_123 y"), Some((2, 8)));
        assert_eq!(found("ab_%d{3}", "x ab_12 y"), None);
        assert_eq!(found("ab_%d{2,3}-%h{2,}", "AB_12-ff0g"), Some((0, 10)), "longer tokens are taken whole");
    }

    #[test]
    fn marks_ask_for_case_start_and_end() {
        assert_eq!(found("!AB%d{1}", "ab1"), None);
        assert_eq!(found("<ab%d{1}", "xab1"), None);
        assert_eq!(found("<ab%d{1}", "数ab1"), Some((3, 6)));
        assert_eq!(found("ab%d{2}>", "ab123"), None);
        assert_eq!(found("ab%d{2}>", "ab12."), Some((0, 4)));
    }

    #[test]
    fn what_stands_before_the_anchor_is_read_backwards() {
        assert_eq!(found("<%a{3}_%d{2}^.mark.%a{2,}", "= xyz_12.mark.qq"), Some((2, 16)));
        assert_eq!(found("<%a{3}_%d{2}^.mark.%a{2,}", "= xyz-12.mark.qq"), None);
    }

    #[test]
    fn nonsense_is_no_pattern() {
        for bad in ["%z{1}", "%d", "%d{x}", "%d{1"] {
            assert!(Pattern::read(bad).is_none(), "{bad}");
        }
    }
}
