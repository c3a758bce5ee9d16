//! The lease: the right to execute or undo a plan. Entry types: [`LeaseTerms`], [`LeaseOutcome`].
//!
//! Invariant: one transaction takes the lease and checks, at the same instant, the plan's state and digest, its
//! approvals, the kill switch, the account's counter of the day and the rest of every target. An unexpired
//! lease is never taken over.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use domain::{EpochMs, PersonId, PlanState, Text, wire::Purpose};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{EPOCH, ITEM_VERSION, Item, Row},
    keys::Key,
    plans::{Lease, PlanEdit, StoredPlan},
    stops::StopScope,
};

/// Most targets of a plan: their cool-downs, the approvals and the stops fit into one transaction.
pub const MAX_TARGETS: usize = 50;
/// Most approvals that are checked in one transaction.
const MAX_APPROVALS: usize = 20;
/// How long a counter of a day is kept.
const COUNTER_TTL_SECONDS: i64 = 3 * 86_400;

/// Limits on what the fleet does by itself or at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belts {
    /// Most changes an account sees a UTC day.
    pub daily_cap: u32,
    /// Until when every target rests afterwards; `None` for no rest.
    pub cool_down_until: Option<EpochMs>,
}

/// On what terms the lease is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseTerms {
    /// To execute or to undo.
    pub purpose: Purpose,
    /// The invocation that wants it; unique, so that two invocations are never taken for one.
    pub owner: String,
    /// When somebody else may take it over.
    pub until: EpochMs,
    /// Whose approvals count; each must be there for the plan's digest.
    pub approvals: Vec<PersonId>,
    /// Limits; used for a first execution only, never for an undo or a takeover.
    pub belts: Option<Belts>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseOutcome {
    /// The lease is held. The plan is `Executing` or `Undoing`.
    Taken {
        /// The plan's new version.
        version: u64,
        /// The lease.
        lease: Lease,
        /// Whether another owner's expired lease was taken over: effects may have happened already.
        takeover: bool,
    },
    /// It is not; nothing was written.
    Refused(LeaseRefused),
}

/// Why the lease was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseRefused {
    /// The plan is not where the caller saw it, or in no state to be executed or undone.
    PlanMoved {
        /// Where it is now.
        state: PlanState,
    },
    /// The plan's time is over.
    Expired,
    /// Somebody else holds the lease.
    HeldBy {
        /// Who.
        owner: String,
        /// Until when.
        until: EpochMs,
    },
    /// An approval that should be there is not.
    ApprovalMissing {
        /// Whose.
        person: PersonId,
    },
    /// The kill switch is set.
    Killed {
        /// How widely.
        scope: StopScope,
    },
    /// The account has seen enough changes today.
    DailyCap {
        /// The limit.
        cap: u32,
    },
    /// A target rests after an earlier change.
    CoolDown {
        /// Which.
        arn: String,
        /// Until when.
        until: EpochMs,
    },
}

impl LeaseRefused {
    /// A stable rule id, as in a verdict.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::PlanMoved { .. } => "lease.plan_moved",
            Self::Expired => "lease.expired",
            Self::HeldBy { .. } => "lease.held",
            Self::ApprovalMissing { .. } => "lease.approval_missing",
            Self::Killed { scope } => match scope {
                StopScope::All => "kill.all",
                StopScope::Account(_) => "kill.account",
                StopScope::Operation(_) => "kill.operation",
            },
            Self::DailyCap { .. } => "belt.daily_cap",
            Self::CoolDown { .. } => "belt.cool_down",
        }
    }

    /// Why, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::PlanMoved { state } => {
                Text::new(format!("the plan is {} by now", state.as_str()), format!("计划当前状态为 {}", state.as_str()))
            }
            Self::Expired => Text::new("the plan has expired", "计划已过期"),
            Self::HeldBy { until, .. } => Text::new(
                format!("another execution holds this plan until {}", until.to_rfc3339()),
                format!("另一个执行正在处理该计划，直到 {}", until.to_rfc3339()),
            ),
            Self::ApprovalMissing { person } => {
                Text::new(format!("the approval of {person} is not in the ledger"), format!("账本中没有 {person} 的审批"))
            }
            Self::Killed { scope } => Text::new(format!("the kill switch is set for {scope}"), format!("{scope} 的紧急停止开关已启用")),
            Self::DailyCap { cap } => Text::new(
                format!("this account has seen {cap} changes today, which is the limit"),
                format!("该账户今天的变更已达上限 {cap} 次"),
            ),
            Self::CoolDown { arn, until } => Text::new(
                format!("{arn} was changed recently and rests until {}", until.to_rfc3339()),
                format!("{arn} 最近已变更，冷却至 {}", until.to_rfc3339()),
            ),
        }
    }
}

