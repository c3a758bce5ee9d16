//! What is kept between runs: settings, tokens, the chat session and pinned audit heads.
//!
//! Entry type: [`Store`]. Invariants: directories are 0700 and files 0600; a file is replaced whole, so that an
//! interrupted run leaves the old one; tokens are given out only for the provider and client that issued them.
//!
//! ```text
//! <config dir>/config.json                    settings of every profile
//! <config dir>/profiles/<profile>/tokens.json
//! <config dir>/profiles/<profile>/session.json
//! <config dir>/heads/<hash of the endpoint>.json
//! ```

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use domain::{Digest, EpochMs, Text};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::CliError;

/// The profile of people who name none.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// Where the fleet is and who signs people in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Base URL of the HTTP endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    /// Base URL of the Cognito API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issuer_url: Option<String>,
    /// The user pool client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
}

impl Settings {
    /// These settings where they are set, else those of `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            endpoint: self.endpoint.or(other.endpoint),
            issuer_url: self.issuer_url.or(other.issuer_url),
            client_id: self.client_id.or(other.client_id),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Config {
    #[serde(default)]
    profiles: BTreeMap<String, Settings>,
}

/// A sign-in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tokens {
    /// Who signed in.
    pub(crate) user: String,
    /// The identity provider that issued them.
    pub(crate) issuer_url: String,
    /// The client they were issued to.
    pub(crate) client_id: String,
    /// Sent to the endpoint.
    pub(crate) id_token: String,
    /// Extends the sign-in.
    pub(crate) refresh_token: Option<String>,
    /// When the id token ends.
    pub(crate) expires_at: EpochMs,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("user", &self.user).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The chat session of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChatSession {
    /// The endpoint that knows it.
    pub(crate) endpoint: String,
    /// Its id.
    pub(crate) session: String,
    /// The account selected in it, as last heard.
    #[serde(default)]
    pub(crate) account: Option<String>,
}

/// The last verified end of an audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pin {
    /// Sequence number of the last verified record.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) head: String,
    /// When it was verified.
    pub(crate) verified_at: EpochMs,
}

/// Pinned heads by chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pins {
    /// The endpoint they belong to.
    pub(crate) endpoint: String,
    /// The pins.
    #[serde(default)]
    pub(crate) chains: BTreeMap<String, Pin>,
}

/// The config directory.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    dir: PathBuf,
}

impl Store {
    /// The store in a directory, which need not exist yet.
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Settings of a profile; what it leaves open comes from the default profile.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be read.
    pub(crate) fn settings(&self, profile: &str) -> Result<Settings, CliError> {
        let mut config: Config = self.read("config.json")?.unwrap_or_default();
        let own = config.profiles.remove(profile).unwrap_or_default();
        Ok(own.or(config.profiles.remove(DEFAULT_PROFILE).unwrap_or_default()))
    }

    /// Overwrites the given settings of a profile and keeps the others.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be read or written.
    pub(crate) fn save_settings(&self, profile: &str, new: Settings) -> Result<(), CliError> {
        let mut config: Config = self.read("config.json")?.unwrap_or_default();
        let old = config.profiles.remove(profile).unwrap_or_default();
        config.profiles.insert(profile.to_owned(), new.or(old));
        self.write("config.json", &config)
    }

    /// The sign-in of a profile, where it was issued by this provider to this client.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be read.
    pub(crate) fn tokens(&self, profile: &str, issuer_url: &str, client_id: &str) -> Result<Option<Tokens>, CliError> {
        let tokens: Option<Tokens> = self.read(&format!("profiles/{profile}/tokens.json"))?;
        Ok(tokens.filter(|t| t.issuer_url == issuer_url && t.client_id == client_id))
    }

    /// Keeps a sign-in.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be written.
    pub(crate) fn save_tokens(&self, profile: &str, tokens: &Tokens) -> Result<(), CliError> {
        self.write(&format!("profiles/{profile}/tokens.json"), tokens)
    }

