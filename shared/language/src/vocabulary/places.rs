//! Environments that serve as account names, and regions with their place names. Entry points: [`ENVIRONMENTS`], [`REGIONS`].

use catalogue::Words;

/// Words that name an account wherever they stand.
pub(crate) const ENVIRONMENTS: Words = "prod|production|prd|staging|stage|stg|pre-prod|preprod|pre-production|preproduction|dev|uat|qa|sandbox|sit|\
    生产|预发|预发布|预生产|沙箱|沙盒|灰度|仿真|准生产";

/// Words that name an account only beside "account", "environment", or a preposition.
pub(crate) const WEAK_ENVIRONMENTS: Words = "test|testing|development|demo|live|non-prod|nonprod|shared|security|audit|management|master|payer|logging|network|测试|开发|演示|正式|安全|审计|日志|网络|共享|研发|线上|管理|主";

/// Place names, with the region they mean.
pub(crate) const REGIONS: &[(&str, Words)] = &[
    ("us-east-1", "n. virginia|northern virginia|north virginia|virginia|弗吉尼亚|弗吉尼亚北部|美东|美国东部"),
    ("us-east-2", "ohio|俄亥俄"),
    ("us-west-1", "northern california|n. california|california|加利福尼亚|加州|美西"),
    ("us-west-2", "oregon|俄勒冈"),
    ("ap-northeast-1", "tokyo|东京|日本"),
    ("ap-northeast-2", "seoul|首尔|韩国"),
    ("ap-northeast-3", "osaka|大阪"),
    ("ap-southeast-1", "singapore|新加坡"),
    ("ap-southeast-2", "sydney|悉尼|澳洲|澳大利亚"),
    ("ap-southeast-3", "jakarta|雅加达|印尼"),
    ("ap-south-1", "mumbai|孟买|印度"),
    ("ap-east-1", "hong kong|香港"),
    ("ca-central-1", "canada|montreal|加拿大"),
    ("eu-central-1", "frankfurt|germany|法兰克福|德国"),
    ("eu-west-1", "ireland|dublin|爱尔兰"),
    ("eu-west-2", "london|伦敦|英国"),
    ("eu-west-3", "paris|巴黎|法国"),
    ("eu-north-1", "stockholm|斯德哥尔摩|瑞典"),
    ("eu-south-1", "milan|米兰"),
    ("me-south-1", "bahrain|巴林"),
    ("af-south-1", "cape town|开普敦"),
    ("sa-east-1", "sao paulo|são paulo|圣保罗|巴西"),
    ("cn-north-1", "beijing|北京"),
    ("cn-northwest-1", "ningxia|宁夏"),
];
