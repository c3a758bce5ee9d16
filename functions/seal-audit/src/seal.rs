//! The next seal. Entry: [`Sealer::handle`].
//!
//! Invariant: nothing is sealed that does not follow from the last seal, whose signature is checked first; of two that run at
//! once one makes the seal and the other does nothing.

use archive::{Archive, Put};
use audit::{Seal, SealKeys as _, seal::SealError};
use aws_sdk_kms::{
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{EpochMs, Text, WireError};
use ledger::Ledger;
use public_key::{PublicKeys, fingerprint, to_pem};
use serde_json::Value;

/// Records read at a time.
const PAGE: u32 = 1000;
/// Without a new record a seal is made after so long, so that silence is proven, too.
const HEARTBEAT_MS: i64 = 3_600_000;

pub(crate) struct Sealer {
    pub(crate) ledger: Ledger,
    pub(crate) archive: Archive,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) key_id: String,
}

impl Sealer {
    /// A batch of the stream, or the schedule.
    pub(crate) async fn handle(&self, event: Value, now: EpochMs) -> Result<Value, WireError> {
        if event.get("Records").is_some() {
            return self.copy(&lambda_shell::decode(event)?, now).await;
        }
        self.seal(now).await
    }

    async fn seal(&self, now: EpochMs) -> Result<Value, WireError> {
        let mut keys = PublicKeys::default();
        let answer = self.kms.get_public_key().key_id(&self.key_id).send().await.map_err(|e| silent(&e))?;
        let der = answer.public_key().map(|blob| blob.as_ref().to_vec()).unwrap_or_default();
        let key = fingerprint(&der);
        keys.add(der.clone()).map_err(|e| silent(&e))?;
        let (last, made_at) = self.last(&mut keys).await?;
        let mut sealing = last.begin();
        for head in self.ledger.chains().await.map_err(|e| e.wire())? {
            let mut after = last.sealed(&head.chain).seq;
            while after < head.seq {
                let page = self.ledger.read_chain(&head.chain, after, PAGE).await.map_err(|e| e.wire())?;
                for record in page.records.iter().filter(|r| r.seq <= head.seq) {
                    if let Err(error) = sealing.push(record) {
                        return self.unsound(&error, now).await;
                    }
                }
                match page.next_after {
                    Some(next) if next > after => after = next,
                    _ => break,
                }
            }
            sealing.ends_at(&head.chain, head.seq, head.hash);
        }
        let records = sealing.records();
        if records == 0 && now.0.saturating_sub(made_at) < HEARTBEAT_MS {
            return Ok(serde_json::json!({"sealed": false}));
        }
        let number = last.number().saturating_add(1);
        let unsigned = match sealing.finish(now, key.clone()) {
            Ok(unsigned) => unsigned,
            Err(error) => return self.unsound(&error, now).await,
        };
        self.archive.put_key(&key, to_pem(&der), now).await.map_err(|e| e.wire())?;
        let seal = self.signed(unsigned).await?;
        let file = seal.file().map_err(|e| silent(&e))?;
        let put = self.archive.put_seal(number, file, now).await.map_err(|e| e.wire())?;
        tracing::info!(seal.number = number, seal.records = records, seal.hash = %seal.hash(), "sealed");
        Ok(serde_json::json!({"sealed": put == Put::Done, "number": number, "records": records, "hash": seal.hash()}))
    }

    async fn signed(&self, unsigned: audit::seal::Unsigned) -> Result<Seal, WireError> {
        let answer = self
            .kms
            .sign()
            .key_id(&self.key_id)
            .message(Blob::new(unsigned.message()))
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|e| silent(&e))?;
        let signature = answer.signature().map(|s| STANDARD.encode(s)).unwrap_or_default();
        Ok(unsigned.signed(signature))
    }

    /// The last seal and when it was made. It must be signed by this key, or by one whose PEM the bucket keeps.
    async fn last(&self, keys: &mut PublicKeys) -> Result<(audit::Sealer, i64), WireError> {
        let number = self.archive.last_seal().await.map_err(|e| e.wire())?;
        let Some(file) = self.archive.seal(number).await.map_err(|e| e.wire())? else { return Ok((audit::Sealer::default(), 0)) };
        let (seal, statement) = Seal::read(&file).map_err(|_| broken(number))?;
        if !keys.fingerprints().any(|k| *k == statement.key) {
            let pem = self.archive.key(&statement.key).await.map_err(|e| e.wire())?.unwrap_or_default();
            *keys = PublicKeys::from_pem(&pem).map_err(|_| broken(number))?;
        }
        let signature = STANDARD.decode(&seal.signature).unwrap_or_default();
        if statement.number != number || !keys.signed(&statement.key, &seal.message(), &signature) {
            return Err(broken(number));
        }
        let sealer = audit::Sealer::after(&seal, &statement).map_err(|_| broken(number))?;
        Ok((sealer, statement.at.0))
    }

    /// Tells people, and seals nothing.
    async fn unsound(&self, error: &SealError, now: EpochMs) -> Result<Value, WireError> {
        let SealError::Records(fault) = error else {
            return Err(WireError::new("Audit.Malformed", Text::new(error.to_string(), "封印无法生成。")));
        };
        let body = serde_json::to_vec(fault).unwrap_or_default();
        self.tell(fault.chain.as_str(), &fault.seq.to_string(), "seal", fault.kind.as_str(), body, now).await?;
        Ok(serde_json::json!({"sealed": false, "fault": fault}))
    }
}

fn broken(number: u64) -> WireError {
    WireError::new(
        "Audit.Conflict",
        Text::new(
            format!("Seal {number} is not what was signed. Nothing is sealed until a person has looked."),
            format!("第 {number} 号封印与签名不符。在人工检查之前不再封印。"),
        ),
    )
}

fn silent(error: &(dyn std::error::Error + 'static)) -> WireError {
    tracing::warn!(error = %error, source = ?error.source(), "the seal key does not answer");
    WireError::new("Seal.Unavailable", Text::new("The key that seals the audit log does not answer.", "封印审计日志的密钥没有响应。"))
}
