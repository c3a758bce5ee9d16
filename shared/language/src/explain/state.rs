//! Clauses beside the order: how things stand, and why.
//!
//! Invariant: what people say, want, allow or doubt, a condition and a time to come are never part of such a clause.

use super::{
    Explained, Role, Segment,
    phrases::{Atom, IN_STATE, LONGEST, is_attitude, is_state, listed},
};
use crate::{
    entity::Shape,
    lexicon::units,
    token::{Kind, Token},
    vocabulary::{Mark, plain::ATTITUDE_ZH},
};

/// Words that hold a part of [`ATTITUDE_ZH`] and mean something else.
const INNOCENT: &[&str] = &[
    "后端",
    "后台",
    "快要",
    "告急",
    "报告",
    "误删",
    "等级",
    "许可证",
    "审计发现",
    "问题",
    "不用了",
    "不要了",
    "不需要了",
    "告警",
    "广告",
    "公告",
    "值班表",
    "说明",
    "访问",
    "预算",
    "通知服务",
    "传输",
    "上传",
    "重要",
    "如今",
    "该机",
    "该库",
    "移除",
    "删除",
    "清除",
    "期待",
    "别名",
    "级别",
    "等待时间",
    "得不行",
    "不行了",
    "回传",
];

/// Whether Chinese words hold a part of [`ATTITUDE_ZH`].
pub(super) fn of_people<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let folded: String = words.flat_map(units).collect();
    let folded = INNOCENT.iter().fold(folded, |text, word| text.replace(word, ""));
    ATTITUDE_ZH.split_whitespace().any(|part| folded.contains(part))
}

impl Explained<'_, '_> {
    /// Whether a token explains itself in a clause about how things stand.
    pub(super) fn by_state(&self, token: &Token) -> bool {
        if token.quote.is_some() || token.typo {
            return false;
        }
        match token.kind {
            Kind::Thing(shape) => {
                return !matches!(shape, Shape::Operation | Shape::Flag | Shape::Url | Shape::Sop);
            }
            Kind::Known => {}
            _ => return false,
        }
        let denied = [
            Mark::Say,
            Mark::Conditional,
            Mark::Later,
            Mark::WhatIf,
            Mark::Approve,
            Mark::Reject,
            Mark::Approval,
            Mark::Guard,
            Mark::Bypass,
            Mark::Source,
            Mark::Retract,
            Mark::May,
            Mark::Chat,
            Mark::Injection,
            Mark::Subordinate,
            Mark::SubordinateAfter,
            Mark::Should,
            Mark::Neg,
            Mark::Prohibit,
        ];
        if denied.iter().any(|mark| token.is(*mark)) {
            return false;
        }
        let told = (token.meaning.verbs != 0 && (token.described || token.negated) || token.is(Mark::Destroy) && token.negated)
            && token.meaning.verbs & self.operation.verbs == 0;
        let noun = (token.meaning.nouns | token.meaning.services) != 0 || token.meaning.objects != 0 || token.meaning.needs != 0;
        let topic = [
            Mark::Symptom,
            Mark::Metric,
            Mark::Metrics,
            Mark::Anomaly,
            Mark::Finding,
            Mark::Health,
            Mark::Cost,
            Mark::Internet,
            Mark::Done,
            Mark::Port,
            Mark::Version,
            Mark::Account,
        ]
        .iter()
        .any(|mark| token.is(*mark));
        let asked = token.asks() && !token.meaning.weak && !token.is(Mark::Symptom);
        told || (noun || topic) && !asked || token.described
    }

    /// A time, which says nothing alone.
    pub(super) fn is_time(token: &Token) -> bool {
        token.is(Mark::TimeWord)
            || token.is(Mark::TimeUnit)
            || token.is(Mark::Window)
            || token.is(Mark::NumberWord)
            || matches!(token.shape(), Some(Shape::Date | Shape::Clock))
    }

