//! `audit verify` against the endpoint.
//!
//! Entry: one function a command. Invariant: nothing the endpoint says about its log is believed without the
//! records: hashes are computed here, against the head stated before reading, the head stated after, and the
//! head that was verified last time on this machine.

use std::collections::BTreeMap;

use audit::{Anchor, Chain, ChainFault, ChainReport, ChainVerifier, FaultKind, StoredRecord};
use domain::{Digest, Lang, Text, text::defang};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::{
    endpoint::{Call, Endpoint},
    error::{CliError, Exit},
    http::encode,
    messages::Message,
    run::Context,
    store::Pin,
    surroundings::now,
    wire::{ChainHead, ChainList, RecordPage, RecordRow},
};

/// Records asked for at once.
const PAGE: &str = "200";

/// `audit verify`.
pub(super) fn verify(context: &mut Context<'_, '_>, only: Option<&str>, reset_pins: bool) -> Result<Exit, CliError> {
    let only = only.map(chain_name).transpose()?;
    let endpoint = context.endpoint()?;
    let mut pins = context.store.pins(&endpoint.base)?;
    if reset_pins {
        pins.chains.retain(|chain, _| only.as_ref().is_some_and(|o| o.as_str() != chain));
        context.store.save_pins(&pins)?;
        context.screen.note(&Message::PinsReset)?;
    }
    let wanted = |chain: &str| only.as_ref().is_none_or(|o| o.as_str() == chain);
    let before = heads(&endpoint)?;
    let spinner = context.screen.spinner();
    let mut read: Vec<(String, Result<Walk, CliError>)> = Vec::new();
    for head in before.values().filter(|h| wanted(&h.chain)) {
        read.push((head.chain.clone(), walk(&endpoint, head, pins.chains.get(&head.chain), &spinner, context.screen.lang)));
    }
    spinner.finish_and_clear();
    // A chain that was verified here once does not go away.
    for (chain, pin) in pins.chains.iter().filter(|(chain, _)| wanted(chain) && !before.contains_key(*chain)) {
        read.push((chain.clone(), Err(gone(chain, pin, 0))));
    }
    if let (Some(only), true) = (&only, read.is_empty()) {
        return Err(CliError::Argument { what: Text::new(format!("there is no chain `{only}`"), format!("没有链 `{only}`")) });
    }
    let after = heads(&endpoint)?;
    let mut verdicts = Vec::new();
    for (chain, walked) in read {
        let verdict = walked.and_then(|walk| ends_within(&walk, after.get(&chain)).map(|()| walk));
        // An endpoint that does not answer is no fault of the log.
        if let Err(error) = &verdict
            && error.exit() != Exit::AuditFault
        {
            return verdict.map(|_| Exit::Ok);
        }
        verdicts.push((chain, verdict));
    }
    for walk in verdicts.iter().filter_map(|(_, verdict)| verdict.as_ref().ok()) {
        let pin = Pin { seq: walk.report.last_seq, head: walk.report.last_hash.to_string(), verified_at: now() };
        pins.chains.insert(walk.report.chain.to_string(), pin);
    }
    context.store.save_pins(&pins)?;
    tell(context, &verdicts)
}

fn tell(context: &mut Context<'_, '_>, verdicts: &[(String, Result<Walk, CliError>)]) -> Result<Exit, CliError> {
    let lang = context.screen.lang;
    let (mut records, mut sound, mut documents) = (0_u64, true, Vec::new());
    for (chain, verdict) in verdicts {
        match verdict {
            Ok(Walk { report, pinned, .. }) => {
                records = records.saturating_add(report.records);
                let head = report.last_hash.as_str();
                context.screen.say(&Message::ChainSound { chain, records: report.records, head, since: *pinned })?;
                documents.push(json!({"chain": chain, "sound": true, "records": report.records, "seq": report.last_seq, "head": head}));
            }
            Err(error) => {
                sound = false;
                if !context.screen.json {
                    context.screen.complain(&error.line(lang))?;
                }
                documents.push(json!({"chain": chain, "sound": false, "fault": error.text().in_lang(lang), "at": fault_seq(error)}));
            }
        }
    }
    context.screen.document(&json!({"sound": sound, "records": records, "chains": documents}))?;
    match (sound, verdicts.len()) {
        (true, 0) => context.screen.say(&Message::NoChains)?,
        (true, chains) => context.screen.say(&Message::AllSound { chains, records })?,
        _ => {}
    }
    Ok(if sound { Exit::Ok } else { Exit::AuditFault })
}

/// One chain as it was read.
#[derive(Debug)]
struct Walk {
    report: ChainReport,
    /// The record verified last time, where there is one.
    pinned: Option<u64>,
}

