//! The ladder: rules, small model, larger model, question back. Entry type: [`Climb`].
//!
//! Invariant: the rules come first and their refusals are final; a rung that fails, lies or may not be paid for is one
//! rung down, never an error; money is set aside before a model is asked. A refusal by a model ends the ladder.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, PoisonError},
};

use domain::{
    EpochMs, ParsedRequest, Spend, SpendScope,
    wire::{Fallen, Reading, Rung as Level},
};
use language::Context;

use crate::{
    answer::{Answer, AnswerError},
    breaker::{Breaker, BreakerTerms, Permit},
    budget::{Price, reservation},
    fence::Material,
    hold::{Discard, Held, doubt, hold},
    question::{Question, Redact},
    speech,
    temper::Read,
};

/// One model on the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// Which rung it is.
    pub level: Level,
    /// Model or inference profile id.
    pub model_id: String,
    /// Its price; a model without one is not asked.
    pub price: Option<Price>,
}

/// Why a rung did not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Its price is not in the table.
    Unpriced,
    /// A budget of the day has no room for the call.
    Spent(SpendScope),
    /// The budget could not be read, and what is unknown is not spent.
    BudgetUnknown,
    /// The call could not be recorded, and is therefore not made.
    Unrecorded,
    /// The breaker is open.
    Resting,
    /// The service has too much to do.
    Throttled,
    /// No answer in time; it may have been paid for.
    TimedOut,
    /// The service failed or could not be reached.
    Unavailable,
    /// This function may not ask this model.
    Denied,
    /// The service does not take the request (an unknown model, another region).
    Refused,
    /// It answered something else than the typed answer.
    Malformed(AnswerError),
    /// The answer does not count.
    Discarded(Discard),
}

impl Failure {
    /// A stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unpriced => "unpriced",
            Self::Spent(SpendScope::Person(_)) => "budget_person",
            Self::Spent(SpendScope::Account(_)) => "budget_account",
            Self::Spent(SpendScope::Fleet) => "budget_fleet",
            Self::BudgetUnknown => "budget_unknown",
            Self::Unrecorded => "unrecorded",
            Self::Resting => "resting",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed_out",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Refused => "request_refused",
            Self::Malformed(_) => "malformed",
            Self::Discarded(discard) => discard.code(),
        }
    }

    /// Whether the model, not the sentence, is at fault: counts for the breaker. A person cannot open it by what they write.
    fn is_outage(&self) -> bool {
        matches!(self, Self::Throttled | Self::TimedOut | Self::Unavailable | Self::Denied | Self::Refused)
    }

    /// Whether the call may have been paid for although no use was reported.
    fn may_have_cost(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Malformed(_))
    }
}

/// What came back over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// The typed answer, or why there is none.
    pub answer: Result<Answer, AnswerError>,
    /// Tokens in and out as the service reports them.
    pub usage: Option<(u64, u64)>,
}

/// Asks a model. One call, no retries: time is short, and the next rung is the retry.
pub trait Port: Sync {
    /// Sends one question.
    fn ask(&self, model_id: &str, question: &Question) -> impl Future<Output = Result<Replied, Failure>> + Send;
}

/// A budget did not allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurseRefusal {
    /// This one has no room.
    Spent(SpendScope),
    /// It could not be read or written.
    Unknown,
    /// The call could not be written into the audit log, and what leaves no record is not done.
    Unrecorded,
}

/// Which call money is set aside for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    /// Which rung of the ladder.
    pub level: Level,
    /// Model or inference profile id.
    pub model_id: &'a str,
}

/// Sets money aside and settles. It knows the day and whose budgets count.
pub trait Purse: Sync {
    /// Sets aside on every budget, or on none, and records that the model is about to be asked.
    fn reserve(&self, call: Call<'_>, wanted: Spend) -> impl Future<Output = Result<(), PurseRefusal>> + Send;
    /// Gives back what was set aside and not used. `outcome` is `answered` or the code of a [`Failure`].
    fn settle(&self, call: Call<'_>, reserved: Spend, actual: Spend, outcome: &'static str) -> impl Future<Output = ()> + Send;
}

/// The time.
pub trait Clock: Sync {
    /// Now.
    fn now(&self) -> EpochMs;
}

impl<F: Fn() -> EpochMs + Sync> Clock for F {
    fn now(&self) -> EpochMs {
        self()
    }
}

/// One sentence to be understood.
pub struct Asked<'a> {
    /// The text as the rules read it.
    pub read: Read,
    /// What the rules know beside the text.
    pub context: &'a Context,
    /// Untrusted text that the conversation is about.
    pub materials: &'a [Material],
    /// What may not leave.
    pub redact: &'a Redact<'a>,
    /// Fresh and unpredictable.
    pub nonce: u128,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Climbed {
    /// What was understood, or the question of the rules.
    pub parsed: ParsedRequest,
    /// Who understood it, what was tried and what it cost.
    pub reading: Reading,
}

/// The ladder with its breakers. Made once for a warm function.
#[derive(Debug)]
pub struct Climb {
    rungs: Vec<Rung>,
    terms: BreakerTerms,
    breakers: Mutex<BTreeMap<Level, Breaker>>,
}

impl Climb {
    /// A ladder; without rungs it is the rules alone.
    #[must_use]
    pub fn new(rungs: Vec<Rung>, terms: BreakerTerms) -> Self {
        Self { rungs, terms, breakers: Mutex::default() }
    }

