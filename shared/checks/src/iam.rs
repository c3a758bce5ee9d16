//! Users, keys, roles and policies; once an account. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: a user whose login, keys or MFA could not be read is unknown for the checks that need them.

use domain::EpochMs;

use crate::{
    check::{
        Category::Security,
        Check, Judgement,
        Severity::{Critical, High, Medium},
        Verdict, each, each_where, fail_if, observed, or_gap,
    },
    document::Document,
    escalation,
    gap::Seen,
    place::Place,
    resource::Resource,
};

/// What the account says about its root user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// Access keys of the root user.
    pub access_keys: i32,
    /// Whether it has MFA.
    pub mfa: bool,
}

/// An access key.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// Whether it is active.
    pub active: bool,
    /// When it was made.
    pub created_at: EpochMs,
    /// When it was last used; `None` when never.
    pub last_used_at: Seen<Option<EpochMs>>,
}

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created_at: EpochMs,
    /// When its password was last used; `None` when never.
    pub password_used_at: Option<EpochMs>,
    /// Whether it has a console password.
    pub console: Seen<bool>,
    /// Number of MFA devices.
    pub mfa_devices: Seen<usize>,
    /// Its keys.
    pub keys: Seen<Vec<Key>>,
}

/// A policy that the customer wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its default version as JSON.
    pub document: Seen<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who may assume it, as JSON.
    pub trust: String,
}

/// The account's password policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Shortest password.
    pub min_length: i32,
    /// How many old passwords may not be used again.
    pub reuse: i32,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The root user.
    pub root: Seen<Root>,
    /// Users.
    pub users: Seen<Vec<User>>,
    /// Customer-managed policies.
    pub policies: Seen<Vec<Policy>>,
    /// Roles.
    pub roles: Seen<Vec<Role>>,
    /// The password policy; `None` when there is none.
    pub password_policy: Seen<Option<PasswordPolicy>>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, _: &Place) -> Vec<Resource> {
        let users = self.users.iter().flatten().map(|u| Resource::new(u.arn.clone(), "user", &u.name));
        let roles = self.roles.iter().flatten().map(|r| Resource::new(r.arn.clone(), "role", &r.name));
        let policies = self.policies.iter().flatten().map(|x| Resource::new(x.arn.clone(), "policy", &x.name));
        users.chain(roles).chain(policies).collect()
    }

    fn account(&self, p: &Place, judge: impl FnOnce(&Self) -> Verdict) -> Vec<Judgement> {
        vec![Judgement { arn: p.account_arn(), verdict: judge(self) }]
    }

    fn users(&self, p: &Place, judge: impl Fn(&User) -> Verdict) -> Vec<Judgement> {
        each(&self.users, p, |u| u.arn.clone(), judge)
    }

    fn documents(&self, p: &Place, judge: impl Fn(&Document) -> Verdict) -> Vec<Judgement> {
        each(&self.policies, p, |x| x.arn.clone(), |x| judge(&Document::parse("iam:GetPolicyVersion", or_gap(&x.document)?)?))
    }
}

/// Days after which a key should have been rotated (Security Hub IAM.3).
const KEY_DAYS: i64 = 90;
/// Days after which a credential is unused (Security Hub IAM.22).
const UNUSED_DAYS: i64 = 45;

