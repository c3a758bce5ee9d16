//! Cross-validation of the words: what the rest of them is worth without those that one fold of the sentences brought. Entry
//! points: [`run`], [`ask_back`].
//!
//! The rules are written by hand, so nothing is "trained" again; what can be taken away is what they know. Each of [`FOLDS`] folds
//! is scored by a process of its own, in which listed words and phrases are left out ([`Support`]):
//!
//! - *attested*: those that occur in the fold and neither in another fold, nor in our own sentences, nor in the thesaurus: what only
//!   that fold can have taught. The own sentences (twelve sets, and three of orders that are none) and the thesaurus were written from
//!   nothing of the data, the latest of them by somebody who had seen some of its lines. The thesaurus lists what any dictionary,
//!   grammar or console of AWS would: the words for each verb and noun of the catalogue in both languages, and the closed classes
//!   (prepositions, pronouns, particles). It was written after the vocabulary. A word that was taken in because of a sentence of the
//!   data, however ordinary, is still left out where nothing of ours has it;
//! - *bare*: those that occur in the fold and in no other, whatever else attests them: also everyday words that happen to be used
//!   once. This is more than any fold taught, and so a lower bound.
//!
//! Words that occur nowhere in the data stay. The order of the rules' decisions was written with part of the data in view, and this
//! does not measure it; sentences that nobody had seen do ([`crate::intents`] prints the part kept apart, the tests of `language` hold
//! eleven fresh sets with what was read of each at first sight).
//!
//! Invariant: a word is left out before the first sentence is read, so that no fold sees another's vocabulary.

use std::{collections::HashSet, env, path::Path, process::Command};

use anyhow::{Context as _, Result};
use domain::Intent;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::intents::Line;

/// How many folds.
const FOLDS: u8 = 5;
/// Set for the process that scores a fold: its number and the kind of support.
const FOLD: &str = "EVAL_INTENTS_FOLD";

/// Our own sentences, written without the data; of those with columns the last is the sentence.
const OWN: [&str; 15] = [
    include_str!("../../shared/language/tests/paraphrases.tsv"),
    include_str!("../../shared/language/tests/fresh/first.tsv"),
    include_str!("../../shared/language/tests/fresh/second.tsv"),
    include_str!("../../shared/language/tests/fresh/third.tsv"),
    include_str!("../../shared/language/tests/fresh/fourth.tsv"),
    include_str!("../../shared/language/tests/fresh/fifth.tsv"),
    include_str!("../../shared/language/tests/fresh/sixth.tsv"),
    include_str!("../../shared/language/tests/fresh/seventh.tsv"),
    include_str!("../../shared/language/tests/fresh/eighth.tsv"),
    include_str!("../../shared/language/tests/fresh/ninth.tsv"),
    include_str!("../../shared/language/tests/fresh/tenth.tsv"),
    include_str!("../../shared/language/tests/fresh/eleventh.tsv"),
    include_str!("../../shared/language/tests/ask_back/tuning.txt"),
    include_str!("../../shared/language/tests/ask_back/held_out.txt"),
    include_str!("../../shared/language/tests/ask_back/benign.txt"),
];

/// Words of both languages by meaning, written without the data.
const THESAURUS: &str = include_str!("../../shared/language/tests/thesaurus.txt");

/// Which words of a fold stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Support {
    /// Those of other folds and of our own sentences.
    Attested,
    /// Those of other folds alone.
    Bare,
}

/// The fold of a sentence, by the hash of its id.
pub(crate) fn of(id: &str) -> u8 {
    Sha256::digest(id.as_bytes()).get(1).copied().unwrap_or(0) % FOLDS
}

/// The fold this process is to score.
pub(crate) fn asked_for() -> Option<(u8, Support)> {
    let asked = env::var(FOLD).ok()?;
    let (fold, support) = asked.split_once(' ')?;
    Some((fold.parse().ok()?, if support == "bare" { Support::Bare } else { Support::Attested }))
}

/// Leaves out what only a fold taught.
pub(crate) fn forget(lines: &[Line], fold: u8, support: Support) -> Result<()> {
    let padded = |text: &str| format!(" {} ", language::folded(text));
    let (inside, outside): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| of(&line.id) == fold);
    let inside: Vec<String> = inside.into_iter().map(|line| padded(&line.text)).collect();
    let mut outside: Vec<String> = outside.into_iter().map(|line| padded(&line.text)).collect();
    if support == Support::Attested {
        let sentences = OWN.iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with('#'));
        outside.extend(sentences.filter_map(|line| line.split('\t').next_back()).map(padded));
        let words = THESAURUS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').nth(1));
        outside.extend(words.flat_map(|words| words.split('|')).map(padded));
    }
    let only_inside = |word: &String| {
        let word = format!(" {word} ");
        inside.iter().any(|text| text.contains(&word)) && !outside.iter().any(|text| text.contains(&word))
    };
    let words: HashSet<String> = language::listed_words().into_iter().filter(only_inside).collect();
    anyhow::ensure!(language::leave_out(words), "the words of a fold can be left out only once");
    Ok(())
}

/// Scores every fold in a process of its own; the answers, one line of JSON each.
pub(crate) fn run(folder: &Path, support: Support) -> Result<Vec<String>> {
    let program = env::current_exe().context("the path of this program")?;
    let kind = if support == Support::Bare { "bare" } else { "attested" };
    (0..FOLDS)
        .map(|fold| {
            let output = Command::new(&program)
                .args(["eval", "intents", "--data"])
                .arg(folder)
                .env(FOLD, format!("{fold} {kind}"))
                .output()
                .with_context(|| program.display().to_string())?;
            anyhow::ensure!(output.status.success(), "fold {fold}: {}", String::from_utf8_lossy(&output.stderr));
            let answer = String::from_utf8(output.stdout).context("the answer of a fold")?;
            answer.lines().last().map(str::to_owned).with_context(|| format!("fold {fold} has no answer"))
        })
        .collect()
}

/// Our own sentences: those that hold an order and are none, seen while the grammar was written and kept apart, and plain orders.
pub(crate) fn ask_back(context: &language::Context) -> Value {
    let count = |text: &str| {
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        let operated = lines.iter().filter(|line| matches!(language::parse(line, context).intent, Intent::Operate(_))).count();
        json!({ "n": lines.len(), "read_as_operation": operated })
    };
    json!({
        "seen": count(include_str!("../../shared/language/tests/ask_back/tuning.txt")),
        "kept_apart": count(include_str!("../../shared/language/tests/ask_back/held_out.txt")),
        "plain_orders": count(include_str!("../../shared/language/tests/ask_back/benign.txt")),
    })
}
