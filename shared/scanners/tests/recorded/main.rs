//! Every check from the SDK's edge on: recorded answers of the eight services, pages, denials, budgets, time-outs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bad;
mod good;
mod outsider;
mod world;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use checks::{Coverage, GapKind, registry};
use domain::{AccountId, EpochMs};
use scanners::{Depth, Limits, Look, PlaceReport, ServiceReport};
use testkit::{Answer, Replay, Sent};
use world::{action_of, deny};

/// 2026-11-28T00:00:00Z.
pub(crate) const NOW: EpochMs = EpochMs(1_795_824_000_000);

fn look(replay: &Replay, depth: Depth, limits: Limits) -> Arc<Look> {
    let place = checks::Place { account: AccountId::parse("222222222222").unwrap(), region: "us-east-1".into(), at: NOW };
    Look::new(replay.sdk_config("us-east-1"), place, depth, limits)
}

async fn scan_with(answer: impl Fn(&Sent) -> Option<Answer> + Send + Sync + 'static, depth: Depth) -> (PlaceReport, Vec<Sent>) {
    let replay = Replay::new(answer);
    let services: Vec<String> = scanners::all().iter().map(|s| s.service().to_owned()).collect();
    let report = scanners::scan(&look(&replay, depth, Limits::default()), &services, true).await;
    (report, replay.sent())
}

fn service<'a>(report: &'a PlaceReport, name: &str) -> &'a ServiceReport {
    report.services.iter().find(|s| s.service == name).unwrap()
}

fn failing(report: &PlaceReport) -> BTreeSet<String> {
    report.services.iter().flat_map(|s| &s.findings).map(|f| f.check.clone()).collect()
}

fn unknown(report: &PlaceReport) -> BTreeSet<String> {
    report.services.iter().flat_map(|s| &s.unknown).map(|u| u.check.clone()).collect()
}

#[tokio::test]
async fn on_a_bad_account_every_check_fails_and_nothing_is_unknown() {
    let (report, _) = scan_with(bad::answer, Depth::Full).await;
    for s in &report.services {
        assert_eq!(s.coverage, Coverage::Complete, "{}", s.service);
    }
    let all: BTreeSet<String> = registry::all().iter().map(|m| m.id.to_owned()).collect();
    let missed: Vec<&String> = all.iter().filter(|id| !failing(&report).contains(*id)).collect();
    assert_eq!(missed, Vec::<&String>::new());
    for finding in report.services.iter().flat_map(|s| &s.findings) {
        assert!(!finding.evidence.is_empty() && !finding.arn.contains("good"), "{finding:?}");
    }
}

#[tokio::test]
async fn on_a_good_account_every_check_passes_and_nothing_fails_or_is_unknown() {
    let (report, sent) = scan_with(good::answer, Depth::Full).await;
    for s in &report.services {
        assert_eq!(s.coverage, Coverage::Complete, "{}", s.service);
        assert_eq!((&s.findings, &s.unknown), (&Vec::new(), &Vec::new()), "{}", s.service);
    }
    let passing: BTreeSet<String> = report.services.iter().flat_map(|s| s.passed.keys().cloned()).collect();
    let all: BTreeSet<String> = registry::all().iter().map(|m| m.id.to_owned()).collect();
    assert_eq!(passing, all);
    let called: BTreeSet<&str> = sent.iter().filter_map(action_of).collect();
    assert_eq!(called, scanners::read_permissions(), "the good account is asked everything");
}

#[tokio::test]
async fn every_check_has_a_call_without_which_it_is_unknown() {
    let declared = scanners::read_permissions();
    for meta in registry::all() {
        assert!(!meta.needs.is_empty(), "{} is never unknown", meta.id);
        assert!(meta.needs.iter().all(|action| declared.contains(action)), "{}: {:?}", meta.id, meta.needs);
    }
}

