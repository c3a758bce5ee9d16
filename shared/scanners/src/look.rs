//! One look at one account and region. Entry type: [`Look`].
//!
//! Invariants: each call is counted against the account's budget and ends at the deadline; a failed call leaves a gap that names
//! the action, and the gap reaches the coverage of its service.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_config::SdkConfig;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::{interceptors::SharedInterceptor, orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use checks::{Coverage, Gap, GapKind, Place, Seen};
pub use domain::scan::Depth;
use tokio::time::{Instant, timeout_at};

/// What one look may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls to AWS, retries not counted.
    pub calls: u32,
    /// Longest time of one service. A service that hangs ends here; the others are complete.
    pub service: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls: 3_000, service: Duration::from_secs(120) }
    }
}

#[derive(Debug)]
struct Budget {
    left: AtomicU32,
    spent: AtomicU32,
}

/// One look. Clones for services share the budget and have gaps of their own.
#[derive(Debug)]
pub struct Look {
    config: SdkConfig,
    place: Place,
    depth: Depth,
    limits: Limits,
    deadline: Instant,
    budget: Arc<Budget>,
    local: Option<SharedInterceptor>,
    gaps: Mutex<Vec<Gap>>,
    seen: AtomicBool,
}

impl Look {
    /// From a configuration with the member's credentials.
    #[must_use]
    pub fn new(config: SdkConfig, place: Place, depth: Depth, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            config,
            place,
            depth,
            limits,
            deadline: Instant::now() + limits.service,
            budget: Arc::new(Budget { left: AtomicU32::new(limits.calls), spent: AtomicU32::new(0) }),
            local: None,
            gaps: Mutex::default(),
            seen: AtomicBool::new(false),
        })
    }

    /// With an interceptor for host names that the local stack does not resolve.
    #[must_use]
    pub fn with_local(self: Arc<Self>, local: Option<SharedInterceptor>) -> Arc<Self> {
        Arc::new(Self { local, ..self.fresh() })
    }

    /// The same look for one service: its own gaps and deadline.
    #[must_use]
    pub(crate) fn for_service(&self, _service: &'static str) -> Arc<Self> {
        Arc::new(self.fresh())
    }

    fn fresh(&self) -> Self {
        Self {
            config: self.config.clone(),
            place: self.place.clone(),
            depth: self.depth,
            limits: self.limits,
            deadline: Instant::now() + self.limits.service,
            budget: self.budget.clone(),
            local: self.local.clone(),
            gaps: Mutex::default(),
            seen: AtomicBool::new(false),
        }
    }

    /// The configuration of the region.
    #[must_use]
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Account, region, instant.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether more than the lists is wanted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.depth == Depth::Full
    }

    /// The interceptor for the local stack.
    #[must_use]
    pub fn local(&self) -> Option<SharedInterceptor> {
        self.local.clone()
    }

    /// Calls made so far by everything that shares the budget.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.budget.spent.load(Ordering::Relaxed)
    }

    /// A retry partition of this account and service, so that one account's throttling does not slow another's calls.
    #[must_use]
    pub fn partition(&self, service: &str) -> aws_sdk_ec2::config::retry::RetryPartition {
        use aws_sdk_ec2::config::retry::RetryPartition;
        // A custom partition lives and ends with its clients; a default one would stay in the process for ever.
        RetryPartition::custom(format!("{service}-{}-{}", self.place.account, self.place.region)).build()
    }

    /// How much of the service was seen.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Coverage::of(gaps, self.seen.load(Ordering::Relaxed))
    }

    fn record(&self, gap: Gap) -> Gap {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).push(gap.clone());
        gap
    }

    /// Notes that an answer lacks something that the checks need for all resources.
    pub fn note(&self, gap: Gap) {
        self.record(gap);
    }

    fn spend(&self, action: &str) -> Seen<()> {
        let taken = self.budget.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if taken.is_err() {
            return Err(self.record(Gap::new(GapKind::Budget, action, "calls")));
        }
        self.budget.spent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The end of a list is known without a call.
    fn give_back(&self) {
        self.budget.left.fetch_add(1, Ordering::Relaxed);
        self.budget.spent.fetch_sub(1, Ordering::Relaxed);
    }

    /// One call.
    ///
    /// # Errors
    /// A [`Gap`] that is also part of the service's coverage.
    pub async fn call<T, E>(&self, action: &'static str, future: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>) -> Seen<T>
    where
        E: ProvideErrorMetadata + std::error::Error,
    {
        self.spend(action)?;
        match timeout_at(self.deadline, future).await {
            Err(_) => Err(self.record(Gap::new(GapKind::Unavailable, action, "no answer within the limit"))),
            Ok(Err(error)) => Err(self.record(gap_of(action, &error))),
            Ok(Ok(answer)) => {
                self.seen.store(true, Ordering::Relaxed);
                Ok(answer)
            }
        }
    }

    /// One call where some error codes mean that there is none.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn call_or_none<T, E>(
        &self,
        action: &'static str,
        absent: &[&str],
        future: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Seen<Option<T>>
    where
        E: ProvideErrorMetadata + std::error::Error,
    {
        self.spend(action)?;
        match timeout_at(self.deadline, future).await {
            Err(_) => Err(self.record(Gap::new(GapKind::Unavailable, action, "no answer within the limit"))),
            Ok(Err(SdkError::ServiceError(e))) if e.err().code().is_some_and(|code| absent.contains(&code)) => {
                self.seen.store(true, Ordering::Relaxed);
                Ok(None)
            }
            Ok(Err(error)) => Err(self.record(gap_of(action, &error))),
            Ok(Ok(answer)) => {
                self.seen.store(true, Ordering::Relaxed);
                Ok(Some(answer))
            }
        }
    }

    /// A list with all its pages; a page that fails makes the whole list a gap.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn list<P, E, T>(
        &self,
        action: &'static str,
        mut pages: PaginationStream<Result<P, SdkError<E, HttpResponse>>>,
        mut take: impl FnMut(P, &mut Vec<T>),
    ) -> Seen<Vec<T>>
    where
        E: ProvideErrorMetadata + std::error::Error,
    {
        let mut all = Vec::new();
        loop {
            // Taken before the call, so that services side by side cannot overdraw it.
            self.spend(action)?;
            match timeout_at(self.deadline, pages.next()).await {
                Err(_) => return Err(self.record(Gap::new(GapKind::Unavailable, action, "no answer within the limit"))),
                Ok(None) => {
                    self.give_back();
                    return Ok(all);
                }
                Ok(Some(Err(error))) => return Err(self.record(gap_of(action, &error))),
                Ok(Some(Ok(page))) => {
                    self.seen.store(true, Ordering::Relaxed);
                    take(page, &mut all);
                }
            }
        }
    }
}

