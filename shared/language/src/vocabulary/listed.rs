//! Every listed word, and leaving some out to see what the rest is worth. Entry points: [`all`], [`leave_out`], [`is_left_out`].
//!
//! Invariant: words can be left out only before the first sentence is read; a process that never asks for it reads with all of them.

use std::{collections::HashSet, sync::OnceLock};

use super::{MARKS, places, plain, services::SERVICES};
use crate::lexicon::units;

static LEFT_OUT: OnceLock<HashSet<String>> = OnceLock::new();

/// Leaves words out from now on; false where that was already settled.
pub(crate) fn leave_out(words: HashSet<String>) -> bool {
    LEFT_OUT.set(words).is_ok()
}

/// Whether a word, given by its units, is left out.
pub(crate) fn is_left_out(units: &[String]) -> bool {
    LEFT_OUT.get().is_some_and(|words| words.contains(&units.join(" ")))
}

/// Every word and phrase of every list, its units joined by blanks.
pub(crate) fn all() -> HashSet<String> {
    let marks = MARKS.iter().flat_map(|list| list.iter().map(|(_, words)| *words));
    let services = SERVICES.iter().map(|(_, words)| *words);
    let places = places::REGIONS.iter().map(|(_, words)| *words).chain([places::ENVIRONMENTS, places::WEAK_ENVIRONMENTS]);
    let kinds = catalogue::resource::ALL.iter().map(|kind| kind.words().nouns);
    let entries = catalogue::entries().flat_map(|entry| {
        let forms = entry.words.forms.iter().flat_map(|form| form.verbs.iter().chain(form.opposites).copied().chain([form.objects]));
        forms.chain([entry.words.needs])
    });
    let beside = plain::BESIDE.iter().map(|(_, words)| *words).chain([plain::FRAME, plain::STATE, plain::STATE_FUNCTION, plain::DRY]);
    let lists = marks.chain(services).chain(places).chain(kinds).chain(entries).chain(beside);
    lists.flat_map(catalogue::words::split).map(|word| units(word).join(" ")).filter(|word| !word.is_empty()).collect()
}
