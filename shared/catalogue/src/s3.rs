//! S3: what a bucket lets out and keeps.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{
    Entry, Form, OperationWords, Resource,
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
            resource: Resource::Bucket,
            forms: &[
                Form {
                    verbs: &[words::BLOCK, words::DISABLE, words::REMOVE],
                    objects: "public access|public|publicly accessible|publicly readable|world readable|world-readable|anonymous access|public read|\
                        public reads|internet access|external access|公共访问|公开访问|公有访问|公网访问|公开读|公共读|匿名访问|外网访问|公开|公网|\
                        公共读写|公用存取|公开存取|公共读取|公开权限|公共权限|对外公开|公有读",
                    opposites: &[words::OPEN, words::ENABLE, words::EXPOSE],
                },
                Form {
                    verbs: &[words::ENABLE, words::SET],
                    objects: "block public access|public access block|bpa|block all public access|阻止公共访问|阻止公开访问|禁止公共访问|禁止公开访问|\
                        封锁公开存取|阻止公有访问|公共访问阻止|屏蔽公共访问|公共访问屏蔽|公共访问阻断|阻断公共访问|私有|private",
                    opposites: &[words::DISABLE, words::REMOVE],
                },
            ],
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
            resource: Resource::Bucket,
            forms: &[
                Form {
                    verbs: &[
                        words::ENABLE,
                        words::SET,
                        "only allow|allow only|accept only|only accept|只允许|仅允许|只接受|仅接受|只能|限定|走|只走|必须走|强制走|改走|只用|must use|should use|use only|only use|only be reachable|only be accessed|accessed only|served over",
                    ],
                    objects: "tls|https|ssl|require tls|require-tls|require https|enforce tls|enforce https|https only|https-only|tls only|ssl only|secure transport|encrypted transport|\
                        encryption in transit|in transit|encrypted connection|only https|only tls|tls policy|传输加密|加密传输|仅 https|只允许 https|强制 https|强制 tls|加密连接|安全传输|https 访问|https 请求|https 协议|tls 访问|tls 连接",
                    opposites: &[words::DISABLE, words::REMOVE],
                },
                Form {
                    verbs: &[words::BLOCK, words::DISABLE, words::REMOVE],
                    objects: "http|plain http|unencrypted request|non-tls|non-https|insecure transport|insecure request|unencrypted connection|plaintext request|plaintext traffic|明文访问|明文|明文传输|\
                        非加密请求|明文请求|非加密访问|不加密的请求|未加密的请求|http 访问|http 请求",
                    opposites: &[words::OPEN, words::ENABLE],
                },
            ],
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
            resource: Resource::Bucket,
            forms: &[Form {
                verbs: &[words::ENABLE],
                objects: "versioning|version control|object versioning|object version|bucket versioning|版本控制|多版本|\
                版本管理|版本功能|对象版本",
                opposites: &[words::DISABLE],
            }],
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
            resource: Resource::Bucket,
            forms: &[Form {
                verbs: &[words::ENABLE, words::SET, "encrypt|加密"],
                objects: "default encryption|encryption|encryption at rest|server side encryption|server-side encryption|sse|\
                sse-kms|sse-s3|at rest|默认加密|加密|服务端加密|静态加密|预设加密|服务器端加密|落盘加密|encrypt",
                opposites: &[words::DISABLE],
            }],
            needs: "",
        },
        one_of: &[],
        ascending: &[],
    },
];
