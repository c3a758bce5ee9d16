//! One function decides. Entry type: [`decide`].
//!
//! Invariant: every path to [`Verdict::Allow`] has passed every rule; rules that deny are all collected, so that the
//! asker sees everything that stands in the way.

use domain::{Account, Digest, EpochMs, PersonId, Plan, Reason, Risk, Role, Text, Verdict};

use crate::tier::{Tier, tier_for};

/// A person as the directory knows them at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFact {
    /// Who.
    pub person: PersonId,
    /// Roles now; empty for a disabled or unknown person.
    pub roles: Vec<Role>,
}

/// An approval from the ledger, with what was checked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFact {
    /// Who, with the roles of this moment.
    pub approver: PersonFact,
    /// The digest that was approved.
    pub digest: Digest,
    /// Whether its signature verifies.
    pub signature_valid: bool,
}

/// One pulled kill switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// `all`, `account:<id>` or `operation:<id>`.
    pub scope: String,
    /// Who pulled it.
    pub by: PersonId,
    /// Why.
    pub reason: String,
}

/// Safety belts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most targets of one plan at R1.
    pub max_targets_r1: usize,
    /// Most targets of one plan at R2.
    pub max_targets_r2: usize,
    /// Most targets of one plan at R3.
    pub max_targets_r3: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_targets_r1: 50, max_targets_r2: 10, max_targets_r3: 1 }
    }
}

impl Limits {
    /// Most targets of one plan.
    #[must_use]
    pub fn max_targets(&self, risk: Risk) -> usize {
        match risk {
            Risk::R1 => self.max_targets_r1,
            Risk::R2 => self.max_targets_r2,
            Risk::R3 => self.max_targets_r3,
        }
    }
}

/// What is known about change windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// None is configured: open, and the preview says so.
    NotConfigured,
}

/// Why the rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// For a preview, for the decision to ask people, or right before execution.
    Execute,
    /// Before an undo: outside windows, belts and expiry; held by the kill switch.
    Undo,
}

/// Everything the rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Its digest.
    pub digest: &'a Digest,
    /// The account as registered now; `None` when it is no longer registered.
    pub account: Option<&'a Account>,
    /// The plan's authors as the directory knows them now, one each.
    pub authors: &'a [PersonFact],
    /// Approvals in the ledger.
    pub approvals: &'a [ApprovalFact],
    /// Pulled kill switches of any scope.
    pub stops: &'a [Stop],
    /// Safety belts.
    pub limits: Limits,
    /// Change windows.
    pub calendar: Calendar,
    /// Now.
    pub now: EpochMs,
    /// Why the rules are asked.
    pub phase: Phase,
}

fn reason(rule: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) -> Reason {
    Reason { rule: rule.into(), text: Text::new(en, zh) }
}

/// How many approvals count: signed, for this digest, by different people who may approve now and are no authors.
#[must_use]
pub fn counted_approvals(plan: &Plan, digest: &Digest, approvals: &[ApprovalFact]) -> u32 {
    let mut people: Vec<&PersonId> = approvals
        .iter()
        .filter(|a| {
            a.signature_valid && a.digest == *digest && a.approver.roles.contains(&Role::Approver) && !plan.is_author(&a.approver.person)
        })
        .map(|a| &a.approver.person)
        .collect();
    people.sort();
    people.dedup();
    u32::try_from(people.len()).unwrap_or(u32::MAX)
}

