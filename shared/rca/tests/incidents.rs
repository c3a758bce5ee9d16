//! Twelve recorded incidents of our own with their right answers; "undetermined" is one of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::wildcard_imports)]

mod support;

use rca::diagnosis::{Cause, Cite, EvidenceRef, Missing, Observation, Refutation};
use rca::evidence::{Finding, Metric, Statistic};
use rca::recording::{Recording, Right};
use rca::{Diagnosis, diagnose};
use support::recorded::*;
use support::{deployment, record, resource};

fn answer(diagnosis: &Diagnosis) -> (&str, Cause) {
    let first = diagnosis.answer().unwrap_or_else(|| panic!("undetermined: {:#?}", diagnosis));
    (first.node.as_str(), first.cause)
}

fn refutation<'a>(diagnosis: &'a Diagnosis, node: &str) -> Vec<&'a Refutation> {
    diagnosis.refuted.iter().filter(|r| r.node == node).map(|r| &r.refutation).collect()
}

/// The recordings that lie in the project.
fn recordings() -> Vec<Recording> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|f| serde_json::from_str(&std::fs::read_to_string(f).unwrap()).unwrap_or_else(|e| panic!("{f:?}: {e}"))).collect()
}

#[test]
fn twelve_incidents_have_their_right_answers_and_no_false_confidence() {
    let recordings = recordings();
    assert_eq!(recordings.len(), 12);
    for recording in &recordings {
        let diagnosis = diagnose(&recording.evidence());
        let judged = recording.judge(&diagnosis);
        assert!(judged.is_right && judged.false_confidence.is_empty(), "{}: {judged:?} {diagnosis:#?}", recording.name);
        assert!(diagnosis.suspects().all(|h| !h.cites.is_empty()), "{}: a cause without evidence", recording.name);
    }
    // A scorer that cannot fail proves nothing.
    let wrong = Recording { right: Some(vec![Right { node: "nobody".into(), cause: Cause::Slow }]), ..recordings[0].clone() };
    assert!(!wrong.judge(&diagnose(&wrong.evidence())).is_right);
}

#[test]
fn recordings_are_what_the_recorder_makes() {
    let made: Vec<Recording> = recorded().iter().map(support::recorded::recording).collect();
    let mut kept = recordings();
    kept.sort_by_key(|k| made.iter().position(|m| m.name == k.name));
    assert!(kept == made, "run `cargo run -p rca --example record`");
}

#[test]
fn healthy_window_yields_nothing() {
    for alarm in [Metric::Latency, Metric::Availability] {
        let diagnosis = diagnose(&record(&[], alarm));
        assert!(diagnosis.ranked.is_empty());
        assert!(diagnosis.undetermined.is_some());
    }
}

#[test]
fn deployment_of_an_uninvolved_node_is_a_red_herring() {
    let diagnosis = diagnose(&red_herring());
    assert_eq!(answer(&diagnosis), ("index", Cause::Slow));
    assert_eq!(refutation(&diagnosis, "orders"), [&Refutation::NoEffect]);
    assert_eq!(refutation(&diagnosis, "search"), [&Refutation::PassesOn { from: "index".into() }]);
}

#[test]
fn what_may_not_be_read_is_named_and_its_caller_is_not_accused() {
    let diagnosis = diagnose(&missing_permission());
    assert!(diagnosis.answer().is_none());
    let missing = diagnosis.undetermined.unwrap();
    let named = |m: &Missing| matches!(m, Missing::Unread { gap } if gap.permission.as_deref() == Some("cloudwatch:GetMetricData"));
    assert!(missing.iter().any(named), "{missing:?}");
    assert_eq!(diagnosis.leads[0].node, "search");
}

