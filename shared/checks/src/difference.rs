//! What changed since the last scan. Entry type: [`Difference`].
//!
//! Invariant: a finding that is gone is called resolved only where its check ran on its resource's place completely; where
//! it could not run, it is kept as unverified with its old evidence.

use std::collections::BTreeMap;

use domain::AccountId;
use serde::{Deserialize, Serialize};

use crate::{
    coverage::{Cell, Coverage},
    finding::Finding,
    registry,
};

/// Findings against those of the last scan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Difference {
    /// Not seen before.
    pub new: Vec<Finding>,
    /// Seen before and now.
    pub still: Vec<Finding>,
    /// Seen before, looked for again, gone.
    pub resolved: Vec<Finding>,
    /// Seen before, and could not be looked for now.
    pub unverified: Vec<Finding>,
}

impl Difference {
    /// Compares; the findings of now take over when they were first seen.
    #[must_use]
    pub fn between(before: Vec<Finding>, now: Vec<Finding>, coverage: &[Cell]) -> Self {
        let complete: BTreeMap<(&AccountId, &str, &str), bool> = coverage
            .iter()
            .map(|c| ((&c.account, c.region.as_str(), c.service.as_str()), matches!(c.coverage, Coverage::Complete)))
            .collect();
        let mut old: BTreeMap<(String, String, String), Finding> = BTreeMap::new();
        for finding in before {
            let (check, arn, region) = finding.key();
            old.insert((check.to_owned(), arn.to_owned(), region.to_owned()), finding);
        }
        let mut difference = Self::default();
        for mut finding in now {
            let (check, arn, region) = finding.key();
            match old.remove(&(check.to_owned(), arn.to_owned(), region.to_owned())) {
                Some(known) => {
                    finding.first_seen = known.first_seen.min(finding.first_seen);
                    difference.still.push(finding);
                }
                None => difference.new.push(finding),
            }
        }
        for gone in old.into_values() {
            let service = registry::SERVICES.iter().map(|s| s.name).find(|s| gone.check.starts_with(&format!("{s}_"))).unwrap_or_default();
            let looked = complete.get(&(&gone.account, gone.region.as_str(), service)).copied().unwrap_or(false);
            if looked { difference.resolved.push(gone) } else { difference.unverified.push(gone) }
        }
        difference
    }
}
