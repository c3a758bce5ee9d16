//! "for incident inc_…", "针对事件 inc_…": what an order is for, which is no target, no account and no doubt. Entry point: [`link`].
//!
//! The phrase is blanked out, and what is left is read like any other sentence ([`Link::without`]): everything that holds for orders
//! holds for these, and places in the rest are places in the text.
//!
//! Invariant: only the whole id of one incident, in a text of one line, between words that say "for" and nothing beside them; these are
//! the texts from which a plan takes its incident. An order that names one in any other way is asked back about.

use domain::ids::IncidentId;

use crate::{
    normalize::{Letters, is_han},
    slots::Span,
};

/// The most characters before an id that belong to its phrase.
const REACH: usize = 48;

/// Words for what the id names; longer ones first where one ends in another.
const NOUNS: &[&str] = &[
    "incident",
    "outage",
    "issue",
    "event",
    "case",
    "告警事件",
    "这个事件",
    "这次事件",
    "本次事件",
    "该事件",
    "此事件",
    "事件",
    "事故",
    "故障",
];
/// Words between that noun and its id.
const LABELS: &[&str] = &["id", "no.", "no", "number", "编号", "号", ":", "：", "#"];
/// Words before that noun.
const ARTICLES: &[&str] = &["the", "this", "our", "open", "ongoing", "current", "active", "running"];
/// Words that say that an order is for something.
const FOR: &[&str] = &[
    "for",
    "because of",
    "due to",
    "owing to",
    "on account of",
    "linked to",
    "linked with",
    "tied to",
    "attached to",
    "related to",
    "relating to",
    "in relation to",
    "in connection with",
    "connected to",
    "associated with",
    "belonging to",
    "regarding",
    "concerning",
    "about",
    "re",
    "re:",
    "ref",
    "ref:",
    "reference",
    "as part of",
    "part of",
    "in the context of",
    "under",
    "against",
    "in response to",
    "responding to",
    "to handle",
    "to resolve",
    "to mitigate",
    "to address",
    "to fix",
    "to contain",
    "to solve",
    "to remedy",
    "为了处理",
    "为了解决",
    "为了缓解",
    "为了",
    "用于处理",
    "用于",
    "为处理",
    "为解决",
    "为缓解",
    "因为",
    "由于",
    "鉴于",
    "基于",
    "针对",
    "关于",
    "对于",
    "对应",
    "关联到",
    "关联于",
    "关联",
    "归属",
    "归到",
    "挂到",
    "属于",
    "围绕",
    "配合",
    "应对",
    "响应",
    "处理",
    "解决",
    "修复",
    "缓解",
    "出于",
    "为",
    "因",
    "就",
    "给",
];
/// Words that say it only with one of [`RELATED`] behind the id.
const WITH: &[&str] = &["与", "跟", "和", "同"];
const RELATED: &[&str] = &["有关", "相关", "关联"];
/// Words behind the id that belong to the phrase; longer ones first where one begins with another.
const BEHIND: &[&str] = &[
    "这个事件",
    "这次事件",
    "这起事件",
    "该事件",
    "事件",
    "这个事故",
    "事故",
    "这个故障",
    "故障",
    "这件事",
    "一事",
    "的事",
    "的原因",
    "的缘故",
    "的影响",
    "的处理",
    "的需要",
];
/// Words before the phrase to whose verb it would belong: "wait for inc_…", "not for inc_…".
const TAKES: &[&str] = &[
    "wait", "waiting", "look", "looking", "ask", "asked", "asking", "except", "not", "never", "nothing", "unless", "if", "only if",
    "until", "till", "apply", "check", "search", "account", "as", "than", "what", "is", "was", "等", "等待", "除", "除了", "不", "不是",
    "别", "没", "并非", "若", "如果", "是", "以", "认",
];

/// The phrase that links a text to an incident: bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    /// The phrase with the comma that sets it apart.
    cut: Span,
    /// The id in it.
    pub id: Span,
}

impl Link {
    /// The text with the phrase blanked out: as long as before, everything else where it was.
    pub(crate) fn without(&self, text: &str) -> Option<String> {
        let (start, end) = self.cut;
        Some([text.get(..start)?, &" ".repeat(end.checked_sub(start)?), text.get(end..)?].concat())
    }
}

