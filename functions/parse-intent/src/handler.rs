//! Text to intent. Entry type: [`Handler`].
//!
//! Invariant: a text is understood or asked back about; only a request for one operation is routed to planning,
//! only a question for a cause to an investigation. Models are asked where the rules are in doubt and nowhere else;
//! without any the function does all it can. Every request is recorded before it goes on, with who asked and how it was understood;
//! for a person without a role no model is asked.

use audit::{Actor, AuditEvent, EventKind};
use directory::Directory;
use domain::{
    Account, EpochMs, Intent, Lang, Talk, WireError,
    wire::{ConverseInput, Reading, Route, Understood},
};
use language::Context;
use ledger::{Entry, Ledger};
use model::{Asked, Climbed, Read};

use crate::models::Models;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) directory: Directory,
    pub(crate) models: Option<Models>,
}

impl Handler {
    pub(crate) async fn handle(&self, input: ConverseInput, now: EpochMs) -> Result<Understood, WireError> {
        let roles = self.directory.roles(&input.person).await.map_err(|e| e.wire())?;
        self.ledger.see_sign_in(&input.person, &roles, &input.sign_in, now).await.map_err(|e| e.wire())?;
        let session = self.ledger.session(&input.person, &input.session, now).await.map_err(|e| e.wire())?;
        let session_account = session.and_then(|s| s.account);
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let context = Context { accounts: accounts.iter().map(|a| a.name.clone()).collect() };
        let talk = self.ledger.talk(&input.person, &input.session, &input.request_id, now).await.map_err(|e| e.wire())?;
        let read = model::read_in(&input.text, &context, &talk);
        let borrowed = read.borrowed.clone();
        let Climbed { parsed, mut reading } = match self.models.as_ref().filter(|_| !roles.is_empty()) {
            Some(models) => {
                let about = account_of(&input.text, session_account.as_deref(), &accounts, &context);
                self.climb(models, &input, about, read, &context, now).await?
            }
            None => Climbed { parsed: read.parsed, reading: Reading { words: read.words, ..Reading::default() } },
        };
        reading.borrowed = borrowed;
        let spoken = without_secrets(talk.after(&parsed.intent, &language::named(&input.text, &context).things));
        if spoken != talk {
            // What is not remembered would let "it" stand for something older, so a failure to write is one of the request.
            let change = (&talk, &spoken);
            self.ledger.put_talk(&input.person, &input.session, &input.request_id, change, now).await.map_err(|e| e.wire())?;
        }
        let lang = input.lang.unwrap_or_else(|| Lang::of(&input.text));
        let event = AuditEvent::new(EventKind::RequestReceived, Actor::person(input.person.clone(), roles).signed_in(&input.sign_in))
            .fact("text", cut(&redaction::for_colleagues(&input.text)))
            .fact("understood", name_of(&parsed.intent))
            .fact("session", input.session.as_str())
            .fact("request", domain::text::defang(&input.request_id, 80))
            .sensitive();
        self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())?;
        let route = match &parsed.intent {
            Intent::Operate(_) => Route::Plan,
            Intent::Investigate(_) => Route::Investigate,
            Intent::Scan(_) => Route::Scan,
            Intent::ListResources(_) | Intent::CheckHealth(_) => Route::Inspect,
            _ => Route::Answer,
        };
        Ok(Understood { input, parsed, lang, session_account, route, reading })
    }

    async fn climb(
        &self,
        models: &Models,
        input: &ConverseInput,
        about: Option<&Account>,
        read: Read,
        context: &Context,
        now: EpochMs,
    ) -> Result<Climbed, WireError> {
        let asked = Asked { read, context, materials: &[], redact: &models.redact, nonce: lambda_shell::entropy()? };
        let purse = models.purse(&self.ledger, &input.person, about.map(|a| &a.id), now);
        let climbed = models.climb.understand(asked, &models.port, &purse, &lambda_shell::now).await;
        if climbed.reading.note.is_some() {
            let fallen: Vec<&str> = climbed.reading.fallen.iter().map(|f| f.why.as_str()).collect();
            tracing::info!(
                model.rung = ?climbed.reading.rung,
                model.fallen = fallen.join(","),
                model.tokens = climbed.reading.spent.tokens,
                model.micro_usd = climbed.reading.spent.micro_usd,
                "a model was in play"
            );
        }
        Ok(climbed)
    }
}

/// An intent's name as it travels.
fn name_of(intent: &Intent) -> String {
    let value = serde_json::to_value(intent).unwrap_or_default();
    value.get("intent").and_then(|name| name.as_str()).unwrap_or("unknown").to_owned()
}

/// The beginning of a text, for its record; redacted before it is cut.
fn cut(text: &str) -> String {
    domain::text::defang(text, 300)
}

/// What may be remembered: where a secret stands among the names, nothing is, and "it" is asked back about.
fn without_secrets(talk: Talk) -> Talk {
    let params = format!("{:?}", talk.params);
    let words = talk.targets.iter().chain(&talk.earlier).chain(&talk.account).chain([&params]);
    if words.into_iter().all(|word| redaction::for_colleagues(word) == *word) { talk } else { Talk::default() }
}

/// The account whose budget a conversation counts against: the one registered account that the text names, else the session's.
fn account_of<'a>(text: &str, session: Option<&str>, accounts: &'a [Account], context: &Context) -> Option<&'a Account> {
    let named = language::named(text, context).accounts;
    let known = |written: &str| accounts.iter().find(|a| a.name.eq_ignore_ascii_case(written) || a.id.as_str() == written);
    match named.as_slice() {
        [one] => known(one),
        _ => None,
    }
    .or_else(|| session.and_then(known))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{AccountId, Autonomy, Environment};

    use super::*;

    fn account(id: &str, name: &str) -> Account {
        Account {
            id: AccountId::parse(id).unwrap(),
            name: name.into(),
            environment: Environment::Dev,
            owner: "team".into(),
            regions: vec!["us-east-1".into()],
            tags: BTreeMap::new(),
            autonomy: Autonomy::Tiered,
        }
    }

    #[test]
    fn an_intent_is_recorded_by_the_name_it_travels_under() {
        assert_eq!(name_of(&Intent::Help), "help");
        assert_eq!(name_of(&Intent::Undo { plan: "x".into() }), "undo");
    }

    #[test]
    fn a_secret_that_is_taken_for_a_name_is_not_remembered() {
        let talk = |name: &str| Talk { targets: vec![name.into()], ..Talk::default() };
        assert_eq!(without_secrets(talk("i-0abc123def4567890")), talk("i-0abc123def4567890"));
        for secret in ["ghp_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5", "glpat-aB3dE5fG7hJ9kL1mN3pQ"] {
            assert_eq!(without_secrets(talk(secret)), Talk::default(), "{secret}");
        }
    }

    #[test]
    fn a_conversation_counts_against_the_account_it_names_else_against_that_of_the_session() {
        let accounts = [account("222222222222", "dev"), account("444444444444", "prod")];
        let context = Context::with_accounts(["dev", "prod"]);
        let about = |text: &str, session| account_of(text, session, &accounts, &context).map(|a| a.name.as_str());
        assert_eq!(about("calm i-0abc123def4567890 down in dev", Some("prod")), Some("dev"));
        assert_eq!(about("calm it down", Some("prod")), Some("prod"));
        assert_eq!(about("calm it down", None), None);
        assert_eq!(about("calm it down", Some("gone")), None);
    }
}
