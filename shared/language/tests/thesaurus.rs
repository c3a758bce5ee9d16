//! Every word of the thesaurus is known, alone or in the words of longer phrases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashSet;

const THESAURUS: &str = include_str!("thesaurus.txt");

/// Whether listed words, one after the other, make up a phrase.
fn known(phrase: &str, listed: &HashSet<String>) -> bool {
    let units: Vec<&str> = phrase.split(' ').filter(|unit| !unit.is_empty()).collect();
    let mut reached = vec![false; units.len() + 1];
    reached[0] = true;
    for from in 0..units.len() {
        for to in from + 1..=units.len() {
            let piece = units[from..to].join(" ");
            let plural = piece.strip_suffix('s').is_some_and(|one| listed.contains(one));
            reached[to] |= reached[from] && (listed.contains(&piece) || plural);
        }
    }
    reached[units.len()]
}

#[test]
fn every_word_of_the_thesaurus_is_known() {
    let listed = language::listed_words();
    let lines = THESAURUS.lines().filter(|line| !line.starts_with('#') && !line.starts_with("closed:"));
    let words = lines.flat_map(|line| line.split_once('\t').unwrap().1.split('|'));
    let unknown: Vec<&str> = words.filter(|word| !known(&language::folded(word), &listed)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
