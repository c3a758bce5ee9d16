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
use object::{Object as _, ObjectSection as _};
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
    ws.functions()?.iter().try_for_each(|name| build_one(ws, Kind::Deploy, name))
}

/// Builds one function.
///
/// For AWS one by one, since only a single binary can be given arguments of its own: identical functions are folded (generic
/// code of the SDKs repeats itself), and the binary is linked to a fixed address, which spares the table of relocations. Both
/// are about a tenth of a zip. Libraries are compiled once for all, since `sdk-features` gives every function the same features.
pub(crate) fn build_one(ws: &Workspace, kind: Kind, name: &str) -> Result<()> {
    match kind {
        Kind::Local => run(ws.cargo().args(["build", "-q", "--locked", "-p", name])),
        Kind::Deploy => {
            let mut cargo = ws.plain_cargo();
            cargo.args(["rustc", "--locked", "--profile", "deploy", "-p", name, "--bin", name]);
            run(cargo.args(["--", "-C", "link-arg=-Wl,--icf=all", "-C", "relocation-model=static"]))
        }
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
            let bytes = if kind == Kind::Deploy { without_unwinding(bytes)? } else { bytes };
            let mut zip = pack(&bytes, kind.level())?;
            if kind == Kind::Deploy && zip.len() > ROOMY {
                zip = pack(&bytes, ZOPFLI)?;
            }
            fs::write(&to, zip)?;
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

/// Above this many bytes, a zip is packed again as tightly as deflate allows, which takes half a minute.
const ROOMY: usize = 4_800_000;
/// The level from which the zip library packs by zopfli, with one iteration.
const ZOPFLI: i64 = 10;

/// The binary with its tables for unwinding blank: functions abort on a panic, so that nothing ever unwinds (a backtrace
/// would, and ends at its first frame instead).
fn without_unwinding(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    let file = object::File::parse(bytes.as_slice()).context("the binary is no object file")?;
    let tables = file.sections().filter(|s| matches!(s.name(), Ok(".eh_frame" | ".eh_frame_hdr" | ".gcc_except_table")));
    let ranges: Vec<(u64, u64)> = tables.filter_map(|s| s.file_range()).collect();
    for (from, size) in ranges {
        let range = usize::try_from(from)?..usize::try_from(from.saturating_add(size))?;
        bytes.get_mut(range).context("a section lies outside of the file")?.fill(0);
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
    fn only_the_tables_for_unwinding_are_blanked() {
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        let slim = without_unwinding(own.clone()).unwrap();
        assert_eq!(own.len(), slim.len());
        let (before, after) = (object::File::parse(own.as_slice()).unwrap(), object::File::parse(slim.as_slice()).unwrap());
        let text = |file: &object::File<'_>, name: &str| file.section_by_name(name).unwrap().data().unwrap().to_vec();
        assert_eq!(text(&before, ".text"), text(&after, ".text"));
        assert!(text(&before, ".eh_frame").iter().any(|b| *b != 0) && text(&after, ".eh_frame").iter().all(|b| *b == 0));
        assert!(without_unwinding(b"#!/bin/sh".to_vec()).is_err());
    }

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
