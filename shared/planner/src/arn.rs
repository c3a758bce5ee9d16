//! Amazon Resource Names. Entry type: [`Arn`]. Invariant: six parts, a known partition, an account of twelve digits or none.
//!
//! ```
//! let arn = planner::Arn::parse("arn:aws-cn:ec2:cn-north-1:222222222222:instance/i-1").unwrap();
//! assert_eq!((arn.service.as_str(), arn.account.as_str()), ("ec2", "222222222222"));
//! ```

/// The parts of an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arn {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The service's namespace.
    pub service: String,
    /// The region; empty for global resources.
    pub region: String,
    /// The account; empty for resources without one (S3).
    pub account: String,
    /// Everything after the fifth colon.
    pub resource: String,
}

/// The text starts like an ARN and is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN")]
pub struct ArnError(pub String);

impl Arn {
    /// Reads an ARN.
    ///
    /// # Errors
    /// [`ArnError`].
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let fail = || ArnError(domain::text::inert(text, 80));
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().map(str::to_owned);
        let (Some(head), Some(partition), Some(service), Some(region), Some(account), Some(resource)) =
            (next(), next(), next(), next(), next(), next())
        else {
            return Err(fail());
        };
        let account_ok = account.is_empty() || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()));
        let ok = head == "arn"
            && matches!(partition.as_str(), "aws" | "aws-cn" | "aws-us-gov")
            && !service.is_empty()
            && account_ok
            && !resource.is_empty();
        if ok && text.len() <= 2048 { Ok(Self { partition, service, region, account, resource }) } else { Err(fail()) }
    }

    /// Whether a text claims to be an ARN.
    #[must_use]
    pub fn looks_like(text: &str) -> bool {
        text.starts_with("arn:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_arns_are_refused() {
        for bad in [
            "arn:aws:ec2",
            "arn:evil:ec2:us-east-1:222222222222:instance/i-1",
            "arn:aws:ec2:us-east-1:22:instance/i-1",
            "arn:aws:s3:::",
            "x:aws:s3:::b",
        ] {
            assert!(Arn::parse(bad).is_err(), "{bad}");
        }
        assert!(Arn::parse("arn:aws:s3:::bucket").is_ok());
    }
}
