//! Networks and buckets.

use std::collections::BTreeSet;

use checks::{
    Series, judge, s3,
    s3::Block,
    vpc::{self, Ingress},
};

use crate::{Case, NOW, denied, hold, place};

fn vpc_good() -> vpc::Facts {
    let https = Ingress { protocol: "tcp".into(), from: Some(443), to: Some(443), cidrs: vec!["0.0.0.0/0".into()], groups: vec![] };
    let entry =
        |number, allow, ports| vpc::AclEntry { number, protocol: "6".into(), egress: false, allow, cidr: "0.0.0.0/0".into(), ports };
    vpc::Facts {
        groups: Ok(vec![
            vpc::Group { id: "sg-1".into(), name: "web".into(), vpc_id: "vpc-1".into(), ingress: vec![https], egress_rules: 1 },
            vpc::Group { id: "sg-0".into(), name: "default".into(), vpc_id: "vpc-1".into(), ingress: vec![], egress_rules: 0 },
        ]),
        networks: Ok(vec![vpc::Network { id: "vpc-1".into(), name: None, cidr: "10.0.0.0/16".into() }]),
        subnets: Ok(vec![vpc::Subnet { id: "subnet-1".into(), zone: "us-east-1a".into(), maps_public_ip: false }]),
        acls: Ok(vec![vpc::Acl {
            id: "acl-1".into(),
            entries: vec![entry(100, true, None), entry(10, false, Some((22, 22))), entry(20, false, Some((3389, 3389)))],
            subnets: 1,
        }]),
        logged: Ok(BTreeSet::from(["vpc-1".to_owned()])),
        used_groups: Ok(BTreeSet::from(["sg-1".to_owned()])),
        nats: Ok(vec![vpc::Nat { id: "nat-1".into(), state: "available".into(), bytes_out: Ok(Series::ending(NOW, 86_400, &[1.0; 7])) }]),
    }
}

fn open(f: &mut vpc::Facts, from: i32, to: i32) {
    let rule = Ingress { protocol: "tcp".into(), from: Some(from), to: Some(to), cidrs: vec!["::/0".into()], groups: vec![] };
    f.groups.as_mut().unwrap()[0].ingress.push(rule);
}

fn no_groups(f: &mut vpc::Facts) {
    f.groups = Err(denied());
}

#[test]
fn vpc_checks_fail_pass_and_are_unknown() {
    hold(
        vpc::CHECKS,
        &vpc_good(),
        &[
            Case { check: "vpc_group_ssh_open", breaks: |f| open(f, 20, 30), hides: no_groups },
            Case { check: "vpc_group_rdp_open", breaks: |f| open(f, 3389, 3389), hides: no_groups },
            Case { check: "vpc_group_high_risk_port_open", breaks: |f| open(f, 5432, 5432), hides: no_groups },
            Case { check: "vpc_group_all_ports_open", breaks: |f| open(f, 0, 65_535), hides: no_groups },
            Case { check: "vpc_group_default_has_rules", breaks: |f| f.groups.as_mut().unwrap()[1].egress_rules = 1, hides: no_groups },
            Case { check: "vpc_network_flow_logs_off", breaks: |f| f.logged = Ok(BTreeSet::new()), hides: |f| f.logged = Err(denied()) },
            Case {
                check: "vpc_subnet_maps_public_ip",
                breaks: |f| f.subnets.as_mut().unwrap()[0].maps_public_ip = true,
                hides: |f| f.subnets = Err(denied()),
            },
            Case {
                check: "vpc_acl_admin_port_open",
                breaks: |f| f.acls.as_mut().unwrap()[0].entries[1].number = 101,
                hides: |f| f.acls = Err(denied()),
            },
            Case { check: "vpc_group_unused", breaks: |f| f.used_groups = Ok(BTreeSet::new()), hides: |f| f.used_groups = Err(denied()) },
            Case {
                check: "vpc_nat_idle",
                breaks: |f| f.nats.as_mut().unwrap()[0].bytes_out = Ok(Series::ending(NOW, 86_400, &[0.0; 7])),
                hides: |f| f.nats.as_mut().unwrap()[0].bytes_out = Ok(Series::default()),
            },
        ],
    );
}

