//! Rules: asked, explained, limited to a scope, and changed by two people.

use serde_json::{Value, json};

use crate::world::*;

fn rules(w: &World, person: &str, body: &Value) -> Answer {
    w.call("PUT", "/v1/rules", person, &body.to_string())
}

fn confirm(w: &World, person: &str, kind: &str, digest: &str) -> Answer {
    rules(w, person, &json!({"confirm": {"kind": kind, "digest": digest}}))
}

/// Proposes by one administrator, confirms by a second.
async fn set(w: &World, body: &Value, kind: &str) {
    let proposed = rules(w, "erin", body);
    assert_eq!((proposed.status, proposed.body["state"].as_str()), (200, Some("waiting")), "{proposed:?}");
    let second = w.new_person(&["administrator"]).await;
    let done = confirm(w, &second, kind, proposed.body["digest"].as_str().unwrap());
    assert_eq!((done.status, done.body["state"].as_str()), (200, Some("in_force")), "{done:?}");
    w.remove_person(&second).await;
}

#[tokio::test]
async fn alone_an_account_is_made_looser_by_two_administrators_and_by_nobody_alone() {
    let w = world();
    let name = format!("gov-{}", &unique()[18..]);
    let account = |environment: &str, autonomy: &str| {
        json!({"accounts": [{"id": "666666666666", "name": name, "environment": environment, "owner": "e2e", "regions": [REGION], "autonomy": autonomy}]}).to_string()
    };
    let registered = || {
        let all = w.get("/v1/accounts", "victor").body["accounts"].clone();
        all.as_array().unwrap().iter().find(|a| a["id"] == "666666666666").map(|a| a["environment"].as_str().unwrap().to_owned())
    };
    let added = w.call("PUT", "/v1/accounts", "erin", &account("prod", "shadow"));
    assert_eq!(added.status, 200, "{added:?}");
    let waiting = w.call("PUT", "/v1/accounts", "erin", &account("dev", "shadow"));
    assert_eq!((waiting.status, waiting.body["state"].as_str()), (200, Some("waiting")), "{waiting:?}");
    assert_eq!(registered().as_deref(), Some("prod"), "nothing has changed yet");
    let digest = waiting.body["digest"].as_str().unwrap().to_owned();
    let alone = confirm(w, "erin", "accounts", &digest);
    assert_eq!((alone.status, alone.error()), (403, "Rules.AuthorRefused"), "{alone:?}");
    let operator = confirm(w, "alice", "accounts", &digest);
    assert_eq!((operator.status, operator.error()), (403, "Request.Denied"), "{operator:?}");
    let second = w.new_person(&["administrator"]).await;
    let other = confirm(w, &second, "accounts", domain::Digest::of_bytes(b"another").as_str());
    assert_eq!((other.status, other.error()), (404, "Rules.NotFound"), "{other:?}");
    assert_eq!(registered().as_deref(), Some("prod"));
    let done = confirm(w, &second, "accounts", &digest);
    assert_eq!((done.status, done.body["state"].as_str()), (200, Some("in_force")), "{done:?}");
    assert_eq!(registered().as_deref(), Some("dev"));
    let again = confirm(w, &second, "accounts", &digest);
    assert_eq!((again.status, again.error()), (404, "Rules.NotFound"), "spent: {again:?}");
    w.remove_person(&second).await;
    // Out of the way of those who say "in dev" or "in prod".
    assert_eq!(w.call("PUT", "/v1/accounts", "erin", &account("staging", "shadow")).status, 200);
    let kinds: Vec<String> = w.audit_records("hub").iter().map(|r| r["event"]["kind"].as_str().unwrap().to_owned()).collect();
    assert!(["rules_proposed", "rules_changed"].iter().all(|kind| kinds.iter().any(|k| k == kind)), "{kinds:?}");
}

#[tokio::test]
async fn a_policy_file_with_a_misspelt_attribute_is_refused_and_the_old_version_stays() {
    let w = world();
    let version = || w.get("/v1/rules", "erin").body["policy_version"].as_str().unwrap().to_owned();
    let before = version();
    let rule = |attribute: &str| {
        json!({"policies": [{"name": "own.cedar", "text": format!(
            "@id(\"own\") @en(\"x\") @zh(\"x\") forbid (principal, action == Action::\"execute\", resource) when {{ resource.account.{attribute} == \"prod\" }};"
        )}]})
    };
    let refused = rules(w, "erin", &rule("enviroment"));
    assert_eq!((refused.status, refused.error()), (403, "Policy.Refused"), "{refused:?}");
    assert!(refused.text().contains("own") && refused.text().contains("those in force stay"), "{refused:?}");
    assert_eq!(version(), before);
    let denied = rules(w, "alice", &rule("environment"));
    assert_eq!((denied.status, denied.error()), (403, "Request.Denied"), "{denied:?}");
    let unknown = rules(w, "erin", &json!({"policy": []}));
    assert_eq!(unknown.status, 400, "{unknown:?}");
}

