//! Secrets that strangers or people let slip: none arrives anywhere, though harmless words on the same ways do.
//!
//! Invariant: each secret travels beside a harmless word. Where the word arrives, what stands beside it must be the name of
//! what was taken out; where a sink is not looked at properly, the secrets that the test itself puts there are not found, and it fails.

use std::time::{Duration, Instant};

use aws_sdk_ec2::types::Tag;
use serde_json::{Value, json};

use crate::{
    models::{Before, SMALL, asked},
    resources::{function, s3, short},
    world::*,
};

/// A secret of a kind that has a known form, new at each run.
struct Canary {
    source: &'static str,
    secret: String,
    word: String,
}

impl Canary {
    fn new(source: &'static str, prefix: &str, len: usize) -> Self {
        // The first ten letters of an id are its time, and the same in every test.
        let noise: String = (0..3).map(|_| unique()[10..].to_owned()).collect::<String>().chars().take(len).collect();
        let noise = if prefix == "AKIA" { noise.to_uppercase().replace(['0', '1', '8', '9'], "Q") } else { noise };
        Self { source, secret: format!("{prefix}{noise}"), word: format!("canary{}", &unique()[16..]) }
    }
    fn beside(&self) -> String {
        format!("{} {}", self.word, self.secret)
    }
}

/// Every item of a table, as text.
async fn table(w: &World, output: &str) -> String {
    let mut pages = w.dynamodb().scan().table_name(w.hub(output)).consistent_read(true).into_paginator().items().send();
    let mut all = String::new();
    while let Some(item) = pages.next().await {
        all.push_str(&format!("{:?}\n", item.unwrap()));
    }
    all
}

/// Everything that functions and state machines logged, as text.
async fn logs(w: &World) -> String {
    let client = aws_sdk_cloudwatchlogs::Client::new(&w.root(HUB));
    let mut groups = client.describe_log_groups().into_paginator().items().send();
    let mut all = String::new();
    while let Some(group) = groups.next().await {
        let group = group.unwrap();
        let mut pages = client.filter_log_events().log_group_name(group.log_group_name().unwrap()).into_paginator().send();
        while let Some(page) = pages.next().await {
            page.unwrap().events().iter().for_each(|e| all.push_str(&format!("{}\n", e.message().unwrap_or_default())));
        }
    }
    all
}

/// Every object of a bucket in the hub, as text.
async fn objects(w: &World, bucket: &str) -> String {
    let client = s3(w, HUB);
    let mut pages = client.list_objects_v2().bucket(bucket).into_paginator().send();
    let mut all = String::new();
    while let Some(page) = pages.next().await {
        for object in page.unwrap().contents() {
            let got = client.get_object().bucket(bucket).key(object.key().unwrap()).send().await.unwrap();
            all.push_str(&String::from_utf8_lossy(&got.body.collect().await.unwrap().to_vec()));
        }
    }
    all
}

/// Every letter that the fleet sends from now on, as text.
struct Letters {
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    topic: String,
    url: String,
    subscription: String,
}

impl Letters {
    async fn open(w: &World) -> Self {
        let (sqs, sns) = (aws_sdk_sqs::Client::new(&w.root(HUB)), aws_sdk_sns::Client::new(&w.root(HUB)));
        let name = short();
        let (arn, topic) = (format!("arn:aws:sqs:{REGION}:{HUB}:{name}"), w.hub("NotifyTopicArn"));
        let may = json!({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn});
        let policy = json!({"Version": "2012-10-17", "Statement": [may]}).to_string();
        let make = sqs.create_queue().queue_name(&name).attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, policy);
        let url = make.send().await.unwrap().queue_url().unwrap().to_owned();
        let subscribe = sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(&arn).attributes("RawMessageDelivery", "true");
        let subscription = subscribe.send().await.unwrap().subscription_arn().unwrap().to_owned();
        Self { sqs, sns, topic, url, subscription }
    }

    /// Letters until each of the words was in one.
    async fn until(&self, words: &[&str]) -> String {
        let (mut all, end) = (String::new(), Instant::now() + Duration::from_secs(60));
        while let Some(missing) = words.iter().find(|word| !all.contains(**word)) {
            assert!(Instant::now() < end, "no letter says `{missing}`: {all}");
            let page =
                self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10).wait_time_seconds(1).send().await.unwrap();
            for message in page.messages() {
                all.push_str(message.body().unwrap_or_default());
                self.sqs.delete_message().queue_url(&self.url).receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
        }
        all
    }

    async fn close(self) {
        self.sns.unsubscribe().subscription_arn(&self.subscription).send().await.unwrap();
        self.sqs.delete_queue().queue_url(&self.url).send().await.unwrap();
    }
}

