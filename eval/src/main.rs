//! Evaluations and benchmarks: `eval eval|bench <suite> [--data DIR] [--json]` (people run it as `cargo xtask eval …`).
//!
//! Every suite is a file and a line in [`SUITES`]; every benchmark a file and a line in [`BENCHES`]. Either returns its
//! table line by line; with `--json` its last line is one object of JSON.
//!
//! Invariant: a suite reads the folder it is given and writes nothing outside a temporary one.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

mod audit;
mod badinput;
mod events;
mod folds;
mod injection;
mod intents;
mod knowledge;
mod ladder;
mod petshop;
mod policy;
mod privilege;
mod rca;
mod redaction;

/// What a suite runs: on a folder, or on what it makes itself.
enum Run {
    /// On a folder; the second is read when none is given.
    On(fn(&Path, bool) -> Result<Vec<String>>, &'static str),
    /// On data it makes; the words after the suite's name are its own.
    #[allow(dead_code, reason = "a kind of entry of the lists below, whether or not one is there")]
    Alone(fn(&[String], bool) -> Result<Vec<String>>),
}

/// One evaluation or benchmark.
struct Suite {
    name: &'static str,
    run: Run,
}

/// Every evaluation.
const SUITES: &[Suite] = &[
    Suite { name: "audit", run: Run::Alone(audit::run) },
    Suite { name: "badinput", run: Run::On(badinput::run, "../shared/data/badinput") },
    Suite { name: "events", run: Run::On(events::run, "../shared/data/events") },
    Suite { name: "injection", run: Run::On(injection::run, "../shared/data/injection") },
    Suite { name: "intents", run: Run::On(intents::run, "../shared/data/intents") },
    Suite { name: "ladder", run: Run::On(ladder::run, "../shared/data/intents") },
    Suite { name: "privilege", run: Run::On(privilege::run, "../shared/data/iam") },
    Suite { name: "rca", run: Run::On(rca::run, "../shared/data/petshop") },
    Suite { name: "redaction", run: Run::On(redaction::run, "../shared/data/redaction/gitleaks") },
];

/// Every benchmark. `coldstart` is xtask's own: it builds and packs.
const BENCHES: &[Suite] =
    &[Suite { name: "knowledge", run: Run::Alone(knowledge::run) }, Suite { name: "policy", run: Run::Alone(policy::run) }];

#[derive(Parser)]
#[command(name = "eval", about = "Evaluations and benchmarks of AgenticAIOps")]
struct Arguments {
    /// `eval` or `bench`.
    verb: String,
    /// The suite.
    suite: String,
    /// `--data DIR`, `--json`, and what the suite takes of its own, in any order.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<String>,
}

/// What was asked for behind the suite's name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// A folder in the suite's format.
    data: Option<PathBuf>,
    /// Print one line of JSON last.
    json: bool,
    /// Words of the suite's own.
    own: Vec<String>,
}

fn options(words: &[String]) -> Result<Options> {
    let mut found = Options::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--json" => found.json = true,
            "--data" => found.data = Some(rest.next().context("`--data` needs a folder")?.into()),
            _ => found.own.push(word.clone()),
        }
    }
    Ok(found)
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let suites = match arguments.verb.as_str() {
        "eval" => SUITES,
        "bench" => BENCHES,
        other => bail!("`{other}` is no verb; use `eval <suite>` or `bench <suite>`"),
    };
    let names = || suites.iter().map(|s| s.name).collect::<Vec<_>>().join(", ");
    let suite = suites
        .iter()
        .find(|s| s.name == arguments.suite)
        .with_context(|| format!("no suite `{}`; there are: {}", arguments.suite, names()))?;
    let given = options(&arguments.options)?;
    let lines = match suite.run {
        Run::On(run, usual) => {
            ensure!(given.own.is_empty(), "`{}` is not understood by the suite `{}`", given.own.join(" "), suite.name);
            let data = given.data.unwrap_or_else(|| PathBuf::from(usual));
            ensure!(data.is_dir(), "no folder `{}`: name one with --data", data.display());
            run(&data, given.json)?
        }
        Run::Alone(run) => run(&given.own, given.json)?,
    };
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_any_order_and_the_rest_is_the_suites_own() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let found = options(&words("--accounts 20 --json --data d --against boto3")).unwrap();
        assert_eq!(found, Options { data: Some("d".into()), json: true, own: words("--accounts 20 --against boto3") });
        assert!(options(&words("--json --data")).is_err());
    }
}
