//! What was said before: "it", "the same", "not this one", read from the session and shown before anything happens.

use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn it_and_the_same_are_read_from_the_conversation_and_are_previews_until_they_are_written_out() {
    let w = world();
    let (first, second) = (w.instance(DEV).await, w.instance(DEV).await);
    let opened = w.chat("alice", &format!("stop {first} in dev"));
    let session = opened.body["session"].as_str().unwrap().to_owned();
    let say_as = |person: &str, text: &str| {
        let answer = w.post("/v1/chat", person, &json!({"text": text, "request_id": unique(), "session": session}));
        assert_eq!(answer.status, 200, "{text}: {answer:?}");
        answer
    };
    let say = |text: &str| say_as("alice", text);
    w.wait(&opened.plan(), &["succeeded"]).await;

    // "it" is the one instance, in the account of that request; the reply says so first, and nothing has happened.
    let it = say("start it again");
    assert!(it.text().starts_with(&format!("\"it\" was read as {first}")), "{}", it.text());
    assert_eq!((it.error(), w.state(&it.plan()).as_str()), ("", "preview"), "{it:?}");
    let words = it.body["reading"]["words"].as_str().unwrap().to_owned();
    assert!(words.contains(&first) && words.contains("dev") && it.text().contains(&words), "{words}");
    assert_eq!(w.instance_state(DEV, &first).await, "stopped");

    // Written out, it is an order like any other.
    let written = say(&words);
    assert!(written.body["reading"]["borrowed"].is_null(), "{written:?}");
    w.wait(&written.plan(), &["succeeded"]).await;
    assert_eq!(w.instance_state(DEV, &first).await, "running");

    // The account that is named is the one that counts: the instance is not there, and nobody looks elsewhere.
    let elsewhere = say("same in staging");
    assert!(elsewhere.text().contains("ec2.start_instances") && elsewhere.text().contains(&first), "{}", elsewhere.text());
    assert!(!elsewhere.error().is_empty() && elsewhere.body["plan_id"].is_null(), "{elsewhere:?}");

    // The other one that was spoken of, in Chinese; of three, nobody can say which.
    let asked = say(&format!("dry run: stop {second} in dev"));
    assert_eq!(w.state(&asked.plan()), "preview");
    let other = say("不是这台，是那台");
    assert!(other.text().contains(&first) && other.text().contains("取自您之前的消息"), "{}", other.text());
    assert_eq!(w.state(&other.plan()), "preview");
    let both = say(&format!("dry run: stop {first} and {second} in dev"));
    assert_eq!(w.state(&both.plan()), "preview");
    for unclear in [say("stop it"), say_as("bob", "stop it")] {
        assert!(unclear.error().starts_with("Language.") && unclear.body["plan_id"].is_null(), "{unclear:?}");
    }
    assert_eq!((w.instance_state(DEV, &first).await.as_str(), w.instance_state(DEV, &second).await.as_str()), ("running", "running"));
}
