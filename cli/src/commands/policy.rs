//! `policy` and `rules`: would it be allowed, what if the rules were others, and changing them by two people.
//!
//! Entry: one function a command. Invariant: a set of rules and a file of situations are read by the same code as in the fleet, on this
//! machine, so that a mistake is named before anything leaves it.

use std::path::{Path, PathBuf};

use domain::{EpochMs, Text};
use policy::{DEFAULTS, RuleSet, Situation, Source};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ureq::http::Method;

use crate::{
    args::{Explain, PolicyCommand, RulesCommand, SettingArg},
    endpoint::Call,
    error::{CliError, Exit},
    messages::Message,
    run::Context,
    surroundings,
    wire::Decided,
};

/// A file of rules, as the endpoint takes and shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PolicyFile {
    name: String,
    text: String,
}

/// `policy …`.
pub(super) fn policy(context: &mut Context<'_, '_>, command: &PolicyCommand) -> Result<Exit, CliError> {
    match command {
        PolicyCommand::Explain(args) => explain(context, args),
        PolicyCommand::Check { rules } => {
            let set = load(&read_rules(rules)?)?;
            context.screen.say(&Message::RulesAreGood { rules: set.len(), version: set.version() })?;
            context.screen.document(&json!({"rules": set.len(), "version": set.version()}))?;
            Ok(Exit::Ok)
        }
        PolicyCommand::Simulate { file, rules } => simulate(context, file, rules.as_deref()),
        PolicyCommand::Compare { rules, file } => compare(context, rules, file),
    }
}

fn explain(context: &mut Context<'_, '_>, args: &Explain) -> Result<Exit, CliError> {
    let at = args.at.as_deref().map(instant).transpose()?;
    let mut body = json!({"operation": args.operation, "account": args.account});
    if let Some(map) = body.as_object_mut() {
        map.extend(args.person.as_ref().map(|p| ("as".to_owned(), json!(p))));
        map.extend(at.map(|at| ("at".to_owned(), json!(at))));
        map.extend(args.targets.map(|n| ("targets".to_owned(), json!(n))));
    }
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::send(Method::POST, "/v1/rules/explain", &body).in_lang(context.screen.lang))?;
    context.screen.show(answer.get("text").and_then(Value::as_str).unwrap_or_default())?;
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}

/// RFC 3339 (`2026-12-24T22:00:00Z`) as an instant.
fn instant(text: &str) -> Result<EpochMs, CliError> {
    EpochMs::parse_rfc3339(text).ok_or_else(|| CliError::Argument {
        what: Text::new(
            format!("`{text}` is no instant; write it like 2026-12-24T22:00:00Z or 2026-12-24T22:00:00+08:00"),
            format!("`{text}` 不是时间；请写成 2026-12-24T22:00:00Z 或 2026-12-24T22:00:00+08:00"),
        ),
    })
}

fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })
}

/// The `.cedar` files of a directory in the order of their names, or one file.
fn read_rules(path: &Path) -> Result<Vec<PolicyFile>, CliError> {
    let fault = |source| CliError::File { path: path.to_owned(), source };
    let mut files: Vec<PathBuf> = if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(fault)?.collect::<Result<Vec<_>, _>>().map_err(fault)?;
        entries.into_iter().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "cedar")).collect()
    } else {
        vec![path.to_owned()]
    };
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // What always holds comes with the program and cannot be replaced.
        if name != policy::ALWAYS.name {
            found.push(PolicyFile { name, text: read(&file)? });
        }
    }
    Ok(found)
}

fn load(files: &[PolicyFile]) -> Result<RuleSet, CliError> {
    let sources: Vec<Source<'_>> = files.iter().map(|f| Source { name: &f.name, text: &f.text }).collect();
    RuleSet::load(&sources).map_err(|e| CliError::Argument { what: e.text() })
}

fn situations(file: &Path) -> Result<Vec<Situation>, CliError> {
    Situation::read_lines(&read(file)?).map_err(|e| {
        let why = format!("{}: {e}", file.display());
        CliError::Argument { what: Text::new(why.clone(), why) }
    })
}

fn simulate(context: &mut Context<'_, '_>, file: &Path, rules: Option<&Path>) -> Result<Exit, CliError> {
    let rules = match rules {
        Some(path) => load(&read_rules(path)?)?,
        None => RuleSet::load(&DEFAULTS).map_err(|e| CliError::Argument { what: e.text() })?,
    };
    let outcomes = policy::simulate(&rules, &situations(file)?, surroundings::now());
    let wrong = outcomes.iter().filter(|o| o.as_expected == Some(false)).count();
    let row = |o: &policy::Outcome| {
        let held = match o.as_expected {
            Some(true) => "=",
            Some(false) => "!",
            None => "",
        };
        vec![held.to_owned(), o.name.clone(), o.answer.as_str().to_owned(), o.rules.join(" ")]
    };
    let header = [Message::ColumnExpected, Message::ColumnName, Message::ColumnAnswer, Message::ColumnRules];
    context.screen.table(&header, outcomes.iter().map(row).collect())?;
    context.screen.say(&Message::Simulated { situations: outcomes.len(), wrong, version: rules.version() })?;
    context.screen.document(&json!({"version": rules.version(), "unexpected": wrong, "outcomes": outcomes}))?;
    Ok(if wrong == 0 { Exit::Ok } else { Exit::Refused })
}

