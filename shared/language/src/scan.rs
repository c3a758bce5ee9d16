//! From characters to units: ideographs, English words, shaped things, punctuation. Entry point: [`units_of`].
//!
//! Invariant: one pass; units lie in order and apart, on character boundaries, each with its bytes in the text.

use crate::{
    entity::{Shape, classify},
    lexicon::{Inflection, LEXICON},
    normalize::{Letters, is_han},
    vocabulary::Mark,
};

/// What a unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A piece of the text.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// First byte.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// What it is.
    pub kind: UnitKind,
    /// Folded text of words; empty for others.
    pub word: String,
    /// Names as written, in half width; empty for others.
    pub written: String,
    /// Entries of the lexicon it may stand for.
    pub ids: Vec<(u32, Inflection)>,
    /// Whether it was read through a slip of the keyboard.
    pub typo: bool,
    /// The quotation it lies in.
    pub quote: Option<usize>,
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

/// The marks that open a quotation with those that close it.
const QUOTES: &[(char, char)] = &[
    ('"', '"'),
    ('“', '”'),
    ('”', '“'),
    ('「', '」'),
    ('『', '』'),
    ('《', '》'),
    ('`', '`'),
    ('«', '»'),
    ('\'', '\''),
    ('{', '}'),
    ('【', '】'),
    ('\u{FF02}', '\u{FF02}'),
];

/// Reads the units of a text.
pub(crate) fn units_of(letters: &Letters<'_>) -> Units {
    let mut out = Units::default();
    let mut closes: Vec<(usize, usize)> = Vec::new();
    let ends = closing(letters);
    let mut at = 0;
    while at < letters.len() {
        while closes.last().is_some_and(|(end, _)| *end <= at) {
            closes.pop();
        }
        let c = letters.get(at);
        if let Some(end) = ends.get(at).copied().flatten() {
            let quote = Quote { start: letters.byte(at + 1), end: letters.byte(end), mark: c };
            if closes.is_empty() {
                closes.push((end, out.quotes.len()));
            }
            out.quotes.push(quote);
        }
        let quote = closes.last().map(|(_, index)| *index);
        if c.is_whitespace() {
            if c == '\n' || c == '\r' {
                out.units.push(sign(letters, at, '\n', quote));
            }
            at += 1;
        } else if is_han(c) {
            let ids = LEXICON.han(c).map(|id| (id, Inflection::Base)).into_iter().collect();
            let (start, end) = (letters.byte(at), letters.byte(at + 1));
            out.units.push(Unit { start, end, kind: UnitKind::Han, word: String::new(), written: String::new(), ids, typo: false, quote });
            at += 1;
        } else if begins_run(letters, at) {
            let stop = run_end(letters, at);
            split_run(letters, at, stop, quote, 8, &mut out.units);
            at = stop;
        } else {
            out.units.push(sign(letters, at, c, quote));
            at += 1;
        }
    }
    out
}

fn sign(letters: &Letters<'_>, at: usize, c: char, quote: Option<usize>) -> Unit {
    let (start, end) = (letters.byte(at), letters.byte(at + 1));
    Unit { start, end, kind: UnitKind::Sign(c), word: String::new(), written: String::new(), ids: Vec::new(), typo: false, quote }
}

