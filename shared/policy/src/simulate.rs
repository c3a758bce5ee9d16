//! Requests from a file, decided without anything happening; and one set of rules beside another.
//!
//! Entry types: [`Situation`], [`simulate`], [`compare`]. Invariant: a situation states everything; nothing is read from anywhere, and an
//! unknown field is refused.

use domain::{
    Account, Digest, EpochMs, Grant, OperationId, Params, PersonId, Plan, PlanId, PlannedTarget, Risk, Undo, Verdict, plan::PLAN_SCHEMA,
};
use serde::{Deserialize, Serialize};

use crate::{
    facts::{ApprovalFact, Calendar, Facts, Impact, Limits, PersonFact, Phase, Stop},
    rules::RuleSet,
};

/// The most situations of one file.
const MAX_SITUATIONS: usize = 10_000;
/// The most targets of a situation.
const MAX_TARGETS: u32 = 1_000;

/// Somebody who approves in a situation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// Who.
    pub person: PersonId,
    /// Their directory groups.
    pub groups: Vec<String>,
    /// Seconds between their second factor and the approval; absent without one.
    #[serde(default)]
    pub mfa_age_seconds: Option<i64>,
}

/// What the calendar says in a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// No calendar.
    #[default]
    NotConfigured,
    /// Inside a window.
    Open,
    /// Outside every window.
    Closed,
    /// In a freeze.
    Frozen,
    /// The calendar cannot be read.
    Unreadable,
}

/// The four answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It may be executed.
    Allow,
    /// People have to decide.
    NeedsApproval,
    /// It waits for the window.
    Waits,
    /// It may not.
    Deny,
}

impl Answer {
    /// Of a verdict.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Allow { .. } => Self::Allow,
            Verdict::NeedsApproval { .. } => Self::NeedsApproval,
            Verdict::Waits { .. } => Self::Waits,
            Verdict::Deny { .. } => Self::Deny,
        }
    }

    /// As in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::NeedsApproval => "needs_approval",
            Self::Waits => "waits",
            Self::Deny => "deny",
        }
    }
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// One request with everything the rules look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// What the line is called in the result.
    #[serde(default)]
    pub name: String,
    /// Who asks.
    #[serde(rename = "as")]
    pub person: PersonId,
    /// Their directory groups (`operator`, `operator@env:dev`, …).
    pub groups: Vec<String>,
    /// What they ask for.
    pub operation: OperationId,
    /// Its risk.
    pub risk: Risk,
    /// The account.
    pub account: Account,
    /// How many resources.
    #[serde(default = "one")]
    pub targets: u32,
    /// Whether it can be undone.
    #[serde(default = "yes")]
    pub reversible: bool,
    /// Monthly cost it adds, in US cents.
    #[serde(default)]
    pub monthly_cost_cents: Option<i64>,
    /// Who has approved.
    #[serde(default)]
    pub approvals: Vec<Vote>,
    /// Kill switches in force (`all`, `account:…`, `operation:…`).
    #[serde(default)]
    pub stops: Vec<String>,
    /// What the calendar says.
    #[serde(default)]
    pub window: Window,
    /// Severity of a linked incident.
    #[serde(default)]
    pub incident_severity: Option<u8>,
    /// Whether the asker typed the account's name back.
    #[serde(default)]
    pub account_typed: bool,
    /// Whether an emergency was declared.
    #[serde(default)]
    pub break_glass: bool,
    /// What the answer should be; checked where present.
    #[serde(default)]
    pub expect: Option<Answer>,
}

/// A situation cannot be decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SituationError {
    /// The line is not a situation.
    #[error("line {line}: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// Too many.
    #[error("more than {MAX_SITUATIONS} situations")]
    TooMany,
}

