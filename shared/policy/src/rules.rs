//! A set of rules: read, checked and compiled once. Entry type: [`RuleSet`].
//!
//! Invariants: a set that is not understood in every word is refused as a whole; what always holds (`policies/00-always.cedar`) is in
//! every set; each rule has a stable id and words in both languages; tags of an account can only be read by rules that forbid.

use std::{collections::BTreeMap, str::FromStr, sync::LazyLock};

use cedar_policy::{ActionConstraint, Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use domain::{Digest, Text};

use crate::{slices::Slices, words::PLACEHOLDERS};

/// What the rules can look at.
pub const SCHEMA: &str = include_str!("../../../policies/schema.cedarschema");
/// What is in every set.
pub const ALWAYS: Source<'static> = Source { name: "00-always.cedar", text: include_str!("../../../policies/00-always.cedar") };
/// The default rules beside [`ALWAYS`].
pub const DEFAULTS: [Source<'static>; 3] = [
    Source { name: "10-people.cedar", text: include_str!("../../../policies/10-people.cedar") },
    Source { name: "20-tiers.cedar", text: include_str!("../../../policies/20-tiers.cedar") },
    Source { name: "30-undo.cedar", text: include_str!("../../../policies/30-undo.cedar") },
];

/// The largest set that is read, in bytes over all files.
const MAX_BYTES: usize = 200_000;
/// The most rules of a set.
const MAX_RULES: usize = 300;

/// One file of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Its text, in Cedar.
    pub text: &'a str,
}

/// Why a set of rules was refused. The rules in force stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A file is not Cedar.
    #[error("`{file}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// The first thing that is not understood.
        why: String,
    },
    /// A rule names what does not exist, or can never apply.
    #[error("rule `{rule}` does not fit the schema: {why}")]
    Schema {
        /// The rule's id, or its number where it has none.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// A rule lacks its id or its words, or says something about itself that is not understood.
    #[error("rule `{rule}`: {why}")]
    Annotation {
        /// The rule's id, or its number where it has none.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// Two rules have one id.
    #[error("two rules are called `{0}`")]
    Twice(String),
    /// A rule would let a tag allow something.
    #[error("rule `{0}` lets a tag loosen: tags may be read in the `when` of a `forbid` only, and not negated")]
    TagLoosens(String),
    /// Too much.
    #[error("the set is too large ({0})")]
    TooLarge(String),
}

impl RulesError {
    /// The refusal in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let why = domain::text::defang(&self.to_string(), 600);
        Text::new(format!("The rules were refused and those in force stay: {why}"), format!("规则未被接受，现行规则继续有效：{why}"))
    }
}

/// A rule's question to people or the calendar, as its annotations say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Demand {
    pub(crate) approvals: Approvals,
    pub(crate) mfa: bool,
    pub(crate) window: bool,
    pub(crate) typed: bool,
}

/// How many approvals a rule demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Approvals {
    /// None.
    #[default]
    None,
    /// So many.
    Count(u32),
    /// As many as the account's tag says.
    ByTag,
}

impl Demand {
    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Its place in the set, file by file.
    pub(crate) index: usize,
    /// The id with placeholders, as annotated.
    pub(crate) id: String,
    pub(crate) file: String,
    pub(crate) permits: bool,
    pub(crate) text: Text,
    pub(crate) demand: Demand,
    pub(crate) policy: Policy,
    /// As Cedar writes it down; asked for once, because Cedar reads the text again for it.
    pub(crate) written: serde_json::Value,
}

/// What the rules are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Ask,
    Approve,
    Execute,
    Undo,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Approve => "approve",
            Self::Execute => "execute",
            Self::Undo => "undo",
        }
    }
}

/// Rules, compiled.
#[derive(Debug, Clone)]
pub struct RuleSet {
    version: String,
    pub(crate) rules: BTreeMap<PolicyId, Rule>,
    pub(crate) ask: PolicySet,
    pub(crate) approve: PolicySet,
    pub(crate) execute: PolicySet,
    pub(crate) undo: PolicySet,
    /// The rules of `execute` without those that end a plan: what could be allowed once people agree and the window opens.
    pub(crate) could_execute: PolicySet,
    /// The same sets, cut for speed.
    pub(crate) cut: Cut,
}

/// What is asked unless every question is held against the schema; see [`crate::slices`].
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    pub(crate) ask: Slices,
    pub(crate) approve: Slices,
    pub(crate) execute: Slices,
    pub(crate) undo: Slices,
    pub(crate) could_execute: Slices,
}

