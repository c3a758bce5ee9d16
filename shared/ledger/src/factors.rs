//! Second factors of people, and account names typed back. Entry type: [`FactorRow`].
//!
//! Invariant: a row is replaced only by one that knows which it replaces, so that no code is looked at twice and no wrong one goes
//! uncounted; the secret lies here as a ciphertext, and only record-approval may have it opened.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{Digest, EpochMs, PersonId, PlanId};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::Key,
};

/// A person's second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorRow {
    /// Whose.
    pub person: PersonId,
    /// The shared secret, encrypted by KMS for this person, base64. Empty after a reset.
    pub secret_b64: String,
    /// Whether its person has shown a code of it; before that it counts for nothing.
    pub active: bool,
    /// What is remembered of codes and sign-ins, as JSON.
    pub guard: String,
    /// Since when the secret is there.
    pub enrolled_at: EpochMs,
    /// Counts every write.
    pub version: u64,
}

impl Ledger {
    /// A person's second factor, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError::Tampered`] when the row is another person's; [`LedgerError`] when it cannot be read.
    pub async fn factor(&self, person: &PersonId) -> Result<Option<FactorRow>, LedgerError> {
        self.get(&Key::factor(person)).await?.map(|map| read(map, person)).transpose()
    }

    /// Writes a factor in place of the version before it, or as the first (`version` 1).
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when another write was quicker.
    pub async fn put_factor(&self, factor: &FactorRow, entry: &Entry) -> Result<(), LedgerError> {
        let before = factor.version.saturating_sub(1);
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(item(factor, &self.region)?));
        let put = if before == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("writes = :before").expression_attribute_values(":before", AttributeValue::N(before.to_string()))
        };
        match self.commit(vec![Step::put(Slot::Other, put.build().map_err(LedgerError::unexpected)?)], entry).await? {
            Committed::Yes => Ok(()),
            Committed::No(_) => Err(LedgerError::conflict("second factor")),
        }
    }

    /// Whether an author of a plan typed its account's name back for exactly this digest.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn typed_back(&self, plan: &PlanId, digest: &Digest) -> Result<bool, LedgerError> {
        let Some(map) = self.get(&Key::typed(plan)).await? else { return Ok(false) };
        Ok(Row::open(map)?.s("digest")? == digest.as_str())
    }

    /// Records that an author typed the account's name back. Once is as good as twice.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn type_back(&self, plan: &PlanId, digest: &Digest, person: &PersonId, entry: &Entry) -> Result<(), LedgerError> {
        let item = Item::new(&Key::typed(plan), &self.region)
            .s("digest", digest.as_str())
            .s("person", person.as_str())
            .n("at", entry.now.0)
            .finish()?;
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(item)).build().map_err(LedgerError::unexpected)?;
        match self.commit(vec![Step::put(Slot::Other, put)], entry).await? {
            Committed::Yes => Ok(()),
            Committed::No(_) => Err(LedgerError::conflict(plan.as_str())),
        }
    }
}

fn item(factor: &FactorRow, region: &str) -> Result<Attributes, LedgerError> {
    Item::new(&Key::factor(&factor.person), region)
        .s("person", factor.person.as_str())
        .s("secret", factor.secret_b64.clone())
        .flag("active", factor.active)
        .s("guard", factor.guard.clone())
        .n("enrolled_at", factor.enrolled_at.0)
        .n("writes", i64::try_from(factor.version).map_err(LedgerError::unexpected)?)
        .finish()
}

fn read(map: Attributes, person: &PersonId) -> Result<FactorRow, LedgerError> {
    let row = Row::open(map)?;
    if row.s("person")? != person.as_str() || row.s("pk")? != Key::factor(person).pk {
        return Err(row.tampered());
    }
    Ok(FactorRow {
        person: person.clone(),
        secret_b64: row.s("secret")?.to_owned(),
        active: row.flag("active")?,
        guard: row.s("guard")?.to_owned(),
        enrolled_at: row.at("enrolled_at")?,
        version: row.count("writes")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_reads_back_and_another_persons_row_is_tampered() {
        let (bob, eve) = (PersonId::parse("bob").unwrap(), PersonId::parse("eve").unwrap());
        let factor = FactorRow {
            person: bob.clone(),
            secret_b64: "c2VjcmV0".into(),
            active: true,
            guard: "{}".into(),
            enrolled_at: EpochMs(5),
            version: 3,
        };
        let map = item(&factor, "us-east-1").unwrap();
        assert_eq!(read(map.clone(), &bob).unwrap(), factor);
        assert!(matches!(read(map, &eve), Err(LedgerError::Tampered { .. })));
    }
}