#[test]
fn deployment_shortly_before_the_onset_on_the_failing_node_raises_it() {
    let mut weak = record(&[failing("cart", 0.002)], Metric::Availability);
    let without = diagnose(&weak);
    weak.changes = bad_deployment().changes;
    let with = diagnose(&weak);
    assert_eq!(answer(&without), ("cart", Cause::Failing));
    assert_eq!(answer(&with), ("cart", Cause::Deployment));
    assert!(with.ranked[0].confidence_permille > without.ranked[0].confidence_permille);
    let cited = |c: &Cite| matches!(&c.evidence, EvidenceRef::Change { id } if id == "evt-cart");
    assert!(with.ranked[0].cites.iter().any(cited));
    assert_eq!(refutation(&with, "search"), [&Refutation::NoEffect]);
}

#[test]
fn change_after_the_onset_is_never_a_cause() {
    let mut evidence = record(&[failing("cart", 0.05)], Metric::Availability);
    evidence.changes.push(deployment("cart", -10));
    let diagnosis = diagnose(&evidence);
    assert_eq!(answer(&diagnosis), ("cart", Cause::Failing));
    assert_eq!(refutation(&diagnosis, "cart"), [&Refutation::AfterOnset]);
}

#[test]
fn in_the_second_of_a_deployment_the_calls_beside_it_do_not_name_the_cause() {
    for (first, last) in [("evt-a", "evt-z"), ("evt-z", "evt-a")] {
        let mut evidence = record(&[failing("cart", 0.05)], Metric::Availability);
        let mut role = deployment("cart", 3);
        (role.id, role.kind) = (first.into(), rca::evidence::ChangeKind::Configuration);
        let mut code = deployment("cart", 3);
        code.id = last.into();
        evidence.changes.extend([role, code]);
        assert_eq!(answer(&diagnose(&evidence)), ("cart", Cause::Deployment), "{last}");
    }
}

#[test]
fn exhausted_resources_name_the_kind_of_fault() {
    for (evidence, expected) in [
        (throttling(), ("table", Cause::Throttled)),
        (network(), ("search", Cause::Network)),
        (disk(), ("index", Cause::Disk)),
        (certificate(), ("orders", Cause::Certificate)),
        (record(&[failing("mail", 0.6)], Metric::Availability), ("mail", Cause::Dependency)),
    ] {
        assert_eq!(answer(&diagnose(&evidence)), expected);
    }
}

#[test]
fn without_topology_causes_and_consequences_cannot_be_told_apart() {
    let diagnosis = diagnose(&no_topology());
    assert!(diagnosis.answer().is_none(), "{diagnosis:#?}");
    assert!(diagnosis.undetermined.unwrap().contains(&Missing::Topology));
}

#[test]
fn trouble_outside_the_alarmed_path_is_shown_as_refuted() {
    let mut evidence = record(&[], Metric::Latency);
    evidence.series.push(resource("backup", Metric::CpuPercent, 20.0, 99.0));
    let diagnosis = diagnose(&evidence);
    assert!(diagnosis.answer().is_none());
    assert_eq!(refutation(&diagnosis, "backup"), [&Refutation::NotInPath]);
}

#[test]
fn outage_that_somebody_reports_is_cited() {
    let mut evidence = record(&[failing("table", 0.05)], Metric::Availability);
    evidence.findings.push(Finding { id: "health-1".into(), node: "table".into(), title: "operational issue".into(), is_outage: true });
    let diagnosis = diagnose(&evidence);
    assert_eq!(answer(&diagnosis).0, "table");
    assert!(diagnosis.ranked[0].cites.iter().any(|c| c.observation == Observation::Reported));
}

