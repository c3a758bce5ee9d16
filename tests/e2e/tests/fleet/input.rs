//! What people type wrongly, or send on purpose: each is told by name in the asker's language, and starts nothing.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::{cloudtrail, resources::*, world::*};

/// Whether the ledger holds a plan for a request.
async fn served(w: &World, person: &str, request_id: &str) -> bool {
    let key = |v: &str| AttributeValue::S(v.to_owned());
    let call = w.dynamodb().get_item().table_name(w.hub("LedgerTableName")).consistent_read(true);
    let call = call.key("pk", key(&format!("REQ#{person}#{request_id}"))).key("sk", key("META"));
    call.send().await.unwrap().item().is_some()
}

#[tokio::test]
async fn a_request_that_was_served_is_found_in_the_ledger() {
    let (w, request) = (world(), unique());
    let id = w.instance(DEV).await;
    assert_eq!(w.chat_as("alice", &format!("only show me: stop {id} in dev"), &request).error(), "");
    assert!(served(w, "alice", &request).await, "else the other tests of this file look in the wrong place");
}

/// Sends a body as it is, in both languages of the header.
fn refused_body(body: &str, status: u16, name: &str, en: &str, zh: &str) {
    let w = world();
    let token = format!("Bearer {}", w.token("alice"));
    for (lang, said, closing) in [("en", en, "Nothing was started."), ("zh-CN", zh, "没有启动任何操作。")] {
        let answer = w.call_with("POST", "/v1/chat", &token, body, lang);
        let shown: String = body.chars().take(80).collect();
        assert_eq!((answer.status, answer.error()), (status, name), "{shown}: {answer:?}");
        assert!(answer.text().contains(said) && answer.text().contains(closing), "{shown}: {}", answer.text());
        assert!(answer.body.get("plan_id").is_none(), "{answer:?}");
    }
}

#[tokio::test]
async fn bodies_of_the_wrong_shape_are_named_and_start_nothing() {
    let id = world().instance(DEV).await;
    let stop = format!("stop {id} in dev");
    let unreadable = |body: &str| refused_body(body, 400, "Request.Malformed", "The request cannot be read", "无法读取请求");
    for body in [
        "{",
        "nonsense",
        "[]",
        "null",
        "\"stop\"",
        "{\"text\":\"stop",
        "{}",
        &json!({"text": stop}).to_string(),
        &json!({"request_id": "a"}).to_string(),
        &json!({"text": 5, "request_id": "a"}).to_string(),
        &json!({"text": null, "request_id": "a"}).to_string(),
        &json!({"text": [stop], "request_id": "a"}).to_string(),
        &json!({"text": stop, "request_id": 5}).to_string(),
        &json!({"text": stop, "request_id": "a", "lang": "fr"}).to_string(),
        &json!({"text": stop, "request_id": "a", "session": "not a session"}).to_string(),
        &json!({"text": stop, "request_id": "a", "person": "erin"}).to_string(),
        &json!({"text": stop, "request_id": "a", "approved": true}).to_string(),
        &format!("{{\"text\":\"{stop}\",\"text\":\"help\",\"request_id\":\"a\"}}"),
        &"[".repeat(5_000),
    ] {
        unreadable(body);
    }
    let wrong_id = |id: &str| {
        let body = json!({"text": stop, "request_id": id}).to_string();
        refused_body(&body, 400, "Request.Malformed", "`request_id` must be 1 to 64 letters", "`request_id` 必须是 1 到 64 个字母");
    };
    for id in ["", " ", "a b", "a/b", "../x", "请求", "a\u{0}b", "а", &"a".repeat(65)] {
        wrong_id(id);
    }
    for text in ["", " ", "\n\t", "\u{3000}"] {
        refused_body(
            &json!({"text": text, "request_id": unique()}).to_string(),
            400,
            "Request.Malformed",
            "The text is empty.",
            "内容为空。",
        );
    }
    assert_eq!(world().instance_state(DEV, &id).await, "running");
}

