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

/// The quantile by linear interpolation between order statistics (Hyndman-Fan type 7); `None` without values.
/// Reorders the values; a quantile costs linear time.
pub fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let low = position.floor();
    let (_, &mut at, above) = values.select_nth_unstable_by(low as usize, f64::total_cmp);
    let next = above.iter().copied().min_by(f64::total_cmp).unwrap_or(at);
    Some(at + (next - at) * (position - low))
}

/// The middle value; 0 without values.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    quantile(&mut values, 0.5).unwrap_or(0.0)
}

/// The mean without the lowest and the highest fifth; a few wild periods of many do not count, of fewer than five
/// all do. 0 without values.
#[must_use]
pub fn trimmed_mean(values: &[f64]) -> f64 {
    let cut = values.len() / 5;
    let mean = |v: &[f64]| if v.is_empty() { 0.0 } else { v.iter().sum::<f64>() / v.len() as f64 };
    if cut == 0 {
        return mean(values);
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    mean(sorted.get(cut..sorted.len() - cut).unwrap_or_default())
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
}

impl Baseline {
    /// The baseline of finite values; `floor` is the smallest scale that is believed.
    pub fn of(values: impl IntoIterator<Item = f64>, floor: f64) -> Self {
        let mut finite: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        let count = finite.len();
        if let Some(&first) = finite.first().filter(|f| finite.iter().all(|v| v == *f)) {
            return Self { median: first, scale: floor.max(f64::MIN_POSITIVE), count };
        }
        let mut at = |q| quantile(&mut finite, q).unwrap_or(0.0);
        let (low, median, high) = (at(0.25), at(0.5), at(0.75));
        Self { median, scale: ((high - low) / NORMAL_IQR).max(floor).max(f64::MIN_POSITIVE), count }
    }

    /// Robust z-score.
    #[must_use]
    pub fn z(&self, value: f64) -> f64 {
        let z = (value - self.median) / self.scale;
        if z.is_nan() { 0.0 } else { z.clamp(-1e6, 1e6) }
    }
}
