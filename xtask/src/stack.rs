//! The local stack's process. Entry type: [`Stack`].
//!
//! Invariants: it sees nothing of the caller's environment (functions inherit what it sees), it listens on loopback
//! only, and it is asked to end, never killed while it may still have state to save.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{process::read, workspace::Workspace};

/// The hub's account: unsigned requests (sign-in, the endpoint) go there.
pub(crate) const HUB: &str = "111111111111";
/// Where the stack listens unless told otherwise.
pub(crate) const PORT: u16 = 4566;
/// The file with the address of the server behind its Bedrock.
const MODELS: &str = "models-url";
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(90);

/// Whose life the process shares.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// Its own: it goes on after xtask.
    Daemon,
    /// That of a process: it ends when the process does, however that happens.
    While(u32),
}

/// A stack: where it listens, and the folder with its state.
pub(crate) struct Stack {
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    /// State, pid, log.
    pub(crate) dir: PathBuf,
    child: Option<Child>,
}

impl Stack {
    /// The stack of a folder that listens on a port.
    pub(crate) fn new(dir: &Path, port: u16) -> Self {
        Self { port, dir: dir.to_owned(), child: None }
    }

    /// The stack that runs from this folder, if one does.
    pub(crate) fn running(dir: &Path) -> Option<Self> {
        let text = fs::read_to_string(dir.join("ministack.pid")).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let port = u16::try_from(value.get("port")?.as_u64()?).ok()?;
        let stack = Self::new(dir, port);
        (stack.pid().is_some_and(is_stack)).then_some(stack)
    }

    /// `http://127.0.0.1:<port>`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where its log is.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("ministack.log")
    }

    /// Whether the last run ended without saving its state.
    pub(crate) fn ended_badly(&self) -> bool {
        self.dir.join("unsaved").exists()
    }

    /// Starts the process and waits until it answers.
    pub(crate) fn start(&mut self, ws: &Workspace, life: Life) -> Result<()> {
        refuse_taken(self.port)?;
        let tmp = self.dir.join("tmp");
        fs::create_dir_all(&tmp)?;
        if self.log().exists() {
            fs::rename(self.log(), self.dir.join("ministack.log.1"))?;
        }
        let log = File::create(self.log())?;
        let mut command = Command::new(ws.tool("python"));
        command
            .arg("-P")
            .arg(ws.root.join("infra/local/serve.py"))
            .current_dir(&tmp)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        for (name, value) in self.environment(&tmp) {
            command.env(name, value);
        }
        match life {
            Life::Daemon => command.process_group(0),
            Life::While(pid) => command.args(["--while", &pid.to_string()]),
        };
        let child = command.spawn().context("cannot start the local stack")?;
        fs::write(self.dir.join("ministack.pid"), json!({"pid": child.id(), "port": self.port}).to_string())?;
        fs::write(self.dir.join("unsaved"), b"")?;
        self.child = Some(child);
        self.wait_until_ready()
    }

    /// Puts an OpenAI-compatible server behind its Bedrock, from the next start on.
    pub(crate) fn ask_models_at(&self, url: &str) -> Result<()> {
        Ok(fs::write(self.dir.join(MODELS), url)?)
    }

    fn environment(&self, tmp: &Path) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.dir.join(name).display().to_string();
        let models = fs::read_to_string(self.dir.join(MODELS)).ok().map(|url| ("MINISTACK_BEDROCK_PROXY_URL", url));
        let mut environment = vec![
            ("HOME", tmp.display().to_string()),
            ("TMPDIR", tmp.display().to_string()),
            ("LANG", "C.UTF-8".into()),
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
            ("GATEWAY_PORT", self.port.to_string()),
            ("BIND_HOST", "127.0.0.1".into()),
            // Functions call back here; nothing else tells them where the stack is.
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("MINISTACK_ACCOUNT_ID", HUB.into()),
            ("AUTH", "true".into()),
            ("CLOUDTRAIL_RECORDING", "1".into()),
            // The end-to-end tests ask it about the whole run.
            ("CLOUDTRAIL_MAX_EVENTS", "40000".into()),
            ("PERSIST_STATE", "1".into()),
            ("STATE_DIR", path("state")),
            ("S3_PERSIST", "1".into()),
            ("S3_DATA_DIR", path("state/s3")),
            // Listeners and containers that nothing here needs.
            ("SFTP_ENABLED", "0".into()),
            ("IOT_MTLS_ENABLED", "0".into()),
            ("DOCKER_HOST", format!("unix://{}", path("no-docker"))),
        ];
        environment.extend(models);
        environment
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let end = Instant::now() + START;
        while Instant::now() < end {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("the local stack ended at once ({status}):\n{}", self.tail(20));
            }
            if self.healthy() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("the local stack did not answer within {} s:\n{}", START.as_secs(), self.tail(20))
    }

    /// Whether it answers.
    pub(crate) fn healthy(&self) -> bool {
        get(self.port, "/_ministack/ready").is_ok_and(|reply| reply.starts_with("HTTP/1.1 200"))
    }

    /// Asks it to end, and waits until its state is saved.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let Some(pid) = self.pid().filter(|pid| is_stack(*pid)) else {
            return self.forget("ministack.pid");
        };
        // Somebody else may have started it again: then it is no child of this process, and its own end is waited for.
        if self.child.as_ref().is_some_and(|child| child.id() != pid) {
            self.child = None;
        }
        read(Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &pid.to_string()]))?;
        let end = Instant::now() + STOP;
        while self.alive(pid)? {
            if Instant::now() >= end {
                bail!("the local stack (process {pid}) has not ended after {} s; its log is `{}`", STOP.as_secs(), self.log().display());
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.forget("ministack.pid")?;
        self.forget("unsaved")
    }

    fn forget(&mut self, name: &str) -> Result<()> {
        self.child = None;
        match fs::remove_file(self.dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn alive(&mut self, pid: u32) -> Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(is_stack(pid)),
        }
    }

    /// The process id in the pid file.
    pub(crate) fn pid(&self) -> Option<u32> {
        let value: Value = serde_json::from_str(&fs::read_to_string(self.dir.join("ministack.pid")).ok()?).ok()?;
        u32::try_from(value.get("pid")?.as_u64()?).ok()
    }

    /// The last lines of its log.
    pub(crate) fn tail(&self, lines: usize) -> String {
        let text = fs::read(self.log()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let mut last: Vec<&str> = text.lines().rev().take(lines).collect();
        last.reverse();
        last.join("\n")
    }
}

/// Whether a process is a local stack, and not another one that got its number.
fn is_stack(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains("infra/local/serve.py"))
}

