//! One change, one transaction. Entry type: [`Step`].
//!
//! Invariant: a change is written together with its audit record under the condition that the chain's head has
//! not moved; a moved head is tried again from the new head, a condition of the change itself never is.

use std::time::Duration;

use audit::{Anchor, AuditRecord, Chain, StoredRecord};
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, ConditionCheck, Put, TransactWriteItem},
};
use domain::PersonId;

use crate::{
    Ledger,
    entry::Entry,
    error::{LedgerError, of_sdk},
    item::{Attributes, Item},
    keys::{HEADS, Key},
    stops::StopScope,
};

/// How often a change is tried when only the chain's head moved. Of several writers one always gets through, and
/// the pauses grow until the others find a gap: 31 pauses of at most 1.3 s, in the mean 0.5 s.
pub(crate) const ATTEMPTS: u32 = 32;
/// DynamoDB takes 100 items a transaction.
const MAX_STEPS: usize = 100;

/// What a step of a transaction is about, so that a failed condition can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The plan's state, version and lease.
    Plan,
    /// A person's approval.
    Approval(PersonId),
    /// A stop that must not be in force.
    Stop(StopScope),
    /// The account's counter of the day.
    DailyCap,
    /// A resource's rest.
    CoolDown(String),
    /// The request that was served before.
    Request,
    /// A link or code.
    Token,
    /// An incident that somebody else changed or opened.
    Incident,
    /// A signal that is there already.
    Signal,
    /// Anything else.
    Other,
}

/// One step of a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    slot: Slot,
    write: TransactWriteItem,
}

impl Step {
    pub(crate) fn new(slot: Slot, write: TransactWriteItem) -> Self {
        Self { slot, write }
    }

    pub(crate) fn put(slot: Slot, put: Put) -> Self {
        Self::new(slot, TransactWriteItem::builder().put(put).build())
    }

    pub(crate) fn check(slot: Slot, check: ConditionCheck) -> Self {
        Self::new(slot, TransactWriteItem::builder().condition_check(check).build())
    }
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Committed {
    /// It is written, and so is its record.
    Yes,
    /// Nothing is written: these steps' conditions did not hold.
    No(Vec<Slot>),
}

impl Committed {
    /// For changes with one expected reason to fail: a used token, else a conflict.
    pub(crate) async fn or_conflict(self, ledger: &Ledger, entry: &Entry, what: &str) -> Result<(), LedgerError> {
        match self {
            Self::Yes => Ok(()),
            Self::No(slots) => match &entry.redeem {
                Some(using) if slots == [Slot::Token] => Err(ledger.token_refusal(using, entry.now).await),
                _ => Err(LedgerError::conflict(what)),
            },
        }
    }
}

/// What a cancelled transaction means.
#[derive(Debug, PartialEq, Eq)]
enum Cancelled {
    /// Conditions of the change itself.
    Conditions(Vec<usize>),
    /// Somebody else was quicker at the same items: try again.
    Contention,
    /// The head stands where it should, but the row after it exists.
    Fork,
    /// Too many calls.
    Throttled,
    /// The items themselves are wrong.
    Invalid,
}

/// Tells the reasons of a cancelled transaction apart by their place: the first `own` items are the change, then
/// come the head and the audit row.
fn judge<'a>(codes: impl IntoIterator<Item = Option<&'a str>>, own: usize) -> Cancelled {
    let codes: Vec<&str> = codes.into_iter().map(|c| c.unwrap_or("None")).collect();
    let failed = |n: usize| codes.get(n) == Some(&"ConditionalCheckFailed");
    let conditions: Vec<usize> = (0..own).filter(|n| failed(*n)).collect();
    let has = |code: &str| codes.contains(&code);
    if !conditions.is_empty() {
        Cancelled::Conditions(conditions)
    } else if has("ValidationError") || has("ItemCollectionSizeLimitExceeded") {
        Cancelled::Invalid
    } else if failed(own) || has("TransactionConflict") {
        Cancelled::Contention
    } else if failed(own + 1) {
        Cancelled::Fork
    } else if has("ThrottlingError") || has("ProvisionedThroughputExceeded") {
        Cancelled::Throttled
    } else {
        Cancelled::Contention
    }
}

