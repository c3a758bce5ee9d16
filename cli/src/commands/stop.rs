//! `stop` and `release`: the kill switch.
//!
//! Entry: one function a command. Invariant: without an account or operation the scope is everything, which the
//! endpoint reads as an empty object.

use serde_json::{Map, Value, json};
use ureq::http::Method;

use crate::{
    args::Scope,
    endpoint::Call,
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    wire::Decided,
};

/// `stop`.
pub(super) fn stop(context: &mut Context<'_, '_>, scope: &Scope, reason: &str) -> Result<Exit, CliError> {
    send(context, "/v1/stop", &json!({"scope": object(scope), "reason": reason}), &Message::ScopeStopped)
}

/// `release`.
pub(super) fn release(context: &mut Context<'_, '_>, scope: &Scope) -> Result<Exit, CliError> {
    send(context, "/v1/release", &json!({"scope": object(scope)}), &Message::ScopeReleased)
}

fn send(context: &mut Context<'_, '_>, path: &str, body: &Value, done: &Message<'_>) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::send(Method::POST, path, body))?;
    let decided: Decided = endpoint.read(&answer)?;
    let lang = context.screen.lang;
    match &decided.message {
        Some(message) => context.screen.show(message.in_lang(lang))?,
        None => context.screen.say(done)?,
    }
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}

fn object(scope: &Scope) -> Value {
    let named = [("account", &scope.account), ("operation", &scope.operation)];
    Value::Object(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_without_a_name_is_everything() {
        assert_eq!(object(&Scope { account: None, operation: None }), json!({}));
        assert_eq!(object(&Scope { account: Some("prod".into()), operation: None }), json!({"account": "prod"}));
    }
}
