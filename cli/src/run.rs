//! From a command line to an exit code. Entry: [`run`].
//!
//! Invariant: whatever happens ends in one [`Exit`], and an error is printed once, in the reader's language.

use std::{
    cell::RefCell,
    ffi::OsString,
    io::{self, BufRead, Write},
    time::Duration,
};

use clap::{CommandFactory as _, FromArgMatches as _};
use domain::Lang;
use serde_json::json;

use crate::{
    args::{Args, Command, LangArg},
    commands,
    endpoint::Endpoint,
    error::{CliError, Exit},
    help_zh,
    http::{Http, base_url},
    screen::Screen,
    sign_in::Identity,
    store::{DEFAULT_PROFILE, Settings, Store, check_profile},
    surroundings::Surroundings,
};

/// Seconds to wait for one answer: the endpoint itself gives up after 30.
const ANSWER_SECONDS: u64 = 40;

/// What every command works with.
pub(crate) struct Context<'run, 'io> {
    /// The terminal.
    pub(crate) screen: Screen<'io>,
    /// What is kept between runs.
    pub(crate) store: &'run Store,
    /// The HTTP client.
    pub(crate) http: &'run Http,
    /// The profile's name.
    pub(crate) profile: &'run str,
    /// Settings in force: the environment before the profile.
    pub(crate) settings: &'run Settings,
    /// `--timeout`.
    pub(crate) timeout: Option<u64>,
    /// `--lang`, where it was given.
    pub(crate) stated_lang: Option<Lang>,
}

impl<'run> Context<'run, '_> {
    /// The identity provider.
    ///
    /// # Errors
    /// [`CliError::SettingMissing`].
    pub(crate) fn identity(&self) -> Result<Identity<'run>, CliError> {
        let settings: &'run Settings = self.settings;
        Ok(Identity {
            http: self.http,
            issuer_url: settings.issuer_url.as_deref().ok_or(CliError::SettingMissing { setting: "issuer-url (AIOPS_ISSUER_URL)" })?,
            client_id: settings.client_id.as_deref().ok_or(CliError::SettingMissing { setting: "client-id (AIOPS_CLIENT_ID)" })?,
        })
    }

    /// The endpoint, signed in.
    ///
    /// # Errors
    /// [`CliError`] when a setting is missing or nobody is signed in.
    pub(crate) fn endpoint(&self) -> Result<Endpoint<'run>, CliError> {
        let base = self.settings.endpoint.clone().ok_or(CliError::SettingMissing { setting: "endpoint (AIOPS_ENDPOINT)" })?;
        let identity = self.identity()?;
        let tokens = self
            .store
            .tokens(self.profile, identity.issuer_url, identity.client_id)?
            .ok_or_else(|| CliError::NotSignedIn { profile: self.profile.to_owned() })?;
        Ok(Endpoint {
            base,
            http: self.http,
            identity,
            store: self.store,
            profile: self.profile,
            lang: self.screen.lang,
            tokens: RefCell::new(tokens),
        })
    }
}

/// Runs one command line.
pub(crate) fn run(
    args: Vec<OsString>,
    surroundings: &Surroundings,
    out: &mut dyn Write,
    err: &mut dyn Write,
    input: &mut dyn BufRead,
    interactive: bool,
) -> Exit {
    // The language of `--help` is needed before the line is parsed.
    let lang = stated_lang(&args).unwrap_or(surroundings.locale);
    let command = if lang == Lang::Zh { help_zh::in_chinese(Args::command()) } else { Args::command() };
    let parsed = command.try_get_matches_from(args).and_then(|matches| Args::from_arg_matches(&matches));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors; a wrong line is, and 2 means an audit fault here.
            let _ = error.print();
            return if error.use_stderr() { Exit::Refused } else { Exit::Ok };
        }
    };
    let json = args.json;
    let screen = Screen { out: &mut *out, err: &mut *err, input, interactive, lang, json };
    match start(&args, surroundings, screen) {
        Ok(exit) => exit,
        // Whoever reads our output has read enough.
        Err(CliError::Stdio(source)) if source.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            report(&error, lang, json, out, err);
            error.exit()
        }
    }
}

fn report(error: &CliError, lang: Lang, json: bool, out: &mut dyn Write, err: &mut dyn Write) {
    let mut nothing = io::empty();
    let mut screen = Screen { out, err, input: &mut nothing, interactive: false, lang, json };
    // With both streams gone there is nobody left to tell; the exit code remains.
    let _ = if json {
        screen.document(&json!({"error": {"name": error.name(), "message": error.text().in_lang(lang)}}))
    } else {
        screen.complain(&error.line(lang))
    };
}

fn start(args: &Args, surroundings: &Surroundings, screen: Screen<'_>) -> Result<Exit, CliError> {
    // `AIOPS_PROFILE=` in front of a command means none.
    let profile = if args.profile.is_empty() { DEFAULT_PROFILE } else { args.profile.as_str() };
    check_profile(profile)?;
    let store = Store::new(surroundings.config_dir.clone().ok_or(CliError::NoConfigDir)?);
    let settings = checked(
        Settings {
            endpoint: surroundings.endpoint.clone(),
            issuer_url: surroundings.issuer_url.clone(),
            client_id: surroundings.client_id.clone(),
        }
        .or(store.settings(profile)?),
    )?;
    let waits = matches!(&args.command, Command::Status(status) if status.wait);
    let answer_seconds = if waits { ANSWER_SECONDS } else { args.timeout.unwrap_or(ANSWER_SECONDS) };
    let http = Http::new(Duration::from_secs(answer_seconds.max(1)));
    let mut context = Context {
        screen,
        store: &store,
        http: &http,
        profile,
        settings: &settings,
        timeout: args.timeout,
        stated_lang: args.lang.map(Lang::from),
    };
    commands::dispatch(&mut context, &args.command)
}

/// Settings with their URLs checked, whoever set them.
fn checked(mut settings: Settings) -> Result<Settings, CliError> {
    settings.endpoint = settings.endpoint.map(|url| base_url("endpoint", &url)).transpose()?;
    settings.issuer_url = settings.issuer_url.map(|url| base_url("issuer-url", &url)).transpose()?;
    Ok(settings)
}

fn stated_lang(args: &[OsString]) -> Option<Lang> {
    let mut args = args.iter().filter_map(|a| a.to_str()).take_while(|a| *a != "--");
    let mut stated = None;
    while let Some(arg) = args.next() {
        let value = if arg == "--lang" { args.next() } else { arg.strip_prefix("--lang=") };
        if let Some(lang) = value.and_then(|v| <LangArg as clap::ValueEnum>::from_str(v, true).ok()) {
            stated = Some(lang.into());
        }
    }
    stated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lang_of(args: &[&str]) -> Option<Lang> {
        stated_lang(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_language_is_known_before_the_line_is_parsed() {
        assert_eq!(lang_of(&["aiops", "--lang", "zh", "--help"]), Some(Lang::Zh));
        assert_eq!(lang_of(&["aiops", "plans", "--lang=en"]), Some(Lang::En));
        assert_eq!(lang_of(&["aiops", "chat", "--", "--lang", "zh"]), None);
        assert_eq!(lang_of(&["aiops", "--lang", "fr"]), None);
    }
}
