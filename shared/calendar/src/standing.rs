//! What the calendar says at an instant. Entry types: [`Standing`], [`Timeline`].
//!
//! Invariant: a freeze that is on beats every window; a window that is meant for a subject and has no occurrence is closed.

use domain::{EpochMs, Text, text::defang};

use crate::{
    Calendar,
    limits::HORIZON_DAYS,
    span::{Entry, Kind},
    subject::Subject,
};

const DAY_SECONDS: i64 = 86_400;

/// The calendar's answer for a subject at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A window is open.
    Open {
        /// When it closes, or a freeze begins.
        until: EpochMs,
        /// The window's name.
        window: String,
        /// Its time zone.
        zone: String,
    },
    /// Windows are meant for the subject, and none is open.
    Closed {
        /// When the next one opens outside freezes; `None` when none does within 400 days.
        opens_at: Option<EpochMs>,
        /// That window's name.
        window: Option<String>,
        /// Its time zone; the first window's when none opens.
        zone: String,
    },
    /// A freeze is on.
    Frozen {
        /// When it ends, with the freezes that follow without a gap.
        until: EpochMs,
        /// The freeze's name.
        freeze: String,
        /// Why.
        reason: String,
        /// Its time zone.
        zone: String,
    },
    /// No window is meant for the subject: open, and people are told so.
    NotConfigured,
}

impl Standing {
    /// Whether a change that needs a window may run now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::NotConfigured)
    }

    /// When to look again: the end of the freeze, or the next opening. It has to be asked again then.
    #[must_use]
    pub fn look_again_at(&self) -> Option<EpochMs> {
        match self {
            Self::Open { .. } | Self::NotConfigured => None,
            Self::Closed { opens_at, .. } => *opens_at,
            Self::Frozen { until, .. } => Some(*until),
        }
    }

    /// A stable name for rules and logs: `window.open`, `window.closed`, `window.frozen`, `window.not_configured`.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Open { .. } => "window.open",
            Self::Closed { .. } => "window.closed",
            Self::Frozen { .. } => "window.frozen",
            Self::NotConfigured => "window.not_configured",
        }
    }

    /// In words, with the wall clock of the entry's own zone.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Open { until, window, zone } => {
                let (at, window) = (local(*until, zone), defang(window, 80));
                Text::new(format!("the change window `{window}` is open until {at}"), format!("变更窗口 `{window}` 开放至 {at}"))
            }
            Self::Closed { opens_at: Some(at), window, zone } => {
                let (at, window) = (local(*at, zone), defang(window.as_deref().unwrap_or_default(), 80));
                Text::new(
                    format!("outside the change windows; `{window}` opens at {at}"),
                    format!("不在变更窗口内；`{window}` 将于 {at} 开放"),
                )
            }
            Self::Closed { opens_at: None, .. } => Text::new(
                format!("outside the change windows, and none opens within {HORIZON_DAYS} days"),
                format!("不在变更窗口内，且 {HORIZON_DAYS} 天内没有窗口开放"),
            ),
            Self::Frozen { until, freeze, reason, zone } => {
                let (at, freeze, reason) = (local(*until, zone), defang(freeze, 80), defang(reason, 200));
                Text::new(format!("frozen until {at} by `{freeze}` ({reason})"), format!("处于变更冻结期 `{freeze}`（{reason}），至 {at}"))
            }
            Self::NotConfigured => Text::new(
                "no change calendar is configured for this, so the window counts as open",
                "未为此配置变更日历，视为变更窗口已开放",
            ),
        }
    }
}

/// `2026-01-05 22:00 (Asia/Shanghai)`.
fn local(at: EpochMs, zone: &str) -> String {
    match crate::zone::Zone::named(zone) {
        Some(known) => format!("{} ({zone})", known.clock(at).strftime("%Y-%m-%d %H:%M")),
        None => at.to_rfc3339(),
    }
}

