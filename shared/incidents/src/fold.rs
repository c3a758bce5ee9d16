//! Signals folded into incidents by fingerprint and time.
//!
//! Entry: [`fold`]. Two signals are of one trouble when they are of one class (operations or security), account, region
//! and resource, and the trouble was not over for longer than [`FOLD_SECONDS`] between them.
//!
//! Invariant: of a thousand signals each opens an incident, is folded, or is told to be a notice; people are told when
//! it begins, when it becomes graver, when it flaps and when it is over, and not in between.

use domain::{AccountId, Digest, Environment, EpochMs, ids::IncidentId};
use serde::{Deserialize, Serialize};
use signals::{Family, Signal, State};

use crate::incident::{Incident, MAX_RESOURCES, MAX_SUBJECTS, SeverityLevel, Status};

/// A trouble that was over for longer is a new one.
pub const FOLD_SECONDS: i64 = 1800;
/// From this return on a trouble is said to flap.
pub const FLAPS: u32 = 3;

/// A time in which trouble is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// The account; every account where absent.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// Resources as signals name them; all where empty.
    #[serde(default)]
    pub resources: Vec<String>,
    /// First instant inside.
    pub from: EpochMs,
    /// First instant after.
    pub to: EpochMs,
    /// Why (untrusted text).
    pub reason: String,
}

impl Maintenance {
    /// Whether a signal that comes now is expected. Security is never.
    #[must_use]
    pub fn covers(&self, signal: &Signal, now: EpochMs) -> bool {
        let account = self.account.as_ref().is_none_or(|a| signal.account.as_ref() == Some(a));
        let resource = self.resources.is_empty()
            || signal.resources.iter().any(|r| self.resources.iter().any(|m| m == r || short_name(m) == short_name(r)));
        self.from <= now && now < self.to && account && resource && !is_security(signal.family)
    }
}

/// What folding needs to know besides the signal.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The instant.
    pub now: EpochMs,
    /// What the account is for, where it is registered.
    pub environment: Option<Environment>,
    /// Declared maintenance.
    pub maintenance: &'a [Maintenance],
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// It begins.
    Opened,
    /// It became graver.
    Graver,
    /// It is there again.
    Returned,
    /// It comes and goes; the last word until it is over for good.
    Flaps,
    /// It is over.
    Cleared,
}

/// What a signal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is the first of its trouble.
    Open(Incident, Option<Announce>),
    /// It belongs to this incident, as it is from now on.
    Fold(Incident, Option<Announce>),
    /// It tells of no trouble, and of none that is known.
    Notice,
}

fn is_security(family: Family) -> bool {
    matches!(family, Family::GuardDuty | Family::SecurityHub)
}

/// The name of a resource within its account and region: an ARN's last part without its kind and qualifier.
#[must_use]
pub fn short_name(resource: &str) -> &str {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let ["arn", _, _, _, _, rest] = parts.as_slice() else { return resource };
    let mut pieces = rest.splitn(2, [':', '/']);
    let (kind, name) = (pieces.next().unwrap_or(rest), pieces.next());
    match (kind, name) {
        // `function:orders:live` is the function; `loadbalancer/app/web/1` is how metrics call it, too.
        ("function", Some(name)) => name.split(':').next().unwrap_or(name),
        (_, Some(name)) => name,
        (_, None) => rest,
    }
}

/// The fingerprint of a signal's trouble: class, account, region and the most telling resource.
#[must_use]
pub fn fingerprint(signal: &Signal) -> String {
    let class = if is_security(signal.family) { "security" } else { "operations" };
    let account = signal.account.as_ref().map_or("", AccountId::as_str);
    let region = signal.region.as_deref().unwrap_or_default();
    let resource = signal.resources.first().map_or(signal.subject.as_str(), |r| short_name(r));
    let text = [class, account, region, resource].join("\u{1F}");
    Digest::of_bytes(text.as_bytes()).as_str().chars().take(32).collect()
}

/// The same for a signal that is delivered twice: what it says, of what, since when.
#[must_use]
pub fn signal_key(signal: &Signal) -> String {
    let at = signal.first_at.map_or(0, |a| a.0).to_string();
    let state = format!("{:?}", signal.state);
    let text = [signal.subject.as_str(), &state, &at, &signal.title].join("\u{1F}");
    Digest::of_bytes(text.as_bytes()).as_str().chars().take(32).collect()
}

