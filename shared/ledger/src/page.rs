//! Pages of a list. Entry types: [`Page`], [`PageRequest`].
//!
//! Invariant: a list ends only where `next` is absent; the token is opaque to callers and holds no more than a
//! place in an index that the query itself names.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::error::LedgerError;

/// Most items on a page.
pub const MAX_PAGE: u32 = 100;

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many items, 1 to [`MAX_PAGE`].
    pub limit: u32,
    /// The `next` of the page before; `None` begins.
    pub next: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(50)
    }
}

impl PageRequest {
    /// The first page.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self { limit, next: None }
    }

    /// The page after a token.
    #[must_use]
    pub fn after(limit: u32, next: impl Into<String>) -> Self {
        Self { limit, next: Some(next.into()) }
    }

    pub(crate) fn size(&self) -> i32 {
        i32::try_from(self.limit.clamp(1, MAX_PAGE)).unwrap_or(1)
    }

    pub(crate) fn place(&self) -> Result<Option<Place>, LedgerError> {
        self.next.as_deref().map(Place::read).transpose()
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items; a page may be empty and still have a successor.
    pub items: Vec<T>,
    /// The token of the next page; absent at the end.
    pub next: Option<String>,
}

/// A place in an index: which of the lists that are read one after the other, and the last key there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// Number of the list.
    pub(crate) list: usize,
    /// The last key read there; `None` begins the list.
    pub(crate) key: Option<PlaceKey>,
}

/// The last key, without the partition, which the query itself names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
    pub(crate) gsi1sk: String,
}

impl Place {
    pub(crate) fn write(&self) -> Result<String, LedgerError> {
        let json = serde_json::to_vec(self).map_err(LedgerError::unexpected)?;
        Ok(URL_SAFE_NO_PAD.encode(json))
    }

    pub(crate) fn read(token: &str) -> Result<Self, LedgerError> {
        let bad = || LedgerError::malformed("the page token is not one that this list gave out");
        let bytes = URL_SAFE_NO_PAD.decode(token.trim()).map_err(|_| bad())?;
        serde_json::from_slice(&bytes).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_token() {
        let place = Place { list: 2, key: Some(PlaceKey { pk: "PLAN#x".into(), sk: "META".into(), gsi1sk: "x".into() }) };
        assert_eq!(Place::read(&place.write().unwrap()).unwrap(), place);
    }

    #[test]
    fn a_token_of_somebody_else_is_malformed() {
        for bad in ["", "e30", "%%%", "eyJsaXN0IjowLCJrZXkiOm51bGwsIngiOjF9"] {
            assert!(matches!(Place::read(bad), Err(LedgerError::Malformed { .. })), "{bad:?}");
        }
    }

    #[test]
    fn a_page_holds_between_one_and_a_hundred_items() {
        assert_eq!(PageRequest::first(0).size(), 1);
        assert_eq!(PageRequest::first(100_000).size(), 100);
    }
}
