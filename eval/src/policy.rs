//! How long a whole decision takes: facts to Cedar, every question, the words of the answer. No data, no network.
//!
//! Invariant: every measured decision is a different situation of the same mix, so that nothing is answered from a cache.

use std::time::Instant;

use ::policy::{RuleSet, Situation, Window};
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// Decisions that are measured.
const MEASURED: usize = 50_000;

/// A mix: environments, risks, votes, calendars, stops, a tag, scoped roles.
fn situations() -> Result<Vec<Situation>> {
    let mut out = Vec::new();
    for environment in ["dev", "staging", "prod"] {
        for risk in ["R1", "R2", "R3"] {
            for votes in 0..3 {
                for (n, window) in [Window::NotConfigured, Window::Open, Window::Closed, Window::Frozen].into_iter().enumerate() {
                    let approvals: Vec<_> = ["bob", "carol"]
                        .iter()
                        .take(votes)
                        .map(|p| json!({"person": p, "groups": ["approver", "viewer"], "mfa_age_seconds": 30}))
                        .collect();
                    let stops: &[&str] = if n == 2 { &["operation:rds.reboot_instance", "account:999999999999"] } else { &[] };
                    let tags = if votes == 1 { json!({"aiops:min-approvals": "1", "aiops:ou": "payments/core"}) } else { json!({}) };
                    let line = json!({
                        "as": "alice", "groups": [format!("operator@env:{environment}"), "viewer"], "operation": "ec2.stop_instances",
                        "risk": risk, "approvals": approvals, "stops": stops, "incident_severity": if votes == 2 { Some(2) } else { None },
                        "account": {"id": "222222222222", "name": "acct", "environment": environment, "owner": "t", "regions": ["us-east-1"], "tags": tags},
                    });
                    let mut situation: Situation = serde_json::from_value(line).context("a situation of the mix")?;
                    situation.window = window;
                    out.push(situation);
                }
            }
        }
    }
    Ok(out)
}

/// p50 and p99 of a decision in microseconds, over the mix.
pub(crate) fn run(own: &[String], json_line: bool) -> Result<Vec<String>> {
    ensure!(own.is_empty(), "`{}` is not understood by the benchmark", own.join(" "));
    let rules = RuleSet::built_in().map_err(Clone::clone)?;
    let now = domain::EpochMs(1_800_000_000_000);
    let facts: Vec<_> = situations()?.iter().map(|s| s.facts(now)).collect();
    let load = Instant::now();
    RuleSet::load(&::policy::DEFAULTS)?;
    let load_us = load.elapsed().as_micros();
    for facts in facts.iter().cycle().take(2_000) {
        std::hint::black_box(rules.decide(&facts.request()));
    }
    let mut nanos: Vec<u128> = Vec::with_capacity(MEASURED);
    let mut answers = std::collections::BTreeMap::new();
    for facts in facts.iter().cycle().take(MEASURED) {
        let start = Instant::now();
        let decision = std::hint::black_box(rules.decide(&facts.request()));
        nanos.push(start.elapsed().as_nanos());
        *answers.entry(::policy::Answer::of(&decision.verdict).as_str()).or_insert(0_usize) += 1;
    }
    nanos.sort_unstable();
    let at = |share: usize| nanos.get(nanos.len().saturating_sub(1) * share / 1000).copied().unwrap_or_default() as f64 / 1000.0;
    let (p50, p99, p999) = (at(500), at(990), at(999));
    let mut lines = vec![
        format!("{} rules, version {}, read and compiled in {load_us} µs", rules.len(), rules.version()),
        format!("{MEASURED} decisions over {} situations: {answers:?}", facts.len()),
        format!("p50 {p50:.1} µs   p99 {p99:.1} µs   p99.9 {p999:.1} µs"),
    ];
    if json_line {
        lines.push(
            json!({"bench": "policy", "p50_us": p50, "p99_us": p99, "p999_us": p999, "rules": rules.len(), "load_us": load_us as u64})
                .to_string(),
        );
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_has_every_answer() {
        let rules = RuleSet::built_in().unwrap();
        let now = domain::EpochMs(1_800_000_000_000);
        let answers: std::collections::BTreeSet<&str> =
            situations().unwrap().iter().map(|s| ::policy::Answer::of(&rules.decide(&s.facts(now).request()).verdict).as_str()).collect();
        assert_eq!(answers.len(), 4);
    }
}
