//! An account's answer, piece by piece. Entry type: [`Handler`].
//!
//! Invariants: the account is the one that EventBridge wrote on the event, never one that the answer names; an answer without the nonce
//! that was sent to this account for this place changes nothing; what an account says is about itself alone, known checks only, without
//! secrets; a place that has a report keeps it.

use domain::{
    EpochMs, WireError,
    scan::{BusEvent, ScanAnswer, ScanProgress, ScanRefused},
    text::defang,
};
use ledger::Ledger;
use scanners::PlaceReport;
use scans::{Store, key};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) store: Store,
}

/// What became of an answer. A refusal is a value: sent again it would be refused again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Taken {
    /// The place has its report.
    Recorded,
    /// Other pieces are not there yet.
    Incomplete,
    /// It has one already.
    Repeated,
    /// It was not taken.
    Refused { why: &'static str },
}

impl Handler {
    pub(crate) async fn handle(&self, event: BusEvent<ScanAnswer>, now: EpochMs) -> Result<Taken, WireError> {
        let progress = self.ledger.scan(&event.detail.scan_id).await.map_err(|e| e.wire())?;
        let Some(progress) = progress else { return Ok(Taken::Refused { why: "no_such_scan" }) };
        if let Err(why) = admitted(&event, &progress) {
            return self.refuse(&event, why, now).await;
        }
        let answer = &event.detail;
        if progress.finished_at.is_some() || progress.done.contains(&answer.place) {
            return Ok(Taken::Repeated);
        }
        let Some(text) = self.whole(answer).await? else { return Ok(Taken::Incomplete) };
        let report = serde_json::from_str::<PlaceReport>(&text).map_err(|_| "malformed");
        match report.and_then(|r| r.of_outsider(&answer.place, &progress.scan.services, now)) {
            Err(why) => self.refuse(&event, why, now).await,
            Ok(report) => {
                self.store.put(&key::report(&answer.scan_id, &answer.place), &report).await.map_err(|e| e.wire())?;
                self.ledger.scan_place_done(&answer.scan_id, &answer.place, now).await.map_err(|e| e.wire())?;
                Ok(Taken::Recorded)
            }
        }
    }

    /// The report's text, when every piece is there.
    async fn whole(&self, answer: &ScanAnswer) -> Result<Option<String>, WireError> {
        if answer.parts == 1 {
            return Ok(Some(answer.body.clone()));
        }
        let name = |part| key::part(&answer.scan_id, &answer.place, &hash(&answer.nonce), part);
        self.store.put(&name(answer.part), &answer.body).await.map_err(|e| e.wire())?;
        let mut text = String::new();
        for part in 0..answer.parts {
            match self.store.get::<String>(&name(part)).await.map_err(|e| e.wire())? {
                Some(piece) => text.push_str(&piece),
                None => return Ok(None),
            }
        }
        Ok(Some(text))
    }

    async fn refuse(&self, event: &BusEvent<ScanAnswer>, why: &'static str, now: EpochMs) -> Result<Taken, WireError> {
        let place = &event.detail.place;
        tracing::warn!(
            scan.id = %event.detail.scan_id, event.id = defang(&event.id, 64), account.id = %event.account, place.account = %place.account, why,
            "an answer was not taken"
        );
        let refused = ScanRefused { by: event.account.clone(), place: place.clone(), why: why.to_owned() };
        self.ledger.scan_refused(&event.detail.scan_id, &refused, now).await.map_err(|e| e.wire())?;
        Ok(Taken::Refused { why })
    }
}

fn hash(nonce: &str) -> String {
    hex::encode(Sha256::digest(nonce))
}

