//! KMS: rotation, and keeping keys that were to be deleted.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{Entry, Form, OperationWords, Resource, param::int, words};

const KEY: (&str, &str) = ("key id, ARN or alias", "密钥 ID、ARN 或别名");

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "kms.enable_rotation",
            summary: ("Turn on yearly rotation of a key.", "开启密钥的自动轮换。"),
            risk: Risk::R1,
            params: &[int("period_days", 90, 2560, false, "days between rotations", "轮换间隔（天）")],
            target: KEY,
            undo: UndoSpec::Restores(&["rotation", "period_days"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::EncryptionKey,
            forms: &[Form {
                verbs: &[words::ENABLE, words::ROTATE],
                objects: "rotation|key rotation|automatic rotation|automatic key rotation|auto rotation|auto-rotation|\
                rotate automatically|轮换|自动轮换|轮转|密钥轮换|自动轮转|密钥轮转|年度轮换|金钥轮换",
                opposites: &[words::DISABLE],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "kms.cancel_deletion",
            summary: ("Call off the scheduled deletion of a key.", "取消密钥的计划删除。"),
            risk: Risk::R1,
            params: &[],
            target: KEY,
            undo: UndoSpec::None("scheduling a deletion is not in the catalogue", "计划删除不在操作目录中"),
            built: false,
        },
        words: OperationWords {
            resource: Resource::EncryptionKey,
            forms: &[Form {
                verbs: &[words::CANCEL, "keep|save|rescue|recover|restore|保留|救回|恢复|捞回来"],
                objects: "deletion|scheduled deletion|schedule for deletion|scheduled for deletion|pending deletion|pending deletion|key deletion|删除|计划删除|待删除|计划的删除|删除计划|\
                预定删除|定期删除",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
];
