//! Permissions: generated where they can be, exact where they decide, known to AWS everywhere.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::collections::{BTreeMap, BTreeSet};

use contract::{
    FunctionPolicy, KnownActions, Repository, Template, bless,
    policy::{Effect, PLACEHOLDERS},
    repository::{FUNCTIONS, kebab},
    source,
};
use regex::Regex;
use serde_json::Value;

const LEDGER: &str = "${LedgerTableArn}";
const AUDIT: &str = "${AuditTableArn}";

fn policies() -> BTreeMap<&'static str, FunctionPolicy> {
    let repository = Repository::here();
    let read = |f: &'static str| FunctionPolicy::parse(f, &repository.read(&format!("functions/{f}/policy.json")).unwrap()).unwrap();
    FUNCTIONS.into_iter().map(|f| (f, read(f))).collect()
}

/// Functions that may do something, sorted.
fn who_may(action: &str, resource: &str, leading_key: Option<&str>) -> Vec<&'static str> {
    policies().into_iter().filter(|(_, p)| p.permits(action, resource, leading_key)).map(|(f, _)| f).collect()
}

#[test]
fn derived_files_are_as_bless_would_write_them() {
    let repository = Repository::here();
    let files = bless::expected(&repository).unwrap();
    for (path, text) in &files {
        assert!(repository.read(path).unwrap() == *text, "`{path}` has drifted: run `cargo run -p contract --bin bless`");
    }
    assert_eq!(bless::stale(&repository, &files).unwrap(), Vec::<String>::new());
}

#[test]
fn every_function_and_every_role_with_operations_has_a_generated_block() {
    let repository = Repository::here();
    let blocks = |path: &str| contract::blocks::names(&repository.read(path).unwrap());
    let own = FUNCTIONS.iter().map(|f| format!("from functions/{f}/policy.json"));
    let expected: BTreeSet<String> = own.chain([bless::BOUNDARY.to_owned()]).collect();
    assert_eq!(blocks("infra/hub.yaml").into_iter().collect::<BTreeSet<_>>(), expected);
    let read = "from shared/operations and shared/scanners: read";
    let operate = ["from shared/operations: operate", "from shared/operations: boundary"];
    let incidents = "from shared/incidents: read";
    assert_eq!(blocks("infra/member.yaml"), [read, incidents, read, incidents, operate[0], operate[1]]);
    assert_eq!(blocks("infra/member-events.yaml"), ["from shared/scanners: look"]);
}

fn actions_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if key == "Action" {
                    let list = inner.as_array().cloned().unwrap_or_else(|| vec![inner.clone()]);
                    found.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                actions_in(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| actions_in(item, found)),
        _ => {}
    }
}

