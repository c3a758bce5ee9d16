//! The cheapest cover of units by listed phrases. Entry point: [`cover`].
//!
//! Invariant: linear in the number of units: every unit is looked at with at most [`LONGEST`] after it, and with at most
//! [`WIDEST`] readings at a time.

use smol_str::SmolStr;

use crate::{
    entity::Shape,
    lexicon::{Inflection, LEXICON, Meaning, Sense},
    normalize::Letters,
    scan::{Unit, UnitKind},
    token::{Kind, Token},
    vocabulary::Mark,
};

/// The longest listed phrase, in units.
const LONGEST: usize = 10;
/// The most readings of inflected words that are followed at a time.
const WIDEST: usize = 6;

/// Places in the tree of phrases that the units so far may lead to.
#[derive(Clone, Copy)]
struct Front {
    nodes: [(u32, Inflection); WIDEST],
    len: usize,
}

impl Front {
    fn root() -> Self {
        Self { nodes: [(0, Inflection::Base); WIDEST], len: 1 }
    }

    fn nodes(&self) -> &[(u32, Inflection)] {
        self.nodes.get(..self.len).unwrap_or_default()
    }

    /// The places one unit further.
    fn step(&self, unit: &Unit) -> Self {
        let mut next = Self { nodes: [(0, Inflection::Base); WIDEST], len: 0 };
        for (node, so_far) in self.nodes() {
            for (id, inflection) in unit.ids.iter() {
                if let Some(child) = LEXICON.step(*node, id)
                    && let Some(slot) = next.nodes.get_mut(next.len)
                {
                    *slot = (child, (*so_far).max(inflection));
                    next.len += 1;
                }
            }
        }
        next
    }

    fn ends(&self) -> impl Iterator<Item = (&'static Meaning, Inflection)> {
        self.nodes().iter().filter_map(|(node, inflection)| Some((LEXICON.meaning(*node)?, *inflection)))
    }

    /// What the units may mean. A listed form stands for itself; "stopped" is listed as a deed and still a form of "stop".
    fn meaning(&self) -> Option<(Sense, Inflection)> {
        let listed = self.ends().find(|(m, inflection)| *inflection == Inflection::Base && (m.objects | m.verbs | u64::from(m.nouns)) != 0);
        if let Some((meaning, inflection)) = listed {
            return Some((Sense::Listed(meaning), inflection));
        }
        let mut ends = self.ends();
        let (first, inflection) = ends.next()?;
        let mut joined = (Sense::Listed(first), inflection);
        for (meaning, inflection) in ends {
            joined = (Sense::from(joined.0.or(*meaning)), joined.1.max(inflection));
        }
        Some(joined)
    }
}

/// Whether a unit can be part of a phrase that began at another.
fn continues(first: &Unit, next: &Unit) -> bool {
    matches!(next.kind, UnitKind::Han | UnitKind::Word) && next.quote == first.quote
}

/// Covers the units by listed phrases at the least cost: long phrases before short ones, listed before unknown.
pub(crate) fn cover(letters: &Letters<'_>, units: &[Unit]) -> Vec<Token> {
    // For every unit: the cost of the rest, and how many units its phrase takes; 0 where it stands alone.
    let mut best: Vec<(u32, u8)> = vec![(0, 0); units.len() + 1];
    for at in (0..units.len()).rev() {
        let Some(unit) = units.get(at) else { continue };
        let rest = |index: usize| best.get(index).map_or(0, |(cost, _)| *cost);
        let wordy = matches!(unit.kind, UnitKind::Han | UnitKind::Word);
        let mut step = (if wordy { 10 } else { 0 } + rest(at + 1), 0);
        let mut front = Front::root();
        for (length, next) in (1_u8..).zip(units.iter().skip(at).take(LONGEST)) {
            if !continues(unit, next) {
                break;
            }
            front = front.step(next);
            if front.len == 0 {
                break;
            }
            let cost = if length == 1 { 5 } else { 4 } + u32::from(next.typo) * 2 + rest(at + usize::from(length));
            if cost <= step.0 && front.ends().next().is_some() {
                step = (cost, length);
            }
        }
        if let Some(slot) = best.get_mut(at) {
            *slot = step;
        }
    }
    let mut tokens = Vec::with_capacity(units.len());
    let mut at = 0;
    while let (Some(unit), Some((_, take))) = (units.get(at), best.get(at)) {
        let take = usize::from(*take);
        let phrase = units.get(at..at + take).unwrap_or_default();
        let found = if phrase.is_empty() { None } else { phrase.iter().fold(Front::root(), |front, next| front.step(next)).meaning() };
        let mut covered = token(letters, unit, phrase.last().unwrap_or(unit), found);
        covered.typo = phrase.iter().any(|u| u.typo);
        tokens.push(covered);
        at += take.max(1);
    }
    tokens
}

fn token(letters: &Letters<'_>, first: &Unit, last: &Unit, found: Option<(Sense, Inflection)>) -> Token {
    let (from, to) = (first.from as usize, first.to as usize);
    let metric =
        found.is_none() && first.kind == UnitKind::Thing(Shape::Name) && to - from <= 64 && is_metric_name(letters.written(from, to));
    let kind = match (&first.kind, &found) {
        (_, Some(_)) => Kind::Known,
        (UnitKind::Han, None) => Kind::Han,
        (UnitKind::Word, None) => Kind::Unknown,
        (UnitKind::Thing(_), None) if metric => Kind::Known,
        (UnitKind::Thing(shape), None) => Kind::Thing(*shape),
        (UnitKind::Sign(c), None) => Kind::Sign(*c),
    };
    let (mut meaning, inflection) = found.unwrap_or_default();
    if metric {
        meaning = Sense::from(Meaning { marks: 1 << Mark::Metric as u32, ..Meaning::default() });
    }
    Token {
        start: letters.byte(from),
        end: letters.byte(last.to as usize),
        kind,
        meaning,
        inflection,
        word: if matches!(first.kind, UnitKind::Word | UnitKind::Thing(Shape::Quantity)) {
            letters.folded(from, to)
        } else {
            SmolStr::default()
        },
        quote: first.quote,
        clause: 0,
        negated: false,
        described: false,
        han: first.kind == UnitKind::Han,
        typo: false,
    }
}

/// Names of metrics as CloudWatch writes them: `ApproximateAgeOfOldestMessage`, `CPUUtilization`.
fn is_metric_name(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "Utilization",
        "Latency",
        "Errors",
        "Error",
        "Throttles",
        "Throttled",
        "Invocations",
        "Duration",
        "Connections",
        "Message",
        "Messages",
        "Bytes",
        "Rate",
        "Space",
        "Memory",
        "Percent",
        "Balance",
        "Depth",
        "Lag",
        "IOPS",
        "Ops",
        "Count",
        "Requests",
        "Capacity",
        "Evictions",
        "Hits",
        "Misses",
        "Time",
        "Visible",
        "5XX",
        "4XX",
    ];
    name.bytes().all(|b| b.is_ascii_alphanumeric())
        && name.bytes().filter(u8::is_ascii_uppercase).count() >= 2
        && PARTS.iter().any(|part| name.ends_with(part))
}
