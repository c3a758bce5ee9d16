//! Names and what is assigned to them: `NAME = value`, `"name": "value"`, `--name value`, `name 是 value`,
//! `{"Name": "…", "Value": "…"}`, `<name>value</name>`. Entry function: [`slot`].
//!
//! Invariant: nothing further than [`REACH`] from the name is looked at, so a text cut elsewhere reads the same.

use crate::chars::{ALNUM, DIGIT, LOWER, ODD, PERCENT, QUOTE, SPACE, Shape, TOKEN, UPPER, WORD, WORDY, at, is, run, run_back};
use crate::pattern::Pattern;
use crate::rules::vendors::Says;

/// How far from a name its value may begin, bytes.
pub(crate) const REACH: usize = 96;
/// No value is longer.
const LONGEST_VALUE: usize = 4096;

/// How a value is tied to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    /// `=`, `:=` and the like, or a colon.
    Sign,
    /// A comma: `put("name", "value")`.
    Comma,
    /// `--name value`, `name is value`.
    Word,
}

/// A name and the place of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Where the whole identifier begins and ends.
    pub name: (usize, usize),
    /// Where its value begins.
    pub value: usize,
    /// The quote before the value, 0 for none.
    pub quote: u8,
    pub tie: Tie,
    /// Whether nothing stands between name, sign and value.
    pub tight: bool,
}

/// Finds what is assigned to the identifier around `start..end`.
pub(crate) fn slot(text: &[u8], start: usize, end: usize) -> Option<Slot> {
    let name_start = run_back(text, start, WORDY | crate::chars::DOT, 50);
    let name_end = run(text, end, WORDY | crate::chars::DOT, 50);
    // Words behind the name, as in `token for ci =`.
    let mut i = end;
    while i < end + 24 && (is(at(text, i), WORDY | crate::chars::DOT) || matches!(at(text, i), b' ' | b'\t')) {
        i += 1;
    }
    let reach = end + REACH;
    let closing = i;
    while i < closing + 6 && (is(at(text, i), QUOTE | SPACE) || matches!(at(text, i), b']' | b')' | b'\\')) {
        i += 1;
    }
    let found = value_word(text, name_end, reach).or_else(|| sign(text, i)).or_else(|| said(text, name_start, name_end));
    let (mut value, tie) = found?;
    let signed = value;
    let mut quote = 0;
    while value < signed + 8 && (is(at(text, value), QUOTE | SPACE) || matches!(at(text, value), b'=' | b'\\' | b'(')) {
        if is(at(text, value), QUOTE) {
            quote = at(text, value);
        }
        value += 1;
    }
    let tight = i == name_end && signed == value && tie == Tie::Sign;
    Some(Slot { name: (name_start, name_end), value, quote, tie, tight })
}

/// A sign that assigns, at `i`: where it ends.
fn sign(text: &[u8], i: usize) -> Option<(usize, Tie)> {
    let rest = text.get(i..(i + 4).min(text.len()))?;
    let long: [&[u8]; 11] = [b":::=", b"::=", b":=", b"=>", b"||", b"?=", b"->", "：".as_bytes(), "＝".as_bytes(), b"==", b"%3D"];
    if let Some(sign) = long.iter().find(|s| rest.starts_with(s)) {
        return Some((i + sign.len(), Tie::Sign));
    }
    match rest.first()? {
        // `a::b` is a path, not an assignment.
        b':' if at(text, i + 1) == b':' => None,
        b'=' | b':' | b'>' => Some((i + 1, Tie::Sign)),
        b',' => Some((i + 1, Tie::Comma)),
        _ => None,
    }
}

/// `"Name": "DB_PASSWORD", "Value": "…"` and its YAML twin: where the sign after `value` ends.
fn value_word(text: &[u8], name_end: usize, reach: usize) -> Option<(usize, Tie)> {
    let mut i = name_end;
    while i < (name_end + 48).min(reach) && (is(at(text, i), QUOTE | SPACE) || matches!(at(text, i), b'\\' | b',')) {
        i += 1;
    }
    let word = text.get(i..i + 5)?;
    if i == name_end || !word.eq_ignore_ascii_case(b"value") || is(at(text, i + 5), WORD) {
        return None;
    }
    i += 5;
    while i < reach && (is(at(text, i), QUOTE | SPACE) || at(text, i) == b'\\') {
        i += 1;
    }
    sign(text, i)
}

