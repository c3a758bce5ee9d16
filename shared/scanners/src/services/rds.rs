//! Database instances, clusters, snapshots. Entry type: [`Rds`].

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_rds::types::DbInstance;
use checks::{
    Gap, Seen,
    rds::{self, CHECKS, Facts},
};

use crate::{
    Look, Scanner, ServiceReport, client,
    metrics::{self, Query},
};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct Rds;

const INSTANCES: &str = "rds:DescribeDBInstances";
const CLUSTERS: &str = "rds:DescribeDBClusters";
const SNAPSHOTS: &str = "rds:DescribeDBSnapshots";
const SNAPSHOT_ATTRIBUTES: &str = "rds:DescribeDBSnapshotAttributes";
const VERSIONS: &str = "rds:DescribeDBEngineVersions";

#[async_trait]
impl Scanner for Rds {
    fn service(&self) -> &'static str {
        "rds"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[metrics::ACTION, CLUSTERS, VERSIONS, INSTANCES, SNAPSHOT_ATTRIBUTES, SNAPSHOTS]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_rds);
    let instances = look
        .list(INSTANCES, client.describe_db_instances().into_paginator().send(), |page, all| {
            all.extend(page.db_instances.unwrap_or_default().iter().map(instance));
        })
        .await;
    let mut facts = Facts { instances, clusters: Err(Gap::not_asked(CLUSTERS)), snapshots: Err(Gap::not_asked(SNAPSHOTS)) };
    if look.is_full() {
        details(look, &client, &mut facts).await;
    }
    facts
}

async fn details(look: &Look, client: &aws_sdk_rds::Client, facts: &mut Facts) {
    facts.clusters = look
        .list(CLUSTERS, client.describe_db_clusters().into_paginator().send(), |page, all| {
            all.extend(page.db_clusters.unwrap_or_default().iter().map(|c| rds::Cluster {
                id: c.db_cluster_identifier().unwrap_or_default().to_owned(),
                arn: c.db_cluster_arn().unwrap_or_default().to_owned(),
                status: c.status().unwrap_or_default().to_owned(),
                engine: c.engine().unwrap_or_default().to_owned(),
                deletion_protection: c.deletion_protection().unwrap_or(false),
            }));
        })
        .await;
    let manual = client.describe_db_snapshots().snapshot_type("manual").into_paginator().send();
    let snapshots = look
        .list(SNAPSHOTS, manual, |page, all| {
            let pair = |s: aws_sdk_rds::types::DbSnapshot| Some((s.db_snapshot_identifier?, s.db_snapshot_arn.unwrap_or_default()));
            all.extend(page.db_snapshots.unwrap_or_default().into_iter().filter_map(pair));
        })
        .await;
    facts.snapshots = match snapshots {
        Err(gap) => Err(gap),
        Ok(snapshots) => {
            let mut all = Vec::with_capacity(snapshots.len());
            for (id, arn) in snapshots {
                let call = client.describe_db_snapshot_attributes().db_snapshot_identifier(id).send();
                let public = look.call(SNAPSHOT_ATTRIBUTES, call).await.map(|answer| {
                    let attributes = answer.db_snapshot_attributes_result.and_then(|r| r.db_snapshot_attributes).unwrap_or_default();
                    attributes.iter().any(|a| a.attribute_name() == Some("restore") && a.attribute_values().iter().any(|v| v == "all"))
                });
                all.push(rds::Snapshot { arn, public });
            }
            Ok(all)
        }
    };
    let Ok(instances) = &mut facts.instances else { return };
    let distinct: BTreeSet<(String, String)> = instances.iter().map(|i| (i.engine.clone(), i.version.clone())).collect();
    let mut versions: BTreeMap<(String, String), Seen<String>> = BTreeMap::new();
    for (engine, version) in distinct {
        let status = version_status(look, client, &engine, &version).await;
        versions.insert((engine, version), status);
    }
    let queries = instances.iter().flat_map(queries).collect();
    let mut answers = metrics::read(look, queries).await.into_iter();
    for instance in instances {
        let mut next = || answers.next().unwrap_or_else(|| Err(Gap::incomplete(metrics::ACTION, "an answer")));
        (instance.free_bytes, instance.cpu, instance.connections) = (next(), next(), next());
        let key = (instance.engine.clone(), instance.version.clone());
        instance.version_status = versions.get(&key).cloned().unwrap_or_else(|| Err(Gap::incomplete(VERSIONS, "the version")));
    }
}

async fn version_status(look: &Look, client: &aws_sdk_rds::Client, engine: &str, version: &str) -> Seen<String> {
    let pages = client.describe_db_engine_versions().engine(engine).engine_version(version).include_all(true).into_paginator().send();
    let known = look
        .list(VERSIONS, pages, |page, all| all.extend(page.db_engine_versions.unwrap_or_default().into_iter().filter_map(|v| v.status)))
        .await?;
    known.into_iter().next().ok_or_else(|| Gap::incomplete(VERSIONS, "the status of the version"))
}

/// Free storage, CPU, connections: in this order.
fn queries(i: &rds::Instance) -> [Query; 3] {
    let query = |metric, statistic, period_s, back_s| Query {
        namespace: "AWS/RDS",
        metric,
        dimensions: vec![("DBInstanceIdentifier", i.id.clone())],
        statistic,
        period_s,
        back_s,
    };
    [
        query("FreeStorageSpace", "Minimum", 300, 3600),
        query("CPUUtilization", "Average", 300, 3600),
        query("DatabaseConnections", "Maximum", 86_400, 8 * 86_400),
    ]
}

fn instance(i: &DbInstance) -> rds::Instance {
    let metric = || Err(Gap::not_asked(metrics::ACTION));
    rds::Instance {
        id: i.db_instance_identifier().unwrap_or_default().to_owned(),
        arn: i.db_instance_arn().unwrap_or_default().to_owned(),
        status: i.db_instance_status().unwrap_or_default().to_owned(),
        engine: i.engine().unwrap_or_default().to_owned(),
        version: i.engine_version().unwrap_or_default().to_owned(),
        class: i.db_instance_class().unwrap_or_default().to_owned(),
        cluster: i.db_cluster_identifier().filter(|c| !c.is_empty()).map(str::to_owned),
        replica_of: i.read_replica_source_db_instance_identifier().filter(|c| !c.is_empty()).map(str::to_owned),
        multi_az: i.multi_az().unwrap_or(false),
        public: i.publicly_accessible().unwrap_or(false),
        encrypted: i.storage_encrypted().unwrap_or(false),
        backup_days: i.backup_retention_period().unwrap_or(0),
        deletion_protection: i.deletion_protection().unwrap_or(false),
        allocated_gib: i.allocated_storage().unwrap_or(0),
        free_bytes: metric(),
        cpu: metric(),
        connections: metric(),
        version_status: Err(Gap::not_asked(VERSIONS)),
    }
}
