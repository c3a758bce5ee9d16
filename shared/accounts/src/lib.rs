//! Credentials for a member account, and nothing else may assume a role.
//!
//! Entry type: [`MemberAccess`]. Invariants: a configuration handed out holds the member's temporary credentials
//! and nothing else, so a failed AssumeRole is an error and never a call with the hub's own; the account in the
//! answer is compared with the account that was asked for; write sessions carry a session policy.
//!
//! ```no_run
//! # async fn demo(config: &aws_config::SdkConfig, account: &domain::Account) -> Result<(), accounts::AccessError> {
//! let access = accounts::MemberAccess::new(config, accounts::Roles { read: "aiops-read".into(), operate: "aiops-operate".into(), external_id: "…".into() });
//! let read = access.read(account, "us-east-1", &accounts::Tags { plan: None, people: "alice".into() }).await?;
//! # Ok(()) }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::time::{Duration, SystemTime};

use aws_config::{Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_sts::{
    error::{ProvideErrorMetadata, SdkError},
    types::{PolicyDescriptorType, Tag},
};
use domain::{Account, PlanId, Text, WireError, account::partition_of};

/// The longest inline session policy in characters
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>, `Policy`).
pub const SESSION_POLICY_MAX_CHARS: usize = 2048;

/// How the member roles are called and what they ask for.
#[derive(Debug, Clone)]
pub struct Roles {
    /// Name of the role that only reads.
    pub read: String,
    /// Name of the role that carries out operations.
    pub operate: String,
    /// The ExternalId both demand.
    pub external_id: String,
}

/// Session tags: they end up in the member's CloudTrail.
#[derive(Debug, Clone)]
pub struct Tags {
    /// The plan, where there is one.
    pub plan: Option<PlanId>,
    /// Who asked, comma-separated.
    pub people: String,
}

