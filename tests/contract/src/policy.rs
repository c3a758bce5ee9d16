//! What a hub function may do: `functions/<name>/policy.json`. Entry type: [`FunctionPolicy`].
//!
//! The file holds IAM statements with placeholders (`${LedgerTableArn}`); [`FunctionPolicy::render`] writes them
//! as the block of `infra/hub.yaml`. Invariant: a placeholder is a whole value and stands in [`PLACEHOLDERS`]; the
//! form of a statement is closed (no `NotAction`, no `NotResource`).
//!
//! ```
//! let text = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Tell", "Effect": "Allow",
//!   "Action": ["sns:Publish"], "Resource": ["${NotifyTopicArn}"]}]}"#;
//! let policy = contract::FunctionPolicy::parse("notify", text).unwrap();
//! assert!(policy.render().unwrap().contains("Resource: [!Ref NotifyTopic]"));
//! ```

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use crate::repository::pascal;

/// Placeholders and what they are in the hub template. `${LogGroupArn}` (the function's own log group) and
/// `${OrgId}` (a condition that exists only inside an organisation) are written by [`FunctionPolicy::render`].
pub const PLACEHOLDERS: [(&str, &str); 31] = [
    ("LedgerTableArn", "!GetAtt LedgerTable.Arn"),
    ("LedgerIndexArn", "!Sub \"${LedgerTable.Arn}/index/gsi1\""),
    ("LedgerStreamArn", "!GetAtt LedgerTable.StreamArn"),
    ("AuditTableArn", "!GetAtt AuditTable.Arn"),
    ("AuditStreamArn", "!GetAtt AuditTable.StreamArn"),
    ("AuditBucketArn", "!GetAtt AuditBucket.Arn"),
    ("AuditObjectsArn", "!Sub \"${AuditBucket.Arn}/*\""),
    ("SealKeyArn", "!GetAtt SealKey.Arn"),
    ("SealDeadLetterQueueArn", "!GetAtt SealDeadLetterQueue.Arn"),
    ("UserPoolArn", "!GetAtt UserPool.Arn"),
    ("ApprovalKeyArn", "!GetAtt ApprovalKey.Arn"),
    ("TokenKeyArn", "!GetAtt TokenKey.Arn"),
    // Callers name a published version.
    ("JudgePlanVersionArn", "!Sub \"${JudgePlanFunction.Arn}:*\""),
    ("NotifyTopicArn", "!Ref NotifyTopic"),
    ("NotifyDeadLetterQueueArn", "!GetAtt NotifyDeadLetterQueue.Arn"),
    ("SweepDeadLetterQueueArn", "!GetAtt SweepDeadLetterQueue.Arn"),
    ("SignalsQueueArn", "!GetAtt SignalsQueue.Arn"),
    ("ScanBucketArn", "!GetAtt ScanBucket.Arn"),
    ("ScanObjectsArn", "!Sub \"${ScanBucket.Arn}/*\""),
    // State machines by name: their definitions name the functions, whose roles these statements belong to.
    ("ConverseStateMachineArn", "!Sub \"arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${Prefix}-converse\""),
    ("ChangeStateMachineArn", "!Sub \"arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${Prefix}-change\""),
    (
        "ChangeStateMachineVersionArn",
        "!Sub \"arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${Prefix}-change:*\"",
    ),
    ("ChangeExecutionArn", "!Sub \"arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${Prefix}-change:*\""),
    (
        "InvestigateStateMachineArn",
        "!Sub \"arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${Prefix}-investigate\"",
    ),
    ("MemberReadRoleArn", "!Sub \"arn:${AWS::Partition}:iam::*:role/${Prefix}-read\""),
    ("MemberRequestRoleArn", "!Sub \"arn:${AWS::Partition}:iam::*:role/${Prefix}-request\""),
    ("MemberOperateRoleArn", "!Sub \"arn:${AWS::Partition}:iam::*:role/${Prefix}-operate\""),
    ("FoundationModelArn", "!Sub \"arn:${AWS::Partition}:bedrock:*::foundation-model/${ModelFamily}\""),
    ("InferenceProfileArn", "!Sub \"arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/*${ModelFamily}\""),
    ("LogGroupArn", ""),
    ("OrgId", "!Ref OrgId"),
];

/// Whether a statement gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Effect {
    /// Gives.
    Allow,
    /// Takes, whatever else gives.
    Deny,
}

