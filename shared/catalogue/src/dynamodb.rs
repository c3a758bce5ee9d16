//! DynamoDB: capacity and protection of tables.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, one_of},
    words,
};

const TABLE: (&str, &str) = ("table name", "表名");

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "dynamodb.update_capacity",
            summary: ("Change the provisioned capacity or the billing mode of a table.", "修改表的预置容量或计费模式。"),
            risk: Risk::R2,
            params: &[
                int("read_capacity", 1, 40000, false, "read capacity units", "读容量单位"),
                int("write_capacity", 1, 40000, false, "write capacity units", "写容量单位"),
                one_of("billing_mode", &["PAY_PER_REQUEST", "PROVISIONED"], false, "on demand or provisioned", "按需或预置"),
            ],
            target: TABLE,
            undo: UndoSpec::Restores(&["billing_mode", "read_capacity", "write_capacity"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Table,
            forms: &[Form {
                verbs: &[words::SET, words::GROW, words::SHRINK, words::RESIZE, words::SCALE],
                objects: "capacity|provisioned capacity|read capacity|write capacity|capacity unit|read capacity unit|write capacity unit|容量单位|读容量单位|写容量单位|rcu|wcu|throughput|provisioned throughput|\
                read and write|read unit|write unit|on-demand|on demand|ondemand|pay per request|pay-per-request|billing mode|按需计费|按需付费|按量|按量付费|按量计费|按请求计费|按请求付费|预置模式|容量|读容量|\
                写容量|读写容量|吞吐|吞吐量|按需|按需模式|计费模式|预置|预置容量|读|写|容量模式|随选",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &["read_capacity", "write_capacity", "billing_mode"],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "dynamodb.enable_pitr",
            summary: ("Turn on point-in-time recovery of a table.", "开启表的时间点恢复。"),
            risk: Risk::R1,
            params: &[],
            target: TABLE,
            undo: UndoSpec::Restores(&["point_in_time_recovery"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Table,
            forms: &[Form {
                verbs: &[words::ENABLE],
                objects: "point-in-time recovery|point in time recovery|pitr|continuous backup|point in time restore|时间点恢复|\
                时点恢复|按时间点恢复|连续备份|任意时间点恢复|时间点还原|持续备份",
                opposites: &[words::DISABLE],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "dynamodb.enable_deletion_protection",
            summary: ("Turn on deletion protection of a table.", "开启表的删除保护。"),
            risk: Risk::R1,
            params: &[],
            target: TABLE,
            undo: UndoSpec::Restores(&["deletion_protection"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Table,
            forms: &[
                Form {
                    verbs: &[words::ENABLE],
                    objects: "deletion protection|delete protection|termination protection|protection against deletion|protection from deletion|删除保护|防删除|防误删|删除防护|防删保护|误删保护|防误删保护",
                    opposites: &[words::DISABLE, words::REMOVE],
                },
                Form {
                    verbs: &["protect|prevent|guard|防止|保护|避免|防"],
                    objects: "accidental deletion|deletion|from deletion|against deletion|against accidental deletion|from accidental deletion|against being deleted|from being deleted|being deleted|误删|误删除|被误删|删除|被删|被删除",
                    opposites: &[],
                },
            ],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
];
