//! The one HTTP client. Entry type: [`Http`].
//!
//! Invariants: redirects are never followed (a token would go along); answers are bounded; plain HTTP goes to
//! this machine only, and never through a proxy.

use std::{cell::OnceCell, net::IpAddr, time::Duration};

use domain::Text;
use serde_json::Value;
use ureq::{
    Agent,
    http::{Method, Request, Uri},
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::error::CliError;

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// The client.
pub(crate) struct Http {
    timeout: Duration,
    plain: OnceCell<Agent>,
    tls: OnceCell<Agent>,
}

impl Http {
    /// A client that waits so long for one answer.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, plain: OnceCell::new(), tls: OnceCell::new() }
    }

    /// Sends one request with a JSON body, where there is one.
    ///
    /// # Errors
    /// [`CliError::NoAnswer`]; any status is an answer.
    pub(crate) fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Result<Answer, CliError> {
        let no_answer = |source: ureq::Error| CliError::NoAnswer { url: url.to_owned(), source: Box::new(source) };
        let agent = self.agent(url)?;
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => agent.run(request.body(body.to_string()).map_err(|e| no_answer(e.into()))?),
            None => agent.run(request.body(()).map_err(|e| no_answer(e.into()))?),
        };
        let mut answer = answer.map_err(no_answer)?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().map_err(no_answer)?;
        Ok(Answer { status: answer.status().as_u16(), body })
    }

    fn agent(&self, url: &str) -> Result<&Agent, CliError> {
        if url.starts_with("http://") {
            return Ok(self.plain.get_or_init(|| self.config().proxy(None).build().into()));
        }
        if let Some(agent) = self.tls.get() {
            return Ok(agent);
        }
        let roots: Vec<Certificate<'static>> =
            rustls_native_certs::load_native_certs().certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        if roots.is_empty() {
            return Err(CliError::NoRoots);
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(roots))
            .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        Ok(self.tls.get_or_init(|| self.config().https_only(true).tls_config(tls).build().into()))
    }

    fn config(&self) -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
        Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(self.timeout))
            .timeout_connect(Some(self.timeout.min(Duration::from_secs(10))))
            .user_agent(concat!("aiops/", env!("CARGO_PKG_VERSION")))
    }
}

/// Checks a base URL and cuts its last slash.
///
/// # Errors
/// [`CliError::SettingMalformed`] when it is no URL, or would carry tokens over the network in the clear.
pub(crate) fn base_url(setting: &'static str, url: &str) -> Result<String, CliError> {
    let fail = |en: &str, zh: &str| CliError::SettingMalformed { setting, value: url.chars().take(200).collect(), why: Text::new(en, zh) };
    let uri: Uri = url.parse().map_err(|_| fail("it is no URL", "不是 URL"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(fail("it needs a scheme and a host, like https://example.org", "需要协议和主机，例如 https://example.org"));
    };
    if authority.as_str().contains('@') || uri.query().is_some() || url.contains('#') {
        return Err(fail("it may hold no user name, query or fragment", "不能包含用户名、查询串或片段"));
    }
    let host = authority.host();
    let loopback = host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match scheme {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err(fail("plain http is allowed for this machine only; use https", "只有本机可以使用 http；请使用 https")),
        _ => return Err(fail("only https is spoken", "只支持 https")),
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_tls_or_stay_on_this_machine() {
        for good in [
            "https://abc.execute-api.us-east-1.amazonaws.com",
            "https://example.org/fleet/",
            "http://127.0.0.1:4566/_aws/execute-api/abc/$default",
            "http://localhost:4566",
            "http://[::1]:4566",
        ] {
            assert!(base_url("endpoint", good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.org",
            "http://127.evil.example",
            "http://localhost.evil.example",
            "ftp://example.org",
            "example.org",
            "https://user@example.org",
            "https://example.org/?x=1",
            "",
        ] {
            assert!(base_url("endpoint", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_base_has_no_trailing_slash() {
        assert_eq!(base_url("endpoint", "https://example.org/").unwrap(), "https://example.org");
    }

    #[test]
    fn path_and_query_parts_are_encoded() {
        assert_eq!(encode("a/b c&d=中"), "a%2Fb%20c%26d%3D%E4%B8%AD");
    }
}
