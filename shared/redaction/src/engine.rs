//! The engine: anchors, and the rules that they wake. Entry type: [`Redactor`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::assign::{Slot, slot};
use crate::chars::{BASE64, DASH, DIGIT, LOWER, Shape, at, begins, is, run, run_back};
use crate::pattern::Pattern;
use crate::rules::tokens::TOKENS;
use crate::rules::vendors::{Says, VENDORS, WORDS};
use crate::{Audience, Found, Kind, Redacted, personal, structured};

/// What an anchor wakes.
#[derive(Debug, Clone, Copy)]
enum Wakes {
    /// Pattern of a token.
    Token(usize),
    /// Name of a vendor.
    Vendor(usize),
    /// Word in a name.
    Name(Says),
    PrivateKey,
    WebToken,
    Address,
    Authorization,
    Curl,
    Manifest,
    AddKey,
    QuotedKey,
    Mail,
}

/// Anchors of structures.
const STRUCTURES: &[(&str, Wakes)] = &[
    ("-----begin", Wakes::PrivateKey),
    (".ey", Wakes::WebToken),
    ("://", Wakes::Address),
    ("authorization", Wakes::Authorization),
    ("curl", Wakes::Curl),
    ("kind:", Wakes::Manifest),
    ("<add key=", Wakes::AddKey),
    ("\"sk_", Wakes::QuotedKey),
    ("'sk_", Wakes::QuotedKey),
    ("@", Wakes::Mail),
];

/// How every marker begins.
const OPENING: &[u8] = b"[redacted:";

/// Kinds that no table names.
const OTHER_KINDS: [&str; 14] = [
    "aws-secret-access-key",
    "secret",
    "password",
    "private-key",
    "jwt",
    "password-in-address",
    "authorization-header",
    "curl-credentials",
    "kubernetes-secret",
    "nuget-password",
    "mail-address",
    "phone-number",
    "card-number",
    "cn-identity-number",
];

/// The compiled rules. [`Redactor::shared`] compiles them once.
#[derive(Debug)]
pub struct Redactor {
    anchors: Option<AhoCorasick>,
    wakes: Vec<Vec<Wakes>>,
    tokens: Vec<(Kind, Pattern)>,
    vendors: Vec<(Kind, Vec<Pattern>)>,
    kinds: BTreeSet<&'static str>,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// Compiles the rules anew; [`Self::shared`] is what programs want.
    #[must_use]
    pub fn new() -> Self {
        let mut anchors: BTreeMap<Vec<u8>, Vec<Wakes>> = BTreeMap::new();
        let mut add = |anchor: &[u8], wakes: Wakes| anchors.entry(anchor.to_vec()).or_default().push(wakes);
        let mut tokens = Vec::new();
        for (kind, sources) in TOKENS {
            for pattern in sources.iter().filter_map(|s| Pattern::read(s)) {
                add(&pattern.anchor(), Wakes::Token(tokens.len()));
                tokens.push((Kind(kind), pattern));
            }
        }
        let mut vendors = Vec::new();
        for (kind, names, shapes) in VENDORS {
            names.iter().for_each(|name| add(name.as_bytes(), Wakes::Vendor(vendors.len())));
            // What a vendor's name is given ends where its run ends.
            let exact = shapes.iter().filter_map(|s| Pattern::read(&format!("{s}>>")));
            vendors.push((Kind(kind), exact.collect()));
        }
        WORDS.iter().for_each(|(word, says)| add(word.as_bytes(), Wakes::Name(*says)));
        STRUCTURES.iter().for_each(|(anchor, wakes)| add(anchor.as_bytes(), *wakes));
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(anchors.keys());
        // The patterns are constants of this crate, and a test builds the automaton of them all.
        let kinds = TOKENS.iter().map(|t| t.0).chain(VENDORS.iter().map(|v| v.0)).chain(OTHER_KINDS).collect();
        Self { anchors: automaton.ok(), wakes: anchors.into_values().collect(), tokens, vendors, kinds }
    }

