//! Cutting a sentence into the clause of the order and what stands beside it.
//!
//! Invariant: segments lie in order and apart, and cover the sentence.

use super::{Explained, Role, Segment, phrases::AT_OCCASIONS};
use crate::{
    lexicon::stems,
    token::{Kind, Token},
    vocabulary::{
        Mark,
        plain::{BECAUSE, PURPOSE},
    },
};

impl Explained<'_, '_> {
    /// Cuts the sentence.
    pub(super) fn segments(&self) -> Vec<Segment> {
        let tokens = &self.sentence.tokens;
        // Beside a verb that says it, small verbs do not make an order of their clause: "make sure nobody can read it: block …".
        let strong = tokens.iter().any(|t| self.orders(t) && !t.meaning.weak);
        let mut cuts: Vec<(usize, Option<Role>)> = vec![(0, None)];
        let mut ordered = false;
        for (at, token) in tokens.iter().enumerate() {
            if token.quote.is_some() {
                continue;
            }
            let begins = self.orders(token) || token.is(Mark::Light) || matches!(token.word.as_str(), "take" | "make" | "give");
            if begins && !token.han && cuts.last().is_some_and(|(from, role)| *role == Some(Role::Before) && *from + 1 < at) {
                cuts.push((at, None));
            }
            if self.orders(token) {
                ordered = true;
            }
            let word = token.word.as_str();
            let written = if token.han { self.sentence.written(token) } else { "" };
            if self.lists_on(at) {
                // "stop i-1, i-2 in dev": the list goes on.
            } else if token.ends_clause() || matches!(token.kind, Kind::Sign(':' | '：' | '(' | '（' | ')' | '）' | '[' | ']')) {
                cuts.push((at + 1, None));
                ordered = false;
            } else if BECAUSE.contains(&word)
                || BECAUSE.contains(&written)
                || self.phrase_at(at, BECAUSE)
                || word == "as" && self.word(at + 1, &["it's", "nobody"])
            {
                cuts.push((at, Some(Role::Because)));
            } else if matches!(word, "so" | "hence" | "therefore") || matches!(written, "所以" | "因此") {
                cuts.push((at, None));
            } else if self.operation.dry_run {
                // What is only looked at needs no finer cut.
            } else if matches!(word, "before") || self.phrase_at(at, &["ahead of", "prior to"]) {
                cuts.push((at, Some(Role::Before)));
            } else if ordered
                && (word == "for" && self.ends_in_occasion(self.clause_from(at))
                    || word == "to" && self.word(at + 1, PURPOSE)
                    || self.phrase_at(at, &["in order to", "so that", "so we", "so it"])
                    || matches!(written, "以便" | "为了"))
            {
                cuts.push((at, Some(if word == "for" { Role::Before } else { Role::Purpose })));
            } else if !ordered
                && at > 0
                && !self.only_courtesy(cuts.last().map_or(0, |(from, _)| *from), at)
                && (matches!(word, "please" | "pls" | "plz" | "kindly")
                    || self.phrase_at(at, &["could you", "can you", "would you", "will you"]))
            {
                cuts.push((at, None));
            } else if token.han && token.is(Mark::SubordinateAfter) && matches!(written, "前" | "之前" | "以前") {
                if let Some((_, role)) = cuts.last_mut() {
                    *role = Some(Role::Before);
                }
                cuts.push((at + 1, None));
            }
        }
        let ends = cuts.iter().skip(1).map(|(at, _)| *at).chain([tokens.len()]).collect::<Vec<_>>();
        let mut segments: Vec<Segment> = cuts
            .into_iter()
            .zip(ends)
            .filter(|((from, _), to)| from < to)
            .map(|((from, role), to)| {
                let orders = tokens.get(from..to).unwrap_or_default().iter().any(|t| self.orders(t) && !(strong && t.meaning.weak));
                Segment { from, to, role: if orders { Role::Order } else { role.unwrap_or(Role::State) } }
            })
            .collect();
        // Values that are stated without a verb: whatever holds a target or a value is the order.
        if !segments.iter().any(|s| s.role == Role::Order) {
            for segment in &mut segments {
                if segment.role == Role::State {
                    segment.role = Role::Order;
                }
            }
        }
        segments
    }

