//! How far a pattern is to be believed. Entry type: [`Confidence`].
//!
//! A Beta posterior: prior Beta(1, 3) (unknown causes are wrong more often than right), plus one success for each verified
//! outcome, plus one failure for each failed one and half a failure for each person who calls it wrong, every one of them
//! weighted by `2^(-age / 90 days)`. What is compared is the mean less one standard deviation, so that one lucky outcome does
//! not beat many.

use domain::EpochMs;

/// After this many days an outcome counts half.
pub const FADE_DAYS: f64 = 90.0;

const PRIOR_RIGHT: f64 = 1.0;
const PRIOR_WRONG: f64 = 3.0;
const DAY_MS: f64 = 86_400_000.0;

/// How far a pattern is to be believed in one environment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// The expected share of cases in which it is right, 0 to 1.
    pub mean: f64,
    /// The mean less one standard deviation, 0 to 1: what patterns are compared by.
    pub cautious: f64,
    /// Verified outcomes, faded.
    pub right: f64,
    /// Failures and contradictions, faded.
    pub wrong: f64,
}

impl Confidence {
    /// From outcomes: the weight (positive for right, negative for wrong) and the instant of each.
    pub(crate) fn of(outcomes: impl Iterator<Item = (f64, EpochMs)>, now: EpochMs) -> Self {
        let (mut right, mut wrong) = (0.0, 0.0);
        for (weight, at) in outcomes {
            let faded = weight.abs() * fade(at, now);
            if weight > 0.0 {
                right += faded;
            } else {
                wrong += faded;
            }
        }
        let (a, b) = (PRIOR_RIGHT + right, PRIOR_WRONG + wrong);
        let mean = a / (a + b);
        let deviation = (a * b / ((a + b).powi(2) * (a + b + 1.0))).sqrt();
        Self { mean, cautious: (mean - deviation).max(0.0), right, wrong }
    }

    /// Whether there is nothing but the prior.
    #[must_use]
    pub fn is_unproven(&self) -> bool {
        self.right < 0.05
    }
}

/// What an outcome weighs now: 1 when it is fresh. One from the future (a clock that was put back) weighs no more than that.
#[allow(clippy::cast_precision_loss)]
fn fade(at: EpochMs, now: EpochMs) -> f64 {
    let age_days = now.0.saturating_sub(at.0).max(0) as f64 / DAY_MS;
    (-age_days / FADE_DAYS).exp2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: EpochMs = EpochMs(1_767_625_200_000);

    fn of(outcomes: &[(f64, i64)]) -> Confidence {
        Confidence::of(outcomes.iter().map(|(w, days)| (*w, NOW.plus_seconds(-days * 86_400))), NOW)
    }

    #[test]
    fn the_posterior_is_that_of_the_formula() {
        assert_eq!(of(&[]).mean, 0.25);
        assert!(of(&[]).is_unproven());
        // Beta(2, 3): mean 0.4, variance 0.04.
        let once = of(&[(1.0, 0)]);
        assert!((once.mean - 0.4).abs() < 1e-12 && (once.cautious - 0.2).abs() < 1e-12);
        // After 90 days one success counts half: Beta(1.5, 3).
        assert!((of(&[(1.0, 90)]).mean - 1.5 / 4.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn successes_raise_failures_lower_and_time_pulls_to_the_prior(right in 0usize..30, wrong in 0usize..30, days in 0i64..2000) {
            let list = |r: usize, w: usize, d: i64| [vec![(1.0, d); r], vec![(-1.0, d); w]].concat();
            let here = of(&list(right, wrong, days));
            prop_assert!(of(&list(right + 1, wrong, days)).mean > here.mean);
            prop_assert!(of(&list(right, wrong + 1, days)).mean < here.mean);
            prop_assert!((0.0..=1.0).contains(&here.cautious) && here.cautious <= here.mean);
            let prior = of(&[]).mean;
            let later = of(&list(right, wrong, days + 300));
            prop_assert!((later.mean - prior).abs() <= (here.mean - prior).abs() + 1e-12);
        }
    }
}
