//! What contributors type: `cargo xtask up`, `test`, and the rest of [`USAGE`].
//!
//! Entry: [`main`] picks a verb. Invariant: no AWS SDK in here; AWS APIs are called by the scripts of `infra/local`, so
//! that this program is built in seconds.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod checks;
mod cli;
mod coldstart;
mod end_to_end;
mod environment;
mod fleet;
mod forward;
mod guide;
mod local;
mod package;
mod process;
mod report;
mod scan;
mod stack;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use local::Up;
use package::Kind;
use workspace::Workspace;

const USAGE: &str = "usage: cargo xtask <verb>

  up [--no-demo | --demo] [--port N]   set everything up, start the fleet on this machine, show it at work once
  down [--forget]                      stop it and keep its state (--forget: remove the state)
  status                               what runs, what is deployed, what waits
  test [filter…]                       set up and run every check and test (with filters: the tests that match)
  bless                                write generated files, accept snapshots
  eval <suite> [--data DIR] [--json]   how good: run an evaluation
  bench <suite> [--json]               how fast: run a benchmark (`coldstart`: every function; `scan`: many accounts)
  zip                                  deployment zips into .local/zips

Environment: AIOPS_PORT (the local stack's port, 4566), CARGO_TARGET_DIR (where to build; else in the user's cache).";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((verb, rest)) = arguments.split_first() else { bail!("{USAGE}") };
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (verb.as_str(), words.as_slice()) {
        ("up", options) => local::up(&Workspace::find()?, &up_options(options)?),
        ("down", []) => local::down(&Workspace::find()?, false),
        ("down", ["--forget"]) => local::down(&Workspace::find()?, true),
        ("status", []) => local::status(&Workspace::find()?),
        ("test", filters) => checks::test(&Workspace::find()?, filters),
        ("bless", []) => forward::bless(&Workspace::find()?),
        ("bench", ["coldstart"]) => coldstart::run(&Workspace::find()?, false),
        ("bench", ["scan", options @ ..]) => scan::run(&Workspace::find()?, options),
        ("bench", ["coldstart", "--json"]) => coldstart::run(&Workspace::find()?, true),
        ("eval" | "bench", _) => forward::evaluate(&Workspace::find()?, verb, rest),
        ("zip", []) => zip(&Workspace::find()?),
        // For the end-to-end tests: the stack of a test run stops and starts while a plan waits.
        ("restart-test-stack", [dir]) => end_to_end::restart(&Workspace::find()?, dir.as_ref()),
        ("help" | "--help" | "-h", _) => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("`{}` is not understood\n\n{USAGE}", arguments.join(" ")),
    }
}

fn up_options(options: &[&str]) -> Result<Up> {
    let mut up = Up { port: None, demo: None };
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match *option {
            "--no-demo" => up.demo = Some(false),
            "--demo" => up.demo = Some(true),
            "--port" => match rest.next().map(|text| text.parse()) {
                Some(Ok(port)) => up.port = Some(port),
                _ => bail!("`--port` needs a port number"),
            },
            other => bail!("`up` has no option `{other}`\n\n{USAGE}"),
        }
    }
    Ok(up)
}

fn zip(ws: &Workspace) -> Result<()> {
    package::build_deploy(ws)?;
    let dir = ws.local.join("zips");
    package::zips(ws, Kind::Deploy, &dir)?;
    for name in ws.functions()? {
        let path = dir.join(format!("{name}.zip"));
        let size = std::fs::metadata(&path)?.len();
        println!("{:>9.2} MB  {}", size as f64 / 1e6, ws.shown(&path));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_up_are_understood_or_refused() {
        let up = up_options(&["--no-demo", "--port", "4600"]).unwrap();
        assert_eq!((up.port, up.demo), (Some(4600), Some(false)));
        assert!(up_options(&["--port"]).is_err() && up_options(&["--port", "x"]).is_err() && up_options(&["--nodemo"]).is_err());
    }

    #[test]
    fn a_word_that_is_no_verb_is_an_error() {
        assert!(run(&["upp".to_owned()]).is_err() && run(&[]).is_err());
    }
}
