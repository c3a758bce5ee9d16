//! Facts and parameters: the only values that may enter a plan's digest.
//!
//! Entry type: [`Value`]. Invariant: no floating-point number exists, so canonical JSON is exact.
//!
//! ```
//! use domain::{Facts, Value};
//! let mut facts = Facts::new();
//! facts.insert("state".into(), Value::from("running"));
//! assert_eq!(serde_json::to_string(&facts).unwrap(), r#"{"state":"running"}"#);
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One fact or parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number; the field's name says the unit.
    Int(i64),
    /// A text.
    Text(String),
    /// Several values, in a meaningful or sorted order.
    List(Vec<Value>),
    /// Named values.
    Map(BTreeMap<String, Value>),
    /// Known to be absent.
    Absent,
}

/// Named facts about one resource, sorted by name.
pub type Facts = BTreeMap<String, Value>;
/// Named parameters of one operation, sorted by name.
pub type Params = BTreeMap<String, Value>;

impl Value {
    /// The text, where this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The number, where this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The truth value, where this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Text(t) => f.write_str(t),
            Self::Absent => f.write_str("-"),
            Self::List(items) => {
                f.write_str("[")?;
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Map(map) => {
                f.write_str("{")?;
                for (n, (key, item)) in map.iter().enumerate() {
                    if n > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key}: {item}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(i64::from(number))
    }
}
impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_do_not_parse() {
        assert!(serde_json::from_str::<Value>("1.5").is_err());
    }

    #[test]
    fn absent_round_trips_as_null() {
        assert_eq!(serde_json::to_string(&Value::Absent).unwrap(), "null");
        assert_eq!(serde_json::from_str::<Value>("null").unwrap(), Value::Absent);
    }
}
