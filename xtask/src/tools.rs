//! What the fleet needs beside Rust: a virtual environment for Python, and linters from npm.
//!
//! Entry function: [`set_up`]. Invariant: only pinned versions with known hashes are installed, and a stamp with the
//! exact lock that was installed makes the next run skip it.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    process::{quiet, read},
    workspace::Workspace,
};

const PYTHON: (u32, u32) = (3, 11);
const NODE: (u32, u32) = (20, 16);

/// Installs what is missing. Does nothing when the locks have not changed.
pub(crate) fn set_up(ws: &Workspace) -> Result<()> {
    let _lock = ws.lock()?;
    virtual_environment(ws)?;
    npm_tools(ws)
}

fn virtual_environment(ws: &Workspace) -> Result<()> {
    let lock_path = ws.root.join("infra/local/requirements.txt");
    let lock = fs::read_to_string(&lock_path).with_context(|| format!("cannot read `{}`", ws.shown(&lock_path)))?;
    let venv = ws.local.join("venv");
    let stamp = venv.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) && works(&ws.tool("python")) {
        return Ok(());
    }
    let python = find_python()?;
    println!("  installing the local stack and the linters into {} (about a minute)", ws.shown(&venv));
    quiet(Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv))
        .context("cannot make a virtual environment; on Debian the module is a package of its own: `apt-get install python3-venv`")?;
    quiet(
        Command::new(ws.tool("python"))
            .args(["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r"])
            .arg(&lock_path)
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    )?;
    fs::write(&stamp, lock)?;
    Ok(())
}

/// A virtual environment breaks when the Python under it goes.
fn works(python: &Path) -> bool {
    read(Command::new(python).args(["-c", "import boto3, ministack"])).is_ok()
}

fn find_python() -> Result<String> {
    let mut seen = Vec::new();
    for name in ["python3", "python3.13", "python3.12", "python3.11"] {
        let Ok(version) = read(Command::new(name).args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])) else { continue };
        if at_least(&version, PYTHON) {
            return Ok(name.to_owned());
        }
        seen.push(format!("{name} is {}", version.trim()));
    }
    bail!(
        "Python {}.{} or newer is needed ({})",
        PYTHON.0,
        PYTHON.1,
        if seen.is_empty() { "no `python3` was found".to_owned() } else { seen.join(", ") }
    )
}

fn npm_tools(ws: &Workspace) -> Result<()> {
    let from = ws.root.join("infra/local");
    let dir = ws.local.join("npm");
    let stamp = dir.join("installed");
    let lock = fs::read_to_string(from.join("package-lock.json")).context("cannot read `infra/local/package-lock.json`")?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let version = read(Command::new("node").arg("--version")).context("Node.js is needed for the state machines' linter, with npm")?;
    if !at_least(version.trim_start_matches('v'), NODE) {
        bail!("Node.js {}.{} or newer is needed (`node` is {})", NODE.0, NODE.1, version.trim());
    }
    println!("  installing the state machines' linter into {}", ws.shown(&dir));
    fs::create_dir_all(&dir)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(from.join(file), dir.join(file))?;
    }
    quiet(Command::new("npm").current_dir(&dir).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, lock)?;
    Ok(())
}

fn at_least(version: &str, least: (u32, u32)) -> bool {
    let mut parts = version.trim().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(at_least("3.11\n", (3, 11)) && at_least("3.13", (3, 11)) && at_least("4.0", (3, 11)) && at_least("20.20.2", (20, 16)));
        assert!(!at_least("3.9", (3, 11)) && !at_least("18.19.0", (20, 16)) && !at_least("", (3, 11)));
    }
}
