//! From characters to units: ideographs, English words, shaped things, punctuation. Entry point: [`units_of`].
//!
//! Invariant: one pass; units lie in order and apart, on character boundaries, each with its bytes in the text.

use crate::{
    entity::{Shape, classify},
    lexicon::{Ids, Inflection, LEXICON},
    normalize::{Letters, is_han},
    vocabulary::Mark,
};

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitKind {
    /// An ideograph.
    Han,
    /// An English word.
    Word,
    /// A shaped thing.
    Thing(Shape),
    /// Punctuation.
    Sign(char),
}

/// A piece of the text: numbers of characters, no text of its own, so that long texts stay close together in memory.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// First character.
    pub from: u32,
    /// Character behind the last.
    pub to: u32,
    /// What it is.
    pub kind: UnitKind,
    /// Entries of the lexicon it may stand for.
    pub ids: Ids,
    /// Whether it was read through a slip of the keyboard.
    pub typo: bool,
    /// The quotation it lies in.
    pub quote: Option<u32>,
}

impl Unit {
    fn new(from: usize, to: usize, kind: UnitKind, quote: Option<u32>) -> Self {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { from: number(from), to: number(to), kind, ids: Ids::default(), typo: false, quote }
    }
}

/// A stretch between quotation marks, backticks or braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote {
    /// First byte inside.
    pub start: usize,
    /// Byte behind the last inside.
    pub end: usize,
    /// The opening mark.
    pub mark: char,
}

/// The units of a text and its quotations.
#[derive(Debug, Default)]
pub(crate) struct Units {
    /// In order.
    pub units: Vec<Unit>,
    /// In order of their beginning.
    pub quotes: Vec<Quote>,
}

/// The mark that closes what a mark opens; none for what opens nothing.
fn closing_mark(c: char) -> Option<char> {
    Some(match c {
        '"' => '"',
        '“' => '”',
        '”' => '“',
        '「' => '」',
        '『' => '』',
        '《' => '》',
        '`' => '`',
        '«' => '»',
        '\'' => '\'',
        '{' => '}',
        '【' => '】',
        '\u{FF02}' => '\u{FF02}',
        _ => return None,
    })
}

/// Whether a mark opens or closes quotations.
fn is_quotation_mark(c: char) -> bool {
    matches!(c, '」' | '』' | '》' | '»' | '}' | '】') || closing_mark(c).is_some()
}

/// Reads the units of a text.
pub(crate) fn units_of(letters: &Letters<'_>) -> Units {
    let mut out = Units { units: Vec::with_capacity(letters.len() / 3), quotes: Vec::new() };
    let mut closes: Option<(usize, u32)> = None;
    let mut pairs = quotations(letters).into_iter().peekable();
    let mut at = 0;
    while at < letters.len() {
        if closes.is_some_and(|(end, _)| end <= at) {
            closes = None;
        }
        let c = letters.get(at);
        while let Some((start, end)) = pairs.next_if(|(start, _)| *start <= at) {
            if start == at {
                if closes.is_none() {
                    closes = Some((end, u32::try_from(out.quotes.len()).unwrap_or(u32::MAX)));
                }
                out.quotes.push(Quote { start: letters.byte(at + 1), end: letters.byte(end), mark: c });
            }
        }
        let quote = closes.map(|(_, index)| index);
        if c.is_whitespace() {
            let again = out.units.last().is_some_and(|u| u.kind == UnitKind::Sign('\n') && u.quote == quote);
            if matches!(c, '\n' | '\r') && !again {
                out.units.push(sign(at, '\n', quote));
            }
            at += 1;
        } else if is_han(c) {
            let mut unit = Unit::new(at, at + 1, UnitKind::Han, quote);
            unit.ids = LEXICON.han(c).map_or_else(Ids::default, Ids::one);
            out.units.push(unit);
            at += 1;
        } else if begins_run(letters, at) {
            let stop = run_end(letters, at);
            split_run(letters, at, stop, quote, 8, &mut out.units);
            at = stop;
        } else {
            // "!!!!": one sign, however often.
            let mut stop = at + 1;
            while stop < letters.len() && letters.get(stop) == c && !is_quotation_mark(c) {
                stop += 1;
            }
            out.units.push(Unit::new(at, stop, UnitKind::Sign(c), quote));
            at = stop;
        }
    }
    out
}

fn sign(at: usize, c: char, quote: Option<u32>) -> Unit {
    Unit::new(at, at + 1, UnitKind::Sign(c), quote)
}

