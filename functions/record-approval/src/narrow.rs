//! A narrower plan in the place of one that waits. Entry point: [`Door::narrow`].
//!
//! Invariants: nothing is added, only targets are left out; the new plan has its own id and digest and takes no approval over; whoever
//! narrows it cannot approve it; the wider plan is closed first, so that never both can run.

use audit::{AuditEvent, EventKind};
use authority::notices;
use domain::{
    Digest, EpochMs, Plan, PlanId, PlanState, Preview, PreviewNote, Reason, Role, Text, Verdict, WireError,
    preview::NoteLevel,
    wire::{ChangeInput, Purpose},
};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Change, Entry, Execution, NewPlan};
use serde::Deserialize;

use crate::decide::not_waiting;
use crate::door::{Door, signed_in, wrong_digest};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NarrowBody {
    pub(crate) digest: Digest,
    /// Ids or ARNs of the targets that stay.
    pub(crate) targets: Vec<String>,
}

impl Door {
    /// `POST /v1/plans/{id}/narrow`.
    pub(crate) async fn narrow(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let body: NarrowBody = call.json()?;
        let stored = self.plan_of(call).await?;
        let roles = self.authority.demand_here(&person, &stored.plan, &[Role::Approver, Role::Operator]).await?;
        if stored.digest != body.digest {
            return Err(wrong_digest(&stored));
        }
        if stored.state != PlanState::AwaitingApproval || now >= stored.plan.expires_at {
            return Err(not_waiting(&stored));
        }
        let keep = kept(&stored.plan, &body.targets)?;
        let preview = self.ledger.preview(&stored.plan.id).await.map_err(|e| e.wire())?;
        let preview = preview.ok_or_else(|| authority::no_such_plan(stored.plan.id.as_str()))?;
        let mut plan = Plan {
            id: PlanId::generate(now, lambda_shell::entropy()?),
            targets: stored.plan.targets.iter().zip(&keep).filter(|(_, kept)| **kept).map(|(target, _)| target.clone()).collect(),
            policy_version: self.judge.standing(&person).await?.policy_version,
            created_at: now,
            ..stored.plan.clone()
        };
        plan.narrowed_by.push(person.clone());
        plan.narrowed_by.sort();
        plan.narrowed_by.dedup();
        let digest = plan.digest().map_err(|e| {
            WireError::new(
                "Plan.Malformed",
                Text::new(format!("The plan cannot be written down exactly: {e}"), format!("无法精确写出计划：{e}")),
            )
        })?;
        let judgement = self.judge.judge(&plan, &digest, Purpose::Execute).await?;
        let state = if matches!(judgement.verdict, Verdict::Deny { .. }) { PlanState::Denied } else { PlanState::Proposed };
        let preview = narrowed(preview, &stored.plan.id, plan, digest, &keep, judgement.verdict.summary());

        let text = Text::new(
            format!("Narrowed by {person}: plan {} stands in its place.", preview.plan.id),
            format!("{person} 已缩小范围，由计划 {} 取代。", preview.plan.id),
        );
        let reason = Reason { rule: "person.narrowed".to_owned(), text: text.clone() };
        let event = AuditEvent::new(EventKind::Withdrawn, signed_in(call, person.clone(), roles.clone()))
            .about(&stored.plan, &stored.digest)
            .fact("narrowed_to", preview.plan.id.as_str());
        let entry = Entry::new(event, now).notify(notices::closed(&stored.plan, &stored.digest, PlanState::Withdrawn, Some(&reason)));
        self.ledger
            .transition(&stored.plan.id, stored.version, stored.state, PlanState::Withdrawn, &Change::because(reason), &entry)
            .await
            .map_err(|e| e.wire())?;
        let rules: Vec<String> = judgement.verdict.reasons().iter().map(|r| r.rule.clone()).collect();
        let event = AuditEvent::new(EventKind::PlanProposed, signed_in(call, person, roles))
            .about(&preview.plan, &preview.digest)
            .shown(preview.shown_hash(call.reader()))
            .because(rules)
            .fact("operation", preview.plan.operation.as_str())
            .fact("narrowed_from", stored.plan.id.as_str());
        let reason = (state == PlanState::Denied).then(|| judgement.verdict.reasons().first().cloned()).flatten();
        let new = NewPlan { plan: &preview.plan, preview: &preview, state, lang: stored.lang, reason, request: None };
        self.ledger.propose(&new, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        self.wake(&stored.plan.id).await?;
        if state == PlanState::Proposed {
            self.start_narrowed(&preview).await;
        }
        Ok(HttpAnswer::json(&serde_json::json!({
            "plan_id": preview.plan.id, "digest": preview.digest, "state": state.as_str(), "narrowed_from": stored.plan.id,
            "message": text.in_lang(call.reader())
        })))
    }

    /// A start that fails is made up for by resume-plans, as that of any plan.
    async fn start_narrowed(&self, preview: &Preview) {
        let id = &preview.plan.id;
        let input = ChangeInput { plan_id: id.clone(), digest: preview.digest.clone(), purpose: Purpose::Execute };
        let execution = Execution { name: Purpose::Execute.execution_name(id, 1), attempt: 1 };
        if let Err(error) = self.start(&input, &execution).await {
            tracing::warn!(error.name = %error.name, plan = %id, "the workflow of a narrowed plan could not be started; the sweep does");
        }
    }
}

/// Which targets of a plan stay; at least one does and at least one goes.
fn kept(plan: &Plan, wanted: &[String]) -> Result<Vec<bool>, WireError> {
    let refused = |en: String, zh: String| Err(WireError::new("Plan.NarrowRefused", Text::new(en, zh)));
    let is = |target: &domain::PlannedTarget, name: &String| target.id == *name || target.arn == *name;
    if let Some(unknown) = wanted.iter().find(|name| !plan.targets.iter().any(|target| is(target, name))) {
        let unknown = domain::text::inert(unknown, 120);
        return refused(
            format!("`{unknown}` is no target of plan {}: narrowing only leaves out. Nothing was changed.", plan.id),
            format!("`{unknown}` 不是计划 {} 的目标；缩小范围只能去掉目标。没有更改任何内容。", plan.id),
        );
    }
    let keep: Vec<bool> = plan.targets.iter().map(|target| wanted.iter().any(|name| is(target, name))).collect();
    if keep.iter().all(|kept| *kept) || !keep.contains(&true) {
        return refused(
            format!("A narrower plan keeps some of the {} targets of plan {}, and not all.", keep.len(), plan.id),
            format!("缩小范围须保留计划 {} 的 {} 个目标中的一部分，且不能是全部。", plan.id, keep.len()),
        );
    }
    Ok(keep)
}

fn narrowed(wide: Preview, from: &PlanId, plan: Plan, digest: Digest, keep: &[bool], verdict: Text) -> Preview {
    let targets = wide.targets.into_iter().zip(keep).filter(|(_, kept)| **kept).map(|(target, _)| target).collect();
    let mut notes = wide.notes;
    notes.push(PreviewNote {
        level: NoteLevel::Info,
        code: "plan.narrowed".to_owned(),
        text: Text::new(
            format!("narrowed from plan {from}; what is said of the whole was seen for that one"),
            format!("由计划 {from} 缩小而来；整体性说明针对原计划"),
        ),
    });
    Preview {
        post_conditions: domain::preview::post_conditions(&plan),
        plan,
        digest,
        summary: wide.summary,
        targets,
        verdict,
        rollback: wide.rollback,
        // A part of a sum is not known from the sum.
        monthly_cost_cents: None,
        notes,
        observed_at: wide.observed_at,
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Environment, OperationId, Params, PersonId, PlannedTarget, Risk, TargetPreview, Undo, plan::PLAN_SCHEMA};

    use super::*;

    fn plan(targets: &[&str]) -> Plan {
        let target = |id: &&str| PlannedTarget {
            id: (*id).to_owned(),
            arn: format!("arn:{id}"),
            before: Default::default(),
            after: [("state".to_owned(), "stopped".into())].into(),
            restores: Default::default(),
        };
        Plan {
            schema: PLAN_SCHEMA,
            id: PlanId::generate(EpochMs(1), 1),
            account: AccountId::parse("333333333333").unwrap(),
            account_name: "prod".into(),
            environment: Environment::Prod,
            region: "us-east-1".into(),
            operation: OperationId::parse("ec2.stop_instances").unwrap(),
            risk: Risk::R2,
            params: Params::new(),
            targets: targets.iter().map(target).collect(),
            undo: Undo::Restores,
            authors: vec![PersonId::parse("alice").unwrap()],
            narrowed_by: Vec::new(),
            incident: None,
            policy_version: "v".into(),
            created_at: EpochMs(1),
            expires_at: EpochMs(2),
        }
    }

    #[test]
    fn only_targets_of_the_plan_stay_and_never_all_or_none() {
        let wide = plan(&["i-1", "i-2", "i-3"]);
        let keep = |names: &[&str]| kept(&wide, &names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(keep(&["i-1", "arn:i-3"]).unwrap(), [true, false, true]);
        assert_eq!(keep(&["i-2", "i-2"]).unwrap(), [false, true, false]);
        for bad in [&[][..], &["i-4"], &["i-1", "i-4"], &["i-1", "i-2", "i-3"]] {
            assert_eq!(keep(bad).unwrap_err().name, "Plan.NarrowRefused", "{bad:?}");
        }
    }

    #[test]
    fn the_preview_shows_what_is_left_and_where_it_comes_from() {
        let (wide, narrow) = (plan(&["i-1", "i-2"]), plan(&["i-2"]));
        let shown = |arn: &str| TargetPreview {
            arn: arn.to_owned(),
            name: None,
            tags: Vec::new(),
            owner: None,
            managed_by: None,
            changes: Vec::new(),
            facts: Default::default(),
            notes: Vec::new(),
        };
        let preview = Preview {
            digest: wide.digest().unwrap(),
            summary: Text::new("s", "s"),
            targets: vec![shown("arn:i-1"), shown("arn:i-2")],
            verdict: Text::new("v", "v"),
            rollback: Text::new("r", "r"),
            post_conditions: domain::preview::post_conditions(&wide),
            monthly_cost_cents: Some(-300),
            notes: Vec::new(),
            observed_at: EpochMs(1),
            plan: wide.clone(),
        };
        let digest = narrow.digest().unwrap();
        let after = narrowed(preview, &wide.id, narrow, digest, &[false, true], Text::new("w", "w"));
        let text = after.render(domain::Lang::En);
        assert!(text.contains("arn:i-2") && !text.contains("i-1"), "{text}");
        assert!(text.contains(&format!("narrowed from plan {}", wide.id)) && text.contains("unknown"), "{text}");
    }
}
