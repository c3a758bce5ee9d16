//! Rules that find every attribute in one place. Entry type: [`Flat`].
//!
//! `resource.account.environment` makes Cedar look up two entities and read three records; laid out flat it is one attribute of the
//! context, `context["account.environment"]`, and nobody has to build an entity for it.
//!
//! Invariant: a flat rule answers as the rule does, when its context holds, by the same facts, what it reads. A rule that has anything
//! in it whose meaning is not listed here is not laid out flat, and is put before entities as it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    attributes::{Attribute, Owner},
    slices::{only, sides},
};

/// What a flat rule reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Flat {
    pub(crate) attributes: BTreeSet<Attribute>,
    /// Tags of the account, by what they are called in the context.
    pub(crate) tags: BTreeMap<String, String>,
}

/// Operators that look at values alone: nothing here is within anything else, so `in` is one of them.
const OF_VALUES: [&str; 15] = ["==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "in", "contains", "containsAll", "containsAny"];
/// The same with one side.
const OF_ONE: [&str; 3] = ["!", "neg", "isEmpty"];

impl Flat {
    /// The conditions of a rule, written flat; `None` where that is not known to mean the same.
    pub(crate) fn conditions(&mut self, conditions: &[Value]) -> Option<Vec<Value>> {
        conditions
            .iter()
            .map(|condition| Some(json!({ "kind": condition.get("kind")?, "body": self.expression(condition.get("body")?)? })))
            .collect()
    }

    fn expression(&mut self, json: &Value) -> Option<Value> {
        let (operator, of) = json.as_object().filter(|map| map.len() == 1)?.iter().next()?;
        let operator = operator.as_str();
        match operator {
            // A literal, or who and what is asked about as a whole.
            "Value" => Some(json.clone()),
            "Var" => of.as_str().filter(|var| *var != "context").map(|_| json.clone()),
            "." | "has" => {
                let name = self.read(of.get("left")?, of.get("attr")?.as_str()?)?;
                Some(json!({ operator: { "left": { "Var": "context" }, "attr": name } }))
            }
            "hasTag" | "getTag" => {
                let (account, tag) = sides(json, operator)?;
                let (resource, attr) = access(account)?;
                let (tag, this) = (only(tag, "Value")?.as_str()?, variable(resource)? == "resource" && attr == "account");
                let name = this.then(|| format!("tag {tag}"))?;
                self.tags.insert(name.clone(), tag.to_owned());
                Some(json!({ (if operator == "hasTag" { "has" } else { "." }): { "left": { "Var": "context" }, "attr": name } }))
            }
            "containsAny" if is_met(json) => {
                let (left, right) = sides(json, operator)?;
                let (left, right) = (self.met(left)?, self.met(right)?);
                Some(json!({ operator: { "left": left, "right": right } }))
            }
            _ if OF_VALUES.contains(&operator) => {
                let (left, right) = sides(json, operator)?;
                let (left, right) = (self.expression(left)?, self.expression(right)?);
                Some(json!({ operator: { "left": left, "right": right } }))
            }
            _ if OF_ONE.contains(&operator) => Some(json!({ operator: { "arg": self.expression(only(of, "arg")?)? } })),
            "like" => Some(json!({ "like": { "left": self.expression(of.get("left")?)?, "pattern": of.get("pattern")? } })),
            "if-then-else" => {
                let parts: Option<Map<String, Value>> =
                    ["if", "then", "else"].into_iter().map(|part| Some((part.to_owned(), self.expression(of.get(part)?)?))).collect();
                Some(json!({ operator: parts? }))
            }
            "Set" => {
                let items: Option<Vec<Value>> = of.as_array()?.iter().map(|item| self.expression(item)).collect();
                Some(json!({ "Set": items? }))
            }
            _ => None,
        }
    }

    /// The flat name of an attribute of what an expression stands for.
    fn read(&mut self, of: &Value, attr: &str) -> Option<&'static str> {
        let owner = match (variable(of), access(of)) {
            (Some("principal"), _) => Owner::Person,
            (Some("resource"), _) => Owner::Plan,
            (Some("context"), _) => Owner::Context,
            (_, Some((within, "account"))) if variable(within) == Some("resource") => Owner::Account,
            (_, Some((within, "operation"))) if variable(within) == Some("resource") => Owner::Operation,
            _ => return None,
        };
        let attribute = Attribute::named(owner, attr)?;
        self.attributes.insert(attribute);
        Some(attribute.flat())
    }

    /// As [`Self::expression`], but of a plan's scopes those that can be met.
    fn met(&mut self, json: &Value) -> Option<Value> {
        if access(json).is_some_and(|(of, attr)| variable(of) == Some("resource") && attr == "scopes") {
            self.attributes.insert(Attribute::ScopesMet);
            return Some(json!({ ".": { "left": { "Var": "context" }, "attr": Attribute::ScopesMet.flat() } }));
        }
        self.expression(json)
    }
}

fn variable(json: &Value) -> Option<&str> {
    only(json, "Var")?.as_str()
}

/// `x` and `a` of `x.a`.
fn access(json: &Value) -> Option<(&Value, &str)> {
    let access = only(json, ".")?;
    Some((access.get("left")?, access.get("attr")?.as_str()?))
}

/// `a.containsAny(resource.scopes)` or the other way round, where `a` is a role of the one who asks or `context.stops`: whether one of a
/// plan's scopes is among these cannot depend on scopes that nobody holds and that are not stopped.
fn is_met(json: &Value) -> bool {
    let is = |json: &Value, var: &str, wanted: &dyn Fn(&str) -> bool| {
        access(json).is_some_and(|(of, attr)| variable(of) == Some(var) && wanted(attr))
    };
    let scopes = |json: &Value| is(json, "resource", &|attr| attr == "scopes");
    let held = |json: &Value| {
        is(json, "principal", &|attr| Attribute::named(Owner::Person, attr).is_some()) || is(json, "context", &|attr| attr == "stops")
    };
    sides(json, "containsAny").is_some_and(|(left, right)| (scopes(left) && held(right)) || (held(left) && scopes(right)))
}
