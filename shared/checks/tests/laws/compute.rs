//! Instances, volumes and functions.

use std::collections::BTreeSet;

use checks::{Gap, Series, ec2, lambda};

use crate::{Case, NOW, days_ago, denied, hold};

fn ec2_good() -> ec2::Facts {
    let running = ec2::Instance {
        id: "i-1".into(),
        name: None,
        state: "running".into(),
        instance_type: "t3.micro".into(),
        public_ip: None,
        http_tokens: Ok("required".into()),
        metadata_endpoint: true,
        stopped_at: Err(Gap::incomplete("ec2:DescribeInstances", "a stop")),
        status: Ok(("ok".into(), "ok".into())),
        cpu: Ok(Series::ending(NOW, 300, &[95.0, 10.0, 20.0, 95.0, 95.0, 95.0, 95.0])),
    };
    let stopped = ec2::Instance { id: "i-2".into(), state: "stopped".into(), stopped_at: Ok(days_ago(2)), ..running.clone() };
    ec2::Facts {
        instances: Ok(vec![running, stopped]),
        volumes: Ok(vec![ec2::Volume {
            id: "vol-1".into(),
            name: None,
            state: "in-use".into(),
            size_gib: 8,
            encrypted: true,
            attachments: 1,
        }]),
        snapshots: Ok(vec![ec2::Snapshot { id: "snap-1".into(), volume_id: "vol-1".into(), started_at: days_ago(1) }]),
        public_snapshots: Ok(vec![]),
        addresses: Ok(vec![ec2::Address { id: "eipalloc-1".into(), public_ip: "192.0.2.1".into(), associated: true }]),
        default_encryption: Ok(true),
    }
}

fn first(f: &mut ec2::Facts) -> &mut ec2::Instance {
    &mut f.instances.as_mut().unwrap()[0]
}

fn no_instances(f: &mut ec2::Facts) {
    f.instances = Err(denied());
}

fn no_volumes(f: &mut ec2::Facts) {
    f.volumes = Err(denied());
}

#[test]
fn ec2_checks_fail_pass_and_are_unknown() {
    hold(
        ec2::CHECKS,
        &ec2_good(),
        &[
            Case {
                check: "ec2_instance_status_impaired",
                breaks: |f| first(f).status = Ok(("ok".into(), "impaired".into())),
                hides: |f| first(f).status = Err(denied()),
            },
            Case {
                check: "ec2_instance_cpu_high",
                breaks: |f| first(f).cpu = Ok(Series::ending(NOW, 300, &[91.0; 6])),
                hides: |f| first(f).cpu = Ok(Series::ending(NOW, 300, &[91.0; 3])),
            },
            Case {
                check: "ec2_instance_imdsv2_not_required",
                breaks: |f| first(f).http_tokens = Ok("optional".into()),
                hides: |f| f.instances.as_mut().unwrap().iter_mut().for_each(|i| i.http_tokens = Err(denied())),
            },
            Case { check: "ec2_instance_public_ip", breaks: |f| first(f).public_ip = Some("192.0.2.9".into()), hides: no_instances },
            Case {
                check: "ec2_snapshot_public",
                breaks: |f| f.public_snapshots = Ok(vec!["snap-1".into()]),
                hides: |f| f.public_snapshots = Err(denied()),
            },
            Case { check: "ec2_volume_unencrypted", breaks: |f| f.volumes.as_mut().unwrap()[0].encrypted = false, hides: no_volumes },
            Case {
                check: "ec2_account_default_encryption_off",
                breaks: |f| f.default_encryption = Ok(false),
                hides: |f| f.default_encryption = Err(denied()),
            },
            Case {
                check: "ec2_address_unassociated",
                breaks: |f| f.addresses.as_mut().unwrap()[0].associated = false,
                hides: |f| f.addresses = Err(denied()),
            },
            Case {
                check: "ec2_instance_stopped_long",
                breaks: |f| f.instances.as_mut().unwrap()[1].stopped_at = Ok(days_ago(31)),
                hides: |f| f.instances.as_mut().unwrap()[1].stopped_at = Err(denied()),
            },
            Case {
                check: "ec2_volume_unattached",
                breaks: |f| {
                    let v = &mut f.volumes.as_mut().unwrap()[0];
                    (v.attachments, v.state) = (0, "available".into());
                },
                hides: no_volumes,
            },
            Case {
                check: "ec2_volume_no_recent_snapshot",
                breaks: |f| f.snapshots.as_mut().unwrap()[0].started_at = days_ago(9),
                hides: |f| f.snapshots = Err(denied()),
            },
        ],
    );
}

