//! One place of this account. Entry type: [`Handler`].
//!
//! Invariants: no account but its own is looked at, whatever the event says; the answer carries the nonce of the request and goes to
//! this account's bus, from which a rule takes it to the hub.

use aws_config::{Region, SdkConfig};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use checks::Place;
use domain::{
    AccountId, EpochMs, Text, WireError,
    scan::{BusEvent, ScanAnswer, ScanRequest},
    text::defang,
};
use scanners::{Limits, Look};
use serde_json::{Value, json};

pub(crate) struct Handler {
    pub(crate) account: AccountId,
    pub(crate) bus: String,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) local: Option<scanners::visit::LocalNames>,
    pub(crate) limits: Limits,
    pub(crate) aws: SdkConfig,
}

impl Handler {
    /// Looks and answers. An event that is not for this account is a value: sent again it would not be either.
    pub(crate) async fn handle(&self, event: BusEvent<ScanRequest>, now: EpochMs) -> Result<Value, WireError> {
        let request = event.detail;
        if event.detail_type != ScanRequest::TYPE || request.place.account != self.account {
            tracing::warn!(event.id = defang(&event.id, 64), account.id = %request.place.account, "a request that is not for this account");
            return Ok(json!({"refused": "Scans.Refused"}));
        }
        let region = Region::new(request.place.region.clone());
        let config = self.aws.to_builder().region(region).build();
        let here = Place { account: self.account.clone(), region: request.place.region.clone(), at: now };
        let look = Look::new(config, here, request.depth, self.limits).with_local(self.local.clone());
        let report = scanners::scan(&look, &request.services, request.place.home).await;
        let report = serde_json::to_string(&report).map_err(|_| unsent())?;
        let answers = ScanAnswer::of(&request, &report);
        for answer in &answers {
            self.send(answer).await?;
        }
        Ok(json!({"parts": answers.len()}))
    }

    async fn send(&self, answer: &ScanAnswer) -> Result<(), WireError> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(ScanAnswer::SOURCE)
            .detail_type(ScanAnswer::TYPE)
            .detail(serde_json::to_string(answer).map_err(|_| unsent())?)
            .build();
        let put = self.events.put_events().entries(entry).send().await.map_err(|e| {
            tracing::error!(error = defang(&e.into_service_error().to_string(), 300), "the answer cannot be put on the bus");
            unsent()
        })?;
        if put.failed_entry_count() == 0 { Ok(()) } else { Err(unsent()) }
    }
}

/// Lambda invokes again after an error, so that the answer is sent again.
fn unsent() -> WireError {
    WireError::new(
        "Scans.Unavailable",
        Text::new("The answer cannot be put on the bus; it is tried again.", "无法将结果发送到事件总线，将重试。"),
    )
}