/// `--token value`, `password is value`, `密码是 value`: where the tie ends.
fn said(text: &[u8], name_start: usize, name_end: usize) -> Option<(usize, Tie)> {
    let rest = text.get(name_end..(name_end + 16).min(text.len()))?;
    let words: [&[u8]; 8] = [
        " is ".as_bytes(),
        " was ".as_bytes(),
        "是".as_bytes(),
        "为".as_bytes(),
        " 是".as_bytes(),
        " 为".as_bytes(),
        "為".as_bytes(),
        " 為".as_bytes(),
    ];
    if let Some(word) = words.iter().find(|w| rest.starts_with(w)) {
        return Some((name_end + word.len(), Tie::Word));
    }
    let flag = at(text, name_start) == b'-' && matches!(rest.first(), Some(b' '));
    let chinese = name_end > 0 && at(text, name_end - 1) >= 0x80 && matches!(rest.first(), Some(b' '));
    (flag || chinese).then_some((name_end + 1, Tie::Word))
}

impl Slot {
    /// The value as far as it goes: to its closing quote, or as far as an unquoted value can.
    pub(crate) fn value_end(&self, text: &[u8]) -> usize {
        if self.quote != 0 {
            let rest = text.get(self.value..).unwrap_or_default();
            let len = rest.iter().take(LONGEST_VALUE).take_while(|b| **b != self.quote && !matches!(**b, b'\n' | b'\r')).count();
            // An escaped quote closes too: JSON inside JSON.
            let end = self.value + len;
            return if len > 0 && at(text, end - 1) == b'\\' { end - 1 } else { end };
        }
        let end = run(text, self.value, TOKEN, LONGEST_VALUE);
        // A full stop ends the sentence, not the value.
        let value = text.get(self.value..end).unwrap_or_default();
        self.value + value.len() - value.iter().rev().take_while(|b| **b == b'.').count()
    }

    /// As far as an unquoted password goes, which may hold nearly anything.
    fn password_end(&self, text: &[u8]) -> usize {
        if self.quote != 0 {
            return self.value_end(text);
        }
        let rest = text.get(self.value..).unwrap_or_default();
        let end =
            |b: &u8| is(*b, SPACE | QUOTE) || matches!(*b, b',' | b';' | b'&' | b'<' | b'>' | b')' | b'}' | b']' | b'\\') || *b >= 0x80;
        let len = rest.iter().take(256).take_while(|b| !end(b)).count();
        let value = rest.get(..len).unwrap_or_default();
        self.value + len - value.iter().rev().take_while(|b| **b == b'.').count()
    }

    /// Where the secret ends, when what a vendor's name is given has one of the vendor's shapes or looks random.
    pub(crate) fn vendor_secret(&self, text: &[u8], shapes: &[Pattern]) -> Option<usize> {
        let exact = shapes.iter().filter_map(|s| s.matches(text, self.value)).map(|(_, end)| end).max();
        if let Some(end) = exact {
            let shape = Shape::of(text.get(self.value..end)?);
            // A word of the right length is a word.
            let word = shape.digits == 0 && is_word(text.get(self.value..end)?);
            return (!word && !self.is_public(text)).then_some(end);
        }
        let end = self.value_end(text);
        let value = text.get(self.value..end)?;
        let shape = Shape::of(value);
        (shape.len >= 20 && shape.is_random(3.3) && plain(value) && !self.is_public(text) && !is_resource(value)).then_some(end)
    }

    /// Where the secret ends, when a name that speaks of secrets is given one.
    pub(crate) fn named_secret(&self, text: &[u8], says: Says) -> Option<usize> {
        if self.is_public(text) {
            return None;
        }
        if says == Says::All
            && let Some(end) = self.password(text)
        {
            return Some(end);
        }
        let mut end = self.value_end(text);
        let mut value = text.get(self.value..end)?;
        if self.quote != 0 && value.contains(&b' ') {
            // The quote does not close where the value ends.
            end = run(text, self.value, TOKEN, LONGEST_VALUE);
            value = text.get(self.value..end)?;
        }
        // What is called is code.
        if self.quote == 0 && at(text, end) == b'(' {
            return None;
        }
        // `密钥 1234abcd-…` is a key's id, not the key.
        if is_placeholder(value) || is_resource(value) || (self.tie == Tie::Word && is_uuid(value)) {
            return None;
        }
        let shape = Shape::of(value);
        let random = match says {
            Says::Little => shape.len >= 12 && shape.changes_every(6, 3.4) && plain(value) && !is_uuid(value),
            _ => shape.len >= 10 && shape.is_random(3.0) && plain(value),
        };
        // `'secret_key' => 'sk_…'` with any signs in it: in quotes, without spaces, neither word nor path.
        let quoted = says >= Says::Much
            && self.quote != 0
            && shape.len >= 12
            && shape.digits > 0
            && shape.entropy >= 3.5
            && value.iter().any(|b| is(*b, ODD))
            && !value.iter().any(|b| is(*b, SPACE) || matches!(*b, b'{' | b'}' | b'(' | b')' | b'<') || *b >= 0x80);
        (random || quoted).then_some(end)
    }

