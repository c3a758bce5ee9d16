//! A diagnosis in words, in both languages, without a model.
//!
//! Entry: [`explain`]. Invariant: the words say what the diagnosis says and nothing more; names come from outside
//! and are defanged.

use domain::Text;
use domain::text::defang;

use crate::diagnosis::{Cause, Cite, Diagnosis, EvidenceRef, Hypothesis, Missing, Observation, Refutation, Refuted, Rung};
use crate::evidence::{Metric, Source};

/// Longest name that is shown.
const NAME_CHARS: usize = 120;
/// Citations shown with a cause.
const CITES: usize = 4;
/// How far the onset may be wrong: what [`crate::change`] allows.
const ONSET_SECONDS: i64 = 120;

fn name(text: &str) -> String {
    defang(text, NAME_CHARS)
}

/// The cause by its usual name.
#[must_use]
pub fn cause_text(cause: Cause) -> Text {
    match cause {
        Cause::Slow => Text::new("became slow", "变慢"),
        Cause::Failing => Text::new("fails requests", "请求失败"),
        Cause::Throttled => Text::new("throttles requests", "请求被限流"),
        Cause::Cpu => Text::new("has no processor time left", "CPU 耗尽"),
        Cause::Memory => Text::new("has no memory left", "内存耗尽"),
        Cause::Disk => Text::new("has no storage left", "存储已满"),
        Cause::Network => Text::new("has network faults", "网络故障"),
        Cause::Certificate => Text::new("uses an expired certificate", "证书已过期"),
        Cause::Dependency => Text::new("is an outside dependency that fails its callers", "外部依赖故障"),
        Cause::Deployment => Text::new("was broken by a deployment", "部署引入的故障"),
        Cause::Configuration => Text::new("was broken by a configuration change", "配置变更引入的故障"),
    }
}

/// A metric by its usual name.
#[must_use]
pub fn metric_text(metric: Metric) -> Text {
    match metric {
        Metric::Requests => Text::new("requests", "请求数"),
        Metric::Latency => Text::new("latency", "延迟"),
        Metric::Availability => Text::new("availability", "可用率"),
        Metric::Errors => Text::new("errors", "错误数"),
        Metric::Throttles => Text::new("throttled requests", "限流次数"),
        Metric::CpuPercent => Text::new("processor use", "CPU 使用率"),
        Metric::MemoryPercent => Text::new("memory use", "内存使用率"),
        Metric::DiskPercent => Text::new("storage use", "存储使用率"),
        Metric::NetworkErrors => Text::new("network errors", "网络错误数"),
        Metric::CertificateDays => Text::new("days until the certificate expires", "证书剩余天数"),
    }
}

fn number(value: f64) -> String {
    let digits = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 1.0 {
        1
    } else {
        4
    };
    format!("{value:.digits$}")
}

/// What a change is called, by its id; nothing where only the id is known.
type Called<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One piece of evidence in words.
#[must_use]
pub fn cite_text(cite: &Cite) -> Text {
    cited(cite, &|_| None)
}

fn cited(cite: &Cite, called: Called<'_>) -> Text {
    let what = match &cite.evidence {
        EvidenceRef::Series { node, metric, .. } => {
            let metric = metric_text(*metric);
            Text::new(format!("{} of `{}`", metric.en, name(node)), format!("`{}` 的{}", name(node), metric.zh))
        }
        EvidenceRef::Change { id } => {
            let (id, called) = (name(id), called(id).map(|called| format!("{} ", name(&called))).unwrap_or_default());
            Text::new(format!("change {called}`{id}`"), format!("变更 {called}`{id}`"))
        }
        EvidenceRef::Log { id } => Text::new(format!("log template `{}`", name(id)), format!("日志模板 `{}`", name(id))),
        EvidenceRef::Finding { id } => Text::new(format!("finding `{}`", name(id)), format!("检查结果 `{}`", name(id))),
        EvidenceRef::Call { caller, callee } => {
            let call = format!("`{}` → `{}`", name(caller), name(callee));
            Text::new(format!("calls {call}"), format!("调用 {call}"))
        }
    };
    match &cite.observation {
        Observation::Level { before, during, unit } => {
            let (before, during) = (number(*before), number(*during));
            Text::new(
                format!("{}: {before}{unit} before, {during}{unit} now", what.en),
                format!("{}：之前 {before}{unit}，现在 {during}{unit}", what.zh),
            )
        }
        Observation::Added { effect_permille, z } => {
            let (percent, z) = (f64::from(*effect_permille) / 10.0, number(*z));
            Text::new(
                format!("{}: adds {percent:.0} % of the change itself ({z} standard deviations)", what.en),
                format!("{}：自身造成变化的 {percent:.0}%（{z} 个标准差）", what.zh),
            )
        }
        // When it began is known no better than to the minutes of an alarm.
        Observation::Changed { seconds_before } if seconds_before.abs() <= ONSET_SECONDS => {
            Text::new(format!("{}: when it began", what.en), format!("{}：故障开始之时", what.zh))
        }
        Observation::Changed { seconds_before } if *seconds_before >= 0 => {
            let minutes = seconds_before / 60;
            Text::new(format!("{}: {minutes} min before it began", what.en), format!("{}：开始前 {minutes} 分钟", what.zh))
        }
        Observation::Changed { seconds_before } => {
            let minutes = seconds_before.saturating_neg() / 60;
            Text::new(format!("{}: {minutes} min after it began", what.en), format!("{}：开始后 {minutes} 分钟", what.zh))
        }
        Observation::Surge { expected, observed } => Text::new(
            format!("{}: {observed} lines, {expected} expected", what.en),
            format!("{}：{observed} 行，预期 {expected} 行", what.zh),
        ),
        Observation::Reported => Text::new(format!("{}: reports an outage", what.en), format!("{}：报告了中断", what.zh)),
    }
}

