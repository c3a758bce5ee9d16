//! Which operation of the catalogue a sentence asks for. Entry point: [`read`].
//!
//! Invariant: an operation is returned only where every verb that asks for an effect belongs to it, at least one
//! target is written, and nothing in the sentence forbids it. Anything else is a question.

mod refuse;
mod score;
mod target;

use std::sync::LazyLock;

use catalogue::Entry;

pub(crate) use self::{
    refuse::all_of_a_kind,
    score::kind_score,
    target::{named_beside, plain_name},
};
use self::{
    refuse::{is_switch, refused},
    score::{names_itself, object_score, states_one, states_values, value_score, verb_score},
    target::{named_by_place, targets},
};
use crate::{
    entity::Shape,
    lexicon::{LEXICON, bit},
    params::{Filled, either_side, fill},
    reply::Question,
    slots::Slots,
    token::{Kind, Sentence, Token},
    vocabulary::{Mark, services::SERVICES},
};

/// A form of an entry with its words as bits.
struct Shaped {
    entry: &'static Entry,
    /// Verbs of every form of the entry.
    own_verbs: u64,
    entry_index: usize,
    verbs: u64,
    opposites: u64,
    object: u64,
    has_objects: bool,
}

static FORMS: LazyLock<Vec<Shaped>> = LazyLock::new(|| {
    let mut forms = Vec::new();
    for (entry_index, entry) in catalogue::entries().enumerate() {
        for form in entry.words.forms {
            forms.push(Shaped {
                entry,
                entry_index,
                own_verbs: entry.words.forms.iter().fold(0, |bits, f| bits | LEXICON.verb_bits(f.verbs)),
                verbs: LEXICON.verb_bits(form.verbs),
                opposites: LEXICON.verb_bits(form.opposites),
                object: bit(forms.len()),
                has_objects: !form.objects.is_empty(),
            });
        }
    }
    forms
});

/// What the catalogue makes of a sentence.
pub(crate) enum Reading {
    /// One operation, whole.
    Operation(Box<Operation>),
    /// An operation is asked for, but not so that it could be planned.
    Question(Question),
    /// No operation is asked for.
    Nothing,
}

/// One operation with its targets.
pub(crate) struct Operation {
    /// The entry.
    pub entry: &'static Entry,
    /// Tokens of the targets.
    pub targets: Vec<usize>,
    /// Parameters and where they stand.
    pub filled: Filled,
    /// Only a preview is wanted.
    pub dry_run: bool,
    /// Verbs of the entry, as bits.
    pub verbs: u64,
    /// Objects of the entry's forms, as bits.
    pub objects: u64,
    /// The entry, as a bit of what entries need.
    pub needs: u64,
    /// The service of the resource, as bits.
    pub services: u32,
    /// The name that stands where an account would.
    pub placed: Option<usize>,
    /// No verb but small ones asks for it.
    pub weak: bool,
    /// How sure, per mille.
    pub confidence: u16,
}

/// A form that may be meant.
struct Candidate<'f> {
    form: &'f Shaped,
    score: i32,
    opposite: bool,
}

