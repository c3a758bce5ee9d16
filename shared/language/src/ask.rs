//! Which question or command other than an operation a sentence is. Entry point: [`Asked::read`].
//!
//! Invariant: a list of decisions from the most to the least specific; each looks at marks, never at whole sentences.

mod audit;
mod govern;
mod policy;
mod runbook;
mod stretch;
mod verdict;

use domain::Intent;

use crate::{
    entity::Shape,
    operate::Reading,
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
        let mut things: Vec<usize> = self.slots.things.clone();
        things.extend(crate::operate::named_beside(self.s, self.slots));
        things.sort_unstable();
        things
            .into_iter()
            .filter(|at| !self.slots.window_tokens.contains(at))
            .filter_map(|at| self.s.token(at))
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
        // "in the past day" is a time, not whether it was met before.
        let timed = |at: usize| self.slots.window_tokens.contains(&at);
        let before = self.s.tokens.iter().enumerate().any(|(at, t)| t.is(Mark::Before) && t.quote.is_none() && !timed(at))
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

/// Names of roles people have here.
pub(crate) fn is_role(sentence: &Sentence<'_>, token: &Token) -> bool {
    matches!(token.word.as_str(), "admin" | "administrator" | "operator" | "approver" | "auditor" | "viewer")
        || token.han && ["管理员", "审批人", "操作员", "审计员", "运维"].iter().any(|w| sentence.written(token).contains(w))
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
