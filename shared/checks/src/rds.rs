//! Database instances, clusters and snapshots. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: settings that a cluster owns are judged on the cluster, not on its members.

use crate::{
    check::{
        Category::{Cost, Health, Resilience, Security},
        Check, Judgement,
        Severity::{Critical, High, Low, Medium},
        Verdict, each, each_where, fail_if, observed, or_gap,
    },
    gap::Seen,
    place::Place,
    resource::Resource,
    series::Series,
};

/// A database instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `available`, …
    pub status: String,
    /// `postgres`, `aurora-mysql`, …
    pub engine: String,
    /// `16.3`, …
    pub version: String,
    /// `db.t4g.micro`, …
    pub class: String,
    /// The cluster it belongs to.
    pub cluster: Option<String>,
    /// The instance it replicates.
    pub replica_of: Option<String>,
    /// Whether it has a standby in another zone.
    pub multi_az: bool,
    /// Whether it has a public address.
    pub public: bool,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// Days of automatic backups; 0 is off.
    pub backup_days: i32,
    /// Whether it cannot be deleted.
    pub deletion_protection: bool,
    /// GiB.
    pub allocated_gib: i32,
    /// `FreeStorageSpace`, minimum of five minutes, bytes.
    pub free_bytes: Seen<Series>,
    /// `CPUUtilization`, average of five minutes, per cent.
    pub cpu: Seen<Series>,
    /// `DatabaseConnections`, maximum a day, over seven days.
    pub connections: Seen<Series>,
    /// What RDS says about the engine version: `available` or `deprecated`.
    pub version_status: Seen<String>,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `available`, …
    pub status: String,
    /// Engine.
    pub engine: String,
    /// Whether it cannot be deleted.
    pub deletion_protection: bool,
}

/// A manual snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its ARN.
    pub arn: String,
    /// Whether everyone may restore it.
    pub public: Seen<bool>,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Instances.
    pub instances: Seen<Vec<Instance>>,
    /// Clusters.
    pub clusters: Seen<Vec<Cluster>>,
    /// Manual snapshots.
    pub snapshots: Seen<Vec<Snapshot>>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, _: &Place) -> Vec<Resource> {
        let instances = self.instances.iter().flatten().map(|i| {
            Resource::new(i.arn.clone(), "db-instance", &i.id).in_state(&i.status).with(format!("{} {} {}", i.engine, i.version, i.class))
        });
        let clusters =
            self.clusters.iter().flatten().map(|c| Resource::new(c.arn.clone(), "db-cluster", &c.id).in_state(&c.status).with(&c.engine));
        instances.chain(clusters).collect()
    }

    fn each(&self, p: &Place, about: impl Fn(&Instance) -> bool, judge: impl Fn(&Instance) -> Verdict) -> Vec<Judgement> {
        each_where(&self.instances, p, about, |i| i.arn.clone(), judge)
    }
}

/// States in which an instance serves, or is on its way by somebody's wish.
const FINE: &[&str] = &[
    "available",
    "backing-up",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "creating",
    "deleting",
    "maintenance",
    "modifying",
    "moving-to-vpc",
    "rebooting",
    "renaming",
    "resetting-master-credentials",
    "starting",
    "stopped",
    "stopping",
    "storage-config-upgrade",
    "storage-initialization",
    "storage-optimization",
    "upgrading",
];

fn alone(i: &Instance) -> bool {
    i.cluster.is_none()
}

