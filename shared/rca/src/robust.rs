//! Statistics that a few wild values cannot move: median and interquartile range.
//!
//! Entry type: [`Baseline`]. Invariant: values that are not finite are ignored; nothing divides by zero.
//!
//! ```
//! use rca::robust::Baseline;
//! let b = Baseline::of([1.0, 2.0, 3.0, f64::NAN, 1000.0], 0.1);
//! assert_eq!(b.median, 2.5);
//! assert!(b.z(2.5).abs() < 1e-12);
//! ```

/// Interquartile range of the standard normal distribution: `2 * 0.67449`.
const NORMAL_IQR: f64 = 1.349;

/// The quantile of sorted values by linear interpolation (Hyndman-Fan type 7); `None` when there are none.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let low = position.floor();
    let (a, b) = (*sorted.get(low as usize)?, *sorted.get((low as usize + 1).min(last))?);
    Some(a + (b - a) * (position - low))
}

/// What is normal for one statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// Middle value; 0 without values.
    pub median: f64,
    /// Robust standard deviation, never below the floor that was asked for.
    pub scale: f64,
    /// Values that were finite.
    pub count: usize,
    /// 99th percentile.
    pub high: f64,
}

impl Baseline {
    /// The baseline of finite values; `floor` is the smallest scale that is believed.
    pub fn of(values: impl IntoIterator<Item = f64>, floor: f64) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |q| quantile(&sorted, q).unwrap_or(0.0);
        let spread = (at(0.75) - at(0.25)) / NORMAL_IQR;
        Self { median: at(0.5), scale: spread.max(floor).max(f64::MIN_POSITIVE), count: sorted.len(), high: at(0.99) }
    }

    /// Robust z-score.
    #[must_use]
    pub fn z(&self, value: f64) -> f64 {
        let z = (value - self.median) / self.scale;
        if z.is_nan() { 0.0 } else { z.clamp(-1e6, 1e6) }
    }
}
