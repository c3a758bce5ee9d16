//! The HTTP edge: API Gateway requests in, JSON out.
//!
//! Entry type: [`run_http`]. Invariants: the person comes from the verified token's claims and from nowhere else; a body over
//! [`MAX_BODY_BYTES`] or of the wrong shape starts nothing; every error is `{"error":{"name","message"}}` in the reader's language.

use std::{collections::BTreeMap, future::Future};

use aws_lambda_events::{
    apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
    encodings::Body,
};
use base64::Engine as _;
use domain::{EpochMs, Lang, PersonId, Text, WireError, wire::SignIn};
use serde::de::DeserializeOwned;

use crate::{Fatal, Invocation, run_json};

pub use domain::request::MAX_BODY_BYTES;

/// One request, decoded.
#[derive(Debug, Clone)]
pub struct HttpCall {
    /// `GET`, `POST`, `PUT`.
    pub method: String,
    /// The route that matched, as in the template: `POST /v1/chat`.
    pub route: String,
    /// Values of `{placeholders}` in the route.
    pub path: BTreeMap<String, String>,
    /// Query parameters.
    pub query: BTreeMap<String, String>,
    /// The body, at most [`MAX_BODY_BYTES`].
    pub body: Vec<u8>,
    /// Who calls, by the verified token; `None` on routes without an authoriser.
    pub person: Option<PersonId>,
    /// What the same token says of the sign-in.
    pub sign_in: SignIn,
    /// The reader's language by `Accept-Language`, where it says one.
    pub lang: Option<Lang>,
    /// The API's request id.
    pub request_id: String,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// `application/json` or `text/html; charset=utf-8`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// `content-security-policy`, for pages.
    pub policy: Option<String>,
}

impl HttpAnswer {
    /// JSON with status 200.
    #[must_use]
    pub fn json(body: &serde_json::Value) -> Self {
        Self { status: 200, content_type: "application/json", body: body.to_string(), policy: None }
    }

    /// A page with status 200 and its content security policy.
    #[must_use]
    pub fn html(body: String, policy: String) -> Self {
        Self { status: 200, content_type: "text/html; charset=utf-8", body, policy: Some(policy) }
    }

    /// An error in the reader's language.
    #[must_use]
    pub fn error(error: &WireError, lang: Lang) -> Self {
        let message = redaction::for_colleagues(error.text.in_lang(lang));
        let body = serde_json::json!({"error": {"name": error.name, "message": message}});
        Self { status: error.http_status(), content_type: "application/json", body: body.to_string(), policy: None }
    }
}

impl HttpCall {
    /// The reader's language: what the header says, else the given text's, else English.
    #[must_use]
    pub fn reader(&self) -> Lang {
        self.lang.unwrap_or_default()
    }

    /// Who calls.
    ///
    /// # Errors
    /// `Request.Unauthenticated`.
    pub fn caller(&self) -> Result<&PersonId, WireError> {
        self.person.as_ref().ok_or_else(|| WireError::new("Request.Unauthenticated", Text::new("Sign in first.", "请先登录。")))
    }

    /// The JSON body; no body at all is read as `{}`.
    ///
    /// # Errors
    /// `Request.TooLarge`, `Request.Malformed`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        domain::request::decode(if self.body.is_empty() { b"{}".as_slice() } else { self.body.as_slice() })
    }

    /// A value of the route.
    ///
    /// # Errors
    /// `Request.Malformed`.
    pub fn path_value(&self, name: &str) -> Result<&str, WireError> {
        self.path.get(name).map(String::as_str).ok_or_else(|| {
            WireError::new("Request.Malformed", Text::new(format!("`{name}` is missing in the path."), format!("路径中缺少 `{name}`。")))
        })
    }
}

fn header_lang(value: &str) -> Option<Lang> {
    value.split(',').map(|part| part.trim().to_ascii_lowercase()).find_map(|part| {
        if part.starts_with("zh") {
            Some(Lang::Zh)
        } else if part.starts_with("en") {
            Some(Lang::En)
        } else {
            None
        }
    })
}

/// Whether one of the methods of a sign-in is a second factor. The endpoint writes a list as `[pwd otp]`.
fn second_factor(methods: &str) -> bool {
    let methods = methods.trim_matches(['[', ']']).split([' ', ',', '"']);
    methods.filter(|m| !m.is_empty()).any(|method| ["mfa", "otp", "hwk", "swk", "sc"].contains(&method))
}

