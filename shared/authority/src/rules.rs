//! The rules and the calendar in force, read from the ledger. Entry type: [`Rules`].
//!
//! Invariant: what is in force is looked at anew for every judgement; only the compiled form of a text that has not changed is kept. A
//! text that cannot be read never falls back to something looser: rules allow nothing then, and the calendar is unreadable.

use std::sync::{Arc, Mutex};

use calendar::{Standing, Subject};
use domain::{Account, Digest, EpochMs, Plan, Text, WireError};
use ledger::{Ledger, SettingKind};
use policy::{Calendar, RuleSet, RulesError, Source};
use serde::{Deserialize, Serialize};

/// One file of a set of rules, as people send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// Its name.
    pub name: String,
    /// Its text, in Cedar.
    pub text: String,
}

/// Reads rules from the text of a setting: a JSON list of [`PolicyFile`]s.
///
/// # Errors
/// Why they are refused, in both languages.
pub fn parse_policies(text: &str) -> Result<RuleSet, Text> {
    let refuse = |why: String| RulesError::Unreadable { file: "policies".to_owned(), why: domain::text::defang(&why, 200) }.text();
    let files: Vec<PolicyFile> = serde_json::from_str(text).map_err(|e| refuse(e.to_string()))?;
    let sources: Vec<Source<'_>> = files.iter().map(|file| Source { name: &file.name, text: &file.text }).collect();
    RuleSet::load(&sources).map_err(|e| e.text())
}

/// Reads a calendar from the text of a setting.
///
/// # Errors
/// Why it is refused, in both languages.
pub fn parse_calendar(text: &str) -> Result<calendar::Calendar, Text> {
    let refuse = |e: calendar::CalendarError| {
        Text::new(
            format!("The calendar was refused and the one in force stays: {}: {}", e.at, e.problem.text().en),
            format!("日历未被接受，现行日历继续有效：{}：{}", e.at, e.problem.text().zh),
        )
    };
    calendar::Calendar::parse(text).map_err(refuse)
}

/// Rules in force.
#[derive(Debug, Clone)]
pub enum InForce {
    /// The default rules.
    BuiltIn(&'static RuleSet),
    /// Rules that two people set.
    Own(Arc<RuleSet>),
}

impl std::ops::Deref for InForce {
    type Target = RuleSet;
    fn deref(&self) -> &RuleSet {
        match self {
            Self::BuiltIn(rules) => rules,
            Self::Own(rules) => rules,
        }
    }
}

type Kept<T> = Arc<Mutex<Option<(Digest, Result<Arc<T>, Text>)>>>;

/// What is in force.
#[derive(Debug, Clone)]
pub struct Rules {
    ledger: Ledger,
    policies: Kept<RuleSet>,
    calendar: Kept<calendar::Calendar>,
}

impl Rules {
    /// The rules of a ledger.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, policies: Arc::default(), calendar: Arc::default() }
    }

    /// The rules in force, or why they cannot be read; the default rules where nobody has set others.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn in_force(&self) -> Result<Result<InForce, Text>, WireError> {
        let Some(setting) = self.ledger.setting(SettingKind::Policies).await.map_err(|e| e.wire())? else {
            return Ok(RuleSet::built_in().map(InForce::BuiltIn).map_err(|e| e.text()));
        };
        Ok(kept(&self.policies, &setting.digest, || parse_policies(&setting.text)).map(InForce::Own))
    }

    /// Windows and freezes that are on or come within `days`, the earliest first; `None` where nobody has set a calendar.
    ///
    /// # Errors
    /// When the ledger does not answer; `Calendar.Unreadable` with the reason.
    pub async fn upcoming(&self, now: EpochMs, days: i64, most: usize) -> Result<Option<Vec<calendar::Occurrence>>, WireError> {
        let Some(setting) = self.ledger.setting(SettingKind::Calendar).await.map_err(|e| e.wire())? else {
            return Ok(None);
        };
        let calendar = kept(&self.calendar, &setting.digest, || parse_calendar(&setting.text))
            .map_err(|text| WireError::new("Calendar.Unreadable", text))?;
        let none = calendar.document().windows.is_empty() && calendar.document().freezes.is_empty();
        Ok((!none).then(|| calendar.upcoming(None, now, days, most)))
    }

    /// What the calendar says about a plan at an instant.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn calendar(&self, plan: &Plan, account: Option<&Account>, now: EpochMs) -> Result<Calendar, WireError> {
        let Some(setting) = self.ledger.setting(SettingKind::Calendar).await.map_err(|e| e.wire())? else {
            return Ok(Calendar::NotConfigured);
        };
        let calendar = match kept(&self.calendar, &setting.digest, || parse_calendar(&setting.text)) {
            Ok(calendar) => calendar,
            Err(text) => return Ok(Calendar::Unreadable { why: text.en }),
        };
        let subject = Subject {
            account: plan.account.clone(),
            account_name: account.map_or_else(|| plan.account_name.clone(), |a| a.name.clone()),
            // As the rules see it: a tag that makes an account prod also brings it under prod's windows and freezes.
            environment: account.map_or(plan.environment, |a| policy::Tightened::of(a).environment),
            operation: plan.operation.clone(),
        };
        Ok(match calendar.standing(&subject, now) {
            Standing::NotConfigured => Calendar::NotConfigured,
            Standing::Open { .. } => Calendar::Open,
            Standing::Closed { opens_at, .. } => Calendar::Closed { opens_at },
            Standing::Frozen { until, freeze, reason, .. } => Calendar::Frozen { name: format!("{freeze}: {reason}"), until: Some(until) },
        })
    }
}

/// The compiled form of a text, made once as long as the text stays.
fn kept<T>(slot: &Kept<T>, digest: &Digest, make: impl FnOnce() -> Result<T, Text>) -> Result<Arc<T>, Text> {
    let mut held = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match held.as_ref() {
        Some((known, made)) if known == digest => made.clone(),
        _ => {
            let made = make().map(Arc::new);
            *held = Some((digest.clone(), made.clone()));
            made
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_with_a_misspelt_attribute_are_refused_with_the_rules_name() {
        let rule = |attribute: &str| {
            let text = format!(
                "@id(\"own\") @en(\"x\") @zh(\"x\") forbid (principal, action == Action::\"execute\", resource) when {{ resource.{attribute} > 5 }};"
            );
            serde_json::to_string(&[PolicyFile { name: "own.cedar".into(), text }]).unwrap()
        };
        assert!(parse_policies(&rule("targets")).is_ok());
        let refused = parse_policies(&rule("tragets")).unwrap_err();
        assert!(refused.en.contains("own") && refused.en.contains("those in force stay"), "{refused:?}");
        assert!(parse_policies("{}").is_err());
    }

    #[test]
    fn a_text_is_compiled_once_and_again_when_it_changes() {
        let slot: Kept<u32> = Arc::default();
        let first = Digest::of_bytes(b"1");
        assert_eq!(*kept(&slot, &first, || Ok(1)).unwrap(), 1);
        assert_eq!(*kept(&slot, &first, || Ok(2)).unwrap(), 1);
        assert_eq!(*kept(&slot, &Digest::of_bytes(b"2"), || Ok(3)).unwrap(), 3);
        let broken = Digest::of_bytes(b"3");
        assert!(kept(&slot, &broken, || Err(Text::new("no", "否"))).is_err());
        assert!(kept(&slot, &broken, || Ok(4)).is_err());
    }
}
