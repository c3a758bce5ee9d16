//! The registry of member accounts. Entry type: [`domain::Account`].
//!
//! Invariant: an account is what lies under its id; a name only points to an id and counts only while the account
//! still bears it. Accounts live in one partition, so that the whole registry is read with strong consistency.

use std::collections::BTreeSet;

use audit::EventKind;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{Account, AccountId, Value};

use crate::{
    Ledger,
    commit::{Committed, Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::{ACCOUNTS, Key},
};

/// Accounts of one transaction: two items each, and the record.
const BATCH: usize = 40;

/// What registering did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registered {
    /// New accounts, by name.
    pub added: Vec<String>,
    /// Changed accounts, by name.
    pub changed: Vec<String>,
    /// How many were as they should be already.
    pub unchanged: usize,
}

impl Ledger {
    /// Registers accounts or changes them, any number, in batches with a record each. Accounts that are not named
    /// stay; [`Self::retire_account`] takes one out. Accounts that are as they should be are not written.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when an account is wrong, or a name or id occurs twice, or a name belongs to
    /// another account; then nothing is written. [`LedgerError::Conflict`] when the registry changes meanwhile.
    pub async fn put_accounts(&self, accounts: &[Account], entry: &Entry) -> Result<Registered, LedgerError> {
        let there = self.accounts().await?;
        let mut done = Registered::default();
        let writes = diff(accounts, &there, &mut done)?;
        for batch in writes.chunks(BATCH) {
            let mut entry = entry.clone();
            entry.event.kind = EventKind::AccountsRegistered;
            let names: Vec<Value> = batch.iter().map(|w| Value::Text(format!("{}={}", w.account.name, w.account.id))).collect();
            entry.event.detail.insert("accounts".into(), Value::List(names));
            let mut steps = Vec::new();
            for write in batch {
                steps.extend(self.account_steps(write)?);
            }
            match self.commit(steps, &entry).await? {
                Committed::Yes => {}
                Committed::No(_) => return Err(LedgerError::conflict("the account registry")),
            }
        }
        Ok(done)
    }

    /// Takes an account out of the registry; its plans and its chain stay. Whether it was there.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when the account changed meanwhile.
    pub async fn retire_account(&self, id: &AccountId, entry: &Entry) -> Result<bool, LedgerError> {
        let Some(account) = self.account_by_id(id).await? else { return Ok(false) };
        let before = serde_json::to_string(&account).map_err(LedgerError::unexpected)?;
        let step = self.account_step(&account, true, Some(&before))?;
        match self.commit(vec![step], entry).await? {
            Committed::Yes => Ok(true),
            Committed::No(_) => Err(LedgerError::conflict(format!("account {id}"))),
        }
    }

    /// An account by its exact name.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn account_by_name(&self, name: &str) -> Result<Option<Account>, LedgerError> {
        if name.is_empty() || name.len() > 64 {
            return Ok(None);
        }
        let Some(map) = self.get(&Key::account_name(name)).await? else { return Ok(None) };
        let id = Row::open(map)?.parsed("account_id", AccountId::parse)?;
        Ok(self.account_by_id(&id).await?.filter(|account| account.name == name))
    }

    /// An account by its id.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn account_by_id(&self, id: &AccountId) -> Result<Option<Account>, LedgerError> {
        match self.get(&Key::account(id)).await? {
            Some(map) => read_account(map),
            None => Ok(None),
        }
    }

    /// Every account, by id, with strong consistency.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub async fn accounts(&self) -> Result<Vec<Account>, LedgerError> {
        let rows = self.query_all("pk = :pk", [(":pk", AttributeValue::S(ACCOUNTS.to_owned()))]).await?;
        rows.into_iter().filter_map(|map| read_account(map).transpose()).collect()
    }

    fn account_steps(&self, write: &AccountWrite<'_>) -> Result<[Step; 2], LedgerError> {
        let account = write.account;
        let pointer = Item::new(&Key::account_name(&account.name), &self.region).s("account_id", account.id.as_str()).finish()?;
        let pointer = Put::builder().table_name(&self.tables.ledger).set_item(Some(pointer)).build().map_err(LedgerError::unexpected)?;
        Ok([self.account_step(account, false, write.before.as_deref())?, Step::put(Slot::Other, pointer)])
    }

    /// Writes an account if it is as it was read.
    fn account_step(&self, account: &Account, retired: bool, before: Option<&str>) -> Result<Step, LedgerError> {
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(account_item(account, retired, &self.region)?));
        let put = match before {
            None => put
                .condition_expression("attribute_not_exists(pk) OR retired = :true")
                .expression_attribute_values(":true", AttributeValue::Bool(true)),
            Some(text) => put
                .condition_expression("account = :before AND retired = :false")
                .expression_attribute_values(":before", AttributeValue::S(text.to_owned()))
                .expression_attribute_values(":false", AttributeValue::Bool(false)),
        };
        Ok(Step::put(Slot::Other, put.build().map_err(LedgerError::unexpected)?))
    }
}

