//! Careful reading of single fields.
//!
//! Entries: [`text`], [`instant`], [`region`], [`account`], [`Arn`]. Invariant: a field that is not what it should
//! be is absent.

use domain::text::defang;
use domain::{AccountId, EpochMs};
use serde_json::Value;

/// Longest resource name or id that is kept.
pub const MAX_NAME_CHARS: usize = 1024;
/// Longest title that is kept.
pub const MAX_TITLE_CHARS: usize = 300;
/// Most resources of one signal.
pub const MAX_RESOURCES: usize = 100;

/// The text at a path of keys; not empty.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    let found = path.iter().try_fold(value, |v, key| v.get(key))?;
    found.as_str().map(str::trim).filter(|t| !t.is_empty())
}

/// The first of several paths that holds a text.
#[must_use]
pub fn first_text<'a>(value: &'a Value, paths: &[&[&str]]) -> Option<&'a str> {
    paths.iter().find_map(|path| text(value, path))
}

/// The texts of a list of texts.
pub fn texts<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::trim).filter(|t| !t.is_empty())
}

/// A name fit to be kept.
#[must_use]
pub fn name(text: &str) -> String {
    defang(text.trim(), MAX_NAME_CHARS)
}

/// A title fit to be shown.
#[must_use]
pub fn title(text: &str) -> String {
    defang(text.trim(), MAX_TITLE_CHARS)
}

/// An account id.
#[must_use]
pub fn account(text: &str) -> Option<AccountId> {
    AccountId::parse(text.trim()).ok()
}

/// A region like `us-east-1`; `global` and the like are none.
#[must_use]
pub fn region(text: &str) -> Option<String> {
    let text = text.trim();
    domain::account::is_region(text).then(|| text.to_owned())
}

/// What an ARN says of place. Blanks inside, as careless writers leave them, are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arn {
    /// The account, when it names one.
    pub account: Option<AccountId>,
    /// The region, when it names one.
    pub region: Option<String>,
}

impl Arn {
    /// Reads `arn:partition:service:region:account:resource`; `None` when it is no ARN.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(6, ':');
        let (head, _, _) = (parts.next()?, parts.next()?, parts.next()?);
        let (place, owner) = (parts.next()?, parts.next()?);
        parts.next()?;
        (head == "arn").then(|| Self { account: account(owner), region: region(place) })
    }
}

/// An instant as AWS services write it: RFC 3339, with `+0000` and blanks too, or RFC 2822.
#[must_use]
pub fn instant(text: &str) -> Option<EpochMs> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    let tight: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let read = tight.parse::<jiff::Timestamp>().ok();
    let read = read.or_else(|| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok());
    read.map(|t| EpochMs(t.as_millisecond()))
}

/// An instant written as a number of seconds or milliseconds, or as text.
#[must_use]
pub fn instant_of(value: &Value) -> Option<EpochMs> {
    match value {
        Value::String(text) => instant(text),
        Value::Number(number) => {
            let n = number.as_i64()?;
            // Eleven digits of seconds are the year 5138: what is greater is milliseconds.
            (0..=253_402_300_799_999).contains(&n).then(|| EpochMs(if n < 100_000_000_000 { n * 1000 } else { n }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_services_write_them() {
        for (text, seconds) in [
            ("2022-07-22T15:57:45Z", 1_658_505_465),
            ("2022-07-22T15:57:45.394+0000", 1_658_505_465),
            ("2023-08-04T12: 36: 15.490+0000", 1_691_152_575),
            ("Sun, 05 Jun 2016 05:01:10 GMT", 1_465_102_870),
            ("Tue, 7 Feb 2017 00:55:52 GMT", 1_486_428_952),
        ] {
            assert_eq!(instant(text).map(EpochMs::seconds), Some(seconds), "{text}");
        }
        for text in ["", "yesterday", "2018-11-27T01:30:00Z <<fill this time in GMT>>", "9999999-01-01T00:00:00Z"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn regions_and_accounts_are_well_formed_or_absent() {
        for ok in ["us-east-1", "us-gov-west-1", "cn-northwest-1", "ap-southeast-2", "us-iso-east-1"] {
            assert_eq!(region(ok).as_deref(), Some(ok));
        }
        for bad in ["", "global", "us-east", "us-east-1a", "EXAMPLE", "us--1", "aws-global", "US-EAST-1"] {
            assert_eq!(region(bad), None, "{bad}");
        }
        let arn = Arn::read("arn:aws:cloudwatch:us-east-1: 444455556666:alarm:x").unwrap();
        assert_eq!((arn.account.unwrap().as_str(), arn.region.as_deref()), ("444455556666", Some("us-east-1")));
        assert_eq!(Arn::read("not:an:arn:at:all:x"), None);
    }
}
