//! Chat sessions: which account a person selected, and what was last spoken of. Entry type: [`Session`].
//!
//! Invariant: a session belongs to one person; another person's session id finds nothing. A session that is over
//! is absent even before DynamoDB removes it.

use domain::{EpochMs, PersonId, SessionId, Talk};

use crate::{
    Ledger,
    error::{LedgerError, of_sdk},
    item::{Item, Row},
    keys::Key,
};

/// How long a session lives after its last change.
pub const SESSION_TTL_SECONDS: i64 = 12 * 3600;

/// How long "it" may stand for what was spoken of.
pub const TALK_TTL_SECONDS: i64 = 30 * 60;

/// A chat session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub id: SessionId,
    /// The selected account's name.
    pub account: Option<String>,
    /// When it is over.
    pub expires_at: EpochMs,
}

impl Ledger {
    /// A person's session, if it is not over.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn session(&self, person: &PersonId, id: &SessionId, now: EpochMs) -> Result<Option<Session>, LedgerError> {
        let Some(map) = self.get(&Key::session(person, id)).await? else { return Ok(None) };
        let row = Row::open(map)?;
        let session = Session {
            person: person.clone(),
            id: id.clone(),
            account: row.opt_s("account")?.map(str::to_owned),
            expires_at: row.at("expires_at")?,
        };
        Ok((session.expires_at > now).then_some(session))
    }

    /// Keeps a person's selection for another twelve hours. It changes no authority and has no audit record.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn put_session(&self, person: &PersonId, id: &SessionId, account: Option<&str>, now: EpochMs) -> Result<(), LedgerError> {
        let expires_at = now.plus_seconds(SESSION_TTL_SECONDS);
        let item = Item::new(&Key::session(person, id), &self.region)
            .opt_s("account", account)
            .n("expires_at", expires_at.0)
            .ttl(expires_at)
            .finish()?;
        self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item)).send().await.map_err(of_sdk)?;
        Ok(())
    }

    /// What a session spoke of before a request; nothing where that is longer ago than [`TALK_TTL_SECONDS`]. A request that was
    /// already remembered is read once more as it was the first time.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn talk(&self, person: &PersonId, id: &SessionId, request_id: &str, now: EpochMs) -> Result<Talk, LedgerError> {
        let Some(map) = self.get(&Key::talk(person, id)).await? else { return Ok(Talk::default()) };
        let row = Row::open(map)?;
        if row.at("expires_at")? <= now {
            return Ok(Talk::default());
        }
        row.json(if row.s("request")? == request_id { "before" } else { "talk" })
    }

    /// Remembers what a session speaks of after a request.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub async fn put_talk(
        &self,
        person: &PersonId,
        id: &SessionId,
        request_id: &str,
        talk: (&Talk, &Talk),
        now: EpochMs,
    ) -> Result<(), LedgerError> {
        let expires_at = now.plus_seconds(TALK_TTL_SECONDS);
        let (before, after) = talk;
        let item = Item::new(&Key::talk(person, id), &self.region)
            .s("request", request_id)
            .json("before", before)?
            .json("talk", after)?
            .n("expires_at", expires_at.0)
            .ttl(expires_at)
            .finish()?;
        self.client.put_item().table_name(&self.tables.ledger).set_item(Some(item)).send().await.map_err(of_sdk)?;
        Ok(())
    }
}
