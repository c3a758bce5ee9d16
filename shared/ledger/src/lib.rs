//! The ledger: plans, approvals, leases, effects, accounts and the audit log, in two DynamoDB tables.
//!
//! Entry type: [`Ledger`]. Invariants: the ledger is the truth about a plan, whatever a workflow says; every
//! change and its audit record are one transaction; nothing is ever deleted by a call (only by time to live);
//! what is read is checked against its own digest. Instants and tokens are arguments.
//!
//! ```no_run
//! # async fn demo(client: aws_sdk_dynamodb::Client, id: domain::PlanId) -> Result<(), ledger::LedgerError> {
//! use ledger::{Ledger, Tables};
//! let ledger = Ledger::new(client, Tables::new("aiops-ledger", "aiops-audit"), "us-east-1");
//! if let Some(stored) = ledger.plan(&id).await? {
//!     println!("{} is {}", stored.plan.id, stored.state.as_str());
//! }
//! # Ok(()) }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod accounts;
mod approvals;
mod chain;
mod commit;
mod effects;
mod entry;
mod error;
mod factors;
mod incidents;
mod item;
mod keys;
mod lease;
mod outbox;
mod page;
mod patterns;
pub mod permissions;
mod plan_item;
mod plans;
mod scans;
mod sessions;
mod settings;
mod sign_ins;
mod spending;
mod stops;
mod tasks;
mod tokens;

pub use accounts::Registered;
pub use approvals::{ApprovalOutcome, SignedApproval};
pub use chain::{ChainPage, Head};
pub use effects::{Effect, EffectRecord, EffectResult, EffectState, Intended};
pub use entry::Entry;
pub use error::{LedgerError, Source};
pub use factors::FactorRow;
pub use incidents::{Document, Folded, StoredIncident};
pub use lease::{Belts, LeaseOutcome, LeaseRefused, LeaseTerms, MAX_TARGETS};
pub use outbox::OutboxMessage;
pub use page::{MAX_PAGE, Page, PageRequest};
pub use plans::{Change, Execution, Lease, NewPlan, Proposed, RequestKey, StoredPlan, UndoRequested};
pub use sessions::{SESSION_TTL_SECONDS, Session, TALK_TTL_SECONDS};
pub use settings::{PROPOSAL_TTL_SECONDS, Proposal, Setting, SettingKind};
pub use sign_ins::SIGN_IN_TTL_SECONDS;
pub use spending::{SpendLimit, SpendOutcome};
pub use stops::{Release, Stop, StopScope, Stopped};
pub use tasks::TaskToken;
pub use tokens::{StoredToken, TokenPurpose, TokenRecord, TokenRefusal, TokenUse};

/// The names of the two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Plans, approvals, accounts and everything else that changes.
    pub ledger: String,
    /// The audit log.
    pub audit: String,
}

impl Tables {
    /// Both names.
    pub fn new(ledger: impl Into<String>, audit: impl Into<String>) -> Self {
        Self { ledger: ledger.into(), audit: audit.into() }
    }
}

/// The ledger. Cheap to clone; made once, in main.
#[derive(Debug, Clone)]
pub struct Ledger {
    client: aws_sdk_dynamodb::Client,
    tables: Tables,
    region: String,
    attempts: u32,
}

impl Ledger {
    /// The ledger in these tables, written from this region (the home of every plan made here).
    pub fn new(client: aws_sdk_dynamodb::Client, tables: Tables, region: impl Into<String>) -> Self {
        Self { client, tables, region: region.into(), attempts: commit::ATTEMPTS }
    }

    /// With another number of attempts (at least 1) when many write to one chain, for callers with little time.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }
}
