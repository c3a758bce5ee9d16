//! Whether something stands in a text as a whole. Entry point: [`find_whole`].
//!
//! Invariant: a part of a longer word, id or ARN does not count; look-alike letters are other letters.

/// Where a piece stands in a text as a whole word, id or phrase: first byte, byte behind the last.
#[must_use]
pub(crate) fn find_whole(text: &str, piece: &str) -> Option<(usize, usize)> {
    if piece.trim().is_empty() || piece.trim() != piece {
        return None;
    }
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(piece)) {
        let (start, end) = (from + found, from + found + piece.len());
        if free_before(text, piece, start) && free_behind(text, piece, end) {
            return Some((start, end));
        }
        from = start + piece.chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// Letters and signs that make one word with what stands beside them. Chinese needs no blanks.
fn joins(c: char) -> bool {
    let han = matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}');
    !han && (c.is_alphanumeric()
        || matches!(c, '-' | '_' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'))
}

fn is_wordlike(c: Option<char>) -> bool {
    c.is_some_and(joins)
}

fn free_before(text: &str, piece: &str, start: usize) -> bool {
    if !is_wordlike(piece.chars().next()) {
        return true;
    }
    let mut before = text.get(..start).unwrap_or_default().chars().rev();
    match before.next() {
        Some(c) if joins(c) => false,
        Some('/' | '.' | '@' | ':' | '#' | '+' | '=' | '$' | '\\' | '~') => !is_wordlike(before.next()),
        _ => true,
    }
}

fn free_behind(text: &str, piece: &str, end: usize) -> bool {
    if !is_wordlike(piece.chars().next_back()) {
        return true;
    }
    let mut behind = text.get(end..).unwrap_or_default().chars();
    match behind.next() {
        Some(c) if joins(c) => false,
        Some('/' | '.' | '@' | ':' | '#' | '+' | '=' | '$' | '\\' | '~' | '*') => !is_wordlike(behind.next()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_ids_are_found_and_parts_are_not() {
        let found = |text: &str, piece: &str| find_whole(text, piece).is_some();
        for text in
            ["i-0abc", "stop i-0abc.", "停掉i-0abc吧", "（i-0abc）", "\"i-0abc\"", "stop i-0abcd and i-0abc", "i-0abc, i-1", "实例：i-0abc"]
        {
            assert!(found(text, "i-0abc"), "{text}");
        }
        for text in [
            "i-0abcd",
            "xi-0abc",
            "ami-0abc",
            "i-0abc-2",
            "arn:aws:ec2:us-east-1:1:instance/i-0abc",
            "i-0abc.example.com",
            "i-0аbc",
            "i-0abc\u{200B}d",
            "a@i-0abc",
            "",
        ] {
            assert!(!found(text, "i-0abc"), "{text}");
        }
        assert!(!found("anything", "") && !found("a b", " a"));
        assert!(found("过去一小时的指标", "过去一小时") && found("生产环境", "生产"));
    }
}
