//! What a token says, and whether it is meant for us, now. Entry types: [`Expected`], [`Claims`].
//!
//! Invariant: a claim that is missing or of the wrong kind is a refusal.

use domain::EpochMs;
use serde::Deserialize;

use crate::{LEEWAY_SECONDS, keys::KeySet, signature::Refused};

/// The latest instant that is read as one, in seconds (year 9999).
const LAST_SECOND: i64 = 253_402_300_799;

/// What a token is for. Providers without `token_use` (it is Cognito's) issue identity tokens alone to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// Who somebody is; our client is in `aud`.
    Identity,
    /// What somebody may call; our client is in `client_id`, or in `aud`.
    Access,
}

/// What is expected of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected<'a> {
    /// `iss`, exactly.
    pub issuer: &'a str,
    /// Our client id.
    pub audience: &'a str,
    /// Its use.
    pub usage: TokenUse,
    /// Whether `token_use` must be there (Cognito) and say the same.
    pub usage_stated: bool,
}

/// Who signed in, how and when, by a token that was meant for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `sub`.
    pub subject: String,
    /// `cognito:username` or `username`, where there is one.
    pub username: Option<String>,
    /// `auth_time`: when the person proved who they are.
    pub authenticated_at: Option<EpochMs>,
    /// `amr` (RFC 8176).
    pub methods: Vec<String>,
    /// `nonce`, where there is one.
    pub nonce: Option<String>,
    /// `exp`.
    pub expires_at: EpochMs,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
struct Raw {
    iss: String,
    sub: String,
    aud: Option<OneOrMore>,
    azp: Option<String>,
    client_id: Option<String>,
    token_use: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    auth_time: Option<i64>,
    amr: Option<Vec<String>>,
    nonce: Option<String>,
    username: Option<String>,
    #[serde(rename = "cognito:username")]
    cognito_username: Option<String>,
}

impl KeySet {
    /// Checks signature, issuer, audience, use and time.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn verify(&self, token: &str, expected: &Expected<'_>, now: EpochMs) -> Result<Claims, Refused> {
        let signed = self.signed(token)?;
        let raw: Raw = serde_json::from_slice(&signed.payload).map_err(|_| Refused::Claims)?;
        read(raw, expected, now)
    }
}