#[test]
fn aws_knows_every_action_that_is_named_anywhere() {
    let repository = Repository::here();
    let known = KnownActions::stored(&repository).unwrap();
    let mut named = BTreeSet::new();
    for file in ["infra/hub.yaml", "infra/member.yaml", "infra/member-events.yaml"] {
        let value = contract::yaml::parse(&repository.read(file).unwrap()).unwrap();
        actions_in(&value, &mut named);
    }
    named.extend(policies().values().flat_map(|p| p.statements.iter().flat_map(|s| s.action.clone())));
    named.extend(scanners::read_permissions().into_iter().map(str::to_owned));
    named.extend(operations::read_permissions().into_iter().chain(operations::write_permissions()).map(str::to_owned));
    // `lambda:InvokeFunction` in a permission of the endpoint and `*` in a denial are no less actions.
    let unknown: Vec<String> = named.into_iter().filter(|a| a != "*" && !known.contains(a)).collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn no_function_is_given_a_wildcard_and_only_what_has_no_resource_is_given_everywhere() {
    let without_resources = ["dynamodb:ListStreams", "states:SendTaskSuccess"];
    for (function, policy) in policies() {
        for statement in policy.statements.iter().filter(|s| s.effect == Effect::Allow) {
            assert!(!statement.action.iter().any(|a| a.contains('*')), "{function}.{}", statement.sid);
            if statement.resource.iter().any(|r| r == "*") {
                assert!(statement.action.iter().all(|a| without_resources.contains(&a.as_str())), "{function}.{}", statement.sid);
            }
        }
    }
}

#[test]
fn every_placeholder_is_used_and_stands_for_something_in_the_template() {
    let used: BTreeSet<String> = policies().values().flat_map(FunctionPolicy::placeholders).collect();
    let known: BTreeSet<String> = PLACEHOLDERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(used, known);
}

#[test]
fn authority_has_one_writer_each() {
    for action in ["dynamodb:PutItem", "dynamodb:UpdateItem"] {
        assert_eq!(who_may(action, LEDGER, Some("APPROVAL#plan_01ARZ3NDEKTSV4RRFFQ69G5FAV")), ["record-approval"], "{action}");
        for partition in ["KILL#all", "APPROVAL#FACTOR", "APPROVAL#TYPED"] {
            assert_eq!(who_may(action, LEDGER, Some(partition)), ["record-approval"], "{action} {partition}");
        }
    }
    for partition in ["ACCT#prod", "ACCTS", "RULES#policies"] {
        assert_eq!(who_may("dynamodb:PutItem", LEDGER, Some(partition)), ["register-accounts"], "{partition}");
        assert_eq!(who_may("dynamodb:UpdateItem", LEDGER, Some(partition)), Vec::<&str>::new(), "{partition}");
    }
    // What was learnt: from the analysis, from what came of a change, and what people say of it.
    assert_eq!(who_may("dynamodb:PutItem", LEDGER, Some("PATTERNS")), ["analyze-root-cause", "record-approval", "verify-outcome"]);
    assert_eq!(who_may("kms:Sign", "${ApprovalKeyArn}", None), ["record-approval"]);
    assert_eq!(who_may("kms:Sign", "${SealKeyArn}", None), ["seal-audit"]);
    for action in ["s3:PutObject", "s3:PutObjectRetention"] {
        assert_eq!(who_may(action, "${AuditObjectsArn}", None), ["seal-audit"], "{action}");
    }
    for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"] {
        assert_eq!(who_may(action, "${AuditObjectsArn}", None), Vec::<&str>::new(), "{action}");
    }
    assert_eq!(who_may("kms:Encrypt", "${TokenKeyArn}", None), ["record-approval", "request-approval"]);
    assert_eq!(who_may("kms:Decrypt", "${TokenKeyArn}", None), ["record-approval"]);
    assert_eq!(who_may("sns:Publish", "${NotifyTopicArn}", None), ["notify"]);
}

#[test]
fn every_partition_of_the_ledger_is_known_here() {
    // A new kind of item needs a decision about who may write it.
    let keys = Repository::here().read("shared/ledger/src/keys.rs").unwrap();
    let prefix = Regex::new(r"^([A-Z_]+)(#.*)?$").unwrap();
    let found: BTreeSet<String> = source::texts(&keys).into_iter().filter_map(|t| prefix.captures(&t).map(|c| c[1].to_owned())).collect();
    let partitions = [
        "ACCT", "ACCTS", "APPROVAL", "BELT", "COOL", "FINGER", "HEAD", "INC", "KILL", "OUTBOX", "PATTERNS", "PLAN", "REQ", "RULES", "SCAN",
        "SESSION", "SIGNIN", "SPEND", "TALK", "TOKEN",
    ];
    let sort_keys = [
        "ASKED", "COUNT", "EFFECT", "LISTED", "META", "MSG", "PLACE", "PREVIEW", "PROPOSAL", "REFUSED", "RESULT", "SIGNAL", "TASK", "UNDO",
    ];
    let index = ["HEADS", "INCIDENTS", "PLANS", "STATE", "STOPS", "UNDO_REQUESTED", "UNSENT"];
    let known: BTreeSet<String> = partitions.into_iter().chain(sort_keys).chain(index).map(str::to_owned).collect();
    assert_eq!(found, known);
}

