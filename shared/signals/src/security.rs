//! Security findings: Security Hub (ASFF, on the bus or bare) and GuardDuty.

use serde_json::Value;

use crate::envelope::{Event, finish};
use crate::field::{MAX_RESOURCES, account, first_text, instant, name, region, text, title};
use crate::signal::{Family, Severity, Signal, State};

/// A finding in ASFF without an envelope.
pub(crate) fn is_finding(value: &Value) -> bool {
    text(value, &["AwsAccountId"]).is_some()
        && text(value, &["ProductArn"]).is_some()
        && value.get("Resources").is_some_and(Value::is_array)
}

/// A GuardDuty finding without an envelope.
pub(crate) fn is_guardduty(value: &Value) -> bool {
    ["accountId", "arn", "type", "partition"].iter().all(|k| text(value, &[k]).is_some())
        && value.get("severity").is_some_and(Value::is_number)
        && value.pointer("/service/serviceName").and_then(Value::as_str).is_some_and(|s| s == "guardduty")
}

/// Every finding of the event; an event without findings (insights, say) is one notice.
pub(crate) fn hub(event: &Event<'_>) -> Vec<Signal> {
    if is_finding(event.outer) {
        return vec![finding(event, event.outer)];
    }
    let findings = event.detail.get("findings").and_then(Value::as_array);
    let found: Vec<Signal> =
        findings.into_iter().flatten().take(MAX_RESOURCES).filter(|f| f.is_object()).map(|f| finding(event, f)).collect();
    if !found.is_empty() {
        return found;
    }
    let mut notice = event.signal(Family::SecurityHub);
    notice.title = title(first_text(event.detail, &[&["actionName"], &["insightName"]]).unwrap_or(event.detail_type));
    vec![finish(notice, &[])]
}

fn finding(event: &Event<'_>, finding: &Value) -> Signal {
    let mut signal = event.signal(Family::SecurityHub);
    let listed = || finding.get("Resources").and_then(Value::as_array).into_iter().flatten();
    signal.resources = listed().filter_map(|r| text(r, &["Id"])).map(name).collect();
    let arn = first_text(finding, &[&["Id"]]).unwrap_or_default();
    let product = text(finding, &["ProductArn"]).unwrap_or_default();
    // The finding's own account and region: an aggregator delivers those of others.
    signal.account = text(finding, &["AwsAccountId"]).and_then(account).or(signal.account);
    let own = text(finding, &["Region"]).and_then(region);
    signal.region = own.or_else(|| listed().find_map(|r| text(r, &["Region"]).and_then(region))).or(signal.region);
    signal.subject = name(arn);
    signal.title = title(text(finding, &["Title"]).unwrap_or("Security Hub finding"));
    signal.severity = severity(finding);
    let passed = text(finding, &["Compliance", "Status"]) == Some("PASSED");
    let closed = matches!(text(finding, &["Workflow", "Status"]), Some("RESOLVED" | "SUPPRESSED"))
        || text(finding, &["RecordState"]) == Some("ARCHIVED");
    signal.state = if passed || closed { State::Cleared } else { State::Raised };
    let first = first_text(finding, &[&["FirstObservedAt"], &["CreatedAt"], &["UpdatedAt"]]);
    signal.first_at = first.and_then(instant).or(signal.first_at);
    if signal.resources.is_empty() {
        signal.resources.push(name(if arn.is_empty() { product } else { arn }));
    }
    finish(signal, &[arn, product])
}

/// By label, else by the normalised number (the bounds are ASFF's own).
fn severity(finding: &Value) -> Severity {
    match first_text(finding, &[&["Severity", "Label"], &["FindingProviderFields", "Severity", "Label"]]) {
        Some("CRITICAL") => Severity::Critical,
        Some("HIGH") => Severity::High,
        Some("MEDIUM") => Severity::Medium,
        Some("LOW") => Severity::Low,
        Some(_) => Severity::Informational,
        None => match finding.pointer("/Severity/Normalized").and_then(Value::as_f64).unwrap_or(0.0) {
            n if n >= 90.0 => Severity::Critical,
            n if n >= 70.0 => Severity::High,
            n if n >= 40.0 => Severity::Medium,
            n if n >= 1.0 => Severity::Low,
            _ => Severity::Informational,
        },
    }
}

pub(crate) fn guardduty(event: &Event<'_>) -> Signal {
    let finding = if event.detail.is_object() { event.detail } else { event.outer };
    let mut signal = event.signal(Family::GuardDuty);
    signal.account = text(finding, &["accountId"]).and_then(account).or(signal.account);
    signal.region = text(finding, &["region"]).and_then(region).or(signal.region);
    let arn = text(finding, &["arn"]).unwrap_or_default();
    let paths: [&[&str]; 8] = [
        &["resource", "instanceDetails", "instanceId"],
        &["resource", "accessKeyDetails", "accessKeyId"],
        &["resource", "eksClusterDetails", "arn"],
        &["resource", "ecsClusterDetails", "arn"],
        &["resource", "lambdaDetails", "functionArn"],
        &["resource", "rdsDbInstanceDetails", "dbInstanceArn"],
        &["resource", "accessKeyDetails", "userName"],
        &["resource", "containerDetails", "id"],
    ];
    let buckets = finding.pointer("/resource/s3BucketDetails").and_then(Value::as_array).into_iter().flatten();
    let named = paths.iter().filter_map(|p| text(finding, p)).chain(buckets.filter_map(|b| text(b, &["arn"])));
    let named: Vec<String> = named.map(name).collect();
    signal.resources.splice(0..0, named);
    if signal.resources.is_empty() {
        signal.resources.extend(first_text(finding, &[&["resource", "resourceType"], &["arn"]]).map(name));
    }
    let label = first_text(finding, &[&["type"], &["title"]]).unwrap_or("GuardDuty finding");
    signal.subject = name(if arn.is_empty() { first_text(finding, &[&["id"]]).unwrap_or(label) } else { arn });
    signal.title = title(first_text(finding, &[&["title"], &["type"]]).unwrap_or(event.detail_type));
    signal.severity = match finding.get("severity").and_then(Value::as_f64).unwrap_or(0.0) {
        n if n >= 9.0 => Severity::Critical,
        n if n >= 7.0 => Severity::High,
        n if n >= 4.0 => Severity::Medium,
        n if n >= 1.0 => Severity::Low,
        _ => Severity::Informational,
    };
    let archived = finding.pointer("/service/archived").and_then(Value::as_bool).unwrap_or(false);
    signal.state = if archived { State::Cleared } else { State::Raised };
    let first = first_text(finding, &[&["service", "eventFirstSeen"], &["createdAt"], &["updatedAt"]]);
    signal.first_at = first.and_then(instant).or(signal.first_at);
    finish(signal, &[arn])
}
