//! The tool's schema, generated from [`Answer`] and the catalogue. Entry point: [`tool_schema`].
//!
//! Invariant: what the schema allows, [`Answer::read`] reads; the operations it names are the catalogue's.

use schemars::{generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Value, json};

use crate::answer::Answer;

/// The JSON schema of the tool's input, without references, since not every model follows them.
#[must_use]
pub fn tool_schema() -> Value {
    let settings = SchemaSettings::draft07().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    let strip = RecursiveTransform(|schema: &mut schemars::Schema| {
        schema.remove("format");
        schema.remove("title");
    });
    let schema = settings.with_transform(strip).into_generator().into_root_schema_for::<Answer>();
    let mut schema = schema.to_value();
    let ids: Vec<&str> = catalogue::all().map(|spec| spec.id).collect();
    if let Some(operation) = schema.pointer_mut("/properties/operation").and_then(Value::as_object_mut) {
        operation.insert("type".into(), json!("string"));
        operation.insert("enum".into(), json!(ids));
    }
    schema
}

/// One line a catalogue entry, for the instructions: id, what it does, what a target is, its parameters.
pub(crate) fn catalogue_lines() -> String {
    let mut out = String::new();
    for spec in catalogue::all() {
        let params: Vec<&str> = spec.params.iter().map(|p| p.name).collect();
        let params = if params.is_empty() { String::new() } else { format!("; params: {}", params.join(", ")) };
        out.push_str(&format!("{}: {} target: {}{params}\n", spec.id, spec.summary.0, spec.target.0));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_closed_flat_and_names_every_operation_of_the_catalogue() {
        let schema = tool_schema();
        let text = schema.to_string();
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"], json!(["intent"]));
        assert!(!text.contains("$ref") && !text.contains("$schema"), "{text}");
        let ids = schema["properties"]["operation"]["enum"].as_array().unwrap();
        assert_eq!(ids.len(), catalogue::all().count());
        assert!(text.contains("stop_everything") && text.contains("unclear"));
    }

    #[test]
    fn what_the_schema_requires_and_allows_is_what_is_read() {
        let schema = tool_schema();
        let fields: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let full = json!({
            "intent": "operate", "operation": "ec2.stop_instances", "targets": ["i-1"], "account": "dev", "region": "us-east-1",
            "service": "ec2", "window": "1h", "metric": "cpu", "query": "q", "params": {"a": 1, "b": true, "c": "x", "d": ["y"]}
        });
        assert_eq!(full.as_object().unwrap().keys().collect::<Vec<_>>(), fields);
        let answer = Answer::read(&full).unwrap();
        assert_eq!(serde_json::to_value(answer).unwrap(), full);
    }
}
