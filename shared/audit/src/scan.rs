//! Reads a record's place out of its text, without building anything. Entry function: [`place_of`].
//!
//! Invariant: what is accepted is canonical JSON (RFC 8785, integers only): there is no second way to write the same
//! record, and no key occurs twice. One pass, no allocation for keys of plain ASCII.
//!
//! ```
//! use audit::scan::is_canonical;
//! assert!(is_canonical(br#"{"a":[1,true],"b":"x"}"#));
//! assert!(!is_canonical(br#"{"b":"x","a":1}"#) && !is_canonical(b"1.0") && !is_canonical(b"{} "));
//! ```

use crate::{merkle::Hash, record::is_known_version};

/// Objects and arrays inside one another. Records are a few deep; a text with more is no record.
const MAX_DEPTH: u32 = 100;
const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// Where a record says that it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlaceOf<'t> {
    /// The chain's name as written.
    pub(crate) chain: &'t [u8],
    /// Its number.
    pub(crate) seq: u64,
    /// Hash of the record before.
    pub(crate) prev: Hash,
}

/// 64 lower-case hexadecimal digits.
pub(crate) fn hash_of_hex(text: &[u8]) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != hash.len().saturating_mul(2) {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    };
    for (out, pair) in hash.iter_mut().zip(text.as_chunks::<2>().0) {
        *out = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(hash)
}

/// A natural number as it is written in decimal, without a leading zero.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let shape = matches!(text, [b'0'] | [b'1'..=b'9', ..]) && text.len() <= 16 && text.iter().all(u8::is_ascii_digit);
    let value = shape.then(|| text.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(10).wrapping_add(u64::from(byte & 15))))?;
    (value <= MAX_SAFE_INTEGER).then_some(value)
}

/// Whether bytes are canonical JSON that holds integers only.
#[must_use]
pub fn is_canonical(text: &[u8]) -> bool {
    let mut scan = Scan { text, at: 0 };
    std::str::from_utf8(text).is_ok() && scan.value(0).is_some() && scan.at == text.len()
}