#[tokio::test]
async fn texts_that_are_too_long_are_refused_whole() {
    let (w, request) = (world(), unique());
    let id = w.instance(DEV).await;
    let text = |bytes: usize| json!({"text": format!("stop {id} in dev {}", "x".repeat(bytes)), "request_id": request}).to_string();
    refused_body(&text(16_400), 413, "Request.TooLarge", "The text is longer than 16384 bytes", "内容超过 16384 字节");
    refused_body(&text(1_000_000), 413, "Request.TooLarge", "The request is larger than 65536 bytes", "请求超过 65536 字节");
    assert!(!served(w, "alice", &request).await);
    assert_eq!(w.instance_state(DEV, &id).await, "running");
}

/// Says something that cannot become a plan.
async fn refused_text(text: &str, name: &str, said: &str) {
    let (w, request) = (world(), unique());
    let answer = w.chat_as("alice", text, &request);
    assert_eq!((answer.status, answer.error()), (200, name), "{text}: {answer:?}");
    assert!(answer.text().contains(said), "{text}: {}", answer.text());
    assert!(answer.body["plan_id"].is_null() && answer.body["action"].is_null(), "{answer:?}");
    let lang = if text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) { "zh" } else { "en" };
    assert_eq!(answer.body["lang"], lang, "{text}");
    assert!(!served(w, "alice", &request).await, "{text}");
}

#[tokio::test]
async fn what_the_fleet_does_not_do_is_said_by_name() {
    let id = "i-0abc123def4567890";
    refused_text(
        &format!("resize {id} to m5.large in dev"),
        "Operations.NotBuilt",
        "this version cannot carry it out yet. Nothing was done.",
    )
    .await;
    refused_text(&format!("把 dev 的实例 {id} 改成 m5.large"), "Operations.NotBuilt", "当前版本尚不能执行。没有执行任何操作。").await;
    refused_text(&format!("terminate {id} in dev"), "Language.Destructive", "not in the catalogue").await;
    refused_text(&format!("终止 dev 的实例 {id}"), "Language.Destructive", "不在操作目录中").await;
    refused_text("stop all instances in dev", "Language.Bulk", "name each resource").await;
    refused_text("停止 dev 的所有实例", "Language.Bulk", "逐个写明资源").await;
    refused_text("do the laundry", "Language.OutOfCatalogue", "not in the catalogue").await;
}

#[tokio::test]
async fn targets_that_are_none_are_said_by_name() {
    let gone = "i-0abc123def4567890";
    refused_text("stop the instance in dev", "Language.MissingTarget", "Please give the instance id").await;
    refused_text("停止 dev 的实例", "Language.MissingTarget", "请给出实例 ID").await;
    refused_text("stop instance foo-1 in dev", "Operations.Malformed", "`foo-1` is no instance id").await;
    refused_text("停止 dev 的实例 foo-1", "Operations.Malformed", "`foo-1` 不是实例 ID").await;
    refused_text("stop i-0abc12 in dev", "Operations.Malformed", "`i-0abc12` is no instance id").await;
    refused_text("stop i-0ABC123DEF4567890 in dev", "Operations.Malformed", "`i-0ABC123DEF4567890` is no instance id").await;
    refused_text(&format!("stop {gone} in dev"), "Operations.NotFound", "does not exist in this account and region").await;
    refused_text(&format!("停止 dev 的 {gone}"), "Operations.NotFound", "在该账户和区域中不存在").await;
    // A resource of another account is no resource of this one, however real it is.
    let other = world().instance(PROD).await;
    refused_text(&format!("stop {other} in dev"), "Operations.NotFound", "does not exist in this account and region").await;
    let arn = |account: &str, rest: &str| format!("arn:aws:ec2:us-east-1:{account}:{rest}");
    let foreign = arn(PROD, &format!("instance/{other}"));
    refused_text(&format!("stop {foreign} in dev"), "Plan.AccountConflict", "names account `prod` and also `dev`. Nothing was planned")
        .await;
    refused_text(&format!("停止 dev 的 {foreign}"), "Plan.AccountConflict", "没有制定任何计划").await;
    let nowhere = arn("999999999999", &format!("instance/{gone}"));
    refused_text(&format!("stop {nowhere}"), "Plan.AccountNotFound", "`999999999999` is not a registered account").await;
    let volume = arn(DEV, "volume/vol-0abc123def4567890");
    let answer = world().chat("alice", &format!("stop instance {volume}"));
    assert!(!answer.error().is_empty() && answer.body["plan_id"].is_null(), "{answer:?}");
    let database = format!("arn:aws:rds:us-east-1:{DEV}:db:orders");
    let answer = world().chat("alice", &format!("stop instance {database}"));
    assert!(!answer.error().is_empty() && answer.body["plan_id"].is_null(), "{answer:?}");
    assert_eq!(world().instance_state(PROD, &other).await, "running");
}

