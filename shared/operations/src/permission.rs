//! What the member's roles need. Entry functions: [`read_permissions`], [`write_permissions`], [`read_statements`], [`write_statements`].
//!
//! Invariant: derived from [`crate::all`] and nothing else, so that `infra/permissions` can be generated and held against the code.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    all,
    operation::{Direction, Operation},
};

/// One statement of an identity policy; `${AWS::Partition}` and `${AWS::AccountId}` are left to CloudFormation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct IamStatement {
    /// Statement id.
    pub sid: String,
    /// Always `Allow`.
    pub effect: &'static str,
    /// IAM actions, sorted.
    pub action: Vec<&'static str>,
    /// Resource patterns, sorted.
    pub resource: Vec<String>,
}

/// Actions of both directions of one operation, each once.
#[must_use]
pub fn write_actions(operation: &dyn Operation) -> BTreeSet<&'static str> {
    [Direction::Forward, Direction::Back].into_iter().flat_map(|d| operation.actions(d).iter().copied()).collect()
}

/// Every action the read role needs.
#[must_use]
pub fn read_permissions() -> BTreeSet<&'static str> {
    all().iter().flat_map(|operation| operation.read_actions().iter().copied()).collect()
}

/// Every action the operate role needs.
#[must_use]
pub fn write_permissions() -> BTreeSet<&'static str> {
    all().iter().flat_map(|operation| write_actions(*operation)).collect()
}

/// The read role's statement: describing and listing knows no resources, so the resource is `*`.
#[must_use]
pub fn read_statements() -> Vec<IamStatement> {
    vec![IamStatement {
        sid: "ReadTargets".to_owned(),
        effect: "Allow",
        action: read_permissions().into_iter().collect(),
        resource: vec!["*".to_owned()],
    }]
}

/// The operate role's statements, one for each kind of resource; none has the resource `*`.
#[must_use]
pub fn write_statements() -> Vec<IamStatement> {
    let mut by_resource: BTreeMap<String, (String, BTreeSet<&'static str>)> = BTreeMap::new();
    for operation in all() {
        let (_, actions) = by_resource.entry(resource_pattern(*operation)).or_insert_with(|| (sid(*operation), BTreeSet::new()));
        actions.extend(write_actions(*operation));
    }
    by_resource
        .into_iter()
        .map(|(resource, (sid, actions))| IamStatement {
            sid,
            effect: "Allow",
            action: actions.into_iter().collect(),
            resource: vec![resource],
        })
        .collect()
}

/// All resources of the operation's kind in the account that the role belongs to.
fn resource_pattern(operation: &dyn Operation) -> String {
    let shape = operation.shape();
    let place = if shape.regional { "*:${AWS::AccountId}" } else { ":" };
    format!("arn:${{AWS::Partition}}:{}:{place}:{}*", shape.service, shape.prefix)
}

/// Letters and digits of service and kind (`OperateEc2SecurityGroup`).
fn sid(operation: &dyn Operation) -> String {
    let kind = operation.shape().prefix.split([':', '/']).next().unwrap_or_default();
    let words = format!("operate {} {kind}", operation.shape().service);
    let mut out = String::new();
    for word in words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()) {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.extend(letters);
    }
    out
}
