//! From units to tokens: the cheapest cover by listed words, then clauses, negation and what has already happened.
//! Entry type: [`Sentence`].
//!
//! Invariant: linear in the number of units; a token never spans punctuation.

use smol_str::SmolStr;

use crate::{
    cover::cover,
    entity::Shape,
    lexicon::{Inflection, LEXICON, Meaning, Sense},
    normalize::Letters,
    scan::{Quote, units_of},
    vocabulary::Mark,
};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A listed word or phrase.
    Known,
    /// An English word that is not listed.
    Unknown,
    /// An ideograph that is not listed.
    Han,
    /// A shaped thing.
    Thing(Shape),
    /// Punctuation.
    Sign(char),
}

/// A word, phrase, thing or sign.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// First byte.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
    /// What it may mean; empty for things and unknown words.
    pub meaning: Sense,
    /// The inflection of its first inflected word.
    pub inflection: Inflection,
    /// The folded word, for single English words.
    pub word: SmolStr,
    /// The quotation it lies in.
    pub quote: Option<u32>,
    /// The number of its clause.
    pub clause: usize,
    /// Forbidden or denied by a word before it.
    pub negated: bool,
    /// Not asked for: it has happened, or says when.
    pub described: bool,
    /// Whether it is written in ideographs.
    pub han: bool,
    /// Whether it was read through a slip of the keyboard.
    pub typo: bool,
}

impl Token {
    /// Whether it bears a mark.
    pub(crate) fn is(&self, mark: Mark) -> bool {
        self.meaning.is(mark)
    }

    /// Whether it is a verb that is asked for.
    pub(crate) fn asks(&self) -> bool {
        self.meaning.verbs != 0 && !self.negated && !self.described && self.quote.is_none()
    }

    /// Whether it is punctuation between clauses.
    pub(crate) fn ends_clause(&self) -> bool {
        matches!(
            self.kind,
            Kind::Sign(',' | '，' | '。' | '.' | ';' | '；' | '!' | '！' | '?' | '？' | '\n' | '—' | '–' | '-' | '…' | '～' | '~' | '｡')
        )
    }

    /// Whether it is a shaped thing.
    pub(crate) fn shape(&self) -> Option<Shape> {
        if let Kind::Thing(shape) = self.kind { Some(shape) } else { None }
    }
}

/// A text as tokens.
#[derive(Debug)]
pub(crate) struct Sentence<'t> {
    /// As written.
    pub text: &'t str,
    /// In order.
    pub tokens: Vec<Token>,
    /// Quotations.
    pub quotes: Vec<Quote>,
    /// Whether characters hide in it.
    pub hidden: bool,
    /// Marks of tokens outside quotations, as bits.
    pub marks: u128,
    /// Marks of all tokens, as bits.
    every_mark: u128,
}

/// More words than a request has outside quotations; what is longer is pasted text.
const MOST_WORDS: usize = 300;
/// More words than a request has with its quotations.
const MOST_TOKENS: usize = 600;

impl<'t> Sentence<'t> {
    /// Reads a text.
    pub(crate) fn of(text: &'t str) -> Self {
        let letters = Letters::of(text);
        let mut read = units_of(&letters);
        let mut tokens = cover(&letters, &read.units);
        if crate::slip::mend(&letters, &mut read.units, &tokens) {
            tokens = cover(&letters, &read.units);
        }
        join_particles(&mut tokens);
        join_states(&mut tokens);
        number_clauses(&mut tokens);
        negate(&mut tokens);
        describe(text, &mut tokens);
        let mut sentence = Self { text, tokens, quotes: read.quotes, hidden: letters.hidden, marks: 0, every_mark: 0 };
        sentence.sum_up();
        sentence
    }

    fn sum_up(&mut self) {
        (self.marks, self.every_mark) = self.tokens.iter().fold((0, 0), |(open, every), t| {
            let marks = t.meaning.marks;
            (if t.quote.is_none() { open | marks } else { open }, every | marks)
        });
    }

    /// Whether it is longer than any request: pasted text.
    pub(crate) fn is_paste(&self) -> bool {
        self.tokens.len() > MOST_TOKENS
            || self.tokens.len() > MOST_WORDS && self.tokens.iter().filter(|t| t.quote.is_none()).count() > MOST_WORDS
    }

    /// Leaves the first [`MOST_WORDS`] tokens.
    pub(crate) fn shorten(&mut self) {
        self.tokens.truncate(MOST_WORDS);
        let end = self.tokens.last().map_or(0, |t| t.end);
        self.quotes.retain(|quote| quote.end <= end);
        self.sum_up();
    }

