//! What functions and state machines hand to each other.
//!
//! Entry types: [`ConverseInput`], [`ChangeInput`]. Invariant: references travel, never authority: every
//! function reads plans, approvals and roles from the ledger and the directory.

use serde::{Deserialize, Serialize};

use crate::{
    canonical::Digest,
    ids::{EpochMs, IncidentId, PlanId, SessionId},
    intent::ParsedRequest,
    person::PersonId,
    spend::Spend,
    text::{Lang, Text},
};

/// What a verified token says of the sign-in behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The identity provider's own id of the person (`sub`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether it used a second factor, where the token says how it was made (`amr`, RFC 8176).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<bool>,
    /// When the person proved who they are (`auth_time`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<EpochMs>,
}

/// serve-api → `converse` → parse-intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConverseInput {
    /// Who asks, from the verified token.
    pub person: PersonId,
    /// What was said, at most 16 KiB.
    pub text: String,
    /// The chat session.
    pub session: SessionId,
    /// The reader's language, where the client states it; else by the text.
    pub lang: Option<Lang>,
    /// The client's request id: the same id twice is one request.
    pub request_id: String,
    /// When the endpoint received it.
    pub received_at: EpochMs,
    /// The sign-in behind the token.
    #[serde(default)]
    pub sign_in: SignIn,
}

/// Where `converse` goes after parse-intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// plan-operation.
    Plan,
    /// answer-question.
    Answer,
    /// open-incident.
    Investigate,
    /// plan-scan.
    Scan,
    /// inspect-account.
    Inspect,
}

/// The input of `investigate` and of its steps. A reference and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvestigateInput {
    /// The incident.
    pub incident_id: IncidentId,
}

/// What comes of a look at an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Investigated {
    /// The incident.
    pub incident_id: IncidentId,
    /// After this many seconds there may be more to read; 0 ends the investigation.
    pub look_again_in: u32,
}

/// Who understood a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// The rules alone.
    #[default]
    Rules,
    /// The small model, its answer held against the rules.
    SmallModel,
    /// The larger model, its answer held against the rules.
    LargeModel,
    /// Nobody: the person is asked.
    Clarification,
}

/// A rung that did not help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallen {
    /// Which.
    pub rung: Rung,
    /// Why, as a stable word (`throttled`, `foreign_target`).
    pub why: String,
}

/// How a text was understood, and what that cost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// Who answered.
    pub rung: Rung,
    /// The model that answered, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Rungs that were tried and did not help, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallen: Vec<Fallen>,
    /// What all of them cost.
    #[serde(default)]
    pub spent: Spend,
    /// The words that the rules read as the operation a model meant; its preview says that they are to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What came from the conversation instead of the text, and what it was read as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrowed: Option<Text>,
    /// What the reply says about all this; nothing where no model was in play.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

impl Reading {
    /// A reply with what was taken from the conversation before it, and what is to be said about its reading behind it.
    #[must_use]
    pub fn under(&self, reply: &str, lang: Lang) -> String {
        let parts = [self.borrowed.as_ref().map(|text| text.in_lang(lang)), Some(reply), self.note.as_ref().map(|text| text.in_lang(lang))];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
    }
}

/// parse-intent → plan-operation, plan-scan, inspect-account or answer-question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// The request it answers.
    pub input: ConverseInput,
    /// What was understood.
    pub parsed: ParsedRequest,
    /// The language of the reply.
    pub lang: Lang,
    /// The account selected in the session, by name.
    pub session_account: Option<String>,
    /// Where to go next.
    pub route: Route,
    /// How it was understood.
    #[serde(default)]
    pub reading: Reading,
}

/// plan-operation → `converse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The reply so far.
    pub reply: ChatReply,
    /// What to start, where a change follows.
    pub change: Option<ChangeInput>,
}

