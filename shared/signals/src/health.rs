//! AWS Health events, abuse reports among them.

use serde_json::Value;

use crate::envelope::{Event, finish};
use crate::field::{Arn, account, first_text, instant, name, region, text, title};
use crate::signal::{Family, Severity, Signal, State};

pub(crate) fn read(event: &Event<'_>) -> Signal {
    let detail = event.detail;
    let mut signal = event.signal(Family::Health);
    let entities = detail.get("affectedEntities").and_then(Value::as_array).into_iter().flatten();
    signal.resources.extend(entities.filter_map(|e| text(e, &["entityValue"])).map(name));
    let arn = text(detail, &["eventArn"]).unwrap_or_default();
    if signal.resources.is_empty() {
        signal.resources.extend(text(detail, &["service"]).map(name));
    }
    // The event may be delivered in another region, for another account, than the one it is about.
    let about = first_text(detail, &[&["eventRegion"]]).and_then(region).or_else(|| Arn::read(arn).and_then(|a| a.region));
    signal.region = about.or(signal.region);
    signal.account = text(detail, &["affectedAccount"]).and_then(account).or(signal.account);
    let code = text(detail, &["eventTypeCode"]).unwrap_or(event.detail_type);
    let service = text(detail, &["service"]).unwrap_or("AWS");
    signal.subject = name(if arn.is_empty() { code } else { arn });
    signal.title = title(&format!("{service}: {code}"));
    let closed = text(detail, &["statusCode"]) == Some("closed");
    let is_abuse = event.detail_type.contains("Abuse");
    (signal.state, signal.severity) = match text(detail, &["eventTypeCategory"]).unwrap_or_default() {
        _ if closed => (State::Cleared, Severity::Informational),
        _ if is_abuse => (State::Raised, Severity::High),
        "issue" => (State::Raised, Severity::High),
        "investigation" => (State::Raised, Severity::Medium),
        "scheduledChange" => (State::Notice, Severity::Low),
        _ => (State::Notice, Severity::Informational),
    };
    signal.first_at = text(detail, &["startTime"]).and_then(instant).or(signal.first_at);
    finish(signal, &[arn])
}
