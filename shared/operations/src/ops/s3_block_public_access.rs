//! `s3.block_public_access`: PutPublicAccessBlock with all four flags on a bucket.
//!
//! Undo: put the former flags back, or delete the configuration where there was none. Post-condition: all four flags true.
//! Every call names the expected owner, so a bucket of another account is never read or changed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
    types::PublicAccessBlockConfiguration,
};
use domain::{Facts, Params, PlannedTarget, PreviewNote, Undo, Value, text::inert};

use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, code_of, effect_error, read_error},
    note::{info, unknown, unread, warning},
    observe::ReadClients,
    operation::{Context, Direction, Effect, Observed, Operation, Proposal, Refusal, Scope},
    target::TargetShape,
};

pub(crate) struct BlockPublicAccess;

const GET_BLOCK: &str = "s3:GetBucketPublicAccessBlock";
const GET_POLICY: &str = "s3:GetBucketPolicy";
const GET_POLICY_STATUS: &str = "s3:GetBucketPolicyStatus";
const GET_ACL: &str = "s3:GetBucketAcl";
const GET_WEBSITE: &str = "s3:GetBucketWebsite";
const GET_TAGGING: &str = "s3:GetBucketTagging";
/// Deleting the configuration needs the same action.
const PUT_BLOCK: &str = "s3:PutBucketPublicAccessBlock";

const BLOCK: &str = "public_access_block";
const FLAGS: [&str; 4] = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

static SHAPE: TargetShape = TargetShape {
    service: "s3",
    prefix: "",
    regional: false,
    expected: ("bucket name", "存储桶名称"),
    id: |text| {
        let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let ok = (3..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
            && ends(text.bytes().next())
            && ends(text.bytes().last())
            && !text.contains("..");
        ok.then(|| text.to_owned())
    },
};

#[async_trait]
impl Operation for BlockPublicAccess {
    fn id(&self) -> &'static str {
        "s3.block_public_access"
    }

    fn shape(&self) -> &'static TargetShape {
        &SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[GET_ACL, GET_POLICY, GET_POLICY_STATUS, GET_BLOCK, GET_TAGGING, GET_WEBSITE]
    }

    fn actions(&self, _: Direction) -> &'static [&'static str] {
        &[PUT_BLOCK]
    }

    async fn observe(&self, clients: &ReadClients, scope: &Scope, targets: &[String], _: &Params) -> Result<Vec<Observed>, OperationError> {
        let mut seen = Vec::new();
        for bucket in targets {
            let facts = [(BLOCK.to_owned(), read_block(clients, scope, bucket).await?)].into();
            let mut context = Context { name: Some(bucket.clone()), ..Context::default() };
            let owner = scope.account.as_str();
            add_tags(clients, owner, bucket, &mut context).await;
            add_policy(clients, owner, bucket, &mut context).await;
            add_acl(clients, owner, bucket, &mut context).await;
            add_website(clients, owner, bucket, &mut context).await;
            seen.push(Observed { id: bucket.clone(), arn: format!("arn:{}:s3:::{bucket}", scope.partition), facts, context });
        }
        Ok(seen)
    }

    fn propose(&self, observed: &[Observed], _: &Params) -> Result<Proposal, Refusal> {
        let after: Facts = [(BLOCK.to_owned(), flags([true; 4]))].into();
        let mut notes = Vec::new();
        let mut pairs = Vec::new();
        for one in observed {
            if one.facts == after {
                notes.push(info(
                    "target.left_out",
                    format!("Bucket {} blocks public access already and is left out.", one.id),
                    format!("存储桶 {} 已阻止公共访问，不在计划内。", one.id),
                ));
                continue;
            }
            let former = one.facts.get(BLOCK).unwrap_or(&Value::Absent);
            let changes = FLAGS
                .iter()
                .map(|flag| {
                    let before = match former {
                        Value::Map(map) => map.get(*flag).unwrap_or(&Value::Absent).to_string(),
                        other => other.to_string(),
                    };
                    ((*flag).to_owned(), before, "true".to_owned())
                })
                .filter(|(_, before, after)| before != after)
                .collect();
            let planned = PlannedTarget {
                id: one.id.clone(),
                arn: one.arn.clone(),
                before: one.facts.clone(),
                after: after.clone(),
                restores: one.facts.clone(),
            };
            pairs.push((planned, one.preview(changes, about(one))));
        }
        if pairs.is_empty() {
            return Err(Refusal::new(
                "already_blocked",
                None,
                "Nothing to do: all four public access blocks are on.",
                "无需操作：四项公共访问阻止设置均已打开。",
            ));
        }
        Ok(Proposal::new(pairs, Undo::Restores, notes, Some(0)))
    }

    async fn execute(
        &self,
        clients: &WriteClients,
        scope: &Scope,
        target: &PlannedTarget,
        _: &Params,
        _: &str,
    ) -> Result<Effect, EffectError> {
        put(clients, scope, &target.id, target.after.get(BLOCK)).await
    }

    async fn undo(
        &self,
        clients: &WriteClients,
        scope: &Scope,
        target: &PlannedTarget,
        _: &Params,
        _: &str,
    ) -> Result<Effect, EffectError> {
        put(clients, scope, &target.id, target.restores.get(BLOCK)).await
    }
}

