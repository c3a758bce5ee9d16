//! What a scan saw, and what it did not. Entry types: [`Coverage`], [`Cell`].
//!
//! Invariant: each account × region × service that was asked for has exactly one cell; a cell that nobody filled is
//! `Unscanned`, so nothing is silently missed.

use domain::{AccountId, Text};
use serde::{Deserialize, Serialize};

use crate::gap::Gap;

/// How much of one service in one region of one account was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Coverage {
    /// Everything that was asked for.
    Complete,
    /// Some calls failed; each reason once, at most sixteen.
    Partial {
        /// What could not be seen.
        why: Vec<Gap>,
    },
    /// Nothing was seen.
    Unscanned {
        /// Why.
        why: Gap,
    },
}

/// Reasons kept in one cell.
const MAX_REASONS: usize = 16;

impl Coverage {
    /// From the gaps of a service: none is complete; the calls that listed something decide between partial and unscanned.
    #[must_use]
    pub fn of(gaps: impl IntoIterator<Item = Gap>, anything_seen: bool) -> Self {
        let mut why: Vec<Gap> = Vec::new();
        for gap in gaps {
            if !why.iter().any(|known| known.action == gap.action && known.kind == gap.kind) && why.len() < MAX_REASONS {
                why.push(gap);
            }
        }
        match (why.first().cloned(), anything_seen) {
            (None, _) => Self::Complete,
            (Some(why), false) => Self::Unscanned { why },
            (Some(_), true) => Self::Partial { why },
        }
    }

    /// In words.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Complete => Text::new("complete", "完整"),
            Self::Partial { why } => {
                let (en, zh): (Vec<String>, Vec<String>) = why
                    .iter()
                    .map(|g| {
                        let t = g.text();
                        (t.en, t.zh)
                    })
                    .unzip();
                Text::new(format!("partial: {}", en.join("; ")), format!("部分：{}", zh.join("；")))
            }
            Self::Unscanned { why } => {
                let text = why.text();
                Text::new(format!("not scanned: {}", text.en), format!("未扫描：{}", text.zh))
            }
        }
    }
}

/// One cell of accounts × regions × services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: String,
    /// The service.
    pub service: String,
    /// How much was seen.
    #[serde(flatten)]
    pub coverage: Coverage,
}

/// The whole table: every cell that was asked for, filled from what was reported. A report about a place that was not
/// asked for is dropped; where two reports name the same cell, the worse one counts.
#[must_use]
pub fn table(asked: impl IntoIterator<Item = (AccountId, String, String)>, reported: Vec<Cell>, missing: &Gap) -> Vec<Cell> {
    let mut known: std::collections::BTreeMap<(AccountId, String, String), Coverage> = std::collections::BTreeMap::new();
    for cell in reported {
        let key = (cell.account, cell.region, cell.service);
        match known.get(&key) {
            Some(before) if rank(before) >= rank(&cell.coverage) => {}
            _ => {
                known.insert(key, cell.coverage);
            }
        }
    }
    asked
        .into_iter()
        .map(|key| {
            let coverage = known.get(&key).cloned().unwrap_or_else(|| Coverage::Unscanned { why: missing.clone() });
            Cell { account: key.0, region: key.1, service: key.2, coverage }
        })
        .collect()
}

fn rank(coverage: &Coverage) -> u8 {
    match coverage {
        Coverage::Complete => 0,
        Coverage::Partial { .. } => 1,
        Coverage::Unscanned { .. } => 2,
    }
}
