//! Conversations, and the calls that a reply asks for.

use serde_json::{Value, json};

use crate::support::{Home, PLAN, Server, error, hash, unexpected, view};

const SESSION: &str = "sess_01ARZ3NDEKTSV4RRFFQ69G5FAV";

fn reply(text: &str) -> Value {
    json!({"text": text, "lang": "en", "account": "prod", "session": SESSION, "later_field": [1]})
}

#[test]
fn one_sentence_is_sent_with_a_request_id_and_the_session_is_kept() {
    let server = Server::start(|seen| match seen.is("POST", "/v1/chat") {
        true => (200, reply("understood\u{1b}[31m")),
        false => unexpected(seen),
    });
    let home = Home::signed_in(&server);
    let run = home.run(&["chat", "stop", "i-1", "in", "prod"]);
    assert_eq!((run.code, run.out.as_str()), (0, "understood·[31m\n[account: prod]\n"), "{}", run.err);
    home.run(&["chat", "停止 i-1"]);
    home.run(&["chat", "--new-session", "--lang", "zh", "stop i-1"]);
    let seen = server.seen();
    assert_eq!(seen[0].body["text"], "stop i-1 in prod");
    assert!(seen[0].body["request_id"].as_str().unwrap().starts_with("evt_"));
    assert!(seen[0].body.get("session").is_none() && seen[0].body.get("lang").is_none());
    assert_eq!(seen[1].body["session"], SESSION);
    assert_eq!(seen[1].header("accept-language"), "zh", "errors come in the language of the sentence");
    assert_ne!(seen[1].body["request_id"], seen[0].body["request_id"]);
    assert!(seen[2].body.get("session").is_none());
    assert_eq!(seen[2].body["lang"], "zh");
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_request_id() {
    let mut calls = 0;
    let server = Server::start(move |_| {
        calls += 1;
        if calls == 1 { error(503, "Converse.Unavailable", "try again") } else { (200, reply("done")) }
    });
    assert_eq!(Home::signed_in(&server).run(&["chat", "stop i-1"]).code, 0);
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].body["request_id"], seen[1].body["request_id"]);
}

#[test]
fn a_reply_with_an_error_is_not_a_success() {
    let server = Server::start(|_| {
        let mut refused = reply("no account is called `pord`");
        refused["error"] = json!("Account.NotFound");
        (200, refused)
    });
    let run = Home::signed_in(&server).run(&["chat", "stop i-1 in pord"]);
    assert_eq!((run.code, run.err.as_str()), (1, "error Account.NotFound\n"));
    assert!(run.out.contains("no account is called `pord`"));
}

fn with_action(path: &str, body: &Value) -> Value {
    let mut asked = reply("preview of the plan");
    asked["action"] = json!({"method": "POST", "path": path, "body": body, "confirm": {"en": "Undo it?", "zh": "回滚吗？"}});
    asked
}

#[test]
fn a_call_that_the_reply_asks_for_is_made_after_a_yes_only() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/v1/chat" => (200, with_action(&format!("/v1/plans/{PLAN}/undo"), &json!({"x": 1}))),
        _ => (200, json!({"message": "Undo requested.", "state": "succeeded"})),
    });
    let home = Home::signed_in(&server);
    let no = home.typing(&["chat", "undo it"], "n\n");
    assert_eq!(no.code, 1);
    assert!(no.err.contains("Undo it? [y/N]") && no.err.contains("Confirmation.Refused"), "{}", no.err);
    assert_eq!(server.writes().len(), 1);
    let yes = home.typing(&["chat", "undo it"], "y\n");
    assert_eq!(yes.code, 0, "{}", yes.err);
    assert!(yes.out.ends_with("Undo requested.\n"), "{}", yes.out);
    assert!(server.writes()[2].is("POST", &format!("/v1/plans/{PLAN}/undo")));
    assert_eq!(server.writes()[2].body, json!({"x": 1}));
    assert_eq!(server.writes()[2].header("authorization"), "Bearer id-1");
    assert_eq!(home.run(&["chat", "--yes", "undo it"]).code, 0);
}

#[test]
fn an_approval_from_chat_takes_the_same_two_looks() {
    let digest = "a".repeat(64);
    let body = json!({"digest": digest, "preview_hash": hash("stop i-1"), "lang": "en"});
    let asked = with_action(&format!("/v1/plans/{PLAN}/approve"), &body);
    let shown = view("awaiting_approval", "stop i-1", &digest);
    let mut looks = 0;
    let server = Server::start(move |seen| match (seen.method.as_str(), seen.path.as_str()) {
        (_, "/v1/chat") => (200, asked.clone()),
        ("GET", _) => {
            looks += 1;
            // The plan changes between the looks of the second conversation.
            (200, if looks < 4 { shown.clone() } else { view("awaiting_approval", "stop i-2", &"b".repeat(64)) })
        }
        _ => (200, json!({"message": "Recorded.", "state": "approved"})),
    });
    let home = Home::signed_in(&server);
    let good = home.typing(&["chat", "approve", PLAN], "y\n");
    assert_eq!(good.code, 0, "{}", good.err);
    assert_eq!(server.writes()[1].body, body);
    let changed = home.typing(&["chat", "--yes", "approve", PLAN], "");
    assert_eq!(changed.code, 1);
    assert!(changed.err.contains("error Plan.Conflict: "), "{}", changed.err);
    assert_eq!(server.writes().len(), 3, "chat, approve, chat");
}

#[test]
fn a_reply_cannot_make_the_program_call_anything_else() {
    for (method, path) in [("PUT", "/v1/accounts"), ("POST", "/v1/accounts"), ("POST", "https://evil.example/v1/stop")] {
        let server = Server::start(move |_| {
            let mut asked = with_action(path, &json!({}));
            asked["action"]["method"] = json!(method);
            (200, asked)
        });
        let run = Home::signed_in(&server).run(&["chat", "--yes", "hello"]);
        assert_eq!(run.code, 1);
        assert!(run.err.contains("error Action.Refused: "), "{}", run.err);
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_conversation_shows_the_account_and_survives_a_refusal() {
    let mut turns = 0;
    let server = Server::start(move |seen| {
        if !seen.is("POST", "/v1/chat") {
            return unexpected(seen);
        }
        turns += 1;
        match turns {
            1 => (200, reply("using prod")),
            2 => error(400, "Chat.Malformed", "too long"),
            _ => (200, reply("still here")),
        }
    });
    let run = Home::signed_in(&server).typing(&["chat"], "use account prod\n\nxxxx\nhello\nexit\nnever sent\n");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.starts_with("alice@aiops [-]> alice@aiops [prod]> "), "{}", run.err);
    assert!(run.err.contains("error Chat.Malformed: too long"), "{}", run.err);
    assert!(run.out.contains("still here"));
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn an_interactive_session_begins_with_the_account_it_had() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/v1/chat" => (200, reply("ok")),
        path if path == format!("/v1/whoami?session={SESSION}") => {
            (200, json!({"person": "alice", "roles": [], "session_account": "staging"}))
        }
        _ => unexpected(seen),
    });
    let home = Home::signed_in(&server);
    home.run(&["chat", "hello"]);
    let run = home.typing(&["chat"], "");
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.err, "alice@aiops [staging]> \n");
}
