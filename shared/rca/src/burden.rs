//! Exclusive burden: how much of the alarmed node's change each node adds by itself.
//!
//! Entry type: [`Burden`], made by [`burdens`]. A node's burden is `requests × latency` (or failed requests) per
//! request of the alarmed node; its exclusive burden is what its callees do not account for. The change of it
//! against a robust baseline is the evidence; a change that is passed on from below cancels out.
//!
//! Invariant: a node without a baseline is never accused (its novelty is its callers' behaviour), and a node
//! that the alarmed one does not reach has no burden.

use crate::evidence::{Evidence, NodeKind};
use crate::graph::Graph;
use crate::robust::{Baseline, median, trimmed_mean};
use crate::table::{Measure, Phase, Table};

/// The constants of the analysis. One set serves every scenario; `eval rca` prints how little ±30 % matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// A node seen in a smaller share of the baseline has no baseline of its own.
    pub rare_share: f64,
    /// Weight of the minutes before the incident against the long baseline: a level that was there before is not new.
    pub eve_weight: f64,
    /// The robust z at which an excess counts half.
    pub half_z: f64,
    /// Smallest believed scale of a time burden, as a share of the node's normal burden.
    pub time_floor: f64,
    /// Smallest believed scale of a failure burden, in failed requests within the incident.
    pub failure_floor: f64,
    /// Weight of a node that only its callers describe.
    pub inferred_weight: f64,
    /// Weight of a node that the alarmed one is not known to reach.
    pub orphan_weight: f64,
    /// Standard errors added to the observed propagation, so that only clear evidence denies it.
    pub propagation_errors: f64,
    /// How many times greater than its observed slope a propagation may be: noise in what is measured flattens slopes.
    pub propagation_slack: f64,
    /// Uncertainty of the share of a callee's burden that one caller is charged with, relative. What remains after
    /// a large charge is believed only when it exceeds this share of the charge.
    pub share_error: f64,
    /// The joint evidence `z × target z × effect` at which an answer is as likely right as a false alarm.
    pub half_evidence: f64,
    /// Weight of the other golden signal where the alarmed one explains nothing.
    pub other_signal: f64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            rare_share: 0.05,
            eve_weight: 0.5,
            half_z: 6.0,
            time_floor: 0.02,
            failure_floor: 1.0,
            inferred_weight: 0.5,
            orphan_weight: 0.4,
            propagation_errors: 3.0,
            propagation_slack: 2.0,
            share_error: 0.3,
            half_evidence: 3.0,
            other_signal: 0.5,
        }
    }
}

/// What one node adds to the alarmed node's change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burden {
    /// The node.
    pub node: usize,
    /// Calls between the alarmed node and this one.
    pub depth: usize,
    /// Exclusive burden in the incident less the normal one (seconds or failures per request of the alarmed node).
    pub excess: f64,
    /// The same in robust standard deviations of the baseline.
    pub z: f64,
    /// Share of the alarmed node's change that the excess explains, 0 to 1.
    pub effect: f64,
    /// How much of a change here has reached the alarmed node in normal times at most, 0 to 1.
    pub propagation: f64,
    /// Robust z of the whole burden, callees included.
    pub total_z: f64,
    /// Rank score, 0 to 1.
    pub score: f64,
    /// Level (mean latency in seconds, or failed share) in normal times and in the incident; zeros when nothing grew.
    pub level: (f64, f64),
    /// An instrumented neighbour that explains what was seen from outside.
    pub seen_of: Option<usize>,
    /// The alarmed node is not known to reach it: it may or may not be what that node waits for.
    pub is_orphan: bool,
}

/// The alarmed node's own change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Burden in the incident less the normal one.
    pub excess: f64,
    /// In robust standard deviations.
    pub z: f64,
    /// Level in normal times and in the incident.
    pub level: (f64, f64),
}

/// All burdens below an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Burdens {
    /// The alarmed node.
    pub target: Change,
    /// Candidates, best first.
    pub ranked: Vec<Burden>,
    /// Nodes without a baseline that took part in the incident.
    pub unknown: Vec<usize>,
    /// Whether levels of failures are shares of requests; else they are counts.
    pub is_share: bool,
}

/// What the steps of one analysis share.
pub(crate) struct Work<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) table: &'a Table,
    pub(crate) tuning: &'a Tuning,
    rare: Vec<bool>,
    weight: Vec<f64>,
    pub(crate) normal: Vec<f64>,
}

