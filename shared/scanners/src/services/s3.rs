//! Buckets, once an account. Entry type: [`S3`].
//!
//! Invariant: a bucket is asked in its own region.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_config::Region;
use aws_sdk_s3::types::BucketVersioningStatus;
use checks::{
    Gap, Seen,
    s3::{self, Block, CHECKS, Facts},
};
use futures_util::{StreamExt as _, stream};

use crate::{Look, Scanner, ServiceReport, client};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct S3;

const BUCKETS: &str = "s3:ListAllMyBuckets";
const ACCOUNT_BLOCK: &str = "s3:GetAccountPublicAccessBlock";
const BLOCK: &str = "s3:GetBucketPublicAccessBlock";
const POLICY: &str = "s3:GetBucketPolicy";
const ACL: &str = "s3:GetBucketAcl";
const LOGGING: &str = "s3:GetBucketLogging";
const VERSIONING: &str = "s3:GetBucketVersioning";
const LIFECYCLE: &str = "s3:GetLifecycleConfiguration";

/// Buckets that are looked at concurrently.
const AT_ONCE: usize = 4;

/// Groups in an ACL that mean everyone.
const EVERYONE: &[(&str, &str)] = &[
    ("http://acs.amazonaws.com/groups/global/AllUsers", "AllUsers"),
    ("http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "AuthenticatedUsers"),
];

#[async_trait]
impl Scanner for S3 {
    fn service(&self) -> &'static str {
        "s3"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[ACCOUNT_BLOCK, ACL, LOGGING, POLICY, BLOCK, VERSIONING, LIFECYCLE, BUCKETS]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_s3);
    let home = look.place().region.clone();
    // BucketRegion is only answered to a request with a page size.
    let buckets = look
        .list(BUCKETS, client.list_buckets().max_buckets(1000).into_paginator().send(), |page, all| {
            all.extend(page.buckets.unwrap_or_default().iter().map(|b| s3::Bucket {
                name: b.name().unwrap_or_default().to_owned(),
                region: b.bucket_region().unwrap_or(&home).to_owned(),
                block: Err(Gap::not_asked(BLOCK)),
                policy: Err(Gap::not_asked(POLICY)),
                public_grants: Err(Gap::not_asked(ACL)),
                logging: Err(Gap::not_asked(LOGGING)),
                versioning: Err(Gap::not_asked(VERSIONING)),
                lifecycle: Err(Gap::not_asked(LIFECYCLE)),
            }));
        })
        .await;
    let mut facts = Facts { account_block: Err(Gap::not_asked(ACCOUNT_BLOCK)), buckets };
    if !look.is_full() {
        return facts;
    }
    facts.account_block = account_block(look).await;
    if let Ok(buckets) = facts.buckets {
        let mut clients = BTreeMap::from([(home.clone(), client.clone())]);
        for bucket in &buckets {
            clients.entry(bucket.region.clone()).or_insert_with(|| {
                let elsewhere = look.config().to_builder().region(Region::new(bucket.region.clone())).build();
                let config = aws_sdk_s3::config::Builder::from(&elsewhere).retry_partition(look.partition("s3"));
                aws_sdk_s3::Client::from_conf(config.build())
            });
        }
        let looks = stream::iter(buckets.into_iter().map(|bucket| {
            let client = clients.get(&bucket.region).unwrap_or(&client).clone();
            async move { details(look, &client, bucket).await }
        }));
        facts.buckets = Ok(looks.buffered(AT_ONCE).collect().await);
    }
    facts
}

async fn account_block(look: &Look) -> Seen<Option<Block>> {
    let mut config = aws_sdk_s3control::config::Builder::from(look.config()).retry_partition(look.partition("s3control"));
    if let Some(interceptor) = look.local() {
        config = config.interceptor(interceptor);
    }
    let client = aws_sdk_s3control::Client::from_conf(config.build());
    let call = client.get_public_access_block().account_id(look.place().account.as_str()).send();
    let answer = look.call_or_none(ACCOUNT_BLOCK, &["NoSuchPublicAccessBlockConfiguration"], call).await?;
    Ok(answer.and_then(|a| a.public_access_block_configuration).map(|c| Block {
        block_acls: c.block_public_acls().unwrap_or(false),
        ignore_acls: c.ignore_public_acls().unwrap_or(false),
        block_policy: c.block_public_policy().unwrap_or(false),
        restrict: c.restrict_public_buckets().unwrap_or(false),
    }))
}

async fn details(look: &Look, client: &aws_sdk_s3::Client, mut bucket: s3::Bucket) -> s3::Bucket {
    let name = bucket.name.clone();
    let block = client.get_public_access_block().bucket(&name).send();
    bucket.block = look.call_or_none(BLOCK, &["NoSuchPublicAccessBlockConfiguration"], block).await.map(|answer| {
        answer.and_then(|a| a.public_access_block_configuration).map(|c| Block {
            block_acls: c.block_public_acls().unwrap_or(false),
            ignore_acls: c.ignore_public_acls().unwrap_or(false),
            block_policy: c.block_public_policy().unwrap_or(false),
            restrict: c.restrict_public_buckets().unwrap_or(false),
        })
    });
    let policy = client.get_bucket_policy().bucket(&name).send();
    bucket.policy = look.call_or_none(POLICY, &["NoSuchBucketPolicy"], policy).await.map(|answer| answer.and_then(|a| a.policy));
    let acl = client.get_bucket_acl().bucket(&name).send();
    bucket.public_grants = look.call(ACL, acl).await.map(|answer| {
        let grant = |g: &aws_sdk_s3::types::Grant| {
            let uri = g.grantee()?.uri()?;
            let (_, who) = EVERYONE.iter().find(|(known, _)| *known == uri)?;
            Some(((*who).to_owned(), g.permission().map_or("", |p| p.as_str()).to_owned()))
        };
        answer.grants().iter().filter_map(grant).collect()
    });
    let logging = client.get_bucket_logging().bucket(&name).send();
    bucket.logging = look.call(LOGGING, logging).await.map(|answer| answer.logging_enabled().is_some());
    let versioning = client.get_bucket_versioning().bucket(&name).send();
    bucket.versioning = look.call(VERSIONING, versioning).await.map(|answer| answer.status() == Some(&BucketVersioningStatus::Enabled));
    let lifecycle = client.get_bucket_lifecycle_configuration().bucket(&name).send();
    bucket.lifecycle = look
        .call_or_none(LIFECYCLE, &["NoSuchLifecycleConfiguration"], lifecycle)
        .await
        .map(|answer| answer.is_some_and(|a| a.rules().iter().any(|r| r.status().as_str() == "Enabled")));
    bucket
}
