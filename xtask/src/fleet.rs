//! The fleet on a running local stack: templates, people, resources, accounts.
//!
//! Entry function: [`deploy`]. Invariant: the same scripts serve `up` and the end-to-end tests, and each leaves alone
//! what is already as it should be.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    process::{read, run},
    stack::Stack,
    workspace::Workspace,
};

/// Files that describe a deployed fleet.
pub(crate) struct Fleet {
    /// Addresses and names: the stacks' outputs.
    pub(crate) outputs: PathBuf,
    /// People, their passwords and groups.
    pub(crate) people: PathBuf,
    /// What must not be shown: the ExternalId.
    private: PathBuf,
}

impl Fleet {
    /// The files of the stack in a folder.
    pub(crate) fn of(dir: &Path) -> Self {
        Self { outputs: dir.join("outputs.json"), people: dir.join("people.json"), private: dir.join("private.json") }
    }

    /// The stacks' outputs.
    pub(crate) fn read_outputs(&self) -> Result<Value> {
        let text = fs::read_to_string(&self.outputs).with_context(|| format!("cannot read `{}`", self.outputs.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// One output, by JSON pointer.
    pub(crate) fn output(&self, pointer: &str) -> Result<String> {
        let outputs = self.read_outputs()?;
        let value = outputs.pointer(pointer).and_then(Value::as_str).with_context(|| format!("the stacks have no output `{pointer}`"))?;
        Ok(value.to_owned())
    }

    /// A person's password.
    pub(crate) fn password(&self, person: &str) -> Result<String> {
        let text = fs::read_to_string(&self.people).with_context(|| format!("cannot read `{}`", self.people.display()))?;
        let people: Value = serde_json::from_str(&text)?;
        let word = people.get(person).and_then(|entry| entry.get("password")).and_then(Value::as_str);
        Ok(word.with_context(|| format!("`{person}` is not one of the people"))?.to_owned())
    }
}

/// Deploys hub and members, makes people and resources.
pub(crate) fn deploy(ws: &Workspace, stack: &Stack, zips: &Path, fleet: &Fleet) -> Result<()> {
    run(script(ws, stack, "deploy").arg("--zips").arg(zips).arg("--private").arg(&fleet.private).arg("--out").arg(&fleet.outputs))?;
    run(script(ws, stack, "people").arg("--outputs").arg(&fleet.outputs).arg("--people").arg(&fleet.people))?;
    run(&mut script(ws, stack, "seed"))
}

/// Has waiting plans taken up again after a restart.
pub(crate) fn resume(ws: &Workspace, stack: &Stack) -> Result<()> {
    run(&mut script(ws, stack, "resume"))
}

/// Prints the state of an instance, as its account says it.
pub(crate) fn look(ws: &Workspace, stack: &Stack, account: &str, instance: &str) -> Result<()> {
    run(script(ws, stack, "look").args(["--account", account, "--instance", instance]))
}

/// A deployment of a function of that name goes wrong in an account.
pub(crate) fn bad_deployment(ws: &Workspace, stack: &Stack, account: &str, function: &str) -> Result<()> {
    run(script(ws, stack, "bad_deployment").args(["--account", account, "--function", function]))
}

/// Prints where that function's alias points, and whether it answers.
pub(crate) fn look_at_deployment(ws: &Workspace, stack: &Stack, account: &str, function: &str) -> Result<()> {
    run(script(ws, stack, "bad_deployment").args(["--account", account, "--function", function, "--look"]))
}

/// The ids of the instances that run in an account.
pub(crate) fn running_instances(ws: &Workspace, stack: &Stack, account: &str) -> Result<Vec<String>> {
    let said = read(script(ws, stack, "look").args(["--account", account]))?;
    Ok(said.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// Prints what is deployed and what waits.
pub(crate) fn status(ws: &Workspace, stack: &Stack, fleet: &Fleet) -> Result<()> {
    run(script(ws, stack, "status").arg("--outputs").arg(&fleet.outputs))
}

/// A script of `infra/local`, kept away from the caller's AWS configuration.
fn script(ws: &Workspace, stack: &Stack, name: &str) -> Command {
    let mut command = Command::new(ws.tool("python"));
    command.arg("-u").arg(ws.root.join(format!("infra/local/{name}.py"))).args(["--endpoint", &stack.endpoint()]);
    without_aws(&mut command).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Takes the caller's AWS configuration out of a program's environment.
pub(crate) fn without_aws(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(&name);
        }
    }
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null").env("AWS_EC2_METADATA_DISABLED", "true")
}
