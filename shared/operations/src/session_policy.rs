//! Session policies: what a member session may do, cut to this operation's actions on this plan's resources.
//!
//! Entry function: [`session_policy`]. Invariants: every policy fits AWS's limit; every target is in exactly one batch;
//! what cannot be scoped to a resource is refused and never widened to `*`.

use domain::PlannedTarget;

use crate::{
    error::OperationError,
    operation::{Direction, Operation, Scope},
};

/// The longest inline session policy in characters (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>, `Policy`).
pub const SESSION_POLICY_MAX_CHARS: usize = 2048;

/// One session: a policy and the targets it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The inline session policy.
    pub policy_json: String,
    /// Positions in the list of targets that was given, ascending.
    pub targets: Vec<usize>,
}

/// Cuts targets into sessions whose policies fit.
///
/// # Errors
/// [`OperationError::NotScopable`] when one target alone does not fit or its ARN cannot stand in a policy.
pub fn session_policy(
    operation: &dyn Operation,
    direction: Direction,
    scope: &Scope,
    targets: &[PlannedTarget],
) -> Result<Vec<Batch>, OperationError> {
    let actions = operation.actions(direction);
    let mut batches: Vec<Batch> = Vec::new();
    let mut resources: Vec<String> = Vec::new();
    let mut members: Vec<usize> = Vec::new();
    for (position, target) in targets.iter().enumerate() {
        let wanted = operation.policy_resources(scope, target)?;
        let unscoped = || OperationError::NotScopable { arn: domain::text::inert(&target.arn, 200) };
        if actions.is_empty() || wanted.is_empty() || wanted.iter().any(|r| r == "*") || !fits(actions, &wanted) {
            return Err(unscoped());
        }
        let mut joined = resources.clone();
        joined.extend(wanted.iter().filter(|r| !resources.contains(r)).cloned());
        if fits(actions, &joined) {
            resources = joined;
        } else {
            batches.push(Batch { policy_json: render(actions, &resources), targets: std::mem::take(&mut members) });
            resources = wanted;
        }
        members.push(position);
    }
    if !members.is_empty() {
        batches.push(Batch { policy_json: render(actions, &resources), targets: members });
    }
    Ok(batches)
}

fn fits(actions: &[&str], resources: &[String]) -> bool {
    render(actions, resources).chars().count() <= SESSION_POLICY_MAX_CHARS
}

fn render(actions: &[&str], resources: &[String]) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resources }],
    })
    .to_string()
}
