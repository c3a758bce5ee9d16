//! What operations and scanners may do in a member account. Entry types: [`OperationPermissions`], [`ScannerPermissions`],
//! [`MemberBlocks`].
//!
//! From the lists of operations and scanners come `infra/permissions/<operation>.json` and `infra/permissions/scan.<service>.json`
//! (for people) and the generated blocks of `infra/member.yaml`. Invariant: nothing is allowed that no operation and no scanner
//! declares; writing is scoped to the kinds of resources that operations change.
//!
//! ```
//! let blocks = contract::permissions::MemberBlocks::declared();
//! assert!(blocks.operate.contains("ec2:StopInstances") && !blocks.read.contains("ec2:StopInstances"));
//! ```

use std::{collections::BTreeSet, fmt::Write as _};

use operations::{Direction, IamStatement, Operation};
use serde::Serialize;

use crate::{policy::flow_list, repository::pascal};

/// What one operation may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperationPermissions {
    /// `<service>.<verb_object>`.
    pub operation: &'static str,
    /// Actions of looking, sorted.
    pub look: BTreeSet<&'static str>,
    /// Actions of doing, sorted.
    pub execute: BTreeSet<&'static str>,
    /// Actions of taking back, sorted; empty where that is impossible.
    pub undo: BTreeSet<&'static str>,
}

impl OperationPermissions {
    /// What an operation declares.
    #[must_use]
    pub fn of(operation: &dyn Operation) -> Self {
        let actions = |direction| operation.actions(direction).iter().copied().collect();
        Self {
            operation: operation.id(),
            look: operation.read_actions().iter().copied().collect(),
            execute: actions(Direction::Forward),
            undo: actions(Direction::Back),
        }
    }

    /// What every operation declares, in catalogue order.
    #[must_use]
    pub fn declared() -> Vec<Self> {
        operations::all().iter().map(|operation| Self::of(*operation)).collect()
    }

    /// The file for people.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn file(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What one scanner may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScannerPermissions {
    /// The service.
    pub scanner: &'static str,
    /// Actions of looking, sorted.
    pub look: BTreeSet<&'static str>,
}

impl ScannerPermissions {
    /// What every scanner declares, in the order of the list.
    #[must_use]
    pub fn declared() -> Vec<Self> {
        scanners::all().iter().map(|s| Self { scanner: s.service(), look: s.actions().iter().copied().collect() }).collect()
    }

    /// The file for people.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn file(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What the read role may do: whatever an operation looks at, and whatever a scanner does.
fn read_statements() -> Vec<IamStatement> {
    let mut statements = operations::read_statements();
    if let Some(first) = statements.first_mut() {
        let all: BTreeSet<&'static str> = first.action.iter().copied().chain(scanners::read_permissions()).collect();
        first.action = all.into_iter().collect();
    }
    statements
}

/// The generated blocks of the member template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBlocks {
    /// Statements of the read role and of its boundary.
    pub read: String,
    /// Statements of what an investigation reads, in both.
    pub investigate: String,
    /// Statements of the operate role.
    pub operate: String,
    /// The actions that the operate role's boundary lets through.
    pub boundary: String,
    /// Statements of the function that looks at its own account.
    pub look: String,
}

impl MemberBlocks {
    /// The blocks for the operations as they are declared.
    #[must_use]
    pub fn declared() -> Self {
        let mut boundary = String::new();
        for action in operations::write_permissions() {
            line(&mut boundary, &format!("- {action}"));
        }
        let mut investigate = String::from("- Sid: ReadAboutIncidents\n  Effect: Allow\n  Action:\n");
        incidents::permissions::READ.iter().for_each(|action| line(&mut investigate, &format!("    - {action}")));
        line(&mut investigate, "  Resource: [\"*\"]");
        let look = IamStatement {
            sid: "Look".to_owned(),
            effect: "Allow",
            action: scanners::read_permissions().into_iter().collect(),
            resource: vec!["*".to_owned()],
        };
        Self {
            read: statements(&read_statements()),
            investigate,
            operate: statements(&operations::write_statements()),
            boundary,
            look: statements(&[look]),
        }
    }

    /// The content of a block by its name in the template.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<String> {
        match name {
            "from shared/operations and shared/scanners: read" => Some(self.read.clone()),
            "from shared/incidents: read" => Some(self.investigate.clone()),
            "from shared/scanners: look" => Some(self.look.clone()),
            "from shared/operations: operate" => Some(self.operate.clone()),
            "from shared/operations: boundary" => Some(self.boundary.clone()),
            _ => None,
        }
    }
}

fn statements(statements: &[IamStatement]) -> String {
    let mut out = String::new();
    for statement in statements {
        line(&mut out, &format!("- Sid: {}", sid(statement)));
        line(&mut out, &format!("  Effect: {}", statement.effect));
        if statement.action.len() > 4 {
            line(&mut out, "  Action:");
            statement.action.iter().for_each(|action| line(&mut out, &format!("    - {action}")));
        } else {
            let actions: Vec<String> = statement.action.iter().map(|a| (*a).to_owned()).collect();
            line(&mut out, &format!("  Action: {}", flow_list(&actions)));
        }
        let resources: Vec<String> = statement.resource.iter().map(|r| yaml_resource(r)).collect();
        line(&mut out, &format!("  Resource: [{}]", resources.join(", ")));
    }
    out
}

/// A name that is unique in its policy: the service and the kind of resource (`Ec2SecurityGroup`).
fn sid(statement: &IamStatement) -> String {
    let Some(pattern) = statement.resource.first().filter(|r| r.contains("${")) else { return statement.sid.clone() };
    let place = ["${AWS::Partition}", "${AWS::AccountId}"].iter().fold(pattern.clone(), |text, name| text.replace(name, ""));
    let parts: Vec<&str> = place.splitn(6, ':').collect();
    let words = [parts.get(2), parts.get(5)].into_iter().flatten().flat_map(|p| p.split(|c: char| !c.is_ascii_alphanumeric()));
    words.filter(|w| !w.is_empty()).map(pascal).collect()
}

fn yaml_resource(pattern: &str) -> String {
    if pattern.contains("${") { format!("!Sub \"{pattern}\"") } else { format!("\"{pattern}\"") }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_distinct_names() {
        let operate = MemberBlocks::declared().operate;
        let mut names: Vec<&str> = operate.lines().filter_map(|l| l.strip_prefix("- Sid: ")).collect();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.contains(&"Ec2SecurityGroup") && names.contains(&"S3"), "{names:?}");
    }

    #[test]
    fn every_operation_has_a_file_of_its_own_with_looking_apart_from_doing() {
        let all = OperationPermissions::declared();
        assert_eq!(all.len(), operations::all().len());
        for one in all {
            assert!(one.look.is_disjoint(&one.execute), "{}", one.operation);
            assert!(one.file().unwrap().contains(one.operation));
        }
    }
}
