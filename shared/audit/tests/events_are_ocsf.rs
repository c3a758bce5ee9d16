//! Every kind of record is a valid event of its OCSF class, by the schema in the PyPI package `ocsf-json-schema`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use audit::{Actor, AuditEvent, AuditRecord, Chain, EventKind, ocsf};
use domain::{AccountId, Digest, EpochMs, PersonId, PlanId, Role, wire::SignIn};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap()
}

/// The interpreter of the tools that xtask installs, else whichever is there.
fn python() -> PathBuf {
    let installed = root().join(".local/venv/bin/python");
    if installed.exists() { installed } else { "python3".into() }
}

/// Bare and full events of every kind, by a person and by a function.
fn events() -> Vec<Value> {
    let person = Actor::person(PersonId::parse("alice").unwrap(), vec![Role::Operator]).signed_in(&SignIn {
        subject: Some("sub-1".into()),
        mfa: Some(true),
        at: None,
    });
    let mut found = Vec::new();
    for kind in EventKind::ALL {
        for actor in [person.clone(), Actor::function("execute-operation")] {
            let bare = AuditEvent::new(*kind, actor.clone());
            let mut full = AuditEvent::new(*kind, actor)
                .in_account(AccountId::parse("222222222222").unwrap())
                .shown(Digest::of_bytes(b"shown"))
                .requests(["11111111-2222-3333-4444-555555555555"])
                .because(["tier.prod.r2"])
                .on(["arn:aws:ec2:eu-west-1:222222222222:instance/i-1"])
                .of_incident("inc_1")
                .fact("operation", "ec2.stop_instances");
            full.plan = Some(PlanId::generate(EpochMs(1), 1));
            full.digest = Some(Digest::of_bytes(b"plan"));
            full.region = Some("eu-west-1".into());
            for event in [bare.clone(), full.clone(), full.sensitive()] {
                let record = AuditRecord::first(Chain::hub(), EpochMs(1_700_000_000_000), event);
                found.push(ocsf::event(&record.store().unwrap(), &record, false));
            }
        }
    }
    found
}

fn validate(events: &[Value]) -> (bool, String) {
    let mut child = Command::new(python())
        .arg(root().join("tools/validate_ocsf.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text: String = events.iter().map(|event| format!("{event}\n")).collect();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("\"wrong\""), "no verdict; `cargo xtask test` installs what is needed: {said}");
    (output.status.success(), said)
}

#[test]
fn every_kind_of_record_is_a_valid_event_and_a_wrong_one_is_noticed() {
    let events = events();
    let (valid, said) = validate(&events);
    assert!(valid, "{said}");
    for class in ["\"6003\"", "\"2003\"", "\"3002\"", "\"3004\""] {
        assert!(said.contains(class), "{said}");
    }
    // The control: without a field that its class requires, with a field that no class has.
    let mut broken = events[0].clone();
    broken.as_object_mut().unwrap().remove("time");
    let mut invented = events[0].clone();
    invented["no_such_attribute"] = Value::from(1);
    for wrong in [broken, invented] {
        assert!(!validate(&[wrong]).0);
    }
}
