//! Security groups, networks, subnets, network ACLs, NAT gateways. Entry type: [`Vpc`].

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_ec2::types::{IpPermission, NetworkAclEntry};
use checks::{
    Gap,
    vpc::{self, CHECKS, Facts},
};

use crate::{
    Look, Scanner, ServiceReport, client,
    metrics::{self, Query},
    services::ec2::name_of,
};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct Vpc;

const GROUPS: &str = "ec2:DescribeSecurityGroups";
const NETWORKS: &str = "ec2:DescribeVpcs";
const SUBNETS: &str = "ec2:DescribeSubnets";
const ACLS: &str = "ec2:DescribeNetworkAcls";
const FLOW_LOGS: &str = "ec2:DescribeFlowLogs";
const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const NATS: &str = "ec2:DescribeNatGateways";

#[async_trait]
impl Scanner for Vpc {
    fn service(&self) -> &'static str {
        "vpc"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[metrics::ACTION, FLOW_LOGS, NATS, ACLS, INTERFACES, GROUPS, SUBNETS, NETWORKS]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_ec2);
    let groups = look
        .list(GROUPS, client.describe_security_groups().into_paginator().send(), |page, all| {
            all.extend(page.security_groups.unwrap_or_default().iter().map(|g| vpc::Group {
                id: g.group_id().unwrap_or_default().to_owned(),
                name: g.group_name().unwrap_or_default().to_owned(),
                vpc_id: g.vpc_id().unwrap_or_default().to_owned(),
                ingress: g.ip_permissions().iter().map(ingress).collect(),
                egress_rules: g.ip_permissions_egress().len(),
            }));
        })
        .await;
    let mut facts = Facts {
        groups,
        networks: Err(Gap::not_asked(NETWORKS)),
        subnets: Err(Gap::not_asked(SUBNETS)),
        acls: Err(Gap::not_asked(ACLS)),
        logged: Err(Gap::not_asked(FLOW_LOGS)),
        used_groups: Err(Gap::not_asked(INTERFACES)),
        nats: Err(Gap::not_asked(NATS)),
    };
    if look.is_full() {
        details(look, &client, &mut facts).await;
    }
    facts
}

async fn details(look: &Look, client: &aws_sdk_ec2::Client, facts: &mut Facts) {
    facts.networks = look
        .list(NETWORKS, client.describe_vpcs().into_paginator().send(), |page, all| {
            all.extend(page.vpcs.unwrap_or_default().iter().map(|v| vpc::Network {
                id: v.vpc_id().unwrap_or_default().to_owned(),
                name: name_of(v.tags()),
                cidr: v.cidr_block().unwrap_or_default().to_owned(),
            }));
        })
        .await;
    facts.subnets = look
        .list(SUBNETS, client.describe_subnets().into_paginator().send(), |page, all| {
            all.extend(page.subnets.unwrap_or_default().iter().map(|s| vpc::Subnet {
                id: s.subnet_id().unwrap_or_default().to_owned(),
                zone: s.availability_zone().unwrap_or_default().to_owned(),
                maps_public_ip: s.map_public_ip_on_launch().unwrap_or(false),
            }));
        })
        .await;
    facts.acls = look
        .list(ACLS, client.describe_network_acls().into_paginator().send(), |page, all| {
            all.extend(page.network_acls.unwrap_or_default().iter().map(|a| vpc::Acl {
                id: a.network_acl_id().unwrap_or_default().to_owned(),
                entries: a.entries().iter().filter_map(acl_entry).collect(),
                subnets: a.associations().len(),
            }));
        })
        .await;
    facts.logged = look
        .list(FLOW_LOGS, client.describe_flow_logs().into_paginator().send(), |page, all| {
            let active = page.flow_logs.unwrap_or_default().into_iter().filter(|l| l.flow_log_status.as_deref() == Some("ACTIVE"));
            all.extend(active.filter_map(|l| l.resource_id));
        })
        .await
        .map(|all| all.into_iter().collect());
    facts.used_groups = look
        .list(INTERFACES, client.describe_network_interfaces().into_paginator().send(), |page, all: &mut Vec<String>| {
            let groups = page.network_interfaces.unwrap_or_default().into_iter().flat_map(|i| i.groups.unwrap_or_default());
            all.extend(groups.filter_map(|g| g.group_id));
        })
        .await
        .map(|all| all.into_iter().collect::<BTreeSet<_>>());
    facts.nats = look
        .list(NATS, client.describe_nat_gateways().into_paginator().send(), |page, all| {
            let alive = page.nat_gateways.unwrap_or_default().into_iter().map(|n| vpc::Nat {
                id: n.nat_gateway_id().unwrap_or_default().to_owned(),
                state: n.state().map_or("", |s| s.as_str()).to_owned(),
                bytes_out: Err(Gap::not_asked(metrics::ACTION)),
            });
            all.extend(alive.filter(|n| n.state != "deleted"));
        })
        .await;
    if let Ok(nats) = &mut facts.nats {
        let query = |n: &vpc::Nat| Query {
            namespace: "AWS/NATGateway",
            metric: "BytesOutToDestination",
            dimensions: vec![("NatGatewayId", n.id.clone())],
            statistic: "Sum",
            period_s: 86_400,
            back_s: 8 * 86_400,
        };
        let traffic = metrics::read(look, nats.iter().map(query).collect()).await;
        for (nat, bytes) in nats.iter_mut().zip(traffic) {
            nat.bytes_out = bytes;
        }
    }
}

fn ingress(rule: &IpPermission) -> vpc::Ingress {
    let v4 = rule.ip_ranges().iter().filter_map(|r| r.cidr_ip());
    let v6 = rule.ipv6_ranges().iter().filter_map(|r| r.cidr_ipv6());
    vpc::Ingress {
        protocol: rule.ip_protocol().unwrap_or("-1").to_owned(),
        from: rule.from_port().filter(|p| *p >= 0),
        to: rule.to_port().filter(|p| *p >= 0),
        cidrs: v4.chain(v6).map(str::to_owned).collect(),
        groups: rule.user_id_group_pairs().iter().filter_map(|p| p.group_id()).map(str::to_owned).collect(),
    }
}

fn acl_entry(e: &NetworkAclEntry) -> Option<vpc::AclEntry> {
    Some(vpc::AclEntry {
        number: e.rule_number()?,
        protocol: e.protocol().unwrap_or("-1").to_owned(),
        egress: e.egress().unwrap_or(false),
        allow: e.rule_action().is_some_and(|a| a.as_str() == "allow"),
        cidr: e.cidr_block().or(e.ipv6_cidr_block()).unwrap_or_default().to_owned(),
        ports: e.port_range().and_then(|r| Some((r.from()?, r.to()?))),
    })
}
