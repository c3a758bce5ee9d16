//! Why, rule by rule, and what would change the answer. Entry types: [`explain`], [`Explanation`].
//!
//! Invariant: nothing is guessed: a rule "applies" because it was asked by itself, and a way out is named only after the whole set was
//! asked again with that changed and said yes.

use cedar_policy::{Decision as Answer, PolicySet};
use domain::{Autonomy, Grant, Lang, PersonId, Role, Text, Verdict};
use serde::Serialize;

use crate::{
    attributes::Question,
    decide::Judge,
    entities::{Agreed, FactsError, World, window_name},
    facts::{ApprovalFact, Calendar, Facts, PersonFact, Phase},
    rules::{Rule, RuleSet},
    words::About,
};

/// The most changes that are tried together.
const MOST_CHANGES: usize = 4;
/// The most ways out that are named.
const MOST_WAYS: usize = 3;

/// What one rule says about the facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// The file it is written in.
    pub file: String,
    /// Whether it permits; else it forbids.
    pub permits: bool,
    /// Whether it applies now; `false` for a rule that would once people agree and the window opens.
    pub applies: bool,
    /// Its words.
    pub text: Text,
}

/// The verdict with its grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What the rules say.
    pub verdict: Verdict,
    /// The version of the rules.
    pub version: String,
    /// Rules that apply, and permits that would, in the order of the set.
    pub findings: Vec<Finding>,
    /// How many rules were asked.
    pub asked: usize,
    /// Ways to a yes, the shortest first; each is a list of changes that are all needed.
    pub ways: Vec<Vec<Text>>,
}

impl Explanation {
    /// For a reader.
    #[must_use]
    pub fn render(&self, lang: Lang) -> String {
        let t = |en: &'static str, zh: &'static str| match lang {
            Lang::En => en,
            Lang::Zh => zh,
        };
        let mut lines = vec![self.verdict.summary().in_lang(lang).to_owned(), String::new(), t("Rule by rule:", "逐条规则：").to_owned()];
        for finding in &self.findings {
            let mark = match (finding.applies, finding.permits) {
                (true, true) => "+",
                (true, false) => "-",
                (false, _) => "?",
            };
            lines.push(format!("  {mark} {} ({}): {}", finding.rule, finding.file, finding.text.in_lang(lang)));
        }
        let rest = self.asked.saturating_sub(self.findings.len());
        lines.push(match lang {
            Lang::En => format!("  {rest} other rules do not apply. (+ allows, - forbids or holds, ? would allow once agreed)"),
            Lang::Zh => format!("  其余 {rest} 条规则不适用。（+ 允许，- 禁止或等待，? 达成要求后允许）"),
        });
        if !matches!(self.verdict, Verdict::Allow { .. }) {
            lines.push(String::new());
            lines.push(if self.ways.is_empty() {
                t("Nothing that people usually change would make it allowed.", "没有常见的改动可以使其获准。").to_owned()
            } else {
                t("It would be allowed with:", "满足以下任一条即可获准：").to_owned()
            });
            let and = t("; and ", "；并且");
            lines.extend(self.ways.iter().map(|way| {
                let parts: Vec<&str> = way.iter().map(|text| text.in_lang(lang)).collect();
                format!("  • {}", parts.join(and))
            }));
        }
        lines.push(format!("{} {}", t("Rules:", "规则版本："), self.version));
        lines.join("\n")
    }
}

/// Explains what a set of rules says about facts.
#[must_use]
pub fn explain(rules: &RuleSet, facts: &Facts) -> Explanation {
    let request = facts.request();
    let verdict = rules.decide(&request).verdict;
    let judge = Judge::new(rules, &request, None);
    // Facts that cannot be put before the rules are the verdict's own reason.
    let findings = findings(rules, facts, &judge).unwrap_or_default();
    let ways = if matches!(verdict, Verdict::Allow { .. }) { Vec::new() } else { ways(rules, facts) };
    Explanation { verdict, version: rules.version().to_owned(), findings, asked: rules.len(), ways }
}

