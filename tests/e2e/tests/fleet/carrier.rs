//! What EventBridge does between a member's bus and the hub's, which the local stack does not: by the rules, patterns, targets, roles,
//! bus policies and permissions that are deployed.
//!
//! Entry points: [`read`], [`carry`], [`run`]. Invariant: nothing is carried that is not deployed; the account of an event stays the one
//! that put it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use iam::{Context, Decision, Doubt, Policy, Principal};
use serde_json::{Value, json};

use crate::world::*;

/// A bus as it is deployed.
#[derive(Debug, Clone)]
pub struct Bus {
    pub account: String,
    pub arn: String,
    pub policy: Option<Value>,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub arn: String,
    pub enabled: bool,
    pub pattern: Value,
    pub targets: Vec<Target>,
}

#[derive(Debug, Clone)]
pub struct Target {
    pub arn: String,
    /// Of a target that is a bus: its role's trust and policies.
    pub role: Option<(Value, Vec<Value>)>,
    /// Of a target that is a function: its own policy.
    pub permission: Option<Value>,
}

/// The rule by which the carrier hears what is put on a bus; no part of the fleet.
const TAP: &str = "carrier-tap";

fn events(w: &World, account: &str) -> aws_sdk_eventbridge::Client {
    aws_sdk_eventbridge::Client::new(&w.root(account))
}

/// What is deployed.
pub async fn read(w: &World, account: &str) -> Bus {
    let client = events(w, account);
    let bus = client.describe_event_bus().name("aiops").send().await.unwrap();
    let mut rules = Vec::new();
    for rule in client.list_rules().event_bus_name("aiops").send().await.unwrap().rules() {
        let name = rule.name().unwrap();
        if name == TAP {
            continue;
        }
        let listed = client.list_targets_by_rule().event_bus_name("aiops").rule(name).send().await.unwrap();
        let mut targets = Vec::new();
        for target in listed.targets() {
            let role = match target.role_arn() {
                Some(arn) => Some(role(w, account, arn.rsplit('/').next().unwrap()).await),
                None => None,
            };
            let function = target.arn().split(":function:").nth(1);
            let permission = match function {
                Some(name) => {
                    let seen = w.lambda(account).get_policy().function_name(name).send().await;
                    seen.ok().and_then(|p| p.policy().map(|text| serde_json::from_str(text).unwrap()))
                }
                None => None,
            };
            targets.push(Target { arn: target.arn().to_owned(), role, permission });
        }
        rules.push(Rule {
            arn: rule.arn().unwrap().to_owned(),
            enabled: rule.state().unwrap().as_str() == "ENABLED",
            pattern: serde_json::from_str(rule.event_pattern().unwrap()).unwrap(),
            targets,
        });
    }
    Bus {
        account: account.to_owned(),
        arn: bus.arn().unwrap().to_owned(),
        policy: bus.policy().map(|text| serde_json::from_str(text).unwrap()),
        rules,
    }
}

async fn role(w: &World, account: &str, name: &str) -> (Value, Vec<Value>) {
    let client = aws_sdk_iam::Client::new(&w.root(account));
    let document = |text: &str| -> Value { serde_json::from_str(&decoded(text)).unwrap() };
    let seen = client.get_role().role_name(name).send().await.unwrap();
    let trust = document(seen.role().unwrap().assume_role_policy_document().unwrap());
    let mut policies = Vec::new();
    for policy in client.list_role_policies().role_name(name).send().await.unwrap().policy_names() {
        let text = client.get_role_policy().role_name(name).policy_name(policy).send().await.unwrap();
        policies.push(document(text.policy_document()));
    }
    (trust, policies)
}

/// IAM's documents come percent-encoded.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            other => out.push(other),
        }
    }
    String::from_utf8(out).unwrap()
}

