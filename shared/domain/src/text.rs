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
/// text is cut after `max_chars` characters. What may become a link or markup is left: see [`inert`].
#[must_use]
pub fn defang(untrusted: &str, max_chars: usize) -> String {
    let mut out: String = untrusted.chars().take(max_chars).map(|c| if hides(c) { '·' } else { c }).collect();
    if untrusted.chars().nth(max_chars).is_some() {
        out.push('…');
    }
    out
}

/// Control characters and characters without a shape of their own: they hide text, reorder it or split words.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Schemes that a client may follow or run.
const SCHEMES: [&str; 9] = ["javascript", "vbscript", "data", "mailto", "file", "tel", "http", "https", "ftp"];
/// Names behind a dot that clients make a link of without any scheme.
const TOP_DOMAINS: [&str; 60] = [
    "com", "net", "org", "io", "biz", "info", "dev", "app", "ai", "co", "cn", "ru", "xyz", "top", "site", "online", "shop", "club", "me",
    "tv", "cc", "edu", "gov", "mil", "int", "uk", "de", "fr", "jp", "kr", "in", "br", "eu", "us", "ca", "au", "ch", "nl", "se", "no", "it",
    "es", "pl", "hk", "tw", "sg", "ly", "gg", "link", "click", "live", "work", "cloud", "page", "zip", "mov", "su", "tk", "ml", "pw",
];

/// Untrusted text for whoever shows it, console, chat or mail: as [`defang`], and nothing in it becomes a link, an image, a
/// mention or markup. Readable as before: `https[:]//evil[.]com`, `‹script›`. Twice is as good as once.
///
/// ```
/// use domain::text::inert;
/// assert_eq!(inert("![x](https://evil.com/a) <b>", 60), "! [x] (https[:]//evil[.]com/a) ‹b›");
/// assert_eq!(inert("web-01 m6i.large 10.0.0.0/8", 60), "web-01 m6i.large 10.0.0.0/8");
/// ```
#[must_use]
pub fn inert(untrusted: &str, max_chars: usize) -> String {
    let clean: Vec<char> = defang(untrusted, max_chars).chars().collect();
    let mut out = String::with_capacity(clean.len());
    for (at, &c) in clean.iter().enumerate() {
        let next = clean.get(at + 1).copied();
        match c {
            '<' | '＜' => out.push('‹'),
            '>' | '＞' => out.push('›'),
            '!' if next == Some('[') => out.push_str("! "),
            ']' if matches!(next, Some('(' | '[' | ':')) && !is_broken(&clean, at) => out.push_str("] "),
            '&' if next == Some('#') => out.push_str("& "),
            '@' if is_mention(&clean, at) => out.push_str("@ "),
            ':' if is_scheme(&clean, at) => out.push_str("[:]"),
            '.' if is_domain_dot(&clean, at) => out.push_str("[.]"),
            c => out.push(c),
        }
    }
    out
}

/// The bracket that closes a `[:]` or `[.]` of an earlier pass.
fn is_broken(text: &[char], at: usize) -> bool {
    at >= 2 && matches!(text.get(at - 2..at), Some(['[', ':' | '.']))
}

fn word_before(text: &[char], at: usize) -> String {
    let part = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
    let mut word: Vec<char> = text.get(..at).unwrap_or_default().iter().rev().take_while(part).copied().collect();
    word.reverse();
    word.into_iter().collect::<String>().to_ascii_lowercase()
}

fn word_behind(text: &[char], at: usize) -> String {
    text.get(at + 1..).unwrap_or_default().iter().take_while(|c| c.is_alphanumeric() || **c == '-').collect::<String>().to_lowercase()
}

fn is_mention(text: &[char], at: usize) -> bool {
    matches!(word_behind(text, at).as_str(), "channel" | "here" | "everyone" | "all" | "所有人")
}

/// A colon that makes what stands before it a scheme: `x://`, or a known one with something right behind it.
fn is_scheme(text: &[char], at: usize) -> bool {
    let word = word_before(text, at);
    let behind = text.get(at + 1..).unwrap_or_default();
    let slashes = matches!(behind, ['/', '/', ..]);
    // What runs is broken whatever clings to it: `x86javascript:` is no word that anybody needs.
    let known = SCHEMES.contains(&word.as_str()) || ["javascript", "vbscript"].iter().any(|runs| word.ends_with(runs));
    slashes || known && behind.first().is_some_and(|c| !c.is_whitespace() && *c != ']')
}

/// The dot before a top-level domain, or behind `www`.
fn is_domain_dot(text: &[char], at: usize) -> bool {
    let host = |c: &char| c.is_alphanumeric() || *c == '-';
    let before = at.checked_sub(1).and_then(|i| text.get(i)).is_some_and(host);
    let behind = text.get(at + 1).is_some_and(host);
    if !before || !behind {
        return false;
    }
    let top = word_behind(text, at);
    let end = text.get(at + 1 + top.chars().count());
    let goes_on = end == Some(&'.') && text.get(at + 2 + top.chars().count()).is_some_and(host);
    let ends = !(matches!(end, Some('_' | '@')) || goes_on);
    word_before(text, at) == "www" || ends && TOP_DOMAINS.contains(&top.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        assert_eq!(defang("a\u{61C}\u{2028}\u{180E}\u{AD}\u{E0041}b", 10), "a·····b");
    }

    #[test]
    fn nothing_in_inert_text_is_a_link_an_image_a_mention_or_markup() {
        for (text, shown) in [
            ("https://evil.com/?q=1", "https[:]//evil[.]com/?q=1"),
            ("javascript:alert(1)", "javascript[:]alert(1)"),
            ("JaVaScRiPt:alert(1)", "JaVaScRiPt[:]alert(1)"),
            ("data:text/html;base64,AA", "data[:]text/html;base64,AA"),
            ("[click](//evil)", "[click] (//evil)"),
            ("[a]: http://b", "[a] : http[:]//b"),
            ("<script>", "‹script›"),
            ("<!here> @channel @all", "‹!here› @ channel @ all"),
            ("superdupersketchycorp.biz", "superdupersketchycorp[.]biz"),
            ("mail bob@evil.com.", "mail bob@evil[.]com."),
            ("www.x", "www[.]x"),
            ("&#58;//", "& #58;//"),
        ] {
            assert_eq!(inert(text, 200), shown);
        }
    }

    #[test]
    fn what_operators_read_every_day_stays_as_it_is() {
        for text in [
            "arn:aws:ec2:us-east-1:222222222222:instance/i-0abc",
            "web-01",
            "m6i.large db.r6g.large",
            "203.0.113.0/24",
            "data: none",
            "ec2.stop_instances",
            "12:30:45",
            "prod/db-login",
            "支付-订单.v2",
            "a.b.c",
            "1.5 GB",
        ] {
            assert_eq!(inert(text, 200), text);
        }
    }

    proptest! {
        #[test]
        fn inert_twice_is_inert_once(text in "(\\PC|[.:/<>\\[\\]()!@#&a-c]|com|www|http|javascript|all){0,40}") {
            let once = inert(&text, 1000);
            prop_assert_eq!(inert(&once, 1000), once);
        }
    }
}
