//! What a calendar says, by example: precedence, selectors, clock changes, and documents that are refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use calendar::{Calendar, OccurrenceKind, Problem, Standing, Subject};
use domain::EpochMs;

fn at(text: &str) -> EpochMs {
    EpochMs(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

fn subject(environment: &str, operation: &str) -> Subject {
    Subject::parse("222222222222", "shop", environment, operation).unwrap()
}

fn prod() -> Subject {
    subject("prod", "ec2.stop_instances")
}

fn calendar(entries: &str) -> Calendar {
    Calendar::parse(&format!("schema: 1\ntimezone: America/New_York\n{entries}")).unwrap()
}

fn until(standing: &Standing) -> &'static str {
    match standing {
        Standing::Open { .. } => "open",
        Standing::Closed { .. } => "closed",
        Standing::Frozen { .. } => "frozen",
        Standing::NotConfigured => "not configured",
    }
}

const NIGHTS: &str = "windows:\n  - {name: nights, starts: 2026-01-05T22:00, lasts: 8h, repeat: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,SA', select: {environments: [prod]}}\n";

#[test]
fn a_window_is_open_from_its_first_instant_until_its_last() {
    let calendar = calendar(NIGHTS);
    let standing = |text: &str| calendar.standing(&prod(), at(text));
    assert_eq!(
        standing("2026-01-06T02:59:59.999Z"),
        Standing::Closed { opens_at: Some(at("2026-01-06T03:00:00Z")), window: Some("nights".into()), zone: "America/New_York".into() }
    );
    let open = Standing::Open { until: at("2026-01-06T11:00:00Z"), window: "nights".into(), zone: "America/New_York".into() };
    assert_eq!(standing("2026-01-06T03:00:00Z"), open);
    assert_eq!(standing("2026-01-06T10:59:59.999Z"), open);
    // Before the first start there was none, whatever the rule says.
    assert_eq!(standing("2026-01-01T04:00:00Z").look_again_at(), Some(at("2026-01-06T03:00:00Z")));
    assert_eq!(standing("2026-01-06T11:00:00Z").look_again_at(), Some(at("2026-01-07T03:00:00Z")));
}

#[test]
fn what_no_window_is_meant_for_is_not_configured_and_open() {
    let calendar = calendar(NIGHTS);
    let standing = calendar.standing(&subject("dev", "ec2.stop_instances"), at("2026-01-06T15:00:00Z"));
    assert_eq!(standing, Standing::NotConfigured);
    assert!(standing.is_open());
    assert!(standing.text().en.contains("no change calendar"));
    assert!(standing.text().zh.contains("未"));
    assert_eq!(
        Calendar::parse("{schema: 1, timezone: UTC}").unwrap().standing(&prod(), at("2026-01-06T15:00:00Z")),
        Standing::NotConfigured
    );
}

#[test]
fn a_freeze_beats_a_window_and_openings_wait_for_its_end() {
    let calendar = calendar(&format!(
        "{NIGHTS}freezes:\n  - {{name: audit, reason: year-end, starts: 2026-01-06T00:00, ends: 2026-01-07T23:00}}\n  - {{name: after, reason: more, starts: 2026-01-07T23:00, lasts: 1h}}\n"
    ));
    let standing = |text: &str| calendar.standing(&prod(), at(text));
    // Monday 22:00 is open only until the freeze at midnight.
    assert_eq!(
        standing("2026-01-06T03:00:00Z"),
        Standing::Open { until: at("2026-01-06T05:00:00Z"), window: "nights".into(), zone: "America/New_York".into() }
    );
    let frozen = standing("2026-01-06T05:00:00Z");
    assert!(matches!(&frozen, Standing::Frozen { freeze, reason, .. } if freeze == "audit" && reason == "year-end"));
    // The next freeze begins where the first ends.
    assert_eq!(frozen.look_again_at(), Some(at("2026-01-08T05:00:00Z")));
    assert!(!frozen.is_open());
    // Wednesday's window began in the freeze and is open after it.
    assert_eq!(until(&standing("2026-01-08T05:00:00Z")), "open");
}

#[test]
fn a_freeze_holds_where_no_window_is_meant() {
    let calendar = calendar("freezes:\n  - {name: f, reason: r, starts: 2026-03-01T00:00, lasts: 2d, select: {services: [rds]}}\n");
    assert_eq!(until(&calendar.standing(&subject("dev", "rds.reboot_instance"), at("2026-03-02T12:00:00Z"))), "frozen");
    assert_eq!(until(&calendar.standing(&subject("dev", "ec2.stop_instances"), at("2026-03-02T12:00:00Z"))), "not configured");
    assert_eq!(until(&calendar.standing(&subject("dev", "rds.reboot_instance"), at("2026-03-03T12:00:00Z"))), "not configured");
}

#[test]
fn the_next_opening_is_the_earliest_free_instant_of_any_window() {
    let calendar = calendar(
        "windows:\n  - {name: long, starts: 2026-06-01T10:00, lasts: 10h}\n  - {name: short, starts: 2026-06-01T12:00, lasts: 1h}\nfreezes:\n  - {name: f, reason: r, starts: 2026-06-01T09:00, ends: 2026-06-01T11:00}\n",
    );
    let closed = calendar.standing(&prod(), at("2026-06-01T12:00:00Z"));
    assert_eq!(
        closed,
        Standing::Closed { opens_at: Some(at("2026-06-01T15:00:00Z")), window: Some("long".into()), zone: "America/New_York".into() }
    );
    assert_eq!(calendar.standing(&prod(), at("2026-06-03T12:00:00Z")).look_again_at(), None);
    assert_eq!(until(&calendar.standing(&prod(), at("2026-06-03T12:00:00Z"))), "closed");
}

#[test]
fn a_night_with_a_clock_change_ends_at_the_same_wall_clock() {
    let calendar = calendar(NIGHTS);
    let standing = |text: &str| calendar.standing(&prod(), at(text));
    // Saturday 2026-03-07 22:00 EST to Sunday 06:00 EDT: seven hours.
    assert_eq!(
        standing("2026-03-08T03:00:00Z"),
        Standing::Open { until: at("2026-03-08T10:00:00Z"), window: "nights".into(), zone: "America/New_York".into() }
    );
    // Saturday 2026-10-31 22:00 EDT to Sunday 06:00 EST: nine hours.
    assert_eq!(
        standing("2026-11-01T02:00:00Z"),
        Standing::Open { until: at("2026-11-01T11:00:00Z"), window: "nights".into(), zone: "America/New_York".into() }
    );
}

#[test]
fn in_doubt_about_a_skipped_hour_a_window_is_shorter_and_a_freeze_longer() {
    let entries = |starts: &str, lasts: &str| {
        calendar(&format!(
            "windows:\n  - {{name: w, starts: 2026-01-01T{starts}, lasts: {lasts}, repeat: FREQ=DAILY, select: {{environments: [prod]}}}}\nfreezes:\n  - {{name: f, reason: r, starts: 2026-01-01T{starts}, lasts: {lasts}, repeat: FREQ=DAILY, select: {{environments: [dev]}}}}\n"
        ))
    };
    let dev = subject("dev", "ec2.stop_instances");
    // 02:30 does not exist on 2026-03-08: the window does not open that day, the freeze begins at the jump (07:00Z).
    let skipped = entries("02:30", "1h30m");
    assert_eq!(skipped.standing(&prod(), at("2026-03-08T07:30:00Z")).look_again_at(), Some(at("2026-03-09T06:30:00Z")));
    assert_eq!(skipped.standing(&dev, at("2026-03-08T07:00:00Z")).look_again_at(), Some(at("2026-03-08T08:00:00Z")));
    // An end at 02:30 that does not exist: the window ends at the jump, the freeze half an hour later.
    let ends = entries("01:00", "1h30m");
    assert_eq!(until(&ends.standing(&prod(), at("2026-03-08T06:59:59Z"))), "open");
    assert_eq!(until(&ends.standing(&prod(), at("2026-03-08T07:00:00Z"))), "closed");
    assert_eq!(ends.standing(&dev, at("2026-03-08T07:00:00Z")).look_again_at(), Some(at("2026-03-08T07:30:00Z")));
    // 01:30 happens twice on 2026-11-01: a window that ends then ends the first time, a freeze the second.
    let twice = entries("00:30", "1h");
    assert_eq!(until(&twice.standing(&prod(), at("2026-11-01T05:29:59Z"))), "open");
    assert_eq!(until(&twice.standing(&prod(), at("2026-11-01T05:30:00Z"))), "closed");
    assert_eq!(twice.standing(&dev, at("2026-11-01T05:45:00Z")).look_again_at(), Some(at("2026-11-01T06:30:00Z")));
}

#[test]
fn shanghai_has_no_clock_change_and_its_own_midnight() {
    let calendar = Calendar::parse(
        "schema: 1\ntimezone: Asia/Shanghai\nwindows:\n  - {name: 夜间, starts: 2026-01-05T22:00, lasts: 8h, repeat: 'FREQ=WEEKLY;BYDAY=SU'}\n",
    )
    .unwrap();
    for (inside, ends) in [("2026-03-08T15:00:00Z", "2026-03-08T22:00:00Z"), ("2026-11-01T14:00:00Z", "2026-11-01T22:00:00Z")] {
        let standing = calendar.standing(&prod(), at(inside));
        assert_eq!(standing, Standing::Open { until: at(ends), window: "夜间".into(), zone: "Asia/Shanghai".into() });
        assert!(standing.text().zh.contains("06:00 (Asia/Shanghai)"), "{}", standing.text().zh);
    }
}

#[test]
fn exceptions_are_local_dates_of_the_start() {
    let calendar = calendar("windows:\n  - {name: w, starts: 2026-12-01T22:00, lasts: 4h, repeat: FREQ=DAILY, except: [2026-12-24]}\n");
    assert_eq!(until(&calendar.standing(&prod(), at("2026-12-25T03:30:00Z"))), "closed");
    assert_eq!(until(&calendar.standing(&prod(), at("2026-12-24T03:30:00Z"))), "open");
    assert_eq!(until(&calendar.standing(&prod(), at("2026-12-26T03:30:00Z"))), "open");
}

#[test]
fn a_timeline_says_what_the_calendar_says_also_far_away() {
    let calendar = calendar(&format!("{NIGHTS}freezes:\n  - {{name: f, reason: r, starts: 2026-02-01T00:00, lasts: 10d}}\n"));
    let timeline = calendar.timeline(at("2026-01-20T00:00:00Z"));
    for hour in 0..2_000 {
        let now = at("2026-01-10T00:00:00Z").plus_seconds(hour * 3_600 * 3 / 2);
        if hour % 50 == 0 || (now > at("2026-01-20T00:00:00Z") && now < at("2026-01-21T00:00:00Z")) {
            assert_eq!(timeline.standing(&prod(), now), calendar.standing(&prod(), now), "{}", now.to_rfc3339());
        }
    }
}

#[test]
fn upcoming_lists_what_is_on_and_what_comes_in_order() {
    let calendar = calendar(&format!(
        "{NIGHTS}freezes:\n  - {{name: f, reason: why, starts: 2026-01-06T00:00, lasts: 1d, select: {{environments: [dev]}}}}\n"
    ));
    let now = at("2026-01-06T05:30:00Z");
    let all = calendar.upcoming(None, now, 3, 10);
    let names: Vec<(&str, OccurrenceKind)> = all.iter().map(|o| (o.name.as_str(), o.kind)).collect();
    assert_eq!(names[..3], [("nights", OccurrenceKind::Window), ("f", OccurrenceKind::Freeze), ("nights", OccurrenceKind::Window)]);
    assert!(calendar.upcoming(Some(&prod()), now, 3, 10).iter().all(|o| o.kind == OccurrenceKind::Window));
    assert_eq!(calendar.upcoming(None, now, 300, 2).len(), 2);
    assert!(all[1].text().en.contains("freeze `f`: 2026-01-06 00:00 (America/New_York)"), "{}", all[1].text().en);
}

fn problem(entries: &str) -> Problem {
    let error = Calendar::parse(&format!("schema: 1\ntimezone: UTC\n{entries}")).unwrap_err();
    assert!(!error.text().en.is_empty() && !error.text().zh.is_ascii());
    error.problem
}

#[test]
fn a_document_that_cannot_be_understood_is_refused_with_its_place() {
    let window = |rest: &str| problem(&format!("windows:\n  - {{name: w, {rest}}}\n"));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 1h, repet: FREQ=DAILY"), Problem::Unreadable(why) if why.contains("repet")));
    assert!(matches!(window("starts: 2026-01-01, lasts: 1h"), Problem::Moment(_)));
    assert!(matches!(window("starts: 2026-01-01T00:00Z, lasts: 1h"), Problem::Moment(_)));
    assert!(matches!(window("starts: 1999-01-01T00:00, lasts: 1h"), Problem::Year(1999)));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 1 hour"), Problem::Duration(_)));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 0m"), Problem::Duration(_)));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 8d"), Problem::DurationTooLong(_)));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 1h, timezone: Mars/Olympus"), Problem::Zone(_)));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 1h, select: {environments: [prd]}"), Problem::Selector(_)));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 1h, select: {accounts: [prоd]}"), Problem::Selector(_)));
    assert!(matches!(window("starts: 2026-01-01T00:00, lasts: 1h, except: [24.12.2026]"), Problem::Date(_)));
    assert!(matches!(window("starts: 2026-03-08T02:30, lasts: 1h, timezone: America/New_York"), Problem::NoSuchTime(_)));
    assert!(matches!(problem("freezes:\n  - {name: f, reason: r, starts: 2026-01-01T00:00}\n"), Problem::LastsOrEnds));
    assert!(matches!(
        problem("freezes:\n  - {name: f, reason: r, starts: 2026-01-02T00:00, ends: 2026-01-01T00:00}\n"),
        Problem::EndsFirst
    ));
    let twice = "windows:\n  - {name: w, starts: 2026-01-01T00:00, lasts: 1h}\n  - {name: w, starts: 2026-01-01T00:00, lasts: 1h}\n";
    assert!(matches!(problem(twice), Problem::Name(_)));
    assert!(matches!(Calendar::parse("{schema: 2, timezone: UTC}").unwrap_err().problem, Problem::Schema(2)));
    let error =
        Calendar::parse("schema: 1\ntimezone: UTC\nwindows:\n  - {name: w, starts: 2026-01-01T00:00, lasts: 1h, repeat: FREQ=HOURLY}\n")
            .unwrap_err();
    assert!(error.text().en.starts_with("windows[0] (w): `FREQ=HOURLY`"), "{}", error.text().en);
}

