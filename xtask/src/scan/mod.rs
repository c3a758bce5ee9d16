//! `bench scan`: the real scan-account binary over many accounts, against a server of recorded answers.
//!
//! Entry function: [`run`]. The server adds latency, throttles five per cent of the calls, denies one account and gives every account a
//! resource of its own. Invariants: what counts is what the binary wrote down: an account whose own resource is not in its report is
//! missed, and so is a denied account that is not reported as denied; the server's own time is not counted.

mod answers;
mod server;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{
    environment,
    package::{self, Kind},
    workspace::Workspace,
};
use server::{Plan, Server};

/// The naive reference, which is not part of this project.
const REFERENCE: &str = "../shared/reference/scan_boto3.py";
/// The reference's threads.
const THREADS: &str = "32";
/// Places in one invocation, as plan-scan cuts them.
const BATCH: usize = 10;
/// The reference's calls an account: AssumeRole and eight lists.
const IDEAL_CALLS: f64 = 9.0;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    accounts: usize,
    json: bool,
    boto3: bool,
    full: bool,
    dev: bool,
}

fn options(words: &[&str]) -> Result<Options> {
    let mut options = Options { accounts: 20, json: false, boto3: false, full: false, dev: false };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            "--accounts" => {
                let n = rest.next().and_then(|n| n.parse().ok()).filter(|n| (2..=5_000).contains(n));
                options.accounts = n.context("`--accounts` needs a number from 2 to 5000")?;
            }
            "--json" => options.json = true,
            "--full" => options.full = true,
            "--dev" => options.dev = true,
            "--against" => match rest.next() {
                Some(&"boto3") => options.boto3 = true,
                _ => bail!("`--against` knows `boto3`"),
            },
            other => bail!("`bench scan` has no option `{other}`: --accounts N --json --full --dev --against boto3"),
        }
    }
    Ok(options)
}

/// What one run showed.
struct Figures {
    cpu_s: f64,
    peak_mb: f64,
    requests: usize,
    throttled: usize,
    wall_s: f64,
    missed: usize,
}

/// Builds, starts the server, runs, and prints.
pub(crate) fn run(ws: &Workspace, words: &[&str]) -> Result<()> {
    let options = options(words)?;
    let kind = if options.dev { Kind::Local } else { Kind::Deploy };
    package::build_one(ws, kind, "scan-account")?;
    let binary = package::binary(ws, kind, "scan-account");
    let n = options.accounts;
    let ours = ours(ws, &binary, n, options.full)?;
    let what = if options.full { "all services, every check" } else { "the reference's lists" };
    println!(
        "{:<34} {:>10} {:>9} {:>12} {:>8} {:>7}",
        format!("{n} accounts, {what}"),
        "CPU s/acct",
        "peak MB",
        "calls/acct",
        "wall s",
        "missed"
    );
    show("scan-account", &ours, n);
    let reference = if options.boto3 {
        let figures = reference(ws, n)?;
        show(&format!("boto3, {THREADS} threads"), &figures, n);
        Some(figures)
    } else {
        None
    };
    println!(
        "5 % of the calls are throttled ({} here), 20 ms latency each, one account denies. Build: {}.",
        ours.throttled,
        if options.dev { "dev, not optimised" } else { "deploy" }
    );
    if options.json {
        println!("{}", line(&options, &ours, reference.as_ref()));
    }
    Ok(())
}

fn show(name: &str, f: &Figures, n: usize) {
    let per = |total: f64| total / n as f64;
    println!("{name:<34} {:>10.4} {:>9.1} {:>12.2} {:>8.1} {:>7}", per(f.cpu_s), f.peak_mb, per(f.requests as f64), f.wall_s, f.missed);
}

fn line(options: &Options, ours: &Figures, reference: Option<&Figures>) -> Value {
    let n = options.accounts as f64;
    let round = |value: f64| (value * 10_000.0).round() / 10_000.0;
    let mut line = json!({
        "bench": "scan",
        "accounts": options.accounts,
        "cpu_s_per_account": round(ours.cpu_s / n),
        "peak_mb": round(ours.peak_mb),
        "requests_per_account": round(ours.requests as f64 / n),
        "wall_s": round(ours.wall_s),
        "missed": ours.missed,
        "ideal_requests_per_account": if options.full { Value::Null } else { json!(IDEAL_CALLS) },
        "depth": if options.full { "full" } else { "inventory" },
        "build": if options.dev { "dev" } else { "deploy" },
    });
    if let (Some(r), Some(map)) = (reference, line.as_object_mut()) {
        map.insert("boto3_cpu_s_per_account".into(), json!(round(r.cpu_s / n)));
        map.insert("boto3_peak_mb".into(), json!(round(r.peak_mb)));
        map.insert("boto3_wall_s".into(), json!(round(r.wall_s)));
    }
    line
}

