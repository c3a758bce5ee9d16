//! IAM: containment only; nothing here grants power.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{Entry, Form, OperationWords, Resource, param::text, words};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "iam.deactivate_access_key",
            summary: ("Set an access key to inactive.", "将访问密钥置为停用。"),
            risk: Risk::R2,
            params: &[text("user_name", 64, false, "the user who owns the key", "密钥所属的用户")],
            target: ("access key id", "访问密钥 ID"),
            undo: UndoSpec::Restores(&["status"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::AccessKey,
            forms: &[Form {
                verbs: &[
                    words::DISABLE,
                    "inactivate|make inactive|set inactive|mark inactive|retire|block|inactive|停用|置为非活动|设为不活动",
                ],
                objects: "",
                opposites: &[words::ENABLE, words::CREATE],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "iam.quarantine_principal",
            summary: ("Put a deny-all inline policy on a user or role.", "为用户或角色加上拒绝一切的内联策略。"),
            risk: Risk::R3,
            params: &[],
            target: ("user or role name", "用户名或角色名"),
            undo: UndoSpec::Restores(&["inline_policy"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Principal,
            forms: &[
                Form {
                    verbs: &[
                        words::ISOLATE,
                        "全拒绝|拒绝一切|全拒绝策略|deny everything|deny all|deny-all|block|freeze|lock|lock out|lock down|全部拒绝|封|拒绝所有|锁住|锁定|\
                冻住",
                    ],
                    objects: "",
                    opposites: &[],
                },
                Form {
                    verbs: &["attach|put|put on|apply|add|slap on|挂上|附加|附上|加上|绑定|绑上|套上|应用"],
                    objects: "quarantine policy|deny policy|deny-all policy|deny all policy|isolation policy|隔离策略|拒绝策略|全拒绝策略",
                    opposites: &[words::REMOVE],
                },
            ],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
];
