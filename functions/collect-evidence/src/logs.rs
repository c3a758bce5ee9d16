//! Log templates that are new or surging. Entry: [`logs`].
//!
//! Invariant: lines are redacted before anything else sees them, and only counted by their templates; no line is kept, and
//! a template that fewer than three lines share (and that might therefore hold a value) is not either.

use std::collections::BTreeMap;

use incidents::{Resource, Service, logs::Count, logs::surges};
use logdrain::{Miner, builtin_masks};
use rca::evidence::{Source, Window};

use crate::reader::Reader;

/// Most lines of one window.
const LINES: i32 = 1_000;

/// Where a resource logs, where that is known by convention.
fn group(resource: &Resource) -> Option<String> {
    (resource.service == Service::Lambda).then(|| format!("/aws/lambda/{}", resource.name))
}

/// What a runtime writes around each call, whatever happens, and lines that say when things end well.
fn is_frame(line: &str) -> bool {
    ["START RequestId", "END RequestId", "REPORT RequestId", "INIT_START"].iter().any(|f| line.starts_with(f))
}

/// Reads the logs of a resource before and during, and keeps the templates that surged.
pub(crate) async fn logs(reader: &mut Reader, resource: &Resource) {
    let Some(group) = group(resource) else { return };
    let node = resource.node();
    let (baseline, incident) = (reader.evidence.baseline, reader.evidence.incident);
    // As long a time before as during, or an hour: more lines than that tell nothing new.
    let before = Window { from: baseline.from.max(domain::EpochMs(baseline.to.0 - 3_600_000)), to: baseline.to };
    let Ok(miner) =
        Miner::builder().path_delimiters(&['/']).masks([builtin_masks::uuid(), builtin_masks::ipv4(), builtin_masks::email()]).build()
    else {
        reader.gap(Source::Logs, Some(&node), "the templates cannot be made", None);
        return;
    };
    let mut lines: Vec<(bool, String)> = Vec::new();
    for (window, is_during) in [(before, false), (incident, true)] {
        match read(reader, &group, &node, window).await {
            Some(read) => lines.extend(read.into_iter().map(|line| (is_during, line))),
            None => return,
        }
    }
    for (_, line) in &lines {
        miner.add(line);
    }
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for (is_during, line) in &lines {
        let Some(cluster) = miner.match_only(line).and_then(|id| miner.cluster(id)) else { continue };
        let count = counts.entry(cluster.template().to_owned()).or_default();
        if *is_during { count.during += 1 } else { count.before += 1 }
    }
    let length = |w: Window| (w.to.0 - w.from.0).max(1) as f64;
    reader.evidence.logs.extend(surges(&node, &counts, length(incident) / length(before)));
}

async fn read(reader: &mut Reader, group: &str, node: &str, window: Window) -> Option<Vec<String>> {
    if !reader.may_call(Source::Logs) {
        return None;
    }
    let client = aws_sdk_cloudwatchlogs::Client::new(&reader.config);
    let call = client.filter_log_events().log_group_name(group).start_time(window.from.0).end_time(window.to.0).limit(LINES);
    match call.send().await {
        Ok(answer) => {
            if answer.next_token().is_some() {
                reader.gap(Source::Logs, Some(node), "more lines in the window than were read", None);
            }
            let messages = answer.events().iter().filter_map(|e| e.message());
            Some(
                messages
                    .flat_map(str::lines)
                    .filter(|l| !l.trim().is_empty() && !is_frame(l))
                    .map(|l| redaction::for_colleagues(&l.chars().take(2_000).collect::<String>()).chars().take(500).collect())
                    .collect(),
            )
        }
        Err(error) => {
            reader.failed(Source::Logs, Some(node), "logs:FilterLogEvents", &error.into_service_error());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{Answer, Replay};

    use super::*;
    use crate::reader::tests::reader;

    #[tokio::test]
    async fn templates_that_surge_are_kept_and_single_lines_are_not() {
        let replay = Replay::new(|request| {
            let from: i64 = serde_json::from_str::<serde_json::Value>(&request.body).unwrap()["startTime"].as_i64().unwrap();
            let during = from == 1_795_000_020_000 + 50 * 60_000;
            let mut lines = vec!["START RequestId: 1".to_owned(), "request 1 done".to_owned()];
            if during {
                lines.extend(
                    (0..9).map(|n| format!("cannot reach table orders after {n} attempts: connection refused by AKIAQ3EGRIDX5KVWHTZP")),
                );
                lines.push("password of alice is hunter2".to_owned());
            }
            let events: Vec<_> = lines.iter().map(|l| json!({"message": l})).collect();
            Some(Answer::new(200, json!({"events": events}).to_string()))
        });
        let mut reader = reader(&replay, 10, 10);
        logs(&mut reader, &Resource::new(Service::Lambda, "orders")).await;
        assert_eq!(reader.evidence.logs.len(), 1, "{:?}", reader.evidence.logs);
        assert_eq!((reader.evidence.logs[0].observed, reader.evidence.logs[0].topic), (9, rca::evidence::LogTopic::Network));
        let kept = format!("{:?}", reader.evidence);
        assert!(!kept.contains("hunter2") && !kept.contains("AKIAQ3EGRIDX5KVWHTZP"), "{kept}");
    }

    #[tokio::test]
    async fn logs_that_may_not_be_read_are_a_gap_of_their_node() {
        let replay = Replay::new(|_| Some(Answer::new(400, r#"{"__type":"AccessDeniedException"}"#.to_owned())));
        let mut reader = reader(&replay, 10, 10);
        logs(&mut reader, &Resource::new(Service::Lambda, "orders")).await;
        let gap = &reader.evidence.gaps[0];
        assert_eq!((gap.node.as_deref(), gap.permission.as_deref()), (Some("lambda:orders"), Some("logs:FilterLogEvents")));
    }
}