    fn password(&self, text: &[u8]) -> Option<usize> {
        let end = self.password_end(text);
        let value = text.get(self.value..end)?;
        if is_placeholder(value) || value.len() > 256 || is_resource(value) {
            return None;
        }
        let shape = Shape::of(value);
        let letters = shape.lower + shape.upper;
        let signs = value.iter().filter(|b| is(**b, ODD | PERCENT) || matches!(**b, b'~' | b'+' | b'=')).count();
        let code = value.iter().any(|b| matches!(*b, b'(' | b'[' | b'{' | b'<' | b'>') || is(*b, SPACE) || *b >= 0x80);
        let mixed = shape.digits > 0 || signs > 0;
        let taken = match (self.quote != 0, self.tie) {
            (_, Tie::Comma) | (false, Tie::Word) => shape.len >= 6 && mixed && letters > 0 && !code && !is_expression(value),
            (true, _) => shape.len >= 4 && !code && (mixed || shape.len >= 8) && !is_name(value),
            (false, Tie::Sign) => {
                shape.len >= 6
                    && !code
                    && letters + shape.digits >= 3
                    && ((mixed && !is_expression(value)) || (self.tight && at(text, self.value - 1) == b'='))
            }
        };
        taken.then_some(end)
    }

    /// Names whose values are no secrets though they speak of one: `key_id`, `token_file`, `secretArn`, `public_key`.
    fn is_public(&self, text: &[u8]) -> bool {
        const LAST: [&str; 47] = [
            "stdin",
            "id",
            "ids",
            "name",
            "names",
            "file",
            "path",
            "url",
            "uri",
            "arn",
            "alias",
            "type",
            "kind",
            "size",
            "length",
            "len",
            "count",
            "version",
            "index",
            "prefix",
            "suffix",
            "endpoint",
            "policy",
            "spec",
            "code",
            "algorithm",
            "alg",
            "status",
            "state",
            "date",
            "time",
            "at",
            "ttl",
            "digest",
            "hash",
            "checksum",
            "fingerprint",
            "format",
            "field",
            "label",
            "class",
            "usage",
            "host",
            "port",
            "region",
            "expiry",
            "limit",
        ];
        const ANYWHERE: [&[u8]; 9] =
            [b"public", b"author", b"accessib", b"monkey", b"keyboard", b"keyword", b"foreign", b"primary", b"partition"];
        let Some(name) = text.get(self.name.0..self.name.1) else { return false };
        let contains = |word: &[u8]| name.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
        if ANYWHERE.iter().any(|w| contains(w)) {
            return true;
        }
        let len = name.len();
        LAST.iter().any(|word| {
            let Some(cut) = len.checked_sub(word.len()) else { return false };
            let tail = name.get(cut..).unwrap_or_default();
            if !tail.eq_ignore_ascii_case(word.as_bytes()) || cut == 0 {
                return false;
            }
            let before = at(name, cut - 1);
            // `key_id`, `key-id`, `keyId`, `KEYID` is not told from `ANDROID`.
            matches!(before, b'_' | b'-' | b'.') || (is(at(tail, 0), UPPER) && is(before, LOWER))
        })
    }
}

/// Only what tokens are made of.
fn plain(value: &[u8]) -> bool {
    value.iter().all(|b| is(*b, TOKEN))
}

/// Stand-ins: `${X}`, `<password>`, `****`, `{{ x }}`, and what was redacted before.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 16] = [
        b"",
        b"null",
        b"none",
        b"nil",
        b"true",
        b"false",
        b"string",
        b"password",
        b"passwd",
        b"secret",
        b"token",
        b"undefined",
        b"required",
        b"optional",
        b"redacted",
        b"changeme",
    ];
    let first = at(value, 0);
    matches!(first, b'$' | b'<' | b'{' | b'*')
        || value.starts_with(b"[redacted")
        || (first == b'%' && value.ends_with(b"%") && value.len() > 1)
        || value.iter().all(|b| *b == first)
        || WORDS.iter().any(|w| value.eq_ignore_ascii_case(w))
        || value.windows(4).any(|w| w.eq_ignore_ascii_case(b"xxxx") || w == b"****")
}