fn read(raw: Raw, expected: &Expected<'_>, now: EpochMs) -> Result<Claims, Refused> {
    if raw.iss != expected.issuer {
        return Err(Refused::Issuer);
    }
    let audiences = match &raw.aud {
        None => Vec::new(),
        Some(OneOrMore::One(one)) => vec![one.as_str()],
        Some(OneOrMore::More(more)) => more.iter().map(String::as_str).collect(),
    };
    let meant = match expected.usage {
        TokenUse::Identity => audiences.contains(&expected.audience),
        TokenUse::Access => raw.client_id.as_deref() == Some(expected.audience) || audiences.contains(&expected.audience),
    };
    // OpenID Connect Core 3.1.3.7: with several audiences, or with `azp`, the authorised party is us.
    let ours = raw.azp.as_deref().map_or(audiences.len() <= 1, |party| party == expected.audience);
    if !meant || !ours {
        return Err(Refused::Audience);
    }
    let usage = match expected.usage {
        TokenUse::Identity => "id",
        TokenUse::Access => "access",
    };
    match raw.token_use.as_deref() {
        Some(stated) if stated != usage => return Err(Refused::Use),
        None if expected.usage_stated => return Err(Refused::Use),
        _ => {}
    }
    let present = now.seconds();
    let instants = [Some(raw.exp), Some(raw.iat), raw.nbf, raw.auth_time];
    if instants.into_iter().flatten().any(|at| !(0..=LAST_SECOND).contains(&at)) {
        return Err(Refused::Claims);
    }
    let begun = |at: i64| at <= present + LEEWAY_SECONDS;
    if present >= raw.exp + LEEWAY_SECONDS || !begun(raw.iat) || !raw.nbf.is_none_or(begun) || !raw.auth_time.is_none_or(begun) {
        return Err(Refused::Time);
    }
    if raw.sub.is_empty() || raw.sub.len() > 256 {
        return Err(Refused::Claims);
    }
    Ok(Claims {
        subject: raw.sub,
        username: raw.cognito_username.or(raw.username),
        authenticated_at: raw.auth_time.map(|at| EpochMs(at * 1000)),
        methods: raw.amr.unwrap_or_default(),
        nonce: raw.nonce,
        expires_at: EpochMs(raw.exp * 1000),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMs = EpochMs(1_767_625_200_000);
    const EXPECTED: Expected<'_> =
        Expected { issuer: "https://idp.example/pool", audience: "fleet", usage: TokenUse::Identity, usage_stated: true };

    fn claims() -> serde_json::Value {
        serde_json::json!({
            "iss": "https://idp.example/pool", "sub": "0a1b", "aud": "fleet", "token_use": "id", "exp": 1_767_625_500, "iat": 1_767_625_100,
            "auth_time": 1_767_625_100, "amr": ["pwd", "mfa"], "cognito:username": "alice", "anything": {"else": 1}
        })
    }

    fn with(field: &str, value: serde_json::Value) -> Result<Claims, Refused> {
        let mut all = claims();
        if value.is_null() {
            all.as_object_mut().unwrap().remove(field);
        } else {
            all[field] = value;
        }
        // Through text, as a payload is read.
        serde_json::from_str::<Raw>(&all.to_string()).map_err(|_| Refused::Claims).and_then(|raw| read(raw, &EXPECTED, NOW))
    }

    #[test]
    fn a_token_for_us_and_now_is_read() {
        let read = with("anything", serde_json::json!(2)).unwrap();
        assert_eq!((read.username.as_deref(), read.methods.len()), (Some("alice"), 2));
        assert_eq!(read.authenticated_at, Some(EpochMs(1_767_625_100_000)));
    }

    #[test]
    fn what_is_missing_or_meant_for_others_is_refused() {
        use serde_json::{Value::Null, json};
        for (field, value, why) in [
            ("iss", json!("https://idp.example/pool/"), Refused::Issuer),
            ("iss", Null, Refused::Claims),
            ("aud", json!("other"), Refused::Audience),
            ("aud", json!(["fleet", "other"]), Refused::Audience),
            ("aud", Null, Refused::Audience),
            ("azp", json!("other"), Refused::Audience),
            ("token_use", json!("access"), Refused::Use),
            ("token_use", Null, Refused::Use),
            ("exp", json!(1_767_625_170), Refused::Time),
            ("exp", json!("1767625500"), Refused::Claims),
            ("exp", json!(1e20), Refused::Claims),
            ("exp", Null, Refused::Claims),
            ("iat", json!(1_767_625_231), Refused::Time),
            ("iat", Null, Refused::Claims),
            ("nbf", json!(1_767_625_231), Refused::Time),
            ("auth_time", json!(1_767_625_231), Refused::Time),
            ("auth_time", json!(-1), Refused::Claims),
            ("sub", json!(""), Refused::Claims),
            ("amr", json!("mfa"), Refused::Claims),
        ] {
            assert_eq!(with(field, value.clone()).unwrap_err(), why, "{field} {value}");
        }
        assert!(with("aud", json!(["fleet"])).is_ok());
        assert!(with("azp", json!("fleet")).is_ok());
        assert!(with("exp", json!(1_767_625_171)).is_ok());
    }

    #[test]
    fn an_access_token_names_us_as_its_client() {
        let mut all = claims();
        all.as_object_mut().unwrap().remove("aud");
        all["token_use"] = "access".into();
        all["client_id"] = "fleet".into();
        let expected = Expected { usage: TokenUse::Access, ..EXPECTED };
        assert!(read(serde_json::from_value(all.clone()).unwrap(), &expected, NOW).is_ok());
        assert_eq!(read(serde_json::from_value(all).unwrap(), &EXPECTED, NOW).unwrap_err(), Refused::Audience);
    }
}
