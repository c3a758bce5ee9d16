//! Joins burdens, symptoms and changes into one diagnosis.
//!
//! Entry: [`diagnose`]. A node's evidence is joined as independent reasons (noisy-or); a change shortly before the
//! onset multiplies the odds of a node that shows evidence of its own and does nothing for one that shows none.
//!
//! Invariant: see [`crate::diagnosis`].

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::burden::{Burden, Burdens, Tuning, burdens};
use crate::change::{cause, proximity};
use crate::diagnosis::{ANSWER_PERMILLE, Cause, Cite, Diagnosis, EvidenceRef, Hypothesis, Missing, Observation, Refutation, Refuted, Rung};
use crate::evidence::{Evidence, Metric, NodeKind, Source, Statistic};
use crate::graph::Graph;
use crate::symptom::{Symptom, symptoms};
use crate::table::Measure;

/// Greatest factor on the odds by a change at the very onset, less one.
const CHANGE_ODDS: f64 = 4.0;
/// A change counts for a node from this score of its own evidence on.
const OWN_EVIDENCE: f64 = 0.05;
/// A resource symptom alone, however clear, is not quite certainty.
const SYMPTOM_WEIGHT: f64 = 0.9;
/// Weight of a symptom of a node that the alarmed one is not known to reach.
const OFF_PATH: f64 = 0.4;
/// Confidence of a node whose unread callee might be the cause instead stays below an answer.
const UNREAD_CALLEE: f64 = 0.45;
/// Below this weight the other golden signal is not looked at.
const LEAST_ROOM: f64 = 0.05;
/// Leads that are handed on.
const MOST_LEADS: usize = 10;

/// What is known of one node while evidence is joined.
#[derive(Default)]
struct Suspect {
    score: f64,
    confidence: f64,
    cites: Vec<(f64, Cite)>,
    cause: Option<(f64, Cause)>,
}

impl Suspect {
    fn name(&mut self, strength: f64, cause: Cause) {
        if self.cause.is_none_or(|(s, c)| strength > s || (strength >= s && cause > c)) {
            self.cause = Some((strength, cause));
        }
    }
}

/// Independent reasons joined: wrong only if all are.
fn either(a: f64, b: f64) -> f64 {
    1.0 - (1.0 - a.clamp(0.0, 1.0)) * (1.0 - b.clamp(0.0, 1.0))
}

/// A probability whose odds are multiplied.
fn odds(p: f64, factor: f64) -> f64 {
    let p = p.clamp(0.0, 1.0);
    p * factor / (1.0 - p + p * factor).max(f64::MIN_POSITIVE)
}

/// The diagnosis with the standard constants.
#[must_use]
pub fn diagnose(evidence: &Evidence) -> Diagnosis {
    diagnose_with(evidence, &Tuning::default())
}

