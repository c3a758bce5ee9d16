//! Asking the log. Entry types: [`Query`], [`Row`].
//!
//! "Who touched this resource", "what did alice do last night", "everything of incident X" are the same question: records
//! that meet every condition given. Invariant: a record that cannot be read meets no condition and is counted, so
//! that an answer never looks complete when it is not; a cell of CSV is never a formula.
//!
//! ```
//! use audit::query::csv_line;
//! assert_eq!(csv_line(["=1+1", "a,b"]), "\"'=1+1\",\"a,b\"\r\n");
//! ```

use domain::{EpochMs, PersonId, Value};

use crate::{
    event::{Actor, AuditEvent, EventKind},
    record::AuditRecord,
};

/// Conditions; one that is absent is met by every record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The plan's id.
    pub plan: Option<String>,
    /// The incident's id.
    pub incident: Option<String>,
    /// An ARN, or the last part of one (`i-0123`, `my-bucket`).
    pub resource: Option<String>,
    /// Who acted, or is named as reader or approver.
    pub person: Option<PersonId>,
    /// The kind.
    pub kind: Option<EventKind>,
    /// Not earlier.
    pub since: Option<EpochMs>,
    /// Not later.
    pub until: Option<EpochMs>,
}

impl Query {
    /// Whether a record meets every condition.
    #[must_use]
    pub fn meets(&self, record: &AuditRecord) -> bool {
        let event = &record.event;
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|w| found == Some(w));
        is(&self.plan, event.plan.as_ref().map(domain::PlanId::as_str))
            && is(&self.incident, event.incident.as_deref())
            && self.resource.as_deref().is_none_or(|wanted| resources(event).any(|arn| is_resource(arn, wanted)))
            && self.person.as_ref().is_none_or(|wanted| concerns(record, wanted))
            && self.kind.is_none_or(|wanted| event.kind == wanted)
            && self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at <= until)
    }
}

/// The resources that an event is about. Records of version 1 name them as facts.
pub(crate) fn resources(event: &AuditEvent) -> impl Iterator<Item = &str> {
    let facts = ["target", "targets", "resource"].into_iter().filter_map(|name| event.detail.get(name)).flat_map(texts);
    event.resources.iter().map(String::as_str).chain(facts)
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text.as_str()],
        Value::List(items) => items.iter().filter_map(Value::as_text).collect(),
        _ => Vec::new(),
    }
}

/// `wanted` is the ARN, or its last part after `/` or `:`.
fn is_resource(arn: &str, wanted: &str) -> bool {
    arn == wanted || arn.strip_suffix(wanted).is_some_and(|head| !wanted.is_empty() && head.ends_with(['/', ':']))
}

fn concerns(record: &AuditRecord, wanted: &PersonId) -> bool {
    let acted = matches!(&record.event.actor, Actor::Person { person, .. } if person == wanted);
    let named =
        ["approvers", "reader", "recipients", "person"].into_iter().filter_map(|name| record.event.detail.get(name)).flat_map(texts);
    acted || named.into_iter().any(|name| name == wanted.as_str())
}

/// A record as a line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The cells, in the order of [`Row::HEADER`].
    pub cells: Vec<String>,
}

impl Row {
    /// Names of the columns.
    pub const HEADER: [&'static str; 16] = [
        "chain",
        "seq",
        "at",
        "kind",
        "actor",
        "roles",
        "mfa",
        "account",
        "region",
        "plan",
        "digest",
        "incident",
        "resources",
        "reasons",
        "request_ids",
        "detail",
    ];

    /// The line of a record.
    #[must_use]
    pub fn of(record: &AuditRecord) -> Self {
        let event = &record.event;
        let (actor, roles, mfa) = match &event.actor {
            Actor::Person { person, roles, mfa, .. } => {
                let roles: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
                (person.to_string(), roles.join(" "), mfa.map(|used| used.to_string()).unwrap_or_default())
            }
            Actor::Function { function } => (function.clone(), String::new(), String::new()),
        };
        let found: Vec<&str> = resources(event).collect();
        let detail: Vec<String> = event.detail.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cells = vec![
            record.chain.to_string(),
            record.seq.to_string(),
            record.at.to_rfc3339(),
            event.kind.to_string(),
            actor,
            roles,
            mfa,
            event.account.as_ref().map(ToString::to_string).unwrap_or_default(),
            event.region.clone().unwrap_or_default(),
            event.plan.as_ref().map(ToString::to_string).unwrap_or_default(),
            event.digest.as_ref().map(ToString::to_string).unwrap_or_default(),
            event.incident.clone().unwrap_or_default(),
            found.join(" "),
            event.reasons.join(" "),
            event.request_ids.join(" "),
            detail.join(" "),
        ];
        Self { cells }
    }
}

