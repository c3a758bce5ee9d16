//! `accounts` and `accounts load`.
//!
//! Entry: [`accounts`]. Invariant: a file is sent only when every account in it passes the checks that the
//! registry makes, so that a mistake is named with its line before anything leaves this machine.

use std::{collections::BTreeMap, path::Path};

use domain::{Account, Text, account::AccountError};
use serde_json::json;
use ureq::http::Method;

use crate::{
    args::AccountsCommand,
    endpoint::Call,
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    wire::{AccountPage, AccountRow, Decided},
};

/// `accounts`.
pub(super) fn accounts(context: &mut Context<'_, '_>, command: Option<&AccountsCommand>) -> Result<Exit, CliError> {
    match command {
        None => list(context),
        Some(AccountsCommand::Load { file }) => load(context, file),
    }
}

fn list(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::get("/v1/accounts", &[]))?;
    let page: AccountPage = endpoint.read(&answer)?;
    if page.accounts.is_empty() {
        context.screen.say(&Message::NoAccounts)?;
    } else {
        let header = [
            Message::ColumnName,
            Message::ColumnId,
            Message::ColumnEnvironment,
            Message::ColumnRegion,
            Message::ColumnOwner,
            Message::ColumnAutonomy,
        ];
        let cells = |a: AccountRow| vec![a.name, a.id, a.environment, a.regions.join(" "), a.owner, a.autonomy];
        context.screen.table(&header, page.accounts.into_iter().map(cells).collect())?;
    }
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}

fn load(context: &mut Context<'_, '_>, file: &Path) -> Result<Exit, CliError> {
    let text = std::fs::read_to_string(file).map_err(|source| CliError::File { path: file.to_owned(), source })?;
    let accounts = parse(&text).map_err(|why| CliError::AccountsFile { path: file.to_owned(), why })?;
    let endpoint = context.endpoint()?;
    let body = json!({"accounts": accounts});
    let answer = endpoint.call(&Call::send(Method::PUT, "/v1/accounts", &body))?;
    let decided: Decided = endpoint.read(&answer)?;
    let lang = context.screen.lang;
    match &decided.message {
        Some(message) => context.screen.show(message.in_lang(lang))?,
        None => context.screen.say(&Message::AccountsLoaded { count: accounts.len() })?,
    }
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}

/// Reads and checks a YAML list of accounts.
fn parse(text: &str) -> Result<Vec<Account>, Text> {
    let accounts: Vec<Account> = serde_saphyr::from_str(text).map_err(|error| {
        let detail = error.to_string();
        Text::new(format!("is not a list of accounts: {detail}"), format!("不是账户列表：{detail}"))
    })?;
    if accounts.is_empty() {
        return Err(Text::new("holds no account", "没有任何账户"));
    }
    let (mut names, mut ids) = (BTreeMap::new(), BTreeMap::new());
    for (n, account) in accounts.iter().enumerate() {
        let number = n + 1;
        account.check().map_err(|error| {
            let (en, zh) = (error.to_string(), zh(&error));
            Text::new(format!("account {number}: {en}"), format!("第 {number} 个账户：{zh}"))
        })?;
        if let Some(first) = names.insert(account.name.as_str(), number) {
            return Err(twice(first, number, &account.name));
        }
        if let Some(first) = ids.insert(account.id.as_str(), number) {
            return Err(twice(first, number, account.id.as_str()));
        }
    }
    Ok(accounts)
}

fn twice(first: usize, second: usize, value: &str) -> Text {
    Text::new(format!("accounts {first} and {second} are both `{value}`"), format!("第 {first} 个和第 {second} 个账户都是 `{value}`"))
}

fn zh(error: &AccountError) -> String {
    match error {
        AccountError::Id(id) => format!("`{id}` 不是 12 位账户号"),
        AccountError::Name(name) => format!("`{name}` 不是账户名（小写字母、数字和连字符，最多 39 个字符，以字母开头）"),
        AccountError::NoRegion(name) => format!("账户 `{name}` 没有区域"),
        AccountError::Region(region) => format!("`{region}` 不是区域"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "- id: 012345678901\n  name: dev\n  environment: dev\n  owner: team-a\n  regions: [us-east-1]\n\
                        - id: '222222222222'\n  name: prod\n  environment: prod\n  owner: team-b\n  regions: [us-east-1, eu-west-1]\n  autonomy: approval\n  tags: {cost: '7'}\n";

    #[test]
    fn an_unquoted_id_keeps_its_leading_zero() {
        let accounts = parse(GOOD).unwrap();
        assert_eq!(accounts[0].id.as_str(), "012345678901");
        assert_eq!(accounts[1].regions.len(), 2);
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let cases = [
            ("", "holds no account"),
            ("[]", "holds no account"),
            ("{}", "not a list"),
            ("- id: 12\n  name: a\n  environment: dev\n  owner: o\n  regions: [us-east-1]\n", "`12` is not a 12-digit account id"),
            ("- id: '222222222222'\n  name: a\n  environment: dev\n  regions: [us-east-1]\n", "missing field `owner`"),
            (
                "- id: '222222222222'\n  name: a\n  environment: dev\n  owner: o\n  regions: [us-east-1]\n  colour: red\n",
                "unknown field `colour`",
            ),
            (
                "- id: '222222222222'\n  name: Prоd\n  environment: dev\n  owner: o\n  regions: [us-east-1]\n",
                "account 1: `Prоd` is not an account name",
            ),
            ("- id: '222222222222'\n  name: a\n  environment: live\n  owner: o\n  regions: [us-east-1]\n", "unknown variant `live`"),
            ("- id: '222222222222'\n  name: a\n  environment: dev\n  owner: o\n  regions: []\n", "account 1: account `a` has no region"),
        ];
        for (yaml, words) in cases {
            let error = parse(yaml).unwrap_err();
            assert!(error.en.contains(words), "{yaml}\n{}", error.en);
            assert_ne!(error.en, error.zh);
        }
        let same = GOOD.replace("name: prod", "name: dev");
        assert!(parse(&same).unwrap_err().en.contains("accounts 1 and 2 are both `dev`"));
    }
}
