//! What an operation is. Entry type: [`Operation`].
//!
//! Invariants: `check`, `propose`, `verify` and `drift` are pure; `observe` only reads; `execute` and `undo` do what
//! the planned target says and choose nothing.
//!
//! ```
//! use operations::{Direction, find};
//! let stop = find("ec2.stop_instances").unwrap();
//! assert!(stop.effect_is_observable());
//! assert_eq!(stop.actions(Direction::Back), ["ec2:StartInstances"]);
//! ```

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    AccountId, Facts, Params, PlannedTarget, PreviewNote, TargetPreview, Text, Undo, Value, WireError, account::partition_of, text::inert,
};
use redaction::{Audience, Redactor};
use serde::{Deserialize, Serialize};

use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError},
    observe::ReadClients,
    target::{TargetShape, within},
};

/// Where an operation works: one account, one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The member account.
    pub account: AccountId,
    /// The region.
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`, by the region.
    pub partition: &'static str,
}

impl Scope {
    /// The scope of an account's region.
    #[must_use]
    pub fn new(account: AccountId, region: &str) -> Self {
        Self { account, region: region.to_owned(), partition: partition_of(region) }
    }

    /// `arn:<partition>:<service>:<region>:<account>:<resource>`.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

/// Doing or taking back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Execute.
    Forward,
    /// Undo.
    Back,
}

/// A request whose targets and parameters have the right shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Ids as their service names them, in the order given, each once.
    pub targets: Vec<String>,
    /// Parameters with defaults filled in.
    pub params: Params,
}

/// One resource as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// As its service names it.
    pub id: String,
    /// The full ARN.
    pub arn: String,
    /// The fingerprint: what the plan depends on and what drift is measured by.
    pub facts: Facts,
    /// Everything else people should see.
    pub context: Context,
}

/// What surrounds a resource. Untrusted text is raw here and made harmless by [`Observed::preview`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// The `Name` tag, or the resource's own name.
    pub name: Option<String>,
    /// All tags.
    pub tags: BTreeMap<String, String>,
    /// Facts of interest that are no part of the fingerprint (they may move without voiding the plan).
    pub facts: Facts,
    /// Load-balancer target groups in which the resource is registered.
    pub target_groups: Vec<Membership>,
    /// What was found out, and what could not be.
    pub notes: Vec<PreviewNote>,
}

/// A resource in a load balancer's target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The group's ARN.
    pub group_arn: String,
    /// The group's name.
    pub group_name: String,
    /// Ids under which the resource is registered (instance id or addresses).
    pub own_ids: Vec<String>,
    /// Ids of all targets that are healthy now, the resource's own included.
    pub healthy: Vec<String>,
}

impl Membership {
    /// Whether the resource itself is healthy in the group.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.own_ids.iter().any(|id| self.healthy.contains(id))
    }

    /// How many healthy targets the group has beside the given ids.
    #[must_use]
    pub fn healthy_beside(&self, gone: &[&str]) -> usize {
        self.healthy.iter().filter(|id| !gone.contains(&id.as_str())).count()
    }
}

impl Observed {
    /// What people see of this resource: text from outside made harmless, at most 20 tags.
    #[must_use]
    pub fn preview(&self, changes: Vec<(String, String, String)>, notes: Vec<PreviewNote>) -> TargetPreview {
        let tags = &self.context.tags;
        let tag = |name: &str| tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(key, value)| shown(key, value, 80));
        let managed_by = tags.get("aws:cloudformation:stack-name").map(|stack| format!("CloudFormation stack {}", shown("", stack, 128)));
        let managed_by = managed_by.or_else(|| {
            let value = tag("managed-by").or_else(|| tag("managedby")).or_else(|| tag("managed_by"));
            let terraform = tag("terraform").is_some_and(|v| v != "false");
            match value {
                Some(value) if value.to_ascii_lowercase().contains("terraform") => Some("Terraform".to_owned()),
                Some(value) => Some(value),
                None => terraform.then(|| "Terraform".to_owned()),
            }
        });
        TargetPreview {
            arn: self.arn.clone(),
            name: self.context.name.as_deref().map(|name| shown("", name, 80)),
            tags: tags.iter().take(20).map(|(key, value)| (shown("", key, 64), shown(key, value, 80))).collect(),
            owner: tag("owner"),
            managed_by,
            changes: changes
                .into_iter()
                .map(|(field, before, after)| {
                    let (before, after) = (shown(&field, &before, 200), shown(&field, &after, 200));
                    (field, before, after)
                })
                .collect(),
            facts: self.context.facts.iter().map(|(key, value)| (key.clone(), harmless(key, value))).collect(),
            notes: self.context.notes.iter().cloned().chain(notes).collect(),
        }
    }
}

/// A named text from outside as it may be shown: without secrets, safe on a screen, and no longer than `most` characters.
fn shown(name: &str, text: &str, most: usize) -> String {
    // Half a secret is not recognised: redaction comes before the cut.
    inert(&Redactor::shared().redact_named(Audience::Colleagues, name, text), most)
}

/// A value whose texts may be shown.
fn harmless(name: &str, value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(shown(name, text, 200)),
        Value::List(items) => Value::List(items.iter().map(|item| harmless(name, item)).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(key, value)| (shown("", key, 64), harmless(key, value))).collect()),
        other => other.clone(),
    }
}

/// What would be done, and what people should know before they say yes.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The exact resources, sorted by ARN.
    pub targets: Vec<PlannedTarget>,
    /// How it is taken back.
    pub undo: Undo,
    /// One entry a target, in the same order.
    pub previews: Vec<TargetPreview>,
    /// Notes about the whole.
    pub notes: Vec<PreviewNote>,
    /// Monthly cost difference in US cents; `None` is unknown.
    pub monthly_cost_cents: Option<i64>,
}

impl Proposal {
    /// Sorts targets with their previews by ARN.
    #[must_use]
    pub fn new(
        mut pairs: Vec<(PlannedTarget, TargetPreview)>,
        undo: Undo,
        notes: Vec<PreviewNote>,
        monthly_cost_cents: Option<i64>,
    ) -> Self {
        pairs.sort_by(|a, b| a.0.arn.cmp(&b.0.arn));
        let (targets, previews) = pairs.into_iter().unzip();
        Self { targets, undo, previews, notes, monthly_cost_cents }
    }
}

/// The resources are in no state for this operation. An expected answer, not a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A stable code (`already_stopped`, `out_of_bounds`).
    pub code: &'static str,
    /// The resource it is about, where it is about one.
    pub target: Option<String>,
    /// Why, in both languages.
    pub text: Text,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, target: Option<&str>, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { code, target: target.map(str::to_owned), text: Text::new(en, zh) }
    }

    /// The refusal as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        WireError::new("Operations.Conflict", self.text.clone())
    }
}

/// What one effect left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The service's own id of the request.
    pub request_id: Option<String>,
    /// The service said that it was so already: an earlier attempt had the effect.
    #[serde(default)]
    pub already: bool,
}

/// A field that is not as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The fact's name.
    pub field: String,
    /// As planned.
    pub planned: Value,
    /// As it is.
    pub now: Value,
}

/// Whether the post-condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// It does.
    Holds,
    /// Not yet; it may still come true.
    Pending(Text),
    /// It does not, and waiting will not help.
    Fails {
        /// What differs.
        differences: Vec<Difference>,
    },
}

/// The fields in which the present differs from the expected; a field that is missing counts as absent.
#[must_use]
pub fn differences(expected: &Facts, now: &Facts) -> Vec<Difference> {
    expected
        .iter()
        .filter_map(|(field, planned)| {
            let now = now.get(field).cloned().unwrap_or(Value::Absent);
            (now != *planned).then(|| Difference { field: field.clone(), planned: planned.clone(), now })
        })
        .collect()
}

/// Compares after a change: equal holds, unchanged may only be not visible yet, anything else fails.
#[must_use]
pub fn settled(expected: &Facts, former: &Facts, now: &Facts) -> Verification {
    let differences = differences(expected, now);
    if differences.is_empty() {
        return Verification::Holds;
    }
    if differences.iter().all(|d| former.get(&d.field) == Some(&d.now)) {
        let fields: Vec<&str> = differences.iter().map(|d| d.field.as_str()).collect();
        return Verification::Pending(Text::new(
            format!("not visible yet: {}", fields.join(", ")),
            format!("尚未生效：{}", fields.join("、")),
        ));
    }
    Verification::Fails { differences }
}

/// One change the fleet may make: data, four pure functions, one that reads and two that write.
#[async_trait]
pub trait Operation: Send + Sync {
    /// As in the catalogue, `<service>.<verb_object>`.
    fn id(&self) -> &'static str;

    /// What a target looks like.
    fn shape(&self) -> &'static TargetShape;

    /// IAM actions of [`Operation::observe`], exactly.
    fn read_actions(&self) -> &'static [&'static str];

    /// IAM actions of [`Operation::execute`] or [`Operation::undo`], exactly.
    fn actions(&self, direction: Direction) -> &'static [&'static str];

    /// Whether a later look can tell that the effect happened. Where it cannot, an ambiguous attempt is never repeated.
    fn effect_is_observable(&self) -> bool {
        true
    }

    /// Checks the parameters and fills in defaults.
    ///
    /// # Errors
    /// [`OperationError::BadParam`].
    fn check_params(&self, params: &Params) -> Result<Params, OperationError> {
        match params.keys().next() {
            None => Ok(Params::new()),
            Some(name) => Err(OperationError::unknown_param(name)),
        }
    }

    /// Checks shapes: ids, ARNs, parameters. Nothing is called.
    ///
    /// # Errors
    /// [`OperationError`]: malformed, or an ARN of another account, region, service or kind.
    fn check(&self, scope: &Scope, targets: &[String], params: &Params) -> Result<Checked, OperationError> {
        let mut ids = Vec::new();
        for target in targets {
            let id = self.shape().resolve(scope, target)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(Checked { targets: ids, params: self.check_params(params)? })
    }

    /// Reads the targets as they are now, one entry a target, in the order given. Every page is read.
    ///
    /// # Errors
    /// [`OperationError::TargetNotFound`] naming the first that does not exist here; a denied or failed read of the main
    /// facts. What only enriches the preview becomes a note of level Unknown instead.
    async fn observe(
        &self,
        clients: &ReadClients,
        scope: &Scope,
        targets: &[String],
        params: &Params,
    ) -> Result<Vec<Observed>, OperationError>;

    /// Turns what was observed into a plan's targets and a preview. Pure.
    ///
    /// # Errors
    /// [`Refusal`] when there is nothing to do or the operation cannot be done.
    fn propose(&self, observed: &[Observed], params: &Params) -> Result<Proposal, Refusal>;

    /// Makes the change on one target. `token` names this attempt's plan and target; services with an idempotency token get it.
    ///
    /// # Errors
    /// [`EffectError`]: refused, throttled (both: not applied) or ambiguous.
    async fn execute(
        &self,
        clients: &WriteClients,
        scope: &Scope,
        target: &PlannedTarget,
        params: &Params,
        token: &str,
    ) -> Result<Effect, EffectError>;

    /// Takes the change on one target back.
    ///
    /// # Errors
    /// As [`Operation::execute`]; operations without an undo refuse.
    async fn undo(
        &self,
        clients: &WriteClients,
        scope: &Scope,
        target: &PlannedTarget,
        params: &Params,
        token: &str,
    ) -> Result<Effect, EffectError>;

    /// Whether the post-condition (forward) or the restored fields (back) hold. Pure.
    fn verify(&self, target: &PlannedTarget, now: &Observed, direction: Direction) -> Verification {
        match direction {
            Direction::Forward => settled(&target.after, &target.before, &now.facts),
            Direction::Back => settled(&target.restores, &target.after, &now.facts),
        }
    }

    /// What moved since the plan was made. Not empty voids the plan. Pure.
    fn drift(&self, target: &PlannedTarget, now: &Observed) -> Vec<Difference> {
        differences(&target.before, &now.facts)
    }

    /// What moved since the plan was carried out: the facts of the fingerprint that are no longer as the change left them. Pure.
    fn drift_before_undo(&self, target: &PlannedTarget, now: &Observed) -> Vec<Difference> {
        let left: Facts =
            target.after.iter().filter(|(key, _)| target.before.contains_key(*key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        differences(&left, &now.facts)
    }

    /// The resource ARNs that a session policy for this target names.
    ///
    /// # Errors
    /// [`OperationError::NotScopable`] when the ARN is not of this scope or holds characters with a meaning in policies.
    fn policy_resources(&self, scope: &Scope, target: &PlannedTarget) -> Result<Vec<String>, OperationError> {
        within(scope, self.shape(), &target.arn).map(|()| vec![target.arn.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_shows_no_secret_and_cuts_none_in_half() {
        let token = format!("ghp_{}", "k3V9x1Z7w5Q2m8N4p6R0".repeat(2));
        let text = |more: &str| format!("{more}{token}");
        let tags = [
            ("Name", text("web ")),
            ("db_password", "hunter22".to_owned()),
            ("note", text(&"x ".repeat(35))),
            ("owner", "a@b.example".to_owned()),
        ];
        let observed = Observed {
            id: "i-1".into(),
            arn: "arn:aws:ec2:eu-west-1:222222222222:instance/i-1".into(),
            facts: Facts::new(),
            context: Context {
                name: Some(text("web ")),
                tags: tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
                facts: Facts::from([("hint".to_owned(), Value::List(vec![Value::Text(text(""))]))]),
                ..Context::default()
            },
        };
        let shown = format!("{:?}", observed.preview(vec![("script".into(), text(""), "none".into())], Vec::new()));
        assert!(!shown.contains("k3V9x1Z7") && !shown.contains("hunter22"), "{shown}");
        assert!(shown.contains("[redacted:github-token]") && shown.contains("[redacted:password]"), "{shown}");
        assert!(shown.contains("a@b.example"), "whom to ask is shown: {shown}");
    }
}