#[test]
fn chat_writes_nothing_but_sessions_conversations_sign_ins_budgets_and_records() {
    let chat = ["answer-question", "parse-intent", "serve-api"];
    for partition in ["PLAN#x", "OUTBOX#x", "TOKEN#x", "BELT#x", "COOL#x", "REQ#x"] {
        let writers = who_may("dynamodb:PutItem", LEDGER, Some(partition));
        assert!(chat.iter().all(|f| !writers.contains(f)), "{partition}: {writers:?}");
    }
    for (partition, writer) in [("SESSION#alice", "answer-question"), ("TALK#alice", "parse-intent"), ("SIGNIN#alice", "parse-intent")] {
        let writers = who_may("dynamodb:PutItem", LEDGER, Some(partition));
        assert_eq!(writers.into_iter().filter(|f| chat.contains(f)).collect::<Vec<_>>(), [writer], "{partition}");
    }
    for partition in ["PLAN#x", "OUTBOX#x", "HEAD#hub", "TOKEN#x", "BELT#x", "COOL#x", "REQ#x", "SESSION#alice", "TALK#alice"] {
        let updaters = who_may("dynamodb:UpdateItem", LEDGER, Some(partition));
        assert!(chat.iter().all(|f| !updaters.contains(f)), "{partition}: {updaters:?}");
    }
    let keepers = who_may("dynamodb:UpdateItem", LEDGER, Some("SPEND#fleet#2026-01-01"));
    assert!(keepers.contains(&"parse-intent") && keepers.iter().filter(|f| chat.contains(f)).count() == 1, "{keepers:?}");
    // A request, a new sign-in and a model that is asked leave a record, so whoever takes requests may append.
    let recorders = who_may("dynamodb:PutItem", LEDGER, Some("HEAD#hub"));
    assert_eq!(recorders.iter().filter(|f| chat.contains(f)).copied().collect::<Vec<_>>(), ["parse-intent"]);
    assert_eq!(who_may("bedrock:InvokeModel", "${FoundationModelArn}", None), ["parse-intent"]);
}

#[test]
fn nobody_rewrites_or_deletes() {
    for action in
        ["dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"]
    {
        assert_eq!(who_may(action, AUDIT, None), Vec::<&str>::new(), "{action}");
    }
    assert_eq!(who_may("dynamodb:DeleteItem", LEDGER, Some("PLAN#x")), Vec::<&str>::new());
    // Not only not given: taken, so that no later statement can give it.
    for (function, policy) in policies() {
        let denied: BTreeSet<&String> = policy
            .statements
            .iter()
            .filter(|s| s.effect == Effect::Deny && s.condition.is_empty() && s.resource == [AUDIT])
            .flat_map(|s| &s.action)
            .collect();
        for action in ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"] {
            assert!(denied.contains(&action.to_owned()), "{function} is not denied {action} on the audit table");
        }
    }
}

#[test]
fn only_two_functions_reach_the_write_side_of_a_member_and_seven_the_read_side() {
    let writers = ["execute-operation", "undo-operation"];
    let readers =
        ["collect-evidence", "execute-operation", "inspect-account", "plan-operation", "scan-account", "undo-operation", "verify-outcome"];
    assert_eq!(who_may("sts:AssumeRole", "${MemberOperateRoleArn}", None), writers);
    assert_eq!(who_may("sts:AssumeRole", "${MemberReadRoleArn}", None), readers);
    // The members say the same, role by role.
    let template = Template::parse(&Repository::here().read("infra/member.yaml").unwrap()).unwrap();
    for (role, trusted) in [("ReadRole", readers.as_slice()), ("OperateRole", writers.as_slice())] {
        let statements = template.property(role, "/AssumeRolePolicyDocument/Statement").unwrap();
        for statement in statements.as_array().unwrap() {
            let principals: BTreeSet<String> = statement["Principal"]["AWS"]
                .as_array()
                .unwrap()
                .iter()
                .map(|p| p["Fn::Sub"].as_str().unwrap().split(":role/${Prefix}-").nth(1).unwrap().to_owned())
                .collect();
            assert_eq!(principals, trusted.iter().map(|t| (*t).to_owned()).collect(), "{role}");
        }
        let text = statements.to_string();
        assert!(text.contains("sts:ExternalId") && text.contains("aws:PrincipalOrgID") && !text.contains(":root"), "{role}");
    }
}

