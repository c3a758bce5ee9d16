//! An account in which every check fails, and beside each bad resource a good one.

use serde_json::{Value, json};
use testkit::{Answer, Sent, cbor};

use crate::{
    NOW,
    world::{action_of, empty, no_account_block, no_block, operation, query},
};

/// RFC 3339, some days ago.
pub(crate) fn days_ago(days: i64) -> String {
    NOW.plus_seconds(-days * 86_400).to_rfc3339()
}

pub(crate) fn ec2(operation: &str, body: &str) -> Answer {
    Answer::new(200, format!("<{operation}Response>{body}</{operation}Response>"))
}

fn instances() -> String {
    let instance = |id: &str, state: &str, tokens: &str, ip: &str, reason: &str| {
        format!(
            "<item><instanceId>{id}</instanceId><instanceState><code>16</code><name>{state}</name></instanceState><instanceType>t3.micro</instanceType>{ip}\
             <reason>{reason}</reason><metadataOptions><httpTokens>{tokens}</httpTokens><httpEndpoint>enabled</httpEndpoint></metadataOptions></item>"
        )
    };
    let all = [
        instance("i-bad", "running", "optional", "<ipAddress>192.0.2.7</ipAddress>", ""),
        instance("i-stopped", "stopped", "required", "", "User initiated (2026-08-01 10:00:00 GMT)"),
        instance("i-gone", "terminated", "optional", "", ""),
    ];
    format!("<reservationSet><item><instancesSet>{}</instancesSet></item></reservationSet>", all.concat())
}

const VOLUMES: &str = "<volumeSet><item><volumeId>vol-bad</volumeId><size>8</size><status>available</status><encrypted>false</encrypted></item>\
    <item><volumeId>vol-used</volumeId><size>8</size><status>in-use</status><encrypted>true</encrypted><attachmentSet><item><instanceId>i-bad</instanceId></item></attachmentSet></item></volumeSet>";

const GROUPS: &str = "<securityGroupInfo>\
    <item><groupId>sg-bad</groupId><groupName>web</groupName><vpcId>vpc-bad</vpcId><ipPermissions>\
    <item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>\
    <item><ipProtocol>tcp</ipProtocol><fromPort>5432</fromPort><toPort>5432</toPort><ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges></item></ipPermissions></item>\
    <item><groupId>sg-default</groupId><groupName>default</groupName><vpcId>vpc-bad</vpcId><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol></item></ipPermissionsEgress></item>\
    <item><groupId>sg-good</groupId><groupName>app</groupName><vpcId>vpc-bad</vpcId></item></securityGroupInfo>";

const INTERFACES: &str = "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><groupSet><item><groupId>sg-good</groupId></item></groupSet></item></networkInterfaceSet>";

const ACLS: &str = "<networkAclSet><item><networkAclId>acl-bad</networkAclId><entrySet><item><ruleNumber>100</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction>\
    <egress>false</egress><cidrBlock>0.0.0.0/0</cidrBlock></item></entrySet></item></networkAclSet>";

fn on_ec2(sent: &Sent, operation: &str) -> Option<Answer> {
    let body = match operation {
        "DescribeInstances" => instances(),
        "DescribeInstanceStatus" => "<instanceStatusSet><item><instanceId>i-bad</instanceId><systemStatus><status>ok</status></systemStatus><instanceStatus><status>impaired</status></instanceStatus></item></instanceStatusSet>".into(),
        "DescribeVolumes" => VOLUMES.into(),
        "DescribeSnapshots" if sent.body.contains("RestorableBy") => "<snapshotSet><item><snapshotId>snap-bad</snapshotId></item></snapshotSet>".into(),
        "DescribeSnapshots" => format!(
            "<snapshotSet><item><snapshotId>snap-bad</snapshotId><volumeId>vol-used</volumeId><startTime>{}</startTime></item></snapshotSet>",
            days_ago(20)
        ),
        "DescribeAddresses" => "<addressesSet><item><allocationId>eipalloc-bad</allocationId><publicIp>192.0.2.9</publicIp></item></addressesSet>".into(),
        "GetEbsEncryptionByDefault" => "<ebsEncryptionByDefault>false</ebsEncryptionByDefault>".into(),
        "DescribeSecurityGroups" => GROUPS.into(),
        "DescribeVpcs" => "<vpcSet><item><vpcId>vpc-bad</vpcId><cidrBlock>10.0.0.0/16</cidrBlock></item></vpcSet>".into(),
        "DescribeSubnets" => "<subnetSet><item><subnetId>subnet-1</subnetId><availabilityZone>us-east-1a</availabilityZone><mapPublicIpOnLaunch>true</mapPublicIpOnLaunch></item></subnetSet>".into(),
        "DescribeNetworkAcls" => ACLS.into(),
        "DescribeFlowLogs" => "<flowLogSet/>".into(),
        "DescribeNetworkInterfaces" => INTERFACES.into(),
        "DescribeNatGateways" => "<natGatewaySet><item><natGatewayId>nat-bad</natGatewayId><state>available</state></item></natGatewaySet>".into(),
        _ => return None,
    };
    Some(ec2(operation, &body))
}