    /// Forgets sign-in and chat session of a profile.
    ///
    /// # Errors
    /// [`CliError`] when a file cannot be removed.
    pub(crate) fn forget_sign_in(&self, profile: &str) -> Result<(), CliError> {
        for name in ["tokens.json", "session.json"] {
            let path = self.dir.join("profiles").join(profile).join(name);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(CliError::File { path, source }),
                _ => {}
            }
        }
        Ok(())
    }

    /// The chat session of a profile at an endpoint.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be read.
    pub(crate) fn session(&self, profile: &str, endpoint: &str) -> Result<Option<ChatSession>, CliError> {
        let session: Option<ChatSession> = self.read(&format!("profiles/{profile}/session.json"))?;
        Ok(session.filter(|s| s.endpoint == endpoint))
    }

    /// Keeps the chat session.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be written.
    pub(crate) fn save_session(&self, profile: &str, session: &ChatSession) -> Result<(), CliError> {
        self.write(&format!("profiles/{profile}/session.json"), session)
    }

    /// Pinned heads of an endpoint: what one profile verified holds for all of them.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be read.
    pub(crate) fn pins(&self, endpoint: &str) -> Result<Pins, CliError> {
        let pins: Option<Pins> = self.read(&pins_name(endpoint))?;
        Ok(pins.unwrap_or_else(|| Pins { endpoint: endpoint.to_owned(), chains: BTreeMap::new() }))
    }

    /// Keeps pinned heads.
    ///
    /// # Errors
    /// [`CliError`] when the file cannot be written.
    pub(crate) fn save_pins(&self, pins: &Pins) -> Result<(), CliError> {
        self.write(&pins_name(&pins.endpoint), pins)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, CliError> {
        let path = self.dir.join(name);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|source| CliError::FileMalformed { path, source }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CliError::File { path, source }),
        }
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), CliError> {
        let path = self.dir.join(name);
        let mut bytes = serde_json::to_vec_pretty(value).map_err(|source| CliError::FileMalformed { path: path.clone(), source })?;
        bytes.push(b'\n');
        replace(&path, &bytes).map_err(|source| CliError::File { path, source })
    }
}

/// Checks a profile's name: it becomes a directory.
///
/// # Errors
/// [`CliError::Argument`].
pub(crate) fn check_profile(name: &str) -> Result<(), CliError> {
    let ok = (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@' | b'+'));
    if ok {
        return Ok(());
    }
    Err(CliError::Argument {
        what: Text::new(
            format!("`{name}` is not a profile name (letters, digits and `._-@+`, at most 64)"),
            format!("`{name}` 不是配置名（字母、数字和 `._-@+`，最多 64 个）"),
        ),
    })
}

fn pins_name(endpoint: &str) -> String {
    format!("heads/{}.json", Digest::of_bytes(endpoint.as_bytes()).short())
}

/// Writes beside the file and renames, so that readers see the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    make_dir(parent)?;
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let written = private_file(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    moved
}

#[cfg(unix)]
fn make_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn make_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // An earlier run that was killed may have left one with other rights.
    let _ = fs::remove_file(path);
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<fs::File> {
    fs::File::create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_inherits_what_it_leaves_open() {
        let own = Settings { endpoint: Some("a".into()), ..Settings::default() };
        let other = Settings { endpoint: Some("b".into()), issuer_url: Some("i".into()), client_id: None };
        assert_eq!(own.or(other), Settings { endpoint: Some("a".into()), issuer_url: Some("i".into()), client_id: None });
    }

    #[test]
    fn profile_names_cannot_leave_their_directory() {
        assert!(["alice", "a.b@c+d_e-f"].iter().all(|n| check_profile(n).is_ok()));
        assert!(["", "..", "../x", "a/b", ".hidden", "a\\b", "甲"].iter().all(|n| check_profile(n).is_err()));
    }

    #[test]
    fn tokens_do_not_print() {
        let tokens = Tokens {
            user: "alice".into(),
            issuer_url: String::new(),
            client_id: String::new(),
            id_token: "secret".into(),
            refresh_token: Some("secret".into()),
            expires_at: EpochMs(0),
        };
        assert!(!format!("{tokens:?}").contains("secret"));
    }
}
