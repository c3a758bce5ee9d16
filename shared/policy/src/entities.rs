//! Facts as Cedar sees them. Entry type: [`World`].
//!
//! Invariant: built from typed facts, so that it always fits the schema (a test validates it against the schema for every row of the
//! decision table).

use std::{collections::HashSet, str::FromStr, sync::LazyLock};

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression as Expr, Schema};
use domain::{Account, Autonomy, Grant, PersonId, Risk, Role, RoleScope, Undo, grant::OU_TAG};

use crate::{
    facts::{Calendar, PersonFact, Request},
    rules::Action,
    slices::{Place, Reads},
    tighten::Tightened,
};

/// Something could not be put before the rules; the answer is no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the facts cannot be put before the rules: {0}")]
pub(crate) struct FactsError(pub(crate) String);

fn fault(error: &dyn std::error::Error) -> FactsError {
    FactsError(domain::text::defang(&error.to_string(), 300))
}

struct Types {
    person: EntityTypeName,
    account: EntityTypeName,
    operation: EntityTypeName,
    plan: EntityTypeName,
    action: EntityTypeName,
}

static TYPES: LazyLock<Option<Types>> = LazyLock::new(|| {
    let name = |text| EntityTypeName::from_str(text).ok();
    Some(Types {
        person: name("Person")?,
        account: name("Account")?,
        operation: name("Operation")?,
        plan: name("Plan")?,
        action: name("Action")?,
    })
});

fn types() -> Result<&'static Types, FactsError> {
    TYPES.as_ref().ok_or_else(|| FactsError("a type name is not readable".to_owned()))
}

fn uid(name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
}

fn text(value: &str) -> Expr {
    Expr::new_string(value.to_owned())
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Expr {
    Expr::new_set(values.map(text))
}

fn count(value: usize) -> Expr {
    Expr::new_long(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(crate) fn autonomy_name(autonomy: Autonomy) -> &'static str {
    match autonomy {
        Autonomy::Shadow => "shadow",
        Autonomy::Approval => "approval",
        Autonomy::Tiered => "tiered",
        Autonomy::Full => "full",
    }
}

/// Facts that people and the calendar can change while a plan waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) approvals: u32,
    pub(crate) mfa_approvals: u32,
    pub(crate) mfa_age: Option<i64>,
    pub(crate) window: &'static str,
    pub(crate) typed: bool,
}

impl Agreed {
    /// More than any rule asks for.
    pub(crate) const EVERYTHING: Self = Self { approvals: 1000, mfa_approvals: 1000, mfa_age: Some(0), window: "open", typed: true };
}

pub(crate) fn window_name(calendar: &Calendar) -> &'static str {
    match calendar {
        Calendar::NotConfigured => "not_configured",
        Calendar::Open => "open",
        Calendar::Closed { .. } | Calendar::Frozen { .. } => "closed",
        Calendar::Unreadable { .. } => "unreadable",
    }
}

/// Who and what the rules look at; one a decision.
pub(crate) struct World<'a> {
    request: &'a Request<'a>,
    pub(crate) entities: Entities,
    pub(crate) place: Place,
    plan: EntityUid,
}

impl<'a> World<'a> {
    /// With a schema everything is put before the rules and held against it; without one, what they read.
    pub(crate) fn new(
        request: &'a Request<'a>,
        tightened: Option<&Tightened>,
        reads: &Reads,
        schema: Option<&Schema>,
    ) -> Result<Self, FactsError> {
        let types = types()?;
        let place = place(request, tightened);
        let reads = schema.is_none().then_some(reads);
        let plan = uid(&types.plan, request.plan.id.as_str());
        let (account, operation) = (account(request, tightened, place, reads), operation(request, reads));
        let plan_attributes = plan_attributes(types, request, reads);
        let mut entities = Vec::with_capacity(8);
        if reads.is_some_and(Reads::only_looks_into_parts) {
            entities.push(plan_attributes.with_record("account", account)?.with_record("operation", operation)?.of(plan.clone())?);
        } else {
            let account_uid = uid(&types.account, request.plan.account.as_str());
            let operation_uid = uid(&types.operation, request.plan.operation.as_str());
            let whole = plan_attributes.with_entity("account", &account_uid).with_entity("operation", &operation_uid);
            let tags = request.account.filter(|_| reads.is_none_or(Reads::tags));
            let tags = tags.into_iter().flat_map(|a| a.tags.iter().map(|(k, v)| (k.clone(), text(v))));
            entities.extend([whole.of(plan.clone())?, account.tagged(account_uid, tags)?, operation.of(operation_uid)?]);
        }
        let mut seen: HashSet<&PersonId> = HashSet::new();
        let approvers = request.approvals.iter().map(|a| &a.approver);
        // The first fact about a person counts; a caller that gives two different ones is refused.
        let mut facts: Vec<&PersonFact> = Vec::new();
        for fact in request.authors.iter().chain(approvers) {
            if seen.insert(&fact.person) {
                facts.push(fact);
            } else if facts.iter().any(|f| f.person == fact.person && f.grants != fact.grants) {
                return Err(FactsError(format!("{} has two different sets of roles", fact.person)));
            }
        }
        for fact in facts {
            entities.push(person(types, fact, reads)?);
        }
        for author in request.plan.authors.iter().filter(|author| !seen.contains(author)) {
            entities.push(person(types, &PersonFact { person: author.clone(), grants: Vec::new() }, reads)?);
        }
        // Nothing here is within anything else; adding to an empty store finds that out sooner than making one does.
        let entities = match schema {
            Some(_) => Entities::from_entities(entities, schema),
            None => Entities::empty().add_entities(entities, None),
        };
        Ok(Self { request, entities: entities.map_err(|e| fault(&e))?, place, plan })
    }

