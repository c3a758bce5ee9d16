//! One function decides. Entry type: [`RuleSet::decide`], or [`decide`] by the default rules.
//!
//! Invariants: a plan is allowed only when a rule allows it and none forbids it; a rule that could not be evaluated is a denial with
//! its reason; everything that stands in the way is named.

use std::sync::LazyLock;

use cedar_policy::{Decision as Answer, Entities, PolicyId, PolicySet, Schema};
use cedar_policy_core::authorizer::{Authorizer, Response};
use domain::{PersonId, Reason, Text, Verdict};

use crate::{
    attributes::Question,
    entities::{Agreed, FactsError, NONE, World, window_name},
    facts::{Calendar, Phase, Request},
    rules::{Approvals, Demand, Rule, RuleSet},
    slices::{Slices, undecided},
    tighten::Tightened,
    words::{About, Words},
};

/// The reason that a closed window gives, beside the rule that wants one.
pub const WINDOW_CLOSED: &str = "window.closed";

/// A verdict with the people whose approval counted for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the rules say.
    pub verdict: Verdict,
    /// Whose approval counts, sorted.
    pub approvers: Vec<PersonId>,
}

/// What stands between a plan and its execution, as far as people and the calendar can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Need {
    approvals: u32,
    mfa: bool,
    window: bool,
    typed: bool,
}

/// Allows, holds or denies by the default rules.
#[must_use]
pub fn decide(request: &Request<'_>) -> Verdict {
    match RuleSet::built_in() {
        Ok(rules) => rules.decide(request).verdict,
        Err(error) => Verdict::Deny { reasons: vec![Reason { rule: "policy.unreadable".to_owned(), text: error.text() }] },
    }
}

fn reason(rule: &str, en: impl Into<String>, zh: impl Into<String>) -> Reason {
    Reason { rule: rule.to_owned(), text: Text::new(en, zh) }
}

impl RuleSet {
    /// Allows, holds for people or for the window, or denies.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        Judge::new(self, request, None).decide()
    }

    /// As [`Self::decide`], with every question held against the schema: slower, for tests and simulations.
    #[must_use]
    pub fn decide_checked(&self, request: &Request<'_>) -> Decision {
        Judge::new(self, request, crate::rules::schema().ok()).decide()
    }
}

pub(crate) struct Judge<'a> {
    rules: &'a RuleSet,
    request: &'a Request<'a>,
    schema: Option<&'a Schema>,
    pub(crate) tightened: Option<Tightened>,
}

/// An answer, unless something failed.
fn answered(response: Response) -> Result<Response, FactsError> {
    let error = response.diagnostics.errors.first().map(|e| FactsError(format!("error {e}")));
    error.map_or(Ok(response), Err)
}

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(Authorizer::new);

impl<'a> Judge<'a> {
    pub(crate) fn new(rules: &'a RuleSet, request: &'a Request<'a>, schema: Option<&'a Schema>) -> Self {
        Self { rules, request, schema, tightened: request.account.map(Tightened::of) }
    }

