//! Secrets planted in the six sources that strangers write to, followed to where the fleet writes. Entry function: [`leaked`].
//!
//! Invariant: with redaction switched off every one of them arrives; else the test could not fail.

use redaction::{Audience, Redactor, Stream};
use serde_json::{Value, json};

use super::generate::Dice;

/// What was planted and what arrived.
pub(super) struct Outcome {
    pub planted: usize,
    pub leaked: Vec<String>,
    /// How many arrive with redaction switched off.
    pub without: usize,
}

/// Plants secrets in every source and looks for them in every sink.
pub(super) fn leaked(redactor: &Redactor, dice: &mut Dice) -> Outcome {
    let mut outcome = Outcome { planted: 0, leaked: Vec::new(), without: 0 };
    let alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for _ in 0..50 {
        let secrets = [
            format!("AKIA{}", dice.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
            format!("ghp_{}", dice.text(36, alnum)),
            format!("glpat-{}", dice.text(20, alnum)),
            dice.text(40, &format!("{alnum}/")),
        ];
        for secret in &secrets {
            for (source, value) in sources(secret) {
                for (sink, off, on) in sinks(redactor, &value) {
                    outcome.planted += 1;
                    outcome.without += usize::from(off.contains(secret.as_str()));
                    if on.contains(secret.as_str()) {
                        outcome.leaked.push(format!("{source} → {sink}: {on}"));
                    }
                }
            }
        }
    }
    outcome
}

/// The six sources, in the shapes in which AWS hands them over.
fn sources(secret: &str) -> [(&'static str, Value); 6] {
    [
        (
            "tag",
            json!({"ResourceId": "i-0abc1234def567890", "Tags": [{"Key": "Name", "Value": format!("web {secret}")}, {"Key": "token", "Value": secret}]}),
        ),
        ("environment variable", json!({"FunctionName": "orders", "Environment": {"Variables": {"API_SECRET": secret, "STAGE": "prod"}}})),
        ("log line", json!({"timestamp": 1_764_319_284_117_i64, "message": format!("ERROR login failed, secret={secret} host=10.0.0.7")})),
        ("alarm text", json!({"AlarmName": "orders-5xx", "AlarmDescription": format!("call the API with key: {secret} to reset")})),
        ("iam name", json!({"RoleName": format!("deploy-{secret}"), "Arn": format!("arn:aws:iam::111122223333:role/deploy-{secret}")})),
        ("ticket", json!({"title": "登录失败", "body": format!("我用的密钥是 {secret}，还是不行")})),
    ]
}

/// Each sink's text without and with redaction: as one text, as fields, in pieces.
fn sinks(redactor: &Redactor, value: &Value) -> [(&'static str, String, String); 3] {
    let text = value.to_string();
    let mut out = Vec::new();
    let mut stream = Stream::new(redactor);
    text.as_bytes().chunks(11).for_each(|piece| stream.push(piece, &mut out));
    stream.finish(&mut out);
    [
        ("text", text.clone(), redactor.redact(&text).text.into_owned()),
        ("fields", text.clone(), redactor.redact_json(Audience::Anybody, value).to_string()),
        ("pieces", text.clone(), String::from_utf8_lossy(&out).into_owned()),
    ]
}
