//! `bench coldstart`: how long a function takes from exec to its first poll, and how much memory it then holds.
//!
//! Entry function: [`run`]. A server here stands for the Lambda Runtime API; the clock stops when the first
//! `GET …/runtime/invocation/next` has arrived. Nothing else is measured: no network, no sandbox of AWS.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    environment,
    package::{self, Kind},
    stack,
    workspace::Workspace,
};

const RUNS: usize = 30;
/// The first runs fill the page cache and are not counted.
const WARM_UP: usize = 2;
const LIMIT: Duration = Duration::from_secs(10);
const NEXT: &str = "/2018-06-01/runtime/invocation/next";

/// What one function showed.
struct Figures {
    name: String,
    zip_mb: f64,
    p50_ms: f64,
    p99_ms: f64,
    rss_mb: f64,
}

/// Builds, packs and measures every function.
pub(crate) fn run(ws: &Workspace, json: bool) -> Result<()> {
    package::build_deploy(ws)?;
    let zips = ws.local.join("zips");
    package::zips(ws, Kind::Deploy, &zips)?;
    let template = environment::templates(&ws.root)?;
    let mut all = Vec::new();
    println!("{:<20} {:>8} {:>9} {:>9} {:>9}", "function", "zip MB", "p50 ms", "p99 ms", "RSS MB");
    for name in ws.functions()? {
        let zip_mb = bytes_mb(fs::metadata(zips.join(format!("{name}.zip")))?.len());
        let binary = package::binary(ws, Kind::Deploy, &name);
        let figures = environment::of(&template, &name)
            .and_then(|variables| measure(&name, &binary, &variables, zip_mb))
            .with_context(|| format!("function `{name}`"))?;
        println!("{:<20} {:>8.2} {:>9.1} {:>9.1} {:>9.1}", name, zip_mb, figures.p50_ms, figures.p99_ms, figures.rss_mb);
        all.push(figures);
    }
    println!("{RUNS} runs each; p99 of so few is the slowest. Exec to first poll on this machine, without AWS's sandbox.");
    if json {
        println!("{}", line(&all));
    }
    Ok(())
}

fn measure(name: &str, binary: &Path, variables: &[(String, String)], zip_mb: f64) -> Result<Figures> {
    let mut times = Vec::new();
    let mut memory = Vec::new();
    for run in 0..RUNS + WARM_UP {
        let (took, rss) = once(binary, variables)?;
        if run >= WARM_UP {
            times.push(took.as_secs_f64() * 1e3);
            memory.push(rss);
        }
    }
    times.sort_by(f64::total_cmp);
    memory.sort_by(f64::total_cmp);
    Ok(Figures {
        name: name.to_owned(),
        zip_mb,
        p50_ms: percentile(&times, 50),
        p99_ms: percentile(&times, 99),
        rss_mb: percentile(&memory, 50),
    })
}

/// One start: until the first poll, and the resident memory at that moment.
fn once(binary: &Path, variables: &[(String, String)]) -> Result<(Duration, f64)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let mut command = Command::new(binary);
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
    command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string());
    // A closed port: a function that called AWS before its first event would show as slow or failing.
    command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", stack::free_port()?));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start `{}`", binary.display()))?;
    let result = first_poll(&listener, &mut child, started);
    child.kill()?;
    child.wait()?;
    result
}

fn first_poll(listener: &TcpListener, child: &mut Child, started: Instant) -> Result<(Duration, f64)> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                // The connection stays open until memory is read: a program whose poll is cut off may be gone by then.
                let asked = request_line(&stream)?;
                let took = started.elapsed();
                if asked.contains(NEXT) {
                    return Ok((took, resident_mb(child.id())?));
                }
                bail!("the first request was `{}`, not a poll", asked.trim());
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if let Some(status) = child.try_wait()? {
                    let mut said = String::new();
                    if let Some(mut stream) = child.stderr.take() {
                        std::io::Read::read_to_string(&mut stream, &mut said)?;
                    }
                    bail!("ended before its first poll ({status}): {}", said.trim());
                }
                if started.elapsed() > LIMIT {
                    bail!("no poll within {} s", LIMIT.as_secs());
                }
                thread::sleep(Duration::from_micros(50));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn request_line(stream: &TcpStream) -> Result<String> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

fn resident_mb(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kb = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .context("the kernel does not say how much memory it holds")?;
    Ok(bytes_mb(kb * 1024))
}

/// Megabytes of 10^6 bytes.
fn bytes_mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The smallest value that at least `percent` of the sorted values do not exceed.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn line(all: &[Figures]) -> Value {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let functions: Vec<Value> = all
        .iter()
        .map(|f| json!({"name": f.name, "zip_mb": round(f.zip_mb), "p50_ms": round(f.p50_ms), "p99_ms": round(f.p99_ms), "rss_mb": round(f.rss_mb)}))
        .collect();
    json!({"bench": "coldstart", "functions": functions})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=30).map(f64::from).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 99)), (15.0, 30.0));
        assert_eq!(percentile(&[7.0], 50), 7.0);
    }

    #[test]
    fn the_clock_stops_at_the_first_poll_and_a_program_that_never_polls_is_an_error() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let poll =
            |path: &str| format!("exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET {path} HTTP/1.1\\r\\n\\r\\n' >&3; read -r -t 5 _ <&3");
        let bash = |text: &str| Command::new("bash").args(["-c", text]).stderr(Stdio::piped()).spawn().unwrap();
        let mut polls = bash(&poll(NEXT));
        let (took, rss) = first_poll(&listener, &mut polls, Instant::now()).unwrap();
        assert!(took < LIMIT && rss > 0.1);
        polls.kill().unwrap();
        polls.wait().unwrap();

        let mut ends = bash("echo no table >&2; exit 1");
        let error = first_poll(&listener, &mut ends, Instant::now()).unwrap_err().to_string();
        assert!(error.contains("no table"), "{error}");
    }
}
