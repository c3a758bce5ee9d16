//! Facts in the words of rules: `{person}` becomes a person. Entry type: [`Words`].
//!
//! Invariant: what others wrote (a stop's reason, a freeze's name) is defanged before it reaches a reader.

use domain::{EpochMs, PersonId, Reason, Text};

use crate::{
    facts::{Calendar, Request, Stop},
    rules::Rule,
    tighten::Tightened,
};

/// Every name that may stand between braces in a rule's words.
pub(crate) const PLACEHOLDERS: [&str; 22] = [
    "person",
    "authors",
    "account",
    "account_id",
    "environment",
    "planned_environment",
    "registered_environment",
    "autonomy",
    "bad_tag",
    "min_approvals",
    "operation",
    "risk",
    "targets",
    "max_targets",
    "expires_at",
    "needed",
    "incident_severity",
    "freeze",
    "calendar_fault",
    "stop",
    "stop_by",
    "stop_reason",
];

/// Fills words in.
pub(crate) struct Words<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) tightened: Option<&'a Tightened>,
}

/// What differs between uses of one rule.
#[derive(Default, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) person: Option<&'a PersonId>,
    pub(crate) stop: Option<&'a Stop>,
    pub(crate) needed: u32,
}

impl Words<'_> {
    /// A rule as a reason.
    pub(crate) fn reason(&self, rule: &Rule, about: About<'_>) -> Reason {
        Reason { rule: self.fill(&rule.id, about), text: Text::new(self.fill(&rule.text.en, about), self.fill(&rule.text.zh, about)) }
    }

    fn fill(&self, template: &str, about: About<'_>) -> String {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                rest = after;
                continue;
            };
            out.push_str(&self.value(name, about));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn value(&self, name: &str, about: About<'_>) -> String {
        let request = self.request;
        let plan = request.plan;
        let defang = |text: &str| domain::text::defang(text, 120);
        match name {
            "person" => about.person.map(ToString::to_string).unwrap_or_default(),
            "authors" => list(&plan.authors),
            "account" => request.account.map_or_else(|| plan.account_name.clone(), |a| a.name.clone()),
            "account_id" => plan.account.to_string(),
            "environment" => self.tightened.map_or(plan.environment, |t| t.environment).as_str().to_owned(),
            "planned_environment" => plan.environment.as_str().to_owned(),
            "registered_environment" => request.account.map_or(plan.environment, |a| a.environment).as_str().to_owned(),
            "autonomy" => crate::entities::autonomy_name(self.tightened.map(|t| t.autonomy).unwrap_or_default()).to_owned(),
            "bad_tag" => self.tightened.and_then(|t| t.unreadable.clone()).unwrap_or_default(),
            "min_approvals" => self.tightened.map_or(0, |t| t.min_approvals).to_string(),
            "operation" => plan.operation.to_string(),
            "risk" => plan.risk.as_str().to_owned(),
            "targets" => plan.targets.len().to_string(),
            "max_targets" => request.limits.max_targets(plan.risk).to_string(),
            "expires_at" => plan.expires_at.to_rfc3339(),
            "needed" => about.needed.to_string(),
            "incident_severity" => request.incident_severity.map(|s| s.to_string()).unwrap_or_default(),
            "freeze" => match &request.calendar {
                Calendar::Frozen { name, until } => {
                    format!("{}{}", defang(name), until.map(|t: EpochMs| format!(" → {}", t.to_rfc3339())).unwrap_or_default())
                }
                _ => String::new(),
            },
            "calendar_fault" => match &request.calendar {
                Calendar::Unreadable { why } => defang(why),
                _ => String::new(),
            },
            "stop" => about.stop.map(|s| defang(&s.scope)).unwrap_or_default(),
            "stop_by" => about.stop.map(|s| s.by.to_string()).unwrap_or_default(),
            "stop_reason" => about.stop.map(|s| defang(&s.reason)).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

pub(crate) fn list(people: &[PersonId]) -> String {
    people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ")
}
