//! Every way of changing a chain is detected, and located at the first record where it shows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use audit::{Actor, Anchor, AuditEvent, AuditRecord, Chain, ChainFault, ChainReport, EventKind, FaultKind, StoredRecord, verify_chain};
use domain::{AccountId, Digest, EpochMs};
use proptest::prelude::*;
use proptest::sample::Index;

type Head = (u64, Digest);

fn chain() -> Chain {
    Chain::of_account(&AccountId::parse("222222222222").unwrap())
}

fn record_after(anchor: &Anchor, kind: usize, note: &str) -> StoredRecord {
    let kind = EventKind::ALL[kind % EventKind::ALL.len()];
    let event = AuditEvent::new(kind, Actor::function("execute-operation"))
        .in_account(AccountId::parse("222222222222").unwrap())
        .fact("note", note)
        .fact("order", i64::try_from(anchor.seq).unwrap());
    AuditRecord::after(anchor, chain(), EpochMs(1_700_000_000_000), event).store().unwrap()
}

fn built(notes: &[(usize, String)]) -> (Vec<StoredRecord>, Head) {
    let mut anchor = Anchor::genesis(&chain());
    let mut records = Vec::new();
    for (kind, note) in notes {
        let record = record_after(&anchor, *kind, note);
        anchor = record.anchor();
        records.push(record);
    }
    (records, (anchor.seq, anchor.hash))
}

fn verify(records: Vec<StoredRecord>, head: Option<&Head>) -> Result<ChainReport, ChainFault> {
    verify_chain(&chain(), &Anchor::genesis(&chain()), records, head)
}

fn fault(records: Vec<StoredRecord>, head: Option<&Head>) -> (u64, FaultKind) {
    let fault = verify(records, head).expect_err("the change was not seen");
    assert_eq!(fault.chain, chain());
    (fault.seq, fault.kind)
}

/// The record rewritten with another note, well-formed, with a hash of its own.
fn forged(record: &StoredRecord) -> StoredRecord {
    let mut inner = record.read().unwrap();
    inner.event = inner.event.fact("note", "it was somebody else");
    inner.store().unwrap()
}

fn chains() -> impl Strategy<Value = (Vec<StoredRecord>, Head)> {
    proptest::collection::vec((0_usize..40, ".{0,12}"), 1..24).prop_map(|notes| built(&notes))
}

