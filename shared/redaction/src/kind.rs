//! What was found, by name. Entry type: [`Kind`].

use std::fmt;

use crate::class::Class;

/// The kind of a finding: a stable name such as `aws-access-key-id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub(crate) &'static str);

/// Kinds that name people rather than open doors.
const PERSONAL: [&str; 4] = ["cn-identity-number", "phone-number", "card-number", "mail-address"];

impl Kind {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether it is about a person rather than a secret.
    #[must_use]
    pub fn is_personal(self) -> bool {
        PERSONAL.contains(&self.0)
    }

    /// The class of a text that holds it.
    #[must_use]
    pub fn class(self) -> Class {
        if self.is_personal() { Class::Confidential } else { Class::Restricted }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Who reads a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A model, a log, another system: nothing about people either.
    Anybody,
    /// Signed-in colleagues: mail addresses name owners and askers, and stay.
    Colleagues,
}

impl Audience {
    pub(crate) fn is_kept_from(self, kind: Kind) -> bool {
        self == Self::Anybody || kind.0 != "mail-address"
    }
}
