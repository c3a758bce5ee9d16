//! Known ways to more rights. Entry type: [`Fleet`].
//!
//! A way is a set of actions that together let their owner take rights that were not given to them. It is open to a role
//! when every action of it is allowed, to the role itself or to a role that it can become, on some resource. Conditions
//! whose keys are not known count for the attacker, and actions of several roles add up: what is reported closed is closed.
//!
//! Becoming a role of the fleet is no escalation by itself (that is how the fleet works, and that role's rights are counted
//! to whoever can become it); becoming any other role is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::condition::Context;
use crate::document::{Policy, PolicyError};
use crate::evaluate::{Decision, Doubt, Principal, trusts};
use crate::template::Role;
use crate::wildcard::matches;

/// One known way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Its name.
    pub id: String,
    /// The actions that it takes, all of them.
    pub required: Vec<String>,
}

impl Path {
    /// Reads a list of `{"id": …, "required": […]}`; other fields are passed over.
    ///
    /// # Errors
    /// Another shape, or a way that takes nothing.
    pub fn read(text: &str) -> Result<Vec<Self>, PolicyError> {
        let malformed = |why: &str| PolicyError::Malformed(why.to_owned());
        let list: Value = serde_json::from_str(text)?;
        let list = list.as_array().ok_or_else(|| malformed("the ways are no list"))?;
        let one = |way: &Value| {
            let id = way.get("id").and_then(Value::as_str).ok_or_else(|| malformed("a way has no id"))?;
            let required: Option<Vec<String>> =
                way.get("required").and_then(Value::as_array).and_then(|r| r.iter().map(|a| a.as_str().map(str::to_owned)).collect());
            match required {
                Some(required) if !required.is_empty() => Ok(Self { id: id.to_owned(), required }),
                _ => Err(malformed(&format!("the way `{id}` takes no actions"))),
            }
        };
        list.iter().map(one).collect()
    }
}

/// Roles that belong together.
#[derive(Debug, Clone)]
pub struct Fleet {
    roles: Vec<Role>,
}

/// A way that is open to a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The role's ARN.
    pub role: String,
    /// The way's name.
    pub path: String,
}

impl Fleet {
    /// The roles of one or more templates.
    #[must_use]
    pub fn new(roles: Vec<Role>) -> Self {
        Self { roles }
    }

    /// The roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Every way that is open to some role.
    #[must_use]
    pub fn open(&self, paths: &[Path]) -> Vec<Open> {
        let mut found = Vec::new();
        for role in &self.roles {
            let principals: Vec<&Principal> = self.reach(role).into_iter().map(|r| &r.principal).collect();
            let open = paths.iter().filter(|p| p.required.iter().all(|a| principals.iter().any(|who| self.can(who, a))));
            found.extend(open.map(|p| Open { role: role.arn.clone(), path: p.id.clone() }));
        }
        found
    }

    /// The roles that a role can become, itself included.
    #[must_use]
    pub fn reach<'a>(&'a self, from: &'a Role) -> Vec<&'a Role> {
        let mut seen = BTreeSet::from([from.arn.clone()]);
        let mut found = vec![from];
        let mut next = 0;
        while let Some(caller) = found.get(next).copied() {
            next += 1;
            for role in &self.roles {
                let context = Context::default();
                let may = caller.principal.decide("sts:AssumeRole", &role.arn, &context, Doubt::Allows) == Decision::Allowed;
                if may && trusts(&role.trust, &role.arn, &caller.arn, &context, Doubt::Allows) && seen.insert(role.arn.clone()) {
                    found.push(role);
                }
            }
        }
        found
    }

    /// Whether a principal may do something on some resource, other than becoming a role of the fleet.
    fn can(&self, who: &Principal, action: &str) -> bool {
        let partition = self.roles.first().and_then(|r| r.arn.split(':').nth(1)).unwrap_or("aws");
        let strangers = ["iam::999999999999:role/Admin", "iam::999999999999:user/admin", "x:x:999999999999:x/x"];
        let probes: Vec<String> = strangers.iter().map(|s| format!("arn:{partition}:{s}")).collect();
        let given: BTreeSet<String> = who.given_resources().map(|pattern| example(pattern)).collect();
        given.iter().chain(&probes).map(String::as_str).chain(["*"]).any(|resource| {
            let own = action.eq_ignore_ascii_case("sts:AssumeRole") && self.is_own(resource);
            !own && who.decide(action, resource, &Context::default(), Doubt::Allows) == Decision::Allowed
        })
    }