/// Where a lease leads from the plan's state.
enum Way {
    First,
    Takeover,
}

fn way(stored: &StoredPlan, terms: &LeaseTerms, now: EpochMs) -> Result<Way, LeaseRefused> {
    let goal = goal(terms.purpose);
    if stored.state == goal {
        return match &stored.lease {
            Some(lease) if lease.until > now => Err(LeaseRefused::HeldBy { owner: lease.owner.clone(), until: lease.until }),
            _ => Ok(Way::Takeover),
        };
    }
    if !stored.state.may_become(goal) {
        return Err(LeaseRefused::PlanMoved { state: stored.state });
    }
    if terms.purpose == Purpose::Execute && stored.plan.expires_at <= now {
        return Err(LeaseRefused::Expired);
    }
    Ok(Way::First)
}

fn goal(purpose: Purpose) -> PlanState {
    match purpose {
        Purpose::Execute => PlanState::Executing,
        Purpose::Undo => PlanState::Undoing,
    }
}

impl Ledger {
    /// Takes the lease of a plan as the caller read it, or says precisely why not.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for more targets or approvals than fit, an empty owner or a lease that is over
    /// before it begins; [`LedgerError`] when the ledger does not answer.
    pub async fn take_lease(&self, stored: &StoredPlan, terms: &LeaseTerms, entry: &Entry) -> Result<LeaseOutcome, LedgerError> {
        check_terms(stored, terms, entry.now)?;
        let way = match way(stored, terms, entry.now) {
            Ok(way) => way,
            Err(refused) => return Ok(LeaseOutcome::Refused(refused)),
        };
        let takeover = matches!(way, Way::Takeover);
        let mut steps = vec![self.lease_edit(stored, terms, takeover, entry.now)?];
        for scope in StopScope::covering(&stored.plan.account, &stored.plan.operation) {
            steps.push(self.not_stopped(scope)?);
        }
        for person in &terms.approvals {
            steps.push(self.approved_by(stored, person)?);
        }
        if let (Purpose::Execute, false, Some(belts)) = (terms.purpose, takeover, &terms.belts) {
            steps.extend(self.belt_steps(stored, belts, entry.now)?);
        }
        match self.commit(steps, entry).await? {
            Committed::Yes => Ok(LeaseOutcome::Taken {
                version: stored.version.saturating_add(1),
                lease: Lease { owner: terms.owner.clone(), until: terms.until },
                takeover,
            }),
            Committed::No(slots) => self.lease_refusal(stored, terms, slots, entry).await,
        }
    }

    fn lease_edit(&self, stored: &StoredPlan, terms: &LeaseTerms, takeover: bool, now: EpochMs) -> Result<Step, LedgerError> {
        let mut edit = PlanEdit::new(&stored.plan.id, stored.version, stored.state, now)
            .to(goal(terms.purpose))
            .set_s("lease_owner", &terms.owner)
            .set("lease_until", AttributeValue::N(terms.until.0.to_string()))
            .only_if("digest = :digest", ":digest", AttributeValue::S(stored.digest.to_string()));
        if takeover {
            edit =
                edit.only_if("(attribute_not_exists(lease_until) OR lease_until <= :over)", ":over", AttributeValue::N(now.0.to_string()));
        }
        edit.step(self)
    }

