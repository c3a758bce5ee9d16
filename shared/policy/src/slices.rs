//! The same rules, laid out so that asking them costs little. Entry types: [`Slices`], [`Reads`].
//!
//! Invariant: for whatever facts, a slice answers as the whole set does: the same decision, by the same rules, with the same error. What
//! is left out cannot make a difference:
//!
//! - a rule's action (a slice is only asked about one), its words and its place in the file;
//! - a rule whose conditions begin with a comparison of the account's environment or autonomy or of the operation's risk that is false:
//!   Cedar would stop there, before anything that could fail;
//! - attributes and tags that no rule names.
//!
//! Tests decide each way and compare; nothing of a rule is evaluated here but those comparisons with what a rule has written out.

use std::collections::BTreeSet;

use cedar_policy::{Policy, PolicyId, PolicySet, Response};
use domain::{Autonomy, Environment, Risk};
use serde_json::Value;

use crate::{
    entities::{autonomy_name, risk_number},
    rules::{Action, Rule, RulesError, concerns},
};

const ENVIRONMENTS: [Environment; 3] = [Environment::Dev, Environment::Staging, Environment::Prod];
const RISKS: [Risk; 3] = [Risk::R1, Risk::R2, Risk::R3];
const AUTONOMIES: [Autonomy; 4] = [Autonomy::Shadow, Autonomy::Approval, Autonomy::Tiered, Autonomy::Full];

/// What slices are cut by: what the rules see of an account and an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) environment: Environment,
    pub(crate) risk: Risk,
    pub(crate) autonomy: Autonomy,
}

impl Place {
    fn all() -> impl Iterator<Item = Self> {
        let risks = |environment| RISKS.into_iter().map(move |risk| (environment, risk));
        let pairs = ENVIRONMENTS.into_iter().flat_map(risks);
        pairs.flat_map(|(environment, risk)| AUTONOMIES.into_iter().map(move |autonomy| Self { environment, risk, autonomy }))
    }
}

/// The rules of one action.
#[derive(Debug, Clone)]
pub(crate) struct Slices {
    by_place: Vec<Slice>,
}

/// The rules of one action that can make a difference in one place.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    place: Place,
    /// Each rule by itself.
    pub(crate) each: PolicySet,
    /// The same, those that end a plan joined into one.
    pub(crate) joined: PolicySet,
}

impl Slice {
    fn of(place: Place, rules: &[Bare]) -> Result<Self, RulesError> {
        let chosen: Vec<&Bare> = rules.iter().filter(|rule| rule.settled.iter().all(|s| s.holds(place))).collect();
        let each = set(chosen.iter().map(|rule| rule.policy.clone()))?;
        let (ending, others): (Vec<&Bare>, Vec<&Bare>) = chosen.into_iter().partition(|rule| rule.joins.is_some());
        let conditions: Vec<Value> = ending.iter().filter_map(|rule| rule.joins.clone()).collect();
        let joined = match any_of(&conditions).filter(|_| ending.len() > 1) {
            Some(one) => set(others.into_iter().map(|rule| rule.policy.clone()).chain([one]))?,
            None => each.clone(),
        };
        Ok(Self { place, each, joined })
    }
}

fn set(policies: impl IntoIterator<Item = Policy>) -> Result<PolicySet, RulesError> {
    PolicySet::from_policies(policies)
        .map_err(|e| RulesError::Schema { rule: "all".to_owned(), why: domain::text::defang(&e.to_string(), 300) })
}

/// A rule ready to be put into slices.
struct Bare {
    policy: Policy,
    settled: Vec<Settled>,
    /// Its whole condition, if it ends a plan.
    joins: Option<Value>,
}

/// The id of what [`Slice::joined`] joins.
const JOINED: &str = "joined";

/// Whether an answer by [`Slice::joined`] is not that of its rules one by one: one of those joined holds, or something failed.
pub(crate) fn undecided(response: &Response) -> bool {
    let diagnostics = response.diagnostics();
    diagnostics.errors().next().is_some() || diagnostics.reason().any(|id| AsRef::<str>::as_ref(id) == JOINED)
}

impl Slices {
    /// # Errors
    /// [`RulesError::Schema`] if Cedar cannot write a rule down.
    pub(crate) fn cut(rules: &[&Rule], action: Action, wanted: fn(&Rule) -> bool) -> Result<Self, RulesError> {
        let mut bare = Vec::new();
        for rule in rules.iter().filter(|rule| wanted(rule) && concerns(&rule.policy, action)) {
            let json = json(rule)?;
            let joins = if rule.permits || !rule.demand.is_none() { None } else { condition(&json) };
            bare.push(Bare { policy: without_action_and_words(rule, &json), settled: settled(&json), joins });
        }
        Ok(Self { by_place: Place::all().map(|place| Slice::of(place, &bare)).collect::<Result<_, _>>()? })
    }

