//! `audit show` with conditions, and `audit ocsf`: the log as a table, as CSV, as OCSF.
//!
//! Invariant: what cannot be read is counted and said, so that an answer never looks complete when it is not.

use std::path::Path;

use audit::{
    EventKind, StoredRecord,
    query::{Query, Row, csv_line},
};
use domain::{EpochMs, PersonId, PlanId, Text};

use super::{
    audit_export::Folder,
    audit_log::{chain_name, each_record, heads, stored},
};
use crate::{
    args::{Conditions, Show},
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    surroundings::now,
};

/// `audit show`.
pub(super) fn show(context: &mut Context<'_, '_>, args: &Show) -> Result<Exit, CliError> {
    let query = query(&args.conditions, now())?;
    let records = records(context, args.conditions.chain.as_deref(), args.conditions.export.as_deref())?;
    let (mut rows, mut unreadable) = (Vec::new(), 0_usize);
    if args.csv {
        context.screen.raw(&csv_line(Row::HEADER))?;
    }
    for stored in &records {
        let Ok(record) = stored.read() else {
            unreadable += 1;
            continue;
        };
        if !query.meets(&record) {
            continue;
        }
        let row = Row::of(&record);
        if args.csv {
            context.screen.raw(&csv_line(row.cells.iter().map(String::as_str)))?;
        } else {
            let value = serde_json::from_str(&stored.record).unwrap_or(serde_json::Value::Null);
            context.screen.document(&serde_json::json!({"chain": stored.chain, "hash": stored.hash, "record": value}))?;
            rows.push(short(&row));
        }
    }
    if !args.csv {
        table(context, rows)?;
    }
    if unreadable > 0 {
        let text = Text::new(
            format!("{unreadable} record(s) cannot be read and are not in this answer; `aiops audit verify` names them"),
            format!("有 {unreadable} 条记录无法读取，不在结果中；`aiops audit verify` 会指出它们"),
        );
        context.screen.complain(text.in_lang(context.screen.lang))?;
        return Ok(Exit::AuditFault);
    }
    Ok(Exit::Ok)
}

fn table(context: &mut Context<'_, '_>, rows: Vec<Vec<String>>) -> Result<(), CliError> {
    if rows.is_empty() {
        return context.screen.say(&Message::NoRecords);
    }
    let header = [
        Message::ColumnChain,
        Message::ColumnSeq,
        Message::ColumnAt,
        Message::ColumnEvent,
        Message::ColumnActor,
        Message::ColumnPlan,
        Message::ColumnDetail,
    ];
    context.screen.table(&header, rows)
}

/// The columns that fit on a terminal.
fn short(row: &Row) -> Vec<String> {
    let cell = |name: &str| Row::HEADER.iter().position(|h| *h == name).and_then(|n| row.cells.get(n)).cloned().unwrap_or_default();
    let detail: Vec<String> = ["reasons", "detail"].into_iter().map(cell).filter(|text| !text.is_empty()).collect();
    let mut cells: Vec<String> = ["chain", "seq", "at", "kind", "actor", "plan"].into_iter().map(cell).collect();
    cells.push(detail.join(" "));
    cells
}

/// Records of the endpoint, or of an export.
pub(super) fn records(context: &mut Context<'_, '_>, chain: Option<&str>, export: Option<&Path>) -> Result<Vec<StoredRecord>, CliError> {
    let only = chain.map(chain_name).transpose()?;
    let wanted = |name: &str| only.as_ref().is_none_or(|o| o.as_str() == name);
    if let Some(dir) = export {
        return Ok(Folder(dir.to_owned()).records()?.into_iter().filter(|r| wanted(r.chain.as_str())).collect());
    }
    let endpoint = context.endpoint()?;
    let mut found = Vec::new();
    for name in heads(&endpoint)?.into_keys().filter(|name| wanted(name)) {
        let chain = chain_name(&name)?;
        let mut last = 0;
        each_record(&endpoint, &name, |row| {
            let record = stored(&chain, last, row)?;
            last = record.seq;
            found.push(record);
            Ok(())
        })?;
    }
    Ok(found)
}