    /// The rules, compiled at the first call.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redactor> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    /// The name of every kind there is, sorted.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.kinds.iter().copied()
    }

    /// Everything in a text that is secret or personal, in order and without overlaps.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Vec<Found> {
        let mut all = Vec::new();
        let mut add = |start: usize, end: usize, kind: &'static str| {
            if start < end {
                all.push(Found { start, end, kind: Kind(kind) });
            }
        };
        let mut slots = Slots::default();
        let markers = self.markers(text);
        for hit in self.anchors.iter().flat_map(|a| a.find_overlapping_iter(text)) {
            let Some(woken) = self.wakes.get(hit.pattern().as_usize()) else { continue };
            // `[redacted:password]` is no name that something is given to.
            if !markers.is_empty()
                && markers.get(markers.partition_point(|(_, to)| *to <= hit.start())).is_some_and(|(from, _)| *from < hit.end())
            {
                continue;
            }
            for wakes in woken {
                self.wake(*wakes, text, (hit.start(), hit.end()), &mut slots, &mut add);
            }
        }
        personal::numbers(text, &mut add);
        forties(text, &mut add);
        without(&markers, merge(all))
    }

    /// What was redacted before. Only kinds that exist make a marker, so no secret hides as one.
    fn markers(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let marker = |start: usize| {
            let end = run(text, start + OPENING.len(), LOWER | DIGIT | DASH, 48);
            let kind = text.get(start + OPENING.len()..end)?;
            (at(text, end) == b']' && self.kinds.iter().any(|k| k.as_bytes() == kind)).then_some((start, end + 1))
        };
        memchr::memmem::find_iter(text, OPENING).filter_map(marker).collect()
    }

    /// Takes out everything that [`Self::find`] finds.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        self.redact_for(Audience::Anybody, text)
    }

    /// Takes out what an audience may not read.
    #[must_use]
    pub fn redact_for<'a>(&self, audience: Audience, text: &'a str) -> Redacted<'a> {
        let mut found = self.find(text.as_bytes());
        found.retain(|f| audience.is_kept_from(f.kind));
        if found.is_empty() {
            return Redacted { text: Cow::Borrowed(text), found };
        }
        Redacted { text: Cow::Owned(replaced(text, &found)), found }
    }

    /// [`Self::find`] in a value that has a name (a tag, a variable, a field): the name counts as context.
    #[must_use]
    pub fn find_named(&self, name: &str, value: &str) -> Vec<Found> {
        let together = format!("{name}=\"{value}\"");
        let offset = name.len() + 2;
        let within = |f: Found| {
            let (start, end) = (f.start.max(offset) - offset, f.end.min(offset + value.len()).saturating_sub(offset));
            (start < end).then_some(Found { start, end, kind: f.kind })
        };
        self.find(together.as_bytes()).into_iter().filter_map(within).collect()
    }

    /// [`Self::redact_for`] for a value that has a name.
    #[must_use]
    pub fn redact_named(&self, audience: Audience, name: &str, value: &str) -> String {
        let mut found = self.find_named(name, value);
        found.retain(|f| audience.is_kept_from(f.kind));
        replaced(value, &found)
    }

    fn wake(&self, wakes: Wakes, text: &[u8], hit: (usize, usize), slots: &mut Slots, add: &mut impl FnMut(usize, usize, &'static str)) {
        let (start, end) = hit;
        match wakes {
            Wakes::Token(index) => {
                if let Some((kind, pattern)) = self.tokens.get(index)
                    && let Some((from, to)) = pattern.matches(text, start)
                    && is_token(text.get(from..to).unwrap_or_default(), end - start)
                {
                    add(from, to, kind.0);
                }
            }
            Wakes::Vendor(index) => {
                let Some((kind, shapes)) = self.vendors.get(index) else { return };
                if let Some(slot) = slots.at(text, start, end)
                    && let Some(to) = slot.vendor_secret(text, shapes)
                {
                    add(slot.value, to, kind.0);
                    return;
                }
                let shaped = |from: usize| shapes.iter().filter_map(|s| s.matches(text, from)).map(|(_, to)| to).max();
                if let Some((from, to)) = structured::near(text, end, shaped) {
                    add(from, to, kind.0);
                }
            }
            Wakes::Name(says) => {
                if let Some(slot) = slots.at(text, start, end)
                    && let Some(to) = slot.named_secret(text, says)
                {
                    add(slot.value, to, if says == Says::All { "password" } else { "secret" });
                }
            }
            Wakes::PrivateKey => {
                if let Some((from, to)) = structured::private_key(text, start) {
                    add(from, to, "private-key");
                }
            }
            Wakes::WebToken => {
                if let Some((from, to)) = structured::web_token(text, start) {
                    add(from, to, "jwt");
                }
            }
            Wakes::Address => {
                if let Some((from, to)) = structured::address(text, start) {
                    add(from, to, "password-in-address");
                }
            }
            Wakes::Authorization => structured::authorization(text, end, |from, to| add(from, to, "authorization-header")),
            Wakes::Curl => structured::curl(text, start, |from, to| add(from, to, "curl-credentials")),
            Wakes::Manifest => structured::manifest(text, start, |from, to| add(from, to, "kubernetes-secret")),
            Wakes::AddKey => {
                if let Some((from, to)) = structured::add_key(text, start) {
                    add(from, to, "nuget-password");
                }
            }
            Wakes::QuotedKey => {
                if let Some((from, to)) = structured::quoted_key(text, start) {
                    add(from, to, "secret");
                }
            }
            Wakes::Mail => {
                if let Some((from, to)) = personal::mail(text, start) {
                    add(from, to, "mail-address");
                }
            }
        }
    }
}

