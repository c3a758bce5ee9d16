//! Logs without secrets. Entry type: [`Redacting`].
//!
//! Invariant: a line is looked at whole, so that no secret slips through between two writes.

use std::io::{self, Write};

use redaction::Redactor;

/// A writer that lets lines through only redacted.
pub(crate) struct Redacting<W: Write> {
    line: Vec<u8>,
    out: W,
}

impl Redacting<io::Stdout> {
    /// On standard output.
    pub(crate) fn stdout() -> Self {
        Self::on(io::stdout())
    }
}

impl<W: Write> Redacting<W> {
    fn on(out: W) -> Self {
        Self { line: Vec::new(), out }
    }

    fn let_go(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            let line = String::from_utf8_lossy(&self.line);
            self.out.write_all(Redactor::shared().redact(&line).text.as_bytes())?;
            self.line.clear();
        }
        self.out.flush()
    }
}

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if self.line.ends_with(b"\n") {
            self.let_go()?;
        }
        Ok(bytes.len())
    }

    /// Nothing by itself: half a line is no line. The end of the writer lets the rest go.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Drop for Redacting<W> {
    fn drop(&mut self) {
        // Standard output is all there is to tell of an error.
        let _ = self.let_go();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_written_in_two_parts_is_found() {
        let token = format!("glpat-{}", "k3v9x1z7w5q2m8n4p6r0");
        let (head, tail) = token.split_at(9);
        let mut out = Vec::new();
        let mut writer = Redacting::on(&mut out);
        write!(writer, "{{\"message\":\"with {head}").unwrap();
        writer.flush().unwrap();
        write!(writer, "{tail}\"}}").unwrap();
        drop(writer);
        assert_eq!(String::from_utf8(out).unwrap(), "{\"message\":\"with [redacted:gitlab-token]\"}");
    }
}
