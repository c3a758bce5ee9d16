//! Buckets. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: a bucket is called public only when nothing in force blocks it; when the block could not be read, it is unknown.

use crate::{
    check::{
        Category::{Cost, Resilience, Security},
        Check, Judgement,
        Severity::{Critical, High, Low, Medium},
        Verdict, each, fail_if, observed, or_gap,
    },
    document::Document,
    gap::Seen,
    place::Place,
    resource::Resource,
};

/// The four switches of a public access block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Block {
    /// New public ACLs are refused.
    pub block_acls: bool,
    /// Public ACLs are ignored.
    pub ignore_acls: bool,
    /// New public policies are refused.
    pub block_policy: bool,
    /// Public policies give nothing to outsiders.
    pub restrict: bool,
}

impl Block {
    /// All four on.
    pub const ALL: Self = Self { block_acls: true, ignore_acls: true, block_policy: true, restrict: true };

    fn off(self) -> Vec<&'static str> {
        let switches = [
            (self.block_acls, "block_public_acls"),
            (self.ignore_acls, "ignore_public_acls"),
            (self.block_policy, "block_public_policy"),
            (self.restrict, "restrict_public_buckets"),
        ];
        switches.into_iter().filter(|(on, _)| !on).map(|(_, name)| name).collect()
    }
}

/// A bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Its public access block; `None` when it has none.
    pub block: Seen<Option<Block>>,
    /// Its policy as JSON; `None` when it has none.
    pub policy: Seen<Option<String>>,
    /// Groups of everyone that its ACL names, with the permission.
    pub public_grants: Seen<Vec<(String, String)>>,
    /// Whether access is logged.
    pub logging: Seen<bool>,
    /// Whether versioning is on.
    pub versioning: Seen<bool>,
    /// Whether there is an enabled lifecycle rule.
    pub lifecycle: Seen<bool>,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The account's public access block; `None` when it has none.
    pub account_block: Seen<Option<Block>>,
    /// Buckets.
    pub buckets: Seen<Vec<Bucket>>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, place: &Place) -> Vec<Resource> {
        self.buckets.iter().flatten().map(|b| Resource::new(place.bucket_arn(&b.name), "bucket", &b.name).with(&b.region)).collect()
    }

    fn each(&self, p: &Place, judge: impl Fn(&Bucket) -> Verdict) -> Vec<Judgement> {
        each(&self.buckets, p, |b| p.bucket_arn(&b.name), judge)
    }

    /// Whether a switch is on for the bucket or the account. Known to be on in one place is enough; otherwise both must be known.
    fn in_force(&self, bucket: &Bucket, switch: fn(&Block) -> bool) -> Seen<bool> {
        let on = |seen: &Seen<Option<Block>>| seen.as_ref().is_ok_and(|b| b.as_ref().is_some_and(switch));
        if on(&bucket.block) || on(&self.account_block) {
            return Ok(true);
        }
        or_gap(&bucket.block)?;
        or_gap(&self.account_block)?;
        Ok(false)
    }
}