/// Whether a plan for a text would look for an incident: its id stands in a text of one line.
pub(crate) fn named(text: &str) -> bool {
    let breaks = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    !text.trim().contains(breaks) && ids(text).next().is_some()
}

/// The one phrase of a text that links it to an incident.
pub(crate) fn link(text: &str) -> Option<Link> {
    let mut ids = ids(text);
    let id = ids.next().filter(|_| named(text))?;
    if ids.next().is_some() {
        return None;
    }
    let before = folded(text.get(..id.0)?, true);
    let behind = folded(text.get(id.1..)?, false);
    let (before, behind) = (before.as_slice(), behind.as_slice());
    phrase(before, behind).map(|(left, right)| Link { cut: (left.unwrap_or(id.0), id.1 + right), id })
}

/// Where incidents' ids stand, by the rule by which plans take them: the words between everything but ASCII letters, digits and `_`.
fn ids(text: &str) -> impl Iterator<Item = Span> + '_ {
    let mut at = 0;
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(move |word| {
        let start = text.get(at..).and_then(|rest| rest.find(word)).map_or(at, |step| at + step);
        at = start + word.len();
        (word, (start, at))
    });
    words.filter(|(word, _)| is_incident(word)).map(|(_, span)| span)
}

/// Whether a word is the whole id of an incident, `INC_…` as well.
fn is_incident(word: &str) -> bool {
    word.len() < 40
        && word.split_once('_').is_some_and(|(prefix, rest)| IncidentId::parse(&format!("{}_{rest}", prefix.to_ascii_lowercase())).is_ok())
}

/// The folded characters beside an id, nearest last or first, each with the byte where it begins (before) or ends (behind).
fn folded(text: &str, before: bool) -> Vec<(char, usize)> {
    let near = |c: &(usize, char)| (c.0, c.1);
    let mut near: Vec<(usize, char)> = if before {
        text.char_indices().rev().take(REACH).map(|c| near(&c)).collect()
    } else {
        text.char_indices().take(REACH).map(|c| near(&c)).collect()
    };
    if before {
        near.reverse();
    }
    let piece: String = near.iter().map(|(_, c)| *c).collect();
    let letters = Letters::of(&piece);
    letters.letters.iter().zip(near).map(|(letter, (at, c))| (letter.folded, if before { at } else { at + c.len_utf8() })).collect()
}

/// Where the phrase begins (none: at the id) and how many bytes behind the id it ends; none where the id stands in no such phrase.
fn phrase(before: &[(char, usize)], behind: &[(char, usize)]) -> Option<(Option<usize>, usize)> {
    let (mut left, mut right) = (before, behind);
    let bracket = [('(', ')'), ('（', '）'), ('[', ']'), ('【', '】')];
    // The id alone in quotation marks.
    let quotes = [('`', '`'), ('"', '"'), ('“', '”'), ('「', '」'), ('\'', '\'')];
    let pair = |left: &[(char, usize)], right: &[(char, usize)], pairs: &[(char, char)]| {
        left.last().zip(right.first()).is_some_and(|((a, _), (b, _))| pairs.contains(&(*a, *b)))
    };
    if pair(left, right, &quotes) {
        (left, right) = (left.split_last()?.1, right.split_first()?.1);
    }
    let named = {
        let mut rest = trimmed(left);
        while let Some(shorter) = LABELS.iter().find_map(|word| strip(rest, word)) {
            rest = trimmed(shorter);
        }
        NOUNS.iter().find_map(|noun| strip(rest, noun)).map(|mut rest| {
            while let Some(shorter) = ARTICLES.iter().find_map(|word| strip(trimmed(rest), word)) {
                rest = shorter;
            }
            rest
        })
    };
    let has_noun = named.is_some();
    left = named.unwrap_or(left);
    let related = RELATED.iter().find_map(|word| begins(blankless(right), word));
    let linked = longest(trimmed(left), FOR).or_else(|| related.and_then(|_| longest(trimmed(left), WITH)));
    right = related.or_else(|| BEHIND.iter().find_map(|word| begins(blankless(right), word))).unwrap_or(right);
    let has_words = linked.is_some();
    left = linked.unwrap_or(left);
    let bracketed = pair(trimmed(left), blankless(right), &bracket);
    if bracketed {
        (left, right) = (trimmed(left).split_last()?.1, blankless(right).split_first()?.1);
    }
    if TAKES.iter().any(|word| strip(trimmed(left), word).is_some()) || !ends(right) {
        return None;
    }
    let (opens, closes) = (trimmed(left).is_empty(), blankless(right).is_empty());
    let comma = |c: char| matches!(c, ',' | '，' | ';' | '；' | '、');
    let apart_before = trimmed(left).last().is_some_and(|(c, _)| comma(*c) || matches!(c, '-' | '—' | '–'));
    let apart_behind = blankless(right).first().is_some_and(|(c, _)| comma(*c));
    // Without a word that says "for": only what commas or brackets set apart at either end, and never a label before a colon.
    let alone = bracketed || opens && apart_behind && has_noun || closes && apart_before;
    if !has_words && !alone {
        return None;
    }
    if opens
        && let Some(((c, _), rest)) = blankless(right).split_first()
        && (comma(*c) || has_words && matches!(c, ':' | '：' | '-' | '—'))
    {
        right = rest;
    } else if apart_before && (closes || apart_behind) {
        left = trimmed(left).split_last()?.1;
    }
    let taken = behind.len() - right.len();
    let end = taken.checked_sub(1).and_then(|last| behind.get(last)).map_or(0, |(_, end)| *end);
    Some((before.get(left.len()).map(|(_, start)| *start), end))
}

