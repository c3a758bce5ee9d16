//! What an incident teaches, and what was learnt before that looks like it.
//!
//! Entry functions: [`lesson`] (what to remember) and [`recalled`] (what is remembered); entry type: [`Recalled`].
//!
//! Invariants: what an incident looks like is read from the evidence, not from the answer, so that a wrong answer does not recall
//! itself; names of resources stay out, so that what was learnt of one function helps with another; what is recalled is shown beside the
//! answer and is never one.

use std::collections::BTreeSet;

use domain::{Digest, Environment, EpochMs, Text, ids::IncidentId, text::defang};
use knowledge::{HashedNgrams, Outcome, Pattern, Provenance, Recall, Reported};
use rca::{
    diagnosis::EvidenceRef,
    evidence::{LogTopic, Metric},
};
use serde::{Deserialize, Serialize};

use crate::report::{Collected, Explained};

/// Patterns that are shown beside an answer.
const SHOWN: usize = 3;
/// Between English and Chinese, in what is learnt here.
const BOTH: &str = " · ";
/// What fits less well is not shown to somebody who did not search for it.
const LEAST_RELEVANCE: f64 = 0.4;

/// Something that was learnt before and fits what is seen now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// The pattern's name.
    pub pattern: Digest,
    /// Why it was, then.
    pub cause: String,
    /// The catalogue operation or runbook that helped.
    pub runbook: Option<String>,
    /// Changes that followed from it and were verified, in this environment.
    pub verified: u64,
    /// Changes whose verification failed, and people who call it wrong, in this environment.
    pub wrong: u64,
    /// How often the same was seen.
    pub sightings: u64,
    /// How far it is to be believed in this environment, in permille.
    pub confidence_permille: u16,
}

impl Recalled {
    /// A pattern as people see it, in an environment.
    #[must_use]
    pub fn of(pattern: &Pattern, environment: Environment, now: EpochMs) -> Self {
        let here = || pattern.outcomes.iter().filter(|record| record.environment == environment).map(|record| &record.outcome);
        let count = |wanted: fn(&Outcome) -> bool| u64::try_from(here().filter(|o| wanted(o)).count()).unwrap_or(u64::MAX);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the mean is between 0 and 1")]
        let confidence_permille = (pattern.confidence(environment, now).mean * 1000.0).round() as u16;
        Self {
            pattern: pattern.fingerprint.clone(),
            cause: pattern.cause.clone(),
            runbook: pattern.runbook.clone(),
            verified: count(|o| matches!(o, Outcome::Verified { .. })),
            wrong: count(|o| matches!(o, Outcome::Failed { .. } | Outcome::CalledWrong { .. })),
            sightings: pattern.sightings,
            confidence_permille,
        }
    }

    /// One line for people.
    #[must_use]
    pub fn text(&self) -> Text {
        // What the analysis learnt is written in both languages; what came another way is shown as it is.
        let (en, zh) = self.cause.split_once(BOTH).unwrap_or((&self.cause, &self.cause));
        let (en, zh, percent) = (defang(en, 300), defang(zh, 300), self.confidence_permille / 10);
        let (helped_en, helped_zh) = match &self.runbook {
            Some(name) => (format!(", then `{}`", defang(name, 64)), format!("，当时的处理：`{}`", defang(name, 64))),
            None => (String::new(), String::new()),
        };
        let (proof_en, proof_zh) = if self.verified + self.wrong == 0 {
            ("not yet proven here".to_owned(), "在此环境尚未验证".to_owned())
        } else {
            (
                format!("{} verified, {} failed or contradicted here", self.verified, self.wrong),
                format!("在此环境验证成功 {} 次，失败或被否定 {} 次", self.verified, self.wrong),
            )
        };
        Text::new(
            format!("{en}{helped_en} (seen {} times; {proof_en}; {percent} % to be believed)", self.sightings),
            format!("{zh}{helped_zh}（见过 {} 次；{proof_zh}；可信度 {percent}%）", self.sightings),
        )
    }
}

/// What an incident looks like, in words that another one of its kind shares.
#[must_use]
pub fn looks(collected: &Collected) -> Vec<String> {
    let evidence = &collected.evidence;
    let Some(target) = &evidence.target else { return Vec::new() };
    let own = evidence.changes.iter().filter(|change| change.node == target.node);
    let actions = own.map(|change| change.action.as_str());
    let topics = evidence.logs.iter().map(|surge| surge.topic);
    described(&target.node, target.metric, actions, topics)
}

