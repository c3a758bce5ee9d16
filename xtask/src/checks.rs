//! `test`: every check and every test.
//!
//! Entry function: [`test`]. Invariant: nothing is skipped in silence: a step that could not run is a failure.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    end_to_end::{self, E2E},
    fleet, package,
    process::run,
    report::Report,
    tools,
    workspace::Workspace,
};

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
        report.step("tests", || {
            nextest(ws, &Selection { profile: "default", tests: &format!("not {E2E}"), filters, variables: &[] }).record(&mut counts)
        });
        if all {
            report.step("examples in the documentation", || run(ws.cargo().args(["test", "-q", "--doc", "--locked", "--workspace"])));
        }
        end_to_end::test(ws, filters, &mut report, &mut counts);
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

/// How many tests ran, and which failed.
#[derive(Default)]
pub(crate) struct Counts {
    run: u64,
    failed: u64,
    failures: Vec<String>,
}

/// Tests that run together.
pub(crate) struct Selection<'a> {
    /// The profile of `.config/nextest.toml`.
    pub(crate) profile: &'a str,
    /// Which, as nextest writes it.
    pub(crate) tests: &'a str,
    /// Of those, the ones whose names hold one of these; all, where there are none.
    pub(crate) filters: &'a [&'a str],
    /// What they are told by their environment.
    pub(crate) variables: &'a [(&'static str, String)],
}

/// What came of a run of tests.
pub(crate) struct Ran {
    outcome: Result<()>,
    counts: Counts,
}

impl Ran {
    /// Adds it to what ran before.
    pub(crate) fn record(self, to: &mut Counts) -> Result<()> {
        to.run += self.counts.run;
        to.failed += self.counts.failed;
        to.failures.extend(self.counts.failures);
        self.outcome
    }
}

/// Runs tests. Always of the whole workspace, so that features stay the same.
pub(crate) fn nextest(ws: &Workspace, selection: &Selection<'_>) -> Ran {
    let mut counts = Counts::default();
    let outcome = run_tests(ws, selection, &mut counts);
    Ran { outcome, counts }
}

fn run_tests(ws: &Workspace, selection: &Selection<'_>, counts: &mut Counts) -> Result<()> {
    // Where `.config/nextest.toml` puts it.
    let results = ws.local.join("nextest").join(selection.profile).join("junit.xml");
    if results.exists() {
        fs::remove_file(&results)?;
    }
    let mut command = ws.nextest();
    command.args(["run", "--locked", "--workspace", "--profile", selection.profile, "-E", selection.tests]).args(selection.filters);
    command.args(["--no-tests", if selection.filters.is_empty() { "fail" } else { "pass" }]);
    fleet::without_aws(&mut command).envs(selection.variables.iter().map(|(name, value)| (name, value)));
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
    fn a_check_without_files_does_not_pass() {
        let dir = std::env::temp_dir().join(format!("aiops-checks-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        assert!(files(&dir, ".yaml").is_err());
        fs::write(dir.join("a.yaml"), "").unwrap();
        assert_eq!(files(&dir, ".yaml").unwrap().len(), 1);
        fs::remove_dir_all(&dir).unwrap();
    }
}
