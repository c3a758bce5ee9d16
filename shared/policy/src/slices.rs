//! The same rules, laid out so that asking them costs little. Entry type: [`Slices`].
//!
//! Invariant: for whatever facts, a slice answers as the whole set does: the same decision, by the same rules, with the same error. What
//! is left out cannot make a difference:
//!
//! - a rule's action (a slice is only asked about one), its words and its place in the file;
//! - a rule whose conditions begin with a comparison of the account's environment or autonomy or of the operation's risk that is false:
//!   Cedar would stop there, before anything that could fail; and where all of these are true, the comparisons themselves;
//! - entities, where what rules read of them stands in the context instead ([`crate::flat`]);
//! - attributes and tags that no rule of the slice names.
//!
//! Tests decide each way and compare; nothing of a rule is evaluated here but those comparisons with what a rule has written out.

use std::collections::BTreeMap;

use cedar_policy::{Policy, PolicyId, PolicySet};
use cedar_policy_core::authorizer::Response;
use domain::{Autonomy, Environment, Risk};
use serde_json::Value;

use crate::{
    attributes::{Attribute, Owner},
    entities::{autonomy_name, risk_number},
    flat::Flat,
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
    /// As [`Self::joined`], with those apart that look at the calendar: for when one of them most likely holds, and no other.
    pub(crate) apart: PolicySet,
    /// One rule that permits where nothing forbids and the only permit holds; `None` where that is not known to be one rule. Where it
    /// does not permit, nothing is known.
    pub(crate) yes: Option<PolicySet>,
    /// What they look for in their context, by name and in the order of names.
    pub(crate) attributes: Vec<(&'static str, Attribute)>,
    /// The same of an account's tags, with what each is called there.
    pub(crate) tags: Vec<(String, String)>,
    /// Whether one of them is not laid out flat and looks at entities.
    pub(crate) entities: bool,
}

impl Slice {
    /// `made` keeps what was joined before: making it costs more than everything else here.
    fn of<'b>(chosen: &[&'b Bare], action: Action, made: &mut BTreeMap<Vec<&'b str>, Option<Policy>>) -> Result<Self, RulesError> {
        let each = set(chosen.iter().map(|rule| rule.policy.clone()))?;
        let mut join = |wanted: fn(&Bare) -> bool| {
            let joins = |rule: &&Bare| rule.joins && rule.condition.is_some() && wanted(rule);
            let (ending, others): (Vec<&Bare>, Vec<&Bare>) = chosen.iter().copied().partition(joins);
            let conditions: Vec<&Value> = ending.iter().filter_map(|rule| rule.condition.as_ref()).collect();
            let one = if ending.len() > 1 { made.entry(ids(&ending)).or_insert_with(|| any_of(&conditions)).clone() } else { None };
            one.map_or_else(|| Ok(each.clone()), |one| set(others.into_iter().map(|rule| rule.policy.clone()).chain([one])))
        };
        let (joined, apart) = (join(|_| true)?, join(|rule| !rule.looks_at_the_calendar())?);
        // Of approvals nobody asks why they do not count.
        let yes = if action == Action::Approve { only_yes(chosen).map(|yes| set([yes])).transpose()? } else { None };
        let entities = chosen.iter().any(|rule| rule.flat.is_none());
        let flat = || chosen.iter().filter_map(|rule| rule.flat.as_ref());
        let of_context = Attribute::of(Owner::Context).filter(|_| entities).map(|(attribute, _)| attribute);
        let read = flat().flat_map(|flat| flat.attributes.iter().copied()).chain(of_context);
        let mut attributes: Vec<_> = read.map(|attribute| (attribute.flat(), attribute)).collect();
        attributes.sort_unstable();
        attributes.dedup();
        let mut tags: Vec<(String, String)> =
            flat().flat_map(|flat| flat.tags.iter().map(|(name, tag)| (tag.clone(), name.clone()))).collect();
        tags.sort_unstable();
        tags.dedup();
        Ok(Self { each, joined, apart, yes, attributes, tags, entities })
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
    permits: bool,
    /// Its whole condition, where that is all that it has.
    condition: Option<Value>,
    /// Whether it can be asked together with others: no answer that it does not change needs its name.
    joins: bool,
    /// What it reads, if it is laid out flat.
    flat: Option<Flat>,
}

impl Bare {
    fn of(rule: &Rule, joins: bool) -> Self {
        let (settled, conditions) = settled(&rule.written);
        let read_as = |conditions: &[Value]| {
            let mut bare = rule.written.clone();
            let map = bare.as_object_mut()?;
            map.insert("action".to_owned(), serde_json::json!({ "op": "All" }));
            map.insert("conditions".to_owned(), Value::Array(conditions.to_vec()));
            map.remove("annotations");
            // The rule as it is where Cedar does not write the same down again.
            let again = Policy::from_json(Some(rule.policy.id().clone()), bare.clone()).ok()?;
            again.to_json().is_ok_and(|written| written == bare).then_some((again, bare))
        };
        let mut reads = Flat::default();
        let flat = reads.conditions(&conditions).and_then(|conditions| read_as(&conditions)).map(|found| (found, Some(reads)));
        let ((policy, json), flat) = flat
            .or_else(|| read_as(&conditions).map(|found| (found, None)))
            .unwrap_or_else(|| ((rule.policy.clone(), rule.written.clone()), None));
        Self { policy, settled, permits: rule.permits, condition: condition(&json), joins, flat }
    }

