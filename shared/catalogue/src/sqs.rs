//! SQS: dead letters back to work.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, text},
    words,
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "sqs.redrive_dlq",
        summary: ("Move the messages of a dead-letter queue back.", "将死信队列中的消息移回。"),
        risk: Risk::R2,
        params: &[
            text(
                "destination",
                2048,
                false,
                "the queue that receives them; the source queue where it is left out",
                "接收消息的队列；不写则为源队列",
            ),
            int("max_per_second", 1, 500, false, "most messages a second", "每秒最多条数"),
        ],
        target: ("dead-letter queue name, URL or ARN", "死信队列名称、URL 或 ARN"),
        undo: UndoSpec::None("messages that were moved may already be processed", "移走的消息可能已被处理"),
        built: false,
    },
    words: OperationWords {
        resource: Resource::Queue,
        forms: &[Form {
            verbs: &[words::REDRIVE],
            objects: "message|dead letter|dead-letter|dlq|dead-letter queue|dead letter queue|消息|死信|死信队列|讯息|\
                死信消息",
            opposites: &[words::DELETE, "purge|清空"],
        }],
        needs: "",
    },
    one_of: &[],
    ascending: &[],
}];
