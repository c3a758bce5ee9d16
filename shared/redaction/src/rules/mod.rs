//! The rules as data: [`tokens::TOKENS`] are found by what they look like, [`vendors::VENDORS`] by whose they are.
//!
//! Adding a kind is one line in one of the two.

pub(crate) mod tokens;
pub(crate) mod vendors;