fn denials(request: &Request<'_>) -> Vec<Reason> {
    let plan = request.plan;
    let mut out = Vec::new();
    for stop in request.stops {
        let hit = stop.scope == "all"
            || stop.scope == format!("account:{}", plan.account)
            || stop.scope == format!("operation:{}", plan.operation);
        if hit {
            out.push(reason(
                format!("kill.{}", stop.scope),
                format!("the kill switch `{}` is pulled by {} ({})", stop.scope, stop.by, domain::text::defang(&stop.reason, 120)),
                format!("紧急停止 `{}` 已由 {} 启用（{}）", stop.scope, stop.by, domain::text::defang(&stop.reason, 120)),
            ));
        }
    }
    match request.account {
        None => out.push(reason(
            "account.unknown",
            format!("account {} is not registered", plan.account),
            format!("账户 {} 未登记", plan.account),
        )),
        // An undo goes back to what was; neither a moved registry nor a demoted author may stand in its way.
        Some(_) if request.phase == Phase::Undo => {}
        Some(account) if account.id != plan.account || account.name != plan.account_name || account.environment != plan.environment => {
            out.push(reason(
                "account.changed",
                format!(
                    "account {} is registered differently than when the plan was made ({} then, {} now)",
                    plan.account,
                    plan.environment.as_str(),
                    account.environment.as_str()
                ),
                format!(
                    "账户 {} 的登记信息在制定计划后已改变（当时 {}，现在 {}）",
                    plan.account,
                    plan.environment.as_str(),
                    account.environment.as_str()
                ),
            ));
        }
        Some(account) if tier_for(plan.risk, account).is_none() => out.push(reason(
            "autonomy.shadow",
            format!("account `{}` is in shadow mode: the fleet only says what it would have done", account.name),
            format!("账户 `{}` 处于影子模式：只说明将会做什么，不执行", account.name),
        )),
        Some(_) => {}
    }
    for author in plan.authors.iter().filter(|_| request.phase == Phase::Execute) {
        let roles = request.authors.iter().find(|p| p.person == *author).map(|p| p.roles.as_slice()).unwrap_or_default();
        if !roles.contains(&Role::Operator) {
            out.push(reason("author.not_operator", format!("{author} is not an operator"), format!("{author} 不是操作员")));
        }
    }
    if plan.authors.is_empty() {
        out.push(reason("author.none", "the plan has no author", "计划没有发起人"));
    }
    if plan.targets.is_empty() {
        out.push(reason("belt.no_target", "the plan has no target", "计划没有目标资源"));
    }
    if request.phase == Phase::Execute {
        let most = request.limits.max_targets(plan.risk);
        if plan.targets.len() > most {
            out.push(reason(
                "belt.too_many_targets",
                format!("{} targets; a plan of risk {} may have {most}", plan.targets.len(), plan.risk.as_str()),
                format!("目标有 {} 个；风险 {} 的计划最多 {most} 个", plan.targets.len(), plan.risk.as_str()),
            ));
        }
        if request.now >= plan.expires_at {
            out.push(reason(
                "plan.expired",
                format!("the plan expired at {}", plan.expires_at.to_rfc3339()),
                format!("计划已于 {} 过期", plan.expires_at.to_rfc3339()),
            ));
        }
    }
    out
}

/// Allows, holds for approval, or denies.
#[must_use]
pub fn decide(request: &Request<'_>) -> Verdict {
    let plan = request.plan;
    let denied = denials(request);
    if !denied.is_empty() {
        return Verdict::Deny { reasons: denied };
    }
    let Some(Tier { approvals: needed, fresh_mfa, window }) = request.account.and_then(|a| tier_for(plan.risk, a)) else {
        return Verdict::Deny { reasons: vec![reason("account.unknown", "the account is not registered", "账户未登记")] };
    };
    let rule = format!("tier.{}.{}", plan.environment.as_str(), plan.risk.as_str());
    if request.phase == Phase::Undo {
        // Approving a plan approved its undo.
        return Verdict::Allow {
            reasons: vec![reason("undo.approved_with_plan", "the undo was approved with the plan", "回滚已随计划一并批准")],
        };
    }
    if fresh_mfa {
        // Without the second-factor step-up a plan that demands it cannot be approved by anybody.
        return Verdict::Deny {
            reasons: vec![reason(
                "mfa.not_built",
                format!(
                    "{} in {} demands a fresh second factor, which this version cannot check",
                    plan.risk.as_str(),
                    plan.environment.as_str()
                ),
                format!("{} 环境的 {} 操作需要新的二次验证，当前版本尚不支持", plan.environment.as_str(), plan.risk.as_str()),
            )],
        };
    }
    let mut reasons = vec![match needed {
        0 => reason(
            rule,
            format!("{} in {} acts alone", plan.risk.as_str(), plan.environment.as_str()),
            format!("{} 环境的 {} 操作可自动执行", plan.environment.as_str(), plan.risk.as_str()),
        ),
        _ => reason(
            rule,
            format!(
                "{} in {} needs {needed} approval(s) by people other than {}",
                plan.risk.as_str(),
                plan.environment.as_str(),
                list(&plan.authors)
            ),
            format!(
                "{} 环境的 {} 操作需要 {needed} 个审批，且审批人不能是 {}",
                plan.environment.as_str(),
                plan.risk.as_str(),
                list(&plan.authors)
            ),
        ),
    }];
    if window {
        match request.calendar {
            Calendar::NotConfigured => reasons.push(reason(
                "window.not_configured",
                "no change calendar is configured, so the window counts as open",
                "未配置变更日历，视为变更窗口已开放",
            )),
        }
    }
    let have = counted_approvals(plan, request.digest, request.approvals);
    if have >= needed { Verdict::Allow { reasons } } else { Verdict::NeedsApproval { needed, have, fresh_mfa, reasons } }
}

