//! The models of this function: which, what they may cost, and whose budgets count. Entry type: [`Models`].
//!
//! Invariant: off unless a model is named; a budget that is not stated stops the function at its start.

use std::time::Duration;

use bedrock::Bedrock;
use domain::{AccountId, EpochMs, PersonId, Spend, SpendScope, wire::Rung as Level};
use ledger::{Ledger, SpendLimit, SpendOutcome};
use model::{BreakerTerms, Climb, Limits, Prices, Purse, PurseRefusal, Redact, Rung};

/// The ladder, the wire, and the limits of a day.
pub(crate) struct Models {
    pub(crate) climb: Climb,
    pub(crate) port: Bedrock,
    pub(crate) redact: Box<Redact<'static>>,
    limits: Limits,
}

/// What main.rs reads from the configuration.
pub(crate) struct Settings {
    pub(crate) small: Option<String>,
    pub(crate) large: Option<String>,
    /// A price table of the operator's own.
    pub(crate) prices: Option<String>,
    pub(crate) timeout_ms: i64,
    pub(crate) limits: Limits,
}

impl Models {
    /// The models that are named, `None` where none is.
    pub(crate) fn of(settings: Settings, aws: &aws_config::SdkConfig) -> Result<Option<Self>, lambda_shell::Fatal> {
        let prices = match &settings.prices {
            Some(table) => Prices::read(table)?,
            None => Prices::built_in(),
        };
        let named = [(Level::SmallModel, settings.small), (Level::LargeModel, settings.large)];
        let rungs: Vec<Rung> =
            named.into_iter().filter_map(|(level, id)| id.map(|model_id| Rung { level, price: prices.of(&model_id), model_id })).collect();
        if rungs.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            climb: Climb::new(rungs, BreakerTerms::default()),
            port: Bedrock::new(aws, Duration::from_millis(u64::try_from(settings.timeout_ms)?)),
            redact: Box::new(redact),
            limits: settings.limits,
        }))
    }

    /// The budgets that one conversation counts against.
    pub(crate) fn purse<'l>(&self, ledger: &'l Ledger, person: &PersonId, account: Option<&AccountId>, now: EpochMs) -> DayPurse<'l> {
        let mut limits = vec![SpendLimit { scope: SpendScope::Person(person.clone()), most: self.limits.person }];
        limits.extend(account.map(|id| SpendLimit { scope: SpendScope::Account(id.clone()), most: self.limits.account }));
        limits.push(SpendLimit { scope: SpendScope::Fleet, most: self.limits.fleet });
        DayPurse { ledger, limits, now }
    }
}

/// The day's budgets in the ledger.
pub(crate) struct DayPurse<'l> {
    ledger: &'l Ledger,
    limits: Vec<SpendLimit>,
    now: EpochMs,
}

impl Purse for DayPurse<'_> {
    async fn reserve(&self, wanted: Spend) -> Result<(), PurseRefusal> {
        match self.ledger.reserve_spend(&self.limits, wanted, self.now).await {
            Ok(SpendOutcome::Reserved) => Ok(()),
            Ok(SpendOutcome::Spent(scope)) => Err(PurseRefusal::Spent(scope)),
            Err(error) => {
                tracing::warn!(error = %error, "a budget cannot be read or written, so no model is asked");
                Err(PurseRefusal::Unknown)
            }
        }
    }

    async fn settle(&self, reserved: Spend, actual: Spend) {
        let scopes: Vec<SpendScope> = self.limits.iter().map(|limit| limit.scope.clone()).collect();
        if let Err(error) = self.ledger.settle_spend(&scopes, reserved, actual, self.now).await {
            tracing::warn!(error = %error, "a reservation was not settled and stays spent");
        }
    }
}

/// What may leave for a model: neither secrets nor people's data.
fn redact(text: &str) -> String {
    redaction::for_anybody(text)
}
