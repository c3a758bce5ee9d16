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
pub async fn set(w: &World, body: &Value, kind: &str) {
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

/// An alarm about an instance, as its account's topic tells the fleet of it; the incident that it opens.
async fn alarm(w: &World, account: &str, instance: &str, state: &str) -> String {
    let old = if state == "OK" { "ALARM" } else { "OK" };
    let at = domain::EpochMs(now_ms()).to_rfc3339().replace('Z', ".000+0000");
    let message = json!({"AlarmName": format!("{instance}-status"), "AWSAccountId": account, "Region": REGION, "NewStateValue": state,
        "OldStateValue": old, "StateChangeTime": at, "Trigger": {"MetricName": "StatusCheckFailed", "Namespace": "AWS/EC2", "Period": 60,
            "EvaluationPeriods": 1, "Dimensions": [{"name": "InstanceId", "value": instance}]}});
    let topic = format!("arn:aws:sns:{REGION}:{account}:aiops-alarms");
    let body = json!({"Type": "Notification", "TopicArn": topic, "Message": message.to_string()});
    let batch = json!({"Records": [{"messageId": unique(), "eventSource": "aws:sqs", "body": body.to_string()}]});
    let (answer, failed) = w.invoke("open-incident", &batch).await;
    assert!(!failed && answer["batchItemFailures"].as_array().is_none_or(Vec::is_empty), "{answer}");
    crate::incidents::incident_of(w, instance).await.0["id"].as_str().unwrap().to_owned()
}

/// Outside its window a reversible change waits, unless it is for an incident of severity 2 that is about just what it touches; and
/// one that is over speaks for nothing any more.
#[tokio::test]
async fn alone_an_incident_of_severity_two_lets_a_reversible_change_pass_at_night_with_one_approval() {
    let w = world();
    let closed = format!(
        "schema: 1\ntimezone: Etc/UTC\nwindows:\n  - name: later\n    select: {{environments: [prod]}}\n    starts: {}T12:00\n    lasts: 1h\n",
        domain::EpochMs(now_ms() + 2 * 86_400_000).utc_day()
    );
    let body = async move {
        set(w, &json!({"calendar": closed}), "calendar").await;
        let (sick, other) = (w.instance(PROD).await, w.instance(PROD).await);
        let incident = alarm(w, PROD, &sick, "ALARM").await;
        for (text, error) in [
            (format!("stop {other} in prod for {incident}"), "Plan.IncidentConflict"),
            (format!("stop {sick}, {other} in prod for {incident}"), "Plan.IncidentConflict"),
            (format!("stop {sick} in prod for inc_00000000000000000000000000"), "Incidents.NotFound"),
        ] {
            let refused = w.chat("alice", &text);
            assert_eq!((refused.status, refused.error()), (200, error), "{text}: {refused:?}");
        }
        let plan = w.ask("alice", &format!("stop {sick} in prod for {incident}"));
        let waits = w.wait(&plan, &["awaiting_approval", "executing", "succeeded", "denied"]).await;
        assert_eq!(waits["state"], "awaiting_approval", "one approval it needs at any hour: {waits:#}");
        assert!(waits["preview_text"].as_str().unwrap().contains(&format!("for incident {incident} · S2")), "{waits:#}");
        assert_eq!(w.approve("alice", &plan).error(), "Request.Denied", "alice is no approver");
        assert_eq!(w.approve("bob", &plan).status, 200);
        w.wait(&plan, &["succeeded"]).await;
        assert_eq!(w.instance_state(PROD, &sick).await, "stopped");
        let records = w.audit_records(PROD);
        let approved = records.iter().find(|r| r["event"]["plan"] == plan.as_str() && r["event"]["kind"] == "approved").unwrap();
        assert_eq!(approved["event"]["incident"], incident.as_str(), "{approved}");

        // Of two plans for one trouble, the second one's incident ends before anybody has said yes.
        let again = alarm(w, PROD, &other, "ALARM").await;
        let late = w.ask("alice", &format!("stop {other} in prod for {again}"));
        w.wait(&late, &["awaiting_approval"]).await;
        alarm(w, PROD, &other, "OK").await;
        assert_eq!(w.approve("bob", &late).status, 200);
        for _ in 0..100 {
            if w.audit_kinds(PROD, &late).iter().filter(|k| *k == "verdict").count() > 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        assert_eq!((w.state(&late).as_str(), w.instance_state(PROD, &other).await.as_str()), ("awaiting_approval", "running"));
        assert_eq!(w.post(&format!("/v1/plans/{late}/withdraw"), "alice", &json!({})).status, 200);
    };
    restoring(body, async {
        set(w, &json!({"calendar": "schema: 1\ntimezone: Etc/UTC\n"}), "calendar").await;
    })
    .await;
}

/// An approver leaves one of two instances out: the wider plan is closed, and what stands in its place needs somebody else's yes.
#[tokio::test]
async fn a_narrower_plan_has_its_own_digest_and_whoever_narrowed_it_cannot_approve_it() {
    let w = world();
    let (stays, goes) = (w.instance(PROD).await, w.instance(PROD).await);
    let wide = w.ask("alice", &format!("stop {stays}, {goes} in prod"));
    w.wait(&wide, &["awaiting_approval"]).await;
    let digest = w.digest(&wide);
    let narrow = |person: &str, digest: &str, targets: &[&str]| {
        w.post(&format!("/v1/plans/{wide}/narrow"), person, &json!({"digest": digest, "targets": targets}))
    };
    let foreign = w.digest(&w.waiting("alice").await.1);
    for (refused, status, error) in [
        (narrow("victor", &digest, &[&stays]), 403, "Request.Denied"),
        (narrow("bob", &digest, &["i-0123456789abcdef0"]), 403, "Plan.NarrowRefused"),
        (narrow("bob", &digest, &[&stays, &goes]), 403, "Plan.NarrowRefused"),
        (narrow("bob", &digest, &[]), 403, "Plan.NarrowRefused"),
        (narrow("bob", &foreign, &[&stays]), 409, "Approval.DigestConflict"),
    ] {
        assert_eq!((refused.status, refused.error()), (status, error), "{refused:?}");
    }
    let made = narrow("bob", &digest, &[&stays]);
    assert_eq!(made.status, 200, "{made:?}");
    let plan = made.body["plan_id"].as_str().unwrap().to_owned();
    assert_ne!(made.body["digest"], digest.as_str());
    assert_eq!(w.state(&wide), "withdrawn");
    assert_eq!(w.execution_end(&wide, "execute", 1).await.1, "Change.Withdrawn");
    let view = w.wait(&plan, &["awaiting_approval"]).await;
    let text = view["preview_text"].as_str().unwrap();
    assert!(text.contains(&stays) && !text.contains(&goes) && text.contains(&format!("narrowed from plan {wide}")), "{text}");
    let own = w.approve("bob", &plan);
    assert_eq!((own.status, own.error()), (403, "Approval.AuthorRefused"), "{own:?}");
    let twice = narrow("bob", &digest, &[&stays]);
    assert_eq!((twice.status, twice.error()), (409, "Approval.StateConflict"), "{twice:?}");
    assert_eq!(w.approve("carol", &plan).status, 200);
    w.wait(&plan, &["succeeded"]).await;
    assert_eq!((w.instance_state(PROD, &stays).await.as_str(), w.instance_state(PROD, &goes).await.as_str()), ("stopped", "running"));
}

fn now_ms() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Nobody's roles can be read: nothing is approved, nothing runs; once they can be read again the plan goes on.
#[tokio::test]
async fn alone_while_the_directory_does_not_answer_nothing_is_approved_and_nothing_runs() {
    use crate::proxy::{Act, Proxy, Rewired};
    let w = world();
    let proxy = Proxy::start("authorize-plan");
    let _rewired = Rewired::through(&proxy, "authorize-plan", &["COGNITO_IDENTITY_PROVIDER"], 20).await;
    let (id, plan) = w.waiting("alice").await;
    let before = w.set_variable("record-approval", "USER_POOL_ID", Some("us-east-1_nowhere00")).await;
    let approved = plan.clone();
    restoring(
        async move {
            let refused = w.approve("bob", &approved);
            assert_eq!((refused.status, refused.error()), (503, "Directory.Unavailable"), "{refused:?}");
        },
        async {
            w.set_variable("record-approval", "USER_POOL_ID", before.as_deref()).await;
        },
    )
    .await;
    assert_eq!(w.plan(&plan)["approvals"], json!([]));
    // Approved, but whoever decides about the execution cannot see the roles.
    let answer = Act::Answer(400, "application/x-amz-json-1.1", json!({"__type": "NotAuthorizedException", "message": "no"}).to_string());
    let met = proxy.disturb(&["AdminGetUser"], 2, answer);
    assert_eq!(w.approve("bob", &plan).status, 200);
    met.wait(30).await;
    assert_eq!((w.state(&plan).as_str(), w.instance_state(PROD, &id).await.as_str()), ("awaiting_approval", "running"));
    w.wait(&plan, &["succeeded"]).await;
    assert_eq!(met.times(), 2);
    assert_eq!(w.instance_state(PROD, &id).await, "stopped");
}

/// The wall clock of a zone, asked of the deployed fleet about instants of the year 2027: New York skips 02:00 to 03:00 on 14 March,
/// Shanghai never changes its clock.
#[tokio::test]
async fn alone_windows_follow_the_wall_clock_of_their_zone() {
    let w = world();
    let calendar = "schema: 1\ntimezone: Etc/UTC\nwindows:\n  - name: new-york\n    timezone: America/New_York\n    select: {environments: [prod]}\n    starts: 2027-03-13T22:00\n    lasts: 8h\n    repeat: FREQ=DAILY\n  - name: gap\n    timezone: America/New_York\n    select: {environments: [dev]}\n    starts: 2027-03-12T02:30\n    lasts: 1h\n    repeat: FREQ=DAILY\n  - name: 夜间\n    timezone: Asia/Shanghai\n    select: {environments: [staging]}\n    starts: 2027-03-13T23:00\n    lasts: 5h\n    repeat: FREQ=DAILY\nfreezes:\n  - name: sale\n    reason: the sale\n    timezone: Asia/Shanghai\n    select: {environments: [staging]}\n    starts: 2027-03-20T00:00\n    ends: 2027-03-21T00:00\n";
    let body = async move {
        set(w, &json!({ "calendar": calendar }), "calendar").await;
        let says = |account: &str, at: &str| {
            let at = domain::EpochMs::parse_rfc3339(at).unwrap();
            let body = json!({"operation": "ec2.stop_instances", "account": account, "as": "alice", "at": at});
            let answer = w.post("/v1/rules/explain", "bob", &body);
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.text().to_owned()
        };
        let closed = |account: &str, at: &str| says(account, at).contains("it runs inside a change window");
        // 22:00 for eight hours by the wall clock: in the night of the change 03:00Z to 10:00Z, a night later 02:00Z to 10:00Z.
        for (at, shut) in [
            ("2027-03-14T02:59:00Z", true),
            ("2027-03-14T03:00:00Z", false),
            ("2027-03-14T09:59:00Z", false),
            ("2027-03-14T10:00:00Z", true),
            ("2027-03-15T01:59:00Z", true),
            ("2027-03-15T02:00:00Z", false),
            ("2027-03-15T09:59:00Z", false),
            ("2027-03-15T10:00:00Z", true),
        ] {
            assert_eq!(closed("prod", at), shut, "{at}: {}", says("prod", at));
        }
        // A freeze by Shanghai's clock ends what its window would allow: 2027-03-20T00:00+08:00 is 16:00Z the day before.
        for (at, frozen) in [("2027-03-19T15:59:00Z", false), ("2027-03-19T16:00:00Z", true), ("2027-03-20T15:59:00Z", true)] {
            assert_eq!(says("staging", at).contains("change freeze"), frozen, "{at}: {}", says("staging", at));
        }
        // Nothing of it comes within the next weeks; the chat says so in either language.
        assert!(w.chat("victor", "show calendar").text().contains("window"), "{:?}", w.chat("victor", "show calendar"));
        assert!(w.chat("victor", "显示变更日历").status == 200);
    };
    restoring(body, async {
        set(w, &json!({"calendar": "schema: 1\ntimezone: Etc/UTC\n"}), "calendar").await;
    })
    .await;
}

/// The kill switch is pulled while the first of two instances is being stopped, and again while a plan is being taken back.
#[tokio::test]
async fn alone_the_kill_switch_holds_an_execution_between_two_targets_and_an_undo() {
    use crate::proxy::{Act, Proxy, Rewired};
    let w = world();
    let account = json!({"account": "dev"});
    let pull = {
        let account = account.clone();
        std::sync::Arc::new(move || {
            assert_eq!(world().post("/v1/stop", "erin", &json!({"scope": account, "reason": "a test"})).status, 200);
        })
    };
    let body = {
        let account = account.clone();
        async move {
            let (first, second) = (w.instance(DEV).await, w.instance(DEV).await);
            let proxy = Proxy::start("execute-operation");
            let rewired = Rewired::through(&proxy, "execute-operation", &["EC2"], 60).await;
            let met = proxy.disturb(&["Action=StopInstances"], 1, Act::Meanwhile(pull.clone()));
            let plan = w.ask("alice", &format!("stop {first}, {second} in dev"));
            let end = w.wait(&plan, &["killed", "succeeded", "failed", "denied"]).await;
            assert_eq!((met.times(), end["state"].as_str()), (1, Some("killed")), "{end:#}");
            drop(rewired);
            let mut states = [w.instance_state(DEV, &first).await, w.instance_state(DEV, &second).await];
            states.sort();
            assert_eq!(states, ["running", "stopped"], "one was under way, the other is never begun");
            release(w, &account).await;

            let third = w.instance(DEV).await;
            let done = w.ask("alice", &format!("stop {third} in dev"));
            w.wait(&done, &["succeeded"]).await;
            pull();
            assert_eq!(w.post(&format!("/v1/plans/{done}/undo"), "alice", &json!({})).status, 200);
            assert_eq!(w.execution_end(&done, "undo", 1).await.0, "FAILED");
            assert_eq!(w.instance_state(DEV, &third).await, "stopped", "the undo is held");
            release(w, &account).await;
            assert_eq!(w.post(&format!("/v1/plans/{done}/undo"), "alice", &json!({})).status, 200);
            w.wait(&done, &["undone"]).await;
            assert_eq!(w.instance_state(DEV, &third).await, "running");
        }
    };
    restoring(body, release(w, &account)).await;
}

/// Releases a scope by two administrators, whoever asked before.
async fn release(w: &World, scope: &Value) {
    let (first, second) = (w.new_person(&["administrator"]).await, w.new_person(&["administrator"]).await);
    for person in [&first, &second] {
        drop(w.post("/v1/release", person, &json!({"scope": scope})));
    }
    w.remove_person(&first).await;
    w.remove_person(&second).await;
}