/// An error where another program listens on the port.
pub(crate) fn refuse_taken(port: u16) -> Result<()> {
    if port_is_taken(port) {
        bail!("port {port} is in use by another program; choose one with `--port` or AIOPS_PORT");
    }
    Ok(())
}

fn port_is_taken(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), Duration::from_millis(500)).is_ok()
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// One HTTP request on loopback.
fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n")?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("aiops-stack-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn a_pid_that_now_belongs_to_another_program_is_not_a_running_stack() {
        let dir = dir("pid");
        fs::write(dir.join("ministack.pid"), json!({"pid": std::process::id(), "port": 4566}).to_string()).unwrap();
        assert!(Stack::running(&dir).is_none());
        fs::write(dir.join("ministack.pid"), "not json").unwrap();
        assert!(Stack::running(&dir).is_none());
        // Stopping it stops nothing and forgets the number.
        fs::write(dir.join("ministack.pid"), json!({"pid": std::process::id(), "port": 4566}).to_string()).unwrap();
        fs::write(dir.join("unsaved"), b"").unwrap();
        let mut stack = Stack::new(&dir, 4566);
        stack.stop().unwrap();
        assert!(stack.pid().is_none() && stack.ended_badly(), "what was not saved is not forgotten");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn it_listens_on_loopback_with_iam_on_and_keeps_its_state_in_its_folder() {
        let stack = Stack::new(Path::new("/folder"), 4600);
        let environment = stack.environment(Path::new("/folder/tmp"));
        let value = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
        assert_eq!((value("BIND_HOST"), value("AUTH"), value("CLOUDTRAIL_RECORDING")), ("127.0.0.1", "true", "1"));
        assert_eq!((value("STATE_DIR"), value("AWS_ENDPOINT_URL")), ("/folder/state", "http://127.0.0.1:4600"));
        assert!(environment.iter().all(|(_, text)| !text.contains("/tmp/ministack")), "nothing is kept outside the folder");
    }

    #[test]
    fn a_server_behind_its_bedrock_is_named_where_there_is_one() {
        let dir = dir("models");
        let stack = Stack::new(&dir, 4600);
        let named = |stack: &Stack| stack.environment(&dir).into_iter().find(|(name, _)| *name == "MINISTACK_BEDROCK_PROXY_URL");
        assert_eq!(named(&stack), None);
        stack.ask_models_at("http://127.0.0.1:9").unwrap();
        assert_eq!(named(&Stack::new(&dir, 4600)).map(|(_, url)| url).as_deref(), Some("http://127.0.0.1:9"));
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_taken_port_is_seen_before_anything_is_started() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(refuse_taken(port).unwrap_err().to_string().contains(&port.to_string()));
        drop(listener);
    }
}
