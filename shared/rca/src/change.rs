//! Changes in time: what was changed shortly before it began.
//!
//! Entry type: [`proximity`]. Invariant: a change after the onset is never a cause; the onset is trusted to two
//! minutes, because periods and clocks are coarse.

use domain::EpochMs;

use crate::evidence::{Change, ChangeKind};
use crate::symptom::Cause;

/// How far the stated onset may be wrong.
const ONSET_SLACK_MS: i64 = 120_000;
/// After this time without consequences a change is half as suspicious.
const HALF_LIFE_MS: f64 = 900_000.0;

/// How near before the onset a change lies: 1 at the onset, ½ a quarter of an hour before, 0 after it.
#[must_use]
pub fn proximity(change: &Change, onset: EpochMs) -> f64 {
    let ahead = onset.0.saturating_sub(change.at.0);
    if ahead < -ONSET_SLACK_MS { 0.0 } else { 0.5_f64.powf(ahead.max(0) as f64 / HALF_LIFE_MS) }
}

/// What a change of this kind is called when it is the cause.
#[must_use]
pub fn cause(kind: ChangeKind) -> Cause {
    match kind {
        ChangeKind::Deployment => Cause::Deployment,
        ChangeKind::Configuration | ChangeKind::Scaling => Cause::Configuration,
    }
}