/// A line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets a `'` in front (OWASP, CSV
/// injection): names of resources and words of people come from anybody.
#[must_use]
pub fn csv_line<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let mut line = String::new();
    for (n, cell) in cells.into_iter().enumerate() {
        if n > 0 {
            line.push(',');
        }
        // A formula may also begin behind what a spreadsheet trims, or in full-width characters.
        let begins = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
        let formula = begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) || cell.starts_with(['\t', '\r', '\n']);
        line.push('"');
        if formula {
            line.push('\'');
        }
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    }
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, PlanId, Role};

    use super::*;
    use crate::record::Chain;

    const ARN: &str = "arn:aws:ec2:eu-west-1:222222222222:instance/i-0123";

    fn record(event: AuditEvent) -> AuditRecord {
        AuditRecord::first(Chain::hub(), EpochMs(10_000), event)
    }

    fn alice() -> PersonId {
        PersonId::parse("alice").unwrap()
    }

    #[test]
    fn a_resource_is_found_by_its_arn_and_by_its_last_part_in_both_versions_of_records() {
        let new = record(AuditEvent::new(EventKind::EffectDone, Actor::function("x")).on([ARN]));
        let old = record(AuditEvent::new(EventKind::EffectDone, Actor::function("x")).fact("target", ARN));
        for found in [&new, &old] {
            for wanted in [ARN, "i-0123", "instance/i-0123"] {
                assert!(Query { resource: Some(wanted.into()), ..Query::default() }.meets(found), "{wanted}");
            }
            for wanted in ["0123", "i-012", ""] {
                assert!(!Query { resource: Some(wanted.into()), ..Query::default() }.meets(found), "{wanted}");
            }
        }
    }

    #[test]
    fn a_person_is_found_as_actor_and_as_the_one_named() {
        let query = Query { person: Some(alice()), ..Query::default() };
        assert!(query.meets(&record(AuditEvent::new(EventKind::StopSet, Actor::person(alice(), vec![Role::Viewer])))));
        let named =
            AuditEvent::new(EventKind::Approved, Actor::function("x")).fact("approvers", vec!["bob".to_owned(), "alice".to_owned()]);
        assert!(query.meets(&record(named)));
        assert!(!query.meets(&record(AuditEvent::new(EventKind::Approved, Actor::function("alice")))));
    }

    #[test]
    fn every_condition_must_be_met() {
        let plan = PlanId::generate(EpochMs(1), 1);
        let mut event = AuditEvent::new(EventKind::Executed, Actor::function("x"))
            .in_account(AccountId::parse("222222222222").unwrap())
            .of_incident("inc_1");
        event.plan = Some(plan.clone());
        let record = record(event);
        let all = Query {
            plan: Some(plan.to_string()),
            incident: Some("inc_1".into()),
            kind: Some(EventKind::Executed),
            since: Some(EpochMs(10_000)),
            until: Some(EpochMs(10_000)),
            ..Query::default()
        };
        assert!(all.meets(&record) && Query::default().meets(&record));
        for other in [
            Query { plan: Some("plan_x".into()), ..all.clone() },
            Query { incident: Some("inc_2".into()), ..all.clone() },
            Query { kind: Some(EventKind::Failed), ..all.clone() },
            Query { since: Some(EpochMs(10_001)), ..all.clone() },
            Query { until: Some(EpochMs(9_999)), ..all },
        ] {
            assert!(!other.meets(&record), "{other:?}");
        }
        assert_eq!(Row::of(&record).cells.len(), Row::HEADER.len());
    }

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", " =1", "\r\n=1", "\u{feff}=1", "＝1"] {
            let line = csv_line([cell, "b"]);
            assert!(line.starts_with("\"'"), "{line:?}");
        }
        assert_eq!(csv_line(["a \"b\"", "2026-11-28"]), "\"a \"\"b\"\"\",\"2026-11-28\"\r\n");
    }
}