/// Puts four flags, or deletes the configuration where none is wanted.
async fn put(clients: &WriteClients, scope: &Scope, bucket: &str, wanted: Option<&Value>) -> Result<Effect, EffectError> {
    let owner = scope.account.as_str();
    match wanted {
        Some(Value::Map(map)) => {
            let flag = |name: &str| map.get(name).and_then(Value::as_bool);
            let configuration = PublicAccessBlockConfiguration::builder()
                .set_block_public_acls(flag("block_public_acls"))
                .set_block_public_policy(flag("block_public_policy"))
                .set_ignore_public_acls(flag("ignore_public_acls"))
                .set_restrict_public_buckets(flag("restrict_public_buckets"))
                .build();
            let call = clients.s3.put_public_access_block().bucket(bucket).expected_bucket_owner(owner);
            let answer = call.public_access_block_configuration(configuration).send().await.map_err(|e| effect_error(PUT_BLOCK, e))?;
            Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
        }
        Some(Value::Absent) => {
            let call = clients.s3.delete_public_access_block().bucket(bucket).expected_bucket_owner(owner);
            let answer = call.send().await.map_err(|e| effect_error(PUT_BLOCK, e))?;
            Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false })
        }
        _ => Err(EffectError::refused(PUT_BLOCK, "Malformed", "the plan holds no public access block")),
    }
}

/// The four flags in the order of [`FLAGS`].
fn flags(values: [bool; 4]) -> Value {
    Value::Map(FLAGS.iter().zip(values).map(|(name, value)| ((*name).to_owned(), Value::Bool(value))).collect())
}

/// The main fact: four flags, or known to be absent.
async fn read_block(clients: &ReadClients, scope: &Scope, bucket: &str) -> Result<Value, OperationError> {
    let call = clients.s3.get_public_access_block().bucket(bucket).expected_bucket_owner(scope.account.as_str());
    match call.send().await {
        Ok(answer) => {
            let block = answer.public_access_block_configuration();
            let block = block.ok_or(OperationError::Incomplete { action: GET_BLOCK, what: "a configuration" })?;
            let [a, b, c, d] =
                [block.block_public_acls(), block.block_public_policy(), block.ignore_public_acls(), block.restrict_public_buckets()]
                    .map(Option::unwrap_or_default);
            Ok(flags([a, b, c, d]))
        }
        Err(error) => match code_of(&error) {
            Some("NoSuchPublicAccessBlockConfiguration") => Ok(Value::Absent),
            Some("NoSuchBucket") => Err(OperationError::TargetNotFound { target: bucket.to_owned() }),
            _ => match home_region(&error) {
                Some(region) if region != scope.region => Err(OperationError::Elsewhere { target: bucket.to_owned(), region }),
                _ => Err(read_error(GET_BLOCK, error)),
            },
        },
    }
}

