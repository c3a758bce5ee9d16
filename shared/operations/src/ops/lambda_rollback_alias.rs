//! `lambda.rollback_alias`: UpdateAlias to a version that was published before.
//!
//! Without a version it is the newest published one below the alias's present version. An alias that sends a part of its calls to a
//! second version has no "one before": then the version must be named. The alias gets all calls to the one version; undo puts version
//! and weights back as they were. Post-condition: the alias shows them.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_lambda::{operation::RequestId, types::AliasRoutingConfiguration};
use domain::{Facts, Params, PlannedTarget, PreviewNote, Undo, Value, text::inert};

use super::lambda_function::{GET_FUNCTION, LIST_TAGS, SHAPE, read_function};
use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, code_of, effect_error, read_error},
    note::{info, unknown, warning},
    observe::ReadClients,
    operation::{Direction, Effect, Observed, Operation, Proposal, Refusal, Scope},
    param,
    target::TargetShape,
};

pub(crate) struct RollbackAlias;

const GET_ALIAS: &str = "lambda:GetAlias";
const LIST_VERSIONS: &str = "lambda:ListVersionsByFunction";
const UPDATE: &str = "lambda:UpdateAlias";

/// Most pages of versions that are read; a page holds at most 50
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>).
const PAGES: usize = 200;

