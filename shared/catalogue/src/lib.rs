//! Every change the fleet may make, as data: id, risk, parameters, undo and the words people use for it.
//!
//! Entry types: [`Entry`], [`all`], [`find`], [`check_params`].
//!
//! Invariant: one list. An operation that is not in it cannot be asked for, planned or executed; one that is
//! listed without effects says so (`built: false`). One file a service; a new entry is one more item there.
//!
//! ```
//! use domain::{OperationId, Params};
//! let id = OperationId::parse("ec2.stop_instances").unwrap();
//! let spec = catalogue::find(&id).unwrap();
//! assert!(spec.built);
//! assert!(catalogue::check_params(spec, &Params::new()).is_ok());
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod autoscaling;
mod cloudformation;
mod dynamodb;
mod ec2;
mod ecs;
mod eks;
mod elb;
mod iam;
mod kms;
mod lambda;
mod logs;
mod param;
mod rds;
pub mod resource;
mod route53;
mod s3;
mod secretsmanager;
mod sqs;
mod stepfunctions;
pub mod words;

use domain::{OperationId, OperationSpec};

pub use param::{ParamFault, check_params, is_cidr};
pub use resource::{Resource, ResourceWords};
pub use words::Words;

/// One way to ask for an operation: a verb, and what it is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Verbs that ask for it: synonym groups, one word of any group suffices.
    pub verbs: &'static [Words],
    /// The property, rule or thing it is about, besides the resource itself; empty where the resource is the object.
    pub objects: Words,
    /// Verbs that, said of the same objects, ask for the opposite, which is not in the catalogue.
    pub opposites: &'static [Words],
}

/// How people speak of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationWords {
    /// What a target is.
    pub resource: Resource,
    /// Ways to ask for it.
    pub forms: &'static [Form],
    /// Words without which the request is not this operation ("unattached"); empty where there are none.
    pub needs: Words,
}

/// One line of the catalogue with its words and the rules between its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The operation as data.
    pub spec: OperationSpec,
    /// How people speak of it.
    pub words: OperationWords,
    /// At least one of these parameters must be given; empty where that rule does not exist.
    pub one_of: &'static [&'static str],
    /// Whole-number parameters that, where given, may not fall in this order.
    pub ascending: &'static [&'static str],
}

/// The services, in the order of the catalogue.
const SERVICES: &[&[Entry]] = &[
    ec2::ENTRIES,
    s3::ENTRIES,
    iam::ENTRIES,
    rds::ENTRIES,
    lambda::ENTRIES,
    autoscaling::ENTRIES,
    ecs::ENTRIES,
    eks::ENTRIES,
    elb::ENTRIES,
    dynamodb::ENTRIES,
    secretsmanager::ENTRIES,
    kms::ENTRIES,
    logs::ENTRIES,
    sqs::ENTRIES,
    route53::ENTRIES,
    cloudformation::ENTRIES,
    stepfunctions::ENTRIES,
];

/// Every entry, in catalogue order.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    SERVICES.iter().flat_map(|service| service.iter())
}

/// Every operation, in catalogue order.
pub fn all() -> impl Iterator<Item = &'static OperationSpec> {
    entries().map(|entry| &entry.spec)
}

/// The operation with this id.
#[must_use]
pub fn find(id: &OperationId) -> Option<&'static OperationSpec> {
    entry(id.as_str()).map(|entry| &entry.spec)
}

/// The entry with this id, words included.
#[must_use]
pub fn entry(id: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.spec.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{Risk, UndoSpec};

    use super::*;

    const BUILT: [&str; 9] = [
        "ec2.start_instances",
        "ec2.stop_instances",
        "ec2.reboot_instances",
        "ec2.revoke_ingress",
        "s3.block_public_access",
        "rds.reboot_instance",
        "lambda.rollback_alias",
        "lambda.set_concurrency",
        "autoscaling.set_capacity",
    ];

    #[test]
    fn ids_are_well_formed_and_unique() {
        let mut seen = BTreeSet::new();
        for spec in all() {
            assert!(OperationId::parse(spec.id).is_ok(), "{}", spec.id);
            assert!(seen.insert(spec.id), "{} twice", spec.id);
        }
        assert_eq!(seen.len(), 46);
    }

    #[test]
    fn exactly_the_operations_with_effects_are_marked_built() {
        let built: BTreeSet<_> = all().filter(|s| s.built).map(|s| s.id).collect();
        assert_eq!(built, BUILT.into_iter().collect());
    }

    #[test]
    fn every_entry_speaks_both_languages() {
        let chinese = |s: &str| s.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
        for entry in entries() {
            let spec = &entry.spec;
            let mut pairs = vec![spec.summary, spec.target];
            pairs.extend(spec.params.iter().map(|p| p.meaning));
            if let UndoSpec::None(en, zh) = spec.undo {
                pairs.push((en, zh));
            }
            for (en, zh) in pairs {
                assert!(!en.is_empty() && !chinese(en), "{}: {en}", spec.id);
                assert!(chinese(zh) || zh.is_ascii() && zh.len() <= 12, "{}: {zh}", spec.id);
            }
            assert!(entry.words.forms.iter().any(|form| !form.verbs.is_empty()), "{} has no verb", spec.id);
        }
    }

    #[test]
    fn no_verb_asks_for_an_operation_and_for_its_opposite() {
        for entry in entries() {
            for form in entry.words.forms {
                let verbs: BTreeSet<_> = form.verbs.iter().flat_map(|group| words::split(group)).collect();
                let opposites: BTreeSet<_> = form.opposites.iter().flat_map(|group| words::split(group)).collect();
                let both: Vec<_> = verbs.intersection(&opposites).collect();
                assert!(both.is_empty(), "{}: {both:?}", entry.spec.id);
            }
        }
    }

    #[test]
    fn rules_between_parameters_name_parameters_of_the_entry() {
        for entry in entries() {
            for name in entry.one_of.iter().chain(entry.ascending) {
                assert!(entry.spec.params.iter().any(|p| p.name == *name), "{}: {name}", entry.spec.id);
            }
        }
    }

    #[test]
    fn what_cannot_be_taken_back_is_never_the_lowest_risk() {
        for spec in all() {
            if matches!(spec.undo, UndoSpec::None(..)) {
                assert!(spec.risk > Risk::R1 || spec.id.starts_with("kms."), "{}", spec.id);
            }
        }
    }
}
