//! CloudTrail of an account as a witness who is no part of the fleet: who called what.
//!
//! Entry functions: [`writes`], [`calls_of_sessions`], [`hub_calls`]. Invariant: an event that is not known fails the test that
//! looks at it.
//!
//! The local stack names events of query protocols by method and service (the action is among the parameters), and those of
//! S3 and Lambda by method and depth of the path; this module turns them into words of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_cloudtrail::{
    primitives::DateTime,
    types::{Event, LookupAttribute, LookupAttributeKey},
};
use serde_json::Value;

use crate::world::*;

/// The present moment as CloudTrail counts it, a little early.
pub fn now() -> DateTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    DateTime::from_secs_f64((now - Duration::from_millis(5)).as_secs_f64())
}

/// One recorded call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The access key: twelve digits are an account's root, `ASIA…` a session of a role.
    pub key: String,
    /// `service:Action`; for S3 and Lambda `service:METHOD thing`.
    pub action: String,
    pub write: bool,
}

fn mentions(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|v| mentions(v, id)),
        Value::Object(map) => map.values().any(|v| mentions(v, id)),
        _ => false,
    }
}

/// Actions of the query protocols that change something. Whatever is neither here nor a read is unknown.
const WRITES: [&str; 12] = [
    "AuthorizeSecurityGroupIngress",
    "CreateAutoScalingGroup",
    "CreateDBInstance",
    "CreateSecurityGroup",
    "CreateTags",
    "RebootDBInstance",
    "RebootInstances",
    "RegisterTargets",
    "RevokeSecurityGroupIngress",
    "StartInstances",
    "StopInstances",
    "UpdateAutoScalingGroup",
];

/// What an event is called here, and whether it is a write.
pub fn classify(source: &str, name: &str, parameters: &Value) -> (String, bool) {
    let service = source.trim_end_matches(".amazonaws.com");
    if let (true, Some(action)) = (name == format!("POST.{service}"), parameters["Action"].as_str()) {
        let write = WRITES.contains(&action);
        assert!(write || action.starts_with("Describe"), "unknown action {service}:{action}");
        return (format!("{service}:{action}"), write);
    }
    let (word, write) = match (service, name) {
        ("s3", "CreateBucket") => ("PUT bucket", true),
        ("s3", "DeleteBucket") => ("DELETE bucket", true),
        ("s3", "ListObjects") => ("GET bucket", false),
        ("lambda", "UpdateFunctionCode") => ("PUT function", true),
        ("lambda", "DeleteFunction") => ("DELETE function", true),
        ("lambda", "UpdateAlias20150331") => ("UpdateAlias", true),
        ("lambda", "GetAlias20150331") => ("GetAlias", false),
        ("lambda", "ListVersionsByFunction") => ("ListVersionsByFunction", false),
        ("lambda", "PublishVersion") => ("PublishVersion", true),
        ("lambda", "CreateAlias") => ("CreateAlias", true),
        ("lambda", "CreateFunction") => ("CreateFunction", true),
        ("lambda", "GET.lambda") => ("GetAccountSettings", false),
        ("lambda", "GetFunction") => ("GetFunction", false),
        other => panic!("unknown event {other:?} {parameters}"),
    };
    (format!("{service}:{word}"), write)
}

fn read(event: &Event) -> (Value, Vec<String>) {
    let record: Value = serde_json::from_str(event.cloud_trail_event().unwrap()).unwrap();
    let resources = event.resources().iter().filter_map(|r| r.resource_name()).map(str::to_owned).collect();
    (record["requestParameters"].clone(), resources)
}

/// Every event of an account since then, optionally of one access key; the newest first.
async fn events(w: &World, account: &str, key: Option<&str>, since: Option<DateTime>) -> Vec<Event> {
    let client = aws_sdk_cloudtrail::Client::new(&w.root(account));
    let attribute =
        key.map(|k| LookupAttribute::builder().attribute_key(LookupAttributeKey::AccessKeyId).attribute_value(k).build().unwrap());
    let (mut seen, mut out, mut end): (BTreeSet<String>, Vec<Event>, Option<DateTime>) = Default::default();
    loop {
        let call = client.lookup_events().set_start_time(since).set_end_time(end).set_lookup_attributes(attribute.clone().map(|a| vec![a]));
        let page = call.max_results(50).send().await.unwrap();
        let fresh: Vec<Event> = page.events().iter().filter(|e| seen.insert(e.event_id().unwrap().to_owned())).cloned().collect();
        let Some(last) = fresh.last() else { return out };
        // There is no token for the next page: it ends where this one ended, and what was seen is left out.
        end = last.event_time().map(|t| DateTime::from_secs_f64(t.as_secs_f64() + 0.000_01));
        out.extend(fresh);
    }
}

/// Calls in a member account, wanted by key and by what they mention; the oldest first.
async fn calls(w: &World, account: &str, since: DateTime, wanted: impl Fn(&str, &dyn Fn(&str) -> bool) -> bool) -> Vec<Call> {
    let mut out = Vec::new();
    for event in events(w, account, None, Some(since)).await {
        let (parameters, resources) = read(&event);
        let key = event.access_key_id().unwrap_or_default().to_owned();
        if wanted(&key, &|id| resources.iter().any(|r| r == id) || mentions(&parameters, id)) {
            let (action, write) = classify(event.event_source().unwrap(), event.event_name().unwrap(), &parameters);
            out.push(Call { key, action, write });
        }
    }
    out.reverse();
    out
}

/// Calls of the fleet's sessions in a member account since then; the oldest first.
pub async fn calls_of_sessions(w: &World, account: &str, since: DateTime) -> Vec<Call> {
    calls(w, account, since, |key, _| key.starts_with("ASIA")).await
}

/// The writes of the fleet on one resource, in order.
pub async fn writes(w: &World, account: &str, id: &str, since: DateTime) -> Vec<String> {
    let calls = calls(w, account, since, |key, mentions| key.starts_with("ASIA") && mentions(id)).await;
    calls.into_iter().filter(|c| c.write).map(|c| c.action).collect()
}

/// The writes of anybody on one resource, with the access key, in order.
pub async fn writes_of_anybody(w: &World, account: &str, id: &str, since: DateTime) -> Vec<(String, String)> {
    let calls = calls(w, account, since, |_, mentions| mentions(id)).await;
    calls.into_iter().filter(|c| c.write).map(|c| (c.key, c.action)).collect()
}

/// How often a session of the operate role was opened for a plan, by the hub's own records.
pub async fn operate_sessions(w: &World, plan: &str, since: DateTime) -> usize {
    let named = |p: &Value| p["RoleSessionName"] == plan && p["RoleArn"].as_str().is_some_and(|r| r.ends_with("-operate"));
    events(w, HUB, None, Some(since)).await.iter().filter(|e| e.event_source() == Some("sts.amazonaws.com") && named(&read(e).0)).count()
}

/// Calls of one access key in the hub: `service` and action, with the parameters of each.
pub async fn hub_calls(w: &World, key: &str) -> BTreeMap<(String, String), Vec<Value>> {
    let mut out: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for event in events(w, HUB, Some(key), None).await {
        let (parameters, _) = read(&event);
        let service = event.event_source().unwrap().trim_end_matches(".amazonaws.com").to_owned();
        let action = parameters["Action"].as_str().unwrap_or(event.event_name().unwrap()).to_owned();
        out.entry((service, action)).or_default().push(parameters);
    }
    out
}
