//! What was observed about an incident, as plain data.
//!
//! Entry type: [`Evidence`]. Invariant: nothing here says what the cause is; labels, if somebody has them,
//! have no field to travel in. What could not be read is a [`Gap`], never an absence.
//!
//! ```
//! use rca::evidence::{Metric, Statistic};
//! assert!(Statistic::Average < Statistic::P99);
//! assert_eq!(Metric::Latency.unit(), "s");
//! ```

use domain::EpochMs;
use serde::{Deserialize, Serialize};

/// What a series measures. The collector maps a service's own metric names onto these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Requests in a period (count).
    Requests,
    /// Time to answer one request (seconds).
    Latency,
    /// Share of requests answered without a fault (percent).
    Availability,
    /// Failed requests in a period (count).
    Errors,
    /// Requests refused for capacity in a period (count).
    Throttles,
    /// Processor use (percent).
    CpuPercent,
    /// Memory use (percent).
    MemoryPercent,
    /// File system or storage use (percent).
    DiskPercent,
    /// Dropped packets, resets and failed connections in a period (count).
    NetworkErrors,
    /// Days until the certificate in use expires (days, negative when expired).
    CertificateDays,
}

impl Metric {
    /// The unit of the values.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Requests | Self::Errors | Self::Throttles | Self::NetworkErrors => "",
            Self::Latency => "s",
            Self::Availability | Self::CpuPercent | Self::MemoryPercent | Self::DiskPercent => "%",
            Self::CertificateDays => "d",
        }
    }
}

/// How the values of one period were aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Arithmetic mean.
    #[default]
    Average,
    /// Total.
    Sum,
    /// Median.
    P50,
    /// 90th percentile.
    P90,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Greatest value.
    Maximum,
    /// Smallest value.
    Minimum,
}

/// How a node came to be known; a fact about the observation, not about the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Reports about itself.
    #[default]
    Instrumented,
    /// Seen only through its callers (X-Ray: type `remote`).
    Inferred,
}

/// A node of the topology.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Node {
    /// ARN or service name; opaque here.
    pub id: String,
    /// How it is known.
    #[serde(default)]
    pub kind: NodeKind,
}

/// A caller and the node it calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Call {
    /// Who calls.
    pub caller: String,
    /// Who is called.
    pub callee: String,
}

/// A half-open span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside.
    pub from: EpochMs,
    /// First instant after.
    pub to: EpochMs,
}

impl Default for Window {
    /// The empty window.
    fn default() -> Self {
        Self { from: EpochMs(0), to: EpochMs(0) }
    }
}

impl Window {
    /// Whether an instant lies inside.
    #[must_use]
    pub fn holds(self, at: EpochMs) -> bool {
        self.from <= at && at < self.to
    }
}

/// One value and the start of its period.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Point {
    /// Start of the period.
    pub at: EpochMs,
    /// The value; not-a-number and infinities are ignored.
    pub value: f64,
}

/// One metric of one node over time: baseline, incident and whatever lies between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The node's id.
    pub node: String,
    /// What is measured.
    pub metric: Metric,
    /// How it was aggregated.
    pub statistic: Statistic,
    /// Values in any order; of two values for one instant the greater counts.
    pub points: Vec<Point>,
}

/// What the alarm watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The alarmed node's id.
    pub node: String,
    /// The alarmed metric.
    pub metric: Metric,
}

/// What sort of change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New code or a new version took the traffic.
    Deployment,
    /// Settings, limits, routes or permissions.
    Configuration,
    /// More or less capacity.
    Scaling,
}

/// Somebody changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The event's id, for citing.
    pub id: String,
    /// When.
    pub at: EpochMs,
    /// Who (untrusted text).
    pub actor: String,
    /// The API call (untrusted text).
    pub action: String,
    /// The changed node's id.
    pub node: String,
    /// What sort.
    pub kind: ChangeKind,
}

/// What the collector recognised in a log template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogTopic {
    /// Nothing in particular.
    #[default]
    Other,
    /// Refused for capacity.
    Throttling,
    /// Waited too long for, or could not reach, another system.
    Network,
    /// A certificate was expired or not valid.
    Certificate,
    /// No space left.
    Disk,
    /// No memory left.
    Memory,
}

/// A log template that is new or much more frequent than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSurge {
    /// The template's id, for citing.
    pub id: String,
    /// The node that logged.
    pub node: String,
    /// The template (untrusted text).
    pub template: String,
    /// What it is about.
    #[serde(default)]
    pub topic: LogTopic,
    /// Lines to be expected in a time as long as the incident.
    pub expected: u64,
    /// Lines in the incident.
    pub observed: u64,
}

/// A finding of a scanner or of AWS Health about a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The finding's id, for citing.
    pub id: String,
    /// The node.
    pub node: String,
    /// What it says (untrusted text).
    pub title: String,
    /// Whether it names an outage or a broken state now, rather than a risk.
    pub is_outage: bool,
}

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Metric series.
    Metrics,
    /// Log groups.
    Logs,
    /// Change events.
    Changes,
    /// Who calls whom.
    Topology,
    /// Findings and AWS Health.
    Findings,
}

/// Evidence that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What could not be read.
    pub source: Source,
    /// About which node; `None` when about all.
    #[serde(default)]
    pub node: Option<String>,
    /// Why (untrusted text).
    pub reason: String,
    /// The permission that would settle it, when that is why.
    #[serde(default)]
    pub permission: Option<String>,
}

/// Everything an analysis may know about one incident.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// What the alarm watches; `None` when a person asked about a place, not a metric.
    pub target: Option<Target>,
    /// What is called normal.
    pub baseline: Window,
    /// When it was not.
    pub incident: Window,
    /// Nodes of known kind; nodes that occur elsewhere only are [`NodeKind::Instrumented`].
    pub nodes: Vec<Node>,
    /// Who calls whom; empty when no topology could be read.
    pub calls: Vec<Call>,
    /// Metrics.
    pub series: Vec<Series>,
    /// Changes near the incident.
    pub changes: Vec<Change>,
    /// Log templates that surged.
    pub logs: Vec<LogSurge>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
