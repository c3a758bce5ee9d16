//! A small shop in numbers, to record incidents of our own.
//!
//! web → {cart, search}; cart → {orders, mail (seen from outside)}; search → index; orders → table; search → table.
//! One baseline of 48 hours in five-minute periods with reproducible noise, then one period before, three during
//! and one after the incident.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod recorded;

use domain::EpochMs;
use rca::evidence::{Call, Change, ChangeKind, Evidence, Metric, Node, NodeKind, Point, Series, Statistic, Target, Window};

pub const ROWS: usize = 576;
pub const PERIOD: i64 = 300_000;
const CALLS: [(&str, &str); 7] = [
    ("web", "cart"),
    ("web", "search"),
    ("cart", "orders"),
    ("cart", "mail"),
    ("search", "index"),
    ("search", "table"),
    ("orders", "table"),
];
/// Node, requests per request of web, own seconds per request.
const NODES: [(&str, f64, f64); 7] = [
    ("web", 1.0, 0.020),
    ("cart", 0.6, 0.015),
    ("search", 0.8, 0.010),
    ("orders", 0.5, 0.012),
    ("mail", 0.1, 0.030),
    ("index", 0.8, 0.008),
    ("table", 1.3, 0.004),
];

/// Extra seconds and failed share of one node's own work during the incident.
#[derive(Clone, Copy)]
pub struct Fault {
    pub node: &'static str,
    pub slower_s: f64,
    pub failing: f64,
}

struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    }
}

fn at(row: usize) -> EpochMs {
    EpochMs(row as i64 * PERIOD)
}

/// The instant the incident begins.
pub fn onset() -> EpochMs {
    at(ROWS + 1)
}

fn ratio(node: &str) -> f64 {
    NODES.iter().find(|n| n.0 == node).unwrap().1
}

/// Records the shop with these faults and an alarm of web.
pub fn record(faults: &[Fault], alarm: Metric) -> Evidence {
    let mut noise = Noise(0x5EED);
    let mut evidence = Evidence {
        target: Some(Target { node: "web".into(), metric: alarm }),
        baseline: Window { from: at(0), to: at(ROWS) },
        incident: Window { from: onset(), to: at(ROWS + 4) },
        nodes: NODES
            .iter()
            .map(|n| Node { id: n.0.into(), kind: if n.0 == "mail" { NodeKind::Inferred } else { NodeKind::Instrumented } })
            .collect(),
        calls: CALLS.iter().map(|c| Call { caller: c.0.into(), callee: c.1.into() }).collect(),
        ..Evidence::default()
    };
    let mut points = vec![[Vec::new(), Vec::new(), Vec::new()]; NODES.len()];
    for row in 0..ROWS + 5 {
        let faulty = (ROWS + 1..ROWS + 4).contains(&row);
        let web = 1000.0 + 80.0 * noise.next();
        let mut totals: Vec<(f64, f64)> = Vec::new();
        // From the leaves up: total seconds and failures per request of web.
        for &(node, ratio, own_s) in NODES.iter().rev() {
            let fault = faults.iter().find(|f| faulty && f.node == node);
            let own = ratio * (own_s * (1.0 + 0.1 * noise.next()) + fault.map_or(0.0, |f| f.slower_s));
            let stray = if noise.next() > 0.48 { 1.0 / web } else { 0.0 };
            let failed = ratio * fault.map_or(0.0, |f| f.failing) + stray;
            let (mut seconds, mut failures) = (own, failed);
            for &(_, callee) in CALLS.iter().filter(|c| c.0 == node) {
                let callers: f64 = CALLS.iter().filter(|c| c.1 == callee).map(|c| self::ratio(c.0)).sum();
                let index = NODES.iter().rev().position(|n| n.0 == callee).unwrap();
                seconds += totals[index].0 * ratio / callers;
                failures += totals[index].1 * ratio / callers;
            }
            totals.push((seconds, failures));
        }
        for (index, &(_, ratio, _)) in NODES.iter().enumerate() {
            let (seconds, failures) = totals[NODES.len() - 1 - index];
            let requests = web * ratio;
            let failed_share = (failures * web / requests).min(1.0);
            for (slot, value) in points[index].iter_mut().zip([requests, seconds / ratio, 100.0 * (1.0 - failed_share)]) {
                slot.push(Point { at: at(row), value });
            }
        }
    }
    for (node, [requests, latency, availability]) in NODES.iter().zip(points) {
        let mut add = |metric, statistic, points| evidence.series.push(Series { node: node.0.into(), metric, statistic, points });
        add(Metric::Requests, Statistic::Sum, requests);
        add(Metric::Latency, Statistic::Average, latency);
        add(Metric::Availability, Statistic::Average, availability);
    }
    evidence
}

/// A metric of one resource: one level in normal times, another in the incident.
pub fn resource(node: &str, metric: Metric, normal: f64, incident: f64) -> Series {
    let value = |row| if row > ROWS { incident } else { normal };
    let points = (0..ROWS + 5).map(|row| Point { at: at(row), value: value(row) }).collect();
    Series { node: node.into(), metric, statistic: Statistic::Average, points }
}

/// A deployment some minutes before the onset.
pub fn deployment(node: &str, minutes_before: i64) -> Change {
    Change {
        id: format!("evt-{node}"),
        at: onset().plus_seconds(-60 * minutes_before),
        actor: "ci".into(),
        action: "UpdateAlias".into(),
        node: node.into(),
        kind: ChangeKind::Deployment,
    }
}
