//! Scans as they travel between functions. Entry types: [`Scan`], [`ScanBatch`].
//!
//! Invariant: accounts and regions come from the registry; a scan names every place that it will look at before it looks.

use serde::{Deserialize, Serialize};

use crate::{
    account::AccountId,
    ids::{EpochMs, ScanId},
    text::Text,
    wire::ChatReply,
};

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// The lists of resources, and the checks that need no more.
    Inventory,
    /// Everything the checks need.
    #[default]
    Full,
}

/// Who looks at an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fanout {
    /// The hub, by the account's read role.
    #[default]
    Central,
    /// The account's own function, by its own role, asked by an event and answering by one.
    Events,
}

/// One account and region.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanPlace {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: String,
    /// Whether services that are looked at once an account are looked at here.
    pub home: bool,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Its id.
    pub id: ScanId,
    /// Who asked: a person, or `schedule`.
    pub asked_by: String,
    /// When.
    pub asked_at: EpochMs,
    /// The services, by the SDK's names.
    pub services: Vec<String>,
    /// How much.
    pub depth: Depth,
    /// Every place.
    pub places: Vec<ScanPlace>,
    /// Who looks.
    #[serde(default)]
    pub fanout: Fanout,
}

/// Some places of a scan: the input of scan-account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanBatch {
    /// The scan.
    pub scan_id: ScanId,
    /// The services.
    pub services: Vec<String>,
    /// How much.
    pub depth: Depth,
    /// What is left to do; empty when the batch is done.
    pub places: Vec<ScanPlace>,
}

/// A scan by reference: the input of the state machine and of summarize-scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanInput {
    /// The scan.
    pub scan_id: ScanId,
    /// How often its open places were cut into batches.
    #[serde(default)]
    pub round: u32,
}

/// plan-scan → `converse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedScan {
    /// The reply.
    pub reply: ChatReply,
    /// What to start.
    pub scan: Option<ScanInput>,
}

/// plan-scan → `scan`: where the batches are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanItems {
    /// The scan.
    pub scan_id: ScanId,
    /// The bucket.
    pub bucket: String,
    /// The object: a list of [`ScanBatch`].
    pub key: String,
    /// This round.
    pub round: u32,
    /// Places that are left; 0 ends the scan.
    pub open: u32,
    /// What to do with them.
    pub next: ScanStep,
}

/// What a scan does with the places that are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScanStep {
    /// The hub looks at them.
    Look,
    /// Their accounts are asked.
    Ask,
    /// Their accounts were asked and have time left.
    Wait,
    /// Nothing is left, or the time is up.
    Sum,
}

/// What one account is asked to look at: the detail of an `aiops.scan-requested.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanRequest {
    /// The scan.
    pub scan_id: ScanId,
    /// Where.
    pub place: ScanPlace,
    /// The services.
    pub services: Vec<String>,
    /// How much.
    pub depth: Depth,
    /// What the answer has to bring back: 64 hexadecimal digits, for this place of this scan alone.
    pub nonce: String,
}

impl ScanRequest {
    /// Its type on a bus.
    pub const TYPE: &'static str = "aiops.scan-requested.v1";
    /// Its source.
    pub const SOURCE: &'static str = "aiops.hub";
}

/// A piece of what an account saw: the detail of an `aiops.scan-completed.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanAnswer {
    /// The scan.
    pub scan_id: ScanId,
    /// Where.
    pub place: ScanPlace,
    /// The nonce of the request.
    pub nonce: String,
    /// Which piece, counted from 0.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// The piece: text of a report.
    pub body: String,
}

impl ScanAnswer {
    /// Its type on a bus.
    pub const TYPE: &'static str = "aiops.scan-completed.v1";
    /// Its source.
    pub const SOURCE: &'static str = "aiops.member";
    /// Bytes of a report in one piece. As text in JSON it at most doubles, and an event may have 256 KiB.
    pub const PART_BYTES: usize = 100_000;
    /// Most pieces of one report.
    pub const MAX_PARTS: u32 = 200;

    /// A report's text as answers to a request. Cut between characters.
    #[must_use]
    pub fn of(request: &ScanRequest, report: &str) -> Vec<Self> {
        let mut pieces: Vec<&str> = Vec::new();
        let mut rest = report;
        while rest.len() > Self::PART_BYTES {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(Self::PART_BYTES));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let parts = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        let answer = |(part, body): (u32, &str)| Self {
            scan_id: request.scan_id.clone(),
            place: request.place.clone(),
            nonce: request.nonce.clone(),
            part,
            parts,
            body: body.to_owned(),
        };
        (0..).zip(pieces).map(answer).collect()
    }
}

/// An event as EventBridge delivers it, as far as the fleet reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusEvent<T> {
    /// The event's id.
    pub id: String,
    /// Its type.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// Its source; whoever may put events can name any but AWS's own.
    pub source: String,
    /// The account that put it: written by EventBridge, not by the sender.
    pub account: AccountId,
    /// What it says.
    pub detail: T,
}

/// A place whose account was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanAsked {
    /// The place.
    pub place: ScanPlace,
    /// SHA-256 of the nonce, in hexadecimal digits.
    pub nonce_hash: String,
    /// When.
    pub at: EpochMs,
}

/// An answer that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScanRefused {
    /// The account that put it on the bus.
    pub by: AccountId,
    /// What it answered for.
    pub place: ScanPlace,
    /// Why.
    pub why: String,
}

/// How far a scan is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanProgress {
    /// What was asked for.
    pub scan: Scan,
    /// Places with a result.
    pub done: Vec<ScanPlace>,
    /// Places whose accounts were asked.
    pub asked: Vec<ScanAsked>,
    /// Answers that were not taken.
    pub refused: Vec<ScanRefused>,
    /// When it ended.
    pub finished_at: Option<EpochMs>,
    /// What came out, for people.
    pub summary: Option<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_report_comes_back_together_from_its_pieces() {
        let request = ScanRequest {
            scan_id: ScanId::parse("scan_01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
            place: ScanPlace { account: AccountId::parse("222222222222").unwrap(), region: "us-east-1".into(), home: true },
            services: vec!["ec2".into()],
            depth: Depth::Full,
            nonce: "n".into(),
        };
        let report = "实例x".repeat(50_000);
        let parts = ScanAnswer::of(&request, &report);
        assert!(parts.len() > 3 && parts.iter().all(|p| p.body.len() <= ScanAnswer::PART_BYTES && p.parts as usize == parts.len()));
        assert_eq!(parts.iter().map(|p| p.body.as_str()).collect::<String>(), report);
        assert_eq!(ScanAnswer::of(&request, "").len(), 1);
    }
}
