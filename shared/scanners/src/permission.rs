//! What the member's read role needs for scans. Entry function: [`read_permissions`].
//!
//! Invariant: derived from [`crate::all`] and nothing else.

use std::collections::BTreeSet;

/// Every action that a scanner may call.
#[must_use]
pub fn read_permissions() -> BTreeSet<&'static str> {
    crate::all().iter().flat_map(|s| s.actions().iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanners_only_read_and_declare_what_their_checks_need() {
        for action in read_permissions() {
            let verb = action.split(':').nth(1).unwrap();
            assert!(["Describe", "Get", "List"].iter().any(|v| verb.starts_with(v)), "{action}");
        }
        for scanner in crate::all() {
            let declared = scanner.actions();
            assert!(declared.is_sorted(), "{}", scanner.service());
            let service = checks::registry::SERVICES.iter().find(|s| s.name == scanner.service()).unwrap();
            for meta in (service.metas)() {
                for need in meta.needs {
                    assert!(declared.contains(need), "{} needs {need}", meta.id);
                }
            }
        }
    }
}