/// Names of resources and the like, which people need to see: `arn:…`, `i-0abc…`, `plan_01J…`, addresses, paths, dates.
fn is_resource(value: &[u8]) -> bool {
    if value.starts_with(b"arn:") || value.starts_with(b"./") || value.starts_with(b"../") || value.windows(3).any(|w| w == b"://") {
        return true;
    }
    let letters = run(value, 0, LOWER, 12);
    match at(value, letters) {
        b'-' if letters > 0 => {
            let id = value.get(letters + 1..).unwrap_or_default();
            (8..=17).contains(&id.len()) && id.iter().all(|b| is(*b, crate::chars::HEX))
        }
        // A ULID behind a prefix.
        b'_' if letters > 0 => {
            let id = value.get(letters + 1..).unwrap_or_default();
            id.len() == 26 && id.iter().all(|b| is(*b, DIGIT | UPPER))
        }
        _ => false,
    }
}

/// Letters as people write them: all small, all large, or large only where a word begins.
fn is_word(value: &[u8]) -> bool {
    let large = value.iter().filter(|b| is(**b, UPPER)).count();
    large == 0
        || large == value.iter().filter(|b| is(**b, UPPER | LOWER)).count()
        || !value.windows(2).any(|w| w.iter().all(|b| is(*b, UPPER)))
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36 && [8, 13, 18, 23].iter().all(|i| at(value, *i) == b'-')
}

/// A quoted word that names a secret rather than being one: `"user-password"`, `"DB_PASSWORD"`, `"password.label"`.
fn is_name(value: &[u8]) -> bool {
    const SAYS: [&[u8]; 9] = [b"pass", b"pwd", b"secret", b"token", b"key", b"user", b"login", b"prompt", b"input"];
    let words = value.iter().all(|b| is(*b, ALNUM) || matches!(*b, b'_' | b'-' | b'.' | b'/' | b':'));
    let says = || SAYS.iter().any(|w| value.windows(w.len()).any(|v| v.eq_ignore_ascii_case(w)));
    words && !value.iter().any(|b| is(*b, DIGIT)) && says()
}

/// Unquoted code: `config.password`, `self.db_password2`, `get_password1()`.
fn is_expression(value: &[u8]) -> bool {
    let identifier = value.iter().all(|b| is(*b, WORD | crate::chars::DOT));
    identifier && (value.contains(&b'_') || value.contains(&b'.')) && Shape::of(value).changes < 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(text: &str, name: &str) -> Option<String> {
        let start = text.find(name)?;
        let slot = slot(text.as_bytes(), start, start + name.len())?;
        Some(text[slot.value..slot.value_end(text.as_bytes())].to_owned())
    }

    #[test]
    fn values_are_found_in_every_dress() {
        for text in [
            "API_TOKEN=v4lue",
            "token: v4lue",
            r#"{"token": "v4lue"}"#,
            r#"{\"token\": \"v4lue\"}"#,
            "token := 'v4lue'",
            "<token>v4lue</token>",
            "--token v4lue",
            "--token=v4lue",
            "?token=v4lue&x=1",
            "the token is v4lue.",
            "os.environ[\"token\"] = \"v4lue\"",
            "{\"Name\": \"token\", \"Value\": \"v4lue\"}",
            "- name: token\n  value: v4lue",
            "token：v4lue",
            "token 为 v4lue，请保管",
            "put(\"token\", \"v4lue\")",
        ] {
            assert_eq!(value_of(text, if text.contains("TOKEN") { "TOKEN" } else { "token" }).as_deref(), Some("v4lue"), "{text}");
        }
    }

    #[test]
    fn names_of_public_things_are_known() {
        for (name, public) in
            [("key_id", true), ("tokenUrl", true), ("public_key", true), ("api_key", false), ("android", false), ("secret", false)]
        {
            let text = format!("{name}=x");
            let slot = slot(text.as_bytes(), 0, name.len()).unwrap();
            assert_eq!(slot.is_public(text.as_bytes()), public, "{name}");
        }
    }
}
