//! Lists, accounts, waiting, the kill switch.

use serde_json::{Value, json};

use crate::support::{Home, PLAN, Server, unexpected, view};

fn row(n: usize, state: &str) -> Value {
    json!({
        "id": format!("plan_{n}"), "state": state, "operation": "ec2.stop_instances", "account": "prod", "environment": "prod",
        "region": "us-east-1", "targets": ["i-1", "i-2"], "authors": ["alice"], "digest": "d", "created_at": 0, "expires_at": 0,
        "reason": null, "field_of_tomorrow": {"deep": [1]},
    })
}

#[test]
fn a_list_of_plans_is_read_over_its_pages() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/v1/plans?state=succeeded" => (200, json!({"plans": [row(1, "succeeded"), row(2, "succeeded")], "next": "a b=&"})),
        "/v1/plans?state=succeeded&next=a%20b%3D%26" => (200, json!({"plans": [row(3, "succeeded")]})),
        _ => unexpected(seen),
    });
    let home = Home::signed_in(&server);
    let run = home.run(&["plans", "--state", "succeeded"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.out.lines().count(), 4);
    assert!(
        run.out.contains("plan_3") && run.out.contains("prod/prod/us-east-1") && run.out.contains("1970-01-01T00:00:00Z"),
        "{}",
        run.out
    );
    let cut = home.run(&["plans", "--state", "succeeded", "--limit", "2", "--json"]);
    let document: Value = serde_json::from_str(&cut.out).unwrap();
    assert_eq!((document["plans"].as_array().unwrap().len(), &document["more"]), (2, &json!(true)));
    assert_eq!(document["plans"][0]["field_of_tomorrow"], json!({"deep": [1]}), "machine output keeps what it does not know");
    assert_eq!(home.run(&["plans", "--state", "nonsense"]).code, 1);
}

#[test]
fn approvals_say_whether_one_may_decide_and_why_not() {
    let server = Server::start(|_| {
        let (mut mine, mut other) = (row(1, "awaiting_approval"), row(2, "awaiting_approval"));
        mine["may_decide"] = json!(false);
        mine["why_not"] = json!("您是请求人");
        other["may_decide"] = json!(true);
        (200, json!({"plans": [mine, other]}))
    });
    let run = Home::signed_in(&server).run(&["approvals", "--lang", "zh"]);
    assert!(run.out.contains("您是请求人") && run.out.contains("您可以决定"), "{}", run.out);
    assert_eq!(run.code, 0);
}

#[test]
fn a_plan_is_shown_in_the_language_asked_for() {
    let server = Server::start(|seen| {
        let lang = seen.path.rsplit('=').next().unwrap().to_owned();
        let mut shown = view("succeeded", &format!("preview in {lang}"), &"c".repeat(64));
        shown["approvals"] = json!([{"person": "bob", "at": 0, "channel": "link"}]);
        shown["undo_requested_by"] = json!("alice");
        (200, shown)
    });
    let home = Home::signed_in(&server);
    let run = home.run_with(&["plan", PLAN], "", &[("LANG", "zh_CN.UTF-8")]);
    assert!(run.out.contains("preview in zh") && run.out.contains("审批：bob") && run.out.contains("回滚请求人：alice"), "{}", run.out);
    let document: Value = serde_json::from_str(&home.run(&["plan", PLAN, "--json"]).out).unwrap();
    assert_eq!(document["preview_text"], "preview in en");
}

/// A server on which the plan goes through these states, one a look.
fn going(states: &'static [&'static str], undo: bool) -> Server {
    let mut looks = 0;
    Server::start(move |_| {
        let state = states[looks.min(states.len() - 1)];
        looks += 1;
        if state == "503" {
            return (503, json!({}));
        }
        let mut shown = view(state, "x", &"c".repeat(64));
        shown["undo_requested_by"] = if undo { json!("alice") } else { Value::Null };
        shown["reason"] = json!("because");
        (200, shown)
    })
}

#[test]
fn waiting_ends_with_the_plan_and_the_exit_code_says_how() {
    for (states, undo, code) in [
        (&["executing", "503", "succeeded"] as &'static [&'static str], false, 0),
        (&["awaiting_approval", "rejected"], false, 1),
        (&["executing", "undone"], false, 1),
        (&["succeeded", "undoing", "undone"], true, 0),
        (&["succeeded", "undo_failed"], true, 1),
    ] {
        let server = going(states, undo);
        let run = Home::signed_in(&server).run(&["status", PLAN, "--wait", "--timeout", "30"]);
        assert_eq!(run.code, code, "{states:?} {}", run.err);
        assert!(run.out.contains(states.last().unwrap()), "{states:?} {}", run.out);
    }
    let run = Home::signed_in(&going(&["drifted"], false)).run(&["status", PLAN, "--wait"]);
    assert!(run.err.starts_with(&format!("error Plan.Drifted: {PLAN} ended `drifted`: because")), "{}", run.err);
}

