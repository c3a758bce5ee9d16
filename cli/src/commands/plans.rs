//! `plans`, `plan`, `approvals`.
//!
//! Entry: one function a command; [`fetch`] is the one place where a plan with its preview is read.
//! Invariant: a preview that does not hash to the hash beside it is never shown as one.

use domain::{Digest, Lang, PlanId, Text};
use serde_json::{Value, json};

use crate::{
    args::Plans,
    endpoint::{Call, Endpoint, code},
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    screen::Screen,
    wire::{PlanPage, PlanRow, PlanView},
};

/// Reads a plan's id as typed.
pub(super) fn plan_id(text: &str) -> Result<PlanId, CliError> {
    PlanId::parse(text).map_err(|error| CliError::Argument {
        what: Text::new(format!("{error} (like plan_01ARZ3NDEKTSV4RRFFQ69G5FAV)"), format!("`{}` 不是计划编号", error.text)),
    })
}

/// Reads a plan and checks that its preview is the one that was hashed.
pub(super) fn fetch(endpoint: &Endpoint<'_>, plan: &PlanId, lang: Lang) -> Result<(PlanView, Value), CliError> {
    let call = Call::get(format!("/v1/plans/{plan}"), &[("lang", code(lang))]).in_lang(lang);
    let answer = endpoint.call(&call)?;
    let view: PlanView = endpoint.read(&answer)?;
    if Digest::of_bytes(view.preview_text.as_bytes()) != view.preview_hash {
        return Err(CliError::PreviewMismatch { plan: plan.to_string() });
    }
    Ok((view, answer))
}

/// Shows preview, approvals and standing; with `--json` on standard error, where it is read before a decision.
pub(super) fn present(screen: &mut Screen<'_>, plan: &PlanId, view: &PlanView) -> Result<(), CliError> {
    let lang = screen.lang;
    screen.present(&view.preview_text)?;
    let mut lines = Vec::new();
    for approval in &view.approvals {
        let at = approval.at.as_ref().map(ToString::to_string).unwrap_or_else(|| "?".to_owned());
        lines.push(Message::ApprovedBy { person: &approval.person, at: &at, channel: &approval.channel }.text());
    }
    if let Some(person) = &view.undo_requested_by {
        lines.push(Message::UndoRequestedBy { person }.text());
    }
    let reason = view.reason.as_ref().map(|r| r.in_lang(lang));
    lines.push(Message::PlanStands { plan: plan.as_str(), state: &view.state, reason }.text());
    lines.push(Message::DigestShown { digest: view.digest.as_str(), preview_hash: view.preview_hash.as_str() }.text());
    lines.iter().try_for_each(|text| screen.present(text.in_lang(lang)))
}

/// Every plan of a list, over its pages, as rows and as they came.
pub(super) fn all(endpoint: &Endpoint<'_>, state: Option<&str>, limit: usize) -> Result<(Vec<PlanRow>, Vec<Value>, bool), CliError> {
    let (mut rows, mut documents): (Vec<PlanRow>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut next: Option<String> = None;
    loop {
        let query: Vec<(&str, &str)> =
            [("state", state), ("next", next.as_deref())].into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let answer = endpoint.call(&Call::get("/v1/plans", &query))?;
        let page: PlanPage = endpoint.read(&answer)?;
        rows.extend(page.plans);
        documents.extend(answer.get("plans").and_then(Value::as_array).into_iter().flatten().cloned());
        let more = page.next.is_some() && page.next != next;
        if !more || rows.len() >= limit {
            let cut = more || rows.len() > limit;
            rows.truncate(limit);
            documents.truncate(limit);
            return Ok((rows, documents, cut));
        }
        next = page.next;
    }
}

/// `plans`.
pub(super) fn list(context: &mut Context<'_, '_>, args: &Plans) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let (rows, documents, more) = all(&endpoint, args.state.as_deref(), args.limit)?;
    table(&mut context.screen, &rows, &Message::NoPlans)?;
    if more {
        context.screen.note(&Message::MorePlans)?;
    }
    context.screen.document(&json!({"plans": documents, "more": more}))?;
    Ok(Exit::Ok)
}

/// A table of plans, or the message that there are none.
pub(super) fn table(screen: &mut Screen<'_>, rows: &[PlanRow], empty: &Message<'_>) -> Result<(), CliError> {
    if rows.is_empty() {
        return screen.say(empty);
    }
    let lang = screen.lang;
    let decisions = rows.iter().any(|r| r.may_decide.is_some());
    let mut header = vec![
        Message::ColumnPlan,
        Message::ColumnState,
        Message::ColumnOperation,
        Message::ColumnAccount,
        Message::ColumnTargets,
        Message::ColumnAuthors,
        Message::ColumnExpires,
    ];
    if decisions {
        header.push(Message::ColumnDecision);
    }
    let cells = |row: &PlanRow| {
        let mut cells = vec![
            row.id.clone(),
            match &row.reason {
                Some(reason) => format!("{} ({})", row.state, reason.in_lang(lang)),
                None => row.state.clone(),
            },
            row.operation.clone(),
            [row.account.as_str(), row.environment.as_str(), row.region.as_str()]
                .into_iter()
                .filter(|p| !p.is_empty())
                .collect::<Vec<_>>()
                .join("/"),
            row.targets.join(" "),
            row.authors.join(" "),
            row.expires_at.as_ref().map(ToString::to_string).unwrap_or_default(),
        ];
        if decisions {
            cells.push(match (row.may_decide, &row.why_not) {
                (Some(true), _) => Message::MayDecide.text().in_lang(lang).to_owned(),
                (_, Some(why)) => why.in_lang(lang).to_owned(),
                _ => "-".to_owned(),
            });
        }
        cells
    };
    screen.table(&header, rows.iter().map(cells).collect())
}

/// `plan`.
pub(super) fn show(context: &mut Context<'_, '_>, plan: &str) -> Result<Exit, CliError> {
    let plan = plan_id(plan)?;
    let endpoint = context.endpoint()?;
    let (view, answer) = fetch(&endpoint, &plan, endpoint.lang)?;
    if context.screen.json {
        context.screen.document(&answer)?;
    } else {
        present(&mut context.screen, &plan, &view)?;
    }
    Ok(Exit::Ok)
}

/// `approvals`.
pub(super) fn approvals(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::get("/v1/approvals", &[]))?;
    let page: PlanPage = endpoint.read(&answer)?;
    table(&mut context.screen, &page.plans, &Message::NoApprovals)?;
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}
