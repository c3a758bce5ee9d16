//! What people read: lists, health, the end of a scan. Entry points: [`inventory`], [`health`], [`Summary`].
//!
//! Invariants: what was not seen is always said; an empty list is called empty only where it was read completely; text from the
//! accounts is made harmless.

use std::collections::BTreeMap;

use domain::{Text, text::defang};
use serde::{Deserialize, Serialize};

use crate::{
    check::{Category, Severity},
    coverage::{Cell, Coverage},
    exception::{Accepted, Exception},
    finding::Finding,
    resource::Resource,
};

/// Lines of one answer.
const SHOWN: usize = 40;

/// Lines of a list, and how many are left off.
fn lines(all: impl Iterator<Item = String>) -> (String, usize) {
    let (mut shown, mut more) = (Vec::new(), 0_usize);
    for line in all {
        if shown.len() < SHOWN { shown.push(format!("\n  {line}")) } else { more = more.saturating_add(1) }
    }
    (shown.concat(), more)
}

/// What could not be seen, one line a cell; empty when everything was.
fn not_seen(cells: &[Cell]) -> Text {
    let open: Vec<&Cell> = cells.iter().filter(|c| c.coverage != Coverage::Complete).collect();
    if open.is_empty() {
        return Text::new("", "");
    }
    let place = |c: &Cell| format!("{} {} {}", c.account, c.region, c.service);
    let (en, more) = lines(open.iter().map(|c| format!("{}: {}", place(c), c.coverage.text().en)));
    let (zh, _) = lines(open.iter().map(|c| format!("{}：{}", place(c), c.coverage.text().zh)));
    let (more_en, more_zh) = left_off(more);
    Text::new(format!("\nNot seen completely:{en}{more_en}"), format!("\n未能完整查看：{zh}{more_zh}"))
}

fn left_off(more: usize) -> (String, String) {
    if more == 0 { (String::new(), String::new()) } else { (format!("\n  … and {more} more"), format!("\n  … 另有 {more} 项")) }
}

/// The resources of a service.
#[must_use]
pub fn inventory(service: &str, resources: &[Resource], cells: &[Cell]) -> Text {
    let complete = cells.iter().all(|c| c.coverage == Coverage::Complete);
    let (list, more) = lines(resources.iter().map(|r| format!("{} {}", r.kind, r.line())));
    let (more_en, more_zh) = left_off(more);
    let gaps = not_seen(cells);
    let n = resources.len();
    let (head_en, head_zh) = match (n, complete) {
        (0, true) => (format!("There is no {service} resource."), format!("没有 {service} 资源。")),
        (0, false) => (format!("Whether there are {service} resources is not known."), format!("无法确定是否有 {service} 资源。")),
        (_, true) => (format!("{service}: {n} resource(s)"), format!("{service}：{n} 个资源")),
        (_, false) => (format!("{service}: at least {n} resource(s)"), format!("{service}：至少 {n} 个资源")),
    };
    Text::new(format!("{head_en}{list}{more_en}{}", gaps.en), format!("{head_zh}{list}{more_zh}{}", gaps.zh))
}

/// Whether services are healthy: healthy only where nothing is wrong and nothing is unknown.
#[must_use]
pub fn health(findings: &[Finding], unknown_checks: usize, cells: &[Cell]) -> Text {
    let mut bad: Vec<&Finding> = findings.iter().filter(|f| f.meta().is_some_and(|m| m.category == Category::Health)).collect();
    bad.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let complete = unknown_checks == 0 && cells.iter().all(|c| c.coverage == Coverage::Complete);
    let gaps = not_seen(cells);
    let (unknown_en, unknown_zh) = if unknown_checks == 0 {
        (String::new(), String::new())
    } else {
        (format!("\n{unknown_checks} health check(s) could not be judged."), format!("\n有 {unknown_checks} 项健康检查无法判断。"))
    };
    let (en, more) = lines(bad.iter().map(|f| f.told().en));
    let (zh, _) = lines(bad.iter().map(|f| f.told().zh));
    let (more_en, more_zh) = left_off(more);
    let (head_en, head_zh) = match (bad.len(), complete) {
        (0, true) => ("Healthy: every check ran and found nothing wrong.".to_owned(), "健康：所有检查均已执行，未发现问题。".to_owned()),
        (0, false) => (
            "Unknown: nothing wrong was seen, but not everything could be looked at.".to_owned(),
            "未知：未见异常，但并非全部可见。".to_owned(),
        ),
        (n, _) => (format!("{n} problem(s):"), format!("{n} 个问题：")),
    };
    Text::new(format!("{head_en}{en}{more_en}{unknown_en}{}", gaps.en), format!("{head_zh}{zh}{more_zh}{unknown_zh}{}", gaps.zh))
}

