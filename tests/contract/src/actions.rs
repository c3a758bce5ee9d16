//! The action names AWS knows. Entry type: [`KnownActions`].
//!
//! Invariant: the list comes from AWS's service authorization reference, never from our own code.
//!
//! ```
//! let known = contract::KnownActions::parse("# source\nec2:stopinstances\n");
//! assert!(known.contains("ec2:StopInstances"));
//! ```

use std::collections::BTreeSet;

use crate::Repository;

/// Action names, compared without case, as IAM does.
#[derive(Debug, Clone)]
pub struct KnownActions {
    names: BTreeSet<String>,
}

impl KnownActions {
    /// The stored list.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn stored(repository: &Repository) -> anyhow::Result<Self> {
        Ok(Self::parse(&repository.read("infra/permissions/aws-actions.txt")?))
    }

    /// One name a line; `#` begins a comment.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let names = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        Self { names: names.map(str::to_ascii_lowercase).collect() }
    }

    /// Whether AWS knows an action; a name that ends with `*` has to match at least one.
    #[must_use]
    pub fn contains(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        match action.strip_suffix('*') {
            Some(prefix) => self.names.iter().any(|name| name.starts_with(prefix)),
            None => self.names.contains(&action),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_need_a_match() {
        let known = KnownActions::parse("iam:createuser\n");
        assert!(known.contains("iam:Create*") && known.contains("iam:*"));
        assert!(!known.contains("iam:Make*") && !known.contains("iam:CreateUsers"));
    }
}
