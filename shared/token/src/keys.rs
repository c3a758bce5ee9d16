//! The provider's public keys (JWKS, RFC 7517). Entry type: [`KeySet`].
//!
//! Invariant: what is in a set may be used: asymmetric, for verifying signatures, of an admitted algorithm that fits the key's
//! type and curve, strong, and found by one name.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::roca;

/// Most keys of one set.
const MAX_KEYS: usize = 32;
/// Smallest and largest RSA modulus, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The algorithms that are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// By its name in RFC 7518, exactly.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

/// Why a set of keys is not used at all.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// It is no JWKS.
    #[error("the key set cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// More keys than any provider publishes.
    #[error("the key set holds more than {MAX_KEYS} keys")]
    TooMany,
    /// It holds a symmetric key: a set that is published must not, and mixed sets invite confusion.
    #[error("the key set holds a symmetric or private key")]
    Secret,
    /// Two keys bear one name.
    #[error("two keys are named `{0}`")]
    Ambiguous(String),
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<RawKey>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    k: Option<serde::de::IgnoredAny>,
    d: Option<serde::de::IgnoredAny>,
}

pub(crate) struct Key {
    pub(crate) kid: Option<String>,
    /// What it may verify: one algorithm where the provider says which, else those of its type.
    pub(crate) algorithms: Vec<Algorithm>,
    material: Material,
}

enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point as SEC 1 writes it, uncompressed.
    P256(Vec<u8>),
}

impl Key {
    /// Whether the signature holds.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm) {
            (Material::Rsa { modulus, exponent }, Algorithm::Rs256) => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            (Material::Rsa { modulus, exponent }, Algorithm::Ps256) => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PSS_2048_8192_SHA256, message, signature).is_ok()
            }
            (Material::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// A provider's keys. Keys that may not be used are left out.
pub struct KeySet {
    keys: Vec<Key>,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|k| (&k.kid, &k.algorithms))).finish()
    }
}

impl KeySet {
    /// Reads a JWKS as the provider publishes it.
    ///
    /// # Errors
    /// [`KeySetError`] where the whole set is not to be trusted.
    pub fn parse(jwks: &[u8]) -> Result<Self, KeySetError> {
        let raw: RawSet = serde_json::from_slice(jwks).map_err(KeySetError::Malformed)?;
        if raw.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        if raw.keys.iter().any(|k| k.kty == "oct" || k.k.is_some() || k.d.is_some()) {
            return Err(KeySetError::Secret);
        }
        let mut names: Vec<&Option<String>> = raw.keys.iter().map(|k| &k.kid).collect();
        names.sort_unstable();
        if let Some(name) = names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b).map(|(a, _)| a) {
            return Err(KeySetError::Ambiguous(name.as_deref().unwrap_or_default().chars().take(64).collect()));
        }
        Ok(Self { keys: raw.keys.into_iter().filter_map(usable).collect() })
    }

    /// The key for a token: by its name; without a name, the only key there is.
    pub(crate) fn find(&self, kid: Option<&str>) -> Option<&Key> {
        match (kid, self.keys.as_slice()) {
            (Some(kid), keys) => keys.iter().find(|k| k.kid.as_deref() == Some(kid)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// How many keys may be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key may be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn usable(raw: RawKey) -> Option<Key> {
    let signs = raw.usage.as_deref().is_none_or(|usage| usage == "sig")
        && raw.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    if !signs {
        return None;
    }
    let (fitting, material) = match raw.kty.as_str() {
        "RSA" => (vec![Algorithm::Rs256, Algorithm::Ps256], rsa(raw.n.as_deref()?, raw.e.as_deref()?)?),
        "EC" if raw.crv.as_deref() == Some("P-256") => (vec![Algorithm::Es256], ec(raw.x.as_deref()?, raw.y.as_deref()?)?),
        _ => return None,
    };
    let algorithms = match raw.alg.as_deref() {
        None => fitting,
        Some(name) => vec![Algorithm::named(name).filter(|a| fitting.contains(a))?],
    };
    Some(Key { kid: raw.kid, algorithms, material })
}

fn rsa(n: &str, e: &str) -> Option<Material> {
    let (modulus, exponent) = (URL_SAFE_NO_PAD.decode(n).ok()?, URL_SAFE_NO_PAD.decode(e).ok()?);
    let first = *modulus.first()?;
    let bits = modulus.len() * 8 - usize::try_from(first.leading_zeros()).ok()?;
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|b| b & 1 == 1);
    // The exponent: odd, at least 65537 (FIPS 186-5, 5.4) and at most 32 bits.
    let value = exponent.iter().try_fold(0_u32, |sum, b| sum.checked_mul(256)?.checked_add(u32::from(*b)))?;
    let strong = first != 0 && RSA_BITS.contains(&bits) && odd(&modulus) && value >= 65_537 && value % 2 == 1;
    (strong && !roca::is_vulnerable(&modulus)).then_some(Material::Rsa { modulus, exponent })
}

fn ec(x: &str, y: &str) -> Option<Material> {
    let whole = |part: &str| URL_SAFE_NO_PAD.decode(part).ok().filter(|bytes| bytes.len() == 32);
    // Whether the point is on the curve is checked with each signature.
    Some(Material::P256([vec![0x04], whole(x)?, whole(y)?].concat()))
}
