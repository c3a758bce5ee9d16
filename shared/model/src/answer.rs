//! All that a model may say. Entry type: [`Answer`].
//!
//! Invariant: a closed type; an unknown field, a fraction, a wrong kind or an oversized answer is an error, never a guess.

use std::collections::BTreeMap;

use domain::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest answer that is read, as JSON text. The longest honest one names 50 resources.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What can you do?
    Help,
    /// Which resources of a service are there?
    ListResources,
    /// Metrics of a resource.
    ShowMetrics,
    /// Is it healthy?
    CheckHealth,
    /// Security, cost and resilience findings.
    Scan,
    /// Anomalies on metrics.
    DetectAnomalies,
    /// Why did it happen? Root cause.
    Investigate,
    /// Log lines of a resource.
    ShowLogs,
    /// One change from the catalogue; `operation` and `targets` are compulsory.
    Operate,
    /// What waits for approval?
    ListApprovals,
    /// Plans, newest first.
    ListPlans,
    /// Progress of a plan, an incident or a scan; its id is a target.
    ShowStatus,
    /// Which accounts are there?
    ListAccounts,
    /// Who am I, with which roles?
    Whoami,
    /// Which runbooks are there?
    ListSops,
    /// Which runbook fits?
    SuggestSop,
    /// Search known patterns.
    SearchKnowledge,
    /// How much is known?
    KnowledgeStats,
    /// Who did what?
    QueryAudit,
    /// Does the audit log still prove itself?
    VerifyAudit,
    /// What does the platform cost?
    ShowCosts,
    /// Change windows and freezes.
    ShowCalendar,
    /// Would I be allowed; why was I denied?
    ExplainPolicy,
    /// Approve or reject a plan.
    Decide,
    /// Take back what a plan did.
    Undo,
    /// Take back a plan that was not executed.
    Withdraw,
    /// Select an account or a region for the session.
    UseAccount,
    /// Run a runbook.
    RunSop,
    /// Say whether an answer was helpful.
    GiveFeedback,
    /// The kill switch: stop everything the platform does by itself.
    StopEverything,
    /// Let a stopped platform go on.
    ReleaseStop,
    /// Deleting, terminating, shell commands, granting power, reading secrets, going around approval, or anything that
    /// is not in the catalogue.
    Refuse,
    /// None of these, several of them, or not sure.
    Unclear,
}

/// One parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ParamValue {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl From<ParamValue> for Value {
    fn from(value: ParamValue) -> Self {
        match value {
            ParamValue::Bool(truth) => Self::Bool(truth),
            ParamValue::Int(number) => Self::Int(number),
            ParamValue::Text(text) => Self::Text(text),
            ParamValue::List(items) => Self::List(items.into_iter().map(Self::Text).collect()),
        }
    }
}

/// The input of the one tool. Every text is copied from the sentence, letter by letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What the person wants.
    pub intent: Kind,
    /// Catalogue id, for `operate` and `explain_policy` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Ids, ARNs or names, copied exactly as the sentence writes them. Nothing that is not in the sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// The account as written (`prod`, `生产`, `123456789012`); left out where the sentence names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The region as written; left out where the sentence names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Short name of one service (`ec2`, `rds`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The time window as written (`last 3 hours`, `过去一小时`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// The metric as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// What is searched or asked about, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Parameters of the operation by their names in the catalogue.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, ParamValue>,
}

/// The answer is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The model did not use the tool.
    #[error("the model did not use the tool")]
    NoTool,
    /// It used the tool more than once.
    #[error("the model used the tool {0} times")]
    Several(usize),
    /// It named another tool.
    #[error("the model named another tool")]
    OtherTool,
    /// It stopped before it was done.
    #[error("the model stopped before its answer was whole")]
    Cut,
    /// Longer than any honest answer.
    #[error("the answer has {0} bytes")]
    TooLong(usize),
    /// Not of the type.
    #[error("the answer does not have the shape that was asked for: {0}")]
    Shape(String),
}

impl Answer {
    /// An answer with nothing but its intent.
    #[must_use]
    pub fn of(intent: Kind) -> Self {
        Self {
            intent,
            operation: None,
            targets: Vec::new(),
            account: None,
            region: None,
            service: None,
            window: None,
            metric: None,
            query: None,
            params: BTreeMap::new(),
        }
    }

    /// Reads the input of the tool.
    ///
    /// # Errors
    /// [`AnswerError::TooLong`], [`AnswerError::Shape`].
    pub fn read(input: &serde_json::Value) -> Result<Self, AnswerError> {
        let bytes = input.to_string().len();
        if bytes > MAX_ANSWER_BYTES {
            return Err(AnswerError::TooLong(bytes));
        }
        Self::deserialize(input).map_err(|e| AnswerError::Shape(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_of_the_type_is_no_answer() {
        for bad in [
            json!(null),
            json!("stop everything"),
            json!([]),
            json!({}),
            json!({"intent": "terminate"}),
            json!({"intent": "operate", "shell": "rm -rf /"}),
            json!({"intent": "operate", "targets": "i-1"}),
            json!({"intent": "operate", "params": {"concurrency": 1.5}}),
            json!({"intent": "operate", "params": {"concurrency": {"value": 1}}}),
            json!({"intent": "help", "targets": [1]}),
        ] {
            assert!(matches!(Answer::read(&bad), Err(AnswerError::Shape(_))), "{bad}");
        }
        let long = json!({"intent": "help", "query": "x".repeat(MAX_ANSWER_BYTES)});
        assert!(matches!(Answer::read(&long), Err(AnswerError::TooLong(_))));
        assert_eq!(Answer::read(&json!({"intent": "whoami"})), Ok(Answer::of(Kind::Whoami)));
    }
}
