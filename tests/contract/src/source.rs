//! Rust source as text, without what the compiler does not see. Entry points: [`code`], [`texts`].
//!
//! Invariant: comments and test modules never count as code; strings do.
//!
//! ```
//! let source = "//! about arn:aws:\nlet x = \"Plan.Refused\"; // no\n#[cfg(test)]\nmod tests {}\n";
//! assert_eq!(contract::source::texts(source), ["Plan.Refused"]);
//! ```

use regex::Regex;

/// The lines that are compiled into the product: comment lines, comments at the end of a line and everything
/// after the test module's `#[cfg(test)]` are left out. Test modules stand at the end of a file here.
#[must_use]
pub fn code(source: &str) -> String {
    let mut out = String::new();
    let mut lines = source.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.trim_start().starts_with("mod ")) {
            if lines.peek().is_some_and(|next| next.trim_end().ends_with(';')) {
                lines.next();
                continue;
            }
            break;
        }
        if trimmed.starts_with("//") {
            continue;
        }
        out.push_str(without_trailing_comment(line));
        out.push('\n');
    }
    out
}

/// A `//` outside of a string ends the line.
fn without_trailing_comment(line: &str) -> &str {
    let (mut inside, mut escaped, mut before) = (false, false, ' ');
    for (at, letter) in line.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            '/' if !inside && before == '/' => return line.get(..at.saturating_sub(1)).unwrap_or(line),
            _ => {}
        }
        before = letter;
    }
    line
}

/// String literals in the code, unescaped as far as `\"` goes.
#[must_use]
pub fn texts(source: &str) -> Vec<String> {
    let Ok(pattern) = Regex::new(r#""((?:[^"\\]|\\.)*)""#) else { return Vec::new() };
    let code = code(source);
    pattern.captures_iter(&code).filter_map(|c| c.get(1)).map(|m| m.as_str().replace("\\\"", "\"")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_strings_are_no_comments() {
        assert_eq!(texts("let a = \"https://x\"; // \"no\"\n"), ["https://x"]);
    }

    #[test]
    fn a_test_module_in_its_own_file_does_not_end_the_code() {
        let source = "#[cfg(test)]\nmod tests;\nlet a = \"yes\";\n";
        assert_eq!(texts(source), ["yes"]);
    }
}
