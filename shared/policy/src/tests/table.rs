//! The decision table: every combination, against the oracle and against what must hold whatever the rules.
//!
//! The summary in `table.golden` is reviewed like code.

use std::fmt::Write as _;

use domain::{Autonomy, Environment, Risk, Verdict};

use super::oracle::{
    ASKERS, AUTONOMIES, Asker, ENVIRONMENTS, MFAS, Mfa, Outcome, RISKS, Row, URGENCIES, Urgency, VOTES, Votes, WINDOWS, Window, case,
    expected,
};
use crate::{Request, RuleSet};

/// How many values each column has, in the order of [`Row`].
const SIZES: [usize; 9] =
    [ASKERS.len(), ENVIRONMENTS.len(), RISKS.len(), AUTONOMIES.len(), WINDOWS.len(), MFAS.len(), URGENCIES.len(), 2, VOTES.len()];

fn size() -> usize {
    SIZES.iter().product()
}

fn at(number: usize) -> Row {
    let mut rest = number;
    let mut digits = [0; 9];
    for (digit, size) in digits.iter_mut().zip(SIZES) {
        *digit = rest % size;
        rest /= size;
    }
    let [asker, environment, risk, autonomy, window, mfa, urgency, calm, votes] = digits;
    Row {
        asker: ASKERS[asker],
        environment: ENVIRONMENTS[environment],
        risk: RISKS[risk],
        autonomy: AUTONOMIES[autonomy],
        window: WINDOWS[window],
        mfa: MFAS[mfa],
        urgency: URGENCIES[urgency],
        killed: calm == 0,
        votes: VOTES[votes],
    }
}

pub(super) fn rows() -> impl Iterator<Item = Row> {
    (0..size()).map(at)
}

fn outcome_of(verdict: &Verdict) -> Outcome {
    match verdict {
        Verdict::Allow { .. } => Outcome::Allow,
        Verdict::Waits { .. } => Outcome::Waits,
        Verdict::NeedsApproval { needed, have, fresh_mfa, .. } => Outcome::Needs { needed: *needed, have: *have, mfa: *fresh_mfa },
        Verdict::Deny { .. } => Outcome::Deny,
    }
}

pub(super) fn outcome(rules: &RuleSet, request: &Request<'_>) -> Outcome {
    outcome_of(&rules.decide(request).verdict)
}

/// The rows that the rules themselves are asked: every combination with an asker who may ask and no stop in force, and of the seven
/// eighths of the table in which one of these two alone decides, every 37th (no factor of a column's size).
pub(super) fn asked() -> Vec<Row> {
    let decides = |row: &Row| row.killed || row.asker != Asker::OperatorHere;
    let (alone, whole): (Vec<Row>, Vec<Row>) = rows().partition(decides);
    whole.into_iter().chain(alone.into_iter().step_by(37)).collect()
}

/// Each row is held against the prose and the invariants; with the test below, which holds the prose of all rows against the
/// invariants, more authority is known not to allow less. Two threads share the work.
#[test]
fn every_row_is_as_the_prose_says_and_no_invariant_is_broken() {
    let (rules, rows) = (RuleSet::built_in().unwrap(), asked());
    assert!(rows.len() >= 20_000, "{}", rows.len());
    let check = |rows: &[Row]| {
        for row in rows {
            let got = outcome(rules, &case(row).request());
            assert_eq!(got, expected(row), "{row:?}");
            never(row, got);
        }
    };
    let (first, second) = rows.split_at(rows.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| check(second));
        check(first);
        other.join().unwrap();
    });
}

#[test]
fn the_prose_itself_breaks_no_invariant() {
    assert!(size() >= 150_000);
    let outcomes: Vec<Outcome> = rows().map(|row| expected(&row)).collect();
    for (row, got) in rows().zip(&outcomes) {
        never(&row, *got);
    }
    monotone(&outcomes);
}

/// What holds in every row, whatever the tiers are.
fn never(row: &Row, got: Outcome) {
    let people: u32 = match row.votes {
        Votes::Nobody | Votes::AuthorAlone | Votes::ViewerAndForged => 0,
        Votes::OneTwice | Votes::OneAndAuthor => 1,
        Votes::Two => 2,
    };
    if row.killed {
        assert_eq!(got, Outcome::Deny, "deny beats allow: {row:?}");
    }
    if matches!(row.asker, Asker::Viewer | Asker::Administrator) {
        assert_eq!(got, Outcome::Deny, "who is no operator changes nothing: {row:?}");
    }
    if got == Outcome::Allow && row.environment == Environment::Prod && row.risk == Risk::R3 {
        assert!(people >= 2 && row.mfa == Mfa::Fresh, "two people and second factors: {row:?}");
    }
    if let Outcome::Needs { needed, have, .. } = got {
        assert!(have <= people, "nobody counts twice or for their own plan: {row:?}");
        assert!(have < needed, "{row:?}");
    }
    if row.autonomy == Autonomy::Shadow || row.window == Window::Unreadable {
        assert_eq!(got, Outcome::Deny, "{row:?}");
    }
}

