//! For every check a passing, a failing and an unknown case; and laws over the registry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod compute;
mod data;
mod network;
mod watch;

use std::collections::BTreeSet;

use checks::{
    Cell, Check, Coverage, Difference, Exception, Finding, Gap, GapKind, Place, Severity, check::each, coverage, judge, registry,
};
use domain::{AccountId, EpochMs};

/// 2026-11-28T00:00:00Z.
pub(crate) const NOW: EpochMs = EpochMs(1_795_824_000_000);

pub(crate) fn place() -> Place {
    Place { account: AccountId::parse("222222222222").unwrap(), region: "us-east-1".into(), at: NOW }
}

pub(crate) fn days_ago(days: i64) -> EpochMs {
    NOW.plus_seconds(-days * 86_400)
}

pub(crate) fn denied() -> Gap {
    Gap::new(GapKind::Denied, "some:Action", "AccessDenied")
}

/// What makes good facts fail one check, and what takes the sight of it away.
pub(crate) struct Case<F> {
    pub(crate) check: &'static str,
    pub(crate) breaks: fn(&mut F),
    pub(crate) hides: fn(&mut F),
}

/// Good facts pass; broken ones fail with evidence; hidden ones are unknown and never pass.
pub(crate) fn hold<F: Clone>(checks: &'static [Check<F>], good: &F, cases: &[Case<F>]) {
    let named: BTreeSet<&str> = cases.iter().map(|c| c.check).collect();
    let all: BTreeSet<&str> = checks.iter().map(|c| c.meta.id).collect();
    assert_eq!(named, all, "every check has a case");
    for case in cases {
        let check = checks.iter().find(|c| c.meta.id == case.check).unwrap();
        let judged = (check.judge)(good, &place());
        assert!(!judged.is_empty(), "{}: good facts are about something", case.check);
        assert!(judged.iter().all(|j| j.verdict == Ok(None)), "{}: good facts pass: {judged:?}", case.check);

        let mut broken = good.clone();
        (case.breaks)(&mut broken);
        let judged = (check.judge)(&broken, &place());
        let evidence = judged.iter().find_map(|j| j.verdict.clone().ok().flatten());
        assert!(evidence.is_some_and(|e| !e.is_empty()), "{}: broken facts fail with evidence: {judged:?}", case.check);

        let mut hidden = good.clone();
        (case.hides)(&mut hidden);
        let judged = (check.judge)(&hidden, &place());
        assert!(!judged.is_empty(), "{}: a missing sight is said", case.check);
        assert!(judged.iter().all(|j| j.verdict.is_err()), "{}: hidden facts are unknown: {judged:?}", case.check);

        // A broken fact whose sight is gone does not fail either.
        (case.hides)(&mut broken);
        assert!((check.judge)(&broken, &place()).iter().all(|j| j.verdict.is_err()), "{}", case.check);
    }
}

#[test]
fn ids_are_unique_and_start_with_their_service() {
    let all = registry::all();
    let ids: BTreeSet<&str> = all.iter().map(|m| m.id).collect();
    assert_eq!(ids.len(), all.len());
    for service in registry::SERVICES {
        for meta in (service.metas)() {
            assert!(meta.id.starts_with(&format!("{}_", service.name)), "{}", meta.id);
            assert!(meta.id.split('_').count() >= 3 && meta.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            assert_eq!(registry::find(meta.id).unwrap().id, meta.id);
        }
    }
    assert!(registry::find("ec2_nothing_here").is_none() && registry::find("").is_none());
}

#[test]
fn every_check_says_everything_in_both_languages() {
    for meta in registry::all() {
        for (en, zh) in [meta.title, meta.why, meta.fix] {
            assert!(en.len() > 8 && en.is_ascii(), "{}: {en}", meta.id);
            assert!(zh.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)), "{}: {zh}", meta.id);
        }
        assert!(!meta.needs.is_empty(), "{}", meta.id);
        for reference in meta.references {
            assert!(reference.starts_with("SecurityHub:") || reference.starts_with("Prowler:"), "{reference}");
        }
    }
}

