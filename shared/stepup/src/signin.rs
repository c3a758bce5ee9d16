//! A sign-in at the identity provider, as its verified token tells. Entry type: [`SignIn`].
//!
//! Invariant: a list of methods that is not understood is no second factor.

use domain::EpochMs;

/// The claims `auth_time` and `amr` of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// When the person proved who they are (`auth_time`).
    pub authenticated_at: EpochMs,
    /// How (`amr`, RFC 8176).
    pub methods: Vec<String>,
}

impl SignIn {
    /// From claims as an HTTP API's JWT authoriser hands them on: `auth_time` in seconds, `amr` as a list in JSON, as `[mfa pwd]`,
    /// or as one word. `None` without a readable `auth_time`.
    #[must_use]
    pub fn of_claims(auth_time: &str, amr: &str) -> Option<Self> {
        let seconds: i64 = auth_time.parse().ok().filter(|s| (0..=253_402_300_799).contains(s))?;
        Some(Self { authenticated_at: EpochMs(seconds * 1000), methods: methods(amr) })
    }
}

/// Reads a list of methods; empty when it is written like none.
#[must_use]
pub fn methods(amr: &str) -> Vec<String> {
    let text = amr.trim();
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let words: Vec<String> =
        inner.split([' ', ',']).map(|word| word.trim_matches('"')).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let plain =
        |word: &String| word.len() <= 32 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    if words.len() <= 16 && words.iter().all(plain) { words } else { Vec::new() }
}

/// `mfa`, or something known together with something held or something of the body (RFC 8176, 2). A text message or a call is
/// none: it can be diverted.
pub(crate) fn is_strong(methods: &[String]) -> bool {
    let any = |of: &[&str]| methods.iter().any(|m| of.contains(&m.as_str()));
    any(&["mfa"]) || (any(&["pwd", "pin", "kba"]) && any(&["otp", "hwk", "swk", "sc", "pop", "fpt", "face", "iris", "retina"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_in_the_forms_that_authorisers_write() {
        for text in ["[\"pwd\",\"mfa\"]", "[pwd mfa]", "pwd mfa", "[ pwd, mfa ]"] {
            assert_eq!(methods(text), ["pwd", "mfa"], "{text}");
        }
        assert_eq!(methods("mfa"), ["mfa"]);
        for text in ["", "[]", "[[mfa]]", "{\"a\":\"mfa\"}", "MFA", "m\u{200b}fa", &"a ".repeat(17)] {
            assert!(methods(text).is_empty(), "{text}");
        }
        assert_eq!(SignIn::of_claims("1767625200", "mfa").unwrap().authenticated_at, EpochMs(1_767_625_200_000));
        for bad in ["", "now", "-1", "1e9", "999999999999999999"] {
            assert_eq!(SignIn::of_claims(bad, "mfa"), None, "{bad}");
        }
    }

    #[test]
    fn one_factor_twice_or_a_text_message_is_no_second_factor() {
        let strong = |list: &[&str]| is_strong(&list.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>());
        assert!(strong(&["mfa"]) && strong(&["pwd", "otp"]) && strong(&["pin", "hwk"]));
        assert!(!strong(&["pwd"]) && !strong(&["pwd", "pin"]) && !strong(&["otp"]) && !strong(&["pwd", "sms"]) && !strong(&["pwd", "tel"]));
    }
}
