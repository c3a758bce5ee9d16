//! Route 53: traffic between weighted records.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
    param::{int, text},
    words,
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "route53.shift_weight",
        summary: ("Change the weight of a weighted record.", "调整加权记录的权重。"),
        risk: Risk::R2,
        params: &[
            int("weight", 0, 255, true, "the new weight", "新的权重"),
            text("set_identifier", 128, false, "which of the weighted records", "加权记录的标识"),
            text("hosted_zone", 64, false, "the hosted zone", "托管区"),
        ],
        target: ("record name", "记录名称"),
        undo: UndoSpec::Restores(&["weight"]),
        built: false,
    },
    words: OperationWords {
        resource: Resource::DnsRecord,
        forms: &[Form {
            verbs: &[words::SHIFT, words::GROW, words::SHRINK],
            objects: "weight|weighted record|traffic weight|权重|流量权重|加权|weighting|流量|流量比例|traffic",
            opposites: &[words::DELETE],
        }],
        needs: "",
    },
    one_of: &[],
    ascending: &[],
}];
