//! What the catalogue says about an operation. Entry type: [`OperationSpec`].
//!
//! Invariant: an operation that is not in the catalogue cannot be named; one without effects answers `NotBuilt`.
//!
//! ```
//! use domain::OperationId;
//! assert!(OperationId::parse("ec2.stop_instances").is_ok());
//! assert!(OperationId::parse("rm -rf").is_err());
//! ```

use serde::{Deserialize, Serialize};

/// `<service>.<verb_object>`, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperationId(String);

/// The text does not have the form of an operation id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an operation id")]
pub struct OperationIdError(String);

impl OperationId {
    /// Reads an id; whether it is in the catalogue is another question.
    ///
    /// # Errors
    /// [`OperationIdError`].
    pub fn parse(text: &str) -> Result<Self, OperationIdError> {
        let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        match text.split_once('.') {
            Some((service, verb)) if word(service) && word(verb) && text.len() <= 64 => Ok(Self(text.to_owned())),
            _ => Err(OperationIdError(text.chars().take(64).collect())),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OperationId {
    type Error = OperationIdError;
    fn try_from(text: String) -> Result<Self, OperationIdError> {
        Self::parse(&text)
    }
}
impl From<OperationId> for String {
    fn from(id: OperationId) -> String {
        id.0
    }
}
impl std::fmt::Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much is at stake; decides the tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Risk {
    /// Reversible, no interruption.
    R1,
    /// Reversible, brief interruption or exposure.
    R2,
    /// Data, availability or lock-out at stake, or it cannot be undone.
    R3,
}

impl Risk {
    /// `R1`, `R2` or `R3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3 => "R3",
        }
    }
}

/// The kind of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A whole number between two bounds, both allowed.
    Int {
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
    },
    /// A text of at most this many characters.
    Text {
        /// Longest allowed, in characters.
        max_chars: usize,
    },
    /// True or false.
    Bool,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Several texts.
    TextList {
        /// Most items allowed.
        max_items: usize,
        /// Longest item allowed, in characters.
        max_chars: usize,
    },
}

/// One parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamSpec {
    /// Key in [`crate::Params`].
    pub name: &'static str,
    /// What it may hold.
    pub kind: ParamKind,
    /// Whether a request without it is incomplete.
    pub required: bool,
    /// What it means: English, Chinese.
    pub meaning: (&'static str, &'static str),
}

/// How an operation is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoSpec {
    /// Restores the named fields.
    Restores(&'static [&'static str]),
    /// Cannot be taken back, and why: English, Chinese.
    None(&'static str, &'static str),
}

/// One line of the catalogue: pure data, both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationSpec {
    /// `<service>.<verb_object>`.
    pub id: &'static str,
    /// What it does, one short sentence: English, Chinese.
    pub summary: (&'static str, &'static str),
    /// How much is at stake.
    pub risk: Risk,
    /// Parameters beside the targets.
    pub params: &'static [ParamSpec],
    /// What a target is, for messages: English, Chinese ("instance id", "实例 ID").
    pub target: (&'static str, &'static str),
    /// How it is taken back.
    pub undo: UndoSpec,
    /// Whether the effects are built; if not, the operation answers `NotBuilt`.
    pub built: bool,
}
