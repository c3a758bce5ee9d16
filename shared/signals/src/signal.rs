//! What a signal is.
//!
//! Entry type: [`Signal`]. Invariant: account and region are well-formed or absent, never guessed; every text has been
//! cut and defanged.

use domain::{AccountId, EpochMs};
use serde::{Deserialize, Serialize};

/// Which service tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// A CloudWatch metric alarm.
    Alarm,
    /// A CloudWatch composite alarm.
    CompositeAlarm,
    /// AWS Health.
    Health,
    /// GuardDuty.
    GuardDuty,
    /// Security Hub (findings in ASFF).
    SecurityHub,
    /// Elastic Container Service.
    Ecs,
    /// EC2 Auto Scaling.
    AutoScaling,
    /// CodeDeploy.
    CodeDeploy,
    /// An anomaly that our own scan found.
    Scan,
    /// A person who asked.
    Person,
}

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the record.
    Informational,
    /// Some day.
    Low,
    /// Soon.
    Medium,
    /// Now.
    High,
    /// Before anything else.
    Critical,
}

/// What the signal says of the trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is there.
    Raised,
    /// It is over.
    Cleared,
    /// Neither: progress, success or announcement.
    Notice,
}

/// Whether the event names an AWS service as its source. Only the event bus can vouch for that: a rule must match the
/// source too, and SNS deliveries are checked by their signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `aws.…` on the event bus.
    Service,
    /// Anything else: SNS, a bare document, a test event, somebody's own source.
    Unverified,
}

/// A sign of trouble, or of its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Which service tells.
    pub family: Family,
    /// Who vouches for it.
    pub origin: Origin,
    /// The same for every repetition of the same trouble: alarm ARN, finding id, event ARN, deployment.
    pub subject: String,
    /// The account it is about.
    pub account: Option<AccountId>,
    /// The region it is about.
    pub region: Option<String>,
    /// ARNs or ids, the most telling first.
    pub resources: Vec<String>,
    /// How grave.
    pub severity: Severity,
    /// There, over, or neither.
    pub state: State,
    /// One line.
    pub title: String,
    /// When the trouble was first seen.
    pub first_at: Option<EpochMs>,
}

/// One thing that an event held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reading", rename_all = "snake_case")]
pub enum Reading {
    /// A signal.
    Signal(Signal),
    /// Something else, said so.
    Unsupported {
        /// What it looks like.
        kind: String,
    },
}