#[async_trait]
impl Operation for RollbackAlias {
    fn id(&self) -> &'static str {
        "lambda.rollback_alias"
    }

    fn shape(&self) -> &'static TargetShape {
        &SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[GET_ALIAS, GET_FUNCTION, LIST_TAGS, LIST_VERSIONS]
    }

    fn actions(&self, _: Direction) -> &'static [&'static str] {
        &[UPDATE]
    }

    fn check_params(&self, params: &Params) -> Result<Params, OperationError> {
        param::only(params, &["alias", "version"])?;
        let alias = param::text(params, "alias")?.ok_or_else(|| param::missing("alias"))?;
        let named = (1..=128).contains(&alias.len())
            && alias.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !alias.bytes().all(|b| b.is_ascii_digit());
        if !named {
            return Err(param::fault(
                "alias",
                "may hold letters, digits, `-` and `_`, and not digits alone",
                "只能包含字母、数字、`-` 和 `_`，且不能全为数字",
            ));
        }
        let mut checked: Params = [("alias".to_owned(), Value::from(alias))].into();
        if let Some(version) = param::text(params, "version")? {
            number(version)
                .ok_or_else(|| param::fault("version", "must be the number of a published version", "必须是已发布版本的版本号"))?;
            checked.insert("version".to_owned(), version.into());
        }
        Ok(checked)
    }

    async fn observe(
        &self,
        clients: &ReadClients,
        _: &Scope,
        targets: &[String],
        params: &Params,
    ) -> Result<Vec<Observed>, OperationError> {
        let alias = text(params, "alias").unwrap_or_default();
        let mut seen = Vec::new();
        for name in targets {
            let (mut one, _) = read_function(clients, name).await?;
            one.facts = read_alias(clients, name, alias).await?;
            let published = read_versions(clients, name).await?;
            let now = one.facts.get("version").and_then(Value::as_text).and_then(number);
            let before = published.iter().filter(|v| now.is_some_and(|now| v.number < now)).max_by_key(|v| v.number);
            let wanted = match text(params, "version").and_then(number) {
                Some(wanted) => published.iter().find(|v| v.number == wanted),
                None => before,
            };
            let facts = &mut one.context.facts;
            facts.insert("published_versions".into(), i64::try_from(published.len()).unwrap_or(i64::MAX).into());
            if let Some(wanted) = wanted {
                facts.insert("to_version".into(), wanted.number.to_string().into());
                facts.insert("to_version_of".into(), wanted.modified.clone().map_or(Value::Absent, Value::Text));
                let code = |of: i64| published.iter().find(|v| v.number == of).and_then(|v| v.code.clone());
                let same = now.and_then(code).zip(wanted.code.clone()).map(|(now, then)| now == then);
                facts.insert("same_code".into(), same.map_or(Value::Absent, Value::Bool));
            }
            seen.push(one);
        }
        Ok(seen)
    }

    fn propose(&self, observed: &[Observed], params: &Params) -> Result<Proposal, Refusal> {
        let alias = text(params, "alias").unwrap_or_default();
        let named = text(params, "version");
        let mut pairs = Vec::new();
        for one in observed {
            let weighted = one.facts.get("weights").is_some_and(|w| *w != Value::Absent);
            let refuse = |code, en: String, zh: String| Refusal::new(code, Some(&one.id), en, zh);
            if weighted && named.is_none() {
                return Err(refuse(
                    "weighted",
                    format!("Alias {alias} of {} sends its calls to more than one version; say to which one it should go back.", one.id),
                    format!("{} 的别名 {alias} 正在向多个版本分流；请指明要回到哪个版本。", one.id),
                ));
            }
            let Some(to) = one.context.facts.get("to_version").and_then(Value::as_text) else {
                return Err(match named {
                    Some(version) => refuse(
                        "no_such_version",
                        format!("{} has no published version {version}.", one.id),
                        format!("{} 没有已发布的版本 {version}。", one.id),
                    ),
                    None => refuse(
                        "no_earlier_version",
                        format!("{} has no published version before the one that alias {alias} points to.", one.id),
                        format!("{} 在别名 {alias} 所指版本之前没有已发布的版本。", one.id),
                    ),
                });
            };
            let after: Facts = [("version".to_owned(), to.into()), ("weights".to_owned(), Value::Absent)].into();
            if one.facts == after {
                return Err(refuse(
                    "already_set",
                    format!("Nothing to do: alias {alias} of {} points to version {to} already.", one.id),
                    format!("无需操作：{} 的别名 {alias} 已指向版本 {to}。", one.id),
                ));
            }
            let mut changes = Vec::new();
            for (field, value) in &after {
                let before = one.facts.get(field).unwrap_or(&Value::Absent);
                if before != value {
                    changes.push((format!("{alias}.{field}"), before.to_string(), value.to_string()));
                }
            }
            let planned =
                PlannedTarget { id: one.id.clone(), arn: one.arn.clone(), before: one.facts.clone(), after, restores: one.facts.clone() };
            pairs.push((planned, one.preview(changes, about(one, alias, to))));
        }
        Ok(Proposal::new(pairs, Undo::Restores, Vec::new(), Some(0)))
    }

    async fn execute(
        &self,
        clients: &WriteClients,
        _: &Scope,
        target: &PlannedTarget,
        params: &Params,
        _: &str,
    ) -> Result<Effect, EffectError> {
        point(clients, &target.id, params, &target.after).await
    }

    async fn undo(
        &self,
        clients: &WriteClients,
        _: &Scope,
        target: &PlannedTarget,
        params: &Params,
        _: &str,
    ) -> Result<Effect, EffectError> {
        point(clients, &target.id, params, &target.restores).await
    }
}

fn text<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Value::as_text)
}

/// The number of a published version; `$LATEST` is none, and an alias that points there has nothing before it.
fn number(version: &str) -> Option<i64> {
    let ok = (1..=18).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_digit()) && !version.starts_with('0');
    version.parse().ok().filter(|_| ok)
}

/// A published version.
struct Published {
    number: i64,
    modified: Option<String>,
    code: Option<String>,
}

/// `version` and `weights` (a map from version to share, or absent).
async fn read_alias(clients: &ReadClients, name: &str, alias: &str) -> Result<Facts, OperationError> {
    let call = clients.lambda.get_alias().function_name(name).name(alias);
    let answer = call.send().await.map_err(|error| match code_of(&error) {
        Some("ResourceNotFoundException") => OperationError::TargetNotFound { target: format!("{name}:{alias}") },
        _ => read_error(GET_ALIAS, error),
    })?;
    let version = answer.function_version().ok_or(OperationError::Incomplete { action: GET_ALIAS, what: "a version" })?;
    let weights = answer.routing_config().and_then(|routing| routing.additional_version_weights()).filter(|w| !w.is_empty());
    // The shortest text that reads back as the same number, so that undo restores exactly this.
    let weights = weights.map(|w| w.iter().map(|(version, share)| (version.clone(), Value::from(share.to_string()))).collect());
    let weights = weights.map_or(Value::Absent, Value::Map);
    Ok([("version".to_owned(), Value::from(version)), ("weights".to_owned(), weights)].into())
}

