//! What the three EC2 instance operations share: reading instances and what surrounds them.
//!
//! Entry function: [`read`]. Invariant: the main facts (`state`, `instance_type`) come from DescribeInstances alone; every
//! other read only adds context, and where it fails a note says so.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, Instance};
use domain::{Facts, Text, Value, text::inert};

use crate::{
    error::{OperationError, read_error},
    note::{info, unread, warning},
    observe::ReadClients,
    operation::{Context, Difference, Observed, Scope, Verification},
    target::{TargetShape, ec2_id},
    target_group::{Candidate, memberships},
};

pub(super) const DESCRIBE_INSTANCES: &str = "ec2:DescribeInstances";
pub(super) const DESCRIBE_STATUS: &str = "ec2:DescribeInstanceStatus";
pub(super) const DESCRIBE_TYPES: &str = "ec2:DescribeInstanceTypes";
pub(super) const DESCRIBE_ADDRESSES: &str = "ec2:DescribeAddresses";
pub(super) const DESCRIBE_ASG_INSTANCES: &str = "autoscaling:DescribeAutoScalingInstances";

/// Most values of one EC2 filter (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>).
const FILTER_VALUES: usize = 200;
/// Most ids of one DescribeAutoScalingInstances.
const ASG_INSTANCE_IDS: usize = 50;

/// An EC2 instance.
pub(super) static SHAPE: TargetShape = TargetShape {
    service: "ec2",
    prefix: "instance/",
    regional: true,
    expected: ("instance id (i-…)", "实例 ID（i-…）"),
    id: |text| ec2_id("i-", text),
};

/// What to read beside the main facts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    /// Status checks: part of the post-condition, so a failure to read them is an error.
    pub(super) status_checks: bool,
    /// Instance store, by the instance type.
    pub(super) instance_store: bool,
    /// Elastic addresses.
    pub(super) addresses: bool,
    /// Auto Scaling membership.
    pub(super) auto_scaling: bool,
    /// Target groups and their health.
    pub(super) target_groups: bool,
}

/// Reads instances and, as far as wanted, what surrounds them.
pub(super) async fn read(clients: &ReadClients, scope: &Scope, ids: &[String], wanted: Wanted) -> Result<Vec<Observed>, OperationError> {
    let instances = describe(clients, ids).await?;
    let mut seen = Vec::new();
    for id in ids {
        let instance = instances.get(id).ok_or_else(|| OperationError::TargetNotFound { target: inert(id, 80) })?;
        seen.push(main_facts(scope, id, instance)?);
    }
    if wanted.status_checks {
        add_status_checks(clients, ids, &mut seen).await?;
    }
    if wanted.instance_store {
        add_instance_store(clients, &mut seen).await;
    }
    if wanted.addresses {
        add_addresses(clients, ids, &mut seen).await;
    }
    if wanted.auto_scaling {
        add_auto_scaling(clients, ids, &mut seen).await;
    }
    if wanted.target_groups {
        let candidates: Vec<Candidate> = ids.iter().filter_map(|id| instances.get(id)).map(candidate).collect();
        match memberships(clients, &candidates).await {
            Ok(found) => {
                for (one, groups) in seen.iter_mut().zip(found) {
                    one.context.target_groups = groups;
                }
            }
            Err(error) => add_note_to_all(&mut seen, "target_group.unread", ("target groups", "目标组"), &error),
        }
    }
    Ok(seen)
}

fn candidate(instance: &Instance) -> Candidate {
    let mut ids: Vec<String> = instance.instance_id().map(str::to_owned).into_iter().collect();
    ids.extend(instance.private_ip_address().map(str::to_owned));
    for interface in instance.network_interfaces() {
        ids.extend(interface.private_ip_addresses().iter().filter_map(|a| a.private_ip_address()).map(str::to_owned));
    }
    ids.sort();
    ids.dedup();
    Candidate { vpc: instance.vpc_id().map(str::to_owned), ids }
}

async fn describe(clients: &ReadClients, ids: &[String]) -> Result<BTreeMap<String, Instance>, OperationError> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(FILTER_VALUES) {
        // By filter and not by id: one unknown id would turn the whole answer into an error.
        let filter = Filter::builder().name("instance-id").set_values(Some(chunk.to_vec())).build();
        let mut pages = clients.ec2.describe_instances().filters(filter).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| read_error(DESCRIBE_INSTANCES, e))?;
            for instance in page.reservations().iter().flat_map(|r| r.instances()) {
                if let Some(id) = instance.instance_id().filter(|id| chunk.iter().any(|wanted| wanted == id)) {
                    found.insert(id.to_owned(), instance.clone());
                }
            }
        }
    }
    Ok(found)
}