/// The real binary, invocation by invocation, as Lambda would: one process, one batch at a time.
fn ours(ws: &Workspace, binary: &Path, n: usize, full: bool) -> Result<Figures> {
    let server = Server::start(Plan::new(n, BATCH, full))?;
    let template = fs::read_to_string(ws.root.join("infra/hub.yaml"))?;
    let mut command = Command::new(binary);
    command.env_clear().envs(environment::of(&template, "scan-account")?);
    command.env("AWS_LAMBDA_RUNTIME_API", server.address()).env("AWS_ENDPOINT_URL", format!("http://{}", server.address()));
    command.env("RUST_LOG", "error").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start `{}`", binary.display()))?;
    let limit = Duration::from_secs(60 + 2 * n as u64);
    while !server.is_done() {
        if let Some(status) = child.try_wait()? {
            bail!("scan-account ended ({status})");
        }
        if started.elapsed() > limit {
            child.kill()?;
            bail!("no end within {} s: {}", limit.as_secs(), server.progress());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let wall_s = started.elapsed().as_secs_f64();
    let (cpu_s, peak_mb) = used(child.id())?;
    child.kill()?;
    child.wait()?;
    let faults = server.faults();
    ensure!(faults.is_empty(), "invocations failed: {}", faults.join("; "));
    Ok(Figures { cpu_s, peak_mb, requests: server.requests(), throttled: server.throttled(), wall_s, missed: server.missed() })
}

/// The naive reference on the same server.
fn reference(ws: &Workspace, n: usize) -> Result<Figures> {
    let script = ws.root.join(REFERENCE);
    ensure!(script.is_file(), "the reference `{REFERENCE}` is not here; it is not part of this project");
    let python = python(ws)?;
    let server = Server::start(Plan::new(n, BATCH, false))?;
    let mut command = Command::new(python);
    command.arg(script).args([format!("http://{}", server.address()), n.to_string(), THREADS.to_owned()]);
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "none").env("AWS_RETRY_MODE", "adaptive");
    server.let_everyone_in();
    let started = Instant::now();
    let output = command.output().context("the reference cannot be started (boto3 is needed)")?;
    ensure!(output.status.success(), "the reference failed: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |after: &str| -> Result<f64> {
        let text = said.split(after).nth(1).with_context(|| said.clone())?.trim_start();
        Ok(text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect::<String>().parse()?)
    };
    let wall_s = started.elapsed().as_secs_f64();
    let (cpu_s, peak_mb) = (number("cpu ")?, number("rss ")? * 1.048_576);
    Ok(Figures { cpu_s, peak_mb, requests: server.requests(), throttled: server.throttled(), wall_s, missed: 0 })
}

/// A Python with boto3: the local stack's, else the one on the path.
fn python(ws: &Workspace) -> Result<PathBuf> {
    let candidates = [ws.local.join("venv/bin/python"), PathBuf::from("python3")];
    let works = |p: &PathBuf| {
        let mut command = Command::new(p);
        command.args(["-c", "import boto3"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    candidates.into_iter().find(works).context("no Python with boto3: run `cargo xtask up --no-demo` once")
}

/// CPU seconds and peak resident megabytes of a process.
fn used(pid: u32) -> Result<(f64, f64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("no stat")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).context("no time in stat");
    // Fields 14 and 15 of proc(5), counted from the state; a hundred ticks a second on Linux.
    let cpu_s = (ticks(11)? + ticks(12)?) / 100.0;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kb = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|r| r.trim().trim_end_matches(" kB").parse::<f64>().ok());
    Ok((cpu_s, kb.context("no VmHWM")? * 1024.0 / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_understood_or_refused() {
        let found = options(&["--accounts", "500", "--json", "--against", "boto3"]).unwrap();
        assert_eq!(found, Options { accounts: 500, json: true, boto3: true, full: false, dev: false });
        assert!(options(&["--accounts", "1"]).is_err() && options(&["--against", "prowler"]).is_err() && options(&["--x"]).is_err());
    }

    #[test]
    fn a_process_has_used_something() {
        let (cpu_s, peak_mb) = used(std::process::id()).unwrap();
        assert!(cpu_s >= 0.0 && peak_mb > 0.5);
    }
}