/// What names a key to its owner without being the key's id.
fn ending(id: &str) -> String {
    let tail: Vec<char> = id.chars().rev().take(4).collect();
    format!("…{}", tail.iter().rev().collect::<String>())
}

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("iam_root_access_key_present", Security, Critical, |f: &Facts, p| {
        f.account(p, |f| {
            let keys = or_gap(&f.root)?.access_keys;
            fail_if(keys > 0, || observed([("root_access_keys", keys)]))
        })
    })
    .says(
        ("The root user has an access key", "根用户有访问密钥"),
        ("Whoever holds it can do everything, and nothing can hold it back.", "持有者可执行任何操作，且无法限制。"),
        ("Delete it; use roles.", "删除该密钥，改用角色。"),
    )
    .known_as(&["SecurityHub:IAM.4", "Prowler:iam_no_root_access_key"])
    .needs(&["iam:GetAccountSummary"]),
    Check::new("iam_root_mfa_off", Security, Critical, |f: &Facts, p| {
        f.account(p, |f| {
            let mfa = or_gap(&f.root)?.mfa;
            fail_if(!mfa, || observed([("root_mfa", mfa)]))
        })
    })
    .says(
        ("The root user has no MFA", "根用户未启用 MFA"),
        ("A password alone opens the whole account.", "仅凭密码就能打开整个账户。"),
        ("Register a hardware key for the root user, or remove root credentials centrally.", "为根用户登记硬件密钥，或集中移除根凭证。"),
    )
    .known_as(&["SecurityHub:IAM.9", "Prowler:iam_root_mfa_enabled"])
    .needs(&["iam:GetAccountSummary"]),
    Check::new("iam_user_console_without_mfa", Security, High, |f: &Facts, p| {
        f.users(p, |u| {
            if !*or_gap(&u.console)? {
                return Ok(None);
            }
            let devices = *or_gap(&u.mfa_devices)?;
            fail_if(devices == 0, || observed([("mfa_devices", devices)]))
        })
    })
    .says(
        ("User signs in to the console without MFA", "用户登录控制台未启用 MFA"),
        ("A stolen password is enough.", "密码被盗即可登录。"),
        ("Register MFA, or move people to single sign-on.", "登记 MFA，或改用单点登录。"),
    )
    .known_as(&["SecurityHub:IAM.5", "Prowler:iam_user_mfa_enabled_console_access"])
    .needs(&["iam:ListUsers", "iam:GetLoginProfile", "iam:ListMFADevices"]),
    Check::new("iam_key_old", Security, Medium, |f: &Facts, p| {
        f.users(p, |u| {
            let keys = or_gap(&u.keys)?;
            let oldest = keys.iter().filter(|k| k.active).min_by_key(|k| k.created_at);
            let Some((key, days)) = oldest.map(|k| (k, p.days_since(k.created_at))) else { return Ok(None) };
            fail_if(days > KEY_DAYS, || observed([("access_key", ending(&key.id)), ("age_days", days.to_string())]))
        })
    })
    .says(
        ("Access key is older than 90 days", "访问密钥超过 90 天未轮换"),
        ("The longer a key lives, the more places hold a copy.", "密钥存在越久，副本越多。"),
        ("Rotate it; better, use a role.", "轮换密钥；最好改用角色。"),
    )
    .fixed_by("iam.deactivate_access_key")
    .known_as(&["SecurityHub:IAM.3", "Prowler:iam_rotate_access_key_90_days"])
    .needs(&["iam:ListUsers", "iam:ListAccessKeys"]),
    Check::new("iam_user_credential_unused", Security, Medium, |f: &Facts, p| {
        f.users(p, |u| {
            let stale = |used: Option<EpochMs>, made: EpochMs| {
                let days = p.days_since(used.unwrap_or(made));
                (days > UNUSED_DAYS).then_some(days)
            };
            if let Some(days) = or_gap(&u.console)?.then(|| stale(u.password_used_at, u.created_at)).flatten() {
                return Ok(Some(observed([("credential", "password".to_owned()), ("unused_days", days.to_string())])));
            }
            for key in or_gap(&u.keys)?.iter().filter(|k| k.active) {
                if let Some(days) = stale(*or_gap(&key.last_used_at)?, key.created_at) {
                    return Ok(Some(observed([("credential", ending(&key.id)), ("unused_days", days.to_string())])));
                }
            }
            Ok(None)
        })
    })
    .says(
        ("User has a credential that nobody uses", "用户有长期未用的凭证"),
        ("Nobody notices when somebody else uses it.", "被他人盗用也无人察觉。"),
        ("Deactivate it; delete it when nobody asks for it.", "先停用，无人需要后删除。"),
    )
    .fixed_by("iam.deactivate_access_key")
    .known_as(&["SecurityHub:IAM.22", "Prowler:iam_user_accesskey_unused", "Prowler:iam_user_console_access_unused"])
    .needs(&["iam:ListUsers", "iam:GetLoginProfile", "iam:ListAccessKeys"]),
    Check::new("iam_policy_full_admin", Security, High, |f: &Facts, p| {
        f.documents(p, |d| fail_if(d.is_full_admin(), || observed([("action", "*"), ("resource", "*")])))
    })
    .says(
        ("Customer policy gives every action on everything", "客户策略授予全部权限"),
        ("Whoever has it owns the account.", "拥有该策略即拥有整个账户。"),
        ("Name the actions that are needed.", "改为列出实际需要的操作。"),
    )
    .known_as(&["SecurityHub:IAM.1", "Prowler:iam_customer_attached_policy_no_administrative_privileges"])
    .needs(&["iam:ListPolicies", "iam:GetPolicyVersion"]),
    Check::new("iam_policy_escalation_path", Security, High, |f: &Facts, p| {
        f.documents(p, |d| {
            if d.is_full_admin() {
                return Ok(None);
            }
            Ok(escalation::path(d).map(|actions| observed([("actions", actions.join("+"))])))
        })
    })
    .says(
        ("Customer policy lets its holder take more rights", "客户策略存在提权路径"),
        ("With these actions a principal makes itself an administrator.", "借助这些操作可将自己提升为管理员。"),
        ("Confine the actions to named resources, or add a permissions boundary.", "将操作限定到具体资源，或设置权限边界。"),
    )
    .likely()
    .known_as(&["Prowler:iam_policy_allows_privilege_escalation"])
    .needs(&["iam:ListPolicies", "iam:GetPolicyVersion"]),
    Check::new("iam_role_trust_without_external_id", Security, High, |f: &Facts, p| {
        each_where(
            &f.roles,
            p,
            |r| !r.arn.contains(":role/aws-service-role/"),
            |r| r.arn.clone(),
            |r| {
                let outsiders = Document::parse("iam:ListRoles", &r.trust)?.unguarded_outsiders(p.account.as_str());
                Ok(outsiders.first().map(|who| observed([("principal", who)])))
            },
        )
    })
    .says(
        ("Role trusts another account without ExternalId", "角色信任其他账户但未要求 ExternalId"),
        ("A third party can be tricked into using it for somebody else.", "第三方可能被诱导代他人使用该角色（混淆代理）。"),
        ("Demand an ExternalId, or the organisation, in its trust policy.", "在信任策略中要求 ExternalId 或组织 ID。"),
    )
    .likely()
    .known_as(&["Prowler:iam_role_cross_account_readonlyaccess_policy"])
    .needs(&["iam:ListRoles"]),
    Check::new("iam_account_password_policy_weak", Security, Medium, |f: &Facts, p| {
        f.account(p, |f| {
            let Some(policy) = or_gap(&f.password_policy)? else { return Ok(Some(observed([("password_policy", "none")]))) };
            fail_if(policy.min_length < 14, || observed([("min_length", policy.min_length), ("reuse_prevention", policy.reuse)]))
        })
    })
    .says(
        ("Passwords may be shorter than 14 characters", "密码策略允许少于 14 位"),
        ("Short passwords are guessed.", "短密码容易被猜出。"),
        ("Set a minimum of 14 characters.", "将最短长度设为 14。"),
    )
    .known_as(&["SecurityHub:IAM.15", "Prowler:iam_password_policy_minimum_length_14"])
    .needs(&["iam:GetAccountPasswordPolicy"]),
];
