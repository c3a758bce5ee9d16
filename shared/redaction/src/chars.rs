//! Classes of bytes, and how random a text looks.
//!
//! Invariant: every function is linear in the bytes it is given, and allocates nothing.

/// A set of byte classes.
pub(crate) type Mask = u16;

pub(crate) const DIGIT: Mask = 1;
/// `a-f`, `A-F`.
pub(crate) const HEX_LETTER: Mask = 1 << 1;
pub(crate) const LOWER: Mask = 1 << 2;
pub(crate) const UPPER: Mask = 1 << 3;
pub(crate) const UNDERSCORE: Mask = 1 << 4;
pub(crate) const DASH: Mask = 1 << 5;
pub(crate) const EQUALS: Mask = 1 << 6;
pub(crate) const PLUS_SLASH: Mask = 1 << 7;
pub(crate) const DOT: Mask = 1 << 8;
/// `~ % !  # $ & * ^ | \`: what tokens and passwords hold besides.
pub(crate) const ODD: Mask = 1 << 9;
pub(crate) const TILDE: Mask = 1 << 10;
pub(crate) const PERCENT: Mask = 1 << 11;
pub(crate) const SPACE: Mask = 1 << 12;
/// Space, tab, line breaks, form feed.
pub(crate) const QUOTE: Mask = 1 << 13;
pub(crate) const COLON: Mask = 1 << 14;

pub(crate) const HEX: Mask = DIGIT | HEX_LETTER;
pub(crate) const ALNUM: Mask = DIGIT | LOWER | UPPER;
/// What an identifier is made of.
pub(crate) const WORD: Mask = ALNUM | UNDERSCORE;
pub(crate) const WORDY: Mask = WORD | DASH;
pub(crate) const BASE64: Mask = ALNUM | PLUS_SLASH;
/// What an unquoted value is made of.
pub(crate) const TOKEN: Mask = WORDY | EQUALS | DOT | PLUS_SLASH | TILDE | PERCENT;
/// Whatever can be seen and is no quote.
pub(crate) const VISIBLE: Mask = TOKEN | ODD | COLON;

const fn class_of(byte: u8) -> Mask {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'a'..=b'f' => LOWER | HEX_LETTER,
        b'A'..=b'F' => UPPER | HEX_LETTER,
        b'g'..=b'z' => LOWER,
        b'G'..=b'Z' => UPPER,
        b'_' => UNDERSCORE,
        b'-' => DASH,
        b'=' => EQUALS,
        b'+' | b'/' => PLUS_SLASH,
        b'.' => DOT,
        b'~' => TILDE,
        b'%' => PERCENT,
        b':' => COLON,
        b'!' | b'#' | b'$' | b'&' | b'*' | b'^' | b'|' | b'\\' | b'@' | b'?' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}'
        | b',' | b';' => ODD,
        b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => SPACE,
        b'"' | b'\'' | b'`' => QUOTE,
        _ => 0,
    }
}

const TABLE: [Mask; 256] = {
    let mut table = [0; 256];
    let mut byte: usize = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated at compile time, where an index out of bounds does not compile")]
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "less than 256")]
        {
            table[byte] = class_of(byte as u8);
        }
        byte += 1;
    }
    table
};

/// Whether a byte is of one of the classes.
#[inline]
pub(crate) fn is(byte: u8, mask: Mask) -> bool {
    TABLE.get(usize::from(byte)).is_some_and(|class| class & mask != 0)
}

/// The byte at a place; 0, which is of no class, behind the end.
#[inline]
pub(crate) fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// The end of the run of a class that begins at `from`, at most `most` bytes on.
#[inline]
pub(crate) fn run(text: &[u8], from: usize, mask: Mask, most: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take(most).take_while(|b| is(**b, mask)).count()
}

/// The start of the run of a class that ends at `end`, at most `most` bytes back.
#[inline]
pub(crate) fn run_back(text: &[u8], end: usize, mask: Mask, most: usize) -> usize {
    let head = text.get(..end).unwrap_or_default();
    end - head.iter().rev().take(most).take_while(|b| is(**b, mask)).count()
}