#[tokio::test]
async fn secrets_in_the_texts_of_an_account_are_in_no_report() {
    // Built at run time, so that no scanner of repositories takes this file for a leak.
    let canary = format!("ghp_{}", "x7Kq2".repeat(8).chars().take(36).collect::<String>());
    let key = format!("AKIA{}", "QW3E5R7T9Y2U4I6O");
    let (secret, id) = (canary.clone(), key.clone());
    let (report, _) = scan_with(
        move |sent| {
            let name = format!("<tagSet><item><key>Name</key><value>web {secret}</value></item></tagSet>");
            Some(match action_of(sent)? {
                "ec2:DescribeVolumes" => Answer::new(
                    200,
                    format!(
                        "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><size>1</size><status>available</status><encrypted>false</encrypted>{name}</item></volumeSet></DescribeVolumesResponse>"
                    ),
                ),
                "cloudwatch:DescribeAlarms" => Answer::cbor(
                    200,
                    &serde_json::json!({"CompositeAlarms": [], "MetricAlarms": [{"AlarmName": "a", "AlarmArn": "arn:aws:cloudwatch:us-east-1:222222222222:alarm:a",
                        "StateValue": "ALARM", "StateReason": format!("log line: password={secret}"), "ActionsEnabled": true, "AlarmActions": []}]}),
                ),
                "lambda:ListFunctions" => Answer::new(
                    200,
                    serde_json::json!({"Functions": [{"FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:222222222222:function:f", "Runtime": "python3.13",
                        "Environment": {"Variables": {"GITHUB_TOKEN": secret}}}]})
                    .to_string(),
                ),
                "iam:ListAccessKeys" => Answer::new(
                    200,
                    format!(
                        "<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata><member><UserName>bad</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
                         <CreateDate>2020-01-01T00:00:00Z</CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated></ListAccessKeysResult></ListAccessKeysResponse>"
                    ),
                ),
                _ => return bad::answer(sent),
            })
        },
        Depth::Full,
    )
    .await;
    let written = serde_json::to_string(&report).unwrap();
    assert!(!written.contains(&canary) && !written.contains(&key), "{written}");
    for check in ["cloudwatch_alarm_in_alarm", "lambda_function_secret_in_environment", "iam_key_old", "ec2_volume_unencrypted"] {
        assert!(failing(&report).contains(check), "{check}");
    }
    assert!(written.contains("[redacted:github-token]") && written.contains("…4I6O"), "{written}");
}

#[tokio::test]
async fn on_an_empty_account_nothing_fails_but_what_an_account_itself_lacks() {
    let (report, _) = scan_with(world::empty, Depth::Full).await;
    assert_eq!(unknown(&report), BTreeSet::new());
    assert!(report.services.iter().all(|s| s.coverage == Coverage::Complete && s.resources.is_empty()));
    assert!(failing(&report).iter().all(|id| id.contains("_account_") || id.contains("_root_")), "{:?}", failing(&report));
}

#[tokio::test]
async fn a_denied_action_makes_every_check_that_needs_it_unknown_and_never_a_pass_or_a_fail() {
    for denied in scanners::read_permissions() {
        let (report, _) =
            scan_with(move |sent| if action_of(sent) == Some(denied) { Some(deny(sent)) } else { bad::answer(sent) }, Depth::Full).await;
        let (unknown, failing) = (unknown(&report), failing(&report));
        for meta in registry::all().into_iter().filter(|m| m.needs.contains(&denied)) {
            assert!(unknown.contains(meta.id), "{} does not say that {denied} was denied", meta.id);
            assert!(!failing.contains(meta.id), "{} judges without {denied}", meta.id);
        }
        let open: Vec<&ServiceReport> = report.services.iter().filter(|s| s.coverage != Coverage::Complete).collect();
        assert!(!open.is_empty(), "{denied} leaves no trace in the coverage");
        for s in open {
            let text = s.coverage.text();
            assert!(text.en.contains(denied) && text.zh.contains(denied), "{denied}: {}", text.en);
        }
    }
}

#[tokio::test]
async fn an_account_that_denies_everything_is_not_scanned_service_by_service() {
    let (report, _) = scan_with(|sent| Some(deny(sent)), Depth::Full).await;
    for s in &report.services {
        assert!(matches!(&s.coverage, Coverage::Unscanned { why } if why.kind == GapKind::Denied), "{}: {:?}", s.service, s.coverage);
        assert!(s.findings.is_empty() && s.resources.is_empty() && s.passed.is_empty() && !s.unknown.is_empty(), "{}", s.service);
    }
}

#[tokio::test]
async fn a_scanner_calls_only_what_it_declares_and_everything_that_it_declares() {
    let (_, sent) = scan_with(bad::answer, Depth::Full).await;
    let called: BTreeSet<&str> = sent.iter().map(|s| action_of(s).unwrap_or_else(|| panic!("{} {}", s.method, s.uri))).collect();
    assert_eq!(called, scanners::read_permissions());
}

#[tokio::test]
async fn an_inventory_makes_one_call_a_list_and_says_nothing_about_what_it_did_not_ask() {
    let (report, sent) = scan_with(bad::answer, Depth::Inventory).await;
    assert_eq!(unknown(&report), BTreeSet::new());
    assert_eq!(service(&report, "ec2").resources.len(), 4);
    // Instances, volumes, groups, buckets, databases, tables, functions, alarms; users and roles.
    let reference = 8;
    assert_eq!(sent.len(), reference + 2, "{:?}", sent.iter().filter_map(action_of).collect::<Vec<_>>());
    assert!(failing(&report).contains("ec2_volume_unencrypted"));
}

