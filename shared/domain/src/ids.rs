//! Identifiers and instants. Entropy and time are arguments.
//!
//! Entry types: [`PlanId`], [`SessionId`], [`EpochMs`]. Invariant: an id that parses is safe in a key, a URL
//! and a Step Functions execution name (`[a-z]+_[0-9A-Z]{26}`).
//!
//! ```
//! use domain::{EpochMs, PlanId};
//! let id = PlanId::generate(EpochMs(1_700_000_000_000), 42);
//! assert_eq!(PlanId::parse(id.as_str()).unwrap(), id);
//! ```

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochMs(pub i64);

impl EpochMs {
    /// Later by a number of seconds (saturating).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// RFC 3339 in UTC with second precision; instants outside the calendar print as a number.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.seconds()).map_or_else(|_| self.0.to_string(), |t| t.to_string())
    }

    /// The UTC day, `2026-11-22`.
    #[must_use]
    pub fn utc_day(self) -> String {
        self.to_rfc3339().chars().take(10).collect()
    }
}

/// A text is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind} id")]
pub struct IdError {
    /// What was given, cut to 64 characters.
    pub text: String,
    /// The prefix that was expected.
    pub kind: &'static str,
}

macro_rules! ulid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new id from an instant and 80 bits of entropy.
            #[must_use]
            pub fn generate(at: EpochMs, entropy: u128) -> Self {
                let ms = u64::try_from(at.0).unwrap_or(0);
                Self(format!(concat!($prefix, "_{}"), ulid::Ulid::from_parts(ms, entropy)))
            }

            /// Reads an id as a person or another system wrote it; lower-case letters are accepted.
            ///
            /// # Errors
            /// [`IdError`] when the prefix or the 26 characters are wrong.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let fail = || IdError { text: text.chars().take(64).collect(), kind: $prefix };
                let rest = text.trim().strip_prefix(concat!($prefix, "_")).ok_or_else(fail)?;
                let upper = rest.to_ascii_uppercase();
                let ulid = ulid::Ulid::from_string(&upper).map_err(|_| fail())?;
                if ulid.to_string() != upper {
                    return Err(fail());
                }
                Ok(Self(format!(concat!($prefix, "_{}"), upper)))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

ulid_id!(
    /// A plan: `plan_` and a ULID.
    PlanId,
    "plan"
);
ulid_id!(
    /// A chat session: `sess_` and a ULID.
    SessionId,
    "sess"
);
ulid_id!(
    /// An incident: `inc_` and a ULID.
    IncidentId,
    "inc"
);
ulid_id!(
    /// A scan: `scan_` and a ULID.
    ScanId,
    "scan"
);
ulid_id!(
    /// An event or request: `evt_` and a ULID.
    EventId,
    "evt"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookalike_ids_are_refused() {
        for bad in
            ["plan_", "plan_0", "sess_01ARZ3NDEKTSV4RRFFQ69G5FAV", "plan_01ARZ3NDEKTSV4RRFFQ69G5FAU#", "plan_O1ARZ3NDEKTSV4RRFFQ69G5FAV"]
        {
            assert!(PlanId::parse(bad).is_err(), "{bad}");
        }
        assert!(PlanId::parse("plan_01arz3ndektsv4rrffq69g5fav").is_ok());
    }

    #[test]
    fn instants_print_in_utc() {
        assert_eq!(EpochMs(0).to_rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(EpochMs(86_400_000).utc_day(), "1970-01-02");
    }
}