    /// Whether any word bears a mark, quoted or not.
    pub(crate) fn holds(&self, mark: Mark) -> bool {
        self.every_mark & (1 << mark as u32) != 0
    }

    /// Whether a word outside quotations bears a mark.
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks & (1 << mark as u32) != 0
    }

    /// Whether any of several marks occurs.
    pub(crate) fn has_any(&self, marks: &[Mark]) -> bool {
        marks.iter().any(|mark| self.has(*mark))
    }

    /// Whether a word that is not negated bears a mark.
    pub(crate) fn says(&self, mark: Mark) -> bool {
        self.has(mark) && self.tokens.iter().any(|t| t.is(mark) && !t.negated && t.quote.is_none())
    }

    /// The text of a token as written.
    pub(crate) fn written(&self, token: &Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// Whether the sentence is put as a question, not as a request.
    pub(crate) fn questions(&self) -> bool {
        let first = self.tokens.iter().find(|t| !t.is(Mark::Polite) && !matches!(t.kind, Kind::Sign(_)));
        let opens = first.is_some_and(|t| {
            matches!(
                t.word.as_str(),
                "is" | "are"
                    | "was"
                    | "were"
                    | "do"
                    | "does"
                    | "did"
                    | "has"
                    | "have"
                    | "am"
                    | "which"
                    | "what"
                    | "what's"
                    | "whats"
                    | "who"
                    | "why"
                    | "when"
                    | "how"
                    | "where"
                    | "whose"
                    | "any"
            ) && !t.asks()
        });
        let last = self
            .tokens
            .iter()
            .rev()
            .find(|t| !(matches!(t.kind, Kind::Sign(_)) || t.han && t.is(Mark::Polite) && t.end - t.start == 3 && !t.is(Mark::Ask)));
        let closes = last.is_some_and(|t| t.han && matches!(self.written(t), "没" | "没有" | "吗" | "么" | "呢" | "不" | "否" | "嘛"));
        opens
            || closes
            || self.tokens.iter().any(|t| {
                matches!(t.kind, Kind::Sign('?' | '？'))
                    || t.han
                        && (whether_or_not(self.written(t))
                            || t.is(Mark::Ask) && self.written(t) == "吗"
                            || t.is(Mark::Whether) && self.written(t) != "有"
                            || t.is(Mark::Which)
                            || t.is(Mark::Who)
                            || t.is(Mark::Why))
            })
    }

    /// A token by its number.
    pub(crate) fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }
}

/// Verbs whose particle may stand behind the object.
const HEADS: &[&str] = &[
    "turn", "switch", "shut", "power", "take", "bring", "spin", "fire", "roll", "fail", "scale", "back", "cut", "lock", "pull", "put",
    "clean", "close", "tear", "wipe", "boot", "point", "move", "lift", "blow", "sign", "kick", "push", "clear", "get",
];
/// Those particles.
const PARTICLES: &[&str] = &["on", "off", "down", "up", "out", "over", "back", "online", "away"];

/// Reads "turn it off" as "turn off".
fn join_particles(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let Some(head) = tokens.get(at).and_then(|t| head_of(&t.word)) else { continue };
        if tokens.get(at).is_some_and(|t| t.kind == Kind::Known && t.end - t.start > t.word.len()) {
            continue;
        }
        let reach = tokens.iter().enumerate().skip(at + 1).take(14);
        let Some((found, particle)) = reach
            .take_while(|(_, t)| !t.ends_clause())
            .filter(|(_, t)| t.quote.is_none() && (t.end - t.start == t.word.len() || matches!(t.word.as_str(), "back" | "up")))
            .find_map(|(index, t)| PARTICLES.iter().find(|p| **p == t.word).map(|p| (index, *p)))
        else {
            continue;
        };
        let behind = tokens.get(found + 1).map(|t| t.word.clone()).unwrap_or_default();
        let together = PARTICLES.contains(&behind.as_str()) || tokens.get(found).is_some_and(|t| t.end - t.start > t.word.len());
        let second = if behind.is_empty() || !PARTICLES.contains(&behind.as_str()) { "up" } else { behind.as_str() };
        let phrase = together.then(|| LEXICON.phrase(&format!("{head} {particle} {second}"))).flatten();
        // "spin it back up": what "back" adds is no part of the verb.
        let bare = || (together && particle == "back").then(|| LEXICON.phrase(&format!("{head} {second}"))).flatten();
        let Some(meaning) = phrase.or_else(|| LEXICON.phrase(&format!("{head} {particle}"))).or_else(bare) else { continue };
        if let Some(token) = tokens.get_mut(at) {
            token.meaning = Sense::Listed(meaning);
            token.kind = Kind::Known;
        }
        if let Some(token) = tokens.get_mut(found) {
            // "roll … back to 14": the particle's own meaning is spent, its direction is not.
            let direction = token.meaning.marks & 1 << Mark::To as u32;
            token.meaning = Sense::from(Meaning { marks: direction, ..Meaning::default() });
            token.kind = Kind::Known;
        }
    }
}

