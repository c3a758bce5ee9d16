//! Events of every family, as the services send them, and hostile ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Value, json};
use signals::{Family, MAX_BYTES, MAX_READINGS, Malformed, Origin, Reading, Severity, Signal, State, classify, read};

fn envelope(source: &str, detail_type: &str, resources: &[&str], detail: Value) -> Value {
    json!({
        "version": "0", "id": "1", "source": source, "detail-type": detail_type, "account": "111122223333",
        "region": "eu-west-1", "time": "2026-03-01T10:00:00Z", "resources": resources, "detail": detail
    })
}

fn one(event: &Value) -> Signal {
    match classify(event).as_slice() {
        [Reading::Signal(signal)] => signal.clone(),
        other => panic!("{other:?}"),
    }
}

fn place(signal: &Signal) -> (Option<&str>, Option<&str>, &str) {
    (signal.account.as_ref().map(|a| a.as_str()), signal.region.as_deref(), signal.resources.first().map_or("", String::as_str))
}

const HERE: (Option<&str>, Option<&str>) = (Some("111122223333"), Some("eu-west-1"));

#[test]
fn alarm_of_a_metric_names_the_watched_resource_and_the_first_instant() {
    let arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors";
    let detail = json!({
        "alarmName": "errors",
        "state": {"value": "ALARM", "timestamp": "2026-03-01T09:59:30.000+0000"},
        "configuration": {"metrics": [{"metricStat": {"metric": {"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": "pay"}}}}]}
    });
    let signal = one(&envelope("aws.cloudwatch", "CloudWatch Alarm State Change", &[arn], detail.clone()));
    assert_eq!(place(&signal), (HERE.0, HERE.1, "pay"));
    assert_eq!(
        (signal.family, signal.state, signal.severity, signal.origin),
        (Family::Alarm, State::Raised, Severity::High, Origin::Service)
    );
    assert_eq!((signal.subject.as_str(), signal.first_at.unwrap().to_rfc3339().as_str()), (arn, "2026-03-01T09:59:30Z"));

    let mut over = detail;
    over["state"]["value"] = json!("OK");
    let cleared = one(&envelope("aws.cloudwatch", "CloudWatch Alarm State Change", &[arn], over));
    assert_eq!((cleared.state, cleared.subject.as_str()), (State::Cleared, arn));
}

#[test]
fn composite_alarm_began_with_the_first_of_its_children() {
    let reason = json!({"triggeringAlarms": [{"arn": "arn:x", "state": {"value": "ALARM", "timestamp": "2026-03-01T09:50:00.000+0000"}}]});
    let detail = json!({
        "alarmName": "all",
        "state": {"value": "ALARM", "timestamp": "2026-03-01T09:59:00.000+0000", "reasonData": reason.to_string()},
        "configuration": {"alarmRule": "ALARM(a) OR ALARM(b)"}
    });
    let signal =
        one(&envelope("aws.cloudwatch", "CloudWatch Alarm State Change", &["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:all"], detail));
    assert_eq!(signal.family, Family::CompositeAlarm);
    assert_eq!(signal.first_at.unwrap().to_rfc3339(), "2026-03-01T09:50:00Z");
}

#[test]
fn alarm_wrapped_by_sns_and_by_sqs_is_the_same_alarm() {
    let message = json!({
        "AlarmName": "cpu", "AWSAccountId": "111122223333", "NewStateValue": "ALARM", "StateChangeTime": "2026-03-01T10:00:00.000+0000",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu", "Region": "EU (Ireland)",
        "Trigger": {"MetricName": "CPUUtilization", "Dimensions": [{"name": "InstanceId", "value": "i-1"}]}
    });
    let sns = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": message.to_string()}}]});
    let notification = json!({"Type": "Notification", "Message": message.to_string()});
    let sqs = json!({"Records": [{"eventSource": "aws:sqs", "body": notification.to_string()}]});
    let signal = one(&sns);
    assert_eq!(place(&signal), (HERE.0, HERE.1, "i-1"));
    assert_eq!(signal.origin, Origin::Unverified);
    assert_eq!(one(&sqs), signal);
    assert_eq!(one(&message), signal);
}

#[test]
fn health_event_is_about_the_region_it_names() {
    let detail = json!({
        "eventArn": "arn:aws:health:us-east-1::event/EC2/X/X_1", "service": "EC2", "eventTypeCode": "X", "eventTypeCategory": "issue",
        "eventRegion": "us-east-1", "startTime": "Sun, 01 Mar 2026 09:00:00 GMT", "affectedAccount": "444455556666",
        "affectedEntities": [{"entityValue": "i-9"}]
    });
    let signal = one(&envelope("aws.health", "AWS Health Event", &[], detail));
    assert_eq!(place(&signal), (Some("444455556666"), Some("us-east-1"), "i-9"));
    assert_eq!((signal.severity, signal.first_at.unwrap().to_rfc3339().as_str()), (Severity::High, "2026-03-01T09:00:00Z"));
}

