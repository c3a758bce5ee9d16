//! Personal data: resident identity numbers, mobile numbers, cards, mail addresses.
//!
//! Invariant: a number counts only when its check digit does (ISO 7064 MOD 11-2 for identity numbers, Luhn for cards).

use crate::chars::{ALNUM, DASH, DIGIT, DOT, UNDERSCORE, WORD, at, is, run, run_back};

/// Numbers of people in a text: `(start, end, kind)`.
pub(crate) fn numbers(text: &[u8], mut found: impl FnMut(usize, usize, &'static str)) {
    // Every group of digits that matters is four or longer, so every fourth byte meets it.
    let mut i = 3;
    let mut done = 0;
    while i < text.len() {
        if !is(at(text, i), DIGIT) {
            i += 4;
            continue;
        }
        let mut start = i;
        while start > done && digit_or_gap(text, start - 1) {
            start -= 1;
        }
        let mut end = i + 1;
        while digit_or_gap(text, end) && end - start < 64 {
            end += 1;
        }
        if let Some((from, to, kind)) = number(text, start, end) {
            found(from, to, kind);
        }
        done = end;
        i = end + 3;
    }
}

/// A digit, or a single space or hyphen between two.
fn digit_or_gap(text: &[u8], i: usize) -> bool {
    let byte = at(text, i);
    is(byte, DIGIT) || (matches!(byte, b' ' | b'-') && is(at(text, i + 1), DIGIT) && i > 0 && is(at(text, i - 1), DIGIT))
}

fn number(text: &[u8], start: usize, end: usize) -> Option<(usize, usize, &'static str)> {
    if end - start < 11 {
        return None;
    }
    let mut digits = [0_u8; 24];
    let mut count = 0;
    let mut gaps = 0;
    for byte in text.get(start..end)? {
        if is(*byte, DIGIT) {
            *digits.get_mut(count)? = byte - b'0';
            count += 1;
        } else {
            gaps += 1;
        }
    }
    let before = start.checked_sub(1).map_or(0, |i| at(text, i));
    let after = at(text, end);
    // Part of a word, a path, a version or a longer number?
    let joined = matches!(before, b'.' | b'-' | b'/') || after == b'-' || (after == b'.' && is(at(text, end + 1), DIGIT));
    let alone = !(joined || is(before, WORD) || is(after, WORD));
    let digits = digits.get(..count)?;
    if count == 17 && gaps == 0 && matches!(after, b'x' | b'X') && !is(before, WORD) && !is(at(text, end + 1), WORD) && identity(digits, 10)
    {
        return Some((start, end + 1, "cn-identity-number"));
    }
    if !alone {
        return None;
    }
    if count == 18 && gaps == 0 && digits.split_last().is_some_and(|(last, head)| identity(head, *last)) {
        return Some((start, end, "cn-identity-number"));
    }
    let mobile = |d: &[u8]| matches!(d, [1, 3..=9, ..]) && d.len() == 11;
    let country = digits.starts_with(&[8, 6]) || digits.starts_with(&[0, 0, 8, 6]);
    let local = if country { digits.get(count.saturating_sub(11)..).unwrap_or_default() } else { digits };
    if mobile(local) && gaps <= 4 && (!country || count == 13 || count == 15) {
        return Some((if before == b'+' { start - 1 } else { start }, end, "phone-number"));
    }
    card(digits).then_some((start, end, "card-number"))
}

/// ISO 7064 MOD 11-2 over 17 digits, and a date of birth that can be one. `check` is 10 for `X`.
fn identity(digits: &[u8], check: u8) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if digits.len() != 17 || digits.first().is_none_or(|d| *d == 0) {
        return false;
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().iter().fold(0_u32, |sum, d| sum * 10 + u32::from(*d));
    let born = (1850..=2199).contains(&part(6, 10)) && (1..=12).contains(&part(10, 12)) && (1..=31).contains(&part(12, 14));
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| u32::from(*d) * w).sum();
    born && (12 - sum % 11) % 11 == u32::from(check)
}

