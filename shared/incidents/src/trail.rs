//! CloudTrail records as changes: who did what to which resource. The one place where they are normalised.
//!
//! Entry: [`read`]. Invariant: only what changed something comes back: no reads, no refused or failed calls; every
//! text is cut and defanged, for names and user agents are the caller's own words.
//!
//! ```
//! use serde_json::json;
//! let record = json!({"eventID": "e-1", "eventTime": "2026-11-22T10:00:00Z", "eventName": "UpdateAlias20150331", "readOnly": false,
//!     "userIdentity": {"arn": "ci"}, "requestParameters": {"functionName": "orders", "name": "live", "functionVersion": "2"}});
//! let change = incidents::trail::read(&record).unwrap();
//! assert_eq!((change.action.as_str(), change.touches("orders")), ("UpdateAlias", true));
//! ```

use std::collections::{BTreeMap, BTreeSet};

use domain::EpochMs;
use domain::text::defang;
use rca::evidence::{Change, ChangeKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signals::field::{first_text, instant, text};

/// Most names of one record that are kept.
const MAX_NAMES: usize = 40;
/// Deepest value that is looked at.
const MAX_DEPTH: usize = 6;

/// One change, as the trail tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailChange {
    /// The record's id.
    pub id: String,
    /// When.
    pub at: EpochMs,
    /// Who, as an ARN or a name.
    pub actor: String,
    /// The API call without the version that some services append.
    pub action: String,
    /// What sort.
    pub kind: ChangeKind,
    /// Names, ids and ARNs in its parameters and answer.
    pub names: BTreeSet<String>,
    /// Short texts among its parameters by their keys (`alias`, `version` and the like), for a remedy.
    pub parameters: BTreeMap<String, String>,
}

impl TrailChange {
    /// Whether a resource of this name is among those it names.
    #[must_use]
    pub fn touches(&self, name: &str) -> bool {
        self.names.contains(name) || self.names.iter().any(|n| crate::fold::short_name(n) == name)
    }

    /// With the resources that the trail itself lists for the event: a path of a REST call need not be among its parameters.
    #[must_use]
    pub fn also_of<'a>(mut self, resources: impl IntoIterator<Item = &'a str>) -> Self {
        self.names.extend(resources.into_iter().filter(|name| !name.is_empty()).take(MAX_NAMES).map(|name| defang(name, 300)));
        self
    }

    /// As evidence about a node.
    #[must_use]
    pub fn of_node(&self, node: &str) -> Change {
        Change {
            id: self.id.clone(),
            at: self.at,
            actor: self.actor.clone(),
            action: self.action.clone(),
            node: node.to_owned(),
            kind: self.kind,
        }
    }
}

/// Reads a record; `None` when it changed nothing.
#[must_use]
pub fn read(record: &Value) -> Option<TrailChange> {
    let (action, is_query) = action(record)?;
    let reads = is_read(&action) || (record.get("readOnly") == Some(&Value::Bool(true)) && !is_query);
    if reads || text(record, &["errorCode"]).is_some() {
        return None;
    }
    let at = first_text(record, &[&["eventTime"]]).and_then(instant)?;
    let actor = first_text(
        record,
        &[&["userIdentity", "arn"], &["userIdentity", "userName"], &["userIdentity", "invokedBy"], &["userIdentity", "type"]],
    );
    let (mut names, mut parameters) = (BTreeSet::new(), BTreeMap::new());
    for key in ["requestParameters", "responseElements"] {
        collect(record.get(key).unwrap_or(&Value::Null), key, 0, &mut names, &mut parameters);
    }
    for resource in record.get("resources").and_then(Value::as_array).into_iter().flatten() {
        let name = first_text(resource, &[&["ARN"], &["arn"], &["resourceName"]]);
        names.extend(name.map(|n| defang(n, 300)));
    }
    let kind = kind(&action);
    let action = defang(&action, 80);
    let id = defang(text(record, &["eventID"])?, 80);
    Some(TrailChange { id, at, actor: defang(actor.unwrap_or("?"), 200), action, kind, names, parameters })
}

/// The API action, and whether a query-protocol record hides it among its parameters (`POST.ec2`).
fn action(record: &Value) -> Option<(String, bool)> {
    let name = text(record, &["eventName"])?;
    let hidden = text(record, &["requestParameters", "Action"]).filter(|_| name.contains('.') || name.starts_with("POST"));
    let plain = hidden.unwrap_or(name);
    // `UpdateFunctionCode20150331v2`: eight digits, and perhaps a revision, are the API's version.
    let base = plain.rsplit_once('v').filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).map_or(plain, |(b, _)| b);
    let trimmed = base.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_versioned = base.len() - trimmed.len() == 8;
    Some((if is_versioned { trimmed } else { plain }.to_owned(), hidden.is_some()))
}

/// By the verb: AWS's own list of read actions starts with these.
fn is_read(action: &str) -> bool {
    ["Get", "List", "Describe", "Head", "Lookup", "Query", "Scan", "Search", "BatchGet", "Filter", "Assume", "Select", "Check", "Verify"]
        .iter()
        .any(|verb| action.starts_with(verb))
        // Using a thing is not changing it.
        || ["Invoke", "Publish", "SendMessage", "ReceiveMessage", "DeleteMessage", "PutItem", "UpdateItem", "DeleteItem", "PutObject",
            "PutMetricData", "PutLogEvents", "CreateLogStream", "PutEvents", "StartExecution", "StartSyncExecution", "Encrypt", "Decrypt",
            "GenerateDataKey", "Sign", "BatchWriteItem", "TransactWriteItems", "SetAlarmState", "ConsoleLogin"]
            .contains(&action)
}

