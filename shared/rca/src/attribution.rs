//! Whom an observation is about when it was made by somebody else.
//!
//! Three corrections before burdens are compared, each with its reason:
//! [`seen_from_outside`], [`credit_silent`], [`discount_common_slowdown`].
//!
//! Invariant: a correction moves evidence between nodes, it never makes any.

use std::collections::BTreeMap;

use crate::burden::Work;
use crate::evidence::NodeKind;
use crate::robust::Baseline;
use crate::table::{Measure, Phase};

/// A change of this many robust standard deviations is clear.
const CLEAR_Z: f64 = 3.0;

/// Callees of the same callers that report about themselves.
fn instrumented_siblings(work: &Work<'_>, node: usize, target: usize) -> Vec<usize> {
    let mut siblings: Vec<usize> = work
        .graph
        .callers(node)
        .iter()
        .flat_map(|&caller| work.graph.callees(caller))
        .copied()
        .filter(|&s| s != node && s != target && work.graph.kind(s) == NodeKind::Instrumented && !work.is_rare(s))
        .collect();
    siblings.sort_unstable();
    siblings.dedup();
    siblings
}

/// The greatest by value; of equal values the later index, so that the order of input cannot matter.
fn greatest(candidates: impl Iterator<Item = (usize, f64)>) -> Option<(usize, f64)> {
    candidates.max_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
}

/// An inferred node is how callers describe something that did not report the call itself. When a neighbour that
/// does report changed at least as much, clearly (z ≥ 3), the two views are of one fault.
pub(crate) fn seen_from_outside(work: &Work<'_>, target: usize, excess: &[f64], z: &[f64]) -> BTreeMap<usize, usize> {
    let of = |values: &[f64], n: usize| values.get(n).copied().unwrap_or(0.0);
    (0..work.graph.len())
        .filter(|&n| work.graph.kind(n) == NodeKind::Inferred && of(excess, n) > 0.0)
        .filter_map(|node| {
            let siblings = instrumented_siblings(work, node, target).into_iter();
            let alike = siblings.filter(|&s| of(excess, s) >= of(excess, node) && of(z, s) >= CLEAR_Z).map(|s| (s, of(excess, s)));
            greatest(alike).map(|(s, _)| (node, s))
        })
        .collect()
}

/// A service that is down reports nothing: its callers see failures of an inferred node while the service itself is
/// asked less. As many of these failures as it misses requests are the silent neighbour's.
pub(crate) fn credit_silent(
    work: &Work<'_>,
    target: usize,
    measure: Measure,
    seen_of: &BTreeMap<usize, usize>,
    z: &[f64],
    excess: &mut [f64],
) {
    if measure != Measure::Failures {
        return;
    }
    let asked = |n: usize| -> f64 {
        let per_request = |phase| {
            let all: f64 = work.table.cells(work.table.requests.row(target), phase).sum();
            let here: f64 = work.table.cells(work.table.requests.row(n), phase).sum();
            if all > 0.0 { here / all } else { 0.0 }
        };
        per_request(Phase::Baseline) - per_request(Phase::Incident)
    };
    let clear = |n: &usize| z.get(*n).is_some_and(|z| *z >= CLEAR_Z) && !seen_of.contains_key(n);
    for node in (0..work.graph.len()).filter(|n| work.graph.kind(*n) == NodeKind::Inferred && clear(n)) {
        let failed = excess.get(node).copied().unwrap_or(0.0);
        if failed <= 0.0 {
            continue;
        }
        let missing = instrumented_siblings(work, node, target).into_iter().map(|s| (s, asked(s)));
        if let Some((silent, missing)) = greatest(missing)
            && missing > 0.0
        {
            let moved = failed.min(missing);
            if let Some(slot) = excess.get_mut(silent) {
                *slot += moved;
            }
            if let Some(slot) = excess.get_mut(node) {
                *slot -= moved;
            }
        }
    }
}

/// Latency of a callee is measured in its caller. When a caller's unrelated callees all became slower by a like
/// factor, the caller is starved and the factor is its own: that much of each callee's excess is taken back.
pub(crate) fn discount_common_slowdown(work: &Work<'_>, measure: Measure, excess: &mut [f64]) {
    if measure != Measure::Time {
        return;
    }
    let before = excess.to_vec();
    for caller in 0..work.graph.len() {
        let leaves: Vec<usize> = work
            .graph
            .callees(caller)
            .iter()
            .copied()
            .filter(|&c| work.graph.callees(c).is_empty() && work.graph.kind(c) == NodeKind::Instrumented && !work.is_rare(c))
            .collect();
        if leaves.len() < 2 {
            continue;
        }
        let factors: Vec<f64> = leaves.iter().map(|&c| slowdown(work, c)).collect();
        for (index, &leaf) in leaves.iter().enumerate() {
            let others = factors.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, f)| *f);
            let common = Baseline::of(others, 0.0).median;
            let normal = work.normal.get(leaf).copied().unwrap_or(0.0) * work.share(caller, leaf);
            let excused = (normal * (common - 1.0)).clamp(0.0, before.get(leaf).copied().unwrap_or(0.0).max(0.0));
            if let Some(slot) = excess.get_mut(leaf) {
                *slot -= excused;
            }
        }
    }
}

/// How many times slower a node became; 1 when the change is within three robust standard deviations.
fn slowdown(work: &Work<'_>, node: usize) -> f64 {
    let seen = |phase| {
        let counts = work.table.cells(work.table.requests.row(node), phase);
        let levels = work.table.cells(work.table.level.row(node), phase);
        levels.zip(counts).filter(|&(l, n)| n > 0.0 && l > 0.0).map(|(l, _)| l).collect::<Vec<_>>()
    };
    let normal = Baseline::of(seen(Phase::Baseline), 0.0);
    let now = Baseline::of(seen(Phase::Incident), 0.0);
    if normal.count == 0 || now.count == 0 || normal.median <= 0.0 || normal.z(now.median) < CLEAR_Z {
        1.0
    } else {
        now.median / normal.median
    }
}
