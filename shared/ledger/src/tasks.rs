//! Task tokens of waiting workflows, encrypted. Entry type: [`TaskToken`].
//!
//! Invariant: the ledger sees ciphertext only; a token wakes a workflow and proves nothing.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{EpochMs, PlanId};

use crate::{
    Ledger,
    commit::{Slot, Step},
    entry::Entry,
    error::{LedgerError, of_sdk},
    item::{Item, Row},
    keys::Key,
};

/// The token of the workflow that waits for a plan's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskToken {
    /// The token, encrypted, base64.
    pub ciphertext_b64: String,
    /// The workflow execution that waits.
    pub execution: String,
    /// Since when.
    pub at: EpochMs,
}

impl Ledger {
    /// Keeps the token of the workflow that waits now; an earlier one no longer counts.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn put_task_token(&self, plan: &PlanId, ciphertext_b64: &str, execution: &str, entry: &Entry) -> Result<(), LedgerError> {
        let item = Item::new(&Key::task(plan), &self.region)
            .s("ciphertext", ciphertext_b64)
            .s("execution_name", execution)
            .n("at", entry.now.0)
            .finish()?;
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(item)).build().map_err(LedgerError::unexpected)?;
        self.commit(vec![Step::put(Slot::Other, put)], entry).await?.or_conflict(self, entry, plan.as_str()).await
    }

    /// The token of the workflow that waits, if one does.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn task_token(&self, plan: &PlanId) -> Result<Option<TaskToken>, LedgerError> {
        let Some(map) = self.get(&Key::task(plan)).await? else { return Ok(None) };
        let row = Row::open(map)?;
        let Some(ciphertext) = row.opt_s("ciphertext")? else { return Ok(None) };
        Ok(Some(TaskToken { ciphertext_b64: ciphertext.to_owned(), execution: row.s("execution_name")?.to_owned(), at: row.at("at")? }))
    }

    /// Forgets a token that was used or is dead, if it is still this one. Forgetting it changes no authority and has
    /// no audit record.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn clear_task_token(&self, plan: &PlanId, token: &TaskToken) -> Result<(), LedgerError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::task(plan).attributes()))
            .update_expression("REMOVE ciphertext")
            .condition_expression("ciphertext = :this")
            .expression_attribute_values(":this", AttributeValue::S(token.ciphertext_b64.clone()))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(of_sdk(error)),
        }
    }
}
