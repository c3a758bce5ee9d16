//! Steps with their outcome and time. Entry type: [`Report`].
//!
//! Invariant: a step that did not succeed makes the whole report fail, also when it never began.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

enum Outcome {
    Done,
    Failed(String),
    NotRun(&'static str),
}

/// What was done so far.
pub(crate) struct Report {
    started: Instant,
    steps: Vec<(String, Duration, Outcome)>,
}

impl Report {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), steps: Vec::new() }
    }

    /// Does a step, shows it, and keeps its outcome. `None` where it failed.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("▶ {name}");
        let started = Instant::now();
        match work() {
            Ok(value) => {
                self.steps.push((name.to_owned(), started.elapsed(), Outcome::Done));
                Some(value)
            }
            Err(error) => {
                println!("✘ {name}: {error:#}");
                self.steps.push((name.to_owned(), started.elapsed(), Outcome::Failed(format!("{error:#}"))));
                None
            }
        }
    }

    /// Notes a step that could not be done because an earlier one failed.
    pub(crate) fn not_run(&mut self, name: &str, why: &'static str) {
        self.steps.push((name.to_owned(), Duration::ZERO, Outcome::NotRun(why)));
    }

    /// Prints the table; an error where anything failed.
    pub(crate) fn finish(self) -> Result<()> {
        println!();
        let mut bad = 0;
        for (name, took, outcome) in &self.steps {
            match outcome {
                Outcome::Done => println!("✔ {name:<44} {:>7.1} s", took.as_secs_f64()),
                Outcome::Failed(why) => {
                    bad += 1;
                    println!("✘ {name:<44} {:>7.1} s  {}", took.as_secs_f64(), why.lines().next().unwrap_or_default());
                }
                Outcome::NotRun(why) => {
                    bad += 1;
                    println!("– {name:<44}  not run: {why}");
                }
            }
        }
        println!("{:<46} {:>7.1} s", "in all", self.started.elapsed().as_secs_f64());
        if bad > 0 {
            bail!("{bad} of {} steps did not succeed", self.steps.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_failed_or_never_ran_fails_the_report() {
        let mut good = Report::new();
        assert_eq!(good.step("one", || Ok(1)), Some(1));
        assert!(good.finish().is_ok());

        let mut failed = Report::new();
        assert!(failed.step::<()>("two", || bail!("no")).is_none());
        assert!(failed.finish().is_err());

        let mut skipped = Report::new();
        skipped.not_run("three", "the build failed");
        assert!(skipped.finish().is_err());
    }
}
