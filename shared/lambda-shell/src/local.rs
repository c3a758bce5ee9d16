//! What differs on the local stack, in one small table. In AWS nothing here applies.
//!
//! Entry points: [`for_loopback`], [`interceptor`]. Invariant: every entry is switched by an endpoint on the loopback interface, which no deployment in
//! AWS has.
//!
//! | difference | what is done |
//! |---|---|
//! | `StartSyncExecution` puts `sync-` before the host; `sync-127.0.0.1` does not resolve | the prefix is taken off before signing |
//! | S3 Control puts the account before the host; `222222222222.127.0.0.1` does not resolve | the prefix is taken off before signing |

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, SharedInterceptor, context::BeforeTransmitInterceptorContextMut, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

/// Takes the host prefix (`sync-`, or an account and a dot) off a request to the loopback interface.
#[derive(Debug, Clone, Copy)]
pub struct NoHostPrefix;

/// The interceptor, where the endpoint is on the loopback interface.
#[must_use]
pub fn for_loopback(endpoint_url: Option<&str>) -> Option<NoHostPrefix> {
    endpoint_url.filter(|url| is_loopback(url)).map(|_| NoHostPrefix)
}

/// The same, as clients take it.
#[must_use]
pub fn interceptor(endpoint_url: Option<&str>) -> Option<SharedInterceptor> {
    for_loopback(endpoint_url).map(SharedInterceptor::new)
}

fn is_loopback(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|h| host.strip_prefix(h).is_some_and(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/')))
}

fn without_prefix(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let account = |rest: &str| {
        rest.split_once('.').filter(|(id, _)| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())).map(|(_, host)| host.to_owned())
    };
    let host = rest.strip_prefix("sync-").map(str::to_owned).or_else(|| account(rest))?;
    is_loopback(&format!("{scheme}://{host}")).then(|| format!("{scheme}://{host}"))
}

#[dyn_dispatch_hint]
impl Intercept for NoHostPrefix {
    fn name(&self) -> &'static str {
        "NoHostPrefix"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(uri) = without_prefix(context.request().uri()) {
            context.request_mut().set_uri(uri)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_endpoints_lose_the_prefix() {
        assert_eq!(without_prefix("http://sync-127.0.0.1:4566/").as_deref(), Some("http://127.0.0.1:4566/"));
        assert_eq!(without_prefix("https://sync-states.us-east-1.amazonaws.com/"), None);
        assert_eq!(without_prefix("http://222222222222.127.0.0.1:4566/x").as_deref(), Some("http://127.0.0.1:4566/x"));
        assert_eq!(without_prefix("https://222222222222.s3-control.us-east-1.amazonaws.com/"), None);
        assert_eq!(without_prefix("http://127.0.0.1:4566/"), None);
        assert!(for_loopback(Some("http://localhost:4566")).is_some());
        assert!(for_loopback(Some("https://localhost.example.com")).is_none());
        assert!(for_loopback(None).is_none());
    }
}
