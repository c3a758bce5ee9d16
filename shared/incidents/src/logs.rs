//! Log templates that are new or surging, and what they are about.
//!
//! Entry: [`surges`]. Invariant: a template is judged by its counts before and during; its words, which anybody may have
//! written, only say which kind of trouble they speak of.

use std::collections::BTreeMap;

use domain::Digest;
use domain::text::defang;
use rca::evidence::{LogSurge, LogTopic};

/// Fewer lines are no surge.
pub const LEAST_LINES: u64 = 3;
/// Standard deviations (of a Poisson count) from which on a template surges.
const CLEAR_Z: f64 = 3.0;
/// Most templates of one node.
pub const MAX_SURGES: usize = 20;

/// Counts of one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Lines before.
    pub before: u64,
    /// Lines during.
    pub during: u64,
}

/// What a template speaks of.
#[must_use]
pub fn topic(template: &str) -> LogTopic {
    let text = template.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
    if says(&["certificate", "x509", "tls handshake"]) && says(&["expired", "not valid", "invalid", "verify"]) {
        LogTopic::Certificate
    } else if says(&["throttl", "rate exceeded", "too many requests", "provisionedthroughputexceeded", "slow down"]) {
        LogTopic::Throttling
    } else if says(&["no space left", "disk full", "enospc", "storage full"]) {
        LogTopic::Disk
    } else if says(&["out of memory", "outofmemory", "oom-kill", "cannot allocate memory", "heap space", "signal: killed"]) {
        LogTopic::Memory
    } else if says(&[
        "connect timeout",
        "timed out",
        "timeout",
        "connection refused",
        "econnrefused",
        "econnreset",
        "connection reset",
        "no route to host",
        "enotfound",
        "name or service not known",
        "unreachable",
    ]) {
        LogTopic::Network
    } else {
        LogTopic::Other
    }
}

/// The templates of a node that are new or surge, the clearest first. `ratio` is the length of the time during over the
/// length before.
#[must_use]
pub fn surges(node: &str, counts: &BTreeMap<String, Count>, ratio: f64) -> Vec<LogSurge> {
    let mut found: Vec<(f64, LogSurge)> = Vec::new();
    for (template, count) in counts {
        let expected = (count.before as f64 * ratio.max(0.0)).round();
        let z = (count.during as f64 - expected) / (expected + 1.0).sqrt();
        if count.during >= LEAST_LINES && z >= CLEAR_Z.min(count.during as f64) {
            let id = Digest::of_bytes(format!("{node}\u{1F}{template}").as_bytes()).as_str().chars().take(16).collect();
            // A count of lines is far below 2^52.
            let expected = expected as u64;
            let surge = LogSurge {
                id,
                node: node.to_owned(),
                template: defang(template, 300),
                topic: topic(template),
                expected,
                observed: count.during,
            };
            found.push((z, surge));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    found.into_iter().take(MAX_SURGES).map(|(_, surge)| surge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_and_surging_templates_are_found_and_steady_ones_are_not() {
        let counts = BTreeMap::from([
            ("request <*> done".to_owned(), Count { before: 600, during: 65 }),
            ("connect timeout to <*>".to_owned(), Count { before: 2, during: 40 }),
            ("boom".to_owned(), Count { before: 0, during: 9 }),
            ("once".to_owned(), Count { before: 0, during: 1 }),
        ]);
        let found = surges("lambda:orders", &counts, 0.1);
        let names: Vec<(&str, LogTopic)> = found.iter().map(|s| (s.template.as_str(), s.topic)).collect();
        assert_eq!(names, [("connect timeout to <*>", LogTopic::Network), ("boom", LogTopic::Other)]);
    }

    #[test]
    fn words_tell_the_topic() {
        for (text, expected) in [
            ("x509: certificate has expired", LogTopic::Certificate),
            ("ThrottlingException: Rate exceeded", LogTopic::Throttling),
            ("write /data: no space left on device", LogTopic::Disk),
            ("java.lang.OutOfMemoryError", LogTopic::Memory),
            ("Task timed out after <*> seconds", LogTopic::Network),
            ("hello", LogTopic::Other),
        ] {
            assert_eq!(topic(text), expected, "{text}");
        }
    }

    #[test]
    fn a_flood_of_templates_is_bounded() {
        let counts = (0..500).map(|n| (format!("t{n}\u{202E}"), Count { before: 0, during: 10 })).collect();
        let found = surges("n", &counts, 1.0);
        assert_eq!(found.len(), MAX_SURGES);
        assert!(found.iter().all(|s| !s.template.contains('\u{202E}')));
    }
}
