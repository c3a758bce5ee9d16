//! Policy documents. Entry type: [`Policy`].
//!
//! Invariant: every element that IAM knows is understood or an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Why a document is none.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// No JSON.
    #[error("the policy is no JSON")]
    Json(#[from] serde_json::Error),
    /// JSON of another shape.
    #[error("the policy is malformed: {0}")]
    Malformed(String),
}

/// Gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Gives.
    Allow,
    /// Takes, whatever else gives.
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matching {
    /// What one of the patterns matches.
    Any(Vec<String>),
    /// What none of them does.
    NoneOf(Vec<String>),
    /// The element is absent.
    Absent,
}

/// Whom a statement of a resource's policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// The statement names nobody: it belongs to an identity.
    Absent,
    /// Kind (`AWS`, `Service`, `Federated`) and name, `*` for everybody.
    Named(Vec<(String, String)>),
    /// Everybody but these.
    NotNamed(Vec<(String, String)>),
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its name, empty for none.
    pub sid: String,
    /// Gives or takes.
    pub effect: Effect,
    /// Which actions.
    pub action: Matching,
    /// On which resources.
    pub resource: Matching,
    /// To whom.
    pub principal: Principals,
    /// Operator → key → values. All of them have to be met.
    pub condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

impl Policy {
    /// Reads a document's text.
    ///
    /// # Errors
    /// No JSON, or of another shape.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Self::of(&serde_json::from_str(text)?)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// It has another shape.
    pub fn of(value: &Value) -> Result<Self, PolicyError> {
        let fields = object(value, "policy")?;
        known(fields, &["Version", "Id", "Statement"], "policy")?;
        let statements = match fields.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(statement).collect::<Result<_, _>>()?,
            Some(one @ Value::Object(_)) => vec![statement(one)?],
            _ => return Err(malformed("there is no `Statement`")),
        };
        Ok(Self { statements })
    }

    /// A policy that allows actions everywhere: for tests and positive controls.
    #[must_use]
    pub fn allowing(actions: &[String]) -> Self {
        Self {
            statements: vec![Statement {
                sid: String::new(),
                effect: Effect::Allow,
                action: Matching::Any(actions.to_vec()),
                resource: Matching::Any(vec!["*".to_owned()]),
                principal: Principals::Absent,
                condition: BTreeMap::new(),
            }],
        }
    }
}

fn malformed(why: impl Into<String>) -> PolicyError {
    PolicyError::Malformed(why.into())
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(|| malformed(format!("a {what} is no object")))
}

fn known(fields: &Map<String, Value>, names: &[&str], what: &str) -> Result<(), PolicyError> {
    match fields.keys().find(|k| !names.contains(&k.as_str())) {
        Some(other) => Err(malformed(format!("a {what} has no `{other}`"))),
        None => Ok(()),
    }
}

/// One text or a list of them; numbers and booleans stand for their text, as IAM takes them.
fn texts(value: &Value) -> Result<Vec<String>, PolicyError> {
    let one = |v: &Value| match v {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(v.to_string()),
        other => Err(malformed(format!("`{other}` is no text"))),
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        other => Ok(vec![one(other)?]),
    }
}

fn matching(fields: &Map<String, Value>, name: &str) -> Result<Matching, PolicyError> {
    match (fields.get(name), fields.get(&format!("Not{name}"))) {
        (Some(_), Some(_)) => Err(malformed(format!("`{name}` and `Not{name}` exclude each other"))),
        (Some(value), None) => Ok(Matching::Any(texts(value)?)),
        (None, Some(value)) => Ok(Matching::NoneOf(texts(value)?)),
        (None, None) => Ok(Matching::Absent),
    }
}

fn principals(value: &Value) -> Result<Vec<(String, String)>, PolicyError> {
    match value {
        Value::String(all) if all == "*" => Ok(vec![("*".to_owned(), "*".to_owned())]),
        Value::Object(kinds) => {
            let mut named = Vec::new();
            for (kind, names) in kinds {
                named.extend(texts(names)?.into_iter().map(|name| (kind.clone(), name)));
            }
            Ok(named)
        }
        other => Err(malformed(format!("`{other}` is no principal"))),
    }
}

fn statement(value: &Value) -> Result<Statement, PolicyError> {
    let fields = object(value, "statement")?;
    let names = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"];
    known(fields, &names, "statement")?;
    let effect = match fields.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        other => return Err(malformed(format!("`{other:?}` is no effect"))),
    };
    let action = matching(fields, "Action")?;
    if action == Matching::Absent {
        return Err(malformed("a statement names no action"));
    }
    let principal = match (fields.get("Principal"), fields.get("NotPrincipal")) {
        (Some(_), Some(_)) => return Err(malformed("`Principal` and `NotPrincipal` exclude each other")),
        (Some(value), None) => Principals::Named(principals(value)?),
        (None, Some(value)) => Principals::NotNamed(principals(value)?),
        (None, None) => Principals::Absent,
    };
    let mut condition = BTreeMap::new();
    if let Some(operators) = fields.get("Condition") {
        for (operator, keys) in object(operators, "condition")? {
            let mut read = BTreeMap::new();
            for (key, values) in object(keys, "condition's operator")? {
                read.insert(key.clone(), texts(values)?);
            }
            condition.insert(operator.clone(), read);
        }
    }
    let sid = fields.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Statement { sid, effect, action, resource: matching(fields, "Resource")?, principal, condition })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_values_and_lists_read_the_same() {
        let one = Policy::parse(r#"{"Statement":{"Effect":"Allow","Action":"a:B","Resource":"*"}}"#).unwrap();
        let list = Policy::parse(r#"{"Statement":[{"Effect":"Allow","Action":["a:B"],"Resource":["*"]}]}"#).unwrap();
        assert_eq!(one, list);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for text in [
            "{}",
            r#"{"Statement":[{"Effect":"Maybe","Action":"a:B"}]}"#,
            r#"{"Statement":[{"Effect":"Allow"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"a:B","NotAction":"a:C"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"a:B","Resourse":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":{"Fn::Sub":"x"},"Resource":"*"}]}"#,
        ] {
            assert!(Policy::parse(text).is_err(), "{text}");
        }
    }
}
