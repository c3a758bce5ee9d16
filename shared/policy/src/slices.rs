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

use std::collections::{BTreeMap, BTreeSet};

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
    by_place: Vec<(Place, usize)>,
    /// Each once: many places have the same rules.
    slices: Vec<Slice>,
}

/// The rules of one action that can make a difference in one place.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    /// Each rule by itself.
    pub(crate) each: PolicySet,
    /// The same, those that end a plan joined into one.
    pub(crate) joined: PolicySet,
}

impl Slice {
    /// `joins` keeps what was joined before: making it costs more than everything else here.
    fn of<'b>(chosen: &[&'b Bare], joins: &mut BTreeMap<Vec<&'b str>, Option<Policy>>) -> Result<Self, RulesError> {
        let each = set(chosen.iter().map(|rule| rule.policy.clone()))?;
        let (ending, others): (Vec<&Bare>, Vec<&Bare>) = chosen.iter().copied().partition(|rule| rule.joins.is_some());
        let conditions: Vec<&Value> = ending.iter().filter_map(|rule| rule.joins.as_ref()).collect();
        let one = if ending.len() > 1 { Some(joins.entry(ids(&ending)).or_insert_with(|| any_of(&conditions))) } else { None };
        let joined = match one.and_then(|one| one.clone()) {
            Some(one) => set(others.into_iter().map(|rule| rule.policy.clone()).chain([one]))?,
            None => each.clone(),
        };
        Ok(Self { each, joined })
    }
}

fn ids<'b>(rules: &[&'b Bare]) -> Vec<&'b str> {
    rules.iter().map(|rule| rule.policy.id().as_ref()).collect()
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
    /// [`RulesError::Schema`] if Cedar takes no such set.
    pub(crate) fn cut(rules: &[&Rule], action: Action, wanted: fn(&Rule) -> bool) -> Result<Self, RulesError> {
        let mut bare = Vec::new();
        for rule in rules.iter().filter(|rule| wanted(rule) && concerns(&rule.policy, action)) {
            let json = &rule.written;
            let joins = if rule.permits || !rule.demand.is_none() { None } else { condition(json) };
            bare.push(Bare { policy: without_action_and_words(rule), settled: settled(json), joins });
        }
        let (mut by_place, mut slices) = (Vec::new(), Vec::new());
        let (mut made, mut joins) = (BTreeMap::new(), BTreeMap::new());
        for place in Place::all() {
            let chosen: Vec<&Bare> = bare.iter().filter(|rule| rule.settled.iter().all(|s| s.holds(place))).collect();
            let number = match made.get(&ids(&chosen)) {
                Some(number) => *number,
                None => {
                    slices.push(Slice::of(&chosen, &mut joins)?);
                    made.insert(ids(&chosen), slices.len() - 1);
                    slices.len() - 1
                }
            };
            by_place.push((place, number));
        }
        Ok(Self { by_place, slices })
    }

    pub(crate) fn at(&self, place: Place) -> Option<&Slice> {
        let (_, number) = self.by_place.iter().find(|(of, _)| *of == place)?;
        self.slices.get(*number)
    }
}

/// The rule as it is where Cedar does not write the same down again.
fn without_action_and_words(rule: &Rule) -> Policy {
    let mut bare = rule.written.clone();
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
fn any_of(conditions: &[&Value]) -> Option<Policy> {
    let scope = serde_json::json!({ "op": "All" });
    let policy = serde_json::json!({
        "effect": "forbid", "principal": scope, "action": scope, "resource": scope,
        "conditions": [{ "kind": "when", "body": disjunction(conditions)? }],
    });
    let read = Policy::from_json(Some(PolicyId::new(JOINED)), policy.clone()).ok()?;
    (read.to_json().ok()? == policy).then_some(read)
}

/// By halves, so that it is no deeper than it must be.
fn disjunction(conditions: &[&Value]) -> Option<Value> {
    match conditions {
        [] => None,
        [one] => Some((*one).clone()),
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

/// What of a plan is an entity of its own.
const PARTS: [&str; 2] = ["account", "operation"];

/// `x` where this is `x.account.…`, `x.operation.…`, or asks whether these have something.
fn through(json: &Value) -> Option<&Value> {
    let outer = only(json, ".").or_else(|| only(json, "has"))?;
    let inner = only(outer.get("left")?, ".")?;
    PARTS.contains(&inner.get("attr")?.as_str()?).then(|| inner.get("left")).flatten()
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
    kept_as_entities: bool,
}

impl Reads {
    pub(crate) fn of(rules: &[&Rule]) -> Self {
        let mut out = Self::default();
        rules.iter().for_each(|rule| out.add(&rule.written));
        out
    }

    /// Takes every text for a name, so that no form of access is overlooked.
    fn add(&mut self, json: &Value) {
        match json {
            Value::Object(map) => {
                if is_met(json) {
                    self.attributes.extend(ROLES.into_iter().chain(["scopes", "stops"]).map(str::to_owned));
                    return;
                }
                if let Some(of) = through(json) {
                    map.values().filter_map(|access| access.get("attr")).for_each(|attr| self.add(attr));
                    self.attributes.extend(PARTS.map(str::to_owned));
                    self.add(of);
                    return;
                }
                self.kept_as_entities |= map.get("attr").is_some_and(|attr| PARTS.iter().any(|part| attr == part));
                self.kept_as_entities |= map.keys().any(|key| key == "__entity" || key == "is");
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

    /// Whether a plan's account and operation are only looked into: then their attributes can stand in the plan itself, as a record,
    /// where they are found without looking an entity up.
    pub(crate) fn only_looks_into_parts(&self) -> bool {
        !self.kept_as_entities && !self.tags
    }

    /// Whether a plan's scopes are only asked whether one of them is among a person's or among the stops: then those that are neither
    /// need not be put before the rules.
    pub(crate) fn scopes_are_only_met(&self) -> bool {
        !self.scopes_elsewhere
    }
}
