//! Commands about the session: account, region, identity, help. Entry point: [`Asked::session`].
//!
//! Invariant: an account is selected only by a name that stands where one would.

use domain::Intent;

use crate::{
    ask::Asked,
    entity::Shape,
    inform::other_than,
    reply::Question,
    slots::region_text,
    token::{Kind, Token},
    vocabulary::Mark,
};

impl Asked<'_, '_> {
    /// Commands about the session: account, region, identity, help.
    pub(super) fn session(&mut self) -> Result<Option<Intent>, Question> {
        let account = self.slots.accounts.first().copied();
        let switches = self.s.tokens.iter().any(|t| t.is(Mark::Switch) && !t.negated && t.quote.is_none());
        let busy = [
            Mark::Health,
            Mark::Metric,
            Mark::Metrics,
            Mark::Cost,
            Mark::Calendar,
            Mark::Scan,
            Mark::Anomaly,
            Mark::Audit,
            Mark::Approval,
            Mark::HowMany,
            Mark::Knowledge,
            Mark::List,
        ];
        let other = busy.iter().any(|mark| {
            self.s
                .tokens
                .iter()
                .any(|t| t.is(*mark) && !t.is(Mark::Switch) && !t.is(Mark::Polite) && !t.is(Mark::Account) && !t.is(Mark::Show))
        });
        let asked = self.questions() || self.says(Mark::Which);
        let demands = self.s.tokens.iter().any(|t| t.asks() && !t.meaning.weak && !t.is(Mark::Switch));
        // "set", "use" and the like say it only of an account, or in a few words.
        let firmly = self.says(Mark::Account)
            || self.s.tokens.iter().any(|t| {
                t.is(Mark::Switch)
                    && !matches!(t.word.as_str(), "change" | "set" | "make" | "use" | "pick" | "enter")
                    && !matches!(self.s.written(t), "改成" | "设为" | "用" | "使用" | "选" | "进")
            });
        let brief = self.content() <= 3;
        let rules = [Mark::Permission, Mark::Denied, Mark::May, Mark::Why, Mark::Required].iter().any(|mark| self.says(*mark));
        if switches && !asked && !other && !demands && !rules && (firmly || brief) {
            if account.is_some() && self.slots.accounts.len() == 1 {
                if self.slots.things.is_empty() {
                    let name = self.account().unwrap_or_default();
                    return Ok(Some(Intent::UseAccount { account: name }));
                }
            } else if let Some(token) = self
                .slots
                .things
                .first()
                .and_then(|at| self.s.token(*at))
                .filter(|t| matches!(t.kind, Kind::Unknown | Kind::Thing(Shape::Name)) && self.slots.things.len() == 1)
                && (self.says(Mark::Account) || self.content() <= 4)
                && (firmly || !self.s.tokens.iter().any(|t| matches!(t.word.as_str(), "make" | "change" | "set")))
                && !self.says(Mark::SecretValue)
                && !self.s.tokens.iter().any(|t| t.meaning.nouns != 0 && !t.is(Mark::Account))
            {
                let (name, span) = (self.s.written(token).to_owned(), (token.start, token.end));
                self.mark_span("account", span);
                return Ok(Some(Intent::UseAccount { account: name }));
            } else if let Some(token) = self.slots.regions.first().and_then(|at| self.s.token(*at)) {
                let region = region_text(self.s, token);
                self.mark_span("region", (token.start, token.end));
                return Ok(Some(Intent::UseRegion { region }));
            } else if self.says(Mark::Account) && self.slots.things.is_empty() && !self.says(Mark::Identity) {
                return Err(Question::MissingAccount);
            }
        }
        if self.says(Mark::Identity) && !self.says(Mark::Permission)
            || self.says(Mark::Identity) && self.says(Mark::Me) && !self.says(Mark::May)
        {
            return Ok(Some(Intent::Whoami));
        }
        let role = self.s.tokens.iter().any(|t| crate::ask::is_role(self.s, t));
        if role
            && self.says(Mark::Me)
            && self.questions()
            && !self.s.tokens.iter().any(|t| t.meaning.verbs != 0 && !t.meaning.weak)
            && self.slots.things.is_empty()
        {
            return Ok(Some(Intent::Whoami));
        }
        let principal = self.s.tokens.iter().any(|t| {
            matches!(t.word.as_str(), "role" | "roles" | "identity" | "user" | "username" | "login")
                || t.han && (self.s.written(t).contains("角色") || self.s.written(t).contains("身份"))
        });
        let wonders = [Mark::What, Mark::Which, Mark::Who, Mark::Whether, Mark::Ask].iter().any(|mark| self.says(*mark))
            || self.s.text.contains("是什么");
        if principal
            && self.says(Mark::Me)
            && wonders
            && !demands
            && self.slots.things.is_empty()
            && !self.says(Mark::Finding)
            && !self.says(Mark::HowMany)
        {
            return Ok(Some(Intent::Whoami));
        }
        // "which account am I in" asks about oneself; "which accounts can I use" about the registry.
        let mine = self.says(Mark::Me)
            && (self.says(Mark::Which) || self.says(Mark::What))
            && self.s.tokens.iter().any(|t| t.is(Mark::Account) && !self.s.written(t).to_lowercase().ends_with('s'));
        let choosing = self.says(Mark::May)
            || self.says(Mark::All)
            || self.says(Mark::List)
            || self.s.tokens.iter().any(|t| {
                matches!(t.word.as_str(), "can" | "have" | "manage" | "switch")
                    || t.han && ["能", "可以", "哪些", "有"].iter().any(|w| self.s.written(t).contains(w))
            });
        if mine && !choosing && account.is_none() && self.slots.things.is_empty() && !demands {
            return Ok(Some(Intent::Whoami));
        }
        let resources =
            self.slots.services.iter().any(|(s, _)| *s != "iam") || self.s.tokens.iter().any(|t| t.meaning.nouns.count_ones() == 1);
        if self.s.tokens.iter().any(|t| t.is(Mark::Account) && is_accounts(t, self.s))
            && account.is_none()
            && !resources
            && !other_than(self, &[Mark::List, Mark::HowMany])
            && (self.slots.things.is_empty() || self.says(Mark::List) || self.says(Mark::Show))
        {
            return Ok(Some(Intent::ListAccounts));
        }
        let you = self.s.tokens.iter().any(|t| {
            self.s.written(t).to_lowercase().split_whitespace().any(|w| matches!(w, "you" | "your" | "you're" | "yourself" | "u"))
                || t.han && (self.s.written(t).contains('你') || self.s.written(t).contains('您'))
        });
        let abilities = you && self.s.tokens.iter().any(|t| t.han && t.is(Mark::How)) && self.content() <= 4
            || you
                && (self.says(Mark::What) || self.says(Mark::How) || self.says(Mark::Which))
                && self.s.tokens.iter().any(|t| {
                    t.is(Mark::Light)
                        || t.is(Mark::Switch)
                        || matches!(t.word.as_str(), "able" | "do" | "capable" | "know" | "support" | "offer" | "handle" | "understand")
                });
        let help_word =
            self.s.tokens.iter().any(|t| t.is(Mark::Help) && (!t.is(Mark::Polite) || self.content() == 0 || self.says(Mark::Show)));
        let about_itself =
            (help_word || abilities) && self.slots.things.is_empty() && self.slots.tickets.is_empty() && !demands && !resources;
        if about_itself && !other_than(self, &[Mark::Permission, Mark::List, Mark::HowMany, Mark::Status]) {
            return Ok(Some(Intent::Help));
        }
        Ok(None)
    }
}

/// "accounts", "账户": the things of the registry.
fn is_accounts(token: &Token, sentence: &crate::token::Sentence<'_>) -> bool {
    let written = sentence.written(token).to_lowercase();
    written.contains("account")
        || written.contains('户')
        || written.contains('号')
        || matches!(written.as_str(), "environments" | "environment" | "envs" | "env" | "tenants" | "profiles" | "环境" | "租户")
}
