//! `test`: every check and every test.
//!
//! Entry function: [`test`]. Invariants: nothing is skipped in silence (a step that could not run is a failure); the
//! stack of the end-to-end tests is fresh, on a port of its own, and is stopped whatever happens.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    cli::Cli,
    fleet::{self, Fleet},
    package::{self, Kind},
    process::{read, run},
    report::Report,
    stack::{Life, Stack, free_port},
    tools,
    workspace::Workspace,
};

const E2E: &str = "package(e2e)";

/// Runs everything; with filters, the tests that match them.
pub(crate) fn test(ws: &Workspace, filters: &[&str]) -> Result<()> {
    let mut report = Report::new();
    let mut counts = Counts::default();
    let all = filters.is_empty();
    if all {
        report.step("format", || run(ws.plain_cargo().args(["fmt", "--all", "--check"])));
    }
    let set_up = report.step("tools", || tools::set_up(ws)).is_some();
    if all && set_up {
        report.step("dependencies: bans, licences, sources", || deny(ws));
        report.step("templates (cfn-lint)", || templates(ws));
        report.step("state machines (asl-validator)", || state_machines(ws));
        report.step("rights of every role (cloudsplaining)", || rights(ws));
    }
    let built = set_up
        && report.step("build and lints", || build(ws)).is_some()
        && report.step("build of tests", || run(ws.nextest().args(["run", "--locked", "--workspace", "--no-run"]))).is_some();
    if built {
        report.step("tests", || nextest(ws, "default", "not ", filters, &[], &mut counts));
        if all {
            report.step("examples in the documentation", || run(ws.cargo().args(["test", "-q", "--doc", "--locked", "--workspace"])));
        }
        end_to_end(ws, filters, &mut report, &mut counts);
    } else {
        report.not_run("tests", "not built");
        report.not_run("end-to-end tests", "not built");
    }
    let outcome = report.finish();
    for name in &counts.failures {
        println!("failed: {name}");
    }
    println!("tests: {} passed, {} failed", counts.run.saturating_sub(counts.failed), counts.failed);
    outcome
}

fn build(ws: &Workspace) -> Result<()> {
    if !ws.lints {
        bail!("Clippy is missing: `rustup component add clippy`");
    }
    package::build_local(ws)
}