#[test]
fn guardduty_finding_is_graded_by_its_number() {
    for (number, expected) in [(9.0, Severity::Critical), (8.0, Severity::High), (5.0, Severity::Medium), (2.0, Severity::Low)] {
        let detail = json!({
            "accountId": "444455556666", "region": "us-east-2", "id": "f1", "type": "UnauthorizedAccess:EC2/SSHBruteForce", "severity": number,
            "arn": "arn:aws:guardduty:us-east-2:444455556666:detector/d/finding/f1",
            "resource": {"instanceDetails": {"instanceId": "i-2"}}, "service": {"eventFirstSeen": "2026-03-01T08:00:00Z", "archived": false}
        });
        let signal = one(&envelope("aws.guardduty", "GuardDuty Finding", &[], detail));
        assert_eq!(place(&signal), (Some("444455556666"), Some("us-east-2"), "i-2"));
        assert_eq!((signal.severity, signal.first_at.unwrap().to_rfc3339().as_str()), (expected, "2026-03-01T08:00:00Z"));
    }
}

#[test]
fn every_finding_of_a_security_hub_event_is_a_signal_of_its_own_account() {
    let finding = |account: &str, status: &str| {
        json!({
            "AwsAccountId": account, "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub", "Id": format!("arn:finding/{account}"),
            "Resources": [{"Id": format!("arn:aws:s3:::bucket-{account}"), "Region": "us-east-1"}], "Severity": {"Label": "HIGH"},
            "Title": "public", "Compliance": {"Status": status}, "FirstObservedAt": "2026-02-01T00:00:00Z"
        })
    };
    let findings = [finding("444455556666", "FAILED"), finding("777788889999", "PASSED")];
    let readings = classify(&envelope("aws.securityhub", "Security Hub Findings - Imported", &[], json!({"findings": findings})));
    let signals: Vec<&Signal> = readings.iter().map(|r| if let Reading::Signal(s) = r { s } else { panic!("{r:?}") }).collect();
    assert_eq!(signals.len(), 2);
    assert_eq!(place(signals[0]), (Some("444455556666"), Some("us-east-1"), "arn:aws:s3:::bucket-444455556666"));
    assert_eq!((signals[0].state, signals[1].state), (State::Raised, State::Cleared));
    assert_eq!(one(&findings[0]).severity, Severity::High);
}

#[test]
fn stopped_task_is_trouble_unless_somebody_asked_for_it() {
    let task = |stop: &str, exit: i64| {
        json!({
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/c/1", "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/c",
            "group": "service:web", "lastStatus": "STOPPED", "stopCode": stop, "containers": [{"exitCode": exit}]
        })
    };
    for (stop, exit, state, severity) in [
        ("EssentialContainerExited", 137, State::Raised, Severity::High),
        ("EssentialContainerExited", 1, State::Raised, Severity::Medium),
        ("UserInitiated", 0, State::Notice, Severity::Informational),
        ("UserInitiated", 137, State::Raised, Severity::High),
        ("TaskFailedToStart", 0, State::Raised, Severity::High),
    ] {
        let signal = one(&envelope("aws.ecs", "ECS Task State Change", &[], task(stop, exit)));
        assert_eq!((signal.state, signal.severity, signal.subject.as_str()), (state, severity, "service:web"), "{stop} {exit}");
    }
    let failed = json!({"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED", "reason": "circuit breaker"});
    let service = "arn:aws:ecs:eu-west-1:111122223333:service/c/web";
    let signal = one(&envelope("aws.ecs", "ECS Deployment State Change", &[service], failed));
    assert_eq!((signal.state, signal.subject.as_str()), (State::Raised, service));
}

#[test]
fn failed_launches_and_deployments_are_raised_and_successes_are_not() {
    let scaling = |words: &str| {
        one(&envelope(
            "aws.autoscaling",
            words,
            &["arn:asg"],
            json!({"AutoScalingGroupName": "web", "EC2InstanceId": "i-1", "Cause": "no capacity"}),
        ))
    };
    assert_eq!(scaling("EC2 Instance Launch Unsuccessful").state, State::Raised);
    assert_eq!(scaling("EC2 Instance Launch Successful").state, State::Notice);
    assert_eq!(scaling("EC2 Instance Launch Unsuccessful").subject, "web");
    let deploy = |state: &str| {
        let detail =
            json!({"application": "shop", "deploymentGroup": "prod", "deploymentId": "d-1", "state": state, "region": "eu-west-1"});
        one(&envelope("aws.codedeploy", "CodeDeploy Deployment State-change Notification", &[], detail))
    };
    assert_eq!((deploy("FAILURE").state, deploy("SUCCESS").state, deploy("START").state), (State::Raised, State::Cleared, State::Notice));
    assert_eq!((deploy("FAILURE").subject.as_str(), place(&deploy("FAILURE"))), ("shop/prod", (HERE.0, HERE.1, "d-1")));
}