/// The place of a record; `None` for a text that is not the canonical JSON of a record of a version that is known.
pub(crate) fn place_of(text: &[u8]) -> Option<PlaceOf<'_>> {
    std::str::from_utf8(text).ok()?;
    let mut scan = Scan { text, at: 0 };
    // The six keys of a record, in their canonical order.
    scan.bytes(br#"{"at":"#)?;
    scan.integer()?;
    scan.bytes(br#","chain":"#)?;
    let chain = scan.string()?;
    scan.bytes(br#","event":"#)?;
    (scan.peek()? == b'{').then_some(())?;
    scan.value(1)?;
    scan.bytes(br#","prev":"#)?;
    let prev = hash_of_hex(scan.string()?)?;
    scan.bytes(br#","seq":"#)?;
    let seq = number(scan.integer()?)?;
    scan.bytes(br#","v":"#)?;
    let version = number(scan.integer()?)?;
    scan.bytes(b"}")?;
    (scan.at == text.len() && is_known_version(version)).then_some(PlaceOf { chain, seq, prev })
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scan<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    fn bytes(&mut self, expected: &[u8]) -> Option<()> {
        let end = self.at.saturating_add(expected.len());
        (self.text.get(self.at..end)? == expected).then(|| self.at = end)
    }

    fn value(&mut self, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b't' => self.bytes(b"true"),
            b'f' => self.bytes(b"false"),
            b'n' => self.bytes(b"null"),
            _ => self.integer().map(|_| ()),
        }
    }

    fn object(&mut self, depth: u32) -> Option<()> {
        self.bytes(b"{")?;
        if self.peek()? == b'}' {
            return self.bytes(b"}");
        }
        let mut last: Option<&[u8]> = None;
        loop {
            let key = self.string()?;
            if last.is_some_and(|last| !comes_before(last, key)) {
                return None;
            }
            last = Some(key);
            self.bytes(b":")?;
            self.value(depth.saturating_add(1))?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: u32) -> Option<()> {
        self.bytes(b"[")?;
        if self.peek()? == b']' {
            return self.bytes(b"]");
        }
        loop {
            self.value(depth.saturating_add(1))?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// What lies between the quotes, as written.
    fn string(&mut self) -> Option<&'t [u8]> {
        self.bytes(b"\"")?;
        let from = self.at;
        loop {
            let rest = self.text.get(self.at..)?;
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
            self.at = self.at.saturating_add(plain);
            match self.next()? {
                b'"' => return self.text.get(from..self.at.saturating_sub(1)),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// RFC 8785, 3.2.2.2: the short form where there is one, else `\u00` and two lower-case digits, and nothing else.
    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                self.bytes(b"00")?;
                let control = match (self.next()?, self.next()?) {
                    (b'0', low) => !matches!(low, b'8' | b'9' | b'a' | b'c' | b'd') && matches!(low, b'0'..=b'9' | b'a'..=b'f'),
                    (b'1', low) => matches!(low, b'0'..=b'9' | b'a'..=b'f'),
                    _ => false,
                };
                control.then_some(())
            }
            _ => None,
        }
    }

    fn integer(&mut self) -> Option<&'t [u8]> {
        let from = self.at;
        if self.peek()? == b'-' {
            self.at = self.at.saturating_add(1);
        }
        let digits = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = self.at.saturating_add(1);
        }
        let value = number(self.text.get(digits..self.at)?)?;
        if value == 0 && digits != from {
            return None;
        }
        self.text.get(from..self.at)
    }
}

/// Whether a key comes before another by UTF-16 code units (RFC 8785, 3.2.3). Both as written.
fn comes_before(first: &[u8], second: &[u8]) -> bool {
    let plain = |key: &[u8]| key.iter().all(|byte| byte.is_ascii() && *byte != b'\\');
    if plain(first) && plain(second) {
        return first < second;
    }
    let units = |key: &[u8]| -> Option<Vec<u16>> {
        let quoted = [b"\"", key, b"\""].concat();
        Some(serde_json::from_slice::<String>(&quoted).ok()?.encode_utf16().collect())
    };
    matches!((units(first), units(second)), (Some(first), Some(second)) if first < second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn only_one_way_of_writing_is_canonical() {
        for good in [r#""\u001f\n\"\\é😀""#, r#"{"a":-1,"b":{"":null},"é":[]}"#, "0", "-5", "9007199254740991", "[[],{}]"] {
            assert!(is_canonical(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            " 1",
            "1 ",
            "01",
            "-0",
            "1.0",
            "1e3",
            "9007199254740992",
            "[1,]",
            "{,}",
            "[1",
            r#"{"a":1,"a":1}"#,
            r#"{"b":1,"a":1}"#,
            r#""\/""#,
            r#""\u0041""#,
            r#""\u000a""#,
            r#""\u001F""#,
            "\"\n\"",
            r#""\x""#,
            "nul",
            "tru",
            r#"{"a" :1}"#,
            "NaN",
            "'a'",
        ] {
            assert!(!is_canonical(bad.as_bytes()), "{bad}");
        }
        assert!(!is_canonical(b"\"\xff\"") && !is_canonical(&[b'['; 5000]));
    }

    #[test]
    fn hexadecimal_digits_have_one_case_and_numbers_one_form() {
        assert_eq!(hash_of_hex("0f".repeat(32).as_bytes()), Some([15; 32]));
        assert!(hash_of_hex("0F".repeat(32).as_bytes()).is_none() && hash_of_hex(b"0f").is_none());
        assert_eq!(number(b"120"), Some(120));
        assert!([b"".as_slice(), b"01", b"-1", b"1x", b"99999999999999999"].iter().all(|text| number(text).is_none()));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i32>().prop_map(Value::from), ".{0,6}".prop_map(Value::from), any::<bool>().prop_map(Value::from)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_scanner_agrees_with_the_canonicaliser(value in values(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut text = domain::canonical_json(&value).unwrap();
            prop_assert!(is_canonical(&text));
            let at = at.index(text.len());
            text[at] = with;
            let read = serde_json::from_slice::<Value>(&text).ok();
            let again = read.and_then(|value| domain::canonical_json(&value).ok());
            prop_assert_eq!(is_canonical(&text), again.is_some_and(|again| again == text), "{:?}", String::from_utf8_lossy(&text));
        }
    }
}