/// Waits until a sink holds a word, and answers the sink.
async fn until<F: Future<Output = String>>(what: &str, word: &str, look: impl Fn() -> F) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let all = look().await;
        if all.contains(word) {
            return all;
        }
        assert!(Instant::now() < end, "`{word}` does not arrive in {what}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// A secret that the test writes into the sinks past all redaction, as the fleet would write it without: it has to be found.
async fn plant(w: &World, letters: &Letters, raw: &Canary) -> (String, String) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let text = |t: &str| AttributeValue::S(t.to_owned());
    let put = w.dynamodb().put_item().table_name(w.hub("LedgerTableName")).item("pk", text(&format!("E2E#{}", raw.word)));
    put.item("sk", text("RAW")).item("note", text(&raw.beside())).send().await.unwrap();
    let client = aws_sdk_cloudwatchlogs::Client::new(&w.root(HUB));
    let group = format!("/aws/lambda/{}", short());
    client.create_log_group().log_group_name(&group).send().await.unwrap();
    client.create_log_stream().log_group_name(&group).log_stream_name("s").send().await.unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder().timestamp(i64::try_from(now).unwrap()).message(raw.beside());
    let put = client.put_log_events().log_group_name(&group).log_stream_name("s");
    put.log_events(event.build().unwrap()).send().await.unwrap();
    let bucket = short();
    s3(w, HUB).create_bucket().bucket(&bucket).send().await.unwrap();
    s3(w, HUB).put_object().bucket(&bucket).key("raw").body(raw.beside().into_bytes().into()).send().await.unwrap();
    letters.sns.publish().topic_arn(&letters.topic).message(raw.beside()).send().await.unwrap();
    (group, bucket)
}

async fn unplant(w: &World, raw: &Canary, group: &str, bucket: &str) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let delete = w.dynamodb().delete_item().table_name(w.hub("LedgerTableName"));
    let delete = delete.key("pk", AttributeValue::S(format!("E2E#{}", raw.word))).key("sk", AttributeValue::S("RAW".into()));
    delete.send().await.unwrap();
    aws_sdk_cloudwatchlogs::Client::new(&w.root(HUB)).delete_log_group().log_group_name(group).send().await.unwrap();
    s3(w, HUB).delete_object().bucket(bucket).key("raw").send().await.unwrap();
    s3(w, HUB).delete_bucket().bucket(bucket).send().await.unwrap();
}

