//! How rankings stand up to evidence that is worse, or other, than what was recorded.
//!
//! Entry: [`PERTURBATIONS`], applied by the suite `rca`. Invariant: a perturbation sees evidence alone, no label; with
//! one seed it always makes the same.

use rca::evidence::{Evidence, Metric, Series};

/// Reproducible noise (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678_9ABC_DEF0)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0 to 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal (Box-Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().max(1e-300).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// True with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// One of `0..count`; 0 when there is none.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.bits() % count.max(1) as u64).unwrap_or_default()
    }
}

/// A way to make evidence worse.
pub(crate) struct Perturbation {
    /// For the table.
    pub(crate) name: &'static str,
    /// Makes it so.
    pub(crate) apply: fn(&mut Evidence, &mut Noise),
}

/// Every perturbation.
pub(crate) const PERTURBATIONS: &[Perturbation] = &[
    Perturbation { name: "half the fault", apply: |e, _| scale_fault(e, 0.5) },
    Perturbation { name: "a quarter of the fault", apply: |e, _| scale_fault(e, 0.25) },
    Perturbation { name: "twice the fault", apply: |e, _| scale_fault(e, 2.0) },
    Perturbation { name: "ten times the traffic", apply: |e, _| traffic(e, |_, _| 10.0) },
    Perturbation { name: "traffic by the hour", apply: |e, _| traffic(e, by_the_hour) },
    Perturbation {
        name: "a third of the traffic in the incident",
        apply: |e, _| {
            let onset = e.incident.from;
            traffic(e, move |at, _| if at >= onset.0 { 1.0 / 3.0 } else { 1.0 });
        },
    },
    Perturbation {
        name: "three times the traffic in the incident",
        apply: |e, _| {
            let onset = e.incident.from;
            traffic(e, move |at, _| if at >= onset.0 { 3.0 } else { 1.0 });
        },
    },
    Perturbation { name: "latency that follows the load", apply: |e, _| load_dependent(e) },
    Perturbation { name: "a tenth of the baseline", apply: |e, _| shorten_baseline(e, 10) },
    Perturbation { name: "one value of ten missing", apply: |e, noise| drop_values(e, noise, 0.1) },
    Perturbation {
        name: "one series of ten missing",
        apply: |e, noise| {
            let target = e.target.clone();
            e.series.retain(|s| target.as_ref().is_some_and(|t| t.node == s.node) || !noise.happens(0.1));
        },
    },
    Perturbation { name: "noise of a tenth", apply: |e, noise| jitter(e, noise, 0.1) },
    Perturbation { name: "noise of three tenths", apply: |e, noise| jitter(e, noise, 0.3) },
    Perturbation { name: "one call of ten unknown", apply: |e, noise| e.calls.retain(|_| !noise.happens(0.1)) },
    Perturbation { name: "one call of ten invented", apply: invent_calls },
    Perturbation { name: "onset a period late", apply: |e, _| shift(e, 1) },
    Perturbation { name: "onset a period early", apply: |e, _| shift(e, -1) },
    Perturbation {
        name: "other clock",
        apply: |e, _| {
            let by = 1_700_000_000_000;
            for window in [&mut e.baseline, &mut e.incident] {
                window.from.0 += by;
                window.to.0 += by;
            }
            e.series.iter_mut().flat_map(|s| &mut s.points).for_each(|p| p.at.0 += by);
        },
    },
];

const PERIOD_MS: i64 = 300_000;

fn normal_median(series: &Series, evidence: &Evidence) -> Option<f64> {
    let mut values: Vec<f64> = series.points.iter().filter(|p| evidence.baseline.holds(p.at)).map(|p| p.value).collect();
    rca::robust::quantile(&mut values, 0.5)
}

/// Latency and availability of everything after the baseline move towards, or away from, what is normal.
fn scale_fault(evidence: &mut Evidence, factor: f64) {
    let medians: Vec<Option<f64>> = evidence.series.iter().map(|s| normal_median(s, evidence)).collect();
    let end = evidence.baseline.to;
    for (series, median) in evidence.series.iter_mut().zip(medians) {
        let (Some(median), true) = (median, series.metric != Metric::Requests) else { continue };
        for point in series.points.iter_mut().filter(|p| p.at >= end) {
            point.value = (median + factor * (point.value - median)).max(0.0);
            if series.metric == Metric::Availability {
                point.value = point.value.min(100.0);
            }
        }
    }
}

fn by_the_hour(at: i64, _: usize) -> f64 {
    // Eight hours from trough to trough, between a quarter and seven quarters.
    1.0 + 0.75 * (std::f64::consts::TAU * at as f64 / (96.0 * PERIOD_MS as f64)).sin()
}

fn traffic(evidence: &mut Evidence, factor: impl Fn(i64, usize) -> f64) {
    for (index, series) in evidence.series.iter_mut().enumerate().filter(|(_, s)| s.metric == Metric::Requests) {
        for point in &mut series.points {
            point.value *= factor(point.at.0, index);
        }
    }
}

/// Traffic by the hour, and every node as much slower as a queue at up to three fifths of its capacity makes it.
fn load_dependent(evidence: &mut Evidence) {
    traffic(evidence, by_the_hour);
    for series in evidence.series.iter_mut().filter(|s| s.metric == Metric::Latency) {
        for point in &mut series.points {
            point.value /= 1.0 - 0.34 * by_the_hour(point.at.0, 0);
        }
    }
}

fn shorten_baseline(evidence: &mut Evidence, by: i64) {
    let length = (evidence.baseline.to.0 - evidence.baseline.from.0) / by;
    evidence.baseline.from.0 = evidence.baseline.to.0 - length;
}

fn drop_values(evidence: &mut Evidence, noise: &mut Noise, share: f64) {
    for series in &mut evidence.series {
        series.points.retain(|_| !noise.happens(share));
    }
}

fn jitter(evidence: &mut Evidence, noise: &mut Noise, share: f64) {
    for series in evidence.series.iter_mut().filter(|s| s.metric != Metric::Availability) {
        for point in &mut series.points {
            point.value *= (share * noise.normal()).exp();
        }
    }
}

fn invent_calls(evidence: &mut Evidence, noise: &mut Noise) {
    let wanted = evidence.calls.len().div_ceil(10);
    for _ in 0..wanted {
        let (from, to) = (noise.below(evidence.nodes.len()), noise.below(evidence.nodes.len()));
        if let (Some(caller), Some(callee)) = (evidence.nodes.get(from), evidence.nodes.get(to)) {
            let call = rca::evidence::Call { caller: caller.id.clone(), callee: callee.id.clone() };
            evidence.calls.push(call);
        }
    }
}

fn shift(evidence: &mut Evidence, periods: i64) {
    evidence.incident.from.0 += periods * PERIOD_MS;
    evidence.incident.to.0 += periods * PERIOD_MS;
}
