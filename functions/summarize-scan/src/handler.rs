//! The end of a scan, place by place. Entry type: [`Handler`].
//!
//! Invariants: one report is in memory at a time; each cell that was asked for is in the coverage, also when nobody reported it;
//! a finding is called resolved only where it was looked for; a scan that is summarized twice says the same; what an exception
//! accepts is counted apart and listed with its owner.

use checks::{Cell, Difference, Exception, Finding, Gap, GapKind, Summary, coverage, exception};
use domain::{
    AccountId, EpochMs, Text, WireError,
    scan::{Scan, ScanAnswer, ScanInput, ScanPlace, ScanProgress, ScanRequest},
};
use ledger::{Ledger, SettingKind};
use scanners::PlaceReport;
use scans::{Store, key};
use serde::{Deserialize, Serialize};

/// What is known about a place over all scans, and what the last scan started from.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    scan: String,
    before: Vec<Finding>,
    open: Vec<Finding>,
}

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) store: Store,
}

impl Handler {
    pub(crate) async fn handle(&self, input: ScanInput, now: EpochMs) -> Result<ScanInput, WireError> {
        let progress = self.ledger.scan(&input.scan_id).await.map_err(|e| e.wire())?.ok_or_else(|| {
            let id = &input.scan_id;
            WireError::new("Scans.NotFound", Text::new(format!("There is no scan `{id}`."), format!("没有扫描 `{id}`。")))
        })?;
        if progress.finished_at.is_some() {
            return Ok(input);
        }
        let scan = &progress.scan;
        let accepted = self.exceptions().await?;
        let mut summary = Summary::default();
        let mut table: Vec<Cell> = Vec::new();
        for place in &scan.places {
            self.place(scan, place, &silence(&progress, place), (&accepted, now), &mut summary, &mut table).await?;
        }
        summary.refused = progress.refused.iter().map(|r| (r.by.to_string(), r.place.account.to_string(), r.why.clone())).collect();
        let put = |e: scans::StoreError| e.wire();
        self.store.put(&key::coverage(&scan.id), &table).await.map_err(put)?;
        self.store.put(&key::summary(&scan.id), &summary).await.map_err(put)?;
        self.ledger.finish_scan(&scan.id, &summary.text(), now).await.map_err(|e| e.wire())?;
        Ok(input)
    }

    /// Exceptions that are set. A file that cannot be read accepts nothing: every finding counts.
    async fn exceptions(&self) -> Result<Vec<Exception>, WireError> {
        let Some(setting) = self.ledger.setting(SettingKind::Exceptions).await.map_err(|e| e.wire())? else {
            return Ok(Vec::new());
        };
        Ok(exception::read(&setting.text).unwrap_or_else(|error| {
            tracing::error!(error = %error, "the exceptions in force cannot be read; none applies");
            Vec::new()
        }))
    }

    async fn place(
        &self,
        scan: &Scan,
        place: &ScanPlace,
        silence: &Gap,
        (accepted, now): (&[Exception], EpochMs),
        summary: &mut Summary,
        table: &mut Vec<Cell>,
    ) -> Result<(), WireError> {
        let read = |e: scans::StoreError| e.wire();
        let report: Option<PlaceReport> = self.store.get(&key::report(&scan.id, place)).await.map_err(read)?;
        let reported = report.as_ref().map(PlaceReport::cells).unwrap_or_default();
        let cells = coverage::table(asked(scan, place), reported, silence);
        cells.iter().for_each(|cell| summary.cover(cell));
        let mut found: Vec<Finding> = Vec::new();
        summary.calls = summary.calls.saturating_add(report.as_ref().map_or(0, |r| r.calls));
        for service in report.into_iter().flat_map(|r| r.services) {
            summary.passed = service.passed.values().fold(summary.passed, |sum, n| sum.saturating_add(*n));
            summary.unknown = summary.unknown.saturating_add(count(service.unknown.len()));
            summary.resources = summary.resources.saturating_add(count(service.resources.len()));
            found.extend(service.findings);
        }
        // What is known of services that this scan was not asked about stays as it is.
        let known: Known = self.store.get(&key::known(place)).await.map_err(read)?.unwrap_or_default();
        // A summary that broke off and is made again starts from the same.
        let basis = if known.scan == scan.id.as_str() { known.before } else { known.open };
        let (before, others): (Vec<Finding>, Vec<Finding>) =
            basis.iter().cloned().partition(|f| cells.iter().any(|c| is_of(f, &c.service)));
        let difference = Difference::between(before, found, &cells);
        summary.new = summary.new.saturating_add(count(difference.new.len()));
        summary.resolved = summary.resolved.saturating_add(count(difference.resolved.len()));
        summary.unverified = summary.unverified.saturating_add(count(difference.unverified.len()));
        let current: Vec<Finding> = difference.new.into_iter().chain(difference.still).collect();
        for finding in &current {
            match accepted.iter().find(|exception| exception.covers(finding, now)) {
                Some(exception) => summary.accept(finding, exception),
                None => summary.count(finding),
            }
        }
        self.store.put(&key::findings(&scan.id, place), &current).await.map_err(read)?;
        let open = current.into_iter().chain(difference.unverified).chain(others).collect();
        let known = Known { scan: scan.id.to_string(), before: basis, open };
        self.store.put(&key::known(place), &known).await.map_err(read)?;
        table.extend(cells);
        Ok(())
    }
}

/// Why a place has no report.
fn silence(progress: &ScanProgress, place: &ScanPlace) -> Gap {
    match progress.asked.iter().find(|a| a.place == *place) {
        Some(asked) if !asked.nonce_hash.is_empty() => {
            Gap::new(GapKind::Unavailable, ScanAnswer::TYPE, "the account was asked and did not answer in time")
        }
        Some(_) => Gap::new(GapKind::Unavailable, ScanRequest::TYPE, "the account could not be asked, nor looked at in time"),
        None => Gap::new(GapKind::Unavailable, "scan-account", "no report"),
    }
}

fn is_of(finding: &Finding, service: &str) -> bool {
    finding.check.strip_prefix(service).is_some_and(|rest| rest.starts_with('_'))
}

/// The cells that were asked for in one place.
fn asked(scan: &Scan, place: &ScanPlace) -> Vec<(AccountId, String, String)> {
    let here = |service: &&String| place.home || !checks::registry::once_an_account(service);
    scan.services.iter().filter(here).map(|s| (place.account.clone(), place.region.clone(), s.clone())).collect()
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
