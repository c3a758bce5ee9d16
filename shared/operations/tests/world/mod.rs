//! A small account behind the SDK's HTTP edge: one resource of each kind, answers recorded from the services' own
//! documents, and state that changes when a write arrives. Entry type: [`World`].
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

pub mod answers;

use std::sync::{Arc, Mutex};

use domain::{AccountId, Params, Value};
use operations::{Operation, Scope};
use testkit::{Answer, Replay, Sent};

pub const ACCOUNT: &str = "222222222222";
pub const INSTANCE: &str = "i-0abc123def4567890";
pub const OTHER_INSTANCE: &str = "i-0abc123def4567891";
pub const GROUP: &str = "sg-0abc123def4567890";
pub const BUCKET: &str = "orders-archive";
pub const DATABASE: &str = "orders";
pub const FUNCTION: &str = "pay";
pub const SCALING_GROUP: &str = "web";

pub fn scope() -> Scope {
    Scope::new(AccountId::parse(ACCOUNT).unwrap(), "us-east-1")
}

/// What the account holds.
#[derive(Debug, Clone)]
pub struct State {
    pub instance: String,
    pub status_checks: String,
    pub healthy: Vec<String>,
    pub rules: Vec<(String, i64, String, String)>,
    pub block: Option<[bool; 4]>,
    pub database: String,
    pub concurrency: Option<i64>,
    /// The alias `live` as GetAlias answers it: version, and the shares of other versions.
    pub alias: (String, Vec<(String, f64)>),
    pub numbers: [i64; 3],
    /// IAM action that is denied.
    pub denied: Option<String>,
    /// Answer to every write, instead of doing it.
    pub write_fault: Option<Answer>,
    /// Every list comes one page at a time, the first of them empty.
    pub paged: bool,
    /// Resources exist.
    pub exists: bool,
    next_rule: i64,
}

/// The account and what was sent to it.
#[derive(Clone)]
pub struct World {
    pub state: Arc<Mutex<State>>,
    pub replay: Replay,
}

impl World {
    pub fn new(change: impl FnOnce(&mut State)) -> Self {
        let mut state = State {
            instance: "running".into(),
            status_checks: "ok".into(),
            healthy: vec![INSTANCE.into(), OTHER_INSTANCE.into()],
            rules: vec![
                ("sgr-1".into(), 22, "0.0.0.0/0".into(), "office".into()),
                ("sgr-2".into(), 443, "0.0.0.0/0".into(), String::new()),
            ],
            block: Some([true, false, false, false]),
            database: "available".into(),
            concurrency: Some(50),
            alias: ("3".into(), Vec::new()),
            numbers: [1, 2, 3],
            denied: None,
            write_fault: None,
            paged: false,
            exists: true,
            next_rule: 10,
        };
        change(&mut state);
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let replay = Replay::new(move |sent| Some(answers::answer(&mut shared.lock().unwrap(), sent)));
        Self { state, replay }
    }

    pub fn config(&self) -> aws_config::SdkConfig {
        self.replay.sdk_config("us-east-1")
    }

    pub fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    /// IAM actions of everything sent, in order.
    pub fn actions(&self) -> Vec<String> {
        self.replay.sent().iter().flat_map(actions).collect()
    }

    /// IAM actions of everything sent that changes something.
    pub fn writes(&self) -> Vec<String> {
        self.actions().into_iter().filter(|a| is_write(a)).collect()
    }
}

/// A request for each operation that this account can serve.
pub fn request(operation: &dyn Operation) -> (Vec<String>, Params) {
    let (target, params): (&str, Vec<(&str, Value)>) = match operation.id() {
        "ec2.start_instances" | "ec2.stop_instances" | "ec2.reboot_instances" => (INSTANCE, vec![]),
        "ec2.revoke_ingress" => (GROUP, vec![("port", Value::Int(22)), ("cidr", "0.0.0.0/0".into())]),
        "s3.block_public_access" => (BUCKET, vec![]),
        "rds.reboot_instance" => (DATABASE, vec![("failover", true.into())]),
        "lambda.rollback_alias" => (FUNCTION, vec![("alias", "live".into())]),
        "lambda.set_concurrency" => (FUNCTION, vec![("concurrency", Value::Int(7))]),
        "autoscaling.set_capacity" => (SCALING_GROUP, vec![("desired_capacity", Value::Int(1))]),
        other => panic!("`{other}` has no request here: add one"),
    };
    (vec![target.to_owned()], params.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

/// A world in which the operation has something to do.
pub fn world_for(operation: &dyn Operation) -> World {
    World::new(|state| {
        if operation.id() == "ec2.start_instances" {
            state.instance = "stopped".into();
        }
    })
}

/// Everything that is not plainly a question counts as a write.
pub fn is_write(action: &str) -> bool {
    let verb = action.split(':').nth(1).unwrap_or_default();
    !["Describe", "Get", "List"].iter().any(|reading| verb.starts_with(reading))
}

/// The IAM actions of a request, as the service authorisation reference names them.
pub fn actions(sent: &Sent) -> Vec<String> {
    let host = sent.uri.split('/').nth(2).unwrap_or_default();
    let path = sent.uri.splitn(4, '/').nth(3).unwrap_or_default();
    if host.contains("s3.") {
        return vec![format!("s3:{}", s3_action(&sent.method, path))];
    }
    let service = host.split('.').next().unwrap_or_default();
    if service == "lambda" {
        let names: &[&str] = match (sent.method.as_str(), path) {
            ("GET", "2016-08-19/account-settings") => &["GetAccountSettings"],
            ("GET", path) if path.contains("/aliases/") => &["GetAlias"],
            ("PUT", path) if path.contains("/aliases/") => &["UpdateAlias"],
            ("GET", path) if path.split('?').next().is_some_and(|path| path.ends_with("/versions")) => &["ListVersionsByFunction"],
            // Its tags come only with a permission of their own.
            ("GET", path) if path.starts_with("2015-03-31/functions/") => &["GetFunction", "ListTags"],
            ("PUT", path) if path.ends_with("/concurrency") => &["PutFunctionConcurrency"],
            ("DELETE", path) if path.ends_with("/concurrency") => &["DeleteFunctionConcurrency"],
            other => panic!("unknown request {other:?}"),
        };
        return names.iter().map(|n| format!("lambda:{n}")).collect();
    }
    vec![format!("{service}:{}", field(&sent.body, "Action").unwrap_or_else(|| panic!("unknown request {sent:?}")))]
}

fn s3_action(method: &str, path: &str) -> &'static str {
    let query = path.split_once('?').map_or("", |(_, q)| q);
    let has = |name: &str| query.split('&').any(|part| part.split('=').next() == Some(name));
    match method {
        "GET" if has("publicAccessBlock") => "GetBucketPublicAccessBlock",
        "PUT" | "DELETE" if has("publicAccessBlock") => "PutBucketPublicAccessBlock",
        "GET" if has("policyStatus") => "GetBucketPolicyStatus",
        "GET" if has("policy") => "GetBucketPolicy",
        "GET" if has("acl") => "GetBucketAcl",
        "GET" if has("website") => "GetBucketWebsite",
        "GET" if has("tagging") => "GetBucketTagging",
        _ => panic!("unknown request {method} {path}"),
    }
}

/// A field of a form, decoded.
pub fn field(body: &str, name: &str) -> Option<String> {
    let raw = body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::new();
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}