/// Why a suspicion was dropped, in words.
#[must_use]
pub fn refuted_text(refuted: &Refuted) -> Text {
    let node = name(&refuted.node);
    match &refuted.refutation {
        Refutation::PassesOn { from } => Text::new(
            format!("not `{node}`: it passes on what comes from `{}`", name(from)),
            format!("不是 `{node}`：它只是传递了来自 `{}` 的影响", name(from)),
        ),
        Refutation::SeenFromOutside { of } => Text::new(
            format!("not `{node}`: it is how callers see `{}`", name(of)),
            format!("不是 `{node}`：它只是调用方眼中的 `{}`", name(of)),
        ),
        Refutation::NoEffect => Text::new(
            format!("not the change of `{node}`: nothing there is out of the ordinary"),
            format!("不是 `{node}` 的变更：该处没有任何异常"),
        ),
        Refutation::AfterOnset => {
            Text::new(format!("not the change of `{node}`: it came after the onset"), format!("不是 `{node}` 的变更：发生在故障开始之后"))
        }
        Refutation::NotInPath => {
            Text::new(format!("not `{node}`: the alarmed resource does not depend on it"), format!("不是 `{node}`：告警资源不依赖它"))
        }
        Refutation::NoBaseline => Text::new(
            format!("not `{node}` itself: it was never seen before, so its callers were looked at"),
            format!("不是 `{node}` 本身：此前从未出现，因此转而分析其调用方"),
        ),
    }
}

/// What is missing, in words.
#[must_use]
pub fn missing_text(missing: &Missing) -> Text {
    match missing {
        Missing::Unread { gap } => {
            let source = source_text(gap.source);
            let of = gap.node.as_deref().map(name).unwrap_or_default();
            let (en, zh) = if of.is_empty() { (String::new(), String::new()) } else { (format!(" of `{of}`"), format!("`{of}` 的")) };
            let why = gap.permission.as_deref().map_or_else(|| name(&gap.reason), |p| format!("{} ({})", name(&gap.reason), name(p)));
            Text::new(format!("{}{en} could not be read: {why}", source.en), format!("无法读取{zh}{}：{why}", source.zh))
        }
        Missing::Topology => Text::new("no topology: causes and consequences cannot be told apart", "没有拓扑信息：无法区分原因与结果"),
        Missing::Baseline => {
            Text::new("the alarmed metric has no values before or during the incident", "告警指标在事件之前或期间没有数据")
        }
        Missing::NothingAbnormal => Text::new("nothing that was read is out of the ordinary", "已读取的数据均无异常"),
        Missing::Rivals { nodes } => {
            let list = nodes.iter().map(|n| format!("`{}`", name(n))).collect::<Vec<_>>();
            Text::new(format!("these explain it equally well: {}", list.join(", ")), format!("以下对象同样能解释：{}", list.join("、")))
        }
        Missing::Weak => Text::new("the signs are too weak", "迹象不够明确"),
    }
}

fn source_text(source: Source) -> Text {
    match source {
        Source::Metrics => Text::new("metrics", "指标"),
        Source::Logs => Text::new("logs", "日志"),
        Source::Changes => Text::new("changes", "变更记录"),
        Source::Topology => Text::new("topology", "拓扑"),
        Source::Findings => Text::new("findings", "检查结果"),
    }
}

