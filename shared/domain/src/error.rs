//! Errors as they travel: a stable name and a message in both languages.
//!
//! Entry type: [`WireError`]. Invariant: names are `Area.Kind` and never change meaning. `*.Throttled` and
//! `*.Unavailable` may be retried; `*.Refused`, `*.Malformed`, `*.Conflict`, `*.Denied`, `*.NotFound`,
//! `*.NotBuilt` may not.
//!
//! ```
//! use domain::{Text, WireError};
//! let e = WireError::new("Accounts.Unavailable", Text::new("try again", "请重试"));
//! assert!(e.may_retry());
//! ```

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// An error another program or a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{name}: {}", text.en)]
pub struct WireError {
    /// `Area.Kind`.
    pub name: String,
    /// What happened and what to do, in both languages.
    #[serde(flatten)]
    pub text: Text,
}

impl WireError {
    /// An error with its name and words.
    pub fn new(name: &str, text: Text) -> Self {
        Self { name: name.to_owned(), text }
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        self.name.ends_with(".Throttled") || self.name.ends_with(".Unavailable")
    }

    /// The HTTP status for this kind of error.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        let kind = self.name.rsplit('.').next().unwrap_or_default();
        match ["Refused", "Denied", "NotFound", "Conflict", "Malformed"].into_iter().find(|k| kind.ends_with(k)).unwrap_or(kind) {
            "Malformed" | "Unsupported" | "AccountMissing" | "AccountAmbiguous" | "TargetMissing" => 400,
            "Unauthenticated" => 401,
            "Denied" | "Refused" => 403,
            "NotFound" => 404,
            "Conflict" => 409,
            "TooLarge" => 413,
            "Throttled" => 429,
            "NotBuilt" => 501,
            "Unavailable" => 503,
            _ => 500,
        }
    }
}
