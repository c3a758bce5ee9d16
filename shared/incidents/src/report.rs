//! What was collected about an incident, and what people read of it.
//!
//! Entry types: [`Collected`] and [`Explained`], joined by [`explain`]. Invariant: one screen says what happened, what was
//! changed, what the cause is or what is missing, what would fix it, and that nothing was done.

use domain::text::defang;
use domain::{Digest, Plan, Text};
use rca::{Diagnosis, Evidence};
use serde::{Deserialize, Serialize};

use crate::incident::Incident;
use crate::lesson::Recalled;
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
    /// How often it was looked at, this time included. What the reading cost is that of all of them.
    #[serde(default)]
    pub looks: u32,
    /// After this many seconds it is looked at again; 0: this is the last word.
    #[serde(default)]
    pub look_again_in: u32,
    /// What was learnt before and fits, the best first. Never an answer.
    #[serde(default)]
    pub recalled: Vec<Recalled>,
    /// The pattern that this incident taught, or was seen again in.
    #[serde(default)]
    pub pattern: Option<Digest>,
}

/// The analysis of what was collected.
#[must_use]
pub fn explain(collected: &Collected) -> Explained {
    let diagnosis = rca::diagnose(&collected.evidence);
    let newest = collected.changes.iter().rev().take(SHOWN_CHANGES);
    Explained {
        words: rca::explain_with(&diagnosis, &|id| collected.changes.iter().find(|c| c.id == id).map(|c| c.action.clone())),
        changes: newest.map(|c| format!("{} {} — {} ({})", c.at.to_rfc3339(), c.action, names(c), defang(&c.actor, 120))).collect(),
        remedy: remedy(&diagnosis, &collected.changes),
        diagnosis,
        metered: collected.metered,
        looks: 1,
        look_again_in: 0,
        recalled: Vec::new(),
        pattern: None,
    }
}

fn names(change: &TrailChange) -> String {
    defang(&change.names.iter().take(3).cloned().collect::<Vec<_>>().join(", "), 160)
}

/// Pauses between looks. Metrics come late (CloudWatch has Lambda's within one to three minutes), and an alarm may be quicker.
const PAUSES: [u32; 3] = [10, 60, 120];

