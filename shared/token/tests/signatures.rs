//! Signatures by keys made here, and what may never be accepted with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use token::{Algorithm, KeySet, KeySetError, Refused};

/// The signature of RFC 7515, appendix A.3 (ES256), with its key.
const ES256_KEY: &str =
    r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// The signature of RFC 7515, appendix A.2 (RS256), with its key.
const RS256_KEY: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

fn set(keys: &[&str]) -> Result<KeySet, KeySetError> {
    KeySet::parse(format!("{{\"keys\":[{}]}}", keys.join(",")).as_bytes())
}

fn with(key: &str, field: &str) -> String {
    key.replacen('{', &format!("{{{field},"), 1)
}

#[test]
fn the_examples_of_rfc_7515_hold() {
    let signed = set(&[ES256_KEY]).unwrap().signed(ES256).unwrap();
    assert_eq!(signed.algorithm, Algorithm::Es256);
    assert!(signed.payload.starts_with(b"{\"iss\":\"joe\""));
    assert_eq!(set(&[RS256_KEY]).unwrap().signed(RS256).unwrap().algorithm, Algorithm::Rs256);
}

#[test]
fn the_key_decides_the_algorithm_and_a_token_brings_none_of_its_own() {
    let only_ps = set(&[&with(RS256_KEY, "\"alg\":\"PS256\"")]).unwrap();
    assert_eq!(only_ps.signed(RS256).unwrap_err(), Refused::Key);
    assert_eq!(set(&[ES256_KEY]).unwrap().signed(RS256).unwrap_err(), Refused::Key);
    let (_, rest) = ES256.split_once('.').unwrap();
    let header = |json: &str| format!("{}.{rest}", URL_SAFE_NO_PAD.encode(json));
    let keys = set(&[ES256_KEY]).unwrap();
    for (json, why) in [
        ("{\"alg\":\"none\"}", Refused::Algorithm),
        ("{\"alg\":\"HS256\"}", Refused::Algorithm),
        ("{\"alg\":\"es256\"}", Refused::Algorithm),
        ("{\"alg\":\"ES384\"}", Refused::Algorithm),
        ("{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", Refused::Header),
        ("{\"alg\":\"ES256\",\"jwk\":{}}", Refused::Header),
        ("{\"alg\":\"ES256\",\"jku\":\"https://x\"}", Refused::Header),
        ("{\"alg\":\"ES256\",\"kid\":\"unknown\"}", Refused::Key),
        ("{\"alg\":\"ES256\",\"alg\":\"ES256\"}", Refused::Malformed),
        ("{}", Refused::Malformed),
        ("[]", Refused::Malformed),
    ] {
        assert_eq!(keys.signed(&header(json)).unwrap_err(), why, "{json}");
    }
    for bad in ["", ".", "..", "a.b", "a.b.c.d", &format!("{ES256}="), &format!(" {ES256}"), &format!("{ES256}\n"), &"a".repeat(20_000)] {
        assert_eq!(keys.signed(bad).unwrap_err(), Refused::Malformed, "{bad:.40}");
    }
}

#[test]
fn keys_that_may_not_be_used_are_left_out_and_sets_that_mislead_are_refused() {
    for unusable in [
        with(ES256_KEY, "\"use\":\"enc\""),
        with(ES256_KEY, "\"key_ops\":[\"sign\"]"),
        with(ES256_KEY, "\"alg\":\"ES512\""),
        with(ES256_KEY, "\"alg\":\"RS256\""),
        ES256_KEY.replace("P-256", "P-384"),
        RS256_KEY.replace("AQAB", "AQ"),
        RS256_KEY.replace("AQAB", "Aw"),
        RS256_KEY.replacen("\"n\":\"ofgW", "\"n\":\"", 1).replace("CuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp", "Cu"),
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.to_owned(),
    ] {
        assert!(set(&[&unusable]).unwrap().is_empty(), "{unusable}");
    }
    assert!(matches!(set(&[ES256_KEY, r#"{"kty":"oct","k":"AAAA","kid":"b"}"#]), Err(KeySetError::Secret)));
    assert!(matches!(set(&[&with(ES256_KEY, "\"d\":\"AAAA\"")]), Err(KeySetError::Secret)));
    assert!(matches!(set(&[ES256_KEY, RS256_KEY]), Err(KeySetError::Ambiguous(_))));
    // Without a name a token is for the only key there is.
    let two = set(&[&with(ES256_KEY, "\"kid\":\"a\""), &with(RS256_KEY, "\"kid\":\"b\"")]).unwrap();
    assert_eq!(two.signed(ES256).unwrap_err(), Refused::Key);
}

proptest! {
    #[test]
    fn one_changed_character_anywhere_is_refused(at in 0usize..ES256.len(), to in "[A-Za-z0-9_.-]") {
        let mut changed = ES256.to_owned();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != ES256);
        prop_assert!(set(&[ES256_KEY]).unwrap().signed(&changed).is_err());
    }

    #[test]
    fn nothing_that_is_sent_panics(token in ".{0,200}", jwks in ".{0,200}") {
        prop_assert!(set(&[ES256_KEY]).unwrap().signed(&token).is_err());
        prop_assert!(KeySet::parse(jwks.as_bytes()).is_err());
    }
}
