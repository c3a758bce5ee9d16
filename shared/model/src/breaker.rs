//! The circuit breaker in front of one model. Entry type: [`Breaker`].
//!
//! Invariant: while open, nothing is asked; after the rest exactly one trial is let through, and its outcome decides.
//! Time is an argument; the state belongs to one warm function, which is enough to spare people the waiting.

use domain::EpochMs;

/// When it opens and how long it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerTerms {
    /// Failures in a row that open it, at least 1.
    pub failures: u32,
    /// The first rest, in seconds. It doubles with every failed trial.
    pub rest_seconds: i64,
    /// The longest rest, in seconds.
    pub most_rest_seconds: i64,
}

impl Default for BreakerTerms {
    fn default() -> Self {
        Self { failures: 3, rest_seconds: 20, most_rest_seconds: 600 }
    }
}

/// Whether the model may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Yes.
    Go,
    /// Yes, once: the outcome decides.
    Trial,
    /// Not before this instant.
    Rest(EpochMs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: EpochMs,
        rest_seconds: i64,
    },
    /// A trial is under way; when nothing is heard of it by then, another may be made.
    HalfOpen {
        until: EpochMs,
        rest_seconds: i64,
    },
}

/// The breaker of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    terms: BreakerTerms,
    state: State,
}

impl Breaker {
    /// Closed.
    #[must_use]
    pub fn new(terms: BreakerTerms) -> Self {
        Self { terms, state: State::Closed { failures: 0 } }
    }

    /// Asks for leave; after the rest this makes the caller the trial.
    pub fn permit(&mut self, now: EpochMs) -> Permit {
        match self.state {
            State::Closed { .. } => Permit::Go,
            State::Open { until, .. } | State::HalfOpen { until, .. } if until > now => Permit::Rest(until),
            State::Open { rest_seconds, .. } | State::HalfOpen { rest_seconds, .. } => {
                self.state = State::HalfOpen { until: now.plus_seconds(self.terms.rest_seconds), rest_seconds };
                Permit::Trial
            }
        }
    }

    /// The model answered, whatever it said.
    pub fn succeeded(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// The model did not answer.
    pub fn failed(&mut self, now: EpochMs) {
        self.state = match self.state {
            State::Closed { failures } if failures.saturating_add(1) < self.terms.failures => {
                State::Closed { failures: failures.saturating_add(1) }
            }
            State::Closed { .. } => self.open(now, self.terms.rest_seconds),
            State::HalfOpen { rest_seconds, .. } => {
                self.open(now, rest_seconds.saturating_mul(2).min(self.terms.most_rest_seconds).max(self.terms.rest_seconds))
            }
            open @ State::Open { .. } => open,
        };
    }

    /// The call was never made (its budget was spent): a trial that did not happen decides nothing.
    pub fn not_asked(&mut self, now: EpochMs) {
        if let State::HalfOpen { rest_seconds, .. } = self.state {
            self.state = State::Open { until: now, rest_seconds };
        }
    }

    fn open(&self, now: EpochMs, rest_seconds: i64) -> State {
        State::Open { until: now.plus_seconds(rest_seconds), rest_seconds }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TERMS: BreakerTerms = BreakerTerms { failures: 3, rest_seconds: 10, most_rest_seconds: 35 };

    fn at(seconds: i64) -> EpochMs {
        EpochMs(seconds * 1000)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(TERMS);
        (0..3).for_each(|_| breaker.failed(at(0)));
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let mut breaker = Breaker::new(TERMS);
        breaker.failed(at(0));
        breaker.failed(at(0));
        breaker.succeeded();
        breaker.failed(at(0));
        breaker.failed(at(0));
        assert_eq!(breaker.permit(at(0)), Permit::Go);
        breaker.failed(at(0));
        assert_eq!(breaker.permit(at(9)), Permit::Rest(at(10)));
    }

    #[test]
    fn after_the_rest_one_trial_goes_through_and_decides() {
        let mut breaker = opened();
        assert_eq!(breaker.permit(at(10)), Permit::Trial);
        assert_eq!(breaker.permit(at(10)), Permit::Rest(at(20)), "a second caller waits for the trial");
        breaker.failed(at(11));
        assert_eq!(breaker.permit(at(30)), Permit::Rest(at(31)), "the rest has doubled");
        assert_eq!(breaker.permit(at(31)), Permit::Trial);
        breaker.failed(at(31));
        assert_eq!(breaker.permit(at(65)), Permit::Rest(at(66)), "up to the longest rest");
        assert_eq!(breaker.permit(at(66)), Permit::Trial);
        breaker.succeeded();
        assert_eq!(breaker.permit(at(66)), Permit::Go);
    }

    #[test]
    fn a_trial_of_which_nothing_is_heard_is_followed_by_another() {
        let mut breaker = opened();
        assert_eq!(breaker.permit(at(10)), Permit::Trial);
        assert_eq!(breaker.permit(at(20)), Permit::Trial);
        breaker.not_asked(at(21));
        assert_eq!(breaker.permit(at(21)), Permit::Trial);
    }

    proptest! {
        #[test]
        fn while_it_rests_nothing_goes_and_there_is_never_more_than_one_trial_at_a_time(
            steps in proptest::collection::vec((0_u8..4, 0_i64..15), 1..80)
        ) {
            let mut breaker = Breaker::new(TERMS);
            let (mut now, mut trial_since) = (0, None::<i64>);
            for (step, wait) in steps {
                now += wait;
                match step {
                    0 | 1 => match breaker.permit(at(now)) {
                        Permit::Go => prop_assert!(trial_since.is_none()),
                        Permit::Trial => {
                            prop_assert!(trial_since.is_none_or(|since| now - since >= TERMS.rest_seconds));
                            trial_since = Some(now);
                        }
                        Permit::Rest(until) => prop_assert!(until > at(now)),
                    },
                    2 => { breaker.succeeded(); trial_since = None; prop_assert_eq!(breaker.permit(at(now)), Permit::Go); }
                    _ => { breaker.failed(at(now)); trial_since = None; }
                }
            }
        }
    }
}