fn main_facts(scope: &Scope, id: &str, instance: &Instance) -> Result<Observed, OperationError> {
    let missing = |what| OperationError::Incomplete { action: DESCRIBE_INSTANCES, what };
    let state = instance.state().and_then(|s| s.name()).ok_or_else(|| missing("a state"))?;
    let kind = instance.instance_type().ok_or_else(|| missing("an instance type"))?;
    let tags: BTreeMap<String, String> =
        instance.tags().iter().filter_map(|t| Some((t.key()?.to_owned(), t.value().unwrap_or_default().to_owned()))).collect();
    let mut facts = Facts::new();
    facts.insert("state".into(), state.as_str().into());
    facts.insert("instance_type".into(), kind.as_str().into());
    let mut around = Facts::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            around.insert(name.into(), value.into());
        }
    };
    put("availability_zone", instance.placement().and_then(|p| p.availability_zone()));
    put("private_ip", instance.private_ip_address());
    put("public_ip", instance.public_ip_address());
    put("lifecycle", instance.instance_lifecycle().map(|l| l.as_str()));
    put("root_device", instance.root_device_type().map(|r| r.as_str()));
    let context = Context { name: tags.get("Name").cloned(), tags, facts: around, ..Context::default() };
    Ok(Observed { id: id.to_owned(), arn: scope.arn("ec2", &format!("instance/{id}")), facts, context })
}

async fn add_status_checks(clients: &ReadClients, ids: &[String], seen: &mut [Observed]) -> Result<(), OperationError> {
    for chunk in ids.chunks(FILTER_VALUES / 2) {
        let mut pages = clients
            .ec2
            .describe_instance_status()
            .set_instance_ids(Some(chunk.to_vec()))
            .include_all_instances(true)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| read_error(DESCRIBE_STATUS, e))?;
            for status in page.instance_statuses() {
                let Some(one) = seen.iter_mut().find(|o| Some(o.id.as_str()) == status.instance_id()) else { continue };
                let words: BTreeSet<&str> = [status.system_status(), status.instance_status()]
                    .into_iter()
                    .map(|summary| summary.and_then(|s| s.status()).map_or("unknown", |s| s.as_str()))
                    .collect();
                // The worst word of the two checks.
                let worst = ["impaired", "unknown", "insufficient-data", "initializing", "not-applicable", "ok"]
                    .into_iter()
                    .find(|w| words.contains(w))
                    .unwrap_or("unknown");
                one.context.facts.insert("status_checks".into(), worst.into());
            }
        }
    }
    Ok(())
}

async fn add_instance_store(clients: &ReadClients, seen: &mut [Observed]) {
    let kinds: BTreeSet<String> = seen.iter().filter_map(|o| o.facts.get("instance_type")?.as_text()).map(str::to_owned).collect();
    let kinds: Vec<aws_sdk_ec2::types::InstanceType> = kinds.iter().map(|k| k.as_str().into()).collect();
    let mut with_store = BTreeMap::new();
    for chunk in kinds.chunks(100) {
        let mut pages = clients.ec2.describe_instance_types().set_instance_types(Some(chunk.to_vec())).into_paginator().send();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    for kind in page.instance_types() {
                        if let (Some(name), Some(store)) = (kind.instance_type(), kind.instance_storage_supported()) {
                            with_store.insert(name.as_str().to_owned(), store);
                        }
                    }
                }
                Err(error) => {
                    let error = read_error(DESCRIBE_TYPES, error);
                    add_note_to_all(seen, "data.instance_store_unread", ("whether there is an instance store", "是否有实例存储"), &error);
                    return;
                }
            }
        }
    }
    for one in seen {
        let store = one.facts.get("instance_type").and_then(Value::as_text).and_then(|kind| with_store.get(kind));
        let fact = store.map_or(Value::from("unknown"), |store| Value::Bool(*store));
        one.context.facts.insert("instance_store".into(), fact);
    }
}

async fn add_addresses(clients: &ReadClients, ids: &[String], seen: &mut [Observed]) {
    for chunk in ids.chunks(FILTER_VALUES) {
        let filter = Filter::builder().name("instance-id").set_values(Some(chunk.to_vec())).build();
        match clients.ec2.describe_addresses().filters(filter).send().await {
            Ok(answer) => {
                for address in answer.addresses() {
                    if let Some(one) = seen.iter_mut().find(|o| Some(o.id.as_str()) == address.instance_id()) {
                        one.context.facts.insert("elastic_ip".into(), address.public_ip().unwrap_or("yes").into());
                    }
                }
            }
            Err(error) => {
                let error = read_error(DESCRIBE_ADDRESSES, error);
                add_note_to_all(seen, "address.elastic_ip_unread", ("Elastic IP addresses", "弹性 IP"), &error);
                return;
            }
        }
    }
}

