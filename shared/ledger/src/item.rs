//! Items as attribute maps. Entry types: [`Item`] (writing), [`Row`] (reading).
//!
//! Invariant: every item carries `v`, `region_home` and `epoch`; an item of another version is never guessed at.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::EpochMs;
use serde::{Serialize, de::DeserializeOwned};

use crate::{error::LedgerError, keys::Key};

/// The version written into every item. A change of form raises it and keeps the old one in [`READABLE`].
pub(crate) const ITEM_VERSION: i64 = 1;
/// The versions that are read: this one and, once there is one, the one before.
pub(crate) const READABLE: &[i64] = &[1];
/// The epoch of every item until a second region may take over.
pub(crate) const EPOCH: i64 = 1;
/// DynamoDB takes 400 KiB an item; keys and small attributes need some of it.
const MAX_TEXT_BYTES: usize = 390 * 1024;

pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// An item under construction.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    what: String,
    map: Attributes,
}

impl Item {
    /// An item with its key and header.
    pub(crate) fn new(key: &Key, region: &str) -> Self {
        let mut map = key.attributes();
        map.insert("v".into(), AttributeValue::N(ITEM_VERSION.to_string()));
        map.insert("region_home".into(), AttributeValue::S(region.to_owned()));
        map.insert("epoch".into(), AttributeValue::N(EPOCH.to_string()));
        Self { what: key.to_string(), map }
    }

    pub(crate) fn s(mut self, name: &str, text: impl Into<String>) -> Self {
        self.map.insert(name.to_owned(), AttributeValue::S(text.into()));
        self
    }

    pub(crate) fn opt_s(self, name: &str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.s(name, text),
            None => self,
        }
    }

    pub(crate) fn n(mut self, name: &str, number: i64) -> Self {
        self.map.insert(name.to_owned(), AttributeValue::N(number.to_string()));
        self
    }

    pub(crate) fn flag(mut self, name: &str, truth: bool) -> Self {
        self.map.insert(name.to_owned(), AttributeValue::Bool(truth));
        self
    }

    /// The instant after which DynamoDB may remove the item.
    pub(crate) fn ttl(self, at: EpochMs) -> Self {
        self.n("ttl", at.seconds())
    }

    /// Its place in the index.
    pub(crate) fn listed(self, partition: impl Into<String>, sort: impl Into<String>) -> Self {
        self.s("gsi1pk", partition).s("gsi1sk", sort)
    }

    pub(crate) fn json<T: Serialize>(self, name: &str, value: &T) -> Result<Self, LedgerError> {
        let text = serde_json::to_string(value).map_err(LedgerError::unexpected)?;
        Ok(self.s(name, text))
    }

    /// The finished map.
    pub(crate) fn finish(self) -> Result<Attributes, LedgerError> {
        let bytes: usize = self.map.iter().map(|(name, value)| name.len() + value.as_s().map_or(16, String::len)).sum();
        if bytes > MAX_TEXT_BYTES {
            return Err(LedgerError::TooLarge { what: self.what, bytes });
        }
        Ok(self.map)
    }
}

/// An item that was read.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    map: Attributes,
}

impl Row {
    /// Takes an item of a version that is read.
    pub(crate) fn open(map: Attributes) -> Result<Self, LedgerError> {
        let part = |name: &str| map.get(name).and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
        let row = Self { what: format!("{}/{}", part("pk"), part("sk")), map };
        let version = row.n("v")?;
        if READABLE.contains(&version) { Ok(row) } else { Err(row.unreadable(&format!("version {version}"))) }
    }

    pub(crate) fn unreadable(&self, why: &str) -> LedgerError {
        LedgerError::Unreadable { what: self.what.clone(), why: why.chars().take(200).collect() }
    }

    pub(crate) fn tampered(&self) -> LedgerError {
        LedgerError::tampered(self.what.clone())
    }

