//! Looking: lists and health at once, scans through the state machine, coverage that says what was not seen.

use std::time::{Duration, Instant};

use crate::{resources::*, world::*};

/// The scan that a sentence starts, when it has ended, in a person's words.
pub async fn scan(w: &World, person: &str, text: &str) -> (String, String) {
    let answer = w.chat(person, text);
    assert_eq!((answer.status, answer.error()), (200, ""), "{text}: {answer:?}");
    let id = answer.text().split_whitespace().find(|word| word.starts_with("scan_")).unwrap_or_else(|| panic!("no scan in {answer:?}"));
    let id = id.trim_end_matches(['.', ':', '`']).to_owned();
    let end = Instant::now() + Duration::from_secs(180);
    loop {
        let status = w.chat(person, &format!("status {id}"));
        assert_eq!((status.status, status.error()), (200, ""), "{status:?}");
        if !status.text().contains("is running") {
            return (id, status.text().to_owned());
        }
        assert!(Instant::now() < end, "{} after three minutes\n{}", status.text(), executions(w).await);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn executions(w: &World) -> String {
    let seen = w.sfn().list_executions().state_machine_arn(w.hub("ScanStateMachineArn")).send().await.unwrap();
    let mut out = String::new();
    for execution in seen.executions().iter().take(5) {
        let one = w.sfn().describe_execution().execution_arn(execution.execution_arn()).send().await.unwrap();
        out.push_str(&format!("{} {:?} {:?} {:?}\n", one.name().unwrap_or_default(), one.status(), one.error(), one.cause()));
    }
    out
}

#[tokio::test]
async fn resources_are_listed_in_the_readers_language() {
    let w = world();
    // One that is there from the start: a list shows the first forty and says how many more there are.
    let seeded = w.ec2(DEV).describe_instances().filters(aws_sdk_ec2::types::Filter::builder().name("tag:Name").values("web-1").build());
    let seeded = seeded.send().await.unwrap().reservations()[0].instances()[0].instance_id().unwrap().to_owned();
    let en = w.chat("victor", "list ec2 in dev");
    assert_eq!((en.status, en.error()), (200, ""), "{en:?}");
    assert!(en.text().contains(&seeded) && en.text().contains("Account `dev`") && en.text().contains("running"), "{}", en.text());
    let zh = w.chat("victor", "列出 dev 的 ec2 实例");
    assert!(zh.text().contains(&seeded) && zh.text().contains("账户 `dev`"), "{}", zh.text());
    assert!(!w.chat("victor", "list ec2 in prod").text().contains(&seeded), "another account's resource");
}

#[tokio::test]
async fn health_is_never_said_where_something_is_unknown() {
    let w = world();
    w.instance(DEV).await;
    // The local stack publishes no CPU metric for instances: the load is unknown, and so is health.
    let answer = w.chat("victor", "ec2 health in dev");
    assert_eq!((answer.status, answer.error()), (200, ""), "{answer:?}");
    assert!(!answer.text().contains("Healthy:"), "{}", answer.text());
    assert!(answer.text().contains("could not be judged"), "{}", answer.text());
}

#[tokio::test]
async fn a_scan_finds_what_is_wrong_in_each_account_and_says_what_it_did_not_see() {
    let w = world();
    let mut canaries = Vec::new();
    for account in [DEV, STAGING, PROD] {
        let group = w.ec2(account).create_security_group().group_name(short()).description("canary").send().await.unwrap();
        let id = group.group_id().unwrap().to_owned();
        let range = aws_sdk_ec2::types::IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let rule = aws_sdk_ec2::types::IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22).ip_ranges(range).build();
        w.ec2(account).authorize_security_group_ingress().group_id(&id).ip_permissions(rule).send().await.unwrap();
        canaries.push((account, id));
    }
    let (id, text) = scan(w, "victor", "scan vpc and s3 in dev, staging and prod").await;
    // The local stack knows no account-level public access block: the scan has to say so, and the rest is complete.
    assert!(text.contains("Coverage: 3 of 6"), "{text}\n{}", executions(w).await);
    assert!(text.contains(&format!("{PROD} {REGION} s3: partial: s3:GetAccountPublicAccessBlock")), "{text}");
    let store = s3(w, HUB);
    for (account, group) in &canaries {
        let key = format!("scans/{id}/{account}/{REGION}.findings.json");
        let object = store.get_object().bucket(w.hub("ScanBucketName")).key(&key).send().await.unwrap();
        let body = String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap();
        assert!(body.contains(group.as_str()) && body.contains("vpc_group_ssh_open"), "{account}: {body}");
        let foreign = canaries.iter().filter(|(a, _)| a != account).any(|(_, other)| body.contains(other.as_str()));
        assert!(!foreign, "another account's finding in {account}");
    }
    // The dev canary is accepted for a while by two administrators: it counts no more, and is listed with who answers for it.
    let arn = format!("arn:aws:ec2:{REGION}:{DEV}:security-group/{}", canaries.iter().find(|(a, _)| *a == DEV).unwrap().1);
    let file = |check: &str, expires: &str| {
        format!(
            "schema: 1\nexceptions:\n  - {{check: {check}, account: '{DEV}', resource: '{arn}', owner: web team, reason: a bastion, expires: {expires}}}\n"
        )
    };
    for wrong in [
        file("no_such_check", "2027-01-31"),
        file("vpc_group_ssh_open", "2020-01-31"),
        file("vpc_group_ssh_open", "2036-01-31"),
        "schema: 2".to_owned(),
    ] {
        let refused = w.call("PUT", "/v1/rules", "erin", &serde_json::json!({"exceptions": wrong}).to_string());
        assert_eq!((refused.status, refused.error()), (403, "Exceptions.Refused"), "{wrong}: {refused:?}");
    }
    crate::governance::set(w, &serde_json::json!({"exceptions": file("vpc_group_ssh_open", "2027-01-31")}), "exceptions").await;
    // The same again: nothing of it is new.
    let (_, again) = scan(w, "victor", "scan vpc and s3 in dev, staging and prod").await;
    assert!(again.contains("Since the last scan:"), "{again}");
    assert!(
        again.contains(" 1 accepted by exceptions") && again.contains(&format!("by web team (a bastion): vpc_group_ssh_open {arn}")),
        "{again}"
    );
}

#[tokio::test]
async fn a_service_that_is_not_built_and_an_account_that_does_not_exist_are_named() {
    let w = world();
    let unbuilt = w.chat("victor", "scan eks in all accounts");
    assert_eq!(unbuilt.error(), "Scans.NotBuilt", "{unbuilt:?}");
    assert!(unbuilt.text().contains("eks"), "{}", unbuilt.text());
    let listed = w.chat("victor", "list eks in dev");
    assert_eq!(listed.error(), "Scans.NotBuilt", "{listed:?}");
    // An account or a region that is not registered is refused by name; nothing of the rest is looked at in its place.
    for text in ["scan ec2 in nowhere9", "list ec2 in nowhere9"] {
        let unknown = w.chat("victor", text);
        assert!(unknown.error().ends_with("NotFound") && unknown.text().contains("nowhere9"), "{text}: {unknown:?}");
    }
    for text in ["scan ec2 in dev in ap-south-1", "list ec2 in dev in ap-south-1"] {
        let unknown = w.chat("victor", text);
        assert!(unknown.error().ends_with("RegionNotFound") && unknown.text().contains("ap-south-1"), "{text}: {unknown:?}");
    }
    let status = w.chat("victor", "status scan_01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assert_eq!(status.error(), "Scans.NotFound", "{status:?}");
}