#[test]
fn an_account_that_scans_itself_lets_the_hub_ask_and_nothing_else() {
    let template = Template::parse(&Repository::here().read("infra/member-events.yaml").unwrap()).unwrap();
    assert_eq!(who_may("sts:AssumeRole", "${MemberRequestRoleArn}", None), ["request-scan"]);
    let trust = template.property("RequestRole", "/AssumeRolePolicyDocument/Statement").unwrap();
    for statement in trust.as_array().unwrap() {
        let hub = "arn:${AWS::Partition}:iam::${HubAccountId}:role/${Prefix}-request-scan";
        assert_eq!(statement["Principal"], serde_json::json!({"AWS": {"Fn::Sub": hub}}));
    }
    assert!(trust.to_string().contains("sts:ExternalId") && trust.to_string().contains("aws:PrincipalOrgID"));
    let mut asks = BTreeSet::new();
    for (role, path) in [("RequestRole", "/Policies"), ("RequestBoundary", "/PolicyDocument")] {
        actions_in(&template.property(role, path).unwrap(), &mut asks);
    }
    assert_eq!(asks, BTreeSet::from(["events:PutEvents".to_owned()]));
    // What looks may look, write its own logs and answer.
    let mut own = BTreeSet::new();
    actions_in(&template.property("AnswerScanRole", "/Policies").unwrap(), &mut own);
    let beside: BTreeSet<&str> = own.iter().map(String::as_str).filter(|a| !scanners::read_permissions().contains(a)).collect();
    assert_eq!(beside, BTreeSet::from(["events:PutEvents", "logs:CreateLogStream", "logs:PutLogEvents"]));
}

#[test]
fn writing_is_off_until_it_is_switched_on() {
    let template = Template::parse(&Repository::here().read("infra/member.yaml").unwrap()).unwrap();
    for name in template.names("Resources") {
        let resource = template.resource(&name).unwrap();
        let conditional = resource.get("Condition") == Some(&Value::from("WritingEnabled"));
        assert_eq!(conditional, name.starts_with("Operate"), "{name}");
        if resource["Type"] == "AWS::IAM::Role" {
            assert!(resource["Properties"]["PermissionsBoundary"].is_object(), "{name} has no boundary");
        }
    }
    let text = Repository::here().read("infra/member.yaml").unwrap();
    assert!(text.contains("  Writing:\n    Type: String\n    Default: disabled\n"));
}

#[test]
fn looking_needs_no_action_that_changes() {
    for action in operations::read_permissions().into_iter().chain(scanners::read_permissions()) {
        let verb = action.split(':').nth(1).unwrap();
        assert!(["Describe", "Get", "List"].iter().any(|v| verb.starts_with(v)), "{action}");
    }
    assert!(operations::read_permissions().is_disjoint(&operations::write_permissions()));
    assert!(scanners::read_permissions().is_disjoint(&operations::write_permissions()));
}

#[test]
fn the_boundary_denies_what_is_never_in_the_catalogue() {
    let template = Template::parse(&Repository::here().read("infra/member.yaml").unwrap()).unwrap();
    let statements = template.property("OperateBoundary", "/PolicyDocument/Statement").unwrap();
    let mut denied = BTreeSet::new();
    for statement in statements.as_array().unwrap().iter().filter(|s| s["Effect"] == "Deny") {
        actions_in(statement, &mut denied);
    }
    for action in [
        "ec2:TerminateInstances",
        "rds:DeleteDBInstance",
        "s3:DeleteBucket",
        "kms:ScheduleKeyDeletion",
        "cloudtrail:StopLogging",
        "organizations:*",
        "sts:AssumeRole",
    ] {
        assert!(denied.contains(action), "{action}");
    }
    for action in operations::write_permissions() {
        assert!(!denied.contains(action), "{action} is an operation's own");
    }
}