/// Reads "deletion protection on for orders-db" as "turn on deletion protection": a particle right behind what is turned on or off, where
/// nothing else is asked for and nothing says that it is a question or how things stand.
fn join_states(tokens: &mut [Token]) {
    let tells = |t: &Token| {
        [
            Mark::What,
            Mark::Which,
            Mark::Who,
            Mark::Why,
            Mark::How,
            Mark::HowMany,
            Mark::Whether,
            Mark::Show,
            Mark::Check,
            Mark::Happened,
            Mark::Neg,
        ]
        .iter()
        .any(|mark| t.is(*mark))
            || matches!(t.word.as_str(), "is" | "are" | "was" | "were" | "has" | "have" | "be" | "been" | "with" | "and" | "or" | "if")
            || matches!(t.kind, Kind::Sign('?' | '？'))
            || t.meaning.verbs != 0
    };
    if tokens.len() > 24 || tokens.iter().any(tells) {
        return;
    }
    let particle = (1..tokens.len()).find(|at| {
        let (before, here) = (tokens.get(at - 1), tokens.get(*at));
        before.is_some_and(|t| t.meaning.objects != 0 && t.quote.is_none() && !t.han)
            && here.is_some_and(|t| t.quote.is_none() && matches!(t.word.as_str(), "on" | "off") && t.end - t.start == t.word.len())
            && tokens
                .get(at + 1)
                .is_none_or(|t| t.ends_clause() || t.is(Mark::Polite) || matches!(t.word.as_str(), "for" | "on" | "in" | "at"))
    });
    let Some(token) = particle.and_then(|at| tokens.get_mut(at)) else { return };
    if let Some(meaning) = LEXICON.phrase(&format!("turn {}", token.word)) {
        token.meaning = Sense::Listed(meaning);
        token.kind = Kind::Known;
    }
}

fn head_of(word: &str) -> Option<&'static str> {
    let first = word.bytes().next()?;
    HEADS.iter().copied().filter(|head| head.bytes().next() == Some(first)).find(|head| {
        word.strip_prefix(head).is_some_and(|rest| matches!(rest, "" | "s" | "ed" | "ing" | "ning" | "ting" | "ping" | "ling" | "d"))
            || head.strip_suffix('e').is_some_and(|stem| word.strip_prefix(stem).is_some_and(|rest| matches!(rest, "ing")))
    })
}

fn number_clauses(tokens: &mut [Token]) {
    let mut clause = 0;
    for token in tokens {
        token.clause = clause;
        clause += usize::from(token.ends_clause() && token.quote.is_none());
    }
}

/// Marks what is forbidden or denied.
fn negate(tokens: &mut [Token]) {
    // A prohibition reaches to the end of its clause, and into the next where its own holds no verb.
    let mut forbidding = false;
    let mut pending = false;
    let mut denying = 0_u8;
    let mut clause = 0;
    let mut own = usize::MAX;
    let mut of_state = false;
    for token in tokens.iter_mut() {
        if token.clause != clause {
            clause = token.clause;
            forbidding = pending;
            denying = 0;
        }
        if token.quote.is_some() {
            continue;
        }
        // "it should not be public: disable …": the colon ends what was said of a state.
        if of_state && matches!(token.kind, Kind::Sign(':' | '：')) {
            forbidding = false;
        }
        if token.is(Mark::Prohibit) {
            forbidding = true;
            pending = true;
            of_state = false;
            own = clause;
            if token.meaning.verbs == 0 {
                continue;
            }
        }
        if token.is(Mark::But) && !token.is(Mark::Dry) {
            if !pending {
                forbidding = false;
            }
            denying = 0;
        }
        let content = token.meaning.verbs != 0
            || token.meaning.marks & NEGATABLE != 0
            || matches!(token.kind, Kind::Unknown | Kind::Han)
            || token.is(Mark::Light);
        if forbidding && content && !token.is(Mark::Prohibit) {
            token.negated = true;
            if own == clause || token.meaning.verbs != 0 || token.is(Mark::Light) || token.meaning.marks & NEGATABLE != 0 {
                pending = false;
            }
        } else if forbidding
            && own == clause
            && (token.meaning.objects != 0 || token.meaning.nouns != 0 || matches!(token.kind, Kind::Thing(_)))
        {
            of_state |= pending;
            pending = false;
        } else if denying > 0 && token.meaning.marks & NEGATABLE | u128::from(token.meaning.verbs) != 0 {
            token.negated = true;
            denying = 0;
        } else {
            denying = denying.saturating_sub(1);
        }
        if token.is(Mark::Neg) && !token.is(Mark::Prohibit) {
            denying = 3;
        }
    }
}

