//! What a check is. Entry types: [`Check`], [`Meta`], [`Judgement`].
//!
//! A check is a pure function over the facts of one service. Invariants: it answers for every resource with pass, fail
//! or unknown; a list that could not be read gives one unknown, never silence; evidence holds observed values.

use domain::Text;
use serde::{Deserialize, Serialize};

use crate::{
    gap::{Gap, Seen},
    place::Place,
};

/// What kind of trouble a check looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// It does not work, or will not much longer.
    Health,
    /// It can be misused.
    Security,
    /// It costs without need.
    Cost,
    /// It will not survive a fault.
    Resilience,
}

/// How bad it is when the check is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Low,
    /// To be planned.
    Medium,
    /// To be done soon.
    High,
    /// To be done now.
    Critical,
}

/// How sure the check is that it is trouble at all; apart from severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A pattern that is often, not always, trouble.
    Likely,
    /// The observed value is the trouble.
    Certain,
}

macro_rules! words {
    ($type:ident { $($variant:ident => $en:literal, $zh:literal;)+ }) => {
        impl $type {
            /// The word for people.
            #[must_use]
            pub fn text(self) -> Text {
                match self { $(Self::$variant => Text::new($en, $zh),)+ }
            }
        }
    };
}
words!(Category { Health => "health", "健康"; Security => "security", "安全"; Cost => "cost", "成本"; Resilience => "resilience", "韧性"; });
words!(Severity { Low => "low", "低"; Medium => "medium", "中"; High => "high", "高"; Critical => "critical", "严重"; });
words!(Confidence { Likely => "likely", "可能"; Certain => "certain", "确定"; });

/// English, Chinese.
pub type Words = (&'static str, &'static str);

/// What is said about a check: pure data, both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// `<service>_<resource>_<condition>`; never changes meaning.
    pub id: &'static str,
    /// What kind of trouble.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong when it fails.
    pub title: Words,
    /// Why it matters.
    pub why: Words,
    /// How to fix it.
    pub fix: Words,
    /// The catalogue operation that fixes it, where there is one.
    pub operation: Option<&'static str>,
    /// The public identifiers that it corresponds to: `SecurityHub:EC2.8`, `Prowler:ec2_instance_imdsv2_enabled`.
    pub references: &'static [&'static str],
    /// The IAM actions without which it is unknown.
    pub needs: &'static [&'static str],
}

impl Meta {
    /// The text for people of a pair of words.
    #[must_use]
    pub fn text(words: Words) -> Text {
        Text::new(words.0, words.1)
    }
}

/// A name and an observed value, in that order of the check.
pub type Evidence = Vec<(String, String)>;

/// Evidence of one or more observed values.
#[must_use]
pub fn observed<V: ToString>(pairs: impl IntoIterator<Item = (&'static str, V)>) -> Evidence {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect()
}

/// What a check says about one resource: `Ok(None)` passes, `Ok(Some(evidence))` fails, `Err(gap)` is unknown.
pub type Verdict = Seen<Option<Evidence>>;

/// One resource judged by one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The resource, or the account where a whole list is missing.
    pub arn: String,
    /// What was found.
    pub verdict: Verdict,
}

/// Judges one by one; a list that could not be read is one unknown for the account.
pub fn each<T>(items: &Seen<Vec<T>>, place: &Place, arn: impl Fn(&T) -> String, judge: impl Fn(&T) -> Verdict) -> Vec<Judgement> {
    match items {
        Ok(items) => items.iter().map(|item| Judgement { arn: arn(item), verdict: judge(item) }).collect(),
        Err(gap) => vec![Judgement { arn: place.account_arn(), verdict: Err(gap.clone()) }],
    }
}

/// As [`each`], for the items that the check is about.
pub fn each_where<T>(
    items: &Seen<Vec<T>>,
    place: &Place,
    about: impl Fn(&T) -> bool,
    arn: impl Fn(&T) -> String,
    judge: impl Fn(&T) -> Verdict,
) -> Vec<Judgement> {
    match items {
        Ok(items) => items.iter().filter(|item| about(item)).map(|item| Judgement { arn: arn(item), verdict: judge(item) }).collect(),
        Err(gap) => vec![Judgement { arn: place.account_arn(), verdict: Err(gap.clone()) }],
    }
}

/// Fails with the evidence when the condition holds.
///
/// # Errors
/// None; the type is that of a verdict.
pub fn fail_if(condition: bool, evidence: impl FnOnce() -> Evidence) -> Verdict {
    Ok(condition.then(evidence))
}

/// The value, where it was seen.
///
/// # Errors
/// The gap, where it was not.
pub fn or_gap<T>(seen: &Seen<T>) -> Result<&T, Gap> {
    seen.as_ref().map_err(Clone::clone)
}

/// One check over the facts `F` of a service.
pub struct Check<F: 'static> {
    /// What is said about it.
    pub meta: Meta,
    /// The pure function.
    pub judge: fn(&F, &Place) -> Vec<Judgement>,
}

impl<F> std::fmt::Debug for Check<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").field("id", &self.meta.id).finish_non_exhaustive()
    }
}

impl<F> Check<F> {
    /// A check that is certain when it fails; the words and the rest follow.
    #[must_use]
    pub const fn new(id: &'static str, category: Category, severity: Severity, judge: fn(&F, &Place) -> Vec<Judgement>) -> Self {
        let empty = ("", "");
        let meta = Meta {
            id,
            category,
            severity,
            confidence: Confidence::Certain,
            title: empty,
            why: empty,
            fix: empty,
            operation: None,
            references: &[],
            needs: &[],
        };
        Self { meta, judge }
    }

    /// What is wrong, why it matters, how to fix it.
    #[must_use]
    pub const fn says(mut self, title: Words, why: Words, fix: Words) -> Self {
        self.meta.title = title;
        self.meta.why = why;
        self.meta.fix = fix;
        self
    }

    /// Often, not always, trouble.
    #[must_use]
    pub const fn likely(mut self) -> Self {
        self.meta.confidence = Confidence::Likely;
        self
    }

    /// The catalogue operation that fixes it.
    #[must_use]
    pub const fn fixed_by(mut self, operation: &'static str) -> Self {
        self.meta.operation = Some(operation);
        self
    }

    /// The public identifiers that it corresponds to.
    #[must_use]
    pub const fn known_as(mut self, references: &'static [&'static str]) -> Self {
        self.meta.references = references;
        self
    }

    /// The IAM actions without which it is unknown.
    #[must_use]
    pub const fn needs(mut self, actions: &'static [&'static str]) -> Self {
        self.meta.needs = actions;
        self
    }
}
