//! How well a sentence names a form of an entry: its verb, its object, the kind of resource, a value of its own.
//!
//! Invariant: only counts what is written; nothing here decides.

use catalogue::{Entry, Resource, words};

use super::{Shaped, is_switch};
use crate::{
    entity::{Shape, hinted_kind},
    lexicon::LEXICON,
    number::Unit,
    slots::{Slots, kind_of},
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// Whether bounds are stated without a verb, and not asked about.
pub(super) fn states_values(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry) -> bool {
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
pub(super) fn states_one(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry) -> bool {
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
pub(super) fn names_itself(sentence: &Sentence<'_>, form: &Shaped) -> bool {
    let own = LEXICON.verb_bits(&[words::SNAPSHOT, words::ROTATE, words::REDRIVE, words::FAIL_OVER, words::DEPLOY, words::ROLL_BACK])
        & form.verbs;
    sentence.tokens.iter().any(|t| t.asks() && !t.meaning.weak && t.meaning.verbs & own != 0)
}

/// 2 for a verb that says it, 1 for one that says little, 0 for none.
pub(super) fn verb_score(sentence: &Sentence<'_>, verbs: u64, object: u64) -> i32 {
    sentence
        .tokens
        .iter()
        .filter(|t| t.asks() && t.meaning.verbs & verbs != 0 && t.meaning.objects & object == 0)
        .map(|t| if t.meaning.weak { 1 } else { 2 })
        .max()
        .unwrap_or(0)
}

/// 0, or 3 and more by the length of the words that name the object.
pub(super) fn object_score(sentence: &Sentence<'_>, form: &Shaped) -> i32 {
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
pub(super) fn value_score(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry) -> i32 {
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
