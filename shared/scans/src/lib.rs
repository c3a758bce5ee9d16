//! Where the results of scans lie: reports, findings and coverage as objects.
//!
//! Entry type: [`Store`]. Invariants: an object is named by scan, account and region and by nothing that an account can choose;
//! an object that cannot be read is an error, one that is not there is `None`.
//!
//! ```
//! let id = domain::ScanId::parse("scan_01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
//! assert_eq!(scans::key::batches(&id, 1), "scans/scan_01ARZ3NDEKTSV4RRFFQ69G5FAV/batches-1.json");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use aws_sdk_s3::{error::SdkError, operation::get_object::GetObjectError, primitives::ByteStream};
use domain::{Text, WireError};
use serde::{Serialize, de::DeserializeOwned};

/// Names of objects.
pub mod key {
    use domain::{ScanId, scan::ScanPlace};

    /// The batches of a round of a scan.
    #[must_use]
    pub fn batches(id: &ScanId, round: u32) -> String {
        format!("scans/{id}/batches-{round}.json")
    }

    /// The report of one place.
    #[must_use]
    pub fn report(id: &ScanId, place: &ScanPlace) -> String {
        format!("scans/{id}/{}/{}.json", place.account, place.region)
    }

    /// One piece of what an account answered about a place, by the hash of its nonce.
    #[must_use]
    pub fn part(id: &ScanId, place: &ScanPlace, nonce_hash: &str, part: u32) -> String {
        format!("scans/{id}/{}/{}.parts/{nonce_hash}-{part}.json", place.account, place.region)
    }

    /// All findings of a scan that count.
    #[must_use]
    pub fn findings(id: &ScanId, place: &ScanPlace) -> String {
        format!("scans/{id}/{}/{}.findings.json", place.account, place.region)
    }

    /// The coverage of a scan: accounts × regions × services.
    #[must_use]
    pub fn coverage(id: &ScanId) -> String {
        format!("scans/{id}/coverage.json")
    }

    /// The numbers of a scan.
    #[must_use]
    pub fn summary(id: &ScanId) -> String {
        format!("scans/{id}/summary.json")
    }

    /// What is known about a place over all scans.
    #[must_use]
    pub fn known(place: &ScanPlace) -> String {
        format!("known/{}/{}.json", place.account, place.region)
    }
}

/// An object cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// S3 did not do it.
    #[error("object `{key}` cannot be {what}")]
    Unavailable {
        /// Which.
        key: String,
        /// `read` or `written`.
        what: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It is not what was written.
    #[error("object `{key}` does not hold what it should")]
    Malformed {
        /// Which.
        key: String,
        /// What happened.
        #[source]
        source: serde_json::Error,
    },
}

impl StoreError {
    /// The error as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        match self {
            Self::Unavailable { key, what, .. } => {
                let done = if *what == "read" { "读取" } else { "写入" };
                WireError::new(
                    "Scans.Unavailable",
                    Text::new(format!("The object {key} cannot be {what}; try again."), format!("无法{done}对象 {key}，请重试。")),
                )
            }
            Self::Malformed { key, .. } => WireError::new(
                "Scans.Malformed",
                Text::new(format!("The object {key} does not hold what it should."), format!("对象 {key} 的内容不正确。")),
            ),
        }
    }
}

/// The bucket of results.
#[derive(Debug, Clone)]
pub struct Store {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl Store {
    /// In this bucket.
    #[must_use]
    pub fn new(client: aws_sdk_s3::Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Its name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Writes an object; writing it twice is harmless.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<(), StoreError> {
        let body = serde_json::to_vec(value).map_err(|source| StoreError::Malformed { key: key.to_owned(), source })?;
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type("application/json").body(ByteStream::from(body));
        let unavailable = |source| StoreError::Unavailable { key: key.to_owned(), what: "written", source };
        put.send().await.map_err(|e| unavailable(Box::new(e.into_service_error())))?;
        Ok(())
    }

    /// Reads an object; `None` when it is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let unavailable = |source| StoreError::Unavailable { key: key.to_owned(), what: "read", source };
        let answer = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(e)) if matches!(e.err(), GetObjectError::NoSuchKey(_)) => return Ok(None),
            Err(e) => return Err(unavailable(Box::new(e.into_service_error()))),
        };
        let body = answer.body.collect().await.map_err(|e| unavailable(Box::new(e)))?.into_bytes();
        serde_json::from_slice(&body).map(Some).map_err(|source| StoreError::Malformed { key: key.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use testkit::{Answer, Replay};

    use super::*;

    fn store(answer: Answer) -> Store {
        let replay = Replay::new(move |_| Some(answer.clone()));
        Store::new(aws_sdk_s3::Client::new(&replay.sdk_config("us-east-1")), "b".into())
    }

    #[tokio::test]
    async fn an_object_that_is_not_there_is_none_and_a_denied_one_is_an_error() {
        let missing = Answer::new(404, "<Error><Code>NoSuchKey</Code><Message>x</Message></Error>");
        assert_eq!(store(missing).get::<Vec<u8>>("k").await.unwrap(), None);
        let denied = Answer::new(403, "<Error><Code>AccessDenied</Code><Message>x</Message></Error>");
        assert_eq!(store(denied).get::<Vec<u8>>("k").await.unwrap_err().wire().name, "Scans.Unavailable");
        assert_eq!(store(Answer::new(200, "{")).get::<Vec<u8>>("k").await.unwrap_err().wire().name, "Scans.Malformed");
        assert_eq!(store(Answer::new(200, "[1]")).get::<Vec<u8>>("k").await.unwrap(), Some(vec![1]));
    }
}