fn findings(rules: &RuleSet, facts: &Facts, judge: &Judge<'_>) -> Result<Vec<Finding>, FactsError> {
    let world = judge.world()?;
    let mut out = Vec::new();
    let requester = facts.plan.authors.first();
    if facts.phase == Phase::Execute {
        for author in &facts.plan.authors {
            ask_all(rules, judge, &world, author, [Question::Ask, Question::Ask], &mut out)?;
        }
        for approval in &facts.approvals {
            let (signature_valid, digest_matches) = (approval.signature_valid, approval.digest == facts.digest);
            let question = Question::Approve { signature_valid, digest_matches };
            ask_all(rules, judge, &world, &approval.approver.person, [question, question], &mut out)?;
        }
    }
    if let Some(requester) = requester {
        let questions = match facts.phase {
            Phase::Undo => [Question::Undo, Question::Undo],
            Phase::Execute => {
                let agreed = judge.agreed(&world, window_name(&facts.calendar))?;
                [agreed, Agreed::EVERYTHING].map(Question::Execute)
            }
        };
        ask_all(rules, judge, &world, requester, questions, &mut out)?;
    }
    Ok(out)
}

/// Asks each rule of an action by itself, and those that could permit it once more with everything agreed.
fn ask_all(
    rules: &RuleSet,
    judge: &Judge<'_>,
    world: &World<'_>,
    person: &PersonId,
    [now, agreed]: [Question; 2],
    out: &mut Vec<Finding>,
) -> Result<(), FactsError> {
    let applies = |rule: &Rule, question: Question| -> Result<bool, FactsError> {
        let single = PolicySet::from_policies([rule.policy.clone()]).map_err(|e| FactsError(e.to_string()))?;
        let response = judge.ask(&single, world, person, question)?;
        Ok(if rule.permits { response.decision == Answer::Allow } else { !response.diagnostics.reason.is_empty() })
    };
    for rule in rules.in_order() {
        if rules.set(now.action()).policy(rule.policy.id()).is_none() {
            continue;
        }
        let applies_now = applies(rule, now)?;
        let later = !applies_now && rule.permits && now != agreed && applies(rule, agreed)?;
        if applies_now || later {
            let needed = judge.demanded(rule);
            let reason = judge.words().reason(rule, About { person: Some(person), needed, ..About::default() });
            out.push(Finding {
                rule: reason.rule,
                file: rule.file.clone(),
                permits: rule.permits,
                applies: applies_now,
                text: reason.text,
            });
        }
    }
    Ok(())
}

/// Something that people could change.
struct Change {
    text: Text,
    make: fn(&mut Facts),
}

fn grant(facts: &mut Facts, person: &PersonId, role: Role) {
    match facts.authors.iter_mut().find(|fact| fact.person == *person) {
        Some(fact) => fact.grants.push(Grant::everywhere(role)),
        None => facts.authors.push(PersonFact { person: person.clone(), grants: vec![Grant::everywhere(role)] }),
    }
}

/// A new plan has a new digest, so that approvals of the old one are void.
fn replan(facts: &mut Facts, change: impl FnOnce(&mut Facts)) {
    change(facts);
    if let Ok(digest) = facts.plan.digest() {
        facts.digest = digest;
    }
    facts.approvals.clear();
}

fn approve(facts: &mut Facts, mfa: bool) {
    let number = facts.approvals.len();
    if let Ok(person) = PersonId::parse(&format!("approver+{number}@explain")) {
        let approver = PersonFact { person, grants: vec![Grant::everywhere(Role::Approver)] };
        let mfa_at = mfa.then_some(facts.now);
        facts.approvals.push(ApprovalFact { approver, digest: facts.digest.clone(), signature_valid: true, at: facts.now, mfa_at });
    }
}

