//! How a target is written: a plain id or an ARN. Entry type: [`TargetShape`].
//!
//! Invariant: what comes out of [`TargetShape::resolve`] is an id of the right form in this account and region; an
//! ARN that names another account, region, service or kind is refused and never cut down to its id.
//!
//! ```
//! use domain::AccountId;
//! use operations::{Scope, find};
//! let scope = Scope::new(AccountId::parse("222222222222").unwrap(), "us-east-1");
//! let shape = find("rds.reboot_instance").unwrap().shape();
//! assert_eq!(shape.resolve(&scope, "arn:aws:rds:us-east-1:222222222222:db:orders").unwrap(), "orders");
//! assert!(shape.resolve(&scope, "arn:aws:rds:us-east-1:333333333333:db:orders").is_err());
//! ```

use domain::{Text, text::inert};

use crate::{error::OperationError, operation::Scope};

/// What a target of an operation looks like.
#[derive(Debug)]
pub struct TargetShape {
    /// The ARN's service.
    pub service: &'static str,
    /// What stands before the id in the ARN's last part (`instance/`, `db:`).
    pub prefix: &'static str,
    /// Whether the ARN names region and account.
    pub regional: bool,
    /// What is expected, for messages: English, Chinese.
    pub expected: (&'static str, &'static str),
    /// Makes an id of a text, or says that it is none.
    pub id: fn(&str) -> Option<String>,
}

impl TargetShape {
    /// Reads a target as a person wrote it.
    ///
    /// # Errors
    /// [`OperationError::BadTarget`] when the form is wrong, [`OperationError::ForeignTarget`] when an ARN is not of this
    /// scope or kind, [`OperationError::Elsewhere`] when only the region differs.
    pub fn resolve(&self, scope: &Scope, written: &str) -> Result<String, OperationError> {
        let text = written.trim();
        let bad = || OperationError::BadTarget { target: inert(written, 80), expected: self.expected };
        if !text.starts_with("arn:") {
            return (self.id)(text).ok_or_else(bad);
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts.as_slice() else { return Err(bad()) };
        let foreign = |en: String, zh: String| OperationError::ForeignTarget { target: inert(written, 120), why: Text::new(en, zh) };
        if *service != self.service {
            return Err(foreign(
                format!("it is a resource of `{}`, not of `{}`", inert(service, 32), self.service),
                format!("它属于服务 `{}`，而不是 `{}`", inert(service, 32), self.service),
            ));
        }
        if *partition != scope.partition {
            return Err(foreign(
                format!("it is in partition `{}`, not in `{}`", inert(partition, 32), scope.partition),
                format!("它位于分区 `{}`，而不是 `{}`", inert(partition, 32), scope.partition),
            ));
        }
        let (own_account, own_region) = if self.regional { (scope.account.as_str(), scope.region.as_str()) } else { ("", "") };
        if *account != own_account {
            return Err(foreign(
                format!("it belongs to account `{}`, not to `{}`", inert(account, 32), scope.account),
                format!("它属于账户 `{}`，而不是 `{}`", inert(account, 32), scope.account),
            ));
        }
        if *region != own_region {
            return Err(OperationError::Elsewhere { target: inert(written, 120), region: inert(region, 32) });
        }
        let id = self
            .after_prefix(resource)
            .ok_or_else(|| foreign(format!("it is no {}", self.expected.0), format!("它不是{}", self.expected.1)))?;
        (self.id)(id).ok_or_else(bad)
    }

    /// The id inside the ARN's last part. An empty segment in the prefix (`a:*:b/`) stands for any unique id.
    fn after_prefix<'a>(&self, resource: &'a str) -> Option<&'a str> {
        match self.prefix.split_once('*') {
            None => resource.strip_prefix(self.prefix),
            Some((head, tail)) => {
                let (unique, id) = resource.strip_prefix(head)?.split_once(tail)?;
                (!unique.is_empty() && unique.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')).then_some(id)
            }
        }
    }
}

/// Whether an observed ARN may stand in a session policy: of this scope and kind, without characters that widen it.
pub(crate) fn within(scope: &Scope, shape: &TargetShape, arn: &str) -> Result<(), OperationError> {
    let fail = || OperationError::NotScopable { arn: inert(arn, 200) };
    if arn.contains(['*', '?', '$', '"', '\\']) || arn.chars().any(char::is_control) {
        return Err(fail());
    }
    shape.resolve(scope, arn).map(|_| ()).map_err(|_| fail())
}

