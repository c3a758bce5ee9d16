//! The IAM actions that each concern needs, beside the code that needs them. Entry functions: the constants.
//!
//! Invariant: no call deletes an item, and audit rows are only put and read.

/// Reading plans, approvals, accounts, stops, effects by key or partition.
pub const READ: &[&str] = &["dynamodb:GetItem", "dynamodb:Query"];
/// Reading lists (plans, stops, chains, unsent messages): the index, then the items. The index needs `dynamodb:Query` on
/// its own ARN.
pub const LIST: &[&str] = &["dynamodb:Query", "dynamodb:BatchGetItem"];
/// Every change: the chain's head, the audit record and messages in one transaction, on the ledger table.
pub const RECORD: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// Every change, on the audit table.
pub const RECORD_AUDIT: &[&str] = &["dynamodb:PutItem"];
/// Reading the audit log, on the audit table.
pub const READ_AUDIT: &[&str] = &["dynamodb:Query"];
/// `propose`.
pub const PROPOSE: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// `transition`, `set_execution`.
pub const TRANSITION: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
/// `request_undo`.
pub const REQUEST_UNDO: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
/// `record_approval`, with a link or code used up in the same transaction.
pub const RECORD_APPROVAL: &[&str] = &["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
/// `put_token`, `token`, `consume_token`.
pub const TOKENS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
/// `put_task_token`, `task_token`, `clear_task_token`.
pub const TASK_TOKENS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
/// `take_lease`, `intend_effect`, `finish_effect`.
pub const EXECUTE: &[&str] =
    &["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"];
/// `session`, `put_session`.
pub const SESSIONS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// `talk`, `put_talk`.
pub const TALK: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// `put_accounts`, `retire_account`.
pub const REGISTER_ACCOUNTS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
/// `start_scan`, `scan_place_done`, `finish_scan`, `scan`.
pub const SCANS: &[&str] = &["dynamodb:PutItem", "dynamodb:Query"];
/// `pattern`, `patterns`, `put_pattern`.
pub const PATTERNS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
/// `factor`, `put_factor`, `typed_back`, `type_back`.
pub const FACTORS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// `propose_setting`, `confirm_setting`.
pub const SETTINGS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// `stop`, `request_release`.
pub const STOPS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// `reserve_spend`, `settle_spend`, `spend_of_day`.
pub const SPENDING: &[&str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];
/// `message`, `mark_sent`, `touch_unsent`.
pub const OUTBOX: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_deletes_and_the_audit_table_is_put_and_read_only() {
        let all = [
            READ,
            LIST,
            RECORD,
            RECORD_AUDIT,
            READ_AUDIT,
            PROPOSE,
            TRANSITION,
            REQUEST_UNDO,
            RECORD_APPROVAL,
            TOKENS,
            TASK_TOKENS,
            EXECUTE,
            SESSIONS,
            TALK,
            REGISTER_ACCOUNTS,
            SCANS,
            PATTERNS,
            FACTORS,
            SETTINGS,
            STOPS,
            SPENDING,
            OUTBOX,
        ];
        assert!(all.iter().all(|list| !list.iter().any(|a| a.contains("Delete") || a.contains('*'))));
        assert!(all.iter().all(|list| list.is_sorted() || *list == LIST));
        assert_eq!((RECORD_AUDIT, READ_AUDIT), (&["dynamodb:PutItem"][..], &["dynamodb:Query"][..]));
    }
}
