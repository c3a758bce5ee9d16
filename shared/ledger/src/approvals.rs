//! Approvals. Entry type: [`SignedApproval`].
//!
//! Invariant: one person has at most one approval a plan; it is never changed or removed.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{Approval, PersonId, PlanId, PlanState};
use serde::{Deserialize, Serialize};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::{Key, approval_partition},
};

/// An approval with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedApproval {
    /// What was approved, by whom, when and how.
    pub approval: Approval,
    /// Signature over [`Approval::signed_bytes`], DER, base64.
    pub signature_b64: String,
    /// The KMS key that signed.
    pub key_id: String,
}

/// How recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalOutcome {
    /// It is recorded.
    Recorded,
    /// This person had approved this digest before; nothing was written.
    Already,
}

impl Ledger {
    /// Records an approval of a plan that stands in a state and version.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when the plan is not where the caller saw it, [`LedgerError::Tampered`] when the
    /// same person's approval of another digest lies there, [`LedgerError::TokenRefused`].
    pub async fn record_approval(
        &self,
        signed: &SignedApproval,
        state: PlanState,
        version: u64,
        entry: &Entry,
    ) -> Result<ApprovalOutcome, LedgerError> {
        let approval = &signed.approval;
        let put = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(approval_item(signed, &self.region)?))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(LedgerError::unexpected)?;
        let slot = Slot::Approval(approval.person.clone());
        let steps = vec![Step::put(slot.clone(), put), self.plan_stands(&approval.plan, state, version)?];
        let slots = match self.commit(steps, entry).await? {
            Committed::Yes => return Ok(ApprovalOutcome::Recorded),
            Committed::No(slots) => slots,
        };
        if slots.contains(&slot) {
            return match self.approval(&approval.plan, &approval.person).await? {
                Some(there) if there.approval.digest == approval.digest => Ok(ApprovalOutcome::Already),
                Some(_) => Err(LedgerError::tampered(Key::approval(&approval.plan, &approval.person).to_string())),
                None => Err(LedgerError::conflict(approval.plan.as_str())),
            };
        }
        Committed::No(slots).or_conflict(self, entry, approval.plan.as_str()).await?;
        Err(LedgerError::conflict(approval.plan.as_str()))
    }

    /// One person's approval of a plan.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn approval(&self, plan: &PlanId, person: &PersonId) -> Result<Option<SignedApproval>, LedgerError> {
        self.get(&Key::approval(plan, person)).await?.map(|map| read_approval(map, plan)).transpose()
    }

    /// Every approval of a plan, with strong consistency. Signatures are the reader's to verify.
    ///
    /// # Errors
    /// [`LedgerError::Tampered`] when one of them belongs to another plan or person.
    pub async fn approvals(&self, plan: &PlanId) -> Result<Vec<SignedApproval>, LedgerError> {
        let values = [(":pk", AttributeValue::S(approval_partition(plan)))];
        let rows = self.query_all("pk = :pk", values).await?;
        rows.into_iter().map(|map| read_approval(map, plan)).collect()
    }
}

fn approval_item(signed: &SignedApproval, region: &str) -> Result<Attributes, LedgerError> {
    let approval = &signed.approval;
    Item::new(&Key::approval(&approval.plan, &approval.person), region)
        .json("approval", approval)?
        .s("digest", approval.digest.as_str())
        .s("signature", signed.signature_b64.clone())
        .s("key_id", signed.key_id.clone())
        .n("at", approval.at.0)
        .finish()
}

fn read_approval(map: Attributes, plan: &PlanId) -> Result<SignedApproval, LedgerError> {
    let row = Row::open(map)?;
    let approval: Approval = row.json("approval")?;
    let matches = approval.plan == *plan && row.s("sk")? == approval.person.as_str() && row.s("digest")? == approval.digest.as_str();
    if !matches {
        return Err(row.tampered());
    }
    Ok(SignedApproval { approval, signature_b64: row.s("signature")?.to_owned(), key_id: row.s("key_id")?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ApprovalChannel, Digest, EpochMs, Lang};

    fn signed() -> SignedApproval {
        SignedApproval {
            approval: Approval {
                plan: PlanId::generate(EpochMs(1), 1),
                digest: Digest::of_bytes(b"plan"),
                person: PersonId::parse("bob").unwrap(),
                at: EpochMs(5),
                channel: ApprovalChannel::Endpoint,
                preview_hash: Digest::of_bytes(b"shown"),
                lang: Lang::Zh,
                factor: None,
            },
            signature_b64: "c2ln".into(),
            key_id: "key".into(),
        }
    }

    #[test]
    fn an_approval_reads_back_as_it_was_written() {
        let signed = signed();
        let map = approval_item(&signed, "us-east-1").unwrap();
        assert_eq!(read_approval(map, &signed.approval.plan).unwrap(), signed);
    }

    #[test]
    fn an_approval_copied_to_another_person_or_plan_is_tampered() {
        let signed = signed();
        let mut map = approval_item(&signed, "us-east-1").unwrap();
        assert!(matches!(read_approval(map.clone(), &PlanId::generate(EpochMs(1), 2)), Err(LedgerError::Tampered { .. })));
        map.insert("sk".into(), AttributeValue::S("eve".into()));
        assert!(matches!(read_approval(map, &signed.approval.plan), Err(LedgerError::Tampered { .. })));
    }
}
