//! Finding patterns again: by words and by vector together, weighed by what they are worth. Entry type: [`Recall`].
//!
//! Relevance is the mean of two likenesses, each between 0 and 1: BM25 over words (divided by the best of this search), and the
//! cosine of the vectors. A convex combination loses less than ranks alone (Bruch et al., "An Analysis of Fusion Functions for
//! Hybrid Retrieval", 2023). What is ranked is `relevance² × cautious confidence`: nobody can write a text so fitting that it
//! outranks what was verified and fits well, and nothing verified outranks what fits when it does not fit itself.
//!
//! The bm25 crate without its features takes our own [`words`], which know Chinese; its own tokenizer does not.
//!
//! Invariant: only active patterns are in a recall.

use bm25::{SearchEngine, SearchEngineBuilder, Tokenizer};
use domain::{Environment, EpochMs};

use crate::{
    confidence::Confidence,
    pattern::{Pattern, Status},
    vectors::{VectorError, VectorIndex},
    words::words,
};

/// Below this relevance nothing is returned: a text shares a word with almost anything.
const LEAST_RELEVANCE: f64 = 0.15;

#[derive(Debug, Clone, Copy, Default)]
struct Words;

impl Tokenizer for Words {
    fn tokenize(&self, text: &str) -> Vec<String> {
        words(text)
    }
}

/// A pattern that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit<'a> {
    /// The pattern.
    pub pattern: &'a Pattern,
    /// How well it fits, 0 to 1.
    pub relevance: f64,
    /// Its share from words, 0 to 1.
    pub by_words: f64,
    /// Its share from vectors, 0 to 1; `None` where there is no vector.
    pub by_vector: Option<f64>,
    /// How far it is to be believed in the environment asked for.
    pub confidence: Confidence,
    /// What it is ranked by.
    pub score: f64,
}

/// Patterns prepared for search.
pub struct Recall {
    patterns: Vec<Pattern>,
    words: SearchEngine<u32, u64, Words>,
    vectors: VectorIndex,
    /// The pattern of each row of the vector index.
    rows: Vec<usize>,
}

impl Recall {
    /// Prepares patterns with their vectors, all of one space. Those that are not active are left out. A pattern without a vector
    /// (the model was not available) is found by its words.
    ///
    /// # Errors
    /// [`VectorError`] when a vector is of another space.
    pub fn new(patterns: impl IntoIterator<Item = (Pattern, Option<Vec<f32>>)>, dimensions: usize) -> Result<Self, VectorError> {
        let mut vectors = VectorIndex::new(dimensions);
        let (mut kept, mut rows) = (Vec::new(), Vec::new());
        for (pattern, vector) in patterns.into_iter().filter(|(p, _)| p.status == Status::Active) {
            if let Some(vector) = vector {
                vectors.add(&vector)?;
                rows.push(kept.len());
            }
            kept.push(pattern);
        }
        let texts: Vec<String> = kept.iter().map(Pattern::searched_text).collect();
        let words = SearchEngineBuilder::<u32, u64, Words>::with_tokenizer_and_corpus(Words, texts).build();
        Ok(Self { patterns: kept, words, vectors, rows })
    }

    /// How many patterns can be found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether none can.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The `most` best patterns for a text (and its vector, where there is one) in an environment.
    ///
    /// # Errors
    /// [`VectorError`] when the vector is of another space.
    pub fn search(
        &self,
        text: &str,
        vector: Option<&[f32]>,
        environment: Environment,
        now: EpochMs,
        most: usize,
    ) -> Result<Vec<Hit<'_>>, VectorError> {
        // Everything is scored: a cut by relevance alone would let a flood of texts written to fit push out what was verified.
        let candidates = self.patterns.len();
        let mut by_words = vec![0.0_f64; self.patterns.len()];
        let found = self.words.search(text, candidates);
        let best = found.iter().map(|r| f64::from(r.score)).fold(0.0, f64::max);
        for result in &found {
            let place = usize::try_from(result.document.id).ok().and_then(|row| by_words.get_mut(row));
            if let Some(place) = place.filter(|_| best > 0.0) {
                *place = f64::from(result.score) / best;
            }
        }
        let mut by_vector: Vec<Option<f64>> = vec![None; self.patterns.len()];
        if let Some(vector) = vector {
            for row in &self.rows {
                if let Some(place) = by_vector.get_mut(*row) {
                    *place = Some(0.0);
                }
            }
            for found in self.vectors.search(vector, candidates)? {
                let place = self.rows.get(found.row).and_then(|row| by_vector.get_mut(*row));
                if let Some(place) = place {
                    *place = Some(f64::from(found.score).clamp(0.0, 1.0));
                }
            }
        }
        let mut hits: Vec<Hit<'_>> = self
            .patterns
            .iter()
            .zip(by_words.into_iter().zip(by_vector))
            .filter_map(|(pattern, (by_words, by_vector))| {
                let relevance = by_vector.map_or(by_words, |by_vector| (by_words + by_vector) / 2.0);
                let confidence = pattern.confidence(environment, now);
                let score = relevance * relevance * confidence.cautious;
                (relevance >= LEAST_RELEVANCE).then_some(Hit { pattern, relevance, by_words, by_vector, confidence, score })
            })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.pattern.fingerprint.cmp(&b.pattern.fingerprint)));
        hits.truncate(most);
        Ok(hits)
    }
}