/// The end of a scan in numbers, with the worst findings and what was not seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Findings that count, by severity.
    pub by_severity: BTreeMap<Severity, u32>,
    /// Not seen before.
    pub new: u32,
    /// Seen before and gone.
    pub resolved: u32,
    /// Seen before and could not be looked for.
    pub unverified: u32,
    /// Accepted by an exception in force.
    pub excepted: u32,
    /// The first of them, at most twenty.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
    /// Judgements that could not be made.
    pub unknown: u32,
    /// Judgements that passed.
    pub passed: u32,
    /// Resources listed.
    pub resources: u32,
    /// Calls made, retries not counted.
    pub calls: u32,
    /// Cells that are complete.
    pub complete: u32,
    /// Cells that are not, at most a hundred.
    pub not_seen: Vec<Cell>,
    /// How many there are.
    pub not_seen_total: u32,
    /// The worst findings, at most ten.
    pub worst: Vec<Finding>,
    /// Answers that were not taken: which account answered, for which one, and why.
    #[serde(default)]
    pub refused: Vec<(String, String, String)>,
}

/// Cells kept in a summary.
const CELLS_KEPT: usize = 100;
/// Accepted findings kept in a summary.
const ACCEPTED_KEPT: usize = 20;
/// Findings kept in a summary.
const WORST_KEPT: usize = 10;

impl Summary {
    /// Counts one finding.
    pub fn count(&mut self, finding: &Finding) {
        let slot = self.by_severity.entry(finding.severity).or_default();
        *slot = slot.saturating_add(1);
        let place = self.worst.partition_point(|w| w.severity >= finding.severity);
        if place < WORST_KEPT {
            self.worst.insert(place, finding.clone());
            self.worst.truncate(WORST_KEPT);
        }
    }

    /// Counts one finding that an exception covers: apart from those that count.
    pub fn accept(&mut self, finding: &Finding, by: &Exception) {
        self.excepted = self.excepted.saturating_add(1);
        if self.accepted.len() < ACCEPTED_KEPT {
            self.accepted.push(Accepted { finding: finding.clone(), by: by.clone() });
        }
    }

    /// Counts one cell.
    pub fn cover(&mut self, cell: &Cell) {
        if cell.coverage == Coverage::Complete {
            self.complete = self.complete.saturating_add(1);
            return;
        }
        self.not_seen_total = self.not_seen_total.saturating_add(1);
        if self.not_seen.len() < CELLS_KEPT {
            self.not_seen.push(cell.clone());
        }
    }

