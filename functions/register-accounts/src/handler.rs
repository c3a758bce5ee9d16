//! Registering accounts. Entry type: [`Handler`].
//!
//! Invariants: only an administrator; what makes a rule looser (a weaker environment, more autonomy, a tag that goes) waits for a second one
//! ([`crate::rules`]); another id behind a name never passes; all accounts of a request pass or none.

use audit::{Actor, AuditEvent, EventKind};
use authority::Authority;
use domain::{Account, EpochMs, Role, Text, WireError, grant::OU_TAG};
use judge::Judge;
use lambda_shell::http::{HttpAnswer, HttpCall};
use ledger::{Entry, Ledger, SettingKind};
use serde::Deserialize;

/// Prefix of the tags that the rules read.
const OWN_TAGS: &str = "aiops:";

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) judge: Judge,
    pub(crate) ledger: Ledger,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    accounts: Vec<Account>,
}

impl Handler {
    pub(crate) async fn handle(&self, call: HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        if let Some(person) = &call.person {
            let roles = self.authority.roles(person).await?;
            self.ledger.see_sign_in(person, &roles, &call.sign_in, now).await.map_err(|e| e.wire())?;
        }
        match call.route.as_str() {
            "PUT /v1/accounts" => self.accounts(&call, now).await,
            "GET /v1/rules" => self.show(&call).await,
            "PUT /v1/rules" => self.rules(&call, now).await,
            "POST /v1/rules/explain" => self.explain(&call, now).await,
            other => {
                let other = domain::text::defang(other, 80);
                Err(WireError::new("Request.NotFound", Text::new(format!("There is no `{other}`."), format!("不存在 `{other}`。"))))
            }
        }
    }

    /// Adds and tightens at once; a list that loosens anything waits for a second administrator as a whole.
    async fn accounts(&self, call: &HttpCall, now: EpochMs) -> Result<HttpAnswer, WireError> {
        let person = call.caller()?.clone();
        let Body { accounts } = call.json()?;
        let roles = self.authority.demand(&person, &[Role::Administrator]).await?;
        let known = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let looser = check(&accounts, &known)?;
        if !looser.is_empty() {
            let text = serde_json::to_string(&accounts).map_err(|e| malformed(&e.to_string(), &e.to_string()))?;
            return self.propose(call, SettingKind::Accounts, text, roles, looser, now).await;
        }
        let event = AuditEvent::new(EventKind::AccountsRegistered, Actor::person(person, roles).signed_in(&call.sign_in))
            .fact("accounts", names(&accounts));
        let done = self.ledger.put_accounts(&accounts, &Entry::new(event, now)).await.map_err(|e| e.wire())?;
        Ok(HttpAnswer::json(&serde_json::json!({"added": done.added, "changed": done.changed, "unchanged": done.unchanged})))
    }
}

fn names(accounts: &[Account]) -> Vec<String> {
    accounts.iter().map(|a| format!("{} {} {}", a.id, a.name, a.environment.as_str())).collect()
}

/// Checks every account by itself, against the others and against what is registered; says what would become looser.
pub(crate) fn check(accounts: &[Account], known: &[Account]) -> Result<Vec<Text>, WireError> {
    let mut looser = Vec::new();
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
            if other.id == account.id {
                looser.extend(loosened(other, account));
            }
        }
    }
    Ok(looser)
}

/// What a new registration of an account would loosen.
fn loosened(before: &Account, after: &Account) -> Vec<Text> {
    let mut out = Vec::new();
    if after.environment < before.environment || after.autonomy > before.autonomy {
        out.push(Text::new(
            format!(
                "`{}` would get looser rules ({} {:?} → {} {:?})",
                after.name,
                before.environment.as_str(),
                before.autonomy,
                after.environment.as_str(),
                after.autonomy
            ),
            format!(
                "`{}` 的规则会变宽松（{} {:?} → {} {:?}）",
                after.name,
                before.environment.as_str(),
                before.autonomy,
                after.environment.as_str(),
                after.autonomy
            ),
        ));
    }
    // A tag of the fleet's own that goes away or changes may loosen; one that comes only tightens, save the unit, which decides who is in charge.
    for (tag, value) in before.tags.iter().filter(|(tag, _)| tag.starts_with(OWN_TAGS)) {
        if after.tags.get(tag) != Some(value) {
            out.push(tag_text(&after.name, tag));
        }
    }
    if !before.tags.contains_key(OU_TAG) && after.tags.contains_key(OU_TAG) {
        out.push(tag_text(&after.name, OU_TAG));
    }
    out
}

fn tag_text(name: &str, tag: &str) -> Text {
    let tag = domain::text::defang(tag, 60);
    Text::new(format!("`{name}` would get another `{tag}`"), format!("`{name}` 的标签 `{tag}` 会改变"))
}

pub(crate) fn malformed(en: &str, zh: &str) -> WireError {
    WireError::new("Accounts.Malformed", Text::new(format!("Nothing was registered: {en}."), format!("没有登记任何账户：{zh}。")))
}

fn refused(en: String, zh: String) -> WireError {
    WireError::new("Accounts.ChangeRefused", Text::new(format!("Nothing was registered: {en}."), format!("没有登记任何账户：{zh}。")))
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
    fn tightening_passes_and_loosening_is_named() {
        let known = [account("222222222222", "a", Environment::Staging, Autonomy::Tiered)];
        let with = |environment, autonomy| check(&[account("222222222222", "a", environment, autonomy)], &known).unwrap();
        assert!(with(Environment::Prod, Autonomy::Approval).is_empty());
        assert!(with(Environment::Staging, Autonomy::Tiered).is_empty());
        assert_eq!(with(Environment::Dev, Autonomy::Tiered).len(), 1);
        assert_eq!(with(Environment::Staging, Autonomy::Full).len(), 1);
    }

    #[test]
    fn a_tag_of_the_fleet_that_goes_or_changes_loosens_and_one_that_comes_tightens() {
        let tagged = |tags: &[(&str, &str)]| {
            let mut account = account("222222222222", "a", Environment::Staging, Autonomy::Tiered);
            account.tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            account
        };
        let from = |before: &[(&str, &str)], after: &[(&str, &str)]| check(&[tagged(after)], &[tagged(before)]).unwrap().len();
        assert_eq!(from(&[], &[("aiops:freeze", "true")]), 0);
        assert_eq!(from(&[("aiops:freeze", "true")], &[]), 1);
        assert_eq!(from(&[("aiops:freeze", "true")], &[("aiops:freeze", "false")]), 1);
        assert_eq!(from(&[], &[("aiops:ou", "payments")]), 1);
        assert_eq!(from(&[("team", "a")], &[("team", "b")]), 0);
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
