//! The rule of coverage: an order is acted on only where every word of the sentence is explained. Entry point: [`unexplained`].
//!
//! A sentence is cut into segments: the clause of the order, clauses that say how things stand, reasons, purposes, and
//! what the order comes before. In the order's own segment a word is explained by the operation (its verbs, objects,
//! nouns, targets, parameters, account, region) or by the closed list of words that change nothing; beside it, also by
//! the words of states. Whatever else occurs (a condition, a time, a name of a person, "said", "would", a word nobody listed) makes the
//! sentence a question.
//!
//! Invariant: nothing here makes an operation; a word is explained or the answer is a question. Linear in the tokens.

mod operation;
mod order;
mod phrases;
mod segment;
mod state;

use catalogue::Resource;

use self::phrases::{Atom, Weight};
pub(crate) use self::phrases::{is_attitude, is_predicate, is_small};
use crate::{
    entity::Shape,
    lexicon::units,
    operate::Operation,
    reply::Question,
    slots::Slots,
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// What a stretch of the sentence does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Holds the verb that is asked for.
    Order,
    /// Says how things stand.
    State,
    /// "because …": why.
    Because,
    /// "to save money": what for.
    Purpose,
    /// "before the migration": what the order comes before.
    Before,
}

/// A stretch of tokens.
#[derive(Debug, Clone, Copy)]
struct Segment {
    from: usize,
    to: usize,
    role: Role,
}

/// What the words of the operation explain.
struct Explained<'a, 't> {
    sentence: &'a Sentence<'t>,
    slots: &'a Slots,
    operation: &'a Operation,
    /// Kinds of resources of the same service, as bits.
    family: u32,
    /// Tokens that stand for an unlisted modifier of the target's noun.
    modifiers: Vec<usize>,
}

/// The question a sentence raises where a word of it is not explained.
pub(crate) fn unexplained(sentence: &Sentence<'_>, slots: &Slots, operation: &Operation) -> Option<Question> {
    let mut explained = Explained { sentence, slots, operation, family: family(operation.entry.words.resource), modifiers: Vec::new() };
    explained.modifiers = explained.find_modifiers();
    let segments = explained.segments();
    if explained.speaks_of_others(&segments) || explained.relative() {
        return Some(Question::Doubt);
    }
    segments.iter().find_map(|segment| explained.check(*segment))
}

/// Kinds that the nouns of a resource may also name.
fn family(resource: Resource) -> u32 {
    let service = resource.words().service;
    let generic = matches!(resource, Resource::Instance | Resource::Database | Resource::DatabaseCluster | Resource::LoadBalancerTarget);
    catalogue::resource::ALL.iter().enumerate().fold(0, |bits, (index, kind)| {
        let same = kind.words().service == service && !(resource == Resource::Instance && *kind == Resource::SecurityGroup);
        let instance = *kind == Resource::Instance && generic;
        bits | if same || instance { 1 << index } else { 0 }
    })
}