#[tokio::test]
async fn every_page_is_read_and_a_page_that_fails_makes_the_list_a_gap() {
    let pages = |fail: bool| {
        move |sent: &Sent| {
            if action_of(sent) != Some("ec2:DescribeVolumes") {
                return world::empty(sent);
            }
            let volume = |id: &str| {
                format!("<item><volumeId>{id}</volumeId><size>1</size><status>in-use</status><encrypted>true</encrypted></item>")
            };
            let page = |id: &str, next: &str| {
                Answer::new(200, format!("<DescribeVolumesResponse><volumeSet>{}</volumeSet>{next}</DescribeVolumesResponse>", volume(id)))
            };
            Some(match sent.body.contains("NextToken=two") {
                false => page("vol-1", "<nextToken>two</nextToken>"),
                true if fail => deny(sent),
                true => page("vol-2", ""),
            })
        }
    };
    let (whole, _) = scan_with(pages(false), Depth::Inventory).await;
    assert_eq!(service(&whole, "ec2").resources.len(), 2);
    let (half, _) = scan_with(pages(true), Depth::Inventory).await;
    assert!(matches!(service(&half, "ec2").coverage, Coverage::Partial { .. }));
    assert!(unknown(&half).contains("ec2_volume_unencrypted") && service(&half, "ec2").resources.is_empty());
}

#[tokio::test]
async fn a_call_past_the_budget_is_not_made_and_is_a_gap() {
    let replay = Replay::new(bad::answer);
    let limits = Limits { calls: 3, service: Duration::from_secs(60) };
    let services = ["ec2".to_owned(), "s3".to_owned()];
    let report = scanners::scan(&look(&replay, Depth::Full, limits), &services, true).await;
    assert_eq!((replay.sent().len(), report.calls), (3, 3));
    let budget = |c: &Coverage| c.text().en.contains("budget");
    assert!(report.services.iter().any(|s| budget(&s.coverage)), "{:?}", report.cells());
}

#[tokio::test]
async fn a_service_that_hangs_ends_at_its_limit_is_named_and_the_rest_is_complete() {
    let replay =
        Replay::new(|sent: &Sent| if action_of(sent) == Some("lambda:ListFunctions") { Some(Answer::never()) } else { world::empty(sent) });
    let limits = Limits { service: Duration::from_secs(3), ..Limits::default() };
    let services: Vec<String> = scanners::all().iter().map(|s| s.service().to_owned()).collect();
    let report = scanners::scan(&look(&replay, Depth::Inventory, limits), &services, true).await;
    assert_eq!(report.services.len(), services.len(), "{:?}", report.cells());
    for seen in &report.services {
        match &seen.coverage {
            Coverage::Complete => assert_ne!(seen.service, "lambda"),
            Coverage::Unscanned { why } => {
                assert_eq!((seen.service.as_str(), why.kind), ("lambda", GapKind::Unavailable), "{:?}", report.cells());
                assert_eq!(why.detail, "no answer within the limit");
            }
            other @ Coverage::Partial { .. } => panic!("{}: {other:?}", seen.service),
        }
    }
}

#[tokio::test]
async fn throttling_time_outs_and_faults_are_named_as_what_they_are() {
    let with = |answer: Answer| async move {
        let (report, _) = scan_with(
            move |sent| if action_of(sent) == Some("lambda:ListFunctions") { Some(answer.clone()) } else { world::empty(sent) },
            Depth::Full,
        )
        .await;
        match &service(&report, "lambda").coverage {
            Coverage::Unscanned { why } => why.kind,
            other => panic!("{other:?}"),
        }
    };
    let throttled = Answer::new(429, r#"{"message":"slow down"}"#).header("x-amzn-errortype", "TooManyRequestsException");
    assert_eq!(with(throttled).await, GapKind::Throttled);
    assert_eq!(with(Answer::timed_out()).await, GapKind::Unavailable);
    assert_eq!(with(Answer::new(500, "{}")).await, GapKind::Unavailable);
    let refused = Answer::new(400, r#"{"message":"no"}"#).header("x-amzn-errortype", "InvalidParameterValueException");
    assert_eq!(with(refused).await, GapKind::Refused);
}

#[tokio::test]
async fn services_of_the_whole_account_are_looked_at_at_home_only() {
    let replay = Replay::new(world::empty);
    let services: Vec<String> = scanners::all().iter().map(|s| s.service().to_owned()).collect();
    let report = scanners::scan(&look(&replay, Depth::Inventory, Limits::default()), &services, false).await;
    let names: BTreeSet<&str> = report.services.iter().map(|s| s.service.as_str()).collect();
    assert!(!names.contains("iam") && !names.contains("s3") && names.contains("ec2"));
}
