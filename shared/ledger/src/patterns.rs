//! What was learnt from incidents. Entry functions: [`Ledger::pattern`], [`Ledger::patterns`], [`Ledger::put_pattern`].
//!
//! Invariant: a pattern is written over the revision that was read, with its audit record; of several writers at the same time one gets
//! through and the others look again. All are in one partition, so that they can be read with strong consistency.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::Digest;
use knowledge::Pattern;

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::{Key, PATTERNS},
};

impl Ledger {
    /// A pattern by its name.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn pattern(&self, fingerprint: &Digest) -> Result<Option<Pattern>, LedgerError> {
        self.get(&Key::pattern(fingerprint)).await?.map(read).transpose()
    }

    /// All patterns, those set aside and deleted among them.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub async fn patterns(&self) -> Result<Vec<Pattern>, LedgerError> {
        let rows = self.query_all("pk = :pk", [(":pk", AttributeValue::S(PATTERNS.to_owned()))]).await?;
        rows.into_iter().map(read).collect()
    }

    /// Writes a pattern over the revision that was read (`None`: there was none). `false` where somebody else was quicker.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn put_pattern(&self, pattern: &Pattern, before: Option<u64>, entry: &Entry) -> Result<bool, LedgerError> {
        let item = Item::new(&Key::pattern(&pattern.fingerprint), &self.region)
            .json("pattern", pattern)?
            .n("revision", i64::try_from(pattern.revision).map_err(LedgerError::unexpected)?)
            .finish()?;
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(item));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(revision) => put
                .condition_expression("revision = :before")
                .expression_attribute_values(":before", AttributeValue::N(revision.to_string())),
        };
        let step = Step::put(Slot::Other, put.build().map_err(LedgerError::unexpected)?);
        Ok(matches!(self.commit(vec![step], entry).await?, Committed::Yes))
    }
}

fn read(map: Attributes) -> Result<Pattern, LedgerError> {
    let row = Row::open(map)?;
    let pattern: Pattern = row.json("pattern")?;
    if row.count("revision")? != pattern.revision || row.s("sk")? != pattern.fingerprint.to_string() {
        return Err(row.tampered());
    }
    Ok(pattern)
}