/// The bucket's region, where S3 answers that the request went to the wrong one.
fn home_region<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<String> {
    let moved =
        matches!(code_of(error), Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" | "301"));
    let status = error.raw_response().map(|r| r.status().as_u16());
    if !moved && status != Some(301) {
        return None;
    }
    let region = error.raw_response().and_then(|r| r.headers().get("x-amz-bucket-region"));
    Some(inert(region.unwrap_or("another one"), 32))
}

async fn add_tags(clients: &ReadClients, owner: &str, bucket: &str, context: &mut Context) {
    match clients.s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(owner).send().await {
        Ok(answer) => {
            context.tags = answer.tag_set().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect::<BTreeMap<_, _>>()
        }
        Err(error) if code_of(&error) == Some("NoSuchTagSet") => {}
        Err(error) => context.notes.push(unread("tags.unread", ("tags", "标签"), &read_error(GET_TAGGING, error))),
    }
}

async fn add_policy(clients: &ReadClients, owner: &str, bucket: &str, context: &mut Context) {
    let policy = match clients.s3.get_bucket_policy().bucket(bucket).expected_bucket_owner(owner).send().await {
        Ok(answer) => answer.policy().unwrap_or_default().to_owned(),
        Err(error) if code_of(&error) == Some("NoSuchBucketPolicy") => {
            context.facts.insert("bucket_policy".into(), "none".into());
            return;
        }
        Err(error) => {
            context.notes.push(unread("policy.unread", ("the bucket policy", "存储桶策略"), &read_error(GET_POLICY, error)));
            return;
        }
    };
    if policy.contains("cloudfront.amazonaws.com") || policy.contains("CloudFront Origin Access Identity") {
        context.facts.insert("cloudfront_in_policy".into(), true.into());
    }
    let status = clients.s3.get_bucket_policy_status().bucket(bucket).expected_bucket_owner(owner).send().await;
    let word = match status.map(|answer| answer.policy_status().and_then(|s| s.is_public())) {
        Ok(Some(true)) => "public",
        Ok(Some(false)) => "not public",
        Ok(None) => {
            let missing = OperationError::Incomplete { action: GET_POLICY_STATUS, what: "a status" };
            context.notes.push(unread("policy.status_unread", ("whether the bucket policy is public", "策略是否公开"), &missing));
            "present"
        }
        Err(error) => {
            let error = read_error(GET_POLICY_STATUS, error);
            context.notes.push(unread("policy.status_unread", ("whether the bucket policy is public", "策略是否公开"), &error));
            "present"
        }
    };
    context.facts.insert("bucket_policy".into(), word.into());
}

async fn add_acl(clients: &ReadClients, owner: &str, bucket: &str, context: &mut Context) {
    match clients.s3.get_bucket_acl().bucket(bucket).expected_bucket_owner(owner).send().await {
        Ok(answer) => {
            let public = answer.grants().iter().any(|grant| {
                let uri = grant.grantee().and_then(|g| g.uri()).unwrap_or_default();
                uri.ends_with("/global/AllUsers") || uri.ends_with("/global/AuthenticatedUsers")
            });
            context.facts.insert("public_acl".into(), public.into());
        }
        Err(error) => {
            context.notes.push(unread("acl.unread", ("the bucket's access control list", "存储桶 ACL"), &read_error(GET_ACL, error)))
        }
    }
}

async fn add_website(clients: &ReadClients, owner: &str, bucket: &str, context: &mut Context) {
    match clients.s3.get_bucket_website().bucket(bucket).expected_bucket_owner(owner).send().await {
        Ok(_) => {
            context.facts.insert("website".into(), true.into());
        }
        Err(error) if code_of(&error) == Some("NoSuchWebsiteConfiguration") => {
            context.facts.insert("website".into(), false.into());
        }
        Err(error) => {
            context.notes.push(unread(
                "website.unread",
                ("whether it serves a website", "是否作为静态网站"),
                &read_error(GET_WEBSITE, error),
            ));
        }
    }
}

/// Who may lose access.
fn about(one: &Observed) -> Vec<PreviewNote> {
    let facts = &one.context.facts;
    let is = |name: &str| facts.get(name).and_then(Value::as_bool).unwrap_or_default();
    let mut notes = Vec::new();
    if facts.get("bucket_policy").and_then(Value::as_text) == Some("public") {
        notes.push(warning(
            "access.policy_public",
            "Its policy is public: everyone outside the account who relies on it loses access.",
            "它的策略是公开的：账户之外依赖该策略的访问者都会失去访问权限。",
        ));
    }
    if is("public_acl") {
        notes.push(warning(
            "access.acl_public",
            "Its ACL lets everyone in: that access ends. ACLs of single objects are ignored as well; they were not read.",
            "它的 ACL 对所有人开放：这些访问将终止。单个对象的 ACL 也会被忽略（未逐一读取）。",
        ));
    }
    if is("website") {
        notes.push(warning(
            "access.website",
            "It is set up as a website: visitors of the S3 website address are answered with 403.",
            "它被配置为静态网站：通过 S3 网站地址访问的用户将得到 403。",
        ));
        notes.push(unknown(
            "access.cloudfront_unknown",
            "Whether a CloudFront distribution reads from that website address is not known.",
            "无法确定是否有 CloudFront 分配从该网站地址取内容。",
        ));
    }
    if is("cloudfront_in_policy") {
        notes.push(info(
            "access.cloudfront_kept",
            "Its policy names CloudFront: access by origin access control is not public and goes on.",
            "它的策略指定了 CloudFront：通过源访问控制的访问不属于公共访问，不受影响。",
        ));
    }
    if matches!(one.facts.get(BLOCK), Some(Value::Absent)) {
        notes.push(info(
            "undo.deletes",
            "There is no configuration now: undo deletes the one that is made.",
            "目前没有该配置：回滚会删除新建的配置。",
        ));
    }
    notes.push(info(
        "downtime.expected",
        "No interruption for signed requests from inside the account; it takes effect within a minute or two.",
        "账户内的签名请求不受影响；一两分钟内生效。",
    ));
    notes
}
