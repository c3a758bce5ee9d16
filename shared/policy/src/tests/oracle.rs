//! What the rules should say, written from the prose (the operations catalogue, "tiers, refined") without a look at the policies.
//!
//! Entry types: [`Row`], [`expected`].

use domain::{Autonomy, Environment, Risk, Undo};

use super::{Case, id, person};
use crate::Calendar;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    Viewer,
    Administrator,
    OperatorElsewhere,
    OperatorHere,
}

/// What the calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Unreadable,
    Frozen,
    Closed,
    NotConfigured,
    Open,
}

/// How old the second factors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mfa {
    None,
    Stale,
    Fresh,
}

/// What the plan is linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    None,
    Severity3,
    Severity2Irreversible,
    Severity2,
    Severity1,
    Declared,
}

/// Who has said yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Votes {
    Nobody,
    AuthorAlone,
    ViewerAndForged,
    OneTwice,
    OneAndAuthor,
    Two,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) asker: Asker,
    pub(crate) environment: Environment,
    pub(crate) risk: Risk,
    pub(crate) autonomy: Autonomy,
    pub(crate) window: Window,
    pub(crate) mfa: Mfa,
    pub(crate) urgency: Urgency,
    pub(crate) killed: bool,
    pub(crate) votes: Votes,
}

// Each list goes from less to more: authority, agreement, calm.
pub(crate) const ASKERS: [Asker; 4] = [Asker::Viewer, Asker::Administrator, Asker::OperatorElsewhere, Asker::OperatorHere];
pub(crate) const ENVIRONMENTS: [Environment; 3] = [Environment::Prod, Environment::Staging, Environment::Dev];
pub(crate) const RISKS: [Risk; 3] = [Risk::R3, Risk::R2, Risk::R1];
pub(crate) const AUTONOMIES: [Autonomy; 4] = [Autonomy::Shadow, Autonomy::Approval, Autonomy::Tiered, Autonomy::Full];
pub(crate) const WINDOWS: [Window; 5] = [Window::Unreadable, Window::Frozen, Window::Closed, Window::NotConfigured, Window::Open];
pub(crate) const MFAS: [Mfa; 3] = [Mfa::None, Mfa::Stale, Mfa::Fresh];
pub(crate) const URGENCIES: [Urgency; 6] =
    [Urgency::None, Urgency::Severity3, Urgency::Severity2Irreversible, Urgency::Severity2, Urgency::Severity1, Urgency::Declared];
pub(crate) const VOTES: [Votes; 6] =
    [Votes::Nobody, Votes::AuthorAlone, Votes::ViewerAndForged, Votes::OneTwice, Votes::OneAndAuthor, Votes::Two];

/// The answer, without its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Deny,
    Needs { needed: u32, have: u32, mfa: bool },
    Waits,
    Allow,
}

impl Outcome {
    /// How near to execution.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Deny => 0,
            Self::Needs { .. } => 1,
            Self::Waits => 2,
            Self::Allow => 3,
        }
    }
}

/// People, second factor, window.
type Way = (u32, bool, bool);

/// The published table: risk by environment.
fn published(environment: Environment, risk: Risk) -> Way {
    match (environment, risk) {
        (Environment::Dev, Risk::R1 | Risk::R2) | (Environment::Staging, Risk::R1) => (0, false, false),
        (Environment::Dev, Risk::R3) | (Environment::Staging, Risk::R2) | (Environment::Prod, Risk::R1) => (1, false, false),
        (Environment::Staging, Risk::R3) => (1, true, false),
        (Environment::Prod, Risk::R2) => (1, false, true),
        (Environment::Prod, Risk::R3) => (2, true, true),
    }
}

