//! Suite `redaction`: secrets of every kind of a `gitleaks.toml` and of our own, made on the spot; clean text; speed; canaries.
//!
//! Entry: [`run`]. Invariant: what counts as a secret is said by the reference rules, not by the rules under test. A
//! secret counts as found when neither it nor a piece of more than half of it is left.

mod canaries;
mod clean;
mod contexts;
mod generate;
mod own;
mod reference;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use redaction::Redactor;
use serde_json::json;

use contexts::{AROUND, NAMED, around, named};
use generate::Dice;

/// Prints every miss and every line of clean text that was hit.
const MISTAKES: &str = "EVAL_MISTAKES";

#[derive(Debug, Default, Clone, Copy)]
struct Rate {
    found: usize,
    all: usize,
}

impl Rate {
    fn count(&mut self, found: bool) {
        self.all += 1;
        self.found += usize::from(found);
    }

    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.found += other.found;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts")]
    fn value(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.found as f64 / self.all as f64 }
    }
}

/// Runs the suite on a folder that holds `gitleaks.toml`.
pub(crate) fn run(data: &Path, json: bool) -> Result<Vec<String>> {
    let redactor = Redactor::shared();
    let (rules, without) = reference::read(&data.join("gitleaks.toml"))?;
    let talk = std::env::var_os(MISTAKES).is_some();
    let mut lines = Vec::new();
    let mut dice = Dice::new(20_261_128);
    let mut dresses: BTreeMap<String, Rate> = BTreeMap::new();
    let (mut all, mut aws, mut kinds_found) = (Rate::default(), Rate::default(), Rate::default());
    let mut weak: Vec<(String, Rate)> = Vec::new();
    for rule in &rules {
        let mut rate = Rate::default();
        for (dress, text, secret) in texts(rule, &mut dice) {
            let found = hidden(&redactor.redact(&text).text, &secret);
            rate.count(found);
            dresses.entry(dress.clone()).or_default().count(found);
            if talk && !found {
                lines.push(format!("MISSED {} ({dress}): {}", rule.id, text.trim_end()));
            }
        }
        ensure!(rate.all > 0, "no text could be made for the rule `{}`", rule.id);
        all.add(rate);
        if rule.id.starts_with("aws-") {
            aws.add(rate);
        }
        kinds_found.count(rate.value() >= 0.95);
        if rate.value() < 1.0 {
            weak.push((rule.id.clone(), rate));
        }
    }
    let reference = all;
    let mut own_kinds: BTreeMap<&str, Rate> = BTreeMap::new();
    for sample in own::samples(20, &mut dice) {
        let found = hidden(&redactor.redact(&sample.text).text, &sample.secret);
        all.count(found);
        if sample.aws {
            aws.count(found);
        }
        own_kinds.entry(sample.kind).or_default().count(found);
        if talk && !found {
            lines.push(format!("MISSED {}: {}", sample.kind, sample.text.trim_end()));
        }
    }
    let clean = clean::corpus(Path::new("."))?;
    let (hit, total) = false_positives(redactor, &clean, talk.then_some(&mut lines));
    let speed = speed(redactor, &clean);
    let canaries = canaries::leaked(redactor, &mut dice);
    ensure!(
        canaries.without == canaries.planted,
        "with redaction switched off only {} of {} canaries arrive",
        canaries.without,
        canaries.planted
    );
    if talk {
        lines.extend(canaries.leaked.iter().map(|l| format!("LEAKED {l}")));
    }

    lines.push(format!("{:<44} {:>7} {:>7}", "kinds of the reference rules below 100 %", "found", "of"));
    lines.extend(weak.iter().map(|(id, rate)| format!("  {id:<42} {:>7} {:>7}", rate.found, rate.all)));
    lines.push(format!("{:<44} {:>7} {:>7}", "our own kinds", "found", "of"));
    lines.extend(own_kinds.iter().map(|(kind, rate)| format!("  {kind:<42} {:>7} {:>7}", rate.found, rate.all)));
    lines.push(format!("{:<44} {:>7} {:>7}", "dresses (reference rules)", "found", "of"));
    lines.extend(dresses.iter().map(|(dress, rate)| format!("  {dress:<42} {:>7} {:>7}", rate.found, rate.all)));
    lines.push(String::new());
    lines.push(format!("rules {} (without an expression: {})", rules.len(), without.join(", ")));
    lines.push(format!(
        "reference recall {:.4}; kinds of which at least 95 % are found {}/{}",
        reference.value(),
        kinds_found.found,
        kinds_found.all
    ));
    lines.push(format!("recall {:.4} of {}; AWS {:.4} of {}", all.value(), all.all, aws.value(), aws.all));
    #[expect(clippy::cast_precision_loss, reason = "counts of lines")]
    let false_rate = hit as f64 / total.max(1) as f64;
    lines.push(format!("clean text: {hit} of {total} lines hit ({:.4} %)", 100.0 * false_rate));
    lines.push(format!("{speed:.0} MB/s of one core"));
    lines.push(format!(
        "canaries: {} of {} leaked; {} with redaction switched off",
        canaries.leaked.len(),
        canaries.planted,
        canaries.without
    ));
    if json {
        let four = |value: f64| (value * 10_000.0).round() / 10_000.0;
        lines.push(
            json!({
                "suite": "redaction", "aws_recall": four(aws.value()), "recall": four(all.value()), "reference_recall": four(reference.value()),
                "kinds": kinds_found.all, "kinds_found": kinds_found.found, "false_positives": (false_rate * 1e6).round() / 1e6,
                "clean_lines": total, "mb_per_s": speed.round(), "canaries_planted": canaries.planted, "canaries_leaked": canaries.leaked.len(),
            })
            .to_string(),
        );
    }
    Ok(lines)
}