proptest! {
    #[test]
    fn an_honest_chain_verifies_from_any_anchor((records, head) in chains(), at in any::<Index>()) {
        let n = records.len();
        let report = verify(records.clone(), Some(&head)).unwrap();
        prop_assert_eq!((report.records, report.last_seq, report.last_hash), (n as u64, head.0, head.1.clone()));
        let at = at.index(n);
        let anchor = records[at].anchor();
        let report = verify_chain(&chain(), &anchor, records[at + 1..].to_vec(), Some(&head)).unwrap();
        prop_assert_eq!(report.records, (n - at - 1) as u64);
    }

    #[test]
    fn any_changed_byte_is_located((mut records, head) in chains(), at in any::<Index>(), place in any::<Index>(), with in any::<char>()) {
        let at = at.index(records.len());
        let mut text: Vec<char> = records[at].record.chars().collect();
        let place = place.index(text.len());
        prop_assume!(text[place] != with);
        text[place] = with;
        records[at].record = text.into_iter().collect();
        prop_assert_eq!(fault(records.clone(), Some(&head)), (at as u64 + 1, FaultKind::Altered));
        prop_assert_eq!(fault(records, None), (at as u64 + 1, FaultKind::Altered));
    }

    #[test]
    fn any_changed_hash_is_located((mut records, head) in chains(), at in any::<Index>()) {
        let at = at.index(records.len());
        records[at].hash = Digest::of_bytes(records[at].hash.as_str().as_bytes());
        prop_assert_eq!(fault(records, Some(&head)), (at as u64 + 1, FaultKind::Altered));
    }

    #[test]
    fn any_deleted_record_is_located((mut records, head) in chains(), at in any::<Index>()) {
        let at = at.index(records.len());
        let kind = if at + 1 == records.len() { FaultKind::Truncated } else { FaultKind::Missing };
        records.remove(at);
        prop_assert_eq!(fault(records, Some(&head)), (at as u64 + 1, kind));
    }

    #[test]
    fn any_duplicated_record_is_located((mut records, head) in chains(), at in any::<Index>()) {
        let at = at.index(records.len());
        records.insert(at, records[at].clone());
        prop_assert_eq!(fault(records, Some(&head)), (at as u64 + 1, FaultKind::Inserted));
    }

    #[test]
    fn any_two_swapped_records_are_located((mut records, head) in chains(), a in any::<Index>(), b in any::<Index>()) {
        let (a, b) = (a.index(records.len()), b.index(records.len()));
        prop_assume!(a != b);
        records.swap(a, b);
        prop_assert_eq!(fault(records, Some(&head)), (a.min(b) as u64 + 1, FaultKind::Reordered));
    }

    #[test]
    fn contents_swapped_under_their_keys_are_located((mut records, head) in chains(), a in any::<Index>(), b in any::<Index>()) {
        let (a, b) = (a.index(records.len()), b.index(records.len()));
        prop_assume!(a != b);
        let (x, y) = (records[a].clone(), records[b].clone());
        records[a] = StoredRecord { seq: x.seq, ..y.clone() };
        records[b] = StoredRecord { seq: y.seq, ..x };
        prop_assert_eq!(fault(records, Some(&head)), (a.min(b) as u64 + 1, FaultKind::Reordered));
    }

    #[test]
    fn any_truncated_chain_is_located((mut records, head) in chains(), keep in any::<Index>()) {
        let keep = keep.index(records.len());
        records.truncate(keep);
        prop_assert_eq!(fault(records, Some(&head)), (keep as u64 + 1, FaultKind::Truncated));
    }

    #[test]
    fn a_record_replaced_by_a_well_formed_one_is_located((mut records, head) in chains(), at in any::<Index>()) {
        let at = at.index(records.len());
        records[at] = forged(&records[at]);
        prop_assert_eq!(fault(records, Some(&head)), (at as u64 + 1, FaultKind::Forked));
    }

    #[test]
    fn a_record_replaced_with_another_predecessor_is_located((mut records, head) in chains(), at in any::<Index>()) {
        let at = at.index(records.len());
        let mut inner = records[at].read().unwrap();
        inner.prev = Digest::of_bytes(b"another past");
        records[at] = inner.store().unwrap();
        prop_assert_eq!(fault(records, Some(&head)), (at as u64 + 1, FaultKind::Forked));
    }

    #[test]
    fn a_forged_record_beside_the_genuine_one_is_located((mut records, head) in chains(), at in any::<Index>(), before in any::<bool>()) {
        let at = at.index(records.len());
        let forged = forged(&records[at]);
        records.insert(if before { at } else { at + 1 }, forged);
        let fault = fault(records, Some(&head));
        prop_assert_eq!(fault.0, at as u64 + 1);
        prop_assert!(matches!(fault.1, FaultKind::Inserted | FaultKind::Forked));
    }

    #[test]
    fn records_beyond_the_head_are_located((records, head) in chains(), more in 1_usize..4) {
        let mut longer = records;
        for _ in 0..more {
            let anchor = longer.last().unwrap().anchor();
            longer.push(record_after(&anchor, 3, "more"));
        }
        prop_assert_eq!(fault(longer, Some(&head)), (head.0 + 1, FaultKind::Inserted));
    }

    #[test]
    fn a_past_rewritten_to_its_end_is_seen_against_the_head((records, head) in chains(), at in any::<Index>()) {
        let at = at.index(records.len());
        let mut rewritten = records[..at].to_vec();
        let mut anchor = rewritten.last().map_or_else(|| Anchor::genesis(&chain()), StoredRecord::anchor);
        for _ in at..records.len() {
            let record = record_after(&anchor, 5, "another story");
            anchor = record.anchor();
            rewritten.push(record);
        }
        prop_assert!(verify(rewritten.clone(), None).is_ok());
        prop_assert_eq!(fault(rewritten.clone(), Some(&head)), (head.0, FaultKind::Forked));
        // With a seal taken before, the first rewritten record is named.
        let seal = records[at].anchor();
        let report = verify_chain(&chain(), &seal, rewritten[at + 1..].to_vec(), None);
        prop_assert!(at + 1 == records.len() || report.unwrap_err().seq == at as u64 + 2);
    }

    #[test]
    fn a_record_of_another_chain_is_located((mut records, head) in chains(), at in any::<Index>(), relabelled in any::<bool>()) {
        let at = at.index(records.len());
        let mut inner = records[at].read().unwrap();
        inner.chain = Chain::hub();
        let mut foreign = inner.store().unwrap();
        if relabelled {
            foreign.chain = chain();
        }
        records[at] = foreign;
        prop_assert_eq!(fault(records, Some(&head)), (at as u64 + 1, FaultKind::WrongChain));
    }
}

#[test]
fn an_empty_chain_verifies_only_without_a_head() {
    assert_eq!(verify(Vec::new(), None).unwrap().records, 0);
    let head = (3, Digest::of_bytes(b"head"));
    assert_eq!(fault(Vec::new(), Some(&head)), (1, FaultKind::Truncated));
}

#[test]
fn text_that_is_no_record_is_unreadable_and_text_that_is_not_canonical_is_altered() {
    let (mut records, head) = built(&[(0, "a".into()), (1, "b".into())]);
    let hashed = |text: &str| Digest::of_bytes([b"aiops.audit.v1".as_slice(), text.as_bytes()].concat().as_slice());
    let spaced = format!(" {}", records[1].record);
    records[1] = StoredRecord { hash: hashed(&spaced), record: spaced, ..records[1].clone() };
    assert_eq!(fault(records.clone(), Some(&head)), (2, FaultKind::Altered));
    for text in ["{}", "nonsense", "[]"] {
        records[1] = StoredRecord { hash: hashed(text), record: text.into(), ..records[1].clone() };
        assert_eq!(fault(records.clone(), Some(&head)), (2, FaultKind::Unreadable));
    }
}

#[test]
fn a_record_of_a_later_version_is_unreadable_rather_than_guessed_at() {
    let (mut records, head) = built(&[(0, "a".into())]);
    let mut inner = records[0].read().unwrap();
    inner.v = audit::RECORD_VERSION + 1;
    records[0] = inner.store().unwrap();
    assert_eq!(fault(records, Some(&head)), (1, FaultKind::Unreadable));
}

#[test]
fn a_fault_has_words_in_both_languages() {
    let (mut records, head) = built(&[(0, "a".into()), (1, "b".into())]);
    records.remove(0);
    let fault = verify(records, Some(&head)).unwrap_err();
    assert!(fault.text().en.contains("record 1 of audit chain 222222222222 is missing"));
    assert!(fault.text().zh.contains("第 1 条记录缺失"));
    assert!(fault.to_string().contains("missing at record 1"));
}
