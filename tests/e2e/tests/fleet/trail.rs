//! What the stack itself saw, whatever the fleet says about itself. Entry functions: [`calls`], [`outbox`].

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_cloudtrail::{
    primitives::DateTime,
    types::{LookupAttribute, LookupAttributeKey},
};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::world::*;

/// Most events of one answer; the local stack has no further pages, so that time is cut into slices that hold fewer.
const MOST: usize = 50;

/// Now, for [`calls`].
pub fn clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Calls to a service (`ec2`, `lambda`) in an account since then, as its CloudTrail recorded them; without those of the account's root.
pub async fn calls(account: &str, service: &str, since: f64) -> Vec<Value> {
    let mut found = Vec::new();
    let mut slices = vec![(since, clock() + 1.0)];
    while let Some((from, to)) = slices.pop() {
        let source = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventSource)
            .attribute_value(format!("{service}.amazonaws.com"))
            .build()
            .unwrap();
        let trail = aws_sdk_cloudtrail::Client::new(&world().root(account));
        let lookup = trail.lookup_events().lookup_attributes(source).start_time(DateTime::from_secs_f64(from));
        let page = lookup.end_time(DateTime::from_secs_f64(to)).max_results(50).send().await.unwrap();
        if page.events().len() >= MOST {
            assert!(to - from > 0.01, "more than {MOST} events at one moment");
            let middle = f64::midpoint(from, to);
            slices.extend([(from, middle), (middle, to)]);
            continue;
        }
        for event in page.events() {
            if event.access_key_id() != Some(account) {
                found.push((event.event_id().unwrap().to_owned(), serde_json::from_str(event.cloud_trail_event().unwrap()).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.0 == b.0);
    found.into_iter().map(|(_, event)| event).collect()
}

/// How often the fleet sent an EC2 action for an instance.
pub async fn sent(account: &str, action: &str, instance: &str, since: f64) -> usize {
    let calls = calls(account, "ec2", since).await;
    assert!(!calls.is_empty(), "CloudTrail has seen nothing of the fleet in {account}: it is no witness");
    calls.iter().filter(|c| c["requestParameters"]["Action"] == action && c.to_string().contains(instance)).count()
}

/// The plan's messages in the outbox: the occasion of each, and whether it was sent.
pub async fn outbox(plan: &str) -> Vec<(String, bool)> {
    let mut pages = world()
        .dynamodb()
        .scan()
        .table_name(world().hub("LedgerTableName"))
        .filter_expression("begins_with(pk, :outbox) AND contains(message, :plan)")
        .expression_attribute_values(":outbox", AttributeValue::S("OUTBOX#".into()))
        .expression_attribute_values(":plan", AttributeValue::S(plan.into()))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(item) = pages.next().await {
        let item = item.unwrap();
        let message: Value = serde_json::from_str(item["message"].as_s().unwrap()).unwrap();
        found.push((message["occasion"].as_str().unwrap().to_owned(), item.contains_key("sent_at")));
    }
    found
}

/// Whether people were paged about the plan.
pub async fn paged(plan: &str) -> bool {
    outbox(plan).await.iter().any(|(occasion, _)| occasion == "plan.paged")
}
