//! `factor`: enrolling an authenticator, showing its first code, resetting a lost one.
//!
//! Entry: [`factor`]. Invariant: the secret is printed once and kept nowhere on this machine.

use serde_json::{Value, json};
use ureq::http::Method;

use crate::{
    args::FactorCommand,
    endpoint::Call,
    error::{CliError, Exit},
    run::Context,
    wire::Decided,
};

/// `factor …`.
pub(super) fn factor(context: &mut Context<'_, '_>, command: &FactorCommand) -> Result<Exit, CliError> {
    let body = match command {
        FactorCommand::Enrol { code: Some(code) } => json!({"action": "enrol", "code": code}),
        FactorCommand::Enrol { code: None } => json!({"action": "enrol"}),
        FactorCommand::Activate { code } => json!({"action": "activate", "code": code}),
        FactorCommand::Reset { person } => json!({"action": "reset", "person": person}),
    };
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::send(Method::POST, "/v1/factor", &body).in_lang(context.screen.lang))?;
    let decided: Decided = endpoint.read(&answer)?;
    if let Some(url) = answer.get("url").and_then(Value::as_str) {
        context.screen.show(url)?;
    }
    let lang = context.screen.lang;
    if let Some(message) = &decided.message {
        context.screen.show(message.in_lang(lang))?;
    }
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}
