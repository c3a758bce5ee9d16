//! CloudWatch Logs: how long events are kept.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{Entry, Form, OperationWords, Resource, param::int, words};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "logs.set_retention",
        summary: (
            "Set how long a log group keeps its events; a shorter time deletes the older ones.",
            "设置日志组的保留天数；缩短会删除更早的日志。",
        ),
        risk: Risk::R3,
        params: &[int("retention_days", 1, 3653, true, "days", "天数")],
        target: ("log group name", "日志组名称"),
        undo: UndoSpec::None("events older than the new retention are deleted by the service", "早于新保留期的日志会被服务删除"),
        built: false,
    },
    words: OperationWords {
        resource: Resource::LogGroup,
        forms: &[Form {
            verbs: &[words::SET, words::GROW, words::SHRINK, "keep|retain|expire|shorten|add|extend|保留|留|存|留存|保存|加|缩短|延长"],
            objects: "retention|retention policy|retention period|retention time|retain|keep|expire|expiration|保留|保留期|\
                保留策略|保留天数|保存期|留存|保留时间|留存期|保存|过期|保留周期|过期时间|保留期限",
            opposites: &[words::DELETE],
        }],
        needs: "",
    },
    one_of: &[],
    ascending: &[],
}];