/// What the prose says.
pub(crate) fn expected(row: &Row) -> Outcome {
    let may_ask = row.asker == Asker::OperatorHere;
    let declared = row.urgency == Urgency::Declared;
    let frozen = row.window == Window::Frozen && !declared;
    if row.killed || !may_ask || row.autonomy == Autonomy::Shadow || row.window == Window::Unreadable || frozen {
        return Outcome::Deny;
    }
    // Every way that leads to execution; the plan takes the nearest.
    let table = published(row.environment, row.risk);
    let mut ways = vec![table];
    if row.environment == Environment::Prod {
        let urgent = match row.risk {
            Risk::R1 => false,
            // A severity 1 or 2 incident, if the change can be taken back.
            Risk::R2 => declared || matches!(row.urgency, Urgency::Severity1 | Urgency::Severity2),
            // An emergency.
            Risk::R3 => declared || row.urgency == Urgency::Severity1,
        };
        if urgent {
            ways.push((table.0, table.1, false));
        }
    }
    match row.autonomy {
        Autonomy::Full if row.risk < Risk::R3 => ways.push((0, table.1, table.2)),
        Autonomy::Approval => ways.iter_mut().for_each(|way| way.0 = way.0.max(1)),
        _ => {}
    }
    let people: u32 = match row.votes {
        Votes::Nobody | Votes::AuthorAlone | Votes::ViewerAndForged => 0,
        Votes::OneTwice | Votes::OneAndAuthor => 1,
        Votes::Two => 2,
    };
    let with_mfa = if row.mfa == Mfa::Fresh { people } else { 0 };
    let open = matches!(row.window, Window::Open | Window::NotConfigured);
    let have = |way: &Way| if way.1 { with_mfa } else { people };
    let nearest = ways.iter().min_by_key(|way| (way.2 && !open, way.0.saturating_sub(have(way)), way.0)).unwrap();
    if have(nearest) < nearest.0 {
        return Outcome::Needs { needed: nearest.0, have: have(nearest), mfa: nearest.1 };
    }
    if nearest.2 && !open { Outcome::Waits } else { Outcome::Allow }
}

/// The situation of a row.
pub(crate) fn case(row: &Row) -> Case {
    let mut case = Case::new(row.risk, row.environment).with_account(|a| a.autonomy = row.autonomy);
    if row.urgency == Urgency::Severity2Irreversible {
        let mut plan = case.plan.clone();
        plan.undo = Undo::None;
        case = case.with_plan(plan);
    }
    let here = format!("operator@env:{}", row.environment.as_str());
    let asker: &[&str] = match row.asker {
        Asker::Viewer => &["viewer"],
        Asker::Administrator => &["administrator"],
        Asker::OperatorElsewhere => &["operator@account:999999999999", "operator@service:rds"],
        Asker::OperatorHere => &[here.as_str()],
    };
    let mut author = asker.to_vec();
    if matches!(row.votes, Votes::AuthorAlone | Votes::OneAndAuthor) {
        author.push("approver");
    }
    case.authors = vec![person("alice", &author)];
    case.calendar = match row.window {
        Window::Unreadable => Calendar::Unreadable { why: "no such zone".into() },
        Window::Frozen => Calendar::Frozen { name: "year end".into(), until: None },
        Window::Closed => Calendar::Closed { opens_at: None },
        Window::NotConfigured => Calendar::NotConfigured,
        Window::Open => Calendar::Open,
    };
    case.incident_severity = match row.urgency {
        Urgency::None | Urgency::Declared => None,
        Urgency::Severity3 => Some(3),
        Urgency::Severity2Irreversible | Urgency::Severity2 => Some(2),
        Urgency::Severity1 => Some(1),
    };
    case.break_glass = row.urgency == Urgency::Declared;
    let age = match row.mfa {
        Mfa::None => None,
        Mfa::Stale => Some(301),
        Mfa::Fresh => Some(300),
    };
    let approver: &[&str] = &["approver"];
    case = match row.votes {
        Votes::Nobody => case,
        Votes::AuthorAlone => case.approve_with("alice", &author, age),
        Votes::ViewerAndForged => {
            let mut case = case.approve_with("vic", &["viewer", "operator"], age).approve_with("bob", approver, age);
            case.approvals.last_mut().unwrap().signature_valid = false;
            case
        }
        Votes::OneTwice => case.approve_with("bob", approver, age).approve_with("bob", approver, age),
        Votes::OneAndAuthor => case.approve_with("bob", approver, age).approve_with("alice", &author, age),
        Votes::Two => case.approve_with("bob", approver, age).approve_with("carol", approver, age),
    };
    if row.killed {
        case = case.stop("account:222222222222");
    } else {
        // A stop of something else holds nobody.
        case = case.stop("operation:rds.reboot_instance");
    }
    assert_eq!(case.plan.authors, [id("alice")]);
    case
}
