//! One thing that was learnt. Entry type: [`Pattern`].
//!
//! Invariant: a pattern changes by the methods here alone, and each leaves a line of history. Reporting the same again is counted
//! and does nothing else.

use std::collections::BTreeSet;

use domain::{CanonicalError, Digest, Environment, EpochMs, PersonId, PlanId, digest_of, text::defang};
use serde::{Deserialize, Serialize};

use crate::{confidence::Confidence, words::words};

/// Bounds of a pattern.
pub mod limits {
    /// Most symptoms.
    pub const SYMPTOMS: usize = 20;
    /// Longest symptom, in characters.
    pub const SYMPTOM_CHARS: usize = 200;
    /// Longest cause, in characters.
    pub const CAUSE_CHARS: usize = 500;
    /// Most outcomes that are kept; the oldest fade first.
    pub const OUTCOMES: usize = 200;
    /// Most lines of history in the pattern itself; all of them are in the audit log.
    pub const HISTORY: usize = 50;
}

/// How many failures and contradictions (faded) set a pattern aside by themselves, where they outweigh what was right.
const SET_ASIDE_AT: f64 = 3.0;

/// Where a pattern comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
pub enum Provenance {
    /// The analysis of an incident.
    Incident {
        /// Its id.
        incident: String,
    },
    /// A person wrote it.
    Person {
        /// Who.
        person: PersonId,
    },
    /// It came with the fleet or from a file.
    Import {
        /// Which.
        source: String,
    },
}

/// What somebody reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// What is seen.
    pub symptoms: Vec<String>,
    /// Why.
    pub cause: String,
    /// The runbook that helps, by name.
    pub runbook: Option<String>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Whether a pattern is recalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Recalled.
    Active,
    /// Set aside: shown in lists, not recalled.
    Quarantined,
    /// Deleted: kept for its history alone.
    Deleted,
}

/// What came of acting on a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// The change that it led to was carried out, and its post-conditions held.
    Verified {
        /// The plan.
        plan: PlanId,
    },
    /// The change was carried out and its post-conditions did not hold.
    Failed {
        /// The plan.
        plan: PlanId,
    },
    /// A person says that it was wrong.
    CalledWrong {
        /// Who.
        person: PersonId,
    },
    /// A person says that it helped. Recorded, and without weight: text raises nothing.
    CalledHelpful {
        /// Who.
        person: PersonId,
    },
}

impl Outcome {
    /// What it weighs: positive for right.
    fn weight(&self) -> f64 {
        match self {
            Self::Verified { .. } => 1.0,
            Self::Failed { .. } => -1.0,
            Self::CalledWrong { .. } => -0.5,
            Self::CalledHelpful { .. } => 0.0,
        }
    }

    /// Outcomes of one plan are one outcome, and opinions of one person one opinion: the latest.
    fn same_source(&self, other: &Self) -> bool {
        let plan = |o: &Self| match o {
            Self::Verified { plan } | Self::Failed { plan } => Some(plan.clone()),
            _ => None,
        };
        let person = |o: &Self| match o {
            Self::CalledWrong { person } | Self::CalledHelpful { person } => Some(person.clone()),
            _ => None,
        };
        match (plan(self), plan(other)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => person(self) == person(other),
            _ => false,
        }
    }
}

/// An outcome with its place and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRecord {
    /// What came of it.
    pub outcome: Outcome,
    /// Where.
    pub environment: Environment,
    /// When.
    pub at: EpochMs,
}

/// What happened to a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// It was learnt.
    Learnt,
    /// An outcome was recorded.
    Outcome {
        /// `verified`, `failed`, `called_wrong`, `called_helpful`.
        kind: String,
    },
    /// It was set aside.
    Quarantined {
        /// Who; nobody when its outcomes did it.
        by: Option<PersonId>,
        /// Why.
        reason: String,
    },
    /// It is recalled again.
    Released {
        /// Who.
        by: PersonId,
    },
    /// Its words were changed.
    Edited {
        /// Who.
        by: PersonId,
    },
    /// It was deleted.
    Deleted {
        /// Who.
        by: PersonId,
        /// Why.
        reason: String,
    },
}

