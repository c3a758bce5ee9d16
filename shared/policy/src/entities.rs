//! Facts as Cedar sees them. Entry type: [`World`].
//!
//! Invariant: built from typed facts, so that it always fits the schema (a test validates it against the schema for every row of the
//! decision table).

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    str::FromStr,
    sync::{Arc, LazyLock},
};

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema};
use cedar_policy_core::ast;
use domain::{AccountId, Autonomy, Environment, Grant, OperationId, PersonId, Risk, RoleScope, grant::OU_TAG};

use crate::{
    attributes::{Attribute, Owner, Question, of_person, of_plan, of_question, texts},
    facts::{Calendar, Request},
    rules::Action,
    slices::{Place, Slice},
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
    actions: [Arc<ast::EntityUID>; 4],
}

static TYPES: LazyLock<Option<Types>> = LazyLock::new(|| {
    let name = |text| EntityTypeName::from_str(text).ok();
    let action = name("Action")?;
    Some(Types {
        person: name("Person")?,
        account: name("Account")?,
        operation: name("Operation")?,
        plan: name("Plan")?,
        actions: [Action::Ask, Action::Approve, Action::Execute, Action::Undo].map(|of| Arc::new(uid(&action, of.as_str()))),
    })
});

/// Nothing, for rules that need no entities.
pub(crate) static NONE: LazyLock<Entities> = LazyLock::new(Entities::empty);

fn types() -> Result<&'static Types, FactsError> {
    TYPES.as_ref().ok_or_else(|| FactsError("a type name is not readable".to_owned()))
}

fn uid(name: &EntityTypeName, id: &str) -> ast::EntityUID {
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id)).into()
}

pub(crate) fn person_uid(person: &PersonId) -> Result<ast::EntityUID, FactsError> {
    Ok(uid(&types()?.person, person.as_str()))
}

pub(crate) fn account_uid(account: &AccountId) -> Result<ast::EntityUID, FactsError> {
    Ok(uid(&types()?.account, account.as_str()))
}

pub(crate) fn operation_uid(operation: &OperationId) -> Result<ast::EntityUID, FactsError> {
    Ok(uid(&types()?.operation, operation.as_str()))
}

fn action_uid(action: Action) -> Result<Arc<ast::EntityUID>, FactsError> {
    let [ask, approve, execute, undo] = &types()?.actions;
    Ok(Arc::clone(match action {
        Action::Ask => ask,
        Action::Approve => approve,
        Action::Execute => execute,
        Action::Undo => undo,
    }))
}

pub(crate) fn autonomy_name(autonomy: Autonomy) -> &'static str {
    match autonomy {
        Autonomy::Shadow => "shadow",
        Autonomy::Approval => "approval",
        Autonomy::Tiered => "tiered",
        Autonomy::Full => "full",
    }
}