/// Luhn, and the lengths and first digits that card networks give out.
fn card(digits: &[u8]) -> bool {
    let issued = matches!(
        (digits, digits.len()),
        ([4, ..], 13 | 16 | 19)
            | ([5, 1..=5, ..] | [2, 2..=7, ..], 16)
            | ([3, 4 | 7, ..], 15)
            | ([3, 0 | 6 | 8, ..], 14)
            | ([3, 5, ..] | [6, 0 | 4 | 5, ..], 16)
            | ([6, 2, ..], 16..=19)
    );
    let varied = digits.windows(2).filter(|w| w.first() != w.last()).count() >= 3
        || digits.iter().skip(1).any(|d| *d != 0 && digits.first() != Some(d));
    issued && varied && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(*d);
            match i % 2 {
                0 => d,
                _ if d > 4 => 2 * d - 9,
                _ => 2 * d,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The mail address around an `@`.
pub(crate) fn mail(text: &[u8], sign: usize) -> Option<(usize, usize)> {
    let start = run_back(text, sign, WORD | DOT | DASH | crate::chars::PLUS_SLASH | crate::chars::PERCENT, 64);
    // A slash belongs to a path or an address of the web, not to a mailbox.
    let start = text.get(start..sign)?.iter().rposition(|b| *b == b'/').map_or(start, |slash| start + slash + 1);
    let start = start + text.get(start..sign)?.iter().take_while(|b| !is(**b, ALNUM | UNDERSCORE)).count();
    let end = run(text, sign + 1, ALNUM | DOT | DASH, 255);
    let domain = text.get(sign + 1..end)?;
    let kept = domain.len() - domain.iter().rev().take_while(|b| matches!(**b, b'.' | b'-')).count();
    let domain = domain.get(..kept)?;
    let top = domain.iter().rposition(|b| *b == b'.')?;
    let ending = domain.get(top + 1..)?;
    let named = ending.len() >= 2 && ending.iter().all(|b| b.is_ascii_alphabetic()) && top > 0;
    (start < sign && named).then_some((start, sign + 1 + kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(String, &'static str)> {
        let mut all = Vec::new();
        numbers(text.as_bytes(), |from, to, kind| all.push((text[from..to].to_owned(), kind)));
        all
    }

    #[test]
    fn numbers_count_only_with_their_check_digit() {
        // The example of GB 11643-1999, and the cards that networks publish for tests.
        let (identity, card) = (concat!("110105", "19491231002X"), concat!("4111 1111", " 1111 1111"));
        assert_eq!(kinds(&format!("证件 {identity}。")), [(identity.to_owned(), "cn-identity-number")]);
        assert_eq!(kinds("证件 110105194912310021"), []);
        assert_eq!(kinds(&format!("card {card}")), [(card.to_owned(), "card-number")]);
        assert_eq!(kinds("card 4111-1111-1111-1112"), []);
        let card = concat!("3782822", "46310005");
        assert_eq!(kinds(&format!("{card};")), [(card.to_owned(), "card-number")]);
    }

    #[test]
    fn mobile_numbers_are_found_in_their_usual_dress() {
        for text in ["*12345678", "*-1234-5678", "+86 * 1234 5678", "86*12345678"] {
            assert_eq!(kinds(&format!("电话{}，", text.replace('*', "138"))).len(), 1, "{text}");
        }
        assert_eq!(kinds("13812345678901"), []);
        assert_eq!(kinds("id-13812345678"), [], "part of a name");
    }

    #[test]
    fn accounts_and_instants_are_no_people() {
        assert_eq!(kinds("account 111122223333 at 1764316800000, 1764316800, 2026-11-28 08:41:24"), []);
    }

    #[test]
    fn mail_addresses_have_a_domain() {
        let found = |text: &str| mail(text.as_bytes(), text.find('@')?).map(|(from, to)| text[from..to].to_owned());
        assert_eq!(found("to zhang.san+ops@corp.example.cn.").as_deref(), Some("zhang.san+ops@corp.example.cn"));
        assert_eq!(found("npm/@scope/name@1.2.3"), None);
        assert_eq!(found("user@localhost"), None);
    }
}