/// A pause before the next attempt. Writers spread by the hash of what they write, which differs between them,
/// so that no randomness is needed.
fn pause(attempt: u32, record: &StoredRecord) -> Duration {
    let spread = record.hash.as_str().get(..4).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0);
    let ceiling = 10_u64.saturating_mul(1 << attempt.min(7));
    Duration::from_millis(5 + spread % ceiling)
}

impl Ledger {
    /// Writes a change, its audit record, its messages and the use of its token, or nothing.
    pub(crate) async fn commit(&self, mut steps: Vec<Step>, entry: &Entry) -> Result<Committed, LedgerError> {
        if let Some(using) = &entry.redeem {
            steps.push(self.redeem_step(using, entry.now)?);
        }
        let chain = entry.event.chain();
        let own = steps.len();
        let mut last: Option<LedgerError> = None;
        for attempt in 0..self.attempts {
            let anchor = self.anchor(&chain).await?;
            let record = AuditRecord::after(&anchor, chain.clone(), entry.now, entry.event.clone()).store()?;
            let mut writes: Vec<TransactWriteItem> = steps.iter().map(|s| s.write.clone()).collect();
            writes.extend(self.record_steps(&anchor, &record, entry)?);
            if writes.len() > MAX_STEPS {
                return Err(LedgerError::malformed(format!("a change of {} items does not fit into one transaction", writes.len())));
            }
            let Err(error) = self.client.transact_write_items().set_transact_items(Some(writes)).send().await else {
                return Ok(Committed::Yes);
            };
            match cancellation(&error, own) {
                Some(Cancelled::Conditions(failed)) => {
                    return Ok(Committed::No(failed.into_iter().filter_map(|n| steps.get(n)).map(|s| s.slot.clone()).collect()));
                }
                Some(Cancelled::Fork) => {
                    tracing::error!(audit.chain = chain.as_str(), audit.seq = record.seq, "an audit row lies beyond the head");
                    return Err(LedgerError::tampered(format!("audit {chain}/{}", record.seq)));
                }
                Some(Cancelled::Contention) => last = Some(LedgerError::Unavailable(error.into())),
                Some(Cancelled::Throttled) => last = Some(LedgerError::Throttled(error.into())),
                Some(Cancelled::Invalid) => return Err(LedgerError::Unexpected(error.into())),
                None => return Err(of_sdk(error)),
            }
            tokio::time::sleep(pause(attempt, &record)).await;
        }
        Err(last.unwrap_or_else(|| LedgerError::conflict(format!("chain {chain}"))))
    }

    /// The place after which a chain goes on now.
    async fn anchor(&self, chain: &Chain) -> Result<Anchor, LedgerError> {
        Ok(self.head(chain).await?.map_or_else(|| Anchor::genesis(chain), |head| Anchor { seq: head.seq, hash: head.hash }))
    }

    /// Head, audit row and messages, in this order: [`judge`] relies on it.
    fn record_steps(&self, anchor: &Anchor, record: &StoredRecord, entry: &Entry) -> Result<Vec<TransactWriteItem>, LedgerError> {
        let chain = record.chain.as_str();
        let head = Item::new(&Key::head(chain), &self.region)
            .n("seq", seq_number(record.seq)?)
            .s("record_hash", record.hash.as_str())
            .n("at", entry.now.0)
            .listed(HEADS, chain)
            .finish()?;
        let head = Put::builder().table_name(&self.tables.ledger).set_item(Some(head));
        let head = if anchor.seq == 0 {
            head.condition_expression("attribute_not_exists(pk)")
        } else {
            head.condition_expression("#seq = :seq AND record_hash = :hash")
                .expression_attribute_names("#seq", "seq")
                .expression_attribute_values(":seq", AttributeValue::N(anchor.seq.to_string()))
                .expression_attribute_values(":hash", AttributeValue::S(anchor.hash.to_string()))
        };
        let row = Put::builder()
            .table_name(&self.tables.audit)
            .set_item(Some(audit_row(record, &self.region)?))
            .condition_expression("attribute_not_exists(#seq)")
            .expression_attribute_names("#seq", "seq");
        let mut puts = vec![head, row];
        for (n, message) in entry.outbox.iter().enumerate() {
            puts.push(Put::builder().table_name(&self.tables.ledger).set_item(Some(self.outbox_item(message, record, n, entry.now)?)));
        }
        puts.into_iter().map(|put| Ok(TransactWriteItem::builder().put(put.build().map_err(LedgerError::unexpected)?).build())).collect()
    }
}

