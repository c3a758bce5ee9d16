//! Tables. Entry type: [`DynamoDb`].

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_applicationautoscaling::types::ServiceNamespace;
use aws_sdk_dynamodb::types::{BillingMode, PointInTimeRecoveryStatus};
use checks::{
    Gap, Seen,
    dynamodb::{self, CHECKS, Facts},
};
use futures_util::{StreamExt as _, stream};

use crate::{
    Look, Scanner, ServiceReport, client,
    metrics::{self, Query},
};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct DynamoDb;

const TABLES: &str = "dynamodb:ListTables";
const TABLE: &str = "dynamodb:DescribeTable";
const BACKUPS: &str = "dynamodb:DescribeContinuousBackups";
const TARGETS: &str = "application-autoscaling:DescribeScalableTargets";

/// Tables that are looked at concurrently.
const AT_ONCE: usize = 4;

#[async_trait]
impl Scanner for DynamoDb {
    fn service(&self) -> &'static str {
        "dynamodb"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[TARGETS, metrics::ACTION, BACKUPS, TABLE, TABLES]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_dynamodb);
    let tables = look
        .list(TABLES, client.list_tables().into_paginator().send(), |page, all| {
            all.extend(page.table_names.unwrap_or_default().into_iter().map(|name| dynamodb::Table {
                name,
                described: Err(Gap::not_asked(TABLE)),
                pitr: Err(Gap::not_asked(BACKUPS)),
                autoscaled: Err(Gap::not_asked(TARGETS)),
                throttled_1h: Err(Gap::not_asked(metrics::ACTION)),
                read_used: Err(Gap::not_asked(metrics::ACTION)),
                write_used: Err(Gap::not_asked(metrics::ACTION)),
            }));
        })
        .await;
    let Ok(mut tables) = tables else { return Facts { tables } };
    if look.is_full() && !tables.is_empty() {
        let looks = stream::iter(tables.into_iter().map(|t| details(look, &client, t)));
        tables = looks.buffered(AT_ONCE).collect().await;
        let provisioned = tables.iter().any(|t| t.described.as_ref().is_ok_and(|d| !d.on_demand));
        let scaled = if provisioned { scaled(look).await } else { Err(Gap::not_asked(TARGETS)) };
        let answers = metrics::read(look, tables.iter().flat_map(queries).collect()).await;
        for (table, metrics) in tables.iter_mut().zip(answers.chunks(4)) {
            if let [read_throttled, write_throttled, read, write] = metrics {
                table.throttled_1h = match (read_throttled, write_throttled) {
                    (Ok(a), Ok(b)) => Ok(a.sum() + b.sum()),
                    (Err(gap), _) | (_, Err(gap)) => Err(gap.clone()),
                };
                (table.read_used, table.write_used) = (read.clone(), write.clone());
            }
            table.autoscaled = match &scaled {
                Ok(known) => Ok(known.get(&table.name).is_some_and(|dimensions| dimensions.len() >= 2)),
                Err(gap) => Err(gap.clone()),
            };
        }
    }
    Facts { tables: Ok(tables) }
}

/// Scaled dimensions by table, indexes left out.
async fn scaled(look: &Look) -> Seen<BTreeMap<String, BTreeSet<String>>> {
    let client = client!(look, aws_sdk_applicationautoscaling);
    let pages = client.describe_scalable_targets().service_namespace(ServiceNamespace::Dynamodb).into_paginator().send();
    let targets = look.list(TARGETS, pages, |page, all| all.extend(page.scalable_targets.unwrap_or_default())).await?;
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for target in targets {
        let dimension = target.scalable_dimension().as_str().to_owned();
        if let Some(name) = target.resource_id().strip_prefix("table/").filter(|n| !n.contains('/')) {
            known.entry(name.to_owned()).or_default().insert(dimension);
        }
    }
    Ok(known)
}

async fn details(look: &Look, client: &aws_sdk_dynamodb::Client, mut table: dynamodb::Table) -> dynamodb::Table {
    table.described = match look.call(TABLE, client.describe_table().table_name(&table.name).send()).await {
        Err(gap) => Err(gap),
        Ok(answer) => answer.table().map(described).ok_or_else(|| Gap::incomplete(TABLE, "the table")),
    };
    table.pitr = match look.call(BACKUPS, client.describe_continuous_backups().table_name(&table.name).send()).await {
        Err(gap) => Err(gap),
        Ok(answer) => answer
            .continuous_backups_description()
            .map(|d| {
                let status = d.point_in_time_recovery_description().and_then(|p| p.point_in_time_recovery_status());
                status == Some(&PointInTimeRecoveryStatus::Enabled)
            })
            .ok_or_else(|| Gap::incomplete(BACKUPS, "the description")),
    };
    table
}

fn described(t: &aws_sdk_dynamodb::types::TableDescription) -> dynamodb::Described {
    let mode = t.billing_mode_summary().and_then(|b| b.billing_mode());
    let units = t.provisioned_throughput();
    dynamodb::Described {
        status: t.table_status().map_or("", |s| s.as_str()).to_owned(),
        on_demand: mode == Some(&BillingMode::PayPerRequest),
        read_units: units.and_then(|u| u.read_capacity_units()).unwrap_or(0),
        write_units: units.and_then(|u| u.write_capacity_units()).unwrap_or(0),
        deletion_protection: t.deletion_protection_enabled().unwrap_or(false),
    }
}

/// Read and write throttles of an hour, then consumed reads and writes of a week: in this order.
fn queries(t: &dynamodb::Table) -> [Query; 4] {
    let query = |metric, period_s, back_s| Query {
        namespace: "AWS/DynamoDB",
        metric,
        dimensions: vec![("TableName", t.name.clone())],
        statistic: "Sum",
        period_s,
        back_s,
    };
    [
        query("ReadThrottleEvents", 300, 3600),
        query("WriteThrottleEvents", 300, 3600),
        query("ConsumedReadCapacityUnits", 86_400, 7 * 86_400),
        query("ConsumedWriteCapacityUnits", 86_400, 7 * 86_400),
    ]
}
