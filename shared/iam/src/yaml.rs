//! YAML with CloudFormation's short tags, as JSON. Entry point: [`parse`].
//!
//! Invariant: `!Ref X` and `{Ref: X}` read the same; anchors, aliases and several documents, which CloudFormation
//! does not take, are errors here as well.
//!
//! ```
//! let value = iam::yaml::parse("a: !Sub '${X}-y'\nb: !GetAtt X.Arn").unwrap();
//! assert_eq!(value, serde_json::json!({"a": {"Fn::Sub": "${X}-y"}, "b": {"Fn::GetAtt": ["X", "Arn"]}}));
//! ```

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

/// The text is no YAML, or uses something CloudFormation does not take.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct YamlError(String);

fn error(why: impl Into<String>) -> YamlError {
    YamlError(why.into())
}

/// Reads one document.
///
/// # Errors
/// The text is no YAML, or uses something CloudFormation does not take.
pub fn parse(text: &str) -> Result<Value, YamlError> {
    let mut events = Vec::new();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|e| error(format!("no YAML: {e}")))?;
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd | Event::Comment(..) => {}
            Event::Alias(_) | Event::Anchor(..) | Event::UnresolvedAlias(_) => {
                return Err(error(format!("line {}: CloudFormation takes no anchors and aliases", span.start.line())));
            }
            node => events.push(node),
        }
    }
    let mut reader = Reader { events: events.into_iter() };
    let value = reader.node()?.ok_or_else(|| error("the document is empty"))?;
    match reader.node()? {
        None => Ok(value),
        Some(_) => Err(error("more than one document")),
    }
}

struct Reader<'a> {
    events: std::vec::IntoIter<Event<'a>>,
}

impl Reader<'_> {
    /// The next node; `None` at the end of its collection or of the text.
    fn node(&mut self) -> Result<Option<Value>, YamlError> {
        let Some(event) = self.events.next() else { return Ok(None) };
        let (value, tag) = match event {
            Event::Scalar(text, style, _, tag) => {
                let tag = tag.map(|t| name(&t));
                let value = if tag.is_none() && style == ScalarStyle::Plain { plain(&text) } else { Value::String(text.into_owned()) };
                (value, tag)
            }
            Event::SequenceStart(_, _, tag) => {
                let mut items = Vec::new();
                while let Some(item) = self.node()? {
                    items.push(item);
                }
                (Value::Array(items), tag.map(|t| name(&t)))
            }
            Event::MappingStart(_, _, tag) => {
                let mut map = Map::new();
                while let Some(key) = self.node()? {
                    let key = match key {
                        Value::String(key) => key,
                        other => other.to_string(),
                    };
                    let value = self.node()?.ok_or_else(|| error(format!("`{key}` has no value")))?;
                    if map.insert(key.clone(), value).is_some() {
                        return Err(error(format!("`{key}` occurs twice")));
                    }
                }
                (Value::Object(map), tag.map(|t| name(&t)))
            }
            Event::SequenceEnd | Event::MappingEnd => return Ok(None),
            other => return Err(error(format!("unexpected {other:?}"))),
        };
        Ok(Some(match tag {
            None => value,
            Some(tag) => intrinsic(&tag, value),
        }))
    }
}

fn name(tag: &Tag) -> String {
    tag.suffix().to_owned()
}

fn intrinsic(tag: &str, value: Value) -> Value {
    let (key, value) = match (tag, value) {
        ("Ref" | "Condition", value) => (tag.to_owned(), value),
        ("GetAtt", Value::String(path)) => {
            let parts: Vec<Value> = path.splitn(2, '.').map(|p| Value::String(p.to_owned())).collect();
            ("Fn::GetAtt".to_owned(), Value::Array(parts))
        }
        (tag, value) => (format!("Fn::{tag}"), value),
    };
    Value::Object(Map::from_iter([(key, value)]))
}

/// A plain scalar by the core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) if !text.starts_with('+') => Value::from(number),
            _ => Value::String(text.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_nest_in_lists_and_maps() {
        let value = parse("x: !If [Own, !Ref Url, {y: !Not [!Condition Z]}]").unwrap();
        assert_eq!(value, serde_json::json!({"x": {"Fn::If": ["Own", {"Ref": "Url"}, {"y": {"Fn::Not": [{"Condition": "Z"}]}}]}}));
    }

    #[test]
    fn what_cloudformation_refuses_is_refused() {
        assert!(parse("a: &x 1\nb: *x").is_err());
        assert!(parse("a: 1\na: 2").is_err());
        assert!(parse("---\na: 1\n---\nb: 1\n").is_err());
    }

    #[test]
    fn quoted_numbers_stay_texts() {
        assert_eq!(parse("a: '1'\nb: 1\nc: OFF").unwrap(), serde_json::json!({"a": "1", "b": 1, "c": "OFF"}));
    }
}
