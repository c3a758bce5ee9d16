//! The listed phrases, and covering a stretch of words by them.
//!
//! Invariant: linear in the words: every word is looked at with at most [`LONGEST`] after it.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use catalogue::Words;

use super::Explained;
use crate::{
    lexicon::{stems, units},
    vocabulary::plain::{ATTITUDE, BESIDE, DRY, FRAME, OCCASIONS, STATE, STATE_FUNCTION},
};

/// The longest listed phrase, in words or ideographs.
pub(super) const LONGEST: usize = 7;

/// Listed phrases, their units joined by blanks.
pub(super) struct Phrases(pub(super) HashSet<String>);

impl Phrases {
    fn of(lists: &[Words]) -> Self {
        Self(
            lists
                .iter()
                .flat_map(|list| catalogue::words::split(list))
                .map(units)
                .filter(|units| !crate::vocabulary::listed::is_left_out(units))
                .flat_map(|units| {
                    let mut all = crate::alike::variants(&units);
                    all.extend(manner(&units));
                    all.push(units);
                    all
                })
                .map(|units| units.join(" "))
                .collect(),
        )
    }
}

/// "immediate" beside "immediately": how something is done is also how the doing is.
fn manner(units: &[String]) -> Option<Vec<String>> {
    let [adverb] = units else { return None };
    let adjective = adverb.strip_suffix("ly").filter(|a| a.len() > 3 && adverb.is_ascii())?;
    Some(vec![adjective.to_owned()])
}

pub(super) static IN_ORDER: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[FRAME]));
pub(super) static BY_SERVICE: LazyLock<Vec<(&str, Phrases)>> =
    LazyLock::new(|| BESIDE.iter().map(|(id, words)| (*id, Phrases::of(&[words]))).collect());
pub(super) static ATTITUDES: LazyLock<HashSet<&str>> = LazyLock::new(|| ATTITUDE.split_whitespace().collect());
pub(super) static AT_OCCASIONS: LazyLock<HashSet<&str>> = LazyLock::new(|| OCCASIONS.split_whitespace().collect());
/// The catalogue's own words of an entry: its summary and the meanings of its parameters.
pub(super) static OWN_WORDS: LazyLock<HashMap<&str, (HashSet<String>, String)>> = LazyLock::new(|| {
    catalogue::all()
        .map(|spec| {
            let texts = [spec.summary, spec.target].into_iter().chain(spec.params.iter().map(|p| p.meaning));
            let (mut english, mut chinese) = (HashSet::new(), String::new());
            for (en, zh) in texts {
                english.extend(units(en));
                chinese.push_str(zh);
                chinese.push('|');
            }
            (spec.id, (english, chinese))
        })
        .collect()
});
pub(super) static IN_STATE: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[STATE]));
pub(super) static SMALL: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[STATE_FUNCTION]));
pub(super) static IN_PREVIEW: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[DRY]));

/// A word or ideograph; `take` words are explained by their token from here on.
pub(super) struct Atom {
    pub(super) text: String,
    pub(super) take: usize,
    /// Whether a phrase may begin or end before it.
    pub(super) open: bool,
}

/// What a cover of a stretch needed at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Words of the operation and of the frame.
    Frame,
    /// Small words of a state.
    Small,
    /// A word of a state with content.
    Content,
}

/// Whether a word speaks of what people say, think or allow, in any form.
pub(crate) fn is_attitude(word: &str) -> bool {
    let mut held = ATTITUDES.contains(word);
    stems(word, |stem, _| held |= ATTITUDES.contains(stem));
    held
}

/// Whether a word alone is a listed word of a state, in any form.
pub(super) fn is_state(word: &str) -> bool {
    let mut found = IN_STATE.0.contains(word);
    if word.is_ascii() {
        stems(word, |stem, _| found |= IN_STATE.0.contains(stem));
    }
    found
}

/// Whether a word belongs to the small words of orders or states, and so names nothing.
pub(crate) fn is_small(word: &str) -> bool {
    SMALL.0.contains(word) || IN_ORDER.0.contains(word)
}