fn rung_text(rung: Rung) -> Text {
    match rung {
        Rung::CallGraph => Text::new("statistics over the call graph", "调用图统计"),
        Rung::Symptoms => Text::new("statistics of single resources", "单个资源的统计"),
        Rung::Nothing => Text::new("nothing to analyse", "没有可分析的数据"),
    }
}

fn hypothesis_text(hypothesis: &Hypothesis, called: Called<'_>) -> Text {
    let cause = cause_text(hypothesis.cause);
    let percent = hypothesis.confidence_permille / 10;
    let cites: Vec<Text> = shown(&hypothesis.cites).map(|cite| cited(cite, called)).collect();
    let join = |pick: fn(&Text) -> &str, mark: &str| cites.iter().map(|c| format!("{mark}{}", pick(c))).collect::<String>();
    Text::new(
        format!("`{}` {} ({percent} % sure){}", name(&hypothesis.node), cause.en, join(|t| &t.en, "\n  - ")),
        format!("`{}` {}（把握 {percent}%）{}", name(&hypothesis.node), cause.zh, join(|t| &t.zh, "\n  - ")),
    )
}

/// The strongest citations, half of them changes where there are others: one deployment is many calls, and people want to see what it did.
fn shown(cites: &[Cite]) -> impl Iterator<Item = &Cite> {
    let is_change = |cite: &Cite| matches!(cite.evidence, EvidenceRef::Change { .. });
    let others = cites.iter().filter(|cite| !is_change(cite)).count();
    let room = CITES.saturating_sub(others.min(CITES / 2));
    let mut changes = 0;
    cites
        .iter()
        .filter(move |cite| {
            changes += usize::from(is_change(cite));
            !is_change(cite) || changes <= room
        })
        .take(CITES)
}

/// The whole diagnosis for a person.
#[must_use]
pub fn explain(diagnosis: &Diagnosis) -> Text {
    explain_with(diagnosis, &|_| None)
}

/// The same, where changes have names beside their ids.
#[must_use]
pub fn explain_with(diagnosis: &Diagnosis, called: Called<'_>) -> Text {
    let mut lines = Vec::new();
    if diagnosis.ranked.is_empty() {
        lines.push(Text::new("Undetermined.", "无法确定根因。"));
        lines.extend(diagnosis.undetermined.iter().flatten().map(missing_text));
        if let Some(lead) = diagnosis.leads.first() {
            let lead = hypothesis_text(lead, called);
            lines.push(Text::new(format!("A lead, not an answer: {}", lead.en), format!("仅为线索，并非结论：{}", lead.zh)));
        }
    } else {
        lines.extend(diagnosis.ranked.iter().map(|h| hypothesis_text(h, called)));
    }
    lines.extend(diagnosis.refuted.iter().map(refuted_text));
    let rung = rung_text(diagnosis.rung);
    lines.push(Text::new(format!("Answered by: {}.", rung.en), format!("分析方式：{}。", rung.zh)));
    let all = |pick: fn(&Text) -> &str| lines.iter().map(pick).collect::<Vec<_>>().join("\n");
    Text::new(all(|t| &t.en), all(|t| &t.zh))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Statistic;

    fn change(n: u32) -> Cite {
        Cite { evidence: EvidenceRef::Change { id: format!("c-{n}") }, observation: Observation::Changed { seconds_before: 60 } }
    }

    fn level(metric: Metric) -> Cite {
        let evidence = EvidenceRef::Series { node: "lambda:orders".into(), metric, statistic: Statistic::Sum };
        Cite { evidence, observation: Observation::Level { before: 0.0, during: 12.0, unit: String::new() } }
    }

    #[test]
    fn of_many_changes_two_are_shown_beside_what_they_did() {
        let with = [change(1), change(2), change(3), change(4), level(Metric::Errors), level(Metric::Latency), level(Metric::Requests)];
        let seen: Vec<&Cite> = shown(&with).collect();
        assert_eq!(seen, [&with[0], &with[1], &with[4], &with[5]]);
        // Where there is nothing else, or little, changes take the room.
        assert_eq!(shown(&with[..4]).count(), 4);
        assert_eq!(shown(&with[..5]).collect::<Vec<_>>(), [&with[0], &with[1], &with[2], &with[4]]);
    }

    #[test]
    fn a_change_within_the_doubt_about_the_onset_is_neither_before_nor_after() {
        let said = |seconds_before| {
            let observation = Observation::Changed { seconds_before };
            cite_text(&Cite { observation, ..change(1) }).en
        };
        assert!(said(-71).ends_with("when it began") && said(90).ends_with("when it began"));
        assert!(said(600).ends_with("10 min before it began") && said(-600).ends_with("10 min after it began"));
    }
}