/// Findings without what lies in markers.
fn without(markers: &[(usize, usize)], found: Vec<Found>) -> Vec<Found> {
    if markers.is_empty() {
        return found;
    }
    let mut kept = Vec::with_capacity(found.len());
    for one in found {
        let mut start = one.start;
        let first = markers.partition_point(|(_, end)| *end <= one.start);
        for (from, to) in markers.iter().skip(first).take_while(|(from, _)| *from < one.end) {
            if start < *from {
                kept.push(Found { start, end: *from, kind: one.kind });
            }
            start = *to;
        }
        if start < one.end {
            kept.push(Found { start, ..one });
        }
    }
    kept
}

/// A text with markers in place of what was found.
fn replaced(text: &str, found: &[Found]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for one in found {
        out.push_str(text.get(kept..one.start).unwrap_or_default());
        out.push_str(&crate::marker(one.kind));
        kept = one.end;
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    out
}

/// `aws_secret_access_key` wakes three words that share one value.
#[derive(Default)]
struct Slots {
    last: Option<(usize, Option<Slot>)>,
}

impl Slots {
    fn at(&mut self, text: &[u8], start: usize, end: usize) -> Option<Slot> {
        if let Some((_, Some(slot))) = self.last
            && slot.name.0 <= start
            && end <= slot.name.1
            && end > start
            // Names longer than the walk back begin elsewhere for each word.
            && slot.name.1 - slot.name.0 < 50
        {
            return Some(slot);
        }
        let found = slot(text, start, end);
        self.last = Some((start, found));
        found
    }
}

/// Whether what follows a token's prefix is a token and not a stand-in or a word.
fn is_token(token: &[u8], prefix: usize) -> bool {
    let body = token.get(prefix.min(token.len())..).unwrap_or_default();
    if body.len() < 12 {
        return true;
    }
    let shape = Shape::of(token);
    // Behind a telling prefix letters alone will do; behind `s.` or `sk` they would be words.
    let telling = prefix >= 3 && Shape::of(body).entropy >= 2.8;
    shape.entropy >= 2.0 && (shape.digits > 0 || shape.changes >= 3 || telling)
}

/// Words of exactly forty characters that are as mixed as a secret access key.
fn forties(text: &[u8], add: &mut impl FnMut(usize, usize, &'static str)) {
    // A word of forty has a byte of its own at every fortieth place.
    let mut i = 39;
    while i < text.len() {
        if !is(at(text, i), BASE64) {
            i += 40;
            continue;
        }
        let start = run_back(text, i, BASE64, 41);
        let end = run(text, i, BASE64, 41);
        let alone = !matches!(at(text, end), b'=' | b'_' | b'-') && (start == 0 || !matches!(at(text, start - 1), b'_' | b'.'));
        if end - start == 40 && alone && begins(text, start) && structured::secret_access_key(text, start, end) {
            add(start, end, "aws-secret-access-key");
        }
        i = end.max(i) + 40;
    }
}

/// Sorts, and joins what overlaps under the name of the more telling one.
fn merge(mut all: Vec<Found>) -> Vec<Found> {
    const VAGUE: [&str; 5] = ["secret", "password", "mail-address", "phone-number", "card-number"];
    all.sort_by_key(|f| (f.start, f.end));
    let mut out: Vec<Found> = Vec::with_capacity(all.len());
    for one in all {
        match out.last_mut() {
            Some(last) if one.start < last.end => {
                let rank = |f: &Found| (!VAGUE.contains(&f.kind.0), f.end - f.start);
                if rank(&one) > rank(last) {
                    last.kind = one.kind;
                }
                last.end = last.end.max(one.end);
            }
            _ => out.push(one),
        }
    }
    out
}

#[cfg(test)]
#[path = "tests/engine.rs"]
mod tests;
