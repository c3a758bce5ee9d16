//! EC2 and EBS: instances, volumes, security groups.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, text},
    words,
};

const INSTANCE: (&str, &str) = ("instance id", "实例 ID");
const VOLUME: (&str, &str) = ("volume id", "云盘 ID");
const GROUP: (&str, &str) = ("security group id", "安全组 ID");

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "ec2.start_instances",
            summary: ("Start stopped instances.", "启动已停止的实例。"),
            risk: Risk::R1,
            params: &[],
            target: INSTANCE,
            undo: UndoSpec::Restores(&["state"]),
            built: true,
        },
        words: OperationWords {
            resource: Resource::Instance,
            forms: &[Form { verbs: &[words::START], objects: "", opposites: &[] }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.stop_instances",
            summary: ("Stop running instances.", "停止运行中的实例。"),
            risk: Risk::R2,
            params: &[],
            target: INSTANCE,
            undo: UndoSpec::Restores(&["state"]),
            built: true,
        },
        words: OperationWords {
            resource: Resource::Instance,
            forms: &[Form { verbs: &[words::STOP], objects: "", opposites: &[] }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.reboot_instances",
            summary: ("Reboot instances.", "重启实例。"),
            risk: Risk::R2,
            params: &[],
            target: INSTANCE,
            undo: UndoSpec::None("a reboot cannot be taken back", "重启无法撤销"),
            built: true,
        },
        words: OperationWords {
            resource: Resource::Instance,
            forms: &[Form { verbs: &[words::REBOOT], objects: "", opposites: &[] }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.resize_instance",
            summary: ("Stop an instance, change its type, start it again.", "停止实例，更换机型后再启动。"),
            risk: Risk::R2,
            params: &[text("instance_type", 40, true, "the new type, such as m6i.large", "新的机型，例如 m6i.large")],
            target: INSTANCE,
            undo: UndoSpec::Restores(&["instance_type"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Instance,
            forms: &[Form {
                verbs: &[words::RESIZE],
                objects: "instance type|type|size|机型|规格|实例类型|实例规格|配置|型号",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.require_imdsv2",
            summary: ("Require session tokens on the instance metadata service (IMDSv2).", "要求实例元数据服务使用会话令牌（IMDSv2）。"),
            risk: Risk::R2,
            params: &[],
            target: INSTANCE,
            undo: UndoSpec::Restores(&["http_tokens"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Instance,
            forms: &[
                Form {
                    verbs: &[words::ENABLE],
                    objects: "imdsv2|imds v2|imdsv1|imds v1|imds|metadata token|metadata service|instance metadata|http tokens|session token|\
                元数据服务|元数据|实例元数据|元数据令牌",
                    opposites: &[words::DISABLE],
                },
                Form {
                    verbs: &[words::EXPOSE],
                    objects: "imdsv2 only|imds v2 only|v2 only|imdsv2 required|imdsv2 mandatory|imdsv2 enforced|仅 imdsv2|只用 imdsv2|强制 imdsv2|强制 v2",
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
            id: "ec2.isolate_instance",
            summary: ("Replace an instance's security groups by the quarantine group.", "将实例的安全组替换为隔离组。"),
            risk: Risk::R3,
            params: &[],
            target: INSTANCE,
            undo: UndoSpec::Restores(&["security_groups"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Instance,
            forms: &[
                Form { verbs: &[words::ISOLATE], objects: "", opposites: &[] },
                Form {
                    verbs: &[words::EXPOSE, words::SHIFT],
                    objects: "quarantine group|quarantine security group|quarantine sg|isolation group|isolation security group|isolation sg|隔离组|隔离安全组",
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
            id: "ec2.create_snapshot",
            summary: ("Take a snapshot of a volume.", "为云盘创建快照。"),
            risk: Risk::R1,
            params: &[text("description", 255, false, "a description of the snapshot", "快照的描述")],
            target: VOLUME,
            undo: UndoSpec::Restores(&["snapshot_made"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Volume,
            forms: &[Form {
                verbs: &[words::CREATE, words::SNAPSHOT],
                objects: "snapshot|ebs snapshot|backup|restore point|recovery point|还原点|恢复点|备份点|快照|备份",
                opposites: &[words::DELETE],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.grow_volume",
            summary: ("Enlarge a volume; it cannot be made smaller again.", "扩大云盘；之后无法缩小。"),
            risk: Risk::R2,
            params: &[int("size_gb", 1, 65_536, true, "the new size in GiB", "新的容量（GiB）")],
            target: VOLUME,
            undo: UndoSpec::None("a volume cannot be made smaller", "云盘无法缩小"),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Volume,
            forms: &[Form {
                verbs: &[words::GROW, words::SET],
                objects: "size|capacity|storage|大小|容量|空间",
                opposites: &[words::SHRINK],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.delete_unattached_volume",
            summary: ("Snapshot a volume that is attached to nothing, then delete it.", "为未挂载的云盘创建快照，然后删除云盘。"),
            risk: Risk::R3,
            params: &[],
            target: VOLUME,
            undo: UndoSpec::Restores(&["volume_from_snapshot"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::Volume,
            forms: &[Form { verbs: &[words::DELETE], objects: "", opposites: &[] }],
            needs: "unattached|available|detached|orphan|orphaned|unused|dangling|not attached|not attached to anything|attached to nothing|isn't attached to anything|nothing attached to it|isn't attached|not mounted|attached to nothing|attached to no instance|not in use|unmounted|left over|leftover|没挂|未挂|没有挂载|没有挂|没有使用|没在用|idle|未挂载|没挂载|\
                没有挂载|闲置|孤立|空闲|游离|未使用|没人用|没用|没挂|未附加|无主|不挂",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.revoke_ingress",
            summary: ("Remove inbound rules from a security group.", "移除安全组的入站规则。"),
            risk: Risk::R2,
            params: &[
                int("port", 0, 65_535, false, "the port the rules open", "规则开放的端口"),
                text("protocol", 10, false, "tcp, udp, icmp or all", "tcp、udp、icmp 或 all"),
                text("cidr", 49, false, "the address block the rules let in", "规则放行的网段"),
            ],
            target: GROUP,
            undo: UndoSpec::Restores(&["rules"]),
            built: true,
        },
        words: OperationWords {
            resource: Resource::SecurityGroup,
            forms: &[Form {
                verbs: &[words::REMOVE, words::BLOCK, words::DISABLE],
                objects: "port|ingress|inbound|inbound rule|ingress rule|rule|ssh|rdp|access|tcp|udp|cidr|traffic|端口|入站|\
                入站规则|入口规则|规则|访问|入方向|公网|外网|口|连接埠|放行",
                opposites: &[words::OPEN],
            }],
            needs: "",
        },
        one_of: &["port", "cidr"],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ec2.strip_default_group",
            summary: ("Remove every rule of a VPC's default security group.", "清空 VPC 默认安全组的全部规则。"),
            risk: Risk::R2,
            params: &[],
            target: GROUP,
            undo: UndoSpec::Restores(&["rules"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::SecurityGroup,
            forms: &[Form {
                verbs: &[words::REMOVE],
                objects: "rule|all rules|inbound rule|ingress rule|规则|入站规则|全部规则|所有规则|default security group|default group|default sg|\
                    默认安全组|默认组|预设安全组",
                opposites: &[words::OPEN],
            }],
            needs: "default security group|default group|default sg|默认安全组|默认组|预设安全组|vpc 默认安全组",
        },
        one_of: &[],
        ascending: &[],
    },
];
