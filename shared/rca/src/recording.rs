//! Recorded incidents with their right answers, in a form that is small enough to keep.
//!
//! Entry type: [`Recording`]. Invariant: the right answer lies beside the evidence, never in it; series are regular, so
//! that values need no instants of their own (a gap is `null`).
//!
//! ```
//! let text = r#"{"name": "quiet", "right": null, "evidence": {}, "series": []}"#;
//! let recording: rca::recording::Recording = serde_json::from_str(text).unwrap();
//! assert!(rca::diagnose(&recording.evidence()).answer().is_none());
//! ```

use domain::EpochMs;
use serde::{Deserialize, Serialize};

use crate::diagnosis::{Cause, Diagnosis};
use crate::evidence::{Evidence, Metric, Point, Series, Statistic};

/// One answer that is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Right {
    /// The node.
    pub node: String,
    /// What kind of fault.
    pub cause: Cause,
}

/// A series whose values lie one period apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regular {
    /// The node's id.
    pub node: String,
    /// What is measured.
    pub metric: Metric,
    /// How it was aggregated.
    pub statistic: Statistic,
    /// Start of the first period.
    pub from: EpochMs,
    /// Length of a period in seconds.
    pub period_seconds: i64,
    /// Values in order; `null` where none was read.
    pub values: Vec<Option<f64>>,
}

/// An incident that was recorded, and what is right to say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// What it is an example of.
    pub name: String,
    /// Every cause that is right to name; `None` where only "undetermined" is.
    pub right: Option<Vec<Right>>,
    /// Everything but the series.
    pub evidence: Evidence,
    /// The series.
    pub series: Vec<Regular>,
}

/// How an answer compares with the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Every right cause was named, or "undetermined" was said where that is right.
    pub is_right: bool,
    /// Causes that were answered and are not right.
    pub false_confidence: Vec<String>,
}

impl Recording {
    /// The evidence, complete.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        let mut evidence = self.evidence.clone();
        evidence.series.extend(self.series.iter().map(|s| {
            let at = |n: usize| s.from.plus_seconds(s.period_seconds.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)));
            let points = s.values.iter().enumerate().filter_map(|(n, v)| v.map(|value| Point { at: at(n), value })).collect();
            Series { node: s.node.clone(), metric: s.metric, statistic: s.statistic, points }
        }));
        evidence
    }

    /// What a diagnosis of it is worth.
    #[must_use]
    pub fn judge(&self, diagnosis: &Diagnosis) -> Judged {
        let right = self.right.as_deref().unwrap_or_default();
        let is_among = |node: &str, cause: Cause| right.iter().any(|r| r.node == node && r.cause == cause);
        let is_right = match &self.right {
            None => diagnosis.answer().is_none(),
            Some(right) => right.iter().all(|r| diagnosis.ranked.iter().any(|h| h.node == r.node && h.cause == r.cause)),
        };
        let wrong = diagnosis.ranked.iter().filter(|h| !is_among(&h.node, h.cause));
        Judged { is_right, false_confidence: wrong.map(|h| h.node.clone()).collect() }
    }
}
