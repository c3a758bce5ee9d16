//! The audit log's copies and seals in the locked bucket. Entry type: [`Archive`].
//!
//! | key | content |
//! |---|---|
//! | `records/<class>/<chain>/<first>-<last>-<hash>.log` | lines of an export, as they came out of the table's stream |
//! | `seals/<8 digits>.json` | a seal |
//! | `keys/<fingerprint>.pem` | the public key of a seal |
//! | `tampering/<chain>/<seq>-<event>.json` | what the stream said of a record that was changed or deleted |
//!
//! Invariant: every object is put under Object Lock; a seal, a key and a finding are put only where there is none, so that
//! two writers never make two seals of one number.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use audit::{Chain, DataClass, StoredRecord, export::line};
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::{ByteStream, DateTime},
    types::{ObjectLockMode, ServerSideEncryption},
};
use domain::{Digest, EpochMs, Text, WireError};

/// The bucket does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It does not answer, or refuses.
    #[error("the audit bucket does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ArchiveError {
    /// The error as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        WireError::new("Archive.Unavailable", Text::new("The audit bucket does not answer.", "审计存储桶没有响应。"))
    }
}

/// How long and how firmly objects are locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: String,
    /// Days for records of names, states and rules, and for seals, keys and findings.
    pub days: i64,
    /// Days for records of people's words and values out of resources.
    pub sensitive_days: i64,
}

/// The bucket.
#[derive(Debug, Clone)]
pub struct Archive {
    s3: Client,
    bucket: String,
    lock: Option<Lock>,
}

/// Whether an object was put, or one was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Done,
    /// Another one is there; nothing was written.
    Already,
}

fn unavailable<E>(error: E) -> ArchiveError
where
    E: std::error::Error + Send + Sync + 'static,
{
    ArchiveError::Unavailable(Box::new(error))
}

fn seal_key(number: u64) -> String {
    format!("seals/{number:08}.json")
}

impl Archive {
    /// For a writer.
    #[must_use]
    pub fn new(s3: Client, bucket: String, lock: Lock) -> Self {
        Self { s3, bucket, lock: Some(lock) }
    }

    /// For a reader.
    #[must_use]
    pub fn reader(s3: Client, bucket: String) -> Self {
        Self { s3, bucket, lock: None }
    }

    async fn put(&self, key: &str, body: Vec<u8>, days: i64, now: EpochMs, only_new: bool) -> Result<Put, ArchiveError> {
        let mut call = self
            .s3
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(ByteStream::from(body));
        if let Some(lock) = &self.lock {
            let until = now.plus_seconds(days.saturating_mul(86_400)).seconds();
            call =
                call.object_lock_mode(ObjectLockMode::from(lock.mode.as_str())).object_lock_retain_until_date(DateTime::from_secs(until));
        }
        if only_new {
            call = call.if_none_match("*");
        }
        match call.send().await {
            Ok(_) => Ok(Put::Done),
            Err(SdkError::ServiceError(e)) if matches!(e.err().code(), Some("PreconditionFailed" | "ConditionalRequestConflict")) => {
                Ok(Put::Already)
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    /// `None` when there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        match self.s3.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(answer) => Ok(Some(answer.body.collect().await.map_err(unavailable)?.to_vec())),
            Err(SdkError::ServiceError(e)) if e.err().is_no_such_key() => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn days(&self, class: DataClass) -> i64 {
        self.lock.as_ref().map_or(0, |lock| match class {
            DataClass::Internal => lock.days,
            DataClass::Sensitive => lock.sensitive_days,
        })
    }

    /// Copies records of one chain and class, in order. The same records again make the same object.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn put_records(&self, chain: &Chain, class: DataClass, records: &[StoredRecord], now: EpochMs) -> Result<(), ArchiveError> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(()) };
        let text: String = records.iter().map(line).collect();
        let hash = Digest::of_bytes(text.as_bytes());
        let name = match class {
            DataClass::Internal => "internal",
            DataClass::Sensitive => "sensitive",
        };
        let key = format!("records/{name}/{chain}/{:012}-{:012}-{}.log", first.seq, last.seq, hash.short());
        self.put(&key, text.into_bytes(), self.days(class), now, false).await.map(|_| ())
    }

    /// Keeps what was seen of a record that was changed or deleted. `id` is the stream's id of the event.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn put_finding(&self, chain: &str, seq: &str, id: &str, body: Vec<u8>, now: EpochMs) -> Result<Put, ArchiveError> {
        let safe = |text: &str| text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect::<String>();
        let key = format!("tampering/{}/{}-{}.json", safe(chain), safe(seq), safe(id));
        self.put(&key, body, self.days(DataClass::Internal), now, true).await
    }

    /// Puts a seal of a number, if there is none.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn put_seal(&self, number: u64, file: Vec<u8>, now: EpochMs) -> Result<Put, ArchiveError> {
        self.put(&seal_key(number), file, self.days(DataClass::Internal), now, true).await
    }