/// The input of `change`. A reference and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeInput {
    /// The plan.
    pub plan_id: PlanId,
    /// Its digest, as the caller knows it.
    pub digest: Digest,
    /// What to do with it.
    pub purpose: Purpose,
}

/// What a `change` execution is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Carry the plan out.
    Execute,
    /// Take it back, where the ledger holds a request to do so.
    Undo,
}

/// What every step of `change` gets: the execution's input and the execution's own name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepInput {
    /// The plan.
    pub plan_id: PlanId,
    /// Its digest, as the caller knows it.
    pub digest: Digest,
    /// What to do with it.
    pub purpose: Purpose,
    /// The name of the execution, by the state machine itself.
    pub execution: String,
}

/// What request-approval gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitInput {
    /// The plan.
    pub plan_id: PlanId,
    /// Its digest, as the caller knows it.
    pub digest: Digest,
    /// What to do with it.
    pub purpose: Purpose,
    /// The name of the execution, by the state machine itself.
    pub execution: String,
    /// Wakes the execution; never leaves the hub.
    pub task_token: String,
}

/// What record-approval gets from the state machine when somebody answered from the Step Functions console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedeemInput {
    /// The code and the plan it was pasted for.
    pub redeem: Redeem,
}

/// A console code and the plan it was pasted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// As pasted.
    pub code: String,
    /// The plan of the execution that was answered.
    pub plan_id: PlanId,
    /// Its digest.
    pub digest: Digest,
}

impl Purpose {
    /// `execute` or `undo`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Undo => "undo",
        }
    }

    /// The name of the n-th execution for a plan; only this one is let through.
    #[must_use]
    pub fn execution_name(self, plan: &PlanId, attempt: u32) -> String {
        format!("{plan}-{}-{attempt}", self.as_str())
    }
}

/// What authorize-plan tells the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorized {
    /// The plan.
    pub plan_id: PlanId,
    /// Its digest.
    pub digest: Digest,
    /// Where to go: `execute`, `verify`, `undo`, `await_approval`, or the name of an end
    /// (`rejected`, `expired`, `withdrawn`, `denied`, `killed`, `drifted`, `failed`, `unknown`, `succeeded`, `undone`, `undo_failed`).
    pub next: String,
    /// Seconds until the plan expires, at least 1.
    pub wait_seconds: i64,
}

/// What execute-operation, verify-outcome and undo-operation tell the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// The plan.
    pub plan_id: PlanId,
    /// Its digest.
    pub digest: Digest,
    /// The plan's state after this step, as in [`crate::PlanState::as_str`], or `pending` when the
    /// post-condition may still come true.
    pub outcome: String,
}

/// What the chat endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatReply {
    /// The reply in the reader's language.
    pub text: String,
    /// The language of the reply.
    pub lang: Lang,
    /// The account selected in this session; shown in every reply.
    pub account: Option<String>,
    /// The session.
    pub session: SessionId,
    /// The plan this reply is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// `Area.Kind` when the request was refused or could not be served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A call the signed-in client should make itself to go on (an approval never passes through chat).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ClientAction>,
    /// How the request was understood, and what that cost.
    #[serde(default)]
    pub reading: Reading,
}

/// A call that the signed-in client makes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientAction {
    /// HTTP method.
    pub method: String,
    /// Path on the endpoint.
    pub path: String,
    /// JSON body.
    pub body: serde_json::Value,
    /// What the person is asked to confirm.
    pub confirm: Text,
}

/// A message for a person, in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Stable name of the occasion (`approval.requested`, `plan.closed`, `kill.paged`).
    pub occasion: String,
    /// The plan it is about.
    pub plan_id: Option<PlanId>,
    /// Its digest.
    pub digest: Option<Digest>,
    /// Who should read it; empty means the channel's default readers.
    pub recipients: Vec<PersonId>,
    /// One line.
    pub subject: Text,
    /// The whole message.
    pub body: Text,
    /// Whether each recipient gets a personal approval link.
    pub with_link: bool,
}
