//! Suite `intents`: sentences against their labels. Entry point: [`SUITE`].
//!
//! Invariant: the parser sees the text and nothing else; labels are compared afterwards. A line labelled `clarify`
//! that is answered with an operation is a dangerous error.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use anyhow::{Context as _, Result};
use domain::{Decision, Intent, ParsedRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::folds::Support;

const FORMAT: &str = "expected *.jsonl, one object a line: {\"id\",\"text\",\"lang\":\"en|zh|mixed\",\"intent\",\"slots\":{…}}";

/// Prints mistakes one by one: `all`, `written` or `held-out`.
const MISTAKES: &str = "EVAL_MISTAKES";

#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) text: String,
    #[serde(default)]
    lang: String,
    intent: String,
    #[serde(default)]
    slots: BTreeMap<String, Value>,
}

/// Right and all.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
struct Rate {
    right: usize,
    all: usize,
}

impl Rate {
    fn count(&mut self, right: bool) {
        self.all += 1;
        self.right += usize::from(right);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of lines")]
    fn value(self) -> f64 {
        if self.all == 0 { 1.0 } else { self.right as f64 / self.all as f64 }
    }

    fn rounded(self) -> f64 {
        (self.value() * 10_000.0).round() / 10_000.0
    }
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
struct Score {
    intent: Rate,
    operation: Rate,
    targets: Rate,
    account: Rate,
    region: Rate,
    preview: Rate,
    free_text: Rate,
    dangerous: usize,
}

/// The scores of the folds, each without the words that it alone brought.
fn scored_folds(folder: &Path, support: Support) -> Result<Vec<Score>> {
    crate::folds::run(folder, support)?.iter().map(|answer| serde_json::from_str(answer).context("the score of a fold")).collect()
}

impl Score {
    /// How many points better than another, by rate.
    fn points_above(&self, other: &Self) -> Value {
        let gap = |a: Rate, b: Rate| ((a.value() - b.value()) * 1000.0).round() / 10.0;
        json!({
            "intent": gap(self.intent, other.intent),
            "operation": gap(self.operation, other.operation),
            "targets": gap(self.targets, other.targets),
            "account": gap(self.account, other.account),
        })
    }

    /// Both together.
    fn plus(self, other: Self) -> Self {
        let add = |a: Rate, b: Rate| Rate { right: a.right + b.right, all: a.all + b.all };
        Self {
            intent: add(self.intent, other.intent),
            operation: add(self.operation, other.operation),
            targets: add(self.targets, other.targets),
            account: add(self.account, other.account),
            region: add(self.region, other.region),
            preview: add(self.preview, other.preview),
            free_text: add(self.free_text, other.free_text),
            dangerous: self.dangerous + other.dangerous,
        }
    }

    fn json(&self) -> Value {
        json!({
            "n": self.intent.all,
            "intent_accuracy": self.intent.rounded(),
            "operation_accuracy": self.operation.rounded(),
            "targets_accuracy": self.targets.rounded(),
            "account_accuracy": self.account.rounded(),
            "region_accuracy": self.region.rounded(),
            "dry_run_accuracy": self.preview.rounded(),
            "free_text_overlap": self.free_text.rounded(),
            "dangerous_errors": self.dangerous,
        })
    }

    fn row(&self, name: &str) -> String {
        format!(
            "{name:<22}{:>6}{:>9.1}{:>11.1}{:>9.1}{:>9.1}{:>9.1}{:>9.1}{:>10}",
            self.intent.all,
            self.intent.value() * 100.0,
            self.operation.value() * 100.0,
            self.targets.value() * 100.0,
            self.account.value() * 100.0,
            self.region.value() * 100.0,
            self.free_text.value() * 100.0,
            self.dangerous
        )
    }
}

/// A third of the lines by the hash of their ids: the vocabulary was written without looking at these lines of the public set.
fn is_held_out(id: &str) -> bool {
    Sha256::digest(id.as_bytes()).first().is_some_and(|byte| byte % 3 == 0)
}

/// Runs the suite on a folder of labelled lines.
///
/// # Errors
/// Where a file cannot be read or a line is not in the format.
pub(crate) fn run(folder: &Path, with_json: bool) -> Result<Vec<String>> {
    let mistakes = std::env::var(MISTAKES).ok();
    let mut report = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder)?.filter_map(Result::ok).map(|e| e.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl") && !path.to_string_lossy().contains("-tags"));
    files.sort();
    let mut lines = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            lines.push(serde_json::from_str::<Line>(line).with_context(|| format!("{}:{}", path.display(), number + 1))?);
        }
    }
    anyhow::ensure!(!lines.is_empty(), "no lines in {}: {FORMAT}", folder.display());
    let context = language::Context::default();
    if let Some((fold, support)) = crate::folds::asked_for() {
        crate::folds::forget(&lines, fold, support)?;
        let mut one = Score::default();
        for line in lines.iter().filter(|l| crate::folds::of(&l.id) == fold) {
            let parsed = language::parse(&line.text, &context);
            score(&mut one, line, &parsed);
            if mistakes.as_deref() == Some("written") && !is_held_out(&line.id) {
                report.extend(explain(line, &parsed));
            }
        }
        report.push(serde_json::to_string(&one)?);
        return Ok(report);
    }
    let mut parts: BTreeMap<String, Score> = BTreeMap::new();
    let mut intents: BTreeMap<String, Rate> = BTreeMap::new();
    let mut times = Vec::with_capacity(lines.len());
    for line in lines.iter().take(50) {
        std::hint::black_box(language::parse(&line.text, &context));
    }
    for line in &lines {
        let started = Instant::now();
        let parsed = language::parse(&line.text, &context);
        times.push(started.elapsed().as_nanos());
        let part = if is_held_out(&line.id) { "held-out" } else { "written" };
        for name in ["all".to_owned(), format!("lang {}", line.lang), format!("part {part}")] {
            score(parts.entry(name).or_default(), line, &parsed);
        }
        intents.entry(line.intent.clone()).or_default().count(name_of(&parsed.intent) == line.intent);
        if mistakes.as_deref().is_some_and(|wanted| wanted == "all" || wanted == part) {
            report.extend(explain(line, &parsed));
        }
    }
    let folds = scored_folds(folder, Support::Attested)?;
    let crossed = folds.iter().copied().fold(Score::default(), Score::plus);
    let bare = scored_folds(folder, Support::Bare)?.into_iter().fold(Score::default(), Score::plus);
    parts.insert("crossed".to_owned(), crossed);
    parts.insert("crossed, bare".to_owned(), bare);
    times.sort_unstable();
    let line_p99 = percentile(&times, 99);
    let speed = Speed::measure(&lines);
    report.push(format!(
        "{:<22}{:>6}{:>9}{:>11}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "", "n", "intent", "operation", "targets", "account", "region", "text", "dangerous"
    ));
    for (name, score) in &parts {
        report.push(score.row(name));
    }
    report.push(format!("own sentences that hold an order and are none, and plain orders: {}", crate::folds::ask_back(&context)));
    report.push(format!(
        "by intent: {}",
        intents.iter().map(|(name, rate)| format!("{name} {}/{}", rate.right, rate.all)).collect::<Vec<_>>().join(", ")
    ));
    report.push(format!(
        "a line p99 {:.1} µs; 4 KB by the clock p50 {:.1} µs, p99 {:.1} µs, of the processor p50 {:.1} µs, p99 {:.1} µs; {}",
        micros(line_p99),
        micros(speed.p50),
        micros(speed.p99),
        micros(speed.cpu_p50),
        micros(speed.cpu_p99),
        speed.growth()
    ));
    let all = parts.get("all").copied().unwrap_or_default();
    let mut result = json!({ "suite": "intents" });
    if let (Some(result), Some(values)) = (result.as_object_mut(), all.json().as_object()) {
        result.extend(values.clone());
        result.insert("p99_us".into(), json!(micros(speed.p99)));
        result.insert("p50_us".into(), json!(micros(speed.p50)));
        result.insert("p50_cpu_us".into(), json!(micros(speed.cpu_p50)));
        result.insert("p99_cpu_us".into(), json!(micros(speed.cpu_p99)));
        result.insert("line_p99_us".into(), json!(micros(line_p99)));
        for ((_, ns), name) in speed.per_byte.iter().zip(["ns_per_byte_4kb", "ns_per_byte_64kb", "ns_per_byte_1mb"]) {
            result.insert(name.into(), json!(ns));
        }
        result.insert("slow_texts_growth_percent".into(), json!(speed.hard.growth_percent));
        result.insert("slow_texts_4kb_us".into(), json!(micros(speed.hard.worst_4kb)));
        result.insert(
            "cross_validation".into(),
            json!({
                "folds": folds.iter().map(Score::json).collect::<Vec<_>>(),
                "all": crossed.json(),
                "bare": bare.json(),
                "gap_points": all.points_above(&crossed),
                "gap_points_bare": all.points_above(&bare),
            }),
        );
        result.insert("ask_back".into(), crate::folds::ask_back(&context));
        for (key, prefix) in [("by_language", "lang "), ("by_part", "part ")] {
            let group: BTreeMap<&str, Value> = parts.iter().filter_map(|(name, s)| Some((name.strip_prefix(prefix)?, s.json()))).collect();
            result.insert(key.into(), json!(group));
        }
    }
    if with_json {
        report.push(result.to_string());
    }
    Ok(report)
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a parse")]
fn micros(nanos: u128) -> f64 {
    (nanos as f64 / 100.0).round() / 10.0
}

fn percentile(sorted: &[u128], percent: usize) -> u128 {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}

/// Time against length.
struct Speed {
    /// By the clock, which other work on the machine lengthens.
    p50: u128,
    p99: u128,
    /// Of the processor.
    cpu_p50: u128,
    cpu_p99: u128,
    /// Length and nanoseconds a byte.
    per_byte: Vec<(usize, u128)>,
    /// The slowest repeated text of [`HARD`]: nanoseconds a byte at 4 KB and at 256 KB, and the worst time for 4 KB.
    hard: Hard,
}

/// The slowest of the texts that are made to be slow.
#[derive(Default)]
struct Hard {
    text: &'static str,
    ns_small: u128,
    ns_large: u128,
    growth_percent: u128,
    worst_4kb: u128,
}

/// Pieces that, repeated, have every loop of a parser go on for long: quotes that never close, verbs without objects,
/// heads without particles, ids, lists, negations, windows, names of many parts, hidden characters.
const HARD: &[&str] = &[
    "stop ",
    "停",
    "turn turn ",
    "don't ",
    "不要",
    "\"",
    "“停",
    "'a ",
    "((((",
    "{",
    "a-b_c.",
    "a=b=",
    "i-0a1b2c3d4e5f67890, ",
    "把 i-1 停掉，",
    "stop i-1 and ",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-1 ",
    "last 3 hours ",
    "最近三天",
    "没有审批",
    "without approval ",
    "if ",
    "如果",
    "，",
    "\n",
    "x",
    "的",
    "1 ",
    "min 1 max 2 ",
    "停了，",
    "stopped before ",
    "say \"x\" ",
    "𐍈",
    "\u{202e}",
    "prod dev ",
    "database orders ",
];

impl Speed {
    /// 4 KB of the suite's own sentences 2,000 times over, then texts up to 1 MB, then what is made to be slow.
    fn measure(lines: &[Line]) -> Self {
        let context = language::Context::default();
        let all: String = lines.iter().flat_map(|l| [l.text.as_str(), " "]).collect();
        let text = cut(&all, 4096);
        let (mut times, mut cpu): (Vec<u128>, Vec<u128>) = (0..2000).map(|_| both(&text, &context)).unzip();
        times.sort_unstable();
        cpu.sort_unstable();
        let lengths = [4096, 65_536, 1_048_576];
        let per_byte = lengths.map(|length| (length, processor_time(&cut(&all, length), &context) / length as u128)).to_vec();
        Self {
            p50: percentile(&times, 50),
            p99: percentile(&times, 99),
            cpu_p50: percentile(&cpu, 50),
            cpu_p99: percentile(&cpu, 99),
            per_byte,
            hard: Hard::measure(&context),
        }
    }

