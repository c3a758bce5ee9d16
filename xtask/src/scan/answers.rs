//! Recorded answers of AWS, as small as an account with a handful of resources gives them. Entry points: [`aws`], [`ledger`].
//!
//! Invariant: each account has an instance that no other has.

use serde_json::{Value, json};

use super::server::Request;

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn xml(status: u16, body: &str) -> Self {
        Self { headers: vec![("content-type", "text/xml".to_owned())], ..Self::text(status, body) }
    }

    fn json(status: u16, body: &Value) -> Self {
        Self { headers: vec![("content-type", "application/x-amz-json-1.0".to_owned())], ..Self::text(status, &body.to_string()) }
    }

    fn cbor(status: u16, body: &Value) -> Self {
        let mut bytes = Vec::new();
        cbor(body, &mut bytes);
        let headers = vec![("content-type", "application/cbor".to_owned()), ("smithy-protocol", "rpc-v2-cbor".to_owned())];
        Self { status, headers, body: bytes }
    }
}

/// The bytes of a value without numbers, in CBOR (RFC 8949).
fn cbor(value: &Value, out: &mut Vec<u8>) {
    let head = |major: u8, n: usize, out: &mut Vec<u8>| {
        out.push(major << 5 | 27);
        out.extend((n as u64).to_be_bytes());
    };
    match value {
        Value::Bool(b) => out.push(if *b { 0xf5 } else { 0xf4 }),
        Value::String(text) => {
            head(3, text.len(), out);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len(), out);
            items.iter().for_each(|item| cbor(item, out));
        }
        Value::Object(map) => {
            head(5, map.len(), out);
            for (key, inner) in map {
                cbor(&Value::String(key.clone()), out);
                cbor(inner, out);
            }
        }
        Value::Null | Value::Number(_) => out.push(0xf6),
    }
}

