//! What can go wrong, told apart by what the caller may do next. Entry types: [`OperationError`] (reading), [`EffectError`] (writing).
//!
//! Invariants: a denied read is [`OperationError::Denied`] and never an empty answer; a write error says whether the
//! effect may have happened, and in doubt it says that it may.

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use domain::{Text, WireError, text::inert};

/// The cause of an error, kept for logs.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// A request cannot be checked or the resources cannot be read. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The text is neither an id nor an ARN of the expected kind.
    #[error("`{target}` is no {}", expected.0)]
    BadTarget {
        /// As written, made harmless.
        target: String,
        /// What was expected: English, Chinese.
        expected: (&'static str, &'static str),
    },
    /// An ARN of another account, partition, service or kind.
    #[error("`{target}` is refused: {}", why.en)]
    ForeignTarget {
        /// As written, made harmless.
        target: String,
        /// What does not fit.
        why: Text,
    },
    /// The resource is in another region.
    #[error("`{target}` is in region `{region}`")]
    Elsewhere {
        /// As written, made harmless.
        target: String,
        /// Where it is.
        region: String,
    },
    /// A parameter is missing, unknown or out of bounds.
    #[error("parameter `{name}`: {}", why.en)]
    BadParam {
        /// The parameter.
        name: String,
        /// What is wrong.
        why: Text,
    },
    /// There is no such resource in this account and region.
    #[error("`{target}` does not exist here")]
    TargetNotFound {
        /// The id.
        target: String,
    },
    /// The ARN cannot stand in a session policy.
    #[error("`{arn}` cannot be scoped in a session policy")]
    NotScopable {
        /// The ARN, made harmless.
        arn: String,
    },
    /// The read role may not do this.
    #[error("`{action}` is denied")]
    Denied {
        /// The IAM action.
        action: &'static str,
        /// What the service said.
        #[source]
        source: Source,
    },
    /// The service asks to slow down, also after retries.
    #[error("`{action}` is throttled")]
    Throttled {
        /// The IAM action.
        action: &'static str,
        /// What the service said.
        #[source]
        source: Source,
    },
    /// The service did not answer, or with a fault of its own.
    #[error("`{action}` got no answer")]
    Unavailable {
        /// The IAM action.
        action: &'static str,
        /// What happened.
        #[source]
        source: Source,
    },
    /// The service refuses the question.
    #[error("`{action}` is refused: {code}")]
    ReadRefused {
        /// The IAM action.
        action: &'static str,
        /// The service's error code.
        code: String,
        /// What the service said.
        #[source]
        source: Source,
    },
    /// The answer lacks something that it must hold.
    #[error("the answer to `{action}` lacks {what}")]
    Incomplete {
        /// The IAM action.
        action: &'static str,
        /// What is missing.
        what: &'static str,
    },
}

impl OperationError {
    pub(crate) fn unknown_param(name: &str) -> Self {
        Self::BadParam { name: inert(name, 40), why: Text::new("this operation has no such parameter", "该操作没有这个参数") }
    }

    /// Whether the resource may exist in another region of the account.
    #[must_use]
    pub fn is_not_here(&self) -> bool {
        matches!(self, Self::TargetNotFound { .. } | Self::Elsewhere { .. })
    }

    /// `Area.Kind`.
    #[must_use]
    pub fn wire_name(&self) -> &'static str {
        match self {
            Self::BadTarget { .. } | Self::BadParam { .. } => "Operations.Malformed",
            Self::ForeignTarget { .. } | Self::NotScopable { .. } | Self::ReadRefused { .. } => "Operations.Refused",
            Self::Elsewhere { .. } | Self::TargetNotFound { .. } => "Operations.NotFound",
            Self::Denied { .. } => "Operations.Denied",
            Self::Throttled { .. } => "Operations.Throttled",
            Self::Unavailable { .. } | Self::Incomplete { .. } => "Operations.Unavailable",
        }
    }

    /// What happened, as half a sentence in both languages.
    #[must_use]
    pub fn reason(&self) -> Text {
        match self {
            Self::BadTarget { target, expected } => {
                Text::new(format!("`{target}` is no {}", expected.0), format!("`{target}` 不是{}", expected.1))
            }
            Self::ForeignTarget { target, why } => {
                Text::new(format!("`{target}` is refused: {}", why.en), format!("`{target}` 被拒绝：{}", why.zh))
            }
            Self::Elsewhere { target, region } => {
                Text::new(format!("`{target}` is in region `{region}`"), format!("`{target}` 位于区域 `{region}`"))
            }
            Self::BadParam { name, why } => Text::new(format!("parameter `{name}`: {}", why.en), format!("参数 `{name}`：{}", why.zh)),
            Self::TargetNotFound { target } => {
                Text::new(format!("`{target}` does not exist in this account and region"), format!("`{target}` 在该账户和区域中不存在"))
            }
            Self::NotScopable { arn } => Text::new(
                format!("`{arn}` cannot be scoped in a session policy, and nothing wider is asked for"),
                format!("`{arn}` 无法写入会话策略，也不会申请更大的权限"),
            ),
            Self::Denied { action, .. } => {
                Text::new(format!("the read role lacks permission for {action}"), format!("只读角色没有 {action} 权限"))
            }
            Self::Throttled { action, .. } => {
                Text::new(format!("the service asks to slow down ({action})"), format!("服务要求降低请求速率（{action}）"))
            }
            Self::Unavailable { action, .. } => {
                Text::new(format!("the service did not answer ({action})"), format!("服务没有响应（{action}）"))
            }
            Self::ReadRefused { action, code, .. } => {
                Text::new(format!("the service refused {action}: {code}"), format!("服务拒绝了 {action}：{code}"))
            }
            Self::Incomplete { action, what } => {
                Text::new(format!("the answer to {action} lacks {what}"), format!("{action} 的响应缺少 {what}"))
            }
        }
    }

    /// The error as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        let Text { en, zh } = self.reason();
        WireError::new(self.wire_name(), Text::new(format!("Nothing was done: {en}."), format!("没有执行任何操作：{zh}。")))
    }
}

