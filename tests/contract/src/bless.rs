//! Writing what derives from something else. Entry points: [`expected`], [`bless`].
//!
//! Invariant: [`bless`] writes exactly what [`expected`] says, so the drift test and the writer cannot disagree.

use std::collections::BTreeSet;

use crate::{
    FunctionPolicy, Repository, blocks,
    permissions::{MemberBlocks, OperationPermissions, ScannerPermissions},
    repository::FUNCTIONS,
};

/// Every derived file as it should be: path and text. Files of `infra/permissions` that nothing
/// declares are not among them.
///
/// # Errors
/// A source cannot be read, or is malformed.
pub fn expected(repository: &Repository) -> anyhow::Result<Vec<(String, String)>> {
    let members = MemberBlocks::declared();
    let mut files = Vec::new();
    for operation in OperationPermissions::declared() {
        files.push((format!("infra/permissions/{}.json", operation.operation), operation.file()?));
    }
    for scanner in ScannerPermissions::declared() {
        files.push((format!("infra/permissions/scan.{}.json", scanner.scanner), scanner.file()?));
    }
    let boundary = functions_boundary(repository)?;
    let hub = blocks::replace(&repository.read("infra/hub.yaml")?, |name| {
        if name == BOUNDARY {
            return Ok(Some(boundary.clone()));
        }
        let Some(path) = name.strip_prefix("from ") else { return Ok(None) };
        let Some(function) = path.strip_prefix("functions/").and_then(|p| p.strip_suffix("/policy.json")) else { return Ok(None) };
        Ok(Some(FunctionPolicy::parse(function, &repository.read(path)?)?.render()?))
    })?;
    files.push(("infra/hub.yaml".to_owned(), hub));
    let member = blocks::replace(&repository.read("infra/member.yaml")?, |name| Ok(members.named(name)))?;
    files.push(("infra/member.yaml".to_owned(), member));
    let events = blocks::replace(&repository.read("infra/member-events.yaml")?, |name| Ok(members.named(name)))?;
    files.push(("infra/member-events.yaml".to_owned(), events));
    Ok(files)
}

/// The block of the hub template that lists what its functions may do together.
pub const BOUNDARY: &str = "from functions/*/policy.json";

/// Every action that any function's policy gives, one a line.
fn functions_boundary(repository: &Repository) -> anyhow::Result<String> {
    let mut actions = BTreeSet::new();
    for function in FUNCTIONS {
        actions.extend(FunctionPolicy::parse(function, &repository.read(&format!("functions/{function}/policy.json"))?)?.allowed_actions());
    }
    Ok(actions.into_iter().map(|action| format!("- {action}\n")).collect())
}

/// Writes every derived file that differs, and removes permissions of operations that are gone. Returns the
/// paths it changed.
///
/// # Errors
/// As [`expected`]; a file cannot be written.
pub fn bless(repository: &Repository) -> anyhow::Result<Vec<String>> {
    let mut changed = Vec::new();
    let files = expected(repository)?;
    for (path, text) in &files {
        if repository.read(path).ok().as_ref() != Some(text) {
            std::fs::write(repository.root().join(path), text)?;
            changed.push(path.clone());
        }
    }
    for path in stale(repository, &files)? {
        std::fs::remove_file(repository.root().join(&path))?;
        changed.push(path);
    }
    Ok(changed)
}

/// Permission files that no operation and no scanner declares.
///
/// # Errors
/// The directory cannot be listed.
pub fn stale(repository: &Repository, files: &[(String, String)]) -> anyhow::Result<Vec<String>> {
    let present = repository.files("infra/permissions")?;
    let paths = present.into_iter().filter(|f| f.ends_with(".json")).map(|f| format!("infra/permissions/{f}"));
    Ok(paths.filter(|p| !files.iter().any(|(path, _)| path == p)).collect())
}
