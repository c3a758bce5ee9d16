//! Auto Scaling: the three numbers of a group.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{Entry, Form, OperationWords, Resource, param::int, words};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "autoscaling.set_capacity",
        summary: ("Set the bounds and the desired size of an Auto Scaling group.", "设置伸缩组的上下限与期望容量。"),
        risk: Risk::R2,
        params: &[
            int("min_size", 0, 1000, false, "the smallest size", "最小实例数"),
            int("desired_capacity", 0, 1000, false, "the desired size", "期望实例数"),
            int("max_size", 0, 1000, false, "the largest size", "最大实例数"),
        ],
        target: ("Auto Scaling group name", "伸缩组名称"),
        undo: UndoSpec::Restores(&["min_size", "desired_capacity", "max_size"]),
        built: true,
    },
    words: OperationWords {
        resource: Resource::AutoScalingGroup,
        forms: &[Form {
            verbs: &[words::SET, words::SCALE, words::GROW, words::SHRINK],
            objects: "capacity|desired capacity|desired|size|min|max|minimum|maximum|instance|期望容量|期望|容量|最小|最大|\
                实例数|台|台数|上限|下限|数量|副本|节点",
            opposites: &[words::DELETE],
        }],
        needs: "",
    },
    one_of: &["min_size", "desired_capacity", "max_size"],
    ascending: &["min_size", "desired_capacity", "max_size"],
}];
