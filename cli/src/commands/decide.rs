//! `approve`, `reject`, `undo`, `withdraw`, `console-code`.
//!
//! Entry: one function a command. Invariant: an approval names the digest and the preview hash of what was
//! printed, and is sent only when a second look, after the yes, finds both unchanged.

use domain::{Digest, Lang, PlanId, Text};
use serde_json::{Value, json};
use ureq::http::Method;

use super::plans::{fetch, plan_id, present};
use crate::{
    args::{Approve, CodeArgs, Confirm, Narrow},
    endpoint::{Call, Endpoint, code},
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    screen::Screen,
    wire::{ConsoleCode, Decided},
};

/// The fewest digits of a digest that are worth comparing.
const SHORTEST_DIGEST: usize = 12;

/// What the plan must be, where the caller knows it already.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// The digest, or its beginning.
    pub(super) digest: Option<String>,
    /// The preview's hash.
    pub(super) preview_hash: Option<Digest>,
    /// A code of the approver's authenticator, which goes along.
    pub(super) code: Option<String>,
}

/// `approve`.
pub(super) fn approve(context: &mut Context<'_, '_>, args: &Approve) -> Result<Exit, CliError> {
    let plan = plan_id(&args.plan)?;
    let digest = args.digest.as_deref().map(stated_digest).transpose()?;
    let expected = Expected { digest, preview_hash: None, code: args.code.clone() };
    let endpoint = context.endpoint()?;
    approve_shown(&mut context.screen, &endpoint, &plan, endpoint.lang, &expected, args.yes)
}

/// Shows a plan, asks, looks again, and sends the approval of exactly what was shown.
pub(super) fn approve_shown(
    screen: &mut Screen<'_>,
    endpoint: &Endpoint<'_>,
    plan: &PlanId,
    lang: Lang,
    expected: &Expected,
    yes: bool,
) -> Result<Exit, CliError> {
    let (shown, _) = fetch(endpoint, plan, lang)?;
    let changed = |what: Text| CliError::PlanChanged { plan: plan.to_string(), what };
    if let Some(digest) = &expected.digest
        && !shown.digest.as_str().starts_with(digest)
    {
        return Err(changed(other_digest(digest, shown.digest.as_str())));
    }
    if let Some(hash) = &expected.preview_hash
        && *hash != shown.preview_hash
    {
        return Err(changed(other_preview(hash.short(), shown.preview_hash.short())));
    }
    present(screen, plan, &shown)?;
    if !yes {
        let question = Message::AskApprove { plan: plan.as_str(), digest: shown.digest.short() }.text();
        if !screen.confirm(question.in_lang(lang))? {
            return Err(CliError::NotConfirmed);
        }
    }
    let (again, _) = fetch(endpoint, plan, lang)?;
    if again.digest != shown.digest {
        return Err(changed(other_digest(shown.digest.as_str(), again.digest.as_str())));
    }
    if again.preview_hash != shown.preview_hash {
        return Err(changed(other_preview(shown.preview_hash.short(), again.preview_hash.short())));
    }
    let body = json!({"digest": shown.digest, "preview_hash": shown.preview_hash, "lang": code(lang)});
    send(screen, endpoint, plan, lang, "approve", &with_code(body, expected.code.as_deref()))
}

fn with_code(mut body: Value, code: Option<&str>) -> Value {
    if let (Some(map), Some(code)) = (body.as_object_mut(), code) {
        map.insert("code".to_owned(), json!(code));
    }
    body
}

/// `confirm`.
pub(super) fn confirm(context: &mut Context<'_, '_>, args: &Confirm) -> Result<Exit, CliError> {
    let plan = plan_id(&args.plan)?;
    let endpoint = context.endpoint()?;
    let (view, _) = fetch(&endpoint, &plan, endpoint.lang)?;
    let body = json!({"digest": view.digest, "account": args.account});
    send(&mut context.screen, &endpoint, &plan, endpoint.lang, "confirm", &body)
}

/// `narrow`.
pub(super) fn narrow(context: &mut Context<'_, '_>, args: &Narrow) -> Result<Exit, CliError> {
    let plan = plan_id(&args.plan)?;
    let endpoint = context.endpoint()?;
    let (view, _) = fetch(&endpoint, &plan, endpoint.lang)?;
    let body = json!({"digest": view.digest, "targets": args.targets});
    send(&mut context.screen, &endpoint, &plan, endpoint.lang, "narrow", &body)
}

/// `reject`.
pub(super) fn reject(context: &mut Context<'_, '_>, plan: &str, reason: &str) -> Result<Exit, CliError> {
    let plan = plan_id(plan)?;
    let endpoint = context.endpoint()?;
    let (view, _) = fetch(&endpoint, &plan, endpoint.lang)?;
    send(&mut context.screen, &endpoint, &plan, endpoint.lang, "reject", &json!({"digest": view.digest, "reason": reason}))
}

/// `undo` and `withdraw`.
pub(super) fn plain(context: &mut Context<'_, '_>, plan: &str, decision: &str) -> Result<Exit, CliError> {
    let plan = plan_id(plan)?;
    let endpoint = context.endpoint()?;
    send(&mut context.screen, &endpoint, &plan, endpoint.lang, decision, &json!({}))
}