/// A change did not go through cleanly.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    /// Definitely not applied.
    #[error("`{action}` is refused: {code}: {message}")]
    Refused {
        /// The IAM action.
        action: &'static str,
        /// The service's error code, or ours in the same style.
        code: String,
        /// What the service said, made harmless.
        message: String,
    },
    /// Definitely not applied; may be tried again later.
    #[error("`{action}` is throttled: {code}")]
    Throttled {
        /// The IAM action.
        action: &'static str,
        /// The service's error code.
        code: String,
    },
    /// Sent, and nobody knows whether it was applied.
    #[error("`{action}` was sent and its outcome is not known")]
    Ambiguous {
        /// The IAM action.
        action: &'static str,
        /// What happened.
        #[source]
        source: Source,
    },
}

impl EffectError {
    pub(crate) fn refused(action: &'static str, code: &str, message: impl Into<String>) -> Self {
        Self::Refused { action, code: code.to_owned(), message: message.into() }
    }

    /// The refusal of an operation that cannot be taken back.
    pub(crate) fn no_undo(action: &'static str) -> Self {
        Self::refused(action, "NoUndo", "this operation cannot be taken back")
    }

    /// The service's error code, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } | Self::Throttled { code, .. } => Some(code),
            Self::Ambiguous { .. } => None,
        }
    }

    /// Whether the change may have been made.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        matches!(self, Self::Ambiguous { .. })
    }

    /// The error as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        match self {
            Self::Refused { action, code, .. } if code == "NoUndo" => {
                WireError::new("Operations.Refused", Text::new(format!("{action} cannot be taken back."), format!("{action} 无法撤销。")))
            }
            Self::Refused { action, code, message } => {
                let name = if is_denied(code) { "Operations.Denied" } else { "Operations.Refused" };
                WireError::new(
                    name,
                    Text::new(
                        format!("{action} was refused and not applied: {code}: {message}"),
                        format!("{action} 被拒绝，没有生效：{code}：{message}"),
                    ),
                )
            }
            Self::Throttled { action, code } => WireError::new(
                "Operations.Throttled",
                Text::new(
                    format!("{action} was not applied: the service asks to slow down ({code})."),
                    format!("{action} 没有生效：服务要求降低请求速率（{code}）。"),
                ),
            ),
            Self::Ambiguous { action, .. } => WireError::new(
                "Operations.Ambiguous",
                Text::new(
                    format!("{action} was sent, but no clear answer came back: it may or may not have been applied."),
                    format!("{action} 已发出，但没有得到明确答复：可能已生效，也可能没有。"),
                ),
            ),
        }
    }
}

fn is_denied(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess"
            | "AuthFailure"
            | "AllAccessDisabled"
            | "403"
    )
}

fn is_throttled(code: &str, status: u16) -> bool {
    status == 429
        || matches!(
            code,
            "Throttling"
                | "ThrottlingException"
                | "ThrottledException"
                | "RequestLimitExceeded"
                | "RequestThrottled"
                | "RequestThrottledException"
                | "TooManyRequestsException"
                | "SlowDown"
                | "BandwidthLimitExceeded"
                | "PriorRequestNotComplete"
        )
}

/// Faults with a 5xx status that EC2 documents as "nothing was started" (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
fn is_capacity(code: &str) -> bool {
    code.starts_with("Insufficient") && (code.ends_with("Capacity") || code.ends_with("CapacityOnHost"))
}

/// Status and code of an answer that is an error; the code is the status where the body names none.
fn answered<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<(u16, String, String)> {
    let SdkError::ServiceError(service) = error else { return None };
    let status = service.raw().status().as_u16();
    let meta = service.err().meta();
    let code = meta.code().map_or_else(|| status.to_string(), |c| inert(c, 80));
    Some((status, code, inert(meta.message().unwrap_or_default(), 400)))
}

/// The service's error code, where it answered with one.
pub(crate) fn code_of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    match error {
        SdkError::ServiceError(service) => service.err().meta().code(),
        _ => None,
    }
}

/// Sorts a failed read.
pub(crate) fn read_error<E>(action: &'static str, error: SdkError<E>) -> OperationError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match answered(&error) {
        Some((status, code, _)) if is_throttled(&code, status) => OperationError::Throttled { action, source: Box::new(error) },
        Some((status, _, _)) if status >= 500 => OperationError::Unavailable { action, source: Box::new(error) },
        Some((status, code, _)) if is_denied(&code) || status == 403 => OperationError::Denied { action, source: Box::new(error) },
        Some((_, code, _)) => OperationError::ReadRefused { action, code, source: Box::new(error) },
        None => OperationError::Unavailable { action, source: Box::new(error) },
    }
}

/// Sorts a failed write. Only an answer that says so, or a request that was never built, counts as not applied.
pub(crate) fn effect_error<E>(action: &'static str, error: SdkError<E>) -> EffectError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if let SdkError::ConstructionFailure(_) = &error {
        return EffectError::refused(action, "NotSent", "the request could not be built");
    }
    match answered(&error) {
        Some((status, code, _)) if is_throttled(&code, status) => EffectError::Throttled { action, code },
        Some((status, code, message)) if status < 500 || is_capacity(&code) => EffectError::Refused { action, code, message },
        _ => EffectError::Ambiguous { action, source: Box::new(error) },
    }
}
