//! EKS: size of managed node groups.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, text},
    words,
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "eks.scale_nodegroup",
        summary: ("Set the bounds and the desired size of a node group.", "设置节点组的上下限与期望节点数。"),
        risk: Risk::R2,
        params: &[
            int("min_size", 0, 450, false, "the smallest number of nodes", "最小节点数"),
            int("desired_size", 0, 450, false, "the desired number of nodes", "期望节点数"),
            int("max_size", 0, 450, false, "the largest number of nodes", "最大节点数"),
            text("cluster", 100, false, "the cluster of the node group", "节点组所在的集群"),
        ],
        target: ("node group name", "节点组名称"),
        undo: UndoSpec::Restores(&["min_size", "desired_size", "max_size"]),
        built: false,
    },
    words: OperationWords {
        resource: Resource::NodeGroup,
        forms: &[Form {
            verbs: &[words::SCALE, words::SET, words::GROW, words::SHRINK],
            objects: "node|size|capacity|desired|min|max|minimum|maximum|worker|节点|节点数|个节点|期望|最小|最大|数量|台",
            opposites: &[words::DELETE],
        }],
        needs: "",
    },
    one_of: &["min_size", "desired_size", "max_size"],
    ascending: &["min_size", "desired_size", "max_size"],
}];
