//! Records as events of the Open Cybersecurity Schema Framework, version 1.6.0. Entry function: [`event`].
//!
//! Four classes: calls into an account are API activity (6003), verdicts and verifications compliance findings (2003),
//! sign-ins authentication (3002), everything that changes a plan, a stop, an account or the rules is entity management
//! (3004). Invariant: every kind has a class; the event names the record (chain, number, hash), so that whoever
//! doubts it goes back to the log. Tests hold every kind against the schema that the PyPI package `ocsf-json-schema`
//! ships.

use serde_json::{Map, Value, json};

use crate::{
    event::{Actor, AuditEvent, DataClass, EventKind},
    record::{AuditRecord, StoredRecord},
};

/// The version of the schema.
pub const OCSF_VERSION: &str = "1.6.0";

/// A class with what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// 6003.
    Api(Activity),
    /// 2003, and whether the control held; `None` where it is not known.
    Finding(Option<bool>),
    /// 3002, and whether it succeeded.
    SignIn(bool),
    /// 3004.
    Change(Activity),
}

/// What was done; the numbers are the same in both classes that use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    Create,
    Read,
    Update,
    Delete,
    Other,
}

impl Activity {
    fn id(self) -> u32 {
        match self {
            Self::Create => 1,
            Self::Read => 2,
            Self::Update => 3,
            Self::Delete => 4,
            Self::Other => 99,
        }
    }
}

fn class_of(kind: EventKind) -> Class {
    use EventKind as K;
    match kind {
        K::EffectIntended | K::EffectDone | K::EffectUnknown | K::EffectFailed => Class::Api(Activity::Update),
        K::EffectObserved | K::EvidenceCollected => Class::Api(Activity::Read),
        K::ModelCalled => Class::Api(Activity::Other),
        K::Verdict | K::Approved | K::Verified | K::Undone => Class::Finding(Some(true)),
        K::RequestRefused
        | K::Denied
        | K::ApprovalRefused
        | K::Drifted
        | K::Killed
        | K::VerificationFailed
        | K::UndoFailed
        | K::SignalRefused
        | K::TamperingSeen => Class::Finding(Some(false)),
        K::Unknown => Class::Finding(None),
        K::SignedIn | K::FactorAccepted => Class::SignIn(true),
        K::SignInRefused | K::FactorRefused => Class::SignIn(false),
        K::RequestReceived
        | K::PlanProposed
        | K::PlanPreviewed
        | K::ApprovalRequested
        | K::StopSet
        | K::RulesProposed
        | K::FactorEnrolled
        | K::UndoRequested
        | K::ConsoleCodeIssued
        | K::LinkIssued
        | K::NotificationSent
        | K::IncidentOpened
        | K::PatternLearnt => Class::Change(Activity::Create),
        K::ApprovalRecorded
        | K::Rejected
        | K::LeaseTaken
        | K::Executed
        | K::Failed
        | K::UndoStarted
        | K::StopReleaseRequested
        | K::RulesChanged
        | K::FactorActivated
        | K::TypedBack
        | K::AccountsRegistered
        | K::TokenRedeemed
        | K::Resumed
        | K::IncidentChanged
        | K::IncidentDiagnosed
        | K::PatternJudged => Class::Change(Activity::Update),
        K::Withdrawn | K::Expired | K::StopReleased | K::AccountRetired | K::FactorReset => Class::Change(Activity::Delete),
    }
}

/// 1 informational, 3 medium, 4 high, 5 critical.
fn severity(kind: EventKind) -> u32 {
    use EventKind as K;
    match kind {
        K::TamperingSeen => 5,
        K::EffectUnknown | K::Unknown | K::UndoFailed | K::SignInRefused | K::FactorRefused => 4,
        K::Denied | K::ApprovalRefused | K::Drifted | K::Killed | K::Failed | K::EffectFailed | K::VerificationFailed | K::StopSet => 3,
        _ => 1,
    }
}

fn status(kind: EventKind) -> u32 {
    use EventKind as K;
    match kind {
        K::EffectIntended | K::EffectUnknown | K::Unknown => 0,
        K::EffectFailed | K::Failed | K::Rejected | K::Expired => 2,
        _ => 1,
    }
}

/// The event of a record.
///
/// Content of records that hold people's words or values out of resources is left out unless `sensitive` is asked for.
#[must_use]
pub fn event(stored: &StoredRecord, record: &AuditRecord, sensitive: bool) -> Value {
    let what = &record.event;
    let kind = what.kind;
    let class = class_of(kind);
    let open = sensitive || what.data_class == DataClass::Internal;
    let (class_uid, category_uid, activity) = match class {
        Class::Api(activity) => (6003, 6, activity.id()),
        Class::Finding(_) => (2003, 2, 1),
        Class::SignIn(_) => (3002, 3, 1),
        Class::Change(activity) => (3004, 3, activity.id()),
    };
    let mut out = json!({
        "class_uid": class_uid,
        "category_uid": category_uid,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "time": record.at.0,
        "severity_id": severity(kind),
        "message": kind.as_str(),
        "metadata": {
            "version": OCSF_VERSION,
            "profiles": ["cloud"],
            "product": {"name": "AgenticAIOps", "vendor_name": "AgenticAIOps"},
            "event_code": kind.as_str(),
            "log_name": record.chain.as_str(),
            "sequence": record.seq,
            "uid": stored.hash.as_str(),
        },
        "cloud": cloud(what),
        "raw_data_hash": {"algorithm_id": 3, "value": stored.hash.as_str()},
        "unmapped": unmapped(what, open),
    });
    let Some(map) = out.as_object_mut() else { return out };
    if activity == 99 {
        map.insert("activity_name".into(), kind.as_str().into());
    }
    if open {
        map.insert("raw_data".into(), stored.record.as_str().into());
    }
    if let Some(plan) = &what.plan
        && let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("correlation_uid".into(), plan.as_str().into());
    }
    fill(map, class, stored, what);
    out
}

