//! Evaluations: `eval eval <suite> [--data DIR] [--json]` (people run it as `cargo xtask eval …`).
//!
//! Every suite is a file and a line in [`SUITES`]. A suite returns its table line by line; with `--json` its last
//! line is one object of JSON.
//!
//! Invariant: a suite reads the folder it is given and writes nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

mod events;
mod intents;
mod petshop;
mod rca;

/// One evaluation.
struct Suite {
    name: &'static str,
    /// Read when no folder is given.
    data: &'static str,
    run: fn(&Path, bool) -> Result<Vec<String>>,
}

/// Every evaluation.
const SUITES: &[Suite] = &[
    Suite { name: "events", data: "../shared/data/events", run: events::run },
    Suite { name: "intents", data: "../shared/data/intents", run: intents::run },
    Suite { name: "rca", data: "../shared/data/petshop", run: rca::run },
];

#[derive(Parser)]
#[command(name = "eval", about = "Evaluations of AgenticAIOps")]
struct Arguments {
    /// `eval`.
    verb: String,
    /// The suite.
    suite: String,
    /// A folder in the suite's format.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print one line of JSON last.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.verb != "eval" {
        bail!("`{}` is no verb; use `eval <suite>`", arguments.verb);
    }
    let names = || SUITES.iter().map(|s| s.name).collect::<Vec<_>>().join(", ");
    let suite = SUITES
        .iter()
        .find(|s| s.name == arguments.suite)
        .with_context(|| format!("no suite `{}`; there are: {}", arguments.suite, names()))?;
    let data = arguments.data.unwrap_or_else(|| PathBuf::from(suite.data));
    ensure!(data.is_dir(), "no folder `{}`: name one with --data", data.display());
    let mut out = std::io::stdout().lock();
    for line in (suite.run)(&data, arguments.json)? {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