fn walk(endpoint: &Endpoint<'_>, head: &ChainHead, pin: Option<&Pin>, spinner: &ProgressBar, lang: Lang) -> Result<Walk, CliError> {
    let chain = Chain::parse(&head.chain).map_err(|error| CliError::AuditFault {
        seq: 0,
        why: Text::new(error.to_string(), format!("`{}` 不是链名", defang(&head.chain, 40))),
    })?;
    let stated = Digest::parse(&head.head).map_err(|_| no_digest(&chain, head.seq, &head.head))?;
    let mut verifier = ChainVerifier::new(chain.clone(), &Anchor::genesis(&chain));
    let (mut last, mut at_head, mut at_pin) = (0_u64, None, None);
    each_record(endpoint, chain.as_str(), |row| {
        let record = stored(&chain, last, row)?;
        verifier.push(&record).map_err(fault)?;
        last = record.seq;
        if last == head.seq {
            at_head = Some(record.hash.clone());
        }
        if pin.is_some_and(|pin| pin.seq == last) {
            at_pin = Some(record.hash.clone());
        }
        if last.is_multiple_of(50) {
            let message = Message::Verifying { chain: chain.as_str(), seq: last, of: head.seq }.text();
            spinner.set_message(message.in_lang(lang).to_owned());
        }
        Ok(())
    })?;
    // The log may have grown since its head was stated; then the record under that number must be the one stated.
    let grown = last > head.seq;
    let report = verifier.finish((!grown).then_some(&(head.seq, stated.clone()))).map_err(fault)?;
    if grown && at_head.as_ref().is_some_and(|found| *found != stated) {
        let found = at_head.map(|d| d.to_string()).unwrap_or_default();
        return Err(fault(ChainFault { chain, seq: head.seq, kind: FaultKind::Forked, expected: stated.to_string(), found }));
    }
    if let Some(pin) = pin.filter(|pin| pin.seq > 0) {
        match at_pin {
            None => return Err(gone(chain.as_str(), pin, last)),
            Some(found) if found.as_str() != pin.head => return Err(rewritten(chain.as_str(), pin, &found)),
            Some(_) => {}
        }
    }
    Ok(Walk { report, pinned: pin.map(|p| p.seq).filter(|seq| *seq > 0) })
}

/// Nothing may have been read that the head stated afterwards does not cover.
fn ends_within(walk: &Walk, after: Option<&ChainHead>) -> Result<(), CliError> {
    let ChainReport { chain, last_seq, last_hash, .. } = &walk.report;
    let head = after.map_or((0, ""), |h| (h.seq, h.head.as_str()));
    if head.0 < *last_seq {
        let (expected, found) = (format!("records up to {}", head.0), format!("records up to {last_seq}"));
        return Err(fault(ChainFault { chain: chain.clone(), seq: head.0.saturating_add(1), kind: FaultKind::Inserted, expected, found }));
    }
    if head.0 == *last_seq && head.1 != last_hash.as_str() {
        let (expected, found) = (head.1.chars().take(80).collect(), last_hash.to_string());
        return Err(fault(ChainFault { chain: chain.clone(), seq: *last_seq, kind: FaultKind::Forked, expected, found }));
    }
    Ok(())
}

pub(super) fn heads(endpoint: &Endpoint<'_>) -> Result<BTreeMap<String, ChainHead>, CliError> {
    let answer = endpoint.call(&Call::get("/v1/audit/chains", &[]))?;
    let list: ChainList = endpoint.read(&answer)?;
    Ok(list.chains.into_iter().map(|head| (head.chain.clone(), head)).collect())
}

/// Every record of a chain, over its pages.
pub(super) fn each_record(
    endpoint: &Endpoint<'_>,
    chain: &str,
    mut act: impl FnMut(RecordRow) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut after = 0_u64;
    loop {
        let from = after.to_string();
        let call = Call::get(format!("/v1/audit/chains/{}", encode(chain)), &[("after", &from), ("limit", PAGE)]);
        let page: RecordPage = endpoint.read(&endpoint.call(&call)?)?;
        page.records.into_iter().try_for_each(&mut act)?;
        match page.next_after {
            Some(next) if next > after => after = next,
            _ => return Ok(()),
        }
    }
}

/// A record under the number that the endpoint, or else its own content, gives it.
pub(super) fn stored(chain: &Chain, last: u64, row: RecordRow) -> Result<StoredRecord, CliError> {
    let own = || serde_json::from_str::<Value>(&row.record).ok()?.get("seq")?.as_u64();
    let seq = row.seq.or_else(own).unwrap_or(last.saturating_add(1));
    let hash = Digest::parse(&row.hash).map_err(|_| no_digest(chain, seq, &row.hash))?;
    Ok(StoredRecord { chain: chain.clone(), seq, record: row.record, hash })
}

fn no_digest(chain: &Chain, seq: u64, found: &str) -> CliError {
    let found = found.chars().take(80).collect();
    fault(ChainFault { chain: chain.clone(), seq, kind: FaultKind::Unreadable, expected: "SHA-256".into(), found })
}

fn fault(fault: ChainFault) -> CliError {
    CliError::AuditFault { seq: fault.seq, why: fault.text() }
}

fn fault_seq(error: &CliError) -> Option<u64> {
    match error {
        CliError::AuditFault { seq, .. } => Some(*seq),
        _ => None,
    }
}

fn gone(chain: &str, pin: &Pin, last: u64) -> CliError {
    let (seq, at) = (pin.seq, pin.verified_at.to_rfc3339());
    let why = Text::new(
        format!("audit chain {chain} was cut: record {seq}, verified here at {at}, is gone; the chain now ends at record {last}"),
        format!("审计链 {chain} 被截断：{at} 在本机验证过的第 {seq} 条记录已不存在；链现在止于第 {last} 条"),
    );
    CliError::AuditFault { seq: last.saturating_add(1), why }
}

fn rewritten(chain: &str, pin: &Pin, found: &Digest) -> CliError {
    let (seq, at, head) = (pin.seq, pin.verified_at.to_rfc3339(), &pin.head);
    let why = Text::new(
        format!("the history of audit chain {chain} was rewritten: record {seq} had hash {head} at {at} and has {found} now"),
        format!("审计链 {chain} 的历史被改写：第 {seq} 条记录在 {at} 的哈希为 {head}，现为 {found}"),
    );
    CliError::AuditFault { seq, why }
}

pub(super) fn chain_name(text: &str) -> Result<Chain, CliError> {
    Chain::parse(text).map_err(|error| CliError::Argument {
        what: Text::new(error.to_string(), format!("`{}` 不是链名（`hub` 或 12 位账户号）", text.chars().take(32).collect::<String>())),
    })
}
