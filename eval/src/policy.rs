//! How long a whole decision takes: facts to Cedar, every question, the words of the answer. No data, no network.
//!
//! Invariant: every measured decision has facts of its own (plan, account, people, moment), so that nothing could be answered from what an
//! earlier one left behind; the rules keep nothing either. What a process pays once is measured apart: reading the rules, and the first
//! decision after that.

use std::time::Instant;

use ::policy::{Facts, RuleSet, Situation, Window};
use anyhow::{Context, Result, ensure};
use domain::{AccountId, EpochMs, PersonId};
use serde_json::json;

/// Decisions that are measured.
const MEASURED: usize = 50_000;
/// The number of the decision that is the first of all.
const COLD: usize = 99_999_999;
/// Decisions before these.
const WARMING: usize = 2_000;

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

/// One of the mix with people, an account and a moment that no other number has.
fn facts(situations: &[Situation], number: usize) -> Result<Facts> {
    let mut situation = situations.get(number % situations.len().max(1)).context("an empty mix")?.clone();
    let person = |person: &PersonId| PersonId::parse(&format!("{person}{number}")).context("a person of the mix");
    situation.person = person(&situation.person)?;
    for vote in &mut situation.approvals {
        vote.person = person(&vote.person)?;
    }
    situation.account.id = AccountId::parse(&format!("{:012}", 100_000_000_000 + number)).context("an account of the mix")?;
    Ok(situation.facts(EpochMs(1_800_000_000_000 + i64::try_from(number)?)))
}

/// p50 and p99 of a decision in microseconds, over the mix.
pub(crate) fn run(own: &[String], json_line: bool) -> Result<Vec<String>> {
    ensure!(own.is_empty(), "`{}` is not understood by the benchmark", own.join(" "));
    let situations = situations()?;
    let (load, loaded) = (Instant::now(), RuleSet::load(&::policy::DEFAULTS)?);
    let load_us = load.elapsed().as_micros();
    let (cold_facts, cold) = (facts(&situations, COLD)?, Instant::now());
    std::hint::black_box(loaded.decide(&cold_facts.request()));
    let first_us = cold.elapsed().as_nanos() as f64 / 1000.0;
    let rules = RuleSet::built_in().map_err(Clone::clone)?;
    let mut nanos: Vec<u128> = Vec::with_capacity(MEASURED);
    let mut answers = std::collections::BTreeMap::new();
    // The first rounds warm up. Facts are gathered by callers: making them is no part of a decision.
    for round in 0..=(WARMING + MEASURED) / situations.len() {
        let numbers = round * situations.len()..(round + 1) * situations.len();
        let all: Vec<Facts> = numbers.clone().map(|number| facts(&situations, number)).collect::<Result<_>>()?;
        for (number, facts) in numbers.zip(&all) {
            let start = Instant::now();
            let decision = std::hint::black_box(rules.decide(&facts.request()));
            let taken = start.elapsed().as_nanos();
            if (WARMING..WARMING + MEASURED).contains(&number) {
                nanos.push(taken);
                *answers.entry(::policy::Answer::of(&decision.verdict).as_str()).or_insert(0_usize) += 1;
            }
        }
    }
    nanos.sort_unstable();
    let at = |share: usize| nanos.get(nanos.len().saturating_sub(1) * share / 1000).copied().unwrap_or_default() as f64 / 1000.0;
    let (p50, p99, p999) = (at(500), at(990), at(999));
    let mut lines = vec![
        format!(
            "{} rules, version {}, read and compiled in {load_us} µs; the first decision then {first_us:.1} µs",
            rules.len(),
            rules.version()
        ),
        format!("{MEASURED} decisions over {} situations, each with facts of its own, none from a cache: {answers:?}", situations.len()),
        format!("p50 {p50:.1} µs   p99 {p99:.1} µs   p99.9 {p999:.1} µs"),
    ];
    if json_line {
        lines.push(
            json!({"bench": "policy", "p50_us": p50, "p99_us": p99, "p999_us": p999, "rules": rules.len(), "load_us": load_us as u64, "first_us": first_us})
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
        let now = EpochMs(1_800_000_000_000);
        let answers: std::collections::BTreeSet<&str> =
            situations().unwrap().iter().map(|s| ::policy::Answer::of(&rules.decide(&s.facts(now).request()).verdict).as_str()).collect();
        assert_eq!(answers.len(), 4);
    }

    #[test]
    fn no_two_decisions_share_plan_account_people_or_moment() {
        let mix = situations().unwrap();
        let (one, other) = (facts(&mix, 5).unwrap(), facts(&mix, 5 + mix.len()).unwrap());
        assert!(one.plan.id != other.plan.id && one.digest != other.digest && one.now != other.now);
        assert!(one.plan.account != other.plan.account && one.plan.authors != other.plan.authors);
        let rules = RuleSet::built_in().unwrap();
        let answer = |facts: &Facts| ::policy::Answer::of(&rules.decide(&facts.request()).verdict);
        assert_eq!(answer(&one), answer(&other));
    }
}