/// Texts with a secret of a rule: as the rule's own expression has it, and in the dresses of real life.
fn texts(rule: &reference::Rule, dice: &mut Dice) -> Vec<(String, String, String)> {
    const SUFFIXES: [&str; 6] = ["API_KEY", "TOKEN", "SECRET", "CLIENT_SECRET", "KEY", "ACCESS_TOKEN"];
    let mut out = Vec::new();
    for round in 0..12 {
        let Some(sample) = rule.sample(dice) else { continue };
        let (whole, secret) = (sample.whole, sample.secret);
        let alone = rule.report(&format!(" {secret} ")).is_some_and(|s| s.secret == secret);
        if alone {
            out.extend(AROUND.iter().map(|d| ((*d).to_owned(), around(d, &secret), secret.clone())));
            out.extend(NAMED.iter().map(|d| (format!("named {d}"), named(d, "value", &secret), secret.clone())));
            continue;
        }
        out.push(("as the rule has it".to_owned(), format!("first line\n{whole}\nlast line\n"), secret.clone()));
        out.push(("as the rule has it, in a log".to_owned(), format!("2026-11-28T08:41:24Z INFO {whole}\n"), secret.clone()));
        // What is known by its name is given one, where the rule knows it by a plain name.
        let keyword = rule.keywords.get(round % rule.keywords.len().max(1)).map_or("", String::as_str);
        let name = format!("{}_{}", keyword.to_uppercase().replace('-', "_"), SUFFIXES.get(round % 6).unwrap_or(&"KEY"));
        if rule.report(&format!("{name} = \"{secret}\"\n")).is_some_and(|s| s.secret == secret) {
            out.extend(NAMED.iter().map(|d| (format!("named {d}"), named(d, &name, &secret), secret.clone())));
        }
    }
    out
}

/// Whether neither a secret nor more than half of it in one piece is left.
fn hidden(text: &str, secret: &str) -> bool {
    let escaped = serde_json::Value::from(secret).to_string();
    if text.contains(secret) || text.contains(escaped.trim_matches('"')) {
        return false;
    }
    let piece = (secret.len() / 2 + 1).max(6);
    !secret.as_bytes().windows(piece).any(|w| memchr::memmem::find(text.as_bytes(), w).is_some())
}

