//! Whatever is changed in a bundle is noticed, and what it proves is what happened.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use audit::{
    Actor, Anchor, AuditEvent, AuditRecord, Chain, EventKind, Seal, SealKeys, Sealer, StoredRecord,
    bundle::{BUNDLE_VERSION, Bundle, BundleReport, Proven, SealOf, Shown, Signed, records_of, verify_bundle},
    merkle::Hash,
    proof::{LineProof, RecordProof, leaves},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    AccountId, Approval, ApprovalChannel, Digest, Environment, EpochMs, Lang, OperationId, Params, PersonId, Plan, PlanId, PlannedTarget,
    Risk, Role, Undo, Value,
};

const PREVIEW: &str = "stop i-1 in dev";

/// A key whose signature is the digest of what it signs: enough to see whether signatures are asked for.
struct Key;

fn signature(message: &[u8]) -> Vec<u8> {
    Digest::of_bytes(message).as_str().as_bytes().to_vec()
}

impl SealKeys for Key {
    fn signed(&self, fingerprint: &Digest, message: &[u8], given: &[u8]) -> bool {
        *fingerprint == Digest::of_bytes(b"key") && given == signature(message)
    }
}

fn plan() -> Plan {
    Plan {
        schema: 1,
        id: PlanId::generate(EpochMs(1_700_000_000_000), 7),
        account: AccountId::parse("222222222222").unwrap(),
        account_name: "dev".into(),
        environment: Environment::Dev,
        region: "us-east-1".into(),
        operation: OperationId::parse("ec2.stop_instances").unwrap(),
        risk: Risk::R2,
        params: Params::new(),
        targets: vec![PlannedTarget {
            id: "i-1".into(),
            arn: "arn:aws:ec2:us-east-1:222222222222:instance/i-1".into(),
            before: [("state".to_owned(), Value::from("running"))].into(),
            after: [("state".to_owned(), Value::from("stopped"))].into(),
            restores: [("state".to_owned(), Value::from("running"))].into(),
        }],
        undo: Undo::Restores,
        authors: vec![PersonId::parse("alice").unwrap()],
        narrowed_by: Vec::new(),
        incident: None,
        policy_version: "tiers.v1".into(),
        created_at: EpochMs(1_700_000_000_000),
        expires_at: EpochMs(1_700_003_600_000),
    }
}

fn bundle() -> Bundle {
    let (plan, bob) = (plan(), PersonId::parse("bob").unwrap());
    let digest = plan.digest().unwrap();
    let shown = Digest::of_bytes(PREVIEW.as_bytes());
    let function = || Actor::function("execute-operation");
    let about = |kind, actor| AuditEvent::new(kind, actor).about(&plan, &digest);
    let events = [
        AuditEvent::new(EventKind::RequestReceived, function()).in_account(plan.account.clone()),
        about(EventKind::PlanProposed, Actor::person(plan.authors[0].clone(), vec![Role::Operator])).shown(shown.clone()),
        about(EventKind::Verdict, function()).because(["tier.staging.r2"]),
        about(EventKind::ApprovalRecorded, Actor::person(bob.clone(), vec![Role::Approver])).shown(shown.clone()),
        about(EventKind::EffectDone, function()).requests(["req-1"]).on([plan.targets[0].arn.clone()]),
        about(EventKind::Verified, function()),
    ];
    let chain = Chain::of_account(&plan.account);
    let (mut anchor, mut records, mut sealing) = (Anchor::genesis(&chain), Vec::new(), Sealer::default().begin());
    for (n, event) in events.into_iter().enumerate() {
        let at = EpochMs(1_700_000_000_000 + i64::try_from(n).unwrap());
        let record = AuditRecord::after(&anchor, chain.clone(), at, event).store().unwrap();
        anchor = record.anchor();
        sealing.push(&record).unwrap();
        records.push(record);
    }
    let unsigned = sealing.finish(EpochMs(1_700_000_100_000), Digest::of_bytes(b"key")).unwrap();
    let signed = STANDARD.encode(signature(&unsigned.message()));
    let seal: Seal = unsigned.signed(signed);
    let tree: Vec<Hash> = leaves(&seal.lines[0].new_hashes().unwrap());
    let mine: Vec<StoredRecord> = records_of(&plan.id, &records);
    assert_eq!(mine.len(), 5);
    let approval = Approval {
        plan: plan.id.clone(),
        digest: digest.clone(),
        person: bob,
        at: EpochMs(1_700_000_000_003),
        channel: ApprovalChannel::Endpoint,
        preview_hash: shown,
        lang: Lang::En,
        factor: None,
    };
    let approved = STANDARD.encode(signature(&approval.signed_bytes().unwrap()));
    Bundle {
        v: BUNDLE_VERSION,
        digest,
        shown: vec![Shown { lang: Lang::En, text: PREVIEW.into() }],
        approvals: vec![Signed { approval, signature: approved, key_id: "k".into() }],
        records: mine
            .into_iter()
            .map(|r| Proven { proof: RecordProof::make(chain.clone(), r.seq, &tree), record: r.record, hash: r.hash })
            .collect(),
        seal: Some(SealOf {
            lines: vec![LineProof::make(&chain, &seal.lines).unwrap()],
            statement: seal.statement,
            signature: seal.signature,
        }),
        plan,
    }
}

