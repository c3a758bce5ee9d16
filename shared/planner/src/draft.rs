//! The plan itself. Entry type: [`draft`].
//!
//! Invariant: everything in a plan is an argument of [`draft`]; equal arguments make equal digests.

use domain::{
    Account, EpochMs, OperationId, Params, PersonId, Plan, PlanId, PlannedTarget, Risk, Undo, account::is_region, ids::IncidentId,
    plan::PLAN_SCHEMA, text::inert,
};

use crate::account::PlanError;

/// What a plan is made of.
#[derive(Debug, Clone)]
pub struct DraftInput {
    /// Its id.
    pub id: PlanId,
    /// The account as registered now.
    pub account: Account,
    /// The region in which the targets were found.
    pub region: String,
    /// The operation.
    pub operation: OperationId,
    /// Its risk by the catalogue.
    pub risk: Risk,
    /// Checked parameters.
    pub params: Params,
    /// Proposed targets.
    pub targets: Vec<PlannedTarget>,
    /// How it is taken back.
    pub undo: Undo,
    /// Everyone who chose targets or parameters.
    pub authors: Vec<PersonId>,
    /// The incident it is for.
    pub incident: Option<IncidentId>,
    /// The rules' version.
    pub policy_version: String,
    /// Now.
    pub now: EpochMs,
    /// How long the plan stands, in seconds.
    pub ttl_seconds: i64,
}

/// Makes the plan: targets unique and sorted by ARN, authors unique and sorted.
///
/// # Errors
/// [`PlanError::TargetMissing`].
pub fn draft(input: DraftInput) -> Result<Plan, PlanError> {
    let DraftInput {
        id,
        account,
        region,
        operation,
        risk,
        params,
        mut targets,
        undo,
        mut authors,
        incident,
        policy_version,
        now,
        ttl_seconds,
    } = input;
    targets.sort_by(|a, b| a.arn.cmp(&b.arn));
    targets.dedup_by(|a, b| a.arn == b.arn);
    authors.sort();
    authors.dedup();
    if targets.is_empty() {
        return Err(PlanError::TargetMissing);
    }
    Ok(Plan {
        schema: PLAN_SCHEMA,
        id,
        account: account.id,
        account_name: account.name,
        environment: account.environment,
        region,
        operation,
        risk,
        params,
        targets,
        undo,
        authors,
        narrowed_by: Vec::new(),
        incident,
        policy_version,
        created_at: now,
        expires_at: now.plus_seconds(ttl_seconds),
    })
}

/// The regions in which targets are looked for: the one written, or all of the account's.
///
/// # Errors
/// [`PlanError::RegionUnknown`] when the written region is not one of the account's.
pub fn regions_to_search(account: &Account, written: Option<&str>) -> Result<Vec<String>, PlanError> {
    match written {
        None => Ok(account.regions.clone()),
        Some(region) if is_region(region) && account.regions.iter().any(|r| r == region) => Ok(vec![region.to_owned()]),
        Some(region) => {
            Err(PlanError::RegionUnknown { region: inert(region, 32), account: account.name.clone(), known: account.regions.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Autonomy, Environment};

    use super::*;

    fn target(n: u8) -> PlannedTarget {
        PlannedTarget {
            id: format!("i-{n}"),
            arn: format!("arn:{n}"),
            before: Default::default(),
            after: Default::default(),
            restores: Default::default(),
        }
    }

    fn input(targets: Vec<PlannedTarget>) -> DraftInput {
        DraftInput {
            id: PlanId::generate(EpochMs(5), 5),
            account: Account {
                id: AccountId::parse("222222222222").unwrap(),
                name: "dev".into(),
                environment: Environment::Dev,
                owner: "t".into(),
                regions: vec!["us-east-1".into(), "eu-west-1".into()],
                tags: Default::default(),
                autonomy: Autonomy::Tiered,
            },
            region: "us-east-1".into(),
            operation: OperationId::parse("ec2.stop_instances").unwrap(),
            risk: Risk::R2,
            params: Params::new(),
            targets,
            undo: Undo::Restores,
            authors: vec![PersonId::parse("alice").unwrap(), PersonId::parse("alice").unwrap()],
            incident: None,
            policy_version: "tiers.v1".into(),
            now: EpochMs(1000),
            ttl_seconds: 60,
        }
    }

    #[test]
    fn order_and_repetition_of_targets_do_not_change_the_plan() {
        let one = draft(input(vec![target(2), target(1), target(2)])).unwrap();
        let two = draft(input(vec![target(1), target(2)])).unwrap();
        assert_eq!(one.digest().unwrap(), two.digest().unwrap());
        assert_eq!(one.authors.len(), 1);
        assert_eq!(one.expires_at, EpochMs(61_000));
    }

    #[test]
    fn a_plan_without_targets_does_not_exist() {
        assert_eq!(draft(input(vec![])).unwrap_err(), PlanError::TargetMissing);
    }

    #[test]
    fn only_the_accounts_own_regions_are_searched() {
        let account = input(vec![]).account;
        assert_eq!(regions_to_search(&account, None).unwrap().len(), 2);
        assert_eq!(regions_to_search(&account, Some("eu-west-1")).unwrap(), ["eu-west-1"]);
        assert!(regions_to_search(&account, Some("ap-south-1")).is_err());
    }
}
