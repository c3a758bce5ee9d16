//! Logs as the fleet writes them, and their seals. Entry type: [`Log`].
//!
//! Invariant: the same seed makes the same records; only the signing key differs from run to run.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use audit::{
    Actor, Anchor, AuditEvent, AuditRecord, Chain, EventKind, Expectations, MemoryExport, Seal, Sealer, StoredRecord, export::line,
};
use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{AccountId, Digest, EpochMs, PersonId, PlanId, Role};
use public_key::{PublicKeys, fingerprint};

/// Numbers that look random (SplitMix64, Steele et al. 2014).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }
}

/// A key that signs seals.
#[derive(Debug)]
pub(crate) struct Signer {
    pair: EcdsaKeyPair,
    der: Vec<u8>,
}

impl Signer {
    pub(crate) fn new() -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).context("no key could be made")?;
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().context("the key has no DER")?;
        let der = der.as_ref().to_vec();
        Ok(Self { pair, der })
    }

    pub(crate) fn fingerprint(&self) -> Digest {
        fingerprint(&self.der)
    }

    pub(crate) fn keys(&self) -> Result<PublicKeys> {
        let mut keys = PublicKeys::default();
        keys.add(self.der.clone())?;
        Ok(keys)
    }

    #[cfg(test)]
    pub(crate) fn pem(&self) -> String {
        public_key::to_pem(&self.der)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<String> {
        let signature = self.pair.sign(&SystemRandom::new(), message).context("the key does not sign")?;
        Ok(STANDARD.encode(signature.as_ref()))
    }
}

/// A log and what its reader knows of it from elsewhere: the latest seal.
pub(crate) struct Log {
    pub(crate) export: MemoryExport,
    pub(crate) expected: Expectations,
    /// How many records of each chain are sealed.
    pub(crate) sealed: Vec<(Chain, usize)>,
    pub(crate) records: usize,
}

fn account(n: usize) -> Result<AccountId> {
    Ok(AccountId::parse(&format!("{:012}", 100_000_000_001_usize.saturating_add(n)))?)
}

/// An event as the functions write it.
fn event(dice: &mut Dice, chain: usize, at: EpochMs) -> Result<AuditEvent> {
    let kind = EventKind::ALL.get(dice.below(EventKind::ALL.len())).copied().unwrap_or(EventKind::Verdict);
    let actor = if dice.below(3) == 0 {
        let person = ["alice", "bob", "carol", "dan"].get(dice.below(4)).copied().unwrap_or("alice");
        Actor::person(PersonId::parse(person)?, vec![Role::Viewer, Role::Operator])
    } else {
        Actor::function("execute-operation")
    };
    let entropy = u128::from(dice.next()) << 16;
    let mut event = AuditEvent::new(kind, actor)
        .requests([format!("{:016x}-{:08x}", dice.next(), dice.next() & 0xffff_ffff)])
        .because(["tier.prod.r2", "belt.daily"])
        .fact("target", format!("arn:aws:ec2:us-east-1:100000000001:instance/i-{:017x}", dice.next()))
        .fact("owner", format!("execution {:x}", dice.next()));
    event.plan = Some(PlanId::generate(at, entropy));
    event.digest = Some(Digest::of_bytes(&dice.next().to_be_bytes()));
    event.preview_hash = Some(Digest::of_bytes(&dice.next().to_be_bytes()));
    event.policy_version = Some("2026-11-01".to_owned());
    Ok(if chain == 0 { event } else { event.in_account(account(chain)?) })
}

