//! The fleet's HTTP endpoint as one signed-in person sees it. Entry type: [`Endpoint`].
//!
//! Invariant: a request that could have an effect is sent once; only reads, and requests that carry a request
//! id, are tried again. A token that has ended is extended before use, or once after a 401.

use std::{cell::RefCell, time::Duration};

use domain::Lang;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::Method;

use crate::{
    error::CliError,
    http::{Answer, Http},
    sign_in::Identity,
    store::{Store, Tokens},
    surroundings::now,
};

/// Pauses before a read is tried again.
const PAUSES_MS: [u64; 2] = [300, 1_000];
/// A token that ends so soon is extended first.
const EXTEND_BEFORE_SECONDS: i64 = 60;

/// The endpoint, with who is asking.
pub(crate) struct Endpoint<'a> {
    /// Base URL without a last slash.
    pub(crate) base: String,
    /// The HTTP client.
    pub(crate) http: &'a Http,
    /// Who extends the sign-in.
    pub(crate) identity: Identity<'a>,
    /// Where it is kept.
    pub(crate) store: &'a Store,
    /// Under which name.
    pub(crate) profile: &'a str,
    /// The reader's language.
    pub(crate) lang: Lang,
    /// The sign-in in use.
    pub(crate) tokens: RefCell<Tokens>,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    method: Method,
    path: String,
    body: Option<&'a Value>,
    repeatable: bool,
    lang: Option<Lang>,
}

impl<'a> Call<'a> {
    /// A read; `query` is encoded here, the path by the caller.
    pub(crate) fn get(path: impl Into<String>, query: &[(&str, &str)]) -> Self {
        let mut path = path.into();
        for (n, (name, value)) in query.iter().enumerate() {
            path.push(if n == 0 { '?' } else { '&' });
            path.push_str(&format!("{name}={}", crate::http::encode(value)));
        }
        Self { method: Method::GET, path, body: None, repeatable: true, lang: None }
    }

    /// A request with a body, sent once.
    pub(crate) fn send(method: Method, path: impl Into<String>, body: &'a Value) -> Self {
        Self { method, path: path.into(), body: Some(body), repeatable: false, lang: None }
    }

    /// The body carries a request id, so that sending it twice is one request.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// In another language than the reader's usual one.
    pub(crate) fn in_lang(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }
}

impl Endpoint<'_> {
    /// Makes a call and returns the answer as it came.
    ///
    /// # Errors
    /// [`CliError`]: the endpoint's own, or none came.
    pub(crate) fn call(&self, call: &Call<'_>) -> Result<Value, CliError> {
        let mut pauses = PAUSES_MS.iter();
        loop {
            match self.once(call) {
                Err(error) if call.repeatable && error.may_retry() => match pauses.next() {
                    Some(ms) => std::thread::sleep(Duration::from_millis(*ms)),
                    None => return Err(error),
                },
                other => return other,
            }
        }
    }

    /// An answer as a type.
    ///
    /// # Errors
    /// [`CliError::BadAnswer`].
    pub(crate) fn read<T: DeserializeOwned>(&self, answer: &Value) -> Result<T, CliError> {
        T::deserialize(answer).map_err(|source| CliError::BadAnswer { url: self.base.clone(), source })
    }

    /// Who signed in under this profile.
    pub(crate) fn user(&self) -> String {
        self.tokens.borrow().user.clone()
    }

    fn once(&self, call: &Call<'_>) -> Result<Value, CliError> {
        if self.tokens.borrow().expires_at < now().plus_seconds(EXTEND_BEFORE_SECONDS) {
            self.extend()?;
        }
        let mut answer = self.send(call)?;
        // The authoriser refuses before anything happens, so even a decision may be sent again here.
        if answer.status == 401 && self.tokens.borrow().refresh_token.is_some() {
            self.extend()?;
            answer = self.send(call)?;
        }
        let url = format!("{}{}", self.base, call.path);
        if (200..300).contains(&answer.status) {
            return serde_json::from_slice(&answer.body).map_err(|source| CliError::BadAnswer { url, source });
        }
        Err(stated(&answer, self.lang).unwrap_or(CliError::Unnamed { status: answer.status, url }))
    }

    fn send(&self, call: &Call<'_>) -> Result<Answer, CliError> {
        let authorization = format!("Bearer {}", self.tokens.borrow().id_token);
        let language = code(call.lang.unwrap_or(self.lang));
        let mut headers = vec![("authorization", authorization.as_str()), ("accept", "application/json"), ("accept-language", language)];
        if call.body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.http.send(call.method.clone(), &format!("{}{}", self.base, call.path), &headers, call.body)
    }

    fn extend(&self) -> Result<(), CliError> {
        let old = self.tokens.borrow().clone();
        let new = self.identity.refresh(&old)?.ok_or_else(|| CliError::SignInEnded { profile: self.profile.to_owned() })?;
        self.store.save_tokens(self.profile, &new)?;
        self.tokens.replace(new);
        Ok(())
    }
}

/// A language on the wire.
pub(crate) fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

/// The error that the endpoint named.
fn stated(answer: &Answer, lang: Lang) -> Option<CliError> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let error = body.get("error")?;
    let name = error.get("name")?.as_str()?;
    let message = ["message", code(lang)].iter().find_map(|field| error.get(*field)?.as_str()).unwrap_or_default();
    Some(CliError::Stated { status: answer.status, name: name.to_owned(), message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer { status: 403, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn an_error_keeps_the_endpoints_name_and_words() {
        let error = stated(&answer(r#"{"error":{"name":"Approval.Refused","message":"审批人不能是请求人"},"extra":1}"#), Lang::Zh).unwrap();
        assert_eq!(error.line(Lang::Zh), "错误 Approval.Refused：审批人不能是请求人");
        let both = stated(&answer(r#"{"error":{"name":"A.Denied","en":"no","zh":"不"}}"#), Lang::Zh).unwrap();
        assert_eq!(both.text().zh, "不");
    }

    #[test]
    fn an_answer_without_a_name_is_not_guessed_at() {
        for body in ["", "<html>", r#"{"message":"Unauthorized"}"#, r#"{"error":"x"}"#, r#"{"error":{"name":1}}"#] {
            assert!(stated(&answer(body), Lang::En).is_none(), "{body}");
        }
    }

    #[test]
    fn query_values_are_encoded() {
        assert_eq!(Call::get("/v1/plans", &[("state", "a b"), ("next", "x=&y")]).path, "/v1/plans?state=a%20b&next=x%3D%26y");
    }
}
