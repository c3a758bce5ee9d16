//! A line of the inventory. Entry type: [`Resource`].
//!
//! Invariant: text from the account (names, tags) is made harmless before it is shown, not before it is stored.

use domain::text::defang;
use serde::{Deserialize, Serialize};

/// One resource as people list it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its ARN.
    pub arn: String,
    /// `instance`, `volume`, `bucket`, …
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name, where it has one beside the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its state in the service's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// One more word worth a column: type, engine, runtime, size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Resource {
    /// A resource with an id and nothing else.
    pub fn new(arn: String, kind: &str, id: impl Into<String>) -> Self {
        Self { arn, kind: kind.to_owned(), id: id.into(), name: None, state: None, detail: None }
    }

    /// With a name.
    #[must_use]
    pub fn named(mut self, name: Option<&str>) -> Self {
        self.name = name.map(str::to_owned);
        self
    }

    /// With a state.
    #[must_use]
    pub fn in_state(mut self, state: &str) -> Self {
        self.state = Some(state.to_owned());
        self
    }

    /// With a detail.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// One line for people: id, name, state, detail.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = [Some(self.id.as_str()), self.name.as_deref(), self.state.as_deref(), self.detail.as_deref()];
        let parts: Vec<String> = parts.into_iter().flatten().map(|p| defang(p, 80)).collect();
        parts.join(" · ")
    }
}