struct AccountWrite<'a> {
    account: &'a Account,
    /// The text that lies there now.
    before: Option<String>,
}

fn diff<'a>(accounts: &'a [Account], there: &[Account], done: &mut Registered) -> Result<Vec<AccountWrite<'a>>, LedgerError> {
    let mut names = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for account in accounts {
        account.check().map_err(|e| LedgerError::malformed(e.to_string()))?;
        if !names.insert(&account.name) {
            return Err(LedgerError::malformed(format!("the name `{}` occurs twice", account.name)));
        }
        if !ids.insert(&account.id) {
            return Err(LedgerError::malformed(format!("the account {} occurs twice", account.id)));
        }
    }
    // A name of an account that is not renamed in the same breath is taken.
    if let Some(holder) = there.iter().find(|t| names.contains(&t.name) && !ids.contains(&t.id)) {
        return Err(LedgerError::malformed(format!("the name `{}` belongs to account {}", holder.name, holder.id)));
    }
    let mut writes = Vec::new();
    for account in accounts {
        match there.iter().find(|t| t.id == account.id) {
            Some(same) if same == account => done.unchanged += 1,
            Some(old) => {
                done.changed.push(account.name.clone());
                writes.push(AccountWrite { account, before: Some(serde_json::to_string(old).map_err(LedgerError::unexpected)?) });
            }
            None => {
                done.added.push(account.name.clone());
                writes.push(AccountWrite { account, before: None });
            }
        }
    }
    Ok(writes)
}

fn account_item(account: &Account, retired: bool, region: &str) -> Result<Attributes, LedgerError> {
    Item::new(&Key::account(&account.id), region).json("account", account)?.flag("retired", retired).finish()
}

/// The account, unless it is retired.
fn read_account(map: Attributes) -> Result<Option<Account>, LedgerError> {
    let row = Row::open(map)?;
    let account: Account = row.json("account")?;
    if row.s("sk")? != account.id.as_str() {
        return Err(row.tampered());
    }
    Ok((!row.flag("retired")?).then_some(account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Autonomy, Environment};

    fn account(id: &str, name: &str) -> Account {
        Account {
            id: AccountId::parse(id).unwrap(),
            name: name.into(),
            environment: Environment::Dev,
            owner: "team".into(),
            regions: vec!["us-east-1".into()],
            tags: std::collections::BTreeMap::new(),
            autonomy: Autonomy::Tiered,
        }
    }

    #[test]
    fn an_account_reads_back_unless_it_is_retired_or_moved() {
        let dev = account("222222222222", "dev");
        assert_eq!(read_account(account_item(&dev, false, "r").unwrap()).unwrap(), Some(dev.clone()));
        assert_eq!(read_account(account_item(&dev, true, "r").unwrap()).unwrap(), None);
        let mut moved = account_item(&dev, false, "r").unwrap();
        moved.insert("sk".into(), AttributeValue::S("333333333333".into()));
        assert!(matches!(read_account(moved), Err(LedgerError::Tampered { .. })));
    }

    #[test]
    fn only_what_differs_is_written_and_names_are_held_by_one_account() {
        let dev = account("222222222222", "dev");
        let prod = account("333333333333", "prod");
        let mut done = Registered::default();
        let list = [dev.clone(), prod.clone()];
        assert_eq!(diff(&list, std::slice::from_ref(&dev), &mut done).unwrap().len(), 1);
        assert_eq!((done.added, done.unchanged), (vec!["prod".to_owned()], 1));
        let taken = [account("444444444444", "dev")];
        assert!(diff(&taken, std::slice::from_ref(&dev), &mut Registered::default()).is_err());
        let swapped = [account("222222222222", "prod"), account("333333333333", "dev")];
        assert_eq!(diff(&swapped, &list, &mut Registered::default()).unwrap().len(), 2);
        let twice = [dev.clone(), dev];
        assert!(diff(&twice, &[], &mut Registered::default()).is_err());
    }
}
