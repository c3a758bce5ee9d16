//! The audit log as pure data: what happened, chained by hashes, so that a changed past is seen.
//!
//! Entry types: [`AuditEvent`] (what a caller says happened), [`AuditRecord`] (the event in its place in a
//! chain) and [`verify_chain`]. Invariant: a record names the hash of the one before it, so no record can be
//! altered, removed, inserted or moved without a fault that names the first place where it shows.
//!
//! ```
//! use audit::{Actor, Anchor, AuditEvent, AuditRecord, Chain, EventKind, verify_chain};
//! use domain::EpochMs;
//! let chain = Chain::hub();
//! let event = AuditEvent::new(EventKind::StopSet, Actor::function("record-approval"));
//! let first = AuditRecord::first(chain.clone(), EpochMs(0), event).store().unwrap();
//! let report = verify_chain(&chain, &Anchor::genesis(&chain), [first], None).unwrap();
//! assert_eq!(report.records, 1);
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod again;
pub mod bundle;
mod chain_walk;
pub mod event;
pub mod export;
pub mod frontier;
pub mod merkle;
pub mod ocsf;
pub mod proof;
pub mod query;
pub mod record;
pub mod scan;
pub mod seal;
pub mod verify;

pub use event::{Actor, AuditEvent, DataClass, EventKind};
pub use export::{ChainState, Expectations, Export, ExportFault, ExportReport, MemoryExport, SealKeys, Wrong, verify_export};
pub use record::{Anchor, AuditRecord, Chain, ChainError, RECORD_TAG, RECORD_VERSION, StoredRecord};
pub use seal::{Seal, Sealer, Statement};
pub use verify::{ChainFault, ChainReport, ChainVerifier, FaultKind, verify_chain};
