//! `bless`, `eval` and `bench`: work that other packages of the workspace do.
//!
//! Entry functions: [`bless`], [`evaluate`].

use anyhow::Result;

use crate::{package, process::run, tools, workspace::Workspace};

/// Writes generated files and accepts the snapshots as they are now. What changed is reviewed like code.
pub(crate) fn bless(ws: &Workspace) -> Result<()> {
    tools::set_up(ws)?;
    package::run_local(ws, "bless")?;
    let mut nextest = ws.nextest();
    run(nextest.args(["run", "--locked", "--workspace", "-E", "not package(e2e)"]).env("INSTA_UPDATE", "always"))
}

/// Runs a suite of evaluations or benchmarks, optimised.
pub(crate) fn evaluate(ws: &Workspace, verb: &str, arguments: &[String]) -> Result<()> {
    run(ws.plain_cargo().args(["run", "-q", "--locked", "--release", "-p", "eval", "--", verb]).args(arguments))
}
