//! Who vouches for what is in the queue. Entry type: [`Delivery`].
//!
//! Invariant: the account is the one that the sender was authenticated as: of the topic that SNS names, or of the envelope
//! that EventBridge wrote; what a message says of its own account only has to agree.

use domain::AccountId;
use serde_json::Value;
use signals::{Reading, Signal};

/// A message of the queue, opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Signals with the account they are of.
    pub(crate) signals: Vec<Signal>,
    /// Kinds of what is no signal.
    pub(crate) unsupported: Vec<String>,
    /// Why something was turned away.
    pub(crate) refused: Vec<&'static str>,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The account of a topic, when its name is the one that members give theirs.
fn account_of_topic(arn: &str, name: &str) -> Option<AccountId> {
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "sns", _, account, topic] if *topic == name => AccountId::parse(account).ok(),
        _ => None,
    }
}

/// Opens the body of a message; `None` when it is not even JSON, so that it comes again and ends among the dead letters.
pub(crate) fn open(body: &str, topic_name: &str) -> Option<Delivery> {
    let value: Value = serde_json::from_str(body).ok()?;
    let refused = |why| Some(Delivery { signals: Vec::new(), unsupported: Vec::new(), refused: vec![why] });
    let sender = if text(&value, "Type") == "Notification" {
        match account_of_topic(text(&value, "TopicArn"), topic_name) {
            Some(account) => account,
            None => return refused("foreign_topic"),
        }
    } else {
        let from_bus = !text(&value, "detail-type").is_empty() && text(&value, "source").starts_with("aws.");
        match AccountId::parse(text(&value, "account")) {
            Ok(account) if from_bus => account,
            _ => return refused("foreign_source"),
        }
    };
    let mut delivery = Delivery { signals: Vec::new(), unsupported: Vec::new(), refused: Vec::new() };
    for reading in signals::read(body.as_bytes()).ok()? {
        match reading {
            Reading::Unsupported { kind } => delivery.unsupported.push(kind),
            Reading::Signal(signal) if signal.account.as_ref().is_some_and(|a| *a != sender) => delivery.refused.push("foreign_account"),
            Reading::Signal(signal) => delivery.signals.push(Signal { account: Some(sender.clone()), ..signal }),
        }
    }
    Some(delivery)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TOPIC: &str = "aiops-alarms";

    fn arn(account: &str, name: &str) -> String {
        ["arn", "aws", "sns", "us-east-1", account, name].join(":")
    }

    fn by_topic(topic: &str, account: &str) -> String {
        let message = json!({"AlarmName": "errors", "NewStateValue": "ALARM", "AWSAccountId": account, "Region": "us-east-1",
            "Trigger": {"Dimensions": [{"name": "FunctionName", "value": "orders"}]}});
        json!({"Type": "Notification", "TopicArn": topic, "Message": message.to_string()}).to_string()
    }

    #[test]
    fn an_alarm_is_of_the_account_of_the_topic_that_brought_it() {
        let delivery = open(&by_topic(&arn("222222222222", TOPIC), "222222222222"), TOPIC).unwrap();
        assert_eq!(delivery.signals[0].account.as_ref().unwrap().as_str(), "222222222222");
        assert_eq!((delivery.signals.len(), delivery.refused.len()), (1, 0));
    }

    #[test]
    fn a_foreign_topic_and_a_message_about_another_account_are_turned_away() {
        let other = open(&by_topic(&arn("222222222222", "somebodys"), "222222222222"), TOPIC).unwrap();
        assert_eq!((other.signals.len(), other.refused), (0, vec!["foreign_topic"]));
        let about = open(&by_topic(&arn("222222222222", TOPIC), "444444444444"), TOPIC).unwrap();
        assert_eq!((about.signals.len(), about.refused), (0, vec!["foreign_account"]));
    }

    #[test]
    fn only_aws_speaks_on_the_bus() {
        let event = |source: &str| {
            json!({"source": source, "detail-type": "AWS Health Event", "account": "222222222222", "region": "us-east-1", "detail": {},
                "resources": ["i-0123456789abcdef0"]})
            .to_string()
        };
        assert_eq!(open(&event("aws.health"), TOPIC).unwrap().signals.len(), 1);
        assert_eq!(open(&event("my.app"), TOPIC).unwrap().refused, ["foreign_source"]);
        assert_eq!(open("no json", TOPIC), None);
        // An SNS alarm without its envelope could be anybody's.
        assert_eq!(open(&json!({"AlarmName": "a", "NewStateValue": "ALARM"}).to_string(), TOPIC).unwrap().refused, ["foreign_source"]);
    }
}
