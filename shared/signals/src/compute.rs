//! Capacity and deployments: ECS, Auto Scaling, CodeDeploy.

use serde_json::Value;

use crate::envelope::{Event, finish};
use crate::field::{first_text, instant, name, region, text, title};
use crate::signal::{Family, Severity, Signal, State};

/// Exit code of a process that was killed, most often for memory.
const KILLED: i64 = 137;

pub(crate) fn ecs(event: &Event<'_>) -> Signal {
    let detail = event.detail;
    let mut signal = event.signal(Family::Ecs);
    let arns = ["taskArn", "containerInstanceArn", "serviceArn", "clusterArn"];
    signal.resources.extend(arns.iter().filter_map(|k| text(detail, &[k])).map(name));
    let what = first_text(detail, &[&["eventName"], &["lastStatus"], &["status"]]).unwrap_or_default();
    let reason = first_text(detail, &[&["stoppedReason"], &["reason"]]).unwrap_or_default();
    (signal.state, signal.severity) = match text(detail, &["eventType"]) {
        Some("ERROR") => (State::Raised, Severity::High),
        Some("WARN") => (State::Raised, Severity::Medium),
        Some(_) => (State::Notice, Severity::Informational),
        None if what == "STOPPED" => stopped(detail),
        None => (State::Notice, Severity::Informational),
    };
    if what.ends_with("_FAILED") {
        (signal.state, signal.severity) = (State::Raised, Severity::High);
    } else if what == "SERVICE_STEADY_STATE" || what == "SERVICE_DEPLOYMENT_COMPLETED" {
        signal.state = State::Cleared;
    }
    // Tasks come and go: the same trouble is the group's (`service:web`), not each task's.
    let group = text(detail, &["group"]).map(name);
    signal.subject = group.or_else(|| signal.resources.first().cloned()).unwrap_or_default();
    signal.title = title(&[event.detail_type, what, reason].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(": "));
    let first = first_text(detail, &[&["stoppingAt"], &["stoppedAt"], &["createdAt"], &["updatedAt"]]);
    signal.first_at = first.and_then(instant).or(signal.first_at);
    finish(signal, &[])
}

/// A stopped task is trouble unless somebody asked for it.
fn stopped(detail: &Value) -> (State, Severity) {
    let containers = || detail.get("containers").and_then(Value::as_array).into_iter().flatten();
    let exits = || containers().filter_map(|c| c.get("exitCode").and_then(Value::as_i64));
    match text(detail, &["stopCode"]) {
        Some("UserInitiated" | "ServiceSchedulerInitiated" | "SpotInterruption" | "TerminationNotice") if !exits().any(|e| e == KILLED) => {
            (State::Notice, Severity::Informational)
        }
        Some("TaskFailedToStart") => (State::Raised, Severity::High),
        _ if exits().any(|e| e == KILLED) => (State::Raised, Severity::High),
        _ if exits().any(|e| e != 0) => (State::Raised, Severity::Medium),
        _ => (State::Notice, Severity::Informational),
    }
}

pub(crate) fn auto_scaling(event: &Event<'_>) -> Signal {
    let detail = event.detail;
    let mut signal = event.signal(Family::AutoScaling);
    let group = text(detail, &["AutoScalingGroupName"]).map(name);
    signal.resources.extend(text(detail, &["EC2InstanceId"]).map(name));
    signal.resources.extend(group.clone());
    signal.subject = group.unwrap_or_default();
    if event.detail_type.contains("Unsuccessful") || event.detail_type.contains("Failed") {
        (signal.state, signal.severity) = (State::Raised, Severity::High);
    }
    let message = first_text(detail, &[&["StatusMessage"], &["Cause"]]).unwrap_or_default();
    signal.title = title(&if message.is_empty() { event.detail_type.to_owned() } else { format!("{}: {message}", event.detail_type) });
    signal.first_at = text(detail, &["StartTime"]).and_then(instant).or(signal.first_at);
    finish(signal, &[])
}

/// What CodeDeploy sends to a function that is a hook of a deployment.
pub(crate) fn is_deployment_hook(value: &Value) -> bool {
    ["DeploymentId", "LifecycleEventHookExecutionId"].iter().all(|k| text(value, &[k]).is_some())
}

pub(crate) fn code_deploy(event: &Event<'_>) -> Signal {
    let detail = if event.detail.is_object() { event.detail } else { event.outer };
    let mut signal = event.signal(Family::CodeDeploy);
    signal.region = text(detail, &["region"]).and_then(region).or(signal.region);
    let deployment = first_text(detail, &[&["deploymentId"], &["DeploymentId"]]);
    signal.resources.extend(deployment.map(name));
    signal.resources.extend(text(detail, &["instanceId"]).map(name));
    let state = text(detail, &["state"]).unwrap_or_default();
    (signal.state, signal.severity) = match state {
        "FAILURE" | "FAILED" => (State::Raised, Severity::High),
        "STOP" | "STOPPED" => (State::Raised, Severity::Medium),
        "SUCCESS" | "SUCCEEDED" => (State::Cleared, Severity::Informational),
        _ => (State::Notice, Severity::Informational),
    };
    // Every deployment of one group is about the same software.
    let group = first_text(detail, &[&["deploymentGroup"]]).zip(text(detail, &["application"]));
    signal.subject = group.map(|(group, application)| name(&format!("{application}/{group}"))).or(deployment.map(name)).unwrap_or_default();
    let of = first_text(detail, &[&["application"]]).or(deployment).unwrap_or_default();
    let label = if event.detail_type.is_empty() { "CodeDeploy lifecycle hook" } else { event.detail_type };
    signal.title = title(&[label, of, state].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(": "));
    finish(signal, &[])
}
