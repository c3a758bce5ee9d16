//! Policy documents of other people's accounts, read with suspicion. Entry type: [`Document`].
//!
//! Invariant: what cannot be read is a [`Gap`], never an empty policy; a condition that is not understood does not make
//! a statement harmless.
//!
//! ```
//! let text = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#;
//! assert!(checks::document::Document::parse("s3:GetBucketPolicy", text).unwrap().public().is_some());
//! ```

use serde_json::Value;

use crate::gap::{Gap, Seen};

/// One statement, lists flattened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// Its name, where it has one.
    pub sid: String,
    /// Whether it gives.
    pub allow: bool,
    /// Action patterns, lower case; empty where `NotAction` is used.
    pub actions: Vec<String>,
    /// Whether `NotAction` is used: everything but.
    pub not_action: bool,
    /// Resource patterns; `*` where `NotResource` is used.
    pub resources: Vec<String>,
    /// Principals of the kind AWS, or `*`.
    pub principals: Vec<String>,
    /// Operator, key (lower case), values.
    pub conditions: Vec<(String, String, Vec<String>)>,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// Condition keys that confine a statement for everyone to somebody.
const CONFINING: &[&str] = &[
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "aws:username",
    "aws:sourceip",
    "kms:calleraccount",
    "lambda:eventsourcetoken",
    "s3:dataaccesspointaccount",
];

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        Some(Value::Bool(b)) => vec![b.to_string()],
        Some(Value::Number(n)) => vec![n.to_string()],
        _ => Vec::new(),
    }
}

impl Document {
    /// Reads a policy; `action` names where it came from.
    ///
    /// # Errors
    /// [`Gap`] when it is not a policy.
    pub fn parse(action: &str, text: &str) -> Seen<Self> {
        let malformed = || Gap::incomplete(action, "a policy document that can be read");
        let value: Value = serde_json::from_str(text).map_err(|_| malformed())?;
        let statements = match value.get("Statement") {
            Some(Value::Array(many)) => many.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => return Err(malformed()),
        };
        let statements = statements.into_iter().map(|s| statement(s).ok_or_else(malformed)).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }

    /// The first statement that lets everyone in, with nothing that confines it.
    #[must_use]
    pub fn public(&self) -> Option<&Statement> {
        self.statements.iter().find(|s| s.allow && s.principals.iter().any(|p| p == "*") && !s.is_confined())
    }

    /// Whether requests without TLS are denied for everyone and every object of a bucket.
    #[must_use]
    pub fn denies_plain_http(&self, bucket_arn: &str) -> bool {
        let objects = format!("{bucket_arn}/*");
        self.statements.iter().any(|s| {
            let all = s.actions.iter().any(|a| a == "*" || a == "s3:*");
            let covers = |arn: &str| s.resources.iter().any(|r| like(r, arn));
            let plain = s.conditions.len() == 1
                && s.conditions.iter().any(|(operator, key, values)| {
                    operator.eq_ignore_ascii_case("bool") && key == "aws:securetransport" && values.iter().any(|v| v == "false")
                });
            !s.allow && s.principals.iter().any(|p| p == "*") && all && covers(&objects) && plain
        })
    }

    /// Whether one statement gives every action on everything.
    #[must_use]
    pub fn is_full_admin(&self) -> bool {
        self.statements.iter().any(|s| {
            s.allow
                && s.conditions.is_empty()
                && (s.actions.iter().any(|a| a == "*" || a == "*:*") || (s.not_action && s.actions.is_empty()))
                && s.resources.iter().any(|r| r == "*")
        })
    }

    /// Whether an action is given on more than one named resource and not taken again without a condition.
    #[must_use]
    pub fn gives(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let hit = |s: &&Statement| s.actions.iter().any(|a| like(a, &action)) != s.not_action;
        let given = self.statements.iter().filter(|s| s.allow).filter(hit).any(|s| s.resources.iter().any(|r| r.contains('*')));
        let taken =
            self.statements.iter().filter(|s| !s.allow && s.conditions.is_empty() && s.resources.iter().any(|r| r == "*")).any(|s| hit(&s));
        given && !taken
    }

    /// Principals outside `account` that may assume the role without an ExternalId or an organisation as a condition.
    #[must_use]
    pub fn unguarded_outsiders(&self, account: &str) -> Vec<String> {
        let assume = |s: &&Statement| s.allow && s.actions.iter().any(|a| like(a, "sts:assumerole"));
        let guarded = |s: &&Statement| {
            s.conditions.iter().any(|(operator, key, values)| {
                positive(operator)
                    && !values.iter().any(|v| v == "*")
                    && ["sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"].contains(&key.as_str())
            })
        };
        let outside = |p: &String| {
            let id = p.split(':').nth(4).unwrap_or(p);
            p == "*" || (id != account && id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))
        };
        let open = self.statements.iter().filter(assume).filter(|s| !guarded(s));
        open.flat_map(|s| s.principals.iter().filter(|p| outside(p)).cloned()).collect()
    }
}