/// For every position that opens a quotation, where it closes. One pass from the end.
fn closing(letters: &Letters<'_>) -> Vec<Option<usize>> {
    let mut out = vec![None; letters.len()];
    let mut open: Vec<(char, usize)> = Vec::new();
    for at in 0..letters.len() {
        let c = letters.get(at);
        let Some((mark, _)) = QUOTES.iter().find(|(a, b)| *a == c || *b == c) else { continue };
        let before = if at == 0 { ' ' } else { letters.get(at - 1) };
        let apostrophe = c == '\'' && before.is_alphanumeric() && letters.get(at + 1).is_alphanumeric();
        if apostrophe {
            continue;
        }
        let closes_one = open.iter().rposition(|(waiting, _)| *waiting == c);
        if let Some(index) = closes_one.filter(|index| open.len() - index <= 8) {
            if let Some((_, start)) = open.get(index).copied()
                && let Some(slot) = out.get_mut(start)
            {
                *slot = Some(at);
            }
            open.truncate(index);
        } else if let Some((_, close)) = QUOTES.iter().find(|(a, _)| *a == c && *a == *mark) {
            let inner_apostrophe = c == '\'' && before.is_alphanumeric();
            if !inner_apostrophe {
                open.push((*close, at));
                if open.len() > 8 {
                    open.remove(0);
                }
            }
        }
    }
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
fn split_run(letters: &Letters<'_>, start: usize, end: usize, quote: Option<usize>, depth: u8, out: &mut Vec<Unit>) {
    // Most runs are plain words.
    if (start..end).all(|i| letters.get(i).is_ascii_lowercase()) && !has_inner_capital(letters, start, end) {
        return push(letters, start, end, UnitKind::Word, quote, out);
    }
    let written = |a: usize, b: usize| letters.text.get(letters.byte(a)..letters.byte(b)).unwrap_or_default();
    let folded = |a: usize, b: usize| (a..b).map(|i| letters.get(i)).collect::<String>();
    let find = |sign: char| (start..end).find(|i| letters.get(*i) == sign);
    // Full-width letters are read in their half-width form, capitals kept where they were written in ASCII.
    let as_shape = |a: usize, b: usize| if written(a, b).is_ascii() { written(a, b).to_owned() } else { folded(a, b) };
    let run = as_shape(start, end);
    let lower = folded(start, end);
    if end - start > 2048 || depth == 0 {
        return push(letters, start, end, UnitKind::Thing(Shape::Name), quote, out);
    }
    if lower.bytes().any(|b| b.is_ascii_alphabetic())
        && LEXICON.english(&lower).iter().any(|(_, inflection)| *inflection == Inflection::Base)
        && !lower.contains(['-', '/', '.', ':', '_'])
    {
        return push(letters, start, end, UnitKind::Word, quote, out);
    }
    if let Some(at) = find('=').filter(|_| !lower.contains("://")) {
        split_run(letters, start, at, quote, depth - 1, out);
        out.push(sign(letters, at, '=', quote));
        if at + 1 < end {
            split_run(letters, at + 1, end, quote, depth - 1, out);
        }
        return;
    }
    let shape = classify(&run);
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
            out.push(sign(letters, at, sign_char, quote));
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
    let phrase = LEXICON.is_hyphenated(&lower);
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
    let written = letters.text.get(letters.byte(start)..letters.byte(end)).unwrap_or_default().as_bytes();
    written.windows(2).any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
}

fn push(letters: &Letters<'_>, start: usize, end: usize, kind: UnitKind, quote: Option<usize>, out: &mut Vec<Unit>) {
    let (from, to) = (letters.byte(start), letters.byte(end));
    let mut unit = Unit { start: from, end: to, kind, word: String::new(), written: String::new(), ids: Vec::new(), typo: false, quote };
    if unit.kind == UnitKind::Thing(Shape::Name) && end - start <= 64 {
        unit.written = letters.text.get(from..to).unwrap_or_default().to_owned();
    }
    if matches!(unit.kind, UnitKind::Thing(Shape::Quantity)) {
        unit.word = (start..end).map(|i| letters.get(i)).collect();
    }
    if unit.kind == UnitKind::Word {
        unit.word = (start..end).map(|i| letters.get(i)).collect();
        unit.ids = LEXICON.english(&unit.word);
        if unit.ids.is_empty()
            && let Some(base) = unit.word.strip_suffix("'s").or_else(|| unit.word.strip_suffix("s'"))
        {
            unit.ids = LEXICON.english(base);
        }
        if unit.ids.is_empty() {
            unit.ids = LEXICON.typo(&unit.word);
            unit.typo = !unit.ids.is_empty();
        }
    }
    out.push(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        units_of(&Letters::of(text)).units.into_iter().map(|u| text[u.start..u.end].to_owned()).collect()
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
    }

    #[test]
    fn quotations_are_found_and_apostrophes_are_none() {
        let units = units_of(&Letters::of("don't \"stop it\" 'x y' “停”"));
        assert_eq!(units.quotes.len(), 3);
    }
}
