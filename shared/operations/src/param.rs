//! Reading parameters. Entry functions: [`only`], [`int`], [`text`], [`flag`].
//!
//! Invariant: a value of the wrong kind or outside its bounds is refused by name; nothing is guessed or cut.

use domain::{Params, Text, Value};

use crate::error::OperationError;

fn bad(name: &str, en: impl Into<String>, zh: impl Into<String>) -> OperationError {
    OperationError::BadParam { name: name.to_owned(), why: Text::new(en, zh) }
}

/// Refuses names that the operation does not know.
pub(crate) fn only(params: &Params, known: &[&str]) -> Result<(), OperationError> {
    match params.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(OperationError::unknown_param(name)),
        None => Ok(()),
    }
}

/// A parameter that says nothing.
fn given<'a>(params: &'a Params, name: &str) -> Option<&'a Value> {
    params.get(name).filter(|value| **value != Value::Absent)
}

/// A whole number between two bounds, both allowed.
pub(crate) fn int(params: &Params, name: &str, min: i64, max: i64) -> Result<Option<i64>, OperationError> {
    match given(params, name) {
        None => Ok(None),
        Some(Value::Int(number)) if (min..=max).contains(number) => Ok(Some(*number)),
        Some(Value::Int(_)) => Err(bad(name, format!("must be between {min} and {max}"), format!("必须在 {min} 到 {max} 之间"))),
        Some(_) => Err(bad(name, "must be a whole number", "必须是整数")),
    }
}

/// A text.
pub(crate) fn text<'a>(params: &'a Params, name: &str) -> Result<Option<&'a str>, OperationError> {
    match given(params, name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(bad(name, "must be a text", "必须是文本")),
    }
}

/// True or false.
pub(crate) fn flag(params: &Params, name: &str) -> Result<Option<bool>, OperationError> {
    match given(params, name) {
        None => Ok(None),
        Some(Value::Bool(truth)) => Ok(Some(*truth)),
        Some(_) => Err(bad(name, "must be true or false", "必须是 true 或 false")),
    }
}

/// A parameter without which the request is incomplete.
pub(crate) fn missing(name: &str) -> OperationError {
    bad(name, "is required", "不能缺少")
}

/// Another fault of one parameter.
pub(crate) fn fault(name: &str, en: impl Into<String>, zh: impl Into<String>) -> OperationError {
    bad(name, en, zh)
}
