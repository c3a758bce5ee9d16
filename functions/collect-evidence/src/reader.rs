//! Bounded reading. Entry type: [`Reader`].
//!
//! Invariant: no call is made beyond the limits, and what was not read, for whatever reason, is a gap with that reason.

use aws_config::SdkConfig;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::EpochMs;
use incidents::report::Metered;
use rca::evidence::{Evidence, Gap, Source, Window};

/// The most that one incident may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Calls of AWS APIs.
    pub(crate) calls: u32,
    /// Metrics asked for.
    pub(crate) metrics: u32,
}

/// What is read, and how far that may still go.
pub(crate) struct Reader {
    pub(crate) config: SdkConfig,
    pub(crate) evidence: Evidence,
    pub(crate) metered: Metered,
    limits: Limits,
}

impl Reader {
    pub(crate) fn new(config: SdkConfig, limits: Limits, baseline: Window, incident: Window) -> Self {
        let evidence = Evidence { baseline, incident, ..Evidence::default() };
        Self { config, evidence, metered: Metered::default(), limits }
    }

    /// Whether one more call may be made; it is counted, or noted as a gap.
    pub(crate) fn may_call(&mut self, source: Source) -> bool {
        if self.metered.calls < self.limits.calls {
            self.metered.calls += 1;
            return true;
        }
        self.gap(source, None, "the limit of calls for one incident is reached", None);
        false
    }

    /// How many of so many metrics may still be asked for; they are counted.
    pub(crate) fn take_metrics(&mut self, wanted: usize) -> usize {
        let left = self.limits.metrics.saturating_sub(self.metered.metrics);
        let taken = u32::try_from(wanted).unwrap_or(u32::MAX).min(left);
        self.metered.metrics += taken;
        if (taken as usize) < wanted {
            self.gap(Source::Metrics, None, "the limit of metrics for one incident is reached", None);
        }
        taken as usize
    }

    pub(crate) fn gap(&mut self, source: Source, node: Option<&str>, reason: &str, permission: Option<&str>) {
        let gap = Gap {
            source,
            node: node.map(str::to_owned),
            reason: domain::text::defang(reason, 200),
            permission: permission.map(str::to_owned),
        };
        if !self.evidence.gaps.contains(&gap) {
            self.evidence.gaps.push(gap);
        }
    }

    /// A failed call as a gap: with the permission that would settle it, where that is why.
    pub(crate) fn failed<E: ProvideErrorMetadata>(&mut self, source: Source, node: Option<&str>, permission: &str, error: &E) {
        let code = error.code().unwrap_or("no answer").to_owned();
        let is_denied =
            ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"].contains(&code.as_str());
        self.gap(source, node, &code, is_denied.then_some(permission));
    }

    /// The time that is read: from the beginning of the baseline to the end of the incident.
    pub(crate) fn span(&self) -> (EpochMs, EpochMs) {
        (self.evidence.baseline.from, self.evidence.incident.to)
    }
}

/// An instant as the SDKs want it.
pub(crate) fn instant(at: EpochMs) -> aws_smithy_types::DateTime {
    aws_smithy_types::DateTime::from_millis(at.0)
}

#[cfg(test)]
pub(crate) mod tests {
    use testkit::Replay;

    use super::*;

    pub(crate) fn reader(replay: &Replay, calls: u32, metrics: u32) -> Reader {
        let at = |minute: i64| EpochMs(1_795_000_020_000 + minute * 60_000);
        let (baseline, incident) = (Window { from: at(0), to: at(50) }, Window { from: at(50), to: at(60) });
        Reader::new(replay.sdk_config("us-east-1"), Limits { calls, metrics }, baseline, incident)
    }

    #[test]
    fn what_is_beyond_a_limit_is_a_gap_and_no_call() {
        let mut reader = reader(&Replay::new(|_| None), 1, 3);
        assert!(reader.may_call(Source::Logs) && !reader.may_call(Source::Logs));
        assert_eq!((reader.take_metrics(2), reader.take_metrics(2), reader.take_metrics(1)), (2, 1, 0));
        assert_eq!((reader.metered.calls, reader.metered.metrics, reader.evidence.gaps.len()), (1, 3, 2));
    }
}
