//! Example inputs: one directory a function, one file an outcome, each of the type that the function reads.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::collections::BTreeSet;

use contract::{
    Repository, Template,
    repository::{FUNCTIONS, MEMBER_FUNCTIONS},
};
use domain::scan::{BusEvent, ScanAnswer, ScanBatch, ScanInput, ScanRequest};
use domain::wire::{ConverseInput, InvestigateInput, Notification, RedeemInput, StepInput, Understood, WaitInput};
use regex::Regex;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Every example: function, name, content.
fn events() -> Vec<(String, String, Value)> {
    let repository = Repository::here();
    let mut all = Vec::new();
    for function in repository.directories("events").unwrap() {
        for file in repository.files(&format!("events/{function}")).unwrap() {
            let path = format!("events/{function}/{file}");
            let value = serde_json::from_str(&repository.read(&path).unwrap()).unwrap_or_else(|e| panic!("{path}: {e}"));
            all.push((function.clone(), file.strip_suffix(".json").unwrap().to_owned(), value));
        }
    }
    all
}

fn reads<T: DeserializeOwned>(value: &Value) -> Result<(), String> {
    serde_json::from_value::<T>(value.clone()).map(|_| ()).map_err(|e| e.to_string())
}

/// Whether a function can read an input.
fn readable(function: &str, value: &Value) -> Result<(), String> {
    match function {
        "parse-intent" => reads::<ConverseInput>(value),
        "plan-operation" | "answer-question" | "inspect-account" => reads::<Understood>(value),
        "plan-scan" if value.get("scheduled").is_some() => {
            value["scheduled"].is_string().then_some(()).ok_or_else(|| "no instant".to_owned())
        }
        "plan-scan" if value.get("input").is_some() => reads::<Understood>(value),
        "plan-scan" | "request-scan" | "summarize-scan" => reads::<ScanInput>(value),
        "answer-scan" => reads::<BusEvent<ScanRequest>>(value),
        "record-scan" => reads::<BusEvent<ScanAnswer>>(value),
        "scan-account" => reads::<ScanBatch>(value),
        "authorize-plan" | "execute-operation" | "undo-operation" | "verify-outcome" => reads::<StepInput>(value),
        "judge-plan" => reads::<judge::Ask>(value),
        "request-approval" => reads::<WaitInput>(value),
        "record-approval" if value.get("redeem").is_some() => reads::<RedeemInput>(value),
        "record-approval" | "register-accounts" | "serve-api" => http(value),
        "notify" => stream(value),
        "seal-audit" if value.get("Records").is_some() => audit_stream(value),
        "seal-audit" => value.is_object().then_some(()).ok_or_else(|| "no object".to_owned()),
        "open-incident" if value.get("Records").is_some() => queue(value),
        "open-incident" => reads::<Understood>(value),
        "collect-evidence" | "analyze-root-cause" => reads::<InvestigateInput>(value),
        "resume-plans" => value.is_object().then_some(()).ok_or_else(|| "no object".to_owned()),
        other => Err(format!("nobody knows what `{other}` reads")),
    }
}

/// An event of API Gateway, payload format 2.0. Its body may be as wrong as people are.
fn http(value: &Value) -> Result<(), String> {
    let route = value["routeKey"].as_str().ok_or("no route")?;
    let (method, path) = route.split_once(' ').ok_or("the route has no method")?;
    let context = &value["requestContext"];
    if value["version"] != "2.0" || context["http"]["method"] != method || context["routeKey"] != route {
        return Err("route and context disagree".to_owned());
    }
    let names = Regex::new(r"\{([a-z]+)\}").unwrap();
    let pattern = names.replace_all(path, "([^/]+)").into_owned();
    let found = Regex::new(&format!("^{pattern}$")).unwrap();
    let found = found.captures(value["rawPath"].as_str().unwrap_or_default()).ok_or("the path is not of the route")?;
    for (n, name) in names.captures_iter(path).enumerate() {
        if value["pathParameters"][&name[1]].as_str() != found.get(n + 1).map(|m| m.as_str()) {
            return Err(format!("`{}` is not what the path says", &name[1]));
        }
    }
    let signed_in = context["authorizer"]["jwt"]["claims"]["cognito:username"].is_string();
    if signed_in == route.starts_with("GET /a/") { Err("only the sign-in page is open".to_owned()) } else { Ok(()) }
}

