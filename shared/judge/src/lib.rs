//! Asks the rules from functions that would be too large with the rule engine beside what they carry.
//!
//! Entry type: [`Judge`]. Invariants: an answer is one only when judge-plan gave it; silence, a foreign shape or an error of the runtime
//! is `Judge.Unavailable`, which callers repeat and never take for a yes; what judge-plan itself refuses keeps its name.
//!
//! ```
//! let ask: judge::Ask = serde_json::from_str(r#"{"ask": "standing", "person": "alice"}"#).unwrap();
//! assert!(matches!(ask, judge::Ask::Standing { .. }));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::time::Duration;

use authority::{Judgement, Question};
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_lambda::primitives::Blob;
use domain::{Digest, PersonId, Plan, Role, Text, WireError, wire::Purpose};
use ledger::SettingKind;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// judge-plan reads and never writes, so a question may be asked again.
const ATTEMPTS: u32 = 3;
/// A little more than judge-plan's own limit.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(17);

/// A question to judge-plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Which roles a person has, and under which rules a plan would be made.
    Standing {
        /// Who.
        person: PersonId,
    },
    /// What the rules say about a plan now.
    Verdict {
        /// The plan; its digest is computed from it again.
        plan: Box<Plan>,
        /// The digest that approvals have to name.
        digest: Digest,
        /// Whether it is to be carried out or taken back.
        purpose: Purpose,
    },
    /// Why the rules would say what about a change that nobody has planned.
    Explain {
        /// The change.
        question: Box<Question>,
    },
    /// Whether a text can be read as rules or as a calendar, before anybody is asked to confirm it.
    Check {
        /// What it is to set; exceptions and accounts are not rules.
        kind: SettingKind,
        /// The text.
        text: String,
    },
}

/// The answer to [`Ask::Standing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Roles at this moment.
    pub roles: Vec<Role>,
    /// The version of the rules in force.
    pub policy_version: String,
}

/// judge-plan's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Ask::Standing`].
    Standing(Standing),
    /// To [`Ask::Verdict`].
    Verdict(Judgement),
    /// To [`Ask::Explain`].
    Explained {
        /// Rule by rule, with what would make it allowed.
        text: Text,
        /// The same for programs.
        explanation: serde_json::Value,
    },
    /// To [`Ask::Check`]: it can be read.
    Sound,
}

/// A line to judge-plan.
#[derive(Debug, Clone)]
pub struct Judge {
    client: aws_sdk_lambda::Client,
    function: String,
}

