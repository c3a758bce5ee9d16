//! CBOR (RFC 8949) of JSON values, as far as Smithy's RPC protocol uses it. Entry points: [`encode`], [`decode`].
//!
//! An object `{"$at": 1700000000}` is a timestamp (tag 1). Decoding gives timestamps as numbers.
//!
//! ```
//! let value = serde_json::json!({"a": [1, "b", true, 2.5]});
//! assert_eq!(testkit::cbor::decode(&testkit::cbor::encode(&value)), Some(value));
//! ```

use serde_json::{Map, Number, Value};

/// The bytes of a value.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn head(major: u8, n: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    match n {
        0..=23 => out.push(major | u8::try_from(n).unwrap_or(0)),
        24..=0xff => {
            out.push(major | 24);
            out.push(u8::try_from(n).unwrap_or(0));
        }
        _ => {
            out.push(major | 27);
            out.extend(n.to_be_bytes());
        }
    }
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(b) => out.push(if *b { 0xf5 } else { 0xf4 }),
        Value::Number(n) => match (n.as_u64(), n.as_i64()) {
            (Some(n), _) => head(0, n, out),
            (None, Some(n)) => head(1, (-1 - n).unsigned_abs(), out),
            _ => {
                out.push(0xfb);
                out.extend(n.as_f64().unwrap_or(0.0).to_be_bytes());
            }
        },
        Value::String(text) => {
            head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            items.iter().for_each(|item| write(item, out));
        }
        Value::Object(map) => {
            if let (1, Some(at)) = (map.len(), map.get("$at")) {
                out.push(0xc1);
                return write(at, out);
            }
            head(5, map.len() as u64, out);
            for (key, inner) in map {
                head(3, key.len() as u64, out);
                out.extend(key.as_bytes());
                write(inner, out);
            }
        }
    }
}

/// The value of bytes; `None` when they are no CBOR of this kind.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Value> {
    let mut rest = bytes;
    read(&mut rest)
}

fn take<'a>(rest: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (front, back) = rest.split_at_checked(n)?;
    *rest = back;
    Some(front)
}

fn unsigned(rest: &mut &[u8], info: u8) -> Option<u64> {
    let size = match info {
        0..=23 => return Some(u64::from(info)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    Some(take(rest, size)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}

/// Whether an item of indefinite length ends here.
fn ends(rest: &mut &[u8]) -> bool {
    let end = rest.first() == Some(&0xff);
    if end {
        *rest = rest.get(1..).unwrap_or_default();
    }
    end
}

fn read(rest: &mut &[u8]) -> Option<Value> {
    let first = *take(rest, 1)?.first()?;
    let (major, info) = (first >> 5, first & 31);
    let indefinite = info == 31;
    match major {
        0 => Some(Value::from(unsigned(rest, info)?)),
        1 => Some(Value::from(-1 - i64::try_from(unsigned(rest, info)?).ok()?)),
        2 | 3 => {
            let n = usize::try_from(unsigned(rest, info)?).ok()?;
            Some(Value::String(String::from_utf8_lossy(take(rest, n)?).into_owned()))
        }
        4 => {
            let n = if indefinite { u64::MAX } else { unsigned(rest, info)? };
            let mut items = Vec::new();
            while (items.len() as u64) < n && !(indefinite && ends(rest)) {
                items.push(read(rest)?);
            }
            Some(Value::Array(items))
        }
        5 => {
            let n = if indefinite { u64::MAX } else { unsigned(rest, info)? };
            let (mut map, mut seen) = (Map::new(), 0);
            while seen < n && !(indefinite && ends(rest)) {
                let Value::String(key) = read(rest)? else { return None };
                map.insert(key, read(rest)?);
                seen += 1;
            }
            Some(Value::Object(map))
        }
        6 => {
            unsigned(rest, info)?;
            read(rest)
        }
        _ => match info {
            20 => Some(Value::Bool(false)),
            21 => Some(Value::Bool(true)),
            26 => {
                let bits = u32::try_from(unsigned(rest, 26)?).ok()?;
                Number::from_f64(f64::from(f32::from_bits(bits))).map(Value::Number)
            }
            27 => Number::from_f64(f64::from_bits(unsigned(rest, 27)?)).map(Value::Number),
            _ => Some(Value::Null),
        },
    }
}
