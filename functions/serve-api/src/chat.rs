//! Chat: one request, one synchronous execution of `converse`, one reply.
//!
//! Invariant: the person in the workflow's input is that of the verified token; the same request id of the same person twice is one request.

use domain::{
    EpochMs, Lang, PersonId, SessionId, Text, WireError,
    wire::{ChatReply, ConverseInput},
};
use lambda_shell::http::{HttpAnswer, HttpCall};
use serde::Deserialize;

use crate::handler::Handler;

/// The longest text of one request, in bytes.
const MAX_TEXT_BYTES: usize = 16_384;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: String,
    #[serde(default)]
    session: Option<SessionId>,
    #[serde(default)]
    lang: Option<Lang>,
    request_id: String,
}

impl Handler {
    pub(crate) async fn chat(&self, call: &HttpCall, person: PersonId, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let body: Body = call.json()?;
        let input = check(body, person, call, now)?;
        let lang = input.lang.unwrap_or_else(|| Lang::of(&input.text));
        match self.converse(&input).await {
            Ok(reply) => Ok(HttpAnswer::json(&serde_json::to_value(reply).map_err(|_| unavailable())?)),
            // The reply's own language is the asker's, not the header's.
            Err(error) => Ok(HttpAnswer::error(&error, lang)),
        }
    }

    async fn converse(&self, input: &ConverseInput) -> Result<ChatReply, WireError> {
        let json = serde_json::to_string(input).map_err(|_| unavailable())?;
        let answer =
            self.workflows.start_sync_execution().state_machine_arn(&self.converse_machine).input(json).send().await.map_err(|e| {
                tracing::warn!(error = %aws_sdk_sfn::error::DisplayErrorContext(&e), "converse cannot be started");
                unavailable()
            })?;
        match answer.output() {
            Some(output) if *answer.status() == aws_sdk_sfn::types::SyncExecutionStatus::Succeeded => {
                serde_json::from_str(output).map_err(|_| unavailable())
            }
            _ => {
                tracing::warn!(error = answer.error().unwrap_or_default(), cause = answer.cause().unwrap_or_default(), "converse failed");
                Err(answer.cause().and_then(lambda_shell::error_of_cause).unwrap_or_else(unavailable))
            }
        }
    }
}

fn check(body: Body, person: PersonId, call: &HttpCall, now: EpochMs) -> Result<ConverseInput, WireError> {
    let malformed = |en: &str, zh: &str| {
        Err(WireError::new("Request.Malformed", Text::new(format!("{en} Nothing was started."), format!("{zh}没有启动任何操作。"))))
    };
    let id_ok =
        (1..=64).contains(&body.request_id.len()) && body.request_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !id_ok {
        return malformed(
            "`request_id` must be 1 to 64 letters, digits, `-` or `_`.",
            "`request_id` 必须是 1 到 64 个字母、数字、`-` 或 `_`。",
        );
    }
    if body.text.trim().is_empty() {
        return malformed("The text is empty.", "内容为空。");
    }
    if body.text.len() > MAX_TEXT_BYTES {
        return Err(WireError::new(
            "Request.TooLarge",
            Text::new(
                format!("The text is longer than {MAX_TEXT_BYTES} bytes. Nothing was started."),
                format!("内容超过 {MAX_TEXT_BYTES} 字节。没有启动任何操作。"),
            ),
        ));
    }
    let session = match body.session {
        Some(session) => session,
        None => SessionId::generate(now, lambda_shell::entropy()?),
    };
    let lang = body.lang.or_else(|| if Lang::of(&body.text) == Lang::Zh { Some(Lang::Zh) } else { call.lang });
    Ok(ConverseInput {
        person,
        text: body.text,
        session,
        lang,
        request_id: body.request_id,
        received_at: now,
        sign_in: call.sign_in.clone(),
    })
}

fn unavailable() -> WireError {
    WireError::new(
        "Converse.Unavailable",
        Text::new("The conversation cannot be served now; the same request may be sent again.", "暂时无法处理对话，可重新发送同一请求。"),
    )
}
