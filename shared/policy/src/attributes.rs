//! Every attribute that rules can look at, where it belongs and what it is now. Entry types: [`Attribute`], [`Attribute::value`].
//!
//! Invariant: this is the one place where a fact becomes something that Cedar reads, so that it reads the same whether a rule finds it in
//! an entity or, laid out flat, in the context; a test holds the names against the schema.

use cedar_policy_core::ast::Value;
use domain::{Account, Grant, Role, Undo};

use crate::{
    entities::{Agreed, World, account_uid, autonomy_name, operation_uid, risk_number},
    facts::Calendar,
    rules::Action,
};

/// What an attribute is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Person,
    Account,
    Operation,
    Plan,
    Context,
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Attribute {
    Viewer,
    Operator,
    Approver,
    Administrator,
    Auditor,
    Registered,
    AccountId,
    Environment,
    Autonomy,
    MinApprovals,
    Frozen,
    TagsReadable,
    Service,
    Risk,
    Account,
    Operation,
    Scopes,
    /// Those scopes that a person here holds a role in or that are stopped: enough where a rule only asks whether one of them is met.
    ScopesMet,
    Authors,
    Targets,
    BlastRadius,
    Reversible,
    MonthlyCostCents,
    AccountUnchanged,
    ExpiresAt,
    Now,
    SignatureValid,
    DigestMatches,
    Approvals,
    MfaApprovals,
    MfaAge,
    AccountTyped,
    Window,
    Freeze,
    IncidentSeverity,
    BreakGlass,
    Stops,
    MaxTargets,
}

/// Each with its owner, its name in the schema and its name laid out flat: a point in it keeps it apart from every name of the context,
/// and with at most 23 bytes it is a word that costs no allocation.
const TABLE: [(Attribute, Owner, &str, &str); 37] = {
    use Attribute as A;
    use Owner as O;
    [
        (A::Viewer, O::Person, "viewer", "person.viewer"),
        (A::Operator, O::Person, "operator", "person.operator"),
        (A::Approver, O::Person, "approver", "person.approver"),
        (A::Administrator, O::Person, "administrator", "person.administrator"),
        (A::Auditor, O::Person, "auditor", "person.auditor"),
        (A::Registered, O::Account, "registered", "account.registered"),
        (A::AccountId, O::Account, "id", "account.id"),
        (A::Environment, O::Account, "environment", "account.environment"),
        (A::Autonomy, O::Account, "autonomy", "account.autonomy"),
        (A::MinApprovals, O::Account, "min_approvals", "account.min_approvals"),
        (A::Frozen, O::Account, "frozen", "account.frozen"),
        (A::TagsReadable, O::Account, "tags_readable", "account.tags_readable"),
        (A::Service, O::Operation, "service", "operation.service"),
        (A::Risk, O::Operation, "risk", "operation.risk"),
        (A::Account, O::Plan, "account", "plan.account"),
        (A::Operation, O::Plan, "operation", "plan.operation"),
        (A::Scopes, O::Plan, "scopes", "plan.scopes"),
        (A::Authors, O::Plan, "authors", "plan.authors"),
        (A::Targets, O::Plan, "targets", "plan.targets"),
        (A::BlastRadius, O::Plan, "blast_radius", "plan.blast_radius"),
        (A::Reversible, O::Plan, "reversible", "plan.reversible"),
        (A::MonthlyCostCents, O::Plan, "monthly_cost_cents", "plan.monthly_cost_cents"),
        (A::AccountUnchanged, O::Plan, "account_unchanged", "plan.account_unchanged"),
        (A::ExpiresAt, O::Plan, "expires_at", "plan.expires_at"),
        (A::Now, O::Context, "now", "now"),
        (A::SignatureValid, O::Context, "signature_valid", "signature_valid"),
        (A::DigestMatches, O::Context, "digest_matches", "digest_matches"),
        (A::Approvals, O::Context, "approvals", "approvals"),
        (A::MfaApprovals, O::Context, "mfa_approvals", "mfa_approvals"),
        (A::MfaAge, O::Context, "mfa_age", "mfa_age"),
        (A::AccountTyped, O::Context, "account_typed", "account_typed"),
        (A::Window, O::Context, "window", "window"),
        (A::Freeze, O::Context, "freeze", "freeze"),
        (A::IncidentSeverity, O::Context, "incident_severity", "incident_severity"),
        (A::BreakGlass, O::Context, "break_glass", "break_glass"),
        (A::Stops, O::Context, "stops", "stops"),
        (A::MaxTargets, O::Context, "max_targets", "max_targets"),
    ]
};

