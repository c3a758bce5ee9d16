//! Directories, template resources, placeholders and names, tied together in both directions.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::collections::BTreeSet;

use contract::{
    Machine, Repository, Template,
    repository::{FUNCTIONS, MEMBER_FUNCTIONS, kebab, pascal},
    source,
};
use regex::Regex;
use serde_json::{Value, json};

fn hub() -> Template {
    Template::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap()
}

fn member() -> Template {
    Template::parse(&Repository::here().read("infra/member.yaml").unwrap()).unwrap()
}

fn member_events() -> Template {
    Template::parse(&Repository::here().read("infra/member-events.yaml").unwrap()).unwrap()
}

fn set<T: Into<String>>(items: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    items.into_iter().map(Into::into).collect()
}

#[test]
fn functions_are_exactly_the_directories_and_each_builds_a_binary_of_its_name() {
    let repository = Repository::here();
    let directories = set(repository.directories("functions").unwrap());
    assert_eq!(directories, set(FUNCTIONS.into_iter().chain(MEMBER_FUNCTIONS)));
    for function in FUNCTIONS.into_iter().chain(MEMBER_FUNCTIONS) {
        let manifest = repository.read(&format!("functions/{function}/Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{function}\"")), "{function}");
        assert!(!manifest.contains("[[bin]]"), "{function}: the package's own binary is the function");
        repository.read(&format!("functions/{function}/src/main.rs")).unwrap();
    }
}

#[test]
fn every_function_has_its_own_resources_and_every_resource_its_function() {
    let template = hub();
    let expected = |suffix: &str| set(FUNCTIONS.map(|f| format!("{}{suffix}", pascal(f))));
    assert_eq!(set(template.resources_of("AWS::Lambda::Function")), expected("Function"));
    let own_roles: BTreeSet<String> = set(template.resources_of("AWS::IAM::Role"))
        .into_iter()
        .filter(|r| FUNCTIONS.contains(&kebab(r.trim_end_matches("Role")).as_str()))
        .collect();
    assert_eq!(own_roles, expected("Role"));
    let log_groups = set(template.resources_of("AWS::Logs::LogGroup"));
    assert!(expected("LogGroup").is_subset(&log_groups));
    for function in FUNCTIONS {
        let name = pascal(function);
        let property = |path: &str| template.property(&format!("{name}Function"), path).unwrap();
        assert_eq!(property("/FunctionName"), json!({"Fn::Sub": format!("${{Prefix}}-{function}")}));
        assert_eq!(
            property("/Code"),
            json!({"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Fn::Sub": format!("${{CodePrefix}}/{function}.zip")}})
        );
        assert_eq!(property("/Role"), json!({"Fn::GetAtt": [format!("{name}Role"), "Arn"]}));
        assert_eq!(property("/LoggingConfig/LogGroup"), json!({"Ref": format!("{name}LogGroup")}));
        assert_eq!(property("/Runtime"), json!("provided.al2023"));
        let role = template.property(&format!("{name}Role"), "/RoleName").unwrap();
        assert_eq!(role, json!({"Fn::Sub": format!("${{Prefix}}-{function}")}), "members trust roles by this name");
        let group = template.property(&format!("{name}LogGroup"), "/LogGroupName").unwrap();
        assert_eq!(group, json!({"Fn::Sub": format!("/aws/lambda/${{Prefix}}-{function}")}));
    }
}

