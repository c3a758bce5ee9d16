//! Instances, volumes, snapshots and addresses. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: an instance that is not running is not judged for its load; missing data points are unknown.

use domain::EpochMs;

use crate::{
    check::{
        Category::{Cost, Health, Resilience, Security},
        Check, Judgement,
        Severity::{Critical, High, Low, Medium},
        each, each_where, fail_if, observed, or_gap,
    },
    gap::{Gap, Seen},
    place::Place,
    resource::Resource,
    series::Series,
};

/// An instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// The tag `Name`.
    pub name: Option<String>,
    /// `running`, `stopped`, …
    pub state: String,
    /// `t3.micro`, …
    pub instance_type: String,
    /// The public address, where there is one.
    pub public_ip: Option<String>,
    /// `required` or `optional`.
    pub http_tokens: Seen<String>,
    /// Whether the metadata endpoint is on at all.
    pub metadata_endpoint: bool,
    /// When it was stopped, where it is.
    pub stopped_at: Seen<EpochMs>,
    /// System and instance status (`ok`, `impaired`, `initializing`, …).
    pub status: Seen<(String, String)>,
    /// `CPUUtilization`, average of five minutes, per cent.
    pub cpu: Seen<Series>,
}

/// A volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// `vol-…`.
    pub id: String,
    /// The tag `Name`.
    pub name: Option<String>,
    /// `in-use`, `available`, …
    pub state: String,
    /// GiB.
    pub size_gib: i32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Number of attachments.
    pub attachments: usize,
}

/// A snapshot of this account.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// `snap-…`.
    pub id: String,
    /// The volume it was taken of.
    pub volume_id: String,
    /// When.
    pub started_at: EpochMs,
}

/// An Elastic IP.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    /// `eipalloc-…`.
    pub id: String,
    /// The address.
    pub public_ip: String,
    /// Whether something uses it.
    pub associated: bool,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Instances that are not terminated.
    pub instances: Seen<Vec<Instance>>,
    /// Volumes.
    pub volumes: Seen<Vec<Volume>>,
    /// Own snapshots.
    pub snapshots: Seen<Vec<Snapshot>>,
    /// Ids of own snapshots that everyone may restore.
    pub public_snapshots: Seen<Vec<String>>,
    /// Elastic IPs.
    pub addresses: Seen<Vec<Address>>,
    /// Whether new volumes are encrypted by default.
    pub default_encryption: Seen<bool>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, place: &Place) -> Vec<Resource> {
        let instances = self.instances.iter().flatten().map(|i| {
            Resource::new(instance_arn(i, place), "instance", &i.id).named(i.name.as_deref()).in_state(&i.state).with(&i.instance_type)
        });
        let volumes = self.volumes.iter().flatten().map(|v| {
            Resource::new(volume_arn(v, place), "volume", &v.id)
                .named(v.name.as_deref())
                .in_state(&v.state)
                .with(format!("{} GiB", v.size_gib))
        });
        instances.chain(volumes).collect()
    }
}

fn instance_arn(i: &Instance, place: &Place) -> String {
    place.arn("ec2", &format!("instance/{}", i.id))
}

fn volume_arn(v: &Volume, place: &Place) -> String {
    place.arn("ec2", &format!("volume/{}", v.id))
}

fn running(i: &Instance) -> bool {
    i.state == "running"
}

