//! The calendar document as people write it, and its checks. Entry types: [`Document`], [`check`].
//!
//! Invariant: what cannot be understood is refused with its place; nothing is guessed or left out.

use std::collections::BTreeSet;

use domain::text::defang;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::{
    error::{CalendarError, Problem},
    limits,
    recurrence::Recurrence,
    span::{Entry, Kind},
    subject::Select,
    zone::{Reading, Zone},
};

/// A calendar document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The form of this document: 1.
    pub schema: u32,
    /// IANA name of the zone of every entry that names none.
    pub timezone: String,
    /// When changes may be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<WindowEntry>,
    /// When they may not, whatever the windows say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<FreezeEntry>,
}

/// A change window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowEntry {
    /// For people; unique in the document.
    pub name: String,
    /// Where it holds; everywhere when empty.
    #[serde(default)]
    pub select: Select,
    /// IANA name; the document's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The first start, by the wall clock: `2026-01-05T22:00`.
    pub starts: String,
    /// How long it is open, by the wall clock: `30m`, `8h`, `1d12h`.
    pub lasts: String,
    /// RFC 5545 recurrence rule without `RRULE:`. Starts happen where the rule says, from `starts` on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
    /// Local dates on which it does not start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// A freeze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeEntry {
    /// For people; unique in the document.
    pub name: String,
    /// Why, for people.
    pub reason: String,
    /// Where it holds; everywhere when empty.
    #[serde(default)]
    pub select: Select,
    /// IANA name; the document's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The first start, by the wall clock.
    pub starts: String,
    /// The end, by the wall clock; for a freeze that happens once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
    /// How long it holds, by the wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<String>,
    /// RFC 5545 recurrence rule without `RRULE:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
    /// Local dates on which it does not start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

fn at_document(problem: Problem) -> CalendarError {
    CalendarError { at: "calendar".into(), problem }
}

/// Reads YAML within bounds: no aliases, little depth, few nodes.
pub(crate) fn read(text: &str) -> Result<Document, CalendarError> {
    if text.len() > limits::MAX_DOCUMENT_BYTES {
        return Err(at_document(Problem::TooLarge));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_aliases: 0, max_anchors: 0, max_depth: 8, max_nodes: 40_000, max_events: 80_000, max_documents: 1 },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| at_document(Problem::Unreadable(e.to_string())))
}

/// Checks every entry and prepares it: windows, freezes.
pub(crate) fn check(document: &Document) -> Result<(Vec<Entry>, Vec<Entry>), CalendarError> {
    if document.schema != 1 {
        return Err(at_document(Problem::Schema(document.schema)));
    }
    let entries = document.windows.len() + document.freezes.len();
    if entries > limits::MAX_ENTRIES {
        return Err(at_document(Problem::TooManyEntries(entries)));
    }
    let usual = zone(&document.timezone).map_err(at_document)?;
    let mut names = BTreeSet::new();
    let mut named = |name: &str, place: String| {
        let at = format!("{place} ({})", defang(name, 40));
        let chars = name.trim().chars().count();
        let ok = (1..=limits::MAX_TEXT_CHARS).contains(&chars) && names.insert(name.trim().to_owned());
        if ok { Ok(at) } else { Err(CalendarError { at: place, problem: Problem::Name(name.to_owned()) }) }
    };
    let mut windows = Vec::new();
    for (n, window) in document.windows.iter().enumerate() {
        let at = named(&window.name, format!("windows[{n}]"))?;
        let raw = Raw {
            kind: Kind::Window,
            name: &window.name,
            reason: "",
            select: &window.select,
            timezone: window.timezone.as_deref(),
            starts: &window.starts,
            ends: None,
            lasts: Some(&window.lasts),
            repeat: window.repeat.as_deref(),
            except: &window.except,
        };
        windows.push(raw.check(&usual).map_err(|problem| CalendarError { at, problem })?);
    }
    let mut freezes = Vec::new();
    for (n, freeze) in document.freezes.iter().enumerate() {
        let at = named(&freeze.name, format!("freezes[{n}]"))?;
        let raw = Raw {
            kind: Kind::Freeze,
            name: &freeze.name,
            reason: &freeze.reason,
            select: &freeze.select,
            timezone: freeze.timezone.as_deref(),
            starts: &freeze.starts,
            ends: freeze.ends.as_deref(),
            lasts: freeze.lasts.as_deref(),
            repeat: freeze.repeat.as_deref(),
            except: &freeze.except,
        };
        freezes.push(raw.check(&usual).map_err(|problem| CalendarError { at, problem })?);
    }
    Ok((windows, freezes))
}

