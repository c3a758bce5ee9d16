//! Decisions. Entry type: [`Principal`].

use crate::condition::{Context, met};
use crate::document::{Effect, Matching, Policy, Principals, Statement};
use crate::wildcard::matches;

/// In whose favour a condition counts whose key is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Allows count, denials do not: the most that somebody could reach.
    Allows,
    /// Denials count, allows do not: what can be relied on.
    Denies,
}

/// What a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allowed,
    /// A statement takes it.
    ExplicitlyDenied,
    /// Nothing gives it, or a boundary or session does not.
    NotAllowed,
}

/// Whose request it is.
#[derive(Debug, Clone, Default)]
pub struct Principal {
    /// Its own policies, inline and attached: one of them has to allow.
    pub identity: Vec<Policy>,
    /// The most it may ever do; has to allow too.
    pub boundary: Option<Policy>,
    /// What its session was cut to; where there are any, one has to allow too.
    pub session: Vec<Policy>,
    /// Policies of the organisation; every one has to allow too.
    pub organization: Vec<Policy>,
}

/// What a set of policies says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Denies,
    Allows,
    Nothing,
}

impl Principal {
    /// What a request gets. An action by its full name, a resource by its ARN (`*` for actions without one).
    #[must_use]
    pub fn decide(&self, action: &str, resource: &str, context: &Context, doubt: Doubt) -> Decision {
        let say = |policies: &[Policy]| says(policies, action, resource, context, doubt);
        let own = say(&self.identity);
        let boundary = self.boundary.as_ref().map(|b| say(std::slice::from_ref(b)));
        let session = (!self.session.is_empty()).then(|| say(&self.session));
        let organization = self.organization.iter().map(|p| say(std::slice::from_ref(p)));
        let all: Vec<Says> = [Some(own), boundary, session].into_iter().flatten().chain(organization).collect();
        if all.contains(&Says::Denies) {
            Decision::ExplicitlyDenied
        } else if all.iter().all(|s| *s == Says::Allows) {
            Decision::Allowed
        } else {
            Decision::NotAllowed
        }
    }

    /// Every pattern of resources that some policy of its own gives something on.
    pub(crate) fn given_resources(&self) -> impl Iterator<Item = &String> {
        let statements = self.identity.iter().flat_map(|p| &p.statements).filter(|s| s.effect == Effect::Allow);
        statements.flat_map(|s| match &s.resource {
            Matching::Any(patterns) => patterns.as_slice(),
            _ => &[],
        })
    }
}

fn says(policies: &[Policy], action: &str, resource: &str, context: &Context, doubt: Doubt) -> Says {
    let mut said = Says::Nothing;
    for statement in policies.iter().flat_map(|p| &p.statements) {
        if !touches(statement, action, resource, context, doubt) {
            continue;
        }
        match statement.effect {
            Effect::Deny => return Says::Denies,
            Effect::Allow => said = Says::Allows,
        }
    }
    said
}

/// Whether a statement is about a request.
fn touches(statement: &Statement, action: &str, resource: &str, context: &Context, doubt: Doubt) -> bool {
    let lower = action.to_ascii_lowercase();
    let by_action = match &statement.action {
        Matching::Any(patterns) => patterns.iter().any(|p| matches(&p.to_ascii_lowercase(), &lower)),
        Matching::NoneOf(patterns) => !patterns.iter().any(|p| matches(&p.to_ascii_lowercase(), &lower)),
        Matching::Absent => false,
    };
    if !by_action {
        return false;
    }
    let unknown = match (statement.effect, doubt) {
        (Effect::Allow, Doubt::Allows) | (Effect::Deny, Doubt::Denies) => true,
        (Effect::Allow, Doubt::Denies) | (Effect::Deny, Doubt::Allows) => false,
    };
    // A pattern with a variable that is not known may or may not match.
    let hit = |pattern: &String| context.filled(pattern).map(|p| matches(&p, resource));
    let by_resource = match &statement.resource {
        Matching::Any(patterns) => patterns.iter().any(|p| hit(p).unwrap_or(unknown)),
        Matching::NoneOf(patterns) => !patterns.iter().any(|p| hit(p).unwrap_or(!unknown)),
        // A trust policy stands on its role.
        Matching::Absent => true,
    };
    by_resource && met(statement, context).unwrap_or(unknown)
}