impl Judge {
    /// `function` is the ARN of one published version, so that callers and rules belong to one release.
    #[must_use]
    pub fn new(aws: &SdkConfig, function: String) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).operation_attempt_timeout(LONGEST_ATTEMPT).build();
        let config = aws.to_builder().retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS)).timeout_config(timeouts).build();
        Self { client: aws_sdk_lambda::Client::new(&config), function }
    }

    /// As [`authority::Authority::demand`], with the version of the rules in force.
    ///
    /// # Errors
    /// `Request.Denied` without such a role; `Directory.Unavailable`, the ledger's, or `Judge.Unavailable`.
    pub async fn demand(&self, person: &PersonId, wanted: &[Role]) -> Result<Standing, WireError> {
        let standing = self.standing(person).await?;
        authority::need(person, &standing.roles, wanted)?;
        Ok(standing)
    }

    /// A person's roles and the version of the rules in force.
    ///
    /// # Errors
    /// `Directory.Unavailable`, the ledger's, or `Judge.Unavailable`.
    pub async fn standing(&self, person: &PersonId) -> Result<Standing, WireError> {
        match self.ask(&Ask::Standing { person: person.clone() }).await? {
            Answer::Standing(standing) => Ok(standing),
            _ => Err(other()),
        }
    }

    /// As [`authority::Authority::judge`], at judge-plan's own time.
    ///
    /// # Errors
    /// When the ledger, the directory or the key does not answer judge-plan, or judge-plan does not answer: the caller stops.
    pub async fn judge(&self, plan: &Plan, digest: &Digest, purpose: Purpose) -> Result<Judgement, WireError> {
        let ask = Ask::Verdict { plan: Box::new(plan.clone()), digest: digest.clone(), purpose };
        match self.ask(&ask).await? {
            Answer::Verdict(judgement) => Ok(judgement),
            _ => Err(other()),
        }
    }

    /// What the rules would say, rule by rule: for people in both languages, and for programs.
    ///
    /// # Errors
    /// When the ledger or the directory does not answer judge-plan, the rules cannot be read, or judge-plan does not answer.
    pub async fn explain(&self, question: &Question) -> Result<(Text, serde_json::Value), WireError> {
        match self.ask(&Ask::Explain { question: Box::new(question.clone()) }).await? {
            Answer::Explained { text, explanation } => Ok((text, explanation)),
            _ => Err(other()),
        }
    }

    /// Whether policies or a calendar can be read.
    ///
    /// # Errors
    /// `Policy.Refused` or `Calendar.Refused` with the reason, or `Judge.Unavailable`.
    pub async fn check(&self, kind: SettingKind, text: &str) -> Result<(), WireError> {
        match self.ask(&Ask::Check { kind, text: text.to_owned() }).await? {
            Answer::Sound => Ok(()),
            _ => Err(other()),
        }
    }

    async fn ask(&self, ask: &Ask) -> Result<Answer, WireError> {
        let payload = serde_json::to_vec(ask).map_err(|e| unavailable(&e.to_string()))?;
        let sent = self.client.invoke().function_name(&self.function).payload(Blob::new(payload)).send().await;
        let output = sent.map_err(|e| unavailable(&format!("{e:?}")))?;
        read(output.function_error.is_some(), output.payload.as_ref().map(AsRef::as_ref).unwrap_or_default())
    }
}

/// An answer, or the error that judge-plan ended with.
fn read<T: DeserializeOwned>(failed: bool, payload: &[u8]) -> Result<T, WireError> {
    let text = std::str::from_utf8(payload).map_err(|e| unavailable(&e.to_string()))?;
    if failed {
        // An error of the runtime itself (a time-out, a crash) has no text of ours.
        return Err(lambda_shell::error_of_cause(text).unwrap_or_else(|| unavailable(text)));
    }
    serde_json::from_str(text).map_err(|e| unavailable(&e.to_string()))
}

fn other() -> WireError {
    unavailable("the answer is to another question")
}

/// The reason goes to the log only: it may repeat what a plan holds.
fn unavailable(why: &str) -> WireError {
    tracing::warn!(why, "judge-plan gave no answer");
    WireError::new(
        "Judge.Unavailable",
        Text::new("The rules cannot be asked at the moment. Nothing was done.", "暂时无法询问规则。没有执行任何操作。"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_function_keeps_its_name_and_one_of_the_runtime_is_no_answer() {
        let own = r#"{"errorType": "Directory.Unavailable", "errorMessage": "{\"en\": \"no\", \"zh\": \"无\"}"}"#;
        assert_eq!(read::<Answer>(true, own.as_bytes()).unwrap_err().name, "Directory.Unavailable");
        let runtime = r#"{"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 15.00 seconds"}"#;
        let error = read::<Answer>(true, runtime.as_bytes()).unwrap_err();
        assert_eq!((error.name.as_str(), error.may_retry()), ("Judge.Unavailable", true));
    }

    #[test]
    fn nothing_but_an_answer_is_an_answer() {
        for payload in [&b""[..], b"null", b"{}", b"true", b"\xff", br#"{"answer": "verdict"}"#, br#"{"verdict": "allow", "reasons": []}"#]
        {
            assert_eq!(read::<Answer>(false, payload).unwrap_err().name, "Judge.Unavailable");
        }
    }

    #[test]
    fn a_yes_in_an_error_is_none() {
        let yes = serde_json::to_string(&Answer::Standing(Standing { roles: vec![Role::Operator], policy_version: "v".into() })).unwrap();
        assert!(read::<Answer>(true, yes.as_bytes()).is_err());
        assert!(read::<Answer>(false, yes.as_bytes()).is_ok());
    }
}
