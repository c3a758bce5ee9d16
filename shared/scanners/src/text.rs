//! Small readers of the services' own notations.

use aws_smithy_types::DateTime;
use domain::EpochMs;

/// An SDK instant in milliseconds.
pub(crate) fn instant(at: &DateTime) -> EpochMs {
    EpochMs(at.to_millis().unwrap_or(0))
}

/// Our instant for the SDK.
pub(crate) fn sdk_instant(at: EpochMs) -> DateTime {
    DateTime::from_millis(at.0)
}

/// The instant in `User initiated (2026-10-01 10:00:00 GMT)`.
pub(crate) fn stopped_at(reason: &str) -> Option<EpochMs> {
    let inside = reason.rsplit_once('(')?.1.split_once(')')?.0;
    let time = inside.strip_suffix(" GMT").or_else(|| inside.strip_suffix(" UTC"))?;
    let civil = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", time).ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(EpochMs(zoned.timestamp().as_millisecond()))
}

/// `2026-09-24T18:20:35.054+0000`.
pub(crate) fn lambda_instant(text: &str) -> Option<EpochMs> {
    let zoned = jiff::Zoned::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).map(|z| z.timestamp());
    let at = zoned.or_else(|_| text.parse::<jiff::Timestamp>()).ok()?;
    Some(EpochMs(at.as_millisecond()))
}

/// IAM's documents come percent-encoded (RFC 3986).
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut ahead = bytes.clone();
        let digits = (ahead.next().and_then(hex), ahead.next().and_then(hex));
        if let (Some(high), Some(low)) = digits {
            out.push(high * 16 + low);
            bytes = ahead;
        } else {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_notations_are_read() {
        assert_eq!(stopped_at("User initiated (2026-10-01 10:00:00 GMT)"), Some(EpochMs(1_790_848_800_000)));
        assert_eq!(stopped_at(""), None);
        assert_eq!(stopped_at("Server.SpotInstanceTermination"), None);
        assert_eq!(lambda_instant("1970-01-01T00:00:01.500+0000"), Some(EpochMs(1500)));
        assert_eq!(lambda_instant("1970-01-01T00:00:01Z"), Some(EpochMs(1000)));
        assert_eq!(lambda_instant("yesterday"), None);
        assert_eq!(percent_decoded("%7B%22a%22%3A1%7D"), "{\"a\":1}");
        assert_eq!(percent_decoded("100%"), "100%");
    }
}
