//! What can go wrong with the ledger. Entry type: [`LedgerError`].
//!
//! Invariant: only [`LedgerError::Unavailable`] and [`LedgerError::Throttled`] may be tried again with the same
//! arguments; everything else needs a fresh look at the ledger or a person.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use domain::{CanonicalError, PlanState, Text, WireError};

use crate::tokens::TokenRefusal;

/// A boxed source.
pub type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The ledger could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The table did not answer, or answered with a failure of its own; the same call may be made again.
    #[error("the ledger is not available")]
    Unavailable(#[source] Source),
    /// Too many calls; the same call may be made again, later.
    #[error("the ledger is too busy")]
    Throttled(#[source] Source),
    /// Our own role may not do this.
    #[error("the ledger refused the call: `{detail}`")]
    Denied {
        /// What IAM said.
        detail: String,
        /// The answer.
        #[source]
        source: Source,
    },
    /// The item changed since it was read: read it again and decide again.
    #[error("`{what}` changed in the meantime")]
    Conflict {
        /// The item's key in words.
        what: String,
    },
    /// There is no such item.
    #[error("there is no `{what}`")]
    NotFound {
        /// The item's key in words.
        what: String,
    },
    /// A stored content does not match its own digest or key.
    #[error("`{what}` does not match its digest: it was altered outside of the ledger")]
    Tampered {
        /// The item's key in words.
        what: String,
    },
    /// An item is of a version or form that this program does not read.
    #[error("`{what}` cannot be read: {why}")]
    Unreadable {
        /// The item's key in words.
        what: String,
        /// The attribute and what is wrong with it.
        why: String,
    },
    /// An argument is not acceptable.
    #[error("{why}")]
    Malformed {
        /// Which and why.
        why: String,
    },
    /// An item would be larger than the table takes.
    #[error("`{what}` is too large to be stored ({bytes} bytes)")]
    TooLarge {
        /// The item's key in words.
        what: String,
        /// Its size.
        bytes: usize,
    },
    /// The life of a plan has no such step.
    #[error("a plan that is `{}` cannot become `{}`", from.as_str(), to.as_str())]
    Transition {
        /// The state it is in.
        from: PlanState,
        /// The state asked for.
        to: PlanState,
    },
    /// A link or code does not count.
    #[error("the link or code does not count: {0}")]
    TokenRefused(TokenRefusal),
    /// A value has no canonical form.
    #[error("a value has no canonical form")]
    Canonical(#[from] CanonicalError),
    /// The table answered something that no correct call provokes.
    #[error("the ledger answered unexpectedly")]
    Unexpected(#[source] Source),
}

impl LedgerError {
    /// Whether the same call may be made again.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Throttled(_))
    }

    /// The stable name and the words for people.
    #[must_use]
    pub fn wire(&self) -> WireError {
        let (name, text) = match self {
            Self::Unavailable(_) => (
                "Ledger.Unavailable",
                Text::new(
                    "the ledger does not answer at the moment; nothing is lost, try again",
                    "账本暂时没有响应；没有任何数据丢失，请重试",
                ),
            ),
            Self::Throttled(_) => ("Ledger.Throttled", Text::new("the ledger is busy; try again in a moment", "账本繁忙，请稍后重试")),
            Self::Denied { .. } => (
                "Ledger.Denied",
                Text::new(
                    "this function may not do that in the ledger; tell an administrator",
                    "该函数无权在账本中执行此操作，请联系管理员",
                ),
            ),
            Self::Conflict { what } => (
                "Ledger.Conflict",
                Text::new(
                    format!("{what} changed in the meantime; look at it again and decide again"),
                    format!("{what} 已被更改，请重新查看后再决定"),
                ),
            ),
            Self::NotFound { what } => ("Ledger.NotFound", Text::new(format!("there is no {what}"), format!("不存在 {what}"))),
            Self::Tampered { what } => (
                "Ledger.Tampered",
                Text::new(
                    format!(
                        "{what} does not match its digest; it was altered outside of this system and is not used. Tell an administrator"
                    ),
                    format!("{what} 与其摘要不符，已在系统之外被修改，不会被使用。请联系管理员"),
                ),
            ),
            Self::Unreadable { what, .. } => (
                "Ledger.Unreadable",
                Text::new(
                    format!("{what} was written by a version that this one does not read"),
                    format!("{what} 由当前版本无法读取的版本写入"),
                ),
            ),
            Self::Malformed { why } => ("Ledger.Malformed", Text::new(why.clone(), format!("参数不正确：{why}"))),
            Self::TooLarge { what, bytes } => (
                "Ledger.TooLarge",
                Text::new(
                    format!("{what} is too large to be stored ({bytes} bytes); ask for fewer resources at once"),
                    format!("{what} 过大，无法保存（{bytes} 字节）；请减少一次操作的资源数量"),
                ),
            ),
            Self::Transition { from, to } => (
                "Ledger.Conflict",
                Text::new(
                    format!("a plan that is {} cannot become {}", from.as_str(), to.as_str()),
                    format!("状态为 {} 的计划不能变为 {}", from.as_str(), to.as_str()),
                ),
            ),
            Self::TokenRefused(refusal) => ("Ledger.Refused", refusal.text()),
            Self::Canonical(_) | Self::Unexpected(_) => (
                "Ledger.Internal",
                Text::new("the ledger answered unexpectedly; tell an administrator", "账本返回了意外的结果，请联系管理员"),
            ),
        };
        WireError::new(name, text)
    }

    pub(crate) fn malformed(why: impl Into<String>) -> Self {
        Self::Malformed { why: why.into() }
    }

    pub(crate) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict { what: what.into() }
    }

    pub(crate) fn tampered(what: impl Into<String>) -> Self {
        Self::Tampered { what: what.into() }
    }

    /// A local failure that no correct program meets (a builder without a compulsory field).
    pub(crate) fn unexpected(source: impl Into<Source>) -> Self {
        Self::Unexpected(source.into())
    }
}

/// What a code of DynamoDB means for the caller.
fn by_code(code: Option<&str>, detail: String, source: Source) -> LedgerError {
    match code {
        Some(
            "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
            | "ThrottlingError"
            | "ProvisionedThroughputExceeded",
        ) => LedgerError::Throttled(source),
        Some(
            "InternalServerError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "InternalFailure"
            | "TransactionInProgressException"
            | "TransactionConflictException",
        ) => LedgerError::Unavailable(source),
        Some("AccessDeniedException" | "AccessDenied" | "UnrecognizedClientException" | "ExpiredTokenException") => {
            LedgerError::Denied { detail, source }
        }
        _ => LedgerError::Unexpected(source),
    }
}

/// Any SDK failure that is not an expected answer.
pub(crate) fn of_sdk<E, R>(error: SdkError<E, R>) -> LedgerError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => LedgerError::Unavailable(error.into()),
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().map(str::to_owned);
            let detail = answer.err().message().unwrap_or_default().chars().take(400).collect();
            by_code(code.as_deref(), detail, error.into())
        }
        _ => LedgerError::Unexpected(error.into()),
    }
}