/// A member account cannot be entered. Nothing was called there.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// STS refused.
    #[error("role `{role}` of account `{account}` refuses the fleet")]
    Denied {
        /// The account's name and id.
        account: String,
        /// The role's ARN.
        role: String,
        /// What STS said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// STS did not answer, or asked to slow down.
    #[error("STS did not answer for role `{role}` of account `{account}`")]
    Unavailable {
        /// The account's name and id.
        account: String,
        /// The role's ARN.
        role: String,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// STS answered for another account or without credentials.
    #[error("STS answered with `{got}` where account `{account}` was asked for")]
    WrongAccount {
        /// The account's name and id.
        account: String,
        /// What came back.
        got: String,
    },
    /// The session policy is longer than AWS takes.
    #[error("the session policy has {chars} characters; AWS takes {SESSION_POLICY_MAX_CHARS}")]
    PolicyTooLong {
        /// Its length.
        chars: usize,
    },
}

impl AccessError {
    /// The error as it travels; names account and role.
    #[must_use]
    pub fn wire(&self) -> WireError {
        match self {
            Self::Denied { account, role, .. } => WireError::new(
                "Accounts.Denied",
                Text::new(
                    format!(
                        "Account {account} does not let the fleet in: role {role} refused AssumeRole. Nothing was done. Check the member stack, its ExternalId and its trust."
                    ),
                    format!(
                        "账户 {account} 不允许平台进入：角色 {role} 拒绝了 AssumeRole。没有执行任何操作。请检查成员堆栈、ExternalId 和信任策略。"
                    ),
                ),
            ),
            Self::Unavailable { account, role, .. } => WireError::new(
                "Accounts.Unavailable",
                Text::new(
                    format!("STS did not answer for role {role} of account {account}. Nothing was done; try again."),
                    format!("STS 未响应账户 {account} 的角色 {role}。没有执行任何操作，请重试。"),
                ),
            ),
            Self::WrongAccount { account, got } => WireError::new(
                "Accounts.Refused",
                Text::new(
                    format!("STS answered with `{got}` where account {account} was asked for. Nothing was done."),
                    format!("请求的是账户 {account}，STS 却返回 `{got}`。没有执行任何操作。"),
                ),
            ),
            Self::PolicyTooLong { chars } => WireError::new(
                "Accounts.Refused",
                Text::new(
                    format!("The session policy has {chars} characters, more than AWS takes. Nothing was done."),
                    format!("会话策略有 {chars} 个字符，超过 AWS 上限。没有执行任何操作。"),
                ),
            ),
        }
    }
}

/// How often entering an account is tried; a refusal is not repeated.
const ENTRY_ATTEMPTS: u32 = 5;

/// Enters member accounts from the hub.
#[derive(Debug, Clone)]
pub struct MemberAccess {
    sts: aws_sdk_sts::Client,
    base: SdkConfig,
    roles: Roles,
}

impl MemberAccess {
    /// From the hub function's own configuration.
    #[must_use]
    pub fn new(hub: &SdkConfig, roles: Roles) -> Self {
        // All accounts are entered through this client; adaptive retries would hold every later entry back once one was throttled.
        let sts = hub.to_builder().retry_config(RetryConfig::standard().with_max_attempts(ENTRY_ATTEMPTS)).build();
        Self { sts: aws_sdk_sts::Client::new(&sts), base: hub.clone(), roles }
    }

    /// A configuration that reads in a member account.
    ///
    /// # Errors
    /// [`AccessError`]; there is no fallback.
    pub async fn read(&self, account: &Account, region: &str, tags: &Tags) -> Result<SdkConfig, AccessError> {
        self.assume(account, region, &self.roles.read, tags, None).await
    }

    /// A configuration that carries out one operation on the resources of `session_policy`.
    ///
    /// # Errors
    /// [`AccessError`]; there is no fallback.
    pub async fn operate(&self, account: &Account, region: &str, tags: &Tags, session_policy: &str) -> Result<SdkConfig, AccessError> {
        self.assume(account, region, &self.roles.operate, tags, Some(session_policy)).await
    }

    async fn assume(
        &self,
        account: &Account,
        region: &str,
        role: &str,
        tags: &Tags,
        policy: Option<&str>,
    ) -> Result<SdkConfig, AccessError> {
        let label = format!("`{}` ({})", account.name, account.id);
        let role_arn = format!("arn:{}:iam::{}:role/{role}", partition_of(region), account.id);
        if let Some(policy) = policy.filter(|p| p.chars().count() > SESSION_POLICY_MAX_CHARS) {
            return Err(AccessError::PolicyTooLong { chars: policy.chars().count() });
        }
        let session_name = tags.plan.as_ref().map_or_else(|| "aiops-read".to_owned(), |p| p.as_str().to_owned());
        let mut call = self
            .sts
            .assume_role()
            .role_arn(&role_arn)
            .role_session_name(session_name)
            .external_id(&self.roles.external_id)
            .duration_seconds(900)
            .set_policy(policy.map(str::to_owned))
            .set_policy_arns(None::<Vec<PolicyDescriptorType>>);
        let mut pairs = vec![("aiops:people", tag_value(&tags.people))];
        if let Some(plan) = &tags.plan {
            pairs.push(("aiops:plan", plan.as_str().to_owned()));
        }
        for (key, value) in pairs {
            if let Ok(tag) = Tag::builder().key(key).value(value).build() {
                call = call.tags(tag);
            }
        }
        let answer = call.send().await.map_err(|e| {
            let retry = match &e {
                SdkError::ServiceError(s) => {
                    s.raw().status().is_server_error() || matches!(s.err().code(), Some("Throttling" | "ThrottlingException"))
                }
                _ => true,
            };
            let (account, role, source) = (label.clone(), role_arn.clone(), Box::new(e.into_service_error()));
            if retry { AccessError::Unavailable { account, role, source } } else { AccessError::Denied { account, role, source } }
        })?;
        let got = answer.assumed_role_user().map(|u| u.arn().to_owned()).unwrap_or_default();
        let right_account = got.split(':').nth(4) == Some(account.id.as_str());
        let Some(c) = answer.credentials().filter(|_| right_account) else {
            return Err(AccessError::WrongAccount { account: label, got });
        };
        let expires = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(c.expiration().secs()).unwrap_or(0)));
        let credentials =
            Credentials::new(c.access_key_id(), c.secret_access_key(), Some(c.session_token().to_owned()), expires, "aiops-member");
        Ok(self
            .base
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new(region.to_owned()))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(Duration::from_secs(15))
                    .operation_timeout(Duration::from_secs(25))
                    .build(),
            )
            .build())
    }
}