struct Raw<'a> {
    kind: Kind,
    name: &'a str,
    reason: &'a str,
    select: &'a Select,
    timezone: Option<&'a str>,
    starts: &'a str,
    ends: Option<&'a str>,
    lasts: Option<&'a str>,
    repeat: Option<&'a str>,
    except: &'a [String],
}

impl Raw<'_> {
    fn check(&self, usual: &Zone) -> Result<Entry, Problem> {
        self.select.check()?;
        if self.reason.chars().count() > limits::MAX_TEXT_CHARS {
            return Err(Problem::Name(self.reason.to_owned()));
        }
        let zone = self.timezone.map_or_else(|| Ok(usual.clone()), zone)?;
        let first = moment(self.starts)?;
        let minutes = match (self.lasts, self.ends) {
            (Some(lasts), None) => duration(lasts)?,
            (None, Some(ends)) if self.repeat.is_none() => minutes_between(first, moment(ends)?)?,
            _ => return Err(Problem::LastsOrEnds),
        };
        let most = match (self.kind, self.repeat) {
            (Kind::Window, _) => limits::MAX_WINDOW_MINUTES,
            (Kind::Freeze, None) => limits::MAX_FREEZE_MINUTES,
            (Kind::Freeze, Some(_)) => limits::MAX_REPEATED_FREEZE_MINUTES,
        };
        if minutes > most {
            return Err(Problem::DurationTooLong(most));
        }
        // A window that opens once, at a time that does not exist, would never open: better to say so now.
        let never = matches!(zone.reading(first), None | Some(Reading::Never { .. }));
        if never && self.kind == Kind::Window && self.repeat.is_none() {
            return Err(Problem::NoSuchTime(self.starts.to_owned()));
        }
        if self.except.len() > limits::MAX_LIST {
            return Err(Problem::TooLong("except"));
        }
        let except = self.except.iter().map(|text| date(text)).collect::<Result<BTreeSet<_>, _>>()?;
        let recurrence = self.repeat.map(|rule| Recurrence::parse(rule, first, &zone)).transpose()?;
        Ok(Entry {
            kind: self.kind,
            name: self.name.trim().to_owned(),
            reason: self.reason.to_owned(),
            select: self.select.clone(),
            zone,
            first,
            minutes,
            recurrence,
            except,
        })
    }
}

fn zone(name: &str) -> Result<Zone, Problem> {
    Zone::named(name).ok_or_else(|| Problem::Zone(name.to_owned()))
}

/// `2026-01-05T22:00`, seconds allowed when they are zero; no zone, no fraction.
fn moment(text: &str) -> Result<DateTime, Problem> {
    let bad = || Problem::Moment(text.to_owned());
    let shape = text.len() == 16 || (text.len() == 19 && text.ends_with(":00"));
    if !shape || text.as_bytes().get(10) != Some(&b'T') || !text.bytes().all(|b| b.is_ascii_digit() || b"-:T".contains(&b)) {
        return Err(bad());
    }
    let moment: DateTime = text.parse().map_err(|_| bad())?;
    if limits::YEARS.contains(&moment.year()) { Ok(moment) } else { Err(Problem::Year(moment.year())) }
}

fn date(text: &str) -> Result<Date, Problem> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| text.parse().ok()).flatten().ok_or_else(|| Problem::Date(text.to_owned()))
}

/// `1d12h30m`, in minutes; each part at most once, in this order.
fn duration(text: &str) -> Result<i64, Problem> {
    let bad = || Problem::Duration(text.to_owned());
    let (mut rest, mut total) = (text, 0_i64);
    for (unit, minutes) in [('d', 1440), ('h', 60), ('m', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            if number.is_empty() || number.len() > 6 || !number.bytes().all(|b| b.is_ascii_digit()) {
                return Err(bad());
            }
            total += number.parse::<i64>().map_err(|_| bad())? * minutes;
            rest = after;
        }
    }
    if rest.is_empty() && total > 0 { Ok(total) } else { Err(bad()) }
}

fn minutes_between(start: DateTime, end: DateTime) -> Result<i64, Problem> {
    let minutes = start.duration_until(end).as_secs() / 60;
    if minutes > 0 { Ok(minutes) } else { Err(Problem::EndsFirst) }
}
