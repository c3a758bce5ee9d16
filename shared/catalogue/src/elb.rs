//! Elastic Load Balancing: members of target groups.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, text},
    words,
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "elb.deregister_target",
        summary: ("Take a target out of a target group, after draining.", "将目标移出目标组，先排空连接。"),
        risk: Risk::R2,
        params: &[
            text("target_group", 2048, true, "the target group, by name or ARN", "目标组名称或 ARN"),
            int("port", 1, 65535, false, "the port of the target", "目标的端口"),
        ],
        target: ("instance id or address", "实例 ID 或地址"),
        undo: UndoSpec::Restores(&["registration"]),
        built: false,
    },
    words: OperationWords {
        resource: Resource::LoadBalancerTarget,
        forms: &[Form {
            verbs: &[words::REMOVE],
            objects: "target group|load balancer|targetgroup|tg|elb|alb|nlb|lb|rotation|目标组|负载均衡|负载均衡器|目标群组|\
                负载|流量",
            opposites: &[words::OPEN, "register|注册|挂上|挂载|加入|加回"],
        }],
        needs: "",
    },
    one_of: &[],
    ascending: &[],
}];
