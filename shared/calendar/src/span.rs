//! From wall-clock starts to instants. Entry type: [`Entry`].
//!
//! Invariant, where the clock jumps: in doubt a window is shorter and a freeze longer.
//!
//! | | start skipped by the clock | start twice | end skipped | end twice |
//! |---|---|---|---|---|
//! | window | does not open (RFC 5545, 3.3.10) | the first (3.3.5) | ends at the jump | the first |
//! | freeze | starts at the jump | the first | by the offset before the jump | the second |

use std::collections::BTreeSet;

use domain::EpochMs;
use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
};

use crate::{
    recurrence::Recurrence,
    subject::Select,
    zone::{Reading, Zone},
};

/// Most occurrences of one entry in one expansion.
const MAX_OCCURRENCES: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Window,
    Freeze,
}

/// A checked window or freeze.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) reason: String,
    pub(crate) select: Select,
    pub(crate) zone: Zone,
    pub(crate) first: DateTime,
    /// How long, by the wall clock.
    pub(crate) minutes: i64,
    pub(crate) recurrence: Option<Recurrence>,
    pub(crate) except: BTreeSet<Date>,
}

impl Entry {
    /// Every occurrence that is on at some instant of `[from, to)`: start and end in milliseconds, by start.
    pub(crate) fn occurrences(&self, from: EpochMs, to: EpochMs) -> Vec<(i64, i64)> {
        // A day of margin on each side is more than any two offsets differ.
        let earliest = self.zone.clock(from).saturating_sub(self.minutes.minutes()).saturating_sub(1.day());
        let latest = self.zone.clock(to).saturating_add(1.day());
        let starts = match &self.recurrence {
            Some(rule) => rule.starts(earliest, latest, MAX_OCCURRENCES),
            None => vec![self.first],
        };
        let mut spans: Vec<(i64, i64)> = starts
            .into_iter()
            .filter(|start| !self.except.contains(&start.date()))
            .filter_map(|start| self.instants(start))
            .filter(|(start, end)| *start < to.0 && *end > from.0)
            .collect();
        spans.sort_unstable();
        spans
    }

    fn instants(&self, start: DateTime) -> Option<(i64, i64)> {
        let end = start.checked_add(self.minutes.minutes()).ok()?;
        let freeze = self.kind == Kind::Freeze;
        let start = match self.zone.reading(start)? {
            Reading::Once(at) | Reading::Twice { first: at, .. } => at,
            Reading::Never { jump, .. } if freeze => jump,
            Reading::Never { .. } => return None,
        };
        let end = match self.zone.reading(end)? {
            Reading::Once(at) => at,
            Reading::Twice { first, second } => {
                if freeze {
                    second
                } else {
                    first
                }
            }
            Reading::Never { jump, later } => {
                if freeze {
                    later
                } else {
                    jump
                }
            }
        };
        (start < end).then_some((start, end))
    }
}
