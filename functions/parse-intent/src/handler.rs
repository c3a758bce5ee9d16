//! Text to intent. Entry type: [`Handler`].
//!
//! Invariant: a text is understood or asked back about; only a request for one operation is routed to planning,
//! only a question for a cause to an investigation.

use domain::{
    EpochMs, Intent, Lang, WireError,
    wire::{ConverseInput, Route, Understood},
};
use language::Context;
use ledger::Ledger;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
}

impl Handler {
    pub(crate) async fn handle(&self, input: ConverseInput, now: EpochMs) -> Result<Understood, WireError> {
        let session = self.ledger.session(&input.person, &input.session, now).await.map_err(|e| e.wire())?;
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let context = Context { accounts: accounts.into_iter().map(|a| a.name).collect() };
        let parsed = language::parse(&input.text, &context);
        let lang = input.lang.unwrap_or_else(|| Lang::of(&input.text));
        let route = match parsed.intent {
            Intent::Operate(_) => Route::Plan,
            Intent::Investigate(_) => Route::Investigate,
            _ => Route::Answer,
        };
        Ok(Understood { input, parsed, lang, session_account: session.and_then(|s| s.account), route })
    }
}
