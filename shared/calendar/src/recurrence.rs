//! RFC 5545 recurrence by the wall clock; the only module that names the rrule crate. Entry type: [`Recurrence`].
//!
//! Invariants: the rule is expanded as a list of wall-clock readings (the zone plays no part), so that clock changes are
//! decided in one place, `span`; every expansion is bounded, and starts near the asked time instead of at the rule's start.
//!
//! A subset of the RFC that a person can check: FREQ from DAILY up, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY,
//! BYSETPOS, WKST. The hour comes from the start. `COUNT` counts readings, also those that a clock change skips.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use rrule::RRuleSet;

use crate::{error::Problem, limits, zone::Zone};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A checked rule with its start.
#[derive(Debug, Clone)]
pub(crate) struct Recurrence {
    first: DateTime,
    frequency: Frequency,
    interval: i32,
    counted: bool,
    until: Option<DateTime>,
    /// The rule's parts without UNTIL.
    rule: String,
}

impl Recurrence {
    /// Checks a rule (`FREQ=WEEKLY;BYDAY=MO`) that starts at `first`.
    pub(crate) fn parse(text: &str, first: DateTime, zone: &Zone) -> Result<Self, Problem> {
        if text.len() > 300 {
            return Err(Problem::RulePart(text.to_owned()));
        }
        let upper = text.trim().to_ascii_uppercase();
        let mut parts: Vec<(String, String)> = Vec::new();
        for part in upper.split(';') {
            let bad = || Problem::RulePart(part.to_owned());
            let (key, value) = part.split_once('=').ok_or_else(bad)?;
            let known = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST"].contains(&key);
            let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b",+-".contains(&b));
            if !known || !plain || parts.iter().any(|(k, _)| k == key) {
                return Err(bad());
            }
            parts.push((key.to_owned(), value.to_owned()));
        }
        let get = |key: &str| parts.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        let refuse = |key: &str| Problem::RulePart(format!("{key}={}", get(key).unwrap_or_default()));
        let frequency = match get("FREQ").as_deref() {
            Some("DAILY") => Frequency::Daily,
            Some("WEEKLY") => Frequency::Weekly,
            Some("MONTHLY") => Frequency::Monthly,
            Some("YEARLY") => Frequency::Yearly,
            _ => return Err(refuse("FREQ")),
        };
        let number = |key: &str, most: u32| match get(key) {
            None => Ok(None),
            Some(text) => text.parse::<u32>().ok().filter(|n| (1..=most).contains(n)).map(Some).ok_or_else(|| refuse(key)),
        };
        let interval = number("INTERVAL", u32::from(limits::MAX_INTERVAL))?.and_then(|n| i32::try_from(n).ok()).unwrap_or(1);
        let count = number("COUNT", limits::MAX_COUNT)?;
        let until = get("UNTIL").map(|text| until(&text, zone).ok_or_else(|| refuse("UNTIL"))).transpose()?;
        if count.is_some() && until.is_some() {
            return Err(refuse("UNTIL"));
        }
        // What the start leaves unsaid is written out, so that the rule means the same from any later start.
        let has = |key: &str| get(key).is_some();
        let day = ("BYMONTHDAY".to_owned(), first.day().to_string());
        match frequency {
            Frequency::Monthly if !has("BYDAY") && !has("BYMONTHDAY") => parts.push(day),
            Frequency::Yearly if !has("BYDAY") && !has("BYMONTHDAY") => {
                if !has("BYMONTH") {
                    parts.push(("BYMONTH".into(), first.month().to_string()));
                }
                parts.push(day);
            }
            _ => {}
        }
        parts.retain(|(key, _)| key != "UNTIL");
        let rule = parts.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(";");
        let parsed = Self { first, frequency, interval, counted: count.is_some(), until, rule };
        parsed.set(first, first).map_err(Problem::Rule)?;
        let horizon = first.saturating_add(limits::FIRST_WITHIN_DAYS.days());
        if parsed.starts(first, horizon, 1).is_empty() { Err(Problem::NeverHappens) } else { Ok(parsed) }
    }

    /// At most `most` starts at or after `from` and not after `to`, in order.
    pub(crate) fn starts(&self, from: DateTime, to: DateTime, most: usize) -> Vec<DateTime> {
        let last = self.until.map_or(to, |until| until.min(to));
        let near = self.near(from);
        if near > last {
            return Vec::new();
        }
        // Beyond the end the library stops at once instead of looking for a next occurrence.
        let Ok(set) = self.set(near, last) else {
            return Vec::new();
        };
        set.limit()
            .into_iter()
            .filter_map(|at| Timestamp::from_second(at.timestamp()).ok())
            .map(|at| TimeZone::UTC.to_datetime(at))
            .take_while(|at| *at <= last)
            .filter(|at| *at >= from && *at >= self.first)
            .take(most)
            .collect()
    }

    /// The start from which the library counts: the rule's own, or a later one of the same phase, a whole period before
    /// `from`. A rule with COUNT has to be counted from its own.
    fn near(&self, from: DateTime) -> DateTime {
        if self.counted || from <= self.first {
            return self.first;
        }
        let (a, b) = (self.first.date(), from.date());
        let apart = match self.frequency {
            Frequency::Daily => days_between(a, b),
            Frequency::Weekly => days_between(a, b) / 7,
            Frequency::Monthly => months(b) - months(a),
            Frequency::Yearly => i32::from(b.year()) - i32::from(a.year()),
        };
        // Two periods of margin: the first one of a weekly rule may be cut.
        let steps = (apart / self.interval - 2).max(0) * self.interval;
        if steps == 0 {
            return self.first;
        }
        let moved = match self.frequency {
            Frequency::Daily => a.saturating_add(steps.days()),
            Frequency::Weekly => a.saturating_add((steps * 7).days()),
            Frequency::Monthly => a.first_of_month().saturating_add(steps.months()),
            Frequency::Yearly => a.first_of_year().saturating_add(steps.years()),
        };
        moved.to_datetime(self.first.time())
    }

    fn set(&self, start: DateTime, last: DateTime) -> Result<RRuleSet, String> {
        let until = if self.counted { String::new() } else { format!(";UNTIL={}Z", last.strftime("%Y%m%dT%H%M%S")) };
        let text = format!("DTSTART:{}Z\nRRULE:{}{until}", start.strftime("%Y%m%dT%H%M%S"), self.rule);
        text.parse::<RRuleSet>().map_err(|e| e.to_string())
    }
}

