//! Everything there is to read about one incident. Entry type: [`Handler`].
//!
//! Invariants: it only reads; a member that does not let the fleet in is a gap of everything and not an empty answer; what
//! is kept fits into one item.

use accounts::{AccessError, MemberAccess, Tags};
use audit::{Actor, AuditEvent, EventKind};
use domain::{EpochMs, Text, WireError, wire::InvestigateInput};
use incidents::{Incident, Resource, report::Collected};
use ledger::{Document, Entry, Ledger};
use rca::evidence::{Evidence, Gap, Source, Target, Window};

use crate::{
    alarm::{self, Watched},
    changes::changes,
    logs::logs,
    metrics::metrics,
    reader::{Limits, Reader},
    topology::neighbours,
};

/// How long before the onset is called normal.
const BASELINE_SECONDS: i64 = 3 * 3600;
/// How long after the onset is read at most.
const INCIDENT_SECONDS: i64 = 1800;
/// The most text of one item, with room for its keys.
const MAX_BYTES: usize = 360 * 1024;
/// Room for gaps that tell of series that were left out.
const GAP_BYTES: usize = 16 * 1024;
/// Most resources whose logs are read.
const MAX_LOGGED: usize = 3;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
    pub(crate) access: MemberAccess,
    pub(crate) limits: Limits,
}

