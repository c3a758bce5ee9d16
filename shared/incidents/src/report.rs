//! What was collected about an incident, and what people read of it.
//!
//! Entry types: [`Collected`] and [`Explained`], joined by [`explain`]. Invariant: one screen says what happened, what was
//! changed, what the cause is or what is missing, what would fix it, and that nothing was done.

use domain::Text;
use domain::text::defang;
use rca::{Diagnosis, Evidence};
use serde::{Deserialize, Serialize};

use crate::incident::Incident;
use crate::remedy::{Remedy, remedy};
use crate::trail::TrailChange;

/// Changes that are shown.
const SHOWN_CHANGES: usize = 5;

/// What the reading cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metered {
    /// Calls of AWS APIs.
    pub calls: u32,
    /// Metrics asked for (GetMetricData is billed by these).
    pub metrics: u32,
}

/// What was read about an incident.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Collected {
    /// For the analysis.
    pub evidence: Evidence,
    /// Changes as the trail tells them, nearest to the onset last.
    pub changes: Vec<TrailChange>,
    /// What it cost.
    pub metered: Metered,
}

/// What follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The analysis.
    pub diagnosis: Diagnosis,
    /// The analysis in words.
    pub words: Text,
    /// What was changed, in words.
    pub changes: Vec<String>,
    /// What would fix it.
    pub remedy: Option<Remedy>,
    /// What the reading cost.
    pub metered: Metered,
}

/// The analysis of what was collected.
#[must_use]
pub fn explain(collected: &Collected) -> Explained {
    let diagnosis = rca::diagnose(&collected.evidence);
    let newest = collected.changes.iter().rev().take(SHOWN_CHANGES);
    Explained {
        words: rca::explain(&diagnosis),
        changes: newest.map(|c| format!("{} {} — {} ({})", c.at.to_rfc3339(), c.action, names(c), defang(&c.actor, 120))).collect(),
        remedy: remedy(&diagnosis, &collected.changes),
        diagnosis,
        metered: collected.metered,
    }
}

fn names(change: &TrailChange) -> String {
    defang(&change.names.iter().take(3).cloned().collect::<Vec<_>>().join(", "), 160)
}

impl Explained {
    /// Everything on one screen.
    #[must_use]
    pub fn text(&self, incident: &Incident) -> Text {
        let line = incident.line();
        let changes = self.changes.iter().map(|c| format!("\n  - {c}")).collect::<String>();
        let (changes_en, changes_zh) = if changes.is_empty() {
            ("\n  - no change was seen in the window".to_owned(), "\n  - 时间窗口内未发现变更".to_owned())
        } else {
            (changes.clone(), changes)
        };
        let (fix_en, fix_zh) = match &self.remedy {
            Some(remedy) => (
                format!("\nWhat would fix it (send it to get a plan and its undo; nothing was done): `{}`", remedy.request.en),
                format!("\n建议的修复（发送后生成计划及回滚方案；尚未执行任何操作）：`{}`", remedy.request.zh),
            ),
            None => (
                "\nNo operation of the catalogue follows from this. Nothing was done.".to_owned(),
                "\n目录中没有对应的修复操作。没有执行任何操作。".to_owned(),
            ),
        };
        Text::new(
            format!("What happened: {line}\nWhat changed:{changes_en}\nWhy:\n{}{fix_en}", self.words.en),
            format!("发生了什么：{line}\n变更：{changes_zh}\n原因分析：\n{}{fix_zh}", self.words.zh),
        )
    }
}

#[cfg(test)]
mod tests {
    use domain::{EpochMs, ids::IncidentId};
    use rca::evidence::{ChangeKind, Metric, Point, Series, Statistic, Target, Window};
    use serde_json::json;

    use super::*;
    use crate::incident::{SeverityLevel, Status};

    const MINUTE: i64 = 60_000;

    /// A function that fails half of its calls since a deployment two minutes before.
    fn bad_deployment() -> Collected {
        let at = |minute: i64| EpochMs(1_795_000_000_000 + minute * MINUTE);
        let series = |metric, value: fn(i64) -> f64| Series {
            node: "lambda:orders".into(),
            metric,
            statistic: if metric == Metric::Latency { Statistic::Average } else { Statistic::Sum },
            points: (0..60).map(|m| Point { at: at(m), value: value(m) }).collect(),
        };
        let record = json!({"eventID": "e-1", "eventTime": at(53).to_rfc3339(), "eventName": "UpdateAlias20150331",
            "userIdentity": {"arn": "ci"}, "requestParameters": {"functionName": "orders", "name": "live", "functionVersion": "2"}});
        let change = crate::trail::read(&record).unwrap();
        let evidence = Evidence {
            target: Some(Target { node: "lambda:orders".into(), metric: Metric::Errors }),
            baseline: Window { from: at(0), to: at(54) },
            incident: Window { from: at(55), to: at(60) },
            series: vec![
                series(Metric::Requests, |m| 20.0 + (m % 3) as f64),
                series(Metric::Latency, |m| 0.02 + 0.001 * (m % 4) as f64),
                series(Metric::Errors, |m| if m >= 55 { 10.0 } else { 0.0 }),
            ],
            changes: vec![change.of_node("lambda:orders")],
            ..Evidence::default()
        };
        assert_eq!(change.kind, ChangeKind::Deployment);
        Collected { evidence, changes: vec![change], metered: Metered { calls: 3, metrics: 4 } }
    }

    fn incident() -> Incident {
        Incident {
            id: IncidentId::generate(EpochMs(0), 1),
            fingerprint: "f".into(),
            account: None,
            region: None,
            severity: SeverityLevel::S2,
            status: Status::Open,
            family: signals::Family::Alarm,
            title: "orders-errors: ALARM".into(),
            resources: vec!["orders".into()],
            subjects: Default::default(),
            opened_at: EpochMs(0),
            first_signal_at: EpochMs(0),
            last_signal_at: EpochMs(0),
            cleared_at: None,
            signals: 1,
            flaps: 0,
        }
    }

    #[test]
    fn a_bad_deployment_is_named_with_its_change_and_what_takes_it_back() {
        let explained = explain(&bad_deployment());
        let answer = explained.diagnosis.answer().unwrap_or_else(|| panic!("{explained:#?}"));
        assert_eq!((answer.node.as_str(), answer.cause), ("lambda:orders", rca::diagnosis::Cause::Deployment));
        let text = explained.text(&incident());
        for words in ["orders-errors", "UpdateAlias", "e-1", "roll back alias live of function orders", "nothing was done"] {
            assert!(text.en.contains(words), "{words}: {}", text.en);
        }
        assert!(text.zh.contains("将函数 orders 的别名 live 回滚"));
    }

    #[test]
    fn without_values_the_answer_is_undetermined_and_offers_nothing() {
        let explained = explain(&Collected::default());
        assert!(explained.diagnosis.answer().is_none() && explained.remedy.is_none());
        assert!(explained.text(&incident()).en.contains("Undetermined") && explained.text(&incident()).en.contains("Nothing was done"));
    }

    #[test]
    fn what_was_explained_reads_back() {
        let explained = explain(&bad_deployment());
        let text = serde_json::to_string(&explained).unwrap();
        assert_eq!(serde_json::from_str::<Explained>(&text).unwrap(), explained);
    }
}