#[test]
fn fixing_operations_are_in_the_catalogue() {
    for meta in registry::all() {
        if let Some(operation) = meta.operation {
            assert!(catalogue::all().any(|spec| spec.id == operation), "{}: {operation}", meta.id);
        }
    }
}

#[test]
fn a_list_that_could_not_be_read_is_one_unknown_and_no_pass() {
    let nothing: Result<Vec<u8>, Gap> = Err(denied());
    let judged = each(&nothing, &place(), |_| String::new(), |_| Ok(None));
    assert_eq!(judged.len(), 1);
    assert_eq!(judged[0].verdict, Err(denied()));
}

#[test]
fn what_nobody_asked_for_is_neither_found_nor_unknown() {
    let mut facts = watch::cloudwatch_good();
    facts.filters = Err(Gap::not_asked("logs:DescribeMetricFilters"));
    let judged = judge(checks::cloudwatch::CHECKS, &facts, &place());
    assert!(judged.unknown.is_empty() && judged.findings.is_empty() && !judged.passed.is_empty());
}

#[test]
fn a_finding_is_told_in_both_languages_with_what_was_observed() {
    let mut facts = watch::cloudwatch_good();
    facts.log_groups.as_mut().unwrap()[0].retention_days = None;
    let judged = judge(checks::cloudwatch::CHECKS, &facts, &place());
    let told = judged.findings[0].told();
    assert!(told.en.contains("retention_days=never") && told.en.contains("[logs.set_retention]"), "{}", told.en);
    assert!(told.zh.contains("永不过期") && told.zh.contains("处理："), "{}", told.zh);
}

fn finding(check: &str, arn: &str, at: EpochMs) -> Finding {
    let meta = registry::find(check).unwrap();
    Finding {
        check: check.into(),
        arn: arn.into(),
        account: place().account,
        region: "us-east-1".into(),
        severity: meta.severity,
        confidence: meta.confidence,
        evidence: vec![("a".into(), "b".into())],
        first_seen: at,
        last_seen: at,
    }
}

#[test]
fn a_finding_that_is_gone_is_resolved_only_where_it_was_looked_for() {
    let cell = |service: &str, coverage| Cell { account: place().account, region: "us-east-1".into(), service: service.into(), coverage };
    let before = vec![
        finding("ec2_instance_public_ip", "a", EpochMs(1)),
        finding("ec2_instance_public_ip", "b", EpochMs(1)),
        finding("s3_bucket_versioning_off", "c", EpochMs(1)),
    ];
    let now = vec![finding("ec2_instance_public_ip", "a", EpochMs(9)), finding("ec2_instance_public_ip", "d", EpochMs(9))];
    let coverage = vec![cell("ec2", Coverage::Complete), cell("s3", Coverage::Partial { why: vec![denied()] })];
    let difference = Difference::between(before, now, &coverage);
    let arns = |f: &[Finding]| f.iter().map(|f| f.arn.clone()).collect::<Vec<_>>();
    assert_eq!(arns(&difference.new), ["d"]);
    assert_eq!(arns(&difference.still), ["a"]);
    assert_eq!((difference.still[0].first_seen, difference.still[0].last_seen), (EpochMs(1), EpochMs(9)));
    assert_eq!(arns(&difference.resolved), ["b"]);
    assert_eq!(arns(&difference.unverified), ["c"]);
}

#[test]
fn every_place_that_was_asked_for_has_a_cell() {
    let account = place().account;
    let asked = ["ec2", "s3"].map(|s| (account.clone(), "us-east-1".to_owned(), s.to_owned()));
    let cell =
        |service: &str, region: &str, coverage| Cell { account: account.clone(), region: region.into(), service: service.into(), coverage };
    let reported = vec![
        cell("ec2", "us-east-1", Coverage::Partial { why: vec![denied()] }),
        cell("ec2", "us-east-1", Coverage::Complete),
        cell("ec2", "eu-west-1", Coverage::Complete),
    ];
    let table = coverage::table(asked, reported, &denied());
    assert_eq!(table.len(), 2);
    assert!(matches!(table[0].coverage, Coverage::Partial { .. }), "the worse report counts");
    assert!(matches!(table[1].coverage, Coverage::Unscanned { .. }), "silence is not complete");
}

