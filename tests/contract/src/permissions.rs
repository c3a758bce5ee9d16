//! What operations may do in a member account. Entry types: [`OperationPermissions`], [`MemberBlocks`].
//!
//! From the list of operations come `infra/permissions/<operation>.json` (for people) and the generated blocks of
//! `infra/member.yaml`. Invariant: nothing is allowed that no operation declares; writing is scoped to the kind of
//! resource that the operation changes.
//!
//! ```
//! use contract::permissions::{MemberBlocks, OperationPermissions};
//! let stop = OperationPermissions {
//!     operation: "ec2.stop_instances".into(),
//!     read: vec!["ec2:DescribeInstances".into()],
//!     write: vec!["ec2:StopInstances".into()],
//!     resource: "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*".into(),
//! };
//! assert!(MemberBlocks::of(&[stop]).operate.contains("ec2:StopInstances"));
//! ```

use std::{collections::BTreeSet, fmt::Write as _};

use serde::{Deserialize, Serialize};

use crate::{Repository, policy::flow_list, repository::pascal};

/// What one operation may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationPermissions {
    /// `<service>.<verb_object>`.
    pub operation: String,
    /// Actions of looking, sorted.
    pub read: Vec<String>,
    /// Actions of doing and taking back, sorted.
    pub write: Vec<String>,
    /// The kind of resource that is written, as a pattern over the member account.
    pub resource: String,
}

impl OperationPermissions {
    /// The file for people.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn file(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What every operation declares, sorted by id.
///
/// # Errors
/// A file cannot be read.
pub fn declared(repository: &Repository) -> anyhow::Result<Vec<OperationPermissions>> {
    let mut all = Vec::new();
    for file in repository.files("infra/permissions")? {
        if file.ends_with(".json") {
            all.push(serde_json::from_str(&repository.read(&format!("infra/permissions/{file}"))?)?);
        }
    }
    Ok(all)
}

/// The generated blocks of the member template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBlocks {
    /// Statements of the read role.
    pub read: String,
    /// Statements of the operate role.
    pub operate: String,
    /// The actions that the operate role's boundary lets through.
    pub boundary: String,
}

impl MemberBlocks {
    /// The blocks for a list of operations.
    #[must_use]
    pub fn of(operations: &[OperationPermissions]) -> Self {
        let reads: BTreeSet<&String> = operations.iter().flat_map(|o| &o.read).collect();
        let writes: BTreeSet<&String> = operations.iter().flat_map(|o| &o.write).collect();
        let mut read = String::from("- Sid: Look\n  Effect: Allow\n  Action:\n");
        reads.iter().for_each(|action| line(&mut read, &format!("    - {action}")));
        line(&mut read, "  Resource: \"*\"");

        let mut operate = String::new();
        for operation in operations {
            let sid = pascal(&operation.operation.replace(['.', '_'], "-"));
            line(&mut operate, &format!("- Sid: {sid}"));
            line(&mut operate, "  Effect: Allow");
            line(&mut operate, &format!("  Action: {}", flow_list(&operation.write)));
            line(&mut operate, &format!("  Resource: !Sub \"{}\"", operation.resource));
        }

        let mut boundary = String::new();
        writes.iter().for_each(|action| line(&mut boundary, &format!("- {action}")));
        Self { read, operate, boundary }
    }

    /// The content of a block by its name in the template.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<String> {
        match name {
            "from infra/permissions: read" => Some(self.read.clone()),
            "from infra/permissions: operate" => Some(self.operate.clone()),
            "from infra/permissions: boundary" => Some(self.boundary.clone()),
            _ => None,
        }
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_actions_are_listed_once() {
        let one = OperationPermissions {
            operation: "ec2.stop_instances".into(),
            read: vec!["ec2:DescribeInstances".into()],
            write: vec!["ec2:StartInstances".into(), "ec2:StopInstances".into()],
            resource: "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*".into(),
        };
        let two = OperationPermissions { operation: "ec2.start_instances".into(), ..one.clone() };
        let blocks = MemberBlocks::of(&[two, one]);
        assert_eq!(blocks.read.matches("ec2:DescribeInstances").count(), 1);
        assert_eq!(blocks.boundary.matches("ec2:StopInstances").count(), 1);
        assert!(blocks.operate.contains("Sid: Ec2StopInstances"));
    }
}