    fn not_stopped(&self, scope: StopScope) -> Result<Step, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::stop(&scope.to_string()).attributes()))
            .condition_expression("attribute_not_exists(pk) OR in_force = :false")
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(Step::check(Slot::Stop(scope), check))
    }

    fn approved_by(&self, stored: &StoredPlan, person: &PersonId) -> Result<Step, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::approval(&stored.plan.id, person).attributes()))
            .condition_expression("attribute_exists(pk) AND digest = :digest")
            .expression_attribute_values(":digest", AttributeValue::S(stored.digest.to_string()))
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(Step::check(Slot::Approval(person.clone()), check))
    }

    fn belt_steps(&self, stored: &StoredPlan, belts: &Belts, now: EpochMs) -> Result<Vec<Step>, LedgerError> {
        let counter = Update::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::daily(&stored.plan.account, &now.utc_day()).attributes()))
            .update_expression("SET v = :v, region_home = :region, epoch = :epoch, #ttl = :ttl ADD changes :one")
            .condition_expression("attribute_not_exists(changes) OR changes < :cap")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":v", AttributeValue::N(ITEM_VERSION.to_string()))
            .expression_attribute_values(":region", AttributeValue::S(self.region.clone()))
            .expression_attribute_values(":epoch", AttributeValue::N(EPOCH.to_string()))
            .expression_attribute_values(":ttl", AttributeValue::N(now.plus_seconds(COUNTER_TTL_SECONDS).seconds().to_string()))
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .expression_attribute_values(":cap", AttributeValue::N(belts.daily_cap.to_string()))
            .build()
            .map_err(LedgerError::unexpected)?;
        let mut steps = if belts.daily_cap == 0 {
            // The first change of a day finds no counter, so that a cap of none needs a condition of its own.
            return Err(LedgerError::malformed("a daily cap of 0 allows nothing; use the kill switch"));
        } else {
            vec![Step::new(Slot::DailyCap, TransactWriteItem::builder().update(counter).build())]
        };
        let Some(until) = belts.cool_down_until else { return Ok(steps) };
        let mut arns: Vec<&str> = stored.plan.targets.iter().map(|t| t.arn.as_str()).collect();
        arns.sort_unstable();
        arns.dedup();
        for arn in arns {
            let item = Item::new(&Key::cool_down(arn), &self.region)
                .n("cool_until", until.0)
                .s("plan_id", stored.plan.id.as_str())
                .ttl(until.plus_seconds(3600))
                .finish()?;
            let put = Put::builder()
                .table_name(&self.tables.ledger)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(pk) OR cool_until <= :now")
                .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
                .build()
                .map_err(LedgerError::unexpected)?;
            steps.push(Step::put(Slot::CoolDown(arn.to_owned()), put));
        }
        Ok(steps)
    }

    /// Names the strongest of the conditions that failed: the plan itself, a stop, an approval, a belt.
    async fn lease_refusal(
        &self,
        stored: &StoredPlan,
        terms: &LeaseTerms,
        slots: Vec<Slot>,
        entry: &Entry,
    ) -> Result<LeaseOutcome, LedgerError> {
        let id = &stored.plan.id;
        if slots.contains(&Slot::Plan) {
            let now = self.plan(id).await?.ok_or_else(|| LedgerError::NotFound { what: id.to_string() })?;
            let held = now.lease.filter(|lease| now.state == goal(terms.purpose) && lease.until > entry.now);
            return Ok(LeaseOutcome::Refused(match held {
                Some(lease) => LeaseRefused::HeldBy { owner: lease.owner, until: lease.until },
                None => LeaseRefused::PlanMoved { state: now.state },
            }));
        }
        let mut belt = None;
        let mut approval = None;
        for slot in slots {
            match slot {
                Slot::Stop(scope) => return Ok(LeaseOutcome::Refused(LeaseRefused::Killed { scope })),
                Slot::Approval(person) => approval = approval.or(Some(LeaseRefused::ApprovalMissing { person })),
                Slot::CoolDown(arn) if belt.is_none() => {
                    let until = self.rests_until(&arn).await?.unwrap_or(entry.now);
                    belt = Some(LeaseRefused::CoolDown { arn, until });
                }
                Slot::DailyCap if belt.is_none() => {
                    belt = Some(LeaseRefused::DailyCap { cap: terms.belts.as_ref().map_or(0, |b| b.daily_cap) });
                }
                _ => {}
            }
        }
        match approval.or(belt) {
            Some(refused) => Ok(LeaseOutcome::Refused(refused)),
            None => match &entry.redeem {
                Some(using) => Err(self.token_refusal(using, entry.now).await),
                None => Err(LedgerError::conflict(id.as_str())),
            },
        }
    }

    /// Until when a resource rests, if it does.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn rests_until(&self, arn: &str) -> Result<Option<EpochMs>, LedgerError> {
        let Some(map) = self.get(&Key::cool_down(arn)).await? else { return Ok(None) };
        Row::open(map)?.at("cool_until").map(Some)
    }

    /// How many changes an account has seen on the UTC day of an instant.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn changes_today(&self, account: &domain::AccountId, now: EpochMs) -> Result<u64, LedgerError> {
        match self.get(&Key::daily(account, &now.utc_day())).await? {
            Some(map) => Row::open(map)?.count("changes"),
            None => Ok(0),
        }
    }
}

fn check_terms(stored: &StoredPlan, terms: &LeaseTerms, now: EpochMs) -> Result<(), LedgerError> {
    if stored.plan.targets.len() > MAX_TARGETS {
        return Err(LedgerError::malformed(format!("a plan has at most {MAX_TARGETS} targets")));
    }
    if terms.approvals.len() > MAX_APPROVALS {
        return Err(LedgerError::malformed(format!("at most {MAX_APPROVALS} approvals are checked")));
    }
    let mut people: Vec<&PersonId> = terms.approvals.iter().collect();
    people.sort_unstable();
    if people.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(LedgerError::malformed("one person's approval counts once"));
    }
    if terms.owner.is_empty() || terms.until <= now {
        return Err(LedgerError::malformed("a lease has an owner and an end that is to come"));
    }
    Ok(())
}