impl Statement {
    /// Whether a condition confines it to somebody.
    #[must_use]
    pub fn is_confined(&self) -> bool {
        self.conditions.iter().any(|(operator, key, values)| {
            // `arn:<partition>:*` and the like name nobody either.
            let any_arn = |v: &str| v.starts_with("arn:") && v.split(':').nth(2).is_some_and(|service| service.starts_with('*'));
            let open = |v: &String| v == "*" || v == "0.0.0.0/0" || v == "::/0" || any_arn(v);
            let iam_url = key == "lambda:functionurlauthtype" && values.iter().all(|v| v == "AWS_IAM");
            positive(operator) && !values.is_empty() && !values.iter().any(open) && (CONFINING.contains(&key.as_str()) || iam_url)
        })
    }
}

/// Operators that demand the value to be there and to fit.
fn positive(operator: &str) -> bool {
    let operator = operator.to_ascii_lowercase();
    let base = operator.strip_prefix("forallvalues:").map_or(operator.as_str(), |_| "forallvalues");
    let base = base.strip_prefix("foranyvalue:").unwrap_or(base);
    ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"].contains(&base)
}

fn statement(value: &Value) -> Option<Statement> {
    let effect = value.get("Effect")?.as_str()?;
    let not_action = value.get("NotAction").is_some();
    let actions = strings(value.get("Action").or_else(|| value.get("NotAction")));
    let resources = if value.get("NotResource").is_some() { vec!["*".to_owned()] } else { strings(value.get("Resource")) };
    let principals = match value.get("Principal") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Object(kinds)) => strings(kinds.get("AWS")),
        // Everyone but somebody.
        None if value.get("NotPrincipal").is_some() && effect == "Allow" => vec!["*".to_owned()],
        _ => Vec::new(),
    };
    let mut conditions = Vec::new();
    if let Some(Value::Object(operators)) = value.get("Condition") {
        for (operator, keys) in operators {
            for (key, values) in keys.as_object()? {
                conditions.push((operator.clone(), key.to_ascii_lowercase(), strings(Some(values))));
            }
        }
    }
    Some(Statement {
        sid: value.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned(),
        allow: effect == "Allow",
        actions: actions.into_iter().map(|a| a.to_ascii_lowercase()).collect(),
        not_action,
        resources,
        principals,
        conditions,
    })
}

/// IAM's pattern: `*` any run, `?` one character.
#[must_use]
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some(p);
                mark = t;
                p += 1;
            }
            Some(c) if *c == b'?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some(back) = star else { return false };
                p = back + 1;
                mark += 1;
                t = mark;
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(statement: &str) -> Document {
        Document::parse("test", &format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)).unwrap()
    }

    #[test]
    fn everyone_is_public_unless_a_condition_confines_it() {
        assert!(doc(r#"{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"s3:*","Resource":"*"}"#).public().is_some());
        assert!(
            doc(r#"{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::1:root"},"Action":"s3:*","Resource":"*"}"#).public().is_some()
        );
        let with = |c: &str| {
            doc(&format!(r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{c}}}"#)).public().is_some()
        };
        assert!(!with(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}"#));
        assert!(!with(r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}"#));
        for open in [
            r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/0"]}}"#,
            r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-abc"}}"#,
            r#"{"StringLike":{"aws:PrincipalArn":"*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws-cn:*"}}"#,
            r#"{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}"#,
            r#"{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-abc"}}"#,
            r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        ] {
            assert!(with(open), "{open}");
        }
    }

    #[test]
    fn plain_http_is_denied_only_by_an_unconditional_deny_over_all_objects() {
        let arn = "arn:aws:s3:::b";
        let deny = |resource: &str, extra: &str| {
            doc(&format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":{resource},"Condition":{{"Bool":{{"aws:SecureTransport":"false"}}{extra}}}}}"#
            ))
            .denies_plain_http(arn)
        };
        assert!(deny(r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#, ""));
        assert!(!deny(r#""arn:aws:s3:::b/private/*""#, ""));
        assert!(!deny(r#""arn:aws:s3:::b/*""#, r#","StringEquals":{"aws:PrincipalAccount":"1"}"#));
    }

    #[test]
    fn outsiders_need_an_external_id() {
        let trust = |p: &str, c: &str| {
            doc(&format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{p}"}},"Action":"sts:AssumeRole","Condition":{c}}}"#))
        };
        assert_eq!(trust("arn:aws:iam::999999999999:root", "{}").unguarded_outsiders("222222222222").len(), 1);
        assert_eq!(trust("999999999999", "{}").unguarded_outsiders("222222222222").len(), 1);
        assert!(trust("arn:aws:iam::222222222222:root", "{}").unguarded_outsiders("222222222222").is_empty());
        let guarded = r#"{"StringEquals":{"sts:ExternalId":"x"}}"#;
        assert!(trust("arn:aws:iam::999999999999:root", guarded).unguarded_outsiders("222222222222").is_empty());
    }

    #[test]
    fn patterns_match_as_iam_does() {
        assert!(like("s3:Get*", "s3:GetObject") && like("*", "") && like("a?c", "abc") && like("a*b*c", "axxbyyc"));
        assert!(!like("s3:Get", "s3:GetObject") && !like("a?c", "ac") && !like("", "a"));
    }

    #[test]
    fn not_action_gives_everything_else() {
        let document = doc(r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#);
        assert!(document.gives("lambda:CreateFunction") && !document.gives("iam:PassRole"));
    }

    #[test]
    fn what_is_no_policy_is_a_gap() {
        for text in ["", "[]", "{}", r#"{"Statement":[{"Action":"x"}]}"#, r#"{"Statement":"x"}"#] {
            assert!(Document::parse("t", text).is_err(), "{text}");
        }
    }
}
