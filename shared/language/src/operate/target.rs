//! What an operation applies to: ids, ARNs and names of the sentence. Entry point: [`targets`].
//!
//! Invariant: a target is a token of the sentence; which one is meant is decided by its shape and its place, never guessed.

use catalogue::{Entry, Resource};

use crate::{
    entity::{Shape, hinted_kind},
    params::Filled,
    slots::{Slots, kind_of},
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// "database orders", "表 Sessions": the plain word right behind a noun of the resource.
pub(super) fn named_by_place(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &Filled) -> Option<usize> {
    let index = catalogue::resource::ALL.iter().position(|kind| *kind == entry.words.resource).unwrap_or(0);
    let nouns = sentence.tokens.iter().enumerate().filter(|(_, t)| t.meaning.nouns & (1 << index) != 0 && t.quote.is_none());
    nouns.map(|(at, _)| at + 1).find(|at| !filled.taken.contains(at) && !slots.accounts.contains(at) && plain_name(sentence, *at))
}

/// Whether a plain English word stands where a name would: behind a noun, and before the end, a small word, a sign or an ideograph.
pub(crate) fn plain_name(sentence: &Sentence<'_>, at: usize) -> bool {
    let Some(token) = sentence.token(at) else { return false };
    let word = token.word.as_str();
    let whole = token.end - token.start == word.len() && !word.is_empty() && !token.han && token.quote.is_none();
    let said = [
        Mark::Polite,
        Mark::At,
        Mark::To,
        Mark::Named,
        Mark::Noise,
        Mark::Neg,
        Mark::Prohibit,
        Mark::TimeWord,
        Mark::TimeUnit,
        Mark::Later,
        Mark::Conditional,
        Mark::Subordinate,
        Mark::Symptom,
        Mark::Metric,
        Mark::Pronoun,
        Mark::Dry,
        Mark::Retract,
    ]
    .iter()
    .any(|mark| token.is(*mark));
    let names = matches!(token.kind, Kind::Known | Kind::Unknown)
        && token.meaning.environment == 0
        && token.meaning.region == 0
        && token.meaning.verbs == 0
        && token.meaning.nouns.count_ones() <= 1
        && !word.ends_with("ing")
        && !crate::explain::is_small(word)
        && !crate::explain::is_predicate(word);
    let next = sentence.token(at + 1);
    let ends = next.is_none_or(|t| {
        t.ends_clause() || t.is(Mark::At) || t.is(Mark::To) || t.han || matches!(t.kind, Kind::Sign(_)) || crate::explain::is_small(&t.word)
    });
    whole && !said && names && ends
}

/// The tokens that name what the operation applies to, in the order of the text.
pub(super) fn targets(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &Filled) -> Vec<usize> {
    let resource = entry.words.resource;
    let free: Vec<usize> = slots.things.iter().copied().filter(|at| !filled.taken.contains(at)).collect();
    let token = |at: &usize| sentence.token(*at);
    let typed: Vec<usize> = free
        .iter()
        .copied()
        .filter(|at| {
            token(at).is_some_and(|t| match kind_of(sentence, t) {
                Some(kind) if kind == resource => true,
                Some(Resource::Database) => resource == Resource::DatabaseCluster,
                Some(Resource::Instance) => resource == Resource::LoadBalancerTarget,
                _ => t.shape() == Some(Shape::Address) && resource == Resource::LoadBalancerTarget,
            })
        })
        .collect();
    let found = if typed.is_empty()
        || matches!(
            resource,
            Resource::Bucket
                | Resource::Database
                | Resource::Function
                | Resource::Table
                | Resource::Secret
                | Resource::Queue
                | Resource::EncryptionKey
        ) {
        free.into_iter()
            .filter(|at| {
                token(at).is_some_and(|t| match t.shape() {
                    Some(Shape::Id(_) | Shape::Arn | Shape::BucketUrl | Shape::AccessKey) => typed.contains(at),
                    Some(Shape::Mail | Shape::Address) => false,
                    Some(Shape::Url) => resource == Resource::Queue,
                    Some(Shape::Path) => matches!(resource, Resource::LogGroup | Resource::Secret),
                    _ => true,
                })
            })
            .collect()
    } else {
        typed
    };
    let found = narrow(sentence, found, resource);
    let mut seen: Vec<&str> = Vec::new();
    found
        .into_iter()
        .take(64)
        .filter(|at| {
            let Some(written) = token(at).map(|t| sentence.written(t)) else { return false };
            let fresh = !seen.contains(&written);
            seen.push(written);
            fresh
        })
        .collect()
}

/// Of several names, those beside a noun of the resource and what is listed with them; without such a noun, those of
/// the clause that holds the verb.
fn narrow(sentence: &Sentence<'_>, found: Vec<usize>, resource: Resource) -> Vec<usize> {
    if found.len() < 2 || found.iter().all(|at| sentence.token(*at).is_some_and(|t| kind_of(sentence, t).is_some())) {
        return found;
    }
    let index = catalogue::resource::ALL.iter().position(|kind| *kind == resource).unwrap_or(0);
    let noun = |t: Option<&Token>| t.is_some_and(|t| t.meaning.nouns & (1 << index) != 0);
    let beside = |at: &usize| noun(crate::slots::neighbour_before(sentence, *at)) || noun(crate::slots::neighbour_after(sentence, *at));
    let hinted = |at: &usize| {
        sentence.token(*at).is_some_and(|t| hinted_kind(sentence.written(t)) == Some(resource) || kind_of(sentence, t) == Some(resource))
    };
    let mut kept: Vec<bool> = found.iter().map(beside).collect();
    if !kept.contains(&true) {
        kept = found.iter().map(hinted).collect();
    }
    if !kept.contains(&true) {
        let clauses: Vec<usize> = sentence.tokens.iter().filter(|t| t.asks()).map(|t| t.clause).collect();
        kept = found.iter().map(|at| sentence.token(*at).is_some_and(|t| clauses.contains(&t.clause))).collect();
    }
    if !kept.contains(&true) {
        return found;
    }
    // Lists: "a, b and c" stand or fall together.
    for _ in 0..2 {
        for pair in 1..found.len() {
            let (Some(first), Some(second)) = (found.get(pair - 1), found.get(pair)) else { continue };
            if listed(sentence, *first, *second) {
                let both = kept.get(pair - 1).copied().unwrap_or(false) || kept.get(pair).copied().unwrap_or(false);
                for slot in [pair - 1, pair] {
                    if let Some(k) = kept.get_mut(slot) {
                        *k = both;
                    }
                }
            }
        }
    }
    found.into_iter().zip(kept).filter_map(|(at, keep)| keep.then_some(at)).collect()
}

/// Whether nothing but the words of a list stands between two names.
fn listed(sentence: &Sentence<'_>, first: usize, second: usize) -> bool {
    sentence.tokens.get(first + 1..second).is_some_and(|between| {
        between.len() <= 4
            && between.iter().all(|t| {
                matches!(t.kind, Kind::Sign('、' | ',' | '，' | '/' | '&' | '"' | '“' | '”' | '`' | '\'' | '+'))
                    || matches!(t.word.as_str(), "and" | "or" | "plus" | "also")
                    || t.han && matches!(sentence.written(t), "和" | "与" | "跟" | "及" | "以及" | "还有" | "同")
                    || t.meaning.nouns != 0
            })
    })
}
