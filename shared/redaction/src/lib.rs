//! What may be shown to whom: [`class`] says how far a text may travel, [`Redactor`] takes out of it what may not travel
//! at all.
//!
//! Entry types: [`Redactor`] for whole texts, [`Stream`] for texts that come in pieces, [`classify`] for classes.
//!
//! Invariants: what is taken out is replaced by its kind alone (`[redacted:github-token]`), so nothing of it, neither a
//! hash nor a length, can be got back; what was redacted is left alone the next time; a text in pieces is redacted as the same
//! text in one; everything is linear in the length of the text.
//!
//! How: one pass of an automaton over some hundred anchors (prefixes of tokens, names of vendors, words such as
//! `password`), one look at every fourth byte for long numbers, and a look at words of forty characters. Only where
//! something is hit is a rule asked, and it looks no further than a bounded distance.
//!
//! ```
//! let redactor = redaction::Redactor::shared();
//! let said = redactor.redact("postgres://app:hunter2@db/orders is down");
//! assert_eq!(said.text, "postgres://app:[redacted:password-in-address]@db/orders is down");
//! assert_eq!(said.found[0].kind.as_str(), "password-in-address");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod assign;
mod chars;
pub mod class;
mod engine;
mod json;
mod kind;
mod pattern;
mod personal;
mod rules;
mod stream;
mod structured;

use std::borrow::Cow;

pub use class::{Class, Subject, classify};
pub use engine::Redactor;
pub use kind::{Audience, Kind};
pub use stream::Stream;

/// One place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// First byte.
    pub start: usize,
    /// One behind the last byte.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

/// A text with everything taken out that was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text; the given one where nothing was found.
    pub text: Cow<'a, str>,
    /// What was found, by its place in the given text, in order and without overlaps.
    pub found: Vec<Found>,
}

/// What stands in place of a finding.
#[must_use]
pub fn marker(kind: Kind) -> String {
    format!("[redacted:{kind}]")
}

/// A text as signed-in colleagues may read it: replies, previews, notifications, audit records.
///
/// Redact before cutting a text short: half a secret is not recognised any more.
///
/// ```
/// assert_eq!(redaction::for_colleagues("口令：hunter22"), "口令：[redacted:password]");
/// ```
#[must_use]
pub fn for_colleagues(text: &str) -> String {
    Redactor::shared().redact_for(Audience::Colleagues, text).text.into_owned()
}

/// A text as anybody may read it: models, logs, tickets in other systems.
#[must_use]
pub fn for_anybody(text: &str) -> String {
    Redactor::shared().redact(text).text.into_owned()
}