    /// Whether a clause beside the order holds what people say, want or allow, a condition, a time to come, or text as text.
    pub(super) fn tells_of_people(&self, segment: Segment) -> bool {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let opens = usize::from(segment.role == Role::Because);
        let target = |token: &Token| {
            self.same_target(token) || self.operation.targets.iter().filter_map(|t| self.token(*t)).any(|t| t.start == token.start)
        };
        let marked = tokens.iter().skip(opens).filter(|t| !target(t)).any(|token| {
            let denied = [
                Mark::Conditional,
                Mark::Later,
                Mark::WhatIf,
                Mark::Approve,
                Mark::Approval,
                Mark::Retract,
                Mark::Injection,
                Mark::May,
                Mark::Chat,
                Mark::Dry,
                Mark::Say,
            ];
            let passed = token.han && self.sentence.written(token) == "过了";
            let tolerated =
                passed || [Mark::Health, Mark::Finding, Mark::Symptom, Mark::Read, Mark::Metric].iter().any(|mark| token.is(*mark));
            token.quote.is_some()
                || denied.iter().any(|mark| token.is(*mark)) && !tolerated
                || token.negated && token.meaning.verbs & self.operation.verbs != 0
                || matches!(token.kind, Kind::Sign('>' | '<' | '=' | '|' | '`' | '{' | '?' | '？' | '@' | '$' | '#'))
        });
        let english = tokens
            .iter()
            .skip(opens)
            .filter(|t| !t.han && !matches!(t.kind, Kind::Thing(_) | Kind::Sign(_)) && !target(t))
            .any(|token| units(self.sentence.written(token)).iter().any(|word| is_attitude(word)));
        let chinese = of_people(tokens.iter().skip(opens).filter(|t| t.han).map(|t| self.sentence.written(t)));
        marked || english || chinese
    }

    /// A clause that tells how things stand in words of which some are unknown: it has a predicate, something technical, and nothing of people.
    pub(super) fn tells_of_things(&self, segment: Segment, atoms: &[Atom], content: bool) -> bool {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let labels = tokens.last().is_some_and(|t| matches!(t.kind, Kind::Sign(':' | '：')));
        let labels = labels && !(segment.from..segment.to).any(|at| self.operation.targets.contains(&at));
        let words = tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_))).count();
        let points = tokens.iter().find(|t| !matches!(t.kind, Kind::Sign(_))).is_some_and(|t| {
            matches!(t.word.as_str(), "this" | "that" | "here" | "it" | "these" | "those")
                || t.han && self.sentence.written(t).starts_with(['这', '那', '以', '如'])
        });
        let labels = labels && (words < 5 || points);
        if segment.role == Role::Purpose {
            let unknown = atoms.iter().filter(|a| a.take == 0 && !a.text.is_empty() && !listed(&a.text)).count();
            return unknown <= 4 && !self.tells_of_people(segment) && !tokens.iter().any(Self::is_time);
        }
        if segment.role != Role::State || labels || self.tells_of_people(segment) {
            return false;
        }
        let predicate = tokens.iter().any(|t| {
            let be = matches!(
                t.word.as_str(),
                "is" | "are"
                    | "was"
                    | "were"
                    | "has"
                    | "have"
                    | "had"
                    | "it's"
                    | "isn't"
                    | "ran"
                    | "broke"
                    | "left"
                    | "found"
                    | "saw"
                    | "got"
                    | "grew"
                    | "went"
                    | "came"
                    | "sent"
                    | "lost"
            );
            let verb = !t.han
                && t.word.len() > 3
                && (t.word.ends_with('s') || t.word.ends_with("ed") || t.word.ends_with("ing"))
                && !t.word.ends_with("ss");
            be || verb || t.han
        });
        let unknown = |atom: &&Atom| atom.take == 0 && !atom.text.is_empty() && !listed(&atom.text);
        let (chinese, english): (Vec<&Atom>, Vec<&Atom>) = atoms.iter().filter(unknown).partition(|a| !a.text.is_ascii());
        let technical = tokens.iter().any(|t| matches!(t.word.as_str(), "it" | "its" | "it's"))
            || content
            || atoms.iter().any(|a| a.text.is_ascii() && !a.text.is_empty() && is_state(&a.text))
            || self.phrases_of_state(atoms);
        predicate && technical && english.len() <= 4 && chinese.len() <= 8
    }

    /// Whether some stretch of the atoms is a listed phrase of states.
    pub(super) fn phrases_of_state(&self, atoms: &[Atom]) -> bool {
        (0..atoms.len()).any(|at| {
            (2..=LONGEST).any(|length| {
                atoms
                    .get(at..at + length)
                    .is_some_and(|stretch| IN_STATE.0.contains(&stretch.iter().map(|a| a.text.as_str()).collect::<Vec<_>>().join(" ")))
            })
        })
    }
}