/// Session tag values take letters, digits, spaces and `_.:/=+-@`, at most 256.
fn tag_value(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c) { c } else { '/' }).take(256).collect()
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Autonomy, Environment};
    use testkit::{Answer, Replay};

    use super::*;

    fn account() -> Account {
        Account {
            id: AccountId::parse("222222222222").unwrap(),
            name: "dev".into(),
            environment: Environment::Dev,
            owner: "t".into(),
            regions: vec!["us-east-1".into()],
            tags: Default::default(),
            autonomy: Autonomy::Tiered,
        }
    }

    fn answer(arn: &str) -> Answer {
        Answer::new(
            200,
            format!(
                "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser><Arn>{arn}</Arn>\
                 <AssumedRoleId>X:y</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ASIAMEMBER</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                 <SessionToken>t</SessionToken><Expiration>2096-10-02T07:06:40Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            ),
        )
    }

    fn error(status: u16, code: &str) -> Answer {
        Answer::new(
            status,
            format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"),
        )
    }

    fn access(replay: &Replay) -> MemberAccess {
        let roles = Roles { read: "aiops-read".into(), operate: "aiops-operate".into(), external_id: "e-x-t".into() };
        MemberAccess::new(&replay.sdk_config("us-east-1"), roles)
    }

    fn tags() -> Tags {
        Tags { plan: None, people: "alice, 王".into() }
    }

    #[tokio::test]
    async fn the_configuration_holds_the_members_credentials_only() {
        use aws_credential_types::provider::ProvideCredentials;
        let replay = Replay::new(|_| Some(answer("arn:aws:sts::222222222222:assumed-role/aiops-read/aiops-read")));
        let config = access(&replay).read(&account(), "us-east-1", &tags()).await.unwrap();
        let keys = config.credentials_provider().unwrap().provide_credentials().await.unwrap();
        assert_eq!(keys.access_key_id(), "ASIAMEMBER");
        let sent = replay.sent();
        assert!(
            sent[0].body.contains("ExternalId=e-x-t")
                && sent[0].body.contains("222222222222%3Arole%2Faiops-read")
                && !sent[0].body.contains("&Policy=")
        );
    }

    #[tokio::test]
    async fn a_denied_role_is_an_error_that_names_account_and_role() {
        let replay = Replay::new(|_| Some(error(403, "AccessDenied")));
        let error = access(&replay).read(&account(), "us-east-1", &tags()).await.unwrap_err().wire();
        assert_eq!(error.name, "Accounts.Denied");
        assert!(error.text.en.contains("`dev` (222222222222)") && error.text.en.contains("role/aiops-read"));
    }

    #[tokio::test]
    async fn throttling_and_time_outs_may_be_retried() {
        for answer in [error(400, "Throttling"), error(500, "InternalFailure"), Answer::timed_out()] {
            let replay = Replay::new(move |_| Some(answer.clone()));
            let error = access(&replay).read(&account(), "us-east-1", &tags()).await.unwrap_err().wire();
            assert_eq!(error.name, "Accounts.Unavailable");
        }
    }

    #[tokio::test]
    async fn an_answer_for_another_account_is_refused() {
        let replay = Replay::new(|_| Some(answer("arn:aws:sts::999999999999:assumed-role/aiops-read/x")));
        assert!(matches!(access(&replay).read(&account(), "us-east-1", &tags()).await, Err(AccessError::WrongAccount { .. })));
    }

    #[tokio::test]
    async fn a_session_policy_that_does_not_fit_is_refused_not_cut() {
        let replay = Replay::new(|_| None);
        let long = "x".repeat(SESSION_POLICY_MAX_CHARS + 1);
        assert!(matches!(access(&replay).operate(&account(), "us-east-1", &tags(), &long).await, Err(AccessError::PolicyTooLong { .. })));
        assert!(replay.sent().is_empty());
    }
}
