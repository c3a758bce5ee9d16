//! The only crate that names `lambda_runtime`: decoding, stable error names, HTTP edges, logs, clock and entropy.
//!
//! Entry types: [`run_json`] for functions that state machines and schedules invoke, [`http::run_http`] for those behind the
//! HTTP API. Invariants: bad input has a stable error name and never a stack trace; an error reaches Step Functions as
//! `Error = Area.Kind` with both languages in its message; nothing here decides anything.
//!
//! ```no_run
//! # async fn demo() -> Result<(), lambda_shell::Fatal> {
//! lambda_shell::run_json(|input: serde_json::Value, _invocation| async move { Ok::<_, domain::WireError>(input) }).await
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod config;
pub mod http;
pub mod local;
mod logs;

use std::{
    future::Future,
    time::{SystemTime, UNIX_EPOCH},
};

use domain::{EpochMs, Text, WireError};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};

pub use config::{Config, ConfigError};

/// The function cannot start or the Runtime API is gone.
pub type Fatal = lambda_runtime::Error;

/// What the runtime says about one invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The invocation's request id; names a lease's owner.
    pub request_id: String,
    /// When the runtime ends it. After this instant no code of this invocation runs any more.
    pub deadline: EpochMs,
}

/// An error on its way to the Runtime API.
#[derive(Debug)]
pub struct Reported(WireError);

impl From<Reported> for Diagnostic {
    fn from(Reported(error): Reported) -> Self {
        let message = serde_json::json!({ "en": error.text.en, "zh": error.text.zh }).to_string();
        Self { error_type: error.name, error_message: message }
    }
}

/// Reads an error that a state machine passes on as its cause (`{"errorType": …, "errorMessage": …}`).
#[must_use]
pub fn error_of_cause(cause: &str) -> Option<WireError> {
    let cause: serde_json::Value = serde_json::from_str(cause).ok()?;
    let name = cause.get("errorType")?.as_str()?;
    let text: Text = serde_json::from_str(cause.get("errorMessage")?.as_str()?).ok()?;
    Some(WireError::new(name, text))
}

/// Now, by the machine's clock.
#[must_use]
pub fn now() -> EpochMs {
    let ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    EpochMs(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// 256 bits from the operating system.
///
/// # Errors
/// `Shell.Unavailable` when the operating system gives none; callers stop rather than go on with less.
pub fn secret() -> Result<[u8; 32], WireError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| {
        WireError::new(
            "Shell.Unavailable",
            Text::new("The operating system gives no random numbers. Nothing was done.", "操作系统无法提供随机数。没有执行任何操作。"),
        )
    })?;
    Ok(bytes)
}

/// 128 bits from the operating system, for ids.
///
/// # Errors
/// As [`secret`].
pub fn entropy() -> Result<u128, WireError> {
    let bytes = secret()?;
    Ok(bytes.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte)))
}

/// Structured logs on standard output, without secrets. `level` as in `RUST_LOG` (`info`, `debug`, …).
pub fn init_logs(level: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // A second initialisation (tests) keeps the first.
    let format = tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).without_time();
    let _ = format.with_writer(logs::Redacting::stdout).try_init();
    // What a panic says goes the same way.
    std::panic::set_hook(Box::new(|panic| tracing::error!(panic = %panic, "a panic")));
}

/// The function's own AWS configuration.
pub async fn aws_config() -> aws_config::SdkConfig {
    aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await
}

/// Serves invocations with JSON input and output.
///
/// # Errors
/// [`Fatal`] when the Runtime API is gone.
pub async fn run_json<I, O, F, Fut>(handler: F) -> Result<(), Fatal>
where
    I: DeserializeOwned,
    O: Serialize,
    F: Fn(I, Invocation) -> Fut,
    Fut: Future<Output = Result<O, WireError>>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        let invocation = invocation_of(&event.context);
        let outcome = match decode::<I>(event.payload) {
            Ok(input) => handler(input, invocation).await,
            Err(error) => Err(error),
        };
        outcome.and_then(|output| serde_json::to_value(output).map_err(|e| unwritable(&e))).map_err(|error| {
            tracing::warn!(error.name = %error.name, error.message = %error.text.en, "invocation ends with an error");
            Reported(readable(error))
        })
    }))
    .await
}

/// Reads an input, with a stable error name when it has another shape.
///
/// # Errors
/// `Input.Malformed`.
pub fn decode<I: DeserializeOwned>(payload: serde_json::Value) -> Result<I, WireError> {
    serde_json::from_value(payload).map_err(|e| {
        let why = domain::text::inert(&e.to_string(), 200);
        WireError::new(
            "Input.Malformed",
            Text::new(format!("The input does not have the expected shape: {why}"), format!("输入的结构不正确：{why}")),
        )
    })
}

/// An error as people may read it: it may repeat what somebody wrote.
pub(crate) fn readable(error: WireError) -> WireError {
    let text = Text::new(redaction::for_colleagues(&error.text.en), redaction::for_colleagues(&error.text.zh));
    WireError { text, ..error }
}

pub(crate) fn unwritable(error: &serde_json::Error) -> WireError {
    WireError::new("Shell.Internal", Text::new(format!("The answer cannot be written: {error}"), format!("无法写出结果：{error}")))
}

fn invocation_of(context: &lambda_runtime::Context) -> Invocation {
    Invocation { request_id: context.request_id.clone(), deadline: EpochMs(i64::try_from(context.deadline).unwrap_or(i64::MAX)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_way_through_a_state_machine() {
        let error = WireError::new("Ledger.Conflict", Text::new("moved \"on\"", "已变化"));
        let diagnostic = Diagnostic::from(Reported(error.clone()));
        let cause = serde_json::json!({"errorType": diagnostic.error_type, "errorMessage": diagnostic.error_message}).to_string();
        assert_eq!(error_of_cause(&cause), Some(error));
        assert_eq!(error_of_cause("not json"), None);
    }

    #[test]
    fn an_error_repeats_no_secret() {
        let secret = format!("AKIA{}", "QWERTZUIOP234567");
        let error = readable(WireError::new("Plan.Refused", Text::new(format!("no account `{secret}`"), format!("没有账户 `{secret}`"))));
        assert_eq!((error.name.as_str(), error.text.en.as_str()), ("Plan.Refused", "no account `[redacted:aws-access-key-id]`"));
        assert!(!error.text.zh.contains(&secret));
        assert!(
            !http::HttpAnswer::error(&WireError::new("X.Y", Text::new(secret.clone(), secret.clone())), domain::Lang::Zh)
                .body
                .contains(&secret)
        );
    }

    #[test]
    fn wrong_shapes_have_a_stable_name() {
        let error = decode::<domain::wire::ChangeInput>(serde_json::json!({"plan_id": 5})).unwrap_err();
        assert_eq!(error.name, "Input.Malformed");
    }

    #[test]
    fn entropy_differs() {
        assert_ne!(entropy().unwrap(), entropy().unwrap());
    }
}