impl Situation {
    /// Reads a file of JSON, one situation a line; empty lines and lines that begin with `#` are passed over.
    ///
    /// # Errors
    /// [`SituationError`] names the first line that is wrong.
    pub fn read_lines(text: &str) -> Result<Vec<Self>, SituationError> {
        let mut found = Vec::new();
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            if found.len() >= MAX_SITUATIONS {
                return Err(SituationError::TooMany);
            }
            let fault = |why: String| SituationError::Line { line: n + 1, why: domain::text::defang(&why, 300) };
            let situation: Self = serde_json::from_str(line).map_err(|e| fault(e.to_string()))?;
            if situation.targets > MAX_TARGETS {
                return Err(fault(format!("more than {MAX_TARGETS} targets")));
            }
            let votes = situation.approvals.iter().flat_map(|vote| &vote.groups);
            if let Some(group) = situation.groups.iter().chain(votes).find(|group| Grant::of_group(group).is_none()) {
                return Err(fault(format!("`{group}` grants nothing")));
            }
            found.push(situation);
        }
        Ok(found)
    }

    /// The facts, at an instant.
    #[must_use]
    pub fn facts(&self, now: EpochMs) -> Facts {
        let grants = |groups: &[String]| groups.iter().filter_map(|group| Grant::of_group(group)).collect();
        let targets = (0..self.targets).map(|n| PlannedTarget {
            id: format!("target-{n}"),
            arn: format!("target-{n}"),
            before: Default::default(),
            after: Default::default(),
            restores: Default::default(),
        });
        let plan = Plan {
            schema: PLAN_SCHEMA,
            id: PlanId::generate(EpochMs(now.0.max(0)), 0),
            account: self.account.id.clone(),
            account_name: self.account.name.clone(),
            environment: self.account.environment,
            region: self.account.regions.first().cloned().unwrap_or_default(),
            operation: self.operation.clone(),
            risk: self.risk,
            params: Params::new(),
            targets: targets.collect(),
            undo: if self.reversible { Undo::Restores } else { Undo::None },
            authors: vec![self.person.clone()],
            narrowed_by: Vec::new(),
            incident: None,
            policy_version: String::new(),
            created_at: now,
            expires_at: now.plus_seconds(3600),
        };
        // A situation is no plan that could run: a digest of nothing but its own name is enough to tell approvals apart.
        let digest = plan.digest().unwrap_or_else(|_| Digest::of_bytes(b"situation"));
        let vote = |vote: &Vote| ApprovalFact {
            approver: PersonFact { person: vote.person.clone(), grants: grants(&vote.groups) },
            digest: digest.clone(),
            signature_valid: true,
            at: now,
            mfa_at: vote.mfa_age_seconds.map(|age| now.plus_seconds(-age)),
        };
        Facts {
            account: Some(self.account.clone()),
            authors: vec![PersonFact { person: self.person.clone(), grants: grants(&self.groups) }],
            approvals: self.approvals.iter().map(vote).collect(),
            stops: self
                .stops
                .iter()
                .map(|scope| Stop { scope: scope.clone(), by: self.person.clone(), reason: "simulated".to_owned() })
                .collect(),
            limits: Limits::default(),
            calendar: match self.window {
                Window::NotConfigured => Calendar::NotConfigured,
                Window::Open => Calendar::Open,
                Window::Closed => Calendar::Closed { opens_at: None },
                Window::Frozen => Calendar::Frozen { name: "simulated".to_owned(), until: None },
                Window::Unreadable => Calendar::Unreadable { why: "simulated".to_owned() },
            },
            incident_severity: self.incident_severity,
            account_typed: self.account_typed,
            break_glass: self.break_glass,
            impact: Impact { monthly_cost_cents: self.monthly_cost_cents, dependents: 0 },
            step_up: true,
            now,
            phase: Phase::Execute,
            digest,
            plan,
        }
    }
}

/// What one situation came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Its name, or its number.
    pub name: String,
    /// The answer.
    pub answer: Answer,
    /// The answer's rules.
    pub rules: Vec<String>,
    /// Whether it is the expected one; `None` where nothing was expected.
    pub as_expected: Option<bool>,
}

/// Decides every situation.
#[must_use]
pub fn simulate(rules: &RuleSet, situations: &[Situation], now: EpochMs) -> Vec<Outcome> {
    let decide = |(n, situation): (usize, &Situation)| {
        let facts = situation.facts(now);
        let verdict = rules.decide_checked(&facts.request()).verdict;
        let answer = Answer::of(&verdict);
        Outcome {
            name: if situation.name.is_empty() { format!("#{}", n + 1) } else { domain::text::defang(&situation.name, 80) },
            answer,
            rules: verdict.reasons().iter().map(|r| r.rule.clone()).collect(),
            as_expected: situation.expect.map(|wanted| wanted == answer),
        }
    };
    situations.iter().enumerate().map(decide).collect()
}

/// A situation that two sets of rules answer differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name, or its number.
    pub name: String,
    /// What the rules in force say.
    pub live: Outcome,
    /// What the other rules say.
    pub other: Outcome,
    /// Whether the other rules let more pass.
    pub looser: bool,
}

/// Where another set of rules answers differently than the live one: other answer, or the same for other reasons.
#[must_use]
pub fn compare(live: &RuleSet, other: &RuleSet, situations: &[Situation], now: EpochMs) -> Vec<Difference> {
    let rank = |answer: Answer| match answer {
        Answer::Deny => 0,
        Answer::NeedsApproval => 1,
        Answer::Waits => 2,
        Answer::Allow => 3,
    };
    let pairs = simulate(live, situations, now).into_iter().zip(simulate(other, situations, now));
    pairs
        .filter(|(a, b)| a.answer != b.answer || a.rules != b.rules)
        .map(|(a, b)| Difference { name: a.name.clone(), looser: rank(b.answer) > rank(a.answer), live: a, other: b })
        .collect()
}
