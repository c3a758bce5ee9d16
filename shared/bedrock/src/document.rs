//! JSON as the SDK's documents and back. Entry points: [`of_json`], [`to_json`].
//!
//! Invariant: what is nested deeper than any honest answer is not read.

use std::collections::HashMap;

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// An answer has three levels.
const DEEPEST: usize = 16;

/// A schema as a document.
pub(crate) fn of_json(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(truth) => Document::Bool(*truth),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(positive), _) => Number::PosInt(positive),
            (None, Some(negative)) => Number::NegInt(negative),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(of_json).collect()),
        Value::Object(fields) => {
            Document::Object(fields.iter().map(|(name, value)| (name.clone(), of_json(value))).collect::<HashMap<_, _>>())
        }
    }
}

/// An answer as JSON; `None` when it is nested too deeply.
pub(crate) fn to_json(document: &Document) -> Option<Value> {
    go_down(document, DEEPEST)
}

fn go_down(document: &Document, levels: usize) -> Option<Value> {
    let below = levels.checked_sub(1)?;
    Some(match document {
        Document::Null => Value::Null,
        Document::Bool(truth) => Value::Bool(*truth),
        Document::Number(Number::PosInt(positive)) => Value::from(*positive),
        Document::Number(Number::NegInt(negative)) => Value::from(*negative),
        Document::Number(Number::Float(float)) => Value::from(*float),
        Document::String(text) => Value::from(text.as_str()),
        Document::Array(items) => Value::Array(items.iter().map(|item| go_down(item, below)).collect::<Option<_>>()?),
        Document::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| Some((name.clone(), go_down(value, below)?))).collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_comes_back_as_it_went() {
        let value = json!({"a": [1, -2, 1.5, true, null, "x"], "b": {"c": {}}});
        assert_eq!(to_json(&of_json(&value)), Some(value));
    }

    #[test]
    fn what_is_nested_too_deeply_is_not_read() {
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(to_json(&of_json(&deep)), None);
    }
}
