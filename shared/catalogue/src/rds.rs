//! RDS and Aurora: snapshots, size, availability, exposure.

use domain::{OperationSpec, ParamKind, ParamSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, text},
    words,
};

const DATABASE: (&str, &str) = ("database instance identifier", "数据库实例标识");

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "rds.create_snapshot",
            summary: ("Take a snapshot of a database instance.", "为数据库实例创建快照。"),
            risk: Risk::R1,
            params: &[text("snapshot_id", 255, false, "the name of the snapshot", "快照名称")],
            target: DATABASE,
            undo: UndoSpec::Restores(&["snapshot_made"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Database,
            forms: &[Form {
                verbs: &[words::CREATE, words::SNAPSHOT],
                objects: "snapshot|db snapshot|backup|restore point|recovery point|point to restore|还原点|恢复点|备份点|快照|备份|数据库快照|rds snapshot",
                opposites: &[words::DELETE],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "rds.reboot_instance",
            summary: ("Reboot a database instance.", "重启数据库实例。"),
            risk: Risk::R2,
            params: &[ParamSpec {
                name: "failover",
                kind: ParamKind::Bool,
                required: false,
                meaning: ("whether to reboot through a failover to the standby", "是否通过切换到备机来重启"),
            }],
            target: DATABASE,
            undo: UndoSpec::None("a reboot cannot be taken back", "重启无法撤销"),
            built: true,
        },
        words: OperationWords {
            resource: Resource::Database,
            forms: &[Form { verbs: &[words::REBOOT], objects: "", opposites: &[] }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "rds.failover_cluster",
            summary: ("Make a replica the writer of a cluster.", "将集群的写节点切换到副本。"),
            risk: Risk::R2,
            params: &[text("target_instance", 63, false, "the instance that becomes the writer", "成为写节点的实例")],
            target: ("database cluster identifier", "数据库集群标识"),
            undo: UndoSpec::Restores(&["writer"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::DatabaseCluster,
            forms: &[Form {
                verbs: &[
                    words::FAIL_OVER,
                    "trigger|force|initiate|do|perform|run|start|execute|触发|做|执行|发起|切换|切|切到|switch|change|promote|提升",
                ],
                objects: "写节点|主节点|主库|主实例|writer|primary|备库|standby|failover|switchover|fail over|故障转移|故障切换|主备切换|主从切换|切主|倒换",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "rds.resize_instance",
            summary: ("Change the class of a database instance.", "更换数据库实例的规格。"),
            risk: Risk::R2,
            params: &[text("instance_class", 40, true, "the new class, such as db.r6g.large", "新的规格，例如 db.r6g.large")],
            target: DATABASE,
            undo: UndoSpec::Restores(&["instance_class"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Database,
            forms: &[Form {
                verbs: &[words::RESIZE],
                objects: "instance class|class|db class|size|规格|机型|实例类型|实例规格|配置|型号|instance type|type",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "rds.grow_storage",
            summary: (
                "Enlarge the storage of a database instance; it cannot be made smaller again.",
                "扩大数据库实例的存储；之后无法缩小。",
            ),
            risk: Risk::R2,
            params: &[int("size_gb", 20, 65_536, true, "the new size in GiB", "新的容量（GiB）")],
            target: DATABASE,
            undo: UndoSpec::None("storage cannot be made smaller", "存储无法缩小"),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Database,
            forms: &[Form {
                verbs: &[words::GROW, words::SET],
                objects: "storage|allocated storage|disk|disk space|volume|存储|磁盘|硬盘|存储空间|容量|空间|储存|盘",
                opposites: &[words::SHRINK],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "rds.disable_public_access",
            summary: ("Take a database instance off the public internet.", "取消数据库实例的公网访问。"),
            risk: Risk::R2,
            params: &[],
            target: DATABASE,
            undo: UndoSpec::Restores(&["publicly_accessible"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Database,
            forms: &[
                Form {
                    verbs: &[words::DISABLE, words::BLOCK, words::REMOVE],
                    objects: "public access|publicly accessible|public|public accessibility|public endpoint|public internet|internet|internet access|publicly available|public ip|公网访问|公网|公开访问|\
                        公共访问|外网访问|外网|公网地址|公网入口|公有访问|公开存取|公共可访问性|公网可访问|公网暴露|公网连接|公网端点|外网地址|公开可访问|对公网",
                    opposites: &[words::OPEN, words::ENABLE, words::EXPOSE],
                },
                Form {
                    verbs: &[words::SET, words::RESIZE],
                    objects: "private|non-public|not publicly accessible|私有|内网|仅内网|非公开",
                    opposites: &[words::DISABLE],
                },
            ],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "rds.enable_deletion_protection",
            summary: ("Turn on deletion protection of a database instance.", "开启数据库实例的删除保护。"),
            risk: Risk::R1,
            params: &[],
            target: DATABASE,
            undo: UndoSpec::Restores(&["deletion_protection"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Database,
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
    Entry {
        spec: OperationSpec {
            id: "rds.enable_multi_az",
            summary: ("Give a database instance a standby in another zone.", "为数据库实例在另一可用区启用备机。"),
            risk: Risk::R2,
            params: &[],
            target: DATABASE,
            undo: UndoSpec::Restores(&["multi_az"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Database,
            forms: &[Form {
                verbs: &[words::ENABLE, words::RESIZE],
                objects: "multi az|multi-az|multiaz|standby|multi az deployment|multiple availability zones|多可用区|多 az|\
                跨可用区|多可用区部署|备用实例|备机|高可用|双可用区|high availability",
                opposites: &[words::DISABLE, words::REMOVE],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
];
