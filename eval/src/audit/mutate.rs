//! What an attacker may do to an export. Entry function: [`mutate`].
//!
//! Invariant: the place that must be named is found by comparing the files, not by what the mutation meant to do: the
//! first line of a chain, or the first seal, that is not what it was.

use std::{borrow::Cow, sync::Arc};

use anyhow::{Context as _, Result};
use audit::{Chain, MemoryExport, Seal, export::SEALS, seal::message};
use domain::Digest;
use serde_json::Value;

use super::log::{Dice, Log, Signer, seal_again};

/// The eight kinds.
pub(crate) const KINDS: [&str; 8] = ["flip", "delete", "insert", "reorder", "truncate", "fork", "replay", "re-sign"];

/// A changed export and the place at which it differs first.
pub(crate) struct Mutated {
    pub(crate) export: MemoryExport,
    pub(crate) place: String,
    pub(crate) line: u64,
}

type Lines<'f> = Vec<Cow<'f, [u8]>>;

/// Changes a log in one of the eight ways, somewhere that a seal covers. `None` where the dice changed nothing.
pub(crate) fn mutate(log: &Log, kind: &str, dice: &mut Dice, stranger: &Signer) -> Result<Option<Mutated>> {
    let mut export = log.export.clone();
    if kind == "re-sign" {
        sign_again(log, &mut export, dice, stranger)?;
    } else if dice.below(5) == 0 && kind != "insert" {
        change_seals(&mut export, kind, dice)?;
    } else {
        let (chain, sealed) = pick(log, dice)?;
        let file = export.chains.get_mut(&chain).context("no such chain")?;
        *file = Arc::new(change_chain(file, kind, sealed, dice));
    }
    Ok(first_difference(&log.export, &export).map(|(place, line)| Mutated { export, place, line }))
}

/// A chain, more often one with more records.
fn pick(log: &Log, dice: &mut Dice) -> Result<(Chain, usize)> {
    let mut at = dice.below(log.sealed.iter().map(|(_, count)| count).sum());
    for (chain, count) in &log.sealed {
        if at < *count {
            return Ok((chain.clone(), *count));
        }
        at = at.saturating_sub(*count);
    }
    anyhow::bail!("nothing is sealed")
}

fn lines_of(file: &[u8]) -> Lines<'_> {
    let (mut lines, mut from) = (Lines::new(), 0);
    for end in memchr::memchr_iter(b'\n', file).chain([file.len()]) {
        lines.push(Cow::Borrowed(file.get(from..end).unwrap_or_default()));
        from = end.saturating_add(1);
    }
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

