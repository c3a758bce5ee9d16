//! A server that is the Lambda Runtime API and AWS at once. Entry type: [`Server`].
//!
//! Invariant: what it counts as a request went to a service that is scanned or to STS; the ledger and the bucket of results are counted
//! apart.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use serde_json::{Value, json};

use super::answers::{self, Reply};

/// Of every call to AWS.
const LATENCY: Duration = Duration::from_millis(20);
/// One in so many calls is throttled.
const THROTTLE_ONE_IN: usize = 20;
const RUNTIME: &str = "/2018-06-01/runtime/";

/// The first account; the others follow.
const FIRST: u64 = 200_000_000_001;
/// The account that lets nobody in, counted from the first.
const DENIED: usize = 1;

/// What is scanned.
pub(super) struct Plan {
    accounts: Vec<String>,
    batches: Vec<Value>,
    scan: Value,
}

const SCAN: &str = "scan_01KAQ3Z8M5T9V2XW7C4RFHN6JD";

impl Plan {
    pub(super) fn new(n: usize, batch: usize, full: bool) -> Self {
        let accounts: Vec<String> = (0..n as u64).map(|i| (FIRST + i).to_string()).collect();
        let mut services = vec!["ec2", "vpc", "s3", "rds", "lambda", "dynamodb", "cloudwatch"];
        if full {
            services.push("iam");
        }
        let depth = if full { "full" } else { "inventory" };
        let places: Vec<Value> = accounts.iter().map(|a| json!({"account": a, "region": "us-east-1", "home": true})).collect();
        let batches = places.chunks(batch).map(|p| json!({"scan_id": SCAN, "services": services, "depth": depth, "places": p})).collect();
        let scan = json!({"id": SCAN, "asked_by": "bench", "asked_at": 0, "services": services, "depth": depth, "places": places});
        Self { accounts, batches, scan }
    }
}

struct Shared {
    plan: Plan,
    next: AtomicUsize,
    answered: AtomicUsize,
    calls: AtomicUsize,
    throttled: AtomicUsize,
    open: AtomicBool,
    faults: Mutex<Vec<String>>,
    seen: Mutex<BTreeSet<String>>,
}

/// The running server.
pub(super) struct Server {
    address: String,
    shared: Arc<Shared>,
}

impl Server {
    pub(super) fn start(plan: Plan) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::new(Shared {
            plan,
            next: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            throttled: AtomicUsize::new(0),
            open: AtomicBool::new(false),
            faults: Mutex::default(),
            seen: Mutex::default(),
        });
        let own = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = own.clone();
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Ok(Self { address, shared })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// No account denies: the reference stops at the first error.
    pub(super) fn let_everyone_in(&self) {
        self.shared.open.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_done(&self) -> bool {
        self.shared.answered.load(Ordering::Relaxed) >= self.shared.plan.batches.len()
    }

    pub(super) fn progress(&self) -> String {
        format!("{} of {} invocations", self.shared.answered.load(Ordering::Relaxed), self.shared.plan.batches.len())
    }

    pub(super) fn requests(&self) -> usize {
        self.shared.calls.load(Ordering::Relaxed)
    }

    pub(super) fn throttled(&self) -> usize {
        self.shared.throttled.load(Ordering::Relaxed)
    }

    pub(super) fn faults(&self) -> Vec<String> {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Accounts whose report is not as it should be.
    pub(super) fn missed(&self) -> usize {
        let seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.plan.accounts.iter().filter(|a| !seen.contains(*a)).count()
    }
}

/// A request as far as the answers need it.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) target: String,
    pub(super) authorization: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    fn read(reader: &mut BufReader<&TcpStream>) -> Option<Self> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut request = Self { method, path, target: String::new(), authorization: String::new(), body: Vec::new() };
        let (mut length, mut chunked) = (0, false);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "x-amz-target" => value.clone_into(&mut request.target),
                "authorization" => value.clone_into(&mut request.authorization),
                _ => {}
            }
        }
        if chunked {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size).ok()?;
                let n = usize::from_str_radix(size.trim().split(';').next()?, 16).ok()?;
                let mut chunk = vec![0; n + 2];
                reader.read_exact(&mut chunk).ok()?;
                if n == 0 {
                    break;
                }
                chunk.truncate(n);
                request.body.extend(chunk);
            }
        } else {
            request.body = vec![0; length];
            reader.read_exact(&mut request.body).ok()?;
        }
        Some(request)
    }

    /// The form field of a query request.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let body = std::str::from_utf8(&self.body).ok()?;
        body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
    }

    /// The service by the signature's scope.
    pub(super) fn service(&self) -> &str {
        self.authorization.split('/').nth(3).unwrap_or_default()
    }

    /// The account whose credentials signed: the stub's keys name it.
    pub(super) fn account(&self) -> &str {
        let key = self.authorization.split("Credential=").nth(1).and_then(|c| c.split('/').next()).unwrap_or_default();
        key.strip_prefix("ASIA").unwrap_or_default()
    }
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(request) = Request::read(&mut reader) {
        let Some(reply) = answer(&request, shared) else { return };
        if write(&mut writer, &reply).is_err() {
            return;
        }
    }
}

