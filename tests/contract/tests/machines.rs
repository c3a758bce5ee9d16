//! What the state machines promise.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::collections::BTreeSet;

use contract::{
    Machine, Repository, Template,
    repository::{FUNCTIONS, kebab},
    source,
};
use domain::PlanState;
use regex::Regex;
use serde_json::Value;

const MACHINES: [&str; 4] = ["converse", "change", "investigate", "scan"];

fn machine(name: &str) -> Machine {
    Machine::parse(&Repository::here().read(&format!("statemachines/{name}.asl.json")).unwrap()).unwrap()
}

fn kind(state: &Value) -> &str {
    state["Type"].as_str().unwrap()
}

/// The function that a task invokes, by its placeholder.
fn invoked(state: &Value) -> Option<String> {
    let name = state["Arguments"]["FunctionName"].as_str()?;
    name.strip_prefix("${").and_then(|n| n.strip_suffix("FunctionArn}")).map(kebab)
}

#[test]
fn every_state_is_reached_and_every_way_leads_to_a_state() {
    for name in MACHINES {
        let machine = machine(name);
        let all: BTreeSet<String> = machine.states().keys().cloned().collect();
        let (mut reached, mut todo) = (BTreeSet::new(), vec![machine.start().to_owned()]);
        while let Some(state) = todo.pop() {
            assert!(all.contains(&state), "{name}: `{state}` is no state");
            if reached.insert(state.clone()) {
                todo.extend(machine.next_of(&state).unwrap());
            }
        }
        assert_eq!(reached, all, "{name}");
    }
}

#[test]
fn every_task_has_a_limit_a_retry_and_a_catch_for_everything_else() {
    for name in MACHINES {
        for (state_name, state) in machine(name).states() {
            if kind(&state) != "Task" {
                continue;
            }
            let limit = state["TimeoutSeconds"].as_i64();
            assert!(limit.is_some_and(|s| s > 0), "{name}.{state_name} has no TimeoutSeconds");
            for retry in state["Retry"].as_array().unwrap() {
                assert!(retry["MaxAttempts"].as_i64().is_some_and(|n| (1..=20).contains(&n)), "{name}.{state_name}");
                assert!(retry["MaxDelaySeconds"].is_i64(), "{name}.{state_name}");
                assert!(
                    !retry["ErrorEquals"].as_array().unwrap().contains(&"States.ALL".into()),
                    "{name}.{state_name}: a refusal is not retried"
                );
            }
            let catches = state["Catch"].as_array().unwrap();
            assert_eq!(catches.last().unwrap()["ErrorEquals"], serde_json::json!(["States.ALL"]), "{name}.{state_name}");
        }
        assert!(machine(name).field("TimeoutSeconds").is_i64(), "{name}");
        // The reader of a distributed map is written in paths; the steps of `scan` say for themselves that they are not.
        if name == "scan" {
            assert!(machine(name).states().values().filter(|s| kind(s) == "Task").all(|s| s["QueryLanguage"] == "JSONata"));
        } else {
            assert_eq!(machine(name).field("QueryLanguage"), "JSONata");
        }
    }
}

#[test]
fn a_step_is_named_after_the_function_that_it_invokes() {
    let mut everyone = BTreeSet::new();
    for name in MACHINES {
        for (state_name, state) in machine(name).states() {
            let Some(function) = invoked(&state) else { continue };
            assert!(FUNCTIONS.contains(&function.as_str()), "{name}.{state_name}");
            // A code that was pasted into the console is a decision, so the function that records decisions takes it.
            let expected = if state_name == "RedeemCode" { "record-approval".to_owned() } else { kebab(&state_name) };
            assert_eq!(function, expected, "{name}");
            everyone.insert(function);
        }
    }
    // The others are invoked by the endpoint, the schedules, the hub's bus, the tables' streams, and judge-plan by three steps.
    let elsewhere: Vec<&str> = FUNCTIONS.into_iter().filter(|f| !everyone.contains(*f)).collect();
    assert_eq!(elsewhere, ["judge-plan", "notify", "record-scan", "register-accounts", "resume-plans", "seal-audit", "serve-api"]);
}

#[test]
fn a_task_outlasts_its_function_and_a_chat_outlasts_its_steps() {
    let template = Template::parse(&Repository::here().read("infra/hub.yaml").unwrap()).unwrap();
    let timeout = |function: &str| {
        let name = format!("{}Function", contract::repository::pascal(function));
        template.property(&name, "/Timeout").unwrap().as_i64().unwrap()
    };
    for name in MACHINES {
        for (state_name, state) in machine(name).states() {
            if let Some(function) = invoked(&state) {
                let limit = state["TimeoutSeconds"].as_i64().unwrap();
                assert!(limit >= timeout(&function), "{name}.{state_name}: {limit} s");
                let waits = state["Resource"].as_str().unwrap().ends_with("waitForTaskToken");
                assert!(waits || name == "converse" || limit > timeout(&function), "{name}.{state_name}: {limit} s");
            }
        }
    }
    let whole = machine("converse").field("TimeoutSeconds").as_i64().unwrap();
    assert!(whole < timeout("serve-api"), "the endpoint answers before it is cut off");
}

/// Every `Area.Kind` in the code of functions and shared crates.
fn errors_in_code() -> BTreeSet<String> {
    let repository = Repository::here();
    let pattern = Regex::new(r"^[A-Z][A-Za-z]+\.[A-Z][A-Za-z]+$").unwrap();
    let mut found = BTreeSet::new();
    for directory in ["shared", "functions"] {
        for file in repository.walk(directory, &[".rs"]).unwrap() {
            found.extend(source::texts(&repository.read(&file).unwrap()).into_iter().filter(|t| pattern.is_match(t)));
        }
    }
    found
}

