//! The `aiops` program against the fleet, as people use it.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::world::*;

/// One person at a machine of their own.
pub struct Machine {
    person: &'static str,
    pub dir: PathBuf,
}

/// What one run of the program left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
    /// The plan that a reply names first.
    fn plan(&self) -> String {
        let at = self.out.find("plan_").unwrap_or_else(|| panic!("no plan in {self:?}"));
        self.out[at..at + "plan_".len() + 26].to_owned()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Machine {
    /// Of somebody who has the program and knows nothing of the fleet.
    pub fn strangers() -> Self {
        Self { person: "", dir: std::env::temp_dir().join(format!("aiops-e2e-{}", unique())) }
    }
    /// Configured and signed in.
    pub fn of(person: &'static str) -> Self {
        let w = world();
        let mut machine = Self::strangers();
        machine.person = person;
        let client = w.hub("UserPoolClientId");
        machine.run(&["configure", "--endpoint", &w.api, "--issuer-url", &w.endpoint, "--client-id", &client]).ok();
        let password = w.people[person]["password"].as_str().unwrap().to_owned();
        let signed = machine.run_with(&["login", "--user", person, "--password-stdin"], &format!("{password}\n")).ok();
        assert!(!signed.out.contains(&password) && !signed.err.contains(&password), "{signed:?}");
        machine
    }
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }
    fn run_with(&self, args: &[&str], input: &str) -> Ran {
        let program = std::env::var("AIOPS_E2E_CLI").expect("`AIOPS_E2E_CLI` is not set: run `cargo xtask test`, which builds the program");
        let mut child = Command::new(program)
            .args(args)
            .env_clear()
            .env("AIOPS_CONFIG_DIR", &self.dir)
            .env("LANG", "en_US.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ran { code: done.status.code().unwrap(), out: text(&done.stdout), err: text(&done.stderr) }
    }
    pub fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat()).ok();
        serde_json::from_str(ran.out.lines().next().unwrap()).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    }
}

#[tokio::test]
async fn a_sign_in_is_kept_and_ended_and_says_who_one_is() {
    let alice = Machine::of("alice");
    let who = alice.run(&["whoami"]).ok();
    assert!(who.out.contains("alice") && who.out.contains("operator"), "{who:?}");
    assert!(alice.run(&["--lang", "zh", "whoami"]).ok().out.contains("alice"));
    assert_eq!(alice.json(&["whoami"])["person"], "alice");
    let wrong = alice.run_with(&["login", "--user", alice.person, "--password-stdin"], "not-the-password\n");
    assert_ne!(wrong.code, 0, "{wrong:?}");
    #[cfg(unix)]
    for entry in std::fs::read_dir(&alice.dir).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{entry:?} is for its owner only");
    }
    alice.run(&["logout"]).ok();
    assert_eq!(alice.run(&["whoami"]).code, 3);
}

