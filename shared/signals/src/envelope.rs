//! The wrappings an event arrives in: EventBridge, the entry of a PutEvents call, SNS, SQS, an alarm's direct call of
//! a function, a bare finding.
//!
//! Entries: [`read`] and [`classify`]. Invariant: at most [`MAX_WRAPPINGS`] wrappings are opened and at most
//! [`MAX_READINGS`] readings come back; what is beyond is said to be unsupported.

use domain::text::defang;
use serde_json::Value;

use crate::field::{Arn, MAX_RESOURCES, account, first_text, instant_of, name, region, text, title};
use crate::signal::{Family, Origin, Reading, Severity, Signal, State};
use crate::{cloudwatch, compute, health, security};

/// Largest event that is read (EventBridge and SNS carry 256 KiB; a batch of SQS messages more).
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Most readings of one event.
pub const MAX_READINGS: usize = 1000;
/// Wrappings inside wrappings that are opened.
pub const MAX_WRAPPINGS: usize = 4;

/// Not even JSON.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Larger than [`MAX_BYTES`].
    #[error("the event has {0} bytes, at most {MAX_BYTES} are read")]
    TooLarge(usize),
    /// Not JSON, or nested too deeply.
    #[error("the event is not JSON")]
    Json(#[source] serde_json::Error),
}

/// An event opened as far as its source, for the readers of the families.
pub(crate) struct Event<'a> {
    /// `aws.health` and the like; empty in bare documents.
    pub(crate) source: &'a str,
    /// `detail-type`.
    pub(crate) detail_type: &'a str,
    /// The outer object: account, region, time, resources.
    pub(crate) outer: &'a Value,
    /// The detail.
    pub(crate) detail: &'a Value,
}

impl Event<'_> {
    /// A signal with what the envelope says; readers of families refine it.
    pub(crate) fn signal(&self, family: Family) -> Signal {
        let resources: Vec<String> =
            ["resources", "Resources"].iter().flat_map(|key| crate::field::texts(self.outer, key)).map(name).collect();
        let time = ["time", "Time"].iter().find_map(|key| instant_of(self.outer.get(key)?));
        Signal {
            family,
            origin: if self.source.starts_with("aws.") { Origin::Service } else { Origin::Unverified },
            subject: String::new(),
            account: first_text(self.outer, &[&["account"], &["accountId"], &["Account"]]).and_then(account),
            region: first_text(self.outer, &[&["region"], &["Region"]]).and_then(region),
            resources,
            severity: Severity::Informational,
            state: State::Notice,
            title: title(self.detail_type),
            first_at: time,
        }
    }
}

/// Fills what only the ARNs tell, and bounds what is kept.
pub(crate) fn finish(mut signal: Signal, also: &[&str]) -> Signal {
    let mut seen = std::collections::BTreeSet::new();
    signal.resources.retain(|r| !r.is_empty() && seen.insert(r.clone()));
    signal.resources.truncate(MAX_RESOURCES);
    let arns = || also.iter().copied().chain(signal.resources.iter().map(String::as_str)).filter_map(Arn::read);
    if signal.account.is_none() {
        signal.account = arns().find_map(|a| a.account);
    }
    if signal.region.is_none() {
        signal.region = arns().find_map(|a| a.region);
    }
    if signal.subject.is_empty() {
        signal.subject = signal.resources.first().cloned().unwrap_or_else(|| signal.title.clone());
    }
    signal
}

