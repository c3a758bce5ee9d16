//! How the verb of an order stands: in its base form, or as a participle behind "needs to be".
//!
//! Invariant: what asks, tells, or speaks of something that belongs to the target is no plain order.

use super::{Explained, Segment};
use crate::{
    entity::Shape,
    lexicon::Inflection,
    token::{Kind, Token},
    vocabulary::Mark,
};

/// Adjectives that, standing last, say what became of it.
const PREDICATES: &[&str] = &[
    "failed",
    "dead",
    "crashed",
    "offline",
    "dormant",
    "obsolete",
    "retired",
    "noisy",
    "flaky",
    "forgotten",
    "abandoned",
    "failing",
    "stuck",
    "broken",
    "hung",
    "frozen",
    "faulty",
    "unhealthy",
    "unresponsive",
    "slow",
    "busy",
    "new",
    "old",
    "exposed",
    "compromised",
    "hacked",
    "infected",
    "leaked",
];

impl Explained<'_, '_> {
    /// How the verb stands: an order has it in its base form, or as a participle behind "needs to be".
    pub(super) fn order_is_plain(&self, segment: Segment) -> bool {
        let tokens = &self.sentence.tokens;
        // "do we need to stop i-1": asks, with or without its mark.
        if self.phrases_anywhere(
            segment,
            &["do i", "do we", "do you", "do they", "should i", "should we", "shall i", "shall we", "may i", "may we", "am i", "are we"],
        ) {
            return false;
        }
        // "the machine under i-1", "the instance of i-1": another one.
        let other = |three: &[Token]| matches!(three, [noun, by, target] if noun.meaning.nouns & self.family != 0 && noun.meaning.verbs == 0 && noun.meaning.objects & self.operation.objects == 0 && matches!(by.word.as_str(), "of" | "under" | "behind" | "for" | "from" | "on" | "above" | "with") && matches!(target.shape(), Some(Shape::Id(_) | Shape::Arn)));
        if tokens.get(segment.from..segment.to).unwrap_or_default().windows(3).any(other) {
            return false;
        }
        // "stop i-1's host": something that belongs to it.
        let owned = self.operation.targets.iter().filter_map(|at| self.token(*at)).any(|t| {
            let rest = self.sentence.text.get(t.end..).unwrap_or_default();
            (rest.starts_with("'s") || rest.starts_with("’s"))
                && !tokens.iter().any(|o| o.start > t.end && o.meaning.objects & self.operation.objects != 0)
        });
        if owned {
            return false;
        }
        // "stop i-1 failed": told, not asked.
        let last = tokens.get(segment.from..segment.to).unwrap_or_default().iter().rev().find(|t| !matches!(t.kind, Kind::Sign(_)));
        if last.is_some_and(|t| PREDICATES.contains(&t.word.as_str())) {
            return false;
        }
        for at in segment.from..segment.to {
            let Some(token) = tokens.get(at) else { break };
            if !self.orders(token) {
                continue;
            }
            let before = tokens.get(segment.from..at).unwrap_or_default();
            // "test stop i-1", "测试停止 i-1": tries whether it would be understood.
            if before.last().is_some_and(|t| {
                matches!(t.word.as_str(), "test" | "testing" | "demo" | "trial" | "sample") || t.han && self.sentence.written(t) == "测试"
            }) {
                return false;
            }
            if !token.han && token.inflection == Inflection::Ing && token.meaning.objects == 0 {
                let opened = before.iter().any(|t| {
                    let written = self.sentence.written(t).to_lowercase();
                    ["mind", "help", "hand with", "need", "proceed with", "go ahead", "by"].iter().any(|w| written.contains(w))
                        || t.word == "with"
                        || t.word == "by"
                        || self.orders(t)
                });
                if !opened {
                    return false;
                }
            }
            // "i-1 的重启": the restart of it, which is spoken of and not asked for.
            if token.han && matches!(before, [.., target, of] if self.same_target(target) && of.han && self.sentence.written(of) == "的") {
                return false;
            }
            // "i-1 停了" tells; "把 i-1 停了" and "i-1 可以停了" ask for it.
            let next = tokens.get(at + 1);
            let closes = self.sentence.written(token).ends_with('了') && next.is_none_or(Token::ends_clause)
                || next.is_some_and(|t| t.han && self.sentence.written(t) == "了") && tokens.get(at + 2).is_none_or(Token::ends_clause);
            let said = tokens.get(segment.from).map_or(0, |t| t.start)..token.start;
            let said = self.sentence.text.get(said).unwrap_or_default();
            let taken = [
                "把", "将", "給", "给", "请", "請", "帮", "幫", "可以", "麻烦", "先", "马上", "快", "直接", "赶紧", "立即", "立刻", "要",
                "想",
            ];
            if token.han && closes && !taken.iter().any(|w| said.contains(w)) {
                return false;
            }
            // "the app needs to stop i-1" says what the app does; "i-1 needs to be stopped" asks for it.
            // "i-1 in prod needs to be stopped": the place belongs to the thing.
            let placed = |i: usize| {
                let at = segment.from + i;
                self.slots.accounts.contains(&at)
                    || self.slots.regions.contains(&at)
                    || before.get(i).is_some_and(|t| t.is(Mark::At) || t.is(Mark::Account) || t.word == "the")
            };
            let needed = |(index, t): (usize, &Token)| {
                matches!(t.word.as_str(), "needs")
                    && !(0..index)
                        .rev()
                        .find(|i| !placed(*i))
                        .and_then(|i| before.get(i))
                        .is_some_and(|b| matches!(b.kind, Kind::Thing(_)) || self.same_target(b) || b.is(Mark::Pronoun))
            };
            if before.iter().enumerate().any(needed) {
                return false;
            }
            // "i-1 将停止" tells what will happen; "将 i-1 停止" asks for it.
            let tells = |pair: &[Token]| matches!(pair, [a, b] if a.han && self.sentence.written(a) == "将" && b.han && (b.meaning.verbs != 0 || matches!(self.sentence.written(b), "要" | "会" | "于" | "在" | "被")));
            if tokens.get(segment.from..=at).unwrap_or_default().windows(2).any(tells) {
                return false;
            }
        }
        true
    }
}
