//! Words of English and Chinese texts, for search. Entry point: [`words`].
//!
//! English: letters and digits between everything else, in lower case, plural and past endings cut. Chinese: pairs of neighbouring
//! ideographs, because words are not separated and a dictionary would have to know every product's name. Ids stay whole.

/// The words of a text, in their order. Words that say nothing (`the`, `的`) are left out.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut run: Vec<char> = Vec::new();
    for c in text.chars().flat_map(char::to_lowercase).chain(std::iter::once(' ')) {
        let c = match c {
            // Full-width letters and digits.
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c).to_ascii_lowercase(),
            c => c,
        };
        if is_ideograph(c) {
            end_word(&mut word, &mut out);
            run.push(c);
        } else {
            end_run(&mut run, &mut out);
            if c.is_alphanumeric() || (matches!(c, '-' | '_' | '.') && !word.is_empty()) {
                word.push(c);
            } else {
                end_word(&mut word, &mut out);
            }
        }
    }
    out
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}')
}

const EMPTY_WORDS: [&str; 26] = [
    "a", "an", "and", "are", "at", "be", "by", "can", "do", "for", "from", "has", "in", "is", "it", "of", "on", "or", "that", "the",
    "this", "to", "was", "we", "when", "with",
];

const EMPTY_IDEOGRAPHS: [char; 14] = ['的', '了', '是', '在', '和', '与', '把', '被', '就', '都', '也', '吗', '呢', '吧'];

fn end_word(word: &mut String, out: &mut Vec<String>) {
    let whole = word.trim_end_matches(['-', '_', '.']).to_owned();
    word.clear();
    if whole.is_empty() || EMPTY_WORDS.contains(&whole.as_str()) {
        return;
    }
    // The parts of `api-gateway` are found by themselves as well.
    let parts: Vec<&str> = whole.split(['-', '_', '.']).filter(|p| p.len() > 1 && !EMPTY_WORDS.contains(p)).collect();
    if parts.len() > 1 {
        out.extend(parts.iter().map(|p| stem(p)));
    }
    out.push(stem(&whole));
}

fn end_run(run: &mut Vec<char>, out: &mut Vec<String>) {
    let kept: Vec<char> = run.drain(..).filter(|c| !EMPTY_IDEOGRAPHS.contains(c)).collect();
    match kept.as_slice() {
        [] => {}
        [only] => out.push(only.to_string()),
        several => out.extend(several.iter().zip(several.iter().skip(1)).map(|(a, b)| [*a, *b].iter().collect::<String>())),
    }
}

/// Cuts the commonest endings where enough is left; anything with a digit stays whole.
fn stem(word: &str) -> String {
    let plain = word.bytes().all(|b| b.is_ascii_lowercase());
    if plain {
        for (ending, instead, least) in [("ies", "y", 5), ("sses", "ss", 6), ("ing", "", 6), ("ed", "", 5), ("es", "e", 5), ("s", "", 4)] {
            if let Some(front) = word.strip_suffix(ending).filter(|front| word.len() >= least && !front.ends_with('s')) {
                return format!("{front}{instead}").trim_end_matches('e').to_owned();
            }
        }
        if word.len() >= 5 {
            return word.trim_end_matches('e').to_owned();
        }
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_folded_cut_and_paired() {
        assert_eq!(words("The CPUs are failing"), ["cpu", "fail"]);
        assert_eq!(words("failed failures retries"), ["fail", "failur", "retry"]);
        assert_eq!(words("数据库连接数过高"), ["数据", "据库", "库连", "连接", "接数", "数过", "过高"]);
        assert_eq!(words("web-alb 的5xx"), ["web", "alb", "web-alb", "5xx"]);
        assert_eq!(words("ＣＰＵ高"), ["cpu", "高"]);
        assert_eq!(words("i-0abc123def4567890."), ["i-0abc123def4567890"]);
        assert!(words(" \u{202e}…").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_cut_in_linear_pieces(text in ".{0,300}") {
            let found = words(&text);
            prop_assert!(found.len() <= 3 * text.chars().count() + 1);
            prop_assert!(found.iter().all(|w| !w.is_empty()));
        }
    }
}
