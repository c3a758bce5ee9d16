//! S3: what a bucket lets out and keeps.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, OperationWords, Resource,
    param::{one_of, text},
    words,
};

const BUCKET: (&str, &str) = ("bucket name", "存储桶名称");

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        spec: OperationSpec {
            id: "s3.block_public_access",
            summary: ("Turn on all four public access blocks of a bucket.", "打开存储桶的全部四项公共访问阻止设置。"),
            risk: Risk::R2,
            params: &[],
            target: BUCKET,
            undo: UndoSpec::Restores(&["public_access_block"]),
            built: true,
        },
        words: OperationWords {
            verbs: &[words::BLOCK, words::DISABLE, words::REMOVE, words::ENABLE],
            objects: "public access|public|publicly accessible|publicly readable|world readable|world-readable|\
                anonymous access|public read|block public access|public access block|bpa|公共访问|公开访问|公有访问|\
                公网访问|公开读|公共读|匿名访问|外网访问|公开|公网|阻止公共访问|阻止公开访问|公共读写|禁止公共访问|\
                公用存取|公开存取|封锁公开存取",
            resource: Resource::Bucket,
            opposites: &[words::OPEN],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "s3.require_tls",
            summary: ("Merge a statement that denies unencrypted requests into the bucket policy.", "在桶策略中加入拒绝未加密请求的语句。"),
            risk: Risk::R2,
            params: &[],
            target: BUCKET,
            undo: UndoSpec::Restores(&["policy"]),
            built: false,
        },
        words: OperationWords {
            verbs: &[words::ENABLE, words::BLOCK, words::DISABLE],
            objects: "tls|https|ssl|require tls|require-tls|https only|https-only|tls only|ssl only|secure transport|\
                encrypted transport|encryption in transit|in transit|http|plain http|unencrypted request|non-tls|\
                insecure transport|传输加密|加密传输|明文访问|明文|明文传输|非加密请求",
            resource: Resource::Bucket,
            opposites: &[words::OPEN],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "s3.enable_versioning",
            summary: ("Turn on versioning of a bucket.", "开启存储桶的版本控制。"),
            risk: Risk::R1,
            params: &[],
            target: BUCKET,
            undo: UndoSpec::Restores(&["versioning"]),
            built: false,
        },
        words: OperationWords {
            verbs: &[words::ENABLE],
            objects: "versioning|version control|object versioning|object version|bucket versioning|版本控制|多版本|\
                版本管理|版本功能|对象版本",
            resource: Resource::Bucket,
            opposites: &[words::DISABLE],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
    Entry {
        spec: OperationSpec {
            id: "s3.enable_default_encryption",
            summary: ("Set the default encryption of a bucket.", "设置存储桶的默认加密。"),
            risk: Risk::R1,
            params: &[
                one_of("algorithm", &["AES256", "aws:kms", "aws:kms:dsse"], false, "the algorithm", "加密算法"),
                text("kms_key", 2048, false, "the KMS key", "KMS 密钥"),
            ],
            target: BUCKET,
            undo: UndoSpec::Restores(&["encryption"]),
            built: false,
        },
        words: OperationWords {
            verbs: &[words::ENABLE, words::SET, "encrypt|加密"],
            objects: "default encryption|encryption|encryption at rest|server side encryption|server-side encryption|sse|\
                sse-kms|sse-s3|at rest|默认加密|加密|服务端加密|静态加密|预设加密|服务器端加密|落盘加密|encrypt",
            resource: Resource::Bucket,
            opposites: &[words::DISABLE],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
];
