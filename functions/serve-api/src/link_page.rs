//! The page behind a personal link. It holds no data: its reader signs in, and the page then asks the endpoint with that token.
//!
//! Invariants: GET shows, POST decides; everything from outside is put on the page as text, never as markup; the page's policy lets it
//! run its own script alone and talk to the endpoint and the identity provider alone.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::WireError;
use lambda_shell::http::HttpAnswer;

use crate::handler::Handler;

const PAGE: &str = include_str!("link_page.html");

impl Handler {
    pub(crate) fn link_page(&self) -> Result<HttpAnswer, WireError> {
        let nonce = STANDARD.encode(lambda_shell::secret()?);
        let page = PAGE
            .replace("{{nonce}}", &nonce)
            .replace("{{identity_url}}", &attribute(&self.identity_url))
            .replace("{{client_id}}", &attribute(&self.client_id));
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self' {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            origin(&self.identity_url)
        );
        Ok(HttpAnswer::html(page, policy))
    }
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':')).collect();
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_brings_no_foreign_markup_and_no_inline_handlers() {
        assert!(!PAGE.contains("innerHTML") && !PAGE.contains("onclick") && !PAGE.contains("document.write"));
        assert_eq!(attribute("\"><script>"), "&quot;&gt;&lt;script&gt;");
        assert_eq!(origin("http://127.0.0.1:4566/x"), "http://127.0.0.1:4566");
        assert_eq!(origin("https://evil.example;script-src *"), "https://evil.example");
    }
}
