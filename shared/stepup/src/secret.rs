//! The shared secret of a person and their authenticator; the only module that names the TOTP library. Entry type: [`Secret`].
//!
//! Invariant: a secret never shows itself in a log; HMAC-SHA-1, six digits, thirty seconds, as authenticators take for granted.

use domain::{EpochMs, PersonId};
use totp_rs::{Algorithm, Builder, Totp};

use crate::{DIGITS, SKEW_STEPS, STEP_SECONDS};

/// 160 bits (RFC 4226, 4, R6). Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(totp_rs::Secret);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// From 20 bytes of a strong source.
    #[must_use]
    pub fn from_entropy(bytes: [u8; 20]) -> Self {
        Self(totp_rs::Secret::from(bytes))
    }

    /// From stored bytes; `None` unless there are 20.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        <[u8; 20]>::try_from(bytes).ok().map(Self::from_entropy)
    }

    /// The bytes, to be encrypted and stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// What an authenticator reads from a QR code when the person enrols; shown once.
    #[must_use]
    pub fn enrolment_url(&self, issuer: &str, person: &PersonId) -> String {
        let issuer = percent(issuer);
        format!(
            "otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            percent(person.as_str()),
            self.0.to_base32()
        )
    }

    /// The code of an instant; empty before 1970.
    #[must_use]
    pub fn code_at(&self, at: EpochMs) -> String {
        u64::try_from(at.seconds()).map(|seconds| self.totp().generate(seconds).to_string()).unwrap_or_default()
    }

    /// Every step around `now` whose code this is, the earliest first. All are looked at, whatever is found.
    pub(crate) fn steps_of(&self, code: &str, now: EpochMs) -> Vec<i64> {
        let present = now.seconds().div_euclid(STEP_SECONDS);
        let totp = self.totp();
        (present - SKEW_STEPS..=present + SKEW_STEPS)
            .filter(|step| u64::try_from(step * STEP_SECONDS).is_ok_and(|seconds| totp.check(code, seconds).is_some()))
            .collect()
    }

    fn totp(&self) -> Totp {
        // 20 bytes, 6 digits and 30 seconds are what the library's own checks ask for.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(0)
            .with_step_duration(STEP_SECONDS.unsigned_abs())
            .with_secret(self.0.clone())
            .build_noncompliant()
    }
}

/// RFC 3986 unreserved characters as they are, everything else by its bytes.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1: (seconds, eight digits).
    const VECTORS: [(i64, &str); 6] = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = Secret::from_entropy(*b"12345678901234567890");
        for (seconds, eight) in VECTORS {
            // A code of six digits is the last six of one of eight: both are remainders of the same number.
            assert_eq!(secret.code_at(EpochMs(seconds * 1000)), eight[2..], "{seconds}");
            assert_eq!(secret.steps_of(&eight[2..], EpochMs(seconds * 1000)), [seconds / 30], "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_one_late() {
        let secret = Secret::from_entropy(*b"12345678901234567890");
        let found = |seconds: i64| secret.steps_of("287082", EpochMs(seconds * 1000)).len();
        assert_eq!((found(0), found(59), found(89)), (1, 1, 1));
        assert_eq!(found(90), 0);
        assert_eq!(found(-60), 0);
    }

    #[test]
    fn a_secret_shows_itself_in_the_enrolment_alone() {
        let secret = Secret::from_entropy(*b"12345678901234567890");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(
            secret.enrolment_url("Fleet A&B", &PersonId::parse("al@x.org").unwrap()),
            "otpauth://totp/Fleet%20A%26B:al%40x.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Fleet%20A%26B&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(Secret::from_stored(secret.as_bytes()), Some(secret));
        assert_eq!(Secret::from_stored(b"short"), None);
    }
}