fn on_rds(operation: &str) -> Option<Answer> {
    let instance = |id: &str, status: &str| {
        format!(
            "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBInstanceArn>arn:aws:rds:us-east-1:222222222222:db:{id}</DBInstanceArn>\
             <DBInstanceStatus>{status}</DBInstanceStatus><Engine>mysql</Engine><EngineVersion>5.7.44</EngineVersion><DBInstanceClass>db.t3.micro</DBInstanceClass>\
             <MultiAZ>false</MultiAZ><PubliclyAccessible>true</PubliclyAccessible><StorageEncrypted>false</StorageEncrypted><BackupRetentionPeriod>0</BackupRetentionPeriod>\
             <DeletionProtection>false</DeletionProtection><AllocatedStorage>100</AllocatedStorage></DBInstance>"
        )
    };
    let result = match operation {
        "DescribeDBInstances" => format!("<DBInstances>{}{}</DBInstances>", instance("db-bad", "available"), instance("db-down", "storage-full")),
        "DescribeDBClusters" => "<DBClusters><DBCluster><DBClusterIdentifier>c-bad</DBClusterIdentifier><DBClusterArn>arn:aws:rds:us-east-1:222222222222:cluster:c-bad</DBClusterArn>\
            <Status>available</Status><Engine>aurora-mysql</Engine><DeletionProtection>false</DeletionProtection></DBCluster></DBClusters>".into(),
        "DescribeDBSnapshots" => "<DBSnapshots><DBSnapshot><DBSnapshotIdentifier>s-bad</DBSnapshotIdentifier><DBSnapshotArn>arn:aws:rds:us-east-1:222222222222:snapshot:s-bad</DBSnapshotArn></DBSnapshot></DBSnapshots>".into(),
        "DescribeDBSnapshotAttributes" => "<DBSnapshotAttributesResult><DBSnapshotAttributes><DBSnapshotAttribute><AttributeName>restore</AttributeName>\
            <AttributeValues><AttributeValue>all</AttributeValue></AttributeValues></DBSnapshotAttribute></DBSnapshotAttributes></DBSnapshotAttributesResult>".into(),
        "DescribeDBEngineVersions" => "<DBEngineVersions><DBEngineVersion><Engine>mysql</Engine><EngineVersion>5.7.44</EngineVersion><Status>deprecated</Status></DBEngineVersion></DBEngineVersions>".into(),
        _ => return None,
    };
    Some(query(operation, &result))
}