/// Six sources. A tag, an environment variable and the name of a role are read out of a member account; a log line and an alarm's
/// text are pasted by a person, and a ticket's is the reason of a decision: no function reads logs, alarms or tickets by itself.
#[tokio::test(flavor = "multi_thread")]
async fn alone_a_secret_of_six_sources_arrives_in_no_sink_and_a_raw_one_is_found_in_each() {
    let w = world();
    let letters = Letters::open(w).await;
    let tag = Canary::new("tag", "AKIA", 16);
    let variable = Canary::new("environment variable", "xoxb-123456789012-123456789012-", 24);
    let line = Canary::new("log line", "glpat-", 20);
    let alarm = Canary::new("alarm text", "AKIA", 16);
    let name = Canary::new("IAM name", "ghp_", 36);
    let ticket = Canary::new("ticket", "ghp_", 36);
    let password = format!("{}!Aa1", &unique()[14..]);

    // Planted in the member accounts: tags of an instance, a function's variables and the name of its role.
    let id = w.instance(PROD).await;
    let call = w.ec2(PROD).create_tags().resources(&id);
    let tags = [("Name", format!("web {}", tag.word)), ("purpose", tag.beside()), ("db_password", password.clone())];
    tags.iter().fold(call, |call, (key, value)| call.tags(Tag::builder().key(*key).value(value).build())).send().await.unwrap();
    let raw = format!("{:?}", w.ec2(PROD).describe_instances().instance_ids(&id).send().await.unwrap());
    assert!(raw.contains(&tag.secret) && raw.contains(&password), "planted");
    let lambda = short();
    function(w, DEV, &lambda).await;
    let role = format!("{}-{}", name.word, name.secret);
    let iam = aws_sdk_iam::Client::new(&w.root(DEV));
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    iam.create_role().role_name(&role).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let variables = aws_sdk_lambda::types::Environment::builder().variables("SLACK_TOKEN", variable.beside()).build();
    let update = w.lambda(DEV).update_function_configuration().function_name(&lambda).role(format!("arn:aws:iam::{DEV}:role/{role}"));
    update.environment(variables).send().await.unwrap();
    let raw = w.lambda(DEV).get_function().function_name(&lambda).send().await.unwrap();
    let raw = raw.configuration().unwrap();
    let told = raw.environment().and_then(|e| e.variables()).and_then(|v| v.get("SLACK_TOKEN"));
    assert!(raw.role().unwrap().contains(&name.secret) && told == Some(&variable.beside()), "planted");

    // Previews of both; a question that a model is asked, with pasted lines; a refusal; a reason to say no.
    let answer = w.chat("alice", &format!("stop {id} in prod"));
    let plan = answer.plan();
    let mut replies = format!("{answer:?}");
    w.wait(&plan, &["awaiting_approval"]).await;
    replies.push_str(&w.plan(&plan).to_string());
    let other = w.chat("alice", &format!("set reserved concurrency of function {lambda} to 5 in dev"));
    replies.push_str(&format!("{other:?}"));
    replies.push_str(&w.wait(&other.plan(), &["succeeded"]).await.to_string());
    // Nothing in it that the rules would read as a question for a cause: then no model would be asked.
    let pasted = format!("> 12:00:01 login said {}\n> orders-5xx {}", line.beside(), alarm.beside());
    {
        let mut before = Before::default();
        before.set("MODEL_SMALL", SMALL).await;
        // Somebody with a budget of their own: other tests spend.
        let person = w.new_person(&["operator"]).await;
        let told = w.chat(&person, &format!("calm {id} down in dev softly\n{pasted}"));
        w.remove_person(&person).await;
        assert_eq!(told.body["reading"]["rung"], "small_model", "{told:?}");
        replies.push_str(&format!("{told:?}"));
    }
    for sentence in [format!("stop {id} in {}", ticket.secret), format!("停止 prod 的实例 {}", ticket.secret), line.beside()] {
        replies.push_str(&format!("{:?}", w.chat("alice", &sentence)));
    }
    assert_eq!(w.reject("bob", &plan, &format!("ticket OPS-1: {}", ticket.beside())).status, 200);
    replies.push_str(&w.wait(&plan, &["rejected"]).await.to_string());
    let raw = Canary::new("the test", "ghp_", 36);
    let (group, bucket) = plant(w, &letters, &raw).await;

    let archive = w.hub("AuditBucketName");
    let sinks = [
        ("model requests", asked().iter().map(Value::to_string).collect::<Vec<_>>().join("\n")),
        ("replies", replies),
        ("letters", letters.until(&[&ticket.word, &raw.word]).await),
        ("ledger", table(w, "LedgerTableName").await),
        ("audit", table(w, "AuditTableName").await),
        ("archive", until("archive", &ticket.word, || objects(w, &archive)).await),
        ("bucket", objects(w, &bucket).await),
        ("logs", until("logs", &ticket.word, || logs(w)).await),
    ];
    unplant(w, &raw, &group, &bucket).await;
    letters.close().await;

    // What the test wrote past the redaction is found: the sinks are looked at.
    for sink in ["letters", "ledger", "bucket", "logs"] {
        assert!(sinks.iter().any(|(n, text)| *n == sink && text.contains(&raw.secret)), "a raw secret in {sink} is not found");
    }
    let mut leaked = Vec::new();
    for (sink, text) in &sinks {
        let canaries = [&tag, &variable, &line, &alarm, &name, &ticket];
        leaked.extend(canaries.iter().filter(|c| text.contains(&c.secret)).map(|c| format!("{} in {sink}", c.source)));
        leaked.extend(text.contains(&password).then(|| format!("password in {sink}")));
    }
    assert_eq!(leaked, Vec::<String>::new());
    // The words beside them arrive, and where the secret stood, its kind.
    for (sink, canary) in [
        ("model requests", &line),
        ("model requests", &alarm),
        ("replies", &tag),
        ("replies", &ticket),
        ("letters", &ticket),
        ("ledger", &tag),
        ("ledger", &ticket),
        ("audit", &ticket),
        ("archive", &ticket),
        ("logs", &ticket),
    ] {
        let text = &sinks.iter().find(|(name, _)| *name == sink).unwrap().1;
        let beside = format!("{} [redacted:", canary.word);
        assert!(text.contains(&beside), "`{}` of the {} does not arrive in {sink}", beside, canary.source);
    }
}

#[tokio::test]
async fn a_secret_that_a_function_would_log_is_not_logged() {
    // A wrong shape is told with the words that were sent.
    let w = world();
    let canary = Canary::new("event", "glpat-", 20);
    let (answer, failed) = w.invoke("authorize-plan", &json!({"plan_id": 5, "word": canary.word, "digest": canary.secret})).await;
    assert!(failed, "{answer}");
    let (answer, failed) = w.invoke("authorize-plan", &Value::String(canary.beside())).await;
    assert!(failed && answer.to_string().contains(&canary.word), "what was wrong is told: {answer}");
    assert!(!answer.to_string().contains(&canary.secret), "{answer}");
    let all = until("logs", &canary.word, || logs(w)).await;
    assert!(!all.contains(&canary.secret), "a secret was logged");
}