#[test]
fn gaps_decide_between_complete_partial_and_unscanned() {
    assert_eq!(Coverage::of([], false), Coverage::Complete);
    assert!(matches!(Coverage::of([denied(), denied()], true), Coverage::Partial { why } if why.len() == 1));
    assert!(matches!(Coverage::of([denied()], false), Coverage::Unscanned { .. }));
}

#[test]
fn an_exception_has_an_owner_a_reason_and_an_end() {
    let good = Exception {
        check: "s3_bucket_public_policy".into(),
        account: place().account,
        resource: "arn:aws:s3:::www-*".into(),
        owner: "web".into(),
        reason: "a public site".into(),
        expires_at: NOW.plus_seconds(86_400),
    };
    assert!(good.check(NOW).is_ok());
    for bad in [
        Exception { owner: " ".into(), ..good.clone() },
        Exception { reason: String::new(), ..good.clone() },
        Exception { check: "nothing".into(), ..good.clone() },
        Exception { expires_at: NOW, ..good.clone() },
        Exception { expires_at: NOW.plus_seconds(400 * 86_400), ..good.clone() },
    ] {
        assert!(bad.check(NOW).is_err(), "{bad:?}");
    }
    let finding = finding("s3_bucket_public_policy", "arn:aws:s3:::www-a", NOW);
    assert!(good.covers(&finding, NOW));
    assert!(!good.covers(&finding, good.expires_at), "it counts again after the end");
    assert!(!good.covers(&Finding { account: AccountId::parse("333333333333").unwrap(), ..finding.clone() }, NOW));
    assert!(!good.covers(&Finding { arn: "arn:aws:s3:::private".into(), ..finding }, NOW));
    assert!(Severity::Critical > Severity::Low);
}

#[test]
fn a_file_of_exceptions_is_taken_whole_or_not_at_all_and_says_which_one_is_wrong() {
    use checks::exception::{ExceptionsError, read, read_acceptable};
    let one = |check: &str, expires: &str| {
        format!(
            "  - {{check: {check}, account: '222222222222', resource: 'arn:aws:s3:::www-*', owner: web, reason: a public site, expires: {expires}}}\n"
        )
    };
    let file = |items: &[String]| format!("schema: 1\nexceptions:\n{}", items.concat());
    let day = NOW.plus_seconds(10 * 86_400).utc_day();
    let good = read_acceptable(&file(&[one("s3_bucket_public_policy", &day)]), NOW).unwrap();
    // A day counts to its end.
    assert_eq!(good[0].expires_at.utc_day(), NOW.plus_seconds(11 * 86_400).utc_day());
    assert_eq!(read("schema: 1\nexceptions: []\n").unwrap(), []);
    let second = file(&[one("s3_bucket_public_policy", &day), one("no_such_check", &day)]);
    assert!(matches!(read_acceptable(&second, NOW), Err(ExceptionsError::One { number: 2, .. })));
    let over = file(&[one("s3_bucket_public_policy", &NOW.plus_seconds(-10 * 86_400).utc_day())]);
    assert!(matches!(read_acceptable(&over, NOW), Err(ExceptionsError::One { number: 1, .. })));
    // One that ended after it came into force does not take the others with it.
    assert_eq!(read(&over).unwrap().len(), 1);
    for wrong in [
        "",
        "schema: 2\nexceptions: []",
        "exceptions: []",
        "schema: 1\nexceptions: [{check: x}]",
        &file(&[one("s3_bucket_public_policy", "soon")]),
        "- 1",
    ] {
        assert!(matches!(read(wrong), Err(ExceptionsError::Unreadable(_))), "{wrong}");
    }
}
