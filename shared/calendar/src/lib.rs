//! Change windows and freezes: when may a plan run?
//!
//! Entry types: [`Calendar`] (read and checked from a document) and [`Standing`] (what it says about a [`Subject`] at an instant).
//!
//! Invariants: a freeze beats every window; where no window is meant for a subject the answer is
//! [`Standing::NotConfigured`], which is open and says so; in doubt (a clock that jumps) a window is shorter and a freeze
//! longer. Durations are by the wall clock: 22:00 for eight hours ends at 06:00, also on the night the clock changes.
//! Zone data are compiled in; nothing is read from the machine. Every expansion is bounded ([`limits`]), so that no document
//! can hold a decision up.
//!
//! ```
//! use calendar::{Calendar, Standing, Subject};
//! use domain::EpochMs;
//! let calendar = Calendar::parse(r#"
//! schema: 1
//! timezone: Asia/Shanghai
//! windows:
//!   - name: nights
//!     starts: 2026-01-05T22:00
//!     lasts: 8h
//!     repeat: FREQ=WEEKLY;BYDAY=MO,TU,WE,TH
//!     select: {environments: [prod]}
//! "#).unwrap();
//! let subject = Subject::parse("222222222222", "shop", "prod", "ec2.stop_instances").unwrap();
//! let monday_night = EpochMs(1_767_625_200_000); // 2026-01-05T23:00 in Shanghai
//! assert!(matches!(calendar.standing(&subject, monday_night), Standing::Open { .. }));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod document;
mod error;
mod recurrence;
mod span;
mod standing;
mod subject;
mod zone;

pub use document::{Document, FreezeEntry, WindowEntry};
pub use error::{CalendarError, Problem};
pub use standing::{Occurrence, OccurrenceKind, Standing, Timeline};
pub use subject::{Select, Subject};

use domain::EpochMs;

/// Bounds on what a document may ask for.
pub mod limits {
    /// Largest document, in bytes.
    pub const MAX_DOCUMENT_BYTES: usize = 65_536;
    /// Most windows and freezes together.
    pub const MAX_ENTRIES: usize = 64;
    /// Longest name or reason, in characters.
    pub const MAX_TEXT_CHARS: usize = 200;
    /// Most names in one selector list, and most exception dates of one entry.
    pub const MAX_LIST: usize = 400;
    /// Longest window, in minutes: seven days.
    pub const MAX_WINDOW_MINUTES: i64 = 7 * 1440;
    /// Longest freeze, in minutes: 400 days; 92 days where it repeats.
    pub const MAX_FREEZE_MINUTES: i64 = 400 * 1440;
    /// Longest freeze that repeats, in minutes.
    pub const MAX_REPEATED_FREEZE_MINUTES: i64 = 92 * 1440;
    /// Largest `COUNT`.
    pub const MAX_COUNT: u32 = 1_000;
    /// Largest `INTERVAL`.
    pub const MAX_INTERVAL: u16 = 400;
    /// First and last year of a start.
    pub const YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;
    /// How far ahead an opening is looked for, in days.
    pub const HORIZON_DAYS: i64 = 400;
    /// A rule must happen within this many days of its start.
    pub const FIRST_WITHIN_DAYS: i64 = 5 * 366;
}

/// Windows and freezes, checked.
#[derive(Debug, Clone)]
pub struct Calendar {
    document: Document,
    windows: Vec<span::Entry>,
    freezes: Vec<span::Entry>,
}

impl Calendar {
    /// Reads a calendar document in YAML (JSON is YAML as well). Unknown fields are refused.
    ///
    /// # Errors
    /// [`CalendarError`], naming the entry and what is wrong with it, in both languages.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        Self::new(document::read(text)?)
    }

    /// Checks a document.
    ///
    /// # Errors
    /// As [`Calendar::parse`].
    pub fn new(document: Document) -> Result<Self, CalendarError> {
        let (windows, freezes) = document::check(&document)?;
        Ok(Self { document, windows, freezes })
    }

    /// The document as it was read: canonical JSON of it is what people approve.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What the calendar says about a subject now. Expands the rules anew (about a millisecond for a daily rule); where many
    /// decisions are taken, keep a [`Timeline`].
    #[must_use]
    pub fn standing(&self, subject: &Subject, now: EpochMs) -> Standing {
        Timeline::of(self, Some(subject), now, limits::HORIZON_DAYS).standing(subject, now)
    }

    /// Every window and freeze from `now` on, expanded once.
    #[must_use]
    pub fn timeline(&self, now: EpochMs) -> Timeline {
        Timeline::of(self, None, now, limits::HORIZON_DAYS)
    }

    /// What is on or comes within `days` (at most 400), for `show calendar`: earliest first, at most `most`. With a subject,
    /// only what concerns it.
    #[must_use]
    pub fn upcoming(&self, subject: Option<&Subject>, now: EpochMs, days: i64, most: usize) -> Vec<Occurrence> {
        Timeline::of(self, subject, now, days.clamp(1, limits::HORIZON_DAYS)).upcoming(now, most)
    }

    pub(crate) fn windows(&self) -> &[span::Entry] {
        &self.windows
    }

    pub(crate) fn freezes(&self) -> &[span::Entry] {
        &self.freezes
    }
}
