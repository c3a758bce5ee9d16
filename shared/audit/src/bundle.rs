//! The evidence of one plan in one file, for somebody who has never seen the log. Entry types: [`Bundle`], [`BundleReport`].
//!
//! Invariant: the file is believed for nothing: the plan is bound by its digest, what was shown by its hash in the approvals,
//! approvals by the approval key, records by their place in a sealed chain, and the seal by the seal key; both
//! keys come from outside. What a bundle cannot prove is said: that there is no further record of the plan.

use domain::{Approval, Digest, Lang, PersonId, Plan};
use serde::{Deserialize, Serialize};

use crate::{
    event::{Actor, EventKind},
    export::SealKeys,
    proof::{LineProof, RecordProof},
    record::{AuditRecord, StoredRecord, hash_of_text},
    scan::place_of,
    seal::{Statement, message},
};

/// The schema version of a bundle.
pub const BUNDLE_VERSION: u32 = 1;

/// What people were shown, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The language.
    pub lang: Lang,
    /// The text, exactly.
    pub text: String,
}

/// An approval with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// What was approved, by whom, when and how.
    pub approval: Approval,
    /// ECDSA signature (ASN.1 DER) over [`Approval::signed_bytes`], base64.
    pub signature: String,
    /// The KMS key's id, for people.
    pub key_id: String,
}

/// One record and why it is genuine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// The record's canonical JSON.
    pub record: String,
    /// Its hash.
    pub hash: Digest,
    /// Its place in its chain; absent where no seal covers it yet.
    pub proof: Option<RecordProof>,
}

/// The seal against which the records are proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealOf {
    /// The statement's canonical JSON.
    pub statement: String,
    /// Signature over it, as in a seal.
    pub signature: String,
    /// The chains concerned.
    pub lines: Vec<LineProof>,
}

/// Everything about one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`BUNDLE_VERSION`].
    pub v: u32,
    /// The plan as it was made: resources, parameters, what must hold before and after, the undo.
    pub plan: Plan,
    /// Its digest, which approvals, execution and records name.
    pub digest: Digest,
    /// The preview in each language.
    pub shown: Vec<Shown>,
    /// Approvals with their signatures.
    pub approvals: Vec<Signed>,
    /// The plan's records: request, verdicts, approvals, effects with API request ids, verification.
    pub records: Vec<Proven>,
    /// The seal.
    pub seal: Option<SealOf>,
}

/// One thing that a bundle should show and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleFault {
    /// Where, as a path into the file.
    pub place: String,
    /// What is wrong, one lower-case sentence.
    pub why: String,
}

/// What a bundle shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleReport {
    /// Whether everything in it is what it claims to be.
    pub sound: bool,
    /// The summary that is proven by it.
    pub change: ChangeRecord,
    /// Records that a seal covers.
    pub proven: usize,
    /// Records that no seal covers yet.
    pub unproven: usize,
    /// Number of the seal; 0 without one.
    pub seal: u64,
    /// Everything that is wrong.
    pub faults: Vec<BundleFault>,
}

/// A change as a change manager keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// The plan's id.
    pub plan: String,
    /// Its digest.
    pub digest: Digest,
    /// The operation.
    pub operation: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Its risk.
    pub risk: String,
    /// The resources.
    pub resources: Vec<String>,
    /// Who asked.
    pub requesters: Vec<PersonId>,
    /// Who approved.
    pub approvers: Vec<PersonId>,
    /// Ids of the rules that counted, change windows among them.
    pub rules: Vec<String>,
    /// When it was planned, in ms.
    pub planned_at: i64,
    /// Until when it could be executed, in ms.
    pub expires_at: i64,
    /// When the first and the last effect was recorded, in ms.
    pub executed_at: Option<(i64, i64)>,
    /// AWS request ids of the effects.
    pub request_ids: Vec<String>,
    /// Whether the post-conditions were seen to hold; `None` when nobody looked.
    pub verified: Option<bool>,
    /// The last thing recorded.
    pub outcome: String,
}