fn seq_number(seq: u64) -> Result<i64, LedgerError> {
    i64::try_from(seq).map_err(LedgerError::unexpected)
}

/// A record as it lies in the audit table.
fn audit_row(record: &StoredRecord, region: &str) -> Result<Attributes, LedgerError> {
    let mut row = Item::new(&Key::head(record.chain.as_str()), region)
        .s("chain", record.chain.as_str())
        .n("seq", seq_number(record.seq)?)
        .s("record", record.record.clone())
        .s("record_hash", record.hash.as_str())
        .finish()?;
    row.remove("pk");
    row.remove("sk");
    Ok(row)
}

/// What a failed call means, where it is a cancelled transaction.
fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>, own: usize) -> Option<Cancelled> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            Some(judge(cancelled.cancellation_reasons().iter().map(|r| r.code()), own))
        }
        TransactWriteItemsError::TransactionInProgressException(_) => Some(Cancelled::Contention),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(codes: &[&str], own: usize) -> Cancelled {
        judge(codes.iter().map(|c| Some(*c)), own)
    }

    const FAILED: &str = "ConditionalCheckFailed";

    #[test]
    fn a_failed_condition_of_the_change_is_told_apart_from_a_moved_head_by_its_place() {
        assert_eq!(judged(&[FAILED, "None", "None", "None"], 2), Cancelled::Conditions(vec![0]));
        assert_eq!(judged(&["None", "None", FAILED, FAILED], 2), Cancelled::Contention);
        assert_eq!(judged(&["None", FAILED, FAILED, FAILED], 2), Cancelled::Conditions(vec![1]));
        assert_eq!(judged(&["None", "TransactionConflict", "None", "None"], 2), Cancelled::Contention);
        assert_eq!(judged(&[FAILED, "TransactionConflict", "None", "None"], 2), Cancelled::Conditions(vec![0]));
    }

    #[test]
    fn an_audit_row_beyond_a_head_that_stands_is_a_fork() {
        assert_eq!(judged(&["None", "None", "None", FAILED], 2), Cancelled::Fork);
        assert_eq!(judged(&["None", FAILED], 0), Cancelled::Fork);
    }

    #[test]
    fn throttling_and_wrong_items_are_what_they_are() {
        assert_eq!(judged(&["ThrottlingError", "None"], 0), Cancelled::Throttled);
        assert_eq!(judged(&["ProvisionedThroughputExceeded", "None"], 0), Cancelled::Throttled);
        assert_eq!(judged(&["ValidationError", "None"], 0), Cancelled::Invalid);
        assert_eq!(judge([None, None], 0), Cancelled::Contention);
    }

    #[test]
    fn writers_spread_by_what_they_write_and_never_wait_long() {
        let record =
            |text: &str| StoredRecord { chain: Chain::hub(), seq: 1, record: text.into(), hash: domain::Digest::of_bytes(text.as_bytes()) };
        assert_ne!(pause(4, &record("a")), pause(4, &record("b")));
        assert!((0..ATTEMPTS).all(|n| pause(n, &record("a")) <= Duration::from_millis(1285)));
    }
}
