//! Secrets Manager: rotation; values are never read.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{Entry, Form, OperationWords, Resource, words};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "secretsmanager.rotate_secret",
        summary: ("Rotate a secret now.", "立即轮换密钥。"),
        risk: Risk::R2,
        params: &[],
        target: ("secret name or ARN", "密钥名称或 ARN"),
        undo: UndoSpec::None(
            "the former value is no longer current; consumers already use the new one",
            "旧值已不再生效，使用方已改用新值",
        ),
        built: false,
    },
    words: OperationWords {
        resource: Resource::Secret,
        forms: &[Form {
            verbs: &[words::ROTATE, "start|trigger|kick off|do|force|perform|run|触发|做|启动|来|执行|发起"],
            objects: "rotation|rotate|轮换|轮转|轮替",
            opposites: &["cancel|取消"],
        }],
        needs: "",
    },
    one_of: &[],
    ascending: &[],
}];
