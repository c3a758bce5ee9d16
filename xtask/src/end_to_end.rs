//! The end-to-end tests: fleets on local stacks of their own, side by side.
//!
//! Entry function: [`test`]. Invariants: every stack is fresh, on a port of its own, and is stopped whatever happens; every test of
//! the package `e2e` is in exactly one lane, or comes after all of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::{
    checks::{Counts, Selection, nextest},
    cli::Cli,
    fleet::{self, Fleet},
    package::{self, Kind},
    process::read,
    report::Report,
    stack::{Life, Stack, free_port},
    workspace::Workspace,
};

/// The tests of this file, as nextest writes it.
pub(crate) const E2E: &str = "package(e2e)";

/// Tests that share a fleet. The stack is one Python process, and a test that stops it, or the whole fleet, runs while no other does
/// there: on one fleet those tests would take most of the time.
struct Lane {
    name: &'static str,
    /// Of `.config/nextest.toml`.
    profile: &'static str,
    /// Which tests, beside [`E2E`].
    tests: &'static str,
}

const LANES: [Lane; 3] = [
    Lane { name: "together", profile: "e2e", tests: "not test(/(^|::)alone_/)" },
    Lane { name: "alone-1", profile: "e2e-alone-1", tests: FIRST_ALONE },
    Lane { name: "alone-2", profile: "e2e-alone-2", tests: SECOND_ALONE },
];

const FIRST_ALONE: &str = "test(/(^|::)alone_/) and not test(/(^|::)alone_zz_/) and test(/^(f|g|r)/)";
const SECOND_ALONE: &str = "test(/(^|::)alone_/) and not test(/(^|::)alone_zz_/) and not test(/^(f|g|r)/)";

/// What asks about everything that the others did: it runs last, on the fleet of the first lane that has one.
const LAST: (&str, &str) = ("e2e-last", "test(/(^|::)alone_zz_/)");

/// Runs the end-to-end tests whose names hold one of the filters; all, where there are none.
pub(crate) fn test(ws: &Workspace, filters: &[&str], report: &mut Report, counts: &mut Counts) {
    let wanted = |tests: &str| filters.is_empty() || matching(ws, tests, filters);
    let last = wanted(LAST.1);
    let mut lanes: Vec<&Lane> = LANES.iter().filter(|lane| wanted(lane.tests)).collect();
    if lanes.is_empty() && last {
        lanes.extend(LANES.first());
    }
    if lanes.is_empty() {
        return;
    }
    remove_leftovers(ws);
    let dir = ws.local.join(format!("test-{}", std::process::id()));
    let started = report.step("end-to-end: local stacks and fleets", || start_all(ws, &dir, &lanes));
    let Some(mut running) = started else {
        report.not_run("end-to-end tests", "the fleets were not deployed");
        return;
    };
    let tested = report.step("end-to-end tests", || {
        let own = own_program(&dir)?;
        let others: Vec<&Path> = running.iter().map(|r| r.stack.dir.as_path()).collect();
        let described: Vec<_> = running.iter().map(|r| r.describe(ws, &own, &others)).collect::<Result<_>>()?;
        let runs: Vec<_> = thread::scope(|scope| {
            let go = |(lane, variables): (&'static Lane, &Vec<_>)| {
                let tests = format!("{E2E} and {}", lane.tests);
                nextest(ws, &Selection { profile: lane.profile, tests: &tests, filters, variables })
            };
            let lanes = running.iter().map(|r| r.lane).zip(&described);
            let handles: Vec<_> = lanes.filter(|(lane, _)| wanted(lane.tests)).map(|each| scope.spawn(move || go(each))).collect();
            handles.into_iter().map(|handle| handle.join()).collect()
        });
        let mut outcomes = Vec::new();
        for ran in runs {
            outcomes.push(ran.ok().context("a lane of tests ended without an outcome")?.record(counts));
        }
        if last && let Some(variables) = described.first() {
            let tests = format!("{E2E} and {}", LAST.1);
            outcomes.push(nextest(ws, &Selection { profile: LAST.0, tests: &tests, filters, variables }).record(counts));
        }
        outcomes.into_iter().collect::<Result<()>>()
    });
    let logs: Vec<_> = running.iter().map(|r| (ws.shown(&r.stack.log()).to_string(), r.stack.tail(60))).collect();
    let stopped = report.step("end-to-end: stop", || running.iter_mut().map(|r| r.stack.stop()).collect::<Result<Vec<()>>>());
    drop(running);
    if tested.is_some() && stopped.is_some() {
        report.step("end-to-end: clean up", || fs::remove_dir_all(&dir).with_context(|| format!("cannot remove `{}`", dir.display())));
    } else {
        for (shown, log) in logs {
            println!("\nthe end of {shown} (kept until the next run):\n{log}\n");
        }
    }
}

/// A fleet that runs.
struct Running {
    lane: &'static Lane,
    stack: Stack,
    _model: Scripted,
}

