//! The audit log, for reading: whoever reads verifies it with their own program.

use audit::Chain;
use domain::{Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};

use crate::handler::Handler;

/// Records in one page of the endpoint.
const PAGE: u32 = 200;

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
}