/// The entry that a sentence speaks of, asked for or not: for questions about permission.
pub(crate) fn mentioned(sentence: &Sentence<'_>, slots: &Slots) -> Option<&'static Entry> {
    if let Some(entry) = written_id(sentence) {
        return Some(entry);
    }
    let mut best: Option<(i32, &'static Entry)> = None;
    for form in FORMS.iter() {
        let verb =
            |t: &&Token| t.meaning.verbs & form.verbs != 0 || t.meaning.objects & form.object != 0 && t.meaning.verbs & form.own_verbs != 0;
        let verbs = sentence.tokens.iter().filter(verb).map(|t| if t.meaning.weak { 1 } else { 2 }).max().unwrap_or(0);
        let objects = object_score(sentence, form);
        let kind = kind_score(sentence, slots, form.entry.words.resource);
        let value = value_score(sentence, slots, form.entry);
        let named = form.has_objects && objects == 0 && value == 0 && !(kind >= 4 || kind >= 3 && verbs == 2);
        if verbs == 0 || named || !form.has_objects && kind <= 0 || kind < 0 {
            continue;
        }
        let score = verbs * 2 + objects + kind + value - if form.has_objects && objects == 0 { 2 } else { 0 };
        if best.is_none_or(|(known, _)| score > known) {
            best = Some((score, form.entry));
        }
    }
    best.map(|(_, entry)| entry)
}

/// An entry named by its id.
pub(crate) fn written_id(sentence: &Sentence<'_>) -> Option<&'static Entry> {
    let token = sentence.tokens.iter().find(|t| t.shape() == Some(Shape::Operation) && t.quote.is_none())?;
    catalogue::entry(&sentence.written(token).to_lowercase())
}

/// Reads the operation a sentence asks for.
pub(crate) fn read(sentence: &Sentence<'_>, slots: &Slots) -> Reading {
    let dry_run = wants_preview(sentence);
    let mut candidates = candidates(sentence, slots);
    candidates.sort_by_key(|c| std::cmp::Reverse(c.score));
    let Some(best) = candidates.first() else { return Reading::Nothing };
    let entry = best.form.entry;
    if best.opposite {
        return Reading::Question(Question::Opposite(entry));
    }
    let rival = candidates.iter().find(|c| c.form.entry.spec.id != entry.spec.id && c.score == best.score && !c.opposite);
    if let Some(rival) = rival
        && rival.form.entry.words.resource != entry.words.resource
        && kind_score(sentence, slots, entry.words.resource) <= 0
        && kind_score(sentence, slots, rival.form.entry.words.resource) <= 0
        && !entry.spec.id.starts_with("rds.enable_deletion")
    {
        return Reading::Question(Question::WhichKind(entry));
    }
    if let Some(question) = refused(sentence, slots, best.form) {
        return Reading::Question(question);
    }
    if has_param(entry, "cluster") && either_side(sentence, slots) {
        return Reading::Question(Question::MissingTarget(entry));
    }
    let filled = fill(sentence, slots, entry);
    let mut targets = targets(sentence, slots, entry, &filled);
    if targets.is_empty() {
        targets.extend(named_by_place(sentence, slots, entry, &filled));
    }
    let foreign = |t: &Token| {
        matches!(t.shape(), Some(Shape::InstanceType)) && !has_param(entry, "instance_type")
            || matches!(t.shape(), Some(Shape::DatabaseClass)) && !has_param(entry, "instance_class")
    };
    if sentence.tokens.iter().any(|t| foreign(t) && t.quote.is_none()) {
        return Reading::Question(Question::Several);
    }
    if targets.is_empty() {
        return Reading::Question(if all_of_a_kind(sentence) { Question::Bulk } else { Question::MissingTarget(entry) });
    }
    if targets.len() > 50 {
        return Reading::Question(Question::Bulk);
    }
    let confidence = u16::try_from((700 + best.score * 15).clamp(700, 990)).unwrap_or(700);
    let weak = !sentence.tokens.iter().any(|t| t.asks() && !t.meaning.weak);
    let objects = FORMS.iter().filter(|f| f.entry.spec.id == entry.spec.id).fold(0, |bits, f| bits | f.object);
    let services =
        SERVICES.iter().enumerate().filter(|(_, (service, _))| belongs(entry, service)).fold(0, |bits, (index, _)| bits | 1 << index);
    let placed = if slots.accounts.is_empty() { slots.placed(sentence, &[targets.as_slice(), &filled.taken].concat()) } else { None };
    Reading::Operation(Box::new(Operation {
        entry,
        targets,
        filled,
        dry_run,
        verbs: best.form.own_verbs,
        objects,
        needs: bit(best.form.entry_index),
        services,
        placed,
        weak,
        confidence,
    }))
}

/// Whether a service's name may stand beside an operation of an entry.
fn belongs(entry: &Entry, service: &str) -> bool {
    let own = entry.words.resource.words().service;
    own == service || entry.spec.id.split('.').next() == Some(service)
}

fn has_param(entry: &Entry, name: &str) -> bool {
    entry.spec.params.iter().any(|p| p.name == name)
}

/// Whether only a preview is wanted: said so, or everything forbidden is the doing itself.
pub(crate) fn wants_preview(sentence: &Sentence<'_>) -> bool {
    let dry = sentence.tokens.iter().enumerate().any(|(at, t)| {
        t.is(Mark::Dry) && t.quote.is_none() && {
            let before = at.checked_sub(1).and_then(|i| sentence.token(i));
            !before.is_some_and(|b| {
                b.is(Mark::Prohibit)
                    || b.is(Mark::Neg)
                    || matches!(b.word.as_str(), "skip" | "without" | "the")
                        && sentence.token(at.saturating_sub(2)).is_some_and(|t| t.word == "skip")
            })
        }
    });
    let asked: Vec<usize> = sentence.tokens.iter().filter(|t| t.asks()).map(|t| t.clause).collect();
    // "…, don't do it yet": the doing itself is forbidden, in a clause of its own.
    let undone = sentence.tokens.iter().enumerate().any(|(at, t)| {
        let generic = t.is(Mark::Light) && t.meaning.verbs == 0
            || matches!(t.word.as_str(), "run" | "execute" | "apply" | "do" | "touch" | "commit" | "submit" | "proceed" | "perform")
            || t.han && matches!(sentence.written(t), "改" | "动" | "执行" | "做" | "跑" | "提交" | "操作" | "动手" | "下手");
        let alone =
            sentence.token(at + 1).is_none_or(|b| b.ends_clause() || b.is(Mark::Polite) || b.is(Mark::Pronoun) || b.is(Mark::Noise));
        t.negated && generic && alone && !asked.contains(&t.clause)
    });
    let asks_what_if = sentence.says(Mark::WhatIf)
        || sentence.has(Mark::Conditional)
            && sentence.tokens.iter().any(|t| matches!(t.kind, Kind::Sign('?' | '？')))
            && sentence
                .tokens
                .iter()
                .any(|t| matches!(t.word.as_str(), "would" | "will") || t.han && sentence.written(t).starts_with('会'));
    dry || undone && !asked.is_empty() || asks_what_if
}

fn candidates<'f>(sentence: &Sentence<'_>, slots: &Slots) -> Vec<Candidate<'f>> {
    let mut out = Vec::new();
    let (mut demanded, mut named) = (0, 0);
    for token in &sentence.tokens {
        demanded |= if token.asks() { token.meaning.verbs } else { 0 };
        named |= token.meaning.objects;
    }
    let bounds = sentence.has_any(&[Mark::Min, Mark::Max, Mark::Desired]);
    let mut kinds: [Option<i32>; 64] = [None; 64];
    for form in FORMS.iter() {
        // Most forms have no word in the sentence.
        if demanded & (form.verbs | form.opposites) == 0 && named & form.object == 0 && !bounds {
            continue;
        }
        let entry = form.entry;
        let asked = verb_score(sentence, form.verbs, form.object);
        let opposed = verb_score(sentence, form.opposites, form.object);
        let objects = object_score(sentence, form);
        let kind = match kinds.get_mut(entry.words.resource as usize) {
            Some(known) => *known.get_or_insert_with(|| kind_score(sentence, slots, entry.words.resource)),
            None => kind_score(sentence, slots, entry.words.resource),
        };
        let value = value_score(sentence, slots, entry);
        // A disk is named by its id or its noun: "grow storage of orders-db" is about none.
        if entry.words.resource == catalogue::Resource::Volume && kind == 0 && !slots.things.is_empty() {
            continue;
        }
        let waived = objects == 0 && kind > 0 && names_itself(sentence, form);
        if kind < 0
            || form.has_objects && objects == 0 && !waived && (value == 0 || kind == 0 && value < 4)
            || !form.has_objects && kind == 0
        {
            continue;
        }
        let inner = sentence
            .tokens
            .iter()
            .any(|t| t.quote.is_none() && !t.negated && t.meaning.objects & form.object != 0 && t.meaning.verbs & form.own_verbs != 0);
        let needed = entry.words.needs.is_empty() || sentence.tokens.iter().any(|t| t.meaning.needs & bit(form.entry_index) != 0);
        if !needed {
            continue;
        }
        // "web-asg: min 1, max 4": the values say what is asked for.
        let stated = states_values(sentence, slots, entry) || objects > 0 && states_one(sentence, slots, entry);
        let asked = if asked == 0 && opposed == 0 && kind > 0 && stated { 1 } else { asked };
        // A word of the opposite that is not also a word of the form.
        if asked == 0 && (!inner || opposed > 0) {
            if opposed > 0 && objects > 0 {
                out.push(Candidate { form, score: opposed * 2 + objects + kind + value, opposite: true });
            }
            continue;
        }
        let score = asked * 2 + objects + kind + value + i32::from(inner) + i32::from(!entry.words.needs.is_empty()) * 3;
        out.push(Candidate { form, score, opposite: opposed > 0 && objects > 0 && !form.has_objects });
    }
    out
}
