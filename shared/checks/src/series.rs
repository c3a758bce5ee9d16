//! Numbers over time. Entry type: [`Series`].
//!
//! Invariant: too few points give no answer; a missing value is never counted as zero.

use domain::EpochMs;

use crate::gap::{Gap, Seen};

/// Points of one metric, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series(pub Vec<(EpochMs, f64)>);

impl Series {
    /// Evenly spaced points that end at an instant.
    #[must_use]
    pub fn ending(at: EpochMs, step_s: i64, values: &[f64]) -> Self {
        let n = i64::try_from(values.len()).unwrap_or(0);
        Self(values.iter().zip(0_i64..).map(|(v, i)| (at.plus_seconds((i.saturating_sub(n)).saturating_mul(step_s)), *v)).collect())
    }

    /// The values since an instant.
    #[must_use]
    pub fn since(&self, instant: EpochMs) -> Vec<f64> {
        self.0.iter().filter(|(t, _)| *t >= instant).map(|(_, v)| *v).collect()
    }

    /// The sum; an empty series sums to zero, so ask [`Self::enough`] first where no data is not zero.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.iter().map(|(_, v)| v).sum()
    }

    /// The mean, where there is a point.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss)]
        (!self.0.is_empty()).then(|| self.sum() / self.0.len() as f64)
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        self.0.iter().map(|(_, v)| *v).reduce(f64::max)
    }

    /// The newest value.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.0.last().map(|(_, v)| *v)
    }

    /// At least `points` since `instant`, or a gap that names the metric.
    ///
    /// # Errors
    /// [`Gap`] of kind incomplete.
    pub fn enough(&self, instant: EpochMs, points: usize, metric: &str) -> Seen<Vec<f64>> {
        let values = self.since(instant);
        if values.len() < points {
            return Err(Gap::incomplete(
                "cloudwatch:GetMetricData",
                &format!("{points} data points of {metric} (there are {})", values.len()),
            ));
        }
        Ok(values)
    }
}
