//! Roles held in a scope. Entry types: [`Grant`], [`RoleScope`].
//!
//! A directory group grants a role everywhere (`operator`) or in a scope (`operator@env:dev`, `approver@account:222222222222`,
//! `operator@ou:payments/core`, `operator@service:ec2`, `approver@env:prod+operation:ec2.stop_instances`).
//!
//! Invariant: a group that is not written exactly like this grants nothing.
//!
//! ```
//! use domain::{Grant, Role};
//! let grant = Grant::of_group("operator@env:dev+service:ec2").unwrap();
//! assert_eq!((grant.role, grant.scope.as_str()), (Role::Operator, "env:dev+service:ec2"));
//! assert!(Grant::of_group("operator@env:production").is_none());
//! ```

use crate::{
    account::{AccountId, Environment},
    operation::OperationId,
    person::Role,
};

/// The tag of an account that names its organisational unit, as a path (`payments/core`).
pub const OU_TAG: &str = "aiops:ou";

/// Where a role holds: `*`, a place (`account:`, `env:`, `ou:`), a kind of work (`service:`, `operation:`), or `place+work`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleScope(String);

impl RoleScope {
    /// Everywhere.
    #[must_use]
    pub fn everywhere() -> Self {
        Self("*".to_owned())
    }

    /// Reads a scope as a group writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good = match text.split_once('+') {
            Some((place, work)) => is_place(place) && is_work(work),
            None => text == "*" || is_place(text) || is_work(text),
        };
        good.then(|| Self(text.to_owned()))
    }

    /// As a group writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every scope that covers an operation in an account, the widest first. `ou` is the account's path, outermost unit first.
    #[must_use]
    pub fn covering(account: &AccountId, environment: Environment, ou: Option<&str>, operation: &OperationId) -> Vec<String> {
        let service = operation.as_str().split('.').next().unwrap_or_default();
        // Joined rather than formatted: every decision of the rules asks for this list.
        let work = [["service:", service].concat(), ["operation:", operation.as_str()].concat()];
        let mut places = vec![["account:", account.as_str()].concat(), ["env:", environment.as_str()].concat()];
        let ou = ou.filter(|path| is_place(&["ou:", path].concat()));
        let mut unit = String::from("ou:");
        for part in ou.into_iter().flat_map(|path| path.split('/')) {
            if !unit.ends_with(':') {
                unit.push('/');
            }
            unit.push_str(part);
            places.push(unit.clone());
        }
        let mut all = vec!["*".to_owned()];
        all.extend(places.iter().flat_map(|place| work.iter().map(move |w| [place.as_str(), "+", w].concat())));
        all.extend(places);
        all.extend(work);
        all
    }

    /// Whether a scope is one of [`Self::covering`], found without writing these down.
    #[must_use]
    pub fn is_covering(scope: &str, account: &AccountId, environment: Environment, ou: Option<&str>, operation: &OperationId) -> bool {
        let within = |unit: &str| {
            let path = ou.filter(|path| is_place(&["ou:", path].concat()));
            path.and_then(|path| path.strip_prefix(unit)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let place = |text: &str| match text.split_once(':') {
            Some(("account", id)) => id == account.as_str(),
            Some(("env", name)) => name == environment.as_str(),
            Some(("ou", unit)) => within(unit),
            _ => false,
        };
        let work = |text: &str| match text.split_once(':') {
            Some(("service", name)) => Some(name) == operation.as_str().split('.').next(),
            Some(("operation", id)) => id == operation.as_str(),
            _ => false,
        };
        match scope.split_once('+') {
            Some((left, right)) => place(left) && work(right),
            None => scope == "*" || place(scope) || work(scope),
        }
    }
}

impl std::fmt::Display for RoleScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_place(text: &str) -> bool {
    match text.split_once(':') {
        Some(("account", id)) => AccountId::parse(id).is_ok(),
        Some(("env", name)) => [Environment::Dev, Environment::Staging, Environment::Prod].iter().any(|e| e.as_str() == name),
        Some(("ou", path)) => {
            let unit = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            path.len() <= 100 && path.split('/').count() <= 6 && path.split('/').all(unit)
        }
        _ => false,
    }
}

fn is_work(text: &str) -> bool {
    match text.split_once(':') {
        Some(("service", name)) => !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
        Some(("operation", id)) => OperationId::parse(id).is_ok(),
        _ => false,
    }
}

/// A role and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub scope: RoleScope,
}

impl Grant {
    /// A role that holds everywhere.
    #[must_use]
    pub fn everywhere(role: Role) -> Self {
        Self { role, scope: RoleScope::everywhere() }
    }

    /// What a directory group grants; other groups mean nothing here.
    #[must_use]
    pub fn of_group(group: &str) -> Option<Self> {
        let (role, scope) = match group.split_once('@') {
            Some((role, scope)) if scope != "*" => (role, RoleScope::parse(scope)?),
            Some(_) => return None,
            None => (group, RoleScope::everywhere()),
        };
        Role::of_group(role).map(|role| Self { role, scope })
    }
}

