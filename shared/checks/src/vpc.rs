//! Security groups, networks, subnets, network ACLs and NAT gateways. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: a rule counts as open to the internet only when its source is every IPv4 or every IPv6 address; network ACLs
//! are evaluated in order, as AWS does.

use std::collections::BTreeSet;

use crate::{
    check::{
        Category::{Cost, Security},
        Check, Judgement,
        Severity::{Critical, High, Low, Medium},
        Verdict, each, each_where, fail_if, observed, or_gap,
    },
    gap::Seen,
    place::Place,
    resource::Resource,
    series::Series,
};

/// An ingress rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingress {
    /// `tcp`, `udp`, `icmp`, … or `-1` for all.
    pub protocol: String,
    /// First port; absent means all.
    pub from: Option<i32>,
    /// Last port; absent means all.
    pub to: Option<i32>,
    /// IPv4 and IPv6 ranges.
    pub cidrs: Vec<String>,
    /// Groups that may come in.
    pub groups: Vec<String>,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// `sg-…`.
    pub id: String,
    /// Its name; `default` cannot be deleted.
    pub name: String,
    /// Its network.
    pub vpc_id: String,
    /// What it lets in.
    pub ingress: Vec<Ingress>,
    /// Number of egress rules.
    pub egress_rules: usize,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// `vpc-…`.
    pub id: String,
    /// The tag `Name`.
    pub name: Option<String>,
    /// Its range.
    pub cidr: String,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Its zone.
    pub zone: String,
    /// Whether instances get a public address.
    pub maps_public_ip: bool,
}

/// An entry of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclEntry {
    /// Lower is evaluated first.
    pub number: i32,
    /// `6` TCP, `17` UDP, `-1` all.
    pub protocol: String,
    /// Whether it is about traffic that leaves.
    pub egress: bool,
    /// Allow or deny.
    pub allow: bool,
    /// The other side, IPv4 or IPv6.
    pub cidr: String,
    /// Ports, where it names them.
    pub ports: Option<(i32, i32)>,
}

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// `acl-…`.
    pub id: String,
    /// Its entries in any order.
    pub entries: Vec<AclEntry>,
    /// Number of subnets that use it.
    pub subnets: usize,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct Nat {
    /// `nat-…`.
    pub id: String,
    /// `available`, …
    pub state: String,
    /// `BytesOutToDestination`, sum a day, over the last seven days.
    pub bytes_out: Seen<Series>,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Security groups.
    pub groups: Seen<Vec<Group>>,
    /// Networks.
    pub networks: Seen<Vec<Network>>,
    /// Subnets.
    pub subnets: Seen<Vec<Subnet>>,
    /// Network ACLs.
    pub acls: Seen<Vec<Acl>>,
    /// Ids of networks with an active flow log.
    pub logged: Seen<BTreeSet<String>>,
    /// Ids of groups that a network interface uses.
    pub used_groups: Seen<BTreeSet<String>>,
    /// NAT gateways that are not deleted.
    pub nats: Seen<Vec<Nat>>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, place: &Place) -> Vec<Resource> {
        let groups = self.groups.iter().flatten().map(|g| {
            Resource::new(group_arn(g, place), "security-group", &g.id).named(Some(&g.name)).with(format!("{} ingress", g.ingress.len()))
        });
        let networks = self
            .networks
            .iter()
            .flatten()
            .map(|n| Resource::new(place.arn("ec2", &format!("vpc/{}", n.id)), "vpc", &n.id).named(n.name.as_deref()).with(&n.cidr));
        let nats = self
            .nats
            .iter()
            .flatten()
            .map(|n| Resource::new(place.arn("ec2", &format!("natgateway/{}", n.id)), "nat-gateway", &n.id).in_state(&n.state));
        groups.chain(networks).chain(nats).collect()
    }
}