/// Marks that a negation turns round.
const NEGATABLE: u128 = 1 << Mark::Dry as u32
    | 1 << Mark::Approve as u32
    | 1 << Mark::Reject as u32
    | 1 << Mark::Good as u32
    | 1 << Mark::Destroy as u32
    | 1 << Mark::KillSwitch as u32
    | 1 << Mark::Run as u32
    | 1 << Mark::Undo as u32
    | 1 << Mark::Withdraw as u32
    | 1 << Mark::Halt as u32
    | 1 << Mark::Release as u32
    | 1 << Mark::Switch as u32;

/// Marks verbs that tell what has happened, or when, instead of asking for it.
fn describe(text: &str, tokens: &mut [Token]) {
    let mut happened = false;
    let mut wanted = false;
    let mut clause = 0;
    let mut subordinate = false;
    let mut asked_whether = false;
    let mut asked_how = false;
    let only_thing = one_thing(tokens);
    let courteous = tokens.iter().any(|t| t.quote.is_none() && matches!(t.word.as_str(), "please" | "pls" | "plz" | "kindly"));
    for at in 0..tokens.len() {
        let (before, after) = (at.checked_sub(1).and_then(|i| tokens.get(i)), tokens.get(at + 1));
        let Some(token) = tokens.get(at) else { continue };
        if token.clause != clause {
            clause = token.clause;
            (happened, wanted, subordinate, asked_whether, asked_how) = (false, false, false, false, false);
        }
        let is_be = |t: &Token| {
            matches!(
                t.word.as_str(),
                "is" | "are"
                    | "was"
                    | "were"
                    | "been"
                    | "being"
                    | "keeps"
                    | "keep"
                    | "kept"
                    | "got"
                    | "gets"
                    | "be"
                    | "isn't"
                    | "aren't"
                    | "stays"
            )
        };
        let noun_behind = after.is_some_and(|t| {
            matches!(
                t.word.as_str(),
                "count"
                    | "counts"
                    | "time"
                    | "times"
                    | "history"
                    | "failure"
                    | "failures"
                    | "failed"
                    | "reason"
                    | "reasons"
                    | "rate"
                    | "event"
                    | "events"
                    | "loop"
                    | "loops"
                    | "protection"
                    | "policy"
                    | "page"
                    | "error"
                    | "errors"
                    | "happened"
                    | "occurred"
                    | "was"
                    | "were"
                    | "is"
                    | "has"
                    | "had"
                    | "took"
                    | "succeeded"
            ) || t.is(Mark::HowMany) && t.han
                || t.is(Mark::Metrics) && !t.han && t.meaning.objects == 0
        });
        let english = !token.han && token.meaning.verbs != 0;
        let told = if english {
            // "if I rebooted it": supposed, not told.
            let supposes = |t: &Token| t.is(Mark::Conditional) || t.is(Mark::WhatIf);
            let supposed = before.is_some_and(|t| {
                supposes(t)
                    || matches!(t.word.as_str(), "i" | "we" | "you") && at.checked_sub(2).and_then(|i| tokens.get(i)).is_some_and(supposes)
            });
            let participle = token.inflection == Inflection::Ed && !wanted && !supposed;
            let adjective = before.is_some_and(is_be) && token.inflection != Inflection::Base && !wanted
                || before.is_some_and(|t| is_be(t) && t.word != "be") && token.inflection == Inflection::Base;
            let continuing = token.inflection == Inflection::Ing && happened;
            let noun_before = before
                .is_some_and(|t| matches!(t.word.as_str(), "the" | "this" | "that" | "last" | "previous" | "yesterday's" | "my"))
                && token.inflection == Inflection::Base
                && !token.meaning.weak
                && after.is_some_and(|t| t.word == "of" || t.word == "on" || t.is(Mark::TimeWord) || t.ends_clause());
            participle || adjective || continuing || noun_behind || noun_before
        } else if token.meaning.verbs != 0 {
            happened && !wanted || noun_behind
        } else {
            false
        };
        let failing = after.is_some_and(|t| (t.is(Mark::Symptom) || t.is(Mark::Anomaly)) && t.meaning.verbs == 0 && !t.is(Mark::Noise));
        let exists = asked_whether && token.meaning.verbs != 0 && !wanted;
        // An English request never has its verb in -s: that is a plural or tells what something does.
        let keeps = token.meaning.verbs != 0 && token.inflection == Inflection::S;
        // "we are about to restart it": announced by those who do it, not asked for.
        let announced = token.meaning.verbs != 0 && announces(tokens, at);
        let when = token.meaning.verbs != 0
            && (subordinate && (only_thing || !thing_follows(tokens, at)) || token.han && timed_behind(tokens, at, only_thing));
        happened |= token.is(Mark::Happened);
        // "could i-1 be rebooted please": with the courtesy it is a request, without it a question.
        wanted |= token.word == "be" && courteous && may_be_asked(tokens, at);
        wanted |= token.is(Mark::Should) && !is_be(token)
            || matches!(token.word.as_str(), "want" | "wants" | "get" | "have" | "like" | "please" | "must" | "should" | "needs" | "need")
            || token.han && matches!(token.end - token.start, 3) && token.is(Mark::Polite) && is_taking(text, token);
        subordinate = token.is(Mark::Subordinate) || subordinate && token.meaning.verbs == 0 && !token.is(Mark::Polite);
        let auxiliary = matches!(token.word.as_str(), "do" | "does" | "did")
            && after.is_some_and(|t| t.meaning.verbs == 0 || t.inflection != Inflection::Base)
            && (at == 0
                || before.is_some_and(|t| {
                    [Mark::What, Mark::How, Mark::HowMany, Mark::Why, Mark::Which, Mark::Who].iter().any(|mark| t.is(*mark))
                })
                || asked_how);
        asked_how |=
            [Mark::What, Mark::How, Mark::HowMany, Mark::Why].iter().any(|mark| token.is(*mark)) && !token.han || token.word == "how";
        asked_whether |= auxiliary
            || (token.is(Mark::Which)
                || matches!(token.word.as_str(), "any" | "is there" | "are there")
                || token.han && token.is(Mark::Whether) && token.end - token.start == 9)
                && !token.is(Mark::Polite);
        if (told || when || announced || exists || keeps || failing && token.han && token.meaning.verbs != 0)
            && let Some(token) = tokens.get_mut(at)
        {
            token.described = true;
        }
    }
    describe_finished(text, tokens);
}