fn compare(context: &mut Context<'_, '_>, rules: &Path, file: &Path) -> Result<Exit, CliError> {
    let other = load(&read_rules(rules)?)?;
    let situations = situations(file)?;
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::get("/v1/rules", &[]))?;
    let live = load(&in_force(&answer)?)?;
    let differences = policy::compare(&live, &other, &situations, surroundings::now());
    let row = |d: &policy::Difference| {
        let mark = if d.looser { "!" } else { "" };
        vec![
            mark.to_owned(),
            d.name.clone(),
            d.live.answer.as_str().to_owned(),
            d.other.answer.as_str().to_owned(),
            d.other.rules.join(" "),
        ]
    };
    let header = [Message::ColumnLooser, Message::ColumnName, Message::ColumnLive, Message::ColumnAnswer, Message::ColumnRules];
    if !differences.is_empty() {
        context.screen.table(&header, differences.iter().map(row).collect())?;
    }
    context.screen.say(&Message::Compared { situations: situations.len(), differences: differences.len() })?;
    context.screen.document(&json!({"live": live.version(), "other": other.version(), "differences": differences}))?;
    Ok(Exit::Ok)
}

/// The policies in force in the endpoint's answer; the default ones where nobody has set others.
fn in_force(answer: &Value) -> Result<Vec<PolicyFile>, CliError> {
    let rules = answer.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = rules.iter().find(|r| r.get("kind").is_some_and(|k| k == "policies")).and_then(|r| r.pointer("/in_force/text"));
    match text.and_then(Value::as_str) {
        Some(text) => serde_json::from_str(text).map_err(|source| CliError::BadAnswer { url: "/v1/rules".to_owned(), source }),
        None => Ok(DEFAULTS.iter().map(|s| PolicyFile { name: s.name.to_owned(), text: s.text.to_owned() }).collect()),
    }
}

/// `rules …`.
pub(super) fn rules(context: &mut Context<'_, '_>, command: &RulesCommand) -> Result<Exit, CliError> {
    match command {
        RulesCommand::Show => show(context),
        RulesCommand::Calendar { file } => change(context, &json!({"calendar": read(file)?})),
        RulesCommand::Exceptions { file } => change(context, &json!({"exceptions": read(file)?})),
        RulesCommand::Policies { rules } => {
            let files = read_rules(rules)?;
            load(&files)?;
            change(context, &json!({"policies": files}))
        }
        RulesCommand::Confirm { kind, digest } => {
            let kind = match kind {
                SettingArg::Accounts => "accounts",
                SettingArg::Calendar => "calendar",
                SettingArg::Policies => "policies",
                SettingArg::Exceptions => "exceptions",
            };
            change(context, &json!({"confirm": {"kind": kind, "digest": digest}}))
        }
    }
}

fn show(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::get("/v1/rules", &[]))?;
    let rules = answer.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for rule in rules {
        let kind = rule.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        for (name, waiting) in [("in_force", false), ("waiting", true)] {
            let Some(part) = rule.get(name).filter(|part| part.is_object()) else { continue };
            let word = |key: &str| part.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (digest, author, text) = (word("digest"), word("author"), word("text"));
            context.screen.say(&Message::RulesHead { kind: &kind, waiting, digest: &digest, author: &author })?;
            context.screen.show(&text)?;
        }
    }
    let version = answer.get("policy_version").and_then(Value::as_str).unwrap_or_default().to_owned();
    context.screen.say(&Message::RulesVersion { version: &version })?;
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}

fn change(context: &mut Context<'_, '_>, body: &Value) -> Result<Exit, CliError> {
    let endpoint = context.endpoint()?;
    let answer = endpoint.call(&Call::send(Method::PUT, "/v1/rules", body).in_lang(context.screen.lang))?;
    let decided: Decided = endpoint.read(&answer)?;
    let lang = context.screen.lang;
    if let Some(message) = &decided.message {
        context.screen.show(message.in_lang(lang))?;
    }
    context.screen.document(&answer)?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_their_offset() {
        assert_eq!(instant("1970-01-01T00:00:01Z").unwrap(), EpochMs(1000));
        assert_eq!(instant("1970-01-01T08:00:01+08:00").unwrap(), EpochMs(1000));
        assert!(instant("tomorrow").is_err());
    }

    #[test]
    fn rules_in_force_are_the_default_ones_where_nobody_set_others() {
        let none = json!({"rules": [{"kind": "policies", "in_force": null}]});
        assert_eq!(in_force(&none).unwrap().len(), DEFAULTS.len());
        let own = json!({"rules": [{"kind": "policies", "in_force": {"text": "[{\"name\":\"a\",\"text\":\"\"}]"}}]});
        assert_eq!(in_force(&own).unwrap(), [PolicyFile { name: "a".into(), text: String::new() }]);
    }
}
