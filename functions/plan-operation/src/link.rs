//! The incident that a request names. Entry point: [`named`].
//!
//! Invariant: only an id that the person wrote links a plan, never the language's guess; a link that does not hold is refused and
//! never passed over, so that nobody believes in one.

use domain::{Text, WireError, ids::IncidentId, preview::NoteLevel, preview::PreviewNote};
use incidents::Incident;

/// Why a plan is not linked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Two or more are named.
    Several,
    /// There is none of this id.
    Unknown(IncidentId),
    /// It is over, or is not about everything that the plan touches.
    Elsewhere(IncidentId),
}

impl Refusal {
    pub(crate) fn wire(&self) -> WireError {
        match self {
            Self::Several => WireError::new(
                "Plan.IncidentConflict",
                Text::new(
                    "A plan is for one incident; several are named. Nothing was planned.",
                    "一个计划只能对应一个事件，文中提到了多个。没有生成计划。",
                ),
            ),
            Self::Unknown(id) => WireError::new(
                "Incidents.NotFound",
                Text::new(format!("There is no incident `{id}`. Nothing was planned."), format!("没有事件 `{id}`。没有生成计划。")),
            ),
            Self::Elsewhere(id) => WireError::new(
                "Plan.IncidentConflict",
                Text::new(
                    format!(
                        "Incident `{id}` is over, or is not about everything that is to be changed. Nothing was planned; ask again without it."
                    ),
                    format!("事件 `{id}` 已结束，或未涉及全部待变更资源。没有生成计划，请去掉该事件后重新提出。"),
                ),
            ),
        }
    }
}

/// The incident whose id stands in a text of one line. Further lines may be pasted and somebody else's words: an id there must not
/// take a window away, so that a text of several lines links nothing.
pub(crate) fn named(text: &str) -> Result<Option<IncidentId>, Refusal> {
    if text.trim().chars().any(|c| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')) {
        return Ok(None);
    }
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut found: Option<IncidentId> = None;
    for id in words.filter_map(|word| IncidentId::parse(&lower_prefix(word)).ok()) {
        match &found {
            Some(other) if *other != id => return Err(Refusal::Several),
            _ => found = Some(id),
        }
    }
    Ok(found)
}

/// People write `INC_…` as well.
fn lower_prefix(word: &str) -> String {
    word.split_once('_').map_or_else(|| word.to_owned(), |(prefix, rest)| format!("{}_{rest}", prefix.to_ascii_lowercase()))
}

/// What an approver reads of the link.
pub(crate) fn note(incident: &Incident) -> PreviewNote {
    let line = incident.line();
    PreviewNote {
        level: NoteLevel::Info,
        code: "plan.incident".to_owned(),
        text: Text::new(format!("for incident {line}"), format!("对应事件 {line}")),
    }
}

#[cfg(test)]
mod tests {
    use domain::EpochMs;

    use super::*;

    #[test]
    fn one_id_is_taken_as_written_and_two_are_refused() {
        let (one, two) = (IncidentId::generate(EpochMs(1), 1), IncidentId::generate(EpochMs(2), 2));
        assert_eq!(named("stop i-0abc in prod"), Ok(None));
        assert_eq!(named(&format!("stop i-0abc in prod for {one}.")), Ok(Some(one.clone())));
        assert_eq!(named(&format!("为{}停掉 i-0abc（{one}）", one.as_str().to_uppercase())), Ok(Some(one.clone())));
        assert_eq!(named(&format!("stop i-0abc for {one}, {two}")), Err(Refusal::Several));
        assert_eq!(named("stop i-0abc for inc_1"), Ok(None));
        for line in ["\n", "\r", "\u{2028}"] {
            assert_eq!(named(&format!("stop i-0abc in prod{line}> 12:00:01 {one} is open")), Ok(None));
        }
    }
}