/// Whether a role's trust policy lets a principal in.
pub(crate) fn trusts(trust: &Policy, role: &str, caller: &str, context: &Context, doubt: Doubt) -> bool {
    let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
    let named = |(kind, name): &(String, String)| {
        let root = name.strip_suffix(":root").map(account).or_else(|| (name.len() == 12).then(|| name.clone()));
        name == "*" || (kind == "AWS" && (name == caller || root.is_some_and(|a| a == account(caller))))
    };
    let mut allowed = false;
    for statement in &trust.statements {
        let about = match &statement.principal {
            Principals::Named(names) => names.iter().any(named),
            Principals::NotNamed(names) => !names.iter().any(named),
            Principals::Absent => false,
        };
        if about && touches(statement, "sts:AssumeRole", role, context, doubt) {
            match statement.effect {
                Effect::Deny => return false,
                Effect::Allow => allowed = true,
            }
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(statements: &str) -> Policy {
        Policy::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)).unwrap()
    }

    fn decide(principal: &Principal, action: &str, resource: &str) -> Decision {
        principal.decide(action, resource, &Context::closed(), Doubt::Denies)
    }

    #[test]
    fn a_denial_goes_before_everything_wherever_it_stands() {
        let allow = policy(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
        let deny = policy(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#);
        let plain = Principal { identity: vec![allow.clone()], ..Principal::default() };
        assert_eq!(decide(&plain, "iam:CreateUser", "*"), Decision::Allowed);
        for denied in [
            Principal { identity: vec![allow.clone(), deny.clone()], ..Principal::default() },
            Principal { boundary: Some(deny.clone()), ..plain.clone() },
            Principal { session: vec![deny.clone()], ..plain.clone() },
            Principal { organization: vec![deny.clone()], ..plain.clone() },
        ] {
            assert_eq!(decide(&denied, "iam:CreateUser", "*"), Decision::ExplicitlyDenied);
            assert_eq!(decide(&denied, "s3:GetObject", "*"), Decision::Allowed);
        }
    }

    #[test]
    fn boundary_session_and_organisation_have_to_allow_too() {
        let all = policy(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
        let some = policy(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#);
        let plain = Principal { identity: vec![all], ..Principal::default() };
        for cut in [
            Principal { boundary: Some(some.clone()), ..plain.clone() },
            Principal { session: vec![some.clone()], ..plain.clone() },
            Principal { organization: vec![some.clone()], ..plain.clone() },
        ] {
            assert_eq!(decide(&cut, "ec2:RunInstances", "*"), Decision::NotAllowed);
            assert_eq!(decide(&cut, "s3:GetObject", "*"), Decision::Allowed);
        }
    }

    #[test]
    fn inverted_elements_take_everything_else() {
        let role = Principal {
            identity: vec![policy(r#"{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:aws:s3:::secret/*"}"#)],
            ..Principal::default()
        };
        assert_eq!(decide(&role, "lambda:InvokeFunction", "arn:aws:lambda:r:1:function:f"), Decision::Allowed);
        assert_eq!(decide(&role, "IAM:PassRole", "*"), Decision::NotAllowed, "actions have no case");
        assert_eq!(decide(&role, "s3:GetObject", "arn:aws:s3:::secret/k"), Decision::NotAllowed);
    }

    #[test]
    fn doubt_counts_for_the_side_it_is_given_to() {
        let when =
            policy(r#"{"Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}}"#);
        let role = Principal { identity: vec![when], ..Principal::default() };
        assert_eq!(role.decide("a:B", "*", &Context::default(), Doubt::Allows), Decision::Allowed);
        assert_eq!(role.decide("a:B", "*", &Context::default(), Doubt::Denies), Decision::NotAllowed);
        let unless = policy(
            r#"{"Effect": "Allow", "Action": "a:B", "Resource": "*"}, {"Effect": "Deny", "Action": "a:B", "Resource": "arn:${aws:username}"}"#,
        );
        let role = Principal { identity: vec![unless], ..Principal::default() };
        assert_eq!(role.decide("a:B", "arn:eve", &Context::default(), Doubt::Allows), Decision::Allowed);
        assert_eq!(role.decide("a:B", "arn:eve", &Context::default(), Doubt::Denies), Decision::ExplicitlyDenied);
    }

    proptest! {
        #[test]
        fn more_cuts_never_give_more(action in "(s3|iam):(Get|Put)[A-C]", resource in "arn:[ab]", cut in "(s3|iam|\\*):?(Get)?\\*") {
            let all = policy(r#"{"Effect": "Allow", "Action": ["s3:*", "iam:GetA"], "Resource": "*"}"#);
            let cut = Policy::allowing(&[cut]);
            let plain = Principal { identity: vec![all], ..Principal::default() };
            let less = Principal { boundary: Some(cut.clone()), session: vec![cut], ..plain.clone() };
            if decide(&less, &action, &resource) == Decision::Allowed {
                prop_assert_eq!(decide(&plain, &action, &resource), Decision::Allowed);
            }
        }
    }
}