    pub(crate) fn at(&self, place: Place) -> Option<&Slice> {
        self.by_place.iter().find(|slice| slice.place == place)
    }
}

fn fault(rule: &Rule, error: &dyn std::error::Error) -> RulesError {
    RulesError::Schema { rule: rule.id.clone(), why: domain::text::defang(&error.to_string(), 300) }
}

fn json(rule: &Rule) -> Result<Value, RulesError> {
    rule.policy.to_json().map_err(|e| fault(rule, &e))
}

/// The rule as it is where Cedar does not write the same down again.
fn without_action_and_words(rule: &Rule, json: &Value) -> Policy {
    let mut bare = json.clone();
    if let Some(map) = bare.as_object_mut() {
        map.insert("action".to_owned(), serde_json::json!({ "op": "All" }));
        map.remove("annotations");
    }
    let again = Policy::from_json(Some(rule.policy.id().clone()), bare.clone()).ok();
    again.filter(|policy| policy.to_json().is_ok_and(|written| written == bare)).unwrap_or_else(|| rule.policy.clone())
}

/// All conditions of a rule as one expression, where they are all that it has.
fn condition(json: &Value) -> Option<Value> {
    let unconstrained = |key: &str| json.get(key).and_then(|scope| scope.get("op")).and_then(Value::as_str) == Some("All");
    if !unconstrained("principal") || !unconstrained("resource") {
        return None;
    }
    let mut parts = Vec::new();
    for condition in json.get("conditions")?.as_array()? {
        let body = condition.get("body")?.clone();
        parts.push(match condition.get("kind")?.as_str()? {
            "when" => body,
            "unless" => serde_json::json!({ "!": { "arg": body } }),
            _ => return None,
        });
    }
    let first = parts.first()?.clone();
    Some(parts.into_iter().skip(1).fold(first, |left, right| join("&&", &left, &right)))
}

fn join(operator: &str, left: &Value, right: &Value) -> Value {
    serde_json::json!({ operator: { "left": left, "right": right } })
}

/// A rule that forbids where one of these conditions holds, each looked at in this order until one does or fails: where it does not
/// hold and did not fail, none of them holds and none would have failed.
fn any_of(conditions: &[Value]) -> Option<Policy> {
    let scope = serde_json::json!({ "op": "All" });
    let policy = serde_json::json!({
        "effect": "forbid", "principal": scope, "action": scope, "resource": scope,
        "conditions": [{ "kind": "when", "body": disjunction(conditions)? }],
    });
    let read = Policy::from_json(Some(PolicyId::new(JOINED)), policy.clone()).ok()?;
    (read.to_json().ok()? == policy).then_some(read)
}

/// By halves, so that it is no deeper than it must be.
fn disjunction(conditions: &[Value]) -> Option<Value> {
    match conditions {
        [] => None,
        [one] => Some(one.clone()),
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            Some(join("||", &disjunction(left)?, &disjunction(right)?))
        }
    }
}

/// A comparison that a [`Place`] settles.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Settled {
    Environment(String),
    Autonomy(String),
    Risk(Compare, i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Settled {
    fn holds(&self, place: Place) -> bool {
        match self {
            Self::Environment(name) => place.environment.as_str() == name,
            Self::Autonomy(name) => autonomy_name(place.autonomy) == name,
            Self::Risk(compare, number) => {
                let risk = risk_number(place.risk);
                match compare {
                    Compare::Equal => risk == *number,
                    Compare::Less => risk < *number,
                    Compare::LessOrEqual => risk <= *number,
                    Compare::Greater => risk > *number,
                    Compare::GreaterOrEqual => risk >= *number,
                }
            }
        }
    }
}

/// The comparisons that a rule's conditions begin with, as far as a place settles them: Cedar evaluates from the left and stops at the
/// first that is false, so what comes behind something unsettled (it might fail) is not looked at.
fn settled(json: &Value) -> Vec<Settled> {
    let mut out = Vec::new();
    let conditions = json.get("conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for condition in conditions {
        let when = condition.get("kind").and_then(Value::as_str) == Some("when");
        let Some(body) = condition.get("body").filter(|_| when) else { break };
        if !conjuncts(body, &mut out) {
            break;
        }
    }
    out
}

/// Whether everything joined by `&&` here is settled; else what comes before the first that is not.
fn conjuncts(json: &Value, out: &mut Vec<Settled>) -> bool {
    if let Some((left, right)) = sides(json, "&&") {
        return conjuncts(left, out) && conjuncts(right, out);
    }
    let found = comparison(json);
    let is_settled = found.is_some();
    out.extend(found);
    is_settled
}

fn comparison(json: &Value) -> Option<Settled> {
    let operators = [
        ("==", Compare::Equal),
        ("<", Compare::Less),
        ("<=", Compare::LessOrEqual),
        (">", Compare::Greater),
        (">=", Compare::GreaterOrEqual),
    ];
    let ((left, right), compare) = operators.iter().find_map(|(name, compare)| Some((sides(json, name)?, *compare)))?;
    let literal = only(right, "Value")?;
    match (path(left)?, compare) {
        (["account", "environment"], Compare::Equal) => Some(Settled::Environment(literal.as_str()?.to_owned())),
        (["account", "autonomy"], Compare::Equal) => Some(Settled::Autonomy(literal.as_str()?.to_owned())),
        (["operation", "risk"], compare) => Some(Settled::Risk(compare, literal.as_i64()?)),
        _ => None,
    }
}

/// What is under a key that is the only one.
fn only<'a>(json: &'a Value, key: &str) -> Option<&'a Value> {
    json.as_object().filter(|map| map.len() == 1)?.get(key)
}

