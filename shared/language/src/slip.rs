//! Slips of a Chinese input method: a character of the same sound in a listed word, 扩溶 for 扩容. Entry point: [`mend`].
//!
//! Invariant: only characters between listed words are looked at, at least one of them unlisted; one is replaced, by one of the same
//! sound, and only where exactly one listed word of the catalogue comes about. Never a character that denies. Bounded: texts with many
//! unlisted characters are left as they are.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    homophones::groups,
    lexicon::{Ids, LEXICON, Meaning, Quick},
    normalize::Letters,
    scan::{Unit, UnitKind},
    token::{Kind, Token},
};

/// Texts of more units, or of more unlisted characters, hold no slip that is worth the time.
const MOST_UNITS: usize = 200;
const MOST_UNLISTED: usize = 12;
/// The longest word that is mended.
const LONGEST: usize = 4;
/// Characters that deny, forbid or put off.
const DENYING: &str = "未勿毋莫免缓拒非无否休甭忌禁别不没";

/// Listed characters of the same sound, by character.
static ALIKE: LazyLock<HashMap<char, Vec<u32>, Quick>> = LazyLock::new(|| {
    let mut alike: HashMap<char, Vec<u32>, Quick> = HashMap::default();
    for group in groups() {
        let listed: Vec<(char, u32)> = group.chars().filter_map(|c| Some((c, LEXICON.han(c)?))).collect();
        for c in group.chars().filter(|c| !DENYING.contains(*c)) {
            let others = listed.iter().filter(|(other, _)| *other != c && !DENYING.contains(*other)).map(|(_, id)| *id);
            alike.entry(c).or_default().extend(others);
        }
    }
    alike
});

/// Replaces characters that are slips; whether there were any. `tokens` are the cover of the units.
pub(crate) fn mend(letters: &Letters<'_>, units: &mut [Unit], tokens: &[Token]) -> bool {
    let unlisted = tokens.iter().filter(|t| t.kind == Kind::Han && t.quote.is_none()).count();
    if unlisted == 0 || unlisted > MOST_UNLISTED || units.len() > MOST_UNITS {
        return false;
    }
    // Of each unit: whether it is an ideograph that no longer word holds, and whether no list holds it.
    let (open, strange): (Vec<bool>, Vec<bool>) = units
        .iter()
        .map(|unit| {
            let (start, end) = (letters.byte(unit.from as usize), letters.byte(unit.to as usize));
            let token = tokens.binary_search_by_key(&start, |t| t.start).ok().and_then(|at| tokens.get(at));
            let alone = token.filter(|t| unit.kind == UnitKind::Han && t.end == end && t.quote.is_none());
            (alone.is_some(), alone.is_some_and(|t| t.kind == Kind::Han))
        })
        .unzip();
    let mut found = Vec::new();
    let mut from = 0;
    while from < units.len() {
        let reach = open.iter().skip(from).take(LONGEST).take_while(|open| **open).count();
        let word = (2..=reach).rev().find_map(|length| {
            let any = strange.get(from..from + length).is_some_and(|s| s.contains(&true));
            any.then(|| one_word(letters, units.get(from..from + length)?)).flatten().map(|(at, id)| (from + at, id, length))
        });
        match word {
            Some((at, id, length)) => {
                found.push((at, id));
                from += length;
            }
            None => from += 1,
        }
    }
    for (at, id) in &found {
        if let Some(unit) = units.get_mut(*at) {
            unit.ids = Ids::one(*id);
            unit.typo = true;
        }
    }
    !found.is_empty()
}

/// The one listed word that a stretch becomes by one character: which of its characters, and by what.
fn one_word(letters: &Letters<'_>, stretch: &[Unit]) -> Option<(usize, u32)> {
    let ids: Vec<Option<u32>> = stretch.iter().map(|unit| LEXICON.han(letters.get(unit.from as usize))).collect();
    let mut only = None;
    for at in 0..stretch.len() {
        let written = letters.get(stretch.get(at)?.from as usize);
        for id in ALIKE.get(&written).into_iter().flatten() {
            let end = ids.iter().enumerate().try_fold(0, |node, (index, own)| LEXICON.step(node, if index == at { *id } else { (*own)? }));
            if end.and_then(|node| LEXICON.meaning(node)).is_some_and(is_of_catalogue) {
                if only.is_some_and(|known| known != (at, *id)) {
                    return None;
                }
                only = Some((at, *id));
            }
        }
    }
    only
}

/// Whether a word belongs to operations and what they apply to.
fn is_of_catalogue(meaning: &Meaning) -> bool {
    meaning.verbs != 0 || meaning.objects != 0 || meaning.nouns != 0
}

#[cfg(test)]
mod tests {
    use crate::token::Sentence;

    fn verbs(text: &str) -> Vec<String> {
        let s = Sentence::of(text);
        s.tokens.iter().filter(|t| t.typo && (t.asks() || t.meaning.nouns != 0)).map(|t| s.written(t).to_owned()).collect()
    }

    #[test]
    fn a_character_of_the_same_sound_is_understood() {
        assert_eq!(verbs("节点组 ng-a 阔容到 6"), ["阔容到"]);
        assert_eq!(verbs("把 i-1 隔里"), ["隔里"]);
        assert_eq!(verbs("启动实列 i-1"), ["实列"]);
    }

    #[test]
    fn what_denies_and_what_is_a_word_of_its_own_is_no_slip() {
        assert!(verbs("缓启动 i-1").is_empty());
        assert!(verbs("毋停 i-1").is_empty());
        assert!(verbs("看看 i-1 里面").is_empty());
        assert!(verbs("今天天气不错").is_empty());
    }
}