#[test]
fn hostile_documents_are_refused_before_they_cost_anything() {
    assert!(matches!(Calendar::parse(&"x".repeat(70_000)).unwrap_err().problem, Problem::TooLarge));
    let many: String = (0..65).map(|n| format!("  - {{name: w{n}, starts: 2026-01-01T00:00, lasts: 1h}}\n")).collect();
    assert!(matches!(problem(&format!("windows:\n{many}")), Problem::TooManyEntries(65)));
    // Aliases (the billion laughs), deep nesting, several documents.
    assert!(matches!(problem("windows:\n  - &a {name: w, starts: 2026-01-01T00:00, lasts: 1h}\n  - *a\n"), Problem::Unreadable(_)));
    assert!(matches!(problem(&format!("windows: {}{}\n", "[".repeat(500), "]".repeat(500))), Problem::Unreadable(_)));
    assert!(matches!(problem("---\nschema: 1\ntimezone: UTC\n"), Problem::Unreadable(_)));
    // A duplicate key is no way to hide a freeze behind an empty list.
    assert!(matches!(problem("freezes: []\nfreezes: []\n"), Problem::Unreadable(_)));
}

#[test]
fn a_json_document_and_its_own_serialisation_read_the_same() {
    let calendar = calendar(NIGHTS);
    let json = serde_json::to_string(calendar.document()).unwrap();
    assert_eq!(Calendar::parse(&json).unwrap().document(), calendar.document());
}