fn check(bundle: &Bundle) -> BundleReport {
    verify_bundle(bundle, &Key, |message, given| given == signature(message))
}

#[test]
fn an_honest_bundle_proves_the_change() {
    let report = check(&bundle());
    assert_eq!(report.faults, []);
    assert_eq!((report.sound, report.proven, report.unproven, report.seal), (true, 5, 0, 1));
    let change = report.change;
    assert_eq!((change.requesters[0].as_str(), change.approvers[0].as_str()), ("alice", "bob"));
    assert_eq!((change.request_ids, change.verified, change.outcome.as_str()), (vec!["req-1".to_owned()], Some(true), "verified"));
    assert_eq!(change.rules, ["tier.staging.r2"]);
}

#[test]
fn whatever_is_changed_is_noticed() {
    type Change = fn(&mut Bundle);
    let changes: [(&str, Change); 16] = [
        ("digest", |b| b.plan.targets[0].id = "i-2".into()),
        ("digest", |b| b.digest = Digest::of_bytes(b"x")),
        ("approvals/0/preview_hash", |b| b.shown[0].text.push('!')),
        ("approvals/0/signature", |b| b.approvals[0].approval.at = EpochMs(5)),
        ("approvals/0/signature", |b| b.approvals[0].signature = "AAAA".into()),
        ("approvals/0", |b| b.approvals[0].approval.person = PersonId::parse("alice").unwrap()),
        ("approvals", |b| b.approvals.clear()),
        ("records/0", |b| b.records[0].record = b.records[0].record.replace("alice", "carol")),
        ("records/1/proof", |b| b.records[1].proof = b.records[2].proof.clone()),
        ("records/2", |b| b.records[2].hash = Digest::of_bytes(b"x")),
        ("approvals/0", |b| drop(b.records.remove(2))),
        ("seal/signature", |b| b.seal.as_mut().unwrap().signature = "AAAA".into()),
        ("seal/signature", |b| {
            let seal = b.seal.as_mut().unwrap();
            seal.statement = seal.statement.replace("\"records\":6", "\"records\":7");
        }),
        ("seal/lines/0", |b| b.seal.as_mut().unwrap().lines[0].line.count = 7),
        ("records/0/proof", |b| b.seal = None),
        ("v", |b| b.v = 2),
    ];
    for (place, change) in changes {
        let mut bundle = bundle();
        change(&mut bundle);
        let report = check(&bundle);
        assert!(!report.sound && report.faults.iter().any(|f| f.place == place), "{place}: {:?}", report.faults);
    }
}

#[test]
fn what_no_seal_covers_is_counted_as_unproven() {
    let mut bundle = bundle();
    bundle.records.iter_mut().for_each(|r| r.proof = None);
    bundle.seal = None;
    let report = check(&bundle);
    assert_eq!((report.sound, report.proven, report.unproven, report.seal), (true, 0, 5, 0));
}
