//! Suite `audit`: a changed log is seen, and the first changed record named. Entry point: [`run`].
//!
//! Logs are made here and sealed with a key of this run; each is changed in one of eight ways and verified with the
//! public key and the number and hash of the latest seal. Invariant: a mutation counts as located only when the report
//! names the very line (or seal) that differs first.

mod log;
mod merkle_vectors;
mod mutate;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use audit::{
    Chain,
    again::Again,
    merkle,
    proof::{GrowthProof, LineProof, RecordProof},
    seal::Line,
    verify_export,
};
use domain::{AccountId, Digest};
use public_key::PublicKeys;
use serde_json::json;

use self::{
    log::{Dice, Log, Signer},
    mutate::KINDS,
};

/// Records of a log.
const RECORDS: usize = 10_000;
/// Seals of a log.
const SEALS: usize = 20;
/// Logs over which the mutations are spread.
const LOGS: usize = 4;
/// Where the vectors of transparency-dev lie, if they do.
const VECTORS: &str = "../shared/data/badinput/merkle";

/// What the suite takes of its own.
struct Options {
    mutations: usize,
    seed: u64,
}

fn options(words: &[String]) -> Result<Options> {
    let mut found = Options { mutations: 10_400, seed: 7 };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("`{word}` needs a number"));
        match word.as_str() {
            "--mutations" => found.mutations = value()?.parse()?,
            "--seed" => found.seed = value()?.parse()?,
            other => bail!("`{other}` is not understood; the suite takes --mutations N and --seed N"),
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Score {
    mutations: usize,
    detected: usize,
    located: usize,
    named: BTreeMap<&'static str, usize>,
}

impl Score {
    fn add(&mut self, other: Self) {
        self.mutations += other.mutations;
        self.detected += other.detected;
        self.located += other.located;
        for (name, count) in other.named {
            *self.named.entry(name).or_default() += count;
        }
    }
}

/// Runs the suite; the last line is JSON where asked for.
pub(crate) fn run(words: &[String], as_json: bool) -> Result<Vec<String>> {
    let options = options(words)?;
    let (signer, stranger) = (Signer::new()?, Signer::new()?);
    let mut logs = Vec::new();
    for n in 0..LOGS {
        logs.push(log::make(options.seed.wrapping_add(u64::try_from(n)?), RECORDS, SEALS, &signer)?);
    }
    let first = logs.first().context("no log")?;
    let speed = records_per_s(first, &signer)?;
    let scores = mutations(&logs, &options, &signer, &stranger)?;
    let proofs = proofs()?;
    let bytes: usize = first.export.chains.values().map(|file| file.len()).sum();
    let sum = |f: fn(&Score) -> usize| scores.values().map(f).sum::<usize>();
    let (all, detected, located) = (sum(|s| s.mutations), sum(|s| s.detected), sum(|s| s.located));

    let mut lines = vec![format!(
        "{} logs of {RECORDS} records ({} bytes a record), {SEALS} seals each, verified against the latest seal",
        logs.len(),
        bytes / RECORDS
    )];
    for (kind, score) in &scores {
        let named: Vec<String> = score.named.iter().map(|(name, n)| format!("{name} {n}")).collect();
        lines.push(format!(
            "  {kind:<9} {:>6} mutations, {:>6} detected, {:>6} located; named: {}",
            score.mutations,
            score.detected,
            score.located,
            named.join(", ")
        ));
    }
    lines.push(format!("mutations {all}, detected {detected}, located {located}"));
    lines.push(format!("{speed:.0} records/s verified on one core, signatures, trees and canonical form included"));
    lines.push(format!(
        "proofs at a million records: inclusion {} bytes of hashes ({} of JSON), consistency {} ({}), with one of 500 chains in the seal {}",
        proofs.record, proofs.record_json, proofs.growth, proofs.growth_json, proofs.whole
    ));
    let vectors = merkle_vectors::check(Path::new(VECTORS))?;
    if let Some((right, wrong)) = vectors {
        lines.push(format!("Merkle vectors: {right} right, {wrong} wrong"));
    }
    if as_json {
        let mut result = json!({
            "suite": "audit", "mutations": all, "detected": detected, "located": located, "records_per_s": speed.round(),
            "record_proof_bytes": proofs.record_json, "growth_proof_bytes": proofs.growth_json, "whole_proof_hash_bytes": proofs.whole,
        });
        if let (Some((right, wrong)), Some(map)) = (vectors, result.as_object_mut()) {
            map.insert("merkle_right".into(), right.into());
            map.insert("merkle_wrong".into(), wrong.into());
        }
        lines.push(result.to_string());
    }
    Ok(lines)
}

/// How many mutations one thread takes at a time.
const BATCH: usize = 40;
/// Of so many mutations one is verified from the very beginning as well, and the two reports must be the same.
const WHOLE: usize = 25;

type Scores = BTreeMap<&'static str, Score>;

/// Every mutation, over all cores. Which ones they are depends on the seed alone.
fn mutations(logs: &[Log], options: &Options, signer: &Signer, stranger: &Signer) -> Result<Scores> {
    let keys = signer.keys()?;
    let known: Vec<Again<'_, PublicKeys>> = logs.iter().map(|log| Again::new(&log.export, &keys, log.expected.clone())).collect();
    for again in &known {
        ensure!(again.report().sound, "an honest log is not sound: {:?}", again.report().faults);
    }
    let next = AtomicUsize::new(0);
    let work = || -> Result<Scores> {
        let mut scores = Scores::new();
        loop {
            let from = next.fetch_add(BATCH, Ordering::Relaxed);
            if from >= options.mutations {
                return Ok(scores);
            }
            for n in from..from.saturating_add(BATCH).min(options.mutations) {
                let at = n / KINDS.len() % logs.len();
                let (log, again) = (logs.get(at).context("no log")?, known.get(at).context("no log")?);
                one(n, log, again, &keys, options.seed, stranger, &mut scores)?;
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut all = Scores::new();
    std::thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let scores = worker.join().map_err(|_| anyhow!("a thread of the suite has ended early"))??;
            for (kind, score) in scores {
                all.entry(kind).or_default().add(score);
            }
        }
        Ok(())
    })?;
    Ok(all)
}

fn one(
    n: usize,
    log: &Log,
    again: &Again<'_, PublicKeys>,
    keys: &PublicKeys,
    seed: u64,
    stranger: &Signer,
    scores: &mut Scores,
) -> Result<()> {
    let kind = KINDS.get(n % KINDS.len()).copied().unwrap_or("flip");
    let mut dice = Dice::new(Dice::new(seed ^ 0xa0d1).next().wrapping_add(u64::try_from(n)?));
    let mut tries = 0;
    let mutated = loop {
        if let Some(mutated) = mutate::mutate(log, kind, &mut dice, stranger)? {
            break mutated;
        }
        tries += 1;
        ensure!(tries < 100, "`{kind}` changes nothing");
    };
    let report = again.verify(&mutated.export);
    if n.is_multiple_of(WHOLE) {
        let whole = verify_export(&mutated.export, keys, &log.expected)?;
        ensure!(whole == report, "mutation {n} is judged differently from the beginning: {:?}, {:?}", whole.faults, report.faults);
    }
    let score = scores.entry(kind).or_default();
    let fault = report.faults.iter().find(|f| f.place == mutated.place && f.line == mutated.line);
    let name = fault.or(report.faults.first()).map_or("nothing", |f| f.kind.as_str());
    score.add(Score {
        mutations: 1,
        detected: usize::from(!report.sound),
        located: usize::from(fault.is_some()),
        named: BTreeMap::from([(name, 1)]),
    });
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts of records")]
fn records_per_s(log: &Log, signer: &Signer) -> Result<f64> {
    let keys = signer.keys()?;
    let started = Instant::now();
    let mut verified = 0_usize;
    while started.elapsed().as_secs_f64() < 2.0 {
        let report = verify_export(&log.export, &keys, &log.expected)?;
        ensure!(report.sound, "an honest log is not sound: {:?}", report.faults);
        verified += log.records;
    }
    Ok(verified as f64 / started.elapsed().as_secs_f64())
}

/// Sizes of the largest proofs.
struct Proofs {
    record: usize,
    record_json: usize,
    growth: usize,
    growth_json: usize,
    whole: usize,
}

fn proofs() -> Result<Proofs> {
    let chain = Chain::of_account(&AccountId::parse("222222222222")?);
    let hashes: Vec<merkle::Hash> = (0_u32..1_000_000).map(|n| merkle::leaf_hash(&n.to_be_bytes())).collect();
    let leaves = audit::proof::leaves(&hashes);
    let mut found = Proofs { record: 0, record_json: 0, growth: 0, growth_json: 0, whole: 0 };
    for seq in [1, 2, 524_288, 699_051, 999_999, 1_000_000] {
        let proof = RecordProof::make(chain.clone(), seq, &leaves).context("no proof")?;
        found.record = found.record.max(proof.path.size_bytes());
        found.record_json = found.record_json.max(serde_json::to_string(&proof)?.len());
    }
    for from in [1, 333_333, 524_287, 699_051, 999_999] {
        let proof = GrowthProof::make(chain.clone(), from, &leaves).context("no proof")?;
        found.growth = found.growth.max(proof.path.size_bytes());
        found.growth_json = found.growth_json.max(serde_json::to_string(&proof)?.len());
    }
    let zero = Digest::of_bytes(b"");
    let lines: Vec<Line> = (0_u64..500)
        .map(|n| {
            let chain = Chain::of_account(&AccountId::parse(&format!("{:012}", 100_000_000_000 + n))?);
            Ok(Line { chain, count: 1, head: zero.clone(), root: zero.clone(), hashes: String::new(), edge: String::new() })
        })
        .collect::<Result<_>>()?;
    let place = lines.first().and_then(|line| LineProof::make(&line.chain, &lines)).context("no proof")?;
    found.whole = found.record + place.path.size_bytes();
    Ok(found)
}
