//! What the roles may do: our evaluator against the stack's own, and stolen credentials tried against it.

use std::collections::BTreeSet;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::types::AttributeValue;
use iam::{
    Context, Decision, Doubt, Policy, Principal,
    escalation::{Fleet, Path},
    template::Role,
};
use serde_json::{Value, json};

use crate::world::*;

fn iam_of(w: &World, account: &str) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&w.root(account))
}

/// Names of every function of the hub: each runs with a role of its own, which its policy.json describes. What runs in a
/// member has its role in the member's template.
pub fn functions() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let all = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    let hub = all.filter(|e| e.path().join("policy.json").is_file());
    let mut names: Vec<String> = hub.map(|e| e.file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 23, "{names:?}");
    names
}

/// Every role of the two templates as it was deployed: account and name.
fn roles() -> Vec<(&'static str, String)> {
    let machines = ["converse", "change", "investigate", "scan", "scan-schedule", "sweep-schedule", "seal-schedule"].map(str::to_owned);
    let hub = functions().into_iter().chain(machines).map(|name| (HUB, format!("aiops-{name}")));
    let members = [DEV, STAGING, PROD].into_iter().flat_map(|a| ["aiops-read", "aiops-operate"].map(|name| (a, name.to_owned())));
    hub.chain(members).collect()
}

/// The inline policies of a role as they were deployed.
async fn deployed(w: &World, account: &str, role: &str) -> Vec<Value> {
    let client = iam_of(w, account);
    let names = client.list_role_policies().role_name(role).send().await.unwrap();
    let mut policies = Vec::new();
    for name in names.policy_names() {
        let policy = client.get_role_policy().role_name(role).policy_name(name).send().await.unwrap();
        let text = percent(policy.policy_document());
        policies.push(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{role}: {e}: {text}")));
    }
    policies
}

/// A document as IAM hands it out: percent-encoded, or not.
fn percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'%')
            .then(|| tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok()))
            .flatten();
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The boundary of a role as it was deployed.
async fn boundary(w: &World, account: &str, role: &str) -> Option<Value> {
    let client = iam_of(w, account);
    let seen = client.get_role().role_name(role).send().await.unwrap();
    let arn = seen.role()?.permissions_boundary()?.permissions_boundary_arn()?.to_owned();
    let version = client.get_policy().policy_arn(&arn).send().await.unwrap().policy()?.default_version_id()?.to_owned();
    let document = client.get_policy_version().policy_arn(&arn).version_id(version).send().await.unwrap();
    Some(serde_json::from_str(&percent(document.policy_version()?.document()?)).unwrap())
}

async fn simulated(w: &World, policies: &[Value], action: &str, resource: &str) -> String {
    let call = iam_of(w, HUB).simulate_custom_policy().action_names(action).resource_arns(resource);
    let call = policies.iter().fold(call, |call, policy| call.policy_input_list(policy.to_string()));
    let answer = call.send().await.unwrap();
    answer.evaluation_results()[0].eval_decision().as_str().to_owned()
}

fn ours(policies: &[Value], action: &str, resource: &str) -> &'static str {
    let identity = policies.iter().map(|p| Policy::of(p).unwrap()).collect();
    let role = Principal { identity, ..Principal::default() };
    match role.decide(action, resource, &Context::closed(), Doubt::Denies) {
        Decision::Allowed => "allowed",
        Decision::ExplicitlyDenied => "explicitDeny",
        Decision::NotAllowed => "implicitDeny",
    }
}