    fn looks_at_the_calendar(&self) -> bool {
        let calendar = [Attribute::Freeze, Attribute::Window];
        self.flat.as_ref().is_some_and(|flat| calendar.iter().any(|attribute| flat.attributes.contains(attribute)))
    }
}

/// The id of what [`Slice::joined`] joins.
const JOINED: &str = "joined";

/// Whether an answer by [`Slice::joined`] or [`Slice::apart`] is not that of its rules one by one: one of those joined holds, or something failed.
pub(crate) fn undecided(response: &Response) -> bool {
    let diagnostics = &response.diagnostics;
    !diagnostics.errors.is_empty() || diagnostics.reason.iter().any(|id| AsRef::<str>::as_ref(id) == JOINED)
}

impl Slices {
    /// # Errors
    /// [`RulesError::Schema`] if Cedar takes no such set.
    pub(crate) fn cut(rules: &[&Rule], action: Action, wanted: fn(&Rule) -> bool, joins: fn(&Rule) -> bool) -> Result<Self, RulesError> {
        let concerned = rules.iter().filter(|rule| wanted(rule) && concerns(&rule.policy, action));
        let bare: Vec<Bare> = concerned.map(|rule| Bare::of(rule, joins(rule))).collect();
        let (mut by_place, mut slices) = (Vec::new(), Vec::new());
        let (mut made, mut joined) = (BTreeMap::new(), BTreeMap::new());
        for place in Place::all() {
            let chosen: Vec<&Bare> = bare.iter().filter(|rule| rule.settled.iter().all(|s| s.holds(place))).collect();
            let number = match made.get(&ids(&chosen)) {
                Some(number) => *number,
                None => {
                    slices.push(Slice::of(&chosen, action, &mut joined)?);
                    made.insert(ids(&chosen), slices.len() - 1);
                    slices.len() - 1
                }
            };
            by_place.push((place, number));
        }
        Ok(Self { by_place, slices })
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> &[Slice] {
        &self.slices
    }

    pub(crate) fn at(&self, place: Place) -> Option<&Slice> {
        let (_, number) = self.by_place.iter().find(|(of, _)| *of == place)?;
        self.slices.get(*number)
    }
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
    rule_of("forbid", &disjunction(conditions)?)
}

/// A rule that permits where none of the rules that forbid holds and the only one that permits does: then all of them were looked at.
fn only_yes(rules: &[&Bare]) -> Option<Policy> {
    let (permits, forbids): (Vec<&Bare>, Vec<&Bare>) = rules.iter().copied().partition(|rule| rule.permits);
    let [permit] = permits.as_slice() else { return None };
    let forbids: Option<Vec<&Value>> = forbids.into_iter().map(|rule| rule.condition.as_ref()).collect();
    let none = serde_json::json!({ "!": { "arg": disjunction(&forbids?)? } });
    rule_of("permit", &join("&&", &none, permit.condition.as_ref()?))
}

fn rule_of(effect: &str, condition: &Value) -> Option<Policy> {
    let scope = serde_json::json!({ "op": "All" });
    let policy = serde_json::json!({
        "effect": effect, "principal": scope, "action": scope, "resource": scope,
        "conditions": [{ "kind": "when", "body": condition }],
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

/// The comparisons that a rule's conditions begin with, as far as a place settles them, and the conditions without these: Cedar evaluates
/// from the left and stops at the first that is false, so what comes behind something unsettled (it might fail) is not looked at.
fn settled(json: &Value) -> (Vec<Settled>, Vec<Value>) {
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    let conditions = json.get("conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for condition in conditions {
        let when = condition.get("kind").and_then(Value::as_str) == Some("when");
        match condition.get("body").filter(|_| when && rest.is_empty()) {
            Some(body) => rest.extend(unsettled(body, &mut found).map(|body| serde_json::json!({ "kind": "when", "body": body }))),
            None => rest.push(condition.clone()),
        }
    }
    (found, rest)
}

/// What is joined by `&&` here, from the first that is not settled on.
fn unsettled(json: &Value, found: &mut Vec<Settled>) -> Option<Value> {
    if let Some((left, right)) = sides(json, "&&") {
        return match unsettled(left, found) {
            None => unsettled(right, found),
            Some(left) => Some(join("&&", &left, right)),
        };
    }
    match comparison(json) {
        Some(settled) => {
            found.push(settled);
            None
        }
        None => Some(json.clone()),
    }
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
pub(crate) fn only<'a>(json: &'a Value, key: &str) -> Option<&'a Value> {
    json.as_object().filter(|map| map.len() == 1)?.get(key)
}

/// Both sides of an expression that is this operator and nothing else.
pub(crate) fn sides<'a>(json: &'a Value, operator: &str) -> Option<(&'a Value, &'a Value)> {
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