fn lambda_good() -> lambda::Facts {
    lambda::Facts {
        functions: Ok(vec![lambda::Function {
            name: "f".into(),
            arn: "arn:aws:lambda:us-east-1:222222222222:function:f".into(),
            runtime: Some("python3.12".into()),
            timeout_s: 10,
            modified_at: Some(days_ago(100)),
            environment: Ok(vec![("LOG_LEVEL".into(), "info".into())]),
            dead_letter: true,
            subnets: vec!["subnet-1".into(), "subnet-2".into()],
            zones: Ok(BTreeSet::from(["us-east-1a".to_owned(), "us-east-1b".to_owned()])),
            policy: Ok(None),
            url_auth: Ok(vec!["AWS_IAM".into()]),
            invocations: Ok(Series::ending(NOW, 86_400, &[5.0, 7.0])),
            invocations_1h: Ok(100.0),
            errors_1h: Ok(5.0),
            throttles_1h: Ok(0.0),
            duration_max_ms: Ok(Some(7_900.0)),
        }]),
    }
}

fn one(f: &mut lambda::Facts) -> &mut lambda::Function {
    &mut f.functions.as_mut().unwrap()[0]
}

#[test]
fn lambda_checks_fail_pass_and_are_unknown() {
    hold(
        lambda::CHECKS,
        &lambda_good(),
        &[
            Case {
                check: "lambda_function_error_rate_high",
                breaks: |f| one(f).errors_1h = Ok(6.0),
                hides: |f| one(f).errors_1h = Err(denied()),
            },
            Case {
                check: "lambda_function_throttled",
                breaks: |f| one(f).throttles_1h = Ok(1.0),
                hides: |f| one(f).throttles_1h = Err(denied()),
            },
            Case {
                check: "lambda_function_near_timeout",
                breaks: |f| one(f).duration_max_ms = Ok(Some(8_100.0)),
                hides: |f| one(f).duration_max_ms = Err(denied()),
            },
            Case {
                check: "lambda_function_public",
                breaks: |f| {
                    let open = r#"{"Statement":[{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}]}"#;
                    one(f).policy = Ok(Some(open.into()));
                },
                hides: |f| one(f).policy = Ok(Some("no policy".into())),
            },
            Case {
                check: "lambda_function_runtime_deprecated",
                breaks: |f| one(f).runtime = Some("nodejs16.x".into()),
                hides: |f| f.functions = Err(denied()),
            },
            Case {
                check: "lambda_function_secret_in_environment",
                breaks: |f| one(f).environment = Ok(vec![("DB_PASSWORD".into(), "correct-horse-battery".into())]),
                hides: |f| one(f).environment = Err(denied()),
            },
            Case {
                check: "lambda_function_url_public",
                breaks: |f| one(f).url_auth = Ok(vec!["NONE".into()]),
                hides: |f| one(f).url_auth = Err(denied()),
            },
            Case {
                check: "lambda_function_dead_letter_missing",
                breaks: |f| one(f).dead_letter = false,
                hides: |f| f.functions = Err(denied()),
            },
            Case {
                check: "lambda_function_single_az",
                breaks: |f| one(f).zones = Ok(BTreeSet::from(["us-east-1a".to_owned()])),
                hides: |f| one(f).zones = Ok(BTreeSet::new()),
            },
            Case {
                check: "lambda_function_unused",
                breaks: |f| one(f).invocations = Ok(Series::default()),
                hides: |f| one(f).invocations = Err(denied()),
            },
        ],
    );
}

#[test]
fn a_secret_is_named_and_never_quoted() {
    let mut facts = lambda_good();
    one(&mut facts).environment = Ok(vec![("DB_PASSWORD".into(), "correct-horse-battery".into())]);
    let judged = checks::judge(lambda::CHECKS, &facts, &crate::place());
    let text = format!("{judged:?}{}", judged.findings.iter().map(|f| f.told().en).collect::<String>());
    assert!(text.contains("DB_PASSWORD") && !text.contains("correct-horse"));
}
