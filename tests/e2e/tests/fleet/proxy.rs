//! Faults on the wire: a proxy between a function and the stack. Entry types: [`Proxy`], [`Rewired`].
//!
//! Requests pass unchanged, `Host` included, so that their signatures stay good. The first request that a [`Fault`] asks for meets it
//! as many times as the fault says. Everything is a thread of its own, so that a test may block while it looks.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aws_sdk_lambda::types::Environment;

use crate::world::*;

/// What happens to a request.
#[derive(Clone)]
pub enum Act {
    /// The stack carries it out and the connection breaks before the answer.
    LoseTheAnswer,
    /// The function dies before the stack sees it.
    KillBefore,
    /// The stack carries it out and the function dies before the answer.
    KillAfter,
    /// The stack never sees it; this is the answer: status, content type, body.
    Answer(u16, &'static str, String),
    /// The stack carries it out, then this happens, then the answer goes back.
    Meanwhile(Arc<dyn Fn() + Send + Sync>),
}

/// A request line with its headers and body, as one text.
type Looks = Arc<dyn Fn(&str) -> bool + Send + Sync>;

#[derive(Clone)]
struct Fault {
    looks: Looks,
    act: Act,
    left: Arc<AtomicUsize>,
    met: Arc<AtomicUsize>,
}

/// How often a fault was met.
pub struct Met(Arc<AtomicUsize>);

impl Met {
    pub fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
    /// Waits for the fault.
    pub async fn wait(&self, seconds: u64) {
        let end = Instant::now() + Duration::from_secs(seconds);
        while self.times() == 0 {
            assert!(Instant::now() < end, "the request that was to be disturbed never came");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub struct Proxy {
    pub url: String,
    faults: Arc<Mutex<Vec<Fault>>>,
}

impl Proxy {
    /// A proxy for one function.
    pub fn start(function: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let faults: Arc<Mutex<Vec<Fault>>> = Arc::default();
        let shared = Arc::clone(&faults);
        let stack = world().endpoint.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (faults, stack) = (Arc::clone(&shared), stack.clone());
                // A broken connection is what this is for.
                std::thread::spawn(move || serve(&client, &stack, function, &faults).ok());
            }
        });
        Self { url, faults }
    }

