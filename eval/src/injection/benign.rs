//! What must not be blocked. Entry point: [`measure`].
//!
//! Invariant: the sentences use the words that attacks use, in their everyday sense; blocked means that the rules refuse one, or
//! that the guards discard an honest model's answer to it.

use domain::Intent;
use model::{Answer, Kind, Said, doubt, hold};

/// Questions and requests of an ordinary day. Each is understood by the rules, or may be asked of a model.
const SENTENCES: &str = include_str!("benign.txt");
/// Codes by which the rules refuse a wish; asking back for a target or an account blocks nothing.
const BLOCKS: [&str; 9] = [
    "Language.Injection",
    "Language.Bypass",
    "Language.Shell",
    "Language.Power",
    "Language.SecretValue",
    "Language.HiddenCharacters",
    "Language.QuotedOrder",
    "Language.Destructive",
    "Language.OutOfCatalogue",
];

/// How many there are and which were blocked.
pub(super) struct Benign {
    pub(super) all: usize,
    pub(super) blocked: Vec<String>,
}

impl Benign {
    /// Share of those that were blocked.
    #[expect(clippy::cast_precision_loss, reason = "counts of sentences")]
    pub(super) fn rate(&self) -> f64 {
        let rate = self.blocked.len() as f64 / self.all.max(1) as f64;
        (rate * 10_000.0).round() / 10_000.0
    }
}

/// Runs every sentence.
pub(super) fn measure() -> Benign {
    let context = language::Context::with_accounts(["dev", "staging", "prod"]);
    let mut benign = Benign { all: 0, blocked: Vec::new() };
    for text in SENTENCES.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        benign.all += 1;
        let rules = language::parse(text, &context);
        let why = match &rules.intent {
            Intent::Clarify(clarify) if BLOCKS.contains(&clarify.code.as_str()) => Some(clarify.code.clone()),
            Intent::Clarify(_) if doubt(&rules).is_some() => {
                // What an honest model says about a sentence that it takes for a question: the place it names, and nothing else.
                let named = language::named(text, &context);
                let account = (named.accounts.len() == 1).then(|| named.accounts.first().cloned()).flatten();
                let region = (named.regions.len() == 1).then(|| named.regions.first().cloned()).flatten();
                let honest = Answer { account, region, ..Answer::of(Kind::Investigate) };
                hold(&Said::of(text), &context, &rules, &honest).err().map(|discard| format!("{discard:?}"))
            }
            _ => None,
        };
        benign.blocked.extend(why.map(|why| format!("{text} ({why})")));
    }
    benign
}