impl Cut {
    fn of(rules: &BTreeMap<PolicyId, Rule>) -> Result<Self, RulesError> {
        let rules: Vec<&Rule> = rules.values().collect();
        let forbids = |rule: &Rule| !rule.permits;
        Ok(Self {
            ask: Slices::cut(&rules, Action::Ask, |_| true, ends)?,
            approve: Slices::cut(&rules, Action::Approve, |_| true, ends)?,
            execute: Slices::cut(&rules, Action::Execute, |_| true, ends)?,
            undo: Slices::cut(&rules, Action::Undo, |_| true, ends)?,
            // With everything agreed, whatever still forbids ends the plan.
            could_execute: Slices::cut(&rules, Action::Execute, could_execute, forbids)?,
        })
    }
}

/// Whether a rule ends a plan where it holds.
fn ends(rule: &Rule) -> bool {
    !could_execute(rule)
}

/// Whether a rule does not end a plan.
fn could_execute(rule: &Rule) -> bool {
    rule.permits || !rule.demand.is_none()
}

static BUILT_IN: LazyLock<Result<RuleSet, RulesError>> = LazyLock::new(|| RuleSet::load(&DEFAULTS));
static COMPILED_SCHEMA: LazyLock<Result<Schema, String>> =
    LazyLock::new(|| Schema::from_cedarschema_str(SCHEMA).map(|(schema, _)| schema).map_err(|e| e.to_string()));

pub(crate) fn schema() -> Result<&'static Schema, RulesError> {
    COMPILED_SCHEMA.as_ref().map_err(|why| RulesError::Unreadable { file: "schema.cedarschema".to_owned(), why: why.clone() })
}

impl RuleSet {
    /// The default rules, compiled on first use.
    ///
    /// # Errors
    /// [`RulesError`]; a test holds that there is none.
    pub fn built_in() -> Result<&'static Self, &'static RulesError> {
        BUILT_IN.as_ref()
    }