async fn read_versions(clients: &ReadClients, name: &str) -> Result<Vec<Published>, OperationError> {
    let (mut found, mut marker) = (Vec::new(), None);
    for _ in 0..PAGES {
        let call = clients.lambda.list_versions_by_function().function_name(name).set_marker(marker);
        let page = call.send().await.map_err(|error| read_error(LIST_VERSIONS, error))?;
        found.extend(page.versions().iter().filter_map(|version| {
            Some(Published {
                number: number(version.version()?)?,
                modified: version.last_modified().map(str::to_owned),
                code: version.code_sha256().map(str::to_owned),
            })
        }));
        marker = page.next_marker().map(str::to_owned).filter(|next| !next.is_empty());
        if marker.is_none() {
            return Ok(found);
        }
    }
    Err(OperationError::Incomplete { action: LIST_VERSIONS, what: "an end" })
}

/// Points the alias to what the facts say.
async fn point(clients: &WriteClients, name: &str, params: &Params, to: &Facts) -> Result<Effect, EffectError> {
    let malformed = |what: &str| EffectError::refused(UPDATE, "Malformed", what);
    let alias = text(params, "alias").ok_or_else(|| malformed("the plan names no alias"))?;
    let version = to.get("version").and_then(Value::as_text).ok_or_else(|| malformed("the plan holds no version"))?;
    let weights: HashMap<String, f64> = match to.get("weights") {
        Some(Value::Map(weights)) => {
            let share =
                |value: &Value| value.as_text().and_then(|text| text.parse::<f64>().ok()).filter(|share| (0.0..=1.0).contains(share));
            let read = weights.iter().map(|(version, value)| Some((version.clone(), share(value)?)));
            read.collect::<Option<_>>().ok_or_else(|| malformed("the plan's weights cannot be read"))?
        }
        _ => HashMap::new(),
    };
    // Empty weights take former ones away; left out they would stay.
    let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
    let call = clients.lambda.update_alias().function_name(name).name(alias).function_version(version).routing_config(routing);
    let answer = call.send().await.map_err(|e| effect_error(UPDATE, e))?;
    Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
}

fn about(one: &Observed, alias: &str, to: &str) -> Vec<PreviewNote> {
    let mut notes = Vec::new();
    if one.context.facts.get("same_code") == Some(&Value::Bool(true)) {
        notes.push(warning(
            "alias.same_code",
            format!("Version {to} has the same code as the present one: only its configuration differs."),
            format!("版本 {to} 与当前版本代码相同：只有配置不同。"),
        ));
    }
    if let Some(when) = one.context.facts.get("to_version_of").and_then(Value::as_text) {
        let when = inert(when, 40);
        notes.push(info("alias.version_age", format!("Version {to} was published on {when}."), format!("版本 {to} 发布于 {when}。")));
    }
    if one.facts.get("weights").is_some_and(|w| *w != Value::Absent) {
        notes.push(info(
            "alias.weights_end",
            format!("All calls of alias {alias} go to version {to}; the shares of other versions end."),
            format!("别名 {alias} 的所有调用都会进入版本 {to}；其他版本的分流随之结束。"),
        ));
    }
    notes.push(unknown(
        "alias.provisioned_unread",
        "Whether that version has provisioned concurrency was not read: its first calls may start cold.",
        "未读取该版本是否有预置并发：最初的调用可能冷启动。",
    ));
    notes.push(info(
        "downtime.expected",
        "No interruption by the change itself; calls under way end on the version that they began on.",
        "修改本身不会造成中断；正在进行的调用会在原版本上结束。",
    ));
    notes
}
