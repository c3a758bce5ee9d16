//! What goes along with every change of the ledger. Entry type: [`Entry`].
//!
//! Invariant: the change, its audit record, its messages to people and the token that allowed it are one
//! transaction: all of them happen, or none.
//!
//! ```
//! use audit::{Actor, AuditEvent, EventKind};
//! use domain::EpochMs;
//! use ledger::Entry;
//! let event = AuditEvent::new(EventKind::Expired, Actor::function("authorize-plan"));
//! let entry = Entry::new(event, EpochMs(1_700_000_000_000));
//! assert!(entry.outbox.is_empty());
//! ```

use audit::AuditEvent;
use domain::{EpochMs, wire::Notification};

use crate::tokens::TokenUse;

/// The audit event of a change, and what else belongs into the same transaction.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What happened; its account decides the chain.
    pub event: AuditEvent,
    /// The instant of the change.
    pub now: EpochMs,
    /// Messages to people.
    pub outbox: Vec<Notification>,
    /// A link or code that is used up by this change, and without which it does not happen.
    pub redeem: Option<TokenUse>,
}

impl Entry {
    /// Only the event.
    #[must_use]
    pub fn new(event: AuditEvent, now: EpochMs) -> Self {
        Self { event, now, outbox: Vec::new(), redeem: None }
    }

    /// With one more message to people.
    #[must_use]
    pub fn notify(mut self, message: Notification) -> Self {
        self.outbox.push(message);
        self
    }

    /// With messages to people.
    #[must_use]
    pub fn notify_all(mut self, messages: impl IntoIterator<Item = Notification>) -> Self {
        self.outbox.extend(messages);
        self
    }

    /// Only if this link or code is good, which is used up.
    #[must_use]
    pub fn redeeming(mut self, token: TokenUse) -> Self {
        self.redeem = Some(token);
        self
    }
}
