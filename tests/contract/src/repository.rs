//! Where things are and how their names derive. Entry type: [`Repository`].
//!
//! Invariant: a function's directory name is the only name anybody chooses; every other one follows from it.
//!
//! ```
//! use contract::repository::pascal;
//! assert_eq!(pascal("execute-operation"), "ExecuteOperation");
//! ```

use std::path::{Path, PathBuf};

use anyhow::Context;

/// The hub's functions. A directory more or less is a decision, not an accident.
pub const FUNCTIONS: [&str; 24] = [
    "analyze-root-cause",
    "answer-question",
    "authorize-plan",
    "collect-evidence",
    "execute-operation",
    "inspect-account",
    "judge-plan",
    "notify",
    "open-incident",
    "parse-intent",
    "plan-operation",
    "plan-scan",
    "record-approval",
    "record-scan",
    "register-accounts",
    "request-approval",
    "request-scan",
    "resume-plans",
    "scan-account",
    "seal-audit",
    "serve-api",
    "summarize-scan",
    "undo-operation",
    "verify-outcome",
];

/// The functions of member accounts.
pub const MEMBER_FUNCTIONS: [&str; 1] = ["answer-scan"];

/// `execute-operation` → `ExecuteOperation`.
#[must_use]
pub fn pascal(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

/// `ExecuteOperation` → `execute-operation`.
#[must_use]
pub fn kebab(name: &str) -> String {
    let mut out = String::new();
    for (n, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && n > 0 {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// The working tree.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The tree this crate was built from.
    #[must_use]
    pub fn here() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: here.ancestors().nth(2).unwrap_or(here).to_path_buf() }
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file's text.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self, path: &str) -> anyhow::Result<String> {
        std::fs::read_to_string(self.root.join(path)).with_context(|| format!("cannot read `{path}`"))
    }

    /// Names of the directories directly below a path, sorted.
    ///
    /// # Errors
    /// The path cannot be listed.
    pub fn directories(&self, path: &str) -> anyhow::Result<Vec<String>> {
        self.list(path, |p| p.is_dir())
    }

    /// Names of the files directly below a path, sorted.
    ///
    /// # Errors
    /// The path cannot be listed.
    pub fn files(&self, path: &str) -> anyhow::Result<Vec<String>> {
        self.list(path, |p| p.is_file())
    }

    fn list(&self, path: &str, keep: impl Fn(&Path) -> bool) -> anyhow::Result<Vec<String>> {
        let entries = std::fs::read_dir(self.root.join(path)).with_context(|| format!("cannot list `{path}`"))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if keep(&entry.path()) {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Paths (from the root) of every file below a directory with one of these endings, sorted; build
    /// output, dependencies and hidden directories are left out.
    ///
    /// # Errors
    /// A directory cannot be listed.
    pub fn walk(&self, path: &str, endings: &[&str]) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        for directory in self.directories(path)? {
            if !directory.starts_with('.') && !matches!(directory.as_str(), "target" | "node_modules" | "__pycache__") {
                found.extend(self.walk(&join(path, &directory), endings)?);
            }
        }
        for file in self.files(path)? {
            if endings.iter().any(|ending| file.ends_with(ending)) {
                found.push(join(path, &file));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The Rust files of a crate's own code (not its integration tests).
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn sources(&self, crate_directory: &str) -> anyhow::Result<Vec<String>> {
        self.walk(&join(crate_directory, "src"), &[".rs"])
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_derive_in_both_directions() {
        for name in FUNCTIONS {
            assert_eq!(kebab(&pascal(name)), name);
        }
    }
}
