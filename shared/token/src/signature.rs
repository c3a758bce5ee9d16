//! Signatures, before anything is believed. Entry type: [`Signed`].
//!
//! Invariant: the payload is handed out only after the signature of the key that the set names has held.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Text;
use serde::Deserialize;

use crate::{
    MAX_TOKEN_BYTES,
    keys::{Algorithm, KeySet},
};

/// Why a token is not accepted. One answer to whoever sent it; the kinds are for our own log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refused {
    /// Not three parts of unpadded base64url with a JSON header.
    #[error("the token cannot be read")]
    Malformed,
    /// Its algorithm is not admitted.
    #[error("the token's algorithm is not admitted")]
    Algorithm,
    /// It asks for extensions or brings a key of its own.
    #[error("the token's header asks for what is not allowed")]
    Header,
    /// No usable key of that name, or one for another algorithm.
    #[error("no key for this token")]
    Key,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// A claim is missing or of the wrong kind.
    #[error("a claim is missing or unreadable")]
    Claims,
    /// Another issuer.
    #[error("another issuer")]
    Issuer,
    /// Meant for another application.
    #[error("another audience")]
    Audience,
    /// An access token where an identity token is expected, or the other way round.
    #[error("another use")]
    Use,
    /// Expired, not yet valid, or issued in the future.
    #[error("outside its time")]
    Time,
}

impl Refused {
    /// What is said to whoever sent the token: the same for every kind but its time.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Time => Text::new("the sign-in has expired; sign in again", "登录已过期，请重新登录"),
            _ => Text::new("the sign-in could not be verified", "无法验证登录信息"),
        }
    }
}

/// A token whose signature holds. Nothing is said yet about whom it is for, or when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// With which algorithm.
    pub algorithm: Algorithm,
    /// What was signed.
    pub payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
    b64: Option<serde::de::IgnoredAny>,
    jwk: Option<serde::de::IgnoredAny>,
    jku: Option<serde::de::IgnoredAny>,
    x5u: Option<serde::de::IgnoredAny>,
    x5c: Option<serde::de::IgnoredAny>,
}

impl KeySet {
    /// Checks the signature of a compact JWS (RFC 7515, 5.2).
    ///
    /// # Errors
    /// [`Refused`].
    pub fn signed(&self, token: &str) -> Result<Signed, Refused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refused::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(Refused::Malformed)?;
        if payload.contains('.') {
            return Err(Refused::Malformed);
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Refused::Malformed)?;
        let payload = decode(payload)?;
        let signature = decode(signature)?;
        let algorithm = Algorithm::named(&header.alg).ok_or(Refused::Algorithm)?;
        if header.crit.is_some()
            || header.b64.is_some()
            || header.jwk.is_some()
            || header.jku.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
        {
            return Err(Refused::Header);
        }
        let key = self.find(header.kid.as_deref()).filter(|k| k.algorithms.contains(&algorithm)).ok_or(Refused::Key)?;
        if key.verifies(algorithm, message.as_bytes(), &signature) { Ok(Signed { algorithm, payload }) } else { Err(Refused::Signature) }
    }
}
