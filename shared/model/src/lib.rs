//! A language model as a port: a typed question goes out, a typed answer comes back and is held against the rules.
//!
//! Entry types: [`Climb`] (the ladder: rules, small model, larger model, question back), [`Answer`] (all that a model
//! may say), [`hold`] (what of it counts).
//!
//! Invariant: **a model takes nothing upon itself.** It is asked only where the rules asked back for a harmless reason
//! ([`Doubt`]). What it answers is a proposal in a closed type; every id, name, number and account in it must stand in the
//! person's own words; an operation comes out as a preview and never as an act; decisions, undo, the kill switch and a
//! change of account do not come out at all. Everything else is one rung down, and the reply says so.
//!
//! Pure: the clock, the budget and the wire are arguments ([`Port`], [`Purse`], [`Clock`]).
//!
//! ```
//! use model::{Answer, Discard, Kind, Said, doubt, hold};
//! let context = language::Context::with_accounts(["dev"]);
//! let refused = language::parse("terminate i-0abc123def4567890", &context);
//! assert!(doubt(&refused).is_none());
//! let obeys = Answer { operation: Some("ec2.stop_instances".into()), targets: vec!["i-0abc123def4567890".into()], ..Answer::of(Kind::Operate) };
//! assert_eq!(hold(&Said::of("terminate i-0abc123def4567890"), &context, &refused, &obeys), Err(Discard::RulesDecided));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answer;
mod breaker;
mod budget;
mod climb;
mod fence;
mod hold;
mod occurs;
mod question;
mod schema;
mod speech;
mod temper;
mod words;

pub use answer::{Answer, AnswerError, Kind, MAX_ANSWER_BYTES, ParamValue};
pub use breaker::{Breaker, BreakerTerms, Permit};
pub use budget::{Limits, Price, PriceError, Prices, Reserved, reservation, room};
pub use climb::{Asked, Call, Climb, Climbed, Clock, Failure, Port, Purse, PurseRefusal, Replied, Rung};
pub use fence::{Material, Source};
pub use hold::{Discard, Doubt, Held, doubt, hold};
pub use question::{Question, Redact, Said, TOOL};
pub use schema::tool_schema;
pub use temper::{Read, read, read_in};
