//! The reference rules: a `gitleaks.toml` read as data. Entry type: [`Rule`].
//!
//! Invariant: a text counts as a secret of a rule only when the rule itself would report it: expression, entropy,
//! keywords and exceptions are all applied.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::generate::{Dice, Generator};

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    allowlist: Option<Exceptions>,
    #[serde(default)]
    rules: Vec<Raw>,
}

#[derive(Debug, Deserialize)]
struct Raw {
    id: String,
    regex: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    entropy: Option<f32>,
    #[serde(rename = "secretGroup", default)]
    secret_group: usize,
    #[serde(default)]
    allowlists: Vec<Exceptions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exceptions {
    #[serde(default)]
    regexes: Vec<String>,
    #[serde(default)]
    regex_target: String,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    condition: String,
}

/// One kind of secret.
#[derive(Debug)]
pub(super) struct Rule {
    pub id: String,
    pub keywords: Vec<String>,
    regex: Regex,
    generator: Generator,
    entropy: f32,
    group: usize,
    /// Expressions that make a secret none, and whether they are held against the whole match.
    exceptions: Vec<(Regex, bool)>,
    stopwords: Vec<String>,
}

/// A text in which a rule reports a secret.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// The whole text that the expression matches.
    pub whole: String,
    /// The secret in it.
    pub secret: String,
}

/// Reads the rules; those without an expression (file names) come back as names.
pub(super) fn read(file: &Path) -> Result<(Vec<Rule>, Vec<String>)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let parsed: File = toml::from_str(&text).with_context(|| format!("`{}` is no file of rules", file.display()))?;
    ensure!(!parsed.rules.is_empty(), "`{}` has no rules", file.display());
    let global = parsed.allowlist.unwrap_or_default();
    let (mut rules, mut without) = (Vec::new(), Vec::new());
    for raw in parsed.rules {
        let Some(pattern) = raw.regex.clone() else {
            without.push(raw.id);
            continue;
        };
        match Rule::new(raw, &pattern, &global) {
            Ok(rule) => rules.push(rule),
            Err(error) => without.push(format!("{error:#}")),
        }
    }
    Ok((rules, without))
}

fn compile(pattern: &str) -> Result<Regex> {
    Ok(RegexBuilder::new(pattern).unicode(false).size_limit(64 << 20).build()?)
}

impl Rule {
    fn new(raw: Raw, pattern: &str, global: &Exceptions) -> Result<Self> {
        let context = || format!("the expression of `{}`", raw.id);
        let mut exceptions = Vec::new();
        let mut stopwords = global.stopwords.clone();
        for list in raw.allowlists.iter().chain([global]) {
            // Exceptions for files ask for a file; there is none here.
            if list.condition == "AND" && !list.paths.is_empty() {
                continue;
            }
            // An exception in another dialect is left out: that keeps more texts as secrets, not fewer.
            exceptions.extend(
                list.regexes.iter().filter_map(|r| Some((compile(r).ok()?, matches!(list.regex_target.as_str(), "match" | "line")))),
            );
            stopwords.extend(list.stopwords.iter().map(|w| w.to_lowercase()));
        }
        Ok(Self {
            regex: compile(pattern).with_context(context)?,
            generator: Generator::new(pattern).with_context(context)?,
            keywords: raw.keywords.iter().map(|k| k.to_lowercase()).collect(),
            entropy: raw.entropy.unwrap_or(0.0),
            group: raw.secret_group,
            id: raw.id,
            exceptions,
            stopwords,
        })
    }

    /// The first secret that the rule reports in a text.
    pub(super) fn report(&self, text: &str) -> Option<Sample> {
        let lower = text.to_lowercase();
        if !self.keywords.is_empty() && !self.keywords.iter().any(|k| lower.contains(k)) {
            return None;
        }
        let found = self.regex.captures(text.as_bytes())?;
        let whole = std::str::from_utf8(found.get(0)?.as_bytes()).ok()?;
        let secret = if self.group > 0 {
            found.get(self.group)
        } else {
            (1..found.len()).filter_map(|i| found.get(i)).find(|m| !m.is_empty()).or(found.get(0))
        }?;
        let secret = std::str::from_utf8(secret.as_bytes()).ok()?;
        let excepted = self.exceptions.iter().any(|(regex, on_match)| regex.is_match(if *on_match { whole } else { secret }.as_bytes()));
        let stopped = self.stopwords.iter().any(|w| secret.to_lowercase().contains(w));
        (shannon(secret) >= self.entropy && !excepted && !stopped).then(|| Sample { whole: whole.to_owned(), secret: secret.to_owned() })
    }

    /// A text of the rule's own, with a keyword in front where its expression has none.
    pub(super) fn sample(&self, dice: &mut Dice) -> Option<Sample> {
        for _ in 0..400 {
            let made = String::from_utf8(self.generator.make(dice).bytes).ok()?;
            if let Some(sample) = self.report(&made) {
                return Some(sample);
            }
            let keyword = self.keywords.first().map_or("", String::as_str);
            if let Some(sample) = self.report(&format!("{keyword} {made}")) {
                // The keyword belongs to the text: without it nobody would report it.
                return Some(Sample { whole: format!("{keyword} {made}"), ..sample });
            }
        }
        None
    }
}

/// Bits a character over the text's own characters.
fn shannon(text: &str) -> f32 {
    let mut counts = std::collections::BTreeMap::new();
    text.chars().for_each(|c| *counts.entry(c).or_insert(0_u16) += 1);
    #[expect(clippy::cast_precision_loss, reason = "lengths of secrets")]
    let total = text.chars().count() as f32;
    counts.values().map(|c| f32::from(*c) / total).map(|p| -p * p.log2()).sum()
}
