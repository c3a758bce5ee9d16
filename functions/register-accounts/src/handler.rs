//! Registering accounts. Entry type: [`Handler`].
//!
//! Invariants: only an administrator; nothing that makes a rule looser (a weaker environment, more autonomy, another id behind a name)
//! passes; all accounts of a request pass or none.

use audit::{Actor, AuditEvent, EventKind};
use authority::Authority;
use domain::{Account, EpochMs, Role, Text, WireError};
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Entry, Ledger};
use serde::Deserialize;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) ledger: Ledger,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    accounts: Vec<Account>,
}

impl Handler {
    pub(crate) async fn handle(&self, call: HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let Body { accounts } = call.json()?;
        let roles = self.authority.demand(&person, &[Role::Administrator]).await?;
        let known = self.ledger.accounts().await.map_err(|e| e.wire())?;
        check(&accounts, &known)?;
        let names: Vec<String> = accounts.iter().map(|a| format!("{} {} {}", a.id, a.name, a.environment.as_str())).collect();
        let event = AuditEvent::new(EventKind::AccountsRegistered, Actor::person(person, roles).signed_in(call.subject.clone(), call.mfa))
            .fact("accounts", names);
        let done = self.ledger.put_accounts(&accounts, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        Ok(HttpAnswer::json(&serde_json::json!({"added": done.added, "changed": done.changed, "unchanged": done.unchanged})))
    }
}

/// Checks every account by itself, against the others and against what is registered.
fn check(accounts: &[Account], known: &[Account]) -> Result<(), WireError> {
    if accounts.is_empty() {
        return Err(malformed("the list of accounts is empty", "账户列表为空"));
    }
    for (n, account) in accounts.iter().enumerate() {
        account.check().map_err(|e| malformed(&e.to_string(), &e.to_string()))?;
        if accounts.iter().take(n).any(|other| other.id == account.id || other.name == account.name) {
            return Err(malformed(&format!("`{}` occurs twice", account.name), &format!("`{}` 出现两次", account.name)));
        }
        for other in known {
            if (other.id == account.id) != (other.name == account.name) {
                return Err(refused(
                    format!("`{}` ({}) is registered as `{}` ({})", account.name, account.id, other.name, other.id),
                    format!("`{}`（{}）已登记为 `{}`（{}）", account.name, account.id, other.name, other.id),
                ));
            }
            if other.id == account.id && (account.environment < other.environment || account.autonomy > other.autonomy) {
                return Err(refused(
                    format!(
                        "`{}` would get looser rules ({} {:?} → {} {:?})",
                        account.name,
                        other.environment.as_str(),
                        other.autonomy,
                        account.environment.as_str(),
                        account.autonomy
                    ),
                    format!(
                        "`{}` 的规则会变宽松（{} {:?} → {} {:?}）",
                        account.name,
                        other.environment.as_str(),
                        other.autonomy,
                        account.environment.as_str(),
                        account.autonomy
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn malformed(en: &str, zh: &str) -> WireError {
    WireError::new("Accounts.Malformed", Text::new(format!("Nothing was registered: {en}."), format!("没有登记任何账户：{zh}。")))
}

fn refused(en: String, zh: String) -> WireError {
    WireError::new(
        "Accounts.ChangeRefused",
        Text::new(
            format!("Nothing was registered: {en}. Loosening rules needs a plan by two people, which this version does not have."),
            format!("没有登记任何账户：{zh}。放宽规则需要两人参与的计划，当前版本尚不支持。"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Autonomy, Environment};

    use super::*;

    fn account(id: &str, name: &str, environment: Environment, autonomy: Autonomy) -> Account {
        Account {
            id: AccountId::parse(id).unwrap(),
            name: name.into(),
            environment,
            owner: "t".into(),
            regions: vec!["us-east-1".into()],
            tags: Default::default(),
            autonomy,
        }
    }

    #[test]
    fn tightening_passes_and_loosening_does_not() {
        let known = [account("222222222222", "a", Environment::Staging, Autonomy::Tiered)];
        let with = |environment, autonomy| check(&[account("222222222222", "a", environment, autonomy)], &known);
        assert!(with(Environment::Prod, Autonomy::Approval).is_ok());
        assert!(with(Environment::Staging, Autonomy::Tiered).is_ok());
        assert_eq!(with(Environment::Dev, Autonomy::Tiered).unwrap_err().name, "Accounts.ChangeRefused");
        assert_eq!(with(Environment::Staging, Autonomy::Full).unwrap_err().name, "Accounts.ChangeRefused");
    }

    #[test]
    fn a_name_cannot_move_to_another_id() {
        let known = [account("222222222222", "a", Environment::Dev, Autonomy::Tiered)];
        assert!(check(&[account("333333333333", "a", Environment::Dev, Autonomy::Tiered)], &known).is_err());
        assert!(check(&[account("222222222222", "b", Environment::Dev, Autonomy::Tiered)], &known).is_err());
        let twice = [
            account("333333333333", "c", Environment::Dev, Autonomy::Tiered),
            account("444444444444", "c", Environment::Dev, Autonomy::Tiered),
        ];
        assert_eq!(check(&twice, &known).unwrap_err().name, "Accounts.Malformed");
    }
}