/// `<prefix><8 to 17 hexadecimal digits>`, as EC2 makes its ids.
pub(crate) fn ec2_id(prefix: &str, text: &str) -> Option<String> {
    let digits = text.strip_prefix(prefix)?;
    let ok = (8..=17).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    ok.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use domain::AccountId;
    use proptest::prelude::*;

    use super::*;

    fn scope() -> Scope {
        Scope::new(AccountId::parse("222222222222").unwrap(), "us-east-1")
    }

    fn resolve(operation: &str, written: &str) -> Result<String, OperationError> {
        crate::find(operation).unwrap().shape().resolve(&scope(), written)
    }

    #[test]
    fn ids_and_arns_of_the_scope_resolve_to_the_same_id() {
        for (operation, id, arn) in [
            ("ec2.stop_instances", "i-0abc123def4567890", "arn:aws:ec2:us-east-1:222222222222:instance/i-0abc123def4567890"),
            ("ec2.revoke_ingress", "sg-0abc123def4567890", "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0abc123def4567890"),
            ("s3.block_public_access", "my.bucket-1", "arn:aws:s3:::my.bucket-1"),
            ("rds.reboot_instance", "orders", "arn:aws:rds:us-east-1:222222222222:db:Orders"),
            ("lambda.set_concurrency", "Pay_1", "arn:aws:lambda:us-east-1:222222222222:function:Pay_1"),
            (
                "autoscaling.set_capacity",
                "web tier",
                "arn:aws:autoscaling:us-east-1:222222222222:autoScalingGroup:0a1b-2c:autoScalingGroupName/web tier",
            ),
        ] {
            assert_eq!(resolve(operation, id).unwrap(), id);
            assert_eq!(resolve(operation, arn).unwrap(), id, "{arn}");
        }
    }

    #[test]
    fn an_arn_of_another_account_region_service_partition_or_kind_is_refused() {
        for bad in [
            "arn:aws:ec2:us-east-1:333333333333:instance/i-0abc123def4567890",
            "arn:aws:rds:us-east-1:222222222222:db:i-0abc123def4567890",
            "arn:aws-cn:ec2:us-east-1:222222222222:instance/i-0abc123def4567890",
            "arn:aws:ec2:us-east-1:222222222222:volume/i-0abc123def4567890",
        ] {
            assert!(matches!(resolve("ec2.stop_instances", bad), Err(OperationError::ForeignTarget { .. })), "{bad}");
        }
        let other_region = "arn:aws:ec2:eu-west-1:222222222222:instance/i-0abc123def4567890";
        assert!(matches!(resolve("ec2.stop_instances", other_region), Err(OperationError::Elsewhere { .. })));
        let version = "arn:aws:lambda:us-east-1:222222222222:function:pay:3";
        assert!(resolve("lambda.set_concurrency", version).is_err());
    }

    #[test]
    fn ids_that_would_widen_a_policy_or_name_something_else_are_refused() {
        for (operation, bad) in [
            ("ec2.stop_instances", "i-*"),
            ("ec2.stop_instances", "i-0ABC123DEF4567890"),
            ("ec2.stop_instances", "all"),
            ("ec2.revoke_ingress", "default"),
            ("s3.block_public_access", "a"),
            ("s3.block_public_access", "bucket/key"),
            ("s3.block_public_access", "../etc"),
            ("rds.reboot_instance", "a--b"),
            ("rds.reboot_instance", "1st"),
            ("lambda.set_concurrency", "pay:live"),
            ("autoscaling.set_capacity", "web*"),
            ("autoscaling.set_capacity", "${aws:username}"),
        ] {
            assert!(resolve(operation, bad).is_err(), "{operation} {bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_resolves_holds_no_policy_wildcard(text in "\\PC{0,80}") {
            for operation in crate::all() {
                if let Ok(id) = operation.shape().resolve(&scope(), &text) {
                    prop_assert!(!id.contains(['*', '?', '$', '"', '\\', ':']));
                }
            }
        }
    }
}