fn fill(map: &mut Map<String, Value>, class: Class, stored: &StoredRecord, what: &AuditEvent) {
    let mut put = |name: &str, value: Value| {
        map.insert(name.to_owned(), value);
    };
    match class {
        Class::Api(_) => {
            put("status_id", status(what.kind).into());
            put("actor", actor(&what.actor));
            put("src_endpoint", json!({"svc_name": source(&what.actor)}));
            let mut api = json!({"operation": fact(what, "operation").unwrap_or_else(|| what.kind.as_str().to_owned())});
            if let (Some(id), Some(api)) = (what.request_ids.first(), api.as_object_mut()) {
                api.insert("request".into(), json!({"uid": id}));
            }
            put("api", api);
            put("resources", resources(what));
        }
        Class::Finding(held) => {
            let status = match held {
                Some(true) => 1,
                Some(false) => 3,
                None => 0,
            };
            put("compliance", json!({"control": what.kind.as_str(), "status_id": status, "requirements": what.reasons}));
            let uid = format!("{}/{}", stored.chain, stored.seq);
            put("finding_info", json!({"uid": uid, "title": what.kind.as_str(), "created_time": map_time(stored)}));
            put("resources", resources(what));
        }
        Class::SignIn(succeeded) => {
            put("status_id", if succeeded { 1 } else { 2 }.into());
            put("user", user(&what.actor));
            put("service", json!({"name": "AgenticAIOps"}));
            if let Actor::Person { mfa: Some(mfa), .. } = &what.actor {
                put("is_mfa", (*mfa).into());
            }
        }
        Class::Change(_) => {
            put("status_id", status(what.kind).into());
            put("actor", actor(&what.actor));
            let entity = match (&what.plan, &what.incident, &what.account) {
                (Some(plan), _, _) => json!({"type": "plan", "uid": plan.as_str(), "name": plan.as_str()}),
                (_, Some(incident), _) => json!({"type": "incident", "uid": incident, "name": incident}),
                (_, _, Some(account)) => json!({"type": "account", "uid": account.as_str(), "name": account.as_str()}),
                _ => json!({"type": "fleet", "uid": stored.chain.as_str(), "name": "fleet"}),
            };
            put("entity", entity);
        }
    }
}

fn map_time(stored: &StoredRecord) -> i64 {
    stored.read().map_or(0, |record| record.at.0)
}

fn cloud(what: &AuditEvent) -> Value {
    let mut cloud = json!({"provider": "AWS"});
    if let Some(map) = cloud.as_object_mut() {
        if let Some(account) = &what.account {
            map.insert("account".into(), json!({"uid": account.as_str(), "type_id": 10}));
        }
        if let Some(region) = &what.region {
            map.insert("region".into(), region.as_str().into());
        }
    }
    cloud
}

fn user(actor: &Actor) -> Value {
    match actor {
        Actor::Person { person, roles, subject, mfa } => {
            let groups: Vec<Value> = roles.iter().map(|role| json!({"name": role.as_str()})).collect();
            let mut user = json!({"name": person.as_str(), "type_id": 1, "groups": groups});
            if let Some(map) = user.as_object_mut() {
                if let Some(subject) = subject {
                    map.insert("uid".into(), subject.as_str().into());
                }
                if let Some(mfa) = mfa {
                    map.insert("has_mfa".into(), (*mfa).into());
                }
            }
            user
        }
        Actor::Function { function } => json!({"name": function, "type_id": 3}),
    }
}

fn actor(actor: &Actor) -> Value {
    match actor {
        Actor::Person { .. } => json!({"user": user(actor)}),
        Actor::Function { function } => json!({"app_name": function}),
    }
}

fn source(actor: &Actor) -> &str {
    match actor {
        Actor::Person { person, .. } => person.as_str(),
        Actor::Function { function } => function,
    }
}

fn fact(what: &AuditEvent, name: &str) -> Option<String> {
    what.detail.get(name).and_then(domain::Value::as_text).map(str::to_owned)
}

fn resources(what: &AuditEvent) -> Value {
    let found = crate::query::resources(what).map(|arn| json!({"uid": arn}));
    Value::Array(found.collect())
}

fn unmapped(what: &AuditEvent, open: bool) -> Value {
    let mut out = json!({
        "plan_digest": what.digest,
        "preview_hash": what.preview_hash,
        "policy_version": what.policy_version,
        "reasons": what.reasons,
        "request_ids": what.request_ids,
        "data_class": what.data_class,
    });
    if let (true, Some(map)) = (open, out.as_object_mut()) {
        map.insert("detail".into(), serde_json::to_value(&what.detail).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Chain;
    use domain::EpochMs;

    #[test]
    fn sensitive_content_stays_out_unless_it_is_asked_for() {
        let what = AuditEvent::new(EventKind::RequestReceived, Actor::function("x")).fact("text", "delete my data").sensitive();
        let record = AuditRecord::first(Chain::hub(), EpochMs(1), what);
        let stored = record.store().unwrap();
        assert!(!event(&stored, &record, false).to_string().contains("delete my data"));
        assert!(event(&stored, &record, true).to_string().contains("delete my data"));
    }

    #[test]
    fn type_is_class_and_activity() {
        for kind in EventKind::ALL {
            let record = AuditRecord::first(Chain::hub(), EpochMs(1), AuditEvent::new(*kind, Actor::function("x")));
            let out = event(&record.store().unwrap(), &record, false);
            assert_eq!(out["type_uid"], out["class_uid"].as_u64().unwrap() * 100 + out["activity_id"].as_u64().unwrap());
        }
    }
}