fn file_of(lines: &[Cow<'_, [u8]>]) -> Vec<u8> {
    let mut file = Vec::with_capacity(lines.iter().map(|line| line.len().saturating_add(1)).sum());
    for line in lines {
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    file
}

fn first_difference(before: &MemoryExport, after: &MemoryExport) -> Option<(String, u64)> {
    let seal = before.seals.keys().chain(after.seals.keys()).filter(|n| before.seals.get(n) != after.seals.get(n)).min();
    if let Some(number) = seal {
        return Some((SEALS.to_owned(), *number));
    }
    let same = |chain: &Chain, file: &Arc<Vec<u8>>| after.chains.get(chain).is_some_and(|f| Arc::ptr_eq(f, file) || f == file);
    let (chain, file) = before.chains.iter().find(|(chain, file)| !same(chain, file))?;
    let (old, new) = (lines_of(file), after.chains.get(chain).map(|f| lines_of(f)).unwrap_or_default());
    let line = old.iter().zip(&new).take_while(|(a, b)| a == b).count().saturating_add(1);
    Some((chain.to_string(), u64::try_from(line).ok()?))
}

fn change_chain(file: &[u8], kind: &str, sealed: usize, dice: &mut Dice) -> Vec<u8> {
    if kind == "flip" {
        let covered: usize = lines_of(file).iter().take(sealed).map(|l| l.len().saturating_add(1)).sum();
        let at = dice.below(covered);
        let mut flipped = file.to_vec();
        if let Some(byte) = flipped.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
        return flipped;
    }
    let mut lines = lines_of(file);
    let at = dice.below(sealed);
    let rehash = dice.below(2) == 0;
    match kind {
        "delete" => {
            let some = dice.below(4).saturating_add(1).min(sealed.saturating_sub(at));
            lines.drain(at..at.saturating_add(some));
            if rehash {
                chain_again(&mut lines, at);
            }
        }
        "insert" => {
            let foreign = dice.below(lines.len());
            let made = forged(lines.get(foreign).map(|l| &**l).unwrap_or_default(), dice);
            lines.insert(at, made.into());
            match dice.below(3) {
                0 => chain_again(&mut lines, at),
                1 => chain_one(&mut lines, at),
                _ => {}
            }
        }
        "reorder" => {
            let to = dice.below(sealed);
            if rehash {
                lines.swap(at, to);
            } else {
                let moved = lines.remove(at);
                lines.insert(to, moved);
            }
            if dice.below(3) == 0 {
                renumber(&mut lines);
            }
        }
        "truncate" => lines.truncate(at),
        "fork" => {
            if let Some(line) = lines.get_mut(at) {
                *line = forged(line, dice).into();
            }
            if rehash {
                chain_again(&mut lines, at);
                lines.truncate(lines.len().saturating_sub(dice.below(3)).max(at.saturating_add(1)));
            }
        }
        _ => {
            let copy = lines.get(dice.below(sealed)).cloned().unwrap_or_default();
            if rehash {
                lines.insert(at, copy);
            } else if let Some(line) = lines.get_mut(at) {
                *line = copy;
            }
            if dice.below(3) == 0 {
                renumber(&mut lines);
            }
        }
    }
    file_of(&lines)
}

/// A line with another story and the hash of it, still naming the record before and its own number.
fn forged(line: &[u8], dice: &mut Dice) -> Vec<u8> {
    let text = String::from_utf8_lossy(line).into_owned();
    let story = format!("\"owner\":\"nobody {:x}\"", dice.next());
    let (head, record) = text.split_once(" {").map_or((text.as_str(), String::new()), |(head, rest)| (head, format!("{{{rest}")));
    let seq = head.split(' ').next().unwrap_or_default();
    let from = record.find("\"owner\":").unwrap_or(0);
    let end = record.get(from..).and_then(|rest| rest.find(',').into_iter().chain(rest.find('}')).min()).unwrap_or(0);
    let record = format!("{}{story}{}", record.get(..from).unwrap_or_default(), record.get(from.saturating_add(end)..).unwrap_or_default());
    format!("{seq} {} {record}", hash(&record)).into_bytes()
}

fn hash(record: &str) -> Digest {
    Digest::of_bytes(&[audit::RECORD_TAG.as_bytes(), record.as_bytes()].concat())
}

/// The line numbered and hashed so that it follows the one before.
fn chain_one(lines: &mut Lines<'_>, at: usize) {
    let before = at.checked_sub(1).and_then(|n| lines.get(n)).map(|l| String::from_utf8_lossy(l).into_owned());
    let prev = before.as_deref().and_then(|l| l.split(' ').nth(1)).map(str::to_owned);
    let Some(line) = lines.get_mut(at) else { return };
    let text = String::from_utf8_lossy(line).into_owned();
    let Some(record) = text.splitn(3, ' ').nth(2) else { return };
    let (Some(p), Some(s), Some(v)) = (record.rfind(",\"prev\":\""), record.rfind(",\"seq\":"), record.rfind(",\"v\":")) else { return };
    let number = at.saturating_add(1);
    let kept = record.get(p..s).unwrap_or_default();
    let prev = prev.map_or_else(|| kept.to_owned(), |hash| format!(",\"prev\":\"{hash}\""));
    let (head, tail) = (record.get(..p).unwrap_or_default(), record.get(v..).unwrap_or_default());
    let record = format!("{head}{prev},\"seq\":{number}{tail}");
    *line = format!("{number} {} {record}", hash(&record)).into_bytes().into();
}

/// Every line from one on, so that the file is a sound chain again.
fn chain_again(lines: &mut Lines<'_>, from: usize) {
    (from..lines.len()).for_each(|at| chain_one(lines, at));
}

/// The numbers in front are put right; what the records bear stays.
fn renumber(lines: &mut Lines<'_>) {
    for (n, line) in lines.iter_mut().enumerate() {
        let rest = line.iter().position(|b| *b == b' ').and_then(|at| line.get(at..)).unwrap_or_default();
        *line = [n.saturating_add(1).to_string().as_bytes(), rest].concat().into();
    }
}

fn change_seals(export: &mut MemoryExport, kind: &str, dice: &mut Dice) -> Result<()> {
    let count = export.seals.len();
    let (at, other) = (u64::try_from(dice.below(count))?.saturating_add(1), u64::try_from(dice.below(count))?.saturating_add(1));
    let get = |export: &MemoryExport, number: u64| export.seals.get(&number).cloned().context("no such seal");
    match kind {
        "flip" => {
            let mut file = get(export, at)?.to_vec();
            let place = dice.below(file.len());
            if let Some(byte) = file.get_mut(place) {
                *byte ^= 1 << dice.below(8);
            }
            export.seals.insert(at, Arc::new(file));
        }
        "delete" => {
            export.seals.remove(&at);
        }
        "truncate" => export.seals.retain(|number, _| *number < at),
        "reorder" => {
            let (a, b) = (get(export, at)?, get(export, other)?);
            export.seals.insert(at, b);
            export.seals.insert(other, a);
        }
        "replay" => {
            let copy = get(export, other)?;
            export.seals.insert(at, copy);
        }
        // Somebody who cannot sign writes another statement or other lines under the old signature.
        _ => {
            let (mut seal, _) = Seal::read(&get(export, at)?)?;
            if dice.below(2) == 0 {
                let mut statement: Value = serde_json::from_str(&seal.statement)?;
                if let Some(at) = statement.get_mut("at") {
                    *at = Value::from(dice.below(1_000_000));
                }
                seal.statement = String::from_utf8(domain::canonical_json(&statement)?)?;
            } else if let Some(line) = seal.lines.first_mut() {
                line.head = Digest::of_bytes(&dice.next().to_be_bytes());
            }
            export.seals.insert(at, Arc::new(seal.file()?));
        }
    }
    Ok(())
}

/// Somebody signs with a key of their own.
fn sign_again(log: &Log, export: &mut MemoryExport, dice: &mut Dice, stranger: &Signer) -> Result<()> {
    let number = u64::try_from(dice.below(export.seals.len()))?.saturating_add(1);
    let (mut seal, _) = Seal::read(export.seals.get(&number).context("no such seal")?)?;
    match dice.below(8) {
        // A whole other past, with seals over it.
        0 => {
            let (chain, sealed) = pick(log, dice)?;
            let at = dice.below(sealed);
            let file = export.chains.get_mut(&chain).context("no such chain")?;
            let mut lines = lines_of(file);
            if let Some(line) = lines.get_mut(at) {
                *line = forged(line, dice).into();
            }
            chain_again(&mut lines, at);
            *file = Arc::new(file_of(&lines));
            let covering = first_seal_over(export, &chain, at)?;
            return seal_again(export, covering, stranger);
        }
        // The same statement, under a signature of theirs.
        1..=3 => seal.signature = stranger.sign(&message(&seal.statement))?,
        // A statement that names their key.
        4..=5 => {
            let mut statement: Value = serde_json::from_str(&seal.statement)?;
            if let Some(key) = statement.get_mut("key") {
                *key = Value::from(stranger.fingerprint().as_str());
            }
            seal.statement = String::from_utf8(domain::canonical_json(&statement)?)?;
            seal.signature = stranger.sign(&message(&seal.statement))?;
        }
        // The genuine signature of another seal.
        _ => {
            let other = u64::try_from(dice.below(export.seals.len()))?.saturating_add(1);
            seal.signature = Seal::read(export.seals.get(&other).context("no such seal")?)?.0.signature;
        }
    }
    export.seals.insert(number, Arc::new(seal.file()?));
    Ok(())
}

fn first_seal_over(export: &MemoryExport, chain: &Chain, index: usize) -> Result<u64> {
    for (number, file) in &export.seals {
        let (seal, _) = Seal::read(file)?;
        if seal.lines.iter().any(|line| line.chain == *chain && usize::try_from(line.count).is_ok_and(|count| count > index)) {
            return Ok(*number);
        }
    }
    anyhow::bail!("no seal covers the record")
}