/// Lines hit, and all lines.
fn false_positives(redactor: &Redactor, clean: &[clean::Clean], mut talk: Option<&mut Vec<String>>) -> (usize, usize) {
    let (mut hit, mut total) = (0, 0);
    for file in clean {
        let found = redactor.find(file.text.as_bytes());
        let mut found = found.iter().peekable();
        let mut start = 0;
        for (number, line) in file.text.split_inclusive('\n').enumerate() {
            total += 1;
            let end = start + line.len();
            let mut kinds = Vec::new();
            while let Some(one) = found.next_if(|f| f.start < end) {
                kinds.push(one.kind.as_str());
            }
            if !kinds.is_empty() {
                hit += 1;
                if let Some(lines) = talk.as_deref_mut() {
                    lines.push(format!(
                        "HIT {}:{}: {} | {}",
                        file.name,
                        number + 1,
                        kinds.join(","),
                        line.trim_end().chars().take(160).collect::<String>()
                    ));
                }
            }
            start = end;
        }
    }
    (hit, total)
}

/// Millions of bytes a second of processor time, over clean text with log lines and a secret in every two hundredth of them.
fn speed(redactor: &Redactor, clean: &[clean::Clean]) -> f64 {
    let mut dice = Dice::new(5);
    let mut text = String::new();
    // Without optimisation the figure says nothing, and a test should not wait for it.
    let size = if cfg!(debug_assertions) { 256 << 10 } else { 32 << 20 };
    let own: String = clean.iter().map(|c| c.text.as_str()).collect();
    while text.len() < size {
        text.push_str(own.get(..size).unwrap_or(&own));
        for number in 0..size / 1600 {
            let id = dice.text(16, "0123456789abcdef");
            text.push_str(&format!(
                "2026-11-28T08:41:24.{number:06}Z INFO request.id={id} GET /orders/{number} 200 in {} ms\n",
                dice.below(900)
            ));
            if number % 200 == 0 {
                text.push_str(&around("log", &format!("AKIA{}", dice.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))));
            }
        }
    }
    let clock = Instant::now();
    let before = processor_ns();
    let found = redactor.redact(&text).found.len();
    let wall = clock.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds and bytes")]
    let seconds = match (before, processor_ns()) {
        (Some(before), Some(after)) if after > before => (after - before) as f64 / 1e9,
        _ => wall,
    };
    // A run that found nothing measured nothing.
    #[expect(clippy::cast_precision_loss, reason = "bytes")]
    if found == 0 { 0.0 } else { text.len() as f64 / 1e6 / seconds }
}

/// Processor time of this process, where the system tells.
fn processor_ns() -> Option<u64> {
    std::fs::read_to_string("/proc/self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_secret_is_not_hidden() {
        assert!(hidden("x [redacted:jwt] y", "abcdefghijkl"));
        assert!(!hidden("x abcdefgh[redacted:jwt] y", "abcdefghijkl"));
        assert!(!hidden("abcdefghijkl", "abcdefghijkl"));
    }

    #[test]
    fn last_line_is_the_promised_json() {
        let folder = std::env::temp_dir().join(format!("eval-redaction-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let rules = "[[rules]]\nid = \"aws-made-up\"\nregex = '''\\b(AKIA[A-Z2-7]{16})\\b'''\nkeywords = [\"akia\"]\nentropy = 3\n";
        std::fs::write(folder.join("gitleaks.toml"), rules).unwrap();
        let lines = run(&folder, true).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let last: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        assert_eq!((&last["suite"], &last["canaries_leaked"], &last["kinds"]), (&json!("redaction"), &json!(0), &json!(1)), "{last}");
        assert!(last["aws_recall"].as_f64().unwrap() > 0.98);
    }
}
