//! Why a sentence that fits an operation is still not acted on. Entry point: [`refused`].
//!
//! Invariant: only takes an operation away.

use std::sync::LazyLock;

use catalogue::{Entry, words};

use super::{FORMS, Shaped};
use crate::{
    lexicon::LEXICON,
    reply::Question,
    slots::{Slots, kind_of},
    token::{Sentence, Token},
    vocabulary::Mark,
};

/// Verbs that start or stop something, as bits.
static SWITCHES: LazyLock<u64> = LazyLock::new(|| LEXICON.verb_bits(&[words::START, words::STOP]));

/// Why a sentence that fits an operation is still not acted on.
pub(super) fn refused(sentence: &Sentence<'_>, slots: &Slots, form: &Shaped) -> Option<Question> {
    let entry = form.entry;
    let forms = || FORMS.iter().filter(|f| f.entry.spec.id == entry.spec.id);
    let verbs = forms().fold(0, |bits, f| bits | f.verbs);
    let objects = forms().fold(0, |bits, f| bits | f.object);
    let opposites = forms().fold(0, |bits, f| bits | f.opposites) & !verbs;
    for (at, token) in sentence.tokens.iter().enumerate().filter(|(_, t)| t.quote.is_none()) {
        let explained = token.meaning.verbs & verbs != 0 || token.meaning.objects & objects != 0 || token.meaning.needs != 0;
        // "reboot orders-db and force failover": how it is rebooted.
        let explained = explained || token.is(Mark::WithFailover) && entry.spec.params.iter().any(|p| p.name == "failover");
        if token.is(Mark::Destroy) && !token.negated && !token.described && !explained {
            return Some(Question::Destructive);
        }
        if token.asks() && !explained && is_switch(token) && token.meaning.verbs & verbs == 0 && sentence.written(token).chars().count() > 1
        {
            return Some(Question::Several);
        }
        if token.asks() && !explained && !token.is(Mark::Dry) && !token.is(Mark::WhatIf) {
            if token.meaning.verbs & opposites != 0 && !token.meaning.weak {
                return Some(Question::Opposite(entry));
            }
            if !token.meaning.weak {
                return Some(Question::Several);
            }
        }
        let other_object = token.meaning.objects != 0 && token.meaning.objects & objects == 0 && token.meaning.verbs == 0;
        // "back it up, 防止误删": what for.
        let averts = |t: &Token| t.han && ["防止", "避免", "以免", "以防"].iter().any(|word| sentence.written(t).starts_with(word));
        let purpose = averts(token) || at.checked_sub(1).and_then(|i| sentence.token(i)).is_some_and(averts);
        if other_object && !purpose && !token.negated && is_other_request(token, entry) {
            return Some(Question::Several);
        }
    }
    if several_clauses(sentence, slots, verbs) {
        return Some(Question::Several);
    }
    if all_of_a_kind(sentence) && !listed_behind_noun(sentence, slots) {
        return Some(Question::Bulk);
    }
    let spares = sentence.tokens.iter().any(|t| t.is(Mark::Skip) && t.word != "ignore" && t.word != "skip" && t.quote.is_none());
    if spares && entry.spec.id != "cloudformation.continue_rollback" {
        return Some(Question::Bulk);
    }
    if slots.several_accounts(sentence) {
        return Some(Question::SeveralAccounts);
    }
    None
}

/// Whether a word names what another entry with another target is about.
fn is_other_request(token: &Token, entry: &Entry) -> bool {
    if token.meaning.objects.count_ones() > 2 || token.meaning.nouns != 0 {
        return false;
    }
    // Words that also describe resources, states or values say nothing by themselves.
    let ambiguous = [
        Mark::Metric,
        Mark::Symptom,
        Mark::Finding,
        Mark::Memory,
        Mark::Timeout,
        Mark::Min,
        Mark::Max,
        Mark::Desired,
        Mark::Version,
        Mark::Alias,
        Mark::Port,
        Mark::Protocol,
        Mark::Internet,
        Mark::Noise,
        Mark::At,
        Mark::Pending,
    ];
    if ambiguous.iter().any(|mark| token.is(*mark)) {
        return false;
    }
    FORMS.iter().any(|f| {
        f.object & token.meaning.objects != 0 && f.entry.words.resource == entry.words.resource && f.entry.spec.id != entry.spec.id
    })
}

/// Whether two clauses name their own targets and the second has another verb, however small.
fn several_clauses(sentence: &Sentence<'_>, slots: &Slots, verbs: u64) -> bool {
    slots.things.iter().any(|at| {
        let Some(thing) = sentence.token(*at) else { return false };
        if kind_of(sentence, thing).is_none() {
            return false;
        }
        let around = sentence.tokens.iter().enumerate().skip(at.saturating_sub(5)).take(10);
        let own: Vec<&Token> = around.filter(|(_, t)| t.clause == thing.clause && t.asks() && is_switch(t)).map(|(_, t)| t).collect();
        !own.is_empty() && own.iter().all(|t| t.meaning.verbs & verbs == 0)
    })
}

/// Small verbs that still start or stop something.
pub(super) fn is_switch(token: &Token) -> bool {
    token.meaning.verbs & *SWITCHES != 0 && !token.is(Mark::Light) && !token.is(Mark::Polite)
}

/// "all instances", "每台机器": every resource of a kind instead of named ones.
pub(crate) fn all_of_a_kind(sentence: &Sentence<'_>) -> bool {
    sentence.tokens.iter().enumerate().any(|(at, token)| {
        token.is(Mark::All) && token.quote.is_none() && !token.is(Mark::Subordinate) && {
            let noun = sentence
                .tokens
                .iter()
                .skip(at)
                .take(6)
                .take_while(|t| !t.ends_clause())
                .find(|t| t.meaning.nouns != 0 || t.meaning.objects != 0);
            noun.is_some_and(|t| t.meaning.nouns & !HOLDERS != 0 && !t.is(Mark::Port))
        }
    })
}

/// Kinds whose nouns are also said of parts ("all the targets of …" is still bulk; "all rules" is not).
const HOLDERS: u32 = 0;

/// Whether the ids follow the noun, so that "all" only sums them up.
fn listed_behind_noun(sentence: &Sentence<'_>, slots: &Slots) -> bool {
    slots.things.iter().any(|at| {
        let before = crate::slots::neighbour_before(sentence, *at);
        before.is_some_and(|t| t.meaning.nouns != 0) && sentence.token(*at).is_some_and(|t| kind_of(sentence, t).is_some())
    })
}