/// One statement.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// A name for people.
    pub sid: String,
    /// Gives or takes.
    pub effect: Effect,
    /// Exact action names.
    pub action: Vec<String>,
    /// Placeholders, or `*` where the action has no resources.
    pub resource: Vec<String>,
    /// Operator → key → values.
    #[serde(default)]
    pub condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    statement: Vec<Statement>,
}

/// The policy of one hub function.
#[derive(Debug, Clone)]
pub struct FunctionPolicy {
    /// The function's directory name.
    pub function: String,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

impl FunctionPolicy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// It is malformed, a statement is named twice, or it names an unknown placeholder.
    pub fn parse(function: &str, text: &str) -> anyhow::Result<Self> {
        let document: Document = serde_json::from_str(text).with_context(|| format!("the policy of `{function}`"))?;
        ensure!(document.version == "2012-10-17", "the policy of `{function}` has another version");
        let mut sids: Vec<&str> = document.statement.iter().map(|s| s.sid.as_str()).collect();
        sids.sort_unstable();
        sids.dedup();
        ensure!(sids.len() == document.statement.len(), "the policy of `{function}` names a statement twice");
        let policy = Self { function: function.to_owned(), statements: document.statement };
        for name in policy.placeholders() {
            ensure!(PLACEHOLDERS.iter().any(|(known, _)| *known == name), "`{function}` names the unknown placeholder `{name}`");
        }
        Ok(policy)
    }

    /// The placeholders it uses, in order of appearance.
    #[must_use]
    pub fn placeholders(&self) -> Vec<String> {
        let values =
            self.statements.iter().flat_map(|s| s.resource.iter().chain(s.condition.values().flat_map(BTreeMap::values).flatten()));
        values.filter_map(|v| placeholder(v)).map(str::to_owned).collect()
    }

    /// The exact actions it gives, sorted.
    #[must_use]
    pub fn allowed_actions(&self) -> Vec<String> {
        let allowed = self.statements.iter().filter(|s| s.effect == Effect::Allow);
        let mut actions: Vec<String> = allowed.flat_map(|s| s.action.iter().cloned()).collect();
        actions.sort();
        actions.dedup();
        actions
    }

    /// Whether it lets an action through on a placeholder's resource, for a partition key where one is given.
    ///
    /// By [`iam`]'s evaluator, because the local stack does not know `dynamodb:LeadingKeys`. What is not known of the
    /// request counts for the denials.
    #[must_use]
    pub fn permits(&self, action: &str, resource: &str, leading_key: Option<&str>) -> bool {
        let mut context = iam::Context::default().with("aws:ResourceOrgID", &[&literal("${OrgId}")]);
        if let Some(key) = leading_key {
            context = context.with("dynamodb:LeadingKeys", &[key]);
        }
        let role = iam::Principal { identity: vec![self.document()], ..iam::Principal::default() };
        role.decide(action, &literal(resource), &context, iam::Doubt::Denies) == iam::Decision::Allowed
    }

    /// The policy as IAM reads it, with its placeholders as plain names.
    fn document(&self) -> iam::Policy {
        let texts = |values: &[String]| iam::Matching::Any(values.iter().map(|v| literal(v)).collect());
        let statement = |s: &Statement| iam::Statement {
            sid: s.sid.clone(),
            effect: if s.effect == Effect::Allow { iam::Effect::Allow } else { iam::Effect::Deny },
            action: texts(&s.action),
            resource: texts(&s.resource),
            principal: iam::Principals::Absent,
            condition: s
                .condition
                .iter()
                .map(|(operator, keys)| {
                    let keys = keys.iter().map(|(key, values)| (key.clone(), values.iter().map(|v| literal(v)).collect())).collect();
                    (operator.clone(), keys)
                })
                .collect(),
        };
        iam::Policy { statements: self.statements.iter().map(statement).collect() }
    }

    /// The block of the hub template: one entry of `Policies`.
    ///
    /// # Errors
    /// A placeholder is only part of a value.
    pub fn render(&self) -> anyhow::Result<String> {
        let mut out = String::new();
        writeln!(out, "- PolicyName: {}", self.function)?;
        writeln!(out, "  PolicyDocument:\n    Version: \"2012-10-17\"\n    Statement:")?;
        for statement in &self.statements {
            writeln!(out, "      - Sid: {}", statement.sid)?;
            writeln!(out, "        Effect: {:?}", statement.effect)?;
            writeln!(out, "        Action: {}", flow_list(&statement.action))?;
            let resources = statement.resource.iter().map(|r| self.value(r)).collect::<anyhow::Result<Vec<_>>>()?;
            writeln!(out, "        Resource: [{}]", resources.join(", "))?;
            self.render_condition(&mut out, statement)?;
        }
        Ok(out)
    }