async fn add_auto_scaling(clients: &ReadClients, ids: &[String], seen: &mut [Observed]) {
    for chunk in ids.chunks(ASG_INSTANCE_IDS) {
        let mut pages =
            clients.autoscaling.describe_auto_scaling_instances().set_instance_ids(Some(chunk.to_vec())).into_paginator().send();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    for member in page.auto_scaling_instances() {
                        if let Some(one) = seen.iter_mut().find(|o| Some(o.id.as_str()) == member.instance_id()) {
                            let facts = &mut one.context.facts;
                            facts.insert("auto_scaling_group".into(), member.auto_scaling_group_name().unwrap_or("unknown").into());
                            facts.insert("auto_scaling_state".into(), member.lifecycle_state().unwrap_or("unknown").into());
                        }
                    }
                }
                Err(error) => {
                    let error = read_error(DESCRIBE_ASG_INSTANCES, error);
                    add_note_to_all(seen, "auto_scaling.unread", ("Auto Scaling membership", "伸缩组成员关系"), &error);
                    return;
                }
            }
        }
    }
}

fn add_note_to_all(seen: &mut [Observed], code: &str, what: (&str, &str), error: &OperationError) {
    for one in seen {
        one.context.notes.push(unread(code, what, error));
    }
}

/// The state in EC2's own word.
pub(super) fn state(observed: &Observed) -> &str {
    fact(&observed.facts, "state")
}

/// A text among facts, empty where there is none.
pub(super) fn fact<'a>(facts: &'a Facts, name: &str) -> &'a str {
    facts.get(name).and_then(Value::as_text).unwrap_or_default()
}

/// `{state: <word>}`.
pub(super) fn state_facts(word: &str) -> Facts {
    [("state".to_owned(), Value::from(word))].into()
}

/// Whether the state is reached; states on the way are pending, ended instances fail.
pub(super) fn verify_state(expected: &str, now: &Observed) -> Verification {
    match state(now) {
        word if word == expected => Verification::Holds,
        "pending" | "running" | "stopping" | "stopped" => {
            Verification::Pending(Text::new(format!("still {}", state(now)), format!("当前状态仍为 {}", state(now))))
        }
        _ => Verification::Fails {
            differences: vec![Difference { field: "state".into(), planned: expected.into(), now: state(now).into() }],
        },
    }
}

/// Running with both status checks ok. `impaired_fails`: whether an impaired check ends the wait.
pub(super) fn verify_running_and_ok(now: &Observed, impaired_fails: bool) -> Verification {
    match verify_state("running", now) {
        Verification::Holds => match fact(&now.context.facts, "status_checks") {
            "ok" => Verification::Holds,
            "impaired" if impaired_fails => Verification::Fails {
                differences: vec![Difference { field: "status_checks".into(), planned: "ok".into(), now: "impaired".into() }],
            },
            word => {
                let word = if word.is_empty() { "unknown" } else { word };
                Verification::Pending(Text::new(format!("status checks: {word}"), format!("状态检查：{word}")))
            }
        },
        other => other,
    }
}

/// What happens to the public address when the instance stops.
pub(super) fn address_notes(observed: &Observed) -> Vec<domain::PreviewNote> {
    let facts = &observed.context.facts;
    let unread = observed.context.notes.iter().any(|n| n.code == "address.elastic_ip_unread");
    match (facts.get("elastic_ip").and_then(Value::as_text), facts.get("public_ip").and_then(Value::as_text)) {
        (Some(elastic), _) => vec![info(
            "address.elastic_ip_kept",
            format!("Elastic IP {elastic} stays with the instance."),
            format!("弹性 IP {elastic} 会保留在该实例上。"),
        )],
        (None, Some(public)) => {
            let (en, zh) = if unread { (" unless it is an Elastic IP", "（除非它是弹性 IP）") } else { ("", "") };
            vec![warning(
                "address.public_ip_changes",
                format!("Public address {public} is given back{en}; the next start gets another one, and undo does not bring it back."),
                format!("公网地址 {public} 将被释放{zh}；下次启动会得到新的地址，回滚也无法恢复。"),
            )]
        }
        (None, None) => Vec::new(),
    }
}

/// Which load balancers send traffic here.
pub(super) fn membership_notes(observed: &Observed) -> Vec<domain::PreviewNote> {
    let groups = &observed.context.target_groups;
    groups
        .iter()
        .map(|group| {
            let name = inert(&group.group_name, 64);
            let left = group.healthy.len().saturating_sub(group.own_ids.iter().filter(|id| group.healthy.contains(id)).count());
            let own = if group.is_healthy() { ("healthy", "健康") } else { ("not healthy", "不健康") };
            info(
                "target_group.member",
                format!("Member of target group {name}, {} there; {left} other healthy target(s).", own.0),
                format!("属于目标组 {name}，当前{}；该组另有 {left} 个健康目标。", own.1),
            )
        })
        .collect()
}