/// Errors that AWS raises: Step Functions' own, those of its integrations, and what becomes of a function that dies.
const BY_AWS: [&str; 15] = [
    "ExecutionAlreadyExists",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.Timeout",
    "StepFunctions.AWSStepFunctionsException",
    "StepFunctions.ExecutionAlreadyExistsException",
    "StepFunctions.SdkClientException",
    "StepFunctions.ThrottlingException",
    "States.TaskFailed",
];

#[test]
fn every_error_that_a_machine_matches_is_one_that_somebody_raises() {
    let raised = errors_in_code();
    for name in MACHINES {
        for error in machine(name).matched_errors() {
            assert!(BY_AWS.contains(&error.as_str()) || raised.contains(&error), "{name} matches `{error}`, which nobody raises");
        }
    }
}

#[test]
fn whatever_may_pass_is_retried_by_the_steps_that_can_meet_it() {
    // `*.Throttled` and `*.Unavailable` may be tried again; the language has no suffix match, so each is listed.
    let passing: BTreeSet<String> =
        errors_in_code().into_iter().filter(|e| e.ends_with(".Throttled") || e.ends_with(".Unavailable")).collect();
    let ends_elsewhere = [
        "Archive.Unavailable",
        "Change.Unavailable",
        "Converse.Unavailable",
        "Notify.Unavailable",
        "Seal.Unavailable",
        "Shell.Unavailable",
        // A code is checked over the endpoint; the workflow meets only what was proven before.
        "StepUp.Unavailable",
        "Workflow.Unavailable",
    ];
    let listed: BTreeSet<String> = MACHINES.iter().flat_map(|n| machine(n).matched_errors()).collect();
    let missing: Vec<&String> = passing.iter().filter(|e| !listed.contains(*e) && !ends_elsewhere.contains(&e.as_str())).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn change_has_an_end_of_its_own_for_every_end_of_a_plan() {
    let machine = machine("change");
    let states = machine.states();
    let conditions: String = states["ByAuthority"]["Choices"].as_array().unwrap().iter().map(|c| c["Condition"].to_string()).collect();
    for state in PlanState::ALL.into_iter().filter(|s| s.is_final() && *s != PlanState::Preview) {
        assert!(conditions.contains(&format!("'{}'", state.as_str())), "{state:?}");
    }
    let errors: Vec<String> = states.values().filter(|s| kind(s) == "Fail").map(|s| s["Error"].as_str().unwrap().to_owned()).collect();
    let distinct: BTreeSet<&String> = errors.iter().collect();
    assert_eq!(distinct.len(), errors.len(), "two ends have the same name");
    assert!(errors.iter().all(|e| e.starts_with("Change.")), "{errors:?}");
}

#[test]
fn every_answer_that_a_choice_expects_is_one_that_a_step_gives() {
    let mut known: BTreeSet<String> = PlanState::ALL.iter().map(|s| s.as_str().to_owned()).collect();
    known.extend(
        [
            "execute",
            "verify",
            "undo",
            "await_approval",
            "pending",
            "refused",
            "plan",
            "answer",
            "investigate",
            "scan",
            "inspect",
            "look",
            "ask",
            "wait",
            "string",
            "object",
        ]
        .map(str::to_owned),
    );
    let word = Regex::new("'([a-z_]+)'").unwrap();
    for name in MACHINES {
        for (state_name, state) in machine(name).states().into_iter().filter(|(_, s)| kind(s) == "Choice") {
            for choice in state["Choices"].as_array().unwrap() {
                let condition = choice["Condition"].as_str().unwrap();
                for found in word.captures_iter(condition) {
                    assert!(known.contains(&found[1]), "{name}.{state_name}: {condition}");
                }
            }
            assert!(state["Default"].is_string(), "{name}.{state_name}: what nobody expected needs a way as well");
        }
    }
}

#[test]
fn what_comes_back_from_a_wait_can_only_wake() {
    let states = machine("change").states();
    let wait = &states["RequestApproval"];
    // Nothing of the answer is passed on but a code; plan, digest and purpose are always those of the execution's own input.
    assert_eq!(wait["Output"].as_str().unwrap().matches("$states.result").count(), 2);
    assert!(wait["Output"].as_str().unwrap().contains("$states.result.code"));
    for (name, state) in states.iter().filter(|(_, s)| kind(s) == "Task") {
        let payload = state["Arguments"]["Payload"].as_str().unwrap();
        let foreign = payload.replace("$states.input.code", "");
        assert!(!foreign.contains("$states.input") && !foreign.contains("$states.result"), "{name}: {payload}");
        assert!(payload.contains("Execution.Input.plan_id") && payload.contains("Execution.Input.digest"), "{name}");
    }
}

#[test]
fn the_name_of_a_first_execution_is_the_one_the_ledger_knows() {
    let states = machine("converse").states();
    let name = states["StartChange"]["Arguments"]["Name"].as_str().unwrap();
    let plan = domain::PlanId::generate(domain::EpochMs(1_700_000_000_000), 1);
    let known = domain::wire::Purpose::Execute.execution_name(&plan, 1);
    assert_eq!(name, format!("{{% $states.input.change.plan_id & '{}' %}}", known.trim_start_matches(plan.as_str())));
}
