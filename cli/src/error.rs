//! Everything that can go wrong, with its stable name, its words and its exit code. Entry type: [`CliError`].
//!
//! Invariant: the name is `Area.Kind`; an error that the endpoint named keeps the endpoint's name and words.

use std::{io, path::PathBuf};

use domain::{Lang, Text};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done as asked.
    Ok = 0,
    /// Refused, or another error with a name.
    Refused = 1,
    /// The audit log is not what it should be.
    AuditFault = 2,
    /// No answer, or not signed in.
    NoAccess = 3,
    /// The wait ended first.
    TimedOut = 4,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that ends a command.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The endpoint refused, in its own words.
    Stated { status: u16, name: String, message: String },
    /// An answer without a named error (a gateway, a proxy).
    Unnamed { status: u16, url: String },
    /// No answer came.
    NoAnswer { url: String, source: Box<ureq::Error> },
    /// The answer is not what the contract says.
    BadAnswer { url: String, source: serde_json::Error },
    /// Nobody is signed in under this profile.
    NotSignedIn { profile: String },
    /// The identity provider no longer extends the sign-in.
    SignInEnded { profile: String },
    /// The identity provider says no.
    SignInRefused { kind: String, message: String },
    /// A step of the sign-in that this program does not know.
    ChallengeUnsupported { challenge: String },
    /// Input ended before a question was answered.
    NoInput,
    /// A setting is needed and absent.
    SettingMissing { setting: &'static str },
    /// A setting is not usable.
    SettingMalformed { setting: &'static str, value: String, why: Text },
    /// No directory for settings is known.
    NoConfigDir,
    /// A file cannot be read or written.
    File { path: PathBuf, source: io::Error },
    /// A file of ours does not parse.
    FileMalformed { path: PathBuf, source: serde_json::Error },
    /// An argument is not what it should be.
    Argument { what: Text },
    /// The plan or its preview is no longer what was shown.
    PlanChanged { plan: String, what: Text },
    /// The preview does not hash to the hash beside it.
    PreviewMismatch { plan: String },
    /// The person did not say yes.
    NotConfirmed,
    /// The endpoint asks for a call this program does not make.
    ActionRefused { method: String, path: String },
    /// The accounts file cannot be used.
    AccountsFile { path: PathBuf, why: Text },
    /// A plan did not end in time.
    WaitTimedOut { plan: String, state: String, seconds: u64 },
    /// A plan ended otherwise than asked.
    OtherEnd { plan: String, state: String, reason: Option<String> },
    /// The audit log has a fault.
    AuditFault { seq: u64, why: Text },
    /// Standard output or input fails.
    Stdio(io::Error),
    /// No certificate authorities are known.
    NoRoots,
    /// No randomness.
    Entropy,
}

impl CliError {
    /// `Area.Kind`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stated { name, .. } => name.clone(),
            Self::Unnamed { status, .. } => match status {
                401 => "SignIn.Unauthenticated",
                403 => "Endpoint.Denied",
                404 => "Endpoint.NotFound",
                413 => "Endpoint.TooLarge",
                429 => "Endpoint.Throttled",
                500..=599 => "Endpoint.Unavailable",
                _ => "Endpoint.Malformed",
            }
            .to_owned(),
            Self::NoAnswer { .. } => "Endpoint.Unavailable".to_owned(),
            Self::BadAnswer { .. } => "Endpoint.Malformed".to_owned(),
            Self::NotSignedIn { .. } | Self::SignInEnded { .. } => "SignIn.Unauthenticated".to_owned(),
            Self::SignInRefused { kind, .. } => match kind.as_str() {
                "NotAuthorizedException" | "UserNotFoundException" | "CodeMismatchException" | "ExpiredCodeException" => {
                    "SignIn.Unauthenticated"
                }
                "TooManyRequestsException" | "LimitExceededException" | "TooManyFailedAttemptsException" => "SignIn.Throttled",
                "ResourceNotFoundException" => "SignIn.NotFound",
                _ => "SignIn.Refused",
            }
            .to_owned(),
            Self::ChallengeUnsupported { .. } => "SignIn.Unsupported".to_owned(),
            Self::NoInput => "Input.Missing".to_owned(),
            Self::SettingMissing { .. } => "Settings.Missing".to_owned(),
            Self::SettingMalformed { .. } | Self::FileMalformed { .. } => "Settings.Malformed".to_owned(),
            Self::NoConfigDir => "Settings.NotFound".to_owned(),
            Self::File { .. } => "File.Unavailable".to_owned(),
            Self::Argument { .. } => "Usage.Malformed".to_owned(),
            Self::PlanChanged { .. } => "Plan.Conflict".to_owned(),
            Self::PreviewMismatch { .. } => "Preview.Conflict".to_owned(),
            Self::NotConfirmed => "Confirmation.Refused".to_owned(),
            Self::ActionRefused { .. } => "Action.Refused".to_owned(),
            Self::AccountsFile { .. } => "Accounts.Malformed".to_owned(),
            Self::WaitTimedOut { .. } => "Wait.TimedOut".to_owned(),
            Self::OtherEnd { state, .. } => format!("Plan.{}", camel(state)),
            Self::AuditFault { .. } => "Audit.Fault".to_owned(),
            Self::Stdio(_) => "Terminal.Unavailable".to_owned(),
            Self::NoRoots => "Tls.Unavailable".to_owned(),
            Self::Entropy => "Entropy.Unavailable".to_owned(),
        }
    }

    /// How the program ends on this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Stated { status: 401, .. } => Exit::NoAccess,
            Self::Stated { name, .. } if name.ends_with(".Unauthenticated") => Exit::NoAccess,
            Self::Unnamed { status: 401 | 429 | 500..=599, .. } => Exit::NoAccess,
            Self::NoAnswer { .. }
            | Self::BadAnswer { .. }
            | Self::NotSignedIn { .. }
            | Self::SignInEnded { .. }
            | Self::SignInRefused { .. }
            | Self::ChallengeUnsupported { .. }
            | Self::NoRoots => Exit::NoAccess,
            Self::WaitTimedOut { .. } => Exit::TimedOut,
            Self::AuditFault { .. } => Exit::AuditFault,
            _ => Exit::Refused,
        }
    }

    /// Whether asking the same again can help.
    pub(crate) fn may_retry(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Unnamed { status, .. } => matches!(status, 429 | 502..=504),
            Self::Stated { name, .. } => name.ends_with(".Throttled") || name.ends_with(".Unavailable"),
            _ => false,
        }
    }

    /// What happened and what to do.
    pub(crate) fn text(&self) -> Text {
        match self {
            Self::Stated { message, .. } => both(message),
            Self::Unnamed { status: 401, .. } => {
                Text::new("the endpoint does not accept the sign-in; run `aiops login`", "端点不接受当前登录；请运行 `aiops login`")
            }
            Self::Unnamed { status, url } => Text::new(
                format!("{url} answered {status} without a named error; check the endpoint address"),
                format!("{url} 返回 {status}，没有给出错误名；请检查端点地址"),
            ),
            Self::NoAnswer { url, source } => Text::new(format!("no answer from {url}: {source}"), format!("{url} 没有应答：{source}")),
            Self::BadAnswer { url, source } => {
                Text::new(format!("the answer of {url} cannot be read: {source}"), format!("无法读取 {url} 的应答：{source}"))
            }
            Self::NotSignedIn { profile } => Text::new(
                format!("nobody is signed in under profile `{profile}`; run `aiops login`"),
                format!("配置 `{profile}` 下没有人登录；请运行 `aiops login`"),
            ),
            Self::SignInEnded { profile } => Text::new(
                format!("the sign-in of profile `{profile}` has ended; run `aiops login`"),
                format!("配置 `{profile}` 的登录已失效；请运行 `aiops login`"),
            ),
            Self::SignInRefused { kind, message } => match kind.as_str() {
                "NotAuthorizedException" | "UserNotFoundException" => {
                    Text::new(format!("sign-in refused: {message}"), "登录被拒绝：用户名或密码不正确，或用户已停用".to_owned())
                }
                "CodeMismatchException" | "ExpiredCodeException" => {
                    Text::new("the code is wrong or too old; sign in again with a new one", "验证码错误或已过期；请用新的验证码重新登录")
                }
                _ => Text::new(format!("sign-in refused ({kind}): {message}"), format!("登录被拒绝（{kind}）：{message}")),
            },
            Self::ChallengeUnsupported { challenge } => Text::new(
                format!("the identity provider asks for `{challenge}`, which this program does not know"),
                format!("身份服务要求 `{challenge}`，本程序不支持"),
            ),
            Self::NoInput => Text::new("the input ended before the question was answered", "输入在回答问题之前就结束了"),
            Self::SettingMissing { setting } => Text::new(
                format!("no {setting} is set; run `aiops configure` or set its environment variable"),
                format!("没有设置 {setting}；请运行 `aiops configure` 或设置对应的环境变量"),
            ),
            Self::SettingMalformed { setting, value, why } => {
                Text::new(format!("{setting} `{value}` is not usable: {}", why.en), format!("{setting} `{value}` 不可用：{}", why.zh))
            }
            Self::NoConfigDir => {
                Text::new("no place for settings: set HOME or AIOPS_CONFIG_DIR", "没有存放设置的位置：请设置 HOME 或 AIOPS_CONFIG_DIR")
            }
            Self::File { path, source } => Text::new(format!("`{}`: {source}", path.display()), format!("`{}`：{source}", path.display())),
            Self::FileMalformed { path, source } => Text::new(
                format!("`{}` does not parse: {source}; repair or delete it", path.display()),
                format!("`{}` 无法解析：{source}；请修复或删除", path.display()),
            ),
            Self::Argument { what } => what.clone(),
            Self::PlanChanged { plan, what } => Text::new(
                format!("{plan} is not what was shown any more: {}; nothing was sent, look at it again", what.en),
                format!("{plan} 已不是刚才显示的内容：{}；没有发送任何请求，请重新查看", what.zh),
            ),
            Self::PreviewMismatch { plan } => Text::new(
                format!("the preview of {plan} does not match its hash; nothing was sent"),
                format!("{plan} 的预览与其哈希不符；没有发送任何请求"),
            ),
            Self::NotConfirmed => Text::new("not confirmed; nothing was sent", "未确认；没有发送任何请求"),
            Self::ActionRefused { method, path } => Text::new(
                format!("the endpoint asks for `{method} {path}`, which this program does not send from chat"),
                format!("端点要求 `{method} {path}`，本程序不会在对话中发送该请求"),
            ),
            Self::AccountsFile { path, why } => {
                Text::new(format!("`{}`: {}", path.display(), why.en), format!("`{}`：{}", path.display(), why.zh))
            }
            Self::WaitTimedOut { plan, state, seconds } => {
                Text::new(format!("{plan} is still `{state}` after {seconds} s"), format!("{seconds} 秒后 {plan} 仍为 `{state}`"))
            }
            Self::OtherEnd { plan, state, reason } => {
                let reason = reason.as_deref().unwrap_or("-");
                Text::new(format!("{plan} ended `{state}`: {reason}"), format!("{plan} 以 `{state}` 结束：{reason}"))
            }
            Self::AuditFault { why, .. } => why.clone(),
            Self::Stdio(source) => Text::new(format!("the terminal fails: {source}"), format!("终端出错：{source}")),
            Self::NoRoots => Text::new(
                "no certificate authority is known on this machine; install `ca-certificates`",
                "本机没有任何证书颁发机构；请安装 `ca-certificates`",
            ),
            Self::Entropy => Text::new("the operating system gives no randomness", "操作系统未提供随机数"),
        }
    }

    /// The line for a terminal.
    pub(crate) fn line(&self, lang: Lang) -> String {
        match lang {
            Lang::En => format!("error {}: {}", self.name(), self.text().en),
            Lang::Zh => format!("错误 {}：{}", self.name(), self.text().zh),
        }
    }
}

