//! Incidents of shops that never were: random call graphs with one fault each, simulated from causes to symptoms.
//!
//! Entry: [`simulate`]. Invariant: the simulation knows nothing of the analysis. Latency adds up along awaited calls,
//! failures pass on unless a caller has a fallback, load slows, callers retry, timeouts hold callers up, and
//! everything is as noisy as its number of requests makes it.

use domain::EpochMs;
use rca::evidence::{Call, Evidence, Metric, Node, NodeKind, Point, Series, Statistic, Target, Window};

use crate::rca_perturbed::Noise;

const PERIOD_MS: i64 = 300_000;
const BASELINE: usize = 400;
/// Rows between the baseline and the alarm's window, which has one row before the fault and one after it.
const WINDOW: usize = 5;

/// One simulated incident.
pub(crate) struct Simulated {
    /// What an alarm would have known.
    pub(crate) evidence: Evidence,
    /// The same alarm in a window without a fault.
    pub(crate) healthy: Evidence,
    /// The node with the fault.
    pub(crate) cause: String,
}

struct Edge {
    caller: usize,
    callee: usize,
    rate: f64,
    awaited: bool,
    /// Share of the callee's failures that become the caller's.
    passes: f64,
}

struct Shop {
    own_s: Vec<f64>,
    load_slope: Vec<f64>,
    inferred: Vec<bool>,
    noise: Vec<f64>,
    failing: Vec<f64>,
    edges: Vec<Edge>,
    /// Requests in a period.
    volume: f64,
    swing: f64,
    shake: f64,
}

#[derive(Clone, Copy)]
struct Fault {
    node: usize,
    slower: f64,
    failing: f64,
    /// Extra requests that arrive at the node, as a factor.
    flood: f64,
}

fn shop(noise: &mut Noise) -> Shop {
    let nodes = 6 + noise.below(35);
    let mut edges = Vec::new();
    for callee in 1..nodes {
        let callers = 1 + usize::from(noise.happens(0.35)) + usize::from(noise.happens(0.15));
        for _ in 0..callers {
            // Mostly near the top, so that graphs are broad rather than deep.
            let caller = noise.below(callee.min(2 + callee / 2));
            if edges.iter().any(|e: &Edge| e.caller == caller && e.callee == callee) {
                continue;
            }
            let rate = if noise.happens(0.3) { noise.between(0.05, 0.5) } else { noise.between(0.5, 2.0) };
            let passes = if noise.happens(0.25) { noise.between(0.0, 0.3) } else { 1.0 };
            edges.push(Edge { caller, callee, rate, awaited: !noise.happens(0.1), passes });
        }
    }
    let leaf = |n: usize| !edges.iter().any(|e| e.caller == n);
    let inferred = (0..nodes).map(|n| n > 0 && leaf(n) && noise.happens(0.25)).collect();
    Shop {
        own_s: (0..nodes).map(|_| 10_f64.powf(noise.between(-3.0, -0.9))).collect(),
        load_slope: (0..nodes).map(|_| if noise.happens(0.3) { noise.between(0.2, 0.8) } else { 0.0 }).collect(),
        inferred,
        noise: (0..nodes).map(|_| noise.between(0.03, 0.25)).collect(),
        failing: (0..nodes).map(|_| if noise.happens(0.3) { 10_f64.powf(noise.between(-5.0, -3.0)) } else { 0.0 }).collect(),
        edges,
        volume: 10_f64.powf(noise.between(2.3, 4.5)),
        swing: if noise.happens(0.4) { noise.between(0.2, 0.8) } else { 0.0 },
        shake: noise.between(0.02, 0.2),
    }
}

/// Requests, mean latency and availability of every node in one period.
fn period(shop: &Shop, row: usize, fault: Option<Fault>, noise: &mut Noise) -> Vec<(f64, f64, f64)> {
    let nodes = shop.own_s.len();
    let load = 1.0 + shop.swing * (std::f64::consts::TAU * row as f64 / 96.0).sin();
    let asked = (shop.volume * load * (shop.shake * noise.normal()).exp()).round().max(1.0);
    let mut requests = vec![0.0; nodes];
    requests[0] = asked;
    for node in 0..nodes {
        if let Some(f) = fault.filter(|f| f.node == node) {
            requests[node] *= f.flood;
        }
        for edge in shop.edges.iter().filter(|e| e.caller == node) {
            let spread = (0.03 * noise.normal()).exp();
            let retried = fault.filter(|f| f.node == edge.callee && f.failing > 0.0).map_or(1.0, |f| 1.0 + f.failing * 0.5);
            requests[edge.callee] += requests[node] * edge.rate * spread * retried;
        }
    }
    let mut seen = vec![(0.0, 0.0, 100.0); nodes];
    let mut latency = vec![0.0; nodes];
    let mut failed = vec![0.0; nodes];
    for node in (0..nodes).rev() {
        let here = fault.filter(|f| f.node == node);
        let busy = 1.0 + shop.load_slope[node] * (load - 1.0) + here.map_or(0.0, |f| (f.flood - 1.0) * 0.8);
        let few = 1.0 / requests[node].max(1.0).sqrt();
        let own = shop.own_s[node] * busy.max(0.1) * here.map_or(1.0, |f| f.slower) * ((shop.noise[node] + few) * noise.normal()).exp();
        let mut total = own;
        let mut works = 1.0 - (shop.failing[node] + here.map_or(0.0, |f| f.failing)).min(1.0);
        for edge in shop.edges.iter().filter(|e| e.caller == node) {
            if edge.awaited {
                total += edge.rate * latency[edge.callee];
                works *= 1.0 - (edge.rate.min(1.0) * failed[edge.callee] * edge.passes).min(1.0);
            }
        }
        latency[node] = total;
        // A count of failures is as random as its mean.
        let expected = (1.0 - works) * requests[node];
        let counted = (expected + expected.sqrt() * noise.normal()).round().clamp(0.0, requests[node].max(1.0));
        failed[node] = counted / requests[node].max(1.0);
        seen[node] = (requests[node].round(), latency[node], 100.0 * (1.0 - failed[node]));
    }
    seen
}