/// A log of `records` in a hub chain and four accounts, of which one gets half of everything, sealed `seals` times; the
/// last thirtieth is not sealed.
pub(crate) fn make(seed: u64, records: usize, seals: usize, signer: &Signer) -> Result<Log> {
    let mut dice = Dice::new(seed);
    let mut anchors: Vec<(Chain, Anchor)> = Vec::new();
    for n in 0..5 {
        let chain = if n == 0 { Chain::hub() } else { Chain::of_account(&account(n)?) };
        anchors.push((chain.clone(), Anchor::genesis(&chain)));
    }
    let mut export = MemoryExport::default();
    let mut sealer = Sealer::default();
    let mut sealing = sealer.begin();
    let every = (records.saturating_sub(records / 30) / seals.max(1)).max(1);
    let mut sealed = Vec::new();
    for n in 0..records {
        let pick = if dice.below(2) == 0 { 1 } else { dice.below(anchors.len()) };
        let at = EpochMs(1_790_000_000_000_i64.saturating_add(i64::try_from(n)?.saturating_mul(731)));
        let event = event(&mut dice, pick, at)?;
        let (chain, anchor) = anchors.get_mut(pick).context("no such chain")?;
        let record = AuditRecord::after(anchor, chain.clone(), at, event).store()?;
        *anchor = record.anchor();
        Arc::make_mut(export.chains.entry(chain.clone()).or_default()).extend(line(&record).into_bytes());
        sealing.push(&record)?;
        if n % every == every - 1 && sealer.number() < u64::try_from(seals)? {
            seal(&mut export, &mut sealer, sealing, at, signer)?;
            sealing = sealer.begin();
            sealed = anchors.iter().map(|(chain, anchor)| Ok((chain.clone(), usize::try_from(anchor.seq)?))).collect::<Result<_>>()?;
        }
    }
    let expected = Expectations { seal: Some((sealer.number(), sealer.hash().clone())), ..Expectations::default() };
    Ok(Log { export, expected, sealed, records })
}

fn seal(export: &mut MemoryExport, sealer: &mut Sealer, sealing: audit::seal::Sealing, at: EpochMs, signer: &Signer) -> Result<()> {
    let unsigned = sealing.finish(at, signer.fingerprint())?;
    let signature = signer.sign(&unsigned.message())?;
    let seal = unsigned.signed(signature);
    let file = seal.file()?;
    let (seal, statement) = Seal::read(&file)?;
    sealer.follow(&seal, &statement)?;
    export.seals.insert(statement.number, Arc::new(file));
    Ok(())
}

/// Seals from one on, made again over what the chains hold now and signed by somebody else.
pub(crate) fn seal_again(export: &mut MemoryExport, from: u64, signer: &Signer) -> Result<()> {
    let mut sealer = Sealer::default();
    let mut texts: Vec<(Chain, Vec<StoredRecord>)> = Vec::new();
    for (chain, file) in &export.chains {
        let records = String::from_utf8_lossy(file).lines().map(|l| stored(chain, l)).collect::<Result<_>>()?;
        texts.push((chain.clone(), records));
    }
    for number in 1..=u64::try_from(export.seals.len())? {
        let file = export.seals.get(&number).context("no such seal")?;
        let (old, statement) = Seal::read(file)?;
        if number < from {
            sealer.follow(&old, &statement)?;
            continue;
        }
        let mut sealing = sealer.begin();
        for line in &old.lines {
            let after = usize::try_from(sealer.sealed(&line.chain).seq)?;
            let records = texts.iter().find(|(chain, _)| *chain == line.chain).map(|(_, records)| records).context("no such chain")?;
            let new = usize::try_from(line.count)?.min(records.len());
            records.get(after..new).unwrap_or_default().iter().try_for_each(|record| sealing.push(record))?;
        }
        seal(export, &mut sealer, sealing, statement.at, signer)?;
    }
    Ok(())
}

fn stored(chain: &Chain, line: &str) -> Result<StoredRecord> {
    let mut parts = line.splitn(3, ' ');
    let mut part = || parts.next().context("a line has three parts");
    Ok(StoredRecord { chain: chain.clone(), seq: part()?.parse()?, hash: Digest::parse(part()?)?, record: part()?.to_owned() })
}
