//! Decisions: what is sent, and when nothing is.

use serde_json::{Value, json};

use crate::support::{Home, PLAN, Server, error, hash, unexpected, view};

fn digest(letter: char) -> String {
    letter.to_string().repeat(64)
}

/// A server that shows these views one after the other and takes any decision.
fn showing(views: Vec<Value>) -> Server {
    let mut looks = 0;
    Server::start(move |seen| {
        if seen.is("GET", &format!("/v1/plans/{PLAN}")) {
            looks += 1;
            return (200, views[(looks - 1).min(views.len() - 1)].clone());
        }
        (200, json!({"state": "approved", "message": "Recorded.", "plan_id": PLAN, "later_field": 1}))
    })
}

#[test]
fn an_approval_names_digest_preview_and_language_after_two_looks() {
    let server = showing(vec![view("awaiting_approval", "计划：停止 i-1\n  账户：prod", &digest('a'))]);
    let run = Home::signed_in(&server).typing(&["approve", PLAN, "--lang", "zh"], "y\n");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("计划：停止 i-1\n  账户：prod\n"), "{}", run.out);
    assert!(run.out.contains(&digest('a')), "the whole digest is printed: {}", run.out);
    assert!(run.err.contains(&format!("批准 {PLAN}（摘要 aaaaaaaaaaaa）吗？ [y/N]")), "{}", run.err);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen[..2].iter().all(|s| s.path == format!("/v1/plans/{PLAN}?lang=zh") && s.header("accept-language") == "zh"));
    assert!(seen[2].is("POST", &format!("/v1/plans/{PLAN}/approve")));
    assert_eq!(seen[2].body, json!({"digest": digest('a'), "preview_hash": hash("计划：停止 i-1\n  账户：prod"), "lang": "zh"}));
    assert_eq!(seen[2].header("authorization"), "Bearer id-1");
}

#[test]
fn a_digest_that_changed_between_the_looks_is_not_approved() {
    let server = showing(vec![view("awaiting_approval", "stop i-1", &digest('a')), view("awaiting_approval", "stop i-1", &digest('b'))]);
    let run = Home::signed_in(&server).run(&["approve", PLAN, "--yes"]);
    assert_eq!(run.code, 1);
    assert!(run.err.starts_with("error Plan.Conflict: ") && run.err.contains("its digest is bbbb"), "{}", run.err);
    assert!(server.writes().is_empty());
}

#[test]
fn a_preview_that_changed_between_the_looks_is_not_approved() {
    let server = showing(vec![view("awaiting_approval", "stop i-1", &digest('a')), view("awaiting_approval", "stop i-2", &digest('a'))]);
    let run = Home::signed_in(&server).typing(&["approve", PLAN], "y\n");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("error Plan.Conflict: ") && run.err.contains("its preview hashes to"), "{}", run.err);
    assert!(server.writes().is_empty());
}

#[test]
fn a_preview_that_is_not_what_was_hashed_is_not_even_shown() {
    let mut forged = view("awaiting_approval", "stop i-1", &digest('a'));
    forged["preview_text"] = json!("start i-9");
    let server = showing(vec![forged]);
    let run = Home::signed_in(&server).run(&["approve", PLAN, "--yes"]);
    assert_eq!(run.code, 1);
    assert!(run.err.starts_with("error Preview.Conflict: "), "{}", run.err);
    assert!(!run.out.contains("start i-9"));
    assert!(server.writes().is_empty());
}

#[test]
fn a_digest_on_the_command_line_must_be_the_plans() {
    let server = showing(vec![view("awaiting_approval", "stop i-1", &digest('a'))]);
    let home = Home::signed_in(&server);
    let other = home.run(&["approve", PLAN, "--yes", "--digest", &digest('b')]);
    assert_eq!(other.code, 1);
    assert!(other.err.starts_with("error Plan.Conflict: "), "{}", other.err);
    assert_eq!(home.run(&["approve", PLAN, "--yes", "--digest", "aaaa"]).code, 1);
    assert!(server.writes().is_empty());
    assert_eq!(home.run(&["approve", PLAN, "--yes", "--digest", "aaaaaaaaaaaa"]).code, 0);
    assert_eq!(server.writes().len(), 1);
}

#[test]
fn without_a_yes_nothing_is_sent() {
    let server = showing(vec![view("awaiting_approval", "stop i-1", &digest('a'))]);
    let home = Home::signed_in(&server);
    for typed in ["n\n", "\n", ""] {
        let run = home.typing(&["approve", PLAN], typed);
        assert_eq!(run.code, 1);
        assert!(run.err.contains("error Confirmation.Refused: not confirmed; nothing was sent"), "{}", run.err);
    }
    assert!(server.writes().is_empty());
}

