//! May I, and why was I not allowed. Entry point: [`Asked::policy`].
//!
//! Invariant: a polite order is none of these questions.

use domain::{Intent, OperationId};

use crate::{
    ask::{Asked, is_role},
    operate,
    token::Token,
    vocabulary::Mark,
};

impl Asked<'_, '_> {
    pub(super) fn policy(&mut self, operates: bool) -> Option<Intent> {
        if operates && operate::wants_preview(self.s) {
            return None;
        }
        let may = self.s.tokens.iter().any(|t| t.is(Mark::May) && !t.is(Mark::Polite) && t.quote.is_none());
        let may =
            may || self.questions() && self.s.tokens.iter().any(|t| matches!(t.word.as_str(), "allowed" | "permitted" | "permissible"));
        // "which accounts can I use": asks for a list.
        let lists =
            self.has(Mark::Which) && self.s.tokens.iter().any(|t| t.is(Mark::Account) && t.word.ends_with('s') && t.quote.is_none());
        if lists && !operates && !self.s.tokens.iter().any(|t| t.meaning.verbs != 0 && !t.meaning.weak || t.meaning.objects != 0) {
            return None;
        }
        let me = self.s.tokens.iter().any(|t| {
            t.is(Mark::May)
                && (t.word == "am"
                    || t.word == "may"
                    || t.word == "would"
                    || t.word == "who"
                    || self.s.written(t).starts_with('谁')
                    || self.s.written(t).starts_with('我')
                    || self.s.written(t).to_lowercase().contains("allowed"))
        });
        let verbs = self.s.tokens.iter().any(|t| t.meaning.verbs != 0 || t.meaning.objects != 0);
        let denied = self.has(Mark::Denied)
            && (self.has(Mark::Why) || self.has(Mark::Cause) || self.has(Mark::What) || self.has(Mark::How))
            && (self.has(Mark::Me) || verbs || self.ticket().is_some() || self.has(Mark::Plan) || self.has(Mark::Permission));
        let required = self.has(Mark::Required)
            && (!self.s.tokens.iter().any(|t| t.is(Mark::Required) && lifts(self.s.written(t)))
                || self.questions()
                || self.has(Mark::Why)
                || self.has(Mark::What)
                || self.has(Mark::Show));
        let rules = self.has(Mark::Permission)
            && !operates
            && !self.demands()
            && self.slots.services.is_empty()
            && self.slots.things.is_empty()
            && (self.has(Mark::Approval) || !self.slots.accounts.is_empty())
            && !self.has(Mark::Identity);
        let permission = rules
            || self.has(Mark::Permission)
                && (may
                    || self.has(Mark::Denied)
                    || self.has(Mark::What)
                    || self.has(Mark::Why)
                    || self.has(Mark::How)
                    || self.has(Mark::Show) && self.slots.services.is_empty() && !operates && !self.demands())
                && !self.has(Mark::Identity)
                && !(self.has(Mark::Me) && self.s.tokens.iter().any(|t| is_role(self.s, t)) && !verbs);
        let calendar = self.s.tokens.iter().any(|t| t.is(Mark::Calendar) && !t.is(Mark::May));
        // "能不能把 … 停了" asks for it; "我能停 … 吗" asks about it.
        let asks_politely =
            operates && may && !me && !self.s.tokens.iter().any(|t| t.is(Mark::Approval) || t.is(Mark::Required) || t.is(Mark::Permission));
        let cannot = self.has(Mark::Why)
            && !self.slots.things.iter().any(|at| {
                let noun = |t: Option<&Token>| t.is_some_and(|t| t.meaning.nouns != 0);
                self.s.token(*at).is_some_and(|t| crate::slots::kind_of(self.s, t).is_some())
                    || noun(crate::slots::neighbour_before(self.s, *at))
                    || noun(crate::slots::neighbour_after(self.s, *at))
            })
            && operate::mentioned(self.s, self.slots).is_some()
            && self.s.tokens.iter().any(|t| {
                t.is(Mark::Denied)
                    || matches!(t.word.as_str(), "can't" | "cannot" | "couldn't" | "can")
                    || t.han && matches!(self.s.written(t), "不能" | "无法" | "没法" | "不可以" | "不让" | "不了")
            });
        let asked = cannot
            || (may && !self.slots.accounts.is_empty() && me)
            || (may
                && !asks_politely
                && (verbs || self.has(Mark::Permission) || self.has(Mark::Approval) || !calendar && self.has(Mark::Light)))
            || denied
            || required
            || permission;
        if !asked || self.has(Mark::Knowledge) || self.has(Mark::Pending) && !self.has(Mark::Why) && !may {
            return None;
        }
        if calendar
            && !denied
            && !required
            && !self.has(Mark::Permission)
            && !self.s.tokens.iter().any(|t| t.meaning.verbs != 0 && !t.meaning.weak)
        {
            return None;
        }
        if self.has(Mark::Who) && self.has(Mark::DidWhat) && !may && !required {
            return None;
        }
        let entry = operate::mentioned(self.s, self.slots);
        let operation = entry.and_then(|e| OperationId::parse(e.spec.id).ok());
        let scope = domain::intent::Scope { operation, targets: self.targets(), ..self.scope() };
        Some(Intent::ExplainPolicy(scope))
    }
}

/// "without approval", "没审批": asks about approval only in a question.
fn lifts(written: &str) -> bool {
    let lower = written.to_lowercase();
    lower.starts_with(['没', '不', '免']) || ["without", "auto", "自动"].iter().any(|w| lower.contains(w))
}