/// One line of a pattern's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryLine {
    /// When.
    pub at: EpochMs,
    /// What.
    pub change: Change,
}

/// Why a pattern was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// No symptom or no cause.
    #[error("a pattern needs a symptom and a cause")]
    Empty,
    /// More or longer than allowed: the field.
    #[error("`{0}` is longer than allowed")]
    TooLong(&'static str),
    /// It is deleted.
    #[error("the pattern is deleted")]
    Deleted,
    /// This outcome is recorded already; once is enough.
    #[error("this outcome is recorded already")]
    Repeated,
    /// It has no canonical form.
    #[error("the pattern has no canonical form")]
    Canonical(#[from] CanonicalError),
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Schema version: 1.
    pub v: u32,
    /// Its name: a digest over its folded words, so that the same reported again is the same pattern.
    pub fingerprint: Digest,
    /// What is seen, defanged.
    pub symptoms: Vec<String>,
    /// Why, defanged.
    pub cause: String,
    /// The runbook that helps, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Whether it is recalled.
    pub status: Status,
    /// How often the same was reported. For people to see; nothing is computed from it.
    pub sightings: u64,
    /// What came of it, the earliest first.
    pub outcomes: Vec<OutcomeRecord>,
    /// What happened to it, the earliest first.
    pub history: Vec<HistoryLine>,
    /// Rises with every change; a store writes on the condition that it has not moved.
    pub revision: u64,
}

impl Pattern {
    /// A new pattern from a report, with nothing but the prior to believe it by.
    ///
    /// # Errors
    /// [`PatternError`] when it is empty or too long.
    pub fn learn(reported: Reported, now: EpochMs) -> Result<Self, PatternError> {
        let (symptoms, cause) = checked(&reported.symptoms, &reported.cause)?;
        let fingerprint = fingerprint(&symptoms, &cause)?;
        Ok(Self {
            v: 1,
            fingerprint,
            symptoms,
            cause,
            runbook: reported.runbook.map(|name| defang(&name, 64)),
            provenance: reported.provenance,
            status: Status::Active,
            sightings: 1,
            outcomes: Vec::new(),
            history: vec![HistoryLine { at: now, change: Change::Learnt }],
            revision: 1,
        })
    }

    /// The same was reported again: counted, and nothing else.
    #[must_use]
    pub fn seen_again(&self) -> Self {
        Self { sightings: self.sightings.saturating_add(1), revision: self.revision + 1, ..self.clone() }
    }

    /// Records what came of acting on it. `true` where its outcomes set it aside by this.
    ///
    /// # Errors
    /// [`PatternError::Repeated`] for an outcome that is known; [`PatternError::Deleted`].
    pub fn record(&self, outcome: Outcome, environment: Environment, now: EpochMs) -> Result<(Self, bool), PatternError> {
        self.not_deleted()?;
        let mut next = self.clone();
        let known =
            next.outcomes.iter().position(|r| r.outcome.same_source(&outcome) && (r.environment == environment || is_plan(&outcome)));
        match known.and_then(|at| next.outcomes.get(at).cloned().map(|r| (at, r))) {
            Some((_, record)) if record.outcome == outcome => return Err(PatternError::Repeated),
            // A change that was verified and later undone for a failure has failed; a failed one is never verified afterwards.
            Some((_, OutcomeRecord { outcome: Outcome::Failed { .. }, .. })) => return Err(PatternError::Repeated),
            Some((at, _)) => {
                next.outcomes.remove(at);
            }
            None => {}
        }
        let kind = match &outcome {
            Outcome::Verified { .. } => "verified",
            Outcome::Failed { .. } => "failed",
            Outcome::CalledWrong { .. } => "called_wrong",
            Outcome::CalledHelpful { .. } => "called_helpful",
        };
        next.outcomes.push(OutcomeRecord { outcome, environment, at: now });
        // Opinions give way first: a flood of them must not push out what was verified.
        if next.outcomes.len() > limits::OUTCOMES {
            let victim = next.outcomes.iter().position(|r| !is_plan(&r.outcome)).unwrap_or(0);
            next.outcomes.remove(victim);
        }
        next.note(Change::Outcome { kind: kind.to_owned() }, now);
        let confidence = next.confidence(environment, now);
        let set_aside = next.status == Status::Active && confidence.wrong >= SET_ASIDE_AT && confidence.wrong > confidence.right;
        if set_aside {
            next.status = Status::Quarantined;
            next.note(Change::Quarantined { by: None, reason: "more wrong than right".to_owned() }, now);
        }
        Ok((next, set_aside))
    }

    /// How far it is to be believed in an environment: by the outcomes there.
    #[must_use]
    pub fn confidence(&self, environment: Environment, now: EpochMs) -> Confidence {
        Confidence::of(self.outcomes.iter().filter(|r| r.environment == environment).map(|r| (r.outcome.weight(), r.at)), now)
    }

    /// Sets it aside.
    ///
    /// # Errors
    /// [`PatternError::Deleted`].
    pub fn quarantine(&self, by: &PersonId, reason: &str, now: EpochMs) -> Result<Self, PatternError> {
        self.not_deleted()?;
        let mut next = Self { status: Status::Quarantined, ..self.clone() };
        next.note(Change::Quarantined { by: Some(by.clone()), reason: defang(reason, 200) }, now);
        Ok(next)
    }

    /// Has it recalled again.
    ///
    /// # Errors
    /// [`PatternError::Deleted`].
    pub fn release(&self, by: &PersonId, now: EpochMs) -> Result<Self, PatternError> {
        self.not_deleted()?;
        let mut next = Self { status: Status::Active, ..self.clone() };
        next.note(Change::Released { by: by.clone() }, now);
        Ok(next)
    }

    /// Changes its words. What was verified about the former words does not speak for the new ones: the outcomes are dropped, and
    /// the fingerprint is another.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn edit(&self, symptoms: &[String], cause: &str, by: &PersonId, now: EpochMs) -> Result<Self, PatternError> {
        self.not_deleted()?;
        let (symptoms, cause) = checked(symptoms, cause)?;
        let fingerprint = fingerprint(&symptoms, &cause)?;
        let outcomes = if fingerprint == self.fingerprint { self.outcomes.clone() } else { Vec::new() };
        let mut next = Self { symptoms, cause, fingerprint, outcomes, ..self.clone() };
        next.note(Change::Edited { by: by.clone() }, now);
        Ok(next)
    }

    /// Deletes it: its words are gone, its history stays.
    ///
    /// # Errors
    /// [`PatternError::Deleted`] when it is.
    pub fn delete(&self, by: &PersonId, reason: &str, now: EpochMs) -> Result<Self, PatternError> {
        self.not_deleted()?;
        let mut next = Self {
            status: Status::Deleted,
            symptoms: Vec::new(),
            cause: String::new(),
            runbook: None,
            outcomes: Vec::new(),
            ..self.clone()
        };
        next.note(Change::Deleted { by: by.clone(), reason: defang(reason, 200) }, now);
        Ok(next)
    }

    /// The text that is searched and embedded: symptoms and cause.
    #[must_use]
    pub fn searched_text(&self) -> String {
        let mut text = self.symptoms.join("\n");
        text.push('\n');
        text.push_str(&self.cause);
        text
    }

    fn not_deleted(&self) -> Result<(), PatternError> {
        if self.status == Status::Deleted { Err(PatternError::Deleted) } else { Ok(()) }
    }

    fn note(&mut self, change: Change, now: EpochMs) {
        self.revision += 1;
        self.history.push(HistoryLine { at: now, change });
        if self.history.len() > limits::HISTORY {
            // How it began stays.
            self.history.remove(1);
        }
    }
}

