//! Stretches of the text that a question is about: its query and its symptom. Entry points: [`Asked::query`], [`Asked::symptom`].
//!
//! Invariant: one stretch of the text, never words put together.

use crate::{
    ask::{Asked, CONTENT, FUNCTION_WORDS},
    entity::Shape,
    slots::Span,
    token::{Kind, Token},
    vocabulary::Mark,
};

impl Asked<'_, '_> {
    /// The stretch that carries the content, given the marks that do not.
    pub(crate) fn query(&self, without: &[Mark]) -> Option<Span> {
        let empty = without.iter().fold(FUNCTION_WORDS, |bits, mark| bits | 1 << *mark as u32);
        let content = |t: &Token| match t.kind {
            Kind::Sign(_) => false,
            Kind::Known => {
                t.meaning.marks & empty == 0
                    || t.meaning.services != 0 && t.meaning.marks & empty & !(1 << Mark::Source as u32) == 0
                    || t.meaning.marks & CONTENT != 0 && t.meaning.marks & (1 << Mark::Sop as u32 | 1 << Mark::Knowledge as u32) == 0
            }
            Kind::Unknown => true,
            Kind::Han => true,
            Kind::Thing(shape) => !matches!(shape, Shape::Region | Shape::AccountId),
        };
        let mut best: Option<(usize, Span)> = None;
        let mut open: Option<(usize, Span, usize)> = None;
        for token in self.s.tokens.iter() {
            if content(token) && !self.slots.accounts.iter().any(|at| self.s.token(*at).is_some_and(|a| a.start == token.start)) {
                let weight = match token.kind {
                    Kind::Han => 1,
                    Kind::Unknown if crate::lexicon::LEXICON.is_everyday(&token.word) => 1,
                    _ => 2,
                };
                open = Some(match open {
                    Some((count, span, gap)) if gap <= 2 => (count + weight, (span.0, token.end), 0),
                    _ => (weight, (token.start, token.end), 0),
                });
            } else if let Some((_, _, gap)) = &mut open {
                *gap += if token.ends_clause() { 3 } else { 1 };
            }
            if let Some((count, span, _)) = open
                && count >= 2
                && best.is_none_or(|(known, _)| count >= known)
            {
                best = Some((count, span));
            }
        }
        best.map(|(_, span)| span)
    }

    pub(super) fn symptom(&self) -> Option<Span> {
        let names = |t: &Token| t.is(Mark::Symptom) || t.is(Mark::Metric) || t.is(Mark::Anomaly);
        let first = self.s.tokens.iter().find(|t| names(t))?;
        let last = self.s.tokens.iter().rev().find(|t| names(t) && t.clause == first.clause).unwrap_or(first);
        let mut start = first.start;
        for token in self.s.tokens.iter().filter(|t| t.clause == first.clause && t.end <= first.start).rev() {
            if !matches!(token.kind, Kind::Han | Kind::Unknown) || token.is(Mark::Why) {
                break;
            }
            start = token.start;
        }
        Some((start, last.end))
    }
}
