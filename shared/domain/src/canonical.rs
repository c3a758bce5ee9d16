//! Canonical JSON (RFC 8785) and digests over it.
//!
//! Entry types: [`Digest`], [`digest_of`]. Invariant: equal facts have equal digests on every machine;
//! numbers with a fraction or outside ±(2^53-1) are refused rather than rounded.
//!
//! ```
//! use domain::digest_of;
//! let a = digest_of("demo.v1", &serde_json::json!({"b": 1, "a": 2})).unwrap();
//! let b = digest_of("demo.v1", &serde_json::json!({"a": 2, "b": 1})).unwrap();
//! assert_eq!(a, b);
//! ```

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// A value has no canonical form, or a text is no digest.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// The value does not serialise.
    #[error("the value cannot be written as JSON")]
    Serialize(#[source] serde_json::Error),
    /// A number is not an integer of at most 53 bits.
    #[error("`{0}` is not an integer between -(2^53-1) and 2^53-1")]
    Number(String),
    /// The text is not 64 hexadecimal digits.
    #[error("`{0}` is not a SHA-256 digest")]
    NotADigest(String),
}

impl Digest {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`CanonicalError::NotADigest`].
    pub fn parse(text: &str) -> Result<Self, CanonicalError> {
        let text = text.trim();
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CanonicalError::NotADigest(text.chars().take(80).collect()))
        }
    }

    /// SHA-256 of bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, for people to compare.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = CanonicalError;
    fn try_from(text: String) -> Result<Self, CanonicalError> {
        Self::parse(&text)
    }
}
impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.0
    }
}
impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

fn only_integers(value: &serde_json::Value) -> Result<(), CanonicalError> {
    match value {
        serde_json::Value::Number(n) => match n.as_i64() {
            Some(i) if (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&i) => Ok(()),
            _ => Err(CanonicalError::Number(n.to_string())),
        },
        serde_json::Value::Array(items) => items.iter().try_for_each(only_integers),
        serde_json::Value::Object(map) => map.values().try_for_each(only_integers),
        _ => Ok(()),
    }
}

/// RFC 8785 canonical JSON of a value that holds integers only.
///
/// # Errors
/// [`CanonicalError`] when the value does not serialise or holds another kind of number.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(CanonicalError::Serialize)?;
    only_integers(&value)?;
    serde_json_canonicalizer::to_vec(&value).map_err(CanonicalError::Serialize)
}

/// `sha256(domain_tag || canonical JSON)`.
///
/// # Errors
/// As [`canonical_json`].
pub fn digest_of<T: Serialize>(domain_tag: &str, value: &T) -> Result<Digest, CanonicalError> {
    let mut bytes = domain_tag.as_bytes().to_vec();
    bytes.extend(canonical_json(value)?);
    Ok(Digest::of_bytes(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc_8785_sorts_by_utf16_code_units() {
        let json = serde_json::json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let text = String::from_utf8(canonical_json(&json).unwrap()).unwrap();
        assert_eq!(text, "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}");
    }

    #[test]
    fn fractions_and_huge_integers_are_refused() {
        assert!(matches!(canonical_json(&1.5), Err(CanonicalError::Number(_))));
        assert!(matches!(canonical_json(&9_007_199_254_740_993_i64), Err(CanonicalError::Number(_))));
    }

    #[test]
    fn the_domain_tag_separates() {
        assert_ne!(digest_of("a", &1).unwrap(), digest_of("b", &1).unwrap());
    }

    proptest! {
        #[test]
        fn canonical_json_parses_back_to_the_same_value(map in proptest::collection::btree_map(".*", any::<i32>(), 0..8)) {
            let bytes = canonical_json(&map).unwrap();
            let back: std::collections::BTreeMap<String, i32> = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(map, back);
        }
    }
}