/// Decodes an API Gateway event.
#[must_use]
pub fn decode_call(event: ApiGatewayV2httpRequest) -> HttpCall {
    let context = event.request_context;
    let claims = context.authorizer.and_then(|a| a.jwt).map(|jwt| jwt.claims).unwrap_or_default();
    let person = claims.get("cognito:username").or_else(|| claims.get("username")).and_then(|name| PersonId::parse(name).ok());
    let raw = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded {
        base64::engine::general_purpose::STANDARD.decode(raw.as_bytes()).unwrap_or_default()
    } else {
        raw.into_bytes()
    };
    HttpCall {
        method: context.http.method.to_string(),
        route: event.route_key.or(context.route_key).unwrap_or_default(),
        path: event.path_parameters.into_iter().collect(),
        query: event.query_string_parameters.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        body,
        person,
        sign_in: SignIn {
            subject: claims.get("sub").map(|sub| domain::text::defang(sub, 128)),
            mfa: claims.get("amr").map(|methods| second_factor(methods)),
            at: claims.get("auth_time").and_then(|at| at.parse::<i64>().ok()).and_then(|s| s.checked_mul(1000)).map(EpochMs),
        },
        lang: event.headers.get("accept-language").and_then(|v| v.to_str().ok()).and_then(header_lang),
        request_id: context.request_id.unwrap_or_default(),
    }
}

fn encode_answer(answer: HttpAnswer) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(answer.status);
    response.body = Some(Body::Text(answer.body));
    let fixed = [
        ("content-type", answer.content_type),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ];
    for (name, value) in fixed {
        response.headers.insert(name, aws_lambda_events::http::HeaderValue::from_static(value));
    }
    if let Some(Ok(policy)) = answer.policy.map(|p| p.parse()) {
        response.headers.insert("content-security-policy", policy);
    }
    response
}

/// Answers one API Gateway event; for functions that are invoked through other doors as well.
///
/// # Errors
/// `Input.Malformed` when the event is none of API Gateway's.
pub async fn answer_event<F, Fut>(payload: serde_json::Value, handler: F) -> Result<serde_json::Value, WireError>
where
    F: FnOnce(HttpCall) -> Fut,
    Fut: Future<Output = Result<HttpAnswer, WireError>>,
{
    let call = decode_call(crate::decode::<ApiGatewayV2httpRequest>(payload)?);
    let lang = call.reader();
    let answer = handler(call).await.unwrap_or_else(|error| {
        tracing::info!(error.name = %error.name, "request refused");
        HttpAnswer::error(&error, lang)
    });
    serde_json::to_value(encode_answer(answer)).map_err(|e| crate::unwritable(&e))
}

/// Serves HTTP API requests.
///
/// # Errors
/// [`Fatal`] when the Runtime API is gone.
pub async fn run_http<F, Fut>(handler: F) -> Result<(), Fatal>
where
    F: Fn(HttpCall, Invocation) -> Fut,
    Fut: Future<Output = Result<HttpAnswer, WireError>>,
{
    let handler = &handler;
    run_json(|payload: serde_json::Value, invocation| async move { answer_event(payload, |call| handler(call, invocation)).await }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: serde_json::Value) -> HttpCall {
        decode_call(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn the_person_comes_from_the_verified_claims() {
        let call = event(serde_json::json!({
            "routeKey": "POST /v1/chat", "version": "2.0", "headers": {"accept-language": "zh-CN,en;q=0.5", "x-person": "mallory"},
            "requestContext": {"http": {"method": "POST", "path": "/v1/chat"}, "authorizer": {"jwt": {"claims": {"cognito:username": "alice", "sub": "7d3f", "auth_time": "1767625100"}, "scopes": []}}},
            "body": "{\"person\":\"mallory\"}", "isBase64Encoded": false
        }));
        assert_eq!(call.caller().unwrap().as_str(), "alice");
        assert_eq!(
            (call.sign_in.subject.as_deref(), call.sign_in.mfa, call.sign_in.at),
            (Some("7d3f"), None, Some(EpochMs(1_767_625_100_000)))
        );
        assert_eq!(call.reader(), Lang::Zh);
        assert_eq!(call.route, "POST /v1/chat");
    }

    #[test]
    fn a_second_factor_is_one_where_the_token_says_so() {
        for (methods, mfa) in [("[pwd]", false), ("[pwd otp]", true), ("[pwd, mfa]", true), ("[\"pwd\",\"hwk\"]", true), ("[]", false)] {
            let call = event(serde_json::json!({"headers": {}, "requestContext": {"http": {"method": "GET"},
                "authorizer": {"jwt": {"claims": {"amr": methods}, "scopes": []}}}}));
            assert_eq!(call.sign_in.mfa, Some(mfa), "{methods}");
        }
    }

    #[test]
    fn without_claims_nobody_is_signed_in() {
        let call = event(serde_json::json!({"requestContext": {"http": {"method": "GET"}}, "headers": {}}));
        assert_eq!(call.caller().unwrap_err().name, "Request.Unauthenticated");
    }

    #[test]
    fn large_and_malformed_bodies_are_named() {
        let mut call = event(serde_json::json!({"requestContext": {"http": {"method": "POST"}}, "headers": {}, "body": "{"}));
        assert_eq!(call.json::<serde_json::Value>().unwrap_err().name, "Request.Malformed");
        call.body = vec![b' '; MAX_BODY_BYTES + 1];
        assert_eq!(call.json::<serde_json::Value>().unwrap_err().name, "Request.TooLarge");
    }
}