fn kind(action: &str) -> ChangeKind {
    const DEPLOYMENT: &[&str] = &[
        "CreateFunction",
        "UpdateFunctionCode",
        "UpdateAlias",
        "CreateAlias",
        "PublishVersion",
        "CreateDeployment",
        "UpdateService",
        "CreateService",
        "RegisterTaskDefinition",
        "UpdateStack",
        "CreateStack",
        "ExecuteChangeSet",
        "CreateApplicationVersion",
        "UpdateEnvironment",
        "StartInstanceRefresh",
        "UpdateStateMachine",
    ];
    const SCALING: &[&str] = &[
        "SetDesiredCapacity",
        "UpdateAutoScalingGroup",
        "TerminateInstanceInAutoScalingGroup",
        "RegisterScalableTarget",
        "PutScalingPolicy",
        "PutFunctionConcurrency",
        "DeleteFunctionConcurrency",
        "PutProvisionedConcurrencyConfig",
        "UpdateTable",
        "ModifyCacheCluster",
        "StopInstances",
        "StartInstances",
        "TerminateInstances",
        "RunInstances",
    ];
    if DEPLOYMENT.contains(&action) {
        ChangeKind::Deployment
    } else if SCALING.contains(&action) {
        ChangeKind::Scaling
    } else {
        ChangeKind::Configuration
    }
}

fn is_naming(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["name", "id", "arn", "identifier", "service", "cluster", "function", "table", "queue", "bucket", "queueurl"].iter().any(|w| key.ends_with(w))
        // Query-protocol lists: `InstanceId.1`.
        || key.split('.').next().is_some_and(|k| k.ends_with("id") || k.ends_with("name"))
}

fn collect(value: &Value, key: &str, depth: usize, names: &mut BTreeSet<String>, parameters: &mut BTreeMap<String, String>) {
    if depth > MAX_DEPTH || names.len() >= MAX_NAMES {
        return;
    }
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| collect(v, k, depth + 1, names, parameters)),
        Value::Array(list) => list.iter().take(MAX_NAMES).for_each(|v| collect(v, key, depth + 1, names, parameters)),
        Value::String(text) if !text.is_empty() && text.len() <= 300 => {
            if is_naming(key) {
                names.insert(defang(text, 300));
                // A queue's URL ends with its name.
                names.extend(text.starts_with("https://").then(|| text.rsplit('/').next()).flatten().map(|n| defang(n, 300)));
            }
            if depth == 1 && parameters.len() < MAX_NAMES {
                parameters.entry(defang(key, 60)).or_insert_with(|| defang(text, 300));
            }
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(name: &str, parameters: Value) -> Value {
        json!({"eventID": "e", "eventTime": "2026-11-22T10:00:00Z", "eventName": name, "readOnly": false,
            "userIdentity": {"arn": "someone"}, "requestParameters": parameters})
    }

    #[test]
    fn versions_of_apis_are_cut_off_and_other_digits_are_not() {
        for (name, expected) in [
            ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
            ("UpdateAlias20150331", "UpdateAlias"),
            ("PutBucketV2", "PutBucketV2"),
            ("CreateApi2", "CreateApi2"),
        ] {
            assert_eq!(read(&record(name, json!({}))).unwrap().action, expected);
        }
    }

    #[test]
    fn reads_uses_and_refused_calls_are_no_changes() {
        for name in ["GetFunction20150331v2", "DescribeInstances", "Invoke", "PutItem", "AssumeRole"] {
            assert_eq!(read(&record(name, json!({}))), None, "{name}");
        }
        let mut refused = record("UpdateAlias20150331", json!({"functionName": "orders"}));
        refused["errorCode"] = json!("AccessDenied");
        assert_eq!(read(&refused), None);
        let mut marked = record("Whatever", json!({}));
        marked["readOnly"] = json!(true);
        assert_eq!(read(&marked), None);
    }

    #[test]
    fn records_of_the_query_protocol_tell_their_action_and_targets() {
        let change = read(&record("POST.ec2", json!({"Action": "StopInstances", "InstanceId.1": "i-0abc"}))).unwrap();
        assert_eq!((change.action.as_str(), change.kind), ("StopInstances", ChangeKind::Scaling));
        assert!(change.touches("i-0abc"));
        assert_eq!(read(&record("POST.ec2", json!({"Action": "DescribeInstances"}))), None);
    }

    #[test]
    fn resources_are_found_by_name_arn_and_queue_url() {
        let arn = ["arn", "aws", "lambda", "us-east-1", "222222222222", "function:orders:live"].join(":");
        for parameters in [json!({"functionName": "orders"}), json!({"resource": {"FunctionArn": arn}})] {
            assert!(read(&record("UpdateAlias20150331", parameters)).unwrap().touches("orders"));
        }
        let queue =
            read(&record("SetQueueAttributes", json!({"queueUrl": "https://sqs.us-east-1.amazonaws.com/222222222222/jobs"}))).unwrap();
        assert!(queue.touches("jobs"));
    }

    #[test]
    fn hostile_words_are_defanged_and_bounded() {
        let many: serde_json::Map<String, Value> = (0..500).map(|n| (format!("k{n}Name"), json!(format!("v\u{202E}{n}")))).collect();
        let change = read(&record("Tag\u{202E}Resource", Value::Object(many))).unwrap();
        assert!(change.names.len() <= MAX_NAMES && change.parameters.len() <= MAX_NAMES);
        assert!(!format!("{change:?}").contains('\u{202E}'));
    }
}
