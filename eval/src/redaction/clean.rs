//! Text without secrets: this repository's own, its recorded answers included. Entry function: [`corpus`].

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// A file of the corpus.
pub(super) struct Clean {
    pub name: String,
    pub text: String,
}

const SKIPPED: [&str; 5] = ["target", "node_modules", "proptest-regressions", "__pycache__", "venv"];

/// Every text file below a folder, sorted; hidden folders and what builds leave behind are passed over.
pub(super) fn corpus(root: &Path) -> Result<Vec<Clean>> {
    let mut files = Vec::new();
    collect(root, 0, &mut files)?;
    files.sort();
    let read = |path: PathBuf| {
        let text = String::from_utf8(std::fs::read(&path).ok()?).ok()?;
        Some(Clean { name: path.strip_prefix(root).unwrap_or(&path).display().to_string(), text })
    };
    let found: Vec<Clean> = files.into_iter().filter_map(read).collect();
    ensure!(!found.is_empty(), "no text below `{}`", root.display());
    Ok(found)
}

fn collect(place: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    ensure!(depth < 16, "`{}` is nested too deeply", place.display());
    for entry in std::fs::read_dir(place).with_context(|| format!("cannot read `{}`", place.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), depth + 1, files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
