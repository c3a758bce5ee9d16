//! Amazon Bedrock behind the model port: one Converse call with one tool and a time limit. Entry type: [`Bedrock`].
//!
//! Invariant: one call a question, no retries (the next rung is the retry); whatever goes wrong is a [`Failure`] with its
//! reason, and whatever comes back is read as the closed type or not at all.
//!
//! ```no_run
//! # async fn demo(aws: &aws_config::SdkConfig, question: &model::Question) -> Result<(), model::Failure> {
//! use model::Port;
//! let bedrock = bedrock::Bedrock::new(aws, std::time::Duration::from_millis(2500));
//! let replied = bedrock.ask("us.anthropic.claude-haiku-4-5-20251001-v1:0", question).await?;
//! println!("{:?}", replied.answer);
//! # Ok(()) }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod document;

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_bedrockruntime::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::converse::{ConverseError, ConverseOutput},
    types::{
        ContentBlock, ConversationRole, InferenceConfiguration, Message, SpecificToolChoice, StopReason, SystemContentBlock, Tool,
        ToolChoice, ToolConfiguration, ToolInputSchema, ToolSpecification,
    },
};
use model::{Answer, AnswerError, Failure, Port, Question, Replied, TOOL};

/// The permissions that the calls need.
pub const ACTIONS: &[&str] = &["bedrock:InvokeModel"];

/// A client for Converse.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    limit: Duration,
}

impl Bedrock {
    /// From the function's own configuration; no call takes longer than the limit.
    #[must_use]
    pub fn new(aws: &SdkConfig, limit: Duration) -> Self {
        let config = aws_sdk_bedrockruntime::config::Builder::from(aws)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(limit).build())
            .build();
        Self { client: Client::from_conf(config), limit }
    }
}

impl Port for Bedrock {
    async fn ask(&self, model_id: &str, question: &Question) -> Result<Replied, Failure> {
        let request = request(&self.client, model_id, question)?;
        // The SDK's own limit does not cover reading a body that never ends.
        match tokio::time::timeout(self.limit, request.send()).await {
            Err(_) => Err(Failure::TimedOut),
            Ok(Ok(output)) => Ok(replied(&output)),
            Ok(Err(error)) => {
                let failure = failure(&error);
                tracing::warn!(model.id = model_id, model.failure = failure.code(), error = %aws_sdk_bedrockruntime::error::DisplayErrorContext(&error), "a model did not answer");
                Err(failure)
            }
        }
    }
}

fn request(
    client: &Client,
    model_id: &str,
    question: &Question,
) -> Result<aws_sdk_bedrockruntime::operation::converse::builders::ConverseFluentBuilder, Failure> {
    // A builder without a compulsory field: no correct program meets it.
    let built = |_| Failure::Refused;
    let tool = ToolSpecification::builder()
        .name(TOOL)
        .description("Reports what the sentence asks for.")
        .input_schema(ToolInputSchema::Json(document::of_json(&question.schema)))
        .build()
        .map_err(built)?;
    let choice = ToolChoice::Tool(SpecificToolChoice::builder().name(TOOL).build().map_err(built)?);
    let tools = ToolConfiguration::builder().tools(Tool::ToolSpec(tool)).tool_choice(choice).build().map_err(built)?;
    let message =
        Message::builder().role(ConversationRole::User).content(ContentBlock::Text(question.user.clone())).build().map_err(built)?;
    let most = i32::try_from(question.max_output_tokens).unwrap_or(i32::MAX);
    Ok(client
        .converse()
        .model_id(model_id)
        .system(SystemContentBlock::Text(question.system.clone()))
        .messages(message)
        .inference_config(InferenceConfiguration::builder().max_tokens(most).temperature(0.0).build())
        .tool_config(tools))
}

/// The typed answer, where there is exactly one and it is whole.
fn replied(output: &ConverseOutput) -> Replied {
    let usage = output.usage().and_then(|u| Some((u64::try_from(u.input_tokens()).ok()?, u64::try_from(u.output_tokens()).ok()?)));
    Replied { answer: answer(output), usage }
}

fn answer(output: &ConverseOutput) -> Result<Answer, AnswerError> {
    if matches!(output.stop_reason(), StopReason::MaxTokens | StopReason::MalformedToolUse | StopReason::ModelContextWindowExceeded) {
        return Err(AnswerError::Cut);
    }
    let content = output.output().and_then(|o| o.as_message().ok()).map(Message::content).unwrap_or_default();
    let uses: Vec<_> = content.iter().filter_map(|block| block.as_tool_use().ok()).collect();
    match uses.as_slice() {
        [] => Err(AnswerError::NoTool),
        [one] if one.name() != TOOL => Err(AnswerError::OtherTool),
        [one] => Answer::read(&document::to_json(one.input()).ok_or_else(|| AnswerError::Shape("nested too deeply".to_owned()))?),
        several => Err(AnswerError::Several(several.len())),
    }
}

fn failure<R>(error: &SdkError<ConverseError, R>) -> Failure {
    match error {
        SdkError::TimeoutError(_) => Failure::TimedOut,
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => Failure::TimedOut,
        SdkError::DispatchFailure(_) => Failure::Unavailable,
        // An answer that is no answer of the service.
        SdkError::ResponseError(_) => Failure::Malformed(AnswerError::Shape("unreadable".to_owned())),
        SdkError::ServiceError(service) => match service.err().code() {
            Some("ThrottlingException" | "TooManyRequestsException" | "ServiceQuotaExceededException") => Failure::Throttled,
            Some("ModelTimeoutException") => Failure::TimedOut,
            Some("AccessDeniedException" | "AccessDenied" | "UnrecognizedClientException" | "ExpiredTokenException") => Failure::Denied,
            Some("ValidationException" | "ResourceNotFoundException") => Failure::Refused,
            _ => Failure::Unavailable,
        },
        _ => Failure::Refused,
    }
}
