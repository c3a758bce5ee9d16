//! What follows from the evidence: ranked hypotheses, refuted ones, or what is missing.
//!
//! Entry type: [`Diagnosis`]. Invariant: every hypothesis cites evidence; [`Diagnosis::answer`] is `None` exactly
//! when [`Diagnosis::undetermined`] says why.

use serde::{Deserialize, Serialize};

use crate::evidence::{Gap, Metric, Source, Statistic};
pub use crate::symptom::Cause;

/// From this confidence on (in permille) a hypothesis is an answer; below it is a lead.
pub const ANSWER_PERMILLE: u16 = 500;

/// One piece of evidence, by the name it has in [`crate::Evidence`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum EvidenceRef {
    /// A metric.
    Series {
        /// The node's id.
        node: String,
        /// What is measured.
        metric: Metric,
        /// How it was aggregated.
        statistic: Statistic,
    },
    /// A change event.
    Change {
        /// Its id.
        id: String,
    },
    /// A log template.
    Log {
        /// Its id.
        id: String,
    },
    /// A finding.
    Finding {
        /// Its id.
        id: String,
    },
    /// The calls between two nodes.
    Call {
        /// Who calls.
        caller: String,
        /// Who is called.
        callee: String,
    },
}

/// What was seen there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Observation {
    /// A level before and during the incident.
    Level {
        /// In normal times.
        before: f64,
        /// In the incident.
        during: f64,
        /// Unit of both.
        unit: String,
    },
    /// What the node adds to the alarmed node's change, its callees' part taken off.
    Added {
        /// Share of the alarmed node's change, in permille.
        effect_permille: u16,
        /// Robust standard deviations.
        z: f64,
    },
    /// A change some time before the onset.
    Changed {
        /// Seconds between the change and the onset (negative: after it).
        seconds_before: i64,
    },
    /// Log lines.
    Surge {
        /// Lines to be expected.
        expected: u64,
        /// Lines seen.
        observed: u64,
    },
    /// Somebody else says so.
    Reported,
}

/// A piece of evidence and what it shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cite {
    /// Which.
    pub evidence: EvidenceRef,
    /// What it shows.
    pub observation: Observation,
}

/// A cause that the evidence supports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// The node.
    pub node: String,
    /// What kind of fault.
    pub cause: Cause,
    /// How sure, in permille: 500 and more is an answer.
    pub confidence_permille: u16,
    /// Rank score, 0 to 1; orders hypotheses of one diagnosis only.
    pub score: f64,
    /// The evidence, strongest first; never empty.
    pub cites: Vec<Cite>,
}

/// Why a suspicion was dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Refutation {
    /// It changed, but everything it added came from below.
    PassesOn {
        /// The callee that explains most.
        from: String,
    },
    /// It is how callers saw this node, which reports about itself.
    SeenFromOutside {
        /// That node.
        of: String,
    },
    /// It was changed, but nothing at this node is out of the ordinary.
    NoEffect,
    /// It was changed after the incident had begun.
    AfterOnset,
    /// Something is wrong there, but the alarmed node does not depend on it.
    NotInPath,
    /// It has no normal behaviour to compare with; its callers are looked at instead.
    NoBaseline,
}

/// A suspicion that the evidence does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refuted {
    /// The node.
    pub node: String,
    /// The evidence that raised the suspicion.
    pub cites: Vec<Cite>,
    /// Why it was dropped.
    pub refutation: Refutation,
}

/// What keeps us from an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "missing", rename_all = "snake_case")]
pub enum Missing {
    /// Evidence that could not be read.
    Unread {
        /// The gap.
        gap: Gap,
    },
    /// Nobody told who calls whom, so causes and consequences cannot be told apart.
    Topology,
    /// The alarmed node has no values before or during the incident.
    Baseline,
    /// Nothing that was read is out of the ordinary.
    NothingAbnormal,
    /// Several nodes explain the same change equally well.
    Rivals {
        /// These.
        nodes: Vec<String>,
    },
    /// There are signs, but too weak ones.
    Weak,
}

impl Missing {
    /// The source of evidence that would settle it, where one would.
    #[must_use]
    pub fn settled_by(&self) -> Option<Source> {
        match self {
            Self::Unread { gap } => Some(gap.source),
            Self::Topology => Some(Source::Topology),
            Self::Baseline | Self::Rivals { .. } => Some(Source::Metrics),
            Self::NothingAbnormal | Self::Weak => None,
        }
    }
}

/// Which method answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Statistics over the call graph.
    CallGraph,
    /// Statistics of single resources, changes, logs and findings; no graph or no alarmed golden signal.
    Symptoms,
    /// No evidence to apply a method to.
    Nothing,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Which method answered.
    pub rung: Rung,
    /// Causes, best first; empty when undetermined.
    pub ranked: Vec<Hypothesis>,
    /// Weaker suspicions, best first; they are nobody's answer.
    pub leads: Vec<Hypothesis>,
    /// Suspicions that the evidence does not hold.
    pub refuted: Vec<Refuted>,
    /// What is missing, when there is no answer.
    pub undetermined: Option<Vec<Missing>>,
}

impl Diagnosis {
    /// The cause, when it is determined.
    #[must_use]
    pub fn answer(&self) -> Option<&Hypothesis> {
        self.ranked.first()
    }

    /// Every suspicion in order of rank, answers first.
    pub fn suspects(&self) -> impl Iterator<Item = &Hypothesis> {
        self.ranked.iter().chain(&self.leads)
    }
}
