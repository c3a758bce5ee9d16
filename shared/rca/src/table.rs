//! Series laid side by side: one row per node, one column per instant, all per request of the alarmed node.
//!
//! Entry type: [`Table`]. Invariant: the columns are the instants at which the alarmed node was observed, in
//! order; burdens and counts are finite. A cell of which only half was read (a count without its latency, or the
//! reverse) is unknown, not zero: it takes the mean of its neighbours in the same phase.

use std::collections::BTreeMap;

use crate::evidence::{Evidence, Metric, Series, Statistic};
use crate::graph::Graph;
use crate::robust::median;

/// A dense matrix of rows of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    columns: usize,
    cells: Vec<f64>,
}

impl Matrix {
    /// All zero.
    #[must_use]
    pub fn zero(rows: usize, columns: usize) -> Self {
        Self { columns, cells: vec![0.0; rows * columns] }
    }

    /// One row; empty when out of range.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        self.cells.get(row * self.columns..(row + 1) * self.columns).unwrap_or_default()
    }

    /// One row to write; empty when out of range.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        self.cells.get_mut(row * self.columns..(row + 1) * self.columns).unwrap_or_default()
    }
}

/// Which burden is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Seconds spent at a node.
    Time,
    /// Requests failed at a node.
    Failures,
}

impl Measure {
    /// The measure an alarm on this metric is about; `None` for metrics of resources.
    #[must_use]
    pub fn of(metric: Metric) -> Option<Self> {
        match metric {
            Metric::Latency => Some(Self::Time),
            Metric::Availability | Metric::Errors => Some(Self::Failures),
            _ => None,
        }
    }
}

/// The columns of one part of the time line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// What is called normal.
    Baseline,
    /// Shortly before the incident.
    Eve,
    /// The incident.
    Incident,
    /// After it.
    After,
}

/// Burdens of all nodes at all instants.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Burden per request of the alarmed node: seconds, or failed requests.
    pub burden: Matrix,
    /// Requests (count); 0 where none was seen.
    pub requests: Matrix,
    /// Mean latency, failed share or failed count, where it was seen, else not a number.
    pub level: Matrix,
    /// Whether levels are shares of requests, for failures; else they are counts of them.
    pub is_share: bool,
    phases: Vec<Phase>,
}

/// The series of one metric for every node, the preferred statistic first.
fn by_node<'a>(evidence: &'a Evidence, graph: &Graph, metric: Metric, preferred: Statistic) -> BTreeMap<usize, Vec<&'a Series>> {
    let mut found: BTreeMap<usize, Vec<&Series>> = BTreeMap::new();
    for series in evidence.series.iter().filter(|s| s.metric == metric) {
        if let Some(node) = graph.index(&series.node) {
            found.entry(node).or_default().push(series);
        }
    }
    for list in found.values_mut() {
        let rank = |s: &Series| (s.statistic != preferred, s.statistic);
        let best = list.iter().map(|s| rank(s)).min();
        list.retain(|s| Some(rank(s)) == best);
    }
    found
}

/// Writes the greatest finite value of each instant into the row; other cells stay as they are.
fn fill(row: &mut [f64], times: &[i64], series: &[&Series]) {
    let mut written = vec![false; row.len()];
    for one in series {
        let mut cursor = 0;
        for point in one.points.iter().filter(|p| p.value.is_finite()) {
            // Points mostly come in order, so the next column is tried before the search.
            let column = match times.get(cursor) {
                Some(&t) if t == point.at.0 => cursor,
                _ => match times.binary_search(&point.at.0) {
                    Ok(column) => column,
                    Err(_) => continue,
                },
            };
            cursor = column + 1;
            if let (Some(cell), Some(done)) = (row.get_mut(column), written.get_mut(column)) {
                *cell = if *done { cell.max(point.value) } else { point.value };
                *done = true;
            }
        }
    }
}

/// The part of the time line each instant belongs to.
fn phases(evidence: &Evidence, times: &[i64]) -> Vec<Phase> {
    times
        .iter()
        .map(|&t| match domain::EpochMs(t) {
            at if evidence.incident.holds(at) => Phase::Incident,
            at if evidence.baseline.holds(at) => Phase::Baseline,
            at if at < evidence.incident.from => Phase::Eve,
            _ => Phase::After,
        })
        .collect()
}

/// Gives unknown cells (not a number) the mean of the known ones of their phase; without any, the normal value.
fn impute(row: &mut [f64], phases: &[Phase]) {
    if row.iter().all(|v| !v.is_nan()) {
        return;
    }
    let known = |phase: Phase| row.iter().zip(phases).filter(move |(v, p)| **p == phase && !v.is_nan()).map(|(v, _)| *v);
    let normal = median(known(Phase::Baseline).collect());
    let mean = |phase: Phase| {
        let (sum, count) = known(phase).fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
        if count > 0.0 { sum / count } else { normal }
    };
    let (eve, incident, after) = (mean(Phase::Eve), mean(Phase::Incident), mean(Phase::After));
    for (cell, phase) in row.iter_mut().zip(phases).filter(|(v, _)| v.is_nan()) {
        *cell = match phase {
            Phase::Baseline => normal,
            Phase::Eve => eve,
            Phase::Incident => incident,
            Phase::After => after,
        };
    }
}