/// Share of the alarmed node's latency or failures that one node's own work is answerable for.
fn reach(shop: &Shop, node: usize, passes: bool) -> f64 {
    let mut part = vec![0.0; shop.own_s.len()];
    part[node] = 1.0;
    for caller in (0..node).rev() {
        part[caller] = shop
            .edges
            .iter()
            .filter(|e| e.caller == caller && e.awaited)
            .map(|e| if passes { e.rate.min(1.0) * e.passes * part[e.callee] } else { e.rate * part[e.callee] })
            .sum();
    }
    part[0]
}

/// One incident, made from a seed alone. An availability alarm when `failing`, else a latency alarm.
pub(crate) fn simulate(seed: u64, failing: bool) -> Simulated {
    let mut noise = Noise::new(seed.wrapping_mul(2) + u64::from(failing));
    let (shop, fault) = loop {
        let shop = shop(&mut noise);
        let node = noise.below(shop.own_s.len());
        let reach = reach(&shop, node, failing);
        let normal: f64 = (0..shop.own_s.len()).map(|n| self::reach(&shop, n, false) * shop.own_s[n]).sum();
        // The alarm saw it: a latency half as much again, or one request of a hundred failing.
        let fault = if failing {
            Fault { node, slower: 1.0, failing: noise.between(0.05, 0.8), flood: 1.0 }
        } else if noise.happens(0.2) {
            Fault { node, slower: noise.between(1.5, 3.0), failing: 0.0, flood: noise.between(1.5, 4.0) }
        } else {
            Fault { node, slower: noise.between(2.0, 12.0), failing: 0.0, flood: 1.0 }
        };
        let felt = if failing { reach * fault.failing > 0.01 } else { reach * shop.own_s[node] * (fault.slower - 1.0) > 0.5 * normal };
        if felt {
            break (shop, fault);
        }
    };
    let start = BASELINE + 10;
    let names: Vec<String> = (0..shop.own_s.len()).map(|n| format!("n{n}")).collect();
    let rows: Vec<_> = (0..BASELINE).map(|row| (row, period(&shop, row, None, &mut noise))).collect();
    let window = |faulty: Option<Fault>, noise: &mut Noise| -> Vec<_> {
        let now = |row: usize| faulty.filter(|_| (1..WINDOW - 1).contains(&row));
        (0..WINDOW).map(|row| (start + row, period(&shop, start + row, now(row), noise))).collect()
    };
    let (bad, good) = (window(Some(fault), &mut noise), window(None, &mut noise));
    let at = |row: usize| EpochMs(PERIOD_MS * i64::try_from(row).unwrap_or_default());
    let evidence = |after: &[(usize, Vec<(f64, f64, f64)>)]| {
        let mut evidence = Evidence {
            target: Some(Target { node: names[0].clone(), metric: if failing { Metric::Availability } else { Metric::Latency } }),
            baseline: Window { from: at(0), to: at(BASELINE) },
            incident: Window { from: at(start + 1), to: at(start + WINDOW - 1) },
            nodes: names
                .iter()
                .zip(&shop.inferred)
                .map(|(id, inferred)| Node { id: id.clone(), kind: if *inferred { NodeKind::Inferred } else { NodeKind::Instrumented } })
                .collect(),
            calls: shop.edges.iter().map(|e| Call { caller: names[e.caller].clone(), callee: names[e.callee].clone() }).collect(),
            ..Evidence::default()
        };
        for (node, name) in names.iter().enumerate() {
            type Of = fn(&(f64, f64, f64)) -> f64;
            let kinds: [(Metric, Statistic, Of); 3] = [
                (Metric::Requests, Statistic::Sum, |v| v.0),
                (Metric::Latency, Statistic::Average, |v| v.1),
                (Metric::Availability, Statistic::Average, |v| v.2),
            ];
            for (metric, statistic, of) in kinds {
                let points = rows
                    .iter()
                    .chain(after)
                    .filter_map(|(row, seen)| seen.get(node).filter(|v| v.0 > 0.0).map(|v| Point { at: at(*row), value: of(v) }))
                    .collect();
                evidence.series.push(Series { node: name.clone(), metric, statistic, points });
            }
        }
        evidence
    };
    Simulated { evidence: evidence(&bad), healthy: evidence(&good), cause: names[fault.node].clone() }
}
