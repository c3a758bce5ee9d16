//! Signing in at the identity provider by Cognito's public JSON API. Entry type: [`Identity`].
//!
//! Invariant: passwords and codes come from a person at the moment they are needed and are kept nowhere.

use domain::EpochMs;
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::{error::CliError, http::Http, store::Tokens, surroundings::now};

/// A sign-in that asks more often than this is not one of ours.
const MAX_CHALLENGES: usize = 6;

/// What a person is asked during sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// The password.
    Password,
    /// A new password in place of the temporary one.
    NewPassword,
    /// The code that the authenticator shows now.
    Code,
    /// Put this secret into an authenticator, then give its first code.
    Enrol {
        /// Base32 secret.
        secret: String,
        /// Who signs in.
        user: String,
    },
}

/// The identity provider, as one client sees it.
pub(crate) struct Identity<'a> {
    /// The HTTP client.
    pub(crate) http: &'a Http,
    /// Base URL of the Cognito API.
    pub(crate) issuer_url: &'a str,
    /// The user pool client.
    pub(crate) client_id: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuthAnswer {
    authentication_result: Option<AuthResult>,
    challenge_name: Option<String>,
    #[serde(default)]
    challenge_parameters: Option<Value>,
    session: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuthResult {
    id_token: String,
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: i64,
}

impl Identity<'_> {
    /// Signs a person in; `ask` is called for the password and whatever the provider asks next.
    ///
    /// # Errors
    /// [`CliError`] of the provider, of the network, or of `ask`.
    pub(crate) fn sign_in(&self, user: &str, ask: &mut dyn FnMut(&Question) -> Result<String, CliError>) -> Result<Tokens, CliError> {
        let password = ask(&Question::Password)?;
        let mut answer = self.auth(
            "InitiateAuth",
            json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.client_id, "AuthParameters": {"USERNAME": user, "PASSWORD": password}}),
        )?;
        for _ in 0..MAX_CHALLENGES {
            if let Some(result) = answer.authentication_result {
                return Ok(self.tokens(user, result, None));
            }
            answer = self.respond(user, answer, ask)?;
        }
        answer
            .authentication_result
            .map(|result| self.tokens(user, result, None))
            .ok_or_else(|| CliError::ChallengeUnsupported { challenge: answer.challenge_name.unwrap_or_else(|| "?".to_owned()) })
    }

    fn respond(
        &self,
        user: &str,
        asked: AuthAnswer,
        ask: &mut dyn FnMut(&Question) -> Result<String, CliError>,
    ) -> Result<AuthAnswer, CliError> {
        let challenge = asked.challenge_name.unwrap_or_else(|| "?".to_owned());
        let mut session = asked.session;
        // The provider may know the person under another user name than the one typed (an e-mail address).
        let user = asked.challenge_parameters.as_ref().and_then(|p| p.get("USER_ID_FOR_SRP")).and_then(Value::as_str).unwrap_or(user);
        let responses = match challenge.as_str() {
            "SOFTWARE_TOKEN_MFA" => json!({"USERNAME": user, "SOFTWARE_TOKEN_MFA_CODE": ask(&Question::Code)?}),
            "NEW_PASSWORD_REQUIRED" => json!({"USERNAME": user, "NEW_PASSWORD": ask(&Question::NewPassword)?}),
            "MFA_SETUP" => {
                session = self.enrol(user, session, ask)?;
                json!({"USERNAME": user})
            }
            _ => return Err(CliError::ChallengeUnsupported { challenge }),
        };
        self.auth(
            "RespondToAuthChallenge",
            json!({"ClientId": self.client_id, "ChallengeName": challenge, "Session": session, "ChallengeResponses": responses}),
        )
    }

    fn enrol(
        &self,
        user: &str,
        session: Option<String>,
        ask: &mut dyn FnMut(&Question) -> Result<String, CliError>,
    ) -> Result<Option<String>, CliError> {
        let associated = self.call("AssociateSoftwareToken", &json!({"Session": session}))?;
        let secret = associated.get("SecretCode").and_then(Value::as_str).unwrap_or_default().to_owned();
        let session = associated.get("Session").and_then(Value::as_str).map(str::to_owned).or(session);
        let code = ask(&Question::Enrol { secret, user: user.to_owned() })?;
        let verified = self.call("VerifySoftwareToken", &json!({"Session": session, "UserCode": code, "FriendlyDeviceName": "aiops"}))?;
        Ok(verified.get("Session").and_then(Value::as_str).map(str::to_owned).or(session))
    }

    /// Extends a sign-in; `None` when the provider no longer does.
    ///
    /// # Errors
    /// [`CliError`] of the network, or a refusal that is not the token's fault.
    pub(crate) fn refresh(&self, old: &Tokens) -> Result<Option<Tokens>, CliError> {
        let Some(refresh_token) = &old.refresh_token else { return Ok(None) };
        let answer = self.auth(
            "InitiateAuth",
            json!({"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": self.client_id, "AuthParameters": {"REFRESH_TOKEN": refresh_token}}),
        );
        match answer {
            Ok(answer) => Ok(answer.authentication_result.map(|result| self.tokens(&old.user, result, Some(refresh_token.clone())))),
            Err(CliError::SignInRefused { kind, .. }) if matches!(kind.as_str(), "NotAuthorizedException" | "UserNotFoundException") => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends a sign-in at the provider.
    ///
    /// # Errors
    /// [`CliError`] of the provider or of the network.
    pub(crate) fn revoke(&self, tokens: &Tokens) -> Result<(), CliError> {
        match &tokens.refresh_token {
            Some(token) => self.call("RevokeToken", &json!({"ClientId": self.client_id, "Token": token})).map(|_| ()),
            None => Ok(()),
        }
    }

    fn tokens(&self, user: &str, result: AuthResult, refresh_token: Option<String>) -> Tokens {
        Tokens {
            user: user.to_owned(),
            issuer_url: self.issuer_url.to_owned(),
            client_id: self.client_id.to_owned(),
            id_token: result.id_token,
            // A provider that rotates refresh tokens sends a new one; else the old one stands.
            refresh_token: result.refresh_token.or(refresh_token),
            expires_at: expiry(now(), result.expires_in),
        }
    }

    fn auth(&self, action: &str, body: Value) -> Result<AuthAnswer, CliError> {
        let answer = self.call(action, &body)?;
        serde_json::from_value(answer).map_err(|source| CliError::BadAnswer { url: self.issuer_url.to_owned(), source })
    }

    fn call(&self, action: &str, body: &Value) -> Result<Value, CliError> {
        let target = format!("AWSCognitoIdentityProviderService.{action}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let url = format!("{}/", self.issuer_url);
        let answer = self.http.send(Method::POST, &url, &headers, Some(body))?;
        if answer.status == 200 {
            // RevokeToken answers with an empty body.
            let body: &[u8] = if answer.body.is_empty() { b"{}" } else { &answer.body };
            return serde_json::from_slice(body).map_err(|source| CliError::BadAnswer { url, source });
        }
        let stated: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let field = |names: &[&str]| names.iter().find_map(|n| stated.get(*n)).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = field(&["__type"]);
        match kind.rsplit('#').next() {
            Some(kind) if !kind.is_empty() => {
                Err(CliError::SignInRefused { kind: kind.to_owned(), message: field(&["message", "Message"]) })
            }
            _ => Err(CliError::Unnamed { status: answer.status, url }),
        }
    }
}

fn expiry(now: EpochMs, expires_in_seconds: i64) -> EpochMs {
    now.plus_seconds(expires_in_seconds.max(0))
}