impl Explained {
    /// The same as a look after an earlier one: an alarm that goes on without an answer is looked at again, a few times.
    #[must_use]
    pub fn after(mut self, earlier: Option<&Self>, incident: &Incident) -> Self {
        if let Some(earlier) = earlier {
            self.looks = earlier.looks.saturating_add(1);
            self.metered.calls = self.metered.calls.saturating_add(earlier.metered.calls);
            self.metered.metrics = self.metered.metrics.saturating_add(earlier.metered.metrics);
        }
        let may_change = self.diagnosis.answer().is_none() && incident.is_raised() && incident.account.is_some();
        let pause = usize::try_from(self.looks).ok().and_then(|looks| PAUSES.get(looks.checked_sub(1)?));
        self.look_again_in = pause.copied().filter(|_| may_change).unwrap_or(0);
        self
    }

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
        let (fix_en, fix_zh) = match self.request(incident) {
            Some(request) => (
                format!("\nWhat would fix it (send it to get a plan and its undo; nothing was done): `{}`", request.en),
                format!("\n建议的修复（发送后生成计划及回滚方案；尚未执行任何操作）：`{}`", request.zh),
            ),
            None => (
                "\nNo operation of the catalogue follows from this. Nothing was done.".to_owned(),
                "\n目录中没有对应的修复操作。没有执行任何操作。".to_owned(),
            ),
        };
        let (again_en, again_zh) = match self.look_again_in {
            0 => (String::new(), String::new()),
            seconds => (
                format!("\nMetrics come late: it is looked at again in {seconds} s."),
                format!("\n指标可能延迟到达：{seconds} 秒后会再次分析。"),
            ),
        };
        let (before_en, before_zh) = self.remembered();
        Text::new(
            format!("What happened: {line}\nWhat changed:{changes_en}\nWhy:\n{}{again_en}{before_en}{fix_en}", self.words.en),
            format!("发生了什么：{line}\n变更：{changes_zh}\n原因分析：\n{}{again_zh}{before_zh}{fix_zh}", self.words.zh),
        )
    }

    /// The words that ask for the remedy. They name account and incident, so that the plan is linked and what comes of it is learnt.
    #[must_use]
    pub fn request(&self, incident: &Incident) -> Option<Text> {
        let (id, request) = (&incident.id, &self.remedy.as_ref()?.request);
        let (in_en, in_zh) =
            incident.account.as_ref().map_or((String::new(), String::new()), |a| (format!(" in {a}"), format!("在账户 {a} ")));
        Some(Text::new(format!("{}{in_en} for incident {id}", request.en), format!("针对事件 {id}，{in_zh}{}", request.zh)))
    }

    /// What was learnt before, in words; nothing where nothing fits.
    fn remembered(&self) -> (String, String) {
        if self.recalled.is_empty() {
            return (String::new(), String::new());
        }
        let lines: Vec<Text> = self.recalled.iter().map(Recalled::text).collect();
        let list = |pick: fn(&Text) -> &str| lines.iter().map(|line| format!("\n  - {}", pick(line))).collect::<String>();
        (
            format!("\nSeen before (what was learnt then, not an answer for now):{}", list(|t| &t.en)),
            format!("\n以往类似情况（当时的经验，并非本次结论）：{}", list(|t| &t.zh)),
        )
    }

    /// Whether a plan does what followed from this analysis: the remedy's operation on the node that was named, and on nothing else.
    #[must_use]
    pub fn is_followed_by(&self, plan: &Plan) -> bool {
        let named = self.diagnosis.answer().and_then(|answer| answer.node.split_once(':')).map(|(_, name)| name);
        let operation = self.remedy.as_ref().map(|remedy| remedy.operation.as_str());
        operation == Some(plan.operation.as_str())
            && !plan.targets.is_empty()
            && plan.targets.iter().all(|target| named == Some(target.id.as_str()) || named == Some(target.arn.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use domain::{EpochMs, ids::IncidentId};
    use rca::evidence::{ChangeKind, Metric, Point, Series, Statistic, Target, Window};
    use serde_json::json;

    use super::*;
    use crate::incident::{SeverityLevel, Status};
    use crate::lesson::{lesson, recalled};

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
        for words in ["orders-errors", "change UpdateAlias `e-1`", "roll back alias live of function orders", "nothing was done"] {
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
    fn what_another_function_taught_is_recalled_beside_the_answer_and_what_this_incident_taught_is_not() {
        use domain::{Environment, PlanId};
        use knowledge::{Outcome, Pattern};
        let (now, prod) = (EpochMs(1_795_100_000_000), Environment::Prod);
        let (this, other) = (IncidentId::generate(EpochMs(1), 1), IncidentId::generate(EpochMs(2), 2));
        let collected = bad_deployment();
        let explained = explain(&collected);
        let reported = lesson(&this, &collected, &explained).unwrap();
        assert_eq!(reported.runbook.as_deref(), Some("lambda.rollback_alias"));
        let words = format!("{reported:?}");
        assert!(words.contains("UpdateAlias") && !words.contains("orders"), "no name of a resource: {words}");
        let own = Pattern::learn(reported, now).unwrap();
        assert_eq!(recalled(vec![own.clone()], &this, &collected, prod, now), []);
        let fresh = recalled(vec![own.clone()], &other, &collected, prod, now);
        assert_eq!((fresh[0].pattern.clone(), fresh[0].verified), (own.fingerprint.clone(), 0));
        assert!(fresh[0].text().en.contains("not yet proven here"));
        let (proven, _) = own.record(Outcome::Verified { plan: PlanId::generate(now, 1) }, prod, now).unwrap();
        let shown = recalled(vec![proven.clone()], &other, &collected, prod, now);
        assert!(shown[0].verified == 1 && shown[0].confidence_permille > fresh[0].confidence_permille, "{shown:?}");
        // What was proven elsewhere is not proven here.
        assert_eq!(recalled(vec![proven.clone()], &other, &collected, Environment::Dev, now)[0].verified, 0);
        let text = Explained { recalled: shown, ..explained }.text(&incident());
        assert!(text.en.contains("Seen before") && text.en.contains("1 verified"), "{}", text.en);
        assert!(text.zh.contains("以往类似情况") && text.zh.contains("验证成功 1 次"), "{}", text.zh);
        assert!(text.zh.contains("lambda 部署引入的故障") && !text.zh.contains("was broken by a deployment"), "{}", text.zh);
        let unlike = Collected::default();
        assert_eq!(recalled(vec![proven], &other, &unlike, prod, now), []);
    }

    #[test]
    fn the_words_that_are_offered_are_understood_as_the_remedy_that_they_offer() {
        use domain::{AccountId, Intent, Value};
        let incident = Incident { account: Some(AccountId::parse("444444444444").unwrap()), ..incident() };
        let offered = explain(&bad_deployment()).request(&incident).unwrap();
        for words in [&offered.en, &offered.zh] {
            let parsed = language::parse(words, &language::Context::with_accounts(["prod"]));
            let Intent::Operate(request) = parsed.intent else { panic!("{words}: {parsed:?}") };
            assert_eq!(
                (request.operation.as_str(), &request.targets[..]),
                ("lambda.rollback_alias", &["orders".to_owned()][..]),
                "{words}"
            );
            assert_eq!(request.account.as_deref(), Some("444444444444"), "{words}");
            assert_eq!(request.params, [("alias".to_owned(), Value::from("live"))].into(), "{words}");
            assert!(!request.dry_run, "{words}");
        }
    }

    #[test]
    fn an_alarm_without_an_answer_is_looked_at_again_a_few_times_and_every_look_is_paid_for() {
        use domain::AccountId;
        let mut raised = Incident { account: Some(AccountId::parse("444444444444").unwrap()), ..incident() };
        raised.subjects = [("orders-errors".to_owned(), signals::State::Raised)].into();
        let quiet = || explain(&Collected { metered: Metered { calls: 3, metrics: 4 }, ..Collected::default() });
        let (mut last, mut pauses) = (None, Vec::new());
        for _ in 0..5 {
            let next: Explained = quiet().after(last.as_ref(), &raised);
            pauses.push(next.look_again_in);
            last = Some(next);
        }
        assert_eq!((pauses, last.unwrap().metered), (vec![10, 60, 120, 0, 0], Metered { calls: 15, metrics: 20 }));
        assert!(quiet().after(None, &raised).text(&raised).en.contains("looked at again in 10 s"));
        // An answer, a person's question and an alarm that is over are final.
        assert_eq!(explain(&bad_deployment()).after(None, &raised).look_again_in, 0);
        assert_eq!(quiet().after(None, &incident()).look_again_in, 0);
        raised.subjects = [("orders-errors".to_owned(), signals::State::Cleared)].into();
        assert_eq!(quiet().after(None, &raised).look_again_in, 0);
    }

    #[test]
    fn without_an_answer_nothing_is_learnt() {
        let (collected, id) = (Collected::default(), IncidentId::generate(EpochMs(1), 1));
        assert_eq!(lesson(&id, &collected, &explain(&collected)), None);
    }

    #[test]
    fn what_was_explained_reads_back() {
        let explained = explain(&bad_deployment());
        let text = serde_json::to_string(&explained).unwrap();
        assert_eq!(serde_json::from_str::<Explained>(&text).unwrap(), explained);
    }
}
