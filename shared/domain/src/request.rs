//! Bodies of requests, decoded strictly. Entry point: [`decode`].
//!
//! Policy: RFC 8259 and nothing beside it (no comments, trailing commas, byte order mark, other encodings or lone surrogates); at most
//! [`MAX_BODY_BYTES`]; nested at most 127 deep. A key that occurs twice is refused where the body has a shape of its own (every
//! route's has, and refuses unknown fields too); in free-form JSON, where RFC 8259 leaves it open, the last one counts.
//!
//! Invariant: what is not decoded starts nothing.
//!
//! ```
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Body { text: String }
//! assert_eq!(domain::request::decode::<Body>(br#"{"text":"help"}"#).unwrap().text, "help");
//! assert_eq!(domain::request::decode::<Body>(br#"{"text":"a","text":"b"}"#).err().unwrap().name, "Request.Malformed");
//! ```

use serde::de::DeserializeOwned;

use crate::{
    error::WireError,
    text::{Text, inert},
};

/// The largest request body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = 65_536;

/// Decodes a body.
///
/// # Errors
/// `Request.TooLarge`, `Request.Malformed`.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(WireError::new(
            "Request.TooLarge",
            Text::new(
                format!("The request is larger than {MAX_BODY_BYTES} bytes. Nothing was started."),
                format!("请求超过 {MAX_BODY_BYTES} 字节。没有启动任何操作。"),
            ),
        ));
    }
    serde_json::from_slice(body).map_err(|e| {
        let why = inert(&e.to_string(), 160);
        WireError::new(
            "Request.Malformed",
            Text::new(
                format!("The request cannot be read: {why}. Nothing was started."),
                format!("无法读取请求：{why}。没有启动任何操作。"),
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_policy_holds_at_its_edges() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(decode::<Value>(nested(127).as_bytes()).is_ok());
        assert_eq!(decode::<Value>(nested(128).as_bytes()).unwrap_err().name, "Request.Malformed");
        assert_eq!(decode::<Value>(&vec![b' '; MAX_BODY_BYTES + 1]).unwrap_err().name, "Request.TooLarge");
        for bad in ["", "\u{feff}{}", "{} {}", "[1,]", "{\"a\":1,}", "// x\n{}", "'a'", "NaN", "\"\\ud800\"", "01", "\"\t\""] {
            assert_eq!(decode::<Value>(bad.as_bytes()).unwrap_err().name, "Request.Malformed", "{bad:?}");
        }
        assert_eq!(decode::<Value>(b"{\"a\":1,\"a\":2}").unwrap()["a"], 2);
    }
}