    /// Whether a resource is a role of the fleet, in whatever account.
    fn is_own(&self, arn: &str) -> bool {
        let name = |arn: &str| arn.split_once(":role/").map(|(_, name)| name.to_owned());
        name(arn).is_some_and(|wanted| self.roles.iter().any(|r| name(&r.arn).as_ref() == Some(&wanted)))
    }
}

/// A resource that a pattern matches.
fn example(pattern: &str) -> String {
    let made = pattern.replace(['*', '?'], "x");
    if matches(pattern, &made) { made } else { pattern.to_owned() }
}

/// A role that holds exactly the actions of a way: a check of the check.
#[must_use]
pub fn control(path: &Path) -> Role {
    Role {
        id: path.id.clone(),
        arn: format!("arn:{}:iam::999999999999:role/control-{}", "aws", path.id),
        trust: Policy::default(),
        principal: Principal { identity: vec![Policy::allowing(&path.required)], ..Principal::default() },
        documents: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(id: &str, required: &[&str]) -> Path {
        Path { id: id.to_owned(), required: required.iter().map(|a| (*a).to_owned()).collect() }
    }

    fn role(name: &str, trust: &str, identity: &str) -> Role {
        Role {
            id: name.to_owned(),
            arn: format!("arn:aws:iam::111122223333:role/{name}"),
            trust: Policy::parse(trust).unwrap(),
            principal: Principal { identity: vec![Policy::parse(identity).unwrap()], ..Principal::default() },
            documents: Vec::new(),
        }
    }

    const NOBODY: &str = r#"{"Statement": []}"#;

    #[test]
    fn a_way_needs_all_its_actions() {
        let both = path("both", &["iam:PassRole", "ec2:RunInstances"]);
        let open = |actions: &str| {
            let identity = format!(r#"{{"Statement": [{{"Effect": "Allow", "Action": {actions}, "Resource": "*"}}]}}"#);
            Fleet::new(vec![role("r", NOBODY, &identity)]).open(std::slice::from_ref(&both)).len()
        };
        assert_eq!(open(r#"["iam:Pass*", "ec2:*"]"#), 1);
        assert_eq!(open(r#"["iam:PassRole"]"#), 0);
        assert_eq!(Fleet::new(vec![control(&both)]).open(&[both]).len(), 1);
    }

    #[test]
    fn rights_of_a_role_that_can_be_become_add_up() {
        let first = r#"{"Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "iam:PassRole"], "Resource": "arn:aws:iam::*:role/second"}]}"#;
        let trust = r#"{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/first"}, "Action": "sts:AssumeRole"}]}"#;
        let second = r#"{"Statement": [{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}"#;
        let ways = [path("run", &["iam:PassRole", "ec2:RunInstances"]), path("become", &["sts:AssumeRole"])];
        let fleet = Fleet::new(vec![role("first", NOBODY, first), role("second", trust, second)]);
        let open = fleet.open(&ways);
        assert_eq!(
            open,
            [Open { role: "arn:aws:iam::111122223333:role/first".into(), path: "run".into() }],
            "becoming one of us is no escalation by itself"
        );
        let closed = Fleet::new(vec![role("first", NOBODY, first), role("second", NOBODY, second)]);
        assert_eq!(closed.open(&ways), [], "who is not trusted does not get in");
        let stranger = r#"{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/*"}]}"#;
        assert_eq!(Fleet::new(vec![role("first", NOBODY, stranger)]).open(&ways).len(), 1);
    }

    #[test]
    fn a_condition_that_is_not_known_counts_for_the_attacker() {
        let identity = r#"{"Statement": [{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/x*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}"#;
        assert_eq!(Fleet::new(vec![role("r", NOBODY, identity)]).open(&[path("key", &["iam:CreateAccessKey"])]).len(), 1);
    }

    #[test]
    fn ways_are_read_or_refused() {
        let ways = Path::read(r#"[{"id": "a", "name": "x", "required": ["iam:PassRole"]}]"#).unwrap();
        assert_eq!(ways, [path("a", &["iam:PassRole"])]);
        assert!(Path::read(r#"[{"id": "a", "required": []}]"#).is_err());
        assert!(Path::read("{}").is_err());
    }
}
