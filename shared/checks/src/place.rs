//! Where and when facts were collected. Entry type: [`Place`].
//!
//! Invariant: every ARN is written with the partition of the region; no literal `arn:aws:`.

use domain::{AccountId, EpochMs, account::partition_of};

/// Account, region and the instant of looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account that answered.
    pub account: AccountId,
    /// The region that was asked.
    pub region: String,
    /// When; checks compare ages against it.
    pub at: EpochMs,
}

impl Place {
    /// A regional ARN: `arn:<partition>:<service>:<region>:<account>:<rest>`.
    #[must_use]
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", partition_of(&self.region), self.region, self.account)
    }

    /// An ARN without a region: `arn:<partition>:<service>::<account>:<rest>`.
    #[must_use]
    pub fn global_arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}::{}:{rest}", partition_of(&self.region), self.account)
    }

    /// A bucket's ARN, which names neither region nor account.
    #[must_use]
    pub fn bucket_arn(&self, name: &str) -> String {
        format!("arn:{}:s3:::{name}", partition_of(&self.region))
    }

    /// The account itself, for checks that judge a setting of it.
    #[must_use]
    pub fn account_arn(&self) -> String {
        self.global_arn("iam", "root")
    }

    /// Whole days between an instant and now; negative when it lies ahead.
    #[must_use]
    pub fn days_since(&self, instant: EpochMs) -> i64 {
        self.at.0.saturating_sub(instant.0).div_euclid(86_400_000)
    }
}
