//! Questions that only look: lists, health, metrics, anomalies, findings, costs, calendars. Entry point: [`Asked::inform`].
//!
//! Invariant: nothing here changes anything; what fits none of these is a question back.

mod session;
mod state;

use domain::{Intent, intent::Scope};

use crate::{
    ask::Asked,
    entity::Shape,
    reply::Question,
    slots::region_text,
    token::{Kind, Token},
    vocabulary::Mark,
};

impl Asked<'_, '_> {
    fn says(&self, mark: Mark) -> bool {
        self.s.has(mark)
    }

    /// How many words carry content.
    fn content(&self) -> usize {
        self.s.tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_)) && !t.is(Mark::Polite) && !t.is(Mark::Noise)).count()
    }

    /// Reads a question or a command that only looks.
    pub(crate) fn inform(&mut self) -> Result<Intent, Question> {
        let service = self.slots.services.first().map(|(service, _)| *service);
        let things = self.slots.things.len();
        let demands = self.s.tokens.iter().any(|t| t.asks() && !t.meaning.weak);
        if self.says(Mark::Sop) && (self.says(Mark::Status) || self.says(Mark::Done)) && things == 0 {
            return Ok(Intent::ShowStatus { id: None });
        }
        if let Some(intent) = self.session()? {
            return Ok(intent);
        }
        if let Some(intent) = self.knowledge() {
            return Ok(intent);
        }
        if self.says(Mark::Calendar) && (!demands || self.questions() && things == 0) {
            return Ok(Intent::ShowCalendar(self.scope_named()));
        }
        if self.says(Mark::Anomaly) && self.says(Mark::Cost) && !demands {
            let window = self.window();
            return Ok(Intent::DetectAnomalies(Scope { service: self.service(service), window, ..self.scope() }));
        }
        if self.says(Mark::Cost)
            && !self.says(Mark::Scan)
            && (!self.s.tokens.iter().any(|t| t.is(Mark::Finding) && !t.is(Mark::Cost))
                || service.is_none() && !self.s.tokens.iter().any(|t| t.meaning.nouns != 0))
            && (!demands || self.says(Mark::HowMany) && things == 0)
        {
            return Ok(Intent::ShowCosts(self.scope_named()));
        }
        let lacks =
            self.s.tokens.iter().any(|t| t.is(Mark::Neg)) && self.s.tokens.iter().any(|t| t.meaning.objects != 0 && t.meaning.nouns == 0);
        let strong = self.says(Mark::Which) && self.s.tokens.iter().any(|t| t.is(Mark::Power));
        if (lacks && asks_yes(self) || strong) && !self.s.tokens.iter().any(Token::asks) && self.slots.things.is_empty() {
            return Ok(self.scan());
        }
        if self.exposes() {
            return Ok(self.scan());
        }
        if let Some(intent) = self.waiting(demands) {
            return Ok(intent);
        }
        if let Some(intent) = self.progress(demands) {
            return Ok(intent);
        }
        if self.says(Mark::LogText) && things > 0 && !demands {
            let (targets, window) = (self.targets(), self.window());
            return Ok(Intent::ShowLogs(Scope { targets, window, ..self.scope() }));
        }
        if self.s.tokens.iter().any(|t| t.is(Mark::Scan) && (!t.is(Mark::Search) || self.says(Mark::Finding)) && !t.negated) && !demands
            || (self.says(Mark::Finding) || self.s.tokens.iter().any(|t| t.meaning.needs != 0))
                && !demands
                && (self.findings(service) || self.says(Mark::Audit) && self.scans())
        {
            return Ok(self.scan());
        }
        if self.says(Mark::Anomaly) && !demands {
            let window = self.window();
            return Ok(Intent::DetectAnomalies(Scope { service: self.service(service), window, targets: self.targets(), ..self.scope() }));
        }
        let makes = self.s.tokens.iter().any(|t| t.is(Mark::CreateNew) && !t.negated && !t.described && !t.is(Mark::Plan))
            && !self.questions()
            && !self.says(Mark::Show);
        if makes {
            return Err(self.why_not());
        }
        if (self.says(Mark::Metric) || self.says(Mark::Metrics))
            && !demands
            && (things > 0 || service.is_some() || self.slots.window.is_some())
            && !self.exposes()
        {
            return Ok(self.metrics(service));
        }
        if demands {
            return Err(self.why_not());
        }
        if things > 0 && self.says(Mark::HowMany) && !self.says(Mark::Account) {
            return Ok(self.metrics(service));
        }
        self.plain(service, things)
    }

    /// Account, region and window, where a name can be nothing but an account.
    fn scope_named(&mut self) -> Scope {
        let mut scope = self.scope();
        let free = self.slots.things.iter().find(|at| !self.slots.window_tokens.contains(at)).copied();
        if scope.account.is_none()
            && let Some(token) = free.and_then(|at| self.s.token(at)).filter(|t| t.shape() == Some(Shape::Name))
        {
            let (name, span) = (self.s.written(token).to_owned(), (token.start, token.end));
            self.mark_span("account", span);
            scope.account = Some(name);
        }
        scope.window = self.window();
        scope
    }

    /// Account and region, and the account of a name in the place of one.
    fn scope_placed(&mut self) -> Scope {
        let mut scope = self.scope();
        let placed = if scope.account.is_none() { self.slots.placed(self.s, &[]) } else { None };
        if let Some(token) = placed.and_then(|at| self.s.token(at)) {
            let (name, span) = (self.s.written(token).to_owned(), (token.start, token.end));
            self.mark_span("account", span);
            scope.account = Some(name);
        }
        scope
    }

    /// The targets of a question about health, and its account.
    fn health_scope(&mut self, service: Option<&str>) -> Scope {
        let named = self.slots.accounts.is_empty();
        let mut scope = self.scope_placed();
        if !named || scope.account.is_none() {
            scope.targets = self.targets();
        }
        scope.service = self.service(service);
        scope
    }

    /// What waits for approval, and plans.
    fn waiting(&mut self, demands: bool) -> Option<Intent> {
        if demands || !self.slots.tickets.is_empty() {
            return None;
        }
        let approval =
            self.s.tokens.iter().any(|t| t.is(Mark::Approval) && !t.negated) || self.says(Mark::Approve) && self.says(Mark::Pending);
        let waits = self.says(Mark::Pending) && self.says(Mark::Plan);
        if approval || waits {
            self.scope_named();
            return Some(Intent::ListApprovals);
        }
        let plans = self.s.tokens.iter().any(|t| t.is(Mark::Plan))
            && self.slots.services.is_empty()
            && (self.content() <= 2 || self.says(Mark::List) || self.says(Mark::Show) || self.says(Mark::Which));
        plans.then_some(Intent::ListPlans)
    }

    /// Progress of a plan, incident or job.
    fn progress(&mut self, demands: bool) -> Option<Intent> {
        if let Some(token) = self.slots.tickets.first().and_then(|at| self.s.token(*at)) {
            let (id, span) = (self.s.written(token).to_owned(), (token.start, token.end));
            if demands && !self.says(Mark::Done) && !self.says(Mark::Status) {
                return None;
            }
            self.mark_span("id", span);
            return Some(Intent::ShowStatus { id: Some(id) });
        }
        let done = self.says(Mark::Done) || self.says(Mark::Status);
        let subject = self
            .slots
            .things
            .first()
            .and_then(|at| self.s.token(*at))
            .filter(|t| t.shape() == Some(Shape::Name) && self.slots.things.len() == 1);
        if let Some(token) =
            subject.filter(|_| !demands && self.slots.services.is_empty() && done && !self.says(Mark::Metric) && !self.says(Mark::Metrics))
        {
            let beside = self.slots.things.first().is_some_and(|at| {
                let tracked =
                    |t: Option<&Token>| t.is_some_and(|t| t.is(Mark::Job) || t.is(Mark::Plan) || t.is(Mark::Incident) || t.is(Mark::Sop));
                tracked(crate::slots::neighbour_before(self.s, *at)) || tracked(crate::slots::neighbour_after(self.s, *at))
            });
            let finished =
                self.s.tokens.iter().any(|t| t.is(Mark::Done) && !t.is(Mark::Health) && !t.is(Mark::Polite) && !t.is(Mark::Good));
            if beside || finished || is_id(self.s.written(token)) {
                let (id, span) = (self.s.written(token).to_owned(), (token.start, token.end));
                self.mark_span("id", span);
                return Some(Intent::ShowStatus { id: Some(id) });
            }
        }
        let tracked = self.says(Mark::Incident) || self.says(Mark::Job) || self.says(Mark::Plan) && done;
        let asks = self.says(Mark::Status) || self.says(Mark::Done) || self.says(Mark::List) || self.says(Mark::Show);
        let whole = self.s.tokens.iter().any(|t| t.is(Mark::Incident));
        let service = self.slots.services.iter().any(|(service, _)| *service != "stepfunctions" && *service != "ecs");
        (tracked && asks && !service && self.slots.things.is_empty() && !demands && !self.says(Mark::Cost) && !self.says(Mark::Anomaly)
            || whole && (self.content() <= 2 || self.slots.window.is_some() && self.slots.things.is_empty()))
        .then_some(Intent::ShowStatus { id: None })
    }

    /// Whether a word for a finding makes the sentence a scan.
    fn findings(&self, service: Option<&str>) -> bool {
        let nouns = service.is_some() || self.s.tokens.iter().any(|t| t.meaning.nouns != 0);
        let asks = self.questions()
            || self.says(Mark::Which)
            || self.says(Mark::Show)
            || self.says(Mark::Check)
            || self.says(Mark::List)
            || self.says(Mark::Whether);
        let does = self.s.tokens.iter().any(Token::asks);
        asks || !does && (self.content() <= 3 || nouns && self.content() <= 4)
    }

    /// Whether the sentence asks which things are open to whom.
    fn exposes(&self) -> bool {
        (self.says(Mark::Which) || self.says(Mark::Whether))
            && self.s.tokens.iter().any(|t| {
                t.shape() == Some(Shape::Cidr)
                    || t.is(Mark::Internet)
                    || matches!(t.word.as_str(), "public" | "publicly" | "exposed")
                        && t.meaning.verbs == 0
                        && self.s.tokens.iter().any(|n| n.meaning.nouns != 0 && n.quote.is_none())
                        && self.slots.things.is_empty()
                    || t.han && (self.s.written(t).contains("公网") || self.s.written(t).contains("外网"))
            })
            && !self.s.tokens.iter().any(Token::asks)
    }

    fn scan(&mut self) -> Intent {
        let mut scope = Scope::default();
        for (service, at) in &self.slots.services {
            if let Some(token) = self.s.token(*at) {
                self.spans.push(("services".to_owned(), token.start, token.end));
                scope.services.push((*service).to_owned());
            }
        }
        for at in &self.slots.accounts {
            if let Some(token) = self.s.token(*at) {
                self.spans.push(("accounts".to_owned(), token.start, token.end));
                scope.accounts.push(self.s.written(token).to_owned());
            }
        }
        if scope.accounts.is_empty()
            && let Some(token) = self.slots.things.iter().filter_map(|at| self.s.token(*at)).find(|t| t.shape() == Some(Shape::Name))
        {
            self.spans.push(("accounts".to_owned(), token.start, token.end));
            scope.accounts.push(self.s.written(token).to_owned());
        }
        let all =
            self.s.tokens.windows(3).any(|w| matches!(w, [a, b, c] if a.is(Mark::All) && (b.is(Mark::Account) || c.is(Mark::Account))));
        if scope.accounts.is_empty() && all {
            scope.accounts.push("all".to_owned());
        }
        for at in &self.slots.regions {
            if let Some(token) = self.s.token(*at) {
                self.spans.push(("regions".to_owned(), token.start, token.end));
                scope.regions.push(region_text(self.s, token));
            }
        }
        Intent::Scan(scope)
    }

    fn metrics(&mut self, service: Option<&str>) -> Intent {
        let targets = self.targets();
        let window = self.window();
        let words: Vec<&Token> = self.s.tokens.iter().filter(|t| t.is(Mark::Metric)).collect();
        let span =
            words.first().zip(words.iter().rfind(|t| words.first().is_some_and(|f| f.clause == t.clause))).map(|(a, b)| (a.start, b.end));
        if let Some(span) = span {
            self.mark_span("metric", span);
        }
        let metric = span.map(|span| self.slice(span));
        Intent::ShowMetrics(Scope { service: self.service(service), targets, metric, window, ..self.scope() })
    }

    fn service(&mut self, service: Option<&str>) -> Option<String> {
        if let Some((_, at)) = self.slots.services.first()
            && let Some(token) = self.s.token(*at)
        {
            self.mark_span("service", (token.start, token.end));
        }
        service.map(str::to_owned)
    }
}

