//! Benchmark `knowledge`: nearest vectors, text retrieval, and false reports.
//!
//! Entry: [`run`]. Vectors: 10,000 × 1,024 and 100,000 × 384, once independent, once in clusters (as real texts are), and
//! the hashed n-grams of generated incident texts; every search is compared with one that scores each row, and that one with a
//! scorer of our own in 64 bits. Retrieval: `eval/data/knowledge.jsonl`, patterns with questions in other words (own data, written
//! before anything was measured); `--questions FILE` takes another file of the same form. False reports: for each pattern, a wrong
//! cause beside the right one that was verified three times; reported and praised a thousand times, it may not stand higher than
//! reported once.
//!
//! Not measured: the table's native vector index. Nothing of the fleet writes to it yet, and it needs a stack to be asked.
//!
//! Invariant: numbers come from a fixed seed, so that two runs search the same vectors.

use std::path::PathBuf;
use std::time::Instant;

use ::knowledge::{HashedNgrams, Outcome, Pattern, Provenance, Recall, Reported, VectorIndex};
use anyhow::{Context, Result, bail, ensure};
use domain::{Environment, EpochMs, PersonId, PlanId};

use serde::Deserialize;
use serde_json::json;

const QUERIES: usize = 100;
const TOP: usize = 10;
/// Queries for which every row is scored in 64 bits as well.
const CHECKED: usize = 10;
const FALSE_REPORTS: usize = 1_000;
const VERIFIED: u128 = 3;

/// Runs the benchmark.
pub(crate) fn run(own: &[String], json_asked: bool) -> Result<Vec<String>> {
    let questions = match own {
        [] => PathBuf::from("eval/data/knowledge.jsonl"),
        [flag, file] if flag == "--questions" => PathBuf::from(file),
        other => bail!("`{}` is not understood; `--questions FILE` is", other.join(" ")),
    };
    let mut lines =
        vec!["vectors                     ms (median)  ms (p99)  ms (scoring all)  recall  scoring all is exact      MB".to_owned()];
    let mut sets = Vec::new();
    for (rows, dimensions) in [(10_000, 1_024), (100_000, 384)] {
        for kind in [Kind::Independent, Kind::Clustered, Kind::Texts] {
            let set = measure(kind, rows, dimensions)?;
            lines.push(format!(
                "{:7} × {:5} {:11}  {:11.2}  {:8.2}  {:16.2}  {:.4}  {:20.4}  {:6.0}",
                rows,
                dimensions,
                kind.name(),
                set.median,
                set.p99,
                set.all,
                set.recall,
                set.exact,
                set.mb
            ));
            sets.push((rows, kind, set));
        }
    }
    let slowest = |rows: usize| sets.iter().filter(|(r, ..)| *r == rows).map(|(.., s)| s.median).fold(0.0, f64::max);
    let recall = sets.iter().map(|(.., s)| s.recall).fold(1.0, f64::min);
    let exact = sets.iter().map(|(.., s)| s.exact).fold(1.0, f64::min);
    let labelled = labelled(&questions)?;
    let text = retrieve(&labelled)?;
    let lies = false_reports(&labelled)?;
    lines.push(String::new());
    lines.push(format!(
        "retrieval of {} patterns by {} questions: MRR {:.3} (words alone {:.3}, vectors alone {:.3}), first place {:.3}",
        text.patterns, text.questions, text.both, text.words, text.vectors, text.first
    ));
    lines.push(format!(
        "a false cause beside one verified {VERIFIED} times, {} questions: {FALSE_REPORTS} reports and praises of it raise it {} times above what one \
         report does; it comes first {} times with the same symptoms (its words fit the question better), {} times with the question \
         itself as symptom",
        lies.questions, lies.raised, lies.same_symptoms, lies.written_to_fit
    ));
    lines.push("The table's native vector index is not part of this: nothing of the fleet writes to it yet.".to_owned());
    if json_asked {
        let sets: Vec<_> = sets
            .iter()
            .map(|(rows, kind, s)| json!({"rows": rows, "kind": kind.name(), "ms_median": s.median, "ms_p99": s.p99, "ms_scoring_all": s.all, "recall": s.recall, "exact": s.exact, "mb": s.mb}))
            .collect();
        lines.push(
            json!({
                "bench": "knowledge", "ms_10k_1024": slowest(10_000), "ms_100k_384": slowest(100_000), "recall": recall, "brute_force_exact": exact, "mrr": text.both,
                "mrr_words": text.words, "mrr_vectors": text.vectors, "questions": text.questions,
                "false_reports": FALSE_REPORTS, "false_questions": lies.questions, "false_raised_by_repetition": lies.raised, "false_above_verified": lies.same_symptoms,
                "false_above_verified_written_to_fit": lies.written_to_fit, "native_index": "not measured", "sets": sets,
            })
            .to_string(),
        );
    }
    Ok(lines)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Independent,
    Clustered,
    Texts,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Independent => "independent",
            Self::Clustered => "clustered",
            Self::Texts => "texts",
        }
    }
}