/// The same words whatever the reader's language: the endpoint already chose it.
fn both(message: &str) -> Text {
    Text::new(message, message)
}

/// `undo_failed` → `UndoFailed`.
fn camel(state: &str) -> String {
    state
        .split('_')
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

impl std::fmt::Display for CliError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line(Lang::En))
    }
}

impl std::error::Error for CliError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoAnswer { source, .. } => Some(source),
            Self::BadAnswer { source, .. } | Self::FileMalformed { source, .. } => Some(source),
            Self::File { source, .. } | Self::Stdio(source) => Some(source),
            _ => None,
        }
    }
}

impl From<io::Error> for CliError {
    fn from(source: io::Error) -> Self {
        Self::Stdio(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_other_than_asked_names_the_state() {
        let error = CliError::OtherEnd { plan: "plan_x".into(), state: "undo_failed".into(), reason: None };
        assert_eq!(error.name(), "Plan.UndoFailed");
        assert_eq!(error.exit(), Exit::Refused);
    }

    #[test]
    fn a_missing_sign_in_is_no_access_whoever_says_so() {
        let stated = CliError::Stated { status: 401, name: "Token.Expired".into(), message: "x".into() };
        let named = CliError::Stated { status: 403, name: "Person.Unauthenticated".into(), message: "x".into() };
        let denied = CliError::Stated { status: 403, name: "Person.Denied".into(), message: "x".into() };
        assert_eq!((stated.exit(), named.exit(), denied.exit()), (Exit::NoAccess, Exit::NoAccess, Exit::Refused));
    }
}
