//! Which question or command other than an operation a sentence is. Entry point: [`Asked::read`].
//!
//! Invariant: a list of decisions from the most to the least specific; each looks at marks, never at whole sentences.

mod govern;

use domain::{Decision, Intent, OperationId};

use crate::{
    entity::Shape,
    operate::{self, Reading},
    reply::Question,
    slots::{Slots, Span, region_text},
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// A sentence with its slots, and the spans that support the answer.
pub(crate) struct Asked<'a, 't> {
    /// The sentence.
    pub s: &'a Sentence<'t>,
    /// Its slots.
    pub slots: &'a Slots,
    /// Slot name and where it stands.
    pub spans: Vec<(String, usize, usize)>,
}

impl<'a, 't> Asked<'a, 't> {
    pub(crate) fn new(s: &'a Sentence<'t>, slots: &'a Slots) -> Self {
        Self { s, slots, spans: Vec::new() }
    }

    fn has(&self, mark: Mark) -> bool {
        self.s.has(mark)
    }

    /// Whether the sentence is put as a question, not as a request.
    pub(crate) fn questions(&self) -> bool {
        self.s.questions()
    }

    /// Whether any verb of the catalogue is asked for.
    fn demands(&self) -> bool {
        self.s.tokens.iter().any(|t| t.asks() && !t.meaning.weak && !t.is(Mark::Show) && !t.is(Mark::Check))
    }

    pub(crate) fn mark_span(&mut self, name: &str, span: Span) {
        self.spans.push((name.to_owned(), span.0, span.1));
    }

    pub(crate) fn slice(&self, span: Span) -> String {
        self.s.text.get(span.0..span.1).unwrap_or_default().to_owned()
    }

    /// Whether the sentence asks for a cause.
    fn has_any_cause(&self) -> bool {
        self.has(Mark::Why) || self.has(Mark::Cause)
    }

    fn ticket(&self) -> Option<&'a Token> {
        self.slots.tickets.first().and_then(|at| self.s.token(*at))
    }

    /// Tokens that serve as targets of a question.
    fn target_tokens(&self) -> Vec<&'a Token> {
        let mut seen = Vec::new();
        self.slots
            .things
            .iter()
            .filter(|at| !self.slots.window_tokens.contains(at))
            .filter_map(|at| self.s.token(*at))
            .filter(|t| !matches!(t.shape(), Some(Shape::Mail)))
            .filter(|t| {
                let fresh = !seen.contains(&self.s.written(t));
                seen.push(self.s.written(t));
                fresh
            })
            .take(64)
            .collect()
    }

    /// Reads the intent, given what the catalogue makes of the sentence.
    pub(crate) fn read(&mut self, reading: &Reading) -> Result<Intent, Question> {
        let operates = matches!(reading, Reading::Operation(_));
        let typed = self
            .slots
            .things
            .iter()
            .filter_map(|at| self.s.token(*at))
            .any(|t| matches!(t.shape(), Some(Shape::Id(_) | Shape::Arn | Shape::AccessKey)));
        if let Some(intent) = self.product(operates)? {
            return Ok(intent);
        }
        if let Some(intent) = self.kill_switch(typed) {
            return Ok(intent);
        }
        if let Some(intent) = self.decide()? {
            return Ok(intent);
        }
        if let Some(intent) = self.feedback() {
            return Ok(intent);
        }
        if let Some(intent) = self.runbook(operates)? {
            return Ok(intent);
        }
        if let Some(intent) = self.policy(operates) {
            return Ok(intent);
        }
        if let Some(intent) = self.audit(operates) {
            return Ok(intent);
        }
        let status = self.ticket().is_some() && self.s.tokens.iter().any(|t| t.is(Mark::Status)) && !self.has(Mark::Why);
        if status && !operates {
            return self.inform();
        }
        let idly = matches!(reading, Reading::Operation(o) if o.weak) && self.has_any_cause();
        if idly {
            return Ok(self.investigate());
        }
        if self.has(Mark::Why) && !operates || self.has(Mark::Cause) && (!operates || self.questions() && !self.demands()) {
            if let Some(intent) = self.knowledge() {
                return Ok(intent);
            }
            if self.has(Mark::Finding)
                && self.slots.things.is_empty()
                && !self.has(Mark::Why)
                && !self.has(Mark::Symptom)
                && !self.has(Mark::Incident)
            {
                return self.inform();
            }
            let mends = self.s.tokens.iter().any(|t| t.is(Mark::CreateNew) && !t.negated && mends(self.s.written(t)));
            if mends && !self.questions() && !self.has(Mark::Why) {
                return Err(Question::OutOfCatalogue);
            }
            return Ok(self.investigate());
        }
        if operates {
            return Err(Question::Unclear);
        }
        if let Some(intent) = self.knowledge() {
            return Ok(intent);
        }
        let how_to =
            self.s.tokens.iter().take(3).any(|t| {
                t.is(Mark::How) && ["how", "怎么", "如何", "怎样"].iter().any(|w| self.s.written(t).to_lowercase().starts_with(w))
            }) && self.slots.things.is_empty()
                && self.slots.accounts.is_empty();
        let advice = self.s.tokens.iter().any(|t| t.is(Mark::How) && advises(self.s.written(t)))
            || self.has(Mark::How) && self.s.tokens.iter().any(|t| advises(self.s.written(t)) && !t.is(Mark::How));
        if advice
            && (self.has(Mark::Symptom)
                || self.has(Mark::Metric)
                || self.has(Mark::Anomaly)
                || self.has(Mark::Finding)
                || !self.slots.services.is_empty())
        {
            let topic = self.query(SOP_WORDS);
            if let Some(span) = topic {
                self.mark_span("query", span);
            }
            let scope = domain::intent::Scope { query: topic.map(|span| self.slice(span)), ..self.scope() };
            return Ok(Intent::SuggestSop(scope));
        }
        let method = how_to
            && !self.s.text.contains('你')
            && self.s.tokens.iter().any(|t| t.meaning.verbs != 0)
            && !self.has(Mark::Symptom)
            && !self.s.tokens.iter().any(|t| t.is(Mark::Health) || t.is(Mark::HowMany));
        if method && let Some(span) = self.query(KNOWLEDGE_WORDS) {
            self.mark_span("query", span);
            let scope = domain::intent::Scope { query: Some(self.slice(span)), ..self.scope() };
            return Ok(Intent::SearchKnowledge(scope));
        }
        if let Reading::Question(question) = reading
            && self.s.tokens.iter().any(Token::asks)
            && !self.only_asks()
            && !(self.has(Mark::Sop) && self.has(Mark::Status))
        {
            return Err(*question);
        }
        self.inform()
    }

    /// Whether the sentence looks at something, whatever verbs it mentions.
    fn only_asks(&self) -> bool {
        let looks = self.s.tokens.iter().any(|t| {
            (t.is(Mark::Show) || t.is(Mark::Check) || t.is(Mark::Scan) || t.is(Mark::Search) || t.is(Mark::List))
                && !t.negated
                && t.meaning.verbs == 0
        });
        (looks || self.questions()) && !self.s.tokens.iter().any(|t| t.asks() && !t.meaning.weak && !t.is(Mark::Symptom))
    }

    /// Short commands of the product that are not questions.
    fn product(&mut self, operates: bool) -> Result<Option<Intent>, Question> {
        if operates {
            return Ok(None);
        }
        if let Some(governed) = self.governs() {
            return Err(Question::NotBuilt(governed));
        }
        if let Some(ticket) = self.ticket() {
            let plan = self.s.written(ticket).to_owned();
            let span = (ticket.start, ticket.end);
            let asked = self.questions() || self.has(Mark::Why) || self.has(Mark::Who);
            let withdraw = self.s.says(Mark::Withdraw) && !self.s.says(Mark::Approve);
            if withdraw && !asked {
                self.mark_span("plan", span);
                return Ok(Some(Intent::Withdraw { plan }));
            }
            if self.s.says(Mark::Undo) && !asked {
                self.mark_span("plan", span);
                return Ok(Some(Intent::Undo { plan }));
            }
        }
        if self.s.says(Mark::Release) && !self.questions() && self.slots.things.is_empty() && !self.has(Mark::Calendar) {
            let stop = self.has(Mark::KillSwitch)
                || self.s.tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_)) && !t.is(Mark::Polite) && !t.is(Mark::At)).count() <= 4;
            if stop {
                return Ok(Some(Intent::ReleaseStop { account: self.account() }));
            }
        }
        Ok(None)
    }

    fn kill_switch(&mut self, typed: bool) -> Option<Intent> {
        if typed || self.has(Mark::Who) || self.has(Mark::Why) || self.has(Mark::May) || !self.slots.tickets.is_empty() {
            return None;
        }
        let nouns = self
            .s
            .tokens
            .iter()
            .any(|t| t.meaning.nouns != 0 && !t.is(Mark::Automation) && !t.is(Mark::KillSwitch) && !t.is(Mark::Account));
        let phrase = self.s.says(Mark::KillSwitch) && !nouns;
        let everything = self.s.says(Mark::Halt)
            && self.has(Mark::Automation)
            && (self.has(Mark::All) || self.s.tokens.iter().any(|t| t.is(Mark::Automation) && is_whole(t, self.s)))
            || self.s.tokens.windows(2).any(|w| matches!(w, [a, b] if a.is(Mark::All) && b.is(Mark::Halt) && !b.negated && (a.han || a.word == "everything") || a.is(Mark::Halt) && !a.negated && b.is(Mark::All) && b.word == "everything"));
        let asks = self.s.tokens.iter().any(|t| matches!(t.kind, Kind::Sign('?' | '？')) || t.is(Mark::What) || t.is(Mark::How));
        if (phrase || everything && !nouns) && !asks && self.slots.things.is_empty() {
            return Some(Intent::StopEverything { account: self.account() });
        }
        None
    }

    fn decide(&mut self) -> Result<Option<Intent>, Question> {
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
    fn reason(&mut self, plan: Span) -> Option<String> {
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

    fn runbook(&mut self, operates: bool) -> Result<Option<Intent>, Question> {
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

    fn feedback(&mut self) -> Option<Intent> {
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

    fn policy(&mut self, operates: bool) -> Option<Intent> {
        if operates && operate::wants_preview(self.s) {
            return None;
        }
        let may = self.s.tokens.iter().any(|t| t.is(Mark::May) && !t.is(Mark::Polite) && t.quote.is_none());
        let may =
            may || self.questions() && self.s.tokens.iter().any(|t| matches!(t.word.as_str(), "allowed" | "permitted" | "permissible"));
        let me = self.s.tokens.iter().any(|t| {
            t.is(Mark::May)
                && (t.word == "am"
                    || t.word == "may"
                    || t.word == "would"
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

    fn audit(&mut self, operates: bool) -> Option<Intent> {
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
    fn actor(&self) -> Option<&'a Token> {
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
            (word || name).then_some(t)
        })
    }

    /// Whether findings are asked for, not the audit log.
    fn scans(&self) -> bool {
        let log =
            self.s.tokens.iter().any(|t| t.is(Mark::Audit) && (self.s.written(t).contains(' ') || t.han && self.s.written(t) != "审计"));
        self.has(Mark::Finding)
            && (self.s.tokens.iter().any(|t| t.is(Mark::Scan) && !t.is(Mark::Audit)) || !log && !self.slots.services.is_empty())
    }

    /// The name beside "alarm".
    fn alarm(&self) -> Option<&'a Token> {
        let alarms = |t: Option<&Token>| {
            t.is_some_and(|t| {
                matches!(t.word.as_str(), "alarm" | "alert" | "alarms")
                    || t.han && (self.s.written(t).contains("告警") || self.s.written(t).contains("警报"))
            })
        };
        let beside = |at: &usize| alarms(crate::slots::neighbour_before(self.s, *at)) || alarms(crate::slots::neighbour_after(self.s, *at));
        self.slots.things.iter().copied().find(beside).and_then(|at| self.s.token(at)).filter(|t| matches!(t.shape(), Some(Shape::Name)))
    }

    pub(crate) fn investigate(&mut self) -> Intent {
        let alarm = self.alarm().map(|t| (t.start, t.end));
        let targets = self.targets().into_iter().filter(|t| alarm.is_none_or(|span| self.slice(span) != *t)).collect();
        if let Some(span) = alarm {
            self.spans.retain(|(name, start, _)| name != "targets" || *start != span.0);
            self.mark_span("alarm", span);
        }
        let window = self.window();
        let symptom = self.symptom();
        if let Some(span) = symptom {
            self.mark_span("symptom", span);
        }
        let scope = domain::intent::Scope {
            targets,
            window,
            symptom: symptom.map(|span| self.slice(span)),
            alarm: alarm.map(|span| self.slice(span)),
            ..self.scope()
        };
        Intent::Investigate(scope)
    }

    pub(crate) fn knowledge(&mut self) -> Option<Intent> {
        let knowledge = self.has(Mark::Knowledge);
        let documents = self.has(Mark::Document)
            && (self.has(Mark::Search) || self.has(Mark::Show) || self.has(Mark::Which) || self.has(Mark::Whether));
        let documents = documents
            || self.s.tokens.iter().any(|t| t.is(Mark::Document) && !t.is(Mark::Before))
                && !self.has(Mark::Sop)
                && !self.demands()
                && self.query(KNOWLEDGE_WORDS).is_some();
        let before = self.has(Mark::Before)
            && (self.questions() || self.has(Mark::Whether) || self.has(Mark::How))
            && (self.has(Mark::Symptom) || self.has(Mark::Metric) || self.query(KNOWLEDGE_WORDS).is_some())
            && !self.has(Mark::Who)
            && !self.has(Mark::DidWhat);
        if !(knowledge || documents || before) {
            return None;
        }
        let topic = self.query(KNOWLEDGE_WORDS);
        let counts = self.s.tokens.iter().any(|t| t.is(Mark::Stats) && !t.is(Mark::Document)) || self.has(Mark::HowMany);
        if knowledge && counts && !self.s.tokens.iter().any(|t| t.is(Mark::Search) && !t.is(Mark::Show))
            || knowledge
                && topic.is_none()
                && (self.has(Mark::Status) || self.has(Mark::Show) || self.has(Mark::What))
                && !self.has(Mark::Search)
        {
            return Some(Intent::KnowledgeStats);
        }
        if let Some(span) = topic {
            self.mark_span("query", span);
        }
        let scope = domain::intent::Scope { query: topic.map(|span| self.slice(span)), ..self.scope() };
        Some(Intent::SearchKnowledge(scope))
    }

    // slots

    pub(crate) fn account(&mut self) -> Option<String> {
        let token = self.slots.accounts.first().and_then(|at| self.s.token(*at))?;
        if !self.spans.iter().any(|(name, start, _)| name == "account" && *start == token.start) {
            self.mark_span("account", (token.start, token.end));
        }
        Some(self.s.written(token).to_owned())
    }

    pub(crate) fn targets(&mut self) -> Vec<String> {
        let tokens = self.target_tokens();
        for token in &tokens {
            self.mark_span("targets", (token.start, token.end));
        }
        tokens.into_iter().map(|t| self.s.written(t).to_owned()).collect()
    }

    pub(crate) fn window(&mut self) -> Option<String> {
        let span = self.slots.window?;
        self.mark_span("window", span);
        Some(self.slice(span))
    }

    /// Account and region, which any question may have.
    pub(crate) fn scope(&mut self) -> domain::intent::Scope {
        let account = self.account();
        let region = self.slots.regions.first().and_then(|at| self.s.token(*at));
        if let Some(token) = region
            && !self.spans.iter().any(|(name, _, _)| name == "region")
        {
            self.mark_span("region", (token.start, token.end));
        }
        domain::intent::Scope { account, region: region.map(|t| region_text(self.s, t)), ..domain::intent::Scope::default() }
    }

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

    fn symptom(&self) -> Option<Span> {
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

/// Marks of words that carry no content of a query.
const FUNCTION_WORDS: u128 = {
    let marks = [
        Mark::Polite,
        Mark::At,
        Mark::To,
        Mark::Show,
        Mark::Check,
        Mark::Which,
        Mark::What,
        Mark::Whether,
        Mark::Ask,
        Mark::How,
        Mark::Me,
        Mark::Should,
        Mark::Noise,
        Mark::Light,
        Mark::HowMany,
        Mark::Pronoun,
        Mark::Then,
        Mark::Window,
        Mark::TimeUnit,
        Mark::TimeWord,
        Mark::May,
        Mark::Named,
        Mark::All,
        Mark::Before,
        Mark::Run,
        Mark::Source,
        Mark::Subordinate,
        Mark::Conditional,
        Mark::SubordinateAfter,
    ];
    bits(&marks)
};
/// Marks of words that carry content whatever else they are.
const CONTENT: u128 = bits(&[Mark::Metric, Mark::Symptom, Mark::Anomaly]);
const SOP_WORDS: &[Mark] = &[Mark::Sop, Mark::Suggest, Mark::Search, Mark::List, Mark::Steps, Mark::Document, Mark::Health];
const KNOWLEDGE_WORDS: &[Mark] = &[Mark::Knowledge, Mark::Search, Mark::Document, Mark::Stats, Mark::List];

const fn bits(marks: &[Mark]) -> u128 {
    let (mut out, mut at) = (0, 0);
    while at < marks.len() {
        #[expect(clippy::indexing_slicing, reason = "the loop's condition bounds the index, at compile time")]
        let mark = marks[at];
        out |= 1 << mark as u32;
        at += 1;
    }
    out
}

/// "what should I do about", "怎么处理": asks for a way, not for a cause.
fn advises(written: &str) -> bool {
    let lower = written.to_lowercase();
    [
        "fix",
        "what should",
        "what do i do",
        "what can i do",
        "handle",
        "deal",
        "怎么办",
        "咋办",
        "处理",
        "解决",
        "修",
        "应对",
        "搞定",
        "怎么弄",
    ]
    .iter()
    .any(|w| lower.contains(w))
}

/// "fix it": asks for more than finding the cause.
fn mends(written: &str) -> bool {
    let lower = written.to_lowercase();
    lower.contains('修') || ["fix", "repair", "remediate", "heal", "auto-fix"].iter().any(|w| lower.starts_with(w))
}

/// "without approval", "没审批": asks about approval only in a question.
fn lifts(written: &str) -> bool {
    let lower = written.to_lowercase();
    lower.starts_with(['没', '不', '免']) || ["without", "auto", "自动"].iter().any(|w| lower.contains(w))
}

/// Names of roles people have here.
pub(crate) fn is_role(sentence: &Sentence<'_>, token: &Token) -> bool {
    matches!(token.word.as_str(), "admin" | "administrator" | "operator" | "approver" | "auditor" | "viewer")
        || token.han && ["管理员", "审批人", "操作员", "审计员", "运维"].iter().any(|w| sentence.written(token).contains(w))
}

/// Ids of incidents, analyses and executions are not decided on.
fn is_plan(id: &str) -> bool {
    let lower = id.to_lowercase();
    !["inc", "rca", "exec", "exe", "scan", "diag", "evt", "event", "case", "finding"].iter().any(|p| lower.starts_with(p))
}

fn is_whole(token: &Token, sentence: &Sentence<'_>) -> bool {
    let written = sentence.written(token);
    ["所有", "一切", "全部", "整个"].iter().any(|w| written.starts_with(w))
        || token.word == "everything"
        || written.to_lowercase().starts_with("all ")
        || written.contains("自动化")
        || written.to_lowercase().contains("automation")
        || written.contains("自动执行")
        || written.contains("自动操作")
        || written.to_lowercase().contains("agent")
}

fn strong_integrity(written: &str) -> bool {
    let lower = written.to_lowercase();
    ["hash", "tamper", "merkle", "哈希", "篡改", "手脚", "被改过", "被动过"].iter().any(|w| lower.contains(w))
}

/// "reject it, it was approved by mistake": the refusal comes first.
fn rejects_first(sentence: &Sentence<'_>) -> bool {
    let first = |mark: Mark| sentence.tokens.iter().position(|t| t.is(mark) && !t.negated);
    match (first(Mark::Reject), first(Mark::Approve)) {
        (Some(reject), Some(approve)) => reject <= approve,
        (reject, _) => reject.is_some(),
    }
}
