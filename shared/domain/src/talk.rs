//! What a conversation has last spoken of. Entry type: [`Talk`].
//!
//! Invariant: everything in it was written by the person whose conversation it is; nothing of it is authority.

use serde::{Deserialize, Serialize};

use crate::{Intent, OperationId, Params};

/// The most things that a later word may refer to.
const MOST_TARGETS: usize = 8;
/// The most things that are remembered beside them.
const MOST_EARLIER: usize = 8;

/// What a conversation has last spoken of; all of it as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// The targets of the last request, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Other targets that the conversation has named before, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
    /// The operation that was last asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// The account of the last request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl Talk {
    /// What the conversation speaks of after a request; `named` are the ids and names in its text. A text that names nothing leaves
    /// it as it was. What was asked back about or refused is remembered by its names alone, so that "it" is never what was spoken of
    /// before that; too many names are remembered as none.
    #[must_use]
    pub fn after(&self, intent: &Intent, named: &[String]) -> Self {
        let (targets, operation, params, account) = match intent {
            Intent::Operate(request) => {
                (&request.targets[..], Some(request.operation.clone()), request.params.clone(), request.account.clone())
            }
            Intent::Investigate(scope)
            | Intent::CheckHealth(scope)
            | Intent::ShowMetrics(scope)
            | Intent::ShowLogs(scope)
            | Intent::QueryAudit(scope)
                if !scope.targets.is_empty() =>
            {
                (&scope.targets[..], None, Params::new(), scope.account.clone())
            }
            _ => (named, None, Params::new(), None),
        };
        if targets.is_empty() {
            return self.clone();
        }
        if targets.len() > MOST_TARGETS {
            return Self::default();
        }
        let mut earlier: Vec<String> = Vec::new();
        for name in self.targets.iter().chain(&self.earlier) {
            if !targets.contains(name) && !earlier.contains(name) && earlier.len() < MOST_EARLIER {
                earlier.push(name.clone());
            }
        }
        Self { targets: targets.to_vec(), earlier, operation, params, account }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clarify, OperateRequest, Text};

    fn stop(target: &str) -> Intent {
        Intent::Operate(OperateRequest {
            operation: OperationId::parse("ec2.stop_instances").unwrap(),
            targets: vec![target.to_owned()],
            account: Some("dev".into()),
            region: None,
            params: Params::new(),
            dry_run: false,
        })
    }

    #[test]
    fn the_last_request_comes_first_and_what_was_before_is_remembered_beside_it() {
        let talk = Talk::default().after(&stop("i-1"), &[]).after(&stop("i-2"), &[]).after(&Intent::Whoami, &[]);
        assert_eq!((talk.targets.as_slice(), talk.earlier.as_slice()), (&["i-2".to_owned()][..], &["i-1".to_owned()][..]));
        assert_eq!((talk.operation.unwrap().as_str(), talk.account.as_deref()), ("ec2.stop_instances", Some("dev")));
    }

    #[test]
    fn what_was_asked_back_about_takes_the_word_it_and_repeats_nothing() {
        let question = Intent::Clarify(Clarify { code: "x".into(), question: Text::new("?", "？"), choices: Vec::new() });
        let talk = Talk::default().after(&stop("i-1"), &[]).after(&question, &["i-2".to_owned()]);
        assert_eq!((talk.targets, talk.operation, talk.account), (vec!["i-2".to_owned()], None, None));
        let many: Vec<String> = (0..9).map(|n| format!("i-{n}")).collect();
        assert_eq!(Talk::default().after(&stop("i-1"), &[]).after(&question, &many), Talk::default());
    }
}
