//! The terminal. Entry type: [`Screen`].
//!
//! Invariants: text from the endpoint reaches the terminal only defanged; standard output holds results (with
//! `--json` one JSON document a line), questions and progress go to standard error.

use std::{
    io::{BufRead, Write},
    time::Duration,
};

use domain::{Lang, text::defang};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::{error::CliError, messages::Message};

/// Longest line that is shown, in characters.
const MAX_LINE_CHARS: usize = 4_000;
/// Longest cell of a table, in characters.
const MAX_CELL_CHARS: usize = 120;

/// Where results go and answers come from.
pub(crate) struct Screen<'io> {
    /// Results.
    pub(crate) out: &'io mut dyn Write,
    /// Questions, errors.
    pub(crate) err: &'io mut dyn Write,
    /// Answers of the person.
    pub(crate) input: &'io mut dyn BufRead,
    /// Whether a person sits at the input.
    pub(crate) interactive: bool,
    /// The reader's language.
    pub(crate) lang: Lang,
    /// Machine output.
    pub(crate) json: bool,
}

impl Screen<'_> {
    /// A message of ours; nothing with `--json`.
    pub(crate) fn say(&mut self, message: &Message<'_>) -> Result<(), CliError> {
        if self.json {
            return Ok(());
        }
        let text = message.text();
        self.show(text.in_lang(self.lang))
    }

    /// Text of the endpoint, line by line; nothing with `--json`.
    pub(crate) fn show(&mut self, untrusted: &str) -> Result<(), CliError> {
        if self.json {
            return Ok(());
        }
        for line in lines(untrusted) {
            writeln!(self.out, "{line}")?;
        }
        Ok(self.out.flush()?)
    }

    /// Text that a person must read before answering: to standard error with `--json`, else to standard output.
    pub(crate) fn present(&mut self, untrusted: &str) -> Result<(), CliError> {
        if !self.json {
            return self.show(untrusted);
        }
        self.complain(untrusted)
    }

    /// A message for standard error, whatever the output.
    pub(crate) fn note(&mut self, message: &Message<'_>) -> Result<(), CliError> {
        let text = message.text();
        self.complain(text.in_lang(self.lang))
    }

    /// A line for standard error, whatever the output.
    pub(crate) fn complain(&mut self, untrusted: &str) -> Result<(), CliError> {
        for line in lines(untrusted) {
            writeln!(self.err, "{line}")?;
        }
        Ok(self.err.flush()?)
    }

    /// A document, with `--json` only.
    pub(crate) fn document(&mut self, value: &Value) -> Result<(), CliError> {
        if self.json {
            writeln!(self.out, "{}", escape(&value.to_string()))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Text for another program (CSV, OCSF), as it is but for control characters, which are escaped or replaced.
    pub(crate) fn raw(&mut self, text: &str) -> Result<(), CliError> {
        let shown = |c: char| if matches!(c, '\r' | '\n') { c.to_string() } else { defang(&c.to_string(), 1) };
        write!(self.out, "{}", text.chars().map(shown).collect::<String>())?;
        Ok(self.out.flush()?)
    }

    /// A table; nothing with `--json`.
    pub(crate) fn table(&mut self, header: &[Message<'_>], rows: Vec<Vec<String>>) -> Result<(), CliError> {
        if self.json {
            return Ok(());
        }
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(header.iter().map(|m| m.text().in_lang(self.lang).to_owned()));
        for row in rows {
            table.add_row(row.iter().map(|cell| defang(cell, MAX_CELL_CHARS)));
        }
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(self.out.flush()?)
    }

    /// Asks for one line; `None` when the input has ended.
    pub(crate) fn ask(&mut self, prompt: &str) -> Result<Option<String>, CliError> {
        write!(self.err, "{}", defang(prompt, MAX_LINE_CHARS))?;
        self.err.flush()?;
        self.line()
    }

    /// The next line of the input; `None` when it has ended.
    pub(crate) fn line(&mut self) -> Result<Option<String>, CliError> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned()))
    }

    /// Asks for a yes; anything else, and the end of the input, is a no.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<bool, CliError> {
        let answer = self.ask(&format!("{} [y/N] ", question.trim_end()))?;
        if answer.is_none() {
            writeln!(self.err)?;
        }
        Ok(answer.is_some_and(|a| matches!(a.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "是的" | "好" | "确认" | "同意")))
    }

    /// A spinner on standard error, where a person sees it.
    pub(crate) fn spinner(&self) -> ProgressBar {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

fn lines(untrusted: &str) -> impl Iterator<Item = String> {
    untrusted.trim_end_matches('\n').split('\n').map(|line| defang(line.trim_end_matches('\r'), MAX_LINE_CHARS))
}

/// Serialised JSON with every character that [`defang`] would replace written as `\u….`: the document means the
/// same and cannot move a terminal's cursor.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut buffer = [0_u8; 4];
        let text: &str = c.encode_utf8(&mut buffer);
        if defang(text, 1) == text {
            out.push(c);
        } else {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(json: bool, input: &str, act: impl FnOnce(&mut Screen<'_>)) -> (String, String) {
        let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), input.as_bytes());
        let mut screen = Screen { out: &mut out, err: &mut err, input: &mut input, interactive: false, lang: Lang::En, json };
        act(&mut screen);
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn control_characters_of_the_endpoint_do_not_reach_the_terminal() {
        let (out, _) = with(false, "", |s| s.show("a\u{1b}[2Jb\r\nc\u{202e}d\rforged").unwrap());
        assert_eq!(out, "a·[2Jb\nc·d·forged\n");
        let (out, _) = with(false, "", |s| s.table(&[Message::ColumnPlan], vec![vec!["x\u{1b}]0;y\u{7}".into()]]).unwrap());
        assert!(!out.contains('\u{1b}') && out.contains("x·]0;y·"), "{out:?}");
    }

    #[test]
    fn machine_output_escapes_instead_and_means_the_same() {
        let value = serde_json::json!({"a": "\u{9b}2J\u{202e}\u{e0041}中"});
        let (out, _) = with(true, "", |s| s.document(&value).unwrap());
        assert!(out.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{out:?}");
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), value);
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for (typed, expected) in
            [("y\n", true), ("YES\n", true), ("是\n", true), ("\n", false), ("", false), ("yeah\n", false), ("n\n", false)]
        {
            with(false, typed, |s| assert_eq!(s.confirm("sure?").unwrap(), expected, "{typed:?}"));
        }
    }
}