    fn render_condition(&self, out: &mut String, statement: &Statement) -> anyhow::Result<()> {
        if statement.condition.is_empty() {
            return Ok(());
        }
        let mut operators = Vec::new();
        let mut optional = false;
        for (operator, keys) in &statement.condition {
            let mut pairs = Vec::new();
            for (key, values) in keys {
                optional |= values.iter().any(|v| v == "${OrgId}");
                let values = values.iter().map(|v| self.value(v)).collect::<anyhow::Result<Vec<_>>>()?;
                pairs.push(format!("\"{key}\": [{}]", values.join(", ")));
            }
            operators.push(format!("\"{operator}\": {{{}}}", pairs.join(", ")));
        }
        let condition = format!("{{{}}}", operators.join(", "));
        if optional {
            writeln!(out, "        Condition: !If [InOrganization, {condition}, !Ref AWS::NoValue]")?;
        } else {
            writeln!(out, "        Condition: {condition}")?;
        }
        Ok(())
    }

    fn value(&self, text: &str) -> anyhow::Result<String> {
        match placeholder(text) {
            Some("LogGroupArn") => Ok(format!("!GetAtt {}LogGroup.Arn", pascal(&self.function))),
            Some(name) => match PLACEHOLDERS.iter().find(|(known, _)| *known == name) {
                Some((_, yaml)) => Ok((*yaml).to_owned()),
                None => bail!("`{name}` is an unknown placeholder"),
            },
            None if text.contains("${") => bail!("`{text}`: a placeholder has to be the whole value"),
            None => Ok(format!("\"{text}\"")),
        }
    }
}

/// `${X}` → `X`, where the whole value is one placeholder.
fn placeholder(value: &str) -> Option<&str> {
    let name = value.strip_prefix("${")?.strip_suffix('}')?;
    name.chars().all(|c| c.is_ascii_alphanumeric()).then_some(name)
}

/// A placeholder as a name that holds no sign of IAM's.
fn literal(value: &str) -> String {
    placeholder(value).map_or_else(|| value.to_owned(), |name| format!("placeholder/{name}"))
}

/// A YAML flow list; values that a plain scalar cannot hold are quoted.
#[must_use]
pub fn flow_list(values: &[String]) -> String {
    let plain = |v: &String| {
        let safe = v.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_'));
        if safe { v.clone() } else { format!("\"{v}\"") }
    };
    format!("[{}]", values.iter().map(plain).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statement: &str) -> anyhow::Result<FunctionPolicy> {
        FunctionPolicy::parse("notify", &format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#))
    }

    #[test]
    fn a_deny_on_a_partition_goes_before_every_allow() {
        let both = r#"{"Sid": "A", "Effect": "Allow", "Action": ["dynamodb:PutItem"], "Resource": ["${LedgerTableArn}"]},
            {"Sid": "B", "Effect": "Deny", "Action": ["dynamodb:PutItem"], "Resource": ["${LedgerTableArn}"],
             "Condition": {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["APPROVAL#*"]}}}"#;
        let policy = policy(both).unwrap();
        assert!(policy.permits("dynamodb:PutItem", "${LedgerTableArn}", Some("PLAN#1")));
        assert!(!policy.permits("dynamodb:PutItem", "${LedgerTableArn}", Some("APPROVAL#1")));
        assert!(!policy.permits("dynamodb:PutItem", "${AuditTableArn}", Some("PLAN#1")));
    }

    #[test]
    fn unknown_placeholders_and_partial_ones_are_refused() {
        assert!(policy(r#"{"Sid": "A", "Effect": "Allow", "Action": ["a:B"], "Resource": ["${Nobody}"]}"#).is_err());
        let partial = policy(r#"{"Sid": "A", "Effect": "Allow", "Action": ["a:B"], "Resource": ["${OrgId}-x"]}"#).unwrap();
        assert!(partial.render().is_err());
    }

    #[test]
    fn forms_that_invert_a_statement_are_refused() {
        assert!(policy(r#"{"Sid": "A", "Effect": "Allow", "NotAction": ["a:B"], "Resource": ["*"]}"#).is_err());
    }

    #[test]
    fn a_condition_on_the_organisation_is_written_only_inside_one() {
        let text = r#"{"Sid": "A", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": ["${MemberReadRoleArn}"],
            "Condition": {"StringEquals": {"aws:ResourceOrgID": ["${OrgId}"]}}}"#;
        assert!(policy(text).unwrap().render().unwrap().contains("!If [InOrganization, {\"StringEquals\""));
    }
}