/// Ports that Security Hub EC2.19 calls high-risk, without 22 and 3389, which have checks of their own.
pub const HIGH_RISK: &[i32] =
    &[20, 21, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 4333, 5000, 5432, 5500, 5601, 8080, 8088, 8888, 9200, 9300];

fn group_arn(g: &Group, place: &Place) -> String {
    place.arn("ec2", &format!("security-group/{}", g.id))
}

fn everyone(cidr: &str) -> bool {
    cidr == "0.0.0.0/0" || cidr == "::/0"
}

impl Ingress {
    fn open(&self) -> Option<&str> {
        self.cidrs.iter().map(String::as_str).find(|c| everyone(c))
    }

    fn covers(&self, port: i32) -> bool {
        let ports = self.from.unwrap_or(0)..=self.to.unwrap_or(65_535);
        self.protocol == "-1" || (matches!(self.protocol.as_str(), "tcp" | "6" | "udp" | "17") && ports.contains(&port))
    }

    fn all_ports(&self) -> bool {
        self.protocol == "-1"
            || (matches!(self.protocol.as_str(), "tcp" | "6" | "udp" | "17")
                && self.from.unwrap_or(0) <= 1
                && self.to.unwrap_or(65_535) >= 65_535)
    }

    fn said(&self, source: &str) -> crate::Evidence {
        let ports =
            if self.protocol == "-1" { "all".to_owned() } else { format!("{}-{}", self.from.unwrap_or(0), self.to.unwrap_or(65_535)) };
        observed([("source", source.to_owned()), ("protocol", self.protocol.clone()), ("ports", ports)])
    }
}

fn open_where(group: &Group, hit: impl Fn(&Ingress) -> bool) -> Verdict {
    let rule = group.ingress.iter().find_map(|r| r.open().filter(|_| hit(r)).map(|source| r.said(source)));
    Ok(rule)
}

fn groups(f: &Facts, p: &Place, hit: fn(&Ingress) -> bool) -> Vec<Judgement> {
    each(&f.groups, p, |g| group_arn(g, p), |g| open_where(g, hit))
}

/// The first admin port that an ACL lets in from everyone, by its own order.
fn acl_opens(acl: &Acl) -> Option<(i32, i32)> {
    let mut entries: Vec<&AclEntry> = acl.entries.iter().filter(|e| !e.egress).collect();
    entries.sort_by_key(|e| e.number);
    [22, 3389].into_iter().find_map(|port| {
        ["0.0.0.0/0", "::/0"].into_iter().find_map(|source| {
            let hit = entries.iter().find(|e| {
                let tcp = e.protocol == "-1" || e.protocol == "6";
                e.cidr == source && tcp && e.ports.is_none_or(|(from, to)| (from..=to).contains(&port))
            })?;
            hit.allow.then_some((port, hit.number))
        })
    })
}

