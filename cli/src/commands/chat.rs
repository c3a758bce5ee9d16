//! `chat`: one sentence or a conversation.
//!
//! Entry: [`chat`]. Invariant: a reply can ask for a closed list of calls only, each confirmed by the person; an
//! approval goes through the same two looks as `aiops approve`, whatever the reply says.

use domain::{
    Digest, Lang, PlanId,
    wire::{ChatReply, ClientAction},
};
use serde_json::{Value, json};
use ureq::http::Method;

use super::decide::{self, Expected};
use crate::{
    args::Chat,
    endpoint::{Call, Endpoint, code},
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    store::ChatSession,
    surroundings::request_id,
    wire::{Decided, Whoami},
};

/// Words that end a conversation.
const ENDS: [&str; 4] = ["exit", "quit", "退出", "再见"];

/// `chat`.
pub(super) fn chat(context: &mut Context<'_, '_>, args: &Chat) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let mut session = if args.new_session { None } else { context.store.session(context.profile, &endpoint.base)? };
    if args.text.is_empty() {
        return converse(context, &endpoint, session, args.yes);
    }
    turn(context, &endpoint, &mut session, &args.text.join(" "), args.yes)
}

/// `calendar`: the question that everybody may ask in chat.
pub(super) fn calendar(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let mut session = context.store.session(context.profile, &endpoint.base)?;
    let text = if context.screen.lang == Lang::Zh { "显示变更日历" } else { "show calendar" };
    turn(context, &endpoint, &mut session, text, false)
}

fn converse(context: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, mut session: Option<ChatSession>, yes: bool) -> Result<Exit, CliError> {
    // The prompt tells the account of the session before anything is said.
    if let Some(known) = &mut session {
        let answer = endpoint.call(&Call::get("/v1/whoami", &[("session", &known.session)]))?;
        known.account = endpoint.read::<Whoami>(&answer)?.session_account;
    }
    if context.screen.interactive {
        context.screen.note(&Message::ChatWelcome { endpoint: &endpoint.base })?;
    }
    loop {
        let account = session.as_ref().and_then(|s| s.account.as_deref()).unwrap_or("-");
        let prompt = format!("{}@aiops [{account}]> ", endpoint.user());
        let Some(text) = context.screen.ask(&prompt)? else {
            context.screen.complain("")?;
            return Ok(Exit::Ok);
        };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if ENDS.contains(&text) {
            return Ok(Exit::Ok);
        }
        match turn(context, endpoint, &mut session, text, yes) {
            Ok(_) => {}
            // One refused sentence does not end a conversation; a lost terminal or sign-in does.
            Err(error @ (CliError::Stdio(_) | CliError::SignInEnded { .. })) => return Err(error),
            Err(error) => {
                let line = error.line(context.screen.lang);
                context.screen.complain(&line)?;
            }
        }
    }
}

fn turn(
    context: &mut Context<'_, '_>,
    endpoint: &Endpoint<'_>,
    session: &mut Option<ChatSession>,
    text: &str,
    yes: bool,
) -> Result<Exit, CliError> {
    let mut body = json!({"text": text, "request_id": request_id()?});
    if let Some(session) = session.as_ref() {
        put(&mut body, "session", &session.session);
    }
    // Unless a language was asked for, the reply is in the language of the sentence.
    let lang = context.stated_lang.unwrap_or_else(|| Lang::of(text));
    if let Some(stated) = context.stated_lang {
        put(&mut body, "lang", code(stated));
    }
    let answer = endpoint.call(&Call::send(Method::POST, "/v1/chat", &body).repeatable().in_lang(lang))?;
    let reply: ChatReply = endpoint.read(&answer)?;
    let now = ChatSession { endpoint: endpoint.base.clone(), session: reply.session.as_str().to_owned(), account: reply.account.clone() };
    context.store.save_session(context.profile, &now)?;
    *session = Some(now);
    context.screen.document(&answer)?;
    context.screen.show(&reply.text)?;
    context.screen.say(&Message::ChatFooter { account: reply.account.as_deref() })?;
    if let Some(name) = &reply.error {
        if !context.screen.json {
            context.screen.complain(&match context.screen.lang {
                Lang::En => format!("error {name}"),
                Lang::Zh => format!("错误 {name}"),
            })?;
        }
        return Ok(Exit::Refused);
    }
    match &reply.action {
        Some(action) => act(context, endpoint, action, reply.lang, yes),
        None => Ok(Exit::Ok),
    }
}

fn put(body: &mut Value, name: &str, value: &str) {
    if let Some(map) = body.as_object_mut() {
        map.insert(name.to_owned(), json!(value));
    }
}

/// What a reply may ask for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Goes through the two looks of `approve`.
    Approve(PlanId),
    /// Goes through `console-code`.
    ConsoleCode(PlanId),
    /// Sent as it is.
    Plain,
}

