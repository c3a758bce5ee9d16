//! Runbooks: list, show, suggest, run. Entry point: [`Asked::runbook`].
//!
//! Invariant: a runbook is run only by its name.

use domain::Intent;

use crate::{
    ask::{Asked, SOP_WORDS},
    entity::Shape,
    operate,
    reply::Question,
    token::Token,
    vocabulary::Mark,
};

impl Asked<'_, '_> {
    pub(super) fn runbook(&mut self, operates: bool) -> Result<Option<Intent>, Question> {
        let named = self.slots.sops.first().and_then(|at| self.s.token(*at));
        let progress = named.is_none()
            && self
                .s
                .tokens
                .iter()
                .any(|t| t.han && (t.is(Mark::Status) || t.is(Mark::Done)) && self.s.written(t).contains('到') || t.word == "progress");
        if progress || named.is_none() && !self.has(Mark::Sop) {
            return Ok(None);
        }
        let word_at = self.s.tokens.iter().position(|t| t.is(Mark::Sop));
        // "runbook disk-full": a name beside the noun, where no id of a runbook is written.
        let beside = word_at.and_then(|at| {
            let names = |index: usize| {
                self.s.token(index).filter(|_| self.slots.things.contains(&index)).filter(|t| matches!(t.shape(), Some(Shape::Name)))
            };
            names(at + 1)
                .or_else(|| at.checked_sub(1).and_then(names))
                .or_else(|| self.s.token(at + 1).filter(|t| t.is(Mark::Run) || t.is(Mark::Steps)).and_then(|_| names(at + 2)))
        });
        let looks = self.has(Mark::What)
            || self.has(Mark::How)
            || self.s.tokens.iter().any(|t| (t.is(Mark::Steps) || t.is(Mark::Show)) && !t.is(Mark::Run) && !t.negated);
        let runs = self.s.tokens.iter().any(|t| (t.is(Mark::Run) || t.is(Mark::Light)) && !t.negated && !t.is(Mark::Steps));
        let suggests = self.has(Mark::Suggest) || self.has(Mark::Which) && !self.has(Mark::List) && !self.has(Mark::All);
        let named_run = named.or(if runs || looks { beside } else { None });
        if let Some(sop) = named_run.filter(|_| named.is_some() || !suggests) {
            let (name, span) = (self.s.written(sop).to_owned(), (sop.start, sop.end));
            if (self.has(Mark::Why) || self.has(Mark::Who)) && !looks {
                return Ok(None);
            }
            self.mark_span("sop", span);
            if runs && !looks && !self.has(Mark::May) {
                if self.s.tokens.iter().any(|t| t.is(Mark::Prohibit)) && !operate::wants_preview(self.s) {
                    return Err(Question::Forbidden);
                }
                let targets: Vec<String> =
                    self.target_tokens().into_iter().filter(|t| t.start != span.0).map(|t| self.s.written(t).to_owned()).collect();
                for token in self.target_tokens().into_iter().filter(|t| t.start != span.0) {
                    self.mark_span("targets", (token.start, token.end));
                }
                return Ok(Some(Intent::RunSop { sop: name, targets }));
            }
            let forbidden = !runs && self.s.tokens.iter().any(|t| t.negated && t.is(Mark::Run));
            if forbidden && !looks {
                return Err(Question::Forbidden);
            }
            return Ok(Some(Intent::ShowSop { sop: name }));
        }
        if operates {
            return Ok(None);
        }
        let topic = self.query(SOP_WORDS);
        let exist = |t: &Token| {
            matches!(t.word.as_str(), "exist" | "exists" | "existing" | "available") || t.han && matches!(self.s.written(t), "存在")
        };
        let lists =
            self.s.tokens.iter().any(|t| (t.is(Mark::List) || t.is(Mark::All) || t.is(Mark::HowMany)) && !t.is(Mark::Suggest) || exist(t));
        match topic {
            Some(span)
                if !lists && (suggests || !runs)
                    || suggests && self.has(Mark::Suggest) && !self.s.tokens.iter().any(|t| t.is(Mark::List) && !t.han) =>
            {
                self.mark_span("query", span);
                let scope = domain::intent::Scope { query: Some(self.slice(span)), ..self.scope() };
                Ok(Some(Intent::SuggestSop(scope)))
            }
            _ if runs && !looks && !lists && !suggests => Err(Question::MissingSop),
            _ => Ok(Some(Intent::ListSops)),
        }
    }
}