    /// A comma between two targets of the operation, with or without "and" behind it, in a list behind which nothing is said but the place.
    fn lists_on(&self, at: usize) -> bool {
        let target = |index: usize| self.operation.targets.contains(&index);
        let comma = |index: usize| self.token(index).is_some_and(|t| matches!(t.kind, Kind::Sign(',' | '，' | '、')));
        let and = |index: usize| self.word(index, &["and", "plus"]);
        let next = |index: usize| target(index) || and(index) && target(index + 1);
        if !comma(at) || !at.checked_sub(1).is_some_and(target) || !next(at + 1) {
            return false;
        }
        let place = |index: usize| self.slots.accounts.contains(&index) || self.slots.regions.contains(&index);
        let rest = self.sentence.tokens.iter().enumerate().skip(at + 1);
        let mut rest = rest.take_while(|(index, t)| !t.ends_clause() || comma(*index) && next(index + 1));
        rest.all(|(index, t)| {
            target(index)
                || place(index)
                || comma(index)
                || and(index)
                || t.is(Mark::At)
                || t.is(Mark::Account)
                || t.is(Mark::Polite)
                || t.word == "the"
        })
    }

    /// Whether nothing but courtesy stands in a stretch: "Could you" before "please".
    fn only_courtesy(&self, from: usize, to: usize) -> bool {
        let stretch = self.sentence.tokens.get(from..to).unwrap_or_default();
        !stretch.is_empty() && stretch.iter().all(|t| t.is(Mark::Polite) || matches!(t.kind, Kind::Sign(_)))
    }

    /// The rest of a clause.
    pub(super) fn clause_from(&self, at: usize) -> &[Token] {
        let rest = self.sentence.tokens.get(at..).unwrap_or_default();
        let end = rest.iter().position(Token::ends_clause).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// "the kernel upgrade": unknown words before the noun of an occasion.
    pub(super) fn ends_in_occasion(&self, tokens: &[Token]) -> bool {
        // "before the fsck": an article and one word.
        let words: Vec<&Token> = tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_))).collect();
        if let [before, article, noun] = words.as_slice()
            && before.word == "before"
            && matches!(article.word.as_str(), "the" | "a" | "an" | "our")
            && matches!(noun.kind, Kind::Unknown | Kind::Known)
            && !noun.han
            && !noun.word.ends_with('s')
        {
            return true;
        }
        let words = tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_)));
        let chinese: String = tokens.iter().filter(|t| t.han).map(|t| self.sentence.written(t)).collect();
        let occasion = [
            "升级", "迁移", "维护", "发布", "变更", "上线", "割接", "切换", "扩容", "重启", "测试", "备份", "大促", "压测", "演练", "改造",
            "旺季", "高峰", "活动", "促销",
        ];
        if !chinese.is_empty() && chinese.chars().count() <= 12 && occasion.iter().any(|w| chinese.contains(w)) {
            return true;
        }
        words.clone().count() <= 7
            && words.rev().find(|t| !t.han).is_some_and(|t| {
                let mut occasion = AT_OCCASIONS.contains(t.word.as_str());
                stems(&t.word, |stem, _| occasion |= AT_OCCASIONS.contains(stem));
                occasion
            })
    }

    /// "after the release, …": not before that.
    pub(super) fn opens_in_waiting(&self, segment: Segment) -> bool {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let opener = tokens.iter().find(|t| !matches!(t.kind, Kind::Sign(_)) && !t.is(Mark::Polite));
        opener.is_some_and(|t| {
            matches!(
                t.word.as_str(),
                "after"
                    | "with"
                    | "until"
                    | "upon"
                    | "failing"
                    | "barring"
                    | "pending"
                    | "lacking"
                    | "given"
                    | "granted"
                    | "following"
                    | "once"
                    | "by"
                    | "during"
                    | "at"
                    | "on"
                    | "in"
            ) && segment.role == Role::State
                && !self.by_place(segment)
        })
    }

    /// "were it idle, …", "had we …": a condition without its word.
    pub(super) fn opens_inverted(&self, segment: Segment) -> bool {
        let mut words =
            self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default().iter().filter(|t| !matches!(t.kind, Kind::Sign(_)));
        // "do not fail over" forbids.
        words.next().filter(|t| !t.is(Mark::Prohibit)).is_some_and(|t| {
            let first = self.sentence.written(t).to_lowercase();
            [
                "were", "was", "had", "has", "have", "is", "are", "should", "could", "would", "may", "might", "do", "does", "did", "can",
                "will",
            ]
            .contains(&first.split(' ').next().unwrap_or_default())
        })
    }

    /// "in dev, …": names a place, and nothing else.
    pub(super) fn by_place(&self, segment: Segment) -> bool {
        (segment.from..segment.to).any(|at| {
            self.slots.accounts.contains(&at)
                || self.slots.regions.contains(&at)
                || self.operation.targets.contains(&at)
                || self.operation.filled.taken.contains(&at)
                || self.operation.placed == Some(at)
        })
    }
}