/// Exact values, which is all that the fleet's rules use.
fn matches(pattern: &Value, event: &Value) -> bool {
    pattern.as_object().unwrap().iter().all(|(key, values)| {
        let values = values.as_array().unwrap_or_else(|| panic!("the carrier knows no pattern below `{key}`"));
        assert!(values.iter().all(Value::is_string), "the carrier knows exact values only: {values:?}");
        values.contains(&event[key])
    })
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a policy of a resource or a trust lets a principal through. Conditions: exact values of what is known here.
fn lets(policy: &Value, kind: &str, principal: &str, action: &str, resource: Option<&str>, known: &[(&str, &str)]) -> bool {
    policy["Statement"].as_array().is_some_and(|statements| {
        statements.iter().any(|s| {
            let named = texts(&s["Principal"][kind]).into_iter().chain(texts(&s["Principal"]));
            let who = named.into_iter().any(|p| p == principal || p == format!("arn:aws:iam::{principal}:root"));
            let what = texts(&s["Action"]).iter().any(|a| a == action);
            let on = resource.is_none_or(|r| texts(&s["Resource"]).iter().any(|own| own == r));
            let conditions = s["Condition"].as_object().is_none_or(|operators| {
                operators.values().all(|keys| {
                    keys.as_object().unwrap().iter().all(|(key, values)| {
                        let value = known.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| *v);
                        value.is_some_and(|v| texts(values).iter().any(|own| own == v))
                    })
                })
            });
            s["Effect"] == "Allow" && who && what && on && conditions
        })
    })
}

/// The functions of the hub that an event on the member's bus reaches.
pub fn carry(event: &Value, member: &Bus, hub: &Bus) -> Vec<String> {
    let mut reached = Vec::new();
    let sender = member.account.as_str();
    let ways = member.rules.iter().filter(|r| r.enabled && matches(&r.pattern, event)).flat_map(|r| &r.targets);
    for target in ways.filter(|t| t.arn == hub.arn) {
        let Some((trust, policies)) = &target.role else { continue };
        let assumed = lets(trust, "Service", "events.amazonaws.com", "sts:AssumeRole", None, &[("aws:SourceAccount", sender)]);
        let identity: Vec<Policy> = policies.iter().map(|p| Policy::of(p).unwrap()).collect();
        let own = Principal { identity, ..Principal::default() };
        let may = own.decide("events:PutEvents", &hub.arn, &Context::default(), Doubt::Denies) == Decision::Allowed;
        let admitted = hub.policy.as_ref().is_some_and(|p| lets(p, "AWS", sender, "events:PutEvents", Some(&hub.arn), &[]));
        if !(assumed && may && admitted) {
            continue;
        }
        for rule in hub.rules.iter().filter(|r| r.enabled && matches(&r.pattern, event)) {
            for function in rule.targets.iter().filter(|t| t.arn.contains(":function:")) {
                let known = [("AWS:SourceArn", rule.arn.as_str()), ("aws:SourceAccount", hub.account.as_str())];
                let permission = function.permission.as_ref();
                if permission
                    .is_some_and(|p| lets(p, "Service", "events.amazonaws.com", "lambda:InvokeFunction", Some(&function.arn), &known))
                {
                    reached.push(function.arn.clone());
                }
            }
        }
    }
    reached
}

/// Hears what is put on an account's bus: the queue's address.
pub async fn tap(w: &World, account: &str) -> String {
    let queue = aws_sdk_sqs::Client::new(&w.root(account)).create_queue().queue_name(TAP).send().await.unwrap();
    let client = events(w, account);
    let pattern = json!({"source": [{"prefix": "aiops."}]}).to_string();
    client.put_rule().event_bus_name("aiops").name(TAP).event_pattern(pattern).send().await.unwrap();
    let arn = format!("arn:aws:sqs:{REGION}:{account}:{TAP}");
    let target = aws_sdk_eventbridge::types::Target::builder().id("tap").arn(arn).build().unwrap();
    client.put_targets().event_bus_name("aiops").rule(TAP).targets(target).send().await.unwrap();
    queue.queue_url().unwrap().to_owned()
}

/// Carries until it is told to stop. Answers everything that was put on the bus.
pub async fn run(w: &'static World, queue: String, member: Bus, hub: Bus, stop: Arc<AtomicBool>) -> Vec<Value> {
    let sqs = aws_sdk_sqs::Client::new(&w.root(&member.account));
    let mut heard = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let received = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).send().await.unwrap();
        if received.messages().is_empty() {
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        for message in received.messages() {
            let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            for function in carry(&event, &member, &hub) {
                let payload = event.to_string().into_bytes().into();
                w.lambda(HUB).invoke().function_name(function).payload(payload).send().await.unwrap();
            }
            heard.push(event);
            sqs.delete_message().queue_url(&queue).receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
        }
    }
    heard
}
