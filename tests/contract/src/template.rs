//! A CloudFormation template. Entry type: [`Template`].
//!
//! Invariant: references are read from every intrinsic that can make one (`Ref`, `Fn::GetAtt`, `Fn::Sub`).
//!
//! ```
//! let text = "Resources: {A: {Type: 'X::Y::Z', Properties: {P: !Sub '${B.Arn}/${AWS::Region}'}}}";
//! assert!(contract::Template::parse(text).unwrap().references().contains("B"));
//! ```

use std::collections::BTreeSet;

use anyhow::Context;
use regex::Regex;
use serde_json::Value;

use crate::yaml;

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    root: Value,
}

impl Template {
    /// Reads a template's text.
    ///
    /// # Errors
    /// It is no YAML that CloudFormation takes.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(Self { root: yaml::parse(text)? })
    }

    /// Names in a section (`Parameters`, `Conditions`, `Resources`, `Outputs`), sorted.
    #[must_use]
    pub fn names(&self, section: &str) -> BTreeSet<String> {
        self.root.get(section).and_then(Value::as_object).map(|m| m.keys().cloned().collect()).unwrap_or_default()
    }

    /// Logical ids of the resources of a type, sorted.
    #[must_use]
    pub fn resources_of(&self, kind: &str) -> Vec<String> {
        let resources = self.root.get("Resources").and_then(Value::as_object);
        let mut names: Vec<String> = resources
            .into_iter()
            .flatten()
            .filter(|(_, r)| r.get("Type").and_then(Value::as_str) == Some(kind))
            .map(|(name, _)| name.clone())
            .collect();
        names.sort();
        names
    }

    /// A resource.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn resource(&self, name: &str) -> anyhow::Result<&Value> {
        self.root.get("Resources").and_then(|r| r.get(name)).with_context(|| format!("there is no resource `{name}`"))
    }

    /// A property of a resource by a path like `/Environment/Variables`; `Null` where there is none.
    ///
    /// # Errors
    /// There is no such resource.
    pub fn property(&self, name: &str, path: &str) -> anyhow::Result<Value> {
        let properties = self.resource(name)?.get("Properties");
        Ok(properties.and_then(|p| p.pointer(path)).cloned().unwrap_or(Value::Null))
    }

    /// Everything a template refers to: parameters, resources, pseudo parameters, conditions apart.
    #[must_use]
    pub fn references(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        collect_references(&self.root, &mut found);
        found
    }

    /// Conditions that are used by resources, outputs, intrinsics or other conditions.
    #[must_use]
    pub fn used_conditions(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        collect_conditions(&self.root, &mut found);
        found
    }

    /// Every text in the template, keys apart.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect_texts(&self.root, &mut found);
        found
    }
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match (key.as_str(), inner) {
                    ("Ref", Value::String(name)) => {
                        found.insert(name.clone());
                    }
                    ("Fn::GetAtt", Value::Array(parts)) => found.extend(parts.first().and_then(Value::as_str).map(str::to_owned)),
                    ("Fn::Sub", Value::String(text)) => found.extend(placeholders(text).into_iter().map(|p| first_part(&p))),
                    _ => {}
                }
                collect_references(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

fn collect_conditions(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match (key.as_str(), inner) {
                    ("Condition", Value::String(name)) => {
                        found.insert(name.clone());
                    }
                    ("Fn::If", Value::Array(parts)) => found.extend(parts.first().and_then(Value::as_str).map(str::to_owned)),
                    _ => {}
                }
                collect_conditions(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_conditions(item, found)),
        _ => {}
    }
}

fn collect_texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Object(map) => map.values().for_each(|inner| collect_texts(inner, found)),
        Value::Array(items) => items.iter().for_each(|inner| collect_texts(inner, found)),
        _ => {}
    }
}

fn first_part(reference: &str) -> String {
    // A pseudo parameter (`AWS::Region`) has colons, an attribute (`Table.Arn`) a dot.
    reference.split('.').next().unwrap_or(reference).to_owned()
}

/// The names inside `${…}`, in order; `${!…}` is literal text.
#[must_use]
pub fn placeholders(text: &str) -> Vec<String> {
    let Ok(pattern) = Regex::new(r"\$\{([A-Za-z0-9:.]+)\}") else { return Vec::new() };
    pattern.captures_iter(text).filter_map(|c| c.get(1)).map(|m| m.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_found_on_resources_and_inside_intrinsics() {
        let text = "Resources:\n  A: {Type: X, Condition: One, Properties: {P: !If [Two, 1, 2]}}\n";
        let used = Template::parse(text).unwrap().used_conditions();
        assert_eq!(used.into_iter().collect::<Vec<_>>(), ["One", "Two"]);
    }

    #[test]
    fn literal_dollar_braces_are_no_placeholders() {
        assert_eq!(placeholders("${A}-${!B}-${C.Arn}"), ["A", "C.Arn"]);
    }
}
