//! The words of the language, as data: marks of speech, topics of questions, danger, places.
//!
//! Entry points: [`MARKS`], [`services::SERVICES`], [`places::REGIONS`]. Words of operations are not here; they sit
//! beside each catalogue entry. Invariant: a list holds words and short phrases, never whole sentences.

pub(crate) mod common;
pub(crate) mod danger;
pub(crate) mod listed;
pub(crate) mod places;
pub(crate) mod plain;
pub(crate) mod services;
pub(crate) mod speech;
pub(crate) mod topics;

use catalogue::Words;

/// What a word does in a sentence, beside its meaning in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Mark {
    // speech
    /// Not, don't, 不要.
    Neg,
    /// Don't: forbids what follows.
    Prohibit,
    /// Only a preview.
    Dry,
    /// Every, all, 全部.
    All,
    /// Please, could you.
    Polite,
    /// May I, am I allowed.
    May,
    /// Why.
    Why,
    /// Who.
    Who,
    /// What.
    What,
    /// Which, 哪些.
    Which,
    /// How many, 几个.
    HowMany,
    /// How.
    How,
    /// Whether; a question that is answered by yes or no.
    Whether,
    /// 吗, 呢: closes a question.
    Ask,
    /// If, when: what follows depends on something.
    Conditional,
    /// Later, every night: not now.
    Later,
    /// What would happen if.
    WhatIf,
    /// But, instead: what follows is no longer negated.
    But,
    /// Before, after: what belongs to it is not asked for.
    Subordinate,
    /// 前, 后: what stands before it is not asked for.
    SubordinateAfter,
    /// Was, got, 被: what follows has happened.
    Happened,
    /// Should, must, needs to.
    Should,
    /// Says, 写着.
    Say,
    /// A place from which text is quoted.
    Source,
    /// Then, afterwards: one request after another.
    Then,
    /// It, that one.
    Pronoun,
    /// Named, called.
    Named,
    /// In, on, from: what follows may be a place.
    At,
    /// To, into: what follows is a value or a destination.
    To,
    /// Words without weight.
    Noise,
    /// A verb without content of its own: do, run, make.
    Light,
    // topics
    /// Show, list, look.
    Show,
    /// Check.
    Check,
    /// A list of things.
    List,
    /// Help.
    Help,
    /// Health.
    Health,
    /// State of something.
    Status,
    /// Whether something is done.
    Done,
    /// A quantity that is measured.
    Metric,
    /// Metrics in general.
    Metrics,
    /// Something unusual.
    Anomaly,
    /// Root cause.
    Cause,
    /// A complaint about behaviour.
    Symptom,
    /// Scan.
    Scan,
    /// What scans look for.
    Finding,
    /// Approve.
    Approve,
    /// Reject.
    Reject,
    /// Approval as a thing.
    Approval,
    /// Waiting.
    Pending,
    /// Plan.
    Plan,
    /// Incident.
    Incident,
    /// Job, task of the platform.
    Job,
    /// Undo.
    Undo,
    /// Withdraw.
    Withdraw,
    /// Runbook.
    Sop,
    /// Suggest.
    Suggest,
    /// Run.
    Run,
    /// Content of a runbook.
    Steps,
    /// Knowledge base.
    Knowledge,
    /// Search.
    Search,
    /// Documents.
    Document,
    /// Statistics.
    Stats,
    /// Met before.
    Before,
    /// An answer of the platform.
    Answer,
    /// Good answer.
    Good,
    /// Bad answer.
    Bad,
    /// Audit.
    Audit,
    /// Done by somebody.
    DidWhat,
    /// Integrity.
    Integrity,
    /// Verify.
    Verify,
    /// Cost.
    Cost,
    /// The platform and its model.
    Model,
    /// Calendar.
    Calendar,
    /// Permission.
    Permission,
    /// Denied.
    Denied,
    /// Needs approval.
    Required,
    /// Account.
    Account,
    /// Identity.
    Identity,
    /// The person who asks.
    Me,
    /// Switch.
    Switch,
    /// Region as a thing.
    RegionWord,
    /// Kill switch.
    KillSwitch,
    /// Bring to a stop, of the platform.
    Halt,
    /// The platform's own work.
    Automation,
    /// Release.
    Release,
    /// Logs as text.
    LogText,
    // parameters
    /// Cluster.
    Cluster,
    /// Target group.
    TargetGroup,
    /// Alias.
    Alias,
    /// Version.
    Version,
    /// Previous.
    Previous,
    /// Port.
    Port,
    /// Protocol.
    Protocol,
    /// User, owner of a key.
    User,
    /// Description.
    Description,
    /// Payload.
    Payload,
    /// Asynchronous.
    Async,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Desired.
    Desired,
    /// Read.
    Read,
    /// Write.
    Write,
    /// On demand.
    OnDemand,
    /// Provisioned.
    Provisioned,
    /// Memory.
    Memory,
    /// Timeout.
    Timeout,
    /// Key.
    Key,
    /// Skip these.
    Skip,
    /// Public.
    Internet,
    /// By failover.
    WithFailover,
    /// Last, past: begins a window.
    Window,
    /// A unit of time.
    TimeUnit,
    /// A point in time as a word.
    TimeWord,
    /// Half, one, two, in words.
    NumberWord,
    // danger
    /// Destroys.
    Destroy,
    /// Goes around approval, policy or audit.
    Bypass,
    /// Switches off.
    Disarm,
    /// What is gone around.
    Guard,
    /// What may never be switched off.
    HardGuard,
    /// Tells the machine to forget its rules.
    Injection,
    /// Shell or tool.
    Shell,
    /// Gives power.
    Grant,
    /// Power that is given.
    Power,
    /// Creates things that are not in the catalogue.
    CreateNew,
    /// Reads secret values.
    SecretValue,
    /// Takes back what was just asked.
    Retract,
    /// Small talk.
    Chat,
}

/// Every list of marks.
pub(crate) const MARKS: &[&[(Mark, Words)]] = &[speech::WORDS, topics::WORDS, topics::PARAMETERS, danger::WORDS];
