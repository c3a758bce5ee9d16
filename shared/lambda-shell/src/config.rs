//! Configuration from environment variables that `main.rs` hands over.
//!
//! Entry type: [`Config`]. Invariant: a missing or unreadable variable stops the function at its start and names it; there is
//! no default for anything that decides about authority.
//!
//! ```
//! let config = lambda_shell::Config::new([("LEDGER_TABLE".to_owned(), "t".to_owned())]);
//! assert_eq!(config.text("LEDGER_TABLE").unwrap(), "t");
//! assert!(config.text("AUDIT_TABLE").is_err());
//! ```

use std::collections::BTreeMap;

/// A variable is missing or has the wrong form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not set, or empty.
    #[error("environment variable `{0}` is not set")]
    Missing(String),
    /// Not a whole number.
    #[error("environment variable `{0}` is not a whole number")]
    NotANumber(String),
}

/// Environment variables, read once.
#[derive(Debug, Clone)]
pub struct Config(BTreeMap<String, String>);

impl Config {
    /// From name and value pairs (`std::env::vars()` in `main.rs`).
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn text(&self, name: &str) -> Result<String, ConfigError> {
        self.0.get(name).filter(|v| !v.is_empty()).cloned().ok_or_else(|| ConfigError::Missing(name.to_owned()))
    }

    /// A text that may be absent.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|v| !v.is_empty()).cloned()
    }

    /// A whole number that must be there.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn number(&self, name: &str) -> Result<i64, ConfigError> {
        self.text(name)?.trim().parse().map_err(|_| ConfigError::NotANumber(name.to_owned()))
    }

    /// The log level, `info` when none is set.
    #[must_use]
    pub fn log_level(&self) -> String {
        self.optional("LOG_LEVEL").unwrap_or_else(|| "info".to_owned())
    }
}
