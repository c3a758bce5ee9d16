//! ECS: size, deployments and versions of services.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, text},
    words,
};

const SERVICE: (&str, &str) = ("service name or ARN", "服务名称或 ARN");

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "ecs.scale_service",
            summary: ("Set how many tasks a service runs.", "设置服务运行的任务数。"),
            risk: Risk::R2,
            params: &[
                int("desired_count", 0, 5000, true, "how many tasks", "任务数"),
                text("cluster", 255, false, "the cluster of the service", "服务所在的集群"),
            ],
            target: SERVICE,
            undo: UndoSpec::Restores(&["desired_count"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::ContainerService,
            forms: &[
                Form {
                    verbs: &[words::SCALE, words::SET, words::GROW, words::SHRINK],
                    objects: "task|desired count|count|replica|任务|任务数|副本|副本数|期望数|容器|实例|个数|数量",
                    opposites: &[words::DELETE],
                },
                Form { verbs: &["run|maintain|维持"], objects: "task|replica|任务|副本|副本数|任务数", opposites: &[] },
            ],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ecs.force_deployment",
            summary: ("Deploy the same task definition of a service anew.", "用同一任务定义重新部署服务。"),
            risk: Risk::R2,
            params: &[text("cluster", 255, false, "the cluster of the service", "服务所在的集群")],
            target: SERVICE,
            undo: UndoSpec::None(
                "the tasks that were replaced are gone; the definition does not change",
                "被替换的任务已不存在；任务定义没有变化",
            ),
            built: false,
        },
        words: OperationWords {
            resource: Resource::ContainerService,
            forms: &[Form {
                verbs: &[words::DEPLOY, "force|trigger|start|do|kick off|强制|触发|做|来|来一次|发起", words::REBOOT],
                objects: "new deployment|deployment|force new deployment|force deployment|redeployment|deploy|redeploy|\
                rolling restart|部署|重新部署|新部署|强制部署|滚动重启|滚动更新|重部署",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "ecs.rollback_service",
            summary: ("Put a service back on an earlier task definition.", "将服务退回之前的任务定义。"),
            risk: Risk::R2,
            params: &[
                text(
                    "task_definition",
                    255,
                    false,
                    "family:revision or ARN; the one before where it is left out",
                    "family:revision 或 ARN；不写则为上一个",
                ),
                text("cluster", 255, false, "the cluster of the service", "服务所在的集群"),
            ],
            target: SERVICE,
            undo: UndoSpec::Restores(&["task_definition", "desired_count"]),
            built: false,
        },
        words: OperationWords {
            resource: Resource::ContainerService,
            forms: &[Form {
                verbs: &[words::ROLL_BACK],
                objects: "task definition|revision|previous task definition|task def|任务定义|上一个任务定义|修订版|上一版|版本",
                opposites: &[],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
];
