//! Walks one operation through its life on an endpoint, step by step: what one uses while writing a new operation.
//!
//! ```sh
//! export AWS_ENDPOINT_URL=http://localhost:4566 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=222222222222 AWS_SECRET_ACCESS_KEY=x
//! cargo run -p operations --example walk -- permissions
//! cargo run -p operations --example walk -- plan 222222222222 ec2.stop_instances i-0abc123def4567890 > plan.json
//! cargo run -p operations --example walk -- execute plan.json
//! cargo run -p operations --example walk -- verify plan.json
//! cargo run -p operations --example walk -- undo plan.json
//! ```
//! Parameters follow the targets as `name=value`. Credentials are those of the environment: a read session for `plan` and
//! `verify`, an operate session for `execute` and `undo`.
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::error::Error;

use aws_config::BehaviorVersion;
use domain::{AccountId, Lang, Params, PlannedTarget, Value};
use operations::{
    Direction, Operation, Scope, effects,
    effects::WriteClients,
    find,
    observe::{ReadClients, observe},
    session_policy,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Walk {
    account: AccountId,
    region: String,
    operation: String,
    params: Params,
    targets: Vec<PlannedTarget>,
    policies: Vec<String>,
    undo_policies: Vec<String>,
    notes: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["permissions"] => {
            let each: Vec<_> = operations::all()
                .iter()
                .map(|o| serde_json::json!({"id": o.id(), "read": o.read_actions(), "write": operations::permission::write_actions(*o)}))
                .collect();
            let all = serde_json::json!({
                "read": operations::read_statements(), "write": operations::write_statements(), "operations": each,
            });
            println!("{all:#}");
            Ok(())
        }
        ["plan", account, operation, rest @ ..] => plan(account, operation, rest).await,
        [step @ ("execute" | "undo" | "verify" | "verify-undo" | "drift"), file] => {
            let walk: Walk = serde_json::from_slice(&std::fs::read(file)?)?;
            advance(step, &walk).await
        }
        _ => {
            Err("permissions | plan <account> <operation> <targets and name=value> | execute|verify|undo|verify-undo|drift <plan.json>"
                .into())
        }
    }
}

fn known(id: &str) -> Result<&'static dyn Operation, String> {
    find(id).ok_or_else(|| format!("no operation `{id}`"))
}

fn param(text: &str) -> Option<(String, Value)> {
    let (name, value) = text.split_once('=')?;
    let value = match (value.parse::<i64>(), value) {
        (Ok(number), _) => Value::Int(number),
        (_, "true") => Value::Bool(true),
        (_, "false") => Value::Bool(false),
        (_, text) => Value::from(text),
    };
    Some((name.to_owned(), value))
}

async fn plan(account: &str, operation: &str, rest: &[&str]) -> Result<(), Box<dyn Error>> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let region = config.region().map_or("us-east-1", |r| r.as_ref()).to_owned();
    let scope = Scope::new(AccountId::parse(account)?, &region);
    let operation = known(operation)?;
    let params: Params = rest.iter().filter_map(|text| param(text)).collect();
    let targets: Vec<String> = rest.iter().filter(|text| param(text).is_none()).map(|t| (*t).to_owned()).collect();
    let checked = operation.check(&scope, &targets, &params).map_err(|e| e.wire())?;
    let clients = ReadClients::new(&config);
    let seen = observe(operation, &clients, &scope, &checked.targets, &checked.params).await.map_err(|e| e.wire())?;
    let proposal = operation.propose(&seen, &checked.params).map_err(|r| r.wire())?;
    let policies = |direction| -> Result<Vec<String>, Box<dyn Error>> {
        if operation.actions(direction).is_empty() {
            return Ok(Vec::new());
        }
        let batches = session_policy(operation, direction, &scope, &proposal.targets)?;
        Ok(batches.into_iter().map(|b| b.policy_json).collect())
    };
    let notes = proposal.previews.iter().flat_map(|p| &p.notes).chain(&proposal.notes);
    let walk = Walk {
        policies: policies(Direction::Forward)?,
        undo_policies: policies(Direction::Back)?,
        account: scope.account,
        region,
        operation: operation.id().to_owned(),
        params: checked.params,
        notes: notes.map(|n| format!("{:?} {}: {}", n.level, n.code, n.text.in_lang(Lang::En))).collect(),
        targets: proposal.targets,
    };
    println!("{}", serde_json::to_string_pretty(&walk)?);
    Ok(())
}

async fn advance(step: &str, walk: &Walk) -> Result<(), Box<dyn Error>> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let scope = Scope::new(walk.account.clone(), &walk.region);
    let operation = known(&walk.operation)?;
    for target in &walk.targets {
        if step == "execute" || step == "undo" {
            let clients = WriteClients::new(&config);
            let effect = if step == "execute" {
                effects::execute(operation, &clients, &scope, target, &walk.params, "walk").await
            } else {
                effects::undo(operation, &clients, &scope, target, &walk.params, "walk").await
            };
            println!("{}: {:?}", target.id, effect.map_err(|e| e.wire())?);
            continue;
        }
        let clients = ReadClients::new(&config);
        let seen = observe(operation, &clients, &scope, std::slice::from_ref(&target.id), &walk.params).await.map_err(|e| e.wire())?;
        for now in &seen {
            match step {
                "drift" => println!("{}: {:?}", target.id, operation.drift(target, now)),
                "verify" => println!("{}: {:?}", target.id, operation.verify(target, now, Direction::Forward)),
                _ => println!("{}: {:?}", target.id, operation.verify(target, now, Direction::Back)),
            }
        }
    }
    Ok(())
}