const DENIED: &[&str] =
    &["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "AuthFailure", "AllAccessDisabled"];

const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "SlowDown",
    "ProvisionedThroughputExceededException",
];

/// Sorts a failed read.
fn gap_of<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Gap
where
    E: ProvideErrorMetadata + std::error::Error,
{
    let SdkError::ServiceError(service) = error else {
        let what = match error {
            SdkError::TimeoutError(_) => "time-out",
            SdkError::DispatchFailure(e) if e.is_timeout() => "time-out",
            SdkError::ResponseError(_) => "unreadable answer",
            SdkError::ConstructionFailure(_) => "request not built",
            _ => "no connection",
        };
        return Gap::new(GapKind::Unavailable, action, what);
    };
    let status = service.raw().status().as_u16();
    let code = service.err().code().map_or_else(|| status.to_string(), str::to_owned);
    let kind = if THROTTLED.contains(&code.as_str()) || status == 429 {
        GapKind::Throttled
    } else if DENIED.contains(&code.as_str()) || (status == 403 && service.err().code().is_none()) {
        GapKind::Denied
    } else if status >= 500 {
        GapKind::Unavailable
    } else {
        GapKind::Refused
    };
    Gap::new(kind, action, &code)
}

/// A client of a service for this look: the shared HTTP client, the member's credentials, the account's own retry partition.
#[macro_export]
#[doc(hidden)]
macro_rules! client {
    ($look:expr, $sdk:ident) => {
        $sdk::Client::from_conf($sdk::config::Builder::from($look.config()).retry_partition($look.partition(stringify!($sdk))).build())
    };
}