#[tokio::test]
async fn a_sentence_in_dev_is_carried_out_watched_and_undone() {
    let w = world();
    let alice = Machine::of("alice");
    let id = w.instance(DEV).await;
    let said = alice.run(&["chat", &format!("stop {id} in dev")]).ok();
    let plan = said.plan();
    for part in ["state: running → stopped", "rules:", "digest:", "Follow it with"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let ended = alice.run(&["status", &plan, "--wait", "--timeout", "60"]).ok();
    assert!(ended.out.contains("succeeded"), "{ended:?}");
    assert_eq!(w.instance_state(DEV, &id).await, "stopped");
    assert!(alice.run(&["plans"]).ok().out.contains(&plan));
    assert!(alice.run(&["plan", &plan]).ok().out.contains(&id));
    alice.run(&["undo", &plan]).ok();
    let ended = alice.run(&["status", &plan, "--wait", "--timeout", "60"]).ok();
    assert!(ended.out.contains("undone"), "{ended:?}");
    assert_eq!(w.instance_state(DEV, &id).await, "running");
    let records = Machine::of("dave").run(&["audit", "show", "--plan", &plan, "--chain", DEV]).ok();
    assert!(records.out.contains("undone") && records.out.contains("alice"), "{records:?}");
}

#[tokio::test]
async fn a_preview_is_shown_before_the_approval_and_the_approval_names_it() {
    let w = world();
    let (alice, bob) = (Machine::of("alice"), Machine::of("bob"));
    let id = w.instance(PROD).await;
    let said = alice.run(&["--lang", "zh", "chat", &format!("停止 prod 的 {id}")]).ok();
    let plan = said.plan();
    w.wait(&plan, &["awaiting_approval"]).await;
    assert!(bob.run(&["approvals"]).ok().out.contains(&plan));
    // The one who asked cannot say yes.
    let own = alice.run(&["approve", &plan, "--yes"]);
    assert_eq!(own.code, 1, "{own:?}");
    // A no to the question sends nothing, and so does a digest that is another's.
    assert_ne!(bob.run_with(&["approve", &plan], "n\n").code, 0);
    assert_ne!(bob.run(&["approve", &plan, "--yes", "--digest", "000000000000"]).code, 0);
    assert_eq!(w.state(&plan), "awaiting_approval");
    let yes = bob.run_with(&["approve", &plan], "y\n").ok();
    let shown = format!("{}{}", yes.out, yes.err);
    assert!(shown.contains("state: running → stopped") && shown.contains(&w.digest(&plan)), "{yes:?}");
    alice.run(&["status", &plan, "--wait", "--timeout", "60"]).ok();
    assert_eq!(w.instance_state(PROD, &id).await, "stopped");
    assert!(bob.run(&["status", &plan]).ok().out.contains("bob"));
}

#[tokio::test]
async fn chat_leads_to_the_same_approval_and_a_no_or_a_withdrawal_ends_a_plan() {
    let w = world();
    let (alice, bob) = (Machine::of("alice"), Machine::of("bob"));
    let ids = [w.instance(PROD).await, w.instance(PROD).await, w.instance(PROD).await];
    let plans: Vec<String> = ids.iter().map(|id| alice.run(&["chat", &format!("stop {id} in prod")]).ok().plan()).collect();
    for plan in &plans {
        w.wait(plan, &["awaiting_approval"]).await;
    }
    bob.run(&["chat", "--yes", &format!("approve {}", plans[0])]).ok();
    w.wait(&plans[0], &["succeeded"]).await;
    bob.run(&["reject", &plans[1], "--reason", "not today"]).ok();
    w.wait(&plans[1], &["rejected"]).await;
    let seen = alice.run(&["status", &plans[1], "--wait"]);
    assert!(seen.code == 1 && format!("{}{}", seen.out, seen.err).contains("not today"), "{seen:?}");
    alice.run(&["withdraw", &plans[2]]).ok();
    w.wait(&plans[2], &["withdrawn"]).await;
    assert_eq!(alice.run(&["status", &plans[2], "--wait"]).code, 1);
    for (id, state) in ids.iter().zip(["stopped", "running", "running"]) {
        assert_eq!(w.instance_state(PROD, id).await, state);
    }
}

#[tokio::test]
async fn the_account_of_a_conversation_is_kept_between_two_runs() {
    let w = world();
    let alice = Machine::of("alice");
    let id = w.instance(DEV).await;
    alice.run(&["chat", "use", "account", "dev"]).ok();
    assert!(alice.run(&["whoami"]).ok().out.contains("dev"));
    let said = alice.run(&["chat", &format!("only show me: stop {id}")]).ok();
    assert!(said.out.contains("account: dev") && said.out.contains("This was a preview"), "{said:?}");
    let fresh = alice.run(&["chat", "--new-session", &format!("stop {id}")]);
    assert!(fresh.code == 1 && fresh.err.contains("Plan.AccountMissing"), "{fresh:?}");
    assert!(alice.run(&["accounts"]).ok().out.contains(DEV));
    let talk = alice.run_with(&["chat"], "use account prod\nhelp\nexit\n").ok();
    assert!(format!("{}{}", talk.out, talk.err).contains("[prod]"), "{talk:?}");
}

#[tokio::test]
async fn alone_a_sound_audit_log_verifies_and_a_changed_record_is_named() {
    let w = world();
    let dave = Machine::of("dave");
    let id = w.instance(DEV).await;
    let plan = w.ask("alice", &format!("stop {id} in dev"));
    w.wait(&plan, &["succeeded"]).await;
    w.execution_end(&plan, "execute", 1).await;
    let sound = dave.run(&["audit", "verify"]).ok();
    assert!(sound.out.contains(DEV) && sound.out.contains("hub"), "{sound:?}");
    let answer = w.chat("dave", "verify audit");
    assert_eq!((answer.status, answer.error()), (200, ""), "{answer:?}");

    let seq =
        w.audit_records(DEV).iter().filter(|r| r["event"]["plan"] == plan.as_str()).map(|r| r["seq"].as_u64().unwrap()).min().unwrap();
    let table = w.hub("AuditTableName");
    let get = w.dynamodb().get_item().table_name(&table).key("chain", AttributeValue::S(DEV.into()));
    let original = get.key("seq", AttributeValue::N(seq.to_string())).send().await.unwrap().item().unwrap().clone();
    let mut changed = original.clone();
    let record = original["record"].as_s().unwrap();
    assert!(record.contains("\"alice\""), "{record}");
    changed.insert("record".into(), AttributeValue::S(record.replace("\"alice\"", "\"mallo\"")));
    w.dynamodb().put_item().table_name(&table).set_item(Some(changed)).send().await.unwrap();
    let restored = original.clone();
    restoring(
        async move {
            let w = world();
            for machine in [&dave, &Machine::of("dave")] {
                let found = machine.run(&["audit", "verify"]);
                let shown = format!("{}{}", found.out, found.err);
                assert_eq!(found.code, 2, "{found:?}");
                assert!(shown.contains(DEV) && shown.contains(&seq.to_string()), "record {seq}: {shown}");
            }
            assert_eq!(dave.run(&["audit", "verify", "--chain", "hub"]).code, 0, "the other chains are sound");
            for (text, said) in [("verify audit", "NOT INTACT"), ("验证审计", "不完整")] {
                let answer = w.chat("dave", text);
                assert_eq!((answer.status, answer.error()), (200, "Audit.Refused"), "{answer:?}");
                assert!(answer.text().contains(said) && answer.text().contains(&seq.to_string()), "{}", answer.text());
            }
        },
        async { drop(w.dynamodb().put_item().table_name(&table).set_item(Some(restored)).send().await.unwrap()) },
    )
    .await;
    let get = w.dynamodb().get_item().table_name(&table).key("chain", AttributeValue::S(DEV.into()));
    assert_eq!(get.key("seq", AttributeValue::N(seq.to_string())).send().await.unwrap().item().unwrap(), &original);
    assert_eq!(Machine::of("dave").run(&["audit", "verify"]).code, 0);
}
