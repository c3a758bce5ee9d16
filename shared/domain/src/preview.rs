//! The preview that people read before they approve.
//!
//! Entry type: [`Preview`]. Invariant: the hash of the rendered preview, in the language shown, is recorded
//! with the approval: what you see is what you sign.

use serde::{Deserialize, Serialize};

use crate::{
    canonical::Digest,
    ids::EpochMs,
    plan::Plan,
    text::{Lang, Text, inert},
    value::Facts,
};

/// How much a note should worry the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteLevel {
    /// Good to know.
    Info,
    /// Think before approving.
    Warning,
    /// Could not be found out.
    Unknown,
}

/// One sentence beside the facts (dependents, downtime, cost, what the undo does not bring back).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewNote {
    /// How much it should worry the reader.
    pub level: NoteLevel,
    /// A stable code, `<subject>.<kind>` (`downtime.expected`).
    pub code: String,
    /// The sentence. Untrusted parts are defanged.
    pub text: Text,
}

/// What is shown for one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPreview {
    /// The full ARN.
    pub arn: String,
    /// The resource's `Name` tag or name, defanged.
    pub name: Option<String>,
    /// Tags, defanged, at most 20.
    pub tags: Vec<(String, String)>,
    /// Owner by tag `owner`, else the account's owner.
    pub owner: Option<String>,
    /// `CloudFormation stack X`, `Terraform`, or nothing known.
    pub managed_by: Option<String>,
    /// Facts that would change: name, before, after.
    pub changes: Vec<(String, String, String)>,
    /// Other facts of interest (not part of the fingerprint).
    pub facts: Facts,
    /// Notes about this resource.
    pub notes: Vec<PreviewNote>,
}

/// Most characters of a parameter, and of an ARN, that are shown; what is longer says so with `…` and is in the plan.
const SHOWN_CHARS: usize = 2000;

/// Everything a person needs to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The plan itself.
    pub plan: Plan,
    /// Its digest.
    pub digest: Digest,
    /// What the operation does.
    pub summary: Text,
    /// One entry a target, in the plan's order.
    pub targets: Vec<TargetPreview>,
    /// What the rules say now.
    pub verdict: Text,
    /// How it is taken back.
    pub rollback: Text,
    /// What is checked afterwards.
    pub post_conditions: Text,
    /// Expected monthly cost difference in US cents; `None` is unknown and says so.
    pub monthly_cost_cents: Option<i64>,
    /// Notes about the whole.
    pub notes: Vec<PreviewNote>,
    /// When the observation was made.
    pub observed_at: EpochMs,
}

