//! What an operation applies to: ids, ARNs and names of the sentence. Entry point: [`targets`].
//!
//! Invariant: a target is a token of the sentence; which one is meant is decided by its shape and its place, never guessed.

use catalogue::{Entry, Resource};

use crate::{
    entity::{Shape, hinted_kind},
    lexicon::LEXICON,
    params::Filled,
    slots::{Slots, kind_of},
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// "database orders", "表 Sessions": the plain word right behind a noun of the resource.
pub(super) fn named_by_place(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &Filled) -> Option<usize> {
    let index = catalogue::resource::ALL.iter().position(|kind| *kind == entry.words.resource).unwrap_or(0);
    let nouns = sentence.tokens.iter().enumerate().filter(|(_, t)| t.meaning.nouns & (1 << index) != 0 && t.quote.is_none());
    let free = |at: &usize| !filled.taken.contains(at) && !slots.accounts.contains(at) && !slots.regions.contains(at);
    let nouns: Vec<usize> = nouns.map(|(at, _)| at).collect();
    let nouns: Vec<usize> = nouns.into_iter().filter(|at| !is_many(sentence, *at)).collect();
    let behind = nouns.iter().map(|at| at + 1).find(|at| free(at) && plain_name(sentence, *at));
    behind.or_else(|| nouns.iter().filter_map(|at| at.checked_sub(1)).find(|at| free(at) && name_before_noun(sentence, *at)))
}

/// "the tables", "our queues": a noun of many, beside which a plain word is no name of one.
fn is_many(sentence: &Sentence<'_>, at: usize) -> bool {
    sentence.token(at).is_some_and(|t| !t.han && t.inflection == crate::lexicon::Inflection::S)
}

/// "table Orders", "the orders table": plain words that a question names something by. Of words behind the noun only those written as
/// names, as a question has other words there.
pub(crate) fn named_beside(sentence: &Sentence<'_>, slots: &Slots) -> Vec<usize> {
    let free = |at: &usize| !slots.things.contains(at) && !slots.accounts.contains(at) && !slots.regions.contains(at);
    let article =
        |at: usize| at.checked_sub(1).and_then(|i| sentence.token(i)).is_some_and(|t| matches!(t.word.as_str(), "the" | "our" | "my"));
    let noun = |at: usize, t: &Token| t.meaning.nouns != 0 && t.quote.is_none() && !t.is(Mark::Account) && !is_many(sentence, at);
    let nouns = sentence.tokens.iter().enumerate().filter(|(at, t)| noun(*at, t));
    let found = nouns.filter_map(|(at, _)| {
        let behind = Some(at + 1).filter(|at| {
            free(at)
                && plain_name(sentence, *at)
                && sentence.token(*at).is_some_and(|t| sentence.written(t).starts_with(|c: char| c.is_ascii_uppercase()))
        });
        behind.or_else(|| at.checked_sub(1).filter(|at| free(at) && article(*at) && name_before_noun(sentence, *at)))
    });
    found.take(8).collect()
}

/// "the Sessions table", "our payments queue": a word between an article or a verb and the noun, which is no word of English that
/// describes things, and so a name.
fn name_before_noun(sentence: &Sentence<'_>, at: usize) -> bool {
    let Some(token) = sentence.token(at) else { return false };
    let (word, written) = (token.word.as_str(), sentence.written(token));
    let whole = written.len() == word.len() && word.len() > 2 && !token.han && !token.typo && token.quote.is_none();
    let capital = at > 0 && written.starts_with(|c: char| c.is_ascii_uppercase()) && written.chars().any(|c| c.is_ascii_lowercase());
    let plural = word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us");
    let troubles = [Mark::Symptom, Mark::Metric, Mark::Anomaly, Mark::Finding, Mark::All, Mark::TimeWord, Mark::TimeUnit, Mark::Neg];
    let known = match token.kind {
        Kind::Unknown => {
            let everyday = LEXICON.is_everyday(word) || crate::slots::looks_english(word) || describes(word);
            plural || capital || !everyday
        }
        // "orders", "Users": a listed word that names many of something.
        Kind::Known => {
            (capital || plural && !troubles.iter().any(|mark| token.is(*mark)))
                && token.meaning.verbs == 0
                && token.meaning.nouns == 0
                && token.meaning.services == 0
                && token.meaning.environment == 0
                && token.meaning.region == 0
        }
        _ => false,
    };
    let introduced = at.checked_sub(1).and_then(|i| sentence.token(i)).is_none_or(|t| {
        matches!(t.word.as_str(), "the" | "our" | "my" | "this" | "that")
            || t.is(Mark::At)
            || t.is(Mark::Polite)
            || t.asks()
            || t.ends_clause()
    });
    whole
        && known
        && introduced
        && !crate::explain::is_small(word)
        && !crate::explain::is_predicate(word)
        && (plural || !crate::explain::is_attitude(word))
}

/// Whether an English word says of what kind or in what state a thing is: "affected", "regional", "slower".
fn describes(word: &str) -> bool {
    let compared = word.strip_suffix("er").or_else(|| word.strip_suffix("est")).is_some_and(|base| {
        let mut letters = base.chars().rev();
        let doubled = letters.next() == letters.next();
        [base, base.get(..base.len() - usize::from(doubled)).unwrap_or(base), &format!("{base}e")]
            .iter()
            .any(|stem| LEXICON.is_everyday(stem) || crate::explain::is_predicate(stem))
    });
    compared || ["ed", "al", "ic", "ish", "y", "en", "ar"].iter().any(|ending| word.ends_with(ending))
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