/// Days after which a stopped instance is a cost finding (Security Hub EC2.4).
const STOPPED_DAYS: i64 = 30;
/// Days within which a volume in use should have a snapshot.
const SNAPSHOT_DAYS: i64 = 7;
/// Per cent of CPU, and how many averages of five minutes have to be above it.
const CPU_HIGH: (f64, usize) = (90.0, 6);

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("ec2_instance_status_impaired", Health, High, |f: &Facts, p| {
        each_where(
            &f.instances,
            p,
            running,
            |i| instance_arn(i, p),
            |i| {
                let (system, instance) = or_gap(&i.status)?;
                let bad = |s: &str| s == "impaired";
                if [system, instance].iter().any(|s| s.as_str() == "insufficient-data" || s.is_empty()) && !bad(system) && !bad(instance) {
                    return Err(Gap::incomplete("ec2:DescribeInstanceStatus", "a status that is not insufficient-data"));
                }
                fail_if(bad(system) || bad(instance), || observed([("system_status", system), ("instance_status", instance)]))
            },
        )
    })
    .says(
        ("Instance fails its status check", "实例状态检查失败"),
        (
            "The host or the operating system does not respond; what runs there is down or about to be.",
            "宿主机或操作系统无响应，上面的服务已经或即将不可用。",
        ),
        (
            "Reboot it; when the system status stays impaired, stop and start it so that it moves to another host.",
            "先重启；若系统状态仍异常，停止后再启动以迁移到其他宿主机。",
        ),
    )
    .fixed_by("ec2.reboot_instances")
    .needs(&["ec2:DescribeInstances", "ec2:DescribeInstanceStatus"]),
    Check::new("ec2_instance_cpu_high", Health, Medium, |f: &Facts, p| {
        each_where(
            &f.instances,
            p,
            running,
            |i| instance_arn(i, p),
            |i| {
                let (limit, points) = CPU_HIGH;
                let recent = or_gap(&i.cpu)?.enough(p.at.plus_seconds(-40 * 60), points, "CPUUtilization")?;
                let newest: Vec<f64> = recent.iter().rev().take(points).copied().collect();
                let least = newest.iter().copied().fold(f64::INFINITY, f64::min);
                fail_if(least > limit, || observed([("cpu_percent_min_30m", format!("{least:.1}"))]))
            },
        )
    })
    .says(
        ("CPU above 90 % for 30 minutes", "CPU 连续 30 分钟高于 90%"),
        ("Work queues up and answers become slow.", "请求积压，响应变慢。"),
        ("Find what uses it; give it a larger type or more instances.", "找出占用 CPU 的进程；升级规格或增加实例。"),
    )
    .likely()
    .fixed_by("ec2.resize_instance")
    .needs(&["ec2:DescribeInstances", "cloudwatch:GetMetricData"]),
    Check::new("ec2_instance_imdsv2_not_required", Security, High, |f: &Facts, p| {
        each(
            &f.instances,
            p,
            |i| instance_arn(i, p),
            |i| {
                let tokens = or_gap(&i.http_tokens)?;
                fail_if(i.metadata_endpoint && tokens != "required", || observed([("http_tokens", tokens)]))
            },
        )
    })
    .says(
        ("IMDSv2 is not required", "未强制使用 IMDSv2"),
        (
            "A server-side request forgery can read the role's credentials from the metadata service.",
            "服务端请求伪造（SSRF）可从元数据服务窃取角色凭证。",
        ),
        ("Require tokens for the instance metadata service.", "将实例元数据服务设置为必须使用令牌。"),
    )
    .fixed_by("ec2.require_imdsv2")
    .known_as(&["SecurityHub:EC2.8", "Prowler:ec2_instance_imdsv2_enabled"])
    .needs(&["ec2:DescribeInstances"]),
    Check::new("ec2_instance_public_ip", Security, Medium, |f: &Facts, p| {
        each(
            &f.instances,
            p,
            |i| instance_arn(i, p),
            |i| fail_if(i.public_ip.is_some(), || observed([("public_ip", i.public_ip.as_deref().unwrap_or_default())])),
        )
    })
    .says(
        ("Instance has a public address", "实例有公网地址"),
        ("Whatever its security groups let through is reachable from the internet.", "安全组放行的任何端口都可从互联网访问。"),
        (
            "Put it into a private subnet behind a load balancer, or confirm that it has to be public.",
            "放入私有子网并置于负载均衡之后；若确需公网请登记例外。",
        ),
    )
    .likely()
    .known_as(&["SecurityHub:EC2.9", "Prowler:ec2_instance_public_ip"])
    .needs(&["ec2:DescribeInstances"]),
    Check::new("ec2_snapshot_public", Security, Critical, |f: &Facts, p| {
        let judged = f.public_snapshots.as_ref().map_err(Clone::clone).and_then(|public| {
            let all = f.snapshots.as_ref().map_err(Clone::clone)?;
            let mut ids: Vec<(String, bool)> = all.iter().map(|s| (s.id.clone(), public.contains(&s.id))).collect();
            ids.extend(public.iter().filter(|id| !all.iter().any(|s| s.id == **id)).map(|id| (id.clone(), true)));
            Ok(ids)
        });
        each(
            &judged,
            p,
            |(id, _)| p.arn("ec2", &format!("snapshot/{id}")),
            |(_, public)| fail_if(*public, || observed([("create_volume_permission", "all")])),
        )
    })
    .says(
        ("Snapshot can be restored by everyone", "快照对所有人公开"),
        ("Anyone with an AWS account can copy the data on it.", "任何 AWS 账户都能复制其中的数据。"),
        ("Remove the group `all` from its create-volume permission.", "从快照的创建卷权限中移除 `all`。"),
    )
    .known_as(&["SecurityHub:EC2.1", "Prowler:ec2_ebs_public_snapshot"])
    .needs(&["ec2:DescribeSnapshots"]),
    Check::new("ec2_volume_unencrypted", Security, Medium, |f: &Facts, p| {
        each(
            &f.volumes,
            p,
            |v| volume_arn(v, p),
            |v| fail_if(!v.encrypted, || observed([("encrypted", "false".to_owned()), ("state", v.state.clone())])),
        )
    })
    .says(
        ("Volume is not encrypted", "卷未加密"),
        ("A copied snapshot or a disk that leaves the building is readable.", "快照被复制或磁盘外流时数据可读。"),
        (
            "Copy a snapshot of it with encryption and swap the volume; switch default encryption on.",
            "用加密快照副本重建并替换该卷；同时开启默认加密。",
        ),
    )
    .known_as(&["SecurityHub:EC2.3", "Prowler:ec2_ebs_volume_encryption"])
    .needs(&["ec2:DescribeVolumes"]),
    Check::new("ec2_account_default_encryption_off", Security, Medium, |f: &Facts, p| {
        let verdict = or_gap(&f.default_encryption).and_then(|on| fail_if(!on, || observed([("ebs_encryption_by_default", on)])));
        vec![Judgement { arn: p.account_arn(), verdict }]
    })
    .says(
        ("EBS encryption by default is off", "未开启 EBS 默认加密"),
        ("New volumes are written in clear unless everyone remembers.", "新建卷若无人记得勾选就会以明文写入。"),
        ("Switch encryption by default on in this region.", "在该区域开启 EBS 默认加密。"),
    )
    .known_as(&["SecurityHub:EC2.7", "Prowler:ec2_ebs_default_encryption"])
    .needs(&["ec2:GetEbsEncryptionByDefault"]),
    Check::new("ec2_address_unassociated", Cost, Low, |f: &Facts, p| {
        each(
            &f.addresses,
            p,
            |a| p.arn("ec2", &format!("elastic-ip/{}", a.id)),
            |a| fail_if(!a.associated, || observed([("public_ip", &a.public_ip)])),
        )
    })
    .says(
        ("Elastic IP is used by nothing", "弹性 IP 未被使用"),
        ("It is billed by the hour.", "它按小时计费。"),
        ("Release it, or associate it.", "释放或关联该地址。"),
    )
    .known_as(&["SecurityHub:EC2.12", "Prowler:ec2_elastic_ip_unassigned"])
    .needs(&["ec2:DescribeAddresses"]),
    Check::new("ec2_instance_stopped_long", Cost, Low, |f: &Facts, p| {
        each_where(
            &f.instances,
            p,
            |i| i.state == "stopped",
            |i| instance_arn(i, p),
            |i| {
                let days = p.days_since(*or_gap(&i.stopped_at)?);
                fail_if(days > STOPPED_DAYS, || observed([("stopped_days", days)]))
            },
        )
    })
    .says(
        ("Instance has been stopped for more than 30 days", "实例已停止超过 30 天"),
        ("Its volumes and addresses are still billed, and nobody patches it.", "卷和地址仍在计费，且无人打补丁。"),
        ("Make an image and remove it, or start it.", "制作镜像后清理，或重新启动。"),
    )
    .known_as(&["SecurityHub:EC2.4", "Prowler:ec2_instance_stopped_older_than_specific_days"])
    .needs(&["ec2:DescribeInstances"]),
    Check::new("ec2_volume_unattached", Cost, Low, |f: &Facts, p| {
        each(
            &f.volumes,
            p,
            |v| volume_arn(v, p),
            |v| {
                fail_if(v.attachments == 0 && v.state == "available", || {
                    observed([("state", v.state.clone()), ("size_gib", v.size_gib.to_string())])
                })
            },
        )
    })
    .says(
        ("Volume is attached to nothing", "卷未挂载到任何实例"),
        ("It is billed for its size.", "按容量计费却没有使用。"),
        ("Take a snapshot and delete it.", "创建快照后删除。"),
    )
    .fixed_by("ec2.delete_unattached_volume")
    .needs(&["ec2:DescribeVolumes"]),
    Check::new("ec2_volume_no_recent_snapshot", Resilience, Medium, |f: &Facts, p| {
        each_where(
            &f.volumes,
            p,
            |v| v.attachments > 0,
            |v| volume_arn(v, p),
            |v| {
                let newest = or_gap(&f.snapshots)?.iter().filter(|s| s.volume_id == v.id).map(|s| s.started_at).max();
                let days = newest.map(|at| p.days_since(at));
                fail_if(days.is_none_or(|d| d > SNAPSHOT_DAYS), || {
                    observed([("newest_snapshot_days", days.map_or_else(|| "none".to_owned(), |d| d.to_string()))])
                })
            },
        )
    })
    .says(
        ("Volume in use has no snapshot of the last 7 days", "在用卷近 7 天没有快照"),
        ("What is lost with the volume cannot be brought back.", "卷损坏后数据无法恢复。"),
        ("Take a snapshot; add it to a backup plan.", "创建快照，并加入备份计划。"),
    )
    .likely()
    .fixed_by("ec2.create_snapshot")
    .known_as(&["Prowler:ec2_ebs_volume_snapshots_exists"])
    .needs(&["ec2:DescribeVolumes", "ec2:DescribeSnapshots"]),
];
