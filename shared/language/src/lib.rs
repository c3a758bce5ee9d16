//! From a sentence in English or Chinese to one intent, or a question back.
//!
//! Entry types: [`parse`], [`Context`]; [`parse_in`] with what the conversation spoke of before. The words of operations stand beside each entry of the catalogue; the words
//! of everything else in `vocabulary`. The way of a sentence: characters are folded (`normalize`), cut into words and
//! shaped things (`scan`, `entity`), covered by listed phrases and marked as negated or past (`token`), slots are
//! found (`slots`, `number`), the catalogue is asked (`operate`, `params`), then the questions (`ask`, `inform`). An order may say
//! which incident it is for (`incident`).
//!
//! Invariant: pure and linear; an operation is answered only where every part of the sentence supports it. What is
//! unsure, destructive, quoted, conditional or forbidden is a [`domain::Clarify`], never an act.
//!
//! ```
//! use domain::Intent;
//! let parsed = language::parse("把 dev 的 i-0abc123def4567890 停掉", &language::Context::default());
//! let Intent::Operate(request) = parsed.intent else { panic!("{parsed:?}") };
//! assert_eq!(request.operation.as_str(), "ec2.stop_instances");
//! assert_eq!(request.targets, ["i-0abc123def4567890"]);
//! assert_eq!(request.account.as_deref(), Some("dev"));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod alike;
mod ask;
mod cover;
mod entity;
mod explain;
mod forms;
mod homophones;
mod incident;
mod inform;
mod lexicon;
mod named;
mod normalize;
mod number;
mod operate;
mod params;
mod reply;
mod safety;
mod scan;
mod slip;
mod slots;
mod talk;
mod token;
mod traditional;
mod vocabulary;

use std::collections::HashSet;

use domain::{Intent, Lang, OperateRequest, OperationId, ParsedRequest};

use crate::{
    ask::Asked,
    operate::{Operation, Reading},
    reply::Question,
    slots::Slots,
    token::Sentence,
};

pub use crate::{
    named::{Named, named},
    talk::{Borrowed, Heard, parse_in},
};
pub use domain::Talk;

/// The longest request that is read, in bytes.
pub const LONGEST_REQUEST: usize = 16 * 1024;

/// What the reader knows beside the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Names and aliases of accounts in the registry.
    pub accounts: Vec<String>,
}

impl Context {
    /// A context with the names and aliases of accounts.
    pub fn with_accounts<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self { accounts: names.into_iter().map(Into::into).collect() }
    }

    /// Whether a word is the name of an account, whatever its case.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.accounts.iter().any(|name| name.eq_ignore_ascii_case(word))
    }
}

/// Reads one request. Texts longer than [`LONGEST_REQUEST`] are asked to be shorter.
#[must_use]
pub fn parse(text: &str, context: &Context) -> ParsedRequest {
    if text.len() > LONGEST_REQUEST {
        let lang = Lang::of(&text.chars().take(1000).collect::<String>());
        return answer(lang, Intent::Clarify(Question::TooLong.clarify()), 1000, Vec::new());
    }
    parse_unbounded(text, context)
}

/// Reads a text of any length, in time linear in its length. [`parse`] is what requests go through.
#[must_use]
pub fn parse_unbounded(text: &str, context: &Context) -> ParsedRequest {
    let plain = read(text, context);
    if !incident::named(text) {
        return plain;
    }
    match (linked(text, context), &plain.intent) {
        (Some(order), _) => order,
        // A plan would take the incident from wherever it is named: "…, not for inc_…".
        (None, Intent::Operate(_)) => answer(plain.lang, Intent::Clarify(Question::Doubt.clarify()), 900, Vec::new()),
        (None, _) => plain,
    }
}

/// An order that says which incident it is for: what the rest of the sentence asks, with the id as a span of its own.
fn linked(text: &str, context: &Context) -> Option<ParsedRequest> {
    let link = incident::link(text)?;
    let mut rest = read(&link.without(text)?, context);
    if !matches!(rest.intent, Intent::Operate(_)) {
        return None;
    }
    rest.lang = Lang::of(text);
    rest.spans.push(("incident".to_owned(), link.id.0, link.id.1));
    Some(rest)
}

