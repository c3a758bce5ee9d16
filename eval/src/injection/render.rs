//! What people would see of untrusted text, by the real code; and whether anything of it is live. Entry points:
//! [`renderings`], [`live`].
//!
//! Invariant: the detector shares no code with what it judges.

use std::collections::BTreeMap;

use domain::{
    Account, EpochMs, Facts, Lang, OperationId, Params, PersonId, Plan, PlanId, PlannedTarget, Preview, PreviewNote, Risk, TargetPreview,
    Text, Undo, Value, preview::NoteLevel,
};
use planner::AccountHint;

/// Every text that the product makes of a piece of untrusted text: previews in both languages, and refusals.
pub(super) fn renderings(untrusted: &str, accounts: &[Account]) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(preview) = preview(untrusted, accounts) {
        out.extend([Lang::En, Lang::Zh].map(|lang| preview.render(lang)));
    }
    let mut texts: Vec<Text> = Vec::new();
    let hints = [
        AccountHint { written: Some(untrusted.to_owned()), ..AccountHint::default() },
        AccountHint { targets: vec![format!("arn:{untrusted}")], ..AccountHint::default() },
        AccountHint { targets: vec![format!("arn:aws:ec2:us-east-1:{untrusted}:instance/i-1")], ..AccountHint::default() },
    ];
    texts.extend(hints.iter().filter_map(|hint| planner::resolve_account(hint, accounts).err()).map(|error| error.wire().text));
    if let Some(account) = accounts.first() {
        texts.extend(planner::regions_to_search(account, Some(untrusted)).err().map(|error| error.wire().text));
    }
    for spec in catalogue::all() {
        let mut params: Params = spec.params.iter().map(|p| (p.name.to_owned(), Value::from(untrusted))).collect();
        params.insert(untrusted.to_owned(), Value::from(untrusted));
        texts.extend(catalogue::check_params(spec, &params).err().into_iter().flatten().map(|fault| fault.text()));
    }
    out.extend(texts.into_iter().flat_map(|text| [text.en, text.zh]));
    out
}

/// The same without any guard: what the texts would be if untrusted text went through as it came.
pub(super) fn unguarded(untrusted: &str) -> Vec<String> {
    vec![format!("tags: owner={untrusted}"), format!("`{untrusted}` is not a registered account.")]
}

/// A preview whose resource says the untrusted text about itself wherever a resource can.
fn preview(untrusted: &str, accounts: &[Account]) -> Option<Preview> {
    let account = accounts.first()?.clone();
    let arn = format!("arn:aws:autoscaling:us-east-1:{}:autoScalingGroup:x:autoScalingGroupName/{untrusted}", account.id);
    let facts = |text: &str| -> Facts { BTreeMap::from([("name".to_owned(), Value::from(text)), (text.to_owned(), Value::Int(1))]) };
    let plan = Plan {
        schema: domain::plan::PLAN_SCHEMA,
        id: PlanId::generate(EpochMs(0), 1),
        account: account.id.clone(),
        account_name: account.name.clone(),
        environment: account.environment,
        region: "us-east-1".to_owned(),
        operation: OperationId::parse("autoscaling.set_capacity").ok()?,
        risk: Risk::R2,
        params: Params::from([("payload".to_owned(), Value::from(untrusted))]),
        targets: vec![PlannedTarget {
            id: untrusted.to_owned(),
            arn: arn.clone(),
            before: facts(untrusted),
            after: facts(untrusted),
            restores: Facts::new(),
        }],
        undo: Undo::None,
        authors: vec![PersonId::parse("alice").ok()?],
        narrowed_by: Vec::new(),
        incident: None,
        policy_version: "v".to_owned(),
        created_at: EpochMs(0),
        expires_at: EpochMs(1),
    };
    let both = || Text::new(untrusted, untrusted);
    let note = || PreviewNote { level: NoteLevel::Warning, code: "x.y".to_owned(), text: both() };
    let target = TargetPreview {
        arn,
        name: Some(untrusted.to_owned()),
        tags: vec![(untrusted.to_owned(), untrusted.to_owned()), ("owner".to_owned(), untrusted.to_owned())],
        owner: Some(untrusted.to_owned()),
        managed_by: Some(untrusted.to_owned()),
        changes: vec![(untrusted.to_owned(), untrusted.to_owned(), untrusted.to_owned())],
        facts: facts(untrusted),
        notes: vec![note()],
    };
    Some(Preview {
        digest: plan.digest().ok()?,
        plan,
        summary: Text::new("Set the size of a group.", "设置伸缩组容量。"),
        targets: vec![target],
        verdict: both(),
        rollback: both(),
        post_conditions: both(),
        monthly_cost_cents: None,
        notes: vec![note()],
        observed_at: EpochMs(0),
    })
}

/// What in a text a client would follow, load, run, notify or hide; the place where it begins.
pub(super) fn live(text: &str) -> Option<String> {
    let around = |at: usize| -> String { text.get(at..).unwrap_or_default().chars().take(40).collect() };
    let invisible = |c: char| matches!(u32::from(c), 0x0..=0x9 | 0xB..=0x1F | 0x7F..=0x9F | 0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xE0000..=0xE007F);
    if let Some((at, c)) = text.char_indices().find(|(_, c)| invisible(*c)) {
        return Some(format!("U+{:04X} {}", u32::from(c), around(at)));
    }
    let lower = text.to_lowercase();
    for needle in ["://", "](", "![", "<!", "</", "<@", "&#", "@channel", "@here", "@everyone", "@all"] {
        if let Some(at) = lower.find(needle) {
            return Some(format!("{needle}: {}", lower.get(at..).unwrap_or_default().chars().take(40).collect::<String>()));
        }
    }
    let chars: Vec<char> = lower.chars().collect();
    for (at, pair) in chars.windows(2).enumerate() {
        if matches!(pair, ['<', c] if c.is_ascii_alphabetic()) {
            return Some(chars.iter().skip(at).take(40).collect());
        }
    }
    for scheme in ["javascript:", "vbscript:", "data:"] {
        for (at, _) in lower.match_indices(scheme) {
            let letter_before = lower.get(..at).unwrap_or_default().chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
            let runs = lower.get(at + scheme.len()..).unwrap_or_default().chars().next().is_some_and(|c| !c.is_whitespace());
            if runs && !letter_before {
                return Some(lower.get(at..).unwrap_or_default().chars().take(40).collect());
            }
        }
    }
    let hosts = lower.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')));
    hosts
        .map(|host| host.trim_matches('.'))
        .find(|host| {
            let labels: Vec<&str> = host.split('.').collect();
            let known = ["com", "net", "org", "biz", "io", "info", "ru", "cn"];
            labels.len() > 1 && labels.iter().all(|l| !l.is_empty()) && labels.last().is_some_and(|last| known.contains(last))
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_live_is_found() {
        for text in [
            "see https://x",
            "[a](b)",
            "![a]",
            "<img src=x>",
            "</a>",
            "javascript:x",
            "data:text/html",
            "evil.com",
            "a\u{202E}b",
            "a\u{200B}b",
            "\u{1b}[31m",
            "@here",
            "<!channel>",
        ] {
            assert!(live(text).is_some(), "{text:?}");
        }
        for text in ["two\nlines", "a < b", "data: none", "x[.]com", "i-0abc m6i.large", "10.0.0.1:443"] {
            assert_eq!(live(text), None, "{text:?}");
        }
    }
}
