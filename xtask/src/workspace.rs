//! Where things are: the checkout, the folder of the local stack, the build's target directory.
//!
//! Entry type: [`Workspace`]. Invariant: everything that xtask makes is under `.local/` or in the target directory.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::process::read;

/// The Clippy driver stands in for rustc in this workspace's crates (never in dependencies), for runs and for tests alike:
/// one build gives the artefacts and the lints, and nothing is compiled a second time for either.
const WRAPPER: &str = "clippy-driver";
/// A warning is an error. The separator is the one that `cargo clippy` itself uses.
const CLIPPY_ARGS: &str = "-Dwarnings__CLIPPY_HACKERY__";

/// The checkout and the folders that belong to it.
pub(crate) struct Workspace {
    /// The root of the checkout.
    pub(crate) root: PathBuf,
    /// `.local`: the virtual environment, the stack's state, zips, logs.
    pub(crate) local: PathBuf,
    /// Where cargo builds; outside the checkout where possible, so that a fresh clone finds it warm.
    pub(crate) target: PathBuf,
    /// Whether the lints can run. A Rust without Clippy still builds and starts the fleet.
    pub(crate) lints: bool,
}

impl Workspace {
    /// Finds the checkout that this program was built from.
    pub(crate) fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask is not inside a checkout")?.to_owned();
        let local = root.join(".local");
        fs::create_dir_all(local.join("tmp")).with_context(|| format!("cannot make `{}`", local.display()))?;
        let target = target_dir(&root, |name| env::var_os(name));
        let lints = read(Command::new(WRAPPER).arg("--version").current_dir(&root)).is_ok();
        Ok(Self { root, local, target, lints })
    }

    /// Held while something under `.local` is written that several runs share. Waits for another run.
    pub(crate) fn lock(&self) -> Result<File> {
        let lock = File::create(self.local.join("lock"))?;
        if lock.try_lock().is_err() {
            println!("  waiting for another `cargo xtask`");
            lock.lock()?;
        }
        Ok(lock)
    }

    /// `cargo`, with the target directory and the lints set.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = self.plain_cargo();
        if self.lints {
            cargo.env("RUSTC_WORKSPACE_WRAPPER", WRAPPER).env("CLIPPY_ARGS", CLIPPY_ARGS);
        }
        cargo
    }

    /// `cargo` without lints, for builds of other profiles.
    pub(crate) fn plain_cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        // `cargo run` describes xtask itself in the environment; the builds below must not see that.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(&name);
            }
        }
        cargo
    }

    /// `cargo nextest`, from the virtual environment, with the same lints and target directory.
    pub(crate) fn nextest(&self) -> Command {
        let cargo = self.cargo();
        let mut nextest = Command::new(self.tool("cargo-nextest"));
        nextest.current_dir(&self.root).arg("nextest");
        for (name, value) in cargo.get_envs() {
            match value {
                Some(value) => nextest.env(name, value),
                None => nextest.env_remove(name),
            };
        }
        nextest
    }

    /// A program of the virtual environment.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.local.join("venv/bin").join(name)
    }

    /// The functions: directory = package = binary.
    pub(crate) fn functions(&self) -> Result<Vec<String>> {
        let dir = self.root.join("functions");
        let mut names = Vec::new();
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot list `{}`", dir.display()))? {
            let entry = entry?;
            if entry.path().join("Cargo.toml").is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// A path as people want to read it: from the root of the checkout.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// `CARGO_TARGET_DIR`, else a folder in the user's cache if it can be written, else `target` in the checkout.
fn target_dir(root: &Path, var: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    if let Some(set) = var("CARGO_TARGET_DIR").filter(|set| !set.is_empty()) {
        return root.join(set);
    }
    let cache = var("XDG_CACHE_HOME")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from)
        .or_else(|| var("HOME").filter(|dir| !dir.is_empty()).map(|home| Path::new(&home).join(".cache")));
    match cache.map(|cache| cache.join("agentic-aiops/target")) {
        Some(dir) if writable(&dir) => dir,
        _ => root.join("target"),
    }
}

fn writable(dir: &Path) -> bool {
    let probe = dir.join(format!(".probe-{}", std::process::id()));
    let ok = fs::create_dir_all(dir).is_ok() && fs::write(&probe, b"").is_ok();
    ok && fs::remove_file(&probe).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
    }

    #[test]
    fn the_target_directory_is_the_named_one_then_the_cache_then_the_checkout() {
        let root = Path::new("/checkout");
        let home = env::temp_dir().join(format!("aiops-xtask-{}", std::process::id()));
        let home_text = home.to_str().unwrap();
        assert_eq!(target_dir(root, vars(&[("CARGO_TARGET_DIR", "/named"), ("HOME", home_text)])), Path::new("/named"));
        assert_eq!(target_dir(root, vars(&[("HOME", home_text)])), home.join(".cache/agentic-aiops/target"));
        assert_eq!(target_dir(root, vars(&[("XDG_CACHE_HOME", home_text)])), home.join("agentic-aiops/target"));
        assert_eq!(target_dir(root, vars(&[("HOME", "/proc/none")])), Path::new("/checkout/target"));
        assert_eq!(target_dir(root, vars(&[])), Path::new("/checkout/target"));
        fs::remove_dir_all(&home).unwrap();
    }
}
