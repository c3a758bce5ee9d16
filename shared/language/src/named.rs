//! What a text names, whatever it asks: for holding somebody else's reading against the text. Entry point: [`named`].
//!
//! Invariant: every entry is a stretch of the text itself.

use crate::{
    Context, LONGEST_REQUEST,
    slots::{Slots, region_text},
    token::Sentence,
};

/// Accounts, regions, ids and names in a text, in the order of their first mention, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Accounts as written.
    pub accounts: Vec<String>,
    /// Regions; codes in lower case.
    pub regions: Vec<String>,
    /// Ids, ARNs and names of resources as written.
    pub things: Vec<String>,
}

/// What a text names. A text longer than [`LONGEST_REQUEST`] names nothing.
#[must_use]
pub fn named(text: &str, context: &Context) -> Named {
    if text.len() > LONGEST_REQUEST {
        return Named::default();
    }
    let sentence = Sentence::of(text);
    let slots = Slots::of(&sentence, context);
    let tokens = |at: &[usize]| at.iter().filter_map(|at| sentence.token(*at)).collect::<Vec<_>>();
    let once = |items: Vec<String>| {
        let mut out: Vec<String> = Vec::new();
        for item in items {
            if !out.contains(&item) {
                out.push(item);
            }
        }
        out
    };
    Named {
        accounts: once(tokens(&slots.accounts).into_iter().map(|t| sentence.written(t).to_owned()).collect()),
        regions: once(tokens(&slots.regions).into_iter().map(|t| region_text(&sentence, t)).collect()),
        things: once(tokens(&slots.things).into_iter().map(|t| sentence.written(t).to_owned()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_regions_and_ids_are_named_whatever_is_asked() {
        let named = named("把 staging 里 us-west-2 的 i-0abc123def4567890 弄一下", &Context::with_accounts(["staging", "prod"]));
        assert_eq!(named.accounts, ["staging"]);
        assert_eq!(named.regions, ["us-west-2"]);
        assert_eq!(named.things, ["i-0abc123def4567890"]);
    }
}