#[test]
fn what_is_no_signal_is_said_to_be_unsupported_with_its_kind() {
    for (event, kind) in [
        (envelope("aws.ec2", "EC2 Instance State-change Notification", &[], json!({})), "aws.ec2/EC2 Instance State-change Notification"),
        (json!({"Records": [{"eventSource": "aws:s3", "s3": {}}]}), "record of aws:s3"),
        (json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "hello"}}]}), "record of aws:sns"),
        (json!({"httpMethod": "GET", "path": "/"}), "object with httpMethod, path"),
        (json!({}), "empty object"),
        (json!([]), "empty list"),
        (json!("text"), "no object"),
    ] {
        assert_eq!(classify(&event), [Reading::Unsupported { kind: kind.to_owned() }]);
    }
}

#[test]
fn malformed_account_and_region_are_absent_not_guessed() {
    let mut event = envelope("aws.health", "AWS Health Event", &["vol-1"], json!({"eventArn": "arn:aws:health:global::event/X"}));
    event["account"] = json!("<<aws_account_id>>");
    event["region"] = json!("global");
    assert_eq!(place(&one(&event)), (None, None, "vol-1"));
}

#[test]
fn names_from_outside_are_cut_and_defanged() {
    let long = "x".repeat(5_000);
    let detail = json!({"alarmName": format!("\u{202E}evil\n{long}"), "state": {"value": "ALARM"}});
    let signal = one(&envelope("aws.cloudwatch", "CloudWatch Alarm State Change", &[], detail));
    assert!(!signal.title.contains(['\u{202E}', '\n']) && signal.title.chars().count() <= 301);
    assert!(signal.resources.iter().chain([&signal.subject]).all(|r| !r.contains(['\u{202E}', '\n']) && r.chars().count() <= 1025));
}

#[test]
fn bombs_are_bounded() {
    assert!(matches!(read(&vec![b' '; MAX_BYTES + 1]), Err(Malformed::TooLarge(_))));
    assert!(matches!(read("[".repeat(100_000).as_bytes()), Err(Malformed::Json(_))));
    assert_eq!(classify(&json!(vec![1; 5_000])).len(), MAX_READINGS);
    let mut wrapped = json!({"AlarmName": "a", "NewStateValue": "ALARM"});
    for _ in 0..10 {
        wrapped = json!({"Type": "Notification", "Message": wrapped.to_string()});
    }
    assert_eq!(classify(&wrapped), [Reading::Unsupported { kind: "wrapped too often".into() }]);
    let many: Vec<String> = (0..5_000).map(|n| format!("arn:{n}")).collect();
    let resources: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(one(&envelope("aws.health", "AWS Health Event", &resources, json!({}))).resources.len() <= 100);
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "source",
        "detail-type",
        "detail",
        "Detail",
        "account",
        "region",
        "resources",
        "time",
        "alarmData",
        "state",
        "value",
        "configuration",
        "metrics",
        "Records",
        "EventSource",
        "Sns",
        "Message",
        "findings",
        "Resources",
        "AwsAccountId",
        "ProductArn",
        "Id",
        "Severity",
        "Type",
        "body",
        "affectedEntities",
        "eventArn",
        "Trigger",
        "Dimensions",
        "AlarmName",
        "NewStateValue",
        "containers",
        "exitCode",
        "severity",
        "service",
    ]);
    let word = prop::sample::select(vec![
        "aws.cloudwatch",
        "aws.health",
        "aws.securityhub",
        "aws.guardduty",
        "aws.ecs",
        "aws.autoscaling",
        "aws.codedeploy",
        "aws:sns",
        "aws:sqs",
        "Notification",
        "ALARM",
        "CloudWatch Alarm State Change",
        "AWS Health Event",
        "111122223333",
        "us-east-1",
        "",
        "\u{202E}",
        "arn:aws:a:b:c:d",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner.clone(), 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            inner.prop_map(|v| Value::from(v.to_string())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_json_is_read_without_panic_and_never_dropped(value in any_json()) {
        let readings = classify(&value);
        prop_assert!(!readings.is_empty() && readings.len() <= MAX_READINGS);
    }

    #[test]
    fn arbitrary_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
}