fn block_verdict(block: &Seen<Option<Block>>) -> Verdict {
    let block = or_gap(block)?.unwrap_or_default();
    let off = block.off();
    fail_if(!off.is_empty(), || observed([("off", off.join(","))]))
}

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("s3_account_public_access_block_off", Security, Medium, |f: &Facts, p| {
        vec![Judgement { arn: p.account_arn(), verdict: block_verdict(&f.account_block) }]
    })
    .says(
        ("The account does not block public access to S3", "账户级 S3 公共访问阻止未全部开启"),
        ("One wrong bucket policy or ACL publishes data.", "一条写错的桶策略或 ACL 就会公开数据。"),
        ("Switch all four settings on for the account.", "在账户级开启全部四项设置。"),
    )
    .known_as(&["SecurityHub:S3.1", "Prowler:s3_account_level_public_access_blocks"])
    .needs(&["s3:GetAccountPublicAccessBlock"]),
    Check::new("s3_bucket_public_access_block_off", Security, High, |f: &Facts, p| {
        f.each(p, |b| {
            let verdict = block_verdict(&b.block);
            // The account's block covers all of its buckets.
            if f.account_block == Ok(Some(Block::ALL)) { Ok(None) } else { verdict }
        })
    })
    .says(
        ("Bucket does not block public access", "存储桶未阻止公共访问"),
        ("One wrong policy or ACL publishes what is in it.", "一条写错的策略或 ACL 就会公开桶中数据。"),
        ("Switch all four settings on for the bucket.", "为该桶开启全部四项设置。"),
    )
    .fixed_by("s3.block_public_access")
    .known_as(&["SecurityHub:S3.8", "Prowler:s3_bucket_level_public_access_block"])
    .needs(&["s3:ListAllMyBuckets", "s3:GetBucketPublicAccessBlock"]),
    Check::new("s3_bucket_public_policy", Security, Critical, |f: &Facts, p| {
        f.each(p, |b| {
            let Some(policy) = or_gap(&b.policy)? else { return Ok(None) };
            let document = Document::parse("s3:GetBucketPolicy", policy)?;
            let Some(statement) = document.public() else { return Ok(None) };
            if f.in_force(b, |block| block.restrict)? {
                return Ok(None);
            }
            Ok(Some(observed([("statement", statement.sid.clone()), ("actions", statement.actions.join(","))])))
        })
    })
    .says(
        ("Bucket policy lets everyone in", "桶策略对所有人开放"),
        ("Anyone on the internet can do what the statement allows.", "互联网上的任何人都能执行该语句允许的操作。"),
        ("Block public access, then name the principals that need it.", "先阻止公共访问，再在策略中写明需要访问的主体。"),
    )
    .fixed_by("s3.block_public_access")
    .known_as(&["SecurityHub:S3.2", "SecurityHub:S3.3", "Prowler:s3_bucket_public_access"])
    .needs(&["s3:ListAllMyBuckets", "s3:GetBucketPolicy"]),
    Check::new("s3_bucket_public_acl", Security, Critical, |f: &Facts, p| {
        f.each(p, |b| {
            let grants = or_gap(&b.public_grants)?;
            let Some((who, what)) = grants.first() else { return Ok(None) };
            if f.in_force(b, |block| block.ignore_acls)? {
                return Ok(None);
            }
            Ok(Some(observed([("grantee", who), ("permission", what)])))
        })
    })
    .says(
        ("Bucket ACL lets everyone in", "桶 ACL 对所有人开放"),
        ("Anyone on the internet can list or write it.", "互联网上的任何人都能列出或写入该桶。"),
        ("Block public access and remove the grant.", "阻止公共访问并移除该授权。"),
    )
    .fixed_by("s3.block_public_access")
    .known_as(&["SecurityHub:S3.2", "SecurityHub:S3.3", "Prowler:s3_bucket_public_list_acl", "Prowler:s3_bucket_public_write_acl"])
    .needs(&["s3:ListAllMyBuckets", "s3:GetBucketAcl"]),
    Check::new("s3_bucket_plain_http_allowed", Security, Medium, |f: &Facts, p| {
        f.each(p, |b| {
            let Some(policy) = or_gap(&b.policy)? else { return Ok(Some(observed([("policy", "none")]))) };
            let document = Document::parse("s3:GetBucketPolicy", policy)?;
            fail_if(!document.denies_plain_http(&p.bucket_arn(&b.name)), || observed([("deny_without_tls", "absent")]))
        })
    })
    .says(
        ("Bucket accepts requests without TLS", "存储桶接受非 TLS 请求"),
        ("What travels in clear can be read and changed on the way.", "明文传输的数据可被窃听和篡改。"),
        ("Deny requests without `aws:SecureTransport`.", "在策略中拒绝 `aws:SecureTransport` 为 false 的请求。"),
    )
    .fixed_by("s3.require_tls")
    .known_as(&["SecurityHub:S3.5", "Prowler:s3_bucket_secure_transport_policy"])
    .needs(&["s3:ListAllMyBuckets", "s3:GetBucketPolicy"]),
    Check::new("s3_bucket_access_logging_off", Security, Low, |f: &Facts, p| {
        f.each(p, |b| {
            let on = *or_gap(&b.logging)?;
            fail_if(!on, || observed([("access_logging", on)]))
        })
    })
    .says(
        ("Bucket access is not logged", "存储桶未开启访问日志"),
        ("After a leak nobody can say what was read.", "泄露后无法查明哪些对象被读取。"),
        ("Send access logs to a bucket of their own.", "将访问日志写入专用的桶。"),
    )
    .likely()
    .known_as(&["SecurityHub:S3.9", "Prowler:s3_bucket_server_access_logging_enabled"])
    .needs(&["s3:ListAllMyBuckets", "s3:GetBucketLogging"]),
    Check::new("s3_bucket_versioning_off", Resilience, Low, |f: &Facts, p| {
        f.each(p, |b| {
            let on = *or_gap(&b.versioning)?;
            fail_if(!on, || observed([("versioning", on)]))
        })
    })
    .says(
        ("Bucket keeps no versions", "存储桶未开启版本控制"),
        ("An overwritten or deleted object is gone.", "对象被覆盖或删除后无法找回。"),
        ("Enable versioning, with a lifecycle rule for old versions.", "开启版本控制，并为旧版本配置生命周期规则。"),
    )
    .fixed_by("s3.enable_versioning")
    .known_as(&["SecurityHub:S3.14", "Prowler:s3_bucket_object_versioning"])
    .needs(&["s3:ListAllMyBuckets", "s3:GetBucketVersioning"]),
    Check::new("s3_bucket_lifecycle_missing", Cost, Low, |f: &Facts, p| {
        f.each(p, |b| {
            let has = *or_gap(&b.lifecycle)?;
            fail_if(!has, || observed([("enabled_lifecycle_rules", 0)]))
        })
    })
    .says(
        ("Bucket has no lifecycle rule", "存储桶没有生命周期规则"),
        ("Old objects and broken uploads are paid for for ever.", "旧对象和未完成的上传会一直计费。"),
        ("Move or expire old objects; abort incomplete uploads.", "转储或过期旧对象；清理未完成的分段上传。"),
    )
    .known_as(&["SecurityHub:S3.13", "Prowler:s3_bucket_lifecycle_enabled"])
    .needs(&["s3:ListAllMyBuckets", "s3:GetLifecycleConfiguration"]),
];
