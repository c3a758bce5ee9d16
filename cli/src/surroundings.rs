//! What the program takes from its surroundings. Entry type: [`Surroundings`].
//!
//! Invariant: nothing else in this crate reads environment variables, the clock or entropy (the one exception
//! is `AIOPS_PROFILE`, which clap reads so that `--help` can name it).

use std::path::PathBuf;

use domain::{EpochMs, Lang, ids::EventId};

use crate::error::CliError;

/// Environment variables that matter here, read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// Where settings, tokens and pinned heads are kept; `None` when no home directory is known.
    pub(crate) config_dir: Option<PathBuf>,
    /// `AIOPS_ENDPOINT`.
    pub(crate) endpoint: Option<String>,
    /// `AIOPS_ISSUER_URL`.
    pub(crate) issuer_url: Option<String>,
    /// `AIOPS_CLIENT_ID`.
    pub(crate) client_id: Option<String>,
    /// The language of the locale.
    pub(crate) locale: Lang,
}

impl Surroundings {
    /// Reads the process environment.
    pub(crate) fn read() -> Self {
        Self::from(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from(var: impl Fn(&str) -> Option<String>) -> Self {
        let config_dir = var("AIOPS_CONFIG_DIR")
            .map(PathBuf::from)
            .or_else(|| var("XDG_CONFIG_HOME").map(|dir| PathBuf::from(dir).join("aiops")))
            .or_else(|| var("HOME").map(|dir| PathBuf::from(dir).join(".config").join("aiops")));
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(&var);
        Self {
            config_dir,
            endpoint: var("AIOPS_ENDPOINT"),
            issuer_url: var("AIOPS_ISSUER_URL"),
            client_id: var("AIOPS_CLIENT_ID"),
            locale: if locale.is_some_and(|name| name.starts_with("zh")) { Lang::Zh } else { Lang::En },
        }
    }
}

/// The present instant.
pub(crate) fn now() -> EpochMs {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    EpochMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A new request id: the endpoint takes the same id twice for one request.
///
/// # Errors
/// [`CliError::Entropy`] when the operating system gives no randomness.
pub(crate) fn request_id() -> Result<String, CliError> {
    let mut entropy = [0_u8; 16];
    getrandom::fill(&mut entropy).map_err(|_| CliError::Entropy)?;
    Ok(EventId::generate(now(), u128::from_le_bytes(entropy)).as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(vars: &[(&str, &str)]) -> Surroundings {
        Surroundings::from(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_config_directory_follows_the_xdg_rules() {
        assert_eq!(from(&[("HOME", "/h")]).config_dir.unwrap(), PathBuf::from("/h/.config/aiops"));
        assert_eq!(from(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]).config_dir.unwrap(), PathBuf::from("/x/aiops"));
        assert_eq!(from(&[("AIOPS_CONFIG_DIR", "/a"), ("XDG_CONFIG_HOME", "/x")]).config_dir.unwrap(), PathBuf::from("/a"));
        assert_eq!(from(&[]).config_dir, None);
    }

    #[test]
    fn the_locale_decides_the_language_in_the_usual_order() {
        assert_eq!(from(&[("LANG", "zh_CN.UTF-8")]).locale, Lang::Zh);
        assert_eq!(from(&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]).locale, Lang::En);
        assert_eq!(from(&[]).locale, Lang::En);
    }

    #[test]
    fn request_ids_differ() {
        assert_ne!(request_id().unwrap(), request_id().unwrap());
    }
}
