//! Conditions. Entry type: [`Context`].
//!
//! Invariant: a key whose value is not known makes a condition unknown, never met; an operator that is not understood too.

use std::collections::BTreeMap;

use crate::document::Statement;
use crate::wildcard::matches;

/// What is known of a request. Keys are compared without case.
#[derive(Debug, Clone, Default)]
pub struct Context {
    values: BTreeMap<String, Vec<String>>,
    /// Whether keys that are not listed are known to be absent.
    closed: bool,
}

impl Context {
    /// Everything is known: keys that are not given are absent from the request.
    #[must_use]
    pub fn closed() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// With a key's values; no values say that the key is absent.
    #[must_use]
    pub fn with(mut self, key: &str, values: &[&str]) -> Self {
        self.values.insert(key.to_lowercase(), values.iter().map(|v| (*v).to_owned()).collect());
        self
    }

    /// `None` for not known, no values for absent.
    fn get(&self, key: &str) -> Option<&[String]> {
        match self.values.get(&key.to_lowercase()) {
            Some(values) => Some(values),
            None if self.closed => Some(&[]),
            None => None,
        }
    }

    /// Policy variables (`${aws:username}`, `${aws:PrincipalTag/x, 'default'}`) replaced; `None` where one is not known.
    pub(crate) fn filled(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, tail) = rest.split_at(start);
            out.push_str(before);
            let Some(end) = tail.find('}') else { break };
            let (inside, after) = (tail.get(2..end)?, tail.get(end + 1..)?);
            let (name, default) = inside.split_once(',').map_or((inside, None), |(n, d)| (n, Some(d.trim().trim_matches('\''))));
            match name.trim() {
                // The three signs that stand for themselves.
                sign @ ("*" | "?" | "$") => out.push_str(sign),
                name => match (self.get(name)?, default) {
                    ([value], _) => out.push_str(value),
                    ([], Some(default)) => out.push_str(default),
                    // Without a value the pattern matches nothing.
                    _ => out.push('\u{0}'),
                },
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// Whether all conditions of a statement are met; `None` for not known.
pub(crate) fn met(statement: &Statement, context: &Context) -> Option<bool> {
    let mut known = true;
    for (operator, keys) in &statement.condition {
        for (key, wanted) in keys {
            match one(operator, key, wanted, context) {
                Some(false) => return Some(false),
                Some(true) => {}
                None => known = false,
            }
        }
    }
    known.then_some(true)
}

fn one(operator: &str, key: &str, wanted: &[String], context: &Context) -> Option<bool> {
    let have = context.get(key)?;
    if operator == "Null" {
        // `true` asks for absence.
        return Some(wanted.iter().any(|w| w.eq_ignore_ascii_case("true") == have.is_empty()));
    }
    let (set, operator) = match operator.split_once(':') {
        Some((set @ ("ForAllValues" | "ForAnyValue"), operator)) => (Some(set), operator),
        Some(_) => return None,
        None => (None, operator),
    };
    let (operator, optional) = operator.strip_suffix("IfExists").map_or((operator, false), |o| (o, true));
    if have.is_empty() {
        // An absent key meets negations, IfExists and ForAllValues, and nothing else.
        return Some(optional || set == Some("ForAllValues") || (set.is_none() && is_negation(operator)));
    }
    let wanted: Vec<String> = wanted.iter().map(|w| context.filled(w)).collect::<Option<_>>()?;
    let positive = operator.replacen("Not", "", 1);
    let negated = is_negation(operator);
    let hit = |value: &String| -> Option<bool> {
        let mut any = false;
        for pattern in &wanted {
            any |= compare(&positive, pattern, value)?;
        }
        Some(any != negated)
    };
    let hits: Vec<bool> = have.iter().map(hit).collect::<Option<_>>()?;
    Some(match set {
        Some("ForAllValues") => hits.iter().all(|h| *h),
        // A negation over several values holds for each of them; ForAnyValue asks for one.
        None if negated => hits.iter().all(|h| *h),
        _ => hits.iter().any(|h| *h),
    })
}

fn is_negation(operator: &str) -> bool {
    operator.contains("Not")
}

/// One value against one pattern by a positive operator; `None` for an operator or a number that is not understood.
fn compare(operator: &str, pattern: &str, value: &str) -> Option<bool> {
    match operator {
        "StringEquals" => Some(pattern == value),
        "StringEqualsIgnoreCase" | "Bool" => Some(pattern.eq_ignore_ascii_case(value)),
        "StringLike" => Some(matches(pattern, value)),
        // Each part of an ARN by itself: a star does not go past a colon, but for the last part.
        "ArnEquals" | "ArnLike" => Some(arn(pattern, value)),
        "NumericEquals" => number(pattern, value, |p, v| p == v),
        "NumericLessThan" => number(pattern, value, |p, v| v < p),
        "NumericLessThanEquals" => number(pattern, value, |p, v| v <= p),
        "NumericGreaterThan" => number(pattern, value, |p, v| v > p),
        "NumericGreaterThanEquals" => number(pattern, value, |p, v| v >= p),
        // Instants of one form compare as text.
        "DateEquals" => Some(pattern == value),
        "DateLessThan" => instant(pattern, value).map(|_| value < pattern),
        "DateLessThanEquals" => instant(pattern, value).map(|_| value <= pattern),
        "DateGreaterThan" => instant(pattern, value).map(|_| value > pattern),
        "DateGreaterThanEquals" => instant(pattern, value).map(|_| value >= pattern),
        "IpAddress" => address(pattern, value),
        _ => None,
    }
}

fn arn(pattern: &str, value: &str) -> bool {
    let parts = |text: &str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, value) = (parts(pattern), parts(value));
    if pattern.len() == 1 {
        return pattern.first().is_some_and(|p| p == "*");
    }
    pattern.len() == value.len() && pattern.iter().zip(&value).all(|(p, v)| matches(p, v))
}

fn number(pattern: &str, value: &str, holds: impl Fn(f64, f64) -> bool) -> Option<bool> {
    Some(holds(pattern.parse().ok()?, value.parse().ok()?))
}

/// Both are UTC instants of the same form.
fn instant(pattern: &str, value: &str) -> Option<()> {
    (pattern.len() == value.len() && pattern.ends_with('Z') && value.ends_with('Z')).then_some(())
}

/// An IPv4 address in a range.
fn address(range: &str, value: &str) -> Option<bool> {
    let (network, bits) = range.split_once('/').unwrap_or((range, "32"));
    let read = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let bits: u32 = bits.parse().ok().filter(|b| *b <= 32)?;
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    Some(read(network)? & mask == read(value)? & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, wanted: &[&str], have: Option<&[&str]>) -> Option<bool> {
        let context = have.map_or_else(Context::default, |values| Context::default().with("k", values));
        one(operator, "K", &wanted.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), &context)
    }

