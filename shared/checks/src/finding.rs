//! What a scan says about one resource. Entry types: [`Finding`], [`Unknown`].
//!
//! A finding stores what was observed; the words come from the registry by the check's id, so that 500 accounts
//! do not carry the same paragraphs a thousand times. Invariant: its check is in the registry.

use domain::{AccountId, EpochMs, Lang, Text, text::defang};
use serde::{Deserialize, Serialize};

use crate::{
    check::{Confidence, Evidence, Meta, Severity},
    gap::Gap,
    registry,
};

/// One resource that fails one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `<service>_<resource>_<condition>`.
    pub check: String,
    /// The resource.
    pub arn: String,
    /// Its account, as the authenticated side named it.
    pub account: AccountId,
    /// The region that was asked.
    pub region: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Names and observed values.
    pub evidence: Evidence,
    /// When it was first seen; carried over from scan to scan.
    pub first_seen: EpochMs,
    /// When it was last seen.
    pub last_seen: EpochMs,
}

impl Finding {
    /// What the registry says about its check.
    #[must_use]
    pub fn meta(&self) -> Option<&'static Meta> {
        registry::find(&self.check)
    }

    /// What names it across scans: check, resource, region.
    #[must_use]
    pub fn key(&self) -> (&str, &str, &str) {
        (&self.check, &self.arn, &self.region)
    }

    /// Everything a person needs, in both languages: what is wrong, what was observed, why it matters, how to fix it.
    #[must_use]
    pub fn told(&self) -> Text {
        Text::new(self.tell(Lang::En), self.tell(Lang::Zh))
    }

    fn tell(&self, lang: Lang) -> String {
        let pick = |words: (&'static str, &'static str)| if lang == Lang::Zh { words.1 } else { words.0 };
        let seen: Vec<String> = self.evidence.iter().map(|(name, value)| format!("{name}={}", defang(value, 120))).collect();
        let Some(meta) = self.meta() else { return format!("{} {}", self.check, defang(&self.arn, 200)) };
        let (why, fix) = (pick(meta.why), pick(meta.fix));
        let head =
            format!("[{}] {} — {} ({})", self.severity.text().in_lang(lang), pick(meta.title), defang(&self.arn, 200), seen.join(", "));
        match (lang, meta.operation) {
            (Lang::En, Some(operation)) => format!("{head}\n  Why: {why}\n  Fix: {fix} [{operation}]"),
            (Lang::En, None) => format!("{head}\n  Why: {why}\n  Fix: {fix}"),
            (Lang::Zh, Some(operation)) => format!("{head}\n  影响：{why}\n  处理：{fix}［{operation}］"),
            (Lang::Zh, None) => format!("{head}\n  影响：{why}\n  处理：{fix}"),
        }
    }
}

/// A check that could not run on a resource: neither good nor bad.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unknown {
    /// `<service>_<resource>_<condition>`.
    pub check: String,
    /// The resource, or the account where a whole list is missing.
    pub arn: String,
    /// The region that was asked.
    pub region: String,
    /// Why.
    pub gap: Gap,
}