#[test]
fn what_counts_failures_is_cited_as_a_count_and_not_as_a_share() {
    let mut evidence = record(&[failing("table", 0.05)], Metric::Availability);
    let requests: Vec<_> = evidence.series.iter().filter(|s| s.metric == Metric::Requests).cloned().collect();
    for series in evidence.series.iter_mut().filter(|s| s.metric == Metric::Availability) {
        let asked = requests.iter().find(|r| r.node == series.node).unwrap();
        series.points.iter_mut().zip(&asked.points).for_each(|(p, r)| p.value = r.value * (1.0 - p.value / 100.0));
        (series.metric, series.statistic) = (Metric::Errors, Statistic::Sum);
    }
    evidence.target.iter_mut().for_each(|t| t.metric = Metric::Errors);
    let diagnosis = diagnose(&evidence);
    let shown: Vec<_> = diagnosis.suspects().flat_map(|h| &h.cites).collect();
    let metric = |c: &Cite| match &c.evidence {
        EvidenceRef::Series { metric, .. } => Some(*metric),
        _ => None,
    };
    assert!(shown.iter().any(|c| metric(c) == Some(Metric::Errors)), "{diagnosis:#?}");
    assert!(!shown.iter().any(|c| metric(c) == Some(Metric::Availability)), "{diagnosis:#?}");
    for cite in shown {
        if let Observation::Level { before, during, .. } = &cite.observation {
            assert!(*before >= 0.0 && *during >= 0.0, "{cite:?}");
        }
    }
}

#[test]
fn service_that_fell_silent_is_found_by_what_its_callers_miss() {
    // index answers nothing any more: its callers see failures of something that does not report itself.
    let mut evidence = record(&[], Metric::Availability);
    let incident = evidence.incident;
    for series in &mut evidence.series {
        for point in series.points.iter_mut().filter(|p| incident.holds(p.at)) {
            match (series.node.as_str(), series.metric) {
                ("index", Metric::Requests) => point.value *= 0.6,
                ("web" | "search", Metric::Availability) => point.value = 68.0,
                _ => {}
            }
        }
    }
    let mut seen = resource("index-remote", Metric::Requests, 1.0, 330.0);
    evidence.series.push(seen.clone());
    seen.metric = Metric::Availability;
    for point in &mut seen.points {
        point.value = if incident.holds(point.at) { 1.0 } else { 100.0 };
    }
    evidence.series.push(seen);
    evidence.nodes.push(rca::evidence::Node { id: "index-remote".into(), kind: rca::evidence::NodeKind::Inferred });
    evidence.calls.push(rca::evidence::Call { caller: "search".into(), callee: "index-remote".into() });
    assert_eq!(answer(&diagnose(&evidence)), ("index", Cause::Failing));
}

#[test]
fn starved_caller_is_the_cause_when_its_unrelated_callees_all_slow_down() {
    // search has no processor time: index and table look slow from there, by the same factor.
    let mut evidence = record(&[], Metric::Latency);
    let incident = evidence.incident;
    evidence.calls.retain(|c| !(c.caller == "orders" && c.callee == "table"));
    for series in evidence.series.iter_mut().filter(|s| s.metric == Metric::Latency) {
        for point in series.points.iter_mut().filter(|p| incident.holds(p.at)) {
            match series.node.as_str() {
                "index" | "table" => point.value *= 3.0,
                "search" => point.value *= 4.0,
                "web" => point.value *= 2.0,
                _ => {}
            }
        }
    }
    assert_eq!(answer(&diagnose(&evidence)), ("search", Cause::Slow));
}

#[test]
fn value_that_was_not_read_is_unknown_and_not_zero() {
    for (seed, node) in [(1, "index"), (2, "orders"), (3, "cart"), (4, "search"), (5, "table")] {
        let mut evidence = record(&[slow(node, 0.060)], Metric::Latency);
        for (index, series) in evidence.series.iter_mut().enumerate() {
            let mut row = index * 13 + seed;
            series.points.retain(|_| {
                row += 1;
                row % 11 != 0
            });
        }
        assert_eq!(answer(&diagnose(&evidence)), (node, Cause::Slow));
    }
}

#[test]
fn explanations_exist_in_both_languages_and_carry_no_live_markup() {
    for (name, mut evidence, _) in recorded() {
        for series in &mut evidence.series {
            series.node = series.node.replace("index", "in\u{202E}dex\n");
        }
        let text = rca::explain(&diagnose(&evidence));
        assert!(text.zh.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)), "{name}");
        assert!(!text.en.contains('\u{202E}') && !text.zh.contains('\u{202E}'), "{name}");
    }
}