/// What is to be remembered of an incident with an answer. `None` where there is none, or no alarm that it explains.
#[must_use]
pub fn lesson(id: &IncidentId, collected: &Collected, explained: &Explained) -> Option<Reported> {
    let (answer, target) = (explained.diagnosis.answer()?, collected.evidence.target.as_ref()?);
    let cited = |wanted: &EvidenceRef| answer.cites.iter().any(|cite| cite.evidence == *wanted);
    let changes: BTreeSet<&str> = collected
        .evidence
        .changes
        .iter()
        .filter(|change| cited(&EvidenceRef::Change { id: change.id.clone() }))
        .map(|change| change.action.as_str())
        .collect();
    let logs = collected.evidence.logs.iter().filter(|surge| cited(&EvidenceRef::Log { id: surge.id.clone() }));
    let symptoms = described(&target.node, target.metric, changes.iter().copied(), logs.map(|surge| surge.topic));
    let cause = rca::cause_text(answer.cause);
    let by = if changes.is_empty() { String::new() } else { format!(" ({})", changes.into_iter().collect::<Vec<_>>().join(", ")) };
    let service = service(&answer.node);
    Some(Reported {
        symptoms,
        cause: format!("{service} {}{by}{BOTH}{service} {}{by}", cause.en, cause.zh),
        runbook: explained.remedy.as_ref().map(|remedy| remedy.operation.clone()),
        provenance: Provenance::Incident { incident: id.as_str().to_owned() },
    })
}

/// What was learnt before and fits, the best first. What this very incident taught is left out.
#[must_use]
pub fn recalled(patterns: Vec<Pattern>, id: &IncidentId, collected: &Collected, environment: Environment, now: EpochMs) -> Vec<Recalled> {
    let own = Provenance::Incident { incident: id.as_str().to_owned() };
    let others = patterns.into_iter().filter(|p| p.sightings > 1 || p.provenance != own).collect();
    search(others, &looks(collected).join("\n"), environment, now, LEAST_RELEVANCE, SHOWN)
}

/// The patterns that fit a text, the best first.
#[must_use]
pub fn search(
    patterns: Vec<Pattern>,
    text: &str,
    environment: Environment,
    now: EpochMs,
    least_relevance: f64,
    most: usize,
) -> Vec<Recalled> {
    let embedder = HashedNgrams::default();
    let vector = embedder.vector(text);
    let with_vectors = patterns.into_iter().map(|pattern| {
        let vector = embedder.vector(&pattern.searched_text());
        (pattern, Some(vector))
    });
    // The vectors are all of one embedder, so that neither call can fail.
    let Ok(recall) = Recall::new(with_vectors, vector.len()) else { return Vec::new() };
    let found = recall.search(text, Some(&vector), environment, now, most).unwrap_or_default();
    let fitting = found.iter().filter(|hit| hit.relevance >= least_relevance);
    fitting.map(|hit| Recalled::of(hit.pattern, environment, now)).collect()
}

/// The service in a node's id, `lambda` of `lambda:orders`.
fn service(node: &str) -> String {
    defang(node.split_once(':').map_or("service", |(service, _)| service), 40)
}

fn described<'a>(
    node: &str,
    metric: Metric,
    actions: impl Iterator<Item = &'a str>,
    topics: impl Iterator<Item = LogTopic>,
) -> Vec<String> {
    let metric = rca::metric_text(metric);
    let mut lines = vec![format!("{} alarm: {} · {}告警", service(node), metric.en, metric.zh)];
    let actions: BTreeSet<&str> = actions.collect();
    lines.extend(actions.into_iter().map(|action| format!("{} shortly before · 此前不久的变更", defang(action, 80))));
    let topics: BTreeSet<LogTopic> = topics.filter(|topic| *topic != LogTopic::Other).collect();
    lines.extend(topics.into_iter().map(|topic| {
        let topic = match topic {
            LogTopic::Throttling => "throttling · 限流",
            LogTopic::Network => "timeouts and connections · 超时与连接",
            LogTopic::Certificate => "certificate · 证书",
            LogTopic::Disk => "no space left · 磁盘空间不足",
            LogTopic::Memory => "no memory left · 内存不足",
            LogTopic::Other => "other",
        };
        format!("logs: {topic}")
    }));
    lines.truncate(knowledge::limits::SYMPTOMS);
    lines
}