fn wanted(action: &ClientAction) -> Result<Wanted, CliError> {
    let refused = || CliError::ActionRefused { method: action.method.clone(), path: action.path.clone() };
    if action.method != "POST" {
        return Err(refused());
    }
    if matches!(action.path.as_str(), "/v1/stop" | "/v1/release" | "/v1/feedback") {
        return Ok(Wanted::Plain);
    }
    let (plan, decision) = action.path.strip_prefix("/v1/plans/").and_then(|rest| rest.split_once('/')).ok_or_else(refused)?;
    let id = PlanId::parse(plan).ok().filter(|id| id.as_str() == plan).ok_or_else(refused)?;
    match decision {
        "approve" => Ok(Wanted::Approve(id)),
        "console-code" => Ok(Wanted::ConsoleCode(id)),
        "reject" | "withdraw" | "undo" => Ok(Wanted::Plain),
        _ => Err(refused()),
    }
}

fn act(context: &mut Context<'_, '_>, endpoint: &Endpoint<'_>, action: &ClientAction, lang: Lang, yes: bool) -> Result<Exit, CliError> {
    let refused = || CliError::ActionRefused { method: action.method.clone(), path: action.path.clone() };
    let field = |name: &str| action.body.get(name).and_then(Value::as_str);
    match wanted(action)? {
        Wanted::Approve(plan) => {
            // The hash in the action is that of one language; both looks are taken in it.
            let lang = match field("lang") {
                Some("zh") => Lang::Zh,
                Some("en") => Lang::En,
                _ => lang,
            };
            let expected = Expected {
                digest: Some(field("digest").and_then(|d| Digest::parse(d).ok()).ok_or_else(refused)?.to_string()),
                preview_hash: Some(field("preview_hash").and_then(|d| Digest::parse(d).ok()).ok_or_else(refused)?),
                code: None,
            };
            decide::approve_shown(&mut context.screen, endpoint, &plan, lang, &expected, yes)
        }
        Wanted::ConsoleCode(plan) => {
            confirm(context, action, lang, yes)?;
            decide::console_code_for(&mut context.screen, endpoint, &plan, lang, None)
        }
        Wanted::Plain => {
            confirm(context, action, lang, yes)?;
            let answer = endpoint.call(&Call::send(Method::POST, action.path.as_str(), &action.body).in_lang(lang))?;
            let decided: Decided = endpoint.read(&answer)?;
            match &decided.message {
                Some(message) => context.screen.show(message.in_lang(lang))?,
                None => context.screen.say(&Message::ActionDone)?,
            }
            context.screen.document(&answer)?;
            Ok(Exit::Ok)
        }
    }
}

fn confirm(context: &mut Context<'_, '_>, action: &ClientAction, lang: Lang, yes: bool) -> Result<(), CliError> {
    let own = Message::AskAction.text();
    let words = match action.confirm.in_lang(lang) {
        "" => own.in_lang(lang),
        words => words,
    };
    // All but the last line is reading matter; the question stands on the last.
    let (before, question) = words.trim_end().rsplit_once('\n').unwrap_or(("", words));
    if !before.is_empty() {
        context.screen.present(before)?;
    }
    if yes {
        return context.screen.present(question);
    }
    if context.screen.confirm(question)? { Ok(()) } else { Err(CliError::NotConfirmed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(method: &str, path: &str) -> ClientAction {
        ClientAction { method: method.into(), path: path.into(), body: json!({}), confirm: domain::Text::new("sure?", "确定吗？") }
    }

    #[test]
    fn chat_can_ask_for_a_closed_list_of_calls_only() {
        let id = "plan_01ARZ3NDEKTSV4RRFFQ69G5FAV";
        assert_eq!(wanted(&action("POST", &format!("/v1/plans/{id}/approve"))).unwrap(), Wanted::Approve(PlanId::parse(id).unwrap()));
        assert_eq!(wanted(&action("POST", &format!("/v1/plans/{id}/undo"))).unwrap(), Wanted::Plain);
        assert_eq!(wanted(&action("POST", "/v1/stop")).unwrap(), Wanted::Plain);
        for (method, path) in [
            ("PUT", "/v1/accounts"),
            ("POST", "/v1/accounts"),
            ("DELETE", "/v1/plans/plan_01ARZ3NDEKTSV4RRFFQ69G5FAV/approve"),
            ("POST", "/v1/plans/plan_01ARZ3NDEKTSV4RRFFQ69G5FAV/undo/../approve"),
            ("POST", "/v1/plans/../stop/approve"),
            ("POST", "https://evil.example/v1/stop"),
            ("POST", "@evil.example/v1/stop"),
            ("POST", "/v1/plans/plan_01arz3ndektsv4rrffq69g5fav/approve"),
            ("POST", "/v1/plans/plan_01ARZ3NDEKTSV4RRFFQ69G5FAV/undo?x=1"),
        ] {
            assert!(wanted(&action(method, path)).is_err(), "{method} {path}");
        }
    }
}