impl ChangeRecord {
    /// The change of a plan, by its records in order.
    #[must_use]
    pub fn of(plan: &Plan, digest: &Digest, records: &[AuditRecord]) -> Self {
        let mut change = Self {
            plan: plan.id.to_string(),
            digest: digest.clone(),
            operation: plan.operation.to_string(),
            account: plan.account.to_string(),
            region: plan.region.clone(),
            risk: plan.risk.as_str().to_owned(),
            resources: plan.targets.iter().map(|t| t.arn.clone()).collect(),
            requesters: plan.authors.clone(),
            approvers: Vec::new(),
            rules: Vec::new(),
            planned_at: plan.created_at.0,
            expires_at: plan.expires_at.0,
            executed_at: None,
            request_ids: Vec::new(),
            verified: None,
            outcome: String::new(),
        };
        for record in records {
            let event = &record.event;
            match (event.kind, &event.actor) {
                (EventKind::ApprovalRecorded, Actor::Person { person, .. }) if !change.approvers.contains(person) => {
                    change.approvers.push(person.clone());
                }
                (EventKind::EffectDone | EventKind::EffectObserved | EventKind::EffectUnknown | EventKind::EffectFailed, _) => {
                    let first = change.executed_at.map_or(record.at.0, |(first, _)| first);
                    change.executed_at = Some((first, record.at.0));
                }
                (EventKind::Verified, _) => change.verified = Some(true),
                (EventKind::VerificationFailed, _) => change.verified = Some(false),
                _ => {}
            }
            change.request_ids.extend(event.request_ids.iter().cloned());
            change.rules.extend(event.reasons.iter().filter(|rule| !change.rules.contains(rule)).cloned().collect::<Vec<_>>());
            if !matches!(event.kind, EventKind::NotificationSent | EventKind::LinkIssued | EventKind::TokenRedeemed) {
                change.outcome = event.kind.to_string();
            }
        }
        change
    }
}

/// Verifies a bundle with the keys that sign seals and approvals.
#[must_use]
pub fn verify_bundle(bundle: &Bundle, seal_keys: &impl SealKeys, approval_signed: impl Fn(&[u8], &[u8]) -> bool) -> BundleReport {
    let mut faults = Vec::new();
    let mut fault = |place: String, why: &str| faults.push(BundleFault { place, why: why.to_owned() });
    if bundle.v != BUNDLE_VERSION {
        fault("v".into(), "this version of a bundle is not known");
    }
    if bundle.plan.digest().ok().as_ref() != Some(&bundle.digest) {
        fault("digest".into(), "it is not the digest of the plan");
    }
    let shown: Vec<Digest> = bundle.shown.iter().map(|s| Digest::of_bytes(s.text.as_bytes())).collect();
    let statement = bundle.seal.as_ref().and_then(|seal| sealed(seal, seal_keys, &mut fault));
    let (mut records, mut proven) = (Vec::new(), 0);
    for (n, item) in bundle.records.iter().enumerate() {
        match read(item, bundle) {
            Ok(record) => {
                match (&item.proof, &bundle.seal) {
                    (Some(proof), Some(seal)) if statement.is_some() => {
                        let line = seal.lines.iter().find(|l| l.line.chain == record.chain);
                        let holds = proof.seq == record.seq && line.is_some_and(|l| proof.verify(&item.hash, &l.line).is_ok());
                        if holds {
                            proven += 1;
                        } else {
                            fault(format!("records/{n}/proof"), "it does not lead from the record to the seal");
                        }
                    }
                    (Some(_), _) => fault(format!("records/{n}/proof"), "there is no seal to which it could lead"),
                    (None, _) => {}
                }
                records.push(record);
            }
            Err(why) => fault(format!("records/{n}"), why),
        }
    }
    approvals(bundle, &shown, &records, approval_signed, &mut fault);
    let change = ChangeRecord::of(&bundle.plan, &bundle.digest, &records);
    BundleReport {
        sound: faults.is_empty(),
        change,
        proven,
        unproven: bundle.records.len().saturating_sub(proven),
        seal: statement.map_or(0, |s| s.number),
        faults,
    }
}

