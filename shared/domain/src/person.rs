//! People and their roles. Entry types: [`PersonId`], [`Role`].
//!
//! Invariant: a person id is one directory user name; every channel maps to it.
//!
//! ```
//! use domain::PersonId;
//! assert!(PersonId::parse("alice").is_ok());
//! assert!(PersonId::parse("al ice").is_err());
//! ```

use serde::{Deserialize, Serialize};

/// A directory user name: 1 to 128 ASCII letters, digits, `.`, `_`, `-`, `@` or `+`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

/// The text is not a person id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a person id")]
pub struct PersonIdError(String);

impl PersonId {
    /// Reads a user name.
    ///
    /// # Errors
    /// [`PersonIdError`].
    pub fn parse(text: &str) -> Result<Self, PersonIdError> {
        let ok = !text.is_empty()
            && text.len() <= 128
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@' | b'+'));
        if ok { Ok(Self(text.to_owned())) } else { Err(PersonIdError(text.chars().take(64).collect())) }
    }

    /// The user name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonId {
    type Error = PersonIdError;
    fn try_from(text: String) -> Result<Self, PersonIdError> {
        Self::parse(&text)
    }
}
impl From<PersonId> for String {
    fn from(id: PersonId) -> String {
        id.0
    }
}
impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person may do in principle; a directory group of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads plans, previews and results.
    Viewer,
    /// Asks for operations, withdraws own plans, asks for undo.
    Operator,
    /// Decides on other people's plans.
    Approver,
    /// Registers accounts, stops everything.
    Administrator,
    /// Reads everything, audit included; changes nothing.
    Auditor,
}

impl Role {
    /// All roles, in order.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Operator, Self::Approver, Self::Administrator, Self::Auditor];

    /// The directory group's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a directory group; other groups mean nothing here.
    #[must_use]
    pub fn of_group(group: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == group)
    }
}
