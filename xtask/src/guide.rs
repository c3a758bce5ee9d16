//! The guided run: a change goes from a sentence to a verified outcome, and back.
//!
//! Entry function: [`show`]. Invariant: every line that is shown as a command is the command that was run.

use std::{
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};

use crate::{
    cli::Cli,
    fleet::{self, Fleet},
    process::read,
    stack::Stack,
    workspace::Workspace,
};

/// Plays the whole story. `shown` remembers the instances it was played with: a changed resource rests for ten minutes.
pub(crate) fn show(ws: &Workspace, stack: &Stack, fleet: &Fleet, cli: &Cli, shown: &Path) -> Result<()> {
    let played = fs::read_to_string(shown).unwrap_or_default();
    let next = |account: &str| -> Result<String> {
        let running = fleet::running_instances(ws, stack, account)?;
        let fresh = running.iter().find(|id| !played.contains(id.as_str())).or(running.first());
        fresh.cloned().with_context(|| format!("no instance runs in account `{account}`"))
    };
    let (dev, prod) = (next("dev")?, next("prod")?);
    for person in ["alice", "bob", "dave"] {
        cli.sign_in(fleet, person)?;
    }
    let guide = Guide { ws, stack, cli };

    guide.chapter("Alice is an operator. She asks in English; in dev the fleet acts alone.");
    let plan = plan_in(&guide.aiops("alice", &["--lang", "en", "chat", "--new-session", &format!("stop {dev} in dev")])?)?;
    guide.aiops("alice", &["status", &plan, "--wait"])?;
    guide.look("dev", &dev)?;

    guide.chapter("She asks in Chinese for the same in prod. There somebody else has to approve: the plan waits, with its preview.");
    let plan = plan_in(&guide.aiops("alice", &["--lang", "zh", "chat", "--new-session", &format!("停止 prod 的 {prod}")])?)?;
    guide.wait_for_people(&plan)?;
    guide.look("prod", &prod)?;

    guide.chapter("Bob is an approver. He sees what waits, and approves exactly that: the digest binds his word to this plan.");
    guide.aiops("bob", &["approvals"])?;
    guide.aiops("bob", &["approve", &plan, "--yes"])?;
    guide.aiops("alice", &["status", &plan, "--wait"])?;
    guide.look("prod", &prod)?;

    guide.chapter("It was the wrong one. The undo was part of the plan that Bob approved.");
    guide.aiops("alice", &["undo", &plan])?;
    guide.aiops("alice", &["status", &plan, "--wait"])?;
    guide.look("prod", &prod)?;

    // New names each time: an incident is folded into one that is open.
    let played_at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let (first, second) = (format!("checkout-{}", played_at % 1_000_000), format!("returns-{}", played_at % 1_000_000));
    guide.chapter(
        "A deployment goes wrong in prod. The alarm asks by itself: what happened, what changed, why, and what would take it back.",
    );
    guide.incident(&first)?;
    guide.chapter("The same trouble in another function. What was verified the first time stands beside the answer now.");
    guide.incident(&second)?;
    guide.aiops("alice", &["--lang", "en", "chat", "kb stats"])?;

    guide.chapter("Dave is an auditor. Every step is in a chain of records; he verifies it here, not in the fleet.");
    guide.aiops("dave", &["audit", "verify"])?;
    fs::write(shown, format!("{played}{dev}\n{prod}\n"))?;
    Ok(())
}

struct Guide<'a> {
    ws: &'a Workspace,
    stack: &'a Stack,
    cli: &'a Cli,
}

