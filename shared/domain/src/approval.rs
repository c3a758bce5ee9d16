//! Approvals as the ledger holds them. Entry type: [`Approval`].
//!
//! Invariant: an approval counts only when its signature over [`Approval::signed_bytes`] verifies, its
//! digest is the plan's, its person may approve at that moment, and the person is no author.

use serde::{Deserialize, Serialize};

use crate::{
    canonical::{CanonicalError, Digest, canonical_json},
    ids::{EpochMs, PlanId},
    person::PersonId,
    text::Lang,
};

/// Through which door a decision came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalChannel {
    /// The HTTP endpoint (CLI, chat, another program), signed in.
    Endpoint,
    /// A personal link, signed in.
    Link,
    /// A single-use code pasted into a Step Functions answer.
    Console,
}

/// What kind of second factor was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// A code of the person's authenticator (RFC 6238).
    Totp,
}

/// The fresh second factor with which an approval was given. It is inside what is signed, so it belongs to this digest and person alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalFactor {
    /// Which kind.
    pub kind: FactorKind,
    /// When it was accepted.
    pub proven_at: EpochMs,
}

/// One person's yes to one digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The plan.
    pub plan: PlanId,
    /// What was approved.
    pub digest: Digest,
    /// Who approved.
    pub person: PersonId,
    /// When.
    pub at: EpochMs,
    /// Through which door.
    pub channel: ApprovalChannel,
    /// SHA-256 of the preview's text as it was shown.
    pub preview_hash: Digest,
    /// The language in which it was shown.
    pub lang: Lang,
    /// The second factor it was given with, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<ApprovalFactor>,
}

impl Approval {
    /// The bytes that record-approval signs and execute-operation verifies.
    ///
    /// # Errors
    /// [`CanonicalError`] when a number does not fit.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        let mut bytes = b"aiops.approval.v1".to_vec();
        bytes.extend(canonical_json(self)?);
        Ok(bytes)
    }
}