    /// Disturbs the next requests that hold all of these texts.
    pub fn disturb(&self, texts: &[&str], times: usize, act: Act) -> Met {
        let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
        let met = Arc::new(AtomicUsize::new(0));
        let looks: Looks = Arc::new(move |request| texts.iter().all(|text| request.contains(text.as_str())));
        self.faults.lock().unwrap().push(Fault { looks, act, left: Arc::new(AtomicUsize::new(times)), met: Arc::clone(&met) });
        Met(met)
    }
}

/// One HTTP message as it came: head and body.
struct Message {
    head: String,
    raw: Vec<u8>,
}

fn serve(client: &TcpStream, stack: &str, function: &str, faults: &Mutex<Vec<Fault>>) -> std::io::Result<()> {
    let mut from = BufReader::new(client.try_clone()?);
    while let Some(request) = read_message(&mut from, false)? {
        let text = String::from_utf8_lossy(&request.raw).into_owned();
        let fault = faults.lock().unwrap().iter().find(|f| f.left.load(Ordering::SeqCst) > 0 && (f.looks)(&text)).cloned();
        let Some(fault) = fault else {
            (&*client).write_all(&forward(stack, &request)?.raw)?;
            continue;
        };
        fault.left.fetch_sub(1, Ordering::SeqCst);
        let answer = match &fault.act {
            Act::LoseTheAnswer => {
                forward(stack, &request)?;
                None
            }
            Act::KillBefore => {
                kill(function, client);
                None
            }
            Act::KillAfter => {
                forward(stack, &request)?;
                kill(function, client);
                None
            }
            Act::Answer(status, kind, body) => {
                let head = format!("HTTP/1.1 {status} Disturbed\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
                Some([head.as_bytes(), body.as_bytes()].concat())
            }
            Act::Meanwhile(act) => {
                let answer = forward(stack, &request)?;
                act();
                Some(answer.raw)
            }
        };
        fault.met.fetch_add(1, Ordering::SeqCst);
        match answer {
            Some(answer) => (&*client).write_all(&answer)?,
            None => return client.shutdown(Shutdown::Both),
        }
    }
    Ok(())
}

fn forward(stack: &str, request: &Message) -> std::io::Result<Message> {
    let mut upstream = TcpStream::connect(stack)?;
    upstream.write_all(&request.raw)?;
    let bodyless = request.head.starts_with("HEAD ");
    read_message(&mut BufReader::new(upstream), bodyless)?.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

fn read_message(from: &mut impl BufRead, bodyless: bool) -> std::io::Result<Option<Message>> {
    let mut raw = Vec::new();
    loop {
        let start = raw.len();
        if from.read_until(b'\n', &mut raw)? == 0 {
            return if raw.is_empty() { Ok(None) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) };
        }
        if raw[start..] == *b"\r\n" {
            break;
        }
    }
    let head = String::from_utf8_lossy(&raw).into_owned();
    let header = |name: &str| {
        head.lines()
            .find_map(|line| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned()))
    };
    if bodyless {
    } else if header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
        loop {
            let start = raw.len();
            from.read_until(b'\n', &mut raw)?;
            let size = usize::from_str_radix(String::from_utf8_lossy(&raw[start..]).trim(), 16).unwrap();
            from.by_ref().take(size as u64 + 2).read_to_end(&mut raw)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = header("content-length").and_then(|v| v.parse().ok()) {
        from.by_ref().take(length).read_to_end(&mut raw)?;
    }
    Ok(Some(Message { head, raw }))
}

/// Ends the process at the other end of a connection at once, as a crashed host would; it has to be the function's, on this stack.
fn kill(function: &str, client: &TcpStream) {
    let socket = format!("socket:[{}]", inode(client.peer_addr().unwrap().port()));
    let endpoint = format!("AWS_ENDPOINT_URL={}", world().endpoint);
    let name = format!("AWS_LAMBDA_FUNCTION_NAME=aiops-{function}");
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let holds = |wanted: &str| environment.split(|b| *b == 0).any(|v| v == wanted.as_bytes());
        let open = || std::fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten();
        if holds(&endpoint) && holds(&name) && open().any(|fd| fd.path().read_link().is_ok_and(|to| to.as_os_str() == socket.as_str())) {
            let done = std::process::Command::new("sh").args(["-c", "kill -KILL \"$1\"", "sh", &pid.to_string()]).status().unwrap();
            assert!(done.success());
            return;
        }
    }
    panic!("no process of {function} on {} has this connection", world().endpoint);
}

/// The kernel's number of the socket that is bound to a local port and connected.
fn inode(port: u16) -> String {
    let port = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let found = lines.into_iter().find(|columns| columns[1].ends_with(&port) && columns[3] == "01");
    found.unwrap_or_else(|| panic!("no connection from port {port}"))[9].to_owned()
}

/// A function with other variables and another time limit, in the workflows that start from now on. Dropping it puts everything back.
pub struct Rewired {
    function: &'static str,
    environment: Environment,
    timeout: i32,
    definition: String,
    version: String,
}

impl Rewired {
    /// Sends a function's calls of some services (`EC2`, `LAMBDA`, `DYNAMODB`) through the proxy.
    ///
    /// The deployed workflow calls a published version, so that a version of this configuration is published for it.
    pub async fn through(proxy: &Proxy, function: &'static str, services: &[&str], timeout: i32) -> Self {
        let w = world();
        let (lambda, sfn) = (w.lambda(HUB), w.sfn());
        let name = format!("aiops-{function}");
        let before = lambda.get_function_configuration().function_name(&name).send().await.unwrap();
        let machine = sfn.describe_state_machine().state_machine_arn(w.hub("ChangeStateMachineArn")).send().await.unwrap();
        let mut variables = before.environment().unwrap().variables().unwrap().clone();
        assert!(variables.keys().all(|key| !key.starts_with("AWS_ENDPOINT_URL_")), "{name} was left rewired by a test that was killed");
        let mut rewired = Self {
            function,
            environment: Environment::builder().set_variables(Some(variables.clone())).build(),
            timeout: before.timeout().unwrap(),
            definition: machine.definition().to_owned(),
            version: String::new(),
        };
        for service in services {
            variables.insert(format!("AWS_ENDPOINT_URL_{service}"), proxy.url.clone());
        }
        let environment = Environment::builder().set_variables(Some(variables)).build();
        lambda.update_function_configuration().function_name(&name).environment(environment).timeout(timeout).send().await.unwrap();
        let version = lambda.publish_version().function_name(&name).send().await.unwrap().version().unwrap().to_owned();
        let definition = in_version(machine.definition(), &name, &version);
        rewired.version = version;
        sfn.update_state_machine().state_machine_arn(w.hub("ChangeStateMachineArn")).definition(definition).send().await.unwrap();
        rewired
    }

    async fn restore(&self) {
        let (w, name) = (world(), format!("aiops-{}", self.function));
        let lambda = w.lambda(HUB);
        w.sfn().update_state_machine().state_machine_arn(w.hub("ChangeStateMachineArn")).definition(&self.definition).send().await.unwrap();
        let update = lambda.update_function_configuration().function_name(&name);
        update.environment(self.environment.clone()).timeout(self.timeout).send().await.unwrap();
        if !self.version.is_empty() {
            lambda.delete_function().function_name(&name).qualifier(&self.version).send().await.unwrap();
        }
    }
}

impl Drop for Rewired {
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            let done = scope.spawn(|| blocking(self.restore())).join();
            assert!(done.is_ok() || std::thread::panicking(), "the function was not restored");
        });
    }
}

/// The definition with another version of one function, where it has a step of it.
fn in_version(definition: &str, name: &str, version: &str) -> String {
    let marker = format!(":function:{name}:");
    let mut parts = definition.split(&marker);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(&format!("{marker}{version}{rest}"));
    }
    out
}

/// Runs to its end on a runtime of its own: for threads without one.
pub fn blocking<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
