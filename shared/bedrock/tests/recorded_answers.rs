//! What is sent to Converse and what comes of each answer, at the SDK's HTTP edge.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::time::Duration;

use bedrock::Bedrock;
use model::{Answer, AnswerError, Failure, Kind, Port, Question, Replied, Said, TOOL};
use serde_json::{Value, json};
use testkit::{Answer as Recorded, Replay};

const MODEL: &str = "us.anthropic.claude-haiku-4-5-20251001-v1:0";

fn question() -> Question {
    Question::understand(&Said::of("calm i-0abc123def4567890 down"), &[], &|text: &str| text.to_owned(), 7)
}

async fn ask(answer: Recorded) -> (Result<Replied, Failure>, Replay) {
    let replay = Replay::new(move |sent| sent.uri.contains("/converse").then(|| answer.clone()));
    let bedrock = Bedrock::new(&replay.sdk_config("us-east-1"), Duration::from_secs(5));
    let outcome = bedrock.ask(MODEL, &question()).await;
    (outcome, replay)
}

fn says(content: Value, stop: &str) -> Recorded {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "usage": {"inputTokens": 900, "outputTokens": 40, "totalTokens": 940},
        "metrics": {"latencyMs": 5}
    });
    Recorded::new(200, body.to_string())
}

fn uses(name: &str, input: Value) -> Value {
    json!({"toolUse": {"toolUseId": "t1", "name": name, "input": input}})
}

fn refuses(status: u16, kind: &str) -> Recorded {
    Recorded::new(status, json!({"message": "no"}).to_string()).header("x-amzn-errortype", kind)
}

#[tokio::test]
async fn one_call_goes_out_with_one_tool_that_must_be_used() {
    let input = json!({"intent": "operate", "operation": "ec2.stop_instances", "targets": ["i-0abc123def4567890"]});
    let (outcome, replay) = ask(says(json!([uses(TOOL, input)]), "tool_use")).await;
    let expected =
        Answer { operation: Some("ec2.stop_instances".into()), targets: vec!["i-0abc123def4567890".into()], ..Answer::of(Kind::Operate) };
    assert_eq!(outcome, Ok(Replied { answer: Ok(expected), usage: Some((900, 40)) }));
    let sent = replay.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].uri.contains("/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse"), "{}", sent[0].uri);
    let body: Value = serde_json::from_str(&sent[0].body).unwrap();
    assert_eq!(body["toolConfig"]["toolChoice"]["tool"]["name"], TOOL);
    assert_eq!(body["toolConfig"]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"], question().schema);
    assert_eq!(body["inferenceConfig"]["maxTokens"], 500);
    assert_eq!(body["messages"][0]["content"][0]["text"], question().user);
}

#[tokio::test]
async fn an_answer_that_is_not_exactly_one_use_of_the_tool_is_malformed_and_its_cost_is_known() {
    let good = || uses(TOOL, json!({"intent": "help"}));
    let answer = |content: Value, stop: &'static str| async move {
        let replied = ask(says(content, stop)).await.0.unwrap();
        assert_eq!(replied.usage, Some((900, 40)));
        replied.answer.unwrap_err()
    };
    assert_eq!(answer(json!([{"text": "Sure! I stopped everything."}]), "end_turn").await, AnswerError::NoTool);
    assert_eq!(answer(json!([uses("shell", json!({}))]), "tool_use").await, AnswerError::OtherTool);
    assert_eq!(answer(json!([good(), good()]), "tool_use").await, AnswerError::Several(2));
    assert_eq!(answer(json!([good()]), "max_tokens").await, AnswerError::Cut);
    assert!(matches!(answer(json!([uses(TOOL, json!({"intent": "rm"}))]), "tool_use").await, AnswerError::Shape(_)));
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    assert!(matches!(answer(json!([uses(TOOL, deep)]), "tool_use").await, AnswerError::Shape(_)));
}

#[tokio::test]
async fn each_refusal_of_the_service_has_its_reason_and_is_not_tried_again() {
    for (answer, expected) in [
        (refuses(429, "ThrottlingException"), Failure::Throttled),
        (refuses(400, "ServiceQuotaExceededException"), Failure::Throttled),
        (refuses(403, "AccessDeniedException"), Failure::Denied),
        (refuses(408, "ModelTimeoutException"), Failure::TimedOut),
        (refuses(400, "ValidationException"), Failure::Refused),
        (refuses(404, "ResourceNotFoundException"), Failure::Refused),
        (refuses(500, "InternalServerException"), Failure::Unavailable),
        (refuses(503, "ServiceUnavailableException"), Failure::Unavailable),
        (refuses(424, "ModelErrorException"), Failure::Unavailable),
        (Recorded::timed_out(), Failure::TimedOut),
    ] {
        let (outcome, replay) = ask(answer).await;
        assert_eq!(outcome, Err(expected.clone()));
        assert_eq!(replay.sent().len(), 1, "{expected:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_answer_of_the_service_is_malformed_or_empty_but_never_an_answer() {
    for body in ["", "<html>", "{}", "[]", r#"{"output":{"message":null}}"#, "\u{0}"] {
        match ask(Recorded::new(200, body)).await.0 {
            Err(failure) => assert!(matches!(failure, Failure::Malformed(_) | Failure::Unavailable), "{body}: {failure:?}"),
            Ok(replied) => assert_eq!(replied.answer, Err(AnswerError::NoTool), "{body}"),
        }
    }
}
