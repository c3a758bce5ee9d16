//! What the rules say. Entry type: [`Handler`].
//!
//! Invariants: it reads and never writes; the digest is computed from the plan itself, so that approvals of another plan never count;
//! a verdict is of this function's own time, never the asker's; only an explanation, which decides nothing, may be about another instant.

use authority::Authority;
use domain::{EpochMs, Lang, Text, WireError, wire::Purpose};
use judge::{Answer, Ask, Standing};
use ledger::SettingKind;
use policy::Phase;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
}

impl Handler {
    pub(crate) async fn handle(&self, ask: Ask, now: EpochMs) -> Result<Answer, WireError> {
        match ask {
            Ask::Standing { person } => {
                let roles = self.authority.roles(&person).await?;
                let policy_version = self.authority.policy_version().await?;
                Ok(Answer::Standing(Standing { roles, policy_version }))
            }
            Ask::Verdict { plan, digest, purpose } => {
                if plan.digest().ok().as_ref() != Some(&digest) {
                    return Err(WireError::new(
                        "Plan.DigestRefused",
                        Text::new("The digest is not that of the plan. Nothing was done.", "摘要与计划不符。没有执行任何操作。"),
                    ));
                }
                let phase = match purpose {
                    Purpose::Execute => Phase::Execute,
                    Purpose::Undo => Phase::Undo,
                };
                self.authority.judge(&plan, &digest, phase, now).await.map(Answer::Verdict)
            }
            Ask::Explain { question } => {
                let facts = self.authority.facts_for(&question).await?;
                let explanation = self.authority.explain(&facts).await?;
                let text = Text::new(explanation.render(Lang::En), explanation.render(Lang::Zh));
                let explanation = serde_json::to_value(explanation).map_err(|e| {
                    WireError::new("Shell.Internal", Text::new(format!("The answer cannot be written: {e}"), format!("无法写出结果：{e}")))
                })?;
                Ok(Answer::Explained { text, explanation })
            }
            Ask::Check { kind, text } => {
                match kind {
                    SettingKind::Policies => {
                        authority::parse_policies(&text).map_err(|text| WireError::new("Policy.Refused", text))?;
                    }
                    SettingKind::Calendar => {
                        authority::parse_calendar(&text).map_err(|text| WireError::new("Calendar.Refused", text))?;
                    }
                    SettingKind::Accounts | SettingKind::Exceptions => {
                        return Err(WireError::new("Input.Malformed", Text::new("These are no rules.", "这不是规则。")));
                    }
                }
                Ok(Answer::Sound)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_hold_the_digest_of_their_plan_but_for_the_one_that_is_refused() {
        for (name, right) in [("may-it-run", true), ("may-it-be-taken-back", true), ("another-digest-is-refused", false)] {
            let path = format!("{}/../../events/judge-plan/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let Ask::Verdict { plan, digest, .. } = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() else {
                panic!()
            };
            assert_eq!(plan.digest().unwrap() == digest, right, "{name}: {}", plan.digest().unwrap());
        }
    }
}