#[tokio::test]
async fn an_operator_of_one_environment_is_none_in_another() {
    let w = world();
    let group = "operator@env:dev";
    // Another test may have made it.
    let _ = w.directory().create_group().user_pool_id(w.hub("UserPoolId")).group_name(group).send().await;
    let person = w.new_person(&[group, "viewer"]).await;
    let (dev, prod) = (w.instance(DEV).await, w.instance(PROD).await);
    let plan = w.ask(&person, &format!("stop {dev} in dev"));
    w.wait(&plan, &["succeeded"]).await;
    let refused = w.chat(&person, &format!("stop {prod} in prod"));
    assert_eq!((refused.status, refused.error()), (200, "Plan.Denied"), "{refused:?}");
    assert!(refused.text().contains("is not an operator here"), "{refused:?}");
    assert_eq!(w.instance_state(PROD, &prod).await, "running");
    w.remove_person(&person).await;
}

#[tokio::test]
async fn a_verdict_is_explained_rule_by_rule_with_what_would_make_it_allowed() {
    let w = world();
    let body = json!({"operation": "ec2.stop_instances", "account": "prod"});
    let own = w.post("/v1/rules/explain", "alice", &body);
    assert_eq!(own.status, 200, "{own:?}");
    assert!(own.text().contains("tier.prod.R2") && own.text().contains("one more approval by another person"), "{own:?}");
    let viewer = w.post("/v1/rules/explain", "victor", &body);
    assert!(viewer.text().contains("the operator role here for victor"), "{viewer:?}");
    let other = json!({"operation": "ec2.stop_instances", "account": "prod", "as": "alice"});
    let curious = w.post("/v1/rules/explain", "victor", &other);
    assert_eq!((curious.status, curious.error()), (403, "Request.Denied"), "{curious:?}");
    assert_eq!(w.post("/v1/rules/explain", "bob", &other).status, 200);
    let nowhere = w.post("/v1/rules/explain", "alice", &json!({"operation": "ec2.stop_instances", "account": "nowhere"}));
    assert_eq!((nowhere.status, nowhere.error()), (404, "Plan.AccountNotFound"), "{nowhere:?}");
}

/// A calendar is everybody's: alone. Windows of prod are long past; then a freeze begins while a plan waits.
#[tokio::test]
async fn alone_a_plan_waits_for_its_window_and_a_freeze_that_begins_ends_it() {
    let w = world();
    // Tomorrow at noon, so that the window is closed now whatever the hour.
    let day = |days: i64| domain::EpochMs(now_ms() + days * 86_400_000).utc_day();
    let closed = format!(
        "schema: 1\ntimezone: Etc/UTC\nwindows:\n  - name: later\n    select: {{environments: [prod]}}\n    starts: {}T12:00\n    lasts: 1h\n",
        day(2)
    );
    let frozen = format!(
        "schema: 1\ntimezone: Etc/UTC\nfreezes:\n  - name: year-end\n    reason: the books are closed\n    select: {{environments: [prod]}}\n    starts: {}T00:00\n    ends: {}T00:00\n",
        day(-1),
        day(3)
    );
    let body = async move {
        set(w, &json!({"calendar": closed}), "calendar").await;
        let (id, plan) = w.waiting("alice").await;
        assert_eq!(w.approve("bob", &plan).status, 200);
        for _ in 0..100 {
            if w.audit_kinds(PROD, &plan).iter().filter(|k| *k == "verdict").count() > 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        assert_eq!(w.state(&plan), "awaiting_approval", "approved, and it waits");
        assert_eq!(w.instance_state(PROD, &id).await, "running");
        let (other_id, withdrawn) = w.waiting("alice").await;
        assert_eq!(w.approve("bob", &withdrawn).status, 200);
        assert_eq!(w.post(&format!("/v1/plans/{withdrawn}/withdraw"), "alice", &json!({})).status, 200, "a wait can be cancelled");
        assert_eq!(w.execution_end(&withdrawn, "execute", 1).await.1, "Change.Withdrawn");

        set(w, &json!({"calendar": frozen}), "calendar").await;
        // Another yes wakes the workflow, which looks at the rules of this moment.
        assert_eq!(w.approve("carol", &plan).status, 200);
        let ended = w.wait(&plan, &["denied", "succeeded", "failed"]).await;
        assert_eq!((ended["state"].as_str(), ended["rule"].as_str()), (Some("denied"), Some("freeze.active")), "{ended:#}");
        for id in [&id, &other_id] {
            assert_eq!(w.instance_state(PROD, id).await, "running");
        }
    };
    restoring(body, async {
        set(w, &json!({"calendar": "schema: 1\ntimezone: Etc/UTC\n"}), "calendar").await;
    })
    .await;
}

fn now_ms() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
