//! Decisions on plans and judgements of answers. Entry points: [`Asked::decide`], [`Asked::feedback`].
//!
//! Invariant: a decision needs the plan it is about, written; a yes beside a no decides nothing.

use domain::{Decision, Intent};

use crate::{
    ask::Asked,
    entity::Shape,
    reply::Question,
    slots::Span,
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

impl Asked<'_, '_> {
    pub(super) fn decide(&mut self) -> Result<Option<Intent>, Question> {
        let (approve, reject) = (Mark::Approve, Mark::Reject);
        if !self.has(approve) && !self.has(reject) {
            return Ok(None);
        }
        let asked = self.questions() || self.has(Mark::Who) || self.has(Mark::Why) || self.has(Mark::May);
        if asked {
            return Ok(None);
        }
        let live = |mark: Mark| self.s.tokens.iter().any(|t| t.is(mark) && !t.negated && t.quote.is_none());
        let refused = self.s.tokens.iter().any(|t| t.is(approve) && t.negated) || live(reject);
        let agreed = live(approve) && !self.s.tokens.iter().any(|t| t.is(reject) && t.is(approve));
        let short = self.s.tokens.iter().enumerate().find(|(at, t)| {
            matches!(t.shape(), Some(Shape::Name | Shape::Key))
                && self.s.tokens.iter().any(|v| v.is(approve) || v.is(reject))
                && self.slots.things.contains(at)
                && self.s.tokens.iter().take(*at).rev().take(4).any(|v| v.is(approve) || v.is(reject) || v.is(Mark::Plan))
        });
        let plans: Vec<&Token> = if self.slots.tickets.is_empty() {
            short.map(|(_, t)| t).into_iter().collect()
        } else {
            self.slots.tickets.iter().filter_map(|at| self.s.token(*at)).filter(|t| is_plan(self.s.written(t))).collect()
        };
        if plans.is_empty() && !self.slots.tickets.is_empty() {
            return Ok(None);
        }
        let names_plan = self.has(Mark::Plan) || self.has(Mark::Approval) || !self.slots.tickets.is_empty();
        let Some(plan) = plans.first() else {
            let only = self.s.tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_)) && !t.is(Mark::Polite)).count() <= 3;
            let listing = self.has(Mark::Pending) || self.s.tokens.iter().any(|t| t.is(Mark::Approval) && !t.is(approve));
            return if (agreed || refused)
                && (self.has(Mark::All) && names_plan || only && !listing && !self.has(Mark::Good) && !self.has(Mark::Bad))
            {
                Err(Question::MissingPlan)
            } else {
                Ok(None)
            };
        };
        if plans.iter().any(|other| self.s.written(other) != self.s.written(plan)) {
            return if agreed || refused { Err(Question::Several) } else { Ok(None) };
        }
        let decision = match (agreed, refused) {
            (true, false) => Decision::Approve,
            (_, true) if !agreed || self.s.tokens.iter().any(|t| t.is(approve) && t.negated) || rejects_first(self.s) => Decision::Reject,
            (true, true) => return Err(Question::Several),
            _ => return Ok(None),
        };
        let past = self.s.tokens.iter().any(|t| t.is(approve) && t.inflection == crate::lexicon::Inflection::Ed) && self.has(Mark::Status);
        if past {
            return Ok(None);
        }
        let (plan, span) = (self.s.written(plan).to_owned(), (plan.start, plan.end));
        self.mark_span("plan", span);
        let reason = self.reason(span);
        Ok(Some(Intent::Decide { decision, plan, reason }))
    }

    /// The clause that says why: one without the plan and without the decision.
    pub(super) fn reason(&mut self, plan: Span) -> Option<String> {
        let decided = |t: &Token| t.is(Mark::Approve) || t.is(Mark::Reject);
        let because = self.s.tokens.iter().find(|t| t.is(Mark::Subordinate) && t.start > plan.1);
        if let Some(word) = because {
            let last = self.s.tokens.iter().rev().find(|t| !matches!(t.kind, Kind::Sign(_)))?;
            let first = self.s.tokens.iter().find(|t| t.start >= word.end && !matches!(t.kind, Kind::Sign(_)))?;
            self.mark_span("reason", (first.start, last.end));
            return Some(self.slice((first.start, last.end)));
        }
        let mut clauses: Vec<(usize, usize, usize)> = Vec::new();
        for token in self.s.tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_))) {
            match clauses.last_mut() {
                Some((clause, _, end)) if *clause == token.clause => *end = token.end,
                _ => clauses.push((token.clause, token.start, token.end)),
            }
        }
        let (_, start, end) = clauses.into_iter().find(|(clause, start, _)| {
            *start > plan.0
                && !self
                    .s
                    .tokens
                    .iter()
                    .any(|t| t.clause == *clause && (decided(t) || t.start == plan.0 || t.is(Mark::Light) || t.is(Mark::Release)))
        })?;
        self.mark_span("reason", (start, end));
        Some(self.slice((start, end)))
    }

    pub(super) fn feedback(&mut self) -> Option<Intent> {
        if self.demands() && self.slots.tickets.is_empty()
            || self.questions() && !self.s.tokens.iter().any(|t| t.is(Mark::Bad) && t.is(Mark::Answer))
        {
            return None;
        }
        let judged = |mark: Mark| {
            self.s
                .tokens
                .iter()
                .find(|t| t.is(mark) && t.quote.is_none() && !t.is(Mark::Finding) && !(t.is(Mark::Metric) || t.is(Mark::Polite)))
        };
        let (good, bad) = (judged(Mark::Good), judged(Mark::Bad));
        let (up, down) =
            (self.s.text.contains('👍') || self.s.text.trim() == "+1", self.s.text.contains('👎') || self.s.text.trim() == "-1");
        if good.is_none() && bad.is_none() && !up && !down {
            return None;
        }
        let diagnosis = self.ticket().filter(|t| {
            let written = self.s.written(t).to_lowercase();
            ["rca", "inc", "incident", "diag"].iter().any(|p| written.starts_with(p))
        });
        // "feedback abc123 good": the word itself says what it is about.
        let called =
            self.s.tokens.iter().any(|t| t.word == "feedback" || t.han && matches!(self.s.written(t), "反馈" | "评价" | "评分" | "打分"));
        let content =
            self.s.tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_)) && !t.is(Mark::Polite) && !t.is(Mark::Noise)).count();
        let named = |t: &Token| {
            t.is(Mark::Answer)
                && !t.is(Mark::Pronoun)
                && !matches!(t.word.as_str(), "that" | "this" | "it" | "your" | "result" | "report" | "response" | "reply")
                && !matches!(self.s.written(t), "结果" | "报告" | "方案")
        };
        let firmly = self.s.tokens.iter().any(|t| named(t) && !t.is(Mark::Cause) || named(t) && t.han);
        let answer = self
            .s
            .tokens
            .iter()
            .any(|t| t.is(Mark::Answer) && !t.is(Mark::Good) && !t.is(Mark::Bad) || t.is(Mark::Bad) && t.is(Mark::Answer));
        let measured = self.has(Mark::Metric) || self.has(Mark::Cost);
        let others = self.s.tokens.iter().any(|t| t.meaning.nouns != 0 && !t.is(Mark::Answer) && t.meaning.nouns.count_ones() == 1)
            || !self.slots.things.is_empty()
            || self.has(Mark::Health) && !self.has(Mark::Answer);
        let approves = self.has(Mark::Approve) && self.has(Mark::Plan);
        if approves
            || !(called || up || down || diagnosis.is_some() || firmly && !measured || (answer || content <= 6) && !others && !measured)
        {
            return None;
        }
        let helpful = bad.is_none() && !down && (up || good.is_some_and(|t| !t.negated));
        let verdict = if helpful { "helpful" } else { "wrong" };
        if let Some(token) = good.or(bad) {
            self.mark_span("verdict", (token.start, token.end));
        }
        let plain = self.slots.things.first().and_then(|at| self.s.token(*at)).filter(|_| called);
        let id = self.ticket().or(plain).map(|t| (self.s.written(t).to_owned(), (t.start, t.end)));
        if let Some((_, span)) = &id {
            self.mark_span("id", *span);
        }
        Some(Intent::GiveFeedback { verdict: verdict.to_owned(), id: id.map(|(id, _)| id) })
    }
}

/// Ids of incidents, analyses and executions are not decided on.
fn is_plan(id: &str) -> bool {
    let lower = id.to_lowercase();
    !["inc", "rca", "exec", "exe", "scan", "diag", "evt", "event", "case", "finding"].iter().any(|p| lower.starts_with(p))
}

/// "reject it, it was approved by mistake": the refusal comes first.
fn rejects_first(sentence: &Sentence<'_>) -> bool {
    let first = |mark: Mark| sentence.tokens.iter().position(|t| t.is(mark) && !t.negated);
    match (first(Mark::Reject), first(Mark::Approve)) {
        (Some(reject), Some(approve)) => reject <= approve,
        (reject, _) => reject.is_some(),
    }
}
