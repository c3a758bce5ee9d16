//! Budgets of the day: what models may cost. Entry types: [`SpendLimit`], [`SpendOutcome`].
//!
//! Invariant: a reservation raises every budget it counts against in one transaction, each under the condition that it
//! still fits, or raises none. What is set aside and never settled stays spent: an unknown cost is not free.
//!
//! It moves no authority and has no audit record; the day is that of UTC at the instant of the reservation.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, TransactWriteItem, Update},
};
use domain::{EpochMs, Spend, SpendScope};

use crate::{
    Ledger,
    error::{LedgerError, of_sdk},
    item::{EPOCH, ITEM_VERSION, Row},
    keys::Key,
};

/// How long a day's count is kept, for the costs of a month.
const KEPT_SECONDS: i64 = 40 * 86_400;

/// One budget and its limit for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLimit {
    /// Whose.
    pub scope: SpendScope,
    /// Most tokens and micro-USD a day.
    pub most: Spend,
}

/// How a reservation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpendOutcome {
    /// Set aside on every budget.
    Reserved,
    /// This budget has no room; nothing was written.
    Spent(SpendScope),
}

impl Ledger {
    /// Sets an amount aside on every budget, or on none.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger does not answer; the caller then spends nothing.
    pub async fn reserve_spend(&self, limits: &[SpendLimit], wanted: Spend, now: EpochMs) -> Result<SpendOutcome, LedgerError> {
        if limits.is_empty() || limits.len() > 8 {
            return Err(LedgerError::malformed("a reservation counts against one to eight budgets"));
        }
        // A first reservation of a day finds no item, so that what never fits is told here.
        if let Some(limit) = limits.iter().find(|limit| !wanted.fits(limit.most)) {
            return Ok(SpendOutcome::Spent(limit.scope.clone()));
        }
        let mut writes = Vec::with_capacity(limits.len());
        for limit in limits {
            let room = limit.most.less(wanted);
            let update = self
                .spend_update(&limit.scope, now, "ADD tokens :tokens, micro_usd :micro, calls :one", 1)
                .condition_expression("attribute_not_exists(pk) OR (tokens <= :token_room AND micro_usd <= :micro_room)")
                .expression_attribute_values(":tokens", number(wanted.tokens))
                .expression_attribute_values(":micro", number(wanted.micro_usd))
                .expression_attribute_values(":token_room", number(room.tokens))
                .expression_attribute_values(":micro_room", number(room.micro_usd));
            writes.push(TransactWriteItem::builder().update(update.build().map_err(LedgerError::unexpected)?).build());
        }
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(writes)).send().await else {
            return Ok(SpendOutcome::Reserved);
        };
        let spent = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let failed = |code: Option<&str>| code == Some("ConditionalCheckFailed");
                let at = cancelled.cancellation_reasons().iter().position(|reason| failed(reason.code()));
                let busy = cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some("TransactionConflict"));
                match at.and_then(|at| limits.get(at)) {
                    Some(limit) => Some(limit.scope.clone()),
                    None if busy => return Err(LedgerError::Unavailable(error.into())),
                    None => None,
                }
            }
            _ => None,
        };
        match spent {
            Some(scope) => Ok(SpendOutcome::Spent(scope)),
            None => Err(of_sdk(error)),
        }
    }

    /// Gives back what was set aside at an instant and not used. `actual` may be more than was reserved.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written; the reservation then stays spent.
    pub async fn settle_spend(
        &self,
        scopes: &[SpendScope],
        reserved: Spend,
        actual: Spend,
        reserved_at: EpochMs,
    ) -> Result<(), LedgerError> {
        let change = |reserved: u64, actual: u64| AttributeValue::N((i128::from(actual) - i128::from(reserved)).to_string());
        if reserved == actual || scopes.is_empty() {
            return Ok(());
        }
        let mut writes = Vec::with_capacity(scopes.len());
        for scope in scopes {
            let update = self
                .spend_update(scope, reserved_at, "ADD tokens :tokens, micro_usd :micro", 0)
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":tokens", change(reserved.tokens, actual.tokens))
                .expression_attribute_values(":micro", change(reserved.micro_usd, actual.micro_usd));
            writes.push(TransactWriteItem::builder().update(update.build().map_err(LedgerError::unexpected)?).build());
        }
        // The SDK sends one token with every try of this call, so that what arrives twice counts once.
        self.client.transact_write_items().set_transact_items(Some(writes)).send().await.map_err(of_sdk)?;
        Ok(())
    }

    /// What a budget has spent and set aside on the day of an instant.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn spend_of_day(&self, scope: &SpendScope, at: EpochMs) -> Result<Spend, LedgerError> {
        match self.get(&Key::spend(scope, &at.utc_day())).await? {
            Some(map) => {
                let row = Row::open(map)?;
                Ok(Spend::new(row.count("tokens")?, row.count("micro_usd")?))
            }
            None => Ok(Spend::NONE),
        }
    }

    fn spend_update(&self, scope: &SpendScope, at: EpochMs, add: &str, calls: i64) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        let update = Update::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::spend(scope, &at.utc_day()).attributes()))
            .update_expression(format!("SET v = :v, region_home = :region, epoch = :epoch, #ttl = :ttl {add}"))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":v", AttributeValue::N(ITEM_VERSION.to_string()))
            .expression_attribute_values(":region", AttributeValue::S(self.region.clone()))
            .expression_attribute_values(":epoch", AttributeValue::N(EPOCH.to_string()))
            .expression_attribute_values(":ttl", AttributeValue::N(at.plus_seconds(KEPT_SECONDS).seconds().to_string()));
        if calls > 0 { update.expression_attribute_values(":one", AttributeValue::N(calls.to_string())) } else { update }
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
