//! The fleet's command line, as the guided run and the set-up use it. Entry type: [`Cli`].
//!
//! Invariant: each person has a profile of their own, under `.local/aiops`; nobody's own settings are touched.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    fleet::Fleet,
    package::{self, Kind},
    process::read,
    workspace::Workspace,
};

/// `aiops`, pointed at one fleet.
pub(crate) struct Cli {
    program: PathBuf,
    config: PathBuf,
}

impl Cli {
    /// The command line of the local stack, configured for its endpoint.
    pub(crate) fn local(ws: &Workspace, fleet: &Fleet) -> Result<Self> {
        let cli = Self::of(ws, &ws.local, fleet)?;
        cli.write_wrapper(&ws.local.join("bin/aiops"))?;
        Ok(cli)
    }

    /// The command line for a fleet whose files are in a folder.
    pub(crate) fn of(ws: &Workspace, dir: &Path, fleet: &Fleet) -> Result<Self> {
        let cli = Self { program: package::binary(ws, Kind::Local, "aiops"), config: dir.join("aiops") };
        cli.configure(fleet)?;
        Ok(cli)
    }

    fn configure(&self, fleet: &Fleet) -> Result<()> {
        let mut command = self.command();
        command.args(["configure", "--endpoint", &fleet.output("/api")?]);
        command.args(["--issuer-url", &fleet.output("/endpoint")?, "--client-id", &fleet.output("/hub/UserPoolClientId")?]);
        read(&mut command).map(|_| ())
    }

    /// A script that calls the program with the local settings, for people to type.
    fn write_wrapper(&self, to: &Path) -> Result<()> {
        let dir = to.parent().context("the wrapper has no folder")?;
        fs::create_dir_all(dir)?;
        let quote = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "'\\''"));
        let text = format!("#!/bin/sh\nAIOPS_CONFIG_DIR={} exec {} \"$@\"\n", quote(&self.config), quote(&self.program));
        fs::write(to, text)?;
        fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for name in ["AIOPS_ENDPOINT", "AIOPS_ISSUER_URL", "AIOPS_CLIENT_ID", "AIOPS_PROFILE"] {
            command.env_remove(name);
        }
        command.env("AIOPS_CONFIG_DIR", &self.config);
        command
    }

    /// The program as one person calls it.
    pub(crate) fn as_person(&self, person: &str) -> Command {
        let mut command = self.command();
        command.args(["--profile", person]);
        command
    }

    /// Signs a person in. The password goes by standard input, never by the command line.
    pub(crate) fn sign_in(&self, fleet: &Fleet, person: &str) -> Result<()> {
        let mut command = self.as_person(person);
        command.args(["login", "--user", person, "--password-stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            writeln!(input, "{}", fleet.password(person)?)?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("`{person}` cannot sign in: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Registers the member accounts, as the administrator does it, unless the fleet knows them from this very file.
    pub(crate) fn register_accounts(&self, ws: &Workspace, fleet: &Fleet, stamp: &Path) -> Result<()> {
        self.sign_in(fleet, "erin")?;
        let file = ws.root.join("infra/local/accounts.yaml");
        let wanted = fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", ws.shown(&file)))?;
        let known = read(self.as_person("erin").arg("accounts"))?;
        if fs::read_to_string(stamp).is_ok_and(|old| old == wanted) && ids(&wanted).all(|id| known.contains(id)) {
            return Ok(());
        }
        let said = read(self.as_person("erin").args(["accounts", "load"]).arg(&file))?;
        for line in said.lines() {
            println!("  {line}");
        }
        fs::write(stamp, wanted)?;
        Ok(())
    }
}

/// The twelve-digit numbers of a file of accounts.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() == 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_found_in_the_file() {
        assert_eq!(ids("- id: \"222222222222\"\n  name: dev2\n- id: 333333333333").collect::<Vec<_>>(), ["222222222222", "333333333333"]);
    }
}
