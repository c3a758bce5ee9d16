//! `status`: where plans stand, and waiting for the end of one.
//!
//! Entry: [`status`]. Invariant: the exit is 0 only when the plan succeeded, or, after somebody asked to take it
//! back, when that is done.

use std::time::{Duration, Instant};

use domain::{PlanId, PlanState, text::defang};
use serde_json::json;

use super::plans::{all, fetch, plan_id, table};
use crate::{
    args::Status,
    endpoint::Endpoint,
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    wire::PlanView,
};

/// Seconds to wait for a plan's end.
const WAIT_SECONDS: u64 = 900;
/// Pauses between two looks grow to this.
const LONGEST_PAUSE_MS: u64 = 5_000;
/// How many plans are looked through for open ones.
const MOST_PLANS: usize = 1_000;

/// `status`.
pub(super) fn status(context: &mut Context<'_, '_>, args: &Status) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let Some(plan) = &args.plan else { return open_plans(context, &endpoint) };
    let plan = plan_id(plan)?;
    let view = if args.wait { wait(context, &endpoint, &plan)? } else { fetch(&endpoint, &plan, endpoint.lang)?.0 };
    let lang = context.screen.lang;
    let reason = view.reason.as_ref().map(|r| r.in_lang(lang));
    context.screen.say(&Message::PlanStands { plan: plan.as_str(), state: &view.state, reason })?;
    for approval in &view.approvals {
        let at = approval.at.as_ref().map(ToString::to_string).unwrap_or_else(|| "?".to_owned());
        context.screen.say(&Message::ApprovedBy { person: &approval.person, at: &at, channel: &approval.channel })?;
    }
    if let Some(person) = &view.undo_requested_by {
        context.screen.say(&Message::UndoRequestedBy { person })?;
    }
    let end = end_of(&view);
    if args.wait && end == Some(false) {
        return Err(CliError::OtherEnd { plan: plan.to_string(), state: view.state.clone(), reason: reason.map(str::to_owned) });
    }
    context.screen.document(&json!({
        "plan_id": plan, "state": view.state, "reason": reason, "ended": end.is_some(),
        "approvals": view.approvals.iter().map(|a| &a.person).collect::<Vec<_>>(), "undo_requested_by": view.undo_requested_by,
    }))?;
    Ok(Exit::Ok)
}

fn open_plans(context: &mut Context<'_, '_>, endpoint: &Endpoint<'_>) -> Result<Exit, CliError> {
    let (rows, documents, _) = all(endpoint, None, MOST_PLANS)?;
    let (open, documents): (Vec<_>, Vec<_>) = rows.into_iter().zip(documents).filter(|(row, _)| !is_final(&row.state)).unzip();
    table(&mut context.screen, &open, &Message::NoPlans)?;
    context.screen.document(&json!({"plans": documents}))?;
    Ok(Exit::Ok)
}

fn wait(context: &Context<'_, '_>, endpoint: &Endpoint<'_>, plan: &PlanId) -> Result<PlanView, CliError> {
    let seconds = context.timeout.unwrap_or(WAIT_SECONDS);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let spinner = context.screen.spinner();
    let mut pause_ms = 500;
    let mut state = String::from("?");
    let ended = loop {
        match fetch(endpoint, plan, endpoint.lang) {
            Ok((view, _)) if end_of(&view).is_some() => break Ok(view),
            Ok((view, _)) => state = view.state,
            // What may pass is waited through; the deadline stands.
            Err(error) if error.may_retry() => {}
            Err(error) => break Err(error),
        }
        let waiting = Message::Waiting { plan: plan.as_str(), state: &state }.text();
        spinner.set_message(defang(waiting.in_lang(context.screen.lang), 120));
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break Err(CliError::WaitTimedOut { plan: plan.to_string(), state, seconds });
        }
        std::thread::sleep(Duration::from_millis(pause_ms).min(left));
        pause_ms = (pause_ms * 3 / 2).min(LONGEST_PAUSE_MS);
    };
    spinner.finish_and_clear();
    ended
}

fn is_final(state: &str) -> bool {
    // A state that this program does not know yet is looked at again rather than taken for an end.
    PlanState::ALL.into_iter().any(|s| s.as_str() == state && s.is_final())
}

/// Whether the plan has ended, and as asked.
fn end_of(view: &PlanView) -> Option<bool> {
    let state = view.state.as_str();
    let undo = view.undo_requested_by.is_some();
    match state {
        _ if !is_final(state) => None,
        "undone" => Some(undo),
        "undo_failed" => Some(false),
        // The request to take it back is in the ledger; the workflow has not begun with it yet.
        "succeeded" | "failed" | "killed" if undo => None,
        "succeeded" => Some(true),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(state: &str, undo: bool) -> PlanView {
        serde_json::from_value(json!({
            "state": state, "preview_text": "x", "preview_hash": domain::Digest::of_bytes(b"x"), "digest": domain::Digest::of_bytes(b"y"),
            "undo_requested_by": undo.then_some("alice"),
        }))
        .unwrap()
    }

    #[test]
    fn only_what_was_asked_for_is_a_good_end() {
        for (state, undo, end) in [
            ("executing", false, None),
            ("awaiting_approval", false, None),
            ("some_later_state", false, None),
            ("succeeded", false, Some(true)),
            ("succeeded", true, None),
            ("undoing", true, None),
            ("undone", true, Some(true)),
            ("undone", false, Some(false)),
            ("undo_failed", true, Some(false)),
            ("unknown", false, Some(false)),
            ("rejected", false, Some(false)),
        ] {
            assert_eq!(end_of(&view(state, undo)), end, "{state} {undo}");
        }
    }
}
