//! A state machine in Amazon States Language. Entry type: [`Machine`].
//!
//! Invariant: the states inside a Map count like those outside, and their names are unique; ours have no Parallel.
//!
//! ```
//! let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
//! assert!(contract::Machine::parse(text).unwrap().next_of("A").unwrap().is_empty());
//! ```

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Map, Value};

use crate::template::placeholders;

/// A parsed state machine.
#[derive(Debug, Clone)]
pub struct Machine {
    text: String,
    root: Value,
}

impl Machine {
    /// Reads a definition as it lies in the repository, placeholders included.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(Self { text: text.to_owned(), root: serde_json::from_str(text)? })
    }

    /// Its states by name, those of a Map's processor included.
    #[must_use]
    pub fn states(&self) -> Map<String, Value> {
        let mut all = self.root.get("States").and_then(Value::as_object).cloned().unwrap_or_default();
        let inner: Vec<Map<String, Value>> =
            all.values().filter_map(|s| s.pointer("/ItemProcessor/States").and_then(Value::as_object).cloned()).collect();
        all.extend(inner.into_iter().flatten());
        all
    }

    /// Where it begins.
    #[must_use]
    pub fn start(&self) -> &str {
        self.root.get("StartAt").and_then(Value::as_str).unwrap_or_default()
    }

    /// A top-level field.
    #[must_use]
    pub fn field(&self, name: &str) -> &Value {
        self.root.get(name).unwrap_or(&Value::Null)
    }

    /// Placeholders that a deployment has to fill in.
    #[must_use]
    pub fn placeholders(&self) -> BTreeSet<String> {
        placeholders(&self.text).into_iter().collect()
    }

    /// Where a state may go: `Next`, `Default`, choices, catches and into a Map.
    ///
    /// # Errors
    /// There is no such state.
    pub fn next_of(&self, state: &str) -> anyhow::Result<BTreeSet<String>> {
        let states = self.states();
        let state = states.get(state).with_context(|| format!("there is no state `{state}`"))?;
        let mut found = BTreeSet::new();
        for key in ["Next", "Default"] {
            found.extend(state.get(key).and_then(Value::as_str).map(str::to_owned));
        }
        found.extend(state.pointer("/ItemProcessor/StartAt").and_then(Value::as_str).map(str::to_owned));
        for key in ["Choices", "Catch"] {
            let arms = state.get(key).and_then(Value::as_array).into_iter().flatten();
            found.extend(arms.filter_map(|arm| arm.get("Next")?.as_str().map(str::to_owned)));
        }
        Ok(found)
    }

    /// Every error name that a Retry or Catch matches.
    #[must_use]
    pub fn matched_errors(&self) -> BTreeSet<String> {
        let states = self.states();
        let arms = states.values().flat_map(|s| ["Retry", "Catch"].into_iter().filter_map(|k| s.get(k)?.as_array()).flatten());
        let names = arms.filter_map(|arm| arm.get("ErrorEquals")?.as_array()).flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_out_of_a_state_is_seen() {
        let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Next": "B", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]},
            "B": {"Type": "Choice", "Choices": [{"Condition": "x", "Next": "C"}], "Default": "D"}}}"#;
        let machine = Machine::parse(text).unwrap();
        assert_eq!(machine.next_of("A").unwrap().into_iter().collect::<Vec<_>>(), ["B", "C"]);
        assert_eq!(machine.next_of("B").unwrap().into_iter().collect::<Vec<_>>(), ["C", "D"]);
        assert!(machine.matched_errors().contains("States.ALL"));
    }
}
