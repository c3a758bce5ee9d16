//! Redaction of structured values: names of fields are context for what they hold.

use serde_json::Value;

use crate::{Audience, Redactor};

/// Fields that hold the name of what stands in `value` beside them, as in lists of tags and variables.
const NAMES: [&str; 4] = ["Key", "key", "Name", "name"];
const VALUES: [&str; 2] = ["Value", "value"];

impl Redactor {
    /// A value with everything taken out of its texts, numbers and names of fields.
    #[must_use]
    pub fn redact_json(&self, audience: Audience, value: &Value) -> Value {
        self.json_within(audience, "", value)
    }

    fn json_within(&self, audience: Audience, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact_named(audience, name, text)),
            Value::Number(number) => {
                let text = number.to_string();
                let redacted = self.redact_named(audience, name, &text);
                if redacted == text { value.clone() } else { Value::String(redacted) }
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json_within(audience, name, item)).collect()),
            Value::Object(fields) => {
                let named = NAMES.iter().find_map(|n| fields.get(*n)).and_then(Value::as_str);
                let within = |field: &String| match named {
                    Some(name) if VALUES.contains(&field.as_str()) => name.to_owned(),
                    _ => field.clone(),
                };
                fields
                    .iter()
                    .map(|(field, inner)| {
                        (self.redact_for(audience, field).text.into_owned(), self.json_within(audience, &within(field), inner))
                    })
                    .collect()
            }
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLAIN: &str = "hunter22";

    #[test]
    fn names_of_fields_and_of_pairs_are_context() {
        let redactor = Redactor::shared();
        let given = json!({
            "password": PLAIN,
            "environment": [{"name": "DB_PASSWORD", "value": PLAIN}, {"name": "REGION", "value": "eu-west-1"}],
            "Tags": [{"Key": "owner", "Value": "wang"}],
            "contact": 13_812_345_678_u64,
        });
        assert_eq!(
            redactor.redact_json(Audience::Anybody, &given),
            json!({
                "password": "[redacted:password]",
                "environment": [{"name": "DB_PASSWORD", "value": "[redacted:password]"}, {"name": "REGION", "value": "eu-west-1"}],
                "Tags": [{"Key": "owner", "Value": "wang"}],
                "contact": "[redacted:phone-number]",
            })
        );
    }
}