    pub(crate) fn question(
        &self,
        action: Action,
        person: &PersonId,
        context: Context,
        schema: Option<&Schema>,
    ) -> Result<cedar_policy::Request, FactsError> {
        let types = types()?;
        let principal = uid(&types.person, person.as_str());
        cedar_policy::Request::new(principal, uid(&types.action, action.as_str()), self.plan.clone(), context, schema)
            .map_err(|e| fault(&e))
    }

    pub(crate) fn ask_context(&self) -> Result<Context, FactsError> {
        context([("now", Expr::new_long(self.request.now.0))])
    }

    pub(crate) fn approve_context(&self, signature_valid: bool, digest_matches: bool) -> Result<Context, FactsError> {
        context([
            ("now", Expr::new_long(self.request.now.0)),
            ("signature_valid", Expr::new_bool(signature_valid)),
            ("digest_matches", Expr::new_bool(digest_matches)),
        ])
    }

    pub(crate) fn execute_context(&self, agreed: Agreed) -> Result<Context, FactsError> {
        let request = self.request;
        let mut pairs = vec![
            ("now", Expr::new_long(request.now.0)),
            ("approvals", Expr::new_long(agreed.approvals.into())),
            ("mfa_approvals", Expr::new_long(agreed.mfa_approvals.into())),
            ("account_typed", Expr::new_bool(agreed.typed)),
            ("window", text(agreed.window)),
            ("freeze", Expr::new_bool(matches!(request.calendar, Calendar::Frozen { .. }))),
            ("break_glass", Expr::new_bool(request.break_glass)),
            ("stops", texts(request.stops.iter().map(|s| s.scope.as_str()))),
            ("max_targets", count(request.limits.max_targets(request.plan.risk))),
        ];
        pairs.extend(agreed.mfa_age.map(|age| ("mfa_age", Expr::new_long(age))));
        pairs.extend(request.incident_severity.map(|severity| ("incident_severity", Expr::new_long(severity.into()))));
        context(pairs)
    }

    pub(crate) fn undo_context(&self) -> Result<Context, FactsError> {
        context([("now", Expr::new_long(self.request.now.0)), ("stops", texts(self.request.stops.iter().map(|s| s.scope.as_str())))])
    }
}

fn context(pairs: impl IntoIterator<Item = (&'static str, Expr)>) -> Result<Context, FactsError> {
    Context::from_pairs(pairs.into_iter().map(|(name, value)| (name.to_owned(), value))).map_err(|e| fault(&e))
}

/// What of an entity the rules read.
struct Attributes<'r> {
    reads: Option<&'r Reads>,
    pairs: Vec<(String, Expr)>,
}

impl<'r> Attributes<'r> {
    fn new(reads: Option<&'r Reads>) -> Self {
        Self { reads, pairs: Vec::with_capacity(10) }
    }

    fn with(mut self, name: &str, value: impl FnOnce() -> Expr) -> Self {
        if self.reads.is_none_or(|reads| reads.attribute(name)) {
            self.pairs.push((name.to_owned(), value()));
        }
        self
    }

    fn with_entity(self, name: &str, uid: &EntityUid) -> Self {
        self.with(name, || Expr::new_entity_uid(uid.clone()))
    }

    fn with_record(mut self, name: &str, of: Self) -> Result<Self, FactsError> {
        self.pairs.push((name.to_owned(), Expr::new_record(of.pairs).map_err(|e| fault(&e))?));
        Ok(self)
    }

    fn of(self, uid: EntityUid) -> Result<Entity, FactsError> {
        self.tagged(uid, [])
    }