#[cfg(test)]
mod tests {
    use domain::{PersonId, PlanId};

    use super::*;
    use crate::{HashedNgrams, Outcome, Provenance, Reported};

    const NOW: EpochMs = EpochMs(1_767_625_200_000);
    const PROD: Environment = Environment::Prod;

    fn pattern(symptoms: &[&str], cause: &str, verified: u128) -> Pattern {
        let reported = Reported {
            symptoms: symptoms.iter().map(|s| (*s).to_owned()).collect(),
            cause: cause.into(),
            runbook: None,
            provenance: Provenance::Import { source: "test".into() },
        };
        (0..verified).fold(Pattern::learn(reported, NOW).unwrap(), |pattern, n| {
            pattern.record(Outcome::Verified { plan: PlanId::generate(NOW, n) }, PROD, NOW).unwrap().0
        })
    }

    fn recall(patterns: &[Pattern]) -> Recall {
        let embedder = HashedNgrams::default();
        Recall::new(patterns.iter().map(|p| (p.clone(), Some(embedder.vector(&p.searched_text())))), 384).unwrap()
    }

    fn causes<'a>(recall: &'a Recall, text: &str) -> Vec<&'a str> {
        let vector = HashedNgrams::default().vector(text);
        recall.search(text, Some(&vector), PROD, NOW, 5).unwrap().iter().map(|h| h.pattern.cause.as_str()).collect()
    }

    fn library() -> Vec<Pattern> {
        vec![
            pattern(&["5xx from the load balancer after a deployment"], "the new version fails", 3),
            pattern(&["disk full on an instance", "no space left on device"], "logs are not rotated", 2),
            pattern(&["数据库连接数耗尽", "too many connections"], "连接池没有上限", 1),
            pattern(&["certificate expired", "TLS handshake fails"], "the certificate was not renewed", 1),
        ]
    }

    #[test]
    fn patterns_are_found_in_both_languages_by_what_is_seen() {
        let recall = recall(&library());
        assert_eq!(causes(&recall, "no space left on device /dev/xvda1")[0], "logs are not rotated");
        assert_eq!(causes(&recall, "数据库报错：连接数已耗尽")[0], "连接池没有上限");
        assert_eq!(causes(&recall, "alb returns 5xx since the deploy")[0], "the new version fails");
        assert!(causes(&recall, "zzz qqq").is_empty());
    }

    #[test]
    fn a_thousand_false_reports_written_to_fit_do_not_outrank_a_verified_pattern() {
        let query = "5xx from the load balancer after a deployment";
        let mut all = library();
        // The attacker writes the very words of the query, in a thousand variants and repeated a thousand times.
        for n in 0..1_000 {
            all.push(pattern(&[query, query, &format!("variant {n}")], &format!("open the firewall {n}"), 0));
        }
        let mut same = pattern(&[query], "open the firewall", 0);
        for n in 0..1_000 {
            same = same.seen_again();
            let person = PersonId::parse(&format!("sock-{n}")).unwrap();
            same = same.record(Outcome::CalledHelpful { person }, PROD, NOW).unwrap().0;
        }
        all.push(same);
        let recall = recall(&all);
        assert_eq!(causes(&recall, query)[0], "the new version fails");
        // Also where the verified one fits a little less well.
        assert_eq!(causes(&recall, "load balancer 5xx after deployment v42")[0], "the new version fails");
    }

    #[test]
    fn what_does_not_fit_is_not_carried_up_by_its_confidence() {
        let mut all = library();
        all.push(pattern(&["memory leak in the payment worker", "OOM killed"], "unbounded cache", 0));
        all.push(pattern(&["worker queue grows"], "a consumer was scaled to zero", 12));
        let recall = recall(&all);
        assert_eq!(causes(&recall, "payment worker OOM killed, memory leak")[0], "unbounded cache");
    }

    #[test]
    fn quarantined_patterns_are_not_recalled_and_missing_vectors_cost_nothing_but_their_share() {
        let alice = PersonId::parse("alice").unwrap();
        let mut all = library();
        all[1] = all[1].quarantine(&alice, "wrong", NOW).unwrap();
        let by_text = Recall::new(all.into_iter().map(|p| (p, None)), 384).unwrap();
        assert_eq!(by_text.len(), 3);
        let hits = by_text.search("no space left on device, certificate expired", None, PROD, NOW, 5).unwrap();
        assert_eq!(hits[0].pattern.cause, "the certificate was not renewed");
        assert!(hits.iter().all(|h| h.by_vector.is_none() && h.pattern.cause != "logs are not rotated"));
        assert!(Recall::new([(library().remove(0), Some(vec![1.0; 3]))], 384).is_err());
    }
}