/// Whether this account was asked for this place and brings back what it was given.
fn admitted(event: &BusEvent<ScanAnswer>, progress: &ScanProgress) -> Result<(), &'static str> {
    let answer = &event.detail;
    if event.detail_type != ScanAnswer::TYPE {
        return Err("another_type");
    }
    if event.account != answer.place.account {
        return Err("answers_for_another_account");
    }
    let asked = progress.asked.iter().find(|a| a.place == answer.place).ok_or("was_not_asked")?;
    // Hashes are compared: how long that takes says nothing about the nonce.
    if asked.nonce_hash.is_empty() || asked.nonce_hash != hash(&answer.nonce) {
        return Err("wrong_nonce");
    }
    if answer.parts == 0
        || answer.parts > ScanAnswer::MAX_PARTS
        || answer.part >= answer.parts
        || answer.body.len() > ScanAnswer::PART_BYTES
    {
        return Err("malformed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{
        AccountId, ScanId,
        scan::{Depth, Fanout, Scan, ScanAsked, ScanPlace},
    };

    use super::*;

    const NONCE: &str = "5f";

    fn place(account: &str) -> ScanPlace {
        ScanPlace { account: AccountId::parse(account).unwrap(), region: "us-east-1".into(), home: true }
    }

    fn progress() -> ScanProgress {
        let scan = Scan {
            id: ScanId::parse("scan_01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
            asked_by: "victor".into(),
            asked_at: EpochMs(0),
            services: vec!["ec2".into()],
            depth: Depth::Full,
            places: vec![place("222222222222"), place("333333333333")],
            fanout: Fanout::Events,
        };
        let asked = |account: &str, nonce: &str| ScanAsked { place: place(account), nonce_hash: nonce.to_owned(), at: EpochMs(0) };
        let asked = vec![asked("222222222222", &hash(NONCE)), asked("333333333333", "")];
        ScanProgress { scan, done: vec![], asked, refused: vec![], finished_at: None, summary: None }
    }

    fn event(by: &str, about: &str, nonce: &str) -> BusEvent<ScanAnswer> {
        let detail = ScanAnswer {
            scan_id: progress().scan.id,
            place: place(about),
            nonce: nonce.to_owned(),
            part: 0,
            parts: 1,
            body: String::new(),
        };
        let account = AccountId::parse(by).unwrap();
        BusEvent { id: "e".into(), detail_type: ScanAnswer::TYPE.into(), source: ScanAnswer::SOURCE.into(), account, detail }
    }

    #[test]
    fn an_answer_counts_only_from_the_account_that_was_asked_with_the_nonce_that_it_was_given() {
        assert_eq!(admitted(&event("222222222222", "222222222222", NONCE), &progress()), Ok(()));
        // Another account, even with the right nonce.
        assert_eq!(admitted(&event("333333333333", "222222222222", NONCE), &progress()), Err("answers_for_another_account"));
        assert_eq!(admitted(&event("222222222222", "222222222222", "00"), &progress()), Err("wrong_nonce"));
        assert_eq!(admitted(&event("222222222222", "222222222222", ""), &progress()), Err("wrong_nonce"));
        // An account that could not be asked has no nonce, and the empty one is none.
        assert_eq!(admitted(&event("333333333333", "333333333333", ""), &progress()), Err("wrong_nonce"));
        assert_eq!(admitted(&event("444444444444", "444444444444", NONCE), &progress()), Err("was_not_asked"));
        let mut typed = event("222222222222", "222222222222", NONCE);
        typed.detail_type = "aiops.scan-requested.v1".into();
        assert_eq!(admitted(&typed, &progress()), Err("another_type"));
    }

    #[test]
    fn pieces_have_limits() {
        for (part, parts, length) in [(0, 0, 1), (1, 1, 1), (0, ScanAnswer::MAX_PARTS + 1, 1), (0, 1, ScanAnswer::PART_BYTES + 1)] {
            let mut event = event("222222222222", "222222222222", NONCE);
            (event.detail.part, event.detail.parts, event.detail.body) = (part, parts, "x".repeat(length));
            assert_eq!(admitted(&event, &progress()), Err("malformed"), "{part}/{parts} {length}");
        }
    }
}
