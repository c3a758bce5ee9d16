//! Public keys in PEM, and ECDSA signatures checked without asking KMS. Entry type: [`PublicKeys`].
//!
//! Invariant: only ECDSA P-256 with SHA-256, which is what the fleet's keys sign with (ECC_NIST_P256,
//! ECDSA_SHA_256); a key that was not given verifies nothing.
//!
//! ```
//! use public_key::PublicKeys;
//! assert!(PublicKeys::from_pem("not a key").is_err());
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::collections::BTreeMap;

use audit::SealKeys;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Digest;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// The SubjectPublicKeyInfo of every P-256 key begins with this (RFC 5480): EC, prime256v1, uncompressed point.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07, 0x03, 0x42, 0x00, 0x04,
];

/// A text holds no usable public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no `PUBLIC KEY` block, or it is broken.
    #[error("there is no whole `PUBLIC KEY` block in PEM")]
    Pem,
    /// It is another kind of key.
    #[error("the key is not an ECDSA P-256 key")]
    Kind,
}

/// Keys by their fingerprint: SHA-256 of the SubjectPublicKeyInfo in DER.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys {
    keys: BTreeMap<Digest, Vec<u8>>,
}

/// The fingerprint of a SubjectPublicKeyInfo in DER.
#[must_use]
pub fn fingerprint(der: &[u8]) -> Digest {
    Digest::of_bytes(der)
}

/// A SubjectPublicKeyInfo in DER as PEM.
#[must_use]
pub fn to_pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<String> = body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
}

impl PublicKeys {
    /// Every `PUBLIC KEY` block of a text; after a rotation the old keys and the new one.
    ///
    /// # Errors
    /// [`KeyError`]; a text without a block is [`KeyError::Pem`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let mut found = Self::default();
        for block in text.split(BEGIN).skip(1) {
            let (body, _) = block.split_once(END).ok_or(KeyError::Pem)?;
            let body: String = body.split_whitespace().collect();
            found.add(STANDARD.decode(body).map_err(|_| KeyError::Pem)?)?;
        }
        if found.keys.is_empty() { Err(KeyError::Pem) } else { Ok(found) }
    }

    /// One more key, as KMS gives it (GetPublicKey): SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`KeyError::Kind`].
    pub fn add(&mut self, der: Vec<u8>) -> Result<(), KeyError> {
        if !der.starts_with(P256) || der.len() != P256.len() + 64 {
            return Err(KeyError::Kind);
        }
        self.keys.insert(fingerprint(&der), der);
        Ok(())
    }

    /// The fingerprints of the keys.
    pub fn fingerprints(&self) -> impl Iterator<Item = &Digest> {
        self.keys.keys()
    }

    /// Whether any of the keys signed the message (ASN.1 DER signature).
    #[must_use]
    pub fn any_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.keys.values().any(|der| holds(der, message, signature))
    }
}

fn holds(der: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, der).verify(message, signature).is_ok()
}

impl SealKeys for PublicKeys {
    fn signed(&self, fingerprint: &Digest, message: &[u8], signature: &[u8]) -> bool {
        self.keys.get(fingerprint).is_some_and(|der| holds(der, message, signature))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer, PublicKeyX509Der},
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair},
    };

    use super::*;

    fn pair(kind: &'static EcdsaSigningAlgorithm) -> (EcdsaKeyPair, Vec<u8>) {
        let pair = EcdsaKeyPair::generate(kind).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let der = der.as_ref().to_vec();
        (pair, der)
    }

    #[test]
    fn a_signature_holds_for_its_message_and_its_key_alone() {
        let (signer, der) = pair(&ECDSA_P256_SHA256_ASN1_SIGNING);
        let (_, other) = pair(&ECDSA_P256_SHA256_ASN1_SIGNING);
        let signature = signer.sign(&SystemRandom::new(), b"message").unwrap();
        let keys = PublicKeys::from_pem(&format!("{}{}", to_pem(&other), to_pem(&der))).unwrap();
        assert_eq!(keys.fingerprints().count(), 2);
        assert!(keys.signed(&fingerprint(&der), b"message", signature.as_ref()) && keys.any_signed(b"message", signature.as_ref()));
        assert!(!keys.signed(&fingerprint(&other), b"message", signature.as_ref()));
        assert!(!keys.signed(&Digest::of_bytes(b"nobody"), b"message", signature.as_ref()));
        assert!(!keys.any_signed(b"another", signature.as_ref()) && !keys.any_signed(b"message", b"") && !keys.any_signed(b"", b"x"));
    }

    #[test]
    fn other_kinds_of_keys_and_broken_blocks_are_refused() {
        let (_, der) = pair(&ECDSA_P384_SHA384_ASN1_SIGNING);
        assert_eq!(PublicKeys::from_pem(&to_pem(&der)).unwrap_err(), KeyError::Kind);
        for text in ["", "-----BEGIN PUBLIC KEY-----\nAAAA", "-----BEGIN PUBLIC KEY-----\n%%\n-----END PUBLIC KEY-----"] {
            assert_eq!(PublicKeys::from_pem(text).unwrap_err(), KeyError::Pem);
        }
    }
}
