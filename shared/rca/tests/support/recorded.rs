//! The twelve incidents that are kept in `recorded/`, as they were made.

#![allow(clippy::type_complexity, missing_docs, reason = "test data")]

use std::collections::BTreeMap;

use domain::EpochMs;
use rca::diagnosis::Cause;
use rca::evidence::{Evidence, Gap, LogSurge, LogTopic, Metric, Source, Window};
use rca::recording::{Recording, Regular, Right};

use super::{Fault, PERIOD, ROWS, deployment, record, resource};

/// Rows of the baseline that are kept.
const KEPT: usize = 120;

/// An incident in the form in which it is kept: the last ten hours of the baseline, five significant digits.
pub fn recording((name, evidence, right): &(&'static str, Evidence, Option<Vec<(&'static str, Cause)>>)) -> Recording {
    let first = ((ROWS - KEPT) as i64) * PERIOD;
    let series = evidence
        .series
        .iter()
        .map(|s| {
            let offset = s.points.first().map_or(0, |p| p.at.0.rem_euclid(PERIOD));
            let from = first + offset - if offset > 0 { PERIOD } else { 0 };
            let found: BTreeMap<i64, f64> = s.points.iter().map(|p| (p.at.0, p.value)).collect();
            let rows = KEPT + 5;
            let digits = |v: f64| format!("{v:.4e}").parse::<f64>().unwrap();
            let values = (0..rows as i64).map(|row| found.get(&(from + row * PERIOD)).copied().map(digits)).collect();
            Regular {
                node: s.node.clone(),
                metric: s.metric,
                statistic: s.statistic,
                from: EpochMs(from),
                period_seconds: PERIOD / 1000,
                values,
            }
        })
        .collect();
    let mut rest = Evidence { series: Vec::new(), ..evidence.clone() };
    rest.baseline = Window { from: EpochMs(first), to: rest.baseline.to };
    let right = right.as_ref().map(|all| all.iter().map(|(node, cause)| Right { node: (*node).into(), cause: *cause }).collect());
    Recording { name: (*name).into(), right, evidence: rest, series }
}

pub fn slow(node: &'static str, slower_s: f64) -> Fault {
    Fault { node, slower_s, failing: 0.0 }
}

pub fn failing(node: &'static str, failing: f64) -> Fault {
    Fault { node, slower_s: 0.0, failing }
}

/// The recorded incidents: name, evidence, right answers (`None`: undetermined).
pub fn recorded() -> Vec<(&'static str, Evidence, Option<Vec<(&'static str, Cause)>>)> {
    vec![
        ("healthy control", record(&[], Metric::Latency), None),
        ("red herring", red_herring(), Some(vec![("index", Cause::Slow)])),
        ("missing permission", missing_permission(), None),
        ("two faults", two_faults(), Some(vec![("index", Cause::Slow), ("orders", Cause::Slow)])),
        ("onset wrong by a minute", onset_wrong(), Some(vec![("orders", Cause::Deployment)])),
        ("no topology", no_topology(), None),
        ("deployment", bad_deployment(), Some(vec![("cart", Cause::Deployment)])),
        ("throttling", throttling(), Some(vec![("table", Cause::Throttled)])),
        ("network", network(), Some(vec![("search", Cause::Network)])),
        ("disk", disk(), Some(vec![("index", Cause::Disk)])),
        ("expired certificate", certificate(), Some(vec![("orders", Cause::Certificate)])),
        ("dependency outage", record(&[failing("mail", 0.6)], Metric::Availability), Some(vec![("mail", Cause::Dependency)])),
    ]
}

pub fn red_herring() -> Evidence {
    let mut evidence = record(&[slow("index", 0.050)], Metric::Latency);
    evidence.changes.push(deployment("orders", 5));
    evidence
}

pub fn missing_permission() -> Evidence {
    let mut evidence = record(&[slow("index", 0.050)], Metric::Latency);
    evidence.series.retain(|s| s.node != "index");
    evidence.gaps.push(Gap {
        source: Source::Metrics,
        node: Some("index".into()),
        reason: "AccessDenied".into(),
        permission: Some("cloudwatch:GetMetricData".into()),
    });
    evidence
}

pub fn two_faults() -> Evidence {
    record(&[slow("index", 0.040), slow("orders", 0.060)], Metric::Latency)
}

pub fn onset_wrong() -> Evidence {
    let mut evidence = record(&[slow("orders", 0.060)], Metric::Latency);
    evidence.changes.push(deployment("orders", 2));
    evidence.incident.from = evidence.incident.from.plus_seconds(-60);
    evidence.incident.to = evidence.incident.to.plus_seconds(-60);
    for series in &mut evidence.series {
        for point in &mut series.points {
            point.at = point.at.plus_seconds(-30);
        }
    }
    evidence
}

pub fn no_topology() -> Evidence {
    let mut evidence = record(&[slow("orders", 0.060)], Metric::Latency);
    evidence.calls.clear();
    evidence
}

pub fn bad_deployment() -> Evidence {
    let mut evidence = record(&[failing("cart", 0.05)], Metric::Availability);
    evidence.changes.push(deployment("cart", 4));
    evidence.changes.push(deployment("search", 30));
    evidence
}

pub fn throttling() -> Evidence {
    let mut evidence = record(&[slow("table", 0.030)], Metric::Latency);
    evidence.series.push(resource("table", Metric::Throttles, 0.0, 240.0));
    evidence
}

pub fn network() -> Evidence {
    let mut evidence = record(&[failing("search", 0.08)], Metric::Availability);
    evidence.series.push(resource("search", Metric::NetworkErrors, 2.0, 900.0));
    evidence.logs.push(LogSurge {
        id: "t-17".into(),
        node: "search".into(),
        template: "connect timeout to <*>".into(),
        topic: LogTopic::Network,
        expected: 1,
        observed: 400,
    });
    evidence
}

pub fn disk() -> Evidence {
    let mut evidence = record(&[failing("index", 0.10)], Metric::Availability);
    evidence.series.push(resource("index", Metric::DiskPercent, 71.0, 100.0));
    evidence
}

pub fn certificate() -> Evidence {
    let mut evidence = record(&[failing("orders", 0.90)], Metric::Availability);
    evidence.series.push(resource("orders", Metric::CertificateDays, 12.0, -0.5));
    evidence
}