    /// The models, in order.
    #[must_use]
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// Understands a sentence: the rules' answer, a model's where the rules are in doubt, or the rules' question.
    pub async fn understand(&self, asked: Asked<'_>, port: &impl Port, purse: &impl Purse, clock: &impl Clock) -> Climbed {
        let Read { said, parsed: rules, words, borrowed: _ } = asked.read;
        if self.rungs.is_empty() || doubt(&rules).is_none() || !said.is_askable() {
            return Climbed { parsed: rules, reading: Reading { words, ..Reading::default() } };
        }
        let question = Question::understand(&said, asked.materials, asked.redact, asked.nonce);
        let mut spent = Spend::NONE;
        let mut fallen: Vec<(Level, Failure)> = Vec::new();
        for rung in &self.rungs {
            let (outcome, cost) = self.ask(rung, &question, port, purse, clock).await;
            spent = spent.plus(cost);
            let held = outcome.and_then(|answer| hold(&said, asked.context, &rules, &answer).map_err(Failure::Discarded));
            match held {
                Ok(Held { parsed, words }) => {
                    return Climbed { parsed, reading: reading(rung.level, Some(rung), &fallen, spent, words) };
                }
                Err(failure) => {
                    let last = failure == Failure::Discarded(Discard::Refused);
                    fallen.push((rung.level, failure));
                    if last {
                        break;
                    }
                }
            }
        }
        Climbed { parsed: rules, reading: reading(Level::Clarification, None, &fallen, spent, None) }
    }

    /// Asks one model: breaker, budget, wire, settlement. Never more than one call.
    async fn ask(
        &self,
        rung: &Rung,
        question: &Question,
        port: &impl Port,
        purse: &impl Purse,
        clock: &impl Clock,
    ) -> (Result<Answer, Failure>, Spend) {
        let Some(price) = rung.price else { return (Err(Failure::Unpriced), Spend::NONE) };
        if let Permit::Rest(_) = self.breaker(rung.level, |b| b.permit(clock.now())) {
            return (Err(Failure::Resting), Spend::NONE);
        }
        let reserved = reservation(price, question.bytes(), question.max_output_tokens).spend;
        let call = Call { level: rung.level, model_id: &rung.model_id };
        if let Err(refusal) = purse.reserve(call, reserved).await {
            self.breaker(rung.level, |b| b.not_asked(clock.now()));
            let failure = match refusal {
                PurseRefusal::Spent(scope) => Failure::Spent(scope),
                PurseRefusal::Unknown => Failure::BudgetUnknown,
                PurseRefusal::Unrecorded => Failure::Unrecorded,
            };
            return (Err(failure), Spend::NONE);
        }
        let replied = port.ask(&rung.model_id, question).await;
        let usage = replied.as_ref().ok().and_then(|r| r.usage);
        let outcome = replied.and_then(|r| r.answer.map_err(Failure::Malformed));
        let actual = match (&outcome, usage) {
            (_, Some((input, output))) => price.cost(input, output),
            (Ok(_), None) => reserved,
            (Err(failure), None) if failure.may_have_cost() => reserved,
            (Err(_), None) => Spend::NONE,
        };
        purse.settle(call, reserved, actual, outcome.as_ref().map_or_else(Failure::code, |_| "answered")).await;
        self.breaker(rung.level, |b| match &outcome {
            Err(failure) if failure.is_outage() => b.failed(clock.now()),
            _ => b.succeeded(),
        });
        (outcome, actual)
    }

    fn breaker<T>(&self, level: Level, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        act(breakers.entry(level).or_insert_with(|| Breaker::new(self.terms)))
    }
}

fn reading(level: Level, answered: Option<&Rung>, fallen: &[(Level, Failure)], spent: Spend, words: Option<String>) -> Reading {
    let model = answered.map(|rung| rung.model_id.clone());
    let note = speech::note(level, model.as_deref(), fallen, spent);
    let fallen = fallen.iter().map(|(rung, failure)| Fallen { rung: *rung, why: failure.code().to_owned() }).collect();
    Reading { rung: level, model, fallen, spent, words, borrowed: None, note: Some(note) }
}