#[test]
fn every_function_runs_inside_a_boundary_that_leaves_the_past_the_roles_and_the_trail_alone() {
    let template = iam::yaml::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap();
    let place = iam::template::Place {
        partition: "aws".into(),
        region: "eu-west-1".into(),
        account: "111111111111".into(),
        parameters: BTreeMap::new(),
    };
    let roles = iam::template::roles(&template, &place).unwrap();
    let (table, bucket) = ("arn:aws:dynamodb:eu-west-1:111111111111:table/aiops-audit", "arn:aws:s3:::aiops-audit-111111111111-eu-west-1");
    let object = format!("{bucket}/records/internal/hub/1");
    for function in FUNCTIONS {
        let role = roles.iter().find(|r| r.arn.ends_with(&format!(":role/aiops-{function}"))).unwrap();
        let boundary = role.principal.boundary.clone();
        assert!(boundary.is_some(), "{function} has no boundary");
        // Whatever is attached to the role: everything.
        let all = iam::Principal { identity: vec![iam::Policy::allowing(&["*".to_owned()])], boundary, ..iam::Principal::default() };
        let may = |action: &str, resource: &str| {
            all.decide(action, resource, &iam::Context::closed(), iam::Doubt::Denies) == iam::Decision::Allowed
        };
        for (action, resource) in [
            ("dynamodb:UpdateItem", table),
            ("dynamodb:DeleteItem", table),
            ("dynamodb:DeleteTable", table),
            ("dynamodb:UpdateContinuousBackups", table),
            ("s3:DeleteObjectVersion", object.as_str()),
            ("s3:BypassGovernanceRetention", &object),
            ("s3:PutBucketPolicy", bucket),
            ("iam:DeleteRolePermissionsBoundary", &role.arn),
            ("iam:PutRolePolicy", &role.arn),
            ("iam:PassRole", &role.arn),
            ("cloudtrail:StopLogging", "*"),
            ("lambda:UpdateFunctionCode", "*"),
            ("kms:ScheduleKeyDeletion", "*"),
            ("sts:AssumeRole", "arn:aws:iam::222222222222:role/Admin"),
            ("ec2:StopInstances", "*"),
        ] {
            assert!(!may(action, resource), "{function}: {action} on {resource}");
        }
        assert!(may("dynamodb:PutItem", table) && may("sts:AssumeRole", "arn:aws:iam::222222222222:role/aiops-read"));
    }
    // A managed policy has at most 6,144 characters, white space apart.
    let boundary = Template::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap();
    let text = boundary.property("FunctionBoundary", "/PolicyDocument").unwrap().to_string();
    assert!(text.len() < 5500, "{}", text.len());
}

#[test]
fn keys_are_used_by_the_roles_their_own_policies_name() {
    let template = Template::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap();
    let users = |key: &str, action: &str| -> BTreeSet<String> {
        let statements = template.property(key, "/KeyPolicy/Statement").unwrap();
        let mut roles = BTreeSet::new();
        let name = Regex::new(r"/\$\{Prefix\}-([a-z-]+)").unwrap();
        for statement in statements.as_array().unwrap() {
            let mut actions = BTreeSet::new();
            actions_in(statement, &mut actions);
            if actions.contains(action) {
                let names = statement["Condition"]["ArnLike"]["aws:PrincipalArn"].as_array().unwrap();
                roles.extend(names.iter().map(|n| name.captures(n["Fn::Sub"].as_str().unwrap()).unwrap()[1].to_owned()));
            }
            assert!(!actions.iter().any(|a| a == "kms:*" || a == "*"), "{key}: using is not administering");
        }
        roles
    };
    for (key, action) in [("ApprovalKey", "kms:Sign"), ("SealKey", "kms:Sign"), ("TokenKey", "kms:Encrypt"), ("TokenKey", "kms:Decrypt")] {
        let by_policy: BTreeSet<String> = who_may(action, &format!("${{{key}Arn}}"), None).into_iter().map(str::to_owned).collect();
        assert_eq!(users(key, action), by_policy, "{action}");
    }
}

#[test]
fn a_state_machine_invokes_the_functions_of_its_definition_and_no_other() {
    let template = Template::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap();
    let name = Regex::new(r"([A-Za-z]+)Function").unwrap();
    for machine in ["Converse", "Change", "Investigate", "Scan"] {
        let substitutions = template.property(&format!("{machine}StateMachine"), "/DefinitionSubstitutions").unwrap();
        let needed: BTreeSet<String> =
            substitutions.as_object().unwrap().keys().filter_map(|k| k.strip_suffix("FunctionArn")).map(kebab).collect();
        let policies = template.property(&format!("{machine}Role"), "/Policies").unwrap();
        let statements = policies[0]["PolicyDocument"]["Statement"].as_array().unwrap().clone();
        let invoke = statements.iter().find(|s| s["Action"] == "lambda:InvokeFunction").unwrap();
        let given: BTreeSet<String> = invoke["Resource"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| kebab(&name.captures(&r.to_string().replace("Fn::", "")).unwrap()[1]))
            .collect();
        assert_eq!(given, needed, "{machine}");
    }
}