#[tokio::test]
async fn our_evaluator_and_the_stacks_agree_on_every_element_of_a_policy() {
    let w = world();
    let one = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]});
    let all = one(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let sets = [
        vec![one(json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a*/k?"}))],
        vec![one(json!({"Effect": "Allow", "NotAction": ["iam:*", "sts:Assume*"], "Resource": "*"}))],
        vec![one(json!({"Effect": "Allow", "Action": ["s3:*", "iam:PassRole"], "NotResource": "arn:aws:s3:::a/*"}))],
        vec![all.clone(), one(json!({"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}))],
        vec![all.clone(), one(json!({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::a/k1"}))],
        vec![all.clone(), one(json!({"Effect": "Deny", "Action": "S3:getobject", "Resource": "arn:aws:s3:::*"}))],
        vec![one(
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}}),
        )],
        vec![one(
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "x"}}}),
        )],
        vec![one(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalTag/team": "true"}}}))],
        vec![one(
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEqualsIfExists": {"aws:PrincipalTag/team": "x"}}}),
        )],
    ];
    let mut seen = BTreeSet::new();
    for policies in &sets {
        for action in ["s3:GetObject", "s3:GetBucketAcl", "s3:PutObject", "iam:PassRole", "sts:AssumeRole", "ec2:RunInstances"] {
            for resource in ["*", "arn:aws:s3:::a/k1", "arn:aws:s3:::ab/k2", "arn:aws:s3:::b/k", "arn:aws:iam::111111111111:role/admin"] {
                let (stack, own) = (simulated(w, policies, action, resource).await, ours(policies, action, resource));
                assert_eq!(stack, own, "{action} on {resource}: {policies:?}");
                seen.insert(own);
            }
        }
    }
    assert_eq!(seen.len(), 3, "every verdict occurred");
}

#[tokio::test]
async fn our_evaluator_and_the_stacks_agree_on_every_deployed_role() {
    let w = world();
    let mut compared = 0;
    for (account, role) in &roles() {
        let policies = deployed(w, account, role).await;
        assert!(!policies.is_empty(), "{role} has no policy");
        let mut requests: BTreeSet<(String, String)> = BTreeSet::new();
        for statement in policies.iter().flat_map(|p| p["Statement"].as_array().unwrap()) {
            // Keys of conditions that a simulation does not set are not what is compared here.
            if statement.get("Condition").is_some_and(|c| !c.is_null()) {
                continue;
            }
            let list = |name: &str| match &statement[name] {
                Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                one => one.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
            };
            for action in list("Action").into_iter().chain(["iam:PassRole", "sts:AssumeRole", "iam:CreateAccessKey"].map(str::to_owned)) {
                requests.extend(list("Resource").into_iter().map(|r| (action.clone(), r.replace('*', "x"))));
                requests.insert((action, "arn:aws:iam::111111111111:role/admin".to_owned()));
            }
        }
        for (action, resource) in requests {
            let conditional = policies
                .iter()
                .flat_map(|p| p["Statement"].as_array().unwrap())
                .any(|s| s.get("Condition").is_some_and(|c| !c.is_null()) && s["Action"].to_string().contains(&format!("\"{action}\"")));
            if !conditional {
                assert_eq!(
                    simulated(w, &policies, &action, &resource).await,
                    ours(&policies, &action, &resource),
                    "{role}: {action} on {resource}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 200, "only {compared} requests were compared");
}

/// Ways to more rights that are known since long, in words of our own; the whole published list is taken where it lies beside.
const WAYS: [&[&str]; 24] = [
    &["iam:CreatePolicyVersion"],
    &["iam:SetDefaultPolicyVersion"],
    &["iam:CreateAccessKey"],
    &["iam:CreateLoginProfile"],
    &["iam:UpdateLoginProfile"],
    &["iam:AttachUserPolicy"],
    &["iam:AttachRolePolicy"],
    &["iam:AttachGroupPolicy"],
    &["iam:PutUserPolicy"],
    &["iam:PutRolePolicy"],
    &["iam:PutGroupPolicy"],
    &["iam:AddUserToGroup"],
    &["iam:UpdateAssumeRolePolicy"],
    &["iam:DeleteRolePermissionsBoundary"],
    &["iam:PassRole", "ec2:RunInstances"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    &["iam:PassRole", "cloudformation:CreateStack"],
    &["iam:PassRole", "ecs:RunTask"],
    &["iam:PassRole", "glue:CreateDevEndpoint"],
    &["lambda:UpdateFunctionCode"],
    &["lambda:AddPermission"],
    &["ssm:SendCommand"],
    &["ssm:StartSession"],
    &["sts:AssumeRole"],
];

/// The published list of ways (65 in November 2026), where it lies beside the repository.
fn published() -> Vec<Path> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/iam/privesc_paths.json");
    std::fs::read_to_string(file).map(|text| Path::read(&text).unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn no_deployed_role_can_take_a_known_way_to_more_rights() {
    let w = world();
    let mut deployed_roles = Vec::new();
    for (account, role) in roles() {
        let client = iam_of(w, account);
        let seen = client.get_role().role_name(&role).send().await.unwrap();
        let trust = percent(seen.role().unwrap().assume_role_policy_document().unwrap());
        let documents = deployed(w, account, &role).await;
        let attached = client.list_attached_role_policies().role_name(&role).send().await.unwrap();
        assert!(attached.attached_policies().is_empty(), "{role} has attached policies");
        let limit = boundary(w, account, &role).await;
        let of_a_function = account != HUB || functions().iter().any(|f| role == format!("aiops-{f}"));
        assert_eq!(limit.is_some(), of_a_function, "the boundary of {role}");
        let principal = Principal {
            identity: documents.iter().map(|p| Policy::of(p).unwrap()).collect(),
            boundary: limit.as_ref().map(|b| Policy::of(b).unwrap()),
            ..Principal::default()
        };
        deployed_roles.push(Role {
            id: role.clone(),
            arn: seen.role().unwrap().arn().to_owned(),
            trust: Policy::of(&serde_json::from_str::<Value>(&trust).unwrap()).unwrap(),
            principal,
            documents,
        });
    }
    // The roles of accounts that scan themselves, which this fleet has only while a test of its own runs: as their template makes them.
    let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/member-events.yaml")).unwrap();
    let parameters = [("HubAccountId", HUB), ("ExternalId", "e2e-external-id-0000"), ("CodeBucket", "code"), ("CodePrefix", "x")];
    let place = iam::template::Place {
        partition: "aws".into(),
        region: REGION.into(),
        account: DEV.into(),
        parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    };
    deployed_roles.extend(iam::template::roles(&iam::yaml::parse(&text).unwrap(), &place).unwrap());
    let own = WAYS.iter().map(|required| Path { id: required.join("+"), required: required.iter().map(|a| (*a).to_owned()).collect() });
    let ways: Vec<Path> = own.chain(published()).collect();
    let count = deployed_roles.len();
    let fleet = Fleet::new(deployed_roles.clone());
    assert_eq!(fleet.open(&ways), [], "of {} ways and {count} roles", ways.len());
    // The two that write reach the members; the control: a role with one right more is found.
    let writers = fleet.roles().iter().filter(|r| fleet.reach(r).iter().skip(1).any(|t| t.arn.ends_with("-operate")));
    let writers: BTreeSet<&str> = writers.map(|r| r.arn.rsplit('/').next().unwrap()).collect();
    assert_eq!(writers, BTreeSet::from(["aiops-execute-operation", "aiops-undo-operation"]));
    for way in &ways {
        let mut more = deployed_roles.clone();
        let machine = more.iter_mut().find(|r| r.id == "aiops-converse").unwrap();
        machine.principal.identity.push(Policy::allowing(&way.required));
        let found = Fleet::new(more).open(std::slice::from_ref(way));
        assert!(found.iter().any(|open| open.role.ends_with("aiops-converse")), "{} is not found open", way.id);
    }
}

/// A role of the test's own, with every right, inside the functions' boundary or not.
async fn with_every_right(w: &World, name: &str, boundary: Option<&str>) -> SdkConfig {
    let iam = iam_of(w, HUB);
    let one = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let trust =
        one(json!({"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{HUB}:user/{name}")}, "Action": "sts:AssumeRole"}));
    let make = iam.create_role().role_name(name).assume_role_policy_document(trust);
    make.set_permissions_boundary(boundary.map(|b| format!("arn:aws:iam::{HUB}:policy/{b}"))).send().await.unwrap();
    let all = one(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    iam.put_role_policy().role_name(name).policy_name("all").policy_document(all).send().await.unwrap();
    iam.create_user().user_name(name).send().await.unwrap();
    let assume = one(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}));
    iam.put_user_policy().user_name(name).policy_name("assume").policy_document(assume).send().await.unwrap();
    let key = iam.create_access_key().user_name(name).send().await.unwrap();
    let key = key.access_key().unwrap();
    let user = acting(w, Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "test"));
    let got = aws_sdk_sts::Client::new(&user).assume_role().role_arn(format!("arn:aws:iam::{HUB}:role/{name}")).role_session_name("test");
    let got = got.send().await.unwrap();
    acting(w, session(got.credentials().unwrap()))
}

fn session(got: &aws_sdk_sts::types::Credentials) -> Credentials {
    Credentials::new(got.access_key_id(), got.secret_access_key(), Some(got.session_token().to_owned()), None, "stolen")
}

async fn remove_role(w: &World, name: &str) {
    let iam = iam_of(w, HUB);
    let keys = iam.list_access_keys().user_name(name).send().await.unwrap();
    for key in keys.access_key_metadata() {
        iam.delete_access_key().user_name(name).access_key_id(key.access_key_id().unwrap()).send().await.unwrap();
    }
    iam.delete_user_policy().user_name(name).policy_name("assume").send().await.unwrap();
    iam.delete_user().user_name(name).send().await.unwrap();
    iam.delete_role_policy().role_name(name).policy_name("all").send().await.unwrap();
    iam.delete_role().role_name(name).send().await.unwrap();
}

#[tokio::test]
async fn whatever_is_attached_to_a_functions_role_its_boundary_keeps_it_from_roles_records_trail_and_code() {
    let w = world();
    let audit = w.hub("AuditTableName");
    for function in functions() {
        let seen = iam_of(w, HUB).get_role().role_name(format!("aiops-{function}")).send().await.unwrap();
        let limit = seen.role().and_then(|r| r.permissions_boundary()).and_then(|b| b.permissions_boundary_arn()).map(str::to_owned);
        assert_eq!(limit.as_deref(), Some(format!("arn:aws:iam::{HUB}:policy/aiops-function-boundary").as_str()), "{function}");
    }
    for inside in [true, false] {
        let name = crate::resources::short();
        let all = with_every_right(w, &name, inside.then_some("aiops-function-boundary")).await;
        let (iam, dynamodb) = (aws_sdk_iam::Client::new(&all), aws_sdk_dynamodb::Client::new(&all));
        let (lambda, trail) = (aws_sdk_lambda::Client::new(&all), aws_sdk_cloudtrail::Client::new(&all));
        let absent = std::collections::HashMap::from([
            ("chain".to_owned(), AttributeValue::S("nothing".into())),
            ("seq".to_owned(), AttributeValue::N("1".into())),
        ]);
        let tried = [
            ("a user", code(iam.create_user().user_name(format!("{name}-thief")).send().await)),
            ("own boundary", code(iam.delete_role_permissions_boundary().role_name(&name).send().await)),
            ("a record", code(dynamodb.delete_item().table_name(&audit).set_key(Some(absent)).send().await)),
            ("a trail", code(trail.stop_logging().name("none").send().await)),
            ("code", code(lambda.delete_function().function_name(format!("{name}-none")).send().await)),
        ];
        for (what, code) in &tried {
            assert_eq!(is_denied(code), inside, "{what} is `{code}`");
        }
        // What functions need is let through.
        let get = dynamodb.get_item().table_name(&audit).key("chain", AttributeValue::S("hub".into()));
        assert_eq!(code(get.key("seq", AttributeValue::N("1".into())).send().await), "done");
        if !inside {
            iam_of(w, HUB).delete_user().user_name(format!("{name}-thief")).send().await.unwrap();
        }
        remove_role(w, &name).await;
    }
}

/// The fleet as seen by a thief of a function's credentials.
pub async fn stolen(w: &World, function: &str) -> SdkConfig {
    // A function that was never called has no credentials.
    w.invoke(function, &json!({"theft": true})).await;
    let found = crate::laws::credentials_of(w, function).await;
    let credentials = found.into_iter().next().unwrap_or_else(|| panic!("`{function}` has never run"));
    acting(w, credentials)
}

fn acting(w: &World, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(&w.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build()
}

/// What a call came to: `done`, or the error's code.
pub fn code<T, E: aws_sdk_iam::error::ProvideErrorMetadata, R>(answer: Result<T, aws_sdk_iam::error::SdkError<E, R>>) -> String {
    match answer {
        Ok(_) => "done".to_owned(),
        Err(error) => error.as_service_error().and_then(|e| e.code()).unwrap_or("no answer").to_owned(),
    }
}

pub fn is_denied(code: &str) -> bool {
    code.starts_with("AccessDenied") || code == "UnauthorizedOperation"
}

#[tokio::test]
async fn a_stolen_credential_does_only_what_its_function_does() {
    let w = world();
    let victim = w.instance(PROD).await;
    for function in functions() {
        let function = function.as_str();
        let thief = stolen(w, function).await;
        let who = aws_sdk_sts::Client::new(&thief).get_caller_identity().send().await.unwrap();
        assert!(who.arn().unwrap().contains(&format!("assumed-role/aiops-{function}/")), "the credentials are the function's: {who:?}");
        let (iam, dynamodb) = (aws_sdk_iam::Client::new(&thief), aws_sdk_dynamodb::Client::new(&thief));
        let (lambda, sts) = (aws_sdk_lambda::Client::new(&thief), aws_sdk_sts::Client::new(&thief));
        let admin = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string();

        // More rights.
        let mut denied = vec![
            (
                "own policy",
                code(iam.put_role_policy().role_name(format!("aiops-{function}")).policy_name("x").policy_document(&admin).send().await),
            ),
            ("a key", code(iam.create_access_key().user_name("anybody").send().await)),
            ("a user", code(iam.create_user().user_name("thief").send().await)),
            ("trust", code(iam.update_assume_role_policy().role_name("aiops-record-approval").policy_document(&admin).send().await)),
            (
                "other code",
                code(lambda.update_function_code().function_name("aiops-execute-operation").s3_bucket("b").s3_key("k").send().await),
            ),
            ("another function", code(lambda.invoke().function_name("aiops-record-approval").payload(b"{}".to_vec().into()).send().await)),
            (
                "a stranger's role",
                code(sts.assume_role().role_arn("arn:aws:iam::444444444444:role/Admin").role_session_name("x").send().await),
            ),
        ];
        // The past.
        let row = |name: &str, value: AttributeValue| (name.to_owned(), value);
        let record =
            std::collections::HashMap::from([row("chain", AttributeValue::S("hub".into())), row("seq", AttributeValue::N("1".into()))]);
        let audit = w.hub("AuditTableName");
        denied.push(("delete a record", code(dynamodb.delete_item().table_name(&audit).set_key(Some(record.clone())).send().await)));
        let update = dynamodb.update_item().table_name(&audit).set_key(Some(record)).update_expression("SET forged = :x");
        denied.push(("change a record", code(update.expression_attribute_values(":x", AttributeValue::Bool(true)).send().await)));
        denied.push(("drop the table", code(dynamodb.delete_table().table_name(&audit).send().await)));
        // The members: by the hub's own credentials nothing, by the operate role two functions only.
        denied.push(("the hub's instances", code(aws_sdk_ec2::Client::new(&thief).stop_instances().instance_ids(&victim).send().await)));
        let private: Value = serde_json::from_str(&std::fs::read_to_string(w.dir.join("private.json")).unwrap()).unwrap();
        let operate = sts.assume_role().role_arn(format!("arn:aws:iam::{PROD}:role/aiops-operate")).role_session_name("thief");
        let operate = operate.external_id(private["external_id"].as_str().unwrap());
        let operate = code(operate.set_tags(Some(vec![tag("aiops:people", "thief"), tag("aiops:plan", "none")])).send().await);
        // The locked bucket: only seal-audit puts, nobody takes away.
        let (s3, bucket) = (aws_sdk_s3::Client::from_conf(path_style(&thief)), w.hub("AuditBucketName"));
        let until = aws_sdk_s3::primitives::DateTime::from_secs(4_000_000_000);
        let lock = |call: aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder| {
            call.object_lock_mode(aws_sdk_s3::types::ObjectLockMode::Governance).object_lock_retain_until_date(until)
        };
        let put = s3.put_object().bucket(&bucket).key(format!("e2e/{}", unique())).body(b"x".to_vec().into());
        let put = code(lock(put).send().await);
        denied.push(("delete a copy", code(s3.delete_object().bucket(&bucket).key("seals/00000001.json").send().await)));
        denied.push(("delete the bucket", code(s3.delete_bucket().bucket(&bucket).send().await)));
        // Who signs approvals, and who signs seals.
        let kms = aws_sdk_kms::Client::new(&thief);
        let mut signs = Vec::new();
        for key in ["ApprovalKeyArn", "SealKeyArn"] {
            let sign = kms.sign().key_id(w.hub(key)).message(b"digest".to_vec().into());
            signs.push(code(sign.signing_algorithm(aws_sdk_kms::types::SigningAlgorithmSpec::EcdsaSha256).send().await));
        }

        for (what, code) in &denied {
            assert!(is_denied(code), "{function}: {what} is `{code}`");
        }
        let writers = ["execute-operation", "undo-operation"];
        assert_eq!(operate == "done", writers.contains(&function), "{function} and the operate role: {operate}");
        assert!(operate == "done" || is_denied(&operate), "{function}: {operate}");
        for (code, owner) in [(&signs[0], "record-approval"), (&signs[1], "seal-audit"), (&put, "seal-audit")] {
            assert_eq!(code == "done", function == owner, "{function} and what is {owner}'s: {code}");
            assert!(code == "done" || is_denied(code), "{function}: {code}");
        }
    }
    assert_eq!(w.instance_state(PROD, &victim).await, "running");
}

pub fn path_style(config: &SdkConfig) -> aws_sdk_s3::Config {
    aws_sdk_s3::config::Builder::from(config).force_path_style(true).build()
}

fn tag(key: &str, value: &str) -> aws_sdk_sts::types::Tag {
    aws_sdk_sts::types::Tag::builder().key(key).value(value).build().unwrap()
}

#[tokio::test]
async fn the_operate_role_reaches_neither_roles_nor_trail_nor_tables() {
    let w = world();
    let thief = stolen(w, "execute-operation").await;
    let private: Value = serde_json::from_str(&std::fs::read_to_string(w.dir.join("private.json")).unwrap()).unwrap();
    let call = aws_sdk_sts::Client::new(&thief).assume_role().role_arn(format!("arn:aws:iam::{PROD}:role/aiops-operate"));
    let call = call.role_session_name("thief").external_id(private["external_id"].as_str().unwrap());
    let got = call.set_tags(Some(vec![tag("aiops:people", "thief"), tag("aiops:plan", "none")])).send().await.unwrap();
    let member = acting(w, session(got.credentials().unwrap()));
    let (iam, trail) = (aws_sdk_iam::Client::new(&member), aws_sdk_cloudtrail::Client::new(&member));
    let (dynamodb, ec2) = (aws_sdk_dynamodb::Client::new(&member), aws_sdk_ec2::Client::new(&member));
    for (what, code) in [
        ("own boundary", code(iam.delete_role_permissions_boundary().role_name("aiops-operate").send().await)),
        ("own role", code(iam.delete_role().role_name("aiops-operate").send().await)),
        ("trail", code(trail.stop_logging().name("any").send().await)),
        ("trail", code(trail.delete_trail().name("any").send().await)),
        ("tables", code(dynamodb.delete_table().table_name("aiops-audit").send().await)),
        ("termination", code(ec2.terminate_instances().instance_ids("i-0123456789abcdef0").send().await)),
    ] {
        assert!(is_denied(&code), "{what} is `{code}`");
    }
    // The positive control, and what remains: within the catalogue a stolen write session works without a plan.
    let id = w.instance(PROD).await;
    assert_eq!(code(ec2.stop_instances().instance_ids(&id).send().await), "done");
}