/// "要不要", "能不能": asks by saying both.
fn whether_or_not(written: &str) -> bool {
    let letters: Vec<char> = written.chars().take(8).collect();
    letters.windows(3).any(|w| matches!(w, [a, '不', b] if a == b))
}

/// Whether a short word takes an object to act on (把, 给, 将): what follows is asked for.
fn is_taking(text: &str, token: &Token) -> bool {
    // 的, 了 and the particles at the end of a clause take nothing.
    let particle = || {
        matches!(text.get(token.start..token.end), Some("的" | "了" | "吧" | "呗" | "哈" | "啊" | "呀" | "哦" | "喔" | "嘛" | "啦" | "嗯"))
    };
    token.is(Mark::Polite) && token.han && token.meaning.verbs == 0 && !particle()
}

/// Whether a shaped thing follows in the clause before the next verb.
fn thing_follows(tokens: &[Token], at: usize) -> bool {
    tokens
        .iter()
        .skip(at + 1)
        .take(12)
        .take_while(|t| !t.ends_clause() && t.meaning.verbs == 0)
        .any(|t| matches!(t.kind, Kind::Thing(Shape::Id(_) | Shape::Arn | Shape::Name | Shape::BucketUrl)))
}

/// Whether "we are about to" or "we're going to" stands right before a verb.
fn announces(tokens: &[Token], at: usize) -> bool {
    let clause = tokens.get(at).map(|t| t.clause);
    let words: Vec<&str> = tokens
        .get(at.saturating_sub(5)..at)
        .unwrap_or_default()
        .iter()
        .filter(|t| Some(t.clause) == clause)
        .flat_map(|t| if t.word.is_empty() { ["", ""] } else { [t.word.as_str(), ""] })
        .filter(|w| !w.is_empty())
        .collect();
    let people = words.iter().any(|w| matches!(*w, "we" | "we're" | "i'm" | "they" | "they're"));
    people && matches!(words.as_slice(), [.., "about" | "going", "to"])
}

