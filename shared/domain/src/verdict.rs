//! What the rules say about a plan. Entry type: [`Verdict`].
//!
//! Invariant: anything but [`Verdict::Allow`] stops execution.

use serde::{Deserialize, Serialize};

use crate::{ids::EpochMs, text::Text};

/// One rule that counted, with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable rule id (`tier.prod.R2`, `belt.too_many_targets`, `kill.all`).
    pub rule: String,
    /// Why, in both languages.
    pub text: Text,
}

/// The answer of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It may be executed now.
    Allow {
        /// Rules that allow it.
        reasons: Vec<Reason>,
    },
    /// People have to decide first.
    NeedsApproval {
        /// How many valid approvals are needed altogether.
        needed: u32,
        /// How many there are.
        have: u32,
        /// Whether a fresh second factor is needed from each approver.
        fresh_mfa: bool,
        /// Rules that ask for it.
        reasons: Vec<Reason>,
    },
    /// Everybody needed has agreed; it waits for the change window, or for the asker to confirm, and is looked at again then.
    Waits {
        /// When the window opens next, where that is known.
        until: Option<EpochMs>,
        /// Rules that make it wait.
        reasons: Vec<Reason>,
    },
    /// It may not be executed.
    Deny {
        /// Rules that forbid it, the strongest first.
        reasons: Vec<Reason>,
    },
}

impl Verdict {
    /// The reasons, whatever the answer.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Allow { reasons } | Self::NeedsApproval { reasons, .. } | Self::Waits { reasons, .. } | Self::Deny { reasons } => reasons,
        }
    }

    /// One sentence for the preview and for chat.
    #[must_use]
    pub fn summary(&self) -> Text {
        let en: Vec<&str> = self.reasons().iter().map(|r| r.text.en.as_str()).collect();
        let zh: Vec<&str> = self.reasons().iter().map(|r| r.text.zh.as_str()).collect();
        match self {
            Self::Allow { .. } => Text::new(format!("allowed: {}", en.join("; ")), format!("允许：{}", zh.join("；"))),
            Self::NeedsApproval { needed, have, fresh_mfa, .. } => {
                let (mfa_en, mfa_zh) = if *fresh_mfa { (" with a fresh second factor", "（需新的二次验证）") } else { ("", "") };
                Text::new(
                    format!("needs {needed} approval(s){mfa_en}, has {have}: {}", en.join("; ")),
                    format!("需要 {needed} 个审批{mfa_zh}，已有 {have} 个：{}", zh.join("；")),
                )
            }
            Self::Waits { until, .. } => {
                let (en_until, zh_until) =
                    until.map(|t| (format!(" until {}", t.to_rfc3339()), format!("至 {}", t.to_rfc3339()))).unwrap_or_default();
                Text::new(format!("waits{en_until}: {}", en.join("; ")), format!("等待{zh_until}：{}", zh.join("；")))
            }
            Self::Deny { .. } => Text::new(format!("denied: {}", en.join("; ")), format!("拒绝：{}", zh.join("；"))),
        }
    }
}
