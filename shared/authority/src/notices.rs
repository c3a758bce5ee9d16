//! Messages to people about a plan, in both languages.
//!
//! Invariant: they name the plan and its digest, and carry no authority: a link in them needs its reader to sign in.

use domain::{Digest, EpochMs, PersonId, Plan, PlanState, Reason, Text, wire::Notification};

fn targets(plan: &Plan) -> String {
    let mut ids: Vec<&str> = plan.targets.iter().map(|t| t.id.as_str()).take(5).collect();
    if plan.targets.len() > ids.len() {
        ids.push("…");
    }
    domain::text::inert(&ids.join(", "), 200)
}

/// Asks approvers to decide.
#[must_use]
pub fn approval_requested(plan: &Plan, digest: &Digest, approvers: Vec<PersonId>) -> Notification {
    let what = format!("{} {} @ {}", plan.operation, targets(plan), plan.account_name);
    let authors: Vec<&str> = plan.authors.iter().map(PersonId::as_str).collect();
    let authors = authors.join(", ");
    Notification {
        occasion: "approval.requested".to_owned(),
        plan_id: Some(plan.id.clone()),
        digest: Some(digest.clone()),
        recipients: approvers,
        subject: Text::new(format!("Approval needed: {what}"), format!("待审批：{what}")),
        body: Text::new(
            format!("{authors} asks for {what}. Plan {}, digest {}, good until {}.", plan.id, digest.short(), plan.expires_at.to_rfc3339()),
            format!("{authors} 请求 {what}。计划 {}，摘要 {}，有效期至 {}。", plan.id, digest.short(), plan.expires_at.to_rfc3339()),
        ),
        with_link: true,
    }
}

/// Tells the authors that nobody's approval is missing any more, and what is.
#[must_use]
pub fn waits(plan: &Plan, digest: &Digest, until: Option<EpochMs>, reasons: &[Reason]) -> Notification {
    let why = |zh: bool| reasons.iter().map(|r| if zh { r.text.zh.as_str() } else { r.text.en.as_str() }).collect::<Vec<_>>().join("; ");

    let what = format!("{} {} @ {}", plan.operation, targets(plan), plan.account_name);
    let (en, zh) = until.map(|t| (format!(" until {}", t.to_rfc3339()), format!("至 {}", t.to_rfc3339()))).unwrap_or_default();
    Notification {
        occasion: "plan.waits".to_owned(),
        plan_id: Some(plan.id.clone()),
        digest: Some(digest.clone()),
        recipients: plan.authors.clone(),
        subject: Text::new(format!("Waits: {what}"), format!("等待中：{what}")),
        body: Text::new(
            format!("Plan {} waits{en}: {}. Withdraw it to take it back.", plan.id, why(false)),
            format!("计划 {} 等待{zh}：{}。如需取消请撤回。", plan.id, why(true)),
        ),
        with_link: false,
    }
}

/// Tells the authors how their plan ended.
#[must_use]
pub fn closed(plan: &Plan, digest: &Digest, state: PlanState, reason: Option<&Reason>) -> Notification {
    let what = format!("{} {} @ {}", plan.operation, targets(plan), plan.account_name);
    let (why_en, why_zh) = reason
        .map(|r| (format!(": {}", r.text.en.trim_end_matches('.')), format!("：{}", r.text.zh.trim_end_matches('。'))))
        .unwrap_or_default();
    Notification {
        occasion: "plan.closed".to_owned(),
        plan_id: Some(plan.id.clone()),
        digest: Some(digest.clone()),
        recipients: plan.authors.clone(),
        subject: Text::new(format!("{}: {what}", state.as_str()), format!("{}：{what}", state_zh(state))),
        body: Text::new(
            format!("Plan {} is {}{why_en}.", plan.id, state.as_str()),
            format!("计划 {} 的状态：{}{why_zh}。", plan.id, state_zh(state)),
        ),
        with_link: false,
    }
}

/// Pages people: the fleet stands still and a person has to look.
#[must_use]
pub fn paged(plan: &Plan, digest: &Digest, text: Text) -> Notification {
    Notification {
        occasion: "plan.paged".to_owned(),
        plan_id: Some(plan.id.clone()),
        digest: Some(digest.clone()),
        recipients: Vec::new(),
        subject: Text::new(
            format!("A person is needed: {} @ {}", plan.operation, plan.account_name),
            format!("需要人工处理：{} @ {}", plan.operation, plan.account_name),
        ),
        body: text,
        with_link: false,
    }
}

/// A state in Chinese.
#[must_use]
pub fn state_zh(state: PlanState) -> &'static str {
    match state {
        PlanState::Preview => "仅预览",
        PlanState::Proposed => "已提出",
        PlanState::AwaitingApproval => "等待审批",
        PlanState::Approved => "已批准",
        PlanState::Executing => "执行中",
        PlanState::Executed => "已执行，待验证",
        PlanState::Succeeded => "成功",
        PlanState::Undoing => "回滚中",
        PlanState::Undone => "已回滚",
        PlanState::Rejected => "已拒绝",
        PlanState::Expired => "已过期",
        PlanState::Withdrawn => "已撤回",
        PlanState::Denied => "规则不允许",
        PlanState::Drifted => "资源已变化，计划作废",
        PlanState::Killed => "被紧急停止",
        PlanState::Failed => "失败",
        PlanState::Unknown => "结果未知，需人工确认",
        PlanState::UndoFailed => "回滚失败，需人工处理",
    }
}
