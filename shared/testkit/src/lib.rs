//! Test support: recorded answers at the SDK's HTTP edge. A dev-dependency only.
//!
//! Entry type: [`Replay`]. The SDK serialises, signs, retries and parses as always; only the socket is replaced.
//! (`aws-smithy-mocks` would do the same but switches on test features that make every SDK compile a second time.)
//!
//! Invariant: a request that no recorded answer fits is answered with status 599, so an unexpected call fails the test.
//!
//! ```
//! let replay = testkit::Replay::new(|request| request.body.contains("Action=AssumeRole").then(|| testkit::Answer::new(403, "<x/>")));
//! let config = replay.sdk_config("us-east-1");
//! assert!(config.region().is_some());
//! ```

pub mod cbor;

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;

/// What the SDK sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// HTTP method.
    pub method: String,
    /// The whole URI.
    pub uri: String,
    /// `x-amz-target`, empty for protocols without it.
    pub target: String,
    /// The body as text.
    pub body: String,
    /// The body as it was sent.
    pub raw: Vec<u8>,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Sent {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One recorded answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    timeout: bool,
    silent: bool,
}

impl Answer {
    /// Status and body.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into().into_bytes(), timeout: false, silent: false }
    }

    /// Status and a body in CBOR, as CloudWatch answers; see [`cbor`].
    #[must_use]
    pub fn cbor(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: Vec::new(), body: cbor::encode(body), timeout: false, silent: false }
            .header("smithy-protocol", "rpc-v2-cbor")
            .header("content-type", "application/cbor")
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The connection times out after the request was sent.
    #[must_use]
    pub fn timed_out() -> Self {
        Self { timeout: true, ..Self::new(0, "") }
    }

    /// No answer ever comes: the service hangs.
    #[must_use]
    pub fn never() -> Self {
        Self { silent: true, ..Self::new(0, "") }
    }
}

type Responder = dyn Fn(&Sent) -> Option<Answer> + Send + Sync;

/// An HTTP client that answers from a function and remembers what was sent.
#[derive(Clone)]
pub struct Replay {
    answer: Arc<Responder>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").finish_non_exhaustive()
    }
}

impl Replay {
    /// Answers by a function of the request; `None` is an unexpected call.
    pub fn new(answer: impl Fn(&Sent) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), sent: Arc::default() }
    }

    /// Everything sent so far.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A configuration whose clients talk to this replay, without SDK retries.
    #[must_use]
    pub fn sdk_config(&self, region: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("AKIDTEST", "secret", None, None, "testkit")))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .http_client(self.clone())
            .build()
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = Sent {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            target: request.headers().get("x-amz-target").unwrap_or_default().to_owned(),
            body: request.body().bytes().map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default(),
            raw: request.body().bytes().map(<[u8]>::to_vec).unwrap_or_default(),
            headers: request.headers().iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        };
        let answer = (self.answer)(&sent).unwrap_or_else(|| Answer::new(599, format!("unexpected call: {} {}", sent.target, sent.uri)));
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        if answer.silent {
            return HttpConnectorFuture::new(std::future::pending());
        }
        HttpConnectorFuture::ready(respond(answer))
    }
}

fn respond(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    if answer.timeout {
        return Err(ConnectorError::timeout("recorded time-out".into()));
    }
    let status = answer.status.try_into().map_err(|e| ConnectorError::user(Box::new(e)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