/// Whether a signal still belongs to the incident that its fingerprint last opened.
fn belongs(incident: &Incident, now: EpochMs) -> bool {
    match (incident.status, incident.cleared_at) {
        (Status::Cleared, Some(cleared)) => now.0.saturating_sub(cleared.0) <= FOLD_SECONDS * 1000,
        // What only people asked about is never told to be over.
        _ => !incident.subjects.is_empty() || now.0.saturating_sub(incident.last_signal_at.0) <= FOLD_SECONDS * 1000,
    }
}

/// Folds a signal into the incident that its fingerprint last opened, or opens one. `id` is for the latter.
#[must_use]
pub fn fold(current: Option<&Incident>, signal: &Signal, context: &Context<'_>, id: IncidentId) -> Step {
    let suppressed = context.maintenance.iter().any(|m| m.covers(signal, context.now));
    match current.filter(|c| belongs(c, context.now)) {
        Some(current) => {
            let (incident, announce) = folded(current.clone(), signal, context, suppressed);
            Step::Fold(incident, announce)
        }
        None if signal.state != State::Raised => Step::Notice,
        None => {
            let incident = opened(signal, context, suppressed, id);
            let announce = (!suppressed).then_some(Announce::Opened);
            Step::Open(incident, announce)
        }
    }
}

fn opened(signal: &Signal, context: &Context<'_>, suppressed: bool, id: IncidentId) -> Incident {
    // A clock that runs ahead may not date the trouble into the future.
    let first = signal.first_at.map_or(context.now, |at| at.min(context.now));
    Incident {
        id,
        fingerprint: fingerprint(signal),
        account: signal.account.clone(),
        region: signal.region.clone(),
        severity: SeverityLevel::of(signal.severity, context.environment),
        status: if suppressed { Status::Suppressed } else { Status::Open },
        family: signal.family,
        title: signal.title.clone(),
        resources: signal.resources.iter().take(MAX_RESOURCES).cloned().collect(),
        // A person's question is no state that could be over.
        subjects: (signal.family != Family::Person).then(|| (signal.subject.clone(), signal.state)).into_iter().collect(),
        opened_at: context.now,
        first_signal_at: first,
        last_signal_at: context.now,
        cleared_at: None,
        signals: 1,
        flaps: 0,
    }
}

fn folded(mut incident: Incident, signal: &Signal, context: &Context<'_>, suppressed: bool) -> (Incident, Option<Announce>) {
    incident.signals = incident.signals.saturating_add(1);
    incident.last_signal_at = incident.last_signal_at.max(context.now);
    let was_raised = incident.is_raised();
    let has_state = signal.state != State::Notice && signal.family != Family::Person;
    if has_state && (incident.subjects.len() < MAX_SUBJECTS || incident.subjects.contains_key(&signal.subject)) {
        incident.subjects.insert(signal.subject.clone(), signal.state);
    }
    for resource in &signal.resources {
        if incident.resources.len() < MAX_RESOURCES && !incident.resources.contains(resource) {
            incident.resources.push(resource.clone());
        }
    }
    if let Some(first) = signal.first_at.filter(|_| signal.state == State::Raised && incident.flaps == 0) {
        incident.first_signal_at = incident.first_signal_at.min(first);
    }
    let severity = SeverityLevel::of(signal.severity, context.environment);
    let is_graver = signal.state == State::Raised && severity < incident.severity;
    if is_graver {
        incident.severity = severity;
    }
    let is_raised = incident.is_raised();
    let announce = match (incident.status, was_raised, is_raised) {
        (Status::Suppressed, _, true) if signal.state == State::Raised && !suppressed => {
            incident.status = Status::Open;
            Some(Announce::Opened)
        }
        (Status::Suppressed, _, false) => {
            incident.status = Status::Cleared;
            incident.cleared_at = Some(context.now);
            None
        }
        (Status::Suppressed, _, true) => None,
        (status, true, false) => {
            incident.cleared_at = Some(context.now);
            let was_flapping = status == Status::Flapping;
            incident.status = Status::Cleared;
            (!was_flapping && incident.flaps < FLAPS).then_some(Announce::Cleared)
        }
        (Status::Cleared, false, true) => {
            incident.flaps = incident.flaps.saturating_add(1);
            incident.cleared_at = None;
            incident.status = match (suppressed, incident.flaps >= FLAPS) {
                (true, _) => Status::Suppressed,
                (false, true) => Status::Flapping,
                (false, false) => Status::Open,
            };
            match (suppressed, incident.flaps) {
                (true, _) => None,
                (false, n) if n < FLAPS => Some(Announce::Returned),
                (false, n) if n == FLAPS => Some(Announce::Flaps),
                (false, _) => None,
            }
        }
        _ => None,
    };
    let is_told = !matches!(incident.status, Status::Suppressed | Status::Flapping);
    (incident, announce.or((is_graver && is_told).then_some(Announce::Graver)))
}

