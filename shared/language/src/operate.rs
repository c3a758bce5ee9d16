//! Which operation of the catalogue a sentence asks for. Entry point: [`read`].
//!
//! Invariant: an operation is returned only where every verb that asks for an effect belongs to it, at least one
//! target is written, and nothing in the sentence forbids it. Anything else is a question.

use std::sync::LazyLock;

use catalogue::{Entry, Resource, words};

use crate::{
    entity::{Shape, hinted_kind},
    lexicon::{LEXICON, bit},
    number::Unit,
    params::{Filled, fill},
    reply::Question,
    slots::{Slots, kind_of},
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

/// Verbs that start or stop something, as bits.
static SWITCHES: LazyLock<u64> = LazyLock::new(|| LEXICON.verb_bits(&[words::START, words::STOP]));

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

/// Whether bounds are stated without a verb, and not asked about.
fn states_values(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry) -> bool {
    let bounds = entry.spec.params.iter().any(|p| p.name == "min_size");
    let asks = [Mark::What, Mark::Which, Mark::HowMany, Mark::Show, Mark::Check, Mark::Whether, Mark::Why, Mark::How]
        .iter()
        .any(|mark| sentence.has(*mark));
    let stated = |mark: Mark| crate::number::near(sentence, &slots.amounts, |t| t.is(mark), &[]).is_some();
    bounds
        && !asks
        && !sentence.tokens.iter().any(|t| t.negated || t.asks() && !t.meaning.weak)
        && [Mark::Min, Mark::Max, Mark::Desired].into_iter().filter(|mark| stated(*mark)).count() >= 2
}

/// "retention: 30 days", "concurrency 压到 5": the object with its new value, and nothing asked about it.
fn states_one(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry) -> bool {
    let counts = entry.spec.params.iter().any(|p| matches!(p.kind, domain::ParamKind::Int { .. }));
    let to = |at: usize| {
        at.checked_sub(1).and_then(|i| sentence.token(i)).is_some_and(|t| {
            t.is(Mark::To) || matches!(t.kind, Kind::Sign(':' | '：' | '=')) || t.han && sentence.written(t).ends_with(['到', '为', '成'])
        })
    };
    let asks =
        [Mark::What, Mark::Which, Mark::HowMany, Mark::Show, Mark::Check, Mark::Why, Mark::How].iter().any(|mark| sentence.has(*mark));
    counts && !asks && !sentence.questions() && !sentence.tokens.iter().any(|t| t.negated) && slots.amounts.iter().any(|a| to(a.at))
}

/// Whether the verb alone says what is done, so that the object may be left out: "redrive", "fail over", "rotate".
fn names_itself(sentence: &Sentence<'_>, form: &Shaped) -> bool {
    let own = LEXICON.verb_bits(&[words::SNAPSHOT, words::ROTATE, words::REDRIVE, words::FAIL_OVER, words::DEPLOY, words::ROLL_BACK])
        & form.verbs;
    sentence.tokens.iter().any(|t| t.asks() && !t.meaning.weak && t.meaning.verbs & own != 0)
}

/// 2 for a verb that says it, 1 for one that says little, 0 for none.
fn verb_score(sentence: &Sentence<'_>, verbs: u64, object: u64) -> i32 {
    sentence
        .tokens
        .iter()
        .filter(|t| t.asks() && t.meaning.verbs & verbs != 0 && t.meaning.objects & object == 0)
        .map(|t| if t.meaning.weak { 1 } else { 2 })
        .max()
        .unwrap_or(0)
}

/// 0, or 3 and more by the length of the words that name the object.
fn object_score(sentence: &Sentence<'_>, form: &Shaped) -> i32 {
    let named = sentence.tokens.iter().filter(|t| t.quote.is_none() && t.meaning.objects & form.object != 0);
    named
        .map(|t| {
            let letters = sentence.written(t).chars().count();
            3 + i32::from(letters > if t.han { 3 } else { 9 }) + i32::from(!t.meaning.verbs & 1 == 1 && t.meaning.objects.count_ones() == 1)
        })
        .max()
        .unwrap_or(0)
}

/// How well the sentence names the kind of resource: ids and ARNs most, then nouns, then parts of names; below zero where ids contradict.
pub(crate) fn kind_score(sentence: &Sentence<'_>, slots: &Slots, resource: Resource) -> i32 {
    let mut score = 0;
    let mut contradicted = false;
    let index = catalogue::resource::ALL.iter().position(|kind| *kind == resource).unwrap_or(0);
    for at in &slots.things {
        let Some(token) = sentence.token(*at) else { continue };
        match kind_of(sentence, token) {
            Some(kind) if kind == resource => score = score.max(6),
            Some(Resource::Instance) if resource == Resource::LoadBalancerTarget => score = score.max(1),
            Some(Resource::Database) if resource == Resource::DatabaseCluster => {}
            Some(Resource::LoadBalancerTarget) if resource == Resource::LoadBalancerTarget => score = score.max(6),
            Some(_) => contradicted = true,
            None => {
                let hint = hinted_kind(sentence.written(token));
                if hint == Some(resource) || hint == Some(Resource::DatabaseCluster) && resource == Resource::Database {
                    score = score.max(1);
                }
                if token.shape() == Some(Shape::Path) && resource == Resource::LogGroup {
                    score = score.max(3);
                }
                if token.shape() == Some(Shape::Revision) && resource == Resource::ContainerService {
                    score = score.max(3);
                }
                if sentence.written(token).to_lowercase().starts_with("db-") && resource == Resource::Database {
                    score = score.max(2);
                }
            }
        }
    }
    let machine = |t: &&Token| {
        t.han
            && resource == Resource::Instance
            && is_switch(t)
            && sentence.written(t).contains('机')
            && sentence.tokens.iter().all(|n| n.meaning.nouns == 0 || n.meaning.nouns & 1 != 0)
    };
    if sentence.tokens.iter().any(|t| machine(&t)) {
        score = score.max(2);
    }
    let noun = sentence.tokens.iter().filter(|t| t.meaning.nouns & (1 << index) != 0 && t.quote.is_none()).map(|t| {
        let specific = t.meaning.nouns.count_ones() == 1;
        let letters = sentence.written(t).chars().count();
        2 + i32::from(specific) + i32::from(specific && letters > if t.han { 2 } else { 3 })
    });
    score = score.max(noun.max().unwrap_or(0));
    if contradicted && score < 6 {
        let tolerant = matches!(resource, Resource::LoadBalancerTarget | Resource::Bucket | Resource::EncryptionKey);
        return if tolerant { score } else { -1 };
    }
    score
}

/// Whether a value of the operation's own kind is written.
fn value_score(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry) -> i32 {
    let has = |shape: Shape| sentence.tokens.iter().any(|t| t.shape() == Some(shape) && t.quote.is_none());
    let amount = |unit: Unit| slots.amounts.iter().any(|a| a.unit == unit);
    match entry.spec.id {
        "ec2.resize_instance" if has(Shape::InstanceType) => 4,
        "rds.resize_instance" if has(Shape::DatabaseClass) => 4,
        "ec2.grow_volume" if amount(Unit::Gib) => 2,
        "rds.grow_storage" if amount(Unit::Gib) => 1,
        "ec2.revoke_ingress" if has(Shape::Cidr) => 3,
        "autoscaling.set_capacity" | "ecs.scale_service" | "eks.scale_nodegroup" if amount(Unit::None) || amount(Unit::Pieces) => 1,
        "ecs.rollback_service" if has(Shape::Revision) => 4,
        "logs.set_retention" if amount(Unit::Days) => 2,
        "ec2.revoke_ingress" if amount(Unit::None) && kind_score(sentence, slots, Resource::SecurityGroup) >= 6 => 2,
        "elb.deregister_target"
            if slots
                .things
                .iter()
                .filter_map(|at| sentence.token(*at))
                .any(|t| sentence.written(t).starts_with("tg-") || sentence.written(t).ends_with("-tg")) =>
        {
            3
        }
        _ => 0,
    }
}

/// Why a sentence that fits an operation is still not acted on.
fn refused(sentence: &Sentence<'_>, slots: &Slots, form: &Shaped) -> Option<Question> {
    let entry = form.entry;
    let forms = || FORMS.iter().filter(|f| f.entry.spec.id == entry.spec.id);
    let verbs = forms().fold(0, |bits, f| bits | f.verbs);
    let objects = forms().fold(0, |bits, f| bits | f.object);
    let opposites = forms().fold(0, |bits, f| bits | f.opposites) & !verbs;
    for token in sentence.tokens.iter().filter(|t| t.quote.is_none()) {
        let explained = token.meaning.verbs & verbs != 0 || token.meaning.objects & objects != 0 || token.meaning.needs != 0;
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
        if other_object && !token.negated && is_other_request(token, entry) {
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
fn is_switch(token: &Token) -> bool {
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

/// "database orders", "表 Sessions": the plain word right behind a noun of the resource.
fn named_by_place(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &Filled) -> Option<usize> {
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
fn targets(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &Filled) -> Vec<usize> {
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
