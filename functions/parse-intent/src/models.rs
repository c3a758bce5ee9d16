//! The models of this function: which, what they may cost, and whose budgets count. Entry type: [`Models`].
//!
//! Invariant: off unless a model is named; a budget that is not stated stops the function at its start.

use std::time::Duration;

use audit::{Actor, AuditEvent, EventKind};
use bedrock::Bedrock;
use domain::{AccountId, EpochMs, PersonId, Spend, SpendScope, wire::Rung as Level};
use ledger::{Entry, Ledger, SpendLimit, SpendOutcome};
use model::{BreakerTerms, Call, Climb, Limits, Prices, Purse, PurseRefusal, Redact, Rung};

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
        DayPurse { ledger, limits, person: person.clone(), account: account.cloned(), now }
    }
}

/// The day's budgets in the ledger, and the audit log beside them.
pub(crate) struct DayPurse<'l> {
    ledger: &'l Ledger,
    limits: Vec<SpendLimit>,
    person: PersonId,
    account: Option<AccountId>,
    now: EpochMs,
}

impl DayPurse<'_> {
    async fn give_back(&self, reserved: Spend, actual: Spend) {
        let scopes: Vec<SpendScope> = self.limits.iter().map(|limit| limit.scope.clone()).collect();
        if let Err(error) = self.ledger.settle_spend(&scopes, reserved, actual, self.now).await {
            tracing::warn!(error = %error, "a reservation was not settled and stays spent");
        }
    }

    /// What happened to one call: which model, for whom, what it may cost or did. Never a word of the conversation.
    async fn record(&self, call: Call<'_>, stage: &str, spend: Spend) -> Result<(), ledger::LedgerError> {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut event = AuditEvent::new(EventKind::ModelCalled, Actor::function("parse-intent"))
            .fact("model", call.model_id)
            .fact("person", self.person.as_str())
            .fact("stage", stage)
            .fact("tokens", count(spend.tokens))
            .fact("micro_usd", count(spend.micro_usd));
        if let Some(account) = &self.account {
            event = event.in_account(account.clone());
        }
        self.ledger.append(&Entry::new(event, self.now)).await
    }
}

impl Purse for DayPurse<'_> {
    async fn reserve(&self, call: Call<'_>, wanted: Spend) -> Result<(), PurseRefusal> {
        match self.ledger.reserve_spend(&self.limits, wanted, self.now).await {
            Ok(SpendOutcome::Reserved) => {}
            Ok(SpendOutcome::Spent(scope)) => return Err(PurseRefusal::Spent(scope)),
            Err(error) => {
                tracing::warn!(error = %error, "a budget cannot be read or written, so no model is asked");
                return Err(PurseRefusal::Unknown);
            }
        }
        if let Err(error) = self.record(call, "asked", wanted).await {
            tracing::warn!(error = %error, "the call cannot be recorded, so no model is asked");
            self.give_back(wanted, Spend::NONE).await;
            return Err(PurseRefusal::Unrecorded);
        }
        Ok(())
    }

    async fn settle(&self, call: Call<'_>, reserved: Spend, actual: Spend, outcome: &'static str) {
        self.give_back(reserved, actual).await;
        if let Err(error) = self.record(call, outcome, actual).await {
            // That it was asked is recorded already.
            tracing::warn!(error = %error, model.outcome = outcome, "the outcome of a call was not recorded");
        }
    }
}

/// What may leave for a model: neither secrets nor people's data.
fn redact(text: &str) -> String {
    redaction::for_anybody(text)
}
