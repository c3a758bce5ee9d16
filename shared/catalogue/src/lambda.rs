//! Lambda: calls, aliases, concurrency, size.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, one_of, text},
    words,
};

const FUNCTION: (&str, &str) = ("function name", "函数名称");

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "lambda.invoke_function",
            summary: ("Invoke a function once.", "调用一次函数。"),
            risk: Risk::R2,
            params: &[
                text("payload", 32_768, false, "the JSON the function receives", "传给函数的 JSON"),
                one_of("invocation_type", &["RequestResponse", "Event"], false, "wait for the answer or not", "是否等待返回"),
            ],
            target: FUNCTION,
            undo: UndoSpec::None("what the function did cannot be taken back", "函数已经做的事无法撤销"),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Function,
            forms: &[Form { verbs: &[words::INVOKE], objects: "", opposites: &[] }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "lambda.rollback_alias",
            summary: ("Point an alias back to an earlier version.", "将别名指回之前的版本。"),
            risk: Risk::R2,
            params: &[
                text("alias", 128, true, "the alias", "别名"),
                text("version", 20, false, "the version; the one before where it is left out", "版本号；不写则为上一个版本"),
            ],
            target: FUNCTION,
            undo: UndoSpec::Restores(&["version", "weights"]),
            built: true,
        },
        words: OperationWords {
            resource: Resource::Function,
            forms: &[Form {
                verbs: &[words::ROLL_BACK],
                objects: "alias|version|别名|版本|上一版|上一个版本|previous version",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "lambda.set_concurrency",
            summary: ("Set the reserved concurrency of a function.", "设置函数的预留并发。"),
            risk: Risk::R2,
            params: &[int(
                "concurrency",
                0,
                10_000,
                true,
                "executions at the same time; 0 stops the function",
                "同时执行数；0 表示停止接收调用",
            )],
            target: FUNCTION,
            undo: UndoSpec::Restores(&["concurrency"]),
            built: true,
        },
        words: OperationWords {
            resource: Resource::Function,
            forms: &[Form {
                verbs: &[words::SET, words::GROW, words::SHRINK],
                objects: "concurrency|reserved concurrency|concurrent execution|并发|并发数|预留并发|并发度|保留并发|并发量|\
                并发上限|并发限制",
                opposites: &["delete|remove|unset|删除|取消|去掉|移除"],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "lambda.update_configuration",
            summary: ("Change the memory or the timeout of a function.", "修改函数的内存或超时时间。"),
            risk: Risk::R1,
            params: &[
                int("memory_mb", 128, 10_240, false, "memory in MB", "内存（MB）"),
                int("timeout_seconds", 1, 900, false, "timeout in seconds", "超时时间（秒）"),
            ],
            target: FUNCTION,
            undo: UndoSpec::Restores(&["memory_mb", "timeout_seconds"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Function,
            forms: &[Form {
                verbs: &[words::SET, words::GROW, words::SHRINK, "give|给"],
                objects: "memory|timeout|time out|memory size|ram|mem|内存|超时|超时时间|记忆体|逾时|内存大小",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &["memory_mb", "timeout_seconds"],
        ascending: &[],
    },
];
