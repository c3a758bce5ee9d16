//! Every check, and how facts are judged. Entry points: [`all`], [`find`], [`judge`].
//!
//! Invariant: one line of [`SERVICES`] a service; ids are unique.

use std::collections::BTreeMap;

use domain::EpochMs;

use crate::{
    check::{Check, Meta},
    cloudwatch, dynamodb, ec2,
    finding::{Finding, Unknown},
    gap::GapKind,
    iam, lambda,
    place::Place,
    rds, s3, vpc,
};

/// A service and what is looked for there.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The SDK's name, which is also the first part of every check id.
    pub name: &'static str,
    /// Whether it is looked at once an account, in its first region.
    pub once_an_account: bool,
    /// Its checks' data.
    pub metas: fn() -> Vec<&'static Meta>,
}

/// One line a service.
pub const SERVICES: &[Service] = &[
    Service { name: "ec2", once_an_account: false, metas: || metas(ec2::CHECKS) },
    Service { name: "vpc", once_an_account: false, metas: || metas(vpc::CHECKS) },
    Service { name: "s3", once_an_account: true, metas: || metas(s3::CHECKS) },
    Service { name: "rds", once_an_account: false, metas: || metas(rds::CHECKS) },
    Service { name: "lambda", once_an_account: false, metas: || metas(lambda::CHECKS) },
    Service { name: "iam", once_an_account: true, metas: || metas(iam::CHECKS) },
    Service { name: "dynamodb", once_an_account: false, metas: || metas(dynamodb::CHECKS) },
    Service { name: "cloudwatch", once_an_account: false, metas: || metas(cloudwatch::CHECKS) },
];

fn metas<F>(checks: &'static [Check<F>]) -> Vec<&'static Meta> {
    checks.iter().map(|c| &c.meta).collect()
}

/// Whether a service is known, and looked at once an account, in its first region.
#[must_use]
pub fn once_an_account(service: &str) -> bool {
    SERVICES.iter().any(|s| s.name == service && s.once_an_account)
}

/// Every check's data, by service.
#[must_use]
pub fn all() -> Vec<&'static Meta> {
    SERVICES.iter().flat_map(|s| (s.metas)()).collect()
}

/// The check with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Meta> {
    let service = SERVICES.iter().find(|s| id.strip_prefix(s.name).is_some_and(|rest| rest.starts_with('_')))?;
    (service.metas)().into_iter().find(|m| m.id == id)
}

/// The service that a person's word means: `ebs` is looked at with `ec2`, a log group with `cloudwatch`.
#[must_use]
pub fn service(written: &str) -> Option<&'static str> {
    let name = match written {
        "ebs" => "ec2",
        "logs" => "cloudwatch",
        other => other,
    };
    SERVICES.iter().map(|s| s.name).find(|s| *s == name)
}

/// What judging gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// Resources that fail a check.
    pub findings: Vec<Finding>,
    /// Checks that could not run.
    pub unknown: Vec<Unknown>,
    /// How many resources pass, by check.
    pub passed: BTreeMap<String, u32>,
}

/// Runs every check of a service over its facts. Gaps that nobody asked to fill are not reported: they are not news.
#[must_use]
pub fn judge<F>(checks: &'static [Check<F>], facts: &F, place: &Place) -> Judged {
    let mut judged = Judged::default();
    for check in checks {
        for judgement in (check.judge)(facts, place) {
            match judgement.verdict {
                Ok(None) => *judged.passed.entry(check.meta.id.to_owned()).or_default() += 1,
                Ok(Some(evidence)) => judged.findings.push(finding(&check.meta, judgement.arn, evidence, place, place.at)),
                Err(gap) if gap.kind == GapKind::NotAsked => {}
                Err(gap) => {
                    judged.unknown.push(Unknown { check: check.meta.id.to_owned(), arn: judgement.arn, region: place.region.clone(), gap });
                }
            }
        }
    }
    judged
}

fn finding(meta: &Meta, arn: String, evidence: crate::Evidence, place: &Place, at: EpochMs) -> Finding {
    Finding {
        check: meta.id.to_owned(),
        arn,
        account: place.account.clone(),
        region: place.region.clone(),
        severity: meta.severity,
        confidence: meta.confidence,
        evidence,
        first_seen: at,
        last_seen: at,
    }
}
