//! The endpoint's answers as this program reads them. Entry types: [`PlanRow`], [`PlanView`].
//!
//! Invariant: unknown fields are tolerated and most known ones may be absent, so that an older program reads a
//! newer endpoint; what a decision depends on (digest, preview, its hash) may not be absent.

use domain::{Digest, EpochMs, Lang, PersonId};
use serde::Deserialize;

/// An instant as milliseconds or as text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Instant {
    /// Milliseconds since the epoch.
    Ms(EpochMs),
    /// RFC 3339, or whatever the endpoint writes.
    Text(String),
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ms(at) => f.write_str(&at.to_rfc3339()),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A sentence in the reader's language, or in both.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    /// Already chosen.
    One(String),
    /// Both.
    Both(domain::Text),
}

impl Words {
    /// The sentence for a reader.
    pub(crate) fn in_lang(&self, lang: Lang) -> &str {
        match self {
            Self::One(text) => text,
            Self::Both(text) => text.in_lang(lang),
        }
    }
}

/// One plan in a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PlanRow {
    /// Its id.
    pub(crate) id: String,
    /// Where it stands.
    #[serde(default)]
    pub(crate) state: String,
    /// The operation.
    #[serde(default)]
    pub(crate) operation: String,
    /// The account's name.
    #[serde(default)]
    pub(crate) account: String,
    /// `dev`, `staging` or `prod`.
    #[serde(default)]
    pub(crate) environment: String,
    /// The region.
    #[serde(default)]
    pub(crate) region: String,
    /// The resources.
    #[serde(default)]
    pub(crate) targets: Vec<String>,
    /// Who chose them.
    #[serde(default)]
    pub(crate) authors: Vec<String>,
    /// When it ceases to be executable.
    #[serde(default)]
    pub(crate) expires_at: Option<Instant>,
    /// Why it ended.
    #[serde(default)]
    pub(crate) reason: Option<Words>,
    /// Whether the caller may decide (in the list of approvals).
    #[serde(default)]
    pub(crate) may_decide: Option<bool>,
    /// Why not.
    #[serde(default)]
    pub(crate) why_not: Option<Words>,
}

/// A page of plans.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PlanPage {
    /// The plans.
    pub(crate) plans: Vec<PlanRow>,
    /// Where the next page begins.
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// One yes.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ApprovalRow {
    /// Who.
    pub(crate) person: String,
    /// When.
    #[serde(default)]
    pub(crate) at: Option<Instant>,
    /// Through which door.
    #[serde(default)]
    pub(crate) channel: String,
}

/// One plan with its preview.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PlanView {
    /// Where it stands.
    pub(crate) state: String,
    /// What a person reads before deciding.
    pub(crate) preview_text: String,
    /// SHA-256 of that text.
    pub(crate) preview_hash: Digest,
    /// The plan's digest.
    pub(crate) digest: Digest,
    /// Who said yes.
    #[serde(default)]
    pub(crate) approvals: Vec<ApprovalRow>,
    /// Who asked to take it back.
    #[serde(default)]
    pub(crate) undo_requested_by: Option<String>,
    /// Why it ended.
    #[serde(default)]
    pub(crate) reason: Option<Words>,
}

/// The answer to a decision.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Decided {
    /// Where the plan stands now.
    #[serde(default)]
    pub(crate) state: Option<String>,
    /// What to tell the person.
    #[serde(default)]
    pub(crate) message: Option<Words>,
}

/// A single-use code for the Step Functions console.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ConsoleCode {
    /// The code.
    pub(crate) code: String,
    /// When it ends.
    #[serde(default)]
    pub(crate) expires_at: Option<Instant>,
    /// The preview that an approval by this code will name.
    #[serde(default)]
    pub(crate) preview_text: Option<String>,
    /// The execution that waits.
    #[serde(default)]
    pub(crate) execution_arn: Option<String>,
}

/// Who the caller is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Whoami {
    /// The person.
    pub(crate) person: PersonId,
    /// Roles held now, by name.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// The account selected in the session.
    #[serde(default)]
    pub(crate) session_account: Option<String>,
}

/// One registered account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AccountRow {
    /// Twelve digits.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// `dev`, `staging` or `prod`.
    #[serde(default)]
    pub(crate) environment: String,
    /// Who is told.
    #[serde(default)]
    pub(crate) owner: String,
    /// Regions in use.
    #[serde(default)]
    pub(crate) regions: Vec<String>,
    /// How much the fleet may do by itself.
    #[serde(default)]
    pub(crate) autonomy: String,
}

/// All registered accounts.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AccountPage {
    /// The accounts.
    pub(crate) accounts: Vec<AccountRow>,
}

/// The stated end of a chain.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ChainHead {
    /// The chain.
    pub(crate) chain: String,
    /// Number of the last record.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) head: String,
}

/// All chains.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ChainList {
    /// Their heads.
    pub(crate) chains: Vec<ChainHead>,
}

/// One record as it travels.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RecordRow {
    /// The canonical JSON text.
    pub(crate) record: String,
    /// The hash stored beside it.
    pub(crate) hash: String,
    /// The number under which it was found, where the endpoint says it.
    #[serde(default)]
    pub(crate) seq: Option<u64>,
}

/// A page of records.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RecordPage {
    /// The records.
    pub(crate) records: Vec<RecordRow>,
    /// After which number the next page begins.
    #[serde(default)]
    pub(crate) next_after: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_tolerated_and_known_ones_may_be_absent() {
        let row: PlanRow =
            serde_json::from_str(r#"{"id":"plan_x","later":{"a":1},"expires_at":0,"why_not":{"en":"a","zh":"甲"}}"#).unwrap();
        assert_eq!(row.expires_at.unwrap().to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(row.why_not.unwrap().in_lang(Lang::Zh), "甲");
        let row: PlanRow = serde_json::from_str(r#"{"id":"plan_x","expires_at":"soon"}"#).unwrap();
        assert_eq!(row.expires_at.unwrap().to_string(), "soon");
    }

    #[test]
    fn a_preview_without_its_hash_is_no_preview() {
        assert!(serde_json::from_str::<PlanView>(r#"{"state":"approved","preview_text":"x"}"#).is_err());
    }
}