/// Reads a text as it stands.
fn read(text: &str, context: &Context) -> ParsedRequest {
    let lang = Lang::of(text);
    let sentence = Sentence::of(text);
    let refuse = |question: Question| answer(lang, Intent::Clarify(question.clarify()), 900, Vec::new());
    if let Some(question) = safety::refuse(&sentence) {
        return refuse(question);
    }
    if safety::is_log_line(&sentence) {
        return refuse(Question::Unclear);
    }
    if sentence.is_paste() {
        return pasted(lang, sentence, context).unwrap_or_else(|| refuse(Question::TooLong));
    }
    let slots = Slots::of(&sentence, context);
    let reading = operate::read(&sentence, &slots);
    let reading = match reading {
        Reading::Operation(operation) => match safety::hold(&sentence, &slots, &operation) {
            Some(question) => Reading::Question(question),
            None => Reading::Operation(operation),
        },
        other => other,
    };
    let mut asked = Asked::new(&sentence, &slots);
    match (asked.read(&reading), reading) {
        (Ok(intent), _) => {
            if !matches!(intent, Intent::Scan(_) | Intent::Clarify(_)) {
                asked.scope();
            }
            let spans = std::mem::take(&mut asked.spans);
            answer(lang, intent, 800, spans)
        }
        (Err(_), Reading::Operation(operation)) => match explain::unexplained(&sentence, &slots, &operation) {
            Some(question) => refuse(question),
            None => operated(lang, &sentence, &slots, &operation),
        },
        (Err(question), _) => refuse(question),
    }
}

/// Every listed word and phrase, its words or ideographs joined by blanks, as [`folded`] writes a text.
#[must_use]
pub fn listed_words() -> HashSet<String> {
    vocabulary::listed::all()
}

/// A text as the lists see it: half width, simplified, lower case, its words and ideographs joined by blanks.
#[must_use]
pub fn folded(text: &str) -> String {
    lexicon::units(text).join(" ")
}

/// Reads from now on without some of [`listed_words`]: for cross-validation, in a process of its own, before the first sentence is
/// read. False where other words were left out before.
pub fn leave_out(words: HashSet<String>) -> bool {
    vocabulary::listed::leave_out(words)
}

/// What a text of very many words asks to look at, by its beginning; none where it asks for anything that changes something.
fn pasted(lang: Lang, mut sentence: Sentence<'_>, context: &Context) -> Option<ParsedRequest> {
    if sentence.tokens.iter().any(|t| t.asks() && !t.meaning.weak) {
        return None;
    }
    sentence.shorten();
    let slots = Slots::of(&sentence, context);
    let mut asked = Asked::new(&sentence, &slots);
    let intent = asked.read(&Reading::Nothing).ok()?;
    let looks = matches!(
        intent,
        Intent::Investigate(_)
            | Intent::ShowMetrics(_)
            | Intent::CheckHealth(_)
            | Intent::DetectAnomalies(_)
            | Intent::ListResources(_)
            | Intent::ShowLogs(_)
            | Intent::SearchKnowledge(_)
            | Intent::SuggestSop(_)
            | Intent::QueryAudit(_)
            | Intent::ExplainPolicy(_)
    );
    if looks {
        asked.scope();
    }
    let spans = std::mem::take(&mut asked.spans);
    looks.then(|| answer(lang, intent, 600, spans))
}

fn answer(lang: Lang, intent: Intent, confidence_permille: u16, spans: Vec<(String, usize, usize)>) -> ParsedRequest {
    ParsedRequest { lang, intent, confidence_permille, spans }
}

fn operated(lang: Lang, sentence: &Sentence<'_>, slots: &Slots, operation: &Operation) -> ParsedRequest {
    let mut asked = Asked::new(sentence, slots);
    let mut scope = asked.scope();
    if scope.account.is_none()
        && let Some(token) = operation.placed.and_then(|at| sentence.token(at))
    {
        scope.account = Some(sentence.written(token).to_owned());
        asked.mark_span("account", (token.start, token.end));
    }
    let mut targets = Vec::new();
    for token in operation.targets.iter().filter_map(|at| sentence.token(*at)) {
        targets.push(sentence.written(token).to_owned());
        asked.mark_span("targets", (token.start, token.end));
    }
    for (name, span) in &operation.filled.spans {
        asked.mark_span(name, *span);
    }
    let Ok(id) = OperationId::parse(operation.entry.spec.id) else {
        return answer(lang, Intent::Clarify(Question::Unclear.clarify()), 500, Vec::new());
    };
    let request = OperateRequest {
        operation: id,
        targets,
        account: scope.account,
        region: scope.region,
        params: operation.filled.params.clone(),
        dry_run: operation.dry_run,
    };
    answer(lang, Intent::Operate(request), operation.confidence, asked.spans)
}
