//! Approvals are signed by record-approval and verified by whoever acts on them.
//!
//! Entry type: [`ApprovalKey`]. Invariant: an asymmetric KMS key (ECC_NIST_P256): only record-approval's role may sign with it; a
//! signature that KMS calls invalid is `false`, everything else that goes wrong is an error.

use aws_sdk_kms::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{Approval, CanonicalError, Digest, Text, WireError};

/// The key did not answer, or the approval has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// KMS did not answer.
    #[error("the approval key does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The approval has no canonical form.
    #[error("the approval has no canonical form")]
    Canonical(#[from] CanonicalError),
    /// KMS answered without a signature.
    #[error("KMS answered without a signature")]
    Empty,
}

impl SignatureError {
    /// The error as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        match self {
            Self::Unavailable(_) | Self::Empty => WireError::new(
                "Approval.Unavailable",
                Text::new(
                    "The key that signs approvals does not answer. Nothing was decided or done.",
                    "审批签名密钥没有响应。没有作出任何决定，也没有执行任何操作。",
                ),
            ),
            Self::Canonical(_) => {
                WireError::new("Approval.Malformed", Text::new("The approval cannot be written down exactly.", "无法精确记录该审批。"))
            }
        }
    }
}

/// The key that signs approvals.
#[derive(Debug, Clone)]
pub struct ApprovalKey {
    kms: Client,
    key_id: String,
}

impl ApprovalKey {
    /// A key behind a client.
    #[must_use]
    pub fn new(kms: Client, key_id: String) -> Self {
        Self { kms, key_id }
    }

    /// The key's id, recorded with each signature.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Signs an approval; base64.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub async fn sign(&self, approval: &Approval) -> Result<String, SignatureError> {
        let answer = self
            .kms
            .sign()
            .key_id(&self.key_id)
            .message(message(approval)?)
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|e| SignatureError::Unavailable(Box::new(e)))?;
        answer.signature().map(|s| STANDARD.encode(s)).ok_or(SignatureError::Empty)
    }

    /// Whether a signature is this key's over this approval.
    ///
    /// # Errors
    /// [`SignatureError`] when KMS does not answer.
    pub async fn verifies(&self, approval: &Approval, signature_b64: &str) -> Result<bool, SignatureError> {
        let Ok(signature) = STANDARD.decode(signature_b64) else {
            return Ok(false);
        };
        let answer = self
            .kms
            .verify()
            .key_id(&self.key_id)
            .message(message(approval)?)
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .signature(Blob::new(signature))
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.signature_valid()),
            Err(SdkError::ServiceError(e)) if e.err().code() == Some("KMSInvalidSignatureException") => Ok(false),
            Err(e) => Err(SignatureError::Unavailable(Box::new(e))),
        }
    }
}

/// SHA-256 over the approval's signed bytes.
fn message(approval: &Approval) -> Result<Blob, CanonicalError> {
    let digest = Digest::of_bytes(&approval.signed_bytes()?);
    Ok(Blob::new(hex::decode(digest.as_str()).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use domain::{ApprovalChannel, EpochMs, Lang, PersonId, PlanId};
    use testkit::{Answer, Replay};

    use super::*;

    fn approval() -> Approval {
        Approval {
            plan: PlanId::generate(EpochMs(1), 1),
            digest: Digest::of_bytes(b"plan"),
            person: PersonId::parse("bob").unwrap(),
            at: EpochMs(5),
            channel: ApprovalChannel::Endpoint,
            preview_hash: Digest::of_bytes(b"shown"),
            lang: Lang::En,
            factor: None,
        }
    }

    fn key(answer: Answer) -> ApprovalKey {
        let replay = Replay::new(move |_| Some(answer.clone()));
        ApprovalKey::new(Client::new(&replay.sdk_config("us-east-1")), "key".into())
    }

    #[tokio::test]
    async fn an_invalid_signature_is_false_and_a_silent_key_is_an_error() {
        let valid = key(Answer::new(200, r#"{"SignatureValid":true}"#));
        assert!(valid.verifies(&approval(), "c2ln").await.unwrap());
        let invalid = key(Answer::new(400, r#"{"__type":"KMSInvalidSignatureException"}"#));
        assert!(!invalid.verifies(&approval(), "c2ln").await.unwrap());
        assert!(!valid.verifies(&approval(), "not base64!").await.unwrap());
        for broken in [Answer::new(400, r#"{"__type":"AccessDeniedException"}"#), Answer::new(500, "{}"), Answer::timed_out()] {
            assert!(key(broken).verifies(&approval(), "c2ln").await.is_err());
        }
    }

    #[test]
    fn every_field_of_an_approval_is_signed() {
        let base = serde_json::to_value(approval()).unwrap();
        let original = approval().signed_bytes().unwrap();
        let others = serde_json::json!({
            "plan": PlanId::generate(EpochMs(2), 2), "digest": Digest::of_bytes(b"other"), "person": "carol", "at": 6, "channel": "link",
            "preview_hash": Digest::of_bytes(b"other"), "lang": "zh"
        });
        for (field, other) in others.as_object().unwrap() {
            let mut changed = base.clone();
            changed[field] = other.clone();
            let changed: Approval = serde_json::from_value(changed).unwrap();
            assert_ne!(changed.signed_bytes().unwrap(), original, "{field}");
        }
        assert_eq!(others.as_object().unwrap().len(), base.as_object().unwrap().len());
    }
}