/// Reads an event as it arrived.
///
/// # Errors
/// [`Malformed`] when it is too large or not JSON; both may not be retried.
pub fn read(bytes: &[u8]) -> Result<Vec<Reading>, Malformed> {
    if bytes.len() > MAX_BYTES {
        return Err(Malformed::TooLarge(bytes.len()));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(Malformed::Json)?;
    Ok(classify(&value))
}

/// What an event holds; never empty.
#[must_use]
pub fn classify(value: &Value) -> Vec<Reading> {
    let mut readings = Vec::new();
    open(value, 0, &mut readings);
    if readings.len() > MAX_READINGS {
        readings.truncate(MAX_READINGS - 1);
        readings.push(unsupported("more than can be read at once"));
    }
    if readings.is_empty() {
        readings.push(unsupported("empty list"));
    }
    readings
}

fn unsupported(kind: &str) -> Reading {
    Reading::Unsupported { kind: defang(kind, 120) }
}

fn open(value: &Value, depth: usize, readings: &mut Vec<Reading>) {
    if readings.len() > MAX_READINGS {
        return;
    }
    if depth > MAX_WRAPPINGS {
        readings.push(unsupported("wrapped too often"));
        return;
    }
    match value {
        Value::Array(list) => list.iter().take(MAX_READINGS + 1).for_each(|one| open(one, depth + 1, readings)),
        Value::Object(_) => match records(value) {
            Some(records) => records.iter().take(MAX_READINGS + 1).for_each(|one| record(one, depth, readings)),
            None => document(value, depth, readings),
        },
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => readings.push(unsupported("no object")),
    }
}

/// The records of a Lambda trigger's batch.
fn records(value: &Value) -> Option<&Vec<Value>> {
    value.get("Records").and_then(Value::as_array).filter(|r| !r.is_empty())
}

/// A record of SNS or SQS is opened, any other is named.
fn record(record: &Value, depth: usize, readings: &mut Vec<Reading>) {
    let source = first_text(record, &[&["EventSource"], &["eventSource"]]).unwrap_or("unknown");
    let inner = match source {
        "aws:sns" => text(record, &["Sns", "Message"]),
        "aws:sqs" => text(record, &["body"]),
        _ => None,
    };
    match inner.and_then(json_object) {
        Some(inner) => open(&inner, depth + 1, readings),
        None => readings.push(unsupported(&format!("record of {source}"))),
    }
}

/// An object written as text.
fn json_object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

fn document(value: &Value, depth: usize, readings: &mut Vec<Reading>) {
    // An SNS message that was delivered over HTTP or through SQS.
    if text(value, &["Type"]) == Some("Notification")
        && let Some(inner) = text(value, &["Message"]).and_then(json_object)
    {
        open(&inner, depth + 1, readings);
        return;
    }
    let source = first_text(value, &[&["source"], &["Source"]]).unwrap_or_default();
    let detail_type = first_text(value, &[&["detail-type"], &["DetailType"]]).unwrap_or_default();
    let stated = value.get("detail").or_else(|| value.get("Detail"));
    // The entry of a PutEvents call holds its detail as text.
    let parsed = stated.and_then(Value::as_str).and_then(json_object);
    let nothing = Value::Null;
    let detail = parsed.as_ref().or(stated).unwrap_or(&nothing);
    let event = Event { source, detail_type, outer: value, detail };
    let found = family(&event, readings);
    if !found {
        readings.push(unsupported(&kind(value, source, detail_type)));
    }
}

/// Reads the event by its source, its detail type or, for bare documents, its shape.
fn family(event: &Event<'_>, readings: &mut Vec<Reading>) -> bool {
    let of =
        |service: &str, words: &str| event.source == service || (!event.detail_type.is_empty() && event.detail_type.starts_with(words));
    let before = readings.len();
    let mut push = |signal: Signal| readings.push(Reading::Signal(signal));
    if of("aws.cloudwatch", "CloudWatch Alarm") || cloudwatch::is_alarm(event.outer) {
        push(cloudwatch::read(event));
    } else if of("aws.health", "AWS Health") {
        push(health::read(event));
    } else if of("aws.guardduty", "GuardDuty") || security::is_guardduty(event.outer) {
        push(security::guardduty(event));
    } else if of("aws.securityhub", "Security Hub") || security::is_finding(event.outer) {
        security::hub(event).into_iter().for_each(push);
    } else if of("aws.ecs", "ECS ") {
        push(compute::ecs(event));
    } else if event.source == "aws.autoscaling" {
        push(compute::auto_scaling(event));
    } else if of("aws.codedeploy", "CodeDeploy ") || compute::is_deployment_hook(event.outer) {
        push(compute::code_deploy(event));
    }
    readings.len() > before
}

/// The best name for what is not supported.
fn kind(value: &Value, source: &str, detail_type: &str) -> String {
    if !source.is_empty() && !detail_type.is_empty() {
        return format!("{source}/{detail_type}");
    }
    if let Some(trigger) = text(value, &["triggerSource"]) {
        return format!("cognito {trigger}");
    }
    if let Some(origin) = text(value, &["eventSource"]) {
        return format!("event of {origin}");
    }
    let keys: Vec<&str> = value.as_object().into_iter().flat_map(|o| o.keys()).take(4).map(String::as_str).collect();
    if keys.is_empty() { "empty object".to_owned() } else { format!("object with {}", keys.join(", ")) }
}