fn days_between(a: Date, b: Date) -> i32 {
    i32::try_from(a.duration_until(b).as_secs() / 86_400).unwrap_or(0)
}

fn months(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month())
}

/// `20261231` (that whole day), `20261231T235959` by the wall clock, or the same with `Z` in UTC.
fn until(text: &str, zone: &Zone) -> Option<DateTime> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<i16>().ok());
    let small = |from: usize, to: usize| number(from, to).and_then(|n| i8::try_from(n).ok());
    let date = Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let time = || Time::new(small(8, 10)?, small(10, 12)?, small(12, 14)?, 0).ok().map(|time| date.to_datetime(time));
    let valid = |at: DateTime| limits::YEARS.contains(&at.year()).then_some(at);
    match shape.as_str() {
        "00000000" => valid(date.at(23, 59, 59, 0)),
        "00000000T000000" => valid(time()?),
        "00000000T000000Z" => {
            let at = TimeZone::UTC.to_timestamp(time()?).ok()?;
            valid(zone.clock(domain::EpochMs(at.as_millisecond())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str, first: &str) -> Result<Recurrence, Problem> {
        Recurrence::parse(text, first.parse().unwrap(), &Zone::named("America/New_York").unwrap())
    }

    fn days(text: &str, first: &str, from: &str, to: &str) -> Vec<String> {
        let starts = rule(text, first).unwrap().starts(from.parse().unwrap(), to.parse().unwrap(), 100);
        starts.iter().map(|d| d.date().to_string()).collect()
    }

    #[test]
    fn a_rule_means_the_same_from_a_later_start() {
        for text in [
            "FREQ=DAILY;INTERVAL=3",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA;WKST=SU",
            "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1",
            "FREQ=MONTHLY",
            "FREQ=MONTHLY;INTERVAL=5;BYDAY=-1FR",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=YEARLY",
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=3,11;BYDAY=1SU",
            "FREQ=DAILY;BYMONTH=12",
        ] {
            let rule = rule(text, "2020-01-31T22:00").unwrap();
            let end = "2027-01-01T00:00".parse().unwrap();
            let all = rule.starts(rule.first, end, 10_000);
            for from in ["2020-02-29T00:00", "2023-11-05T12:00", "2025-03-09T22:00", "2026-08-31T23:00"] {
                let from: DateTime = from.parse().unwrap();
                let late: Vec<DateTime> = all.iter().copied().filter(|d| *d >= from).collect();
                assert_eq!(rule.starts(from, end, 10_000), late, "{text} from {from}");
            }
        }
    }

    #[test]
    fn count_and_until_end_a_rule() {
        assert_eq!(days("FREQ=DAILY;COUNT=2", "2026-01-30T22:00", "2026-01-01T00:00", "2027-01-01T00:00"), ["2026-01-30", "2026-01-31"]);
        let until =
            |text: &str| days(&format!("FREQ=DAILY;UNTIL={text}"), "2026-01-30T22:00", "2026-01-01T00:00", "2027-01-01T00:00").len();
        assert_eq!(until("20260131"), 2);
        assert_eq!(until("20260131T215959"), 1);
        assert_eq!(until("20260131T220000"), 2);
        // 22:00 in New York is 03:00 in UTC, the next day.
        assert_eq!(until("20260201T030000Z"), 2);
        assert_eq!(until("20260201T025959Z"), 1);
    }

    #[test]
    fn parts_that_are_unknown_twice_or_too_fine_are_refused() {
        for bad in [
            "",
            "FREQ=SECONDLY",
            "FREQ=HOURLY",
            "BYDAY=MO",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=DAILY;BYSECOND=1",
            "FREQ=DAILY;BYHOUR=1,2",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=65000",
            "FREQ=DAILY;COUNT=1000000000",
            "FREQ=DAILY;COUNT=1;UNTIL=20300101",
            "FREQ=DAILY;UNTIL=20301301",
            "FREQ=DAILY;UNTIL=20300101T240000",
            "FREQ=DAILY\nRRULE:FREQ=SECONDLY",
            "FREQ=DAILY;X=1",
            "RRULE:FREQ=DAILY",
        ] {
            assert!(matches!(rule(bad, "2026-01-01T00:00"), Err(Problem::RulePart(_))), "{bad}");
        }
        assert!(matches!(rule("FREQ=DAILY;BYMONTH=13", "2026-01-01T00:00"), Err(Problem::Rule(_))));
        assert!(matches!(rule("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01T00:00"), Err(Problem::NeverHappens)));
        assert!(matches!(rule("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-01-05T00:00"), Err(Problem::NeverHappens)));
    }
}
