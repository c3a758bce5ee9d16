//! Deployment zips: one `bootstrap` in each.
//!
//! Entry function: [`zips`]. Invariant: the same binary gives the same bytes (fixed date and mode), so that an unchanged
//! function is not deployed again.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result, anyhow};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::{process::run, workspace::Workspace};

/// What a zip is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The local stack: built quickly, packed quickly.
    Local,
    /// AWS: built small, packed small.
    Deploy,
}

impl Kind {
    fn level(self) -> i64 {
        match self {
            Self::Local => 1,
            Self::Deploy => 9,
        }
    }
}

/// Builds all binaries of the workspace in the profile that tests use, with the tests' features.
///
/// `--examples` (there are none) makes cargo resolve features with development dependencies, as the tests do; without it
/// the SDKs would be compiled once for runs and once more for tests.
pub(crate) fn build_local(ws: &Workspace) -> Result<()> {
    run(ws.cargo().args(["build", "--locked", "--workspace", "--bins", "--examples"]))
}

/// Builds one binary with the features of the whole workspace, and runs it.
pub(crate) fn run_local(ws: &Workspace, name: &str) -> Result<()> {
    run(ws.cargo().args(["build", "-q", "--locked", "--workspace", "--examples", "--bin", name]))?;
    run(Command::new(binary(ws, Kind::Local, name)).current_dir(&ws.root))
}

/// Builds the functions as they are uploaded to AWS.
pub(crate) fn build_deploy(ws: &Workspace) -> Result<()> {
    let mut cargo = ws.plain_cargo();
    cargo.args(["build", "--locked", "--profile", "deploy"]);
    for name in ws.functions()? {
        cargo.args(["-p", &name]);
    }
    run(&mut cargo)
}

/// Builds one function.
pub(crate) fn build_one(ws: &Workspace, kind: Kind, name: &str) -> Result<()> {
    match kind {
        Kind::Local => run(ws.cargo().args(["build", "-q", "--locked", "-p", name])),
        Kind::Deploy => run(ws.plain_cargo().args(["build", "--locked", "--profile", "deploy", "-p", name])),
    }
}

/// The binary of a package.
pub(crate) fn binary(ws: &Workspace, kind: Kind, name: &str) -> PathBuf {
    let profile = match kind {
        Kind::Local => "debug",
        Kind::Deploy => "deploy",
    };
    ws.target.join(profile).join(name)
}

/// Packs every function into `dir/<name>.zip`, where the binary is newer. Says how many were packed.
pub(crate) fn zips(ws: &Workspace, kind: Kind, dir: &Path) -> Result<usize> {
    let _lock = ws.lock()?;
    fs::create_dir_all(dir)?;
    let names = ws.functions()?;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if !names.contains(&stem) {
            fs::remove_file(&path)?;
        }
    }
    let (next, packed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || -> Result<()> {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let from = binary(ws, kind, name);
            let state = state_of(&from, kind).with_context(|| format!("function `{name}` was not built (`{}`)", from.display()))?;
            let stamp = dir.join(format!("{name}.stamp"));
            let to = dir.join(format!("{name}.zip"));
            if to.is_file() && fs::read_to_string(&stamp).is_ok_and(|old| old == state) {
                continue;
            }
            let bytes = stripped(ws, name, &from)?;
            fs::write(&to, pack(&bytes, kind.level())?)?;
            fs::write(&stamp, state)?;
            packed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| anyhow!("a packing thread ended early"))?)
    })?;
    Ok(packed.into_inner())
}

/// Size and time of a file, and how it is packed.
fn state_of(file: &Path, kind: Kind) -> Result<String> {
    let meta = fs::metadata(file)?;
    let at = meta.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!("{} {at} {}", meta.len(), kind.level()))
}

/// The binary without symbols, where binutils are there; else as it is.
fn stripped(ws: &Workspace, name: &str, from: &Path) -> Result<Vec<u8>> {
    let to = ws.local.join("tmp").join(format!("{name}-{}.stripped", std::process::id()));
    let ok = Command::new("strip").arg("-o").arg(&to).arg(from).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let bytes = fs::read(if ok { &to } else { from })?;
    if ok {
        fs::remove_file(&to)?;
    }
    Ok(bytes)
}

fn pack(bootstrap: &[u8], level: i64) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    writer.start_file("bootstrap", options)?;
    writer.write_all(bootstrap)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_same_binary_gives_the_same_zip() {
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let (one, two) = (pack(&bytes, 1).unwrap(), pack(&bytes, 1).unwrap());
        assert_eq!(one, two);
        assert!(pack(&bytes, 9).unwrap().len() <= one.len());
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(one)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
        let mut back = Vec::new();
        file.read_to_end(&mut back).unwrap();
        assert_eq!(back, bytes);
    }
}
