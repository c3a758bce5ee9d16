//! What a person wants, after parsing. Entry types: [`ParsedRequest`], [`Intent`].
//!
//! Invariant: an intent is a closed type; text that fits none becomes [`Intent::Clarify`] and nothing acts.

use serde::{Deserialize, Serialize};

use crate::{
    operation::OperationId,
    text::{Lang, Text},
    value::Params,
};

/// A request for one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperateRequest {
    /// The catalogue entry.
    pub operation: OperationId,
    /// Targets exactly as written (ids, names, ARNs).
    pub targets: Vec<String>,
    /// Account as written, where the text names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region, where the text names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Parameters found in the text.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// Whether only a preview is wanted.
    #[serde(default)]
    pub dry_run: bool,
}

/// A person's answer to a waiting plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes.
    Approve,
    /// No.
    Reject,
}

/// A question back to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clarify {
    /// A stable name (`Language.MissingTarget`, `Language.OutOfCatalogue`, …).
    pub code: String,
    /// The question or refusal.
    pub question: Text,
    /// Things the person could say instead.
    #[serde(default)]
    pub choices: Vec<Text>,
}

/// What a person wants. Slots hold text as written; resolving them is the planner's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "intent", content = "slots", rename_all = "snake_case")]
pub enum Intent {
    /// What can you do?
    Help,
    /// Resources of a service.
    ListResources(Scope),
    /// Metrics of a resource.
    ShowMetrics(Scope),
    /// Is it healthy?
    CheckHealth(Scope),
    /// Findings.
    Scan(Scope),
    /// Anomalies on metrics.
    DetectAnomalies(Scope),
    /// Why did it happen?
    Investigate(Scope),
    /// Log lines of a resource.
    ShowLogs(Scope),
    /// One operation.
    Operate(OperateRequest),
    /// Approve or reject a plan.
    Decide {
        /// Yes or no.
        decision: Decision,
        /// Plan id as written.
        plan: String,
        /// Why, as written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// What waits for approval?
    ListApprovals,
    /// Plans, newest first.
    ListPlans,
    /// Progress of a plan, incident or scan.
    ShowStatus {
        /// Id as written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Take back what a plan did.
    Undo {
        /// Plan id as written.
        plan: String,
    },
    /// Take back a plan that was not executed yet.
    Withdraw {
        /// Plan id as written.
        plan: String,
    },
    /// Select an account for this session.
    UseAccount {
        /// Name or id as written.
        account: String,
    },
    /// Select a region for this session.
    UseRegion {
        /// Code or place name as written.
        region: String,
    },
    /// Accounts in the registry.
    ListAccounts,
    /// Who am I, with which roles?
    Whoami,
    /// Known runbooks.
    ListSops,
    /// One runbook.
    ShowSop {
        /// Name as written.
        sop: String,
    },
    /// Which runbook fits?
    SuggestSop(Scope),
    /// Run a runbook.
    RunSop {
        /// Name as written.
        sop: String,
        /// Targets as written.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<String>,
    },
    /// Search known patterns.
    SearchKnowledge(Scope),
    /// How much is known.
    KnowledgeStats,
    /// Helpful or wrong.
    GiveFeedback {
        /// `helpful` or `wrong`.
        verdict: String,
        /// Id as written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Who did what?
    QueryAudit(Scope),
    /// Does the audit log still prove itself?
    VerifyAudit,
    /// Cost of the platform.
    ShowCosts(Scope),
    /// Change windows and freezes.
    ShowCalendar(Scope),
    /// Would I be allowed; why was I denied?
    ExplainPolicy(Scope),
    /// The kill switch.
    StopEverything {
        /// Account as written; everything where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// Let a held fleet go on (needs a second administrator).
    ReleaseStop {
        /// Account as written; everything where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// Out of scope, ambiguous or destructive: a question or a refusal, never an act.
    Clarify(Clarify),
}

/// The slots of requests that only read. Everything is optional and as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scope {
    /// One service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Several services (scan).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Targets as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// One account as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Several accounts (scan); the single word `all` means every account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// One region as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Several regions (scan).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Time window as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Metric as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Alarm as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    /// Symptom as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<String>,
    /// Query as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Who, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Catalogue id, where an operation is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
}

/// The answer of the language rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedRequest {
    /// The language of the text.
    pub lang: Lang,
    /// What is wanted.
    #[serde(flatten)]
    pub intent: Intent,
    /// Confidence in per mille.
    pub confidence_permille: u16,
    /// For each slot, the bytes of the text that support it: slot name, start, end.
    #[serde(default)]
    pub spans: Vec<(String, usize, usize)>,
}
