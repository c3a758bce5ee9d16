//! What holds for every operation, with CloudTrail of the member account as a witness.

use std::collections::{BTreeMap, BTreeSet};

use domain::Digest;
use serde_json::{Value, json};

use crate::{cloudtrail, resources::*, world::*};

/// An account of its own, in which the fleet may only look.
const SHADOW: &str = "666600000001";

fn operations() -> Vec<&'static str> {
    operations::all().iter().map(|o| o.id()).collect()
}

#[tokio::test]
async fn a_deliberate_stop_by_somebody_else_is_seen_by_the_witness() {
    let w = world();
    let id = w.instance(DEV).await;
    let since = cloudtrail::now();
    w.ec2(DEV).stop_instances().instance_ids(&id).send().await.unwrap();
    assert_eq!(cloudtrail::writes_of_anybody(w, DEV, &id, since).await, [(DEV.to_owned(), "ec2:StopInstances".to_owned())]);
    assert!(cloudtrail::writes(w, DEV, &id, since).await.is_empty(), "that was no session of the fleet");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_for_any_operation() {
    let w = world();
    for operation in operations() {
        let one = Resource::make(w, operation, DEV, "dev").await;
        for zh in [false, true] {
            let since = cloudtrail::now();
            let text = one.dry_sentence(zh);
            let answer = w.chat("alice", &text);
            assert_eq!((answer.status, answer.error()), (200, ""), "{text}: {answer:?}");
            let said = if zh { "这只是预览" } else { "This was a preview: nothing was changed" };
            assert!(answer.text().contains(said), "{}", answer.text());
            let plan = answer.plan();
            assert_eq!(w.state(&plan), "preview");
            assert!(w.history(&plan).await.is_empty(), "a preview starts no execution of `change`");
            assert_eq!(cloudtrail::writes(w, DEV, &one.id, since).await, [""; 0], "{text}");
            assert_eq!(cloudtrail::operate_sessions(w, &plan, since).await, 0, "a preview opens no session that could write");
            assert_eq!(one.look(w).await, one.before);
            // Nor can a preview be turned into a change afterwards.
            let seen = w.plan(&plan);
            let body = json!({"digest": seen["digest"], "preview_hash": seen["preview_hash"], "lang": "en"});
            assert_eq!(w.post(&format!("/v1/plans/{plan}/approve"), "bob", &body).error(), "Approval.StateConflict");
        }
    }
}

#[tokio::test]
async fn one_write_a_target_and_a_second_plan_within_the_cool_down_is_denied() {
    let w = world();
    for operation in operations() {
        let one = Resource::make(w, operation, DEV, "dev").await;
        let since = cloudtrail::now();
        let first = w.ask("alice", &one.en);
        w.wait(&first, &["succeeded"]).await;
        assert_eq!(cloudtrail::writes(w, DEV, &one.id, since).await, [one.write], "{operation}");
        assert_eq!(cloudtrail::operate_sessions(w, &first, since).await, 1, "{operation}: one session, cut to this plan");
        if catalogue_risk(operation) == "R1" {
            continue;
        }
        // As it was, by somebody else: only the cool-down is in the way now.
        reset(w, &one).await;
        let since = cloudtrail::now();
        let answer = w.chat("alice", &one.en);
        assert!(answer.text().contains("rests until"), "{operation}: the preview says so before anything runs: {}", answer.text());
        let second = answer.plan();
        let end = w.wait(&second, &["denied", "succeeded", "failed"]).await;
        assert_eq!((&end["state"], &end["rule"]), (&json!("denied"), &json!("belt.cool_down")), "{operation}: {end:#}");
        assert_eq!(w.execution_end(&second, "execute", 1).await, ("FAILED".to_owned(), "Change.Denied".to_owned()));
        assert_eq!(cloudtrail::writes(w, DEV, &one.id, since).await, [""; 0], "{operation}");
    }
}

fn catalogue_risk(operation: &str) -> String {
    let id = domain::OperationId::parse(operation).unwrap();
    format!("{:?}", catalogue::find(&id).unwrap().risk)
}

/// Puts the resource back through its own API, as its owner would.
async fn reset(w: &World, one: &Resource) {
    match one.operation {
        "ec2.stop_instances" => drop(w.ec2(one.account).start_instances().instance_ids(&one.id).send().await.unwrap()),
        "ec2.revoke_ingress" => {
            let call = w.ec2(one.account).authorize_security_group_ingress().group_id(&one.id);
            drop(call.ip_protocol("tcp").from_port(22).to_port(22).cidr_ip("0.0.0.0/0").send().await.unwrap());
        }
        "s3.block_public_access" => drop(s3(w, one.account).delete_public_access_block().bucket(&one.id).send().await.unwrap()),
        "lambda.rollback_alias" => {
            let call = w.lambda(one.account).update_alias().function_name(&one.id).name("live");
            drop(call.function_version("2").send().await.unwrap());
        }
        "lambda.set_concurrency" => drop(w.lambda(one.account).delete_function_concurrency().function_name(&one.id).send().await.unwrap()),
        "autoscaling.set_capacity" => {
            let call = autoscaling(w, one.account).update_auto_scaling_group().auto_scaling_group_name(&one.id);
            drop(call.desired_capacity(2).send().await.unwrap());
        }
        // A reboot leaves the resource as it was.
        "ec2.reboot_instances" | "rds.reboot_instance" => {}
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn more_targets_than_the_risk_allows_are_refused() {
    let w = world();
    let run = w.ec2(DEV).run_instances().image_id("ami-12c6146b").min_count(11).max_count(11);
    let made = run.instance_type(aws_sdk_ec2::types::InstanceType::T3Micro).send().await.unwrap();
    let ids: Vec<&str> = made.instances().iter().map(|i| i.instance_id().unwrap()).collect();
    let since = cloudtrail::now();
    for (text, said) in [
        (format!("stop {} in dev", ids.join(", ")), "11 targets; a plan of risk R2 may have 10"),
        (format!("停止 dev 的 {}", ids.join("、")), "目标有 11 个；风险 R2 的计划最多 10 个"),
    ] {
        let answer = w.chat("alice", &text);
        assert_eq!((answer.status, answer.error()), (200, "Plan.Denied"), "{answer:?}");
        assert!(answer.text().contains(said), "{}", answer.text());
        assert_eq!(w.state(&answer.plan()), "denied");
        assert!(w.history(&answer.plan()).await.is_empty());
    }
    assert_eq!(cloudtrail::writes(w, DEV, ids[0], since).await, [""; 0]);
    // Ten are within the limit, each stopped by exactly one call.
    let since = cloudtrail::now();
    let plan = w.ask("alice", &format!("stop {} in dev", ids[..10].join(", ")));
    w.wait(&plan, &["succeeded"]).await;
    for id in &ids[..10] {
        assert_eq!(cloudtrail::writes(w, DEV, id, since).await, ["ec2:StopInstances"]);
    }
    assert_eq!(w.instance_state(DEV, ids[10]).await, "running");
}

/// An account whose member stack holds no role that writes, registered as shadow.
async fn shadow(w: &World, purpose: &str) {
    use aws_sdk_cloudformation::types::{Capability, Parameter};
    let private: Value = serde_json::from_str(&std::fs::read_to_string(w.dir.join("private.json")).unwrap()).unwrap();
    let cloudformation = aws_sdk_cloudformation::Client::new(&w.root(SHADOW));
    let template = include_str!("../../../../infra/member.yaml");
    let parameter = |key: &str, value: &str| Parameter::builder().parameter_key(key).parameter_value(value).build();
    if cloudformation.describe_stacks().stack_name("aiops-member").send().await.is_err() {
        let call =
            cloudformation.create_stack().stack_name("aiops-member").template_body(template).capabilities(Capability::CapabilityNamedIam);
        let call = call.parameters(parameter("HubAccountId", HUB)).parameters(parameter("Writing", "disabled"));
        call.parameters(parameter("ExternalId", private["external_id"].as_str().unwrap())).send().await.unwrap();
    }
    for _ in 0..100 {
        let seen = cloudformation.describe_stacks().stack_name("aiops-member").send().await.unwrap();
        if seen.stacks()[0].stack_status().is_some_and(|s| s.as_str() == "CREATE_COMPLETE") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let iam = aws_sdk_iam::Client::new(&w.root(SHADOW));
    assert!(iam.get_role().role_name("aiops-read").send().await.is_ok());
    assert!(iam.get_role().role_name("aiops-operate").send().await.is_err(), "without writing there is no role that could");
    let account = json!({"id": SHADOW, "name": "shadow", "environment": "staging", "owner": "shop@example.com", "regions": [REGION], "tags": {"purpose": purpose}, "autonomy": "shadow"});
    let answer = w.call("PUT", "/v1/accounts", "erin", &json!({"accounts": [account]}).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn in_shadow_mode_the_fleet_says_what_it_would_have_done_and_does_nothing() {
    let w = world();
    shadow(w, "shadow").await;
    for operation in operations() {
        let one = Resource::make(w, operation, SHADOW, "shadow").await;
        let since = cloudtrail::now();
        for (zh, said) in [(false, "the fleet only says what it would have done"), (true, "影子模式：只说明将会做什么，不执行")]
        {
            let answer = w.chat("alice", one.sentence(zh));
            assert_eq!((answer.status, answer.error()), (200, "Plan.Denied"), "{answer:?}");
            assert!(answer.text().contains(said) && answer.text().contains(operation), "{}", answer.text());
            assert_eq!(w.state(&answer.plan()), "denied");
            assert!(w.history(&answer.plan()).await.is_empty());
        }
        assert_eq!(one.look(w).await, one.before);
        assert_eq!(cloudtrail::writes(w, SHADOW, &one.id, since).await, [""; 0]);
    }
}

#[tokio::test]
async fn alone_the_daily_cap_of_an_account_holds() {
    let w = world();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(Resource::make(w, "ec2.start_instances", STAGING, "staging").await);
    }
    // The first change of the day makes the count.
    w.wait(&w.ask("alice", &made[0].en), &["succeeded"]).await;
    let function = w.lambda(HUB).get_function_configuration().function_name("aiops-execute-operation").send().await.unwrap();
    let cap: u32 = function.environment().unwrap().variables().unwrap()["DAILY_CAP"].parse().unwrap();
    let before = set_changes_today(w, STAGING, cap - 1).await;
    let (last, beyond) = (made[1].clone(), made[2].clone());
    restoring(
        async move {
            let w = world();
            w.wait(&w.ask("alice", &last.en), &["succeeded"]).await;
            let since = cloudtrail::now();
            let plan = w.ask("alice", &beyond.en);
            let end = w.wait(&plan, &["denied", "succeeded", "failed"]).await;
            assert_eq!((&end["state"], &end["rule"]), (&json!("denied"), &json!("belt.daily_cap")), "{end:#}");
            assert_eq!(cloudtrail::writes(w, STAGING, &beyond.id, since).await, [""; 0]);
        },
        async {
            set_changes_today(w, STAGING, before + 1).await;
        },
    )
    .await;
}

/// Sets how many changes the ledger has counted today in an account, and answers how many they were.
async fn set_changes_today(w: &World, account: &str, changes: u32) -> u32 {
    use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
    let key = |v: String| AttributeValue::S(v);
    let call = w.dynamodb().update_item().table_name(w.hub("LedgerTableName")).key("pk", key(format!("BELT#{account}#{}", today())));
    let call = call.key("sk", key("COUNT".into())).condition_expression("attribute_exists(changes)").update_expression("SET changes = :n");
    let call = call.expression_attribute_values(":n", AttributeValue::N(changes.to_string())).return_values(ReturnValue::UpdatedOld);
    call.send().await.unwrap().attributes().unwrap()["changes"].as_n().unwrap().parse().unwrap()
}

/// The UTC day as the ledger writes it.
fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    domain::EpochMs(i64::try_from(now.as_millis()).unwrap()).to_rfc3339()[..10].to_owned()
}

#[tokio::test]
async fn alone_the_member_roles_use_exactly_what_is_recorded() {
    let w = world();
    let since = cloudtrail::now();
    for operation in operations() {
        let one = Resource::make(w, operation, DEV, "dev").await;
        if operation == "ec2.stop_instances" {
            // The health of targets is read where there are any.
            target_group(w, DEV, &[&one.id, &w.instance(DEV).await]).await;
        }
        let plan = w.ask("alice", &one.en);
        w.wait(&plan, &["succeeded"]).await;
        if one.has_undo {
            assert_eq!(w.post(&format!("/v1/plans/{plan}/undo"), "alice", &json!({})).status, 200);
            w.wait(&plan, &["undone"]).await;
        }
    }
    let calls = cloudtrail::calls_of_sessions(w, DEV, since).await;
    let mut by_key: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in &calls {
        by_key.entry(call.key.clone()).or_default().insert(call.action.clone());
    }
    let writers: BTreeSet<&String> = calls.iter().filter(|c| c.write).map(|c| &c.key).collect();
    // A session that writes does nothing else, and one kind of thing.
    for key in &writers {
        assert_eq!(by_key[*key].len(), 1, "{:?}", by_key[*key]);
    }
    // This stack names S3 and Lambda events by method only (no event tells GetBucketAcl from GetBucketPolicy), and records no event
    // for what a service does on behalf of the caller (lambda:ListTags).
    let words = |action: &str| match action {
        "s3:PutBucketPublicAccessBlock" => vec!["s3:PUT bucket".to_owned(), "s3:DELETE bucket".to_owned()],
        "lambda:PutFunctionConcurrency" => vec!["lambda:PUT function".to_owned()],
        "lambda:DeleteFunctionConcurrency" => vec!["lambda:DELETE function".to_owned()],
        "lambda:ListTags" => vec![],
        s3 if s3.starts_with("s3:Get") => vec!["s3:GET bucket".to_owned()],
        other => vec![other.to_owned()],
    };
    let recorded = |actions: BTreeSet<&'static str>| -> BTreeSet<String> { actions.into_iter().flat_map(words).collect() };
    let used = |write: bool| -> BTreeSet<String> { calls.iter().filter(|c| c.write == write).map(|c| c.action.clone()).collect() };
    assert_eq!(used(true), recorded(operations::write_permissions()));
    assert_eq!(used(false), recorded(operations::read_permissions()));
}

/// What a function's role grants for what the Lambda service does on the function's behalf: no call of the function itself.
const BY_THE_SERVICE: [&str; 10] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
];

/// What parse-intent's role grants for a model. Models are off in this fleet but while `models::alone_models…` runs, which uses them.
const FOR_A_MODEL: [(&str, &str); 3] =
    [("parse-intent", "bedrock:InvokeModel"), ("parse-intent", "dynamodb:UpdateItem"), ("parse-intent", "dynamodb:PutItem")];

/// What record-scan's role grants to join an answer that came in pieces, which accounts of tests are not always large enough for.
const FOR_PIECES: [(&str, &str); 2] = [("record-scan", "s3:GetObject"), ("record-scan", "s3:ListBucket")];

/// Takes every way through the hub once, with a stop in force that concerns none of it.
async fn tour(administrator: &str) {
    let w = world();
    shadow(w, &unique()).await;
    // A look at once; scans and incidents have their own tests before.
    let looked = w.chat("alice", "list ec2 in dev");
    assert_eq!((looked.status, looked.error()), (200, ""), "{looked:?}");
    let why = w.chat("alice", "why may I not run ec2.stop_instances in prod?");
    assert!(why.status == 200 && why.text().contains("R2 in prod"), "{why:?}");
    let scope = json!({"operation": "sqs.redrive_dlq"});
    assert_eq!(w.post("/v1/stop", "erin", &json!({"scope": scope, "reason": "e2e"})).status, 200);
    // Alone, taken back twice at once.
    let one = Resource::make(w, "ec2.stop_instances", DEV, "dev").await;
    let plan = w.ask("alice", &one.en);
    w.wait(&plan, &["succeeded"]).await;
    let undo = || w.post(&format!("/v1/plans/{plan}/undo"), "alice", &json!({}));
    assert_eq!(undo().status, 200);
    let _ = undo();
    w.wait(&plan, &["undone"]).await;
    // By approval, its workflow lost and started again, taken back.
    let (_, plan) = w.waiting("alice").await;
    let execution = w.hub("ChangeStateMachineArn").replacen(":stateMachine:", ":execution:", 1);
    w.sfn().stop_execution().execution_arn(format!("{execution}:{plan}-execute-1")).send().await.unwrap();
    assert!(!w.invoke("resume-plans", &json!({})).await.1);
    assert_eq!(w.approve("bob", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
    assert_eq!(w.post(&format!("/v1/plans/{plan}/undo"), "alice", &json!({})).status, 200);
    w.wait(&plan, &["undone"]).await;
    // A question for a cause, and the same again.
    for _ in 0..2 {
        let answer = w.chat("alice", &format!("why is arn:aws:lambda:{REGION}:{DEV}:function:tour slow in dev?"));
        assert_eq!((answer.status, answer.error()), (200, ""), "{answer:?}");
    }
    for text in ["help", "use account dev", "plans", "approvals", "verify audit"] {
        assert_eq!(w.chat("alice", text).status, 200);
    }
    assert_eq!(w.post("/v1/rules/explain", "alice", &json!({"operation": "ec2.stop_instances", "account": "prod"})).status, 200);
    for path in
        ["/v1/plans", "/v1/plans?state=succeeded", "/v1/approvals", "/v1/accounts", "/v1/whoami", "/v1/audit/chains", "/v1/audit/seals"]
    {
        assert_eq!(w.get(path, "dave").status, 200);
    }
    for person in ["erin", administrator] {
        assert_eq!(w.post("/v1/release", person, &json!({"scope": scope})).status, 200);
    }
}

/// Looks at everything that was recorded since the stack began, the other tests included.
#[tokio::test]
async fn alone_zz_every_granted_action_of_the_hub_is_used_by_its_function() {
    let w = world();
    let administrator = w.new_person(&["administrator"]).await;
    let second = administrator.clone();
    restoring(async move { tour(&second).await }, async {
        // Where the tour ended early the stop is still in force.
        for person in ["erin", &administrator] {
            drop(w.post("/v1/release", person, &json!({"scope": {"operation": "sqs.redrive_dlq"}})));
        }
        w.remove_person(&administrator).await;
    })
    .await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let (worlds, mut faults) = (worlds(), Vec::new());
    for name in crate::privilege::functions() {
        let file = folder.join(&name).join("policy.json");
        let policy: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let used = used_by(&worlds, &name).await;
        for statement in policy["Statement"].as_array().unwrap().iter().filter(|s| s["Effect"] == "Allow") {
            for action in statement["Action"].as_array().unwrap().iter().filter_map(Value::as_str) {
                let at_times = FOR_A_MODEL.iter().chain(&FOR_PIECES).any(|known| *known == (name.as_str(), action));
                if !used.contains(action) && !BY_THE_SERVICE.contains(&action) && !at_times {
                    faults.push(format!("{name}: {action}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "granted and never used:\n{}", faults.join("\n"));
}

/// The access keys of a hub function: its state machine calls a published version, everybody else the newest.
async fn keys_of(w: &World, name: &str) -> Vec<String> {
    credentials_of(w, name).await.iter().map(|c| c.access_key_id().to_owned()).collect()
}

/// The credentials with which the processes of a hub function run.
pub async fn credentials_of(w: &World, name: &str) -> Vec<aws_credential_types::Credentials> {
    let role = format!("arn:aws:iam::{HUB}:role/aiops-{name}");
    let versions = w.lambda(HUB).list_versions_by_function().function_name(format!("aiops-{name}")).send().await.unwrap();
    let mut found = Vec::new();
    for version in versions.versions() {
        // The local stack makes a function's credentials from these two names; whether it does is asked of STS.
        let digest = Digest::of_bytes(format!("{}:{role}", version.function_arn().unwrap()).as_bytes()).to_string();
        let key = format!("ASIA{}", digest[..16].to_uppercase());
        let secret = |what: &str| Digest::of_bytes(format!("{what}:{digest}").as_bytes()).to_string();
        let credentials = aws_credential_types::Credentials::new(&key, secret("secret"), Some(secret("token")), None, "witness");
        let config = aws_sdk_sts::config::Builder::from(&w.root(HUB)).credentials_provider(credentials.clone()).build();
        if let Ok(who) = aws_sdk_sts::Client::from_conf(config).get_caller_identity().send().await {
            assert!(who.arn().unwrap().contains(&format!("assumed-role/aiops-{name}/")), "{who:?}");
            found.push(credentials);
        }
    }
    found
}

/// IAM actions that a hub function used, in whichever fleet, by the calls of its access keys.
async fn used_by(worlds: &[World], name: &str) -> BTreeSet<String> {
    let (mut ran, mut calls) = (false, BTreeMap::<(String, String), Vec<Value>>::new());
    for w in worlds {
        for key in &keys_of(w, name).await {
            ran = true;
            for (action, parameters) in cloudtrail::hub_calls(w, key).await {
                calls.entry(action).or_default().extend(parameters);
            }
        }
    }
    assert!(ran, "{name} has never run");
    let mut used = BTreeSet::new();
    for ((service, action), parameters) in calls {
        match (service.as_str(), action.as_str()) {
            ("dynamodb", "TransactWriteItems") => {
                for item in parameters.iter().flat_map(|p| p["TransactItems"].as_array().cloned().unwrap_or_default()) {
                    let kind = item.as_object().unwrap().keys().next().unwrap().clone();
                    let kind = match kind.as_str() {
                        "Put" => "PutItem",
                        "Update" => "UpdateItem",
                        "Delete" => "DeleteItem",
                        "ConditionCheck" => "ConditionCheckItem",
                        other => panic!("{other}"),
                    };
                    used.insert(format!("dynamodb:{kind}"));
                }
            }
            // The one action whose event is named otherwise, in AWS as well.
            ("lambda", "Invoke") => {
                used.insert("lambda:InvokeFunction".to_owned());
            }
            ("sts", "AssumeRole") => {
                used.insert("sts:AssumeRole".to_owned());
                if parameters.iter().any(|p| p.as_object().is_some_and(|p| p.keys().any(|k| k.starts_with("Tags.")))) {
                    used.insert("sts:TagSession".to_owned());
                }
            }
            // Without the right to list, S3 answers 403 for an object that is not there, and "no seal yet" would be an error.
            ("s3", "GetObject") => used.extend(["s3:GetObject", "s3:ListBucket"].map(str::to_owned)),
            // An object is written with its lock in one call, which needs both rights.
            ("s3", "PutObject") => used.extend(["s3:PutObject", "s3:PutObjectRetention"].map(str::to_owned)),
            _ => drop(used.insert(format!("{service}:{action}"))),
        }
    }
    used
}
