//! Where an English word comes from: endings and irregular forms. Entry: [`stems`].
//!
//! Invariant: only forms are proposed here; what counts is whether the lists hold them.

use std::{collections::HashMap, sync::LazyLock};

use crate::lexicon::Quick;

/// How an English word is inflected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub(crate) enum Inflection {
    /// As listed.
    #[default]
    Base,
    /// Plural or third person.
    S,
    /// -ing.
    Ing,
    /// Past or participle.
    Ed,
}

/// Irregular forms of the verbs in the lists.
const IRREGULAR: &[(&str, &str, Inflection)] = &[
    ("shut", "shut", Inflection::Base),
    ("taken", "take", Inflection::Ed),
    ("took", "take", Inflection::Ed),
    ("made", "make", Inflection::Ed),
    ("ran", "run", Inflection::Ed),
    ("brought", "bring", Inflection::Ed),
    ("went", "go", Inflection::Ed),
    ("gone", "go", Inflection::Ed),
    ("broken", "break", Inflection::Ed),
    ("grew", "grow", Inflection::Ed),
    ("grown", "grow", Inflection::Ed),
    ("shrunk", "shrink", Inflection::Ed),
    ("frozen", "freeze", Inflection::Ed),
    ("froze", "freeze", Inflection::Ed),
    ("woken", "wake", Inflection::Ed),
    ("gave", "give", Inflection::Ed),
    ("given", "give", Inflection::Ed),
    ("went down", "go down", Inflection::Ed),
    ("did", "do", Inflection::Ed),
    ("done", "do", Inflection::Ed),
    ("kept", "keep", Inflection::Ed),
    ("found", "find", Inflection::Ed),
    ("shown", "show", Inflection::Ed),
    ("undone", "undo", Inflection::Ed),
    ("withdrawn", "withdraw", Inflection::Ed),
    ("indices", "index", Inflection::S),
    ("policies", "policy", Inflection::S),
];

/// A listed form and the inflection that leads back to it.
type Form = (&'static str, Inflection);

/// What irregular forms come from, by form.
static IRREGULAR_FORMS: LazyLock<HashMap<&str, Vec<Form>, Quick>> = LazyLock::new(|| {
    let mut forms: HashMap<&str, Vec<Form>, Quick> = HashMap::default();
    for (form, base, inflection) in IRREGULAR {
        forms.entry(form).or_default().push((base, *inflection));
    }
    forms
});

/// Visits the listed forms a word may come from; itself first.
pub(crate) fn stems(word: &str, mut visit: impl FnMut(&str, Inflection)) {
    visit(word, Inflection::Base);
    if !word.is_ascii() || word.len() < 3 {
        return;
    }
    for (base, inflection) in IRREGULAR_FORMS.get(word).into_iter().flatten() {
        visit(base, *inflection);
    }
    let mut ending = String::new();
    for (suffix, inflection) in [("s", Inflection::S), ("es", Inflection::S), ("ing", Inflection::Ing), ("ed", Inflection::Ed)] {
        let Some(base) = word.strip_suffix(suffix).filter(|base| base.len() >= 2) else { continue };
        if inflection == Inflection::S {
            visit(base, inflection);
            continue;
        }
        // "using" comes from "use", not from "us".
        if base.len() >= 3 || matches!(base, "do" | "go") {
            visit(base, inflection);
        }
        ending.clear();
        ending.push_str(base);
        ending.push('e');
        visit(&ending, inflection);
        let mut letters = base.bytes().rev();
        if let (Some(last), Some(before)) = (letters.next(), letters.next())
            && last == before
        {
            visit(base.get(..base.len() - 1).unwrap_or(base), inflection);
        }
    }
    for (suffix, inflection) in [("ies", Inflection::S), ("ied", Inflection::Ed)] {
        if let Some(base) = word.strip_suffix(suffix) {
            ending.clear();
            ending.push_str(base);
            ending.push('y');
            visit(&ending, inflection);
        }
    }
}
