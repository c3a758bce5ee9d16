//! Databases and tables.

use checks::{Series, dynamodb, rds};

use crate::{Case, NOW, denied, hold};

fn rds_good() -> rds::Facts {
    rds::Facts {
        instances: Ok(vec![rds::Instance {
            id: "db-1".into(),
            arn: "arn:aws:rds:us-east-1:222222222222:db:db-1".into(),
            status: "available".into(),
            engine: "postgres".into(),
            version: "16.3".into(),
            class: "db.t4g.micro".into(),
            cluster: None,
            replica_of: None,
            multi_az: true,
            public: false,
            encrypted: true,
            backup_days: 7,
            deletion_protection: true,
            allocated_gib: 100,
            free_bytes: Ok(Series::ending(NOW, 300, &[11.0 * 1_073_741_824.0])),
            cpu: Ok(Series::ending(NOW, 300, &[10.0; 6])),
            connections: Ok(Series::ending(NOW, 86_400, &[0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0])),
            version_status: Ok("available".into()),
        }]),
        clusters: Ok(vec![rds::Cluster {
            id: "c-1".into(),
            arn: "arn:aws:rds:us-east-1:222222222222:cluster:c-1".into(),
            status: "available".into(),
            engine: "aurora-postgresql".into(),
            deletion_protection: true,
        }]),
        snapshots: Ok(vec![rds::Snapshot { arn: "arn:aws:rds:us-east-1:222222222222:snapshot:s-1".into(), public: Ok(false) }]),
    }
}

fn db(f: &mut rds::Facts) -> &mut rds::Instance {
    &mut f.instances.as_mut().unwrap()[0]
}

fn no_instances(f: &mut rds::Facts) {
    f.instances = Err(denied());
}

#[test]
fn rds_checks_fail_pass_and_are_unknown() {
    hold(
        rds::CHECKS,
        &rds_good(),
        &[
            Case { check: "rds_instance_not_available", breaks: |f| db(f).status = "storage-full".into(), hides: no_instances },
            Case {
                check: "rds_instance_storage_low",
                breaks: |f| db(f).free_bytes = Ok(Series::ending(NOW, 300, &[9.0 * 1_073_741_824.0])),
                hides: |f| db(f).free_bytes = Ok(Series::default()),
            },
            Case {
                check: "rds_instance_cpu_high",
                breaks: |f| db(f).cpu = Ok(Series::ending(NOW, 300, &[81.0; 6])),
                hides: |f| db(f).cpu = Err(denied()),
            },
            Case { check: "rds_instance_public", breaks: |f| db(f).public = true, hides: no_instances },
            Case {
                check: "rds_snapshot_public",
                breaks: |f| f.snapshots.as_mut().unwrap()[0].public = Ok(true),
                hides: |f| f.snapshots.as_mut().unwrap()[0].public = Err(denied()),
            },
            Case { check: "rds_instance_unencrypted", breaks: |f| db(f).encrypted = false, hides: no_instances },
            Case { check: "rds_instance_single_az", breaks: |f| db(f).multi_az = false, hides: no_instances },
            Case { check: "rds_instance_backups_off", breaks: |f| db(f).backup_days = 0, hides: no_instances },
            Case { check: "rds_instance_deletion_protection_off", breaks: |f| db(f).deletion_protection = false, hides: no_instances },
            Case {
                check: "rds_cluster_deletion_protection_off",
                breaks: |f| f.clusters.as_mut().unwrap()[0].deletion_protection = false,
                hides: |f| f.clusters = Err(denied()),
            },
            Case {
                check: "rds_instance_engine_deprecated",
                breaks: |f| db(f).version_status = Ok("deprecated".into()),
                hides: |f| db(f).version_status = Err(denied()),
            },
            Case {
                check: "rds_instance_idle",
                breaks: |f| db(f).connections = Ok(Series::ending(NOW, 86_400, &[0.0; 7])),
                hides: |f| db(f).connections = Ok(Series::ending(NOW, 86_400, &[0.0; 3])),
            },
        ],
    );
}

fn dynamodb_good() -> dynamodb::Facts {
    dynamodb::Facts {
        tables: Ok(vec![dynamodb::Table {
            name: "orders".into(),
            described: Ok(dynamodb::Described {
                status: "ACTIVE".into(),
                on_demand: false,
                read_units: 10,
                write_units: 10,
                deletion_protection: true,
            }),
            pitr: Ok(true),
            autoscaled: Ok(true),
            throttled_1h: Ok(0.0),
            read_used: Ok(Series::ending(NOW, 86_400, &[864_000.0; 7])),
            write_used: Ok(Series::default()),
        }]),
    }
}

fn table(f: &mut dynamodb::Facts) -> &mut dynamodb::Table {
    &mut f.tables.as_mut().unwrap()[0]
}

#[test]
fn dynamodb_checks_fail_pass_and_are_unknown() {
    hold(
        dynamodb::CHECKS,
        &dynamodb_good(),
        &[
            Case {
                check: "dynamodb_table_throttled",
                breaks: |f| table(f).throttled_1h = Ok(2.0),
                hides: |f| table(f).throttled_1h = Err(denied()),
            },
            Case { check: "dynamodb_table_pitr_off", breaks: |f| table(f).pitr = Ok(false), hides: |f| table(f).pitr = Err(denied()) },
            Case {
                check: "dynamodb_table_deletion_protection_off",
                breaks: |f| table(f).described.as_mut().unwrap().deletion_protection = false,
                hides: |f| table(f).described = Err(denied()),
            },
            Case {
                check: "dynamodb_table_autoscaling_off",
                breaks: |f| table(f).autoscaled = Ok(false),
                hides: |f| table(f).autoscaled = Err(denied()),
            },
            Case {
                check: "dynamodb_table_overprovisioned",
                breaks: |f| table(f).read_used = Ok(Series::ending(NOW, 86_400, &[8_640.0; 7])),
                hides: |f| table(f).read_used = Err(denied()),
            },
        ],
    );
}