/// Where quotations open and close, in order of their beginning. One pass.
fn quotations(letters: &Letters<'_>) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut open: Vec<(char, usize)> = Vec::new();
    for (at, letter) in letters.letters.iter().enumerate() {
        let c = letter.folded;
        if !is_quotation_mark(c) {
            continue;
        }
        let before = if at == 0 { ' ' } else { letters.get(at - 1) };
        let apostrophe = c == '\'' && before.is_alphanumeric() && letters.get(at + 1).is_alphanumeric();
        if apostrophe {
            continue;
        }
        let closes_one = open.iter().rposition(|(waiting, _)| *waiting == c);
        if let Some(index) = closes_one.filter(|index| open.len() - index <= 8) {
            out.extend(open.get(index).map(|(_, start)| (*start, at)));
            open.truncate(index);
        } else if let Some(close) = closing_mark(c) {
            let inner_apostrophe = c == '\'' && before.is_alphanumeric();
            if !inner_apostrophe {
                open.push((close, at));
                if open.len() > 8 {
                    open.remove(0);
                }
            }
        }
    }
    out.sort_unstable();
    out
}

fn in_run(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c) || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '%' | '=' | '\'' | '*' | '~' | '+' | '#')
}

fn begins_run(letters: &Letters<'_>, at: usize) -> bool {
    let c = letters.get(at);
    c.is_alphanumeric() && !is_han(c)
        || c == '/' && letters.get(at + 1).is_ascii_alphanumeric() && !(at > 0 && letters.get(at - 1).is_alphanumeric())
        || c == '-' && letters.get(at + 1) == '-' && letters.get(at + 2).is_ascii_alphabetic()
}

fn run_end(letters: &Letters<'_>, at: usize) -> usize {
    let mut end = at;
    while end < letters.len() && in_run(letters.get(end)) {
        end += 1;
    }
    while end > at + 1 && matches!(letters.get(end - 1), '.' | ':' | '\'' | '-' | '=' | '*' | '~' | '+' | '#' | '/' | '@') {
        end -= 1;
    }
    end
}

/// Cuts a run into words and shaped things.
fn split_run(letters: &Letters<'_>, start: usize, end: usize, quote: Option<u32>, depth: u8, out: &mut Vec<Unit>) {
    // Most runs are plain words.
    if (start..end).all(|i| letters.get(i).is_ascii_lowercase()) && !has_inner_capital(letters, start, end) {
        return push(letters, start, end, UnitKind::Word, quote, out);
    }
    let folded = |a: usize, b: usize| letters.folded(a, b);
    let find = |sign: char| (start..end).find(|i| letters.get(*i) == sign);
    // Full-width letters are read in their half-width form, capitals kept where they were written in ASCII.
    let lower = folded(start, end);
    let written = letters.written(start, end);
    let run = if written.is_ascii() { written } else { lower.as_str() };
    if end - start > 2048 || depth == 0 {
        return push(letters, start, end, UnitKind::Thing(Shape::Name), quote, out);
    }
    if lower.bytes().any(|b| b.is_ascii_alphabetic())
        && LEXICON.english(&lower).iter().any(|(_, inflection)| inflection == Inflection::Base)
        && !lower.contains(['-', '/', '.', ':', '_'])
    {
        return push(letters, start, end, UnitKind::Word, quote, out);
    }
    if let Some(at) = find('=').filter(|_| !lower.contains("://")) {
        split_run(letters, start, at, quote, depth - 1, out);
        out.push(sign(at, '=', quote));
        if at + 1 < end {
            split_run(letters, at + 1, end, quote, depth - 1, out);
        }
        return;
    }
    // "i-1/i-2": ids that are listed with a slash between them.
    if run.contains('/') && run.split('/').all(|part| matches!(classify(part), Some(Shape::Id(Some(_))))) {
        let mut from = start;
        for at in (start..end).filter(|i| letters.get(*i) == '/').chain([end]) {
            push(letters, from, at, UnitKind::Thing(classify(&folded(from, at)).unwrap_or(Shape::Name)), quote, out);
            if at < end {
                out.push(sign(at, '/', quote));
            }
            from = at + 1;
        }
        return;
    }
    let shape = classify(run);
    let plain_shape = !matches!(shape, None | Some(Shape::Name | Shape::Revision | Shape::Path));
    if plain_shape {
        return push(letters, start, end, UnitKind::Thing(shape.unwrap_or(Shape::Name)), quote, out);
    }
    // A name's possessive belongs to the sentence.
    if lower.ends_with("'s") && end - start > 2 {
        return split_run(letters, start, end - 2, quote, depth - 1, out);
    }
    for sign_char in [':', '+', '~', '#', '*'] {
        let label = |at: usize| sign_char != ':' || shape != Some(Shape::Revision) || LEXICON.phrase(&folded(start, at)).is_some();
        if let Some(at) = find(sign_char).filter(|at| *at > start && label(*at)) {
            split_run(letters, start, at, quote, depth - 1, out);
            out.push(sign(at, sign_char, quote));
            if at + 1 < end {
                split_run(letters, at + 1, end, quote, depth - 1, out);
            }
            return;
        }
    }
    let Some(shape) = shape else {
        return push(letters, start, end, UnitKind::Word, quote, out);
    };
    let cut: Vec<usize> = (start..end).filter(|i| !letters.get(*i).is_alphanumeric() && letters.get(*i) != '\'').collect();
    let pieces: Vec<(usize, usize)> =
        std::iter::once(start).chain(cut.iter().map(|i| i + 1)).zip(cut.iter().copied().chain([end])).filter(|(a, b)| a < b).collect();
    let slashed = shape == Shape::Name && lower.contains('/') && !lower.contains(['-', '_', '.']) && !lower.starts_with('/');
    let alike = || {
        let meanings: Vec<_> = pieces.iter().map(|(a, b)| LEXICON.phrase(&folded(*a, *b)).copied().unwrap_or_default()).collect();
        meanings.iter().all(|m| m.verbs != 0)
            || meanings.iter().all(|m| m.services != 0)
            || meanings.iter().all(|m| m.is(Mark::Min) || m.is(Mark::Max) || m.is(Mark::Desired) || m.is(Mark::Read) || m.is(Mark::Write))
    };
    // "IMDSv2-only": a listed word and what is said of it.
    let limited = lower.strip_suffix("-only").is_some_and(|listed| LEXICON.phrase(listed).is_some());
    let phrase = LEXICON.is_hyphenated(&lower) || limited;
    if phrase || slashed && alike() {
        for (a, b) in pieces {
            push(letters, a, b, UnitKind::Word, quote, out);
        }
    } else {
        push(letters, start, end, UnitKind::Thing(shape), quote, out);
    }
}