/// Days without traffic after which a NAT gateway is idle.
const IDLE_DAYS: usize = 7;

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("vpc_group_ssh_open", Security, High, |f: &Facts, p| groups(f, p, |r| r.covers(22)))
        .says(
            ("Security group lets the internet in to SSH", "安全组向互联网开放 SSH（22）"),
            ("Everyone can try to log in; scanners find it within minutes.", "任何人都可尝试登录，扫描器几分钟内就会发现。"),
            ("Revoke the rule; use Session Manager or a known range.", "撤销该规则；改用 Session Manager 或限定来源网段。"),
        )
        .fixed_by("ec2.revoke_ingress")
        .known_as(&["SecurityHub:EC2.13", "Prowler:ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22"])
        .needs(&["ec2:DescribeSecurityGroups"]),
    Check::new("vpc_group_rdp_open", Security, High, |f: &Facts, p| groups(f, p, |r| r.covers(3389)))
        .says(
            ("Security group lets the internet in to RDP", "安全组向互联网开放远程桌面（3389）"),
            (
                "Everyone can try to log in; remote desktop is a favourite of ransomware.",
                "任何人都可尝试登录；远程桌面是勒索软件的常用入口。",
            ),
            ("Revoke the rule; use Fleet Manager or a known range.", "撤销该规则；改用 Fleet Manager 或限定来源网段。"),
        )
        .fixed_by("ec2.revoke_ingress")
        .known_as(&["SecurityHub:EC2.14", "Prowler:ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389"])
        .needs(&["ec2:DescribeSecurityGroups"]),
    Check::new("vpc_group_high_risk_port_open", Security, Critical, |f: &Facts, p| {
        each(&f.groups, p, |g| group_arn(g, p), |g| open_where(g, |r| !r.all_ports() && HIGH_RISK.iter().any(|port| r.covers(*port))))
    })
    .says(
        ("Security group lets the internet in to a high-risk port", "安全组向互联网开放高危端口"),
        ("Databases, mail and admin ports are attacked by everyone who finds them.", "数据库、邮件与管理端口一旦暴露就会被攻击。"),
        ("Revoke the rule; let in only the groups that need it.", "撤销该规则；只放行需要访问的安全组。"),
    )
    .fixed_by("ec2.revoke_ingress")
    .known_as(&["SecurityHub:EC2.19"])
    .needs(&["ec2:DescribeSecurityGroups"]),
    Check::new("vpc_group_all_ports_open", Security, Critical, |f: &Facts, p| groups(f, p, Ingress::all_ports))
        .says(
            ("Security group lets the internet in to every port", "安全组向互联网开放所有端口"),
            ("There is no firewall in front of what uses it.", "使用该安全组的资源前面等于没有防火墙。"),
            ("Revoke the rule; allow single ports from known ranges.", "撤销该规则；仅对已知网段放行单个端口。"),
        )
        .fixed_by("ec2.revoke_ingress")
        .known_as(&["Prowler:ec2_securitygroup_allow_ingress_from_internet_to_all_ports"])
        .needs(&["ec2:DescribeSecurityGroups"]),
    Check::new("vpc_group_default_has_rules", Security, High, |f: &Facts, p| {
        each_where(
            &f.groups,
            p,
            |g| g.name == "default",
            |g| group_arn(g, p),
            |g| {
                let (ingress, egress) = (g.ingress.len(), g.egress_rules);
                fail_if(ingress + egress > 0, || observed([("ingress_rules", ingress), ("egress_rules", egress)]))
            },
        )
    })
    .says(
        ("Default security group has rules", "默认安全组含有规则"),
        ("Whatever is started without a group of its own gets them.", "未指定安全组的资源会自动使用这些规则。"),
        ("Remove all rules of the default group.", "清空默认安全组的规则。"),
    )
    .fixed_by("ec2.strip_default_group")
    .known_as(&["SecurityHub:EC2.2", "Prowler:ec2_securitygroup_default_restrict_traffic"])
    .needs(&["ec2:DescribeSecurityGroups"]),
    Check::new("vpc_network_flow_logs_off", Security, Medium, |f: &Facts, p| {
        each(
            &f.networks,
            p,
            |n| p.arn("ec2", &format!("vpc/{}", n.id)),
            |n| {
                let logged = or_gap(&f.logged)?;
                fail_if(!logged.contains(&n.id), || observed([("active_flow_logs", 0)]))
            },
        )
    })
    .says(
        ("Network has no flow log", "VPC 未启用流日志"),
        ("After an incident nobody can say who talked to whom.", "出事后无法查明谁与谁通信。"),
        ("Create a flow log for the network.", "为该 VPC 创建流日志。"),
    )
    .known_as(&["SecurityHub:EC2.6", "Prowler:vpc_flow_logs_enabled"])
    .needs(&["ec2:DescribeVpcs", "ec2:DescribeFlowLogs"]),
    Check::new("vpc_subnet_maps_public_ip", Security, Medium, |f: &Facts, p| {
        each(
            &f.subnets,
            p,
            |s| p.arn("ec2", &format!("subnet/{}", s.id)),
            |s| {
                fail_if(s.maps_public_ip, || {
                    observed([("map_public_ip_on_launch", s.maps_public_ip.to_string()), ("zone", s.zone.clone())])
                })
            },
        )
    })
    .says(
        ("Subnet gives instances a public address", "子网会自动分配公网地址"),
        (
            "Whatever is started there is reachable from the internet without anyone asking for it.",
            "在其中启动的实例会在无人要求的情况下暴露到互联网。",
        ),
        ("Switch the automatic assignment off.", "关闭自动分配公网 IP。"),
    )
    .likely()
    .known_as(&["SecurityHub:EC2.15", "Prowler:vpc_subnet_no_public_ip_by_default"])
    .needs(&["ec2:DescribeSubnets"]),
    Check::new("vpc_acl_admin_port_open", Security, Medium, |f: &Facts, p| {
        each(
            &f.acls,
            p,
            |a| p.arn("ec2", &format!("network-acl/{}", a.id)),
            |a| {
                Ok(acl_opens(a).map(|(port, rule)| {
                    observed([("port", port.to_string()), ("rule", rule.to_string()), ("subnets", a.subnets.to_string())])
                }))
            },
        )
    })
    .says(
        ("Network ACL lets the internet in to SSH or RDP", "网络 ACL 向互联网开放 SSH 或 RDP"),
        ("The second line behind the security groups is open.", "安全组之后的第二道防线是敞开的。"),
        ("Deny 22 and 3389 from everywhere before the rule that allows.", "在放行规则之前拒绝来自任意地址的 22 和 3389。"),
    )
    .likely()
    .known_as(&["SecurityHub:EC2.21", "Prowler:ec2_networkacl_allow_ingress_tcp_port_22"])
    .needs(&["ec2:DescribeNetworkAcls"]),
    Check::new("vpc_group_unused", Cost, Low, |f: &Facts, p| {
        let all: &[Group] = f.groups.as_deref().unwrap_or_default();
        each_where(
            &f.groups,
            p,
            |g| g.name != "default",
            |g| group_arn(g, p),
            |g| {
                let used = or_gap(&f.used_groups)?.contains(&g.id);
                let named = all.iter().any(|other| other.id != g.id && other.ingress.iter().any(|r| r.groups.contains(&g.id)));
                fail_if(!used && !named, || observed([("network_interfaces", "0"), ("named_by_groups", "0")]))
            },
        )
    })
    .says(
        ("Security group is used by nothing", "安全组未被使用"),
        ("Unused rules are forgotten rules; the next one to use it inherits them.", "无人使用的规则会被遗忘，下一个使用者会继承它们。"),
        ("Delete it.", "删除该安全组。"),
    )
    .likely()
    .known_as(&["Prowler:ec2_securitygroup_not_used"])
    .needs(&["ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces"]),
    Check::new("vpc_nat_idle", Cost, Medium, |f: &Facts, p| {
        each_where(
            &f.nats,
            p,
            |n| n.state == "available",
            |n| p.arn("ec2", &format!("natgateway/{}", n.id)),
            |n| {
                let week = or_gap(&n.bytes_out)?.enough(p.at.plus_seconds(-8 * 86_400), IDLE_DAYS - 1, "BytesOutToDestination")?;
                let bytes: f64 = week.iter().sum();
                fail_if(bytes < 1.0, || observed([("bytes_out_7d", bytes)]))
            },
        )
    })
    .says(
        ("NAT gateway has carried nothing for a week", "NAT 网关一周无流量"),
        ("It is billed by the hour.", "它按小时计费。"),
        ("Delete it and its address.", "删除该网关及其弹性 IP。"),
    )
    .needs(&["ec2:DescribeNatGateways", "cloudwatch:GetMetricData"]),
];