/// Starts a stack for each lane and deploys the fleet to it. Leaves nothing running where one of them fails.
fn start_all(ws: &Workspace, dir: &Path, lanes: &[&'static Lane]) -> Result<Vec<Running>> {
    let zips = ws.local.join("functions");
    package::zips(ws, Kind::Local, &zips)?;
    let started: Vec<_> = thread::scope(|scope| {
        let zips = &zips;
        let handles: Vec<_> = lanes.iter().map(|lane| scope.spawn(move || start(ws, &dir.join(lane.name), zips, lane))).collect();
        handles.into_iter().map(|handle| handle.join()).collect()
    });
    let (mut running, mut failed) = (Vec::new(), None);
    for each in started {
        match each.ok().context("a stack's start ended without an outcome").and_then(|outcome| outcome) {
            Ok(one) => running.push(one),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        None => Ok(running),
        Some(error) => {
            running.iter_mut().try_for_each(|one| one.stack.stop())?;
            Err(error)
        }
    }
}

fn start(ws: &Workspace, dir: &Path, zips: &Path, lane: &'static Lane) -> Result<Running> {
    fs::create_dir_all(dir)?;
    let mut stack = Stack::new(dir, free_port()?);
    let model = Scripted::start(ws, dir, &stack)?;
    let fleet = Fleet::of(dir);
    let outcome = stack.start(ws, Life::While(std::process::id())).and_then(|()| {
        fleet::deploy(ws, &stack, zips, &fleet)?;
        Cli::of(ws, dir, &fleet)?.register_accounts(ws, &fleet, &dir.join("registered"))
    });
    match outcome {
        Ok(()) => Ok(Running { lane, stack, _model: model }),
        Err(error) => {
            println!("\nthe end of {}:\n{}\n", ws.shown(&stack.log()), stack.tail(60));
            stack.stop()?;
            Err(error)
        }
    }
}

/// This program, out of the way of the build.
fn own_program(dir: &Path) -> Result<PathBuf> {
    // The build of the workspace may have put another file in the place of the one that runs.
    let own = dir.join("xtask");
    fs::copy("/proc/self/exe", &own).with_context(|| format!("cannot copy this program to `{}`", own.display()))?;
    Ok(own)
}

impl Running {
    /// What the tests of this lane are told: their fleet, and the folders of all of them.
    fn describe(&self, ws: &Workspace, own: &Path, all: &[&Path]) -> Result<Vec<(&'static str, String)>> {
        let dir = &self.stack.dir;
        let fleet = Fleet::of(dir);
        let (outputs, people) = (fleet.outputs.display().to_string(), fleet.people.display().to_string());
        let world = json!({"endpoint": self.stack.endpoint(), "api": fleet.output("/api")?, "outputs": outputs, "people": people});
        fs::write(dir.join("world.json"), world.to_string())?;
        let all = std::env::join_paths(all).context("a folder's name cannot be listed")?;
        Ok(vec![
            // `endpoint`, `api`, and the files `outputs` and `people`, in `world.json`.
            ("AIOPS_E2E_DIR", dir.display().to_string()),
            ("AIOPS_E2E_DIRS", all.to_string_lossy().into_owned()),
            ("AIOPS_E2E_CLI", package::binary(ws, Kind::Local, "aiops").display().to_string()),
            ("AIOPS_E2E_PYTHON", ws.tool("python").display().to_string()),
            // `$AIOPS_E2E_XTASK restart-test-stack $AIOPS_E2E_DIR` stops the stack, keeps its state, and starts it again.
            ("AIOPS_E2E_XTASK", own.display().to_string()),
        ])
    }
}

/// The model that does as the tests tell it, behind the stack's Bedrock. It ends with this value, or with this process.
struct Scripted(Child);

impl Scripted {
    fn start(ws: &Workspace, dir: &Path, stack: &Stack) -> Result<Self> {
        let port = free_port()?;
        stack.ask_models_at(&format!("http://127.0.0.1:{port}"))?;
        let child = Command::new(ws.tool("python"))
            .arg(ws.root.join("tests/e2e/scripted_model.py"))
            .arg(port.to_string())
            .arg(dir.join("model.log"))
            .args(["--while", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start the scripted model")?;
        Ok(Self(child))
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Stops the stack of a test run and starts it again on the same port, with the same life.
pub(crate) fn restart(ws: &Workspace, dir: &Path) -> Result<()> {
    let Some(mut stack) = Stack::running(dir) else { bail!("no stack runs in `{}`", dir.display()) };
    let owner = dir.parent().and_then(owner).context("this is not the stack of a test run")?;
    stack.stop()?;
    Stack::new(dir, stack.port).start(ws, Life::While(owner))
}

/// The process that a folder `test-<pid>` belongs to.
fn owner(dir: &Path) -> Option<u32> {
    dir.file_name()?.to_str()?.strip_prefix("test-")?.parse().ok()
}

/// Removes the folders of test runs that are no more.
fn remove_leftovers(ws: &Workspace) {
    let Ok(entries) = fs::read_dir(&ws.local) else { return };
    for dir in entries.flatten().map(|entry| entry.path()) {
        if owner(&dir).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
            && let Err(error) = fs::remove_dir_all(&dir)
        {
            println!("  cannot remove `{}`: {error}", dir.display());
        }
    }
}

/// Whether filters pick one of these end-to-end tests.
fn matching(ws: &Workspace, tests: &str, filters: &[&str]) -> bool {
    let tests = format!("{E2E} and {tests}");
    let listed = read(ws.nextest().args(["list", "--locked", "--workspace", "-E", &tests, "--message-format", "oneline"]).args(filters));
    listed.is_ok_and(|text| text.lines().any(|line| !line.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_a_test_run_has_an_owner() {
        assert_eq!(owner(Path::new("/x/.local/test-123")), Some(123));
        assert_eq!(owner(Path::new("/x/.local/state")), None);
    }

    #[test]
    fn the_lanes_of_tests_that_are_alone_are_each_others_complement() {
        let (first, second) = (FIRST_ALONE.rsplit_once(" and ").unwrap(), SECOND_ALONE.rsplit_once(" and not ").unwrap());
        assert_eq!(first, second);
        assert!(first.0.starts_with("test(/(^|::)alone_/)") && first.0.ends_with(&format!("not {}", LAST.1)));
    }
}
