//! What could not be seen, and why. Entry types: [`Gap`], [`Seen`].
//!
//! Invariant: a value that was not read is a [`Gap`], never a default and never an empty list.
//!
//! ```
//! use checks::{Gap, GapKind, Seen};
//! let volumes: Seen<Vec<u8>> = Err(Gap::new(GapKind::Denied, "ec2:DescribeVolumes", "UnauthorizedOperation"));
//! assert!(volumes.unwrap_err().text().zh.contains("没有"));
//! ```

use domain::{Text, text::defang};
use serde::{Deserialize, Serialize};

/// A value that was read, or why it could not be.
pub type Seen<T> = Result<T, Gap>;

/// Why something could not be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// The role may not look.
    Denied,
    /// The service asked to slow down until patience ended.
    Throttled,
    /// The service did not answer, or answered with a fault of its own.
    Unavailable,
    /// The service refused the question.
    Refused,
    /// The time or call budget of this account ended first.
    Budget,
    /// The answer lacks what the check needs (no data points, no launch time).
    Incomplete,
    /// Nobody asked: only the inventory was wanted.
    NotAsked,
}

/// One thing that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[error("{action}: {kind:?} ({detail})")]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// The IAM action that was tried, or what was looked for.
    pub action: String,
    /// The service's error code, or what is missing; harmless to show, at most 120 characters.
    pub detail: String,
}

impl Gap {
    /// A gap; the detail is made harmless.
    pub fn new(kind: GapKind, action: impl Into<String>, detail: &str) -> Self {
        Self { kind, action: action.into(), detail: defang(detail, 120) }
    }

    /// The answer to `action` lacks `what`.
    pub fn incomplete(action: impl Into<String>, what: &str) -> Self {
        Self::new(GapKind::Incomplete, action, what)
    }

    /// Nobody asked for it.
    pub fn not_asked(action: impl Into<String>) -> Self {
        Self::new(GapKind::NotAsked, action, "")
    }

    /// The reason for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let (action, detail) = (&self.action, &self.detail);
        match self.kind {
            GapKind::Denied => Text::new(format!("no permission for {action} ({detail})"), format!("没有 {action} 权限（{detail}）")),
            GapKind::Throttled => {
                Text::new(format!("{action} was throttled until patience ended ({detail})"), format!("{action} 持续被限流（{detail}）"))
            }
            GapKind::Unavailable => Text::new(format!("{action} got no answer ({detail})"), format!("{action} 没有响应（{detail}）")),
            GapKind::Refused => Text::new(format!("{action} was refused ({detail})"), format!("{action} 被拒绝（{detail}）")),
            GapKind::Budget => Text::new(
                format!("the budget of this account ended before {action} ({detail})"),
                format!("在 {action} 之前，该账户的预算已用完（{detail}）"),
            ),
            GapKind::Incomplete => Text::new(format!("the answer to {action} lacks {detail}"), format!("{action} 的响应缺少 {detail}")),
            GapKind::NotAsked => Text::new(format!("{action} was not asked for"), format!("本次没有查询 {action}")),
        }
    }
}
