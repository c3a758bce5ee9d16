//! People and their roles, read live from the Cognito user pool.
//!
//! Entry type: [`Directory`]. Invariants: a person who is unknown, disabled or unconfirmed has no role; a
//! directory that does not answer is an error, and callers deny; nothing is cached.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use aws_sdk_cognitoidentityprovider::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};
use domain::{Grant, PersonId, Role, Text, WireError, grant::roles_of};

/// The IAM actions of this crate.
pub const ACTIONS: [&str; 3] = ["cognito-idp:AdminGetUser", "cognito-idp:AdminListGroupsForUser", "cognito-idp:ListUsersInGroup"];

/// The directory did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the directory did not answer")]
pub struct DirectoryError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl DirectoryError {
    /// The error as it travels.
    #[must_use]
    pub fn wire(&self) -> WireError {
        WireError::new(
            "Directory.Unavailable",
            Text::new(
                "The directory of people does not answer, so nobody's authority can be checked. Nothing was done.",
                "人员目录没有响应，无法核实任何人的权限。没有执行任何操作。",
            ),
        )
    }
}

fn fault<E, R>(error: SdkError<E, R>) -> DirectoryError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    DirectoryError(Box::new(error))
}

/// The user pool.
#[derive(Debug, Clone)]
pub struct Directory {
    client: Client,
    pool: String,
}

impl Directory {
    /// A user pool behind a client.
    #[must_use]
    pub fn new(client: Client, user_pool_id: String) -> Self {
        Self { client, pool: user_pool_id }
    }

    /// The roles a person has now, wherever they hold; none for an unknown, disabled or unconfirmed person.
    ///
    /// # Errors
    /// [`DirectoryError`] when the pool does not answer; callers deny.
    pub async fn roles(&self, person: &PersonId) -> Result<Vec<Role>, DirectoryError> {
        Ok(roles_of(&self.grants(person).await?))
    }

    /// What a person's groups grant now, and where; nothing for an unknown, disabled or unconfirmed person.
    ///
    /// # Errors
    /// [`DirectoryError`] when the pool does not answer; callers deny.
    pub async fn grants(&self, person: &PersonId) -> Result<Vec<Grant>, DirectoryError> {
        let user = match self.client.admin_get_user().user_pool_id(&self.pool).username(person.as_str()).send().await {
            Ok(user) => user,
            Err(e) if e.code() == Some("UserNotFoundException") => return Ok(Vec::new()),
            Err(e) => return Err(fault(e)),
        };
        let confirmed = user.user_status().is_some_and(|s| matches!(s.as_str(), "CONFIRMED" | "EXTERNAL_PROVIDER"));
        if !user.enabled() || !confirmed || user.username() != person.as_str() {
            return Ok(Vec::new());
        }
        let mut grants = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = self
                .client
                .admin_list_groups_for_user()
                .user_pool_id(&self.pool)
                .username(person.as_str())
                .limit(60)
                .set_next_token(next.take())
                .send()
                .await
                .map_err(fault)?;
            grants.extend(page.groups().iter().filter_map(|g| g.group_name().and_then(Grant::of_group)));
            match page.next_token() {
                Some(token) if !token.is_empty() => next = Some(token.to_owned()),
                _ => break,
            }
        }
        grants.sort_unstable();
        grants.dedup();
        Ok(grants)
    }

    /// Everybody who has a role now, enabled people only, sorted.
    ///
    /// # Errors
    /// [`DirectoryError`] when the pool does not answer.
    pub async fn people_with(&self, role: Role) -> Result<Vec<PersonId>, DirectoryError> {
        let mut people = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = self
                .client
                .list_users_in_group()
                .user_pool_id(&self.pool)
                .group_name(role.as_str())
                .limit(60)
                .set_next_token(next.take())
                .send()
                .await
                .map_err(fault)?;
            people.extend(page.users().iter().filter(|u| u.enabled()).filter_map(|u| u.username().and_then(|n| PersonId::parse(n).ok())));
            match page.next_token() {
                Some(token) if !token.is_empty() => next = Some(token.to_owned()),
                _ => break,
            }
        }
        people.sort();
        people.dedup();
        Ok(people)
    }
}

#[cfg(test)]
mod tests {
    use testkit::{Answer, Replay};

    use super::*;

    fn directory(replay: &Replay) -> Directory {
        Directory::new(Client::new(&replay.sdk_config("us-east-1")), "us-east-1_pool".into())
    }

    fn user(enabled: bool, status: &str) -> Answer {
        Answer::new(200, format!(r#"{{"Username":"bob","Enabled":{enabled},"UserStatus":"{status}"}}"#))
    }

    fn bob() -> PersonId {
        PersonId::parse("bob").unwrap()
    }

    #[tokio::test]
    async fn roles_come_from_all_pages_and_foreign_groups_mean_nothing() {
        let replay = Replay::new(|r| match r.target.rsplit('.').next() {
            Some("AdminGetUser") => Some(user(true, "CONFIRMED")),
            Some("AdminListGroupsForUser") if r.body.contains("NextToken") => {
                Some(Answer::new(200, r#"{"Groups":[{"GroupName":"approver"}]}"#))
            }
            Some("AdminListGroupsForUser") => {
                Some(Answer::new(200, r#"{"Groups":[{"GroupName":"staff"},{"GroupName":"viewer"}],"NextToken":"2"}"#))
            }
            _ => None,
        });
        assert_eq!(directory(&replay).roles(&bob()).await.unwrap(), [Role::Viewer, Role::Approver]);
    }

    #[tokio::test]
    async fn disabled_unconfirmed_and_unknown_people_have_no_role() {
        let unknown = Answer::new(400, r#"{"__type":"UserNotFoundException","message":"no"}"#);
        for answer in [user(false, "CONFIRMED"), user(true, "FORCE_CHANGE_PASSWORD"), unknown] {
            let replay = Replay::new(move |_| Some(answer.clone()));
            assert!(directory(&replay).roles(&bob()).await.unwrap().is_empty());
        }
    }

    #[tokio::test]
    async fn a_directory_that_does_not_answer_is_an_error_not_an_empty_list() {
        for answer in [Answer::new(500, "{}"), Answer::timed_out(), Answer::new(400, r#"{"__type":"AccessDeniedException"}"#)] {
            let replay = Replay::new(move |_| Some(answer.clone()));
            assert_eq!(directory(&replay).roles(&bob()).await.unwrap_err().wire().name, "Directory.Unavailable");
        }
    }

    #[tokio::test]
    async fn people_with_a_role_come_from_all_pages_without_the_disabled() {
        let replay = Replay::new(|r| {
            let page = if r.body.contains("NextToken") {
                r#"{"Users":[{"Username":"ann","Enabled":true}]}"#
            } else {
                r#"{"Users":[{"Username":"bob","Enabled":true},{"Username":"eve","Enabled":false}],"NextToken":"2"}"#
            };
            Some(Answer::new(200, page))
        });
        let people: Vec<String> = directory(&replay).people_with(Role::Approver).await.unwrap().into_iter().map(Into::into).collect();
        assert_eq!(people, ["ann", "bob"]);
    }
}
