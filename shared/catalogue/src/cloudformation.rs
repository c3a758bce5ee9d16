//! CloudFormation: stacks stuck in a failed rollback.

use domain::{OperationSpec, ParamKind, ParamSpec, Risk, UndoSpec};

use crate::{Entry, Form, OperationWords, Resource, words};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "cloudformation.continue_rollback",
        summary: ("Let a stack continue a rollback that failed.", "让回滚失败的堆栈继续回滚。"),
        risk: Risk::R2,
        params: &[ParamSpec {
            name: "skip_resources",
            kind: ParamKind::TextList { max_items: 50, max_chars: 255 },
            required: false,
            meaning: ("resources to leave as they are", "跳过的资源"),
        }],
        target: ("stack name or ARN", "堆栈名称或 ARN"),
        undo: UndoSpec::None("a rollback that went on cannot be taken back", "继续进行的回滚无法撤销"),
        built: false,
    },
    words: OperationWords {
        resource: Resource::Stack,
        forms: &[Form {
            verbs: &[words::CONTINUE],
            objects: "rollback|update rollback|rolling back|roll back|回滚|回退|更新回滚|UPDATE_ROLLBACK_FAILED|复原",
            opposites: &[words::DELETE],
        }],
        needs: "",
    },
    one_of: &[],
    ascending: &[],
}];