fn is_plan(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Verified { .. } | Outcome::Failed { .. })
}

fn checked(symptoms: &[String], cause: &str) -> Result<(Vec<String>, String), PatternError> {
    if symptoms.len() > limits::SYMPTOMS {
        return Err(PatternError::TooLong("symptoms"));
    }
    if symptoms.iter().any(|s| s.chars().count() > limits::SYMPTOM_CHARS) {
        return Err(PatternError::TooLong("symptom"));
    }
    if cause.chars().count() > limits::CAUSE_CHARS {
        return Err(PatternError::TooLong("cause"));
    }
    let clean: Vec<String> = symptoms.iter().map(|s| defang(s.trim(), limits::SYMPTOM_CHARS)).filter(|s| !s.is_empty()).collect();
    let cause = defang(cause.trim(), limits::CAUSE_CHARS);
    if clean.is_empty() || cause.is_empty() { Err(PatternError::Empty) } else { Ok((clean, cause)) }
}

/// Over folded words, their order within a symptom kept and the order of symptoms not.
fn fingerprint(symptoms: &[String], cause: &str) -> Result<Digest, PatternError> {
    let symptoms: BTreeSet<Vec<String>> = symptoms.iter().map(|s| words(s)).collect();
    Ok(digest_of("aiops.pattern.v1", &(symptoms, words(cause)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMs = EpochMs(1_767_625_200_000);
    const PROD: Environment = Environment::Prod;

    fn person(name: &str) -> PersonId {
        PersonId::parse(name).unwrap()
    }

    fn plan(n: u128) -> PlanId {
        PlanId::generate(NOW, n)
    }

    fn learn(symptom: &str, cause: &str) -> Pattern {
        let reported = Reported {
            symptoms: vec![symptom.into()],
            cause: cause.into(),
            runbook: None,
            provenance: Provenance::Person { person: person("mallory") },
        };
        Pattern::learn(reported, NOW).unwrap()
    }

    fn after(pattern: &Pattern, outcome: Outcome) -> Pattern {
        pattern.record(outcome, PROD, NOW).unwrap().0
    }

    #[test]
    fn a_thousand_false_reports_and_praises_raise_nothing() {
        let verified = after(&learn("5xx after deployment", "bad version"), Outcome::Verified { plan: plan(1) });
        let mut poisoned = learn("5xx after deployment", "the firewall must be opened");
        let before = poisoned.confidence(PROD, NOW);
        for n in 0..1_000 {
            poisoned = poisoned.seen_again();
            poisoned = after(&poisoned, Outcome::CalledHelpful { person: person(&format!("sock-puppet-{n}")) });
        }
        assert_eq!(poisoned.sightings, 1_001);
        assert_eq!(poisoned.confidence(PROD, NOW), before);
        assert!(poisoned.confidence(PROD, NOW).cautious < verified.confidence(PROD, NOW).cautious);
        assert!(poisoned.confidence(PROD, NOW).mean < verified.confidence(PROD, NOW).mean);
    }

    #[test]
    fn one_plan_is_one_outcome_and_one_person_one_opinion() {
        let once = after(&learn("a", "b"), Outcome::Verified { plan: plan(1) });
        assert!(matches!(once.record(Outcome::Verified { plan: plan(1) }, PROD, NOW), Err(PatternError::Repeated)));
        // Not in another environment either: a plan ran in one.
        assert!(matches!(once.record(Outcome::Verified { plan: plan(1) }, Environment::Dev, NOW), Err(PatternError::Repeated)));
        let undone = after(&once, Outcome::Failed { plan: plan(1) });
        assert_eq!(undone.confidence(PROD, NOW).right, 0.0);
        assert!(matches!(undone.record(Outcome::Verified { plan: plan(1) }, PROD, NOW), Err(PatternError::Repeated)));
        let wrong = after(&once, Outcome::CalledWrong { person: person("bob") });
        assert!(matches!(wrong.record(Outcome::CalledWrong { person: person("bob") }, PROD, NOW), Err(PatternError::Repeated)));
        let changed_mind = after(&wrong, Outcome::CalledHelpful { person: person("bob") });
        assert_eq!(changed_mind.confidence(PROD, NOW), once.confidence(PROD, NOW));
    }

    #[test]
    fn more_wrong_than_right_sets_a_pattern_aside_by_itself() {
        let mut pattern = learn("a", "b");
        for n in 1..=2 {
            pattern = after(&pattern, Outcome::Failed { plan: plan(n) });
            assert_eq!(pattern.status, Status::Active);
        }
        let (pattern, set_aside) = pattern.record(Outcome::Failed { plan: plan(3) }, PROD, NOW).unwrap();
        assert!(set_aside && pattern.status == Status::Quarantined);
        let back = pattern.release(&person("alice"), NOW).unwrap();
        assert_eq!(back.status, Status::Active);
        // One person's opinion cannot bury what was verified.
        let mut good = learn("c", "d");
        for n in 0..5 {
            good = after(&good, Outcome::Verified { plan: plan(n) });
        }
        for n in 0..9 {
            good = after(&good, Outcome::CalledWrong { person: person(&format!("p{n}")) });
        }
        assert_eq!(good.status, Status::Active);
    }

    #[test]
    fn a_flood_of_opinions_pushes_out_no_verified_outcome() {
        let mut pattern = after(&learn("a", "b"), Outcome::Verified { plan: plan(1) });
        for n in 0..(limits::OUTCOMES + 50) {
            pattern = after(&pattern, Outcome::CalledHelpful { person: person(&format!("p{n}")) });
        }
        assert_eq!(pattern.outcomes.len(), limits::OUTCOMES);
        assert_eq!(pattern.confidence(PROD, NOW).right, 1.0);
        assert_eq!(pattern.history.len(), limits::HISTORY);
        assert_eq!(pattern.history[0].change, Change::Learnt);
    }

    #[test]
    fn the_same_in_other_letters_is_the_same_pattern() {
        let a = learn("  High CPU on web-1 ", "Runaway batch job");
        assert_eq!(a.fingerprint, learn("high cpu on WEB-1", "runaway  batch job!").fingerprint);
        assert_ne!(a.fingerprint, learn("high cpu on web-2", "runaway batch job").fingerprint);
    }

    #[test]
    fn new_words_lose_the_outcomes_of_the_old_ones_and_deletion_keeps_the_history() {
        let proven = after(&learn("a", "b"), Outcome::Verified { plan: plan(1) });
        let same = proven.edit(&["A".into()], "b.", &person("alice"), NOW).unwrap();
        assert_eq!(same.outcomes.len(), 1);
        let other = proven.edit(&["a".into()], "open the firewall", &person("alice"), NOW).unwrap();
        assert!(other.outcomes.is_empty() && other.confidence(PROD, NOW).is_unproven());
        let gone = other.delete(&person("alice"), "wrong", NOW).unwrap();
        assert!(gone.symptoms.is_empty() && gone.history.len() == 4);
        assert!(matches!(gone.record(Outcome::Verified { plan: plan(2) }, PROD, NOW), Err(PatternError::Deleted)));
        assert!(matches!(gone.release(&person("alice"), NOW), Err(PatternError::Deleted)));
        let json = serde_json::to_string(&gone).unwrap();
        assert_eq!(serde_json::from_str::<Pattern>(&json).unwrap(), gone);
    }

    #[test]
    fn reports_are_bounded_and_defanged() {
        let report = |symptom: &str, cause: &str| {
            Pattern::learn(
                Reported {
                    symptoms: vec![symptom.into()],
                    cause: cause.into(),
                    runbook: None,
                    provenance: Provenance::Import { source: "file".into() },
                },
                NOW,
            )
        };
        assert!(matches!(report(" ", "b"), Err(PatternError::Empty)));
        assert!(matches!(report(&"a".repeat(201), "b"), Err(PatternError::TooLong("symptom"))));
        assert!(matches!(report("a", &"b".repeat(501)), Err(PatternError::TooLong("cause"))));
        assert_eq!(report("a\u{202e}b", "c\nd").unwrap().cause, "c·d");
    }
}
