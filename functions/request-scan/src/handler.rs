//! A request for each place, on its account's bus. Entry type: [`Handler`].
//!
//! Invariants: a nonce belongs to one place of one scan, only its hash is kept, and it is kept before the event is sent; an account
//! that cannot be asked is noted as such, so that the hub looks at it itself.

use std::collections::BTreeMap;

use accounts::{MemberAccess, Tags};
use aws_config::SdkConfig;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::{
    Account, AccountId, EpochMs, Text, WireError,
    scan::{Scan, ScanAsked, ScanInput, ScanPlace, ScanRequest},
    text::defang,
};
use futures_util::{StreamExt as _, stream};
use ledger::Ledger;
use sha2::{Digest as _, Sha256};

/// Accounts that are asked concurrently.
const AT_ONCE: usize = 10;
/// Events in one call (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>).
const MAX_ENTRIES: usize = 10;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) access: MemberAccess,
    pub(crate) bus: String,
    pub(crate) region: String,
}

impl Handler {
    /// Asks every account with a place that is left.
    pub(crate) async fn handle(&self, input: ScanInput, now: EpochMs) -> Result<ScanInput, WireError> {
        let progress = self.ledger.scan(&input.scan_id).await.map_err(|e| e.wire())?.ok_or_else(|| {
            let id = &input.scan_id;
            WireError::new("Scans.NotFound", Text::new(format!("There is no scan `{id}`."), format!("没有扫描 `{id}`。")))
        })?;
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let mut by_account: BTreeMap<&AccountId, Vec<&ScanPlace>> = BTreeMap::new();
        for place in progress.scan.places.iter().filter(|p| !progress.done.contains(p)) {
            by_account.entry(&place.account).or_default().push(place);
        }
        let scan = &progress.scan;
        let asks = stream::iter(by_account.into_iter().map(|(id, places)| {
            let account = accounts.iter().find(|a| a.id == *id);
            async move { self.ask(scan, account, &places, now).await }
        }));
        let asked: Vec<Result<(), WireError>> = asks.buffer_unordered(AT_ONCE).collect().await;
        asked.into_iter().collect::<Result<Vec<()>, WireError>>()?;
        Ok(input)
    }

    async fn ask(&self, scan: &Scan, account: Option<&Account>, places: &[&ScanPlace], now: EpochMs) -> Result<(), WireError> {
        let entered = match account {
            Some(account) => {
                let tags = Tags { plan: None, people: scan.asked_by.clone() };
                self.access.read(account, &self.region, &tags).await.map_err(|e| e.to_string())
            }
            None => Err("the account is not registered any more".to_owned()),
        };
        let mut requests = Vec::with_capacity(places.len());
        for place in places {
            // Nobody knows the nonce of a place that cannot be asked.
            let nonce = hex::encode(lambda_shell::secret()?);
            let hash = if entered.is_ok() { hex::encode(Sha256::digest(&nonce)) } else { String::new() };
            self.note(scan, place, hash, now).await?;
            requests.push(ScanRequest {
                scan_id: scan.id.clone(),
                place: (*place).clone(),
                services: scan.services.clone(),
                depth: scan.depth,
                nonce,
            });
        }
        let sent = match entered {
            Ok(config) => self.send(&config, &requests).await,
            Err(why) => Err(why),
        };
        if let Err(why) = sent {
            let account = places.first().map_or("", |p| p.account.as_str());
            tracing::warn!(scan.id = %scan.id, account.id = account, error = defang(&why, 300), "the account cannot be asked; the hub looks itself");
            for place in places {
                self.note(scan, place, String::new(), now).await?;
            }
        }
        Ok(())
    }

    async fn note(&self, scan: &Scan, place: &ScanPlace, nonce_hash: String, at: EpochMs) -> Result<(), WireError> {
        let asked = ScanAsked { place: place.clone(), nonce_hash, at };
        self.ledger.scan_asked(&scan.id, &asked).await.map_err(|e| e.wire())
    }

    async fn send(&self, config: &SdkConfig, requests: &[ScanRequest]) -> Result<(), String> {
        let client = aws_sdk_eventbridge::Client::new(config);
        for some in requests.chunks(MAX_ENTRIES) {
            let mut entries = Vec::with_capacity(some.len());
            for request in some {
                let detail = serde_json::to_string(request).map_err(|e| e.to_string())?;
                entries.push(
                    PutEventsRequestEntry::builder()
                        .event_bus_name(&self.bus)
                        .source(ScanRequest::SOURCE)
                        .detail_type(ScanRequest::TYPE)
                        .detail(detail)
                        .build(),
                );
            }
            let answer = client.put_events().set_entries(Some(entries)).send().await;
            let answer = answer.map_err(|e| e.into_service_error().to_string())?;
            if let Some(failed) = answer.entries().iter().find(|e| e.error_code().is_some()) {
                return Err(format!("PutEvents: {}", failed.error_code().unwrap_or_default()));
            }
        }
        Ok(())
    }
}