/// Whether a token can begin at `index`: nothing of a word before it, or an escape (`\n`, `%3D`, `u003d`).
pub(crate) fn begins(text: &[u8], index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else { return true };
    if !is(at(text, before), WORD) {
        return true;
    }
    let escaped = |back: usize, mark: u8| index.checked_sub(back).is_some_and(|i| at(text, i) == mark);
    let hex = |back: usize| index.checked_sub(back).is_some_and(|i| is(at(text, i), HEX));
    (escaped(2, b'\\') && matches!(at(text, before), b'n' | b'r' | b't')) || (escaped(3, b'%') && hex(1) && hex(2)) || escaped(6, b'\\')
}

/// What a value is made of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shape {
    pub len: usize,
    pub digits: usize,
    pub lower: usize,
    pub upper: usize,
    /// Changes between lower case, upper case and digits inside words; `TwoWords` has none.
    pub changes: usize,
    /// Bits a character by Shannon's formula over the value's own bytes.
    pub entropy: f32,
}

impl Shape {
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut shape = Self { len: value.len(), entropy: entropy(value), ..Self::default() };
        let mut last: Mask = 0;
        for (i, byte) in value.iter().enumerate() {
            let class = if is(*byte, DIGIT) {
                shape.digits += 1;
                DIGIT
            } else if is(*byte, LOWER) {
                shape.lower += 1;
                LOWER
            } else if is(*byte, UPPER) {
                shape.upper += 1;
                UPPER
            } else {
                0
            };
            // `aWord` and `Word` are how people write words together.
            let written = (last == UPPER && class == LOWER) || (last == LOWER && class == UPPER && is(at(value, i + 1), LOWER));
            if last != 0 && class != 0 && last != class && !written {
                shape.changes += 1;
            }
            last = class;
        }
        shape
    }

    /// A mix of letters and digits that no person chose as a name.
    ///
    /// Names change between letters and digits once a word at most (`vpc2`, `e2e-3`); of random letters and digits
    /// nearly every second neighbour differs. One change in eight letters and digits lies well between.
    pub(crate) fn is_random(&self, least_entropy: f32) -> bool {
        self.changes_every(8, least_entropy)
    }

    /// [`Self::is_random`] with another measure of how often it changes.
    pub(crate) fn changes_every(&self, characters: usize, least_entropy: f32) -> bool {
        let letters = self.lower + self.upper;
        self.digits > 0
            && letters > 0
            && self.changes >= 3
            && self.changes * characters >= letters + self.digits
            && self.entropy >= least_entropy
    }
}

/// Shannon's entropy of a text over its own bytes, in bits a byte.
pub(crate) fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0_u16; 256];
    let value = value.get(..4096).unwrap_or(value);
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "at most 4,096")]
    let total = value.len() as f32;
    counts.iter().filter(|c| **c > 0).map(|c| f32::from(*c) / total).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_look_random_and_tokens_do() {
        for name in
            ["aiops-e2e-2024-01-02", "AIOPS_E2E_ENDPOINT", "instance-state-name1", "CamelCaseWithManyWords2", "us-east-1a", "sha256"]
        {
            assert!(!Shape::of(name.as_bytes()).is_random(3.0), "{name}");
        }
        for token in ["q7Xk2Pf9aB3tZ8", "9f86d081884c7d659a2feaa0c55ad015", "k3v9x1z7w5q2m8n4"] {
            assert!(Shape::of(token.as_bytes()).is_random(3.0), "{token}");
        }
    }

    #[test]
    fn entropy_is_in_bits_a_byte() {
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-6);
        assert!(entropy(b"aaaa").abs() < 1e-6);
    }

    #[test]
    fn a_token_begins_behind_an_escape_but_not_inside_a_word() {
        assert!(begins(b"x=AKIA", 2) && begins(b"AKIA", 0) && begins(br"a\nAKIA", 3) && begins(b"a%3DAKIA", 4));
        assert!(!begins(b"xAKIA", 1));
    }
}
