//! From evidence to an explanation. Entry type: [`Handler`].
//!
//! Invariants: the analysis is the pure crate's and sees the evidence alone; a remedy is words that a person may send,
//! and nothing is planned by having it; what was learnt before stands beside the answer and changes nothing of it.

use audit::{Actor, AuditEvent, EventKind};
use domain::{
    Digest, Environment, EpochMs, Text, WireError,
    wire::{InvestigateInput, Investigated, Notification},
};
use incidents::{
    Incident, Status,
    lesson::{lesson, recalled},
    report,
    report::{Collected, Explained},
};
use knowledge::{Pattern, Reported};
use ledger::{Document, Entry, Ledger};

/// How often a pattern is written again when others write it at the same time.
const ATTEMPTS: usize = 8;

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
}

impl Handler {
    pub(crate) async fn handle(&self, input: InvestigateInput, now: EpochMs) -> Result<Investigated, WireError> {
        let id = &input.incident_id;
        let missing = || {
            WireError::new(
                "Incidents.NotFound",
                Text::new(format!("There is no evidence of incident `{id}`."), format!("没有事件 `{id}` 的证据。")),
            )
        };
        let incident = self.ledger.incident(id).await.map_err(|e| e.wire())?.ok_or_else(missing)?.incident;
        let text = self.ledger.document(id, Document::Evidence).await.map_err(|e| e.wire())?.ok_or_else(missing)?;
        let collected: Collected = serde_json::from_str(&text).map_err(|e| unreadable(&e))?;
        // An explanation of another release, that cannot be read, is none.
        let earlier = self.ledger.document(id, Document::Diagnosis).await.map_err(|e| e.wire())?;
        let earlier: Option<Explained> = earlier.and_then(|text| serde_json::from_str(&text).ok());
        let mut explained = report::explain(&collected).after(earlier.as_ref(), &incident);
        // What was learnt counts where it was learnt: without a known account there is nothing to compare with.
        if let Some(environment) = self.environment(&incident).await? {
            let patterns = self.ledger.patterns().await.map_err(|e| e.wire())?;
            explained.recalled = recalled(patterns, id, &collected, environment, now);
            if let Some(reported) = lesson(id, &collected, &explained) {
                explained.pattern = self.learn(&incident, reported, now).await?;
            }
        }
        let kept = serde_json::to_string(&explained).map_err(|e| unreadable(&e))?;
        self.ledger.put_document(id, Document::Diagnosis, &kept, &entry(&incident, &explained, now)).await.map_err(|e| e.wire())?;
        Ok(Investigated { incident_id: input.incident_id, look_again_in: explained.look_again_in })
    }

    async fn environment(&self, incident: &Incident) -> Result<Option<Environment>, WireError> {
        let Some(id) = &incident.account else { return Ok(None) };
        Ok(self.ledger.account_by_id(id).await.map_err(|e| e.wire())?.map(|account| account.environment))
    }

    /// Keeps what the incident teaches, or counts that it was seen again. Nothing is believed the more for it.
    async fn learn(&self, incident: &Incident, reported: Reported, now: EpochMs) -> Result<Option<Digest>, WireError> {
        let own = reported.provenance.clone();
        let learnt = match Pattern::learn(reported, now) {
            Ok(learnt) => learnt,
            Err(error) => {
                tracing::warn!(incident = incident.id.as_str(), %error, "the incident teaches nothing");
                return Ok(None);
            }
        };
        for _ in 0..ATTEMPTS {
            let (next, before) = match self.ledger.pattern(&learnt.fingerprint).await.map_err(|e| e.wire())? {
                None => (learnt.clone(), None),
                // The same event a second time: it is counted already.
                Some(known) if known.provenance == own => return Ok(Some(known.fingerprint)),
                Some(known) => (known.seen_again(), Some(known.revision)),
            };
            let mut event = AuditEvent::new(EventKind::PatternLearnt, Actor::function("analyze-root-cause"))
                .fact("incident", incident.id.as_str())
                .fact("pattern", next.fingerprint.to_string())
                .fact("sightings", i64::try_from(next.sightings).unwrap_or(i64::MAX));
            if let Some(account) = &incident.account {
                event = event.in_account(account.clone());
            }
            if self.ledger.put_pattern(&next, before, &Entry::new(event, now)).await.map_err(|e| e.wire())? {
                return Ok(Some(next.fingerprint));
            }
        }
        tracing::warn!(incident = incident.id.as_str(), "others wrote the pattern each time; this sighting is not counted");
        Ok(Some(learnt.fingerprint))
    }
}

fn unreadable(error: &serde_json::Error) -> WireError {
    WireError::new(
        "Incidents.Malformed",
        Text::new(format!("The evidence cannot be read or written: {error}"), format!("无法读取或写入证据：{error}")),
    )
}

fn entry(incident: &Incident, explained: &Explained, now: EpochMs) -> Entry {
    let answer = explained.diagnosis.answer();
    let mut event = AuditEvent::new(EventKind::IncidentDiagnosed, Actor::function("analyze-root-cause"))
        .fact("incident", incident.id.as_str())
        .fact("determined", answer.is_some())
        .fact("look", i64::from(explained.looks))
        .fact("node", answer.map(|h| h.node.clone()))
        .fact("confidence_permille", answer.map(|h| i64::from(h.confidence_permille)))
        .fact("remedy", explained.remedy.as_ref().map(|r| r.operation.clone()));
    if let Some(account) = &incident.account {
        event = event.in_account(account.clone());
    }
    let entry = Entry::new(event, now);
    // Whoever is not called for an incident is not called for its explanation, and nobody for one that is not the last word.
    if matches!(incident.status, Status::Suppressed | Status::Flapping) || explained.look_again_in > 0 {
        return entry;
    }
    let number = incident.severity.number();
    let title = domain::text::defang(&incident.title, 60);
    let text = explained.text(incident);
    entry.notify(Notification {
        occasion: "incident.explained".to_owned(),
        plan_id: None,
        digest: None,
        recipients: Vec::new(),
        subject: Text::new(format!("Incident explained: S{number} {title}"), format!("事件分析：S{number} {title}")),
        body: text,
        with_link: false,
    })
}
