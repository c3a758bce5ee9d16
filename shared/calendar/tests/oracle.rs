//! The calendar against a brute-force oracle that walks minutes of another zone library (chrono-tz).
//!
//! The oracle knows no instants of starts and ends: it reads the wall clock minute by minute, and finds where a reading is
//! reached, passed, or skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use calendar::{Calendar, Standing, Subject};
use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Weekday};
use chrono_tz::Tz;
use domain::EpochMs;
use proptest::prelude::*;

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Mon, "MO"),
    (Weekday::Tue, "TU"),
    (Weekday::Wed, "WE"),
    (Weekday::Thu, "TH"),
    (Weekday::Fri, "FR"),
    (Weekday::Sat, "SA"),
    (Weekday::Sun, "SU"),
];

#[derive(Debug, Clone)]
enum Rule {
    Daily(u32),
    Weekly(u32, Vec<usize>),
    MonthDay(u32),
    LastOfMonth(usize),
}

impl Rule {
    fn text(&self) -> String {
        match self {
            Self::Daily(n) => format!("FREQ=DAILY;INTERVAL={n}"),
            Self::Weekly(n, days) => {
                format!("FREQ=WEEKLY;INTERVAL={n};BYDAY={}", days.iter().map(|d| WEEK[*d].1).collect::<Vec<_>>().join(","))
            }
            Self::MonthDay(day) => format!("FREQ=MONTHLY;BYMONTHDAY={day}"),
            Self::LastOfMonth(day) => format!("FREQ=MONTHLY;BYDAY=-1{}", WEEK[*day].1),
        }
    }

    fn on(&self, first: NaiveDate, day: NaiveDate) -> bool {
        if day < first {
            return false;
        }
        let apart = (day - first).num_days();
        match self {
            Self::Daily(n) => apart % i64::from(*n) == 0,
            Self::Weekly(n, days) => {
                let monday = |d: NaiveDate| d - Days::new(u64::from(d.weekday().num_days_from_monday()));
                let weeks = (monday(day) - monday(first)).num_days() / 7;
                weeks % i64::from(*n) == 0 && days.iter().any(|d| WEEK[*d].0 == day.weekday())
            }
            Self::MonthDay(number) => day.day() == *number,
            Self::LastOfMonth(weekday) => WEEK[*weekday].0 == day.weekday() && (day + Days::new(7)).month() != day.month(),
        }
    }
}

/// Wall-clock readings of the zone, one a minute of real time: (minute since the epoch, reading).
fn readings(zone: Tz, from: i64, to: i64) -> Vec<(i64, NaiveDateTime)> {
    (from..to).map(|m| (m, zone.timestamp_opt(m * 60, 0).unwrap().naive_local())).collect()
}

/// First minute at which the clock shows the reading or is past it, having been before it.
fn reached(walk: &[(i64, NaiveDateTime)], reading: NaiveDateTime) -> Option<usize> {
    (1..walk.len()).find(|n| walk[n - 1].1 < reading && walk[*n].1 >= reading)
}

fn start(walk: &[(i64, NaiveDateTime)], reading: NaiveDateTime, freeze: bool) -> Option<i64> {
    let n = reached(walk, reading)?;
    (freeze || walk[n].1 == reading).then_some(walk[n].0)
}

fn end(walk: &[(i64, NaiveDateTime)], reading: NaiveDateTime, freeze: bool) -> Option<i64> {
    let n = reached(walk, reading)?;
    if !freeze {
        return Some(walk[n].0);
    }
    if walk[n].1 == reading {
        // The last time the clock shows it.
        return walk.iter().rfind(|(_, r)| *r == reading).map(|(m, _)| *m);
    }
    // Skipped: as much later as it lies behind the last reading before the jump.
    Some(walk[n].0 + (reading - walk[n - 1].1).num_minutes() - 1)
}

fn rules() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (1u32..4).prop_map(Rule::Daily),
        (1u32..3, proptest::sample::subsequence((0..7).collect::<Vec<usize>>(), 1..5)).prop_map(|(n, d)| Rule::Weekly(n, d)),
        prop_oneof![Just(1u32), Just(7), Just(8), Just(31)].prop_map(Rule::MonthDay),
        (0usize..7).prop_map(Rule::LastOfMonth),
    ]
}

/// Zones with clock changes near midnight, of half an hour, and none; and days around their changes.
fn places() -> impl Strategy<Value = (Tz, NaiveDate)> {
    let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    prop_oneof![
        Just((chrono_tz::America::New_York, day(2026, 3, 8))),
        Just((chrono_tz::America::New_York, day(2026, 11, 1))),
        Just((chrono_tz::Asia::Shanghai, day(2026, 3, 8))),
        Just((chrono_tz::Asia::Shanghai, day(2026, 1, 31))),
        Just((chrono_tz::Australia::Lord_Howe, day(2026, 4, 5))),
        Just((chrono_tz::Australia::Lord_Howe, day(2026, 10, 4))),
        Just((chrono_tz::Europe::London, day(2026, 10, 25))),
        Just((chrono_tz::Africa::Cairo, day(2026, 4, 24))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn windows_and_freezes_hold_exactly_where_the_oracle_says(
        (zone, around) in places(),
        rule in rules(),
        quarter in 0i64..96,
        length in 1i64..200,
        back in 0u64..400,
        freeze in any::<bool>(),
    ) {
        let first = (around - Days::new(back)).and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(quarter * 15);
        let lasts = TimeDelta::minutes(length * 15);
        let entry = format!(
            "- {{name: e, {}starts: {}, lasts: {}m, repeat: '{}'}}",
            if freeze { "reason: r, " } else { "" },
            first.format("%Y-%m-%dT%H:%M"),
            length * 15,
            rule.text()
        );
        let list = if freeze { "freezes" } else { "windows" };
        let calendar = Calendar::parse(&format!("schema: 1\ntimezone: {}\n{list}:\n  {entry}\n", zone.name())).unwrap();

        let midnight = around.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp() / 60;
        let walk = readings(zone, midnight - 6 * 1440, midnight + 6 * 1440);
        let mut on: BTreeMap<i64, i64> = BTreeMap::new();
        let mut day = around - Days::new(5);
        while day < around + Days::new(3) {
            let reading = day.and_time(first.time());
            if reading >= first && rule.on(first.date(), day)
                && let (Some(from), Some(to)) = (start(&walk, reading, freeze), end(&walk, reading + lasts, freeze))
                && from < to
            {
                let longest = on.entry(from).or_insert(to);
                *longest = to.max(*longest);
            }
            day = day + Days::new(1);
        }
        let subject = Subject::parse("222222222222", "shop", "prod", "ec2.stop_instances").unwrap();
        let begin = midnight - 720;
        let timelines = [calendar.timeline(EpochMs(begin * 60_000)), calendar.timeline(EpochMs((begin + 1440) * 60_000))];
        // Each quarter of an hour, and the last millisecond before it.
        for step in 1..190 {
            let minute = begin + step * 15;
            for ms in [minute * 60_000 - 1, minute * 60_000] {
                let expected = on.iter().any(|(from, to)| from * 60_000 <= ms && ms < to * 60_000);
                let timeline = &timelines[usize::from(minute > begin + 1440)];
                let found = match timeline.standing(&subject, EpochMs(ms)) {
                    Standing::Open { .. } | Standing::Frozen { .. } => true,
                    Standing::Closed { .. } | Standing::NotConfigured => false,
                };
                prop_assert_eq!(found, expected, "{} at {}", entry, EpochMs(ms).to_rfc3339());
            }
        }
    }
}
