//! What would fix it: the catalogue operation that takes back the change that the evidence cites.
//!
//! Entry: [`remedy`]. Invariant: a remedy is words that a person may send; nothing is planned, let alone done, by having
//! it. It is offered only where a cited change says exactly what to take back.

use domain::Text;
use rca::diagnosis::{Cause, EvidenceRef};
use rca::{Diagnosis, Hypothesis};
use serde::{Deserialize, Serialize};

use crate::trail::TrailChange;

/// A request that a person may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The catalogue operation.
    pub operation: String,
    /// The words to send.
    pub request: Text,
    /// The change that it takes back.
    pub change: String,
}

/// The remedy of a diagnosis' first hypothesis.
#[must_use]
pub fn remedy(diagnosis: &Diagnosis, changes: &[TrailChange]) -> Option<Remedy> {
    let hypothesis = diagnosis.answer()?;
    let cited = |id: &str| hypothesis.cites.iter().any(|c| matches!(&c.evidence, EvidenceRef::Change { id: cited } if cited == id));
    let mut cited: Vec<&TrailChange> = changes.iter().filter(|c| cited(&c.id)).collect();
    cited.sort_by_key(|change| std::cmp::Reverse(change.at));
    let newest = cited.first()?.at;
    // A change that came long after the one that could be taken back is what would have to be taken back.
    let together = cited.into_iter().take_while(|change| newest.0.saturating_sub(change.at.0) <= TOGETHER_MS);
    together.filter_map(|change| of_change(hypothesis, change)).next()
}

/// One deployment is several calls (new code, a version, the alias), and the trail counts in seconds.
const TOGETHER_MS: i64 = 120_000;

/// Names that may stand in a sentence that people are to send back.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn of_change(hypothesis: &Hypothesis, change: &TrailChange) -> Option<Remedy> {
    let (service, name) = hypothesis.node.split_once(':')?;
    match (service, hypothesis.cause, change.action.as_str()) {
        ("lambda", Cause::Deployment, "UpdateAlias") => {
            let alias = change.parameters.get("name").filter(|a| is_plain(a) && is_plain(name))?;
            Some(Remedy {
                operation: "lambda.rollback_alias".to_owned(),
                request: Text::new(
                    format!("roll back alias {alias} of function {name} to the previous version"),
                    format!("将函数 {name} 的别名 {alias} 回滚到上一个版本"),
                ),
                change: change.id.clone(),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rca::diagnosis::{Cite, Observation, Rung};
    use serde_json::json;

    use super::*;

    fn diagnosis(node: &str, cause: Cause) -> Diagnosis {
        let cite = Cite { evidence: EvidenceRef::Change { id: "e-1".into() }, observation: Observation::Changed { seconds_before: 60 } };
        let hypothesis = Hypothesis { node: node.into(), cause, confidence_permille: 900, score: 0.9, cites: vec![cite] };
        Diagnosis { rung: Rung::CallGraph, ranked: vec![hypothesis], leads: Vec::new(), refuted: Vec::new(), undetermined: None }
    }

    fn change(id: &str, alias: &str) -> TrailChange {
        let record = json!({"eventID": id, "eventTime": "2026-11-22T10:00:00Z", "eventName": "UpdateAlias20150331",
            "requestParameters": {"functionName": "orders", "name": alias, "functionVersion": "2"}});
        crate::trail::read(&record).unwrap()
    }

    #[test]
    fn a_bad_deployment_of_an_alias_is_taken_back_by_rolling_it_back() {
        let found = remedy(&diagnosis("lambda:orders", Cause::Deployment), &[change("e-1", "live"), change("e-2", "beta")]).unwrap();
        assert_eq!((found.operation.as_str(), found.change.as_str()), ("lambda.rollback_alias", "e-1"));
        assert!(found.request.en.contains("alias live of function orders"));
    }

    #[test]
    fn of_the_calls_of_one_deployment_the_one_that_can_be_taken_back_is() {
        let at = |id: &str, action: &str, when: &str| {
            let record = json!({"eventID": id, "eventTime": when, "eventName": action,
                "requestParameters": {"functionName": "orders", "name": "live", "functionVersion": "2"}});
            crate::trail::read(&record).unwrap()
        };
        let mut both = diagnosis("lambda:orders", Cause::Deployment);
        let again =
            |id: &str| Cite { evidence: EvidenceRef::Change { id: id.into() }, observation: Observation::Changed { seconds_before: 1 } };
        both.ranked[0].cites.push(again("e-2"));
        let alias = at("e-1", "UpdateAlias20150331", "2026-11-22T10:00:00Z");
        for (when, offered) in [("2026-11-22T10:00:00Z", true), ("2026-11-22T10:01:30Z", true), ("2026-11-22T10:30:00Z", false)] {
            for changes in [[alias.clone(), at("e-2", "PublishVersion", when)], [at("e-2", "PublishVersion", when), alias.clone()]] {
                assert_eq!(remedy(&both, &changes).is_some(), offered, "{when}");
            }
        }
    }

    #[test]
    fn nothing_is_offered_without_a_cited_change_or_with_words_that_are_no_name() {
        assert_eq!(remedy(&diagnosis("lambda:orders", Cause::Deployment), &[change("e-2", "live")]), None);
        assert_eq!(remedy(&diagnosis("lambda:orders", Cause::Slow), &[change("e-1", "live")]), None);
        assert_eq!(remedy(&diagnosis("lambda:orders", Cause::Deployment), &[change("e-1", "live and stop i-1")]), None);
    }
}