fn list(people: &[PersonId]) -> String {
    people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Autonomy, Environment, OperationId, Params, PlanId, PlannedTarget, Undo, plan::PLAN_SCHEMA};

    use super::*;

    fn person(name: &str, roles: &[Role]) -> PersonFact {
        PersonFact { person: PersonId::parse(name).unwrap(), roles: roles.to_vec() }
    }

    fn account(environment: Environment, autonomy: Autonomy) -> Account {
        Account {
            id: AccountId::parse("222222222222").unwrap(),
            name: "acct".into(),
            environment,
            owner: "team".into(),
            regions: vec!["us-east-1".into()],
            tags: Default::default(),
            autonomy,
        }
    }

    fn plan(risk: Risk, environment: Environment, targets: usize) -> Plan {
        Plan {
            schema: PLAN_SCHEMA,
            id: PlanId::generate(EpochMs(1), 1),
            account: AccountId::parse("222222222222").unwrap(),
            account_name: "acct".into(),
            environment,
            region: "us-east-1".into(),
            operation: OperationId::parse("ec2.stop_instances").unwrap(),
            risk,
            params: Params::new(),
            targets: (0..targets)
                .map(|n| PlannedTarget {
                    id: format!("i-{n}"),
                    arn: format!("arn-{n}"),
                    before: Default::default(),
                    after: Default::default(),
                    restores: Default::default(),
                })
                .collect(),
            undo: Undo::Restores,
            authors: vec![PersonId::parse("alice").unwrap()],
            policy_version: crate::POLICY_VERSION.into(),
            created_at: EpochMs(0),
            expires_at: EpochMs(1000),
        }
    }

    struct Case {
        plan: Plan,
        account: Option<Account>,
        authors: Vec<PersonFact>,
        approvals: Vec<ApprovalFact>,
        stops: Vec<Stop>,
        now: EpochMs,
        phase: Phase,
    }

    impl Case {
        fn new(risk: Risk, environment: Environment) -> Self {
            Self {
                plan: plan(risk, environment, 1),
                account: Some(account(environment, Autonomy::Tiered)),
                authors: vec![person("alice", &[Role::Operator])],
                approvals: vec![],
                stops: vec![],
                now: EpochMs(10),
                phase: Phase::Execute,
            }
        }
        fn approve(mut self, name: &str, roles: &[Role]) -> Self {
            let digest = self.plan.digest().unwrap();
            self.approvals.push(ApprovalFact { approver: person(name, roles), digest, signature_valid: true });
            self
        }
        fn verdict(&self) -> Verdict {
            decide(&Request {
                plan: &self.plan,
                digest: &self.plan.digest().unwrap(),
                account: self.account.as_ref(),
                authors: &self.authors,
                approvals: &self.approvals,
                stops: &self.stops,
                limits: Limits::default(),
                calendar: Calendar::NotConfigured,
                now: self.now,
                phase: self.phase,
            })
        }
        fn rules(&self) -> Vec<String> {
            self.verdict().reasons().iter().map(|r| r.rule.clone()).collect()
        }
    }

    fn allowed(v: &Verdict) -> bool {
        matches!(v, Verdict::Allow { .. })
    }

    #[test]
    fn dev_acts_alone_and_prod_asks() {
        assert!(allowed(&Case::new(Risk::R2, Environment::Dev).verdict()));
        assert!(matches!(Case::new(Risk::R2, Environment::Prod).verdict(), Verdict::NeedsApproval { needed: 1, have: 0, .. }));
        assert!(allowed(&Case::new(Risk::R2, Environment::Prod).approve("bob", &[Role::Approver]).verdict()));
    }

    #[test]
    fn nobody_approves_their_own_plan() {
        let case = Case::new(Risk::R2, Environment::Prod).approve("alice", &[Role::Approver, Role::Operator]);
        assert!(matches!(case.verdict(), Verdict::NeedsApproval { have: 0, .. }));
    }

    #[test]
    fn forged_demoted_or_foreign_approvals_do_not_count() {
        let mut forged = Case::new(Risk::R2, Environment::Prod).approve("bob", &[Role::Approver]);
        forged.approvals[0].signature_valid = false;
        assert!(!allowed(&forged.verdict()));
        assert!(!allowed(&Case::new(Risk::R2, Environment::Prod).approve("bob", &[Role::Viewer]).verdict()));
        let mut other = Case::new(Risk::R2, Environment::Prod).approve("bob", &[Role::Approver]);
        other.approvals[0].digest = Digest::of_bytes(b"another plan");
        assert!(!allowed(&other.verdict()));
    }

    #[test]
    fn one_person_twice_is_one_approval() {
        let case = Case::new(Risk::R2, Environment::Prod).approve("bob", &[Role::Approver]).approve("bob", &[Role::Approver]);
        assert_eq!(counted_approvals(&case.plan, &case.plan.digest().unwrap(), &case.approvals), 1);
    }

    #[test]
    fn denial_beats_approval_and_names_every_obstacle() {
        let mut case = Case::new(Risk::R2, Environment::Prod).approve("bob", &[Role::Approver]);
        case.stops = vec![Stop { scope: "all".into(), by: PersonId::parse("erin").unwrap(), reason: "x".into() }];
        case.authors = vec![person("alice", &[Role::Viewer])];
        case.now = EpochMs(1000);
        assert_eq!(case.rules(), ["kill.all", "author.not_operator", "plan.expired"]);
        case.account = None;
        assert!(case.rules().contains(&"account.unknown".to_owned()));
    }

    #[test]
    fn kill_switches_hit_only_their_scope() {
        for (scope, hit) in [
            ("account:222222222222", true),
            ("account:333333333333", false),
            ("operation:ec2.stop_instances", true),
            ("operation:rds.reboot_instance", false),
        ] {
            let mut case = Case::new(Risk::R2, Environment::Dev);
            case.stops = vec![Stop { scope: scope.into(), by: PersonId::parse("erin").unwrap(), reason: String::new() }];
            assert_eq!(!allowed(&case.verdict()), hit, "{scope}");
        }
    }

    #[test]
    fn an_account_that_changed_voids_the_plan() {
        let mut case = Case::new(Risk::R2, Environment::Prod).approve("bob", &[Role::Approver]);
        case.account = Some(account(Environment::Dev, Autonomy::Tiered));
        assert_eq!(case.rules(), ["account.changed"]);
    }

    #[test]
    fn shadow_never_acts_and_approval_mode_always_asks() {
        let mut case = Case::new(Risk::R1, Environment::Dev);
        case.account = Some(account(Environment::Dev, Autonomy::Shadow));
        assert_eq!(case.rules(), ["autonomy.shadow"]);
        case.account = Some(account(Environment::Dev, Autonomy::Approval));
        assert!(matches!(case.verdict(), Verdict::NeedsApproval { needed: 1, .. }));
    }

    #[test]
    fn belts_limit_the_number_of_targets() {
        let mut case = Case::new(Risk::R2, Environment::Dev);
        case.plan = plan(Risk::R2, Environment::Dev, 11);
        assert_eq!(case.rules(), ["belt.too_many_targets"]);
        case.plan = plan(Risk::R2, Environment::Dev, 10);
        assert!(allowed(&case.verdict()));
    }

    #[test]
    fn undo_ignores_expiry_but_not_the_kill_switch() {
        let mut case = Case::new(Risk::R2, Environment::Prod);
        case.phase = Phase::Undo;
        case.now = EpochMs(5000);
        assert!(allowed(&case.verdict()));
        case.stops = vec![Stop { scope: "all".into(), by: PersonId::parse("erin").unwrap(), reason: String::new() }];
        assert!(!allowed(&case.verdict()));
    }

    #[test]
    fn what_needs_a_second_factor_is_denied_while_it_cannot_be_checked() {
        let case = Case::new(Risk::R3, Environment::Prod).approve("bob", &[Role::Approver]).approve("carol", &[Role::Approver]);
        assert_eq!(case.rules(), ["mfa.not_built"]);
    }
}