fn aurora(i: &Instance) -> bool {
    i.engine.starts_with("aurora") || i.cluster.is_some()
}

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("rds_instance_not_available", Health, High, |f: &Facts, p| {
        f.each(p, |_| true, |i| fail_if(!FINE.contains(&i.status.as_str()), || observed([("status", &i.status)])))
    })
    .says(
        ("Database is not available", "数据库不可用"),
        ("Whatever needs it fails.", "依赖它的服务会失败。"),
        ("Read its events; free storage, fix the network or restore it.", "查看事件；释放存储、修复网络或恢复实例。"),
    )
    .needs(&["rds:DescribeDBInstances"]),
    Check::new("rds_instance_storage_low", Health, High, |f: &Facts, p| {
        f.each(
            p,
            |i| !aurora(i) && i.status == "available",
            |i| {
                let recent = or_gap(&i.free_bytes)?.enough(p.at.plus_seconds(-3600), 1, "FreeStorageSpace")?;
                let free = recent.last().copied().unwrap_or_default();
                let total = f64::from(i.allocated_gib) * 1_073_741_824.0;
                let percent = if total > 0.0 { free * 100.0 / total } else { 0.0 };
                fail_if(percent < 10.0, || {
                    observed([("free_percent", format!("{percent:.1}")), ("allocated_gib", i.allocated_gib.to_string())])
                })
            },
        )
    })
    .says(
        ("Less than 10 % of the storage is free", "剩余存储不足 10%"),
        ("A full database stops accepting writes.", "存储写满后数据库会停止写入。"),
        ("Grow the storage; switch storage autoscaling on.", "扩容存储，并开启存储自动扩展。"),
    )
    .fixed_by("rds.grow_storage")
    .needs(&["rds:DescribeDBInstances", "cloudwatch:GetMetricData"]),
    Check::new("rds_instance_cpu_high", Health, Medium, |f: &Facts, p| {
        f.each(
            p,
            |i| i.status == "available",
            |i| {
                let recent = or_gap(&i.cpu)?.enough(p.at.plus_seconds(-40 * 60), 6, "CPUUtilization")?;
                let least = recent.iter().rev().take(6).copied().fold(f64::INFINITY, f64::min);
                fail_if(least > 80.0, || observed([("cpu_percent_min_30m", format!("{least:.1}"))]))
            },
        )
    })
    .says(
        ("Database CPU above 80 % for 30 minutes", "数据库 CPU 连续 30 分钟高于 80%"),
        ("Queries queue up and time out.", "查询排队并超时。"),
        ("Find the expensive queries; give it a larger class.", "找出高耗查询；升级实例规格。"),
    )
    .likely()
    .fixed_by("rds.resize_instance")
    .needs(&["rds:DescribeDBInstances", "cloudwatch:GetMetricData"]),
    Check::new("rds_instance_public", Security, Critical, |f: &Facts, p| {
        f.each(p, |_| true, |i| fail_if(i.public, || observed([("publicly_accessible", i.public)])))
    })
    .says(
        ("Database has a public address", "数据库可从公网访问"),
        ("Only its security group and a password stand between it and the internet.", "它与互联网之间只剩安全组和密码。"),
        ("Switch public access off.", "关闭公共访问。"),
    )
    .fixed_by("rds.disable_public_access")
    .known_as(&["SecurityHub:RDS.2", "Prowler:rds_instance_no_public_access"])
    .needs(&["rds:DescribeDBInstances"]),
    Check::new("rds_snapshot_public", Security, Critical, |f: &Facts, p| {
        each(&f.snapshots, p, |s| s.arn.clone(), |s| fail_if(*or_gap(&s.public)?, || observed([("restore", "all")])))
    })
    .says(
        ("Database snapshot can be restored by everyone", "数据库快照对所有人公开"),
        ("Anyone with an AWS account can copy the data.", "任何 AWS 账户都能复制其中的数据。"),
        ("Remove `all` from its restore attribute.", "从快照的恢复权限中移除 `all`。"),
    )
    .known_as(&["SecurityHub:RDS.1", "Prowler:rds_snapshots_public_access"])
    .needs(&["rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes"]),
    Check::new("rds_instance_unencrypted", Security, Medium, |f: &Facts, p| {
        f.each(p, |_| true, |i| fail_if(!i.encrypted, || observed([("storage_encrypted", i.encrypted)])))
    })
    .says(
        ("Database storage is not encrypted", "数据库存储未加密"),
        ("Snapshots and disks are readable to whoever gets hold of them.", "拿到快照或磁盘的人即可读取数据。"),
        ("Restore an encrypted copy of a snapshot and switch over.", "用加密快照副本恢复并切换。"),
    )
    .known_as(&["SecurityHub:RDS.3", "Prowler:rds_instance_storage_encrypted"])
    .needs(&["rds:DescribeDBInstances"]),
    Check::new("rds_instance_single_az", Resilience, Medium, |f: &Facts, p| {
        f.each(p, |i| alone(i) && i.replica_of.is_none(), |i| fail_if(!i.multi_az, || observed([("multi_az", i.multi_az)])))
    })
    .says(
        ("Database runs in one zone", "数据库只在单个可用区运行"),
        ("It is down as long as its zone is.", "可用区故障时数据库随之不可用。"),
        ("Enable Multi-AZ.", "启用多可用区部署。"),
    )
    .fixed_by("rds.enable_multi_az")
    .known_as(&["SecurityHub:RDS.5", "Prowler:rds_instance_multi_az"])
    .needs(&["rds:DescribeDBInstances"]),
    Check::new("rds_instance_backups_off", Resilience, High, |f: &Facts, p| {
        f.each(
            p,
            |i| alone(i) && i.replica_of.is_none(),
            |i| fail_if(i.backup_days == 0, || observed([("backup_retention_days", i.backup_days)])),
        )
    })
    .says(
        ("Database has no automatic backups", "数据库未开启自动备份"),
        ("It cannot be brought back to a point before a mistake.", "误操作后无法恢复到之前的时间点。"),
        ("Set a backup retention of at least seven days.", "将备份保留期设为至少 7 天。"),
    )
    .known_as(&["SecurityHub:RDS.11", "Prowler:rds_instance_backup_enabled"])
    .needs(&["rds:DescribeDBInstances"]),
    Check::new("rds_instance_deletion_protection_off", Resilience, Medium, |f: &Facts, p| {
        f.each(p, alone, |i| fail_if(!i.deletion_protection, || observed([("deletion_protection", i.deletion_protection)])))
    })
    .says(
        ("Database can be deleted by one call", "数据库未开启删除保护"),
        ("A mistyped command or script removes it.", "一条敲错的命令或脚本就能删除它。"),
        ("Enable deletion protection.", "开启删除保护。"),
    )
    .fixed_by("rds.enable_deletion_protection")
    .known_as(&["SecurityHub:RDS.8", "Prowler:rds_instance_deletion_protection"])
    .needs(&["rds:DescribeDBInstances"]),
    Check::new("rds_cluster_deletion_protection_off", Resilience, Medium, |f: &Facts, p| {
        each(
            &f.clusters,
            p,
            |c| c.arn.clone(),
            |c| fail_if(!c.deletion_protection, || observed([("deletion_protection", c.deletion_protection)])),
        )
    })
    .says(
        ("Database cluster can be deleted by one call", "数据库集群未开启删除保护"),
        ("A mistyped command or script removes it.", "一条敲错的命令或脚本就能删除它。"),
        ("Enable deletion protection.", "开启删除保护。"),
    )
    .fixed_by("rds.enable_deletion_protection")
    .known_as(&["SecurityHub:RDS.7", "Prowler:rds_cluster_deletion_protection"])
    .needs(&["rds:DescribeDBClusters"]),
    Check::new("rds_instance_engine_deprecated", Security, Medium, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |i| {
                let status = or_gap(&i.version_status)?;
                fail_if(status == "deprecated", || observed([("engine", i.engine.as_str()), ("version", &i.version), ("status", status)]))
            },
        )
    })
    .says(
        ("Database engine version is deprecated", "数据库引擎版本已弃用"),
        ("It gets no fixes, and extended support is billed extra.", "不再获得修复，且延长支持需额外付费。"),
        ("Upgrade to a supported version, first on a copy.", "先在副本上验证，再升级到受支持的版本。"),
    )
    .known_as(&["Prowler:rds_instance_deprecated_engine_version"])
    .needs(&["rds:DescribeDBInstances", "rds:DescribeDBEngineVersions"]),
    Check::new("rds_instance_idle", Cost, Low, |f: &Facts, p| {
        f.each(
            p,
            |i| i.status == "available",
            |i| {
                let week = or_gap(&i.connections)?.enough(p.at.plus_seconds(-8 * 86_400), 6, "DatabaseConnections")?;
                let most = week.iter().copied().fold(0.0, f64::max);
                fail_if(most < 1.0, || observed([("connections_max_7d", most)]))
            },
        )
    })
    .says(
        ("Database had no connection for a week", "数据库一周内没有连接"),
        ("It is billed by the hour.", "它按小时计费。"),
        ("Take a snapshot, then stop or delete it.", "创建快照后停止或删除。"),
    )
    .needs(&["rds:DescribeDBInstances", "cloudwatch:GetMetricData"]),
];
