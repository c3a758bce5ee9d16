//! What an account says about itself: taken as it is where it is honest, refused where it speaks of anything else.

use checks::{Confidence, Severity};
use domain::{AccountId, EpochMs, scan::ScanPlace};
use scanners::{Depth, PlaceReport};

use crate::{bad, scan_with};

/// When the hub takes it.
const LATER: EpochMs = EpochMs(1_795_824_060_000);

fn place() -> ScanPlace {
    ScanPlace { account: AccountId::parse("222222222222").unwrap(), region: "us-east-1".into(), home: true }
}

fn services() -> Vec<String> {
    scanners::all().iter().map(|s| s.service().to_owned()).collect()
}

async fn honest() -> PlaceReport {
    scan_with(bad::answer, Depth::Full).await.0
}

#[tokio::test]
async fn an_honest_report_is_taken_as_it_is_at_the_hubs_time() {
    let report = honest().await;
    // As it travels.
    let travelled: PlaceReport = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    let taken = travelled.of_outsider(&place(), &services(), LATER).unwrap();
    let mut expected = report;
    expected.at = LATER;
    for finding in expected.services.iter_mut().flat_map(|s| &mut s.findings) {
        (finding.first_seen, finding.last_seen) = (LATER, LATER);
    }
    assert_eq!(taken, expected);
}

#[tokio::test]
async fn a_report_about_anything_else_is_refused() {
    type Lie = (&'static str, fn(&mut PlaceReport));
    let lies: [Lie; 9] = [
        ("another_place", |r| r.account = AccountId::parse("333333333333").unwrap()),
        ("another_place", |r| r.region = "eu-west-1".into()),
        ("another_service", |r| r.services[0].service = "eks".into()),
        ("another_service", |r| r.services[1] = r.services[0].clone()),
        ("unknown_check", |r| r.services[0].findings[0].check = "ec2_instance_on_fire".into()),
        // A check of another service.
        ("unknown_check", |r| r.services[0].findings[0].check = "s3_bucket_versioning_off".into()),
        ("another_account", |r| r.services[0].findings[0].arn = "arn:aws:ec2:us-east-1:333333333333:instance/i-1".into()),
        ("another_account", |r| r.services[0].resources[0].arn = "arn:aws:ec2:us-east-1:333333333333:instance/i-1".into()),
        ("unknown_check", |r| r.services[0].passed = [("ec2_instance_fine".to_owned(), 1)].into()),
    ];
    for (why, lie) in lies {
        let mut report = honest().await;
        lie(&mut report);
        assert_eq!(report.of_outsider(&place(), &services(), LATER), Err(why));
    }
    let report = honest().await;
    assert_eq!(report.clone().of_outsider(&place(), &["ec2".to_owned()], LATER), Err("another_service"), "only what was asked for");
    let abroad = ScanPlace { home: false, ..place() };
    assert_eq!(report.of_outsider(&abroad, &services(), LATER), Err("another_service"), "services of the whole account at home only");
}

#[tokio::test]
async fn severities_are_the_registrys_and_texts_are_cut_and_without_secrets() {
    let secret = format!("ghp_{}", "x7Kq2".repeat(8).chars().take(36).collect::<String>());
    let mut report = honest().await;
    let finding = &mut report.services[0].findings[0];
    (finding.severity, finding.confidence) = (Severity::Low, Confidence::Likely);
    finding.evidence = (0..500).map(|n| (format!("k{n}"), format!("token {secret} {}", "x".repeat(9_000)))).collect();
    report.services[0].resources[0].name = Some(format!("web {secret}"));
    let meta = report.services[0].findings[0].meta().unwrap();
    let taken = report.of_outsider(&place(), &services(), LATER).unwrap();
    let finding = &taken.services[0].findings[0];
    assert_eq!((finding.severity, finding.confidence), (meta.severity, meta.confidence));
    assert!(finding.evidence.len() <= 20 && finding.evidence.iter().all(|(_, value)| value.chars().count() <= 2_000));
    let written = serde_json::to_string(&taken).unwrap();
    assert!(!written.contains(&secret));
}
