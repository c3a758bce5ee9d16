//! Texts as vectors. Entry types: [`Embedder`] (the port), [`HashedNgrams`] (the rung that needs no model).
//!
//! Invariant: vectors of different spaces are never compared: a vector is stored with the [`Space`] it belongs to.

use std::future::Future;

use domain::Text;
use serde::{Deserialize, Serialize};

use crate::words::words;

/// What vectors have to share to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Space {
    /// The model and its version: `hashed-ngrams.v1`, `amazon.titan-embed-text-v2:0`.
    pub model: String,
    /// How many numbers a vector has.
    pub dimensions: usize,
}

/// Why there is no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The model may be asked again.
    #[error("the embedding model is not available")]
    Unavailable,
    /// The day's budget is used up; recall goes on by text alone.
    #[error("the budget for embeddings is used up")]
    OverBudget,
    /// The model answered with something else than vectors of its space.
    #[error("the embedding model's answer cannot be read")]
    Malformed,
}

impl EmbedError {
    /// In words.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Unavailable => Text::new("the embedding model is not available", "向量模型暂不可用"),
            Self::OverBudget => Text::new("the budget for embeddings is used up", "向量模型的预算已用完"),
            Self::Malformed => Text::new("the embedding model's answer cannot be read", "向量模型的返回无法读取"),
        }
    }
}

/// Turns texts into vectors of one space.
pub trait Embedder {
    /// The space of its vectors.
    fn space(&self) -> Space;

    /// One vector of length 1 for each text; all zero where a text says nothing.
    ///
    /// # Errors
    /// [`EmbedError`].
    fn embed(&self, texts: &[String]) -> impl Future<Output = Result<Vec<Vec<f32>>, EmbedError>> + Send;
}

/// Words, pairs of words and letter triples, hashed into a fixed number of places (Weinberger et al., "Feature hashing", 2009).
/// Knows no meanings: it finds what is written alike, across inflections and typing errors, in English and Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashedNgrams {
    dimensions: usize,
}

impl Default for HashedNgrams {
    fn default() -> Self {
        Self { dimensions: 384 }
    }
}

impl HashedNgrams {
    /// With another number of dimensions, at least 64.
    #[must_use]
    pub fn with_dimensions(dimensions: usize) -> Self {
        Self { dimensions: dimensions.max(64) }
    }

    /// The vector of a text.
    #[must_use]
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut out = vec![0.0_f32; self.dimensions];
        let found = words(text);
        let mut add = |kind: u8, parts: &[&str], weight: f32| {
            let hash = hash(kind, parts);
            let place = usize::try_from(hash % u64::try_from(self.dimensions).unwrap_or(u64::MAX)).unwrap_or(0);
            if let Some(slot) = out.get_mut(place) {
                *slot += if hash >> 63 == 0 { weight } else { -weight };
            }
        };
        for word in &found {
            add(1, &[word], 1.0);
            if word.is_ascii() && word.len() >= 4 {
                let bounded: Vec<char> = format!("^{word}$").chars().collect();
                for triple in bounded.windows(3) {
                    let triple: String = triple.iter().collect();
                    add(2, &[&triple], 0.35);
                }
            } else {
                for ideograph in word.chars() {
                    add(2, &[&ideograph.to_string()], 0.35);
                }
            }
        }
        for (a, b) in found.iter().zip(found.iter().skip(1)) {
            add(3, &[a, b], 0.5);
        }
        // Often is not much more than once.
        for x in &mut out {
            *x = x.signum() * x.abs().ln_1p();
        }
        normalise(&mut out);
        out
    }
}

impl Embedder for HashedNgrams {
    fn space(&self) -> Space {
        Space { model: "hashed-ngrams.v1".to_owned(), dimensions: self.dimensions }
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}

/// Length 1; what has no length or is not finite becomes all zero.
pub(crate) fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let sound = length.is_finite() && length > 1e-12;
    for x in vector {
        #[allow(clippy::cast_possible_truncation)]
        let scaled = (f64::from(*x) / length) as f32;
        *x = if sound { scaled } else { 0.0 };
    }
}

/// FNV-1a with a finishing mix (so that the low bits depend on everything); stable over releases, because vectors are stored.
fn hash(kind: u8, parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let bytes = std::iter::once(kind).chain(parts.iter().flat_map(|p| p.bytes().chain(std::iter::once(0xff))));
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> f32 {
        let embedder = HashedNgrams::default();
        embedder.vector(a).iter().zip(embedder.vector(b)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn what_is_written_alike_is_nearer_than_what_is_not() {
        for (text, near, far) in [
            ("database connections exhausted", "the DB connection pool is exhausted", "certificate expires soon"),
            ("数据库连接数耗尽", "连接池耗尽，数据库拒绝连接", "证书即将过期"),
            ("lambda errors after deploymnet", "Lambda error rate rises after a deployment", "disk is full on web-1"),
            ("web-1 磁盘满了", "磁盘空间不足 web-1", "函数报错率升高"),
        ] {
            assert!(likeness(text, near) > likeness(text, far) + 0.1, "{text}: {} {}", likeness(text, near), likeness(text, far));
        }
    }

    #[test]
    fn vectors_have_length_one_and_stay_the_same_over_releases() {
        let vector = HashedNgrams::default().vector("磁盘 full");
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5 && vector.len() == 384);
        assert!(HashedNgrams::default().vector("…").iter().all(|x| *x == 0.0));
        // Stored vectors are compared with new ones: a change here is a new model name.
        assert_eq!(hash(1, &["disk"]), 0x68cc_392c_068d_857e);
        assert_eq!(hash(3, &["磁盘", "full"]), 0xbc1f_3dab_f10a_f933);
    }

    #[test]
    fn what_is_not_finite_becomes_nothing() {
        let mut bad = vec![f32::NAN, 1.0];
        normalise(&mut bad);
        assert_eq!(bad, [0.0, 0.0]);
    }
}
