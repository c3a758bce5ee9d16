//! Text for people, always in both languages.
//!
//! Entry type: [`Text`]. Invariant: a text cannot be built without English and Chinese.
//!
//! ```
//! use domain::{Lang, Text};
//! assert_eq!(Text::new("stopped", "已停止").in_lang(Lang::Zh), "已停止");
//! ```

use serde::{Deserialize, Serialize};

/// The language a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese (simplified).
    Zh,
}

impl Lang {
    /// The language of a text by its letters: Chinese as soon as one CJK ideograph occurs.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.chars().any(|c| matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}')) { Self::Zh } else { Self::En }
    }
}

/// One message in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Text {
    /// Both languages are compulsory.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// The text for a reader.
    #[must_use]
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// Characters that untrusted text (tags, names, log lines) may not bring onto a person's screen:
/// control characters and Unicode bidirectional or invisible formatting marks become `·`, and the
/// text is cut after `max_chars` characters.
#[must_use]
pub fn defang(untrusted: &str, max_chars: usize) -> String {
    let mut out: String = untrusted
        .chars()
        .take(max_chars)
        .map(|c| match c {
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}' => '·',
            c if c.is_control() => '·',
            c => c,
        })
        .collect();
    if untrusted.chars().nth(max_chars).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_is_chinese_as_soon_as_one_ideograph_occurs() {
        assert_eq!(Lang::of("stop i-1"), Lang::En);
        assert_eq!(Lang::of("停止 i-1"), Lang::Zh);
    }

    #[test]
    fn defang_removes_control_and_bidirectional_marks_and_cuts() {
        assert_eq!(defang("a\u{202E}b\nc", 10), "a·b·c");
        assert_eq!(defang("abcdef", 3), "abc…");
    }
}
