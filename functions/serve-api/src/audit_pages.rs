//! The audit log, for reading: whoever reads verifies it with their own program.

use audit::Chain;
use domain::{Lang, PlanId, Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};

use crate::handler::Handler;

/// Records in one page of the endpoint.
const PAGE: u32 = 200;
/// Seals in one page, and most bytes of them: an answer of a function has at most 6 MB.
const SEALS: u64 = 50;
const SEAL_BYTES: usize = 4 << 20;

impl Handler {
    pub(crate) async fn chains(&self) -> Result<HttpAnswer, WireError> {
        let heads = self.ledger.chains().await.map_err(|e| e.wire())?;
        let rows: Vec<serde_json::Value> =
            heads.iter().map(|h| serde_json::json!({"chain": h.chain, "seq": h.seq, "head": h.hash})).collect();
        Ok(HttpAnswer::json(&serde_json::json!({"chains": rows})))
    }

    pub(crate) async fn chain(&self, call: &HttpCall) -> Result<HttpAnswer, WireError> {
        let written = call.path_value("chain")?;
        let chain = Chain::parse(written).map_err(|_| {
            let name = domain::text::inert(written, 40);
            WireError::new("Audit.NotFound", Text::new(format!("There is no chain `{name}`."), format!("不存在链 `{name}`。")))
        })?;
        let number = |name: &str| call.query.get(name).and_then(|v| v.parse::<u64>().ok());
        let after = number("after").unwrap_or(0);
        let limit = number("limit").and_then(|n| u32::try_from(n).ok()).unwrap_or(PAGE).clamp(1, PAGE);
        let page = self.ledger.read_chain(&chain, after, limit).await.map_err(|e| e.wire())?;
        let rows: Vec<serde_json::Value> =
            page.records.iter().map(|r| serde_json::json!({"seq": r.seq, "record": r.record, "hash": r.hash})).collect();
        Ok(HttpAnswer::json(&serde_json::json!({"records": rows, "next_after": page.next_after})))
    }

    /// Files of seals after a number, as they lie in the locked bucket.
    pub(crate) async fn seals(&self, call: &HttpCall) -> Result<HttpAnswer, WireError> {
        let after = call.query.get("after").and_then(|v| v.parse::<u64>().ok()).unwrap_or(0);
        let (mut rows, mut bytes, mut last) = (Vec::new(), 0, after);
        let mut more = true;
        for number in after.saturating_add(1)..=after.saturating_add(SEALS) {
            let Some(file) = self.archive.seal(number).await.map_err(|e| e.wire())? else {
                more = false;
                break;
            };
            bytes += file.len();
            if bytes > SEAL_BYTES && !rows.is_empty() {
                break;
            }
            rows.push(serde_json::json!({"number": number, "file": String::from_utf8_lossy(&file)}));
            last = number;
        }
        Ok(HttpAnswer::json(&serde_json::json!({"seals": rows, "next_after": more.then_some(last)})))
    }

    /// What an evidence bundle needs of a plan beside its records.
    pub(crate) async fn evidence(&self, call: &HttpCall) -> Result<HttpAnswer, WireError> {
        let written = call.path_value("id")?;
        let id = PlanId::parse(written).map_err(|_| authority::no_such_plan(written))?;
        let stored = self.ledger.plan(&id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(written))?;
        let preview = self.ledger.preview(&id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(written))?;
        let approvals = self.ledger.approvals(&id).await.map_err(|e| e.wire())?;
        let shown: Vec<serde_json::Value> =
            [Lang::En, Lang::Zh].iter().map(|lang| serde_json::json!({"lang": lang, "text": preview.render(*lang)})).collect();
        let approvals: Vec<serde_json::Value> = approvals
            .iter()
            .map(|a| serde_json::json!({"approval": a.approval, "signature": a.signature_b64, "key_id": a.key_id}))
            .collect();
        Ok(HttpAnswer::json(&serde_json::json!({"plan": stored.plan, "digest": stored.digest, "shown": shown, "approvals": approvals})))
    }
}