/// The diagnosis with other constants, for sensitivity studies.
#[must_use]
pub fn diagnose_with(evidence: &Evidence, tuning: &Tuning) -> Diagnosis {
    let graph = Graph::of(evidence);
    let target = evidence.target.as_ref().and_then(|t| Some((graph.index(&t.node)?, Measure::of(t.metric))));
    let depths = graph.depths(target.map(|(node, _)| node));
    let in_path = |node: usize| !graph.has_calls() || target.is_none() || depths.get(node).is_some_and(Option::is_some);
    let mut suspects: BTreeMap<usize, Suspect> = BTreeMap::new();
    let mut refuted = Vec::new();

    let burdens_found = target.and_then(|(node, measure)| burdens(evidence, &graph, node, measure?, tuning));
    if let (Some(found), Some((node, Some(measure)))) = (&burdens_found, target) {
        from_burdens(evidence, &graph, found, node, measure, tuning, &mut suspects, &mut refuted);
    }
    for symptom in symptoms(evidence, &graph, tuning.half_z) {
        from_symptom(symptom, &in_path, &mut suspects);
    }
    from_changes(evidence, &graph, &mut suspects, &mut refuted);

    let unread: Vec<usize> = evidence
        .gaps
        .iter()
        .filter(|g| g.source == Source::Metrics)
        .filter_map(|g| graph.index(g.node.as_deref()?))
        .filter(|n| !evidence.series.iter().any(|s| s.node == graph.id(*n) && s.metric != Metric::Requests))
        .collect();
    let half_read = target.and_then(|(_, measure)| measure).map(|m| half_read(evidence, &graph, m)).unwrap_or_default();
    let unread: Vec<usize> = unread.into_iter().chain(half_read).collect();
    for (&node, suspect) in &mut suspects {
        if graph.callees(node).iter().any(|c| unread.contains(c)) {
            suspect.confidence = suspect.confidence.min(UNREAD_CALLEE);
        }
    }
    let mut all: Vec<(usize, Suspect)> = suspects.into_iter().filter(|(_, s)| s.score > 0.0 && !s.cites.is_empty()).collect();
    all.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(b.1.confidence.total_cmp(&a.1.confidence)).then(a.0.cmp(&b.0)));
    let ranked = burdens_found.iter().flat_map(|b| &b.ranked);
    let orphans: Vec<usize> = ranked.filter(|b| b.is_orphan && b.score >= OWN_EVIDENCE).map(|b| b.node).collect();
    let stays = |node: usize, suspect: &Suspect| in_path(node) || suspect.confidence >= 0.5 || orphans.contains(&node);
    for (node, suspect) in &all {
        if !stays(*node, suspect) {
            refuted.push(Refuted {
                node: graph.id(*node).to_owned(),
                cites: suspect.cites.iter().map(|(_, c)| c.clone()).collect(),
                refutation: Refutation::NotInPath,
            });
        }
    }
    all.retain(|(node, suspect)| stays(*node, suspect));
    let hypotheses: Vec<Hypothesis> = all.into_iter().map(|(node, suspect)| hypothesis(&graph, node, suspect)).collect();
    let determined = hypotheses.first().is_some_and(|h| h.confidence_permille >= ANSWER_PERMILLE);
    let (ranked, mut leads): (Vec<_>, Vec<_>) =
        hypotheses.into_iter().partition(|h| determined && h.confidence_permille >= ANSWER_PERMILLE);
    leads.truncate(MOST_LEADS);
    let rung = match (&burdens_found, evidence.series.is_empty() && evidence.logs.is_empty() && evidence.findings.is_empty()) {
        (Some(_), _) if graph.has_calls() => Rung::CallGraph,
        (None, true) if evidence.changes.is_empty() => Rung::Nothing,
        _ => Rung::Symptoms,
    };
    let undetermined = (!determined).then(|| missing(evidence, &graph, target.map(|t| t.1), burdens_found.is_some(), &leads));
    Diagnosis { rung, ranked, leads, refuted, undetermined }
}

/// Nodes that are asked, but of which nobody read how they answer: what their callers show may be theirs.
fn half_read(evidence: &Evidence, graph: &Graph, measure: Measure) -> Vec<usize> {
    let answers = |metric| match measure {
        Measure::Time => metric == Metric::Latency,
        Measure::Failures => matches!(metric, Metric::Availability | Metric::Errors),
    };
    let (mut asked, mut read) = (vec![false; graph.len()], vec![false; graph.len()]);
    for series in &evidence.series {
        let Some(node) = graph.index(&series.node) else { continue };
        let list = if series.metric == Metric::Requests { &mut asked } else { &mut read };
        let counts = series.metric == Metric::Requests || answers(series.metric);
        if let Some(slot) = list.get_mut(node).filter(|_| counts) {
            *slot |= series.points.iter().any(|p| p.value.is_finite() && evidence.baseline.holds(p.at));
        }
    }
    asked.iter().zip(&read).enumerate().filter(|(_, (asked, read))| **asked && !**read).map(|(node, _)| node).collect()
}

fn hypothesis(graph: &Graph, node: usize, mut suspect: Suspect) -> Hypothesis {
    suspect.cites.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.evidence.cmp(&b.1.evidence)));
    Hypothesis {
        node: graph.id(node).to_owned(),
        cause: suspect.cause.map_or(Cause::Failing, |(_, c)| c),
        // A share in permille of a number between 0 and 1 fits.
        confidence_permille: (suspect.confidence.clamp(0.0, 0.999) * 1000.0).round() as u16,
        score: suspect.score,
        cites: suspect.cites.into_iter().map(|(_, c)| c).collect(),
    }
}