impl Attribute {
    /// Of the schema, by owner and name.
    pub(crate) fn named(owner: Owner, name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, of, known, _)| *of == owner && *known == name).map(|(attribute, ..)| *attribute)
    }

    /// All of an owner with their names in the schema.
    pub(crate) fn of(owner: Owner) -> impl Iterator<Item = (Self, &'static str)> {
        TABLE.iter().filter(move |(_, of, ..)| *of == owner).map(|(attribute, _, name, _)| (*attribute, *name))
    }

    /// Its name where all attributes stand side by side.
    pub(crate) fn flat(self) -> &'static str {
        TABLE.iter().find(|(known, ..)| *known == self).map_or("plan.scopes_met", |(.., flat)| *flat)
    }
}

/// What is asked about a plan, with what only this question has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Ask,
    Approve { signature_valid: bool, digest_matches: bool },
    Execute(Agreed),
    Undo,
}

impl Question {
    pub(crate) fn action(self) -> Action {
        match self {
            Self::Ask => Action::Ask,
            Self::Approve { .. } => Action::Approve,
            Self::Execute(_) => Action::Execute,
            Self::Undo => Action::Undo,
        }
    }
}

pub(crate) fn texts<'t>(values: impl Iterator<Item = &'t str>) -> Value {
    Value::set(values.map(Value::from), None)
}

fn count(value: usize) -> Value {
    Value::from(i64::try_from(value).unwrap_or(i64::MAX))
}

/// The role that is held where an attribute says.
fn role(attribute: Attribute) -> Option<Role> {
    match attribute {
        Attribute::Viewer => Some(Role::Viewer),
        Attribute::Operator => Some(Role::Operator),
        Attribute::Approver => Some(Role::Approver),
        Attribute::Administrator => Some(Role::Administrator),
        Attribute::Auditor => Some(Role::Auditor),
        _ => None,
    }
}

pub(crate) fn of_person(attribute: Attribute, grants: &[Grant]) -> Option<Value> {
    let role = role(attribute)?;
    Some(texts(grants.iter().filter(|grant| grant.role == role).map(|grant| grant.scope.as_str())))
}

/// What the schema gives one kind of question only; `None` for another kind, and for what is not known.
pub(crate) fn of_question(attribute: Attribute, world: &World<'_>, question: Question) -> Option<Value> {
    let request = world.request;
    Some(match (attribute, question) {
        (Attribute::Now, _) => Value::from(request.now.0),
        (Attribute::Stops, Question::Execute(_) | Question::Undo) => world.stops().clone(),
        (Attribute::SignatureValid, Question::Approve { signature_valid, .. }) => Value::from(signature_valid),
        (Attribute::DigestMatches, Question::Approve { digest_matches, .. }) => Value::from(digest_matches),
        (Attribute::Approvals, Question::Execute(agreed)) => Value::from(i64::from(agreed.approvals)),
        (Attribute::MfaApprovals, Question::Execute(agreed)) => Value::from(i64::from(agreed.mfa_approvals)),
        (Attribute::MfaAge, Question::Execute(agreed)) => Value::from(agreed.mfa_age?),
        (Attribute::AccountTyped, Question::Execute(agreed)) => Value::from(agreed.typed),
        (Attribute::Window, Question::Execute(agreed)) => Value::from(agreed.window),
        (Attribute::Freeze, Question::Execute(_)) => Value::from(matches!(request.calendar, Calendar::Frozen { .. })),
        (Attribute::IncidentSeverity, Question::Execute(_)) => Value::from(i64::from(request.incident_severity?)),
        (Attribute::BreakGlass, Question::Execute(_)) => Value::from(request.break_glass),
        (Attribute::MaxTargets, Question::Execute(_)) => count(request.limits.max_targets(request.plan.risk)),
        _ => return None,
    })
}

