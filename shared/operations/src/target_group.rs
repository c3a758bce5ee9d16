//! Load-balancer target groups and who is healthy in them. Entry function: [`memberships`].
//!
//! Invariant: every page is read; where there are more groups than one preview may ask about, that is an error, not a shorter list.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{TargetHealthStateEnum, TargetTypeEnum};

use crate::{
    error::{OperationError, read_error},
    observe::ReadClients,
    operation::Membership,
};

/// IAM actions of [`memberships`].
pub(crate) const DESCRIBE_GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
/// IAM actions of [`memberships`].
pub(crate) const DESCRIBE_HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";

/// More groups than this in one VPC are not asked one by one.
const MAX_GROUPS: usize = 200;

/// Who may be registered: one resource with the VPC it is in and the ids under which target groups know it.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The VPC.
    pub(crate) vpc: Option<String>,
    /// Instance id and private addresses.
    pub(crate) ids: Vec<String>,
}

/// For each candidate, the groups in which it is registered.
///
/// # Errors
/// A failed read, or more groups than can be asked.
pub(crate) async fn memberships(clients: &ReadClients, candidates: &[Candidate]) -> Result<Vec<Vec<Membership>>, OperationError> {
    let vpcs: BTreeSet<&str> = candidates.iter().filter_map(|c| c.vpc.as_deref()).collect();
    let mut found: Vec<Vec<Membership>> = vec![Vec::new(); candidates.len()];
    if vpcs.is_empty() {
        return Ok(found);
    }
    let mut groups = Vec::new();
    let mut pages = clients.elb.describe_target_groups().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| read_error(DESCRIBE_GROUPS, e))?;
        for group in page.target_groups() {
            let by_address = matches!(group.target_type(), Some(TargetTypeEnum::Instance | TargetTypeEnum::Ip));
            if by_address && group.vpc_id().is_some_and(|vpc| vpcs.contains(vpc)) {
                let arn = group.target_group_arn().ok_or(OperationError::Incomplete { action: DESCRIBE_GROUPS, what: "an ARN" })?;
                groups.push((arn.to_owned(), group.target_group_name().unwrap_or(arn).to_owned()));
            }
        }
    }
    if groups.len() > MAX_GROUPS {
        return Err(OperationError::ReadRefused {
            action: DESCRIBE_HEALTH,
            code: format!("more than {MAX_GROUPS} target groups"),
            source: "too many target groups for one preview".into(),
        });
    }
    for (group_arn, group_name) in groups {
        let answer =
            clients.elb.describe_target_health().target_group_arn(&group_arn).send().await.map_err(|e| read_error(DESCRIBE_HEALTH, e))?;
        let mut registered = BTreeSet::new();
        let mut healthy = BTreeSet::new();
        for entry in answer.target_health_descriptions() {
            let Some(id) = entry.target().and_then(|t| t.id()) else { continue };
            registered.insert(id.to_owned());
            if entry.target_health().and_then(|h| h.state()) == Some(&TargetHealthStateEnum::Healthy) {
                healthy.insert(id.to_owned());
            }
        }
        for (candidate, memberships) in candidates.iter().zip(found.iter_mut()) {
            let own_ids: Vec<String> = candidate.ids.iter().filter(|id| registered.contains(*id)).cloned().collect();
            if !own_ids.is_empty() {
                memberships.push(Membership {
                    group_arn: group_arn.clone(),
                    group_name: group_name.clone(),
                    own_ids,
                    healthy: healthy.iter().cloned().collect(),
                });
            }
        }
    }
    Ok(found)
}
