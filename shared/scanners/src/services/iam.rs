//! Users, keys, roles, policies, once an account. Entry type: [`Iam`].

use async_trait::async_trait;
use aws_sdk_iam::types::{PolicyScopeType, SummaryKeyType};
use checks::{
    Gap,
    iam::{self, CHECKS, Facts},
};
use domain::EpochMs;
use futures_util::{StreamExt as _, stream};

use crate::{Look, Scanner, ServiceReport, client, text};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct Iam;

const SUMMARY: &str = "iam:GetAccountSummary";
const PASSWORD_POLICY: &str = "iam:GetAccountPasswordPolicy";
const USERS: &str = "iam:ListUsers";
const LOGIN: &str = "iam:GetLoginProfile";
const MFA: &str = "iam:ListMFADevices";
const KEYS: &str = "iam:ListAccessKeys";
const KEY_USE: &str = "iam:GetAccessKeyLastUsed";
const POLICIES: &str = "iam:ListPolicies";
const POLICY: &str = "iam:GetPolicyVersion";
const ROLES: &str = "iam:ListRoles";

/// Users or policies that are looked at concurrently.
const AT_ONCE: usize = 4;

#[async_trait]
impl Scanner for Iam {
    fn service(&self) -> &'static str {
        "iam"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[KEY_USE, PASSWORD_POLICY, SUMMARY, LOGIN, POLICY, KEYS, MFA, POLICIES, ROLES, USERS]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_iam);
    let users = look
        .list(USERS, client.list_users().into_paginator().send(), |page, all| {
            all.extend(page.users.iter().map(|u| iam::User {
                name: u.user_name().to_owned(),
                arn: u.arn().to_owned(),
                created_at: text::instant(u.create_date()),
                password_used_at: u.password_last_used().map(text::instant),
                console: Err(Gap::not_asked(LOGIN)),
                mfa_devices: Err(Gap::not_asked(MFA)),
                keys: Err(Gap::not_asked(KEYS)),
            }));
        })
        .await;
    let roles = look
        .list(ROLES, client.list_roles().into_paginator().send(), |page, all| {
            all.extend(page.roles.iter().map(|r| iam::Role {
                name: r.role_name().to_owned(),
                arn: r.arn().to_owned(),
                trust: text::percent_decoded(r.assume_role_policy_document().unwrap_or_default()),
            }));
        })
        .await;
    let mut facts = Facts {
        root: Err(Gap::not_asked(SUMMARY)),
        users,
        policies: Err(Gap::not_asked(POLICIES)),
        roles,
        password_policy: Err(Gap::not_asked(PASSWORD_POLICY)),
    };
    if look.is_full() {
        details(look, &client, &mut facts).await;
    }
    facts
}

async fn details(look: &Look, client: &aws_sdk_iam::Client, facts: &mut Facts) {
    facts.root = match look.call(SUMMARY, client.get_account_summary().send()).await {
        Err(gap) => Err(gap),
        Ok(answer) => {
            let value = |key: SummaryKeyType| answer.summary_map().and_then(|m| m.get(&key).copied());
            match (value(SummaryKeyType::AccountAccessKeysPresent), value(SummaryKeyType::AccountMfaEnabled)) {
                (Some(access_keys), Some(mfa)) => Ok(iam::Root { access_keys, mfa: mfa > 0 }),
                _ => Err(Gap::incomplete(SUMMARY, "the root user's keys and MFA")),
            }
        }
    };
    let policy = client.get_account_password_policy().send();
    let policy = look.call_or_none(PASSWORD_POLICY, &["NoSuchEntity", "NoSuchEntityException"], policy).await;
    facts.password_policy = policy.map(|answer| {
        answer.and_then(|a| a.password_policy).map(|p| iam::PasswordPolicy {
            min_length: p.minimum_password_length().unwrap_or(0),
            reuse: p.password_reuse_prevention().unwrap_or(0),
        })
    });
    let policies = client.list_policies().scope(PolicyScopeType::Local).into_paginator().send();
    let policies = look
        .list(POLICIES, policies, |page, all| {
            let line = |p: aws_sdk_iam::types::Policy| Some((p.policy_name.unwrap_or_default(), p.arn?, p.default_version_id?));
            all.extend(page.policies.unwrap_or_default().into_iter().filter_map(line));
        })
        .await;
    facts.policies = match policies {
        Err(gap) => Err(gap),
        Ok(policies) => {
            let documents = stream::iter(policies.into_iter().map(|(name, arn, version)| async move {
                let call = client.get_policy_version().policy_arn(&arn).version_id(version).send();
                let document = match look.call(POLICY, call).await {
                    Err(gap) => Err(gap),
                    Ok(answer) => answer
                        .policy_version
                        .and_then(|v| v.document)
                        .map(|d| text::percent_decoded(&d))
                        .ok_or_else(|| Gap::incomplete(POLICY, "the document")),
                };
                iam::Policy { name, arn, document }
            }));
            Ok(documents.buffered(AT_ONCE).collect().await)
        }
    };
    if let Ok(users) = std::mem::replace(&mut facts.users, Ok(Vec::new())).map_err(|gap| facts.users = Err(gap)) {
        let looks = stream::iter(users.into_iter().map(|user| credentials(look, client, user)));
        facts.users = Ok(looks.buffered(AT_ONCE).collect().await);
    }
}

async fn credentials(look: &Look, client: &aws_sdk_iam::Client, mut user: iam::User) -> iam::User {
    let login = client.get_login_profile().user_name(&user.name).send();
    let login = look.call_or_none(LOGIN, &["NoSuchEntity", "NoSuchEntityException"], login).await;
    user.console = login.map(|answer| answer.is_some());
    user.mfa_devices = look
        .list(MFA, client.list_mfa_devices().user_name(&user.name).into_paginator().send(), |page, all| all.extend(page.mfa_devices))
        .await
        .map(|devices| devices.len());
    let keys = look
        .list(KEYS, client.list_access_keys().user_name(&user.name).into_paginator().send(), |page, all| {
            all.extend(page.access_key_metadata);
        })
        .await;
    user.keys = match keys {
        Err(gap) => Err(gap),
        Ok(keys) => {
            let mut all = Vec::with_capacity(keys.len());
            for key in keys {
                let id = key.access_key_id().unwrap_or_default().to_owned();
                let call = client.get_access_key_last_used().access_key_id(&id).send();
                let last_used_at = look
                    .call(KEY_USE, call)
                    .await
                    .map(|answer| answer.access_key_last_used().and_then(|u| u.last_used_date()).map(text::instant));
                all.push(iam::Key {
                    id,
                    active: key.status().is_some_and(|s| s.as_str() == "Active"),
                    created_at: key.create_date().map_or(EpochMs(0), text::instant),
                    last_used_at,
                });
            }
            Ok(all)
        }
    };
    user
}