/// Whether a capital stands behind a small letter, as in `MusicCollection`.
fn has_inner_capital(letters: &Letters<'_>, start: usize, end: usize) -> bool {
    letters.written(start, end).as_bytes().windows(2).any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
}

fn push(letters: &Letters<'_>, start: usize, end: usize, kind: UnitKind, quote: Option<u32>, out: &mut Vec<Unit>) {
    let mut unit = Unit::new(start, end, kind, quote);
    if unit.kind == UnitKind::Word {
        let word = letters.folded(start, end);
        unit.ids = LEXICON.english(&word);
        if unit.ids.is_empty()
            && let Some(base) = word.strip_suffix("'s").or_else(|| word.strip_suffix("s'"))
        {
            unit.ids = LEXICON.english(base);
        }
        if unit.ids.is_empty() {
            unit.ids = LEXICON.typo(&word);
            unit.typo = !unit.ids.is_empty();
        }
    }
    out.push(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let letters = Letters::of(text);
        units_of(&letters).units.into_iter().map(|u| letters.written(u.from as usize, u.to as usize).to_owned()).collect()
    }

    #[test]
    fn runs_are_cut_where_a_label_meets_its_value() {
        assert_eq!(read("account:staging min=2"), ["account", ":", "staging", "min", "=", "2"]);
        assert_eq!(read("payment-svc:118"), ["payment-svc:118"]);
        assert_eq!(read("重启i-0b5a，快"), ["重", "启", "i-0b5a", "，", "快"]);
    }

    #[test]
    fn listed_phrases_with_hyphens_are_words_and_other_names_stay_whole() {
        assert_eq!(read("point-in-time recovery"), ["point", "in", "time", "recovery"]);
        assert_eq!(read("orders-prod's disk"), ["orders-prod", "disk"]);
        assert_eq!(read("user-service"), ["user-service"]);
        assert_eq!(read("security-audit"), ["security-audit"]);
        assert_eq!(read("make it IMDSv2-only"), ["make", "it", "IMDSv2", "only"]);
    }

    #[test]
    fn quotations_are_found_and_apostrophes_are_none() {
        let units = units_of(&Letters::of("don't \"stop it\" 'x y' “停”"));
        assert_eq!(units.quotes.len(), 3);
    }
}