/// Whether a name or number ends before what follows: not "inc_…'s", "inc_…的", "inc_….log", "inc_…/1".
fn ends(rest: &[(char, usize)]) -> bool {
    let Some((first, _)) = rest.first() else { return true };
    let second = rest.get(1).map(|(c, _)| *c).filter(char::is_ascii_alphanumeric);
    match first {
        '的' | '之' | '里' | '中' | '内' | '下' | '上' => false,
        c if c.is_whitespace() || is_han(*c) => blankless(rest).first().is_none_or(|(c, _)| !matches!(c, '的' | '之' | '里' | '中' | '内')),
        ',' | '，' | '。' | ';' | '；' | '、' | '!' | '！' | '?' | '？' | ')' | '）' | ']' | '】' | '"' | '”' | '」' | '…' | '—' | '('
        | '（' => true,
        '.' | ':' | '：' | '-' => second.is_none(),
        _ => false,
    }
}

/// Without the blanks at its end.
fn trimmed(mut left: &[(char, usize)]) -> &[(char, usize)] {
    while let Some(((c, _), rest)) = left.split_last()
        && c.is_whitespace()
    {
        left = rest;
    }
    left
}

/// Without the blanks at its beginning.
fn blankless(mut right: &[(char, usize)]) -> &[(char, usize)] {
    while let Some(((c, _), rest)) = right.split_first()
        && c.is_whitespace()
    {
        right = rest;
    }
    right
}

/// What stands before a word at the end; an English word is not part of a longer one.
fn strip<'l>(left: &'l [(char, usize)], word: &str) -> Option<&'l [(char, usize)]> {
    let from = left.len().checked_sub(word.chars().count())?;
    let (rest, last) = left.split_at_checked(from)?;
    let whole = !word.starts_with(|c: char| c.is_ascii_alphabetic())
        || rest.last().is_none_or(|(c, _)| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '\'' | '.' | '/'));
    (whole && last.iter().map(|(c, _)| *c).eq(word.chars())).then_some(rest)
}

/// What stands before the longest of some words at the end.
fn longest<'l>(left: &'l [(char, usize)], words: &[&str]) -> Option<&'l [(char, usize)]> {
    words.iter().filter_map(|word| strip(left, word)).min_by_key(|rest| rest.len())
}

/// What stands behind a word at the beginning.
fn begins<'l>(right: &'l [(char, usize)], word: &str) -> Option<&'l [(char, usize)]> {
    let (first, rest) = right.split_at_checked(word.chars().count())?;
    first.iter().map(|(c, _)| *c).eq(word.chars()).then_some(rest)
}
