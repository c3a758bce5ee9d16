//! Proofs about the audit log, lists, accounts, messages and sessions.
//!
//! Entry: one function a sentence. Invariant: each ends with an error as soon as its sentence does not hold.

use std::collections::{BTreeMap, BTreeSet};

use audit::{Anchor, Chain, ChainFault, ChainVerifier, EventKind, FaultKind, StoredRecord};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Account, AccountId, Autonomy, Environment, PlanId, PlanState, SessionId, Talk, Text, wire::Notification};
use ledger::{Change, Head, LedgerError, PageRequest};
use tokio::task::JoinSet;

use crate::{
    Proof, holds,
    world::{World, person},
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The account whose audit row is overwritten, and the one whose chain is blocked.
const OVERWRITTEN: &str = "999999999991";
const BLOCKED: &str = "999999999992";

/// Walks a chain in small pages against its head.
async fn verify(world: &World, chain: &Chain) -> Result<std::result::Result<u64, ChainFault>> {
    let head = world.ledger.head(chain).await?.map(|Head { seq, hash, .. }| (seq, hash));
    let mut verifier = ChainVerifier::new(chain.clone(), &Anchor::genesis(chain));
    let mut after = 0;
    loop {
        let page = world.ledger.read_chain(chain, after, 7).await?;
        for record in &page.records {
            if let Err(fault) = verifier.push(record) {
                return Ok(Err(fault));
            }
        }
        match page.next_after {
            Some(next) => after = next,
            None => return Ok(verifier.finish(head.as_ref()).map(|report| report.records)),
        }
    }
}

async fn append(world: &World, account: &str, times: u32) -> Proof {
    for n in 0..times {
        let mut entry = world.hub_entry(EventKind::RequestReceived);
        entry.event = entry.event.in_account(AccountId::parse(account)?).fact("n", i64::from(n));
        world.ledger.append(&entry).await?;
    }
    Ok(())
}

pub(crate) async fn sixteen_writers_on_one_chain_neither_fork_nor_lose(world: &World) -> Proof {
    let account = world.account()?;
    let mut set = JoinSet::new();
    for writer in 0..16 {
        let (ledger, account, base) = (world.ledger.clone(), account.clone(), world.hub_entry(EventKind::RequestReceived));
        set.spawn(async move {
            for n in 0..8_i64 {
                let mut entry = base.clone();
                entry.event = entry.event.clone().in_account(account.clone()).fact("writer", i64::from(writer)).fact("n", n);
                ledger.append(&entry).await?;
            }
            Ok::<(), LedgerError>(())
        });
    }
    while let Some(writer) = set.join_next().await {
        writer??;
    }
    let chain = Chain::of_account(&account);
    let records = verify(world, &chain).await?.map_err(|f| f.to_string())?;
    holds!(records == 128, "{records} of 128 records");
    let page = world.ledger.read_chain(&chain, 0, 1000).await?;
    let distinct: BTreeSet<String> = page.records.iter().filter_map(|r| r.read().ok()).map(|r| format!("{:?}", r.event.detail)).collect();
    holds!(distinct.len() == 128, "{} distinct events", distinct.len());
    Ok(())
}

async fn overwrite(world: &World, record: &StoredRecord) -> Proof {
    world
        .client
        .put_item()
        .table_name(&world.tables.audit)
        .item("chain", AttributeValue::S(record.chain.to_string()))
        .item("seq", AttributeValue::N(record.seq.to_string()))
        .item("record", AttributeValue::S(record.record.clone()))
        .item("record_hash", AttributeValue::S(record.hash.to_string()))
        .send()
        .await?;
    Ok(())
}

pub(crate) async fn an_overwritten_audit_row_is_named(world: &World) -> Proof {
    append(world, OVERWRITTEN, 20).await?;
    let chain = Chain::parse(OVERWRITTEN)?;
    holds!(verify(world, &chain).await?.is_ok(), "the chain does not verify before");
    let page = world.ledger.read_chain(&chain, 12, 1).await?;
    let mut forged = page.records.first().ok_or("no record")?.read()?;
    forged.event = forged.event.fact("n", 999);
    overwrite(world, &forged.store()?).await?;
    let fault = verify(world, &chain).await?.err().ok_or("an overwritten row was not seen")?;
    holds!((fault.seq, fault.kind) == (13, FaultKind::Forked), "{fault}");
    Ok(())
}

pub(crate) async fn a_row_put_beyond_the_head_stops_the_chain(world: &World) -> Proof {
    append(world, BLOCKED, 3).await?;
    let chain = Chain::parse(BLOCKED)?;
    let page = world.ledger.read_chain(&chain, 2, 1).await?;
    let last = page.records.first().ok_or("no record")?;
    let mut beyond = last.clone();
    beyond.seq = 4;
    overwrite(world, &beyond).await?;
    let Err(error) = append(world, BLOCKED, 1).await else { return Err("a row beyond the head was overwritten".into()) };
    holds!(error.to_string().contains("audit 999999999992/4"), "{error}");
    let fault = verify(world, &chain).await?.err().ok_or("a row beyond the head was not seen")?;
    holds!(fault.seq == 4, "{fault}");
    Ok(())
}

pub(crate) async fn an_overwritten_plan_is_tampered(world: &World) -> Proof {
    let plan = world.plan(&world.account()?)?;
    world.propose(&plan, None).await?;
    let mut other = plan.clone();
    other.authors = vec![person("mallory")?];
    let text = String::from_utf8(domain::canonical_json(&other)?)?;
    world
        .client
        .update_item()
        .table_name(&world.tables.ledger)
        .key("pk", AttributeValue::S(format!("PLAN#{}", plan.id)))
        .key("sk", AttributeValue::S("META".into()))
        .update_expression("SET #plan = :text")
        .expression_attribute_names("#plan", "plan")
        .expression_attribute_values(":text", AttributeValue::S(text))
        .send()
        .await?;
    let read = world.ledger.plan(&plan.id).await;
    holds!(matches!(read, Err(LedgerError::Tampered { .. })), "{read:?}");
    // Out of the lists, so that it does not stand in the way of the other proofs.
    let gone = world.client.delete_item().table_name(&world.tables.ledger).key("pk", AttributeValue::S(format!("PLAN#{}", plan.id)));
    for sk in ["META", "LISTED"] {
        gone.clone().key("sk", AttributeValue::S(sk.into())).send().await?;
    }
    Ok(())
}

pub(crate) async fn lists_are_paged_to_their_end(world: &World) -> Proof {
    let ledger = &world.ledger;
    let account = world.account()?;
    let mut made = BTreeSet::new();
    for n in 0..23 {
        let plan = world.plan(&account)?;
        world.propose(&plan, None).await?;
        if n % 2 == 0 {
            let entry = world.entry(&plan, EventKind::Withdrawn)?;
            ledger.transition(&plan.id, 1, PlanState::Proposed, PlanState::Withdrawn, &Change::none(), &entry).await?;
        }
        made.insert(plan.id);
    }
    let mut recent: Vec<PlanId> = Vec::new();
    let mut pages = 0;
    let mut request = PageRequest::first(5);
    loop {
        let page = ledger.recent_plans(&request).await?;
        holds!(page.items.len() <= 5, "a page of {}", page.items.len());
        recent.extend(page.items.into_iter().map(|p| p.plan.id));
        pages += 1;
        match page.next {
            Some(next) => request = PageRequest::after(5, next),
            None => break,
        }
    }
    holds!(pages > 4 && made.iter().all(|id| recent.contains(id)), "{pages} pages, {} plans", recent.len());
    holds!(recent.is_sorted_by(|a, b| a > b), "not the newest first, or one of them twice");

    for (state, expected) in [(PlanState::Withdrawn, 12), (PlanState::Proposed, 11)] {
        let mut found = 0;
        let mut request = PageRequest::first(4);
        loop {
            let page = ledger.plans_by_state(state, &request).await?;
            holds!(page.items.iter().all(|p| p.state == state), "another state");
            found += page.items.iter().filter(|p| made.contains(&p.plan.id)).count();
            match page.next {
                Some(next) => request.next = Some(next),
                None => break,
            }
        }
        holds!(found == expected, "{found} of {expected} that are {}", state.as_str());
    }
    let mut open = 0;
    let mut request = PageRequest::first(3);
    loop {
        let page = ledger.open_plans(&request).await?;
        open += page.items.iter().filter(|p| made.contains(&p.plan.id)).count();
        match page.next {
            Some(next) => request.next = Some(next),
            None => break,
        }
    }
    holds!(open == 11, "{open} of 11 open plans");
    let bad = ledger.recent_plans(&PageRequest::after(5, "bm90IGEgdG9rZW4")).await;
    holds!(matches!(bad, Err(LedgerError::Malformed { .. })), "{bad:?}");
    Ok(())
}

fn account(n: u32, name: &str) -> Result<Account> {
    Ok(Account {
        id: AccountId::parse(&format!("3333{n:08}"))?,
        name: name.into(),
        environment: Environment::Dev,
        owner: "team".into(),
        regions: vec!["us-east-1".into()],
        tags: BTreeMap::new(),
        autonomy: Autonomy::Tiered,
    })
}

pub(crate) async fn accounts_are_registered_renamed_and_retired(world: &World) -> Proof {
    let ledger = &world.ledger;
    let entry = world.hub_entry(EventKind::AccountsRegistered);
    let mut all = (0..105).map(|n| account(n, &format!("team-{n}"))).collect::<Result<Vec<_>>>()?;
    let done = ledger.put_accounts(&all, &entry).await?;
    holds!(done.added.len() == 105, "{} added", done.added.len());
    holds!(ledger.accounts().await? == all, "the registry is not what was registered");
    let done = ledger.put_accounts(&all, &entry).await?;
    holds!(done.unchanged == 105 && done.added.is_empty() && done.changed.is_empty(), "registered twice: {done:?}");

    if let [first, second, ..] = all.as_mut_slice() {
        std::mem::swap(&mut first.name, &mut second.name);
        "renamed".clone_into(&mut first.name);
    }
    let done = ledger.put_accounts(&all, &entry).await?;
    holds!(done.changed == ["renamed", "team-0"], "{done:?}");
    let by = |name: &'static str| async move { ledger.account_by_name(name).await.map(|a| a.map(|a| a.id)) };
    holds!(by("team-0").await? == Some(account(1, "x")?.id) && by("renamed").await? == Some(account(0, "x")?.id), "names");
    holds!(by("team-1").await?.is_none() && by("Team-2").await?.is_none(), "an old or lookalike name finds an account");
    let taken = ledger.put_accounts(&[account(900, "team-5")?], &entry).await;
    holds!(matches!(taken, Err(LedgerError::Malformed { .. })), "{taken:?}");

    let id = account(5, "x")?.id;
    holds!(ledger.retire_account(&id, &world.hub_entry(EventKind::AccountRetired)).await?, "it was not there");
    holds!(!ledger.retire_account(&id, &world.hub_entry(EventKind::AccountRetired)).await?, "it was there twice");
    holds!(ledger.account_by_id(&id).await?.is_none() && by("team-5").await?.is_none(), "a retired account is found");
    holds!(ledger.accounts().await?.len() == 104, "a retired account is listed");
    let done = ledger.put_accounts(&[account(900, "team-5")?, account(5, "back-again")?], &entry).await?;
    holds!(done.added.len() == 2, "{done:?}");
    Ok(())
}

pub(crate) async fn messages_are_listed_until_they_are_sent(world: &World) -> Proof {
    let ledger = &world.ledger;
    let message = |n: u32| Notification {
        occasion: "plan.closed".into(),
        plan_id: None,
        digest: None,
        recipients: Vec::new(),
        subject: Text::new(format!("message {n}"), format!("消息 {n}")),
        body: Text::new("closed", "已关闭"),
        with_link: false,
    };
    let entry = world.hub_entry(EventKind::Expired).notify_all((0..5).map(message));
    ledger.append(&entry).await?;
    let page = ledger.unsent(&PageRequest::first(3)).await?;
    holds!(page.items.len() == 3 && page.next.is_some(), "{} of 3", page.items.len());
    let rest = ledger.unsent(&PageRequest::after(3, page.next.unwrap_or_default())).await?;
    let subjects: Vec<&str> = page.items.iter().chain(&rest.items).map(|m| m.notification.subject.en.as_str()).collect();
    holds!(subjects == ["message 0", "message 1", "message 2", "message 3", "message 4"], "{subjects:?}");
    let sent = world.hub_entry(EventKind::NotificationSent);
    for m in page.items.iter().chain(&rest.items) {
        holds!(ledger.mark_sent(&m.id, &sent).await?, "it was sent before");
        holds!(!ledger.mark_sent(&m.id, &sent).await?, "it was marked twice");
        holds!(ledger.message(&m.id).await?.is_some_and(|m| m.sent_at.is_some()), "it is not marked");
    }
    holds!(ledger.unsent(&PageRequest::first(3)).await?.items.is_empty(), "a message that was sent is listed");
    Ok(())
}

pub(crate) async fn sessions_and_task_tokens_come_and_go(world: &World) -> Proof {
    let ledger = &world.ledger;
    let (alice, id) = (person("alice")?, SessionId::generate(world.now, 1));
    ledger.put_session(&alice, &id, Some("dev"), world.now).await?;
    let session = ledger.session(&alice, &id, world.now).await?;
    holds!(session.as_ref().and_then(|s| s.account.as_deref()) == Some("dev"), "{session:?}");
    holds!(ledger.session(&person("bob")?, &id, world.now).await?.is_none(), "another's session");
    holds!(ledger.session(&alice, &id, world.now.plus_seconds(ledger::SESSION_TTL_SECONDS)).await?.is_none(), "a session that is over");

    let (before, spoken) = (Talk::default(), Talk { targets: vec!["i-0abc123def4567890".into()], ..Talk::default() });
    ledger.put_talk(&alice, &id, "request-1", (&before, &spoken), world.now).await?;
    holds!(ledger.talk(&alice, &id, "request-2", world.now).await? == spoken, "what was spoken of is lost");
    holds!(ledger.talk(&alice, &id, "request-1", world.now).await? == before, "a request that is repeated hears itself");
    holds!(ledger.talk(&person("bob")?, &id, "request-2", world.now).await? == before, "another's conversation");
    let later = world.now.plus_seconds(ledger::TALK_TTL_SECONDS);
    holds!(ledger.talk(&alice, &id, "request-2", later).await? == before, "a conversation that is over");

    let plan = world.plan(&world.account()?)?;
    let entry = world.entry(&plan, EventKind::ApprovalRequested)?;
    ledger.put_task_token(&plan.id, "Zmlyc3Q=", "execution-1", &entry).await?;
    let first = ledger.task_token(&plan.id).await?.ok_or("no token")?;
    ledger.put_task_token(&plan.id, "c2Vjb25k", "execution-2", &entry).await?;
    ledger.clear_task_token(&plan.id, &first).await?;
    let second = ledger.task_token(&plan.id).await?.ok_or("a later token was cleared with an earlier one")?;
    holds!(second.execution == "execution-2", "{second:?}");
    ledger.clear_task_token(&plan.id, &second).await?;
    holds!(ledger.task_token(&plan.id).await?.is_none(), "the token is still there");
    Ok(())
}

pub(crate) async fn every_chain_verifies_but_the_two_that_were_touched(world: &World) -> Proof {
    let heads = world.ledger.chains().await?;
    holds!(heads.len() > 8 && heads.iter().any(|h| h.chain == Chain::hub()), "{} chains", heads.len());
    for head in heads {
        let touched = [OVERWRITTEN, BLOCKED].contains(&head.chain.as_str());
        let verdict = verify(world, &head.chain).await?;
        holds!(verdict.is_err() == touched, "{}: {verdict:?}", head.chain);
        holds!(touched || verdict == Ok(head.seq), "{}: not as many records as its head says", head.chain);
    }
    Ok(())
}