    /// What people read.
    #[must_use]
    pub fn text(&self) -> Text {
        let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
        let count = |s: &Severity| self.by_severity.get(s).copied().unwrap_or(0);
        let en: Vec<String> = severities.iter().map(|s| format!("{} {}", count(s), s.text().en)).collect();
        let zh: Vec<String> = severities.iter().map(|s| format!("{} {}", s.text().zh, count(s))).collect();
        let (worst_en, _) = lines(self.worst.iter().map(|f| f.told().en));
        let (worst_zh, _) = lines(self.worst.iter().map(|f| f.told().zh));
        let gaps = not_seen(&self.not_seen);
        let told = |(by, of, why): &(String, String, String), en: bool| {
            let why = defang(why, 60);
            if en {
                format!("\nRefused: account {by} answered for account {of} ({why}).")
            } else {
                format!("\n已拒绝：账户 {by} 冒充账户 {of} 作答（{why}）。")
            }
        };
        let refused_en: String = self.refused.iter().take(CELLS_KEPT).map(|r| told(r, true)).collect();
        let refused_zh: String = self.refused.iter().take(CELLS_KEPT).map(|r| told(r, false)).collect();
        let accepted = |en: bool| -> String {
            let line = |a: &Accepted| {
                let (owner, why) = (defang(&a.by.owner, 80), defang(&a.by.reason, 120));
                let until = a.by.expires_at.to_rfc3339();
                if en {
                    format!("\n  accepted until {until} by {owner} ({why}): {} {}", a.finding.check, defang(&a.finding.arn, 200))
                } else {
                    format!("\n  {owner} 接受至 {until}（{why}）：{} {}", a.finding.check, defang(&a.finding.arn, 200))
                }
            };
            self.accepted.iter().map(line).collect()
        };
        let (accepted_en, accepted_zh) = (accepted(true), accepted(false));
        let all = self.complete.saturating_add(self.not_seen_total);
        let (new, resolved, unverified, unknown) = (self.new, self.resolved, self.unverified, self.unknown);
        Text::new(
            format!(
                "Findings: {}. Since the last scan: {new} new, {resolved} resolved, {unverified} could not be verified; {} accepted by exceptions.\n\
                 {} resource(s); {} judgement(s) passed, {unknown} unknown.\n\
                 Coverage: {} of {all} (account × region × service) complete.{}{refused_en}{worst_en}{accepted_en}",
                en.join(", "),
                self.excepted,
                self.resources,
                self.passed,
                self.complete,
                gaps.en
            ),
            format!(
                "发现：{}。与上次相比：新增 {new}，已解决 {resolved}，无法复核 {unverified}；例外接受 {}。\n\
                 资源 {} 个；通过判断 {} 项，未知 {unknown} 项。\n\
                 覆盖：{all} 个（账户 × 区域 × 服务）中 {} 个完整。{}{refused_zh}{worst_zh}{accepted_zh}",
                zh.join("，"),
                self.excepted,
                self.resources,
                self.passed,
                self.complete,
                gaps.zh
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, EpochMs};

    use super::*;
    use crate::{Confidence, Gap, GapKind};

    fn cell(coverage: Coverage) -> Cell {
        Cell { account: AccountId::parse("222222222222").unwrap(), region: "us-east-1".into(), service: "ec2".into(), coverage }
    }

    fn denied() -> Coverage {
        Coverage::Unscanned { why: Gap::new(GapKind::Denied, "ec2:DescribeInstances", "UnauthorizedOperation") }
    }

    fn finding(check: &str, severity: Severity) -> Finding {
        Finding {
            check: check.into(),
            arn: "arn:x".into(),
            account: AccountId::parse("222222222222").unwrap(),
            region: "us-east-1".into(),
            severity,
            confidence: Confidence::Certain,
            evidence: vec![("state".into(), "ALARM\u{202E}".into())],
            first_seen: EpochMs(0),
            last_seen: EpochMs(0),
        }
    }

    #[test]
    fn a_denied_list_is_never_an_empty_list_and_never_healthy() {
        let denied = [cell(denied())];
        let text = inventory("ec2", &[], &denied);
        assert!(
            text.en.starts_with("Whether there are ec2 resources is not known.") && text.en.contains("no permission for"),
            "{}",
            text.en
        );
        assert!(text.zh.contains("没有 ec2:DescribeInstances 权限"), "{}", text.zh);
        assert!(inventory("ec2", &[], &[cell(Coverage::Complete)]).en.starts_with("There is no ec2 resource."));
        assert!(health(&[], 0, &denied).en.starts_with("Unknown"));
        assert!(health(&[], 3, &[cell(Coverage::Complete)]).en.starts_with("Unknown"));
        assert!(health(&[], 0, &[cell(Coverage::Complete)]).en.starts_with("Healthy"));
    }

    #[test]
    fn health_tells_health_findings_only_and_makes_them_harmless() {
        let found = [finding("cloudwatch_alarm_in_alarm", Severity::High), finding("ec2_volume_unencrypted", Severity::Medium)];
        let text = health(&found, 0, &[cell(Coverage::Complete)]);
        assert!(text.en.starts_with("1 problem(s):") && !text.en.contains("Volume is not encrypted"));
        assert!(!text.en.contains('\u{202E}') && text.zh.contains("告警处于 ALARM 状态"));
    }

    #[test]
    fn a_summary_keeps_the_worst_and_counts_what_was_not_seen() {
        let mut summary = Summary::default();
        for n in 0..20 {
            let severity = if n == 13 { Severity::Critical } else { Severity::Low };
            summary.count(&finding("cloudwatch_alarm_in_alarm", severity));
            summary.cover(&cell(denied()));
        }
        summary.cover(&cell(Coverage::Complete));
        assert_eq!((summary.worst.len(), summary.worst[0].severity), (10, Severity::Critical));
        let text = summary.text();
        assert!(text.en.contains("1 critical") && text.en.contains("1 of 21 (account × region × service) complete"), "{}", text.en);
        assert!(text.zh.contains("严重 1") && text.zh.contains("21 个"), "{}", text.zh);
    }
}