    /// The file of a seal; `None` when there is none.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn seal(&self, number: u64) -> Result<Option<Vec<u8>>, ArchiveError> {
        self.get(&seal_key(number)).await
    }

    /// The number of the last seal, 0 when there is none: numbers have no gap, so it is found by doubling and halving,
    /// with at most twice as many requests as the number has binary digits.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn last_seal(&self) -> Result<u64, ArchiveError> {
        let (mut there, mut beyond) = (0_u64, 1_u64);
        while self.seal(beyond).await?.is_some() {
            (there, beyond) = (beyond, beyond.saturating_mul(2));
        }
        while there.saturating_add(1) < beyond {
            let middle = there.midpoint(beyond);
            if self.seal(middle).await?.is_some() { there = middle } else { beyond = middle }
        }
        Ok(there)
    }

    /// Keeps a public key in PEM, if it is not there.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn put_key(&self, fingerprint: &Digest, pem: String, now: EpochMs) -> Result<Put, ArchiveError> {
        self.put(&format!("keys/{fingerprint}.pem"), pem.into_bytes(), self.days(DataClass::Internal), now, true).await
    }

    /// A public key that was kept.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn key(&self, fingerprint: &Digest) -> Result<Option<String>, ArchiveError> {
        Ok(self.get(&format!("keys/{fingerprint}.pem")).await?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit::{Actor, AuditEvent, AuditRecord, EventKind};
    use testkit::{Answer, Replay};

    const ABSENT: &str = r#"<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>x</Message></Error>"#;

    fn lock() -> Lock {
        Lock { mode: "COMPLIANCE".into(), days: 10, sensitive_days: 2 }
    }

    fn archive(replay: &Replay) -> Archive {
        Archive::new(Client::new(&replay.sdk_config("us-east-1")), "bucket".into(), lock())
    }

    /// A bucket with so many seals.
    fn holding(seals: u64) -> Replay {
        Replay::new(move |sent| {
            let number: u64 = sent.uri.split("/seals/").nth(1)?.split('.').next()?.parse().ok()?;
            Some(if number <= seals { Answer::new(200, "seal") } else { Answer::new(404, ABSENT) })
        })
    }

    #[tokio::test]
    async fn the_last_seal_is_found_without_a_list() {
        for seals in [0, 1, 2, 3, 7, 8, 100, 1023] {
            assert_eq!(archive(&holding(seals)).last_seal().await.unwrap(), seals);
        }
    }

    #[tokio::test]
    async fn a_denied_read_is_no_missing_seal() {
        let denied = r#"<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>x</Message></Error>"#;
        let replay = Replay::new(move |_| Some(Answer::new(403, denied)));
        assert!(archive(&replay).last_seal().await.is_err());
    }

    #[tokio::test]
    async fn every_object_is_locked_by_its_class_and_a_seal_is_never_put_twice() {
        let replay = Replay::new(|sent| {
            let until = sent.header("x-amz-object-lock-retain-until-date")?.to_owned();
            let kept = if sent.uri.contains("/records/sensitive/") { "1970-01-03T00:00:00Z" } else { "1970-01-11T00:00:00Z" };
            let locked = sent.header("x-amz-object-lock-mode") == Some("COMPLIANCE") && until == kept;
            let conditional = sent.header("if-none-match") == Some("*");
            match (locked, conditional, sent.uri.contains("/seals/")) {
                (true, true, true) => Some(Answer::new(412, r#"<Error><Code>PreconditionFailed</Code></Error>"#)),
                (true, _, false) => Some(Answer::new(200, "")),
                _ => None,
            }
        });
        let archive = archive(&replay);
        let event = AuditEvent::new(EventKind::StopSet, Actor::function("x"));
        let record = AuditRecord::first(Chain::hub(), EpochMs(0), event).store().unwrap();
        for class in [DataClass::Internal, DataClass::Sensitive] {
            archive.put_records(&Chain::hub(), class, std::slice::from_ref(&record), EpochMs(0)).await.unwrap();
        }
        assert_eq!(archive.put_seal(3, b"{}".to_vec(), EpochMs(0)).await.unwrap(), Put::Already);
        assert_eq!(archive.put_finding("hub", "3", "a/../b", Vec::new(), EpochMs(0)).await.unwrap(), Put::Done);
    }
}
