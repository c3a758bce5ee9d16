//! What holds for every input: no panic, the order of input and the spelling of names do not matter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use domain::EpochMs;
use proptest::prelude::*;
use rca::diagnose;
use rca::evidence::{Call, Evidence, Metric, Node, NodeKind, Point, Series, Statistic, Target, Window};
use support::{Fault, record};

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(0.0),
        1 => Just(f64::MAX),
        1 => Just(f64::MIN_POSITIVE),
    ]
}

fn any_metric() -> impl Strategy<Value = Metric> {
    prop::sample::select(vec![
        Metric::Requests,
        Metric::Latency,
        Metric::Availability,
        Metric::Errors,
        Metric::Throttles,
        Metric::CpuPercent,
        Metric::MemoryPercent,
        Metric::DiskPercent,
        Metric::NetworkErrors,
        Metric::CertificateDays,
    ])
}

fn any_node() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "d", ""]).prop_map(str::to_owned)
}

prop_compose! {
    fn any_series()(
        node in any_node(),
        metric in any_metric(),
        is_sum in any::<bool>(),
        points in prop::collection::vec((-5_i64..40, any_value()), 0..40),
    ) -> Series {
        let statistic = if is_sum { Statistic::Sum } else { Statistic::Average };
        Series { node, metric, statistic, points: points.into_iter().map(|(at, value)| Point { at: EpochMs(at), value }).collect() }
    }
}

prop_compose! {
    fn any_evidence()(
        target in prop::option::of((any_node(), any_metric())),
        cuts in [-10_i64..50, -10_i64..50, -10_i64..50, -10_i64..50],
        calls in prop::collection::vec((any_node(), any_node()), 0..12),
        inferred in any_node(),
        series in prop::collection::vec(any_series(), 0..14),
    ) -> Evidence {
        Evidence {
            target: target.map(|(node, metric)| Target { node, metric }),
            baseline: Window { from: EpochMs(cuts[0]), to: EpochMs(cuts[1]) },
            incident: Window { from: EpochMs(cuts[2]), to: EpochMs(cuts[3]) },
            nodes: vec![Node { id: inferred, kind: NodeKind::Inferred }],
            calls: calls.into_iter().map(|(caller, callee)| Call { caller, callee }).collect(),
            series,
            ..Evidence::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_evidence_never_panics_and_every_cause_cites(evidence in any_evidence()) {
        let diagnosis = diagnose(&evidence);
        prop_assert_eq!(diagnosis.answer().is_none(), diagnosis.undetermined.is_some());
        for hypothesis in diagnosis.suspects() {
            prop_assert!(!hypothesis.cites.is_empty());
            prop_assert!(hypothesis.confidence_permille < 1000);
            prop_assert!(hypothesis.score.is_finite());
        }
        prop_assert!(!rca::explain(&diagnosis).zh.is_empty());
    }

    #[test]
    fn order_of_input_does_not_matter(evidence in any_evidence(), seed in any::<u64>()) {
        let mut shuffled = evidence.clone();
        let mut state = seed | 1;
        let mut next = |n: usize| { state ^= state << 13; state ^= state >> 7; state ^= state << 17; state as usize % n.max(1) };
        for i in (1..shuffled.series.len()).rev() { shuffled.series.swap(i, next(i + 1)); }
        for i in (1..shuffled.calls.len()).rev() { shuffled.calls.swap(i, next(i + 1)); }
        for series in &mut shuffled.series {
            for i in (1..series.points.len()).rev() { series.points.swap(i, next(i + 1)); }
        }
        prop_assert_eq!(diagnose(&evidence), diagnose(&shuffled));
    }
}

/// The evidence with every name replaced.
fn renamed(evidence: &Evidence, names: &BTreeMap<&str, &str>) -> Evidence {
    let new = |old: &str| names.get(old).map_or_else(|| old.to_owned(), |n| (*n).to_owned());
    let mut out = evidence.clone();
    out.nodes.iter_mut().for_each(|n| n.id = new(&n.id));
    out.series.iter_mut().for_each(|s| s.node = new(&s.node));
    out.target.iter_mut().for_each(|t| t.node = new(&t.node));
    for call in &mut out.calls {
        call.caller = new(&call.caller);
        call.callee = new(&call.callee);
    }
    out
}

#[test]
fn names_do_not_matter() {
    let names: BTreeMap<&str, &str> =
        [("web", "q7"), ("cart", "zz"), ("search", "A"), ("orders", "m-1"), ("mail", "0"), ("index", "web"), ("table", "cart_remote")]
            .into();
    for node in ["web", "cart", "search", "orders", "mail", "index", "table"] {
        for (alarm, fault) in [
            (Metric::Latency, Fault { node, slower_s: 0.05, failing: 0.0 }),
            (Metric::Availability, Fault { node, slower_s: 0.0, failing: 0.05 }),
        ] {
            let evidence = record(&[fault], alarm);
            let usual = diagnose(&evidence);
            let other = diagnose(&renamed(&evidence, &names));
            let expected: Vec<(String, u16)> =
                usual.suspects().map(|h| (names[h.node.as_str()].to_owned(), h.confidence_permille)).collect();
            let found: Vec<(String, u16)> = other.suspects().map(|h| (h.node.clone(), h.confidence_permille)).collect();
            assert_eq!(found, expected);
            if node != "mail" {
                assert_eq!(usual.answer().map(|h| h.node.as_str()), Some(node), "{alarm:?}");
            }
        }
    }
}