fn burden_cites(graph: &Graph, burden: &Burden, measure: Measure, is_share: bool) -> Vec<(f64, Cite)> {
    let node = graph.id(burden.node).to_owned();
    let (metric, statistic, unit) = match measure {
        Measure::Time => (Metric::Latency, Statistic::Average, "s"),
        Measure::Failures if is_share => (Metric::Availability, Statistic::Average, "%"),
        Measure::Failures => (Metric::Errors, Statistic::Sum, Metric::Errors.unit()),
    };
    let shown = |level: f64| if measure == Measure::Failures && is_share { 100.0 * (1.0 - level) } else { level };
    let series = EvidenceRef::Series { node, metric, statistic };
    let level = Observation::Level { before: shown(burden.level.0), during: shown(burden.level.1), unit: unit.to_owned() };
    let added = Observation::Added { effect_permille: (burden.effect * 1000.0).round() as u16, z: burden.z };
    vec![
        (burden.score, Cite { evidence: series.clone(), observation: added }),
        (burden.score * 0.99, Cite { evidence: series, observation: level }),
    ]
}

#[expect(clippy::too_many_arguments, reason = "one step of one analysis, kept apart for its length only")]
fn from_burdens(
    evidence: &Evidence,
    graph: &Graph,
    found: &Burdens,
    target: usize,
    measure: Measure,
    tuning: &Tuning,
    suspects: &mut BTreeMap<usize, Suspect>,
    refuted: &mut Vec<Refuted>,
) {
    let best = found.ranked.first().map_or(0.0, |b| b.score);
    let other = match measure {
        Measure::Time => Measure::Failures,
        Measure::Failures => Measure::Time,
    };
    // The other golden signal helps only where the alarmed one explains little.
    let room = tuning.other_signal * (1.0 - best).clamp(0.0, 1.0);
    let others = if room < LEAST_ROOM { None } else { burdens(evidence, graph, target, other, tuning) };
    let others_are_shares = others.as_ref().is_some_and(|o| o.is_share);
    let others: BTreeMap<usize, Burden> = others.map(|b| b.ranked.into_iter().map(|x| (x.node, x)).collect()).unwrap_or_default();
    let mut explained: f64 = 0.0;
    for (rank, burden) in found.ranked.iter().enumerate() {
        let suspect = suspects.entry(burden.node).or_default();
        // The best must stand against its equals, where they claim the same change; the others get what it leaves.
        let equals = found.ranked.iter().skip(1).filter(|b| rank == 0 && b.score >= 0.5 * burden.score);
        let rival: f64 = equals.map(|b| b.score).sum();
        let overlap = (burden.score + rival - 1.0).max(0.0);
        let share = burden.score / (burden.score + overlap).max(f64::MIN_POSITIVE);
        let left = ((1.0 - explained) / burden.effect.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        let mut joint = burden.z.max(0.0) * found.target.z.max(0.0) * burden.effect;
        if burden.seen_of.is_some() {
            joint *= tuning.inferred_weight * tuning.inferred_weight;
        }
        if burden.is_orphan {
            joint *= tuning.orphan_weight * tuning.orphan_weight;
        }
        explained += burden.effect;
        suspect.confidence = joint / (joint + tuning.half_evidence) * share * left;
        suspect.score = burden.score + room * others.get(&burden.node).map_or(0.0, |o| o.score);
        if burden.score > 0.0 {
            suspect.cites.extend(burden_cites(graph, burden, measure, found.is_share));
        }
        if let Some(also) = others.get(&burden.node).filter(|o| room * o.score > burden.score) {
            suspect.cites.extend(burden_cites(graph, also, other, others_are_shares));
        }
        let plain = match (graph.kind(burden.node), measure) {
            (NodeKind::Inferred, _) => Cause::Dependency,
            (NodeKind::Instrumented, Measure::Time) => Cause::Slow,
            (NodeKind::Instrumented, Measure::Failures) => Cause::Failing,
        };
        suspect.name(0.0, plain);
        let dropped = match burden.seen_of {
            Some(of) => Some(Refutation::SeenFromOutside { of: graph.id(of).to_owned() }),
            None if burden.total_z >= tuning.half_z && burden.z < 3.0 => graph
                .callees(burden.node)
                .iter()
                .filter_map(|c| found.ranked.iter().find(|b| b.node == *c))
                .max_by(|a, b| a.total_z.total_cmp(&b.total_z).then(a.node.cmp(&b.node)))
                .filter(|c| c.total_z >= 3.0)
                .map(|c| Refutation::PassesOn { from: graph.id(c.node).to_owned() }),
            None => None,
        };
        if let Some(refutation) = dropped {
            let cites = burden_cites(graph, burden, measure, found.is_share).into_iter().map(|(_, c)| c).collect();
            refuted.push(Refuted { node: graph.id(burden.node).to_owned(), cites, refutation });
        }
    }
    for &node in &found.unknown {
        refuted.push(Refuted { node: graph.id(node).to_owned(), cites: Vec::new(), refutation: Refutation::NoBaseline });
    }
}

fn from_symptom(symptom: Symptom, in_path: &impl Fn(usize) -> bool, suspects: &mut BTreeMap<usize, Suspect>) {
    let weight = SYMPTOM_WEIGHT * symptom.strength * if in_path(symptom.node) { 1.0 } else { OFF_PATH };
    let suspect = suspects.entry(symptom.node).or_default();
    suspect.confidence = either(suspect.confidence, weight);
    suspect.score = either(suspect.score, weight);
    if let Some(cause) = symptom.cause {
        suspect.name(weight, cause);
    } else {
        suspect.name(0.0, Cause::Failing);
    }
    suspect.cites.push((weight, symptom.cite));
}

fn from_changes(evidence: &Evidence, graph: &Graph, suspects: &mut BTreeMap<usize, Suspect>, refuted: &mut Vec<Refuted>) {
    let onset = evidence.incident.from;
    let mut changes: Vec<_> = evidence.changes.iter().collect();
    // Trails count in seconds: in the same second a deployment comes last, for it is what the other calls prepare.
    changes.sort_by(|a, b| (a.at, Reverse(a.kind), &a.id, &a.node).cmp(&(b.at, Reverse(b.kind), &b.id, &b.node)));
    // Of several changes of one node the nearest counts, of equally near ones the latest; the others are cited.
    let mut nearest: BTreeMap<usize, (f64, Cause)> = BTreeMap::new();
    for change in changes {
        let Some(node) = graph.index(&change.node) else { continue };
        let near = proximity(change, onset);
        let cite = Cite {
            evidence: EvidenceRef::Change { id: change.id.clone() },
            observation: Observation::Changed { seconds_before: onset.0.saturating_sub(change.at.0) / 1000 },
        };
        let own = suspects.get(&node).map_or(0.0, |s| s.score);
        if near > 0.0 && own >= OWN_EVIDENCE {
            let entry = nearest.entry(node).or_insert((0.0, cause(change.kind)));
            if near >= entry.0 {
                *entry = (near, cause(change.kind));
            }
            suspects.entry(node).or_default().cites.push((near, cite));
        } else {
            let refutation = if near > 0.0 { Refutation::NoEffect } else { Refutation::AfterOnset };
            refuted.push(Refuted { node: change.node.clone(), cites: vec![cite], refutation });
        }
    }
    for (node, (near, cause)) in nearest {
        if let Some(suspect) = suspects.get_mut(&node) {
            let factor = 1.0 + CHANGE_ODDS * near;
            suspect.confidence = odds(suspect.confidence, factor);
            suspect.score = odds(suspect.score, factor);
            if near >= 0.25 {
                suspect.cause = Some((1.0, cause));
            }
        }
    }
}

/// Why there is no answer.
fn missing(evidence: &Evidence, graph: &Graph, measure: Option<Option<Measure>>, has_burdens: bool, leads: &[Hypothesis]) -> Vec<Missing> {
    let mut gaps = evidence.gaps.clone();
    gaps.sort_by(|a, b| (a.source, &a.node, &a.reason, &a.permission).cmp(&(b.source, &b.node, &b.reason, &b.permission)));
    let mut missing: Vec<Missing> = gaps.into_iter().map(|gap| Missing::Unread { gap }).collect();
    if matches!(measure, Some(Some(_))) && !has_burdens {
        missing.push(Missing::Baseline);
    }
    let strong: Vec<&Hypothesis> = leads.iter().filter(|h| h.confidence_permille >= 100).collect();
    if !graph.has_calls() && graph.len() > 1 && !missing.iter().any(|m| m.settled_by() == Some(Source::Topology)) {
        missing.push(Missing::Topology);
    }
    match strong.as_slice() {
        [] => missing.push(Missing::NothingAbnormal),
        [first, second, ..] if second.score >= 0.5 * first.score => {
            let rivals = strong.iter().filter(|h| h.score >= 0.5 * first.score).map(|h| h.node.clone()).collect();
            missing.push(Missing::Rivals { nodes: rivals });
        }
        _ => missing.push(Missing::Weak),
    }
    missing
}