/// The service's own way to ask for patience.
pub(super) fn throttled(request: &Request) -> Reply {
    match request.service() {
        "ec2" => Reply::xml(
            503,
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow down</Message></Error></Errors></Response>",
        ),
        "s3" => Reply::xml(503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"),
        "monitoring" if is_cbor(request) => Reply::cbor(400, &json!({"__type": "ThrottlingException", "message": "slow down"})),
        "lambda" => {
            let mut reply = Reply::json(429, &json!({"message": "slow down"}));
            reply.headers.push(("x-amzn-errortype", "TooManyRequestsException".to_owned()));
            reply
        }
        "dynamodb" | "logs" | "application-autoscaling" | "monitoring" => {
            Reply::json(400, &json!({"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}))
        }
        _ => Reply::xml(
            400,
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>slow down</Message></Error></ErrorResponse>",
        ),
    }
}

fn is_cbor(request: &Request) -> bool {
    request.path.contains("/operation/")
}

/// The answer of the service that was asked.
pub(super) fn aws(request: &Request, denied: Option<&str>) -> Reply {
    let action = request.field("Action").unwrap_or_default();
    let account = request.account();
    match request.service() {
        "sts" => sts(request, denied),
        "ec2" => Reply::xml(200, &format!("<{action}Response>{}</{action}Response>", ec2(&action, account))),
        "rds" => query(&action, &rds(&action, account)),
        "iam" => query(&action, &iam(&action)),
        "s3" => s3(request, account),
        "lambda" => lambda(request, account),
        "dynamodb" => Reply::json(200, &dynamodb(&request.target)),
        "monitoring" => cloudwatch(request, account),
        "logs" => Reply::json(200, &json!({"logGroups": [], "metricFilters": []})),
        _ => Reply::json(200, &json!({})),
    }
}

fn query(action: &str, result: &str) -> Reply {
    Reply::xml(200, &format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

fn sts(request: &Request, denied: Option<&str>) -> Reply {
    let role = request.field("RoleArn").unwrap_or_default();
    let account: String = role.split("iam%3A%3A").nth(1).unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    if denied == Some(account.as_str()) {
        return Reply::xml(
            403,
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
        );
    }
    query(
        "AssumeRole",
        &format!(
            "<AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/aiops-read/aiops-read</Arn><AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser>\
             <Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2096-10-02T07:06:40Z</Expiration></Credentials>"
        ),
    )
}

fn ec2(action: &str, account: &str) -> String {
    match action {
        "DescribeInstances" => format!(
            "<reservationSet><item><instancesSet><item><instanceId>i-canary{account}</instanceId><instanceState><code>16</code><name>running</name></instanceState>\
             <instanceType>t3.micro</instanceType><metadataOptions><httpTokens>required</httpTokens></metadataOptions></item></instancesSet></item></reservationSet>"
        ),
        "DescribeVolumes" => {
            (0..5)
                .map(|n| {
                    format!("<item><volumeId>vol-{n}</volumeId><size>8</size><status>in-use</status><encrypted>true</encrypted></item>")
                })
                .collect::<String>()
                .replacen("<item>", "<volumeSet><item>", 1)
                + "</volumeSet>"
        }
        "DescribeSecurityGroups" => {
            let group = |n: u32| {
                format!(
                    "<item><groupId>sg-{n}</groupId><groupName>g{n}</groupName><vpcId>vpc-1</vpcId><ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort>\
                     <toPort>443</toPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item></ipPermissions></item>"
                )
            };
            format!("<securityGroupInfo>{}</securityGroupInfo>", (0..5).map(group).collect::<String>())
        }
        "DescribeInstanceStatus" => format!(
            "<instanceStatusSet><item><instanceId>i-canary{account}</instanceId><systemStatus><status>ok</status></systemStatus>\
             <instanceStatus><status>ok</status></instanceStatus></item></instanceStatusSet>"
        ),
        "GetEbsEncryptionByDefault" => "<ebsEncryptionByDefault>true</ebsEncryptionByDefault>".to_owned(),
        _ => String::new(),
    }
}

fn rds(action: &str, account: &str) -> String {
    match action {
        "DescribeDBInstances" => format!(
            "<DBInstances><DBInstance><DBInstanceIdentifier>db-1</DBInstanceIdentifier><DBInstanceArn>arn:aws:rds:us-east-1:{account}:db:db-1</DBInstanceArn>\
             <DBInstanceStatus>available</DBInstanceStatus><Engine>postgres</Engine><EngineVersion>16.3</EngineVersion></DBInstance></DBInstances>"
        ),
        "DescribeDBEngineVersions" => {
            "<DBEngineVersions><DBEngineVersion><Status>available</Status></DBEngineVersion></DBEngineVersions>".to_owned()
        }
        _ => String::new(),
    }
}

fn iam(action: &str) -> String {
    match action {
        "GetAccountSummary" => "<SummaryMap><entry><key>AccountAccessKeysPresent</key><value>0</value></entry><entry><key>AccountMFAEnabled</key><value>1</value></entry></SummaryMap>".to_owned(),
        "GetAccountPasswordPolicy" => "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength><ExpirePasswords>false</ExpirePasswords></PasswordPolicy>".to_owned(),
        _ => "<IsTruncated>false</IsTruncated>".to_owned(),
    }
}

fn s3(request: &Request, account: &str) -> Reply {
    let none = |code: &str| Reply::xml(404, &format!("<Error><Code>{code}</Code><Message>none</Message></Error>"));
    let query = request.path.split_once('?').map_or("", |(_, q)| q);
    let asks = |what: &str| query.split('&').any(|p| p.split('=').next() == Some(what));
    if request.path.contains("/v20180820/") {
        let error = "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code><Message>none</Message></Error>";
        return Reply::xml(404, &format!("<ErrorResponse>{error}</ErrorResponse>"));
    }
    if asks("publicAccessBlock") {
        return none("NoSuchPublicAccessBlockConfiguration");
    }
    if asks("policy") {
        return none("NoSuchBucketPolicy");
    }
    if asks("lifecycle") {
        return none("NoSuchLifecycleConfiguration");
    }
    if asks("acl") {
        return Reply::xml(200, "<AccessControlPolicy/>");
    }
    if asks("logging") {
        return Reply::xml(200, "<BucketLoggingStatus/>");
    }
    if asks("versioning") {
        return Reply::xml(200, "<VersioningConfiguration/>");
    }
    let bucket = format!("<Bucket><Name>b-{account}</Name><BucketRegion>us-east-1</BucketRegion></Bucket>");
    Reply::xml(200, &format!("<ListAllMyBucketsResult><Buckets>{bucket}</Buckets></ListAllMyBucketsResult>"))
}

fn lambda(request: &Request, account: &str) -> Reply {
    if request.path.contains("/policy") {
        let mut reply = Reply::json(404, &json!({"message": "none"}));
        reply.headers.push(("x-amzn-errortype", "ResourceNotFoundException".to_owned()));
        return reply;
    }
    if request.path.contains("/urls") {
        return Reply::json(200, &json!({"FunctionUrlConfigs": []}));
    }
    let function = |n: u32| {
        json!({"FunctionName": format!("f{n}"), "FunctionArn": format!("arn:aws:lambda:us-east-1:{account}:function:f{n}"), "Runtime": "python3.12",
            "Timeout": 3, "LastModified": "2026-11-01T00:00:00.000+0000"})
    };
    Reply::json(200, &json!({"Functions": (0..3).map(function).collect::<Vec<_>>()}))
}

fn dynamodb(target: &str) -> Value {
    match target.rsplit_once('.').map_or("", |(_, operation)| operation) {
        "ListTables" => json!({"TableNames": ["t1", "t2"]}),
        "DescribeTable" => {
            json!({"Table": {"TableName": "t1", "TableStatus": "ACTIVE", "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}})
        }
        _ => json!({"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}}),
    }
}

fn cloudwatch(request: &Request, account: &str) -> Reply {
    let alarm = json!({"AlarmName": "a1", "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:{account}:alarm:a1"), "StateValue": "OK", "ActionsEnabled": true,
        "AlarmActions": ["arn:aws:sns:us-east-1:1:t"]});
    if request.path.contains("/operation/GetMetricData") {
        // Up to five hundred queries q0, q1, …; those that were asked for are among them.
        let asked = String::from_utf8_lossy(&request.body).into_owned();
        let results: Vec<Value> = (0..500)
            .filter(|n| asked.contains(&format!("q{n}")))
            .map(|n| json!({"Id": format!("q{n}"), "Label": "x", "Timestamps": [], "Values": [], "StatusCode": "Complete"}))
            .collect();
        return Reply::cbor(200, &json!({"MetricDataResults": results}));
    }
    let alarms = json!({"MetricAlarms": [alarm], "CompositeAlarms": []});
    if is_cbor(request) {
        return Reply::cbor(200, &alarms);
    }
    if request.target.is_empty() {
        return query("DescribeAlarms", "<MetricAlarms><member><AlarmName>a1</AlarmName></member></MetricAlarms>");
    }
    Reply::json(200, &alarms)
}

/// The hub's ledger: the scan, the registry, and room to write.
pub(super) fn ledger(target: &str, body: &[u8], scan: &Value, accounts: &[String]) -> Reply {
    if !target.ends_with(".Query") {
        return Reply::json(200, &json!({}));
    }
    let asked = String::from_utf8_lossy(body);
    let s = |text: &str| json!({"S": text});
    let head = |pk: &str, sk: &str| json!({"pk": s(pk), "sk": s(sk), "v": {"N": "1"}, "region_home": s("us-east-1"), "epoch": {"N": "1"}});
    let with = |mut item: Value, name: &str, value: Value| {
        if let Some(map) = item.as_object_mut() {
            map.insert(name.to_owned(), value);
        }
        item
    };
    let items: Vec<Value> = if asked.contains("ACCTS") {
        let account = |id: &String| {
            let account = json!({"id": id, "name": format!("a{id}"), "environment": "dev", "owner": "bench", "regions": ["us-east-1"]});
            with(with(head("ACCTS", id), "account", s(&account.to_string())), "retired", json!({"BOOL": false}))
        };
        accounts.iter().map(account).collect()
    } else {
        let id = scan["id"].as_str().unwrap_or_default();
        vec![with(head(&format!("SCAN#{id}"), "META"), "scan", s(&scan.to_string()))]
    };
    Reply::json(200, &json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()}))
}