    pub(crate) fn opt_s(&self, name: &str) -> Result<Option<&str>, LedgerError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.unreadable(&format!("`{name}` is not a text"))),
        }
    }

    pub(crate) fn s(&self, name: &str) -> Result<&str, LedgerError> {
        self.opt_s(name)?.ok_or_else(|| self.unreadable(&format!("`{name}` is missing")))
    }

    pub(crate) fn opt_n(&self, name: &str) -> Result<Option<i64>, LedgerError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(digits)) => {
                digits.parse().map(Some).map_err(|_| self.unreadable(&format!("`{name}` is not a whole number")))
            }
            Some(_) => Err(self.unreadable(&format!("`{name}` is not a number"))),
        }
    }

    pub(crate) fn n(&self, name: &str) -> Result<i64, LedgerError> {
        self.opt_n(name)?.ok_or_else(|| self.unreadable(&format!("`{name}` is missing")))
    }

    pub(crate) fn count(&self, name: &str) -> Result<u64, LedgerError> {
        u64::try_from(self.n(name)?).map_err(|_| self.unreadable(&format!("`{name}` is negative")))
    }

    pub(crate) fn at(&self, name: &str) -> Result<EpochMs, LedgerError> {
        self.n(name).map(EpochMs)
    }

    pub(crate) fn opt_at(&self, name: &str) -> Result<Option<EpochMs>, LedgerError> {
        Ok(self.opt_n(name)?.map(EpochMs))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, LedgerError> {
        match self.map.get(name) {
            Some(AttributeValue::Bool(truth)) => Ok(*truth),
            Some(_) => Err(self.unreadable(&format!("`{name}` is neither true nor false"))),
            None => Err(self.unreadable(&format!("`{name}` is missing"))),
        }
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, LedgerError> {
        serde_json::from_str(self.s(name)?).map_err(|e| self.unreadable(&format!("`{name}`: {e}")))
    }

    /// A text attribute that has a type of its own.
    pub(crate) fn parsed<T, E: std::fmt::Display>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, LedgerError> {
        parse(self.s(name)?).map_err(|e| self.unreadable(&format!("`{name}`: {e}")))
    }

    pub(crate) fn opt_parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, LedgerError> {
        self.opt_s(name)?.map(|text| parse(text).map_err(|e| self.unreadable(&format!("`{name}`: {e}")))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::head("hub")
    }

    #[test]
    fn every_item_carries_version_home_and_epoch() {
        let map = Item::new(&key(), "us-east-1").finish().unwrap();
        assert_eq!(map["v"], AttributeValue::N("1".into()));
        assert_eq!(map["region_home"], AttributeValue::S("us-east-1".into()));
        assert_eq!(map["epoch"], AttributeValue::N("1".into()));
    }

    #[test]
    fn an_item_of_another_version_is_unreadable() {
        for (version, readable) in [("0", false), ("1", true), ("2", false), ("one", false)] {
            let mut map = Item::new(&key(), "us-east-1").finish().unwrap();
            map.insert("v".into(), AttributeValue::N(version.into()));
            assert_eq!(Row::open(map).is_ok(), readable, "{version}");
        }
        let mut without = Item::new(&key(), "us-east-1").finish().unwrap();
        without.remove("v");
        assert!(matches!(Row::open(without), Err(LedgerError::Unreadable { .. })));
    }

    #[test]
    fn attributes_read_back_and_wrong_types_are_named() {
        let map = Item::new(&key(), "r").s("text", "a").n("number", 7).flag("truth", true).finish().unwrap();
        let row = Row::open(map).unwrap();
        assert_eq!((row.s("text").unwrap(), row.n("number").unwrap(), row.flag("truth").unwrap()), ("a", 7, true));
        assert!(row.n("text").unwrap_err().to_string().contains("`text` is not a number"));
        assert!(row.s("nothing").unwrap_err().to_string().contains("`nothing` is missing"));
    }

    #[test]
    fn an_item_that_the_table_would_not_take_is_refused_before_it_is_sent() {
        let item = Item::new(&key(), "r").s("text", "x".repeat(400 * 1024));
        assert!(matches!(item.finish(), Err(LedgerError::TooLarge { .. })));
    }
}