#[test]
fn a_group_that_another_group_names_is_used() {
    let mut facts = vpc_good();
    facts.used_groups = Ok(BTreeSet::from(["sg-9".to_owned()]));
    let names = Ingress { protocol: "-1".into(), groups: vec!["sg-1".into()], ..Ingress::default() };
    facts.groups.as_mut().unwrap().push(vpc::Group { id: "sg-9".into(), name: "db".into(), ingress: vec![names], ..vpc::Group::default() });
    let judged = judge(vpc::CHECKS, &facts, &place());
    assert!(judged.findings.iter().all(|f| f.check != "vpc_group_unused"), "{:?}", judged.findings);
}

fn s3_good() -> s3::Facts {
    let tls = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],
        "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
    s3::Facts {
        account_block: Ok(Some(Block::ALL)),
        buckets: Ok(vec![s3::Bucket {
            name: "b".into(),
            region: "us-east-1".into(),
            block: Ok(Some(Block::ALL)),
            policy: Ok(Some(tls.into())),
            public_grants: Ok(vec![]),
            logging: Ok(true),
            versioning: Ok(true),
            lifecycle: Ok(true),
        }]),
    }
}

fn bucket(f: &mut s3::Facts) -> &mut s3::Bucket {
    &mut f.buckets.as_mut().unwrap()[0]
}

fn unblocked(f: &mut s3::Facts) {
    f.account_block = Ok(None);
    bucket(f).block = Ok(None);
}

const OPEN: &str = r#"{"Statement":{"Sid":"open","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}"#;

#[test]
fn s3_checks_fail_pass_and_are_unknown() {
    hold(
        s3::CHECKS,
        &s3_good(),
        &[
            Case {
                check: "s3_account_public_access_block_off",
                breaks: |f| f.account_block = Ok(Some(Block { restrict: false, ..Block::ALL })),
                hides: |f| f.account_block = Err(denied()),
            },
            Case {
                check: "s3_bucket_public_access_block_off",
                breaks: unblocked,
                hides: |f| {
                    f.account_block = Ok(None);
                    bucket(f).block = Err(denied());
                },
            },
            Case {
                check: "s3_bucket_public_policy",
                breaks: |f| {
                    unblocked(f);
                    bucket(f).policy = Ok(Some(OPEN.into()));
                },
                hides: |f| bucket(f).policy = Err(denied()),
            },
            Case {
                check: "s3_bucket_public_acl",
                breaks: |f| {
                    unblocked(f);
                    bucket(f).public_grants = Ok(vec![("AllUsers".into(), "READ".into())]);
                },
                hides: |f| bucket(f).public_grants = Err(denied()),
            },
            Case {
                check: "s3_bucket_plain_http_allowed",
                breaks: |f| bucket(f).policy = Ok(None),
                hides: |f| bucket(f).policy = Err(denied()),
            },
            Case {
                check: "s3_bucket_access_logging_off",
                breaks: |f| bucket(f).logging = Ok(false),
                hides: |f| bucket(f).logging = Err(denied()),
            },
            Case {
                check: "s3_bucket_versioning_off",
                breaks: |f| bucket(f).versioning = Ok(false),
                hides: |f| bucket(f).versioning = Err(denied()),
            },
            Case {
                check: "s3_bucket_lifecycle_missing",
                breaks: |f| bucket(f).lifecycle = Ok(false),
                hides: |f| bucket(f).lifecycle = Err(denied()),
            },
        ],
    );
}

#[test]
fn a_public_policy_behind_a_block_is_not_public_and_behind_an_unseen_block_is_unknown() {
    let mut facts = s3_good();
    bucket(&mut facts).policy = Ok(Some(OPEN.into()));
    let about = |facts: &s3::Facts| {
        let judged = judge(s3::CHECKS, facts, &place());
        let name = "s3_bucket_public_policy";
        (judged.findings.iter().any(|f| f.check == name), judged.unknown.iter().any(|u| u.check == name))
    };
    assert_eq!(about(&facts), (false, false));
    facts.account_block = Ok(None);
    bucket(&mut facts).block = Err(denied());
    assert_eq!(about(&facts), (false, true));
    bucket(&mut facts).block = Ok(None);
    assert_eq!(about(&facts), (true, false));
}