/// Whether the clause opens with "could", "can" or "may", as a request put in the passive does.
fn may_be_asked(tokens: &[Token], at: usize) -> bool {
    let Some(clause) = tokens.get(at).map(|t| t.clause) else { return false };
    let own = tokens.get(at.saturating_sub(14)..at).unwrap_or_default().iter().filter(|t| t.clause == clause);
    let mut words = own.filter(|t| !matches!(t.word.as_str(), "please" | "pls" | "plz" | "kindly"));
    words.next().is_some_and(|t| matches!(t.word.as_str(), "could" | "can" | "may"))
}

/// Whether at most one shaped thing is named.
fn one_thing(tokens: &[Token]) -> bool {
    tokens.iter().filter(|t| matches!(t.kind, Kind::Thing(Shape::Id(_) | Shape::Arn | Shape::Name | Shape::BucketUrl))).count() <= 1
}

/// Whether 前, 之后 and the like stand behind a verb, with nothing but small words between.
fn timed_behind(tokens: &[Token], at: usize, only_thing: bool) -> bool {
    tokens
        .iter()
        .skip(at + 1)
        .take(4)
        .take_while(|t| !t.ends_clause() && (t.han || only_thing && matches!(t.kind, Kind::Thing(_))) && t.meaning.verbs == 0)
        .any(|t| t.is(Mark::SubordinateAfter))
}

/// "停了，" before another request tells a state: the verb before 了 is not asked for.
fn describe_finished(text: &str, tokens: &mut [Token]) {
    let last_clause = tokens.iter().rev().find(|t| t.asks()).map(|t| t.clause);
    let finished: Vec<usize> = (0..tokens.len())
        .filter(|at| {
            let Some(token) = tokens.get(*at) else { return false };
            let finished = token.han
                && token.asks()
                && last_clause.is_some_and(|last| token.clause < last)
                && tokens.get(at + 1).is_some_and(|t| t.han && t.end - t.start == 3 && t.word.is_empty() && t.is(Mark::Polite))
                && tokens.get(at + 2).is_some_and(Token::ends_clause);
            let taken = || tokens.iter().take(*at).rev().take_while(|t| t.clause == token.clause).take(40).any(|t| is_taking(text, t));
            finished && !taken()
        })
        .collect();
    for at in finished {
        if let Some(token) = tokens.get_mut(at) {
            token.described = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Vec<String> {
        let s = Sentence::of(text);
        s.tokens.iter().filter(|t| t.asks() && !t.meaning.weak).map(|t| s.written(t).to_owned()).collect()
    }

    #[test]
    fn what_is_forbidden_is_not_asked_for() {
        assert!(asked("don't stop i-1").is_empty());
        assert!(asked("do not, under any circumstances, stop i-1").is_empty());
        assert!(asked("不要重启 i-1").is_empty());
        assert_eq!(asked("别重启，直接停机：i-1"), ["停机"]);
        assert_eq!(asked("don't reboot i-1, stop it"), ["stop"]);
    }

    #[test]
    fn what_has_happened_is_not_asked_for() {
        assert!(asked("i-1 was rebooted last night").is_empty());
        assert!(asked("list stopped instances").is_empty());
        assert!(asked("i-1 昨晚自己重启了").is_empty());
        assert_eq!(asked("i-1 needs to be stopped"), ["stopped"]);
        assert_eq!(asked("把 i-1 停止"), ["停止"]);
    }

    #[test]
    fn a_particle_behind_the_object_belongs_to_its_verb() {
        assert!(asked("turn i-1 off").len() == 1);
        assert!(asked("shut it down").len() == 1);
        assert!(asked("versioning on for media-x please").len() == 1);
        assert!(asked("versioning is on for media-x").is_empty());
        assert!(asked("which buckets have versioning on").is_empty());
        assert!(asked("versioning on for media-x?").is_empty());
    }

    #[test]
    fn a_passive_request_needs_its_courtesy() {
        assert_eq!(asked("could i-1 be rebooted please"), ["rebooted"]);
        assert_eq!(asked("can the database orders please be restarted"), ["restarted"]);
        assert!(asked("could i-1 be rebooted").is_empty());
        assert!(asked("i-1 might be rebooted please").is_empty());
    }
}