/// Window or freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OccurrenceKind {
    /// Changes may not be made.
    Freeze,
    /// Changes may be made.
    Window,
}

/// One window or freeze on the time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Which of the two.
    pub kind: OccurrenceKind,
    /// Its name.
    pub name: String,
    /// Why; empty for a window.
    pub reason: String,
    /// From here on.
    pub from: EpochMs,
    /// Until here, exclusive.
    pub until: EpochMs,
    /// Its time zone.
    pub zone: String,
}

impl Occurrence {
    /// One line for people, with the wall clock of its own zone.
    #[must_use]
    pub fn text(&self) -> Text {
        let name = defang(&self.name, 80);
        let (from, until) = (local(self.from, &self.zone), local(self.until, &self.zone));
        match self.kind {
            OccurrenceKind::Window => {
                Text::new(format!("window `{name}`: {from} to {until}"), format!("变更窗口 `{name}`：{from} 至 {until}"))
            }
            OccurrenceKind::Freeze => {
                let reason = defang(&self.reason, 200);
                Text::new(
                    format!("freeze `{name}`: {from} to {until} ({reason})"),
                    format!("变更冻结 `{name}`：{from} 至 {until}（{reason}）"),
                )
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Item {
    entry: usize,
    start: i64,
    end: i64,
}

/// A calendar expanded from an instant on. Answers for a day without expanding again; asked about another time it expands
/// anew, so that its answers are always the calendar's.
#[derive(Debug, Clone)]
pub struct Timeline {
    calendar: Calendar,
    from: EpochMs,
    windows: Vec<Item>,
    freezes: Vec<Item>,
}

impl Timeline {
    pub(crate) fn of(calendar: &Calendar, subject: Option<&Subject>, from: EpochMs, days: i64) -> Self {
        let horizon = from.plus_seconds(days.saturating_add(1).saturating_mul(DAY_SECONDS));
        let expand = |entries: &[Entry]| {
            let mut items: Vec<Item> = entries
                .iter()
                .enumerate()
                .filter(|(_, e)| subject.is_none_or(|s| e.select.matches(s)))
                .flat_map(|(entry, e)| e.occurrences(from, horizon).into_iter().map(move |(start, end)| Item { entry, start, end }))
                .collect();
            items.sort_unstable_by_key(|i| (i.start, i.end, i.entry));
            items
        };
        Self { windows: expand(calendar.windows()), freezes: expand(calendar.freezes()), calendar: calendar.clone(), from }
    }

    /// What the calendar says about a subject.
    #[must_use]
    pub fn standing(&self, subject: &Subject, now: EpochMs) -> Standing {
        if now < self.from || now > self.from.plus_seconds(DAY_SECONDS) {
            return self.calendar.standing(subject, now);
        }
        let meant = |entries: &[Entry]| entries.iter().map(|e| e.select.matches(subject)).collect::<Vec<_>>();
        let (for_window, for_freeze) = (meant(self.calendar.windows()), meant(self.calendar.freezes()));
        let of = |items: &[Item], meant: &[bool]| -> Vec<Item> {
            items.iter().filter(|i| meant.get(i.entry) == Some(&true) && i.end > now.0).copied().collect()
        };
        let freezes = of(&self.freezes, &for_freeze);
        if let Some(frozen) = self.frozen(&freezes, now) {
            return frozen;
        }
        let Some(first) = self.calendar.windows().iter().zip(&for_window).find(|(_, meant)| **meant).map(|(e, _)| e) else {
            return Standing::NotConfigured;
        };
        let windows = of(&self.windows, &for_window);
        // Windows follow each other by their start: what is open now is extended by those that begin before it ends.
        let mut open: Option<Item> = None;
        for window in &windows {
            match open {
                None if window.start <= now.0 => open = Some(*window),
                Some(so_far) if window.start <= so_far.end && window.end > so_far.end => open = Some(Item { end: window.end, ..so_far }),
                _ => {}
            }
        }
        if let Some(open) = open {
            let freeze = freezes.iter().map(|f| f.start).filter(|start| *start > now.0).min().unwrap_or(i64::MAX);
            let (window, zone) = self.name(Kind::Window, open.entry);
            return Standing::Open { until: EpochMs(open.end.min(freeze)), window, zone };
        }
        let merged = merge(&freezes);
        let mut opening: Option<(i64, usize)> = None;
        for window in &windows {
            if opening.is_some_and(|(at, _)| at <= window.start) {
                break;
            }
            if let Some(at) = first_free(window, &merged, now) {
                opening = opening.into_iter().chain([(at, window.entry)]).min();
            }
        }
        if let Some((at, entry)) = opening {
            let (window, zone) = self.name(Kind::Window, entry);
            return Standing::Closed { opens_at: Some(EpochMs(at)), window: Some(window), zone };
        }
        Standing::Closed { opens_at: None, window: None, zone: first.zone.name.clone() }
    }

    fn frozen(&self, freezes: &[Item], now: EpochMs) -> Option<Standing> {
        let mut on: Option<Item> = None;
        for freeze in freezes {
            match on {
                None if freeze.start <= now.0 => on = Some(*freeze),
                Some(so_far) if freeze.start <= so_far.end && freeze.end > so_far.end => on = Some(Item { end: freeze.end, ..so_far }),
                _ => {}
            }
        }
        let on = on?;
        let entry = self.calendar.freezes().get(on.entry)?;
        Some(Standing::Frozen {
            until: EpochMs(on.end),
            freeze: entry.name.clone(),
            reason: entry.reason.clone(),
            zone: entry.zone.name.clone(),
        })
    }

    fn name(&self, kind: Kind, entry: usize) -> (String, String) {
        let entries = if kind == Kind::Window { self.calendar.windows() } else { self.calendar.freezes() };
        entries.get(entry).map(|e| (e.name.clone(), e.zone.name.clone())).unwrap_or_default()
    }

    pub(crate) fn upcoming(&self, now: EpochMs, most: usize) -> Vec<Occurrence> {
        let list = |items: &[Item], kind: OccurrenceKind, entries: &[Entry]| -> Vec<Occurrence> {
            items
                .iter()
                .filter(|i| i.end > now.0)
                .filter_map(|i| {
                    let entry = entries.get(i.entry)?;
                    Some(Occurrence {
                        kind,
                        name: entry.name.clone(),
                        reason: entry.reason.clone(),
                        from: EpochMs(i.start),
                        until: EpochMs(i.end),
                        zone: entry.zone.name.clone(),
                    })
                })
                .collect()
        };
        let mut all = list(&self.freezes, OccurrenceKind::Freeze, self.calendar.freezes());
        all.extend(list(&self.windows, OccurrenceKind::Window, self.calendar.windows()));
        all.sort_by(|a, b| (a.from, a.kind, &a.name).cmp(&(b.from, b.kind, &b.name)));
        all.truncate(most);
        all
    }
}

/// Spans that neither overlap nor touch, in order. The items come in the order of their starts.
fn merge(items: &[Item]) -> Vec<(i64, i64)> {
    let mut out: Vec<(i64, i64)> = Vec::new();
    for item in items {
        match out.last_mut() {
            Some((_, end)) if item.start <= *end => *end = item.end.max(*end),
            _ => out.push((item.start, item.end)),
        }
    }
    out
}

/// The first instant from `now` on that is in the window and in none of the merged freezes.
fn first_free(window: &Item, freezes: &[(i64, i64)], now: EpochMs) -> Option<i64> {
    let at = window.start.max(now.0);
    let next = freezes.partition_point(|(_, end)| *end <= at);
    let free = freezes.get(next).filter(|(start, _)| *start <= at).map_or(at, |(_, end)| *end);
    (free < window.end).then_some(free)
}
