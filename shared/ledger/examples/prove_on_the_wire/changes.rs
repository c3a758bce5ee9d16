//! Proofs about plans: proposals, approvals, leases, effects, undo, the kill switch.
//!
//! Entry: one function a sentence. Invariant: each ends with an error as soon as its sentence does not hold.

use audit::EventKind;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Digest, PersonId, PlanState, wire::Purpose};
use ledger::{
    ApprovalOutcome, Belts, Change, Effect, EffectResult, EffectState, Execution, Intended, LeaseOutcome, LeaseRefused, LeaseTerms,
    LedgerError, PageRequest, Proposed, Release, RequestKey, StopScope, Stopped, TokenPurpose, TokenRecord, TokenRefusal, UndoRequested,
};
use tokio::task::JoinSet;

use crate::{
    Proof, holds,
    world::{World, person},
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub(crate) async fn a_request_delivered_five_times_makes_one_plan(world: &World) -> Proof {
    let account = world.account()?;
    let request = RequestKey { person: person("alice")?, request_id: "request-1".into() };
    let plans = (0..5).map(|_| world.plan(&account)).collect::<Result<Vec<_>>>()?;
    let outcomes = futures_of(plans.iter().map(|plan| world.propose(plan, Some(request.clone())))).await;
    let mut new = Vec::new();
    let mut already = Vec::new();
    for (plan, outcome) in plans.iter().zip(outcomes) {
        match outcome? {
            Proposed::New => new.push(plan.id.clone()),
            Proposed::Already(id) => already.push(id),
        }
    }
    holds!(new.len() == 1 && already.len() == 4, "{} new, {} served before", new.len(), already.len());
    holds!(already.iter().all(|id| new.contains(id)), "another plan was named");
    for plan in plans.iter().filter(|p| !new.contains(&p.id)) {
        holds!(world.ledger.plan(&plan.id).await?.is_none(), "a second plan is there");
        holds!(world.ledger.preview(&plan.id).await?.is_none(), "a second preview is there");
    }
    let head = world.ledger.head(&audit::Chain::of_account(&account)).await?.ok_or("no head")?;
    holds!(head.seq == 1, "{} records for one plan", head.seq);
    Ok(())
}

pub(crate) async fn an_approval_counts_once_and_a_code_is_used_up_with_it(world: &World) -> Proof {
    let ledger = &world.ledger;
    let plan = world.plan(&world.account()?)?;
    let stored = world.walked(&plan, &[PlanState::AwaitingApproval]).await?;
    let record = TokenRecord {
        hash: Digest::of_bytes(plan.id.as_str().as_bytes()),
        person: person("bob")?,
        plan: plan.id.clone(),
        digest: plan.digest()?,
        purpose: TokenPurpose::ConsoleCode,
        expires_at: world.now.plus_seconds(60),
        factor: None,
    };
    ledger.put_token(&record, &world.entry(&plan, EventKind::ConsoleCodeIssued)?).await?;
    holds!(ledger.token(&record.hash).await?.is_some_and(|t| t.record == record && t.used_at.is_none()), "the code did not read back");

    let entry = || world.entry(&plan, EventKind::ApprovalRecorded);
    let mut stolen = record.use_it();
    stolen.person = person("carol")?;
    let outcome = ledger.record_approval(&world.signed(&plan, "carol")?, stored.state, stored.version, &entry()?.redeeming(stolen)).await;
    holds!(matches!(outcome, Err(LedgerError::TokenRefused(TokenRefusal::OtherPerson))), "a stolen code: {outcome:?}");
    holds!(ledger.approvals(&plan.id).await?.is_empty(), "a refused approval is there");

    let bob = world.signed(&plan, "bob")?;
    let approve = || async {
        let entry = world.entry(&plan, EventKind::ApprovalRecorded)?.redeeming(record.use_it());
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(ledger.record_approval(&bob, stored.state, stored.version, &entry).await?)
    };
    let mut outcomes = Vec::new();
    for outcome in futures_of((0..4).map(|_| approve())).await {
        outcomes.push(outcome?);
    }
    let recorded = outcomes.iter().filter(|o| **o == ApprovalOutcome::Recorded).count();
    holds!(recorded == 1 && outcomes.len() == 4, "{outcomes:?}");
    holds!(ledger.token(&record.hash).await?.is_some_and(|t| t.used_at.is_some()), "the code was not used up");
    let again = ledger.consume_token(&record.use_it(), world.entry(&plan, EventKind::TokenRedeemed)?).await;
    holds!(matches!(again, Err(LedgerError::TokenRefused(TokenRefusal::Used))), "{again:?}");

    ledger.record_approval(&world.signed(&plan, "carol")?, stored.state, stored.version, &entry()?).await?;
    let people: Vec<String> = ledger.approvals(&plan.id).await?.into_iter().map(|a| a.approval.person.to_string()).collect();
    holds!(people == ["bob", "carol"], "{people:?}");
    let late = ledger.record_approval(&world.signed(&plan, "dave")?, PlanState::AwaitingApproval, stored.version + 1, &entry()?).await;
    holds!(matches!(late, Err(LedgerError::Conflict { .. })), "an approval for another version: {late:?}");
    Ok(())
}

fn terms(world: &World, owner: &str, approvals: Vec<PersonId>) -> LeaseTerms {
    LeaseTerms {
        purpose: Purpose::Execute,
        owner: owner.into(),
        until: world.now.plus_seconds(60),
        approvals,
        belts: Some(Belts { daily_cap: 2, cool_down_until: Some(world.now.plus_seconds(600)) }),
    }
}

pub(crate) async fn a_lease_is_refused_in_each_way(world: &World) -> Proof {
    let ledger = &world.ledger;
    let account = world.account()?;
    let plan = world.plan(&account)?;
    let stored = world.walked(&plan, &[PlanState::AwaitingApproval]).await?;
    ledger
        .record_approval(&world.signed(&plan, "bob")?, stored.state, stored.version, &world.entry(&plan, EventKind::ApprovalRecorded)?)
        .await?;
    let entry = world.entry(&plan, EventKind::Approved)?;
    ledger.transition(&plan.id, stored.version, stored.state, PlanState::Approved, &Change::none(), &entry).await?;
    let approved = world.stored(&plan).await?;
    let taking = world.entry(&plan, EventKind::LeaseTaken)?;
    let both = vec![person("bob")?, person("carol")?];
    let good = terms(world, "one", vec![person("bob")?]);

    let outcome = ledger.take_lease(&stored, &good, &taking).await?;
    holds!(matches!(outcome, LeaseOutcome::Refused(LeaseRefused::PlanMoved { .. })), "from a state before: {outcome:?}");
    let outcome = ledger.take_lease(&approved, &terms(world, "one", both), &taking).await?;
    let missing = LeaseRefused::ApprovalMissing { person: person("carol")? };
    holds!(outcome == LeaseOutcome::Refused(missing), "without an approval: {outcome:?}");
    for scope in StopScope::covering(&account, &plan.operation) {
        ledger.stop(&scope, &person("ada")?, "proof", &world.hub_entry(EventKind::StopSet)).await?;
        let active = ledger.active_stops_for(&account, &plan.operation).await?;
        holds!(active.len() == 1 && active.iter().all(|s| s.scope == scope), "{active:?}");
        let outcome = ledger.take_lease(&approved, &good, &taking).await?;
        holds!(outcome == LeaseOutcome::Refused(LeaseRefused::Killed { scope: scope.clone() }), "stopped: {outcome:?}");
        for who in ["ada", "bert"] {
            ledger.request_release(&scope, &person(who)?, world.hub_entry(EventKind::StopReleased)).await?;
        }
    }
    let head = ledger.head(&audit::Chain::of_account(&account)).await?;
    let outcome = ledger.take_lease(&approved, &good, &taking).await?;
    holds!(matches!(outcome, LeaseOutcome::Taken { version, takeover: false, .. } if version == approved.version + 1), "{outcome:?}");
    let seq = |h: Option<ledger::Head>| h.map_or(0, |h| h.seq);
    let after = ledger.head(&audit::Chain::of_account(&account)).await?;
    holds!(seq(after) == seq(head) + 1, "refusals left records");
    let outcome = ledger.take_lease(&approved, &good, &taking).await?;
    let held = LeaseRefused::HeldBy { owner: "one".into(), until: good.until };
    holds!(outcome == LeaseOutcome::Refused(held), "held: {outcome:?}");

    let mut same_targets = world.plan(&account)?;
    same_targets.targets.clone_from(&plan.targets);
    let resting = world.walked(&same_targets, &[PlanState::Approved]).await?;
    let alone = terms(world, "two", Vec::new());
    let outcome = ledger.take_lease(&resting, &alone, &taking).await?;
    let first = plan.targets.first().ok_or("no target")?;
    let cool = LeaseRefused::CoolDown { arn: first.arn.clone(), until: world.now.plus_seconds(600) };
    holds!(outcome == LeaseOutcome::Refused(cool), "resting: {outcome:?}");
    holds!(ledger.changes_today(&account, world.now).await? == 1, "a refused lease was counted");

    let second = world.walked(&world.plan(&account)?, &[PlanState::Approved]).await?;
    let outcome = ledger.take_lease(&second, &alone, &taking).await?;
    holds!(matches!(outcome, LeaseOutcome::Taken { .. }), "the second of two a day: {outcome:?}");
    let third = world.walked(&world.plan(&account)?, &[PlanState::Approved]).await?;
    let outcome = ledger.take_lease(&third, &alone, &taking).await?;
    holds!(outcome == LeaseOutcome::Refused(LeaseRefused::DailyCap { cap: 2 }), "the third of two a day: {outcome:?}");
    let rested = third.plan.targets.first().ok_or("no target")?;
    holds!(ledger.rests_until(&rested.arn).await?.is_none(), "a refused lease set a cool-down");
    Ok(())
}

pub(crate) async fn of_eight_executors_one_gets_the_lease_and_it_is_taken_over_only_when_it_is_over(world: &World) -> Proof {
    let ledger = &world.ledger;
    let plan = world.plan(&world.account()?)?;
    let approved = world.walked(&plan, &[PlanState::Approved]).await?;
    let mut set = JoinSet::new();
    for n in 0..8 {
        let (ledger, approved) = (ledger.clone(), approved.clone());
        let (terms, entry) = (terms(world, &format!("executor-{n}"), Vec::new()), world.entry(&plan, EventKind::LeaseTaken)?);
        set.spawn(async move { ledger.take_lease(&approved, &terms, &entry).await });
    }
    let mut taken = 0;
    while let Some(outcome) = set.join_next().await {
        match outcome?? {
            LeaseOutcome::Taken { .. } => taken += 1,
            LeaseOutcome::Refused(LeaseRefused::HeldBy { .. }) => {}
            LeaseOutcome::Refused(other) => return Err(format!("refused as {other:?}").into()),
        }
    }
    holds!(taken == 1, "{taken} executors hold the lease");
    let executing = world.stored(&plan).await?;
    holds!(executing.state == PlanState::Executing && executing.lease.is_some(), "{:?}", executing.state);

    let mut later = world.entry(&plan, EventKind::LeaseTaken)?;
    let next = LeaseTerms { until: world.now.plus_seconds(120), ..terms(world, "next", Vec::new()) };
    later.now = world.now.plus_seconds(59);
    let outcome = ledger.take_lease(&executing, &next, &later).await?;
    holds!(matches!(outcome, LeaseOutcome::Refused(LeaseRefused::HeldBy { .. })), "too early: {outcome:?}");
    later.now = world.now.plus_seconds(60);
    let outcome = ledger.take_lease(&executing, &next, &later).await?;
    holds!(matches!(outcome, LeaseOutcome::Taken { takeover: true, .. }), "the lease was over: {outcome:?}");
    let owner = executing.lease.as_ref().map(|l| l.owner.clone()).unwrap_or_default();
    let effect = Effect { plan: plan.id.clone(), target: 0, purpose: Purpose::Execute };
    let late = ledger.intend_effect(&effect, &owner, &world.entry(&plan, EventKind::EffectIntended)?).await;
    holds!(matches!(late, Err(LedgerError::Conflict { .. })), "an executor without lease may act: {late:?}");
    let now = world.stored(&plan).await?;
    let done = Change::none().held_by(owner);
    let end =
        ledger.transition(&plan.id, now.version, now.state, PlanState::Executed, &done, &world.entry(&plan, EventKind::Executed)?).await;
    holds!(matches!(end, Err(LedgerError::Conflict { .. })), "an executor without lease may close: {end:?}");
    Ok(())
}

pub(crate) async fn an_effect_is_intended_once(world: &World) -> Proof {
    let ledger = &world.ledger;
    let plan = world.plan(&world.account()?)?;
    let approved = world.walked(&plan, &[PlanState::Approved]).await?;
    ledger.take_lease(&approved, &terms(world, "one", Vec::new()), &world.entry(&plan, EventKind::LeaseTaken)?).await?;
    for target in 0..2 {
        let effect = Effect { plan: plan.id.clone(), target, purpose: Purpose::Execute };
        let entry = world.entry(&plan, EventKind::EffectIntended)?;
        let first = ledger.intend_effect(&effect, "one", &entry).await?;
        holds!(first == Intended::New, "{first:?}");
        let again = ledger.intend_effect(&effect, "one", &entry).await?;
        holds!(matches!(again, Intended::Already(ref r) if r.state == EffectState::Intended), "{again:?}");
        let result = |state| EffectResult { state, request_ids: vec!["r".into()], detail: domain::Facts::new() };
        let entry = world.entry(&plan, EventKind::EffectDone)?;
        ledger.finish_effect(&effect, &result(EffectState::Unknown), &entry).await?;
        ledger.finish_effect(&effect, &result(EffectState::Done), &entry).await?;
        ledger.finish_effect(&effect, &result(EffectState::Done), &entry).await?;
        let other = ledger.finish_effect(&effect, &result(EffectState::Failed), &entry).await;
        holds!(matches!(other, Err(LedgerError::Conflict { .. })), "{other:?}");
    }
    let effects = ledger.effects(&plan.id).await?;
    holds!(effects.len() == 2 && effects.iter().all(|e| e.state == EffectState::Done), "{effects:?}");
    let stored = world.stored(&plan).await?;
    let change = Change::none().held_by("one");
    ledger
        .transition(&plan.id, stored.version, stored.state, PlanState::Executed, &change, &world.entry(&plan, EventKind::Executed)?)
        .await?;
    holds!(world.stored(&plan).await?.lease.is_none(), "the lease outlived the execution");
    Ok(())
}

pub(crate) async fn an_undo_that_was_asked_for_is_listed_until_it_is_done(world: &World) -> Proof {
    let ledger = &world.ledger;
    let plan = world.plan(&world.account()?)?;
    let approved = world.walked(&plan, &[PlanState::Approved]).await?;
    ledger.take_lease(&approved, &terms(world, "one", Vec::new()), &world.entry(&plan, EventKind::LeaseTaken)?).await?;
    let asked = ledger.request_undo(&plan.id, &person("alice")?, &world.entry(&plan, EventKind::UndoRequested)?).await?;
    holds!(asked == UndoRequested::NotPossible(PlanState::Executing), "{asked:?}");
    for to in [PlanState::Executed, PlanState::Succeeded] {
        let now = world.stored(&plan).await?;
        ledger.transition(&plan.id, now.version, now.state, to, &Change::none(), &world.entry(&plan, EventKind::Verified)?).await?;
    }
    let listed = || async {
        let page = ledger.open_plans(&PageRequest::first(100)).await?;
        Ok::<_, LedgerError>(page.items.iter().any(|p| p.plan.id == plan.id))
    };
    holds!(!listed().await?, "a plan that succeeded is open");
    let entry = world.entry(&plan, EventKind::UndoRequested)?;
    let asked = ledger.request_undo(&plan.id, &person("alice")?, &entry).await?;
    holds!(matches!(asked, UndoRequested::Recorded(_)), "{asked:?}");
    let asked = ledger.request_undo(&plan.id, &person("bob")?, &entry).await?;
    holds!(asked == UndoRequested::Already(person("alice")?), "{asked:?}");
    holds!(listed().await?, "an undo that was asked for is not open");
    let undo = LeaseTerms { purpose: Purpose::Undo, ..terms(world, "undoer", Vec::new()) };
    let outcome = ledger.take_lease(&world.stored(&plan).await?, &undo, &world.entry(&plan, EventKind::UndoStarted)?).await?;
    holds!(matches!(outcome, LeaseOutcome::Taken { takeover: false, .. }), "{outcome:?}");
    holds!(listed().await?, "an undo in progress is not open");
    let now = world.stored(&plan).await?;
    ledger
        .transition(&plan.id, now.version, now.state, PlanState::Undone, &Change::none(), &world.entry(&plan, EventKind::Undone)?)
        .await?;
    holds!(!listed().await?, "a plan that is undone is open");
    let request = world
        .client
        .get_item()
        .table_name(&world.tables.ledger)
        .key("pk", AttributeValue::S(format!("PLAN#{}", plan.id)))
        .key("sk", AttributeValue::S("UNDO".into()))
        .send()
        .await?;
    holds!(request.item.is_some_and(|item| !item.contains_key("gsi1pk")), "the request stays in the index");
    Ok(())
}

pub(crate) async fn a_plan_changes_only_from_the_version_that_was_seen(world: &World) -> Proof {
    let ledger = &world.ledger;
    let plan = world.plan(&world.account()?)?;
    let stored = world.walked(&plan, &[PlanState::AwaitingApproval]).await?;
    let entry = world.entry(&plan, EventKind::Resumed)?;
    let execution = |attempt| Execution { name: format!("{}-execute-{attempt}", plan.id), attempt };
    ledger.set_execution(&stored, &execution(1), &entry).await?;
    let late = ledger.set_execution(&stored, &execution(2), &entry).await;
    holds!(matches!(late, Err(LedgerError::Conflict { .. })), "a workflow was replaced twice: {late:?}");
    let late = ledger.transition(&plan.id, stored.version, stored.state, PlanState::Rejected, &Change::none(), &entry).await;
    holds!(matches!(late, Err(LedgerError::Conflict { .. })), "decided on what was not seen: {late:?}");
    let now = world.stored(&plan).await?;
    holds!(now.version == stored.version + 1 && now.execution == Some(execution(1)), "{now:?}");
    Ok(())
}

pub(crate) async fn two_administrators_release_what_one_stopped(world: &World) -> Proof {
    let ledger = &world.ledger;
    let scope = StopScope::Account(world.account()?);
    let ask = |who: &'static str| ask_release(world, &scope, who);
    holds!(ask("ada").await? == Release::NotStopped, "nothing was stopped");
    let stop = || ask_stop(world, &scope);
    holds!(stop().await? == Stopped::New, "it was stopped before");
    holds!(ledger.stops().await?.iter().any(|s| s.scope == scope && s.reason == "smoke·"), "the stop is not listed");
    holds!(ask("bert").await? == Release::Waiting && ask("bert").await? == Release::Waiting, "one person released it");
    holds!(stop().await? == Stopped::Again, "it was not stopped");
    holds!(ask("cleo").await? == Release::Waiting, "an earlier request outlived a new stop");
    holds!(ask("bert").await? == Release::Released { first: person("cleo")? }, "two people did not release it");
    holds!(ask("bert").await? == Release::NotStopped, "it is still stopped");
    holds!(!ledger.stops().await?.iter().any(|s| s.scope == scope), "the stop is still listed");
    Ok(())
}

async fn ask_release(world: &World, scope: &StopScope, who: &str) -> Result<Release> {
    Ok(world.ledger.request_release(scope, &person(who)?, world.hub_entry(EventKind::StopReleased)).await?)
}

async fn ask_stop(world: &World, scope: &StopScope) -> Result<Stopped> {
    Ok(world.ledger.stop(scope, &person("ada")?, "smoke\u{202e}", &world.hub_entry(EventKind::StopSet)).await?)
}

/// Runs futures side by side on this task and gives their results in order.
async fn futures_of<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|context| {
        let mut left = false;
        for (future, result) in waiting.iter_mut().filter(|(_, result)| result.is_none()) {
            match future.as_mut().poll(context) {
                std::task::Poll::Ready(value) => *result = Some(value),
                std::task::Poll::Pending => left = true,
            }
        }
        if left { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    waiting.into_iter().filter_map(|(_, result)| result).collect()
}
