//! Entering an account and looking. Entry types: [`Visitor`], [`shared_http`].
//!
//! Invariants: an account that does not let the fleet in is reported as not scanned, service by service, never left out; all
//! accounts share one HTTP client, and with it connections, DNS answers and one TLS configuration.

use std::{collections::BTreeMap, time::Duration};

use accounts::{AccessError, MemberAccess, Tags};
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::{http::SharedHttpClient, interceptors::SharedInterceptor};
use checks::{Coverage, Gap, GapKind, Place};
use domain::{
    Account, EpochMs,
    scan::{Depth, ScanPlace},
};

use crate::{Limits, Look, PlaceReport, ServiceReport};

/// One HTTP client for every account. Without it each SDK client parses the system's certificates anew.
#[must_use]
pub fn shared_http() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc)).build_https()
}

/// Resolves host names that only the local stack cannot.
pub type LocalNames = SharedInterceptor;

/// The hub's configuration for visits: the shared HTTP client and standard retries.
///
/// Not adaptive ones: after one throttled answer those let half a call a second through, and a retry costs five of them, so that
/// each throttled call held its account up for ten seconds (`bench scan`: 61 s for 20 accounts, 2.4 s without). Against storms stand
/// the budget of calls, the few places at once and the retry quota of each account and service.
#[must_use]
pub fn for_visits(hub: &SdkConfig) -> SdkConfig {
    hub.to_builder()
        .http_client(shared_http())
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .timeout_config(
            TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).operation_attempt_timeout(Duration::from_secs(20)).build(),
        )
        .build()
}

/// Enters accounts and looks.
#[derive(Debug, Clone)]
pub struct Visitor {
    access: MemberAccess,
    limits: Limits,
    local: Option<SharedInterceptor>,
}

impl Visitor {
    /// With the limits of one place; `local` resolves host names that only the local stack cannot.
    #[must_use]
    pub fn new(access: MemberAccess, limits: Limits, local: Option<SharedInterceptor>) -> Self {
        Self { access, limits, local }
    }

    /// Looks at one place. Never fails: what was not seen is in the report.
    pub async fn visit(
        &self,
        account: &Account,
        place: &ScanPlace,
        services: &[String],
        depth: Depth,
        people: &str,
        at: EpochMs,
    ) -> PlaceReport {
        let here = Place { account: account.id.clone(), region: place.region.clone(), at };
        let tags = Tags { plan: None, people: people.to_owned() };
        match self.access.read(account, &place.region, &tags).await {
            Ok(config) => {
                let look = Look::new(config, here, depth, self.limits).with_local(self.local.clone());
                crate::scan(&look, services, place.home).await
            }
            Err(error) => unscanned(&here, services, place.home, &gap_of(&error)),
        }
    }
}

/// A report that says of every service why nothing was seen.
#[must_use]
pub fn unscanned(place: &Place, services: &[String], home: bool, why: &Gap) -> PlaceReport {
    let wanted = crate::all().iter().filter(|s| services.iter().any(|name| name == s.service()) && (home || !s.once_an_account()));
    let services = wanted
        .map(|s| ServiceReport {
            service: s.service().to_owned(),
            coverage: Coverage::Unscanned { why: why.clone() },
            resources: Vec::new(),
            findings: Vec::new(),
            unknown: Vec::new(),
            passed: BTreeMap::new(),
        })
        .collect();
    PlaceReport { account: place.account.clone(), region: place.region.clone(), at: place.at, services, calls: 1 }
}

fn gap_of(error: &AccessError) -> Gap {
    match error {
        AccessError::Denied { role, .. } => Gap::new(GapKind::Denied, "sts:AssumeRole", role),
        AccessError::Unavailable { role, .. } => Gap::new(GapKind::Unavailable, "sts:AssumeRole", role),
        AccessError::WrongAccount { got, .. } => Gap::new(GapKind::Refused, "sts:AssumeRole", got),
        AccessError::PolicyTooLong { .. } => Gap::new(GapKind::Refused, "sts:AssumeRole", "session policy"),
    }
}