impl Table {
    /// Lays out the evidence; `None` when the alarmed node was not observed in the baseline and in the incident.
    #[must_use]
    pub fn of(evidence: &Evidence, graph: &Graph, target: usize, measure: Measure) -> Option<Self> {
        let requests = by_node(evidence, graph, Metric::Requests, Statistic::Sum);
        let (levels, is_share) = match measure {
            Measure::Time => (by_node(evidence, graph, Metric::Latency, Statistic::Average), false),
            Measure::Failures => {
                let shares = by_node(evidence, graph, Metric::Availability, Statistic::Average);
                if shares.contains_key(&target) {
                    (shares, true)
                } else {
                    (by_node(evidence, graph, Metric::Errors, Statistic::Sum), false)
                }
            }
        };
        let counts_failures = measure == Measure::Failures && !is_share;
        let watched = requests.get(&target).or_else(|| levels.get(&target))?;
        let seen = watched.iter().chain(levels.get(&target).into_iter().flatten()).flat_map(|s| &s.points);
        let mut times: Vec<i64> = seen.filter(|p| p.value.is_finite()).map(|p| p.at.0).collect();
        times.sort_unstable();
        times.dedup();
        let mut of_target = vec![if requests.contains_key(&target) { f64::NAN } else { 1.0 }; times.len()];
        if let Some(series) = requests.get(&target) {
            fill(&mut of_target, &times, series);
            impute(&mut of_target, &phases(evidence, &times));
        }
        // Without a request nothing can be said per request: such instants are left out.
        let (times, of_target): (Vec<i64>, Vec<f64>) = times.into_iter().zip(of_target).filter(|&(_, r)| r > 0.0).unzip();
        let phases = phases(evidence, &times);
        if !phases.contains(&Phase::Incident) || !phases.contains(&Phase::Baseline) {
            return None;
        }
        let mut table = Self {
            burden: Matrix::zero(graph.len(), times.len()),
            requests: Matrix::zero(graph.len(), times.len()),
            level: Matrix::zero(graph.len(), times.len()),
            is_share,
            phases,
        };
        for node in 0..graph.len() {
            let mut level = vec![f64::NAN; times.len()];
            if let Some(series) = levels.get(&node) {
                fill(&mut level, &times, series);
                level.iter_mut().for_each(|l| *l = if is_share { 1.0 - (*l / 100.0).clamp(0.0, 1.0) } else { l.clamp(0.0, 1e12) });
            }
            let mut count = vec![f64::NAN; times.len()];
            match requests.get(&node) {
                Some(series) => fill(&mut count, &times, series),
                // Observed but not counted: taken as once per request of the alarmed node.
                None if levels.contains_key(&node) => count.copy_from_slice(&of_target),
                None => {}
            }
            // No failure count is no failure; anything else of which half is missing is unknown.
            let unknown: Vec<bool> = level
                .iter()
                .zip(&count)
                .map(|(l, n)| !counts_failures && (if n.is_nan() { !l.is_nan() } else { *n > 0.0 && l.is_nan() }))
                .collect();
            let usual = if unknown.contains(&true) { median(count.iter().copied().filter(|n| *n > 0.0).collect()) } else { 0.0 };
            for (n, unknown) in count.iter_mut().zip(&unknown) {
                *n = if n.is_nan() { if *unknown { usual } else { 0.0 } } else { n.clamp(0.0, 1e15) };
            }
            table.requests.row_mut(node).copy_from_slice(&count);
            table.level.row_mut(node).copy_from_slice(&level);
            let limit = table.volume_limit(node, &of_target);
            let mut burden: Vec<f64> = level
                .iter()
                .zip(&count)
                .zip(&of_target)
                .map(|((l, n), r)| {
                    if l.is_nan() {
                        0.0
                    } else if counts_failures {
                        l / r
                    } else {
                        l * limit(*n, *r)
                    }
                })
                .map(|b| if b.is_finite() { b } else { 0.0 })
                .collect();
            for (cell, _) in burden.iter_mut().zip(&unknown).filter(|(_, unknown)| **unknown) {
                *cell = f64::NAN;
            }
            impute(&mut burden, &table.phases);
            table.burden.row_mut(node).copy_from_slice(&burden);
        }
        Some(table)
    }

    /// Requests at a node per request of the alarmed node. When the alarmed node is asked less, work that others
    /// ask for would seem to grow; so the ratio may exceed its normal value only as far as the node itself is asked more.
    fn volume_limit(&self, node: usize, of_target: &[f64]) -> impl Fn(f64, f64) -> f64 + use<> {
        let counts = self.requests.row(node);
        let ratios: Vec<f64> = counts.iter().zip(of_target).map(|(n, r)| n / r).collect();
        let normal_count = median(self.cells(counts, Phase::Baseline).filter(|&n| n > 0.0).collect());
        let normal_ratio = median(self.cells(&ratios, Phase::Baseline).filter(|&q| q > 0.0).collect());
        move |count, target| {
            let ratio = count / target;
            if normal_count > 0.0 { ratio.min(normal_ratio * (count / normal_count).max(1.0)) } else { ratio }
        }
    }

    /// The columns of a phase, in order.
    pub fn columns(&self, phase: Phase) -> impl Iterator<Item = usize> + '_ {
        self.phases.iter().enumerate().filter(move |(_, p)| **p == phase).map(|(c, _)| c)
    }

    /// The cells of a row that lie in a phase, in order of time.
    pub fn cells<'a>(&'a self, row: &'a [f64], phase: Phase) -> impl Iterator<Item = f64> + 'a {
        row.iter().zip(&self.phases).filter(move |(_, p)| **p == phase).map(|(v, _)| *v)
    }

    /// The mean of a row in a phase; `None` when the phase is empty.
    #[must_use]
    pub fn mean(&self, row: &[f64], phase: Phase) -> Option<f64> {
        let (sum, count) = self.cells(row, phase).fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
        (count > 0.0).then(|| sum / count)
    }
}