impl Guide<'_> {
    fn chapter(&self, text: &str) {
        println!("\n── {text}\n");
    }

    /// Runs the command line as a person; shows command and answer.
    fn aiops(&self, person: &str, arguments: &[&str]) -> Result<String> {
        let shown: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        println!("$ aiops --profile {person} {}", shown.join(" "));
        let output = self.cli.as_person(person).args(arguments).stdin(Stdio::null()).output().context("cannot start `aiops`")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in said.lines().chain(String::from_utf8_lossy(&output.stderr).lines()) {
            println!("  {line}");
        }
        if !output.status.success() {
            bail!("`aiops {}` failed ({})", arguments.join(" "), output.status);
        }
        Ok(said)
    }

    /// From an alarm to its explanation, the proposal, the change and its verified outcome.
    fn incident(&self, function: &str) -> Result<()> {
        fleet::bad_deployment(self.ws, self.stack, "prod", function)?;
        let incident = self.wait_for_explanation(function)?;
        let said = self.aiops("alice", &["--lang", "en", "chat", "--new-session", &format!("status {incident}")])?;
        let remedy = said.split('`').find(|part| part.starts_with("roll back alias")).context("the explanation proposes nothing")?;
        let plan = plan_in(&self.aiops("alice", &["--lang", "en", "chat", "--new-session", remedy])?)?;
        self.wait_for_people(&plan)?;
        self.aiops("bob", &["approve", &plan, "--yes"])?;
        self.aiops("alice", &["status", &plan, "--wait"])?;
        fleet::look_at_deployment(self.ws, self.stack, "prod", function)
    }

    /// The alarm, its incident, its evidence and the analysis come by themselves.
    fn wait_for_explanation(&self, function: &str) -> Result<String> {
        for _ in 0..300 {
            let said = read(self.cli.as_person("alice").args(["--lang", "en", "chat", "--new-session", "status"]))?;
            if let Some(incident) = said.lines().find(|line| line.contains(function)).and_then(incident_in) {
                let status = format!("status {incident}");
                let said = read(self.cli.as_person("alice").args(["--lang", "en", "chat", "--new-session", &status]))?;
                if said.contains("What happened:") && !said.contains("it is looked at again in") {
                    return Ok(incident);
                }
            }
            thread::sleep(Duration::from_millis(500));
        }
        bail!("the alarm of `{function}` is not explained")
    }

    /// The workflow needs a moment to reach the point where it waits for people.
    fn wait_for_people(&self, plan: &str) -> Result<()> {
        for _ in 0..100 {
            let said = read(self.cli.as_person("alice").args(["--json", "status", plan]))?;
            if said.contains("awaiting_approval") {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        bail!("plan `{plan}` does not wait for an approval")
    }

    /// Asks the member account itself what became of the instance.
    fn look(&self, account: &str, instance: &str) -> Result<()> {
        fleet::look(self.ws, self.stack, account, instance)
    }
}

/// How to go on from here.
pub(crate) fn how_to_talk(ws: &Workspace, stack: &Stack, fleet: &Fleet) -> Result<()> {
    println!("\nThe fleet is listening at {}", fleet.output("/api")?);
    println!("AWS APIs (hub 111111111111; a 12-digit access key is that account's root): {}", stack.endpoint());
    println!("\nTalk to it (passwords are in {}):", ws.shown(&fleet.people));
    println!("  export PATH=\"$PWD/.local/bin:$PATH\"");
    println!("  aiops --profile alice chat                      # or: aiops --profile alice chat \"stop i-… in prod\"");
    println!("  aiops --profile bob approvals");
    println!("  aiops --profile dave audit verify");
    println!("\n`cargo xtask status` shows what waits, `cargo xtask down` stops it and keeps its state.");
    Ok(())
}

fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':'));
    if plain { word.to_owned() } else { format!("\"{}\"", word.replace('"', "\\\"")) }
}

/// The plan's id in an answer.
fn plan_in(said: &str) -> Result<String> {
    id_in(said, "plan_").context("the answer names no plan")
}

/// An incident's id in a line.
fn incident_in(line: &str) -> Option<String> {
    id_in(line, "inc_")
}

fn id_in(said: &str, prefix: &str) -> Option<String> {
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '_';
    said.split(|c: char| !is_id(c)).find(|word| word.strip_prefix(prefix).is_some_and(|ulid| ulid.len() == 26)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_found_in_an_answer_in_either_language() {
        assert_eq!(plan_in("已提交计划plan_01JD3ZQ5V4M0000000000000AB，等待审批").unwrap(), "plan_01JD3ZQ5V4M0000000000000AB");
        assert!(plan_in("plan_short is none").is_err());
    }

    #[test]
    fn a_shown_command_can_be_typed() {
        assert_eq!(quoted("stop web-1 in dev"), "\"stop web-1 in dev\"");
        assert_eq!(quoted("plan_01"), "plan_01");
    }
}