impl Explained<'_, '_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.sentence.token(at)
    }

    /// Whether a token asks for the operation.
    fn orders(&self, token: &Token) -> bool {
        token.asks() && token.meaning.verbs & self.operation.verbs != 0
    }

    fn word(&self, at: usize, words: &[&str]) -> bool {
        self.token(at).is_some_and(|t| !t.word.is_empty() && words.contains(&t.word.as_str()))
    }

    /// Whether one of some phrases begins at a token, in whatever tokens it is cut.
    fn phrase_at(&self, at: usize, phrases: &[&str]) -> bool {
        let Some(first) = self.token(at) else { return false };
        let rest = self.sentence.text.get(first.start..).unwrap_or_default();
        phrases.iter().any(|phrase| {
            phrase.contains(' ')
                && rest.get(..phrase.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(phrase))
                && !rest.get(phrase.len()..).unwrap_or_default().starts_with(|c: char| c.is_alphanumeric())
        })
    }

    /// A target written twice.
    fn same_target(&self, token: &Token) -> bool {
        let written = self.sentence.written(token);
        matches!(token.kind, Kind::Thing(_) | Kind::Unknown)
            && self.operation.targets.iter().filter_map(|t| self.token(*t)).any(|t| self.sentence.written(t) == written)
    }

    fn check(&self, segment: Segment) -> Option<Question> {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let dry = self.operation.dry_run;
        let state = segment.role != Role::Order;
        if segment.role == Role::Because && !dry {
            return self.tells_of_people(segment).then_some(Question::Doubt);
        }
        // "don't reboot it, stop it": another verb is forbidden.
        let contrasts = tokens
            .iter()
            .any(|t| t.negated && (t.meaning.verbs != 0 || t.is(Mark::Destroy)) && t.meaning.verbs & self.operation.verbs == 0);
        if state
            && !dry
            && self.phrases_anywhere(
                segment,
                &[
                    "the minute",
                    "the moment",
                    "the second",
                    "the instant",
                    "the day",
                    "every time",
                    "each time",
                    "next time",
                    "by the time",
                ],
            )
        {
            return Some(Question::Doubt);
        }
        if !dry && self.phrases_anywhere(segment, &["for instance", "for example", "instead of", "rather than", "get away"]) {
            return Some(Question::Doubt);
        }
        if segment.role == Role::Before
            && !self.tells_of_people(segment)
            && self.ends_in_occasion(tokens)
            && !tokens.iter().any(|t| Self::is_time(t) && !t.is(Mark::SubordinateAfter))
        {
            return None;
        }
        let mut atoms: Vec<Atom> = Vec::new();
        let mut content = false;
        let mut timed = false;
        let mut negates = false;
        for (index, token) in tokens.iter().enumerate() {
            let at = segment.from + index;
            let by_operation = self.by_operation(at, token);
            let by_state = state && self.by_state(token);
            let by_time = state && segment.role == Role::State && Self::is_time(token);
            let by_preview = dry && previews(token);
            let not = token.is(Mark::Prohibit) || matches!(self.sentence.written(token), "不是" | "并非" | "not" | "Not");
            let instead = index == 0
                && matches!(self.sentence.written(token), "是" | "而是")
                && self.sentence.tokens.iter().take(at).any(|t| matches!(self.sentence.written(t), "不是" | "并非"));
            let by_contrast = instead || state && not && token.quote.is_none() && contrasts;
            content |= by_state || by_operation;
            timed |= Self::is_time(token) && !by_operation;
            negates |= (token.is(Mark::Neg) || token.is(Mark::Prohibit)) && !by_operation && !by_state;
            content |= token.is(Mark::Dry);
            // "i-1 → stop": what is to become of it.
            let arrow = matches!(token.kind, Kind::Sign('→' | '➜' | '⇒')) && self.token(at + 1).is_some_and(|t| self.orders(t));
            let whole = arrow
                || self.of_passive(token)
                || by_contrast
                || by_operation
                || by_state
                || by_time
                || by_preview
                || self.sign(token, state);
            let amount = state && matches!(token.shape(), Some(Shape::Number | Shape::Quantity)) && segment.role == Role::State;
            let compound = token.shape() == Some(Shape::Name) && !whole && !state && token.quote.is_none();
            if matches!(token.kind, Kind::Thing(_) | Kind::Sign(_)) && !compound {
                atoms.push(Atom { text: String::new(), take: usize::from(whole || amount), open: true });
                continue;
            }
            let words = units(self.sentence.written(token));
            // A listed word of several ideographs stands or falls whole: 上次 is neither 上 nor 次.
            let loose =
                !token.han || token.kind != Kind::Known || token.is(Mark::Polite) || token.meaning.verbs != 0 || token.is(Mark::Pronoun);
            let count = words.len();
            atoms.extend(words.into_iter().enumerate().map(|(i, text)| Atom {
                text,
                take: if i == 0 && whole { count } else { 0 },
                open: i == 0 || loose,
            }));
        }
        let Some(weight) = self.cover(&atoms, state, dry) else {
            let told =
                !dry && self.tells_of_things(segment, &atoms, content) && !self.opens_in_waiting(segment) && !self.opens_inverted(segment);
            return (!told).then_some(Question::Doubt);
        };
        if dry {
            return None;
        }
        let asked = tokens.last().is_some_and(|t| matches!(t.kind, Kind::Sign('?' | '？')))
            || tokens
                .iter()
                .rev()
                .find(|t| !matches!(t.kind, Kind::Sign(_)))
                .is_some_and(|t| t.han && matches!(self.sentence.written(t), "吗" | "么" | "呢" | "没" | "没有"));
        if state {
            content |= weight == Weight::Content;
            let opener = tokens.iter().find(|t| !matches!(t.kind, Kind::Sign(_)));
            let waits = self.opens_in_waiting(segment) || self.opens_inverted(segment);
            let drill = tokens.iter().rev().find(|t| !matches!(t.kind, Kind::Sign(_))).is_some_and(|t| {
                matches!(t.word.as_str(), "test" | "demo" | "trial" | "rehearsal" | "experiment")
                    || t.han && matches!(self.sentence.written(t), "测试" | "演练" | "演示" | "试验")
            }) && !tokens.iter().any(|t| matches!(t.word.as_str(), "for" | "the" | "after") || t.han && t.is(Mark::Polite));
            let forbids = opener.is_some_and(|t| t.is(Mark::Prohibit))
                && !tokens.iter().any(|t| t.is(Mark::Dry) || t.is(Mark::Check) || t.is(Mark::Show))
                && !contrasts;
            if asked || waits || forbids || drill || (negates || timed || weight == Weight::Small) && !content {
                return Some(Question::Doubt);
            }
            return None;
        }
        if asked && !self.requests() {
            return Some(Question::Doubt);
        }
        (!self.order_is_plain(segment)).then_some(Question::Doubt)
    }

    /// "could i-1 be rebooted please": the words of a request in the passive, which its courtesy makes one.
    fn of_passive(&self, token: &Token) -> bool {
        matches!(token.word.as_str(), "could" | "can" | "be")
            && self.sentence.tokens.windows(2).any(|pair| {
                matches!(pair, [be, verb] if be.word == "be" && self.orders(verb) && verb.inflection == crate::lexicon::Inflection::Ed)
            })
            && self.sentence.tokens.iter().any(|t| matches!(t.word.as_str(), "please" | "pls" | "plz" | "kindly"))
    }

    fn phrases_anywhere(&self, segment: Segment, phrases: &[&str]) -> bool {
        (segment.from..segment.to).any(|at| self.phrase_at(at, phrases))
    }

    /// "i-1 is broken, start i-2", "stop i-1, not i-2": a clause beside the order says something of a target that the order does not name.
    fn speaks_of_others(&self, segments: &[Segment]) -> bool {
        let targets = |segment: &Segment| -> Vec<&str> {
            let within = (segment.from..segment.to)
                .filter(|at| self.operation.targets.contains(at) || self.token(*at).is_some_and(|t| self.same_target(t)));
            within.filter_map(|at| self.token(at)).map(|t| self.sentence.written(t)).collect()
        };
        let ordered: Vec<&str> = segments.iter().filter(|s| s.role == Role::Order).flat_map(targets).collect();
        if ordered.is_empty() {
            return false;
        }
        segments.iter().filter(|s| s.role != Role::Order).any(|segment| {
            let lists = |t: &Token| {
                matches!(t.kind, Kind::Thing(_) | Kind::Sign(_))
                    || t.meaning.nouns & self.family != 0
                    || matches!(t.word.as_str(), "and" | "plus" | "also" | "too" | "please" | "thanks")
                    || t.han && t.is(Mark::Polite)
                    || t.han && matches!(self.sentence.written(t), "和" | "与" | "跟" | "及" | "以及" | "还有" | "也" | "都")
                    || self.slots.amounts.iter().any(|a| self.token(a.at).is_some_and(|n| n.start == t.start))
            };
            let talks =
                self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default().iter().any(|t| !lists(t) && !self.same_target(t));
            talks && targets(segment).iter().any(|t| !ordered.contains(t))
        })
    }

    /// Signs that change nothing.
    fn sign(&self, token: &Token, state: bool) -> bool {
        let Kind::Sign(sign) = token.kind else { return false };
        matches!(
            sign,
            ',' | '，'
                | '.'
                | '。'
                | '!'
                | '！'
                | '?'
                | '？'
                | ';'
                | '；'
                | ':'
                | '：'
                | '、'
                | '('
                | ')'
                | '（'
                | '）'
                | '['
                | ']'
                | '"'
                | '“'
                | '”'
                | '「'
                | '」'
                | '\''
                | '-'
                | '—'
                | '–'
                | '~'
                | '～'
                | '…'
                | '\n'
                | '&'
                | '+'
                | '/'
                | '😀'
                | '🙏'
                | '｡'
                | '・'
                | '•'
        ) || matches!(sign, '=' | '{' | '}') && !self.operation.filled.spans.is_empty()
            || sign == '`'
                && self
                    .sentence
                    .quotes
                    .iter()
                    .any(|q| self.operation.targets.iter().filter_map(|t| self.token(*t)).any(|t| t.start == q.start && t.end == q.end))
            || state && matches!(sign, '%' | '#')
    }

    /// Whether the sentence asks somebody to do it, so that a question mark is politeness.
    fn requests(&self) -> bool {
        self.sentence.tokens.iter().any(|t| {
            let written = self.sentence.written(t).to_lowercase();
            t.is(Mark::Polite)
                && (["can ", "could ", "would ", "will ", "please", "pls", "plz", "help", "kindly", "mind"]
                    .iter()
                    .any(|w| written.starts_with(w))
                    || ["请", "麻烦", "能不能", "能否", "可否", "可以", "帮"].iter().any(|w| written.contains(w)))
        }) || self.sentence.text.contains("可以")
            || self.sentence.text.contains("可不可以")
    }
}

/// Marks of previews and of looking.
fn previews(token: &Token) -> bool {
    token.quote.is_none()
        && [Mark::Dry, Mark::WhatIf, Mark::Show, Mark::Check, Mark::Light, Mark::Pronoun].iter().any(|mark| token.is(*mark))
        && ![Mark::Say, Mark::Source, Mark::Chat, Mark::Later].iter().any(|mark| token.is(*mark) && !token.is(Mark::Dry))
        || token.quote.is_none() && token.negated && token.meaning.verbs != 0
}
