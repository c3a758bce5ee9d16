//! Runs other programs. Entry functions: [`run`], [`quiet`], [`read`].
//!
//! Invariant: a program that fails is an error that names the program and shows what it said.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How often a silent program's age is shown.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Runs a program that shows its own progress.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a program whose output matters only when it fails; shows that it is still at work.
pub(crate) fn quiet(command: &mut Command) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", name(command)))?;
    let streams: Vec<_> = [child.stdout.take().map(boxed), child.stderr.take().map(boxed)]
        .into_iter()
        .flatten()
        .map(|mut stream| {
            thread::spawn(move || {
                let mut text = Vec::new();
                let read = stream.read_to_end(&mut text);
                (text, read.is_ok())
            })
        })
        .collect();
    let started = Instant::now();
    let mut shown = HEARTBEAT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() >= shown {
            println!("    … still at work, {} s", shown.as_secs());
            shown += HEARTBEAT;
        }
        thread::sleep(Duration::from_millis(50));
    };
    if !status.success() {
        for stream in streams {
            if let Ok((text, _)) = stream.join() {
                std::io::stderr().write_all(&text)?;
            }
        }
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a program and hands back what it printed.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed ({}): {}", name(command), output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn boxed(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

fn name(command: &Command) -> String {
    let mut text = format!("`{}", command.get_program().to_string_lossy());
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text.push('`');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_named_with_what_it_said() {
        let error = read(Command::new("sh").args(["-c", "echo reason >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("exit 3") && error.contains("reason"), "{error}");
        assert!(quiet(&mut Command::new("false")).is_err());
        assert!(run(&mut Command::new("/no/such/program")).unwrap_err().to_string().contains("/no/such/program"));
    }
}