impl Handler {
    pub(crate) async fn handle(&self, input: InvestigateInput, now: EpochMs) -> Result<InvestigateInput, WireError> {
        let id = &input.incident_id;
        let stored = self.ledger.incident(id).await.map_err(|e| e.wire())?.ok_or_else(|| {
            WireError::new("Incidents.NotFound", Text::new(format!("There is no incident `{id}`."), format!("没有事件 `{id}`。")))
        })?;
        let collected = self.collect(&stored.incident, now).await?;
        let text = fitted(collected.clone())?;
        let mut event = AuditEvent::new(EventKind::EvidenceCollected, Actor::function("collect-evidence"))
            .fact("incident", id.as_str())
            .fact("calls", i64::from(collected.metered.calls))
            .fact("metrics", i64::from(collected.metered.metrics))
            .fact("series", i64::try_from(collected.evidence.series.len()).unwrap_or(i64::MAX))
            .fact("changes", i64::try_from(collected.changes.len()).unwrap_or(i64::MAX))
            .fact("gaps", i64::try_from(collected.evidence.gaps.len()).unwrap_or(i64::MAX));
        if let Some(account) = &stored.incident.account {
            event = event.in_account(account.clone());
        }
        self.ledger.put_document(id, Document::Evidence, &text, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        Ok(input)
    }

    async fn collect(&self, incident: &Incident, now: EpochMs) -> Result<Collected, WireError> {
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let account = accounts.iter().find(|a| Some(&a.id) == incident.account.as_ref());
        let Some(account) = account else { return Ok(nothing("the account is not registered", None)) };
        let region = incident.region.as_ref().or_else(|| account.regions.first());
        let Some(region) = region else { return Ok(nothing("the region is not known", None)) };
        let tags = Tags { plan: None, people: format!("incident {}", incident.id) };
        let config = match self.access.read(account, region, &tags).await {
            Ok(config) => config,
            Err(error @ AccessError::Unavailable { .. }) => return Err(error.wire()),
            Err(error) => return Ok(nothing(&error.wire().text.en, Some("sts:AssumeRole"))),
        };
        let mut reader = Reader::new(config, self.limits, Window::default(), Window::default());
        let watched = alarm::watched(&mut reader, incident).await;
        let (baseline, during) = windows(incident, watched.first(), now);
        (reader.evidence.baseline, reader.evidence.incident) = (baseline, during);
        let mut resources: Vec<Resource> = Vec::new();
        for one in watched.iter().map(|w| &w.resource) {
            if !resources.contains(one) {
                resources.push(one.clone());
            }
        }
        if let Some(first) = watched.first() {
            reader.evidence.target = first.metric.map(|metric| Target { node: first.resource.node(), metric });
            for neighbour in neighbours(&mut reader, &first.resource).await {
                if !resources.contains(&neighbour) {
                    resources.push(neighbour);
                }
            }
        } else {
            reader.gap(Source::Metrics, None, "no resource whose metrics are known is named by the signals", None);
        }
        metrics(&mut reader, &resources).await;
        for resource in resources.iter().take(MAX_LOGGED) {
            logs(&mut reader, resource).await;
        }
        let changes = changes(&mut reader, &resources).await;
        reader.gap(Source::Findings, None, "findings and AWS Health are not read in this version", None);
        Ok(Collected { evidence: reader.evidence, changes, metered: reader.metered })
    }
}

/// Nothing could be read: every source is a gap.
fn nothing(reason: &str, permission: Option<&str>) -> Collected {
    let gap = |source| Gap { source, node: None, reason: domain::text::defang(reason, 200), permission: permission.map(str::to_owned) };
    let gaps = [Source::Metrics, Source::Logs, Source::Changes, Source::Topology].map(gap).to_vec();
    Collected { evidence: Evidence { gaps, ..Evidence::default() }, ..Collected::default() }
}

/// What is called normal, and the incident: an alarm speaks up only after the breach has lasted.
fn windows(incident: &Incident, watched: Option<&Watched>, now: EpochMs) -> (Window, Window) {
    let minute = |at: EpochMs| EpochMs(at.0.div_euclid(60_000) * 60_000);
    let delay = watched.map_or(0, |w| w.delay_seconds);
    let onset = minute(incident.first_signal_at.plus_seconds(-delay));
    let end = minute(now.min(onset.plus_seconds(INCIDENT_SECONDS + delay)).plus_seconds(60));
    let end = end.max(onset.plus_seconds(60));
    (Window { from: onset.plus_seconds(-BASELINE_SECONDS), to: onset }, Window { from: onset, to: end })
}

/// The evidence as text that fits into an item: the series of the farthest resources are left out first.
fn fitted(mut collected: Collected) -> Result<String, WireError> {
    let unwritable = |e: serde_json::Error| WireError::new("Shell.Internal", Text::new(e.to_string(), e.to_string()));
    let series = std::mem::take(&mut collected.evidence.series);
    let mut room = MAX_BYTES.saturating_sub(serde_json::to_string(&collected).map_err(unwritable)?.len());
    let mut is_full = false;
    for one in series {
        // What is left out is said in a gap, which takes some room itself.
        let needed = serde_json::to_string(&one).map_err(unwritable)?.len() + 1;
        is_full |= needed + GAP_BYTES > room;
        if is_full {
            let gap =
                Gap { source: Source::Metrics, node: Some(one.node), reason: "left out: too much to keep".to_owned(), permission: None };
            if !collected.evidence.gaps.contains(&gap) {
                collected.evidence.gaps.push(gap);
            }
        } else {
            room -= needed;
            collected.evidence.series.push(one);
        }
    }
    let text = serde_json::to_string(&collected).map_err(unwritable)?;
    if text.len() <= MAX_BYTES {
        return Ok(text);
    }
    collected.evidence.logs.clear();
    collected.changes.truncate(10);
    collected.evidence.changes.truncate(10);
    collected.evidence.gaps.truncate(20);
    serde_json::to_string(&collected).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use incidents::{Service, SeverityLevel, Status};
    use rca::evidence::{Metric, Point, Series, Statistic};

    use super::*;

    fn incident(at: EpochMs) -> Incident {
        Incident {
            id: domain::ids::IncidentId::generate(at, 1),
            fingerprint: "f".into(),
            account: None,
            region: None,
            severity: SeverityLevel::S2,
            status: Status::Open,
            family: signals::Family::Alarm,
            title: "t".into(),
            resources: Vec::new(),
            subjects: Default::default(),
            opened_at: at,
            first_signal_at: at,
            last_signal_at: at,
            cleared_at: None,
            signals: 1,
            flaps: 0,
        }
    }

    #[test]
    fn the_onset_lies_before_the_alarm_by_what_the_alarm_waits_for() {
        let at = EpochMs(1_795_000_020_000);
        let watched = Watched { resource: Resource::new(Service::Lambda, "orders"), metric: None, delay_seconds: 180 };
        let (baseline, during) = windows(&incident(at), Some(&watched), at.plus_seconds(30));
        assert_eq!(during.from, at.plus_seconds(-180));
        assert_eq!((baseline.to, baseline.from), (during.from, during.from.plus_seconds(-BASELINE_SECONDS)));
        assert!(during.to > at && during.to <= at.plus_seconds(120));
        // However late it is read.
        let (_, late) = windows(&incident(at), None, at.plus_seconds(86_400));
        assert!(late.to <= late.from.plus_seconds(INCIDENT_SECONDS + 60));
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_far_end_and_said() {
        let points = (0..2_000).map(|n| Point { at: EpochMs(n), value: 1.5 }).collect::<Vec<_>>();
        let series =
            |n: usize| Series { node: format!("lambda:f{n}"), metric: Metric::Requests, statistic: Statistic::Sum, points: points.clone() };
        let collected =
            Collected { evidence: Evidence { series: (0..30).map(series).collect(), ..Evidence::default() }, ..Collected::default() };
        let text = fitted(collected).unwrap();
        assert!(text.len() <= MAX_BYTES);
        let kept: Collected = serde_json::from_str(&text).unwrap();
        assert_eq!(kept.evidence.series[0].node, "lambda:f0");
        assert_eq!(kept.evidence.series.len() + kept.evidence.gaps.len(), 30);
    }

    #[test]
    fn a_member_that_lets_nobody_in_is_a_gap_of_everything() {
        let collected = nothing("denied", Some("sts:AssumeRole"));
        assert_eq!(collected.evidence.gaps.len(), 4);
        assert!(rca::diagnose(&collected.evidence).undetermined.is_some());
    }
}