fn sealed(seal: &SealOf, keys: &impl SealKeys, fault: &mut impl FnMut(String, &str)) -> Option<Statement> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let Ok(statement) = serde_json::from_str::<Statement>(&seal.statement) else {
        fault("seal/statement".into(), "it cannot be read");
        return None;
    };
    let signature = STANDARD.decode(&seal.signature).unwrap_or_default();
    if !keys.signed(&statement.key, &message(&seal.statement), &signature) {
        fault("seal/signature".into(), "it is not that of a key that was given");
        return None;
    }
    for (n, line) in seal.lines.iter().enumerate() {
        if line.verify(&statement).is_err() {
            fault(format!("seal/lines/{n}"), "it does not lead to the statement");
            return None;
        }
    }
    Some(statement)
}

/// The record, whole in itself and about this plan.
fn read(item: &Proven, bundle: &Bundle) -> Result<AuditRecord, &'static str> {
    if hash_of_text(&item.record) != item.hash {
        return Err("its content does not have its hash");
    }
    if place_of(item.record.as_bytes()).is_none() {
        return Err("it is not a record in canonical form");
    }
    let record: AuditRecord = serde_json::from_str(&item.record).map_err(|_| "it is not a record of a version that is known")?;
    if record.event.plan.as_ref() != Some(&bundle.plan.id) {
        return Err("it is about another plan");
    }
    if record.event.digest.as_ref().is_some_and(|digest| *digest != bundle.digest) {
        return Err("it names another digest");
    }
    Ok(record)
}

fn approvals(
    bundle: &Bundle,
    shown: &[Digest],
    records: &[AuditRecord],
    signed: impl Fn(&[u8], &[u8]) -> bool,
    fault: &mut impl FnMut(String, &str),
) {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    for (n, item) in bundle.approvals.iter().enumerate() {
        let place = |part: &str| format!("approvals/{n}{part}");
        let approval = &item.approval;
        if approval.plan != bundle.plan.id || approval.digest != bundle.digest {
            fault(place(""), "it approves something else");
        }
        if bundle.plan.is_author(&approval.person) {
            fault(place(""), "an author approved");
        }
        if !shown.contains(&approval.preview_hash) {
            fault(place("/preview_hash"), "it is not the hash of a preview in this file");
        }
        let holds = match (approval.signed_bytes(), STANDARD.decode(&item.signature)) {
            (Ok(bytes), Ok(signature)) => signed(&bytes, &signature),
            _ => false,
        };
        if !holds {
            fault(place("/signature"), "it is not that of the approval key");
        }
        let recorded = records.iter().any(|record| {
            record.event.kind == EventKind::ApprovalRecorded
                && matches!(&record.event.actor, Actor::Person { person, .. } if *person == approval.person)
                && record.event.preview_hash.as_ref() == Some(&approval.preview_hash)
        });
        if !recorded {
            fault(place(""), "there is no record of it");
        }
    }
    for record in records.iter().filter(|r| r.event.kind == EventKind::ApprovalRecorded) {
        let Actor::Person { person, .. } = &record.event.actor else { continue };
        if !bundle.approvals.iter().any(|item| item.approval.person == *person) {
            fault("approvals".into(), "an approval that is recorded is not in this file");
        }
    }
}

/// The records of a plan out of stored ones, in order of time.
#[must_use]
pub fn records_of(plan: &domain::PlanId, stored: &[StoredRecord]) -> Vec<StoredRecord> {
    let mut found: Vec<(i64, StoredRecord)> =
        stored.iter().filter_map(|s| s.read().ok().filter(|r| r.event.plan.as_ref() == Some(plan)).map(|r| (r.at.0, s.clone()))).collect();
    found.sort_by_key(|(at, s)| (*at, s.seq));
    found.into_iter().map(|(_, s)| s).collect()
}
