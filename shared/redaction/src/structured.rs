//! Secrets that are known by the structure around them: key blocks, addresses with a password, headers, manifests.
//!
//! Invariant: nothing further than [`SPAN`] from the anchor is looked at.

use crate::assign::is_placeholder;
use crate::chars::{
    ALNUM, BASE64, DIGIT, EQUALS, LOWER, QUOTE, SPACE, Shape, TOKEN, UPPER, VISIBLE, WORD, WORDY, at, begins, is, run, run_back,
};

/// The longest block that is recognised as one, bytes.
pub(crate) const SPAN: usize = 32 * 1024;

fn window(text: &[u8], from: usize, most: usize) -> &[u8] {
    text.get(from..(from + most).min(text.len())).unwrap_or_default()
}

fn find_ci(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w.eq_ignore_ascii_case(needle))
}

/// A private key in PEM armour, from `-----BEGIN` to the end of its last line; cut off, as far as it goes.
pub(crate) fn private_key(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let head = window(text, start, 140);
    let title = find_ci(head, b"PRIVATE KEY")? + 11;
    // The title is one line of capitals.
    let words = head.get(10..title)?;
    if !words.iter().all(|b| is(*b, ALNUM | WORDY) || *b == b' ') {
        return None;
    }
    let body = start + title;
    let rest = window(text, body, SPAN);
    if let Some(closing) = find_ci(rest, b"-----END").and_then(|end| Some(end + find_ci(rest.get(end + 5..)?, b"-----")? + 10)) {
        return Some((start, body + closing));
    }
    if let Some(closing) =
        [b"KEY-----".as_slice(), b"KEY BLOCK-----"].iter().filter_map(|w| Some(find_ci(rest.get(5..)?, w)? + 5 + w.len())).min()
    {
        return Some((start, body + closing));
    }
    // Quotes end it: what stands behind them in a structured log is not the key's.
    let key = |b: &u8| is(*b, BASE64 | EQUALS | SPACE) || matches!(*b, b'-' | b'\\');
    Some((start, body + rest.iter().take_while(|b| key(b)).count()))
}

/// A web token around its second part: `ey….ey….…`.
pub(crate) fn web_token(text: &[u8], second: usize) -> Option<(usize, usize)> {
    let start = run_back(text, second, WORDY, 8192);
    let first = text.get(start..second)?;
    // Behind an underscore or hyphen something else may stand in front.
    let ey = first.windows(2).position(|w| w == b"ey").filter(|i| begins(text, start + i))?;
    let start = start + ey;
    // Some encoders write `/`, and escapes of it.
    let slashes = |from: usize| {
        from + window(text, from, 8192).iter().take_while(|b| is(**b, WORDY | EQUALS) || matches!(**b, b'/' | b'\\' | b'+')).count()
    };
    let body = slashes(second + 1);
    if second - start < 12 || body - second < 12 {
        return None;
    }
    if at(text, body) != b'.' {
        return Some((start, body));
    }
    let mut end = slashes(body + 1);
    // The five parts of an encrypted token.
    while at(text, end) == b'.' && is(at(text, end + 1), WORDY) {
        end = slashes(end + 1);
    }
    Some((start, end))
}

