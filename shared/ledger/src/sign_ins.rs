//! Sign-ins that were seen. Entry function: [`Ledger::see_sign_in`].
//!
//! Invariant: of each person the newest sign-in is kept, and its audit record is written with it: once, whoever sees it first and
//! however many see it at the same time. One of a person without any role is recorded as refused.

use audit::{Actor, AuditEvent, EventKind};
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{EpochMs, PersonId, Role, wire::SignIn};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Item, Row},
    keys::Key,
};

/// How long a sign-in is remembered: as long as the sessions of the user pool may last.
pub const SIGN_IN_TTL_SECONDS: i64 = 31 * 86_400;

impl Ledger {
    /// Records a sign-in that was not seen before, with the roles that the person has now. Says whether it was new; a token that does
    /// not say when the person proved who they are tells of none.
    ///
    /// # Errors
    /// [`LedgerError`] when it can be neither read nor written.
    pub async fn see_sign_in(&self, person: &PersonId, roles: &[Role], sign_in: &SignIn, now: EpochMs) -> Result<bool, LedgerError> {
        // Nobody signed in later than now, whatever a clock says.
        let Some(at) = sign_in.at.map(|at| at.min(now)) else { return Ok(false) };
        let key = Key::sign_in(person);
        if let Some(map) = self.get(&key).await?
            && Row::open(map)?.at("signed_in_at")? >= at
        {
            return Ok(false);
        }
        let kind = if roles.is_empty() { EventKind::SignInRefused } else { EventKind::SignedIn };
        let actor = Actor::person(person.clone(), roles).signed_in(sign_in);
        let entry = Entry::new(AuditEvent::new(kind, actor).fact("signed_in_at", at.to_rfc3339()), now);
        let item = Item::new(&key, &self.region).n("signed_in_at", at.0).ttl(now.plus_seconds(SIGN_IN_TTL_SECONDS)).finish()?;
        let put = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR signed_in_at < :at")
            .expression_attribute_values(":at", AttributeValue::N(at.0.to_string()))
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(self.commit(vec![Step::put(Slot::Other, put)], &entry).await? == Committed::Yes)
    }
}
