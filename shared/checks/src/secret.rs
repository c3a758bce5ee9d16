//! Whether a variable's value looks like a secret. Entry point: [`looks_secret`].
//!
//! Invariant: the answer names the kind of secret and never holds the value.

/// Values that mean "no secret here": a reference to a store, or an obvious blank.
fn is_reference(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.len() < 8
        || lower.starts_with("arn:")
        || lower.starts_with("{{resolve:")
        || lower.starts_with("ssm:")
        || lower.starts_with("http://")
        || lower.starts_with('/')
        || ["changeme", "placeholder", "example", "dummy", "undefined", "disabled", "required"].contains(&lower.as_str())
}

/// The kind of secret that a name and value look like, if any.
#[must_use]
pub fn looks_secret(name: &str, value: &str) -> Option<&'static str> {
    let value = value.trim();
    if let Some(kind) = by_form(value) {
        return Some(kind);
    }
    if is_reference(value) || value.contains(char::is_whitespace) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    // Names of things that point at a secret instead of being one.
    if ["ARN", "NAME", "ID", "PATH", "URL", "URI", "PARAM", "PARAMETER", "FILE", "TTL", "SECONDS", "EXPIRY", "TABLE", "REGION", "ALIAS"]
        .iter()
        .any(|end| upper.rsplit('_').next() == Some(*end))
    {
        return None;
    }
    let said = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL", "AUTH_KEY"];
    said.iter().any(|word| upper.contains(word)).then_some("secret by its name")
}

/// Secrets that are known by their form alone.
fn by_form(value: &str) -> Option<&'static str> {
    let tail = |prefix: &str, len: usize| {
        value
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.len() >= len && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
    };
    if (value.starts_with("AKIA") || value.starts_with("ASIA"))
        && value.len() == 20
        && value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    {
        return Some("AWS access key id");
    }
    if value.contains("-----BEGIN") && value.contains("PRIVATE KEY") {
        return Some("private key");
    }
    if tail("ghp_", 36) || tail("github_pat_", 40) {
        return Some("GitHub token");
    }
    if tail("xoxb-", 20) || tail("xoxp-", 20) {
        return Some("Slack token");
    }
    if tail("sk_live_", 16) || tail("rk_live_", 16) {
        return Some("payment key");
    }
    let rest = value.split_once("://").map(|(_, rest)| rest);
    let login = rest.and_then(|r| r.split('/').next()).and_then(|host| host.rsplit_once('@')).map(|(login, _)| login);
    if login.and_then(|l| l.split_once(':')).is_some_and(|(_, password)| !password.is_empty() && !password.starts_with('$')) {
        return Some("password in a URL");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::looks_secret;

    #[test]
    fn secrets_are_known_by_form_or_by_name() {
        for (name, value) in [
            ("KEY", "AKIAIOSFODNN7EXAMPLE"),
            ("DB_PASSWORD", "correct-horse-battery"),
            ("DATABASE", "postgres://app:hunter2@db:5432/app"),
            ("STRIPE", "sk_live_abcdefghijklmnop1234"),
            ("API_KEY", "0123456789abcdef0123"),
        ] {
            assert!(looks_secret(name, value).is_some(), "{name}");
        }
    }

    #[test]
    fn references_and_ordinary_settings_are_no_secrets() {
        for (name, value) in [
            ("SECRET_ARN", "arn:aws:secretsmanager:us-east-1:222222222222:secret:x"),
            ("DB_PASSWORD", "{{resolve:secretsmanager:x}}"),
            ("TOKEN_TTL_SECONDS", "360000000"),
            ("SECRET_NAME", "prod/database/main"),
            ("LOG_LEVEL", "information"),
            ("PASSWORD", "changeme"),
            ("ENDPOINT", "https://example.com/path"),
        ] {
            assert_eq!(looks_secret(name, value), None, "{name}");
        }
    }
}