fn deny(ws: &Workspace) -> Result<()> {
    // The advisories are left out: their database is fetched from the network, and a test must not depend on that.
    let mut deny = Command::new(ws.tool("cargo-deny"));
    run(deny.current_dir(&ws.root).args([
        "--log-level",
        "error",
        "--locked",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

fn templates(ws: &Workspace) -> Result<()> {
    let files = files(&ws.root.join("infra"), ".yaml")?;
    run(Command::new(ws.tool("cfn-lint")).arg("--").args(files))
}

/// The policies of every role, as they will be, before the eyes of a tool that is not ours.
fn rights(ws: &Workspace) -> Result<()> {
    let mut roles = serde_json::Map::new();
    for (file, more) in
        [("hub.yaml", [("Writing", "")]), ("member.yaml", [("Writing", "enabled")]), ("member-events.yaml", [("Writing", "")])]
    {
        let path = ws.root.join("infra").join(file);
        let template = iam::yaml::parse(&fs::read_to_string(&path)?).with_context(|| format!("`{}`", ws.shown(&path)))?;
        let parameters = more.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let place =
            iam::template::Place { partition: "aws".into(), region: "eu-west-1".into(), account: "111111111111".into(), parameters };
        let found = iam::template::roles(&template, &place).with_context(|| format!("`{}`", ws.shown(&path)))?;
        roles.extend(found.into_iter().map(|role| (role.id, role.documents.into())));
    }
    let to = ws.local.join("tmp/roles.json");
    fs::create_dir_all(ws.local.join("tmp"))?;
    fs::write(&to, serde_json::Value::from(roles).to_string())?;
    run(Command::new(ws.tool("python")).arg(ws.root.join("infra/local/privileges.py")).arg(&to))
}

/// The validator knows nothing of CloudFormation: it gets the definitions as they are after substitution.
fn state_machines(ws: &Workspace) -> Result<()> {
    let mut command = Command::new(ws.local.join("npm/node_modules/.bin/asl-validator"));
    let filled = ws.local.join("tmp/statemachines");
    fs::create_dir_all(&filled)?;
    for file in files(&ws.root.join("statemachines"), ".asl.json")? {
        let to = filled.join(file.file_name().unwrap_or_default());
        fs::write(&to, fill(&fs::read_to_string(&file)?))?;
        command.arg("--json-path").arg(to);
    }
    run(&mut command)
}

/// A definition with values of the right shape in place of `${…}`.
fn fill(definition: &str) -> String {
    let mut parts = definition.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once('}') else {
            text.push_str(part);
            continue;
        };
        match (name, name.strip_suffix("FunctionArn"), name.strip_suffix("StateMachineArn")) {
            ("Partition", ..) => text.push_str("aws"),
            (_, Some(function), _) => text.push_str(&format!("arn:aws:lambda:us-east-1:111111111111:function:{function}")),
            (_, _, Some(machine)) => text.push_str(&format!("arn:aws:states:us-east-1:111111111111:stateMachine:{machine}")),
            _ => text.push_str(name),
        }
        text.push_str(rest);
    }
    text
}

/// The files of a folder with an ending; none is an error, for a check that checks nothing must not pass.
fn files(dir: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list `{}`", dir.display()))? {
        let path = entry?.path();
        if path.is_file() && path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        bail!("`{}` has no `*{ending}`", dir.display());
    }
    Ok(found)
}

fn end_to_end(ws: &Workspace, filters: &[&str], report: &mut Report, counts: &mut Counts) {
    if !filters.is_empty() && !matching(ws, filters) {
        return;
    }
    remove_leftovers(ws);
    let dir = ws.local.join(format!("test-{}", std::process::id()));
    let Some((mut stack, model)) = report.step("end-to-end: local stack and fleet", || start(ws, &dir)) else {
        report.not_run("end-to-end tests", "the fleet was not deployed");
        return;
    };
    let tested = report.step("end-to-end tests", || {
        let variables = variables(ws, &stack, &dir)?;
        nextest(ws, "e2e", "", filters, &variables, counts)
    });
    let log = stack.tail(60);
    let stopped = report.step("end-to-end: stop", || stack.stop());
    drop(model);
    if tested.is_some() && stopped.is_some() {
        report.step("end-to-end: clean up", || fs::remove_dir_all(&dir).with_context(|| format!("cannot remove `{}`", dir.display())));
    } else {
        println!("\nthe end of {} (kept until the next run):\n{log}\n", ws.shown(&stack.log()));
    }
}

/// Starts a stack and deploys the fleet to it. Leaves nothing running where that fails.
fn start(ws: &Workspace, dir: &Path) -> Result<(Stack, Scripted)> {
    let zips = ws.local.join("functions");
    package::zips(ws, Kind::Local, &zips)?;
    fs::create_dir_all(dir)?;
    let mut stack = Stack::new(dir, free_port()?);
    let model = Scripted::start(ws, dir, &stack)?;
    let fleet = Fleet::of(dir);
    let outcome = stack.start(ws, Life::While(std::process::id())).and_then(|()| {
        fleet::deploy(ws, &stack, &zips, &fleet)?;
        Cli::of(ws, dir, &fleet)?.register_accounts(ws, &fleet, &dir.join("registered"))
    });
    match outcome {
        Ok(()) => Ok((stack, model)),
        Err(error) => {
            println!("\nthe end of {}:\n{}\n", ws.shown(&stack.log()), stack.tail(60));
            stack.stop()?;
            Err(error)
        }
    }
}

/// The model that does as the tests tell it, behind the stack's Bedrock. It ends with this value, or with this process.
struct Scripted(Child);

impl Scripted {
    fn start(ws: &Workspace, dir: &Path, stack: &Stack) -> Result<Self> {
        let port = free_port()?;
        stack.ask_models_at(&format!("http://127.0.0.1:{port}"))?;
        let child = Command::new(ws.tool("python"))
            .arg(ws.root.join("tests/e2e/scripted_model.py"))
            .arg(port.to_string())
            .arg(dir.join("model.log"))
            .args(["--while", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start the scripted model")?;
        Ok(Self(child))
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// What the end-to-end tests need to know.
fn variables(ws: &Workspace, stack: &Stack, dir: &Path) -> Result<Vec<(&'static str, String)>> {
    let fleet = Fleet::of(dir);
    // The build of the workspace may have put another file in the place of the one that runs.
    let own = dir.join("xtask");
    fs::copy("/proc/self/exe", &own).with_context(|| format!("cannot copy this program to `{}`", own.display()))?;
    Ok(vec![
        ("AIOPS_E2E_ENDPOINT", stack.endpoint()),
        ("AIOPS_E2E_API", fleet.output("/api")?),
        ("AIOPS_E2E_OUTPUTS", fleet.outputs.display().to_string()),
        ("AIOPS_E2E_PEOPLE", fleet.people.display().to_string()),
        ("AIOPS_E2E_CLI", package::binary(ws, Kind::Local, "aiops").display().to_string()),
        ("AIOPS_E2E_DIR", dir.display().to_string()),
        ("AIOPS_E2E_PYTHON", ws.tool("python").display().to_string()),
        // `$AIOPS_E2E_XTASK restart-test-stack $AIOPS_E2E_DIR` stops the stack, keeps its state, and starts it again.
        ("AIOPS_E2E_XTASK", own.display().to_string()),
    ])
}

/// Stops the stack of a test run and starts it again on the same port, with the same life.
pub(crate) fn restart(ws: &Workspace, dir: &Path) -> Result<()> {
    let Some(mut stack) = Stack::running(dir) else { bail!("no stack runs in `{}`", dir.display()) };
    let owner = owner(dir).context("this is not the stack of a test run")?;
    stack.stop()?;
    Stack::new(dir, stack.port).start(ws, Life::While(owner))
}

/// The process that a folder `test-<pid>` belongs to.
fn owner(dir: &Path) -> Option<u32> {
    dir.file_name()?.to_str()?.strip_prefix("test-")?.parse().ok()
}

/// Removes the folders of test runs that are no more.
fn remove_leftovers(ws: &Workspace) {
    let Ok(entries) = fs::read_dir(&ws.local) else { return };
    for dir in entries.flatten().map(|entry| entry.path()) {
        if owner(&dir).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
            && let Err(error) = fs::remove_dir_all(&dir)
        {
            println!("  cannot remove `{}`: {error}", dir.display());
        }
    }
}

/// Whether a filter picks an end-to-end test.
fn matching(ws: &Workspace, filters: &[&str]) -> bool {
    let listed = read(ws.nextest().args(["list", "--locked", "--workspace", "-E", E2E, "--message-format", "oneline"]).args(filters));
    listed.is_ok_and(|text| text.lines().any(|line| !line.trim().is_empty()))
}

#[derive(Default)]
struct Counts {
    run: u64,
    failed: u64,
    failures: Vec<String>,
}

/// Runs the tests of (or but for) the package `e2e`. Always the whole workspace, so that features stay the same.
fn nextest(
    ws: &Workspace,
    profile: &str,
    not: &str,
    filters: &[&str],
    variables: &[(&'static str, String)],
    counts: &mut Counts,
) -> Result<()> {
    // Where `.config/nextest.toml` puts it.
    let results = ws.local.join("nextest").join(profile).join("junit.xml");
    if results.exists() {
        fs::remove_file(&results)?;
    }
    let mut command = ws.nextest();
    command.args(["run", "--locked", "--workspace", "--profile", profile, "-E", &format!("{not}{E2E}")]).args(filters);
    command.args(["--no-tests", if filters.is_empty() { "fail" } else { "pass" }]);
    fleet::without_aws(&mut command).envs(variables.iter().map(|(name, value)| (name, value)));
    let outcome = run(&mut command);
    if let Ok(text) = fs::read_to_string(&results) {
        counts.run += attribute(&text, "tests").unwrap_or(0);
        counts.failed += attribute(&text, "failures").unwrap_or(0) + attribute(&text, "errors").unwrap_or(0);
        counts.failures.extend(failures(&text));
    }
    outcome
}

/// A number in the first element `testsuites` of a JUnit file.
fn attribute(junit: &str, name: &str) -> Option<u64> {
    let (_, rest) = junit.split_once("<testsuites")?;
    let (head, _) = rest.split_once('>')?;
    let (_, value) = head.split_once(&format!(" {name}=\""))?;
    value.split('"').next()?.parse().ok()
}

/// The tests of a JUnit file that failed: `binary test`.
fn failures(junit: &str) -> Vec<String> {
    let value = |case: &str, name: &str| {
        let (_, rest) = case.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let failed = |case: &&str| {
        let body = case.split("</testcase>").next().unwrap_or_default();
        body.contains("<failure") || body.contains("<error")
    };
    junit
        .split("<testcase ")
        .skip(1)
        .filter(failed)
        .filter_map(|case| Some(format!("{} {}", value(case, "classname")?, value(case, "name")?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_from_the_junit_file() {
        let text = r#"<?xml version="1.0"?><testsuites name="nextest-run" tests="12" failures="2" errors="0" uuid="x" time="1"><testsuite tests="3"/>"#;
        assert_eq!((attribute(text, "tests"), attribute(text, "failures"), attribute(text, "errors")), (Some(12), Some(2), Some(0)));
        assert_eq!(attribute("nothing", "tests"), None);
        let cases = r#"<testsuite name="a"><testcase name="good" classname="a" time="1"/>
            <testcase name="m::bad" classname="a::b" time="1"><failure type="x">…</failure></testcase><testcase name="fine" classname="a"/></testsuite>"#;
        assert_eq!(failures(cases), ["a::b m::bad"]);
    }

    #[test]
    fn placeholders_become_values_of_their_shape() {
        let filled = fill("arn:${Partition}:states:::lambda:invoke ${ParseIntentFunctionArn} ${ChangeStateMachineArn} {% $x %}");
        assert_eq!(
            filled,
            "arn:aws:states:::lambda:invoke arn:aws:lambda:us-east-1:111111111111:function:ParseIntent \
             arn:aws:states:us-east-1:111111111111:stateMachine:Change {% $x %}"
        );
    }

    #[test]
    fn only_the_folder_of_a_test_run_has_an_owner() {
        assert_eq!(owner(Path::new("/x/.local/test-123")), Some(123));
        assert_eq!(owner(Path::new("/x/.local/state")), None);
    }

    #[test]
    fn a_check_without_files_does_not_pass() {
        let dir = std::env::temp_dir().join(format!("aiops-checks-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        assert!(files(&dir, ".yaml").is_err());
        fs::write(dir.join("a.yaml"), "").unwrap();
        assert_eq!(files(&dir, ".yaml").unwrap().len(), 1);
        fs::remove_dir_all(&dir).unwrap();
    }
}
