//! What an investigation has to be allowed to read in a member account. Entry: [`READ`].
//!
//! Invariant: nothing here changes anything, and nothing is here that no code of an investigation calls.

/// The IAM actions, sorted.
pub const READ: &[&str] = &[
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "lambda:ListEventSourceMappings",
    "logs:FilterLogEvents",
    "xray:GetServiceGraph",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_investigation_only_reads() {
        for action in READ {
            let verb = action.split(':').nth(1).unwrap();
            assert!(["Describe", "Filter", "Get", "List", "Lookup"].iter().any(|v| verb.starts_with(v)), "{action}");
        }
        assert!(READ.windows(2).all(|w| w[0] < w[1]));
    }
}