/// An incident whose maintenance is over while the trouble is still there: it opens now.
#[must_use]
pub fn after_maintenance(incident: &Incident, is_covered: bool) -> Option<Incident> {
    (incident.status == Status::Suppressed && incident.is_raised() && !is_covered)
        .then(|| Incident { status: Status::Open, ..incident.clone() })
}

#[cfg(test)]
mod tests {
    use signals::{Origin, Severity};

    use super::*;

    fn signal(resource: &str, subject: &str, state: State) -> Signal {
        Signal {
            family: Family::Alarm,
            origin: Origin::Service,
            subject: subject.into(),
            account: AccountId::parse("222222222222").ok(),
            region: Some("us-east-1".into()),
            resources: vec![resource.into()],
            severity: Severity::High,
            state,
            title: format!("{subject}: {state:?}"),
            first_at: None,
        }
    }

    fn id(n: u128) -> IncidentId {
        IncidentId::generate(EpochMs(0), n)
    }

    fn context(minute: i64, maintenance: &[Maintenance]) -> Context<'_> {
        Context { now: EpochMs(minute * 60_000), environment: Some(Environment::Prod), maintenance }
    }

    /// Folds signals (minute, resource, subject, state) of one fingerprint; the last incident and what people were told.
    fn told(signals: &[(i64, &str, State)], maintenance: &[Maintenance]) -> (Vec<Incident>, Vec<Announce>) {
        let (mut incidents, mut told): (Vec<Incident>, Vec<Announce>) = (Vec::new(), Vec::new());
        for (n, (minute, subject, state)) in signals.iter().enumerate() {
            match fold(incidents.last(), &signal("orders", subject, *state), &context(*minute, maintenance), id(n as u128)) {
                Step::Open(incident, announce) => {
                    incidents.push(incident);
                    told.extend(announce);
                }
                Step::Fold(incident, announce) => {
                    *incidents.last_mut().unwrap() = incident;
                    told.extend(announce);
                }
                Step::Notice => {}
            }
        }
        (incidents, told)
    }

    #[test]
    fn several_alarms_of_one_resource_are_one_incident_that_ends_when_all_are_over() {
        let (incidents, told) = told(
            &[(0, "errors", State::Raised), (1, "latency", State::Raised), (5, "errors", State::Cleared), (9, "latency", State::Cleared)],
            &[],
        );
        assert_eq!(incidents.len(), 1);
        assert_eq!((incidents[0].status, incidents[0].signals, incidents[0].severity), (Status::Cleared, 4, SeverityLevel::S2));
        assert_eq!(told, [Announce::Opened, Announce::Cleared]);
    }

    #[test]
    fn what_returns_soon_is_the_same_trouble_and_flapping_is_told_once() {
        let turns: Vec<(i64, &str, State)> =
            (0..20).map(|n| (n, "errors", if n % 2 == 0 { State::Raised } else { State::Cleared })).collect();
        let (incidents, told) = told(&turns, &[]);
        assert_eq!((incidents.len(), incidents[0].flaps, incidents[0].signals), (1, 9, 20));
        let expected = [
            Announce::Opened,
            Announce::Cleared,
            Announce::Returned,
            Announce::Cleared,
            Announce::Returned,
            Announce::Cleared,
            Announce::Flaps,
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_returns_after_half_an_hour_is_a_new_trouble() {
        let (incidents, told) = told(&[(0, "errors", State::Raised), (2, "errors", State::Cleared), (33, "errors", State::Raised)], &[]);
        assert_eq!(incidents.len(), 2);
        assert_eq!(told.last(), Some(&Announce::Opened));
    }

    #[test]
    fn maintenance_keeps_quiet_but_keeps_the_incident_and_ends() {
        let maintenance = [Maintenance {
            account: AccountId::parse("222222222222").ok(),
            resources: vec![["arn", "aws:lambda:us-east-1:222222222222:function:orders"].join(":")],
            from: EpochMs(0),
            to: EpochMs(10 * 60_000),
            reason: "migration".into(),
        }];
        let (incidents, quiet) = told(&[(1, "errors", State::Raised)], &maintenance);
        assert_eq!((incidents[0].status, quiet), (Status::Suppressed, vec![]));
        assert_eq!(after_maintenance(&incidents[0], true), None);
        assert_eq!(after_maintenance(&incidents[0], false).unwrap().status, Status::Open);
        let (incidents, told) = told(&[(1, "errors", State::Raised), (11, "errors", State::Raised)], &maintenance);
        assert_eq!((incidents[0].status, told), (Status::Open, vec![Announce::Opened]));
    }

    #[test]
    fn security_findings_are_never_suppressed_and_never_mixed_with_operations() {
        let everything =
            [Maintenance { account: None, resources: Vec::new(), from: EpochMs(0), to: EpochMs(i64::MAX), reason: String::new() }];
        let mut finding = signal("i-1", "finding", State::Raised);
        let alarm = fingerprint(&finding);
        finding.family = Family::GuardDuty;
        assert_ne!(fingerprint(&finding), alarm);
        assert!(matches!(fold(None, &finding, &context(1, &everything), id(1)), Step::Open(_, Some(Announce::Opened))));
    }

    #[test]
    fn the_end_of_a_trouble_that_nobody_knows_is_a_notice() {
        for state in [State::Cleared, State::Notice] {
            assert_eq!(fold(None, &signal("orders", "errors", state), &context(1, &[]), id(1)), Step::Notice);
        }
    }

    #[test]
    fn names_and_arns_of_one_resource_have_one_fingerprint() {
        let arn = |rest: &str| ["arn", "aws", "lambda", "us-east-1", "222222222222", rest].join(":");
        for (name, rest) in
            [("orders", "function:orders:live"), ("i-1", "instance/i-1"), ("app/web/1", "loadbalancer/app/web/1"), ("q", "q")]
        {
            assert_eq!(short_name(&arn(rest)), name);
            let one = fingerprint(&signal(name, "a", State::Raised));
            assert_eq!(fingerprint(&signal(&arn(rest), "b", State::Raised)), one);
        }
    }

    #[test]
    fn a_persons_question_joins_the_trouble_and_does_not_keep_it_alive() {
        let mut question = signal("orders", "asked", State::Raised);
        question.family = Family::Person;
        let Step::Open(asked, _) = fold(None, &question, &context(0, &[]), id(1)) else { panic!() };
        assert!(matches!(fold(Some(&asked), &question, &context(31, &[]), id(2)), Step::Open(..)));
        let Step::Fold(raised, _) = fold(Some(&asked), &signal("orders", "errors", State::Raised), &context(1, &[]), id(2)) else {
            panic!()
        };
        let Step::Fold(over, told) = fold(Some(&raised), &signal("orders", "errors", State::Cleared), &context(2, &[]), id(2)) else {
            panic!()
        };
        assert_eq!((over.status, told), (Status::Cleared, Some(Announce::Cleared)));
    }

    #[test]
    fn a_graver_signal_raises_the_severity_and_none_lowers_it() {
        let mut low = signal("orders", "errors", State::Raised);
        low.severity = Severity::Low;
        let Step::Open(incident, _) = fold(None, &low, &context(0, &[]), id(1)) else { panic!() };
        let mut high = signal("orders", "other", State::Raised);
        high.severity = Severity::Critical;
        let Step::Fold(incident, announce) = fold(Some(&incident), &high, &context(1, &[]), id(2)) else { panic!() };
        assert_eq!((incident.severity, announce), (SeverityLevel::S1, Some(Announce::Graver)));
        let Step::Fold(incident, announce) = fold(Some(&incident), &low, &context(2, &[]), id(3)) else { panic!() };
        assert_eq!((incident.severity, announce), (SeverityLevel::S1, None));
    }
}