/// The password in `scheme://person:password@host`.
pub(crate) fn address(text: &[u8], colon: usize) -> Option<(usize, usize)> {
    if colon == 0 || !is(at(text, colon - 1), ALNUM) {
        return None;
    }
    let from = colon + 3;
    let rest = window(text, from, 512);
    let authority = rest.iter().take_while(|b| !is(**b, SPACE) && !matches!(**b, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')).count();
    let authority = rest.get(..authority)?;
    // A password may hold an `@` unescaped: the last one before the path counts.
    let host = authority.iter().position(|b| *b == b'@')?;
    let mut last = host;
    while let Some(next) =
        authority.get(last + 1..).and_then(|r| r.iter().take_while(|b| **b != b'/' && **b != b'?').position(|b| *b == b'@'))
    {
        last += next + 1;
    }
    let person = authority.get(..last)?;
    if person.iter().take_while(|b| **b != b':').any(|b| matches!(*b, b'/' | b'?')) {
        return None;
    }
    let password = person.iter().position(|b| *b == b':')? + 1;
    let value = person.get(password..)?;
    // `host:8443/path@x` has a port there.
    if at(value, run(value, 0, DIGIT, 6)) == b'/' {
        return None;
    }
    let braces = value.first() == Some(&b'{') || value.first() == Some(&b'[');
    (!value.is_empty() && !is_placeholder(value) && !braces).then_some((from + password, from + last))
}

/// What stands behind `Authorization:` and its scheme.
pub(crate) fn authorization(text: &[u8], end: usize, mut found: impl FnMut(usize, usize)) {
    let mut i = end;
    while i < end + 8 && (is(at(text, i), QUOTE | SPACE) || matches!(at(text, i), b'\\' | b']' | b',')) {
        i += 1;
    }
    if !matches!(at(text, i), b':' | b'=') {
        return;
    }
    i += 1;
    let value = |mut i: usize| {
        let limit = i + 10;
        while i < limit && (is(at(text, i), QUOTE | SPACE) || matches!(at(text, i), b'\\' | b'>' | b'=')) {
            i += 1;
        }
        i
    };
    i = value(i);
    let scheme = run(text, i, WORDY, 24);
    const SCHEMES: [&[u8]; 9] = [b"basic", b"bearer", b"token", b"apikey", b"api-key", b"api-token", b"digest", b"negotiate", b"key"];
    let named = text.get(i..scheme).is_some_and(|s| SCHEMES.iter().any(|w| s.eq_ignore_ascii_case(w)));
    if named && matches!(at(text, scheme), b' ' | b'\t') {
        i = value(scheme);
    }
    let end = i + window(text, i, 8192).iter().take_while(|b| is(**b, TOKEN) || matches!(**b, b'@' | b':')).count();
    let Some(secret) = text.get(i..end) else { return };
    let shape = Shape::of(secret);
    let enough = if named { shape.len >= 8 } else { shape.len >= 8 && shape.digits > 0 && shape.entropy >= 2.5 };
    if enough && !is_placeholder(secret) && (named && shape.entropy >= 2.5 || shape.digits > 0) {
        found(i, end);
    }
}

/// The options of a `curl` command that carry credentials.
pub(crate) fn curl(text: &[u8], start: usize, mut found: impl FnMut(usize, usize)) {
    if !begins(text, start) || is(at(text, start + 4), WORD) {
        return;
    }
    let command = window(text, start, 2048);
    let mut lines = 0;
    let mut i = 4;
    while i + 1 < command.len() {
        if at(command, i) == b'\n' {
            lines += 1;
        }
        if lines > 6 {
            return;
        }
        if !is(at(command, i), SPACE) || at(command, i + 1) != b'-' {
            i += 1;
            continue;
        }
        let option = i + 1;
        let word = run(command, option, WORDY, 16);
        let name = command.get(option..word).unwrap_or_default();
        let mut value = word;
        while value < word + 6 && matches!(at(command, value), b' ' | b'\t' | b'=') {
            value += 1;
        }
        match name {
            b"-H" | b"--header" => header(command, value, |from, to| found(start + from, start + to)),
            b"-u" | b"--user" | b"--proxy-user" | b"-U" => {
                if let Some((from, to)) = user(command, value) {
                    found(start + from, start + to);
                }
            }
            _ => {}
        }
        i = word.max(i + 1);
    }
}

/// `"X-Api-Key: value"` in quotes.
fn header(command: &[u8], quote: usize, mut found: impl FnMut(usize, usize)) {
    let mark = at(command, quote);
    if !is(mark, QUOTE) {
        return;
    }
    let rest = window(command, quote + 1, 1024);
    let content = rest.get(..rest.iter().position(|b| *b == mark).unwrap_or(rest.len())).unwrap_or_default();
    let Some(colon) = content.iter().position(|b| *b == b':') else { return };
    let name = content.get(..colon).unwrap_or_default();
    let secret = [b"key".as_slice(), b"token", b"secret", b"password", b"auth"].iter().any(|w| find_ci(name, w).is_some());
    let value = content.get(colon + 1..).unwrap_or_default();
    // The last word: a scheme may stand before it.
    let from = value.iter().rposition(|b| is(*b, SPACE)).map_or(0, |i| i + 1);
    let value = value.get(from..).unwrap_or_default();
    if secret && value.len() >= 8 && !is_placeholder(value) {
        let start = quote + 1 + colon + 1 + from;
        found(start, start + value.len());
    }
}

/// `name:password` of `-u`.
fn user(command: &[u8], at_value: usize) -> Option<(usize, usize)> {
    if let Some(end) = parts(command, at_value) {
        return Some((at_value, end));
    }
    let mark = at(command, at_value);
    let quoted = is(mark, QUOTE);
    let from = at_value + usize::from(quoted);
    let rest = window(command, from, 512);
    let len = if quoted { rest.iter().position(|b| *b == mark)? } else { rest.iter().take_while(|b| !is(**b, SPACE)).count() };
    let value = rest.get(..len)?;
    let colon = value.iter().position(|b| *b == b':')?;
    let (name, password) = (value.get(..colon)?, value.get(colon + 1..)?);
    let placeholder = |v: &[u8]| is_placeholder(v) && !v.is_empty() || matches!(v.first(), Some(b'['));
    // A token may stand on either side of the colon.
    match (name.len() >= 3, password.len() >= 3) {
        (_, true) if !placeholder(password) => Some((from, from + len)),
        (true, false) if password.is_empty() && !placeholder(name) => Some((from, from + colon)),
        _ => None,
    }
}

/// `"name":'password'`: both parts by themselves in quotes or plain, one of them at least in quotes.
fn parts(command: &[u8], from: usize) -> Option<usize> {
    let part = |i: usize| {
        let mark = at(command, i);
        if is(mark, QUOTE) {
            let len = window(command, i + 1, 256).iter().position(|b| *b == mark)?;
            return (len >= 3).then_some((i + len + 2, true));
        }
        let end =
            i + window(command, i, 256).iter().take_while(|b| is(**b, WORDY) || matches!(**b, b'$' | b'@' | b'.' | b'{' | b'}')).count();
        (end > i).then_some((end, false))
    };
    let (colon, first) = part(from)?;
    let (end, second) = part((at(command, colon) == b':').then_some(colon + 1)?)?;
    let password = window(command, colon + 1, end - colon - 1);
    ((first || second) && !is_placeholder(password)).then_some(end)
}

/// `"secret_key" => "sk_…"` with any sign in it, quotes too.
pub(crate) fn quoted_key(text: &[u8], quote: usize) -> Option<(usize, usize)> {
    let before = text.get(quote.saturating_sub(48)..quote)?;
    find_ci(before, b"secret")?;
    let end = run(text, quote + 1, VISIBLE | QUOTE, 40);
    let value = text.get(quote + 1..end)?;
    let len = value.iter().rposition(|b| is(*b, QUOTE)).filter(|i| *i >= 20).unwrap_or(value.len());
    let shape = Shape::of(value.get(..len)?);
    (len >= 20 && shape.entropy >= 3.5 && shape.digits > 0).then_some((quote + 1, quote + 1 + len))
}

/// The values under `data:` of a Kubernetes `kind: Secret`, on either side of it.
pub(crate) fn manifest(text: &[u8], kind: usize, mut found: impl FnMut(usize, usize)) {
    let mut i = kind + 5;
    while i < kind + 48 && (is(at(text, i), QUOTE) || matches!(at(text, i), b' ' | b'\t' | b'\\')) {
        i += 1;
    }
    if !window(text, i, 6).eq_ignore_ascii_case(b"secret") || is(at(text, i + 6), WORD) || (kind > 0 && is(at(text, kind - 1), WORD)) {
        return;
    }
    let after = window(text, i, 4096);
    let after = after.get(..find(after, b"\n---").unwrap_or(after.len())).unwrap_or_default();
    entries(after, i, &mut found);
    let from = kind.saturating_sub(2048);
    let before = text.get(from..kind).unwrap_or_default();
    let cut = before.windows(4).rposition(|w| w == b"\n---").unwrap_or(0);
    entries(before.get(cut..).unwrap_or_default(), from + cut, &mut found);
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

fn entries(part: &[u8], offset: usize, found: &mut impl FnMut(usize, usize)) {
    let Some(data) = find_ci(part, b"data:") else { return };
    let mut i = data + 5;
    while let Some(colon) = part.get(i..).and_then(|r| r.iter().position(|b| *b == b':')).map(|c| c + i) {
        let mut from = colon + 1;
        // A block's signs: `|`, `>-`, `>+`.
        while is(at(part, from), SPACE | QUOTE) || matches!(at(part, from), b'|' | b'>' | b'\\' | b'+' | b'-') {
            from += 1;
        }
        let end = run(part, from, BASE64 | EQUALS, 4096);
        let named = colon > 0 && is(at(part, colon - 1), WORDY | QUOTE);
        // What follows a colon itself is a name, not a value.
        if named && end - from >= 10 && at(part, end) != b':' {
            found(offset + from, offset + end);
        }
        i = end.max(colon + 1);
    }
}

/// `<add key="ClearTextPassword" value="…" />`.
pub(crate) fn add_key(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let tag = window(text, start, 1024);
    let tag = tag.get(..tag.iter().position(|b| *b == b'\n').unwrap_or(tag.len()))?;
    let value = find_ci(tag, b"value=\"")? + 7;
    find_ci(tag.get(..value)?, b"password")?;
    let rest = tag.get(value..)?;
    // A quote inside the value does not end it; the tag's end does.
    let len = find(rest, b"\"/>")
        .or_else(|| rest.windows(2).position(|w| w.first() == Some(&b'"') && w.last().is_some_and(|b| is(*b, SPACE))))
        .or_else(|| rest.iter().position(|b| *b == b'"'))?;
    (len >= 4 && !is_placeholder(rest.get(..len)?)).then_some((start + value, start + value + len))
}

/// Forty characters of base64 that stand alone and are as mixed as a secret access key is.
pub(crate) fn secret_access_key(text: &[u8], start: usize, end: usize) -> bool {
    let Some(value) = text.get(start..end) else { return false };
    if value.len() != 40 || !value.iter().all(|b| is(*b, BASE64)) {
        return false;
    }
    let shape = Shape::of(value);
    shape.upper >= 5 && shape.lower >= 5 && shape.digits >= 1 && shape.entropy >= 4.2 && shape.changes >= 6
}

/// The first run of a vendor's shape on the same line behind the vendor's name, without any sign between them.
pub(crate) fn near(text: &[u8], end: usize, mut found: impl FnMut(usize) -> Option<usize>) -> Option<(usize, usize)> {
    let line = window(text, end, 160);
    let line = line.get(..line.iter().position(|b| *b == b'\n').unwrap_or(line.len()))?;
    let mut i = 0;
    while i < line.len() {
        if !is(at(line, i), DIGIT | LOWER | UPPER) {
            i += 1;
            continue;
        }
        let to = run(text, end + i, WORDY | EQUALS, 8192);
        if begins(text, end + i)
            && let Some(stop) = found(end + i)
            && text.get(end + i..stop).is_some_and(|v| Shape::of(v).is_random(3.0))
        {
            return Some((end + i, stop));
        }
        i = to.saturating_sub(end).max(i + 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_are_found_and_stand_ins_are_not() {
        let found = |text: &str| address(text.as_bytes(), text.find("://")?).map(|(from, to)| text[from..to].to_owned());
        assert_eq!(found(&format!("postgres://app:{0}{0}db.internal:5432/orders", "s3@")).as_deref(), Some("s3@s3"));
        assert_eq!(found(&format!("redis://:{}@cache:6379/0", "pw1")).as_deref(), Some("pw1"));
        assert_eq!(found("https://example.com:8443/a@b:c"), None);
        assert_eq!(found("amqp://user:${PASS}@mq"), None);
        assert_eq!(found("https://person@host/x"), None);
    }

    #[test]
    fn a_key_block_is_taken_whole_and_as_far_as_it_goes() {
        let block = format!("a -----BEGIN RSA PRIVATE{0}-----\nMIIE\n-----END RSA PRIVATE{0}----- b", " KEY");
        let (from, to) = private_key(block.as_bytes(), 2).unwrap();
        assert_eq!(&block[to..], " b");
        assert_eq!(from, 2);
        let cut = &block[..block.find("\n-----END").unwrap()];
        assert_eq!(private_key(cut.as_bytes(), 2), Some((2, cut.len())));
        assert_eq!(private_key(b"-----BEGIN CERTIFICATE-----\nMIIE", 0), None);
    }

    #[test]
    fn headers_and_users_of_a_command_are_found() {
        let text = format!("curl -s https://api.example.com -H \"X-Api-Key: {}\" \\\n  -u admin:{}", "9f8e7d6c", "opensesame");
        let mut all = Vec::new();
        curl(text.as_bytes(), 0, |from, to| all.push(text[from..to].to_owned()));
        assert_eq!(all, ["9f8e7d6c", "admin:opensesame"]);
    }

    #[test]
    fn values_of_a_manifest_are_found_on_either_side_of_its_kind() {
        let value = format!("{}==", "aHVudGVy".repeat(2));
        for text in [format!("kind: Secret\ndata:\n  db: {value}\n"), format!("data:\n  db: {value}\nkind: Secret\n")] {
            let mut all = Vec::new();
            manifest(text.as_bytes(), text.find("kind:").unwrap(), |from, to| all.push(text[from..to].to_owned()));
            assert_eq!(all, [value.as_str()]);
        }
    }
}