fn write(writer: &mut impl Write, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut whole = head.into_bytes();
    whole.extend(&reply.body);
    writer.write_all(&whole)
}

fn answer(request: &Request, shared: &Shared) -> Option<Reply> {
    if let Some(rest) = request.path.strip_prefix(RUNTIME) {
        return runtime(rest, request, shared);
    }
    // The ledger and the bucket of results are the hub's own; its key is not a member's.
    let member = !request.account().is_empty();
    if request.service() == "dynamodb" && !member {
        return Some(answers::ledger(&request.target, &request.body, &shared.plan.scan, &shared.plan.accounts));
    }
    if request.service() == "s3" && !member && request.method == "PUT" {
        note(request, shared);
        return Some(Reply::text(200, ""));
    }
    thread::sleep(LATENCY);
    let n = shared.calls.fetch_add(1, Ordering::Relaxed);
    if n % THROTTLE_ONE_IN == THROTTLE_ONE_IN / 2 {
        shared.throttled.fetch_add(1, Ordering::Relaxed);
        return Some(answers::throttled(request));
    }
    let denied = shared.plan.accounts.get(DENIED).filter(|_| !shared.open.load(Ordering::Relaxed));
    Some(answers::aws(request, denied.map(String::as_str)))
}

/// The next invocation, or the end of one.
fn runtime(rest: &str, request: &Request, shared: &Shared) -> Option<Reply> {
    if rest == "invocation/next" {
        let n = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(batch) = shared.plan.batches.get(n) else {
            // Lambda would freeze the process here.
            thread::sleep(Duration::from_secs(3_600));
            return None;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
        let mut reply = Reply::text(200, &batch.to_string());
        reply.headers.push(("content-type", "application/json".to_owned()));
        reply.headers.push(("Lambda-Runtime-Aws-Request-Id", format!("bench-{n}")));
        reply.headers.push(("Lambda-Runtime-Deadline-Ms", (now + 240_000).to_string()));
        reply.headers.push(("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111111111111:function:bench".to_owned()));
        reply.headers.push(("Lambda-Runtime-Trace-Id", "Root=1".to_owned()));
        return Some(reply);
    }
    let said = String::from_utf8_lossy(&request.body).into_owned();
    let left = serde_json::from_str::<Value>(&said).ok().and_then(|v| v.get("places")?.as_array().map(Vec::len));
    if rest.ends_with("/error") || left != Some(0) {
        let mut faults = shared.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push(said.chars().take(300).collect());
    }
    shared.answered.fetch_add(1, Ordering::Relaxed);
    Some(Reply::text(202, ""))
}

/// Whether a report says what it should: the account's own resource, or, for the one that denies, that nothing was seen.
fn note(request: &Request, shared: &Shared) {
    let Some(account) = request.path.split('/').rev().nth(1).map(str::to_owned) else { return };
    let body = String::from_utf8_lossy(&request.body);
    let denies = shared.plan.accounts.get(DENIED) == Some(&account);
    let right = if denies {
        body.contains("\"unscanned\"") && body.contains("sts:AssumeRole") && !body.contains("\"complete\"")
    } else {
        body.contains(&format!("i-canary{account}")) && !body.contains("\"unscanned\"") && !body.contains("\"partial\"")
    };
    if right {
        shared.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(account);
    }
}
