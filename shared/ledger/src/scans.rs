//! Scans: what was asked for, what is done, what came out. Entry type: [`domain::scan::ScanProgress`].
//!
//! Invariant: a scan is written once; a place is done when its row is there, so a re-run goes on where it stopped; findings are
//! in the object store and only referred to. Looking changes no authority and has no audit record.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    EpochMs, Text,
    ids::ScanId,
    scan::{Scan, ScanAsked, ScanPlace, ScanProgress, ScanRefused},
};

use crate::{
    Ledger,
    error::{LedgerError, of_sdk},
    item::{Item, Row},
    keys::{ASKED, Key, PLACE, REFUSED, scan_partition},
};

/// How long a scan is kept.
const SCAN_TTL_SECONDS: i64 = 90 * 86_400;

impl Ledger {
    /// Writes a scan; the same id again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn start_scan(&self, scan: &Scan) -> Result<(), LedgerError> {
        let item =
            Item::new(&Key::scan(&scan.id), &self.region).json("scan", scan)?.ttl(scan.asked_at.plus_seconds(SCAN_TTL_SECONDS)).finish()?;
        let put = self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(e) if e.as_service_error().is_some_and(|s| s.is_conditional_check_failed_exception()) => Ok(()),
            Err(e) => Err(of_sdk(e)),
        }
    }

    /// Notes that a place has a result.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn scan_place_done(&self, id: &ScanId, place: &ScanPlace, now: EpochMs) -> Result<(), LedgerError> {
        let item = Item::new(&Key::scan_place(id, place), &self.region)
            .json("place", place)?
            .n("done_at", now.0)
            .ttl(now.plus_seconds(SCAN_TTL_SECONDS))
            .finish()?;
        self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item)).send().await.map_err(of_sdk)?;
        Ok(())
    }

    /// Notes that a place's account is asked, before it is. Asked again, the newest nonce counts.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn scan_asked(&self, id: &ScanId, asked: &ScanAsked) -> Result<(), LedgerError> {
        let key = Key::scan_asked(id, &asked.place);
        let item = Item::new(&key, &self.region).json("asked", asked)?.ttl(asked.at.plus_seconds(SCAN_TTL_SECONDS)).finish()?;
        self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item)).send().await.map_err(of_sdk)?;
        Ok(())
    }

    /// Notes an answer that was not taken.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn scan_refused(&self, id: &ScanId, refused: &ScanRefused, now: EpochMs) -> Result<(), LedgerError> {
        let key = Key::scan_refused(id, &refused.by);
        let item = Item::new(&key, &self.region).json("refused", refused)?.ttl(now.plus_seconds(SCAN_TTL_SECONDS)).finish()?;
        self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item)).send().await.map_err(of_sdk)?;
        Ok(())
    }

    /// Writes what came out. A scan that is finished stays as it is.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn finish_scan(&self, id: &ScanId, summary: &Text, now: EpochMs) -> Result<(), LedgerError> {
        let item = Item::new(&Key::scan_result(id), &self.region)
            .json("summary", summary)?
            .n("finished_at", now.0)
            .ttl(now.plus_seconds(SCAN_TTL_SECONDS))
            .finish()?;
        let put = self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(e) if e.as_service_error().is_some_and(|s| s.is_conditional_check_failed_exception()) => Ok(()),
            Err(e) => Err(of_sdk(e)),
        }
    }

    /// A scan and how far it is, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn scan(&self, id: &ScanId) -> Result<Option<ScanProgress>, LedgerError> {
        let rows = self.query_all("pk = :pk", [(":pk", AttributeValue::S(scan_partition(id)))]).await?;
        let (mut scan, mut result) = (None, None);
        let (mut done, mut asked, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for map in rows {
            let row = Row::open(map)?;
            match row.s("sk")? {
                "META" => scan = Some(row.json::<Scan>("scan")?),
                "RESULT" => result = Some((row.json::<Text>("summary")?, row.at("finished_at")?)),
                key if key.starts_with(PLACE) => done.push(row.json::<ScanPlace>("place")?),
                key if key.starts_with(ASKED) => asked.push(row.json::<ScanAsked>("asked")?),
                key if key.starts_with(REFUSED) => refused.push(row.json::<ScanRefused>("refused")?),
                _ => {}
            }
        }
        let (summary, finished_at) = result.unzip();
        Ok(scan.map(|scan| ScanProgress { scan, done, asked, refused, finished_at, summary }))
    }
}