struct Measured {
    median: f64,
    p99: f64,
    all: f64,
    recall: f64,
    /// Share of what scoring all finds that is among the best by scores in 64 bits.
    exact: f64,
    /// What the index takes, by the growth of the process.
    mb: f64,
}

/// A small generator; the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(most.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// About normally distributed: the sum of six uniform numbers.
    #[allow(clippy::cast_precision_loss)]
    fn normal(&mut self) -> f32 {
        (0..6).map(|_| (self.next() >> 40) as f32 / 16_777_216.0 - 0.5).sum()
    }

    fn vector(&mut self, dimensions: usize) -> Vec<f32> {
        (0..dimensions).map(|_| self.normal()).collect()
    }
}

const SEEN: [&str; 12] = [
    "errors rise",
    "latency rises",
    "no space left on device",
    "connection refused",
    "throttled",
    "task killed",
    "超时",
    "报错率升高",
    "磁盘写满",
    "连接数耗尽",
    "certificate expired",
    "queue grows",
];
const WHERE: [&str; 10] = [
    "checkout lambda",
    "orders database",
    "web-alb",
    "payment worker",
    "session table",
    "支付服务",
    "订单库",
    "缓存集群",
    "edge proxy",
    "nightly import",
];
const WHEN: [&str; 8] = [
    "after a deployment",
    "since midnight",
    "during the backup",
    "at the morning peak",
    "发布之后",
    "凌晨两点",
    "扩容时",
    "after a rotation",
];

fn text(numbers: &mut Numbers) -> String {
    let mut pick = |list: &[&'static str]| list.get(numbers.below(list.len())).copied().unwrap_or_default();
    let (a, b, c) = (pick(&SEEN), pick(&WHERE), pick(&WHEN));
    format!("{a} {b} {c} host-{} code {}", numbers.below(5_000), numbers.below(600))
}

fn measure(kind: Kind, rows: usize, dimensions: usize) -> Result<Measured> {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let embedder = HashedNgrams::with_dimensions(dimensions);
    let centres: Vec<Vec<f32>> = (0..64).map(|_| numbers.vector(dimensions)).collect();
    let draw = |numbers: &mut Numbers| match kind {
        Kind::Independent => numbers.vector(dimensions),
        Kind::Clustered => {
            let centre = centres.get(numbers.below(centres.len())).cloned().unwrap_or_default();
            centre.iter().map(|x| x + 0.7 * numbers.normal()).collect()
        }
        Kind::Texts => embedder.vector(&text(numbers)),
    };
    let queries: Vec<Vec<f32>> = (0..QUERIES).map(|_| draw(&mut numbers)).collect();
    let mut checked: Vec<(&Vec<f32>, Vec<f64>)> = queries.iter().take(CHECKED).map(|query| (query, Vec::with_capacity(rows))).collect();
    let before = resident_mb();
    let mut index = VectorIndex::new(dimensions);
    for _ in 0..rows {
        let row = draw(&mut numbers);
        checked.iter_mut().for_each(|(query, scores)| scores.push(cosine(query, &row)));
        index.add(&row)?;
    }
    let mb = resident_mb() - before;
    let mut same_in_64 = 0.0;
    for (query, scores) in &checked {
        let mut best = scores.clone();
        best.sort_by(|a, b| b.total_cmp(a));
        let floor = best.get(TOP - 1).or(best.last()).copied().unwrap_or_default();
        let found = index.search_exact(query, TOP)?;
        let good = found.iter().filter(|m| scores.get(m.row).is_some_and(|score| *score >= floor - 1e-5)).count();
        same_in_64 += share(good, found.len().max(TOP.min(rows)))?;
    }
    let exact = same_in_64 / share(checked.len(), 1)?;
    let (mut times, mut all, mut same) = (Vec::new(), 0.0, 0.0);
    for query in &queries {
        let begun = Instant::now();
        let found = index.search(query, TOP)?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let begun = Instant::now();
        let exact = index.search_exact(query, TOP)?;
        all += begun.elapsed().as_secs_f64() * 1_000.0;
        // Rows of equal score may stand for each other: what counts is that no better row was missed.
        let floor = exact.last().map_or(0.0, |m| m.score);
        let good = found.iter().filter(|m| m.score >= floor - 1e-6).count();
        same += share(good, exact.len().max(1))?;
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len() - 1)).copied().unwrap_or_default();
    let queries = f64::from(u32::try_from(QUERIES)?);
    Ok(Measured { median: at(50), p99: at(99), all: all / queries, recall: same / queries, exact, mb })
}

