//! What came of a change that followed from an incident. Entry function: [`record`].
//!
//! Invariants: only a plan that names its incident and does what its analysis proposed speaks for what was learnt; a plan is one
//! outcome, however often this runs; nothing that goes wrong here changes how the plan ends.

use audit::{Actor, AuditEvent, EventKind};
use domain::{EpochMs, WireError};
use incidents::report::Explained;
use knowledge::{Outcome, PatternError};
use ledger::{Document, Entry, Ledger, LedgerError, StoredPlan};

/// How often a pattern is written again when others write it at the same time.
const ATTEMPTS: usize = 8;

/// Records whether the post-conditions of a plan held in the pattern that it followed from, where it did.
///
/// # Errors
/// What may go better when it is tried again; anything else is only logged.
pub(crate) async fn record(ledger: &Ledger, stored: &StoredPlan, held: bool, now: EpochMs) -> Result<(), WireError> {
    match try_record(ledger, stored, held, now).await.map_err(|e| e.wire()) {
        Err(error) if error.may_retry() => Err(error),
        Err(error) => {
            tracing::error!(plan = stored.plan.id.as_str(), error = error.name, "the outcome is not in what was learnt");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

async fn try_record(ledger: &Ledger, stored: &StoredPlan, held: bool, now: EpochMs) -> Result<(), LedgerError> {
    let plan = &stored.plan;
    let Some(incident) = &plan.incident else { return Ok(()) };
    let Some(text) = ledger.document(incident, Document::Diagnosis).await? else { return Ok(()) };
    let explained: Explained = match serde_json::from_str(&text) {
        Ok(explained) => explained,
        Err(error) => {
            tracing::error!(incident = incident.as_str(), %error, "the analysis cannot be read");
            return Ok(());
        }
    };
    let Some(fingerprint) = explained.pattern.as_ref().filter(|_| explained.is_followed_by(plan)) else { return Ok(()) };
    for _ in 0..ATTEMPTS {
        let Some(pattern) = ledger.pattern(fingerprint).await? else { return Ok(()) };
        let outcome = if held { Outcome::Verified { plan: plan.id.clone() } } else { Outcome::Failed { plan: plan.id.clone() } };
        let (next, set_aside) = match pattern.record(outcome, plan.environment, now) {
            Ok(recorded) => recorded,
            Err(PatternError::Repeated | PatternError::Deleted) => return Ok(()),
            Err(error) => {
                tracing::error!(pattern = %fingerprint, %error, "the outcome cannot be recorded");
                return Ok(());
            }
        };
        let event = AuditEvent::new(EventKind::PatternJudged, Actor::function("verify-outcome"))
            .about(plan, &stored.digest)
            .fact("incident", incident.as_str())
            .fact("pattern", fingerprint.to_string())
            .fact("outcome", if held { "verified" } else { "failed" })
            .fact("set_aside", set_aside);
        if ledger.put_pattern(&next, Some(pattern.revision), &Entry::new(event, now)).await? {
            return Ok(());
        }
    }
    tracing::error!(pattern = %fingerprint, "others wrote the pattern each time; the outcome is not recorded");
    Ok(())
}