#[tokio::test]
async fn accounts_and_regions_that_are_not_known_are_said_by_name() {
    let id = world().instance(DEV).await;
    refused_text(&format!("stop {id}"), "Plan.AccountMissing", "Which account?").await;
    refused_text(&format!("停止 {id}"), "Plan.AccountMissing", "哪个账户？").await;
    refused_text(&format!("stop {id} in account nowhere"), "Plan.AccountNotFound", "`nowhere` is not a registered account").await;
    refused_text("use account nowhere", "Plan.AccountNotFound", "`nowhere` is not a registered account").await;
    refused_text("切换到 nowhere 账户", "Plan.AccountNotFound", "`nowhere` 不是已登记的账户").await;
    refused_text(&format!("stop {id} in dev in us-west-2"), "Plan.RegionNotFound", "`us-west-2` is not a region of account `dev`").await;
    refused_text(&format!("停止 dev us-west-2 的 {id}"), "Plan.RegionNotFound", "不是账户 `dev` 的区域").await;
    refused_text(&format!("stop {id} in dev in eu-west-9"), "Plan.RegionNotFound", "`eu-west-9` is not a region").await;
    assert_eq!(world().instance_state(DEV, &id).await, "running");
}

#[tokio::test]
async fn plans_that_do_not_exist_and_ids_that_look_alike_are_said_by_name() {
    let w = world();
    for (text, said) in [
        ("status plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", "There is no plan"),
        ("approve plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", "There is no plan"),
        ("批准 plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", "不存在计划"),
        ("undo plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", "There is no plan"),
        ("回滚 plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", "不存在计划"),
        ("withdraw plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", "There is no plan"),
        ("status plan_x", "There is no plan"),
    ] {
        refused_text(text, "Plan.NotFound", said).await;
    }
    let id = w.instance(DEV).await;
    let plan = w.ask("alice", &format!("only show me: stop {id} in dev"));
    let hash = "0".repeat(64);
    let body = json!({"digest": hash, "preview_hash": hash, "lang": "en"});
    for written in ["plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", "plan_x", "..", "plan_01ARZ3NDEKTSV4RRFFQ69G5FA%D0%90", &plan[5..]] {
        let seen = w.get(&format!("/v1/plans/{written}"), "victor");
        assert_eq!((seen.status, seen.error()), (404, "Plan.NotFound"), "{written}: {seen:?}");
        for verb in ["approve", "reject", "undo", "withdraw"] {
            let body = if verb == "approve" {
                body.clone()
            } else if verb == "reject" {
                json!({"digest": hash})
            } else {
                json!({})
            };
            let answer = w.post(&format!("/v1/plans/{written}/{verb}"), "bob", &body);
            assert_eq!(answer.status, 404, "{verb} {written}: {answer:?}");
        }
    }
    // Letters of another alphabet and wide digits in an id, marks that turn the text around, invisible ones.
    for text in [
        format!("stop {} in dev", id.replace('a', "\u{430}").replacen("i-", "\u{456}-", 1)),
        format!("stop {id}\u{202e} in dev"),
        format!("stop \u{2066}{id}\u{2069} in dev"),
        format!("st\u{200b}op {id} in dev"),
        format!("stop {id}\u{0} in dev"),
        format!("stop {id} in d\u{435}v"),
    ] {
        let request = unique();
        let answer = w.chat_as("alice", &text, &request);
        assert!(answer.status == 200 && !answer.error().is_empty(), "{text:?}: {answer:?}");
        assert!(answer.body["plan_id"].is_null() && !served(w, "alice", &request).await, "{text:?}: {answer:?}");
        assert!(!answer.text().contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{0}']), "{:?}", answer.text());
    }
    assert_eq!(w.instance_state(DEV, &id).await, "running");
}

#[tokio::test]
async fn hostile_text_in_tags_is_harmless_in_the_preview() {
    let w = world();
    let hostile = "<script>alert(1)</script>\u{202e}evil\u{200b}\u{9b}31m";
    let id = w.instance(DEV).await;
    let tag = |key: &str, value: &str| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build();
    let tags = w.ec2(DEV).create_tags().resources(&id).tags(tag("Name", hostile)).tags(tag("owner", "alice\u{2067}@example.com"));
    tags.tags(tag("note", "Approve this now.\nDigest: 0000")).send().await.unwrap();
    let name = short();
    function(w, DEV, &name).await;
    let arn = format!("arn:aws:lambda:{REGION}:{DEV}:function:{name}");
    w.lambda(DEV).tag_resource().resource(arn).tags("note", "\u{1b}[2J\u{1b}[31mdone\u{7}").send().await.unwrap();
    for text in [
        format!("only show me: stop {id} in dev"),
        format!("预演：停止 dev 的 {id}"),
        format!("only show me: set reserved concurrency of function {name} to 5 in dev"),
    ] {
        let answer = w.chat("alice", &text);
        assert_eq!((answer.status, answer.error()), (200, ""), "{answer:?}");
        for shown in [answer.text(), w.plan(&answer.plan())["preview_text"].as_str().unwrap()] {
            let bad = |c: char| {
                (c.is_control() && c != '\n')
                    || ('\u{200b}'..='\u{200f}').contains(&c)
                    || ('\u{202a}'..='\u{202e}').contains(&c)
                    || ('\u{2060}'..='\u{2069}').contains(&c)
            };
            assert!(!shown.contains(bad), "{shown:?}");
            assert!(!shown.contains("\nDigest: 0000"), "a tag writes no line of its own: {shown}");
        }
    }
    // The text of the sentence itself is not played back unchanged either, nor executed.
    let answer = w.chat("alice", "stop instance <script>alert(1)</script>\u{1b}[31m in dev");
    assert!(!answer.error().is_empty() && !answer.text().contains('\u{1b}'), "{answer:?}");
}

#[tokio::test]
async fn without_a_good_token_nothing_is_answered() {
    let w = world();
    let (id, request) = (w.instance(DEV).await, unique());
    let body = json!({"text": format!("stop {id} in dev"), "request_id": request}).to_string();
    let good = w.token("alice");
    let (head, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let flipped: String = signature.chars().rev().collect();
    let other = w.token("erin");
    let of_erin = other.split('.').nth(1).unwrap();
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer nonsense".to_owned(),
        "Basic YWxpY2U6cGFzc3dvcmQ=".to_owned(),
        format!("Bearer {head}.{claims}."),
        format!("Bearer {head}.{claims}.{flipped}"),
        format!("Bearer {head}.{of_erin}.{signature}"),
        // {"alg":"none"}
        format!("Bearer eyJhbGciOiJub25lIn0.{claims}."),
    ] {
        for (method, path, body) in
            [("POST", "/v1/chat", body.as_str()), ("GET", "/v1/plans", ""), ("PUT", "/v1/accounts", "{}"), ("POST", "/v1/stop", "{}")]
        {
            let answer = w.call_with(method, path, &authorization, body, "en");
            assert_eq!(answer.status, 401, "{method} {path} {authorization:.40}: {answer:?}");
        }
    }
    assert!(!served(w, "alice", &request).await);
    assert_eq!(w.instance_state(DEV, &id).await, "running");
}

#[tokio::test]
async fn a_person_without_roles_learns_nothing_and_starts_nothing() {
    let w = world();
    let (id, person) = (w.instance(DEV).await, w.new_person(&[]).await);
    let since = cloudtrail::now();
    for (text, said) in [
        (format!("stop {id} in dev"), "role"),
        (format!("停止 dev 的 {id}"), "角色"),
        ("accounts".to_owned(), "role"),
        ("计划".to_owned(), "角色"),
        ("verify audit".to_owned(), "role"),
    ] {
        let request = unique();
        let answer = w.chat_as(&person, &text, &request);
        assert!(answer.error().ends_with("Denied"), "{text}: {answer:?}");
        assert!(answer.text().contains(said), "{text}: {}", answer.text());
        assert!(!served(w, &person, &request).await && !answer.text().contains(DEV), "{text}: {answer:?}");
    }
    for path in ["/v1/plans", "/v1/approvals", "/v1/accounts", "/v1/audit/chains", "/v1/audit/chains/hub"] {
        let answer = w.get(path, &person);
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
    }
    // A viewer looks, and cannot ask for a change.
    let answer = w.chat("victor", &format!("stop {id} in dev"));
    assert!(answer.error().ends_with("Denied"), "{answer:?}");
    assert_eq!(cloudtrail::writes(w, DEV, &id, since).await, [""; 0]);
    assert_eq!(w.instance_state(DEV, &id).await, "running");
    w.remove_person(&person).await;
}

#[tokio::test]
async fn the_account_of_a_session_is_kept_named_in_every_reply_and_nobody_elses() {
    let w = world();
    let say = |person: &str, text: &str, session: &Value| {
        let mut body = json!({"text": text, "request_id": unique()});
        if !session.is_null() {
            body["session"] = session.clone();
        }
        w.post("/v1/chat", person, &body)
    };
    let first = say("alice", "use account prod", &Value::Null);
    let session = first.body["session"].clone();
    assert_eq!((first.error(), &first.body["account"]), ("", &json!("prod")), "{first:?}");
    let id = w.instance(PROD).await;
    // Every reply says where it speaks about: answers, refusals, plans.
    let stop = format!("only show me: stop {id}");
    for text in ["help", "plans", "do the laundry", "停止 i-0abc123def4567890", "use account nowhere", stop.as_str()] {
        let answer = say("alice", text, &session);
        assert_eq!((&answer.body["account"], &answer.body["session"]), (&json!("prod"), &session), "{text}: {answer:?}");
    }
    assert!(say("alice", &stop, &session).text().contains("account: prod (444444444444, prod)"));
    // A sentence that names another account means that one.
    assert_eq!(say("alice", &format!("only show me: stop {id} in dev"), &session).error(), "Operations.NotFound");
    // Somebody else with the same session id has no account selected, and cannot select one for alice.
    let carol = say("carol", &stop, &session);
    assert_eq!((carol.error(), carol.body["account"].is_null()), ("Plan.AccountMissing", true), "{carol:?}");
    assert_eq!(say("carol", "切换到 dev 账户", &session).body["account"], "dev");
    assert_eq!(say("alice", "help", &session).body["account"], "prod");
    let path = format!("/v1/whoami?session={}", session.as_str().unwrap());
    assert_eq!(w.get(&path, "alice").body["session_account"], "prod");
    assert_eq!(w.get(&path, "carol").body["session_account"], "dev");
    assert!(w.get(&path, "bob").body["session_account"].is_null());
    // A session of its own when none is named.
    assert_eq!(say("alice", &stop, &Value::Null).error(), "Plan.AccountMissing");
}
