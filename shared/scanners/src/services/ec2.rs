//! Instances, volumes, snapshots, addresses. Entry type: [`Ec2`].
//!
//! Invariant: terminated instances are not resources any more and are left out.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_ec2::types::{Instance, Tag, Volume};
use checks::{
    Gap,
    ec2::{self, CHECKS, Facts},
};

use crate::{
    Look, Scanner, ServiceReport, client,
    metrics::{self, Query},
    text,
};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct Ec2;

const INSTANCES: &str = "ec2:DescribeInstances";
const STATUS: &str = "ec2:DescribeInstanceStatus";
const VOLUMES: &str = "ec2:DescribeVolumes";
const SNAPSHOTS: &str = "ec2:DescribeSnapshots";
const ADDRESSES: &str = "ec2:DescribeAddresses";
const DEFAULT_ENCRYPTION: &str = "ec2:GetEbsEncryptionByDefault";

#[async_trait]
impl Scanner for Ec2 {
    fn service(&self) -> &'static str {
        "ec2"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[metrics::ACTION, ADDRESSES, STATUS, INSTANCES, SNAPSHOTS, VOLUMES, DEFAULT_ENCRYPTION]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_ec2);
    let instances = look
        .list(INSTANCES, client.describe_instances().into_paginator().send(), |page, all| {
            let reservations = page.reservations.unwrap_or_default();
            all.extend(reservations.into_iter().flat_map(|r| r.instances.unwrap_or_default()).filter(|i| state(i) != "terminated"));
        })
        .await;
    let volumes = look
        .list(VOLUMES, client.describe_volumes().into_paginator().send(), |page, all| {
            all.extend(page.volumes.unwrap_or_default().iter().map(volume));
        })
        .await;
    let mut facts = Facts {
        instances: instances.map(|all| all.iter().map(instance).collect()),
        volumes,
        snapshots: Err(Gap::not_asked(SNAPSHOTS)),
        public_snapshots: Err(Gap::not_asked(SNAPSHOTS)),
        addresses: Err(Gap::not_asked(ADDRESSES)),
        default_encryption: Err(Gap::not_asked(DEFAULT_ENCRYPTION)),
    };
    if look.is_full() {
        details(look, &client, &mut facts).await;
    }
    facts
}

async fn details(look: &Look, client: &aws_sdk_ec2::Client, facts: &mut Facts) {
    facts.snapshots = look
        .list(SNAPSHOTS, client.describe_snapshots().owner_ids("self").into_paginator().send(), |page, all| {
            all.extend(page.snapshots.unwrap_or_default().iter().map(|s| ec2::Snapshot {
                id: s.snapshot_id().unwrap_or_default().to_owned(),
                volume_id: s.volume_id().unwrap_or_default().to_owned(),
                started_at: s.start_time().map(text::instant).unwrap_or(domain::EpochMs(0)),
            }));
        })
        .await;
    let public = client.describe_snapshots().owner_ids("self").restorable_by_user_ids("all").into_paginator().send();
    facts.public_snapshots = look
        .list(SNAPSHOTS, public, |page, all| {
            all.extend(page.snapshots.unwrap_or_default().into_iter().filter_map(|s| s.snapshot_id));
        })
        .await;
    facts.addresses = look.call(ADDRESSES, client.describe_addresses().send()).await.map(|answer| {
        let address = |a: &aws_sdk_ec2::types::Address| ec2::Address {
            id: a.allocation_id().or(a.public_ip()).unwrap_or_default().to_owned(),
            public_ip: a.public_ip().unwrap_or_default().to_owned(),
            associated: a.association_id().is_some()
                || a.instance_id().is_some_and(|i| !i.is_empty())
                || a.network_interface_id().is_some(),
        };
        answer.addresses().iter().map(address).collect()
    });
    facts.default_encryption = match look.call(DEFAULT_ENCRYPTION, client.get_ebs_encryption_by_default().send()).await {
        Ok(answer) => answer.ebs_encryption_by_default().ok_or_else(|| Gap::incomplete(DEFAULT_ENCRYPTION, "the setting")),
        Err(gap) => Err(gap),
    };
    let Ok(instances) = &mut facts.instances else { return };
    let statuses = look
        .list(STATUS, client.describe_instance_status().into_paginator().send(), |page, all| {
            all.extend(page.instance_statuses.unwrap_or_default().into_iter().map(|s| {
                let word = |d: Option<&aws_sdk_ec2::types::InstanceStatusSummary>| {
                    d.and_then(|d| d.status()).map(|s| s.as_str().to_owned()).unwrap_or_default()
                };
                (s.instance_id().unwrap_or_default().to_owned(), (word(s.system_status()), word(s.instance_status())))
            }));
        })
        .await
        .map(|all| all.into_iter().collect::<BTreeMap<_, _>>());
    let running: Vec<usize> = instances.iter().enumerate().filter(|(_, i)| i.state == "running").map(|(n, _)| n).collect();
    let queries = running.iter().filter_map(|n| instances.get(*n)).map(cpu_query).collect();
    let loads = metrics::read(look, queries).await;
    for (n, load) in running.iter().zip(loads) {
        let Some(instance) = instances.get_mut(*n) else { continue };
        instance.cpu = load;
        instance.status = match &statuses {
            Ok(known) => known.get(&instance.id).cloned().ok_or_else(|| Gap::incomplete(STATUS, "the status of a running instance")),
            Err(gap) => Err(gap.clone()),
        };
    }
}

fn cpu_query(i: &ec2::Instance) -> Query {
    Query {
        namespace: "AWS/EC2",
        metric: "CPUUtilization",
        dimensions: vec![("InstanceId", i.id.clone())],
        statistic: "Average",
        period_s: 300,
        back_s: 40 * 60,
    }
}

fn state(i: &Instance) -> &str {
    i.state().and_then(|s| s.name()).map_or("", |n| n.as_str())
}

pub(crate) fn name_of(tags: &[Tag]) -> Option<String> {
    tags.iter().find(|t| t.key() == Some("Name")).and_then(|t| t.value()).filter(|v| !v.is_empty()).map(str::to_owned)
}

fn instance(i: &Instance) -> ec2::Instance {
    let options = i.metadata_options();
    ec2::Instance {
        id: i.instance_id().unwrap_or_default().to_owned(),
        name: name_of(i.tags()),
        state: state(i).to_owned(),
        instance_type: i.instance_type().map_or("", |t| t.as_str()).to_owned(),
        public_ip: i.public_ip_address().filter(|a| !a.is_empty()).map(str::to_owned),
        http_tokens: options
            .and_then(|o| o.http_tokens())
            .map(|t| t.as_str().to_owned())
            .ok_or_else(|| Gap::incomplete(INSTANCES, "the metadata options")),
        metadata_endpoint: options.and_then(|o| o.http_endpoint()).is_none_or(|e| e.as_str() != "disabled"),
        stopped_at: i.state_transition_reason().and_then(text::stopped_at).ok_or_else(|| Gap::incomplete(INSTANCES, "when it was stopped")),
        status: Err(Gap::not_asked(STATUS)),
        cpu: Err(Gap::not_asked(metrics::ACTION)),
    }
}

fn volume(v: &Volume) -> ec2::Volume {
    ec2::Volume {
        id: v.volume_id().unwrap_or_default().to_owned(),
        name: name_of(v.tags()),
        state: v.state().map_or("", |s| s.as_str()).to_owned(),
        size_gib: v.size().unwrap_or(0),
        encrypted: v.encrypted().unwrap_or(false),
        attachments: v.attachments().len(),
    }
}
