//! Generated blocks inside hand-written files. Entry points: [`replace`], [`names`].
//!
//! A block lies between `# <generated NAME>` and `# </generated>`; its content takes the markers' indentation.
//! Invariant: text outside of the markers is never touched.
//!
//! ```
//! let text = "a:\n  # <generated x>\n  old\n  # </generated>\n";
//! let new = contract::blocks::replace(text, |name| Ok((name == "x").then(|| "- 1\n- 2\n".to_owned()))).unwrap();
//! assert_eq!(new, "a:\n  # <generated x>\n  - 1\n  - 2\n  # </generated>\n");
//! ```

use anyhow::{Context, bail};

const OPEN: &str = "# <generated ";
const CLOSE: &str = "# </generated>";

/// Names of the blocks in a text, in order.
#[must_use]
pub fn names(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.trim().strip_prefix(OPEN)?.strip_suffix('>').map(str::to_owned)).collect()
}

/// The text with every block's content replaced by what `content` says for its name.
///
/// # Errors
/// A block has no end, or nobody knows its content.
pub fn replace(text: &str, content: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<String> {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(name) = line.trim().strip_prefix(OPEN).and_then(|rest| rest.strip_suffix('>')) else { continue };
        let indent = line.len() - line.trim_start().len();
        let fresh = content(name)?.with_context(|| format!("nothing generates the block `{name}`"))?;
        for fresh_line in fresh.lines() {
            out.push_str(&" ".repeat(indent));
            out.push_str(fresh_line);
            out.push('\n');
        }
        loop {
            match lines.next() {
                Some(old) if old.trim() == CLOSE => {
                    out.push_str(old);
                    out.push('\n');
                    break;
                }
                Some(_) => {}
                None => bail!("the block `{name}` has no end"),
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_or_open_block_is_an_error() {
        assert!(replace("# <generated x>\n# </generated>\n", |_| Ok(None)).is_err());
        assert!(replace("# <generated x>\n", |_| Ok(Some(String::new()))).is_err());
    }

    #[test]
    fn replacing_twice_changes_nothing_more() {
        let fresh = |_: &str| Ok(Some("a: 1\n".to_owned()));
        let once = replace("  # <generated x>\n  # </generated>\nrest\n", fresh).unwrap();
        assert_eq!(replace(&once, fresh).unwrap(), once);
        assert_eq!(names(&once), ["x"]);
    }
}