fn share(part: usize, whole: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(part)?) / f64::from(u32::try_from(whole)?))
}

/// The scorer's own, in 64 bits.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// What the process holds in memory, as Linux says; 0 elsewhere.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u32>().ok());
    kb.map_or(0.0, f64::from) / 1_024.0
}

#[derive(Deserialize)]
struct Labelled {
    symptoms: Vec<String>,
    cause: String,
    questions: Vec<String>,
}

struct Retrieval {
    patterns: usize,
    questions: usize,
    both: f64,
    words: f64,
    vectors: f64,
    first: f64,
}

fn labelled(file: &std::path::Path) -> Result<Vec<Labelled>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let labelled: Vec<Labelled> = text
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("a line is not of the form")?;
    ensure!(!labelled.is_empty(), "`{}` is empty", file.display());
    Ok(labelled)
}

fn reported(symptoms: &[String], cause: &str) -> Result<Pattern> {
    let provenance = Provenance::Import { source: "evaluation".into() };
    Ok(Pattern::learn(Reported { symptoms: symptoms.to_vec(), cause: cause.to_owned(), runbook: None, provenance }, EpochMs(0))?)
}

/// How often a false pattern comes before the verified one.
struct Lies {
    questions: usize,
    /// Where it stands higher, or scores more, than when it was reported once.
    raised: usize,
    same_symptoms: usize,
    written_to_fit: usize,
}

/// A wrong cause, and the same report again and again, which everybody calls helpful.
fn lie(symptoms: &[String], reports: usize) -> Result<Pattern> {
    let mut pattern = reported(symptoms, "nothing is wrong, open the database to everyone")?;
    for n in 1..reports {
        let person = PersonId::parse(&format!("sock-{n}"))?;
        pattern = pattern.seen_again().record(Outcome::CalledHelpful { person }, Environment::Prod, EpochMs(0))?.0;
    }
    Ok(pattern)
}

