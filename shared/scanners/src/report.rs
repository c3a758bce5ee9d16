//! What a look gives. Entry types: [`PlaceReport`], [`ServiceReport`].
//!
//! Invariants: each service that was looked at has a report, also when nothing could be seen; what an account's own texts hold of
//! secrets never gets into a report, so it is in no store, no chat and no event either.

use std::collections::BTreeMap;

use checks::{Cell, Check, Coverage, Finding, Gap, Place, Resource, Unknown, registry};
use domain::{AccountId, EpochMs, scan::ScanPlace, text::defang};
use redaction::{Audience, Redactor};
use serde::{Deserialize, Serialize};

use crate::Look;

/// One service in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReport {
    /// The service.
    pub service: String,
    /// How much was seen.
    pub coverage: Coverage,
    /// The inventory.
    pub resources: Vec<Resource>,
    /// What fails.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    pub unknown: Vec<Unknown>,
    /// How many resources pass, by check.
    pub passed: BTreeMap<String, u32>,
}

impl ServiceReport {
    /// Judges the facts of a service.
    #[must_use]
    pub fn of<F>(
        service: &'static str,
        look: &Look,
        checks: &'static [Check<F>],
        facts: &F,
        inventory: impl FnOnce(&F, &Place) -> Vec<Resource>,
    ) -> Self {
        let judged = checks::judge(checks, facts, look.place());
        Self {
            service: service.to_owned(),
            coverage: look.coverage(),
            resources: inventory(facts, look.place()).into_iter().map(resource).collect(),
            findings: judged.findings.into_iter().map(finding).collect(),
            unknown: judged.unknown,
            passed: judged.passed,
        }
    }
}

/// Longest ARN that is taken from an account.
const MAX_ARN: usize = 2_048;
/// Most pairs of evidence, and characters of one value, that are taken from an account.
const MAX_EVIDENCE: usize = 20;
const MAX_VALUE: usize = 2_000;

/// A reason that an account gave for not seeing something.
fn harmless(gap: &mut Gap) {
    gap.action = defang(&clean("", &gap.action), 120);
    gap.detail = defang(&clean("", &gap.detail), 120);
}

/// A text from an account without secrets. ARNs stay as they are: they name the resource from scan to scan.
fn clean(name: &str, text: &str) -> String {
    Redactor::shared().redact_named(Audience::Colleagues, name, text)
}

fn finding(mut finding: Finding) -> Finding {
    for (name, value) in &mut finding.evidence {
        *value = clean(name, value);
    }
    finding
}

fn resource(mut resource: Resource) -> Resource {
    for text in [&mut resource.name, &mut resource.detail].into_iter().flatten() {
        *text = clean("", text);
    }
    resource
}

/// One account and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceReport {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: String,
    /// When it was looked at.
    pub at: EpochMs,
    /// Its services.
    pub services: Vec<ServiceReport>,
    /// Calls that were made, retries not counted.
    pub calls: u32,
}

impl PlaceReport {
    /// The report of an account about itself, from outside of the hub: about this place and these services, with known checks and
    /// nothing of another account; severity and words are the registry's, instants the hub's, texts without secrets and not endless.
    ///
    /// # Errors
    /// A stable word that says what it claims.
    pub fn of_outsider(mut self, place: &ScanPlace, services: &[String], at: EpochMs) -> Result<Self, &'static str> {
        if self.account != place.account || self.region != place.region {
            return Err("another_place");
        }
        let own = |arn: &str| {
            let account = arn.split(':').nth(4).unwrap_or_default();
            arn.starts_with("arn:") && arn.len() <= MAX_ARN && (account.is_empty() || account == place.account.as_str())
        };
        let mut seen: Vec<String> = Vec::new();
        for report in &mut self.services {
            let known = registry::SERVICES.iter().any(|s| s.name == report.service);
            let expected = known && (place.home || !registry::once_an_account(&report.service));
            if !expected || !services.contains(&report.service) || seen.contains(&report.service) {
                return Err("another_service");
            }
            seen.push(report.service.clone());
            let checks =
                |id: &str| registry::find(id).filter(|_| id.strip_prefix(&report.service).is_some_and(|rest| rest.starts_with('_')));
            let mut findings = Vec::with_capacity(report.findings.len());
            for mut found in std::mem::take(&mut report.findings) {
                let meta = checks(&found.check).ok_or("unknown_check")?;
                if found.account != place.account || found.region != place.region || !own(&found.arn) {
                    return Err("another_account");
                }
                (found.severity, found.confidence, found.first_seen, found.last_seen) = (meta.severity, meta.confidence, at, at);
                found.evidence.truncate(MAX_EVIDENCE);
                findings.push(finding(found));
            }
            report.findings = findings;
            if !report.unknown.iter().all(|u| checks(&u.check).is_some() && own(&u.arn) && u.region == place.region) {
                return Err("unknown_check");
            }
            if !report.passed.keys().all(|id| checks(id).is_some()) {
                return Err("unknown_check");
            }
            if !report.resources.iter().all(|r| own(&r.arn)) {
                return Err("another_account");
            }
            report.resources = std::mem::take(&mut report.resources).into_iter().map(resource).collect();
            for found in &mut report.findings {
                for (_, value) in &mut found.evidence {
                    *value = value.chars().take(MAX_VALUE).collect();
                }
            }
            match &mut report.coverage {
                Coverage::Complete => {}
                Coverage::Partial { why } => why.iter_mut().for_each(harmless),
                Coverage::Unscanned { why } => harmless(why),
            }
            report.unknown.iter_mut().for_each(|u| harmless(&mut u.gap));
        }
        self.at = at;
        Ok(self)
    }

    /// The cells of the coverage table.
    #[must_use]
    pub fn cells(&self) -> Vec<Cell> {
        let cell = |s: &ServiceReport| Cell {
            account: self.account.clone(),
            region: self.region.clone(),
            service: s.service.clone(),
            coverage: s.coverage.clone(),
        };
        self.services.iter().map(cell).collect()
    }
}
