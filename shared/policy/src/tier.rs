//! The default tiers (risk × environment) and how an account's autonomy shifts them. Entry type: [`tier_for`].
//!
//! Invariant: more risk or a more important environment never asks for less.

use domain::{Account, Autonomy, Environment, Risk};

/// What a plan needs before it may be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Approvals by different people who are no authors.
    pub approvals: u32,
    /// Whether each approver needs a fresh second factor.
    pub fresh_mfa: bool,
    /// Whether it may only run inside a change window (where a calendar is configured).
    pub window: bool,
}

/// The table of the operations catalogue.
#[must_use]
pub fn tier(risk: Risk, environment: Environment) -> Tier {
    let (approvals, fresh_mfa, window) = match (risk, environment) {
        (Risk::R1, Environment::Dev | Environment::Staging) | (Risk::R2, Environment::Dev) => (0, false, false),
        (Risk::R1, Environment::Prod) | (Risk::R2, Environment::Staging) | (Risk::R3, Environment::Dev) => (1, false, false),
        (Risk::R2, Environment::Prod) => (1, false, true),
        (Risk::R3, Environment::Staging) => (1, true, false),
        (Risk::R3, Environment::Prod) => (2, true, true),
    };
    Tier { approvals, fresh_mfa, window }
}

/// The table, shifted by the account's autonomy: `approval` asks at least once, `full` asks only where data,
/// availability or lock-out are at stake. `None` is shadow: nothing may run.
#[must_use]
pub fn tier_for(risk: Risk, account: &Account) -> Option<Tier> {
    let base = tier(risk, account.environment);
    match account.autonomy {
        Autonomy::Shadow => None,
        Autonomy::Approval => Some(Tier { approvals: base.approvals.max(1), ..base }),
        Autonomy::Tiered => Some(base),
        Autonomy::Full if risk < Risk::R3 => Some(Tier { approvals: 0, ..base }),
        Autonomy::Full => Some(base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RISKS: [Risk; 3] = [Risk::R1, Risk::R2, Risk::R3];
    const ENVIRONMENTS: [Environment; 3] = [Environment::Dev, Environment::Staging, Environment::Prod];

    #[test]
    fn more_risk_and_more_important_environments_never_ask_for_less() {
        let at_least = |a: Tier, b: Tier| a.approvals >= b.approvals && a.fresh_mfa >= b.fresh_mfa && a.window >= b.window;
        for environment in ENVIRONMENTS {
            for pair in RISKS.windows(2) {
                assert!(at_least(tier(pair[1], environment), tier(pair[0], environment)));
            }
        }
        for risk in RISKS {
            for pair in ENVIRONMENTS.windows(2) {
                assert!(at_least(tier(risk, pair[1]), tier(risk, pair[0])));
            }
        }
    }

    #[test]
    fn the_table_is_the_published_one() {
        let rows: Vec<String> = RISKS
            .iter()
            .flat_map(|r| ENVIRONMENTS.iter().map(move |e| (r, e)))
            .map(|(r, e)| {
                let t = tier(*r, *e);
                format!(
                    "{} {} {}{}{}",
                    r.as_str(),
                    e.as_str(),
                    t.approvals,
                    if t.fresh_mfa { " mfa" } else { "" },
                    if t.window { " window" } else { "" }
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                "R1 dev 0",
                "R1 staging 0",
                "R1 prod 1",
                "R2 dev 0",
                "R2 staging 1",
                "R2 prod 1 window",
                "R3 dev 1",
                "R3 staging 1 mfa",
                "R3 prod 2 mfa window"
            ]
        );
    }
}