    fn growth(&self) -> String {
        let even = self.per_byte.iter().map(|(length, ns)| format!("{} KB: {ns} ns/byte", length / 1024)).collect::<Vec<_>>().join(", ");
        format!(
            "{even}; of {} texts made to be slow, {:?} grows most: {} ns/byte at 4 KB, {} at 256 KB; slowest 4 KB {:.1} µs",
            HARD.len(),
            self.hard.text,
            self.hard.ns_small,
            self.hard.ns_large,
            micros(self.hard.worst_4kb)
        )
    }
}

impl Hard {
    /// Every piece at 4 KB (best of five) and at 256 KB, by the processor's time, which other work does not lengthen.
    fn measure(context: &language::Context) -> Self {
        let mut worst = Self::default();
        for piece in HARD {
            let text = cut(piece, 4096);
            let small = (0..5).map(|_| both(&text, context).1).min().unwrap_or(0);
            let large = processor_time(&cut(piece, 262_144), context);
            let growth_percent = large * 100 / 64 / small.max(1);
            worst.worst_4kb = worst.worst_4kb.max(small);
            if growth_percent >= worst.growth_percent {
                let worst_4kb = worst.worst_4kb;
                worst = Self { text: piece, ns_small: small / 4096, ns_large: large / 262_144, growth_percent, worst_4kb };
            }
        }
        worst
    }
}

/// Nanoseconds of the processor that this thread has used; none where the kernel does not say.
fn used() -> Option<u128> {
    // The kernel brings the number up to date where the thread gives way.
    std::thread::yield_now();
    fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// One parse: nanoseconds by the clock, and of the processor; the former twice where the kernel does not say.
fn both(text: &str, context: &language::Context) -> (u128, u128) {
    let before = used();
    let clock = time(text, context);
    let cpu = before.zip(used()).map_or(clock, |(before, after)| after.saturating_sub(before));
    (clock, cpu)
}

/// Nanoseconds of the processor for one parse: the middle of as many as fill 50 ms, three at least.
fn processor_time(text: &str, context: &language::Context) -> u128 {
    let mut times = Vec::new();
    while times.len() < 3 || times.iter().sum::<u128>() < 50_000_000 {
        times.push(both(text, context).1.max(1));
    }
    times.sort_unstable();
    percentile(&times, 50)
}

/// A text repeated up to a length in bytes, or a little more.
fn cut(text: &str, length: usize) -> String {
    let mut out = String::with_capacity(length + 4);
    for c in text.chars().cycle() {
        if out.len() >= length {
            break;
        }
        out.push(c);
    }
    out
}

fn time(text: &str, context: &language::Context) -> u128 {
    let started = Instant::now();
    std::hint::black_box(language::parse_unbounded(text, context));
    started.elapsed().as_nanos()
}

fn score(score: &mut Score, line: &Line, parsed: &ParsedRequest) {
    score.intent.count(name_of(&parsed.intent) == line.intent);
    let operates = matches!(parsed.intent, Intent::Operate(_));
    score.dangerous += usize::from(line.intent == "clarify" && operates);
    if line.intent == "operate" {
        score.operation.count(matches!(&parsed.intent, Intent::Operate(o) if Some(o.operation.as_str()) == label(line, "operation")));
        let wanted = line.slots.get("dry_run").and_then(Value::as_bool).unwrap_or(false);
        score.preview.count(matches!(&parsed.intent, Intent::Operate(o) if o.dry_run == wanted));
    }
    if line.intent == "clarify" {
        return;
    }
    for (rate, names) in [
        (&mut score.targets, ["targets", "targets"]),
        (&mut score.account, ["account", "accounts"]),
        (&mut score.region, ["region", "regions"]),
    ] {
        let mut wanted: Vec<String> = names.iter().filter_map(|n| line.slots.get(*n)).flat_map(texts).collect();
        let mut found = slot(line, parsed, names);
        if parsed_all(parsed) && names[1] == "accounts" {
            found.push("all".to_owned());
        }
        for list in [&mut wanted, &mut found] {
            list.sort();
            list.dedup();
        }
        if !wanted.is_empty() || !found.is_empty() {
            rate.count(wanted == found);
        }
    }
    for name in ["query", "symptom", "metric", "reason", "window"] {
        if let Some(wanted) = label(line, name) {
            let found = slot(line, parsed, [name, name]).concat();
            score.free_text.count(overlap(wanted, &found) >= 0.5);
        }
    }
}

fn parsed_all(parsed: &ParsedRequest) -> bool {
    matches!(&parsed.intent, Intent::Scan(scope) if scope.accounts == ["all"])
}

/// The text that supports a slot; region codes in lower case.
fn slot(line: &Line, parsed: &ParsedRequest, names: [&str; 2]) -> Vec<String> {
    let spans = parsed.spans.iter().filter(|(name, _, _)| names.contains(&name.as_str()));
    let text = spans.filter_map(|(_, start, end)| line.text.get(*start..*end));
    text.map(|t| if names.contains(&"region") && t.is_ascii() { t.to_lowercase() } else { t.to_owned() }).collect()
}

fn label<'l>(line: &'l Line, name: &str) -> Option<&'l str> {
    line.slots.get(name).and_then(Value::as_str)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Shared characters over all characters, blanks left out.
#[expect(clippy::cast_precision_loss, reason = "lengths of a slot")]
fn overlap(a: &str, b: &str) -> f64 {
    let letters = |s: &str| s.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect::<Vec<_>>();
    let (a, mut b) = (letters(a), letters(b));
    let all = a.len().max(b.len()).max(1);
    let shared = a.iter().filter(|c| b.iter().position(|d| d == *c).map(|at| b.swap_remove(at)).is_some()).count();
    shared as f64 / all as f64
}

fn explain(line: &Line, parsed: &ParsedRequest) -> Option<String> {
    let mut one = Score::default();
    score(&mut one, line, parsed);
    let slots_wrong = [one.operation, one.targets, one.account, one.region, one.preview].iter().any(|r| r.right < r.all);
    (one.intent.right == 0 || slots_wrong).then(|| {
        let found: String = serde_json::to_string(&parsed.intent).unwrap_or_default().chars().take(330).collect();
        format!("{} {}\n    label {} {}\n    found {found}", line.id, line.text, line.intent, json!(line.slots))
    })
}

/// The name of an intent in the corpus.
fn name_of(intent: &Intent) -> &'static str {
    match intent {
        Intent::Help => "help",
        Intent::ListResources(_) => "list_resources",
        Intent::ShowMetrics(_) => "show_metrics",
        Intent::CheckHealth(_) => "check_health",
        Intent::Scan(_) => "scan",
        Intent::DetectAnomalies(_) => "detect_anomalies",
        Intent::Investigate(_) => "investigate",
        Intent::Operate(_) => "operate",
        Intent::Decide { decision: Decision::Approve | Decision::Reject, .. } => "decide",
        Intent::ListApprovals => "list_approvals",
        Intent::ShowStatus { .. } => "show_status",
        Intent::UseAccount { .. } => "use_account",
        Intent::ListAccounts => "list_accounts",
        Intent::Whoami => "whoami",
        Intent::ListSops => "list_sops",
        Intent::ShowSop { .. } => "show_sop",
        Intent::SuggestSop(_) => "suggest_sop",
        Intent::RunSop { .. } => "run_sop",
        Intent::SearchKnowledge(_) => "search_knowledge",
        Intent::KnowledgeStats => "knowledge_stats",
        Intent::GiveFeedback { .. } => "give_feedback",
        Intent::QueryAudit(_) => "query_audit",
        Intent::VerifyAudit => "verify_audit",
        Intent::ShowCosts(_) => "show_costs",
        Intent::ShowCalendar(_) => "show_calendar",
        Intent::ExplainPolicy(_) => "explain_policy",
        Intent::StopEverything { .. } => "stop_everything",
        Intent::Clarify(_) => "clarify",
        // Of the product, not of the corpus.
        Intent::ListPlans => "list_plans",
        Intent::ShowLogs(_) => "show_logs",
        Intent::Undo { .. } => "undo",
        Intent::Withdraw { .. } => "withdraw",
        Intent::ReleaseStop { .. } => "release_stop",
        Intent::UseRegion { .. } => "use_region",
    }
}