impl Preview {
    /// The text a person reads, in one language. Deterministic: equal previews render equally.
    #[must_use]
    pub fn render(&self, lang: Lang) -> String {
        let t = |en: &'static str, zh: &'static str| match lang {
            Lang::En => en,
            Lang::Zh => zh,
        };
        let plan = &self.plan;
        let authors: Vec<&str> = plan.authors.iter().map(crate::PersonId::as_str).collect();
        let mut out = vec![
            format!("{}: {}  [{} · {}]", t("Plan", "计划"), plan.id, plan.operation, plan.risk.as_str()),
            format!("  {}", self.summary.in_lang(lang)),
            format!(
                "  {}: {} ({}, {}) · {}: {}",
                t("account", "账户"),
                plan.account_name,
                plan.account,
                plan.environment.as_str(),
                t("region", "区域"),
                plan.region
            ),
            format!("  {}: {}", t("asked by", "请求人"), authors.join(", ")),
        ];
        if !plan.narrowed_by.is_empty() {
            let people: Vec<&str> = plan.narrowed_by.iter().map(crate::PersonId::as_str).collect();
            out.push(format!("  {}: {}", t("narrowed by", "缩小范围者"), people.join(", ")));
        }
        for (name, value) in &plan.params {
            out.push(format!("  {}: {name} = {}", t("parameter", "参数"), inert(&value.to_string(), SHOWN_CHARS)));
        }
        for target in &self.targets {
            // Whatever a resource says about itself is somebody else's text.
            let name = target.name.as_deref().map(|n| format!(" “{}”", inert(n, 80))).unwrap_or_default();
            out.push(format!("  • {}{name}", inert(&target.arn, SHOWN_CHARS)));
            if let Some(owner) = &target.owner {
                out.push(format!("      {}: {}", t("owner", "负责人"), inert(owner, 80)));
            }
            if !target.tags.is_empty() {
                let tags: Vec<String> = target.tags.iter().map(|(k, v)| format!("{}={}", inert(k, 64), inert(v, 80))).collect();
                out.push(format!("      {}: {}", t("tags", "标签"), tags.join(", ")));
            }
            let managed = target.managed_by.as_deref().map_or_else(|| t("nothing known", "未知").to_owned(), |m| inert(m, 160));
            out.push(format!("      {}: {managed}", t("managed by", "管理方式")));
            for (field, before, after) in &target.changes {
                out.push(format!("      {}: {} → {}", inert(field, 64), inert(before, 200), inert(after, 200)));
            }
            for (field, value) in &target.facts {
                out.push(format!("      {}: {}", inert(field, 64), inert(&value.to_string(), 200)));
            }
            out.extend(target.notes.iter().map(|n| render_note(n, lang, "      ")));
        }
        out.extend(self.notes.iter().map(|n| render_note(n, lang, "  ")));
        let cost = self.monthly_cost_cents.map_or_else(
            || t("unknown (no price is known for this resource)", "未知（没有该资源的价格）").to_owned(),
            |cents| format!("{}{}.{:02} USD", if cents < 0 { "-" } else { "+" }, cents.abs() / 100, cents.abs() % 100),
        );
        out.push(format!("  {}: {cost}", t("monthly cost", "每月费用变化")));
        out.push(format!("  {}: {}", t("rules", "规则"), inert(self.verdict.in_lang(lang), 2 * SHOWN_CHARS)));
        out.push(format!("  {}: {}", t("undo", "回滚"), inert(self.rollback.in_lang(lang), 2 * SHOWN_CHARS)));
        out.push(format!("  {}: {}", t("checked afterwards", "完成后检查"), inert(self.post_conditions.in_lang(lang), 2 * SHOWN_CHARS)));
        out.push(format!("  {}: {}", t("observed", "观察时间"), self.observed_at.to_rfc3339()));
        out.push(format!("  {}: {}", t("expires", "有效期至"), plan.expires_at.to_rfc3339()));
        out.push(format!("  {}: {}", t("digest", "摘要"), self.digest));
        out.join("\n")
    }

    /// SHA-256 of the rendered text, recorded with an approval.
    #[must_use]
    pub fn shown_hash(&self, lang: Lang) -> Digest {
        Digest::of_bytes(self.render(lang).as_bytes())
    }
}

/// What is checked after a plan, target by target (at most twenty are written out).
#[must_use]
pub fn post_conditions(plan: &Plan) -> Text {
    let conditions: Vec<String> =
        plan.targets.iter().flat_map(|t| t.after.iter().map(move |(k, v)| format!("{}: {k} = {v}", t.id))).take(20).collect();
    if conditions.is_empty() {
        Text::new(
            "the resource answers as before (the effect itself cannot be observed)",
            "资源状态与之前一致（操作本身的效果无法直接观察）",
        )
    } else {
        Text::new(conditions.join("; "), conditions.join("；"))
    }
}

fn render_note(note: &PreviewNote, lang: Lang, indent: &str) -> String {
    let mark = match note.level {
        NoteLevel::Info => "·",
        NoteLevel::Warning => "!",
        NoteLevel::Unknown => "?",
    };
    format!("{indent}{mark} {}", inert(note.text.in_lang(lang), SHOWN_CHARS))
}