    fn tagged(self, uid: EntityUid, tags: impl IntoIterator<Item = (String, Expr)>) -> Result<Entity, FactsError> {
        Entity::new_with_tags(uid, self.pairs, [], tags).map_err(|e| fault(&e))
    }
}

fn person(types: &Types, fact: &PersonFact, reads: Option<&Reads>) -> Result<Entity, FactsError> {
    let held = |role: Role| move || texts(fact.grants.iter().filter(move |g: &&Grant| g.role == role).map(|g| g.scope.as_str()));
    Attributes::new(reads)
        .with("viewer", held(Role::Viewer))
        .with("operator", held(Role::Operator))
        .with("approver", held(Role::Approver))
        .with("administrator", held(Role::Administrator))
        .with("auditor", held(Role::Auditor))
        .of(uid(&types.person, fact.person.as_str()))
}

/// Where the plan would act, as the rules see it.
fn place(request: &Request<'_>, tightened: Option<&Tightened>) -> Place {
    Place {
        environment: tightened.map_or(request.plan.environment, |t| t.environment),
        autonomy: tightened.map_or(Autonomy::Shadow, |t| t.autonomy),
        risk: request.plan.risk,
    }
}

fn account<'r>(request: &Request<'_>, tightened: Option<&Tightened>, place: Place, reads: Option<&'r Reads>) -> Attributes<'r> {
    Attributes::new(reads)
        .with("registered", || Expr::new_bool(request.account.is_some()))
        .with("id", || text(request.plan.account.as_str()))
        .with("environment", || text(place.environment.as_str()))
        .with("autonomy", || text(autonomy_name(place.autonomy)))
        .with("min_approvals", || Expr::new_long(tightened.map_or(0, |t| t.min_approvals).into()))
        .with("frozen", || Expr::new_bool(tightened.is_some_and(|t| t.frozen)))
        .with("tags_readable", || Expr::new_bool(tightened.is_none_or(|t| t.unreadable.is_none())))
}

/// A risk as rules compare it.
pub(crate) fn risk_number(risk: Risk) -> i64 {
    match risk {
        Risk::R1 => 1,
        Risk::R2 => 2,
        Risk::R3 => 3,
    }
}

fn operation<'r>(request: &Request<'_>, reads: Option<&'r Reads>) -> Attributes<'r> {
    Attributes::new(reads)
        .with("service", || text(request.plan.operation.as_str().split('.').next().unwrap_or_default()))
        .with("risk", || Expr::new_long(risk_number(request.plan.risk)))
}

/// Of a plan, but its account and operation.
fn plan_attributes<'r>(types: &Types, request: &Request<'_>, reads: Option<&'r Reads>) -> Attributes<'r> {
    let plan = request.plan;
    let scopes = || {
        let ou = request.account.and_then(|a| a.tags.get(OU_TAG)).map(String::as_str);
        // Scopes go by what is registered: a tag that makes an account stricter does not change who is in charge of it.
        let environment = request.account.map_or(plan.environment, |a| a.environment);
        let mut scopes = RoleScope::covering(&plan.account, environment, ou, &plan.operation);
        if reads.is_some_and(Reads::scopes_are_only_met) {
            let people = request.authors.iter().chain(request.approvals.iter().map(|a| &a.approver));
            let held: Vec<&str> = people.flat_map(|p| p.grants.iter().map(|g| g.scope.as_str())).collect();
            scopes.retain(|scope| held.contains(&scope.as_str()) || request.stops.iter().any(|stop| stop.scope == *scope));
        }
        Expr::new_set(scopes.into_iter().map(Expr::new_string))
    };
    let unchanged =
        |account: &Account| account.id == plan.account && account.name == plan.account_name && account.environment == plan.environment;
    let dependents = || usize::try_from(request.impact.dependents).unwrap_or(usize::MAX);
    let mut attributes = Attributes::new(reads)
        .with("scopes", scopes)
        .with("authors", || Expr::new_set(plan.choosers().map(|a| Expr::new_entity_uid(uid(&types.person, a.as_str())))))
        .with("targets", || count(plan.targets.len()))
        .with("blast_radius", || count(plan.targets.len().saturating_add(dependents())))
        .with("reversible", || Expr::new_bool(plan.undo != Undo::None))
        .with("account_unchanged", || Expr::new_bool(request.account.is_none_or(unchanged)))
        .with("expires_at", || Expr::new_long(plan.expires_at.0));
    if let Some(cents) = request.impact.monthly_cost_cents {
        attributes = attributes.with("monthly_cost_cents", || Expr::new_long(cents));
    }
    attributes
}
