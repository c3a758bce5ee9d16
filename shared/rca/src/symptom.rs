//! What a resource shows by itself: exhaustion, throttling, broken network, expired certificates, new log lines.
//!
//! Entry type: [`Symptom`], made by [`symptoms`]. Invariant: a symptom is about the node that shows it and cites
//! one piece of evidence; how it got there is not decided here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Cite, EvidenceRef, Observation};
use crate::evidence::{Evidence, LogTopic, Metric, Point, Statistic};
use crate::graph::Graph;
use crate::robust::Baseline;

/// What kind of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Became slow.
    Slow,
    /// Fails requests.
    Failing,
    /// Refuses requests for capacity.
    Throttled,
    /// Processor exhausted.
    Cpu,
    /// Memory exhausted.
    Memory,
    /// Storage full.
    Disk,
    /// Cannot reach, or be reached, reliably.
    Network,
    /// A certificate has expired.
    Certificate,
    /// Something we only see through its callers fails.
    Dependency,
    /// New code took the traffic.
    Deployment,
    /// A setting was changed.
    Configuration,
}

/// One sign of trouble at one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Symptom {
    /// Where.
    pub node: usize,
    /// What it points at; `None` when it says only that something is wrong.
    pub cause: Option<Cause>,
    /// How clear it is, 0 to 1.
    pub strength: f64,
    /// What was observed.
    pub cite: Cite,
}

/// Weight of a log surge: lines tell of trouble, often of somebody else's.
const LOG_WEIGHT: f64 = 0.5;
/// Weight of a finding that names an outage now.
const FINDING_WEIGHT: f64 = 0.7;

/// A metric that has a bound of its own: from which value on it is exhaustion, and what it then points at.
fn limit(metric: Metric) -> Option<(f64, Cause)> {
    match metric {
        Metric::CpuPercent => Some((85.0, Cause::Cpu)),
        Metric::MemoryPercent => Some((90.0, Cause::Memory)),
        Metric::DiskPercent => Some((95.0, Cause::Disk)),
        _ => None,
    }
}

/// All signs of trouble.
#[must_use]
pub fn symptoms(evidence: &Evidence, graph: &Graph, half_z: f64) -> Vec<Symptom> {
    // Several series of one metric are read as one, whatever their order.
    let mut merged: BTreeMap<(&str, Metric, Statistic), Vec<Point>> = BTreeMap::new();
    for series in evidence.series.iter().filter(|s| is_of_resource(s.metric)) {
        merged.entry((&series.node, series.metric, series.statistic)).or_default().extend(&series.points);
    }
    let mut found: Vec<Symptom> = merged.into_iter().filter_map(|(key, points)| of_series(evidence, graph, key, &points, half_z)).collect();
    let mut logs: Vec<_> = evidence.logs.iter().collect();
    logs.sort_by(|a, b| (&a.id, &a.node, a.topic, a.expected, a.observed).cmp(&(&b.id, &b.node, b.topic, b.expected, b.observed)));
    for log in logs {
        let (expected, observed) = (log.expected as f64, log.observed as f64);
        let z = (observed - expected) / (expected + 1.0).sqrt();
        let cause = match log.topic {
            LogTopic::Other => None,
            LogTopic::Throttling => Some(Cause::Throttled),
            LogTopic::Network => Some(Cause::Network),
            LogTopic::Certificate => Some(Cause::Certificate),
            LogTopic::Disk => Some(Cause::Disk),
            LogTopic::Memory => Some(Cause::Memory),
        };
        if let Some(node) = graph.index(&log.node).filter(|_| z > 0.0) {
            let cite = Cite {
                evidence: EvidenceRef::Log { id: log.id.clone() },
                observation: Observation::Surge { expected: log.expected, observed: log.observed },
            };
            found.push(Symptom { node, cause, strength: LOG_WEIGHT * saturate(z, half_z), cite });
        }
    }
    for finding in evidence.findings.iter().filter(|f| f.is_outage) {
        if let Some(node) = graph.index(&finding.node) {
            let cite = Cite { evidence: EvidenceRef::Finding { id: finding.id.clone() }, observation: Observation::Reported };
            found.push(Symptom { node, cause: None, strength: FINDING_WEIGHT, cite });
        }
    }
    found.retain(|s| s.strength > 0.0);
    found.sort_by(|a, b| {
        a.node.cmp(&b.node).then(b.strength.total_cmp(&a.strength)).then(a.cause.cmp(&b.cause)).then(a.cite.evidence.cmp(&b.cite.evidence))
    });
    found
}

/// From 0 (nothing) over ½ (at `half`) towards 1.
pub(crate) fn saturate(z: f64, half: f64) -> f64 {
    let up = z.max(0.0);
    if up.is_infinite() { 1.0 } else { up * up / (up * up + half * half).max(f64::MIN_POSITIVE) }
}

/// Golden signals are judged along the call graph, as burdens; the others are of one resource.
fn is_of_resource(metric: Metric) -> bool {
    !matches!(metric, Metric::Requests | Metric::Latency | Metric::Availability | Metric::Errors)
}

fn of_series(
    evidence: &Evidence,
    graph: &Graph,
    (name, metric, statistic): (&str, Metric, Statistic),
    points: &[Point],
    half_z: f64,
) -> Option<Symptom> {
    let node = graph.index(name)?;
    let values = |window: crate::evidence::Window| {
        let mut v: Vec<f64> = points.iter().filter(|p| window.holds(p.at) && p.value.is_finite()).map(|p| p.value).collect();
        v.sort_by(f64::total_cmp);
        v
    };
    let (before, during) = (values(evidence.baseline), values(evidence.incident));
    let peak = *during.last()?;
    let (strength, cause) = match metric {
        Metric::Throttles | Metric::NetworkErrors => {
            // Counts: one stray event is no symptom, so the scale is never below one and a half.
            let mean = during.iter().sum::<f64>() / during.len() as f64;
            let z = Baseline::of(before.iter().copied(), 1.5).z(mean);
            (saturate(z, half_z), if metric == Metric::Throttles { Cause::Throttled } else { Cause::Network })
        }
        Metric::CertificateDays => (f64::from(u8::from(*during.first()? <= 0.0)), Cause::Certificate),
        _ => {
            let (bound, cause) = limit(metric)?;
            let baseline = Baseline::of(before.iter().copied(), 1.0);
            // Exhausted now, and not so in normal times: what always runs hot is not new.
            let was_so = baseline.count > 0 && baseline.median >= bound;
            (if peak >= bound && !was_so { 1.0 } else { 0.0 }, cause)
        }
    };
    let median = Baseline::of(before, 0.0).median;
    let shown = if metric == Metric::CertificateDays { *during.first()? } else { peak };
    let cite = Cite {
        evidence: EvidenceRef::Series { node: name.to_owned(), metric, statistic },
        observation: Observation::Level { before: median, during: shown, unit: metric.unit().to_owned() },
    };
    Some(Symptom { node, cause: Some(cause), strength, cite })
}