/// A risk as rules compare it.
pub(crate) fn risk_number(risk: Risk) -> i64 {
    match risk {
        Risk::R1 => 1,
        Risk::R2 => 2,
        Risk::R3 => 3,
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
    pub(crate) request: &'a Request<'a>,
    pub(crate) tightened: Option<&'a Tightened>,
    pub(crate) place: Place,
    /// Everyone with a role or a say, once.
    people: Vec<(&'a PersonId, &'a [Grant])>,
    plan: Arc<ast::EntityUID>,
    schema: Option<&'a Schema>,
    scopes_met: OnceCell<ast::Value>,
    stops: OnceCell<ast::Value>,
    authors: OnceCell<Option<ast::Value>>,
    entities: OnceCell<Entities>,
}

impl<'a> World<'a> {
    /// With a schema everything is put before the rules and held against it.
    pub(crate) fn new(request: &'a Request<'a>, tightened: Option<&'a Tightened>, schema: Option<&'a Schema>) -> Result<Self, FactsError> {
        let mut people: Vec<(&PersonId, &[Grant])> = Vec::with_capacity(4);
        // The first fact about a person counts; a caller that gives two different ones is refused.
        for fact in request.authors.iter().chain(request.approvals.iter().map(|a| &a.approver)) {
            match people.iter().find(|(person, _)| **person == fact.person) {
                None => people.push((&fact.person, &fact.grants)),
                Some((_, grants)) if *grants == fact.grants.as_slice() => {}
                Some(_) => return Err(FactsError(format!("{} has two different sets of roles", fact.person))),
            }
        }
        for author in &request.plan.authors {
            if !people.iter().any(|(person, _)| *person == author) {
                people.push((author, &[]));
            }
        }
        Ok(Self {
            request,
            tightened,
            place: place(request, tightened),
            people,
            plan: Arc::new(uid(&types()?.plan, request.plan.id.as_str())),
            schema,
            scopes_met: OnceCell::new(),
            stops: OnceCell::new(),
            authors: OnceCell::new(),
            entities: OnceCell::new(),
        })
    }

    /// What scopes go by: what is registered, because a tag that makes an account stricter does not change who is in charge of it.
    fn in_charge(&self) -> (Environment, Option<&str>) {
        let account = self.request.account;
        (account.map_or(self.request.plan.environment, |a| a.environment), account.and_then(|a| a.tags.get(OU_TAG)).map(String::as_str))
    }

    /// Every scope that covers the plan.
    pub(crate) fn scopes(&self) -> ast::Value {
        let (plan, (environment, ou)) = (self.request.plan, self.in_charge());
        texts(RoleScope::covering(&plan.account, environment, ou, &plan.operation).iter().map(String::as_str))
    }

    /// Those of them that somebody here holds a role in or that are stopped.
    pub(crate) fn scopes_met(&self) -> &ast::Value {
        self.scopes_met.get_or_init(|| {
            let (plan, (environment, ou)) = (self.request.plan, self.in_charge());
            let held = self.people.iter().flat_map(|(_, grants)| grants.iter().map(|grant| grant.scope.as_str()));
            let stopped = self.request.stops.iter().map(|stop| stop.scope.as_str());
            texts(held.chain(stopped).filter(|scope| RoleScope::is_covering(scope, &plan.account, environment, ou, &plan.operation)))
        })
    }

    /// Every kill switch that is pulled.
    pub(crate) fn stops(&self) -> &ast::Value {
        self.stops.get_or_init(|| texts(self.request.stops.iter().map(|stop| stop.scope.as_str())))
    }

    /// Everyone who chose something of the plan.
    pub(crate) fn authors(&self) -> Option<&ast::Value> {
        let authors = || {
            let uids: Result<Vec<_>, _> = self.request.plan.choosers().map(person_uid).collect();
            Some(ast::Value::set(uids.ok()?.into_iter().map(ast::Value::from), None))
        };
        self.authors.get_or_init(authors).as_ref()
    }

    fn grants(&self, person: &PersonId) -> &'a [Grant] {
        self.people.iter().find(|(known, _)| *known == person).map_or(&[], |(_, grants)| *grants)
    }

    /// Everything as entities: built when first asked for.
    pub(crate) fn entities(&self) -> Result<&Entities, FactsError> {
        if self.entities.get().is_none() {
            // Lost only if it was set meanwhile, to the same.
            let _ = self.entities.set(self.build()?);
        }
        self.entities.get().ok_or_else(|| FactsError("the entities are gone".to_owned()))
    }

    fn build(&self) -> Result<Entities, FactsError> {
        let request = self.request;
        let of_plan = |owner: Owner| Attribute::of(owner).filter_map(|(a, name)| Some((name.to_owned(), of_plan(a, self)?)));
        let tags = request.account.into_iter().flat_map(|a| a.tags.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
        let mut entities = vec![
            entity((*self.plan).clone(), of_plan(Owner::Plan), std::iter::empty())?,
            entity(account_uid(&request.plan.account)?, of_plan(Owner::Account), tags)?,
            entity(operation_uid(&request.plan.operation)?, of_plan(Owner::Operation), std::iter::empty())?,
        ];
        for (person, grants) in &self.people {
            let roles = Attribute::of(Owner::Person).filter_map(|(a, name)| Some((name.to_owned(), of_person(a, grants)?)));
            entities.push(entity(person_uid(person)?, roles, std::iter::empty())?);
        }
        Entities::from_entities(entities, self.schema).map_err(|e| fault(&e))
    }

    /// A question with its context as the schema has it, for rules as they are written.
    pub(crate) fn question(&self, person: &PersonId, question: Question) -> Result<ast::Request, FactsError> {
        let pairs = Attribute::of(Owner::Context).filter_map(|(a, name)| Some((name, of_question(a, self, question)?)));
        let asked = self.asked(person, question, context(pairs))?;
        let Some(schema) = self.schema else { return Ok(asked) };
        let [principal, action, resource] = [asked.principal(), asked.action(), asked.resource()].map(|entry| entry.uid().cloned());
        let (Some(principal), Some(action), Some(resource), Some(context)) = (principal, action, resource, asked.context()) else {
            return Err(FactsError("a question is not whole".to_owned()));
        };
        let context = Context::from(context.clone());
        let held = cedar_policy::Request::new(principal.into(), action.into(), resource.into(), context, Some(schema));
        held.map(|_| asked).map_err(|e| fault(&e))
    }

    /// A question with everything that a slice reads in its context.
    pub(crate) fn question_to(&self, slice: &Slice, person: &PersonId, question: Question) -> Result<ast::Request, FactsError> {
        let value = |(name, attribute): &(&'static str, Attribute)| {
            let value = of_question(*attribute, self, question).or_else(|| of_plan(*attribute, self));
            Some((*name, value.or_else(|| of_person(*attribute, self.grants(person)))?))
        };
        let tags = slice.tags.iter().filter_map(|(tag, name)| Some((name.as_str(), self.request.account?.tags.get(tag)?.as_str().into())));
        self.asked(person, question, context(slice.attributes.iter().filter_map(value).chain(tags)))
    }

    fn asked(&self, person: &PersonId, question: Question, context: ast::Context) -> Result<ast::Request, FactsError> {
        let known = |euid| ast::EntityUIDEntry::Known { euid, loc: None };
        let (principal, action) = (Arc::new(person_uid(person)?), action_uid(question.action())?);
        Ok(ast::Request::new_unchecked(known(principal), known(action), known(Arc::clone(&self.plan)), Some(context)))
    }
}

fn context<'n>(pairs: impl Iterator<Item = (&'n str, ast::Value)>) -> ast::Context {
    ast::Context::Value(Arc::new(pairs.map(|(name, value)| (name.into(), value)).collect::<BTreeMap<_, _>>()))
}

fn entity(
    uid: ast::EntityUID,
    attributes: impl Iterator<Item = (String, ast::Value)>,
    tags: impl Iterator<Item = (String, ast::Value)>,
) -> Result<Entity, FactsError> {
    let written = |(name, value)| (name, RestrictedExpression::from(ast::RestrictedExpr::from(value)));
    Entity::new_with_tags(uid.into(), attributes.map(written), [], tags.map(written)).map_err(|e| fault(&e))
}

/// Where the plan would act, as the rules see it.
fn place(request: &Request<'_>, tightened: Option<&Tightened>) -> Place {
    Place {
        environment: tightened.map_or(request.plan.environment, |t| t.environment),
        autonomy: tightened.map_or(Autonomy::Shadow, |t| t.autonomy),
        risk: request.plan.risk,
    }
}