#[test]
fn waiting_too_long_has_an_exit_code_of_its_own() {
    let server = going(&["awaiting_approval"], false);
    let run = Home::signed_in(&server).run(&["status", PLAN, "--wait", "--timeout", "1"]);
    assert_eq!(run.code, 4);
    assert_eq!(run.err, format!("error Wait.TimedOut: {PLAN} is still `awaiting_approval` after 1 s\n"));
}

#[test]
fn status_without_a_plan_lists_what_has_not_ended() {
    let server = Server::start(|_| (200, json!({"plans": [row(1, "succeeded"), row(2, "executing"), row(3, "state_of_tomorrow")]})));
    let run = Home::signed_in(&server).run(&["status"]);
    assert!(!run.out.contains("plan_1") && run.out.contains("plan_2") && run.out.contains("plan_3"), "{}", run.out);
}

#[test]
fn accounts_are_checked_here_and_then_registered() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "PUT" => (200, json!({"registered": 1})),
        _ => (
            200,
            json!({"accounts": [{"id": "222222222222", "name": "dev", "environment": "dev", "owner": "o", "regions": ["us-east-1"], "v": 1}]}),
        ),
    });
    let home = Home::signed_in(&server);
    std::fs::create_dir_all(&home.dir).unwrap();
    let file = home.dir.join("accounts.yaml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "- id: 022222222222\n  name: dev\n  environment: dev\n  owner: team\n  regions: [us-east-1]\n").unwrap();
    let run = home.run(&["accounts", "load", path]);
    assert_eq!((run.code, run.out.as_str()), (0, "1 account(s) registered\n"), "{}", run.err);
    let sent = &server.writes()[0];
    assert!(sent.is("PUT", "/v1/accounts"));
    assert_eq!((&sent.body["accounts"][0]["id"], &sent.body["accounts"][0]["autonomy"]), (&json!("022222222222"), &json!("tiered")));
    std::fs::write(&file, "- id: 222222222222\n  name: DEV\n  environment: dev\n  owner: team\n  regions: [us-east-1]\n").unwrap();
    let bad = home.run(&["accounts", "load", path, "--lang", "zh"]);
    assert_eq!(bad.code, 1);
    assert!(bad.err.starts_with("错误 Accounts.Malformed：") && bad.err.contains("第 1 个账户：`DEV` 不是账户名"), "{}", bad.err);
    assert_eq!(home.run(&["accounts", "load", "/no/such/file"]).code, 1);
    assert_eq!(server.writes().len(), 1);
    assert!(home.run(&["accounts"]).out.contains("222222222222"));
}

#[test]
fn stop_and_release_name_their_scope() {
    let server = Server::start(|_| (200, json!({})));
    let home = Home::signed_in(&server);
    assert_eq!(home.run(&["stop", "--reason", "incident 7"]).code, 0);
    assert_eq!(home.run(&["stop", "--account", "prod", "--reason", "x"]).code, 0);
    assert_eq!(home.run(&["release", "--operation", "ec2.stop_instances"]).code, 0);
    let bodies: Vec<Value> = server.writes().into_iter().map(|w| w.body).collect();
    assert_eq!(
        bodies,
        [
            json!({"scope": {}, "reason": "incident 7"}),
            json!({"scope": {"account": "prod"}, "reason": "x"}),
            json!({"scope": {"operation": "ec2.stop_instances"}})
        ]
    );
    assert_eq!(home.run(&["stop"]).code, 1, "a stop needs a reason");
}

#[test]
fn an_answer_that_is_not_json_is_no_access() {
    let server = Server::start(|_| (200, Value::Null));
    let run = Home::signed_in(&server).run(&["plans"]);
    assert_eq!(run.code, 3);
    assert!(run.err.starts_with("error Endpoint.Malformed: "), "{}", run.err);
}

#[test]
fn help_names_the_exit_codes_in_both_languages() {
    let server = Server::start(unexpected);
    let home = Home::new(&server);
    let english = home.run(&["--help"]);
    assert_eq!(english.code, 0);
    assert!(english.out.contains("2  the audit log has a fault"), "{}", english.out);
    let chinese = home.run_with(&["--help"], "", &[("LANG", "zh_CN.UTF-8")]);
    assert!(chinese.out.contains("2  审计日志异常") && chinese.out.contains("用法"), "{}", chinese.out);
    assert_eq!(home.run(&["no-such-command"]).code, 1);
}
