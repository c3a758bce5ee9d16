//! Who did what, and whether the log still proves itself. Entry point: [`Asked::audit`].
//!
//! Invariant: only looks; what is ordered besides goes on.

use domain::Intent;

use crate::{
    ask::Asked,
    entity::Shape,
    token::{Kind, Token},
    vocabulary::Mark,
};

impl<'a> Asked<'a, '_> {
    pub(super) fn audit(&mut self, operates: bool) -> Option<Intent> {
        let audit = self.s.tokens.iter().any(|t| t.is(Mark::Audit) && t.quote.is_none());
        let chain = self.s.tokens.iter().any(|t| t.is(Mark::Integrity) && strong_integrity(self.s.written(t)));
        if !operates
            && (audit && (self.has(Mark::Integrity) || self.has(Mark::Verify)) || chain && (audit || !self.demands()))
            && (!self.has(Mark::Who) || chain)
        {
            return Some(Intent::VerifyAudit);
        }
        if operates && !self.has(Mark::Who) {
            return None;
        }
        let verbs = self.s.tokens.iter().any(|t| t.meaning.verbs != 0 || t.is(Mark::DidWhat) || t.is(Mark::Destroy) || t.is(Mark::Approve));
        let who = self.has(Mark::Who) && verbs && !self.has(Mark::Required) && !self.has(Mark::Identity) && !self.has(Mark::May);
        let who = who
            || self.has(Mark::Who)
                && !self.slots.things.is_empty()
                && !self.has(Mark::Required)
                && !self.has(Mark::May)
                && !self.has(Mark::Why)
                && !self.has(Mark::Cause);
        let when = self
            .s
            .tokens
            .iter()
            .any(|t| t.word == "when" || t.han && ["什么时候", "何时", "几点", "哪天"].iter().any(|w| self.s.written(t).contains(w)))
            || ["什么时候", "何时", "几点", "哪天"].iter().any(|w| self.s.text.contains(w));
        let when = when
            && self.s.tokens.iter().any(|t| t.meaning.verbs != 0 && (t.described || !t.asks()) || t.is(Mark::DidWhat))
            && !self.has(Mark::Calendar);
        let past =
            when || self.s.tokens.iter().any(|t| {
                matches!(t.word.as_str(), "history" | "changes" | "modifications" | "edits")
                    || t.word == "change"
                        && self.s.tokens.iter().any(|b| matches!(b.word.as_str(), "last" | "latest" | "recent" | "previous"))
                    || t.han && matches!(self.s.written(t), "改动" | "修改" | "动作")
            }) || self.s.tokens.iter().any(|t| {
                matches!(t.word.as_str(), "history" | "changes")
                    || t.han
                        && (self.s.written(t).contains("历史")
                            || self.s.written(t).contains("记录")
                            || matches!(self.s.written(t), "变更" | "操作"))
            });
        let who = who
            || past
                && !self.slots.things.is_empty()
                && !self.demands()
                && !self.has(Mark::Metric)
                && !self.has(Mark::Why)
                && !self.has(Mark::Cause)
                && !operates;
        let did = self.s.tokens.iter().any(|t| t.is(Mark::DidWhat) && !t.asks());
        let actor = self.actor();
        let past_aux =
            self.s.tokens.iter().find(|t| !t.is(Mark::Polite)).is_some_and(|t| matches!(t.word.as_str(), "did" | "has" | "have"))
                && !self.slots.things.is_empty()
                && (actor.is_some() || self.has(Mark::Who))
                && self.slots.tickets.is_empty();
        let who = who || past_aux && verbs;
        let what_did = did
            && (self.has(Mark::What)
                || actor.is_some() && self.questions() && !self.slots.things.is_empty()
                || self.has(Mark::Which)
                || self.has(Mark::Show)
                || self.has(Mark::Check)
                || self.has(Mark::All))
            && (actor.is_some()
                || self.slots.window.is_some()
                || !self.has(Mark::Me) && self.s.tokens.iter().any(|t| t.is(Mark::DidWhat) && t.is(Mark::What) && t.han))
            && !self.has(Mark::Why)
            && !self.has(Mark::Cause)
            && !self.has(Mark::Anomaly)
            && !self.has(Mark::Metric);
        let changes = self.has(Mark::DidWhat)
            && ([Mark::What, Mark::Which, Mark::Show, Mark::List, Mark::HowMany].iter().any(|mark| self.has(*mark))
                || self.s.tokens.len() <= 5)
            && (self.slots.window.is_some() || self.s.tokens.iter().any(|t| t.is(Mark::Window) && t.han) && self.s.tokens.len() <= 5)
            && self.slots.tickets.is_empty()
            && !self.has(Mark::Metric)
            && !self.has(Mark::Cost)
            && !self.has(Mark::Why)
            && !self.has(Mark::Cause)
            && !self.demands();
        if !(audit && !self.has(Mark::Why) && !self.scans() || who || what_did || changes && !self.has(Mark::Symptom)) {
            return None;
        }
        let actor = actor.map(|t| (self.s.written(t).to_owned(), (t.start, t.end)));
        if let Some((_, span)) = &actor {
            self.mark_span("actor", *span);
        }
        let actor = actor.map(|(name, _)| name);
        let targets = self.targets().into_iter().filter(|t| Some(t) != actor.as_ref()).collect();
        self.spans.retain(|(name, start, end)| name != "targets" || self.s.text.get(*start..*end).map(str::to_owned) != actor);
        let scope = domain::intent::Scope { actor, targets, window: self.window(), ..self.scope() };
        Some(Intent::QueryAudit(scope))
    }

    /// Who is asked about: an unlisted plain word or a mail address, by its place.
    pub(super) fn actor(&self) -> Option<&'a Token> {
        let tokens = &self.s.tokens;
        if let Some(token) = tokens.iter().find(|t| t.shape() == Some(Shape::Mail)) {
            return Some(token);
        }
        if self.has(Mark::Who) {
            return None;
        }
        tokens.iter().enumerate().find_map(|(at, t)| {
            let word = t.kind == Kind::Unknown && !crate::lexicon::LEXICON.is_everyday(&t.word) && t.quote.is_none();
            let name = t.shape() == Some(Shape::Name) && tokens.iter().skip(at + 1).take(6).any(|b| b.is(Mark::DidWhat))
                || t.shape() == Some(Shape::Name)
                    && at > 0
                    && tokens.get(at - 1).is_some_and(|b| matches!(b.word.as_str(), "by" | "did" | "has" | "user"));
            // "对 web-asg 做过什么", "done to web-asg": what it was done to.
            let done_to = at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|b| {
                matches!(b.word.as_str(), "on" | "to" | "against" | "of" | "with")
                    || b.han && matches!(self.s.written(b), "对" | "对于" | "给" | "针对" | "关于" | "把" | "将")
            });
            ((word || name) && !done_to).then_some(t)
        })
    }

    /// Whether findings are asked for, not the audit log.
    pub(crate) fn scans(&self) -> bool {
        let log =
            self.s.tokens.iter().any(|t| t.is(Mark::Audit) && (self.s.written(t).contains(' ') || t.han && self.s.written(t) != "审计"));
        self.has(Mark::Finding)
            && (self.s.tokens.iter().any(|t| t.is(Mark::Scan) && !t.is(Mark::Audit)) || !log && !self.slots.services.is_empty())
    }
}

fn strong_integrity(written: &str) -> bool {
    let lower = written.to_lowercase();
    ["hash", "tamper", "merkle", "哈希", "篡改", "手脚", "被改过", "被动过"].iter().any(|w| lower.contains(w))
}
