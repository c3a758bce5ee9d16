//! The borders between crates.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::{collections::BTreeSet, process::Command};

use contract::{
    Repository,
    repository::{FUNCTIONS, MEMBER_FUNCTIONS},
    source,
};
use regex::Regex;
use serde_json::Value;

/// Crates that know no clock, no network and no environment.
const PURE: [&str; 16] = [
    "audit",
    "calendar",
    "catalogue",
    "checks",
    "domain",
    "iam",
    "incidents",
    "knowledge",
    "language",
    "model",
    "planner",
    "policy",
    "rca",
    "redaction",
    "signals",
    "stepup",
];

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|i| (*i).to_owned()).collect()
}

/// Crates (`functions/x`, `shared/y`, `cli`, …) whose own code matches a pattern.
fn crates_that_say(pattern: &str) -> BTreeSet<String> {
    let repository = Repository::here();
    let pattern = Regex::new(pattern).unwrap();
    let mut found = BTreeSet::new();
    for (parent, depth) in [("functions", 2), ("shared", 2), ("cli", 1), ("xtask", 1), ("eval", 1)] {
        for file in repository.walk(parent, &[".rs"]).unwrap() {
            let parts: Vec<&str> = file.split('/').collect();
            // Test files and examples are not part of the product.
            if parts.get(depth) != Some(&"src") || file.ends_with("/tests.rs") || file.contains("/src/tests/") {
                continue;
            }
            if pattern.is_match(&source::code(&repository.read(&file).unwrap())) {
                found.insert(parts[..depth].join("/"));
            }
        }
    }
    found
}

/// Crates whose manifest names a dependency for the product itself.
fn crates_that_depend_on(dependency: &str) -> BTreeSet<String> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let root = Repository::here().root().display().to_string();
    packages
        .iter()
        .filter(|p| p["source"].is_null())
        .filter(|p| p["dependencies"].as_array().unwrap().iter().any(|d| d["name"] == dependency && d["kind"] != "dev"))
        .map(|p| p["manifest_path"].as_str().unwrap().trim_start_matches(&format!("{root}/")).trim_end_matches("/Cargo.toml").to_owned())
        .collect()
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .current_dir(Repository::here().root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn only_execute_and_undo_reach_the_write_side() {
    let allowed = set(&["functions/execute-operation", "functions/undo-operation", "shared/executor", "shared/operations"]);
    assert_eq!(crates_that_say(r"\bWriteClients\b|\boperations::effects\b"), allowed);
    // The bridge between the two is open to them alone.
    assert_eq!(crates_that_depend_on("executor"), set(&["functions/execute-operation", "functions/undo-operation"]));
}

#[test]
fn only_accounts_assumes_roles() {
    assert_eq!(crates_that_say(r"\bassume_role(_with_\w+)?\("), set(&["shared/accounts"]));
    let sts: BTreeSet<String> = crates_that_depend_on("aws-sdk-sts").into_iter().filter(|c| c != "shared/sdk-features").collect();
    assert_eq!(sts, set(&["shared/accounts"]));
}

#[test]
fn only_the_shell_knows_the_lambda_runtime() {
    assert_eq!(crates_that_depend_on("lambda_runtime"), set(&["shared/lambda-shell"]));
    assert_eq!(crates_that_say(r"\blambda_runtime::"), set(&["shared/lambda-shell"]));
}

#[test]
fn only_main_reads_the_environment() {
    let repository = Repository::here();
    let pattern = Regex::new(r"\benv::(var|vars|var_os|vars_os|set_var)\b").unwrap();
    let mut readers = BTreeSet::new();
    for directory in ["functions", "shared"] {
        for file in repository.walk(directory, &[".rs"]).unwrap() {
            let in_source = file.split('/').nth(2) == Some("src");
            if in_source && pattern.is_match(&source::code(&repository.read(&file).unwrap())) {
                readers.insert(file);
            }
        }
    }
    assert_eq!(readers, FUNCTIONS.iter().chain(&MEMBER_FUNCTIONS).map(|f| format!("functions/{f}/src/main.rs")).collect());
}

#[test]
fn pure_crates_have_no_runtime_and_no_sdk_below_them() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name_of = |id: &Value| packages.iter().find(|p| p["id"] == *id).unwrap()["name"].as_str().unwrap().to_owned();
    for name in PURE {
        let package = packages.iter().find(|p| p["name"] == name && p["source"].is_null()).unwrap();
        let (mut seen, mut todo) = (BTreeSet::new(), vec![package["id"].clone()]);
        while let Some(id) = todo.pop() {
            if !seen.insert(name_of(&id)) {
                continue;
            }
            let node = nodes.iter().find(|n| n["id"] == id).unwrap();
            for dependency in node["deps"].as_array().unwrap() {
                let product = dependency["dep_kinds"].as_array().unwrap().iter().any(|k| k["kind"].is_null());
                if product {
                    todo.push(dependency["pkg"].clone());
                }
            }
        }
        let bad: Vec<&String> = seen
            .iter()
            .filter(|n| n.starts_with("aws-") || ["tokio", "reqwest", "hyper", "lambda_runtime"].contains(&n.as_str()))
            .collect();
        assert_eq!(bad, Vec::<&String>::new(), "{name}");
    }
}

#[test]
fn pure_crates_ask_no_clock_and_no_dice() {
    let said = crates_that_say(
        r"SystemTime::now|Instant::now|Timestamp::now|Zoned::now|\bgetrandom::|\brand::|std::fs::|std::net::(?:Tcp|Udp|ToSocketAddrs)|std::process::",
    );
    let pure: BTreeSet<String> = PURE.iter().map(|p| format!("shared/{p}")).collect();
    assert_eq!(said.intersection(&pure).cloned().collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn business_rules_stay_out_of_main() {
    let repository = Repository::here();
    for function in FUNCTIONS {
        let main = repository.read(&format!("functions/{function}/src/main.rs")).unwrap();
        assert!(main.lines().count() <= 60, "functions/{function}/src/main.rs is more than wiring");
        assert!(main.contains("lambda_shell::"), "{function}");
    }
}