/// The roles that grants give as such: operators and approvers wherever they hold them (the rules look at the scope), the others only
/// when they are held everywhere, because nothing looks at the scope of reading or administering yet.
#[must_use]
pub fn roles_of(grants: &[Grant]) -> Vec<Role> {
    let scoped = |role: Role| matches!(role, Role::Operator | Role::Approver);
    let mut roles: Vec<Role> = grants.iter().filter(|g| scoped(g.role) || g.scope == RoleScope::everywhere()).map(|g| g.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_not_written_exactly_grant_nothing() {
        for bad in [
            "Operator",
            "operator@",
            "operator@*",
            "operator@env:production",
            "operator@account:22222222222",
            "operator@ou:a//b",
            "operator@service:EC2",
            "operator@service:ec2+env:dev",
            "operator@env:dev+env:prod",
            "operator@env:dev+service:ec2+service:rds",
            "root@env:dev",
            "operator@operation:ec2",
        ] {
            assert!(Grant::of_group(bad).is_none(), "{bad}");
        }
        for good in
            ["viewer", "operator@ou:payments/core", "approver@operation:ec2.stop_instances", "operator@account:222222222222+service:rds"]
        {
            assert!(Grant::of_group(good).is_some(), "{good}");
        }
    }

    #[test]
    fn a_scoped_administrator_viewer_or_auditor_is_none() {
        let grants: Vec<Grant> = ["operator@env:dev", "approver@service:ec2", "administrator@env:dev", "viewer@env:dev", "auditor@env:dev"]
            .iter()
            .map(|g| Grant::of_group(g).unwrap())
            .collect();
        assert_eq!(roles_of(&grants), [Role::Operator, Role::Approver]);
        assert_eq!(roles_of(&[Grant::everywhere(Role::Administrator)]), [Role::Administrator]);
    }

    #[test]
    fn every_scope_that_covers_an_operation_is_one_that_a_group_can_grant() {
        let account = AccountId::parse("222222222222").unwrap();
        let operation = OperationId::parse("ec2.stop_instances").unwrap();
        let all = RoleScope::covering(&account, Environment::Dev, Some("payments/core"), &operation);
        assert!(all.iter().all(|scope| RoleScope::parse(scope).is_some()), "{all:?}");
        for scope in ["*", "env:dev", "ou:payments", "ou:payments/core", "ou:payments+service:ec2", "operation:ec2.stop_instances"] {
            assert!(all.iter().any(|s| s == scope), "{scope}");
        }
        assert!(!all.iter().any(|s| s.contains("prod") || s.contains("rds")));
        let odd = RoleScope::covering(&account, Environment::Dev, Some("a//b"), &operation);
        assert!(!odd.iter().any(|s| s.starts_with("ou:")));
    }

    #[test]
    fn what_is_covering_is_what_the_list_says() {
        let operation = OperationId::parse("ec2.stop_instances").unwrap();
        let operations = [operation.clone(), OperationId::parse("rds.reboot_instance").unwrap()];
        let accounts = ["222222222222", "999999999999"].map(|id| AccountId::parse(id).unwrap());
        let ous = [None, Some("payments"), Some("payments/core"), Some("pay"), Some("a//b"), Some(""), Some("/"), Some("x+y")];
        let environments = [Environment::Dev, Environment::Staging, Environment::Prod];
        let mut places = Vec::new();
        for account in &accounts {
            places.extend(environments.iter().flat_map(|e| ous.iter().map(move |ou| (account, *e, *ou))));
        }
        let mut scopes: Vec<String> = Vec::new();
        for (account, environment, ou) in &places {
            scopes.extend(operations.iter().flat_map(|operation| RoleScope::covering(account, *environment, *ou, operation)));
        }
        let odd = [
            "",
            "+",
            "*+*",
            "*+service:ec2",
            "ou:",
            "ou:pay",
            "ou:payments/",
            "ou:payments/cor",
            "ou:a",
            "ou:a//b",
            "env:",
            "env",
            "service:",
            "operation:ec2",
            "service:ec2+env:dev",
            "env:dev+service:ec2+x",
            "account:222222222222+",
            "ou:+service:ec2",
            "ou:x+y",
        ];
        scopes.extend(odd.map(str::to_owned));
        scopes.sort();
        scopes.dedup();
        assert!(scopes.len() > 60, "{}", scopes.len());
        for (account, environment, ou) in places {
            let all = RoleScope::covering(account, environment, ou, &operation);
            for scope in &scopes {
                let found = RoleScope::is_covering(scope, account, environment, ou, &operation);
                assert_eq!(found, all.contains(scope), "{scope} {account} {environment:?} {ou:?}");
            }
        }
    }
}