fn query(given: &Conditions, now: EpochMs) -> Result<Query, CliError> {
    let person = |text: &str| {
        PersonId::parse(text).map_err(|error| CliError::Argument {
            what: Text::new(error.to_string(), format!("`{}` 不是人员名", domain::text::defang(text, 64))),
        })
    };
    let kind = |text: &str| {
        EventKind::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let text = domain::text::defang(text, 64);
            CliError::Argument { what: Text::new(format!("`{text}` is no kind of event"), format!("`{text}` 不是事件类型")) }
        })
    };
    let plan = |text: &str| super::plans::plan_id(text).map(|id: PlanId| id.to_string());
    Ok(Query {
        plan: given.plan.as_deref().map(plan).transpose()?,
        incident: given.incident.clone(),
        resource: given.resource.clone(),
        person: given.person.as_deref().map(person).transpose()?,
        kind: given.kind.as_deref().map(kind).transpose()?,
        since: given.since.as_deref().map(|text| instant(text, now)).transpose()?,
        until: given.until.as_deref().map(|text| instant(text, now)).transpose()?,
    })
}

/// `2026-11-27T18:00:00Z`, `2026-11-27` (its beginning in UTC), or so long ago (`12h`, `2d`, `30m`).
fn instant(text: &str, now: EpochMs) -> Result<EpochMs, CliError> {
    let ago = || {
        let (unit, seconds) = [('m', 60_i64), ('h', 3_600), ('d', 86_400)].into_iter().find(|(unit, _)| text.ends_with(*unit))?;
        let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
        Some(now.plus_seconds(count.checked_mul(seconds)?.checked_neg()?))
    };
    let day = || (text.len() == 10).then(|| format!("{text}T00:00:00Z"));
    let stamp = || day().unwrap_or_else(|| text.to_owned()).parse::<jiff::Timestamp>().ok().map(|t| EpochMs(t.as_millisecond()));
    ago().or_else(stamp).ok_or_else(|| {
        let text = domain::text::defang(text, 40);
        CliError::Argument {
            what: Text::new(
                format!("`{text}` is no time (`2026-11-27T18:00:00Z`, `2026-11-27`, `12h`, `2d`)"),
                format!("`{text}` 不是时间（`2026-11-27T18:00:00Z`、`2026-11-27`、`12h`、`2d`）"),
            ),
        }
    })
}

/// `audit ocsf`.
pub(super) fn ocsf(context: &mut Context<'_, '_>, conditions: &Conditions, sensitive: bool) -> Result<Exit, CliError> {
    let query = query(conditions, now())?;
    let mut exit = Exit::Ok;
    for stored in records(context, conditions.chain.as_deref(), conditions.export.as_deref())? {
        match stored.read() {
            Ok(record) if query.meets(&record) => {
                context.screen.raw(&format!("{}\n", audit::ocsf::event(&stored, &record, sensitive)))?;
            }
            Ok(_) => {}
            Err(_) => exit = Exit::AuditFault,
        }
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_stamps_days_or_so_long_ago() {
        let now = EpochMs(1_000_000_000);
        assert_eq!(instant("12h", now).unwrap(), EpochMs(1_000_000_000 - 43_200_000));
        assert_eq!(instant("2026-11-27", now).unwrap().to_rfc3339(), "2026-11-27T00:00:00Z");
        assert_eq!(instant("2026-11-27T18:00:00+08:00", now).unwrap().to_rfc3339(), "2026-11-27T10:00:00Z");
        for bad in ["", "h", "-1h", "yesterday", "9999999999999999999d", "2026-13-01"] {
            assert!(instant(bad, now).is_err(), "{bad}");
        }
    }
}