#[test]
fn machine_output_is_one_document_and_the_preview_is_read_on_standard_error() {
    let server = showing(vec![view("awaiting_approval", "stop i-1", &digest('a'))]);
    let run = Home::signed_in(&server).typing(&["approve", PLAN, "--json"], "y\n");
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["state"], "approved");
    assert!(run.err.contains("stop i-1"), "{}", run.err);
}

#[test]
fn reject_names_the_digest_and_the_reason() {
    let server = showing(vec![view("awaiting_approval", "stop i-1", &digest('a'))]);
    let home = Home::signed_in(&server);
    assert_eq!(home.run(&["reject", PLAN, "--reason", "not on a Friday"]).code, 0);
    assert_eq!(server.writes()[0].body, json!({"digest": digest('a'), "reason": "not on a Friday"}));
}

#[test]
fn undo_and_withdraw_are_sent_once() {
    let server = Server::start(|seen| if seen.path.ends_with("/undo") { (503, json!({})) } else { (200, json!({"state": "withdrawn"})) });
    let home = Home::signed_in(&server);
    assert_eq!(home.run(&["undo", PLAN]).code, 3);
    assert_eq!(server.writes().len(), 1, "a decision is not repeated after an unclear answer");
    let run = home.run(&["withdraw", &PLAN.to_lowercase()]);
    assert_eq!((run.code, run.out), (0, format!("{PLAN} is now `withdrawn`\n")));
    assert_eq!(server.writes()[1].body, json!({}));
}

#[test]
fn the_console_code_comes_with_the_command_to_paste() {
    let server = Server::start(|seen| {
        if seen.method == "GET" {
            return (200, view("awaiting_approval", "stop i-1", &digest('a')));
        }
        (
            200,
            json!({"code": "zh.K7-abc_9", "expires_at": 0, "execution_arn": "arn:aws:states:us-east-1:111111111111:execution:aiops-change:x-execute-1"}),
        )
    });
    let run = Home::signed_in(&server).run(&["console-code", PLAN]);
    assert_eq!(run.code, 0, "{}", run.err);
    for part in [
        "stop i-1",
        "zh.K7-abc_9",
        "1970-01-01T00:00:00Z",
        "aws stepfunctions send-task-success --task-token TASK_TOKEN --task-output '{\"code\":\"zh.K7-abc_9\"}'",
        "aws stepfunctions get-execution-history --execution-arn arn:aws:states:us-east-1:111111111111:execution:aiops-change:x-execute-1",
    ] {
        assert!(run.out.contains(part), "{part}\n{}", run.out);
    }
    assert_eq!(server.writes()[0].body, json!({"digest": digest('a')}));
}

#[test]
fn a_console_code_for_another_preview_than_the_one_shown_is_kept_back() {
    let server = Server::start(|seen| {
        if seen.method == "GET" {
            return (200, view("awaiting_approval", "stop i-1", &digest('a')));
        }
        (200, json!({"code": "en.secret", "preview_text": "stop i-2"}))
    });
    let run = Home::signed_in(&server).run(&["console-code", PLAN]);
    assert_eq!(run.code, 1);
    assert!(run.err.starts_with("error Plan.Conflict: "), "{}", run.err);
    assert!(!run.out.contains("en.secret"));
}

#[test]
fn the_endpoints_refusal_is_printed_in_its_own_words_in_the_askers_language() {
    let server = Server::start(|seen| {
        if seen.method == "GET" {
            return (200, view("awaiting_approval", "x", &digest('a')));
        }
        match seen.header("accept-language") {
            "zh" => error(403, "Approval.Refused", "请求人不能审批自己的计划"),
            _ => error(403, "Approval.Refused", "the author of a plan cannot approve it\u{1b}[2J"),
        }
    });
    let home = Home::signed_in(&server);
    let english = home.run(&["approve", PLAN, "--yes"]);
    assert_eq!((english.code, english.err.as_str()), (1, "error Approval.Refused: the author of a plan cannot approve it·[2J\n"));
    let chinese = home.run(&["approve", PLAN, "--yes", "--lang=zh"]);
    assert_eq!((chinese.code, chinese.err.as_str()), (1, "错误 Approval.Refused：请求人不能审批自己的计划\n"));
    let machine = home.run(&["approve", PLAN, "--yes", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&machine.out).unwrap()["error"]["name"], "Approval.Refused");
}

#[test]
fn what_is_no_plan_is_refused_before_anything_is_asked() {
    let server = Server::start(unexpected);
    let home = Home::signed_in(&server);
    for bad in ["plan_1", "../accounts", "plan_01ARZ3NDEKTSV4RRFFQ69G5FAV/approve"] {
        let run = home.run(&["approve", bad, "--yes"]);
        assert_eq!(run.code, 1);
        assert!(run.err.starts_with("error Usage.Malformed: "), "{}", run.err);
    }
    assert!(server.seen().is_empty());
}