fn on_iam(operation: &str) -> Option<Answer> {
    let encoded = |text: &str| text.replace('%', "%25").replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    let result = match operation {
        "GetAccountSummary" => "<SummaryMap><entry><key>AccountAccessKeysPresent</key><value>1</value></entry><entry><key>AccountMFAEnabled</key><value>0</value></entry></SummaryMap>".into(),
        "GetAccountPasswordPolicy" => "<PasswordPolicy><MinimumPasswordLength>8</MinimumPasswordLength><ExpirePasswords>false</ExpirePasswords></PasswordPolicy>".into(),
        "ListUsers" => format!(
            "<Users><member><Path>/</Path><UserName>bad</UserName><UserId>AIDA1</UserId><Arn>arn:aws:iam::222222222222:user/bad</Arn><CreateDate>{}</CreateDate><PasswordLastUsed>{}</PasswordLastUsed></member></Users><IsTruncated>false</IsTruncated>",
            days_ago(400),
            days_ago(1)
        ),
        "GetLoginProfile" => format!("<LoginProfile><UserName>bad</UserName><CreateDate>{}</CreateDate></LoginProfile>", days_ago(400)),
        "ListMFADevices" => "<MFADevices/><IsTruncated>false</IsTruncated>".into(),
        "ListAccessKeys" => format!(
            "<AccessKeyMetadata><member><UserName>bad</UserName><AccessKeyId>AKIABAD</AccessKeyId><Status>Active</Status><CreateDate>{}</CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated>",
            days_ago(200)
        ),
        "GetAccessKeyLastUsed" => "<UserName>bad</UserName><AccessKeyLastUsed><Region>N/A</Region><ServiceName>N/A</ServiceName></AccessKeyLastUsed>".into(),
        "ListPolicies" => ["admin", "climb"]
            .map(|n| format!("<member><PolicyName>{n}</PolicyName><Arn>arn:aws:iam::222222222222:policy/{n}</Arn><DefaultVersionId>v1</DefaultVersionId></member>"))
            .concat()
            .replacen("<member>", "<Policies><member>", 1)
            + "</Policies><IsTruncated>false</IsTruncated>",
        "ListRoles" => format!(
            "<Roles><member><Path>/</Path><RoleName>bad</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::222222222222:role/bad</Arn><CreateDate>{}</CreateDate>\
             <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></member></Roles><IsTruncated>false</IsTruncated>",
            days_ago(400),
            encoded(r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"sts:AssumeRole"}]}"#)
        ),
        _ => return None,
    };
    Some(query(operation, &result))
}

