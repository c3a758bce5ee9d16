//! An account without anything in it, denials, and which IAM action a request needs.

use serde_json::json;
use testkit::{Answer, Sent};

/// The form field of a query request.
fn field<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The service by the signature's scope.
pub(crate) fn service_of(sent: &Sent) -> String {
    let authorization = sent.header("authorization").unwrap_or_default();
    authorization.split('/').nth(3).unwrap_or_default().to_owned()
}

/// The path and query of a request.
pub(crate) fn path(sent: &Sent) -> &str {
    let rest = sent.uri.split_once("://").map_or(sent.uri.as_str(), |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}

/// The operation's name, as the API calls it.
pub(crate) fn operation(sent: &Sent) -> String {
    if let Some(action) = field(&sent.body, "Action") {
        return action.to_owned();
    }
    if let Some((_, operation)) = sent.target.rsplit_once('.') {
        return operation.to_owned();
    }
    path(sent).rsplit_once("/operation/").map(|(_, operation)| operation.to_owned()).unwrap_or_default()
}

/// The IAM action that a request needs.
pub(crate) fn action_of(sent: &Sent) -> Option<&'static str> {
    let all = scanners::read_permissions();
    let named = |prefix: &str, operation: &str| all.iter().copied().find(|a| a.eq_ignore_ascii_case(&format!("{prefix}:{operation}")));
    let path = path(sent);
    match service_of(sent).as_str() {
        "ec2" => named("ec2", &operation(sent)),
        "rds" => named("rds", &operation(sent)),
        "iam" => named("iam", &operation(sent)),
        "monitoring" => named("cloudwatch", &operation(sent)),
        "logs" => named("logs", &operation(sent)),
        "dynamodb" => named("dynamodb", &operation(sent)),
        "application-autoscaling" => named("application-autoscaling", &operation(sent)),
        "lambda" if path.ends_with("/policy") => named("lambda", "GetPolicy"),
        "lambda" if path.contains("/urls") => named("lambda", "ListFunctionUrlConfigs"),
        "lambda" => named("lambda", "ListFunctions"),
        "s3" if path.contains("/v20180820/") => named("s3", "GetAccountPublicAccessBlock"),
        "s3" => {
            let query = path.split_once('?').map_or("", |(_, q)| q);
            let known = [
                ("publicAccessBlock", "GetBucketPublicAccessBlock"),
                ("policy", "GetBucketPolicy"),
                ("acl", "GetBucketAcl"),
                ("logging", "GetBucketLogging"),
                ("versioning", "GetBucketVersioning"),
                ("lifecycle", "GetLifecycleConfiguration"),
            ];
            let hit = known.iter().find(|(key, _)| query.split('&').any(|p| p.split('=').next() == Some(*key)));
            named("s3", hit.map_or("ListAllMyBuckets", |(_, action)| action))
        }
        _ => None,
    }
}

/// The service's own way to say no.
pub(crate) fn deny(sent: &Sent) -> Answer {
    match service_of(sent).as_str() {
        "ec2" => {
            Answer::new(403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>")
        }
        "s3" if path(sent).contains("/v20180820/") => {
            Answer::new(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>")
        }
        "rds" | "iam" => Answer::new(
            403,
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
        ),
        "s3" => Answer::new(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"),
        "monitoring" => Answer::cbor(403, &json!({"__type": "AccessDenied", "message": "no"})),
        _ => Answer::new(400, r#"{"__type":"AccessDeniedException","message":"no"}"#).header("x-amzn-errortype", "AccessDeniedException"),
    }
}

/// Wraps the result of a query operation.
pub(crate) fn query(operation: &str, result: &str) -> Answer {
    Answer::new(200, format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"))
}

/// The answer of an account without anything in it.
pub(crate) fn empty(sent: &Sent) -> Option<Answer> {
    let operation = operation(sent);
    let action = action_of(sent)?;
    Some(match action {
        "ec2:GetEbsEncryptionByDefault" => Answer::new(
            200,
            "<GetEbsEncryptionByDefaultResponse><ebsEncryptionByDefault>true</ebsEncryptionByDefault></GetEbsEncryptionByDefaultResponse>",
        ),
        a if a.starts_with("ec2:") => Answer::new(200, format!("<{operation}Response/>")),
        "iam:GetAccountSummary" => query(
            &operation,
            "<SummaryMap><entry><key>AccountAccessKeysPresent</key><value>0</value></entry><entry><key>AccountMFAEnabled</key><value>1</value></entry></SummaryMap>",
        ),
        "iam:GetAccountPasswordPolicy" => Answer::new(
            404,
            "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>none</Message></Error></ErrorResponse>",
        ),
        a if a.starts_with("iam:") => {
            query(&operation, "<Users/><Roles/><Policies/><MFADevices/><AccessKeyMetadata/><IsTruncated>false</IsTruncated>")
        }
        a if a.starts_with("rds:") => query(&operation, ""),
        "s3:ListAllMyBuckets" => Answer::new(200, "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"),
        "s3:GetAccountPublicAccessBlock" => no_account_block(),
        "lambda:ListFunctions" => Answer::new(200, r#"{"Functions":[]}"#),
        a if a.starts_with("cloudwatch:") => {
            Answer::cbor(200, &json!({"MetricAlarms": [], "CompositeAlarms": [], "MetricDataResults": []}))
        }
        "dynamodb:ListTables" => Answer::new(200, r#"{"TableNames":[]}"#),
        _ => Answer::new(200, "{}"),
    })
}

/// S3 Control's answer where there is no public access block: it wraps its errors.
pub(crate) fn no_account_block() -> Answer {
    Answer::new(
        404,
        "<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration</Code><Message>none</Message></Error></ErrorResponse>",
    )
}

/// S3's answer where there is no public access block.
pub(crate) fn no_block() -> Answer {
    Answer::new(404, "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code><Message>none</Message></Error>")
}
