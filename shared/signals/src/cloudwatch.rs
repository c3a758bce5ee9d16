//! CloudWatch alarms: state changes on the event bus, direct calls of a function, SNS messages.

use serde_json::Value;

use crate::envelope::{Event, finish};
use crate::field::{account, first_text, instant, name, region, text, title};
use crate::signal::{Family, Severity, Signal, State};

/// An alarm without an EventBridge envelope.
pub(crate) fn is_alarm(value: &Value) -> bool {
    value.get("alarmData").is_some_and(Value::is_object)
        || (text(value, &["AlarmName"]).is_some() && text(value, &["NewStateValue"]).is_some())
}

pub(crate) fn read(event: &Event<'_>) -> Signal {
    let outer = event.outer;
    // Direct calls (and some writers) put the alarm beside the envelope instead of into its detail.
    let alarm = outer.get("alarmData").filter(|a| a.is_object()).unwrap_or(if event.detail.is_object() { event.detail } else { outer });
    let composite = first_text(alarm, &[&["configuration", "alarmRule"], &["AlarmRule"]]).is_some();
    let mut signal = event.signal(if composite { Family::CompositeAlarm } else { Family::Alarm });

    let label = first_text(alarm, &[&["alarmName"], &["AlarmName"]]).unwrap_or("alarm");
    let state = first_text(alarm, &[&["state", "value"], &["NewStateValue"]]).unwrap_or_default();
    let arn = first_text(outer, &[&["alarmArn"], &["AlarmArn"]]);
    let alarms: Vec<String> = arn.map(name).into_iter().chain(std::mem::take(&mut signal.resources)).collect();
    signal.subject = alarms.first().cloned().unwrap_or_else(|| name(label));
    // The watched resource tells more than the alarm's own name.
    signal.resources = dimensions(alarm).map(|d| name(&d)).chain(alarms).collect();
    if signal.resources.is_empty() {
        signal.resources.push(name(label));
    }
    if signal.account.is_none() {
        signal.account = text(outer, &["AWSAccountId"]).and_then(account);
    }
    if signal.region.is_none() {
        signal.region = text(outer, &["Region"]).and_then(region);
    }
    (signal.state, signal.severity) = match state {
        "ALARM" => (State::Raised, Severity::High),
        "INSUFFICIENT_DATA" => (State::Notice, Severity::Low),
        "OK" => (State::Cleared, Severity::Informational),
        _ => (State::Notice, Severity::Informational),
    };
    signal.title = title(&if state.is_empty() { format!("{} {label}", event.detail_type) } else { format!("{label}: {state}") });
    let changed = first_text(alarm, &[&["state", "timestamp"], &["StateChangeTime"]]).and_then(instant);
    let triggered = triggering(alarm);
    signal.first_at = [changed, triggered].into_iter().flatten().min().or(signal.first_at);
    finish(signal, &[])
}

/// The first of the alarms that raised a composite one.
fn triggering(alarm: &Value) -> Option<domain::EpochMs> {
    let reason: Value = serde_json::from_str(text(alarm, &["state", "reasonData"])?).ok()?;
    let children = reason.get("triggeringAlarms")?.as_array()?;
    children.iter().filter_map(|c| text(c, &["state", "timestamp"]).and_then(instant)).min()
}

/// Dimensions that name something wider than, or a part of, the resource that another dimension names.
const WIDER: [&str; 8] =
    ["AvailabilityZone", "ClusterName", "ExecutedVersion", "LoadBalancer", "Operation", "Resource", "Stage", "StageName"];

/// Values of the dimensions of the watched metrics: in the bus's form (a map), in SNS's (a list of pairs).
fn dimensions(alarm: &Value) -> impl Iterator<Item = String> {
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let on_bus = alarm.get("configuration").map(|c| list(c, "metrics")).unwrap_or_default();
    let maps = on_bus.into_iter().filter_map(|m| m.pointer("/metricStat/metric/dimensions").cloned());
    let trigger = alarm.get("Trigger").cloned().unwrap_or_default();
    let own = trigger.get("Dimensions").cloned();
    let of_metrics = list(&trigger, "Metrics").into_iter().filter_map(|m| m.pointer("/MetricStat/Metric/Dimensions").cloned());
    let mut found: Vec<(String, String)> = maps
        .chain(own)
        .chain(of_metrics)
        .flat_map(|dimensions| match dimensions {
            Value::Object(map) => map.into_iter().filter_map(|(k, v)| Some((k, v.as_str()?.to_owned()))).collect::<Vec<_>>(),
            Value::Array(pairs) => {
                let part = |p: &Value, keys: &[&[&str]]| first_text(p, keys).map(str::to_owned);
                let pair = |p: &Value| Some((part(p, &[&["name"], &["Name"]]).unwrap_or_default(), part(p, &[&["value"], &["Value"]])?));
                pairs.iter().filter_map(pair).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    // What a resource lies in, and how it was reached, tells less than the resource.
    found.sort_by_key(|(name, _)| WIDER.contains(&name.as_str()));
    found.into_iter().map(|(_, value)| value)
}
