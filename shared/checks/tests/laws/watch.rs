//! Identities and alarms.

use checks::{cloudwatch, iam};

use crate::{Case, days_ago, denied, hold};

pub(crate) fn cloudwatch_good() -> cloudwatch::Facts {
    let metric = |name: &str| ("Trail".to_owned(), name.to_owned());
    let alarm = |name: &str| cloudwatch::Alarm {
        name: name.into(),
        arn: format!("arn:aws:cloudwatch:us-east-1:222222222222:alarm:{name}"),
        state: "OK".into(),
        changed_at: Some(days_ago(3)),
        reason: String::new(),
        actions_enabled: true,
        alarm_actions: 1,
        metric: Some(metric(name)),
    };
    let filter = |name: &str, pattern: &str| cloudwatch::MetricFilter {
        log_group: "trail".into(),
        pattern: pattern.into(),
        metrics: vec![metric(name)],
    };
    cloudwatch::Facts {
        alarms: Ok(["root", "unauthorized", "groups"].map(alarm).to_vec()),
        log_groups: Ok(vec![cloudwatch::LogGroup { name: "g".into(), arn: "arn:g".into(), retention_days: Some(30), stored_bytes: 1 }]),
        filters: Ok(vec![
            filter("root", r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }"#),
            filter("unauthorized", r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#),
            filter("groups", "{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupIngress) }"),
        ]),
    }
}

fn alarm(f: &mut cloudwatch::Facts) -> &mut cloudwatch::Alarm {
    &mut f.alarms.as_mut().unwrap()[0]
}

fn no_alarms(f: &mut cloudwatch::Facts) {
    f.alarms = Err(denied());
}

#[test]
fn cloudwatch_checks_fail_pass_and_are_unknown() {
    hold(
        cloudwatch::CHECKS,
        &cloudwatch_good(),
        &[
            Case { check: "cloudwatch_alarm_in_alarm", breaks: |f| alarm(f).state = "ALARM".into(), hides: no_alarms },
            Case {
                check: "cloudwatch_alarm_insufficient_data",
                breaks: |f| alarm(f).state = "INSUFFICIENT_DATA".into(),
                hides: |f| {
                    for alarm in f.alarms.as_mut().unwrap() {
                        (alarm.state, alarm.changed_at) = ("INSUFFICIENT_DATA".into(), None);
                    }
                },
            },
            Case { check: "cloudwatch_alarm_without_actions", breaks: |f| alarm(f).alarm_actions = 0, hides: no_alarms },
            Case { check: "cloudwatch_alarm_actions_disabled", breaks: |f| alarm(f).actions_enabled = false, hides: no_alarms },
            Case {
                check: "cloudwatch_account_root_use_unwatched",
                breaks: |f| f.filters.as_mut().unwrap()[0].pattern = "{ $.x = y }".into(),
                hides: |f| f.filters = Err(denied()),
            },
            // A filter without an alarm on its metric is no watch either.
            Case {
                check: "cloudwatch_account_unauthorized_calls_unwatched",
                breaks: |f| f.alarms.as_mut().unwrap()[1].metric = None,
                hides: |f| f.filters = Err(denied()),
            },
            Case {
                check: "cloudwatch_account_group_changes_unwatched",
                breaks: |f| f.filters = Ok(vec![]),
                hides: |f| f.filters = Err(denied()),
            },
            Case {
                check: "cloudwatch_log_group_no_retention",
                breaks: |f| f.log_groups.as_mut().unwrap()[0].retention_days = None,
                hides: |f| f.log_groups = Err(denied()),
            },
        ],
    );
}

fn iam_good() -> iam::Facts {
    let document = r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let trust = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"sts:AssumeRole",
        "Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}"#;
    iam::Facts {
        root: Ok(iam::Root { access_keys: 0, mfa: true }),
        users: Ok(vec![iam::User {
            name: "ada".into(),
            arn: "arn:aws:iam::222222222222:user/ada".into(),
            created_at: days_ago(400),
            password_used_at: Some(days_ago(1)),
            console: Ok(true),
            mfa_devices: Ok(1),
            keys: Ok(vec![iam::Key { id: "AKIA1".into(), active: true, created_at: days_ago(80), last_used_at: Ok(Some(days_ago(2))) }]),
        }]),
        policies: Ok(vec![iam::Policy {
            name: "p".into(),
            arn: "arn:aws:iam::222222222222:policy/p".into(),
            document: Ok(document.into()),
        }]),
        roles: Ok(vec![iam::Role { name: "r".into(), arn: "arn:aws:iam::222222222222:role/r".into(), trust: trust.into() }]),
        password_policy: Ok(Some(iam::PasswordPolicy { min_length: 14, reuse: 24 })),
    }
}

fn user(f: &mut iam::Facts) -> &mut iam::User {
    &mut f.users.as_mut().unwrap()[0]
}

fn write(f: &mut iam::Facts, actions: &str) {
    let text = format!(r#"{{"Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"*"}}]}}"#);
    f.policies.as_mut().unwrap()[0].document = Ok(text);
}

#[test]
fn iam_checks_fail_pass_and_are_unknown() {
    hold(
        iam::CHECKS,
        &iam_good(),
        &[
            Case {
                check: "iam_root_access_key_present",
                breaks: |f| f.root = Ok(iam::Root { access_keys: 1, mfa: true }),
                hides: |f| f.root = Err(denied()),
            },
            Case {
                check: "iam_root_mfa_off",
                breaks: |f| f.root = Ok(iam::Root { access_keys: 0, mfa: false }),
                hides: |f| f.root = Err(denied()),
            },
            Case {
                check: "iam_user_console_without_mfa",
                breaks: |f| user(f).mfa_devices = Ok(0),
                hides: |f| user(f).mfa_devices = Err(denied()),
            },
            Case {
                check: "iam_key_old",
                breaks: |f| user(f).keys.as_mut().unwrap()[0].created_at = days_ago(91),
                hides: |f| user(f).keys = Err(denied()),
            },
            Case {
                check: "iam_user_credential_unused",
                breaks: |f| user(f).password_used_at = Some(days_ago(46)),
                hides: |f| user(f).console = Err(denied()),
            },
            Case {
                check: "iam_policy_full_admin",
                breaks: |f| write(f, r#""*""#),
                hides: |f| f.policies.as_mut().unwrap()[0].document = Err(denied()),
            },
            Case {
                check: "iam_policy_escalation_path",
                breaks: |f| write(f, r#"["iam:PassRole","ec2:RunInstances"]"#),
                hides: |f| f.policies.as_mut().unwrap()[0].document = Ok("{".into()),
            },
            Case {
                check: "iam_role_trust_without_external_id",
                breaks: |f| {
                    let role = &mut f.roles.as_mut().unwrap()[0];
                    role.trust = role.trust.replace("sts:ExternalId", "aws:SourceIp");
                },
                hides: |f| f.roles.as_mut().unwrap()[0].trust = String::new(),
            },
            Case {
                check: "iam_account_password_policy_weak",
                breaks: |f| f.password_policy = Ok(Some(iam::PasswordPolicy { min_length: 8, reuse: 0 })),
                hides: |f| f.password_policy = Err(denied()),
            },
        ],
    );
}

#[test]
fn a_key_that_nobody_uses_is_found_beside_a_used_password() {
    let mut facts = iam_good();
    user(&mut facts).keys.as_mut().unwrap()[0].last_used_at = Ok(None);
    let judged = checks::judge(iam::CHECKS, &facts, &crate::place());
    let found = judged.findings.iter().find(|f| f.check == "iam_user_credential_unused").unwrap();
    assert_eq!(found.evidence[0], ("credential".to_owned(), "…KIA1".to_owned()));
}