impl Work<'_> {
    /// Whether a node has no baseline of its own.
    pub(crate) fn is_rare(&self, node: usize) -> bool {
        self.rare.get(node).copied().unwrap_or(true)
    }

    /// The share of a callee's burden that one of its callers is answerable for: its share of the callers' requests.
    pub(crate) fn share(&self, caller: usize, callee: usize) -> f64 {
        let of = |n: usize| self.weight.get(n).copied().unwrap_or(0.0);
        let callers = self.graph.callers(callee);
        let total: f64 = callers.iter().map(|&c| of(c)).sum();
        if total > 0.0 { of(caller) / total } else { 1.0 / (callers.len().max(1)) as f64 }
    }

    /// Excess of a node over what its callees account for, given every node's excess.
    fn exclusive(&self, node: usize, excess: &[f64]) -> f64 {
        if self.is_rare(node) { 0.0 } else { excess.get(node).copied().unwrap_or(0.0) - self.charged(node, excess) }
    }

    /// What a node's callees account for.
    fn charged(&self, node: usize, excess: &[f64]) -> f64 {
        self.graph
            .callees(node)
            .iter()
            .filter(|&&c| !self.is_rare(c))
            .map(|&c| excess.get(c).copied().unwrap_or(0.0).max(0.0) * self.share(node, c))
            .sum()
    }
}

/// Burdens of everything below the alarmed node; `None` when it was not observed before and during the incident.
#[must_use]
pub fn burdens(evidence: &Evidence, graph: &Graph, target: usize, measure: Measure, tuning: &Tuning) -> Option<Burdens> {
    let table = Table::of(evidence, graph, target, measure)?;
    let nodes = graph.len();
    let rows = table.columns(Phase::Baseline).count();
    let length = table.columns(Phase::Incident).count();
    let seen = |n: usize| table.cells(table.requests.row(n), Phase::Baseline).filter(|&r| r > 0.0).count();
    let normal: Vec<f64> = (0..nodes).map(|n| median(table.cells(table.burden.row(n), Phase::Baseline).collect())).collect();
    let work = Work {
        graph,
        table: &table,
        tuning,
        rare: (0..nodes).map(|n| (seen(n) as f64) < (tuning.rare_share * rows as f64).max(1.0)).collect(),
        weight: (0..nodes).map(|n| table.mean(table.requests.row(n), Phase::Baseline).unwrap_or(0.0)).collect(),
        normal,
    };

    // What normal windows of the incident's length look like, node by node; of a long incident, windows short enough
    // that the baseline holds ten of them.
    let span = length.min(rows / 10).max(1);
    let mut sliding = vec![Vec::new(); nodes];
    for (node, out) in sliding.iter_mut().enumerate() {
        let cells: Vec<f64> = table.cells(table.burden.row(node), Phase::Baseline).collect();
        let centre = work.normal.get(node).copied().unwrap_or(0.0);
        *out = cells.windows(span).map(|w| trimmed_mean(w) - centre).collect::<Vec<f64>>();
    }
    let exclusive = |node: usize| -> Vec<f64> {
        let mut own = sliding.get(node).cloned().unwrap_or_default();
        for &callee in graph.callees(node).iter().filter(|&&c| !work.is_rare(c)) {
            let share = work.share(node, callee);
            for (slot, below) in own.iter_mut().zip(sliding.get(callee).into_iter().flatten()) {
                *slot -= share * below.max(0.0);
            }
        }
        own
    };

    let mut observed: Vec<f64> = (0..nodes).map(|n| excess_of(&work, n)).collect();
    let per_window = match measure {
        Measure::Time => 0.0,
        Measure::Failures => {
            let requests = table.mean(table.requests.row(target), Phase::Incident).unwrap_or(1.0).max(1.0);
            tuning.failure_floor / (requests * span as f64)
        }
    };
    let own = sliding.get(target).cloned().unwrap_or_default();
    let floor = |n: usize| (tuning.time_floor * work.normal.get(n).copied().unwrap_or(0.0)).max(per_window).max(1e-9);
    let of_target = Baseline::of(own.iter().copied(), floor(target));
    let target_excess = observed.get(target).copied().unwrap_or(0.0) - of_target.median;
    let change = Change { excess: target_excess, z: of_target.z(target_excess + of_target.median), level: levels(&table, target) };
    let need = target_excess.max(of_target.scale);

    let total_z: Vec<f64> = (0..nodes)
        .map(|n| match observed.get(n) {
            Some(&excess) if excess > 0.0 => Baseline::of(sliding.get(n).into_iter().flatten().copied(), floor(n)).z(excess),
            _ => 0.0, // Only increases are asked about.
        })
        .collect();
    let seen_of = crate::attribution::seen_from_outside(&work, target, &observed, &total_z);
    crate::attribution::credit_silent(&work, target, measure, &seen_of, &total_z, &mut observed);
    crate::attribution::discount_common_slowdown(&work, measure, &mut observed);

    let own_clipped = clip(&own);
    let depths = graph.depths(Some(target));
    let above = graph.above(target);
    let mut ranked: Vec<Burden> = depths
        .iter()
        .enumerate()
        .filter_map(|(node, depth)| {
            // Without any topology every node is a candidate. With one, a call may be missing from it: what is not
            // reached, and does not wait for the alarmed node itself, stays a lead.
            let is_orphan = depth.is_none() && graph.has_calls() && above.get(node) == Some(&false);
            let depth = depth.or_else(|| (is_orphan || !graph.has_calls()).then_some(1))?;
            if work.is_rare(node) {
                return None;
            }
            let mut baseline = Baseline::of(exclusive(node), floor(node).max(floor(target) * 0.02));
            baseline.scale = baseline.scale.hypot(tuning.share_error * work.charged(node, &observed));
            let value = work.exclusive(node, &observed);
            let excess = value - baseline.median;
            let z = baseline.z(value);
            let moved = z > 0.0 && node != target;
            let propagation = if moved { propagation(tuning, &clip(sliding.get(node)?), &own_clipped, span) } else { 1.0 };
            let effect = (propagation * excess / need).clamp(0.0, 1.0);
            let up = z.max(0.0);
            let mut score = effect * up * up / (up * up + tuning.half_z * tuning.half_z);
            if graph.kind(node) == NodeKind::Inferred {
                score *= tuning.inferred_weight;
            }
            let seen_of = seen_of.get(&node).copied();
            if seen_of.is_some() {
                score *= tuning.inferred_weight;
            }
            if is_orphan {
                score *= tuning.orphan_weight;
            }
            let total_z = total_z.get(node).copied().unwrap_or(0.0);
            let level = if score > 0.0 || total_z > 0.0 { levels(&table, node) } else { (0.0, 0.0) };
            Some(Burden { node, depth, excess, z, total_z, effect, propagation, score, level, seen_of, is_orphan })
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.z.total_cmp(&a.z)).then(b.depth.cmp(&a.depth)).then(a.node.cmp(&b.node)));
    let active = |n: usize| table.cells(table.requests.row(n), Phase::Incident).any(|r| r > 0.0);
    let unknown = (0..nodes).filter(|&n| work.is_rare(n) && depths.get(n).is_some_and(Option::is_some) && active(n)).collect();
    Some(Burdens { target: change, ranked, unknown, is_share: table.is_share })
}

