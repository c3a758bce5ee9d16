//! `login`, `logout`, `configure`, `whoami`.
//!
//! Entry: one function a command. Invariant: a password is never echoed to a terminal and never an argument.

use serde_json::json;

use crate::{
    args::{Configure, Login},
    endpoint::Call,
    error::{CliError, Exit},
    http::{base_url, encode},
    messages::Message,
    run::Context,
    screen::Screen,
    sign_in::Question,
    store::Settings,
    wire::Whoami,
};

/// How often a new password may be typed twice differently.
const NEW_PASSWORD_TRIES: usize = 3;

/// `login`.
pub(super) fn login(context: &mut Context<'_, '_>, args: &Login) -> Result<Exit, CliError> {
    let identity = context.identity()?;
    let (store, profile) = (context.store, context.profile);
    let screen = &mut context.screen;
    let user = match &args.user {
        Some(user) => user.clone(),
        None => screen.ask(Message::AskUser.text().in_lang(screen.lang))?.ok_or(CliError::NoInput)?.trim().to_owned(),
    };
    // Lines of a pipe are taken as they come; a person at a terminal is asked.
    let prompt = screen.interactive && !args.password_stdin;
    let tokens = identity.sign_in(&user, &mut |question| answer(screen, question, prompt))?;
    store.save_tokens(profile, &tokens)?;
    screen.say(&Message::SignedIn { user: &tokens.user, profile })?;
    screen.document(&json!({"user": tokens.user, "profile": profile, "expires_at": tokens.expires_at}))?;
    Ok(Exit::Ok)
}

fn answer(screen: &mut Screen<'_>, question: &Question, prompt: bool) -> Result<String, CliError> {
    if let Question::Enrol { secret, user } = question {
        let uri = format!("otpauth://totp/aiops:{}?secret={}&issuer=aiops", encode(user), encode(secret));
        screen.note(&Message::Enrol { secret, uri: &uri })?;
    }
    let lang = screen.lang;
    let hidden = |message: &Message<'_>| rpassword::prompt_password(message.text().in_lang(lang)).map_err(CliError::from);
    let text = match question {
        _ if !prompt => screen.line()?.ok_or(CliError::NoInput)?,
        Question::Password => hidden(&Message::AskPassword)?,
        Question::NewPassword => {
            for _ in 0..NEW_PASSWORD_TRIES {
                let first = hidden(&Message::AskNewPassword)?;
                if first == hidden(&Message::AskNewPasswordAgain)? {
                    return Ok(first);
                }
                screen.note(&Message::PasswordsDiffer)?;
            }
            return Err(CliError::NoInput);
        }
        Question::Code | Question::Enrol { .. } => {
            screen.ask(Message::AskCode.text().in_lang(lang))?.ok_or(CliError::NoInput)?.trim().to_owned()
        }
    };
    Ok(text)
}

/// `logout`.
pub(super) fn logout(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let profile = context.profile;
    // Without settings there is no provider to tell; what is kept here goes all the same.
    let told = context.identity().and_then(|identity| {
        let tokens = context.store.tokens(profile, identity.issuer_url, identity.client_id)?;
        tokens.map_or(Ok(()), |tokens| identity.revoke(&tokens))
    });
    context.store.forget_sign_in(profile)?;
    match told {
        Ok(()) | Err(CliError::SettingMissing { .. }) => {}
        Err(error) => {
            let why = error.text().in_lang(context.screen.lang).to_owned();
            context.screen.note(&Message::NotRevoked { why: &why })?;
        }
    }
    context.screen.say(&Message::SignedOut { profile })?;
    context.screen.document(&json!({"profile": profile, "signed_in": false}))?;
    Ok(Exit::Ok)
}

/// `configure`.
pub(super) fn configure(context: &mut Context<'_, '_>, args: &Configure) -> Result<Exit, CliError> {
    let new = Settings {
        endpoint: args.endpoint.as_deref().map(|url| base_url("endpoint", url)).transpose()?,
        issuer_url: args.issuer_url.as_deref().map(|url| base_url("issuer-url", url)).transpose()?,
        client_id: args.client_id.clone(),
    };
    let settings = if new == Settings::default() {
        context.settings.clone()
    } else {
        context.store.save_settings(context.profile, new)?;
        context.store.settings(context.profile)?
    };
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    context.screen.say(&Message::Settings {
        profile: context.profile,
        endpoint: &shown(&settings.endpoint),
        issuer_url: &shown(&settings.issuer_url),
        client_id: &shown(&settings.client_id),
    })?;
    context.screen.document(&json!({
        "profile": context.profile, "endpoint": settings.endpoint, "issuer_url": settings.issuer_url, "client_id": settings.client_id
    }))?;
    Ok(Exit::Ok)
}

/// `whoami`.
pub(super) fn whoami(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let session = context.store.session(context.profile, &endpoint.base)?;
    let query: Vec<(&str, &str)> = session.iter().map(|s| ("session", s.session.as_str())).collect();
    let answer = endpoint.call(&Call::get("/v1/whoami", &query))?;
    let who: Whoami = endpoint.read(&answer)?;
    context.screen.say(&Message::Whoami {
        person: who.person.as_str(),
        roles: &who.roles.join(", "),
        account: who.session_account.as_deref().unwrap_or("-"),
        profile: context.profile,
    })?;
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}
