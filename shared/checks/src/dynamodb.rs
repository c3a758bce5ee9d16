//! Tables. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: a table that could be listed and not described is unknown for every check.

use crate::{
    check::{
        Category::{Cost, Health, Resilience},
        Check, Judgement,
        Severity::{High, Low, Medium},
        Verdict, each, fail_if, observed, or_gap,
    },
    gap::Seen,
    place::Place,
    resource::Resource,
    series::Series,
};

/// What a table says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// `ACTIVE`, …
    pub status: String,
    /// Whether it is billed by request.
    pub on_demand: bool,
    /// Provisioned read units.
    pub read_units: i64,
    /// Provisioned write units.
    pub write_units: i64,
    /// Whether it cannot be deleted.
    pub deletion_protection: bool,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What it says about itself.
    pub described: Seen<Described>,
    /// Whether it can be restored to a point in time.
    pub pitr: Seen<bool>,
    /// Whether read and write capacity scale by themselves.
    pub autoscaled: Seen<bool>,
    /// `ReadThrottleEvents` and `WriteThrottleEvents`, sum of the last hour.
    pub throttled_1h: Seen<f64>,
    /// `ConsumedReadCapacityUnits`, sum a day, seven days.
    pub read_used: Seen<Series>,
    /// `ConsumedWriteCapacityUnits`, sum a day, seven days.
    pub write_used: Seen<Series>,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Tables.
    pub tables: Seen<Vec<Table>>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, place: &Place) -> Vec<Resource> {
        let line = |t: &Table| {
            let line = Resource::new(arn(t, place), "table", &t.name);
            match &t.described {
                Ok(d) if d.on_demand => line.in_state(&d.status).with("on demand"),
                Ok(d) => line.in_state(&d.status).with(format!("{} RCU, {} WCU", d.read_units, d.write_units)),
                Err(_) => line,
            }
        };
        self.tables.iter().flatten().map(line).collect()
    }

    fn each(&self, p: &Place, judge: impl Fn(&Table, &Described) -> Verdict) -> Vec<Judgement> {
        each(&self.tables, p, |t| arn(t, p), |t| judge(t, or_gap(&t.described)?))
    }
}

fn arn(t: &Table, place: &Place) -> String {
    place.arn("dynamodb", &format!("table/{}", t.name))
}

/// Share of the provisioned units that were used in a week.
#[allow(clippy::cast_precision_loss)]
fn used_share(used: &Series, units: i64) -> f64 {
    let days = used.0.len().max(1) as f64;
    used.sum() / (units.max(1) as f64 * 86_400.0 * days)
}

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("dynamodb_table_throttled", Health, High, |f: &Facts, p| {
        f.each(p, |t, _| {
            let events = *or_gap(&t.throttled_1h)?;
            fail_if(events > 0.0, || observed([("throttled_requests_1h", events)]))
        })
    })
    .says(
        ("Requests to the table were throttled in the last hour", "表在过去一小时有请求被限流"),
        ("Readers and writers see errors or wait.", "读写请求出错或等待。"),
        ("Raise its capacity, or switch it to on-demand; look for a hot key.", "提高容量或改为按需；检查热点键。"),
    )
    .fixed_by("dynamodb.update_capacity")
    .needs(&["dynamodb:ListTables", "dynamodb:DescribeTable", "cloudwatch:GetMetricData"]),
    Check::new("dynamodb_table_pitr_off", Resilience, Medium, |f: &Facts, p| {
        f.each(p, |t, _| {
            let on = *or_gap(&t.pitr)?;
            fail_if(!on, || observed([("point_in_time_recovery", on)]))
        })
    })
    .says(
        ("Table has no point-in-time recovery", "表未开启时间点恢复"),
        ("A wrong write or delete cannot be taken back.", "误写或误删无法挽回。"),
        ("Enable point-in-time recovery.", "开启时间点恢复。"),
    )
    .fixed_by("dynamodb.enable_pitr")
    .known_as(&["SecurityHub:DynamoDB.2", "Prowler:dynamodb_tables_pitr_enabled"])
    .needs(&["dynamodb:ListTables", "dynamodb:DescribeContinuousBackups"]),
    Check::new("dynamodb_table_deletion_protection_off", Resilience, Medium, |f: &Facts, p| {
        f.each(p, |_, d| fail_if(!d.deletion_protection, || observed([("deletion_protection", d.deletion_protection)])))
    })
    .says(
        ("Table can be deleted by one call", "表未开启删除保护"),
        ("A mistyped command or script removes it.", "一条敲错的命令或脚本就能删除它。"),
        ("Enable deletion protection.", "开启删除保护。"),
    )
    .fixed_by("dynamodb.enable_deletion_protection")
    .known_as(&["SecurityHub:DynamoDB.6", "Prowler:dynamodb_table_deletion_protection_enabled"])
    .needs(&["dynamodb:ListTables", "dynamodb:DescribeTable"]),
    Check::new("dynamodb_table_autoscaling_off", Resilience, Medium, |f: &Facts, p| {
        f.each(p, |t, d| {
            if d.on_demand {
                return Ok(None);
            }
            let on = *or_gap(&t.autoscaled)?;
            fail_if(!on, || observed([("autoscaling", on.to_string()), ("billing", "provisioned".to_owned())]))
        })
    })
    .says(
        ("Provisioned table does not scale by itself", "预置容量的表未配置自动扩缩"),
        ("More load than provisioned is refused.", "超出预置容量的请求会被拒绝。"),
        ("Add autoscaling for reads and writes, or switch it to on-demand.", "为读写配置自动扩缩，或改为按需。"),
    )
    .fixed_by("dynamodb.update_capacity")
    .known_as(&["SecurityHub:DynamoDB.1", "Prowler:dynamodb_table_autoscaling_enabled"])
    .needs(&["dynamodb:ListTables", "dynamodb:DescribeTable", "application-autoscaling:DescribeScalableTargets"]),
    Check::new("dynamodb_table_overprovisioned", Cost, Low, |f: &Facts, p| {
        f.each(p, |t, d| {
            if d.on_demand {
                return Ok(None);
            }
            let (read, write) = (or_gap(&t.read_used)?, or_gap(&t.write_used)?);
            let (read, write) = (used_share(read, d.read_units), used_share(write, d.write_units));
            fail_if(read < 0.2 && write < 0.2 && d.read_units + d.write_units > 2, || {
                observed([
                    ("read_used_percent_7d", format!("{:.1}", read * 100.0)),
                    ("write_used_percent_7d", format!("{:.1}", write * 100.0)),
                ])
            })
        })
    })
    .says(
        ("Less than 20 % of the provisioned capacity is used", "预置容量使用率低于 20%"),
        ("Unused units are billed by the hour.", "未使用的容量按小时计费。"),
        ("Lower the capacity, or switch it to on-demand.", "降低容量或改为按需。"),
    )
    .fixed_by("dynamodb.update_capacity")
    .needs(&["dynamodb:ListTables", "dynamodb:DescribeTable", "cloudwatch:GetMetricData"]),
];