fn policy_version(sent: &Sent) -> Answer {
    let actions = if sent.body.contains("policy%2Fadmin") { r#""*""# } else { r#"["iam:PassRole","ec2:RunInstances"]"# };
    let document = format!(r#"{{"Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"*"}}]}}"#);
    query(
        "GetPolicyVersion",
        &format!(
            "<PolicyVersion><Document>{document}</Document><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></PolicyVersion>"
        ),
    )
}

fn on_s3(action: &str) -> Answer {
    match action {
        "s3:ListAllMyBuckets" => Answer::new(
            200,
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>bad</Name><BucketRegion>us-east-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>",
        ),
        "s3:GetBucketPolicy" => Answer::new(
            200,
            r#"{"Statement":[{"Sid":"open","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bad/*"}]}"#,
        ),
        "s3:GetBucketAcl" => Answer::new(
            200,
            r#"<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
            <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"#,
        ),
        "s3:GetBucketLogging" => Answer::new(200, "<BucketLoggingStatus/>"),
        "s3:GetBucketVersioning" => Answer::new(200, "<VersioningConfiguration/>"),
        "s3:GetLifecycleConfiguration" => {
            Answer::new(404, "<Error><Code>NoSuchLifecycleConfiguration</Code><Message>none</Message></Error>")
        }
        "s3:GetAccountPublicAccessBlock" => no_account_block(),
        _ => no_block(),
    }
}

fn on_lambda(action: &str) -> Answer {
    let answer = match action {
        "lambda:GetPolicy" => {
            json!({"Policy": r#"{"Statement":[{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}]}"#})
        }
        "lambda:ListFunctionUrlConfigs" => {
            json!({"FunctionUrlConfigs": [{"FunctionUrl": "https://x", "FunctionArn": "f", "CreationTime": "t", "LastModifiedTime": "t", "AuthType": "NONE"}]})
        }
        _ => {
            let function = |name: &str| {
                json!({"FunctionName": name, "FunctionArn": format!("arn:aws:lambda:us-east-1:222222222222:function:{name}"), "Runtime": "nodejs16.x", "Timeout": 10,
                    "LastModified": "2025-01-01T00:00:00.000+0000", "VpcConfig": {"SubnetIds": ["subnet-1"]},
                    "Environment": {"Variables": {"DB_PASSWORD": "correct-horse-battery"}}})
            };
            json!({"Functions": [function("bad"), function("idle")]})
        }
    };
    Answer::new(200, answer.to_string())
}

fn on_dynamodb(operation: &str) -> Answer {
    let answer = match operation {
        "ListTables" => json!({"TableNames": ["bad"]}),
        "DescribeTable" => {
            json!({"Table": {"TableName": "bad", "TableStatus": "ACTIVE", "ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}}})
        }
        _ => {
            json!({"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}})
        }
    };
    Answer::new(200, answer.to_string())
}

/// The points of a metric in a bad account: newest last, one a period.
fn points(metric: &str, dimension: &str) -> Vec<f64> {
    match (metric, dimension) {
        ("CPUUtilization", _) => vec![99.0; 8],
        ("FreeStorageSpace", _) => vec![1.0],
        ("DatabaseConnections" | "BytesOutToDestination", _) => vec![0.0; 8],
        ("Invocations", "idle") => vec![],
        ("Invocations", _) => vec![100.0],
        ("Errors", _) => vec![50.0],
        ("Duration", _) => vec![9_900.0],
        ("Throttles" | "ReadThrottleEvents", _) => vec![3.0],
        _ => vec![],
    }
}

/// Every metric that is asked for, with the points of the account.
pub(crate) fn metric_data(sent: &Sent, points: fn(&str, &str) -> Vec<f64>) -> Answer {
    let asked = cbor::decode(&sent.raw).expect("a CBOR request");
    let result = |q: &Value| {
        let stat = &q["MetricStat"];
        let period = stat["Period"].as_i64().unwrap();
        let dimension = stat["Metric"]["Dimensions"][0]["Value"].as_str().unwrap_or_default();
        let values = points(stat["Metric"]["MetricName"].as_str().unwrap(), dimension);
        let first = NOW.seconds() - i64::try_from(values.len()).unwrap() * period;
        let times: Vec<Value> = values.iter().zip(0_i64..).map(|(_, n)| json!({"$at": first + n * period})).collect();
        json!({"Id": q["Id"], "Label": "x", "Timestamps": times, "Values": values, "StatusCode": "Complete"})
    };
    let results: Vec<Value> = asked["MetricDataQueries"].as_array().unwrap().iter().map(result).collect();
    Answer::cbor(200, &json!({"MetricDataResults": results}))
}

fn alarms() -> Answer {
    let alarm = |name: &str, state: &str, enabled: bool, actions: Value| {
        json!({"AlarmName": name, "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:222222222222:alarm:{name}"), "StateValue": state, "StateReason": "r",
            "StateUpdatedTimestamp": {"$at": NOW.seconds() - 3 * 86_400}, "ActionsEnabled": enabled, "AlarmActions": actions, "MetricName": "m", "Namespace": "n"})
    };
    Answer::cbor(
        200,
        &json!({"CompositeAlarms": [], "MetricAlarms": [
            alarm("ringing", "ALARM", true, json!([])),
            alarm("blind", "INSUFFICIENT_DATA", false, json!(["arn:aws:sns:us-east-1:222222222222:t"])),
        ]}),
    )
}

/// The answer of the bad account.
pub(crate) fn answer(sent: &Sent) -> Option<Answer> {
    let (action, operation) = (action_of(sent)?, operation(sent));
    let (service, _) = action.split_once(':')?;
    match (service, action) {
        ("ec2", _) => on_ec2(sent, &operation),
        ("rds", _) => on_rds(&operation),
        (_, "iam:GetPolicyVersion") => Some(policy_version(sent)),
        ("iam", _) => on_iam(&operation),
        ("s3", _) => Some(on_s3(action)),
        ("lambda", _) => Some(on_lambda(action)),
        ("dynamodb", _) => Some(on_dynamodb(&operation)),
        (_, "cloudwatch:GetMetricData") => Some(metric_data(sent, points)),
        ("cloudwatch", _) => Some(alarms()),
        (_, "logs:DescribeLogGroups") => Some(Answer::new(
            200,
            r#"{"logGroups":[{"logGroupName":"bad","arn":"arn:aws:logs:us-east-1:222222222222:log-group:bad:*","storedBytes":5}]}"#,
        )),
        _ => empty(sent),
    }
}
