//! The read side of AWS: one file a service, its permissions beside it.
//!
//! Entry: [`all`] is the one list; [`scan`] looks at the services that were asked for, concurrently, and never fails: what could
//! not be seen is in the report. Facts are collected here; what they mean is decided in the pure crate `checks`.
//!
//! Invariants: every list is read to its last page, or it is a gap; a call past the budget or the deadline is not made and is a
//! gap; nothing but reads is called; a scanner calls only what [`Scanner::actions`] declares.
//!
//! ```
//! assert_eq!(scanners::all().len(), checks::registry::SERVICES.len());
//! assert!(scanners::read_permissions().contains("ec2:DescribeVolumes"));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod look;
pub mod metrics;
pub mod permission;
pub mod report;
pub mod services;
mod text;
pub mod visit;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};

pub use look::{Depth, Limits, Look};
pub use permission::read_permissions;
pub use report::{PlaceReport, ServiceReport};
pub use visit::{Visitor, shared_http};

/// One service's read side.
#[async_trait]
pub trait Scanner: Sync + std::fmt::Debug {
    /// The SDK's name, as in [`checks::registry::SERVICES`].
    fn service(&self) -> &'static str;

    /// Whether it is looked at once an account, in its first region; by the registry, so that functions that only read reports
    /// carry no scanner.
    fn once_an_account(&self) -> bool {
        checks::registry::once_an_account(self.service())
    }

    /// Every IAM action that it may call, sorted.
    fn actions(&self) -> &'static [&'static str];

    /// Collects and judges. Never fails: what could not be seen is in the report.
    async fn scan(&self, look: &Look) -> ServiceReport;
}

/// Every scanner. Adding one is one file under `services/` and one line here.
static ALL: &[&dyn Scanner] = &[
    &services::ec2::Ec2,
    &services::vpc::Vpc,
    &services::s3::S3,
    &services::rds::Rds,
    &services::lambda::Lambda,
    &services::iam::Iam,
    &services::dynamodb::DynamoDb,
    &services::cloudwatch::CloudWatch,
];

/// Every scanner, in the registry's order.
#[must_use]
pub fn all() -> &'static [&'static dyn Scanner] {
    ALL
}

/// The scanner of this service.
#[must_use]
pub fn find(service: &str) -> Option<&'static dyn Scanner> {
    ALL.iter().copied().find(|s| s.service() == service)
}

/// Looks at services of one place, several at a time. Services that are looked at once an account are left out when
/// `home` is false; unknown names are reported by whoever planned the scan.
pub async fn scan(look: &Arc<Look>, services: &[String], home: bool) -> PlaceReport {
    let wanted = ALL.iter().copied().filter(|s| services.iter().any(|name| name == s.service())).filter(|s| home || !s.once_an_account());
    let reports = stream::iter(wanted.map(|scanner| {
        let look = look.for_service(scanner.service());
        async move { scanner.scan(&look).await }
    }));
    let services = reports.buffered(SERVICES_AT_ONCE).collect().await;
    PlaceReport {
        account: look.place().account.clone(),
        region: look.place().region.clone(),
        at: look.place().at,
        services,
        calls: look.calls(),
    }
}

/// Services that are looked at concurrently in one place.
const SERVICES_AT_ONCE: usize = 4;
