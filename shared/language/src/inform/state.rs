//! Health, lists, and what is left. Entry point: [`Asked::plain`].
//!
//! Invariant: what is left over is a question back that names the most telling reason.

use domain::{Intent, intent::Scope};

use crate::{
    ask::Asked,
    entity::Shape,
    inform::asks_yes,
    reply::Question,
    token::{Kind, Token},
    vocabulary::Mark,
};

impl Asked<'_, '_> {
    /// Whether nothing but the things themselves is named: "dynamodb tables", "current alarms".
    pub(super) fn names_only(&self) -> bool {
        let plain = |t: &Token| {
            matches!(t.kind, Kind::Sign(_))
                || t.meaning.services != 0
                || t.meaning.nouns != 0
                || t.meaning.environment > 0
                || t.meaning.region > 0
                || [
                    Mark::Polite,
                    Mark::Noise,
                    Mark::At,
                    Mark::Show,
                    Mark::List,
                    Mark::All,
                    Mark::Account,
                    Mark::Which,
                    Mark::What,
                    Mark::HowMany,
                    Mark::Whether,
                    Mark::Me,
                ]
                .iter()
                .any(|mark| t.is(*mark))
                || matches!(
                    t.word.as_str(),
                    "current" | "existing" | "running" | "active" | "available" | "our" | "configured" | "names" | "name"
                )
                || matches!(t.shape(), Some(Shape::Region | Shape::AccountId))
        };
        self.s.tokens.iter().all(|t| plain(t) && !(t.asks() && !t.is(Mark::Show) && !t.is(Mark::Polite)))
    }

    /// Health, lists, and the rest.
    pub(super) fn plain(&mut self, service: Option<&str>, things: usize) -> Result<Intent, Question> {
        let asked = self.questions() || self.says(Mark::How);
        let health = self.s.tokens.iter().any(|t| {
            let faint = t.is(Mark::Polite)
                || matches!(
                    t.word.as_str(),
                    "down" | "doing" | "well" | "fine" | "working" | "up" | "ok" | "okay" | "good" | "any" | "problems"
                );
            t.is(Mark::Health) && (asked || !faint)
        });
        let checks = self.s.tokens.iter().any(|t| t.is(Mark::Check) && !t.negated);
        let state = self.says(Mark::Status);
        let cluster = self.says(Mark::Cluster);
        let lists = self.says(Mark::Show)
            || self.says(Mark::List)
            || self.says(Mark::Which)
            || self.says(Mark::HowMany)
            || self.says(Mark::What)
            || self.says(Mark::All);
        let negated = self.s.tokens.iter().any(|t| t.is(Mark::Prohibit));
        let destroys = self.s.tokens.iter().any(|t| (t.is(Mark::Destroy) || t.is(Mark::CreateNew)) && !t.described && !t.negated);
        if destroys && !asks_yes(self) {
            return Err(self.why_not());
        }
        if self.says(Mark::KillSwitch) && !self.questions() {
            return Err(Question::Bulk);
        }
        if negated {
            return Err(Question::Forbidden);
        }
        let failing = self.says(Mark::Symptom)
            && self.questions()
            && things == 0
            && !self.says(Mark::Why)
            && (service.is_some() || self.s.tokens.iter().any(|t| t.meaning.nouns != 0));
        if failing
            || health
                && (service.is_some() || cluster || self.questions() || checks || self.content() <= 4 || things > 0 || self.says(Mark::All))
            || (checks || state) && (service.is_some() || cluster || things > 0 && state)
            // "prod 状态如何": an account has no progress, so its state is its health.
            || state && !self.slots.accounts.is_empty() && things == 0 && !self.says(Mark::Plan) && !self.says(Mark::Job) && !self.says(Mark::Incident)
            || state && checks
        {
            return Ok(Intent::CheckHealth(self.health_scope(service)));
        }
        let acts = self
            .s
            .tokens
            .iter()
            .any(|t| t.han && matches!(self.s.written(t), "给" | "把" | "将") || t.is(Mark::CreateNew) || t.is(Mark::Destroy));
        if (self.says(Mark::Symptom) || self.says(Mark::How) && self.says(Mark::DidWhat)) && things > 0 && !acts {
            return Ok(self.investigate());
        }
        let mut says_secret = self.says(Mark::SecretValue) && !self.questions() && !self.says(Mark::List);
        says_secret |= self.says(Mark::Say) && self.says(Mark::Source) && !self.questions();
        if says_secret {
            return Err(self.why_not());
        }
        let kinds = self
            .s
            .tokens
            .iter()
            .any(|t| t.meaning.nouns != 0 && !t.is(Mark::Source) && (self.s.written(t).to_lowercase().ends_with('s') || t.han));
        if service.is_none()
            && kinds
            && things == 0
            && (lists || self.says(Mark::Whether))
            && !self.s.tokens.iter().any(Token::asks)
            && !self.says(Mark::Me)
        {
            return Ok(Intent::ListResources(self.scope()));
        }
        if service.is_some() && (lists || self.says(Mark::Whether)) || service.is_some() && things == 0 && self.names_only() {
            if things > 0 && !lists {
                return Err(Question::Unclear);
            }
            let scope = self.scope_placed();
            return Ok(Intent::ListResources(Scope { service: self.service(service), window: self.window(), ..scope }));
        }
        let ongoing = self.says(Mark::Plan)
            && self.s.tokens.iter().any(|t| t.is(Mark::DidWhat) && t.han && self.s.written(t).starts_with("执行") || t.is(Mark::Status));
        if ongoing && things == 0 && self.questions() {
            return Ok(Intent::ShowStatus { id: None });
        }
        if (state || self.says(Mark::Done) || self.s.tokens.iter().any(|t| t.word == "running"))
            && things == 0
            && service.is_none()
            && self.content() <= 5
            && !self.s.tokens.iter().any(|t| t.meaning.nouns != 0)
        {
            return Ok(Intent::ShowStatus { id: None });
        }
        if self.s.tokens.is_empty() {
            return Err(Question::Empty);
        }
        Err(self.why_not())
    }

    /// Why nothing is done: the most telling word decides.
    pub(super) fn why_not(&self) -> Question {
        let says = |mark: Mark| self.s.tokens.iter().any(|t| t.is(mark) && !t.negated);
        if self.s.tokens.iter().any(|t| t.negated && (t.meaning.verbs != 0 || t.is(Mark::Destroy))) {
            return Question::Forbidden;
        }
        if self.s.tokens.iter().any(|t| t.quote.is_some() && t.meaning.verbs != 0) && !self.s.tokens.iter().any(Token::asks) {
            return Question::Quoted;
        }
        if says(Mark::Destroy) {
            return Question::Destructive;
        }
        if says(Mark::Power) && says(Mark::Grant) {
            return Question::Power;
        }
        if says(Mark::SecretValue) {
            return Question::SecretValue;
        }
        let demands = self.s.tokens.iter().any(Token::asks);
        if demands && crate::operate::all_of_a_kind(self.s) {
            return Question::Bulk;
        }
        if says(Mark::CreateNew) || demands { Question::OutOfCatalogue } else { Question::Unclear }
    }
}