/// A batch of the audit table's stream: keys of a chain and a number, images as the names of the events say.
fn audit_stream(value: &Value) -> Result<(), String> {
    for record in value["Records"].as_array().ok_or("no records")? {
        let change = &record["dynamodb"];
        let keyed = change["Keys"]["chain"]["S"].is_string() && change["Keys"]["seq"]["N"].is_string();
        let images = (change["OldImage"].is_object(), change["NewImage"].is_object());
        let fits = match record["eventName"].as_str() {
            Some("INSERT") => images == (false, true),
            Some("MODIFY") => images == (true, true),
            Some("REMOVE") => images == (true, false),
            _ => false,
        };
        if !keyed || !fits {
            return Err("keys or images are missing".to_owned());
        }
    }
    Ok(())
}

/// A batch of the queue of signals. What its messages hold may be as wrong as their senders are.
fn queue(value: &Value) -> Result<(), String> {
    for record in value["Records"].as_array().ok_or("no records")? {
        if record["eventSource"] != "aws:sqs" || record["messageId"].as_str().is_none() {
            return Err("not a record of a queue".to_owned());
        }
        serde_json::from_str::<Value>(record["body"].as_str().ok_or("no body")?).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// A batch of the ledger's stream. Messages have to be readable.
fn stream(value: &Value) -> Result<(), String> {
    for record in value["Records"].as_array().ok_or("no records")? {
        let change = &record["dynamodb"];
        for key in ["pk", "sk"] {
            if change["Keys"][key]["S"].as_str().is_none() || change["Keys"][key] != change["NewImage"][key] {
                return Err(format!("`{key}` is missing"));
            }
        }
        if change["Keys"]["pk"]["S"].as_str().unwrap_or_default().starts_with("OUTBOX#") {
            let text = change["NewImage"]["message"]["S"].as_str().ok_or("a message without content")?;
            serde_json::from_str::<Notification>(text).map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}

#[test]
fn every_function_has_examples_and_every_example_its_function() {
    let directories: BTreeSet<String> = Repository::here().directories("events").unwrap().into_iter().collect();
    let functions = || FUNCTIONS.into_iter().chain(MEMBER_FUNCTIONS);
    assert_eq!(directories, functions().map(str::to_owned).collect());
    for function in functions() {
        assert!(events().iter().filter(|(f, _, _)| f == function).count() >= 2, "{function}");
    }
}

#[test]
fn every_example_is_readable_unless_its_name_says_that_it_is_not() {
    let name_form = Regex::new("^[a-z0-9]+(-[a-z0-9]+)*$").unwrap();
    for (function, name, value) in events() {
        assert!(name_form.is_match(&name), "{function}/{name}");
        // A body that people or programs got wrong is inside an event that is right.
        let http = value.get("routeKey").is_some();
        let malformed = !http && (name.ends_with("malformed") || name.contains("malformed-"));
        let outcome = readable(&function, &value);
        assert_eq!(outcome.is_err(), malformed, "{function}/{name}: {outcome:?}");
    }
}

#[test]
fn every_route_has_an_example_at_its_own_function_and_nowhere_else() {
    let template = Template::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap();
    let mut routes: BTreeSet<(String, String)> = BTreeSet::new();
    for route in template.resources_of("AWS::ApiGatewayV2::Route") {
        let target = template.property(&route, "/Target/Fn::Sub").unwrap();
        let function = target.as_str().unwrap().trim_start_matches("integrations/${").trim_end_matches("Integration}").to_owned();
        let key = template.property(&route, "/RouteKey").unwrap();
        routes.insert((contract::repository::kebab(&function), key.as_str().unwrap().to_owned()));
    }
    let shown: BTreeSet<(String, String)> =
        events().into_iter().filter_map(|(f, _, v)| Some((f, v.get("routeKey")?.as_str()?.to_owned()))).collect();
    assert_eq!(shown, routes);
}

#[test]
fn the_streams_filter_lets_the_example_messages_through_and_nothing_else() {
    let template = Template::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap();
    let pattern = template.property("OutboxMapping", "/FilterCriteria/Filters/0/Pattern").unwrap();
    let pattern: Value = serde_json::from_str(pattern.as_str().unwrap()).unwrap();
    let prefix = pattern["dynamodb"]["Keys"]["pk"]["S"][0]["prefix"].as_str().unwrap();
    let names: Vec<&str> = pattern["eventName"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    for (_, name, value) in events().into_iter().filter(|(f, _, _)| f == "notify") {
        let passes = value["Records"].as_array().unwrap().iter().all(|r| {
            names.contains(&r["eventName"].as_str().unwrap()) && r["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().starts_with(prefix)
        });
        assert_eq!(passes, name != "other-items-are-passed-over", "{name}");
    }
}