    #[test]
    fn operators_are_those_of_the_guide() {
        for (operator, wanted, have, expected) in [
            ("StringEquals", &["a"][..], &["a"][..], true),
            ("StringNotEquals", &["a"], &["a"], false),
            ("StringNotEquals", &["a"], &[], true),
            ("StringEquals", &["a"], &[], false),
            ("StringEqualsIfExists", &["a"], &[], true),
            ("StringLike", &["a*"], &["abc"], true),
            ("ForAllValues:StringLike", &["S#*"], &["S#1", "P#1"], false),
            ("ForAllValues:StringLike", &["S#*"], &[], true),
            ("ForAnyValue:StringLike", &["S#*"], &["S#1", "P#1"], true),
            ("ForAnyValue:StringLike", &["S#*"], &[], false),
            ("Null", &["true"], &[], true),
            ("Null", &["false"], &[], false),
            ("Bool", &["true"], &["True"], true),
            ("ArnLike", &["arn:aws:iam::1:role/*"], &["arn:aws:iam::1:role/a:b"], true),
            ("ArnLike", &["arn:aws:*:role/x"], &["arn:aws:iam::1:role/x"], false),
            ("NumericLessThan", &["3600"], &["900"], true),
            ("DateGreaterThan", &["2026-01-01T00:00:00Z"], &["2026-11-28T00:00:00Z"], true),
            ("IpAddress", &["10.0.0.0/8"], &["10.9.8.7"], true),
            ("NotIpAddress", &["10.0.0.0/8"], &["10.9.8.7"], false),
        ] {
            assert_eq!(holds(operator, wanted, Some(have)), Some(expected), "{operator} {wanted:?} {have:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_decided() {
        assert_eq!(holds("StringEquals", &["a"], None), None);
        assert_eq!(holds("BinaryEquals", &["a"], Some(&["a"])), None);
        assert_eq!(holds("StringEquals", &["${aws:username}"], Some(&["a"])), None);
    }

    #[test]
    fn variables_are_filled_from_the_request() {
        let context = Context::closed().with("aws:username", &["eve"]);
        assert_eq!(context.filled("home/${aws:username}/${*}").as_deref(), Some("home/eve/*"));
        assert_eq!(context.filled("${aws:PrincipalTag/team, 'none'}").as_deref(), Some("none"));
        assert_ne!(context.filled("x${aws:userid}").as_deref(), Some("x"), "nothing is matched by an absent variable");
    }
}