/// Both sides of an expression that is this operator and nothing else.
fn sides<'a>(json: &'a Value, operator: &str) -> Option<(&'a Value, &'a Value)> {
    let of = only(json, operator)?;
    Some((of.get("left")?, of.get("right")?))
}

/// `a` and `b` of `resource.a.b`.
fn path(json: &Value) -> Option<[&str; 2]> {
    let outer = only(json, ".")?;
    let inner = only(outer.get("left")?, ".")?;
    let resource = only(inner.get("left")?, "Var")?.as_str()? == "resource";
    resource.then_some([inner.get("attr")?.as_str()?, outer.get("attr")?.as_str()?])
}

const ROLES: [&str; 5] = ["viewer", "operator", "approver", "administrator", "auditor"];

/// `a.containsAny(resource.scopes)` or the other way round, where `a` is a role of the one who asks or `context.stops`.
fn is_met(json: &Value) -> bool {
    let attribute = |json: &Value, of: &str, wanted: &[&str]| {
        let access = only(json, ".").and_then(|access| Some((only(access.get("left")?, "Var")?, access.get("attr")?.as_str()?)));
        access.is_some_and(|(var, attr)| var == of && wanted.contains(&attr))
    };
    let scopes = |json: &Value| attribute(json, "resource", &["scopes"]);
    let held = |json: &Value| attribute(json, "principal", &ROLES) || attribute(json, "context", &["stops"]);
    sides(json, "containsAny").is_some_and(|(left, right)| (scopes(left) && held(right)) || (held(left) && scopes(right)))
}

/// Whether this is the name, or a path with it.
fn names(attr: &Value, name: &str) -> bool {
    attr == name || attr.as_array().is_some_and(|path| path.iter().any(|part| part == name))
}

/// What a set of rules names at all: attributes that no rule names need not be put before them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reads {
    attributes: BTreeSet<String>,
    tags: bool,
    scopes_elsewhere: bool,
}

impl Reads {
    /// # Errors
    /// [`RulesError::Schema`] if Cedar cannot write a rule down.
    pub(crate) fn of(rules: &[&Rule]) -> Result<Self, RulesError> {
        let mut out = Self::default();
        for rule in rules {
            out.add(&json(rule)?);
        }
        Ok(out)
    }

    /// Takes every text for a name, so that no form of access is overlooked.
    fn add(&mut self, json: &Value) {
        match json {
            Value::Object(map) => {
                if is_met(json) {
                    self.attributes.extend(ROLES.into_iter().chain(["scopes", "stops"]).map(str::to_owned));
                    return;
                }
                self.scopes_elsewhere |= map.get("attr").is_some_and(|attr| names(attr, "scopes"));
                self.tags |= map.contains_key("getTag") || map.contains_key("hasTag");
                map.iter().filter(|(key, _)| *key != "annotations").for_each(|(_, value)| self.add(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::String(text) => {
                self.attributes.insert(text.clone());
            }
            _ => {}
        }
    }

    pub(crate) fn attribute(&self, name: &str) -> bool {
        self.attributes.contains(name)
    }

    pub(crate) fn tags(&self) -> bool {
        self.tags
    }

    /// Whether a plan's scopes are only asked whether one of them is among a person's or among the stops: then those that are neither
    /// need not be put before the rules.
    pub(crate) fn scopes_are_only_met(&self) -> bool {
        !self.scopes_elsewhere
    }
}
