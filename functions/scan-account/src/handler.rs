//! A batch of places, several at a time. Entry type: [`Handler`].
//!
//! Invariants: a place is done when its report is written and noted, in this order, so a repeated batch goes on where it stopped;
//! what the time does not allow comes back as the rest of the batch; an account that is not in the registry is not entered.

use std::collections::BTreeSet;

use checks::{Gap, GapKind, Place};
use domain::{
    Account, EpochMs, WireError,
    scan::{ScanBatch, ScanPlace},
};
use futures_util::{StreamExt as _, stream};
use ledger::Ledger;
use scanners::{Visitor, visit};
use scans::Store;

/// Places that are looked at concurrently.
const AT_ONCE: usize = 5;
/// A place is not begun when less than this is left: the longest look at one place, and time to write.
const SPARE_SECONDS: i64 = 140;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) store: Store,
    pub(crate) visitor: Visitor,
}

impl Handler {
    /// Returns the batch with the places that are left.
    pub(crate) async fn handle(&self, batch: ScanBatch, deadline: EpochMs) -> Result<ScanBatch, WireError> {
        let progress = self.ledger.scan(&batch.scan_id).await.map_err(|e| e.wire())?;
        let Some(progress) = progress else {
            return Err(WireError::new(
                "Scans.NotFound",
                domain::Text::new(format!("There is no scan `{}`.", batch.scan_id), format!("没有扫描 `{}`。", batch.scan_id)),
            ));
        };
        // The batch is an input; what may be looked at is what the scan says.
        let done: BTreeSet<&ScanPlace> = progress.done.iter().collect();
        let open: Vec<&ScanPlace> = batch.places.iter().filter(|p| progress.scan.places.contains(p) && !done.contains(p)).collect();
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let scan = &progress.scan;
        let looks = stream::iter(open.into_iter().map(|place| {
            let account = accounts.iter().find(|a| a.id == place.account);
            async move {
                if lambda_shell::now().plus_seconds(SPARE_SECONDS) > deadline {
                    return Ok(Some(place.clone()));
                }
                self.look(scan, place, account).await.map(|()| None)
            }
        }));
        let left: Vec<Result<Option<ScanPlace>, WireError>> = looks.buffer_unordered(AT_ONCE).collect().await;
        let mut places = Vec::new();
        for rest in left {
            places.extend(rest?);
        }
        Ok(ScanBatch { places, ..batch })
    }

    async fn look(&self, scan: &domain::scan::Scan, place: &ScanPlace, account: Option<&Account>) -> Result<(), WireError> {
        let now = lambda_shell::now();
        let report = match account {
            Some(account) => self.visitor.visit(account, place, &scan.services, scan.depth, &scan.asked_by, now).await,
            None => {
                let here = Place { account: place.account.clone(), region: place.region.clone(), at: now };
                let gone = Gap::new(GapKind::Refused, "registry", "the account is not registered any more");
                visit::unscanned(&here, &scan.services, place.home, &gone)
            }
        };
        self.store.put(&scans::key::report(&scan.id, place), &report).await.map_err(|e| e.wire())?;
        self.ledger.scan_place_done(&scan.id, place, lambda_shell::now()).await.map_err(|e| e.wire())
    }
}
