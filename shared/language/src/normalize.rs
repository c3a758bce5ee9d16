//! Characters as the lexicon knows them: half width, simplified, lower case. Entry type: [`Letters`].
//!
//! Invariant: every folded character remembers where it stands in the text, and folding never splits or joins
//! characters, so a slot is always copied from the text itself.

use std::{collections::HashMap, sync::LazyLock};

use smol_str::SmolStr;

use crate::{lexicon::Quick, traditional};

/// One folded character and the byte where the original begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Folded.
    pub folded: char,
    /// First byte in the text.
    pub at: u32,
}

/// A text as folded characters.
#[derive(Debug)]
pub(crate) struct Letters<'t> {
    /// The text as written.
    pub text: &'t str,
    /// One entry a character.
    pub letters: Vec<Letter>,
    /// Whether characters occur that change the order of what a person sees, or hide in it.
    pub hidden: bool,
}

impl<'t> Letters<'t> {
    /// Folds a text.
    pub(crate) fn of(text: &'t str) -> Self {
        let mut hidden = false;
        let mut letters = Vec::with_capacity(text.len() / 2);
        for (at, c) in text.char_indices() {
            hidden |= is_hidden(c);
            letters.push(Letter { folded: fold(c), at: u32::try_from(at).unwrap_or(u32::MAX) });
        }
        Self { text, letters, hidden }
    }

    /// The folded character at a position; a blank behind the end.
    pub(crate) fn get(&self, index: usize) -> char {
        self.letters.get(index).map_or(' ', |l| l.folded)
    }

    /// The byte where a position begins; the length of the text behind the end.
    pub(crate) fn byte(&self, index: usize) -> usize {
        self.letters.get(index).map_or(self.text.len(), |l| l.at as usize)
    }

    /// The folded characters of a stretch.
    pub(crate) fn folded(&self, from: usize, to: usize) -> SmolStr {
        self.letters.get(from..to).unwrap_or_default().iter().map(|l| l.folded).collect()
    }

    /// A stretch as written.
    pub(crate) fn written(&self, from: usize, to: usize) -> &'t str {
        self.text.get(self.byte(from)..self.byte(to)).unwrap_or_default()
    }

    /// How many characters.
    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }
}

/// Marks that turn the direction of writing, and the invisible "tag" letters.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{E0000}'..='\u{E007F}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
        || c.is_control() && !c.is_whitespace()
}

/// Whether a character is a Chinese ideograph.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}')
}

fn fold(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        '\0'..='\x7f' => c,
        '\u{3000}' | '\u{A0}' | '\u{FEFF}' | '\u{200B}'..='\u{200D}' | '\u{2060}' => ' ',
        // Full-width letters, digits and the signs that occur within names; other full-width signs stay marks of their own.
        '\u{FF01}'..='\u{FF5E}' => {
            let half = char::from_u32(c as u32 - 0xFEE0).unwrap_or(c);
            if half.is_ascii_alphanumeric() || matches!(half, '-' | '_' | '.' | '/' | '@' | '%') { half.to_ascii_lowercase() } else { c }
        }
        '‘' | '’' | 'ʼ' | '′' => '\'',
        '‐' | '‑' | '−' => '-',
        c if is_han(c) => *SIMPLE.get(&c).unwrap_or(&c),
        c => c,
    }
}

static SIMPLE: LazyLock<HashMap<char, char, Quick>> = LazyLock::new(|| traditional::pairs().collect());

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        Letters::of(text).letters.iter().map(|l| l.folded).collect()
    }

    #[test]
    fn full_width_and_traditional_characters_are_folded_in_place() {
        assert_eq!(folded("ＩＭＤＳｖ２"), "imdsv2");
        assert_eq!(folded("重新啟動執行個體"), "重新启动执行个体");
    }

    #[test]
    fn characters_that_turn_the_writing_direction_are_noticed() {
        assert!(Letters::of("stop \u{202E}abc").hidden);
        assert!(!Letters::of("停止 i-1\n").hidden);
    }
}
