//! A small HTTP server with recorded answers, and the program run against it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

/// One request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Path with query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path.split('?').next() == Some(path)
    }
    /// The action of the identity provider's API.
    pub fn action(&self) -> &str {
        self.header("x-amz-target").rsplit('.').next().unwrap()
    }
}

/// Status and JSON body.
pub type Reply = (u16, Value);

pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers every request by the function, in the order in which they come.
    pub fn start(mut answer: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, halt) = (seen.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if halt.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                let Some(request) = read(&stream) else { continue };
                let (status, body) = answer(&request);
                log.lock().unwrap().push(request);
                let body = if body.is_null() { String::new() } else { body.to_string() };
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = (&stream).write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { url, seen, stop, thread: Some(thread) }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests that could change something.
    pub fn writes(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|s| s.method != "GET" && s.header("x-amz-target").is_empty()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
        let ended = self.thread.take().unwrap().join();
        if ended.is_err() && !std::thread::panicking() {
            panic!("the server's answer panicked");
        }
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(n, _)| n == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, path, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// A person's machine: a config directory of its own.
pub struct Home {
    pub dir: PathBuf,
    url: String,
}

static HOMES: AtomicU32 = AtomicU32::new(0);

/// What one run printed.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Home {
    /// With the settings that lead to a server.
    pub fn new(server: &Server) -> Self {
        let number = HOMES.fetch_add(1, Ordering::SeqCst);
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("home-{}-{number}", std::process::id()));
        Self { dir, url: server.url.clone() }
    }

    /// With somebody signed in for an hour.
    pub fn signed_in(server: &Server) -> Self {
        let home = Self::new(server);
        home.sign_in("default", "alice", "id-1", 3600);
        home
    }

    /// Leads to another server from now on.
    pub fn moved_to(mut self, server: &Server) -> Self {
        self.url = server.url.clone();
        self
    }

    pub fn sign_in(&self, profile: &str, user: &str, id_token: &str, seconds: i64) {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let dir = self.dir.join("profiles").join(profile);
        std::fs::create_dir_all(&dir).unwrap();
        let tokens = json!({
            "user": user, "issuer_url": self.url, "client_id": "client-1", "id_token": id_token,
            "refresh_token": "refresh-1", "expires_at": now + seconds * 1000,
        });
        std::fs::write(dir.join("tokens.json"), tokens.to_string()).unwrap();
    }

    pub fn tokens(&self, profile: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.dir.join("profiles").join(profile).join("tokens.json")).unwrap()).unwrap()
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, "", &[])
    }

    pub fn typing(&self, args: &[&str], input: &str) -> Run {
        self.run_with(args, input, &[])
    }

    pub fn run_with(&self, args: &[&str], input: &str, env: &[(&str, &str)]) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aiops"))
            .args(args)
            .env_clear()
            .env("AIOPS_CONFIG_DIR", &self.dir)
            .env("AIOPS_ENDPOINT", &self.url)
            .env("AIOPS_ISSUER_URL", &self.url)
            .env("AIOPS_CLIENT_ID", "client-1")
            .env("LANG", "en_US.UTF-8")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A run that does not read its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The plan of most tests.
pub const PLAN: &str = "plan_01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// A plan's view with a preview that hashes right.
pub fn view(state: &str, preview: &str, digest: &str) -> Value {
    json!({
        "plan": {"id": PLAN, "state": state, "later_field": [1, 2]},
        "state": state, "preview_text": preview, "preview_hash": hash(preview), "digest": digest,
        "approvals": [], "later_field": {"a": true},
    })
}

/// SHA-256 of a text.
pub fn hash(text: &str) -> String {
    domain::Digest::of_bytes(text.as_bytes()).to_string()
}

pub fn error(status: u16, name: &str, message: &str) -> Reply {
    (status, json!({"error": {"name": name, "message": message}}))
}

pub fn unexpected(request: &Seen) -> Reply {
    error(400, "Test.Unexpected", &format!("{} {}", request.method, request.path))
}