/// Mean burden in the incident less what was there before.
fn excess_of(work: &Work<'_>, node: usize) -> f64 {
    if work.is_rare(node) {
        return 0.0;
    }
    let row = work.table.burden.row(node);
    let normal = work.normal.get(node).copied().unwrap_or(0.0);
    let before = work.table.mean(row, Phase::Eve).unwrap_or(normal);
    let centre = normal + work.tuning.eve_weight * (before - normal);
    let during: Vec<f64> = work.table.cells(row, Phase::Incident).collect();
    trimmed_mean(&during) - centre
}

/// The level of a node in normal times (median of what was seen) and in the incident.
fn levels(table: &Table, node: usize) -> (f64, f64) {
    let seen = |phase| {
        let counts = table.cells(table.requests.row(node), phase);
        let level = table.cells(table.level.row(node), phase);
        median(level.zip(counts).filter(|&(l, n)| n > 0.0 && !l.is_nan()).map(|(l, _)| l).collect())
    };
    (seen(Phase::Baseline), seen(Phase::Incident))
}

/// The greatest share of a node's changes that can have reached the alarmed node in normal times: the slope of the
/// alarmed node's burden on this one's (both clipped to their central 96 %) plus a few standard errors. Work
/// that nobody waits for shows here as zero. `length` is how many rows a window of the series spans.
fn propagation(tuning: &Tuning, node: &[f64], target: &[f64], length: usize) -> f64 {
    let count = node.len().min(target.len()) as f64;
    if count < 10.0 {
        return 1.0;
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / count;
    let (mx, my) = (mean(node), mean(target));
    let (xx, xy, yy) = node.iter().zip(target).fold((0.0, 0.0, 0.0), |(xx, xy, yy), (a, b)| {
        let (da, db) = (a - mx, b - my);
        (xx + da * da, xy + da * db, yy + db * db)
    });
    if xx <= 0.0 {
        return 1.0;
    }
    let slope = xy / xx;
    // Overlapping windows are not independent.
    let independent = (count / length.max(1) as f64).max(1.0);
    let error = ((yy - slope * xy).max(0.0) / xx / independent).sqrt();
    (tuning.propagation_slack * (slope + tuning.propagation_errors * error)).clamp(0.0, 1.0)
}

/// Values held to their central 96 %.
fn clip(values: &[f64]) -> Vec<f64> {
    let mut scratch = values.to_vec();
    let low = crate::robust::quantile(&mut scratch, 0.02).unwrap_or(0.0);
    let high = crate::robust::quantile(&mut scratch, 0.98).unwrap_or(0.0);
    values.iter().map(|v| v.clamp(low, high.max(low))).collect()
}