/// Changes that make a difference to these facts, the most ordinary first.
fn changes(facts: &Facts) -> Vec<Change> {
    let mut out: Vec<Change> = Vec::new();
    let mut add = |en: String, zh: String, make: fn(&mut Facts)| out.push(Change { text: Text::new(en, zh), make });
    if facts.now >= facts.plan.expires_at {
        add("a new plan, because this one has expired".into(), "重新制定计划（当前计划已过期）".into(), |f| {
            replan(f, |f| f.plan.expires_at = f.now.plus_seconds(3600));
        });
    }
    if facts.plan.targets.len() > facts.limits.max_targets(facts.plan.risk) {
        let most = facts.limits.max_targets(facts.plan.risk);
        add(format!("at most {most} resource(s) in one plan"), format!("单个计划最多 {most} 个资源"), |f| {
            replan(f, |f| f.plan.targets.truncate(f.limits.max_targets(f.plan.risk)));
        });
    }
    let people = crate::words::list(&facts.plan.authors);
    add(format!("the operator role here for {people}"), format!("{people} 在此范围内获得操作员角色"), |f| {
        for author in f.plan.authors.clone() {
            grant(f, &author, Role::Operator);
        }
    });
    add("one more approval by another person".into(), "再获得一名其他人员的审批".into(), |f| approve(f, false));
    add("one more approval with a fresh second factor".into(), "再获得一名其他人员的审批（含新的二次验证）".into(), |f| approve(f, true));
    add(
        "two more approvals with fresh second factors".into(),
        "再获得两名其他人员的审批（各含新的二次验证）".into(),
        |f| {
            approve(f, true);
            approve(f, true);
        },
    );
    match &facts.calendar {
        Calendar::Closed { opens_at } => {
            let (en, zh) = opens_at.map(|t| (format!(" ({})", t.to_rfc3339()), format!("（{}）", t.to_rfc3339()))).unwrap_or_default();
            add(format!("the next change window{en}"), format!("等到下一个变更窗口{zh}"), |f| f.calendar = Calendar::Open);
        }
        Calendar::Frozen { until, .. } => {
            let (en, zh) = until.map(|t| (format!(" ({})", t.to_rfc3339()), format!("（{}）", t.to_rfc3339()))).unwrap_or_default();
            add(format!("the end of the freeze{en}"), format!("等到冻结期结束{zh}"), |f| f.calendar = Calendar::Open);
        }
        Calendar::Unreadable { .. } => {
            add("a calendar that can be read".into(), "修复变更日历".into(), |f| f.calendar = Calendar::Open)
        }
        Calendar::Open | Calendar::NotConfigured => {}
    }
    if !facts.stops.is_empty() {
        add("the release of the kill switch by two administrators".into(), "由两名管理员解除紧急停止".into(), |f| {
            f.stops.clear()
        });
    }
    if let Some(account) = &facts.account {
        if account.autonomy == Autonomy::Shadow {
            add(
                format!("account `{}` taken out of shadow mode (two people)", account.name),
                format!("将账户 `{}` 移出影子模式（需两人）", account.name),
                |f| {
                    if let Some(account) = &mut f.account {
                        account.autonomy = Autonomy::Tiered;
                    }
                },
            );
        }
        if crate::TIGHTENING_TAGS.iter().any(|tag| account.tags.contains_key(*tag)) {
            add(
                format!("account `{}` without its `aiops:` tags", account.name),
                format!("去除账户 `{}` 的 `aiops:` 标签", account.name),
                |f| {
                    if let Some(account) = &mut f.account {
                        account.tags.retain(|tag, _| !crate::TIGHTENING_TAGS.contains(&tag.as_str()));
                    }
                },
            );
        }
    }
    if !facts.account_typed && facts.plan.risk == domain::Risk::R3 {
        add("the account's name typed back by whoever asks".into(), "申请人重新输入账户名称".into(), |f| f.account_typed = true);
    }
    if !facts.break_glass {
        add("a declared emergency, reviewed afterwards".into(), "声明紧急情况（事后复核）".into(), |f| f.break_glass = true);
    }
    out
}

fn ways(rules: &RuleSet, facts: &Facts) -> Vec<Vec<Text>> {
    let changes = changes(facts);
    let mut found: Vec<u32> = Vec::new();
    let mut masks: Vec<u32> = (1_u32..(1 << changes.len().min(16))).filter(|mask| mask.count_ones() as usize <= MOST_CHANGES).collect();
    masks.sort_by_key(|mask| (mask.count_ones(), *mask));
    for mask in masks {
        if found.len() >= MOST_WAYS {
            break;
        }
        // A way that contains a shorter one is none of its own.
        if found.iter().any(|shorter| shorter & mask == *shorter) {
            continue;
        }
        let mut changed = facts.clone();
        for (n, change) in changes.iter().enumerate() {
            if mask & (1 << n) != 0 {
                (change.make)(&mut changed);
            }
        }
        if matches!(rules.decide(&changed.request()).verdict, Verdict::Allow { .. }) {
            found.push(mask);
        }
    }
    let named = |mask: &u32| changes.iter().enumerate().filter(|(n, _)| mask & (1 << n) != 0).map(|(_, c)| c.text.clone()).collect();
    found.iter().map(named).collect()
}