    pub(crate) fn words(&self) -> Words<'_> {
        Words { request: self.request, tightened: self.tightened.as_ref() }
    }

    pub(crate) fn world(&self) -> Result<World<'_>, FactsError> {
        World::new(self.request, self.tightened.as_ref(), self.schema)
    }

    fn decide(&self) -> Decision {
        let denied = |reasons| Decision { verdict: Verdict::Deny { reasons }, approvers: Vec::new() };
        let Some(requester) = self.request.plan.authors.first() else {
            return denied(vec![reason("author.none", "the plan has no author", "计划没有发起人")]);
        };
        let answer = self.world().and_then(|world| match self.request.phase {
            Phase::Undo => self.undo(&world, requester).map(|verdict| Decision { verdict, approvers: Vec::new() }),
            Phase::Execute => self.execute(&world, requester),
        });
        answer.unwrap_or_else(|error| {
            let text = domain::text::defang(&error.0, 300);
            denied(vec![reason("policy.error", format!("the rules could not be evaluated: {text}"), format!("无法评估规则：{text}"))])
        })
    }

    /// Asks rules as they are written.
    pub(crate) fn ask(&self, set: &PolicySet, world: &World<'_>, person: &PersonId, question: Question) -> Result<Response, FactsError> {
        answered(AUTHORIZER.is_authorized(world.question(person, question)?, set.as_ref(), world.entities()?.as_ref()))
    }

    /// Asks the whole set where questions are held against the schema, else the part of it that matters there.
    fn ask_part(
        &self,
        sets: fn(&RuleSet) -> (&PolicySet, &Slices),
        world: &World<'_>,
        person: &PersonId,
        question: Question,
    ) -> Result<Response, FactsError> {
        let (whole, slices) = sets(self.rules);
        let Some(slice) = slices.at(world.place).filter(|_| self.schema.is_none()) else {
            return self.ask(whole, world, person, question);
        };
        let entities: &Entities = if slice.entities { world.entities()? } else { &NONE };
        let question = world.question_to(slice, person, question)?;
        if let Some(yes) = &slice.yes {
            let response = AUTHORIZER.is_authorized(question.clone(), yes.as_ref(), entities.as_ref());
            if response.decision == Answer::Allow {
                return Ok(response);
            }
        }
        let joined = if self.calendar_ends_likely() { &slice.apart } else { &slice.joined };
        let response = AUTHORIZER.is_authorized(question.clone(), joined.as_ref(), entities.as_ref());
        if !undecided(&response) {
            return Ok(response);
        }
        answered(AUTHORIZER.is_authorized(question, slice.each.as_ref(), entities.as_ref()))
    }

    /// Whether a rule that looks at the calendar most likely ends the plan: then it is asked by itself. The answer is the same either way.
    fn calendar_ends_likely(&self) -> bool {
        matches!(self.request.calendar, Calendar::Frozen { .. } | Calendar::Unreadable { .. }) && !self.request.break_glass
    }

    /// The rules that made an answer, in the order of the set.
    pub(crate) fn determining(&self, response: &Response) -> Vec<&'a Rule> {
        let rules = self.rules;
        let mut found: Vec<&'a Rule> = response.diagnostics.reason.iter().filter_map(|id| rules.rules.get(&PolicyId::new(id))).collect();
        found.sort_by_key(|rule| rule.index);
        found
    }

    fn undo(&self, world: &World<'_>, requester: &PersonId) -> Result<Verdict, FactsError> {
        let response = self.ask_part(|rules| (&rules.undo, &rules.cut.undo), world, requester, Question::Undo)?;
        let rules = self.determining(&response);
        if response.decision == Answer::Allow {
            let words = self.words();
            return Ok(Verdict::Allow { reasons: rules.first().map(|r| words.reason(r, About::default())).into_iter().collect() });
        }
        let mut reasons = self.denials(&rules);
        if reasons.is_empty() {
            reasons.push(reason("undo.not_allowed", "no rule allows this undo", "没有规则允许此回滚"));
        }
        Ok(Verdict::Deny { reasons })
    }

    fn execute(&self, world: &World<'_>, requester: &PersonId) -> Result<Decision, FactsError> {
        let counted = self.counted(world)?;
        let strangers = self.authors_who_may_not_ask(world)?;
        let agreed = counted.agreed(window_name(&self.request.calendar), self.request.account_typed);
        let response = self.ask_part(|rules| (&rules.execute, &rules.cut.execute), world, requester, Question::Execute(agreed))?;
        let rules = self.determining(&response);
        let verdict = if response.decision == Answer::Allow && strangers.is_empty() {
            Verdict::Allow { reasons: self.allowed(&rules) }
        } else {
            let ending: Vec<&Rule> = rules.iter().copied().filter(|rule| !rule.permits && rule.demand.is_none()).collect();
            let mut reasons = self.denials(&ending);
            // The kill switch and the account come first, then people, then the plan itself.
            let at = reasons.iter().position(|r| !["kill.", "account.", "autonomy."].iter().any(|p| r.rule.starts_with(p)));
            let at = at.unwrap_or(reasons.len());
            reasons.splice(at..at, strangers);
            if reasons.is_empty() {
                let asking: Vec<&Rule> = rules.into_iter().filter(|rule| !rule.permits).collect();
                self.held(world, requester, &counted, &asking)?
            } else {
                Verdict::Deny { reasons }
            }
        };
        Ok(Decision { verdict, approvers: counted.people })
    }

    /// Reasons of rules that forbid; one for each stop that is meant.
    fn denials(&self, rules: &[&Rule]) -> Vec<Reason> {
        let words = self.words();
        let mut reasons = Vec::new();
        for rule in rules.iter().filter(|rule| !rule.permits) {
            if rule.id.contains("{stop}") {
                let account = format!("account:{}", self.request.plan.account);
                let operation = format!("operation:{}", self.request.plan.operation);
                let meant = |scope: &str| scope == "all" || scope == account || scope == operation;
                for stop in self.request.stops.iter().filter(|stop| meant(&stop.scope)) {
                    reasons.push(words.reason(rule, About { stop: Some(stop), ..About::default() }));
                }
            } else {
                reasons.push(words.reason(rule, About::default()));
            }
        }
        reasons
    }

    fn authors_who_may_not_ask(&self, world: &World<'_>) -> Result<Vec<Reason>, FactsError> {
        let mut out = Vec::new();
        for author in &self.request.plan.authors {
            let response = self.ask_part(|rules| (&rules.ask, &rules.cut.ask), world, author, Question::Ask)?;
            if response.decision == Answer::Allow {
                continue;
            }
            let words = self.words();
            let forbidding = self.determining(&response);
            if forbidding.is_empty() {
                out.push(reason(
                    "author.not_operator",
                    format!("{author} is not an operator here"),
                    format!("{author} 不是此范围内的操作员"),
                ));
            }
            let about = About { person: Some(author), ..About::default() };
            out.extend(forbidding.iter().map(|rule| words.reason(rule, about)));
        }
        Ok(out)
    }

    /// Asks about every approval; a person counts once.
    fn counted(&self, world: &World<'_>) -> Result<Counted, FactsError> {
        let mut counted = Counted::default();
        // One person over two channels is the same question twice.
        let mut asked: Vec<((&PersonId, bool, bool), bool)> = Vec::new();
        for approval in self.request.approvals {
            let about = (&approval.approver.person, approval.signature_valid, approval.digest == *self.request.digest);
            let known = asked.iter().find(|(other, _)| *other == about).map(|(_, counts)| *counts);
            let counts = match known {
                Some(counts) => counts,
                None => {
                    let (person, signature_valid, digest_matches) = about;
                    let question = Question::Approve { signature_valid, digest_matches };
                    let response = self.ask_part(|rules| (&rules.approve, &rules.cut.approve), world, person, question)?;
                    response.decision == Answer::Allow
                }
            };
            asked.push((about, counts));
            if counts {
                counted.add(&approval.approver.person, approval.fresh_mfa_age());
            }
        }
        counted.people.sort();
        Ok(counted)
    }

    fn demand(&self, demand: Demand) -> Need {
        let approvals = match demand.approvals {
            Approvals::None => 0,
            Approvals::Count(n) => n,
            Approvals::ByTag => self.tightened.as_ref().map_or(0, |t| t.min_approvals),
        };
        Need { approvals, mfa: demand.mfa, window: demand.window, typed: demand.typed }
    }

    /// How many approvals a rule demands.
    pub(crate) fn demanded(&self, rule: &Rule) -> u32 {
        self.demand(rule.demand).approvals
    }

    /// What people have agreed to so far.
    pub(crate) fn agreed(&self, world: &World<'_>, window: &'static str) -> Result<Agreed, FactsError> {
        Ok(self.counted(world)?.agreed(window, self.request.account_typed))
    }

    fn allowed(&self, rules: &[&Rule]) -> Vec<Reason> {
        let Some(rule) = rules.first() else { return Vec::new() };
        let need = self.demand(rule.demand);
        let mut reasons = vec![self.words().reason(rule, About { needed: need.approvals, ..About::default() })];
        reasons.extend(self.calendar_note(need));
        reasons
    }

    fn calendar_note(&self, need: Need) -> Option<Reason> {
        if !need.window {
            return None;
        }
        match &self.request.calendar {
            Calendar::NotConfigured => Some(reason(
                "window.not_configured",
                "no change calendar is configured, so the window counts as open",
                "未配置变更日历，视为变更窗口已开放",
            )),
            Calendar::Closed { opens_at: Some(at) } => Some(reason(
                WINDOW_CLOSED,
                format!("it runs inside a change window; the next one opens at {}", at.to_rfc3339()),
                format!("只能在变更窗口内执行；下一个窗口于 {} 开放", at.to_rfc3339()),
            )),
            Calendar::Closed { opens_at: None } => Some(reason(
                WINDOW_CLOSED,
                "it runs inside a change window, and none is known to open",
                "只能在变更窗口内执行，且没有已知的下一个窗口",
            )),
            Calendar::Open | Calendar::Frozen { .. } | Calendar::Unreadable { .. } => None,
        }
    }

    /// Nothing ends the plan: what could still be agreed, and is it enough?
    fn held(&self, world: &World<'_>, requester: &PersonId, counted: &Counted, asking: &[&Rule]) -> Result<Verdict, FactsError> {
        let everything = Question::Execute(Agreed::EVERYTHING);
        let response = self.ask_part(|rules| (&rules.could_execute, &rules.cut.could_execute), world, requester, everything)?;
        if response.decision != Answer::Allow {
            let mut reasons = self.denials(&self.determining(&response));
            if reasons.is_empty() {
                reasons.push(reason("tier.none", "no rule allows this change here", "没有规则允许在此执行该变更"));
            }
            return Ok(Verdict::Deny { reasons });
        }
        let request = self.request;
        let open = matches!(request.calendar, Calendar::Open | Calendar::NotConfigured);
        let have = |need: Need| if need.mfa { counted.mfa } else { counted.approvals };
        // Of the rules that could allow it, the one that lacks least; what other rules ask for comes on top.
        let lacks = |need: Need| (need.window && !open, need.approvals.saturating_sub(have(need)), need.mfa, need.approvals);
        let permits = self.determining(&response);
        let Some(tier) = permits.into_iter().min_by_key(|rule| (lacks(self.demand(rule.demand)), rule.index)) else {
            return Ok(Verdict::Deny {
                reasons: vec![reason("tier.none", "no rule allows this change here", "没有规则允许在此执行该变更")],
            });
        };
        let by_tier = self.demand(tier.demand);
        let mut need = by_tier;
        let words = self.words();
        let mut more = Vec::new();
        for rule in asking {
            let own = self.demand(rule.demand);
            if own.approvals > by_tier.approvals
                || (own.mfa && !by_tier.mfa)
                || (own.window && !by_tier.window)
                || (own.typed && !by_tier.typed)
            {
                more.push(words.reason(rule, About { needed: own.approvals, ..About::default() }));
            }
            need = Need {
                approvals: need.approvals.max(own.approvals),
                mfa: need.mfa || own.mfa,
                window: need.window || own.window,
                typed: need.typed || own.typed,
            };
        }
        let mut reasons = vec![words.reason(tier, About { needed: by_tier.approvals, ..About::default() })];
        reasons.extend(more);
        reasons.extend(self.calendar_note(need));
        if need.mfa && !request.step_up {
            return Ok(Verdict::Deny { reasons: vec![self.no_step_up()] });
        }
        let have = have(need);
        if have < need.approvals {
            return Ok(Verdict::NeedsApproval { needed: need.approvals, have, fresh_mfa: need.mfa, reasons });
        }
        if need.window && !open {
            let until = match request.calendar {
                Calendar::Closed { opens_at } => opens_at,
                _ => None,
            };
            return Ok(Verdict::Waits { until, reasons });
        }
        if need.typed && !request.account_typed {
            // The window may be open: then only the asker is waited for.
            return Ok(Verdict::Waits { until: None, reasons });
        }
        // A rule wants more than its annotations say.
        Ok(Verdict::Deny {
            reasons: vec![reason(
                "policy.contradiction",
                format!("rule `{}` demands something that it does not say; it must be corrected", tier.id),
                format!("规则 `{}` 的要求与其说明不符，需要更正", tier.id),
            )],
        })
    }

    fn no_step_up(&self) -> Reason {
        let (risk, environment) = (self.request.plan.risk.as_str(), self.request.plan.environment.as_str());
        reason(
            "mfa.not_built",
            format!("{risk} in {environment} demands a fresh second factor, which this fleet cannot check"),
            format!("{environment} 环境的 {risk} 操作需要新的二次验证，当前平台无法核实"),
        )
    }
}

#[derive(Debug, Default)]
struct Counted {
    people: Vec<PersonId>,
    with_mfa: Vec<PersonId>,
    approvals: u32,
    mfa: u32,
    mfa_age: Option<i64>,
}

impl Counted {
    fn add(&mut self, person: &PersonId, fresh_mfa_age: Option<i64>) {
        if !self.people.contains(person) {
            self.people.push(person.clone());
            self.approvals += 1;
        }
        let Some(age) = fresh_mfa_age else { return };
        if !self.with_mfa.contains(person) {
            self.with_mfa.push(person.clone());
            self.mfa += 1;
            self.mfa_age = Some(self.mfa_age.map_or(age, |worst| worst.max(age)));
        }
    }

    fn agreed(&self, window: &'static str, typed: bool) -> Agreed {
        Agreed { approvals: self.approvals, mfa_approvals: self.mfa, mfa_age: self.mfa_age, window, typed }
    }
}