/// More authority, agreement, calm or autonomy never allows less; less environment or risk never either.
fn monotone(outcomes: &[Outcome]) {
    let mut stride = 1;
    for (column, size) in SIZES.iter().enumerate() {
        // Urgency, askers and votes are no chains throughout: those steps that are.
        let step = |from: usize, to: usize| match column {
            0 => from >= 1,
            // An irreversible change is no smaller version of a reversible one's neighbour.
            6 => from != 2 && to != 2,
            8 => from == 0 || to == 5,
            _ => true,
        };
        for (n, got) in outcomes.iter().enumerate() {
            let digit = (n / stride) % size;
            if digit + 1 < *size && step(digit, digit + 1) {
                let more = outcomes[n + stride];
                assert!(more.rank() >= got.rank(), "column {column}: {:?} gives {got:?}, but {:?} gives {more:?}", at(n), at(n + stride));
            }
        }
        stride *= size;
    }
}

fn cell(outcome: Outcome) -> String {
    match outcome {
        Outcome::Deny => "deny".into(),
        Outcome::Needs { needed, have, mfa } => format!("{have}/{needed}{}", if mfa { "+mfa" } else { "" }),
        Outcome::Waits => "waits".into(),
        Outcome::Allow => "ALLOW".into(),
    }
}

/// Readable: a line for each environment, risk and autonomy, a column for each situation that people ask about.
fn summary(rules: &RuleSet) -> String {
    let base = Row {
        asker: Asker::OperatorHere,
        environment: Environment::Dev,
        risk: Risk::R1,
        autonomy: Autonomy::Tiered,
        window: Window::Open,
        mfa: Mfa::Fresh,
        urgency: Urgency::None,
        killed: false,
        votes: Votes::Nobody,
    };
    type Situation = (&'static str, fn(Row) -> Row);
    let situations: [Situation; 12] = [
        ("nobody", |r| r),
        ("author", |r| Row { votes: Votes::AuthorAlone, ..r }),
        ("one", |r| Row { votes: Votes::OneTwice, mfa: Mfa::None, ..r }),
        ("one mfa", |r| Row { votes: Votes::OneTwice, ..r }),
        ("two", |r| Row { votes: Votes::Two, mfa: Mfa::None, ..r }),
        ("two mfa", |r| Row { votes: Votes::Two, ..r }),
        ("closed", |r| Row { votes: Votes::Two, window: Window::Closed, ..r }),
        ("closed sev2", |r| Row { votes: Votes::Two, window: Window::Closed, urgency: Urgency::Severity2, ..r }),
        ("closed sev1", |r| Row { votes: Votes::Two, window: Window::Closed, urgency: Urgency::Severity1, ..r }),
        ("frozen", |r| Row { votes: Votes::Two, window: Window::Frozen, ..r }),
        ("frozen decl.", |r| Row { votes: Votes::Two, window: Window::Frozen, urgency: Urgency::Declared, ..r }),
        ("killed", |r| Row { votes: Votes::Two, killed: true, ..r }),
    ];
    let mut out = String::from(
        "The decision table in short: an operator asks, inside a window unless said otherwise; columns are who has approved and what else holds.\n\
         `0/2+mfa`: has 0 of 2 approvals, each with a fresh second factor. Rows checked in full: see `table.rs`.\n\n",
    );
    let _ = write!(out, "{:<24}", "environment risk autonomy");
    for (name, _) in situations {
        let _ = write!(out, " {name:>12}");
    }
    out.push('\n');
    for environment in ENVIRONMENTS.into_iter().rev() {
        for risk in RISKS.into_iter().rev() {
            for autonomy in AUTONOMIES {
                let name = format!("{:<8} {} {:?}", environment.as_str(), risk.as_str(), autonomy).to_lowercase();
                let _ = write!(out, "{name:<24}");
                for (_, situation) in situations {
                    let row = situation(Row { environment, risk, autonomy, ..base });
                    let _ = write!(out, " {:>12}", cell(outcome(rules, &case(&row).request())));
                }
                out.push('\n');
            }
        }
    }
    out
}

#[test]
fn the_summary_is_the_reviewed_one() {
    let summary = summary(RuleSet::built_in().unwrap());
    assert!(summary.lines().count() <= 200);
    // A difference is printed whole: review it, then put it into `table.golden`.
    assert!(summary == include_str!("table.golden"), "the decision table reads now:\n{summary}");
}
