//! What an incident is. Entry type: [`Incident`].
//!
//! Invariant: an incident keeps its first signal's instant and never forgets a resource for another to fit in; its
//! severity only rises.

use std::collections::BTreeMap;

use domain::{AccountId, Environment, EpochMs, ids::IncidentId};
use serde::{Deserialize, Serialize};
use signals::{Family, Severity, State};

/// Most resources that are kept.
pub const MAX_RESOURCES: usize = 100;
/// Most subjects (alarms, findings) whose state is followed.
pub const MAX_SUBJECTS: usize = 100;

/// How grave an incident is: 1 is the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeverityLevel {
    /// Before anything else.
    S1,
    /// Now.
    S2,
    /// Soon.
    S3,
    /// Some day.
    S4,
}

impl SeverityLevel {
    /// What a signal's severity means in an environment: outside production nothing is graver than 2.
    #[must_use]
    pub fn of(severity: Severity, environment: Option<Environment>) -> Self {
        // Where nobody knows what an account is for, it may be production.
        let in_production = !matches!(environment, Some(Environment::Dev | Environment::Staging));
        match (severity, in_production) {
            (Severity::Critical, true) => Self::S1,
            (Severity::Critical, false) | (Severity::High, true) => Self::S2,
            (Severity::High, false) | (Severity::Medium, _) => Self::S3,
            (Severity::Low | Severity::Informational, _) => Self::S4,
        }
    }

    /// 1 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::S1 => 1,
            Self::S2 => 2,
            Self::S3 => 3,
            Self::S4 => 4,
        }
    }
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The trouble is there.
    Open,
    /// It comes and goes; people were told so, and are not told of each turn.
    Flapping,
    /// Everything that raised it says that it is over.
    Cleared,
    /// It happens in declared maintenance: kept, listed, nobody is called.
    Suppressed,
}

impl Status {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Flapping => "flapping",
            Self::Cleared => "cleared",
            Self::Suppressed => "suppressed",
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Open => "未恢复",
            Self::Flapping => "反复波动",
            Self::Cleared => "已恢复",
            Self::Suppressed => "维护期内静默",
        }
    }
}

/// One trouble, whatever number of signals tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The same for every signal of the same trouble.
    pub fingerprint: String,
    /// The account, where the signals tell.
    pub account: Option<AccountId>,
    /// The region, where the signals tell.
    pub region: Option<String>,
    /// How grave.
    pub severity: SeverityLevel,
    /// Where it stands.
    pub status: Status,
    /// Which service told first.
    pub family: Family,
    /// One line (untrusted text, defanged).
    pub title: String,
    /// Names or ARNs, the most telling first (untrusted text, defanged).
    pub resources: Vec<String>,
    /// Alarms, findings and the like, with what each said last.
    pub subjects: BTreeMap<String, State>,
    /// When it was opened here.
    pub opened_at: EpochMs,
    /// When the trouble was first seen.
    pub first_signal_at: EpochMs,
    /// When a signal last came.
    pub last_signal_at: EpochMs,
    /// When it was last over.
    #[serde(default)]
    pub cleared_at: Option<EpochMs>,
    /// Signals, the first included.
    pub signals: u64,
    /// How often it came back.
    pub flaps: u32,
}

impl Incident {
    /// One line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let place = self.account.as_ref().map_or("?", AccountId::as_str);
        let region = self.region.as_deref().unwrap_or("?");
        domain::text::defang(
            &format!("{} · S{} · {} · {} @ {place}/{region}", self.id, self.severity.number(), self.title, self.status.as_str()),
            300,
        )
    }

    /// Whether anything still says that the trouble is there.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.subjects.values().any(|s| *s == State::Raised)
    }
}