/// Whether a sentence is a question or looks at something.
fn asks_yes(asked: &Asked<'_, '_>) -> bool {
    asked.questions() || [Mark::Show, Mark::Check, Mark::Which, Mark::What, Mark::HowMany].iter().any(|mark| asked.s.has(*mark))
}

/// Whether topics other than the given ones are spoken of.
fn other_than(asked: &Asked<'_, '_>, given: &[Mark]) -> bool {
    let topics = [
        Mark::Cost,
        Mark::Calendar,
        Mark::Scan,
        Mark::Metric,
        Mark::Anomaly,
        Mark::Approval,
        Mark::Audit,
        Mark::Cause,
        Mark::Permission,
        Mark::HowMany,
        Mark::Finding,
        Mark::Status,
        Mark::Incident,
    ];
    topics.iter().filter(|mark| !given.contains(mark)).any(|mark| {
        asked.s.tokens.iter().any(|t| {
            t.is(*mark) && !t.word.ends_with("ed") && !t.is(Mark::Account) && !t.is(Mark::Polite) && !t.is(Mark::Help) && !t.is(Mark::Show)
        })
    })
}

/// Whether a name is a number in a list of something rather than a name: `a1`, `abc123`, `run-2041`.
fn is_id(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let parts = name.split(['-', '_', '#']).count();
    parts == 1 && digits > 0 && name.len() <= 12
        || parts == 2
            && name.split(['-', '_', '#']).nth(1).is_some_and(|rest| {
                rest.len() >= 3 && rest.bytes().all(|b| b.is_ascii_hexdigit()) && rest.bytes().any(|b| b.is_ascii_digit())
            })
}