/// What a plan, its account and its operation are; `None` for what is not known.
pub(crate) fn of_plan(attribute: Attribute, world: &World<'_>) -> Option<Value> {
    let (request, tightened) = (world.request, world.tightened);
    let plan = request.plan;
    let unchanged =
        |account: &Account| account.id == plan.account && account.name == plan.account_name && account.environment == plan.environment;
    Some(match attribute {
        Attribute::Registered => Value::from(request.account.is_some()),
        Attribute::AccountId => Value::from(plan.account.as_str()),
        Attribute::Environment => Value::from(world.place.environment.as_str()),
        Attribute::Autonomy => Value::from(autonomy_name(world.place.autonomy)),
        Attribute::MinApprovals => Value::from(i64::from(tightened.map_or(0, |t| t.min_approvals))),
        Attribute::Frozen => Value::from(tightened.is_some_and(|t| t.frozen)),
        Attribute::TagsReadable => Value::from(tightened.is_none_or(|t| t.unreadable.is_none())),
        Attribute::Service => Value::from(plan.operation.as_str().split('.').next().unwrap_or_default()),
        Attribute::Risk => Value::from(risk_number(plan.risk)),
        Attribute::Account => Value::from(account_uid(&plan.account).ok()?),
        Attribute::Operation => Value::from(operation_uid(&plan.operation).ok()?),
        Attribute::Scopes => world.scopes(),
        Attribute::ScopesMet => world.scopes_met().clone(),
        Attribute::Authors => world.authors()?.clone(),
        Attribute::Targets => count(plan.targets.len()),
        Attribute::BlastRadius => {
            let dependents = usize::try_from(request.impact.dependents).unwrap_or(usize::MAX);
            count(plan.targets.len().saturating_add(dependents))
        }
        Attribute::Reversible => Value::from(plan.undo != Undo::None),
        Attribute::MonthlyCostCents => Value::from(request.impact.monthly_cost_cents?),
        Attribute::AccountUnchanged => Value::from(request.account.is_none_or(unchanged)),
        Attribute::ExpiresAt => Value::from(plan.expires_at.0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cedar_policy::SchemaFragment;

    use super::*;

    fn names(record: &serde_json::Value) -> BTreeSet<String> {
        record["attributes"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn every_attribute_of_the_schema_is_known_and_no_other() {
        let (fragment, _) = SchemaFragment::from_cedarschema_str(crate::SCHEMA).unwrap();
        let schema = fragment.to_json_value().unwrap();
        let schema = &schema[""];
        let owners = [(Owner::Person, "Person"), (Owner::Account, "Account"), (Owner::Operation, "Operation"), (Owner::Plan, "Plan")];
        for (owner, entity) in owners {
            let known: BTreeSet<String> = Attribute::of(owner).map(|(_, name)| name.to_owned()).collect();
            assert_eq!(known, names(&schema["entityTypes"][entity]["shape"]), "{entity}");
        }
        let actions = schema["actions"].as_object().unwrap();
        let of_actions: BTreeSet<String> = actions.values().flat_map(|action| names(&action["appliesTo"]["context"])).collect();
        let known: BTreeSet<String> = Attribute::of(Owner::Context).map(|(_, name)| name.to_owned()).collect();
        assert_eq!(known, of_actions);
    }

    #[test]
    fn flat_names_differ_and_only_those_of_the_context_are_words_of_the_schema() {
        let flat: BTreeSet<&str> = TABLE.iter().map(|(attribute, ..)| attribute.flat()).chain([Attribute::ScopesMet.flat()]).collect();
        assert_eq!(flat.len(), TABLE.len() + 1);
        for (_, owner, name, flat) in TABLE {
            assert_eq!(owner == Owner::Context, name == flat, "{flat}");
            assert_eq!(owner != Owner::Context, flat.contains('.'), "{flat}");
            assert!(flat.len() <= 23, "{flat}");
        }
    }
}