fn send(
    screen: &mut Screen<'_>,
    endpoint: &Endpoint<'_>,
    plan: &PlanId,
    lang: Lang,
    decision: &str,
    body: &Value,
) -> Result<Exit, CliError> {
    let answer = endpoint.call(&Call::send(Method::POST, format!("/v1/plans/{plan}/{decision}"), body).in_lang(lang))?;
    let decided: Decided = endpoint.read(&answer)?;
    match (&decided.message, &decided.state) {
        (Some(message), _) => screen.show(message.in_lang(lang))?,
        (None, Some(state)) => screen.say(&Message::DecisionTaken { plan: plan.as_str(), state })?,
        (None, None) => {}
    }
    screen.document(&answer)?;
    Ok(Exit::Ok)
}

/// `console-code`.
pub(super) fn console_code(context: &mut Context<'_, '_>, args: &CodeArgs) -> Result<Exit, CliError> {
    let plan = plan_id(&args.plan)?;
    let endpoint = context.endpoint()?;
    console_code_for(&mut context.screen, &endpoint, &plan, endpoint.lang, args.code.as_deref())
}

/// Shows a plan and gets the code that approves its digest.
pub(super) fn console_code_for(
    screen: &mut Screen<'_>,
    endpoint: &Endpoint<'_>,
    plan: &PlanId,
    lang: Lang,
    code: Option<&str>,
) -> Result<Exit, CliError> {
    // The code stands for an approval of this digest, so the preview is read first.
    let (view, _) = fetch(endpoint, plan, lang)?;
    present(screen, plan, &view)?;
    let body = with_code(json!({"digest": view.digest}), code);
    let answer = endpoint.call(&Call::send(Method::POST, format!("/v1/plans/{plan}/console-code"), &body).in_lang(lang))?;
    let issued: ConsoleCode = endpoint.read(&answer)?;
    // The code approves what the endpoint renders now; it is worth nothing to somebody who read something else.
    if let Some(text) = issued.preview_text.as_ref().filter(|text| **text != view.preview_text) {
        let hash = Digest::of_bytes(text.as_bytes());
        let what = other_preview(view.preview_hash.short(), hash.short());
        return Err(CliError::PlanChanged { plan: plan.to_string(), what });
    }
    let expires = issued.expires_at.as_ref().map(ToString::to_string).unwrap_or_else(|| "?".to_owned());
    screen.say(&Message::CodeIssued { code: &issued.code, expires: &expires })?;
    if let Some(command) = send_task_success(&issued.code) {
        screen.say(&Message::CodeUse { command: &command })?;
    }
    let history = issued.execution_arn.as_deref().and_then(show_token);
    screen.say(&Message::TokenFrom { command: history.as_deref() })?;
    screen.document(&answer)?;
    Ok(Exit::Ok)
}

/// The command to paste; nothing when the code could mean something to a shell.
fn send_task_success(code: &str) -> Option<String> {
    let safe = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    safe.then(|| format!("aws stepfunctions send-task-success --task-token TASK_TOKEN --task-output '{{\"code\":\"{code}\"}}'"))
}

/// The command that shows the task token; nothing when the ARN could mean something to a shell.
fn show_token(execution_arn: &str) -> Option<String> {
    let safe = execution_arn.starts_with("arn:")
        && execution_arn.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'/' | b'.'));
    safe.then(|| {
        format!(
            "aws stepfunctions get-execution-history --execution-arn {execution_arn} --reverse-order \
             --query \"events[?type=='TaskScheduled'].taskScheduledEventDetails.parameters | [0]\" --output text"
        )
    })
}

fn stated_digest(text: &str) -> Result<String, CliError> {
    let text = text.trim().to_ascii_lowercase();
    let ok = (SHORTEST_DIGEST..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    ok.then_some(text.clone()).ok_or_else(|| CliError::Argument {
        what: Text::new(
            format!("`{text}` is no digest: give all 64 hexadecimal digits, or at least the first {SHORTEST_DIGEST}"),
            format!("`{text}` 不是摘要：请给出全部 64 位十六进制数字，或至少前 {SHORTEST_DIGEST} 位"),
        ),
    })
}

fn other_digest(was: &str, is: &str) -> Text {
    Text::new(format!("its digest is {is}, not {was}"), format!("摘要为 {is}，而不是 {was}"))
}

fn other_preview(was: &str, is: &str) -> Text {
    Text::new(format!("its preview hashes to {is}…, not {was}…"), format!("预览的哈希为 {is}…，而不是 {was}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_a_shell_could_read_is_not_put_into_a_command() {
        assert_eq!(
            send_task_success("en.AbC-12_x").unwrap(),
            "aws stepfunctions send-task-success --task-token TASK_TOKEN --task-output '{\"code\":\"en.AbC-12_x\"}'"
        );
        assert!(send_task_success("x'; rm -rf ~; '").is_none());
        assert!(show_token("arn:aws:states:us-east-1:1:execution:change:plan_x-execute-1").is_some());
        assert!(show_token("arn:$(id)").is_none());
    }

    #[test]
    fn a_digest_may_be_cut_but_not_to_nothing() {
        assert!(stated_digest("236d36728e11").is_ok());
        assert!(stated_digest("236D36728E11814906daf8bde24b4d826be9f7df6a9c805f5bde10d083fac99c").is_ok());
        assert!(stated_digest("236d").is_err() && stated_digest("").is_err() && stated_digest("zzzzzzzzzzzz").is_err());
    }
}