#[test]
fn no_template_refers_to_something_that_is_not_there() {
    for (name, template) in [("hub", hub()), ("member", member()), ("member-events", member_events())] {
        let there: BTreeSet<String> = template.names("Parameters").union(&template.names("Resources")).cloned().collect();
        let dangling: Vec<String> = template.references().into_iter().filter(|r| !there.contains(r) && !r.starts_with("AWS::")).collect();
        assert_eq!(dangling, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_parameter_and_every_condition_is_used_and_defined() {
    for (name, template) in [("hub", hub()), ("member", member()), ("member-events", member_events())] {
        let unused: Vec<String> = template.names("Parameters").difference(&template.references()).cloned().collect();
        assert_eq!(unused, Vec::<String>::new(), "{name}");
        // `Condition` is also a key of IAM statements; there its value is no text.
        assert_eq!(template.used_conditions(), template.names("Conditions"), "{name}");
    }
}

#[test]
fn the_readme_lists_every_parameter_and_output_of_both_templates_and_no_other() {
    let text = Repository::here().read("infra/README.md").unwrap();
    let section = |from: &str, to: &str| text.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
    let documented = |section: &str| {
        let rows = section.lines().filter(|l| l.starts_with("| `"));
        let ticks = Regex::new("`([^`]+)`").unwrap();
        set(rows.flat_map(|row| {
            let first = row.split('|').nth(1).unwrap().to_owned();
            ticks.captures_iter(&first).map(|c| c[1].to_owned()).collect::<Vec<_>>()
        }))
    };
    let hub_section = section("### 2. Hub stack", "### 3. Member stacks");
    let member_section = section("### 3. Member stacks", "### 4. Accounts that scan themselves");
    let events_section = section("### 4. Accounts that scan themselves", "### On the local stack");
    assert_eq!(documented(&events_section), member_events().names("Parameters"));
    for output in member_events().names("Outputs") {
        assert!(events_section.contains(&format!("`{output}`")), "{output}");
    }
    for function in MEMBER_FUNCTIONS {
        assert!(events_section.contains(&format!("{function}.zip")), "{function}");
    }
    assert_eq!(documented(&hub_section), hub().names("Parameters"));
    assert_eq!(documented(&member_section), member().names("Parameters"));
    for output in hub().names("Outputs") {
        let role_of_function = output.strip_suffix("RoleArn").is_some_and(|f| FUNCTIONS.contains(&kebab(f).as_str()));
        assert!(role_of_function || hub_section.contains(&format!("`{output}`")), "{output}");
    }
    for output in member().names("Outputs") {
        assert!(member_section.contains(&format!("`{output}`")), "{output}");
    }
    for function in FUNCTIONS {
        assert!(text.contains(function), "{function} is uploaded but not listed");
        assert!(hub().names("Outputs").contains(&format!("{}RoleArn", pascal(function))), "{function}");
    }
}

/// Names that `main.rs` asks its configuration for; `LOG_LEVEL` has a method of its own.
fn variables_read(function: &str) -> BTreeSet<String> {
    let main = Repository::here().read(&format!("functions/{function}/src/main.rs")).unwrap();
    let pattern = Regex::new(r#"\.(?:text|number|optional)\("([A-Z][A-Z0-9_]*)"\)"#).unwrap();
    let code = source::code(&main);
    let mut names: BTreeSet<String> = pattern.captures_iter(&code).map(|c| c[1].to_owned()).collect();
    if code.contains(".log_level()") {
        names.insert("LOG_LEVEL".to_owned());
    }
    // Lambda itself sets it.
    names.remove("AWS_REGION");
    names
}

#[test]
fn every_function_gets_exactly_the_variables_that_it_reads() {
    let (hub, member) = (hub(), member_events());
    for (template, function) in FUNCTIONS.map(|f| (&hub, f)).into_iter().chain(MEMBER_FUNCTIONS.map(|f| (&member, f))) {
        let given = template.property(&format!("{}Function", pascal(function)), "/Environment/Variables").unwrap();
        let given = set(given.as_object().unwrap().keys().cloned());
        assert_eq!(given, variables_read(function), "{function}");
    }
}

/// Routes that lead to a function, by the template.
fn routes_given(function: &str) -> BTreeSet<String> {
    let template = hub();
    let target = json!({"Fn::Sub": format!("integrations/${{{}Integration}}", pascal(function))});
    let routes = template.resources_of("AWS::ApiGatewayV2::Route").into_iter();
    let own = routes.filter(|r| template.property(r, "/Target").unwrap() == target);
    set(own.map(|r| template.property(&r, "/RouteKey").unwrap().as_str().unwrap().to_owned()))
}

/// `METHOD /path` literals in a function's code. A function that answers every HTTP call alike has one route.
fn routes_served(function: &str) -> BTreeSet<String> {
    let repository = Repository::here();
    let pattern = Regex::new(r"^(GET|POST|PUT|DELETE|PATCH) /[A-Za-z0-9/{}-]*$").unwrap();
    let files = repository.sources(&format!("functions/{function}")).unwrap();
    let code: Vec<String> = files.iter().map(|f| repository.read(f).unwrap()).collect();
    let literal = set(code.iter().flat_map(|c| source::texts(c)).filter(|t| pattern.is_match(t)));
    let alike = literal.is_empty() && code.iter().any(|c| c.contains("run_http("));
    if alike { routes_given(function).into_iter().take(1).collect() } else { literal }
}

#[test]
fn every_route_leads_to_the_function_that_serves_it() {
    let template = hub();
    for route in template.resources_of("AWS::ApiGatewayV2::Route") {
        let key = template.property(&route, "/RouteKey").unwrap();
        let open = key == "GET /a/{token}";
        let authorised = template.property(&route, "/AuthorizationType").unwrap() == json!("JWT");
        assert_ne!(open, authorised, "{key}: only the sign-in page is open");
    }
    for integration in template.resources_of("AWS::ApiGatewayV2::Integration") {
        let function = json!({"Fn::GetAtt": [integration.replace("Integration", "Function"), "Arn"]});
        assert_eq!(template.property(&integration, "/IntegrationUri").unwrap(), function);
    }
    let all: usize = FUNCTIONS.iter().map(|f| routes_given(f).len()).sum();
    assert_eq!(all, template.resources_of("AWS::ApiGatewayV2::Route").len(), "a route leads nowhere");
    for function in FUNCTIONS {
        assert_eq!(routes_given(function), routes_served(function), "{function}");
    }
}

#[test]
fn the_endpoint_may_invoke_what_its_routes_need_and_no_more() {
    let template = hub();
    let permissions: Vec<(String, String)> = template
        .resources_of("AWS::Lambda::Permission")
        .into_iter()
        .filter(|p| {
            // One rule of the hub's own bus wakes one function, and nothing else invokes any.
            let by = template.property(p, "/Principal").unwrap();
            if by == json!("events.amazonaws.com") {
                let rule = template.property(p, "/SourceArn/Fn::GetAtt/0").unwrap().as_str().unwrap().to_owned();
                let woken = template.property(p, "/FunctionName/Fn::GetAtt").unwrap();
                let target = template.property(&rule, "/Targets/0/Arn/Fn::GetAtt").unwrap();
                assert_eq!((woken, rule.as_str()), (target, "ScanAnswers"), "{p}");
                return false;
            }
            true
        })
        .map(|p| {
            assert_eq!(template.property(&p, "/Principal").unwrap(), json!("apigateway.amazonaws.com"), "{p}");
            let function = template.property(&p, "/FunctionName/Fn::GetAtt/0").unwrap().as_str().unwrap().to_owned();
            let source = template.property(&p, "/SourceArn/Fn::Sub").unwrap().as_str().unwrap().to_owned();
            (function, source.split_once(":${HttpApi}/*/").unwrap().1.to_owned())
        })
        .collect();
    let matches =
        |pattern: &str, call: &str| Regex::new(&format!("^{}$", regex::escape(pattern).replace("\\*", ".*"))).unwrap().is_match(call);
    let mut needed: Vec<(String, String)> = Vec::new();
    for function in FUNCTIONS {
        let resource = format!("{}Function", pascal(function));
        for route in routes_served(function) {
            let call = route.replacen(' ', "", 1);
            assert!(permissions.iter().any(|(f, p)| *f == resource && matches(p, &call)), "{route} cannot be invoked");
            needed.push((resource.clone(), call));
        }
    }
    for (function, pattern) in &permissions {
        let used = needed.iter().any(|(f, call)| f == function && matches(pattern, call));
        assert!(used, "{function}: nothing needs {pattern}");
        if function != "ServeApiFunction" {
            let foreign: Vec<&str> = needed.iter().filter(|(f, c)| f != function && matches(pattern, c)).map(|(_, c)| c.as_str()).collect();
            assert_eq!(foreign, Vec::<&str>::new(), "{function} could be reached by another function's route");
        }
    }
}

#[test]
fn substitutions_and_placeholders_of_each_state_machine_agree() {
    let (repository, template) = (Repository::here(), hub());
    let machines = template.resources_of("AWS::StepFunctions::StateMachine");
    let files = set(repository.files("statemachines").unwrap());
    assert_eq!(files, set(machines.iter().map(|m| format!("{}.asl.json", kebab(m.trim_end_matches("StateMachine"))))));
    for machine in machines {
        let name = kebab(machine.trim_end_matches("StateMachine"));
        let key = template.property(&machine, "/DefinitionS3Location/Key").unwrap();
        assert_eq!(key, json!({"Fn::Sub": format!("${{CodePrefix}}/statemachines/{name}.asl.json")}));
        let given = template.property(&machine, "/DefinitionSubstitutions").unwrap();
        let given = given.as_object().unwrap();
        let asked = Machine::parse(&repository.read(&format!("statemachines/{name}.asl.json")).unwrap()).unwrap().placeholders();
        assert_eq!(set(given.keys().cloned()), asked, "{name}");
        for (placeholder, value) in given {
            if let Some(function) = placeholder.strip_suffix("FunctionArn") {
                let version = json!({"Ref": format!("{function}Version")});
                let latest = json!({"Fn::GetAtt": [format!("{function}Function"), "Arn"]});
                // A plan in flight finishes on the versions that it began with; a chat has nothing in flight.
                assert_eq!(*value, if name == "change" { version } else { latest }, "{placeholder}");
            }
        }
    }
}

#[test]
fn versions_are_published_for_exactly_the_steps_of_change_and_their_judge_and_whenever_a_variable_moves() {
    let template = hub();
    let given = template.property("ChangeStateMachine", "/DefinitionSubstitutions").unwrap();
    let mut steps = set(given.as_object().unwrap().keys().filter_map(|k| k.strip_suffix("FunctionArn")).map(str::to_owned));
    // The steps ask it by its version, so that a plan in flight keeps the program that judges it.
    steps.insert("JudgePlan".to_owned());
    assert_eq!(set(template.resources_of("AWS::Lambda::Version")), set(steps.iter().map(|s| format!("{s}Version"))));
    for step in steps {
        let version = |path: &str| template.property(&format!("{step}Version"), path).unwrap();
        assert_eq!(version("/FunctionName"), json!({"Ref": format!("{step}Function")}));
        let description = version("/Description/Fn::Sub").as_str().unwrap().to_owned();
        let variables = template.property(&format!("{step}Function"), "/Environment/Variables").unwrap();
        let parameters = template.names("Parameters");
        let settings = variables
            .as_object()
            .unwrap()
            .values()
            .filter_map(|v| v.get("Ref").and_then(Value::as_str))
            .filter(|r| parameters.contains(*r));
        for setting in settings.chain(["CodeVersion"]) {
            // The external id is secret, and a new one means new member stacks anyway.
            if setting != "ExternalId" {
                assert!(description.contains(&format!("${{{setting}}}")), "{step}Version does not move with {setting}");
            }
        }
    }
}

#[test]
fn partitions_are_never_written_down() {
    let repository = Repository::here();
    let literal = ["arn", "aws"].join(":");
    let mut files = repository.walk("infra", &[".yaml", ".json"]).unwrap();
    files.extend(repository.walk("statemachines", &[".json"]).unwrap());
    for function in FUNCTIONS {
        files.push(format!("functions/{function}/policy.json"));
    }
    for file in files.iter().filter(|f| !f.starts_with("infra/local/")) {
        assert!(!repository.read(file).unwrap().contains(&literal), "{file}");
    }
    for directory in ["shared", "functions", "cli"] {
        for file in repository.walk(directory, &[".rs"]).unwrap() {
            let product = file.contains("/src/") && !file.contains("/src/tests/") && !file.ends_with("/tests.rs");
            if !product {
                continue;
            }
            assert!(!source::code(&repository.read(&file).unwrap()).contains(&literal), "{file}");
        }
    }
}

#[test]
fn the_member_needs_no_transform_and_fits_into_a_request() {
    for file in ["infra/member.yaml", "infra/member-events.yaml"] {
        let text = Repository::here().read(file).unwrap();
        assert!(!text.contains("Transform:"), "{file}: service-managed StackSets take none");
        assert!(text.len() < 51_200, "{file}");
    }
}

#[test]
fn a_request_and_its_answer_have_a_way_from_rule_to_function_and_back() {
    use domain::scan::{ScanAnswer, ScanRequest};
    let (hub, member) = (hub(), member_events());
    let pattern = |template: &Template, rule: &str| template.property(rule, "/EventPattern").unwrap();
    let target = |template: &Template, rule: &str| template.property(rule, "/Targets/0").unwrap();
    for (template, rule, source, kind) in [
        (&member, "ScanRequests", ScanRequest::SOURCE, ScanRequest::TYPE),
        (&member, "ScanAnswers", ScanAnswer::SOURCE, ScanAnswer::TYPE),
        (&hub, "ScanAnswers", ScanAnswer::SOURCE, ScanAnswer::TYPE),
    ] {
        let pattern = pattern(template, rule);
        assert_eq!((&pattern["source"], &pattern["detail-type"]), (&json!([source]), &json!([kind])), "{rule}");
    }
    assert_eq!(target(&member, "ScanRequests")["Arn"], json!({"Fn::GetAtt": ["AnswerScanFunction", "Arn"]}));
    let bus = json!({"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${HubAccountId}:event-bus/${Prefix}"});
    assert_eq!(target(&member, "ScanAnswers")["Arn"], bus);
    assert_eq!(target(&member, "ScanAnswers")["RoleArn"], json!({"Fn::GetAtt": ["AnswerRole", "Arn"]}));
    assert_eq!(target(&hub, "ScanAnswers")["Arn"], json!({"Fn::GetAtt": ["RecordScanFunction", "Arn"]}));
    assert_eq!(hub.property("HubBus", "/Name").unwrap(), member.property("Bus", "/Name").unwrap());
}

#[test]
fn a_message_that_was_not_sent_comes_again() {
    // Without this setting an answer that names failures would count as success.
    let handler = Repository::here().read("functions/notify/src/handler.rs").unwrap();
    let names_failures = source::texts(&handler).iter().any(|t| t == "batchItemFailures");
    let setting = hub().property("OutboxMapping", "/FunctionResponseTypes").unwrap();
    assert_eq!(setting == json!(["ReportBatchItemFailures"]), names_failures);
    assert_eq!(hub().property("OutboxMapping", "/StartingPosition").unwrap(), json!("TRIM_HORIZON"));
}

#[test]
fn no_state_machine_logs_what_it_is_given() {
    let template = hub();
    let machines = template.resources_of("AWS::StepFunctions::StateMachine");
    assert!(!machines.is_empty());
    for machine in machines {
        let data = template.property(&machine, "/LoggingConfiguration/IncludeExecutionData").unwrap();
        assert_eq!(data, Value::Bool(false), "{machine}: what people say stays in the tables");
    }
    // Nor does the endpoint log paths (a personal link is part of one), headers or bodies.
    for stage in template.resources_of("AWS::ApiGatewayV2::Stage") {
        let format = template.property(&stage, "/AccessLogSettings/Format").unwrap().to_string();
        for told in ["$context.path", "$context.authorizer.claims", "$context.authorizer.jwt"] {
            assert!(!format.contains(told), "{stage} logs {told}");
        }
    }
}
