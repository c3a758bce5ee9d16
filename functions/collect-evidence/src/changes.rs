//! Changes in the window, by CloudTrail. Entry: [`changes`].
//!
//! Invariant: only what touches a node of the evidence becomes evidence; what they are is decided in one place,
//! [`incidents::trail`].

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use domain::EpochMs;
use incidents::{
    Resource,
    trail::{self, TrailChange},
};
use rca::evidence::Source;

use crate::reader::{Reader, instant};

/// CloudTrail answers with 50 events a page; two calls a second are let through.
const PAGES: usize = 6;
/// How long before the onset a change may have been made.
const BEFORE_SECONDS: i64 = 2 * 3600;
/// Most changes that are kept.
const MAX_CHANGES: usize = 50;

/// Reads what was changed shortly before and during, and keeps what concerns these resources.
pub(crate) async fn changes(reader: &mut Reader, resources: &[Resource]) -> Vec<TrailChange> {
    let client = aws_sdk_cloudtrail::Client::new(&reader.config);
    let incident = reader.evidence.incident;
    let from = EpochMs(incident.from.0 - BEFORE_SECONDS * 1000);
    let writes = match LookupAttribute::builder().attribute_key(LookupAttributeKey::ReadOnly).attribute_value("false").build() {
        Ok(writes) => writes,
        Err(error) => {
            reader.gap(Source::Changes, None, &error.to_string(), None);
            return Vec::new();
        }
    };
    let mut found: Vec<TrailChange> = Vec::new();
    let mut token: Option<String> = None;
    for page in 0..PAGES {
        if !reader.may_call(Source::Changes) {
            break;
        }
        let call = client
            .lookup_events()
            .lookup_attributes(writes.clone())
            .start_time(instant(from))
            .end_time(instant(incident.to))
            .max_results(50)
            .set_next_token(token.take());
        match call.send().await {
            Ok(answer) => {
                found.extend(answer.events().iter().filter_map(read));
                token = answer.next_token().map(str::to_owned);
            }
            Err(error) => {
                reader.failed(Source::Changes, None, "cloudtrail:LookupEvents", &error.into_service_error());
                break;
            }
        }
        match token {
            None => break,
            Some(_) if page + 1 == PAGES => reader.gap(Source::Changes, None, "more changes in the window than were read", None),
            Some(_) => {}
        }
    }
    found.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    found.dedup_by(|a, b| a.id == b.id);
    let mut kept = Vec::new();
    for change in found {
        let touched: Vec<String> = resources.iter().filter(|r| change.touches(&r.name)).map(Resource::node).collect();
        if touched.is_empty() || kept.len() >= MAX_CHANGES {
            continue;
        }
        reader.evidence.changes.extend(touched.iter().map(|node| change.of_node(node)));
        kept.push(change);
    }
    kept
}

fn read(event: &Event) -> Option<TrailChange> {
    let record: serde_json::Value = serde_json::from_str(event.cloud_trail_event()?).ok()?;
    let resources = event.resources().iter().filter_map(|r| r.resource_name());
    Some(trail::read(&record)?.also_of(resources))
}

#[cfg(test)]
mod tests {
    use incidents::Service;
    use serde_json::json;
    use testkit::{Answer, Replay};

    use super::*;
    use crate::reader::tests::reader;

    fn event(id: &str, function: &str) -> serde_json::Value {
        let record = json!({"eventID": id, "eventTime": "2026-11-18T13:40:00Z", "eventName": "UpdateAlias20150331",
            "requestParameters": {"functionName": function, "name": "live"}});
        json!({"EventId": id, "CloudTrailEvent": record.to_string()})
    }

    #[tokio::test]
    async fn only_changes_of_the_resources_at_hand_are_kept() {
        let replay = Replay::new(|_| {
            let body = json!({"Events": [event("e-1", "orders"), event("e-2", "other"), event("e-1", "orders"), {"CloudTrailEvent": "{"}]});
            Some(Answer::new(200, body.to_string()))
        });
        let mut reader = reader(&replay, 10, 10);
        let kept = changes(&mut reader, &[Resource::new(Service::Lambda, "orders")]).await;
        assert_eq!((kept.len(), reader.evidence.changes.len()), (1, 1));
        assert_eq!(reader.evidence.changes[0].node, "lambda:orders");
    }

    #[tokio::test]
    async fn a_resource_that_only_the_trail_s_own_list_names_is_touched() {
        let replay = Replay::new(|_| {
            let record = json!({"eventID": "e-1", "eventTime": "2026-11-18T13:40:00Z", "eventName": "UpdateFunctionCode20150331v2"});
            let event = json!({"EventId": "e-1", "CloudTrailEvent": record.to_string(), "Resources": [{"ResourceName": "orders"}]});
            Some(Answer::new(200, json!({"Events": [event]}).to_string()))
        });
        let mut reader = reader(&replay, 10, 10);
        let kept = changes(&mut reader, &[Resource::new(Service::Lambda, "orders")]).await;
        assert_eq!((kept.len(), reader.evidence.changes[0].kind), (1, rca::evidence::ChangeKind::Deployment));
    }

    #[tokio::test]
    async fn a_trail_that_may_not_be_read_is_a_gap() {
        let replay = Replay::new(|_| Some(Answer::new(400, r#"{"__type":"AccessDeniedException"}"#.to_owned())));
        let mut reader = reader(&replay, 10, 10);
        assert!(changes(&mut reader, &[]).await.is_empty());
        assert_eq!(reader.evidence.gaps[0].permission.as_deref(), Some("cloudtrail:LookupEvents"));
    }
}