/// Whether a word says how things stand; plurals may still name something ("users", "sessions").
pub(crate) fn is_predicate(word: &str) -> bool {
    is_state(word) && !word.ends_with('s')
}

/// Whether a word alone stands in one of the lists.
pub(super) fn listed(word: &str) -> bool {
    is_state(word) || SMALL.0.contains(word) || IN_ORDER.0.contains(word)
}

/// "这两块", "那几台", "三个": a demonstrative, a number or both before a measure word; "几个" alone asks. What is done several times
/// is not meant.
fn counts_out(phrase: &str) -> bool {
    let mut letters = phrase.chars().filter(|c| *c != ' ').peekable();
    let points = letters.next_if(|c| matches!(c, '这' | '那' | '该' | '此')).is_some();
    let number = letters.next_if(|c| matches!(c, '一' | '两' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '几'));
    let measure = letters.next_if(|c| {
        matches!(
            c,
            '个' | '台'
                | '条'
                | '张'
                | '把'
                | '块'
                | '份'
                | '组'
                | '套'
                | '只'
                | '座'
                | '颗'
                | '支'
                | '枚'
                | '款'
                | '部'
                | '根'
                | '门'
                | '项'
                | '面'
                | '间'
                | '家'
        )
    });
    (points || number.is_some_and(|n| n != '几')) && measure.is_some() && letters.next().is_none()
}

impl Explained<'_, '_> {
    /// The cheapest way to cover the atoms by listed phrases; none where a word stays unexplained.
    pub(super) fn cover(&self, atoms: &[Atom], state: bool, dry: bool) -> Option<Weight> {
        let id = self.operation.entry.spec.id;
        let beside: Vec<&Phrases> = BY_SERVICE.iter().filter(|(prefix, _)| id.starts_with(prefix)).map(|(_, phrases)| phrases).collect();
        let mut reached: Vec<Option<Weight>> = vec![None; atoms.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = Some(Weight::Frame);
        }
        for at in 0..atoms.len() {
            let Some(used) = reached.get(at).copied().flatten() else { continue };
            let mut reach = |to: usize, weight: Weight| {
                if atoms.get(to).is_none_or(|a| a.open)
                    && let Some(slot) = reached.get_mut(to)
                {
                    let now = used.max(weight);
                    *slot = Some(match *slot {
                        Some(known) if known == Weight::Content || now == Weight::Content => Weight::Content,
                        Some(known) => known.min(now),
                        None => now,
                    });
                }
            };
            let take = atoms.get(at).map_or(0, |a| a.take);
            if take > 0 {
                reach((at + take).min(atoms.len()), Weight::Frame);
            }
            let mut phrase = String::new();
            for (length, atom) in (1..=LONGEST).zip(atoms.iter().skip(at)) {
                if atom.text.is_empty() {
                    break;
                }
                if length > 1 {
                    phrase.push(' ');
                }
                phrase.push_str(&atom.text);
                let own = (length > 1 || !atom.text.is_ascii() || atom.text.len() > 3)
                    && OWN_WORDS.get(id).is_some_and(|(english, chinese)| {
                        if atom.text.is_ascii() {
                            length == 1 && english.contains(&atom.text)
                        } else {
                            length > 1 && chinese.contains(&phrase.replace(' ', ""))
                        }
                    });
                let framed = own
                    || counts_out(&phrase)
                    || IN_ORDER.0.contains(&phrase)
                    || beside.iter().any(|b| b.0.contains(&phrase))
                    || dry && IN_PREVIEW.0.contains(&phrase);
                if framed {
                    reach(at + length, Weight::Frame);
                }
                if state || dry {
                    if SMALL.0.contains(&phrase) {
                        reach(at + length, Weight::Small);
                    }
                    let mut listed = IN_STATE.0.contains(&phrase);
                    if length == 1 && !listed && atom.text.is_ascii() {
                        stems(&atom.text, |stem, _| listed |= IN_STATE.0.contains(stem));
                    }
                    if listed {
                        reach(at + length, Weight::Content);
                    }
                }
            }
        }
        reached.last().copied().flatten()
    }
}