fn false_reports(labelled: &[Labelled]) -> Result<Lies> {
    let (embedder, now) = (HashedNgrams::default(), EpochMs(0));
    let mut lies = Lies { questions: 0, raised: 0, same_symptoms: 0, written_to_fit: 0 };
    for of in labelled {
        let mut truth = reported(&of.symptoms, &of.cause)?;
        for n in 0..VERIFIED {
            truth = truth.record(Outcome::Verified { plan: PlanId::generate(now, n) }, Environment::Prod, now)?.0;
        }
        let (once, again) = (lie(&of.symptoms, 1)?, lie(&of.symptoms, FALSE_REPORTS)?);
        for question in &of.questions {
            // Whether it comes before the right one, and with what score.
            let stands = |lie: &Pattern| -> Result<(bool, f64)> {
                let both = [&truth, lie].map(|p| (p.clone(), Some(embedder.vector(&p.searched_text()))));
                let recall = Recall::new(both, 384)?;
                let hits = recall.search(question, Some(&embedder.vector(question)), Environment::Prod, now, TOP)?;
                let of_lie = |hit: &&::knowledge::Hit<'_>| hit.pattern.fingerprint == lie.fingerprint;
                Ok((hits.first().is_some_and(|hit| of_lie(&hit)), hits.iter().find(of_lie).map_or(0.0, |hit| hit.score)))
            };
            let ((before, score), (after, raised_score)) = (stands(&once)?, stands(&again)?);
            lies.questions += 1;
            lies.raised += usize::from((after && !before) || raised_score > score);
            lies.same_symptoms += usize::from(after);
            lies.written_to_fit += usize::from(stands(&lie(std::slice::from_ref(question), 1)?)?.0);
        }
    }
    Ok(lies)
}

fn retrieve(labelled: &[Labelled]) -> Result<Retrieval> {
    let (embedder, now) = (HashedNgrams::default(), EpochMs(0));
    let patterns = labelled.iter().map(|l| reported(&l.symptoms, &l.cause)).collect::<Result<Vec<_>>>()?;
    let vector = |p: &Pattern| embedder.vector(&p.searched_text());
    let recall = Recall::new(patterns.iter().map(|p| (p.clone(), Some(vector(p)))), 384)?;
    let mut index = VectorIndex::new(384);
    for pattern in &patterns {
        index.add(&vector(pattern))?;
    }
    let mut sums = Retrieval { patterns: patterns.len(), questions: 0, both: 0.0, words: 0.0, vectors: 0.0, first: 0.0 };
    for (row, (pattern, labels)) in patterns.iter().zip(labelled).enumerate() {
        for question in &labels.questions {
            let asked = embedder.vector(question);
            let place = |vector: Option<&[f32]>| -> Result<f64> {
                let hits = recall.search(question, vector, Environment::Prod, now, 1_000)?;
                Ok(reciprocal(hits.iter().position(|h| h.pattern.fingerprint == pattern.fingerprint)))
            };
            let both = place(Some(&asked))?;
            sums.questions += 1;
            sums.both += both;
            sums.first += f64::from(u8::from(both > 0.99));
            sums.words += place(None)?;
            sums.vectors += reciprocal(index.search(&asked, patterns.len())?.iter().position(|m| m.row == row));
        }
    }
    let n = f64::from(u32::try_from(sums.questions.max(1))?);
    Ok(Retrieval { both: sums.both / n, words: sums.words / n, vectors: sums.vectors / n, first: sums.first / n, ..sums })
}

fn reciprocal(place: Option<usize>) -> f64 {
    place.and_then(|p| u32::try_from(p + 1).ok()).map_or(0.0, |p| 1.0 / f64::from(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_counted_from_one_and_what_is_not_found_counts_nothing() {
        assert_eq!((reciprocal(Some(0)), reciprocal(Some(3)), reciprocal(None)), (1.0, 0.25, 0.0));
    }

    #[test]
    fn a_small_set_is_found_again() {
        let measured = measure(Kind::Texts, 600, 384).unwrap();
        assert!(measured.recall > 0.99, "{}", measured.recall);
        assert!(measured.exact > 0.999, "{}", measured.exact);
    }

    #[test]
    fn a_praised_lie_with_the_same_symptoms_stays_below_what_was_verified() {
        let of = Labelled {
            symptoms: vec!["messages pile up in the dead-letter queue".to_owned()],
            cause: "the consumer rejects a new field".to_owned(),
            questions: vec!["why do messages pile up in the dead-letter queue".to_owned()],
        };
        let lies = false_reports(&[of]).unwrap();
        assert_eq!((lies.questions, lies.raised, lies.same_symptoms), (1, 0, 0));
    }
}