    /// Reads, checks and compiles rules; [`ALWAYS`] comes on top of them.
    ///
    /// # Errors
    /// [`RulesError`] for the first thing that is not understood; nothing of the set is used then.
    pub fn load(own: &[Source<'_>]) -> Result<Self, RulesError> {
        let sources: Vec<Source<'_>> = std::iter::once(ALWAYS).chain(own.iter().copied()).collect();
        Self::compile(&sources)
    }

    /// As [`Self::load`], of exactly these files: for tests that take a rule away.
    ///
    /// # Errors
    /// [`RulesError`].
    pub(crate) fn compile(sources: &[Source<'_>]) -> Result<Self, RulesError> {
        let bytes: usize = sources.iter().map(|s| s.text.len()).sum();
        if bytes > MAX_BYTES {
            return Err(RulesError::TooLarge(format!("{bytes} bytes, at most {MAX_BYTES}")));
        }
        let mut rules = BTreeMap::new();
        let mut names = std::collections::BTreeSet::new();
        for source in sources {
            for policy in policies(source)? {
                let rule = read(&policy, source.name, rules.len())?;
                if !names.insert(rule.id.clone()) {
                    return Err(RulesError::Twice(rule.id));
                }
                rules.insert(rule.policy.id().clone(), rule);
            }
        }
        if rules.len() > MAX_RULES {
            return Err(RulesError::TooLarge(format!("{} rules, at most {MAX_RULES}", rules.len())));
        }
        check(&rules)?;
        let pick = |action: Action, wanted: fn(&Rule) -> bool| {
            let chosen = rules.values().filter(|rule| wanted(rule) && concerns(&rule.policy, action)).map(|rule| rule.policy.clone());
            PolicySet::from_policies(chosen)
                .map_err(|e| RulesError::Schema { rule: action.as_str().to_owned(), why: domain::text::defang(&e.to_string(), 300) })
        };
        Ok(Self {
            version: version(sources),
            ask: pick(Action::Ask, |_| true)?,
            approve: pick(Action::Approve, |_| true)?,
            execute: pick(Action::Execute, |_| true)?,
            undo: pick(Action::Undo, |_| true)?,
            could_execute: pick(Action::Execute, could_execute)?,
            cut: Cut::of(&rules)?,
            rules,
        })
    }

    /// `cedar.` and the beginning of the SHA-256 of everything in the set; a plan carries it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many rules it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether it has none; a loaded set always has those of [`ALWAYS`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn in_order(&self) -> Vec<&Rule> {
        let mut rules: Vec<&Rule> = self.rules.values().collect();
        rules.sort_by_key(|rule| rule.index);
        rules
    }

    pub(crate) fn set(&self, action: Action) -> &PolicySet {
        match action {
            Action::Ask => &self.ask,
            Action::Approve => &self.approve,
            Action::Execute => &self.execute,
            Action::Undo => &self.undo,
        }
    }
}

fn version(sources: &[Source<'_>]) -> String {
    let mut bytes = b"aiops.policies.v1\0".to_vec();
    bytes.extend(SCHEMA.as_bytes());
    for source in sources {
        for part in [source.name, source.text] {
            bytes.push(0);
            bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
    }
    let digest = Digest::of_bytes(&bytes);
    format!("cedar.{}", digest.as_str().get(..16).unwrap_or_default())
}

fn policies(source: &Source<'_>) -> Result<Vec<Policy>, RulesError> {
    let fault = |why: String| RulesError::Unreadable { file: source.name.to_owned(), why: domain::text::defang(&why, 300) };
    let set = PolicySet::from_str(source.text).map_err(|e| fault(e.to_string()))?;
    if set.num_of_templates() > 0 {
        return Err(fault("a template (`?principal`, `?resource`) has no meaning here".to_owned()));
    }
    let mut found: Vec<(usize, Policy)> = Vec::new();
    for policy in set.policies() {
        let id = policy.id().to_string();
        let number = id.trim_start_matches("policy").parse().map_err(|_| fault(format!("`{id}` has no place in its file")))?;
        found.push((number, policy.clone()));
    }
    found.sort_by_key(|(number, _)| *number);
    Ok(found.into_iter().map(|(_, policy)| policy).collect())
}

fn read(policy: &Policy, file: &str, index: usize) -> Result<Rule, RulesError> {
    let named = policy.annotation("id").map_or_else(|| format!("{file}#{}", policy.id()), str::to_owned);
    let fault = |why: String| RulesError::Annotation { rule: domain::text::defang(&named, 80), why };
    for (key, _) in policy.annotations() {
        if !["id", "en", "zh", "approvals", "mfa", "window", "typed"].contains(&key) {
            return Err(fault(format!("`@{}` is not known", domain::text::defang(key, 40))));
        }
    }
    let text = |key: &str| -> Result<String, RulesError> {
        let value = policy.annotation(key).filter(|v| !v.trim().is_empty()).ok_or_else(|| fault(format!("`@{key}` is missing")))?;
        if value.chars().count() > 400 {
            return Err(fault(format!("`@{key}` is longer than 400 characters")));
        }
        match placeholders(value).into_iter().find(|name| !PLACEHOLDERS.contains(name)) {
            Some(unknown) => Err(fault(format!("`{{{unknown}}}` in `@{key}` is not known"))),
            None => Ok(value.to_owned()),
        }
    };
    let id = text("id")?;
    let sane = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'{' | b'}' | b'-');
    if id.len() > 64 || !id.bytes().all(sane) {
        return Err(fault("an id has letters, digits, `.`, `_` and `-`, at most 64".to_owned()));
    }
    let demand = Demand {
        approvals: match policy.annotation("approvals") {
            None => Approvals::None,
            Some("{min_approvals}") => Approvals::ByTag,
            Some(number) => match number.parse() {
                Ok(n @ 1..=9) => Approvals::Count(n),
                _ => return Err(fault("`@approvals` is a number from 1 to 9".to_owned())),
            },
        },
        mfa: match policy.annotation("mfa") {
            None => false,
            Some("fresh") => true,
            Some(_) => return Err(fault("`@mfa` can only be \"fresh\"".to_owned())),
        },
        window: match policy.annotation("window") {
            None => false,
            Some("open") => true,
            Some(_) => return Err(fault("`@window` can only be \"open\"".to_owned())),
        },
        typed: match policy.annotation("typed") {
            None => false,
            Some("account") => true,
            Some(_) => return Err(fault("`@typed` can only be \"account\"".to_owned())),
        },
    };
    Ok(Rule {
        index,
        file: file.to_owned(),
        permits: policy.effect() == Effect::Permit,
        text: Text::new(text("en")?, text("zh")?),
        demand,
        policy: policy.new_id(PolicyId::new(format!("rule{index:03}"))),
        written: policy.to_json().map_err(|e| fault(domain::text::defang(&e.to_string(), 300)))?,
        id,
    })
}

/// The names between braces.
fn placeholders(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
}

fn check(rules: &BTreeMap<PolicyId, Rule>) -> Result<(), RulesError> {
    let name = |id: &PolicyId| rules.get(id).map_or_else(|| id.to_string(), |rule| rule.id.clone());
    let all = PolicySet::from_policies(rules.values().map(|rule| rule.policy.clone()))
        .map_err(|e| RulesError::Schema { rule: "all".to_owned(), why: e.to_string() })?;
    let result = Validator::new(schema()?.clone()).validate(&all, ValidationMode::default());
    if let Some(error) = result.validation_errors().next() {
        return Err(RulesError::Schema { rule: name(error.policy_id()), why: domain::text::defang(&error.to_string(), 400) });
    }
    if let Some(warning) = result.validation_warnings().next() {
        return Err(RulesError::Schema { rule: name(warning.policy_id()), why: domain::text::defang(&warning.to_string(), 400) });
    }
    for rule in rules.values() {
        if !tags_only_tighten(&rule.written, rule.permits) {
            return Err(RulesError::TagLoosens(rule.id.clone()));
        }
        let asks_people = reads(&rule.written, &["approvals", "mfa_approvals", "mfa_age"]);
        if !rule.permits && asks_people && rule.demand.approvals == Approvals::None {
            let why = "it looks at approvals, so it must say how many it wants (`@approvals`); else it would end a plan that only waits";
            return Err(RulesError::Annotation { rule: rule.id.clone(), why: why.to_owned() });
        }
    }
    Ok(())
}

/// Whether an expression reads one of these attributes of anything.
fn reads(json: &serde_json::Value, attributes: &[&str]) -> bool {
    match json {
        serde_json::Value::Object(map) => {
            let this = map.get(".").and_then(|access| access.get("attr")).and_then(|attr| attr.as_str());
            this.is_some_and(|attr| attributes.contains(&attr)) || map.values().any(|value| reads(value, attributes))
        }
        serde_json::Value::Array(items) => items.iter().any(|item| reads(item, attributes)),
        _ => false,
    }
}

/// Whether tags are read in the `when` of a `forbid` only, and in a form in which a tag that comes or goes can only make it hold more often.
fn tags_only_tighten(json: &serde_json::Value, permits: bool) -> bool {
    let conditions = json.get("conditions").and_then(|c| c.as_array()).map(Vec::as_slice).unwrap_or_default();
    conditions.iter().all(|condition| {
        let when = condition.get("kind").and_then(|kind| kind.as_str()) == Some("when");
        condition.get("body").is_none_or(|body| !reads_tags(body) || (when && !permits && reads_tags_plainly(body)))
    })
}

fn reads_tags(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(map) => map.iter().any(|(key, value)| key == "getTag" || key == "hasTag" || reads_tags(value)),
        serde_json::Value::Array(items) => items.iter().any(reads_tags),
        _ => false,
    }
}

/// The forms in which a tag may be read: `hasTag(…)`; `getTag(…) == …`; `[…].contains(getTag(…))`; `getTag(…) like "…"`; and these joined
/// by `&&` and `||`. Everything else could turn the meaning round (`!`, `!=`, `== false`, `if`, arithmetic of truths in sets).
fn reads_tags_plainly(json: &serde_json::Value) -> bool {
    if !reads_tags(json) {
        return true;
    }
    let Some((operator, of)) = json.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next()) else {
        return false;
    };
    let side = |name: &str| of.get(name).unwrap_or(&serde_json::Value::Null);
    let (left, right) = (side("left"), side("right"));
    match operator.as_str() {
        "&&" | "||" => reads_tags_plainly(left) && reads_tags_plainly(right),
        "hasTag" => !reads_tags(left) && !reads_tags(right),
        "==" => (is_a_tag(left) && !reads_tags(right)) || (is_a_tag(right) && !reads_tags(left)),
        "contains" => is_a_tag(right) && !reads_tags(left),
        "like" => is_a_tag(left),
        _ => false,
    }
}

/// Whether an expression is the value of one tag and nothing more.
fn is_a_tag(json: &serde_json::Value) -> bool {
    json.get("getTag").is_some_and(|of| !of.get("left").is_none_or(reads_tags) && !of.get("right").is_none_or(reads_tags))
}

/// Whether a rule can apply to an action at all.
pub(crate) fn concerns(policy: &Policy, action: Action) -> bool {
    let is = |uid: &cedar_policy::EntityUid| uid.id().unescaped() == action.as_str();
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => is(&uid),
        ActionConstraint::In(uids) => uids.iter().any(is),
    }
}
