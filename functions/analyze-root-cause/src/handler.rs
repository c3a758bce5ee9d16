//! From evidence to an explanation. Entry type: [`Handler`].
//!
//! Invariants: the analysis is the pure crate's and sees the evidence alone; a remedy is words that a person may send,
//! and nothing is planned by having it.

use audit::{Actor, AuditEvent, EventKind};
use domain::{
    EpochMs, Text, WireError,
    wire::{InvestigateInput, Notification},
};
use incidents::{Incident, Status, report, report::Explained};
use ledger::{Document, Entry, Ledger};

pub(crate) struct Handler {
    pub(crate) ledger: Ledger,
}

impl Handler {
    pub(crate) async fn handle(&self, input: InvestigateInput, now: EpochMs) -> Result<InvestigateInput, WireError> {
        let id = &input.incident_id;
        let missing = || {
            WireError::new(
                "Incidents.NotFound",
                Text::new(format!("There is no evidence of incident `{id}`."), format!("没有事件 `{id}` 的证据。")),
            )
        };
        let incident = self.ledger.incident(id).await.map_err(|e| e.wire())?.ok_or_else(missing)?.incident;
        let text = self.ledger.document(id, Document::Evidence).await.map_err(|e| e.wire())?.ok_or_else(missing)?;
        let collected = serde_json::from_str(&text).map_err(|e| unreadable(&e))?;
        let explained = report::explain(&collected);
        let kept = serde_json::to_string(&explained).map_err(|e| unreadable(&e))?;
        self.ledger.put_document(id, Document::Diagnosis, &kept, &entry(&incident, &explained, now)).await.map_err(|e| e.wire())?;
        Ok(input)
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
        .fact("node", answer.map(|h| h.node.clone()))
        .fact("confidence_permille", answer.map(|h| i64::from(h.confidence_permille)))
        .fact("remedy", explained.remedy.as_ref().map(|r| r.operation.clone()));
    if let Some(account) = &incident.account {
        event = event.in_account(account.clone());
    }
    let entry = Entry::new(event, now);
    // Whoever is not called for an incident is not called for its explanation.
    if matches!(incident.status, Status::Suppressed | Status::Flapping) {
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
