//! A storm: a thousand raw events from twenty causes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use domain::{EpochMs, ids::IncidentId};
use incidents::{Context, Incident, Step, fold};
use serde_json::{Value, json};
use signals::Reading;

fn raw(n: usize) -> Value {
    let cause = n % 20;
    let (account, name) = (format!("2222222222{:02}", cause % 4), format!("service-{cause}"));
    let alarm = format!("{name}-{}", ["errors", "latency", "throttles"][n / 20 % 3]);
    let at = format!("2026-11-22T10:{:02}:{:02}.000+0000", n / 60 % 60, n % 60);
    let arn = format!("arn:aws:cloudwatch:eu-west-1:{account}:alarm:{alarm}");
    let own = |state: &str| {
        json!({"AlarmName": alarm, "AlarmArn": arn, "AWSAccountId": account, "NewStateValue": state, "StateChangeTime": at, "Region": "eu-west-1",
            "Trigger": {"MetricName": "Errors", "Namespace": "AWS/Lambda", "Dimensions": [{"name": "FunctionName", "value": name}]}})
    };
    match n / 20 % 5 {
        // By SNS.
        0 | 3 => json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": own("ALARM").to_string()}}]}),
        // By the bus.
        1 | 4 => {
            json!({"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "account": account, "region": "eu-west-1",
            "time": "2026-11-22T10:00:00Z", "resources": [arn],
            "detail": {"alarmName": alarm, "state": {"value": "ALARM", "timestamp": at},
                "configuration": {"metrics": [{"metricStat": {"metric": {"dimensions": {"FunctionName": name}}}}]}}})
        }
        // Things that are over, or nothing at all.
        _ => own("OK"),
    }
}

#[test]
fn a_thousand_events_from_twenty_causes_open_twenty_incidents_and_none_is_lost() {
    let mut incidents: BTreeMap<String, Incident> = BTreeMap::new();
    let mut opened = BTreeSet::new();
    let (mut folded, mut notices) = (0, 0);
    for n in 0..1000 {
        let readings = signals::classify(&raw(n));
        assert_eq!(readings.len(), 1);
        let Reading::Signal(signal) = &readings[0] else { panic!("{readings:?}") };
        let fingerprint = incidents::fold::fingerprint(signal);
        let context = Context { now: EpochMs(1_795_000_000_000 + n as i64 * 100), environment: None, maintenance: &[] };
        match fold(incidents.get(&fingerprint), signal, &context, IncidentId::generate(context.now, n as u128)) {
            Step::Open(incident, _) => {
                assert!(opened.insert(incident.id.clone()));
                incidents.insert(fingerprint, incident);
            }
            Step::Fold(incident, _) => {
                folded += 1;
                incidents.insert(fingerprint, incident);
            }
            Step::Notice => notices += 1,
        }
    }
    assert_eq!((opened.len(), incidents.len()), (20, 20));
    assert_eq!(opened.len() + folded + notices, 1000);
    assert_eq!(incidents.values().map(|i| i.signals).sum::<u64>() + notices as u64, 1000);
    for incident in incidents.values() {
        assert!(incident.resources.iter().any(|r| r.starts_with("service-")), "{incident:?}");
        assert_eq!(incident.region.as_deref(), Some("eu-west-1"));
    }
}
